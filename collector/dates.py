"""Dates as people in Scotland read them."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from forms import speech
from forms.speech import gettext

LONDON = ZoneInfo("Europe/London")


def in_words(day: date | datetime) -> str:
    """21 November 2026"""
    local = day.astimezone(LONDON) if isinstance(day, datetime) else day
    return speech.date_in_words(local)


def local_day(moment: datetime) -> date:
    return moment.astimezone(LONDON).date()


def clock(moment: datetime) -> str:
    """14:05"""
    return f"{moment.astimezone(LONDON):%H:%M}"


def in_full(moment: datetime) -> str:
    """21 November 2026 at 14:05"""
    return gettext("%(day)s at %(time)s", day=in_words(moment), time=clock(moment))
