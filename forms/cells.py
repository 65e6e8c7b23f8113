"""What stands in a cell of a spreadsheet, as text."""

import re
from datetime import date, datetime, time
from typing import Any

# So a workbook keeps what XML cannot hold: control characters, and the first half of a Windows line end.
CONTROL = re.compile("_x00([01][0-9A-Fa-f])_")


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
    return "" if value is None else CONTROL.sub(lambda found: chr(int(found[1], 16)), str(value))
