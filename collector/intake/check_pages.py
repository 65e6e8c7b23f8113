"""“Check your answers”, and sending them."""

from collections.abc import Sequence
from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template

from collector.database import Database
from collector.intake import (
    conflicts,
    drafts,
    submissions,
)
from collector.intake.answer_rows import by_section, row
from collector.intake.held import HeldItem
from collector.intake.models import Submission
from collector.intake.named_children import named
from collector.intake.place import FROM_CHECK, Place, held_as_seen, place_of
from collector.queue import Queue
from collector.web.page import page as show
from collector.web.posted import Posted
from forms import answers as forms_answers
from forms.answers import Problem
from forms.questions import Page, Question
from forms.speech import gettext

HELD_ITEMS = "_held"  # beside the answers on the check: what is said of held items


@get("/questionnaires/{slug:str}/check", sync_to_thread=True)
def check(request: Request, database: NamedDependency[Database], slug: FromPath[str]) -> Response:
    with database.reading() as session:
        place = place_of(session, request, slug)
        if place.sent:
            return place.already_sent(request, session)
    if place.draft is None:
        return Redirect(place.url, status_code=303)
    return check_page(request, place, ())


def check_page(
    request: Request,
    place: Place,
    problems: Sequence[Problem],
    changed: set[str] = frozenset(),
    unsettled: Sequence[HeldItem] = (),
) -> Template:
    """`changed` are the questions whose answers are others than those that were about to be sent.

    `unsettled` are held items of which has to be said what became of them.
    """
    shown = shown_to_check(place)
    return show(
        request,
        "intake/check.html",
        status_code=422 if problems or unsettled else 409 if changed else 200,
        questionnaire=place.questionnaire,
        sections=[
            {"title": title, "rows": [row_to_change(place, page, one) for page in pages for one in page.questions]}
            for title, pages in by_section(place.pages)
        ],
        problems=[
            *({"message": problem.message, "url": mend_url(place, problem)} for problem in problems),
            *({"message": what_became(one), "url": f"{place.held_url}/{one.page.id}"} for one in unsettled),
        ],
        held=place.held,
        held_items=place.held_items,
        unsettled={one.item_id for one in place.unsettled},
        held_url=place.held_url,
        action=place.check_url,
        sensitive=place.is_sensitive(*place.pages),
        named=[
            {"title": page.title, "words": words, "url": place.page_url(page, f"{FROM_CHECK}=1")}
            for page in place.pages
            if (words := named(page, place.answers))
        ],
        back_url=place.page_url(place.pages[-1]),
        saved=place.saved,
        changed=changed,
        keyed=place.keyed,
        hidden=conflicts.hidden_for(conflicts.digests_of_all(shown)),
    )


def shown_to_check(place: Place) -> dict[str, Any]:
    """All that is about to be sent: the answers, and what is said of held items."""
    states = [[one.item_id, one.state, dict(one.said)] for one in place.held_items]
    return place.asked() | ({HELD_ITEMS: states} if place.held else {})


def what_became(item: HeldItem) -> str:
    return gettext("%(item)s: choose what has become of it", item=item.name)


def row_to_change(place: Place, page: Page, question: Question) -> dict[str, Any]:
    return {
        **row(question, place.answers),
        "question_id": question.id,
        "told_before": place.told_before(question),
        "change_url": place.page_url(page, f"{FROM_CHECK}=1"),
    }


def mend_url(place: Place, problem: Problem) -> str:
    page = place.page_of(problem.question_id)
    return place.page_url(page, f"{FROM_CHECK}=1") if page else place.first_url


@post("/questionnaires/{slug:str}/check", sync_to_thread=True)
def submit(
    request: Request,
    database: NamedDependency[Database],
    queue: NamedDependency[Queue],
    posted: NamedDependency[Posted],
    slug: FromPath[str],
) -> Response:
    with database.reading() as session:
        seen = place_of(session, request, slug)
    checked = forms_answers.read_whole(seen.questionnaire, seen.asked())  # before the one writer's turn is taken
    with database.writing() as session:
        place = held_as_seen(session, seen) or place_of(session, request, slug, to_change=True)
        if place.draft is None:
            return Redirect(place.url, status_code=303)
        if place.sent:
            sent = session.get_one(Submission, place.draft.submission_id)
            return Redirect(place.receipt_url(sent.receipt_key), status_code=303)
        if changed := changed_since(place, posted):
            return check_page(request, place, (), changed)
        reading = checked if place is seen else forms_answers.read_whole(place.questionnaire, place.asked())
        problems, unsettled = place.lacking(reading.problems), place.unsettled
        if problems or unsettled:
            return check_page(request, place, problems, unsettled=unsettled)
        if place.round_.preview:
            end = end_of_preview(request, place)
            drafts.forget(session, place.draft)
            session.commit()
            return end
        received = submissions.receive(
            session,
            round_=place.round_,
            questionnaire=place.questionnaire,
            questionnaire_id=place.draft.questionnaire_id,
            **place.as_sent(request, reading.answers),
        )
        url = place.receipt_url(received.receipt_key)
    queue.ask_for_analysis(received.job_ids)
    return Redirect(url, status_code=303)


def end_of_preview(request: Request, place: Place) -> Template:
    answers = place.asked()
    asked = [one for page in place.pages for one in page.questions if one.id in answers]
    return show(
        request,
        "intake/preview_end.html",
        questionnaire=place.questionnaire,
        rows=[row(one, answers) for one in asked],
        start_url=place.url,
    )


def changed_since(place: Place, posted: Posted) -> set[str]:
    """The questions whose answers are others than those that were read before pressing Submit."""
    shown, asked = conflicts.read(posted), shown_to_check(place)
    if shown is None:
        return set() if place.holders == 1 else set(asked)
    return conflicts.changed(shown, asked)


handlers = [check, submit]
