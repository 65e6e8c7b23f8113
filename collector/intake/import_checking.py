"""The second step of an import: every row judged, by itself and against what was kept before. Nothing is added."""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from collector.database import ROWS_AT_ONCE, batches
from collector.intake import import_steps
from collector.intake.import_mapping import Mapping
from collector.intake.import_rows import ADD, OUTCOMES, Entry, Reader
from collector.intake.models import Import, ImportRow, Source
from collector.leases import Claim
from collector.organisations import names


def reader_for(session: Session, import_: Import) -> Reader:
    headings = [column["heading"] for column in import_.columns]
    return Reader(
        Mapping.from_record(import_.mapping),
        headings,
        names.all_names(session),
        from_1904="1904" in import_.read_as,
    )


def entries(session: Session, import_: Import, reader: Reader) -> Iterator[list[Entry]]:
    """Every row as it would be kept, some hundred at a time, with those told that were kept before."""
    last = -1
    while True:
        rows = session.exec(
            select(ImportRow)
            .where(ImportRow.import_id == import_.id, ImportRow.number > last)
            .order_by(col(ImportRow.number))
            .limit(ROWS_AT_ONCE)
        ).all()
        if not rows:
            return
        last = rows[-1].number
        read = [reader.read(row.number, row.cells, row.faults) for row in rows]
        session.expunge_all()
        tell_known(session, import_, read)
        yield read


def tell_known(session: Session, import_: Import, read: list[Entry]) -> None:
    """Mark the rows that are sources already, by their words or by their reference within this engagement."""
    adding = [entry for entry in read if entry.outcome == ADD]
    hashes = among(session, Source.content_hash, [entry.content_hash for entry in adding])
    keys = among(session, ImportRow.reference_key, [key for entry in adding if (key := reference_key(import_, entry))])
    for entry in adding:
        if entry.content_hash in hashes:
            entry.already("This row was added before")
        elif reference_key(import_, entry) in keys:
            entry.already("A row with this reference was added to this engagement before")


def among(session: Session, column: Any, values: list[str]) -> set[str]:
    found: set[str] = set()
    for batch in batches(values):
        found |= set(session.exec(select(column).where(column.in_(batch))))
    return found


def reference_key(import_: Import, entry: Entry) -> str | None:
    """References are unique within an engagement, known by its title. A hash: it stays when the words are erased."""
    if not entry.reference:
        return None
    return sha256(f"{names.key_of(import_.mapping['title'])}\n{entry.reference}".encode()).hexdigest()


def finish_check(session: Session, claim: Claim, reader: Reader, checked: list[Entry]) -> bool:
    rows = [
        {"in_import": claim.id, "at_number": entry.number, "outcome": entry.outcome, "notes": entry.notes}
        for entry in checked
    ]
    set_rows(session, rows, "outcome", "notes")
    return import_steps.leases.finish(
        session, claim, state="checked", counts=counts_of(checked), found=reader.found(), done=len(checked)
    )


def counts_of(checked: list[Entry]) -> dict[str, int]:
    counted = {outcome: sum(entry.outcome == outcome for entry in checked) for outcome in OUTCOMES}
    adding = [entry for entry in checked if entry.outcome == ADD]
    return counted | {
        "noted": sum(bool(entry.notes) for entry in adding),
        "texts": sum(len(entry.texts) for entry in adding),
        "new_organisations": len({e.organisation_key for e in adding if e.organisation and e.organisation_id is None}),
        "organisations": len({entry.organisation_id for entry in adding if entry.organisation_id}),
    }


def set_rows(session: Session, rows: list[dict[str, Any]], *columns: str) -> None:
    if not rows:
        return
    table = ImportRow.__table__
    chosen = table.c.import_id == sa.bindparam("in_import"), table.c.number == sa.bindparam("at_number")
    changed = sa.update(table).where(*chosen).values({name: sa.bindparam(name) for name in columns})
    session.connection().execute(changed, rows)
