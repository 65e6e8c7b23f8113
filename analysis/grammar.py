"""The grammar of a statement as a linear reader sees it: who does what, in which tense and mood."""

from collections.abc import Iterator

import numpy as np

from analysis.statements import Tokens

LONGEST_RUN = 3
ROOT = "ROOT"
# What tells tense, mood and voice of the main verb.
BY_THE_ROOT = {"nsubj", "nsubjpass", "expl", "aux", "auxpass", "neg", "mark"}
BEGINNING, END = "^", "$"


def features_of(tokens: Tokens) -> Iterator[tuple[str, ...]]:
    """Runs of one to three symbols, then the main verb with each word that sets its tense, and with all of them."""
    line = [BEGINNING, *tokens.symbols, END]
    for size in range(1, LONGEST_RUN + 1):
        yield from zip(*(line[start:] for start in range(size)), strict=False)
    for place, role in enumerate(tokens.roles):
        if role == ROOT:
            yield from _main_verb(tokens, place)


def shared_out(terms: np.ndarray, tokens: Tokens) -> np.ndarray:
    """What each token adds, given what each of `features_of` adds: runs are shared evenly among what they run over.

    Beginning and end count for the tokens beside them, and what is of a main verb for that verb.
    """
    line, first = np.zeros((len(tokens) + 2, terms.shape[1]), np.float32), 0
    for size in range(1, LONGEST_RUN + 1):
        count = max(len(line) + 1 - size, 0)
        for offset in range(size):
            line[offset : offset + count] += terms[first : first + count] / size
        first += count
    line[1] += line[0]
    line[-2] += line[-1]
    for place, role in enumerate(tokens.roles):
        if role == ROOT:
            count = sum(1 for _ in _main_verb(tokens, place))
            line[place + 1] += terms[first : first + count].sum(axis=0)
            first += count
    return line[1:-1]


def _main_verb(tokens: Tokens, root: int) -> Iterator[tuple[str, ...]]:
    verb = (ROOT, tokens.symbols[root])
    by_root = [
        (role, symbol)
        for role, symbol, head in zip(tokens.roles, tokens.symbols, tokens.heads, strict=True)
        if head == root and role in BY_THE_ROOT
    ]
    yield verb
    yield from ((ROOT, *one) for one in by_root)
    yield (*verb, *(part for one in by_root for part in one))
