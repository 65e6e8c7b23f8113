"""What stands in a cell of a spreadsheet, as text."""

from datetime import date, datetime, time
from typing import Any


def text_of(value: Any) -> str:
    """The value as openpyxl gives it: true and false in words, days as 2027-03-31, text with the line ends it has."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    # So Excel keeps the first half of a Windows line end.
    return "" if value is None else str(value).replace("_x000D_", "\r")
