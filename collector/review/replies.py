"""Replies: what a respondent says of what was taken from their words. A new row each time, and none is edited."""

from unicodedata import category

from sqlalchemy import func
from sqlmodel import Session, col, select

from collector.findings.models import Reply
from collector.intake.models import Source
from forms.speech import gettext, ngettext

LONGEST = 5000
KEPT_CONTROLS = "\n\t"
UNKEEPABLE = {"Cc", "Cs"}  # control characters and halves of surrogate pairs, which not every database holds


def fault_in(text: str) -> str:
    """What to do about a text that cannot be kept; nothing where it can."""
    if len(text) > LONGEST:
        return ngettext(
            "Shorten this by %(excess)s character: it can have up to %(limit)s",
            "Shorten this by %(excess)s characters: it can have up to %(limit)s",
            len(text) - LONGEST,
            excess=f"{len(text) - LONGEST:,}",
            limit=f"{LONGEST:,}",
        )
    if any(category(character) in UNKEEPABLE and character not in KEPT_CONTROLS for character in text):
        return gettext("This has a character that cannot be kept. Type it again or delete it")
    return ""


def reply(session: Session, *, submission_id: int, statement_id: int | None, agrees: bool, text: str) -> Reply:
    """Keep a reply on a statement, or on all of it. The same one again adds no row. The caller commits."""
    latest = latest_of(session, submission_id).get(statement_id)
    if latest and (latest.agrees, latest.text) == (agrees, text):
        return latest
    made = Reply(submission_id=submission_id, statement_id=statement_id, agrees=agrees, text=text)
    session.add(made)
    return made


def of(session: Session, submission_id: int) -> list[Reply]:
    """All of a submission's respondent, the latest last."""
    return list(session.exec(select(Reply).where(Reply.submission_id == submission_id).order_by(col(Reply.id))))


def latest_of(session: Session, submission_id: int) -> dict[int | None, Reply]:
    """The reply that counts, by statement; that on all of it under None."""
    return {one.statement_id: one for one in of(session, submission_id)}


def on(session: Session, statement_id: int) -> list[Reply]:
    """All on a statement, newest first."""
    return list(session.exec(select(Reply).where(Reply.statement_id == statement_id).order_by(col(Reply.id).desc())))


def counts(session: Session, source_ids: list[int]) -> dict[int, int]:
    counted = (
        select(Source.id, func.count(Reply.id))
        .join(Reply, col(Reply.submission_id) == Source.submission_id)
        .where(col(Source.id).in_(source_ids), col(Source.upload_id).is_(None))
        .group_by(col(Source.id))
    )
    return dict(session.exec(counted).all())
