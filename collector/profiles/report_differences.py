"""What is different in a report since the one before it: sentences that came and went, numbers that changed."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from collector.profiles.document import Chart, Document, Figures, Grid, Quote, Reply, Section, Table, sentences_of

Place = tuple[str, ...]  # the titles of the sections that it stands in, from the outermost


@dataclass(frozen=True)
class Line:
    place: Place
    words: str


@dataclass(frozen=True)
class Changed:
    place: Place
    what: str
    before: str
    after: str


@dataclass(frozen=True)
class Differences:
    added: tuple[Line, ...]
    gone: tuple[Line, ...]
    changed: tuple[Changed, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.gone or self.changed)


def between(before: Document, after: Document) -> Differences:
    """What makes `after` another report than `before`, in the order of reading.

    A sentence or a row that moved to another section went from one and came to the other.
    """
    old, new = list(lines_of(before.sections)), list(lines_of(after.sections))
    was, numbers = dict(numbers_of(before.sections)), dict(numbers_of(after.sections))
    changed = [
        Changed(place, words, was[place, key][1], value)
        for (place, key), (words, value) in numbers.items()
        if (place, key) in was and was[place, key][1] != value
    ]
    return Differences(without(new, old), without(old, new), tuple(changed))


def without(lines: list[Line], others: list[Line]) -> tuple[Line, ...]:
    """Those that the others have not, or not as often."""
    left = Counter(others)
    found = []
    for line in lines:
        if left[line]:
            left[line] -= 1
        else:
            found.append(line)
    return tuple(found)


def placed(sections: tuple[Section, ...], within: Place = ()) -> Iterator[tuple[Place, Any]]:
    for section in sections:
        place = (*within, section.title)
        yield from ((place, block) for block in section.blocks)
        yield from placed(section.sections, place)


def lines_of(sections: tuple[Section, ...]) -> Iterator[Line]:
    """Sentences, quotes and the rows of tables, by their words."""
    for place, block in placed(sections):
        if isinstance(block, Quote | Reply):
            yield Line(place, block.words)
        elif isinstance(block, Table):
            yield from (Line(place, row.heading) for row in block.rows)
        else:
            yield from (Line(place, one.text) for one in sentences_of(block))


Key = tuple[str, ...]


def numbers_of(sections: tuple[Section, ...]) -> Iterator[tuple[tuple[Place, Key], tuple[str, str]]]:
    """Every figure, cell and bar: where it stands, by what it is known, what it is called, and its value.

    The figures of a row stand in the same order in every report, whatever they are called: 1 barrier, 2 barriers.
    """
    for place, block in placed(sections):
        for key, words, value in in_block(block):
            yield (place, key), (words, value)


def in_block(block: Any) -> Iterator[tuple[Key, str, str]]:
    if isinstance(block, Figures):
        for at, one in enumerate(block.figures):
            yield (block.caption, str(at)), one.words, f"{one.number} {one.of}".strip()
    elif isinstance(block, Chart):
        for bar in block.bars:
            yield (block.caption, bar.label), f"{block.caption}, {bar.label}", bar.value
    elif isinstance(block, Table):
        seen: Counter[str] = Counter()
        for row in block.rows:
            seen[row.heading] += 1
            for column, cell in zip(block.columns[1:], row.cells, strict=True):
                key = (block.caption, row.heading, str(seen[row.heading]), column.heading)
                yield key, f"{row.heading}, {column.heading}", cell
    elif isinstance(block, Grid):
        for group in block.groups:
            for row in group.rows:
                for column, cell in zip(block.columns, row.cells, strict=True):
                    yield (block.caption, group.heading, row.heading, column), f"{row.heading} and {column}", str(cell)
