import json

import numpy as np
import pytest

from analysis import encoder, store
from analysis.errors import ModelError
from analysis.labels import HARM, SPANS, Weights

WORDS = {"carers": 40, "sibling": 7}
LAYERS = {"0.encoder.layer.0.output.dense.weight": np.eye(3, dtype=np.int8)}


def model():
    labels = (("actions", "support"), ("kinds", "barrier"), HARM)
    dice = np.random.default_rng(1)
    return Weights(
        labels=labels,
        labels_by_state=dice.normal(size=(encoder.WIDTH, 3)).astype(np.float32),
        labels_bias=np.float32([-1, -2, -3]),
        thresholds=np.float32([0.5, 0.25, 0]),
        calibration=np.float32([[1, 0], [1.1, 0.2], [1, 0]]),
        spans_by_state=dice.normal(size=(encoder.WIDTH, len(SPANS))).astype(np.float32),
        spans_bias=np.zeros(len(SPANS), np.float32),
        span_thresholds=np.ones(len(SPANS), np.float32),
        grams_bias=np.float32([-1, 0, -2]),
        grams=np.array([1 << 15, (1 << 15) + 7], np.int32),
        rarity=np.float32([1.5, 2.5]),
        labels_by_gram=dice.normal(size=(2, 3)).astype(np.float16),
    )


@pytest.fixture
def kept(tmp_path):
    card = {"framework": store.framework_version(), "encoder_sha256": "0" * 64}
    store.keep(tmp_path, LAYERS, store.Model(model(), b"\x00cutter", WORDS, card))
    return tmp_path


def change_card(folder, **changes):
    card = json.loads((folder / store.CARD_FILE).read_text())
    (folder / store.CARD_FILE).write_text(json.dumps({**card, **changes}))


def test_what_is_kept_comes_back_the_same(kept):
    found, wanted = store.load(kept).weights, model()
    assert (store.load(kept).words, store.load(kept).cutter) == (WORDS, b"\x00cutter")
    assert found.labels == wanted.labels
    for name in Weights.__slots__[1:]:
        assert np.array_equal(getattr(found, name), getattr(wanted, name)), name
    layers = store.layers(kept)
    assert list(layers) == list(LAYERS)
    assert np.array_equal(*layers.values(), *LAYERS.values())


@pytest.mark.parametrize("part", ["weights", "cutter"])
def test_the_version_is_another_when_any_part_is(kept, tmp_path, part):
    other = model()
    other.labels_bias[0] += part == "weights"
    kept_too = store.keep(
        tmp_path / "other",
        LAYERS,
        store.Model(other, b"cutter" * (1 + (part == "cutter")), WORDS, store.read_card(kept)),
    )
    assert store.keep(tmp_path / "same", LAYERS, store.load(kept))["version"] == store.read_card(kept)["version"]
    assert kept_too["version"] != store.read_card(kept)["version"]


@pytest.mark.parametrize("file", [store.CARD_FILE, *store.FILES])
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
        ({"spans": ["barriers"]}, "not what this version reads"),
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
    np.savez(kept / store.WEIGHTS_FILE, labels_by_state=np.array([{"run": "me"}], dtype=object))
    change_card(kept, weights_sha256=encoder.sha256_of(kept / store.WEIGHTS_FILE))
    with pytest.raises(ModelError, match="cannot be read"):
        store.load(kept)


def test_a_model_that_works_stays_when_the_keeping_of_another_is_cut_short(kept, monkeypatch):
    before = store.read_card(kept)
    monkeypatch.setattr(store.json, "dumps", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        store.keep(kept, LAYERS, store.Model(model(), b"other", WORDS, before))
    assert store.load(kept).cutter == b"\x00cutter"
