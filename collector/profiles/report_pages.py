"""Staff: the archive of reports, each with what it stands on, how it was made and what has changed since the last."""

from typing import Annotated, Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect, Response, Template
from sqlmodel import Session, col, func, select

from collector.accounts.access import REVIEWERS
from collector.accounts.models import StaffMember
from collector.database import Database
from collector.findings import reported
from collector.findings.report_models import Report
from collector.intake import file_names
from collector.profiles import document_html, rendering, report_differences, report_letters, report_replies, reports
from collector.profiles.document import Document
from collector.profiles.report_contents import ANYONE, NoSubject
from collector.queue import Queue
from collector.review import reading
from collector.web.page import page
from collector.web.posted import Posted, first, whole_number
from collector.web.turns import PageNumber, address, turn_of, turn_shown

URL = "/staff/reports"
CONTACTS = "/staff/reports/contacts"
# The states that share the shape of one that pages know.
SHAPED = {
    "published": "analysed",
    "held": "running",
    "due": "running",
    "withdrawn": "set-aside",
    "cancelled": "waiting",
}
State = Annotated[str, QueryParameter(name="state", max_length=20)]
Kind = Annotated[str, QueryParameter(name="kind", max_length=20)]
Subject = Annotated[str, QueryParameter(name="of", max_length=20)]


@get(URL, sync_to_thread=True)
def archive(
    request: Request,
    database: NamedDependency[Database],
    in_state: State = "",
    kind: Kind = "",
    subject: Subject = "",
    number: PageNumber = 1,
) -> Template:
    return shown(request, database, {"state": in_state, "kind": kind, "of": subject}, number)


def shown(
    request: Request,
    database: Database,
    asked: dict[str, str],
    number: int = 1,
    problems: dict[str, str] | None = None,
    typed: dict[str, str] | None = None,
) -> Template:
    where = conditions(asked)
    with database.reading() as session:
        about = subject_shown(session, asked)
        total = session.exec(select(func.count()).select_from(Report).where(*where)).one()
        turn = turn_of(number, total)
        chosen = select(Report).where(*where).order_by(col(Report.id).desc())
        found = session.exec(chosen.offset(turn.offset).limit(turn.at_once)).all()
        rows = [row_shown(session, one) for one in found]
        anew = [row_shown(session, one) for one in reports.to_make_anew(session)] if not any(asked.values()) else []
        replied = waiting_for_a_look(session) if not any(asked.values()) else []
        filters = [of_states(session, asked)]
        contacts = report_letters.contacts_of(session, asked["kind"], asked["of"])
    return page(
        request,
        "profiles/reports.html",
        status_code=422 if problems else 200,
        sample=bool(rows) and all(row["sample"] for row in rows),
        rows=rows,
        total=total,
        anew=anew,
        replied=replied,
        filters=filters,
        narrowed=bool(asked["state"]),
        about=about,
        whole_url=address(URL, asked | {"state": ""}),
        pages=turn_shown(turn, URL, asked),
        problems=problems or {},
        typed={"audience": "own", "hold": str(reports.HOLD_DAYS), "send": "yes"} | (typed or {}),
        contacts=len(contacts),
        contacts_url=address(CONTACTS, {"kind": asked["kind"], "of": asked["of"]}),
        audiences={id: reports.made_for(asked["kind"], id) for id in reports.AUDIENCES},
        may_make=request.user.role in REVIEWERS,
    )


def waiting_for_a_look(session: Session) -> list[dict[str, Any]]:
    found = report_replies.waiting_for_a_look(session)
    return [row_shown(session, session.get_one(Report, id)) | {"replies": number} for id, number in found.items()]


def conditions(asked: dict[str, str]) -> list[Any]:
    """Not found where something is asked for that no report could be."""
    if asked["kind"] not in {"", *reports.KINDS} or asked["state"] not in {"", *reports.STATES}:
        raise NotFoundException("There is no such list of reports")
    found = list(reports.in_state(asked["state"])) if asked["state"] else []
    found += [Report.kind == asked["kind"]] if asked["kind"] else []
    return [*found, Report.subject == asked["of"]] if asked["of"] else found


def subject_shown(session: Session, asked: dict[str, str]) -> dict[str, str] | None:
    """Whose reports are listed, where they are one's alone."""
    if not (asked["kind"] and asked["of"]):
        return None
    name = reports.subject_name(session, asked["kind"], asked["of"])
    if not name:
        raise NotFoundException("There is nothing that such a report could be about")
    heading = "Reports to the Oversight Board" if asked["kind"] == "board" else f"Reports on {name}"
    about = {"kind": asked["kind"], "of": asked["of"], "name": name, "heading": heading}
    return about | {"url": subject_url(asked["kind"], asked["of"]), "page": SUBJECT_PAGES[asked["kind"]]}


# What the page is that stands for whom a report is about.
SUBJECT_PAGES = {"organisation": "Profile", "area": "Profile", "round": "Round", "board": "Reports"}


def subject_url(kind: str, subject: str) -> str:
    where = {"organisation": "/staff/organisations", "area": "/staff/areas", "round": "/staff/rounds"}
    return URL if kind == "board" else f"{where[kind]}/{subject}"


def of_states(session: Session, asked: dict[str, str]) -> list[dict[str, Any]]:
    """A link for each state that some report is in, and for all."""
    same = conditions(asked | {"state": ""})
    counts = {
        state: session.exec(select(func.count()).select_from(Report).where(*same, *reports.in_state(state))).one()
        for state in reports.STATES
    }
    choices = [("", "All", sum(counts.values()))]
    choices += [(state, word, counts[state]) for state, word in reports.STATES.items() if counts[state]]
    return [
        {"word": word, "count": count, "url": address(URL, asked | {"state": id}), "current": asked["state"] == id}
        for id, word, count in choices
    ]


def row_shown(session: Session, report: Report) -> dict[str, Any]:
    state = reports.state_of(report)
    asked_by = session.get(StaffMember, report.asked_by) if report.asked_by else None
    return {
        "id": report.id,
        "url": reports.url_of(report.id),
        "again_url": address(URL, {"kind": report.kind, "of": report.subject}),
        "kind": reports.KINDS[report.kind],
        "subject": reports.subject_name(session, report.kind, report.subject),
        "title": report.title or reports.subject_name(session, report.kind, report.subject) or "No longer named",
        "state": {"id": SHAPED.get(state, state), "word": reports.STATES[state]},
        "standing": state,
        "audience": reports.made_for(report.kind, report.audience),
        "asked_by": asked_by.name if asked_by else "",
        "asked_at": report.asked_at,
        "made_at": report.made_at,
        "held_until": report.held_until,
        "withdrawn_at": report.withdrawn_at,
        "withdrawn_why": reported.WHY.get(report.withdrawn_why, ""),
        "reason": report.reason,
        "sample": report.sample,
        "fields": {
            "kind": report.kind,
            "of": report.subject,
            "audience": report.audience,
            "hold": report.hold_days,
            "send": "yes" if report.to_contacts else "",
        },
    }


@post(URL, sync_to_thread=True)
def make(
    request: Request,
    database: NamedDependency[Database],
    queue: NamedDependency[Queue],
    posted: NamedDependency[Posted],
) -> Redirect | Template:
    asked = {"state": "", "kind": first(posted, "kind"), "of": first(posted, "of")}
    typed = {name: first(posted, name).strip() for name in ("audience", "hold", "send")}
    if asked["kind"] not in reports.KINDS:
        raise NotFoundException("There are no such reports")
    if problems := problems_in(typed):
        return shown(request, database, asked, problems=problems, typed=typed)
    with database.writing() as session:
        try:
            wanted = {"audience": typed["audience"], "hold_days": int(typed["hold"])}
            wanted |= {"to_contacts": typed["send"] == "yes"}
            report_id = reports.ask(session, asked["kind"], asked["of"], staff_id=request.user.id, **wanted)
        except NoSubject as problem:
            raise NotFoundException(str(problem)) from problem
        session.commit()
    queue.ask_for_reports([report_id])
    return Redirect(reports.url_of(report_id), status_code=303)


def problems_in(typed: dict[str, str]) -> dict[str, str]:
    problems = {}
    if typed["audience"] not in reports.AUDIENCES:
        problems["audience"] = "Choose who the report is for"
    days = whole_number(typed["hold"])
    if days is None or not 0 <= days <= reports.MOST_HOLD_DAYS:
        problems["hold"] = f"Enter a number of days from 0 to {reports.MOST_HOLD_DAYS}"
    return problems


@get("/staff/reports/{report_id:int}", sync_to_thread=True)
def one_report(request: Request, database: NamedDependency[Database], report_id: FromPath[int]) -> Template:
    with database.reading() as session:
        return report_page(request, session, found_or_404(session, report_id))


def report_page(request: Request, session: Session, report: Report, problems: dict[str, str] | None = None) -> Template:
    row = row_shown(session, report)
    document = reports.read(report) if row["standing"] in ("held", "due", "published") else None
    said = report_replies.of(session, report.id)
    before = reports.previous(session, report) if document else None
    anew = reports.made_anew(session, report) if report.withdrawn_at else None
    return page(
        request,
        "profiles/report.html",
        status_code=422 if problems else 200,
        sample=report.sample,
        report=row,
        subject={"name": row["subject"] or row["title"], "url": subject_url(report.kind, report.subject)},
        document=document,
        drawn=document_html.drawn,
        of_statement=reading.statement_url,
        answering=report_replies.answering(document, said) if document and not report.published_at else None,
        replies=len(said),
        to_look_at=sum(one.reply.state == "new" for one in said),
        sending=sending_shown(session, report) if document else None,
        files=files_of(report, document) if request.user.role in REVIEWERS else [],
        before=row_shown(session, before) if before else None,
        anew=row_shown(session, anew) if anew else None,
        all_url=address(URL, {"kind": report.kind, "of": report.subject}),
        all_words="Reports to the Oversight Board" if report.kind == "board" else f"Reports on {row['subject']}",
        may_act=request.user.role in REVIEWERS,
        must_be_looked_at=report_replies.must_be_looked_at(session, report.id, report.audience),
        for_anyone=report.audience == ANYONE,
        there=bool(reports.subject_name(session, report.kind, report.subject)),
        problems=problems or {},
        problem_lines=[{"url": f"#{id}", "message": words} for id, words in (problems or {}).items()],
    )


def sending_shown(session: Session, report: Report) -> dict[str, Any]:
    """What the page of a report says of whom it was sent to."""
    sent = report_letters.sent(session, report.id)
    kind = report_letters.due_letter(report)
    told = report_letters.told(session, report.id, kind)
    people = report_letters.contacts_of(session, report.kind, report.subject)
    return {
        "may": report_letters.may_be_sent(report),
        "unasked": unasked(session, report),
        "lost": any(one.letter.kind == "reply" for one in sent),
        "automatic": report.to_contacts,
        "contacts": len(people),
        "to_come": sum(one.email not in told for one in people) if kind else 0,
        "contacts_url": address(CONTACTS, {"kind": report.kind, "of": report.subject}),
        "letters": [
            {
                "email": one.letter.email,
                "name": one.letter.name,
                "what": "To be read and replied to" if one.letter.kind == "reply" else "As it went out",
                "made_at": one.letter.made_at,
                "opened_at": one.letter.opened_at,
                "failed": one.failed,
            }
            for one in sent
        ],
    }


def unasked(session: Session, report: Report) -> bool:
    """Whether nobody could reply to it, of those that it could have been sent to."""
    return report_letters.may_be_sent(report) and not report_letters.asked(session, report.id)


def files_of(report: Report, document: Document | None) -> list[dict[str, str]]:
    if document is None:
        return []
    return [{"word": word, "url": f"{reports.url_of(report.id)}/{kind}"} for kind, word in rendering.FORMATS.items()]


def found_or_404(session: Session, report_id: int, *, to_change: bool = False) -> Report:
    """One found `to_change` is held until the commit."""
    found = session.get(Report, report_id, with_for_update=to_change, populate_existing=to_change)
    if found is None:
        raise NotFoundException("There is no report at this address")
    return found


@get("/staff/reports/{report_id:int}/{report_format:str}", sync_to_thread=True)
def download(
    database: NamedDependency[Database], report_id: FromPath[int], report_format: FromPath[str]
) -> Response[bytes]:
    with database.reading() as session:
        report = found_or_404(session, report_id)
    return file_of(report, report_format)


def file_of(report: Report, report_format: str) -> Response[bytes]:
    """A file of it, made again of what was frozen."""
    if report_format not in rendering.FORMATS:
        raise NotFoundException("There is no file at this address")
    try:
        content, _ = reports.rebuilt(report, report_format)
    except reports.NotThere as problem:
        raise NotFoundException(str(problem)) from problem
    name = f"report-{report.id}-{report.made_at:%Y-%m-%d}.{report_format}"
    headers = {"Content-Disposition": file_names.attached(name)}
    return Response(content, media_type=rendering.MEDIA_TYPES[report_format], headers=headers)


@get("/staff/reports/{report_id:int}/differences", sync_to_thread=True)
def differences(request: Request, database: NamedDependency[Database], report_id: FromPath[int]) -> Template:
    with database.reading() as session:
        report = found_or_404(session, report_id)
        before = reports.previous(session, report)
        try:
            now, then = reports.read(report), reports.read(before) if before else None
        except reports.NotThere as problem:
            raise NotFoundException(str(problem)) from problem
        rows = [row_shown(session, one) for one in (report, before) if one]
    found = report_differences.between(then, now) if then else None
    return page(
        request,
        "profiles/report_differences.html",
        sample=report.sample,
        report=rows[0],
        before=rows[1] if before else None,
        found=found,
    )


@post("/staff/reports/{report_id:int}", sync_to_thread=True)
def act(
    request: Request,
    database: NamedDependency[Database],
    queue: NamedDependency[Queue],
    posted: NamedDependency[Posted],
    report_id: FromPath[int],
) -> Response:
    """End its hold, withdraw it, or have one that failed made again. What ends its hold goes out at once; where nobody
    could reply, whoever ends it says that they know."""
    what, again = first(posted, "what"), False
    with database.writing() as session:
        report = found_or_404(session, report_id, to_change=True)
        if what == "publish":
            held = reports.state_of(report) == "held"
            if held and first(posted, "unasked") != "yes" and unasked(session, report):
                return report_page(request, session, report, {"unasked": "Tick that it goes out with nobody asked"})
            reports.end_hold(session, report_id)
        elif what == "withdraw":
            reports.withdraw(session, report_id)
        elif what == "again":
            again = reports.leases.try_again(session, report_id)
        else:
            raise NotFoundException("There is nothing of this kind to be done with a report")
        session.commit()
    if what == "publish":
        queue.ask_for_mail(report_replies.publish(database, report_id))
    if again:
        queue.ask_for_reports([report_id])
    return Redirect(reports.url_of(report_id), status_code=303)


handlers = [archive, make, one_report, act, differences, download]
