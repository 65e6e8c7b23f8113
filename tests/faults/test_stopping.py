"""However the system ends, nothing of it is left running, and the next start goes on where it was."""

import os
import signal
from pathlib import Path

import documents
import processes
import pytest
from measuring import Measured
from systems import System, wait_for

pytestmark = pytest.mark.slow

ENDED_WITHIN = 30
STARTS_WITHIN = 15  # 5 on a machine that has nothing else to do
ENDLESS = 6000  # passages; a worker that first finished them would be seen


def test_ctrl_c_stops_everything_and_leaves_nothing_running(own_system: System, measured: Measured) -> None:
    own_system.start()
    started = processes.descendants_of(own_system.serving.pid)
    with measured("from Ctrl-C to the end"):
        os.killpg(own_system.serving.pid, signal.SIGINT)  # a terminal sends it to all in its foreground
        assert own_system.serving.wait(ENDED_WITHIN) == 0, own_system.said(own_system.serves)
    assert processes.still_alive(started) == {}


def test_a_system_asked_to_stop_in_the_middle_of_a_text_goes_on_with_it_at_the_next_start(
    own_system: System, tmp_path: Path, measured: Measured
) -> None:
    own_system.start()
    documents.begin_long_reading(own_system, tmp_path, "Put down")
    with measured("from SIGTERM to the end"):
        ended = own_system.ask_to_stop(within=ENDED_WITHIN)
    assert ended == dict.fromkeys(ended, 0)
    assert own_system.processes() == {}
    with measured("from the second start to serving", at_most=STARTS_WITHIN):
        own_system.start_again()
    documents.wait_until_read(own_system, "Put down", within=90)
    documents.assert_read_once_in_effect(own_system, "Put down")


@pytest.mark.parametrize("own_system", ["embedded"], indirect=True)
def test_a_launcher_that_is_killed_takes_all_it_started_along(
    own_system: System, tmp_path: Path, measured: Measured
) -> None:
    own_system.start()
    documents.begin_long_reading(own_system, tmp_path, "Cut off", passages=ENDLESS)
    kill_launcher(own_system, measured)
    assert own_system.processes() == {}


@pytest.mark.parametrize("own_system", ["services"], indirect=True)
def test_a_launcher_of_the_web_service_alone_that_is_killed_takes_it_along(
    own_system: System, measured: Measured
) -> None:
    own_system.start()
    kill_launcher(own_system, measured)


def kill_launcher(system: System, measured: Measured) -> None:
    started = processes.descendants_of(system.serving.pid)
    assert started
    with measured("from the death of the launcher to nothing left of what it started"):
        system.serving.kill()
        system.serving.wait()
        wait_for(lambda: not processes.still_alive(started), within=10, why="all that it started has ended")
