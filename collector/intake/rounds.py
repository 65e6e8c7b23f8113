"""Rounds, and the questionnaires published in them."""

import json
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, func, or_
from sqlmodel import Session, col, select

from collector.database import now
from collector.dates import LONDON
from collector.intake import translations
from collector.intake.models import Import, ImportRow, Meeting, PublishedQuestionnaire, Round, Source, Submission
from forms import speech
from forms.questionnaire import Questionnaire
from forms.translations import State

# In place of a questionnaire's own name, in the address of one that is only tried out (see `previews`).
PREVIEW_SLUG = "preview."


class Changed(ValueError):
    """A published version was edited in its file."""


def publish(session: Session, questionnaire: Questionnaire) -> PublishedQuestionnaire:
    """Freeze this version, and keep its translations beside it.

    Publishing it again is nothing new; publishing other content under it is refused.
    """
    known = session.exec(
        select(PublishedQuestionnaire).where(
            PublishedQuestionnaire.slug == questionnaire.slug,
            PublishedQuestionnaire.version == questionnaire.version,
        )
    ).first()
    content_hash = hash_of(questionnaire.definition)
    if (
        known
        and known.content_hash != content_hash
        and not is_same(Questionnaire.from_definition(known.definition), questionnaire)
    ):
        raise Changed(
            f"Version {questionnaire.version} of {questionnaire.slug} is published and never changes:"
            " give the changed questionnaire a new version"
        )
    published = known or keep(session, questionnaire, content_hash)
    translations.keep(session, questionnaire, published.content_hash)
    return published


def is_same(known: Questionnaire, questionnaire: Questionnaire) -> bool:
    """A version that was frozen before questions could have what they can have now lacks only what nobody wrote."""
    return known.definition == questionnaire.definition


def keep(session: Session, questionnaire: Questionnaire, content_hash: str) -> PublishedQuestionnaire:
    published = PublishedQuestionnaire(
        slug=questionnaire.slug,
        version=questionnaire.version,
        content_hash=content_hash,
        definition=questionnaire.definition,
    )
    session.add(published)
    session.flush()
    return published


def hash_of(content: Any) -> str:
    return sha256(json.dumps(content, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def open_round(
    session: Session,
    questionnaire: Questionnaire,
    *,
    slug: str,
    title: str,
    closes_on: date | None = None,
    sample: bool = False,
    opened_at: datetime | None = None,
) -> Round:
    published = publish(session, questionnaire)
    round_ = Round(
        slug=slug,
        title=title,
        questionnaire_id=published.id,
        closes_on=closes_on,
        sample=sample,
        opened_at=opened_at or now(),
    )
    session.add(round_)
    session.flush()
    return round_


# Built once: every page of a questionnaire and every submission asks it.
ROUNDS = (
    select(Round, PublishedQuestionnaire.slug, PublishedQuestionnaire.content_hash)
    .join(PublishedQuestionnaire, col(PublishedQuestionnaire.id) == Round.questionnaire_id)
    # One that was called off before it opened never was.
    .where(
        col(Round.sample).is_(False),
        col(Round.preview).is_(False),
        or_(col(Round.closed_at).is_(None), col(Round.closed_at) > col(Round.opened_at)),
    )
    .order_by(col(Round.opened_at).desc(), col(Round.id).desc())
)


def own_slug(session: Session, round_: Round) -> str:
    """In place of the questionnaire's name, in an address of this round alone: another may ask the same and be open."""
    return f"{questionnaire_of(session, round_.questionnaire_id).slug}.{round_.id}"


def without_round(slug: str) -> str:
    """The questionnaire's name, of an address that may be of one round alone."""
    return slug.partition(".")[0]


def all_open(session: Session, slug: str | None = None) -> list[tuple[Round, Questionnaire]]:
    """The rounds that take answers today (to this questionnaire), newest first; a sample round takes none.

    At the own address of one that is not over it is that one alone.
    """
    return _all(session, slug, is_open)


def all_closed(session: Session, slug: str) -> list[tuple[Round, Questionnaire]]:
    """The rounds of this questionnaire that took answers once, newest first."""
    return _all(session, without_round(slug), is_over)


def all_to_come(session: Session, slug: str | None = None) -> list[tuple[Round, Questionnaire]]:
    """The rounds (of this questionnaire) that are not open yet, the next one first."""
    return _all(session, slug, is_to_come)[::-1]


def _all(session: Session, slug: str | None, wanted: Callable[[Round], bool]) -> list[tuple[Round, Questionnaire]]:
    named = slug and without_round(slug)
    rows = [row for row in session.exec(ROUNDS) if named in (None, row[1])]
    own = [row for row in rows if slug == f"{named}.{row[0].id}" and not is_over(row[0])]
    found = [
        (round_, recalled(session, round_.questionnaire_id, content_hash))
        for round_, _, content_hash in own or rows
        if wanted(round_)
    ]
    # At a round's own address its questionnaire is named for it, so that all pages lead to each other.
    return [(round_, form.model_copy(update={"slug": slug})) for round_, form in found] if own else found


# Post comes late: so long after a round closes staff may still key in what came for it.
POST_TAKEN_FOR = timedelta(weeks=8)


def all_taking_post(session: Session) -> list[tuple[Round, Questionnaire]]:
    """The rounds that staff may key answers in for: those open, and those that closed not long ago; newest first."""
    return _all(session, None, takes_post)


def takes_post(round_: Round) -> bool:
    return is_open(round_) or (is_over(round_) and local_date() <= post_until(round_))


def post_until(round_: Round) -> date:
    """The last day of keying what came for a round that has closed."""
    closed = round_.closed_at.astimezone(LONDON).date() if round_.closed_at else round_.closes_on
    return closed + POST_TAKEN_FOR


def is_open(round_: Round) -> bool:
    return not is_over(round_) and not is_to_come(round_)


def is_over(round_: Round) -> bool:
    return round_.closed_at is not None or (round_.closes_on is not None and round_.closes_on < local_date())


def is_to_come(round_: Round) -> bool:
    return round_.closed_at is None and round_.opened_at > now()


def was_called_off(round_: Round) -> bool:
    return round_.closed_at is not None and round_.closed_at <= round_.opened_at


def opening_of(day: date) -> datetime:
    """A round opens at midnight in Scotland at the beginning of its first day."""
    return datetime.combine(day, time(), LONDON)


def local_date() -> date:
    """Today in Scotland: a round closes at midnight there."""
    return now().astimezone(LONDON).date()


def current(session: Session, slug: str) -> tuple[Round, Questionnaire] | None:
    return next(iter(all_open(session, slug)), None)


def of_source() -> ColumnElement[int | None]:
    """The round that a source came in, of those joined by `with_round`; null for what came by itself."""
    return func.coalesce(Submission.round_id, Meeting.round_id, Import.round_id)


def with_round(chosen: Any) -> Any:
    """What is chosen of sources, joined with what tells their round."""
    return (
        chosen.outerjoin(Submission, col(Submission.id) == Source.submission_id)
        .outerjoin(Meeting, col(Meeting.source_id) == Source.id)
        .outerjoin(ImportRow, col(ImportRow.source_id) == Source.id)
        .outerjoin(Import, col(Import.id) == ImportRow.import_id)
    )


def questionnaire_of(session: Session, questionnaire_id: int) -> Questionnaire:
    return recalled(session, questionnaire_id, hash_in(session, questionnaire_id))


def spoken(session: Session, questionnaire_id: int, questionnaire: Questionnaire | None = None) -> Questionnaire:
    """The published questionnaire in the language that is spoken; by the name of `questionnaire`, where it has one."""
    language = speech.now_spoken()
    if questionnaire and language == speech.ENGLISH:
        return questionnaire
    content_hash = hash_in(session, questionnaire_id)
    found = recalled(session, questionnaire_id, content_hash)
    if language != speech.ENGLISH:
        found = translations.spoken(session, found, content_hash, language)
    return found.model_copy(update={"slug": questionnaire.slug}) if questionnaire else found


def translated(session: Session, questionnaire_id: int) -> list[State]:
    """How far the published questionnaire is translated, language by language."""
    return translations.states(session, questionnaire_of(session, questionnaire_id), hash_in(session, questionnaire_id))


def hash_in(session: Session, questionnaire_id: int) -> str:
    return session.exec(
        select(PublishedQuestionnaire.content_hash).where(PublishedQuestionnaire.id == questionnaire_id)
    ).one()


remembered: dict[str, Questionnaire] = {}


def recalled(session: Session, questionnaire_id: int, content_hash: str) -> Questionnaire:
    """The published questionnaire, from memory when this process has read it before: it never changes."""
    if content_hash not in remembered:
        published = session.get_one(PublishedQuestionnaire, questionnaire_id)
        remembered[content_hash] = Questionnaire.from_definition(published.definition)
    return remembered[content_hash]
