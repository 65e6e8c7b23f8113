"""Staff: reports on all of a kind at once, now or by a schedule, and how far each run is."""

from datetime import date
from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlmodel import Session, col, select

from collector import dates
from collector.accounts.access import REVIEWERS
from collector.accounts.models import StaffMember
from collector.database import Database, now
from collector.findings.report_models import Report, ReportRun, ReportSchedule
from collector.profiles import report_letters, report_pages, report_runs, reports
from collector.queue import Queue
from collector.web.page import page
from collector.web.posted import Posted, first
from collector.web.turns import PageNumber, turn_of, turn_shown
from forms import dates as forms_dates
from forms.questions import Question

URL = "/staff/reports/runs"
MOST_SHOWN = 50
FIRST_DAY = "first-on"


@get(URL, sync_to_thread=True)
def runs(request: Request, database: NamedDependency[Database]) -> Template:
    return shown(request, database, {}, {})


def shown(
    request: Request, database: Database, problems: dict[str, str], posted: Posted | dict[str, list[str]]
) -> Template:
    with database.reading() as session:
        found = session.exec(select(ReportRun).order_by(col(ReportRun.id).desc()).limit(MOST_SHOWN)).all()
        counts = report_runs.progress(session, [one.id for one in found])
        going = select(ReportSchedule).where(col(ReportSchedule.ended_at).is_(None))
        schedules = session.exec(going.order_by(col(ReportSchedule.next_on), col(ReportSchedule.id))).all()
        return page(
            request,
            "profiles/report_runs.html",
            status_code=422 if problems else 200,
            runs=[run_shown(session, one, counts[one.id]) for one in found],
            schedules=[schedule_shown(session, one) for one in schedules],
            kinds=kinds_shown(session),
            problems=problems,
            typed=typed_of(posted)
            | ({} if posted else {"send": "yes" if report_letters.any_contacts(session) else ""}),
            audiences=reports.AUDIENCES,
            every={"now": "Now", **report_runs.EVERY},
            may_make=request.user.role in REVIEWERS,
        )


# What a run is of.
KINDS = {
    "organisation": "All organisations",
    "area": "All areas",
    "round": "Rounds",
    "board": "The Oversight Board",
}


def kinds_shown(session: Session) -> list[dict[str, str]]:
    """With how many reports each would be today."""
    of = {kind: len(whose(session)) for kind, whose in report_runs.SUBJECTS.items()}
    hints = {
        "organisation": f"One on each that has said something: {of['organisation']:,} today",
        "area": f"One on each council area where an organisation was heard, and on Scotland: {of['area']:,} today",
        "round": f"One on each round that is open, or has closed in the last eight weeks: {of['round']:,} today",
        "board": "One, over all rounds and documents of the whole country",
    }
    return [{"id": kind, "label": word, "hint": hints[kind]} for kind, word in KINDS.items()]


def typed_of(posted: Posted | dict[str, list[str]]) -> dict[str, Any]:
    usual = {"kind": "organisation", "audience": "own", "hold": str(reports.HOLD_DAYS), "every": "now", "send": ""}
    typed = {name: first(posted, name) if name in posted else value for name, value in usual.items()}
    return typed | {FIRST_DAY: forms_dates.parts(posted.get(FIRST_DAY, []))}


def run_shown(session: Session, run: ReportRun, counts: dict[str, int]) -> dict[str, Any]:
    asked_by = session.get(StaffMember, run.asked_by) if run.asked_by else None
    total, made, failed = sum(counts.values()), counts.get("made", 0), counts.get("set-aside", 0)
    under_way, cancelled = report_runs.is_under_way(counts), counts.get("cancelled", 0)
    state = "running" if under_way else "set-aside" if failed else "waiting" if cancelled else "analysed"
    word = "Under way" if under_way else "Some failed" if failed else "Cancelled" if cancelled else "Done"
    return {
        "id": run.id,
        "url": f"{URL}/{run.id}",
        "state": {"id": state, "word": word},
        "under_way": under_way,
        "total": total,
        "made": made,
        "failed": failed,
        "cancelled": cancelled,
        "waiting": counts.get("waiting", 0),
        "asked_at": run.asked_at,
        "asked_by": asked_by.name if asked_by else "",
        "by_schedule": run.due_on is not None,
        "kind": KINDS[run.kind],
        "audience": reports.made_for(run.kind, run.audience),
        "hold_days": run.hold_days,
        "to_contacts": run.to_contacts,
    }


def schedule_shown(session: Session, schedule: ReportSchedule) -> dict[str, Any]:
    return {
        "url": f"/staff/reports/schedules/{schedule.id}",
        "every": report_runs.EVERY[schedule.every],
        "kind": KINDS[schedule.kind],
        "next_on": schedule.next_on,
        "audience": reports.made_for(schedule.kind, schedule.audience),
        "hold_days": schedule.hold_days,
        "to_contacts": schedule.to_contacts,
        "made_by": session.get_one(StaffMember, schedule.made_by).name,
    }


@post(URL, sync_to_thread=True)
def make(
    request: Request,
    database: NamedDependency[Database],
    queue: NamedDependency[Queue],
    posted: NamedDependency[Posted],
) -> Redirect | Template:
    """Begin a run, or have runs made from a day on."""
    typed = typed_of(posted)
    problems = report_pages.problems_in(typed)
    day, problem = first_day(posted) if typed["every"] in report_runs.EVERY else (None, "")
    problems |= {FIRST_DAY: problem} if problem else {}
    problems |= {} if typed["every"] in {"now", *report_runs.EVERY} else {"every": "Choose when"}
    problems |= {} if typed["kind"] in report_runs.SUBJECTS else {"kind": "Choose what they are about"}
    if problems:
        return shown(request, database, problems, posted)
    how = {"kind": typed["kind"], "audience": typed["audience"], "hold_days": int(typed["hold"])}
    how |= {"to_contacts": typed["send"] == "yes", "staff_id": request.user.id}
    with database.writing() as session:
        if day:
            report_runs.plan(session, every=typed["every"], first_on=day, **how)
            session.commit()
            return Redirect(URL, status_code=303)
        try:
            run_id = report_runs.begin(session, **how)
        except report_runs.Nobody as nobody:
            return shown(request, database, {"every": str(nobody)}, posted)
        ids = report_runs.waiting(session, run_id)
        session.commit()
    queue.ask_for_reports(ids)
    return Redirect(f"{URL}/{run_id}", status_code=303)


def first_day(posted: Posted) -> tuple[date | None, str]:
    sent = posted.get(FIRST_DAY, [])
    if not any(text.strip() for text in sent):
        return None, "Enter the day on which they are first made"
    question = Question(id=FIRST_DAY, type="date", label="First day", earliest=dates.local_day(now()))
    kept, problem = forms_dates.judge(question, sent)
    return (date.fromisoformat(kept) if kept else None), problem


@get(URL + "/{report_run_id:int}", sync_to_thread=True)
def one_run(
    request: Request, database: NamedDependency[Database], report_run_id: FromPath[int], number: PageNumber = 1
) -> Template:
    with database.reading() as session:
        run = run_or_404(session, report_run_id)
        row = run_shown(session, run, report_runs.progress(session, [run.id])[run.id])
        turn = turn_of(number, row["total"])
        chosen = select(Report).where(Report.run_id == run.id)
        # What needs somebody comes first.
        chosen = chosen.order_by(col(Report.state) != "set-aside", col(Report.id))
        found = session.exec(chosen.offset(turn.offset).limit(turn.at_once)).all()
        return page(
            request,
            "profiles/report_run.html",
            run=row,
            rows=[report_pages.row_shown(session, one) for one in found],
            pages=turn_shown(turn, row["url"], {}),
            may_make=request.user.role in REVIEWERS,
        )


def run_or_404(session: Session, run_id: int) -> ReportRun:
    found = session.get(ReportRun, run_id)
    if found is None:
        raise NotFoundException("There is no run of reports at this address")
    return found


@post(URL + "/{report_run_id:int}", sync_to_thread=True)
def act(
    database: NamedDependency[Database],
    queue: NamedDependency[Queue],
    posted: NamedDependency[Posted],
    report_run_id: FromPath[int],
) -> Redirect:
    """Cancel what is left of a run, or have it made after all."""
    does = {"cancel": report_runs.cancel, "resume": report_runs.resume}.get(first(posted, "what"))
    if does is None:
        raise NotFoundException("There is nothing of this kind to be done with a run")
    with database.writing() as session:
        run_or_404(session, report_run_id)
        does(session, report_run_id)
        ids = report_runs.waiting(session, report_run_id)
        session.commit()
    queue.ask_for_reports(ids)
    return Redirect(f"{URL}/{report_run_id}", status_code=303)


@post("/staff/reports/schedules/{report_schedule_id:int}", sync_to_thread=True)
def end(database: NamedDependency[Database], report_schedule_id: FromPath[int]) -> Redirect:
    with database.writing() as session:
        if session.get(ReportSchedule, report_schedule_id) is None:
            raise NotFoundException("There is no schedule at this address")
        report_runs.end(session, report_schedule_id)
        session.commit()
    return Redirect(URL, status_code=303)


handlers = [runs, make, one_run, act, end]
