import numpy as np
import pytest

from analysis import meanings

SAID = "Foster carers are told last."


def test_a_vector_is_the_mean_of_what_each_piece_gives_and_has_length_one(both_meanings):
    meaning = both_meanings.of(SAID)
    assert meaning.vector.shape == (both_meanings.width,)
    assert meaning.by_piece.shape == (len(meaning.starts), both_meanings.width)
    assert np.allclose(meaning.by_piece.mean(axis=0), meaning.vector, atol=1e-5)
    assert np.linalg.norm(meaning.vector) == pytest.approx(1, abs=1e-5)


def test_the_same_words_mean_the_same_whatever_was_read_before(both_meanings):
    alone = both_meanings.vectors([SAID])
    among = both_meanings.vectors(["The pool is shut.", SAID, SAID])
    assert np.array_equal(alone[0], among[1])
    assert np.array_equal(alone[0], among[2])


def test_what_is_alike_in_meaning_lies_together(both_meanings):
    one, other, third = both_meanings.vectors(
        ["She cannot sleep for worry.", "He lies awake with anxiety.", "The harbour wall was repaired in May."]
    )
    assert one @ other > one @ third + 0.1


@pytest.mark.parametrize("text", ["", " \n", "\x00"])
def test_what_says_nothing_has_the_vector_zero(both_meanings, text):
    assert not both_meanings.vectors([text]).any()


def test_a_statement_longer_than_a_window_is_read_to_its_end(both_meanings):
    filler = "the board met and the board talked " * 60
    meaning = both_meanings.of(f"{filler} foster carers")
    assert len(meaning.starts) > 400
    assert not np.array_equal(meaning.vector, both_meanings.of(f"{filler} harbour walls").vector)


def test_the_published_encoder_alone_is_another_version(both_meanings):
    alone = meanings.load(published_alone=True)
    assert alone.version != both_meanings.version
    assert alone.width < both_meanings.width


def test_the_words_tell_apart_what_is_said_in_rare_ones_and_pass_over_common_ones(model, both_meanings):
    words = meanings.Words(model.weights)
    the, hydrotherapy = (both_meanings.words.cut(word).ids for word in ("the", "hydrotherapy"))
    assert not words.states(the).any()
    assert words.states(hydrotherapy).any(axis=1).all()
    assert np.array_equal(words.states(hydrotherapy), words.states(hydrotherapy))
    assert words.states([]).shape == (0, words.width)
