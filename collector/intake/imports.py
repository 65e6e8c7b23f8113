"""Imports of earlier engagement: a file, how it is to be read, a check of every row, and then all of it or nothing.

Here is what people say of an import. The worker takes the steps `reading`, `checking` and `importing`, each in a module
of its own (`import_steps` has how they are claimed). Nothing of a file is a source before the last step, which keeps
everything in one transaction.
"""

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import delete, func
from sqlmodel import Session, col, select

from collector.database import free, now
from collector.intake import file_names, import_mapping, spreadsheets
from collector.intake.import_mapping import Mapping
from collector.intake.import_rows import ADD, OUTCOMES
from collector.intake.import_steps import STEPS
from collector.intake.models import Import, ImportFile, ImportRow

BEING_SET_UP = ("reading", "refused", "mapping", "checking", "checked")
# What nobody has touched for so long is forgotten, the file with it.
KEPT_FOR = timedelta(days=28)


class CannotImport(ValueError):
    """What was asked cannot be done now; the message says why in words for the person who asked."""


# -- The file ---------------------------------------------------------------------------------------


def begin(session: Session, *, file_name: str, content: bytes, staff_id: int) -> int:
    """Keep a file to be read by the worker; returns the import's id. The caller commits."""
    if fault := spreadsheets.fault_of(content):
        raise CannotImport(fault)
    found = Import(
        file_name=file_names.plain(file_name),
        file_hash=sha256(content).hexdigest(),
        file_size=len(content),
        made_by=staff_id,
    )
    session.add(found)
    session.flush()
    session.add(ImportFile(import_id=found.id, content=content))
    session.flush()
    return found.id


def same_file(session: Session, import_: Import) -> list[Import]:
    """Other imports of the very same bytes, newest first; those taken back do not count."""
    others = select(Import).where(
        Import.file_hash == import_.file_hash, Import.id != import_.id, Import.state != "taken-back"
    )
    return list(session.exec(others.order_by(col(Import.id).desc())))


# -- What people say of it --------------------------------------------------------------------------


def opened(session: Session, import_id: int) -> Import:
    """The import, held until the commit, to have something said of it; not while the worker has it, nor after."""
    found = session.exec(select(Import).where(Import.id == import_id).with_for_update()).one()
    if found.state not in ("mapping", "checked", "refused"):
        raise CannotImport("This import is being worked on, or it is done: nothing about it can be changed now")
    return found


def choose_sheet(session: Session, import_id: int, *, sheet: str, heading_row: int | None) -> None:
    """Read the file again by another sheet or another row of headings. What was said of its columns is gone.

    Without a row of headings it is found anew, 0 is for none.
    """
    found = opened(session, import_id)
    if found.sheets and sheet not in {name for name, _ in found.sheets}:
        raise CannotImport("Choose one of the sheets")
    found.sheet, found.heading_row = sheet if found.sheets else "", heading_row
    found.mapping = kept_of(found).as_record()
    ask_for(found, "reading")


def kept_of(import_: Import) -> Mapping:
    said = Mapping.from_record(import_.mapping)
    return replace(said, columns={}, values={}, organisations={})


def say(session: Session, import_id: int, **changes: Any) -> None:
    """Change what is said of the import; a check made before is worth nothing then."""
    found = opened(session, import_id)
    if "round_id" in changes:
        found.round_id = changes.pop("round_id")
    found.mapping = replace(Mapping.from_record(found.mapping), **changes).as_record()
    found.state, found.counts, found.touched_at = "mapping", {}, now()


def say_columns(session: Session, import_id: int, columns: dict[int, import_mapping.Column]) -> None:
    """Change what some of the columns are; the others stay."""
    said = Mapping.from_record(opened(session, import_id).mapping)
    say(session, import_id, columns=said.columns | columns)


def ask_for_check(session: Session, import_id: int) -> None:
    found = opened(session, import_id)
    mapping = Mapping.from_record(found.mapping)
    if not mapping.title:
        raise CannotImport("Say what the engagement was called")
    if told := import_mapping.problems_of(mapping):
        raise CannotImport(told[0])
    ask_for(found, "checking")


def ask_for_import(session: Session, import_id: int, *, staff_id: int, seen: str) -> bool:
    """Have the checked rows imported; False when somebody else has asked for it already.

    `seen` is the stamp of the check that the person looked at: what was changed since is not imported unseen.
    """
    found = session.exec(select(Import).where(Import.id == import_id).with_for_update()).one()
    if found.state in ("importing", "imported"):
        return False
    if found.state != "checked" or stamp_of(found) != seen:
        raise CannotImport("The import was changed since you looked at it. Look at the report again")
    if not found.counts.get(ADD):
        raise CannotImport("There is no row to add")
    found.imported_by = staff_id
    ask_for(found, "importing")
    return True


def stamp_of(import_: Import) -> str:
    return import_.touched_at.isoformat()


def ask_for(import_: Import, step: str) -> None:
    import_.state, import_.attempts, import_.stopped, import_.reason = step, 0, False, ""
    import_.done, import_.total = 0, 0 if step == "reading" else import_.total
    import_.lease_until, import_.finished_at = None, None
    import_.woken_at, import_.touched_at = now(), now()


def try_again(session: Session, import_id: int) -> bool:
    """Give a step that was stopped a fresh start; False when nothing was stopped."""
    found = session.exec(select(Import).where(Import.id == import_id).with_for_update()).one()
    if found.state not in STEPS or not found.stopped:
        return False
    ask_for(found, found.state)
    return True


def forget(session: Session, import_id: int) -> None:
    """Delete an import that is being set up, whatever it is at; the worker finds its claim gone."""
    found = session.exec(select(Import).where(Import.id == import_id).with_for_update()).one()
    if found.state not in BEING_SET_UP:
        raise CannotImport("Its rows are sources now, or about to be. Take the import back instead")
    for table in (ImportRow, ImportFile):
        session.exec(delete(table).where(col(table.import_id) == import_id))
    session.exec(delete(Import).where(col(Import.id) == import_id))


def forget_abandoned(session: Session) -> None:
    old = select(Import.id).where(col(Import.state).in_(BEING_SET_UP), Import.touched_at < now() - KEPT_FOR)
    for import_id in free(session, old.order_by(col(Import.id)).limit(20)):
        forget(session, import_id)


def forget_file(session: Session, import_id: int) -> None:
    """Erase the bytes of a file that is imported. Its hash, and what became of each row, stay."""
    session.exec(delete(ImportFile).where(col(ImportFile.import_id) == import_id))


def has_file(session: Session, import_id: int) -> bool:
    return session.exec(select(ImportFile.import_id).where(ImportFile.import_id == import_id)).first() is not None


# -- What is there -------------------------------------------------------------------------------------


def number_of(session: Session) -> int:
    return session.exec(select(func.count()).select_from(Import)).one()


def newest(session: Session, offset: int, limit: int) -> list[Import]:
    return list(session.exec(select(Import).order_by(col(Import.id).desc()).offset(offset).limit(limit)))


def rows_of(import_id: int, outcome: str):
    """The rows in the order of the file, of one outcome where one is named."""
    chosen = select(ImportRow).where(ImportRow.import_id == import_id).order_by(col(ImportRow.number))
    return chosen.where(ImportRow.outcome == outcome) if outcome in OUTCOMES else chosen


def row_counts(session: Session, import_id: int) -> dict[str, int]:
    counted = select(ImportRow.outcome, func.count()).where(ImportRow.import_id == import_id)
    return dict(session.exec(counted.group_by(ImportRow.outcome)).all())


def origin_of(session: Session, source_id: int) -> tuple[ImportRow, Import] | None:
    """The row of an import that a source is, and its import."""
    return session.exec(
        select(ImportRow, Import)
        .join(Import, col(Import.id) == ImportRow.import_id)
        .where(ImportRow.source_id == source_id)
    ).first()
