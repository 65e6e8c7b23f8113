"""`bench counts`: how long a table of counts takes, with 500 organisations and 200,000 statements in store, beside the
bare queries, and how long the worker takes to correct all counts.

The store is filled as `bench review` fills it, and one passage in fifty is coded blind.
"""

import os
import tempfile
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import sqlalchemy as sa

from collector import schema
from collector.database import Database, now
from collector.findings import counts, estimates
from collector.findings.counts import AREA, KIND, Within
from collector.findings.models import BlindCode, BlindCoding, BlindItem
from collector.review import blind_coding
from worker import estimating, review_bench
from worker.intake_bench import serving, url_in
from worker.load_bench import KEY, database_on, ninety_fifth
from worker.review_bench import asked, label_of, timed

PASSAGES = 100_000
BLIND = 50  # of so many passages one
TIMES = 20
TABLES = {
    "actions by kind of organisation": ("actions", KIND, ""),
    "actions by area": ("actions", AREA, ""),
    "barrier themes by area": ("barrier_themes", AREA, ""),
    "actions by Fundamental": ("actions", "fundamentals", ""),
    "kinds by barrier theme": ("kinds", "barrier_themes", ""),
    "kinds of organisation by area": (KIND, AREA, ""),
    "actions by area, of one kind of statement": ("actions", AREA, "kinds:activity"),
    "actions by Fundamental, of one area": ("actions", "fundamentals", "area:fife"),
}


def run(server: str = "") -> dict[str, float | str]:
    """Figures on SQLite, and on the PostgreSQL server whose address is given."""
    figures = {"processors": os.cpu_count(), "load of the machine before, 1 minute": os.getloadavg()[0]}
    with tempfile.TemporaryDirectory() as folder:
        if server:
            with database_on(server) as url:
                figures |= measured("PostgreSQL", Path(folder) / "postgresql", url)
        return figures | measured("SQLite", Path(folder) / "sqlite", url_in(Path(folder)))


def measured(name: str, folder: Path, url: str, passages: int = PASSAGES, times: int = TIMES) -> dict[str, float | str]:
    database = Database(url)
    schema.upgrade(database)
    secret, staff_id = review_bench.fill(database, passages)
    fill(database, staff_id)
    figures: dict[str, float | str] = {f"{name}: statements": review_bench.count(database, "statement")}
    figures[f"{name}: s to correct all counts"] = timed(lambda: correct(database))
    figures[f"{name}: estimates"] = review_bench.count(database, "estimate")
    with serving(folder, "collector.app:create", url=url, key=KEY, broker=True) as port:
        pages, bare = [], []
        for words, (rows, columns, third) in TABLES.items():
            address = f"/staff/counts?rows={rows}&columns={columns}&third={third}"
            asked(port, secret, address)  # everything is compiled and connected
            took = [asked(port, secret, address) for _ in range(times)]
            alone = [timed(partial(bare_queries, database, rows, columns, third)) for _ in range(times)]
            pages, bare = pages + took, bare + alone
            figures[f"{name}, {words}: 95 % within ms"] = 1000 * ninety_fifth(took)
    figures[f"{name}: 95 % of all pages within ms"] = 1000 * ninety_fifth(pages)
    figures[f"{name}: 95 % of the bare queries within ms"] = 1000 * ninety_fifth(bare)
    database.close()
    return figures


def bare_queries(database: Database, rows: str, columns: str, third: str) -> None:
    """What is asked of the database, with no cell made of it."""
    families = [one for one in (rows, columns) if one not in counts.OF_ORGANISATIONS]
    family, _, label = third.partition(":")
    within = Within(third=(family, label))
    with database.reading() as session:
        if len(families) == 2:
            counts.combinations(session, within, *families)
        for wanted in families if len(families) == 1 else ():
            counts.tallies(session, within, wanted)


def correct(database: Database) -> None:
    with database.reading() as session:
        rows = estimating.estimated(session)
    with database.writing() as session:
        estimates.replace(session, rows)
        session.commit()


def fill(database: Database, staff_id: int) -> None:
    """Fundamentals beside the other labels, kinds of organisations, and what was coded blind, as the machine has it."""
    with database.engine.execution_options(writes=True).begin() as connection:
        for words in statements():
            connection.execute(sa.text(words), {"now": now()} if ":now" in words else {})
    with database.writing() as session:
        offered = blind_coding.offered_now(session).id
        of_passage = "SELECT passage_id, id FROM statement WHERE passage_id % :one_in = 7 ORDER BY passage_id, id"
        drawn: dict[int, list[int]] = {}
        for passage_id, id in session.execute(sa.text(of_passage), {"one_in": BLIND}):
            drawn.setdefault(passage_id, []).append(id)
        blind = [{"passage_id": id, "coders": 1, "chance": 1 / BLIND, "closed_at": now()} for id in drawn]
        session.execute(sa.insert(BlindItem), blind)
        coded = [coding(number, id, ids, staff_id, offered) for number, (id, ids) in enumerate(drawn.items(), 1)]
        session.execute(sa.insert(BlindCoding), coded)
        codes = "SELECT statement_id, family, label FROM standing_label JOIN statement ON id = statement_id"
        found = session.execute(sa.text(f"{codes} WHERE passage_id % :one_in = 7"), {"one_in": BLIND}).all()
        number_of = {id: one["id"] for one in coded for id in one["statement_ids"]}
        given = [
            {"coding_id": number_of[id], "statement_id": id, "family": family, "label": label}
            for id, family, label in found
        ]
        session.execute(sa.insert(BlindCode), given)
        session.commit()


def coding(number: int, passage_id: int, ids: list[int], staff_id: int, offered: int) -> dict:
    return {
        "id": number,
        "passage_id": passage_id,
        "staff_id": staff_id,
        "offered_id": offered,
        "statement_ids": ids,
        "sent_at": now(),
    }


def statements() -> Iterable[str]:
    kinds = ("local_authority", "health_board", "third_sector", "national_body", "partnership", "other")
    yield f"UPDATE organisation SET kind = {review_bench.one_of(kinds, 'id')}"
    yield f"""INSERT INTO finding (statement_id, family, label, model, score, evidence, found_at)
        SELECT id, 'fundamentals', {label_of("fundamentals")}, '{review_bench.MODEL}', {review_bench.SCORE},
            json('[[0, 2]]'), :now FROM statement WHERE id % 3 = 0"""
    yield """INSERT INTO standing_label (statement_id, family, label, state, score)
        SELECT statement_id, family, label, 'suggested', score FROM finding WHERE family = 'fundamentals'"""
    yield f"""INSERT INTO blind_reading (passage_id, model, read_at)
        SELECT id, '{review_bench.MODEL}', :now FROM passage WHERE id % {BLIND} = 7"""
