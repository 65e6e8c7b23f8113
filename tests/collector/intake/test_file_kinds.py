"""A file is told by what is in it; what could do harm is refused in words before any of it is unpacked."""

import io
import tracemalloc
import zipfile
from collections.abc import Callable

import files
import pytest

from collector.intake import file_kinds, file_names
from collector.intake.file_kinds import LARGEST, Refused, kind_of

SOUND = {
    "pdf": files.pdf(["We plan."]),
    "docx": files.word("We plan."),
    "odt": files.opendocument("We plan."),
    "xlsx": files.workbook(Plan=[["What", "When"], ["A house", 2027]]),
    "csv": b"What,When\nA house,2027\n",
    "txt": "We plan for Cùl a’ Bhaile.".encode(),
}


def told(name: str, content: bytes) -> str:
    with pytest.raises(Refused) as problem:
        kind_of(name, io.BytesIO(content))
    return str(problem.value)


@pytest.mark.parametrize("kind", SOUND)
def test_each_kind_is_known_by_what_is_in_it_with_its_ending_in_any_case(kind: str) -> None:
    assert kind_of(f"Our plan.{kind.upper()}", io.BytesIO(SOUND[kind])) == kind


@pytest.mark.parametrize("kind", ["pdf", "docx", "odt", "xlsx"])
def test_a_name_without_an_ending_is_no_matter_where_the_content_tells(kind: str) -> None:
    assert kind_of("Our plan", io.BytesIO(SOUND[kind])) == kind


@pytest.mark.parametrize("text", ["plain", "caf\xe9".encode("cp1252"), "Cùl".encode("utf-16"), b"\xef\xbb\xbfone,two"])
def test_text_of_any_alphabet_is_text(text: str | bytes) -> None:
    assert kind_of("a.txt", io.BytesIO(text if isinstance(text, bytes) else text.encode())) == "txt"


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("plan.pdf", SOUND["docx"], "another kind: Word document (DOCX)"),
        ("plan.docx", SOUND["xlsx"], "another kind: Excel workbook (XLSX)"),
        ("plan.docx", SOUND["pdf"], "another kind: PDF"),
        ("plan.pdf", SOUND["txt"], "cannot read this kind"),
        ("plan.txt", b"MZ\x90\x00\x03\x00\x00\x00", "cannot read this kind"),
        ("plan.txt", b"\xff\xfe\x00\x00\x01\x00", "cannot read this kind"),
        ("plan.txt", b"\xff\xfea", "cannot read this kind"),
        ("page.html", b"<script>alert(1)</script>", "cannot read this kind"),
        ("photo.jpg", b"\xff\xd8\xff\xe0", "cannot read this kind"),
        ("plan.pdf", b"MZ" + SOUND["pdf"], "cannot read this kind"),
        ("plan.docx", b"MZ" + SOUND["docx"], "cannot read this kind"),
        ("plan.pdf", b"", "nothing in this file"),
        ("plan.doc", file_kinds.OLE + b"\0" * 600, "old Word or Excel file"),
        ("plan.docx", file_kinds.OLE + b"\0" * 600, "has a password"),
        ("plan.pdf", files.pdf(["We plan."], extra=b"/Encrypt 9 0 R"), "locked with a password"),
        ("plan.pdf", files.pdf(["We plan."], extra=b"/Encrypt<</V 1>>"), "locked with a password"),
        ("plan.odt", files.opendocument("x", **{"META-INF/manifest.xml": "<m:encryption-data/>"}), "locked"),
        ("plan.odt", files.opendocument("x", **{"Basic/Standard/Module1.xml": ""}), "macros"),
        ("plan.docx", files.bomb(10, **{"word/vbaProject.bin": b"x"}), "macros"),
        ("plan.docm", SOUND["docx"], "macros"),
        ("plan.xlsm", SOUND["xlsx"], "macros"),
        ("plans.zip", files.packed({"plan.docx": SOUND["docx"]}), "is a zip file"),
        ("plan.docx", files.packed({"plan.docx": SOUND["docx"]}), "is a zip file"),
        ("plan.docx", SOUND["docx"][:-400], "damaged"),
        ("plan.docx", files.bomb(10, **{"../../etc/passwd": "x"}), "damaged"),
        ("plan.docx", files.bomb(10, **{"/etc/passwd": "x"}), "damaged"),
        ("plan.docx", files.bomb(10, **{"word\\..\\x": "x"}), "damaged"),
        ("slides.pptx", files.packed({"[Content_Types].xml": files.CONTENT_TYPES, "ppt/x.xml": ""}), "cannot read"),
        ("plan.ods", files.packed({"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}), "cannot read"),
    ],
)
def test_what_is_not_what_it_says_or_could_do_harm_is_refused_in_words(name: str, content: bytes, says: str) -> None:
    assert says in told(name, content)


def test_macros_that_only_the_list_of_kinds_tells_of_are_found() -> None:
    types = files.CONTENT_TYPES.replace("/>", "><x>application/vnd.ms-word.document.macroEnabled.main+xml</x></Types>")
    assert "macros" in told("a.docx", files.packed({"[Content_Types].xml": types, "word/document.xml": "<x/>"}))


def test_a_member_that_is_locked_is_refused() -> None:
    content = bytearray(files.bomb(10))
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.index(mark)
        content[at + flags] |= 1
    assert "locked" in told("plan.docx", bytes(content))


def test_a_link_in_the_place_of_a_member_is_refused() -> None:
    content = io.BytesIO(files.bomb(10))
    with zipfile.ZipFile(content, "a") as archive:
        link = zipfile.ZipInfo("word/x")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    assert "damaged" in told("plan.docx", content.getvalue())


def test_as_large_as_may_be_and_one_byte_more() -> None:
    assert kind_of("a.txt", io.BytesIO(b"a" * LARGEST)) == "txt"
    assert "larger than 15 MB" in told("a.txt", b"a" * (LARGEST + 1))


@pytest.mark.parametrize(
    "packed",
    [
        lambda: files.bomb(60_000_000),
        lambda: files.bomb(file_kinds.SMALL + 1),
        lambda: files.many_members(10_000),
        lambda: files.many_members(file_kinds.MOST_MEMBERS),
        lambda: files.bomb(10, **{f"word/media/{at}.bin": b"\0" * 3_000_000 for at in range(20)}),
    ],
    ids=["one large", "tightly packed", "10,000 members", "one member too many", "twenty of a middling size"],
)
def test_what_unpacks_to_far_more_is_refused_unopened_in_little_memory(packed: Callable[[], bytes]) -> None:
    file = io.BytesIO(packed())
    tracemalloc.start()
    with pytest.raises(Refused, match="far more than its size"):
        kind_of("plan.docx", file)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000_000


def test_a_bomb_within_a_document_is_never_opened() -> None:
    """A workbook in a Word document is no rare thing. What is in it is not looked at, here or by the reader."""
    nested = files.packed(
        {"[Content_Types].xml": files.CONTENT_TYPES, "word/document.xml": "<x/>", "word/x.zip": files.bomb(4_000_000)}
    )
    assert kind_of("plan.docx", io.BytesIO(nested)) == "docx"


def test_a_second_end_that_would_hide_the_true_number_of_members_is_refused() -> None:
    content = files.many_members(10_000)
    end = content.rindex(b"PK\x05\x06")
    fake = b"PK\x05\x06" + b"\0" * 18
    commented = content[: end + 20] + len(fake).to_bytes(2, "little") + fake
    assert told("plan.docx", commented)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Our plan 2027.pdf", "Our plan 2027.pdf"),
        ("../../../etc/passwd", "passwd"),
        ("C:\\fakepath\\plan.docx", "plan.docx"),
        ("plan\u202efdp.exe", "planfdp.exe"),
        ("plan\r\nSet-Cookie: a=b.pdf", "planSet-Cookie: a=b.pdf"),
        ("\x00\ud800.\n", "file"),
        ("", "file"),
        ("خطة.pdf", "خطة.pdf"),
        ("👩‍👧.pdf", "👩‍👧.pdf"),
        ("a" * 300 + ".docx", "a" * 145 + ".docx"),
        ('<img src=x onerror="alert(1)">.pdf', '<img src=x onerror="alert(1)">.pdf'),
    ],
)
def test_a_name_is_kept_without_a_path_and_without_what_hides_or_turns_it(given: str, kept: str) -> None:
    assert file_names.plain(given) == kept


def test_a_name_cannot_leave_its_place_in_a_header() -> None:
    header = file_names.attached('a"; filename="b.html\r\nX: y\u202e.pdf')
    assert header.startswith("attachment; ")
    assert "\r" not in header
    assert "\n" not in header
    assert header.count('"') == 2
    assert header.isascii()


@pytest.mark.parametrize(
    ("size", "words"), [(1, "1 KB"), (12_345, "12 KB"), (1_500_000, "1.4 MB"), (LARGEST, "15.0 MB")]
)
def test_sizes_are_told_as_file_managers_do(size: int, words: str) -> None:
    assert file_names.size_shown(size) == words
