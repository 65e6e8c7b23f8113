"""Reading anew what another version read last: newest first, a few sources at a time, behind all that is new.

Nothing that people decided is touched: see `record` and `standing`.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, update
from sqlmodel import Session, col, delete, func, select

from collector.database import free, now
from collector.findings.learning_models import Rereading
from collector.intake import jobs
from collector.intake.models import Import, ImportRow, Job, Meeting, Passage, Source, Submission

AT_ONCE = 20  # jobs that wait for it: seconds of work, until the next sweep
LOOKED_AT = 100  # sources in one step
END = 0  # the place after the last source


def begin(
    session: Session, version: str, *, round_id: int | None = None, staff_id: int | None = None
) -> Rereading | None:
    """Have read anew by this version what others read; what was under way is replaced. None where there is nothing.

    The caller commits.
    """
    if under_way(session):
        stop(session, state="replaced")
    if session.exec(select(Passage.id).where(*stale(version)).limit(1)).first() is None:
        return None
    row = Rereading(version=version, round_id=round_id, asked_by=staff_id)
    session.add(row)
    session.flush()
    return row


def under_way(session: Session) -> Rereading | None:
    return session.exec(select(Rereading).where(Rereading.state == "running")).first()


def last(session: Session) -> Rereading | None:
    return session.exec(select(Rereading).order_by(col(Rereading.id).desc()).limit(1)).first()


def stop(session: Session, *, state: str = "stopped") -> bool:
    """What waits for it waits no more; what was read anew stays so. The caller commits."""
    running = update(Rereading).where(col(Rereading.state) == "running")
    if not session.exec(running.values(state=state, finished_at=now())).rowcount:
        return False
    session.exec(delete(Job).where(col(Job.id).in_(free(session, of_ours()))))
    return True


def stale(version: str) -> tuple[ColumnElement[bool], ...]:
    """Passages that another version read last. What nobody has read yet has a job of its own."""
    return (
        col(Passage.analysed_by).is_not(None),
        col(Passage.analysed_by) != version,
        col(Passage.retired_at).is_(None),
    )


def count(session: Session, passages: int) -> None:
    """So many passages were read for it, in the transaction that keeps what was found."""
    running = update(Rereading).where(col(Rereading.state) == "running")
    session.exec(running.values(done=Rereading.done + passages))


def of_ours():
    return select(Job.id).where(col(Job.state) == "waiting", col(Job.again)).order_by(col(Job.id))


def sweep(session: Session) -> list[int]:
    """Ask for the next sources, where none but a few wait; returns the jobs to be woken now, if nothing else waits."""
    row = under_way(session)
    if row is None or session.exec(jobs.unread().limit(1)).first():
        return []
    if row.total is None:
        row.total = session.exec(select(func.count()).select_from(whole(row).subquery())).one()
        session.add(row)
    waiting = session.exec(of_ours()).all()
    asked = ask_for_more(session, row, AT_ONCE - len(waiting))
    if not waiting and not asked and row.place == END and not is_worked_on(session):
        row.state, row.finished_at = "done", now()
    session.add(row)
    session.flush()
    return [*asked, *jobs.leases.wake(session, col(Job.again), patience=jobs.leases.patience)]


def is_worked_on(session: Session) -> bool:
    ours = select(Job.id).where(col(Job.again), col(Job.state).in_(("waiting", "running")))
    return session.exec(ours.limit(1)).first() is not None


def whole(row: Rereading):
    return select(Passage.id).join(Source, col(Source.id) == Passage.source_id).where(*stale(row.version), *within(row))


def ask_for_more(session: Session, row: Rereading, at_most: int) -> list[int]:
    """Ask for the next sources and move the place on; returns the jobs."""
    if at_most < 1 or row.place == END:
        return []
    looked_at = session.exec(next_sources(row)).all()
    wanted = totals(session, [id for id, _ in looked_at], row.version)
    asked: list[int] = []
    for id, received_at in looked_at:
        if len(asked) == at_most:
            return asked
        if id in wanted:
            asked.append(jobs.ask_again(session, id, total=wanted[id], behind_others=True))
        row.place_at, row.place = received_at, id
    if len(looked_at) < LOOKED_AT:
        row.place = END
    return asked


def next_sources(row: Rereading):
    chosen = select(Source.id, Source.received_at).where(*within(row))
    if row.place is not None:
        same_moment = and_(col(Source.received_at) == row.place_at, col(Source.id) < row.place)
        chosen = chosen.where(or_(col(Source.received_at) < row.place_at, same_moment))
    return chosen.order_by(col(Source.received_at).desc(), col(Source.id).desc()).limit(LOOKED_AT)


def totals(session: Session, source_ids: Sequence[int], version: str) -> dict[int, int]:
    """Of those of the sources where something is to be read anew, how many passages stand in each."""
    theirs = col(Passage.source_id).in_(source_ids)
    wanted = set(session.exec(select(Passage.source_id).where(theirs, *stale(version)).distinct()))
    standing = select(Passage.source_id, func.count()).where(theirs, col(Passage.retired_at).is_(None))
    return {id: number for id, number in session.exec(standing.group_by(col(Passage.source_id))) if id in wanted}


def within(row: Rereading) -> tuple[Any, ...]:
    """Of one round alone, where that was asked for."""
    if row.round_id is None:
        return ()
    submitted = select(Submission.id).where(Submission.round_id == row.round_id)
    met = select(Meeting.source_id).where(Meeting.round_id == row.round_id)
    imported = (
        select(ImportRow.source_id)
        .join(Import, col(Import.id) == ImportRow.import_id)
        .where(Import.round_id == row.round_id, col(ImportRow.source_id).is_not(None))
    )
    return (or_(col(Source.submission_id).in_(submitted), col(Source.id).in_(met), col(Source.id).in_(imported)),)
