"""Periods of the calendar that people here plan by, and parts of them: days, no words.

Early, mid and late are thirds. The start or end of a month is a week, of anything longer a month. Ten working days are
two weeks.

Sources. Financial year: the government's, 1 April to 31 March. School year: the usual session of Scottish councils, 16
August to 30 June; each council sets its own. Easter: the anonymous Gregorian rule (Meeus, Astronomical Algorithms).
"""

from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta
from typing import NamedTuple

DAY = timedelta(days=1)
LENGTHS = {"month": 1, "quarter": 3, "year": 12, "yr": 12, "decade": 120}


class Period(NamedTuple):
    """Days `first` to `last`. "By" it means by day `by`, "before" it up to `before`, where not the usual day."""

    first: date
    last: date
    by: date | None = None
    before: date | None = None


def one_day(day: date) -> Period:
    return Period(day, day)


def months(year: int, month: int, length: int) -> Period:
    first = later(date(year, 1, 1), month - 1, "month")
    return Period(first, later(first, length, "month") - DAY)


def between(year: int, first: tuple[int, int], last: tuple[int, int]) -> Period:
    return Period(date(year, *first), date(year + (last < first), *last))


def financial_year(year: int) -> Period:
    return months(year, 4, 12)


def school_year(year: int) -> Period:
    return between(year, (8, 16), (6, 30))


def around(day: date, unit: str) -> Period:
    """The calendar's own year, quarter, month or week that holds this day."""
    if unit in {"year", "yr", "decade"}:
        return months(day.year, 1, 12)
    if unit in {"month", "quarter"}:
        return months(day.year, day.month - (day.month - 1) % LENGTHS[unit], LENGTHS[unit])
    monday = day - day.weekday() * DAY
    return Period(monday, monday + 6 * DAY) if unit in {"week", "fortnight"} else one_day(day)


def later(day: date, number: int, unit: str) -> date:
    unit = unit.removeprefix("calendar ")
    if unit not in LENGTHS:
        days = {"week": 7, "fortnight": 14}.get(unit, 1) * number
        return day + (-(-days * 7 // 5) if unit.startswith("working") else days) * DAY
    years, month = divmod(day.month - 1 + number * LENGTHS[unit], 12)
    return date(day.year + years, month + 1, min(day.day, monthrange(day.year + years, month + 1)[1]))


def first_thursday_of_may(year: int) -> date:
    return date(year, 5, 1) + (3 - date(year, 5, 1).weekday()) % 7 * DAY


def easter(year: int) -> date:
    century, of_century, golden = year // 100, year % 100, year % 19
    moon = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    to_sunday = (32 + 2 * (century % 4) + 2 * (of_century // 4) - moon - of_century % 4) % 7
    late = (golden + 11 * moon + 22 * to_sunday) // 451
    month, day = divmod(moon + to_sunday - 7 * late + 114, 31)
    return date(year, month, day + 1)


# Parts of a period.


def piece(number: int, of: int) -> Callable[[Period], Period]:
    """Piece `number` (from 1) of `of` equal ones: of months where they come out even, else of days."""

    def cut(period: Period) -> Period:
        year, month = period.first.year, period.first.month
        length = (period.last.year - year) * 12 + period.last.month - month + 1
        if period[:2] == months(year, month, length)[:2] and length % of == 0:
            return months(year, month + (number - 1) * length // of, length // of)
        days = (period.last - period.first).days + 1
        first, after = (period.first + days * place // of * DAY for place in (number - 1, number))
        return Period(first, max(after - DAY, first))

    return cut


def start(period: Period) -> Period:
    last = later(period.first, 1, "month") - DAY if _is_long(period) else period.first + 6 * DAY
    return Period(period.first, min(last, period.last), by=period.first)


def end(period: Period) -> Period:
    first = period.last.replace(day=1) if _is_long(period) else period.last - 6 * DAY
    return Period(max(first, period.first), period.last, before=period.last)


def _is_long(period: Period) -> bool:
    return (period.last - period.first).days > 31


def first_week(period: Period) -> Period:
    return Period(period.first, period.first + 6 * DAY)


def last_week(period: Period) -> Period:
    return Period(period.last - 6 * DAY, period.last)


def whole(period: Period) -> Period:
    return period
