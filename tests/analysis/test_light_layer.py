import json
from dataclasses import dataclass, replace

import numpy as np
import pytest

from analysis import light_layer
from analysis.errors import ModelError
from analysis.light_layer import Decided

HEARD, FUNDED, RARE = LABELS = (("codes", "heard"), ("codes", "funded"), ("codes", "rare"))
ENCODERS = "0123456789"
WIDTH = 8


@dataclass(frozen=True)
class Beneath:
    version: str = "few-shot-1"
    labels: tuple = LABELS
    thresholds: tuple = (-0.7, -0.7, -0.7)


def decided(count=40, seed=1):
    """Statements that are about being heard where the first number of their vector is above zero; the model beneath
    knows nothing of it. Whether they are funded, it says right. Nobody looked at the rare label."""
    dice = np.random.default_rng(seed)
    found = []
    for number in range(count):
        vector = dice.normal(size=WIDTH)
        vector /= np.linalg.norm(vector)
        funded = number % 2 == 0
        odds = np.array([-1.0, 2.5 if funded else -2.5, -3.0])
        held = {HEARD: vector[0] > 0, FUNDED: funded}
        yes = frozenset(label for label, holds in held.items() if holds)
        found.append(Decided(f"p{number}", vector, odds, yes, frozenset(held) - yes))
    return found


def fit(statements, beneath=None):
    return light_layer.fit(beneath or Beneath(), ENCODERS, statements)


def scores(layer, statements):
    return layer.score(np.array([one.log_odds for one in statements]), np.array([one.vector for one in statements]))


def test_it_learns_what_the_model_beneath_does_not_know():
    unseen = decided(200, seed=2)
    found = scores(fit(decided(200)), unseen)[:, 0] > 0
    assert np.mean(found == [HEARD in one.yes for one in unseen]) > 0.9


def test_it_leaves_what_the_model_beneath_knows():
    unseen = decided(200, seed=2)
    found = scores(fit(decided(200)), unseen)[:, 1] > 0
    assert np.mean(found == [FUNDED in one.yes for one in unseen]) > 0.98


def test_a_label_that_nobody_looked_at_stays_exactly_what_it_was():
    unseen = decided(50, seed=2)
    layer = fit(decided(200))
    assert [one["id"] for one in layer.card["learned"]] == ["heard", "funded"]
    assert (scores(layer, unseen)[:, 2] == -3.0).all()


def test_from_one_side_alone_nothing_is_learned():
    only_yes = [replace(one, yes=one.yes | {RARE}) for one in decided()]
    assert (scores(fit(only_yes), only_yes)[:, 2] == -3.0).all()


def test_who_looks_at_suggestions_alone_does_not_teach_that_what_they_add_is_everywhere():
    """They deny what was suggested in vain, add what is missing, and never say that what is missing is rightly so."""
    dice = np.random.default_rng(6)
    looked_at = []
    for one in decided(300):
        given = dice.random() < 0.2
        holds = dice.random() < (0.8 if given else 0.05)
        rare = replace(one, log_odds=np.array([*one.log_odds[:2], 1.0 if given else -3.0]))
        told = {"yes": one.yes | {RARE}} if holds else {"no": one.no | {RARE}} if given else {}
        looked_at.append(replace(rare, **told))
    not_given = decided(200, seed=2)
    assert scores(fit(looked_at), not_given)[:, 2].mean() < -2


def test_unknown_is_not_no():
    some = decided(60)
    unknown = [replace(one, no=one.no - {HEARD}) for one in decided(60, seed=3)]
    unknown = [one for one in unknown if HEARD not in one.yes]
    told_no = [replace(one, no=one.no | {HEARD}) for one in unknown]
    plain, with_unknown, with_no = (
        scores(fit(more), some)[:, 0] for more in (some, [*some, *unknown], [*some, *told_no])
    )
    assert np.allclose(plain, with_unknown, atol=1e-4)
    assert with_no.mean() < plain.mean() - 0.2


def test_what_was_said_both_ways_is_unknown():
    some = decided(60)
    torn = [replace(one, passage=f"{one.passage}-again", no=one.no | one.yes) for one in decided(30, seed=3)]
    layer = fit([*some, *torn])
    heard = sum(HEARD in one.yes for one in some)
    assert layer.card["learned"][0]["yes"] == heard


def test_few_decisions_move_it_little_and_many_far():
    unseen = decided(100, seed=2)
    before = np.array([one.log_odds for one in unseen])
    few, many = (np.abs(scores(fit(decided(count)), unseen) - before)[:, 0].mean() for count in (8, 400))
    assert few < many / 3


def test_a_rare_label_is_not_drowned_by_those_who_lack_it():
    statements = decided(400)
    rare = [replace(one, yes=one.yes | {RARE}) if one.vector[1] > 0.65 else one for one in statements]
    whole = [replace(one, no=frozenset(LABELS) - one.yes) for one in rare]
    assert 8 < sum(RARE in one.yes for one in whole) < 25
    found = scores(fit(whole), whole)[:, 2]
    held = np.array([RARE in one.yes for one in whole])
    assert found[held].min() > np.median(found[~held]) + 1


def test_the_same_decisions_in_any_order_are_the_same_bytes():
    statements = decided()
    assert fit(statements).kept() == fit(statements[::-1]).kept()


def test_the_version_names_the_model_beneath_and_is_another_after_one_more_decision():
    statements = decided()
    one, other = fit(statements[:-1]).version, fit(statements).version
    assert one.startswith("few-shot-1+light-")
    assert one != other


def test_what_is_kept_comes_back_the_same():
    statements, layer = decided(), fit(decided())
    again = light_layer.read(*layer.kept(), Beneath(), ENCODERS)
    assert again.version == layer.version
    assert again.passages == {one.passage for one in statements}
    assert np.array_equal(scores(again, statements), scores(layer, statements))


def test_damaged_weights_are_refused():
    weights, card = fit(decided()).kept()
    for broken in (weights[:-9], b"", weights[:60] + bytes([weights[60] ^ 1]) + weights[61:]):
        with pytest.raises(ModelError):
            light_layer.read(broken, card, Beneath(), ENCODERS)


def damaged_cards(card):
    told = json.loads(card)
    yield card[:-40]
    yield "[]"
    yield json.dumps({**told, "format": 0})
    yield json.dumps({**told, "passages": []})
    yield json.dumps({**told, "statements": told["statements"] + 1})
    yield json.dumps({**told, "version": "few-shot-1+light-0000000000"})
    yield json.dumps({name: value for name, value in told.items() if name != "weights_sha256"})


def test_a_damaged_card_is_refused():
    weights, card = fit(decided()).kept()
    for broken in damaged_cards(card):
        with pytest.raises(ModelError):
            light_layer.read(weights, broken, Beneath(), ENCODERS)


@pytest.mark.parametrize(
    ("beneath", "encoders"),
    [
        (Beneath(version="few-shot-2"), ENCODERS),
        (Beneath(labels=LABELS[::-1]), ENCODERS),
        (Beneath(), "9876543210"),
    ],
)
def test_a_layer_over_something_else_is_refused(beneath, encoders):
    with pytest.raises(ModelError):
        light_layer.read(*fit(decided()).kept(), beneath, encoders)


def test_where_nothing_can_be_learned_it_says_so():
    for nothing in ([], decided(2)):
        with pytest.raises(ValueError, match="3 times"):
            fit(nothing)


def test_log_odds_of_other_labels_are_refused():
    with pytest.raises(ValueError, match="3 log odds"):
        fit([replace(one, log_odds=one.log_odds[:2]) for one in decided()])


def test_what_each_piece_adds_comes_to_the_score():
    layer, statement = fit(decided()), decided(1, seed=5)[0]
    pieces = np.random.default_rng(7).normal(size=(4, WIDTH))
    pieces += statement.vector - pieces.mean(axis=0)
    beneath = np.tile(statement.log_odds, (4, 1))
    added = layer.adds(beneath, pieces).mean(axis=0)
    constants = np.zeros(3)
    constants[layer.columns] = layer.constants
    assert np.allclose(added + constants, scores(layer, [statement])[0])
