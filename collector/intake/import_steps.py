"""The steps of an import that the worker takes: claimed, held by a lease, swept, as jobs are."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, select

from collector.database import free, now
from collector.intake.jobs import LEASE, MOST_ATTEMPTS, PATIENCE
from collector.intake.models import Import

STEPS = ("reading", "checking", "importing")


@dataclass(frozen=True)
class Claim:
    """The right to take an import's step. Worthless once somebody else has claimed it, which `attempt` tells."""

    import_id: int
    step: str
    attempt: int


def claim(session: Session, import_id: int) -> Claim | None:
    taken = session.exec(
        update(Import)
        .where(col(Import.id) == import_id, *waiting())
        .values(attempts=Import.attempts + 1, lease_until=now() + LEASE)
    )
    if taken.rowcount != 1:
        return None
    found = session.get_one(Import, import_id, populate_existing=True)
    return Claim(import_id, found.state, found.attempts)


def waiting() -> tuple[Any, ...]:
    return (col(Import.state).in_(STEPS), col(Import.stopped).is_(False), col(Import.lease_until).is_(None))


def advance(session: Session, claim: Claim, **progress: int) -> bool:
    """Renew the lease and show how far the step is; False when the claim was lost, so that the caller stops."""
    return change(session, claim, lease_until=now() + LEASE, **progress)


def finish(session: Session, claim: Claim, *, state: str, **values: Any) -> bool:
    return change(session, claim, state=state, lease_until=None, attempts=0, **values)


def put_back(session: Session, claim: Claim) -> None:
    """Let the sweep call for it again; that is no failed attempt, so it is not counted as one."""
    change(session, claim, lease_until=None, woken_at=now(), attempts=Import.attempts - 1)


def fail(session: Session, claim: Claim, *, reason: str) -> None:
    stopped = claim.attempt >= MOST_ATTEMPTS
    change(session, claim, lease_until=None, woken_at=now(), stopped=stopped, reason=reason)


def change(session: Session, claim: Claim, **values: Any) -> bool:
    held = update(Import).where(
        col(Import.id) == claim.import_id,
        col(Import.state) == claim.step,
        col(Import.attempts) == claim.attempt,
        col(Import.lease_until).is_not(None),
    )
    return session.exec(held.values(**values)).rowcount == 1


def sweep(session: Session) -> list[int]:
    """Bring back steps whose worker died, stop those that keep killing it; returns the ids to wake again."""
    silent = select(Import.id).where(col(Import.state).in_(STEPS), col(Import.lease_until) < now())
    silent = silent.order_by(col(Import.id))
    worn_out = free(session, silent.where(col(Import.attempts) >= MOST_ATTEMPTS))
    reason = f"It stopped {MOST_ATTEMPTS} times without an end"
    _set(session, worn_out, stopped=True, lease_until=None, reason=reason)
    _set(session, free(session, silent), lease_until=None, woken_at=now() - 2 * PATIENCE)
    due = select(Import.id).where(*waiting(), Import.woken_at < now() - PATIENCE).order_by(col(Import.id))
    ids = free(session, due)
    _set(session, ids, woken_at=now())
    return ids


def _set(session: Session, import_ids: list[int], **values: Any) -> None:
    session.exec(update(Import).where(col(Import.id).in_(import_ids)).values(**values))
