"""Gives each statement its labels, from two linear readers whose evidence is added up.

One reader looks at words, pairs of words and groups of letters (TF-IDF), the other at what the encoder makes of each
word piece. Both are linear and both divide by something that is the same for the whole span, so a score is exactly a
sum over words: the words that earned a label are the largest terms of that sum, not a story told afterwards.

A statement is read with some of its passage's score (CONTEXT), since "This has to end." says little alone.
A passage has the labels of its statements.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from analysis import words
from analysis.findings import FAMILIES, Label, Span
from analysis.reading import Reading, sums_of
from analysis.words import Word

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

    names: tuple[str, ...]
    idf: np.ndarray
    weights: np.ndarray


@dataclass(frozen=True, slots=True)
class Weights:
    """All that was learned. Columns follow `labels`, pairs of family and id. Scores and thresholds are log odds."""

    labels: tuple[tuple[str, str], ...]
    words: Features
    groups: Features
    asked: np.ndarray
    centre: np.ndarray
    meaning: np.ndarray
    bias: np.ndarray
    thresholds: np.ndarray


class LabelReader:
    def __init__(self, weights: Weights):
        self.weights = weights
        self._words, self._groups = _Lookup(weights.words), _Lookup(weights.groups)
        self._remembered: dict[tuple[str, str], tuple] = {}
        self._themes = np.array([family == "barrier_themes" for family, _ in weights.labels])
        self._barrier = weights.labels.index(BARRIER)

    def labels_of(self, reading: Reading) -> list[tuple[Label, ...]]:
        """The labels of each statement, in the order of FAMILIES, highest score first."""
        scores = self.score(reading)
        holds = self.holding(scores)
        evidence = _Evidence(reading, self) if holds.any() else None
        return [self._statement_labels(number, scores, holds, evidence) for number in range(len(scores))]

    def score(self, reading: Reading) -> np.ndarray:
        """Log odds of every label for each statement (statements x labels)."""
        count = len(reading.stretches)
        asked = 0 if reading.asked is None else self.weights.asked[reading.asked]
        scores = np.zeros((count, len(self.weights.labels)), np.float32) + self.weights.bias + asked
        for terms, squares in self.word_terms(reading):
            sizes = sums_of(squares, reading.word_owners, count)
            scores += _mixed(sums_of(terms, reading.word_owners, count), np.sqrt(sizes), np.sqrt(sizes.sum()))
        meaning = (reading.meaning - reading.sizes[:, None] * self.weights.centre) @ self.weights.meaning
        return scores + _mixed(meaning, reading.sizes, reading.sizes.sum())

    def holding(self, log_odds: np.ndarray) -> np.ndarray:
        """Which labels hold of which statements; barrier themes only where a statement tells of a barrier."""
        holds = log_odds >= self.weights.thresholds
        return holds & (~self._themes | holds[:, [self._barrier]])

    def word_terms(self, reading: Reading) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """For words and then for letter groups: what each word adds (words x labels), and to the squared norm."""
        found = [self._of_word(word.form, word.before) for word in reading.words]
        if found:
            words_, word_squares, groups, group_squares = zip(*found, strict=True)
            yield np.array(words_), np.array(word_squares, np.float32)
            yield np.array(groups), np.array(group_squares, np.float32)

    def _of_word(self, form: str, before: str) -> tuple[np.ndarray, float, np.ndarray, float]:
        found = self._remembered.get((form, before))
        if found is None:
            names = [form, words.pair(before, form)] if before else [form]
            found = (*self._words.total(names), *self._groups.total(words.letter_groups(form)))
            if len(self._remembered) >= MOST_REMEMBERED:
                self._remembered.clear()
            self._remembered[form, before] = found
        return found

    def _statement_labels(self, number: int, scores, holds, evidence: "_Evidence") -> tuple[Label, ...]:
        columns = np.flatnonzero(holds[number])
        if not len(columns):
            return ()
        earned = evidence.of(number, columns)
        found = [
            Label(*self.weights.labels[column], _chance(scores[number, column]), spans)
            for column, spans in zip(columns, earned, strict=True)
        ]
        return in_order(found)


class _Lookup:
    """Weights times idf by feature name, with each feature's share of the squared norm."""

    def __init__(self, features: Features):
        self._rows = {name: row for row, name in enumerate(features.names)}
        self._weighted = features.weights.astype(np.float32) * features.idf[:, None]
        self._squares = features.idf**2

    def total(self, names: Sequence[str]) -> tuple[np.ndarray, float]:
        known = [row for name in names if (row := self._rows.get(name)) is not None]
        return self._weighted[known].sum(axis=0), float(self._squares[known].sum())


class _Evidence:
    """Takes a reading's scores apart again, word by word."""

    def __init__(self, reading: Reading, reader: LabelReader):
        self._reading, self._weights = reading, reader.weights
        self._count = len(reading.stretches)
        self._from_words = sum(self._scaled(terms, squares) for terms, squares in reader.word_terms(reading))
        self._starts = np.array([word.start for word in reading.words])

    def of(self, number: int, columns: np.ndarray) -> list[tuple[Span, ...]]:
        """For each label the stretches of the statement that added most to its score, best first."""
        first, end = np.searchsorted(self._reading.word_owners, [number, number + 1])
        if first == end:
            return [() for _ in columns]
        terms = self._from_words[first:end, columns] + self._from_meaning(number, first, end, columns)
        chosen = self._reading.words[first:end]
        return [_spans(self._reading.passage.text, chosen, terms[:, place]) for place in range(len(columns))]

    def _scaled(self, terms: np.ndarray, squares: np.ndarray) -> np.ndarray:
        owners = self._reading.word_owners
        sizes = sums_of(squares, owners, self._count)
        return terms * _share(np.sqrt(sizes), np.sqrt(sizes.sum()))[owners][:, None]

    def _from_meaning(self, number: int, first: int, end: int, columns: np.ndarray) -> np.ndarray:
        pieces, sizes = self._reading.pieces, self._reading.sizes
        start, stop = np.searchsorted(pieces.owners, [number, number + 1])
        terms = (pieces.states[start:stop] - self._weights.centre) @ self._weights.meaning[:, columns]
        places = np.searchsorted(self._starts[first:end], pieces.starts[start:stop], side="right") - 1
        # Pieces before the first word are marks such as an opening quote; they count for the word they open.
        sums = sums_of(terms, np.maximum(places, 0), end - first)
        return sums * _share(sizes, sizes.sum())[number]


def in_order(labels: Iterable[Label]) -> tuple[Label, ...]:
    return tuple(sorted(labels, key=lambda label: (FAMILIES.index(label.family), -label.score, label.id)))


def _mixed(sums: np.ndarray, sizes: np.ndarray, whole: float) -> np.ndarray:
    """A statement's own mean and its passage's, in the proportion of CONTEXT."""
    own = sums / np.maximum(sizes, 1e-9)[:, None]
    return (1 - CONTEXT) * own + CONTEXT * sums.sum(axis=0) / max(whole, 1e-9)


def _share(sizes: np.ndarray, whole: float) -> np.ndarray:
    """What one term weighs in the score of its own statement: `_mixed` said for one word."""
    return (1 - CONTEXT) / np.maximum(sizes, 1e-9) + CONTEXT / max(whole, 1e-9)


def _chance(log_odds: float) -> float:
    # Four digits: the rest is noise of rounding, and would differ between machines.
    return round(float(1 / (1 + np.exp(-np.float64(log_odds)))), 4)


def _spans(text: str, chosen: Sequence[Word], terms: np.ndarray) -> tuple[Span, ...]:
    """The largest terms until they make up EVIDENCE_SHARE of all that speaks for the label; neighbours are joined."""
    order = np.argsort(-terms, kind="stable")
    enough = EVIDENCE_SHARE * np.maximum(terms, 0).sum()
    picked = _enough(order[:MOST_EVIDENCE], terms, enough)
    runs = [run for run in _runs(sorted(picked))]
    runs.sort(key=lambda run: -terms[run].sum())
    return tuple(_span(text, chosen[run[0]].start, chosen[run[-1]].end) for run in runs)


def _enough(order: np.ndarray, terms: np.ndarray, enough: float) -> list[int]:
    picked, total = [], 0.0
    for place in order:
        if picked and (total >= enough or terms[place] <= 0):
            break
        picked.append(int(place))
        total += terms[place]
    return picked


def _runs(places: Sequence[int]) -> Iterator[list[int]]:
    run: list[int] = []
    for place in places:
        if run and place != run[-1] + 1:
            yield run
            run = []
        run.append(place)
    if run:
        yield run


def _span(text: str, start: int, end: int) -> Span:
    return Span(start, end, text[start:end])
