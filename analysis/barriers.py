"""Finds the words that say what gets in the way, as short as still makes sense.

A statement whose kind is `barrier` is cut into clauses by its parse tree and its punctuation. A linear model, trained
on the spans coded in the corpus, says which clauses tell the barrier; neighbours among them make one span.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.findings import Barrier, Label, Span
from analysis.labels import runs_of
from analysis.statements import Stretch, Tokens

# Roles in spaCy's English trees that begin a clause of their own, and marks that part what people write without one.
CLAUSE_ROLES = {"advcl", "ccomp", "parataxis"}
SUBJECT_ROLES = {"nsubj", "nsubjpass", "csubj", "expl"}
TELLING_ROLES = CLAUSE_ROLES | SUBJECT_ROLES | {"ROOT", "neg", "aux", "mark", "relcl", "acl", "xcomp"}
PARTING = {",", ";", ":", "(", ")", "–", "—", "-", "...", "…", ".", "?", "!"}
SHORTEST_CLAUSE = 3
ALWAYS = "always"
# No sentence is nested deeper; the bound keeps one long list of "and ... and ..." from costing its square.
DEEPEST_TREE = 50
# A clause is left out only when it is clearly beside the point (log odds). Cross-validated on the corpus.
CLEARLY_BESIDE = -0.8


@dataclass(frozen=True, slots=True)
class BarrierWeights:
    """A weight (log odds) for each feature of a clause; `features_of` says what they are."""

    names: tuple[str, ...]
    weights: np.ndarray


@dataclass(frozen=True, slots=True)
class Clause:
    """Tokens `first` to `last` (not included) of a statement."""

    first: int
    last: int


class BarrierReader:
    def __init__(self, weights: BarrierWeights):
        self._weights = dict(zip(weights.names, weights.weights.tolist(), strict=True))

    def barriers_of(self, text: str, stretch: Stretch, labels: Sequence[Label]) -> list[Barrier]:
        """The barriers a statement tells of, when its kind says that it tells of one."""
        if not any((label.family, label.id) == ("kinds", "barrier") for label in labels):
            return []
        themes = tuple(label.id for label in labels if label.family == "barrier_themes")
        actions = tuple(label.id for label in labels if label.family == "actions")
        spans = self.spans_of(text, stretch)
        return [Barrier(span.start, span.end, span.text, themes, actions) for span in spans]

    def spans_of(self, text: str, stretch: Stretch) -> list[Span]:
        """The words of a statement that tell its barrier; the whole statement when it is all one clause."""
        tokens, clauses = stretch.tokens, clauses_of(stretch.tokens)
        if len(clauses) < 2:
            return [Span(stretch.start, stretch.end, text[stretch.start : stretch.end])]
        odds = [self._odds(features_of(tokens, clauses, place)) for place in range(len(clauses))]
        telling = [place for place, value in enumerate(odds) if value >= CLEARLY_BESIDE] or [int(np.argmax(odds))]
        return [_span(text, tokens, clauses[run[0]].first, clauses[run[-1]].last) for run in runs_of(telling)]

    def _odds(self, features: Sequence[str]) -> float:
        return sum(self._weights.get(name, 0.0) for name in features)


def clauses_of(tokens: Tokens) -> list[Clause]:
    """Clauses cover the statement; one with fewer than SHORTEST_CLAUSE words stays with the one before."""
    clauses: list[Clause] = []
    cuts = [*sorted(_cuts(tokens)), len(tokens)]
    for first, last in zip(cuts, cuts[1:], strict=False):
        if clauses and (last - first < SHORTEST_CLAUSE or _length(clauses[-1]) < SHORTEST_CLAUSE):
            first = clauses.pop().first
        clauses.append(Clause(first, last))
    return clauses


def features_of(tokens: Tokens, clauses: Sequence[Clause], place: int) -> list[str]:
    """The clause's words and pairs of words, its grammar, what it stands between, where, and how long it is."""
    first, last = clauses[place].first, clauses[place].last
    inside = tokens.forms[first:last]
    return [
        ALWAYS,
        *(f"word {form}" for form in sorted(set(inside))),
        *(f"pair {one} {two}" for one, two in sorted(set(zip(inside, inside[1:], strict=False)))),
        *(f"role {role}" for role in sorted(TELLING_ROLES.intersection(tokens.roles[first:last]))),
        f"first {inside[0]}",
        f"before {tokens.forms[first - 1] if first else '^'}",
        f"after {inside[-1]}",
        f"place {_place(place, len(clauses))}",
        f"length {min((last - first) // 4, 5)}",
        f"clauses {min(len(clauses), 5)}",
    ]


def _cuts(tokens: Tokens) -> set[int]:
    after_marks = {place + 1 for place, form in enumerate(tokens.forms[:-1]) if form in PARTING}
    heads = list(_clause_heads(tokens))
    edges = _left_edges(tokens) if heads else []
    return {0} | after_marks | {_with_link(tokens, edges[head]) for head in heads}


def _clause_heads(tokens: Tokens) -> Iterator[int]:
    with_subject = {head for head, role in zip(tokens.heads, tokens.roles, strict=True) if role in SUBJECT_ROLES}
    for place, role in enumerate(tokens.roles):
        if role in CLAUSE_ROLES or (role == "conj" and place in with_subject):
            yield place


def _left_edges(tokens: Tokens) -> list[int]:
    """For each token the first of all that hang by it; heads are told at most DEEPEST_TREE levels up."""
    edges = list(range(len(tokens)))
    for place in range(len(tokens)):
        head, seen = place, 0
        while tokens.heads[head] != head and seen < DEEPEST_TREE:
            head, seen = tokens.heads[head], seen + 1
            edges[head] = min(edges[head], place)
    return edges


def _with_link(tokens: Tokens, edge: int) -> int:
    return edge - 1 if edge and tokens.roles[edge - 1] == "cc" else edge


def _span(text: str, tokens: Tokens, first: int, last: int) -> Span:
    """Without the marks and linking words at its ends."""
    while last - first > 1 and (tokens.forms[last - 1] in PARTING or tokens.roles[last - 1] == "cc"):
        last -= 1
    while last - first > 1 and (tokens.forms[first] in PARTING or tokens.roles[first] in {"cc", "mark"}):
        first += 1
    start, end = tokens.starts[first], tokens.ends[last - 1]
    return Span(start, end, text[start:end])


def _length(clause: Clause) -> int:
    return clause.last - clause.first


def _place(place: int, count: int) -> str:
    if count == 1:
        return "only"
    return "first" if place == 0 else "last" if place == count - 1 else "middle"
