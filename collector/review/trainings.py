"""Runs of training: asked for or due, and cancelled. What comes of each is kept."""

from datetime import timedelta

from sqlalchemy import update
from sqlmodel import Session, col, select

from collector.database import insert_one, now, one_at_a_time
from collector.findings import readers
from collector.findings.learning_models import ReaderVersion, TrainingRun
from collector.leases import UNDER_WAY, Leases
from collector.review import teaching

# From fewer a candidate is seldom found better.
ENOUGH_NEW = 100


leases = Leases(TrainingRun, "training", work="The training")


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
