"""Dates as people in Scotland read them."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


def in_words(day: date | datetime) -> str:
    """21 November 2026"""
    local = day.astimezone(LONDON) if isinstance(day, datetime) else day
    return f"{local.day} {local:%B %Y}"


def local_day(moment: datetime) -> date:
    return moment.astimezone(LONDON).date()


def clock(moment: datetime) -> str:
    """14:05"""
    return f"{moment.astimezone(LONDON):%H:%M}"


def in_full(moment: datetime) -> str:
    """21 November 2026 at 14:05"""
    return f"{in_words(moment)} at {clock(moment)}"
