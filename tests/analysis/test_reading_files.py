"""Files of every kind become passages, and what is wrong with a file is said in words."""

import io
import json
import zipfile
from pathlib import Path

import docx
import files
import pytest

from analysis import documents, passages
from analysis.errors import UnreadableFile
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


@pytest.mark.parametrize("name", ["a.docx", "a.odt", "a.xlsx"])
def test_a_document_that_declares_entities_is_not_opened(name: str, tmp_path: Path) -> None:
    """Some of its words would be missing, or in their place would stand what a stranger wants us to fetch."""
    member = {"a.docx": "word/document.xml", "a.odt": "content.xml", "a.xlsx": "xl/workbook.xml"}[name]
    for encoding in ("utf-8", "utf-16"):
        content = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>before &e; after</x>'.encode(encoding)
        with pytest.raises(UnreadableFile, match="declares a document type"):
            read(tmp_path, name, files.packed({member: content}))


def test_of_an_opendocument_text_what_was_taken_out_or_noted_in_the_margin_is_not_read(tmp_path: Path) -> None:
    body = (
        "<text:tracked-changes><text:changed-region><text:deletion><text:p>taken out</text:p></text:deletion>"
        "</text:changed-region></text:tracked-changes>"
        "<text:p>We <!-- not said -->plan<?odd not said?> it<office:annotation><text:p>really?</text:p>"
        "</office:annotation><text:s text:c='secret'/>now.</text:p>"
    )
    assert texts(read(tmp_path, "a.odt", packed(content_xml=ODT_HEAD + body + ODT_FOOT))) == ["We plan it now."]


def test_a_text_box_of_an_opendocument_text_is_read_once(tmp_path: Path) -> None:
    body = "<text:p>Before <text:span><text:p>In the box.</text:p></text:span>after.</text:p>"
    found = read(tmp_path, "a.odt", packed(content_xml=ODT_HEAD + body + ODT_FOOT))
    assert texts(found) == ["Before after.", "In the box."]


def word_with(body: str) -> bytes:
    """A Word document with this at its beginning."""
    with zipfile.ZipFile(io.BytesIO(files.word("The end."))) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["word/document.xml"] = members["word/document.xml"].replace(b"<w:body>", b"<w:body>" + body.encode())
    return files.packed(members)


def run(text: str, tag: str = "t") -> str:
    return f"<w:r><w:{tag}>{text}</w:{tag}></w:r>"


FALLBACK = 'mc:Fallback xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
FIELD = "<w:sdt><w:sdtPr>{}</w:sdtPr><w:sdtContent>{}</w:sdtContent></w:sdt>"
CELL = "<w:tbl><w:tr><w:tc><w:tcPr>{}</w:tcPr><w:p>{}</w:p></w:tc></w:tr></w:tbl>"
WORD_PARTS = {
    "a field of a form": (FIELD.format("", f"<w:p>{run('We plan.')}</w:p>"), ["We plan."]),
    "a field within a line": (f"<w:p>{run('We ')}{FIELD.format('', run('plan.'))}</w:p>", ["We plan."]),
    "an empty field": (FIELD.format("<w:showingPlcHdr/>", f"<w:p>{run('Click here')}</w:p>"), []),
    "an empty field within a line": (
        f"<w:p>{run('We')}{FIELD.format('<w:showingPlcHdr/>', run('Click'))}</w:p>",
        ["We"],
    ),
    "a field that says that it is not empty": (
        FIELD.format('<w:showingPlcHdr w:val="false"/>', f"<w:p>{run('We plan.')}</w:p>"),
        ["We plan."],
    ),
    "a page that ends within a line": (
        f'<w:p>{run("We end.")}<w:r><w:br w:type="page"/></w:r>{run("We plan.")}</w:p>',
        ["We end. We plan."],
    ),
    "what was put in": (f'<w:p>{run("We ")}<w:ins w:id="1" w:author="A">{run("plan.")}</w:ins></w:p>', ["We plan."]),
    "what was taken out": (
        f'<w:p>{run("We.")}<w:del w:id="1" w:author="A">{run("Not", "delText")}</w:del></w:p>',
        ["We."],
    ),
    "a text box": (
        f"<w:p>{run('We.')}<w:r><w:pict><w:txbxContent><w:p>{run('In the box.')}</w:p></w:txbxContent></w:pict>"
        f"<{FALLBACK}><w:p>{run('Again.')}</w:p></mc:Fallback></w:r></w:p>",
        ["We.", "In the box."],
    ),
    "a tab and a line's end": (
        f'<w:p><w:pPr><w:tabs><w:tab w:pos="9"/></w:tabs></w:pPr>{run("We")}<w:r><w:tab/><w:br/><w:br w:type="page"/>'
        f"</w:r>{run('plan.')}</w:p>",
        ["We\t\n plan."],
    ),
    "a cell of a silly width": (
        CELL.format('<w:gridSpan w:val="99999999"/>', run("We.")),
        ["We."],
    ),
    "a cell of no width": (
        CELL.format('<w:gridSpan w:val="x"/><w:vMerge/>', run("We.")),
        ["We."],
    ),
}


@pytest.mark.parametrize("part", WORD_PARTS)
def test_no_word_of_a_word_document_is_lost_or_read_twice(part: str, tmp_path: Path) -> None:
    body, said = WORD_PARTS[part]
    assert texts(read(tmp_path, "a.docx", word_with(body))) == [*said, "The end."]


def test_a_word_document_with_a_part_that_is_packed_in_another_way_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="packed in another way"):
        read(tmp_path, "a.docx", word_with("<w:altChunk/>"))


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
def test_a_row_of_too_many_columns_is_refused_and_not_cut(name: str, tmp_path: Path) -> None:
    row = ["We plan."] + [""] * (documents.MOST_COLUMNS - 1)
    read_row = documents.csv_rows if name == "a.csv" else documents.workbook_rows

    def content(cells: list[str]) -> bytes:
        return ",".join(cells).encode() if name == "a.csv" else files.workbook(Plan=[cells])

    assert [one.text for one in read_row(content([*row, "", ""]))] == ["We plan."]
    with pytest.raises(UnreadableFile, match="more than 300 columns"):
        list(read_row(content([*row, "", "And this."])))


def test_a_workbook_whose_rows_are_not_in_order_is_refused_and_none_is_left_out() -> None:
    for numbers in ((9, 2), (2, 2), (1, 1_048_577), (1, 999_999_999)):
        with pytest.raises(UnreadableFile, match="not in order"):
            list(documents.workbook_rows(files.workbook_of_rows(*numbers)))
    assert len(list(documents.workbook_rows(files.workbook_of_rows(1, 2, 70)))) == 3


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
