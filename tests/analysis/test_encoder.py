import shutil

import numpy as np
import pytest

from analysis import encoder, encoder_building
from analysis.errors import ModelError

# Cosines that the published model, run whole in 32 bits, would call close and far; eight bits must not change that.
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
    assert first.shape == (len(pieces), encoder.WIDTH)
    assert np.array_equal(first, built_encoder.states(pieces))


def test_a_whole_window_can_be_read(built_encoder):
    assert built_encoder.states([2000] * encoder.LONGEST_WINDOW).shape == (encoder.LONGEST_WINDOW, encoder.WIDTH)


def test_an_encoder_that_is_absent_is_refused_with_what_to_do(tmp_path):
    with pytest.raises(ModelError, match="make setup"):
        encoder.load(tmp_path)


def test_a_damaged_encoder_is_refused(tmp_path, built_encoder):
    shutil.copytree(encoder.FOLDER, tmp_path / "encoder")
    model = tmp_path / "encoder" / encoder.MODEL_FILE
    model.write_bytes(model.read_bytes()[:-1])
    with pytest.raises(ModelError, match="damaged"):
        encoder.load(tmp_path / "encoder")
    assert not encoder.is_built(tmp_path / "encoder")


def test_eight_bit_weights_are_within_half_a_step():
    matrix = np.random.default_rng(1).normal(size=(6, 4)).astype(np.float32)
    matrix[:, 2] = 0
    rounded, scales = encoder_building.eight_bits(matrix, axis=0)
    assert rounded.dtype == np.int8
    assert (np.abs(rounded * scales - matrix) <= scales / 2 + 1e-6).all()


def test_building_twice_does_the_work_once(built_encoder):
    told = []
    encoder_building.build(encoder.FOLDER, told.append)
    assert told == [f"The sentence encoder is already in {encoder.FOLDER}."]
