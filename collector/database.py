"""The database: one synchronous session style for web and worker, on SQLite and PostgreSQL alike."""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from pydantic_core import PydanticUndefined
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Engine
from sqlalchemy.types import TypeDecorator
from sqlmodel import AutoString, Session, SQLModel

# Seconds a writer waits for another before it gives up; the page then says so and asks to try again.
LOCK_WAIT = 5
LONG_WAIT = 120  # for whom no person waits
# A machine that has gone says nothing: it is asked again after seconds, and given up after ten. By itself TCP waits for
# a quarter of an hour, and every thread of the service with it.
SILENCE = {"tcp_user_timeout": 10_000, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3}
# Rows read or written by one statement, where there are many.
ROWS_AT_ONCE = 500
# A connection for each of the 40 threads that the web service may run at once.
POOL = {"pool_size": 20, "max_overflow": 20, "pool_timeout": LOCK_WAIT}


class Moment(TypeDecorator[datetime]):
    """A point in time, always UTC and always aware, also on SQLite which keeps no time zone."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def now() -> datetime:
    return datetime.now(UTC)


IN_JSON = {sa.Integer, sa.Float, sa.String, sa.Boolean, sa.JSON, AutoString, Moment}


class Busy(Exception):
    """Others have been writing for as long as anybody should wait."""


# What is raised where the database is away or others hold it; an OperationalError can also mean that it never will do.
AWAY = (Busy, sa.exc.OperationalError, sa.exc.TimeoutError)
# Connections, resources and the database's own end, by class of SQLSTATE; a lock that was not free; two who waited for
# each other.
AWAY_STATES = ("08", "53", "57P", "55P03", "40P01")
AWAY_IN_SQLITE = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_CANTOPEN", "SQLITE_IOERR", "SQLITE_FULL")


def is_away(problem: Exception) -> bool:
    """No fault of what was asked of the database: another time will do."""
    if not isinstance(problem, sa.exc.OperationalError):
        return isinstance(problem, AWAY)
    if name := getattr(problem.orig, "sqlite_errorname", ""):
        return name.startswith(AWAY_IN_SQLITE)
    state = getattr(problem.orig, "sqlstate", None)
    return state is None or state.startswith(AWAY_STATES)  # who was not reached gives none


class Database:
    def __init__(self, url: str) -> None:
        self.url = driver_of(url)
        self.engine = connect(self.url)
        self._writing = self.engine.execution_options(writes=True)
        self._turn = threading.Lock() if self.url.startswith("sqlite") else None

    def reading(self) -> Session:
        """A session that only looks: on SQLite it never waits for writers."""
        return Session(self.engine)

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session that will write: on SQLite it takes the write lock at once, so that it cannot fail half-way."""
        with self.turn(), Session(self._writing) as session:
            yield session

    @contextmanager
    def turn(self) -> Iterator[None]:
        """SQLite has one writer, and who finds it busy sleeps and tries again; threads of one process queue instead."""
        if self._turn is None:
            yield
            return
        if not self._turn.acquire(timeout=LOCK_WAIT):
            raise Busy
        try:
            yield
        finally:
            self._turn.release()

    def empty_log(self) -> None:
        """On SQLite words that were deleted stand in its log until that is emptied. Waits for nobody: later will do."""
        if self._turn is not None:
            with closing(sqlite3.connect(sa.make_url(self.url).database, timeout=0)) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        self.engine.dispose()


def driver_of(url: str) -> str:
    for plain in ("postgresql://", "postgres://"):
        if url.startswith(plain):
            return "postgresql+psycopg://" + url.removeprefix(plain)
    return url


def connect(url: str) -> Engine:
    # Without parameters in its errors: they are words that somebody wrote, and errors go to logs.
    if not url.startswith("sqlite"):
        patient = {"options": f"-c lock_timeout={LOCK_WAIT * 1000}", "connect_timeout": LOCK_WAIT, **SILENCE}
        return sa.create_engine(url, pool_pre_ping=True, connect_args=patient, hide_parameters=True, **POOL)
    Path(sa.make_url(url).database or "").parent.mkdir(parents=True, exist_ok=True)
    patient = {"timeout": LOCK_WAIT, "check_same_thread": False}
    engine = sa.create_engine(url, connect_args=patient, hide_parameters=True, **POOL)
    sa.event.listen(engine, "connect", prepare_sqlite)
    sa.event.listen(engine, "begin", begin_sqlite)
    return engine


def prepare_sqlite(connection: Any, record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, see begin_sqlite
    # FULL: a receipt is a promise, also when the power fails.
    # What is deleted is overwritten: not every build of SQLite does that by itself.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")


def begin_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def insert_one(session: Session, table: type[SQLModel], **values: Any) -> int:
    """Insert a row with the table's own defaults where nothing is given; returns its id.

    Past the unit of work and the model's constructor, which cost several times the insert on the path that
    everybody waits on.
    """
    row = {name: make() for name, make in factories_of(table)} | constants_of(table) | values
    return session.connection().execute(insertion(table), row).scalar_one()


@cache
def factories_of(table: type[SQLModel]) -> list[tuple[str, Callable[[], Any]]]:
    return [(name, field.default_factory) for name, field in table.model_fields.items() if field.default_factory]


@cache
def constants_of(table: type[SQLModel]) -> dict[str, Any]:
    fields = table.model_fields.items()
    return {name: field.default for name, field in fields if name != "id" and field.default is not PydanticUndefined}


@cache
def insertion(table: type[SQLModel]) -> sa.Insert:
    return sa.insert(table.__table__).returning(table.__table__.c.id)


def insert_all(session: Session, table: type[SQLModel], rows: list[dict[str, Any]]) -> None:
    """Insert rows, all with the same columns; the others get the table's own defaults."""
    if not rows:
        return
    if insert_of(session) is postgresql.insert and goes_as_json(table, tuple(rows[0])):
        known = constants_of(table).items()
        same = {name: value for name, value in known if value is not None and name not in rows[0]}
        as_json = from_json(table, tuple(rows[0]), tuple(same))
        session.connection().execute(as_json, {"rows": json.dumps(rows, default=datetime.isoformat), **same})
    else:
        session.connection().execute(sa.insert(table.__table__), rows)


@cache
def goes_as_json(table: type[SQLModel], names: tuple[str, ...]) -> bool:
    """Whether JSON has all that stands in these columns, and no other column waits for what is made for each row."""
    types = {type(table.__table__.c[name].type) for name in names}
    nulls = any(
        table.__table__.c[name].nullable and isinstance(table.__table__.c[name].type, sa.JSON) for name in names
    )
    return types <= IN_JSON and not nulls and not {name for name, _ in factories_of(table)} - set(names)


@cache
def from_json(table: type[SQLModel], names: tuple[str, ...], same: tuple[str, ...]) -> sa.Insert:
    """PostgreSQL takes rows as one text in a fifth of the time of as many rows of parameters.

    What is the `same` in all rows is told once.
    """
    text = sa.cast(sa.bindparam("rows", type_=sa.Text), postgresql.JSON)
    columns = [sa.column(name, table.__table__.c[name].type) for name in names]
    rows = sa.func.json_to_recordset(text).table_valued(*columns).render_derived(with_types=True)
    told = [sa.bindparam(name, type_=table.__table__.c[name].type) for name in same]
    return sa.insert(table.__table__).from_select([*names, *same], sa.select(*rows.c, *told), include_defaults=False)


def insert_once(session: Session, table: type[SQLModel], rows: list[dict[str, Any]], keys: list[str]) -> int:
    """Insert rows; one that is there already (same unique keys) is left as it is. Returns how many are new."""
    if not rows:
        return 0
    insert = insert_of(session)(table.__table__)
    return session.connection().execute(insert.on_conflict_do_nothing(index_elements=keys), rows).rowcount


def add_up(session: Session, table: type[SQLModel], rows: list[dict[str, Any]], keys: list[str], count: str) -> None:
    """Insert rows; to one that is there already (same unique keys) the count is added."""
    if rows:
        insert = insert_of(session)(table.__table__)
        total = table.__table__.c[count] + insert.excluded[count]
        session.connection().execute(insert.on_conflict_do_update(index_elements=keys, set_={count: total}), rows)


def batches(rows: Iterable[Any], size: int = ROWS_AT_ONCE) -> Iterator[list[Any]]:
    batch: list[Any] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def free(session: Session, chosen: Any) -> list[int]:
    """The ids of these rows that nobody else is at work on, held until the commit: who tidies up waits for nobody."""
    return list(session.exec(chosen.with_for_update(skip_locked=True)))


def one_at_a_time(session: Session, work: str) -> None:
    """Until the commit nobody else does the same work: long enough that two of them would wait for each other's rows.

    To be called first, with nothing held yet. SQLite has one writer anyhow.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.exec(sa.text(f"SET LOCAL lock_timeout = '{LONG_WAIT}s'"))
        session.exec(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(work))))


def together(session: Session, work: str) -> None:
    """Until the commit nobody does this work alone (`one_at_a_time`); any number may hold it together."""
    if session.get_bind().dialect.name == "postgresql":
        session.exec(sa.select(sa.func.pg_advisory_xact_lock_shared(sa.func.hashtext(work))))


def insert_of(session: Session) -> Callable[..., Any]:
    """SQLAlchemy has "on conflict" in the words of each database alone."""
    return sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
