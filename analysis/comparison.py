"""Whether a candidate may take the place of the model in use: both judged on blind decisions that neither has seen."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.evaluation import SEED, Figure
from analysis.light_layer import Pair

# Under fifty passages a bootstrap interval is too narrow to be believed.
FEWEST_PASSAGES = 50
DRAWS = 2_000


@dataclass(frozen=True, slots=True)
class Blind:
    """A statement that a person decided on before seeing what any model says; all but `yes` and `no` are unknown."""

    passage: str
    yes: frozenset[Pair]
    no: frozenset[Pair]


@dataclass(frozen=True, slots=True)
class Difference:
    """Micro-F1 of both with 95 % intervals, and of what the challenger is better by."""

    champion: Figure
    challenger: Figure
    difference: Figure

    def as_record(self) -> dict:
        return {name: getattr(self, name).as_record() for name in ("champion", "challenger", "difference")}


@dataclass(frozen=True, slots=True)
class Comparison:
    """`families` are those that were decided on, by name; for `whole` all their labels are pooled."""

    statements: int
    passages: int
    whole: Difference
    families: dict[str, Difference]

    @property
    def better(self) -> bool:
        """Whether the challenger is to be served: there is enough to judge by, and the whole interval is above zero."""
        return self.passages >= FEWEST_PASSAGES and self.whole.difference.low > 0

    def as_record(self) -> dict:
        families = {family: one.as_record() for family, one in self.families.items()}
        counts = {"statements": self.statements, "passages": self.passages, "better": self.better}
        return {**counts, "whole": self.whole.as_record(), "families": families}


def compare(
    champion: Sequence[Collection[Pair]],
    challenger: Sequence[Collection[Pair]],
    blind: Sequence[Blind],
    learned_from: Collection[str] = (),
    draws: int = DRAWS,
    seed: int = SEED,
) -> Comparison:
    """What each says of the blind statements (the labels that hold, in the order of `blind`), against what people said.

    A label that people were not asked about on a statement counts neither way. The interval of the difference is that
    of a paired bootstrap: passages are drawn with all their statements, and both models are scored on the same draw
    (Efron and Tibshirani 1993; for models of language Koehn 2004, Berg-Kirkpatrick et al. 2012). It holds for one look:
    who compares every night and stops at the first good one finds a better model sooner or later where there is none.

    Raises ValueError where `learned_from`, the passages that either has learned from, holds a blind one; where there is
    nothing to judge by; and where the three are not of one length.
    """
    if not len(champion) == len(challenger) == len(blind):
        raise ValueError("Both models have to say something of every blind statement")
    if {one.passage for one in blind} & set(learned_from):
        raise ValueError("One of the models has learned from a passage that it would be judged by")
    families = sorted({family for one in blind for family, _ in one.yes | one.no})
    if not families:
        raise ValueError("Nobody has decided blind on any label yet")
    passages = {passage: row for row, passage in enumerate(dict.fromkeys(one.passage for one in blind))}
    counts = np.zeros((2, len(passages), len(families), 3), np.int64)
    for said, table in zip((champion, challenger), counts, strict=True):
        for held, one in zip(said, blind, strict=True):
            table[passages[one.passage]] += _counts(held, one, families)
    drawn = _drawn(len(passages), draws, seed)
    return Comparison(
        len(blind),
        len(passages),
        _difference(counts.sum(axis=2), drawn),
        {family: _difference(counts[:, :, place], drawn) for place, family in enumerate(families)},
    )


def _counts(held: Collection[Pair], one: Blind, families: Sequence[str]) -> np.ndarray:
    """Hits, labels said in vain, labels missed (families x 3)."""
    counts = np.zeros((len(families), 3), np.int64)
    for place, pairs in enumerate((one.yes & set(held), one.no & set(held), one.yes - set(held))):
        for family, _ in pairs:
            counts[families.index(family), place] += 1
    return counts


def _drawn(passages: int, draws: int, seed: int) -> np.ndarray:
    """How often each passage is drawn (draws x passages); the first row is all of them once."""
    drawn = np.random.default_rng(seed).multinomial(passages, np.full(passages, 1 / passages), size=draws)
    return np.vstack([np.ones((1, passages), np.int64), drawn])


def _difference(counts: np.ndarray, drawn: np.ndarray) -> Difference:
    champion, challenger = (_f1(drawn @ table) for table in counts)
    return Difference(*(_figure(values) for values in (champion, challenger, challenger - champion)))


def _f1(counts: np.ndarray) -> np.ndarray:
    """Zero where there is nothing to find and nothing was said: both models have it there, and differ by nothing."""
    hits, extra, missed = counts.T
    return 2 * hits / np.maximum(2 * hits + extra + missed, 1)


def _figure(values: np.ndarray) -> Figure:
    low, high = np.percentile(values[1:], [2.5, 97.5])
    return Figure(float(values[0]), float(low), float(high))
