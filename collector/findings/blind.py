"""The standing random share of passages that people code without seeing what a machine or a colleague gave.

Whoever has seen a suggestion agrees with it: people and models are compared on these passages alone.
"""

from collections.abc import Mapping, Sequence
from random import SystemRandom

from sqlmodel import Session, col, func, select, update

from collector.accounts.access import Person
from collector.accounts.models import StaffMember
from collector.database import insert_once, now
from collector.findings.audit_models import Adjudication, BlindReading
from collector.findings.models import BlindCoding, BlindItem, Statement
from collector.intake import rounds
from collector.intake.models import Passage, Round, Source

DOUBLE = 0.5  # of those, how many two people code
# Nobody who has seen some of a draw may tell what comes next.
chance = SystemRandom()


def draw(session: Session, passage_ids: Sequence[int], *, share: float) -> None:
    """Draw the share of these passages, which a machine is about to tell something of for the first time."""
    rows, pair = [], has_two_coders(session)
    for passage_id, of_round, doubled in session.exec(shares_of(passage_ids)):
        likely = share if of_round is None else of_round
        if chance.random() < likely:
            coders = 2 if pair and chance.random() < (DOUBLE if doubled is None else doubled) else 1
            rows.append({"passage_id": passage_id, "coders": coders, "chance": likely})
    insert_once(session, BlindItem, rows, ["passage_id"])


def has_two_coders(session: Session) -> bool:
    """Whether there is anybody to be the second: what waited for one for ever would never be decided."""
    able = select(StaffMember.id).where(StaffMember.role == Person.REVIEWER, col(StaffMember.disabled_at).is_(None))
    return len(session.exec(able.limit(2)).all()) == 2


def keep_readings(session: Session, models: Mapping[int, str]) -> None:
    """Keep which model has read the blind ones among these passages, by passage."""
    drawn = session.exec(select(BlindItem.passage_id).where(col(BlindItem.passage_id).in_(list(models))))
    rows = [{"passage_id": id, "model": models[id], "read_at": now()} for id in drawn]
    insert_once(session, BlindReading, rows, ["passage_id", "model"])


def shares_of(passage_ids: Sequence[int]):
    """What the round of each passage says of its shares."""
    shares = select(Passage.id, Round.blind_share, Round.blind_double)
    chosen = rounds.with_round(shares.join(Source, col(Source.id) == Passage.source_id))
    return chosen.outerjoin(Round, col(Round.id) == rounds.of_source()).where(col(Passage.id).in_(passage_ids))


def covered(session: Session, statement_ids: Sequence[int]) -> set[int]:
    """Those of the statements whose passage is still being coded blind."""
    chosen = (
        select(Statement.id)
        .join(BlindItem, col(BlindItem.passage_id) == Statement.passage_id)
        .where(col(Statement.id).in_(statement_ids), col(BlindItem.closed_at).is_(None))
    )
    return set(session.exec(chosen))


def open_among(session: Session, passage_ids: Sequence[int]) -> set[int]:
    """Those of the passages that are still being coded blind."""
    chosen = select(BlindItem.passage_id).where(
        col(BlindItem.passage_id).in_(passage_ids), col(BlindItem.closed_at).is_(None)
    )
    return set(session.exec(chosen))


def number_open(session: Session) -> int:
    """How many passages are still being coded blind, whatever is in them."""
    chosen = select(func.count()).select_from(BlindItem).join(Passage, col(Passage.id) == BlindItem.passage_id)
    return session.exec(chosen.where(col(BlindItem.closed_at).is_(None), col(Passage.retired_at).is_(None))).one()


def coded_among(session: Session, passage_ids: Sequence[int]) -> set[int]:
    """Those of the passages that somebody has coded blind: who comes second is to see the same statements."""
    return set(session.exec(select(BlindCoding.passage_id).where(col(BlindCoding.passage_id).in_(passage_ids))))


def open_again(session: Session, passage_ids: Sequence[int]) -> None:
    """What was settled between two coders is to be settled again: until then none of the labels stand."""
    these = update(Adjudication).where(col(Adjudication.passage_id).in_(passage_ids))
    session.exec(these.values(settled_at=None, act_id=None))
    session.exec(update(BlindItem).where(col(BlindItem.passage_id).in_(passage_ids)).values(closed_at=None))
