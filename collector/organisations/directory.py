"""The directory of organisations that take part."""

from functools import cache

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from collector.database import insert_once
from collector.organisations.models import Organisation, OrganisationArea
from forms.areas import areas

EVERYWHERE = {"scotland": "All of Scotland"}


def find_or_add(session: Session, *, name: str, kind: str, areas: list[str], sample: bool = False) -> int:
    """Id of the organisation of this name, added when new; the areas are added to those it has."""
    key = " ".join(name.split()).casefold()
    id, held = find(session, key, sample) or (None, set())
    if id is None:
        row = {"name": " ".join(name.split()), "name_key": key, "kind": kind, "sample": sample}
        insert_once(session, Organisation, [row], ["name_key", "sample"])
        id, held = find(session, key, sample)
    rows = [{"organisation_id": id, "area": area} for area in areas if area not in held]
    insert_once(session, OrganisationArea, rows, ["organisation_id", "area"])
    return id


def find(session: Session, key: str, sample: bool) -> tuple[int, set[str]] | None:
    """Id and areas of the organisation with this name."""
    rows = session.connection().execute(NAMED, {"key": key, "sample": sample}).all()
    return (rows[0][0], {area for _, area in rows}) if rows else None


# Built once: every submission asks it.
NAMED = (
    select(Organisation.id, OrganisationArea.area)
    .outerjoin(OrganisationArea, col(OrganisationArea.organisation_id) == Organisation.id)
    .where(Organisation.name_key == bindparam("key"), Organisation.sample == bindparam("sample"))
)


def areas_of(session: Session, organisation_ids: list[int]) -> dict[int, list[str]]:
    """Area ids of each of these organisations, in alphabetical order."""
    found: dict[int, list[str]] = {id: [] for id in organisation_ids}
    chosen = select(OrganisationArea.organisation_id, OrganisationArea.area).where(
        col(OrganisationArea.organisation_id).in_(organisation_ids)
    )
    for organisation_id, area in session.exec(chosen.order_by(OrganisationArea.area)):
        found[organisation_id].append(area)
    return found


def area_name(area: str) -> str:
    return area_names().get(area, area)


@cache
def area_names() -> dict[str, str]:
    return EVERYWHERE | {area.id: area.name for area in areas()}
