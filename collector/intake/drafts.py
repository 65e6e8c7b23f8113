"""Drafts: answers that are not sent yet, kept on the server from the first "Save and continue".

A draft is in the hands of one browser or of several: each holder can read, change, send and delete it.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, delete
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select

from collector.accounts import secrets
from collector.database import free, insert_once, now
from collector.intake import progress
from collector.intake.models import Draft, DraftHolder, Keying, Round

KEPT_FOR = timedelta(days=28)
FORGOTTEN_AT_ONCE = 500
YOU, COLLEAGUE = "you", "a colleague"


@dataclass(frozen=True)
class InHand:
    """A draft as one of its holders meets it. `saver` is who saved it last, where that is worth saying."""

    draft: Draft
    holders: int
    saver: str


def in_hand(session: Session, secret: str, round_: Round, *, to_change: bool = False) -> InHand | None:
    """The draft that this browser holds; nobody else can reach it.

    One found `to_change` is locked until the commit, so that colleagues and windows do not undo each other's work.
    """
    if not secret:
        return None
    own = secrets.hashed(secret)
    bound = {"secret_hash": own, "round_id": round_.id, "moment": now()}
    row = session.exec(IN_HAND_TO_CHANGE if to_change else IN_HAND, params=bound).first()
    return InHand(row[0], row[1], saver_of(row[0], own, row[2], alone=row[1] == 1)) if row else None


_own, _saver, _any = aliased(DraftHolder), aliased(DraftHolder), aliased(DraftHolder)
# Built once: every page of a questionnaire asks it.
IN_HAND = (
    select(
        Draft,
        select(func.count()).where(_any.draft_id == Draft.id).correlate(Draft).scalar_subquery(),
        _saver.name,
    )
    .join(_own, _own.draft_id == Draft.id)
    .outerjoin(_saver, sa.and_(_saver.draft_id == Draft.id, _saver.secret_hash == Draft.saved_by))
    .where(
        _own.secret_hash == sa.bindparam("secret_hash"),
        _own.round_id == sa.bindparam("round_id"),
        Draft.expires_at > sa.bindparam("moment"),
    )
)
IN_HAND_TO_CHANGE = IN_HAND.with_for_update(of=Draft)


def hold_as_seen(session: Session, draft: Draft, round_: Round) -> bool:
    """Lock an unsent draft, unless it or its round is another than was seen."""
    bound = {
        "draft_id": draft.id,
        "saved_at": draft.saved_at,
        "moment": now(),
        "revision": round_.revision,
    }
    return session.connection().execute(AS_SEEN, bound).first() is not None


AS_SEEN = (
    select(Draft.id)
    .join(Round, col(Round.id) == Draft.round_id)
    .where(
        Draft.id == sa.bindparam("draft_id"),
        Draft.saved_at == sa.bindparam("saved_at"),
        Draft.expires_at > sa.bindparam("moment"),
        col(Draft.submission_id).is_(None),
        Round.revision == sa.bindparam("revision"),
    )
    .with_for_update(of=Draft)
)


def saver_of(draft: Draft, own: str, name: str | None, *, alone: bool) -> str:
    if draft.saved_by == own:
        return "" if alone else YOU
    return known_as(name)


def known_as(name: str | None) -> str:
    """Who calls themselves “you” is not taken for whoever reads it."""
    return COLLEAGUE if not name or name.casefold() in (YOU, COLLEAGUE) else name


def find(session: Session, secret: str, round_: Round, *, to_change: bool = False) -> Draft | None:
    found = in_hand(session, secret, round_, to_change=to_change)
    return found.draft if found else None


def holders_of(session: Session, draft: Draft) -> list[DraftHolder]:
    """All who hold it, in the order in which they came."""
    chosen = select(DraftHolder).where(DraftHolder.draft_id == draft.id)
    return list(session.exec(chosen.order_by(col(DraftHolder.joined_at), col(DraftHolder.id))))


def name_of(session: Session, draft: Draft, holder: str, secret: str) -> str:
    """Who one of its holders is to another."""
    named = select(DraftHolder.name).where(DraftHolder.draft_id == draft.id, DraftHolder.secret_hash == holder)
    return YOU if holder == secrets.hashed(secret) else known_as(session.exec(named).first())


def save(
    session: Session,
    secret: str,
    round_: Round,
    *,
    asked: set[str],
    answers: dict[str, Any],
    page: str = "",
    came: dict[str, str] | None = None,
) -> Draft:
    """Keep the answers of one page: those `asked` there and now left blank are taken out.

    With the `page` it is kept from whom they `came`, and from which form.
    """
    draft = find(session, secret, round_, to_change=True) or start(session, secret, round_)
    put(draft, asked=asked, answers=answers)
    draft.saved_at, draft.saved_by = now(), secrets.hashed(secret)
    draft.expires_at = now() + KEPT_FOR
    if page:
        draft.saves = {**draft.saves, page: {**(came or {}), "by": draft.saved_by}}
    session.add(draft)
    return draft


def put(draft: Draft | Keying, *, asked: set[str], answers: dict[str, Any]) -> None:
    """What was filled in from an earlier round is somebody's own answer once they have given another."""
    kept = {key: value for key, value in draft.answers.items() if key not in asked}
    draft.answers = {**kept, **answers}
    draft.carried = {id: value for id, value in draft.carried.items() if draft.answers.get(id) == value}


def start(session: Session, secret: str, round_: Round) -> Draft:
    """A new draft, or the one that the same browser began a moment ago."""
    forget_expired(session)
    let_go_of_expired(session, secret, round_)
    draft = Draft(round_id=round_.id, questionnaire_id=round_.questionnaire_id, expires_at=now() + KEPT_FOR)
    session.add(draft)
    session.flush()
    hold(session, draft, secret)
    mine = find(session, secret, round_, to_change=True)
    if mine is not draft:
        session.delete(draft)
    return mine


def hold(session: Session, draft: Draft, secret: str, name: str = "") -> None:
    """Give a draft into the hands of a browser; one that holds another draft of the round is left with that."""
    holder = DraftHolder(draft_id=draft.id, secret_hash=secrets.hashed(secret), round_id=draft.round_id, name=name)
    insert_once(session, DraftHolder, [holder.model_dump(exclude={"id"})], ["secret_hash", "round_id"])


def call(session: Session, secret: str, draft: Draft, name: str) -> None:
    """What colleagues are to call this holder."""
    session.exec(sa.update(DraftHolder).where(*_hold_of(secret, draft)).values(name=name))


def leave(session: Session, secret: str, draft: Draft) -> None:
    """This browser lets go of it; for all others it stays as it is."""
    session.exec(delete(DraftHolder).where(*_hold_of(secret, draft)))


def _hold_of(secret: str, draft: Draft) -> tuple[Any, ...]:
    return col(DraftHolder.draft_id) == draft.id, col(DraftHolder.secret_hash) == secrets.hashed(secret)


def mark_sent(session: Session, draft: Draft | Keying, submission_id: int) -> None:
    """The answers are the submission's now; the row stays so that Back and a second press find the receipt.

    One of what staff have keyed stays to tell how it came.
    """
    table = type(draft).__table__
    sent = {"submission_id": submission_id, "answers": {}, "saves": {}, "became": {}, "carried": {}}
    session.connection().execute(sa.update(table).where(table.c.id == draft.id), sent)


def was_sent_by(session: Session, secret: str, submission_id: int) -> bool:
    """Whether the browser with this secret held the draft that was sent, as long as that is kept."""
    sent = (
        select(Draft.id)
        .join(DraftHolder, col(DraftHolder.draft_id) == Draft.id)
        .where(
            DraftHolder.secret_hash == secrets.hashed(secret),
            Draft.submission_id == submission_id,
            Draft.expires_at > now(),
        )
    )
    return bool(secret) and session.exec(sent).first() is not None


def let_go_of_expired(session: Session, secret: str, round_: Round) -> None:
    """One past its day is in the way of another until the sweep has been."""
    _let_go(session, secret, select(Draft.id).where(Draft.round_id == round_.id, Draft.expires_at <= now()))


def start_again(session: Session, secret: str, round_: Round) -> None:
    """Let go of a draft that was sent, so that the same browser can begin another."""
    _let_go(session, secret, select(Draft.id).where(Draft.round_id == round_.id, col(Draft.submission_id).is_not(None)))


def _let_go(session: Session, secret: str, draft_ids: Any) -> None:
    own = col(DraftHolder.secret_hash) == secrets.hashed(secret)
    session.exec(delete(DraftHolder).where(own, col(DraftHolder.draft_id).in_(draft_ids)))


def forget(session: Session, draft: Draft) -> None:
    """For good and for all who hold it, as one of them asked."""
    _delete(session, col(Draft.id) == draft.id)


def forget_all(session: Session, round_: Round) -> None:
    """Every draft of a preview."""
    _delete(session, col(Draft.round_id) == round_.id)


def forget_expired(session: Session) -> None:
    """Those that nobody holds at this moment; the next sweep finds the others."""
    over = select(Draft.id).where(col(Draft.expires_at) <= now()).order_by(col(Draft.id)).limit(FORGOTTEN_AT_ONCE)
    _delete(session, col(Draft.id).in_(free(session, over)))


def _delete(session: Session, which: ColumnElement[bool]) -> None:
    """Of those that were never sent, what stays is how many came as far as which page."""
    gone = session.exec(delete(Draft).where(which).returning(Draft.round_id, Draft.reached, Draft.submission_id)).all()
    progress.count_stopped(session, ((round_id, page_id) for round_id, page_id, sent in gone if sent is None))
