"""The queue of record: a job is one worker's at a time, comes back when its worker dies, and is never lost."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import select

from collector import leases
from collector.database import Database, now
from collector.intake import jobs
from collector.intake.models import Job
from collector.leases import LEASE, PATIENCE, Claim

LONG_AGO = timedelta(hours=1)


@pytest.fixture
def job_id(receive: Callable) -> int:
    return receive().job_id


@pytest.fixture
def do(database: Database) -> Callable[..., Any]:
    """One verb of the room in a transaction of its own."""

    def once(verb: Callable, *arguments: Any, **named: Any) -> Any:
        with database.writing() as session:
            result = verb(session, *arguments, **named)
            session.commit()
        return result

    return once


def the_job(database: Database) -> Job:
    with database.reading() as session:
        return session.exec(select(Job)).one()


def make(database: Database, **values: Any) -> None:
    with database.writing() as session:
        session.exec(sa.update(Job).values(**values))
        session.commit()


def test_of_many_workers_one_gets_the_job(job_id: int, do: Callable, database: Database) -> None:
    with ThreadPoolExecutor(8) as pool:
        claims = [claim for claim in pool.map(lambda _: do(jobs.leases.claim, job_id), range(8)) if claim]
    assert claims == [Claim(job_id, "running", attempt=1)]
    assert the_job(database).state == "running"


@pytest.mark.parametrize("state", ["running", "done", "set-aside"])
def test_only_a_job_that_waits_can_be_claimed(state: str, job_id: int, do: Callable, database: Database) -> None:
    make(database, state=state)
    assert do(jobs.leases.claim, job_id) is None
    assert do(jobs.leases.claim, job_id + 1) is None


def test_progress_is_shown_and_renews_the_lease(job_id: int, do: Callable, database: Database) -> None:
    claim = do(jobs.leases.claim, job_id)
    make(database, lease_until=now())
    assert do(jobs.leases.renew, claim, done=1)
    job = the_job(database)
    assert (job.done, job.total, job.state) == (1, 2, "running")
    assert job.lease_until > now() + LEASE - timedelta(seconds=5)


def test_a_finished_job_is_done_and_holds_no_lease(job_id: int, do: Callable, database: Database) -> None:
    assert do(jobs.finish, do(jobs.leases.claim, job_id))
    job = the_job(database)
    assert (job.state, job.done, job.lease_until, job.reason) == ("done", 2, None, "")
    assert job.finished_at is not None


def test_who_lost_the_claim_can_do_nothing_more(job_id: int, do: Callable, database: Database) -> None:
    lost = do(jobs.leases.claim, job_id)
    make(database, lease_until=now() - LONG_AGO)
    do(jobs.sweep)
    held = do(jobs.leases.claim, job_id)
    assert held.attempt == 2
    assert not do(jobs.leases.renew, lost, done=1)
    assert not do(jobs.finish, lost)
    do(jobs.leases.fail, lost, reason="of no concern")
    assert (the_job(database).state, the_job(database).reason) == ("running", "")
    assert do(jobs.finish, held)
    assert not do(jobs.finish, held)


def test_a_job_that_fails_is_tried_again_and_then_set_aside_with_the_reason(
    job_id: int, do: Callable, database: Database
) -> None:
    states = []
    for number in range(1, jobs.leases.most_attempts + 1):
        do(jobs.leases.fail, do(jobs.leases.claim, job_id), reason=f"trouble {number}")
        states.append(the_job(database).state)
    assert states == ["waiting", "waiting", "set-aside"]
    assert the_job(database).reason == "trouble 3"
    assert do(jobs.leases.claim, job_id) is None


# -- The sweep --------------------------------------------------------------------------------------


def test_the_sweep_brings_back_a_job_whose_worker_fell_silent(job_id: int, do: Callable, database: Database) -> None:
    do(jobs.leases.claim, job_id)
    make(database, lease_until=now() - timedelta(seconds=1))
    assert do(jobs.sweep) == [job_id]
    assert the_job(database).state == "waiting"
    assert do(jobs.leases.claim, job_id).attempt == 2


def test_the_sweep_leaves_a_job_alone_that_is_being_worked_on(job_id: int, do: Callable, database: Database) -> None:
    claim = do(jobs.leases.claim, job_id)
    make(database, woken_at=now() - LONG_AGO)
    assert do(jobs.sweep) == []
    assert do(jobs.leases.renew, claim, done=1)


def test_the_sweep_sets_a_job_aside_that_kills_its_worker_time_and_again(
    job_id: int, do: Callable, database: Database
) -> None:
    starts = 0
    while do(jobs.leases.claim, job_id):
        starts += 1
        make(database, lease_until=now() - LONG_AGO)
        do(jobs.sweep)
    assert starts == jobs.leases.most_attempts
    job = the_job(database)
    assert (job.state, job.lease_until) == ("set-aside", None)
    assert job.reason == "The reading stopped 3 times without an end"


def test_the_sweep_wakes_a_job_whose_call_got_lost_and_not_again_at_once(
    job_id: int, do: Callable, database: Database
) -> None:
    assert do(jobs.sweep) == []  # it has been called just now
    make(database, woken_at=now() - PATIENCE - timedelta(seconds=1))
    assert do(jobs.sweep) == [job_id]
    assert do(jobs.sweep) == []
    assert the_job(database).attempts == 0


@pytest.mark.parametrize("state", ["done", "set-aside"])
def test_the_sweep_never_wakes_what_has_ended(state: str, job_id: int, do: Callable, database: Database) -> None:
    make(database, state=state, woken_at=now() - LONG_AGO, lease_until=None)
    assert do(jobs.sweep) == []


def test_however_long_nobody_swept_all_that_waits_is_called_in_turn(
    receive: Callable, do: Callable, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "SWEEP_AT_ONCE", 2)
    ids = [receive(str(number)).job_id for number in range(5)]
    make(database, woken_at=now() - timedelta(days=3))
    assert [do(jobs.sweep) for _ in range(4)] == [ids[:2], ids[2:4], ids[4:], []]


def test_two_sweeps_at_once_set_aside_and_bring_back_once(job_id: int, do: Callable, database: Database) -> None:
    do(jobs.leases.claim, job_id)
    make(database, lease_until=now() - LONG_AGO)
    with ThreadPoolExecutor(4) as pool:
        woken = [ids for ids in pool.map(lambda _: do(jobs.sweep), range(4)) if ids]
    assert woken[0] == [job_id]
    assert the_job(database).attempts == 1


# -- At a start, and after a mend -------------------------------------------------------------------


def test_at_a_start_all_that_waits_is_called_whether_or_not_it_was_called_before(
    receive: Callable, do: Callable
) -> None:
    ids = [receive(str(number)).job_id for number in range(3)]
    do(jobs.leases.claim, ids[0])
    assert do(jobs.wake_waiting) == ids[1:]


def test_at_a_start_what_a_machine_whose_clock_is_ahead_has_asked_for_is_called_too(
    job_id: int, do: Callable, database: Database
) -> None:
    make(database, woken_at=now() + timedelta(hours=1))
    assert do(jobs.sweep) == []
    assert do(jobs.wake_waiting) == [job_id]


def test_a_job_set_aside_can_be_given_a_fresh_start(job_id: int, do: Callable, database: Database) -> None:
    make(database, state="set-aside", attempts=jobs.leases.most_attempts, reason="trouble")
    assert do(jobs.try_again, the_job(database).source_id) == job_id
    assert (the_job(database).attempts, the_job(database).reason) == (0, "")
    assert do(jobs.leases.claim, job_id).attempt == 1
    assert do(jobs.try_again, the_job(database).source_id) is None


def test_jobs_are_counted_by_state(receive: Callable, do: Callable) -> None:
    ids = [receive(str(number)).job_id for number in range(3)]
    do(jobs.finish, do(jobs.leases.claim, ids[0]))
    assert do(jobs.counts) == {"waiting": 2, "done": 1}
