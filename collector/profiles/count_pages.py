"""Staff: how many organisations say what, by two things at once. What is asked for stands in the address."""

from dataclasses import replace
from typing import Annotated, Any

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream, Template
from sqlmodel import Session, col, func, select

from collector import dates
from collector.accounts.access import REVIEWERS
from collector.database import Database, now
from collector.findings import counts, estimates
from collector.findings.counts import OF_ORGANISATIONS, TOTAL
from collector.intake import file_names
from collector.organisations.models import Organisation
from collector.profiles import count_table, lines, shown
from collector.profiles.count_table import DIMENSIONS, Asked, Head, Shown, Table
from collector.profiles.shown import profile_url
from collector.review import export_files
from collector.web.page import page as show
from collector.web.turns import PageNumber, turn_of, turn_shown

URL = "/staff/counts"
KINDS = {kind: word for kind, word in export_files.FORMATS.items() if kind != "jsonl"}
FOR = (
    "Staff alone. It counts what respondents have not allowed to be published too, and small numbers that may tell who"
    " said it."
)


@get(URL, sync_to_thread=True)
def table(request: Request, database: NamedDependency[Database]) -> Template:
    with database.reading() as session:
        asked = count_table.read(session, request.query_params)
        found = count_table.table(session, asked)
        rounds = count_table.offered_rounds(session)
        filters = count_table.filters(session, asked, found.sample)
    return show(
        request,
        "profiles/counts.html",
        sample=found.sample,
        title=count_table.title(asked),
        asked=asked,
        url=URL,
        third=":".join(asked.third) if asked.third[0] else "",
        dimensions=DIMENSIONS,
        rounds=rounds,
        thirds=[
            (word, [(f"{id}:{value}", name) for value, name in count_table.values(id).items()])
            for id, word in DIMENSIONS.items()
        ],
        filters=filters,
        heard=found.heard,
        answered=found.answered,
        made_at=found.made_at,
        since=found.since,
        minimum=estimates.MINIMUM,
        can_be_corrected=count_table.can_be_corrected(asked),
        corrected_url=corrected_url(asked),
        corner=DIMENSIONS[asked.rows],
        columns=found.columns,
        rows=[row_shown(found, row) for row in found.rows],
        others_row=others_row(found),
        of_labels=found.of_labels,
        others_column=asked.rows not in OF_ORGANISATIONS,
        by_organisations=OF_ORGANISATIONS,
        files=files(asked) if request.user.role in REVIEWERS else [],
    )


def corrected_url(asked: Asked) -> str:
    """The same table of all that came, where that is corrected and the round's is not."""
    of_all = replace(asked, round=None)
    may = count_table.can_be_corrected
    return f"{URL}?{of_all.query()}" if may(of_all) and not may(asked) else ""


def row_shown(found: Table, row: Head) -> dict[str, Any]:
    cells = [cell_shown(found, found.cells.get((row.id, column.id))) for column in found.columns]
    return {"head": row, "cells": cells, "others": found.others.get(row.id, 0)}


def cell_shown(found: Table, cell: Shown | None) -> dict[str, Any] | None:
    """What stands in a cell; nothing where both are all."""
    if cell is None:
        return None
    said = cell.said
    nothing = not (said.high or said.suggested or said.statements)
    return {
        "number": numbers(said.low, said.high),
        "of": said.answered,
        "corrected": said.corrected,
        "decided": said.decided,
        "suggested": 0 if said.corrected else said.suggested,
        "statements": said.statements,
        "nothing": nothing,
        "some": bool(said.low or said.suggested),
        "url": cell_url(found.asked, cell) if said.statements or not found.of_labels else "",
        "row": cell.row.title,
        "column": cell.column.title,
    }


def numbers(low: int, high: int) -> str:
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def cell_url(asked: Asked, cell: Shown) -> str:
    return f"{URL}/statements?{asked.query(row=cell.row.id, column=cell.column.id)}"


def others_row(found: Table) -> list[int] | None:
    """Where columns are labels and rows are organisations: what individuals and others say of each."""
    if found.asked.rows not in OF_ORGANISATIONS or not found.of_labels:
        return None
    return [found.others.get(column.id, 0) for column in found.columns]


def files(asked: Asked) -> list[dict[str, str]]:
    return [{"word": word, "url": f"{URL}/download/{kind}?{asked.query()}"} for kind, word in KINDS.items()]


@get(f"{URL}/download/{{kind:str}}", sync_to_thread=True)
def download(request: Request, database: NamedDependency[Database], kind: FromPath[str]) -> Stream:
    if kind not in KINDS:
        raise NotFoundException("There is no file of this kind")
    with database.reading() as session:
        asked = count_table.read(session, request.query_params)
        found = count_table.table(session, asked)
        about = about_file(found, count_table.filters(session, asked, found.sample))
    # A file of text has no second sheet: what the table is stands in each of its lines.
    beside = {name: about[name] for name in ("Filters", "Made", "For")}
    rows = ({**line, **beside} for line in count_table.lines(found))
    columns = (*count_table.COLUMNS, *((name, name) for name in beside))
    file = export_files.written(kind, columns, rows, about)
    name = f"counts-{now():%Y-%m-%d-%H%M}.{kind}"
    headers = {"Content-Disposition": file_names.attached(name)}
    return Stream(export_files.parts_of(file), media_type=export_files.MEDIA_TYPES[kind], headers=headers)


def about_file(found: Table, filters: str) -> dict[str, str]:
    estimated = dates.in_full(found.made_at) if found.made_at else "not yet: what people decided alone is counted"
    if found.of_labels and not count_table.can_be_corrected(found.asked):
        estimated += "; where a row and a column meet nothing is: what people decided alone is counted there"
    return {
        "What": f"{count_table.title(found.asked)}. A line for each cell",
        "Filters": filters or "none: all that came in",
        "Made": dates.in_full(now()),
        "For": FOR,
        "Corrected by the blind sample": estimated,
        "At least and at most": "the ends of an interval of 95 %; the same number twice is what people decided. Of"
        " statements there is one where enough of those of the very organisations were coded blind",
        "Answered": f"{found.answered:,} organisations; {len(found.heard.silent):,} did not answer, "
        f"{len(found.heard.not_asked):,} were not asked; {found.heard.others:,} individuals and others answered",
    }


# -- What a cell stands on -----------------------------------------------------------------------------

Value = Annotated[str, QueryParameter(max_length=100)]


@get(f"{URL}/statements", sync_to_thread=True)
def statements(
    request: Request,
    database: NamedDependency[Database],
    row: Value = TOTAL,
    column: Value = TOTAL,
    number: PageNumber = 1,
) -> Template:
    """The statements of a cell; where only organisations are counted, those."""
    with database.reading() as session:
        asked = count_table.read(session, request.query_params)
        within = count_table.within(session, asked)
        heard = counts.heard(session, within)
        chosen = chosen_or_404(heard, asked, row, column)
        of_labels = any(one[0] not in OF_ORGANISATIONS for one in chosen)
        ids = counts.of_all(heard, chosen)
        found = counts.statements(session, within, heard, chosen) if of_labels else None
        total = session.exec(select(func.count()).select_from(found.subquery())).one() if of_labels else 0
        turn = turn_of(number, total)
        chosen_now = found.offset(turn.offset).limit(turn.at_once) if of_labels else None
        rows = list(session.exec(chosen_now).scalars()) if of_labels else []
        told = lines.by_id(session, rows)
        filters = count_table.filters(session, asked, within.sample)
        organisations = [] if of_labels else named(session, ids)
    return show(
        request,
        "profiles/count_statements.html",
        sample=within.sample,
        title=cell_title(chosen),
        filters=filters,
        back_url=f"{URL}?{asked.query()}",
        of_labels=of_labels,
        lines=[shown.line_shown(told[id], label_of(chosen)) for id in rows if id in told],
        total=total,
        organisations=organisations,
        pages=turn_shown(turn, request.url.path, {**dict(request.query_params), "page": None}),
    )


def label_of(chosen: list[tuple[str, str]]) -> tuple[str, str] | None:
    """What a statement stands in the cell for."""
    return next((one for one in chosen if one[0] not in OF_ORGANISATIONS), None)


def chosen_or_404(heard: counts.Heard, asked: Asked, row: str, column: str) -> list[tuple[str, str]]:
    """The row and the column of a cell, as far as they are not all."""
    chosen = [(asked.rows, row), (asked.columns, column)]
    chosen = [(dimension, value) for dimension, value in chosen if dimension and value != TOTAL]
    if not chosen or not all(is_value(heard, *one) for one in chosen):
        raise NotFoundException("There is no such part of the table")
    return chosen


def is_value(heard: counts.Heard, dimension: str, value: str) -> bool:
    return value in count_table.values(dimension) or value in count_table.without_value(heard, dimension)


def cell_title(chosen: list[tuple[str, str]]) -> str:
    """ "Planning, Health board" """
    return ", ".join(count_table.title_of(dimension, value) for dimension, value in chosen)


def named(session: Session, ids: set[int]) -> list[dict[str, str]]:
    chosen = select(Organisation.id, Organisation.name).where(col(Organisation.id).in_(ids))
    return [{"name": name, "url": profile_url(id)} for id, name in session.exec(chosen.order_by(Organisation.name_key))]


handlers = [table, download, statements]
