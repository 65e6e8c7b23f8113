"""Reads what people send into passages: JSON Lines, CSV, text, Markdown, Word, OpenDocument, Excel and PDF."""

import codecs
import csv
import datetime
import io
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analysis.documents import Paragraph

# An answer may be long; a field of a spreadsheet is never longer than this.
LONGEST_FIELD = 10_000_000
# No paragraph of a document that people read is longer; a file without gaps would else be one passage of megabytes.
LONGEST_PARAGRAPH = 10_000


@dataclass(frozen=True, slots=True)
class Passage:
    """A stored stretch of a source: one answer, one paragraph.

    `question` is what was asked, if anything was. `said_on` is when it was said, since "within 18 months" counts from
    there, and `said_by` what "we" is to be linked to. `place` tells where it stands in a document.
    """

    id: str
    text: str
    question: str = ""
    said_on: datetime.date | None = None
    said_by: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line (or record, or page) that could not be read, by its number counted from 1, and why."""

    number: int
    message: str


def read(path: str | Path, format: str | None = None) -> Iterator[Passage | BadLine]:
    """The passages of a file, in order; what cannot be read of it comes as `BadLine` and the rest goes on.

    `path` "-" is standard input. `format` is an ending without its dot, such as "docx"; without it the file's own
    ending tells, and standard input is JSON Lines. Raises ValueError, in words for a person, for a file that is of no
    known kind, or damaged as a whole; OSError where it cannot be opened.
    """
    ending = format or ("jsonl" if str(path) == "-" else Path(path).suffix.removeprefix(".")).lower()
    reader = readers().get(ending)
    if reader is None:
        raise ValueError(f"Give a file that ends in one of: {', '.join(readers())}")
    content = sys.stdin.buffer.read() if str(path) == "-" else Path(path).read_bytes()
    return reader(content)


def readers() -> dict[str, Callable[[bytes], Iterator[Passage | BadLine]]]:
    from analysis import documents

    return {
        "jsonl": json_lines,
        "csv": table_rows,
        "txt": numbered(documents.text_paragraphs),
        "md": numbered(documents.markdown_paragraphs),
        "docx": numbered(documents.word_paragraphs),
        "odt": numbered(documents.opendocument_paragraphs),
        "xlsx": numbered(documents.workbook_rows),
        "pdf": numbered(documents.pdf_paragraphs),
    }


def document_readers() -> dict[str, Callable[[bytes], Iterator[Passage | BadLine]]]:
    """For documents that were made for people: a table of values may have any columns."""
    from analysis import documents

    return readers() | {"csv": numbered(documents.csv_rows)}


def numbered(
    paragraphs: Callable[[bytes], Iterator["Paragraph | BadLine"]],
) -> Callable[[bytes], Iterator[Passage | BadLine]]:
    """The reader of a document as a reader of passages, which are called by their number in it."""

    def passages(content: bytes) -> Iterator[Passage | BadLine]:
        number = 0
        for found in paragraphs(content):
            if isinstance(found, BadLine):
                yield found
                continue
            for piece in pieces(found.text):
                number += 1
                yield Passage(str(number), piece, place=found.place)

    return passages


def pieces(paragraph: str) -> Iterator[str]:
    """A paragraph as it is; one that goes on for pages in pieces, cut at a line end or a space."""
    while len(paragraph) > LONGEST_PARAGRAPH:
        head = paragraph[:LONGEST_PARAGRAPH]
        cut = max(head.rfind("\n"), 0) or max(head.rfind(" "), 0) or LONGEST_PARAGRAPH
        yield paragraph[:cut].rstrip()
        paragraph = paragraph[cut:].lstrip()
    if paragraph:
        yield paragraph


def json_lines(content: bytes) -> Iterator[Passage | BadLine]:
    """One object a line with `text`, and `id`, `question`, `date` where there are any; blank lines are passed over."""
    for number, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        if line.strip():
            yield json_line(number, line)


def json_line(number: int, line: bytes) -> Passage | BadLine:
    try:
        record = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError:
        return BadLine(number, "this is not UTF-8 text")
    except (json.JSONDecodeError, RecursionError):
        return BadLine(number, "this is not JSON")
    if not isinstance(record, dict):
        return BadLine(number, "a JSON object is needed, with a text in it")
    return passage_of(number, record)


def passage_of(number: int, record: dict) -> Passage | BadLine:
    text, id, question = record.get("text"), record.get("id", number), record.get("question")
    if not isinstance(text, str):
        return BadLine(number, "there is no text: a value named text is needed, in quotes")
    if isinstance(id, bool) or not isinstance(id, str | int):
        return BadLine(number, "the id must be a text or a whole number")
    if not isinstance(question, str | None):
        return BadLine(number, "the question must be a text")
    try:
        said_on = day(record.get("date"))
    except (ValueError, TypeError):
        return BadLine(number, "the date must be a day written like 2026-11-30")
    return Passage(str(id), text, question or "", said_on)


def day(written: str | None) -> datetime.date | None:
    return datetime.date.fromisoformat(written) if written else None


def table_rows(content: bytes) -> Iterator[Passage | BadLine]:
    """A row a passage, by the columns text, and id, question and date where there are any, in any case and order."""
    csv.field_size_limit(LONGEST_FIELD)
    rows = csv.reader(io.StringIO(decoded(content), newline=""), strict=True)
    names = [name.strip().lower() for name in next(rows, [])]
    if "text" not in names:
        raise ValueError(
            "The first row must name the columns, one of them text (and, if you like, id, question and date)"
        )
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as problem:
            yield BadLine(rows.line_num, f"this row cannot be read ({problem})")
            continue
        if row:
            yield table_row(rows.line_num, names, row)


def table_row(number: int, names: list[str], row: list[str]) -> Passage | BadLine:
    if len(row) != len(names):
        return BadLine(number, f"there are {len(row)} values where the first row names {len(names)}")
    record = dict(zip(names, row, strict=True))
    return passage_of(number, {**record, "id": record.get("id") or number})


def decoded(content: bytes) -> str:
    """Text as UTF-8, or as Windows writes it where it is not that."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")
