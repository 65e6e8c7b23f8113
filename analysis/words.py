"""The words of a text as a linear reader sees them: each word, its letter groups, and each pair of neighbours."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
# A pair does not reach over the end of a sentence or a line.
END_OF_THOUGHT = re.compile(r"[.!?;:\n\r•]")
LONGEST_WORD = 30
SHORTEST_GROUP, LONGEST_GROUP = 3, 5


@dataclass(frozen=True, slots=True)
class Word:
    """`before` is the neighbour it makes a pair with, or empty where a thought begins."""

    start: int
    end: int
    form: str
    before: str


def read(text: str) -> Iterator[Word]:
    before, end = "", 0
    for match in WORD.finditer(text):
        if before and END_OF_THOUGHT.search(text, end, match.start()):
            before = ""
        form = match[0].lower().replace("’", "'")[:LONGEST_WORD]
        yield Word(match.start(), match.end(), form, before)
        before, end = form, match.end()


def pair(before: str, form: str) -> str:
    return f"{before} {form}"


def letter_groups(form: str) -> list[str]:
    """Groups of 3 to 5 letters, the word's own ends marked by a space: 'care' gives ' ca', 'car', ... 'care '."""
    padded = f" {form} "
    sizes = range(SHORTEST_GROUP, LONGEST_GROUP + 1)
    return [padded[start : start + size] for size in sizes for start in range(len(padded) - size + 1)]
