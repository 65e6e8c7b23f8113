"""Imports of earlier engagement: a file, how it is to be read, a check of every row, and then all of it or nothing.

The worker takes the steps `reading`, `checking` and `importing`; people take those between. Nothing of a file is a
source before the last step, which keeps everything in one transaction.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from sqlalchemy import delete, func, update
from sqlmodel import Session, col, select

from collector.database import free, insert_all, insert_once, now, one_at_a_time
from collector.intake import file_names, import_mapping, spreadsheets
from collector.intake.import_mapping import Mapping
from collector.intake.import_rows import ADD, OUTCOMES, Entry, Reader
from collector.intake.jobs import LEASE, MOST_ATTEMPTS, PATIENCE
from collector.intake.models import Import, ImportFile, ImportRow, Job, Passage, Source
from collector.organisations import directory, names
from collector.organisations.models import OrganisationAlias
from collector.queue import MOST_AT_ONCE

STEPS = ("reading", "checking", "importing")
BEING_SET_UP = ("reading", "refused", "mapping", "checking", "checked")
# What nobody has touched for so long is forgotten, the file with it.
KEPT_FOR = timedelta(days=28)
# The last step shows no life while its one transaction is being written.
LONG_LEASE = timedelta(minutes=5)
AT_ONCE = 500  # rows read or written by one statement
FIRST_ROWS, FIRST_COLUMNS, FIRST_CHARACTERS = 10, 12, 80


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
    import_.done = import_.total = 0 if step == "reading" else import_.done
    import_.lease_until, import_.woken_at, import_.touched_at = None, now(), now()


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


# -- The steps of the worker: claimed, held by a lease, swept ---------------------------------------------


@dataclass(frozen=True)
class Claim:
    """The right to take an import's step. Worthless once somebody else has claimed it, which `attempt` tells."""

    import_id: int
    step: str
    attempt: int


def claim(session: Session, import_id: int) -> Claim | None:
    taken = session.exec(
        update(Import)
        .where(col(Import.id) == import_id, *waiting())
        .values(attempts=Import.attempts + 1, lease_until=now() + LEASE)
    )
    if taken.rowcount != 1:
        return None
    found = session.get_one(Import, import_id, populate_existing=True)
    return Claim(import_id, found.state, found.attempts)


def waiting() -> tuple[Any, ...]:
    return (col(Import.state).in_(STEPS), col(Import.stopped).is_(False), col(Import.lease_until).is_(None))


def advance(session: Session, claim: Claim, **progress: int) -> bool:
    """Renew the lease and show how far the step is; False when the claim was lost, so that the caller stops."""
    return change(session, claim, lease_until=now() + LEASE, **progress)


def show(session: Session, claim: Claim, *, done: int) -> bool:
    """Show how far the step is; its lease stays as it is."""
    return change(session, claim, done=done)


def hold(session: Session, claim: Claim) -> bool:
    return change(session, claim, lease_until=now() + LONG_LEASE)


def finish(session: Session, claim: Claim, *, state: str, **values: Any) -> bool:
    return change(session, claim, state=state, lease_until=None, attempts=0, **values)


def fail(session: Session, claim: Claim, *, reason: str) -> None:
    stopped = claim.attempt >= MOST_ATTEMPTS
    change(session, claim, lease_until=None, woken_at=now(), stopped=stopped, reason=reason)


def change(session: Session, claim: Claim, **values: Any) -> bool:
    held = update(Import).where(
        col(Import.id) == claim.import_id,
        col(Import.state) == claim.step,
        col(Import.attempts) == claim.attempt,
        col(Import.lease_until).is_not(None),
    )
    return session.exec(held.values(**values)).rowcount == 1


def sweep(session: Session) -> list[int]:
    """Bring back steps whose worker died, stop those that keep killing it; returns the ids to wake again."""
    silent = select(Import.id).where(col(Import.state).in_(STEPS), col(Import.lease_until) < now())
    silent = silent.order_by(col(Import.id))
    worn_out = free(session, silent.where(col(Import.attempts) >= MOST_ATTEMPTS))
    reason = f"It stopped {MOST_ATTEMPTS} times without an end"
    _set(session, worn_out, stopped=True, lease_until=None, reason=reason)
    _set(session, free(session, silent), lease_until=None, woken_at=now() - 2 * PATIENCE)
    due = select(Import.id).where(*waiting(), Import.woken_at < now() - PATIENCE).order_by(col(Import.id))
    ids = free(session, due)
    _set(session, ids, woken_at=now())
    return ids


def _set(session: Session, import_ids: list[int], **values: Any) -> None:
    session.exec(update(Import).where(col(Import.id).in_(import_ids)).values(**values))


# -- Reading ------------------------------------------------------------------------------------------


class Gathering:
    """What is learnt of a sheet while its rows go by: which row has the headings, and what the columns hold."""

    def __init__(self, heading_row: int | None) -> None:
        self.heading_row = heading_row
        self.first: list[tuple[int, list[str]]] = []
        self.seen: list[import_mapping.Seen] = []
        self.rows = 0

    def settle(self) -> None:
        """Settle on the headings, once the first rows are known."""
        if self.heading_row is None:
            self.heading_row = import_mapping.heading_row_of(self.first)
        headings = next((cells for number, cells in self.first if number == self.heading_row), [])
        self.seen = [import_mapping.Seen(" ".join(heading.split())) for heading in headings]

    def take(self, number: int, cells: list[str]) -> bool:
        """Whether the row is one to be imported: it stands below the headings."""
        if number <= self.heading_row:
            return False
        if not self.heading_row:
            self.seen += [import_mapping.Seen("") for _ in range(len(cells) - len(self.seen))]
        for seen, cell in zip(self.seen, cells, strict=False):
            seen.take(cell)
        self.rows += 1
        return True

    @property
    def first_rows(self) -> list[Any]:
        return [
            [number, [cell[:FIRST_CHARACTERS] for cell in cells[:FIRST_COLUMNS]]]
            for number, cells in self.first[:FIRST_ROWS]
        ]


def clear_rows(session: Session, import_id: int) -> None:
    session.exec(delete(ImportRow).where(col(ImportRow.import_id) == import_id))


def add_rows(session: Session, import_id: int, rows: list[tuple[int, list[str], dict[str, str]]]) -> None:
    blank = {"outcome": "", "notes": [], "reference_key": None, "source_id": None, "permission": "", "details": {}}
    insert_all(
        session,
        ImportRow,
        [
            {"import_id": import_id, "number": number, "cells": cells, "faults": faults, **blank}
            for number, cells, faults in rows
        ],
    )


def finish_reading(session: Session, claim: Claim, said: dict[str, Any], gathered: Gathering) -> bool:
    found = session.get_one(Import, claim.import_id, populate_existing=True)
    columns = [seen.as_record() for seen in gathered.seen]
    layout = import_mapping.layout_of(column["heading"] for column in columns)
    mapping = kept_of(found)
    mapping = replace(mapping, columns=import_mapping.suggested(columns, layout))
    return finish(
        session,
        claim,
        state="mapping",
        sheets=said["sheets"],
        sheet=said["sheet"],
        read_as=said["read_as"],
        first_rows=gathered.first_rows,
        heading_row=gathered.heading_row,
        columns=columns,
        layout=layout,
        mapping=mapping.as_record(),
        found={},
        counts={},
        total=gathered.rows,
        done=gathered.rows,
    )


# -- Checking -----------------------------------------------------------------------------------------


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
            .limit(AT_ONCE)
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
    for start in range(0, len(values), AT_ONCE):
        found |= set(session.exec(select(column).where(column.in_(values[start : start + AT_ONCE]))))
    return found


def reference_key(import_: Import, entry: Entry) -> str | None:
    """References are unique within an engagement, known by its title. A hash: it stays when the words are erased."""
    if not entry.reference:
        return None
    return sha256(f"{names.key_of(import_.mapping['title'])}\n{entry.reference}".encode()).hexdigest()


def finish_check(session: Session, claim: Claim, reader: Reader, checked: list[Entry]) -> bool:
    rows = [
        {"in_import": claim.import_id, "at_number": entry.number, "outcome": entry.outcome, "notes": entry.notes}
        for entry in checked
    ]
    set_rows(session, rows, "outcome", "notes")
    return finish(session, claim, state="checked", counts=counts_of(checked), found=reader.found(), done=len(checked))


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


# -- Importing ----------------------------------------------------------------------------------------


@dataclass
class Ready:
    """What an import comes to, written out while nothing is held: others wait while it is kept, and for no more."""

    import_: Import
    kept: list[Entry]
    others: list[Entry]
    sources: list[dict[str, Any]]
    passages: list[list[dict[str, Any]]]  # by source
    rows: list[dict[str, Any]]


def make_ready(import_: Import, adding: list[Entry], others: list[Entry]) -> Ready:
    kept = [entry for entry in adding if entry.outcome == ADD]
    others = [*others, *(entry for entry in adding if entry.outcome != ADD)]
    rows = [row_of(import_, entry, will_be_kept=True) for entry in kept]
    rows += [row_of(import_, entry, will_be_kept=False) for entry in others]
    return Ready(
        import_, kept, others, [source_of(import_, one) for one in kept], [passages_of(one) for one in kept], rows
    )


def keep(session: Session, claim: Claim, ready: Ready) -> list[int] | None:
    """Make every row a source in the caller's transaction; returns the ids of the first jobs, None for a lost claim.

    Where another import has kept one of the rows meanwhile the database refuses the whole.
    """
    one_at_a_time(session, claim.step)
    if not hold(session, claim):
        return None
    made = add_organisations(session, ready)
    source_ids = add_sources(session, ready)
    job_ids = add_texts(session, ready, source_ids)
    note_rows(session, ready, source_ids)
    finish(
        session,
        claim,
        state="imported",
        imported_at=now(),
        counts=counts_of([*ready.kept, *ready.others]),
        found={"made": made},
        # What was shown of the file while it was set up goes with the cells.
        first_rows=[],
        columns=[{**column, "samples": []} for column in ready.import_.columns],
        done=len(ready.kept) + len(ready.others),
    )
    return job_ids


def add_organisations(session: Session, ready: Ready) -> list[int]:
    """Give each entry its organisation; returns the ids of those that are new."""
    new = [entry for entry in ready.kept if entry.organisation and entry.organisation_id is None]
    ids = directory.hold_named(
        session,
        (entry.organisation for entry in new),
        also=(entry.organisation_id for entry in ready.kept if entry.organisation_id),
    )
    kinds: dict[int, str] = {}
    for entry in new:
        entry.organisation_id = ids[directory.key_of(entry.organisation)]
        kinds.setdefault(entry.organisation_id, entry.kind)
    directory.tell_kinds(session, kinds)
    areas: dict[int, set[str]] = {}
    for entry in ready.kept:
        if entry.organisation_id:
            areas.setdefault(entry.organisation_id, set()).update(entry.areas)
    directory.add_areas(session, areas)
    said = ready.import_.mapping.get("organisations", {})
    used = {entry.organisation_key: entry.organisation_id for entry in ready.kept if said.get(entry.organisation_key)}
    aliases = [{"name_key": key, "organisation_id": id} for key, id in sorted(used.items())]
    insert_once(session, OrganisationAlias, aliases, ["name_key"])
    return sorted(kinds)


def source_of(import_: Import, entry: Entry) -> dict[str, Any]:
    return {
        "kind": "import",
        "title": import_.mapping["title"],
        "submission_id": None,
        "organisation_id": None,
        "content_hash": entry.content_hash,
        # The day it was said: "within 18 months" counts from there.
        "received_at": datetime.combine(entry.day, time(12), UTC) if entry.day else now(),
        "sample": False,
    }


def add_sources(session: Session, ready: Ready) -> list[int]:
    """The sources in one statement, which tells no ids: they are found again by what is unique to each."""
    for row, entry in zip(ready.sources, ready.kept, strict=True):
        row["organisation_id"] = entry.organisation_id
    insert_all(session, Source, ready.sources)
    ids: dict[str, int] = {}
    for batch in batches(entry.content_hash for entry in ready.kept):
        chosen = select(Source.content_hash, Source.id).where(col(Source.content_hash).in_(batch))
        ids |= dict(session.exec(chosen).all())
    return [ids[entry.content_hash] for entry in ready.kept]


def passages_of(entry: Entry) -> list[dict[str, Any]]:
    return [
        {
            "source_id": None,
            "position": position,
            "question_id": f"{entry.concern}.{text.asks}" if entry.concern and text.asks else text.asks or None,
            "question": text.question,
            "concern": entry.concern,
            "text": text.text,
        }
        for position, text in enumerate(entry.texts, start=1)
    ]


def add_texts(session: Session, ready: Ready, source_ids: list[int]) -> list[int]:
    """The texts as passages, and a job for each source; returns the ids of the first jobs, to wake the worker with."""
    for source_id, passages in zip(source_ids, ready.passages, strict=True):
        for passage in passages:
            passage["source_id"] = source_id
    insert_all(session, Passage, [passage for passages in ready.passages for passage in passages])
    jobs = [{"source_id": id, "total": len(texts)} for id, texts in zip(source_ids, ready.passages, strict=True)]
    insert_all(session, Job, jobs)
    return list(session.exec(select(Job.id).where(col(Job.source_id).in_(source_ids[:MOST_AT_ONCE]))))


def note_rows(session: Session, ready: Ready, source_ids: list[int]) -> None:
    """Where each source came from. The cells go: what was imported is in the passages, and the rest is not ours."""
    emptied = update(ImportRow).where(col(ImportRow.import_id) == ready.import_.id)
    session.exec(emptied.values(cells=[], faults={}), execution_options={"synchronize_session": False})
    for row, source_id in zip(ready.rows, source_ids, strict=False):  # those that are kept come first
        row["source_id"] = source_id
    set_rows(session, ready.rows, "outcome", "notes", "reference_key", "source_id", "permission", "details")


def row_of(import_: Import, entry: Entry, *, will_be_kept: bool) -> dict[str, Any]:
    details = {
        name: value
        for name in ("reference", "person", "organisation", "areas")
        if (value := getattr(entry, name)) and will_be_kept
    }
    return {
        "in_import": import_.id,
        "at_number": entry.number,
        "outcome": entry.outcome,
        "notes": entry.notes,
        "reference_key": reference_key(import_, entry) if will_be_kept else None,
        "source_id": None,
        "permission": entry.permission if will_be_kept else "",
        "details": details,
    }


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


def batches(rows: Iterable[Any], size: int = AT_ONCE) -> Iterator[list[Any]]:
    batch: list[Any] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
