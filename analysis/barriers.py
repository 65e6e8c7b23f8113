"""Finds the words that say what gets in the way, as short as still makes sense.

A statement whose kind is `barrier` is cut into clauses by its parse tree and its punctuation. A linear model, trained
on the spans coded in the corpus, says which clauses tell the barrier; neighbours among them make one span.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.findings import Barrier, Label, Span
from analysis.statements import Stretch, Token

# Roles in spaCy's English trees that begin a clause of their own, and marks that part what people write without one.
CLAUSE_ROLES = {"advcl", "ccomp", "parataxis"}
SUBJECT_ROLES = {"nsubj", "nsubjpass", "csubj", "expl"}
TELLING_ROLES = CLAUSE_ROLES | SUBJECT_ROLES | {"ROOT", "neg", "aux", "mark", "relcl", "acl", "xcomp"}
PARTING = {",", ";", ":", "(", ")", "–", "—", "-", "...", "…", ".", "?", "!"}
SHORTEST_CLAUSE = 3
ALWAYS = "always"
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
        clauses = clauses_of(text, stretch)
        if len(clauses) < 2:
            return [Span(stretch.start, stretch.end, text[stretch.start : stretch.end])]
        odds = [self._odds(features_of(text, stretch, clauses, place)) for place in range(len(clauses))]
        telling = [place for place, value in enumerate(odds) if value >= CLEARLY_BESIDE] or [int(np.argmax(odds))]
        return [_span(text, stretch, clauses, run) for run in _runs(telling)]

    def _odds(self, features: Sequence[str]) -> float:
        return sum(self._weights.get(name, 0.0) for name in features)


def clauses_of(text: str, stretch: Stretch) -> list[Clause]:
    """Clauses cover the statement; one with fewer than SHORTEST_CLAUSE words stays with the one before."""
    clauses: list[Clause] = []
    cuts = [*sorted(_cuts(text, stretch.tokens)), len(stretch.tokens)]
    for first, last in zip(cuts, cuts[1:], strict=False):
        if clauses and (last - first < SHORTEST_CLAUSE or _length(clauses[-1]) < SHORTEST_CLAUSE):
            first = clauses.pop().first
        clauses.append(Clause(first, last))
    return clauses


def features_of(text: str, stretch: Stretch, clauses: Sequence[Clause], place: int) -> list[str]:
    clause = clauses[place]
    forms = [text[token.start : token.end].lower() for token in stretch.tokens]
    inside = forms[clause.first : clause.last]
    before = forms[clause.first - 1] if clause.first else "^"
    after = inside[-1]
    roles = {token.role for token in stretch.tokens[clause.first : clause.last]}
    return [
        ALWAYS,
        *sorted({f"word {form}" for form in inside}),
        *(f"pair {one} {two}" for one, two in zip(inside, inside[1:], strict=False)),
        *sorted(f"role {role}" for role in roles & TELLING_ROLES),
        f"first {inside[0]}",
        f"before {before}",
        f"after {after}",
        f"place {_place(place, len(clauses))}",
        f"length {min(_length(clause) // 4, 5)}",
        f"clauses {min(len(clauses), 5)}",
    ]


def _cuts(text: str, tokens: Sequence[Token]) -> set[int]:
    cuts = {0}
    for number, token in enumerate(tokens):
        if text[token.start : token.end] in PARTING and number + 1 < len(tokens):
            cuts.add(number + 1)
        if _heads_clause(tokens, number):
            cuts.add(_left_edge(tokens, number))
    return cuts


def _heads_clause(tokens: Sequence[Token], number: int) -> bool:
    role = tokens[number].role
    if role == "conj":
        return any(token.head == number and token.role in SUBJECT_ROLES for token in tokens)
    return role in CLAUSE_ROLES


def _left_edge(tokens: Sequence[Token], number: int) -> int:
    """The first token of all that hangs by this one, with the word that links it to what comes before."""
    edge = number
    for place in range(number - 1, -1, -1):
        if not _hangs_by(tokens, place, number):
            break
        edge = place
    if edge and tokens[edge - 1].role == "cc":
        edge -= 1
    return edge


def _hangs_by(tokens: Sequence[Token], place: int, number: int) -> bool:
    seen = 0
    while place != number and tokens[place].head != place and seen < 100:
        place, seen = tokens[place].head, seen + 1
    return place == number


def _span(text: str, stretch: Stretch, clauses: Sequence[Clause], run: Sequence[int]) -> Span:
    tokens = stretch.tokens[clauses[run[0]].first : clauses[run[-1]].last]
    forms = [text[token.start : token.end].lower() for token in tokens]
    first, last = 0, len(tokens)
    while last - first > 1 and (forms[last - 1] in PARTING or tokens[last - 1].role == "cc"):
        last -= 1
    while (
        last - first > 1 and first < len(tokens) and (forms[first] in PARTING or tokens[first].role in {"cc", "mark"})
    ):
        first += 1
    start, end = tokens[first].start, tokens[last - 1].end
    return Span(start, end, text[start:end])


def _runs(places: Sequence[int]) -> Iterator[list[int]]:
    run: list[int] = []
    for place in places:
        if run and place != run[-1] + 1:
            yield run
            run = []
        run.append(place)
    if run:
        yield run


def _length(clause: Clause) -> int:
    return clause.last - clause.first


def _place(place: int, count: int) -> str:
    if count == 1:
        return "only"
    return "first" if place == 0 else "last" if place == count - 1 else "middle"
