"""The task list: the sections of a questionnaire that somebody has begun, how far each is, and a way to delete it."""

from dataclasses import dataclass
from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response
from sqlmodel import Session

from collector.database import Database
from collector.intake import drafts, held
from collector.intake.answer_rows import by_section
from collector.intake.place import Closed, Place, place_of
from collector.web.page import page as show
from forms.gaps import Gap
from forms.questions import Page
from forms.speech import gettext


@dataclass(frozen=True)
class Task:
    """A section. `needed` is how many answers it still lacks before all can be sent."""

    title: str
    url: str
    answered: int
    asked: int
    needed: int

    @property
    def state(self) -> str:
        if not self.answered:
            return "not started" if self.needed else "optional"
        return "done" if self.answered == self.asked else "in progress" if self.needed else "enough to send"


def lacking_in(place: Place) -> set[str]:
    """The questions that have to be answered before all can be sent."""
    return {problem.question_id for problem in place.lacking(place.questionnaire.complete(place.answers))}


def to_go_on_with(place: Place, lacking: set[str]) -> Page | None:
    """What comes after the last page that was answered; then what was left out and is needed."""
    answered = [any(one.id in place.answers for one in page.questions) for page in place.pages]
    last = max((number for number, done in enumerate(answered) if done), default=-1)
    needed = (page for page in place.pages if any(one.id in lacking for one in page.questions))
    return next(iter(place.pages[last + 1 :]), None) or next(needed, None)


def tasks_of(place: Place, lacking: set[str]) -> list[Task]:
    return [
        _task(place, title or place.questionnaire.title, pages, lacking) for title, pages in by_section(place.pages)
    ]


def _task(place: Place, title: str, pages: list[Page], lacking: set[str]) -> Task:
    asked = [question.id for page in pages for question in page.questions]
    return Task(
        title=title,
        url=place.page_url(_to_open(place, pages, lacking)),
        answered=sum(one.id in place.answers or place.told_before(one) for page in pages for one in page.questions),
        asked=len(asked),
        needed=sum(question_id in lacking for question_id in asked),
    )


def _to_open(place: Place, pages: list[Page], lacking: set[str]) -> Page:
    """Where there is something to do: what has to be answered comes before what can be."""
    needed = (page for page in pages if any(one.id in lacking for one in page.questions))
    blank = (page for page in pages if not any(one.id in place.answers for one in page.questions))
    return next(needed, next(blank, pages[0]))


@get("/questionnaires/{slug:str}/tasks", sync_to_thread=True)
def task_list(request: Request, database: NamedDependency[Database], slug: FromPath[str]) -> Response:
    with database.reading() as session:
        place = place_of(session, request, slug)
        if elsewhere := not_begun(request, session, place):
            return elsewhere
    lacking = lacking_in(place)
    next_page = to_go_on_with(place, lacking)
    return show(
        request,
        "intake/task_list.html",
        questionnaire=place.questionnaire,
        tasks=tasks_of(place, lacking),
        needed=len(lacking),
        next_page=unsettled_first(place)
        or (next_page and {"title": next_page.title, "url": place.page_url(next_page)}),
        check_url=place.check_url,
        forget_url=f"{place.url}/forget",
        share_url="" if place.round_.preview else f"{place.url}/share",
        leave_url=f"{place.url}/leave",
        colleagues=place.holders - 1,
        closes_on=place.round_.closes_on,
        saved=place.saved,
        held=place.held and held_shown(place),
    )


def unsettled_first(place: Place) -> dict[str, Any] | None:
    """What has become of held items is asked before anything else."""
    pages = [one.page.id for one in place.unsettled]
    return (
        {"title": gettext("What has become of what you listed?"), "url": f"{place.held_url}/{pages[0]}"}
        if pages
        else None
    )


def held_shown(place: Place) -> dict[str, Any]:
    """What was told in an earlier round: how much of it is settled, and what we do not know yet."""
    items = place.held_items
    gaps = held.gaps_of(place.held, place.questionnaire, place.draft, items)
    return {
        "round": place.held.round_title,
        "url": place.held_url,
        "items": len(items),
        "settled": len(items) - len(place.unsettled),
        "gaps": [{"words": gap.words, "url": gap_url(place, gap)} for gap in gaps],
    }


def gap_url(place: Place, gap: Gap) -> str:
    """To the page where it is answered: of an item that is held, to what can be said of that."""
    return f"{place.held_url}/{gap.page.id}" if gap.item_id else place.page_url(gap.page)


@get("/questionnaires/{slug:str}/forget", sync_to_thread=True)
def ask_to_forget(request: Request, database: NamedDependency[Database], slug: FromPath[str]) -> Response:
    with database.reading() as session:
        place = open_or_closed(session, request, slug)
        if elsewhere := not_begun(request, session, place):
            return elsewhere
    return show(request, "intake/forget.html", questionnaire=place.questionnaire, **_ways(place))


@post("/questionnaires/{slug:str}/forget", sync_to_thread=True)
def forget(request: Request, database: NamedDependency[Database], slug: FromPath[str]) -> Response:
    with database.writing() as session:
        place = open_or_closed(session, request, slug, to_change=True)
        if elsewhere := not_begun(request, session, place):
            return elsewhere
        drafts.forget(session, place.draft)
        session.commit()
    return show(
        request,
        "intake/forgotten.html",
        questionnaire=place.questionnaire,
        start_url=place.url,
        colleagues=place.holders - 1,
    )


def open_or_closed(session: Session, request: Request, slug: str, *, to_change: bool = False) -> Place:
    """What is not sent can be deleted after the round has closed, too."""
    try:
        return place_of(session, request, slug, to_change=to_change)
    except Closed as closed:
        return closed.place


def _ways(place: Place) -> dict[str, Any]:
    return {
        "action": f"{place.url}/forget",
        "tasks_url": place.tasks_url,
        "leave_url": f"{place.url}/leave",
        "colleagues": place.holders - 1,
        "saved": place.saved,
    }


def not_begun(request: Request, session: Session, place: Place) -> Response | None:
    """What to show instead where this browser has nothing to go on with."""
    if place.sent:
        return place.already_sent(request, session)
    return Redirect(place.url, status_code=303) if place.draft is None else None


handlers = [task_list, ask_to_forget, forget]
