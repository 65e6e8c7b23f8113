"""Rows of a spreadsheet as figures: which place and period each row means, and all that was not understood with its row
and column."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from collector.intake.import_mapping import meaning_of
from collector.organisations import names
from collector.organisations.names import Names
from collector.profiles import periods, statistic_columns, values
from collector.profiles.periods import Period
from collector.profiles.statistic_columns import Column, Refused
from collector.profiles.values import NotUnderstood, Value
from forms.areas import SCOTLAND, areas

MOST_FIGURES = 50_000
# So many of what was not understood are told; the rest are counted.
PROBLEMS_TOLD = 100
FIRST_ROWS, FIRST_COLUMNS, FIRST_CHARACTERS = 8, 8, 60

# Codes of areas before small changes of their borders, from the Scottish Government's Register of Geographic Codes;
# those in use stand in forms/areas.yaml.
OLDER_CODES = {
    "S12000009": "east-dunbartonshire",
    "S12000015": "fife",
    "S12000024": "perth-and-kinross",
    "S12000043": "glasgow-city",
    "S12000044": "north-lanarkshire",
    "S12000046": "glasgow-city",
}
CODES = OLDER_CODES | {area.code: area.id for area in (*areas(), SCOTLAND)}
# As tables of others call some of them.
OTHER_NAMES = {
    "eilean siar": "na-h-eileanan-siar",
    "comhairle nan eilean siar": "na-h-eileanan-siar",
    "western isles": "na-h-eileanan-siar",
    "orkney": "orkney-islands",
    "shetland": "shetland-islands",
    "the scottish borders": "scottish-borders",
    "borders": "scottish-borders",
    "edinburgh city": "city-of-edinburgh",
    "scotland total": "scotland",
    "scotland total all areas": "scotland",
    "all scotland": "scotland",
    "total scotland": "scotland",
}
OF_SCOTLAND = re.compile(r"S\d{8}")


@dataclass
class Problem:
    """`row` 0 is about the file as a whole."""

    row: int
    column: str
    said: str
    message: str


@dataclass(frozen=True)
class Figure:
    row: int
    place: str
    area: str | None
    organisation_id: int | None
    named: str
    period: Period
    value: Value


@dataclass
class Read:
    """What is in a file. Where `refused` says why it is of no use there are no figures."""

    figures: list[Figure] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    problem_rows: int = 0
    notes: list[str] = field(default_factory=list)
    columns: list[dict[str, str]] = field(default_factory=list)
    first: list[Any] = field(default_factory=list)
    rows: int = 0
    decimals: int = 0
    refused: str = ""

    def told(self) -> dict[str, Any]:
        """What the page that shows the reading tells, as JSON has it."""
        reasons = Counter(one.value.missing for one in self.figures if one.value.missing)
        ends = sorted({one.period for one in self.figures})
        return {
            "rows": self.rows,
            "figures": len(self.figures),
            "missing": reasons.most_common(),
            "areas": sorted({one.area for one in self.figures if one.area}),
            "organisations": len({one.organisation_id for one in self.figures if one.organisation_id}),
            "periods": [one.words for one in ends],
            "problems": [asdict(one) for one in self.problems[:PROBLEMS_TOLD]],
            "problem_count": len(self.problems),
            "problem_rows": self.problem_rows,
            "notes": self.notes,
            "columns": self.columns,
            "first": self.first,
        }


def read(rows: Iterable[tuple[int, Sequence[str], dict[str, str]]], unit: str, known: Names) -> Read:
    """Figures of rows (number, cells, faults by the column's place), as the reader of spreadsheets tells them."""
    found, rest = Read(), iter(rows)
    try:
        columns = columns_of(rest, found)
        found.columns = [
            {"column": one.letters, "heading": one.heading, "role": statistic_columns.said_of(one)} for one in columns
        ]
        reading = _Rows(columns, unit, known, found)
        for number, cells, faults in rest:
            reading.take(number, cells, faults)
        reading.end()
    except Refused as problem:
        return Read(refused=str(problem), first=found.first)
    return found


def columns_of(rows: Iterable[Any], found: Read) -> list[Column]:
    """What the columns are; what is left of the rows are those below the headings."""
    above = []
    for number, cells, _ in rows:
        columns = statistic_columns.named(cells)
        if statistic_columns.is_heading(columns):
            found.first = [[number, shortened(cells)]]
            statistic_columns.check(columns, number)
            return columns
        found.first = [*found.first, [number, shortened(cells)]][:FIRST_ROWS]
        above.append(cells)
        if len(above) == statistic_columns.HEADINGS_WITHIN:
            break
    raise Refused(statistic_columns.no_headings(above))


def shortened(cells: Sequence[str]) -> list[str]:
    return [cell[:FIRST_CHARACTERS] for cell in cells[:FIRST_COLUMNS]]


# -- Rows ---------------------------------------------------------------------------------------------


class _Rows:
    def __init__(self, columns: Sequence[Column], unit: str, known: Names, found: Read) -> None:
        self.by_role = {one.role: one for one in columns if one.role}
        self.wide = [one for one in columns if one.role == "wide"]
        self.unused = [one for one in columns if not one.role and one.heading]
        self.unit, self.known, self.found = unit, known, found
        self.organisations: dict[str, int | str] = {}
        self.at: dict[tuple[str, Period], Figure] = {}
        self.clashing: dict[tuple[str, Period], list[Figure]] = {}
        self.remarks: list[int] = []  # rows

    def take(self, number: int, cells: Sequence[str], faults: dict[str, str]) -> None:
        if not any(cell.strip() for cell in cells) and not faults:
            return
        if len(self.found.first) < FIRST_ROWS:
            self.found.first.append([number, shortened(cells)])
        if self.is_note(cells):
            self.remarks.append(number)
            return
        self.found.rows += 1
        before = len(self.found.problems)
        place = self.place(number, cells, faults)
        if place:
            for column, period in self.told_periods(number, cells, faults):
                self.take_value(number, place, period, column, cells, faults)
        self.found.problem_rows += len(self.found.problems) > before

    def is_note(self, cells: Sequence[str]) -> bool:
        """A line of words under a table: one cell, and no place."""
        filled = [cell for cell in cells if cell.strip()]
        return len(filled) == 1 and " " in filled[0].strip() and not area_of(" ".join(filled[0].split()))

    def told_periods(
        self, number: int, cells: Sequence[str], faults: dict[str, str]
    ) -> Iterable[tuple[Column, Period]]:
        if self.wide:
            return [(one, one.period) for one in self.wide]
        column = self.by_role["period"]
        text = self.cell(number, column, cells, faults)
        if text is None:
            return []
        period = periods.read(text)
        if period is None:
            message = "is no period. Write 2023, 2023-24, Q1 2024, March 2024 or 31 March 2024"
            self.problem(number, column, text, message if text.strip() else f"is empty. {message[14:]}")
            return []
        return [(self.by_role["value"], period)]

    def take_value(
        self, number: int, place: tuple, period: Period, column: Column, cells: Sequence[str], faults: dict[str, str]
    ) -> None:
        text = self.cell(number, column, cells, faults)
        if text is None:
            return
        try:
            figure = Figure(number, *place, period, values.read(text, self.unit))
        except NotUnderstood as problem:
            self.problem(number, column, text, str(problem))
            return
        key = (figure.place, period)
        held = self.at.setdefault(key, figure)
        if not held.value.is_as(figure.value):
            self.clashing.setdefault(key, [held]).append(figure)
        if len(self.at) > MOST_FIGURES:
            raise Refused(f"There are more than {MOST_FIGURES:,} figures. Cut the file into several statistics")

    def cell(self, number: int, column: Column, cells: Sequence[str], faults: dict[str, str]) -> str | None:
        """The text; None where the cell could not be taken, which is told."""
        if fault := faults.get(str(column.at)):
            self.problem(number, column, "", fault)
            return None
        return cells[column.at] if column.at < len(cells) else ""

    def problem(self, number: int, column: Column, said: str, message: str) -> None:
        self.found.problems.append(Problem(number, column.letters, said[:FIRST_CHARACTERS], message))

    # -- Which place a row is about ---------------------------------------------------------------------

    def place(self, number: int, cells: Sequence[str], faults: dict[str, str]) -> tuple | None:
        """Place, area, organisation and the name as written. An organisation that is named counts for more than the
        area that it works in, and a code for more than a name."""
        last = None
        for role in ("organisation", "code", "area"):
            column = self.by_role.get(role)
            text = self.cell(number, column, cells, faults) if column else ""
            if text is None:
                return None
            if text.strip():
                return self.place_named(number, column, " ".join(text.split()))
            last = column or last
        self.problem(number, last, "", "is empty. Write which area or organisation the row is about")
        return None

    def place_named(self, number: int, column: Column, text: str) -> tuple | None:
        area = area_of(text)
        if area and (column.role != "organisation" or area == "scotland"):
            return area, area, None, text
        if column.role == "organisation":
            found = self.organisations.setdefault(text, organisation_of(text, self.known))
            if isinstance(found, int):
                return f"organisation {found}", None, found, text
            self.problem(number, column, text, found)
        else:
            self.problem(number, column, text, unknown_area(text))
        return None

    # -- At the end -------------------------------------------------------------------------------------

    def end(self) -> None:
        for key, clashing in self.clashing.items():
            del self.at[key]
            self.found.problem_rows += len({one.row for one in clashing})
            rows = ", ".join(str(one.row) for one in clashing[:5])
            column = self.wide[0] if self.wide else self.by_role["value"]
            self.problem(clashing[1].row, column, clashing[1].named, self.clash(key[1], rows))
        self.found.figures = list(self.at.values())
        self.found.decimals = max((one.value.decimals for one in self.found.figures), default=0)
        self.found.notes += self.notes()
        if not self.found.rows:
            raise Refused("There are no rows below the headings. Choose another sheet or another file")

    def clash(self, period: Period, rows: str) -> str:
        told = f"has several values for {period.words} (rows {rows}). None of them is kept"
        if self.unused:
            names = " or ".join(f"{one.letters} “{one.heading}”" for one in self.unused[:2])
            return f"{told}. If column {names} parts them, import a file with one value for each place and period"
        return f"{told}. Leave one value for each place and period"

    def notes(self) -> list[str]:
        numbers = [one.value.number for one in self.found.figures if one.value.number is not None]
        told = []
        if self.unit == "percent" and numbers and max(numbers) <= 1 and any(numbers):
            told.append(
                "All values are between 0 and 1, and the unit is percent. If 0.45 means 45%, change the unit to percent"
                " in the file as shares: they are kept as they are written now"
            )
        if self.unused:
            names = ", ".join(f"{one.letters} “{one.heading}”" for one in self.unused[:8])
            told.append(f"Columns that are left out: {names}")
        if self.remarks:
            rows = ", ".join(map(str, self.remarks[:8]))
            told.append(f"Rows with words in one cell alone are taken for notes and left out: {rows}")
        return told


def area_of(text: str) -> str:
    """The id of the area that a name or a code means; empty where it means none."""
    if text.upper() in CODES:
        return CODES[text.upper()]
    name, _, first = text.partition(",")
    turned = f"{first.strip()} {name.strip()}" if first else text  # "Edinburgh, City of"
    plain = re.sub(r"[\W_]+", " ", text.casefold().replace("&", " and ")).strip()
    return OTHER_NAMES.get(plain) or meaning_of("area", text) or meaning_of("area", turned)


def organisation_of(text: str, known: Names) -> int | str:
    """The organisation that a name means, or why it means none."""
    found = names.meant(known, text)
    if found.organisation_id is not None:
        return found.organisation_id
    if found.candidates:
        like = " or ".join(f"“{one.name}”" for one in found.candidates[:3])
        return f"is not in the directory under this name. If it is {like}, write that name"
    return "is not in the directory. Organisations are added to it when they are invited or answer"


def unknown_area(text: str) -> str:
    if OF_SCOTLAND.fullmatch(text.upper()):
        return "is a code, but not of one of the 32 council areas or of Scotland. Figures of other areas are left out"
    return "is not one of the 32 council areas, nor Scotland. Write its name or its code, such as S12000033"
