"""Reads a spreadsheet that anybody may have made, CSV or XLSX, row by row as text.

`fault_of` looks at a file without unpacking it and is cheap enough for the web service. `read` is for a child process
that has limits of its own (`worker.limited`), see `main`.
"""

import csv
import io
import json
import re
import sys
import warnings
import zipfile
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from collector.intake import file_kinds
from forms import cells

MOST_ROWS = 20_000
MOST_COLUMNS = 500
LONGEST_CELL = 200_000
MOST_CHARACTERS = 60_000_000

# The exit of the child process that says why it could not read.
UNREADABLE = 3

OTHER_KINDS = {
    b"%PDF": "a PDF",
    b"\xd0\xcf\x11\xe0": "an Excel workbook of the old kind (.xls), or one locked with a password",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"\x1f\x8b": "a packed file",
    b"{\\rtf": "a text document",
    b"\x7fELF": "a program",
    b"MZ": "a program",
}
SAVE_AS = "Save it as an Excel workbook (.xlsx) or as CSV, and choose that file"
UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s+ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')


class Unreadable(ValueError):
    """Why the file cannot be read, and what to do, in words for the person who chose it."""


@dataclass
class Row:
    """`number` as a spreadsheet program counts; `faults`, by column, say which cells could not be taken and why."""

    number: int
    cells: list[str]
    faults: dict[str, str] = field(default_factory=dict)


@dataclass
class Book:
    sheets: list[tuple[str, bool]]  # name, hidden
    sheet: str
    read_as: str
    rows: Iterable[Row]


# -- Before anything is unpacked ------------------------------------------------------------------


def fault_of(content: bytes) -> str:
    """Why this can be no spreadsheet of ours, from its first bytes and its table of contents; empty when it may be."""
    if not content:
        return "The file is empty. Choose one that holds something"
    if len(content) > file_kinds.LARGEST:
        return "The file is larger than 15 MB. Cut it into smaller files, and take out pictures"
    for start, kind in OTHER_KINDS.items():
        if content.startswith(start):
            return f"This is {kind}. {SAVE_AS}"
    return packing_fault(content) if content.startswith(file_kinds.ZIP) else ""


def packing_fault(content: bytes) -> str:
    try:
        kind = file_kinds.kind_of("", io.BytesIO(content))
    except file_kinds.Refused as problem:
        return str(problem)
    return "" if kind == "xlsx" else f"This is a {file_kinds.NAMES[kind]}. {SAVE_AS}"


# -- Reading --------------------------------------------------------------------------------------


def read(content: bytes, sheet: str = "") -> Book:
    """The rows of a sheet that hold anything, of the first sheet that is not hidden where none is named.

    The rows come as they are asked for; what is wrong further down is raised as `Unreadable` when it is come upon.
    """
    if fault := fault_of(content):
        raise Unreadable(fault)
    book = read_workbook(content, sheet) if content.startswith(file_kinds.ZIP) else read_csv(content)
    return Book(book.sheets, book.sheet, book.read_as, within_limits(book.rows))


def within_limits(rows: Iterable[Row]) -> Iterator[Row]:
    number = characters = 0
    for row in rows:
        row.cells = bare(row.cells)
        if not row.cells and not row.faults:
            continue
        number += 1
        characters += sum(map(len, row.cells))
        if number > MOST_ROWS + 1:
            raise Unreadable(f"There are more than {MOST_ROWS:,} rows. Cut the file into smaller ones")
        if len(row.cells) > MOST_COLUMNS:
            raise Unreadable(
                f"Row {row.number} has more than {MOST_COLUMNS} columns. Delete what is right of your table"
            )
        if characters > MOST_CHARACTERS:
            raise Unreadable(f"There is too much text, more than {MOST_CHARACTERS:,} characters. Cut the file in two")
        yield keepable(row)


def bare(cells: list[str]) -> list[str]:
    """Without the empty cells at the end, of which every program writes as many as it likes."""
    last = len(cells)
    while last and not cells[last - 1].strip():
        last -= 1
    return cells[:last]


def keepable(row: Row) -> Row:
    """No text is altered: a cell that cannot be kept as it is gives its row a fault."""
    for at, text in enumerate(row.cells):
        if UNKEEPABLE.search(text):
            row.faults[str(at)] = "has a character that cannot be kept (NUL). Type the cell again"
        elif len(text) > LONGEST_CELL:
            row.faults[str(at)] = f"is longer than {LONGEST_CELL:,} characters. Cut the text in two"
        else:
            continue
        row.cells[at] = ""
    return row


# -- CSV ------------------------------------------------------------------------------------------


def read_csv(content: bytes) -> Book:
    text, encoding = decoded(content)
    separator = separator_of(text)
    parted = f", parted by {SEPARATORS[separator]}" if separator else ", one column"
    return Book([], "", f"CSV in {encoding}{parted}", csv_rows(text, separator or ","))


def decoded(content: bytes) -> tuple[str, str]:
    """Windows-1252 comes last: nearly every file can be read as that, and only those that are nothing else are it."""
    marks = ((BOM_UTF8, "utf-8", "UTF-8"), (BOM_UTF16_LE, "utf-16-le", "UTF-16"), (BOM_UTF16_BE, "utf-16-be", "UTF-16"))
    tries = [(content[len(mark) :], codec, name) for mark, codec, name in marks if content.startswith(mark)]
    if not tries:
        tries = [(content, codec, "UTF-16") for codec in unmarked_utf_16(content)]
        tries += [(content, "utf-8", "UTF-8"), (content, "cp1252", "Windows-1252")]
    for held, codec, name in tries:
        with suppress(UnicodeDecodeError):
            return held.decode(codec), name
    raise Unreadable("The letters in this file are written in a way that is not known. Save it as CSV UTF-8")


def unmarked_utf_16(content: bytes) -> list[str]:
    """Text in Latin letters has a zero in every second byte."""
    start = content[:4000]
    if not start or start.count(0) < len(start) // 4:
        return []
    return ["utf-16-le" if start[1::2].count(0) > start[::2].count(0) else "utf-16-be"]


def separator_of(text: str) -> str:
    """The one that cuts the first rows into the most alike; none where each cuts nothing."""
    found = {separator: evenness(text[:200_000], separator) for separator in SEPARATORS}
    best = max(found, key=lambda separator: found[separator])
    return best if found[best] > (0, 0) else ""


def evenness(text: str, separator: str) -> tuple[float, int]:
    widths: list[int] = []
    with suppress(csv.Error):
        for record in csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True):
            if record:
                widths.append(len(record))
            if len(widths) == 50:
                break
    if not widths or max(widths) == 1:
        return (0, 0)
    usual = max(set(widths), key=lambda width: (widths.count(width), width))
    return (widths.count(usual) / len(widths), usual) if usual > 1 else (0, 0)


def csv_rows(text: str, separator: str) -> Iterator[Row]:
    csv.field_size_limit(LONGEST_CELL * 10)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    number = 0
    while True:
        number += 1
        begun = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as problem:
            raise Unreadable(broken(number, begun, str(problem))) from problem
        if cells is None:
            return
        yield Row(number, cells)


def broken(number: int, line: int, problem: str) -> str:
    if "limit" in problem:
        return f"A cell of row {number} (line {line}) is far too long: is a quotation mark missing at its end?"
    return (
        f"In row {number} (line {line}) a quotation mark opens and does not close, or stands alone within a cell."
        " Open the file in a spreadsheet program, mend that row and save it again"
    )


# -- Excel workbooks --------------------------------------------------------------------------------


def read_workbook(content: bytes, sheet: str) -> Book:
    """Refused before it is parsed: what declares a document type, which no spreadsheet does."""
    if declares_type(content):
        raise Unreadable("The workbook declares a document type, as no spreadsheet does, and was not read")
    try:
        book = load(content, values=False)
        sheets = [(one.title, one.sheet_state != "visible") for one in book.worksheets]
        named = sheet or next((name for name, hidden in sheets if not hidden), "")
        if named not in dict(sheets):
            raise Unreadable("The workbook has no such sheet" if sheets else "The workbook has no sheets")
        values = load(content, values=True)
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            written = packed.read(book[named]._worksheet_path)
        if not cells.rows_are_in_order(written):
            raise Unreadable(BROKEN)
        rows = workbook_rows(book[named], values[named], merged_in(written))
        counts = " that counts days from 1904" if book.epoch.year == 1904 else ""
        return Book(sheets, named, f"Excel workbook{counts}", rows)
    except Unreadable:
        raise
    # openpyxl meets a broken part with whatever error it comes to first.
    except Exception as error:
        raise Unreadable(BROKEN) from error


BROKEN = "A part of this workbook is broken. Open it in a spreadsheet program, save it again and choose that file"


def declares_type(content: bytes) -> bool:
    """A member in UTF-16 has a zero in every character."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            texts = [member for member in packed.infolist() if member.filename.endswith((".xml", ".rels"))]
            return any(b"<!DOCTYPE" in packed.read(member).replace(b"\0", b"") for member in texts)
    except Exception as error:  # damaged inside, packed in another way
        raise Unreadable(BROKEN) from error


def load(content: bytes, *, values: bool) -> Any:
    import openpyxl

    with warnings.catch_warnings():
        # It warns of colours, lists to choose from and the like, which are no part of the words.
        warnings.simplefilter("ignore")
        return openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=values, keep_links=False)


def workbook_rows(sheet: Any, values: Any, merged: dict[tuple[int, int], tuple[int, int]]) -> Iterator[Row]:
    """Cells as text. Of a formula it is what it came to last; a merged cell is read in every place that it covers."""
    sheet.reset_dimensions()  # what a sheet says about its size may be wrong
    values.reset_dimensions()
    first: dict[tuple[int, int], str] = {}
    results = values.iter_rows()
    try:
        for number, cells in enumerate(sheet.iter_rows(), start=1):
            came_to = next(results, ())
            row = Row(number, [])
            for at, cell in enumerate(cells):
                row.cells.append(text_of(cell, came_to, at, row.faults))
            spread(row, merged, first)
            yield row
    except Unreadable:
        raise
    except Exception as error:
        raise Unreadable(BROKEN) from error


def text_of(cell: Any, came_to: Any, at: int, faults: dict[str, str]) -> str:
    value = cell.value
    if cell.data_type == "f":
        value = came_to[at].value if at < len(came_to) else None
        if value is None:
            faults[str(at)] = "is a formula that came to nothing. Write the text itself, or save the workbook again"
    if cell.data_type == "e" or (isinstance(value, str) and value in ERRORS and cell.data_type in "ef"):
        faults[str(at)] = f"shows an error ({value}). Write the text itself"
        return ""
    return cells.text_of(value)


ERRORS = {"#REF!", "#N/A", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!"}


def merged_in(sheet: bytes) -> dict[tuple[int, int], tuple[int, int]]:
    """Each place that a merged cell covers, with the place of its words; the library reads rows without knowing."""
    from openpyxl.utils import column_index_from_string

    covered: dict[tuple[int, int], tuple[int, int]] = {}
    for left, top, right, bottom in MERGED.findall(sheet):
        columns = range(column_index_from_string(left.decode()) - 1, column_index_from_string(right.decode()))
        rows = range(int(top), int(bottom) + 1)
        if len(columns) * len(rows) + len(covered) > MOST_ROWS * 10:
            raise Unreadable("There are too many merged cells. Unmerge them in a spreadsheet program")
        covered |= {(row, column): (rows[0], columns[0]) for row in rows for column in columns}
    return covered


def spread(row: Row, merged: dict[tuple[int, int], tuple[int, int]], first: dict[tuple[int, int], str]) -> None:
    if not merged:
        return
    places = [(column, merged[row.number, column]) for column in range(MOST_COLUMNS) if (row.number, column) in merged]
    for column, origin in places:
        row.cells += [""] * (column + 1 - len(row.cells))
        if origin == (row.number, column):
            first[origin] = row.cells[column]
        row.cells[column] = first.get(origin, "")


# -- The child process ----------------------------------------------------------------------------


def main(sheet: str = "") -> int:
    """Reads the file from standard input and says what it is, then its rows, each as a line of JSON.

    What cannot be read is told in the last line, and by the exit.
    """
    try:
        book = read(sys.stdin.buffer.read(), sheet)
        tell({"sheets": book.sheets, "sheet": book.sheet, "read_as": book.read_as})
        for row in book.rows:
            tell([row.number, row.cells, row.faults])
    except Unreadable as problem:
        tell({"unreadable": str(problem)})
        return UNREADABLE
    sys.stdout.flush()
    return 0


def tell(line: Any) -> None:
    print(json.dumps(line))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
