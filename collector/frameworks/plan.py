"""The plan that statements are read against, as every page and verb of the service uses it."""

from functools import cache

from forms import framework
from forms.framework import Framework, Label

SLUG = "plan-21-24"

FAMILY_WORDS = {
    "priority_areas": "Priority area",
    "actions": "Action",
    "fundamentals": "Fundamental",
    "kinds": "Kind",
    "barrier_themes": "Barrier theme",
}


@cache
def current() -> Framework:
    return framework.load(SLUG)


@cache
def by_id(family: str) -> dict[str, Label]:
    return {label.id: label for label in current().labels(family)}


def known(family: str, label: str) -> bool:
    return family in FAMILY_WORDS and label in by_id(family)


def title(family: str, label: str) -> str:
    """The label's name, or its id in words for a label of another version of the framework."""
    found = by_id(family).get(label)
    return found.title if found else label.replace("-", " ").capitalize()
