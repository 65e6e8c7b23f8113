"""Staff: every mail, whether it waits, went out or came back."""

from typing import Annotated, Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect, Template
from sqlalchemy import func
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from collector.accounts.access import REVIEWERS
from collector.database import Database
from collector.mail import letters, outbox
from collector.mail.models import Mail
from collector.queue import Queue
from collector.settings import Settings
from collector.web.page import page as show
from collector.web.turns import PageNumber, filters, turn_of, turn_shown

AT_ONCE = 50
STATES = {
    "waiting": "Waiting",
    "sending": "Being sent",
    "sent": "Sent",
    "bounced": "Bounced",
    "set-aside": "Set aside",
}
# Said of what was "sent" where no server is named: nothing left this machine.
TO_A_FILE = {**STATES, "sent": "Written to a file"}
# Said of a mail that was being handed over when that was cut off.
DOUBTS = {
    "sent": "May have arrived twice",
    "bounced": "May have arrived all the same",
    "set-aside": "May have arrived all the same",
}
NOT_YET = "May have arrived already"


@get("/staff/mail", sync_to_thread=True)
def mails(
    request: Request,
    database: NamedDependency[Database],
    wanted_state: Annotated[str, QueryParameter(name="state")] = "",
    number: PageNumber = 1,
) -> Template:
    words = words_for(request)
    with database.reading() as session:
        by_state = dict(session.exec(select(Mail.state, func.count()).group_by(Mail.state)).all())
        total = by_state.get(wanted_state, 0) if wanted_state in STATES else sum(by_state.values())
        turn = turn_of(number, total, AT_ONCE)
        chosen = newest().where(Mail.state == wanted_state) if wanted_state in STATES else newest()
        rows = session.exec(chosen.offset(turn.offset).limit(AT_ONCE)).all()
    asked = {"state": wanted_state}
    return show(
        request,
        "mail/mails.html",
        rows=[shown(mail, words) for mail in rows],
        filters=filters(request.url.path, "state", words, by_state, asked),
        pages=turn_shown(turn, request.url.path, asked),
        total=total,
        any_at_all=bool(by_state),
        local=is_local(request),
    )


def newest():
    """Without what a mail carries: a page of them would be megabytes."""
    heavy = defer(Mail.words), defer(Mail.attachment)
    return select(Mail).options(*heavy).order_by(col(Mail.created_at).desc(), col(Mail.id).desc())


def words_for(request: Request) -> dict[str, str]:
    return TO_A_FILE if is_local(request) else STATES


def is_local(request: Request) -> bool:
    return not request.app.state.settings.mail_url


def shown(mail: Mail, words: dict[str, str]) -> dict[str, Any]:
    return {
        "url": f"/staff/mail/{mail.id}",
        "kind": mail.kind.replace("-", " ").capitalize(),
        "to": mail.to_address,
        "state": {"id": mail.state, "word": words[mail.state]},
        "created_at": mail.created_at,
        "finished_at": mail.finished_at,
        "next_try": mail.due_at if mail.state == "waiting" and mail.attempts else None,
        "attempts": mail.attempts,
        "reason": mail.reason,
        "failed": mail.state in outbox.FAILED,
        "doubt": DOUBTS.get(mail.state, NOT_YET) if mail.in_doubt and words is STATES else "",
    }


@get("/staff/mail/{mail_id:int}", sync_to_thread=True)
def mail(request: Request, database: NamedDependency[Database], mail_id: FromPath[int]) -> Template:
    settings: Settings = request.app.state.settings
    with database.reading() as session:
        found = fetched(session, mail_id)
        words_kept = found.words is not None
        readable = words_kept and is_local(request)
        letter = letters.written(found.kind, found.words, letters.site_of(settings)) if readable else None
        return show(
            request,
            "mail/mail.html",
            mail=shown(found, words_for(request)),
            subject=letter.subject if letter else "",
            blocks=letters.blocks_of(letter, settings.base_url) if letter else [],
            attachment=found.attachment_name,
            words_kept=words_kept,
            may_send_again=found.state in outbox.FAILED and words_kept and request.user.role in REVIEWERS,
            local=is_local(request),
        )


def fetched(session: Session, mail_id: int) -> Mail:
    found = session.exec(select(Mail).options(defer(Mail.attachment)).where(Mail.id == mail_id)).first()
    if found is None:
        raise NotFoundException("There is no mail at this address")
    return found


@post("/staff/mail/{mail_id:int}/again", sync_to_thread=True)
def send_again(database: NamedDependency[Database], queue: NamedDependency[Queue], mail_id: FromPath[int]) -> Redirect:
    """Pressed twice, or by two people, it is sent once; the page then says how it is."""
    with database.writing() as session:
        fetched(session, mail_id)
        again = outbox.send_again(session, mail_id)
        session.commit()
    if again:
        queue.ask_for_mail([mail_id])
    return Redirect(f"/staff/mail/{mail_id}", status_code=303)


handlers = [mails, mail, send_again]
