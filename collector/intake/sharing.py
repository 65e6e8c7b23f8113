"""Answers on another device, and with colleagues: links that share a draft, and a way to let go of it."""

from datetime import datetime
from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from sqlmodel import Session

from collector import dates
from collector.accounts import secrets
from collector.database import Database
from collector.intake import drafts, links, rounds, submissions
from collector.intake.links import Found, State
from collector.intake.models import DraftHolder, Round, Submission
from collector.intake.place import Place, place_of
from collector.intake.task_list import not_begun, open_or_closed
from collector.mail import outbox
from collector.queue import Queue
from collector.web.page import page as show
from collector.web.page import visitor_secret
from collector.web.posted import Posted, first
from forms import answers as forms_answers
from forms.questions import Question
from forms.speech import gettext, message

NAME = Question.model_validate({"id": "name", "type": "text", "label": "Your name", "max-length": 60, "optional": True})
SENT = "sent"  # in the query: a link is on its way
NOT_IN_ADDRESSES = {"Referrer-Policy": "no-referrer"}
TOO_MANY = message("%(most)s links were made for these answers in one day. Make the next one tomorrow")
TOO_MANY_NOW = message("Many people have asked for an e-mail just now. Try again in an hour, or make a link to copy")
TOO_MANY_TO = message("Several links were sent to this address today. Look for them there, or make a link to copy")


# -- A link to these answers ------------------------------------------------------------------------


@get("/questionnaires/{slug:str}/share", sync_to_thread=True)
def share_page(request: Request, database: NamedDependency[Database], slug: FromPath[str]) -> Response:
    with database.reading() as session:
        place = place_of(session, request, slug)
        if elsewhere := not_to_share(request, session, place):
            return elsewhere
        return share(request, session, place, sent=SENT in request.query_params)


def not_to_share(request: Request, session: Session, place: Place) -> Response | None:
    """The link to a preview is shared as it is; what one types there is for nobody else."""
    if place.round_.preview:
        return Redirect(place.tasks_url, status_code=303)
    return not_begun(request, session, place)


def share(
    request: Request,
    session: Session,
    place: Place,
    *,
    typed: dict[str, str] | None = None,
    problems: dict[str, str] | None = None,
    sent: bool = False,
) -> Template:
    own = secrets.hashed(visitor_secret(request))
    holders = drafts.holders_of(session, place.draft)
    waiting = links.unused(session, place.draft)
    lost = links.not_arrived(session, [one for one in waiting if one.made_by == own])
    name = next((one.name for one in holders if one.secret_hash == own), "")
    return show(
        request,
        "intake/share.html",
        status_code=422 if problems else 200,
        questionnaire=place.questionnaire,
        url=f"{place.url}/share",
        tasks_url=place.tasks_url,
        leave_url=f"{place.url}/leave",
        holders=[listed(one, own) for one in holders],
        typed={"name": name, "email": "", **(typed or {})},
        problems=problems or {},
        sent=sent and not lost,
        lost=[{"to": mail.to_address, "at": mail.created_at} for mail in lost.values()],
        waiting=len(waiting),
        waiting_until=waiting[-1].expires_at if waiting else None,
        lasts=links.LASTS.days,
        mails_go_out=bool(request.app.state.settings.mail_url),
    )


def listed(holder: DraftHolder, own: str) -> dict[str, Any]:
    return {"name": holder.name, "here": holder.secret_hash == own, "joined_at": holder.joined_at}


@post("/questionnaires/{slug:str}/share/email", sync_to_thread=True)
def email_link(
    request: Request,
    database: NamedDependency[Database],
    queue: NamedDependency[Queue],
    posted: NamedDependency[Posted],
    slug: FromPath[str],
) -> Response:
    with database.writing() as session:
        place = place_of(session, request, slug, to_change=True)
        if elsewhere := not_to_share(request, session, place):
            return elsewhere
        name, problems = name_in(posted)
        email, problem = address_in(session, place, posted)
        problems |= {"email": problem} if problem else {}
        if problems:
            return share(request, session, place, typed={"name": name, "email": email}, problems=problems)
        drafts.call(session, visitor_secret(request), place.draft, name)
        secret, link = links.make(session, place.draft, email=email, by=visitor_secret(request))
        words = {
            "questionnaire": place.questionnaire.title,
            "path": path_of(secret),
            "until": dates.in_words(link.expires_at),
            "closes_on": dates.in_words(place.round_.closes_on) if place.round_.closes_on else "",
        }
        mail_id = outbox.put(session, kind="draft-link", to=email, words=words, about=links.about(link))
        session.commit()
    queue.ask_for_mail([mail_id])
    return Redirect(f"{place.url}/share?{SENT}=1", status_code=303)


@post("/questionnaires/{slug:str}/share/link", sync_to_thread=True)
def show_link(
    request: Request, database: NamedDependency[Database], posted: NamedDependency[Posted], slug: FromPath[str]
) -> Response:
    with database.writing() as session:
        place = place_of(session, request, slug, to_change=True)
        if elsewhere := not_to_share(request, session, place):
            return elsewhere
        name, problems = name_in(posted)
        if links.too_many(session, place.draft):
            problems["email"] = too_many()
        if problems:
            typed = {"name": name, "email": first(posted, "email")}
            return share(request, session, place, typed=typed, problems=problems)
        drafts.call(session, visitor_secret(request), place.draft, name)
        secret, link = links.make(session, place.draft)
        until = link.expires_at
        session.commit()
    return show(
        request,
        "intake/share_link.html",
        questionnaire=place.questionnaire,
        link=request.app.state.settings.base_url + path_of(secret),
        until=until,
        share_url=f"{place.url}/share",
        tasks_url=place.tasks_url,
        leave_url=f"{place.url}/leave",
    )


@post("/questionnaires/{slug:str}/share/stop", sync_to_thread=True)
def stop_links(request: Request, database: NamedDependency[Database], slug: FromPath[str]) -> Response:
    with database.writing() as session:
        place = place_of(session, request, slug, to_change=True)
        if elsewhere := not_to_share(request, session, place):
            return elsewhere
        links.stop_all(session, place.draft)
        session.commit()
    return Redirect(f"{place.url}/share", status_code=303)


def path_of(secret: str) -> str:
    return f"/drafts/{secret}"


def name_in(posted: Posted) -> tuple[str, dict[str, str]]:
    """A name that colleagues are shown, in place of which nothing will do; and what is the matter with it."""
    sent = [text.strip() for text in forms_answers.listed(posted.get("name", []))]
    name, problem = forms_answers.judge(NAME, sent)
    return (name or "", {}) if not problem else ("".join(sent), {"name": problem})


def too_many() -> str:
    return gettext(TOO_MANY, most=links.MOST_OF_A_DRAFT)


def address_in(session: Session, place: Place, posted: Posted) -> tuple[str, str]:
    typed = first(posted, "email")
    if not typed.strip():
        return typed, gettext("Enter the e-mail address that the link should go to")
    try:
        email = outbox.address_of(typed)
    except outbox.NotAnAddress as problem:
        return typed, str(problem)
    if links.too_many(session, place.draft):
        return typed, too_many()
    if outbox.too_many_on_request(session):
        return typed, gettext(TOO_MANY_NOW)
    return email, gettext(TOO_MANY_TO) if links.too_many_to(session, email) else ""


# -- Off this device --------------------------------------------------------------------------------


@get("/questionnaires/{slug:str}/leave", sync_to_thread=True)
def ask_to_leave(request: Request, database: NamedDependency[Database], slug: FromPath[str]) -> Response:
    with database.reading() as session:
        place = open_or_closed(session, request, slug)
        if elsewhere := not_begun(request, session, place):
            return elsewhere
        return leaving(request, place, until=way_back(session, place))


def leaving(request: Request, place: Place, *, until: datetime | None, status_code: int = 200) -> Template:
    return show(
        request,
        "intake/leave.html",
        status_code=status_code,
        questionnaire=place.questionnaire,
        action=f"{place.url}/leave",
        tasks_url=place.tasks_url,
        share_url=f"{place.url}/share",
        forget_url=f"{place.url}/forget",
        colleagues=place.holders - 1,
        until=until,
        saved=place.saved,
    )


def way_back(session: Session, place: Place) -> datetime | None:
    """Until when somebody can still open the draft by a link that was not used."""
    link = links.way_back(session, place.draft)
    return link.expires_at if link else None


@post("/questionnaires/{slug:str}/leave", sync_to_thread=True)
def leave(request: Request, database: NamedDependency[Database], slug: FromPath[str]) -> Response:
    with database.writing() as session:
        place = open_or_closed(session, request, slug, to_change=True)
        if elsewhere := not_begun(request, session, place):
            return elsewhere
        until = way_back(session, place)
        place.holders = len(drafts.holders_of(session, place.draft))  # counted again, now that nobody else can leave
        if place.holders == 1 and until is None:
            return leaving(request, place, until=None, status_code=409)
        drafts.leave(session, visitor_secret(request), place.draft)
        session.commit()
    return show(
        request,
        "intake/left.html",
        questionnaire=place.questionnaire,
        start_url=place.url,
        colleagues=place.holders - 1,
        until=until,
    )


# -- What a link opens ------------------------------------------------------------------------------


@get("/drafts/{link:str}", sync_to_thread=True)
def link_page(request: Request, database: NamedDependency[Database], link: FromPath[str]) -> Response:
    """Looking at a link does not use it up: mail scanners look too."""
    with database.reading() as session:
        found = links.find(session, link)
        return spent(request, session, found) or offered(request, session, found)


@post("/drafts/{link:str}", sync_to_thread=True)
def use_link(
    request: Request, database: NamedDependency[Database], posted: NamedDependency[Posted], link: FromPath[str]
) -> Response:
    with database.writing() as session:
        found = links.find(session, link)
        if elsewhere := spent(request, session, found):
            return elsewhere
        name, problems = name_in(posted)
        round_ = session.get_one(Round, found.draft.round_id)
        if problems or own_beside(session, request, found):
            return offered(request, session, found, name=name, problems=problems, status_code=422 if problems else 409)
        if not links.use(session, found, visitor_secret(request), round_, name):
            session.rollback()  # somebody was faster, maybe this very browser
            found = links.find(session, link)
            return spent(request, session, found) or offered(request, session, found, name=name, status_code=409)
        session.commit()
        return to_tasks(session, round_)


def spent(request: Request, session: Session, found: Found | None) -> Response | None:
    """What to show in place of a link that opens nothing; a browser that has the answers already is led to them."""
    if found is None:
        return unusable(request, "unknown")
    if found.draft is None or found.state is State.GONE:
        return unusable(request, State.GONE)
    round_ = session.get_one(Round, found.draft.round_id)
    if drafts.find(session, visitor_secret(request), round_) is found.draft:
        return to_tasks(session, round_)
    if found.state is State.USABLE and not rounds.is_open(round_):
        return unusable(request, "closed", closed_on=round_.closes_on)
    return None if found.state is State.USABLE else unusable(request, found.state)


def to_tasks(session: Session, round_: Round) -> Redirect:
    """At the round's own address where another asks the same: this browser may hold answers of that one, too."""
    slug = rounds.questionnaire_of(session, round_.questionnaire_id).slug
    if len(rounds.all_open(session, slug)) > 1:
        slug = rounds.own_slug(session, round_)
    return Redirect(f"/questionnaires/{slug}/tasks", status_code=303)


def unusable(request: Request, state: str, **more: Any) -> Response:
    status_code = 404 if state == "unknown" else 410
    return private(
        show(
            request,
            "intake/link_unusable.html",
            status_code=status_code,
            state=str(state),
            **{"closed_on": None, **more},
        )
    )


def private(answer: Template) -> Template:
    """The address of this page opens something: it is told to no other."""
    answer.headers.update(NOT_IN_ADDRESSES)
    return answer


def offered(
    request: Request,
    session: Session,
    found: Found,
    *,
    name: str = "",
    problems: dict[str, str] | None = None,
    status_code: int = 200,
) -> Template:
    draft, visitor = found.draft, visitor_secret(request)
    round_ = session.get_one(Round, draft.round_id)
    saver = drafts.name_of(session, draft, draft.saved_by, visitor)
    return private(
        show(
            request,
            "intake/link.html",
            status_code=status_code,
            questionnaire=rounds.spoken(session, draft.questionnaire_id),
            action=request.url.path,
            saved={"at": draft.saved_at, "by": saver, "kept_until": draft.expires_at},
            until=found.link.expires_at,
            closes_on=round_.closes_on,
            beside=own_beside(session, request, found),
            receipt_url=own_receipt(session, visitor, round_),
            name=name,
            problems=problems or {},
        )
    )


def own_beside(session: Session, request: Request, found: Found) -> dict[str, Any] | None:
    """Other answers that this browser holds and has not sent: it can hold one set at a time, and loses none."""
    slug = rounds.questionnaire_of(session, found.draft.questionnaire_id).slug
    place = place_of(session, request, slug)
    if place.draft is None or place.sent or place.draft is found.draft:
        return None
    return {"saved_at": place.draft.saved_at, "tasks_url": place.tasks_url, "share_url": f"{place.url}/share"}


def own_receipt(session: Session, visitor: str, round_: Round) -> str:
    """Of answers that this browser sent in the round before."""
    own = drafts.find(session, visitor, round_)
    if own is None or own.submission_id is None:
        return ""
    return submissions.receipt_url(session.get_one(Submission, own.submission_id).receipt_key)


handlers = [share_page, email_link, show_link, stop_links, ask_to_leave, leave, link_page, use_link]
