"""What is read off a passage before any label is given: its statements, their words, and what each piece means."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from analysis import encoder, questions, words
from analysis.encoder import Encoder
from analysis.passages import Passage
from analysis.statements import Stretch
from analysis.words import Words


@dataclass(frozen=True, slots=True)
class Pieces:
    """Where each word piece starts, and what was seen of its state. Statement i has `bounds[i]` to `bounds[i + 1]`."""

    starts: np.ndarray
    seen: np.ndarray
    bounds: list[int]


@dataclass(frozen=True, slots=True)
class Reading:
    """`word_bounds` are to words what `Pieces.bounds` are to pieces.

    `meaning` sums what was seen of each statement's pieces (a row a statement), `sizes` counts them.
    """

    passage: Passage
    stretches: Sequence[Stretch]
    words: Words
    word_bounds: list[int]
    pieces: Pieces
    meaning: np.ndarray
    sizes: np.ndarray
    asked: int | None


# What to keep of the states of a window: itself, or something smaller for each piece.
View = Callable[[np.ndarray], np.ndarray]


def read(passage: Passage, stretches: Sequence[Stretch], reader: Encoder, view: View) -> Reading:
    found = words.read(passage.text)
    kept, word_bounds = _inside(found.starts, stretches)
    pieces = _pieces(passage.text, stretches, reader, view)
    return Reading(
        passage=passage,
        stretches=stretches,
        words=found if len(kept) == len(found.starts) else words.only(found, kept),
        word_bounds=word_bounds,
        pieces=pieces,
        meaning=sums_of(pieces.seen, pieces.bounds),
        sizes=np.diff(pieces.bounds),
        asked=questions.asked_by(passage.question),
    )


def sums_of(values: np.ndarray, bounds: Sequence[int]) -> np.ndarray:
    """The sum of rows `bounds[i]` to `bounds[i + 1]`, for each i; zero where there are none."""
    if len(bounds) == 1:
        return np.zeros((0, *values.shape[1:]), values.dtype)
    return np.array([np.add.reduce(values[start:end]) for start, end in zip(bounds, bounds[1:], strict=False)])


def _inside(starts: Sequence[int], stretches: Sequence[Stretch]) -> tuple[np.ndarray, list[int]]:
    """Which starts lie in a statement, and the bounds of each statement among those kept."""
    starts = np.asarray(starts, np.int64)
    firsts = np.searchsorted(starts, [stretch.start for stretch in stretches])
    lasts = np.searchsorted(starts, [stretch.end for stretch in stretches])
    kept = [np.arange(first, last) for first, last in zip(firsts, lasts, strict=True)]
    bounds = [0, *np.cumsum(lasts - firsts).tolist()]
    return np.concatenate(kept) if kept else np.zeros(0, np.int64), bounds


def _pieces(text: str, stretches: Sequence[Stretch], reader: Encoder, view: View) -> Pieces:
    cut = reader.words.cut(text)
    kept, bounds = _inside(cut.starts, stretches)
    ids = np.asarray(cut.ids, np.int64)[kept]
    # Nothing is a window too: it tells how wide what is seen would be.
    windows = list(windows_of(bounds)) or [(0, 0)]
    seen = [view(reader.states(ids[start:end])) for start, end in windows]
    return Pieces(np.asarray(cut.starts, np.int64)[kept], np.concatenate(seen), bounds)


def windows_of(bounds: Sequence[int], longest: int = encoder.LONGEST_WINDOW) -> Iterator[tuple[int, int]]:
    """Ranges of pieces to be read together: whole statements as long as they fit, so that context is not cut."""
    start = end = 0
    for first, last in zip(bounds, bounds[1:], strict=False):
        if last - start > longest and end > start:
            yield start, end
            start = first
        while last - start > longest:
            yield start, start + longest
            start += longest
        end = last
    if end > start:
        yield start, end
