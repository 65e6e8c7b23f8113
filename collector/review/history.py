"""What has happened to a submission since it was sent: changes by its respondent or by staff, and replies."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from collector.accounts.models import StaffMember
from collector.findings.models import Reply, Statement
from collector.intake import rounds
from collector.intake.answer_rows import row
from collector.intake.models import Passage, Source, Submission, SubmissionChange
from collector.review import replies
from forms.questionnaire import Questionnaire


@dataclass(frozen=True)
class Entry:
    """One thing that happened. `staff` names who of the staff did it; it is empty where the respondent did."""

    kind: str  # sent, answer, link, reply
    at: datetime
    staff: str = ""
    question: str = ""
    section: str = ""
    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    text: str = ""  # why, or what a reply says
    agrees: bool = False
    words: str = ""  # of the statement that a reply is about; empty where it is about all
    statement_id: int | None = None
    # What had been found in the words before: (id, words) of each statement.
    earlier: list[tuple[int, str]] = field(default_factory=list)


def of(session: Session, submission: Submission) -> list[Entry]:
    """All of it, newest first."""
    entries = [Entry("sent", submission.received_at)]
    entries += changes(session, submission)
    entries += [said(session, one) for one in replies.of(session, submission.id)]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def changes(session: Session, submission: Submission) -> list[Entry]:
    questionnaire = rounds.spoken(session, submission.questionnaire_id)
    earlier = earlier_statements(session, submission.id)
    made = (
        select(SubmissionChange, StaffMember.name)
        .outerjoin(StaffMember, col(StaffMember.id) == SubmissionChange.staff_id)
        .where(SubmissionChange.submission_id == submission.id)
        .order_by(col(SubmissionChange.id))
    )
    return [change_shown(questionnaire, change, name or "", earlier) for change, name in session.exec(made)]


def change_shown(
    questionnaire: Questionnaire,
    change: SubmissionChange,
    staff: str,
    earlier: dict[tuple[str, datetime], list[tuple[int, str]]],
) -> Entry:
    if not change.question_id:
        return Entry("link", change.changed_at, staff)
    question = questionnaire.questions[change.question_id]
    return Entry(
        "answer",
        change.changed_at,
        staff,
        question=question.label,
        section=section_of(questionnaire, question.id),
        before=answer_shown(question, change.before),
        after=answer_shown(question, change.after),
        text=change.reason,
        earlier=earlier.get((question.id, change.changed_at), []),
    )


def answer_shown(question: Any, value: Any) -> list[str]:
    return row(question, {question.id: value})["answer"]


def section_of(questionnaire: Questionnaire, question_id: str) -> str:
    return next(
        step.page.section for step in questionnaire.steps if any(one.id == question_id for one in step.page.questions)
    )


def earlier_statements(session: Session, submission_id: int) -> dict[tuple[str, datetime], list[tuple[int, str]]]:
    """Statements of retired passages, by question and the moment it was answered otherwise."""
    chosen = (
        select(Passage, Statement)
        .join(Source, col(Source.id) == Passage.source_id)
        .join(Statement, col(Statement.passage_id) == Passage.id)
        .where(
            Source.submission_id == submission_id,
            col(Passage.retired_at).is_not(None),
            col(Statement.stands),
        )
        .order_by(col(Passage.id), col(Statement.start))
    )
    found: dict[tuple[str, datetime], list[tuple[int, str]]] = {}
    for passage, statement in session.exec(chosen):
        words = passage.text[statement.start : statement.end]
        found.setdefault((passage.question_id, passage.retired_at), []).append((statement.id, words))
    return found


def said(session: Session, reply: Reply) -> Entry:
    return Entry(
        "reply",
        reply.replied_at,
        text=reply.text,
        agrees=reply.agrees,
        words=words_of(session, reply.statement_id),
        statement_id=reply.statement_id,
    )


def words_of(session: Session, statement_id: int | None) -> str:
    if statement_id is None:
        return ""
    statement = session.get_one(Statement, statement_id)
    return session.get_one(Passage, statement.passage_id).text[statement.start : statement.end]
