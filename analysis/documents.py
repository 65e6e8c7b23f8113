"""Takes documents apart into paragraphs, in the order they are read in, each with its place in the document.

A list without a gap is one paragraph, and so is a row of a table of values.
"""

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from analysis.errors import UnreadableFile
from analysis.passages import BadLine, decoded
from forms.cells import CONTROL, rows_are_in_order

if TYPE_CHECKING:
    from docx.document import Document
    from lxml.etree import _Element

# A packed document that unpacks to more than this is no plan or report, and is refused before it is unpacked.
LARGEST_UNPACKED = 50_000_000
MOST_MEMBERS = 5_000

GAP = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")
BULLET = re.compile(r"\s*(?:[-*+•‣▪◦●–—]|\d{1,3}[.)])\s+")
HEADING = re.compile(r" {0,3}#{1,6}\s+(.*?)\s*#*\s*$")
RULE = re.compile(r"\s*(?:[-*_]\s*){3,}$")
EMPHASIS = re.compile(r"(\*{1,3}|_{1,3}|`+)(?=\S)(.+?)(?<=\S)\1")
LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
SENTENCE_END = re.compile(r"[.!?:;][\"'”’)]*$")
# A line shorter than this share of the longest, and that ends a sentence, ends its paragraph where a page has no gaps.
SHORT_LINE = 0.8

# A row of a table of values has no more cells that say something.
MOST_COLUMNS = 300
LONGEST_HEAD = 150
SEPARATORS = ",;\t"

FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
WORD_SIGNS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
# Properties, with the stops of tabs among them; a text box, whose paragraphs are blocks of their own.
WORDLESS = {"pPr", "rPr", "txbxContent"}
WORD_UNSAID = {f"{WORD}del", f"{WORD}moveFrom", FALLBACK}
OPENDOCUMENT_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
OPENDOCUMENT_BLOCKS = (f"{OPENDOCUMENT_TEXT}p", f"{OPENDOCUMENT_TEXT}h")
OPENDOCUMENT_SIGNS = {"tab": "\t", "line-break": "\n"}
# What was taken out, and what somebody noted in the margin.
UNSAID = (f"{OPENDOCUMENT_TEXT}tracked-changes", "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}annotation")


class Paragraph(NamedTuple):
    text: str
    place: str  # "Page 3, paragraph 2"


def text_paragraphs(content: bytes) -> Iterator[Paragraph]:
    """Stretches between empty lines, as they stand."""
    return in_order(blocks_of(content))


def in_order(texts: Iterable[str], before: str = "") -> Iterator[Paragraph]:
    """Paragraphs counted from 1; `before` says on which page."""
    for number, text in enumerate(texts, start=1):
        yield Paragraph(text, f"{before}, paragraph {number}" if before else f"Paragraph {number}")


def blocks_of(content: bytes) -> Iterator[str]:
    text = decoded(content).replace("\r\n", "\n").replace("\r", "\n")
    return (block.strip() for block in GAP.split(text) if block.strip())


def markdown_paragraphs(content: bytes) -> Iterator[Paragraph]:
    """Paragraphs, lists and headings without their marks; a heading stands alone, a rule is left out."""
    return in_order(without_marks(content))


def without_marks(content: bytes) -> Iterator[str]:
    for block in blocks_of(content):
        for is_heading, group in groupby(block.split("\n"), key=lambda line: bool(HEADING.match(line))):
            lines = [plain(line) for line in group if not RULE.match(line)]
            yield from filter(None, lines if is_heading else ["\n".join(lines).strip()])


def plain(line: str) -> str:
    """A line of Markdown as it reads."""
    heading = HEADING.match(line)
    line = heading[1] if heading else line
    line = LINK.sub(r"\1", re.sub(r"^\s*>\s?", "", line))
    return EMPHASIS.sub(r"\2", EMPHASIS.sub(r"\2", line)).strip()


def word_paragraphs(content: bytes) -> Iterator[Paragraph]:
    """Paragraphs and cells of tables; items of a list that follow one another are one paragraph of bullets."""
    import docx

    check_packed(content)
    check_undeclared(content, "Word document")
    try:
        document = docx.Document(io.BytesIO(content))
        body = document.element.body
        if body.find(f".//{WORD}altChunk") is not None:
            raise UnreadableFile(
                "A part of this Word document is packed in another way. Save it again in Word, and send that"
            )
    except (UnreadableFile, MemoryError):
        raise
    # python-docx meets a broken part with whatever error it comes to first.
    except Exception as problem:
        raise UnreadableFile("This Word document is damaged and cannot be read") from problem
    blocks = (block for block in body.iter(f"{WORD}p") if not any(map(is_unsaid, block.iterancestors())))
    return in_order(bundled((text, is_item(block, document)) for block in blocks if (text := word_text(block))))


def is_unsaid(element: "_Element") -> bool:
    """What was taken out, what older programs see of a text box, and what a field says while it is empty."""
    if element.tag != f"{WORD}sdt":
        return element.tag in WORD_UNSAID
    empty = element.find(f"{WORD}sdtPr/{WORD}showingPlcHdr")
    return empty is not None and empty.get(f"{WORD}val", "true") not in ("false", "0", "off")


def word_text(element: "_Element") -> str:
    """The words of a paragraph as they stand: with those that were put in, without those that were taken out.

    A text box within it has paragraphs of its own.
    """
    words = []
    for child in element:
        name = str(child.tag).removeprefix(WORD)
        if name == "t":
            words.append(child.text or "")
        elif name in WORD_SIGNS:
            words.append(WORD_SIGNS[name] if child.get(f"{WORD}type") in (None, "textWrapping") else " ")
        elif name not in WORDLESS and not is_unsaid(child):
            words.append(word_text(child))
    return "".join(words)


def is_item(block: "_Element", document: "Document") -> bool:
    from docx.text.paragraph import Paragraph as WordParagraph

    paragraph = WordParagraph(block, document)
    numbered = block.pPr is not None and block.pPr.numPr is not None
    return numbered or (paragraph.style is not None and (paragraph.style.name or "").startswith("List"))


def opendocument_paragraphs(content: bytes) -> Iterator[Paragraph]:
    """Paragraphs and headings; a list is one paragraph of bullets."""
    from lxml import etree

    check_packed(content)
    check_undeclared(content, "OpenDocument file")
    # Nothing is fetched and no entity is followed: the file is a stranger's.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            root = etree.fromstring(packed.read("content.xml"), parser)
    except (KeyError, zipfile.BadZipFile, etree.XMLSyntaxError) as problem:
        raise UnreadableFile("This OpenDocument file is damaged and cannot be read") from problem
    said = (block for block in root.iter(*OPENDOCUMENT_BLOCKS) if next(block.iterancestors(*UNSAID), None) is None)
    return in_order(bundled((opendocument_text(block), in_list(block)) for block in said))


def opendocument_text(element: "_Element") -> str:
    """The words of a paragraph, with the spaces, tabs and line breaks that the format writes as elements.

    A note or a text box within it has paragraphs of its own.
    """
    words = [element.text or ""]
    for child in element:
        name = str(child.tag).removeprefix(OPENDOCUMENT_TEXT)
        if name == "s":
            count = child.get(OPENDOCUMENT_TEXT + "c", "1")
            words.append(" " * min(int(count[:9]) if count.isdecimal() else 1, 100))
        elif name in OPENDOCUMENT_SIGNS:
            words.append(OPENDOCUMENT_SIGNS[name])
        elif isinstance(child.tag, str) and child.tag not in (*OPENDOCUMENT_BLOCKS, *UNSAID):
            words.append(opendocument_text(child))
        words.append(child.tail or "")
    return "".join(words)


def in_list(element: "_Element") -> bool:
    return next(element.iterancestors(OPENDOCUMENT_TEXT + "list"), None) is not None


def pdf_paragraphs(content: bytes) -> Iterator[Paragraph | BadLine]:
    """Paragraphs page by page; a page that cannot be read comes as `BadLine` with the page's number."""
    import pypdf
    from pypdf.errors import PyPdfError

    try:
        pages = list(pypdf.PdfReader(io.BytesIO(content)).pages)
    except PyPdfError as problem:
        raise UnreadableFile("This PDF is damaged, or locked with a password, and cannot be read") from problem
    for number, page in enumerate(pages, start=1):
        try:
            text = page.extract_text()
        except MemoryError:
            raise
        except Exception:  # a broken page is met with whatever error it leads to first
            yield BadLine(number, "this page of the PDF cannot be read")
            continue
        yield from in_order(page_paragraphs(text), f"Page {number}")


def page_paragraphs(text: str) -> Iterator[str]:
    """By empty lines where the page has any; else by lines that end a sentence short of the margin, and by bullets."""
    blocks = [block for block in GAP.split(text.replace("\r", "\n")) if block.strip()]
    if len(blocks) > 1:
        yield from (block.strip() for block in blocks)
        return
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    margin = max(map(len, lines), default=0)
    paragraph: list[str] = []
    for line in lines:
        paragraph.append(line)
        if SENTENCE_END.search(line) and len(line) < SHORT_LINE * margin:
            yield "\n".join(paragraph)
            paragraph = []
    if paragraph:
        yield "\n".join(paragraph)


def workbook_rows(content: bytes) -> Iterator[Paragraph]:
    """Every row of every sheet that says something in words; formulas as what they came to when it was saved."""
    import openpyxl

    check_packed(content)
    check_undeclared(content, "Excel workbook")
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        sheets = [
            (sheet, f"Sheet {sheet.title}, row" if len(book.worksheets) > 1 else "Row") for sheet in book.worksheets
        ]
        for sheet, place in sheets:
            check_order(content, sheet._worksheet_path)
            # What a sheet says about its own size may be wrong; its rows are what there is.
            sheet.reset_dimensions()
            rows = sheet.iter_rows(values_only=True)
            yield from told_rows((within(list(map(cell_text, row))) for row in rows), place)
    except UnreadableFile:
        raise
    # openpyxl meets a broken part with whatever error it comes to first.
    except (
        KeyError,
        ValueError,
        TypeError,
        IndexError,
        AttributeError,
        SyntaxError,
        OSError,
        zipfile.BadZipFile,
    ) as bad:
        raise UnreadableFile("This Excel workbook is damaged and cannot be read") from bad


def check_undeclared(content: bytes, kind: str) -> None:
    """None declares a document type. Its entities would be written out by some readers and left out by others."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            texts = [member for member in packed.infolist() if member.filename.endswith((".xml", ".rels"))]
            # A member in 16 bits a character has a zero in each of them.
            declared = any(b"<!DOCTYPE" in packed.read(member).replace(b"\0", b"") for member in texts)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError) as problem:
        raise UnreadableFile(f"This {kind} is damaged and cannot be read") from problem
    if declared:
        raise UnreadableFile(f"This {kind} declares a document type, which none does: it was not opened")


def check_order(content: bytes, member: str) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        if not rows_are_in_order(packed.read(member)):
            raise UnreadableFile(
                "The rows of this Excel workbook are not in order. Save it again in Excel, and send that"
            )


def cell_text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return f"{value:.0f}"
    if isinstance(value, datetime) and value.time() == time():
        value = value.date()
    if isinstance(value, date) and not isinstance(value, datetime):
        return f"{value.day} {value:%B %Y}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else CONTROL.sub(" ", str(value).replace("_x000D_", "")).strip()


def csv_rows(content: bytes) -> Iterator[Paragraph]:
    """Every row that says something in words, whatever its columns are called."""
    text = decoded(content)
    first = text.lstrip().partition("\n")[0]
    csv.field_size_limit(LARGEST_UNPACKED)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=max(SEPARATORS, key=first.count))
    return told_rows((within([cell.strip() for cell in row]) for row in rows), "Row")


def within(cells: list[str]) -> list[str]:
    """No word of a row is left out unsaid."""
    if any(cells[MOST_COLUMNS:]):
        raise UnreadableFile(f"A row has more than {MOST_COLUMNS} columns. Send the columns that matter")
    return cells[:MOST_COLUMNS]


def told_rows(rows: Iterable[Iterable[str]], place: str) -> Iterator[Paragraph]:
    """Rows as a person would read them out: each cell after what stands at the head of its column.

    The first row of several cells is the head, if all of them are in few words and others follow. A row of numbers
    alone says nothing in words.
    """
    numbered = ((f"{place} {number}", list(row)) for number, row in enumerate(rows, start=1))
    told = ((where, cells) for where, cells in numbered if any(map(in_words, cells)))
    head: list[str] = []
    for where, cells in told:
        if sum(map(bool, cells)) == 1:
            yield row_told(where, [], cells)
            continue
        following = next(told, None)
        if following and all(in_words(cell) and len(cell) <= LONGEST_HEAD for cell in cells if cell):
            head = cells
        else:
            yield row_told(where, [], cells)
        if following:
            yield row_told(following[0], head, following[1])
        break
    for where, cells in told:
        yield row_told(where, head, cells)


def row_told(place: str, head: list[str], cells: list[str]) -> Paragraph:
    """What is said in a few words is one statement with the cells beside it; sentences stand on lines of their own."""
    short = all(len(cell) <= LONGEST_HEAD and "\n" not in cell and not SENTENCE_END.search(cell) for cell in cells)
    return Paragraph(("; " if short else "\n").join(read_out(head, cells)), place)


def in_words(cell: str) -> bool:
    return any(sign.isalpha() for sign in cell)


def read_out(head: list[str], cells: list[str]) -> Iterator[str]:
    alone = sum(map(bool, cells)) == 1
    for number, cell in enumerate(cells):
        name = head[number] if number < len(head) and not alone else ""
        if cell:
            yield f"{name.rstrip(' :?')}: {cell}" if name else cell


def bundled(blocks: Iterable[tuple[str, bool]]) -> Iterator[str]:
    """Paragraphs one by one; neighbouring items of a list together, a line each with a bullet before it."""
    for items, group in groupby(
        ((text.strip(), item) for text, item in blocks if text.strip()), key=lambda one: one[1]
    ):
        texts = [text for text, _ in group]
        yield from (["\n".join(map(bulleted, texts))] if items else texts)


def bulleted(text: str) -> str:
    return text if BULLET.match(text) else f"- {text}"


def check_packed(content: bytes) -> None:
    """Refuse what is no zip file, or one that unpacks to more than a document can be, before any of it is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            members = packed.infolist()
    except zipfile.BadZipFile as problem:
        raise UnreadableFile("This file is damaged: it does not hold what its name says") from problem
    if len(members) > MOST_MEMBERS or sum(member.file_size for member in members) > LARGEST_UNPACKED:
        raise UnreadableFile("This file unpacks to more than a document can hold, and was not opened")
