"""The Celery app: the broker carries ids of jobs as hints, the job rows are the truth.

Tasks are acknowledged when they are received. A task lost with its worker is no loss: the lease of its row runs out
and the sweep brings it back, with its attempts counted, so that a text that kills the worker is set aside.
"""

import logging
import signal

from celery import Celery, signals

from collector import settings as settings_
from worker.processes import die_with_parent
from worker.schedule import SCHEDULE

log = logging.getLogger(__name__)

settings = settings_.read()

MODULES = [
    "worker.tasks",
    "worker.mailing",
    "worker.importing",
    "worker.comparing",
    "worker.walking",
    "worker.learning",
    "worker.theming",
    "worker.profiling",
    "worker.figures",
    "worker.summarising",
    "worker.reporting",
]
app = Celery("feedback-loop", broker=settings.redis_url, include=MODULES)
app.conf.update(
    task_ignore_result=True,
    worker_prefetch_multiplier=1,
    worker_proc_alive_timeout=120,  # a child loads spaCy and the encoder before it says that it is there
    task_time_limit=60,  # seconds; a task gives up its turn long before, so this one hangs
    worker_max_memory_per_child=1_200_000,  # kB; a guard against leaks, twice what a child needs
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options={"socket_connect_timeout": 5, "socket_keepalive": True, "health_check_interval": 10},
    beat_schedule=SCHEDULE,
    beat_scheduler="worker.schedule:Scheduler",
    timezone="UTC",
)


@signals.setup_logging.connect
def plain_logs(**_: object) -> None:
    """Ids and stages only. Celery's own lines on each task say nothing more and are left out."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")


@signals.worker_process_init.connect
def prepare_child(**_: object) -> None:
    """Each child loads its own models before it takes work, and does not outlive its worker."""
    die_with_parent(signal.SIGKILL)
    from worker import tasks

    tasks.prepare()
