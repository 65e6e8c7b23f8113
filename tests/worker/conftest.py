"""What the tests of the worker share."""

from collections.abc import Iterator

import pytest

from collector.accounts import staff
from collector.database import Database
from collector.queue import Queue
from worker import tasks


@pytest.fixture
def worker_here(monkeypatch: pytest.MonkeyPatch, database: Database) -> Iterator[None]:
    """The worker's database and queue are the test's."""
    queue = Queue("memory://")
    monkeypatch.setattr(tasks, "database", lambda: database)
    monkeypatch.setattr(tasks, "queue", lambda: queue)
    yield
    queue.close()


@pytest.fixture
def staff_id(database: Database) -> int:
    with database.writing() as session:
        id = staff.add(session, email="moira@example.org", name="Moira", role="reviewer").id
        session.commit()
        return id
