"""A document long enough to be caught in the middle of being read."""

from pathlib import Path

import kept
import told
from systems import System, wait_for

from collector.intake.models import Job

PASSAGES = 320
MIDDLE = 48


def add_long(system: System, folder: Path, title: str, passages: int = PASSAGES) -> None:
    path = folder / f"{title}.md"
    path.write_text(long_text(title, passages), "utf-8")
    system.run("document", "add", str(path), "--title", title)


def long_text(title: str, passages: int = PASSAGES) -> str:
    """Its first words make it another than the one before, which would be refused."""
    return f"{title} and its plan for the year.\n\n{told.long_document(passages)}"


def begin_long_reading(system: System, folder: Path, title: str, passages: int = PASSAGES) -> Job:
    """Bring in a long document and wait until the worker is well into it; returns its job as it was then."""
    add_long(system, folder, title, passages)
    return wait_until_in_the_middle(system, title)


def wait_until_in_the_middle(system: System, title: str) -> Job:
    def in_the_middle() -> Job | None:
        job = job_of(system, title)
        assert job.state != "done", "it was read before it could be caught; make the document longer"
        return job if job.done >= MIDDLE else None

    return wait_for(in_the_middle, within=120, why="the worker is in the middle of the document", every=0.02)


def wait_until_read(system: System, title: str, *, within: float) -> None:
    wait_for(lambda: job_of(system, title).state == "done", within=within, why=f"{title} is read")


def job_of(system: System, title: str) -> Job:
    return kept.job_of_document(system.database, title)


def assert_read_once_in_effect(system: System, title: str) -> None:
    job = job_of(system, title)
    assert (job.state, job.done, job.total) == ("done", job.total, PASSAGES + 1)
    read = kept.readings(system.database, job.source_id)
    assert len(read) == len(told.PARAGRAPHS) + 1
    for text, ways in read.items():
        assert len(ways) == 1, f"The same text was read in {len(ways)} ways: {text}"
    for text in told.PARAGRAPHS:
        (statements, labels, _), *_ = read[text]
        assert statements
        assert len(set(labels)) == len(labels)
