"""What is different in a report since the one before it: sentences that came and went, numbers that changed.

A number is known by where it stands, not by the words over it: a caption tells of how many organisations it speaks, and
is another with each that is heard.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from collector.profiles.document import Chart, Document, Figures, Grid, Quote, Reply, Section, Table, sentences_of

Place = tuple[str, ...]  # the titles of the sections that it stands in, from the outermost


@dataclass(frozen=True)
class Line:
    place: Place
    words: str


@dataclass(frozen=True)
class Changed:
    """`caption`: the words over the numbers among which it stands; `before` or `after` is nothing where there was or is
    no such number."""

    place: Place
    caption: str
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
    changed = changed_numbers(before.sections, after.sections)
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
    """Sentences, quotes, captions and the rows of tables, by their words."""
    for place, block in placed(sections):
        if isinstance(block, Quote | Reply):
            yield Line(place, block.words)
        elif isinstance(block, NUMBERED):
            yield Line(place, block.caption)
            yield from (Line(place, row.heading) for row in (block.rows if isinstance(block, Table) else ()))
        else:
            yield from (Line(place, one.text) for one in sentences_of(block))


# -- Numbers ----------------------------------------------------------------------------------------------

NUMBERED = (Figures, Chart, Table, Grid)


class Number(NamedTuple):
    """`key`: by what it is known among the others of its block; `alone`: that it is told where it came or went too."""

    key: Hashable
    words: str
    value: str
    alone: bool


def changed_numbers(before: tuple[Section, ...], after: tuple[Section, ...]) -> Iterator[Changed]:
    """Also those that came, and of what is gone those that went."""
    was, now = by_place(before), by_place(after)
    for place in {**now, **was}:
        for then, block in paired(was.get(place, []), now.get(place, []), by_caption, by_head):
            caption = (block or then).caption
            shown = "" if isinstance(block or then, Figures) else caption  # which have their own words under each
            of_then, of_now = numbers_of(then, beside=block), numbers_of(block, beside=then)
            for one, other in paired(of_then, of_now, by_key):
                old, new = (part.value if part else "" for part in (one, other))
                if old != new and (all((one, other)) or (one or other).alone):
                    yield Changed(place, shown, (other or one).words, old, new)


def by_place(sections: tuple[Section, ...]) -> dict[Place, list[Any]]:
    found: dict[Place, list[Any]] = {}
    for place, block in placed(sections):
        if isinstance(block, NUMBERED):
            found.setdefault(place, []).append(block)
    return found


def paired(before: Sequence[Any], after: Sequence[Any], *ways: Callable[[Any], Hashable]) -> Iterator[tuple[Any, Any]]:
    """Each of `after` with what it was before, as the first of these ways knows it again, the first with the first;
    then those of before that are no more. None where there is no other."""
    left, found = dict(enumerate(before)), {}
    for way in ways:
        known: dict[Hashable, deque[int]] = defaultdict(deque)
        for at, one in left.items():
            known[way(one)].append(at)
        for at, one in enumerate(after):
            if at not in found and (same := known[way(one)]):
                found[at] = left.pop(same.popleft())
    yield from ((found.get(at), one) for at, one in enumerate(after))
    yield from ((one, None) for one in left.values())


def by_caption(block: Any) -> Hashable:
    return block.block, block.caption


def by_head(block: Any) -> Hashable:
    """What its rows are: the words over them may have another number in them. Those over a chart have none."""
    if isinstance(block, Table):
        return block.block, block.columns[0].heading
    return block.block, block.corner if isinstance(block, Grid) else block.caption


def by_key(one: Number) -> Hashable:
    return one.key


def numbers_of(block: Any, *, beside: Any) -> list[Number]:
    """Every figure, cell and bar. `beside`: the block that it is compared with."""
    if isinstance(block, Figures):
        return list(figures_of(block, as_many=beside is not None and len(beside.figures) == len(block.figures)))
    if isinstance(block, Chart):
        return [Number(bar.label, bar.label, bar.value, alone=True) for bar in block.bars]
    if isinstance(block, Table):
        return list(cells_of(block))
    return list(cells_of_grid(block)) if isinstance(block, Grid) else []


def figures_of(block: Figures, *, as_many: bool) -> Iterator[Number]:
    """`as_many` as there were: then they stand in the same order, whatever they are called."""
    for at, one in enumerate(block.figures):
        key = at if as_many else in_the_singular(one.words)
        yield Number(key, one.words, f"{one.number} {one.of}".strip(), alone=True)


def in_the_singular(words: str) -> str:
    """The same of "1 barrier" and of "2 barriers", roughly: it is compared, and never shown."""
    return " ".join(word.removesuffix("s") for word in words.split())


def cells_of(table: Table) -> Iterator[Number]:
    """What came or went with its row is told where it is a number: the row is told by itself."""
    seen: Counter[str] = Counter()
    for row in table.rows:
        seen[row.heading] += 1
        for column, cell in zip(table.columns[1:], row.cells, strict=True):
            key = (row.heading, seen[row.heading], column.heading)
            yield Number(key, f"{row.heading}, {column.heading}", cell, column.number and is_some(cell))


def cells_of_grid(grid: Grid) -> Iterator[Number]:
    for group in grid.groups:
        for row in group.rows:
            for column, cell in zip(grid.columns, row.cells, strict=True):
                key = (group.heading, row.heading, column)
                yield Number(key, f"{row.heading} and {column}", str(cell), is_some(str(cell)))


def is_some(cell: str) -> bool:
    """A row or a table that came is mostly nothing, which is no news."""
    return cell not in ("", "0", "–")
