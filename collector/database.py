"""The database: one synchronous session style for web and worker, on SQLite and PostgreSQL alike."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Engine
from sqlalchemy.types import TypeDecorator
from sqlmodel import Session, SQLModel

# Seconds a writer waits for another before it gives up; the page then says so and asks to try again.
LOCK_WAIT = 5


class Moment(TypeDecorator[datetime]):
    """A point in time, always UTC and always aware, also on SQLite which keeps no time zone."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None or value.tzinfo:
            return value
        return value.replace(tzinfo=UTC)


def now() -> datetime:
    return datetime.now(UTC)


class Database:
    def __init__(self, url: str) -> None:
        self.url = driver_of(url)
        self.engine = connect(self.url)
        self._writing = self.engine.execution_options(writes=True)

    def reading(self) -> Session:
        """A session that only looks: on SQLite it never waits for writers."""
        return Session(self.engine)

    def writing(self) -> Session:
        """A session that will write: on SQLite it takes the write lock at once, so that it cannot fail half-way."""
        return Session(self._writing)

    def close(self) -> None:
        self.engine.dispose()


def driver_of(url: str) -> str:
    for plain in ("postgresql://", "postgres://"):
        if url.startswith(plain):
            return "postgresql+psycopg://" + url.removeprefix(plain)
    return url


def connect(url: str) -> Engine:
    if not url.startswith("sqlite"):
        return sa.create_engine(url, pool_pre_ping=True)
    Path(sa.make_url(url).database or "").parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(url, connect_args={"timeout": LOCK_WAIT, "check_same_thread": False})
    sa.event.listen(engine, "connect", prepare_sqlite)
    sa.event.listen(engine, "begin", begin_sqlite)
    return engine


def prepare_sqlite(connection: Any, record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, see begin_sqlite
    # FULL: a receipt is a promise, also when the power fails.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def begin_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def insert_once(session: Session, table: type[SQLModel], rows: list[dict[str, Any]], keys: list[str]) -> None:
    """Insert rows; one that is there already (same unique keys) is left as it is."""
    if not rows:
        return
    insert: Callable[..., Any] = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    session.exec(insert(table).on_conflict_do_nothing(index_elements=keys), params=rows)
