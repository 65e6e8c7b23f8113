"""Whose work passages are and how far each has come; and what colleagues ask of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, exists
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select

from collector import dates
from collector.accounts.access import Person
from collector.accounts.models import StaffMember
from collector.findings.models import Act, Note, ReviewItem, Step
from collector.intake import rounds
from collector.review.queue import COUNTED

PEOPLE = 100  # listed at most
ASKED = 50
LEFT = ("suggested", "in-review", "second-look")
DAYS = 7


@dataclass(frozen=True)
class Far:
    """How far one of the staff has come. Counts go up to one more than `queue.COUNTED`."""

    left: int
    decided: int  # of what was given to them
    aside: int
    today: int  # these: whatever they decided, given or not
    week: int
    before: int  # the week before
    last: datetime | None

    @property
    def given(self) -> int:
        return self.left + self.decided + self.aside


def reviewers(session: Session) -> list[StaffMember]:
    """Who may be given work, by name."""
    mine = (StaffMember.role == Person.REVIEWER.value, col(StaffMember.disabled_at).is_(None))
    return list(session.exec(select(StaffMember).where(*mine).order_by(StaffMember.name).limit(PEOPLE)))


def far(session: Session, staff_id: int, today: date) -> Far:
    """One query, of counts that each end at a thousand, however long the service has run."""
    monday = today - timedelta(days=today.weekday())
    counts = (
        counted(given(staff_id, LEFT)),
        counted(given(staff_id, ["decided"])),
        counted(given(staff_id, ["set-aside"])),
        counted(decided(staff_id, today, today + timedelta(days=1))),
        counted(decided(staff_id, monday, monday + timedelta(days=7))),
        counted(decided(staff_id, monday - timedelta(days=7), monday)),
    )
    return Far(*session.exec(select(*counts)).one(), last=last_decided(session, staff_id))


def days(session: Session, staff_id: int, today: date) -> list[tuple[date, int]]:
    """How many passages this person decided on each of the last days, the latest first."""
    told = [today - timedelta(days=ago) for ago in range(DAYS)]
    row = session.exec(select(*(counted(decided(staff_id, day, day + timedelta(days=1))) for day in told))).one()
    return list(zip(told, row, strict=True))


def counted(some: Any) -> Any:
    return select(func.count()).select_from(some.limit(COUNTED + 1).subquery()).scalar_subquery()


def given(staff_id: int, states: Sequence[str]) -> Any:
    return select(ReviewItem.passage_id).where(ReviewItem.assigned_to == staff_id, col(ReviewItem.state).in_(states))


def decided(staff_id: int, from_: date, until: date) -> Any:
    """Passages that this person marked as decided and did not undo, of days in Scotland."""
    these = (Step.taken_at >= rounds.opening_of(from_), Step.taken_at < rounds.opening_of(until))
    return select(Step.id).join(Act, col(Act.id) == Step.act_id).where(*is_decided_by(staff_id), *these)


def is_decided_by(staff_id: int) -> tuple[ColumnElement[bool], ...]:
    return Step.staff_id == staff_id, Step.state == "decided", col(Act.undone_at).is_(None)


def last_decided(session: Session, staff_id: int) -> datetime | None:
    chosen = select(Step.taken_at).join(Act, col(Act.id) == Step.act_id).where(*is_decided_by(staff_id))
    return session.exec(chosen.order_by(col(Step.taken_at).desc()).limit(1)).first()


def today() -> date:
    return rounds.local_date()


# -- What is asked of one ---------------------------------------------------------------------------


def asked_of(session: Session, staff_id: int) -> list[tuple[Note, str]]:
    """Questions to this person that nobody has answered, oldest first, with who asks."""
    chosen = select(Note, StaffMember.name).join(StaffMember, col(StaffMember.id) == Note.staff_id)
    open_ = chosen.join(Act, col(Act.id) == Note.act_id).where(*is_asked_of(staff_id))
    return list(session.exec(open_.order_by(col(Note.id)).limit(ASKED)))


def number_asked_of(session: Session, staff_id: int) -> int:
    some = select(Note.id).join(Act, col(Act.id) == Note.act_id).where(*is_asked_of(staff_id)).limit(ASKED + 1)
    return session.exec(select(func.count()).select_from(some.subquery())).one()


def is_asked_of(staff_id: int) -> tuple[ColumnElement[bool], ...]:
    answer, answered = aliased(Note), aliased(Act)
    live = exists().where(answer.answers == Note.id, answered.id == answer.act_id, answered.undone_at.is_(None))
    return Note.to_staff_id == staff_id, Note.kind == "question", col(Act.undone_at).is_(None), ~live


def day_words(day: date, today: date) -> str:
    ago = (today - day).days
    return {0: "Today", 1: "Yesterday"}.get(ago, f"{day:%A}, {dates.in_words(day)}")
