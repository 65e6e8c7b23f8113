"""Workers die in the middle of their work; every text is read all the same, and once in effect."""

import contextlib
import os
import signal
from pathlib import Path

import documents
import kept
import pytest
import told
from measuring import Measured
from systems import System, wait_for

from collector.intake.jobs import MOST_ATTEMPTS

pytestmark = pytest.mark.slow


def test_a_text_whose_reading_process_is_killed_in_the_middle_is_read_once(
    system: System, tmp_path: Path, measured: Measured
) -> None:
    caught = documents.begin_long_reading(system, tmp_path, "Killed child")
    with measured("from the death of the reading process to the whole text read"):
        os.kill(system.worker_child(), signal.SIGKILL)
        before = kept.finding_ids(system.database, caught.source_id)
        documents.wait_until_read(system, "Killed child", within=60)
    documents.assert_read_once_in_effect(system, "Killed child")
    assert documents.job_of(system, "Killed child").attempts == 2
    assert before <= kept.finding_ids(system.database, caught.source_id), "what was found before is gone"


def test_a_text_whose_worker_is_killed_whole_is_read_once(system: System, tmp_path: Path, measured: Measured) -> None:
    documents.begin_long_reading(system, tmp_path, "Killed worker")
    with measured("from the death of the whole worker to the whole text read"):
        os.killpg(system.worker_pid(), signal.SIGKILL)
        system.worker_ended()
        documents.wait_until_read(system, "Killed worker", within=90)
    documents.assert_read_once_in_effect(system, "Killed worker")


def test_a_text_that_kills_its_reader_each_time_is_set_aside_with_a_reason_and_others_go_on(
    system: System, tmp_path: Path, measured: Measured
) -> None:
    # No text of ours kills the models, so whoever takes up this one is killed.
    documents.add_long(system, tmp_path, "Deadly")
    with measured("from the first try to the text set aside"):
        kill_its_reader(system, "Deadly", attempt=1)
        other = system.submit(told.by_organisation("Unharmed Trust"))
        for attempt in range(2, MOST_ATTEMPTS + 1):
            kill_its_reader(system, "Deadly", attempt=attempt)
        wait_for(lambda: documents.job_of(system, "Deadly").state == "set-aside", within=60, why="it is set aside")
    system.wait_until_read([other], within=60)
    job = documents.job_of(system, "Deadly")
    assert (job.attempts, job.reason) == (MOST_ATTEMPTS, "The reading stopped 3 times without an end")
    assert_staff_see(system, f"/staff/sources/{job.source_id}", "Set aside", job.reason)
    assert_staff_see(system, "/staff/sources?state=set-aside", "Deadly", job.reason)


def kill_its_reader(system: System, title: str, *, attempt: int) -> None:
    def is_tried() -> bool:
        job = documents.job_of(system, title)
        return (job.state, job.attempts) == ("running", attempt)

    wait_for(is_tried, within=90, why=f"{title} is tried for the {attempt}. time", every=0.05)
    os.kill(system.worker_child(), signal.SIGKILL)


def assert_staff_see(system: System, address: str, *words: str) -> None:
    with contextlib.closing(system.signed_in()) as staff:
        shown = staff.get(address).text
    for one in words:
        assert one in shown
