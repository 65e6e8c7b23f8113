"""Processes as the kernel knows them: whose they are, what they started, how to end them."""

import os
import signal
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")


def running_in(*folders: Path) -> dict[int, str]:
    """Every process that works in one of these folders, or was told of it, with its command line."""
    marks = [os.fsencode(folder) for folder in folders]
    return {pid: command(pid) for pid in alive() if any(mark in traces(pid) for mark in marks)}


def alive() -> list[int]:
    return [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit() and not is_zombie(int(entry.name))]


def traces(pid: int) -> bytes:
    """All that shows what a process belongs to: its command, what it was told, where it works."""
    try:
        told = [(PROC / str(pid) / name).read_bytes() for name in ("cmdline", "environ")]
        return b"\0".join([*told, os.fsencode(os.readlink(PROC / str(pid) / "cwd"))])
    except OSError:  # it has just ended
        return b""


def command(pid: int) -> str:
    with suppress(OSError):
        return (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
    return ""


def children_of(pid: int) -> list[int]:
    return [one for one in alive() if field(one, 1) == str(pid)]


def child_of(pid: int, words: str) -> int | None:
    """The child with these words in its command. None, not 0, where there is none: a signal to 0 would reach us all."""
    return next((child for child in children_of(pid) if words in command(child)), None)


def descendants_of(pid: int) -> set[int]:
    children = children_of(pid)
    return set(children).union(*(descendants_of(child) for child in children))


def still_alive(pids: Iterable[int]) -> dict[int, str]:
    return {pid: command(pid) for pid in pids if not is_zombie(pid)}


def is_zombie(pid: int) -> bool:
    return field(pid, 0) in ("Z", "X", "")


def field(pid: int, number: int) -> str:
    """A field of /proc/PID/stat, counted after the name, which may hold spaces: 0 is the state, 1 the parent."""
    with suppress(OSError):
        return (PROC / str(pid) / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()[number]
    return ""


def memory_of(pid: int) -> int:
    """Megabytes held in memory; 0 when it has ended."""
    with suppress(OSError):
        return int((PROC / str(pid) / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1_000_000
    return 0


def end(pids: Iterable[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
