"""Runs pip and shows how far it is. Make runs this as a file, before anything but pip is there to import."""

import subprocess
import sys
from collections import deque
from pathlib import Path

from pip._vendor.packaging.requirements import Requirement

PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--no-deps", "--no-compile"]
# What pip says last when it fails; enough to see why.
LAST_LINES = 25


def install(lock: Path) -> int:
    """Install exactly what the lock file says, each package checked by its hash; returns pip's exit status."""
    total = packages_in(lock)
    said: deque[str] = deque(maxlen=LAST_LINES)
    command = [*PIP, "--require-hashes", "--requirement", str(lock)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip:
        seen = 0
        for line in pip.stdout:
            said.append(line)
            seen += line.startswith(("Collecting ", "Processing ", "Requirement already satisfied"))
            show(line, seen, total)
    if any(line.startswith("Installing ") for line in said) or sys.stdout.isatty():
        print(flush=True)
    if pip.returncode:
        print("".join(said), file=sys.stderr)
    return pip.returncode


def packages_in(lock: Path) -> int:
    """How many packages of the lock file are for this machine."""
    lines = (line.rstrip(" \\") for line in lock.read_text("utf-8").splitlines() if "==" in line)
    wanted = (Requirement(line) for line in lines if not line.startswith((" ", "#")))
    return sum(one.marker is None or one.marker.evaluate() for one in wanted)


def show(line: str, seen: int, total: int) -> None:
    """One line that is written over on a terminal; elsewhere, as in a log, the stages alone."""
    if line.startswith("Installing "):
        print(f"{start()}  {seen} of {total} packages checked; unpacking them", end="", flush=True)
    elif sys.stdout.isatty():
        print(f"{start()}  {seen} of {total} packages checked", end="", flush=True)


def start() -> str:
    return "\r\033[K" if sys.stdout.isatty() else ""


if __name__ == "__main__":
    sys.exit(install(Path(sys.argv[1])))
