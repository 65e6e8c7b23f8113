"""All that one command started dies at once, apart from the launcher that watches over it."""

import os
import signal

import pytest
import systems
import told
from measuring import Measured
from systems import Embedded, wait_for

pytestmark = pytest.mark.slow

PARTS = ("valkey", "uvicorn", "worker.cli worker", "worker.cli schedule")


@pytest.mark.parametrize("system", ["embedded"], indirect=True)
def test_a_system_whose_every_part_dies_is_whole_again(system: Embedded, measured: Measured) -> None:
    died = {words: system.part(words) for words in PARTS}
    assert all(died.values()), died
    with measured("from the death of every part to a new submission read"):
        for pid in died.values():
            os.killpg(pid, signal.SIGKILL)
        for words, pid in died.items():
            wait_for(
                lambda words=words, pid=pid: system.part(words) not in (None, pid), within=60, why=f"{words} is back"
            )
        system.wait_until_served(system.serves)
        reference = system.submit(told.by_organisation("Phoenix Trust"))
        system.wait_until_read([reference], within=systems.READY_WITHIN)
