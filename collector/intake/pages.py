"""The questionnaire in a browser: one question page at a time, check answers, submit."""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException, NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from sqlmodel import Session

from collector.accounts import secrets
from collector.database import Database
from collector.intake import (
    conflicts,
    drafts,
    held,
    items,
    own_links,
    paper,
    previews,
    progress,
    references,
    rounds,
    submissions,
    uploads,
)
from collector.intake.conflicts import Difference, Meeting
from collector.intake.held import Held, HeldItem
from collector.intake.models import Draft, Keying, Round, Submission
from collector.queue import Queue
from collector.web.page import page as show
from collector.web.page import visitor_secret
from collector.web.posted import Posted
from forms import answers as forms_answers
from forms import child_names, speech
from forms import dates as forms_dates
from forms.answers import Problem, Reading
from forms.questionnaire import Questionnaire
from forms.questions import Page, Question
from forms.speech import gettext, message

FINDER = "finder"  # in the options of a handler: how a place is found there, where not by a browser's cookie
AGAIN = "again"  # in the query: this browser has sent one and begins another
FROM_CHECK = "check"  # in the query: the page was opened from "Check your answers"
HELD_ITEMS = "_held"  # beside the answers on the check: what is said of held items
NAMES = "names"  # in the query: what was saved on the page seems to name a child
NAMES_TOLD = "_names"  # in a form: which names were told of; no question can have such an id
MOST_LOOKED_AT = 40_000  # characters of a page: what a person writes; a tenth of a second for what is made to be slow
TOLD = "file"  # in the query: what has just been done with a file
FILES_TOLD = {
    "added": message("The file is added."),
    "removed": message("The file is removed."),
    "same": message("You have added that file before. It is kept once."),
}


@dataclass
class Place:
    """Where a respondent is: the round, the questionnaire version their draft is pinned to, and the draft.

    The same pages serve what staff key in (`keying_pages.KeyedPlace`), so a place knows how its draft is kept and sent.
    """

    round_: Round
    questionnaire: Questionnaire
    draft: Draft | Keying | None
    holders: int = 1
    saver: str = ""  # who saved the draft last, where that is worth saying
    pages: tuple[Page, ...] = field(init=False)
    keyed: dict[str, Any] | None = None  # what the pages say of the letter that is keyed
    held: Held | None = None  # what the draft was begun from

    def __post_init__(self) -> None:
        self.pages = self.questionnaire.pages_for(self.answers)

    @property
    def answers(self) -> dict[str, Any]:
        if self.draft is None:
            return {}
        return held.with_kept(self.held, self.questionnaire, self.draft) if self.held else self.draft.answers

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
        kind = "lists" if page.listing else "pages"
        return f"{self.url}/{kind}/{page.id}{'?' + query if query else ''}"

    def page_of(self, question_id: str) -> Page | None:
        return next((page for page in self.pages for one in page.questions if one.id == question_id), None)

    def is_sensitive(self, *pages: Page) -> bool:
        return any(page.sensitive and page.sensitive.holds(self.answers) for page in pages)

    @property
    def again_url(self) -> str:
        return f"{self.first_url}?{AGAIN}=1"

    @property
    def held_url(self) -> str:
        return f"{self.url}/held"

    @property
    def held_items(self) -> list[HeldItem]:
        return held.items_of(self.held, self.questionnaire, self.draft) if self.held else []

    def told_before(self, question: Question) -> bool:
        return self.held is not None and bool(self.held.words(question))

    @property
    def unsettled(self) -> list[HeldItem]:
        return held.outstanding(self.held_items, self.pages)

    def lacking(self, problems: Iterable[Problem]) -> list[Problem]:
        """What stands in the way of sending: what was told in an earlier round does not."""
        return self.questionnaire.still_lacking(problems, self.held.told) if self.held else list(problems)

    @property
    def kept_until(self) -> datetime | None:
        return self.draft.expires_at

    def begins_again(self, request: Request) -> bool:
        return self.sent and AGAIN in request.query_params

    def save(self, session: Session, request: Request, at: Page, **saved: Any) -> "Place":
        """Keep answers that were given at a page, as `drafts.save` is told of them; returns where that leads."""
        draft = drafts.save(session, visitor_secret(request), self.round_, **saved)
        draft.reached = progress.further(self.questionnaire, draft.reached, at.id)
        return replace(self, draft=draft)

    def name_of(self, session: Session, request: Request, saver: str) -> str:
        """Who saved it, to whoever asks."""
        return drafts.name_of(session, self.draft, saver, visitor_secret(request))

    def as_sent(self, request: Request, answers: dict[str, Any]) -> dict[str, Any]:
        """What `submissions.receive` is told of these answers."""
        # With its beginning, because SQLite gives the id of a draft that is gone to the next one.
        key = f"draft {self.draft.id} {self.draft.started_at.isoformat()}"
        own_link = own_links.secret_for(visitor_secret(request), key)
        sent = {"answers": answers, "idempotency_key": key, "draft": self.draft, "own_link": own_link}
        if self.held:
            sent |= {"begun_from": self.held.submission_id, "said": held.said_of(self.held_items)}
        return sent

    def receipt_url(self, receipt_key: str) -> str:
        return submissions.receipt_url(receipt_key)

    def already_sent(self, request: Request, session: Session, typed: Sequence[dict[str, Any]] = ()) -> Response:
        return already_sent(request, session, self, typed)

    def asked(self) -> dict[str, Any]:
        """The answers to what is asked. Those under a choice since taken back stay in the draft and are not sent."""
        asked = {question.id for page in self.pages for question in page.questions}
        return {key: value for key, value in self.answers.items() if key in asked}


class ToCome(HTTPException):
    """The round is set up and not open yet: it shows when it opens, and takes nothing."""

    status_code = 404

    def __init__(self, round_: Round, questionnaire: Questionnaire) -> None:
        super().__init__("The questionnaire of this name is not open yet")
        self.round_, self.questionnaire = round_, questionnaire


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
    if find := request.route_handler.opt.get(FINDER):
        return find(session, slug, to_change=to_change)
    found = previews.found(session, slug, request.app.state.form_key) or rounds.all_open(session, slug)
    if found:
        return place_in(session, request, found, to_change=to_change)
    past, to_come = rounds.all_closed(session, slug), rounds.all_to_come(session, slug)
    place = place_in(session, request, past, to_change=to_change) if past else None
    if to_come and not (place and (posted or (place.draft and not place.sent))):
        raise ToCome(*told(session, *to_come[0]))
    if place:
        raise Closed(place, posted)
    raise NotFoundException("There is no questionnaire of this name")


def place_in(
    session: Session, request: Request, rounds_: list[tuple[Round, Questionnaire]], *, to_change: bool = False
) -> Place:
    secret = visitor_secret(request)
    begun = [(*pair, drafts.held(session, secret, pair[0], to_change=to_change)) for pair in rounds_]
    unsent = (one for one in begun if one[2] and one[2].draft.submission_id is None)
    round_, questionnaire, found = next(unsent, begun[0])
    if found is None:
        return Place(*told(session, round_, questionnaire), None)
    draft = found.draft
    if draft.questionnaire_id != round_.questionnaire_id:
        questionnaire = rounds.questionnaire_of(session, draft.questionnaire_id)
    questionnaire = rounds.spoken(session, draft.questionnaire_id, questionnaire)
    from_before = held.of_draft(session, draft) if draft.submission_id is None else None
    return Place(round_, questionnaire, draft, found.holders, found.saver, held=from_before)


def told(session: Session, round_: Round, questionnaire: Questionnaire) -> tuple[Round, Questionnaire]:
    """The round, and its questionnaire in the language that is spoken."""
    return round_, rounds.spoken(session, round_.questionnaire_id, questionnaire)


def left_behind(session: Session, request: Request, slug: str, *, to_change: bool = False) -> Place | None:
    """Where this browser was in a round that has closed, with answers that were not sent."""
    past = rounds.all_closed(session, slug)
    place = place_in(session, request, past, to_change=to_change) if past else None
    return place if place and place.draft and not place.sent else None


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


@get("/", sync_to_thread=True)
def home(request: Request, database: NamedDependency[Database]) -> Template:
    with database.reading() as session:
        rows = [listed(*told(session, *pair)) for pair in rounds.all_open(session)]
        to_come = [listed(*told(session, *pair)) for pair in rounds.all_to_come(session)]
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
    return held.offered(session, visitor_secret(request), place.round_, place.questionnaire.slug)


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
        questionnaire = place_of(session, request, slug).questionnaire
    questions = paper.all_questions(questionnaire, all_sections(questionnaire))
    try:
        document = paper.as_pdf_again(questions) if kind == "pdf" else paper.as_docx(questions)
    except paper.Unprintable:  # a Word document leaves fonts to the reader's own machine
        return Redirect(f"/questionnaires/{slug}/questions.docx", status_code=303)
    spoken = "" if questionnaire.language == speech.ENGLISH else f"-{questionnaire.language}"
    name = f"{questionnaire.slug}-questions{spoken}"
    return Response(
        document,
        media_type=paper.MEDIA_TYPES[kind],
        headers={"Content-Disposition": f'attachment; filename="{name}.{kind}"'},
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
        if place.begins_again(request):
            place = Place(place.round_, place.questionnaire, None)
        if place.sent:
            return place.already_sent(request, session)
        page = find_page(place, page_id)
        if page is None or (place.draft is None and page is not place.pages[0]):
            return Redirect(place.url, status_code=303)
        typed = {one.id: listed_values(place.answers.get(one.id)) for one in page.questions}
        files = files_on(session, place, page)
    return question(request, place, page, typed, (), hidden=hidden_on(place, page), files=files)


def files_told(request: Request) -> str:
    """What has just been done with a file, if anything."""
    told = FILES_TOLD.get(request.query_params.get(TOLD, ""))
    return gettext(told) if told else ""


def find_page(place: Place, page_id: str) -> Page | None:
    """The page, unless it is a list: that has pages of its own (`list_pages`)."""
    return next((page for page in place.pages if page.id == page_id and not page.listing), None)


def listed_values(answer: Any) -> list[str]:
    if answer is None:
        return []
    return list(answer) if isinstance(answer, list) else [answer]


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
        back_url=place.check_url if to_check else before(place, page),
        progress={"section": page.section, "number": section.index(page) + 1, "of": len(section)},
        saved=saved(place),
        tasks_url=place.tasks_url,
        to_check=to_check,
        sensitive=place.is_sensitive(page),
        named=names if NAMES in request.query_params and not problems else [],
        next_url=place.check_url if to_check else after(place, page),
        hidden={**hidden, **({NAMES_TOLD: mark_of(names)} if names else {})},
        keyed=place.keyed,
        held_words={one.id: words for one in page.questions if place.held and (words := place.held.words(one))},
    )


def named(page: Page, answers: dict[str, Any]) -> list[str]:
    """The words on this page that seem to name a child."""
    texts = [answers.get(one.id) for one in page.questions if one.type == "long-text"]
    if listing := page.listing:
        long = [one.id for one in listing.questions if one.type == "long-text"]
        texts = [item.answers.get(id) for item in items.of_list(listing, answers.get(listing.id)) for id in long]
    looked_at, left = [], MOST_LOOKED_AT
    for text in filter(None, texts):
        looked_at.append(text[:left])
        left -= len(looked_at[-1])
    return [words for text in looked_at for words in child_names.found(text)]


def mark_of(names: list[str]) -> str:
    """Stands for the names that a respondent was told of, so that the same are told of once."""
    return rounds.hash_of(names) if names else ""


def hidden_on(place: Place, page: Page) -> dict[str, str]:
    version = conflicts.version_of(place.questionnaire, page)
    return {**hidden_for(shown_on(place, page)), conflicts.VERSION: version}


def hidden_for(shown: dict[str, str]) -> dict[str, str]:
    """The fields by which a page that comes back is known: which one it is, and what it showed."""
    return {conflicts.FORM: secrets.fresh(), conflicts.SHOWN: conflicts.written(shown)}


def before(place: Place, page: Page) -> str:
    number = place.pages.index(page)
    return place.page_url(place.pages[number - 1]) if number else place.url


def saved(place: Place) -> dict[str, Any] | None:
    if place.draft is None:
        return None
    return {"at": place.draft.saved_at, "by": place.saver, "kept_until": place.kept_until}


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
    page = find_page(place, page_id)
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


def unknown_here(posted: Posted, known: Container[str]) -> list[dict[str, Any]]:
    """What was typed for questions of another version: the draft that told of which one may be gone."""
    unknown = [id for id in posted if not id.startswith("_") and id.partition("--")[0] not in known]
    return [
        {"question": gettext("Your answer"), "answer": texts, "long": True}
        for id in unknown
        if (texts := [text for text in posted[id] if text])
    ]


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
            **hidden_for(meeting.shown),
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
    return after(now, page)


def after(place: Place, page: Page) -> str:
    number = [one.id for one in place.pages].index(page.id) + 1
    return place.page_url(place.pages[number]) if number < len(place.pages) else place.check_url


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
        saved=saved(place),
        changed=changed,
        keyed=place.keyed,
        hidden=hidden_for(conflicts.digests(shown, shown)),
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


def row(question: Question, answers: dict[str, Any]) -> dict[str, Any]:
    return {
        "question": question.label,
        "answer": [forms_answers.shown(question, value) for value in listed_values(answers.get(question.id))],
        "long": question.type == "long-text",
        "listed": items.rows(question, answers.get(question.id)) if question.type == "list" else [],
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
        place = place_of(session, request, slug, to_change=True)
        if place.draft is None:
            return Redirect(place.url, status_code=303)
        if place.sent:
            sent = session.get_one(Submission, place.draft.submission_id)
            return Redirect(place.receipt_url(sent.receipt_key), status_code=303)
        if changed := changed_since(place, posted):
            return check_page(request, place, (), changed)
        same = seen.draft is not None and seen.draft.saved_at == place.draft.saved_at
        reading = checked if same else forms_answers.read_whole(place.questionnaire, place.asked())
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


def already_sent(request: Request, session: Session, place: Place, typed: Sequence[dict[str, Any]] = ()) -> Template:
    """`typed` is what came too late: a colleague sent the answers while it was written."""
    submission = session.get_one(Submission, place.draft.submission_id)
    return show(
        request,
        "intake/already_sent.html",
        reference=references.shown(submission.reference),
        receipt_url=place.receipt_url(submission.receipt_key),
        start_url=place.again_url,
        rows=typed,
    )


handlers = [home, start, questions, questions_docx, questions_pdf, question_page, save_page, check, submit]
