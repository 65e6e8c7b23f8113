"""What the launcher starts, and how it looks after a part that ends."""

import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from collector import settings as settings_
from collector.settings import Settings
from worker import launcher
from worker.launcher import Part


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings of somebody who set none."""
    for name in ("DATABASE_URL", "REDIS_URL", "BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    return settings_.read(tmp_path)


@pytest.fixture
def part(tmp_path: Path) -> Callable[[str], Part]:
    return lambda program: Part("worker", [sys.executable, "-c", program], tmp_path / "logs" / "worker.log", {})


def test_alone_it_starts_its_own_broker_worker_and_schedule_beside_the_web_service(own: Settings) -> None:
    parts = launcher.parts_of(own, "127.0.0.1", 8000)
    assert [part.name for part in parts] == ["broker", "web", "worker", "schedule"]
    assert all(part.environment["FEEDBACK_LOOP_DATA"] == str(own.data_dir) for part in parts)
    assert "--no-access-log" in parts[1].command  # an address may hold the key of a receipt


def test_with_a_broker_named_from_outside_it_starts_the_web_service_alone(own: Settings) -> None:
    parts = launcher.parts_of(replace(own, redis_url="redis://broker:6379/0"), "0.0.0.0", 8000)
    assert [(part.name, part.log) for part in parts] == [("web", None)]  # the container engine keeps what it says


def test_its_broker_keeps_what_it_has_and_listens_to_nobody_but_the_owner(own: Settings) -> None:
    command = launcher.broker_command(own.broker_socket)
    given = dict(zip(command[1::2], command[2::2], strict=True))
    assert (given["--port"], given["--appendonly"], given["--unixsocketperm"]) == ("0", "yes", "700")


def test_a_part_that_ends_is_started_again_later_and_later(part: Callable) -> None:
    broken = part("raise SystemExit(3)")
    broken.start()
    broken.process.wait(10)
    assert broken.look_after()
    first = broken.pause
    assert not broken.look_after()  # it pauses
    broken.next_start = 0
    assert not broken.look_after()
    broken.process.wait(10)
    assert broken.look_after()
    assert broken.pause > first


def test_a_part_is_stopped_also_when_it_does_not_want_to(part: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launcher, "STOP_WITHIN", 0.2)
    program = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(60)"
    )
    stubborn = part(program)
    stubborn.start()
    while "ready" not in stubborn.log.read_text():
        time.sleep(0.02)
    stubborn.stop()
    assert stubborn.process.poll() is not None


def test_a_part_that_does_not_start_is_told_with_the_end_of_its_log(part: Callable, own: Settings) -> None:
    broken = part("print('the cause of it'); raise SystemExit(3)")
    broken.start()
    with pytest.raises(launcher.CannotStart, match="the cause of it"):
        launcher.wait_until_served([broken], own, "127.0.0.1", 1, [])


def test_a_log_that_has_grown_long_is_put_aside_at_the_next_start(
    part: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launcher, "LONGEST_LOG", 5)
    speaking = part("print('something')")
    for _ in range(2):
        speaking.start()
        speaking.process.wait(10)
    assert (speaking.log.read_text(), speaking.log.with_suffix(".log.1").read_text()) == ("something\n",) * 2


def test_a_log_that_cannot_be_written_is_said(part: Callable) -> None:
    silent = part("pass")
    silent.log.mkdir(parents=True)
    with pytest.raises(launcher.CannotStart, match="cannot be written: Is a directory"):
        silent.start()


def test_nobody_answers_where_nothing_is_served(own: Settings) -> None:
    assert not launcher.answers(own, "127.0.0.1", 1)


def test_an_address_that_is_not_of_this_machine_is_said_so_and_not_that_the_port_is_in_use() -> None:
    with pytest.raises(launcher.CannotStart, match="Cannot listen on 192.0.2.1, port 8000: Cannot assign"):
        launcher.refuse_taken_port("192.0.2.1", 8000)
    with pytest.raises(launcher.CannotStart, match="Cannot listen on no-such-host.invalid"):
        launcher.refuse_taken_port("no-such-host.invalid", 8000)


@pytest.mark.parametrize(
    ("host", "asked"),
    [("0.0.0.0", "127.0.0.1"), ("::", "127.0.0.1"), ("::1", "[::1]"), ("192.168.1.5", "192.168.1.5")],
)
def test_the_service_is_asked_where_it_listens(host: str, asked: str) -> None:
    assert launcher.reached_at(host) == asked


def test_when_nothing_answers_the_web_service_is_blamed(
    part: Callable, own: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launcher, "READY_WITHIN", 0)
    broker, web = part("pass"), part("pass")
    broker.name, web.name = "broker", "web"
    web.log.parent.mkdir()
    web.log.write_text("the cause of it")
    with pytest.raises(launcher.CannotStart, match="The web did not start"):
        launcher.wait_until_served([broker, web], own, "127.0.0.1", 1, [])


def test_a_broker_folder_that_others_can_open_is_refused(tmp_path: Path) -> None:
    (tmp_path / "broker").mkdir()
    (tmp_path / "broker").chmod(0o755)
    with pytest.raises(launcher.CannotStart, match="closed to others"):
        launcher.broker_command(tmp_path / "broker" / "valkey.sock")


def test_a_broker_folder_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / "broker").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(launcher.CannotStart, match="a folder of your own"):
        launcher.broker_command(tmp_path / "broker" / "valkey.sock")


@pytest.mark.parametrize("number", launcher.STOP)
def test_who_asks_for_the_end_does_not_wait_until_the_database_is_ready(
    number: signal.Signals, own: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launcher, "parts_of", lambda *_: [])
    before = signal.getsignal(number)

    def prepare() -> launcher.Prepared:
        os.kill(os.getpid(), number)
        time.sleep(1)
        pytest.fail("It went on")

    launcher.run(own, host="127.0.0.1", port=0, prepare=prepare)
    assert signal.getsignal(number) is before
