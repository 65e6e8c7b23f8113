"""The first step of an import: the rows of its file, and what is learnt of its columns while they go by."""

from dataclasses import replace
from typing import Any

from sqlalchemy import delete
from sqlmodel import Session, col

from collector.database import insert_all
from collector.intake import import_mapping, import_steps, imports
from collector.intake.models import Import, ImportRow
from collector.leases import Claim

FIRST_ROWS, FIRST_COLUMNS, FIRST_CHARACTERS = 10, 12, 80


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
    found = session.get_one(Import, claim.id, populate_existing=True)
    columns = [seen.as_record() for seen in gathered.seen]
    layout = import_mapping.layout_of(column["heading"] for column in columns)
    mapping = imports.kept_of(found)
    mapping = replace(mapping, columns=import_mapping.suggested(columns, layout))
    return import_steps.leases.finish(
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
