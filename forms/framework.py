"""The plan that answers are read against: its priority areas, actions, Fundamentals, kinds and barrier themes."""

from collections.abc import Iterator
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from pydantic import StrictInt

from forms import definitions
from forms.definitions import DefinitionError, DefinitionProblem, Fault, Id, Shape, Text

__all__ = ["FAMILIES", "Action", "DefinitionError", "DefinitionProblem", "Framework", "Label", "load", "load_path"]

FAMILIES = ("actions", "priority_areas", "fundamentals", "kinds", "barrier_themes")
FOLDER = Path(__file__).parent / "frameworks"


class Label(Shape):
    id: Id
    title: Text
    summary: Text


class Action(Label):
    priority_area: Id


class Framework(Shape):
    slug: Id
    title: Text
    version: StrictInt
    priority_areas: tuple[Label, ...]
    actions: tuple[Action, ...]
    fundamentals: tuple[Label, ...]
    kinds: tuple[Label, ...]
    barrier_themes: tuple[Label, ...]

    def labels(self, family: str) -> tuple[Label, ...]:
        return tuple(self._by_id[family].values())

    def label(self, family: str, label_id: str) -> Label:
        """KeyError for a family or an id that the plan does not have."""
        return self._by_id[family][label_id]

    def priority_area_of(self, action_id: str) -> str:
        return self.label("actions", action_id).priority_area

    @cached_property
    def _by_id(self) -> dict[str, dict[str, Label]]:
        return {family: {label.id: label for label in getattr(self, family)} for family in FAMILIES}


@cache
def load(slug: str = "plan-21-24") -> Framework:
    """LookupError where there is no such plan."""
    path = FOLDER / f"{slug}.yaml"
    if not definitions.ID.fullmatch(slug) or not path.is_file():
        raise LookupError(f"There is no framework “{slug}”")
    return load_path(path)


def load_path(path: Path) -> Framework:
    return definitions.check(Framework, definitions.read(path), _faults)


def _faults(content: Any) -> Iterator[Fault]:
    for family in FAMILIES:
        yield from definitions.repeated_ids(definitions.items(content, family.replace("_", "-")))
    known = [area.get("id") for _, area in definitions.items(content, "priority-areas")]
    for path, action in definitions.items(content, "actions"):
        if "priority-area" in action and action["priority-area"] not in known:
            yield (*path, "priority-area"), f"Name a priority area of this plan: “{action['priority-area']}” is none"
