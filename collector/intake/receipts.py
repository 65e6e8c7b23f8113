"""The receipt: proves that answers were sent; for a while, who sent them can have a copy, or the receipt by e-mail."""

from collections import Counter
from datetime import timedelta

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from sqlmodel import Session, col, select

from collector.database import Database, now
from collector.intake import copies, drafts, item_states, own_links, receipt_mails, references, rounds, submissions
from collector.intake.models import Job, Round, Source, Submission
from collector.intake.receipt_mails import TooMany, TooManyNow, TooManyTo, Withdrawn
from collector.mail.outbox import NotAnAddress
from collector.organisations.models import Organisation
from collector.queue import Queue
from collector.web.page import page as show
from collector.web.page import visitor_secret
from collector.web.posted import Posted, first
from forms.speech import gettext, message

TOO_MANY = message("This receipt has been sent by e-mail %(most)s times. It cannot be sent again")
TOO_MANY_NOW = message("Many people have asked for an e-mail just now. Try again in an hour, or print this page")
TOO_MANY_TO = message("Many receipts were sent to this address today. Enter another address, or print this page")
# Long enough to think of it, and short enough for a browser that others use too.
COPIED_FOR = timedelta(hours=1)


@get("/receipts/{key:str}", sync_to_thread=True)
def receipt(request: Request, database: NamedDependency[Database], key: FromPath[str]) -> Template:
    with database.reading() as session:
        return receipt_page(request, session, found(session, key))


def receipt_page(
    request: Request,
    session: Session,
    submission: Submission,
    *,
    problem: str = "",
    email: str = "",
    with_answers: bool = False,
    with_link: bool = False,
) -> Template:
    organisation = session.get(Organisation, submission.organisation_id) if submission.organisation_id else None
    url, own = submissions.receipt_url(submission.receipt_key), may_copy(request, session, submission)
    mails = receipt_mails.asked_for(session, submission.id) if own else []
    return show(
        request,
        "intake/receipt.html",
        status_code=422 if problem else 200,
        sample=session.get_one(Round, submission.round_id).sample,
        reference=references.shown(submission.reference),
        title=rounds.spoken(session, submission.questionnaire_id).title,
        received_at=submission.received_at,
        analysed=state_of(session, submission) == "done",
        name=organisation.name if organisation else "",
        copy_url=f"{url}/{copies.PDF}" if own else "",
        word_url=f"{url}/{copies.WORD}" if own else "",
        copy_until=submission.received_at + COPIED_FOR,
        mail_url=f"{url}/mail",
        mails=mails,
        may_mail=own and len(mails) < receipt_mails.MOST,
        problem=problem,
        email=email,
        with_answers=with_answers,
        with_link=with_link,
        withdrawn_at=submission.withdrawn_at,
        became=Counter(one.state.state for one in item_states.told(session, submission)),
        own_link=request.app.state.settings.base_url + path if (path := own_path(request, submission)) else "",
    )


@get(f"/receipts/{{key:str}}/{copies.PDF}", sync_to_thread=True)
def pdf(request: Request, database: NamedDependency[Database], key: FromPath[str]) -> Response:
    return copy(request, database, key, copies.PDF)


@get(f"/receipts/{{key:str}}/{copies.WORD}", sync_to_thread=True)
def word(request: Request, database: NamedDependency[Database], key: FromPath[str]) -> Response:
    return copy(request, database, key, copies.WORD)


def copy(request: Request, database: Database, key: str, name: str) -> Response:
    with database.reading() as session:
        submission = found(session, key)
        if not may_copy(request, session, submission):
            raise NotFoundException("There is no copy of these answers for this browser")
        written, reference = copies.of(session, submission), references.shown(submission.reference)
    return copies.download(written, name, submissions.receipt_url(key), reference)


@post("/receipts/{key:str}/mail", sync_to_thread=True)
def send(
    request: Request,
    database: NamedDependency[Database],
    queue: NamedDependency[Queue],
    posted: NamedDependency[Posted],
    key: FromPath[str],
) -> Response:
    email, with_answers, with_link = first(posted, "email"), "with-answers" in posted, "with-link" in posted
    # Writing a document takes a while: not in a session that others wait for.
    with database.reading() as session:
        submission = found(session, key)
        if not may_copy(request, session, submission):
            raise NotFoundException("This browser can no longer have this receipt by e-mail")
        title = rounds.spoken(session, submission.questionnaire_id).title
        written, reference = copies.of(session, submission), references.shown(submission.reference)
    answers = copies.as_attachment(written, reference) if with_answers else None
    with database.writing() as session:
        submission = found(session, key)
        try:
            own = own_path(request, submission) if with_link else ""
            mail_id = receipt_mails.put(session, submission, title=title, to=email, answers=answers, own_path=own)
        except (NotAnAddress, TooManyTo, TooManyNow) as problem:
            told = {TooManyTo: gettext(TOO_MANY_TO), TooManyNow: gettext(TOO_MANY_NOW)}.get(type(problem), str(problem))
            typed = {"email": email, "with_answers": with_answers, "with_link": with_link}
            return receipt_page(request, session, submission, problem=told, **typed)
        except TooMany:
            return receipt_page(request, session, submission, problem=gettext(TOO_MANY, most=receipt_mails.MOST))
        except Withdrawn:
            return Redirect(submissions.receipt_url(key), status_code=303)
        session.commit()
    if mail_id is not None:
        queue.ask_for_mail([mail_id])
    return Redirect(f"{submissions.receipt_url(key)}#mail", status_code=303)


def found(session: Session, key: str) -> Submission:
    submission = submissions.by_receipt_key(session, key)
    if submission is None:
        raise NotFoundException("There is no receipt at this address")
    return submission


def may_copy(request: Request, session: Session, submission: Submission) -> bool:
    """The address of a receipt may be passed on; the answers are for the browser that sent them."""
    recent = now() < submission.received_at + COPIED_FOR and not submission.withdrawn_at
    return recent and drafts.was_sent_by(session, visitor_secret(request), submission.id)


def own_path(request: Request, submission: Submission) -> str:
    """The way to see and change what was sent, for the browser that sent it and as long as the copy."""
    recent = now() < submission.received_at + COPIED_FOR and not submission.withdrawn_at
    secret = own_links.held_by(visitor_secret(request), submission) if recent else ""
    return own_links.url(secret) if secret else ""


def state_of(session: Session, submission: Submission) -> str | None:
    """The state of the latest job on the answers of this submission."""
    jobs = select(Job.state).join(Source)
    jobs = jobs.where(Source.submission_id == submission.id, col(Source.upload_id).is_(None))
    return session.exec(jobs.order_by(Job.id.desc())).first()


handlers = [receipt, pdf, word, send]
