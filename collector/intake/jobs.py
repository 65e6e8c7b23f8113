"""The queue of record: jobs to read what a source says."""

from typing import Any

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from collector.database import insert_one
from collector.intake.models import Job
from collector.leases import Claim, Leases

# Not a reading anew, which others go before.
FIRST = col(Job.again).is_(False)

leases = Leases(Job, "job", work="The reading")


def sweep(session: Session) -> list[int]:
    """Bring back jobs whose worker died; returns those to wake again.

    What is read anew is not among them: it is woken when nothing else waits, see `findings.rereadings`.
    """
    return leases.sweep(session, FIRST)


def finish(session: Session, claim: Claim) -> bool:
    return leases.finish(session, claim, done=Job.total)


def hold(session: Session, source_ids: Any) -> None:
    """Hold the jobs of these sources until the commit, before anything of the sources: a reader then keeps nothing."""
    chosen = select(Job.id).where(col(Job.source_id).in_(source_ids))
    session.exec(chosen.order_by(col(Job.id)).with_for_update()).all()


def wake_waiting(session: Session) -> list[int]:
    """Ids of the jobs that wait, to be called at a start, when no wake-up can be under way."""
    return leases.wake(session, FIRST)


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
    return select(Job.id).where(*leases.is_waiting(), FIRST)


def try_again(session: Session, source_id: int | None) -> int | None:
    """Give a job that was set aside a fresh start, for instance after a mend; returns its id."""
    aside = select(Job.id).where(Job.source_id == source_id, Job.state == "set-aside")
    job_id = session.exec(aside).first()
    return job_id if job_id and leases.try_again(session, job_id) else None


def counts(session: Session) -> dict[str, int]:
    return dict(session.exec(select(Job.state, func.count()).group_by(Job.state)).all())
