"""What a change of the codebook concerns: which statements, findings and decisions, and how many.

Of passages that people are still coding blind nothing is counted: code by code, it would tell what a machine gave.

By label, in indexes that stand in the order of the statements: a list of a million is gone through in batches without
being sorted anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, false, or_, union
from sqlmodel import Session, col, func, select

from collector.findings import record, standing
from collector.findings.models import Act, BlindItem, Decision, Finding, StandingLabel, Statement
from collector.frameworks import plan
from collector.frameworks.models import Walk
from collector.intake.models import Passage
from forms.codebook_changes import How

Labels = Sequence[tuple[str, str]]
SETTLE = "codebook"  # what the walk is that settles anew
# Where labels of statements stand.
TABLES = (StandingLabel, Decision, Finding)


@dataclass(frozen=True)
class Counted:
    """On how many statements labels stand, as decided and as suggested, and how many decisions there are on them."""

    decided: int = 0
    suggested: int = 0
    decisions: int = 0

    @property
    def statements(self) -> int:
        return self.decided + self.suggested


def counted(session: Session, labels: Labels) -> Counted:
    """All of these labels together; a statement with two of them counts once, as decided where one of them is."""
    # In the alphabet what people said comes before "suggested".
    states = (
        select(func.min(StandingLabel.state).label("state"))
        .where(of(StandingLabel, labels), StandingLabel.state != "asked")
        .group_by(col(StandingLabel.statement_id))
        .subquery()
    )
    stand = dict(session.exec(select(states.c.state, func.count()).group_by(states.c.state)).all())
    suggested = stand.pop("suggested", 0)
    return Counted(
        decided=sum(stand.values()),
        suggested=suggested,
        decisions=number(session, decisions_of(labels)),
    )


def findings(session: Session, labels: Labels) -> int:
    """How many findings of models there are under these labels. Takes as long as there are many: for a preview."""
    return number(session, select(Finding.id).where(of(Finding, labels), open_to_all(Finding)))


def number(session: Session, chosen: Any) -> int:
    return session.exec(select(func.count()).select_from(chosen.subquery())).one()


def of(table: Any, labels: Labels) -> Any:
    return or_(false(), *(and_(col(table.family) == family, col(table.label) == label) for family, label in labels))


def decisions_of(labels: Labels):
    """Those that were not undone."""
    of_acts = select(Decision.id).join(Act, col(Act.id) == Decision.act_id)
    return of_acts.where(of(Decision, labels), col(Act.undone_at).is_(None), open_to_all(Decision))


def open_to_all(table: Any):
    """Not of a passage that people are coding blind now."""
    covered = (
        select(BlindItem.passage_id)
        .join(Statement, col(Statement.passage_id) == BlindItem.passage_id)
        .where(Statement.id == table.statement_id, col(BlindItem.closed_at).is_(None))
    )
    return ~covered.correlate(table).exists()


def total(session: Session, labels: Labels) -> int:
    """On how many statements any of these labels stands, stood or was rejected: what is to be settled anew."""
    if not labels:
        return 0
    found = (select(table.statement_id).where(of(table, labels), open_to_all(table)) for table in TABLES)
    return number(session, union(*found))


def to_look_at_again(session: Session, labels: Labels, after: plan.Reading) -> int:
    """On how many statements a person gave one of these labels that would be split."""
    split = [one for one in labels if plan.meant(*one, after).how is How.SPLIT]
    given = (
        select(Decision.statement_id)
        .join(Act, col(Act.id) == Decision.act_id)
        .where(of(Decision, split), Decision.verdict != "reject", col(Act.undone_at).is_(None), open_to_all(Decision))
        .distinct()
    )
    return number(session, given)


def examples(session: Session, labels: Labels, *, at_most: int, decided: bool = False) -> list[tuple[Statement, str]]:
    """Some statements that one of these labels stands on, newest first, with their words."""
    state = col(StandingLabel.state).in_(("accepted", "added")) if decided else StandingLabel.state != "asked"
    some = (
        select(StandingLabel.statement_id)
        .where(of(StandingLabel, labels), state)
        .order_by(col(StandingLabel.statement_id).desc())
        # A few more than are shown: some may be of an answer that was changed since.
        .limit(4 * at_most)
    )
    chosen = (
        select(Statement, Passage.text)
        .join(Passage, col(Passage.id) == Statement.passage_id)
        .where(col(Statement.id).in_(some), *standing.current())
        .order_by(col(Statement.id).desc())
        .limit(at_most)
    )
    return [(one, text[one.start : one.end]) for one, text in session.exec(chosen)]


# -- Settling them anew ---------------------------------------------------------------------------------


def after(session: Session, labels: Labels, place: int, *, at_most: int) -> list[int]:
    """The next statements after `place`, in the order of their numbers."""
    found: set[int] = set()
    for table in TABLES:
        for family, label in labels:
            here = (col(table.family) == family, col(table.label) == label, col(table.statement_id) > place)
            ids = select(table.statement_id).where(*here).distinct().order_by(col(table.statement_id))
            found |= set(session.exec(ids.limit(at_most)))
    return sorted(found)[:at_most]


def not_reached(session: Session, passage_ids: Sequence[int]) -> set[int]:
    """Those of the passages that a change of the codebook concerns and whose labels are not settled anew yet."""
    under_way = select(Walk).where(Walk.what == SETTLE, Walk.state != "done")
    found: set[int] = set()
    for walk in session.exec(under_way):
        labels = [(family, label) for family, label in walk.labels]
        for table in TABLES:
            chosen = (
                select(Statement.passage_id)
                .join(table, col(table.statement_id) == Statement.id)
                .where(col(Statement.passage_id).in_(passage_ids), col(Statement.id) > walk.place, of(table, labels))
            )
            found |= set(session.exec(chosen))
    return found


def settle(session: Session, statement_ids: Sequence[int]) -> None:
    """Work out anew what holds of these statements. Twice is as once. The caller commits."""
    chosen = select(Statement.id, Statement.passage_id).where(col(Statement.id).in_(statement_ids))
    passages = dict(session.exec(chosen).all())
    standing_still = set(record.hold(session, sorted(set(passages.values()))))
    standing.settle(session, [id for id, passage_id in passages.items() if passage_id in standing_still])
