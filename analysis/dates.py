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

Sources stand where they are used: for seasons, school terms and elections in `date_readers`, for years in `periods`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from analysis import date_readers as readers
from analysis import periods
from analysis.date_forms import (
    ANY_LEAD,
    COUNTED,
    FORMS,
    MEETING,
    NUMBERS,
    PARTS,
    POINTED,
    STRETCHES,
    YEARS,
    any_of,
    compiled,
    form_of,
)
from analysis.date_readers import Days
from analysis.periods import DAY, Period

NOTHING_FIXED: Days = (None, None)


@dataclass(frozen=True, slots=True)
class When:
    """Words that say when, and the days they allow: an open side is None, both are where the words fix nothing.

    `either_way` where the words alone could mean the last as well as the next: "in October", and not "by October",
    "next October", "for October" or "in October 2027". The days are then those of the next.
    """

    start: int
    end: int
    text: str
    from_: date | None = None
    to: date | None = None
    either_way: bool = False


def read(text: str, said_on: date | None) -> list[When]:
    """Every phrase that says when, in order and apart; offsets count code points.

    Takes time in proportion to the text, and raises nothing. A day that no calendar has is no phrase.
    """
    found = (_when(match, said_on) for match in PHRASE.finditer(text))
    return [when for when in found if when]


def _when(match: re.Match, said_on: date | None) -> When | None:
    try:
        days = PHRASES[match.lastgroup](match, said_on)
        either_way = match.lastgroup == "dated" and _is_either_way(match)
    except (ValueError, OverflowError):
        return None
    return When(match.start(), match.end(), match[0], *days, either_way) if days else None


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
    form, found = form_of(FORMS, match["first"])
    lead = next((match[kind].lower() for kind in LEADS if match[kind]), match["latest"] or match["onwards"] or "")
    if found.get("meeting"):
        return bool(lead) and BEFORE_MEETING.match(match.string, match.end()) is not None
    if lead == "between" and not (match["second"] or found.get("first_day")):
        return False
    if lead == "to" and form.read is not readers.plain_year:
        lead = ""
    names_month = form.read in {readers.day_of_month, readers.month_of_year}
    if names_month and VERB.search(match["first"]) and not found.get("year"):
        return bool(lead or match["parts"]) and not AFTER_VERB.match(match.string, match.end())
    if form.leads is None or match["parts"] or POINTED.search(found.get("which") or ""):
        return True
    if found.get("year") or (found.get("closes") and form.read is readers.season):
        return True
    return lead in form.leads or (form.leads is ANY_LEAD and bool(match["second"] or lead or _is_alone(match)))


def _is_alone(match: re.Match) -> bool:
    before = match.string[max(match.start() - 2, 0) : match.start()].rstrip(" ")
    return before[-1:] in {*"([:;,–—•-*\n", ""} and CLAUSE_ENDS.match(match.string, match.end()) is not None


def _kind_of(match: re.Match) -> str:
    if match["latest"] or match["onwards"]:
        return "by" if match["latest"] else "from"
    return next((kind for kind in LEADS if match[kind]), "at")


def _is_either_way(match: re.Match) -> bool:
    """Without a year, and with no word that looks ahead. What has a year is fixed whenever it was said."""
    return _kind_of(match) in {"at", "over"} and not AHEAD.search(match[0]) and _dated(match, None) == NOTHING_FIXED


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
        first = _span(*one, periods.later(last.first, -11, "month").replace(day=1))
    last = last or (first and _span(*two, first.first))
    if first and last and last.last < first.first:
        raise ValueError("a range that runs backwards")
    return Period(first.first, last.last) if first and last else None


def _span(parts: str, words: str, said_on: date | None, *, is_ahead: bool = False) -> Period | None:
    form, found = form_of(FORMS, words)
    cuts = [form_of(PARTS, part)[0].read for part in PART.findall(parts)]
    # What something comes before, or the start of what it is for, has not begun yet.
    if (is_ahead or periods.start in cuts) and not re.search("this|current", found.get("which") or ""):
        found["which"] = "next"
    period = form.read(found, said_on)
    for cut in reversed(cuts if period else []):
        period = cut(period)
    return period


def _stretch(match: re.Match, said_on: date | None) -> Days | None:
    form, found = form_of(STRETCHES, match[0])
    is_anchored = form.read is readers.inside and OF_SOMETHING.match(match.string, match.end())
    if is_anchored or (found["plural"] and not found["number"]):
        return NOTHING_FIXED
    words = " ".join((found["number"] or "one").replace("-", " ").split())
    return form.read(said_on, NUMBERS.get(words) or int(words), found["unit"]) if said_on else NOTHING_FIXED


# The phrases.

OF_SOMETHING = compiled(r" (?:of|from|after|following)\b(?! (?:now|today))")
BEFORE_MEETING = compiled(MEETING)
# "Approved for May", "ready come June", "trained next spring": ahead, whatever the verb. By quarters plans are made.
AHEAD = compiled(r"^(?:for|come|due|towards?|into)\b|\b(?:next|coming|new|q ?[1-4]|quarter)\b")
CLAUSE_ENDS = compiled(r"\s?(?:$|[).;\]])")
# In small letters these are verbs more often than months, above all before another verb.
VERB = re.compile(r"\b(?:may|march)\b")
AFTER_VERB = compiled(
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
PART = compiled(any_of(PARTS))
SPAN = rf"(?P<parts>(?:(?:the )?(?:{PART.pattern})(?: of | in |-|–| )){{0,2}})(?P<first>{any_of(FORMS)})"
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
PHRASE = compiled(
    rf"(?=[\w'’])(?<![\w£$€/])(?<!\d[.,:–-])(?:(?P<stretch>{any_of(STRETCHES)})|(?P<dated>{DATED})|(?P<vague>{VAGUE})"
    rf"|(?P<skipped>{SKIPPED.format(span=UNNAMED, years=re.sub(r'[?]P<[a-z]+>', '?:', YEARS))}))(?!-?\w)"
)
