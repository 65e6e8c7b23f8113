"""What the tests of review share: two reviewers, and passages to decide on."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from sqlmodel import Session, col, select

from collector.accounts import staff
from collector.database import Database
from collector.findings import standing
from collector.findings.models import ReviewItem, Statement
from collector.review import decisions

SAME = {"family": "kinds", "label": "activity"}


@dataclass(frozen=True)
class Two:
    """Two reviewers, by their ids."""

    moira: int
    ewan: int


@pytest.fixture
def two(database: Database) -> Two:
    with database.writing() as session:
        people = [
            staff.add(session, email=f"{name.lower()}@example.org", name=name, role="reviewer")
            for name in ("Moira", "Ewan")
        ]
        session.commit()
        return Two(*(one.id for one in people))


@pytest.fixture
def standing_of(database: Database) -> Callable[[int], dict[tuple[str, str], str]]:
    """What holds of a statement: the state of each label, rejected ones too."""

    def read(statement_id: int) -> dict[tuple[str, str], str]:
        with database.reading() as session:
            held = standing.held_by(session, [statement_id])[statement_id]
            return {(one.family, one.label): one.state for one in held}

    return read


@pytest.fixture
def item_of(database: Database) -> Callable[[int], ReviewItem]:
    def read(passage_id: int) -> ReviewItem:
        with database.reading() as session:
            return session.get_one(ReviewItem, passage_id)

    return read


def decide(database: Database, statement_id: int, staff_id: int, verdict: str = "accept", **changes: str) -> None:
    with database.writing() as session:
        asked = {**SAME, **changes, "verdict": verdict}
        decisions.decide(session, statement_id=statement_id, staff_id=staff_id, **asked)
        session.commit()


def cut_of(session: Session, passage_id: int) -> list[tuple[int, int]]:
    chosen = select(Statement).where(Statement.passage_id == passage_id, col(Statement.stands))
    return [(one.start, one.end) for one in session.exec(chosen.order_by(col(Statement.start)))]
