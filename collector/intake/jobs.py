"""The queue of record: a job is claimed by a conditional update, held by a lease, and swept when it falls silent."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from collector.database import free, insert_one, now
from collector.intake.models import Job

# A claim that shows no progress for this long is taken to be dead.
LEASE = timedelta(seconds=20)
# A waiting job whose wake-up call seems lost is called again after this long.
PATIENCE = timedelta(seconds=20)
MOST_ATTEMPTS = 3
SWEEP_AT_ONCE = 500


@dataclass(frozen=True)
class Claim:
    """The right to work on a job. Worthless once somebody else has claimed it, which `attempt` tells."""

    job_id: int
    source_id: int
    attempt: int
    again: bool = False  # a reading anew, which others go before


def claim(session: Session, job_id: int) -> Claim | None:
    """Take a waiting job, or return None: it is being worked on, done, set aside or gone."""
    taken = session.exec(
        update(Job)
        .where(col(Job.id) == job_id, col(Job.state) == "waiting")
        .values(state="running", attempts=Job.attempts + 1, lease_until=now() + LEASE)
    )
    if taken.rowcount != 1:
        return None
    job = session.get_one(Job, job_id, populate_existing=True)
    return Claim(job_id, job.source_id, job.attempts, job.again)


def advance(session: Session, claim: Claim, *, done: int) -> bool:
    """Renew the lease and show how far the job is; False when the claim was lost, so that the caller stops."""
    return change(session, claim, done=done, lease_until=now() + LEASE)


def renew(session: Session, claim: Claim) -> bool:
    return change(session, claim, lease_until=now() + LEASE)


def put_back(session: Session, claim: Claim) -> None:
    """Let others have their turn. That is no failed attempt, so it is not counted as one."""
    change(session, claim, state="waiting", attempts=Job.attempts - 1, woken_at=now(), lease_until=None)


def finish(session: Session, claim: Claim) -> bool:
    return change(session, claim, state="done", done=Job.total, finished_at=now(), lease_until=None, reason="")


def fail(session: Session, claim: Claim, *, reason: str) -> None:
    """Put the job back for another try, or aside when it has had its tries."""
    state = "set-aside" if claim.attempt >= MOST_ATTEMPTS else "waiting"
    change(session, claim, state=state, reason=reason, woken_at=now(), lease_until=None)


def set_aside(session: Session, claim: Claim, *, reason: str) -> bool:
    """For a person to look at: another try would come to the same."""
    return change(session, claim, state="set-aside", reason=reason, lease_until=None)


def change(session: Session, claim: Claim, **values: object) -> bool:
    held = update(Job).where(
        col(Job.id) == claim.job_id, col(Job.state) == "running", col(Job.attempts) == claim.attempt
    )
    return session.exec(held.values(**values)).rowcount == 1


def sweep(session: Session) -> list[int]:
    """Bring back jobs whose worker died, set aside those that keep killing it; return the ids to wake again."""
    silent = select(Job.id).where(col(Job.state) == "running", col(Job.lease_until) < now()).order_by(col(Job.id))
    worn_out = free(session, silent.where(col(Job.attempts) >= MOST_ATTEMPTS))
    reason = f"The reading stopped {MOST_ATTEMPTS} times without an end"
    _set(session, worn_out, state="set-aside", lease_until=None, reason=reason)
    given_up = free(session, silent)
    _set(session, given_up, state="waiting", lease_until=None, woken_at=now() - 2 * PATIENCE)
    ids = free(session, due().limit(SWEEP_AT_ONCE))
    _set(session, ids, woken_at=now())
    return ids


def _set(session: Session, job_ids: list[int], **values: object) -> None:
    session.exec(update(Job).where(col(Job.id).in_(job_ids)).values(**values))


def hold(session: Session, source_ids: Any) -> None:
    """Hold the jobs of these sources until the commit, before anything of the sources: a reader then keeps nothing."""
    chosen = select(Job.id).where(col(Job.source_id).in_(source_ids))
    session.exec(chosen.order_by(col(Job.id)).with_for_update()).all()


def due():
    """What is read anew is not among them: it is woken when nothing else waits, see `findings.rereadings`."""
    return (
        select(Job.id)
        .where(col(Job.state) == "waiting", col(Job.woken_at) < now() - PATIENCE, col(Job.again).is_(False))
        .order_by(col(Job.woken_at), col(Job.id))
    )


def wake_waiting(session: Session) -> list[int]:
    """Ids of the jobs that wait, to be called at a start, when no wake-up can be under way."""
    ids = free(session, unread().order_by(col(Job.id)).limit(SWEEP_AT_ONCE))
    _set(session, ids, woken_at=now())
    return ids


def ask_again(session: Session, source_id: int, *, total: int, behind_others: bool = False) -> int:
    """Have a source read once more; returns the id of the job, which is the one that waits where there is one.

    `behind_others`: all of it was read before, by another model, and nobody waits for it.
    """
    waiting = (col(Job.source_id) == source_id, col(Job.state) == "waiting")
    sooner = {} if behind_others else {"again": False}
    if session.exec(update(Job).where(*waiting).values(total=total, **sooner)).rowcount:
        return session.exec(select(func.max(Job.id)).where(*waiting)).one()
    return insert_one(session, Job, source_id=source_id, total=total, again=behind_others)


def unread():
    """Jobs that wait and that somebody may be waiting for."""
    return select(Job.id).where(col(Job.state) == "waiting", col(Job.again).is_(False))


def try_again(session: Session, source_id: int | None) -> int | None:
    """Give a job that was set aside a fresh start, for instance after a mend; returns its id."""
    job = session.exec(select(Job).where(Job.source_id == source_id, Job.state == "set-aside")).first()
    if job is None:
        return None
    job.state, job.attempts, job.woken_at, job.reason = "waiting", 0, now(), ""
    session.add(job)
    return job.id


def counts(session: Session) -> dict[str, int]:
    return dict(session.exec(select(Job.state, func.count()).group_by(Job.state)).all())
