"""Two who begin from the same submission and both send: an item is listed and counted once, as who spoke last says."""

from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

import markup
import pytest
from sqlmodel import col, select

from collector.database import Database
from collector.intake import given, item_rows, item_states, references, submissions
from collector.intake.item_states import CHANGED, DONE, KEPT, WITHDRAWN, Said
from collector.intake.models import ItemState, ListedItem, Passage, Round, Submission
from collector.mine import corrections
from collector.privacy import erasure
from forms import questionnaire

FORM = questionnaire.load("keeping-the-promise")
SATURDAYS, SUNDAYS = "We will open on Saturdays.", "We will open on Sundays."


@pytest.fixture
def go_on(later_round: Round, database: Database) -> Callable[..., int]:
    """Sends answers that were begun from a submission: of each commitment whether it is kept, done, withdrawn, or what
    it says now.
    """

    def send(begun_from: int, ways: Mapping[str, str]) -> int:
        with database.writing() as session:
            answers = given.answers_of(session, begun_from)
            held = {item["id"]: item for item in answers.pop("commitments", [])}
            goes_on = [id for id, way in ways.items() if way not in (DONE, WITHDRAWN)]
            items = [held[id] if ways[id] == KEPT else {"id": id, "commitment": ways[id]} for id in goes_on]
            return submissions.receive(
                session,
                round_=later_round,
                questionnaire=FORM,
                questionnaire_id=later_round.questionnaire_id,
                answers=answers | ({"commitments": items} if items else {}),
                idempotency_key=references.fresh(),
                begun_from=begun_from,
                said=[Said("commitments", id, state_of(way)) for id, way in ways.items()],
            ).submission_id

    return send


def state_of(way: str) -> str:
    return way if way in (KEPT, DONE, WITHDRAWN) else CHANGED


@pytest.fixture
def first(receive: Callable) -> int:
    """A submission that lists one commitment."""
    return receive(commitments=[{"id": "a1", "commitment": SATURDAYS}]).submission_id


def withdraw(database: Database, *submission_ids: int) -> None:
    for id in submission_ids:
        with database.writing() as session:
            erasure.withdraw(session, session.get_one(Submission, id))
            session.commit()


def listed_now(database: Database) -> dict[str, list[int]]:
    """By item, the submissions by which it is listed."""
    with database.reading() as session:
        rows = session.exec(select(ListedItem).where(item_rows.latest())).all()
        return {one: [row.submission_id for row in rows if row.item_id == one] for one in {row.item_id for row in rows}}


def words_now(database: Database) -> dict[str, list[str]]:
    """By item, its words that count."""
    stands = (
        col(Passage.retired_at).is_(None),
        col(Passage.superseded_by).is_(None),
        col(Passage.item_id).is_not(None),
    )
    with database.reading() as session:
        rows = session.exec(select(Passage).where(*stands, Passage.question_id != item_states.BECAME)).all()
        return {one: [row.text for row in rows if row.item_id == one] for one in {row.item_id for row in rows}}


# What is said of each item by A and by B, who both go on from the first, and by C, who goes on from A.
B, C = (KEPT, "We B.", DONE, WITHDRAWN), (None, KEPT, "We C.", DONE)


@pytest.mark.parametrize("a", [KEPT, "We A.", DONE])
@pytest.mark.parametrize(
    "gone", [(), *(pytest.param(one, marks=pytest.mark.slow) for one in [(0,), (1,), (2,), (0, 1), (3, 1)])]
)
def test_who_was_sent_last_says_what_is_so_and_once_that_is_withdrawn_the_one_before_does(
    a: str, gone: tuple[int, ...], receive: Callable, go_on: Callable, database: Database
) -> None:
    cases = {f"item{number}": ways for number, ways in enumerate(product((a,), B, C if a != DONE else (None,)))}
    ids = [receive(commitments=[{"id": id, "commitment": f"We at first {id}."} for id in cases]).submission_id]
    for number, begun_from in ((0, 0), (1, 0), (2, 1)):
        said = {id: ways[number] for id, ways in cases.items() if ways[number]}
        ids.append(go_on(ids[begun_from], said))
    withdraw(database, *(ids[one] for one in gone))
    listed, words = listed_now(database), words_now(database)
    for item_id, ways in cases.items():
        lists, says = last_word(f"We at first {item_id}.", ways, gone)
        seen = (listed.get(item_id, []), words.get(item_id, []))
        assert seen == ([ids[one] for one in lists], says), (ways, seen)


def last_word(words: str, ways: tuple[str | None, ...], gone: tuple[int, ...]) -> tuple[list[int], list[str]]:
    """Who lists the item, and with which words: worked out from what was said, one after another."""
    said = {0: words}
    found = ([], []) if 0 in gone else ([0], [words])
    for number, begun_from, way in zip((1, 2, 3), (0, 0, 1), ways, strict=True):
        said[number] = said[begun_from] if way == KEPT else way
        if way and number not in gone:
            found = ([], []) if way in (DONE, WITHDRAWN) else ([number], [said[number]])
    return found


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("last", [item_rows.latest, item_states.is_last_word])
def test_whether_it_is_the_last_word_is_looked_up_by_the_item_alone(last: Callable, database: Database) -> None:
    """Else each lookup takes as long as its organisation has listed things, times the rounds."""
    asked = select(ListedItem if last is item_rows.latest else ItemState).where(last())
    found = str(asked.compile(database.engine, compile_kwargs={"literal_binds": True}))
    with database.reading() as session:
        plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {found}").all()
    assert any("first_in=? AND list_id=? AND item_id=? AND submission_id>?" in row.detail for row in plan), plan


def test_each_item_is_counted_once_on_every_page(
    first: int, go_on: Callable, later_round: Round, staff_browser: Any, database: Database
) -> None:
    go_on(first, {"a1": DONE})
    go_on(first, {"a1": KEPT})
    with database.reading() as session:
        organisation_id = session.get_one(Submission, first).organisation_id
    profile, of_round = f"/staff/organisations/{organisation_id}", f"/staff/rounds/{later_round.id}"
    page = markup.words(staff_browser.get(profile))
    assert "1 plan stated" in page
    in_groups = markup.words(staff_browser.get(profile), '//section[contains(@class, "fl_group")]')
    assert in_groups.count(SATURDAYS) == 1
    assert "Done and withdrawn" not in page
    assert "What they said of the items: kept as it is 1." in markup.words(staff_browser.get(of_round))
    go_on(first, {"a1": WITHDRAWN})
    page = markup.words(staff_browser.get(profile))
    assert "0 plans stated" in page
    assert page.count(SATURDAYS) == 1
    assert "Done and withdrawn" in page
    assert "What they said of the items: withdrawn 1." in markup.words(staff_browser.get(of_round))


def test_a_correction_of_the_one_leaves_what_the_other_said_later(
    first: int, go_on: Callable, database: Database
) -> None:
    one, other = go_on(first, {"a1": KEPT}), go_on(first, {"a1": KEPT})
    correct(database, one, [{"id": "a1", "commitment": SUNDAYS}])
    assert (listed_now(database), words_now(database)) == ({"a1": [other]}, {"a1": [SATURDAYS]})
    correct(database, other, [])
    assert (listed_now(database), words_now(database)) == ({}, {})
    withdraw(database, other)
    assert (listed_now(database), words_now(database)) == ({"a1": [one]}, {"a1": [SUNDAYS]})


def test_what_is_corrected_out_of_the_first_counts_once_with_those_who_keep_it(
    first: int, go_on: Callable, database: Database
) -> None:
    go_on(first, {"a1": KEPT})
    other = go_on(first, {"a1": KEPT})
    correct(database, first, [])
    assert (listed_now(database), words_now(database)) == ({"a1": [other]}, {"a1": [SATURDAYS]})


def correct(database: Database, submission_id: int, items: list[dict[str, str]]) -> None:
    with database.writing() as session:
        answers = given.answers_of(session, submission_id) | {"commitments": items}
        answers = {id: answer for id, answer in answers.items() if answer != []}
        corrections.correct(session, session.get_one(Submission, submission_id), FORM, answers)
        session.commit()


def test_a_correction_leaves_what_the_other_kept_also_where_it_holds_the_words_of_both(
    first: int, go_on: Callable, database: Database
) -> None:
    one, other = go_on(first, {"a1": KEPT}), go_on(first, {"a1": KEPT})
    withdraw(database, first)
    correct(database, one, [{"id": "a1", "commitment": SUNDAYS}])
    assert (listed_now(database), words_now(database)) == ({"a1": [other]}, {"a1": [SATURDAYS]})
    withdraw(database, other)
    assert (listed_now(database), words_now(database)) == ({"a1": [one]}, {"a1": [SUNDAYS]})
