"""What is too small to be told cannot be worked out from all that is told, by whoever knows every rule."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, combinations_with_replacement, product
from typing import Any

import pytest

from collector.findings import small_numbers
from collector.findings.small_numbers import SMALL, Told

WHOLE = "whole"


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "0"),
        (1, "fewer than 5"),
        (4, "fewer than 5"),
        (5, "5"),
        (15, "15"),
        (16, "16 or more"),
        (19, "16 or more"),
        (20, "16 or more"),
    ],
)
def test_few_are_told_as_fewer_than_five_and_so_is_how_few_are_missing(number: int, words: str) -> None:
    assert small_numbers.told({"a": number}, 20)["a"].words() == words


def test_of_fewer_than_five_nothing_is_told_and_of_five_all_is_all() -> None:
    assert small_numbers.told({"a": 0, "b": 4}, 4) == {}
    assert small_numbers.told({"a": 5}, 5)["a"] == Told(5, 5)


def test_a_whole_whose_part_is_hidden_says_no_more_than_its_parts_do() -> None:
    told = small_numbers.told({WHOLE: 12, "a": 8, "b": 4}, 30, {WHOLE: ["a", "b"]})
    assert [told[one].words() for one in (WHOLE, "a", "b")] == ["8 or more", "8", "fewer than 5"]
    # By itself 12 would have told that b is 4.
    assert small_numbers.told({WHOLE: 14, "a": 7, "b": 7}, 30, {WHOLE: ["a", "b"]})[WHOLE].words() == "14"


@pytest.mark.parametrize(
    ("whole", "a", "b", "how", "words"),
    [
        (13, 9, 6, "wholes", "9 or more"),  # 4 of them are not in a
        (14, 8, 8, "wholes", "8 or more"),  # 2 of them are in both
        (14, 8, 8, "wider", "14"),
        (13, 9, 4, "wider", "9 or more"),
        (14, 9, 4, "wider", "14"),  # how many are besides is not known
    ],
)
def test_nor_do_the_few_follow_that_are_not_in_a_part_or_in_two(
    whole: int, a: int, b: int, how: str, words: str
) -> None:
    numbers = {WHOLE: whole, "a": a, "b": b}
    assert small_numbers.told(numbers, 40, **{how: {WHOLE: ["a", "b"]}})[WHOLE].words() == words


# -- Numbers of what is said ------------------------------------------------------------------------------


Labels = tuple[str, ...]


def views(statements: Sequence[Labels], of: int, smallest: int, **how: Any) -> Iterator[tuple[Any, dict]]:
    """What a reader is told of everything that `of` organisations can say, each any of these statements with its
    labels; with how many there are of every description: those that say any of some choices of labels."""
    each = sorted({tuple(sorted(set().union(*some))) for some in subsets(statements)})
    groups = [frozenset(some) for some in subsets(each) if some and () not in some]
    labels = sorted(set().union(*statements))
    for said in combinations_with_replacement(each, of):
        number = Counter(said)
        numbers = {label: sum(number[one] for one in each if label in one) for label in labels}
        told = small_numbers.told(numbers, of, smallest=smallest, **how)
        yield told_of(told), {some: sum(number[one] for one in some) for some in groups}


def told_of(told: dict[Any, Told]) -> tuple[tuple[int, int], ...]:
    return tuple((one.low, one.high) for one in told.values())


def subsets(of: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
    for size in range(len(of) + 1):
        yield from combinations(of, size)


def known(truths: Iterable[tuple[Any, dict]], smallest: int) -> list[tuple]:
    """The small numbers that are the same in all truths that look alike to a reader."""
    possible: dict = defaultdict(lambda: defaultdict(set))
    for view, numbers in truths:
        for key, number in numbers.items():
            possible[view][key].add(number)
    return [
        (view, key, min(candidates))
        for view, numbers in possible.items()
        for key, candidates in numbers.items()
        if len(candidates) == 1 and 0 < min(candidates) < smallest
    ]


WHOLES, WIDER = {"wholes": {WHOLE: ["a", "b"]}}, {"wider": {WHOLE: ["a", "b"]}}
INNER = {"wider": {"a": ["in a"], WHOLE: ["a", "in a"]}}
MADE_UP = [(WHOLE, "a"), (WHOLE, "b")]
# Small enough to be gone through whole; with the number that is used, where that can be.
CASES = [
    *((MADE_UP, of, smallest, WHOLES) for of, smallest in ((7, 3), (11, 3), (9, 4), (12, SMALL), (14, SMALL))),
    *(([(WHOLE, "a"), (WHOLE,)], of, smallest, WIDER) for of, smallest in ((8, 3), (14, SMALL), (17, SMALL))),
    *(([*MADE_UP, (WHOLE,)], of, smallest, WIDER) for of, smallest in ((8, 3), (10, 3))),
    *(([(WHOLE, "a", "in a"), (WHOLE, "a"), (WHOLE,)], of, smallest, INNER) for of, smallest in ((11, 3), (14, SMALL))),
]


@pytest.mark.parametrize(("statements", "of", "smallest", "how"), CASES)
def test_whoever_tries_every_truth_against_what_is_told_finds_no_small_number(
    statements: list[Labels], of: int, smallest: int, how: dict
) -> None:
    """Nor that of those who say one thing and not another, nor of those that are missing of all."""
    assert known(views(statements, of, smallest, **how), smallest) == []


@pytest.mark.parametrize(("of", "smallest"), [(6, 3), (8, 3), (9, 3), (9, 4)])
def test_nor_where_a_whole_is_made_up_of_three(of: int, smallest: int) -> None:
    """Of too many descriptions to try all: what is told or hidden, and what is left beside it."""
    names = ["a", "b", "c"]

    def truths() -> Iterator[tuple[Any, dict]]:
        for said in combinations_with_replacement(list(subsets(names)), of):
            numbers: dict = {name: sum(name in one for one in said) for name in names}
            numbers[WHOLE] = sum(map(bool, said))
            told = small_numbers.told(numbers, of, {WHOLE: names}, smallest)
            beside = {("beside", name): numbers[WHOLE] - numbers[name] for name in names}
            missing = {("missing", name): of - number for name, number in numbers.items()}
            yield told_of(told), numbers | beside | missing

    assert known(truths(), smallest) == []


def test_the_same_search_finds_them_where_numbers_are_hidden_one_by_one() -> None:
    """So that the search above can fail."""
    assert known(views(MADE_UP, 14, SMALL), SMALL)


# -- Lines of a table ------------------------------------------------------------------------------------


def tables(lines: int, most: int, columns: int) -> Iterator[tuple[tuple[int, ...], ...]]:
    """Of all numbers up to `most`; what is in the second column is in the first."""
    line: list[tuple[int, ...]] = [(one,) for one in range(most + 1)]
    if columns == 2:
        line = [(one, two) for one in range(most + 1) for two in range(one + 1)]
    return product(line, repeat=lines)


def read(lines: int, most: int, columns: int, *, apart: bool) -> Iterator[tuple[Any, dict]]:
    """What anybody reads of every table, with its numbers and, of two lines, those of both."""
    nested = [(0, 1)] if columns == 2 else []
    for table in tables(lines, most, columns):
        sums = [sum(column) for column in zip(*table, strict=True)]
        for totals in [tuple(sums)] if apart else unions(table, nested):
            # Of the greatest tables here there are few, and no table has a bound.
            if max(totals) > most * (lines - 1 if apart else 1):
                continue
            out = small_numbers.left_out(table, totals, nested, apart=apart, smallest=3)
            shown = tuple((place, line) for place, line in enumerate(table) if any(line) and place not in out)
            each = [small_numbers.with_differences(line, nested) for line in table]
            numbers: dict = {(place, at): number for place, line in enumerate(each) for at, number in enumerate(line)}
            for one, two in combinations(range(lines), 2):
                both = zip(each[one], each[two], strict=True)
                numbers |= {(one, two, at): sum(numbers_of) for at, numbers_of in enumerate(both)}
            if not any(0 < number < 3 for number in small_numbers.with_differences(totals, nested)):
                yield (totals, shown, bool(out)), numbers


def unions(table: Sequence[Sequence[int]], nested: list[tuple[int, int]]) -> Iterator[tuple[int, ...]]:
    """The totals that there can be where organisations may stand in several lines."""
    each = [small_numbers.with_differences(line, nested) for line in table]
    ranges = [range(max(column), sum(column) + 1) for column in zip(*each, strict=True)]
    for totals in product(*ranges[: len(table[0])]):
        if all(total in one for total, one in zip(small_numbers.with_differences(totals, nested), ranges, strict=True)):
            yield totals


@pytest.mark.parametrize(
    ("lines", "most", "columns", "apart"),
    [(4, 6, 1, True), (5, 5, 1, True), (3, 6, 2, True), (4, 5, 1, False), (3, 5, 2, False)],
)
def test_no_line_that_is_left_out_follows_from_those_that_are_told_and_their_totals(
    lines: int, most: int, columns: int, apart: bool
) -> None:
    assert known(read(lines, most, columns, apart=apart), 3) == []


def test_one_line_that_is_left_out_takes_another_with_it_where_the_total_would_tell_it() -> None:
    lines, nested = [[30, 20], [12, 3], [40, 25]], [(0, 1)]
    assert small_numbers.left_out(lines, [82, 48], nested, apart=True) == {0, 1}
    assert small_numbers.left_out(lines, [60, 40], nested, apart=False) == {1}
    # All but a few of them answered: those few could be known.
    assert small_numbers.left_out([[30, 28], [20, 10]], [45, 36], nested, apart=False) == {0}
    # And so could those few that answered and were not invited.
    columns = [(0, 1), (2, 1)]
    assert small_numbers.left_out([[40, 20, 22], [30, 20, 20]], [60, 35, 37], columns, apart=False) == {0, 1}
