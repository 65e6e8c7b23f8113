import math

import numpy as np
import pytest

from analysis import ngrams
from analysis.ngrams import PIECES, Ngrams, grams_of
from analysis.reading import means_of


def test_a_text_is_its_pieces_and_its_pairs_of_neighbours():
    assert grams_of([7, 8, 7]).tolist() == [7 * PIECES, 8 * PIECES, 7 * PIECES, 7 * PIECES + 8, 8 * PIECES + 7]
    assert grams_of([7]).tolist() == [7 * PIECES]
    assert grams_of([]).tolist() == []


def test_no_two_grams_are_the_same_number(built_encoder):
    pieces = sorted(built_encoder.words._ids.values())
    assert pieces[0] == 0
    assert pieces[-1] < PIECES
    assert grams_of([pieces[-1], pieces[-1]]).dtype == np.int32
    assert grams_of([pieces[-1], pieces[-1]])[-1] == pieces[-1] * PIECES + pieces[-1] > 0


def weights():
    """Piece 7, piece 8, and 8 after 7; two labels."""
    return Ngrams(
        grams=np.array([7 * PIECES, 7 * PIECES + 8, 8 * PIECES], np.int32),
        rarity=np.float32([1, 3, 2]),
        by_gram=np.float32([[1, 0], [0, 4], [-2, 1]]),
    )


def test_what_pieces_add_comes_to_the_score_of_each_statement():
    """By hand: tf is 1 + log count, times rarity, all over the length of the vector."""
    pieces, bounds = [7, 8, 5, 7, 6, 5, 8], np.array([0, 5, 6, 7])
    added = weights().adds(pieces, bounds.tolist())
    sevens = 1 + math.log(2)
    length = math.sqrt(sevens**2 + 2**2 + 3**2)
    assert np.allclose(
        means_of(added, bounds),
        [[(sevens - 2 * 2) / length, (3 * 4 + 2) / length], [0, 0], [-2, 1]],
        atol=1e-6,
    )
    # The pair belongs to both of its pieces, and what is not known adds nothing.
    assert np.allclose(added[:, 1], [5 * 6 / length, 5 * (6 + 2) / length, 0, 0, 0, 0, 1], atol=1e-5)


@pytest.mark.parametrize("pieces", [[], [5], [5, 6, 5]])
def test_words_that_are_not_known_add_nothing(pieces):
    assert not weights().adds(pieces, [0, len(pieces)]).any()


def test_what_is_learned_is_what_the_library_would_say():
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    dice = np.random.default_rng(1)
    texts = [dice.integers(1, 30, size=dice.integers(1, 12)).tolist() for _ in range(300)]
    truth = np.array([[3 in text, 4 in text and 5 in text, False] for text in texts])
    learnt, bias = ngrams.learn(texts, truth)
    assert (np.diff(learnt.grams) > 0).all()
    vectors = TfidfVectorizer(
        analyzer=lambda pieces: grams_of(pieces).tolist(), sublinear_tf=True, min_df=ngrams.FEWEST_TEXTS
    ).fit(texts)
    model = LogisticRegression(C=ngrams.C, solver="liblinear").fit(vectors.transform(texts), truth[:, 0])
    wanted = model.decision_function(vectors.transform(texts))
    bounds = np.cumsum([0, *map(len, texts)])
    said = means_of(learnt.adds([piece for text in texts for piece in text], bounds.tolist()), bounds) + bias
    assert np.allclose(said[:, 0], wanted, atol=1e-3)
    assert ((said[:, 0] > 0) == truth[:, 0]).mean() > 0.95
    # Nothing is said of what no text carries.
    assert not said[:, 2].any()
