"""Submissions: one respondent's one sending, kept whole before anybody is thanked."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from collector.accounts import secrets
from collector.database import insert_all, insert_one, now
from collector.intake import drafts, references, rounds
from collector.intake.models import (
    Answer,
    Draft,
    Job,
    Passage,
    Round,
    Source,
    Submission,
)
from collector.organisations import directory
from forms.questionnaire import Questionnaire


class OtherContent(ValueError):
    """This idempotency key came before with other answers."""


@dataclass(frozen=True)
class Received:
    """A submission that is kept, as far as its receipt tells of it."""

    submission_id: int
    reference: str
    receipt_key: str
    received_at: datetime
    organisation_id: int | None
    job_id: int
    new: bool


def receipt_url(receipt_key: str) -> str:
    return f"/receipts/{receipt_key}"


def receive(
    session: Session,
    *,
    round_: Round,
    questionnaire: Questionnaire,
    questionnaire_id: int,
    answers: dict[str, Any],
    idempotency_key: str,
    token_id: int | None = None,
    draft: Draft | None = None,
    received_at: datetime | None = None,
) -> Received:
    """Keep a submission, its answers, its passages and its job. When this returns, it is committed.

    The answers must have passed `forms.answers.read_whole`. The same key with the same answers gives the first
    submission back; with other answers it raises `OtherContent` and the first stays as it is.
    """
    content_hash = rounds.hash_of([questionnaire.slug, answers])
    values = {
        "reference": references.fresh(),
        "receipt_key": secrets.fresh(),
        "received_at": received_at or now(),
        "idempotency_key": idempotency_key,
        "content_hash": content_hash,
        "round_id": round_.id,
        "questionnaire_id": questionnaire_id,
        "token_id": token_id,
        "permission": answers["permission"],
    }
    try:
        values["organisation_id"] = organisation_of(session, answers, sample=round_.sample)
        submission_id = add(session, values, answers)
        job_id = add_source(session, submission_id, values, questionnaire, answers, sample=round_.sample)
        if draft is not None:
            drafts.mark_sent(draft, submission_id)
        session.commit()
    except IntegrityError:  # this key came before, or a moment ago in another request
        session.rollback()
        earlier = received_before(session, idempotency_key, content_hash)
        if earlier is None:
            raise
        return earlier
    return received(submission_id, values, job_id, new=True)


def received(submission_id: int, values: dict[str, Any], job_id: int, *, new: bool) -> Received:
    told = {name: values[name] for name in ("reference", "receipt_key", "received_at", "organisation_id")}
    return Received(submission_id, **told, job_id=job_id, new=new)


def received_before(session: Session, idempotency_key: str, content_hash: str) -> Received | None:
    row = session.exec(
        select(Submission, Job.id)
        .join(Source, Source.submission_id == Submission.id)
        .join(Job, Job.source_id == Source.id)
        .where(Submission.idempotency_key == idempotency_key)
        .order_by(Job.id)
    ).first()
    if row is None:
        return None
    if row[0].content_hash != content_hash:
        raise OtherContent(references.shown(row[0].reference))
    return received(row[0].id, row[0].model_dump(), row[1], new=False)


def answered_with(session: Session, idempotency_key: str) -> tuple[Round, Questionnaire] | None:
    """The round and the questionnaire that the submission of this key belongs to."""
    earlier = session.exec(select(Submission).where(Submission.idempotency_key == idempotency_key)).first()
    if earlier is None:
        return None
    questionnaire = rounds.questionnaire_of(session, earlier.questionnaire_id)
    return session.get_one(Round, earlier.round_id), questionnaire


def add(session: Session, values: dict[str, Any], answers: dict[str, Any]) -> int:
    submission_id = insert_one(session, Submission, **values)
    rows = [{"submission_id": submission_id, "question_id": key, "value": value} for key, value in answers.items()]
    insert_all(session, Answer, rows)
    return submission_id


def organisation_of(session: Session, answers: dict[str, Any], *, sample: bool) -> int | None:
    if answers["respondent"] != "organisation":
        return None
    return directory.find_or_add(
        session,
        name=answers["organisation-name"],
        kind=answers["organisation-kind"],
        areas=answers["areas"],
        sample=sample,
    )


def add_source(
    session: Session,
    submission_id: int,
    values: dict[str, Any],
    questionnaire: Questionnaire,
    answers: dict[str, Any],
    *,
    sample: bool,
) -> int:
    """The submission as a source, its answers in words as passages, and the job to read them; returns the job's id."""
    source_id = insert_one(
        session,
        Source,
        kind="submission",
        title=questionnaire.title,
        submission_id=submission_id,
        organisation_id=values["organisation_id"],
        received_at=values["received_at"],
        sample=sample,
    )
    told = [question for question in questionnaire.questions_for(answers) if question.source and question.id in answers]
    passages = [
        {
            "source_id": source_id,
            "position": position,
            "question_id": question.id,
            "question": question.label,
            "concern": question.concern,
            "text": answers[question.id],
            "analysed_by": None,
        }
        for position, question in enumerate(told, start=1)
    ]
    insert_all(session, Passage, passages)
    return insert_one(session, Job, source_id=source_id, total=len(passages))


def by_receipt_key(session: Session, key: str) -> Submission | None:
    return session.exec(select(Submission).where(Submission.receipt_key == key)).first()


def source_id_of(session: Session, typed: str) -> int | None:
    """The source that is meant by a submission's reference, or by the source's own number."""
    submission = by_reference(session, typed)
    if submission:
        return session.exec(select(Source.id).where(Source.submission_id == submission.id)).first()
    return int(typed) if typed.isdecimal() and len(typed) < 10 else None


def by_reference(session: Session, typed: str) -> Submission | None:
    return session.exec(select(Submission).where(Submission.reference == references.read(typed))).first()
