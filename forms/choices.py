"""Choices that a questionnaire takes from elsewhere, so that a plan or a map is written down once."""

from collections.abc import Container

from forms.areas import areas
from forms.framework import Action, Framework, Label
from forms.questions import UNKNOWN, YES_NO, Choice, Item, Question


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
    return tuple(
        Choice(id=label.id, label=label.title, hint=label.summary, group=_group(label, plan)) for label in labels
    )


def _group(label: Label, plan: Framework) -> str:
    return plan.label("priority_areas", label.priority_area).title if isinstance(label, Action) else ""


def area_of(question: Question, item: Item, plan: Framework) -> str | None:
    """The priority area that an item of a list is about, as far as an action of the plan was chosen in it."""
    actions = {action.id: action.priority_area for action in plan.actions}
    chosen = (item.get(one.id) for one in question.questions if _offers(one, actions))
    return next((actions[one] for one in chosen if isinstance(one, str) and one in actions), None)


def _offers(question: Question, ids: Container[str]) -> bool:
    """Whether these, and beside them only what goes with nothing else, are what can be chosen."""
    offered = [choice.id for choice in question.choices if not choice.exclusive]
    return bool(offered) and all(choice_id in ids for choice_id in offered)
