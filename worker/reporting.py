"""Makes reports that were asked for, and has them go out when their hold is over: written and set out first, then kept
in one transaction."""

import logging
from functools import partial

from collector import dates
from collector.database import Database
from collector.findings.report_models import Report
from collector.frameworks import plan
from collector.leases import Claim
from collector.profiles import report_letters, report_replies, reports
from collector.profiles.report_contents import NoSubject
from collector.queue import REPORT_TASK
from collector.settings import Settings
from worker import leased, tasks
from worker.app import app, settings

log = logging.getLogger(__name__)

TIME_LIMIT = 300  # seconds; a report takes one or two


@app.task(name=REPORT_TASK, time_limit=TIME_LIMIT)
def make_reports(report_ids: list[int]) -> None:
    """Make these, or have them go out. An id more or less is no matter: each is claimed first."""
    for report_id in report_ids:
        leased.work_on(tasks.database(), reports.leases, report_id, make)
        go_out(report_id)


def go_out(report_id: int) -> None:
    try:
        mails = report_replies.publish(tasks.database(), report_id)
    except Exception as problem:  # whatever it is, the next look at what is due tries again
        # The kind of trouble only: a message may carry words that somebody wrote.
        log.error("report %s does not go out: %s", report_id, type(problem).__name__)
        return
    tasks.queue().ask_for_mail(mails)


def make(claim: Claim) -> None:
    tasks.queue().ask_for_mail(make_in(tasks.database(), settings, claim))


def make_in(database: Database, settings: Settings, claim: Claim) -> list[int]:
    """Returns the mails to those whom it is sent to."""
    plan.look(database)
    with database.reading() as session:
        report = reports.leases.row(session, claim)
        try:
            made = reports.frozen(session, report, by=settings.organisation, base_url=settings.base_url)
        except NoSubject:
            made = None
    if made is None:
        set_aside(database, claim)
        return []
    with database.writing() as session:
        kept = reports.finish(session, claim, made)
        if kept is None:
            raise leased.Again
        report = session.get_one(Report, claim.id, populate_existing=True)
        mails = report_letters.send(session, report) if kept and report.to_contacts else []
        session.commit()
    return mails


def set_aside(database: Database, claim: Claim) -> None:
    with database.writing() as session:
        reports.leases.set_aside(session, claim, reason="What it was to be about is no longer held here")
        session.commit()


def make_now(database: Database, settings: Settings, kind: str, subject: str, *, audience: str, hold_days: int) -> int:
    """Ask for a report and make it in this process; returns its number. ValueError says why it came to nothing."""
    with database.writing() as session:
        number = reports.subject_of(session, kind, subject)
        report_id = reports.ask(session, kind, number, staff_id=None, audience=audience, hold_days=hold_days)
        session.commit()
    leased.work_on(database, reports.leases, report_id, partial(make_in, database, settings))
    with database.reading() as session:
        made = session.get_one(Report, report_id)
        if made.made_at is None:
            raise reports.NotThere(made.reason or f"Report {report_id} is being made by a worker. Ask again later")
    return report_id


def held_until(database: Database, report_id: int) -> str:
    """The day in words, of one that is held and may be sent to be replied to."""
    with database.reading() as session:
        report = session.get_one(Report, report_id)
        waits = reports.state_of(report) == "held" and report_letters.may_be_sent(report)
        return dates.in_words(dates.local_day(report.held_until)) if waits else ""
