"""What a report says, apart from how it looks: the one source that pages, PDF and Word files are made of.

It is plain data, and its JSON is canonical: the same content is the same bytes, whatever machine writes them.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Annotated, Any, Literal

from pydantic import Discriminator, TypeAdapter

# Words that rest on no statement, and what kind of words they are. Whatever else is said cites what it stands on.
FIXED = {
    "lead": "leads to what follows",
    "method": "tells how it was made or counted",
    "empty": "says that nothing was heard",
    "fact": "is from the directory, the plan, published figures or the record of what came in, not from what was said",
}
ABOUT_ITSELF = ("lead", "method")
NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,6})?")


class Unsupported(ValueError):
    """A sentence of substance that cites nothing, or cites what is not in the appendix."""


@dataclass(frozen=True)
class Sentence:
    """`cites` are numbers of references; one without any is `fixed` text of a kind."""

    text: str
    cites: tuple[int, ...] = ()
    fixed: str = ""

    def __post_init__(self) -> None:
        if bool(self.cites) == bool(self.fixed) or self.fixed not in {"", *FIXED}:
            raise Unsupported("A sentence cites statements, or is fixed text of a known kind")


@dataclass(frozen=True)
class Paragraph:
    sentences: tuple[Sentence, ...]
    block: Literal["paragraph"] = "paragraph"


@dataclass(frozen=True)
class Listing:
    """Each item is a paragraph of its own."""

    items: tuple[tuple[Sentence, ...], ...]
    block: Literal["list"] = "list"


@dataclass(frozen=True)
class Quote:
    """Words of somebody. `beside` says more of them in short, such as what they promise for when. Where they may not be
    named, neither the day nor the source is told."""

    words: str
    who: str
    when: date | None
    source: str
    cites: tuple[int, ...]
    beside: tuple[str, ...] = ()
    block: Literal["quote"] = "quote"

    def __post_init__(self) -> None:
        if not self.cites:
            raise Unsupported("A quote cites the statement that it quotes")


@dataclass(frozen=True)
class Column:
    heading: str
    number: bool = False  # set to the right, as numbers are


@dataclass(frozen=True)
class Row:
    """The first column heads the row."""

    heading: str
    cells: tuple[str, ...]
    cites: tuple[int, ...] = ()


@dataclass(frozen=True)
class Table:
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    block: Literal["table"] = "table"

    def __post_init__(self) -> None:
        if any(len(row.cells) + 1 != len(self.columns) for row in self.rows):
            raise ValueError(f"A row of “{self.caption}” has more or fewer cells than there are columns")


@dataclass(frozen=True)
class Figure:
    """A number with what it counts, and of how many: “5”, “barriers”, “of 34 statements”."""

    number: str
    words: str
    of: str = ""
    cites: tuple[int, ...] = ()


@dataclass(frozen=True)
class Figures:
    caption: str
    figures: tuple[Figure, ...]
    block: Literal["figures"] = "figures"


@dataclass(frozen=True)
class Bar:
    label: str
    value: str  # a number as it is written; a float would be written in many ways

    def __post_init__(self) -> None:
        if not NUMBER.fullmatch(self.value):
            raise ValueError("The value of a bar is a number such as 12 or 3.5")

    @property
    def shown(self) -> str:
        """As people write it: 1,200,000"""
        return f"{Decimal(self.value):,}"


@dataclass(frozen=True)
class Chart:
    """Bars, and under them a table of the same numbers: a chart is never the only way in."""

    caption: str
    label: str  # what the bars are of, as the head of the first column
    unit: str
    bars: tuple[Bar, ...]
    block: Literal["chart"] = "chart"

    def table(self) -> Table:
        columns = (Column(self.label), Column(self.unit, number=True))
        return Table(f"{self.caption}: the numbers", columns, tuple(Row(one.label, (one.shown,)) for one in self.bars))

    def in_words(self) -> str:
        """For who does not see it."""
        return f"{self.caption}, {self.unit}: " + ", ".join(f"{one.label} {one.shown}" for one in self.bars)


@dataclass(frozen=True)
class GridRow:
    heading: str
    cells: tuple[int | str, ...]  # as words where it is no single number


@dataclass(frozen=True)
class GridGroup:
    heading: str
    rows: tuple[GridRow, ...]


@dataclass(frozen=True)
class Grid:
    """Counts by two lists of names, in groups of rows: every cell is there, the empty ones too."""

    caption: str
    corner: str
    columns: tuple[str, ...]
    groups: tuple[GridGroup, ...]
    block: Literal["grid"] = "grid"

    def __post_init__(self) -> None:
        if any(len(row.cells) != len(self.columns) for group in self.groups for row in group.rows):
            raise ValueError(f"A row of “{self.caption}” has more or fewer cells than there are columns")


@dataclass(frozen=True)
class Note:
    """Set apart from the rest: what a reader is to know before going on."""

    sentences: tuple[Sentence, ...]
    block: Literal["note"] = "note"


@dataclass(frozen=True)
class Reply:
    """What somebody who was sent the report says to the line above, or to a part of it: `to` has its words then."""

    words: str
    who: str
    when: date
    correction: bool  # that something is wrong, not only more to be said
    to: str = ""
    block: Literal["reply"] = "reply"

    @property
    def lead(self) -> str:
        return ("Not right, says " if self.correction else "Reply by ") + self.who


Block = Annotated[Paragraph | Listing | Quote | Table | Figures | Chart | Grid | Note | Reply, Discriminator("block")]


@dataclass(frozen=True)
class Section:
    title: str
    blocks: tuple[Block, ...] = ()
    sections: tuple["Section", ...] = ()
    alone: bool = False  # on paper nothing else stands on its page behind it


@dataclass(frozen=True)
class Reference:
    """A statement that is cited, as it stood when the report was made.

    `who` said it, where the title does not tell and they may be named.
    """

    number: int
    statement_id: int
    words: str
    source: str
    when: date | None
    who: str = ""


@dataclass(frozen=True)
class Fact:
    """A line of “How this was made”."""

    name: str
    words: str


@dataclass(frozen=True)
class Document:
    """`kind` says in words what it is (“Report on an organisation”), `language` is a code such as en-GB."""

    kind: str
    title: str
    subtitle: str
    language: str
    made_on: date
    made_by: str
    sections: tuple[Section, ...]
    references: tuple[Reference, ...]
    made: tuple[Fact, ...] = ()
    hashes: dict[str, str] = field(default_factory=dict)  # of what it was made from, whole; `made` tells them in words
    address: str = ""  # where it stands for good
    sample: bool = False  # invented: nobody said it
    held_until: date | None = None  # for a right of reply, as it was when it was made

    def __post_init__(self) -> None:
        if [one.number for one in self.references] != list(range(1, len(self.references) + 1)):
            raise ValueError("References are numbered from 1 in the order of the appendix")
        cited = {number for one in cited_in(self.sections) for number in one}
        if cited != {one.number for one in self.references}:
            raise Unsupported("The appendix holds what is cited, all of it and nothing else")


def walked(sections: tuple[Section, ...]) -> Iterator[Section]:
    """Every section, in the order of reading."""
    for one in sections:
        yield one
        yield from walked(one.sections)


def sentences_of(block: Any) -> Iterator[Sentence]:
    if isinstance(block, Paragraph | Note):
        yield from block.sentences
    elif isinstance(block, Listing):
        for item in block.items:
            yield from item


def cited_in(sections: tuple[Section, ...]) -> Iterator[tuple[int, ...]]:
    for block in (block for section in walked(sections) for block in section.blocks):
        if isinstance(block, Quote):
            yield block.cites
        elif isinstance(block, Table):
            yield from (row.cites for row in block.rows)
        elif isinstance(block, Figures):
            yield from (figure.cites for figure in block.figures)
        else:
            yield from (sentence.cites for sentence in sentences_of(block))


# Before its address, which opens for nobody else.
ADDRESS = "Its address, for staff and those to whom it was sent:"


def held_words(document: Document, day: str) -> str:
    """Said in the file too: whoever has it may not have seen its page."""
    return (
        f"Held until {day} for a right of reply: until then it is not to be passed on." if document.held_until else ""
    )


# -- Lines that may be replied to ----

# "1-2.3": of the second part of the first section the third block; "1-2.3.4" is an item of a list or a row of a table
# there. What is frozen stays in its place, so a line is the same until the report goes out with its replies.
Line = str


def lines_of(sections: tuple[Section, ...], within: str = "") -> Iterator[tuple[Line, str]]:
    """What may be replied to, each with its words: every block that says something of its subject, every item of a list
    and every row of a table, besides the table as a whole."""
    for number, section in enumerate(sections, start=1):
        place = f"{within}-{number}" if within else str(number)
        for at, block in enumerate(section.blocks, start=1):
            if all(one.fixed in ABOUT_ITSELF for one in sentences_of(block)) and any(sentences_of(block)):
                continue
            if not isinstance(block, Listing):
                yield f"{place}.{at}", block_words(block)
            for part, words in enumerate(parts_of(block), start=1):
                yield f"{place}.{at}.{part}", words
        yield from lines_of(section.sections, place)


def parts_of(block: Any) -> list[str]:
    """The words of the parts of a block that are lines of their own."""
    if isinstance(block, Listing):
        return [" ".join(one.text for one in item) for item in block.items]
    return [row_words(block, row) for row in block.rows] if isinstance(block, Table) else []


def row_words(table: Table, row: Row) -> str:
    """ "We will open two more homes. (By when: March 2027; State: To come)" """
    named = zip(table.columns[1:], row.cells, strict=True)
    beside = "; ".join(f"{column.heading}: {cell}" for column, cell in named if cell)
    return f"{row.heading} ({beside})" if beside else row.heading


def heading_over(sections: tuple[Section, ...], line: Line) -> str:
    """Of the section that a line stands in: what it says may need that to be understood."""
    title = ""
    for number in line.partition(".")[0].split("-"):
        section = sections[int(number) - 1]
        title, sections = section.title, section.sections
    return title


def block_words(block: Any) -> str:
    if isinstance(block, Quote):
        return block.words
    caption = getattr(block, "caption", "")
    return caption or " ".join(one.text for one in sentences_of(block))


def with_replies(
    sections: tuple[Section, ...], replies: Mapping[Line, Sequence[Reply]], within: str = ""
) -> tuple[Section, ...]:
    """The same sections, with each reply under the block that it is about."""
    found = []
    for number, section in enumerate(sections, start=1):
        place = f"{within}-{number}" if within else str(number)
        blocks: list[Block] = []
        for at, block in enumerate(section.blocks, start=1):
            blocks.append(block)
            blocks += replies.get(f"{place}.{at}", ())
            for part, words in enumerate(parts_of(block), start=1):
                blocks += (replace(one, to=words) for one in replies.get(f"{place}.{at}.{part}", ()))
        within_it = with_replies(section.sections, replies, place)
        found.append(replace(section, blocks=tuple(blocks), sections=within_it))
    return tuple(found)


_READER = TypeAdapter(Document)
_SAID = TypeAdapter(tuple[tuple[Section, ...], tuple[Reference, ...]])


def written(document: Document) -> str:
    """Its JSON: keys in order, no blanks, every letter as it is, numbers whole or written out."""
    return canonical(_READER.dump_python(document, mode="json"))


def plain(sections: tuple[Section, ...], references: tuple[Reference, ...]) -> Any:
    """What these say, as its JSON has it."""
    return _SAID.dump_python((sections, references), mode="json")


def canonical(content: Any) -> str:
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def read(text: str) -> Document:
    """The document of its JSON. Raises ValueError for anything that is no such document."""
    return _READER.validate_json(text, strict=True)


def hash_of(text: str | bytes) -> str:
    return sha256(text.encode() if isinstance(text, str) else text).hexdigest()
