"""What people do with a summary: word a sentence, drop a point or put it back, sign it off. Every step is kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from collector.accounts.models import StaffMember
from collector.database import insert_one
from collector.findings.models import Act, ExtractDecision, Statement
from collector.findings.summary_models import Summary, SummaryCitation, SummaryEdit, SummaryPoint
from collector.review import heard

LONGEST = 1_000  # characters of a sentence, or of a reason
# What a row of the history says was done.
WORDED, UNWORDED, DROPPED, PUT_BACK, SIGNED, MADE = "worded", "unworded", "dropped", "put-back", "signed", "made"


class ChangedMeanwhile(Exception):
    """Somebody else changed the summary, or it was made anew, since the page was opened."""


class NewerEvidence(Exception):
    """What it stands on has changed since it was made: it is made anew before anybody signs it."""


def change(session: Session, point: SummaryPoint, kind: str, *, revision: int, staff_id: int, text: str = "") -> None:
    """Do this to a point, where the summary is at this revision still. The caller commits."""
    stepped = step(session, point.summary_id, revision)
    there = select(SummaryPoint.id).where(SummaryPoint.id == point.id).with_for_update(key_share=True)
    if session.exec(there).first() is None:  # all that it stood on was taken out
        raise ChangedMeanwhile
    if kind in (DROPPED, PUT_BACK):
        dropped = {"dropped": kind == DROPPED}
        session.exec(update(SummaryPoint).where(col(SummaryPoint.id) == point.id).values(**dropped))
    done = {"kind": kind, "text": text, "revision": stepped, "staff_id": staff_id}
    insert_one(session, SummaryEdit, summary_id=point.summary_id, point_id=point.id, **done)


def sign(session: Session, summary: Summary, *, revision: int, staff_id: int) -> None:
    """Sign it off as it stands. The caller commits."""
    if since(session, summary).number:
        raise NewerEvidence
    stepped = step(session, summary.id, revision)
    insert_one(session, SummaryEdit, summary_id=summary.id, kind=SIGNED, revision=stepped, staff_id=staff_id)


def step(session: Session, summary_id: int, revision: int) -> int:
    still = update(Summary).where(col(Summary.id) == summary_id, col(Summary.revision) == revision)
    if not session.exec(still.values(revision=revision + 1)).rowcount:
        raise ChangedMeanwhile
    return revision + 1


# -- What was done ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Done:
    """A step of the history."""

    kind: str
    text: str
    who: str
    at: datetime
    revision: int


def history(session: Session, summary_id: int, point_id: int | None = None) -> list[Done]:
    """What was done to a point, or to the summary as a whole; the latest first."""
    of_it = (SummaryEdit.summary_id == summary_id, SummaryEdit.point_id == point_id)
    return [done for _, done in rows(session, *of_it)]


def latest(session: Session, point_ids: Sequence[int], kinds: Sequence[str]) -> dict[int, Done]:
    """The last step of these kinds with each of the points."""
    found = rows(session, col(SummaryEdit.point_id).in_(point_ids), col(SummaryEdit.kind).in_(kinds))
    return dict(reversed(found))


def signed(session: Session, summary_ids: Sequence[int]) -> dict[int, Done]:
    """The last signing of each of these summaries, whether or not something was done since."""
    chosen = select(SummaryEdit.summary_id, SummaryEdit, StaffMember.name).where(SummaryEdit.kind == SIGNED)
    chosen = chosen.join(StaffMember, col(StaffMember.id) == SummaryEdit.staff_id)
    chosen = chosen.where(col(SummaryEdit.summary_id).in_(summary_ids)).order_by(col(SummaryEdit.id))
    return {id: done_of(edit, name) for id, edit, name in session.exec(chosen)}


def rows(session: Session, *where: Any) -> list[tuple[int, Done]]:
    chosen = select(SummaryEdit, StaffMember.name)
    chosen = chosen.outerjoin(StaffMember, col(StaffMember.id) == SummaryEdit.staff_id)
    chosen = chosen.where(*where).order_by(col(SummaryEdit.id).desc())
    return [(edit.point_id, done_of(edit, name)) for edit, name in session.exec(chosen)]


def done_of(edit: SummaryEdit, name: str | None) -> Done:
    return Done(edit.kind, edit.text, name or "", edit.done_at, edit.revision)


# -- What came since ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Since:
    """Statements that came to a subject, went from it or were redacted since its summary was made."""

    came: int = 0
    went: int = 0
    redacted: int = 0

    @property
    def number(self) -> int:
        return self.came + self.went + self.redacted


def since(session: Session, summary: Summary) -> Since:
    if summary.made_at is None:
        return Since()
    subject = heard.subject_of(summary)
    now_of_it = heard.of_sources(select(func.count()).select_from(Statement)).where(*heard.statements_of(subject))
    cited = cited_by(summary.id)
    in_it = col(Statement.id).in_(cited)
    still = session.exec(now_of_it.where(in_it)).one()
    newer = [Statement.id > select(func.max(cited.subquery().c.statement_id)).scalar_subquery()] if summary.more else []
    came = session.exec(now_of_it.where(~in_it, *newer)).one()
    return Since(came, summary.statements - still, redacted_since(session, summary))


def cited_by(summary_id: int):
    """A query of the statements that a summary stands on."""
    of_it = (SummaryPoint.summary_id == summary_id, col(SummaryPoint.parted).is_(False))
    joined = select(SummaryCitation.statement_id).join(SummaryPoint, col(SummaryPoint.id) == SummaryCitation.point_id)
    return joined.where(*of_it)


def redacted_since(session: Session, summary: Summary) -> int:
    one = ExtractDecision
    hidden = (one.kind == "redaction", col(one.decided_at) > summary.made_at, col(Act.undone_at).is_(None))
    touches = (one.passage_id == Statement.passage_id, one.start < Statement.end, one.end > Statement.start)
    counted = select(func.count(func.distinct(Statement.id))).select_from(one)
    counted = counted.join(Act, col(Act.id) == one.act_id).join(Statement, touches[0])
    return session.exec(counted.where(*hidden, *touches, col(Statement.id).in_(cited_by(summary.id)))).one()
