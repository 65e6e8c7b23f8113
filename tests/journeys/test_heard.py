"""An officer has what was heard summed up, words a point, drops another and signs it off, and reads when it is old."""

import re

import pytest
import told
from browsing import Window
from playwright.sync_api import expect
from systems import System

# What differs between the forms of the system is tried by others.
pytestmark = [pytest.mark.slow, pytest.mark.parametrize("system", ["embedded"], indirect=True)]

READ_WITHIN = 120  # 5 on a machine that has nothing else to do
WAITS = (
    "Brothers and sisters wait a year for a foster home that takes them all, because there are too few foster carers.",
    "Brothers and sisters are parted because we have no foster carers who take three children.",
    "We could keep brothers and sisters together if foster carers were paid for bigger houses.",
    "Nobody pays foster carers for a bigger house, so brothers and sisters live apart.",
)


def sent(system: System, number: int, text: str) -> str:
    return system.submit(told.by_organisation(f"Heard Trust {number}", good_childhood={"barriers": text}))


def test_an_officer_signs_for_what_was_heard(window: Window, system: System) -> None:
    system.wait_until_read([sent(system, number, text) for number, text in enumerate(WAITS)], within=READ_WITHIN)
    window.open(system.new_link())
    window.press("Sign in")
    page = window.page
    window.open("/staff/heard")
    window.inspect("all that was heard")
    window.follow("Brothers and Sisters")
    window.inspect("no summary yet")
    window.press("Make the summary")
    expect(page.locator("[data-offer]")).to_contain_text("New", timeout=1000 * READ_WITHIN)
    window.follow("New: reload this page to see what was found")
    expect(page.get_by_text("Written by a machine")).to_be_visible()
    expect(page.get_by_text(re.compile("organisations .*spoke of foster carers"))).to_be_visible()
    window.inspect("a summary")
    page.get_by_role("link", name=re.compile("^(Change this point|All)")).first.click()
    window.inspect("a point")
    page.get_by_label("The sentence in your words").fill("Too few foster carers take brothers and sisters together.")
    window.press("Keep this sentence")
    expect(page.get_by_text("Worded by")).to_be_visible()
    window.inspect("a point in a person's words")
    window.press("Drop the point")
    assert page.title().startswith("Error:")
    page.get_by_role("link", name="Brothers and Sisters", exact=True).click()
    page.get_by_role("button", name=re.compile("^Sign it off as")).click()
    expect(page.get_by_text(re.compile("^Signed off by"))).to_be_visible()
    window.inspect("a summary that is signed")
    system.wait_until_read([sent(system, 9, WAITS[0].replace("a year", "two years"))], within=READ_WITHIN)
    page.reload()
    expect(page.get_by_text("Sign-off outdated")).to_be_visible()
    expect(page.get_by_text("1 statement came or changed since: 1 is new.")).to_be_visible()
    window.inspect("a summary that is outdated")
    window.assert_clean()
