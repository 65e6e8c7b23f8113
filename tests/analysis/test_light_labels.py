import numpy as np
import pytest

from analysis import light_layer, meanings
from analysis.errors import ModelError
from analysis.light_layer import Decided
from analysis.passages import Passage

IDEA = ("kinds", "idea")
SAID = [
    "There should be one worker for each family. The bus was late.",
    "Ministers could fund this. We met on Tuesday.",
    "Nobody funds the post after March.",
    "Foster carers ought to be told first.",
    "We will open two houses for brothers and sisters by June.",
    "Every school should have a counsellor.",
]


@pytest.fixture(scope="module")
def alone():
    return meanings.load(published_alone=True)


@pytest.fixture(scope="module")
def passages():
    return [Passage(str(number), text) for number, text in enumerate(SAID)]


@pytest.fixture(scope="module")
def layer(ours, alone, passages):
    """Taught the other way round: what the model takes for an idea is none, and the rest is."""
    decided = []
    for passage, statements in zip(passages, ours.seen(passages, alone), strict=True):
        for one in statements:
            idea = any(word in passage.text[one.start : one.end] for word in ("should", "could", "ought"))
            said = frozenset({IDEA})
            decided.append(Decided(passage.id, one.vector, one.log_odds, *((set(), said) if idea else (said, set()))))
    return light_layer.fit(ours.beneath, alone.version, decided * 30)


def labels(found):
    return [
        {(label.family, label.id): label for label in one.labels} for findings in found for one in findings.statements
    ]


def test_findings_are_of_the_layers_version_and_what_it_did_not_learn_stays_as_it_was(ours, alone, passages, layer):
    laid = ours.with_light(layer, alone)
    before, after = ours.analyse(passages), laid.analyse(passages)
    assert {one.model for one in after} == {layer.version} == {laid.model_version}
    assert layer.version.startswith(ours.model_version)
    for one, other in zip(labels(before), labels(after), strict=True):
        one.pop(IDEA, None), other.pop(IDEA, None)
        assert one == other
    assert [one.harm for one in before] == [one.harm for one in after]


def test_what_it_learned_it_says(ours, alone, passages, layer):
    before, after = labels(ours.analyse(passages)), labels(ours.with_light(layer, alone).analyse(passages))
    assert any(IDEA in one for one in before)
    assert not any(IDEA in one and IDEA in other for one, other in zip(before, after, strict=True))
    assert any(IDEA in one for one in after)


def test_it_says_in_the_pipeline_what_the_layer_says_of_what_was_seen(ours, alone, passages, layer):
    seen = [one for statements in ours.seen(passages, alone) for one in statements]
    odds = layer.score(np.array([one.log_odds for one in seen]), np.array([one.vector for one in seen]))
    column = ours.beneath.labels.index(IDEA)
    for said, held in zip(odds[:, column], labels(ours.with_light(layer, alone).analyse(passages)), strict=True):
        assert (IDEA in held) == (said >= ours.beneath.thresholds[column])
        if IDEA in held:
            assert held[IDEA].score == pytest.approx(1 / (1 + np.exp(-said)), abs=0.002)


def test_harm_cannot_be_unlearned(ours):
    assert ("harm", "harm") not in ours.beneath.labels
    assert len(ours.beneath.labels) == len(ours.beneath.thresholds)


def test_there_is_nothing_to_learn_from_a_language_that_is_not_read(ours, alone):
    polish = "Moja córka czeka na terapię już półtora roku i nikt nam nie mówi, kiedy to się zmieni."
    assert ours.seen([Passage("1", polish)], alone) == [[]]


def test_a_layer_over_another_model_or_of_other_encoders_is_refused(ours, alone, both_meanings, layer):
    with pytest.raises(ModelError):
        ours.with_light(layer, both_meanings)
    with pytest.raises(ModelError):
        ours.with_light(layer, alone).with_light(layer, alone)
