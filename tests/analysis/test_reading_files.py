"""Files of every kind become passages, and what is wrong with a file is said in words."""

import io
import json
import zipfile
from pathlib import Path

import docx
import pytest

from analysis import documents, passages
from analysis.passages import BadLine, Passage

ODT_HEAD = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:text>'
)
ODT_FOOT = "</office:text></office:body></office:document-content>"


def read(folder: Path, name: str, content: bytes | str) -> list[Passage | BadLine]:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(passages.read(path))


def texts(found: list[Passage | BadLine]) -> list[str]:
    return [one.text for one in found if isinstance(one, Passage)]


def packed(**members: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name.replace("_", "."), text)
    return content.getvalue()


def pdf(*lines: str) -> bytes:
    """A one-page PDF with these lines, one under the other."""
    shown = "".join(f"({line}) Tj 0 -16 Td " for line in lines)
    stream = f"BT /F1 12 Tf 72 720 Td {shown}ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R"
        b" /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
    ]
    out, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"trailer << /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % len(out)
    return out + b"xref\n0 5\n0000000000 65535 f \n" + table + trailer


def test_json_lines_keep_id_question_and_every_character(tmp_path: Path) -> None:
    text = "Tha iad sàbhailte.\r\n👩‍👧 e\u0301 \u202bשלום"
    lines = [json.dumps({"id": 7, "text": text, "question": "What?"}), "", json.dumps({"text": "b"})]
    found = read(tmp_path, "a.jsonl", "\ufeff" + "\n".join(lines))
    assert found == [Passage("7", text, "What?"), Passage("3", "b")]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "not JSON"),
        ("[1]", "object"),
        ('{"id": "a"}', "no text"),
        ('{"text": 3}', "no text"),
        ('{"text": "a", "id": [1]}', "id"),
        ('{"text": "a", "question": 1}', "question"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_a_bad_line_is_told_with_its_number_and_the_rest_is_read(tmp_path: Path, line: str, says: str) -> None:
    found = read(tmp_path, "a.jsonl", f'{{"text": "a"}}\n{line}\n{{"text": "c"}}')
    assert texts(found) == ["a", "c"]
    [bad] = [one for one in found if isinstance(one, BadLine)]
    assert bad.number == 2
    assert says in bad.message


def test_a_line_that_is_not_utf8_is_a_bad_line(tmp_path: Path) -> None:
    found = read(tmp_path, "a.jsonl", b'{"text": "caf\xe9"}\n{"text": "b"}')
    assert found == [BadLine(1, "this is not UTF-8 text"), Passage("2", "b")]


def test_a_table_is_read_by_its_column_names(tmp_path: Path) -> None:
    found = read(tmp_path, "a.csv", 'Question,TEXT,id\nWhy?,"two\nlines, one cell",x1\n,short,\n')
    assert found == [Passage("x1", "two\nlines, one cell", "Why?"), Passage("4", "short")]


def test_a_row_with_too_few_cells_is_told_and_the_rest_is_read(tmp_path: Path) -> None:
    found = read(tmp_path, "a.csv", "id,text\n1,a\n2\n3,c\n")
    assert texts(found) == ["a", "c"]
    assert found[1] == BadLine(3, "there are 1 values where the first row names 2")


def test_a_table_saved_by_windows_keeps_its_accents(tmp_path: Path) -> None:
    assert texts(read(tmp_path, "a.csv", "text\nSgoilearan càirdeil".encode("cp1252"))) == ["Sgoilearan càirdeil"]


def test_a_table_without_a_text_column_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="one of them text"):
        read(tmp_path, "a.csv", "id,words\n1,a\n")


def test_text_is_cut_at_empty_lines_alone(tmp_path: Path) -> None:
    assert texts(read(tmp_path, "a.txt", "one\r\nstill one\r\n \r\n\r\ntwo")) == ["one\nstill one", "two"]


def test_markdown_loses_its_marks_and_keeps_its_words(tmp_path: Path) -> None:
    content = "# A heading #\nRight **under** it, see [the plan](x.md).\n\n---\n\n- *one*\n- `two`\n\n> said"
    expected = ["A heading", "Right under it, see the plan.", "- one\n- two", "said"]
    assert texts(read(tmp_path, "a.md", content)) == expected


def test_stars_and_underscores_that_mark_nothing_stay(tmp_path: Path) -> None:
    assert texts(read(tmp_path, "a.md", "3 * 4 * 5 and snake_case")) == ["3 * 4 * 5 and snake_case"]


def test_a_word_document_gives_paragraphs_lists_and_cells(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_heading("Our plan")
    document.add_paragraph("We will open a house.")
    document.add_paragraph("first", style="List Bullet")
    document.add_paragraph("second", style="List Bullet")
    table = document.add_table(2, 2)
    table.cell(0, 0).merge(table.cell(0, 1)).text = "across both"
    table.cell(1, 0).text, table.cell(1, 1).text = "left", "right"
    content = io.BytesIO()
    document.save(content)
    expected = ["Our plan", "We will open a house.", "- first\n- second", "across both", "left", "right"]
    assert texts(read(tmp_path, "a.docx", content.getvalue())) == expected


def test_an_opendocument_text_gives_paragraphs_and_lists(tmp_path: Path) -> None:
    body = (
        "<text:h>Plan</text:h><text:p>one<text:s text:c='2'/>two<text:line-break/>"
        "<text:span>three</text:span> four</text:p>"
        "<text:list><text:list-item><text:p>a</text:p></text:list-item>"
        "<text:list-item><text:p>b</text:p></text:list-item></text:list>"
    )
    found = read(tmp_path, "a.odt", packed(content_xml=ODT_HEAD + body + ODT_FOOT))
    assert texts(found) == ["Plan", "one  two\nthree four", "- a\n- b"]


def test_an_entity_in_an_opendocument_text_is_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("canary")
    doctype = f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{secret}">]>'
    content = packed(content_xml=doctype + ODT_HEAD + "<text:p>before &e; after</text:p>" + ODT_FOOT)
    try:
        told = texts(read(tmp_path, "a.odt", content))
    except ValueError:
        told = []
    assert "canary" not in "".join(told)


def test_a_pdf_gives_its_paragraphs(tmp_path: Path) -> None:
    content = pdf(
        "We keep the same worker for every family for as", "long as they want.", "The list is too long for us to"
    )
    assert texts(read(tmp_path, "a.pdf", content)) == [
        "We keep the same worker for every family for as\nlong as they want.",
        "The list is too long for us to",
    ]


@pytest.mark.parametrize("name", ["a.docx", "a.odt", "a.pdf"])
@pytest.mark.parametrize("content", [b"", b"not what it says", packed(other_xml="<x/>")])
def test_a_damaged_document_is_refused_in_words(tmp_path: Path, name: str, content: bytes) -> None:
    with pytest.raises(ValueError, match="damaged"):
        read(tmp_path, name, content)


@pytest.mark.parametrize("name", ["a.docx", "a.odt"])
def test_a_document_that_unpacks_to_too_much_is_not_unpacked(tmp_path: Path, name: str) -> None:
    content = packed(content_xml="a" * (documents.LARGEST_UNPACKED + 1))
    assert len(content) < 1_000_000
    with pytest.raises(ValueError, match="unpacks to more"):
        read(tmp_path, name, content)


def test_a_file_of_no_known_kind_is_refused_with_the_kinds_there_are(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"jsonl, csv, txt, md, docx, odt, xlsx, pdf"):
        read(tmp_path, "a.exe", b"")


@pytest.mark.parametrize("gap", ["\n", " ", ""])
def test_a_file_without_gaps_comes_in_pieces_and_whole(tmp_path: Path, gap: str) -> None:
    words = ["wordwithout"] * 5_000
    found = texts(read(tmp_path, "a.txt", gap.join(words)))
    assert len(found) > 5
    assert max(map(len, found)) <= passages.LONGEST_PARAGRAPH
    assert "".join("".join(found).split()) == "".join(words)
    if gap:
        assert {word for piece in found for word in piece.split()} == {"wordwithout"}
