"""What is read off passages before any label is given: their statements, words, and what each word piece means.

A few passages are read together and lie behind one another in the same columns: arithmetic on long columns is much
faster than on many short ones. Every sum is taken over one statement or one passage alone and in the same order, so
what a passage comes to does not depend on its company.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from analysis import encoder, questions, words
from analysis.encoder import Encoder
from analysis.passages import Passage
from analysis.statements import Stretch


@dataclass(frozen=True, slots=True)
class Column:
    """Things said in the statements. `places` count code points over all passages read together and never fall;
    those of statement i are number `bounds[i]` to `bounds[i + 1]`."""

    places: np.ndarray
    bounds: np.ndarray


@dataclass(frozen=True, slots=True)
class Reading:
    """`statement_bounds` are to passages what `Column.bounds` are to statements, `offsets` where each passage begins.

    `seen` holds what was made of the state of each word piece (pieces x whatever the view gives).
    """

    passages: Sequence[Passage]
    stretches: Sequence[Stretch]
    statement_bounds: np.ndarray
    offsets: np.ndarray
    words: Column
    word_ends: np.ndarray
    forms: list[str]
    befores: list[str]
    pieces: Column
    seen: np.ndarray
    asked: list[int | None]

    @property
    def owners(self) -> np.ndarray:
        """The number of the passage each statement is of."""
        return owners_of(self.statement_bounds)


# What to keep of the states of a window: themselves, or something smaller for each piece.
View = Callable[[np.ndarray], np.ndarray]


def read(passages: Sequence[Passage], stretches: Sequence[Sequence[Stretch]], reader: Encoder, view: View) -> Reading:
    offsets = np.cumsum([0, *(len(passage.text) + 1 for passage in passages)])
    found = [words.read(passage.text) for passage in passages]
    pieces = [reader.words.cut(passage.text) for passage in passages]
    kept_words = [_inside(one.starts, cut) for one, cut in zip(found, stretches, strict=True)]
    kept_pieces = [_inside(one.starts, cut) for one, cut in zip(pieces, stretches, strict=True)]
    return Reading(
        passages=passages,
        stretches=[stretch for cut in stretches for stretch in cut],
        statement_bounds=np.cumsum([0, *map(len, stretches)]),
        offsets=offsets[:-1],
        words=_column((one.starts for one in found), kept_words, offsets),
        word_ends=_column((one.ends for one in found), kept_words, offsets).places,
        forms=_only((one.forms for one in found), kept_words),
        befores=_only((one.befores for one in found), kept_words),
        pieces=_column((one.starts for one in pieces), kept_pieces, offsets),
        seen=_seen([one.ids for one in pieces], kept_pieces, reader, view),
        asked=[questions.asked_by(passage.question) for passage in passages],
    )


def sums_of(values: np.ndarray, bounds: np.ndarray) -> np.ndarray:
    """The sum of rows `bounds[i]` to `bounds[i + 1]`, for each i; zero where there are none."""
    sums = np.zeros((len(bounds) - 1, *values.shape[1:]), values.dtype)
    filled = bounds[1:] > bounds[:-1]
    if filled.any():
        sums[filled] = np.add.reduceat(values, bounds[:-1][filled], axis=0)
    return sums


def owners_of(bounds: np.ndarray) -> np.ndarray:
    """For each thing the number of the bounds it lies between."""
    return np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))


# The things of one passage that lie in a statement, and how many lie in each.
Kept = tuple[np.ndarray, np.ndarray]


def _inside(starts: Sequence[int], stretches: Sequence[Stretch]) -> Kept:
    starts = np.array(starts, np.int64)
    firsts = np.searchsorted(starts, [stretch.start for stretch in stretches])
    lasts = np.searchsorted(starts, [stretch.end for stretch in stretches])
    counts = lasts - firsts
    if counts.sum() == len(starts):
        return np.arange(len(starts)), counts
    return np.concatenate([np.arange(*pair) for pair in zip(firsts, lasts, strict=True)] or [starts[:0]]), counts


def _column(values: Iterable[Sequence[int]], kept: Sequence[Kept], offsets: np.ndarray) -> Column:
    parts = [
        np.array(one, np.int64)[places] + offset
        for one, (places, _), offset in zip(values, kept, offsets, strict=False)
    ]
    counts = [count for _, counts in kept for count in counts]
    return Column(np.concatenate(parts) if parts else np.zeros(0, np.int64), np.cumsum([0, *counts]))


def _only(values: Iterable[list[str]], kept: Sequence[Kept]) -> list[str]:
    return [one[place] for one, (places, _) in zip(values, kept, strict=True) for place in places.tolist()]


def _seen(ids: Sequence[Sequence[int]], kept: Sequence[Kept], reader: Encoder, view: View) -> np.ndarray:
    # No piece at all is seen too: it tells how wide what is seen would be.
    seen = [view(np.zeros((0, encoder.WIDTH), np.float32))]
    for one, (places, counts) in zip(ids, kept, strict=True):
        pieces = [one[place] for place in places.tolist()]
        bounds = np.cumsum([0, *counts]).tolist()
        seen += [view(reader.states(pieces[start:end])) for start, end in windows_of(bounds)]
    return np.concatenate(seen)


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
