"""The way to the worker: ids of rows through the broker, as a hint. The rows are the truth."""

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Iterable
from queue import Empty, SimpleQueue

from celery import Celery
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)

TASK = "feedback_loop.analyse"
MAIL_TASK = "feedback_loop.send_mail"
IMPORT_TASK = "feedback_loop.import_rows"
AGREEMENT_TASK = "feedback_loop.measure_agreement"
WALK_TASK = "feedback_loop.walk"
AGAIN_TASK = "feedback_loop.read_again"
LEARN_TASK = "feedback_loop.learn"
THEMES_TASK = "feedback_loop.find_themes"
PROFILES_TASK = "feedback_loop.rebuild_profiles"
FIGURES_TASK = "feedback_loop.read_figures"
SUMMARY_TASK = "feedback_loop.summarise"
REPORT_TASK = "feedback_loop.make_reports"
# What the ids of a task are ids of, for the log.
NOUNS = {
    TASK: "jobs",
    MAIL_TASK: "mails",
    IMPORT_TASK: "imports",
    AGREEMENT_TASK: "measurings",
    WALK_TASK: "walks",
    AGAIN_TASK: "jobs",
    LEARN_TASK: "trainings",
    THEMES_TASK: "searches for themes",
    PROFILES_TASK: "rebuildings of profiles",
    FIGURES_TASK: "files of figures",
    SUMMARY_TASK: "summaries",
    REPORT_TASK: "reports",
}
# The lower goes first: somebody waits for a mail, and it takes a second, or for an import, which takes some; reading
# can take all night, and so can what goes over all that has been read. What was read before is read anew when there is
# nothing else to do.
PRIORITIES = {
    TASK: 6,
    MAIL_TASK: 0,
    IMPORT_TASK: 3,
    AGREEMENT_TASK: 3,
    WALK_TASK: 6,
    AGAIN_TASK: 9,
    LEARN_TASK: 9,
    THEMES_TASK: 6,
    PROFILES_TASK: 3,
    FIGURES_TASK: 3,
    SUMMARY_TASK: 3,
    REPORT_TASK: 6,
}
# Ids in one message, and seconds that a message waits for more: a burst of submissions costs few messages, and several
# workers still share it.
MOST_AT_ONCE = 10
LINGER = 0.05

Asked = tuple[str, int]  # a task and an id


class Queue:
    """Wakes the worker from a thread of its own, so that nobody who sends something waits for the broker."""

    def __init__(self, redis_url: str) -> None:
        self.client = Celery("feedback-loop", broker=redis_url)
        self.client.conf.update(
            task_ignore_result=True,
            # Not tried again: whoever stops the service would wait for it, and the sweep calls again anyway.
            broker_transport_options={"socket_connect_timeout": 1, "socket_timeout": 2, "max_retries": 0},
        )
        self._asked: SimpleQueue[Asked | None] = SimpleQueue()
        self._sender: threading.Thread | None = None
        self._starting = threading.Lock()

    def ask_for_analysis(self, job_ids: Iterable[int]) -> None:
        """Have the worker woken soon. Never waits and never fails: a job that nobody is woken for is swept up."""
        self._ask(TASK, job_ids)

    def ask_for_mail(self, mail_ids: Iterable[int]) -> None:
        """Have mails sent soon, once they are committed; as `ask_for_analysis`, never waits and never fails."""
        self._ask(MAIL_TASK, mail_ids)

    def ask_for_import(self, import_id: int) -> None:
        """Have the next step of an import taken soon; as `ask_for_analysis`, never waits and never fails."""
        self._ask(IMPORT_TASK, [import_id])

    def ask_for_agreement(self, run_id: int) -> None:
        """Have people and models compared soon; as `ask_for_analysis`, never waits and never fails."""
        self._ask(AGREEMENT_TASK, [run_id])

    def ask_for_walk(self, walk_id: int) -> None:
        """Have work over many statements begun soon; as `ask_for_analysis`, never waits and never fails."""
        self._ask(WALK_TASK, [walk_id])

    def ask_for_training(self, run_id: int) -> None:
        """Have a reader learn soon; as `ask_for_analysis`, never waits and never fails."""
        self._ask(LEARN_TASK, [run_id])

    def ask_for_themes(self, search_id: int) -> None:
        """Have themes looked for soon; as `ask_for_analysis`, never waits and never fails."""
        self._ask(THEMES_TASK, [search_id])

    def ask_for_figures(self, edition_id: int) -> None:
        """Have a file of figures read soon; as `ask_for_analysis`, never waits and never fails."""
        self._ask(FIGURES_TASK, [edition_id])

    def ask_for_summary(self, summary_id: int) -> None:
        """Have a summary made soon; as `ask_for_analysis`, never waits and never fails."""
        self._ask(SUMMARY_TASK, [summary_id])

    def ask_for_reports(self, report_ids: Iterable[int]) -> None:
        """Have reports made soon; as `ask_for_analysis`, never waits and never fails."""
        self._ask(REPORT_TASK, report_ids)

    def _ask(self, task: str, ids: Iterable[int]) -> None:
        for id in ids:
            self._asked.put((task, id))
        with self._starting:
            if self._sender is None:
                self._sender = threading.Thread(target=self._send_what_comes, name="queue", daemon=True)
                self._sender.start()

    def close(self) -> None:
        """Send what is still to be sent, then end."""
        if self._sender is not None:
            self._asked.put(None)
            self._sender.join(timeout=5)
        self.client.close()

    def _send_what_comes(self) -> None:
        while (asked := self._asked.get()) is not None:
            time.sleep(LINGER)
            for task, ids in by_task([asked, *self._waiting()]).items():
                try:
                    self.send(ids, task)
                except Exception as problem:  # whatever it is, the next message may go through
                    log.error("%s %s wait for the sweep: %s", NOUNS[task], ids, type(problem).__name__)

    def _waiting(self) -> list[Asked]:
        waiting: list[Asked] = []
        while len(waiting) < MOST_AT_ONCE - 1:
            try:
                asked = self._asked.get_nowait()
            except Empty:
                break
            if asked is None:
                self._asked.put(None)  # the end comes after these
                break
            waiting.append(asked)
        return waiting

    def send(self, ids: list[int], task: str = TASK) -> None:
        """Send one message now. Where the broker is away nothing is raised: what is asked for waits for the sweep."""
        try:
            self.client.send_task(task, args=[ids], retry=False, priority=PRIORITIES[task])
        except (OperationalError, OSError) as problem:
            log.warning("%s %s wait for the sweep: %s", NOUNS[task], ids, type(problem).__name__)


def by_task(asked: Iterable[Asked]) -> dict[str, list[int]]:
    ids = defaultdict(list)
    for task, id in asked:
        ids[task].append(id)
    return ids
