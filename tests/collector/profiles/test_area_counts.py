"""The words in which an area's counts are told: to staff as they are, to anybody so that nothing small can be found."""

from collections import defaultdict
from itertools import combinations_with_replacement

import pytest

from collector.findings import estimates
from collector.findings.estimates import Said
from collector.findings.small_numbers import SMALL
from collector.profiles import area_counts
from collector.profiles.area_counts import AreaCounts
from collector.profiles.area_report_counts import ForAnybody
from collector.profiles.statements import AREA_KIND, KIND

AREAS = ("planning", "supporting-workforce")


def said(decided: int, suggested: int, low: int, high: int, basis: str = estimates.CORRECTED) -> Said:
    return Said(32, decided, suggested, low, high, basis, 40)


@pytest.mark.parametrize(
    ("one", "short", "words"),
    [
        (said(5, 9, 8, 17), "8 to 17", "between 8 and 17 organisations"),
        (said(5, 0, 5, 5), "5", "5 organisations"),
        (said(0, 0, 0, 3), "0", "between 0 and 3 organisations"),
        (
            said(3, 4, 3, 3, estimates.TOO_FEW),
            "3 (+4)",
            "3 organisations, as people decided, and 4 more that the machine suggests, not counted",
        ),
        (
            said(0, 4, 0, 0, estimates.NOT_CORRECTED),
            "0 (+4)",
            "none that people decided, and 4 that the machine suggests, not counted",
        ),
        (said(1, 0, 1, 1, estimates.PEOPLE_ONLY), "1", "1 organisation"),
    ],
)
def test_a_count_is_a_range_or_what_people_decided_with_the_rest_beside(one: Said, short: str, words: str) -> None:
    assert area_counts.in_short(one) == short
    assert area_counts.in_words(one) == words


def told(members: tuple[int, ...]) -> tuple[ForAnybody, dict[tuple[str, str], int]]:
    """What anybody is told where each organisation speaks under none, one or both of two priority areas."""
    numbers = {(KIND, "activity"): sum(one > 0 for one in members)}
    for place, area in enumerate(AREAS):
        numbers[AREA_KIND, f"{area}|activity"] = sum(one >> place & 1 for one in members)
    cells: dict = defaultdict(dict)
    for (what, where), number in numbers.items():
        if number:
            cells[what][where] = [number, number, 3 * number, 3 * number]
    return ForAnybody(AreaCounts(cells, len(members), len(members))), numbers


def test_whoever_tries_every_truth_against_all_that_a_report_says_finds_no_small_number() -> None:
    of = 14
    possible: dict = defaultdict(lambda: defaultdict(set))
    for members in combinations_with_replacement(range(4), of):
        report, numbers = told(members)
        shown = [report.figure("activity", "says", "say")]
        shown += [(report.cell(*key), report.in_words(*key)) for key in numbers]
        for key, number in numbers.items():
            possible[str(shown)][key].add(number)
    for shown, numbers in possible.items():
        for key, candidates in numbers.items():
            if len(candidates) == 1:
                [number] = candidates
                small = 0 < number < SMALL or 0 < of - number < SMALL
                assert not small, f"{key} is {number}: {shown}"


def test_a_figure_of_which_a_part_is_hidden_says_no_more_than_the_other_parts() -> None:
    report, _ = told((1,) * 8 + (2,) * 4 + (0,) * 18)
    assert report.figure("activity", "says", "say").number == "8 or more"
    assert (
        report.in_words(AREA_KIND, "supporting-workforce|activity") == "Fewer than 5 organisations, as people decided"
    )
