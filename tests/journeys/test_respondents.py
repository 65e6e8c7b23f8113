"""People answer the questionnaire in a browser: with a mouse, without scripts, with the keyboard alone."""

import re
from collections.abc import Callable

import files
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
    window: Window, new_window: Callable[..., Window], system: System
) -> None:
    find_the_questionnaire(window)
    say_who_answers(window)
    choose_areas(window)
    write_go_back_and_write_on(window)
    list_commitments(window)
    come_back_later(window)
    answer_the_last_questions(window)
    correct_from_check_answers(window)
    window.press(SUBMIT)
    reference = see_receipt(window)
    window.back()
    expect(window.page.get_by_role("heading", level=1)).to_have_text("These answers have already been sent")
    expect(window.page.get_by_text(reference)).to_be_visible()
    window.inspect("already sent")
    answers = kept.whole(system.database, reference)["answers"]
    [commitment] = answers.pop("commitments")
    assert commitment.pop("id")
    assert commitment == {"commitment": "We will open on Saturdays.", "commitment-action": "family-support"}
    assert answers == {
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
    window.forward()
    have_the_receipt_mailed(window)
    staff_see_the_mail(new_window(), system)


def find_the_questionnaire(window: Window) -> None:
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
        window.back()
    window.open("/no-such-page")
    assert window.heading() == "Page not found"
    window.inspect("page not found")
    window.back()
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
    window.inspect("list of partners")
    window.press("Go on without adding one")


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
    window.back()
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


def list_commitments(window: Window) -> None:
    page = window.page
    window.inspect("list with nothing in it")
    window.follow("Add a commitment")
    window.press("Save this commitment")
    see_problem(window, "Say what you plan to do")
    window.inspect("item of a list with a problem")
    page.get_by_label("What do you plan to do?").fill("We will open on Saturdays.")
    page.get_by_label("Which action of the plan").select_option("Family Support")
    window.press("Save this commitment")
    assert page.get_by_role("heading", name="You have added 1 commitment").is_visible()
    window.inspect("list with an item")
    page.get_by_role("link", name="Remove commitment 1").click()
    window.inspect("question before an item is removed")
    window.follow("Keep it")
    window.press("Continue")


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


def have_the_receipt_mailed(window: Window) -> None:
    page = window.page
    window.press("E-mail me this receipt")
    see_problem(window, "Enter an e-mail address in full, like name@example.org")
    page.keyboard.type("morag@kintra.example.org")
    page.get_by_text("Send a copy of my answers too").click()
    window.press("E-mail me this receipt")
    expect(page.get_by_text("morag@kintra.example.org")).to_be_visible()
    expect(page.get_by_text("A copy of your answers goes with it.")).to_be_visible()
    window.inspect("receipt by e-mail")


def staff_see_the_mail(window: Window, system: System) -> None:
    window.open(system.new_link())
    window.press("Sign in")
    window.follow("Mail")
    window.inspect("mails")
    window.page.get_by_role("cell").get_by_role("link").first.click()
    assert window.heading() == "Receipt to morag@kintra.example.org"
    window.inspect("mail")


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
    send_a_plan(window)
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
    window.back()
    assert window.heading() == "These answers have already been sent"
    answers = kept.whole(system.database, reference)["answers"]
    assert "your-name" not in answers
    assert (answers["respondent"], answers["areas"]) == ("individual", ["scotland"])
    assert answers["good-childhood.barriers"] == told.BARRIERS
    assert [value.partition(" ")[2] for value in answers["documents"]] == ["plan.docx"]


def send_a_plan(window: Window) -> None:
    page = window.page
    chosen = page.locator('input[type="file"]')
    chosen.set_input_files({"name": "plan.docx", "mimeType": "application/msword", "buffer": b"no plan at all"})
    window.press("Add file")
    expect(page.locator("#error-documents")).to_contain_text("We cannot read this kind of file")
    chosen.set_input_files({"name": "plan.docx", "mimeType": "application/msword", "buffer": files.word("We plan.")})
    window.press("Add file")
    expect(page.get_by_role("link", name="plan.docx")).to_be_visible()
    window.press(CONTINUE)


REPORTER = "Scottish Children's Reporter Administration"
NAME = "What is the name of your organisation?"


def to_the_name(window: Window) -> None:
    window.open(f"/questionnaires/{told.QUESTIONNAIRE}/pages/respondent")
    window.choose("An organisation")
    window.press(CONTINUE)


def test_an_organisation_is_found_in_the_list_with_the_keyboard_while_its_name_is_typed(window: Window) -> None:
    page, keyboard = window.page, window.page.keyboard
    to_the_name(window)
    field, options = page.get_by_role("combobox", name=NAME), page.get_by_role("option")
    tab_to(page, field)
    keyboard.type("fife")
    expect(options.first).to_have_text("Fife Council")
    expect(field).to_have_attribute("aria-expanded", "true")
    window.inspect("names that may be meant")
    keyboard.press("ArrowDown")
    keyboard.press("ArrowDown")
    expect(field).to_have_attribute("aria-activedescendant", "organisation-name--options-1")
    keyboard.press("Escape")
    expect(options).to_have_count(0)
    expect(field).to_have_value("fife")
    field.fill("scra")
    expect(options).to_have_text([REPORTER])
    keyboard.press("ArrowDown")
    keyboard.press("Enter")
    expect(field).to_have_value(REPORTER)
    expect(page.get_by_role("status").filter(has_text="is chosen")).to_have_text(f"{REPORTER} is chosen.")
    field.fill("Kintra Family Centre")
    expect(page.get_by_role("status").filter(has_text="No name in our list is like this")).to_have_count(1)
    expect(options).to_have_count(0)
    expect(field).to_have_value("Kintra Family Centre")


def test_an_organisation_is_found_in_the_list_without_scripts(new_window: Callable[..., Window]) -> None:
    window = new_window(java_script_enabled=False)
    page = window.page
    to_the_name(window)
    page.get_by_label(NAME).fill("SCRA")
    window.press("Look in our list of names")
    window.choose(REPORTER)
    window.choose("National public body")
    window.press(CONTINUE)
    window.open(f"/questionnaires/{told.QUESTIONNAIRE}/pages/organisation")
    expect(page.get_by_label(NAME)).to_have_value(REPORTER)


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
    window.inspect("question for files")
    page.locator('input[type="file"]').set_input_files(
        {"name": "a.txt", "mimeType": "text/plain", "buffer": b"We plan."}
    )
    press("Add file")
    window.inspect("question for files with one")
    press("Add file")
    expect(page.locator("#error-summary")).to_be_focused()
    window.inspect("question for files with a problem")
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


def test_three_colleagues_work_on_one_draft_and_one_sends_it(new_window: Callable[..., Window], system: System) -> None:
    aileen, morag, rab = new_window(), new_window(java_script_enabled=False), new_window()
    doing = f"/questionnaires/{told.QUESTIONNAIRE}/pages/good-childhood-doing"
    find_the_questionnaire(aileen)
    say_who_answers(aileen)
    choose_areas(aileen)
    open_link(morag, link_shown(aileen, "Aileen"), "Morag")
    aileen.inspect("a link to copy")
    rab.open(link := link_shown(morag, "Morag"))
    rab.inspect("a link that is opened")
    open_link(rab, link, "Rab")
    for window in (aileen, morag, rab):
        window.open(doing)
    write(morag, "Morag’s words.")
    write(aileen, "Aileen’s words.")
    assert aileen.heading() == "Morag changed this answer too"
    aileen.inspect("two answers to choose from")
    aileen.press(CONTINUE)
    expect(aileen.page.locator("#error-summary")).to_be_focused()
    aileen.follow("Choose which answer to keep")
    expect(aileen.page.get_by_label("Keep the answer that you have just written")).to_be_focused()
    aileen.choose("Keep both")
    aileen.press(CONTINUE)
    write(rab, "Rab’s words.")
    assert rab.heading() == "Aileen changed this answer too"
    rab.choose("Keep Aileen’s answer")
    rab.press(CONTINUE)
    send_for_all(aileen, morag)
    rab.open(f"/questionnaires/{told.QUESTIONNAIRE}/tasks")
    assert rab.heading() == "These answers have already been sent"
    rab.follow("See the receipt")
    kept_answers = kept.whole(system.database, see_receipt(rab))["answers"]
    assert kept_answers["good-childhood.doing"] == "Morag’s words.\n\nAileen’s words."
    assert kept_answers["good-childhood.needs"] == "A post for two years."


def link_shown(window: Window, name: str) -> str:
    window.open(f"/questionnaires/{told.QUESTIONNAIRE}/tasks")
    window.follow("Come back on another device, or work with colleagues")
    window.page.get_by_label("Your name").fill(name)
    window.press("Show a link to copy")
    return window.page.locator("code").inner_text()


def open_link(window: Window, link: str, name: str) -> None:
    window.open(link)
    window.page.get_by_label("Your name").fill(name)
    window.press("Open the answers")
    assert window.heading() == "Your answers so far"


def write(window: Window, text: str) -> None:
    window.page.get_by_label("What are you doing now").fill(text)
    window.press(CONTINUE)


def send_for_all(window: Window, colleague: Window) -> None:
    """The colleague writes on while all is checked."""
    window.open(f"/questionnaires/{told.QUESTIONNAIRE}/share")
    window.inspect("sharing answers")
    window.open(f"/questionnaires/{told.QUESTIONNAIRE}/tasks")
    window.follow("Before you send")
    window.choose("Yes, but without the name")
    window.press(CONTINUE)
    window.choose("No")
    window.press(CONTINUE)
    window.press(CONTINUE)
    assert window.heading() == "Check your answers"
    colleague.open(f"/questionnaires/{told.QUESTIONNAIRE}/pages/good-childhood-needs")
    colleague.page.get_by_label("What support do you need?").fill("A post for two years.")
    colleague.press(CONTINUE)
    window.press(SUBMIT)
    expect(window.page.get_by_text("Nothing has been sent yet")).to_be_visible()
    window.inspect("answers changed while they were checked")
    expect(window.page.get_by_text("A post for two years.")).to_be_visible()
    window.press(SUBMIT)
    see_receipt(window)
