"""Choices that a questionnaire takes from elsewhere, so that a plan or a map is written down once."""

from forms.areas import areas
from forms.framework import Framework
from forms.questions import UNKNOWN, YES_NO, Choice, Question


def of(question: Question, plan: Framework) -> tuple[Choice, ...]:
    """All that can be chosen, written out: what comes with the type, what comes from elsewhere, the question's own."""
    yes_no = tuple(Choice(id=id_, label=label) for id_, label in YES_NO if question.type == "yes-no")
    elsewhere = listed(question.choices_from, plan) if question.choices_from else ()
    unknown = (Choice(id=UNKNOWN[0], label=UNKNOWN[1], exclusive=True),) if question.unknown else ()
    return (*yes_no, *elsewhere, *question.choices, *unknown)


def listed(source: str, plan: Framework) -> tuple[Choice, ...]:
    """The choices that `choices-from` names: the council areas, or a family of labels of the plan."""
    if source == "areas":
        return tuple(Choice(id=area.id, label=area.name) for area in areas())
    labels = plan.labels(source.replace("-", "_"))
    return tuple(Choice(id=label.id, label=label.title, hint=label.summary) for label in labels)
