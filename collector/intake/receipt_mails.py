"""The receipt by e-mail: for who sent the answers, and so few that nobody can be flooded with it."""

from dataclasses import dataclass
from datetime import timedelta

from sqlmodel import Session, col, func, select

from collector import dates
from collector.database import now
from collector.intake import references, submissions
from collector.intake.models import Submission
from collector.mail import outbox
from collector.mail.models import Mail
from collector.mail.outbox import Attachment

KIND = "receipt"
MOST = 3
# Of whichever answers: enough for who keeps the receipts of a large office.
MOST_TO_AN_ADDRESS = 20
WITHIN = timedelta(days=1)
UNDER_WAY = ("waiting", "sending")


class TooMany(Exception):
    """This receipt was mailed as often as it may be."""


class TooManyTo(Exception):
    """This address was sent as many receipts today as it may be."""


class Withdrawn(Exception):
    """What was sent is gone, and no copy of it goes anywhere."""


class TooManyNow(Exception):
    """So many mails were asked for in the last hour, by whomever, that no more are sent for now."""


@dataclass(frozen=True)
class Asked:
    """A mail of this receipt that was asked for."""

    to: str
    state: str
    with_answers: bool
    with_link: bool


def put(
    session: Session, submission: Submission, *, title: str, to: str, answers: Attachment | None, own_path: str = ""
) -> int | None:
    """Keep a mail of the receipt, with a copy of the `answers` where that is given; returns its id.

    `own_path` is the respondent's own link, where that is to go along.

    None where the very same is on its way already: a button was pressed twice. Raises Withdrawn, TooMany,
    TooManyTo, TooManyNow or NotAnAddress.
    """
    # Two at once take turns here, so that they cannot both be the last; and it may be withdrawn since it was copied.
    held = select(Submission.withdrawn_at).where(Submission.id == submission.id).with_for_update()
    if session.exec(held).one():
        raise Withdrawn
    before, address = asked_for(session, submission.id), outbox.address_of(to)
    wanted = (address, bool(answers), bool(own_path))
    if any((one.to, one.with_answers, one.with_link) == wanted and one.state in UNDER_WAY for one in before):
        return None
    if len(before) >= MOST:
        raise TooMany
    if too_many_to(session, address):
        raise TooManyTo
    if outbox.too_many_on_request(session):
        raise TooManyNow
    reference = references.shown(submission.reference)
    return outbox.put(
        session,
        kind=KIND,
        to=address,
        about=about(submission.id),
        words={
            "reference": reference,
            "questionnaire": title,
            "received": dates.in_full(submission.received_at),
            "receipt_path": submissions.receipt_url(submission.receipt_key),
            "with_answers": bool(answers),
            "own_path": own_path,
        },
        attachment=answers,
    )


def asked_for(session: Session, submission_id: int) -> list[Asked]:
    chosen = select(Mail.to_address, Mail.state, Mail.attachment_name, Mail.words)
    mails = session.exec(chosen.where(Mail.about == about(submission_id)).order_by(col(Mail.id)))
    # What a mail said is gone once it is sent.
    return [Asked(to, state, bool(name), bool((words or {}).get("own_path"))) for to, state, name, words in mails]


def too_many_to(session: Session, address: str) -> bool:
    to_it = func.lower(Mail.to_address) == address.lower()
    today = select(func.count()).where(col(Mail.created_at) > now() - WITHIN, Mail.kind == KIND, to_it)
    return session.exec(today).one() >= MOST_TO_AN_ADDRESS


def about(submission_id: int) -> str:
    return f"submission/{submission_id}"
