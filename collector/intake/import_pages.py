"""Staff: imports of earlier engagement, from choosing a file to what became of each row."""

import csv
import io
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
from collector.intake import file_kinds, file_names, import_mapping, import_steps, imports
from collector.intake.import_mapping import PERMISSIONS, Mapping
from collector.intake.import_rows import ADD, OUTCOMES
from collector.intake.imports import CannotImport
from collector.intake.models import Import, ImportFile, ImportRow, Round
from collector.queue import Queue
from collector.web.files import LARGEST_BODY, LARGEST_FILE, SentFile
from collector.web.page import page
from collector.web.posted import Posted, first
from collector.web.turns import PageNumber, filters, turn_of, turn_shown
from forms.formulas import guarded

ROWS_AT_ONCE = 50

STATES = {
    "reading": "Being read",
    "refused": "Could not be read",
    "mapping": "Being set up",
    "checking": "Being checked",
    "checked": "Checked",
    "importing": "Being imported",
    "imported": "Imported",
    "taken-back": "Taken back",
}
# As the component for a source's state draws them.
SHAPES = {"refused": "set-aside", "imported": "analysed", "mapping": "waiting", "checked": "waiting"}
DONE = {**OUTCOMES, ADD: "Added"}
VALUE_TITLES = {
    "permission": "permission to publish",
    "area": "council areas",
    "kind": "kinds of organisation",
    "concern": "priority areas",
}


def url_of(import_id: int, rest: str = "") -> str:
    return f"/staff/imports/{import_id}{'/' + rest if rest else ''}"


def found_or_404(session: Session, import_id: int) -> Import:
    found = session.get(Import, import_id)
    if found is None:
        raise NotFoundException("There is no import at this address")
    return found


def to_import(import_id: int) -> Redirect:
    return Redirect(url_of(import_id), status_code=303)


def may_change(request: Request) -> bool:
    return request.user.role in REVIEWERS


# -- The list, and a new one ------------------------------------------------------------------------


@get("/staff/imports", sync_to_thread=True)
def all_imports(request: Request, database: NamedDependency[Database], number: PageNumber = 1) -> Template:
    with database.reading() as session:
        turn = turn_of(number, imports.number_of(session))
        rows = [row_shown(session, one) for one in imports.newest(session, turn.offset, turn.at_once)]
    return page(
        request,
        "intake/imports/all.html",
        rows=rows,
        may_change=may_change(request),
        pages=turn_shown(turn, request.url.path, {}),
    )


def row_shown(session: Session, one: Import) -> dict[str, Any]:
    return {
        "url": url_of(one.id),
        "title": one.mapping.get("title") or one.file_name,
        "file_name": one.file_name,
        "by": session.get_one(StaffMember, one.made_by).name,
        "at": one.made_at,
        "rows": one.total,
        "state": state_shown(one),
        "added": one.counts.get(ADD) if one.state == "imported" else None,
    }


def state_shown(one: Import) -> dict[str, Any]:
    if one.state in import_steps.STEPS:
        shape = "set-aside" if one.stopped else "running"
        return {"id": shape, "word": "Stopped" if one.stopped else STATES[one.state]}
    return {"id": SHAPES.get(one.state, "waiting"), "word": STATES[one.state]}


@get("/staff/imports/new", sync_to_thread=True)
def new_page(request: Request) -> Template:
    return page(request, "intake/imports/new.html", problem="")


@post(
    "/staff/imports/new",
    sync_to_thread=True,
    request_max_body_size=LARGEST_BODY,
    opt={LARGEST_FILE: file_kinds.LARGEST},
)
def add_file(
    request: Request,
    database: NamedDependency[Database],
    queue: NamedDependency[Queue],
    sent_files: NamedDependency[dict[str, list[SentFile]]],
) -> Response:
    with database.writing() as session:
        try:
            import_id = begun(session, sent_files.get("file", []), request.user.id)
        except CannotImport as problem:
            return page(request, "intake/imports/new.html", status_code=422, problem=str(problem))
        session.commit()
    queue.ask_for_import(import_id)
    return to_import(import_id)


def begun(session: Session, sent: list[SentFile], staff_id: int) -> int:
    if not sent:
        raise CannotImport("Choose a file")
    return imports.begin(session, file_name=sent[0].name, content=sent[0].whole(), staff_id=staff_id)


# -- One import, and what there is to do next -------------------------------------------------------------


@get("/staff/imports/{import_id:int}", sync_to_thread=True)
def one_import(request: Request, database: NamedDependency[Database], import_id: FromPath[int]) -> Template:
    with database.reading() as session:
        return import_page(request, session, import_id)


def import_page(request: Request, session: Session, import_id: int, problem: str = "") -> Template:
    found = found_or_404(session, import_id)
    mapping = Mapping.from_record(found.mapping)
    round_ = session.get(Round, found.round_id) if found.round_id else None
    return page(
        request,
        "intake/imports/one.html",
        status_code=422 if problem else 200,
        problem=problem,
        found=found,
        url=url_of(import_id),
        state=state_shown(found),
        under_way=found.state in import_steps.STEPS and not found.stopped,
        may_change=may_change(request),
        by=session.get_one(StaffMember, found.made_by).name,
        imported_by=name_of(session, found.imported_by),
        taken_back_by=name_of(session, found.taken_back_by),
        title=mapping.title,
        headings=headings_words(found),
        about=about_words(mapping, round_),
        columns=columns_words(found, mapping),
        mapping_problems=import_mapping.problems_of(mapping),
        unsure=len(undecided(found, mapping)),
        unsure_at_all=len(found.found.get("unsure", [])),
        values=[
            {"role": role, "title": VALUE_TITLES[role], "number": len(values)}
            for role, values in found.found.get("values", {}).items()
        ],
        same=[{"url": url_of(one.id), "row": row_shown(session, one)} for one in imports.same_file(session, found)[:3]],
        counts=found.counts,
        outcomes=DONE if found.state in ("imported", "taken-back") else OUTCOMES,
        has_file=imports.has_file(session, import_id),
        stamp=imports.stamp_of(found),
        kept_days=imports.KEPT_FOR.days,
    )


def name_of(session: Session, staff_id: int | None) -> str:
    return session.get_one(StaffMember, staff_id).name if staff_id else ""


def headings_words(found: Import) -> str:
    headings = f"headings in row {found.heading_row}" if found.heading_row else "no headings"
    return f"sheet “{found.sheet}”, {headings}" if found.sheet else headings


def about_words(mapping: Mapping, round_: Round | None) -> str:
    if mapping.only("permission") is not None:
        permission = "permission from a column"
    else:
        permission = PERMISSIONS[mapping.permission].lower()
    return ", ".join(part for part in (mapping.title, round_.title if round_ else "", permission) if part)


def columns_words(found: Import, mapping: Mapping) -> str:
    texts = len(mapping.of_role("text"))
    others = sum(column.role not in ("", "text") for column in mapping.columns.values())
    filled = sum(bool(column["filled"]) for column in found.columns)
    answers = f"{texts} {'answer' if texts == 1 else 'answers'} in words"
    return f"{answers}, {others} of other kinds, {filled - texts - others} left out"


def undecided(found: Import, mapping: Mapping) -> list[dict[str, Any]]:
    return [one for one in found.found.get("unsure", []) if one["key"] not in mapping.organisations]


@post("/staff/imports/{import_id:int}/check", sync_to_thread=True)
def check(
    request: Request, database: NamedDependency[Database], queue: NamedDependency[Queue], import_id: FromPath[int]
) -> Response:
    with database.writing() as session:
        found_or_404(session, import_id)
        try:
            imports.ask_for_check(session, import_id)
        except CannotImport as problem:
            return import_page(request, session, import_id, str(problem))
        session.commit()
    queue.ask_for_import(import_id)
    return to_import(import_id)


@post("/staff/imports/{import_id:int}/start", sync_to_thread=True)
def start(
    request: Request,
    database: NamedDependency[Database],
    queue: NamedDependency[Queue],
    posted: NamedDependency[Posted],
    import_id: FromPath[int],
) -> Response:
    with database.writing() as session:
        found_or_404(session, import_id)
        try:
            imports.ask_for_import(session, import_id, staff_id=request.user.id, seen=first(posted, "seen"))
        except CannotImport as problem:
            return import_page(request, session, import_id, str(problem))
        session.commit()
    queue.ask_for_import(import_id)
    return to_import(import_id)


@post("/staff/imports/{import_id:int}/retry", sync_to_thread=True)
def retry(database: NamedDependency[Database], queue: NamedDependency[Queue], import_id: FromPath[int]) -> Redirect:
    with database.writing() as session:
        found_or_404(session, import_id)
        again = imports.try_again(session, import_id)
        session.commit()
    if again:
        queue.ask_for_import(import_id)
    return to_import(import_id)


# -- What becomes of each row ---------------------------------------------------------------------------


@get("/staff/imports/{import_id:int}/report", sync_to_thread=True)
def report(
    request: Request,
    database: NamedDependency[Database],
    import_id: FromPath[int],
    outcome: Annotated[str, QueryParameter(name="outcome")] = "",
    number: PageNumber = 1,
) -> Response:
    with database.reading() as session:
        found = found_or_404(session, import_id)
        counts = imports.row_counts(session, import_id)
        if "" in counts or not counts:
            return to_import(import_id)
        words = DONE if found.state in ("imported", "taken-back") else OUTCOMES
        total = counts.get(outcome, 0) if outcome in OUTCOMES else sum(counts.values())
        turn = turn_of(number, total, ROWS_AT_ONCE)
        rows = session.exec(imports.rows_of(import_id, outcome).offset(turn.offset).limit(ROWS_AT_ONCE)).all()
        asked = {"outcome": outcome}
        return page(
            request,
            "intake/imports/report.html",
            url=url_of(import_id),
            title=found.mapping.get("title") or found.file_name,
            checked_only=found.state not in ("imported", "taken-back"),
            rows=[report_row(row, words) for row in rows],
            filters=filters(request.url.path, "outcome", words, counts, asked),
            total=total,
            pages=turn_shown(turn, request.url.path, asked),
        )


def report_row(row: ImportRow, words: dict[str, str]) -> dict[str, Any]:
    return {
        "number": row.number,
        "outcome": row.outcome,
        "word": words[row.outcome],
        "notes": row.notes,
        "source_url": f"/staff/sources/{row.source_id}" if row.source_id else "",
    }


@get("/staff/imports/{import_id:int}/report.csv", sync_to_thread=True)
def report_file(database: NamedDependency[Database], import_id: FromPath[int]) -> Response[bytes]:
    with database.reading() as session:
        found = found_or_404(session, import_id)
        words = DONE if found.state in ("imported", "taken-back") else OUTCOMES
        written = io.StringIO()
        lines = csv.writer(written)
        lines.writerow(["Row", "Outcome", "Notes", "Source"])
        for row in session.exec(imports.rows_of(import_id, "")):
            source = f"/staff/sources/{row.source_id}" if row.source_id else ""
            lines.writerow([row.number, words.get(row.outcome, ""), guarded(". ".join(row.notes)), source])
    return download(written.getvalue().encode("utf-8-sig"), "text/csv; charset=utf-8", f"import-{import_id}-report.csv")


def download(content: bytes, media_type: str, name: str) -> Response[bytes]:
    return Response(content, media_type=media_type, headers={"Content-Disposition": file_names.attached(name)})


@get("/staff/imports/{import_id:int}/file", sync_to_thread=True)
def original(database: NamedDependency[Database], import_id: FromPath[int]) -> Response[bytes]:
    with database.reading() as session:
        found, kept = found_or_404(session, import_id), session.get(ImportFile, import_id)
        if kept is None:
            raise NotFoundException("The file of this import was erased")
        kind = "xlsx" if kept.content.startswith(file_kinds.ZIP) else "csv"
        return download(kept.content, file_kinds.MEDIA_TYPES[kind], found.file_name)


@get("/staff/imports/{import_id:int}/forget", sync_to_thread=True)
def forget_page(request: Request, database: NamedDependency[Database], import_id: FromPath[int]) -> Response:
    with database.reading() as session:
        found = found_or_404(session, import_id)
        if found.state == "importing" or (done(found) and not imports.has_file(session, import_id)):
            return to_import(import_id)
        return page(
            request, "intake/imports/forget.html", url=url_of(import_id), file_name=found.file_name, done=done(found)
        )


def done(found: Import) -> bool:
    return found.state in ("imported", "taken-back")


@post("/staff/imports/{import_id:int}/forget", sync_to_thread=True)
def forget(request: Request, database: NamedDependency[Database], import_id: FromPath[int]) -> Response:
    with database.writing() as session:
        found = found_or_404(session, import_id)
        was_done = done(found)
        try:
            if was_done:
                imports.forget_file(session, import_id)
            else:
                imports.forget(session, import_id)
        except CannotImport as problem:
            return import_page(request, session, import_id, str(problem))
        session.commit()
    return to_import(import_id) if was_done else Redirect("/staff/imports", status_code=303)


handlers = [
    all_imports,
    new_page,
    add_file,
    one_import,
    check,
    start,
    retry,
    report,
    report_file,
    original,
    forget_page,
    forget,
]
