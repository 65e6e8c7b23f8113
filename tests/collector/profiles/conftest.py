"""What the tests of profiles share: who says what, and profiles as the worker keeps them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlmodel import select

from analysis.findings import Findings, Label, Statement
from collector.accounts import staff
from collector.database import Database, now
from collector.findings import record
from collector.findings.models import Statement as Kept
from collector.intake.models import Passage, Source, SubmissionPartner
from collector.organisations import directory
from collector.profiles import kept

Said = dict[str, dict[str, list[str]]]


@pytest.fixture
def says(database: Database) -> Callable[..., dict[str, int]]:
    """Has an organisation say these things in a document, each a passage of one statement; gives their ids."""

    def keep(
        name: str, said: Said, *, areas: tuple[str, ...] = ("fife",), at: datetime | None = None, **found: Any
    ) -> dict[str, int]:
        with database.writing() as session:
            who = directory.find_or_add(session, name=name, kind="third_sector", areas=areas) if name else None
            source = Source(kind="document", title=f"Plan of {name}", organisation_id=who, received_at=at or now())
            session.add(source)
            session.flush()
            rows = [Passage(source_id=source.id, position=at, text=text) for at, text in enumerate(said, start=1)]
            session.add_all(rows)
            session.flush()
            told = {row.id: findings(row, said[row.text], **found) for row in rows}
            record.record(session, told)
            chosen = select(Passage.text, Kept.id).join(Kept, Kept.passage_id == Passage.id)
            ids = dict(session.exec(chosen.where(Passage.source_id == source.id)).all())
            session.commit()
            return ids

    return keep


def findings(row: Passage, labels: dict[str, list[str]], **found: Any) -> Findings:
    given = tuple(Label(family, label, 0.8) for family, held in labels.items() for label in held)
    return Findings(id=str(row.id), statements=(Statement(0, len(row.text), given),), model="test-1", **found)


@pytest.fixture
def staff_id(database: Database) -> int:
    with database.writing() as session:
        id = staff.add(session, email="moira@example.org", name="Moira", role="reviewer").id
        session.commit()
        return id


@pytest.fixture
def id_of(database: Database) -> Callable[[str], int]:
    def find(name: str) -> int:
        with database.reading() as session:
            return directory.named(session, name)

    return find


@pytest.fixture
def rebuilt(database: Database) -> Callable[[], list[Any]]:
    """Rebuilds all that is noted, as the worker does; gives the subjects."""

    def rebuild() -> list[Any]:
        done = []
        while subjects := noted():
            for subject in subjects:
                kept.rebuild(database, subject)
            done += subjects
        return done

    def noted() -> list[Any]:
        with database.reading() as session:
            return kept.noted(session)

    return rebuild


@pytest.fixture
def content(database: Database) -> Callable[..., dict[str, Any]]:
    """A profile as it is kept."""

    def read(**subject: Any) -> dict[str, Any]:
        with database.reading() as session:
            return kept.found(session, kept.Subject(**subject)).content

    return read


@pytest.fixture
def jointly(database: Database) -> Callable[[int, int], None]:
    """Has another organisation join a submission as a partner."""

    def join(submission_id: int, organisation_id: int) -> None:
        with database.writing() as session:
            session.add(SubmissionPartner(submission_id=submission_id, organisation_id=organisation_id))
            session.commit()

    return join
