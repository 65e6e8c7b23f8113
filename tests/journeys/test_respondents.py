"""People answer the questionnaire in a browser: with a mouse, without scripts, with the keyboard alone."""

import re
from collections.abc import Callable

import kept
import pytest
import told
from browsing import Window, tab_to
from playwright.sync_api import expect
from systems import System

pytestmark = pytest.mark.slow

CONTINUE = "Save and continue"
SUBMIT = "Submit your answers"
REFERENCE = re.compile(r"^[2-9A-HJ-NPR-Y]{4}-[2-9A-HJ-NPR-Y]{4}$")
CHILDHOOD = "A Good Childhood"


def test_an_organisation_answers_makes_mistakes_goes_back_corrects_and_sends_once(
    window: Window, system: System
) -> None:
    find_the_questionnaire(window)
    say_who_answers(window)
    choose_areas(window)
    write_go_back_and_write_on(window)
    come_back_later(window)
    answer_the_last_questions(window)
    correct_from_check_answers(window)
    window.press(SUBMIT)
    reference = see_receipt(window)
    window.page.go_back()
    expect(window.page.get_by_role("heading", level=1)).to_have_text("These answers have already been sent")
    expect(window.page.get_by_text(reference)).to_be_visible()
    window.inspect("already sent")
    assert kept.whole(system.database, reference)["answers"] == {
        "respondent": "organisation",
        "organisation-name": "Kintra Family Centre",
        "organisation-kind": "third_sector",
        "areas": ["fife", "highland"],
        "priority-areas": ["good-childhood"],
        "good-childhood.doing": told.DOING,
        "good-childhood.barriers": told.BARRIERS,
        "permission": "without-name",
        "contact-permission": "yes",
        "email": "morag@kintra.example.org",
    }


def find_the_questionnaire(window: Window) -> None:
    page = window.page
    window.open("/")
    window.inspect("home")
    window.follow("Keeping the promise")
    window.inspect("start")
    window.follow("Read all the questions first")
    assert window.heading() == "All the questions"
    window.inspect("all the questions")
    window.follow("Back")
    for words in ("Privacy", "Accessibility"):
        window.follow(words)
        window.inspect(words)
        page.go_back()
    window.open("/no-such-page")
    assert window.heading() == "Page not found"
    window.inspect("page not found")
    page.go_back()
    window.follow("Start now")


def say_who_answers(window: Window) -> None:
    page = window.page
    window.inspect("question of one choice")
    window.press(CONTINUE)
    see_problem(window, "Choose whether you answer for an organisation or for yourself")
    window.inspect("question of one choice with a problem")
    window.choose("An organisation")
    window.press(CONTINUE)
    page.get_by_label("What is the name of your organisation?").fill("Kintra Familly Centre")
    window.press(CONTINUE)
    see_problem(window, "Choose the kind of organisation that fits best")
    expect(page.get_by_label("What is the name of your organisation?")).to_have_value("Kintra Familly Centre")
    window.inspect("page of two questions with a problem")
    window.choose("Charity, community group or social enterprise")
    window.press(CONTINUE)


def choose_areas(window: Window) -> None:
    window.press(CONTINUE)
    see_problem(window, "Choose at least one area, or all of Scotland")
    window.inspect("question of many choices with a problem")
    for area in ("Fife", "Highland"):
        window.choose(area)
    window.press(CONTINUE)
    window.inspect("question of any choices")
    window.choose(CHILDHOOD)
    window.press(CONTINUE)


def write_go_back_and_write_on(window: Window) -> None:
    page = window.page
    doing = page.get_by_label("What are you doing now")
    doing.fill("We visit families.")
    window.inspect("question for a long answer")
    window.press(CONTINUE)
    expect(page.get_by_text("Saved at")).to_be_visible()
    page.go_back()
    expect(doing).to_have_value("We visit families.")
    doing.fill(told.DOING)
    window.press(CONTINUE)
    window.follow("Back")
    expect(doing).to_have_value(told.DOING)
    for _ in range(2):
        window.press(CONTINUE)
    page.get_by_label("What is getting in the way?").fill(told.BARRIERS)
    for _ in ("barriers", "needs", "offers", "voice"):
        window.press(CONTINUE)


def come_back_later(window: Window) -> None:
    page = window.page
    window.open(f"/questionnaires/{told.QUESTIONNAIRE}")
    window.inspect("start with a draft")
    window.follow("Carry on with your answers")
    assert window.heading() == "Your answers so far"
    window.inspect("task list")
    section = page.get_by_role("listitem").filter(has=page.get_by_role("link", name=CHILDHOOD, exact=True))
    expect(section).to_contain_text("2 of 6 questions answered")
    window.follow("Delete my answers")
    window.inspect("question before answers are deleted")
    window.follow("Keep my answers")
    window.follow("Before you send")


def answer_the_last_questions(window: Window) -> None:
    page = window.page
    window.press(CONTINUE)
    see_problem(window, "Choose whether we may publish your answers")
    window.choose("Yes, but without the name")
    window.press(CONTINUE)
    window.choose("Yes")
    window.press(CONTINUE)
    email = page.get_by_label("What is your e-mail address?")
    email.fill("morag at kintra")
    window.press(CONTINUE)
    expect(page.locator("#error-summary")).to_be_focused()
    expect(email).to_have_value("morag at kintra")
    window.inspect("question for an e-mail address with a problem")
    email.fill("morag@kintra.example.org")
    window.press(CONTINUE)


def correct_from_check_answers(window: Window) -> None:
    page = window.page
    assert window.heading() == "Check your answers"
    for words in ("Kintra Familly Centre", "Fife", "Highland", told.DOING, told.BARRIERS, "Not answered"):
        expect(page.get_by_text(words, exact=True).first).to_be_visible()
    window.inspect("check answers")
    page.get_by_role("link", name="Change your answer: What is the name of your organisation?").click()
    page.get_by_label("What is the name of your organisation?").fill("Kintra Family Centre")
    window.press(CONTINUE)
    assert window.heading() == "Check your answers"
    expect(page.get_by_text("Kintra Family Centre", exact=True)).to_be_visible()


def see_problem(window: Window, words: str) -> None:
    """The summary has the focus, says what to do and leads to the field, where it is said again."""
    summary = window.page.locator("#error-summary")
    expect(summary).to_be_focused()
    assert window.page.title().startswith("Error: ")
    summary.get_by_role("link", name=words).click()
    field = window.page.evaluate("document.activeElement.id")
    expect(window.page.locator(f"#error-{field}")).to_contain_text(words)


def see_receipt(window: Window) -> str:
    expect(window.page.get_by_role("heading", level=1)).to_have_text("Your answers have been sent")
    window.inspect("receipt")
    reference = window.page.locator(".ds_notification-panel__reference").inner_text()
    assert REFERENCE.match(reference)
    return reference


def test_somebody_answers_for_themselves_in_a_browser_without_scripts(
    new_window: Callable[..., Window], system: System
) -> None:
    window = new_window(java_script_enabled=False)
    page = window.page
    window.open(f"/questionnaires/{told.QUESTIONNAIRE}")
    window.follow("Start now")
    window.press(CONTINUE)
    assert page.title().startswith("Error: ")
    expect(page.locator("#error-summary")).to_contain_text(
        "Choose whether you answer for an organisation or for yourself"
    )
    window.choose("Me, for myself")
    window.press(CONTINUE)
    page.get_by_label("What is your name?").fill("Ailsa")
    window.press(CONTINUE)
    window.choose("All of Scotland")
    window.press(CONTINUE)
    window.choose(CHILDHOOD)
    window.press(CONTINUE)
    for _ in ("doing", "plans"):
        window.press(CONTINUE)
    page.get_by_label("What is getting in the way?").fill(told.BARRIERS)
    window.press(CONTINUE)
    window.follow("Back")
    expect(page.get_by_label("What is getting in the way?")).to_have_value(told.BARRIERS)
    for _ in ("barriers", "needs", "offers", "voice"):
        window.press(CONTINUE)
    window.choose("No, do not publish them")
    window.press(CONTINUE)
    window.choose("No")
    window.press(CONTINUE)
    window.press(CONTINUE)
    page.get_by_role("link", name="Change your answer: What is your name?").click()
    page.get_by_label("What is your name?").fill("")
    window.press(CONTINUE)
    assert window.heading() == "Check your answers"
    window.press(SUBMIT)
    assert window.heading() == "Your answers have been sent"
    reference = page.locator(".ds_notification-panel__reference").inner_text()
    page.go_back()
    assert window.heading() == "These answers have already been sent"
    answers = kept.whole(system.database, reference)["answers"]
    assert "your-name" not in answers
    assert (answers["respondent"], answers["areas"]) == ("individual", ["scotland"])
    assert answers["good-childhood.barriers"] == told.BARRIERS


def test_somebody_answers_with_the_keyboard_alone(window: Window, system: System) -> None:
    page, keyboard = window.page, window.page.keyboard

    def press(words: str) -> None:
        tab_to(page, page.get_by_role("button", name=words, exact=True))
        with page.expect_navigation():
            keyboard.press("Enter")

    def choose(words: str) -> None:
        tab_to(page, page.get_by_label(words, exact=True))
        keyboard.press("Space")

    def write(words: str, text: str) -> None:
        tab_to(page, page.get_by_label(words))
        keyboard.type(text)

    window.open(f"/questionnaires/{told.QUESTIONNAIRE}")
    tab_to(page, page.get_by_role("link", name="Skip to main content"), at_most=1)
    tab_to(page, page.get_by_role("button", name="Start now").or_(page.get_by_role("link", name="Start now")))
    with page.expect_navigation():
        keyboard.press("Enter")
    tab_to(page, page.get_by_label("An organisation"))
    keyboard.press("ArrowDown")  # a group of choices is one stop of Tab, and arrows go within
    expect(page.get_by_label("Me, for myself")).to_be_checked()
    press(CONTINUE)
    window.inspect("question for a short answer")
    press(CONTINUE)
    choose("Angus")
    press(CONTINUE)
    choose(CHILDHOOD)
    press(CONTINUE)
    write("What are you doing now", "I foster two brothers, and keep them together.")
    for _ in range(6):
        press(CONTINUE)
    press(CONTINUE)
    expect(page.locator("#error-summary")).to_be_focused()
    keyboard.press("Tab")
    keyboard.press("Enter")  # the summary's link leads to the question
    expect(page.get_by_label("Yes, with the name")).to_be_focused()
    keyboard.press("Space")
    press(CONTINUE)
    tab_to(page, page.get_by_label("Yes", exact=True))
    keyboard.press("Space")
    press(CONTINUE)
    write("What is your e-mail address?", "ailsa@example.org")
    press(CONTINUE)
    press(SUBMIT)
    answers = kept.whole(system.database, see_receipt(window))["answers"]
    assert (answers["respondent"], answers["permission"]) == ("individual", "with-name")
    assert answers["good-childhood.doing"] == "I foster two brothers, and keep them together."
