"""What is read off a passage before any label is given: its word pieces, and what each says where it stands."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from analysis import encoder, statements
from analysis.encoder import Encoder
from analysis.passages import Passage
from analysis.statements import Stretch
from analysis.wordpiece import WordPiece

BLANK_LINE = re.compile(r"\n\s*\n")
# What is kept of the states of a window (pieces x width): something smaller for each piece. The states of a million
# characters would take 400 MB.
View = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, slots=True)
class Reading:
    """One passage. Piece i, `pieces[i]` in the vocabulary, stands for `text[starts[i]:ends[i]]`, and `seen[i]` is what
    was made of its state.

    Those of statement j are number `bounds[j]` to `bounds[j + 1]`; pieces between statements are left out. `words[j]`
    are its words, as ranges of pieces: pieces that touch and begin with letters or digits are one word.
    """

    text: str
    stretches: Sequence[Stretch]
    pieces: Sequence[int]
    starts: np.ndarray
    ends: np.ndarray
    bounds: np.ndarray
    words: list[list[tuple[int, int]]]
    seen: np.ndarray


def read(
    passage: Passage, stretches: Sequence[Stretch], reader: Encoder, view: View, *, as_typed: bool = False
) -> Reading:
    """`as_typed`: no word is taken for a mistyped one, as in a language that the models do not read."""
    ids, starts, ends, bounds = pieces_of(passage.text, stretches, reader.words, as_typed=as_typed)
    return Reading(
        text=passage.text,
        stretches=stretches,
        pieces=ids,
        starts=starts,
        ends=ends,
        bounds=bounds,
        words=_words(passage.text, starts, ends, bounds.tolist()),
        seen=_seen(
            ids, _paragraphs(passage.text, stretches, bounds.tolist()), reader.asked(passage.question), reader, view
        ),
    )


def pieces_of(
    text: str, stretches: Sequence[Stretch], words: WordPiece, *, as_typed: bool = False
) -> tuple[list[int], np.ndarray, np.ndarray, np.ndarray]:
    """The word pieces of the statements of a text, where each begins and ends, and their bounds as in `Reading`."""
    pieces = words.cut(statements.readable(text), as_typed=as_typed)
    starts = np.array(pieces.starts, np.int64)
    ranges = [np.searchsorted(starts, (stretch.start, stretch.end)) for stretch in stretches]
    kept = np.concatenate([np.arange(*pair) for pair in ranges]) if ranges else np.zeros(0, np.int64)
    bounds = np.cumsum([0, *(last - first for first, last in ranges)])
    return np.array(pieces.ids, np.int64)[kept].tolist(), starts[kept], np.array(pieces.ends, np.int64)[kept], bounds


def means_of(values: np.ndarray, bounds: np.ndarray) -> np.ndarray:
    """The mean of rows `bounds[i]` to `bounds[i + 1]`, for each i; zero where there are none."""
    sums = np.zeros((len(bounds) - 1, *values.shape[1:]), values.dtype)
    sizes = np.diff(bounds)
    if (sizes > 0).any():
        sums[sizes > 0] = np.add.reduceat(values, bounds[:-1][sizes > 0], axis=0)
    return sums / np.maximum(sizes, 1).astype(values.dtype)[:, None]


def _words(text: str, starts: np.ndarray, ends: np.ndarray, bounds: Sequence[int]) -> list[list[tuple[int, int]]]:
    touching = (starts[1:] == ends[:-1]).tolist()
    solid = [text[place].isalnum() for place in starts.tolist()]
    found: list[list[tuple[int, int]]] = []
    for first, last in zip(bounds, bounds[1:], strict=False):
        words: list[tuple[int, int]] = []
        for place in range(first, last):
            if words and words[-1][1] == place and touching[place - 1] and solid[place]:
                words[-1] = (words[-1][0], place + 1)
            elif solid[place]:
                words.append((place, place + 1))
        found.append(words)
    return found


def _paragraphs(text: str, stretches: Sequence[Stretch], bounds: Sequence[int]) -> list[list[int]]:
    """The bounds of statements, paragraph by paragraph: what stands apart (a signature, a line to the machine) is read
    apart, and turns no label of the rest."""
    parts = [[0]]
    for number, stretch in enumerate(stretches):
        if number and BLANK_LINE.search(text, stretches[number - 1].end, stretch.start):
            parts.append([bounds[number]])
        parts[-1].append(bounds[number + 1])
    return parts


def _seen(
    ids: Sequence[int], paragraphs: Sequence[Sequence[int]], asked: Sequence[int], reader: Encoder, view: View
) -> np.ndarray:
    longest = encoder.LONGEST_WINDOW - len(asked)
    # No piece at all is seen too: it tells how wide what is seen would be.
    none = view(np.zeros((0, reader.width), np.float32))
    windows = (ids[start:end] for bounds in paragraphs for start, end in windows_of(bounds, longest))
    return np.concatenate([none, *(view(reader.states(window, asked)) for window in windows)])


def windows_of(bounds: Sequence[int], longest: int) -> Iterator[tuple[int, int]]:
    """Ranges of pieces to be read together: whole statements as long as they fit, so that context is not cut."""
    start = end = bounds[0]
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
