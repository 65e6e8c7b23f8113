"""Readers of files that do what no reader should, for the tests of the process that they run in."""

import os
import signal
import time
from collections.abc import Iterator

from analysis.passages import Passage


def document_readers() -> dict:
    return {
        name: globals()[name] for name in ("loop", "sleep", "eat", "crash", "quote", "write", "look", "one", "outlive")
    }


def loop(content: bytes) -> Iterator[Passage]:
    while True:
        pass


def sleep(content: bytes) -> Iterator[Passage]:
    time.sleep(60)
    yield Passage("1", "late")


def eat(content: bytes) -> Iterator[Passage]:
    held = []
    while True:
        held.append(bytearray(10_000_000))


def crash(content: bytes) -> Iterator[Passage]:
    os.kill(os.getpid(), signal.SIGSEGV)
    yield Passage("1", "never")


def quote(content: bytes) -> Iterator[Passage]:
    raise ValueError(content.decode())


def write(content: bytes) -> Iterator[Passage]:
    while True:
        yield Passage("1", "x" * 1_000_000)


def look(content: bytes) -> Iterator[Passage]:
    yield Passage("1", "\n".join(f"{name}={value}" for name, value in os.environ.items()))


def one(content: bytes) -> Iterator[Passage]:
    yield Passage("1", content.decode(), place="Page 1")


def outlive(content: bytes) -> Iterator[Passage]:
    """Says where it runs, and then does not stop."""
    path = content.decode()
    with open(f"{path}.new", "w", encoding="utf-8") as file:
        file.write(str(os.getpid()))
    os.rename(f"{path}.new", path)
    yield from sleep(content)
