"""Staff: the queue, what it can be narrowed by, where to begin, and how far everybody's work is."""

from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import parse_qsl

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect, Response, Template
from sqlmodel import Session, col, select

from collector.accounts.models import StaffMember
from collector.database import Database
from collector.findings.models import BulkList, Note, SavedView
from collector.frameworks import plan
from collector.intake.models import Round
from collector.organisations import directory
from collector.organisations.models import Organisation
from collector.review import acts, bulk, queue, reading, rows, views, work
from collector.review.acts import CannotDo
from collector.review.queue import Wanted
from collector.web.page import page as show
from collector.web.posted import Posted, first
from collector.web.turns import AT_ONCE

URL = "/staff/review"
# What a filter offers at most; what else there is can be named in the address.
OFFERED = 300
ROUNDS = 50
LIKE = 8  # organisations with a name like the one that was typed
WHO = {"me": "Me", "nobody": "Nobody"}
LANGUAGES = {"en": "English", "sco": "Scots", **reading.LANGUAGES}
NAMES = {
    "round": "Round",
    "organisation": "Organisation",
    "area": "Area",
    "label": "Label",
    "source": "Came as",
    "below": "Least certain label",
    "coder": "Last decided by",
    "assigned": "Given to",
    "language": "Language",
    "blind": "Coding",
}
# What each state holds, for when it holds nothing.
EMPTY = {
    "waiting": "When something is sent, its passages wait here until the machine has read them. That takes seconds.",
    "suggested": "When the machine has read a passage, it comes here with its suggestions, for a person to decide on.",
    "in-review": "A passage is here when somebody has decided on some of it, and has not marked it as decided.",
    "second-look": "When somebody asks for a second look at a passage, it is here with what they want looked at.",
    "set-aside": "When a passage is set aside, it is here with the reason. It can be taken up again.",
    "decided": "When somebody has decided on all of a passage, it is here with who did and when.",
}

Place = Annotated[str, QueryParameter(max_length=80)]


@get(URL, sync_to_thread=True)
def queue_page(
    request: Request, database: NamedDependency[Database], after: Place = "", before: Place = ""
) -> Template:
    wanted = queue.read(request.query_params)
    with database.reading() as session:
        return page(request, session, wanted, after=after, before=before)


def page(
    request: Request,
    session: Session,
    wanted: Wanted,
    *,
    after: str = "",
    before: str = "",
    problem: dict[str, str] | None = None,
    like: Sequence[Organisation] = (),
    typed: str = "",
) -> Template:
    """The queue; with a problem it says what to do, at the field that it is about."""
    staff_id = request.user.id
    ids, earlier, later = a_page(session, wanted, staff_id, after=after, before=before)
    counts = queue.counts(session, wanted, staff_id)
    listed = rows.shown(session, ids, wanted, staff_id)
    people = session.exec(select(StaffMember).order_by(StaffMember.name).limit(OFFERED)).all()
    harm = queue.telling_of_harm(session, wanted, staff_id)
    names = names_chosen(session, wanted)
    return show(
        request,
        "review/queue.html",
        status_code=422 if problem else 200,
        wanted=wanted,
        query=wanted.query(),
        url=URL,
        sample=bool(listed) and all(row["sample"] for row in listed),
        rows=listed,
        total=number(counts[wanted.state]),
        at_once=min(counts[wanted.state], bulk.MOST),
        most=bulk.MOST,
        tabs=tabs(wanted, counts),
        orders=[(one, words, address(wanted, order=one)) for one, words in queue.ORDERS.items()],
        tags=tags(wanted, names),
        clear_url=address(Wanted(state=wanted.state, order=wanted.order)),
        harm=number(harm) if harm else "",
        harm_first_url=address(wanted, order="consequence"),
        at_first=not earlier,
        earlier_url=turned(wanted, before=earlier),
        later_url=turned(wanted, after=later),
        choices=choices(session, people),
        organisation=typed or names.get("organisation", ""),
        organisations=session.exec(select(Organisation.name).order_by(Organisation.name_key).limit(OFFERED)).all(),
        like=[{"name": one.name, "url": address(wanted, organisation=one.id)} for one in like],
        what=what_to_do(wanted),
        views=views_shown(session, wanted, staff_id),
        asked=work.number_asked_of(session, staff_id),
        last=last_bulk(session, staff_id),
        empty=EMPTY[wanted.state],
        problem=problem,
    )


def a_page(session: Session, wanted: Wanted, staff_id: int, *, after: str, before: str) -> tuple[list[int], str, str]:
    """The passages of one page, and the places before and after it where there are more."""
    found = queue.turned(session, wanted, staff_id, after=after, before=before, at_most=AT_ONCE + 1)
    more = len(found) > AT_ONCE
    if before and not more:  # the top: a whole page of it
        after = before = ""
        found = queue.turned(session, wanted, staff_id, at_most=AT_ONCE + 1)
        more = len(found) > AT_ONCE
    ids = found[-AT_ONCE:] if before else found[:AT_ONCE]
    if not ids:
        return [], "", ""
    told = places(session, wanted, [ids[0], ids[-1]])
    return ids, told[0] if (more if before else after) else "", told[1] if (before or more) else ""


def places(session: Session, wanted: Wanted, ids: Sequence[int]) -> list[str]:
    items = queue.items(session, ids) if wanted.state != "waiting" else {}
    return [queue.place_told(wanted, items.get(id, id)) for id in ids]


def turned(wanted: Wanted, **place: str) -> str:
    [(name, told)] = place.items()
    query = wanted.query()
    return f"{URL}?{query}{'&' if query else ''}{name}={told.replace('+', '%2B')}" if told else ""


def address(wanted: Wanted, **changes: Any) -> str:
    query = wanted.query(**changes)
    return f"{URL}?{query}" if query else URL


def number(counted: int) -> str:
    return f"{queue.COUNTED:,}+" if counted > queue.COUNTED else f"{counted:,}"


def tabs(wanted: Wanted, counts: dict[str, int]) -> list[dict[str, Any]]:
    return [
        {
            "id": state,
            "word": word,
            "count": number(counts[state]),
            "url": address(wanted, state=state),
            "current": state == wanted.state,
        }
        for state, word in queue.STATES.items()
    ]


# -- What it is narrowed by -------------------------------------------------------------------------


def tags(wanted: Wanted, names: dict[str, str]) -> list[dict[str, str]]:
    """What is chosen, each with the address without it."""
    usual = Wanted()
    return [
        {"filter": NAMES[one], "word": names[one], "url": address(wanted, **{one: getattr(usual, one)})}
        for one in wanted.chosen()
    ]


def names_chosen(session: Session, wanted: Wanted) -> dict[str, str]:
    """What is chosen, in words."""
    words = {
        "round": lambda id: title_of(session, Round.title, Round.id == id),
        "organisation": lambda id: title_of(session, Organisation.name, Organisation.id == id),
        "area": directory.area_name,
        "label": lambda _: plan.title(*wanted.family_and_label),
        "source": reading.KINDS.get,
        "below": queue.UNSURE.get,
        "coder": lambda id: title_of(session, StaffMember.name, StaffMember.id == id),
        "assigned": lambda who: WHO.get(who) or title_of(session, StaffMember.name, StaffMember.id == int(who)),
        "language": lambda code: LANGUAGES.get(code, "Another language"),
        "blind": lambda _: "To be coded blind",
    }
    return {one: words[one](getattr(wanted, one)) for one in wanted.chosen()}


def title_of(session: Session, column: Any, condition: Any) -> str:
    return session.exec(select(column).where(condition)).first() or "No longer there"


def choices(session: Session, people: Sequence[StaffMember]) -> dict[str, list[dict[str, Any]]]:
    """What each filter offers: groups of choices."""
    by_name = [(str(one.id), one.name) for one in people]
    newest = select(Round.id, Round.title).where(col(Round.preview).is_(False)).order_by(col(Round.id).desc())
    labels = [
        (one["word"], [(f"{one['family']}:{of['id']}", of["title"]) for of in one["options"]])
        for one in reading.label_choices()
    ]
    areas = directory.area_names()
    return {
        "round": [("", [(str(id), title) for id, title in session.exec(newest.limit(ROUNDS))])],
        "area": [("", sorted(areas.items(), key=lambda one: (one[0] == "scotland", one[1])))],
        "label": labels,
        "source": [("", list(reading.KINDS.items()))],
        "below": [("", list(queue.UNSURE.items()))],
        "assigned": [("", list(WHO.items())), ("Colleagues", by_name)],
        "coder": [("", by_name)],
        "language": [("", list(LANGUAGES.items()))],
        "blind": [("", [("only", "To be coded blind")])],
    }


@get(f"{URL}/filters", sync_to_thread=True)
def narrow(
    request: Request,
    database: NamedDependency[Database],
    typed: Annotated[str, QueryParameter(name="organisation-name", max_length=500)] = "",
) -> Response:
    """What was chosen in the form leads to its address, in which an organisation is a number."""
    wanted = queue.read(request.query_params)
    with database.reading() as session:
        found = like(session, typed.strip()) if typed.strip() else []
        exact = [one for one in found if one.name_key == directory.key_of(typed)]
        if typed.strip() and not exact:
            none = "No organisation has a name like this. Try fewer letters"
            problem = {"field": "organisation-name", "message": "Choose one of the names below" if found else none}
            return page(request, session, wanted, problem=problem, like=found, typed=typed)
    return Redirect(address(wanted, organisation=exact[0].id if exact else None), status_code=303)


def like(session: Session, typed: str) -> list[Organisation]:
    """Organisations with such a name, the one of just this name first."""
    key = directory.key_of(typed)[: directory.LONGEST_NAME]
    if any(acts.unkeepable(character) for character in key):
        return []
    some = select(Organisation).where(col(Organisation.name_key).like(f"%{reading.escaped(key)}%", escape="\\"))
    exact = select(Organisation).where(Organisation.name_key == key)
    found = [*session.exec(exact), *session.exec(some.order_by(Organisation.name_key).limit(LIKE))]
    return list({one.id: one for one in found}.values())[:LIKE]


# -- Where to begin, and what was done last ---------------------------------------------------------


@get(f"{URL}/start", sync_to_thread=True)
def start(request: Request, database: NamedDependency[Database]) -> Redirect:
    """To the first passage of the view that no colleague has before them."""
    wanted = queue.read(request.query_params)
    with database.reading() as session:
        found = queue.first_free(session, wanted, request.user.id)
    query = wanted.query()
    url = f"{URL}/{found}{'?' if query else ''}{query}" if found else address(wanted)
    return Redirect(url, status_code=303)


def what_to_do(wanted: Wanted) -> list[tuple[str, str]]:
    """What can be done to many passages of this state."""
    if wanted.state == "waiting":
        return []
    senseless = {wanted.state} | ({"in-review"} if wanted.state == "suggested" else set())
    return [(what, words) for what, words in bulk.WHAT.items() if what not in senseless]


def last_bulk(session: Session, staff_id: int) -> dict[str, Any] | None:
    """The last thing this person did, where that was one thing to many: it can be undone from its page."""
    act = acts.last(session, staff_id)
    if act is None or act.what != "bulk":
        return None
    kept = session.exec(select(BulkList).where(BulkList.act_id == act.id)).first()
    return kept and {
        "what": bulk.WHAT[kept.what],
        "number": act.passages,
        "at": act.done_at,
        "url": f"{URL}/bulk/{kept.id}",
    }


# -- Saved views ------------------------------------------------------------------------------------


def views_shown(session: Session, wanted: Wanted, staff_id: int) -> dict[str, Any]:
    here = wanted.query()
    mine = [view_shown(one, here) for one in views.of(session, staff_id)]
    others = [view_shown(one, here) | {"by": by} for one, by in views.of_colleagues(session, staff_id)]
    return {"mine": mine, "others": others, "saved": any(one["current"] for one in mine + others)}


def view_shown(view: SavedView, here: str = "-") -> dict[str, Any]:
    url = f"{URL}?{view.query}" if view.query else URL
    return {"id": view.id, "name": view.name, "shared": view.shared, "url": url, "current": view.query == here}


@get(f"{URL}/views", sync_to_thread=True)
def views_page(request: Request, database: NamedDependency[Database]) -> Template:
    with database.reading() as session:
        return show_views(request, session)


def show_views(request: Request, session: Session, *, problem: dict[str, str] | None = None) -> Template:
    shown = views_shown(session, Wanted(), request.user.id)
    return show(
        request, "review/views.html", status_code=422 if problem else 200, views=shown, url=URL, problem=problem
    )


@post(f"{URL}/views", sync_to_thread=True)
def save_view(request: Request, database: NamedDependency[Database], posted: NamedDependency[Posted]) -> Response:
    wanted = read_query(first(posted, "query"))
    name, shared = first(posted, "name"), first(posted, "shared") == "yes"
    with database.writing() as session:
        try:
            views.save(session, wanted, name=name, shared=shared, staff_id=request.user.id)
        except CannotDo as problem:
            return page(request, session, wanted, problem={"field": "view-name", "message": str(problem)})
        session.commit()
    return Redirect(address(wanted), status_code=303)


@post(f"{URL}/views/{{view_id:int}}", sync_to_thread=True)
def change_view(
    request: Request, database: NamedDependency[Database], posted: NamedDependency[Posted], view_id: FromPath[int]
) -> Response:
    with database.writing() as session:
        view = own_view(session, view_id, request.user.id)
        try:
            views.change(session, view, name=first(posted, "name"), shared=first(posted, "shared") == "yes")
        except CannotDo as problem:
            return show_views(request, session, problem={"field": f"name-{view_id}", "message": str(problem)})
        session.commit()
    return Redirect(f"{URL}/views", status_code=303)


@post(f"{URL}/views/{{view_id:int}}/delete", sync_to_thread=True)
def delete_view(request: Request, database: NamedDependency[Database], view_id: FromPath[int]) -> Redirect:
    with database.writing() as session:
        session.delete(own_view(session, view_id, request.user.id))
        session.commit()
    return Redirect(f"{URL}/views", status_code=303)


def own_view(session: Session, view_id: int, staff_id: int) -> SavedView:
    view = views.find(session, view_id, staff_id)
    if view is None:
        raise NotFoundException("There is no saved view of yours at this address")
    return view


def read_query(query: str) -> Wanted:
    return queue.read(dict(parse_qsl(query)))


# -- Work -------------------------------------------------------------------------------------------


@get(f"{URL}/work", sync_to_thread=True)
def work_page(request: Request, database: NamedDependency[Database]) -> Template:
    today, me = work.today(), request.user.id
    with database.reading() as session:
        people = sorted(work.reviewers(session), key=lambda one: one.id != me)
        context = {
            "people": [person_shown(session, one, today, me) for one in people],
            "days": [(work.day_words(day, today), count) for day, count in work.days(session, me, today)],
            "asked": [asked_shown(note, by) for note, by in work.asked_of(session, me)],
        }
    return show(request, "review/work.html", url=URL, number=number, me=me, most=work.ASKED, **context)


def asked_shown(note: Note, by: str) -> dict[str, Any]:
    return {"text": note.text, "by": by, "at": note.noted_at, "url": f"{URL}/{note.passage_id}"}


def person_shown(session: Session, person: StaffMember, today: Any, me: int) -> dict[str, Any]:
    who = "me" if person.id == me else str(person.id)
    states = {"left": "suggested", "decided": "decided", "aside": "set-aside"}
    return {
        "id": person.id,
        "name": person.name,
        "far": work.far(session, person.id, today),
        "urls": {name: address(Wanted(assigned=who, state=state)) for name, state in states.items()},
    }


handlers = [queue_page, narrow, start, views_page, save_view, change_view, delete_view, work_page]
