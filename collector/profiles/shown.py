"""What profiles of organisations and of areas show alike: figures, groups of lines, the grid."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from collector.frameworks import plan
from collector.intake import documents
from collector.organisations.models import Organisation
from collector.profiles import listed
from collector.profiles.lines import Line
from collector.profiles.statements import AREA_KIND, FUNDAMENTAL, GRID, KIND, NO_AREA, PEOPLE
from collector.review import reading

# What a reader looks for in a profile, and the kind of statement that tells it.
GROUPS = {
    "doing": ("activity", "What they do", "No work was described here."),
    "plans": ("commitment", "What they plan", "No plan was stated here."),
    "barriers": ("barrier", "What gets in the way", "Nothing was said to be in the way."),
    "needs": ("support-needed", "What they need", "No help was asked for."),
    "offers": ("offer", "What they can offer", "No help was offered."),
    "learning": ("learning", "What they learned", "Nothing was said of what worked or did not."),
    "ideas": ("idea", "What they propose", "No idea was put forward."),
}
# The five figures at the top: a kind, and what one and many of it are called.
FIGURES = (
    ("activity", "thing they do", "things they do"),
    ("commitment", "plan stated", "plans stated"),
    ("barrier", "barrier", "barriers"),
    ("support-needed", "need", "needs"),
    ("offer", "offer", "offers"),
)

Cells = Mapping[str, Mapping[str, Sequence[int]]]
Lines = Mapping[int, Line]
# The address of all statements of one group.
More = Callable[..., str]


def area_titles() -> dict[str, str]:
    titles = {area.id: area.title for area in plan.current().priority_areas}
    return {**titles, NO_AREA: "Not on a single priority area"}


def line_ids(content: Mapping[str, Any]) -> list[int]:
    """Of all statements that the groups of a profile show."""
    return [id for groups in content["lines"].values() for ids in groups.values() for id in ids]


def figures_shown(cells: Cells) -> list[dict[str, Any]]:
    """How many of each kind, and how many of them a person has said or confirmed."""
    held = cells.get(KIND, {})
    return [
        {"number": number, "words": one if number == 1 else many, "confirmed": confirmed}
        for kind, one, many in FIGURES
        for number, confirmed in [held.get(kind, (0, 0))]
    ]


def areas_shown(
    content: Mapping[str, Any],
    lines: Lines,
    items: Mapping[tuple[str, str], list[listed.Line]],
    more: More,
    but: int | None = None,
) -> list[dict[str, Any]]:
    """The five priority areas always, what belongs to none of them only when there is something."""
    held = content["cells"].get(AREA_KIND, {})
    there = {where.split("|")[0] for where in held} | {area for area, _ in items}
    return [
        {
            "id": area,
            "title": title,
            "groups": [
                group_shown(id, area, content, lines, items.get((area, kind), []), more, but)
                for id, (kind, _, _) in GROUPS.items()
            ],
        }
        for area, title in area_titles().items()
        if area != NO_AREA or area in there
    ]


def group_shown(
    id: str,
    area: str,
    content: Mapping[str, Any],
    lines: Lines,
    items: list[listed.Line],
    more: More,
    but: int | None,
) -> dict[str, Any]:
    kind, title, empty_words = GROUPS[id]
    where = f"{area}|{kind}"
    *_, number, _ = content["cells"].get(AREA_KIND, {}).get(where, (0, 0))
    shown = held_lines(lines, content["lines"].get(AREA_KIND, {}).get(where, ()), ("kinds", kind))
    total = max(number - len(items), len(shown))
    return {
        "id": id,
        "title": title,
        "empty_words": empty_words,
        "listed": [item_shown(item) for item in items],
        "count": total + len(items),
        **lines_shown(shown, ("kinds", kind), total, more(area=area, kind=id), but),
    }


def fundamentals_shown(
    content: Mapping[str, Any], lines: Lines, more: More, but: int | None = None
) -> list[dict[str, Any]]:
    groups = content["lines"].get(FUNDAMENTAL, {})
    return [
        {
            "id": one.id,
            "title": one.title,
            "summary": one.summary,
            **lines_shown(
                held_lines(lines, groups.get(one.id, ()), ("fundamentals", one.id)),
                ("fundamentals", one.id),
                number,
                more(fundamental=one.id),
                but,
            ),
        }
        for one in plan.current().fundamentals
        for *_, number, _ in [content["cells"].get(FUNDAMENTAL, {}).get(one.id, (0, 0))]
    ]


def held_lines(lines: Lines, ids: Iterable[int], label: tuple[str, str]) -> list[Line]:
    """Those that stand, and still stand for this."""
    return [lines[id] for id in ids if id in lines and lines[id].held(*label)]


def lines_shown(lines: Sequence[Line], label: tuple[str, str], total: int, url: str, but: int | None) -> dict[str, Any]:
    return {
        "lines": [line_shown(line, label, but=but) for line in lines],
        "total": total,
        "more_url": url if total > len(lines) else None,
    }


def line_shown(line: Line, label: tuple[str, str] | None = None, *, but: int | None = None) -> dict[str, Any]:
    """`label`: what it stands here for, whose state is shown. `but`: whose page it is, who need not be named."""
    held = line.held(*label) if label else None
    return {
        "text": line.text,
        "url": reading.statement_url(line.id),
        "source_title": line.source.title,
        "source_url": reading.source_url(line.source),
        "when": documents.NOT_KNOWN if documents.is_undated(line.source) else line.source.received_at,
        "said_by": said_by(line, but),
        "place": line.place,
        "by_when": reading.due_words(line.promised.get("due")),
        "state": "" if held is None else "accepted" if held.state in PEOPLE else "suggested",
        "labels": [plan.title(*one) for one in labels_named(line)],
        "score": held.score if held else None,
        "on_hold": [plan.title(*one) for one in line.on_hold],
    }


def said_by(line: Line, but: int | None) -> str:
    """Who says it; on the page of one of them, with whom."""
    names = [one.name for one in line.who if one.id != but]
    if len(line.who) > 1:
        return f"Sent jointly with {', '.join(names)}" if len(names) < len(line.who) else f"{', '.join(names)}, jointly"
    return "" if line.who and not names else names[0] if names else "An individual"


def labels_named(line: Line) -> Iterable[tuple[str, str]]:
    return ((one.family, one.label) for one in line.labels if one.family in ("actions", "fundamentals"))


def item_shown(item: listed.Line) -> dict[str, Any]:
    return {
        "name": item.name,
        "text": item.text,
        "source_title": item.source.title,
        "source_url": reading.source_url(item.source),
        "when": item.source.received_at,
        "action": item.action,
        "due": item.due,
        "read_as": item.read_as,
        "with_whom": item.with_whom,
        "joint": item.joint,
    }


def grid_shown(cells: Cells) -> dict[str, Any]:
    """How many statements speak to an action and a Fundamental at once."""
    fundamentals, held = plan.current().fundamentals, cells.get(GRID, {})
    return {
        "columns": [{"id": one.id, "title": one.title} for one in fundamentals],
        "rows": [
            {
                "action": action.title,
                "area": plan.title("priority_areas", action.priority_area),
                "cells": [held.get(f"{action.id}|{one.id}", (0,))[0] for one in fundamentals],
            }
            for action in plan.current().actions
        ],
    }


def named(organisations: Iterable[Organisation]) -> list[dict[str, Any]]:
    return [{"name": one.name, "url": profile_url(one.id)} for one in organisations]


def profile_url(organisation_id: int) -> str:
    return f"/staff/organisations/{organisation_id}"


def more_of(base: str) -> More:
    return lambda **asked: f"{base}/statements?{urlencode(asked)}"
