"""What is shown where nothing can be kept: not open, closed, sent, or changed by a colleague; with what was typed."""

from litestar import Request
from litestar.response import Redirect, Response, Template
from sqlmodel import Session

from collector.intake.answer_rows import row, unknown_here
from collector.intake.place import Closed, Place, ToCome
from collector.web.page import page as show
from collector.web.posted import Posted


def to_come_page(request: Request, problem: ToCome) -> Response:
    url = f"/questionnaires/{problem.questionnaire.slug}"
    if request.url.path != url:
        return Redirect(url, status_code=303)
    return show(request, "intake/to_come.html", questionnaire=problem.questionnaire, round=problem.round_)


def closed_page(request: Request, problem: Closed) -> Template:
    place = problem.place
    answers = place.answers | {name: values for name, values in problem.posted.items() if any(values)}
    # All that was written, also on pages that other answers have taken out since.
    asked = [one for id, one in place.questionnaire.questions.items() if id in answers]
    return show(
        request,
        "intake/closed.html",
        status_code=problem.status_code,
        questionnaire=place.questionnaire,
        closed_on=place.round_.closes_on,
        closed_at=place.round_.closed_at,
        rows=[*(row(one, answers) for one in asked), *unknown_here(problem.posted, place.questionnaire.questions)],
        forget_url=f"{place.url}/forget" if place.draft and not place.sent else "",
    )


def out_of_place(
    request: Request, session: Session, place: Place, posted: Posted, *, of_another: bool = False
) -> Response:
    """A page that cannot be saved, because a colleague has sent or deleted or changed all: what was typed is shown.

    One `of_another` version asked what this one does not, maybe under the same names.
    """
    known = {} if of_another else place.questionnaire.questions
    asked = [one for id, one in known.items() if any(posted.get(id, []))]
    typed = [*(row(one, posted) for one in asked), *unknown_here(posted, known)]
    if place.sent:
        return place.already_sent(request, session, typed)
    if not typed:
        return Redirect(place.url, status_code=303)
    return show(
        request,
        "intake/not_kept.html",
        status_code=409 if place.draft else 410,
        questionnaire=place.questionnaire,
        gone=place.draft is None,
        rows=typed,
        url=place.tasks_url if place.draft else place.url,
    )
