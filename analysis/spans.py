"""Cuts spans out of a statement: what gets in the way, what is promised, asked for, offered; and names of people.

The encoder says of each word piece how far it belongs to such a span. Words above the threshold make a span, with the
few below it between them: a span is one stretch of text that can be quoted, as short as still makes sense.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from analysis.findings import Span
from analysis.labels import SPANS
from analysis.reading import Reading

COLUMNS = {name: place for place, name in enumerate(SPANS)}
# Words below the threshold that a span may reach over at most; and the fewest words that make a span.
WIDEST_GAP = 3
FEWEST_WORDS = 2
WORD = re.compile(r"[^\W_]+")
NAMES = Path(__file__).parent / "corpus" / "names"
# How far above the threshold a word has to be, in log odds, that does not look like a name.
UNLIKELY = 2.0
NAME_JOINS = {" ", "-", "'", "’", ". ", "."}


def of_statement(reading: Reading, number: int, name: str, above: np.ndarray) -> list[Span]:
    """The spans of this name in a statement that is known to hold one; the whole statement when no word stands out.

    `above` is what `LabelReader.spans` gives: pieces x SPANS, log odds above the threshold.
    """
    words = reading.words[number]
    strength = [float(above[first:last, COLUMNS[name]].max()) for first, last in words]
    runs = [run for run in _runs(strength) if run[1] - run[0] >= FEWEST_WORDS]
    if not runs:
        stretch = reading.stretches[number]
        return [_trimmed(reading.text, stretch.start, stretch.end)]
    return [_between(reading, words[first][0], words[last - 1][1]) for first, last in runs]


def names(reading: Reading, above: np.ndarray) -> list[tuple[int, int]]:
    """Where the names of people stand: (start, end) in code points; parts of one name are joined."""
    found: list[tuple[int, int]] = []
    for words in reading.words:
        for number, (first, last) in enumerate(words):
            start, end = int(reading.starts[first]), int(reading.ends[last - 1])
            looks_like_one = _looks_like_a_name(reading.text[start:end], begins=number == 0)
            if above[first:last, COLUMNS["names"]].max() < (0 if looks_like_one else UNLIKELY):
                continue
            if found and reading.text[found[-1][1] : start] in NAME_JOINS:
                found[-1] = (found[-1][0], end)
            else:
                found.append((start, end))
    return [one for one in found if any(letter.isalpha() for letter in reading.text[slice(*one)])]


def _looks_like_a_name(word: str, *, begins: bool) -> bool:
    """By its capital, where it does not begin a statement, or as one of those that names are learned with."""
    return (word[0].isupper() and not begins) or word.lower() in known_names()


@cache
def known_names() -> frozenset[str]:
    files = (NAMES / f"{name}.txt" for name in ("first", "last"))
    return frozenset(name.lower() for file in files for name in file.read_text(encoding="utf-8").split())


def agree(one: tuple[int, int], other: tuple[int, int], text: str) -> bool:
    """Half or more of the words of the longer span are in both."""
    first, second = ({match.span() for match in WORD.finditer(text, *span)} for span in (one, other))
    return 2 * len(first & second) >= max(len(first), len(second), 1)


def _runs(strength: Sequence[float]) -> Iterator[tuple[int, int]]:
    """Ranges of words that are above the threshold, those joined that lie WIDEST_GAP words apart or less."""
    first = last = None
    for place, value in enumerate(strength):
        if value < 0:
            continue
        if first is not None and place - last > WIDEST_GAP:
            yield first, last
            first = place
        first, last = place if first is None else first, place + 1
    if first is not None:
        yield first, last


def _between(reading: Reading, first: int, last: int) -> Span:
    return _trimmed(reading.text, int(reading.starts[first]), int(reading.ends[last - 1]))


def _trimmed(text: str, start: int, end: int) -> Span:
    """Without a full stop or another mark at its end."""
    while end - start > 1 and not (text[end - 1].isalnum() or text[end - 1] in ")%!?\"'’”"):
        end -= 1
    return Span(start, end, text[start:end])
