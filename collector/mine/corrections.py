"""Corrections: other answers in the place of those that were sent, with the history of each."""

from collections import defaultdict
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import delete, func, update
from sqlmodel import Session, col, select

from collector.database import insert_all, now
from collector.findings import profile_changes, reported, standing
from collector.intake import belonging, given, item_rows, item_states, jobs, partners, submissions, uploads
from collector.intake.models import Passage, Round, Source, Submission, SubmissionChange, Upload
from collector.privacy import erasure
from forms import answers as forms_answers
from forms.questionnaire import Questionnaire

OF_THE_ORGANISATION = {"respondent", "organisation-name", "organisation-kind", "areas"}
# What makes a passage another one.
WORDS = ("question_id", "question", "concern", "list_id", "item_id", "text")


def correct(
    session: Session,
    submission: Submission,
    questionnaire: Questionnaire,
    answers: dict[str, Any],
    *,
    why: str = "",
    staff_id: int | None = None,
) -> list[int]:
    """Keep these answers, which are complete, in the place of those that stand; returns the jobs that this asks for.

    The caller has opened the submission to change it, and commits. What a changed answer said before is history: its
    passage is retired, and nothing holds of it any more. The same answers once more change nothing.
    """
    before = given.answers_of(session, submission.id)
    changed = {id for id in before.keys() | answers.keys() if before.get(id) != answers.get(id)}
    if not changed:
        return []
    given.change(session, submission.id, answers)
    at = now()
    session.add_all(
        SubmissionChange(
            submission_id=submission.id,
            question_id=id,
            before=before.get(id),
            after=answers.get(id),
            staff_id=staff_id,
            reason=why,
            changed_at=at,
        )
        for id in questionnaire.questions
        if id in changed
    )
    change_permission(session, submission, before, answers)
    follow_who_answers(session, submission, before, answers, changed)
    session.flush()
    item_states.hold(session, submission.id)
    take_out_files(session, submission.id, questionnaire, answers)
    return follow_what_is_said(session, submission, questionnaire, before, answers, at)


def change_permission(
    session: Session, submission: Submission, before: dict[str, Any], answers: dict[str, Any]
) -> None:
    submission.permission = answers["permission"]
    if before.get("permission") != answers["permission"]:
        submission.permission_reason = ""  # somebody has said it now
        reported.permission_changed(session, submission.id)
    session.add(submission)


def follow_who_answers(
    session: Session, submission: Submission, before: dict[str, Any], answers: dict[str, Any], changed: set[str]
) -> None:
    """The organisation that answers, and those that it answers with."""
    sample = session.get_one(Round, submission.round_id).sample
    if changed & (OF_THE_ORGANISATION | partners.ANSWERS):
        before_ids = partners.ids_of(session, submission)
        partners.hold_named(session, answers, also=before_ids, sample=sample)
        reported.answers_for_others(session, submission.id)
        profile_changes.note_organisations(session, before_ids)
    if changed & OF_THE_ORGANISATION:
        follow_organisation(session, submission, before, answers, sample=sample)
    if changed & partners.ANSWERS:
        partners.follow(session, submission.id, answers, lead=submission.organisation_id, sample=sample)
        session.flush()
        profile_changes.note_organisations(session, partners.ids_of(session, submission))
    if changed & (OF_THE_ORGANISATION | partners.ANSWERS):
        reported.organisations_gone(session, before_ids)


def follow_organisation(
    session: Session, submission: Submission, before: dict[str, Any], answers: dict[str, Any], *, sample: bool
) -> None:
    earlier = submission.organisation_id
    submission.organisation_id = submissions.organisation_of(session, answers, sample=sample)
    session.add(submission)
    of_submission = update(Source).where(col(Source.submission_id) == submission.id)
    session.exec(of_submission.values(organisation_id=submission.organisation_id))
    told = {id for id in (earlier, submission.organisation_id) if id}
    profile_changes.note_organisations(session, told)
    belonging.leave(session, earlier, before.get("areas", []))


def take_out_files(session: Session, submission_id: int, questionnaire: Questionnaire, answers: dict[str, Any]) -> None:
    """A file that stands in no answer any more is deleted, with all that was read in it."""
    values = [value for question in questionnaire.files_asked for value in answers.get(question.id, ())]
    kept = {forms_answers.file_key(value) for value in values}
    asked = {question.id for question in questionnaire.files_asked}
    sent = [upload for upload in uploads.of_submission(session, submission_id) if upload.question_id in asked]
    gone = [upload.id for upload in sent if upload.key not in kept]
    if gone:
        erasure.erase_sources(session, select(Source.id).where(col(Source.upload_id).in_(gone)))
        session.exec(delete(Upload).where(col(Upload.id).in_(gone)))


def follow_what_is_said(
    session: Session,
    submission: Submission,
    questionnaire: Questionnaire,
    before: dict[str, Any],
    answers: dict[str, Any],
    at: datetime,
) -> list[int]:
    """Words and items as they are told now; returns the jobs that this asks for."""
    of_answers = (Source.submission_id == submission.id, col(Source.upload_id).is_(None))
    source_id = session.exec(select(Source.id).where(*of_answers)).one()
    later = item_states.correct(session, submission, before, answers)
    told = submissions.words_of(session, submission.id, questionnaire, answers, submission.begun_from)
    dates_to_read = item_rows.follow(session, submission.id, questionnaire, answers)
    job_ids = follow_words(session, source_id, told, at)
    item_states.follow(session, submission.id)
    if dates_to_read and not job_ids:
        job_ids = [jobs.ask_again(session, source_id, total=len(told))]
    return [*job_ids, *later]


def follow_words(session: Session, source_id: int, told: list[dict[str, Any]], at: datetime) -> list[int]:
    """Retire the passages whose words are gone, and keep and read those that are new."""
    standing_ = select(Passage).where(Passage.source_id == source_id, col(Passage.retired_at).is_(None))
    # In the order in which a reader takes them too: an update takes them as they lie, and both would wait.
    passages = session.exec(standing_.order_by(col(Passage.id)).with_for_update(key_share=True)).all()
    held: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for passage in sorted(passages, key=lambda one: one.position, reverse=True):
        held[tuple(getattr(passage, name) for name in WORDS)].append(passage.id)
    same = [held[tuple(words[name] for name in WORDS)] for words in told]
    ids = [found.pop() if found else None for found in same]
    gone = sorted(chain.from_iterable(held.values()))
    if not gone and None not in ids:
        return []
    of_source = (col(Passage.source_id) == source_id, col(Passage.retired_at).is_(None))
    # Out of the way first: no two passages of a source may have one position, not even for a moment.
    session.exec(update(Passage).where(*of_source).values(position=-Passage.id))
    session.exec(update(Passage).where(col(Passage.id).in_(gone)).values(retired_at=at))
    for position, (words, id) in enumerate(zip(told, ids, strict=True), start=1):
        if id is not None:
            place = {"position": position, "item_number": words["item_number"]}
            session.exec(update(Passage).where(col(Passage.id) == id).values(**place))
    fresh = [
        {"source_id": source_id, "position": position, **words}
        for position, (words, id) in enumerate(zip(told, ids, strict=True), start=1)
        if id is None
    ]
    insert_all(session, Passage, fresh)
    standing.lift(session, gone)
    return [jobs.ask_again(session, source_id, total=len(told))] if fresh else []


def latest_change(session: Session, submission_id: int) -> int:
    """What tells a form whether something was changed since it was made."""
    latest = select(func.max(SubmissionChange.id)).where(SubmissionChange.submission_id == submission_id)
    return session.exec(latest).one() or 0


def changed_since(session: Session, submission_id: int, change_id: int) -> dict[str, SubmissionChange]:
    """The latest change of each question's answer after this one, by the question."""
    made = select(SubmissionChange).where(
        SubmissionChange.submission_id == submission_id, col(SubmissionChange.id) > change_id
    )
    return {change.question_id: change for change in session.exec(made.order_by(col(SubmissionChange.id)))}
