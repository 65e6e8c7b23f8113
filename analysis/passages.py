"""Reads what people send into passages: JSON Lines, CSV, text, Markdown, Word, OpenDocument and PDF."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Passage:
    """A stored stretch of a source: one answer, one paragraph. `question` is what was asked, if anything was."""

    id: str
    text: str
    question: str = ""


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line (or record, or page) that could not be read, by its number counted from 1, and why."""

    number: int
    message: str


def read(path: str | Path, format: str | None = None) -> Iterator[Passage | BadLine]:
    raise NotImplementedError
