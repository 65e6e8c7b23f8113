"""Hundreds of odd cells through an import: each row is kept exactly, or refused with the column that it is for."""

import csv
import io
import random
import re
from collections.abc import Callable
from typing import Any

import pytest
import xlsxwriter
from sqlmodel import select

from collector.database import Database
from collector.intake.models import Import, ImportRow, Job, Passage, Source
from collector.organisations.models import Organisation
from tests.odd_texts import odd_text
from worker import importing

pytestmark = pytest.mark.slow

HOW_MANY = 300
COLUMNS = ["Reference", "Organisation", "Person", "Date", "Council area", "What helps?", "What else?"]
ROLES = ["reference", "organisation", "person", "date", "area", "text", "text"]
PLAIN = ["R-{}", "Trust {}", "Ann {}", "2022-03-31", "Fife", "Time helps, said number {}.", ""]


def as_csv(rows: list[list[str]]) -> bytes:
    written = io.StringIO(newline="")
    csv.writer(written, quoting=csv.QUOTE_ALL).writerows(rows)
    return written.getvalue().encode("utf-8-sig")


def as_xlsx(rows: list[list[str]]) -> bytes:
    written = io.BytesIO()
    with xlsxwriter.Workbook(written, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, cells in enumerate(rows):
            for at, cell in enumerate(cells):
                assert sheet.write_string(number, at, cell) == 0
    return written.getvalue()


def odd_rows(chance: random.Random, *, longest: int, without: str = "") -> list[list[str]]:
    rows = []
    for number in range(HOW_MANY):
        cells = [cell.format(number) for cell in PLAIN]
        odd = "".join(one for one in odd_text(chance) if one not in without)[:longest]
        cells[chance.choice((0, 1, 2, 3, 4, 5, 5, 5, 5, 6, 6))] = odd
        rows.append(cells)
    return rows


# What no XML can hold, so that no workbook holds it.
@pytest.mark.parametrize(
    ("written", "limits"), [(as_csv, {"longest": 10**6}), (as_xlsx, {"longest": 32_767, "without": "\ufffe"})]
)
@pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
def test_odd_cells_are_kept_exactly_or_their_row_is_refused_with_the_column(
    written: Callable, limits: dict, staff_browser: Any, database: Database, worker_here: None
) -> None:
    rows = odd_rows(random.Random(9), **limits)
    import_id = brought_in(staff_browser, written([COLUMNS, *rows]))
    with database.reading() as session:
        judged = list(session.exec(select(ImportRow).order_by(ImportRow.number)))
        assert session.get_one(Import, import_id).state == "imported"
        assert len(judged) == HOW_MANY
        kept = refused = 0
        for cells, row in zip(rows, judged, strict=True):
            wrong = at_fault(cells)
            if row.source_id is None:
                refused += 1
                assert wrong, (row.outcome, row.notes, [cell[:60] for cell in cells])
                told = " ".join(row.notes)
                assert row.outcome == "empty" or any(f"Column {at}" in told for at in wrong), (row.notes, wrong)
                continue
            kept += 1
            assert not wrong, (wrong, [cell[:60] for cell in cells])
            source = session.get_one(Source, row.source_id)
            passages = session.exec(
                select(Passage.text).where(Passage.source_id == source.id).order_by(Passage.position)
            )
            assert passages.all() == [cell for cell in cells[5:] if cell.strip()], [cell[:60] for cell in cells]
            assert session.exec(select(Job.total).where(Job.source_id == source.id)).one() >= 1
            assert row.details.get("person", "") == " ".join(cells[2].split())
            assert row.details.get("reference", "") == cells[0].strip()
            if name := " ".join(cells[1].split()):
                assert letters(session.get_one(Organisation, source.organisation_id).name) == letters(name)
        assert len(list(session.exec(select(Source)))) == kept
        assert min(kept, refused) > 10
    for address in (f"/staff/imports/{import_id}", f"/staff/imports/{import_id}/report", "/staff/organisations"):
        assert staff_browser.get(address).status_code == 200, address


def brought_in(browser: Any, content: bytes) -> int:
    fields = {"data": {"_csrf": browser.form_token()}, "files": {"file": ("odd", content)}}
    url = browser.post("/staff/imports/new", **fields).headers["location"]
    import_id = int(url.rpartition("/")[2])
    importing.import_rows([import_id])
    said = {f"role-{at}": role for at, role in enumerate(ROLES)} | {
        "question-5": "What helps?",
        "question-6": "What else?",
    }
    about = {"title": "Odd", "day": "", "round": "", "permission": "do-not-publish"}
    for address, sent in (("columns", said), ("about", about), ("check", {})):
        answer = browser.submit(f"{url}/{address}", sent)
        assert answer.status_code == 303, (address, answer.text)
    importing.import_rows([import_id])
    browser.submit(f"{url}/organisations", {"then": "all-new"})
    browser.submit(f"{url}/check")
    importing.import_rows([import_id])
    page = browser.get(url).text
    browser.submit(f"{url}/start", {"seen": re.search(r'name="seen" value="([^"]+)"', page)[1]})
    importing.import_rows([import_id])
    return import_id


def letters(name: str) -> str:
    return re.sub(r"\W", "", name.casefold())


def at_fault(cells: list[str]) -> set[str]:
    """The columns for whose sake a row may be refused, told here once more."""
    wrong = {letter for letter, cell in zip("ABCDEFG", cells, strict=True) if "\0" in cell}
    if len(" ".join(cells[1].split())) > 200:
        wrong.add("B")
    if cells[3].strip() and cells[3] != "2022-03-31":
        wrong.add("D")
    if not any(cell.strip() for cell in cells[5:]):
        wrong.add("F")
    return wrong
