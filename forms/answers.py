"""Reads what was sent into answers: each is kept exactly as it was written, or refused with what to do about it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from forms import dates, finding
from forms.questions import ITEM_ID, Answer, Item, Page, Question
from forms.speech import gettext, ngettext

if TYPE_CHECKING:
    from forms.questionnaire import Questionnaire

# Control characters, which neither a page nor every database holds, and halves of surrogate pairs, which are no text.
_UNKEEPABLE = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff]")
_LINE_END = re.compile("\r\n?")
_NUMBER = re.compile(r"-?(?P<whole>[0-9]+)(?:\.(?P<part>[0-9]+))?")
_THOUSANDS = re.compile(r"(?<=[0-9])[, \u00a0\u2009](?=[0-9]{3}(?![0-9]))")
LONGEST_NUMBER = 15
_KNOWN_BY = re.compile(r"[a-z0-9]{1,32}")
# A file that was kept: the key that it is found by, and its name, as `file_value` puts them together.
_FILE = re.compile(r"(?P<key>[A-Za-z0-9_-]+) (?P<name>.*\S.*)")
NO_FILES = "Leave this out: files are added on the pages of the questionnaire"
_EMAIL = re.compile(r"[^\s@<>,;]+@[^\s@<>,;.]+(\.[^\s@<>,;.]+)+")


@dataclass(frozen=True)
class Problem:
    """What is the matter with the answer to a question, said as what to do about it.

    In a list, `item` is the number of the item, from 1, and `part` the question about it.
    """

    question_id: str
    message: str
    item: int | None = None
    part: str = ""


@dataclass(frozen=True)
class Reading:
    """What was sent: `answers` has all that is good, with blanks left out.

    `typed` has all of it, good or not, to be shown again; a character that cannot be kept stands there as �.
    `unfinished` tells that nothing was to be kept yet: the names of organisations were asked for, and are in `typed`.
    """

    answers: dict[str, Answer]
    problems: tuple[Problem, ...] = ()
    typed: dict[str, list[str]] = field(default_factory=dict)
    unfinished: bool = False


def read(page: Page, posted: Mapping[str, list[str]]) -> Reading:
    """What an HTML form posted for the questions of one page; other fields are passed over."""
    if found := finding.names_for(page.questions, posted):
        return _unfinished(page.questions, posted, found)
    sent = {question.id: sent_to(question, _posted_to(question, posted)) for question in page.questions}
    answers, problems = judged(page.questions, sent)
    return Reading(answers, tuple(problems), _showable(sent, answers))


def _unfinished(questions: Iterable[Question], posted: Mapping[str, list[str]], found: dict[str, list[str]]) -> Reading:
    sent = {question.id: sent_to(question, posted.get(question.id)) for question in questions}
    return Reading({}, (), _showable(sent | found, {}), unfinished=True)


def _posted_to(question: Question, posted: Mapping[str, list[str]]) -> list[str] | None:
    return finding.chosen(question, posted) if question.type == "organisation" else posted.get(question.id)


def read_item(question: Question, posted: Mapping[str, list[str]]) -> Reading:
    """What an HTML form posted for one item of a list."""
    if found := finding.names_for(question.questions, posted):
        return _unfinished(question.questions, posted, found)
    sent = {one.id: listed(_posted_to(one, posted)) for one in question.questions}
    answers, problems = judged(question.questions, sent)
    return Reading(answers, tuple(problems or _nothing_said(question, answers)), _showable(sent, answers))


def read_whole(questionnaire: Questionnaire, answers: object) -> Reading:
    """All answers at once, as JSON gives them: nothing unknown, nothing that was not asked, nothing left out."""
    if not isinstance(answers, dict):
        return Reading({}, (Problem("", "Send the answers as one object, from question id to answer"),))
    questions = questionnaire.questions
    known = {name: answers[name] for name in questions if name in answers}
    problems = _misnamed(answers.keys() - known.keys()) + _mistyped(questions, known)
    mistyped = {problem.question_id for problem in problems}
    sent = {name: sent_to(questions[name], value) for name, value in known.items() if name not in mistyped}
    written = {name: values for name, values in sent.items() if not all(map(_is_blank, values))}
    kept, refused = judged([questions[name] for name in written], written)
    problems += refused
    told = {problem.question_id for problem in problems}
    problems += [problem for problem in questionnaire.unanswered(written) if problem.question_id not in told]
    # A wrong or missing answer may be the very one that decides what is asked: set that right first.
    problems = problems or _not_asked(questionnaire, kept)
    return Reading(kept, _in_order(problems, questionnaire), _showable(sent, kept))


def listed(value: Any) -> list[str]:
    """The texts in what was sent as one answer, each line end a plain newline."""
    if isinstance(value, str) and "\r" not in value:
        return [value]
    values = value if isinstance(value, list | tuple) else [value]
    return [_LINE_END.sub("\n", text) if "\r" in text else text for text in values if isinstance(text, str)]


def sent_to(question: Question, value: Any) -> list[Any]:
    """What was sent as the answer to a question: its texts, or the items of a list."""
    if question.type != "list":
        return listed(value)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list | tuple) else []


def judged(questions: Iterable[Question], sent: Mapping[str, list[Any]]) -> tuple[dict[str, Answer], list[Problem]]:
    """The answers to keep, and what to say of those that are wrong or left out. `sent` has an entry per question."""
    verdicts = {question.id: _verdict(question, sent[question.id]) for question in questions}
    answers = {name: answer for name, (answer, _) in verdicts.items() if answer is not None}
    return answers, [problem for _, problems in verdicts.values() for problem in problems]


def _verdict(question: Question, sent: list[Any]) -> tuple[Answer | None, list[Problem]]:
    if question.type == "list":
        return _judge_items(question, sent)
    answer, message = judge(question, sent)
    return answer, [Problem(question.id, message)] if message else []


def _judge_items(question: Question, sent: list[dict]) -> tuple[list[Item] | None, list[Problem]]:
    """All the items as they are to be kept, or none of them."""
    if not sent:
        return None, [] if question.optional else [Problem(question.id, question.missing)]
    if len(sent) > question.most:
        return None, [
            Problem(
                question.id,
                gettext(
                    "Take some out: you can list up to %(most)s %(items)s", most=question.most, items=question.many
                ),
            )
        ]
    read = [_judge_item(question, item) for item in sent]
    ids = _known_by(sent)
    problems = [
        replace(problem, question_id=question.id, message=f"{question.name_of(number)}: {problem.message}", item=number)
        for number, (item_id, (_, refused)) in enumerate(zip(ids, read, strict=True), start=1)
        for problem in (refused if item_id else [*refused, Problem("", _NO_ID, part=ITEM_ID)])
    ]
    kept = [{ITEM_ID: item_id, **answers} for item_id, (answers, _) in zip(ids, read, strict=True)]
    return (None, problems) if problems else (kept, [])


_NO_ID = "Give it an id of its own, of small letters and digits, or leave the id out"


def _known_by(items: list[dict]) -> list[str]:
    """What each item is known by; nothing where what was sent cannot be. One without gets the first number free."""
    given = [item.get(ITEM_ID) for item in items]
    free = iter(number for number in map(str, range(1, 2 * len(items) + 1)) if number not in given)
    return [next(free) if one is None else _own(one, number, given) for number, one in enumerate(given)]


def _own(given: object, number: int, all_given: list[object]) -> str:
    return given if is_item_id(given) and given not in all_given[:number] else ""


def is_item_id(given: object) -> bool:
    return isinstance(given, str) and bool(_KNOWN_BY.fullmatch(given))


def _judge_item(question: Question, item: Mapping[str, Any]) -> tuple[dict[str, Answer], list[Problem]]:
    asked = {one.id: one for one in question.questions}
    given = {name: value for name, value in item.items() if name != ITEM_ID}
    problems = _misnamed(given.keys() - asked.keys())
    problems += _mistyped(asked, {name: value for name, value in given.items() if name in asked})
    mistyped = {problem.question_id for problem in problems}
    sent = {name: listed(given.get(name)) for name in asked if name not in mistyped}
    answers, refused = judged([asked[name] for name in sent], sent)
    problems = problems + refused or _nothing_said(question, answers)
    return answers, [replace(problem, part=problem.question_id) for problem in problems]


def _nothing_said(question: Question, answers: Mapping[str, Answer]) -> list[Problem]:
    message = gettext("Write something about it, or take it out of the list")
    return [] if answers else [Problem(question.questions[0].id, message)]


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
    if question.type == "file":
        return written, ""
    return (_chosen(question, written) if question.type == "any-of" else written[0]), ""


def shown(question: Question, value: str | Item) -> str:
    """One value of an answer that was kept, as a person reads it; what is no good answer stands as it was written."""
    if isinstance(value, dict):
        return "; ".join(f"{one.label} {', '.join(words)}" for one, words in told(question, value))
    if question.type == "list" or _FAULT_OF[question.type](question, [value]):
        return value
    if question.type == "number":
        whole, point, part = value.partition(".")
        return f"{int(whole):,}{point}{part} {question.unit}".rstrip()
    if question.type == "date":
        return dates.shown(date.fromisoformat(value))
    if question.type == "file":
        return _FILE.fullmatch(value)["name"]
    return next((choice.label for choice in question.choices if choice.id == value), value)


def told(question: Question, item: Item) -> Iterator[tuple[Question, list[str]]]:
    """What is said of an item of a list: each question that was answered, with the answer as a person reads it."""
    for one in question.questions:
        if given := listed(item.get(one.id)):
            yield one, [shown(one, value) for value in given]


def file_value(key: str, name: str) -> str:
    """A file that was kept, as one value of an answer: the key that it is found by, and its name for people."""
    return f"{key} {name}"


def file_key(value: str) -> str:
    return value.partition(" ")[0]


def _is_blank(value: Any) -> bool:
    # Python counts some control characters as space: they must be refused, not dropped.
    return isinstance(value, str) and not value.strip() and not _UNKEEPABLE.search(value)


def _showable(sent: dict[str, list[Any]], kept: Mapping[str, Answer]) -> dict[str, list[str]]:
    texts = {name: [text for text in values if isinstance(text, str)] for name, values in sent.items()}
    # What was kept has no such character, and this runs at every request: look only where one may be.
    cleaned = {name: [_UNKEEPABLE.sub("�", text) for text in texts[name]] for name in sent.keys() - kept.keys()}
    return texts | cleaned


def _text_fault(question: Question, written: list[str]) -> str:
    if len(written) > 1:
        return gettext("Give one answer to this question, not several")
    # Most texts are of one line, and Python knows at once that nothing in them is hidden.
    if not written[0].isprintable() and (hidden := _UNKEEPABLE.search(written[0])):
        line = written[0].count("\n", 0, hidden.start()) + 1
        return gettext(
            "Line %(line)s has a character that cannot be kept, shown as �. Type it again or delete it", line=line
        )
    limit = question.max_length
    if not limit or len(written[0]) <= limit:
        return ""
    return question.outside or _too_long(len(written[0]) - limit, limit)


def _too_long(excess: int, limit: int) -> str:
    return ngettext(
        "Shorten your answer by %(excess)s character: it can have up to %(limit)s",
        "Shorten your answer by %(excess)s characters: it can have up to %(limit)s",
        excess,
        excess=f"{excess:,}",
        limit=f"{limit:,}",
    )


def _line_fault(question: Question, written: list[str]) -> str:
    return _text_fault(question, written) or (gettext("Write your answer on one line") if "\n" in written[0] else "")


def is_email(written: str) -> bool:
    return _EMAIL.fullmatch(written) is not None


def _email_fault(question: Question, written: list[str]) -> str:
    if message := _line_fault(question, written):
        return message
    return "" if is_email(written[0]) else gettext("Enter an e-mail address in full, like name@example.org")


def _number_fault(question: Question, written: list[str]) -> str:
    if message := _line_fault(question, written):
        return message
    number = _NUMBER.fullmatch(_plain(written[0]))
    if number is None or len(number["whole"]) > LONGEST_NUMBER:
        return gettext("Enter a number in figures, like 12")
    if len(number["part"] or "") > question.decimals:
        return _too_exact(question.decimals)
    value = Decimal(number[0])
    if question.least is not None and value < question.least:
        return question.outside or gettext("Enter a number that is %(number)s or more", number=f"{question.least:,}")
    if question.most is not None and value > question.most:
        return question.outside or gettext("Enter a number that is %(number)s or less", number=f"{question.most:,}")
    return ""


def _too_exact(decimals: int) -> str:
    if not decimals:
        return gettext("Enter a whole number, like 12")
    return ngettext("Enter up to %(num)s decimal place", "Enter up to %(num)s decimal places", decimals)


def _plain(text: str) -> str:
    """A number as it is kept: without the commas and spaces that part its thousands."""
    return _THOUSANDS.sub("", text)


def _one_of_fault(question: Question, written: list[str]) -> str:
    if len(written) > 1:
        return gettext("Choose one answer, not several")
    return _any_of_fault(question, written)


def _any_of_fault(question: Question, written: list[str]) -> str:
    if not set(written) <= {choice.id for choice in question.choices}:
        return gettext("Choose from the answers shown")
    alone = [choice.label for choice in question.choices if choice.exclusive and choice.id in written]
    if alone and len(set(written)) > 1:
        return gettext("Choose “%(answer)s” or other answers, not both", answer=alone[0])
    return ""


def _file_fault(question: Question, written: list[str]) -> str:
    if not all(_FILE.fullmatch(value) and not _UNKEEPABLE.search(value) for value in written):
        return gettext("Add the file again: it is not here")
    if len(written) > question.most_files:
        return gettext("Remove some files: you can send up to %(most)s", most=question.most_files)
    return ""


def _chosen(question: Question, written: list[str]) -> list[str]:
    # In the order of the questionnaire, so that the same choices always make the same answer.
    return [choice.id for choice in question.choices if choice.id in written]


_FAULT_OF = {
    "text": _line_fault,
    "long-text": _text_fault,
    "email": _email_fault,
    "organisation": _line_fault,
    "number": _number_fault,
    "date": lambda question, written: dates.judge(question, written)[1],
    "one-of": _one_of_fault,
    "any-of": _any_of_fault,
    "file": _file_fault,
}


def _misnamed(names: Iterable[object]) -> list[Problem]:
    shown = sorted(_UNKEEPABLE.sub("�", str(name)) for name in names)
    return [Problem(name, "Leave this out: no question has this id") for name in shown]


def _mistyped(questions: Mapping[str, Question], known: dict[str, Any]) -> list[Problem]:
    given = (questions[name] for name, value in known.items() if value is not None)
    wrong = (question for question in given if not _is_of_type(question, known[question.id]))
    return [Problem(question.id, _TYPE_WANTED.get(question.type, "Send text")) for question in wrong]


_TYPE_WANTED = {
    "number": 'Send the number as text, like "12"',
    "date": 'Send the date as text, like "2027-03-31"',
    "any-of": "Send a list of choice ids",
    "file": NO_FILES,
    "one-of": "Send the id of one choice, as text",
    "list": "Send a list of objects, from question id to answer",
}


def _is_of_type(question: Question, value: Any) -> bool:
    if question.type in ("any-of", "file", "list"):
        wanted = dict if question.type == "list" else str
        return isinstance(value, list) and all(isinstance(item, wanted) for item in value)
    return isinstance(value, str)


def _not_asked(questionnaire: Questionnaire, kept: dict[str, Answer]) -> list[Problem]:
    asked = {question.id for question in questionnaire.questions_for(kept)}
    message = "Leave this out: your other answers mean that it is not asked"
    return [Problem(name, message) for name in kept if name not in asked]


def _in_order(problems: list[Problem], questionnaire: Questionnaire) -> tuple[Problem, ...]:
    place = {name: number for number, name in enumerate(questionnaire.questions)} if problems else {}
    return tuple(sorted(problems, key=lambda problem: place.get(problem.question_id, -1)))
