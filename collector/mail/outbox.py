"""The mails to be sent, kept in the transaction of what they tell of."""

from dataclasses import dataclass
from datetime import timedelta
from email.errors import HeaderParseError
from email.headerregistry import Address
from typing import Any

from sqlalchemy import ColumnElement, delete, update
from sqlmodel import Session, col, func, select

from collector.database import free, insert_one, now
from collector.leases import SWEEP_AT_ONCE, Claim, Leases
from collector.mail import letters
from collector.mail.models import Mail
from forms import speech
from forms.answers import is_email
from forms.speech import gettext

# How long to wait after each try that failed for now, a day in all; after the last the mail is set aside.
DELAYS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 480, 720))
MOST_ATTEMPTS = len(DELAYS) + 1
# The lease is longer than that of a job: what was read twice is there once, a mail is not.
leases = Leases(
    Mail, "mail", work="The sending", running="sending", lease=timedelta(seconds=30), most_attempts=MOST_ATTEMPTS
)
# Words that were not sent may hold links that open something: long enough to mend an address and send them again.
WORDS_KEPT = timedelta(days=14)
# And to whom something was sent, long enough to answer a question about it.
ROWS_KEPT = timedelta(days=365)
LONGEST_ADDRESS = 254
ENDED = ("sent", "bounced", "set-aside")
FAILED = ("bounced", "set-aside")
# Mails that anybody may have sent, to an address that they type: more in an hour are nobody's own.
ON_REQUEST = ("draft-link", "receipt")
MOST_ON_REQUEST = 500


class NotAnAddress(ValueError):
    """No mail can be sent to this; the message says what to do."""


@dataclass(frozen=True)
class Attachment:
    name: str
    content: bytes


def put(
    session: Session,
    *,
    kind: str,
    to: str,
    words: dict[str, Any],
    about: str = "",
    attachment: Attachment | None = None,
) -> int:
    """Keep a mail to be sent in the caller's transaction; returns its id, for `Queue.ask_for_mail` after the commit.

    `words` fill the template of this kind and must be what JSON can hold; the language that is spoken
    now is noted among them. `about` says what the mail is sent for, like
    "submission/12", so that such mails can be counted. A kind that is not there, a word that its template lacks or an
    address that is none (NotAnAddress) raises here, where somebody can still act on it.
    """
    if speech.now_spoken() != speech.ENGLISH:
        words = {**words, letters.LANGUAGE: speech.now_spoken()}
    letters.written(kind, words, letters.ANY_SITE)
    return insert_one(
        session,
        Mail,
        kind=kind,
        to_address=address_of(to),
        words=words,
        about=about,
        attachment=attachment and attachment.content,
        attachment_name=attachment.name if attachment else "",
    )


def address_of(written: str) -> str:
    """An address as it can stand in a header, or NotAnAddress: nothing that could begin another header gets by."""
    address = written.strip()
    problem = NotAnAddress(gettext("Enter an e-mail address in full, like name@example.org"))
    if len(address) > LONGEST_ADDRESS or not address.isprintable() or not is_email(address):
        raise problem
    try:
        Address(addr_spec=address)
    except (ValueError, IndexError, HeaderParseError):
        raise problem from None
    return address


def claim(session: Session, mail_id: int) -> Claim | None:
    """Take a mail that is due, or return None: somebody is sending it, it is not due yet, has ended or is gone."""
    return leases.claim(session, mail_id, is_due())


def sent(session: Session, claim: Claim, *, forget: bool) -> None:
    """`forget` takes out what it said, so that only kind, recipient and time stay."""
    leases.finish(session, claim, state="sent", attachment=None, **({"words": None} if forget else {}))


def bounced(session: Session, claim: Claim, *, reason: str) -> None:
    leases.finish(session, claim, state="bounced", reason=reason)


def failed(session: Session, claim: Claim, *, reason: str, in_doubt: bool = False) -> None:
    """It could not be sent this time: later again, or set aside when it has had its tries."""
    if in_doubt:
        leases.change(session, claim, in_doubt=True)
    if claim.attempt < MOST_ATTEMPTS:
        leases.change(session, claim, due_at=now() + DELAYS[claim.attempt - 1])
    leases.fail(session, claim, reason=reason)


def sweep(session: Session) -> list[int]:
    """Bring back mails whose worker died, let go of what is too old; return the ids that are due.

    Whether a mail was sent before its worker died nobody can know: it is sent again, and that is told.
    """
    leases.bring_back(session, in_doubt=True)
    forget_old(session)
    return leases.wake(session, is_due(), patience=leases.patience)


def is_due() -> ColumnElement[bool]:
    return col(Mail.due_at) <= now()


def ready():
    """Mails that may be sent now."""
    return select(Mail.id).where(*leases.is_waiting(), is_due()).order_by(col(Mail.due_at), col(Mail.id))


def forget_old(session: Session) -> None:
    ended = select(Mail.id).where(col(Mail.state).in_(ENDED)).order_by(col(Mail.id)).limit(SWEEP_AT_ONCE)
    worded = ended.where(col(Mail.finished_at) < now() - WORDS_KEPT, col(Mail.words).is_not(None))
    leases.set_all(session, free(session, worded), words=None, attachment=None)
    old = free(session, ended.where(col(Mail.finished_at) < now() - ROWS_KEPT))
    session.exec(delete(Mail).where(col(Mail.id).in_(old)))


def worded(session: Session, mail_ids: list[int]) -> set[int]:
    """Those of the mails that still hold their words."""
    return set(session.exec(select(Mail.id).where(col(Mail.id).in_(mail_ids), col(Mail.words).is_not(None))))


def send_again(session: Session, mail_id: int) -> bool:
    """Give a mail that bounced or was set aside a fresh start; False when it is in no such state or its words are gone.

    Pressing twice sends once."""
    again = session.exec(
        update(Mail)
        .where(col(Mail.id) == mail_id, col(Mail.state).in_(FAILED), col(Mail.words).is_not(None))
        .values(state="waiting", attempts=0, reason="", due_at=now(), woken_at=now(), finished_at=None)
    )
    return again.rowcount == 1


def too_many_on_request(session: Session) -> bool:
    """Whether so many mails were asked for in the last hour, by whomever, that somebody seems to flood mailboxes."""
    lately = col(Mail.created_at) > now() - timedelta(hours=1), col(Mail.kind).in_(ON_REQUEST)
    return session.exec(select(func.count()).where(*lately)).one() >= MOST_ON_REQUEST
