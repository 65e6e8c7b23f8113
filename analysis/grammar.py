"""The grammar of a statement as a linear reader sees it: who does what, in which tense and mood."""

from functools import lru_cache

import numpy as np

from analysis.statements import Tokens

LONGEST_RUN = 3
ROOT = "ROOT"
# What tells tense, mood and voice of the main verb.
BY_THE_ROOT = {"nsubj", "nsubjpass", "expl", "aux", "auxpass", "neg", "mark"}
BEGINNING, END = "^", "$"


def features_of(tokens: Tokens) -> list[tuple[str, ...]]:
    """Runs of one to three symbols, then the main verb with each word that sets its tense, and with all of them."""
    line = [BEGINNING, *tokens.symbols, END]
    lines = [line[start:] for start in range(LONGEST_RUN)]
    found = [run for size in range(1, LONGEST_RUN + 1) for run in zip(*lines[:size], strict=False)]
    for root in _roots(tokens):
        found += _main_verb(tokens, root)
    return found


def places_of(tokens: Tokens) -> np.ndarray:
    """The token each of `features_of` is put down to: the middle of a run, the main verb for what is of it."""
    of_roots = [root for root in _roots(tokens) for _ in _main_verb(tokens, root)]
    return np.concatenate([_middles(len(tokens)), np.array(of_roots, np.int64)])


@lru_cache(maxsize=512)
def _middles(count: int) -> np.ndarray:
    # Place 0 of a line is its beginning, and the last its end; they count for the token beside them.
    sizes = range(1, LONGEST_RUN + 1)
    places = np.concatenate([np.arange(max(count + 3 - size, 0)) + size // 2 for size in sizes])
    return np.clip(places - 1, 0, count - 1)


def _roots(tokens: Tokens) -> list[int]:
    return [place for place, role in enumerate(tokens.roles) if role == ROOT]


def _main_verb(tokens: Tokens, root: int) -> list[tuple[str, ...]]:
    by_root = [
        (role, symbol)
        for role, symbol, head in zip(tokens.roles, tokens.symbols, tokens.heads, strict=True)
        if head == root and role in BY_THE_ROOT
    ]
    verb = (ROOT, tokens.symbols[root])
    return [verb, *((ROOT, *one) for one in by_root), (*verb, *(part for one in by_root for part in one))]
