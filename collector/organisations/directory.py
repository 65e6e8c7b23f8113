"""The directory of organisations that take part."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache

from sqlalchemy import ColumnElement, bindparam, update
from sqlmodel import Session, col, select

from collector.database import batches, insert_once
from collector.organisations.models import Organisation, OrganisationArea, OrganisationChange
from forms.areas import areas

# As long as any question takes; what is longer is no name, and PostgreSQL could not look it up.
LONGEST_NAME = 200
EVERYWHERE = {"scotland": "All of Scotland"}
KIND_WORDS = {
    "local_authority": "Local authority",
    "health_board": "Health board",
    "third_sector": "Third sector organisation",
    "national_body": "National body",
    "partnership": "Partnership",
    "other": "Other organisation",
}
KIND_NOT_KNOWN = "Kind not known"


def find_or_add(session: Session, *, name: str, kind: str = "", areas: Sequence[str] = (), sample: bool = False) -> int:
    """Id of the organisation of this name, added when new; the areas are added to those it has.

    One that was invited, or whose document was added, has no kind before it tells its own. What staff have put right
    stays as they did.
    """
    key = key_of(name)
    id, known, held = find(session, key, sample, to_keep=True) or (None, "", set())
    if id is None:
        row = {"name": " ".join(name.split()), "name_key": key, "kind": kind, "sample": sample}
        insert_once(session, Organisation, [row], ["name_key", "sample"])
        id, known, held = find(session, key, sample, to_keep=True)
    if kind and not known:
        session.exec(update(Organisation).where(col(Organisation.id) == id).values(kind=kind))
    if new := set(areas) - held:
        add_areas(session, {id: new})
    return id


def hold_named(
    session: Session, names: Iterable[str], *, also: Iterable[int] = (), sample: bool = False
) -> dict[str, int]:
    """Hold the organisations of these names until the commit, made where they are new, and `also` those of these ids.

    Returns the ids by the key of each name.

    Whoever needs several takes them here first: the new ones in the order of their names, then all in that of their
    ids. In any other order two would wait for each other.
    """
    rows: dict[str, str] = {}
    for name in names:
        rows.setdefault(key_of(name), " ".join(name.split()))
    also = set(also)
    while True:
        missing = sorted(rows.keys() - _ids(session, rows, sample).keys())
        new = [{"name": rows[key], "name_key": key, "kind": "", "sample": sample} for key in missing]
        insert_once(session, Organisation, new, ["name_key", "sample"])
        ids = _ids(session, rows, sample)
        held = hold(session, also.union(ids.values()))
        if held >= {ids.get(key) for key in rows}:  # one may be forgotten between making and holding it
            return ids


def hold(session: Session, organisation_ids: Iterable[int], *, to_forget: bool = False) -> set[int]:
    """Hold these until the commit, in the order of their ids; returns those that there are.

    Who may come to forget some waits here for all that lead to them, and not when it holds what those wait for.
    """
    chosen = select(Organisation.id).where(col(Organisation.id).in_(set(organisation_ids)))
    return set(session.exec(chosen.order_by(col(Organisation.id)).with_for_update(key_share=not to_forget)))


def _ids(session: Session, keys: Iterable[str], sample: bool) -> dict[str, int]:
    keys = list(keys)
    chosen = select(Organisation.name_key, Organisation.id).where(col(Organisation.name_key).in_(keys))
    found = dict(session.exec(chosen.where(col(Organisation.sample) == sample)).all())
    return formerly(session, [key for key in keys if key not in found], sample) | found


def tell_kinds(session: Session, kinds: dict[int, str]) -> None:
    """The kind of each of these that has not told its own."""
    told = [{"one": id, "said": kind} for id, kind in sorted(kinds.items()) if kind]
    table = Organisation.__table__
    unknown = update(table).where(table.c.id == bindparam("one"), table.c.kind == "").values(kind=bindparam("said"))
    if told:
        session.connection().execute(unknown, told)


def add_areas(session: Session, areas: dict[int, set[str]]) -> None:
    """Add areas to those that organisations have, by the organisation's id, but for those that staff took out."""
    kept = by_hand(session, areas.keys())
    rows = [
        {"organisation_id": id, "area": area}
        for id, held in sorted(areas.items())
        for area in sorted(held - kept[id].taken_out)
    ]
    insert_once(session, OrganisationArea, rows, ["organisation_id", "area"])


@dataclass(frozen=True)
class ByHand:
    """Areas that staff put in, and that they took out, as it stands after the last change."""

    put_in: set[str] = field(default_factory=set)
    taken_out: set[str] = field(default_factory=set)


def by_hand(session: Session, organisation_ids: Collection[int]) -> dict[int, ByHand]:
    found = {id: ByHand() for id in organisation_ids}
    for some in batches(found):
        made = select(OrganisationChange).where(col(OrganisationChange.organisation_id).in_(some))
        for one in session.exec(made.order_by(col(OrganisationChange.id))):
            before, after = set(one.areas_before), set(one.areas_after)
            kept = found[one.organisation_id]
            found[one.organisation_id] = ByHand(
                (kept.put_in | (after - before)) - (before - after), (kept.taken_out | (before - after)) - after
            )
    return found


def key_of(name: str) -> str:
    return " ".join(name.split()).casefold()


def named(session: Session, name: str, *, sample: bool = False) -> int | None:
    """Id of the organisation that has this name, or had it."""
    found = find(session, key_of(name), sample)
    return found[0] if found else None


def find(session: Session, key: str, sample: bool, *, to_keep: bool = False) -> tuple[int, str, set[str]] | None:
    """Id, kind and areas of the organisation with this name, or that had it before staff put it right."""
    this = {"key": key, "sample": sample}
    rows = session.connection().execute(NAMED_TO_KEEP if to_keep else NAMED, this).all()
    if not rows and (former := formerly(session, [key], sample)):
        wanted = OF_ID_TO_KEEP if to_keep else OF_ID
        rows = session.connection().execute(wanted, {"of": former[key]}).all()
    return (rows[0][0], rows[0][1], {area for _, _, area in rows}) if rows else None


def formerly(session: Session, keys: Sequence[str], sample: bool) -> dict[str, int]:
    """By names that organisations had: the one that had it last. Its own answers still say it."""
    had = (
        select(OrganisationChange.former_key, OrganisationChange.organisation_id)
        .join(Organisation, col(Organisation.id) == OrganisationChange.organisation_id)
        .where(col(OrganisationChange.former_key).in_(keys), Organisation.sample == sample)
    )
    return dict(session.exec(had.order_by(col(OrganisationChange.id))).all()) if keys else {}


# Built once: every submission asks it.
FACTS = select(Organisation.id, Organisation.kind, OrganisationArea.area).outerjoin(
    OrganisationArea, col(OrganisationArea.organisation_id) == Organisation.id
)
NAMED = FACTS.where(Organisation.name_key == bindparam("key"), Organisation.sample == bindparam("sample"))
OF_ID = FACTS.where(Organisation.id == bindparam("of"))
# Nobody forgets it before what is kept next leads to it.
NAMED_TO_KEEP, OF_ID_TO_KEEP = (
    one.with_for_update(read=True, key_share=True, of=Organisation) for one in (NAMED, OF_ID)
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


def matching(search: str, *, kind: str, area: str) -> list[ColumnElement[bool]]:
    """What an organisation must be that is looked for, apart from those of a sample round."""
    wanted = [col(Organisation.sample).is_(False), col(Organisation.name).icontains(search, autoescape=True)]
    if kind:
        wanted.append(col(Organisation.kind) == kind)
    if area:
        works_there = select(OrganisationArea.organisation_id).where(OrganisationArea.area == area)
        wanted.append(col(Organisation.id).in_(works_there))
    return wanted


def kind_name(kind: str) -> str:
    return KIND_WORDS.get(kind, KIND_NOT_KNOWN)


def area_name(area: str) -> str:
    return area_names().get(area, area)


@cache
def area_names() -> dict[str, str]:
    return EVERYWHERE | {area.id: area.name for area in areas()}
