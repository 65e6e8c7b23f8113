"""Staff: how an imported spreadsheet is to be read, said page by page before its rows are checked."""

from typing import Annotated, Any
from unicodedata import category

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect, Response, Template
from sqlmodel import Session, col, select

from collector.database import Database
from collector.intake import import_mapping, imports
from collector.intake.import_mapping import ASKS, PERMISSIONS, ROLES, Column, Mapping, letters
from collector.intake.import_pages import VALUE_TITLES, found_or_404, import_page, to_import, undecided, url_of
from collector.intake.import_rows import day_of
from collector.intake.imports import CannotImport
from collector.intake.models import Import, Round
from collector.queue import Queue
from collector.web.page import page
from collector.web.posted import Posted, first
from collector.web.problems import Overtaken
from collector.web.turns import PageNumber, turn_of, turn_shown

LONGEST_TITLE, LONGEST_QUESTION = 200, 1_000
# A page of columns posts up to three fields for each, one of names two: far from the most fields of a form.
COLUMNS_AT_ONCE, NAMES_AT_ONCE = 20, 25


def being_set_up(found: Import) -> bool:
    """Whether its settings can be changed now; pages that change them lead back to the import otherwise."""
    return found.state in ("mapping", "checked", "refused")


@get("/staff/imports/{import_id:int}/sheet", sync_to_thread=True)
def sheet_page(request: Request, database: NamedDependency[Database], import_id: FromPath[int]) -> Response:
    with database.reading() as session:
        found = found_or_404(session, import_id)
        return shown_sheet(request, found) if being_set_up(found) else to_import(import_id)


def shown_sheet(request: Request, found: Import, problem: str = "") -> Template:
    return page(
        request,
        "intake/imports/sheet.html",
        status_code=422 if problem else 200,
        problem=problem,
        url=url_of(found.id),
        sheets=[
            {"id": name, "label": f"{name} (hidden)" if hidden else name, "hint": "", "exclusive": False}
            for name, hidden in found.sheets
        ],
        sheet=found.sheet,
        rows=found.first_rows,
        letters=[letters(at) for at in range(max((len(cells) for _, cells in found.first_rows), default=0))],
        heading_row=found.heading_row,
    )


@post("/staff/imports/{import_id:int}/sheet", sync_to_thread=True)
def save_sheet(
    request: Request,
    database: NamedDependency[Database],
    queue: NamedDependency[Queue],
    posted: NamedDependency[Posted],
    import_id: FromPath[int],
) -> Response:
    row, sheet = first(posted, "heading-row"), first(posted, "sheet")
    with database.writing() as session:
        found = found_or_404(session, import_id)
        known = {str(number) for number, _ in found.first_rows} | {"0"}
        # Another sheet has other rows: where its headings are is found anew.
        other = bool(sheet) and sheet != found.sheet
        if row not in known and not other:
            return shown_sheet(request, found, "Choose the row that holds the headings")
        try:
            imports.choose_sheet(session, import_id, sheet=sheet, heading_row=None if other else int(row))
        except CannotImport as problem:
            return shown_sheet(request, found, str(problem))
        session.commit()
    queue.ask_for_import(import_id)
    return to_import(import_id)


@get("/staff/imports/{import_id:int}/about", sync_to_thread=True)
def about_page(request: Request, database: NamedDependency[Database], import_id: FromPath[int]) -> Response:
    with database.reading() as session:
        found = found_or_404(session, import_id)
        if not being_set_up(found):
            return to_import(import_id)
        mapping = Mapping.from_record(found.mapping)
        year, month, day = (mapping.day or "--").split("-")
        typed = {
            "title": mapping.title,
            "day": [day.lstrip("0"), month.lstrip("0"), year],
            "round": str(found.round_id or ""),
            "permission": mapping.permission,
        }
        return shown_about(request, session, found, typed, {})


def shown_about(
    request: Request, session: Session, found: Import, typed: dict[str, Any], problems: dict[str, str]
) -> Template:
    mapping = Mapping.from_record(found.mapping)
    rounds = session.exec(real_rounds()).all()
    return page(
        request,
        "intake/imports/about.html",
        status_code=422 if problems else 200,
        problems=problems,
        url=url_of(found.id),
        typed=typed,
        rounds=[{"id": str(one.id), "label": one.title} for one in rounds],
        permissions=[{"id": id, "label": words, "hint": "", "exclusive": False} for id, words in PERMISSIONS.items()],
        permission_column=column_words(found, mapping.only("permission")),
        date_column=column_words(found, mapping.only("date")),
    )


def real_rounds():
    chosen = select(Round).where(col(Round.sample).is_(False), col(Round.preview).is_(False))
    return chosen.order_by(col(Round.id).desc())


def column_words(found: Import, at: int | None) -> str:
    if at is None:
        return ""
    heading = found.columns[at]["heading"] if at < len(found.columns) else ""
    return f"{letters(at)}, “{heading}”" if heading else letters(at)


@post("/staff/imports/{import_id:int}/about", sync_to_thread=True)
def save_about(
    request: Request, database: NamedDependency[Database], posted: NamedDependency[Posted], import_id: FromPath[int]
) -> Response:
    title, parts = clean(first(posted, "title")), (posted.get("day", []) + ["", "", ""])[:3]
    typed = {
        "title": first(posted, "title"),
        "day": parts,
        "round": first(posted, "round"),
        "permission": first(posted, "permission"),
    }
    written = " ".join(part.strip() for part in parts).strip()
    day = day_of(written) if written else None
    with database.writing() as session:
        found = found_or_404(session, import_id)
        rounds = {str(one.id) for one in session.exec(real_rounds())}
        problems = {}
        if not title:
            problems["title"] = "Say what the engagement was called"
        elif len(title) > LONGEST_TITLE:
            problems["title"] = f"Shorten what it was called by {len(title) - LONGEST_TITLE} characters"
        if written and day is None:
            problems["day"] = "Enter a day that there is, like 31 3 2022, or leave all three empty"
        if typed["round"] and typed["round"] not in rounds:
            problems["round"] = "Choose one of the rounds"
        if typed["permission"] not in PERMISSIONS:
            problems["permission"] = "Choose what may be published"
        if problems:
            return shown_about(request, session, found, typed, problems)
        try:
            imports.say(
                session,
                import_id,
                title=title,
                day=day.isoformat() if day else "",
                round_id=int(typed["round"]) if typed["round"] else None,
                permission=typed["permission"],
            )
        except CannotImport as problem:
            raise Overtaken(str(problem)) from None
        session.commit()
    return to_import(import_id)


def clean(text: str) -> str:
    """One line, without what is not to be printed."""
    return " ".join("".join(one if category(one) not in ("Cc", "Cs") else " " for one in text).split())


@get("/staff/imports/{import_id:int}/columns", sync_to_thread=True)
def columns_page(
    request: Request, database: NamedDependency[Database], import_id: FromPath[int], number: PageNumber = 1
) -> Response:
    with database.reading() as session:
        found = found_or_404(session, import_id)
        if not being_set_up(found):
            return to_import(import_id)
        return shown_columns(request, found, Mapping.from_record(found.mapping), number)


def shown_columns(
    request: Request, found: Import, mapping: Mapping, number: int, problems: dict[int, str] | None = None
) -> Template:
    problems = problems or {}
    filled = [at for at, column in enumerate(found.columns) if column["filled"]]
    turn = turn_of(number, len(filled), COLUMNS_AT_ONCE)
    shown = filled[turn.offset : turn.offset + COLUMNS_AT_ONCE]
    return page(
        request,
        "intake/imports/columns.html",
        status_code=422 if problems else 200,
        problems=problems,
        url=url_of(found.id),
        columns=[column_shown(found, mapping, at, problems.get(at, "")) for at in shown],
        empty=len(found.columns) - len(filled),
        layout=found.layout,
        roles=ROLES,
        asks=ASKS,
        rows=found.total,
        pages=turn_shown(turn, url_of(found.id, "columns"), {}),
    )


def column_shown(found: Import, mapping: Mapping, at: int, problem: str) -> dict[str, Any]:
    seen, said = found.columns[at], mapping.columns.get(at, Column())
    return {
        "at": at,
        "letters": letters(at),
        "heading": seen["heading"],
        "filled": seen["filled"],
        "samples": seen["samples"],
        "role": said.role,
        "question": said.question or import_mapping.question_of(seen["heading"]),
        "asks": said.asks,
        "problem": problem,
    }


@post("/staff/imports/{import_id:int}/columns", sync_to_thread=True)
def save_columns(
    request: Request,
    database: NamedDependency[Database],
    posted: NamedDependency[Posted],
    import_id: FromPath[int],
    number: PageNumber = 1,
) -> Response:
    with database.writing() as session:
        found = found_or_404(session, import_id)
        said = {at: said_of(posted, at) for at in range(len(found.columns)) if f"role-{at}" in posted}
        problems = problems_of(said)
        if problems:
            mapping = Mapping.from_record(found.mapping)
            mapping.columns.update(said)
            return shown_columns(request, found, mapping, number, problems)
        try:
            imports.say_columns(session, import_id, said)
        except CannotImport as problem:
            raise Overtaken(str(problem)) from None
        filled = sum(bool(column["filled"]) for column in found.columns)
        session.commit()
    last = turn_of(number, filled, COLUMNS_AT_ONCE)
    if number < last.of and first(posted, "then") != "import":
        return Redirect(f"{url_of(import_id, 'columns')}?page={number + 1}", status_code=303)
    return to_import(import_id)


def said_of(posted: Posted, at: int) -> Column:
    """With the words of a question also where it is left out for now: whoever takes it in again finds them."""
    role = first(posted, f"role-{at}")
    return Column(role, clean(first(posted, f"question-{at}")), first(posted, f"asks-{at}"))


def problems_of(said: dict[int, Column]) -> dict[int, str]:
    problems = {}
    for at, column in said.items():
        if column.role not in ROLES or column.asks not in ASKS:
            problems[at] = "Choose one of the list"
        elif column.role == "text" and len(column.question) > LONGEST_QUESTION:
            problems[at] = f"Shorten the question by {len(column.question) - LONGEST_QUESTION} characters"
    return problems


# -- What the check came upon -------------------------------------------------------------------------


@get("/staff/imports/{import_id:int}/values", sync_to_thread=True)
def values_page(
    request: Request,
    database: NamedDependency[Database],
    import_id: FromPath[int],
    role: Annotated[str, QueryParameter(name="of")] = "permission",
) -> Response:
    with database.reading() as session:
        found = found_or_404(session, import_id)
        values = found.found.get("values", {}).get(role)
        if not being_set_up(found) or not values:
            return to_import(import_id)
        said = Mapping.from_record(found.mapping).values.get(role, {})
        return page(
            request,
            "intake/imports/values.html",
            url=url_of(import_id),
            role=role,
            what=VALUE_TITLES[role],
            otherwise="Do not publish" if role == "permission" else "Leave out",
            choices=import_mapping.choices(role),
            values=[
                {"value": value, "rows": rows, "is": said.get(value, import_mapping.meaning_of(role, value))}
                for value, rows in values
            ],
        )


@post("/staff/imports/{import_id:int}/values", sync_to_thread=True)
def save_values(
    request: Request,
    database: NamedDependency[Database],
    posted: NamedDependency[Posted],
    import_id: FromPath[int],
    role: Annotated[str, QueryParameter(name="of")] = "permission",
) -> Response:
    with database.writing() as session:
        found = found_or_404(session, import_id)
        known = {value for value, _ in found.found.get("values", {}).get(role, [])}
        meanings = {"", *(import_mapping.choices(role) if role in VALUE_TITLES else ())}
        pairs = zip(posted.get("value", []), posted.get("is", []), strict=False)
        said = {value: meaning for value, meaning in pairs if value in known and meaning in meanings}
        mapping = Mapping.from_record(found.mapping)
        values = {**mapping.values, role: {**mapping.values.get(role, {}), **said}} if known else mapping.values
        try:
            imports.say(session, import_id, values=values)
        except CannotImport as problem:
            return import_page(request, session, import_id, str(problem))
        session.commit()
    return to_import(import_id)


@get("/staff/imports/{import_id:int}/organisations", sync_to_thread=True)
def organisations_page(
    request: Request, database: NamedDependency[Database], import_id: FromPath[int], number: PageNumber = 1
) -> Response:
    with database.reading() as session:
        found = found_or_404(session, import_id)
        unsure = found.found.get("unsure", [])
        if not being_set_up(found) or not unsure:
            return to_import(import_id)
        mapping = Mapping.from_record(found.mapping)
        turn = turn_of(number, len(unsure), NAMES_AT_ONCE)
        return page(
            request,
            "intake/imports/organisations.html",
            url=url_of(import_id),
            names=[
                {**one, "number": place, "is": mapping.organisations.get(one["key"])}
                for place, one in enumerate(unsure[turn.offset : turn.offset + NAMES_AT_ONCE])
            ],
            left=len(undecided(found, mapping)),
            total=len(unsure),
            pages=turn_shown(turn, url_of(import_id, "organisations"), {}),
        )


@post("/staff/imports/{import_id:int}/organisations", sync_to_thread=True)
def save_organisations(
    request: Request,
    database: NamedDependency[Database],
    posted: NamedDependency[Posted],
    import_id: FromPath[int],
    number: PageNumber = 1,
) -> Response:
    with database.writing() as session:
        found = found_or_404(session, import_id)
        mapping = Mapping.from_record(found.mapping)
        unsure = {one["key"]: one for one in found.found.get("unsure", [])}
        said = dict(mapping.organisations)
        for place, key in enumerate(posted.get("key", [])):
            chosen = first(posted, f"is-{place}")
            allowed = {"0", *(str(id) for id, *_ in unsure[key]["candidates"])} if key in unsure else set()
            if chosen in allowed:
                said[key] = int(chosen)
        if first(posted, "then") == "all-new":
            said |= {key: 0 for key in unsure if key not in said}
        try:
            imports.say(session, import_id, organisations=said)
        except CannotImport as problem:
            return import_page(request, session, import_id, str(problem))
        session.commit()
    last = turn_of(number, len(unsure), NAMES_AT_ONCE)
    if number < last.of and first(posted, "then") == "next":
        return Redirect(f"{url_of(import_id, 'organisations')}?page={number + 1}", status_code=303)
    return to_import(import_id)


handlers = [
    sheet_page,
    save_sheet,
    about_page,
    save_about,
    columns_page,
    save_columns,
    values_page,
    save_values,
    organisations_page,
    save_organisations,
]
