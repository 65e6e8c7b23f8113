"""Takes the steps of an import: reads its file in a child with limits, checks every row, keeps all of them at once."""

import json
from collections.abc import Iterator
from dataclasses import replace
from tempfile import TemporaryFile
from typing import IO

from sqlalchemy.exc import IntegrityError

from collector.database import batches
from collector.intake import import_checking, import_keeping, import_reading, import_steps
from collector.intake.import_reading import Gathering
from collector.intake.import_rows import ADD, Entry, Reader
from collector.intake.models import Import, ImportFile
from collector.intake.spreadsheets import UNREADABLE
from collector.leases import Claim
from collector.queue import IMPORT_TASK
from worker import leased, limited, tasks
from worker.app import app

PARSER = "collector.intake.spreadsheets"
TIME_LIMIT = 300  # seconds that one step may take; 20,000 rows need a tenth of it
# Two imports of one file that end together: the second sees what the first has kept, and keeps the rest.
TRIES = 3
# A large workbook takes a fifth of this.
LIMITS = limited.Limits(processor_seconds=60, wall_seconds=120, memory=1_000_000_000, output=500_000_000)


@app.task(name=IMPORT_TASK, time_limit=TIME_LIMIT)
def import_rows(import_ids: list[int]) -> None:
    """Take the next step of these imports. An id more or less is no matter: each is claimed first."""
    for import_id in import_ids:
        leased.work_on(tasks.database(), import_steps.leases, import_id, take_step)


def take_step(claim: Claim) -> None:
    # The last step is one transaction. While it is open nobody can renew the lease, and nobody can sweep it up.
    {"reading": read, "checking": check, "importing": keep}[claim.state](claim)


# -- Reading ------------------------------------------------------------------------------------------


class Refused(Exception):
    """Why the file cannot be read, in words for people."""


def read(claim: Claim) -> None:
    with tasks.database().writing() as session:
        if not import_steps.leases.renew(session, claim, done=0):
            return  # whoever has it now keeps its rows
        import_reading.clear_rows(session, claim.id)
        found = session.get_one(Import, claim.id)
        sheet, gathered = found.sheet, Gathering(found.heading_row)
        content = session.get_one(ImportFile, claim.id).content
        session.commit()
    try:
        with TemporaryFile() as told:
            read_apart(content, sheet, told)
            keep_rows(claim, (json.loads(line) for line in told), gathered)
    except Refused as problem:
        with tasks.database().writing() as session:
            if import_steps.leases.finish(session, claim, state="refused", reason=str(problem)):
                import_reading.clear_rows(session, claim.id)
                session.commit()


def read_apart(content: bytes, sheet: str, told: IO[bytes]) -> None:
    """Have the file read in a child; what it says of the rows stands in `told`, ready to be read."""
    with TemporaryFile() as given:
        given.write(content)
        given.seek(0)
        code = limited.run(PARSER, [sheet] if sheet else [], given, told, LIMITS)
    told.seek(0)
    if code == UNREADABLE:
        raise Refused(json.loads(told.readlines()[-1])["unreadable"])
    if code != limited.DONE:
        raise Refused(limited.reason(code))


def keep_rows(claim: Claim, said: Iterator, gathered: Gathering) -> None:
    book = next(said)
    for batch in batches(below_headings(said, gathered)):
        with tasks.database().writing() as session:
            if not import_steps.leases.renew(session, claim, done=gathered.rows):
                return
            import_reading.add_rows(session, claim.id, batch)
            session.commit()
    if not gathered.rows:
        raise Refused("There are no rows below the headings. Choose another sheet, another row or another file")
    with tasks.database().writing() as session:
        import_reading.finish_reading(session, claim, book, gathered)
        session.commit()


def below_headings(said: Iterator, gathered: Gathering) -> Iterator[tuple[int, list[str], dict[str, str]]]:
    """The rows to be imported. The headings are settled on when the first rows are known."""
    waiting: list[tuple[int, list[str], dict[str, str]]] = []
    settled = False
    for number, cells, faults in said:
        waiting.append((number, cells, faults))
        if not settled:
            gathered.first.append((number, cells))
            if len(gathered.first) < import_reading.FIRST_ROWS * 2:
                continue
            gathered.settle()
            settled = True
        yield from (row for row in waiting if gathered.take(*row[:2]))
        waiting = []
    if not settled:
        gathered.settle()
    yield from (row for row in waiting if gathered.take(*row[:2]))


# -- Checking and importing -----------------------------------------------------------------------------


def check(claim: Claim) -> None:
    judged = all_entries(claim)
    if judged is None:
        return
    _, reader, entries = judged
    with tasks.database().writing() as session:
        if import_checking.finish_check(session, claim, reader, entries):
            session.commit()


def all_entries(claim: Claim) -> tuple[Import, Reader, list[Entry]] | None:
    """Every row, judged, with the count shown as it grows; None when the claim was lost."""
    entries: list[Entry] = []
    with tasks.database().reading() as session:
        found = session.get_one(Import, claim.id)
        reader = import_checking.reader_for(session, found)
        session.expunge(found)
        for batch in import_checking.entries(session, found, reader):
            entries += batch
            session.rollback()  # nothing is held while the count is written
            if not noted(claim, len(entries)):
                return None
    return found, reader, entries


def noted(claim: Claim, done: int) -> bool:
    with tasks.database().writing() as session:
        still_ours = import_steps.leases.renew(session, claim, done=done)
        session.commit()
    return still_ours


def keep(claim: Claim) -> None:
    judged = all_entries(claim)
    if judged is None:
        return
    found, _, entries = judged
    job_ids = kept(claim, found, entries)
    # One wake-up: the sweep calls the rest a few hundred at a time, as the reader gets on.
    if job_ids:
        tasks.queue().send(job_ids)


def kept(claim: Claim, found: Import, entries: list[Entry]) -> list[int] | None:
    adding = [entry for entry in entries if entry.outcome == ADD]
    others = [entry for entry in entries if entry.outcome != ADD]
    for attempt in range(1, TRIES + 1):
        # Fresh ones each time: keeping gives them the ids of organisations, which a rollback takes back.
        tried = [replace(entry, notes=list(entry.notes)) for entry in adding]
        if attempt > 1:  # another import has kept some of them since they were judged
            with tasks.database().reading() as session:
                import_checking.tell_known(session, found, tried)
        ready = import_keeping.make_ready(found, tried, others)
        try:
            with tasks.database().writing() as session:
                job_ids = import_keeping.keep(session, claim, ready)
                session.commit()
                return job_ids
        except IntegrityError:
            if attempt == TRIES:
                raise
    return None
