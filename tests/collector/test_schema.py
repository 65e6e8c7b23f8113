"""The schema: what the migrations make is what the models say, on both databases, and there is a way back."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy.exc import DBAPIError

from collector import schema, tables
from collector.database import Database


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """A database with nothing in it."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'empty.sqlite3'}"
    else:
        url = request.getfixturevalue("empty_postgresql")
    database = Database(url)
    yield database
    database.close()


def tables_of(database: Database) -> set[str]:
    return set(sa.inspect(database.engine).get_table_names())


def test_the_migrations_make_what_the_models_say(empty: Database) -> None:
    schema.upgrade(empty)
    with empty.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, tables.metadata) == []
    assert tables_of(empty) == {*tables.metadata.tables, "alembic_version"}


def test_a_database_is_current_only_when_it_was_upgraded(empty: Database) -> None:
    assert (schema.exists(empty), schema.is_current(empty)) == (False, False)
    schema.upgrade(empty)
    assert (schema.exists(empty), schema.is_current(empty)) == (True, True)


def test_upgrading_twice_changes_nothing(empty: Database) -> None:
    schema.upgrade(empty)
    before = tables_of(empty)
    schema.upgrade(empty)
    assert tables_of(empty) == before


def test_the_schema_can_be_taken_back_and_made_again(empty: Database) -> None:
    schema.upgrade(empty)
    with empty.engine.execution_options(writes=True).connect() as connection:
        command.downgrade(schema.config_for(connection), "base")
        connection.commit()
    assert tables_of(empty) == {"alembic_version"}
    schema.upgrade(empty)
    assert schema.is_current(empty)


@pytest.mark.slow
def test_processes_that_upgrade_at_once_take_turns(empty: Database) -> None:
    """Several web processes of one start."""
    program = f"from collector import schema, database; schema.upgrade(database.Database({str(empty.url)!r}))"
    started = [subprocess.Popen([sys.executable, "-c", program]) for _ in range(2)]
    assert [process.wait(timeout=60) for process in started] == [0, 0]
    assert schema.is_current(empty)


def test_an_upgrade_that_fails_half_way_leaves_nothing(empty: Database) -> None:
    with empty.engine.execution_options(writes=True).begin() as connection:
        connection.execute(sa.text("CREATE TABLE standing_label (in_the_way INTEGER)"))
    with pytest.raises(DBAPIError):
        schema.upgrade(empty)
    assert tables_of(empty) == {"standing_label"}
    assert not schema.exists(empty)


def test_every_table_of_the_models_is_looked_at_by_the_tests(dump: Callable) -> None:
    assert set(dump()) == set(tables.metadata.tables)
