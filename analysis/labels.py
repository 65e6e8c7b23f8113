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
PLACES = {family: place for place, family in enumerate(FAMILIES)}
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
    """What each word adds (for grammar: each statement); the last column is added to the squared norm.

    `runs` holds the grammar features of each statement, as rows of their lookup.
    """

    words: np.ndarray
    groups: np.ndarray
    grammar: np.ndarray
    runs: list[list[int]]


class LabelReader:
    def __init__(self, weights: Weights):
        self.weights = weights
        self._words, self._grammar = _Lookup(weights.words), _Lookup(weights.grammar)
        self._groups = _Spellings(weights.groups)
        self._themes = np.array([family == "barrier_themes" for family, _ in weights.labels])
        self._barrier = weights.labels.index(BARRIER)

    def view(self, states: np.ndarray) -> np.ndarray:
        """What the state of each piece adds to each label (pieces x labels)."""
        return (states - self.weights.centre) @ self.weights.meaning

    def labels_of(self, reading: Reading) -> list[tuple[Label, ...]]:
        """The labels of each statement, highest score first, from a reading through `view`."""
        terms = self.terms_of(reading)
        scores = self.add_up(reading, terms)
        holds = self.holding(scores)
        columns = np.flatnonzero(holds.any(axis=0))
        if not len(columns):
            return [()] * len(scores)
        by_word = _Evidence(reading, terms, self._grammar.table, columns).by_word()
        bounds = zip(reading.word_bounds, reading.word_bounds[1:], strict=False)
        return [
            self._statement_labels(reading, span, columns, by_word, score, hold)
            for span, score, hold in zip(bounds, scores[:, columns], holds[:, columns], strict=True)
        ]

    def score(self, reading: Reading) -> np.ndarray:
        """Log odds of every label for each statement (statements x labels), from a reading through `view`."""
        return self.add_up(reading, self.terms_of(reading))

    def terms_of(self, reading: Reading) -> Terms:
        found = reading.words
        pairs = zip(found.befores, found.forms, strict=True)
        lookup = self._words
        by_words = lookup.table[lookup.places(zip(found.forms, strict=True))] + lookup.table[lookup.places(pairs)]
        runs = [self._grammar.places(grammar.features_of(stretch.tokens)) for stretch in reading.stretches]
        by_statement = np.array([np.add.reduce(self._grammar.table[places]) for places in runs])
        return Terms(by_words, self._groups.rows(found.forms), by_statement, runs)

    def add_up(self, reading: Reading, terms: Terms) -> np.ndarray:
        if not reading.stretches:
            return np.zeros((0, len(self.weights.labels)), np.float32)
        asked = 0 if reading.asked is None else self.weights.asked[reading.asked]
        scores = self.weights.bias + asked + _mixed_by_norm(terms.grammar)
        for by_word in (terms.words, terms.groups):
            scores = scores + _mixed_by_norm(sums_of(by_word, reading.word_bounds))
        return scores + _mixed(reading.meaning, reading.sizes, reading.sizes.sum())

    def holding(self, log_odds: np.ndarray) -> np.ndarray:
        """Which labels hold of which statements; barrier themes only where a statement tells of a barrier."""
        holds = log_odds >= self.weights.thresholds
        return holds & (~self._themes | holds[:, [self._barrier]])

    def _statement_labels(self, reading: Reading, span, columns, by_word, scores, holds) -> tuple[Label, ...]:
        held = np.flatnonzero(holds)
        earned = _evidence_spans(reading, span, by_word[span[0] : span[1], held])
        names = (self.weights.labels[column] for column in columns[held])
        return in_order(Label(*name, *rest) for name, *rest in zip(names, _chances(scores[held]), earned, strict=True))


class _Lookup:
    """Weights times idf by feature, with each feature's share of the squared norm as one more column."""

    def __init__(self, features: Features):
        self._rows = {name: row for row, name in enumerate(features.names)}
        # One row of zeros at the end stands for every feature that is not known.
        self.table = np.zeros((len(features.names) + 1, features.weights.shape[1] + 1), np.float32)
        self.table[:-1, :-1] = features.weights * features.idf[:, None]
        self.table[:-1, -1] = features.idf**2

    def places(self, names: Iterable[tuple[str, ...]]) -> list[int]:
        return list(map(self._rows.get, names, repeat(-1)))


class _Spellings:
    """What the letter groups of a word add up to, remembered for each word; what is remembered changes no result."""

    def __init__(self, features: Features):
        self._lookup = _Lookup(features)
        self._places: dict[str, int] = {}
        self._table = np.zeros((MOST_REMEMBERED, features.weights.shape[1] + 1), np.float32)

    def rows(self, forms: Sequence[str]) -> np.ndarray:
        if len(forms) > MOST_REMEMBERED:
            halves = forms[:MOST_REMEMBERED], forms[MOST_REMEMBERED:]
            return np.concatenate([self.rows(half) for half in halves])
        if len(self._places) + len(forms) > MOST_REMEMBERED:
            self._places.clear()
        return self._table[[self._place(form) for form in forms]]

    def _place(self, form: str) -> int:
        place = self._places.get(form)
        if place is None:
            place = self._places[form] = len(self._places)
            groups = self._lookup.places(zip(words.letter_groups(form), strict=True))
            self._table[place] = np.add.reduce(self._lookup.table[groups])
        return place


class _Evidence:
    """Takes the scores of some labels apart again, word by word."""

    def __init__(self, reading: Reading, terms: Terms, grammar_table: np.ndarray, columns: np.ndarray):
        self._reading, self._terms, self._grammar, self._columns = reading, terms, grammar_table, columns
        self._bounds = np.array(reading.word_bounds)
        self._starts = np.array(reading.words.starts)

    def by_word(self) -> np.ndarray:
        """What each word of the passage adds to the score of its own statement (words x columns)."""
        owners = _owners(self._bounds)
        found = np.zeros((len(self._starts), len(self._columns)), np.float32)
        for by_word in (self._terms.words, self._terms.groups):
            shares = _shares(sums_of(by_word[:, -1], self._reading.word_bounds))
            found += by_word[:, self._columns] * shares[owners][:, None]
        self._add_grammar(found)
        self._add_meaning(found)
        return found

    def _add_grammar(self, found: np.ndarray) -> None:
        shares = _shares(self._terms.grammar[:, -1])
        for number, (stretch, runs) in enumerate(zip(self._reading.stretches, self._terms.runs, strict=True)):
            terms = self._grammar[np.ix_(runs, self._columns)] * shares[number]
            owners = np.full(len(stretch.tokens), number)
            self._add(found, grammar.shared_out(terms, stretch.tokens), stretch.tokens.starts, owners)

    def _add_meaning(self, found: np.ndarray) -> None:
        pieces, sizes = self._reading.pieces, self._reading.sizes
        owners = _owners(np.array(pieces.bounds))
        shares = (1 - CONTEXT) / np.maximum(sizes, 1) + CONTEXT / max(sizes.sum(), 1)
        self._add(found, pieces.seen[:, self._columns] * shares[owners][:, None], pieces.starts, owners)

    def _add(self, found: np.ndarray, terms: np.ndarray, places: Sequence[int], owners: np.ndarray) -> None:
        """Add each term to the word it is of; a mark counts for the word before it, or for the statement's first."""
        lows, highs = self._bounds[owners], self._bounds[owners + 1] - 1
        words_ = np.clip(np.searchsorted(self._starts, places, side="right") - 1, lows, np.maximum(highs, lows))
        spoken = lows <= highs
        np.add.at(found, words_[spoken], terms[spoken])


def _owners(bounds: np.ndarray) -> np.ndarray:
    return np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))


def _evidence_spans(reading: Reading, span: tuple[int, int], terms: np.ndarray) -> list[tuple[Span, ...]]:
    """For each column the largest terms until they make EVIDENCE_SHARE of all that speaks for it; neighbours joined."""
    enough = EVIDENCE_SHARE * np.maximum(terms, 0).sum(axis=0)
    order = np.argsort(-terms, axis=0, kind="stable")[:MOST_EVIDENCE]
    largest = np.take_along_axis(terms, order, axis=0)
    columns = zip(order.T.tolist(), largest.T.tolist(), enough.tolist(), strict=True)
    return [_joined(reading, span[0], _until_enough(*column)) for column in columns]


def _until_enough(places: list[int], values: list[float], enough: float) -> dict[int, float]:
    picked: dict[int, float] = {}
    for place, value in zip(places, values, strict=True):
        if picked and (sum(picked.values()) >= enough or value <= 0):
            break
        picked[place] = value
    return picked


def _joined(reading: Reading, first: int, picked: dict[int, float]) -> tuple[Span, ...]:
    runs = sorted(runs_of(sorted(picked)), key=lambda run: -sum(picked[place] for place in run))
    text, starts, ends = reading.passage.text, reading.words.starts, reading.words.ends
    bounds = ((starts[first + run[0]], ends[first + run[-1]]) for run in runs)
    return tuple(Span(start, end, text[start:end]) for start, end in bounds)


def in_order(labels: Iterable[Label]) -> tuple[Label, ...]:
    return tuple(sorted(labels, key=lambda label: (PLACES[label.family], -label.score, label.id)))


def _mixed_by_norm(sums: np.ndarray) -> np.ndarray:
    squares = sums[:, -1]
    return _mixed(sums[:, :-1], np.sqrt(squares), np.sqrt(squares.sum()))


def _mixed(sums: np.ndarray, sizes: np.ndarray, whole: float) -> np.ndarray:
    """A statement's own mean and its passage's, in the proportion of CONTEXT."""
    own = sums / np.maximum(sizes, 1e-9)[:, None]
    return (1 - CONTEXT) * own + (CONTEXT / max(whole, 1e-9)) * sums.sum(axis=0)


def _shares(squares: np.ndarray) -> np.ndarray:
    """What one term weighs in the score of its own statement: `_mixed_by_norm` said for one term."""
    own, whole = np.sqrt(squares), np.sqrt(squares.sum())
    return (1 - CONTEXT) / np.maximum(own, 1e-9) + CONTEXT / max(whole, 1e-9)


def _chances(log_odds: np.ndarray) -> list[float]:
    # Four digits: the rest is noise of rounding, and would differ between machines.
    return np.round(1 / (1 + np.exp(-log_odds.astype(np.float64))), 4).tolist()


def runs_of(places: Sequence[int]) -> Iterator[list[int]]:
    """Neighbouring places together, in order."""
    run: list[int] = []
    for place in places:
        if run and place != run[-1] + 1:
            yield run
            run = []
        run.append(place)
    if run:
        yield run
