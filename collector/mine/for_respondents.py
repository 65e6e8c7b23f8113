"""Answers corrected by staff for a respondent who rang or wrote, or where they were keyed wrong: with a reason, always.

What is asked, checked, and kept is what a respondent's own correction is; the history tells who did it and why.
"""

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from sqlmodel import Session

from collector.database import Database
from collector.intake.models import Source, Submission
from collector.mine import answers
from collector.mine.entry import NotOpen, Opened, not_open_page
from collector.queue import Queue
from collector.web.posted import Posted

PAGE = "/staff/sources/{source_id:int}/answers/{page_id:str}"


def opened_by(request: Request, session: Session, source_id: int, *, to_change: bool = False) -> Opened:
    """The submission of this source; held until the commit where it is to be changed."""
    source = session.get(Source, source_id)
    if source is None or source.submission_id is None or source.upload_id is not None:
        raise NotFoundException("There are no answers at this address")
    held = {"key_share": True} if to_change else None
    submission = session.get_one(Submission, source.submission_id, with_for_update=held)
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
            _, held, page = answers.asked_on(session, opened.submission, page_id)
        except NotOpen:
            raise NotFoundException("This is not asked, as the other answers stand") from None
        if page.listing:
            return Redirect(opened.url, status_code=303)
        return answers.form(request, session, opened, answers.as_kept(page, held))


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
        opened = opened_by(request, session, source_id, to_change=True)
        try:
            kept = answers.keep(request, session, opened, page_id, posted)
        except NotOpen as problem:
            return not_open_page(request, problem, url=opened.url)
        if isinstance(kept, Response):
            return kept
        session.commit()
    queue.ask_for_analysis(kept.job_ids)
    return Redirect(kept.url, status_code=303)


handlers = [all_answers, answer, save]
