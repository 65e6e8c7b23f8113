"""Takes a stranger's file apart in a process of its own, which may use so much time and memory and no more.

What it makes of the file it writes down line by line; where it is stopped, or stops by itself, that is said in words
and nothing else happens.
"""

import json
import sys
from dataclasses import asdict, dataclass
from importlib import import_module
from tempfile import TemporaryFile
from typing import IO, Any

from analysis.errors import UnreadableFile
from analysis.passages import BadLine, Passage
from worker import limited
from worker.limited import DONE

READERS = "analysis.passages"
# What its exit says where it says why it could not read the file.
REFUSED = 3

NO_TEXT = "There is no text in this file. It may be a scan or a picture: a person has to read it"


@dataclass(frozen=True)
class Limits(limited.Limits):
    passages: int = 5_000


LIMITS = Limits()


class Unreadable(ValueError):
    """Says to staff why nothing was made of a file."""


@dataclass(frozen=True)
class Reading:
    passages: list[Passage]
    bad: list[BadLine]


def read_apart(content: IO[bytes], kind: str, *, limits: Limits = LIMITS, readers: str = READERS) -> Reading:
    """What is in a file of this kind, read by the function `document_readers` of the module `readers` has for it.

    `content` is a real file. Raises `Unreadable`; whatever the file does, this process is left as it was.
    """
    content.seek(0)
    with TemporaryFile() as told:
        code = limited.run("worker.parsing", [kind, readers, str(limits.passages)], content, told, limits)
        told.seek(0)
        if code == REFUSED:
            raise Unreadable(json.loads(told.readlines()[-1])["refused"])
        if code != DONE:
            raise Unreadable(limited.reason(code))
        return _reading(told, limits)


def _reading(told: IO[bytes], limits: Limits) -> Reading:
    lines = [json.loads(line) for line in told]
    passages = [Passage(**line["passage"]) for line in lines if "passage" in line]
    if len(passages) > limits.passages:
        raise Unreadable(f"This file has more than {limits.passages:,} paragraphs or rows: send the part that matters")
    bad = [BadLine(**line["bad"]) for line in lines if "bad" in line]
    if not passages:
        raise Unreadable(NO_TEXT)
    return Reading(passages, bad)


# -- In the child -----------------------------------------------------------------------------------


def main(kind: str, readers: str, most: str) -> int:
    try:
        reader = import_module(readers).document_readers()[kind]
        for number, found in enumerate(reader(sys.stdin.buffer.read()), start=1):
            _tell(_line(found))
            if number > int(most):
                break
    except UnreadableFile as problem:
        _tell({"refused": str(problem)})
        return REFUSED
    sys.stdout.flush()
    return DONE


def _line(found: Passage | BadLine) -> dict[str, Any]:
    if isinstance(found, BadLine):
        return {"bad": asdict(found)}
    return {"passage": {name: getattr(found, name) for name in ("id", "text", "question", "place")}}


def _tell(line: dict[str, Any]) -> None:
    print(json.dumps(line))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
