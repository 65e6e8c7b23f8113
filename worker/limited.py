"""Runs a module on a stranger's file in a process of its own, which may use so much time and memory and no more.

What the module says is written down; where it is stopped, or stops by itself, that is said in words and nothing else
happens.
"""

import json
import os
import resource
import runpy
import signal
import subprocess
import sys
from dataclasses import asdict, dataclass
from typing import IO

from worker.processes import die_with_parent

# What its exit says, beside what the module itself has it say.
DONE, NO_MEMORY = 0, 4

STOPPED = "This file cannot be read: the program that opens such files stopped at it"
TOO_SLOW = "This file takes too long to read, so the reading was stopped"
TOO_HUNGRY = "This file takes too much memory to read, so the reading was stopped"


@dataclass(frozen=True)
class Limits:
    processor_seconds: int = 20
    wall_seconds: int = 30
    memory: int = 700_000_000  # bytes of address space, which is more than is ever in use
    output: int = 60_000_000  # bytes


def run(module: str, words: list[str], content: IO[bytes], told: IO[bytes], limits: Limits) -> int:
    """Run the module with these words, `content` on its standard input and `told` as its output; returns its exit."""
    # Our own secrets are in the environment: it gets none of it. What it complains of may quote the file.
    environment = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "LANG": "C.UTF-8"}
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", "worker.limited", json.dumps(asdict(limits)), module, *words],
        stdin=content,
        stdout=told,
        stderr=subprocess.DEVNULL,
        env=environment,
        cwd="/",
    )
    try:
        return child.wait(limits.wall_seconds)
    except subprocess.TimeoutExpired:
        return -signal.SIGXCPU
    finally:
        child.kill()
        child.wait()


def reason(code: int) -> str:
    """Why a module did not end well, in words for people."""
    if code == NO_MEMORY:
        return TOO_HUNGRY
    return TOO_SLOW if code in (-signal.SIGXCPU, -signal.SIGKILL) else STOPPED


# -- In the child -----------------------------------------------------------------------------------


def main(limits: str, module: str, *words: str) -> int:
    keep_to(json.loads(limits))
    sys.argv = [module, *words]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        sys.stdout.flush()
    except MemoryError:
        return NO_MEMORY
    return DONE


def keep_to(limits: dict[str, int]) -> None:
    die_with_parent(signal.SIGKILL)
    for what, most in (
        (resource.RLIMIT_AS, limits["memory"]),
        (resource.RLIMIT_CPU, limits["processor_seconds"]),
        (resource.RLIMIT_FSIZE, limits["output"]),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
