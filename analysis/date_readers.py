"""What the words of a form come to: the period or the stretch of time that they name, on the day when they are said.

Sources. Seasons: the Met Office's meteorological seasons (winter 2025 is December 2025 to February 2026). A quarter is
of the financial year unless it names a calendar year, and 2021-24 is three financial years, as Plan 21-24 is. School:
three terms; each council sets its own days, so terms and holidays are right to about a week. Parliament: five years
from the first Thursday of May, from 2021 (Scottish Elections (Reform) Act 2020); councils: the same, from 2022. Summer
recess: July and August.
"""

import re
from calendar import monthrange
from collections.abc import Iterable
from datetime import date

from analysis import periods
from analysis.periods import DAY, Period

YEARS_OF_THE_PROMISE = (2021, 2030)
Days = tuple[date | None, date | None]
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "winter": 12}
NAMED_DAYS = {"christmas": (12, 25), "xmas": (12, 25), "hogmanay": (12, 31), "halloween": (10, 31)}
NAMED_DAYS |= {"st andrews day": (11, 30), "midsummer": (6, 24), "midwinter": (12, 21), "year end": (12, 31)}
SUMMER_RECESS = ((7, 1), (8, 31))
HOLIDAYS = {"summer": ((7, 1), (8, 15)), **dict.fromkeys(("october", "autumn"), ((10, 10), (10, 20)))}
HOLIDAYS |= dict.fromkeys(("christmas", "winter", "festive"), ((12, 22), (1, 5)))
HOLIDAYS |= dict.fromkeys(("easter", "spring"), ((4, 1), (4, 16)))
TERMS = {"spring": ((1, 6), (3, 31)), "summer": ((4, 17), (6, 30)), "autumn": ((8, 16), (12, 21))}
ORDERS = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4}
COUNTS = {"one": 1, "1": 1, "two": 2, "2": 2, "three": 3, "3": 3, "four": 4, "4": 4}
NEXT = re.compile("next|new|coming")
SCHOOL = re.compile("school|academic|session")


# Each takes the named words of its form in lower case, and gives None where only `said_on` could tell.


def day_in_figures(found: dict, said_on: date | None) -> Period | None:
    return periods.one_day(date(_full(found["year"]), int(found["number"]), int(found["day"])))


def day_of_month(found: dict, said_on: date | None) -> Period | None:
    month, first, last = _month(found), int(found.get("first_day") or found["day"]), int(found["day"])
    if not 1 <= first <= last <= monthrange(2024, month)[1]:
        raise ValueError("no such day")
    # Without a year, 29 February waits for its own.
    years = [year for year in _years(found, said_on) if found["year"] or last <= monthrange(year, month)[1]]
    return _choose(found, said_on, (Period(date(year, month, first), date(year, month, last)) for year in years))


def month_and_number(found: dict, said_on: date | None) -> Period | None:
    month, number = _month(found), int(found["number"])
    first, last = (said_on.year - 1, said_on.year + 8) if said_on else YEARS_OF_THE_PROMISE
    ends_month = number >= 30 and number == monthrange(2024, month)[1]
    if number > 31 or (first <= 2000 + number <= last and not ends_month):
        return periods.months(2000 + number, month, 1)
    return day_of_month({**found, "day": number, "year": None}, said_on)


def month_of_year(found: dict, said_on: date | None) -> Period | None:
    return _choose(found, said_on, (periods.months(year, _month(found), 1) for year in _years(found, said_on)))


def season(found: dict, said_on: date | None) -> Period | None:
    first, last = SEASONS[found["season"]], SEASONS[found["until"] or found["season"]]
    length = (last - first) % 12 + 3
    if found["closes"]:
        return periods.months(_full(found["opens" if first > 8 else "closes"]), first, length)
    # "Winter/spring 2026" begins in December 2025.
    years = _years(found, said_on)
    return _choose(found, said_on, (periods.months(year - (last < first), first, length) for year in years))


def named_day(found: dict, said_on: date | None) -> Period | None:
    name = re.sub("['’]", "", found["name"])
    name = "year end" if name.startswith("year") else name
    years = _years(found, said_on)
    days = (periods.easter(year) if name == "easter" else date(year, *NAMED_DAYS[name]) for year in years)
    return _choose(found, said_on, map(periods.one_day, days))


def new_year(found: dict, said_on: date | None) -> Period | None:
    years = (periods.months(year, 1, 3)._replace(by=date(year, 1, 1)) for year in _years(found, said_on))
    return _choose({**found, "which": "next"}, said_on, years)


def holidays(found: dict, said_on: date | None) -> Period | None:
    first, last = SUMMER_RECESS if found["kind"] == "recess" else HOLIDAYS[found["name"]]
    return _choose(found, said_on, (periods.between(year, first, last) for year in _years(found, said_on)))


def term(found: dict, said_on: date | None) -> Period | None:
    names = [found["name"]] if found["name"] else list(TERMS)
    terms = (periods.between(year, *TERMS[name]) for year in _years(found, said_on) for name in names)
    return _choose(found, said_on, terms)


def span_of_years(found: dict, said_on: date | None) -> Period | None:
    first, last = _full(found["opens"]), _full(found["closes"])
    is_long, is_named = last > first + 1, "kind" in found or "plan" in found
    if last <= first or (is_long and len(found["opens"]) == 2 and not is_named):
        raise ValueError("two numbers that are no years")
    if is_long and len(found["closes"]) == 4:
        return periods.months(first, 1, 12 * (last - first + 1))
    if SCHOOL.search(found.get("kind") or ""):
        return Period(periods.school_year(first).first, periods.school_year(last - 1).last)
    return periods.months(first, 4, 12 * (last - first))


def kind_of_year(found: dict, said_on: date | None) -> Period | None:
    make = periods.school_year if SCHOOL.search(found["kind"]) else periods.financial_year
    return _choose(found, said_on, map(make, _years(found, said_on)))


def quarter(found: dict, said_on: date | None) -> Period | None:
    quarter = periods.piece({**ORDERS, **COUNTS}[found["order"] or found["number"]], 4)
    return _choose(found, said_on, (quarter(periods.financial_year(year)) for year in _years(found, said_on)))


def unit(found: dict, said_on: date | None) -> Period | None:
    period = said_on and periods.around(said_on, found["unit"])
    is_next = period and NEXT.search(found["which"] or "")
    return periods.around(period.last + DAY, found["unit"]) if is_next else period


def plain_year(found: dict, said_on: date | None) -> Period | None:
    return periods.months(_full(found["plain"] or found["short"]), 1, 12)


def office(found: dict, said_on: date | None) -> Period | None:
    of_councils = found["office"].startswith(("council", "local"))
    years = [year for year in _years(found, said_on) if year % 5 == (2 if of_councils else 1)]
    if "election" in found["office"]:
        days = map(periods.first_thursday_of_may, years)
        return _choose({"which": "next"}, said_on, map(periods.one_day, days))
    terms = ((periods.first_thursday_of_may(year), periods.first_thursday_of_may(year + 5) - DAY) for year in years)
    return _choose(found, said_on, (Period(*days) for days in terms))


def weekday(found: dict, said_on: date | None) -> Period | None:
    if said_on is None:
        return None
    return periods.one_day(said_on + ((WEEKDAYS.index(found["weekday"]) - said_on.weekday() - 1) % 7 + 1) * DAY)


def now(found: dict, said_on: date | None) -> Period | None:
    return said_on and periods.one_day(said_on)


def this_time_next_year(found: dict, said_on: date | None) -> Period | None:
    return said_on and periods.one_day(periods.later(said_on, 1, "year"))


def _choose(found: dict, said_on: date | None, periods: Iterable[Period]) -> Period | None:
    if found.get("year"):
        return next(iter(periods))
    if NEXT.search(found.get("which") or ""):
        return next((period for period in periods if period.first > said_on), None)
    return next((period for period in periods if period.last >= said_on), None)


def _years(found: dict, said_on: date | None) -> Iterable[int]:
    if found.get("year"):
        return [_full(found["year"])]
    return range(said_on.year - 5, said_on.year + 9) if said_on else []


def _full(year: str) -> int:
    number = int(year.lstrip("'’"))
    return number if number >= 100 else 2000 + number


def _month(found: dict) -> int:
    return MONTHS.index(found["month"][:3]) + 1


# Stretches, counted from the day when they are said.


def within(said_on: date, number: int, unit: str) -> Days:
    return said_on, periods.later(said_on, number, unit)


def inside(said_on: date, number: int, unit: str) -> Days:
    # Apart from `within`, which goes on meaning the same before "of": "over the next year of the programme".
    return within(said_on, number, unit)


def in_time(said_on: date, number: int, unit: str) -> Days:
    return periods.around(periods.later(said_on, number, unit), unit)[:2]


def in_several(said_on: date, number: int, unit: str) -> Days | None:
    # "Four moves in a year" is a rate.
    return within(said_on, number, unit) if number > 1 else None
