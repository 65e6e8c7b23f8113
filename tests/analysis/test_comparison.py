import numpy as np
import pytest

from analysis.comparison import FEWEST_PASSAGES, Blind, compare

HEARD, FUNDED, KIND = ("codes", "heard"), ("codes", "funded"), ("kinds", "idea")
BOTH = frozenset({HEARD, FUNDED})


def blind(count=100, seed=1):
    dice = np.random.default_rng(seed)
    yes = [frozenset(label for label in BOTH if dice.random() < 0.4) for _ in range(count)]
    return [Blind(f"p{number}", held, BOTH - held) for number, held in enumerate(yes)]


def erring(statements, share, seed):
    """Says what people said, but for this share of labels."""
    dice = np.random.default_rng(seed)
    return [{label for label in BOTH if (label in one.yes) != (dice.random() < share)} for one in statements]


def test_a_challenger_that_errs_much_less_is_better():
    statements = blind()
    found = compare(erring(statements, 0.4, seed=2), erring(statements, 0.1, seed=3), statements)
    assert found.better
    assert found.whole.difference.low > 0.05
    assert found.whole.champion.value < found.whole.challenger.value
    assert found.whole.difference.value == pytest.approx(found.whole.challenger.value - found.whole.champion.value)


def test_one_that_errs_as_much_is_not():
    statements = blind()
    for seed in range(3, 8):
        found = compare(erring(statements, 0.2, seed=2), erring(statements, 0.2, seed=seed), statements)
        assert found.whole.difference.low < 0.05
    assert not compare(erring(statements, 0.2, seed=2), erring(statements, 0.2, seed=2), statements).better


def test_of_models_with_nothing_between_them_few_are_taken_for_better():
    taken = 0
    for round_ in range(60):
        statements = blind(60, seed=round_)
        one, other = (erring(statements, 0.25, seed=seed) for seed in (1000 + round_, 2000 + round_))
        taken += compare(one, other, statements, draws=400).better
    assert taken <= 6


def test_few_passages_are_too_few_however_clear_they_look():
    statements = blind(FEWEST_PASSAGES - 1)
    found = compare(erring(statements, 0.5, seed=2), erring(statements, 0, seed=3), statements)
    assert found.whole.difference.low > 0
    assert not found.better


def test_many_statements_of_few_passages_are_few():
    statements = [Blind(f"p{number % 10}", one.yes, one.no) for number, one in enumerate(blind(400))]
    found = compare(erring(statements, 0.5, seed=2), erring(statements, 0, seed=3), statements)
    assert (found.statements, found.passages, found.better) == (400, 10, False)


def test_a_label_that_nobody_was_asked_about_counts_neither_way():
    statements = blind()
    said = erring(statements, 0.2, seed=2)
    louder = [held | {KIND, ("codes", "unknown")} for held in said]
    found = compare(said, louder, statements)
    assert (found.whole.difference.value, found.whole.difference.low, found.whole.difference.high) == (0, 0, 0)


def test_each_family_is_told_by_itself():
    dice = np.random.default_rng(4)
    statements = [Blind(one.passage, one.yes | {KIND} if dice.random() < 0.5 else one.yes, one.no) for one in blind()]
    found = compare([one.yes - {KIND} for one in statements], [one.yes for one in statements], statements)
    assert found.families["codes"].difference.value == 0
    assert found.families["kinds"].difference.value == 1
    assert found.as_record()["families"]["kinds"]["challenger"]["value"] == 1


def test_the_same_decisions_give_the_same_interval():
    statements = blind()
    said = erring(statements, 0.3, seed=2), erring(statements, 0.2, seed=3)
    assert compare(*said, statements) == compare(*said, statements)


def test_nobody_is_judged_by_what_they_have_learned_from():
    statements = blind()
    with pytest.raises(ValueError, match="learned from"):
        compare(erring(statements, 0, 1), erring(statements, 0, 1), statements, learned_from={"p7", "elsewhere"})


def test_there_has_to_be_something_to_judge_by():
    nothing = [Blind("p1", frozenset(), frozenset())]
    with pytest.raises(ValueError, match="blind"):
        compare([set()], [set()], nothing)
    with pytest.raises(ValueError, match="every"):
        compare([set()], [], blind(1))
