"""A question page at a time: what was typed is kept, or said to be wrong, or set beside what a colleague wrote."""

from dataclasses import replace
from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from sqlmodel import Session

from collector.database import Database
from collector.intake import (
    conflicts,
    drafts,
    uploads,
)
from collector.intake.answer_rows import listed_values, row
from collector.intake.conflicts import Difference, Meeting
from collector.intake.named_children import NAMES, NAMES_TOLD, mark_of, named
from collector.intake.not_taken import out_of_place
from collector.intake.place import FROM_CHECK, Place, place_of
from collector.web.page import page as show
from collector.web.page import visitor_secret
from collector.web.posted import Posted
from forms import answers as forms_answers
from forms import dates as forms_dates
from forms.answers import Problem, Reading
from forms.questions import Page
from forms.speech import gettext, message

TOLD = "file"  # in the query: what has just been done with a file
FILES_TOLD = {
    "added": message("The file is added."),
    "removed": message("The file is removed."),
    "same": message("You have added that file before. It is kept once."),
}


@get("/questionnaires/{slug:str}/pages/{page_id:str}", sync_to_thread=True)
def question_page(
    request: Request, database: NamedDependency[Database], slug: FromPath[str], page_id: FromPath[str]
) -> Response:
    with database.reading() as session:
        place = place_of(session, request, slug)
        if place.begins_again(request):
            place = Place(place.round_, place.questionnaire, None)
        if place.sent:
            return place.already_sent(request, session)
        page = place.find_page(page_id)
        if page is None or (place.draft is None and page is not place.pages[0]):
            return Redirect(place.url, status_code=303)
        typed = {one.id: listed_values(place.answers.get(one.id)) for one in page.questions}
        files = files_on(session, place, page)
    return question(request, place, page, typed, (), hidden=hidden_on(place, page), files=files)


def files_told(request: Request) -> str:
    """What has just been done with a file, if anything."""
    told = FILES_TOLD.get(request.query_params.get(TOLD, ""))
    return gettext(told) if told else ""


def shown_on(place: Place, page: Page) -> dict[str, str]:
    return conflicts.digests(place.answers, (one.id for one in page.questions))


def files_on(session: Session, place: Place, page: Page) -> dict[str, list[dict[str, Any]]]:
    """The files that the draft has, for each question of the page that asks for some."""
    asked = [one.id for one in page.questions if one.type == "file"]
    return {question_id: uploads.shown(session, place.draft, question_id) for question_id in asked}


def question(
    request: Request,
    place: Place,
    page: Page,
    typed: dict[str, list[str]],
    problems: tuple[Problem, ...],
    *,
    hidden: dict[str, str],
    files: dict[str, list[dict[str, Any]]],
) -> Template:
    asked = [pair for pair in request.url.query.split("&") if pair and not pair.startswith(f"{TOLD}=")]
    query = f"?{'&'.join(asked)}" if asked else ""
    section = [one for one in place.pages if one.section == page.section]
    to_check = FROM_CHECK in request.query_params
    names = named(page, place.answers)
    return show(
        request,
        "intake/question.html",
        status_code=422 if problems else 200,
        questionnaire=place.questionnaire,
        page=page,
        typed=typed,
        date_parts=forms_dates.parts,
        files=files,
        files_url=f"{place.url}/files",
        files_told=files_told(request),
        problems=problems,
        action=place.page_url(page) + ("/files" if files else "") + query,
        back_url=place.check_url if to_check else place.url_before(page),
        progress={"section": page.section, "number": section.index(page) + 1, "of": len(section)},
        saved=place.saved,
        tasks_url=place.tasks_url,
        to_check=to_check,
        sensitive=place.is_sensitive(page),
        named=names if NAMES in request.query_params and not problems else [],
        next_url=place.check_url if to_check else place.url_after(page),
        hidden={**hidden, **({NAMES_TOLD: mark_of(names)} if names else {})},
        keyed=place.keyed,
        held_words={one.id: words for one in page.questions if place.held and (words := place.held.words(one))},
    )


def hidden_on(place: Place, page: Page) -> dict[str, str]:
    version = conflicts.version_of(place.questionnaire, page)
    return {**conflicts.hidden_for(shown_on(place, page)), conflicts.VERSION: version}


@post("/questionnaires/{slug:str}/pages/{page_id:str}", sync_to_thread=True)
def save_page(
    request: Request,
    database: NamedDependency[Database],
    posted: NamedDependency[Posted],
    slug: FromPath[str],
    page_id: FromPath[str],
) -> Response:
    with database.writing() as session:
        found = to_save(session, request, posted, slug, page_id)
        if isinstance(found, Response):
            return found
        place, page = found
        reading = read_page(place, page, posted)
        files, url = files_on(session, place, page), place.page_url(page)
        refused = bool(reading.problems or reading.unfinished)
        if not refused:
            answer, kept = go_on(session, request, place, page, posted, reading.answers)
            session.commit()
    # With the turn given back: looking for names takes a while where a text is long.
    if refused:
        again = {"hidden": conflicts.carried(posted), "files": files}
        return question(request, place, page, reading.typed, reading.problems, **again)
    return advised(request, url, page, posted, kept) or answer


def to_save(
    session: Session, request: Request, posted: Posted, slug: str, page_id: str
) -> tuple[Place, Page] | Response:
    """Where what was posted belongs; or what to show instead."""
    place = place_of(session, request, slug, to_change=True, posted=posted)
    if place.begins_again(request):
        drafts.start_again(session, visitor_secret(request), place.round_)
        place = Place(place.round_, place.questionnaire, None)
    page = place.find_page(page_id)
    if page and conflicts.is_of_another(posted, place.questionnaire, page):
        return out_of_place(request, session, place, posted, of_another=True)
    if place.sent or page is None or is_gone(place, page, posted):
        return out_of_place(request, session, place, posted)
    return place, page


def read_page(place: Place, page: Page, posted: Posted) -> Reading:
    """What was posted, with the files that the draft has: a form tells of those that it adds alone."""
    held = {one.id: listed_values(place.answers.get(one.id)) for one in page.questions if one.type == "file"}
    return forms_answers.read(page, {**posted, **held})


def go_on(
    session: Session, request: Request, place: Place, page: Page, posted: Posted, answers: dict[str, Any]
) -> tuple[Response, dict[str, Any]]:
    """Save the page and lead to the next; or ask what to keep, where a colleague changed the same answers.

    With what was kept of the page, which is nothing where it is asked.
    """
    if place.draft is None:  # another window may be beginning too: what it saves first is met below
        place = replace(place, draft=drafts.start(session, visitor_secret(request), place.round_))
    meeting = meet(place, page, posted, answers)
    if meeting.news or meeting.unchosen:
        return choose(request, session, place, page, posted, meeting), {}
    moved = keep_page(session, request, place, page, meeting.answers, came=conflicts.trace(posted, answers))
    return Redirect(moved, status_code=303), meeting.answers


def advised(request: Request, url: str, page: Page, posted: Posted, kept: dict[str, Any]) -> Redirect | None:
    """Back to the page, once, where what was kept of it seems to name a child."""
    mark = mark_of(named(page, kept))
    if not mark or mark in posted.get(NAMES_TOLD, []):
        return None
    query = f"{FROM_CHECK}=1&{NAMES}=1" if FROM_CHECK in request.query_params else f"{NAMES}=1"
    return Redirect(f"{url}?{query}", status_code=303)


def is_gone(place: Place, page: Page, posted: Posted) -> bool:
    """There is no draft, and this page is not the beginning of one: it showed answers, or comes after others."""
    return place.draft is None and (page is not place.pages[0] or bool(conflicts.read(posted)))


def meet(place: Place, page: Page, posted: Posted, answers: dict[str, Any]) -> Meeting:
    """What was posted, against what colleagues or another window saved since the page was shown."""
    save = place.draft.saves.get(page.id, {}) if place.draft else {}
    return conflicts.meet(page, posted, answers, place.answers, last=save, alone=place.holders == 1)


def choose(request: Request, session: Session, place: Place, page: Page, posted: Posted, meeting: Meeting) -> Template:
    """Both answers to each question, whole, and a choice. What was posted stays in the form."""
    by = place.draft.saves.get(page.id, {}).get("by", place.draft.saved_by)
    return show(
        request,
        "intake/choose.html",
        status_code=409 if meeting.news else 422,
        back_to_form=False,  # the answer that was not kept stands on this page alone
        questionnaire=place.questionnaire,
        page=page,
        sensitive=place.is_sensitive(page),
        saver=place.name_of(session, request, by),
        rows=[
            two_answers(difference, posted, missing=difference in meeting.unchosen)
            for difference in meeting.differences
        ],
        posted={name: values for name, values in posted.items() if name == NAMES_TOLD or not name.startswith("_")},
        hidden={
            **conflicts.hidden_for(meeting.shown),
            conflicts.VERSION: conflicts.version_of(place.questionnaire, page),
            conflicts.ASKED: " ".join(one.question.id for one in meeting.differences),
        },
        action=request.url.path + (f"?{request.url.query}" if request.url.query else ""),
        tasks_url=place.tasks_url,
    )


def two_answers(difference: Difference, posted: Posted, *, missing: bool) -> dict[str, Any]:
    id = difference.question.id
    return {
        "field": difference.field,
        "mine": row(difference.question, {id: difference.mine}),
        "theirs": row(difference.question, {id: difference.theirs}),
        "ways": difference.ways,
        "typed": posted.get(difference.field, []),
        "problem": gettext("Choose which answer to keep") if missing else "",
    }


def keep_page(
    session: Session,
    request: Request,
    place: Place,
    page: Page,
    answers: dict[str, Any],
    *,
    came: dict[str, str] | None = None,
) -> str:
    """Save one page's answers; returns where to go next."""
    asked = {one.id for one in page.questions}
    now = place.save(session, request, page, asked=asked, answers=answers, page=page.id, came=came)
    same_pages = [one.id for one in now.pages] == [one.id for one in place.pages]
    if FROM_CHECK in request.query_params and same_pages:
        return now.check_url
    return now.url_after(page)


handlers = [question_page, save_page]
