"""Staff see statements arrive, decide on labels, and follow a profile back to the words."""

from datetime import timedelta
from pathlib import Path

import docx
import kept
import pytest
import told
from browsing import Window
from measuring import Measured
from playwright.sync_api import Locator, Page, expect
from sqlmodel import update
from systems import System, wait_for

from collector.accounts.models import StaffSession
from collector.database import now

pytestmark = pytest.mark.slow

ARRIVES_WITHIN = 60  # 5 on a machine that has nothing else to do
TOO_FEW_HOMES = "There are too few homes that can take three brothers and sisters together."
STAFF_LEAVE = "We cannot keep staff because contracts end every March."
NAME = "Lomond Young People's Trust"


def test_staff_see_statements_arrive_decide_on_labels_and_read_the_profile(
    window: Window, system: System, tmp_path: Path, measured: Measured
) -> None:
    refused(window)
    sign_in(window, system.printed_link)
    see_a_submission_arrive(window, system, measured)
    decide(window)
    read_the_profile(window)
    bring_in_a_document(window, system, tmp_path)
    sign_out(window)


def test_a_page_that_waits_for_its_text_to_be_read_says_when_there_is_something_new(
    window: Window, system: System
) -> None:
    page = window.page
    window.open(system.new_link())
    window.press("Sign in")
    with system.worker_away():
        reference = system.submit(told.by_organisation("Waiting Trust"))
        open_source(window, reference)
        expect(page.locator("[data-state]")).to_have_attribute("data-state", "waiting")
        expect(page.get_by_role("article")).to_have_count(0)
        window.inspect("source that waits")
    page.get_by_role("link", name="New: reload this page").click(timeout=1000 * ARRIVES_WITHIN)
    expect(page.get_by_role("article").first).to_contain_text(STAFF_LEAVE)


def test_who_is_signed_out_while_writing_finds_the_words_again_in_the_same_tab(window: Window, system: System) -> None:
    page, notes = window.page, "They said: “nobody rings back”.\n\nAnd waiting is hard."
    window.open(system.new_link())
    window.press("Sign in")
    window.open("/staff/meetings/new")
    page.get_by_label("What was the meeting?").fill("Talk in Oban")
    page.locator("[name=notes]").fill(notes)
    with system.database.writing() as session:
        session.exec(update(StaffSession).values(seen_at=now() - timedelta(hours=2)))
        session.commit()
    window.press("See how it is split")
    assert window.heading() == "Sign in to send what you wrote"
    assert "nobody rings back" not in page.locator("main").inner_text()
    window.inspect("signed out while writing")
    tab = page.context.new_page()
    tab.goto(system.new_link())
    tab.get_by_role("button", name="Sign in", exact=True).click()
    expect(tab.get_by_role("heading", level=1)).to_have_text("Sources")
    window.press("I have signed in with a link")
    expect(page.locator("blockquote").last).to_contain_text("And waiting is hard.")
    window.inspect("what was written before signing in")
    window.press("Try again")
    expect(page.locator("[name=notes]")).to_have_value(notes)
    expect(page.get_by_label("What was the meeting?")).to_have_value("Talk in Oban")


def open_source(window: Window, reference: str) -> None:
    window.open(f"/staff/sources?search={reference}")
    window.page.get_by_role("cell").get_by_role("link").click()


def refused(window: Window) -> None:
    window.open("/staff/sources")
    assert window.heading() == "Staff sign in"
    window.inspect("staff sign in")


def sign_in(window: Window, link: str) -> None:
    """Looking at the link does not use it up; its button does, once."""
    for _ in range(2):
        window.open(link)
        expect(window.page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    window.inspect("sign-in link")
    window.press("Sign in")
    assert window.heading() == "Sources"
    window.open(link)
    assert window.heading() == "This sign-in link can no longer be used"
    window.inspect("used sign-in link")
    window.open("/staff")


def see_a_submission_arrive(window: Window, system: System, measured: Measured) -> None:
    page = window.page
    answers = told.by_organisation(NAME, good_childhood={"barriers": told.MANY_BARRIERS, "offers": told.OFFERS})
    with measured("from the receipt to its statements on the staff page"):
        reference = system.submit(answers)
        open_source(window, reference)
        wait_for(lambda: is_read(page), within=ARRIVES_WITHIN, why="its statements are on the page")
    window.inspect("source")
    expect(page.get_by_role("article").first).to_contain_text(STAFF_LEAVE)


def is_read(page: Page) -> bool:
    page.reload()
    return page.locator("[data-state]").get_attribute("data-state") == "analysed"


def decide(window: Window) -> None:
    page = window.page
    page.get_by_role("article").first.get_by_role("link", name="Open statement").click()
    assert window.heading().startswith("Statement ")
    window.inspect("statement")
    suggested = page.locator(".fl_label--suggested")
    accepted = press_beside(suggested.first, "Accept")
    expect(page.get_by_text("Saved")).to_be_visible()
    rejected = press_beside(suggested.first, "Reject")
    window.press("Add label")
    expect(page.locator("#error-summary")).to_be_focused()
    window.inspect("statement with a problem")
    added = add_label(window, why="They say so at the end.")
    see_history(window, f"Added {added}", f"Rejected {rejected}", f"Accepted {accepted}")
    window.inspect("statement with decisions")


def press_beside(label: Locator, verdict: str) -> str:
    """Press a button beside a label; returns the label's name."""
    name = label.locator(".fl_label__name").inner_text()
    label.get_by_role("button", name=f"{verdict} {name}", exact=True).click()
    return name


def add_label(window: Window, *, why: str) -> str:
    """Add the first label of the list that the statement does not have yet; returns its name."""
    page = window.page
    there = page.locator(".fl_label__name").all_inner_texts()
    name = next(one for one in page.locator("#add option").all_inner_texts()[1:] if one not in there)
    page.get_by_label("Label", exact=True).select_option(label=name)
    page.get_by_label("Why").fill(why)
    window.press("Add label")
    return name


def see_history(window: Window, *decisions: str) -> None:
    entries = window.page.locator(".fl_history__item")
    expect(entries).to_have_count(len(decisions))
    for entry, words in zip(entries.all(), decisions, strict=True):
        expect(entry).to_contain_text(words)
        expect(entry).to_contain_text("First reviewer")


def read_the_profile(window: Window) -> None:
    page = window.page
    window.follow("Sources")
    window.inspect("sources")
    window.follow("Profiles")
    window.inspect("organisations")
    page.get_by_label("Search by name").fill("lomond")
    window.press("Search")
    window.follow(NAME)
    assert window.heading() == NAME
    window.inspect("profile")
    page.get_by_role("link", name="See all").first.click()
    window.inspect("statements of one kind")
    line = page.locator(".fl_line", has_text=TOO_FEW_HOMES).first
    line.get_by_role("link", name="Open statement").click()
    assert window.heading().startswith("Statement ")
    expect(page.locator(".fl_here")).to_contain_text(TOO_FEW_HOMES)


def bring_in_a_document(window: Window, system: System, folder: Path) -> None:
    page = window.page
    path = folder / "plan.docx"
    written = docx.Document()
    written.add_heading("Our plan for the year")
    for words in (told.NEEDS, told.PLANS):
        written.add_paragraph(words)
    written.save(str(path))
    system.run("document", "add", str(path), "--title", "Plan for the year", "--organisation", NAME)
    wait_for(lambda: kept.job_of_document(system.database, "Plan for the year").state == "done", within=60, why="read")
    window.follow("Profiles")
    window.follow(NAME)
    line = page.locator(".fl_area .fl_line", has_text="We need three-year funding")
    expect(line).to_contain_text("Plan for the year")
    line.get_by_role("link", name="Plan for the year").click()
    assert window.heading().startswith("Plan for the year")
    window.inspect("document")


def sign_out(window: Window) -> None:
    window.press("Sign out")
    assert window.heading() == "Tell us how the promise is being kept"
    window.back()
    assert window.heading() == "Staff sign in"
    window.open("/staff/organisations")
    assert window.heading() == "Staff sign in"
