"""The standing random share of passages that people code without seeing what a machine or a colleague gave.

Whoever has seen a suggestion agrees with it: people and models are compared on these passages alone.
"""

from collections.abc import Sequence
from random import SystemRandom

from sqlmodel import Session, col, func, select

from collector.database import insert_once
from collector.findings.models import BlindItem, Statement
from collector.intake.models import Import, ImportRow, Meeting, Passage, Round, Source, Submission

SHARE = 0.10  # of the passages of a round that sets none
DOUBLE = 0.5  # of those, how many two people code
# Nobody who has seen some of a draw may tell what comes next.
chance = SystemRandom()


def draw(session: Session, passage_ids: Sequence[int], *, share: float) -> None:
    """Draw the share of these passages, which a machine is about to tell something of for the first time."""
    rows = []
    for passage_id, of_round, doubled in session.exec(shares_of(passage_ids)):
        likely = share if of_round is None else of_round
        if chance.random() < likely:
            coders = 2 if chance.random() < (DOUBLE if doubled is None else doubled) else 1
            rows.append({"passage_id": passage_id, "coders": coders, "chance": likely})
    insert_once(session, BlindItem, rows, ["passage_id"])


def shares_of(passage_ids: Sequence[int]):
    """What the round of each passage says of its shares."""
    round_id = func.coalesce(Submission.round_id, Meeting.round_id, Import.round_id)
    return (
        select(Passage.id, Round.blind_share, Round.blind_double)
        .join(Source, col(Source.id) == Passage.source_id)
        .outerjoin(Submission, col(Submission.id) == Source.submission_id)
        .outerjoin(Meeting, col(Meeting.source_id) == Source.id)
        .outerjoin(ImportRow, col(ImportRow.source_id) == Source.id)
        .outerjoin(Import, col(Import.id) == ImportRow.import_id)
        .outerjoin(Round, col(Round.id) == round_id)
        .where(col(Passage.id).in_(passage_ids))
    )


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
