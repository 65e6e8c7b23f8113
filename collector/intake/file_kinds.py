"""Which kind of document a file is: told by what is in it, and before anything of it is unpacked.

Whatever takes a document apart runs in the worker, in a process of its own. Here a file is looked at from outside.
"""

import codecs
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import BinaryIO

from collector.intake.file_names import ending_of
from forms.speech import gettext, message

LARGEST = 15 * 1024 * 1024
# A document that unpacks to more than this, or to so many times its size, is no plan or report.
LARGEST_UNPACKED = 50_000_000
GREATEST_RATIO = 100
# What is small may be packed as tightly as it likes: an empty sheet is.
SMALL = 5_000_000
MOST_MEMBERS = 2_000
# The list of members is read at once; so many of them, with long names, take no more room.
LARGEST_DIRECTORY = 1_000_000
LARGEST_LISTING = 1_000_000
AT_ONCE = 1024 * 1024

NAMES = {
    "pdf": "PDF",
    "docx": message("Word document (DOCX)"),
    "odt": message("OpenDocument text (ODT)"),
    "xlsx": message("Excel workbook (XLSX)"),
    "csv": message("table of values (CSV)"),
    "txt": message("plain text (TXT)"),
    "jpeg": "picture (JPEG)",
    "png": "picture (PNG)",
    "eml": "e-mail (EML)",
    "msg": "Outlook e-mail (MSG)",
}
MEDIA_TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "odt": "application/vnd.oasis.opendocument.text",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "eml": "message/rfc822",
    "msg": "application/vnd.ms-outlook",
}

TAKEN = message("Add a PDF, Word (DOCX), OpenDocument (ODT), Excel (XLSX), CSV or text (TXT) file")
TAKEN_AS_ORIGINAL = "Add a scan (PDF, JPEG or PNG), a mail (EML or MSG) or a document"
TOO_LARGE = message("This file is larger than %(most)s MB. Make it smaller, or add the part that matters most")
EMPTY = message("There is nothing in this file. Choose another one")
DAMAGED = message("This file is damaged. Open it in the program that made it, save it again, and add that")
PACKED_TOO_TIGHTLY = message("This file holds far more than its size says, so we did not open it. Add a smaller one")
MACROS = message("This file has macros in it: small programs that could do harm. Save it without macros, and add that")
LOCKED = message("This file is locked with a password. Save it without one, and add that")
OLD_OFFICE = message("This is an old Word or Excel file, or it has a password. Save it as DOCX or XLSX without one")
ARCHIVE = message("This is a zip file. Take the documents out of it, and add them one by one")

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP = b"PK\x03\x04"
PDF = b"%PDF-"
_SCANS = ((b"\xff\xd8\xff", "jpeg", ("jpg", "jpeg", "")), (b"\x89PNG\r\n\x1a\n", "png", ("png", "")))
# A mail begins with what it says of itself, like “From: …”.
_HEADER = re.compile(rb"[A-Za-z][A-Za-z0-9-]{0,60}:[ \t\r\n]")
_PDF_LOCK = re.compile(rb"/Encrypt\s{0,20}(?:\d{1,10}\s{1,20}\d{1,10}\s{1,20}R|<<)")
_OVERLAP = 80  # bytes: such a lock may lie over the end of a stretch
# What no text has, whatever its alphabet. 16 bits a character are told by the first two bytes.
_NO_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1f]")
_NO_LETTER = re.compile("[\x00-\x08\x0e-\x1f]")
_WIDE = (b"\xff\xfe", b"\xfe\xff")
_END = struct.Struct("<4s4H2LH")
# What the library raises at a file that is no zip file, cut short, damaged inside or packed in another way.
_UNOPENED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError)
_STORED_OR_DEFLATED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_MACROS = re.compile(r"(^|/)(vbaproject\.bin|vbadata\.xml|macrosheets/.*|basic/.*|scripts/.*)$", re.IGNORECASE)
_OPENDOCUMENT_TEXT = b"application/vnd.oasis.opendocument.text"


class Refused(ValueError):
    """Says to whoever sent the file what to do about it."""


def kind_of_original(name: str, content: BinaryIO) -> str:
    """As `kind_of`, and also a scan or a mail: an original is stored, and never taken apart."""
    _check_size(content)
    content.seek(0)
    beginning, ending = content.read(200), ending_of(name)
    for mark, kind, endings in _SCANS:
        if beginning.startswith(mark) and ending in endings:
            return kind
    if ending == "msg" and beginning.startswith(OLE):
        return "msg"
    if ending == "eml" and _HEADER.match(beginning) and _is_text(content, wide=False):
        return "eml"
    try:
        return kind_of(name, content)
    except Refused as problem:
        raise Refused(str(problem).replace(TAKEN, TAKEN_AS_ORIGINAL)) from problem


def _check_size(content: BinaryIO) -> None:
    content.seek(0, 2)
    size = content.tell()
    if size > LARGEST:
        raise Refused(gettext(TOO_LARGE, most=LARGEST // 1024**2))
    if size == 0:
        raise Refused(gettext(EMPTY))


def kind_of(name: str, content: BinaryIO) -> str:
    """One of NAMES, or `Refused`. Takes little memory, however large the file or what is packed into it."""
    _check_size(content)
    ending = ending_of(name)
    if ending in ("docm", "xlsm", "dotm", "xltm"):
        raise Refused(gettext(MACROS))
    kind = _kind_inside(content, ending)
    if ending and ending != kind:
        raise Refused(
            gettext(
                "The name ends in .%(ending)s, but the file is of another kind: %(kind)s. Save it again",
                ending=ending[:10],
                kind=gettext(NAMES[kind]),
            )
        )
    return kind


def _kind_inside(content: BinaryIO, ending: str) -> str:
    content.seek(0)
    beginning = content.read(64)
    if beginning.startswith(OLE):
        raise Refused(gettext(OLD_OFFICE))
    if beginning.startswith((ZIP, b"PK\x05\x06")):
        return _kind_of_packed(content)
    if beginning.startswith(PDF):
        if any(_PDF_LOCK.search(stretch) for stretch in _stretches(content, overlap=_OVERLAP)):
            raise Refused(gettext(LOCKED))
        return "pdf"
    if ending in ("csv", "txt", "") and _is_text(content, wide=beginning.startswith(_WIDE)):
        return ending or "txt"
    raise Refused(_unreadable())


def _unreadable() -> str:
    return gettext("We cannot read this kind of file.") + " " + gettext(TAKEN)


def _stretches(content: BinaryIO, *, overlap: int = 0) -> Iterator[bytes]:
    content.seek(0)
    end = b""
    while read := content.read(AT_ONCE):
        yield end + read
        end = read[-overlap:] if overlap else b""


def _is_text(content: BinaryIO, *, wide: bool) -> bool:
    if not wide:
        return not any(_NO_TEXT.search(stretch) for stretch in _stretches(content))
    try:
        return not any(_NO_LETTER.search(text) for text in codecs.iterdecode(_stretches(content), "utf-16"))
    except UnicodeError:
        return False


def _kind_of_packed(content: BinaryIO) -> str:
    _check_directory(content)
    content.seek(0)
    try:
        with zipfile.ZipFile(content) as packed:
            return _kind_by_members(packed)
    except Refused:
        raise
    except _UNOPENED as problem:
        raise Refused(gettext(DAMAGED)) from problem


def _check_directory(content: BinaryIO) -> None:
    """Python reads the whole list of members before it can be asked how long it is; so the end is read first.

    No program that writes documents adds a comment, which could hide another end, nor needs the form for files of
    more than 4 GB.
    """
    content.seek(0, 2)
    size = content.tell()
    content.seek(max(0, size - _END.size - 20))
    tail = content.read()
    if len(tail) < _END.size:
        raise Refused(gettext(DAMAGED))
    mark, _, _, _, members, directory, _, comment = _END.unpack(tail[-_END.size :])
    if mark != b"PK\x05\x06" or comment or tail.startswith(b"PK\x06\x07"):
        raise Refused(gettext(DAMAGED))
    if members > MOST_MEMBERS or directory > LARGEST_DIRECTORY:
        raise Refused(gettext(PACKED_TOO_TIGHTLY))


def _kind_by_members(packed: zipfile.ZipFile) -> str:
    members = {member.filename: member for member in packed.infolist()}
    _check_members(packed.infolist())
    if any(_MACROS.search(name) for name in members):
        raise Refused(gettext(MACROS))
    if "mimetype" in members:
        return _kind_of_opendocument(packed, members)
    if "[Content_Types].xml" not in members:
        raise Refused(gettext(ARCHIVE))
    if b"macroEnabled" in _listing(packed, members["[Content_Types].xml"]):
        raise Refused(gettext(MACROS))
    for kind, part in (("docx", "word/document.xml"), ("xlsx", "xl/workbook.xml")):
        if part in members:
            return kind
    raise Refused(_unreadable())


def _check_members(members: list[zipfile.ZipInfo]) -> None:
    unpacked, packed = sum(one.file_size for one in members), sum(one.compress_size for one in members)
    if len(members) > MOST_MEMBERS or unpacked > LARGEST_UNPACKED:
        raise Refused(gettext(PACKED_TOO_TIGHTLY))
    if unpacked > SMALL and unpacked > GREATEST_RATIO * packed:
        raise Refused(gettext(PACKED_TOO_TIGHTLY))
    if any(one.flag_bits & 1 for one in members):
        raise Refused(gettext(LOCKED))
    names = {one.filename for one in members}
    if len(names) < len(members) or not all(map(_is_sane, members)):
        raise Refused(gettext(DAMAGED))


def _is_sane(member: zipfile.ZipInfo) -> bool:
    """A member is a file below the document, and packed as documents are."""
    path = PurePosixPath(member.filename)
    inside = not path.is_absolute() and ".." not in path.parts and not re.search(r"[\\:\x00]", member.filename)
    link = stat.S_ISLNK(member.external_attr >> 16)
    return inside and not link and member.compress_type in _STORED_OR_DEFLATED


def _kind_of_opendocument(packed: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo]) -> str:
    if _listing(packed, members["mimetype"]).strip() != _OPENDOCUMENT_TEXT or "content.xml" not in members:
        raise Refused(_unreadable())
    manifest = members.get("META-INF/manifest.xml")
    if manifest and b"encryption-data" in _listing(packed, manifest):
        raise Refused(gettext(LOCKED))
    return "odt"


def _listing(packed: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """The one thing that is unpacked: what a document says of its own parts, as far as that is of a likely size."""
    if member.file_size > LARGEST_LISTING:
        raise Refused(gettext(PACKED_TOO_TIGHTLY))
    with packed.open(member) as file:
        return file.read(LARGEST_LISTING)
