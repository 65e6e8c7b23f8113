"""Documents have a date of their own: what they promise is counted from it, also where it is given later."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, select

from collector import dates
from collector.database import Database, now
from collector.findings import extracts
from collector.findings.models import Act, Extract, ExtractDecision, ReviewItem
from collector.intake import documents, rounds
from collector.intake.models import Job, Passage, Source
from collector.profiles import question_rules, report_contents, statements
from collector.profiles.document import Table
from worker import coding, tasks

PUBLISHED = date(2021, 6, 25)
TEXT = "We will open a home by March 2025.\n\nOver the coming year we will train 40 foster carers.\n"
WRITTEN, COUNTED = date(2025, 3, 31), date(2022, 6, 25)

pytestmark = pytest.mark.usefixtures("worker_here")


@pytest.fixture
def bring_in(database: Database, tmp_path: Path) -> Callable[..., int]:
    """A plan with two promises, read by the real reader; gives the id of the source."""

    def keep(published_on: date | None = None, text: str = TEXT) -> int:
        path = tmp_path / "plan.txt"
        path.write_text(text, encoding="utf-8")
        kept = coding.keep_document(
            database, path, title="A plan", organisation="Loch Trust", kind="third_sector", published_on=published_on
        )
        tasks.analyse([kept.job_id])
        with database.reading() as session:
            return session.get_one(Job, kept.job_id).source_id

    return keep


def put_date(database: Database, source_id: int, day: date | None) -> int | None:
    with database.writing() as session:
        job_id = documents.put_date(session, source_id, day)
        session.commit()
    return job_id


def source(session: Session) -> Source:
    return session.exec(select(Source)).one()


def due(database: Database) -> dict[str, date | None]:
    """The last day of each promise by its words that say when, as profiles count it."""
    with database.reading() as session:
        told = statements.told_by(session, source(session).organisation_id)
        words = {one.id: one for one in told if one.dated}
        held = extracts.held_by(session, session.exec(select(Passage.id)).all(), ["commitment"])
        said = [one.details["due"]["text"] for of in held.values() for one in of if one.details["due"]]
    return dict(zip(said, (one.due_to for one in words.values()), strict=True))


def report(database: Database, title: str) -> tuple[str, list[tuple[str, ...]]]:
    """What a section of the organisation's report says, and the rows of its table."""
    with database.reading() as session:
        made = report_contents.of_organisation(session, source(session).organisation_id)
    found = next(one for one in made.sections if one.title == title)
    rows = [row.cells for block in found.blocks if isinstance(block, Table) for row in block.rows]
    return str(found.blocks), [(row[0], *row[1]) if isinstance(row[1], tuple) else row for row in rows]


def test_what_a_plan_promised_is_counted_from_the_day_it_was_published(bring_in: Callable, database: Database) -> None:
    bring_in(PUBLISHED)
    assert due(database) == {"by March 2025": WRITTEN, "Over the coming year": COUNTED}
    told, _ = report(database, "What they have committed to, and by when")
    assert told.count("Past its day") == 2


def test_without_a_date_only_days_with_their_year_are_read(bring_in: Callable, database: Database) -> None:
    bring_in()
    assert due(database) == {"by March 2025": WRITTEN, "Over the coming year": None}
    told, _ = report(database, "What they have committed to, and by when")
    assert told.count("Past its day") == 1
    assert "'by 31 March 2025'" in told


def test_a_date_that_is_given_later_has_it_read_again_once(bring_in: Callable, database: Database) -> None:
    source_id = bring_in()
    before = rows(database)
    job_id = put_date(database, source_id, PUBLISHED)
    tasks.analyse([job_id])
    assert due(database) == {"by March 2025": WRITTEN, "Over the coming year": COUNTED}
    after = rows(database)
    assert [one.read_as_of for one in after] == [PUBLISHED, PUBLISHED]
    assert [one.analysed_at for one in after] == [one.analysed_at for one in before]
    with database.reading() as session:
        assert len(session.exec(select(Extract).where(Extract.kind == "commitment")).all()) == 2
        received = {dates.local_day(one.received_at) for one in session.exec(select(ReviewItem))}
    assert received == {PUBLISHED}
    assert put_date(database, source_id, PUBLISHED) is None
    tasks.analyse([put_date(database, source_id, None)])
    assert due(database) == {"by March 2025": WRITTEN, "Over the coming year": None}
    with database.reading() as session:
        assert dates.local_day(source(session).received_at) == rounds.local_date()


def rows(database: Database) -> list[Passage]:
    with database.reading() as session:
        return list(session.exec(select(Passage).order_by(Passage.position)))


def test_what_people_decided_stays_where_the_date_is_given_later(
    bring_in: Callable, database: Database, staff_id: int
) -> None:
    source_id = bring_in()
    with database.writing() as session:
        found = session.exec(select(Extract).where(Extract.kind == "commitment").order_by(Extract.id)).all()[1]
        act = Act(staff_id=staff_id, what="extract")
        session.add(act)
        session.flush()
        place = {"passage_id": found.passage_id, "kind": "commitment", "start": found.start, "end": found.end}
        first = {"first_start": found.start, "first_end": found.end}
        details = {"who": "we", "due": {"text": "Over the coming year", "from": None, "to": "2024-01-31"}}
        kept = {"verdict": "accept", "details": details, "staff_id": staff_id, "act_id": act.id}
        session.add(ExtractDecision(**place, **first, **kept))
        session.commit()
    tasks.analyse([put_date(database, source_id, PUBLISHED)])
    assert due(database)["Over the coming year"] == date(2024, 1, 31)


def test_what_was_read_while_the_date_changed_is_read_anew(
    bring_in: Callable, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody gives the date while the worker reads with another: what it found is not kept."""
    source_id, model = bring_in(), tasks.pipeline()

    class Interrupted:
        model_version = model.model_version
        asked: int | None = None

        def analyse(self, passages: Any) -> Any:
            if self.asked is None:
                self.asked = put_date(database, source_id, PUBLISHED)
            return model.analyse(passages)

    monkeypatch.setattr(tasks, "pipeline", lambda: reading)
    reading = Interrupted()
    first = put_date(database, source_id, date(2020, 1, 1))
    tasks.analyse([first])
    assert [one.read_as_of for one in rows(database)] == [None, None]
    tasks.analyse([first, reading.asked])
    assert [one.read_as_of for one in rows(database)] == [PUBLISHED, PUBLISHED]
    assert due(database)["Over the coming year"] == COUNTED


def test_an_old_plan_brought_in_today_is_no_fresh_word(bring_in: Callable, database: Database) -> None:
    bring_in(PUBLISHED)
    today = rounds.local_date()
    with database.reading() as session:
        told = statements.told_by(session, source(session).organisation_id)
    assert {dates.local_day(one.received_at) for one in told} == {PUBLISHED}
    assert today - PUBLISHED > question_rules.STALE
    words, _ = report(database, "Sources")
    assert f"Published 25 June 2021, added {dates.in_words(today)}" in words
    assert "The newest was published on 25 June 2021. 1 source; it is more than a year old." in words


def test_of_a_document_without_a_date_nothing_pretends_to_know_when(bring_in: Callable, database: Database) -> None:
    bring_in()
    words, _ = report(database, "Sources")
    today = dates.in_words(rounds.local_date())
    assert f"Added {today}, date of the document not known" in words
    assert "'Not known'" in words
    assert "none of them is known to be more than a year old. Of 1 document its date is not known." in words
    with database.reading() as session:
        made = report_contents.of_organisation(session, source(session).organisation_id)
    assert {(one.source, one.when) for one in made.references} == {
        ("A plan, date of the document not known", None),
    }


def test_a_date_that_cannot_be_is_refused_and_today_is_none_of_the_future(
    bring_in: Callable, database: Database
) -> None:
    today = rounds.local_date()
    with pytest.raises(ValueError, match="--date: the date of a document cannot be in the future"):
        bring_in(today + timedelta(days=1))
    with pytest.raises(ValueError, match="must be 1 January 1900 or later"):
        bring_in(date(1899, 12, 31))
    bring_in(today)
    with database.reading() as session:
        found = source(session)
    assert documents.date_of(found) == today
    assert found.received_at <= now()
