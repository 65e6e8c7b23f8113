"""An analyst finds what several people say that no code holds, and makes a code of it."""

import re

import pytest
import told
from browsing import NARROWEST, Window
from playwright.sync_api import expect
from systems import System

from tests.unforeseen import SAID

pytestmark = pytest.mark.slow

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
    # What is found comes by itself to who stays on the page, or when they look again.
    expect(page.locator("[data-state=waiting], [data-state=running]")).to_have_count(0, timeout=1000 * READ_WITHIN)
    window.open("/staff/codebook/themes")
    expect(page.locator(".fl_theme").first).to_contain_text("Said in")
    window.inspect("themes")
    page.set_viewport_size({"width": NARROWEST, "height": 800})
    window.inspect("themes, narrow")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_role("link", name=re.compile("^Read all")).first.click()
    window.inspect("one theme")
    title = window.heading()
    window.press("Propose")
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
