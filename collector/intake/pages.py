"""The questionnaire in a browser: one question page at a time, check answers, submit."""

from dataclasses import dataclass, field
from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException, NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from sqlmodel import Session

from collector.database import Database
from collector.intake import drafts, paper, references, rounds, submissions
from collector.intake.models import Draft, Round, Submission
from collector.queue import Queue
from collector.web.page import page as show
from collector.web.page import visitor_secret
from collector.web.posted import Posted
from forms import answers as forms_answers
from forms import dates as forms_dates
from forms.answers import Problem
from forms.questionnaire import Questionnaire
from forms.questions import Page, Question

AGAIN = "again"  # in the query: this browser has sent one and begins another
FROM_CHECK = "check"  # in the query: the page was opened from "Check your answers"


@dataclass
class Place:
    """Where a respondent is: the round, the questionnaire version their draft is pinned to, and the draft."""

    round_: Round
    questionnaire: Questionnaire
    draft: Draft | None
    pages: tuple[Page, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.pages = self.questionnaire.pages_for(self.answers)

    @property
    def answers(self) -> dict[str, Any]:
        return self.draft.answers if self.draft else {}

    @property
    def sent(self) -> bool:
        return self.draft is not None and self.draft.submission_id is not None

    @property
    def url(self) -> str:
        return f"/questionnaires/{self.questionnaire.slug}"

    @property
    def first_url(self) -> str:
        return self.page_url(self.pages[0])

    @property
    def check_url(self) -> str:
        return f"{self.url}/check"

    @property
    def tasks_url(self) -> str:
        return f"{self.url}/tasks"

    def page_url(self, page: Page, query: str = "") -> str:
        return f"{self.url}/pages/{page.id}{'?' + query if query else ''}"

    def page_of(self, question_id: str) -> Page | None:
        return next((page for page in self.pages for one in page.questions if one.id == question_id), None)

    def asked(self) -> dict[str, Any]:
        """The answers to what is asked. Those under a choice since taken back stay in the draft and are not sent."""
        asked = {question.id for page in self.pages for question in page.questions}
        return {key: value for key, value in self.answers.items() if key in asked}


class Closed(HTTPException):
    """The round took answers once; whoever was in the middle of theirs gets them back to read."""

    status_code = 410

    def __init__(self, place: Place, posted: Posted | None) -> None:
        super().__init__("The questionnaire of this name has closed")
        self.place, self.posted = place, posted or {}


def place_of(
    session: Session, request: Request, slug: str, *, to_change: bool = False, posted: Posted | None = None
) -> Place:
    """In the newest round of this questionnaire; in an earlier one that is open still for who began there."""
    found = rounds.all_open(session, slug)
    if found:
        return place_in(session, request, found, to_change=to_change)
    past = rounds.all_closed(session, slug)
    if past:
        raise Closed(place_in(session, request, past), posted)
    raise NotFoundException("There is no questionnaire of this name")


def place_in(
    session: Session, request: Request, found: list[tuple[Round, Questionnaire]], *, to_change: bool = False
) -> Place:
    secret = visitor_secret(request)
    begun = [(*pair, drafts.find(session, secret, pair[0], to_change=to_change)) for pair in found]
    unsent = (one for one in begun if one[2] and one[2].submission_id is None)
    round_, questionnaire, draft = next(unsent, begun[0])
    if draft and draft.questionnaire_id != round_.questionnaire_id:
        questionnaire = rounds.questionnaire_of(session, draft.questionnaire_id)
    return Place(round_, questionnaire, draft)


def closed_page(request: Request, problem: Closed) -> Template:
    place = problem.place
    answers = place.answers | {name: values for name, values in problem.posted.items() if any(values)}
    asked = [one for page in place.pages for one in page.questions if one.id in answers]
    return show(
        request,
        "intake/closed.html",
        status_code=problem.status_code,
        questionnaire=place.questionnaire,
        closed_on=place.round_.closes_on,
        rows=[row(one, answers) for one in asked],
        forget_url=f"{place.url}/forget" if place.draft and not place.sent else "",
    )


@get("/", sync_to_thread=True)
def home(request: Request, database: NamedDependency[Database]) -> Template:
    with database.reading() as session:
        rows = [listed(round_, questionnaire) for round_, questionnaire in rounds.all_open(session)]
    return show(request, "intake/home.html", questionnaires=rows)


def listed(round_: Round, questionnaire: Questionnaire) -> dict[str, Any]:
    return {
        "slug": questionnaire.slug,
        "title": questionnaire.title,
        "summary": questionnaire.summary,
        "minutes": questionnaire.minutes,
        "closes_on": round_.closes_on,
    }


@get("/questionnaires/{slug:str}", sync_to_thread=True)
def start(request: Request, database: NamedDependency[Database], slug: FromPath[str]) -> Template:
    with database.reading() as session:
        place = place_of(session, request, slug)
    return show(
        request,
        "intake/start.html",
        questionnaire=place.questionnaire,
        round=place.round_,
        start_url=place.first_url + (f"?{AGAIN}=1" if place.sent else ""),
        questions_url=f"{place.url}/questions",
        draft=None if place.sent else draft_shown(place),
    )


def draft_shown(place: Place) -> dict[str, Any] | None:
    if place.draft is None:
        return None
    return {
        "saved_at": place.draft.saved_at,
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
        questionnaire = place_of(session, request, slug).questionnaire
    questions = paper.all_questions(questionnaire, all_sections(questionnaire))
    try:
        document = paper.as_pdf(questions) if kind == "pdf" else paper.as_docx(questions)
    except paper.Unprintable:  # a Word document leaves fonts to the reader's own machine
        return Redirect(f"/questionnaires/{slug}/questions.docx", status_code=303)
    return Response(
        document,
        media_type=paper.MEDIA_TYPES[kind],
        headers={"Content-Disposition": f'attachment; filename="{questionnaire.slug}-questions.{kind}"'},
    )


def all_sections(questionnaire: Questionnaire) -> list[tuple[str, list[Page]]]:
    return by_section(tuple(step.page for step in questionnaire.steps))


def by_section(pages: tuple[Page, ...]) -> list[tuple[str, list[Page]]]:
    sections: dict[str, list[Page]] = {}
    for page in pages:
        sections.setdefault(page.section, []).append(page)
    return list(sections.items())


@get("/questionnaires/{slug:str}/pages/{page_id:str}", sync_to_thread=True)
def question_page(
    request: Request, database: NamedDependency[Database], slug: FromPath[str], page_id: FromPath[str]
) -> Response:
    with database.reading() as session:
        place = place_of(session, request, slug)
        if place.sent and AGAIN in request.query_params:
            place = Place(place.round_, place.questionnaire, None)
        if place.sent:
            return already_sent(request, session, place)
    page = find_page(place, page_id)
    if page is None or (place.draft is None and page is not place.pages[0]):
        return Redirect(place.url, status_code=303)
    typed = {one.id: listed_values(place.answers.get(one.id)) for one in page.questions}
    return question(request, place, page, typed, ())


def find_page(place: Place, page_id: str) -> Page | None:
    return next((page for page in place.pages if page.id == page_id), None)


def listed_values(answer: Any) -> list[str]:
    if answer is None:
        return []
    return list(answer) if isinstance(answer, list) else [answer]


def question(
    request: Request, place: Place, page: Page, typed: dict[str, list[str]], problems: tuple[Problem, ...]
) -> Template:
    query = f"?{request.url.query}" if request.url.query else ""
    section = [one for one in place.pages if one.section == page.section]
    to_check = FROM_CHECK in request.query_params
    return show(
        request,
        "intake/question.html",
        status_code=422 if problems else 200,
        questionnaire=place.questionnaire,
        page=page,
        typed=typed,
        date_parts=forms_dates.parts,
        problems=problems,
        action=place.page_url(page) + query,
        back_url=place.check_url if to_check else before(place, page),
        progress={"section": page.section, "number": section.index(page) + 1, "of": len(section)},
        saved=saved(place),
        tasks_url=place.tasks_url,
        to_check=to_check,
    )


def before(place: Place, page: Page) -> str:
    number = place.pages.index(page)
    return place.page_url(place.pages[number - 1]) if number else place.url


def saved(place: Place) -> dict[str, Any] | None:
    return {"at": place.draft.saved_at, "kept_until": place.draft.expires_at} if place.draft else None


@post("/questionnaires/{slug:str}/pages/{page_id:str}", sync_to_thread=True)
def save_page(
    request: Request,
    database: NamedDependency[Database],
    posted: NamedDependency[Posted],
    slug: FromPath[str],
    page_id: FromPath[str],
) -> Response:
    with database.writing() as session:
        place = place_of(session, request, slug, to_change=True, posted=posted)
        if place.sent and AGAIN in request.query_params:
            drafts.start_again(session, visitor_secret(request), place.round_)
            place = Place(place.round_, place.questionnaire, None)
        if place.sent:
            return already_sent(request, session, place)
        page = find_page(place, page_id)
        if page is None or (place.draft is None and page is not place.pages[0]):
            return Redirect(place.url, status_code=303)
        reading = forms_answers.read(page, posted)
        if reading.problems:
            return question(request, place, page, reading.typed, reading.problems)
        moved = keep_page(session, request, place, page, reading.answers)
        session.commit()
    return Redirect(moved, status_code=303)


def keep_page(session: Session, request: Request, place: Place, page: Page, answers: dict[str, Any]) -> str:
    """Save one page's answers; returns where to go next."""
    asked = {one.id for one in page.questions}
    draft = drafts.save(session, visitor_secret(request), place.round_, asked=asked, answers=answers)
    now = Place(place.round_, place.questionnaire, draft)
    same_pages = [one.id for one in now.pages] == [one.id for one in place.pages]
    if FROM_CHECK in request.query_params and same_pages:
        return now.check_url
    return after(now, page)


def after(place: Place, page: Page) -> str:
    number = [one.id for one in place.pages].index(page.id) + 1
    return place.page_url(place.pages[number]) if number < len(place.pages) else place.check_url


@get("/questionnaires/{slug:str}/check", sync_to_thread=True)
def check(request: Request, database: NamedDependency[Database], slug: FromPath[str]) -> Response:
    with database.reading() as session:
        place = place_of(session, request, slug)
        if place.sent:
            return already_sent(request, session, place)
    if place.draft is None:
        return Redirect(place.url, status_code=303)
    return check_page(request, place, ())


def check_page(request: Request, place: Place, problems: tuple[Problem, ...]) -> Template:
    return show(
        request,
        "intake/check.html",
        status_code=422 if problems else 200,
        questionnaire=place.questionnaire,
        sections=[
            {"title": title, "rows": [row_to_change(place, page, one) for page in pages for one in page.questions]}
            for title, pages in by_section(place.pages)
        ],
        problems=[{"message": problem.message, "url": mend_url(place, problem)} for problem in problems],
        action=place.check_url,
        back_url=place.page_url(place.pages[-1]),
        saved=saved(place),
    )


def row_to_change(place: Place, page: Page, question: Question) -> dict[str, Any]:
    return {**row(question, place.answers), "change_url": place.page_url(page, f"{FROM_CHECK}=1")}


def row(question: Question, answers: dict[str, Any]) -> dict[str, Any]:
    return {
        "question": question.label,
        "answer": [forms_answers.shown(question, value) for value in listed_values(answers.get(question.id))],
        "long": question.type == "long-text",
    }


def mend_url(place: Place, problem: Problem) -> str:
    page = place.page_of(problem.question_id)
    return place.page_url(page, f"{FROM_CHECK}=1") if page else place.first_url


@post("/questionnaires/{slug:str}/check", sync_to_thread=True)
def submit(
    request: Request, database: NamedDependency[Database], queue: NamedDependency[Queue], slug: FromPath[str]
) -> Response:
    with database.reading() as session:
        seen = place_of(session, request, slug)
    checked = forms_answers.read_whole(seen.questionnaire, seen.asked())  # before the one writer's turn is taken
    with database.writing() as session:
        place = place_of(session, request, slug, to_change=True)
        if place.draft is None:
            return Redirect(place.url, status_code=303)
        if place.sent:
            sent = session.get_one(Submission, place.draft.submission_id)
            return Redirect(submissions.receipt_url(sent.receipt_key), status_code=303)
        same = seen.draft is not None and seen.draft.saved_at == place.draft.saved_at
        reading = checked if same else forms_answers.read_whole(place.questionnaire, place.asked())
        if reading.problems:
            return check_page(request, place, reading.problems)
        received = submissions.receive(
            session,
            round_=place.round_,
            questionnaire=place.questionnaire,
            questionnaire_id=place.draft.questionnaire_id,
            answers=reading.answers,
            # With its beginning, because SQLite gives the id of a draft that is gone to the next one.
            idempotency_key=f"draft {place.draft.id} {place.draft.started_at.isoformat()}",
            draft=place.draft,
        )
        url = submissions.receipt_url(received.receipt_key)
    queue.ask_for_analysis([received.job_id])
    return Redirect(url, status_code=303)


def already_sent(request: Request, session: Session, place: Place) -> Template:
    submission = session.get_one(Submission, place.draft.submission_id)
    return show(
        request,
        "intake/already_sent.html",
        reference=references.shown(submission.reference),
        receipt_url=submissions.receipt_url(submission.receipt_key),
        start_url=f"{place.first_url}?{AGAIN}=1",
    )


handlers = [home, start, questions, questions_docx, questions_pdf, question_page, save_page, check, submit]
