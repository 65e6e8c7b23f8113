"""Joint returns: what several organisations say together in one submission. One leads, the others are its partners."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, delete, or_, union_all
from sqlmodel import Session, col, select

from collector.database import insert_all
from collector.intake import belonging
from collector.intake.models import Source, Submission, SubmissionPartner
from collector.organisations import directory
from collector.organisations.models import Organisation

LIST, NAME, KIND = "partners", "partner-name", "partner-kind"  # the questions of the main questionnaire
ANSWERS = {"respondent", "organisation-name", LIST}  # who is a partner depends on these


def hold_named(session: Session, answers: dict[str, Any], *, also: Iterable[int] = (), sample: bool) -> None:
    """Hold all that these answers name, where they name more than one, before anything leads to them."""
    names = names_in(answers)
    if len(names) > 1 or also:
        directory.hold_named(session, names, also=also, sample=sample)


def names_in(answers: dict[str, Any]) -> list[str]:
    """The organisation that leads and its partners, as far as they are named yet."""
    if answers.get("respondent") != "organisation":
        return []
    told = [answers.get("organisation-name"), *(item.get(NAME) for item in answers.get(LIST, []))]
    return [name for name in told if name]


def ids_of(session: Session, submission: Submission) -> list[int]:
    """All that this submission speaks for now."""
    chosen = select(SubmissionPartner.organisation_id).where(SubmissionPartner.submission_id == submission.id)
    return [id for id in (submission.organisation_id, *session.exec(chosen)) if id]


def keep(session: Session, submission_id: int, answers: dict[str, Any], *, lead: int | None, sample: bool) -> None:
    """Make the partners those that the answers name: each once, and not the one that leads."""
    ids = dict.fromkeys(
        directory.find_or_add(session, name=item[NAME], kind=item.get(KIND, ""), sample=sample)
        for item in (answers.get(LIST, []) if lead else [])
    )
    rows = [{"submission_id": submission_id, "organisation_id": id} for id in ids if id != lead]
    insert_all(session, SubmissionPartner, rows)


def follow(session: Session, submission_id: int, answers: dict[str, Any], *, lead: int | None, sample: bool) -> None:
    """After a correction: those who are named no more, and whom nothing else leads to, are forgotten."""
    earlier = take_out(session, submission_id)
    keep(session, submission_id, answers, lead=lead, sample=sample)
    session.flush()
    for organisation_id in earlier:
        belonging.forget(session, organisation_id)


def take_out(session: Session, submission_id: int) -> list[int]:
    """Part the submission from its partners; returns who they were."""
    of_it = SubmissionPartner.submission_id == submission_id
    ids = list(session.exec(select(SubmissionPartner.organisation_id).where(of_it)))
    session.exec(delete(SubmissionPartner).where(of_it))
    return ids


def speaks_for(organisation_id: int) -> ColumnElement[bool]:
    """That a source is the organisation's own, alone or together with others."""
    joint = select(SubmissionPartner.submission_id).where(SubmissionPartner.organisation_id == organisation_id)
    return or_(Source.organisation_id == organisation_id, col(Source.submission_id).in_(joint))


def is_of_others(organisation_id: int) -> ColumnElement[bool]:
    """That a source is not the organisation's own: others', or nobody's organisation's."""
    joint = select(SubmissionPartner.submission_id).where(SubmissionPartner.organisation_id == organisation_id)
    of_others = col(Source.organisation_id).is_distinct_from(organisation_id)
    return of_others & or_(col(Source.submission_id).is_(None), col(Source.submission_id).not_in(joint))


def spoken_for(organisation_ids: list[int]):
    """Each source of these organisations, with whose it is: a joint one once for every organisation."""
    own = select(col(Source.id).label("source_id"), col(Source.organisation_id).label("organisation_id"))
    joint = select(col(Source.id), col(SubmissionPartner.organisation_id)).join(
        SubmissionPartner, col(SubmissionPartner.submission_id) == Source.submission_id
    )
    return union_all(
        own.where(col(Source.organisation_id).in_(organisation_ids)),
        joint.where(col(SubmissionPartner.organisation_id).in_(organisation_ids)),
    ).subquery()


def together(session: Session, submission_ids: Iterable[int | None]) -> dict[int, list[Organisation]]:
    """All that send each of these submissions, of those that are joint: the one that leads, then its partners."""
    from_it = (
        select(SubmissionPartner.submission_id, Organisation)
        .join(Organisation, col(Organisation.id) == SubmissionPartner.organisation_id)
        .where(col(SubmissionPartner.submission_id).in_({id for id in submission_ids if id}))
        .order_by(Organisation.name_key)
    )
    found: dict[int, list[Organisation]] = {}
    for submission_id, partner in session.exec(from_it):
        found.setdefault(submission_id, []).append(partner)
    leads = (
        select(Source.submission_id, Organisation)
        .join(Organisation, col(Organisation.id) == Source.organisation_id)
        .where(col(Source.submission_id).in_(found), col(Source.upload_id).is_(None))
    )
    return {id: [lead, *found[id]] for id, lead in session.exec(leads)}
