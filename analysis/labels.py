"""Gives each statement its labels, from what the encoder makes of its words and from the words themselves.

The score of a label is the mean of what each word piece of the statement adds to it, so it is exactly a sum over
words: the words that earned a label are the largest terms of that sum, of those that tell a person something. The
encoder has read a piece in its passage and in the light of the question, so "This has to end." is about what came
before it.

A passage has the labels of its statements.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from heapq import nlargest

import numpy as np

from analysis.findings import FAMILIES, Label, Span
from analysis.ngrams import Ngrams
from analysis.reading import Reading, means_of
from forms import framework

READ_FAMILIES = ("actions", "fundamentals", "kinds", "barrier_themes")
PLACES = {family: place for place, family in enumerate(FAMILIES)}
BARRIER = ("kinds", "barrier")
HARM = ("harm", "harm")
# Spans that are told piece by piece, and the kind that a statement with one of them has.
SPANS = {"barriers": "barrier", "commitments": "commitment", "needs": "support-needed", "offers": "offer", "names": ""}
KIND_OF = {name: kind for name, kind in SPANS.items() if kind}
MOST_EVIDENCE = 3
# Nouns, verbs, adjectives, adverbs, numbers, foreign words and calls, by the first letters of their Penn Treebank tags.
OPEN_CLASSES = frozenset({"NN", "VB", "JJ", "RB", "CD", "FW", "UH"})
AUXILIARIES = frozenset(
    ("am", "is", "are", "was", "were", "be", "been", "being", "have", "has", "had", "having")
    + ("do", "does", "did", "done", "get", "gets", "got")
)
DENYING = frozenset(
    ("no", "not", "nor", "without", "none", "nobody", "nothing", "will", "shall", "must", "should", "could", "would")
    + ("can", "cannot")
)
EVIDENCE_SHARE = 0.5
# The chance that at least one action of a priority area holds, from which the area is said though none of them is.
AREA_ALONE = 0.6


@dataclass(frozen=True, slots=True)
class Weights:
    """What was learned beside the encoder's own layers.

    Columns of `labels_by_state` (the encoder's width x labels) follow `labels`, pairs of family and id; those of
    `spans_by_state` follow SPANS. Thresholds are log odds as the model gives them; `calibration` (labels x 2) is the
    slope and the constant that make them log odds of what people decided (Platt 1999). Of spans, names alone have one.
    `grams`, `rarity` and `labels_by_gram` are those of `Ngrams`, `grams_bias` what a statement without any of them has;
    without any, states alone count.
    """

    labels: tuple[tuple[str, str], ...]
    labels_by_state: np.ndarray
    labels_bias: np.ndarray
    thresholds: np.ndarray
    calibration: np.ndarray
    spans_by_state: np.ndarray
    spans_bias: np.ndarray
    span_thresholds: np.ndarray
    grams_bias: np.ndarray = field(default_factory=lambda: np.zeros(1, np.float32))
    grams: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int32))
    rarity: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))
    labels_by_gram: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), np.float16))


class LabelReader:
    def __init__(self, weights: Weights):
        self.weights = weights
        self.width = len(weights.labels)
        self._by_state = np.hstack([weights.labels_by_state, weights.spans_by_state])
        self.bias = weights.labels_bias + weights.grams_bias
        self._ngrams = Ngrams(weights.grams, weights.rarity, weights.labels_by_gram.astype(np.float32))
        self._themes = np.array([family == "barrier_themes" for family, _ in weights.labels])
        self._barrier = weights.labels.index(BARRIER)
        self._harm = weights.labels.index(HARM)
        self._names_above = np.where([name == "names" for name in SPANS], weights.span_thresholds, np.float32(0))
        plan = framework.load()
        areas = [plan.priority_area_of(label) if family == "actions" else "" for family, label in weights.labels]
        self._areas = {area: np.flatnonzero(np.array(areas) == area) for area in dict.fromkeys(areas) if area}

    def view(self, states: np.ndarray) -> np.ndarray:
        """What the state of each piece adds to each label, then to each span (pieces x labels and spans)."""
        return states @ self._by_state

    def spans(self, reading: Reading) -> np.ndarray:
        """Log odds that each piece belongs to each span, those of names above their threshold (pieces x SPANS)."""
        return reading.seen[:, self.width :] + (self.weights.spans_bias - self._names_above)

    def labels_of(self, reading: Reading) -> list[tuple[Label, ...]]:
        """The labels of each statement, highest score first in each family."""
        added = self.adds(reading)
        scores = self._score(reading, added)
        found: list[tuple[Label, ...]] = []
        for number, (held, chances) in enumerate(zip(self.holding(scores), self.chances(scores), strict=True)):
            telling = telling_words(reading, number)
            told = [(*self.weights.labels[column], chances[column], column) for column in np.flatnonzero(held).tolist()]
            told += (("priority_areas", *area) for area in self._areas_of(chances, held))
            labels = (
                Label(family, id, float(chance), _evidence(reading, number, telling, added[:, column]))
                for family, id, chance, column in told
            )
            found.append(in_order(labels))
        return found

    def _areas_of(self, chances: np.ndarray, holds: np.ndarray) -> Iterator[tuple[str, float, int]]:
        """A priority area holds where one of its actions does, or where it is plainly one of them and not which: the
        area, its chance, and the action that tells why."""
        for area, columns in self._areas.items():
            held = columns[holds[columns]]
            best = int(max(held if len(held) else columns, key=chances.__getitem__))
            chance = float(chances[best] if len(held) else round(1 - np.prod(1 - chances[columns]), 4))
            if len(held) or chance >= AREA_ALONE:
                yield area, chance, best

    def tells_of_harm(self, reading: Reading) -> bool:
        """By the encoder alone: bare words tell little of harm."""
        scores = self._score(reading, reading.seen[:, : self.width])
        return bool((scores[:, self._harm] >= self.weights.thresholds[self._harm]).any())

    def score(self, reading: Reading) -> np.ndarray:
        """Log odds of every label for each statement (statements x labels)."""
        return self._score(reading, self.adds(reading))

    def _score(self, reading: Reading, added: np.ndarray) -> np.ndarray:
        return means_of(added, reading.bounds) + self.bias

    def adds(self, reading: Reading) -> np.ndarray:
        """What each piece adds to each label (pieces x labels), by its state and by itself."""
        by_state = reading.seen[:, : self.width]
        if not len(self.weights.grams):
            return by_state
        return by_state + self._ngrams.adds(reading.pieces, reading.bounds.tolist())

    def holding(self, log_odds: np.ndarray) -> np.ndarray:
        """Which labels hold of which statements; barrier themes only where a statement tells of a barrier."""
        holds = log_odds >= self.weights.thresholds
        holds[:, self._harm] = False
        return holds & (~self._themes | holds[:, [self._barrier]])

    def chances(self, log_odds: np.ndarray) -> np.ndarray:
        """Calibrated: of the labels with a chance of 0.8, people gave eight in ten."""
        slope, constant = self.weights.calibration.T
        # Four digits: the rest is noise of rounding, and would differ between machines.
        return np.round(1 / (1 + np.exp(-(log_odds.astype(np.float64) * slope + constant))), 4)


def in_order(labels: Iterable[Label]) -> tuple[Label, ...]:
    return tuple(sorted(labels, key=lambda label: (PLACES[label.family], -label.score, label.id)))


def telling_words(reading: Reading, number: int) -> list[bool]:
    """Of each word of a statement, whether it can be pointed at: whether it has a meaning of its own.

    What a word adds to a label is read from its state, which has taken in its neighbours: "of" can hold much of what
    was said beside it, and would tell a person nothing. What denies or binds ("no", "without", "will") does tell.
    """
    tokens = reading.stretches[number].tokens
    own = {
        start
        for start, form, tag in zip(tokens.starts, tokens.forms, tokens.tags, strict=True)
        if form in DENYING or (tag[:2] in OPEN_CLASSES and form not in AUXILIARIES)
    }
    return [int(reading.starts[first]) in own for first, _ in reading.words[number]]


def _evidence(reading: Reading, number: int, telling: Sequence[bool], added: np.ndarray) -> tuple[Span, ...]:
    """The words of a statement that add most to one of its labels, best first, by what each piece of the passage adds;
    neighbours are joined."""
    words = reading.words[number]
    terms = [float(added[first:last].sum()) for first, last in words]
    told = [term if tells else 0.0 for term, tells in zip(terms, telling, strict=True)]
    # Where no word that tells speaks for the label, those that do are shown, whatever they are.
    picked = largest(told if max(told, default=0.0) > 0 else terms)
    runs = sorted(runs_of(sorted(picked)), key=lambda run: -sum(picked[place] for place in run))
    return tuple(_span(reading, words[run[0]][0], words[run[-1]][1]) for run in runs)


def _span(reading: Reading, first: int, last: int) -> Span:
    start, end = int(reading.starts[first]), int(reading.ends[last - 1])
    return Span(start, end, reading.text[start:end])


def largest(terms: list[float]) -> dict[int, float]:
    """The largest terms until they make EVIDENCE_SHARE of those that speak for the label, by their places."""
    enough = EVIDENCE_SHARE * sum(term for term in terms if term > 0)
    picked: dict[int, float] = {}
    for place in nlargest(MOST_EVIDENCE, range(len(terms)), key=terms.__getitem__):
        if picked and (sum(picked.values()) >= enough or terms[place] <= 0):
            break
        picked[place] = terms[place]
    return picked


def runs_of(places: Sequence[int]) -> list[list[int]]:
    """Neighbouring places together, in order."""
    runs: list[list[int]] = []
    for place in places:
        if runs and place == runs[-1][-1] + 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    return runs
