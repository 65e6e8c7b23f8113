"""Reads labels off the words themselves, beside the encoder: which word pieces a statement holds, and which pairs.

A linear model on tf-idf (term frequency 1 + log count, each text's vector of length one: Salton and Buckley 1988), by
logistic regression, one label against the rest. It knows nothing of meaning, and so it errs elsewhere than the encoder
does: together they err less than either.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

# A pair is one number; piece 0, which fills up and never stands in a text, is the second of a piece alone.
PIECES = 1 << 15
FEWEST_TEXTS = 3
# The inverse of how strongly weights are drawn to zero.
C = 10.0


@dataclass(frozen=True, slots=True)
class Ngrams:
    """`grams` (rising) are the pieces and pairs that are known, `rarity` the inverse document frequency of each, and
    `by_gram` (grams x labels) what each adds to the log odds of a label where a text holds nothing else."""

    grams: np.ndarray
    rarity: np.ndarray
    by_gram: np.ndarray

    def adds(self, pieces: Sequence[int], bounds: Sequence[int]) -> np.ndarray:
        """What each piece adds to each label (pieces x labels): the mean over the pieces of a statement, from one of
        `bounds` to the next, is what its words add to its log odds. A pair's part goes to its pieces by halves."""
        added = np.zeros((len(pieces), self.by_gram.shape[1]), np.float32)
        for first, last in pairwise(bounds):
            self._add(added[first:last], grams_of(pieces[first:last]))
        return added

    def _add(self, added: np.ndarray, grams: np.ndarray) -> None:
        size = len(added)
        rows = np.searchsorted(self.grams, grams)
        known = np.flatnonzero(self.grams[np.minimum(rows, len(self.grams) - 1)] == grams)
        if not len(known):
            return
        held, which, counts = np.unique(rows[known], return_inverse=True, return_counts=True)
        values = (1 + np.log(counts)) * self.rarity[held]
        shares = (size * values / counts / np.linalg.norm(values)).astype(np.float32)[which]
        terms = self.by_gram[rows[known]] * shares[:, None]
        alone = known < size
        added[known[alone]] += terms[alone]
        for beside in (0, 1):
            added[known[~alone] - size + beside] += terms[~alone] / 2


def grams_of(pieces: Sequence[int]) -> np.ndarray:
    """Each piece of a text, then each pair of neighbours, as numbers."""
    one = np.asarray(pieces, np.int32)
    return np.concatenate([one * PIECES, one[:-1] * PIECES + one[1:]])


def learn(texts: Iterable[Sequence[int]], truth: np.ndarray) -> tuple[Ngrams, np.ndarray]:
    """From the pieces of each text and the labels that it carries (texts x labels): what its words tell of each label,
    and the log odds of a text without any known word (labels). A label that no text carries, or all, is never told of.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    counting = TfidfVectorizer(
        analyzer=lambda pieces: grams_of(pieces).tolist(), sublinear_tf=True, min_df=FEWEST_TEXTS
    )
    vectors = counting.fit_transform(texts)
    by_gram, bias = np.zeros((vectors.shape[1], truth.shape[1]), np.float32), np.zeros(truth.shape[1], np.float32)
    for label in np.flatnonzero(truth.any(axis=0) & ~truth.all(axis=0)):
        by_gram[:, label], bias[label] = _learnt(vectors, truth[:, label])
    # Numbers are put in the vocabulary in their order.
    return Ngrams(counting.get_feature_names_out().astype(np.int32), counting.idf_.astype(np.float32), by_gram), bias


def _learnt(vectors, held: np.ndarray) -> tuple[np.ndarray, float]:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=C, solver="liblinear").fit(vectors, held)
    return model.coef_[0], float(model.intercept_[0])
