"""Answers corrected by staff for a respondent who rang or wrote, or where they were keyed wrong: with a reason, always.

What is asked, checked, and kept is what a respondent's own correction is; the history tells who did it and why.
"""

from collections.abc import Callable

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from sqlmodel import Session

from collector.database import Database
from collector.intake.models import Source, Submission
from collector.mine import answers, lists
from collector.mine.answers import Kept
from collector.mine.entry import NotOpen, Opened, not_open_page
from collector.mine.lists import Spot
from collector.queue import Queue
from collector.web.posted import Posted

PAGE = "/staff/sources/{source_id:int}/answers/{page_id:str}"
ITEM = f"{PAGE}/items/{{item_id:str}}"
NOT_ASKED = "This is not asked, as the other answers stand"


def opened_by(
    request: Request, session: Session, source_id: int, *, to_change: bool = False, posted: Posted | None = None
) -> Opened:
    """The submission of this source; held until the commit where it is to be changed.

    NotOpen where its respondent withdrew it while we waited for them.
    """
    source = session.get(Source, source_id)
    if source is None or source.submission_id is None or source.upload_id is not None:
        raise NotFoundException("There are no answers at this address")
    held = {"key_share": True} if to_change else None
    submission = session.get_one(Submission, source.submission_id, with_for_update=held)
    if submission.withdrawn_at:
        raise NotOpen(posted, submission)
    return Opened(submission, f"/staff/sources/{source_id}/answers", request.user.id)


@get("/staff/sources/{source_id:int}/answers", sync_to_thread=True)
def all_answers(request: Request, database: NamedDependency[Database], source_id: FromPath[int]) -> Template:
    with database.reading() as session:
        opened = opened_by(request, session, source_id)
        return answers.all_answers(request, session, opened, source_url=f"/staff/sources/{source_id}")


@get(PAGE, sync_to_thread=True)
def answer(
    request: Request, database: NamedDependency[Database], source_id: FromPath[int], page_id: FromPath[str]
) -> Response:
    with database.reading() as session:
        opened = opened_by(request, session, source_id)
        try:
            return answers.asked(request, session, opened, page_id)
        except NotOpen:
            raise NotFoundException(NOT_ASKED) from None


@post(PAGE, sync_to_thread=True)
def save(
    request: Request,
    database: NamedDependency[Database],
    queue: NamedDependency[Queue],
    posted: NamedDependency[Posted],
    source_id: FromPath[int],
    page_id: FromPath[str],
) -> Response:
    with database.writing() as session:
        opened = opened_by(request, session, source_id, to_change=True, posted=posted)
        try:
            kept = answers.keep(request, session, opened, page_id, posted)
        except NotOpen as problem:
            return not_open_page(request, problem, url=opened.url)
        if isinstance(kept, Response):
            return kept
        session.commit()
    queue.ask_for_analysis(kept.job_ids)
    return Redirect(kept.url, status_code=303)


# -- Item by item -------------------------------------------------------------------------------------


def spot_of(request: Request, session: Session, source_id: int, page_id: str) -> Spot:
    """A list to look at."""
    try:
        return Spot(session, opened_by(request, session, source_id), page_id)
    except NotOpen:
        raise NotFoundException(NOT_ASKED) from None


@get(f"{PAGE}/add", sync_to_thread=True)
def add(
    request: Request, database: NamedDependency[Database], source_id: FromPath[int], page_id: FromPath[str]
) -> Redirect:
    with database.reading() as session:
        return Redirect(spot_of(request, session, source_id, page_id).fresh_url, status_code=303)


@get(ITEM, sync_to_thread=True)
def item(
    request: Request,
    database: NamedDependency[Database],
    source_id: FromPath[int],
    page_id: FromPath[str],
    item_id: FromPath[str],
) -> Response:
    with database.reading() as session:
        return lists.item_page(request, spot_of(request, session, source_id, page_id), item_id)


@get(f"{ITEM}/remove", sync_to_thread=True)
def ask_to_remove(
    request: Request,
    database: NamedDependency[Database],
    source_id: FromPath[int],
    page_id: FromPath[str],
    item_id: FromPath[str],
) -> Response:
    with database.reading() as session:
        return lists.removal_page(request, spot_of(request, session, source_id, page_id), item_id)


@post(ITEM, sync_to_thread=True)
def save_item(
    request: Request,
    database: NamedDependency[Database],
    queue: NamedDependency[Queue],
    posted: NamedDependency[Posted],
    source_id: FromPath[int],
    page_id: FromPath[str],
    item_id: FromPath[str],
) -> Response:
    return change_list(request, database, queue, posted, lists.save, source_id, page_id, item_id)


@post(f"{ITEM}/remove", sync_to_thread=True)
def remove(
    request: Request,
    database: NamedDependency[Database],
    queue: NamedDependency[Queue],
    posted: NamedDependency[Posted],
    source_id: FromPath[int],
    page_id: FromPath[str],
    item_id: FromPath[str],
) -> Response:
    return change_list(request, database, queue, posted, lists.take_out, source_id, page_id, item_id)


def change_list(
    request: Request,
    database: Database,
    queue: Queue,
    posted: Posted,
    change: Callable[..., Kept | Response],
    source_id: int,
    page_id: str,
    item_id: str,
) -> Response:
    with database.writing() as session:
        opened = opened_by(request, session, source_id, to_change=True, posted=posted)
        try:
            kept = change(request, session, Spot(session, opened, page_id, posted), item_id, posted)
        except NotOpen as problem:
            return not_open_page(request, problem, url=opened.url)
        if isinstance(kept, Response):
            return kept
        session.commit()
    queue.ask_for_analysis(kept.job_ids)
    return Redirect(kept.url, status_code=303)


handlers = [all_answers, answer, save, add, item, save_item, ask_to_remove, remove]
