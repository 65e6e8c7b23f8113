"""How many organisations of an area say what, of those that were heard from: a range where the blind sample gives one,
else what people decided. What a machine alone labelled is told beside it, and never counted.

A kept profile has the counts and the last measuring has the estimates; they meet when they are shown, so that neither
is made anew for the other's sake.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from sqlmodel import Session

from collector.findings import counts, estimates
from collector.findings.estimate_models import Estimate
from collector.findings.estimates import Counted, Said
from collector.how_many import plural
from collector.profiles.areas import SCOTLAND
from collector.profiles.statements import ACTION_KIND, AREA_KIND, GRID

# What profiles call by a name of its own, and estimates by its two families.
PAIRS = dict(zip((ACTION_KIND, AREA_KIND, GRID), estimates.PAIRS, strict=True))

# The five figures at the top: a kind, and what one organisation and several do that say it.
FIGURES = (
    ("activity", "says what it does", "say what they do"),
    ("commitment", "states a plan", "state plans"),
    ("barrier", "says what is in the way", "say what is in the way"),
    ("support-needed", "asks for help", "ask for help"),
    ("offer", "offers help", "offer help"),
)
# The columns of the table of actions, of the same kinds.
COLUMNS = ("Do", "Plan", "Say what is in the way", "Need help", "Offer help")

Label = tuple[str, str]
Cells = Mapping[str, Mapping[str, Collection[int]]]


@dataclass(frozen=True)
class AreaCounts:
    """`heard`: organisations heard from, of all `organisations` that work there."""

    cells: Cells
    heard: int
    organisations: int
    known: Mapping[Label, Estimate] = field(default_factory=dict)

    def said(self, what: str, where: str) -> Said:
        """Of one cell of a profile."""
        organisations, decided, statements, confirmed = self.cells.get(what, {}).get(where, (0, 0, 0, 0))
        family = estimates.both(*PAIRS[what]) if what in PAIRS else what
        counted = Counted(decided, organisations - decided, statements, confirmed)
        return estimates.corrected(counted, self.heard, self.known.get((family, where)))


def estimates_of(session: Session, area: str, *, without: Collection[Label] = ()) -> dict[Label, Estimate]:
    """What the last measuring says of an area. `without`: labels of which no suggestion may be told."""
    place = ("", "") if area == SCOTLAND else (counts.AREA, area)
    known = estimates.of_place(session, *place)
    return {label: one for label, one in known.items() if not any(part in without for part in estimates.parts(*label))}


# -- In words --------------------------------------------------------------------------------------------


def is_known(one: Said) -> bool:
    """Whether people or the machine take any organisation to say it."""
    return bool(one.decided or one.suggested)


def in_short(one: Said) -> str:
    """For a cell: "5 to 9", "3 (+4)" where the machine suggests 4 more, "0" where nothing is known."""
    if not is_known(one):
        return "0"
    if one.corrected:
        return f"{one.low:,}" if one.low == one.high else f"{one.low:,} to {one.high:,}"
    return f"{one.decided:,} (+{one.suggested:,})" if one.suggested else f"{one.decided:,}"


def in_words(one: Said) -> str:
    """ "between 5 and 9 organisations", "3 organisations, as people decided, and 4 more that the machine suggests, not
    counted" """
    if one.corrected and one.low != one.high:
        return f"between {one.low:,} and {one.high:,} organisations"
    number = plural(one.low, "organisation")
    if one.corrected or not one.suggested:
        return number
    if one.decided:
        return f"{number}, as people decided, and {one.suggested:,} more that the machine suggests, not counted"
    return f"none that people decided, and {one.suggested:,} that the machine suggests, not counted"


def figure(one: Said) -> str:
    """The number of a figure of its own; `beside` says the rest."""
    return in_short(one) if one.corrected else f"{one.decided:,}"


def beside(one: Said) -> str:
    """What stands under a figure of its own: of how many, and what the figure rests on."""
    told = f"of {one.answered:,} heard from"
    if one.corrected and one.low != one.high:
        return f"{told}; people decided it of {one.decided:,}"
    if one.corrected or not one.suggested:
        return told
    return f"{told}, as people decided; {one.suggested:,} more suggested by the machine, not counted"


def at_most(said: Iterable[Said]) -> int:
    """Where nothing is known, as many may say it all the same, of whom the machine missed it."""
    return max((one.high for one in said if not is_known(one)), default=0)
