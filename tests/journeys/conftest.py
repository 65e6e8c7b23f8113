"""A running system in each form, and a real browser for the people who use it."""

import contextlib
from collections.abc import Callable, Iterator

import pytest
import systems
import told
from browsing import Window, chromium_started
from measuring import measured  # noqa: F401  a fixture
from playwright.sync_api import Browser
from systems import Embedded, OnServices, System

PATIENCE = 15_000  # milliseconds; pages take a tenth of that on a machine that has nothing else to do


@pytest.fixture(scope="session", params=systems.FORMS)
def system(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    folder = tmp_path_factory.mktemp(f"journeys-{request.param}")
    with contextlib.ExitStack() as stack:
        system = Embedded(folder)
        if request.param == "services":
            system = OnServices(folder, stack.enter_context(systems.borrowed_broker()))
        stack.enter_context(systems.stopped_at_last(system))
        system.start()
        # The worker loads its models before its first reading.
        first = system.submit(told.by_organisation("First Trust"))
        system.wait_until_read([first], within=systems.READY_WITHIN)
        yield system


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with chromium_started() as browser:
        yield browser


@pytest.fixture
def new_window(chromium: Browser, system: System) -> Iterator[Callable[..., Window]]:
    """Opens windows of people who do not know one another; every page in them has to be free of errors."""
    opened: list[Window] = []

    def open_one(**options: object) -> Window:
        context = chromium.new_context(locale="en-GB", timezone_id="Europe/London", **options)
        context.set_default_timeout(PATIENCE)
        opened.append(Window(context, system.address))
        return opened[-1]

    yield open_one
    for window in opened:
        window.page.context.close()
    for window in opened:
        window.assert_clean()


@pytest.fixture
def window(new_window: Callable[..., Window]) -> Window:
    return new_window()
