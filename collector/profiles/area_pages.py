"""Profiles of the council areas and of Scotland, for staff: who has been heard there, who has not, and what was said.

No area is set beside another: how many were heard says nothing of who does well.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Template
from sqlmodel import Session, col, select

from collector import dates
from collector.database import Database
from collector.findings import counts
from collector.findings.counts import Within
from collector.findings.estimates import Said
from collector.findings.profile_models import Profile
from collector.frameworks import plan
from collector.organisations import directory, leads
from collector.organisations.models import Organisation
from collector.profiles import area_counts, areas, changes, kept, lines, shown, statistics
from collector.profiles.area_counts import AreaCounts
from collector.profiles.statements import ACTION_KIND, AREA_KIND, FUNDAMENTAL, GRID, KIND, THEME
from collector.review import reading
from collector.web.page import page as show

NAMED = 25  # organisations of a kind that were heard, and that were not


@get("/staff/areas", sync_to_thread=True)
def all_areas(request: Request, database: NamedDependency[Database]) -> Template:
    with database.reading() as session:
        return show(
            request, "profiles/areas.html", sample=areas.only_sample(session), rows=rows(session, areas.SCOTLAND)
        )


def rows(session: Session, first: str) -> list[dict[str, Any]]:
    """Scotland, then the council areas by name: how many organisations there are and were heard."""
    held = dict(session.exec(select(Profile.area, Profile.content).where(col(Profile.area).is_not(None))).all())
    names = sorted(directory.area_names().items(), key=lambda one: (one[0] != first, one[1]))
    return [
        {"name": name, "url": f"/staff/areas/{area}", "known": area in held, **coverage(held.get(area, NOTHING))}
        for area, name in names
    ]


NOTHING: dict[str, Any] = {"organisations": [], "statements": 0}


def coverage(content: dict[str, Any]) -> dict[str, Any]:
    heard = [one for _, one in content["organisations"] if one]
    return {
        "organisations": len(content["organisations"]),
        "heard": len(heard),
        "last": max(map(areas.when, heard), default=None),
        "statements": content["statements"],
    }


@get("/staff/areas/{area_id:str}", sync_to_thread=True)
def area(request: Request, database: NamedDependency[Database], area_id: FromPath[str]) -> Template:
    if area_id not in directory.area_names():
        raise NotFoundException("There is no area at this address")
    with database.reading() as session:
        profile = kept.of_area(session, area_id)
        if profile is None:
            return show(request, "profiles/area_to_come.html", name=area_name(area_id))
        told = lines.by_id(session, [*shown.line_ids(profile.content), *due_ids(profile.content)])
        more = shown.more_of(f"/staff/areas/{area_id}")
        sample = areas.only_sample(session)
        leading = leads.by_action(session, areas.working_in(area_id, sample=sample))
        covered = coverage(profile.content)
        known = {} if sample else area_counts.estimates_of(session, area_id)
        counted = AreaCounts(profile.content["cells"], covered["heard"], covered["organisations"], known)
        return show(
            request,
            "profiles/area.html",
            sample=sample,
            area={"id": area_id, "name": area_name(area_id), "whole": area_id == areas.SCOTLAND},
            built_at=profile.built_at,
            changing=profile.changing,
            coverage=covered,
            by_kind=by_kind(session, profile.content),
            due=due_shown(profile.content, told),
            since=since_shown(profile.content),
            figures=figures_shown(counted),
            areas=areas_shown(profile.content, told, more, counted),
            fundamentals=fundamentals_shown(profile.content, told, more, counted),
            themes=themes_shown(counted),
            columns=area_counts.COLUMNS,
            actions=table_shown(counted, ACTION_KIND, [kind for kind, _, _ in area_counts.FIGURES]),
            leads={action: shown.named(who) for action, who in leading.items()},
            lenses=[one.title for one in plan.current().fundamentals],
            grid=table_shown(counted, GRID, [one.id for one in plan.current().fundamentals]),
            statistics=statistics.of_area(session, area_id),
        )


def area_name(area: str) -> str:
    return "Scotland" if area == areas.SCOTLAND else directory.area_name(area)


WAYS = ("heard", "silent", "not_asked")
NUMBERS = {f"number_{way}": 0 for way in WAYS}


def by_kind(session: Session, content: dict[str, Any]) -> list[dict[str, Any]]:
    """Who has been heard, how and when last in each way, and who was asked and is silent or was never asked, by the
    kind of organisation: the first by name. Whom a round asks shows at once."""
    invited = counts.invited(session, Within())
    known = session.exec(select(Organisation.id, Organisation.name, Organisation.kind)).all()
    names = {id: (name, directory.kind_name(kind)) for id, name, kind in known}
    found: dict[str, dict[str, Any]] = {}
    for id, heard in content["organisations"]:
        if id not in names:
            continue
        name, kind = names[id]
        one = found.setdefault(kind, {"kind": kind, "number": 0, **{name: [] for name in WAYS}, **NUMBERS})
        way = "heard" if heard else "silent" if id in invited else "not_asked"
        one["number"] += 1
        one[f"number_{way}"] += 1
        rows = one[way]
        if len(rows) < NAMED:
            rows.append(organisation_row(id, name, heard))
    return [found[kind] for kind in sorted(found)]


def organisation_row(id: int, name: str, heard: dict[str, list[Any]]) -> dict[str, Any]:
    return {"name": name, "url": shown.profile_url(id), "how": ways_heard(heard)}


def ways_heard(heard: dict[str, list[Any]]) -> str:
    """ "Submission, 4 May 2026; Document, 1 March 2025": each kind of source with when the last came."""
    days = areas.days_heard(heard).items()
    return "; ".join(f"{reading.KINDS[kind]}, {dates.in_words(day)}" for kind, day in days)


def due_ids(content: dict[str, Any]) -> list[int]:
    due = content.get("due") or {}  # nothing in a profile that was kept by an earlier version
    return [id for which in ("late", "to_come") for _, ids in due.get(which, ()) for id in ids]


def due_shown(content: dict[str, Any], told: shown.Lines) -> dict[str, Any]:
    """Commitments past their day, the longest past first, and those to come, the next first."""
    due = content.get("due") or {"number_late": 0, "number_to_come": 0}
    return due | {
        which: [
            {"day": date.fromisoformat(day), **shown.line_shown(told[ids[0]])}
            for day, ids in due.get(which, ())
            if ids[0] in told
        ]
        for which in ("late", "to_come")
    }


def since_shown(content: dict[str, Any]) -> dict[str, Any]:
    since = content.get("since") or {"organisations": 0, "items": {}, "labels": []}
    return since | {"items": changes.became(since["items"]), "labels": changes.in_order(since["labels"])}


def figures_shown(counted: AreaCounts) -> list[dict[str, str]]:
    return [
        {
            "number": area_counts.figure(said),
            "words": one if (said.low, said.high) == (1, 1) else many,
            "under": area_counts.beside(said),
        }
        for kind, one, many in area_counts.FIGURES
        for said in [counted.said(KIND, kind)]
    ]


def areas_shown(content: dict[str, Any], told: shown.Lines, more: shown.More, counted: AreaCounts) -> list[dict]:
    found = shown.areas_shown(content, told, {}, more)
    for area in found:
        for group in area["groups"]:
            kind, _, _ = shown.GROUPS[group["id"]]
            group["said"] = area_counts.in_words(counted.said(AREA_KIND, f"{area['id']}|{kind}"))
    return found


def fundamentals_shown(content: dict[str, Any], told: shown.Lines, more: shown.More, counted: AreaCounts) -> list[dict]:
    found = shown.fundamentals_shown(content, told, more)
    for one in found:
        one["said"] = area_counts.in_words(counted.said(FUNDAMENTAL, one["id"]))
    return found


def themes_shown(counted: AreaCounts) -> list[dict[str, Any]]:
    """What is in the way, in the order of the plan."""
    themes = plan.current().labels("barrier_themes")
    return [{"title": one.title, "said": counted.said(THEME, one.id)} for one in themes]


def table_shown(counted: AreaCounts, what: str, columns: Iterable[str]) -> dict[str, Any]:
    """How many organisations say something on each action, in the way of each column, with the key to its cells."""
    actions = plan.current().actions
    rows = [[counted.said(what, f"{action.id}|{column}") for column in columns] for action in actions]
    every = [said for row in rows for said in row]
    known = [said for said in every if area_counts.is_known(said)]
    return {
        "rows": [
            {
                "id": action.id,
                "title": action.title,
                "area": plan.title("priority_areas", action.priority_area),
                "cells": list(map(cell_shown, row)),
            }
            for action, row in zip(actions, rows, strict=True)
        ],
        "corrected": any(said.corrected and said.low != said.high for said in known),
        "suggested": any(said.suggested and not said.corrected for said in known),
        "at_most": area_counts.at_most(every),
    }


def cell_shown(said: Said) -> dict[str, Any]:
    corrected = said.corrected
    return {
        "known": area_counts.is_known(said),
        "some": bool(said.low),
        "number": area_counts.figure(said),
        "suggested": 0 if corrected else said.suggested,
    }


handlers = [all_areas, area]
