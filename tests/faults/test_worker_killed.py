"""Workers die in the middle of their work; every text is read all the same, and once in effect."""

import contextlib
import os
import signal
from pathlib import Path

import documents
import files
import kept
import processes
import pytest
import told
from desk import Desk
from measuring import Measured
from respondents import Respondent
from systems import System, wait_for

from collector.intake import jobs

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


def test_notes_of_a_meeting_whose_worker_is_killed_whole_are_read_once(
    system: System, desk: Desk, measured: Measured
) -> None:
    facts = {"title": "Killed worker", "held-on": ["3", "11", "2026"], "place": "Oban", "round": "none"}
    words = {"notes": documents.long_text("Killed worker"), "permission": "without-name"}
    source = desk.press(desk.press("/staff/meetings/new", facts | words))
    documents.wait_until_in_the_middle(system, "Killed worker")
    with measured("from the death of the whole worker to the whole text read"):
        os.killpg(system.worker_pid(), signal.SIGKILL)
        assert "Being read" in desk.words(source)
        system.worker_ended()
        documents.wait_until_read(system, "Killed worker", within=90)
    documents.assert_read_once_in_effect(system, "Killed worker")


def test_a_file_whose_worker_is_killed_while_it_is_taken_apart_is_taken_apart_and_read_once(
    system: System, measured: Measured
) -> None:
    respondent = Respondent(system, "Parted Trust", kind="docx", content=files.word(*told.PARAGRAPHS))
    worker, title = system.worker_pid(), "Parted Trust.docx"
    respondent.go_through()
    wait_for(lambda: is_taken_apart_by(worker), within=60, why="the file is being taken apart", every=0.01)
    with measured("from the death of the whole worker to the file read"):
        os.killpg(worker, signal.SIGKILL)
        job = documents.job_of(system, title)
        assert (job.state, kept.readings(system.database, job.source_id)) == ("running", {})
        system.worker_ended()
        documents.wait_until_read(system, title, within=90)
    assert documents.job_of(system, title).attempts == 2
    with system.database.reading() as session:
        texts = [passage.text for passage in kept.passages_of(session, job.source_id)]
    assert texts == list(told.PARAGRAPHS)
    assert kept.readings(system.database, job.source_id).keys() == set(told.PARAGRAPHS)


def is_taken_apart_by(worker: int) -> bool:
    return any("worker.parsing" in processes.command(one) for one in processes.descendants_of(worker))


def test_a_text_that_kills_its_reader_each_time_is_set_aside_with_a_reason_and_others_go_on(
    system: System, tmp_path: Path, measured: Measured
) -> None:
    # No text of ours kills the models, so whoever takes up this one is killed.
    documents.add_long(system, tmp_path, "Deadly")
    with measured("from the first try to the text set aside"):
        kill_its_reader(system, "Deadly", attempt=1)
        other = system.submit(told.by_organisation("Unharmed Trust"))
        for attempt in range(2, jobs.leases.most_attempts + 1):
            kill_its_reader(system, "Deadly", attempt=attempt)
        wait_for(lambda: documents.job_of(system, "Deadly").state == "set-aside", within=60, why="it is set aside")
    system.wait_until_read([other], within=60)
    job = documents.job_of(system, "Deadly")
    assert (job.attempts, job.reason) == (jobs.leases.most_attempts, "The reading stopped 3 times without an end")
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
