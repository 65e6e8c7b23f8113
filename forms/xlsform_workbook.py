"""The sheets of a form that anybody may have made, as rows of text, with the place of every cell."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forms import workbooks
from forms.definitions import DefinitionError, Place

SHEETS = ("survey", "choices", "settings")
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
    """Every sheet by its name in small letters, empty if a form has none such; DefinitionError if it cannot be read."""

    def reading(found: list[Any]) -> dict[str, Sheet]:
        return {sheet.title.strip().lower(): _sheet(sheet) for sheet in found}

    return workbooks.read(str(path), path.read_bytes(), reading)


def refused(path: Path, message: str) -> DefinitionError:
    return workbooks.refused(str(path), message)


def _sheet(sheet: Any) -> Sheet:
    name = sheet.title.strip().lower()
    lines = list(workbooks.lines(sheet)) if name in SHEETS else []
    header = lines[0][1] if lines else []
    columns = {cell.at: _column(cell.text) for cell in header}
    rows = [
        Row(name, number, {columns[cell.at]: cell.text for cell in line if cell.at in columns})
        for number, line in lines[1:]
    ]
    cells = [
        (Place(number, name, columns.get(cell.at, workbooks.letters(cell.at))), cell)
        for number, line in lines
        for cell in line
    ]
    faults = [(place, cell.fault) for place, cell in cells if cell.fault]
    named = list(columns.values())
    repeated = [column for column in dict.fromkeys(named) if named.count(column) > 1]
    faults += [(Place(1, name, column), "Keep one of the columns of this name") for column in repeated]
    unnamed = tuple(place for place, cell in cells if cell.at not in columns)
    return Sheet(name, tuple(named), tuple(row for row in rows if row.cells), unnamed, tuple(faults))


def _column(text: str) -> str:
    """`List Name` and `list_name` are one column, `label : English (en)` and `label::English (en)` too."""
    name, colon, rest = text.strip().partition(":")
    name = re.sub(r"\s+", "_", name.strip().lower())
    name = ALIASES.get(name, name)
    return f"{name}::{rest.lstrip(':').strip()}" if colon else name
