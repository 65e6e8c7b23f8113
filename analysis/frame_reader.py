"""Suggests the codes of another framework, from their definitions and a few examples of each: nothing is trained.

A code is the direction in which its definition lies from those of the other codes, and its examples with it (nearest
class mean: Rocchio 1971; Snell et al. 2017, "Prototypical networks"). The score of a statement is the cosine of its
vector with that direction, which is a sum over its words: the words that earned a code are the largest terms of it.

What a score means: SLOPE and CONSTANT turn cosines into log odds. They were set on one framework, ten codes of a review
of local plans, where nearly the same suited definitions alone and definitions with examples. For another framework
they are a guess, and until people have decided on some of its statements nobody knows how good: that is what
`light_layer` learns.
"""

import copy
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.findings import Label, Span
from analysis.labels import DENYING, largest, runs_of
from analysis.light_layer import LightLayer, Seen
from analysis.meanings import Meaning, Meanings

SLOPE, CONSTANT = 25.0, -3.4
# With F1 near two thirds at best, a code is best said from half of that (Lipton et al. 2014, "Optimal thresholding").
HOLDS = 1 / 3
THRESHOLD = float(np.log(HOLDS / (1 - HOLDS)))
# A definition was weighed by many; it counts as two examples.
WEIGHT_OF_DEFINITION = 2.0
FEWEST_CODES = 2


@dataclass(frozen=True, slots=True)
class Code:
    id: str
    title: str
    definition: str
    examples: tuple[str, ...] = ()


class FrameReader:
    """`labels` are pairs of `family` and a code's id, in the order of the codes. `version` is another one whenever the
    codes, their words or the encoders are others: `zero-shot-...` without any example, `few-shot-...` with one.
    `model_version` is that of what it finds: the same, or that of the layer that lies over it."""

    def __init__(self, codes: Sequence[Code], meanings: Meanings, family: str = "codes"):
        """Any objects with the fields of `Code` will do. ValueError for fewer than FEWEST_CODES: a code is told by what
        the others are not."""
        if len(codes) < FEWEST_CODES:
            raise ValueError(f"At least {FEWEST_CODES} codes are needed: each is told from the others")
        self.labels = tuple((family, code.id) for code in codes)
        self.thresholds = np.full(len(codes), THRESHOLD)
        self.version = self.model_version = _version(codes, meanings, family)
        self.meanings = meanings
        self._light: LightLayer | None = None
        self._directions = _directions(codes, meanings)

    def with_light(self, layer: LightLayer) -> "FrameReader":
        """The same with a layer that was learned over it; ModelError where it was learned over anything else."""
        layer.check(self, self.meanings.version)
        laid = copy.copy(self)
        laid._light, laid.model_version = layer, layer.version
        return laid

    def labels_of(self, statements: Sequence[Span]) -> list[tuple[Label, ...]]:
        """The codes that hold of each statement, likeliest first, with the words that earned them.

        A statement is its words and where they stand in their passage: evidence is told by places in the passage. The
        caller leaves out passages in languages that are not read.
        """
        return [self._labels(statement) for statement in statements]

    def seen(self, statements: Sequence[Span]) -> list[Seen]:
        """What a light layer learns from each statement."""
        vectors = self.meanings.vectors(statement.text for statement in statements)
        found = zip(statements, self.score(vectors), vectors, strict=True)
        return [Seen(statement.start, statement.end, odds, vector) for statement, odds, vector in found]

    def score(self, vectors: np.ndarray) -> np.ndarray:
        """Log odds of each code without any layer (statements x codes), of vectors (statements x width)."""
        return SLOPE * (vectors.astype(np.float64) @ self._directions.T) + CONSTANT

    def _labels(self, statement: Span) -> tuple[Label, ...]:
        meaning = self.meanings.of(statement.text)
        odds, added = self.score(meaning.vector[None]), SLOPE * (meaning.by_piece @ self._directions.T)
        if self._light is not None:
            added = self._light.adds(added, meaning.by_piece)
            odds = self._light.score(odds, meaning.vector[None])
        held = np.flatnonzero((odds[0] >= self.thresholds) & meaning.vector.any())
        return tuple(
            Label(*self.labels[code], _chance(odds[0, code]), evidence(statement, meaning, added[:, code]))
            for code in sorted(held.tolist(), key=lambda code: (-odds[0, code], self.labels[code]))
        )


def evidence(statement: Span, meaning: Meaning, added: np.ndarray) -> tuple[Span, ...]:
    """The words that add most, best first, by what each piece adds; words that tell nothing by themselves are passed
    over where any other speaks for the code, and neighbours are joined."""
    words = _words(statement.text, meaning)
    terms = [float(added[first:last].sum()) for first, last in words]
    said = [statement.text[meaning.starts[first] : meaning.ends[last - 1]].lower() for first, last in words]
    told = [term if _tells(word) else 0.0 for term, word in zip(terms, said, strict=True)]
    picked = largest(told if max(told, default=0.0) > 0 else terms)
    runs = sorted(runs_of(sorted(picked)), key=lambda run: -sum(picked[place] for place in run))
    return tuple(
        _span(statement, meaning.starts[words[run[0]][0]], meaning.ends[words[run[-1]][1] - 1]) for run in runs
    )


def _words(text: str, meaning: Meaning) -> list[tuple[int, int]]:
    """Ranges of pieces: those that touch are one word, and a word begins with a letter or digit."""
    words: list[tuple[int, int]] = []
    for place, (start, end) in enumerate(zip(meaning.starts, meaning.ends, strict=True)):
        if not text[start:end][:1].isalnum():
            continue
        if words and words[-1][1] == place and meaning.ends[place - 1] == start:
            words[-1] = (words[-1][0], place + 1)
        else:
            words.append((place, place + 1))
    return words


def _tells(word: str) -> bool:
    from spacy.lang.en.stop_words import STOP_WORDS

    return word in DENYING or word not in STOP_WORDS


def _span(statement: Span, start: int, end: int) -> Span:
    return Span(statement.start + start, statement.start + end, statement.text[start:end])


def _chance(log_odds: float) -> float:
    # Four digits: the rest is noise of rounding, and would differ between machines.
    return round(float(1 / (1 + np.exp(-log_odds))), 4)


def _directions(codes: Sequence[Code], meanings: Meanings) -> np.ndarray:
    """Where each code lies from the middle of the others (codes x width)."""
    centres = np.array([_centre(code, meanings) for code in codes])
    return (centres - centres.mean(axis=0)) * len(codes) / (len(codes) - 1)


def _centre(code: Code, meanings: Meanings) -> np.ndarray:
    definition, *examples = meanings.vectors([f"{code.title}. {code.definition}", *code.examples]).astype(np.float64)
    centre = WEIGHT_OF_DEFINITION * definition + np.sum(examples, axis=0)
    return centre / max(float(np.linalg.norm(centre)), 1e-9)


def _version(codes: Sequence[Code], meanings: Meanings, family: str) -> str:
    said = [[code.id, code.title, code.definition, *code.examples] for code in codes]
    how = [meanings.version, family, SLOPE, CONSTANT, WEIGHT_OF_DEFINITION, HOLDS]
    digest = hashlib.sha256(json.dumps([how, said]).encode()).hexdigest()[:10]
    return f"{'few' if any(code.examples for code in codes) else 'zero'}-shot-{digest}"
