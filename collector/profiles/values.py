"""A published number as a cell has it, and as pages show it; and what stands where no number was published."""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

UNITS = {
    "number": "A number",
    "percent": "Percent",
    "share": "Percent, in the file as shares: 0.45 for 45%",
    "pounds": "Pounds (£)",
    "rate": "A rate, such as per 1,000 children",
}
# As which pages show them.
SHOWN_AS = {unit: unit for unit in UNITS} | {"share": "percent"}
# What the Government Analysis Function has publishers write instead of a number, or beside one: "Using symbols and
# shorthand in spreadsheets", analysisfunction.civilservice.gov.uk. The bare ones are older ways, still met.
MISSING = {
    "c": "suppressed, as few people are counted",
    "*": "suppressed, as few people are counted",
    "suppressed": "suppressed, as few people are counted",
    "s": "suppressed, as few people are counted",
    "low": "too low to be told",
    "x": "not available",
    "n/a": "not available",
    "na": "not available",
    "not available": "not available",
    "not published": "not available",
    ":": "not available",
    "..": "not available",
    "...": "not available",
    "-": "a dash, which the source explains",
    "–": "a dash, which the source explains",
    "#n/a": "not available",
    "z": "not applicable",
    "not applicable": "not applicable",
    "w": "none recorded",
    "": "left empty",
}
# Letters alone are shorthand within brackets, but for the few that were always written bare.
BARE = {"c", "*", "x", "n/a", "na", "s", "suppressed", "not available", "not published", "not applicable", *":–-", ""}
BARE |= {"..", "...", "#n/a", "z"}
MARKS = {
    "b": "not comparable with the one before",
    "e": "estimated",
    "f": "forecast",
    "p": "provisional",
    "r": "revised",
    "u": "of low reliability",
}
SIZES = {"k": 3, "thousand": 3, "m": 6, "mn": 6, "million": 6, "bn": 9, "b": 9, "billion": 9}
# The shorthand that pages and files use for each reason and mark, with what it means below.
CODES = {reason: code for code, reason in reversed(MISSING.items())} | {words: code for code, words in MARKS.items()}
CODES["a dash, which the source explains"], CODES["left empty"] = "x", "x"
BROKEN_SERIES = MARKS["b"]

_DIGITS = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+"
NUMBER = re.compile(
    rf"(?P<sign>[-−+]?)(?P<pounds>£?)(?P<after>[-−]?)(?P<digits>{_DIGITS})(?P<power>e[-+]?\d+)?"
    r"(?P<size>k|thousand|mn|million|m|billion|bn|b)?(?P<percent>%?)",
    re.ASCII,
)
# Blanks stand where commas do; any other blank between figures makes two numbers of them.
IN_THOUSANDS, BETWEEN_NUMBERS = re.compile(r"(?<=\d) (?=\d{3}(?!\d))"), re.compile(r"\d \d")
SHORTHAND = re.compile(r"\[([^\[\]]{1,20})\]")
COMMA_FOR_POINT = re.compile(r"[-−+]?£?\d+(?:\.\d{3})*,\d{1,2}%?|[-−+]?£?\d+(?:\.\d{3})*,\d{4,}%?")
LARGEST = Decimal(10) ** 15
# Decimals that pages show, and those of a number that would be 0 with these.
MOST_DECIMALS, LEAST_OF_ALL = 3, 6


@dataclass(frozen=True)
class Value:
    """A number with its decimals as written, or the reason that there is none; with what was written beside it."""

    number: float | None = None
    decimals: int = 0
    missing: str = ""
    marks: str = ""

    def is_as(self, other: "Value") -> bool:
        """However many decimals each was written with."""
        return (self.number, self.missing) == (other.number, other.missing)


class NotUnderstood(ValueError):
    """Why a cell is no value, and what to do, in words for people."""


def read(text: str, unit: str) -> Value:
    """NotUnderstood where it is neither a number of this unit nor shorthand for none."""
    plain = " ".join(text.replace("\xa0", " ").split()).casefold()
    codes = [code.strip() for code in SHORTHAND.findall(plain)]
    rest = SHORTHAND.sub("", plain).strip()
    reasons = [MISSING[code] for code in codes if code in MISSING and code]
    if reasons and not rest:
        return Value(missing=reasons[0])
    if not codes and rest in BARE:
        return Value(missing=MISSING[rest])
    unknown = [code for code in codes if code not in MARKS]
    if unknown:
        raise NotUnderstood(
            f"“[{unknown[0]}]” beside a number is not known. Write the number alone, or [c] where none is published"
        )
    marks = [MARKS[code] for code in codes]
    number = number_of(rest, unit)
    number = number.scaleb(2) if unit == "share" else number
    return Value(float(number), decimals_of(number), marks=", ".join(marks))


def number_of(rest: str, unit: str) -> Decimal:
    packed = IN_THOUSANDS.sub("", rest)
    packed = packed if BETWEEN_NUMBERS.search(packed) else packed.replace(" ", "")
    in_brackets = re.fullmatch(r"\((.+)\)", packed)
    found = NUMBER.fullmatch(in_brackets[1] if in_brackets else packed)
    if found is None:
        raise NotUnderstood(why_not(packed))
    if found["pounds"] and unit != "pounds":
        raise NotUnderstood("has a £, but the figures are not in pounds. Change the unit, or take the £ away")
    if found["percent"] and unit == "share":
        raise NotUnderstood("has a %, but the figures are said to be shares. Change the unit to percent")
    if found["percent"] and unit != "percent":
        raise NotUnderstood("has a %, but the figures are not percentages. Change the unit, or take the % away")
    try:
        number = Decimal(found["digits"].replace(",", "") + (found["power"] or ""))
    except InvalidOperation:
        raise NotUnderstood(why_not(packed)) from None
    number = number.scaleb(SIZES[found["size"]]) if found["size"] else number
    if number > LARGEST:
        raise NotUnderstood("is larger than any figure that is published. Look at it again")
    return -number if in_brackets or "-" in (signs := found["sign"] + found["after"]) or "−" in signs else number


def why_not(packed: str) -> str:
    if COMMA_FOR_POINT.fullmatch(packed):
        return "has a comma where British numbers have a point. Write 12.5 for twelve and a half, 1,250 for thousands"
    if packed.startswith(("<", ">", "~")):
        return "is no exact number. Write [low] where it is too low to be told, or [c] where it is suppressed"
    return "is no number. Write a number, or [c] where it is suppressed and [x] where it is not available"


def decimals_of(number: Decimal) -> int:
    """As written, where those are few; a workbook writes sixteen of a number that it worked out."""
    written = -number.as_tuple().exponent
    if written <= MOST_DECIMALS:
        return max(0, written)
    rounded = round(number, MOST_DECIMALS)
    return max(0, -rounded.normalize().as_tuple().exponent) if rounded else LEAST_OF_ALL


# -- As pages show them -------------------------------------------------------------------------------


def shown(number: float, decimals: int, unit: str) -> str:
    """ "1,234.5", "45.0%", "£1,200", "−3" """
    sign, size = ("−" if number < 0 else ""), f"{abs(number):,.{decimals}f}"
    return sign + {"percent": f"{size}%", "pounds": f"£{size}"}.get(unit, size)


def plain(number: float) -> str:
    """For files: every figure, without signs that a program would have to know."""
    return f"{Decimal(repr(number)):f}".removesuffix(".0")


def short(number: float, decimals: int, unit: str) -> str:
    """For a chart: large numbers are rounded to three figures, "£1.23m", "45,600"."""
    for name, least in (("bn", 1e9), ("m", 1e6)):
        if abs(number) >= least:
            size = abs(number) / least
            digits = 2 if size < 10 else 1 if size < 100 else 0
            return ("−" if number < 0 else "") + ("£" if unit == "pounds" else "") + f"{size:.{digits}f}{name}"
    return shown(number, decimals if abs(number) < 1000 else 0, unit)


def on_a_scale(number: float, unit: str) -> str:
    """For the ends of a scale, which are round: "60%", "£1.5m"."""
    told = Decimal(f"{number:.6g}")
    return short(float(told), decimals_of(told.normalize()), unit).replace(".00m", "m").replace(".00bn", "bn")


def change(now: float, before: float, decimals: int, unit: str) -> str:
    """ "up 1.2 percentage points", "down £300", "no change" """
    difference = round(now - before, decimals)
    if not difference:
        return "no change"
    if unit == "percent":
        points = f"{abs(difference):,.{decimals}f}"
        size = f"{points} percentage {'point' if float(points) == 1 else 'points'}"
    else:
        size = shown(abs(difference), decimals, unit)
    return f"{'up' if difference > 0 else 'down'} {size}"
