"""By when: the last day that words such as “by spring 2027” can stand for; None where they name no day that is sure."""

import re
from datetime import date, timedelta

from forms.dates import MONTHS, month_of

# The month that each ends with.
_SEASONS = {"spring": 5, "summer": 8, "autumn": 11, "winter": 2}
# What begins then has no last day.
_OPEN = re.compile(r"\b(?:after|from|since|starting|onwards?)\b")
_YEAR = r"(?P<year>20[0-9]{2})"
_MONTH = rf"(?P<month>{'|'.join(month[:3] for month in MONTHS)})[a-z]*\.?"
_DAY = r"(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?"
_WAYS = tuple(
    re.compile(rf"\b(?:{pattern})\b")
    for pattern in (
        r"(?P<year>20[0-9]{2})-(?P<month>[0-9]{2})-(?P<day>[0-9]{1,2})",
        r"(?P<day>[0-9]{1,2})[/.](?P<month>[0-9]{1,2})[/.](?P<year>20[0-9]{2})",
        rf"{_DAY}(?: of)? {_MONTH},? {_YEAR}",
        rf"{_MONTH},? {_YEAR}",
        r"20(?P<from>[0-9]{2}) ?[/–-] ?(?:20)?(?P<to>[0-9]{2})",
        rf"(?P<season>{'|'.join(_SEASONS)})(?: of)? {_YEAR}",
        _YEAR,
    )
)


def last_day(words: str) -> date | None:
    """The latest of all that are named: “between 2026 and 2027” ends with 2027."""
    days, rest = [], " ".join(words.lower().split())
    if _OPEN.search(rest):
        return None
    for way in _WAYS:
        days += [_last(found) for found in way.finditer(rest)]
        rest = way.sub(" ", rest)
    return max(days) if days and None not in days else None


def _last(found: re.Match[str]) -> date | None:
    given = found.groupdict()
    if given.get("to"):  # a financial year, or a stretch of years: it is over when March is
        return date(2000 + int(given["to"]), 3, 31)
    year = int(given["year"])
    if season := given.get("season"):
        # A winter ends in the year after the one that it is called by.
        return _end_of(year + (season == "winter"), _SEASONS[season])
    if not (month := given.get("month")):
        return date(year, 12, 31)
    number = month_of(month)
    if number is None:
        return None
    if not (day := given.get("day")):
        return _end_of(year, number)
    try:
        return date(year, number, int(day))
    except ValueError:
        return None


def _end_of(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
