"""Stretches of time as published figures name them: a year, 2023–24, a quarter, a month, a day."""

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from collector.dates import in_words
from collector.intake.import_rows import day_of

MONTHS = [name.casefold() for name in calendar.month_name]
SHORT_MONTHS = [name[:3] for name in MONTHS]
LONGEST_SPAN = 10  # years: averages over several are published as one
# A year from April, as accounts are made up; the file does not say from which day it counts its years of two numbers.
YEAR_BEGINS = (4, 1)

_YEAR = r"((?:19|20)\d\d)"
_TO = r"\s*(?:-|–|—|/|\bto\b|\band\b)\s*"
YEAR = re.compile(_YEAR)
SPAN = re.compile(_YEAR + _TO + r"((?:19|20)?\d\d)")
QUARTER = re.compile(rf"(?:q(?:uarter)?\s*([1-4])[,\s-]*{_YEAR})|(?:{_YEAR}[,\s-]*q(?:uarter)?\s*([1-4]))")
MONTH = re.compile(rf"([a-z]{{3,9}})\.?[,\s-]*{_YEAR}")
MONTHS_OF_YEAR = re.compile(r"([a-z]{3,9})\.?" + _TO + rf"([a-z]{{3,9}})\.?[,\s]*{_YEAR}")
MONTH_IN_NUMBERS = re.compile(rf"{_YEAR}-(0[1-9]|1[0-2])")


@dataclass(frozen=True, order=True)
class Period:
    """Both days are within it. Sorted by its end, then by its beginning."""

    ends: date
    begins: date

    @property
    def at(self) -> float:
        """Its middle, in days: where it stands on an axis of time."""
        return (self.begins.toordinal() + self.ends.toordinal()) / 2

    @property
    def words(self) -> str:
        return words_of(self)


def read(text: str) -> Period | None:
    """The period that is meant; None where that is not plain.

    2011-12 is a year of two numbers, as published figures have it, and 2011-08 a month.
    """
    plain = " ".join(text.split()).casefold().removeprefix("fy ").removesuffix(".0")
    if found := YEAR.fullmatch(plain):
        return year(int(found[1]))
    if found := SPAN.fullmatch(plain):
        return span(int(found[1]), found[2]) or month_in_numbers(plain)
    if found := QUARTER.fullmatch(plain):
        return quarter(int(found[2] or found[3]), int(found[1] or found[4]))
    if (found := MONTH.fullmatch(plain)) and (number := month_named(found[1])):
        return month(int(found[2]), number)
    if found := MONTHS_OF_YEAR.fullmatch(plain):
        return months(int(found[3]), month_named(found[1]), month_named(found[2]))
    day = day_of(text.strip()) if not plain.isdecimal() or len(plain) == 5 else None
    return Period(day, day) if day else None


def year(number: int) -> Period:
    return Period(date(number, 12, 31), date(number, 1, 1))


def span(first: int, second: str) -> Period | None:
    """From one year into another, or over several; None where the second is no later one."""
    last = int(second) if len(second) == 4 else first - first % 100 + int(second)
    last += 100 if last < first and len(second) == 2 and first % 100 == 99 else 0
    if last == first + 1:
        return Period(date(last, *YEAR_BEGINS) - timedelta(days=1), date(first, *YEAR_BEGINS))
    if first < last <= first + LONGEST_SPAN:
        return Period(date(last, 12, 31), date(first, 1, 1))
    return None


def month_in_numbers(plain: str) -> Period | None:
    found = MONTH_IN_NUMBERS.fullmatch(plain)
    return month(int(found[1]), int(found[2])) if found else None


def quarter(year: int, number: int) -> Period:
    first, last = month(year, number * 3 - 2), month(year, number * 3)
    return Period(last.ends, first.begins)


def months(year: int, first: int | None, last: int | None) -> Period | None:
    if not first or not last or first >= last:
        return None
    return Period(month(year, last).ends, month(year, first).begins)


def month(year: int, number: int) -> Period:
    return Period(date(year, number, calendar.monthrange(year, number)[1]), date(year, number, 1))


def month_named(name: str) -> int | None:
    known = MONTHS if len(name) > 4 else SHORT_MONTHS
    wanted = name if len(name) > 4 else name[:3] if name in {*MONTHS, *SHORT_MONTHS, "sept"} else ""
    return known.index(wanted) if wanted in known[1:] else None


@lru_cache(maxsize=4_096)
def words_of(period: Period) -> str:
    first, last = period.begins, period.ends
    if first == last:
        return in_words(first)
    if (first.month, first.day) == YEAR_BEGINS and (last - first).days in (364, 365):
        return f"{first.year}–{last.year % 100:02}"
    if (first.month, last.month) == (1, 12):
        return str(first.year) if first.year == last.year else f"{first.year} to {last.year}"
    if first.month == last.month:
        return f"{calendar.month_name[first.month]} {first.year}"
    return f"{calendar.month_name[first.month]} to {calendar.month_name[last.month]} {last.year}"


@lru_cache(maxsize=4_096)
def short_words_of(period: Period) -> str:
    """For the foot of a chart, where there is little room."""
    words = words_of(period)
    for name in calendar.month_name[1:]:
        words = words.replace(name, name[:3])
    return words
