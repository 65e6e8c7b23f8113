"""`bench review`: how long the next passage takes to come, with a million statements in store, beside the bare queries.

The store is filled by the database itself: half a million passages of two statements, three findings each, one passage
in ten decided. Pages are asked for over HTTP, by one reviewer who goes on from passage to passage under several
filters; the bare queries are what the queue asks to find the same passages, with nothing made of them.
"""

import http.client
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlmodel import select

from collector import schema
from collector.accounts import staff
from collector.database import Database, now
from collector.findings.models import ReviewItem
from collector.frameworks import plan
from collector.intake import rounds
from collector.intake.models import Passage, Source
from collector.organisations import directory
from collector.review import queue
from forms import questionnaire
from worker.intake_bench import serving, url_in
from worker.load_bench import KEY, database_on, ninety_fifth

PASSAGES = 500_000
A_SOURCE = 20  # passages
ORGANISATIONS = 500
PAGES = 40  # asked for under each filter
MODEL = "bench"
# Another number for each id, in no order that could be seen; and a score made of it.
MIXED = "(id % 100003 * 7919)"
SCORE = f"0.3 + {MIXED} % 6997 / 10000.0"
# As officers ask: the usual queue, each order, and filters that pick much and little.
FILTERS = {
    "as it comes": "",
    "most consequential first": "order=consequence",
    "oldest first": "order=age",
    "a frequent label": "label=kinds:activity",
    "a rare label": "label=barrier_themes:external-shock&order=consequence",
    "an organisation": "organisation=7",
    "a council area": "area=fife&order=age",
    "decided, of a round": "state=decided&round=1",
}
TEXT = "We meet every family in the first week. The list is long and two posts are empty, so some wait until spring."
SECOND = TEXT.index("The list")


def run(server: str = "") -> dict[str, float | str]:
    """Figures on SQLite, and on the PostgreSQL server whose address is given."""
    figures = {"processors": os.cpu_count(), "load of the machine before, 1 minute": os.getloadavg()[0]}
    with tempfile.TemporaryDirectory() as folder:
        if server:
            with database_on(server) as url:
                figures |= measured("PostgreSQL", Path(folder) / "postgresql", url)
        return figures | measured("SQLite", Path(folder) / "sqlite", url_in(Path(folder)))


def measured(name: str, folder: Path, url: str, passages: int = PASSAGES) -> dict[str, float | str]:
    database = Database(url)
    schema.upgrade(database)
    began = time.monotonic()
    secret, staff_id = fill(database, passages)
    figures: dict[str, float | str] = {
        f"{name}: statements": count(database, "statement"),
        f"{name}: s to fill": time.monotonic() - began,
    }
    with serving(folder, "collector.app:create", url=url, key=KEY, broker=True) as port:
        pages, bare = [], []
        for filter_, query in FILTERS.items():
            ids = following(database, query, staff_id, PAGES + 1)
            asked(port, secret, f"/staff/review/{ids[0]}?{query}")  # everything is compiled and connected
            took = [asked(port, secret, f"/staff/review/{id}?{query}") for id in ids[1:]]
            alone = [timed(lambda id=id, query=query: bare_queries(database, query, staff_id, id)) for id in ids[1:]]
            pages, bare = pages + took, bare + alone
            figures[f"{name}, {filter_}: 95 % within ms"] = 1000 * ninety_fifth(took)
        figures |= {
            f"{name}: 95 % of all pages within ms": 1000 * ninety_fifth(pages),
            f"{name}: 95 % of the bare queries within ms": 1000 * ninety_fifth(bare),
            f"{name}: median page, in median bare queries": statistics.median(pages) / statistics.median(bare),
            f"{name}: 95 % of the queue's list within ms": 1000 * ninety_fifth(lists(port, secret)),
        }
    database.close()
    return figures


def following(database: Database, query: str, staff_id: int, number: int) -> list[int]:
    """Passages as a reviewer would meet them, from some way into the queue on."""
    wanted = queue.read(dict(pair.split("=") for pair in query.split("&") if pair))
    with database.reading() as session:
        ids = queue.listed(session, wanted, staff_id, at_most=number)
    if not ids:
        raise RuntimeError(f"No passage fits the filter {query}")
    return (ids * (number // len(ids) + 1))[:number]


def bare_queries(database: Database, query: str, staff_id: int, passage_id: int) -> None:
    """The passage, its place in the queue, and the twenty that follow."""
    wanted = queue.read(dict(pair.split("=") for pair in query.split("&") if pair))
    with database.reading() as session:
        session.get(Passage, passage_id)
        session.exec(select(ReviewItem).where(ReviewItem.passage_id == passage_id)).one()
        queue.listed(session, wanted, staff_id, place=queue.place_of(session, wanted, passage_id))


def lists(port: int, secret: str) -> list[float]:
    queries = [query for query in FILTERS.values() for _ in range(5)]
    return [asked(port, secret, f"/staff/review?{query}") for query in queries]


def asked(port: int, secret: str, address: str) -> float:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def get() -> None:
        connection.request("GET", address, headers={"Cookie": f"staff={secret}"})
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{address} was answered with {answer.status}")

    return timed(get)


def timed(work: Callable[[], None]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def count(database: Database, table: str) -> int:
    with database.engine.connect() as connection:
        return connection.execute(sa.text(f"SELECT COUNT(*) FROM {table}")).scalar_one()


# -- Filling -----------------------------------------------------------------------------------------


def fill(database: Database, passages: int) -> tuple[str, int]:
    """The rows, made by the database; a reviewer's session and number."""
    with database.writing() as session:
        rounds.open_round(session, questionnaire.load("keeping-the-promise"), slug="bench", title="Bench")
        member = staff.add(session, email="bench@example.org", name="Bench", role="reviewer")
        staff_id, secret = member.id, staff.start_session(session, member.id)
        session.commit()
    values = {
        "passages": passages,
        "organisations": ORGANISATIONS,
        "end": len(TEXT),
        "now": now(),
        "text": TEXT,
        "second": SECOND,
        "no": False,
        "yes": True,
        "staff": staff_id,
    }
    first, *others = statements()
    with database.engine.execution_options(writes=True).begin() as connection:
        connection.execute(sa.text(first), {"organisations": ORGANISATIONS, "no": False})
        connection.execute(sa.insert(Source.__table__), sources(passages // A_SOURCE))
        for statement in others:
            wanted = {name: value for name, value in values.items() if f":{name}" in statement}
            types = [sa.bindparam("now", type_=sa.DateTime(timezone=True))] if "now" in wanted else []
            connection.execute(sa.text(statement).bindparams(*types), wanted)
    if database.engine.dialect.name == "postgresql":  # which would do it by itself, a minute later
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("ANALYZE"))
    return secret, staff_id


def sources(number: int) -> list[dict[str, Any]]:
    """Each came a minute after the one before."""
    began = now() - timedelta(minutes=number)
    return [
        {
            "id": id,
            "kind": "document",
            "title": f"Document {id}",
            "organisation_id": 1 + id % ORGANISATIONS,
            "content_hash": f"bench {id}",
            "received_at": began + timedelta(minutes=id),
            "sample": False,
        }
        for id in range(1, number + 1)
    ]


def statements() -> Iterable[str]:
    """Each fills a table. What differs between rows is worked out from their numbers, so that every run is the same."""
    yield (
        numbers("organisations")
        + """INSERT INTO organisation (id, name, name_key, kind, sample)
        SELECT i, 'Organisation ' || i, 'organisation ' || i, 'other', :no FROM n"""
    )
    area = one_of(list(directory.area_names()), "id")
    yield f"INSERT INTO organisation_area (organisation_id, area) SELECT id, {area} FROM organisation"
    yield """INSERT INTO job (source_id, state, attempts, done, total, created_at, woken_at, reason)
        SELECT id, 'done', 1, 1, 1, :now, :now, '' FROM source"""
    yield (
        numbers("passages")
        + f"""INSERT INTO passage
        (id, source_id, position, question, place, text, analysed_by, language, harm)
        SELECT i, 1 + (i - 1) / {A_SOURCE}, 1 + (i - 1) % {A_SOURCE}, 'What do you do?', '', :text, '{MODEL}', 'en',
            i % 997 = 0 FROM n"""
    )
    for number, span in ((1, "0, :second - 1"), (2, ":second, :end")):
        yield f"""INSERT INTO statement (id, passage_id, start, "end", model, stands)
            SELECT 2 * id - 2 + {number}, id, {span}, '{MODEL}', :yes FROM passage"""
    for family in ("kinds", "actions", "barrier_themes"):
        yield f"""INSERT INTO finding (statement_id, family, label, model, score, evidence, found_at)
            SELECT id, '{family}', {label_of(family)}, '{MODEL}', {SCORE}, json('[[0, 2]]'), :now FROM statement"""
    yield """INSERT INTO standing_label (statement_id, family, label, state, score)
        SELECT finding.statement_id, family, label,
            CASE WHEN statement.passage_id % 10 = 0 THEN 'accepted' ELSE 'suggested' END, score
        FROM finding JOIN statement ON statement.id = finding.statement_id"""
    yield """INSERT INTO act (id, staff_id, what, passages, done_at)
        SELECT id, :staff, 'finish-all', 1, :now FROM passage WHERE id % 10 = 0"""
    yield """INSERT INTO step (act_id, passage_id, state, reason, staff_id, taken_at)
        SELECT id, id, 'decided', '', :staff, :now FROM act"""
    yield """INSERT INTO decision (act_id, statement_id, family, label, verdict, why, staff_id, decided_at)
        SELECT statement.passage_id, statement.id, finding.family, finding.label, 'accept', '', :staff, :now
        FROM statement JOIN finding ON finding.statement_id = statement.id WHERE statement.passage_id % 10 = 0"""
    yield f"""INSERT INTO review_item (passage_id, source_id, round_id, source_kind, model, language, received_at,
            state, blind, certainty, consequence, suggested, coder)
        SELECT passage.id, source_id, 1, 'document', '{MODEL}', 'en', source.received_at,
            CASE WHEN passage.id % 10 = 0 THEN 'decided' ELSE 'suggested' END, :no, {SCORE.replace("id", "passage.id")},
            CASE WHEN harm THEN -4 WHEN passage.id % 7 = 0 THEN -2 ELSE 0 END,
            CASE WHEN passage.id % 10 = 0 THEN 0 ELSE 6 END,
            CASE WHEN passage.id % 10 = 0 THEN CAST(:staff AS INTEGER) END
        FROM passage JOIN source ON source.id = passage.source_id"""
    yield """INSERT INTO review_label (passage_id, family, label, state, certainty, consequence, received_at)
        SELECT DISTINCT statement.passage_id, standing_label.family, standing_label.label, review_item.state,
            review_item.certainty, review_item.consequence, review_item.received_at
        FROM standing_label JOIN statement ON statement.id = standing_label.statement_id
            JOIN review_item ON review_item.passage_id = statement.passage_id"""


def numbers(upto: str) -> str:
    return f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :{upto}) "


def one_of(words: Sequence[str], number: str) -> str:
    cases = " ".join(f"WHEN {place} THEN '{word}'" for place, word in enumerate(words))
    return f"CASE {number} % {len(words)} {cases} END"


def label_of(family: str) -> str:
    """Each label of a family half as often as the one before, down to one in a thousand: as people speak."""
    often, *others = [label.id for label in plan.current().labels(family)]
    cases, below = [], 0
    for place, label in enumerate(others, 2):
        below += max(1, 1000 >> place)
        cases.append(f"WHEN {MIXED} % 997 < {below} THEN '{label}'")
    return f"CASE {' '.join(cases)} ELSE '{often}' END"
