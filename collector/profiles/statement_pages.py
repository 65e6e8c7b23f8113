"""All statements of one group of a profile: of an organisation, or of an area."""

from dataclasses import dataclass
from typing import Annotated, Any

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, QueryParameter
from litestar.response import Template
from sqlalchemy import ColumnElement, func
from sqlmodel import Session, select

from collector.database import Database
from collector.frameworks import plan
from collector.intake import partners
from collector.organisations import directory
from collector.profiles import areas, lines, shown
from collector.profiles.organisation_pages import find
from collector.web.page import page as show
from collector.web.turns import PageNumber, turn_of, turn_shown


@dataclass(frozen=True)
class Group:
    """What is asked for; a group that profiles do not have is not found."""

    area: str
    kind: str
    fundamental: str

    def title(self) -> str:
        """ "What they plan: Planning"."""
        titles = {id: title for id, (_, title, _) in shown.GROUPS.items()}
        names = {one.id: one.title for one in plan.current().fundamentals}
        if self.fundamental in names and not (self.area or self.kind):
            return names[self.fundamental]
        if self.kind in titles and self.area in shown.area_titles() and not self.fundamental:
            return f"{titles[self.kind]}: {shown.area_titles()[self.area]}"
        raise NotFoundException("There is no such part of the profile")

    def label(self) -> tuple[str, str]:
        """What a statement stands here for."""
        return ("kinds", shown.GROUPS[self.kind][0]) if self.kind else ("fundamentals", self.fundamental)

    def in_(self, sources: ColumnElement[bool]) -> Any:
        kind = shown.GROUPS[self.kind][0] if self.kind else ""
        return lines.carrying(sources, area=self.area, kind=kind, fundamentals=self.fundamental)


@get("/staff/organisations/{organisation_id:int}/statements", sync_to_thread=True)
def of_organisation(
    request: Request,
    database: NamedDependency[Database],
    organisation_id: FromPath[int],
    area: Annotated[str, QueryParameter(name="area")] = "",
    kind: Annotated[str, QueryParameter(name="kind")] = "",
    fundamental: Annotated[str, QueryParameter(name="fundamental")] = "",
    number: PageNumber = 1,
) -> Template:
    group = Group(area, kind, fundamental)
    with database.reading() as session:
        found = find(session, organisation_id)
        whose = {"id": found.id, "name": found.name, "url": shown.profile_url(found.id), "sample": found.sample}
        return statements(request, session, group, partners.speaks_for(organisation_id), whose, number)


@get("/staff/areas/{area_id:str}/statements", sync_to_thread=True)
def of_area(
    request: Request,
    database: NamedDependency[Database],
    area_id: FromPath[str],
    area: Annotated[str, QueryParameter(name="area")] = "",
    kind: Annotated[str, QueryParameter(name="kind")] = "",
    fundamental: Annotated[str, QueryParameter(name="fundamental")] = "",
    number: PageNumber = 1,
) -> Template:
    if area_id not in directory.area_names():
        raise NotFoundException("There is no area at this address")
    group = Group(area, kind, fundamental)
    with database.reading() as session:
        sample = areas.only_sample(session)
        whose = {"id": None, "name": directory.area_name(area_id), "url": f"/staff/areas/{area_id}", "sample": sample}
        return statements(request, session, group, areas.spoken_for(area_id, sample=sample), whose, number)


def statements(
    request: Request, session: Session, group: Group, sources: ColumnElement[bool], whose: dict[str, Any], number: int
) -> Template:
    title, chosen = group.title(), group.in_(sources)
    total = session.exec(select(func.count()).select_from(chosen.subquery())).one()
    turn = turn_of(number, total)
    ids = session.exec(chosen.offset(turn.offset).limit(turn.at_once)).all()
    told = lines.by_id(session, ids)
    return show(
        request,
        "profiles/statements.html",
        sample=whose["sample"],
        whose=whose,
        title=title,
        lines=[shown.line_shown(told[id], group.label(), but=whose["id"]) for id in ids if id in told],
        total=total,
        pages=turn_shown(turn, request.url.path, {name: value for name, value in vars(group).items() if value}),
    )


handlers = [of_organisation, of_area]
