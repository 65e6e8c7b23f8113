"""Opens a workbook that anybody may have made: its sheets as rows of text, with the place of every cell."""

import io
import lzma
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from forms import cells
from forms.definitions import DefinitionError, DefinitionProblem, Place

SHEETS = ("survey", "choices", "settings")
LARGEST_UNPACKED = 20_000_000
MOST_MEMBERS = 200
MOST_ROWS = 5_000
MOST_COLUMNS = 300
CONTROL = re.compile("[\x00-\x08\x0b-\x1f]")
# What other tools call columns of the standard.
ALIASES = {"id_string": "form_id", "relevance": "relevant", "list": "list_name"}


@dataclass(frozen=True)
class Row:
    """The cells of one row that hold anything, by the name of their column."""

    sheet: str
    number: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        """The text as it was written; nothing where the cell is empty."""
        return self.cells.get(column, "")

    def word(self, column: str) -> str:
        return self[column].strip()

    def place(self, column: str = "") -> Place:
        return Place(self.number, self.sheet, column)


@dataclass(frozen=True)
class Sheet:
    """`unnamed` are the cells that hold something and stand under no name of a column."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    unnamed: tuple[Place, ...]
    faults: tuple[tuple[Place, str], ...]


def sheets(path: Path) -> dict[str, Sheet]:
    """Every sheet by its name in small letters, empty if a form has none such; DefinitionError if it cannot be read.

    Refused before it is unpacked: what is no zip file, has too many members or unpacks to too much. Refused before it
    is parsed: what declares a document type, which no spreadsheet does. openpyxl reads sheets with Python's own parser,
    which would write out the entities declared there, up to a hundred times the size of the file.
    """
    content = path.read_bytes()
    if fault := _packing_fault(content):
        raise refused(path, fault)
    try:
        return _read(content)
    except _TooLargeError as error:
        raise refused(path, str(error)) from error
    # openpyxl meets a broken part with whatever error it comes to first.
    except Exception as error:
        raise refused(path, "Open this file in a spreadsheet program and save it again: a part is broken") from error


def refused(path: Path, message: str) -> DefinitionError:
    return DefinitionError([DefinitionProblem(str(path), None, "", message)])


class _TooLargeError(Exception):
    pass


# What the library raises at a file that is no zip file, cut short, damaged inside, encrypted or packed in another way.
_UNOPENED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError, RuntimeError)


def _packing_fault(content: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            members = packed.infolist()
            if len(members) > MOST_MEMBERS or sum(member.file_size for member in members) > LARGEST_UNPACKED:
                return "This file unpacks to more than a form can hold, and was not opened"
            # A member in UTF-16 has a zero in every character.
            declared = any(b"<!DOCTYPE" in packed.read(member).replace(b"\0", b"") for member in members)
    except _UNOPENED:
        return "Save this file as an Excel workbook (.xlsx): it is none, or it is damaged or locked with a password"
    return "Remove the document type from this file: no spreadsheet has one, and it was not read" if declared else ""


def _read(content: bytes) -> dict[str, Sheet]:
    import openpyxl

    with warnings.catch_warnings():
        # It warns of colours, lists to choose from and the like, which are no part of a form.
        warnings.simplefilter("ignore")
        # With `data_only` a formula would look like the text that it came to last.
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
        try:
            return {sheet.title.strip().lower(): _sheet(sheet) for sheet in book.worksheets}
        finally:
            book.close()


def _sheet(sheet: Any) -> Sheet:
    name = sheet.title.strip().lower()
    lines = list(_lines(sheet)) if name in SHEETS else []
    header = lines[0][1] if lines else []
    columns = {cell.at: _column(cell.text) for cell in header}
    rows = [
        Row(name, number, {columns[cell.at]: cell.text for cell in line if cell.at in columns})
        for number, line in lines[1:]
    ]
    cells = [
        (Place(number, name, columns.get(cell.at, _letters(cell.at))), cell) for number, line in lines for cell in line
    ]
    faults = [(place, cell.fault) for place, cell in cells if cell.fault]
    named = list(columns.values())
    repeated = [column for column in dict.fromkeys(named) if named.count(column) > 1]
    faults += [(Place(1, name, column), "Keep one of the columns of this name") for column in repeated]
    unnamed = tuple(place for place, cell in cells if cell.at not in columns)
    return Sheet(name, tuple(named), tuple(row for row in rows if row.cells), unnamed, tuple(faults))


class Cell(NamedTuple):
    at: int
    text: str
    fault: str


def _lines(sheet: Any) -> Iterator[tuple[int, list[Cell]]]:
    """Each row with its number and the cells that hold anything; the first row even where it is empty."""
    # What a sheet says about its size may be wrong; its rows are what there is.
    sheet.reset_dimensions()
    for number, row in enumerate(sheet.iter_rows(), start=1):
        if number > MOST_ROWS:
            raise _TooLargeError(f"Delete what is below row {MOST_ROWS:,} of {sheet.title}: a form has no more rows")
        if len(row) > MOST_COLUMNS:
            raise _TooLargeError(f"Delete what is right of column {MOST_COLUMNS} of {sheet.title}: a form has no more")
        line = [Cell(at, _text(cell.value), _fault(cell)) for at, cell in enumerate(row, start=1)]
        held = [cell for cell in line if cell.text.strip()]
        if held or number == 1:
            yield number, held


def _fault(cell: Any) -> str:
    if cell.data_type == "f":
        return "Write the text itself here: this is a formula"
    return "Write the text itself here: the spreadsheet shows an error" if cell.data_type == "e" else ""


def _text(value: Any) -> str:
    text = cells.text_of(value).replace("\r\n", "\n").replace("\r", "\n")
    return CONTROL.sub(" ", text)  # such as word processors leave in what is pasted


def _column(text: str) -> str:
    """`List Name` and `list_name` are one column, `label : English (en)` and `label::English (en)` too."""
    name, colon, rest = text.strip().partition(":")
    name = re.sub(r"\s+", "_", name.strip().lower())
    name = ALIASES.get(name, name)
    return f"{name}::{rest.lstrip(':').strip()}" if colon else name


def _letters(number: int) -> str:
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
