"""What is read off a passage before any label is given: its statements, their words, and what each piece means."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from analysis import encoder, questions, words
from analysis.encoder import Encoder
from analysis.passages import Passage
from analysis.statements import Stretch
from analysis.words import Word


@dataclass(frozen=True, slots=True)
class Pieces:
    """Word pieces: where each starts and ends, the statement it is of, and its state (float32, pieces x WIDTH)."""

    starts: np.ndarray
    ends: np.ndarray
    owners: np.ndarray
    states: np.ndarray


@dataclass(frozen=True, slots=True)
class Reading:
    """`meaning` sums the states of each statement's pieces (statements x WIDTH), `sizes` counts them."""

    passage: Passage
    stretches: Sequence[Stretch]
    words: Sequence[Word]
    word_owners: np.ndarray
    pieces: Pieces
    meaning: np.ndarray
    sizes: np.ndarray
    asked: int | None


def read(passage: Passage, stretches: Sequence[Stretch], reader: Encoder) -> Reading:
    found = list(words.read(passage.text))
    owners = owners_of([word.start for word in found], stretches)
    kept = [word for word, owner in zip(found, owners, strict=True) if owner >= 0]
    pieces = _pieces(passage.text, stretches, reader)
    meaning = sums_of(pieces.states, pieces.owners, len(stretches))
    sizes = np.bincount(pieces.owners, minlength=len(stretches))
    asked = questions.asked_by(passage.question)
    return Reading(passage, stretches, kept, owners[owners >= 0], pieces, meaning, sizes, asked)


def sums_of(values: np.ndarray, owners: np.ndarray, count: int) -> np.ndarray:
    """Sums of the values (one row each) by owner; owners rise. An owner without values has zero."""
    sums = np.zeros((count, *values.shape[1:]), np.float32)
    if len(owners):
        present, first = np.unique(owners, return_index=True)
        sums[present] = np.add.reduceat(values, first, axis=0)
    return sums


def owners_of(starts: Sequence[int], stretches: Sequence[Stretch]) -> np.ndarray:
    """For each start the index of the statement it lies in, or -1."""
    starts = np.asarray(starts, np.int64)
    if not stretches:
        return np.full(len(starts), -1)
    owners = np.searchsorted([stretch.start for stretch in stretches], starts, side="right") - 1
    ends = np.array([stretch.end for stretch in stretches])
    return np.where((owners >= 0) & (starts < ends[owners]), owners, -1)


def _pieces(text: str, stretches: Sequence[Stretch], reader: Encoder) -> Pieces:
    cut = reader.words.cut(text)
    owners = owners_of(cut.starts, stretches)
    kept = np.flatnonzero(owners >= 0)
    ids, owners = np.asarray(cut.ids, np.int64)[kept], owners[kept]
    states = [reader.states(ids[start:end]) for start, end in windows_of(owners)]
    joined = np.concatenate(states) if states else np.zeros((0, encoder.WIDTH), np.float32)
    return Pieces(np.asarray(cut.starts, np.int64)[kept], np.asarray(cut.ends, np.int64)[kept], owners, joined)


def windows_of(owners: np.ndarray, longest: int = encoder.LONGEST_WINDOW) -> Iterator[tuple[int, int]]:
    """Ranges of pieces to be read together: whole statements as long as they fit, so that context is not cut."""
    start, size = 0, len(owners)
    while start < size:
        end = min(start + longest, size)
        if end < size and owners[end] == owners[end - 1] and owners[start] != owners[end]:
            end = int(np.searchsorted(owners, owners[end], side="left"))
        yield start, end
        start = end
