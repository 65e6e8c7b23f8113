"""Staff: whom reports on somebody are sent to, what those said, and what was done about it."""

from typing import Annotated, Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect, Response, Template
from sqlmodel import Session

from collector.accounts.access import REVIEWERS
from collector.accounts.models import StaffMember
from collector.database import Database
from collector.findings.report_models import Report
from collector.mail import outbox
from collector.profiles import document, report_letters, report_pages, report_replies, reports
from collector.profiles.report_replies import DO_NOT_SHOW, SHOW, Said
from collector.queue import Queue
from collector.review import replies
from collector.web.page import page
from collector.web.posted import Posted, first
from collector.web.turns import address

URL = "/staff/reports/{report_id:int}"
CONTACTS = report_pages.CONTACTS
# The states that share the shape of one that pages know.
SHAPED = {"new": "waiting", SHOW: "analysed", DO_NOT_SHOW: "set-aside"}
Kind = Annotated[str, QueryParameter(name="kind", max_length=20)]
Subject = Annotated[str, QueryParameter(name="of", max_length=20)]


# -- Contacts -----------------------------------------------------------------------------------------


@get(CONTACTS, sync_to_thread=True)
def contacts(request: Request, database: NamedDependency[Database], kind: Kind = "", subject: Subject = "") -> Template:
    with database.reading() as session:
        return contacts_page(request, session, kind, subject)


def contacts_page(
    request: Request,
    session: Session,
    kind: str,
    subject: str,
    problems: dict[str, str] | None = None,
    typed: dict[str, str] | None = None,
) -> Template:
    about = report_pages.subject_shown(session, {"kind": kind, "of": subject}) if kind in reports.KINDS else None
    if about is None:
        raise NotFoundException("There is nothing that such a report could be about")
    return page(
        request,
        "profiles/report_contacts.html",
        status_code=422 if problems else 200,
        about=about,
        contacts=report_letters.contacts_of(session, kind, subject),
        suggested=report_letters.suggested(session, kind, subject),
        reports_url=address(report_pages.URL, {"kind": kind, "of": subject}),
        action=CONTACTS,
        problems=problems or {},
        problem_lines=[{"url": f"#{id}", "message": words} for id, words in (problems or {}).items()],
        typed=typed or {"email": "", "name": ""},
        may_act=request.user.role in REVIEWERS,
    )


@post(CONTACTS, sync_to_thread=True)
def change_contacts(request: Request, database: NamedDependency[Database], posted: NamedDependency[Posted]) -> Response:
    """Add one, or take one off."""
    kind, subject, gone = first(posted, "kind"), first(posted, "of"), first(posted, "remove")
    typed = {"email": first(posted, "email").strip(), "name": " ".join(first(posted, "name").split())}
    with database.writing() as session:
        if gone:
            number = int(gone) if gone.isascii() and gone.isdecimal() and len(gone) < 10 else 0
            report_letters.remove_contact(session, kind, subject, number)
        else:
            problems = problems_with(session, kind, subject, typed)
            if problems:
                return contacts_page(request, session, kind, subject, problems, typed)
            try:
                report_letters.add_contact(session, kind, subject, **typed, staff_id=request.user.id)
            except reports.report_contents.NoSubject as nobody:
                raise NotFoundException(str(nobody)) from nobody
        session.commit()
    return Redirect(address(CONTACTS, {"kind": kind, "of": subject}), status_code=303)


def problems_with(session: Session, kind: str, subject: str, typed: dict[str, str]) -> dict[str, str]:
    """By field."""
    problems = {}
    try:
        outbox.address_of(typed["email"])
    except outbox.NotAnAddress as problem:
        problems["email"] = str(problem)
    if len(typed["name"]) > report_letters.LONGEST_NAME:
        problems["name"] = f"Shorten the name to {report_letters.LONGEST_NAME} characters"
    elif fault := replies.fault_in(typed["name"]):
        problems["name"] = fault
    if len(report_letters.contacts_of(session, kind, subject)) >= report_letters.MOST_CONTACTS:
        problems["email"] = f"There are {report_letters.MOST_CONTACTS} contacts already. Take one off first"
    return problems


# -- Sending ------------------------------------------------------------------------------------------


@post(URL + "/send", sync_to_thread=True)
def send(database: NamedDependency[Database], queue: NamedDependency[Queue], report_id: FromPath[int]) -> Redirect:
    """To every contact that has not had it yet, as it stands; when it goes out they get it again."""
    with database.writing() as session:
        report = report_pages.found_or_404(session, report_id, to_change=True)
        if not report_letters.may_be_sent(report):
            raise NotFoundException("This report is for staff alone, and is not sent")
        report.to_contacts = True
        session.add(report)
        mails = report_letters.send(session, report)
        session.commit()
    queue.ask_for_mail(mails)
    return Redirect(f"{reports.url_of(report_id)}#sent", status_code=303)


# -- Replies ------------------------------------------------------------------------------------------


@get(URL + "/replies", sync_to_thread=True)
def all_replies(request: Request, database: NamedDependency[Database], report_id: FromPath[int]) -> Template:
    with database.reading() as session:
        return replies_page(request, session, report_pages.found_or_404(session, report_id))


def replies_page(
    request: Request,
    session: Session,
    report: Report,
    problem: tuple[int, str] | None = None,
    typed: str = "",
) -> Template:
    said = report_replies.of(session, report.id)
    row = report_pages.row_shown(session, report)
    sections = reports.read(report).sections if row["standing"] in ("held", "due") else ()
    words = dict(document.lines_of(sections))
    return page(
        request,
        "profiles/report_replies.html",
        status_code=422 if problem else 200,
        sample=report.sample,
        report=row,
        replies=[reply_shown(session, one, words, sections) for one in said],
        problem={"id": problem[0], "message": problem[1], "typed": typed} if problem else None,
        problem_lines=[{"url": f"#done-{problem[0]}", "message": problem[1]}] if problem else [],
        may_act=request.user.role in REVIEWERS and report.published_at is None,
        facts_url=facts_url(request, row, report),
        show=SHOW,
        do_not_show=DO_NOT_SHOW,
    )


def facts_url(request: Request, row: dict[str, Any], report: Report) -> str:
    """Where what is wrong with the name, kind or areas of the organisation that it is about is put right."""
    may = request.user.role in REVIEWERS and report.kind == "organisation" and row["subject"]
    return f"{report_pages.subject_url(report.kind, report.subject)}/facts" if may else ""


def reply_shown(
    session: Session, said: Said, words: dict[str, str], sections: tuple[document.Section, ...]
) -> dict[str, Any]:
    one = said.reply
    looked = session.get(StaffMember, one.looked_by) if one.looked_by else None
    return {
        "id": one.id,
        "line": one.line,
        "to": words.get(one.line, ""),
        "over": document.heading_over(sections, one.line) if one.line in words else "",
        "correction": one.correction,
        "text": one.text,
        "name": one.name,
        "email": said.email,
        "replied_at": one.replied_at,
        "state": {"id": SHAPED[one.state], "word": report_replies.STATES[one.state]},
        "standing": one.state,
        "looked_by": looked.name if looked else "",
        "looked_at": one.looked_at,
        "done": one.done,
    }


@post(URL + "/replies/{reply_id:int}", sync_to_thread=True)
def look(
    request: Request,
    database: NamedDependency[Database],
    queue: NamedDependency[Queue],
    posted: NamedDependency[Posted],
    report_id: FromPath[int],
    reply_id: FromPath[int],
) -> Response:
    """Say that it may be shown, or that it may not and why; and what was done about it."""
    state, done = first(posted, "state"), first(posted, f"done-{reply_id}").strip()
    if state not in (SHOW, DO_NOT_SHOW):
        raise NotFoundException("There is nothing of this kind to be done with a reply")
    with database.writing() as session:
        report = report_pages.found_or_404(session, report_id)
        if problem := problem_in(state, done):
            return replies_page(request, session, report, (reply_id, problem), done)
        if not report_replies.look(session, report_id, reply_id, state=state, done=done, staff_id=request.user.id):
            raise NotFoundException("There is no such reply to a report that is still to go out")
        session.commit()
    queue.ask_for_reports([report_id])
    return Redirect(f"{reports.url_of(report_id)}/replies#reply-{reply_id}", status_code=303)


def problem_in(state: str, done: str) -> str:
    if len(done) > report_replies.LONGEST_DONE:
        return f"Shorten this to {report_replies.LONGEST_DONE} characters"
    if state == DO_NOT_SHOW and not done:
        return "Say why it is not shown, such as that it names a child"
    return replies.fault_in(done)


handlers = [contacts, change_contacts, send, all_replies, look]
