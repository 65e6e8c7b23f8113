"""Trying out a questionnaire before anybody is asked: by a secret link, with the very pages that respondents get.

A preview is a round that nobody is told of. It is in no list and no count, nothing is sent from it, and it is deleted
with all that was typed when its last day is over. Its questionnaire is a copy that freezes no version.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from collector.accounts import secrets
from collector.accounts.models import StaffMember
from collector.database import free
from collector.intake import drafts, round_changes, rounds
from collector.intake.models import PublishedQuestionnaire, Round, RoundChange
from forms.questionnaire import Questionnaire

KEPT_FOR = timedelta(days=14)
KEY_LENGTH = 32


@dataclass(frozen=True)
class Preview:
    """One that can be opened now."""

    id: int
    name: str
    key: str
    made_by: str
    until: date


def make(session: Session, questionnaire: Questionnaire, *, staff_id: int) -> None:
    """A preview of this content, unless there is one already."""
    forget_expired(session)
    content_hash = rounds.hash_of(questionnaire.definition)
    slug = f"{rounds.PREVIEW_SLUG}{content_hash}"
    if session.exec(select(Round.id).where(Round.slug == slug)).first():
        return
    with suppress(IntegrityError), session.begin_nested():  # somebody may be making the same at this moment
        _add(session, questionnaire, slug, content_hash, staff_id)


def _add(session: Session, questionnaire: Questionnaire, slug: str, content_hash: str, staff_id: int) -> None:
    copy = PublishedQuestionnaire(
        slug=slug, version=questionnaire.version, content_hash=content_hash, definition=questionnaire.definition
    )
    session.add(copy)
    session.flush()
    round_ = Round(
        slug=slug,
        title=round_changes.name_of(questionnaire),
        questionnaire_id=copy.id,
        closes_on=rounds.local_date() + KEPT_FOR,
        preview=True,
    )
    session.add(round_)
    session.flush()
    round_changes.note(session, round_.id, staff_id, "Set up", after=round_.title)


def all_open(session: Session, form_key: bytes) -> list[Preview]:
    rows = session.exec(
        select(Round, StaffMember.name)
        .join(RoundChange, col(RoundChange.round_id) == Round.id)
        .join(StaffMember, col(StaffMember.id) == RoundChange.staff_id)
        .where(col(Round.preview).is_(True))
        .order_by(col(Round.id).desc())
    )
    return [
        Preview(one.id, one.title, key_of(one, form_key), name, one.closes_on)
        for one, name in rows
        if rounds.is_open(one)
    ]


def key_of(round_: Round, form_key: bytes) -> str:
    """Made from our own key whenever it is wanted, so that none is kept."""
    told = f"preview {round_.id} {round_.slug} {round_.opened_at.isoformat()}"
    return f"{round_.id}-{secrets.signed(form_key, told)[:KEY_LENGTH]}"


def found(session: Session, slug: str, form_key: bytes) -> list[tuple[Round, Questionnaire]]:
    """The preview at this address. Its questionnaire is named for it, so that all its pages lead to each other.

    It is held until the commit: who ends it waits for what is begun in it, and who comes later finds nothing.
    """
    key = slug.removeprefix(rounds.PREVIEW_SLUG)
    id = key.partition("-")[0]
    if key == slug or not (id.isdecimal() and len(id) < 10):
        return []
    round_ = session.get(Round, int(id), with_for_update={"read": True, "key_share": True})
    if round_ is None or not (round_.preview and rounds.is_open(round_)):
        return []
    if not secrets.same(key, key_of(round_, form_key)):
        return []
    questionnaire = rounds.questionnaire_of(session, round_.questionnaire_id)
    return [(round_, questionnaire.model_copy(update={"slug": slug}))]


def end(session: Session, preview_id: int) -> None:
    _delete(session, Round.id == preview_id)


def forget_expired(session: Session) -> None:
    """Those that nobody walks at this moment; the next sweep finds the others."""
    over = select(Round.id).where(col(Round.preview).is_(True), col(Round.closes_on) < rounds.local_date())
    _delete(session, col(Round.id).in_(free(session, over.order_by(col(Round.id)))))


def _delete(session: Session, which: ColumnElement[bool]) -> None:
    chosen = select(Round).where(which, col(Round.preview).is_(True)).order_by(col(Round.id))
    for round_ in session.exec(chosen.with_for_update()).all():
        drafts.forget_all(session, round_)
        _of(session, RoundChange, col(RoundChange.round_id) == round_.id)
        _of(session, Round, col(Round.id) == round_.id)
        _of(session, PublishedQuestionnaire, col(PublishedQuestionnaire.id) == round_.questionnaire_id)


def _of(session: Session, table: Any, which: Any) -> None:
    session.connection().execute(delete(table).where(which))
