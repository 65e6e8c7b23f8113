"""An officer brings figures in: the file is wrong at first, is mended, looked at and kept, then a newer one follows."""

from pathlib import Path

import pytest
from browsing import Window
from playwright.sync_api import expect
from systems import System

# What differs between the forms of the system is tried by others.
pytestmark = [pytest.mark.slow, pytest.mark.parametrize("system", ["embedded"], indirect=True)]

READ_WITHIN = 60_000  # milliseconds; 2,000 on a machine that has nothing else to do
FIGURES = """Council area,2021-22,2022-23,2023-24
Scotland,78.0,79.5,81.0
Fife,77.5,[c],80.5
"Edinburgh, City of",79.0,80.0,82.5
Narnia,1,2,3
"""


def test_figures_are_looked_at_kept_and_replaced(window: Window, system: System, tmp_path: Path) -> None:
    window.open(system.new_link())
    window.press("Sign in")
    window.follow("Profiles")
    window.follow("Statistics")
    window.inspect("no figures yet")
    window.follow("Import figures")
    tell_of_it(window)
    choose_file(window, tmp_path, "Name,Age\nAnn,3\n")
    wait_until_read(window, "No row of headings was found")
    window.inspect("a file of no use")
    window.follow("Choose another file")
    expect(window.page.get_by_label("What are the figures?")).to_have_value("School leavers with a place to go")
    window.inspect("what is said of a file")
    choose_file(window, tmp_path, FIGURES, button="Save and read again")
    wait_until_read(window, "What was not understood")
    window.inspect("what was read")
    window.press("Keep 9 figures")
    expect(window.page.locator("#error-summary")).to_contain_text("Say that what was not understood is left out")
    window.choose("Leave out what was not understood")
    window.press("Keep 9 figures")
    expect(window.page.get_by_role("row").filter(has_text="Fife")).to_contain_text("not published [c]")
    window.inspect("a statistic")
    replace(window, tmp_path)
    take_out(window)


def tell_of_it(window: Window) -> None:
    page = window.page
    window.press("Read the file")
    expect(page.locator("#error-summary")).to_contain_text("Choose a file")
    window.inspect("nothing said of a file")
    page.get_by_label("What are the figures?").fill("School leavers with a place to go")
    window.choose("Percent")
    page.get_by_label("Who published the figures?").fill("An invented office")
    page.get_by_label("What is the publication called?").fill("Leavers in figures")
    day_of_publication(window, "31", "March", "2026")


def day_of_publication(window: Window, *parts: str) -> None:
    for name, part in zip(("Day", "Month", "Year"), parts, strict=True):
        window.page.get_by_label(name, exact=True).fill(part)


def choose_file(window: Window, folder: Path, text: str, *, button: str = "Read the file") -> None:
    file = folder / "leavers.csv"
    file.write_text(text)
    window.page.locator("#file").set_input_files(file)
    window.press(button)


def wait_until_read(window: Window, words: str) -> None:
    """The page offers itself anew when there is news; it may have been read before the page was there."""
    offered = window.page.get_by_role("link", name="reload")
    expect(offered.or_(window.page.get_by_text(words)).first).to_be_visible(timeout=READ_WITHIN)
    if offered.count():
        offered.click()
    expect(window.page.get_by_text(words).first).to_be_visible()


def replace(window: Window, folder: Path) -> None:
    window.follow("Import a newer edition")
    day_of_publication(window, "30", "6", "2026")
    choose_file(window, folder, FIGURES.replace("80.5", "80.9").replace("Narnia,1,2,3\n", ""))
    wait_until_read(window, "Beside edition 1")
    expect(window.page.get_by_text("Beside edition 1")).to_contain_text("1 changed, 8 are the same")
    window.press("Keep 9 figures")
    expect(window.page.get_by_role("row").filter(has_text="Fife")).to_contain_text("80.9%")
    window.follow("Edition 1 kept")
    expect(window.page.get_by_role("row").filter(has_text="Fife")).to_contain_text("80.5%")
    window.follow("See the one in use")


def take_out(window: Window) -> None:
    window.follow("Take this statistic out")
    window.inspect("taking a statistic out")
    window.page.get_by_label("Why").fill("The source was withdrawn")
    window.press("Take it out")
    expect(window.page.get_by_text("took this statistic out")).to_contain_text("The source was withdrawn")
    window.inspect("a statistic that was taken out")
    window.follow("All statistics")
    expect(window.page.get_by_role("heading", name="Taken out")).to_be_visible()
    window.inspect("statistics")
