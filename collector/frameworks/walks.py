"""Work over many statements, in the worker: claimed, held by a lease, swept, as jobs are, and gone on with."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, select

from collector.database import free, now
from collector.frameworks.models import Walk

# A claim that shows no progress for this long is taken to be dead.
LEASE = timedelta(seconds=20)
# A walk whose wake-up call seems lost is called again after this long.
PATIENCE = timedelta(seconds=20)
# It takes hours where there is much, and machines are stopped at night: that is no fault of what it reads.
MOST_ATTEMPTS = 10


@dataclass(frozen=True)
class Claim:
    """The right to go on with a walk. Worthless once somebody else has claimed it, which `attempt` tells."""

    walk_id: int
    attempt: int


def begin(session: Session, **of_what: Any) -> Walk:
    """One that waits to be taken up. The caller commits, and has the worker woken then."""
    walk = Walk(**of_what)
    session.add(walk)
    session.flush()
    return walk


def claim(session: Session, walk_id: int) -> Claim | None:
    """Take one that waits, or return None: it is being worked on, done or set aside."""
    taken = session.exec(
        update(Walk)
        .where(col(Walk.id) == walk_id, col(Walk.state) == "waiting")
        .values(state="running", attempts=Walk.attempts + 1, lease_until=now() + LEASE)
    )
    if taken.rowcount != 1:
        return None
    return Claim(walk_id, session.get_one(Walk, walk_id, populate_existing=True).attempts)


def advance(session: Session, claim: Claim, *, place: int, more: int) -> bool:
    """Note that `more` are done, up to `place`; False when the claim was lost, so that the caller keeps nothing."""
    return change(session, claim, place=place, done=Walk.done + more, lease_until=now() + LEASE)


def renew(session: Session, claim: Claim) -> bool:
    return change(session, claim, lease_until=now() + LEASE)


def put_back(session: Session, claim: Claim) -> None:
    """Let others have their turn. That is no failed attempt, so it is not counted as one."""
    change(session, claim, state="waiting", attempts=Walk.attempts - 1, woken_at=now(), lease_until=None)


def finish(session: Session, claim: Claim) -> bool:
    done = {"state": "done", "total": Walk.done, "reason": "", "lease_until": None, "finished_at": now()}
    return change(session, claim, **done)


def fail(session: Session, claim: Claim, *, reason: str) -> None:
    state = "set-aside" if claim.attempt >= MOST_ATTEMPTS else "waiting"
    change(session, claim, state=state, reason=reason, woken_at=now(), lease_until=None)


def change(session: Session, claim: Claim, **values: Any) -> bool:
    held = update(Walk).where(
        col(Walk.id) == claim.walk_id, col(Walk.state) == "running", col(Walk.attempts) == claim.attempt
    )
    return session.exec(held.values(**values)).rowcount == 1


def sweep(session: Session) -> list[int]:
    """Bring back those whose worker died, set aside those that keep killing it; returns the ids to wake again."""
    silent = select(Walk.id).where(col(Walk.state) == "running", col(Walk.lease_until) < now()).order_by(col(Walk.id))
    worn_out = free(session, silent.where(col(Walk.attempts) >= MOST_ATTEMPTS))
    reason = f"It stopped {MOST_ATTEMPTS} times without an end"
    _set(session, worn_out, state="set-aside", lease_until=None, reason=reason)
    _set(session, free(session, silent), state="waiting", lease_until=None, woken_at=now() - 2 * PATIENCE)
    due = select(Walk.id).where(col(Walk.state) == "waiting", col(Walk.woken_at) < now() - PATIENCE)
    ids = free(session, due.order_by(col(Walk.id)))
    _set(session, ids, woken_at=now())
    return ids


def try_again(session: Session, walk_id: int) -> bool:
    """Give one that was set aside a fresh start, where it was."""
    set_aside = update(Walk).where(col(Walk.id) == walk_id, col(Walk.state) == "set-aside")
    fresh = {"state": "waiting", "attempts": 0, "reason": "", "woken_at": now()}
    return session.exec(set_aside.values(**fresh)).rowcount == 1


def latest(session: Session, **of_what: Any) -> Walk | None:
    """The last one for this."""
    mine = [getattr(Walk, name) == value for name, value in of_what.items()]
    return session.exec(select(Walk).where(*mine).order_by(col(Walk.id).desc()).limit(1)).first()


def _set(session: Session, walk_ids: list[int], **values: Any) -> None:
    session.exec(update(Walk).where(col(Walk.id).in_(walk_ids)).values(**values))
