"""Who promises what, by when: read off the statement around the span of a commitment."""

import datetime
from collections.abc import Set

from analysis import dates
from analysis.findings import Commitment, Due, Span
from analysis.statements import Stretch, Tokens

SUBJECTS = {"nsubj", "csubj"}
AUXILIARIES = {"aux", "auxpass"}
VERBS = {"VB", "VBD", "VBG", "VBN", "VBP", "VBZ"}
NAMING = {"NN", "NNS", "NNP", "NNPS"}
# "Was approved", "has been approved", "we've approved"; "is approved in May" may be yet to come.
PAST_AUXILIARIES = {"was", "were", "been", "has", "have", "had", "having", "'ve", "’ve", "'d", "’d"}
# In the past and of what is to come: "expected in May".
LOOK_AHEAD = {
    "planned", "expected", "scheduled", "due", "anticipated", "intended", "proposed", "projected", "hoped",
    "envisaged", "timetabled", "targeted", "forecast", "meant", "supposed", "booked", "arranged", "promised",
    "pledged", "wanted", "needed", "required", "aimed", "estimated", "pencilled", "earmarked", "followed", "set",
    "moved", "postponed", "delayed", "deferred", "rescheduled", "extended",
}  # fmt: skip
BRING_ABOUT = {"have", "get", "see", "want", "need", "like", "having", "getting", "seeing"}
# Verbs that go on from one another; more are no sentence, and would cost more than they tell.
LONGEST_SERIES = 8
CONDITIONS = {"if", "once", "when", "until", "unless", "should"}
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
    """The first date within the span, else after it, else before it; none that was over when it was said, and none of
    what is told as done: "approved in October" was last October."""
    found = [
        one
        for one in dates.read(text[stretch.start : stretch.end], said_on)
        if not (said_on and one.to and one.to < said_on) and not (one.either_way and _is_of_what_was_done(stretch, one))
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


def _is_of_what_was_done(stretch: Stretch, when: dates.When) -> bool:
    """Whether the date hangs by a verb of the past; by way of who did it or where, and of no other noun, since "work to
    prepare for the opening in May began" is of an opening to come."""
    tokens = stretch.tokens
    words = Span(stretch.start + when.start, stretch.start + when.end, when.text)
    line = _verbs(tokens, words)
    first = next((place for place, start in enumerate(tokens.starts) if start == words.start), 0)
    if first and tokens.forms[first - 1] == ",":  # apart: "send it to all who took part, in June"
        return False
    for place in line:
        if tokens.tags[place] in VERBS:
            is_close = first == place + 1 and tokens.forms[first] != "at"
            return tokens.forms[place] not in LOOK_AHEAD and _is_past(tokens, place, is_close=is_close)
        within = words.start <= tokens.starts[place] < words.end
        if not within and tokens.tags[place] in NAMING and not _is_who_or_where(tokens, place):
            return False
    return False


def _is_who_or_where(tokens: Tokens, noun: int) -> bool:
    """Or how often: "approved by the board in June", "agreed at its meeting in June", "met a second time in June"."""
    return tokens.forms[tokens.heads[noun]] in {"by", "at"} or tokens.forms[noun] == "time"


def _is_past(tokens: Tokens, verb: int, *, is_close: bool) -> bool:
    beside = _auxiliaries(tokens, verb)
    if any(tokens.tags[one] in {"MD", "TO"} for one in beside) or any(
        tokens.heads[one] == verb and tokens.forms[one] in CONDITIONS for one in range(len(tokens))
    ):
        return False
    if tokens.tags[verb] != "VBN":
        return tokens.tags[verb] == "VBD"
    if beside:
        return any(tokens.forms[one] in PAST_AUXILIARIES for one in beside)
    above = _heads(tokens, verb)
    # "We will bring a paper on children affected by drug use in March", "tell of pledges signed at our spring event".
    if tokens.roles[verb] == "acl" and not is_close and any(tokens.tags[one] in VERBS for one in above):
        return False
    # "Have all staff trained in May", "see it opened in May"; "the plan's put out in May".
    brought_about = any(tokens.forms[one] in BRING_ABOUT for one in above[:2])
    return not brought_about and tokens.forms[max(verb - 1, 0)] not in {"'s", "’s"}


def _auxiliaries(tokens: Tokens, verb: int) -> list[int]:
    """Its own, or those of the verb that it goes on from: "will be written and approved"."""
    own: list[int] = []
    for place in [verb, *_heads(tokens, verb)][:LONGEST_SERIES]:
        own = [one for one in range(len(tokens)) if tokens.heads[one] == place and tokens.roles[one] in AUXILIARIES]
        if own or tokens.roles[place] != "conj" or _child(tokens, place, SUBJECTS) is not None:
            break
    return own


def _verbs(tokens: Tokens, span: Span) -> list[int]:
    """The token that the span hangs together by, and those it hangs by in turn, to the root."""
    inside = [place for place in range(len(tokens)) if span.start <= tokens.starts[place] < span.end]
    top = next((place for place in inside if tokens.heads[place] not in inside or tokens.heads[place] == place), None)
    return [] if top is None else [top, *_heads(tokens, top)]


def _heads(tokens: Tokens, place: int) -> list[int]:
    """What it hangs by, and what that hangs by in turn, to the root."""
    found: list[int] = []
    while tokens.heads[place] != place:
        place = tokens.heads[place]
        found.append(place)
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
