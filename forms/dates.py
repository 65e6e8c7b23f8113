"""Reads a date as a person types it: a day, a month in figures or by its name, a year; kept as ISO 8601."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import date

from forms import speech
from forms.questions import Question
from forms.speech import gettext, message

PARTS = (message("the day"), message("the month"), message("the year"))
MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_GAELIC_MONTHS = (
    *("faoilleach", "gearran", "mart", "giblean", "ceitean", "ogmhios"),
    *("iuchar", "lunastal", "sultain", "damhair", "samhain", "dubhlachd"),
)
# A Gaelic month has an article or more before it, and an h in it where that alters its first letter.
_BEFORE_A_MONTH = re.compile(r"^(?:(?:dhen|den|an|am)\s+)*(?:t-\s*)?")
_SOFTENED = re.compile(r"^([bcdfgmpst])h")
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_FIGURES = re.compile(r"[0-9]{1,4}")
# A month is known by its first letters, from so many on.
_FEWEST_LETTERS = 3


def parts(sent: Sequence[str]) -> tuple[str, str, str]:
    """Day, month and year to be shown again: of a date that was kept, or of the three fields of a form."""
    if len(sent) == 1 and (iso := _ISO.fullmatch(sent[0].strip())):
        year, month, day = iso.groups()
        return str(int(day)), str(int(month)), year
    day, month, year = (*(text.strip() for text in sent[:3]), "", "", "")[:3]
    return day, month, year


def judge(question: Question, sent: Sequence[str]) -> tuple[str | None, str]:
    """The date to keep, in ISO 8601, or what to do about what was sent; it holds something."""
    if len(sent) > len(PARTS):
        return None, gettext("Give one date, not several")
    typed = parts(sent)
    if missing := [gettext(name) for name, text in zip(PARTS, typed, strict=True) if not text]:
        return None, gettext("Add %(parts)s to the date", parts=gettext(" and ").join(missing))
    day, month, year = _number(typed[0]), month_of(typed[1]), _number(typed[2])
    if month is None:
        return None, gettext("Enter the month as a number from 1 to 12, or by its name")
    if day is None or year is None or len(typed[2]) != 4:
        return None, gettext("Enter the day in figures and the year with four, like 31 3 2027")
    try:
        found = date(year, month, day)
    except ValueError:
        return None, gettext("Enter a date that there is: this month has no such day")
    return _within(question, found)


def shown(found: date) -> str:
    return speech.date_in_words(found)


def _within(question: Question, found: date) -> tuple[str | None, str]:
    if question.earliest and found < question.earliest:
        told = gettext("Enter a date that is %(day)s or later", day=shown(question.earliest))
        return None, question.outside or told
    if question.latest and found > question.latest:
        told = gettext("Enter a date that is %(day)s or earlier", day=shown(question.latest))
        return None, question.outside or told
    return found.isoformat(), ""


def _number(text: str) -> int | None:
    return int(text) if _FIGURES.fullmatch(text) else None


def month_of(text: str) -> int | None:
    if number := _number(text):
        return number if number <= len(MONTHS) else None
    english = text.lower().rstrip(".")
    gaelic = _SOFTENED.sub(r"\1", _BEFORE_A_MONTH.sub("", _plain(english)))
    found = {
        number
        for name, months in ((english, MONTHS), (gaelic, _GAELIC_MONTHS))
        for number, month in enumerate(months, start=1)
        if len(name) >= _FEWEST_LETTERS and month.startswith(name)
    }
    return found.pop() if len(found) == 1 else None


def _plain(name: str) -> str:
    """Without accents, which many leave out."""
    return "".join(sign for sign in unicodedata.normalize("NFD", name) if not unicodedata.combining(sign))
