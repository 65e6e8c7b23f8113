"""Published figures and lines of budgets in a report: the latest in a table, a chart of each over time."""

from collections.abc import Iterator, Sequence
from typing import Any

from collector import dates
from collector.profiles import periods
from collector.profiles.document import NUMBER, Bar, Block, Chart, Column, Paragraph, Row, Section, Sentence, Table
from collector.profiles.statistics import Point, Shown

FEWEST_BARS = 2
MOST_DECIMALS = 6  # of a bar


def section(found: Sequence[Shown]) -> Section:
    columns = ("Statistic", "Latest", "Period", "Scotland", "Source")
    latest = Table("The latest figures", tuple(map(Column, columns)), tuple(map(row, found)))
    return Section("Statistics and budgets", (latest, *(block for one in found for block in in_time(one))))


def row(one: Shown) -> Row:
    latest, beside = one.latest, one.beside(one.latest)
    value = f"{one.words(latest)} {one.facts.of}".strip() if latest.value is not None else one.words(latest)
    told = [latest.period.words, latest.marks or latest.missing]
    scotland = one.words(beside) if beside else "–"
    source = f"{one.facts.source}, {one.facts.publisher}, published {dates.in_words(one.published_on)}"
    return Row(one.facts.title, (value, ", ".join(filter(None, told)), scotland, source))


def in_time(one: Shown) -> Iterator[Block]:
    """Nothing where there are too few numbers for a chart: the table has them."""
    bars = tuple(bar for point in one.told for bar in bars_of(one, point))
    if len(bars) >= FEWEST_BARS:
        yield Chart(one.facts.title, "Period", unit(one), bars)
        if told := tuple(Sentence(words, fixed="fact") for words in beside(one)):
            yield Paragraph(told)


def bars_of(one: Shown, point: Point) -> Iterator[Bar]:
    value = "" if point.value is None else f"{point.value:.{min(one.decimals, MOST_DECIMALS)}f}"
    if NUMBER.fullmatch(value):
        yield Bar(periods.short_words_of(point.period), value)


def unit(one: Shown) -> str:
    """What a number of it is: "percent of school leavers", "pounds", "children"."""
    kind = one.facts.shown_as
    return one.facts.of if one.facts.of and kind in ("number", "rate") else f"{kind} {one.facts.of}".strip()


def beside(one: Shown) -> Iterator[str]:
    """What the bars do not say."""
    if one.change:
        since = "from" if one.change == "no change" else "since"
        yield f"In {one.latest.period.words}: {one.change} {since} {one.before.period.words}."
    for point in one.told:
        if told := point.missing or point.marks:
            yield f"{point.period.words}: {told}."
    if one.facts.note:
        yield one.facts.note


def drawn_from(found: Sequence[Shown]) -> list[Any]:
    """All that this is made of, for the hash of a report's data."""
    return [
        [one.facts.title, one.facts.unit, one.facts.of, one.facts.source, one.facts.publisher, one.facts.note]
        + [one.published_on.isoformat()]
        + [[point.period.words, one.words(point), point.missing, point.marks] for point in (*one.points, *one.scotland)]
        for one in found
    ]
