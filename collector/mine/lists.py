"""My submission: the items of a list, added, changed and taken out after it was sent; by staff with a reason."""

from collections.abc import Sequence

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from sqlmodel import Session

from collector.database import Database
from collector.intake import held, items
from collector.intake.answer_rows import listed_values
from collector.intake.list_pages import GONE, NEW, SEEN, changed_elsewhere, fresh_id, state_of, taken_out_elsewhere
from collector.mine import corrections
from collector.mine.answers import Kept, asked_on, of_respondent, reason_in
from collector.mine.entry import NotOpen, Opened, is_sensitive, named, submission_for
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
    """A list of a submission, with its items as they are kept, in the hands of who may change it."""

    def __init__(self, session: Session, opened: Opened, page_id: str, posted: Posted | None = None) -> None:
        self.opened = opened
        self.questionnaire, self.held, self.page = asked_on(session, opened.submission, page_id, posted)
        if self.page.listing is None:
            raise NotOpen(posted, opened.submission)
        self.url = f"{opened.url}/{page_id}"

    @property
    def listing(self) -> Question:
        return self.page.listing

    @property
    def items(self) -> list[Item]:
        return self.held.get(self.listing.id, [])

    @property
    def fresh_url(self) -> str:
        """Of a page for an item with an id of its own, so that pressing Save twice there makes one."""
        return f"{self.url}/items/{fresh_id()}?{NEW}=1"

    def item(self, item_id: str) -> Item | None:
        return next((item for item in self.items if item[ITEM_ID] == item_id), None)

    def name(self, item_id: str) -> str:
        ids = [item[ITEM_ID] for item in self.items]
        return self.listing.name_of((ids.index(item_id) if item_id in ids else len(ids)) + 1)

    def is_sensitive(self) -> bool:
        return is_sensitive([self.page], self.held) and not self.opened.by_staff

    def correct(self, session: Session, kept: list[Item], why: str) -> tuple[list[int], list[Problem]]:
        """Keep these items in the place of the list; the jobs it asks for, or what stands in the way."""
        others = {id: value for id, value in self.held.items() if id != self.listing.id}
        answers = others | ({self.listing.id: kept} if kept else {})
        submission, staff_id = self.opened.submission, self.opened.staff_id
        told_before = held.told_before(session, submission, self.questionnaire)
        if problems := self.questionnaire.still_lacking(self.questionnaire.complete(answers), told_before):
            return [], problems
        job_ids = corrections.correct(session, submission, self.questionnaire, answers, why=why, staff_id=staff_id)
        return job_ids, []


def item_page(request: Request, spot: Spot, item_id: str) -> Response:
    kept = spot.item(item_id)
    if kept is None and not may_be_added(request, item_id):
        return Redirect(f"{spot.url}?{GONE}=1", status_code=303)
    typed = {one.id: listed_values((kept or {}).get(one.id)) for one in spot.listing.questions}
    return form(request, spot, item_id, Reading({}, typed=typed), kept)


def may_be_added(request: Request, item_id: str) -> bool:
    return NEW in request.query_params and forms_answers.is_item_id(item_id)


def form(
    request: Request,
    spot: Spot,
    item_id: str,
    reading: Reading,
    kept: Item | None,
    *,
    status: int = 200,
    stands: str = "",
    reason: tuple[str, str] = ("", ""),
) -> Template:
    """`stands` tells what happened to the item meanwhile; `reason` is why it is changed, with its problem if any."""
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
        why=stands,
        kept=items.rows(spot.listing, [kept])[0]["told"] if stands and kept else [],
        seen=state_of(kept),
        sensitive=spot.is_sensitive(),
        by_staff=spot.opened.by_staff,
        submission=named(spot.opened.submission),
        reason=reason,
        action=url if kept else f"{url}?{NEW}=1",
        back_url=spot.url,
        remove_url=f"{url}/remove" if kept else "",
        saved=None,
    )


def save(request: Request, session: Session, spot: Spot, item_id: str, posted: Posted) -> Kept | Response:
    """Keep an item as it was posted, or show it again with what stands in the way. The caller commits."""
    reading, kept = forms_answers.read_item(spot.listing, posted), spot.item(item_id)
    reason = reason_in(posted, spot.opened)
    why, why_problem = reason
    if reading.problems or reading.unfinished or why_problem:
        status = 422 if reading.problems or (why_problem and not reading.unfinished) else 200
        return form(request, spot, item_id, reading, kept, status=status, reason=reason)
    wanted = {ITEM_ID: item_id, **reading.answers}
    if stands := in_the_way(request, spot, item_id, wanted, posted):
        return form(request, spot, item_id, reading, kept, status=409, stands=stands, reason=reason)
    others = [wanted if one[ITEM_ID] == item_id else one for one in spot.items]
    job_ids, problems = spot.correct(session, others if kept else [*others, wanted], why)
    if problems:
        told = tuple(Problem("", problem.message) for problem in problems)
        return form(request, spot, item_id, Reading({}, told, reading.typed), kept, status=422, reason=reason)
    return Kept(job_ids, spot.url)


def in_the_way(request: Request, spot: Spot, item_id: str, wanted: Item, posted: Posted) -> str:
    """What happened to the item elsewhere while this one was written."""
    kept = spot.item(item_id)
    if kept is None and not may_be_added(request, item_id):
        return taken_out_elsewhere(spot.listing)
    if kept not in (None, wanted) and first(posted, SEEN) != state_of(kept):
        return changed_elsewhere(spot.listing)
    return ""


def removal_page(
    request: Request,
    spot: Spot,
    item_id: str,
    problems: Sequence[Problem] = (),
    reason: tuple[str, str] = ("", ""),
    *,
    status: int = 200,
) -> Response:
    kept = spot.item(item_id)
    if kept is None:
        return Redirect(f"{spot.url}?{GONE}=1", status_code=303)
    return show(
        request,
        "mine/remove_item.html",
        status_code=status,
        submission=named(spot.opened.submission),
        name=spot.name(item_id),
        listing=spot.listing,
        told=items.rows(spot.listing, [kept])[0]["told"],
        problems=[{"message": problem.message, "url": ""} for problem in problems],
        hidden={SEEN: state_of(kept)},
        by_staff=spot.opened.by_staff,
        reason=reason,
        back_url=spot.url,
    )


def take_out(request: Request, session: Session, spot: Spot, item_id: str, posted: Posted) -> Kept | Response:
    """Take an item out, or show why it cannot be. The caller commits."""
    reason, kept = reason_in(posted, spot.opened), spot.item(item_id)
    if kept and first(posted, SEEN) not in ("", state_of(kept)):
        met = (Problem("", changed_elsewhere(spot.listing)),)
        return removal_page(request, spot, item_id, met, reason, status=409)
    if reason[1]:
        return removal_page(request, spot, item_id, reason=reason, status=422)
    job_ids, problems = spot.correct(session, [one for one in spot.items if one[ITEM_ID] != item_id], reason[0])
    if problems:
        return removal_page(request, spot, item_id, problems, reason, status=422)
    return Kept(job_ids, spot.url)


# -- As the respondent --------------------------------------------------------------------------------


@get(f"{PAGE}/add", sync_to_thread=True)
def add(
    request: Request, database: NamedDependency[Database], reference: FromPath[str], page_id: FromPath[str]
) -> Redirect:
    with database.reading() as session:
        spot = Spot(session, of_respondent(submission_for(session, request, reference)), page_id)
    return Redirect(spot.fresh_url, status_code=303)


@get(ITEM, sync_to_thread=True)
def item(
    request: Request,
    database: NamedDependency[Database],
    reference: FromPath[str],
    page_id: FromPath[str],
    item_id: FromPath[str],
) -> Response:
    with database.reading() as session:
        spot = Spot(session, of_respondent(submission_for(session, request, reference)), page_id)
    return item_page(request, spot, item_id)


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
        kept = save(request, session, Spot(session, of_respondent(submission), page_id, posted), item_id, posted)
        if isinstance(kept, Response):
            return kept
        session.commit()
    queue.ask_for_analysis(kept.job_ids)
    return Redirect(kept.url, status_code=303)


@get(f"{ITEM}/remove", sync_to_thread=True)
def ask_to_remove(
    request: Request,
    database: NamedDependency[Database],
    reference: FromPath[str],
    page_id: FromPath[str],
    item_id: FromPath[str],
) -> Response:
    with database.reading() as session:
        spot = Spot(session, of_respondent(submission_for(session, request, reference)), page_id)
    return removal_page(request, spot, item_id)


@post(f"{ITEM}/remove", sync_to_thread=True)
def remove(
    request: Request,
    database: NamedDependency[Database],
    queue: NamedDependency[Queue],
    posted: NamedDependency[Posted],
    reference: FromPath[str],
    page_id: FromPath[str],
    item_id: FromPath[str],
) -> Response:
    with database.writing() as session:
        opened = of_respondent(submission_for(session, request, reference, to_change=True))
        kept = take_out(request, session, Spot(session, opened, page_id), item_id, posted)
        if isinstance(kept, Response):
            return kept
        session.commit()
    queue.ask_for_analysis(kept.job_ids)
    return Redirect(kept.url, status_code=303)


handlers = [add, item, save_item, ask_to_remove, remove]
