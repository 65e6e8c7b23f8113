"""An analyst asks how many organisations say what, opens what a number stands on, and takes the table along."""

import re

import pytest
import told
from browsing import Window
from playwright.sync_api import expect
from systems import System

# What differs between the forms of the system is tried by others.
pytestmark = [pytest.mark.slow, pytest.mark.parametrize("system", ["embedded"], indirect=True)]

READ_WITHIN = 120  # 5 on a machine that has nothing else to do


def test_an_analyst_counts_organisations_and_reads_what_they_say(window: Window, system: System) -> None:
    sent = [
        system.submit(
            told.by_organisation(
                f"Count Trust {number}", good_childhood={"barriers": "Nobody funds the post after March."}
            )
        )
        for number in range(3)
    ]
    system.wait_until_read(sent, within=READ_WITHIN)
    window.open(system.new_link())
    window.press("Sign in")
    page = window.page
    window.follow("Profiles")
    window.follow("Counts")
    window.inspect("counts as they open")
    page.get_by_label("Rows").select_option("Barrier theme")
    page.get_by_label("Columns").select_option("Kind of organisation")
    window.press("Show")
    assert window.heading() == "Organisations by barrier theme and kind of organisation"
    assert "rows=barrier_themes" in page.url
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="Funding", exact=True))
    expect(row).to_contain_text(re.compile(r"\d more suggested"))  # others may have sent something before
    window.inspect("counts of barrier themes")
    with page.expect_download() as taken:
        page.get_by_role("link", name="CSV").click()
    assert taken.value.suggested_filename.startswith("counts-")
    row.get_by_role("link").last.click()
    assert window.heading() == "Funding"
    expect(page.locator(".fl_lines")).to_contain_text("Nobody funds the post after March.")
    window.inspect("the statements of a cell")
    window.back()
    assert window.heading() == "Organisations by barrier theme and kind of organisation"
