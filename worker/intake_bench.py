"""`bench intake`: submissions a second through HTTP, beside a bare handler that inserts the same rows in one commit."""

import http.client
import json
import os
import socket
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import sqlalchemy as sa

from collector import schema, tables
from collector.accounts import tokens
from collector.database import Database
from collector.intake import rounds
from collector.settings import broker_socket
from forms import questionnaire
from worker.launcher import Part, broker_command, web_command

CLIENTS = 8
SECONDS = 4  # of posting in each turn
TURNS = 3  # of either, alternating, so that both meet the same machine
AREAS = ("planning", "whole-family-support")
TEXT = (
    "We meet every family in the first week and keep the same worker for as long as the family wants. The list is "
    "long, two posts are empty, and from April 2027 we plan to run an evening group together with the school."
)

Post = Callable[[http.client.HTTPConnection], int]


def run() -> dict[str, float]:
    """Figures: submissions/s, the bare handler's posts/s, their ratio (medians of the turns), rows a submission."""
    with tempfile.TemporaryDirectory() as folder:
        own, bare = Path(folder) / "own", Path(folder) / "bare"
        database = Database(url_in(own))
        prepare(Database(url_in(bare)))
        submission = submission_post(prepare(database))
        with (
            serving(own, "collector.app:create", broker=True) as port,
            serving(bare, "collector.intake.bare:create") as other,
        ):
            submission(http.client.HTTPConnection("127.0.0.1", port))
            rows = count_rows(database)
            ceiling = bare_post()
            turns = [(rate(port, submission), rate(other, ceiling)) for _ in range(TURNS)]
        database.close()
    ours, theirs = (statistics.median(each) for each in zip(*turns, strict=True))
    return {
        "submissions a second": ours,
        "ceiling: bare posts a second": theirs,
        "ratio": ours / theirs,
        "rows each": rows,
    }


def url_in(folder: Path) -> str:
    return f"sqlite:///{folder / 'bench.sqlite3'}"


def prepare(database: Database) -> str:
    """An open round and a token to post with."""
    schema.upgrade(database)
    with database.writing() as session:
        rounds.open_round(session, questionnaire.load("keeping-the-promise"), slug="bench", title="Bench")
        token = tokens.add(session, name="bench", role="submitter")
        session.commit()
    return token


def submission_post(token: str) -> Post:
    body = json.dumps({"questionnaire": "keeping-the-promise", "answers": answers()})
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def post(connection: http.client.HTTPConnection) -> int:
        connection.request("POST", "/api/submissions", body, {**headers, "Idempotency-Key": uuid4().hex})
        return read(connection)

    return post


def answers() -> dict[str, str | list[str]]:
    asked = ("doing", "plans", "barriers", "needs", "offers", "voice")
    return {
        "respondent": "organisation",
        "organisation-name": "A bench of ours",
        "organisation-kind": "other",
        "areas": ["fife"],
        "priority-areas": list(AREAS),
        **{f"{area}.{question}": TEXT for area in AREAS for question in asked},
        "permission": "do-not-publish",
        "contact-permission": "no",
    }


def bare_post() -> Post:
    """The same answers, as plain texts."""
    body = json.dumps({id: value if isinstance(value, str) else " ".join(value) for id, value in answers().items()})

    def post(connection: http.client.HTTPConnection) -> int:
        connection.request("POST", "/", body, {"Content-Type": "application/json"})
        return read(connection)

    return post


def read(connection: http.client.HTTPConnection) -> int:
    answer = connection.getresponse()
    content = answer.read()
    if answer.status != 201:
        raise RuntimeError(f"The post was answered with {answer.status}: {content[:500]!r}")
    return answer.status


def count_rows(database: Database) -> int:
    """Rows that one submission left: the tables were empty but for what it hangs on."""
    before = {"published_questionnaire", "round", "api_token"}
    with database.reading() as session:
        return sum(
            session.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for table in tables.metadata.sorted_tables
            if table.name not in before
        )


def rate(port: int, post: Post) -> float:
    """Posts a second by all clients together."""
    until = time.monotonic() + SECONDS
    with ThreadPoolExecutor(CLIENTS) as pool:
        counts = list(pool.map(lambda _: post_until(until, port, post), range(CLIENTS)))
    return sum(counts) / SECONDS


def post_until(until: float, port: int, post: Post) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    number = 0
    while time.monotonic() < until:
        post(connection)
        number += 1
    return number


@contextmanager
def serving(folder: Path, app: str, *, url: str = "", key: str = "", broker: bool = False) -> Iterator[int]:
    """The app in a process of its own, with a broker beside it where it needs one; gives its port."""
    port = free_port()
    environment = {**os.environ, "FEEDBACK_LOOP_DATA": str(folder), "BASE_URL": f"http://127.0.0.1:{port}"}
    environment |= {"DATABASE_URL": url or url_in(folder), "SECRET_KEY": key}
    environment.pop("REDIS_URL", None)
    commands = {"broker": broker_command(broker_socket(folder))} if broker else {}
    commands["web"] = web_command("127.0.0.1", port, app)
    parts = [Part(name, command, folder / f"{name}.log", environment) for name, command in commands.items()]
    try:
        for part in parts:
            part.start()
        wait_for(port)
        yield port
    finally:
        for part in reversed(parts):
            part.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port: int) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("The service under test did not start")
