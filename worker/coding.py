"""`feedback-loop analyse` and `document add`: files in, coded passages or a kept source out."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import TextIO

import click
from sqlmodel import Session

from analysis import outside, passages, pipeline
from analysis.errors import ModelError
from analysis.findings import Findings
from analysis.passages import BadLine, Passage
from analysis.pipeline import Pipeline
from collector.database import Database
from collector.intake import documents
from collector.organisations import directory

BATCH = 32


@dataclass(frozen=True)
class Kept:
    """A document that is a source now, and what could not be read of it."""

    job_id: int
    passages: int
    bad: list[BadLine]
    whose: str = ""  # what became of the organisation that was named, in words


def code(path: str, output: str | None) -> int:
    """Write one JSON object a line per passage; returns the exit status."""
    return work(path, output, write)


def themes(path: str, output: str | None) -> int:
    """Write one JSON object with themes outside the framework and near-duplicates; returns the exit status."""
    return work(path, output, write_outside)


def work(path: str, output: str | None, writing: Callable[[TextIO, Pipeline, list[Passage]], None]) -> int:
    try:
        read = list(passages.read(path))
        model = pipeline.load()
    except (OSError, ValueError, ModelError) as problem:
        click.echo(f"{path}: {problem}", err=True)
        return 1
    bad = [one for one in read if isinstance(one, BadLine)]
    tell(path, bad)
    with output_to(output) as out:
        writing(out, model, [one for one in read if isinstance(one, Passage)])
    return 1 if bad else 0


def tell(path: str | Path, bad: list[BadLine]) -> None:
    for line in bad:
        click.echo(f"{path}: line {line.number}: {line.message}", err=True)


@contextmanager
def output_to(output: str | None) -> Iterator[TextIO]:
    # Half of a surrogate pair cannot be written as UTF-8; with its backslash it is what JSON itself writes for it.
    how = {"encoding": "utf-8", "errors": "backslashreplace"}
    if output is None:
        sys.stdout.reconfigure(**how)
        yield sys.stdout
        return
    with open(output, "w", **how) as file:
        yield file


def write(out: TextIO, model: Pipeline, read: list[Passage]) -> None:
    for findings in analysed(model, read):
        out.write(json.dumps(findings.as_record(), ensure_ascii=False) + "\n")


def write_outside(out: TextIO, model: Pipeline, read: list[Passage]) -> None:
    found = outside.read(read, list(analysed(model, read)))
    out.write(json.dumps(found.as_record(), ensure_ascii=False, indent=2) + "\n")


def analysed(model: Pipeline, read: list[Passage]) -> Iterator[Findings]:
    # The bar goes to standard error and shows on a terminal alone, so that a pipe gets nothing but the records.
    hidden = not sys.stderr.isatty()
    with click.progressbar(length=len(read), label="Coding", file=sys.stderr, show_pos=True, hidden=hidden) as bar:
        for start in range(0, len(read), BATCH):
            batch = read[start : start + BATCH]
            yield from model.analyse(batch)
            bar.update(len(batch))


def keep_document(
    database: Database,
    path: Path,
    *,
    title: str,
    organisation: str | None,
    kind: str,
    published_on: date | None = None,
) -> Kept:
    """Keep a file as a source. What cannot be read of it is told and the rest is kept.

    ValueError where nothing can be kept, with what to do about it.
    """
    if len(title) > documents.LONGEST_TITLE:
        raise ValueError(f"--title: a title has up to {documents.LONGEST_TITLE} characters")
    if fault := organisation is not None and fault_of_name(organisation):
        raise ValueError(f"--organisation: {fault}")
    if kind and kind not in directory.KIND_WORDS:
        raise ValueError(f"--kind: the kind must be one of {', '.join(directory.KIND_WORDS)}")
    if published_on and (fault := documents.fault_of(published_on)):
        raise ValueError(f"--date: {fault}")
    read = list(passages.read(path))
    texts = [one for one in read if isinstance(one, Passage)]
    with database.writing() as session:
        whose = whose_it_is(session, organisation) if organisation else ""
        owner = directory.find_or_add(session, name=organisation, kind=kind, areas=[]) if organisation else None
        job_id = documents.keep(
            session,
            title=title,
            content_hash=sha256(path.read_bytes()).hexdigest(),
            paragraphs=[one.text for one in texts],
            questions=[one.question for one in texts],
            places=[one.place for one in texts],
            organisation_id=owner,
            published_on=published_on,
        )
    return Kept(job_id, len(texts), [one for one in read if isinstance(one, BadLine)], whose)


def whose_it_is(session: Session, name: str) -> str:
    """Whether the organisation is known; one that the sample round invented is another, and gets nobody's document."""
    if directory.named(session, name):
        return f"It is a document of {name}, which is in the directory."
    if directory.named(session, name, sample=True):
        return (
            f"It is a document of {name}, now added to the directory. The one of the sample round that is called so is "
            "invented, and stays beside it."
        )
    return f"It is a document of {name}, now added to the directory."


def fault_of_name(name: str) -> str:
    if not name.strip():
        return "enter the name of the organisation"
    if documents.UNSTORABLE.search(name):
        return "the name has a character that cannot be kept. Type it again"
    return f"a name has up to {directory.LONGEST_NAME} characters" if len(name) > directory.LONGEST_NAME else ""
