import json

import numpy as np
import pytest

from analysis import encoder, store
from analysis.barriers import BarrierWeights
from analysis.errors import ModelError
from analysis.labels import Features, Weights


def features(name):
    names = ((f"{name}é",), (f"{name} b", "’"))
    return Features(names, np.array([1.5, 2.0], np.float32), np.array([[0.5, -0.25], [1.0, 2.0]], np.float32))


def model():
    labels = (("actions", "support"), ("kinds", "barrier"))
    return Weights(
        labels=labels,
        words=features("word"),
        groups=features(" gr"),
        grammar=features("VB"),
        asked=np.ones((7, 2), np.float32),
        centre=np.zeros(encoder.WIDTH, np.float32),
        meaning=np.full((encoder.WIDTH, 2), 0.125, np.float32),
        bias=np.array([-1, -2], np.float32),
        thresholds=np.array([0.5, 0.25], np.float32),
    )


@pytest.fixture
def kept(tmp_path):
    card = {"encoder_sha256": encoder.MODEL_SHA256, "framework": store.framework_version()}
    store.keep(tmp_path, model(), BarrierWeights(("always", "word no"), np.array([0.1, 0.7])), card)
    return tmp_path


def change_card(folder, **changes):
    card = json.loads((folder / store.CARD_FILE).read_text())
    (folder / store.CARD_FILE).write_text(json.dumps({**card, **changes}))


def test_what_is_kept_comes_back_the_same(kept):
    found, wanted = store.load(kept), model()
    assert found.labels.labels == wanted.labels
    for name in ("words", "groups", "grammar"):
        one, two = getattr(found.labels, name), getattr(wanted, name)
        assert one.names == two.names
        assert np.array_equal(one.idf, two.idf)
        assert np.array_equal(one.weights, two.weights)
    for name in ("asked", "centre", "meaning", "bias", "thresholds"):
        assert np.array_equal(getattr(found.labels, name), getattr(wanted, name))
    assert found.barriers.names == ("always", "word no")
    assert np.allclose(found.barriers.weights, [0.1, 0.7])


def test_the_version_names_the_weights(kept):
    card = store.load(kept).card
    assert card["version"] == f"linear-{encoder.sha256_of(kept / store.WEIGHTS_FILE)[:10]}"


@pytest.mark.parametrize("file", [store.CARD_FILE, store.WEIGHTS_FILE])
@pytest.mark.parametrize("harm", ["absent", "short", "other"])
def test_a_damaged_model_is_refused_with_what_to_do(kept, file, harm):
    path = kept / file
    content = path.read_bytes()
    path.unlink() if harm == "absent" else path.write_bytes(content[:-20] if harm == "short" else b"x" + content[1:])
    with pytest.raises(ModelError, match="feedback-loop train"):
        store.load(kept)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"encoder_sha256": "0" * 64}, "another sentence encoder"),
        ({"framework": "plan-24-30/1"}, "another version of the framework"),
        ({"format": 99}, "format 99"),
        ({"weights_sha256": "0" * 64}, "damaged"),
    ],
)
def test_a_model_made_for_something_else_is_refused(kept, changes, message):
    change_card(kept, **changes)
    with pytest.raises(ModelError, match=message):
        store.load(kept)


def test_weights_that_would_need_pickle_are_refused(kept):
    np.savez(kept / store.WEIGHTS_FILE, words_names=np.array([{"run": "me"}], dtype=object))
    change_card(kept, weights_sha256=encoder.sha256_of(kept / store.WEIGHTS_FILE))
    with pytest.raises(ModelError, match="cannot be read"):
        store.load(kept)


def test_the_model_of_the_repository_belongs_to_this_version():
    card = store.load().card
    assert card["passages"] == 7854
    assert set(card["held_out_micro_f1"]) == {"actions", "fundamentals", "kinds", "barrier_themes"}
