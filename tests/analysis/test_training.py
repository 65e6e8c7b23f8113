import json

import numpy as np
import pytest

from analysis import pipeline, store, training
from analysis.encoder import FOLDER
from analysis.passages import Passage


@pytest.fixture(scope="module")
def small_corpus(tmp_path_factory):
    """Twenty passages of each file."""
    folder = tmp_path_factory.mktemp("corpus")
    for file in training.CORPUS.glob("*.jsonl"):
        lines = file.read_text(encoding="utf-8").splitlines()[:20]
        (folder / file.name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def trained(built_encoder, small_corpus, tmp_path_factory):
    models, told = tmp_path_factory.mktemp("models"), []
    card = training.train(small_corpus, models / "labels", told.append)
    (models / "encoder").symlink_to(FOLDER)
    return models, card, told


@pytest.mark.slow
def test_training_says_what_it_does_and_leaves_a_card(trained, small_corpus):
    models, card, told = trained
    assert told[0] == "Read 240 coded passages."
    assert f"Cross-validated 6 of {training.FOLDS} folds." in told
    assert card == json.loads((models / "labels" / store.CARD_FILE).read_text())
    assert card["passages"] == 240
    assert card["corpus_sha256"] == training.corpus_hash(small_corpus)
    assert card["seed"] == training.SEED
    assert sum(card["examples_per_label"]["kinds"].values()) > 200


@pytest.mark.slow
def test_what_was_trained_can_be_used(trained):
    models, card, _ = trained
    found = pipeline.load(models).analyse([Passage("", "We do not have enough staff.", "What is getting in the way?")])[
        0
    ]
    assert found.model == card["version"]
    assert "barrier" in {label.id for label in found.of_family("kinds")}


@pytest.mark.slow
def test_thresholds_are_one_for_each_family(trained):
    thresholds = store.load(trained[0] / "labels").labels.thresholds
    labels = store.load(trained[0] / "labels").labels.labels
    for family in training.READ_FAMILIES:
        of_family = [value for value, (of, _) in zip(thresholds, labels, strict=True) if of == family]
        assert np.ptp(of_family) == 0


def test_the_hash_of_a_corpus_tells_of_every_change(small_corpus, tmp_path):
    before = training.corpus_hash(small_corpus)
    for file in small_corpus.glob("*.jsonl"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    assert training.corpus_hash(tmp_path) == before
    (tmp_path / "b6.jsonl").rename(tmp_path / "b7.jsonl")
    assert training.corpus_hash(tmp_path) != before


def test_every_label_of_the_corpus_is_in_the_framework_and_every_barrier_in_its_text():
    examples = training.read_corpus(training.CORPUS)
    known = {tuple(pair) for pair in store.load().card["labels"]}
    assert {label for example in examples for label in example.labels} <= known
    assert all(example.barriers or ("kinds", "barrier") not in example.labels for example in examples)
    assert len({example.passage.id for example in examples}) == len(examples) == 7854
