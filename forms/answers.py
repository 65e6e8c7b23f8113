"""Reads what was sent into answers: each is kept exactly as it was written, or refused with what to do about it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from forms import dates
from forms.questions import Answer, Page, Question

if TYPE_CHECKING:
    from forms.questionnaire import Questionnaire

# Control characters, which neither a page nor every database holds, and halves of surrogate pairs, which are no text.
_UNKEEPABLE = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff]")
_LINE_END = re.compile("\r\n?")
_NUMBER = re.compile(r"-?(?P<whole>[0-9]+)(?:\.(?P<part>[0-9]+))?")
_THOUSANDS = re.compile(r"(?<=[0-9])[, \u00a0\u2009](?=[0-9]{3}(?![0-9]))")
LONGEST_NUMBER = 15
_EMAIL = re.compile(r"[^\s@<>,;]+@[^\s@<>,;.]+(\.[^\s@<>,;.]+)+")


@dataclass(frozen=True)
class Problem:
    """What is the matter with the answer to a question, said as what to do about it."""

    question_id: str
    message: str


@dataclass(frozen=True)
class Reading:
    """What was sent: `answers` has all that is good, with blanks left out.

    `typed` has all of it, good or not, to be shown again; a character that cannot be kept stands there as �.
    """

    answers: dict[str, Answer]
    problems: tuple[Problem, ...] = ()
    typed: dict[str, list[str]] = field(default_factory=dict)


def read(page: Page, posted: Mapping[str, list[str]]) -> Reading:
    """What an HTML form posted for the questions of one page; other fields are passed over."""
    sent = {question.id: listed(posted.get(question.id)) for question in page.questions}
    answers, problems = judged(page.questions, sent)
    return Reading(answers, tuple(problems), _showable(sent, answers))


def read_whole(questionnaire: Questionnaire, answers: object) -> Reading:
    """All answers at once, as JSON gives them: nothing unknown, nothing that was not asked, nothing left out."""
    if not isinstance(answers, dict):
        return Reading({}, (Problem("", "Send the answers as one object, from question id to answer"),))
    known = {name: answers[name] for name in questionnaire.questions if name in answers}
    problems = _misnamed(answers.keys() - known.keys()) + _mistyped(questionnaire, known)
    mistyped = {problem.question_id for problem in problems}
    sent = {name: listed(value) for name, value in known.items() if name not in mistyped}
    written = {name: texts for name, texts in sent.items() if not all(map(_is_blank, texts))}
    kept, refused = judged([questionnaire.questions[name] for name in written], written)
    problems += refused
    told = {problem.question_id for problem in problems}
    problems += [problem for problem in questionnaire.unanswered(written) if problem.question_id not in told]
    # A wrong or missing answer may be the very one that decides what is asked: set that right first.
    problems = problems or _not_asked(questionnaire, kept)
    return Reading(kept, _in_order(problems, questionnaire), _showable(sent, kept))


def listed(value: Any) -> list[str]:
    """The texts in what was sent as one answer, each line end a plain newline."""
    values = value if isinstance(value, list | tuple) else [value]
    return [_LINE_END.sub("\n", text) if "\r" in text else text for text in values if isinstance(text, str)]


def judged(questions: Iterable[Question], sent: Mapping[str, list[str]]) -> tuple[dict[str, Answer], list[Problem]]:
    """The answers to keep, and what to say of those that are wrong or left out. `sent` has an entry per question."""
    verdicts = {question.id: judge(question, sent[question.id]) for question in questions}
    answers = {name: answer for name, (answer, _) in verdicts.items() if answer is not None}
    return answers, [Problem(name, message) for name, (_, message) in verdicts.items() if message]


def judge(question: Question, sent: list[str]) -> tuple[Answer | None, str]:
    """The answer to keep, None where there is none; and what to say about it, nothing where all is well."""
    written = [text for text in sent if not _is_blank(text)]
    if question.type in ("email", "number"):
        written = [text.strip() for text in written]
    if question.type == "date" and written:
        # Its fields stand for day, month and year: an empty one has its place.
        return dates.judge(question, sent)
    if not written:
        return None, "" if question.optional else question.missing
    message = _FAULT_OF[question.type](question, written)
    if message:
        return None, message
    if question.type == "number":
        return _plain(written[0]), ""
    return (_chosen(question, written) if question.type == "any-of" else written[0]), ""


def shown(question: Question, value: str) -> str:
    """One value of an answer that was kept, as a person reads it; what is no good answer stands as it was written."""
    if _FAULT_OF[question.type](question, [value]):
        return value
    if question.type == "number":
        whole, point, part = value.partition(".")
        return f"{int(whole):,}{point}{part} {question.unit}".rstrip()
    if question.type == "date":
        return dates.shown(date.fromisoformat(value))
    return next((choice.label for choice in question.choices if choice.id == value), value)


def _is_blank(text: str) -> bool:
    # Python counts some control characters as space: they must be refused, not dropped.
    return not text.strip() and not _UNKEEPABLE.search(text)


def _showable(sent: dict[str, list[str]], kept: Mapping[str, Answer]) -> dict[str, list[str]]:
    # What was kept has no such character, and this runs at every request: look only where one may be.
    cleaned = {name: [_UNKEEPABLE.sub("�", text) for text in sent[name]] for name in sent.keys() - kept.keys()}
    return sent | cleaned


def _text_fault(question: Question, written: list[str]) -> str:
    if len(written) > 1:
        return "Give one answer to this question, not several"
    if hidden := _UNKEEPABLE.search(written[0]):
        line = written[0].count("\n", 0, hidden.start()) + 1
        return f"Line {line} has a character that cannot be kept, shown as �. Type it again or delete it"
    limit = question.max_length
    return _too_long(len(written[0]) - limit, limit) if limit and len(written[0]) > limit else ""


def _too_long(excess: int, limit: int) -> str:
    characters = "1 character" if excess == 1 else f"{excess:,} characters"
    return f"Shorten your answer by {characters}: it can have up to {limit:,}"


def _line_fault(question: Question, written: list[str]) -> str:
    return _text_fault(question, written) or ("Write your answer on one line" if "\n" in written[0] else "")


def _email_fault(question: Question, written: list[str]) -> str:
    if message := _line_fault(question, written):
        return message
    return "" if _EMAIL.fullmatch(written[0]) else "Enter an e-mail address in full, like name@example.org"


def _number_fault(question: Question, written: list[str]) -> str:
    if message := _line_fault(question, written):
        return message
    number = _NUMBER.fullmatch(_plain(written[0]))
    if number is None or len(number["whole"]) > LONGEST_NUMBER:
        return "Enter a number in figures, like 12"
    if len(number["part"] or "") > question.decimals:
        shown = "a whole number, like 12" if question.decimals == 0 else f"up to {question.decimals} decimal places"
        return f"Enter {shown}"
    value = Decimal(number[0])
    if question.least is not None and value < question.least:
        return f"Enter a number that is {question.least:,} or more"
    if question.most is not None and value > question.most:
        return f"Enter a number that is {question.most:,} or less"
    return ""


def _plain(text: str) -> str:
    """A number as it is kept: without the commas and spaces that part its thousands."""
    return _THOUSANDS.sub("", text)


def _one_of_fault(question: Question, written: list[str]) -> str:
    if len(written) > 1:
        return "Choose one answer, not several"
    return _any_of_fault(question, written)


def _any_of_fault(question: Question, written: list[str]) -> str:
    if not set(written) <= {choice.id for choice in question.choices}:
        return "Choose from the answers shown"
    alone = [choice.label for choice in question.choices if choice.exclusive and choice.id in written]
    return f"Choose “{alone[0]}” or other answers, not both" if alone and len(set(written)) > 1 else ""


def _chosen(question: Question, written: list[str]) -> list[str]:
    # In the order of the questionnaire, so that the same choices always make the same answer.
    return [choice.id for choice in question.choices if choice.id in written]


_FAULT_OF = {
    "text": _line_fault,
    "long-text": _text_fault,
    "email": _email_fault,
    "number": _number_fault,
    "date": lambda question, written: dates.judge(question, written)[1],
    "one-of": _one_of_fault,
    "any-of": _any_of_fault,
}


def _misnamed(names: Iterable[object]) -> list[Problem]:
    shown = sorted(_UNKEEPABLE.sub("�", str(name)) for name in names)
    return [Problem(name, "Leave this out: no question has this id") for name in shown]


def _mistyped(questionnaire: Questionnaire, known: dict[str, Any]) -> list[Problem]:
    questions = (questionnaire.questions[name] for name, value in known.items() if value is not None)
    wrong = (question for question in questions if not _is_of_type(question, known[question.id]))
    return [Problem(question.id, _TYPE_WANTED.get(question.type, "Send text")) for question in wrong]


_TYPE_WANTED = {
    "number": 'Send the number as text, like "12"',
    "date": 'Send the date as text, like "2027-03-31"',
    "any-of": "Send a list of choice ids",
    "one-of": "Send the id of one choice, as text",
}


def _is_of_type(question: Question, value: Any) -> bool:
    if question.type == "any-of":
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    return isinstance(value, str)


def _not_asked(questionnaire: Questionnaire, kept: dict[str, Answer]) -> list[Problem]:
    asked = {question.id for question in questionnaire.questions_for(kept)}
    message = "Leave this out: your other answers mean that it is not asked"
    return [Problem(name, message) for name in kept if name not in asked]


def _in_order(problems: list[Problem], questionnaire: Questionnaire) -> tuple[Problem, ...]:
    place = {name: number for number, name in enumerate(questionnaire.questions)}
    return tuple(sorted(problems, key=lambda problem: place.get(problem.question_id, -1)))
