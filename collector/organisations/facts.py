"""What an organisation is called, of which kind it is and where it works, as staff put it right; and who did, when."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from collector.accounts.models import StaffMember
from collector.database import insert_all
from collector.organisations import directory
from collector.organisations.models import Organisation, OrganisationAlias, OrganisationArea, OrganisationChange


class ChangedMeanwhile(Exception):
    """It is no longer what it was when the form was opened."""


class NameTaken(Exception):
    """Another organisation of the directory is called so."""

    def __init__(self, organisation_id: int) -> None:
        self.organisation_id = organisation_id


@dataclass(frozen=True)
class Facts:
    name: str
    kind: str
    areas: tuple[str, ...]  # in alphabetical order of their ids

    @property
    def mark(self) -> str:
        """The same for the same facts: what a form was opened with."""
        return sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Change:
    """One that was made, in words: what it is about, before and after."""

    lines: tuple[tuple[str, str, str], ...]
    after: Facts
    who: str
    at: datetime


def of(session: Session, organisation: Organisation) -> Facts:
    areas = directory.areas_of(session, [organisation.id])[organisation.id]
    return Facts(organisation.name, organisation.kind, tuple(areas))


def change(
    session: Session, organisation_id: int, wanted: Facts, *, seen: str, staff_id: int, keeps_old_name: bool = False
) -> Facts | None:
    """Make it so, where it still is what was `seen`; returns what it was, or None where it is so already.

    `keeps_old_name`: what is sent under the name before is its own still, and not that of somebody who was confused
    with it.

    Raises ChangedMeanwhile and NameTaken. The caller commits, and has profiles rebuilt.
    """
    # Whoever is about to add an area to it, or to send something in its name, waits and then finds it changed.
    directory.hold(session, [organisation_id], to_forget=True)
    organisation = session.get_one(Organisation, organisation_id, populate_existing=True)
    before = of(session, organisation)
    if before == wanted:
        return None
    if before.mark != seen:
        raise ChangedMeanwhile
    former = rename(session, organisation, wanted.name, keeps_old_name=keeps_old_name)
    organisation.kind = wanted.kind
    session.add(organisation)
    move(session, organisation_id, before.areas, wanted.areas)
    session.add(
        OrganisationChange(
            organisation_id=organisation_id,
            name_before=before.name,
            name_after=wanted.name,
            former_key=former,
            kind_before=before.kind,
            kind_after=wanted.kind,
            areas_before=list(before.areas),
            areas_after=list(wanted.areas),
            changed_by=staff_id,
        )
    )
    return before


def rename(session: Session, organisation: Organisation, name: str, *, keeps_old_name: bool) -> str:
    """Returns the key of the name that it had, where what is sent under that is its own; nothing where it only changed
    case and spaces."""
    former, key = organisation.name_key, directory.key_of(name)
    if key != former and (taken := with_key(session, key, organisation)) is not None:
        raise NameTaken(taken)
    try:
        with session.begin_nested():
            organisation.name, organisation.name_key = name, key
            session.add(organisation)
            session.flush()
    except IntegrityError as problem:  # somebody added it a moment ago
        raise NameTaken(with_key(session, key, organisation) or 0) from problem
    if key == former:
        return ""
    if not organisation.sample:
        session.exec(delete(OrganisationAlias).where(col(OrganisationAlias.name_key).in_([former, key])))
    if not keeps_old_name:
        let_go(session, organisation.id, former)
        return ""
    if not organisation.sample:
        session.add(OrganisationAlias(name_key=former, organisation_id=organisation.id))
    return former


def let_go(session: Session, organisation_id: int, key: str) -> None:
    """Nothing that is sent under this name is its own, whatever was said before."""
    had = (OrganisationChange.organisation_id == organisation_id, OrganisationChange.former_key == key)
    session.exec(update(OrganisationChange).where(*had).values(former_key=""))


def with_key(session: Session, key: str, organisation: Organisation) -> int | None:
    others = (Organisation.id != organisation.id, Organisation.sample == organisation.sample)
    return session.exec(select(Organisation.id).where(Organisation.name_key == key, *others)).first()


def move(session: Session, organisation_id: int, before: tuple[str, ...], after: tuple[str, ...]) -> None:
    left = (OrganisationArea.organisation_id == organisation_id, col(OrganisationArea.area).not_in(after))
    session.exec(delete(OrganisationArea).where(*left))
    new = [{"organisation_id": organisation_id, "area": area} for area in after if area not in before]
    insert_all(session, OrganisationArea, new)


# -- What was changed -------------------------------------------------------------------------------------


def history(session: Session, organisation_id: int) -> list[Change]:
    """The latest first."""
    rows = session.exec(
        select(OrganisationChange, StaffMember.name)
        .join(StaffMember, col(StaffMember.id) == OrganisationChange.changed_by)
        .where(OrganisationChange.organisation_id == organisation_id)
        .order_by(col(OrganisationChange.id).desc())
    )
    return [
        Change(
            tuple(lines(one)),
            Facts(one.name_after, one.kind_after, tuple(one.areas_after)),
            who,
            one.changed_at,
        )
        for one, who in rows
    ]


def lines(one: OrganisationChange) -> Iterator[tuple[str, str, str]]:
    kinds = directory.kind_name(one.kind_before), directory.kind_name(one.kind_after)
    areas = in_words(one.areas_before), in_words(one.areas_after)
    for what, (before, after) in (("Name", (one.name_before, one.name_after)), ("Kind", kinds), ("Areas", areas)):
        if before != after:
            yield what, before, after


def in_words(areas: list[str]) -> str:
    return ", ".join(directory.area_name(area) for area in areas) or "none said"
