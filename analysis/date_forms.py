"""The forms in which a period, a part of one or a stretch of time is said, each with what reads it.

In the patterns of this module a space stands for any short gap.
"""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from analysis import date_readers as readers
from analysis import periods
from analysis.date_readers import COUNTS, HOLIDAYS, ORDERS, SEASONS, TERMS, WEEKDAYS

CLEAR_MONTH = "january|february|feb|july|jul|august|aug|september|sept|sep|october|oct|november|nov|december|dec"
# Names of people, and verbs, are months only beside another word of time.
ANY_MONTH = f"{CLEAR_MONTH}|jan|march|mar|april|apr|may|june|jun"
MONTH = rf"(?P<month>{ANY_MONTH})(?:\.(?= ?\d))?"
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
NAMED_DAY = (
    r"easter|christmas|xmas|hogmanay|hallowe['’]?en|st andrew['’]?s day|midsummer|midwinter|year(?:['’]s)?(?:-| )end"
)
KIND_OF_YEAR = (
    r"(?:fy|f/y|(?:financial|fiscal|tax|budget|business|fin\.?|school|academic) year|(?:school |academic )?session)"
)
SMALL = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
NUMBERS = {word: number for number, word in enumerate([*SMALL.split(), "eighteen", "nineteen"], start=1)}
TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "ninety": 90}
NUMBERS |= {f"{ten} {one}": value + NUMBERS[one] for ten, value in TENS.items() for one in SMALL.split()[:9]}
NUMBERS |= {"a": 1, "an": 1, "couple of": 2, "a couple of": 2, "hundred": 100, "a hundred": 100, **TENS}
NUMBER = "|".join(["[0-9]{1,3}", *sorted(NUMBERS, key=len, reverse=True)]).replace(" ", "(?:-| )")
AMOUNT = f"(?:[0-9]{{1,3}} ?[-–] ?|(?:{NUMBER}) (?:to|or) )?(?P<number>{NUMBER})"
UNIT = "(?P<unit>(?:working |calendar )?(?:day|week|fortnight|month|quarter|year|yr|decade))(?P<plural>s?)"
POINTED = re.compile(r"\b(?:this|next|new|coming|current|now|today)\b")


def compiled(pattern: str) -> re.Pattern:
    # ASCII, so that no letter of another alphabet passes for one of these when case is ignored.
    return re.compile(pattern.replace(" ", r"(?:[\s\u00a0]{1,3})"), re.ASCII | re.IGNORECASE | re.MULTILINE)


class Form(NamedTuple):
    """One of `leads` must come before, unless None; ANY_LEAD also lets the form stand alone in its clause."""

    pattern: re.Pattern
    read: Callable
    leads: tuple[str, ...] | None = None


def _form(pattern: str, read: Callable, leads: tuple[str, ...] | None = None) -> Form:
    return Form(compiled(pattern), read, leads)


def any_of(forms: Sequence[Form]) -> str:
    return "|".join(re.sub(r"\?P<\w+>", "?:", form.pattern.pattern) for form in forms)


def form_of(forms: Sequence[Form], words: str) -> tuple[Form, dict]:
    for form in forms:
        if match := form.pattern.fullmatch(words):
            return form, {name: value and value.lower() for name, value in match.groupdict().items()}
    raise ValueError("words of no form")


# The longer before the shorter.

ANY_LEAD = ("any",)
PARTS = [
    _form("early(?: part)?", periods.piece(1, 3)),
    _form("mid|middle|mid-?point", periods.piece(2, 3)),
    _form("late|latter part|back end", periods.piece(3, 3)),
    _form("(?:first|1st) half", periods.piece(1, 2)),
    _form("(?:second|2nd|latter) half", periods.piece(2, 2)),
    _form("q ?1|(?:first|1st) quarter|quarter (?:one|1)", periods.piece(1, 4)),
    _form("q ?2|(?:second|2nd) quarter|quarter (?:two|2)", periods.piece(2, 4)),
    _form("q ?3|(?:third|3rd) quarter|quarter (?:three|3)", periods.piece(3, 4)),
    _form("q ?4|(?:fourth|4th|last|final) quarter|quarter (?:four|4)", periods.piece(4, 4)),
    _form("(?:start|beginning|opening) of", periods.start),
    _form("end|close", periods.end),
    _form("first week|week(?: commencing| beginning)?|w/c", periods.first_week),
    _form("(?:last|final) week", periods.last_week),
    _form("later|life(?:time)?|duration|rest|remainder", periods.whole),
]
FORMS = [
    _form(r"(?P<year>20\d\d)-(?P<number>\d\d)-(?P<day>\d\d)", readers.day_in_figures),
    # "2.3.21" is a paragraph.
    _form(
        r"(?!\d\.\d\.\d\d\b)(?P<day>[0-3]?\d)[/.-](?P<number>[01]?\d)[/.-](?P<year>20\d\d|[1-4]\d)(?![-/.]?\d)",
        readers.day_in_figures,
    ),
    _form(
        rf"{ON_WEEKDAY}(?:the )?(?:(?P<first_day>[0-3]?\d)(?:st|nd|rd|th)?(?: ?[-–] ?| to | and ))?"
        rf"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?(?: of)? {MONTH}{OF_YEAR}?",
        readers.day_of_month,
    ),
    _form(
        rf"{ON_WEEKDAY}{MONTH} (?:the )?(?P<day>[0-3]?\d)(?:st|nd|rd|th|(?=,? 20\d\d))(?:,? (?P<year>20\d\d))?",
        readers.day_of_month,
    ),
    _form(rf"{MONTH}(?:\x20|-)(?P<number>\d\d?){NOT_COUNTED}", readers.month_and_number),
    _form(rf"(?:the )?{MONTH}{OF_YEAR}", readers.month_of_year),
    _form(
        rf"{WHICH}(?:school )?(?P<name>{'|'.join(HOLIDAYS)})(?: school)? (?P<kind>holidays?|hols|break|week){OF_YEAR}?",
        readers.holidays,
        ANY_LEAD,
    ),
    _form(rf"{WHICH}(?P<name>summer) (?P<kind>recess){OF_YEAR}?", readers.holidays, ANY_LEAD),
    _form(rf"{WHICH}(?:school )?(?P<name>{'|'.join(TERMS)}) (?:school )?term{OF_YEAR}?", readers.term),
    _form(rf"{WHICH}(?:school )?(?P<name>)term(?! of\b)", readers.term, ()),
    _form(rf"(?:(?P<which>this coming|this|next) )?(?P<month>{CLEAR_MONTH})", readers.month_of_year),
    _form(rf"(?:(?P<which>this coming|this|next) )?{MONTH}", readers.month_of_year, ANY_LEAD),
    _form(rf"(?P<meeting>the|its|our) {MONTH}", readers.month_of_year, ANY_LEAD),
    _form(
        rf"{WHICH}(?P<season>{'|'.join(SEASONS)})(?: ?[-/–] ?(?P<until>{'|'.join(SEASONS)}))?"
        rf"(?:(?: of)? {YEARS}|{OF_YEAR})?(?! (?:camp|programme|school|club|play|cloth|coat|job|activit|scheme|clean))",
        readers.season,
        ANY_LEAD,
    ),
    _form(rf"{WHICH}(?P<name>{NAMED_DAY}){OF_YEAR}?", readers.named_day, ANY_LEAD),
    _form(
        r"(?:the )?new year(?:['’]s day)?(?: (?P<year>20\d\d))?|the turn of the (?:calendar )?year",
        readers.new_year,
        ANY_LEAD,
    ),
    _form(rf"(?:(?:the )?(?P<kind>{KIND_OF_YEAR})(?: of)? ?){YEARS}", readers.span_of_years),
    _form(rf"(?:the )?{YEARS} (?P<kind>{KIND_OF_YEAR})", readers.span_of_years),
    _form(
        rf"(?:the )?(?P<plan>plan) {YEARS}(?: period)?",
        readers.span_of_years,
        ("before", "after", "during", "throughout"),
    ),
    _form(rf"(?:the )?(?=20){YEARS}(?! (?:plan|strategy|framework|programme|report))", readers.span_of_years),
    _form(YEARS, readers.span_of_years, ANY_LEAD),
    _form(r"(?:the )?(?P<year>20\d\d) (?P<kind>(?:school|academic|financial) year)", readers.kind_of_year),
    _form(r"(?:the )?(?P<which>new) (?P<kind>session)", readers.kind_of_year),
    _form(
        rf"{WHICH}(?P<kind>(?:financial|fiscal|tax|budget|business|fin\.?|school|academic) (?:year|session))",
        readers.kind_of_year,
        ANY_LEAD,
    ),
    _form(
        rf"{WHICH}(?:(?P<order>{'|'.join(ORDERS)}) quarter|(?:q ?|quarter )(?P<number>{'|'.join(COUNTS)}))(?! \d)",
        readers.quarter,
        ANY_LEAD,
    ),
    _form(
        r"(?:(?P<which>(?:(?:the|this) )?(?:next|coming|current)|the|this) )?(?:calendar )?"
        r"(?P<unit>year|month|week|quarter)(?! \d)",
        readers.unit,
        ("within",),
    ),
    _form(
        rf"{WHICH}(?P<office>(?:council|local|(?:scottish )?parliament(?:ary)?|holyrood) (?:elections?|term)|elections?"
        "|(?:scottish )?parliament(?:ary session)?)",
        readers.office,
        (),
    ),
    _form(rf"{WHICH}(?P<weekday>{'|'.join(WEEKDAYS)})", readers.weekday, ANY_LEAD),
    _form("(?:now|today)(?: on)?", readers.now, ("from", "between", "starting", "start", "as from", "starting from")),
    _form("with immediate effect", readers.now),
    _form("this time next year", readers.this_time_next_year),
    _form(r"(?P<plain>20\d\d)(?!\d|[-–/.,:]\d)|(?P<short>['’][1-4]\d)(?!\d)", readers.plain_year, ANY_LEAD),
]
STRETCHES = [
    _form(
        rf"(?:(?:within|in|over|during|for|across|throughout) )?(?:the|this) (?:next|coming) (?:{AMOUNT} )?{UNIT}",
        readers.within,
    ),
    _form(
        rf"(?:within|inside) (?:the )?{AMOUNT} {UNIT}",
        readers.inside,
    ),
    _form(rf"(?:in )?{AMOUNT} {UNIT}(?:['’]?s?['’]? time| from (?:now|today))", readers.in_time),
    _form(rf"(?<!times\s)(?<!moves\s)in (?:about )?{AMOUNT} {UNIT}(?! (?:of|old)\b)", readers.in_several),
]
