"""Which columns of a table say what, by their headings: places, periods and values, or values of a period each."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from collector.intake.import_mapping import letters
from collector.profiles import periods
from collector.profiles.periods import Period

# The headings stand within so many rows: above them are a title, notes and the like.
HEADINGS_WITHIN = 25
# What a heading says, without case, brackets and signs.
HEADINGS = {
    "code": ("code", "gss code", "area code", "council code", "council area code", "local authority code", "la code")
    + ("featurecode", "feature code", "geography code", "reference area", "ca", "ladcd"),
    "area": ("area", "council", "council area", "local authority", "local authority area", "place", "la", "geography")
    + ("area name", "council area name", "local authority name", "council name", "featurename", "ca name", "region"),
    "organisation": ("organisation", "organization", "body", "public body", "organisation name", "name of organisation")
    + ("provider", "charity", "board", "health board"),
    "period": ("period", "year", "date", "time", "time period", "financial year", "school year", "academic year")
    + ("reporting year", "reporting period", "quarter", "month", "datecode", "year ending", "as at"),
    "value": ("value", "obs value", "£", "%"),
}
# A heading that begins so heads values: “Number of children”, “Rate per 1,000”.
OF_VALUES = ("value", "figure", "number", "count", "amount", "total", "percent", "percentage", "rate", "observation")
OF_VALUES += ("result", "budget", "spend", "spending", "expenditure", "average", "median", "mean")
ROLE_OF = {heading: role for role, headings in HEADINGS.items() for heading in headings}
PLACES = ("code", "area", "organisation")


@dataclass(frozen=True)
class Column:
    at: int
    role: str
    heading: str
    period: Period | None = None  # of a column of values

    @property
    def letters(self) -> str:
        return letters(self.at)


class Refused(Exception):
    """Why nothing of the file can be used, and what to do, in words for people."""


def named(cells: Sequence[str]) -> list[Column]:
    """Each heading with what its column is. Where no column is headed as one of values those of periods are."""
    columns = []
    for at, cell in enumerate(cells):
        heading = " ".join(cell.split())
        period = periods.read(heading) if heading else None
        columns.append(Column(at, "wide" if period else role_of(heading), heading, period))
    if any(one.role == "wide" for one in columns) and not any(one.role == "period" for one in columns):
        return [replace(one, role="") if one.role == "value" else one for one in columns]
    return with_values([replace(one, role="", period=None) if one.period else one for one in columns])


def role_of(heading: str) -> str:
    plain = bare(heading)
    return ROLE_OF.get(plain) or ("value" if plain.split()[:1] and plain.split()[0] in OF_VALUES else "")


def with_values(columns: list[Column]) -> list[Column]:
    """Where none is headed as values but one column alone is left beside places and periods it is the one."""
    left = [one for one in columns if one.heading and not one.role]
    if len(left) != 1 or "value" in {one.role for one in columns}:
        return columns
    return [replace(one, role="value") if one is left[0] else one for one in columns]


def bare(heading: str) -> str:
    """Without what stands in brackets, such as the unit."""
    plain = re.sub(r"[(\[].*?[)\]]", " ", heading.casefold().replace("_", " "))
    return " ".join(re.findall(r"[^\W_]+|[£%]", plain))


def is_heading(columns: Sequence[Column]) -> bool:
    roles = {one.role for one in columns}
    return bool(roles & set(PLACES)) and ({"period", "value"} <= roles or "wide" in roles)


def check(columns: Sequence[Column], row: int) -> None:
    for role in (*PLACES, "period", "value"):
        same = [one for one in columns if one.role == role]
        if len(same) > 1:
            told = " and ".join(f"{one.letters} (“{one.heading}”)" for one in same[:3])
            raise Refused(
                f"Columns {told} in row {row} say the same kind of thing. Where a heading is merged over several"
                f" columns write one heading over each, and leave one column of {ROLE_WORDS[role]}"
            )
    wide = [one for one in columns if one.role == "wide"]
    twice = next((one for one in wide if [other.period for other in wide].count(one.period) > 1), None)
    if twice:
        told = " and ".join(one.letters for one in wide if one.period == twice.period)
        raise Refused(
            f"Columns {told} in row {row} are both headed “{twice.heading}”. Where a heading is merged over several"
            " columns leave one column for each period, and import the others as a statistic of their own"
        )


ROLE_WORDS = {
    "code": "codes",
    "area": "areas",
    "organisation": "organisations",
    "period": "periods",
    "value": "values",
    "wide": "values",
}


def said_of(column: Column) -> str:
    if column.period:
        return f"values of {column.period.words}"
    return ROLE_WORDS.get(column.role, "left out")


def no_headings(above: Sequence[Sequence[str]]) -> str:
    told = {role_of(cell) for cells in above for cell in cells}
    needed = []
    if not told & set(PLACES):
        needed.append("Area, Code or Organisation")
    needed += [name for role, name in (("period", "Period"), ("value", "Value")) if role not in told]
    wanted = ", ".join(needed) or "Area (or Organisation), Period and Value in one row"
    return (
        f"No row of headings was found. Head the columns Area (or Code, or Organisation), Period and Value, or head a"
        f" column of values for each period, such as 2023-24. Missing: {wanted}"
    )
