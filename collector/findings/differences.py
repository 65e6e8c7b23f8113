"""Where a model that read a passage anew says otherwise than people had decided. Their decisions stand all the same."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlmodel import Session, col, select

from collector.database import insert_all
from collector.findings.models import Difference, Finding, ReviewItem, Statement
from collector.intake.models import Passage


def keep(session: Session, statement_ids: Sequence[int], said_no_more: Sequence[tuple[Any, ...]]) -> None:
    """Rebuild the differences of these statements, of labels that people hold to and no model says now."""
    session.exec(delete(Difference).where(col(Difference.statement_id).in_(statement_ids)))
    if not said_no_more:
        return
    decided = {(id, family, label): at for id, family, label, at in said_no_more}
    rows = [
        {"statement_id": id, "family": family, "label": label, "passage_id": passage_id}
        for id, family, label, passage_id, found_at, read_at in session.exec(
            said_before(list({key[0] for key in decided}))
        )
        if (at := decided.get((id, family, label))) and was_taken_back(found_at, at, read_at)
    ]
    insert_all(session, Difference, list({tuple(row.values()): row for row in rows}.values()))


def said_before(statement_ids: Sequence[int]):
    """What models before the last one said of these statements, each with when, and with when the last one read."""
    return (
        select(
            Finding.statement_id,
            Finding.family,
            Finding.label,
            Statement.passage_id,
            Finding.found_at,
            Passage.analysed_at,
        )
        .join(Statement, col(Statement.id) == Finding.statement_id)
        .join(Passage, col(Passage.id) == Statement.passage_id)
        .where(col(Finding.statement_id).in_(statement_ids), Finding.model != Passage.analysed_by)
    )


def was_taken_back(found_at: datetime, decided_at: datetime, read_at: datetime | None) -> bool:
    """Said when it was decided, and read anew since."""
    return read_at is not None and found_at <= decided_at < read_at


def passages(session: Session, *, after: int, at_most: int) -> list[int]:
    """Passages with something to look at again, by their numbers."""
    taken_back = select(Difference.passage_id).where(Difference.passage_id > after)
    new = select(ReviewItem.passage_id).where(
        ReviewItem.state == "decided", ReviewItem.suggested > 0, ReviewItem.passage_id > after
    )
    first = [one.order_by(one.selected_columns[0]).limit(at_most) for one in (taken_back.distinct(), new)]
    return sorted({id for one in first for id in session.exec(one)})[:at_most]


def on(session: Session, passage_id: int) -> list[Difference]:
    return list(session.exec(select(Difference).where(Difference.passage_id == passage_id)))
