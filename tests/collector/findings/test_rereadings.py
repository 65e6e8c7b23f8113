"""Reading anew: newest first, a few at a time, behind all that is new; and nothing of it for nothing."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import col, select, update

from collector.database import Database, now
from collector.findings import readers, rereadings
from collector.findings.learning_models import ReaderVersion, Rereading
from collector.frameworks import plan
from collector.intake import jobs
from collector.intake.models import Job, Passage, Round, Source


@pytest.fixture
def sources(analysed: Callable, database: Database, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Five that an earlier model has read, oldest first; two are read anew at a time."""
    monkeypatch.setattr(rereadings, "AT_ONCE", 2)
    ids = [analysed(str(number)).source_id for number in range(5)]
    with database.writing() as session:
        for place, id in enumerate(ids):
            received = now() - timedelta(days=10 - place)
            session.exec(update(Source).where(col(Source.id) == id).values(received_at=received))
        session.commit()
    return ids


@pytest.fixture
def swept(database: Database) -> Callable[[], list[int]]:
    """The sources that are to be read anew now."""

    def sweep() -> list[int]:
        with database.writing() as session:
            job_ids = rereadings.sweep(session)
            session.commit()
            return [session.get_one(Job, id).source_id for id in job_ids]

    return sweep


def serves(database: Database, version: str) -> None:
    with database.writing() as session:
        readers.register(session, reads=plan.SLUG, version=version, kind="shipped")
        session.commit()


def read(database: Database, source_ids: list[int], version: str) -> None:
    """As the worker does, without what would be found."""
    with database.writing() as session:
        for id in source_ids:
            job_id = session.exec(select(Job.id).where(Job.source_id == id, Job.state == "waiting")).one()
            claim = jobs.leases.claim(session, job_id)
            assert jobs.leases.row(session, claim).again
            passages = session.exec(select(Passage).where(Passage.source_id == id)).all()
            for one in passages:
                one.analysed_by = version
            rereadings.count(session, len(passages))
            assert jobs.finish(session, claim)
        session.commit()


def the_rereading(database: Database) -> Rereading | None:
    with database.reading() as session:
        return rereadings.last(session)


def test_a_change_of_what_serves_has_all_read_again_newest_first_a_few_at_a_time(
    sources: list[int], swept: Callable, database: Database
) -> None:
    serves(database, "test-2")
    asked = []
    while some := swept():
        assert swept() == []  # they are asked for, and not asked for again
        read(database, some, "test-2")
        asked.append(some)
    assert asked == [sources[:2:-1], sources[2:0:-1], sources[:1]]
    row = the_rereading(database)
    assert (row.state, row.done, row.total) == ("done", row.total, sum(1 for _ in all_passages(database)))
    assert swept() == []


def all_passages(database: Database) -> list[int]:
    with database.reading() as session:
        return list(session.exec(select(Passage.id)))


def test_what_nobody_has_read_goes_before(
    sources: list[int], swept: Callable, database: Database, receive: Callable
) -> None:
    serves(database, "test-2")
    job_id = receive("new").job_id
    assert swept() == []
    with database.writing() as session:
        session.exec(update(Job).where(col(Job.id) == job_id).values(state="done"))
        session.commit()
    assert swept() == sources[:2:-1]
    with database.writing() as session:  # the sweep of what is new leaves it alone, however long it waits
        session.exec(update(Job).where(col(Job.again)).values(woken_at=now() - timedelta(hours=1)))
        assert jobs.sweep(session) == []
        assert jobs.wake_waiting(session) == []
        session.commit()
    assert swept() == sources[:2:-1]  # its own calls again


def test_new_words_in_a_source_that_waits_to_be_read_anew_bring_it_forward(
    sources: list[int], swept: Callable, database: Database
) -> None:
    serves(database, "test-2")
    swept()
    with database.writing() as session:
        job_id = jobs.ask_again(session, sources[-1], total=3)
        assert session.get_one(Job, job_id).again is False
        assert session.exec(select(Job.id).where(Job.source_id == sources[-1], Job.state == "waiting")).all() == [
            job_id
        ]


def test_it_can_be_stopped_and_what_was_read_anew_stays_so(
    sources: list[int], swept: Callable, database: Database
) -> None:
    serves(database, "test-2")
    read(database, swept(), "test-2")
    swept()
    with database.writing() as session:
        assert rereadings.stop(session)
        assert not rereadings.stop(session)
        session.commit()
    assert swept() == []
    row = the_rereading(database)
    with database.reading() as session:
        assert session.exec(select(Job.id).where(Job.state == "waiting")).all() == []
        anew = session.exec(select(Passage.id).where(Passage.analysed_by == "test-2")).all()
    assert (row.state, row.done) == ("stopped", len(anew))


def test_a_later_change_replaces_what_is_under_way(sources: list[int], swept: Callable, database: Database) -> None:
    serves(database, "test-2")
    read(database, swept(), "test-2")
    serves(database, "test-3")
    with database.reading() as session:
        states = session.exec(select(Rereading.version, Rereading.state).order_by(col(Rereading.id))).all()
        champions = session.exec(select(ReaderVersion.version).where(ReaderVersion.state == "champion")).all()
    assert states == [("test-2", "replaced"), ("test-3", "running")]
    assert champions == ["test-3"]
    assert swept() == sources[:2:-1]


def test_one_round_alone_can_be_read_again(
    sources: list[int], swept: Callable, database: Database, later_round: Round
) -> None:
    from collector.intake.models import Submission

    serves(database, "test-2")
    with database.writing() as session:
        rereadings.stop(session)
        of_later = select(Source.submission_id).where(Source.id == sources[0])
        session.exec(update(Submission).where(col(Submission.id).in_(of_later)).values(round_id=later_round.id))
        rereadings.begin(session, "test-2", round_id=later_round.id)
        session.commit()
    assert swept() == sources[:1]
    read(database, sources[:1], "test-2")
    assert swept() == []
    assert the_rereading(database).state == "done"


def test_where_everything_was_read_by_what_serves_there_is_nothing_to_read_again(
    analysed: Callable, database: Database
) -> None:
    analysed()
    serves(database, "test-1")
    assert the_rereading(database) is None
