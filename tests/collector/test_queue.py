"""The way to the worker: ids only, never waited for, never a reason to fail."""

import logging
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from kombu import Connection

from collector.queue import MOST_AT_ONCE, TASK, Queue


@pytest.fixture
def broker() -> Iterator[Connection]:
    """A broker within this process, empty."""
    with Connection("memory://") as connection:
        connection.SimpleQueue("celery").clear()
        yield connection
        connection.SimpleQueue("celery").clear()


def sent(broker: Connection) -> list[Any]:
    """What lies in the queue: the name of the task, and what it was given."""
    queue, found = broker.SimpleQueue("celery"), []
    while len(queue):
        message = queue.get(block=False)
        found.append((message.headers["task"], message.payload[0]))
        message.ack()
    return found


def test_a_job_is_asked_for_by_its_id_alone(broker: Connection) -> None:
    queue = Queue("memory://")
    queue.ask_for_analysis([7])
    queue.close()
    assert sent(broker) == [(TASK, [[7]])]


def test_every_job_of_a_burst_is_asked_for_in_few_messages(broker: Connection) -> None:
    queue = Queue("memory://")
    queue.ask_for_analysis(range(100))
    queue.close()
    messages = [job_ids for _, (job_ids,) in sent(broker)]
    assert [job_id for job_ids in messages for job_id in job_ids] == list(range(100))
    assert max(len(job_ids) for job_ids in messages) <= MOST_AT_ONCE


def test_a_submission_wakes_the_worker(broker: Connection, browser: Any, fill_in: Callable, app: Any) -> None:
    fill_in(browser)
    browser.submit("/questionnaires/keeping-the-promise/check")
    app.state.queue.close()
    assert sent(broker) == [(TASK, [[1]])]


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "redis+socket:///no/such/broker.sock"])
def test_a_broker_that_is_away_is_logged_and_raises_nothing(url: str, caplog: pytest.LogCaptureFixture) -> None:
    queue, started = Queue(url), time.monotonic()
    with caplog.at_level(logging.WARNING):
        queue.ask_for_analysis([7])
        asked = time.monotonic() - started
        queue.close()
    assert asked < 0.1
    assert time.monotonic() - started < 3
    assert "jobs [7] wait for the sweep" in caplog.text
