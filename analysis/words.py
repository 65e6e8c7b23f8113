"""The words of a text as a linear reader sees them: each word, its letter groups, and each pair of neighbours."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
# A pair does not reach over the end of a sentence or a line.
END_OF_THOUGHT = re.compile(r"[.!?;:\n\r•]")
LONGEST_WORD = 30
SHORTEST_GROUP, LONGEST_GROUP = 3, 5


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a text, in columns. `befores` holds the neighbour each makes a pair with, or an empty string."""

    starts: list[int]
    ends: list[int]
    forms: list[str]
    befores: list[str]


def read(text: str) -> Words:
    found = [(match.start(), match.end(), match[0]) for match in WORD.finditer(text)]
    starts, ends = [start for start, _, _ in found], [end for _, end, _ in found]
    forms = [word.lower().replace("’", "'")[:LONGEST_WORD] for _, _, word in found]
    gaps = (text[end:start] for end, start in zip(ends, starts[1:], strict=False))
    befores = ["" if _ends_thought(gap) else form for gap, form in zip(gaps, forms, strict=False)]
    return Words(starts, ends, forms, ["", *befores] if forms else [])


def only(all_words: Words, places: Sequence[int]) -> Words:
    columns = (all_words.starts, all_words.ends, all_words.forms, all_words.befores)
    return Words(*([column[place] for place in places] for column in columns))


def _ends_thought(gap: str) -> bool:
    return gap != " " and END_OF_THOUGHT.search(gap) is not None


def letter_groups(form: str) -> list[str]:
    """Groups of 3 to 5 letters, the word's own ends marked by a space: 'care' gives ' ca', 'car', ... 'care '."""
    padded = f" {form} "
    sizes = range(SHORTEST_GROUP, LONGEST_GROUP + 1)
    return [padded[start : start + size] for size in sizes for start in range(len(padded) - size + 1)]
