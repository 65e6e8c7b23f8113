"""The organisations that there are, for staff; each has a profile."""

from typing import Annotated, Any

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Template
from sqlalchemy import func
from sqlmodel import Session, col, select

from collector.database import Database
from collector.findings import standing
from collector.findings.models import Statement
from collector.intake import partners
from collector.intake.models import Passage, Source
from collector.organisations import directory
from collector.organisations.models import Organisation, OrganisationArea
from collector.profiles import shown
from collector.review import reading
from collector.review.pages import Search
from collector.web.page import page as show
from collector.web.turns import PageNumber, turn_of, turn_shown


@get("/staff/organisations", sync_to_thread=True)
def organisations(
    request: Request,
    database: NamedDependency[Database],
    search: Search = "",
    area: Annotated[str, QueryParameter(name="area")] = "",
    number: PageNumber = 1,
) -> Template:
    area = area if area in directory.area_names() else ""
    like = f"%{reading.escaped(search.strip())}%"
    wanted = [col(Organisation.name).ilike(like, escape="\\")]
    if area:
        there = select(OrganisationArea.organisation_id).where(OrganisationArea.area == area)
        wanted.append(col(Organisation.id).in_(there))
    with database.reading() as session:
        total = session.exec(select(func.count()).select_from(Organisation).where(*wanted)).one()
        turn = turn_of(number, total)
        chosen = select(Organisation).where(*wanted).order_by(col(Organisation.name_key), col(Organisation.id))
        rows = organisation_rows(session, list(session.exec(chosen.offset(turn.offset).limit(turn.at_once))))
    return show(
        request,
        "profiles/organisations.html",
        sample=bool(rows) and all(row["sample"] for row in rows),
        rows=rows,
        search=search,
        area=area,
        area_name=directory.area_name(area) if area else "",
        area_names=sorted(directory.area_names().items(), key=lambda one: one[1]),
        total=total,
        pages=turn_shown(turn, request.url.path, {"search": search, "area": area}),
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
        "url": shown.profile_url(organisation.id),
        "kind": directory.kind_name(organisation.kind),
        "areas": [directory.area_name(area) for area in areas],
        "sample": organisation.sample,
    }


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


handlers = [organisations]
