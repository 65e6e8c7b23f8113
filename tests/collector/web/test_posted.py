"""How much a page takes at once: the longest answer there can be, and nothing that holds up others."""

from typing import Any
from urllib.parse import urlencode

import pytest

from collector.web import posted

FIRST = "/questionnaires/keeping-the-promise/pages/respondent"
DOING = "/questionnaires/keeping-the-promise/pages/planning-doing"
URLENCODED = {"Content-Type": "application/x-www-form-urlencoded"}


def test_more_fields_than_any_page_has_are_refused_unread(browser: Any) -> None:
    answer = browser.post(FIRST, content=b"a&" * 50_000, headers=URLENCODED)
    assert answer.status_code == 413
    assert "Shorten the text and try again" in answer.text


def test_a_page_takes_less_than_a_program_may_send(browser: Any) -> None:
    answer = browser.post(FIRST, content=b"a=" + b"x" * 500_000, headers=URLENCODED)
    assert answer.status_code == 413
    assert "Shorten the text and try again" in answer.text


def test_the_longest_answer_of_the_longest_characters_fits(browser: Any, fill_in: Any, dump: Any) -> None:
    fill_in(browser)
    longest = "💙" * 20_000
    assert len(urlencode({"planning.doing": longest})) > 240_000
    assert browser.submit(DOING, {"planning.doing": longest}).status_code == 303
    assert longest in repr(dump()["draft"])


def test_a_form_is_looked_through_once(browser: Any, fill_in: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    fill_in(browser)
    looked: list[bytes] = []
    check_text = posted.check_text
    monkeypatch.setattr(posted, "check_text", lambda body: (looked.append(body), check_text(body)))
    assert browser.submit(DOING, {"planning.doing": "We meet."}).status_code == 303
    assert len(looked) == 1
