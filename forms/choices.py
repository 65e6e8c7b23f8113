"""Choices that a questionnaire takes from elsewhere, so that a plan or a map is written down once."""

from forms.areas import areas
from forms.framework import Framework
from forms.questions import Choice


def listed(source: str, plan: Framework) -> tuple[Choice, ...]:
    """The choices that `choices-from` names: the council areas, or a family of labels of the plan."""
    if source == "areas":
        return tuple(Choice(id=area.id, label=area.name) for area in areas())
    labels = plan.labels(source.replace("-", "_"))
    return tuple(Choice(id=label.id, label=label.title, hint=label.summary) for label in labels)
