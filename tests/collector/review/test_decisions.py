"""What a person decides: a row each time, with who, when and why, and never over what is not there."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import markup
import pytest
import sqlalchemy as sa

from collector.database import Database

ACCEPT = {"family": "kinds", "label": "activity", "verdict": "accept"}


@pytest.fixture
def url(analysed: Callable) -> str:
    return f"/staff/statements/{analysed().statement_ids[0]}/decisions"


def test_a_decision_is_kept_with_who_when_and_why_and_shown(url: str, staff_browser: Any, dump: Callable) -> None:
    answer = staff_browser.submit(url, {**ACCEPT, "why": "  They say so.  "})
    assert answer.headers["location"] == "/staff/statements/1?saved=true"
    [(_, statement, family, label, verdict, why, staff_id, decided_at, act_id, _)] = dump()["decision"]
    assert (statement, family, label, verdict, why) == (1, "kinds", "activity", "accept", "They say so.")
    assert staff_id == dump()["staff_member"][0][0]
    assert decided_at is not None
    assert act_id == dump()["act"][0][0]
    history = markup.words(staff_browser.get(answer.headers["location"]), '//section[@aria-labelledby="history"]')
    assert "The reviewer" in history
    assert "They say so." in history


def test_the_same_again_by_the_same_person_adds_no_row_and_by_another_does(
    url: str, staff_browser: Any, new_browser: Callable, sign_in: Callable, dump: Callable, database: Any
) -> None:
    for _ in range(3):
        staff_browser.submit(url, ACCEPT)
    assert len(dump()["decision"]) == 1
    staff_browser.submit(url, {**ACCEPT, "verdict": "reject"})
    staff_browser.submit(url, ACCEPT)
    assert [row[4] for row in dump()["decision"]] == ["accept", "reject", "accept"]


def test_the_same_button_pressed_many_times_at_once_is_one_decision(
    url: str, staff_browser: Any, dump: Callable
) -> None:
    token = staff_browser.form_token()
    with ThreadPoolExecutor(4) as pool:
        posts = list(pool.map(lambda _: staff_browser.post(url, data={"_csrf": token, **ACCEPT}), range(8)))
    assert {post.status_code for post in posts} == {303}
    assert len(dump()["decision"]) == 1


def test_different_decisions_on_one_statement_at_once_are_all_kept_and_all_hold(
    url: str, staff_browser: Any, dump: Callable
) -> None:
    token, labels = staff_browser.form_token(), ["idea", "offer", "learning", "commitment", "support-needed"]
    with ThreadPoolExecutor(5) as pool:
        list(pool.map(lambda one: staff_browser.post(url, data={"_csrf": token, "add": f"kinds:{one}"}), labels))
    assert {row[3] for row in dump()["decision"]} == set(labels)
    assert {row[2] for row in dump()["standing_label"] if row[3] == "added"} == set(labels)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "Choose whether to accept, reject or add"),
        ({**ACCEPT, "verdict": "publish"}, "Choose whether to accept, reject or add"),
        ({"add": ""}, "Choose a label from the list"),
        ({"add": "kinds:no-such"}, "Choose a label from the list"),
        ({"add": "no-such:activity"}, "Choose a label from the list"),
        ({**ACCEPT, "label": "offer"}, "This label is not on the statement"),
        ({**ACCEPT, "why": "x" * 1003}, "Shorten the reason by 3 characters"),
        ({**ACCEPT, "why": "a\x00b"}, "character"),
    ],
)
def test_what_makes_no_sense_is_refused_with_what_was_typed(
    fields: dict, words: str, url: str, staff_browser: Any, dump: Callable
) -> None:
    before = dump()
    answer = staff_browser.submit(url, fields)
    assert answer.status_code == 422
    assert words in answer.text
    if "\x00" not in fields.get("why", ""):
        assert markup.typed(answer, "why") == fields.get("why", "")
    assert dump() == before


def test_a_decision_on_a_statement_that_is_not_there_is_not_found(staff_browser: Any, open_round: Any) -> None:
    assert staff_browser.submit("/staff/statements/99/decisions", ACCEPT).status_code == 404


def test_an_auditor_looks_and_finds_no_buttons(url: str, new_browser: Callable, sign_in: Callable) -> None:
    auditor = new_browser()
    sign_in(auditor, "auditor")
    for page in ("/staff/sources/1", "/staff/statements/1"):
        assert markup.tree(auditor.get(page)).xpath('//form[contains(@action, "/decisions")]') == []
    assert auditor.submit(url, ACCEPT).status_code == 403


def test_a_decision_from_the_list_of_a_source_leads_back_to_the_statement_in_it(url: str, staff_browser: Any) -> None:
    answer = staff_browser.submit(url, {**ACCEPT, "next": "source"})
    assert answer.headers["location"] == "/staff/sources/1#statement-1"
    elsewhere = staff_browser.submit(url, {**ACCEPT, "next": "https://evil.example.org"})
    assert elsewhere.headers["location"].startswith("/staff/statements/1")


def test_nothing_is_waited_for_once_a_decision_is_saved(url: str, staff_browser: Any, database: Database) -> None:
    """The writer's turn is taken once: after the commit it could be somebody else's for long."""
    turns, token = [], staff_browser.form_token()

    def begun(connection: sa.Connection) -> None:
        turns.append(connection.get_execution_options().get("writes"))

    sa.event.listen(database.engine, "begin", begun)
    try:
        assert staff_browser.post(url, data={"_csrf": token, **ACCEPT}).status_code == 303
    finally:
        sa.event.remove(database.engine, "begin", begun)
    assert turns.count(True) == 1
