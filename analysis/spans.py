"""Names of people, word by word; and when two spans agree."""

import re
from functools import cache
from pathlib import Path

import numpy as np

from analysis.labels import SPANS
from analysis.reading import Reading

COLUMNS = {name: place for place, name in enumerate(SPANS)}
WORD = re.compile(r"[^\W_]+")
NAMES = Path(__file__).parent / "corpus" / "names"
# How far above the threshold a word has to be, in log odds, that does not look like a name.
UNLIKELY = 2.0
NAME_JOINS = {" ", "-", "'", "’", ". ", "."}


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
