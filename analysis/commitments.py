"""Who promises what, by when: read off the statement around the span of a commitment."""

import datetime
from collections.abc import Set

from analysis import dates
from analysis.findings import Commitment, Due, Span
from analysis.statements import Stretch, Tokens

SUBJECTS = {"nsubj", "csubj"}
SPEAKERS = {"we", "i", "us", "our", "my"}
RESPONDENT = "we"
# Longer than any name of a body: then the tree went astray, and no name is better than half a sentence.
LONGEST_NAME = 80


def of_span(text: str, stretch: Stretch, span: Span, said_on: datetime.date | None) -> Commitment:
    """`who` is RESPONDENT, the words that name a body, or empty; `due` the date that the statement gives for it."""
    who_ = who(text, stretch.tokens, span)
    return Commitment(span.start, span.end, span.text, who_, due(text, stretch, span, said_on))


def who(text: str, tokens: Tokens, span: Span) -> str:
    """The subject of the span's own verb or of the one it hangs by, or whom a passive names with "by"; else empty."""
    for verb in _verbs(tokens, span):
        subject = _child(tokens, verb, SUBJECTS)
        if subject is not None:
            return _name(text, tokens, subject)
        agent = _child(tokens, verb, {"agent"})
        if agent is not None and (named := _child(tokens, agent, {"pobj"})) is not None:
            return _name(text, tokens, named)
    return ""


def due(text: str, stretch: Stretch, span: Span, said_on: datetime.date | None) -> Due | None:
    """The first date within the span, else after it, else before it; none that was over when it was said."""
    found = [
        one
        for one in dates.read(text[stretch.start : stretch.end], said_on)
        if not (said_on and one.to and one.to < said_on)
    ]
    if not found:
        return None
    start, end = span.start - stretch.start, span.end - stretch.start
    # Fixed ones first, of those within the span, then after it, then before.
    best = min(found, key=lambda one: (not (one.from_ or one.to), one.start < start, one.start >= end, one.start))
    return Due(best.text, best.from_ and best.from_.isoformat(), best.to and best.to.isoformat())


def days_of(words: str, said_on: datetime.date) -> dates.Days:
    """The days of words that answer “by when?” and nothing else: of the first that fix any, also if they were over."""
    return next(((one.from_, one.to) for one in dates.read(words, said_on) if one.from_ or one.to), dates.NOTHING_FIXED)


def _verbs(tokens: Tokens, span: Span) -> list[int]:
    """The token that the span hangs together by, and those it hangs by in turn, to the root."""
    inside = [place for place in range(len(tokens)) if span.start <= tokens.starts[place] < span.end]
    top = next((place for place in inside if tokens.heads[place] not in inside or tokens.heads[place] == place), None)
    found: list[int] = []
    while top is not None and top not in found:
        found.append(top)
        top = tokens.heads[top]
    return found


def _child(tokens: Tokens, head: int, roles: Set[str]) -> int | None:
    return next(
        (place for place, role in enumerate(tokens.roles) if role in roles and tokens.heads[place] == head), None
    )


def _name(text: str, tokens: Tokens, place: int) -> str:
    if tokens.forms[place] in SPEAKERS or any(
        tokens.forms[one] in {"our", "my"} and tokens.heads[one] == place for one in range(len(tokens))
    ):
        return RESPONDENT
    if tokens.tags[place] not in {"NN", "NNS", "NNP", "NNPS"}:
        return ""
    inside = [one for one in range(len(tokens)) if _hangs_by(tokens, one, place)]
    name = text[tokens.starts[min(inside)] : tokens.ends[max(inside)]]
    return name if len(name) <= LONGEST_NAME else ""


def _hangs_by(tokens: Tokens, place: int, head: int) -> bool:
    for _ in range(len(tokens)):
        if place == head:
            return True
        if tokens.heads[place] == place:
            return False
        place = tokens.heads[place]
    return False
