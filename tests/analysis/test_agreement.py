from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import agreement
from analysis.agreement import AS_GOOD, BELOW, TOO_FEW, Figure, Unit

ADVOCACY, SUPPORT = ("actions", "advocacy"), ("actions", "support")
VOICE = ("fundamentals", "voice")
NOTHING = Figure(None, None, None)


def unit(number, *people, model=None, group=None):
    """A unit to which one coder after the other gave these labels; None is a coder who did not see it."""
    given_ = {f"coder {place}": frozenset(labels) for place, labels in enumerate(people) if labels is not None}
    read = None if model is None else frozenset(model)
    return Unit(f"{number:06}", f"{number if group is None else group:06}", given_, read)


def coded(label, *coders, model=None):
    """Units from strings of 0 and 1, one string a coder and one character a unit; a dot is an answer not given."""
    sets = {"0": set(), "1": {label}, ".": None}
    columns = zip(*coders, model or "." * len(coders[0]), strict=True)
    return [unit(n, *map(sets.get, people), model=sets[said]) for n, (*people, said) in enumerate(columns)]


def one_of_several(*coders):
    """Units to which each coder gave exactly one label of a family, from strings of one character a unit."""
    columns = enumerate(zip(*coders, strict=True))
    return [unit(n, *(None if a == "." else {("answer", a)} for a in answers)) for n, answers in columns]


# What Krippendorff (2011) works out, by his own numbers.


def test_binary_answers_have_the_alpha_of_the_published_example():
    # Example A. Four of ten units differ; of 20 answers 14 are 0 and 6 are 1: 1 - 19 * 4 / (14 * 6).
    measured = agreement.measure(coded(SUPPORT, "0100000010", "1110010000"), draws=10)
    (label,) = measured.labels
    assert label.people_alpha.value == pytest.approx(0.095, abs=0.0005)
    assert label.people_alpha.value == pytest.approx(1 - 19 * 4 / (14 * 6))
    # One unit got a 1 from both; they gave six in all.
    assert label.people_f1.value == pytest.approx(2 * 1 / 6)


def test_a_family_of_which_each_gave_one_label_has_the_alpha_of_the_published_example():
    # Example B. Of 24 answers a, b, c, d, e were given 4, 6, 6, 6, 2 times, and 18 stand in units that agree:
    # (23 * 18 - 104) / (24 * 23 - 104), where 104 is 4 * 3 + 6 * 5 + 6 * 5 + 6 * 5 + 2 * 1.
    measured = agreement.measure(one_of_several("aabbdcccedda", "babbbccceddd"), draws=10)
    (family,) = measured.families
    assert family.people_alpha.value == pytest.approx(0.692, abs=0.0005)
    assert family.people_alpha.value == pytest.approx(310 / 448)
    assert measured.overall.people_alpha == family.people_alpha


def test_four_coders_with_answers_missing_have_the_alpha_of_the_published_example():
    # Example C. The last unit has one coder and is left out. Of 40 answers 1 to 5 were given 9, 13, 10, 5, 3 times:
    # 72 + 156 + 90 + 20 + 6 = 344. Agreeing pairs, each unit's by 1 / (m - 1): 3+2+4+4+4+0+4+2+4+3+2 = 32.
    measured = agreement.measure(
        one_of_several("123321412...", "1233224125.3", ".3332342251.", "12332441251."), draws=10
    )
    (family,) = measured.families
    assert family.people_alpha.value == pytest.approx(0.743, abs=0.0005)
    assert family.people_alpha.value == pytest.approx((39 * 32 - 344) / (40 * 39 - 344))
    assert (family.units, family.double_coded) == (12, 11)


def test_the_model_beside_one_person_is_measured_as_a_second_person_would_be():
    people = agreement.measure(coded(SUPPORT, "0100000010", "1110010000"), draws=200)
    model = agreement.measure(coded(SUPPORT, "0100000010", model="1110010000"), draws=200)
    assert model.labels[0].model_alpha == people.labels[0].people_alpha
    assert model.labels[0].model_f1 == people.labels[0].people_f1


def test_figures_of_the_model_are_those_counted_by_hand():
    # Two coders on the first two units, one on the others. The model hits 1, 1/2 and 1 and says one in vain: 2.5 of
    # the 3.5 that it says. The people gave 1 + 1/2 + 1 + 1: it hits 2.5 of 3.5.
    (label,) = agreement.measure(coded(SUPPORT, "111100", "10....", model="111010"), draws=10).labels
    precision, recall, f1 = label.model_precision.value, label.model_recall.value, label.model_f1.value
    assert (precision, recall) == (pytest.approx(2.5 / 4), pytest.approx(2.5 / 3.5))
    assert f1 == pytest.approx(2 * 2.5 / (4 + 3.5))
    # Half of a unit, one and one differ; of 12 answers 7.5 are yes: 1 - 11 * 2.5 / (7.5 * 4.5).
    assert label.model_alpha.value == pytest.approx(1 - 11 * 2.5 / (7.5 * 4.5))


def test_a_unit_with_two_coders_weighs_as_one_with_one():
    once = agreement.measure(coded(SUPPORT, "1100", model="1010"), draws=10).labels[0]
    twice = agreement.measure(coded(SUPPORT, "1100", "11..", model="1010"), draws=10).labels[0]
    assert (twice.model_f1.value, twice.model_alpha.value) == (once.model_f1.value, once.model_alpha.value)


# What cannot be measured is not made up.


@pytest.mark.parametrize("same", [frozenset(), frozenset({SUPPORT})])
def test_where_all_say_the_same_alpha_is_undefined_and_not_perfect(same):
    units = [
        replace(one, people={coder: labels | same for coder, labels in one.people.items()}, model=one.model | same)
        for one in coded(VOICE, "1010", "1000", model="1100")
    ]
    # One coder alone gave the label too, where nothing can be compared.
    measured = agreement.measure([*units, unit(9, {SUPPORT})], draws=10)
    support, voice = measured.labels
    for undefined in (support, measured.families[0]):
        assert (undefined.people_alpha, undefined.model_alpha, undefined.difference) == (NOTHING,) * 3
        assert agreement.verdict(undefined) == TOO_FEW
    # What never varies adds nothing to the whole either.
    assert measured.overall.people_alpha.value == pytest.approx(voice.people_alpha.value)


def test_units_with_one_coder_say_nothing_of_people_and_something_of_the_model():
    measured = agreement.measure(coded(SUPPORT, "1100", model="1010"), draws=100).labels[0]
    assert (measured.people_alpha, measured.people_f1, measured.difference) == (NOTHING,) * 3
    assert measured.model_f1.value == pytest.approx(1 / 2)
    assert agreement.verdict(measured) == TOO_FEW


def test_without_a_model_people_alone_are_measured():
    measured = agreement.measure(coded(SUPPORT, "1100", "1010"), draws=10).labels[0]
    figures = (measured.model_alpha, measured.model_precision, measured.model_recall, measured.model_f1)
    assert figures == (NOTHING,) * 4
    assert measured.people_f1.value == pytest.approx(1 / 2)


def test_units_that_the_model_did_not_read_count_among_people_alone():
    read = coded(SUPPORT, "1100", "1010", model="1010")
    unread = [replace(one, id=f"u{one.id}", model=None) for one in coded(SUPPORT, "1111", "0000")]
    some, all_ = (agreement.measure(units, draws=10).labels[0] for units in (read, read + unread))
    assert all_.model_alpha.value == some.model_alpha.value
    assert all_.difference.value == some.difference.value
    assert all_.people_alpha.value < some.people_alpha.value


def test_a_model_that_never_says_a_label_has_recall_and_no_precision():
    label = agreement.measure(coded(SUPPORT, "1100", model="0000"), draws=10).labels[0]
    assert (label.model_recall.value, label.model_f1.value, label.model_precision) == (0, 0, NOTHING)


def test_statements_without_any_label_can_be_measured():
    measured = agreement.measure([unit(1, set(), set(), model=set())], draws=10)
    assert (measured.labels, measured.families) == ((), ())
    assert (measured.overall.units, measured.overall.people_alpha) == (1, NOTHING)


def test_a_figure_that_many_draws_do_not_have_stands_without_an_interval():
    # The label is in one passage of three, which 30 % of draws leave out.
    label = agreement.measure(coded(SUPPORT, "100", "100"), draws=500).labels[0]
    assert label.people_alpha == Figure(1, None, None)


# Counts beside the figures.


def test_counts_are_those_of_statements_and_of_passages_where_the_label_can_be_told():
    units = [
        unit(1, {SUPPORT}, set(), model=set(), group=1),
        unit(2, {SUPPORT}, {SUPPORT, ADVOCACY}, model=set(), group=1),
        unit(3, set(), set(), model={SUPPORT}, group=2),
        unit(4, {SUPPORT}, {SUPPORT}, group=3),
        unit(5, {VOICE}, model=set(), group=4),
    ]
    measured = agreement.measure(units, draws=10)
    advocacy, support, voice = measured.labels
    assert [(one.family, one.label) for one in measured.labels] == [ADVOCACY, SUPPORT, VOICE]
    assert [(one.family, one.label) for one in measured.families] == [("actions", None), ("fundamentals", None)]
    assert (support.units, support.positives, support.double_coded, support.double_coded_positives) == (5, 3, 4, 3)
    assert (voice.positives, voice.double_coded_positives) == (1, 0)
    # Passage 1 has it, 1 (one coder of the first statement) and 2 lack it, 3 was not read, 4 is coded once.
    assert (support.passages, voice.passages, measured.overall.passages) == (1, 0, 1)
    assert measured.families[0].positives == 3
    assert measured.overall.positives == 4


# Against a plain and slow way to reckon the same.

LABELS = (ADVOCACY, SUPPORT, VOICE)
SETS = st.frozensets(st.sampled_from(LABELS))
CODINGS = st.tuples(st.integers(0, 3), st.dictionaries(st.sampled_from("ABCD"), SETS, min_size=1), st.none() | SETS)


def plain_alpha(pairs, pool, scope):
    """One less the mean distance of `pairs` (weight, one, other) over that of all answers of `pool` (weight, one)."""

    def far(one, other):
        return len([label for label in one ^ other if all(a in (None, b) for a, b in zip(scope, label, strict=True))])

    n = sum(weight for weight, _ in pool)
    seen = sum(weight * far(one, other) for weight, one, other in pairs) / n if n else 0
    chance = sum(v * w * far(one, other) for v, one in pool for w, other in pool) / (n * (n - 1)) if n else 0
    return 1 - seen / chance if chance else None


def plain_people(units, scope):
    double = [list(one.people.values()) for one in units if len(one.people) > 1]
    pairs = [(1 / (len(given_) - 1), *pair) for given_ in double for pair in permutations(given_, 2)]
    return plain_alpha(pairs, [(1, one) for given_ in double for one in given_], scope)


def plain_model(units, scope):
    beside = model_beside(units)
    pairs = [(2 * weight, model, person) for weight, model, person in beside]
    return plain_alpha(pairs, [(weight, given_) for weight, *both in beside for given_ in both], scope)


def plain_f1(beside, scope):
    """Precision, recall and F1 of the first over the second, from (weight, one, other)."""
    kept = [label for label in LABELS if all(a in (None, b) for a, b in zip(scope, label, strict=True))]
    hits = sum(weight for weight, one, other in beside for label in kept if label in one & other)
    said = sum(weight for weight, one, _ in beside for label in kept if label in one)
    wanted = sum(weight for weight, _, other in beside for label in kept if label in other)
    shares = (hits / said if said else None, hits / wanted if wanted else None)
    return *shares, 2 * hits / (said + wanted) if said + wanted else None


def people_beside(units):
    """Each pair of people, both ways round, those of a unit weighing one together."""
    double = [list(one.people.values()) for one in units if len(one.people) > 1]
    return [(1 / (len(g) * (len(g) - 1)), *pair) for g in double for pair in permutations(g, 2)]


def model_beside(units):
    read = [one for one in units if one.model is not None]
    return [(1 / len(one.people), one.model, given_) for one in read for given_ in one.people.values()]


@settings(max_examples=100, deadline=None)
@given(st.lists(CODINGS, min_size=1, max_size=7))
def test_all_figures_are_those_of_a_plain_way_to_reckon_them(codings):
    units = [Unit(str(n), str(group), people, model) for n, (group, people, model) in enumerate(codings)]
    both = [one for one in units if one.model is not None and len(one.people) > 1]
    measured = agreement.measure(units, draws=3)
    for found in (measured.overall, *measured.families, *measured.labels):
        scope = (found.family, found.label)
        people, model = plain_people(both, scope), plain_model(both, scope)
        precision, recall, f1 = plain_f1(model_beside(units), scope)
        expected = {
            "people_alpha": plain_people(units, scope),
            "people_f1": plain_f1(people_beside(units), scope)[2],
            "model_alpha": plain_model(units, scope),
            "model_precision": precision,
            "model_recall": recall,
            "model_f1": f1,
            "difference": None if None in (people, model) else model - people,
        }
        assert {name: getattr(found, name).value for name in expected} == pytest.approx(expected)


# Intervals.


@pytest.fixture(scope="module")
def simulate():
    """Units of passages in which a statement shares the passage's truth for 7 labels in 10; coders err independently.

    Each label is a sample of its own. The model errs as `model` (sensitivity, specificity) says, or as people do.
    """

    def make(frequency, people, model=None, passages=200, labels=200, seed=5):
        rng = np.random.default_rng(seed)
        shape = (passages * 3, labels)
        of_passage = np.repeat(rng.random((passages, labels)) < frequency, 3, axis=0)
        truth = np.where(rng.random(shape) < 0.7, of_passage, rng.random(shape) < frequency)

        def coder(sensitivity, specificity):
            yes = np.where(truth, rng.random(shape) < sensitivity, rng.random(shape) > specificity)
            return [frozenset(("simulated", f"{place:03}") for place in np.flatnonzero(row)) for row in yes]

        columns = zip(coder(*people), coder(*people), coder(*(model or people)), strict=True)
        return [unit(n, one, other, model=said, group=n // 3) for n, (one, other, said) in enumerate(columns)]

    return make


def true_alpha(frequency, one, other):
    """Of two coders of this sensitivity and specificity in endless data."""
    (s, c), (t, d) = one, other
    differ = frequency * (s * (1 - t) + t * (1 - s)) + (1 - frequency) * (c * (1 - d) + d * (1 - c))
    yes = (frequency * (s + t) + (1 - frequency) * (2 - c - d)) / 2
    return 1 - differ / (2 * yes * (1 - yes))


def covered(figures, truth):
    return np.mean([figure.low <= truth <= figure.high for figure in figures])


def test_an_interval_holds_the_truth_as_often_as_it_says(simulate):
    people, model = (0.85, 0.99), (0.75, 0.98)
    measured = agreement.measure(simulate(0.1, people, model)).labels
    among, beside = true_alpha(0.1, people, people), true_alpha(0.1, people, model)
    assert 0.9 <= covered([label.people_alpha for label in measured], among) <= 0.99
    assert 0.9 <= covered([label.model_alpha for label in measured], beside) <= 0.99
    assert 0.84 <= covered([label.difference for label in measured], beside - among) <= 0.95


def test_statements_drawn_one_by_one_would_give_intervals_that_are_too_narrow():
    # Every passage holds eight statements that are coded as one.
    rng = np.random.default_rng(3)
    answers = np.repeat(rng.random((60, 2, 50)) < 0.5, 8, axis=0)
    sets = [[{("simulated", f"{n:02}") for n in np.flatnonzero(row)} for row in rows] for rows in answers]
    by_passage = [unit(n, *rows, group=n // 8) for n, rows in enumerate(sets)]
    alone = [unit(n, *rows) for n, rows in enumerate(sets)]
    kept, lost = (covered([one.people_alpha for one in agreement.measure(u).labels], 0) for u in (by_passage, alone))
    assert kept > 0.85
    assert lost < 0.65


def test_an_interval_is_that_of_passages_drawn_one_sample_after_the_other(simulate):
    units = simulate(0.3, (0.8, 0.9), passages=12, labels=2)
    measured = agreement.measure(units, draws=60, seed=7)
    samples = []
    for times in np.random.default_rng(7).multinomial(12, [1 / 12] * 12, size=60):
        drawn = [
            replace(one, id=f"{one.id} {copy}", group=f"{one.group} {copy}")
            for one in units
            for copy in range(times[int(one.group)])
        ]
        samples.append(agreement.measure(drawn, draws=1).overall)
    for name, ends in (("people_alpha", [2.5, 97.5]), ("model_f1", [2.5, 97.5]), ("difference", [5, 95])):
        figure = getattr(measured.overall, name)
        expected = np.percentile([getattr(sample, name).value for sample in samples], ends)
        assert (figure.low, figure.high) == pytest.approx(tuple(expected))


def test_the_same_units_in_another_order_have_the_same_figures(simulate):
    units = simulate(0.2, (0.8, 0.95), passages=30, labels=5)
    measured = agreement.measure(units)
    assert agreement.measure(list(reversed(units))) == measured
    assert agreement.measure(units, seed=1) != measured


# Verdicts.


def verdicts(units):
    found = [agreement.verdict(label) for label in agreement.measure(units).labels]
    return {word: found.count(word) / len(found) for word in (TOO_FEW, AS_GOOD, BELOW)}


def test_a_model_that_codes_as_people_do_is_seldom_said_to_be_below_them(simulate):
    found = verdicts(simulate(0.2, (0.9, 0.99), labels=100))
    assert found[BELOW] <= 0.08
    assert found[AS_GOOD] >= 0.8


def test_a_model_that_codes_worse_is_found_below_people_and_not_as_good(simulate):
    found = verdicts(simulate(0.2, (0.9, 0.99), (0.6, 0.98), labels=60))
    assert found[BELOW] >= 0.95
    assert found[AS_GOOD] == 0


def test_a_model_a_margin_below_people_is_seldom_said_to_be_as_good(simulate):
    people, model = (0.9, 0.99), (0.78, 0.982)
    less = true_alpha(0.1, people, people) - true_alpha(0.1, people, model)
    assert less == pytest.approx(agreement.MARGIN, abs=0.001)
    assert 0 < verdicts(simulate(0.1, people, model, labels=400))[AS_GOOD] <= 0.09


def test_few_passages_give_no_verdict_however_many_statements_they_hold():
    def passages(number):
        carrying = [unit(n, {SUPPORT}, {SUPPORT}, model={SUPPORT}, group=n % number) for n in range(400)]
        return carrying + [unit(400 + n, set(), set(), model=set(), group=400 + n) for n in range(400)]

    few, enough = (
        agreement.measure(passages(number)).labels[0] for number in (agreement.MINIMUM - 1, agreement.MINIMUM)
    )
    assert (few.double_coded_positives, agreement.verdict(few)) == (400, TOO_FEW)
    assert agreement.verdict(enough) == AS_GOOD


def test_a_label_whose_interval_lies_under_that_of_people_is_below_them():
    label = agreement.measure(coded(SUPPORT, "10" * 30, "10" * 30, model="10" * 30)).labels[0]
    assert agreement.verdict(label) == AS_GOOD
    apart = replace(label, people_alpha=Figure(0.8, 0.7, 0.9), model_alpha=Figure(0.6, 0.5, 0.69))
    assert agreement.verdict(apart) == BELOW


def test_a_difference_that_may_be_more_than_the_margin_is_not_called_as_good():
    label = agreement.measure(coded(SUPPORT, "10" * 30, "10" * 30, model="10" * 30)).labels[0]
    assert agreement.verdict(replace(label, difference=Figure(-0.02, -0.11, 0.07))) == TOO_FEW
    assert agreement.verdict(replace(label, difference=Figure(-0.05, -0.11, -0.01))) == BELOW


# What cannot be right is refused.


def test_what_cannot_be_measured_is_refused_in_words():
    with pytest.raises(ValueError, match="no units"):
        agreement.measure([])
    with pytest.raises(ValueError, match="000002 was coded by nobody"):
        agreement.measure([unit(1, {SUPPORT}), unit(2, model={SUPPORT})])
    with pytest.raises(ValueError, match="000001 is given 2 times"):
        agreement.measure([unit(1, {SUPPORT}), unit(1, set())])
    with pytest.raises(ValueError, match="one draw at least"):
        agreement.measure([unit(1, {SUPPORT})], draws=0)
