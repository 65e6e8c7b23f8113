"""Numbers of organisations or people as anybody may read them: none from which one of them could be known.

The one place that says so; every page and report for others than staff, and than whom it is about, asks it. Why it is
done in this way: docs/decisions/0022-small-numbers.md.
"""

from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

SMALL = 5  # fewer than these are not told


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


def told(
    numbers: Mapping[Hashable, int],
    of: int,
    wholes: Mapping[Hashable, Collection[Hashable]] | None = None,
    smallest: int = SMALL,
) -> dict[Any, Told]:
    """Each of these numbers of organisations, of the `of` that answered; nothing where those are too few themselves.

    From 1 it is "fewer than 5"; where fewer than 5 are missing of all, it is so many or more, all of them or not.
    `wholes`: what a number is made up of, each part of one whole, so that one could be worked out from the others.
    Where any of them is not told, the whole is told only as what its parts show anyway, or more; where it is the whole
    alone, its greatest part is not told either.
    """
    if of < smallest:
        return {}
    found = {key: by_itself(number, of, smallest) for key, number in numbers.items()}
    for whole, parts in (wholes or {}).items():
        there = [part for part in parts if part in found]
        if whole not in found or not there or found[whole].low < smallest:
            continue
        if found[whole].hidden and not any(found[part].hidden for part in there):
            found[max(there, key=lambda part: found[part].low)] = Told(smallest, of)
        if any(found[part].hidden for part in there):
            found[whole] = Told(max(smallest, *(found[part].low for part in there)), of)
    return found


def by_itself(number: int, of: int, smallest: int) -> Told:
    if 0 < number < smallest:
        return Told(1, smallest - 1)
    if number >= smallest and of - number < smallest:
        return Told(max(smallest, of - smallest + 1), of)
    return Told(number, number)
