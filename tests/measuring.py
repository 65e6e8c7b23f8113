"""How long things take while the tests watch: printed with the test, and kept in its report."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

Measured = Callable[..., AbstractContextManager[None]]


@pytest.fixture
def measured(record_property: Callable[[str, object], None], capsys: pytest.CaptureFixture[str]) -> Measured:
    """Times a stretch of a test: `with measured("from ... to ...", at_most=15):`."""

    @contextmanager
    def measure(what: str, at_most: float = float("inf")) -> Iterator[None]:
        began = time.monotonic()
        yield
        seconds = round(time.monotonic() - began, 2)
        record_property(what, seconds)
        with capsys.disabled():
            print(f"\n    {what}: {seconds} s", end="", flush=True)
        assert seconds <= at_most, f"{what} took {seconds} seconds, more than {at_most:g}"

    return measure
