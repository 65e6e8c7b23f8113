"""The grammar of a statement as a linear reader sees it: who does what, in which tense and mood, whatever it is about."""

from collections.abc import Iterator

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
