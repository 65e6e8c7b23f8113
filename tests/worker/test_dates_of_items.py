"""By when: the words of what was listed are read as days, kept beside them, and follow every correction."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import select

from analysis.commitments import days_of
from collector.database import Database
from collector.intake import given, item_rows, submissions
from collector.intake.models import Job, ListedItem, Submission
from collector.mine import corrections
from collector.privacy import erasure
from forms import questionnaire
from worker import tasks

SAID = date(2026, 11, 22)
HUB = {"id": "hub", "commitment": "We will open a hub.", "commitment-action": "planning"}
NEED = {"id": "post", "need": "We need a post.", "need-due": "before March 2027"}


class Nothing:
    """Finds nothing in any text: what is read here are dates."""

    model_version = "nothing-1"

    def analyse(self, passages: Any) -> list[Any]:
        from analysis.findings import Findings

        return [Findings(id=passage.id, statements=(), model=self.model_version) for passage in passages]


@pytest.fixture(autouse=True)
def worker(worker_here: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "pipeline", Nothing)


def said_on(database: Database, day: date) -> None:
    with database.writing() as session:
        session.exec(sa.update(ListedItem).values(said_on=day))
        session.commit()


def rows(database: Database) -> dict[str, ListedItem]:
    with database.reading() as session:
        found = session.exec(select(ListedItem)).all()
        session.expunge_all()
    return {row.item_id: row for row in found}


def correct(database: Database, **changes: Any) -> list[int]:
    form = questionnaire.load("keeping-the-promise")
    with database.writing() as session:
        submission = session.exec(select(Submission)).one()
        answers = given.answers_of(session, submission.id) | changes
        jobs = corrections.correct(session, submission, form, {id: one for id, one in answers.items() if one})
        session.commit()
    return jobs


@pytest.mark.parametrize(
    ("words", "days"),
    [
        ("by autumn 2027", (SAID, date(2027, 11, 30))),
        ("autumn 2027", (date(2027, 9, 1), date(2027, 11, 30))),
        ("31 March 2027", (date(2027, 3, 31), date(2027, 3, 31))),
        ("we hope, in due course, or by May 2027", (SAID, date(2027, 5, 31))),
        ("March 2020", (date(2020, 3, 1), date(2020, 3, 31))),
        ("from April 2027", (date(2027, 4, 1), None)),
        ("when there is money", (None, None)),
        ("😀" * 200, (None, None)),
    ],
)
def test_words_that_say_by_when_are_read_as_the_first_days_they_fix(words: str, days: tuple) -> None:
    assert days_of(words, SAID) == days


@pytest.mark.parametrize(
    ("first", "last", "shown"),
    [
        (SAID, date(2027, 11, 30), "by 30 November 2027"),
        (date(2027, 9, 1), date(2027, 11, 30), "1 September 2027 to 30 November 2027"),
        (date(2027, 3, 31), date(2027, 3, 31), "31 March 2027"),
        (SAID, SAID, "22 November 2026"),
        (date(2027, 4, 1), None, "from 1 April 2027"),
        (None, date(2027, 4, 1), "by 1 April 2027"),
        (None, None, "no date"),
    ],
)
def test_what_it_was_read_as_is_told_as_people_say_it(first: date | None, last: date | None, shown: str) -> None:
    row = {"submission_id": 1, "list_id": "l", "item_id": "i", "number": 1, "kind": "commitment", "due": "then"}
    assert item_rows.read_as(ListedItem(**row, said_on=SAID, due_from=first, due_to=last, due_read=True)) == shown
    assert item_rows.read_as(ListedItem(**row, said_on=SAID)) == ""


def test_each_item_is_a_row_whose_date_the_worker_reads(receive: Callable, database: Database) -> None:
    received = receive(
        **{"commitments": [HUB | {"commitment-due": "autumn 2027"}], "more-lists": ["needs"], "needs-list": [NEED]}
    )
    before = rows(database)
    assert (before["hub"].kind, before["hub"].priority_area, before["hub"].number) == ("commitment", "planning", 1)
    assert (before["post"].kind, before["post"].priority_area) == ("support-needed", None)
    assert not before["hub"].due_read
    said_on(database, SAID)
    tasks.analyse([received.job_id])
    after = rows(database)
    assert (after["hub"].due_from, after["hub"].due_to) == (date(2027, 9, 1), date(2027, 11, 30))
    assert (after["post"].due_from, after["post"].due_to) == (SAID, date(2027, 2, 28))
    assert after["hub"].due_read
    with database.reading() as session:
        assert session.exec(select(Job.state)).all() == ["done"]


def test_a_correction_of_the_date_alone_is_read_and_others_keep_theirs(receive: Callable, database: Database) -> None:
    two = [
        HUB | {"commitment-due": "within a year"},
        {"id": "two", "commitment": "More.", "commitment-due": "May 2027"},
    ]
    received = receive(commitments=two)
    said_on(database, date(2026, 1, 31))
    tasks.analyse([received.job_id])
    later = [two[1] | {"commitment-due": "June 2028"}, two[0]]
    [job_id] = correct(database, commitments=later)
    tasks.analyse([job_id])
    after = rows(database)
    assert (after["two"].due_to, after["two"].number) == (date(2028, 6, 30), 1)
    assert (after["hub"].said_on, after["hub"].number) == (date(2026, 1, 31), 2)
    assert after["hub"].due_to.year == 2027


def test_an_item_taken_out_has_no_row(receive: Callable, database: Database) -> None:
    receive(commitments=[HUB, {"id": "two", "commitment": "More."}])
    correct(database, commitments=[HUB])
    assert set(rows(database)) == {"hub"}
    correct(database, commitments=[])
    assert rows(database) == {}


def test_words_changed_while_they_were_read_are_not_dated_by_the_earlier_ones(
    receive: Callable, database: Database
) -> None:
    receive(commitments=[HUB | {"commitment-due": "May 2027"}])
    with database.reading() as session:
        [read] = item_rows.undated(session, 1)
    correct(database, commitments=[HUB | {"commitment-due": "June 2028"}])
    with database.writing() as session:
        item_rows.date_item(session, read, date(2027, 5, 1), date(2027, 5, 31))
        session.commit()
    assert not rows(database)["hub"].due_read


def test_what_is_withdrawn_leaves_no_row(receive: Callable, database: Database) -> None:
    receive(commitments=[HUB])
    with database.writing() as session:
        erasure.withdraw(session, session.exec(select(Submission)).one())
        session.commit()
    assert rows(database) == {}


def test_a_date_counts_from_the_day_in_scotland_on_which_it_was_received(
    database: Database, open_round: Any, answers: dict
) -> None:
    form = questionnaire.load("keeping-the-promise")
    with database.writing() as session:
        submissions.receive(
            session,
            round_=open_round,
            questionnaire=form,
            questionnaire_id=open_round.questionnaire_id,
            answers={**answers, "commitments": [HUB]},
            idempotency_key="late",
            received_at=datetime(2026, 6, 30, 23, 30, tzinfo=UTC),
        )
    assert rows(database)["hub"].said_on == date(2026, 7, 1)
