"""The worker brings profiles up to date by itself, some at a time, and stops at none that cannot be."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import select

from collector.database import Database, now
from collector.findings import profile_changes
from collector.findings.profile_models import Profile, ProfileChange, ProfileWork
from collector.intake.models import Submission
from collector.organisations import directory
from collector.privacy import erasure
from collector.profiles import contents, kept
from collector.queue import PROFILES_TASK
from collector.review import decisions
from worker import profiling, schedule, tasks

pytestmark = pytest.mark.usefixtures("worker_here")


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[int], str]]:
    """What the worker is woken for."""
    woken: list[tuple[list[int], str]] = []
    monkeypatch.setattr(tasks.queue(), "send", lambda ids, task: woken.append((ids, task)))
    return woken


def work() -> None:
    tasks.wake_for_profiles()
    profiling.rebuild_profiles([kept.THE_WORK])


def number(database: Database, table: Any) -> int:
    with database.reading() as session:
        return len(session.exec(select(table)).all())


def test_all_there_is_to_rebuild_is_rebuilt_and_then_nobody_is_woken(
    analysed: Callable, database: Database, sent: list[Any]
) -> None:
    analysed()
    work()
    assert sent == [([kept.THE_WORK], PROFILES_TASK)]
    assert number(database, Profile) == len(directory.area_names()) + 1
    assert number(database, ProfileChange) == 0
    tasks.wake_for_profiles()
    assert len(sent) == 1


def test_a_decision_is_in_the_profiles_when_the_worker_was_woken_once(
    analysed: Callable, database: Database, sent: list[Any], staff_id: int
) -> None:
    made = analysed()
    work()
    with database.writing() as session:
        label = {"statement_id": made.statement_ids[0], "family": "kinds", "label": "activity"}
        decisions.decide(session, **label, verdict="accept", staff_id=staff_id)
        session.commit()
    profiling.rebuild_profiles([kept.THE_WORK])
    with database.reading() as session:
        for subject in (kept.Subject(made.organisation_id), kept.Subject(area="scotland")):
            found = kept.found(session, subject)
            assert found.content["cells"]["kinds"]["activity"][-1] == 1
            assert not found.changing


def test_the_schedule_looks_every_second_and_writes_nothing_where_nothing_changed(
    analysed: Callable, dump: Callable
) -> None:
    assert schedule.SCHEDULE["profiles"]["schedule"] <= 1
    analysed()
    work()
    before = dump()
    tasks.wake_for_profiles()
    assert dump() == before


def test_one_that_cannot_be_rebuilt_is_told_by_its_number_and_keeps_no_other_waiting(
    analysed: Callable, database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bad = analysed().organisation_id
    with database.writing() as session:
        good = directory.find_or_add(session, name="Loch Trust", kind="other", areas=["fife"])
        session.commit()
    build = contents.of_organisation

    def fails_for_one(session: Any, organisation_id: int, **how: Any) -> Any:
        if organisation_id == bad:
            raise ValueError("Parents chair it.")
        return build(session, organisation_id, **how)

    monkeypatch.setattr(contents, "of_organisation", fails_for_one)
    with caplog.at_level(logging.ERROR):
        work()
    assert f"the profile of {bad} is not rebuilt: ValueError" in caplog.text
    assert "Parents" not in caplog.text
    with database.reading() as session:
        assert kept.found(session, kept.Subject(good)) is not None
        assert kept.found(session, kept.Subject(area="fife")) is not None
        assert kept.found(session, kept.Subject(bad)) is None
        assert not kept.anything_to_do(session)


def test_what_is_not_done_in_one_turn_is_done_in_the_next(
    analysed: Callable, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    analysed()
    monkeypatch.setattr(profiling, "TURN", 0)
    work()
    assert number(database, Profile) == 0
    assert number(database, ProfileChange) > 0
    monkeypatch.setattr(profiling, "TURN", 20)
    work()
    assert number(database, ProfileChange) == 0


def test_after_long_work_nobody_is_woken_for_thrice_as_long(
    analysed: Callable, database: Database, sent: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    analysed()
    monkeypatch.setattr(profiling, "RESTS", 1_000_000)
    work()
    with database.writing() as session:
        profile_changes.note_areas(session, ["fife"])
        session.commit()
    tasks.wake_for_profiles()
    assert len(sent) == 1
    with database.writing() as session:
        session.exec(sa.update(ProfileWork).values(woken_at=now() - timedelta(seconds=2)))
        session.commit()
    tasks.wake_for_profiles()
    assert len(sent) == 2


def test_no_two_rebuild_at_once(analysed: Callable, database: Database) -> None:
    analysed()
    with database.writing() as session:
        kept.sweep(session)
        claim = kept.leases.claim(session, kept.THE_WORK)
        session.commit()
    profiling.rebuild_profiles([kept.THE_WORK])
    assert number(database, Profile) == 0
    with database.writing() as session:
        kept.leases.put_back(session, claim)
        session.commit()
    profiling.rebuild_profiles([kept.THE_WORK])
    assert number(database, Profile) > 0
    with database.reading() as session:
        assert session.exec(select(ProfileWork.attempts)).one() == 0


def test_an_organisation_that_has_gone_takes_its_profile_along(analysed: Callable, database: Database) -> None:
    sent = analysed()
    work()
    with database.writing() as session:
        erasure.withdraw(session, session.get_one(Submission, sent.received.submission_id))
        session.commit()
    profiling.rebuild_profiles([kept.THE_WORK])
    assert number(database, ProfileChange) == 0
    assert number(database, Profile) == len(directory.area_names())
    with database.reading() as session:
        assert kept.found(session, kept.Subject(area="fife")).content["organisations"] == []
