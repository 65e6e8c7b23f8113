"""Tables as files: CSV, XLSX and JSON Lines, made row by row in a file of their own, however many rows there are."""

import csv
import io
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime
from typing import IO, Any

import xlsxwriter

from forms.formulas import guarded

FORMATS = {"csv": "CSV", "xlsx": "Excel", "jsonl": "JSON Lines"}
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "jsonl": "application/x-ndjson; charset=utf-8",
}
MOST_ROWS = 1_048_575  # of a sheet, its heading apart
LONGEST_CELL = 32_767  # characters, of a sheet
CUT = " … [cut here: a cell holds no more. CSV has all of it]"
PART = 64 * 1024
# A day that is always the same: the same rows are the same bytes.
MADE = datetime(2021, 3, 31)

Columns = Sequence[tuple[str, str]]  # name, heading
Row = dict[str, Any]


class TooMany(ValueError):
    """More than the format holds; the message says what to do."""


def written(kind: str, columns: Columns, rows: Iterable[Row], about: dict[str, str]) -> IO[bytes]:
    """A file, to be read from its start, that goes when it is closed."""
    with ExitStack() as unfinished:
        file = unfinished.enter_context(tempfile.TemporaryFile())
        WRITERS[kind](file, columns, rows, about)
        file.seek(0)
        unfinished.pop_all()  # whoever reads it closes it
    return file


def parts_of(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while part := file.read(PART):
            yield part


def write_csv(file: IO[bytes], columns: Columns, rows: Iterable[Row], about: dict[str, str]) -> None:
    """With a mark that tells spreadsheet programs the encoding; what they would take for a formula is text."""
    text = io.TextIOWrapper(file, "utf-8-sig", newline="", write_through=True)
    lines = csv.writer(text)
    lines.writerow(heading for _, heading in columns)
    for row in rows:
        lines.writerow(guarded(plain(row.get(name))) for name, _ in columns)
    text.detach()


def write_jsonl(file: IO[bytes], columns: Columns, rows: Iterable[Row], about: dict[str, str]) -> None:
    """A line each, the first of what this is; names as in the heading of no program: those of the columns."""
    file.write(line({"about": about}))
    for row in rows:
        file.write(line({name: as_json(row.get(name)) for name, _ in columns}))


def line(record: dict[str, Any]) -> bytes:
    return json.dumps(record, ensure_ascii=False).encode() + b"\n"


def write_xlsx(file: IO[bytes], columns: Columns, rows: Iterable[Row], about: dict[str, str]) -> None:
    """Cells are text or numbers, never formulas or links; a second sheet tells what this is."""
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(file, options)
    book.set_properties({"created": MADE})
    bold, sheet = book.add_format({"bold": True}), book.add_worksheet("Rows")
    sheet.freeze_panes(1, 0)
    for place, (_, heading) in enumerate(columns):
        sheet.write_string(0, place, heading, bold)
    for number, row in enumerate(rows, 1):
        if number > MOST_ROWS:
            book.close()
            raise TooMany("A sheet holds about a million rows, and there are more. Take CSV, or narrow the filters")
        for place, (name, _) in enumerate(columns):
            write_cell(sheet, number, place, row.get(name))
    told = book.add_worksheet("About")
    for number, (name, value) in enumerate(about.items()):
        told.write_string(number, 0, name, bold)
        told.write_string(number, 1, value)
    book.close()


def write_cell(sheet: Any, number: int, place: int, value: Any) -> None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        sheet.write_number(number, place, value)
    elif value not in (None, ""):
        sheet.write_string(number, place, fitting(plain(value)))


def fitting(text: str) -> str:
    return text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - len(CUT)] + CUT


def plain(value: Any) -> str:
    return "" if value is None else str(as_json(value))


def as_json(value: Any) -> Any:
    return value.isoformat(timespec="seconds") if isinstance(value, datetime) else value


WRITERS: dict[str, Callable[..., None]] = {"csv": write_csv, "xlsx": write_xlsx, "jsonl": write_jsonl}
