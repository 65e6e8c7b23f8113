"""Before anybody begins: the questionnaires that are open, what one asks, and all its questions on paper."""

from typing import Any

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from sqlmodel import Session

from collector.database import Database
from collector.intake import (
    held,
    paper,
    rounds,
)
from collector.intake.answer_rows import by_section
from collector.intake.held import Held
from collector.intake.models import Round
from collector.intake.place import AGAIN, Place, as_spoken, left_behind, place_of
from collector.settings import Settings
from collector.web.page import page as show
from collector.web.page import visitor_secret
from forms import speech
from forms.questionnaire import Questionnaire
from forms.questions import Page
from forms.speech import gettext


@get("/", sync_to_thread=True)
def home(request: Request, database: NamedDependency[Database]) -> Template:
    with database.reading() as session:
        rows = [listed(*as_spoken(session, *pair)) for pair in rounds.all_open(session)]
        to_come = [listed(*as_spoken(session, *pair)) for pair in rounds.all_to_come(session)]
    return show(request, "intake/home.html", questionnaires=rows, to_come=to_come)


def listed(round_: Round, questionnaire: Questionnaire) -> dict[str, Any]:
    return {
        "slug": questionnaire.slug,
        "title": questionnaire.title,
        "summary": questionnaire.summary,
        "minutes": questionnaire.minutes,
        "opens_at": round_.opened_at,
        "closes_on": round_.closes_on,
    }


@get("/questionnaires/{slug:str}", sync_to_thread=True)
def start(request: Request, database: NamedDependency[Database], slug: FromPath[str]) -> Template:
    with database.reading() as session:
        place = place_of(session, request, slug)
        earlier = left_behind(session, request, slug)
        from_before = may_go_on(session, request, place)
        asked_before = len(rounds.all_closed(session, slug)) > 0
    return show(
        request,
        "intake/start.html",
        questionnaire=place.questionnaire,
        round=place.round_,
        start_url=place.first_url + (f"?{AGAIN}=1" if place.sent else ""),
        questions_url=f"{place.url}/questions",
        draft=None if place.sent else draft_shown(place),
        earlier={"url": f"{place.url}/earlier", "round": earlier.round_.title} if earlier else None,
        begin_url=f"{place.url}/begin",
        held=from_before,
        asked_before=asked_before,
    )


def may_go_on(session: Session, request: Request, place: Place) -> list[Held]:
    """What this browser can begin from, where it is not in the middle of its answers."""
    if place.round_.preview or (place.draft and not place.sent):
        return []
    return held.offered(session, visitor_secret(request), place.round_)


def draft_shown(place: Place) -> dict[str, Any] | None:
    if place.draft is None:
        return None
    return {
        "saved_at": place.draft.saved_at,
        "saved_by": place.saver,
        "kept_until": place.draft.expires_at,
        "continue_url": place.tasks_url,
    }


@get("/questionnaires/{slug:str}/questions", sync_to_thread=True)
def questions(request: Request, database: NamedDependency[Database], slug: FromPath[str]) -> Template:
    with database.reading() as session:
        questionnaire = place_of(session, request, slug).questionnaire
    sections = [{"title": title, "pages": pages} for title, pages in all_sections(questionnaire)]
    return show(
        request,
        "intake/questions.html",
        questionnaire=questionnaire,
        sections=sections,
        url=f"/questionnaires/{slug}/questions",
    )


@get("/questionnaires/{slug:str}/questions.docx", sync_to_thread=True)
def questions_docx(request: Request, database: NamedDependency[Database], slug: FromPath[str]) -> Response:
    return on_paper(request, database, slug, "docx")


@get("/questionnaires/{slug:str}/questions.pdf", sync_to_thread=True)
def questions_pdf(request: Request, database: NamedDependency[Database], slug: FromPath[str]) -> Response:
    return on_paper(request, database, slug, "pdf")


def on_paper(request: Request, database: Database, slug: str, kind: str) -> Response:
    with database.reading() as session:
        place = place_of(session, request, slug)
    questionnaire = place.questionnaire
    questions = paper.all_questions(questionnaire, all_sections(questionnaire), asked_by(request, place))
    try:
        document = paper.as_pdf_again(questions) if kind == "pdf" else paper.as_docx(questions)
    except paper.Unprintable:  # a Word document leaves fonts to the reader's own machine
        return Redirect(f"/questionnaires/{slug}/questions.docx", status_code=303)
    spoken = "" if questionnaire.language == speech.ENGLISH else f"-{questionnaire.language}"
    name = f"{'preview' if place.round_.preview else questionnaire.slug}-questions{spoken}"
    return Response(
        document,
        media_type=paper.MEDIA_TYPES[kind],
        headers={"Content-Disposition": f'attachment; filename="{name}.{kind}"'},
    )


def asked_by(request: Request, place: Place) -> list[str]:
    """A paper lies about for long: it says whose it is. The link to a preview is a secret, and stays off
    it and out of its name."""
    settings: Settings = request.app.state.settings
    lines = [settings.organisation, "" if place.round_.preview else settings.base_url + place.url]
    return [one for one in (*lines, settings.email and gettext("Get in touch: %(email)s", email=settings.email)) if one]


def all_sections(questionnaire: Questionnaire) -> list[tuple[str, list[Page]]]:
    return by_section(tuple(step.page for step in questionnaire.steps))


handlers = [home, start, questions, questions_docx, questions_pdf]
