"""Counts corrected by a blind sample hold the truth as often as they say, where the truth is known; and say so where
they cannot."""

import known_truth
import numpy as np
import pytest
from known_truth import PAIRS, PARTS, REGIMES, Regime

from analysis import prevalence
from analysis.prevalence import CORRECTED, MINIMUM, PEOPLE_ONLY, TOO_FEW, Blind, Said, Statements

ALL = np.ones((1, 10), bool)


def said(yes: int = 2, labelled: int = 1, rest: int = 20) -> Said:
    """Ten organisations: of so many people decided that they say it, the others have this many statements each."""
    known = np.array([1] * yes + [0] * (10 - yes))
    return Said(known, np.full(10, labelled), np.full(10, rest))


def blind(number: int, *, of: int = 5, band: int = -1, yes: float = 0.0, first: int = 0) -> list[Blind]:
    return [Blind(first + place, (of + place % 5,), band, yes, 0.1) for place in range(number)]


@pytest.mark.parametrize("regime", REGIMES[:4] + REGIMES[-2:], ids=lambda one: one.name)
def test_intervals_hold_the_truth_in_a_few_runs_of_each_kind(regime: Regime) -> None:
    found = known_truth.held(regime, 25)
    assert found.organisations >= 0.92
    assert found.statements >= 0.88


@pytest.mark.parametrize("regime", PAIRS, ids=lambda one: one.name)
def test_intervals_of_two_labels_at_once_and_of_an_area_hold_the_truth(regime: Regime) -> None:
    found = known_truth.held(regime, 20)
    assert found.organisations >= 0.95
    assert found.statements >= 0.9


@pytest.mark.parametrize("regime", PARTS, ids=lambda one: one.name)
def test_intervals_of_an_area_that_is_unlike_the_others_hold_the_truth(regime: Regime) -> None:
    found = known_truth.held(regime, 20)
    assert found.organisations >= 0.9
    assert found.statements >= 0.95
    assert found.told >= 0.6


@pytest.mark.slow
@pytest.mark.parametrize("regime", PARTS, ids=lambda one: one.name)
def test_intervals_of_parts_that_are_unlike_the_others_hold_the_truth_in_95_of_100_runs(regime: Regime) -> None:
    found = known_truth.held(regime, 120)
    assert min(found.organisations, found.statements) >= 0.95


@pytest.mark.slow
@pytest.mark.parametrize("regime", PAIRS, ids=lambda one: one.name)
def test_intervals_of_the_tables_of_areas_hold_the_truth_in_95_of_100_runs(regime: Regime) -> None:
    found = known_truth.held(regime, 120)
    assert found.organisations >= 0.95
    assert found.statements >= 0.93  # 120 runs tell a share of 0.97 to 0.03


@pytest.mark.slow
@pytest.mark.parametrize("regime", REGIMES, ids=lambda one: one.name)
def test_intervals_hold_the_truth_in_93_of_100_runs_and_are_of_use(regime: Regime) -> None:
    found = known_truth.held(regime, 120)
    assert found.organisations >= 0.93
    assert found.statements >= 0.91  # 120 runs tell a share of 0.95 to 0.04
    assert found.width <= 0.75 * regime.organisations


def test_more_blind_items_make_a_narrower_interval() -> None:
    few, many = (known_truth.held(Regime("", blind=number), 15).width for number in (60, 1000))
    assert many < few / 2


def test_with_too_few_blind_items_only_what_people_decided_is_counted_and_it_says_so() -> None:
    [one] = prevalence.organisations(said(), blind(MINIMUM - 1), ALL)
    assert (one.decided, one.low, one.high, one.basis) == (2, 2, 2, TOO_FEW)
    # Fifty statements of two passages are no sample of passages.
    same = [Blind(place % 2, (5,), -1, 0.0, 0.1) for place in range(MINIMUM)]
    assert prevalence.organisations(said(), same, ALL)[0].basis == TOO_FEW


def test_where_nothing_is_left_to_decide_there_is_nothing_to_correct() -> None:
    [one] = prevalence.organisations(said(labelled=0, rest=0), [], ALL)
    assert (one.low, one.high, one.basis) == (2, 2, PEOPLE_ONLY)


def test_no_error_among_few_is_not_no_error() -> None:
    [silent] = prevalence.organisations(said(labelled=0), blind(60), ALL)
    assert (silent.decided, silent.basis) == (2, CORRECTED)
    assert silent.low == 2  # the machine found nothing, and nobody else may say it
    assert silent.high > 2  # but 60 without a miss do not tell that there is none in 160
    right = [Blind(place, (2 + place % 8,), 2, 1.0, 0.1) for place in range(10)]
    [labelled] = prevalence.organisations(said(rest=0), right + blind(60, first=60), ALL)
    assert labelled.low < 10 == labelled.high


def test_labels_of_which_no_blind_item_was_seen_are_not_taken_for_certain() -> None:
    [one] = prevalence.organisations(said(labelled=3), blind(200), ALL)
    assert one.low <= 3
    assert one.high == 10


def test_misses_of_who_says_it_anyway_are_not_laid_on_who_is_silent() -> None:
    """Ten organisations: the blind sample found misses in the two that say it elsewhere too, and none in the others."""
    own = Said(np.array([9, 9] + [0] * 8), np.zeros(10, int), np.full(10, 30))
    spoken = [Blind(place, (place % 2,), -1, float(place % 3 == 0), 0.1) for place in range(60)]
    [theirs] = prevalence.organisations(own, spoken + blind(200, of=2, first=60), ALL)
    elsewhere = [Blind(place, (2 + place % 8,), -1, 0.1, 0.1) for place in range(60)]
    [everywhere] = prevalence.organisations(own, elsewhere + blind(200, of=2, first=60), ALL)
    assert theirs.high < everywhere.high


def test_one_wordy_organisation_with_all_right_labels_does_not_speak_for_those_with_a_few_wrong_ones() -> None:
    """Of statements drawn three in four are right; of organisations one in ten is."""
    own = Said(np.zeros(10, int), np.array([90] + [5] * 9), np.zeros(10, int))
    sample = [Blind(place, (0,), 2, 1.0, 0.1) for place in range(50)]
    sample += [Blind(50 + place, (1 + place % 9,), 2, 0.0, 0.1) for place in range(18)]
    least, _ = prevalence.bounds(own, sample, 1000, np.random.default_rng(1))
    assert least.mean() < 0.35
    [one] = prevalence.organisations(own, sample, ALL)
    assert one.low <= 1


def test_statements_are_counted_by_what_people_said_of_their_band() -> None:
    sample = blind(400, yes=0.0) + [
        Blind(400 + place, (place // 10,), band, float(place % 10 < right), 0.1)
        for band, right in ((0, 2), (2, 9))
        for place in range(100)
    ]
    whole = Statements(np.array([10]), np.array([[100, 0, 100]]), np.array([0]))
    [one] = prevalence.statements(whole, sample, ALL)
    assert one.low < 10 + 20 + 90 < one.high
    assert one.high - one.low < 50


def test_statements_of_a_scope_are_counted_by_its_own_items() -> None:
    """All labels are right in the first two organisations and wrong in the others, of which one has hardly an item."""
    sample = [Blind(place, (place % 2,), 2, 1.0, 0.1) for place in range(80)]
    sample += [Blind(80 + place, (2 + place % 7,), 2, 0.0, 0.1) for place in range(140)]
    sample += [Blind(220, (9,), 2, 0.0, 0.1)]
    scopes = np.array([[True] * 2 + [False] * 8, [False] * 2 + [True] * 8, [False] * 9 + [True]])
    counted = Statements(np.array([1, 1, 1]), np.array([[0, 0, 100]] * 3), np.array([0, 0, 0]))
    right, wrong, unknown = prevalence.statements(counted, sample, scopes)
    assert right.low > 80
    assert wrong.high < 20
    assert (unknown.low, unknown.high, unknown.basis) == (1, 1, TOO_FEW)


def test_an_item_of_nobody_tells_nothing_of_organisations_statements() -> None:
    sample = [Blind(place, (), 2, 1.0, 0.1) for place in range(80)]
    [one] = prevalence.statements(Statements(np.array([0]), np.array([[0, 0, 9]]), np.array([9])), sample, ALL)
    assert one.basis == TOO_FEW


def test_each_scope_is_counted_by_itself_and_the_same_again_is_the_same() -> None:
    scopes = np.array([[True] * 10, [True, True] + [False] * 8, [False] * 10])
    counted = prevalence.organisations(said(), blind(100), scopes)
    assert counted == prevalence.organisations(said(), blind(100), scopes)
    assert [(one.decided, one.low) for one in counted[1:]] == [(2, 2), (0, 0)]
    assert counted[1].high == 2


def test_what_was_drawn_without_a_chance_or_has_no_place_is_refused() -> None:
    with pytest.raises(ValueError, match="chance"):
        prevalence.organisations(said(), [Blind(1, (0,), -1, 0.0, 0.0)], ALL)
    with pytest.raises(ValueError, match="place"):
        prevalence.organisations(said(), [], np.ones((1, 3), bool))
    with pytest.raises(ValueError, match="counts"):
        prevalence.statements(
            Statements(np.zeros(1, int), np.zeros((1, 3), int), np.zeros(1, int)), [], np.ones((2, 3))
        )


@pytest.mark.parametrize(("score", "band"), [(None, -1), (0.0, 0), (0.49, 0), (0.5, 1), (0.75, 2), (1.0, 2)])
def test_a_score_is_in_the_last_band_that_it_reaches(score: float | None, band: int) -> None:
    assert prevalence.band_of(score) == band
