"""What is too small to be told cannot be worked out from all that is told, by whoever knows every rule."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations_with_replacement

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
    assert small_numbers.told({WHOLE: 12, "a": 7, "b": 6}, 30, {WHOLE: ["a", "b"]})[WHOLE].words() == "12"


def views(of: int, parts: int, smallest: int) -> Iterator[tuple[tuple, dict]]:
    """Everything that `of` organisations can say in so many parts, with what a reader is told of it."""
    names = range(parts)
    for said in combinations_with_replacement(range(2**parts), of):
        numbers: dict = {part: sum(one >> part & 1 for one in said) for part in names}
        numbers[WHOLE] = sum(one > 0 for one in said)
        told = small_numbers.told(numbers, of, {WHOLE: names}, smallest)
        yield tuple((one.low, one.high) for one in told.values()), numbers


# Small enough to be gone through whole; with the number that is used, where that can be.
CASES = [(6, 3, 3), (7, 3, 3), (8, 3, 3), (10, 3, 3), (7, 3, 4), (9, 3, 4), (11, 3, 4), (9, 2, SMALL), (14, 2, SMALL)]


@pytest.mark.parametrize(("of", "parts", "smallest"), CASES)
def test_whoever_tries_every_truth_against_what_is_told_finds_no_small_number(
    of: int, parts: int, smallest: int
) -> None:
    """Truths that look alike to a reader differ in each number that is small, or small beside all."""
    possible: dict = defaultdict(lambda: defaultdict(set))
    for told, numbers in views(of, parts, smallest):
        for key, number in numbers.items():
            possible[told][key].add(number)
    for told, numbers in possible.items():
        for key, candidates in numbers.items():
            if len(candidates) == 1:
                [number] = candidates
                small = 0 < number < smallest or 0 < of - number < smallest
                assert not small, f"{key} is {number}, from {told}"


def test_the_same_search_finds_them_where_numbers_are_hidden_one_by_one() -> None:
    """So that the search above can fail."""
    possible = defaultdict(set)
    for _, numbers in views(14, 2, SMALL):
        told = small_numbers.told(numbers, 14, {}, SMALL)
        possible[tuple((one.low, one.high) for one in told.values())].add(numbers[0])
    assert any(len(one) == 1 and 0 < min(one) < SMALL for one in possible.values())
