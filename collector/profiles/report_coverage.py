"""Who was heard and who was not, as a report on many organisations tells it: in numbers, by what they are."""

from collections.abc import Collection, Mapping, Sequence
from itertools import permutations

from collector.findings import counts, small_numbers
from collector.findings.counts import KIND, Heard
from collector.findings.small_numbers import SMALL
from collector.how_many import plural
from collector.organisations import directory
from collector.profiles.document import Column, Row, Table
from collector.profiles.many import Sent
from collector.profiles.report_contents import ANYONE
from collector.profiles.report_parts import joined

LEFT_OUT = "Lines with a number below five are left out, and so are lines from which one could be worked out."


class Coverage:
    """`heard` are those of `everybody` whose words may be told, `sources` what is of them and of nobody."""

    def __init__(self, everybody: Heard, heard: Heard, sources: Sequence[Sent], audience: str) -> None:
        self.everybody, self.heard, self.sources, self.audience = everybody, heard, sources, audience

    @property
    def few_unnamed(self) -> bool:
        """That for anybody so few of those that answered may not be named that no number may tell how many."""
        return self.audience == ANYONE and 0 < len(self.everybody.kinds.keys() - self.heard.kinds.keys()) < SMALL

    def by_what_they_are(self, by: str, caption: str, columns: Mapping[str, Collection[int]]) -> Table:
        """Organisations of each kind, or of each area that any of them works in: how many in each of the columns.

        For anybody without the lines from which it could be known who they are.
        """
        names = directory.KIND_WORDS if by == KIND else directory.area_names()
        nowhere = directory.KIND_NOT_KNOWN if by == KIND else "Not said"
        numbers = {word: counts.number_under(self.everybody, ids, by) for word, ids in columns.items()}
        shown_ones = [id for id in names if any(one.get(id) for one in numbers.values())]
        shown_ones += [counts.NOWHERE] if any(one.get(counts.NOWHERE) for one in numbers.values()) else []
        cells = [[one.get(id, 0) for one in numbers.values()] for id in shown_ones]
        out = self.left_out(cells, columns, apart=by == KIND) if self.audience == ANYONE else frozenset()
        rows = [
            Row(names.get(id, nowhere), tuple(f"{number:,}" for number in of))
            for place, (id, of) in enumerate(zip(shown_ones, cells, strict=True))
            if place not in out
        ]
        if out:
            caption += " (lines with numbers too small to be told left out)"
        head = "Kind of organisation" if by == KIND else "Council area"
        return Table(caption, (Column(head), *(Column(word, number=True) for word in columns)), tuple(rows))

    def areas_not_heard(self) -> list[str]:
        there = {area for id in self.everybody.kinds for area in self.everybody.all_areas.get(id, ())}
        return [name for id, name in directory.area_names().items() if id not in {*there, *directory.EVERYWHERE}]

    def left_out(
        self, cells: list[list[int]], columns: Mapping[str, Collection[int]], *, apart: bool
    ) -> frozenset[int]:
        """The lines that anybody could know somebody by."""
        ids = list(map(set, columns.values()))
        nested = [(a, b) for a, b in permutations(range(len(ids)), 2) if ids[b] <= ids[a]]
        return small_numbers.left_out(cells, [len(one) for one in ids], nested, apart=apart)

    def told_number(self, number: int) -> str:
        """For anybody not a number so small that it could tell who."""
        return small_numbers.in_words(number) if self.audience == ANYONE else f"{number:,}"

    def part(self, ids: Collection[int], of: Collection[int], *besides: Collection[int]) -> str:
        """ "12 of 40"; for anybody nothing where few of them are in it, or are not, so that they could be known.

        `besides`: in what else they are, of which it is told how many there are.
        """
        others = [len(of) - len(ids), *(len(one) - len(ids) for one in besides)]
        few = len(of) < SMALL or any(0 < number < SMALL for number in (len(ids), *others)) or self.few_unnamed
        return "" if few and self.audience == ANYONE else f"{len(ids):,} of {len(of):,}"

    def others_words(self) -> str:
        """Who else was heard, that is no organisation."""
        individuals = len({sent for _, _, whose, sent in self.sources if whose is None and sent})
        rest = sum(whose is None and sent is None for _, _, whose, sent in self.sources)
        parts = [plural(individuals, "individual")] if individuals else []
        parts += [plural(rest, "meeting or other source", "meetings or other sources")] if rest else []
        if self.audience == ANYONE and 0 < individuals + rest < SMALL:
            return ""
        return joined(parts)
