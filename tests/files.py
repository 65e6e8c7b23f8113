"""Files as people send them, and as people send them who mean harm."""

import io
import struct
import zipfile
from functools import cache

import docx
import openpyxl
from docx.document import Document

CONTENT_TYPES = '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
ODT_TYPE = "application/vnd.oasis.opendocument.text"
ODT_HEAD = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:text>'
)
ODT_FOOT = "</office:text></office:body></office:document-content>"
XLSX_PARTS = ("[Content_Types].xml", "xl/workbook.xml")


def packed(members: dict[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return content.getvalue()


def word(*paragraphs: str) -> bytes:
    document: Document = docx.Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    content = io.BytesIO()
    document.save(content)
    return content.getvalue()


def workbook(**sheets: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def workbook_of_rows(*numbers: int) -> bytes:
    """With a row of each number, in this order."""
    with zipfile.ZipFile(io.BytesIO(workbook(Plan=[["words"]]))) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    row = '<row r="{0}"><c r="A{0}" t="inlineStr"><is><t>We plan {0}.</t></is></c></row>'
    rows = "".join(map(row.format, numbers))
    sheet = (
        f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData>'
    )
    return packed(members | {"xl/worksheets/sheet1.xml": f"{sheet}</worksheet>"})


def opendocument(*paragraphs: str, **more: str) -> bytes:
    body = "".join(f"<text:p>{paragraph}</text:p>" for paragraph in paragraphs)
    return packed({"mimetype": ODT_TYPE, "content.xml": ODT_HEAD + body + ODT_FOOT, **more})


def pdf(*pages: list[str], extra: bytes = b"", kids: bytes | None = None, content: bytes | None = None) -> bytes:
    """Each page with its lines one under the other. `extra` stands in the trailer."""
    numbers = [4 + 2 * at for at in range(len(pages))]
    kids = kids if kids is not None else b" ".join(b"%d 0 R" % number for number in numbers)
    objects = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, len(pages)),
        3: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    }
    for number, lines in zip(numbers, pages, strict=True):
        shown = "".join(f"({line}) Tj 0 -16 Td " for line in lines)
        stream = (
            content
            if content is not None
            else b"<< /Length %d >>\nstream\n%s\nendstream"
            % (
                len(shown) + 30,
                f"BT /F1 12 Tf 72 720 Td {shown}ET".encode().ljust(len(shown) + 30),
            )
        )
        objects[number] = (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R"
            b" /Resources << /Font << /F1 3 0 R >> >> >>" % (number + 1)
        )
        objects[number + 1] = stream
    out, places = b"%PDF-1.4\n", []
    for number, written in sorted(objects.items()):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, written)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    trailer = b"trailer << /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF" % (size, extra, len(out))
    return out + b"xref\n0 %d\n0000000000 65535 f \n" % size + table + trailer


@cache  # several files of tests ask for the same while they are collected
def bomb(unpacked: int, **more: bytes | str) -> bytes:
    """A Word document of a few kilobytes that unpacks to so many bytes."""
    return packed({"[Content_Types].xml": CONTENT_TYPES, "word/document.xml": b"\0" * unpacked, **more})


@cache
def many_members(number: int) -> bytes:
    return packed(
        {"[Content_Types].xml": CONTENT_TYPES, "word/document.xml": "<x/>"} | {f"m/{at}": "" for at in range(number)}
    )


def billion_laughs() -> bytes:
    """A workbook whose shared strings declare entities that grow tenfold, nine times over."""
    entities = '<!ENTITY a0 "lol">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    strings = (
        f'<?xml version="1.0"?><!DOCTYPE sst [{entities}]><sst xmlns='
        '"http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>&a9;</t></si></sst>'
    )
    sound = workbook(Plan=[["words"]])
    with zipfile.ZipFile(io.BytesIO(sound)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    return packed(members | {"xl/sharedStrings.xml": strings})


def with_directory_that_lies(content: bytes) -> bytes:
    """The same file, with the sizes in its directory made small."""
    at = content.index(b"PK\x01\x02")
    while at >= 0:
        content = content[: at + 24] + struct.pack("<L", 10) + content[at + 28 :]
        at = content.find(b"PK\x01\x02", at + 46)
    return content
