"""The three files that a document becomes. What each needs is loaded when it is first asked for."""

from functools import cache
from hashlib import sha256
from pathlib import Path

from collector.profiles.document import Document

FORMATS = {"html": "Web page", "pdf": "PDF", "docx": "Word document"}
MEDIA_TYPES = {
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
HERE = Path(__file__).parent
# All that says how a document looks: when one of these changes, the same snapshot may become other files.
LAYOUT = (
    "document_html.py",
    "document_pdf.py",
    "document_docx.py",
    "document.typ",
    "chart.typ",
    "templates/profiles/_document.html",
    "templates/profiles/report_file.html",
    "../web/static/css/report.css",
)


def rendered(document: Document, kind: str) -> bytes:
    """The same bytes for the same document, wherever and whenever."""
    if kind == "html":
        from collector.profiles.document_html import as_html

        return as_html(document)
    if kind == "pdf":
        from collector.profiles.document_pdf import as_pdf

        return as_pdf(document)
    from collector.profiles.document_docx import as_docx

    return as_docx(document)


@cache
def layout() -> str:
    """A hash of how documents look in this version of the service."""
    return sha256(b"".join((HERE / name).read_bytes() for name in LAYOUT)).hexdigest()
