"""What stands in a cell of a spreadsheet, as text."""

import re
from datetime import date, datetime, time
from itertools import pairwise
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


LAST_ROW = 1_048_576
ROW = re.compile(rb'<(?:\w+:)?row\s[^<>]*?\br="(\d+)"')


def rows_are_in_order(sheet: bytes) -> bool:
    """Whether each row, as the file of a sheet numbers them, comes after the one before, and none too late.

    openpyxl leaves others out unsaid, or counts for minutes up to the number that a row gives itself.
    """
    numbers = [int(number) for number in ROW.findall(sheet.replace(b"\0", b""))]  # there may be 16 bits to a character
    return all(one < other for one, other in pairwise([*numbers, LAST_ROW + 1]))
