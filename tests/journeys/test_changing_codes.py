"""An analyst changes the codebook, sees what becomes of what is coded, and adds another framework the same day."""

import re
from pathlib import Path

import pytest
import told
from browsing import Window
from lxml import etree
from playwright.sync_api import Page, expect
from systems import System, wait_for

# What differs between the forms of the system is tried by others.
pytestmark = [pytest.mark.slow, pytest.mark.parametrize("system", ["services"], indirect=True)]

SETTLED_WITHIN = 120  # 5 on a machine that has nothing else to do, and the readers of frames are loaded once
CODES = """title,definition,example 1,example 2
Money,"Budgets, grants and contracts: what is paid for, and what is not",The grant ends in March.,Nobody pays for it.
Homes,"Where children live, and whether there are enough homes",There are too few homes.,They live with foster carers.
"""


def test_an_analyst_merges_two_themes_and_adds_a_framework_the_same_day(
    window: Window, system: System, tmp_path: Path
) -> None:
    # Several, as some of the passages may be drawn to be coded blind.
    sent = [
        system.submit(told.by_organisation(f"Codebook Trust {number}", good_childhood={"barriers": told.MANY_BARRIERS}))
        for number in range(4)
    ]
    system.wait_until_read(sent, within=SETTLED_WITHIN)
    window.open(system.new_link())
    window.press("Sign in")
    merge_two_themes(window)
    see_the_counts_change(window)
    take_the_codebook_away(window, tmp_path)
    add_a_framework(window, tmp_path)
    decide_on_a_suggestion(window)
    take_the_merging_back(window)


def merge_two_themes(window: Window) -> None:
    page = window.page
    window.open("/staff/codebook")
    window.inspect("the codebook")
    window.follow("Funding")
    window.inspect("a code")
    window.follow("Merge with others")
    page.locator("label").filter(has_text=re.compile("^Commissioning$")).click()
    page.get_by_label("What they become").select_option("A new code, with the words below")
    window.inspect("merging codes")
    window.press("See what it would do")
    assert "Write a title for the new code" in page.locator("main").inner_text()
    page.locator("#new-title").fill("Money and contracts")
    page.locator("#new-takes-in").fill("What is paid for, and how it is bought.")
    window.press("See what it would do")
    expect(page.locator(".fl_effect")).to_contain_text("would change")
    window.inspect("what a change would do")
    page.get_by_label("Why").fill("Coders could not tell them apart")
    window.press("Change the codebook")
    assert window.heading() == "Version 2 of the codebook"
    window.inspect("a version")


def see_the_counts_change(window: Window) -> None:
    page = window.page

    def settled() -> bool:
        window.open("/staff/codebook")
        return page.get_by_text("Labels are being brought to this version").count() == 0

    wait_for(settled, within=SETTLED_WITHIN, why="the labels to be brought to version 2", every=1)
    window.open("/staff/codebook/barrier_themes/money-and-contracts")
    assert number_of(page, "Suggested, not decided") > 0
    assert "“Funding”, “Commissioning” before" in page.locator("main").inner_text()
    window.open("/staff/codebook/barrier_themes/funding")
    assert "It became Money and contracts" in page.locator("main").inner_text()
    window.inspect("a code that is gone")


def number_of(page: Page, words: str) -> int:
    line = page.locator(".fl_facts__item").filter(has_text=words).inner_text()
    return int(re.findall(r"\d+", line.replace(",", ""))[0])


def take_the_codebook_away(window: Window, folder: Path) -> None:
    window.open("/staff/codebook")
    with window.page.expect_download() as coming:
        window.page.get_by_role("link", name="REFI-QDA codebook").click()
    path = folder / coming.value.suggested_filename
    coming.value.save_as(path)
    names = {code.get("name") for code in etree.parse(path).iter("{*}Code")}
    assert "Money and contracts" in names
    assert "Funding" not in names


def add_a_framework(window: Window, folder: Path) -> None:
    page = window.page
    window.open("/staff/frameworks")
    window.inspect("frameworks")
    window.follow("Add a framework")
    window.inspect("adding a framework")
    wrong = folder / "wrong.csv"
    wrong.write_text("title,definition\nMoney,\n")
    page.locator("#file").set_input_files(wrong)
    window.press("Look at it")
    expect(page.locator("#error-summary")).to_contain_text("line 2, definition")
    window.inspect("a file that is wrong")
    right = folder / "review.csv"
    right.write_text(CODES)
    page.get_by_label("What it is called").fill("Money and homes review")
    page.locator("#file").set_input_files(right)
    window.press("Look at it")
    assert window.heading() == "Money and homes review"
    window.inspect("a framework before it is added")
    window.press("Add this framework")
    address = page.url

    def read() -> bool:
        window.open(address)
        return page.get_by_text("In use").count() > 0

    wait_for(read, within=SETTLED_WITHIN, why="all passages to be read against the framework", every=1)
    window.inspect("a framework")


def decide_on_a_suggestion(window: Window) -> None:
    page = window.page
    row = page.get_by_role("row").filter(has_text="Homes")
    assert int(row.locator("td").nth(2).inner_text()) > 0
    row.get_by_role("link").click()
    page.locator("a.fl_queue__words").first.click()
    given = page.locator(".fl_given").filter(has_text="Homes")
    page.locator(".fl_said-row").filter(has=given).first.get_by_role("link").first.click()
    label = page.locator(".fl_label").filter(has_text="Homes").filter(has_text="Suggested from 2 examples").first
    expect(label).to_be_visible()
    label.get_by_role("button", name="Accept Homes").click()
    expect(page.locator(".fl_label--accepted").filter(has_text="Homes").first).to_be_visible()


def take_the_merging_back(window: Window) -> None:
    page = window.page
    window.open("/staff/codebook/versions")
    window.inspect("versions")
    window.follow("Take back version 2")
    assert "would change" in page.locator("main").inner_text()
    page.get_by_label("Why").fill("They can be told apart after all")
    window.press("Change the codebook")
    assert window.heading() == "Version 3 of the codebook"

    def apart() -> bool:
        window.open("/staff/codebook/barrier_themes/funding")
        return number_of(page, "Suggested, not decided") > 0

    wait_for(apart, within=SETTLED_WITHIN, why="funding to stand again", every=1)
