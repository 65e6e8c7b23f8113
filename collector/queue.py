"""The way to the worker: ids of jobs through the broker, as a hint. The job rows are the truth."""

import logging
import threading
import time
from collections.abc import Iterable
from queue import Empty, SimpleQueue

from celery import Celery
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)

TASK = "feedback_loop.analyse"
# Ids in one message, and seconds that a message waits for more: a burst of submissions costs few messages, and several
# workers still share it.
MOST_AT_ONCE = 10
LINGER = 0.05


class Queue:
    """Wakes the worker from a thread of its own, so that nobody who sends something waits for the broker."""

    def __init__(self, redis_url: str) -> None:
        self.client = Celery("feedback-loop", broker=redis_url)
        self.client.conf.update(
            task_ignore_result=True,
            # Not tried again: whoever stops the service would wait for it, and the sweep calls again anyway.
            broker_transport_options={"socket_connect_timeout": 1, "socket_timeout": 2, "max_retries": 0},
        )
        self._ids: SimpleQueue[int | None] = SimpleQueue()
        self._sender: threading.Thread | None = None
        self._starting = threading.Lock()

    def ask_for_analysis(self, job_ids: Iterable[int]) -> None:
        """Have the worker woken soon. Never waits and never fails: a job that nobody is woken for is swept up."""
        for job_id in job_ids:
            self._ids.put(job_id)
        with self._starting:
            if self._sender is None:
                self._sender = threading.Thread(target=self._send_what_comes, name="queue", daemon=True)
                self._sender.start()

    def close(self) -> None:
        """Send what is still to be sent, then end."""
        if self._sender is not None:
            self._ids.put(None)
            self._sender.join(timeout=5)
        self.client.close()

    def _send_what_comes(self) -> None:
        while (job_id := self._ids.get()) is not None:
            time.sleep(LINGER)
            try:
                self.send([job_id, *self._waiting()])
            except Exception as problem:  # whatever it is, the next message may go through
                log.error("job %s waits for the sweep: %s", job_id, type(problem).__name__)

    def _waiting(self) -> list[int]:
        ids: list[int] = []
        while len(ids) < MOST_AT_ONCE - 1:
            try:
                job_id = self._ids.get_nowait()
            except Empty:
                break
            if job_id is None:
                self._ids.put(None)  # the end comes after these
                break
            ids.append(job_id)
        return ids

    def send(self, job_ids: list[int]) -> None:
        """Send one message now. Where the broker is away nothing is raised: the jobs wait for the sweep."""
        try:
            self.client.send_task(TASK, args=[job_ids], retry=False)
        except (OperationalError, OSError) as problem:
            log.warning("jobs %s wait for the sweep: %s", job_ids, type(problem).__name__)
