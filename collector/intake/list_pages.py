"""Lists in a browser: what has been added so far, a page for each item, and a way to take one out again."""

from dataclasses import dataclass, replace
from uuid import uuid4

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from sqlmodel import Session

from collector.database import Database
from collector.intake import conflicts, held, items, rounds
from collector.intake.answer_rows import listed_values
from collector.intake.held import HeldItem
from collector.intake.held_pages import next_url
from collector.intake.named_children import named
from collector.intake.not_taken import out_of_place
from collector.intake.place import FROM_CHECK, Closed, Place, place_of
from collector.intake.question_pages import keep_page
from collector.web.page import page as show
from collector.web.posted import Posted, first
from forms import answers as forms_answers
from forms import dates as forms_dates
from forms.answers import Problem, Reading
from forms.questions import ITEM_ID, Item, Page, Question
from forms.speech import gettext

LIST = "/questionnaires/{slug:str}/lists/{page_id:str}"
ITEM = f"{LIST}/items/{{item_id:str}}"
NEW = "new"  # in the query: this item is being added
GONE = "gone"  # in the query: what was asked for is not in the list
SEEN = "_seen"  # in a form: which state of the item it shows, so that no window undoes another's work unsaid


@dataclass(frozen=True)
class Spot:
    """A list that somebody is at, with its items as they are kept."""

    request: Request
    place: Place
    page: Page

    @property
    def listing(self) -> Question:
        return self.page.listing

    @property
    def items(self) -> list[Item]:
        return self.place.answers.get(self.listing.id, [])

    @property
    def is_full(self) -> bool:
        return len(self.items) >= self.listing.most

    @property
    def is_asked(self) -> bool:
        return self.page in self.place.pages

    def item(self, item_id: str) -> Item | None:
        return next((item for item in self.items if item[ITEM_ID] == item_id), None)

    def held(self, item_id: str) -> HeldItem | None:
        """The item as it is held from an earlier round, if it is."""
        on_page = (one for one in self.place.held_items if one.page.id == self.page.id)
        return next((one for one in on_page if one.item_id == item_id), None)

    def name(self, item_id: str) -> str:
        """By its place; a new one comes last."""
        if self.item(item_id) is None and (known := self.held(item_id)):
            return known.name
        ids = [item[ITEM_ID] for item in self.items]
        return self.listing.name_of((ids.index(item_id) if item_id in ids else len(ids)) + 1)

    def url(self, rest: str = "", *more: str) -> str:
        """An address of this list, from which the way back to the check is not lost."""
        flags = [name for name in (FROM_CHECK, *more) if name in more or name in self.request.query_params]
        query = "&".join(f"{flag}=1" for flag in flags)
        return f"{self.place.page_url(self.page)}{rest}" + (f"?{query}" if query else "")

    def item_url(self, item_id: str, rest: str = "", *more: str) -> str:
        return self.url(f"/items/{item_id}{rest}", *more)

    def keep(self, session: Session, kept: list[Item]) -> None:
        answers = {self.listing.id: kept} if kept else {}
        self.place.save(session, self.request, self.page, asked={self.listing.id}, answers=answers)


def spot_of(request: Request, session: Session, place: Place, page_id: str) -> Spot | Response:
    """The list, also one that is not asked any more; or what to show instead where there is none to be at."""
    if place.sent:
        return place.already_sent(request, session)
    lists = (step.page for step in place.questionnaire.steps if step.page.listing)
    page = next((page for page in lists if page.id == page_id), None)
    return Redirect(place.url, status_code=303) if page is None or place.draft is None else Spot(request, place, page)


@get(LIST, sync_to_thread=True)
def list_page(
    request: Request, database: NamedDependency[Database], slug: FromPath[str], page_id: FromPath[str]
) -> Response:
    with database.reading() as session:
        spot = spot_of(request, session, place_of(session, request, slug), page_id)
    if isinstance(spot, Response):
        return spot
    return so_far(spot) if spot.is_asked else Redirect(spot.place.tasks_url, status_code=303)


def so_far(spot: Spot, problems: tuple[Problem, ...] = ()) -> Template:
    place, page, listing = spot.place, spot.page, spot.listing
    section = [one for one in place.pages if one.section == page.section]
    return show(
        spot.request,
        "intake/list.html",
        status_code=422 if problems else 200,
        questionnaire=place.questionnaire,
        page=page,
        listing=listing,
        items=[
            {**row, "url": spot.item_url(row["item_id"]), "remove_url": spot.item_url(row["item_id"], "/remove")}
            for row in items.rows(listing, spot.items)
        ],
        add_url="" if spot.is_full else spot.url("/add"),
        gone=GONE in spot.request.query_params,
        problems=[{"message": problem.message, "url": mend_url(spot, problem)} for problem in problems],
        named=named(page, place.answers),
        sensitive=place.is_sensitive(page),
        action=spot.url(),
        back_url=place.check_url if FROM_CHECK in spot.request.query_params else place.url_before(page),
        progress={"section": page.section, "number": section.index(page) + 1, "of": len(section)},
        saved=place.saved,
        tasks_url=place.tasks_url,
        keyed=place.keyed,
    )


def mend_url(spot: Spot, problem: Problem) -> str:
    return spot.item_url(spot.items[problem.item - 1][ITEM_ID]) if problem.item else "#add"


@post(LIST, sync_to_thread=True)
def go_on(
    request: Request, database: NamedDependency[Database], slug: FromPath[str], page_id: FromPath[str]
) -> Response:
    """On to what comes after the list, as it is kept: nothing is posted but the wish to go on."""
    with database.writing() as session:
        spot = spot_of(request, session, place_of(session, request, slug, to_change=True), page_id)
        if isinstance(spot, Response):
            return spot
        if not spot.is_asked:
            return Redirect(spot.place.tasks_url, status_code=303)
        reading = forms_answers.read(spot.page, spot.place.answers)
        if reading.problems:
            return so_far(spot, reading.problems)
        moved = keep_page(session, request, spot.place, spot.page, reading.answers)
        session.commit()
    return Redirect(moved, status_code=303)


@get(f"{LIST}/add", sync_to_thread=True)
def add(request: Request, database: NamedDependency[Database], slug: FromPath[str], page_id: FromPath[str]) -> Response:
    """To a page for an item with an id of its own, so that pressing Save twice there makes one."""
    with database.reading() as session:
        spot = spot_of(request, session, place_of(session, request, slug), page_id)
    return spot if isinstance(spot, Response) else Redirect(spot.item_url(fresh_id(), "", NEW), status_code=303)


def fresh_id() -> str:
    return uuid4().hex[:12]


@get(ITEM, sync_to_thread=True)
def item_page(
    request: Request,
    database: NamedDependency[Database],
    slug: FromPath[str],
    page_id: FromPath[str],
    item_id: FromPath[str],
) -> Response:
    with database.reading() as session:
        spot = spot_of(request, session, place_of(session, request, slug), page_id)
    if isinstance(spot, Response):
        return spot
    kept = spot.item(item_id)
    if kept is None and not may_be_added(spot, item_id):
        return Redirect(spot.url("", *([] if NEW in request.query_params else [GONE])), status_code=303)
    known = spot.held(item_id)
    shown = kept or (known.written if known else {})
    typed = {one.id: listed_values(shown.get(one.id)) for one in spot.listing.questions}
    return form(spot, item_id, Reading({}, typed=typed), kept)


def may_be_added(spot: Spot, item_id: str) -> bool:
    """One that is new, or one that is held from an earlier round and is changed."""
    new = NEW in spot.request.query_params and forms_answers.is_item_id(item_id)
    return (new or spot.held(item_id) is not None) and not spot.is_full


def form(
    spot: Spot, item_id: str, reading: Reading, kept: Item | None, *, status: int = 200, why: str = ""
) -> Template:
    """The page of one item. `why` says what happened to it elsewhere while it was written."""
    new = kept is None
    return show(
        spot.request,
        "intake/item.html",
        status_code=status,
        questionnaire=spot.place.questionnaire,
        page=spot.page,
        listing=spot.listing,
        name=spot.name(item_id),
        typed=reading.typed,
        date_parts=forms_dates.parts,
        problems=reading.problems,
        why=why,
        kept=items.rows(spot.listing, [kept])[0]["told"] if why and kept else [],
        seen=state_of(kept),
        version=conflicts.version_of(spot.place.questionnaire, spot.page),
        sensitive=spot.place.is_sensitive(spot.page),
        action=spot.item_url(item_id, "", *([NEW] if new else [])),
        back_url=f"{spot.place.held_url}/{spot.page.id}" if new and spot.held(item_id) else spot.url(),
        remove_url="" if new else spot.item_url(item_id, "/remove"),
        saved=spot.place.saved,
        keyed=spot.place.keyed,
    )


def state_of(item: Item | None) -> str:
    return rounds.hash_of(item)[:16] if item else ""


@post(ITEM, sync_to_thread=True)
def save_item(
    request: Request,
    database: NamedDependency[Database],
    posted: NamedDependency[Posted],
    slug: FromPath[str],
    page_id: FromPath[str],
    item_id: FromPath[str],
) -> Response:
    with database.writing() as session:
        try:
            place = place_of(session, request, slug, to_change=True)
        except Closed as closed:
            closed.posted = as_answer(closed.place, page_id, item_id, posted)
            raise
        spot = spot_of(request, session, place, page_id)
        if isinstance(spot, Response):
            return out_of_place(request, session, place, as_answer(place, page_id, item_id, posted))
        if conflicts.is_of_another(posted, place.questionnaire, spot.page):
            return out_of_place(request, session, place, posted, of_another=True)
        refused = keep_item(session, spot, item_id, posted)
        if refused:
            return refused
        url = spot.url() if spot.is_asked else place.tasks_url
        if spot.held(item_id):
            url = next_url(replace(place), page_id)
        session.commit()
    return Redirect(url, status_code=303)


def as_answer(place: Place, page_id: str, item_id: str, posted: Posted) -> dict[str, list[Item]]:
    """What was typed too late, within its list: whoever typed it gets it back to read."""
    listing = next((step.page.listing for step in place.questionnaire.steps if step.page.id == page_id), None)
    typed = {one.id: posted[one.id] for one in listing.questions if any(posted.get(one.id, []))} if listing else {}
    if not typed:
        return {}
    others = [item for item in place.answers.get(listing.id, []) if item[ITEM_ID] != item_id]
    return {listing.id: [*others, {ITEM_ID: item_id, **typed}]}


def keep_item(session: Session, spot: Spot, item_id: str, posted: Posted) -> Response | None:
    """Keep the item under its id, added or changed; or its page again with what stands in the way."""
    reading, kept = forms_answers.read_item(spot.listing, posted), spot.item(item_id)
    item = {ITEM_ID: item_id, **reading.answers}
    if reading.problems or reading.unfinished:
        return form(spot, item_id, reading, kept, status=422 if reading.problems else 200)
    if kept is None and not may_be_added(spot, item_id):
        return refusal(spot, item_id, reading)
    if kept not in (None, item) and first(posted, SEEN) != state_of(kept):
        why = changed_elsewhere(spot.listing)
        return form(spot, item_id, reading, kept, status=409, why=why)
    others = [item if one[ITEM_ID] == item_id else one for one in spot.items]
    if known := spot.held(item_id):
        spot.place.draft.answers = held.ask_for(spot.place.questionnaire, spot.page, spot.place.answers)
        held.say(spot.place.draft, known, {**known.said, "state": held.CHANGING})
    spot.keep(session, others if kept else [*others, item])
    return None


def changed_elsewhere(listing: Question) -> str:
    return gettext("This %(item)s was changed after you opened it, maybe in another window", item=listing.item)


def taken_out_elsewhere(listing: Question) -> str:
    return gettext("This %(item)s was taken out of your list, maybe in another window", item=listing.item)


def refusal(spot: Spot, item_id: str, reading: Reading) -> Response:
    if not forms_answers.is_item_id(item_id):
        return Redirect(spot.url(), status_code=303)
    if spot.is_full:
        most = gettext(
            "You have listed %(most)s %(items)s, which is the most. Take one out first",
            most=spot.listing.most,
            items=spot.listing.many,
        )
        return form(spot, item_id, Reading({}, (Problem("", most),), reading.typed), None, status=422)
    why = taken_out_elsewhere(spot.listing)
    return form(spot, item_id, reading, None, status=409, why=why)


@get(f"{ITEM}/remove", sync_to_thread=True)
def ask_to_remove(
    request: Request,
    database: NamedDependency[Database],
    slug: FromPath[str],
    page_id: FromPath[str],
    item_id: FromPath[str],
) -> Response:
    with database.reading() as session:
        spot = spot_of(request, session, place_of(session, request, slug), page_id)
    if isinstance(spot, Response):
        return spot
    if (kept := spot.item(item_id)) is None:
        return Redirect(spot.url("", GONE), status_code=303)
    return show(
        request,
        "intake/remove_item.html",
        questionnaire=spot.place.questionnaire,
        name=spot.name(item_id),
        listing=spot.listing,
        told=items.rows(spot.listing, [kept])[0]["told"],
        action=spot.item_url(item_id, "/remove"),
        back_url=spot.url(),
    )


@post(f"{ITEM}/remove", sync_to_thread=True)
def remove(
    request: Request,
    database: NamedDependency[Database],
    slug: FromPath[str],
    page_id: FromPath[str],
    item_id: FromPath[str],
) -> Response:
    with database.writing() as session:
        spot = spot_of(request, session, place_of(session, request, slug, to_change=True), page_id)
        if isinstance(spot, Response):
            return spot
        if spot.item(item_id):
            spot.keep(session, [item for item in spot.items if item[ITEM_ID] != item_id])
            session.commit()
    return Redirect(spot.url(), status_code=303)


handlers = [list_page, go_on, add, item_page, save_item, ask_to_remove, remove]
