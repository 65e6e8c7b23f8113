"""What reports on organisations and on areas say alike: quotes, the Fundamentals, the grid."""

from collections import defaultdict
from collections.abc import Callable, Sequence

from collector import dates
from collector.frameworks import plan
from collector.intake import documents
from collector.profiles import promises
from collector.profiles.document import Block, Grid, GridGroup, GridRow, Paragraph, Quote, Section, Sentence
from collector.profiles.lines import Line


def joined(parts: Sequence[str]) -> str:
    """ "one, two and three" """
    *first, end = parts or [""]
    return f"{', '.join(first)} and {end}" if first else end


def nothing(words: str) -> Paragraph:
    return Paragraph((Sentence(words, fixed="empty"),))


def fact(words: str) -> Paragraph:
    return Paragraph((Sentence(words, fixed="fact"),))


def method(words: str) -> Paragraph:
    return Paragraph((Sentence(words, fixed="method"),))


def quote(line: Line, who: str, cites: tuple[int, ...]) -> Quote:
    """With the actions that it speaks to and the days that it promises."""
    named = [plan.title(one.family, one.label) for one in line.labels if one.family == "actions"]
    beside = ("Sent jointly" if len(line.who) > 1 else "", ", ".join(named), by_when(line))
    return Quote(
        words=line.text,
        who=who,
        when=documents.day_told(line.source),
        source=documents.title_told(line.source),
        cites=cites,
        beside=tuple(words for words in beside if words),
    )


def by_when(line: Line) -> str:
    """Nothing where words are redacted, which may be those of the day."""
    said_on = dates.local_day(line.source.received_at)
    days = "" if line.redacted else promises.by_when(line.promised, said_on)
    return f"By when: {days.removeprefix('by ')}" if days else ""


def fundamentals(told: Callable[[str], Sequence[Block]]) -> Section:
    """`told` of each by its id."""
    parts = [
        Section(one.title, (fact(one.summary), *(told(one.id) or [nothing("Nothing was heard on this yet.")])))
        for one in plan.current().fundamentals
    ]
    lead = fact("Five principles that are meant to run through everything.")
    return Section("The Fundamentals", (lead,), tuple(parts))


def grid(caption: str, both: Callable[[str, str], int]) -> Section:
    """`both` counts what speaks to an action and to a Fundamental, by their ids."""
    found = plan.current().fundamentals
    groups = by_priority_area(lambda action: tuple(both(action, one.id) for one in found))
    return Section("Actions and Fundamentals", (Grid(caption, "Action", tuple(one.title for one in found), groups),))


def by_priority_area(cells: Callable[[str], tuple[int, ...]]) -> tuple[GridGroup, ...]:
    rows: dict[str, list[GridRow]] = defaultdict(list)
    for action in plan.current().actions:
        rows[action.priority_area].append(GridRow(action.title, cells(action.id)))
    return tuple(GridGroup(area.title, tuple(rows[area.id])) for area in plan.current().priority_areas)
