"""Two people at one answer: what was changed since it was shown, and what to keep of both. Nothing here is stored."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from collector.accounts import secrets
from collector.web.posted import Posted, first
from forms import answers as forms_answers
from forms.answers import Problem, Reading
from forms.questionnaire import Questionnaire
from forms.questions import Page, Question

SHOWN = "_shown"  # the answers that a page showed, each as a digest
FORM = "_form"  # the page as it was put out once; Back may bring that very one again, and it is saved once more
VERSION = "_version"  # the version of the questionnaire that the page is of, and a digest of what it asks
ASKED = "_asked"  # the questions of which two answers were shown, to choose from
KEEP = "_keep."  # before the question's id: which of the two to keep
MINE, THEIRS, BOTH = "mine", "theirs", "both"
DIGITS = 16  # of a digest: it tells two answers apart, and is no secret
ALL = "_all"  # among the digests of a page: that of all its answers together, for where nothing was changed
canonical = json.JSONEncoder(sort_keys=True).encode  # made once: a long form has hundreds of answers


def digests(answers: Mapping[str, Any], ids: Iterable[str]) -> dict[str, str]:
    return {id: digest(answers[id]) for id in ids if id in answers}


def digests_of(answers: Mapping[str, Any]) -> dict[str, str]:
    return digests(answers, answers)


def digests_of_all(answers: Mapping[str, Any]) -> dict[str, str]:
    return {ALL: digest(answers), **digests_of(answers)}


def digest(answer: Any) -> str:
    return sha256(canonical(answer).encode()).hexdigest()[:DIGITS]


def written(shown: Mapping[str, str]) -> str:
    """As one hidden field of a page."""
    return " ".join(f"{id}={digest}" for id, digest in shown.items())


def hidden_for(shown: Mapping[str, str]) -> dict[str, str]:
    """The fields by which a page that comes back is known: which one it is, and what it showed."""
    return {FORM: secrets.fresh(), SHOWN: written(shown)}


def read(posted: Posted) -> dict[str, str] | None:
    """What the page had shown; None where it does not say, as a page from before an update of the service."""
    if SHOWN not in posted:
        return None
    return unwritten(first(posted, SHOWN))


def unwritten(field: str) -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in field.split() if "=" in pair)


def merged(page: Page, reading: Reading, theirs: Mapping[str, Any], seen: str) -> Reading:
    """Facts that staff save, with what was changed since they were shown (`seen`, as `written`) where this person left
    it so; told where both changed it, and where nothing else was changed: that may be meant to put it back."""
    shown, asked = unwritten(seen), {one.id: one for one in page.questions}
    refused = {one.question_id for one in reading.problems} - reading.answers.keys()
    mine = {id: None if id in refused else reading.answers.get(id, "") for id in theirs}
    left = {id for id, value in mine.items() if value is not None and digest(value) == shown.get(id)}
    answers, typed, problems = dict(reading.answers), dict(reading.typed), list(reading.problems)
    for id, value in theirs.items():
        if mine[id] == value or shown.get(id) in (None, digest(value)):
            continue
        # This comes before whatever else is the matter with it: that is told again of what is sent next.
        problems = [one for one in problems if one.question_id != id]
        if id in left and len(left) < len(theirs):
            answers[id], typed[id] = value, forms_answers.listed(value)
        else:
            said = ", ".join(forms_answers.shown(asked[id], value).split("\n"))
            done = f"changed to “{said}”" if value else "emptied"
            problems.append(Problem(id, f"This was {done} meanwhile. Keep of both what is right, and save"))
    return replace(reading, answers=answers, typed=typed, problems=tuple(problems))


def version_of(questionnaire: Questionnaire, page: Page) -> str:
    told = {"id", "type", "label", "choices", "questions"}
    asked = [one.model_dump(mode="json", include=told) for one in page.questions]
    return f"{questionnaire.version} {digest(asked)}"


def is_of_another(posted: Posted, questionnaire: Questionnaire, page: Page) -> bool:
    """Whether a page of another version was posted that asked something else: its answers belong to no question here.

    The same words in another language are the same version; the same questions in another version are the same page.
    """
    version, _, asked = first(posted, VERSION).partition(" ")
    number, _, here = version_of(questionnaire, page).partition(" ")
    return bool(version) and version != number and asked != here


def carried(posted: Posted) -> dict[str, str]:
    """The fields of a page that comes back with a problem: it is the same one, and nobody has seen more by it."""
    return {name: first(posted, name) for name in (FORM, SHOWN, VERSION) if name in posted}


def changed(shown: Mapping[str, str], answers: Mapping[str, Any]) -> set[str]:
    """The questions whose answers are others than those shown."""
    if shown.get(ALL) == digest(answers):
        return set()
    now = digests(answers, answers)
    return {id for id in (shown.keys() | now.keys()) - {ALL} if shown.get(id) != now.get(id)}


@dataclass(frozen=True)
class Difference:
    """One question with two answers. `both` is what they make together, where they can be kept together."""

    question: Question
    mine: Any
    theirs: Any
    both: Any = None

    @property
    def field(self) -> str:
        return KEEP + self.question.id

    @property
    def ways(self) -> tuple[str, ...]:
        return (MINE, THEIRS) if self.both is None else (MINE, THEIRS, BOTH)

    def kept(self, way: str) -> Any:
        return {MINE: self.mine, THEIRS: self.theirs, BOTH: self.both}[way]


@dataclass(frozen=True)
class Meeting:
    """What one page's answers become, and where somebody has to choose first.

    `news` are the differences that were not shown yet, `unchosen` those that were, and nothing was chosen.
    """

    answers: dict[str, Any]
    differences: tuple[Difference, ...]
    news: tuple[Difference, ...]
    unchosen: tuple[Difference, ...]
    shown: dict[str, str]  # for the page that asks: what it shows, and of all other questions what was shown before


def trace(posted: Posted, answers: Mapping[str, Any]) -> dict[str, str]:
    """What is kept of a save, so that the same form is known when it comes again: which it was, and what it posted."""
    return {"form": first(posted, FORM), "posted": written(digests(answers, answers))}


def meet(
    page: Page,
    posted: Posted,
    mine: Mapping[str, Any],
    kept: Mapping[str, Any],
    *,
    last: Mapping[str, str] = MappingProxyType({}),
    alone: bool = False,
) -> Meeting:
    """What was posted against what is kept now: what only one of the two has changed is taken from that one.

    Changed since the page was shown; or, where `last` is the trace of this very form, since it was saved. `alone` with
    their answers, nobody is asked because of a page that does not say what it showed.
    """
    again = bool(last.get("form")) and last["form"] == first(posted, FORM)
    shown, asked = unwritten(last["posted"]) if again else read(posted), first(posted, ASKED).split()
    answers, differences, news, unchosen = dict(mine), [], [], []
    for question in (one for one in page.questions if mine.get(one.id) != kept.get(one.id)):
        one, other = mine.get(question.id), kept.get(question.id)
        difference = Difference(question, one, other, together(question, one, other))
        if again and first(posted, difference.field) == MINE:  # the choice is another one now
            continue
        if _is_news(question.id, shown, other, alone=alone):
            if shown is not None and _same(shown.get(question.id), one):
                answers[question.id] = other
                continue
            news.append(difference)
        elif question.id not in asked:
            continue
        elif first(posted, difference.field) in difference.ways:
            answers[question.id] = difference.kept(first(posted, difference.field))
        else:
            unchosen.append(difference)
        differences.append(difference)
    about = {one.question.id for one in differences}
    before = {id: digest for id, digest in (shown or {}).items() if id not in about}
    return Meeting(
        {id: answer for id, answer in answers.items() if answer is not None},
        *(tuple(several) for several in (differences, news, unchosen)),
        shown=before | digests(kept, about),
    )


def _is_news(id: str, shown: Mapping[str, str] | None, kept: Any, *, alone: bool) -> bool:
    if shown is None:
        return kept is not None and not alone
    return not _same(shown.get(id), kept)


def _same(shown: str | None, answer: Any) -> bool:
    return shown == (None if answer is None else digest(answer))


def together(question: Question, mine: Any, theirs: Any) -> Any:
    """Both answers as one that can be kept; None where they cannot, or where one holds all of the other."""
    if not mine or not theirs:
        return None
    if question.type == "long-text":
        joined = [] if mine in theirs or theirs in mine else [f"{theirs}\n\n{mine}"]
    elif question.type == "any-of":
        joined = [] if set(mine) <= set(theirs) or set(theirs) <= set(mine) else [*theirs, *mine]
    else:
        joined = []
    return forms_answers.judge(question, joined)[0] if joined else None
