"""Staff key in a letter, and add the notes of a meeting."""

import re
from collections.abc import Callable

import pytest
from browsing import Window, tab_to
from playwright.sync_api import Page, expect
from systems import System, wait_for

pytestmark = pytest.mark.slow

GO_ON = re.compile("Save and continue|Go on without adding one")
NAME = "Kelvin Kinship Carers"
BARRIER = "Nobody funds the post after March."
NOTES = f"What gets in the way?\n- {BARRIER}\n- Rooms are far away.\n\nWe will try again in spring."
ARRIVES_WITHIN = 60  # seconds; 5 on a machine that has nothing else to do


def test_staff_key_in_a_letter_and_find_it_among_the_sources(window: Window, system: System) -> None:
    sign_in(window, system)
    begin_a_letter(window)
    key_all_pages(window)
    come_back_to_it(window)
    send(window)


def sign_in(window: Window, system: System) -> None:
    window.open(system.new_link())
    window.press("Sign in")
    window.follow("Add")
    window.inspect("what can be added")


def begin_a_letter(window: Window) -> None:
    window.follow("Key in answers")
    window.press("Start keying")
    expect(window.page.locator("#error-summary")).to_be_focused()
    window.inspect("a letter with problems")
    window.page.locator('label[for="round"]').click()
    window.choose("Post")
    say_when(window.page)
    window.press("Start keying")
    window.page.get_by_label("The original").set_input_files(
        {"name": "letter.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8\xff\xe0 a scan"}
    )
    window.press("Add file")
    expect(window.page.get_by_role("link", name="letter.jpg")).to_be_visible()
    window.inspect("letter with its original")
    window.follow("Carry on: Who is answering?")


def say_when(page: Page) -> None:
    for part, value in (("Day", "3"), ("Month", "March"), ("Year", "2026")):
        page.get_by_label(part, exact=True).fill(value)


def key_all_pages(window: Window) -> None:
    """As the letter answers: for an organisation, one barrier, and nothing of publishing."""
    page = window.page
    while not page.url.endswith("/check"):
        at = page.url
        expect(page.get_by_text("You are keying in answers")).to_be_visible()
        for field in page.locator("main textarea").all():
            field.fill(BARRIER)
        for field in page.locator('main input[type="text"]').all():
            field.fill(NAME)
        for box in page.locator("main .ds_checkbox label").all()[:1]:
            box.click()
        choices = page.locator("main .ds_radio label").all()
        if choices:
            choices[0 if at.endswith("/respondent") else -1].click()
        if at.endswith(("/permission", "/organisation-name")):
            window.inspect(f"keyed page {at.rpartition('/')[2]}")
        page.get_by_role("button", name=GO_ON).click()
        page.wait_for_url(lambda url, at=at: url != at)
    window.inspect("check of what is keyed")


def come_back_to_it(window: Window) -> None:
    window.open("/staff/keying")
    window.inspect("letters that are not finished")
    row = window.page.get_by_role("row", name=NAME)
    row.get_by_role("link", name="Delete").click()
    window.inspect("deleting what is keyed")
    window.follow("Keep it")
    assert window.heading() == f"Keyed so far: {NAME}"
    window.inspect("how far a letter is keyed")
    window.follow("Change how the answers came")
    window.inspect("how the answers came")
    window.press("Save")
    window.follow("Check what is keyed so far")


def send(window: Window) -> None:
    window.press("Send these answers")
    assert window.heading() == "The answers have been sent"
    window.inspect("receipt for staff")
    window.follow("See it as a source")
    facts = window.page.locator(".fl_top")
    expect(facts).to_contain_text("Post")
    expect(facts.get_by_role("link", name="letter.jpg")).to_be_visible()
    expect(facts).to_contain_text("Do not publish (nothing was said about it)")
    window.inspect("source that was keyed")


def test_staff_add_notes_by_keyboard_alone_and_remove_them(window: Window, system: System) -> None:
    page = window.page
    sign_in(window, system)
    window.follow("Add meeting notes")
    window.press("See how it is split")
    expect(page.locator("#error-summary")).to_be_focused()
    window.inspect("notes with problems")
    write(page, "What was the meeting?", "Round table in Perth")
    for part, value in (("Day", "3"), ("Month", "March"), ("Year", "2026")):
        write(page, part, value)
    write(page, "Where was it?", "Perth")
    write(page, "Which organisations were there?", "The Kelpie Trust\nCrieff Advocacy")
    press_key(page, page.locator("#round"), "ArrowUp")
    press_key(page, page.locator("#permission"), "ArrowDown")
    write(page, "Notes", NOTES)
    press_key(page, page.get_by_role("button", name="See how it is split"), "Enter")
    expect(page.locator("#organisations")).to_have_attribute("aria-invalid", "true")
    window.inspect("organisations that the directory does not have")
    press_key(page, page.get_by_label("Add them to the directory under the names above"), "Space")
    press_key(page, page.get_by_role("button", name="See how it is split"), "Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Check the notes before they are kept")
    expect(page.locator(".fl_split__one")).to_have_count(3)
    window.inspect("notes as they are split")
    press_key(page, page.get_by_role("button", name="Keep these notes"), "Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Round table in Perth")
    wait_for(lambda: is_read(page), within=ARRIVES_WITHIN, why="its statements are on the page")
    expect(page.get_by_role("article").first).to_contain_text(BARRIER)
    window.inspect("notes of a meeting")
    follow_to_a_profile_that_does_not_count_them(window)
    remove(window)


def write(page: Page, label: str, words: str) -> None:
    tab_to(page, page.get_by_label(label, exact=label != "Which organisations were there?"))
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(words)


def press_key(page: Page, target: object, key: str) -> None:
    tab_to(page, target)
    page.keyboard.press(key)


def is_read(page: Page) -> bool:
    page.reload()
    return page.locator("[data-state]").get_attribute("data-state") == "analysed"


def follow_to_a_profile_that_does_not_count_them(window: Window) -> None:
    window.follow("The Kelpie Trust")
    expect(window.page.locator("#sources")).to_contain_text("said at a meeting with Crieff Advocacy")
    expect(window.page.locator(".fl_line")).to_have_count(0)
    window.inspect("profile with a meeting")
    window.follow("Round table in Perth")


def remove(window: Window) -> None:
    window.follow("Change the facts")
    window.inspect("facts of a meeting")
    window.follow("remove the notes")
    window.press("Remove the notes")
    window.inspect("removal without a reason")
    window.page.get_by_label("Why are they removed?").fill("A test of the service")
    window.press("Remove the notes")
    assert window.heading() == "What was taken out"
    window.inspect("what was taken out")


def test_notes_are_split_edited_and_kept_with_scripts_off(new_window: Callable[..., Window], system: System) -> None:
    window = new_window(java_script_enabled=False)
    page = window.page
    window.open(system.new_link())
    window.press("Sign in")
    window.open("/staff/meetings/new")
    page.get_by_label("What was the meeting?").fill("Talk in Oban")
    say_when(page)
    page.get_by_label("Where was it?").fill("Oban")
    page.get_by_text("It belongs to no round").click()
    page.get_by_text("Yes, but without names").click()
    page.get_by_label("Notes", exact=True).fill("The ferry is late.\n\nThe bus is not.")
    window.press("See how it is split")
    window.follow("Go back and edit")
    expect(page.get_by_label("Notes", exact=True)).to_have_value("The ferry is late.\n\nThe bus is not.")
    page.get_by_label("Notes", exact=True).fill("The ferry is late.\n\nThe bus is not.\n\nSo we walk.")
    window.press("See how it is split")
    expect(page.locator(".fl_split__one")).to_have_count(3)
    window.back()
    expect(page.get_by_label("Notes", exact=True)).to_have_value("The ferry is late.\n\nThe bus is not.\n\nSo we walk.")
    window.forward()
    window.press("Keep these notes")
    assert window.heading() == "Talk in Oban"
    window.back()
    assert window.heading() == "Add meeting notes"
    expect(page.get_by_label("Notes", exact=True)).to_have_value("")
