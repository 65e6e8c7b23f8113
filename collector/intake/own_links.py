"""A submission's own link: it lets its respondent see, correct and withdraw what they sent. The receipt is no such key.

The secret of the link is made from that of the browser that sends, so that this browser can be shown it again and the
database holds no more than its hash. A link that somebody lost is replaced by staff, and the earlier one ends.
"""

from datetime import timedelta

from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from collector.accounts import secrets
from collector.database import insert_once, now
from collector.intake import references
from collector.intake.models import Submission, SubmissionAccess, SubmissionChange

LENGTH = 48  # hexadecimal digits, as random as any other secret: 192 bits
# After it the link is asked for again: long enough for a day's work on it, and short for a browser that others use.
OPEN_FOR = timedelta(hours=12)


def secret_for(visitor: str, idempotency_key: str) -> str:
    return secrets.signed(visitor.encode("utf-8", "surrogatepass"), f"own link {idempotency_key}")[:LENGTH]


def held_by(visitor: str, submission: Submission) -> str:
    """The secret of this submission's link where the browser of this visitor sent it; else nothing."""
    secret = secret_for(visitor, submission.idempotency_key)
    return secret if visitor and submission.own_link_hash == secrets.hashed(secret) else ""


def url(secret: str) -> str:
    return f"/my-submission/{secret}"


def submission_url(submission: Submission) -> str:
    """Where a browser that was let in sees it: an address that opens nothing to anybody else."""
    return f"/submissions/{references.shown(submission.reference)}"


def submission_of(session: Session, secret: str, *, to_let_in: bool = False) -> Submission | None:
    """Where it is `to_let_in` a browser, no other link takes the place of this one until the commit."""
    found = select(Submission).where(Submission.own_link_hash == secrets.hashed(secret))
    return session.exec(found.with_for_update(read=True) if to_let_in else found).first()


def let_in(session: Session, visitor: str, submission_id: int) -> None:
    """Let this browser see the submission for some hours. The caller commits."""
    kept = {"submission_id": submission_id, "visitor_hash": secrets.hashed(visitor), "expires_at": now() + OPEN_FOR}
    insert_once(session, SubmissionAccess, [kept], ["submission_id", "visitor_hash"])
    session.exec(update(SubmissionAccess).where(*_of(visitor, submission_id)).values(expires_at=kept["expires_at"]))


def forget_expired(session: Session) -> None:
    """Browsers that were let in long enough ago, of those submissions that nobody is at work on."""
    over = select(SubmissionAccess).where(SubmissionAccess.expires_at <= now()).limit(500)
    for one in session.exec(over.with_for_update(skip_locked=True)).all():
        session.delete(one)


def shut_out(session: Session, visitor: str, submission_id: int) -> None:
    session.exec(delete(SubmissionAccess).where(*_of(visitor, submission_id)))


def opened(session: Session, visitor: str, typed: str, *, to_change: bool = False) -> Submission | None:
    """The submission of this reference, where this browser was let in.

    One opened `to_change` is held until the commit, so that two changes at once come one after the other.
    """
    found = (
        select(Submission)
        .join(SubmissionAccess, col(SubmissionAccess.submission_id) == Submission.id)
        .where(
            Submission.reference == references.read(typed),
            SubmissionAccess.visitor_hash == secrets.hashed(visitor),
            SubmissionAccess.expires_at > now(),
        )
    )
    return session.exec(found.with_for_update(key_share=True, of=Submission) if to_change else found).first()


def renew(session: Session, submission: Submission, staff_id: int) -> str:
    """A fresh link in the place of the one that was lost; returns its secret, which is kept nowhere. Caller commits."""
    secret = secrets.fresh()
    submission.own_link_hash = secrets.hashed(secret)
    session.add(submission)
    session.exec(delete(SubmissionAccess).where(col(SubmissionAccess.submission_id) == submission.id))
    session.add(SubmissionChange(submission_id=submission.id, staff_id=staff_id))
    return secret


def _of(visitor: str, submission_id: int):
    return (
        col(SubmissionAccess.submission_id) == submission_id,
        col(SubmissionAccess.visitor_hash) == secrets.hashed(visitor),
    )
