"""Reads a file of published figures in a child with limits, and keeps what was read to be looked at."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from collector.database import Database
from collector.leases import Claim
from collector.organisations import names
from collector.profiles import statistic_editions, statistic_reading, statistics
from collector.profiles.statistic_models import StatisticEdition, StatisticFile
from collector.queue import FIGURES_TASK
from worker import importing, leased, tasks
from worker.app import app

TIME_LIMIT = 300  # seconds; 20,000 rows need a tenth of it


@app.task(name=FIGURES_TASK, time_limit=TIME_LIMIT)
def read_figures(edition_ids: list[int]) -> None:
    """Read these files. An id more or less is no matter: each is claimed first."""
    for edition_id in edition_ids:
        read_one(tasks.database(), edition_id)


def read_one(database: Database, edition_id: int) -> None:
    leased.work_on(database, statistic_editions.leases, edition_id, partial(read, database))


def read(database: Database, claim: Claim) -> None:
    with database.reading() as session:
        edition = statistic_editions.leases.row(session, claim)
        sheet, unit = edition.sheet, statistics.facts_held(edition).unit
        content = session.get_one(StatisticFile, claim.id).content
        known = names.all_names(session)
    try:
        with TemporaryFile() as told:
            importing.read_apart(content, sheet, told)
            lines: Iterator[Any] = (json.loads(line) for line in told)
            book = next(lines)
            found = statistic_reading.read(lines, unit, known)
    except importing.Refused as problem:
        with database.writing() as session:
            statistic_editions.refuse(session, claim, str(problem))
            session.commit()
        return
    with database.writing() as session:
        statistic_editions.finish_reading(session, claim, book, found)
        session.commit()


# -- On the command line ------------------------------------------------------------------------------


class NotKept(Exception):
    """Why the file was not read or its figures not kept, in words for the person who asked."""


def told_of(
    database: Database, path: Path, said: dict[str, str], *, keep: bool, leave_out: bool = False
) -> Iterator[str]:
    """What was read of a file, line by line; with `keep` the figures are kept, else nothing is."""
    facts, problems = statistic_editions.facts_of(said)
    if problems:
        raise NotKept(". ".join(problems.values()))
    edition_id = begun(database, path, facts, said["sheet"])
    kept = False
    try:
        read_one(database, edition_id)
        with database.reading() as session:
            edition = session.get_one(StatisticEdition, edition_id)
            stamp = statistic_editions.stamp_of(session, edition)
        if edition.state != "done":
            raise NotKept(edition.reason or "The file could not be read now. Try again")
        yield from lines_of(edition)
        if not keep:
            yield "Nothing is kept. To keep the figures, add --keep"
            return
        with database.writing() as session:
            statistic_editions.keep(session, edition_id, staff_id=None, seen=stamp, leave_out=leave_out)
            session.commit()
        kept = True
        yield f"Kept as edition {number_of(database, edition_id)}"
    except statistic_editions.CannotKeep as problem:
        raise NotKept(f"{problem}. To leave it out, add --leave-out" if not leave_out else str(problem)) from problem
    finally:
        if not kept:
            forget(database, edition_id)


def begun(database: Database, path: Path, facts: statistics.Facts, sheet: str) -> int:
    with database.writing() as session:
        try:
            edition_id = statistic_editions.begin(
                session,
                facts,
                file_name=path.name,
                content=path.read_bytes(),
                staff_id=None,
                statistic_id=statistics.titled(session, facts.title),
            )
        except statistic_editions.CannotKeep as problem:
            raise NotKept(str(problem)) from problem
        session.get_one(StatisticEdition, edition_id).sheet = sheet
        session.commit()
    return edition_id


def lines_of(edition: StatisticEdition) -> Iterator[str]:
    found = edition.found
    yield f"{edition.file_name}: {found['figures']:,} figures in {found['rows']:,} rows, read as {found['read_as']}"
    yield "Columns: " + "; ".join(f"{one['column']} {one['heading']}: {one['role']}" for one in found["columns"])
    yield f"{len(found['areas'])} areas, {found['organisations']} organisations; periods: {', '.join(found['periods'])}"
    yield from (f"Not published: {number} {reason}" for reason, number in found["missing"])
    yield from found["notes"]
    for one in found["problems"]:
        yield f"Row {one['row']}, column {one['column']}: “{one['said']}” {one['message']}"
    if found["against"]:
        counts = (f"{found['against'][name]} {name}" for name in ("new", "changed", "same", "gone"))
        yield f"Beside edition {found['against']['number']}: {', '.join(counts)}"


def number_of(database: Database, edition_id: int) -> int:
    with database.reading() as session:
        return session.get_one(StatisticEdition, edition_id).number


def forget(database: Database, edition_id: int) -> None:
    with database.writing() as session:
        statistic_editions.forget(session, edition_id)
        session.commit()
