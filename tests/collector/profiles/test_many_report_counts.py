"""What anybody reads in a report on many organisations: from none of it a small number can be worked out."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, combinations_with_replacement, product
from typing import Any

import pytest

from collector.findings import small_numbers
from collector.findings.counts import Heard
from collector.findings.small_numbers import SMALL
from collector.frameworks import plan
from collector.profiles import document
from collector.profiles.many import Told
from collector.profiles.many_report_counts import (
    ACTIONS,
    AREAS,
    BARRIER,
    KINDS,
    NEED,
    OFFER,
    THEMES,
    ForStaff,
)
from collector.profiles.report_contents import ANYONE, Cited
from collector.profiles.report_coverage import Coverage
from collector.profiles.report_of_many import OfMany

PLANNING, SUPPORT = "planning", "support"  # two actions, of two priority areas
FUNDING, STAFFING = "funding", "workforce-capacity"
Statement = dict[str, str]  # a label of each family


class Imagined(OfMany):
    """A report for anybody on organisations that say these statements: the words are those of any report, and only what
    there is to count is not from a database."""

    def __init__(self, statements: Sequence[Statement], said: Sequence[tuple[str, ...]]) -> None:
        """`said`: of each organisation, of each statement, whether people decided it ("d"), a machine suggests it ("s")
        or it does not say it ("")."""
        self.audience, self.cited, self.lines, self.summaries = ANYONE, Cited(), {}, {}
        self.cites = self.quotes = 1
        self.sample, self.round_id = False, None
        ids = dict.fromkeys(range(len(said)), "third_sector")
        self.heard = self.everybody = Heard(ids, {}, {}, frozenset(), frozenset(), ids)
        self.coverage = Coverage(self.everybody, self.heard, (), ANYONE)
        self.sources, self.considered, self.left_out = (), frozenset(), 0
        self.statements, self.checked, self.harm, self.done = 3 * len(said), 20, 0, 0
        self.unquoted, self.unnamed = set(), set()
        self.items, self.promises = [], []
        self.labels = {family: defaultdict(Told) for family in plan.OF_THE_PLAN}
        self.of_actions, self.of_areas, self.themes_of_actions = (defaultdict(Told) for _ in range(3))
        for id, of_one in enumerate(said):
            for statement, how in zip(statements, of_one, strict=True):
                for one in self.counted_under(statement) if how else ():
                    one.said.add(id)
                    one.decided |= {id} if how == "d" else set()
        self.count()

    def counted_under(self, statement: Statement) -> Iterator[Told]:
        for family, label in statement.items():
            yield self.labels[family][label]
        for group, (first, second) in (
            (self.of_actions, (ACTIONS, KINDS)),
            (self.of_areas, (AREAS, KINDS)),
            (self.themes_of_actions, (ACTIONS, THEMES)),
        ):
            if first in statement and second in statement:
                yield group[statement[first], statement[second]]

    def text(self) -> str:
        """All that its sections say."""
        lines = [sentence.text for (sentence,) in self.in_short_all()]
        for part in document.walked((*self.by_area(), self.in_the_way(), self.needs_and_offers(), self.fundamentals())):
            for block in part.blocks:
                lines += [f"{part.title}: {sentence.text}" for sentence in document.sentences_of(block)]
                lines += [" | ".join((row.heading, *row.cells)) for row in getattr(block, "rows", ())]
        return "\n".join(lines)

    def in_short_all(self) -> Iterator[Any]:
        yield from self.areas_in_short()
        yield from self.themes_in_short()
        yield from self.promises_in_short()
        yield from self.needs_in_short()
        yield from self.silent_in_short()


def on(action: str, kind: str, **more: str) -> Statement:
    return {ACTIONS: action, AREAS: plan.area_of(action), KINDS: kind, **more}


def in_area(action: str, kind: str, **more: str) -> Statement:
    """On the priority area of an action, and on none of its actions."""
    return {AREAS: plan.area_of(action), KINDS: kind, **more}


def known(truths: Iterable[tuple[str, dict[Any, int]]]) -> Iterator[str]:
    """What a reader knows who tries every truth against what is told: the numbers that are the same in all that read
    alike."""
    possible: dict[str, dict[Any, set[int]]] = defaultdict(lambda: defaultdict(set))
    for text, numbers in truths:
        for key, number in numbers.items():
            possible[text][key].add(number)
    for text, numbers in possible.items():
        for key, candidates in numbers.items():
            if len(candidates) == 1 and 0 < min(candidates) < SMALL:
                yield f"{key} is {min(candidates)} where it reads:\n{text}"


Said = tuple[str, ...]  # by an organisation: of each statement "d", "s" or "", as above


def truths(statements: Sequence[Statement], each: Sequence[Said], of: int, report: Any = Imagined) -> Iterator:
    """Everything that so many organisations can say, where each says one of these; with how it reads, and how many
    there are of every description: those that say any of some of these."""
    groups = [frozenset(some) for size in range(1, len(each)) for some in combinations(each, size)]
    groups = [some for some in groups if all(any(one) for one in some)]  # who says nothing is the rest
    for said in combinations_with_replacement(each, of):
        number = Counter(said)
        yield report(statements, said).text(), {some: sum(number[one] for one in some) for some in groups}


def each_of(*states: str, statements: int = 2) -> list[Said]:
    return list(product(states, repeat=statements))


# Two statements: an organisation says none of them, one or both.
TWO = {
    "a theme, on an action and on none": [on(PLANNING, BARRIER, barrier_themes=FUNDING), {THEMES: FUNDING}],
    "an area, by an action and without one": [on(PLANNING, BARRIER), in_area(PLANNING, BARRIER)],
    "a need, by an action and without one": [on(PLANNING, NEED), {KINDS: NEED}],
    "in the way of an action, with and without a theme": [
        on(PLANNING, BARRIER, barrier_themes=FUNDING),
        on(PLANNING, BARRIER),
    ],
    "two themes": [{THEMES: FUNDING}, {THEMES: STAFFING}],
    "an action and its area": [{ACTIONS: PLANNING, AREAS: "planning"}, in_area(PLANNING, "idea")],
}
# A third, that others say: so that nobody can know that the first two are all there is.
THREE = {
    "needs on two actions": [on(PLANNING, NEED), on(SUPPORT, NEED), {KINDS: NEED}],
    "two kinds on one action": [on(PLANNING, NEED), on(PLANNING, OFFER), {AREAS: "planning"}],
    "two themes of one action": [
        on(PLANNING, BARRIER, barrier_themes=FUNDING),
        on(PLANNING, BARRIER, barrier_themes=STAFFING),
        on(PLANNING, BARRIER),
    ],
}
OTHERS = [("", "", ""), ("d", "", ""), ("", "d", ""), ("d", "d", ""), ("", "", "d")]
CASES = [pytest.param(statements, each_of("", "d"), id=name) for name, statements in TWO.items()]
CASES += [pytest.param(statements, OTHERS, id=name) for name, statements in THREE.items()]


@pytest.mark.parametrize(("statements", "each"), CASES)
def test_whoever_tries_every_truth_against_a_whole_report_finds_no_small_number(
    statements: list[Statement], each: list[Said]
) -> None:
    assert next(known(truths(statements, each, 14 if len(statements) < 3 else 12)), None) is None


def test_nor_does_it_follow_from_what_a_machine_suggests_beside_it() -> None:
    statement = on(PLANNING, NEED, barrier_themes=FUNDING, fundamentals=plan.current().fundamentals[0].id)
    assert next(known(truths([statement], each_of("", "s", "d", statements=1), 18)), None) is None


class AsStaffReadIt(Imagined):
    def count(self) -> None:
        self.counts = ForStaff(self.answered)


class OneByOne(Imagined):
    """Each number is hidden by itself, and none for what follows from it with others."""

    def told_somewhere(self) -> dict[str, dict[Any, Told]]:
        return {"none": {}}

    def count(self) -> None:
        super().count()
        groups = super().told_somewhere()
        for group in groups.values():
            for one in group.values():
                one.number = small_numbers.told({"": len(one.decided)}, self.answered).get("")


@pytest.mark.parametrize("report", [AsStaffReadIt, OneByOne])
def test_the_same_search_finds_them_in_what_staff_read_and_where_numbers_are_hidden_one_by_one(report: Any) -> None:
    """So that the search above can fail."""
    statements = [on(PLANNING, BARRIER, barrier_themes=FUNDING), {THEMES: FUNDING}]
    assert next(known(truths(statements, each_of("", "d"), 14, report)), None)
