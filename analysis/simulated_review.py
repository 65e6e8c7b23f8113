"""What deciding brings: a reviewer is simulated who decides as the coders did, and a light layer learns from it.

What is measured is the layer and not a person: this reviewer never errs, never tires, and decides every code of a
statement.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import numpy as np

from analysis import light_layer
from analysis.comparison import Blind, Comparison, compare
from analysis.evaluation import GoldError
from analysis.frame_reader import FrameReader
from analysis.light_layer import Decided

DECISIONS = 300
SEEDS = range(5)
# Passages that nobody decides on in the simulation, and both readers are judged by.
UNSEEN = 0.4


@dataclass(frozen=True, slots=True)
class Coded:
    """A statement of a passage and the ids of all codes that it carries."""

    passage: str
    text: str
    codes: frozenset[str]


def read_coded(path: Path) -> list[Coded]:
    """The statements of a JSON Lines file, each with an id, a text and a list of codes; GoldError names a bad line."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [_coded(path.name, number, line) for number, line in enumerate(lines, start=1) if line.strip()]


def simulate(
    reader: FrameReader, coded: Sequence[Coded], decisions: int = DECISIONS, seeds: Sequence[int] = SEEDS
) -> list[Comparison]:
    """For each seed the reader without and with a layer from so many decisions, on passages left out by lot.

    Statements are decided in the order of the queue: by turns the least certain one and one by lot. ValueError where
    too few are left to be decided on.
    """
    vectors = reader.meanings.vectors(one.text for one in coded)
    odds = reader.score(vectors)
    return [_one(reader, coded, vectors, odds, decisions, seed) for seed in seeds]


def render(comparisons: Sequence[Comparison]) -> str:
    """The figures as a table to read."""
    lines = [f"{'before':>8}{'after':>8}  difference (95 % interval)"]
    for one in comparisons:
        whole = one.whole
        gained = f"{whole.difference.value:.3f} ({whole.difference.low:.3f} to {whole.difference.high:.3f})"
        lines.append(f"{whole.champion.value:8.3f}{whole.challenger.value:8.3f}  {gained}")
    mean = np.mean([[one.whole.champion.value, one.whole.challenger.value] for one in comparisons], axis=0)
    return "\n".join([*lines, f"{mean[0]:8.3f}{mean[1]:8.3f}  {mean[1] - mean[0]:.3f} in the mean"])


def _coded(file: str, number: int, line: str) -> Coded:
    try:
        told = json.loads(line)
        id, text, codes = told["id"], told["text"], told["codes"]
        if not (isinstance(text, str) and isinstance(codes, list) and all(isinstance(code, str) for code in codes)):
            raise TypeError
    except (ValueError, KeyError, TypeError) as error:
        raise GoldError(f"{file}, line {number}: a coded statement has an id, a text and a list of codes") from error
    return Coded(str(id), text, frozenset(codes))


def _one(
    reader: FrameReader, coded: Sequence[Coded], vectors: np.ndarray, odds: np.ndarray, decisions: int, seed: int
) -> Comparison:
    unseen = _left_out([one.passage for one in coded], seed)
    queue = list(islice(_queue(np.flatnonzero(~unseen), odds - reader.thresholds, seed), decisions))
    if len(queue) < decisions:
        raise ValueError(f"Only {len(queue)} statements are left to be decided on")
    family = reader.labels[0][0]
    told = [frozenset((family, code) for code in one.codes) for one in coded]
    every = frozenset(reader.labels)
    decided = [Decided(coded[row].passage, vectors[row], odds[row], told[row], every - told[row]) for row in queue]
    layer = light_layer.fit(reader, reader.meanings.version, decided)
    rows = np.flatnonzero(unseen)
    before, after = odds[rows], layer.score(odds[rows], vectors[rows])
    blind = [Blind(coded[row].passage, told[row], every - told[row]) for row in rows.tolist()]
    return compare(_said(reader, before), _said(reader, after), blind, layer.passages)


def _left_out(passages: Sequence[str], seed: int) -> np.ndarray:
    """Which statements belong to passages that are left out."""
    names = sorted(set(passages))
    drawn = np.random.default_rng(seed).permutation(len(names))[: round(UNSEEN * len(names))]
    chosen = {names[place] for place in drawn.tolist()}
    return np.array([passage in chosen for passage in passages])


def _queue(rows: np.ndarray, above: np.ndarray, seed: int) -> Iterator[int]:
    """By turns the row with a code nearest to its threshold and one by lot, each row once."""
    least_certain = rows[np.argsort(np.abs(above[rows]).min(axis=1), kind="stable")].tolist()
    by_lot = np.random.default_rng(seed).permutation(rows).tolist()
    return iter(dict.fromkeys(chain.from_iterable(zip(least_certain, by_lot, strict=True))))


def _said(reader: FrameReader, odds: np.ndarray) -> list[set[tuple[str, str]]]:
    return [{reader.labels[code] for code in np.flatnonzero(held)} for held in odds >= reader.thresholds]
