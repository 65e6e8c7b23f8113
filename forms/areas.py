"""The 32 council areas of Scotland."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from forms import definitions
from forms.definitions import Fault, Id, Shape, Text

FILE = Path(__file__).parent / "areas.yaml"


class Area(Shape):
    """`code` is the area's nine-character code in official statistics, such as S12000033."""

    id: Id
    name: Text
    code: Text


class _Areas(Shape):
    areas: tuple[Area, ...]


SCOTLAND = Area(id="scotland", name="All of Scotland", code="S92000003")


@cache
def areas() -> tuple[Area, ...]:
    return definitions.check(_Areas, definitions.read(FILE), _faults).areas


@cache
def area_names() -> dict[str, str]:
    """What to call each area that an answer can name: the council areas, and Scotland as a whole."""
    return {area.id: area.name for area in (*areas(), SCOTLAND)}


def _faults(content: Any) -> Iterator[Fault]:
    yield from definitions.repeated_ids(definitions.items(content, "areas"))
