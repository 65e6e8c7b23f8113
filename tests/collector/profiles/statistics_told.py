"""Files of published figures as they come, read the way the worker reads them but for the child process."""

from typing import Any

from sqlmodel import Session

from collector.intake import spreadsheets
from collector.organisations import names
from collector.profiles import statistic_editions, statistic_reading, statistics
from collector.profiles.statistic_models import StatisticEdition, StatisticFile

SAID = {
    "title": "School leavers with a place to go",
    "what": "statistic",
    "unit": "percent",
    "of": "of school leavers",
    "publisher": "An Office of Figures",
    "source": "Leavers in figures",
    "address": "https://figures.example.org/leavers",
    "published_on": "2026-03-31",
    "note": "",
}
LEAVERS = """Area,Period,Value
Scotland,2022-23,80.0
Fife,2022-23,78.5
Moray,2022-23,[c]
Scotland,2023-24,81.5
Fife,2023-24,80.0 [p]
Moray,2023-24,82.5
"""


def begin(session: Session, text: str | bytes = LEAVERS, *, statistic_id: int | None = None, **said: Any) -> int:
    """A file that waits to be read; returns the number of its edition."""
    facts, problems = statistic_editions.facts_of({**SAID, **said})
    assert problems == {}
    content = text.encode() if isinstance(text, str) else text
    return statistic_editions.begin(
        session, facts, file_name="figures.csv", content=content, staff_id=None, statistic_id=statistic_id
    )


def read(session: Session, edition_id: int) -> StatisticEdition:
    claim = statistic_editions.leases.claim(session, edition_id)
    edition = session.get_one(StatisticEdition, edition_id)
    book = spreadsheets.read(session.get_one(StatisticFile, edition_id).content, edition.sheet)
    rows = [(row.number, row.cells, row.faults) for row in book.rows]
    found = statistic_reading.read(rows, statistics.facts_held(edition).unit, names.all_names(session))
    told = {"sheets": book.sheets, "sheet": book.sheet, "read_as": book.read_as}
    statistic_editions.finish_reading(session, claim, told, found)
    session.refresh(edition)
    return edition


def keep(session: Session, text: str | bytes = LEAVERS, **said: Any) -> int:
    """A file that was read and kept; returns the statistic."""
    edition = read(session, begin(session, text, **said))
    stamp = statistic_editions.stamp_of(session, edition)
    return statistic_editions.keep(session, edition.id, staff_id=None, seen=stamp, leave_out=True)


def kept_and_read(session: Session) -> tuple[int, int]:
    """A statistic, and a file that was read and not kept yet."""
    statistic_id = keep(session)
    waiting = begin(session, LEAVERS + "Nowhere,2024-25,1\n", statistic_id=statistic_id)
    return statistic_id, read(session, waiting).id
