"""Finding an organisation by name without a script: a page that comes back with the names that may be meant."""

from collections.abc import Iterable, Mapping
from typing import Any

from forms import organisations
from forms.questions import Question

FIND = "_find"  # the button that asks for names; its value is the question
FOUND = "--found"  # fields of a question, after its id: the names that were found,
SOUGHT = "--sought"  # what they were found for,
CHOSEN = "--chosen"  # and the one that was chosen, blank where none of them was meant


def names_for(questions: Iterable[Question], posted: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """The names that were asked for, as they are to be shown; nothing where none were asked for."""
    asked = [one.id for one in questions if one.type == "organisation" and one.id in posted.get(FIND, ())]
    shown: dict[str, list[str]] = {}
    for question_id in asked:
        typed = _first(posted, question_id)
        shown[question_id + SOUGHT] = [typed]
        shown[question_id + FOUND] = organisations.like(typed)
    return shown


def chosen(question: Question, posted: Mapping[str, Any]) -> Any:
    """What the question is answered with: the name that was chosen, or what was typed.

    Who typed another name after names were shown meant that one.
    """
    choice, sought = _first(posted, question.id + CHOSEN), _first(posted, question.id + SOUGHT)
    typed = posted.get(question.id)
    return [choice] if choice and sought == _first(posted, question.id) else typed


def _first(posted: Mapping[str, Any], name: str) -> str:
    value = posted.get(name) or ""
    first = value if isinstance(value, str) else value[0]
    return first if isinstance(first, str) else ""
