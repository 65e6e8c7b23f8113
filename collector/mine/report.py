"""A report that was sent to somebody: read by a link, replied to line by line while it is held."""

from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException, NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from sqlmodel import Session

from collector.accounts.access import STAFF
from collector.database import Database
from collector.findings import reported
from collector.findings.report_models import Report, ReportLetter, ReportReply
from collector.intake.sharing import NOT_IN_ADDRESSES
from collector.profiles import document_html, rendering, report_letters, report_pages, report_replies, reports
from collector.profiles.document import Document
from collector.profiles.report_replies import ALL
from collector.review import replies
from collector.web.page import page as show
from collector.web.page import visitor_secret
from collector.web.posted import Posted, first, typed_in
from forms import speech
from forms.questions import Choice
from forms.speech import gettext, message

URL = "/reports/{report_id:int}"
CHOICES = {"correction": message("Something here is wrong"), "more": message("Something is to be added or explained")}
LONGEST_NAME = 200


class ReportNotOpen(HTTPException):
    """This browser was not let in, or was for a while. What it posted is shown.

    Whether there is a report of this number is told only to who was let in.
    """

    status_code = 404

    def __init__(self, posted: Posted | None = None) -> None:
        super().__init__("This is not open in this browser")
        self.typed = [value for value in typed_in(posted or {}) if value.strip()]


def not_open_page(request: Request, problem: ReportNotOpen) -> Template:
    return show(request, "mine/report_not_open.html", status_code=404, typed=problem.typed)


# -- The way in ---------------------------------------------------------------------------------------


@get("/my-report/{report_link:str}", sync_to_thread=True)
def landing(request: Request, database: NamedDependency[Database], report_link: FromPath[str]) -> Response:
    """Looking at a link lets nobody in: mail scanners look too."""
    with database.reading() as session:
        letter = found(session, report_link)
        if report_letters.opened(session, visitor_secret(request), letter.report_id):
            return Redirect(reports.address_of(letter.report_id), status_code=303)
    hours = report_letters.OPEN_FOR.seconds // 3600
    page = show(request, "mine/report_landing.html", action=request.url.path, hours=hours)
    page.headers.update(NOT_IN_ADDRESSES)
    return page


@post("/my-report/{report_link:str}", sync_to_thread=True)
def let_in(request: Request, database: NamedDependency[Database], report_link: FromPath[str]) -> Redirect:
    with database.writing() as session:
        letter = found(session, report_link)
        report_letters.let_in(session, visitor_secret(request), letter)
        url = reports.address_of(letter.report_id)
        session.commit()
    return Redirect(url, status_code=303)


def found(session: Session, link: str) -> ReportLetter:
    letter = report_letters.letter_of(session, link)
    if letter is None:
        raise NotFoundException("This link opens nothing, or its time is over")
    return letter


def opened(
    request: Request, session: Session, report_id: int, posted: Posted | None = None
) -> tuple[ReportLetter, Report]:
    """The letter that let this browser in, and the report; ReportNotOpen otherwise."""
    letter = report_letters.opened(session, visitor_secret(request), report_id)
    if letter is None:
        raise ReportNotOpen(posted)
    return letter, session.get_one(Report, report_id, populate_existing=True)


@post(URL + "/close", sync_to_thread=True)
def close(request: Request, database: NamedDependency[Database], report_id: FromPath[int]) -> Response:
    """Who shares this device sees nothing of it any more."""
    with database.writing() as session:
        opened(request, session, report_id)
        report_letters.shut_out(session, visitor_secret(request), report_id)
        session.commit()
    return show(request, "mine/report_closed.html")


# -- The report ---------------------------------------------------------------------------------------


@get(URL, sync_to_thread=True)
def report(request: Request, database: NamedDependency[Database], report_id: FromPath[int]) -> Response:
    """Its address for good, for whoever it is: staff have a page of their own."""
    with database.reading() as session:
        if request.user.role in STAFF and session.get(Report, report_id):
            return Redirect(reports.url_of(report_id), status_code=303)
        letter, held = opened(request, session, report_id)
        state = reports.state_of(held)
        if state == "withdrawn":
            return show(
                request,
                "mine/report_withdrawn.html",
                withdrawn_at=held.withdrawn_at,
                why=gettext(reported.WHY[held.withdrawn_why]),
            )
        document = reports.read(held)
        said = report_replies.seen_by(report_replies.of(session, report_id), letter)
        url = reports.address_of(report_id)
        return show(
            request,
            "mine/report.html",
            sample=held.sample,
            document=document,
            state=state,
            held_until=held.held_until,
            url=url,
            files=[{"word": word, "url": f"{url}/{kind}"} for kind, word in rendering.FORMATS.items()],
            drawn=document_html.drawn,
            answering=answering(document, said, letter, state, url),
            whole=[report_replies.block_of(one.reply) for one in said if not one.reply.line],
            own_whole=report_replies.own(said, letter, ""),
        )


def answering(
    document: Document, said: list[report_replies.Said], letter: ReportLetter, state: str, url: str
) -> report_replies.Answering | None:
    """Nothing where it has gone out: its replies stand in the document itself then."""
    if state == "published":
        return None
    return report_replies.answering(
        document,
        said,
        own=letter.email,
        url=f"{url}/lines" if state == "held" else "",
        begin=gettext("Reply to this"),
        change=gettext("Change your reply"),
        begin_table=gettext("Reply to the whole table"),
        change_table=gettext("Change your reply to the whole table"),
        language=speech.code_of(speech.now_spoken()),
    )


@get(URL + "/{report_format:str}", sync_to_thread=True)
def download(
    request: Request, database: NamedDependency[Database], report_id: FromPath[int], report_format: FromPath[str]
) -> Response[bytes]:
    with database.reading() as session:
        _, held = opened(request, session, report_id)
    return report_pages.file_of(held, report_format)


# -- A reply ------------------------------------------------------------------------------------------


@get(URL + "/lines/{line:str}", sync_to_thread=True)
def line_page(
    request: Request, database: NamedDependency[Database], report_id: FromPath[int], line: FromPath[str]
) -> Response:
    with database.reading() as session:
        letter, held = opened(request, session, report_id)
        words = words_of(held, line)
        if reports.state_of(held) != "held":
            return Redirect(reports.address_of(report_id), status_code=303)
        said = report_replies.of(session, report_id)
        own = report_replies.own(said, letter, "" if line == ALL else line)
        typed = typed_before(own, held, letter)
        return form(request, held, line, words, typed, own=own)


def words_of(held: Report, line: str) -> str:
    """Of the line; nothing of the whole report. Not found where there is no such line."""
    try:
        lines = dict(report_replies.document.lines_of(reports.read(held).sections))
    except reports.NotThere as gone:
        raise NotFoundException(str(gone)) from gone
    if line not in {ALL, *lines}:
        raise NotFoundException("There is no such line in this report")
    return lines.get(line, "")


def over(held: Report, line: str) -> str:
    return report_replies.document.heading_over(reports.read(held).sections, line)


def typed_before(own: ReportReply | None, held: Report, letter: ReportLetter) -> dict[str, str]:
    if own:
        return {"kind": "correction" if own.correction else "more", "text": own.text, "name": own.name}
    name = letter.name or (held.title if held.kind == "organisation" else "")
    return {"kind": "", "text": "", "name": name}


def form(
    request: Request,
    held: Report,
    line: str,
    words: str,
    typed: dict[str, str],
    *,
    own: ReportReply | None,
    problems: dict[str, str] | None = None,
    status_code: int = 200,
) -> Template:
    problems = problems or {}
    return show(
        request,
        "mine/report_reply.html",
        status_code=422 if problems else status_code,
        sample=held.sample,
        title=held.title,
        held_until=held.held_until,
        words=words,
        over=over(held, line) if words else "",
        typed=typed,
        own=own,
        choices=[Choice(id=id, label=gettext(word)) for id, word in CHOICES.items()],
        problems=problems,
        problem_lines=[{"url": f"#{id}", "message": words} for id, words in problems.items()],
        longest=replies.LONGEST,
        anyone=held.audience == "anyone",
        action=request.url.path,
        back_url=reports.address_of(held.id) + ("#all" if line == ALL else f"#line-{line}"),
    )


@post(URL + "/lines/{line:str}", sync_to_thread=True)
def reply(
    request: Request,
    database: NamedDependency[Database],
    posted: NamedDependency[Posted],
    report_id: FromPath[int],
    line: FromPath[str],
) -> Response:
    typed = typed_of(posted)
    with database.writing() as session:
        letter, held = opened(request, session, report_id, posted)
        if reports.state_of(held) != "held":
            return closed_meanwhile(request, held, typed)
        words, place = words_of(held, line), "" if line == ALL else line
        own = report_replies.own(report_replies.of(session, report_id), letter, place)
        back = first(posted, "what") == "take-back"
        if not back and (problems := problems_in(typed)):
            return form(request, held, line, words, typed, own=own, problems=problems)
        told = {"correction": typed["kind"] == "correction", "text": typed["text"], "name": typed["name"]}
        told = {"correction": False, "text": "", "name": ""} if back else told
        try:
            report_replies.reply(session, letter, line=place, **told)
        except report_replies.Closed:
            return closed_meanwhile(request, held, typed)
        session.commit()
    return Redirect(reports.address_of(report_id) + (f"#line-{place}" if place else "#all"), status_code=303)


def typed_of(posted: Posted) -> dict[str, str]:
    text = first(posted, "text").replace("\r\n", "\n").replace("\r", "\n").strip()
    return {"kind": first(posted, "kind"), "text": text, "name": " ".join(first(posted, "name").split())}


def problems_in(typed: dict[str, str]) -> dict[str, str]:
    """By field."""
    problems = {
        "kind": "" if typed["kind"] in CHOICES else gettext("Choose what your reply is"),
        "text": replies.fault_in(typed["text"]) if typed["text"] else gettext("Write your reply"),
        "name": name_problem(typed["name"]),
    }
    return {id: words for id, words in problems.items() if words}


def name_problem(name: str) -> str:
    if not name:
        return gettext("Say who replies")
    if len(name) > LONGEST_NAME:
        return gettext("Shorten this: it can have up to %(limit)s characters", limit=LONGEST_NAME)
    return replies.fault_in(name)


def closed_meanwhile(request: Request, held: Report, typed: dict[str, Any]) -> Template:
    """What was written is shown, so that it is not lost."""
    return show(
        request,
        "mine/report_reply_late.html",
        status_code=409,
        title=held.title,
        url=reports.address_of(held.id),
        typed=[typed["text"]] if typed["text"] else [],
    )


handlers = [landing, let_in, report, close, download, line_page, reply]
