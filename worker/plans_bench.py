"""`bench plans`: how long the pages of a review take, with 100 plans of 200 passages read against ten questions, beside
the bare counting of what stands.

The plans stand among four times as many other documents, whose statements no page of the review shows.
"""

import os
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa
from sqlmodel import Session

from collector import schema
from collector.accounts import staff
from collector.database import Database, now
from collector.findings.plan_models import PlanReview
from collector.frameworks import coding_frames, plan, walks
from collector.frameworks.models import FrameReader
from collector.intake.models import Source
from collector.review import plan_coverage, plan_sets
from forms import coding_frame
from worker.intake_bench import serving, url_in
from worker.load_bench import KEY, database_on, ninety_fifth
from worker.review_bench import asked, count, label_of, numbers, one_of, sources, timed

PLANS, OTHERS = 100, 400
PASSAGES = 200  # of a document, of two statements each
TIMES = 40
MODEL = "bench"
FRAME = "local-plans"
TEXT = "Every child has a named worker from August. The council will open a second family centre by March 2027."
SECOND = TEXT.index("The council")


def run(server: str = "") -> dict[str, float | str]:
    """Figures on SQLite, and on the PostgreSQL server whose address is given."""
    figures = {"processors": os.cpu_count(), "load of the machine before, 1 minute": os.getloadavg()[0]}
    with tempfile.TemporaryDirectory() as folder:
        if server:
            with database_on(server) as url:
                figures |= measured("PostgreSQL", Path(folder) / "postgresql", url)
        return figures | measured("SQLite", Path(folder) / "sqlite", url_in(Path(folder)))


def measured(name: str, folder: Path, url: str) -> dict[str, float | str]:
    database = Database(url)
    schema.upgrade(database)
    secret, review_id = fill(database)
    figures: dict[str, float | str] = {f"{name}: statements": count(database, "statement")}
    with serving(folder, "collector.app:create", url=url, key=KEY, broker=True) as port:
        for page, address in pages(review_id).items():
            asked(port, secret, address)  # everything is compiled and connected
            took = [asked(port, secret, address) for _ in range(TIMES)]
            figures[f"{name}, {page}: 95 % within ms"] = 1000 * ninety_fifth(took)
        bare = [timed(lambda: bare_counting(database, review_id)) for _ in range(TIMES)]
        figures[f"{name}: median of the bare counting, ms"] = 1000 * statistics.median(bare)
    database.close()
    return figures


def pages(review_id: int) -> dict[str, str]:
    root = f"/staff/plans/{review_id}"
    return {
        "the whole review": root,
        "narrowed to an area": f"{root}?area=fife",
        "one question": f"{root}/questions/governance",
        "one plan": f"{root}/plans/7",
        "one plan and question": f"{root}/plans/7/governance",
        "needs": f"{root}/needs",
    }


def bare_counting(database: Database, review_id: int) -> None:
    """What stands of each question in each plan, with nothing made of it."""
    with database.reading() as session:
        ids = plan_sets.ids_in(session, review_id)
        plan_coverage.found_in(session, ids, plan.family_of(FRAME))


# -- Filling -----------------------------------------------------------------------------------------


def fill(database: Database) -> tuple[str, int]:
    """The rows, made by the database; a reviewer's session, and the review."""
    with database.writing() as session:
        member = staff.add(session, email="bench@example.org", name="Bench", role="reviewer")
        staff_id, secret = member.id, staff.start_session(session, member.id)
        session.commit()
        frame_id = a_frame(session, staff_id)
    plan.look(database)
    first, *others = statements()
    values = {"organisations": 500, "passages": (PLANS + OTHERS) * PASSAGES, "now": now(), "text": TEXT}
    values |= {"no": False, "yes": True, "second": SECOND, "end": len(TEXT)}
    with database.engine.execution_options(writes=True).begin() as connection:
        connection.execute(sa.text(first), {"organisations": 500, "no": False})
        connection.execute(sa.insert(Source.__table__), sources(PLANS + OTHERS))
        for statement in others:
            wanted = {name: value for name, value in values.items() if f":{name}" in statement}
            types = [sa.bindparam("now", type_=sa.DateTime(timezone=True))] if "now" in wanted else []
            connection.execute(sa.text(statement).bindparams(*types), wanted)
    if database.engine.dialect.name == "postgresql":  # which would do it by itself, a minute later
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("ANALYZE"))
    with database.writing() as session:
        row = PlanReview(title="Bench", frame_id=frame_id, need_code="assessment-of-need", made_by=staff_id)
        session.add(row)
        session.flush()
        plan_sets.add(session, row.id, range(1, PLANS + 1), staff_id=staff_id)
        review_id = row.id
        session.commit()
    return secret, review_id


def a_frame(session: Session, staff_id: int) -> int:
    """One that all was read against."""
    frame = coding_frame.load(FRAME)
    row, walk = coding_frames.add(session, frame, file_name="bench.yaml", staff_id=staff_id, passages=0)
    session.add(FrameReader(frame_id=row.id, model=MODEL, how="few-shot", examples=1, in_use=True))
    frame_id = row.id
    claim = walks.leases.claim(session, walk.id)
    walks.finish(session, claim)
    session.commit()
    return frame_id


def statements() -> Iterator[str]:
    """Each fills a table; what differs between rows is worked out from their numbers."""
    yield (
        numbers("organisations")
        + """INSERT INTO organisation (id, name, name_key, kind, sample)
        SELECT i, 'Organisation ' || i, 'organisation ' || i, 'other', :no FROM n"""
    )
    yield f"""INSERT INTO organisation_area (organisation_id, area)
        SELECT id, {one_of(["fife", "angus", "moray", "highland", "falkirk", "stirling"], "id")} FROM organisation"""
    yield """INSERT INTO job (source_id, state, attempts, done, total, again, created_at, woken_at, reason)
        SELECT id, 'done', 1, 1, 1, :no, :now, :now, '' FROM source"""
    yield (
        numbers("passages")
        + f"""INSERT INTO passage (id, source_id, position, question, place, text, analysed_by, language, harm)
        SELECT i, 1 + (i - 1) / {PASSAGES}, 1 + (i - 1) % {PASSAGES}, '', 'Page ' || (1 + (i - 1) % {PASSAGES} / 6),
            :text, '{MODEL}', 'en', :no FROM n"""
    )
    for number, span in ((1, "0, :second - 1"), (2, ":second, :end")):
        yield f"""INSERT INTO statement (id, passage_id, start, "end", model, stands)
            SELECT 2 * id - 2 + {number}, id, {span}, '{MODEL}', :yes FROM passage"""
    yield f"""INSERT INTO standing_label (statement_id, family, label, state, score)
        SELECT id, 'kinds', {label_of("kinds")}, 'suggested', 0.9 FROM statement"""
    yield f"""INSERT INTO standing_label (statement_id, family, label, state, score)
        SELECT id, 'actions', {label_of("actions")}, 'suggested', 0.8 FROM statement WHERE id % 3 = 0"""
    codes = one_of([code.id for code in coding_frame.load(FRAME).codes], "(id / 3)")
    yield f"""INSERT INTO standing_label (statement_id, family, label, state, score)
        SELECT id, '{plan.family_of(FRAME)}', {codes}, CASE WHEN id % 20 = 0 THEN 'accepted' ELSE 'suggested' END,
            0.34 + id % 60 / 100.0 FROM statement WHERE id % 3 <> 1"""
    yield f"""INSERT INTO extract (passage_id, kind, start, "end", model, details)
        SELECT id, 'commitment', :second, :end, '{MODEL}',
            '{{"who": "The council", "due": {{"text": "by March 2027", "from": null, "to": "2027-03-31"}}}}'
        FROM passage WHERE id % 4 = 0"""
