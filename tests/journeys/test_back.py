"""The browser's own Back, after forms: it loses nothing that was typed, and asks nobody to send a form again."""

from collections.abc import Callable

import pytest
import told
from browsing import Window
from playwright.sync_api import expect

pytestmark = pytest.mark.slow

START = f"/questionnaires/{told.QUESTIONNAIRE}"
CONTINUE = "Save and continue"
NAME = "What is the name of your organisation?"


def test_back_to_a_page_with_mistakes_shows_the_form_and_what_was_typed(new_window: Callable[..., Window]) -> None:
    window = new_window()
    name, address = window.page.get_by_label(NAME), window.page.get_by_label("E-mail address for the link")
    window.open(f"{START}/pages/respondent")
    window.press(CONTINUE)
    window.choose("An organisation")
    window.press(CONTINUE)
    window.back()
    expect(window.page.get_by_label("An organisation")).to_be_checked()
    window.open(f"{START}/pages/organisation")
    name.fill("Kintra Family Centre")
    window.press(CONTINUE)
    window.follow("Privacy")
    window.back()
    expect(name).to_have_value("Kintra Family Centre")
    window.open(f"{START}/share")
    address.fill("morag at kintra")
    window.press("E-mail a link")
    window.follow("Privacy")
    window.back()
    expect(address).to_have_value("morag at kintra")
    window.press("Show a link to copy")
    window.follow("Privacy")
    window.back()
    assert window.heading() == "Come back on another device, or work with colleagues"
