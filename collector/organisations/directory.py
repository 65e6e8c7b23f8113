"""The directory of organisations that take part."""

from functools import cache

from sqlmodel import Session, col, select

from collector.database import insert_once
from collector.organisations.models import Organisation, OrganisationArea
from forms.areas import areas

EVERYWHERE = {"scotland": "All of Scotland"}


def find_or_add(session: Session, *, name: str, kind: str, areas: list[str], sample: bool = False) -> Organisation:
    """The organisation of this name, added when new; the areas are added to those it has."""
    key = " ".join(name.split()).casefold()
    row = {"name": " ".join(name.split()), "name_key": key, "kind": kind, "sample": sample}
    insert_once(session, Organisation, [row], ["name_key", "sample"])
    organisation = session.exec(
        select(Organisation).where(Organisation.name_key == key, Organisation.sample == sample)
    ).one()
    rows = [{"organisation_id": organisation.id, "area": area} for area in areas]
    insert_once(session, OrganisationArea, rows, ["organisation_id", "area"])
    return organisation


def areas_of(session: Session, organisation_ids: list[int]) -> dict[int, list[str]]:
    """Area ids of each of these organisations, in alphabetical order."""
    found: dict[int, list[str]] = {id: [] for id in organisation_ids}
    chosen = select(OrganisationArea).where(col(OrganisationArea.organisation_id).in_(organisation_ids))
    for row in session.exec(chosen.order_by(OrganisationArea.area)):
        found[row.organisation_id].append(row.area)
    return found


def area_name(area: str) -> str:
    return area_names().get(area, area)


@cache
def area_names() -> dict[str, str]:
    return EVERYWHERE | {area.id: area.name for area in areas()}
