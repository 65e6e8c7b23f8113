"""A whole running system in a folder of its own, in both forms, started as a person or a container engine starts it.

`Embedded` is what `make run` starts: one command, SQLite and its own broker. `OnServices` takes commands and settings
from docker-compose.yml and starts them outside containers. Whatever a test does to it, nothing is left running.
"""

import email
import email.policy
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from functools import cached_property, partial
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import composed
import httpx
import kept
import processes
import psycopg
import redis
import told
from sqlmodel import col, select

from collector.database import Database
from collector.mail import letters
from collector.mail.models import Mail
from collector.settings import broker_socket
from worker.launcher import web_command
from worker.preparing import FIRST_REVIEWER
from worker.processes import die_with_parent

PROGRAM = Path(sys.executable).with_name("feedback-loop")
DATABASE_SERVER = os.environ.get("TEST_DATABASE_URL", "postgresql://postgres@127.0.0.1:5432/postgres")
BROKER_SERVER = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/9")
# What a developer may have set for a system of their own.
OTHERS_SETTINGS = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "BASE_URL", "FEEDBACK_LOOP_DATA", "MAIL_URL", "MAIL_FROM")
NOBODY_LISTENS = "smtp://127.0.0.1:1?tls=none"

SERVED_WITHIN = 60
READY_WITHIN = 120  # until the worker holds its models, on a machine that does other things too
ENDED_WITHIN = 30
MAILED_WITHIN = 30
LEFT_WITHIN = 10  # what a container engine gives a process before it kills it

Process = subprocess.Popen[bytes]
Found = TypeVar("Found")
Form = TypeVar("Form", bound="System")


def wait_for(what: Callable[[], Found], *, within: float, why: str, every: float = 0.1) -> Found:
    """The first thing found that is true; fails with `why` when there is none in time."""
    until = time.monotonic() + within
    while not (found := what()):
        assert time.monotonic() < until, f"Not within {within:g} seconds: {why}"
        time.sleep(every)
    return found


class System:
    """What both forms have in common: processes that were started, an address, a database, a broker."""

    serves: str
    environment: dict[str, str]
    data_dir: Path
    database_url: str
    broker_url: str

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.started: dict[str, Process] = {}
        self.tokens: dict[str, str] = {}

    def launch(self, name: str, command: list[str], environment: dict[str, str]) -> Process:
        """Start a process in a session of its own, as a terminal or a container engine would."""
        with (self.folder / f"{name}.out").open("ab") as out:
            self.started[name] = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
                preexec_fn=die_with_parent,  # also when the tests themselves are killed
            )
        return self.started[name]

    def said(self, name: str) -> str:
        return (self.folder / f"{name}.out").read_text("utf-8", "replace")

    def run(self, *arguments: str) -> str:
        """A command of `feedback-loop` on this system; returns what it printed."""
        finished = subprocess.run([PROGRAM, *arguments], env=self.environment, capture_output=True, text=True)
        assert finished.returncode == 0, finished.stderr
        return finished.stdout

    @property
    def serving(self) -> Process:
        """The process of `feedback-loop serve`."""
        return self.started[self.serves]

    def processes(self) -> dict[int, str]:
        return processes.running_in(self.folder, self.data_dir, broker_socket(self.data_dir).parent)

    def program(self, role: str, address: str = "") -> httpx.Client:
        """A program that uses the API with a token of this role."""
        if role not in self.tokens:
            self.tokens[role] = self.run("token", "add", f"test {role}", "--role", role).strip()
        bearer = {"Authorization": f"Bearer {self.tokens[role]}"}
        return client(address or self.address, headers=bearer)

    def submit(self, answers: dict[str, Any], key: str | None = None) -> str:
        """Send a submission as a program does; returns its reference."""
        with self.program("submitter") as program:
            answer = post(program, answers, key or secrets.token_hex(8))
        assert answer.status_code == 201, answer.text
        return answer.json()["reference"]

    def new_link(self) -> str:
        """One more sign-in link of the first reviewer."""
        return last_address(self.run("staff", "link", FIRST_REVIEWER))

    def signed_in(self) -> httpx.Client:
        """Staff, by a sign-in link, without a browser."""
        link = self.new_link()
        staff = client(self.address, follow_redirects=True)
        token = re.search(r'name="_csrf" value="([^"]+)"', staff.get(link).text)[1]
        assert "Sources" in staff.post(link, data={"_csrf": token}).text
        return staff

    @cached_property
    def database(self) -> Database:
        return Database(self.database_url)

    @property
    def broker(self) -> redis.Redis:
        if self.broker_url.startswith("redis+socket://"):
            return redis.Redis(unix_socket_path=self.broker_url.removeprefix("redis+socket://"))
        return redis.Redis.from_url(self.broker_url)

    def worker_child(self) -> int:
        """The process that reads texts: of the worker's children the one that holds the models, by far the biggest."""
        children = processes.children_of(self.worker_pid())
        return max(children, key=processes.memory_of)

    @contextmanager
    def second_web(self) -> Iterator[str]:
        """One more web service on the same database; gives its address."""
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        self.launch_second_web(port, address)
        self.wait_until_served("web-2", address)
        try:
            yield address
        finally:
            second = self.started.pop("web-2")
            second.terminate()
            second.wait(ENDED_WITHIN)

    def wait_until_served(self, name: str, address: str = "") -> None:
        def served() -> bool:
            ended = self.started[name].poll()
            assert ended is None, f"It ended with {ended}:\n{self.said(name)}"
            with suppress(httpx.HTTPError):
                return asking.get("/api/health").status_code == 200
            return False

        with client(address or self.address) as asking:
            wait_for(served, within=SERVED_WITHIN, why="the web service answers")

    def wait_until_read(self, references: list[str], *, within: float) -> None:
        def all_done() -> bool:
            return kept.states_of(self.database, references)["done"] == len(references)

        wait_for(all_done, within=within, why=f"{len(references)} submissions are read")

    def ask_to_stop(self, *, within: float = ENDED_WITHIN) -> dict[str, int | None]:
        """Ask each process to end, the last started first; returns what they ended with, None where one did not."""
        ended = {}
        for name, process in reversed(self.started.items()):
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(within)
            ended[name] = process.returncode
        return ended

    def stop(self) -> None:
        """Whatever a test did, leave nothing running."""
        self.ask_to_stop(within=LEFT_WITHIN)
        processes.end(self.processes())
        for process in self.started.values():
            process.kill()
            process.wait()
        self.database.close()

    def mail_to(self, address: str) -> str:
        """What the last mail to this address says."""
        raise NotImplementedError

    def worker_pid(self) -> int:
        raise NotImplementedError

    def launch_second_web(self, port: int, address: str) -> None:
        raise NotImplementedError


class Embedded(System):
    """One command, SQLite, its own broker. Without `mail_url` mails become files."""

    serves = "serve"

    def __init__(self, folder: Path, *, mail_url: str = "") -> None:
        super().__init__(folder)
        self.mail = {"MAIL_URL": mail_url}
        self.data_dir = folder / "data"
        self.database_url = f"sqlite:///{self.data_dir / 'feedback-loop.sqlite3'}"
        self.broker_url = f"redis+socket://{broker_socket(self.data_dir)}"
        self.environment = settings(FEEDBACK_LOOP_DATA=str(self.data_dir), BASE_URL=self.address, **self.mail)

    def start(self, *options: str) -> None:
        command = [str(PROGRAM), "serve", "--data-dir", str(self.data_dir), "--port", str(self.port)]
        self.launch("serve", [*command, *(options or ["--no-sample"])], settings(**self.mail))
        self.wait_until_served("serve")
        wait_for(lambda: "Staff sign-in" in self.said("serve"), within=SERVED_WITHIN, why="it says what to open")

    start_again = start

    @property
    def printed_link(self) -> str:
        """The link that is printed at the start."""
        return re.findall(r"Staff sign-in +(\S+)", self.said("serve"))[-1]

    def part(self, words: str) -> int | None:
        """The part of the launcher with these words in its command."""
        return processes.child_of(self.serving.pid, words)

    def web_pid(self) -> int:
        return wait_for(lambda: self.part("uvicorn"), within=SERVED_WITHIN, why="there is a web service")

    def mail_to(self, address: str) -> str:
        def found() -> str:
            newest_first = sorted((self.data_dir / "outbox").glob("*.eml"), key=lambda path: -int(path.stem))
            mails = [parsed(path) for path in newest_first]
            return next((mail.get_body(("plain",)).get_content() for mail in mails if mail["To"] == address), "")

        return wait_for(found, within=MAILED_WITHIN, why=f"a mail to {address} is in the outbox")

    def worker_pid(self) -> int:
        return wait_for(lambda: self.part("worker.cli worker"), within=SERVED_WITHIN, why="there is a worker")

    def broker_pid(self) -> int:
        return wait_for(lambda: self.part("valkey"), within=SERVED_WITHIN, why="there is a broker")

    def worker_ended(self) -> None:
        """Nothing to do: the launcher starts it again."""

    @contextmanager
    def broker_away(self) -> Iterator[None]:
        """The broker dies. The launcher is held meanwhile, since it would start another within two seconds."""
        self.started["serve"].send_signal(signal.SIGSTOP)
        os.kill(self.broker_pid(), signal.SIGKILL)
        try:
            yield
        finally:
            self.started["serve"].send_signal(signal.SIGCONT)

    @contextmanager
    def worker_away(self) -> Iterator[None]:
        """The worker stands still, all of it; stopped, the launcher would start another."""
        group = self.worker_pid()
        os.killpg(group, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(group, signal.SIGCONT)

    def launch_second_web(self, port: int, address: str) -> None:
        self.launch("web-2", web_command("127.0.0.1", port), {**self.environment, "BASE_URL": address})


class OnServices(System):
    """Three processes of docker-compose.yml on PostgreSQL and Redis.

    Without `broker_url` it starts a Redis of its own, with the settings of the file, that a test may kill.
    """

    serves = "web"

    def __init__(self, folder: Path, broker_url: str | None = None, *, mail_url: str = NOBODY_LISTENS) -> None:
        super().__init__(folder)
        self.database_name = f"feedback_loop_test_{secrets.token_hex(4)}"
        self.own_broker_port = None if broker_url else free_port()
        variables = {
            "POSTGRES_PASSWORD": "of the file",
            "SECRET_KEY": secrets.token_hex(32),
            "BASE_URL": self.address,
            "MAIL_URL": mail_url,
            "MAIL_FROM": "feedback-loop@example.org",
            "BLIND_SHARE": "0",
            "LEARN_EVERY_DAYS": "0",
        }
        self.services = {name: composed.service(name, **variables) for name in ("web", "worker", "schedule", "redis")}
        given = self.services["web"]["environment"]
        self.database_url = moved(given["DATABASE_URL"], DATABASE_SERVER, path=f"/{self.database_name}")
        self.broker_url = broker_url or moved(given["REDIS_URL"], f"redis://127.0.0.1:{self.own_broker_port}")
        self.data_dir = folder / "command"
        self.environment = self.environment_of("web", "command")

    def environment_of(self, service: str, folder: str | None = None) -> dict[str, str]:
        """The service's settings from the file, with the hosts of this machine and a volume of its own."""
        hosts = {"DATABASE_URL": self.database_url, "REDIS_URL": self.broker_url}
        volume = str(self.folder / (folder or service))
        return settings(**self.services[service]["environment"] | hosts, FEEDBACK_LOOP_DATA=volume)

    def command_of(self, service: str, port: int) -> list[str]:
        program, *arguments = composed.entry_point()
        assert program == PROGRAM.name
        words = [str(port) if word == "8000" else word for word in self.services[service]["command"]]
        return [str(PROGRAM), *arguments, *words]

    def start(self) -> None:
        self.make_database()
        self.start_again()

    def make_database(self) -> None:
        on_database_server(f'CREATE DATABASE "{self.database_name}"')

    def start_again(self) -> None:
        if self.own_broker_port:
            self.start_broker()
        self.start_service("web")
        self.wait_until_served("web")
        self.start_service("worker")
        self.start_service("schedule")

    def start_service(self, name: str) -> None:
        self.launch(name, self.command_of(name, self.port), self.environment_of(name))

    def start_broker(self) -> None:
        folder = self.folder / "redis"
        folder.mkdir(exist_ok=True)
        _, *options = self.services["redis"]["command"]
        server = shutil.which("redis-server")
        assert server, "redis-server is not installed, and the services are to be tested on the real one"
        where = ["--bind", "127.0.0.1", "--port", str(self.own_broker_port), "--dir", str(folder)]
        self.launch("redis", [server, *options, *where], settings())
        wait_for(self.broker_answers, within=10, why="Redis answers")

    def broker_answers(self) -> bool:
        with suppress(redis.ConnectionError, redis.BusyLoadingError):
            return self.broker.ping()
        return False

    def is_healthy(self) -> bool:
        """What the container engine would ask."""
        _, program, *words = self.services["web"]["healthcheck"]["test"]
        assert program == PROGRAM.name
        arguments = [str(self.port) if word == "8000" else word for word in words]
        return subprocess.run([PROGRAM, *arguments], env=self.environment, capture_output=True).returncode == 0

    @cached_property
    def printed_link(self) -> str:
        """The link that is printed when the first account is added."""
        return last_address(self.run("staff", "add", FIRST_REVIEWER, "--name", "First reviewer"))

    def new_link(self) -> str:
        assert self.printed_link
        return super().new_link()

    def web_pid(self) -> int:
        find = partial(processes.child_of, self.serving.pid, "uvicorn")
        return wait_for(find, within=SERVED_WITHIN, why="there is a web service")

    def mail_to(self, address: str) -> str:
        """As it waits: its server is one that nobody listens at."""
        with self.database.reading() as session:
            mails = select(Mail).where(Mail.to_address == address).order_by(col(Mail.id).desc())
            mail = session.exec(mails).first()
            return letters.written(mail.kind, mail.words, {**letters.ANY_SITE, "url": self.address}).text

    def worker_pid(self) -> int:
        return self.started["worker"].pid

    def worker_ended(self) -> None:
        """Start it again, as the container engine would."""
        assert self.services["worker"]["restart"] == "unless-stopped"
        self.started["worker"].wait()
        self.start_service("worker")

    @contextmanager
    def broker_away(self) -> Iterator[None]:
        self.started["redis"].kill()
        self.started["redis"].wait()
        try:
            yield
        finally:
            self.start_broker()

    @contextmanager
    def worker_away(self) -> Iterator[None]:
        self.started["worker"].terminate()
        self.started["worker"].wait(ENDED_WITHIN)
        try:
            yield
        finally:
            self.start_service("worker")

    def launch_second_web(self, port: int, address: str) -> None:
        environment = {**self.environment_of("web", "web-2"), "BASE_URL": address}
        self.launch("web-2", self.command_of("web", port), environment)

    def stop(self) -> None:
        super().stop()
        on_database_server(f'DROP DATABASE IF EXISTS "{self.database_name}" WITH (FORCE)')


@contextmanager
def borrowed_broker() -> Iterator[str]:
    """One empty database of the machine's Redis, marked as taken: others may test on the same server."""
    server = redis.Redis.from_url(BROKER_SERVER)
    first = server.get_connection_kwargs().get("db", 0)
    addresses = [moved(BROKER_SERVER, BROKER_SERVER, path=f"/{number}") for number in (first, *range(1, 16))]
    address = next(address for address in addresses if take(redis.Redis.from_url(address)))
    yield address
    redis.Redis.from_url(address).flushdb()


def take(database: redis.Redis) -> bool:
    """Take this database when it is empty; True when that worked."""
    return database.dbsize() == 0 and bool(database.set("taken by a test", 1, nx=True, ex=3600))


FORMS: dict[str, type[System]] = {"embedded": Embedded, "services": OnServices}


@contextmanager
def stopped_at_last(system: Form) -> Iterator[Form]:
    system.folder.mkdir(parents=True, exist_ok=True)
    try:
        yield system
    finally:
        system.stop()


def settings(**given: str) -> dict[str, str]:
    """The environment of a process of the system: this one's, without what a developer set for another."""
    own = {name: value for name, value in os.environ.items() if name not in OTHERS_SETTINGS}
    # Nothing is left to chance, or to the clock, but where a test is about that.
    return {**own, "BLIND_SHARE": "0", "LEARN_EVERY_DAYS": "0", **given}


def moved(address: str, server: str, path: str | None = None) -> str:
    """The same address on another server."""
    parts = urlsplit(address)
    return parts._replace(netloc=urlsplit(server).netloc, path=path or parts.path).geturl()


def on_database_server(statement: str) -> None:
    with psycopg.connect(DATABASE_SERVER, autocommit=True) as connection:
        connection.execute(statement)


def parsed(mail: Path) -> EmailMessage:
    return email.message_from_bytes(mail.read_bytes(), policy=email.policy.default)


def client(address: str, **options: Any) -> httpx.Client:
    # Without the certificates of the world, which are not needed here and take longer to read than all else.
    return httpx.Client(base_url=address, verify=False, timeout=30, **options)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def last_address(printed: str) -> str:
    return re.findall(r"https?://\S+", printed)[-1]


def post(program: httpx.Client, answers: dict[str, Any], key: str) -> httpx.Response:
    content = {"questionnaire": told.QUESTIONNAIRE, "answers": answers}
    return program.post("/api/submissions", json=content, headers={"Idempotency-Key": key})
