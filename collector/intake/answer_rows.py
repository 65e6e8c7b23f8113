"""Answers as they are shown to be read: a row for each question, its words as a list."""

from collections.abc import Container
from typing import Any

from collector.intake import (
    items,
)
from collector.web.posted import Posted
from forms import answers as forms_answers
from forms.questions import Page, Question
from forms.speech import gettext


def row(question: Question, answers: dict[str, Any]) -> dict[str, Any]:
    return {
        "question": question.label,
        "answer": [forms_answers.shown(question, value) for value in listed_values(answers.get(question.id))],
        "long": question.type == "long-text",
        "listed": items.rows(question, answers.get(question.id)) if question.type == "list" else [],
    }


def listed_values(answer: Any) -> list[str]:
    if answer is None:
        return []
    return list(answer) if isinstance(answer, list) else [answer]


def by_section(pages: tuple[Page, ...]) -> list[tuple[str, list[Page]]]:
    sections: dict[str, list[Page]] = {}
    for page in pages:
        sections.setdefault(page.section, []).append(page)
    return list(sections.items())


def unknown_here(posted: Posted, known: Container[str]) -> list[dict[str, Any]]:
    """What was typed for questions of another version: the draft that told of which one may be gone."""
    unknown = [id for id in posted if not id.startswith("_") and id.partition("--")[0] not in known]
    return [
        {"question": gettext("Your answer"), "answer": texts, "long": True}
        for id in unknown
        if (texts := [text for text in posted[id] if text])
    ]
