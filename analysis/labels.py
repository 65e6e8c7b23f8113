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
from heapq import nlargest
from itertools import repeat

import numpy as np

from analysis import grammar, words
from analysis.findings import FAMILIES, Label, Span
from analysis.reading import Reading, owners_of, sums_of

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
    """What each word, and each grammar feature, adds to the labels; the last column is added to the squared norm.

    `runs` are the bounds of each statement's grammar features.
    """

    words: np.ndarray
    groups: np.ndarray
    grammar: np.ndarray
    runs: np.ndarray


class LabelReader:
    def __init__(self, weights: Weights):
        self.weights = weights
        self._words, self._grammar = _Lookup(weights.words), _Lookup(weights.grammar)
        self._groups = _Spellings(weights.groups)
        self._centre = weights.centre @ weights.meaning
        self._themes = np.array([family == "barrier_themes" for family, _ in weights.labels])
        self._barrier = weights.labels.index(BARRIER)

    def view(self, states: np.ndarray) -> np.ndarray:
        """What the state of each piece adds to each label (pieces x labels)."""
        return states @ self.weights.meaning - self._centre

    def labels_of(self, reading: Reading) -> list[tuple[Label, ...]]:
        """The labels of each statement, highest score first in each family, from a reading through `view`."""
        terms = self.terms_of(reading)
        scores = self.add_up(reading, terms)
        holds = self.holding(scores)
        chances = _chances(scores)
        evidence = Evidence(reading, terms)
        found: list[list[Label]] = [[] for _ in reading.stretches]
        for number, column in zip(*(places.tolist() for places in np.nonzero(holds)), strict=True):
            name = self.weights.labels[column]
            found[number].append(Label(*name, float(chances[number, column]), evidence.spans_of(number, column)))
        return [in_order(labels) for labels in found]

    def score(self, reading: Reading) -> np.ndarray:
        """Log odds of every label for each statement (statements x labels), from a reading through `view`."""
        return self.add_up(reading, self.terms_of(reading))

    def terms_of(self, reading: Reading) -> Terms:
        table, places = self._words.table, self._words.places
        pairs = zip(reading.befores, reading.forms, strict=True)
        by_words = table[places(zip(reading.forms, strict=True))] + table[places(pairs)]
        runs = [self._grammar.places(grammar.features_of(stretch.tokens)) for stretch in reading.stretches]
        by_run = self._grammar.table[[place for places in runs for place in places]]
        return Terms(by_words, self._groups.rows(reading.forms), by_run, np.cumsum([0, *map(len, runs)]))

    def add_up(self, reading: Reading, terms: Terms) -> np.ndarray:
        asked = np.zeros((len(reading.passages), len(self.weights.labels)), np.float32)
        for number, question in enumerate(reading.asked):
            if question is not None:
                asked[number] = self.weights.asked[question]
        scores = (self.weights.bias + asked)[reading.owners]
        words_ = reading.words.bounds
        for values, bounds in ((terms.words, words_), (terms.groups, words_), (terms.grammar, terms.runs)):
            sums = sums_of(values, bounds)
            scores = scores + _mixed(sums[:, :-1], sums[:, -1], reading.statement_bounds, power=0.5)
        pieces = reading.pieces.bounds
        return scores + _mixed(sums_of(reading.seen, pieces), np.diff(pieces), reading.statement_bounds, power=1.0)

    def holding(self, log_odds: np.ndarray) -> np.ndarray:
        """Which labels hold of which statements; barrier themes only where a statement tells of a barrier."""
        holds = log_odds >= self.weights.thresholds
        return holds & (~self._themes | holds[:, [self._barrier]])


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


class Evidence:
    """Takes scores apart again. `by_word` holds what each word adds to its own statement's scores (words x labels)."""

    def __init__(self, reading: Reading, terms: Terms):
        self._reading = reading
        words_, pieces = reading.words, reading.pieces
        by_run = self._sums_by_word(terms.grammar, self._run_places(terms), terms.runs)
        by_piece = self._sums_by_word(reading.seen, pieces.places, pieces.bounds)
        self.by_word = (
            self._weighed(terms.words[:, :-1], sums_of(terms.words[:, -1], words_.bounds), power=0.5)
            + self._weighed(terms.groups[:, :-1], sums_of(terms.groups[:, -1], words_.bounds), power=0.5)
            + self._weighed(by_run[:, :-1], sums_of(terms.grammar[:, -1], terms.runs), power=0.5)
            + self._weighed(by_piece, np.diff(pieces.bounds), power=1.0)
        )
        # Evidence is asked for label by label, and single numbers are found faster in lists.
        self._by_label = np.ascontiguousarray(self.by_word.T)
        self._bounds, self._passages = words_.bounds.tolist(), reading.owners.tolist()
        self._starts, self._ends = words_.places.tolist(), reading.word_ends.tolist()
        self._offsets = reading.offsets.tolist()

    def spans_of(self, number: int, column: int) -> tuple[Span, ...]:
        """The words of a statement that add most to one of its labels, best first; neighbours are joined."""
        first, last = self._bounds[number : number + 2]
        picked = _largest(self._by_label[column, first:last].tolist())
        runs = sorted(runs_of(sorted(picked)), key=lambda run: -sum(picked[place] for place in run))
        return tuple(self._span(number, first + run[0], first + run[-1]) for run in runs)

    def _weighed(self, terms: np.ndarray, sizes: np.ndarray, *, power: float) -> np.ndarray:
        shares = _shares(sizes, self._reading.statement_bounds, power=power)
        return terms * shares[owners_of(self._reading.words.bounds)][:, None]

    def _run_places(self, terms: Terms) -> np.ndarray:
        stretches, offsets = self._reading.stretches, self._reading.offsets[self._reading.owners]
        starts = [np.array(stretch.tokens.starts)[grammar.places_of(stretch.tokens)] for stretch in stretches]
        return np.concatenate([np.zeros(0, np.int64), *starts]) + np.repeat(offsets, np.diff(terms.runs))

    def _sums_by_word(self, values: np.ndarray, places: np.ndarray, bounds: np.ndarray) -> np.ndarray:
        """What the values at these places come to for the word each is of; `bounds` are those of the statements.

        A mark counts for the word before it, or for the first of its statement; without a word there it is left out.
        """
        owners, words_ = owners_of(bounds), self._reading.words
        lows, highs = words_.bounds[owners], words_.bounds[owners + 1] - 1
        of = np.minimum(np.maximum(np.searchsorted(words_.places, places, "right") - 1, lows), highs)
        order = np.argsort(of, kind="stable")
        order = order[lows[order] <= highs[order]]
        return sums_of(values[order], np.searchsorted(of[order], np.arange(len(words_.places) + 1)))

    def _span(self, number: int, first: int, last: int) -> Span:
        passage = self._passages[number]
        start, end = (place - self._offsets[passage] for place in (self._starts[first], self._ends[last]))
        return Span(start, end, self._reading.passages[passage].text[start:end])


def in_order(labels: Iterable[Label]) -> tuple[Label, ...]:
    return tuple(sorted(labels, key=lambda label: (PLACES[label.family], -label.score, label.id)))


def _mixed(sums: np.ndarray, sizes: np.ndarray, passages: np.ndarray, *, power: float) -> np.ndarray:
    """Each statement's own mean and its passage's, in the proportion of CONTEXT. A size counts to this power."""
    whole = sums_of(sums, passages) / _positive(sums_of(sizes, passages) ** power)[:, None]
    return (1 - CONTEXT) * (sums / _positive(sizes**power)[:, None]) + CONTEXT * whole[owners_of(passages)]


def _shares(sizes: np.ndarray, passages: np.ndarray, *, power: float) -> np.ndarray:
    """What one term weighs in the score of its own statement: `_mixed` said for one term."""
    whole = _positive(sums_of(sizes, passages) ** power)[owners_of(passages)]
    return (1 - CONTEXT) / _positive(sizes**power) + CONTEXT / whole


def _positive(sizes: np.ndarray) -> np.ndarray:
    return np.maximum(sizes, 1e-9).astype(np.float32)


def _chances(log_odds: np.ndarray) -> np.ndarray:
    # Four digits: the rest is noise of rounding, and would differ between machines.
    return np.round(1 / (1 + np.exp(-log_odds.astype(np.float64))), 4)


def _largest(terms: list[float]) -> dict[int, float]:
    """The largest terms until they make EVIDENCE_SHARE of all that speaks for the label, by their places."""
    enough = EVIDENCE_SHARE * sum(term for term in terms if term > 0)
    picked: dict[int, float] = {}
    for place in nlargest(MOST_EVIDENCE, range(len(terms)), key=terms.__getitem__):
        if picked and (sum(picked.values()) >= enough or terms[place] <= 0):
            break
        picked[place] = terms[place]
    return picked


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
