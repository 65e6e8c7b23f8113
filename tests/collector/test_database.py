"""One session style on both databases: times stay times, writers take turns, and waiting has an end."""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import select

from collector import database as databases
from collector.accounts.models import PasswordTry
from collector.database import Busy, Database, insert_once
from collector.intake import given
from collector.intake.models import Passage
from collector.organisations.models import Organisation
from collector.web import problems


def test_a_moment_comes_back_as_the_same_moment_whatever_zone_it_was_given_in(database: Database) -> None:
    moment = datetime(2026, 7, 1, 0, 30, 15, 123456, timezone(timedelta(hours=1)))
    with database.writing() as session:
        session.add(PasswordTry(email_hash="x", visitor_hash="", tried_at=moment))
        session.commit()
        kept = session.exec(select(PasswordTry.tried_at)).one()
        assert session.exec(select(PasswordTry).where(PasswordTry.tried_at == moment)).one()
    assert (kept, kept.tzinfo) == (moment, UTC)


def test_a_row_that_is_there_is_left_as_it_is(database: Database, dump: Callable) -> None:
    def add(kind: str) -> None:
        with database.writing() as session:
            row = {"name": "A", "name_key": "a", "kind": kind, "sample": False}
            insert_once(session, Organisation, [row], ["name_key", "sample"])
            session.commit()

    add("other")
    before = dump()
    add("partnership")
    assert dump() == before


def test_who_reads_sees_what_was_and_does_not_wait_for_who_writes(database: Database) -> None:
    with database.writing() as writer:
        writer.add(PasswordTry(email_hash="x", visitor_hash=""))
        writer.flush()
        with database.reading() as reader:
            assert reader.exec(select(sa.func.count()).select_from(PasswordTry)).one() == 0


def test_a_writer_that_waits_too_long_is_told_so(fresh_sqlite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "LOCK_WAIT", 0.2)
    database = Database(fresh_sqlite)
    other = database.writing()
    with database.writing(), pytest.raises(Busy):
        other.__enter__()
    database.close()


def test_a_writer_in_another_process_is_waited_for_and_then_the_page_says_to_try_again(
    fresh_sqlite: str, app: Any, browser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "LOCK_WAIT", 0.2)
    app.state.database = Database(fresh_sqlite)
    other = Database(fresh_sqlite)  # what another process would hold
    token = browser.form_token()
    with other.writing() as session:
        session.add(PasswordTry(email_hash="x", visitor_hash=""))
        session.flush()
        answer = browser.post("/questionnaires/keeping-the-promise/pages/respondent", data={"_csrf": token})
        health = browser.get("/api/health")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    assert "Nothing that you saved is lost" in answer.text
    assert health.status_code == 200
    app.state.database.close()
    other.close()


@pytest.mark.slow
def test_a_database_on_a_machine_that_has_gone_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "LOCK_WAIT", 2)
    with machine_that_says_nothing() as address:
        database = Database(f"postgresql://postgres@{address}/any")
        began = time.monotonic()
        with database.reading() as session, pytest.raises(sa.exc.OperationalError) as problem:
            session.exec(sa.text("SELECT 1"))
        database.close()
    assert time.monotonic() - began < 4
    assert problems.status_of(problem.value) == 503


@contextmanager
def machine_that_says_nothing() -> Iterator[str]:
    """Its queue of connections is full, so that no other gets an answer."""
    with ExitStack() as kept:
        machine = kept.enter_context(socket.socket())
        machine.bind(("127.0.0.1", 0))
        machine.listen(0)
        for _ in range(3):
            waiting = kept.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(machine.getsockname())
        yield "{}:{}".format(*machine.getsockname())


@pytest.mark.slow
def test_a_connection_on_which_nothing_comes_any_more_is_given_up(fresh_postgresql: str) -> None:
    database = Database(fresh_postgresql)
    with database.reading() as session:
        connection = session.connection().connection.dbapi_connection
        own = socket.socket(fileno=os.dup(connection.fileno()))
        with own:
            given_up = own.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
            asked = (
                own.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE),
                own.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE),
            )
    database.close()
    assert (given_up, asked) == (10_000, (1, 5))


def test_threads_of_one_process_take_turns(database: Database) -> None:
    def add() -> None:
        for _ in range(10):
            with database.writing() as session:
                session.add(PasswordTry(email_hash="x", visitor_hash=""))
                session.commit()

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as session:
        assert session.exec(select(sa.func.count()).select_from(PasswordTry)).one() == 40


@pytest.mark.parametrize("url", ["postgresql://a@b/c", "postgres://a@b/c"])
def test_a_plain_address_of_postgresql_is_understood(url: str) -> None:
    assert databases.driver_of(url) == "postgresql+psycopg://a@b/c"


def test_what_somebody_wrote_does_not_stand_in_an_error(database: Database) -> None:
    with database.reading() as session, pytest.raises(sa.exc.DBAPIError) as problem:
        session.connection().execute(sa.text("SELECT no_such_column, :word"), {"word": "private words"})
    assert "private words" not in str(problem.value)


@pytest.mark.slow
def test_on_postgresql_waiting_for_another_writer_has_an_end_too(
    fresh_postgresql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "LOCK_WAIT", 1)
    database = Database(fresh_postgresql)
    with database.writing() as holder, database.writing() as other:
        holder.exec(sa.text("LOCK TABLE password_try"))
        with pytest.raises(sa.exc.OperationalError, match="lock timeout"):
            other.exec(select(PasswordTry)).all()
    database.close()


def test_when_no_connection_is_free_the_page_says_to_try_again() -> None:
    assert problems.status_of(sa.exc.TimeoutError()) == 503


def test_rows_that_are_kept_at_once_are_the_same_on_both_databases(database: Database, receive: Callable) -> None:
    odd = 'Line\n"quoted" \\u0041 \\ {a} 💙 e\u0301 \u2028 =1+1 ::int :rows %s'
    submission_id = receive(**{"planning.doing": odd}).submission_id
    with database.reading() as session:
        kept = given.answers_of(session, submission_id)
        passage = session.exec(select(Passage).where(Passage.question_id == "planning.doing")).one()
    assert (kept["planning.doing"], kept["areas"]) == (odd, ["fife", "highland"])
    assert (passage.text, passage.place, passage.language, passage.harm) == (odd, "", "", False)
    assert (passage.list_id, passage.item_number, passage.analysed_by, passage.retired_at) == (None, None, None, None)
