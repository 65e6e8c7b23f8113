"""Finds the phrases of a commitment that say when, and the days that each allows: a grammar, no model.

A phrase is [lead] [part] period, as in "by | the end of | March 2026", or a range of two periods; or a stretch counted
from the day it was said ("within 18 months"); or words about time that fix nothing ("in due course").

Conventions. A phrase stands for the days on which the thing may fall due, first and last included.
- "In X" is X itself. "By X", "until X" and "X at the latest" run from `said_on` to the last day of X, "before X" to the
  day before X; they are open at the start where `said_on` is unknown or later. "From X" and "after X" have no end.
- Without a year, X is the first that has not ended on `said_on`; "next X" is the first that begins after it.
- Early, mid and late are thirds. The start or end of a month is a week, of anything longer a month; "by the start of X"
  is by its first day. "In the new year" is January to March, "by the new year" by 1 January.
- A number of two digits after a month is a year if above 31, or from one year before `said_on` to eight after it (from
  2021 to 2030, the years of the promise, if unknown). Otherwise it is a day; so is 30 or 31 where it ends the month.
- "In the next N", "within N" and "in N" run from `said_on`; "in two years' time" is the calendar year that holds that
  day (or month, or week). Ten working days are two weeks. "Within N of" something else fixes nothing.

Sources. Seasons: the Met Office's meteorological seasons (winter 2025 is December 2025 to February 2026). Financial
year: the government's, 1 April to 31 March; a quarter is of the financial year unless it names a calendar year, and
2021-24 is three financial years, as Plan 21-24 is. School: the usual session of Scottish councils, 16 August to 30 June
in three terms; each council sets its own days, so terms and holidays are right to about a week. Easter: the anonymous
Gregorian rule (Meeus, Astronomical Algorithms). Parliament: five years from the first Thursday of May, from 2021
(Scottish Elections (Reform) Act 2020); councils: the same, from 2022. Summer recess: July and August.
"""

import re
from calendar import monthrange
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

DAY = timedelta(days=1)
YEARS_OF_THE_PROMISE = (2021, 2030)
Days = tuple[date | None, date | None]
NOTHING_FIXED: Days = (None, None)


@dataclass(frozen=True, slots=True)
class When:
    """Words that say when, and the days they allow: an open side is None, both are where the words fix nothing."""

    start: int
    end: int
    text: str
    from_: date | None = None
    to: date | None = None


class Period(NamedTuple):
    """Days `first` to `last`. "By" it means by day `by`, "before" it up to `before`, where not the usual day."""

    first: date
    last: date
    by: date | None = None
    before: date | None = None


def read(text: str, said_on: date | None) -> list[When]:
    """Every phrase that says when, in order and apart; offsets count code points.

    Takes time in proportion to the text, and raises nothing. A day that no calendar has is no phrase.
    """
    found = (_when(match, said_on) for match in PHRASE.finditer(text))
    return [when for when in found if when]


def _when(match: re.Match, said_on: date | None) -> When | None:
    try:
        days = PHRASES[match.lastgroup](match, said_on)
    except (ValueError, OverflowError):
        return None
    return When(match.start(), match.end(), match[0], *days) if days else None


# The words. In the patterns of this module a space stands for any short gap.

MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
CLEAR_MONTH = "january|february|feb|july|jul|august|aug|september|sept|sep|october|oct|november|nov|december|dec"
# Names of people, and verbs, are months only beside another word of time.
ANY_MONTH = f"{CLEAR_MONTH}|jan|march|mar|april|apr|may|june|jun"
MONTH = rf"(?P<month>{ANY_MONTH})(?:\.(?= ?\d))?"
WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
ON_WEEKDAY = "(?:(?:mon|tue|tues|wed|wednes|thu|thurs|fri|sat|satur|sun)(?:day)?,? )?"
# What people here count: "in May 21 children moved" names no year.
COUNTED = (
    r"(?:child|young|people|person|famil|staff|carer|parent|of\b|care\b|foster|kid|brother|sister|sibling|post|place|bed"
    r"|home|house|new\b|more\b|per\b|social|practitioner|worker|member|adult|boy|girl|pupil|student|school|council|partner"
    r"|area|organisation|group|session|meeting|visit|week|month|day|year|yr|hour|hr|min|mile|out\b|other|different"
    r"|resident|respondent|flat|review|babies|bairn|referral|time|were\b|had\b)"
)
NOT_COUNTED = rf"(?![\d%]|[.,:/–-]\d|(?:-| ){COUNTED})"
YEAR = rf"(?P<year>20\d\d(?!\d)|['’]?[1-4]\d{NOT_COUNTED})"
OF_YEAR = rf"(?:(?: of | |-|, ?(?=20)){YEAR})"
YEARS = (
    r"(?P<opens>20\d\d|[1-4]\d) ?[-–/] ?(?P<closes>20\d\d|[1-4]\d)"
    r"(?![-–/.]?\d| ?%|(?: |-)(?:young|child|people|day|week|month|hour|of\b|(?:years?|yrs?) old))"
)
WHICH = "(?:(?P<which>(?:(?:the|this|our) )?(?:next|new|coming|current)|the|this|our|its) )?"
MEETING = " (?:meeting|board|committee|sitting|cycle|round|intake|survey|review|session|in-service|council|return)"
SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "winter": 12}
NAMED_DAYS = {"christmas": (12, 25), "xmas": (12, 25), "hogmanay": (12, 31), "halloween": (10, 31)}
NAMED_DAYS |= {"st andrews day": (11, 30), "midsummer": (6, 24), "midwinter": (12, 21), "year end": (12, 31)}
NAMED_DAY = (
    r"easter|christmas|xmas|hogmanay|hallowe['’]?en|st andrew['’]?s day|midsummer|midwinter|year(?:['’]s)?(?:-| )end"
)
SUMMER_RECESS = ((7, 1), (8, 31))
HOLIDAYS = {"summer": ((7, 1), (8, 15)), **dict.fromkeys(("october", "autumn"), ((10, 10), (10, 20)))}
HOLIDAYS |= dict.fromkeys(("christmas", "winter", "festive"), ((12, 22), (1, 5)))
HOLIDAYS |= dict.fromkeys(("easter", "spring"), ((4, 1), (4, 16)))
TERMS = {"spring": ((1, 6), (3, 31)), "summer": ((4, 17), (6, 30)), "autumn": ((8, 16), (12, 21))}
KIND_OF_YEAR = (
    r"(?:fy|f/y|(?:financial|fiscal|tax|budget|business|fin\.?|school|academic) year|(?:school |academic )?session)"
)
ORDERS = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4}
COUNTS = {"one": 1, "1": 1, "two": 2, "2": 2, "three": 3, "3": 3, "four": 4, "4": 4}
SMALL = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
NUMBERS = {word: number for number, word in enumerate([*SMALL.split(), "eighteen", "nineteen"], start=1)}
TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "ninety": 90}
NUMBERS |= {f"{ten} {one}": value + NUMBERS[one] for ten, value in TENS.items() for one in SMALL.split()[:9]}
NUMBERS |= {"a": 1, "an": 1, "couple of": 2, "a couple of": 2, "hundred": 100, "a hundred": 100, **TENS}
NUMBER = "|".join(["[0-9]{1,3}", *sorted(NUMBERS, key=len, reverse=True)]).replace(" ", "(?:-| )")
AMOUNT = f"(?:[0-9]{{1,3}} ?[-–] ?|(?:{NUMBER}) (?:to|or) )?(?P<number>{NUMBER})"
UNIT = "(?P<unit>(?:working |calendar )?(?:day|week|fortnight|month|quarter|year|yr|decade))(?P<plural>s?)"
LENGTHS = {"month": 1, "quarter": 3, "year": 12, "yr": 12, "decade": 120}
POINTED = re.compile(r"\b(?:this|next|new|coming|current|now|today)\b")
NEXT = re.compile("next|new|coming")
SCHOOL = re.compile("school|academic|session")


# A lead, a part, a period.


def _dated(match: re.Match, said_on: date | None) -> Days | None:
    if not _stands(match):
        return None
    kind, is_range = _kind_of(match), bool(match["second"])
    is_ahead = kind == "before" and not match["parts"]
    period = _range(match, said_on) if is_range else _span(match["parts"], match["first"], said_on, is_ahead=is_ahead)
    return _due(kind, period, said_on, is_range=is_range) if period else NOTHING_FIXED


def _stands(match: re.Match) -> bool:
    """Whether the words are meant as a time: "summer", "2025" or "may" are, by themselves, seldom so."""
    form, found = _form_of(FORMS, match["first"])
    lead = next((match[kind].lower() for kind in LEADS if match[kind]), match["latest"] or match["onwards"] or "")
    if found.get("meeting"):
        return bool(lead) and BEFORE_MEETING.match(match.string, match.end()) is not None
    if lead == "between" and not (match["second"] or found.get("first_day")):
        return False
    if lead == "to" and form.read is not _year:
        lead = ""
    if VERB.search(match["first"]) and not found.get("year") and form.read in {_day_of_month, _month_of_year}:
        return bool(lead or match["parts"]) and not AFTER_VERB.match(match.string, match.end())
    if form.leads is None or match["parts"] or POINTED.search(found.get("which") or ""):
        return True
    if found.get("year") or (found.get("closes") and form.read is _season):
        return True
    return lead in form.leads or (form.leads is ANY_LEAD and bool(match["second"] or lead or _is_alone(match)))


def _is_alone(match: re.Match) -> bool:
    before = match.string[max(match.start() - 2, 0) : match.start()].rstrip(" ")
    return before[-1:] in {*"([:;,–—•-*\n", ""} and CLAUSE_ENDS.match(match.string, match.end()) is not None


def _kind_of(match: re.Match) -> str:
    if match["latest"] or match["onwards"]:
        return "by" if match["latest"] else "from"
    return next((kind for kind in LEADS if match[kind]), "at")


def _due(kind: str, period: Period, said_on: date | None, *, is_range: bool) -> Days:
    if kind == "from":
        return period.first, period.last if is_range else None
    if kind == "after":
        return period.last + DAY, None
    if kind not in {"by", "before"}:
        return period.first, period.last
    last = (period.by or period.last) if kind == "by" else (period.before or period.first - DAY)
    return said_on if said_on and said_on <= last else None, last


def _range(match: re.Match, said_on: date | None) -> Period | None:
    one, two = (match["parts"], match["first"]), (match["second_parts"], match["second"])
    first, last = _span(*one, said_on), _span(*two, None)
    if last and not _span(*one, None) and not POINTED.search(match["first"].lower()):
        # A year said once counts for both: the first is the last of its name that begins before the second.
        first = _span(*one, _later(last.first, -11, "month").replace(day=1))
    last = last or (first and _span(*two, first.first))
    if first and last and last.last < first.first:
        raise ValueError("a range that runs backwards")
    return Period(first.first, last.last) if first and last else None


def _span(parts: str, words: str, said_on: date | None, *, is_ahead: bool = False) -> Period | None:
    form, found = _form_of(FORMS, words)
    cuts = [_form_of(PARTS, part)[0].read for part in PART.findall(parts)]
    # What something comes before, or the start of what it is for, has not begun yet.
    if (is_ahead or _start in cuts) and not re.search("this|current", found.get("which") or ""):
        found["which"] = "next"
    period = form.read(found, said_on)
    for cut in reversed(cuts if period else []):
        period = cut(period)
    return period


# Parts of a period.


def _piece(number: int, of: int) -> Callable[[Period], Period]:
    """Piece `number` (from 1) of `of` equal ones: of months where they come out even, else of days."""

    def piece(period: Period) -> Period:
        months = (period.last.year - period.first.year) * 12 + period.last.month - period.first.month + 1
        if period[:2] == _months(period.first.year, period.first.month, months)[:2] and months % of == 0:
            return _months(period.first.year, period.first.month + (number - 1) * months // of, months // of)
        days = (period.last - period.first).days + 1
        first, after = (period.first + days * place // of * DAY for place in (number - 1, number))
        return Period(first, max(after - DAY, first))

    return piece


def _start(period: Period) -> Period:
    last = _later(period.first, 1, "month") - DAY if _is_long(period) else period.first + 6 * DAY
    return Period(period.first, min(last, period.last), by=period.first)


def _end(period: Period) -> Period:
    first = period.last.replace(day=1) if _is_long(period) else period.last - 6 * DAY
    return Period(max(first, period.first), period.last, before=period.last)


def _is_long(period: Period) -> bool:
    return (period.last - period.first).days > 31


def _first_week(period: Period) -> Period:
    return Period(period.first, period.first + 6 * DAY)


def _last_week(period: Period) -> Period:
    return Period(period.last - 6 * DAY, period.last)


def _whole(period: Period) -> Period:
    return period


# Periods. Each takes the named words of its form in lower case, and gives None where only `said_on` could tell.


def _day_in_figures(found: dict, said_on: date | None) -> Period | None:
    return _one_day(date(_full(found["year"]), int(found["number"]), int(found["day"])))


def _day_of_month(found: dict, said_on: date | None) -> Period | None:
    month, first, last = _month(found), int(found.get("first_day") or found["day"]), int(found["day"])
    if not 1 <= first <= last <= monthrange(2024, month)[1]:
        raise ValueError("no such day")
    # Without a year, 29 February waits for its own.
    years = [year for year in _years(found, said_on) if found["year"] or last <= monthrange(year, month)[1]]
    return _choose(found, said_on, (Period(date(year, month, first), date(year, month, last)) for year in years))


def _month_and_number(found: dict, said_on: date | None) -> Period | None:
    month, number = _month(found), int(found["number"])
    first, last = (said_on.year - 1, said_on.year + 8) if said_on else YEARS_OF_THE_PROMISE
    ends_month = number >= 30 and number == monthrange(2024, month)[1]
    if number > 31 or (first <= 2000 + number <= last and not ends_month):
        return _months(2000 + number, month, 1)
    return _day_of_month({**found, "day": number, "year": None}, said_on)


def _month_of_year(found: dict, said_on: date | None) -> Period | None:
    return _choose(found, said_on, (_months(year, _month(found), 1) for year in _years(found, said_on)))


def _season(found: dict, said_on: date | None) -> Period | None:
    first, last = SEASONS[found["season"]], SEASONS[found["until"] or found["season"]]
    length = (last - first) % 12 + 3
    if found["closes"]:
        return _months(_full(found["opens" if first > 8 else "closes"]), first, length)
    # "Winter/spring 2026" begins in December 2025.
    return _choose(found, said_on, (_months(year - (last < first), first, length) for year in _years(found, said_on)))


def _named_day(found: dict, said_on: date | None) -> Period | None:
    name = re.sub("['’]", "", found["name"])
    name = "year end" if name.startswith("year") else name
    days = (_easter(year) if name == "easter" else date(year, *NAMED_DAYS[name]) for year in _years(found, said_on))
    return _choose(found, said_on, map(_one_day, days))


def _new_year(found: dict, said_on: date | None) -> Period | None:
    years = (_months(year, 1, 3)._replace(by=date(year, 1, 1)) for year in _years(found, said_on))
    return _choose({**found, "which": "next"}, said_on, years)


def _holidays(found: dict, said_on: date | None) -> Period | None:
    first, last = SUMMER_RECESS if found["kind"] == "recess" else HOLIDAYS[found["name"]]
    return _choose(found, said_on, (_between(year, first, last) for year in _years(found, said_on)))


def _term(found: dict, said_on: date | None) -> Period | None:
    names = [found["name"]] if found["name"] else list(TERMS)
    terms = (_between(year, *TERMS[name]) for year in _years(found, said_on) for name in names)
    return _choose(found, said_on, terms)


def _span_of_years(found: dict, said_on: date | None) -> Period | None:
    first, last = _full(found["opens"]), _full(found["closes"])
    is_long, is_named = last > first + 1, "kind" in found or "plan" in found
    if last <= first or (is_long and len(found["opens"]) == 2 and not is_named):
        raise ValueError("two numbers that are no years")
    if is_long and len(found["closes"]) == 4:
        return _months(first, 1, 12 * (last - first + 1))
    if SCHOOL.search(found.get("kind") or ""):
        return Period(_school_year(first).first, _school_year(last - 1).last)
    return _months(first, 4, 12 * (last - first))


def _kind_of_year(found: dict, said_on: date | None) -> Period | None:
    make = _school_year if SCHOOL.search(found["kind"]) else _financial_year
    return _choose(found, said_on, map(make, _years(found, said_on)))


def _quarter(found: dict, said_on: date | None) -> Period | None:
    quarter = _piece({**ORDERS, **COUNTS}[found["order"] or found["number"]], 4)
    return _choose(found, said_on, (quarter(_financial_year(year)) for year in _years(found, said_on)))


def _unit(found: dict, said_on: date | None) -> Period | None:
    period = said_on and _around(said_on, found["unit"])
    is_next = period and NEXT.search(found["which"] or "")
    return _around(period.last + DAY, found["unit"]) if is_next else period


def _year(found: dict, said_on: date | None) -> Period | None:
    return _months(_full(found["plain"] or found["short"]), 1, 12)


def _office(found: dict, said_on: date | None) -> Period | None:
    of_councils = found["office"].startswith(("council", "local"))
    years = [year for year in _years(found, said_on) if year % 5 == (2 if of_councils else 1)]
    if "election" in found["office"]:
        return _choose({"which": "next"}, said_on, (_one_day(_first_thursday_of_may(year)) for year in years))
    terms = ((_first_thursday_of_may(year), _first_thursday_of_may(year + 5) - DAY) for year in years)
    return _choose(found, said_on, (Period(*days) for days in terms))


def _weekday(found: dict, said_on: date | None) -> Period | None:
    if said_on is None:
        return None
    return _one_day(said_on + ((WEEKDAYS.index(found["weekday"]) - said_on.weekday() - 1) % 7 + 1) * DAY)


def _now(found: dict, said_on: date | None) -> Period | None:
    return said_on and _one_day(said_on)


def _this_time_next_year(found: dict, said_on: date | None) -> Period | None:
    return said_on and _one_day(_later(said_on, 1, "year"))


# Stretches, counted from the day when they are said.


def _stretch(match: re.Match, said_on: date | None) -> Days | None:
    form, found = _form_of(STRETCHES, match[0])
    is_anchored = form.read is _inside and OF_SOMETHING.match(match.string, match.end())
    if is_anchored or (found["plural"] and not found["number"]):
        return NOTHING_FIXED
    words = " ".join((found["number"] or "one").replace("-", " ").split())
    return form.read(said_on, NUMBERS.get(words) or int(words), found["unit"]) if said_on else NOTHING_FIXED


def _within(said_on: date, number: int, unit: str) -> Days:
    return said_on, _later(said_on, number, unit)


def _inside(said_on: date, number: int, unit: str) -> Days:
    # Apart from `_within`, which goes on meaning the same before "of": "over the next year of the programme".
    return _within(said_on, number, unit)


def _in_time(said_on: date, number: int, unit: str) -> Days:
    return _around(_later(said_on, number, unit), unit)[:2]


def _in(said_on: date, number: int, unit: str) -> Days | None:
    # "Four moves in a year" is a rate.
    return _within(said_on, number, unit) if number > 1 else None


# Days of the calendar.


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


def _one_day(day: date) -> Period:
    return Period(day, day)


def _months(year: int, month: int, length: int) -> Period:
    first = _later(date(year, 1, 1), month - 1, "month")
    return Period(first, _later(first, length, "month") - DAY)


def _between(year: int, first: tuple[int, int], last: tuple[int, int]) -> Period:
    return Period(date(year, *first), date(year + (last < first), *last))


def _financial_year(year: int) -> Period:
    return _months(year, 4, 12)


def _school_year(year: int) -> Period:
    return _between(year, (8, 16), (6, 30))


def _around(day: date, unit: str) -> Period:
    """The calendar's own year, quarter, month or week that holds this day."""
    if unit in {"year", "yr", "decade"}:
        return _months(day.year, 1, 12)
    if unit in {"month", "quarter"}:
        return _months(day.year, day.month - (day.month - 1) % LENGTHS[unit], LENGTHS[unit])
    monday = day - day.weekday() * DAY
    return Period(monday, monday + 6 * DAY) if unit in {"week", "fortnight"} else _one_day(day)


def _later(day: date, number: int, unit: str) -> date:
    unit = unit.removeprefix("calendar ")
    if unit not in LENGTHS:
        days = {"week": 7, "fortnight": 14}.get(unit, 1) * number
        return day + (-(-days * 7 // 5) if unit.startswith("working") else days) * DAY
    years, month = divmod(day.month - 1 + number * LENGTHS[unit], 12)
    return date(day.year + years, month + 1, min(day.day, monthrange(day.year + years, month + 1)[1]))


def _first_thursday_of_may(year: int) -> date:
    return date(year, 5, 1) + (3 - date(year, 5, 1).weekday()) % 7 * DAY


def _easter(year: int) -> date:
    century, of_century, golden = year // 100, year % 100, year % 19
    moon = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    to_sunday = (32 + 2 * (century % 4) + 2 * (of_century // 4) - moon - of_century % 4) % 7
    late = (golden + 11 * moon + 22 * to_sunday) // 451
    month, day = divmod(moon + to_sunday - 7 * late + 114, 31)
    return date(year, month, day + 1)


# The grammar: forms, the longer before the shorter, and the phrases they make.


class Form(NamedTuple):
    """One of `leads` must come before, unless None; ANY_LEAD also lets the form stand alone in its clause."""

    pattern: re.Pattern
    read: Callable
    leads: tuple[str, ...] | None = None


def _form(pattern: str, read: Callable, leads: tuple[str, ...] | None = None) -> Form:
    return Form(_compiled(pattern), read, leads)


def _compiled(pattern: str) -> re.Pattern:
    # ASCII, so that no letter of another alphabet passes for one of these when case is ignored.
    return re.compile(pattern.replace(" ", r"(?:[\s\u00a0]{1,3})"), re.ASCII | re.IGNORECASE | re.MULTILINE)


def _any_of(forms: Sequence[Form]) -> str:
    return "|".join(re.sub(r"\?P<\w+>", "?:", form.pattern.pattern) for form in forms)


def _form_of(forms: Sequence[Form], words: str) -> tuple[Form, dict]:
    for form in forms:
        if match := form.pattern.fullmatch(words):
            return form, {name: value and value.lower() for name, value in match.groupdict().items()}
    raise ValueError("words of no form")


ANY_LEAD = ("any",)
OF_SOMETHING = _compiled(r" (?:of|from|after|following)\b(?! (?:now|today))")
BEFORE_MEETING = _compiled(MEETING)
CLAUSE_ENDS = _compiled(r"\s?(?:$|[).;\]])")
# In small letters these are verbs more often than months, above all before another verb.
VERB = re.compile(r"\b(?:may|march)\b")
AFTER_VERB = _compiled(
    r" (?:not|be|have|also|well|never|still|need|want|feel|require|lead|result|cause|help|change|mean|take|find|include"
    r"|only|even|differ|vary|struggle|lose|get|make|give|become|seem|then|no|go|come|move|leave|say|do|wish|end|start|on)\b"
)
LEADS = {
    "by": "(?:no|not) later than|(?:on|by) or before|by|(?:up )?until|(?:up )?till|til"
    rf"|(?:up |through )?to(?! 20\d\d {COUNTED})",
    "before": "before|prior to|ahead of|in advance of|in (?:good )?time for|this side of",
    "from": "(?:as )?from|as of|with effect from|(?:starts?|starting|beginning|commencing)(?: in| on| from)?(?! of)"
    "|no (?:earlier|sooner) than|not before",
    "after": "after|beyond",
    # Only after these do two periods joined by "and" make one.
    "over": "between|during|in the course of|over|in|for|across|throughout|through|within",
    "at": rf"some ?time in|on|at|(?:around|about|circa)(?! 20\d\d {COUNTED})|come|due|towards?|into",
}
PARTS = [
    _form("early(?: part)?", _piece(1, 3)),
    _form("mid|middle|mid-?point", _piece(2, 3)),
    _form("late|latter part|back end", _piece(3, 3)),
    _form("(?:first|1st) half", _piece(1, 2)),
    _form("(?:second|2nd|latter) half", _piece(2, 2)),
    _form("q ?1|(?:first|1st) quarter|quarter (?:one|1)", _piece(1, 4)),
    _form("q ?2|(?:second|2nd) quarter|quarter (?:two|2)", _piece(2, 4)),
    _form("q ?3|(?:third|3rd) quarter|quarter (?:three|3)", _piece(3, 4)),
    _form("q ?4|(?:fourth|4th|last|final) quarter|quarter (?:four|4)", _piece(4, 4)),
    _form("(?:start|beginning|opening) of", _start),
    _form("end|close", _end),
    _form("first week|week(?: commencing| beginning)?|w/c", _first_week),
    _form("(?:last|final) week", _last_week),
    _form("later|life(?:time)?|duration|rest|remainder", _whole),
]
FORMS = [
    _form(r"(?P<year>20\d\d)-(?P<number>\d\d)-(?P<day>\d\d)", _day_in_figures),
    # "2.3.21" is a paragraph.
    _form(
        r"(?!\d\.\d\.\d\d\b)(?P<day>[0-3]?\d)[/.-](?P<number>[01]?\d)[/.-](?P<year>20\d\d|[1-4]\d)(?![-/.]?\d)",
        _day_in_figures,
    ),
    _form(
        rf"{ON_WEEKDAY}(?:the )?(?:(?P<first_day>[0-3]?\d)(?:st|nd|rd|th)?(?: ?[-–] ?| to | and ))?"
        rf"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?(?: of)? {MONTH}{OF_YEAR}?",
        _day_of_month,
    ),
    _form(
        rf"{ON_WEEKDAY}{MONTH} (?:the )?(?P<day>[0-3]?\d)(?:st|nd|rd|th|(?=,? 20\d\d))(?:,? (?P<year>20\d\d))?",
        _day_of_month,
    ),
    _form(rf"{MONTH}(?:\x20|-)(?P<number>\d\d?){NOT_COUNTED}", _month_and_number),
    _form(rf"(?:the )?{MONTH}{OF_YEAR}", _month_of_year),
    _form(
        rf"{WHICH}(?:school )?(?P<name>{'|'.join(HOLIDAYS)})(?: school)? (?P<kind>holidays?|hols|break|week){OF_YEAR}?",
        _holidays,
        ANY_LEAD,
    ),
    _form(rf"{WHICH}(?P<name>summer) (?P<kind>recess){OF_YEAR}?", _holidays, ANY_LEAD),
    _form(rf"{WHICH}(?:school )?(?P<name>{'|'.join(TERMS)}) (?:school )?term{OF_YEAR}?", _term),
    _form(rf"{WHICH}(?:school )?(?P<name>)term(?! of\b)", _term, ()),
    _form(rf"(?:(?P<which>this coming|this|next) )?(?P<month>{CLEAR_MONTH})", _month_of_year),
    _form(rf"(?:(?P<which>this coming|this|next) )?{MONTH}", _month_of_year, ANY_LEAD),
    _form(rf"(?P<meeting>the|its|our) {MONTH}", _month_of_year, ANY_LEAD),
    _form(
        rf"{WHICH}(?P<season>{'|'.join(SEASONS)})(?: ?[-/–] ?(?P<until>{'|'.join(SEASONS)}))?"
        rf"(?:(?: of)? {YEARS}|{OF_YEAR})?(?! (?:camp|programme|school|club|play|cloth|coat|job|activit|scheme|clean))",
        _season,
        ANY_LEAD,
    ),
    _form(rf"{WHICH}(?P<name>{NAMED_DAY}){OF_YEAR}?", _named_day, ANY_LEAD),
    _form(
        r"(?:the )?new year(?:['’]s day)?(?: (?P<year>20\d\d))?|the turn of the (?:calendar )?year", _new_year, ANY_LEAD
    ),
    _form(rf"(?:(?:the )?(?P<kind>{KIND_OF_YEAR})(?: of)? ?){YEARS}", _span_of_years),
    _form(rf"(?:the )?{YEARS} (?P<kind>{KIND_OF_YEAR})", _span_of_years),
    _form(rf"(?:the )?(?P<plan>plan) {YEARS}(?: period)?", _span_of_years, ("before", "after", "during", "throughout")),
    _form(rf"(?:the )?(?=20){YEARS}(?! (?:plan|strategy|framework|programme|report))", _span_of_years),
    _form(YEARS, _span_of_years, ANY_LEAD),
    _form(r"(?:the )?(?P<year>20\d\d) (?P<kind>(?:school|academic|financial) year)", _kind_of_year),
    _form(r"(?:the )?(?P<which>new) (?P<kind>session)", _kind_of_year),
    _form(
        rf"{WHICH}(?P<kind>(?:financial|fiscal|tax|budget|business|fin\.?|school|academic) (?:year|session))",
        _kind_of_year,
        ANY_LEAD,
    ),
    _form(
        rf"{WHICH}(?:(?P<order>{'|'.join(ORDERS)}) quarter|(?:q ?|quarter )(?P<number>{'|'.join(COUNTS)}))(?! \d)",
        _quarter,
        ANY_LEAD,
    ),
    _form(
        r"(?:(?P<which>(?:(?:the|this) )?(?:next|coming|current)|the|this) )?(?:calendar )?"
        r"(?P<unit>year|month|week|quarter)(?! \d)",
        _unit,
        ("within",),
    ),
    _form(
        rf"{WHICH}(?P<office>(?:council|local|(?:scottish )?parliament(?:ary)?|holyrood) (?:elections?|term)|elections?"
        "|(?:scottish )?parliament(?:ary session)?)",
        _office,
        (),
    ),
    _form(rf"{WHICH}(?P<weekday>{'|'.join(WEEKDAYS)})", _weekday, ANY_LEAD),
    _form("(?:now|today)(?: on)?", _now, ("from", "between", "starting", "start", "as from", "starting from")),
    _form("with immediate effect", _now),
    _form("this time next year", _this_time_next_year),
    _form(r"(?P<plain>20\d\d)(?!\d|[-–/.,:]\d)|(?P<short>['’][1-4]\d)(?!\d)", _year, ANY_LEAD),
]
STRETCHES = [
    _form(
        rf"(?:(?:within|in|over|during|for|across|throughout) )?(?:the|this) (?:next|coming) (?:{AMOUNT} )?{UNIT}",
        _within,
    ),
    _form(
        rf"(?:within|inside) (?:the )?{AMOUNT} {UNIT}",
        _inside,
    ),
    _form(rf"(?:in )?{AMOUNT} {UNIT}(?:['’]?s?['’]? time| from (?:now|today))", _in_time),
    _form(rf"(?<!times\s)(?<!moves\s)in (?:about )?{AMOUNT} {UNIT}(?! (?:of|old)\b)", _in),
]
# Words about time that fix nothing, and times that are no due date, which are read so that nothing in them is.
VAGUE = (
    "no (?:(?:fixed|set|clear|agreed|firm|specific) )?(?:time ?scales?|time ?frames?|timetable|deadlines?|end date)"
    "|(?:date|time ?scale|time ?frame)s? (?:not (?:yet )?(?:known|set|agreed|fixed)|to be (?:agreed|set|decided))"
    "|tbc|tba|tbd|to be (?:confirmed|announced|advised)|in due course|in the (?:near |foreseeable )?future"
    "|(?:over|in|within) the (?:next|coming) (?:few|several) (?:days|weeks|months|years)|in the (?:months|years) ahead"
    "|(?:in|over) the (?:short|short(?:er)?|medium|long(?:er)?)(?: to (?:medium|long(?:er)?))? term|over time"
    "|as soon as (?:possible|practicable|we can)|asap|shortly(?! (?:after|before))|imminently|until further notice"
    r"|(?<!too\s)(?<!as\s)soon(?! as| after)|(?:by|before|until) then|at some point|on-?going(?=\s?(?:$|[.,;:)\]]))"
)
SKIPPED = (
    "(?:since|last|past|previous|every|each|per|all) (?:(?:the|a|about|around) )?{span}"
    "|(?:strategy|framework|report|programme|review|act|bill|order|regulations|guidance) (?:for )?(?:{years}|20\\d\\d)"
)
PART = _compiled(_any_of(PARTS))
SPAN = rf"(?P<parts>(?:(?:the )?(?:{PART.pattern})(?: of | in |-|–| )){{0,2}})(?P<first>{_any_of(FORMS)})"
JOINED = " ?[-–—/] ?| (?:to|until|till|through(?: to)?) |(?(over) (?:and|or) |(?!))"
LEAD = "|".join(f"(?P<{kind}>{words})" for kind, words in LEADS.items())
SECOND = SPAN.replace("<parts>", "<second_parts>").replace("<first>", "<second>")
LATEST = "(?P<latest> at the (?:very )?latest| or (?:before|earlier|sooner))|(?P<onwards> onwards?| at the earliest)"
DATED = rf"(?:(?:{LEAD}) )?+{SPAN}(?:(?:{JOINED}){SECOND})?(?:{LATEST}|-?ish)?"
PHRASES: dict[str, Callable[[re.Match, date | None], Days | None]] = {
    "stretch": _stretch,
    "dated": _dated,
    "vague": lambda match, said_on: NOTHING_FIXED,
    "skipped": lambda match, said_on: None,
}
UNNAMED = re.sub(r"\?P<\w+>", "?:", SPAN)
PHRASE = _compiled(
    rf"(?=[\w'’])(?<![\w£$€/])(?<!\d[.,:–-])(?:(?P<stretch>{_any_of(STRETCHES)})|(?P<dated>{DATED})|(?P<vague>{VAGUE})"
    rf"|(?P<skipped>{SKIPPED.format(span=UNNAMED, years=re.sub(r'[?]P<[a-z]+>', '?:', YEARS))}))(?!-?\w)"
)
