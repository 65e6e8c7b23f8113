"""PostgreSQL is away for a while, as when it is started again: pages say so at once, and then all goes on."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

import pytest
import systems
import told
from measuring import Measured
from systems import OnServices, wait_for

pytestmark = pytest.mark.slow

SERVER = urlsplit(systems.DATABASE_SERVER)
AWAY = 12  # seconds, more than a sweep and a try again take


class Road:
    """The way to the database server, which can be closed: then nobody gets through, and nobody is on it any more."""

    def __init__(self) -> None:
        self.port = systems.free_port()
        account, at, _ = SERVER.netloc.rpartition("@")
        self.address = f"postgresql://{account}{at}127.0.0.1:{self.port}/"

    def __enter__(self) -> "Road":
        self.gate = socket.create_server(("127.0.0.1", self.port), backlog=50)
        self.on_it: list[socket.socket] = []
        threading.Thread(target=self.let_through, args=(self.gate,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for one in (self.gate, *self.on_it):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def let_through(self, gate: socket.socket) -> None:
        with suppress(OSError):
            while True:
                here, _ = gate.accept()
                there = socket.create_connection((SERVER.hostname, SERVER.port or 5432))
                self.on_it += [here, there]
                for one, other in ((here, there), (there, here)):
                    threading.Thread(target=carry, args=(one, other), daemon=True).start()


def carry(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while part := one.recv(65536):
            other.sendall(part)
        other.shutdown(socket.SHUT_RDWR)


@contextmanager
def closed(road: Road) -> Iterator[None]:
    road.__exit__()
    yield
    road.__enter__()


@pytest.mark.parametrize("own_system", ["services"], indirect=True)
def test_while_the_database_is_away_pages_say_so_and_all_goes_on_when_it_is_back(
    own_system: OnServices, measured: Measured
) -> None:
    with Road() as road:
        own_system.database_url = systems.moved(own_system.database_url, road.address)
        own_system.start()
        first = own_system.submit(told.by_organisation("Before Trust"))
        own_system.wait_until_read([first], within=systems.READY_WITHIN)
        running = {name: process.pid for name, process in own_system.started.items()}
        page = f"/questionnaires/{told.QUESTIONNAIRE}"
        with closed(road), systems.client(own_system.address) as browser:
            until = time.monotonic() + AWAY
            while time.monotonic() < until:
                with measured("to the page that says so", at_most=6):
                    answer = browser.get(page)
                assert answer.status_code == 503
                assert "Nothing that you saved is lost" in answer.text
                time.sleep(2)
        with systems.client(own_system.address) as browser, measured("from its return to the page"):
            wait_for(lambda: browser.get(page).status_code == 200, within=5, why="the page is there again")
        second = own_system.submit(told.by_organisation("After Trust"))
        with measured("from its return to a text read"):
            own_system.wait_until_read([second], within=60)
        assert {name: process.pid for name, process in own_system.started.items()} == running
        assert {process.poll() for process in own_system.started.values()} == {None}
        own_system.stop()  # while there is a way
