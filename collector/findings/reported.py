"""Where reports quote words that are to be gone: the report is withdrawn in the same transaction, with all its words.

Its address stays and says so, and what was withdrawn is made anew of what is left.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, delete, or_, update
from sqlmodel import Session, col, select

from collector.database import batches, now
from collector.findings.models import Statement
from collector.findings.report_models import Report, ReportLetter, ReportReply, ReportSource, ReportStatement
from collector.intake.models import Passage, Source, Submission, SubmissionPartner
from collector.mail.models import Mail
from collector.organisations.models import Organisation
from forms.speech import message

WHY = {
    "erased": message("Somebody whose words it quoted or named has withdrawn or deleted them"),
    "corrected": message("Who sent some of the words that it was drawn from answers for others now"),
    "permission": message("What may be published of the words that it quoted was changed"),
    "redacted": message("Words that it quoted were redacted since"),
    "harm": message("Words that it quoted may tell of harm"),
    "meeting": message("What is known of a meeting that it was drawn from was changed"),
    "staff": message("It was withdrawn by a member of staff"),
}


def sources_erased(session: Session, source_ids: Any) -> None:
    """Withdraw the reports that name any of these sources, given by a query."""
    naming = select(ReportSource.report_id).where(col(ReportSource.source_id).in_(source_ids))
    quoted = select(Statement.id).join(Passage, col(Passage.id) == Statement.passage_id)
    citing = select(ReportStatement.report_id).where(
        col(ReportStatement.statement_id).in_(quoted.where(col(Passage.source_id).in_(source_ids)))
    )
    withdraw(session, col(Report.id).in_(naming) | col(Report.id).in_(citing), why="erased")


def permission_changed(session: Session, submission_id: int) -> None:
    """Withdraw what quotes this submission for anybody, or the Board, to read, or for an organisation it does not speak
    for. Those it speaks for may read it still, and so may staff."""
    of_it = select(Source.id).where(Source.submission_id == submission_id)
    naming = select(ReportSource.report_id).where(col(ReportSource.source_id).in_(of_it))
    lead = select(Submission.organisation_id).where(Submission.id == submission_id)
    partner = select(SubmissionPartner.organisation_id).where(SubmissionPartner.submission_id == submission_id)
    its_own = [str(id) for id in (*session.exec(lead), *session.exec(partner)) if id]
    of_others = (Report.kind == "organisation") & col(Report.subject).not_in(its_own)
    outside = or_(Report.audience == "anyone", Report.kind == "board", of_others)
    withdraw(session, col(Report.id).in_(naming), outside, why="permission")


def redacted(session: Session, passage_ids: Collection[int]) -> None:
    """Withdraw what quotes anything of these passages, in which what is redacted has changed: an item is quoted whole,
    with more of its passage than the statements that it stands on."""
    withdraw_quoting(session, passage_ids, why="redacted")


def may_tell_of_harm(session: Session, passage_ids: Collection[int]) -> None:
    """Withdraw what quotes anything of these passages, which a reading has taken to tell of harm since."""
    withdraw_quoting(session, passage_ids, why="harm")


def withdraw_quoting(session: Session, passage_ids: Collection[int], *, why: str) -> None:
    citing = (
        select(ReportStatement.report_id)
        .join(Statement, col(Statement.id) == ReportStatement.statement_id)
        .where(col(Statement.passage_id).in_(passage_ids))
    )
    if passage_ids:
        withdraw(session, col(Report.id).in_(citing), why=why)


def answers_for_others(session: Session, submission_id: int) -> None:
    """Withdraw what quotes or names this submission: it speaks for others now."""
    of_it = select(Source.id).where(Source.submission_id == submission_id)
    naming = select(ReportSource.report_id).where(col(ReportSource.source_id).in_(of_it))
    withdraw(session, col(Report.id).in_(naming), why="corrected")


def meeting_changed(session: Session, source_id: int) -> None:
    """Withdraw what names these notes: of what they are, who was there or what may be published was another thing."""
    naming = select(ReportSource.report_id).where(ReportSource.source_id == source_id)
    withdraw(session, col(Report.id).in_(naming), why="meeting")


def organisations_gone(session: Session, organisation_ids: Collection[int]) -> None:
    """Of those of these organisations that are gone: withdraw every report on them, also one that named no source, and
    forget to whom it was sent. Its links open still, and say so."""
    there = session.exec(select(Organisation.id).where(col(Organisation.id).in_(organisation_ids))).all()
    gone = [str(id) for id in set(organisation_ids) - set(there)]
    of_them = (Report.kind == "organisation", col(Report.subject).in_(gone))
    if gone:
        withdraw(session, *of_them, why="erased")
        letters = col(ReportLetter.report_id).in_(select(Report.id).where(*of_them))
        session.exec(update(ReportLetter).where(letters).values(email="", name=""))


def withdraw(session: Session, *chosen: ColumnElement[bool], why: str) -> None:
    """Take the words out of these reports, the replies to them, which may say them again, and the mails that tell of
    them: one after the other by their numbers, so that two who withdraw do not wait for each other. One that is
    withdrawn already stays as it is."""
    made = (col(Report.made_at).is_not(None), col(Report.withdrawn_at).is_(None))
    ids = list(session.exec(select(Report.id).where(*made, *chosen).order_by(col(Report.id)).with_for_update()))
    gone = {"title": "", "snapshot": "", "files": {}, "withdrawn_at": now(), "withdrawn_why": why}
    for some in batches(ids):
        session.exec(update(Report).where(col(Report.id).in_(some)).values(**gone))
        session.exec(delete(ReportReply).where(col(ReportReply.report_id).in_(some)))
        session.exec(delete(Mail).where(col(Mail.about).in_(map(mailed_about, some))))


def mailed_about(report_id: int) -> str:
    """What mails on it are sent for."""
    return f"report/{report_id}"
