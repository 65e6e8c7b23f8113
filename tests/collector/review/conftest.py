"""What the tests of review share: two reviewers, and passages to decide on."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlmodel import Session, col, select

from collector.accounts import staff
from collector.database import Database
from collector.findings import standing
from collector.findings.models import ReviewItem, Statement
from collector.frameworks import plan
from collector.review import codebook_changing, decisions
from forms.codebook import Code
from forms.codebook_changes import Add

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


@pytest.fixture
def plan_as_shipped() -> Iterator[None]:
    """What a process holds is of the database that it looked at last, and each test has its own."""
    plan._held = None
    yield
    plan._held = None


RAIN = Add(family="barrier_themes", code=Code(id="rain", title="Rain", takes_in="It rains."))


@pytest.fixture
def other_change(database: Database, two: Two) -> Callable[..., None]:
    """A colleague is quicker: adds a code, if nothing else is asked for."""

    def make(*changes: Any) -> None:
        with database.writing() as session:
            plan.refresh(session)
            on = plan.book().version
            codebook_changing.apply(session, changes or [RAIN], on=on, staff_id=two.ewan, why="It always rains")
            session.commit()

    return make


def words(page: str) -> str:
    """What can be read on a page."""
    main = page.partition("<main")[2].partition("</main>")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main))


def decide(database: Database, statement_id: int, staff_id: int, verdict: str = "accept", **changes: str) -> None:
    with database.writing() as session:
        asked = {**SAME, **changes, "verdict": verdict}
        decisions.decide(session, statement_id=statement_id, staff_id=staff_id, **asked)
        session.commit()


def cut_of(session: Session, passage_id: int) -> list[tuple[int, int]]:
    chosen = select(Statement).where(Statement.passage_id == passage_id, col(Statement.stands))
    return [(one.start, one.end) for one in session.exec(chosen.order_by(col(Statement.start)))]
