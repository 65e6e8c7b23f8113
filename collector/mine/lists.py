"""My submission: the items of a list, added, changed and taken out after it was sent."""

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from sqlmodel import Session

from collector.database import Database
from collector.intake import held, items
from collector.intake.answer_rows import listed_values
from collector.intake.list_pages import GONE, NEW, SEEN, changed_elsewhere, fresh_id, state_of, taken_out_elsewhere
from collector.intake.models import Submission
from collector.mine import corrections
from collector.mine.answers import asked_on
from collector.mine.entry import NotOpen, is_sensitive, named, submission_for
from collector.queue import Queue
from collector.web.page import page as show
from collector.web.posted import Posted, first
from forms import answers as forms_answers
from forms import dates as forms_dates
from forms.answers import Problem, Reading
from forms.questions import ITEM_ID, Item, Question

PAGE = "/submissions/{reference:str}/answers/{page_id:str}"
ITEM = f"{PAGE}/items/{{item_id:str}}"


class Spot:
    """A list of a submission, with its items as they are kept."""

    def __init__(self, session: Session, submission: Submission, page_id: str, posted: Posted | None = None) -> None:
        self.submission = submission
        self.questionnaire, self.held, self.page = asked_on(session, submission, page_id, posted)
        if self.page.listing is None:
            raise NotOpen(posted, submission)
        self.url = f"{named(submission)['url']}/answers/{page_id}"

    @property
    def listing(self) -> Question:
        return self.page.listing

    @property
    def items(self) -> list[Item]:
        return self.held.get(self.listing.id, [])

    def item(self, item_id: str) -> Item | None:
        return next((item for item in self.items if item[ITEM_ID] == item_id), None)

    def name(self, item_id: str) -> str:
        ids = [item[ITEM_ID] for item in self.items]
        return self.listing.name_of((ids.index(item_id) if item_id in ids else len(ids)) + 1)

    def correct(self, session: Session, kept: list[Item]) -> tuple[list[int], list[Problem]]:
        """Keep these items in the place of the list; the jobs it asks for, or what stands in the way."""
        others = {id: value for id, value in self.held.items() if id != self.listing.id}
        answers = others | ({self.listing.id: kept} if kept else {})
        told_before = held.told_before(session, self.submission, self.questionnaire)
        if problems := self.questionnaire.still_lacking(self.questionnaire.complete(answers), told_before):
            return [], problems
        return corrections.correct(session, self.submission, self.questionnaire, answers), []


@get(f"{PAGE}/add", sync_to_thread=True)
def add(
    request: Request, database: NamedDependency[Database], reference: FromPath[str], page_id: FromPath[str]
) -> Redirect:
    """To a page for an item with an id of its own, so that pressing Save twice there makes one."""
    with database.reading() as session:
        spot = Spot(session, submission_for(session, request, reference), page_id)
    return Redirect(f"{spot.url}/items/{fresh_id()}?{NEW}=1", status_code=303)


@get(ITEM, sync_to_thread=True)
def item(
    request: Request,
    database: NamedDependency[Database],
    reference: FromPath[str],
    page_id: FromPath[str],
    item_id: FromPath[str],
) -> Response:
    with database.reading() as session:
        spot = Spot(session, submission_for(session, request, reference), page_id)
    kept = spot.item(item_id)
    if kept is None and not may_be_added(request, item_id):
        return Redirect(f"{spot.url}?{GONE}=1", status_code=303)
    typed = {one.id: listed_values((kept or {}).get(one.id)) for one in spot.listing.questions}
    return form(request, spot, item_id, Reading({}, typed=typed), kept)


def may_be_added(request: Request, item_id: str) -> bool:
    return NEW in request.query_params and forms_answers.is_item_id(item_id)


def form(
    request: Request, spot: Spot, item_id: str, reading: Reading, kept: Item | None, *, status: int = 200, why: str = ""
) -> Template:
    url = f"{spot.url}/items/{item_id}"
    return show(
        request,
        "intake/item.html",
        status_code=status,
        questionnaire=spot.questionnaire,
        page=spot.page,
        listing=spot.listing,
        name=spot.name(item_id),
        typed=reading.typed,
        date_parts=forms_dates.parts,
        problems=reading.problems,
        why=why,
        kept=items.rows(spot.listing, [kept])[0]["told"] if why and kept else [],
        seen=state_of(kept),
        sensitive=is_sensitive([spot.page], spot.held),
        action=url if kept else f"{url}?{NEW}=1",
        back_url=spot.url,
        remove_url=f"{url}/remove" if kept else "",
        saved=None,
    )


@post(ITEM, sync_to_thread=True)
def save_item(
    request: Request,
    database: NamedDependency[Database],
    queue: NamedDependency[Queue],
    posted: NamedDependency[Posted],
    reference: FromPath[str],
    page_id: FromPath[str],
    item_id: FromPath[str],
) -> Response:
    with database.writing() as session:
        submission = submission_for(session, request, reference, to_change=True, posted=posted)
        spot = Spot(session, submission, page_id, posted)
        reading, kept = forms_answers.read_item(spot.listing, posted), spot.item(item_id)
        if reading.problems or reading.unfinished:
            return form(request, spot, item_id, reading, kept, status=422 if reading.problems else 200)
        wanted = {ITEM_ID: item_id, **reading.answers}
        if stands := in_the_way(request, spot, item_id, wanted, posted):
            return form(request, spot, item_id, reading, kept, status=409, why=stands)
        others = [wanted if one[ITEM_ID] == item_id else one for one in spot.items]
        job_ids, problems = spot.correct(session, others if kept else [*others, wanted])
        if problems:
            told = tuple(Problem("", problem.message) for problem in problems)
            return form(request, spot, item_id, Reading({}, told, reading.typed), kept, status=422)
        session.commit()
    queue.ask_for_analysis(job_ids)
    return Redirect(spot.url, status_code=303)


def in_the_way(request: Request, spot: Spot, item_id: str, wanted: Item, posted: Posted) -> str:
    """What happened to the item elsewhere while this one was written."""
    kept = spot.item(item_id)
    if kept is None and not may_be_added(request, item_id):
        return taken_out_elsewhere(spot.listing)
    if kept not in (None, wanted) and first(posted, SEEN) != state_of(kept):
        return changed_elsewhere(spot.listing)
    return ""


@get(f"{ITEM}/remove", sync_to_thread=True)
def ask_to_remove(
    request: Request,
    database: NamedDependency[Database],
    reference: FromPath[str],
    page_id: FromPath[str],
    item_id: FromPath[str],
) -> Response:
    with database.reading() as session:
        spot = Spot(session, submission_for(session, request, reference), page_id)
    return asked_to_remove(request, spot, item_id)


def asked_to_remove(request: Request, spot: Spot, item_id: str, problems: list[Problem] | None = None) -> Response:
    kept = spot.item(item_id)
    if kept is None:
        return Redirect(f"{spot.url}?{GONE}=1", status_code=303)
    return show(
        request,
        "mine/remove_item.html",
        status_code=422 if problems else 200,
        submission=named(spot.submission),
        name=spot.name(item_id),
        listing=spot.listing,
        told=items.rows(spot.listing, [kept])[0]["told"],
        problems=[{"message": problem.message, "url": ""} for problem in problems or []],
        back_url=spot.url,
    )


@post(f"{ITEM}/remove", sync_to_thread=True)
def remove(
    request: Request,
    database: NamedDependency[Database],
    queue: NamedDependency[Queue],
    reference: FromPath[str],
    page_id: FromPath[str],
    item_id: FromPath[str],
) -> Response:
    with database.writing() as session:
        spot = Spot(session, submission_for(session, request, reference, to_change=True), page_id)
        job_ids, problems = spot.correct(session, [one for one in spot.items if one[ITEM_ID] != item_id])
        if problems:
            return asked_to_remove(request, spot, item_id, problems)
        session.commit()
    queue.ask_for_analysis(job_ids)
    return Redirect(spot.url, status_code=303)


handlers = [add, item, save_item, ask_to_remove, remove]
