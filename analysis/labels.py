"""Gives each statement its labels, from linear readers whose evidence is added up.

One looks at words and pairs of words, one at groups of letters, one at grammar (all TF-IDF), and one at what the
encoder makes of each word piece. Each is linear and divides by something that is the same for the whole span, so a
score is exactly a sum over words: the words that earned a label are the largest terms of that sum, not a story told
afterwards.

A statement is read with some of its passage's score (CONTEXT), since "This has to end." says little alone.
A passage has the labels of its statements.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat

import numpy as np

from analysis import grammar, words
from analysis.findings import FAMILIES, Label, Span
from analysis.reading import Reading, sums_of

READ_FAMILIES = ("actions", "fundamentals", "kinds", "barrier_themes")
BARRIER = ("kinds", "barrier")
# The share of a statement's score that its passage gives. Cross-validated: less misses what one sentence says by way
# of another, more smears one sentence's label over all.
CONTEXT = 0.4
MOST_EVIDENCE = 3
EVIDENCE_SHARE = 0.5
MOST_REMEMBERED = 30_000


@dataclass(frozen=True, slots=True)
class Features:
    """Names of features, their inverse document frequency, and their weights (features x labels)."""

    names: tuple[tuple[str, ...], ...]
    idf: np.ndarray
    weights: np.ndarray


@dataclass(frozen=True, slots=True)
class Weights:
    """All that was learned. Columns follow `labels`, pairs of family and id. Scores and thresholds are log odds."""

    labels: tuple[tuple[str, str], ...]
    words: Features
    groups: Features
    grammar: Features
    asked: np.ndarray
    centre: np.ndarray
    meaning: np.ndarray
    bias: np.ndarray
    thresholds: np.ndarray


@dataclass(frozen=True, slots=True)
class Terms:
    """What each word adds (a row a word, and for grammar a row a statement); the last column adds to the squared norm."""

    words: np.ndarray
    groups: np.ndarray
    grammar: np.ndarray


class LabelReader:
    def __init__(self, weights: Weights):
        self.weights = weights
        self._words, self._grammar = _Lookup(weights.words), _Lookup(weights.grammar)
        self._groups = _Spellings(weights.groups)
        self._themes = np.array([family == "barrier_themes" for family, _ in weights.labels])
        self._barrier = weights.labels.index(BARRIER)

    def labels_of(self, reading: Reading) -> list[tuple[Label, ...]]:
        """The labels of each statement, in the order of FAMILIES, highest score first."""
        terms = self.terms_of(reading)
        scores = self.add_up(reading, terms)
        holds = self.holding(scores)
        evidence = _Evidence(reading, terms, self.weights)
        return [self._statement_labels(number, scores, holds, evidence) for number in range(len(scores))]

    def score(self, reading: Reading) -> np.ndarray:
        """Log odds of every label for each statement (statements x labels)."""
        return self.add_up(reading, self.terms_of(reading))

    def terms_of(self, reading: Reading) -> Terms:
        found = reading.words
        pairs = zip(found.befores, found.forms, strict=True)
        by_words = self._words.rows(zip(found.forms, strict=True)) + self._words.rows(pairs)
        by_statement = [self._grammar.total(grammar.features_of(stretch.tokens)) for stretch in reading.stretches]
        return Terms(by_words, self._groups.rows(found.forms), np.array(by_statement).reshape(len(by_statement), -1))

    def add_up(self, reading: Reading, terms: Terms) -> np.ndarray:
        if not reading.stretches:
            return np.zeros((0, len(self.weights.labels)), np.float32)
        asked = 0 if reading.asked is None else self.weights.asked[reading.asked]
        scores = self.weights.bias + asked + _mixed_by_norm(terms.grammar)
        for by_word in (terms.words, terms.groups):
            scores = scores + _mixed_by_norm(sums_of(by_word, reading.word_bounds))
        meaning = (reading.meaning - reading.sizes[:, None] * self.weights.centre) @ self.weights.meaning
        return scores + _mixed(meaning, reading.sizes, reading.sizes.sum())

    def holding(self, log_odds: np.ndarray) -> np.ndarray:
        """Which labels hold of which statements; barrier themes only where a statement tells of a barrier."""
        holds = log_odds >= self.weights.thresholds
        return holds & (~self._themes | holds[:, [self._barrier]])

    def _statement_labels(self, number: int, scores, holds, evidence: "_Evidence") -> tuple[Label, ...]:
        columns = np.flatnonzero(holds[number])
        if not len(columns):
            return ()
        chances = _chances(scores[number, columns])
        earned = evidence.of(number, columns)
        names = (self.weights.labels[column] for column in columns)
        return in_order(Label(*name, *rest) for name, *rest in zip(names, chances, earned, strict=True))


class _Lookup:
    """Weights times idf by feature, with each feature's share of the squared norm as one more column."""

    def __init__(self, features: Features):
        self._rows = {name: row for row, name in enumerate(features.names)}
        # One row of zeros at the end stands for every feature that is not known.
        self._table = np.zeros((len(features.names) + 1, features.weights.shape[1] + 1), np.float32)
        self._table[:-1, :-1] = features.weights * features.idf[:, None]
        self._table[:-1, -1] = features.idf**2

    def rows(self, names: Iterable[tuple[str, ...]]) -> np.ndarray:
        return self._table[self._places(names)]

    def total(self, names: Iterable[tuple[str, ...]]) -> np.ndarray:
        return self._table[self._places(names)].sum(axis=0)

    def _places(self, names: Iterable[tuple[str, ...]]) -> list[int]:
        return list(map(self._rows.get, names, repeat(-1)))


class _Spellings:
    """What the letter groups of a word add up to, remembered for each word; what is remembered changes no result."""

    def __init__(self, features: Features):
        self._lookup = _Lookup(features)
        self._places: dict[str, int] = {}
        self._table = np.zeros((MOST_REMEMBERED, features.weights.shape[1] + 1), np.float32)

    def rows(self, forms: Sequence[str]) -> np.ndarray:
        if len(self._places) + len(forms) > MOST_REMEMBERED:
            self._places.clear()
        if len(forms) > MOST_REMEMBERED:
            return np.array([self._total(form) for form in forms])
        for form in forms:
            if form not in self._places:
                self._table[len(self._places)] = self._total(form)
                self._places[form] = len(self._places)
        return self._table[[self._places[form] for form in forms]]

    def _total(self, form: str) -> np.ndarray:
        return self._lookup.total(zip(words.letter_groups(form), strict=True))


class _Evidence:
    """Takes a reading's scores apart again, word by word."""

    def __init__(self, reading: Reading, terms: Terms, weights: Weights):
        self._reading, self._terms, self._weights = reading, terms, weights
        self._word_sizes, self._group_sizes = (
            np.sqrt(sums_of(by_word[:, -1], reading.word_bounds)) for by_word in (terms.words, terms.groups)
        )

    def of(self, number: int, columns: np.ndarray) -> list[tuple[Span, ...]]:
        """For each label the stretches of the statement that added most to its score, best first."""
        first, last = self._reading.word_bounds[number : number + 2]
        if first == last:
            return [() for _ in columns]
        terms = self._from_words(number, first, last, columns) + self._from_meaning(number, first, last, columns)
        return [self._spans(first, column) for column in terms.T]

    def _from_words(self, number: int, first: int, last: int, columns: np.ndarray) -> np.ndarray:
        words_ = self._terms.words[first:last, columns] * _share(self._word_sizes, number)
        return words_ + self._terms.groups[first:last, columns] * _share(self._group_sizes, number)

    def _from_meaning(self, number: int, first: int, last: int, columns: np.ndarray) -> np.ndarray:
        pieces = self._reading.pieces
        start, stop = pieces.bounds[number : number + 2]
        terms = (pieces.states[start:stop] - self._weights.centre) @ self._weights.meaning[:, columns]
        places = np.searchsorted(self._reading.words.starts[first:last], pieces.starts[start:stop], side="right") - 1
        # Marks before the first word, such as an opening quote, count for the word they open.
        bounds = np.searchsorted(np.maximum(places, 0), np.arange(last - first + 1))
        sizes = self._reading.sizes
        own = (1 - CONTEXT) / max(sizes[number], 1) + CONTEXT / max(sizes.sum(), 1)
        return sums_of(terms, bounds.tolist()) * own

    def _spans(self, first: int, terms: np.ndarray) -> tuple[Span, ...]:
        """The largest terms until they make EVIDENCE_SHARE of all that speaks for the label; neighbours are joined."""
        found, text = self._reading.words, self._reading.passage.text
        runs = sorted(_runs(_largest(terms)), key=lambda run: -terms[run].sum())
        bounds = ((found.starts[first + run[0]], found.ends[first + run[-1]]) for run in runs)
        return tuple(Span(start, end, text[start:end]) for start, end in bounds)


def in_order(labels: Iterable[Label]) -> tuple[Label, ...]:
    return tuple(sorted(labels, key=lambda label: (FAMILIES.index(label.family), -label.score, label.id)))


def _mixed_by_norm(sums: np.ndarray) -> np.ndarray:
    squares = sums[:, -1]
    return _mixed(sums[:, :-1], np.sqrt(squares), np.sqrt(squares.sum()))


def _mixed(sums: np.ndarray, sizes: np.ndarray, whole: float) -> np.ndarray:
    """A statement's own mean and its passage's, in the proportion of CONTEXT."""
    own = sums / np.maximum(sizes, 1e-9)[:, None]
    return (1 - CONTEXT) * own + (CONTEXT / max(whole, 1e-9)) * sums.sum(axis=0)


def _share(sizes: np.ndarray, number: int) -> float:
    """What one term weighs in the score of its own statement: `_mixed_by_norm` said for one word."""
    whole = np.sqrt((sizes**2).sum())
    return (1 - CONTEXT) / max(sizes[number], 1e-9) + CONTEXT / max(whole, 1e-9)


def _chances(log_odds: np.ndarray) -> list[float]:
    # Four digits: the rest is noise of rounding, and would differ between machines.
    return np.round(1 / (1 + np.exp(-log_odds.astype(np.float64))), 4).tolist()


def _largest(terms: np.ndarray) -> list[int]:
    enough = EVIDENCE_SHARE * terms[terms > 0].sum()
    picked, total = [], 0.0
    for place in np.argsort(-terms, kind="stable")[:MOST_EVIDENCE].tolist():
        if picked and (total >= enough or terms[place] <= 0):
            break
        picked.append(place)
        total += terms[place]
    return sorted(picked)


def _runs(places: Sequence[int]) -> Iterator[list[int]]:
    run: list[int] = []
    for place in places:
        if run and place != run[-1] + 1:
            yield run
            run = []
        run.append(place)
    if run:
        yield run
