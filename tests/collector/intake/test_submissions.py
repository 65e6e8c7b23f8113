"""Keeping a submission: all of it or nothing, once however often it is sent."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from collector.database import Database
from collector.intake import references, submissions


def test_the_same_key_and_answers_give_the_first_submission_back(receive: Callable, dump: Callable) -> None:
    first, before = receive("key"), dump()
    again = receive("key")
    assert (first.new, again.new) == (True, False)
    assert (again.submission_id, again.job_id) == (first.submission_id, first.job_id)
    assert dump() == before


def test_the_same_key_with_other_answers_is_refused_and_the_first_stays(receive: Callable, dump: Callable) -> None:
    first, before = receive("key"), dump()
    with pytest.raises(submissions.OtherContent, match=references.shown(first.reference)):
        receive("key", **{"organisation-name": "Another Council", "planning.doing": "Something else."})
    assert dump() == before


def test_another_key_with_the_same_answers_is_another_submission(receive: Callable, dump: Callable) -> None:
    assert receive("one").reference != receive("two").reference
    assert len(dump()["submission"]) == len(dump()["source"]) == len(dump()["job"]) == 2
    assert len(dump()["organisation"]) == 1


@pytest.fixture(params=["answers", "source", "passage", "job"])
def away(request: pytest.FixtureRequest, database: Database) -> Iterator[str]:
    """One of the tables cannot be written to."""
    rename(database, request.param, f"{request.param}_away")
    yield request.param
    rename(database, f"{request.param}_away", request.param)


def rename(database: Database, table: str, to: str) -> None:
    with database.writing() as session:
        session.connection().execute(sa.text(f'ALTER TABLE "{table}" RENAME TO "{to}"'))
        session.commit()


@pytest.mark.usefixtures("away")
def test_where_one_part_cannot_be_kept_nothing_is(receive: Callable, database: Database) -> None:
    with pytest.raises(DBAPIError):
        receive()
    with database.reading() as session:
        for table in ("submission", "organisation", "organisation_area"):
            assert session.connection().execute(sa.text(f"SELECT count(*) FROM {table}")).scalar() == 0, table


def test_where_the_job_cannot_be_kept_nobody_is_thanked_and_the_draft_stays(
    browser: Any, fill_in: Callable, database: Database, dump: Callable
) -> None:
    check = "/questionnaires/keeping-the-promise/check"
    fill_in(browser)
    before = dump()
    rename(database, "job", "job_away")
    answer = browser.submit(check)
    rename(database, "job_away", "job")
    assert answer.status_code in (500, 503)
    assert "Nothing that you saved is lost" in answer.text
    assert dump() == before
    assert browser.submit(check).status_code == 303


def test_references_can_be_read_out_and_cannot_be_guessed() -> None:
    made = {references.fresh() for _ in range(5000)}
    assert len(made) == 5000
    assert {character for reference in made for character in reference} == set(references.ALPHABET)
    assert not set("01IOQZ") & set(references.ALPHABET)
    assert len(references.ALPHABET) ** references.LENGTH > 10**11


@pytest.mark.parametrize("typed", ["7F4K-9MPR", "7f4k9mpr", " 7F4K 9MPR ", "7f4k-9mpr"])
def test_a_reference_is_read_however_it_is_typed(typed: str) -> None:
    assert references.read(typed) == "7F4K9MPR"
    assert references.shown(references.read(typed)) == "7F4K-9MPR"
