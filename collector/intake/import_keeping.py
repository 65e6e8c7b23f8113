"""The last step of an import: every row that is to be added becomes a source, in one transaction, or none does."""

from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, select

from collector.database import batches, insert_all, insert_once, now, one_at_a_time
from collector.intake import import_steps
from collector.intake.import_checking import counts_of, reference_key, set_rows
from collector.intake.import_rows import ADD, Entry
from collector.intake.models import Import, ImportRow, Job, Passage, Source
from collector.leases import Claim
from collector.organisations import directory
from collector.organisations.models import OrganisationAlias
from collector.queue import MOST_AT_ONCE


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
    one_at_a_time(session, claim.state)
    if not import_steps.leases.renew(session, claim):
        return None
    made = add_organisations(session, ready)
    source_ids = add_sources(session, ready)
    job_ids = add_texts(session, ready, source_ids)
    note_rows(session, ready, source_ids)
    import_steps.leases.finish(
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
