"""The ceiling that `bench intake` measures against: a bare handler that inserts the same rows in one commit.

Same tables, as many rows, as much text; no questionnaire, no checks, no organisation to find, nobody to know.
"""

from uuid import uuid4

import sqlalchemy as sa
from litestar import Litestar, post
from litestar.params import JSONBody

from collector import settings as settings_
from collector.database import Database, now
from collector.intake.models import Answers, Job, Passage, Source, Submission


def create() -> Litestar:
    database = Database(settings_.read().database_url)

    @post("/", sync_to_thread=True)
    def keep(data: JSONBody[dict[str, str]]) -> dict[str, str]:
        """All texts as answers, and one passage for each that is long."""
        key = uuid4().hex
        with database.writing() as session:
            insert_all_rows(session.connection(), key, data)
            session.commit()
        return {"reference": key}

    return Litestar([keep], logging_config=None)


def insert_all_rows(connection: sa.Connection, key: str, texts: dict[str, str]) -> None:
    submission = add(
        connection,
        Submission,
        reference=key,
        receipt_key=key,
        idempotency_key=key,
        content_hash=key,
        round_id=1,
        questionnaire_id=1,
        permission="do-not-publish",
        received_at=now(),
    )
    connection.execute(sa.insert(Answers.__table__), {"submission_id": submission, "given": texts})
    about = {"kind": "submission", "title": "Bench", "sample": False, "received_at": now()}
    source = add(connection, Source, submission_id=submission, **about)
    passages = [
        {"source_id": source, "position": number, "question_id": id, "question": id, "concern": None, "text": text}
        for number, (id, text) in enumerate(texts.items())
        if "." in id
    ]
    connection.execute(sa.insert(Passage.__table__), passages)
    counted = {"attempts": 0, "done": 0, "total": 12, "reason": ""}
    add(connection, Job, source_id=source, state="waiting", created_at=now(), woken_at=now(), **counted)


def add(connection: sa.Connection, table: type, **values: object) -> int:
    return connection.execute(sa.insert(table.__table__).returning(table.__table__.c.id), values).scalar_one()
