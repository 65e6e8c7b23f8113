"""Profiles of the council areas and of Scotland, for staff: who has been heard there, who has not, and what was said.

No area is set beside another: how many were heard says nothing of who does well.
"""

from collections.abc import Iterable
from typing import Any

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Template
from sqlmodel import Session, col, select

from collector.database import Database
from collector.findings.estimates import Said
from collector.findings.profile_models import Profile
from collector.frameworks import plan
from collector.organisations import directory, leads
from collector.organisations.models import Organisation
from collector.profiles import area_counts, areas, kept, lines, shown, statistics
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
        told = lines.by_id(session, shown.line_ids(profile.content))
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


def by_kind(session: Session, content: dict[str, Any]) -> list[dict[str, Any]]:
    """Who has been heard, when last and how, and who has not, by the kind of organisation: the first by name."""
    known = session.exec(select(Organisation.id, Organisation.name, Organisation.kind)).all()
    names = {id: (name, directory.kind_name(kind)) for id, name, kind in known}
    found: dict[str, dict[str, Any]] = {}
    for id, heard in content["organisations"]:
        if id not in names:
            continue
        name, kind = names[id]
        one = found.setdefault(kind, {"kind": kind, "heard": [], "silent": [], "number_heard": 0, "number": 0})
        one["number"] += 1
        one["number_heard"] += bool(heard)
        rows = one["heard" if heard else "silent"]
        if len(rows) < NAMED:
            rows.append(organisation_row(id, name, heard))
    return [found[kind] for kind in sorted(found)]


def organisation_row(id: int, name: str, heard: dict[str, list[Any]]) -> dict[str, Any]:
    how = ", ".join(reading.KINDS[source] for source in heard)
    return {"name": name, "url": shown.profile_url(id), "at": areas.when(heard), "how": how}


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
