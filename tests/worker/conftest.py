"""What the tests of the worker share."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from collector.accounts import staff
from collector.database import Database
from collector.findings.report_models import Report
from collector.profiles import reports
from collector.queue import Queue
from worker import reporting, tasks


@pytest.fixture
def worker_here(monkeypatch: pytest.MonkeyPatch, database: Database) -> Iterator[None]:
    """The worker's database and queue are the test's."""
    queue = Queue("memory://")
    monkeypatch.setattr(tasks, "database", lambda: database)
    monkeypatch.setattr(tasks, "queue", lambda: queue)
    yield
    queue.close()


@pytest.fixture
def report_made(database: Database, staff_id: int) -> Callable[..., Report]:
    """Has a report of a kind on somebody made, as a person asks for one and the worker makes it."""

    def made(kind: str, subject: Any, **how: Any) -> Report:
        with database.writing() as session:
            id = reports.ask(session, kind, str(subject), staff_id=staff_id, **how)
            session.commit()
        reporting.make_reports([id])
        return kept_report(database, id)

    return made


def kept_report(database: Database, id: int) -> Report:
    """As it stands now."""
    with database.reading() as session:
        return session.get_one(Report, id)


@pytest.fixture
def staff_id(database: Database) -> int:
    with database.writing() as session:
        id = staff.add(session, email="moira@example.org", name="Moira", role="reviewer").id
        session.commit()
        return id
