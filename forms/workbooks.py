"""Opens a workbook that anybody may have made: the cells of its sheets as text, each with its place and its fault."""

import io
import lzma
import re
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeVar

from forms import cells
from forms.definitions import DefinitionError, DefinitionProblem

LARGEST_UNPACKED = 20_000_000
MOST_MEMBERS = 200
MOST_ROWS = 5_000
MOST_COLUMNS = 300
CONTROL = re.compile("[\x00-\x08\x0b-\x1f]")

Read = TypeVar("Read")


class Cell(NamedTuple):
    """`at` counts columns from 1; `fault` says why its text cannot be taken as it stands."""

    at: int
    text: str
    fault: str


class TooLargeError(Exception):
    pass


def read(file: str, content: bytes, reading: Callable[[list[Any]], Read]) -> Read:
    """What `reading` makes of the worksheets; DefinitionError if the file cannot be read.

    Refused before it is unpacked: what is no zip file, has too many members or unpacks to too much. Refused before it
    is parsed: what declares a document type, which no spreadsheet does. openpyxl reads sheets with Python's own parser,
    which would write out the entities declared there, up to a hundred times the size of the file.
    """
    if fault := _packing_fault(content):
        raise refused(file, fault)
    try:
        return _read(content, reading)
    except DefinitionError:
        raise
    except TooLargeError as error:
        raise refused(file, str(error)) from error
    # openpyxl meets a broken part with whatever error it comes to first.
    except Exception as error:
        raise refused(file, "Open this file in a spreadsheet program and save it again: a part is broken") from error


def refused(file: str, message: str) -> DefinitionError:
    return DefinitionError([DefinitionProblem(file, None, "", message)])


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


def _read(content: bytes, reading: Callable[[list[Any]], Read]) -> Read:
    import openpyxl

    with warnings.catch_warnings():
        # It warns of colours, lists to choose from and the like, which are no part of a form.
        warnings.simplefilter("ignore")
        # With `data_only` a formula would look like the text that it came to last.
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
        try:
            _refuse_rows_out_of_order(content, book.worksheets)
            return reading(book.worksheets)
        finally:
            book.close()


def _refuse_rows_out_of_order(content: bytes, sheets: list[Any]) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        if not all(cells.rows_are_in_order(packed.read(sheet._worksheet_path)) for sheet in sheets):
            raise ValueError("The rows of a sheet are not in their order")


def lines(sheet: Any) -> Iterator[tuple[int, list[Cell]]]:
    """Each row with its number and the cells that hold anything; the first row even where it is empty."""
    # What a sheet says about its size may be wrong; its rows are what there is.
    sheet.reset_dimensions()
    for number, row in enumerate(sheet.iter_rows(), start=1):
        if number > MOST_ROWS:
            raise TooLargeError(f"Delete what is below row {MOST_ROWS:,} of {sheet.title}: a form has no more rows")
        if len(row) > MOST_COLUMNS:
            raise TooLargeError(f"Delete what is right of column {MOST_COLUMNS} of {sheet.title}: a form has no more")
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


def letters(number: int) -> str:
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
