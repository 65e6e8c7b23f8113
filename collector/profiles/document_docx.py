"""A document as a Word file: real headings, lists and tables, a picture of each chart with its words."""

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime, time
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import docx
import typst
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from collector import dates
from collector.profiles import document_html
from collector.profiles.document import (
    ADDRESS,
    Chart,
    Column,
    Document,
    Figures,
    Grid,
    Listing,
    Note,
    Quote,
    Reply,
    Row,
    Section,
    Sentence,
    Table,
    held_words,
)
from forms import speech

PICTURE = Path(__file__).with_name("chart.typ")
DOTS_AN_INCH = 150
FONT, QUIET, BLUE = "Arial", "595959", "0065BD"
# Points: letters, the room above a paragraph and the room below it.
SIZES = {
    "Normal": (10.5, 0, 6),
    "Title": (24, 0, 6),
    "Heading 1": (16, 24, 6),
    "Heading 2": (12.5, 16, 4),
    "Heading 3": (11, 12, 3),
    "Caption": (10.5, 10, 4),
    "Quiet": (9.5, 0, 6),
    "Quote": (10.5, 4, 0),
    "Said by": (9, 0, 10),
    "Note": (10.5, 8, 8),
    "Cell": (9.5, 2, 2),
}
# Widths of tables, in centimetres: of the page without its margins, of a letter, of the room around a cell's words.
TEXT_WIDTH, A_LETTER, A_CELL = 16.6, 0.19, 0.5
SHORT_LETTERS, NUMBER_LETTERS, MOST_LETTERS = 18, 12, 60
LONGEST_PROPERTY = 255  # of what a file says of itself; the page has all of it
DEEPEST = 3  # the last of the headings above
# Two code points and all controls that no XML file can hold.
_NO_XML = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
# The first moment that a zip file can tell, for each of its parts.
NO_TIME = (1980, 1, 1, 0, 0, 0)


def as_docx(document: Document) -> bytes:
    """The same bytes each time."""
    with speech.speaking(speech.ENGLISH):
        return _Writing(document).done()


class _Writing:
    """A Word file as it grows, with what has been numbered in it so far."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.file = docx.Document()
        self.bookmarks = 0
        _set_out(self.file)
        # Looked up once: the library goes through all styles for every paragraph.
        self.styles = {style.name: style.style_id for style in self.file.styles}
        self.describe()

    def done(self) -> bytes:
        self.head()
        for section in self.document.sections:
            self.section(section, 1)
        self.appendix()
        self.how_made()
        written = BytesIO()
        self.file.save(written)
        return _without_times(written)

    def describe(self) -> None:
        told, properties = self.document, self.file.core_properties
        title, by = _kept(told.title)[:LONGEST_PROPERTY], _kept(told.made_by)[:LONGEST_PROPERTY]
        properties.title, properties.author, properties.comments = title, by, ""
        properties.subject, properties.language = told.kind, told.language
        properties.created = properties.modified = datetime.combine(told.made_on, time(), UTC)
        properties.last_modified_by, properties.revision = by, 1
        spoken = OxmlElement("w:lang")
        spoken.set(qn("w:val"), told.language)
        self.file.styles["Normal"].element.get_or_add_rPr().append(spoken)
        footer = self.file.sections[0].footer.paragraphs[0]
        footer.text = f"{_kept(told.title)}, {dates.in_words(told.made_on)}\t\t"
        number = OxmlElement("w:fldSimple")
        number.set(qn("w:instr"), "PAGE")
        footer._p.append(number)

    def head(self) -> None:
        told = self.document
        self.say(told.kind, "Quiet")
        self.say(told.title, "Title")
        if told.subtitle:
            self.say(told.subtitle)
        where = f" {ADDRESS} {told.address}" if told.address else ""
        self.say(f"Made on {dates.in_words(told.made_on)} by {told.made_by}.{where}", "Quiet")
        if held := held_words(told, dates.in_words(told.held_until or told.made_on)):
            self.say(held, "Note")
        if told.sample:
            self.say("Sample round. Invented organisations and people. Nothing here was said by anyone.", "Note")

    def section(self, section: Section, level: int) -> None:
        self.say(section.title, f"Heading {min(level, DEEPEST)}")
        for block in section.blocks:
            self.block(block)
        for one in section.sections:
            self.section(one, level + 1)
        if section.alone:
            self.file.add_page_break()

    def block(self, block: Any) -> None:
        if isinstance(block, Quote):
            self.quote(block)
        elif isinstance(block, Reply):
            self.reply(block)
        elif isinstance(block, Listing):
            for item in block.items:
                self.sentences(item, "List Bullet")
        elif isinstance(block, Figures):
            self.figures(block)
        elif isinstance(block, Table):
            self.table(block.caption, block.columns, block.rows)
        elif isinstance(block, Chart):
            self.chart(block)
        elif isinstance(block, Grid):
            self.grid(block)
        else:
            self.sentences(block.sentences, "Note" if isinstance(block, Note) else "Normal")

    def reply(self, block: Reply) -> None:
        written = self.say("", "Note")
        written.add_run(f"{_kept(block.lead)}, {dates.in_words(block.when)}").bold = True
        if block.to:
            written.add_run(f", to “{_kept(block.to)}”")
        written.add_run(f": {_kept(block.words)}")

    def say(self, words: str, style: str = "Normal") -> Any:
        written = self.file.add_paragraph(_kept(words))
        if style != "Normal":
            written._p.style = self.styles[style]
        return written

    def sentences(self, sentences: Iterable[Sentence], style: str) -> None:
        written = self.say("", style)
        for number, one in enumerate(sentences):
            written.add_run((" " if number else "") + _kept(one.text))
            self.cite(written, one.cites)

    def cite(self, written: Any, numbers: tuple[int, ...]) -> None:
        """ "[3, 4]", each leading to its line of the appendix."""
        for place, number in enumerate(numbers):
            written.add_run(", " if place else " [")
            link = OxmlElement("w:hyperlink")
            link.set(qn("w:anchor"), f"stands-on-{number}")
            run = written.add_run(str(number))
            run.font.color.rgb, run.font.underline = RGBColor.from_string(BLUE), True
            link.append(run._r)
            written._p.append(link)
        if numbers:
            written.add_run("]")

    def quote(self, quote: Quote) -> None:
        self.say(quote.words, "Quote")
        under = ". ".join([document_html.origin(quote), *quote.beside])
        self.cite(self.say(under, "Said by"), quote.cites)

    def figures(self, figures: Figures) -> None:
        self.say(figures.caption, "Caption")
        for one in figures.figures:
            written = self.say("", "List Bullet")
            written.add_run(one.number).bold = True
            written.add_run(f" {_kept(one.words)}" + (f", {_kept(one.of)}" if one.of else ""))
            self.cite(written, one.cites)

    def table(self, caption: str, columns: tuple[Column, ...], rows: Iterable[Row]) -> Any:
        self.say(caption, "Caption")
        table = self.file.add_table(rows=1, cols=len(columns))
        table._tbl.tblPr.style = self.styles["Table Grid"]
        _tell_heads(table, caption)
        rows = list(rows)
        widths = _widths(columns, rows)
        for column, width in zip(table.columns, widths, strict=True):
            column.width = width
        self.row(table.rows[0], [column.heading for column in columns], columns, widths, head=True)
        for row in rows:
            cells = table.add_row()
            self.row(cells, [row.heading, *row.cells], columns, widths)
            self.cite(cells.cells[0].paragraphs[0], row.cites)
        self.say("")
        return table

    def row(
        self, row: Any, words: list[str], columns: tuple[Column, ...], widths: list[int], *, head: bool = False
    ) -> None:
        for cell, text, column, width in zip(row.cells, words, columns, widths, strict=True):
            cell.width = width
            written = cell.paragraphs[0]
            written._p.style = self.styles["Cell"]
            written.add_run(_kept(text)).bold = head or None
            if column.number:
                written.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        _mark(row, "w:cantSplit")
        if head:
            _mark(row, "w:tblHeader")

    def chart(self, chart: Chart) -> None:
        self.say(chart.caption, "Caption")
        picture = self.file.add_picture(BytesIO(_drawn(chart)), width=Cm(15))
        told = picture._inline.docPr
        told.set("descr", _kept(chart.in_words()))
        told.set("title", _kept(chart.caption))
        table = chart.table()
        self.table(table.caption, table.columns, table.rows)

    def grid(self, grid: Grid) -> None:
        """A table for each group, so that each has its own heads."""
        for group in grid.groups:
            columns = (Column(group.heading), *(Column(name, number=True) for name in grid.columns))
            rows = [Row(one.heading, tuple(str(cell) for cell in one.cells)) for one in group.rows]
            self.table(f"{grid.caption}: {group.heading}", columns, rows)

    def appendix(self) -> None:
        if not self.document.references:
            return
        self.say("What it stands on", "Heading 1")
        self.say(
            "Every statement that is cited above, in the words in which it was made, with where it is from and when it"
            " came."
        )
        for one in self.document.references:
            written = self.say("")
            self.bookmark(written, f"stands-on-{one.number}")
            written.add_run(f"{one.number}. {_kept(one.words)} ")
            said = written.add_run(_kept(document_html.origin(one)))
            said.font.size, said.font.color.rgb = Pt(9), RGBColor.from_string(QUIET)

    def bookmark(self, written: Any, name: str) -> None:
        self.bookmarks += 1
        for kind in ("w:bookmarkStart", "w:bookmarkEnd"):
            mark = OxmlElement(kind)
            mark.set(qn("w:id"), str(self.bookmarks))
            if kind == "w:bookmarkStart":
                mark.set(qn("w:name"), name)
            written._p.append(mark)

    def how_made(self) -> None:
        if self.document.made:
            self.say("How this was made", "Heading 1")
        for one in self.document.made:
            written = self.say("")
            written.add_run(f"{one.name}: ").bold = True
            written.add_run(_kept(one.words))


def _kept(words: str) -> str:
    return _NO_XML.sub("\ufffd", words)


def _set_out(file: Any) -> None:
    """On A4, in one column: the library's own document is American and blue."""
    page = file.sections[0]
    page.page_width, page.page_height = Cm(21), Cm(29.7)
    page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = Cm(2.2)
    for name, (size, above, below) in SIZES.items():
        style = file.styles[name] if name in file.styles else file.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.element.get_or_add_rPr().get_or_add_rFonts().attrib.clear()  # those of a theme outdo what is named
        style.font.name, style.font.size, style.font.italic = FONT, Pt(size), False
        style.font.color.rgb = RGBColor.from_string(QUIET if name in ("Quiet", "Said by") else "000000")
        style.font.bold = name in ("Title", "Caption") or name.startswith("Heading")
        room = style.paragraph_format
        room.space_before, room.space_after, room.line_spacing = Pt(above), Pt(below), 1.15
        room.keep_with_next = name == "Caption" or name.startswith("Heading") or name == "Quote"
    for name in ("Quote", "Said by", "Note"):
        file.styles[name].paragraph_format.left_indent = Cm(0.6)
    for border in file.styles["Title"].element.pPr.findall(".//{*}pBdr"):
        border.getparent().remove(border)


def _tell_heads(table: Any, caption: str) -> None:
    """That the first row and the first column are heads, and what the table is of, for screen readers."""
    properties = table._tbl.tblPr
    look = properties.find(qn("w:tblLook"))
    if look is None:
        look = OxmlElement("w:tblLook")
        properties.append(look)
    for name, value in (("firstRow", "1"), ("firstColumn", "1"), ("lastRow", "0"), ("lastColumn", "0")):
        look.set(qn(f"w:{name}"), value)
    said = OxmlElement("w:tblCaption")
    said.set(qn("w:val"), _kept(caption))
    properties.append(said)


def _widths(columns: tuple[Column, ...], rows: list[Row]) -> list[int]:
    """Columns of numbers and of short words are as wide as those; the others share the rest by their longest cell."""
    by_column = zip(*([row.heading, *row.cells] for row in rows), strict=True) if rows else [()] * len(columns)
    letters = [
        min(max(map(len, (column.heading, *cells))), NUMBER_LETTERS if column.number else MOST_LETTERS)
        for column, cells in zip(columns, by_column, strict=True)
    ]
    wide = [number > SHORT_LETTERS for number in letters]
    narrow = [A_LETTER * number + A_CELL for number in letters]
    left = TEXT_WIDTH - sum(width for width, is_wide in zip(narrow, wide, strict=True) if not is_wide)
    shared = sum(number for number, is_wide in zip(letters, wide, strict=True) if is_wide)
    return [
        Cm(left * number / shared if is_wide else width)
        for number, width, is_wide in zip(letters, narrow, wide, strict=True)
    ]


def _mark(row: Any, name: str) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement(name))


def _drawn(chart: Chart) -> bytes:
    share = document_html.lengths(chart, 85)
    bars = [{"label": one.label, "value": one.shown, "share": share(one.value)} for one in chart.bars]
    told = json.dumps({"bars": bars})
    return typst.compile(PICTURE, sys_inputs={"chart": told}, format="png", ppi=DOTS_AN_INCH, ignore_system_fonts=True)


def _without_times(written: BytesIO) -> bytes:
    """A zip file tells when each of its parts was written; these tell nothing, and stand by their names."""
    again = BytesIO()
    with ZipFile(written) as parts, ZipFile(again, "w", ZIP_DEFLATED) as kept:
        for name in sorted(parts.namelist(), key=lambda name: (name != "[Content_Types].xml", name)):
            part = ZipInfo(name, NO_TIME)
            part.compress_type, part.external_attr = ZIP_DEFLATED, 0o600 << 16
            kept.writestr(part, parts.read(name))
    return again.getvalue()
