"""Profiles of organisations, for staff."""

from typing import Annotated, Any
from urllib.parse import urlencode

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, QueryParameter
from litestar.response import Template
from sqlalchemy import func, or_
from sqlmodel import Session, col, select

from collector.database import Database
from collector.findings import standing
from collector.findings.models import Statement
from collector.frameworks import plan
from collector.intake import item_states, meetings, partners
from collector.intake.models import Job, Passage, Source, SourceOrganisation
from collector.organisations import directory
from collector.organisations.models import Organisation
from collector.profiles import listed, profile
from collector.profiles.profile import Group, Line
from collector.review import reading
from collector.review.pages import Search
from collector.web.page import page as show
from collector.web.turns import PageNumber, turn_of, turn_shown

# The five figures at the top: a kind, and what one and many of it are called.
FIGURES = (
    ("activity", "thing they do", "things they do"),
    ("commitment", "plan stated", "plans stated"),
    ("barrier", "barrier", "barriers"),
    ("support-needed", "need", "needs"),
    ("offer", "offer", "offers"),
)


@get("/staff/organisations", sync_to_thread=True)
def organisations(
    request: Request, database: NamedDependency[Database], search: Search = "", number: PageNumber = 1
) -> Template:
    like = f"%{reading.escaped(search.strip())}%"
    named = col(Organisation.name).ilike(like, escape="\\")
    with database.reading() as session:
        total = session.exec(select(func.count()).select_from(Organisation).where(named)).one()
        turn = turn_of(number, total)
        chosen = select(Organisation).where(named).order_by(col(Organisation.name_key), col(Organisation.id))
        rows = organisation_rows(session, list(session.exec(chosen.offset(turn.offset).limit(turn.at_once))))
    return show(
        request,
        "profiles/organisations.html",
        sample=bool(rows) and all(row["sample"] for row in rows),
        rows=rows,
        search=search,
        total=total,
        pages=turn_shown(turn, request.url.path, {"search": search}),
    )


def organisation_rows(session: Session, chosen: list[Organisation]) -> list[dict[str, Any]]:
    ids = [one.id for one in chosen]
    areas = directory.areas_of(session, ids)
    sources = source_figures(session, ids)
    statements = statement_figures(session, ids)
    return [
        {
            **organisation_shown(one, areas[one.id]),
            "submissions": sources.get(one.id, (0, None))[0],
            "latest": sources.get(one.id, (0, None))[1],
            "statements": statements.get(one.id, 0),
        }
        for one in chosen
    ]


def organisation_shown(organisation: Organisation, areas: list[str]) -> dict[str, Any]:
    return {
        "id": organisation.id,
        "name": organisation.name,
        "url": profile_url(organisation.id),
        "kind": directory.kind_name(organisation.kind),
        "areas": [directory.area_name(area) for area in areas],
        "sample": organisation.sample,
    }


def profile_url(organisation_id: int) -> str:
    return f"/staff/organisations/{organisation_id}"


def source_figures(session: Session, ids: list[int]) -> dict[int, tuple[int, Any]]:
    whose = partners.spoken_for(ids).c
    counted = (
        select(whose.organisation_id, func.count(), func.max(Source.received_at))
        .join(Source, col(Source.id) == whose.source_id)
        .group_by(whose.organisation_id)
    )
    return {id: (number, latest) for id, number, latest in session.exec(counted)}


def statement_figures(session: Session, ids: list[int]) -> dict[int, int]:
    whose = partners.spoken_for(ids).c
    counted = (
        select(whose.organisation_id, func.count(Statement.id))
        .join(Passage, col(Passage.source_id) == whose.source_id)
        .join(Statement, col(Statement.passage_id) == Passage.id)
        .where(*standing.current())
        .group_by(whose.organisation_id)
    )
    return dict(session.exec(counted).all())


@get("/staff/organisations/{organisation_id:int}", sync_to_thread=True)
def organisation(request: Request, database: NamedDependency[Database], organisation_id: FromPath[int]) -> Template:
    with database.reading() as session:
        found = find(session, organisation_id)
        areas = directory.areas_of(session, [organisation_id])[organisation_id]
        kinds = profile.kind_counts(session, organisation_id)
        sources = sources_of(session, organisation_id)
        return show(
            request,
            "profiles/organisation.html",
            sample=found.sample,
            organisation=organisation_shown(found, areas),
            figures=[figure(kinds.get(kind, 0), one, many) for kind, one, many in FIGURES],
            areas=areas_shown(
                profile.by_kind_and_area(session, organisation_id),
                listed.by_kind_and_area(session, organisation_id, no_area=profile.NO_AREA),
                organisation_id,
            ),
            fundamentals=fundamentals_shown(profile.by_fundamental(session, organisation_id), organisation_id),
            ended=item_states.ended_of(session, partners.speaks_for(organisation_id)),
            grid=grid_shown(profile.grid(session, organisation_id)),
            sources=sources,
            waiting=sum(one["state"]["id"] != "analysed" for one in sources),
        )


def find(session: Session, organisation_id: int) -> Organisation:
    found = session.get(Organisation, organisation_id)
    if found is None:
        raise NotFoundException("There is no organisation at this address")
    return found


def figure(number: int, one: str, many: str) -> dict[str, Any]:
    return {"number": number, "words": one if number == 1 else many}


def areas_shown(
    groups: dict[tuple[str, str], Group], items: dict[tuple[str, str], list[listed.Line]], organisation_id: int
) -> list[dict[str, Any]]:
    """The five priority areas always, what belongs to none of them only when there is something."""
    return [
        {
            "id": area,
            "title": title,
            "groups": [
                group_shown(
                    id, groups.get((area, kind), profile.NOTHING), items.get((area, kind), []), organisation_id, area
                )
                for id, (kind, _, _) in profile.GROUPS.items()
            ],
        }
        for area, title in profile.area_titles().items()
        if area != profile.NO_AREA or any(key[0] == area for key in (*groups, *items))
    ]


def group_shown(id: str, group: Group, items: list[listed.Line], organisation_id: int, area: str) -> dict[str, Any]:
    _, title, empty_words = profile.GROUPS[id]
    return {
        "id": id,
        "title": title,
        "empty_words": empty_words,
        "listed": [item_shown(item) for item in items],
        "count": group.total + len(items),
        **lines_shown(group, more_url(organisation_id, area=area, kind=id)),
    }


def lines_shown(group: Group, url: str) -> dict[str, Any]:
    return {
        "lines": [line_shown(line) for line in group.lines],
        "total": group.total,
        "more_url": url if group.total > len(group.lines) else None,
    }


def line_shown(line: Line) -> dict[str, Any]:
    return {
        "text": line.text,
        "url": reading.statement_url(line.id),
        "source_title": line.source.title,
        "source_url": reading.source_url(line.source),
        "when": line.source.received_at,
        "state": "suggested" if line.state in ("suggested", "asked") else "accepted",
        "labels": [plan.title(*label) for label in line.labels if label[0] in ("actions", "fundamentals")],
        "score": line.score,
        "joint": line.joint,
        "on_hold": [plan.title(*label) for label in line.on_hold],
    }


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


def more_url(organisation_id: int, **asked: str) -> str:
    return f"{profile_url(organisation_id)}/statements?{urlencode(asked)}"


def fundamentals_shown(groups: dict[tuple[str, str], Group], organisation_id: int) -> list[dict[str, Any]]:
    return [
        {
            "id": one.id,
            "title": one.title,
            "summary": one.summary,
            **lines_shown(
                groups.get(("fundamentals", one.id), profile.NOTHING), more_url(organisation_id, fundamental=one.id)
            ),
        }
        for one in plan.current().fundamentals
    ]


def grid_shown(counts: dict[tuple[str, str], int]) -> dict[str, Any]:
    fundamentals = plan.current().fundamentals
    return {
        "columns": [{"id": one.id, "title": one.title} for one in fundamentals],
        "rows": [
            {
                "action": action.title,
                "area": plan.title("priority_areas", action.priority_area),
                "cells": [counts.get((action.id, one.id), 0) for one in fundamentals],
            }
            for action in plan.current().actions
        ],
    }


def sources_of(session: Session, organisation_id: int) -> list[dict[str, Any]]:
    met = select(SourceOrganisation.source_id).where(SourceOrganisation.organisation_id == organisation_id)
    own = partners.speaks_for(organisation_id)
    chosen = reading.source_row_query().where(or_(own, col(Source.id).in_(met)))
    rows = session.exec(chosen.order_by(col(Source.received_at).desc(), col(Source.id).desc())).all()
    there = meetings.present(session, [source.id for source, *_ in rows])
    joint = partners.together(session, [source.submission_id for source, *_ in rows])
    return [
        {
            **source_shown(source, job),
            "met_with": names_but(organisation_id, there.get(source.id, [])),
            "joint_with": names_but(organisation_id, joint.get(source.submission_id, [])),
        }
        for source, job, _, _ in rows
    ]


def names_but(organisation_id: int, all_: list[Organisation]) -> str:
    return ", ".join(one.name for one in all_ if one.id != organisation_id)


def source_shown(source: Source, job: Job) -> dict[str, Any]:
    return {
        "title": source.title,
        "url": reading.source_url(source),
        "kind": reading.KINDS[source.kind],
        "received_at": source.received_at,
        "state": reading.state_shown(job),
    }


@get("/staff/organisations/{organisation_id:int}/statements", sync_to_thread=True)
def statements(
    request: Request,
    database: NamedDependency[Database],
    organisation_id: FromPath[int],
    area: Annotated[str, QueryParameter(name="area")] = "",
    kind: Annotated[str, QueryParameter(name="kind")] = "",
    fundamental: Annotated[str, QueryParameter(name="fundamental")] = "",
    number: PageNumber = 1,
) -> Template:
    """All statements of one group of the profile."""
    title = title_of(area, kind, fundamental)
    asked = {"area": area, "kind": kind, "fundamental": fundamental}
    with database.reading() as session:
        found = find(session, organisation_id)
        chosen = profile.chosen_statements(
            organisation_id, area=area, kind=profile.GROUPS[kind][0] if kind else "", fundamental=fundamental
        )
        total = session.exec(select(func.count()).select_from(chosen.subquery())).one()
        turn = turn_of(number, total)
        rows = session.exec(chosen.offset(turn.offset).limit(turn.at_once)).all()
        return show(
            request,
            "profiles/statements.html",
            sample=found.sample,
            organisation=organisation_shown(found, []),
            title=title,
            lines=[line_shown(line) for line in profile.lines_of(session, rows)],
            total=total,
            pages=turn_shown(turn, request.url.path, asked),
        )


def title_of(area: str, kind: str, fundamental: str) -> str:
    """ "What they plan: Planning"; a group that the profile does not have is not found."""
    titles = {id: title for id, (_, title, _) in profile.GROUPS.items()}
    names = {one.id: one.title for one in plan.current().fundamentals}
    if fundamental in names and not (area or kind):
        return names[fundamental]
    if kind in titles and area in profile.area_titles() and not fundamental:
        return f"{titles[kind]}: {profile.area_titles()[area]}"
    raise NotFoundException("There is no such part of the profile")


handlers = [organisations, organisation, statements]
