"""One running system in each form, that the tests break in turn and that has to be well again after each."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import smtp
import systems
import told
from desk import Desk
from measuring import measured  # noqa: F401  a fixture
from smtp import MailServer
from systems import System


@pytest.fixture(scope="session")
def mail_server() -> Iterator[MailServer]:
    with smtp.running() as server:
        yield server


@pytest.fixture(scope="session", params=systems.FORMS)
def system(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, mail_server: MailServer
) -> Iterator[System]:
    folder = tmp_path_factory.mktemp(f"faults-{request.param}")
    with systems.stopped_at_last(systems.FORMS[request.param](folder, mail_url=mail_server.url)) as system:
        system.start()
        first = system.submit(told.by_organisation("First Trust"))
        system.wait_until_read([first], within=systems.READY_WITHIN)
        yield system


@pytest.fixture(params=systems.FORMS)
def own_system(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[System]:
    """A system for one test alone, not started yet."""
    with systems.stopped_at_last(systems.FORMS[request.param](tmp_path)) as system:
        yield system


@pytest.fixture
def desk(system: System) -> Iterator[Desk]:
    with closing(system.signed_in()) as staff:
        yield Desk(staff)
