"""Submissions: one respondent's one sending, kept whole before anybody is thanked."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from collector import dates
from collector.accounts import secrets
from collector.database import insert_all, insert_one, now
from collector.intake import drafts, given, item_rows, item_states, items, partners, references, rounds, uploads
from collector.intake.item_states import Said
from collector.intake.models import (
    Draft,
    Job,
    Keying,
    Passage,
    Round,
    Source,
    Submission,
)
from collector.organisations import directory
from forms.questionnaire import Questionnaire


class OtherContent(ValueError):
    """This idempotency key came before with other answers."""


class Withdrawn(ValueError):
    """This idempotency key came before, and its respondent has withdrawn what was sent with it."""


@dataclass(frozen=True)
class Came:
    """How a submission came, who keyed it where staff did, and why its permission is what it is if nobody said."""

    channel: str
    keyed_by: int | None = None
    permission_reason: str = ""


ON_THE_PAGES = Came("web")


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
    file_job_ids: tuple[int, ...] = ()

    @property
    def job_ids(self) -> tuple[int, ...]:
        """All that is to be read of it: its answers, and each file that came with them."""
        return (self.job_id, *self.file_job_ids)


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
    draft: Draft | Keying | None = None,
    received_at: datetime | None = None,
    own_link: str | None = None,
    came: Came = ON_THE_PAGES,
    begun_from: int | None = None,
    said: Iterable[Said] = (),
) -> Received:
    """Keep a submission, its answers, its passages and its job. When this returns, it is committed.

    The answers must have passed `forms.answers.read_whole`; files among them are those of the draft. The same key
    with the same answers gives the first submission back; with other answers it raises `OtherContent` and the first
    stays as it is. `own_link` is the secret that opens it to its respondent. `said` is what becomes of the items of the
    submission that it was `begun_from`.
    """
    values = {
        "reference": references.fresh(),
        "receipt_key": secrets.fresh(),
        "received_at": received_at or now(),
        "idempotency_key": idempotency_key,
        "content_hash": rounds.hash_of([rounds.without_round(questionnaire.slug), answers]),
        "round_id": round_.id,
        "questionnaire_id": questionnaire_id,
        "token_id": token_id,
        "permission": answers["permission"],
        "own_link_hash": secrets.hashed(own_link) if own_link else None,
        "begun_from": begun_from,
        **asdict(came),
    }
    try:
        kept = keep(session, values, round_, questionnaire, answers, draft, said)
        session.commit()
    except IntegrityError:  # this key came before, or a moment ago in another request
        session.rollback()
        kept = received_before(session, idempotency_key, values["content_hash"])
        if kept is None:
            raise
    return kept


def keep(
    session: Session,
    values: dict[str, Any],
    round_: Round,
    questionnaire: Questionnaire,
    answers: dict[str, Any],
    draft: Draft | Keying | None,
    said: Iterable[Said],
) -> Received:
    """All of it, step by step; the caller commits."""
    values["organisation_id"] = lead(session, answers, sample=round_.sample)
    submission_id = add(session, values, answers, sample=round_.sample)
    add_items(session, submission_id, values, questionnaire, answers, said)
    about = source_values(submission_id, values, round_)
    job_id = add_source(session, about, questionnaire, answers, values["begun_from"])
    file_job_ids = take_over(session, draft, about, questionnaire, answers) if draft else []
    return received(submission_id, values, job_id, file_job_ids, new=True)


def received(
    submission_id: int, values: dict[str, Any], job_id: int, file_job_ids: Sequence[int] = (), *, new: bool
) -> Received:
    told = {name: values[name] for name in ("reference", "receipt_key", "received_at", "organisation_id")}
    return Received(submission_id, **told, job_id=job_id, new=new, file_job_ids=tuple(file_job_ids))


def received_before(session: Session, idempotency_key: str, content_hash: str) -> Received | None:
    row = session.exec(
        select(Submission, Job.id)
        .outerjoin(Source, (col(Source.submission_id) == Submission.id) & col(Source.upload_id).is_(None))
        .outerjoin(Job, col(Job.source_id) == Source.id)
        .where(Submission.idempotency_key == idempotency_key)
        .order_by(Job.id)
    ).first()
    if row is None:
        return None
    if row[0].withdrawn_at:
        raise Withdrawn(references.shown(row[0].reference))
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


def lead(session: Session, answers: dict[str, Any], *, sample: bool) -> int | None:
    """The organisation that it is sent for, held with all others that these answers name."""
    partners.hold_named(session, answers, sample=sample)
    return organisation_of(session, answers, sample=sample)


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


def add(session: Session, values: dict[str, Any], answers: dict[str, Any], *, sample: bool) -> int:
    """The submission with its answers, and whom it speaks for; returns its id."""
    submission_id = insert_one(session, Submission, **values)
    given.keep(session, submission_id, answers)
    partners.keep(session, submission_id, answers, lead=values["organisation_id"], sample=sample)
    return submission_id


def add_items(
    session: Session,
    submission_id: int,
    values: dict[str, Any],
    questionnaire: Questionnaire,
    answers: dict[str, Any],
    said: Iterable[Said],
) -> None:
    """What was listed one by one, and what became of what was listed before."""
    begun_from, said_on = values["begun_from"], dates.local_day(values["received_at"])
    if begun_from is not None:
        item_states.keep(session, submission_id, begun_from, said)
    item_rows.keep(session, submission_id, questionnaire, answers, said_on, begun_from)


def source_values(submission_id: int, values: dict[str, Any], round_: Round) -> dict[str, Any]:
    """What every source of a submission has of it."""
    return {
        "submission_id": submission_id,
        "organisation_id": values["organisation_id"],
        "received_at": values["received_at"],
        "sample": round_.sample,
    }


def add_source(
    session: Session,
    values: dict[str, Any],
    questionnaire: Questionnaire,
    answers: dict[str, Any],
    begun_from: int | None = None,
) -> int:
    """The answers as a source, those in words as passages, and the job to read them; returns the job's id."""
    source_id = insert_one(session, Source, kind="submission", title=questionnaire.english.title, **values)
    told = words_of(session, values["submission_id"], questionnaire, answers, begun_from)
    passages = [{"source_id": source_id, "position": position, **words} for position, words in enumerate(told, start=1)]
    insert_all(session, Passage, passages)
    return insert_one(session, Job, source_id=source_id, total=len(passages))


def take_over(
    session: Session,
    draft: Draft | Keying,
    about: dict[str, Any],
    questionnaire: Questionnaire,
    answers: dict[str, Any],
) -> list[int]:
    """The draft's files, each to be read as a source of its own; and of the draft, that it was sent."""
    drafts.mark_sent(session, draft, about["submission_id"])
    asked = questionnaire.files_asked
    if not asked and isinstance(draft, Draft):
        return []  # there can be none, and every submission would look for them
    return uploads.send(session, draft, [value for one in asked for value in answers.get(one.id, ())], about)


def words_of(
    session: Session, submission_id: int, questionnaire: Questionnaire, answers: dict[str, Any], begun_from: int | None
) -> list[dict[str, Any]]:
    """What of a submission is read: not once more the words of items that it keeps, which stand in an earlier one."""
    words = list(told_in(questionnaire, answers))
    if begun_from is None:
        return words
    states = item_states.of_submission(session, submission_id)
    elsewhere = item_states.read_elsewhere(states)
    held = item_states.held_by(session, begun_from)
    became = item_states.words_in(session, submission_id, questionnaire.english, states, held)
    return [*(one for one in words if (one["list_id"], one["item_id"]) not in elsewhere), *became]


def told_in(questionnaire: Questionnaire, answers: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What of these answers is read: the words, and the question that they answer, in the order of the questions.

    The question is told in English whatever it was asked in: staff and models read it.
    """
    questionnaire = questionnaire.english
    for question in questionnaire.questions_for(answers):
        if question.type == "list":
            yield from items.words_in(questionnaire, question, answers.get(question.id))
        elif question.source and question.id in answers:
            yield {
                "question_id": question.id,
                "question": question.label,
                "concern": question.concern,
                "list_id": None,
                "item_id": None,
                "item_number": None,
                "text": answers[question.id],
            }


def by_receipt_key(session: Session, key: str) -> Submission | None:
    return session.exec(select(Submission).where(Submission.receipt_key == key)).first()


def source_id_of(session: Session, typed: str) -> int | None:
    """The source that is meant by a submission's reference, or by the source's own number."""
    submission = by_reference(session, typed)
    if submission:
        of_answers = Source.submission_id == submission.id, col(Source.upload_id).is_(None)
        return session.exec(select(Source.id).where(*of_answers)).first()
    return int(typed) if typed.isdecimal() and len(typed) < 10 else None


def by_reference(session: Session, typed: str) -> Submission | None:
    return session.exec(select(Submission).where(Submission.reference == references.read(typed))).first()
