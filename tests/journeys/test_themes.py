"""An analyst finds what several people say that no code holds, and makes a code of it."""

import re

import pytest
import told
from browsing import Window
from playwright.sync_api import expect
from systems import System

from tests.unforeseen import SAID

# What differs between the forms of the system is tried by others.
pytestmark = [pytest.mark.slow, pytest.mark.parametrize("system", ["embedded"], indirect=True)]

READ_WITHIN = 120  # 5 on a machine that has nothing else to do
SENDERS = 8


def test_an_analyst_makes_a_code_of_what_no_code_holds(window: Window, system: System) -> None:
    lines = [line for lines in SAID.values() for line in lines]
    sent = [
        system.submit(
            told.by_organisation(
                f"Theme Trust {number}", good_childhood={"barriers": "\n\n".join(lines[number::SENDERS])}
            )
        )
        for number in range(SENDERS)
    ]
    system.wait_until_read(sent, within=READ_WITHIN)
    window.open(system.new_link())
    window.press("Sign in")
    page = window.page
    window.open("/staff/codebook")
    window.follow("Said outside the framework")
    window.inspect("before anybody looked")
    window.press("Look for themes")
    expect(page.locator("[data-offer]")).to_contain_text("New", timeout=1000 * READ_WITHIN)
    window.follow("New: reload this page to see what was found")
    expect(page.locator(".fl_theme").first).to_contain_text("Said in")
    window.inspect("themes")
    page.get_by_role("link", name=re.compile("^Read all")).first.click()
    window.inspect("one theme")
    title = window.heading()
    page.get_by_role("button", name=re.compile("^Propose a code for")).click()
    assert window.heading() == "Add a code"
    expect(page.get_by_role("complementary")).to_contain_text(title)
    window.inspect("a code proposed")
    page.get_by_label("Title").fill("Buildings")
    page.get_by_label("What it takes in").fill("Rooms, roofs and car parks that keep people from coming.")
    window.press("See what it would do")
    assert page.get_by_label("Why").input_value().startswith("Said in")
    window.inspect("what it would do")
    window.press("Change the codebook")
    assert window.heading().startswith("Version ")
