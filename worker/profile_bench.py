"""`bench profiles`: profiles of 500 organisations, 32 areas and Scotland over 200,000 statements, beside bare queries.

Filled as `bench review` is, with priority areas and Fundamentals besides. All profiles are rebuilt by one process, as
the worker does it; then pages are asked for over HTTP, and the Board's report is made and printed. The bare query is
the one look at the labels of an organisation that its profile is made of, with nothing made of them.
"""

import json
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Sequence
from io import BytesIO
from multiprocessing import get_context
from pathlib import Path

import sqlalchemy as sa
from pypdf import PdfReader
from sqlmodel import Session, col, select

from collector import schema
from collector.database import Database
from collector.findings.models import StandingLabel, Statement
from collector.findings.report_models import Report
from collector.frameworks import plan
from collector.intake import partners
from collector.intake.models import Passage, Source
from collector.organisations.models import Organisation
from collector.profiles import document_pdf, kept, rendering, reports
from collector.profiles.document import Document
from collector.profiles.kept import Subject
from worker.intake_bench import serving, url_in
from worker.load_bench import KEY, database_on, ninety_fifth
from worker.review_bench import asked, count, fill, timed

PASSAGES = 100_000  # of two statements each
PAGES = 100  # of organisations that are asked for; and every area
SECONDS_FOR_ALL = 120  # asked for
PRINTED, SECONDS_TO_PRINT = 20, 1.5  # pages; asked for


def run(server: str = "") -> dict[str, float | str]:
    """Figures on SQLite, and on the PostgreSQL server whose address is given."""
    figures: dict[str, float | str] = {"processors": os.cpu_count(), "load before, 1 minute": os.getloadavg()[0]}
    with tempfile.TemporaryDirectory() as folder:
        if server:
            with database_on(server) as url:
                figures |= measured("PostgreSQL", Path(folder) / "postgresql", url)
        return figures | measured("SQLite", Path(folder) / "sqlite", url_in(Path(folder)))


def measured(name: str, folder: Path, url: str, passages: int = PASSAGES) -> dict[str, float | str]:
    database = Database(url)
    schema.upgrade(database)
    secret, _ = fill(database, passages)
    add_lenses(database)
    figures: dict[str, float | str] = {f"{name}: statements": count(database, "statement")}
    figures |= {f"{name}: {what}": value for what, value in rebuilding(database).items()}
    with serving(folder, "collector.app:create", url=url, key=KEY, broker=True) as port:
        organisations = [f"/staff/organisations/{id}" for id in ids_of(database)[:PAGES]]
        with database.reading() as session:
            areas = [f"/staff/areas/{one.area}" for one in session.exec(select(kept.Profile)) if one.area]
        asked(port, secret, organisations[0])  # everything is compiled and connected
        figures |= {
            f"{name}: page of an organisation, 95 % within ms": paged(port, secret, organisations),
            f"{name}: page of an area, 95 % within ms": paged(port, secret, areas),
            f"{name}: page of Scotland, ms": paged(port, secret, ["/staff/areas/scotland"] * 5),
        }
    figures |= {f"{name}: {what}": value for what, value in reporting(database).items()}
    database.close()
    return figures


def paged(port: int, secret: str, addresses: Sequence[str]) -> float:
    return 1000 * ninety_fifth([asked(port, secret, address) for address in addresses])


def rebuilding(database: Database) -> dict[str, float]:
    """Each profile once, organisations first, as the worker does; and the bare query of every organisation."""
    took: dict[str, list[float]] = {"organisation": [], "area": [], "Scotland": []}
    began, memory = time.monotonic(), []
    for subject in subjects(database):
        which = "organisation" if subject.area is None else "Scotland" if subject.area == "scotland" else "area"
        took[which].append(timed(lambda subject=subject: kept.rebuild(database, subject)))
        memory.append(in_use())
    whole = time.monotonic() - began
    bare = [timed(lambda id=id: bare_query(database, id)) for id in ids_of(database)]
    return {
        "profiles": sum(map(len, took.values())),
        f"s to rebuild all, in one process (asked {SECONDS_FOR_ALL})": whole,
        **{
            f"ms to rebuild one of an {which}, 95 %": 1000 * ninety_fifth(took[which])
            for which in ("organisation", "area")
        },
        "ms to rebuild Scotland": 1000 * max(took["Scotland"]),
        "ms of the bare query, 95 %": 1000 * ninety_fifth(bare),
        "median rebuilding, in median bare queries": statistics.median(took["organisation"]) / statistics.median(bare),
        "MB in use after a tenth of them": memory[len(memory) // 10],
        "MB in use after all": memory[-1],
    }


def reporting(database: Database) -> dict[str, float]:
    """The Board's report, which is the longest, made in all its files, and printed; beside the printer's own work."""
    asked_for = Report(id=1, kind="board", subject="scotland", audience="own", hold_days=0)
    with database.reading() as session:
        began = time.monotonic()
        made = reports.frozen(session, asked_for, by="Bench", base_url="http://127.0.0.1").document
        whole = time.monotonic() - began
    with get_context("spawn").Pool(1, maxtasksperchild=1) as fresh:  # a printer remembers what it printed
        took, bare = map(statistics.median, zip(*fresh.map(printing, [made] * 3, chunksize=1), strict=True))
    pages = len(PdfReader(BytesIO(rendering.rendered(made, "pdf"))).pages)
    return {
        "s to make the report to the Board": whole,
        "its pages": pages,
        f"s to print {PRINTED} of them (asked {SECONDS_TO_PRINT})": took / pages * PRINTED,
        "s of the printer alone": bare / pages * PRINTED,
    }


def printing(document: Document) -> tuple[float, float]:
    """Seconds to print it for the first time in a process, and those of them that are the printer's own."""
    began = time.monotonic()
    content = json.dumps(document_pdf.told(document), ensure_ascii=False)
    told = time.monotonic() - began
    document_pdf.printed(content)
    took = time.monotonic() - began
    return took, took - told


def subjects(database: Database) -> list[Subject]:
    """All there are, as the worker notes those that are missing."""
    with database.writing() as session:
        for _ in range(len(ids_of(database)) // kept.AT_ONCE + 1):
            kept.note_old(session)
        session.commit()
    with database.reading() as session:
        areas = [one for one in kept.noted(session) if one.area]
    return [*map(Subject, ids_of(database)), *areas]


def ids_of(database: Database) -> list[int]:
    with database.reading() as session:
        return list(session.exec(select(Organisation.id).order_by(col(Organisation.id))))


def bare_query(database: Database, organisation_id: int) -> None:
    with database.reading() as session:
        labels_of(session, organisation_id)


def labels_of(session: Session, organisation_id: int) -> Sequence[sa.Row]:
    chosen = (
        select(StandingLabel.statement_id, StandingLabel.family, StandingLabel.label, StandingLabel.state)
        .join(Statement, col(Statement.id) == StandingLabel.statement_id)
        .join(Passage, col(Passage.id) == Statement.passage_id)
        .join(Source, col(Source.id) == Passage.source_id)
        .where(partners.speaks_for(organisation_id))
    )
    return session.exec(chosen).all()


def in_use() -> float:
    """Megabytes that this process holds."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def add_lenses(database: Database) -> None:
    """The priority area that follows from each action; a Fundamental on each fifth statement."""
    cases = " ".join(f"WHEN label = '{one.id}' THEN '{one.priority_area}'" for one in plan.current().actions)
    fundamentals = [one.id for one in plan.current().fundamentals]
    which = " ".join(f"WHEN {at} THEN '{one}'" for at, one in enumerate(fundamentals))
    with database.engine.execution_options(writes=True).begin() as connection:
        for statement in (
            f"""INSERT INTO standing_label (statement_id, family, label, state, score)
            SELECT statement_id, 'priority_areas', CASE {cases} END, state, score FROM standing_label
            WHERE family = 'actions'""",
            f"""INSERT INTO standing_label (statement_id, family, label, state, score)
            SELECT id, 'fundamentals', CASE id / 5 % {len(fundamentals)} {which} END, 'suggested', 0.7 FROM statement
            WHERE id % 5 = 0""",
        ):
            connection.execute(sa.text(statement))
    if database.engine.dialect.name == "postgresql":
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("ANALYZE"))
