"""What statements promise, and by when: commitments that were picked out of their words, as they stand now."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlmodel import Session, col, select

from collector import dates
from collector.database import batches
from collector.findings import extracts
from collector.findings.models import Statement
from collector.review import reading

COMMITMENT = "commitment"


def of(session: Session, statement_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """What is said of the commitment in each of these statements: `who`, and `due` with the days it stands for."""
    found: dict[int, dict[str, Any]] = {}
    for some in batches(sorted(set(statement_ids))):
        rows = session.exec(select(Statement).where(col(Statement.id).in_(some))).all()
        held = extracts.held_by(session, sorted({row.passage_id for row in rows}), [COMMITMENT])
        for row in rows:
            inside = (one for one in held[row.passage_id] if one.start < row.end and row.start < one.end)
            if standing := next((one for one in inside if one.state != "rejected"), None):
                found[row.id] = standing.details
    return found


def by_when(details: dict[str, Any], said_on: date) -> str:
    """The days alone, without the words that they were read from: "by 31 March 2027"."""
    due = details.get("due") or {}
    first, last = due.get("from"), due.get("to")
    # Open at its start where nobody knows when it was said: the day by which it is to be done is the same.
    if last and (not first or first <= said_on.isoformat() < last):
        return f"by {dates.in_words(date.fromisoformat(last))}"
    return reading.days_of(due)


def last_day(details: dict[str, Any], said_on: date) -> date | None:
    """By when it is to be done, where that is told. What begins at once ("with immediate effect") has no such day."""
    due = details.get("due") or {}
    if not due.get("to") or due.get("from") == due["to"] == said_on.isoformat():
        return None
    return date.fromisoformat(due["to"])
