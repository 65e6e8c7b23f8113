"""Profiles for programs, in JSON."""

from litestar import get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from pydantic import BaseModel

from collector.database import Database
from collector.organisations import directory
from collector.organisations.models import Organisation
from collector.profiles import contents, listed
from collector.profiles import lines as lines_
from collector.profiles.lines import Line
from collector.profiles.statements import AREA_KIND, FUNDAMENTAL, NO_AREA
from collector.web.problems import may_answer


class StatementRead(BaseModel):
    id: int
    text: str
    state: str
    labels: dict[str, list[str]]


class ListedRead(BaseModel):
    """What was listed one by one; `due_as_read` tells what days `due` was taken to mean."""

    text: str
    action: str
    due: str
    due_as_read: str
    with_whom: str
    source_id: int


class GroupRead(BaseModel):
    priority_area: str | None
    kind: str
    total: int
    statements: list[StatementRead]
    listed: list[ListedRead]


class Profile(BaseModel):
    """The first statements of each group, with how many there are in all, and besides them all that was listed.

    A statement that says no more than the listed item whose words it is from is left out: nothing is counted twice.
    """

    id: int
    name: str
    kind: str
    areas: list[str]
    sample: bool
    groups: list[GroupRead]
    fundamentals: dict[str, int]


@get(
    "/api/organisations/{organisation_id:int}/profile",
    sync_to_thread=True,
    tags=["Profiles"],
    security=[{"token": []}],
    responses=may_answer(400, 401, 403, 404, 503),
)
def organisation_profile(database: NamedDependency[Database], organisation_id: FromPath[int]) -> Profile:
    """The profile of an organisation. A label on hold is in it only where a person has accepted it."""
    with database.reading() as session:
        found = session.get(Organisation, organisation_id)
        if found is None:
            raise NotFoundException("There is no organisation with this id")
        content = contents.of_organisation(session, organisation_id, outside=True)
        items = listed.by_kind_and_area(session, organisation_id, no_area=NO_AREA, outside=True)
        groups = content["lines"].get(AREA_KIND, {})
        lines = lines_.by_id(session, [id for ids in groups.values() for id in ids], outside=True)
        areas = directory.areas_of(session, [organisation_id])[organisation_id]
    return Profile(
        id=found.id,
        name=found.name,
        kind=found.kind,
        areas=areas,
        sample=found.sample,
        groups=[
            group_read(*where.split("|"), number, [lines[id] for id in groups.get(where, ())], items)
            for where, (number, _) in content["cells"].get(AREA_KIND, {}).items()
        ],
        fundamentals={one: number for one, (number, _) in content["cells"].get(FUNDAMENTAL, {}).items()},
    )


def group_read(
    area: str, kind: str, number: int, lines: list[Line], all_items: dict[tuple[str, str], list[listed.Line]]
) -> GroupRead:
    items = all_items.get((area, kind), [])
    return GroupRead(
        priority_area=None if area == NO_AREA else area,
        kind=kind,
        total=number - len(items),
        statements=[statement_read(line, kind) for line in lines],
        listed=[
            ListedRead(
                text=item.text,
                action=item.action,
                due=item.due,
                due_as_read=item.read_as,
                with_whom=item.with_whom,
                source_id=item.source.id,
            )
            for item in items
        ],
    )


def statement_read(line: Line, kind: str) -> StatementRead:
    labels: dict[str, list[str]] = {}
    for one in line.labels:
        labels.setdefault(one.family, []).append(one.label)
    return StatementRead(id=line.id, text=line.text, state=line.held("kinds", kind).state, labels=labels)


handlers = [organisation_profile]
