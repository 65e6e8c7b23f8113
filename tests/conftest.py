"""What the tests share: a database, the web service on it, and the people who use it.

Whatever touches tables runs on SQLite in the ordinary run, and the very same tests on PostgreSQL with `-m slow`.
"""

import gc
import os
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Self

import psycopg
import pytest
import sqlalchemy as sa
from anyio.from_thread import BlockingPortal, start_blocking_portal
from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient
from sqlmodel import Session, select

import collector.app
from analysis import findings as found
from collector import schema, tables
from collector.accounts import staff, tokens
from collector.accounts.access import STAFF, TOKEN_ROLES, Person
from collector.database import Database
from collector.findings.record import record
from collector.intake import drafts, jobs, rounds, submissions
from collector.intake.models import Job, Passage, Round, Source
from collector.intake.submissions import Received
from collector.settings import Settings
from forms import answers as forms_answers
from forms import questionnaire

# Python looks through what could go after every 700 new objects, and now and then through all there is: a test makes
# some ten thousands, of which next to nothing is left.
gc.set_threshold(50_000, 20, 50)

# Nothing is left to chance but where a test is about that; the worker reads it when it is imported.
os.environ["BLIND_SHARE"] = "0"

HERE = "http://127.0.0.1:8000"
QUESTIONNAIRE = "/questionnaires/keeping-the-promise"
POSTGRESQL = "postgresql://postgres@127.0.0.1:5432/postgres"
FORM_TOKEN = re.compile(r'name="_csrf" value="([^"]+)"')

Rows = dict[str, list[tuple[Any, ...]]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes minutes begins first, or one process would be at it when all others are done."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Modules and tests stay to the end, and are not looked through for what could go."""
    gc.collect()
    gc.freeze()


# -- The database ---------------------------------------------------------------------------------


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A database of the newest schema, with nothing in it but the open round where the test asks for that."""
    database = opened(request.getfixturevalue(f"fresh_{request.param}"))
    yield database
    database.close()


@cache
def opened(url: str) -> Database:
    """Kept between tests, as statements are compiled once by each: that takes a fifth of the time.

    Nothing is to outlive a power cut here, so that no commit waits for the disk.
    """
    database = Database(url)
    if url.startswith("sqlite"):
        sa.event.listen(database.engine, "connect", wait_for_no_disk)
    return database


def wait_for_no_disk(connection: sqlite3.Connection, record: Any) -> None:
    connection.execute("PRAGMA synchronous=OFF")


@pytest.fixture
def fresh_sqlite(request: pytest.FixtureRequest, place_of_file: Path) -> str:
    made = request.getfixturevalue("file_with_round" if "open_round" in request.fixturenames else "migrated_file")
    for old in place_of_file.parent.iterdir():  # its log too
        old.unlink()
    return f"sqlite:///{shutil.copy(made, place_of_file)}"


@pytest.fixture(scope="session")
def place_of_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("database") / "feedback-loop.sqlite3"


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrated once, copied for every test."""
    path = tmp_path_factory.mktemp("migrated") / "empty.sqlite3"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def file_with_round(migrated_file: Path) -> Path:
    """With what most tests begin with, opened once."""
    path = migrated_file.with_name("round.sqlite3")
    database = Database(f"sqlite:///{shutil.copy(migrated_file, path)}")
    first_round(database)
    database.close()
    return path


@pytest.fixture
def fresh_postgresql(migrated_postgresql: str) -> str:
    """Emptied row by row: there are few, and TRUNCATE makes new files for every table, ten times as slow."""
    with psycopg.connect(migrated_postgresql) as connection:
        # A connection that a test left open in a transaction shows here, and does not hang the run.
        connection.execute("SET lock_timeout = '10s'")
        names = ", ".join(f'"{table}"' for table in tables.metadata.tables)
        connection.execute(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE")
        connection.execute("SET session_replication_role = replica")  # in any order, as a superuser may
        connection.execute("; ".join(f'DELETE FROM "{table}"' for table in tables.metadata.tables))
        connection.execute("SELECT setval(c.oid, 1, false) FROM pg_class c WHERE c.relkind = 'S'")
    return migrated_postgresql


@pytest.fixture(scope="session")
def migrated_postgresql(new_postgresql: Callable[[str], str]) -> str:
    url = new_postgresql("tables")
    migrate(url)
    return url


@pytest.fixture
def empty_postgresql(database_without_tables: str) -> str:
    command(database_without_tables, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    return database_without_tables


@pytest.fixture(scope="session")
def database_without_tables(new_postgresql: Callable[[str], str]) -> str:
    return new_postgresql("empty")


@pytest.fixture(scope="session")
def new_postgresql() -> Iterator[Callable[[str], str]]:
    """Makes empty databases that go when this process ends. Without a server the tests that need one fail."""
    server = os.environ.get("TEST_DATABASE_URL", POSTGRESQL)
    made: list[str] = []

    def create(purpose: str) -> str:
        name = f"feedback_loop_test_{os.getpid()}_{purpose}"
        command(server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name}")
        # Nothing is to outlive a power cut here: no commit waits for the disk.
        command(server, f"ALTER DATABASE {name} SET synchronous_commit = off")
        made.append(name)
        return sa.make_url(server).set(database=name).render_as_string(hide_password=False)

    yield create
    command(server, *(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)" for name in made))


def command(server: str, *statements: str) -> None:
    if statements:
        with psycopg.connect(server, autocommit=True, connect_timeout=10) as connection:
            for statement in statements:
                connection.execute(statement)


def migrate(url: str) -> None:
    database = Database(url)
    schema.upgrade(database)
    database.close()


@pytest.fixture
def dump(database: Database) -> Callable[[], Rows]:
    """Every row of every table, so that before and after can be compared."""

    def read() -> Rows:
        with database.reading() as session:
            return {
                name: sorted(map(tuple, session.exec(sa.select(table)).all()), key=repr)
                for name, table in tables.metadata.tables.items()
            }

    return read


# -- The web service and the people who use it ----------------------------------------------------


class Browser(TestClient):
    """A browser: keeps its cookies, goes only where it is told, and posts forms with the token of their page.

    What it asks is answered in one event loop for all browsers, as in a running service; each by itself would start a
    loop and threads for every request, which takes twice as long as most answers.
    """

    loop: ClassVar[BlockingPortal | None] = None

    def __init__(self, app: Litestar, base_url: str = HERE) -> None:
        super().__init__(app, base_url=base_url, raise_server_exceptions=False)
        self.follow_redirects = False
        self.met: dict[tuple[tuple[str, str], ...], str] = {}

    def portal(self) -> AbstractContextManager[BlockingPortal]:
        return nullcontext(self.loop) if self.loop else super().portal()

    def __enter__(self) -> Self:
        """The service is there before a browser is opened, and stays when that is closed."""
        return self

    def __exit__(self, *problem: object) -> None:
        """It holds nothing but its cookies."""

    def form_token(self) -> str:
        """The token of a page of this visitor: of one seen before, as long as the cookies stay what they were."""
        if (held := tuple(self.cookies.items())) not in self.met:
            token = FORM_TOKEN.findall(self.get("/sign-in").text)[-1]
            self.met[tuple(self.cookies.items())] = token
            return token
        return self.met[held]

    def submit(self, url: str, fields: dict[str, Any] | None = None, **more: Any) -> Response:
        """Post a form as one of our own pages would."""
        return self.post(url, data={"_csrf": self.form_token(), **(fields or {})}, **more)


@pytest.fixture
def settings(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("SECRET_KEY", "a secret that only these tests know of")
    return Settings(
        data_dir=tmp_path,
        database_url=database.url,
        redis_url="memory://",  # a broker within this process: a wake-up is sent, and nobody need be there
        base_url=HERE,
        site_name="Feedback Loop",
        organisation="The Promise Scotland",
        email="feedback-loop@example.org",
    )


@pytest.fixture(scope="session", autouse=True)
def loop_of_browsers() -> Iterator[None]:
    with start_blocking_portal() as Browser.loop:
        yield


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Litestar:
    """Put together once, because templates are compiled once; what requests share is fresh for each test."""
    folder = tmp_path_factory.mktemp("built")
    names = {"base_url": HERE, "site_name": "", "organisation": "", "email": ""}
    broker = f"redis+socket://{folder}/no-broker.sock"
    settings = Settings(data_dir=folder, database_url=f"sqlite:///{folder}/none.db", redis_url=broker, **names)
    return collector.app.create(settings)


@pytest.fixture
def app(built: Litestar, settings: Settings, database: Database, open_round: Round) -> Iterator[Litestar]:
    """The web service, with one round open."""
    for name, value in collector.app.shared_by_requests(settings).items():
        setattr(built.state, name, value)
    built.state.database.close()
    built.state.database = database
    yield built
    built.state.queue.close()


@pytest.fixture
def browser(app: Litestar) -> Browser:
    """Somebody who has not signed in."""
    return Browser(app)


@pytest.fixture
def new_browser(app: Litestar) -> Callable[..., Browser]:
    """Makes another browser, of this service or of another one put together otherwise."""
    return lambda other=app, base_url=HERE: Browser(other, base_url)


@pytest.fixture
def sign_in(app: Litestar, database: Database) -> Callable[[Browser, str], int]:
    """Gives a browser a staff session, as a link would; returns the account's id."""

    def start(browser: Browser, role: str) -> int:
        with database.writing() as session:
            member = staff_member(session, role)
            secret, id = staff.start_session(session, member.id), member.id
            session.commit()
        hold(browser, "staff", secret)
        return id

    return start


def hold(browser: Browser, name: str, value: str) -> None:
    """Put a cookie into a browser in place of the one that it has."""
    if name in browser.cookies:
        browser.cookies.delete(name)
    browser.cookies.set(name, value, domain="127.0.0.1")


def staff_member(session: Session, role: str) -> tables.accounts.StaffMember:
    email = f"{role}@example.org"
    return staff.by_email(session, email) or staff.add(session, email=email, name=f"The {role}", role=role)


@pytest.fixture
def staff_browser(app: Litestar, sign_in: Callable[[Browser, str], int]) -> Browser:
    """A reviewer who has signed in."""
    browser = Browser(app)
    sign_in(browser, "reviewer")
    return browser


@pytest.fixture
def new_token(database: Database) -> Callable[[str], dict[str, str]]:
    """Makes a token of a role; returns the headers that a program sends with it."""

    def add(role: str) -> dict[str, str]:
        with database.writing() as session:
            secret = tokens.add(session, name=f"A {role}", role=role)
            session.commit()
        return {"Authorization": f"Bearer {secret}"}

    return add


@pytest.fixture
def as_person(
    new_browser: Callable[..., Browser],
    sign_in: Callable[[Browser, str], int],
    new_token: Callable[[str], dict[str, str]],
) -> Callable[[Person], Browser]:
    """A browser (or a program) of each kind of person that the access rules know."""

    def someone(person: Person) -> Browser:
        browser = new_browser()
        if person in STAFF:
            sign_in(browser, person)
        if person in TOKEN_ROLES:
            browser.headers.update(new_token(person))
        return browser

    return someone


# -- What they send, and what is found in it ------------------------------------------------------


@pytest.fixture
def open_round(database: Database) -> Round:
    return first_round(database)


def first_round(database: Database) -> Round:
    """The round that is open; opened now where there is none."""
    with database.writing() as session:
        round_ = session.exec(select(Round).where(Round.slug == "first-round")).first() or rounds.open_round(
            session, questionnaire.load("keeping-the-promise"), slug="first-round", title="First round"
        )
        session.commit()
        session.refresh(round_)
        session.expunge(round_)
    return round_


@pytest.fixture
def answers() -> dict[str, Any]:
    """All that an organisation answers."""
    return {
        "respondent": "organisation",
        "organisation-name": "Kinnaird Water Council",
        "organisation-kind": "local_authority",
        "areas": ["fife", "highland"],
        "priority-areas": ["planning"],
        "planning.doing": "We hold a family meeting before every decision. Parents chair it.",
        "planning.barriers": "Nobody funds the post after March.",
        "permission": "without-name",
        "contact-permission": "yes",
        "email": "plans@kinnaird.example.org",
    }


@pytest.fixture
def fill_in(database: Database, open_round: Round, answers: dict[str, Any]) -> Callable[..., None]:
    """Puts a draft with all its answers into a browser, past the pages."""

    def keep(browser: Browser, given: dict[str, Any] = answers) -> None:
        browser.get("/sign-in")  # any page gives it its visitor cookie
        with database.writing() as session:
            drafts.save(session, browser.cookies["visitor"], open_round, asked=set(), answers=given)
            session.commit()

    return keep


@pytest.fixture
def walk_through(answers: dict[str, Any]) -> Callable[..., list[str]]:
    """Answers the questionnaire page by page, as far as "Check your answers"; returns the ids of the pages met."""

    def walk(browser: Browser, given: dict[str, Any] = answers, query: str = "") -> list[str]:
        form, met, token = questionnaire.load("keeping-the-promise"), [], browser.form_token()
        url = f"{QUESTIONNAIRE}/pages/respondent{query}"
        while found := re.search(r"/(?:pages|lists)/([a-z-]+)", url):
            met.append(found[1])
            asked = {question.id for step in form.steps if step.page.id == met[-1] for question in step.page.questions}
            fields = {key: value for key, value in given.items() if key in asked}
            sent = browser.post(url, data={"_csrf": token, **fields})
            assert sent.status_code == 303, f"{met[-1]}: {sent.status_code}"
            url = sent.headers["location"]
        assert url == f"{QUESTIONNAIRE}/check"
        return met

    return walk


@pytest.fixture
def receive(database: Database, open_round: Round, answers: dict[str, Any]) -> Callable[..., Received]:
    """Keeps a submission of the open round, past the web service."""

    def keep(key: str = "first", **changes: Any) -> Received:
        form = questionnaire.load("keeping-the-promise")
        reading = forms_answers.read_whole(form, {**answers, **changes})
        assert not reading.problems
        with database.writing() as session:
            return submissions.receive(
                session,
                round_=open_round,
                questionnaire=form,
                questionnaire_id=open_round.questionnaire_id,
                answers=reading.answers,
                idempotency_key=key,
            )

    return keep


Labels = dict[str, list[str]]


def findings_of(passage: Passage, told: dict[str, Labels], model: str = "test-1") -> found.Findings:
    """Findings written by hand: the stretches of the text that are statements, each with its labels by family."""
    statements = tuple(statement_of(passage.text, words, labels) for words, labels in told.items())
    return found.Findings(id=str(passage.id), statements=statements, model=model)


def statement_of(text: str, words: str, labels: Labels) -> found.Statement:
    start = text.index(words)
    evidence = (found.Span(start, start + len(words.split()[0]), words.split()[0]),)
    held = [found.Label(family, id, 0.75, evidence) for family, ids in labels.items() for id in ids]
    return found.Statement(start, start + len(words), tuple(held))


@dataclass(frozen=True)
class Analysed:
    """A submission that has been read, by the ids that pages go by."""

    received: Received
    source_id: int
    organisation_id: int
    passage_ids: list[int]
    statement_ids: list[int]


@pytest.fixture
def record_findings(database: Database) -> Callable[..., None]:
    """Records findings written by hand: by passage (its position in the source), statement and family."""

    def keep(source_id: int, told: dict[int, dict[str, Labels]], model: str = "test-1") -> None:
        with database.writing() as session:
            jobs.hold(session, [source_id])  # first, as the worker does
            passages = session.exec(select(Passage).where(Passage.source_id == source_id)).all()
            record(session, {one.id: findings_of(one, told.get(one.position, {}), model) for one in passages})
            session.exec(sa.update(Job).where(Job.source_id == source_id).values(state="done", done=Job.total))
            session.commit()

    return keep


@pytest.fixture
def analysed(
    database: Database, receive: Callable[..., Received], record_findings: Callable[..., None]
) -> Callable[..., Analysed]:
    """Keeps a submission and records what was found in it."""

    def keep(key: str = "first", told: dict[int, dict[str, Labels]] | None = None, **changes: Any) -> Analysed:
        received = receive(key, **changes)
        with database.reading() as session:
            source_id = session.exec(select(Source.id).where(Source.submission_id == received.submission_id)).one()
        record_findings(source_id, TOLD if told is None else told)
        with database.reading() as session:
            passages = list(session.exec(select(Passage.id).where(Passage.source_id == source_id).order_by(Passage.id)))
            statement = tables.findings.Statement
            chosen = select(statement.id).where(statement.passage_id.in_(passages))
            statements = list(session.exec(chosen.order_by(statement.passage_id, statement.start)))
        return Analysed(received, source_id, received.organisation_id, passages, statements)

    return keep


# What is found in the answers above: two statements in the first passage, one in the second.
TOLD: dict[int, dict[str, Labels]] = {
    1: {
        "We hold a family meeting before every decision.": {
            "actions": ["planning"],
            "fundamentals": ["what-matters"],
            "kinds": ["activity"],
        },
        "Parents chair it.": {"kinds": ["activity"]},
    },
    2: {"Nobody funds the post after March.": {"kinds": ["barrier"], "barrier_themes": ["funding"]}},
}
