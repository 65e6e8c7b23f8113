"""The way to the worker: ids only, never waited for, never a reason to fail."""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from kombu import Connection

from collector.queue import MAIL_TASK, MOST_AT_ONCE, TASK, Queue


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


def test_jobs_and_mails_share_one_sender_and_keep_apart(broker: Connection) -> None:
    queue = Queue("memory://")
    queue.ask_for_analysis([1, 2])
    queue.ask_for_mail([1, 3])
    queue.close()
    assert sent(broker) == [(TASK, [[1, 2]]), (MAIL_TASK, [[1, 3]])]
    assert sum(thread.name == "queue" for thread in threading.enumerate()) == 0


def test_a_mail_goes_before_jobs_that_wait(broker: Connection) -> None:
    queue = Queue("memory://")
    queue.send([1])
    queue.send([2], MAIL_TASK)
    waiting, found = broker.SimpleQueue("celery"), {}
    while len(waiting):
        message = waiting.get(block=False)
        found[message.headers["task"]] = message.properties["priority"]
        message.ack()
    assert found[MAIL_TASK] < found[TASK]  # of Redis the lower number goes first


@pytest.mark.slow
def test_somebody_who_waits_for_a_mail_does_not_wait_for_all_that_is_to_be_read() -> None:
    url = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/9")
    with Connection(url) as broker:
        waiting = broker.SimpleQueue("celery")
        waiting.clear()
        queue = Queue(url)
        queue.send([1], TASK)
        queue.send([2], MAIL_TASK)
        queue.close()
        messages = [waiting.get(timeout=5) for _ in range(2)]
        assert [message.headers["task"] for message in messages] == [MAIL_TASK, TASK]
        for message in messages:
            message.ack()


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
