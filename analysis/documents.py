"""Takes documents apart into paragraphs, in the order they are read in; a list without a gap is one paragraph."""

import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from analysis.passages import BadLine, decoded

if TYPE_CHECKING:
    from docx.text.paragraph import Paragraph
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

OPENDOCUMENT_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"


def text_paragraphs(content: bytes) -> Iterator[str]:
    """Stretches between empty lines, as they stand."""
    text = decoded(content).replace("\r\n", "\n").replace("\r", "\n")
    return (block.strip() for block in GAP.split(text) if block.strip())


def markdown_paragraphs(content: bytes) -> Iterator[str]:
    """Paragraphs, lists and headings without their marks; a heading stands alone, a rule is left out."""
    for block in text_paragraphs(content):
        for is_heading, group in groupby(block.split("\n"), key=lambda line: bool(HEADING.match(line))):
            lines = [plain(line) for line in group if not RULE.match(line)]
            yield from filter(None, lines if is_heading else ["\n".join(lines).strip()])


def plain(line: str) -> str:
    """A line of Markdown as it reads."""
    heading = HEADING.match(line)
    line = heading[1] if heading else line
    line = LINK.sub(r"\1", re.sub(r"^\s*>\s?", "", line))
    return EMPHASIS.sub(r"\2", EMPHASIS.sub(r"\2", line)).strip()


def word_paragraphs(content: bytes) -> Iterator[str]:
    """Paragraphs and cells of tables; items of a list that follow one another are one paragraph of bullets."""
    import docx
    from docx.opc.exceptions import PackageNotFoundError

    check_packed(content)
    try:
        document = docx.Document(io.BytesIO(content))
    except (PackageNotFoundError, KeyError, ValueError, SyntaxError) as problem:
        raise ValueError("This Word document is damaged and cannot be read") from problem
    return bundled((paragraph.text, is_item(paragraph)) for paragraph in word_blocks(document))


def word_blocks(container) -> Iterator["Paragraph"]:
    from docx.table import Table

    for block in container.iter_inner_content():
        if isinstance(block, Table):
            # A merged cell is met once for each place it covers; its words count once.
            cells = {cell._tc: cell for row in block.rows for cell in row.cells}
            for cell in cells.values():
                yield from word_blocks(cell)
        else:
            yield block


def is_item(paragraph: "Paragraph") -> bool:
    properties = paragraph._p.pPr
    numbered = properties is not None and properties.numPr is not None
    return numbered or (paragraph.style is not None and (paragraph.style.name or "").startswith("List"))


def opendocument_paragraphs(content: bytes) -> Iterator[str]:
    """Paragraphs and headings; a list is one paragraph of bullets."""
    from lxml import etree

    check_packed(content)
    # Nothing is fetched and no entity is followed: the file is a stranger's.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            root = etree.fromstring(packed.read("content.xml"), parser)
    except (KeyError, zipfile.BadZipFile, etree.XMLSyntaxError) as problem:
        raise ValueError("This OpenDocument file is damaged and cannot be read") from problem
    blocks = root.iter(OPENDOCUMENT_TEXT + "p", OPENDOCUMENT_TEXT + "h")
    return bundled((opendocument_text(block), in_list(block)) for block in blocks)


def opendocument_text(element: "_Element") -> str:
    """The words of a paragraph, with the spaces, tabs and line breaks that the format writes as elements."""
    spaces = {"s": " ", "tab": "\t", "line-break": "\n"}
    words = [element.text or ""]
    for child in element:
        name = str(child.tag).removeprefix(OPENDOCUMENT_TEXT)
        count = int(child.get(OPENDOCUMENT_TEXT + "c", "1")) if name == "s" else 1
        words.append(spaces[name] * min(count, 100) if name in spaces else opendocument_text(child))
        words.append(child.tail or "")
    return "".join(words)


def in_list(element: "_Element") -> bool:
    return next(element.iterancestors(OPENDOCUMENT_TEXT + "list"), None) is not None


def pdf_paragraphs(content: bytes) -> Iterator[str | BadLine]:
    """Paragraphs page by page; a page that cannot be read comes as `BadLine` with the page's number."""
    import pypdf
    from pypdf.errors import PyPdfError

    try:
        pages = list(pypdf.PdfReader(io.BytesIO(content)).pages)
    except PyPdfError as problem:
        raise ValueError("This PDF is damaged, or locked with a password, and cannot be read") from problem
    for number, page in enumerate(pages, start=1):
        try:
            text = page.extract_text()
        except (PyPdfError, ValueError, KeyError, TypeError, IndexError, AttributeError):
            yield BadLine(number, "this page of the PDF cannot be read")
            continue
        yield from page_paragraphs(text)


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
        raise ValueError("This file is damaged: it does not hold what its name says") from problem
    if len(members) > MOST_MEMBERS or sum(member.file_size for member in members) > LARGEST_UNPACKED:
        raise ValueError("This file unpacks to more than a document can hold, and was not opened")
