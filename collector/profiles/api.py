"""Profiles for programs, in JSON."""

from litestar import get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from pydantic import BaseModel

from collector.database import Database
from collector.organisations import directory
from collector.organisations.models import Organisation
from collector.profiles import listed, profile
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
        groups = profile.by_kind_and_area(session, organisation_id, outside=True)
        items = listed.by_kind_and_area(session, organisation_id, no_area=profile.NO_AREA, outside=True)
        fundamentals = profile.by_fundamental(session, organisation_id, outside=True)
        areas = directory.areas_of(session, [organisation_id])[organisation_id]
    return Profile(
        id=found.id,
        name=found.name,
        kind=found.kind,
        areas=areas,
        sample=found.sample,
        groups=[
            group_read(*key, groups.get(key, profile.NOTHING), items.get(key, [])) for key in sorted({*groups, *items})
        ],
        fundamentals={label: group.total for (_, label), group in sorted(fundamentals.items())},
    )


def group_read(area: str, kind: str, group: profile.Group, items: list[listed.Line]) -> GroupRead:
    return GroupRead(
        priority_area=None if area == profile.NO_AREA else area,
        kind=kind,
        total=group.total,
        statements=[
            StatementRead(id=line.id, text=line.text, state=line.state, labels=by_family(line.labels))
            for line in group.lines
        ],
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


def by_family(labels: tuple[tuple[str, str], ...]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for family, label in labels:
        found.setdefault(family, []).append(label)
    return found


handlers = [organisation_profile]
