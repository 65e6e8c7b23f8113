"""The way to the worker: ids of jobs through the broker, as a hint. The job rows are the truth."""

import logging
from collections.abc import Iterable

from celery import Celery
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)

TASK = "feedback_loop.analyse"


class Queue:
    def __init__(self, redis_url: str) -> None:
        self.client = Celery("feedback-loop", broker=redis_url)
        self.client.conf.update(
            task_ignore_result=True,
            broker_transport_options={"socket_connect_timeout": 1, "socket_timeout": 2},
        )

    def ask_for_analysis(self, job_ids: Iterable[int]) -> None:
        """Wake the worker. Where the broker is away nothing is raised: the jobs wait for the sweep, none is lost."""
        for job_id in job_ids:
            try:
                self.client.send_task(TASK, args=[job_id], retry=False)
            except (OperationalError, OSError) as problem:
                log.warning("job %s waits for the sweep: %s", job_id, type(problem).__name__)
                return

    def close(self) -> None:
        self.client.close()
