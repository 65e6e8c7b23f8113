"""Numbers of organisations or people as anybody may read them: none from which one of them could be known.

The one place that says so; every page and report for others than staff, and than whom it is about, asks it. Why it is
done in this way: docs/decisions/0022-small-numbers.md.
"""

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SMALL = 5  # fewer than these are not told
# What a reader is told of it.
HOW_TOLD = (
    f"Only what people decided is counted. From 1 to {SMALL - 1} organisations it says fewer than {SMALL}; where fewer"
    f" than {SMALL} are missing of all, it says so many or more; and where one of these could be worked out from a"
    " number, that number is told as so many or more too. Quotes are by who allowed their words to be published with"
    " their name.",
    "“(+)”: the machine suggests more, which no person has decided on and which are not counted.",
)
TOO_FEW = (
    f"Fewer than {SMALL} organisations that may be named were heard from. So no numbers are told of them; what they say"
    " stands in their own words."
)


@dataclass(frozen=True)
class Told:
    """What a reader may know of a number: it is `low` or more, and `high` or fewer."""

    low: int
    high: int

    @property
    def hidden(self) -> bool:
        return self.low != self.high

    def words(self, smallest: int = SMALL) -> str:
        """ "6", "fewer than 5" or "8 or more"."""
        if not self.hidden:
            return f"{self.low:,}"
        return f"fewer than {smallest}" if self.high < smallest else f"{self.low:,} or more"


Numbers = Mapping[Hashable, int]
Parts = Mapping[Hashable, Collection[Hashable]]


def told(
    numbers: Numbers, of: int, wholes: Parts | None = None, smallest: int = SMALL, *, wider: Parts | None = None
) -> dict[Any, Told]:
    """Each of these numbers of organisations, of the `of` that answered; nothing where those are too few themselves.

    From 1 it is "fewer than 5"; where fewer than 5 are missing of all, it is so many or more, all of them or not.

    `wholes`: what a number is made up of, all of it. `wider`: what is in a number, with more besides; where that is in
    another one in turn, the inner comes first. Either is told only as what its parts show anyway, or more, where few
    are in it and not in a part, or it could not be told by itself. A whole is so too where a part of it is not told, or
    few are in two of its parts: from it they could be worked out.
    """
    if of < smallest:
        return {}
    found = {key: by_itself(number, of, smallest) for key, number in numbers.items()}
    for outer, parts in [*(wholes or {}).items(), *(wider or {}).items()]:
        inner = [part for part in parts if numbers.get(part)]
        if not inner or not numbers.get(outer) or found[outer].high < smallest:
            continue
        vague = is_shown_up(outer, inner, numbers, found, smallest)
        if vague or (outer in (wholes or {}) and adds_up(outer, inner, numbers, found, smallest)):
            found[outer] = Told(max(smallest, *(found[part].low for part in inner)), of)
    return found


def is_shown_up(outer: Hashable, inner: Sequence[Hashable], numbers: Numbers, found: Mapping, smallest: int) -> bool:
    """That a part which is told leaves few of the outer number, or says what the outer number may not."""
    shown = [part for part in inner if not found[part].hidden]
    few = any(0 < numbers[outer] - numbers[part] < smallest for part in shown)
    return few or bool(shown and found[outer].hidden)


def adds_up(whole: Hashable, parts: Sequence[Hashable], numbers: Numbers, found: Mapping, smallest: int) -> bool:
    """That a part which is not told, or how few are in two parts, follows from the whole and the other parts."""
    overlap = sum(numbers[part] for part in parts) - numbers[whole]
    return any(found[part].hidden for part in parts) or 0 < overlap < smallest


def by_itself(number: int, of: int, smallest: int) -> Told:
    if 0 < number < smallest:
        return Told(1, smallest - 1)
    if number >= smallest and of - number < smallest:
        return Told(max(smallest, of - smallest + 1), of)
    return Told(number, number)


# -- One number by itself ----


def in_words(number: int) -> str:
    """ "12", or "fewer than 5"."""
    return f"fewer than {SMALL}" if 0 < number < SMALL else f"{number:,}"


def some_of(number: int, of: int) -> str:
    """How many of these it is, with neither them nor the others told where they are few: "6", "5 or more", "some"."""
    one = told({"": number}, of).get("")
    return one.words() if one else "some" if number else "0"


# -- A table of organisations by what they are ----

Line = Sequence[int]  # how many are in each column
Nested = Collection[tuple[int, int]]  # two columns, of which the second is in the first


def left_out(
    lines: Sequence[Line], totals: Line, nested: Nested, *, apart: bool, smallest: int = SMALL
) -> frozenset[int]:
    """The lines, by their place, that are left out for anybody: those with a small number, or with few in one column
    and not in one that is in it, and those that such a line could be worked out with.

    `totals` of the columns are known. `apart`: each organisation is in one line, so that what is left out of the totals
    is known, and must not be few nor as many as it can be. Where they may be in several, the totals say how many are
    left out at least. How many lines are left out is not to be told: with it the totals say more.
    """
    values = [with_differences(line, nested) for line in lines]
    there = frozenset(place for place, line in enumerate(lines) if any(line))
    out = {place for place in there if any(map(is_small(smallest), values[place]))}
    if any(map(is_small(smallest), with_differences(totals, nested))):
        return there
    if out and not apart:
        shown = [values[place] for place in there - out]
        least = [total - sum(column) for total, *column in zip(with_differences(totals, nested), *shown, strict=True)]
        return there if are_full([values[place] for place in out], least, smallest) else frozenset(out)
    while out and could_be_known([values[place] for place in out], smallest):
        if not (others := there - out):
            break
        smallest_one = min(sum(lines[place]) for place in others)
        out |= {place for place in others if sum(lines[place]) == smallest_one}
    return frozenset(out)


def with_differences(line: Line, nested: Nested) -> list[int]:
    return [*line, *(line[outer] - line[inner] for outer, inner in nested)]


def is_small(smallest: int) -> Callable[[int], bool]:
    return lambda number: 0 < number < smallest


def could_be_known(lines: Sequence[Line], smallest: int) -> bool:
    """Lines that are left out, from how many are in them together: one alone, few, or nearly as many as small numbers
    add up to."""
    together = [sum(column) for column in zip(*lines, strict=True)]
    return len(lines) == 1 or any(map(is_small(smallest), together)) or are_full(lines, together, smallest)


def are_full(lines: Sequence[Line], together: Sequence[int], smallest: int) -> bool:
    """That in a column of nothing but small numbers there are so many together that not each may be any of them."""
    columns = zip(zip(*lines, strict=True), together, strict=True)
    most = (smallest - 1) * (len(lines) - 1) + 1
    return any(number > most and all(map(is_small(smallest), column)) for column, number in columns)
