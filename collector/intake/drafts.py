"""Drafts: answers that are not sent yet, kept on the server from the first "Save and continue"."""

from datetime import timedelta
from typing import Any

from sqlalchemy import delete
from sqlmodel import Session, col, select

from collector.accounts import secrets
from collector.database import insert_once, now
from collector.intake.models import Draft, Round

KEPT_FOR = timedelta(days=28)


def find(session: Session, secret: str, round_: Round, *, to_change: bool = False) -> Draft | None:
    """The draft that this browser holds the secret of; nobody else can reach it.

    One found `to_change` is held until the commit, so that two windows of a browser do not undo each other's work.
    """
    if not secret:
        return None
    held = select(Draft).where(
        Draft.secret_hash == secrets.hashed(secret), Draft.round_id == round_.id, Draft.expires_at > now()
    )
    return session.exec(held.with_for_update() if to_change else held).first()


def save(session: Session, secret: str, round_: Round, *, asked: set[str], answers: dict[str, Any]) -> Draft:
    """Keep the answers of one page: those `asked` there and now left blank are taken out."""
    draft = find(session, secret, round_, to_change=True) or start(session, secret, round_)
    kept = {key: value for key, value in draft.answers.items() if key not in asked}
    draft.answers = {**kept, **answers}
    draft.saved_at = now()
    draft.expires_at = now() + KEPT_FOR
    session.add(draft)
    return draft


def start(session: Session, secret: str, round_: Round) -> Draft:
    """A new draft, or the one that the same browser began a moment ago."""
    forget_expired(session)
    draft = Draft(
        secret_hash=secrets.hashed(secret),
        round_id=round_.id,
        questionnaire_id=round_.questionnaire_id,
        expires_at=now() + KEPT_FOR,
    )
    insert_once(session, Draft, [draft.model_dump(exclude={"id"})], ["secret_hash", "round_id"])
    return find(session, secret, round_, to_change=True)


def mark_sent(draft: Draft, submission_id: int) -> None:
    """The answers are the submission's now; the row stays so that Back and a second press find the receipt."""
    draft.submission_id = submission_id
    draft.answers = {}


def was_sent_by(session: Session, secret: str, submission_id: int) -> bool:
    """Whether the browser with this secret sent it, as long as its draft is kept."""
    sent = select(Draft.id).where(
        Draft.secret_hash == secrets.hashed(secret), Draft.submission_id == submission_id, Draft.expires_at > now()
    )
    return bool(secret) and session.exec(sent).first() is not None


def start_again(session: Session, secret: str, round_: Round) -> None:
    """Let go of a draft that was sent, so that the same browser can send another."""
    session.exec(
        delete(Draft).where(
            col(Draft.secret_hash) == secrets.hashed(secret),
            col(Draft.round_id) == round_.id,
            col(Draft.submission_id).is_not(None),
        )
    )


def forget(session: Session, draft: Draft) -> None:
    """For good, as its respondent asked."""
    session.delete(draft)


def forget_expired(session: Session) -> None:
    session.exec(delete(Draft).where(col(Draft.expires_at) <= now()))
