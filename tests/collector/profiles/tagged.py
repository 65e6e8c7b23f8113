"""What PDF/UA-1 asks of a file, as far as a program can tell without veraPDF, which is in no registry that we reach.

The faults are named; a file without any has a tag for all that is seen and heard, in an order that can be followed.
"""

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from pypdf import PdfReader
from pypdf.generic import ContentStream, DictionaryObject, IndirectObject

HEADING = re.compile(r"H([1-6])")
PAINTS = {b"Tj", b"TJ", b"'", b'"', b"f", b"F", b"f*", b"S", b"s", b"B", b"B*", b"b", b"b*", b"Do", b"sh"}
# The structure types that PDF 1.7 knows; others have to be mapped to one of these.
STANDARD = """
Document Part Art Sect Div BlockQuote Caption TOC TOCI Index NonStruct Private P H H1 H2 H3 H4 H5 H6 L LI Lbl LBody
Table TR TH TD THead TBody TFoot Span Quote Note Reference BibEntry Code Link Annot Ruby Warichu Figure Formula Form
"""


class Tagged:
    def __init__(self, content: bytes) -> None:
        self.reader = PdfReader(BytesIO(content))
        self.root: Any = self.reader.trailer["/Root"]
        self.tree: Any = self.root.get("/StructTreeRoot", {})
        self.roles = {name[1:]: str(to)[1:] for name, to in self.tree.get("/RoleMap", {}).items()}

    def faults(self) -> list[str]:
        return [*self.of_catalogue(), *self.of_structure(), *self.of_pages()]

    # -- The file as a whole ----

    def of_catalogue(self) -> Iterator[str]:
        if not is_true(self.root.get("/MarkInfo", {}).get("/Marked")):
            yield "not marked as tagged"
        if is_true(self.root.get("/MarkInfo", {}).get("/Suspects")):
            yield "its tags are suspect"
        if not re.fullmatch(r"[a-zA-Z]{2,3}(-[A-Za-z]{2})?", str(self.root.get("/Lang", ""))):
            yield "no language"
        if not is_true(self.root.get("/ViewerPreferences", {}).get("/DisplayDocTitle")):
            yield "the title is not shown in the window"
        metadata = self.root["/Metadata"].get_data().decode() if "/Metadata" in self.root else ""
        if "pdfuaid:part" not in metadata:
            yield "does not say that it is PDF/UA"
        if "<dc:title>" not in metadata:
            yield "no title in its metadata"
        if self.reader.is_encrypted:
            yield "encrypted"

    # -- Its structure ----

    def of_structure(self) -> Iterator[str]:
        level = 0
        for element, within in self.elements():
            role = self.role(element)
            if role not in STANDARD.split():
                yield f"unknown tag {role}"
            if role == "Figure" and not str(element.get("/Alt", "")).strip():
                yield "a figure without words"
            if found := HEADING.fullmatch(role):
                if int(found[1]) > level + 1:
                    yield f"a heading {found[1]} after a heading {level}"
                level = int(found[1])
            yield from self.of_table(role, element, within)
        if not level:
            yield "no headings"

    def of_table(self, role: str, element: Any, within: list[str]) -> Iterator[str]:
        parents = {"TR": {"Table", "THead", "TBody", "TFoot"}, "TH": {"TR"}, "TD": {"TR"}, "LI": {"L"}}
        parents |= {"LBody": {"LI"}, "Lbl": {"LI", "P", "Note", "Div"}, "THead": {"Table"}, "TBody": {"Table"}}
        if role in parents and (not within or within[-1] not in parents[role]):
            yield f"{role} within {within[-1:] or 'nothing'}"
        if role == "Table":
            inside = [self.role(one) for one, _ in self.walk(element, [])]
            if "TH" not in inside:
                yield "a table without heads"
            rows = [one for one, _ in self.walk(element, []) if self.role(one) == "TR"]
            if len({self.width(row) for row in rows}) > 1:
                yield "rows of a table that differ in their width"
        if role == "TH" and "/Scope" not in str(element.get("/A", "")):
            yield "a head of a table without its scope"

    def width(self, row: Any) -> int:
        return sum(int(self.attribute(cell, "/ColSpan") or 1) for cell in self.kids(row))

    def attribute(self, element: Any, name: str) -> Any:
        held = element.get("/A", [])
        held = held.get_object() if isinstance(held, IndirectObject) else held
        for one in held if isinstance(held, list) else [held]:
            if name in one.get_object():
                return one.get_object()[name]
        return None

    def role(self, element: Any) -> str:
        name = str(element.get("/S", ""))[1:]
        return self.roles.get(name, name)

    def elements(self) -> Iterator[tuple[Any, list[str]]]:
        yield from self.walk(self.tree, [])

    def walk(self, element: Any, within: list[str]) -> Iterator[tuple[Any, list[str]]]:
        for kid in self.kids(element):
            yield kid, within
            yield from self.walk(kid, [*within, self.role(kid)])

    def kids(self, element: Any) -> list[Any]:
        held = element.get("/K", [])
        held = held.get_object() if isinstance(held, IndirectObject) else held
        found = [one.get_object() for one in (held if isinstance(held, list) else [held])]
        return [one for one in found if isinstance(one, DictionaryObject) and "/S" in one]

    # -- Its pages ----

    def of_pages(self) -> Iterator[str]:
        for number, page in enumerate(self.reader.pages, start=1):
            if page.get("/Tabs") != "/S":
                yield f"page {number}: the order of Tab is not that of the tags"
            if "/StructParents" not in page:
                yield f"page {number}: not in the tree of tags"
            yield from (f"page {number}: {fault}" for fault in self.of_content(page))
            for one in page.get("/Annots", []):
                link = one.get_object()
                if "/StructParent" not in link or not str(link.get("/Contents", "")).strip():
                    yield f"page {number}: a link without a tag or without words"
            for name, font in page["/Resources"].get("/Font", {}).items():
                if "/ToUnicode" not in font.get_object():
                    yield f"page {number}: letters of {name} that cannot be told"

    def of_content(self, page: Any) -> Iterator[str]:
        depth = 0
        for operands, operator in ContentStream(page.get_contents(), self.reader).operations:
            if operator in (b"BDC", b"BMC"):
                depth += 1
            elif operator == b"EMC":
                depth -= 1
            elif operator in PAINTS and not depth:
                yield f"something painted without a tag: {operator.decode()} {operands}"[:80]


def is_true(held: object) -> bool:
    """A file has its own kind of true."""
    return bool(getattr(held, "value", False))
