"""Links to a draft: for another device of one's own, or for a colleague. Each makes one browser a holder, once."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import delete, func, update
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from collector.accounts import secrets, staff
from collector.database import free, now
from collector.intake import drafts
from collector.intake.models import Draft, DraftLink, Round
from collector.mail import outbox
from collector.mail.models import Mail

LASTS = timedelta(days=7)
# Enough for a partnership on one day, too few to fill the mailboxes of strangers.
MOST_OF_A_DRAFT = 10
MOST_TO_AN_ADDRESS = 5
WITHIN = timedelta(days=1)
AT_ONCE = 500


class State(StrEnum):
    USABLE = "usable"
    USED = "used"
    EXPIRED = "expired"
    SENT = "sent"
    GONE = "gone"


@dataclass(frozen=True)
class Found:
    """A link that was made once, and the draft that it leads to."""

    link: DraftLink
    draft: Draft | None

    @property
    def state(self) -> State:
        if self.draft is None or self.draft.expires_at <= now():
            return State.GONE
        if self.draft.submission_id is not None:
            return State.SENT
        if self.link.used_at is not None:
            return State.USED
        return State.USABLE if self.link.expires_at > now() else State.EXPIRED


def make(session: Session, draft: Draft, *, email: str = "", by: str = "") -> tuple[str, DraftLink]:
    """A new link and its secret, which is given here once and cannot be read again. `by` is its maker's own secret."""
    secret = secrets.fresh()
    link = DraftLink(
        draft_id=draft.id,
        secret_hash=secrets.hashed(secret),
        email_hash=hashed_address(email) if email else None,
        made_by=secrets.hashed(by) if by else "",
        expires_at=min(now() + LASTS, draft.expires_at),
    )
    session.add(link)
    session.flush()
    return secret, link


def about(link: DraftLink) -> str:
    """What the mail with this link is sent for."""
    return f"draft-link/{link.id}"


def not_arrived(session: Session, links: list[DraftLink]) -> dict[int, Mail]:
    """The mails with these links that came back or could not be sent, by the link."""
    ids = {about(link): link.id for link in links if link.email_hash}
    mails = select(Mail).where(col(Mail.about).in_(ids), col(Mail.state).in_(outbox.FAILED))
    return {ids[mail.about]: mail for mail in session.exec(mails.options(defer(Mail.words), defer(Mail.attachment)))}


def way_back(session: Session, draft: Draft) -> DraftLink | None:
    """The newest link by which somebody may still come to a draft; one whose mail did not arrive leads nobody there."""
    open_ = unused(session, draft)
    lost = not_arrived(session, open_)
    return next((link for link in reversed(open_) if link.id not in lost), None)


def hashed_address(email: str) -> str:
    return secrets.hashed(staff.address(email))


def too_many(session: Session, draft: Draft) -> bool:
    return count(session, DraftLink.draft_id == draft.id) >= MOST_OF_A_DRAFT


def too_many_to(session: Session, email: str) -> bool:
    """Mails to one address, from whichever draft."""
    return count(session, DraftLink.email_hash == hashed_address(email)) >= MOST_TO_AN_ADDRESS


def count(session: Session, whose: bool) -> int:
    return session.exec(select(func.count()).where(whose, DraftLink.made_at > now() - WITHIN)).one()


def find(session: Session, secret: str) -> Found | None:
    row = session.exec(
        select(DraftLink, Draft)
        .outerjoin(Draft, col(Draft.id) == DraftLink.draft_id)
        .where(DraftLink.secret_hash == secrets.hashed(secret))
    ).first()
    return Found(*row) if row else None


def unused(session: Session, draft: Draft) -> list[DraftLink]:
    """Those of a draft that somebody may still open, the newest last."""
    return list(session.exec(select(DraftLink).where(*_open_of(draft)).order_by(col(DraftLink.id))))


def stop_all(session: Session, draft: Draft) -> None:
    """No link that has not been used opens it any more."""
    session.exec(update(DraftLink).where(*_open_of(draft)).values(expires_at=now()))


def _open_of(draft: Draft) -> tuple[bool, ...]:
    return (
        DraftLink.draft_id == draft.id,
        col(DraftLink.used_at).is_(None),
        DraftLink.expires_at > now(),
    )


def use(session: Session, found: Found, visitor: str, round_: Round, name: str) -> bool:
    """Use the link up and make this browser a holder; False where the link or the draft has gone meanwhile.

    What the browser sent before in this round is let go of: its receipt has an address of its own.
    """
    locked = select(Draft).where(Draft.id == found.link.draft_id).with_for_update()
    draft = session.exec(locked, execution_options={"populate_existing": True}).first()
    if draft is None or draft.submission_id is not None or draft.expires_at <= now():
        return False
    this_one = col(DraftLink.id) == found.link.id
    if session.exec(update(DraftLink).where(this_one, *_open_of(draft)).values(used_at=now())).rowcount != 1:
        return False
    drafts.let_go_of_expired(session, visitor, round_)
    drafts.start_again(session, visitor, round_)
    drafts.hold(session, draft, visitor, name)
    return drafts.find(session, visitor, round_) is draft


def forget_old(session: Session) -> None:
    """Those past their day; a link of today still counts against what may be mailed."""
    old = free(session, select(DraftLink.id).where(col(DraftLink.expires_at) <= now() - WITHIN).limit(AT_ONCE))
    session.exec(delete(DraftLink).where(col(DraftLink.id).in_(old)))
