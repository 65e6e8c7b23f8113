import shutil

import numpy as np
import pytest

from analysis import encoder, encoder_building, store
from analysis.errors import ModelError

NEAR = ("Brothers and sisters live apart.", "Siblings are placed in separate homes.")
FAR = "The budget for road repairs was approved."


def mean_state(reader, text):
    vector = reader.states(reader.words.cut(text).ids).mean(axis=0)
    return vector / np.linalg.norm(vector)


def test_states_tell_near_meanings_from_far_ones(built_encoder):
    one, two, far = (mean_state(built_encoder, text) for text in (*NEAR, FAR))
    assert one @ two > one @ far + 0.1


def test_there_is_one_state_for_each_piece_and_the_same_every_time(built_encoder):
    pieces = built_encoder.words.cut(NEAR[0]).ids
    first = built_encoder.states(pieces)
    built_encoder.states(built_encoder.words.cut(FAR).ids)
    assert first.shape == (len(pieces), built_encoder.width)
    assert np.array_equal(first, built_encoder.states(pieces))


def test_a_whole_window_can_be_read_with_its_question(built_encoder):
    asked = built_encoder.asked("What is getting in the way? " * 20)
    assert len(asked) == encoder.LONGEST_QUESTION
    size = encoder.LONGEST_WINDOW - len(asked)
    assert built_encoder.states([2000] * size, asked).shape == (size, built_encoder.width)
    assert built_encoder.states([2000] * encoder.LONGEST_WINDOW).shape == (encoder.LONGEST_WINDOW, built_encoder.width)


def test_a_piece_is_read_in_the_light_of_the_question(built_encoder):
    pieces = built_encoder.words.cut("Two more workers").ids
    offered, needed = (
        built_encoder.states(pieces, built_encoder.asked(question))
        for question in ("What could you offer?", "What support would help you?")
    )
    assert not np.allclose(offered, needed, atol=0.1)


def test_an_encoder_that_is_absent_is_refused_with_what_to_do(tmp_path):
    with pytest.raises(ModelError, match="make setup"):
        encoder.load("0" * 64, tmp_path)


def test_a_damaged_encoder_is_refused(tmp_path, built_encoder):
    shutil.copytree(encoder.FOLDER, tmp_path / "encoder")
    model = tmp_path / "encoder" / encoder.MODEL_FILE
    model.write_bytes(model.read_bytes()[:-1])
    with pytest.raises(ModelError, match="damaged"):
        encoder.load(store.read_card()["encoder_sha256"], tmp_path / "encoder")
    assert not encoder_building.is_built(tmp_path / "encoder", store.read_card()["encoder_sha256"])


def test_eight_bit_weights_are_within_half_a_step():
    matrix = np.random.default_rng(1).normal(size=(6, 4)).astype(np.float32)
    matrix[:, 2] = 0
    whole, scales = encoder_building.eight_bits(matrix, axis=0)
    assert whole.dtype == np.int8
    assert (np.abs(whole * scales - matrix) <= scales / 2 + 1e-6).all()


def test_layers_are_kept_as_matrices_in_eight_bits_and_all_else_as_it_is():
    matrix, bias = np.arange(6, dtype=np.float32).reshape(2, 3), np.ones(2, np.float32)
    kept = encoder_building.rounded({"one.weight": matrix, "one.bias": bias})
    assert kept["one.weight"].shape == (3, 2)
    assert np.allclose(kept["one.weight"] * kept["one.weight.scales"], matrix.T, atol=0.03)
    assert np.array_equal(kept["one.bias"], bias)


def test_building_twice_does_the_work_once(built_encoder):
    told = []
    encoder_building.build(encoder.FOLDER, say=told.append)
    assert told == [f"The sentence encoder is already in {encoder.FOLDER}."]


@pytest.mark.slow
def test_readers_that_are_put_together_read_as_each_does_alone(built_encoder, model):
    layers, published = store.layers(), encoder_building.published_folder() / "model.safetensors"
    readers = sorted({name.split(".")[0] for name in layers})
    assert len(readers) == model.card["readers"] > 1
    pieces = built_encoder.words.cut(NEAR[0]).ids
    alone = []
    for reader in readers[:2]:
        own = {name: array for name, array in layers.items() if name.split(".")[0] == reader}
        built = encoder.session(encoder_building.model_of(published, own))
        alone.append(encoder.Encoder(built, built_encoder.words).states(pieces))
    assert built_encoder.width == len(readers) * encoder.WIDTH
    together = built_encoder.states(pieces)[:, : 2 * encoder.WIDTH]
    assert np.array_equal(together, np.hstack(alone))
