"""Sends mails. What a mail says and how it leaves is known in the room `mail`."""

import logging
import time
from collections.abc import Callable
from functools import partial

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from collector.database import Busy
from collector.leases import Claim
from collector.mail import delivery, letters, outbox
from collector.mail.delivery import CutOff, Later, Post, Refused
from collector.mail.models import Mail
from collector.queue import MAIL_TASK
from worker import leased, tasks
from worker.app import app, settings

log = logging.getLogger(__name__)

# Seconds that one call may take, whatever the server does.
TIME_LIMIT = 240
# Seconds after which a call puts back what is left, so that others have their turn.
TURN = 20
# Seconds between tries to note what became of a mail, as long as its lease may last: one that is sent and not noted is
# sent again.
NOTING = (0, 1, 2, 5, 5, 5, 5, 5)


@app.task(name=MAIL_TASK, time_limit=TIME_LIMIT)
def send_mail(mail_ids: list[int]) -> None:
    """Send these mails. An id more or less is no matter: each mail is claimed before it is sent."""
    until = time.monotonic() + TURN
    with delivery.opened(settings) as post:
        for number, mail_id in enumerate(mail_ids):
            if number and time.monotonic() > until:
                tasks.queue().send(mail_ids[number:], MAIL_TASK)
                return
            send(mail_id, post)


def send(mail_id: int, post: Post) -> None:
    claim = claimed(mail_id)
    if claim is not None:
        with leased.held(tasks.database(), outbox.leases, claim):
            note(claim, outcome_of(claim, post))


def claimed(mail_id: int) -> Claim | None:
    with tasks.database().writing() as session:
        claim = outbox.claim(session, mail_id)
        session.commit()
    return claim


def outcome_of(claim: Claim, post: Post) -> Callable[[Session, Claim], None]:
    """Try to deliver it, with no connection to the database held; returns how to note what became of it."""
    try:
        with tasks.database().reading() as session:
            message = letters.message_of(session.get_one(Mail, claim.id), settings)
        post.deliver(claim.id, message)
    except Refused as problem:
        log.warning("mail %s bounced", claim.id)
        return partial(outbox.bounced, reason=str(problem))
    except Later as problem:
        log.warning("mail %s was not sent at attempt %s", claim.id, claim.attempt)
        return partial(outbox.failed, reason=str(problem), in_doubt=isinstance(problem, CutOff))
    except Exception as problem:
        # The kind of trouble only: a message may carry words that somebody wrote.
        log.error("mail %s failed at attempt %s: %s", claim.id, claim.attempt, type(problem).__name__)
        return partial(outbox.failed, reason=f"The mail could not be made ({type(problem).__name__})")
    return partial(outbox.sent, forget=post.forgets)


def note(claim: Claim, outcome: Callable[[Session, Claim], None]) -> None:
    for pause in NOTING:
        time.sleep(pause)
        try:
            with tasks.database().writing() as session:
                outcome(session, claim)
                session.commit()
            return
        except (SQLAlchemyError, Busy) as problem:
            log.error("mail %s: what became of it is not noted yet: %s", claim.id, type(problem).__name__)
