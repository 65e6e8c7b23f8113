"""Answers sent at the very moment when staff close the round: taken whole with a receipt, or refused and kept."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlmodel import select

from collector.database import Database
from collector.intake import check_pages
from collector.intake.models import Answers, Draft, Job, Passage, Round, Submission
from tests.collector import markup
from tests.conftest import QUESTIONNAIRE

CHECK = f"{QUESTIONNAIRE}/check"
SENDERS = 8
TURNS = 6
# So far apart that some come before the round is closed and some after: seconds.
STAGGER = 0.02


@pytest.fixture
def close(staff_browser: Any, open_round: Round) -> Callable[[], None]:
    token = staff_browser.form_token()

    def press() -> None:
        assert staff_browser.post(f"/staff/rounds/{open_round.id}/close", data={"_csrf": token}).status_code == 303

    return press


@pytest.fixture
def draft_of(database: Database) -> Callable[[], dict[str, Any]]:
    def ask() -> dict[str, Any]:
        with database.reading() as session:
            return session.exec(select(Draft)).one().answers

    return ask


def test_a_round_that_closes_while_the_answers_are_checked_takes_them_no_more_and_they_are_kept(
    browser: Any,
    fill_in: Callable,
    answers: dict,
    close: Callable,
    draft_of: Callable,
    dump: Callable,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fill_in(browser)
    close_while_checked(close, monkeypatch)
    answer = browser.submit(CHECK)
    assert (answer.status_code, markup.title(answer)) == (410, "This questionnaire has closed")
    assert answers["planning.doing"] in markup.words(answer)
    assert (dump()["submission"], draft_of()) == ([], answers)


def close_while_checked(close: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    """Staff close the round after it was found open, and before anything is kept."""
    read_whole = check_pages.forms_answers.read_whole

    def closing(*given: Any) -> Any:
        monkeypatch.setattr(check_pages.forms_answers, "read_whole", read_whole)
        close()
        return read_whole(*given)

    monkeypatch.setattr(check_pages.forms_answers, "read_whole", closing)


@pytest.mark.slow
def test_whoever_sends_while_staff_close_the_round_has_a_receipt_or_the_draft(
    new_browser: Callable,
    fill_in: Callable,
    answers: dict,
    close: Callable,
    open_round: Round,
    database: Database,
) -> None:
    outcomes = set()
    for turn in range(TURNS):
        with database.writing() as session:
            session.get_one(Round, open_round.id).closed_at = None
            session.commit()
        senders = [new_browser() for _ in range(SENDERS)]
        tokens = [(fill_in(one), one.form_token())[1] for one in senders]

        def send(number: int, senders: list = senders, tokens: list = tokens) -> Any:
            time.sleep(number * STAGGER)
            return senders[number].post(CHECK, data={"_csrf": tokens[number]})

        with ThreadPoolExecutor(SENDERS + 1) as pool:
            sent = [pool.submit(send, number) for number in range(SENDERS)]
            time.sleep(turn * STAGGER)
            close()
            found = [one.result() for one in sent]
        for browser, answer in zip(senders, found, strict=True):
            outcomes.add(answer.status_code)
            if answer.status_code == 303:
                assert browser.get(answer.headers["location"]).status_code == 200
            else:
                assert (answer.status_code, markup.title(answer)) == (410, "This questionnaire has closed")
                assert answers["planning.doing"] in markup.words(browser.get(QUESTIONNAIRE))
    assert outcomes == {303, 410}
    assert_each_is_sent_or_kept(database, answers)


def assert_each_is_sent_or_kept(database: Database, answers: dict[str, Any]) -> None:
    with database.reading() as session:
        drafts = session.exec(select(Draft)).all()
        submissions = set(session.exec(select(Submission.id)))
        assert len(drafts) == SENDERS * TURNS
        assert {draft.submission_id for draft in drafts if draft.submission_id} == submissions
        for draft in drafts:
            assert draft.answers == ({} if draft.submission_id else answers)
        given = session.exec(select(Answers.given)).all()
        assert given == [answers] * len(submissions)
        assert len(session.exec(select(Job.id)).all()) == len(submissions)
        texts = session.exec(select(Passage.question_id)).all()
        assert len(texts) == len(submissions) * len(set(texts))
