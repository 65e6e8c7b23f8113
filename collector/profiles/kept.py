"""Profiles as they are kept: rebuilt by the worker where something changed, and looked up by pages."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, update
from sqlmodel import Session, col, func, select

from collector.database import Database, batches, insert_once, now
from collector.findings import profile_changes
from collector.findings.profile_models import Profile, ProfileChange, ProfileWork
from collector.leases import Claim, Leases
from collector.organisations import directory
from collector.organisations.models import Organisation
from collector.profiles import areas, contents
from collector.profiles.areas import SCOTLAND

# What is late or long ago changes with the days: each is rebuilt once in this time, whatever happens.
A_DAY = timedelta(hours=24)
PATIENCE = timedelta(seconds=1)
THE_WORK = 1
NEVER_MADE = 0  # the revision of one that could not be
AT_ONCE = 100  # old ones that are noted to be rebuilt

# It is never set aside: what cannot be rebuilt is passed over by itself.
leases = Leases(ProfileWork, "the rebuilding of profiles", running="", patience=PATIENCE, most_attempts=1_000_000)


@dataclass(frozen=True)
class Subject:
    """Whose profile it is: an organisation's or an area's."""

    organisation_id: int | None = None
    area: str | None = None

    def is_of(self, table: type[Profile] | type[ProfileChange]) -> ColumnElement[bool]:
        if self.area is None:
            return col(table.organisation_id) == self.organisation_id
        return col(table.area) == self.area

    def named(self) -> dict[str, Any]:
        return {"organisation_id": self.organisation_id, "area": self.area}


@dataclass(frozen=True)
class Kept:
    """A profile as a page shows it. One that was worked out for the page alone was never `built_at` a moment."""

    content: dict[str, Any]
    built_at: datetime | None
    changing: bool = False  # something has changed since


# -- For pages -------------------------------------------------------------------------------------------


def of_organisation(session: Session, organisation_id: int) -> Kept:
    """As it is now: where something changed since it was kept, it is worked out on the spot."""
    kept = found(session, Subject(organisation_id=organisation_id))
    if kept and not kept.changing:
        return kept
    return Kept(contents.of_organisation(session, organisation_id), None)


def of_area(session: Session, area: str) -> Kept | None:
    """As it was kept last, some seconds ago where something is changing; None where it is being put together."""
    return found(session, Subject(area=area))


def found(session: Session, subject: Subject) -> Kept | None:
    changing = select(ProfileChange.id).where(subject.is_of(ProfileChange)).exists()
    made = (subject.is_of(Profile), Profile.revision > NEVER_MADE)
    row = session.exec(select(Profile.content, Profile.built_at, changing).where(*made)).first()
    return row and Kept(*row)


# -- For the worker --------------------------------------------------------------------------------------


def sweep(session: Session) -> list[int]:
    """Bring back what fell silent; returns the id of the work where there is some. The caller commits."""
    insert_once(session, ProfileWork, [{"id": THE_WORK, "woken_at": now() - 2 * PATIENCE}], ["id"])
    return leases.sweep(session)


def put_back(session: Session, claim: Claim, *, rest: timedelta) -> None:
    """Let go of the work, and have nobody woken for it for a while. The caller commits."""
    leases.put_back(session, claim)
    leases.set_all(session, [claim.id], woken_at=now() + rest)


def anything_to_do(session: Session) -> bool:
    """Something changed, is missing, or has not been looked at for a day."""
    some = (select(ProfileChange.id), old(), missing())
    return any(session.exec(one.limit(1)).first() is not None for one in some) or bool(missing_areas(session))


def old():
    return select(Profile).where(Profile.built_at < now() - A_DAY).order_by(col(Profile.built_at))


def missing():
    kept = col(Profile.organisation_id) == Organisation.id
    return select(Organisation.id).outerjoin(Profile, kept).where(col(Profile.id).is_(None))


def missing_areas(session: Session) -> set[str]:
    return directory.area_names().keys() - set(session.exec(select(Profile.area)))


def note_old(session: Session) -> None:
    """Have those rebuilt that are missing or old, some at a time. The caller commits."""
    of_old = session.exec(old().limit(AT_ONCE)).all()
    organisation_ids = {*session.exec(missing().limit(AT_ONCE)), *(one.organisation_id for one in of_old)} - {None}
    old_areas = {one.area for one in of_old} - {None}
    profile_changes.note_organisations(session, organisation_ids)
    profile_changes.note_areas(session, missing_areas(session) | old_areas)


def noted(session: Session) -> list[Subject]:
    """What is to be rebuilt: organisations first, areas are made of them; whose change is the oldest comes first."""
    rows = session.exec(
        select(ProfileChange.organisation_id, ProfileChange.area)
        .group_by(col(ProfileChange.organisation_id), col(ProfileChange.area))
        .order_by(func.min(ProfileChange.id))
    ).all()
    return sorted((Subject(*row) for row in rows), key=lambda one: one.area is not None)


def rebuild(database: Database, subject: Subject) -> None:
    """Make a profile anew and keep it, with what is to be rebuilt for it in turn. Commits."""
    with database.reading() as session:
        seen = list(session.exec(select(ProfileChange.id).where(subject.is_of(ProfileChange))))
        before = session.exec(select(Profile).where(subject.is_of(Profile))).first()
        content = made(session, subject)
    with database.writing() as session:
        if content is None:  # nobody knows any more where it worked
            profile_changes.note_areas(session, directory.area_names())
        if content is None or keep(session, subject, content, before):
            for some in batches(seen):
                session.exec(delete(ProfileChange).where(col(ProfileChange.id).in_(some)))
        session.commit()


def made(session: Session, subject: Subject) -> dict[str, Any] | None:
    """None where there is no such organisation any more; its profile went with it."""
    if subject.area is not None:
        return areas.of_area(session, subject.area)
    if session.get(Organisation, subject.organisation_id) is None:
        return None
    return contents.of_organisation(session, subject.organisation_id)


def keep(session: Session, subject: Subject, content: dict[str, Any], before: Profile | None) -> bool:
    """False where somebody else has kept one since, what is here may be older; or where the organisation is gone."""
    if not is_there(session, subject):
        return False
    if before is None:
        row = {**subject.named(), "content": content}
        kept = insert_once(session, Profile, [row], [name for name, value in subject.named().items() if value])
    else:
        newer = {"content": content, "revision": before.revision + 1, "built_at": now()}
        same = (Profile.id == before.id, Profile.revision == before.revision)
        kept = session.exec(update(Profile).where(*same).values(**newer)).rowcount
    if kept and subject.area is None and (before is None or before.content != content):
        in_areas = {SCOTLAND, *content["areas"], *(before.content["areas"] if before else ())}
        profile_changes.note_areas(session, in_areas)
    return bool(kept)


def pass_over(session: Session, subject: Subject, *, seen: datetime) -> None:
    """Leave a profile as it is until something changes after `seen`, or for a day. The caller commits."""
    session.exec(delete(ProfileChange).where(subject.is_of(ProfileChange), ProfileChange.changed_at < seen))
    if not is_there(session, subject):
        return
    row = {**subject.named(), "content": areas.NOTHING, "revision": NEVER_MADE}
    insert_once(session, Profile, [row], [name for name, value in subject.named().items() if value])
    session.exec(update(Profile).where(subject.is_of(Profile)).values(built_at=now()))


def is_there(session: Session, subject: Subject) -> bool:
    """Until the commit nobody forgets the organisation."""
    return subject.area is not None or bool(directory.hold(session, [subject.organisation_id]))
