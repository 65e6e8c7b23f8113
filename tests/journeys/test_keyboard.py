"""Every journey with the keyboard alone: at each stop the focus is seen, and after a mistake it goes to the summary."""

from collections.abc import Callable
from typing import Any

import pytest
import told
from browsing import Keys, Window, tab_to
from playwright.sync_api import expect
from systems import System

from collector.intake import drafts, rounds

pytestmark = pytest.mark.slow

START = f"/questionnaires/{told.QUESTIONNAIRE}"
CONTINUE = "Save and continue"
DOING = "What are you doing now"


@pytest.fixture
def begun(system: System) -> Callable[[Window], None]:
    """Puts answers into a browser, as far as the lists; how they are given is a journey of its own."""

    def put(window: Window) -> None:
        window.open("/")
        cookies = {one["name"]: one["value"] for one in window.page.context.cookies()}
        answers: dict[str, Any] = told.by_organisation("Ettrick Carers", good_childhood={"doing": told.DOING})
        with system.database.writing() as session:
            round_, _ = rounds.current(session, told.QUESTIONNAIRE)
            drafts.save(session, cookies["visitor"], round_, asked=set(), answers=answers)
            session.commit()

    return put


def test_lists_colleagues_sending_correcting_and_withdrawing_by_keyboard_alone(
    new_window: Callable[..., Window], begun: Callable[[Window], None]
) -> None:
    window, other = new_window(), new_window()
    begun(window)
    keys = Keys(window)
    list_a_commitment(keys)
    share(keys, Keys(other))
    send(keys)
    correct_and_withdraw(keys)


def list_a_commitment(keys: Keys) -> None:
    keys.window.open(f"{START}/lists/commitments")
    keys.follow("Add a commitment")
    keys.press("Save this commitment")
    keys.mend("Say what you plan to do")
    keys.keyboard.type("We will open on Saturdays.")
    keys.back_and_forth()
    keys.press("Save this commitment")
    keys.follow("Change commitment 1")
    keys.write("What do you plan to do?", "We will open on Sundays.")
    keys.press("Save this commitment")
    keys.follow("Add another commitment")
    keys.write("What do you plan to do?", "We will close early.")
    keys.press("Save this commitment")
    keys.follow("Remove commitment 2")
    keys.press("Remove this commitment")
    expect(keys.page.get_by_role("heading", name="You have added 1 commitment")).to_be_visible()
    expect(keys.page.get_by_text("We will open on Sundays.")).to_be_visible()
    keys.press("Continue")


def share(keys: Keys, others: Keys) -> None:
    keys.follow("See all sections")
    keys.follow("Come back on another device, or work with colleagues")
    keys.write("Your name", "Aileen")
    keys.press("Show a link to copy")
    others.window.open(keys.page.locator("code").inner_text())
    others.write("Your name", "Morag")
    others.press("Open the answers")
    for one in (keys, others):
        one.window.open(f"{START}/pages/good-childhood-doing")
        one.write(DOING, f"Written by {id(one)}.")
    others.press(CONTINUE)
    keys.press(CONTINUE)
    assert keys.window.heading() == "Morag changed this answer too"
    keys.press(CONTINUE)
    keys.mend("Choose which answer to keep")
    keys.keyboard.press("ArrowDown")
    keys.keyboard.press("ArrowDown")
    expect(keys.page.get_by_label("Keep both")).to_be_checked()
    keys.press(CONTINUE)


def send(keys: Keys) -> None:
    keys.window.open(f"{START}/check")
    keys.enter(keys.page.get_by_role("link", name="Change your answer: What is the name of your organisation?"))
    keys.write("What is the name of your organisation?", "Ettrick Kinship Carers")
    keys.press(CONTINUE)
    assert keys.window.heading() == "Check your answers"
    keys.press("Submit your answers")
    assert keys.window.heading() == "Your answers have been sent"


def correct_and_withdraw(keys: Keys) -> None:
    keys.enter(keys.page.locator('a[href*="/my-submission/"]').first)
    keys.press("Open what you sent")
    keys.follow("Correct or add to your answers")
    keys.enter(keys.page.locator('a[href$="/answers/good-childhood-barriers"]'))
    keys.write("What is getting in the way?", "Nothing is, any more.")
    keys.press("Save")
    expect(keys.page.get_by_text("Nothing is, any more.").first).to_be_visible()
    keys.follow("What you sent")
    keys.follow("Withdraw what you sent")
    keys.press("Withdraw and delete")
    keys.mend("")
    keys.keyboard.press("Space")
    keys.press("Withdraw and delete")
    assert keys.window.heading() == "You have withdrawn what you sent"


def test_staff_sign_in_key_in_a_letter_set_up_a_round_and_invite_by_keyboard_alone(
    window: Window, system: System
) -> None:
    keys = Keys(window)
    window.open(system.new_link())
    keys.press("Sign in")
    key_in_a_letter(keys)
    set_up_a_round(keys)


def key_in_a_letter(keys: Keys) -> None:
    keys.follow("Add")
    keys.follow("Key in answers")
    keys.press("Start keying")
    expect(keys.page.locator("#error-summary")).to_be_focused()
    tab_to(keys.page, keys.page.locator("#round"))
    keys.keyboard.press("Space")
    keys.tick("Post")
    say_when(keys, "3", "March", "2026")
    keys.press("Start keying")
    keys.follow("Carry on: Who is answering?")
    tab_to(keys.page, keys.page.locator("#respondent"))
    keys.keyboard.press("ArrowDown")  # a group of choices is one stop of Tab, and arrows go within
    expect(keys.page.get_by_label("Me, for myself", exact=True)).to_be_checked()
    keys.press(CONTINUE)
    assert keys.page.url.endswith("/pages/you")


def set_up_a_round(keys: Keys) -> None:
    """One that opens long after this test, so that nobody else meets it."""
    keys.follow("Rounds")
    keys.follow("Set up a round")
    keys.press("Save")
    keys.mend("Enter a title")
    keys.keyboard.type("Spring 2040")
    tab_to(keys.page, keys.page.locator("#questionnaire"))
    keys.keyboard.press("Space")
    say_when(keys, "1", "March", "2040")
    keys.press("Save")
    assert keys.window.heading().startswith("Spring 2040")
    keys.follow("Paste a list")
    keys.write("Names and e-mail addresses", "Tarbert Carers, office@tarbert.example.org")
    keys.press("Add to the list")
    expect(keys.page.get_by_text("Tarbert Carers").first).to_be_visible()


def say_when(keys: Keys, *parts: str) -> None:
    for part, value in zip(("Day", "Month", "Year"), parts, strict=True):
        keys.write(part, value)
