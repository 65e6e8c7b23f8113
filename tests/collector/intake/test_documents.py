"""Documents: kept paragraph by paragraph, and once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlmodel import select

from collector.database import Database
from collector.intake import documents
from collector.intake.models import Job, Passage, Source

PARAGRAPHS = ["What we found.", "- a bullet\n- another", "  Kept as it is. 💙  "]


@pytest.fixture
def keep(database: Database) -> Callable[..., int]:
    def bring_in(paragraphs: list[str] = PARAGRAPHS, content_hash: str = "hash") -> int:
        with database.writing() as session:
            return documents.keep(session, title="A plan", content_hash=content_hash, paragraphs=paragraphs)

    return bring_in


def test_a_document_is_kept_in_order_with_its_job(keep: Callable, database: Database) -> None:
    job_id = keep()
    with database.reading() as session:
        job, source = session.exec(select(Job, Source).join(Source, Job.source_id == Source.id)).one()
        texts = list(session.exec(select(Passage.text).order_by(Passage.position)))
    assert texts == PARAGRAPHS
    assert (job.id, job.state, job.total) == (job_id, "waiting", 3)
    assert (source.kind, source.title, source.submission_id) == ("document", "A plan", None)


def test_the_same_file_is_not_kept_twice(keep: Callable, dump: Callable) -> None:
    keep()
    before = dump()
    with pytest.raises(documents.KeptBefore, match="brought in before"):
        keep()
    assert dump() == before


def test_the_same_file_brought_in_several_times_at_once_is_kept_once(keep: Callable, dump: Callable) -> None:
    def attempt(_: int) -> bool:
        try:
            return bool(keep())
        except documents.KeptBefore:
            return False

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(attempt, range(4))) == [False, False, False, True]
    assert len(dump()["source"]) == len(dump()["job"]) == 1


def test_an_empty_file_is_not_kept(keep: Callable, dump: Callable) -> None:
    with pytest.raises(ValueError, match="no text"):
        keep([])
    assert dump()["source"] == []


def test_a_document_shows_among_the_sources_with_its_passages(
    keep: Callable, staff_browser, record_findings: Callable
) -> None:
    keep()
    record_findings(1, {1: {"What we found.": {"kinds": ["learning"]}}})
    assert "A plan" in staff_browser.get("/staff/sources?kind=document").text
    page = staff_browser.get("/staff/sources/1").text
    assert "What we found." in page
    assert "- a bullet\n- another" in page


def test_what_a_database_cannot_hold_is_kept_as_a_mark_in_its_place(keep: Callable, database: Database) -> None:
    keep(["before\x00after \ud83d."])
    with database.reading() as session:
        assert session.exec(select(Passage.text)).one() == "before\ufffdafter \ufffd."
