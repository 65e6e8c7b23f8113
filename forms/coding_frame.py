"""Another framework from a file: its codes with their names, what each means, and a few examples of it.

It works the same day: suggestions are made from the definitions and the examples alone. From YAML, CSV or an Excel
workbook; in a table each code has a row, and all that is wrong is told at once, by its cell.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path, PurePath
from typing import Annotated, Any, NamedTuple

from pydantic import Field, StrictInt

from forms import definitions, workbooks
from forms.codebook import (
    MOST_CODES,
    Block,
    Codebook,
    Examples,
    Title,
    Words,
    repeated_titles,
)
from forms.definitions import Definition, DefinitionError, Fault, Id, Place
from forms.formulas import guarded, unguarded

__all__ = ["FAMILY", "CodingFrame", "DefinitionError", "FrameCode", "codebook_of", "load", "read", "read_path"]

FOLDER = Path(__file__).parent / "coding_frames"
FAMILY = "codes"  # the one family of its codebook
LARGEST_FILE = 2_000_000
LONGEST_ID = 60

# What a column may be called. The first name is our own.
NAMES = {
    "title": ("title", "code", "name", "label", "theme", "question", "code name", "topic"),
    "definition": ("definition", "description", "meaning", "takes in", "what it takes in", "scope", "explanation"),
    "examples": ("examples", "example", "quotes", "quote", "example sentences"),
    "id": ("id", "code id", "key", "slug"),
}
COLUMNS = {name: field for field, names in NAMES.items() for name in names}
NUMBERED = re.compile(r"(?:example|quote) (\d{1,2})")
KNOWN = "title, definition, examples (or example 1, example 2 and so on) and id"
BULLET = re.compile(r"^\s*[-–•*]\s+")


class FrameCode(Block):
    id: Id
    title: Title
    definition: Words
    examples: Examples = ()


class CodingFrame(Block):
    slug: Id
    title: Title
    version: Annotated[StrictInt, Field(ge=1)] = 1
    codes: Annotated[tuple[FrameCode, ...], Field(min_length=1, max_length=MOST_CODES)]

    @property
    def examples(self) -> int:
        """How many there are, of all codes together."""
        return sum(len(code.examples) for code in self.codes)

    def code(self, code_id: str) -> FrameCode:
        """KeyError for an id that it does not have."""
        return {code.id: code for code in self.codes}[code_id]

    def content(self) -> dict[str, Any]:
        return self.model_dump(mode="json", by_alias=True)


@cache
def load(slug: str) -> CodingFrame:
    """LookupError where no such frame is shipped."""
    path = FOLDER / f"{slug}.yaml"
    if not definitions.ID.fullmatch(slug) or not path.is_file():
        raise LookupError(f"There is no coding frame “{slug}”")
    return read_path(path)


def read_path(path: Path, **known: str | int) -> CodingFrame:
    return read(str(path), path.read_bytes(), **known)


def read(file: str, content: bytes, *, slug: str = "", title: str = "", version: int = 1) -> CodingFrame:
    """DefinitionError with all that is wrong with the file, by line, or by sheet, row and column.

    `file` is its name, whose ending tells how it is read. `slug`, `title` and `version` are for a table, which does not
    hold them; left out, they are made from the name of the file. A YAML file says them itself.
    """
    reading = READERS.get(PurePath(file).suffix.lower())
    if not reading:
        raise workbooks.refused(file, "Choose a file that ends in .yaml, .csv or .xlsx: others are not read")
    if len(content) > LARGEST_FILE:
        raise workbooks.refused(file, "Cut this file down: it is larger than 2 MB, which no list of codes is")
    name = PurePath(file).stem
    told = {"slug": slug or id_of(title or name), "title": title or name, "version": version}
    definition = reading(file, content, told)
    return definitions.check(CodingFrame, _with_ids(definition), _faults)


def codebook_of(frame: CodingFrame) -> Codebook:
    """The frame as a codebook with one family, to be changed, shown and written as any other."""
    codes = [
        {"id": code.id, "title": code.title, "takes_in": code.definition, "examples": code.examples}
        for code in frame.codes
    ]
    family = {"id": FAMILY, "title": frame.title, "codes": codes}
    return Codebook(slug=frame.slug, title=frame.title, version=frame.version, families=[family])


def as_yaml(frame: CodingFrame) -> str:
    return definitions.written(frame.content())


def as_csv(frame: CodingFrame) -> str:
    """A row for each code, an example to a column. No cell is taken for a formula; `read` undoes what that takes."""
    most = max(len(code.examples) for code in frame.codes)
    lines = io.StringIO(newline="")
    writer = csv.writer(lines)
    writer.writerow(["id", "title", "definition", *(f"example {number + 1}" for number in range(most))])
    for code in frame.codes:
        writer.writerow(map(guarded, (code.id, code.title, code.definition, *code.examples)))
    return lines.getvalue()


def id_of(title: str) -> str:
    """An id made from a title: `Matching needs & resources` becomes `matching-needs-resources`."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower().replace("'", "")
    found = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if found[:1].isdigit() or not found:
        found = f"code-{found}".strip("-")
    return found[:LONGEST_ID].rstrip("-")


# -- What every file goes through ------------------------------------------------------------------


def _with_ids(definition: Definition) -> Definition:
    """Codes that came without an id have one made from the title, told apart by a number where need be."""
    codes = [code for _, code in definitions.items(definition.content, "codes")]
    used = {code["id"] for code in codes if isinstance(code.get("id"), str)}
    for code in codes:
        if code.get("id") is None and isinstance(code.get("title"), str):
            code["id"] = _unused(id_of(code["title"]), used)
            used.add(code["id"])
    return definition


def _unused(wanted: str, used: set[str]) -> str:
    number = 1
    found = wanted
    while found in used:
        number += 1
        found = f"{wanted}-{number}"
    return found


def _faults(content: Any) -> Iterator[Fault]:
    codes = list(definitions.items(content, "codes"))
    yield from definitions.repeated_ids(codes)
    yield from repeated_titles(codes)


def _from_yaml(file: str, content: bytes, told: Mapping[str, Any]) -> Definition:
    return definitions.read_content(file, content)


# -- Tables -----------------------------------------------------------------------------------------


class Line(NamedTuple):
    """A row that holds anything: its number as it is told, and the text and fault of its cells by column from 1."""

    number: int
    cells: dict[int, tuple[str, str]]


def _from_csv(file: str, content: bytes, told: Mapping[str, Any]) -> Definition:
    text = _decoded(content)
    return _table(file, "", _csv_lines(file, text, _separator(text)), told)


def _decoded(content: bytes) -> str:
    """Windows-1252 comes last: nearly every file can be read as that, and spreadsheet programs still write it."""
    encodings = ["utf-16"] if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        with suppress(UnicodeDecodeError):
            return content.decode(encoding)
    return content.decode("latin-1")


def _separator(text: str) -> str:
    """The one that cuts the first line that holds anything into the most names of columns."""
    first = next((line for line in text.splitlines() if line.strip()), "")

    def named(separator: str) -> int:
        return sum(_column(cell.strip(' "')) != "" for cell in first.split(separator))

    return max(",;\t", key=named)


def _csv_lines(file: str, text: str, separator: str) -> list[Line]:
    csv.field_size_limit(LARGEST_FILE)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    lines = []
    begun = 1
    try:
        for row in reader:
            held = {at: (_kept(cell), "") for at, cell in enumerate(row, start=1) if cell.strip()}
            if held:
                lines.append(Line(begun, held))
            begun = reader.line_num + 1
    except csv.Error as problem:
        message = "Mend the quotation marks from this line on: one opens and does not close, or stands alone in a cell"
        raise DefinitionError([definitions.DefinitionProblem(file, begun, "", message)]) from problem
    return lines


def _kept(text: str) -> str:
    return unguarded(workbooks.CONTROL.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n")))


def _from_workbook(file: str, content: bytes, told: Mapping[str, Any]) -> Definition:
    def reading(sheets: list[Any]) -> Definition:
        sheet = _sheet_of_codes(file, sheets)
        lines = [
            Line(number, {cell.at: (unguarded(cell.text), cell.fault) for cell in line})
            for number, line in workbooks.lines(sheet)
            if line
        ]
        return _table(file, sheet.title, lines, told)

    return workbooks.read(file, content, reading)


def _sheet_of_codes(file: str, sheets: Iterable[Any]) -> Any:
    """The sheet named codes; else the first that is not hidden."""
    shown = [sheet for sheet in sheets if sheet.sheet_state == "visible"]
    if not shown:
        raise workbooks.refused(file, "Add a sheet with a row for each code: none is there to be read")
    return next((sheet for sheet in shown if sheet.title.strip().lower() == FAMILY), shown[0])


def _table(file: str, sheet: str, lines: list[Line], told: Mapping[str, Any]) -> Definition:
    if not lines:
        raise workbooks.refused(file, f"Add a first row with the names of the columns: {KNOWN}")
    header, *rows = lines
    columns = _columns(header)
    places = {(): Place(header.number, sheet), ("codes",): Place(header.number, sheet)}
    definition = Definition(file, {**told, "codes": []}, places)
    faults = list(_heading_faults(definition, header, columns, sheet))
    if faults:
        return replace(definition, content={**told, "codes": [dict(STAND_IN)]}, faults=tuple(faults))
    for row in rows[:MOST_CODES]:
        faults += _row(definition, row, columns, sheet)
    if not rows:
        definition.content["codes"].append(dict(STAND_IN))
        faults.append(((), "Add a row for each code below this one: there is none"))
    if len(rows) > MOST_CODES:
        faults.append(((), f"Keep to {MOST_CODES} codes: there are {len(rows)} rows"))
    return replace(definition, faults=tuple(faults))


# Stands where no code can be read, so that no more is said than what is wrong with the table.
STAND_IN = {"title": "?", "definition": "?"}


def _columns(header: Line) -> dict[int, str]:
    """What each column holds. Where there are a code and a title, the code is the id."""
    names = {at: _column(text) for at, (text, _) in header.cells.items()}
    written = {at: _bare(text) for at, (text, _) in header.cells.items()}
    titles = [at for at, name in names.items() if name == "title"]
    if len(titles) == 2 and "id" not in names.values():
        codes = [at for at in titles if written[at] == "code"]
        names |= dict.fromkeys(codes, "id")
    return names


def _column(heading: str) -> str:
    bare = _bare(heading)
    if found := NUMBERED.fullmatch(bare):
        return f"example {int(found[1])}"
    return COLUMNS.get(bare, "")


def _bare(heading: str) -> str:
    """`Example_1:`, `Example 1` and `EXAMPLE1` are one heading."""
    words = re.sub(r"[\s_\-:.]+", " ", heading.strip().lower()).strip()
    return re.sub(r"(?<=[a-z])(?=\d)", " ", words)


def _heading_faults(definition: Definition, header: Line, columns: dict[int, str], sheet: str) -> Iterator[Fault]:
    for at, name in columns.items():
        path = ("columns", at)
        definition.places[path] = Place(header.number, sheet, header.cells[at][0].strip())
        if not name:
            yield path, f"Rename this column or delete it: columns are called {KNOWN}"
        elif list(columns.values()).index(name) < list(columns).index(at):
            yield path, f"Keep one of the columns that hold the {name}"
    for name in ("title", "definition"):
        if name not in columns.values():
            yield (), f"Add a column called {name}"


def _row(definition: Definition, row: Line, columns: dict[int, str], sheet: str) -> Iterator[Fault]:
    codes = definition.content["codes"]
    path = ("codes", len(codes))
    places = definition.places
    places[path] = Place(row.number, sheet)
    for name in ("title", "definition"):
        places[(*path, name)] = Place(row.number, sheet, name)
    code: dict[str, Any] = {"title": "", "definition": "", "examples": []}
    codes.append(code)
    for at, (text, fault) in sorted(row.cells.items()):
        name = columns.get(at)
        if not name:
            places[(*path, "cell", at)] = Place(row.number, sheet, workbooks.letters(at))
            yield (*path, "cell", at), "Delete what stands here, or give this column a name"
            continue
        if fault:
            places[(*path, "cell", at)] = Place(row.number, sheet, name)
            yield (*path, "cell", at), fault
        if name.startswith("example"):
            for example in _examples(name, text):
                places[(*path, "examples", len(code["examples"]))] = Place(row.number, sheet, name)
                code["examples"].append(example)
            places.setdefault((*path, "examples"), Place(row.number, sheet, name))
        else:
            places[(*path, name)] = Place(row.number, sheet, name)
            code[name] = text.strip()
    if "id" in code and not definitions.ID.fullmatch(code["id"]):
        code["id"] = id_of(code["id"])


def _examples(name: str, text: str) -> list[str]:
    """A numbered column holds one example; any other holds one a line."""
    if NUMBERED.fullmatch(name):
        return [text]
    return [line for line in (BULLET.sub("", line).strip() for line in text.splitlines()) if line]


READERS: dict[str, Callable[[str, bytes, Mapping[str, Any]], Definition]] = {
    ".yaml": _from_yaml,
    ".yml": _from_yaml,
    ".csv": _from_csv,
    ".xlsx": _from_workbook,
}
