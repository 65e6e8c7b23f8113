"""Reports on all of a kind at once, or the one to the Board: a run asked for, or due by a schedule.

Each report is a row of its own in the queue, so that a run goes on wherever it was left.
"""

from calendar import monthrange
from collections.abc import Callable, Sequence
from datetime import date

from sqlalchemy import update
from sqlmodel import Session, col, func, select

from collector import dates
from collector.database import batches, free, insert_all, insert_one, now
from collector.findings.report_models import Report, ReportRun, ReportSchedule
from collector.intake import rounds
from collector.intake.models import Round, Source, SubmissionPartner
from collector.leases import UNDER_WAY
from collector.organisations import directory
from collector.organisations.models import Organisation, OrganisationArea
from collector.profiles import reports

EVERY = {"once": "On one day", "month": "Every month", "quarter": "Every three months"}
MONTHS = {"month": 1, "quarter": 3}


class Nobody(ValueError):
    """There is nobody whom a report could be about; the message says so."""


def begin(
    session: Session,
    *,
    audience: str,
    hold_days: int,
    staff_id: int | None,
    kind: str = "organisation",
    to_contacts: bool = False,
    schedule: ReportSchedule | None = None,
) -> int:
    """Have reports made on all of a kind that something is heard of; returns the run. The caller commits.

    Nobody where there are none. What is invented, of a sample round, is left out: it has its own button.
    """
    subjects = SUBJECTS[kind](session)
    if not subjects:
        raise Nobody(NOBODY[kind])
    same = {"kind": kind, "audience": audience, "hold_days": hold_days}
    same |= {"to_contacts": to_contacts, "asked_by": staff_id}
    due = {"schedule_id": schedule.id, "due_on": schedule.next_on} if schedule else {}
    run_id = insert_one(session, ReportRun, **same, **due)
    moment = now()
    rows = [{**same, "subject": id, "run_id": run_id, "woken_at": moment, "asked_at": moment} for id in subjects]
    insert_all(session, Report, [row | {"hashes": {}, "files": {}} for row in rows])
    return run_id


def organisations(session: Session) -> Sequence[str]:
    """That have said something."""
    own = select(Source.organisation_id).where(col(Source.organisation_id).is_not(None))
    joint = select(SubmissionPartner.organisation_id)
    said = col(Organisation.id).in_(own) | col(Organisation.id).in_(joint)
    chosen = select(Organisation.id).where(said, col(Organisation.sample).is_(False))
    return [str(id) for id in session.exec(chosen.order_by(col(Organisation.name_key)))]


def areas(session: Session) -> Sequence[str]:
    """Where an organisation works that has said something; Scotland where any has."""
    ids = [int(id) for id in organisations(session)]
    found: set[str] = set(directory.EVERYWHERE) if ids else set()
    for some in batches(ids):
        there = select(OrganisationArea.area).where(col(OrganisationArea.organisation_id).in_(some))
        found |= set(session.exec(there.distinct()))
    return [id for id in directory.area_names() if id in found]


def open_rounds(session: Session) -> Sequence[str]:
    """Those that take answers, and those that closed within the last weeks, while post may still come."""
    chosen = select(Round).where(col(Round.sample).is_(False), col(Round.preview).is_(False))
    found = session.exec(chosen.order_by(col(Round.opened_at), col(Round.id))).all()
    return [str(one.id) for one in found if rounds.takes_post(one) and not rounds.was_called_off(one)]


def board(session: Session) -> Sequence[str]:
    return [reports.THE_BOARD] if organisations(session) else []


# Whom a run of each kind is about, and what is told where that is nobody.
SUBJECTS: dict[str, Callable[[Session], Sequence[str]]] = {
    "organisation": organisations,
    "area": areas,
    "round": open_rounds,
    "board": board,
}
NOBODY = {
    **dict.fromkeys(SUBJECTS, "No organisation has said anything yet. Reports can be made when one has"),
    "round": "No round is open, or has closed within the last eight weeks",
}


def waiting(session: Session, run_id: int) -> list[int]:
    """Its reports that somebody has to be woken for."""
    return list(session.exec(select(Report.id).where(Report.run_id == run_id, *reports.leases.is_waiting())))


def progress(session: Session, run_ids: Sequence[int]) -> dict[int, dict[str, int]]:
    """Of each run how many reports are in each state, with "made" for those that are done."""
    counted = select(Report.run_id, Report.state, func.count()).where(col(Report.run_id).in_(run_ids))
    found: dict[int, dict[str, int]] = {id: {} for id in run_ids}
    for run_id, state, number in session.exec(counted.group_by(Report.run_id, Report.state)):
        found[run_id]["made" if state == "done" else state] = number
    return found


def is_under_way(counts: dict[str, int]) -> bool:
    return any(counts.get(state) for state in UNDER_WAY)


def cancel(session: Session, run_id: int) -> None:
    """What nobody has begun is not made. What is made stays. The caller commits."""
    move(session, run_id, "waiting", "cancelled")


def resume(session: Session, run_id: int) -> None:
    """What was cancelled, and what had failed, is made after all. The caller commits."""
    move(session, run_id, "cancelled", "waiting")
    move(session, run_id, "set-aside", "waiting")


def move(session: Session, run_id: int, before: str, after: str) -> None:
    free_ones = (Report.run_id == run_id, Report.state == before, col(Report.lease_until).is_(None))
    fresh = {"attempts": 0, "reason": "", "woken_at": now(), "finished_at": None}
    session.exec(update(Report).where(*free_ones).values(state=after, **fresh))


# -- By a schedule ------------------------------------------------------------------------------------


def plan(
    session: Session,
    *,
    every: str,
    first_on: date,
    audience: str,
    hold_days: int,
    staff_id: int,
    kind: str = "organisation",
    to_contacts: bool = False,
) -> int:
    """Have runs made from this day on; returns the schedule. The caller commits."""
    how = {"audience": audience, "hold_days": hold_days, "to_contacts": to_contacts, "made_by": staff_id}
    days = {"every": every, "first_on": first_on, "next_on": first_on}
    return insert_one(session, ReportSchedule, kind=kind, **how, **days)


def end(session: Session, schedule_id: int) -> None:
    """No more runs by it; those that were made stay. The caller commits."""
    going = (ReportSchedule.id == schedule_id, col(ReportSchedule.ended_at).is_(None))
    session.exec(update(ReportSchedule).where(*going).values(ended_at=now()))


def begin_due(session: Session, today: date | None = None) -> list[int]:
    """Begin the runs whose day has come; returns their waiting reports. Of days that were missed one is made up for.

    The caller commits. Asked twice on a day, or by two processes at once, it begins each once.
    """
    today = today or dates.local_day(now())
    due = select(ReportSchedule.id).where(col(ReportSchedule.ended_at).is_(None), ReportSchedule.next_on <= today)
    found: list[int] = []
    for id in free(session, due.order_by(col(ReportSchedule.id))):
        found += begin_one(session, session.get_one(ReportSchedule, id, populate_existing=True), today)
    return found


def begin_one(session: Session, schedule: ReportSchedule, today: date) -> list[int]:
    how = {"audience": schedule.audience, "hold_days": schedule.hold_days, "to_contacts": schedule.to_contacts}
    try:
        run_id = begin(session, **how, kind=schedule.kind, staff_id=schedule.made_by, schedule=schedule)
    except Nobody:
        run_id = None  # the next day comes all the same
    if schedule.every in MONTHS:
        schedule.next_on = next_after(schedule, today)
    else:
        schedule.ended_at = now()
    session.add(schedule)
    session.flush()
    return waiting(session, run_id) if run_id else []


def next_after(schedule: ReportSchedule, today: date) -> date:
    number = 0
    while (day := months_later(schedule.first_on, MONTHS[schedule.every] * number)) <= today:
        number += 1
    return day


def months_later(day: date, number: int) -> date:
    """The same day of a later month, or the last where that is shorter."""
    years, month = divmod(day.month - 1 + number, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))
