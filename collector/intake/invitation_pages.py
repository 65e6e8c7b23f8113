"""Staff: whom a round is brought to, and the mails to them; and for those, a way to have no more."""

from typing import Annotated, Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect, Response, Template
from sqlalchemy import func
from sqlmodel import Session, col, select

from collector.database import Database
from collector.intake import invitations, round_changes, rounds
from collector.intake.invitations import Added, Guest, Links
from collector.intake.models import Invitation, Round
from collector.intake.round_pages import HOME, Search, find, url_of
from collector.mail import letters
from collector.organisations import directory
from collector.organisations.models import Organisation
from collector.queue import Queue
from collector.web.page import page as show
from collector.web.posted import Posted, first
from collector.web.turns import PageNumber, address, turn_of, turn_shown

MOST_TOLD = 20  # problems shown at once
Chosen = Annotated[str, QueryParameter(max_length=40)]


def links_of(request: Request) -> Links:
    return Links(request.app.state.settings.base_url, request.app.state.form_key)


# -- From the directory ---------------------------------------------------------------------------


@get(f"{HOME}/{{round_id:int}}/invite", sync_to_thread=True)
def choose(
    request: Request,
    database: NamedDependency[Database],
    round_id: FromPath[int],
    search: Search = "",
    kind: Chosen = "",
    area: Chosen = "",
    number: PageNumber = 1,
    added: Annotated[int | None, QueryParameter(ge=0, le=10_000)] = None,
) -> Template:
    asked = {"search": search, "kind": kind, "area": area, "page": number}
    with database.reading() as session:
        return choice_page(request, session, find(session, round_id, to_change=True), asked, added=added)


@post(f"{HOME}/{{round_id:int}}/invite", sync_to_thread=True)
def add_chosen(
    request: Request,
    database: NamedDependency[Database],
    posted: NamedDependency[Posted],
    round_id: FromPath[int],
    search: Search = "",
    kind: Chosen = "",
    area: Chosen = "",
    number: PageNumber = 1,
) -> Response:
    asked = {"search": search, "kind": kind, "area": area, "page": number}
    guests, problems = read_chosen(posted)
    with database.writing() as session:
        round_ = find(session, round_id, to_change=True)
        if problems or not guests:
            return choice_page(request, session, round_, asked, posted=posted, problems=problems, nobody=not guests)
        known = set(session.exec(select(Organisation.id).where(col(Organisation.id).in_(ids_in(posted)))))
        added = keep(session, round_, [one for one in guests if one.organisation_id in known], request.user.id)
        session.commit()
    return Redirect(address(request.url.path, {**asked, "added": str(added.new)}), status_code=303)


def ids_in(posted: Posted) -> list[int]:
    return [int(id) for id in posted.get("chosen", []) if id.isdecimal() and len(id) < 10]


def read_chosen(posted: Posted) -> tuple[list[Guest], dict[int, str]]:
    """The organisations that were ticked, each with the address beside it; and what is wrong with an address."""
    guests, problems = [], {}
    for id in ids_in(posted):
        email, message = invitations.judge_email(first(posted, f"email-{id}"))
        if message:
            problems[id] = message
        else:
            guests.append(Guest(email, organisation_id=id))
    return guests, problems


def keep(session: Session, round_: Round, guests: list[Guest], staff_id: int) -> Added:
    added = invitations.add(session, round_, guests)
    if added.new:
        round_changes.note(session, round_.id, staff_id, "Organisations added", after=str(added.new))
    return added


def choice_page(
    request: Request,
    session: Session,
    round_: Round,
    asked: dict[str, Any],
    *,
    posted: Posted | None = None,
    problems: dict[int, str] | None = None,
    nobody: bool = False,
    added: int | None = None,
) -> Template:
    wanted = directory.matching(asked["search"].strip(), kind=asked["kind"], area=asked["area"])
    total = session.exec(select(func.count()).select_from(Organisation).where(*wanted)).one()
    turn = turn_of(asked["page"], total)
    ordered = select(Organisation).where(*wanted).order_by(col(Organisation.name_key))
    found = list(session.exec(ordered.offset(turn.offset).limit(turn.at_once)))
    return show(
        request,
        "intake/invite.html",
        status_code=422 if posted is not None else 200,
        round=round_,
        url=url_of(round_),
        rows=choices(session, round_, found, posted or {}, problems or {}),
        nobody=nobody and not problems,
        added=added,
        action=address(request.url.path, asked),
        kinds=directory.KIND_WORDS,
        areas=directory.area_names(),
        pages=turn_shown(turn, request.url.path, asked),
        total=total,
        **{name: asked[name] for name in ("search", "kind", "area")},
    )


def choices(
    session: Session, round_: Round, found: list[Organisation], posted: Posted, problems: dict[int, str]
) -> list[dict[str, Any]]:
    ids = [one.id for one in found]
    areas, known = directory.areas_of(session, ids), invitations.addresses_of(session, ids)
    invited = {
        one.invitation.organisation_id: one.invitation.email
        for one in invitations.listed(session, round_.id, col(Invitation.organisation_id).in_(ids))
    }
    return [
        {
            "id": one.id,
            "name": one.name,
            "kind": directory.kind_name(one.kind),
            "areas": [directory.area_name(area) for area in areas[one.id]],
            "invited": invited.get(one.id, ""),
            "email": first(posted, f"email-{one.id}") if posted else known.get(one.id, ""),
            "chosen": str(one.id) in posted.get("chosen", []),
            "problem": problems.get(one.id, ""),
        }
        for one in found
    ]


# -- From a list ----------------------------------------------------------------------------------


@get(f"{HOME}/{{round_id:int}}/paste", sync_to_thread=True)
def ask_for_list(request: Request, database: NamedDependency[Database], round_id: FromPath[int]) -> Template:
    with database.reading() as session:
        return list_page(request, find(session, round_id, to_change=True))


@post(f"{HOME}/{{round_id:int}}/paste", sync_to_thread=True)
def add_list(
    request: Request, database: NamedDependency[Database], posted: NamedDependency[Posted], round_id: FromPath[int]
) -> Response:
    """All of the list or nothing: a list half taken over is hard to mend."""
    text = first(posted, "list")
    guests, problems = invitations.read_pasted(text)
    with database.writing() as session:
        round_ = find(session, round_id, to_change=True)
        if problems:
            return list_page(request, round_, text, problems)
        added = keep(session, round_, guests, request.user.id)
        session.commit()
    return Redirect(f"{HOME}/{round_id}?added={added.new}&known={added.known}#invited", status_code=303)


def list_page(request: Request, round_: Round, text: str = "", problems: list[str] | None = None) -> Template:
    problems = problems or []
    return show(
        request,
        "intake/invite_list.html",
        status_code=422 if problems else 200,
        round=round_,
        url=url_of(round_),
        text=text.replace("\x00", "�"),
        problems=problems[:MOST_TOLD],
        more=max(0, len(problems) - MOST_TOLD),
    )


@post(f"{HOME}/{{round_id:int}}/uninvite", sync_to_thread=True)
def take_off(
    request: Request, database: NamedDependency[Database], posted: NamedDependency[Posted], round_id: FromPath[int]
) -> Redirect:
    id = first(posted, "invitation")
    with database.writing() as session:
        round_ = find(session, round_id, to_change=True)
        if id.isdecimal() and len(id) < 10 and invitations.take_off(session, round_, int(id)):
            round_changes.note(session, round_.id, request.user.id, "Organisation taken off the list")
        session.commit()
    return Redirect(f"{HOME}/{round_id}#invited", status_code=303)


# -- The mails ------------------------------------------------------------------------------------


@get(f"{HOME}/{{round_id:int}}/invitations", sync_to_thread=True)
def see_invitations(request: Request, database: NamedDependency[Database], round_id: FromPath[int]) -> Response:
    return before_sending(request, database, round_id, "invitation")


@post(f"{HOME}/{{round_id:int}}/invitations", sync_to_thread=True)
def send_invitations(
    request: Request, database: NamedDependency[Database], queue: NamedDependency[Queue], round_id: FromPath[int]
) -> Redirect:
    return send(request, database, queue, round_id, "invitation")


@get(f"{HOME}/{{round_id:int}}/reminders", sync_to_thread=True)
def see_reminders(request: Request, database: NamedDependency[Database], round_id: FromPath[int]) -> Response:
    return before_sending(request, database, round_id, "reminder")


@post(f"{HOME}/{{round_id:int}}/reminders", sync_to_thread=True)
def send_reminders(
    request: Request, database: NamedDependency[Database], queue: NamedDependency[Queue], round_id: FromPath[int]
) -> Redirect:
    return send(request, database, queue, round_id, "reminder")


def before_sending(request: Request, database: Database, round_id: int, kind: str) -> Response:
    """To how many it goes, and the very words, as the first of them will read them."""
    with database.reading() as session:
        round_ = find(session, round_id, to_change=True)
        if not may_write(round_, kind):
            return Redirect(url_of(round_), status_code=303)
        number = invitations.number(session, round_id, *invitations.due(kind))
        first_due = invitations.listed(session, round_id, *invitations.due(kind), limit=1)
        words = [invitations.words(session, round_, links_of(request), one) for one in first_due]
    site = letters.site_of(request.app.state.settings)
    return show(
        request,
        "intake/mails.html",
        round=round_,
        url=url_of(round_),
        kind=kind,
        number=number,
        letter=letters.written(kind, words[0], site) if words else None,
        to=first_due[0].invitation.email if first_due else "",
        rest=invitations.REST_WORDS,
    )


def may_write(round_: Round, kind: str) -> bool:
    """A reminder makes no sense before there is something to answer."""
    return rounds.is_open(round_) or (kind == "invitation" and rounds.is_to_come(round_))


def send(request: Request, database: Database, queue: Queue, round_id: int, kind: str) -> Redirect:
    with database.writing() as session:
        round_ = find(session, round_id, to_change=True)
        mails = invitations.send(session, round_, links_of(request), kind=kind) if may_write(round_, kind) else []
        if mails:
            round_changes.note(session, round_id, request.user.id, f"{kind.capitalize()}s sent", after=str(len(mails)))
        session.commit()
    queue.ask_for_mail(mails)
    return Redirect(f"{HOME}/{round_id}?mailed={len(mails)}#invited", status_code=303)


# -- No more of them ------------------------------------------------------------------------------


@get("/no-reminders/{stop_key:str}", sync_to_thread=True)
def ask_to_stop(request: Request, database: NamedDependency[Database], stop_key: FromPath[str]) -> Template:
    """Looking at the link changes nothing: mail scanners look too."""
    with database.reading() as session:
        invitation = invited_by(session, request, stop_key)
        return stop_page(request, session, invitation)


@post("/no-reminders/{stop_key:str}", sync_to_thread=True)
def stop(request: Request, database: NamedDependency[Database], stop_key: FromPath[str]) -> Template:
    with database.writing() as session:
        invitation = invited_by(session, request, stop_key)
        invitations.stop(session, invitation)
        session.commit()
        return stop_page(request, session, invitation)


def invited_by(session: Session, request: Request, key: str) -> Invitation:
    invitation = invitations.by_stop_key(session, links_of(request), key)
    if invitation is None:
        raise NotFoundException("There is no invitation at this address")
    return invitation


def stop_page(request: Request, session: Session, invitation: Invitation) -> Template:
    session.refresh(invitation)
    round_ = session.get_one(Round, invitation.round_id)
    questionnaire = rounds.spoken(session, round_.questionnaire_id)
    return show(
        request,
        "intake/no_reminders.html",
        questionnaire=questionnaire,
        start_url=f"/questionnaires/{rounds.own_slug(session, round_)}",
        stopped=invitation.stopped_at is not None,
        action=request.url.path,
    )


handlers = [
    choose,
    add_chosen,
    ask_for_list,
    add_list,
    take_off,
    see_invitations,
    send_invitations,
    see_reminders,
    send_reminders,
    ask_to_stop,
    stop,
]
