"""The screen of one passage: what it shows, what each of its forms does, and what it never shows."""

from collections.abc import Callable
from typing import Any

import markup
import pytest


@pytest.fixture
def here(analysed: Callable) -> str:
    return f"/staff/review/{analysed().passage_ids[0]}"


def test_the_screen_shows_the_words_who_says_them_and_each_label_with_why(here: str, staff_browser: Any) -> None:
    page = staff_browser.get(here)
    assert page.status_code == 200, page.text
    words = markup.words(page)
    for shown in ("Kinnaird Water Council", "First round", "We hold a family meeting", "Parents chair it."):
        assert shown in words
