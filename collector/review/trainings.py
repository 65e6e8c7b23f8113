"""Runs of training: asked for or due, claimed, held by a lease, swept, as jobs are. What comes of each is kept."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, select

from collector.database import free, insert_one, now, one_at_a_time
from collector.findings import readers
from collector.findings.learning_models import ReaderVersion, TrainingRun
from collector.intake.jobs import LEASE, MOST_ATTEMPTS, PATIENCE
from collector.review import teaching

UNDER_WAY = ("waiting", "running")
# From fewer a candidate is seldom found better.
ENOUGH_NEW = 100


@dataclass(frozen=True)
class Claim:
    """The right to work on a run. Worthless once somebody else has claimed it, which `attempt` tells."""

    run_id: int
    reads: str
    attempt: int
    asked_by: int | None = None


# -- Asking -------------------------------------------------------------------------------------------


def ask(session: Session, reads: str, *, staff_id: int | None = None) -> int:
    """Have a reader learn; returns the run, which is the one under way where there is one.

    To be called with nothing held; the caller commits.
    """
    one_at_a_time(session, f"training {reads}")
    under_way = current(session, reads)
    return under_way.id if under_way else insert_one(session, TrainingRun, reads=reads, asked_by=staff_id)


def ask_where_due(session: Session, *, every: timedelta) -> list[int]:
    """Runs for which it is time: so long after the last, with enough decided since; never by itself where `every` is
    nothing. And at once where words are gone that the one that serves has learned from. The caller commits."""
    return [ask(session, reads) for reads in readers.frameworks(session) if is_due(session, reads, every)]


def is_due(session: Session, reads: str, every: timedelta) -> bool:
    last = latest(session, reads)
    if last and last.state in UNDER_WAY:
        return False
    if learned_from_what_is_gone(session, reads, last):
        return True
    if not every or (last and last.asked_at > now() - every):
        return False
    after = last.decisions_until if last else 0
    return teaching.new_decisions(session, reads, after=after, at_most=ENOUGH_NEW) >= ENOUGH_NEW


def learned_from_what_is_gone(session: Session, reads: str, last: TrainingRun | None) -> bool:
    """Since the last run, which did not know of it yet."""
    serving = readers.champion(session, reads)
    gone_at = session.get_one(ReaderVersion, serving).words_gone_at if serving else None
    return gone_at is not None and (last is None or last.asked_at < gone_at)


def cancel(session: Session, run_id: int) -> bool:
    """Let it come to nothing; False where it has ended already. Who works on it stops at the next step."""
    running = update(TrainingRun).where(col(TrainingRun.id) == run_id, col(TrainingRun.state).in_(UNDER_WAY))
    values = {"state": "cancelled", "lease_until": None, "finished_at": now()}
    return session.exec(running.values(**values)).rowcount == 1


# -- Working ------------------------------------------------------------------------------------------


def claim(session: Session, run_id: int) -> Claim | None:
    """Take a waiting run, or return None: it is being worked on, has ended or is not there."""
    taken = session.exec(
        update(TrainingRun)
        .where(col(TrainingRun.id) == run_id, col(TrainingRun.state) == "waiting")
        .values(state="running", attempts=TrainingRun.attempts + 1, lease_until=now() + LEASE)
    )
    if taken.rowcount != 1:
        return None
    run = session.get_one(TrainingRun, run_id, populate_existing=True)
    return Claim(run_id, run.reads, run.attempts, run.asked_by)


def advance(session: Session, claim: Claim, **progress: Any) -> bool:
    """Renew the lease and show how far it is; False when the claim was lost, so that the caller stops."""
    return change(session, claim, lease_until=now() + LEASE, **progress)


def put_back(session: Session, claim: Claim) -> None:
    """To be begun again; that is no failed attempt, so it is not counted as one."""
    change(session, claim, state="waiting", lease_until=None, woken_at=now(), attempts=TrainingRun.attempts - 1)


def fail(session: Session, claim: Claim, *, reason: str) -> None:
    ended = claim.attempt >= MOST_ATTEMPTS
    values = {"state": "set-aside", "finished_at": now()} if ended else {"state": "waiting", "woken_at": now()}
    change(session, claim, lease_until=None, reason=reason, **values)


def finish(session: Session, claim: Claim, *, outcome: str, reason: str = "", version: str | None = None) -> bool:
    ended = {"state": "done", "lease_until": None, "finished_at": now()}
    return change(session, claim, outcome=outcome, reason=reason, version=version, **ended)


def change(session: Session, claim: Claim, **values: Any) -> bool:
    held = update(TrainingRun).where(
        col(TrainingRun.id) == claim.run_id,
        col(TrainingRun.state) == "running",
        col(TrainingRun.attempts) == claim.attempt,
    )
    return session.exec(held.values(**values)).rowcount == 1


def sweep(session: Session) -> list[int]:
    """Bring back runs whose worker died, set aside those that keep killing it; returns the ids to wake again."""
    silent = select(TrainingRun.id).where(col(TrainingRun.state) == "running", col(TrainingRun.lease_until) < now())
    silent = silent.order_by(col(TrainingRun.id))
    worn_out = free(session, silent.where(col(TrainingRun.attempts) >= MOST_ATTEMPTS))
    reason = f"It stopped {MOST_ATTEMPTS} times without an end"
    _set(session, worn_out, state="set-aside", lease_until=None, finished_at=now(), reason=reason)
    _set(session, free(session, silent), state="waiting", lease_until=None, woken_at=now() - 2 * PATIENCE)
    waiting = (col(TrainingRun.state) == "waiting", col(TrainingRun.woken_at) < now() - PATIENCE)
    ids = free(session, select(TrainingRun.id).where(*waiting).order_by(col(TrainingRun.id)))
    _set(session, ids, woken_at=now())
    return ids


def _set(session: Session, run_ids: list[int], **values: Any) -> None:
    session.exec(update(TrainingRun).where(col(TrainingRun.id).in_(run_ids)).values(**values))


# -- To be shown --------------------------------------------------------------------------------------


def current(session: Session, reads: str) -> TrainingRun | None:
    """The one under way."""
    chosen = select(TrainingRun).where(TrainingRun.reads == reads, col(TrainingRun.state).in_(UNDER_WAY))
    return session.exec(chosen).first()


def latest(session: Session, reads: str) -> TrainingRun | None:
    chosen = select(TrainingRun).where(TrainingRun.reads == reads).order_by(col(TrainingRun.id).desc())
    return session.exec(chosen.limit(1)).first()


def listed(session: Session, reads: str, at_most: int) -> list[TrainingRun]:
    """Newest first, those that came to nothing too: who shows the good ones alone shows too much."""
    chosen = select(TrainingRun).where(TrainingRun.reads == reads).order_by(col(TrainingRun.id).desc())
    return list(session.exec(chosen.limit(at_most)))
