"""What strangers' spreadsheets are read as, and which are refused, with what words."""

import io
import zipfile
from datetime import date, datetime
from tempfile import TemporaryFile
from typing import Any

import files
import openpyxl
import pytest

from collector.intake import file_kinds, spreadsheets
from collector.intake.import_mapping import heading_row_of, layout_of, parts_of, permission_of, suggested
from collector.intake.import_rows import day_of
from collector.intake.spreadsheets import Unreadable
from worker import limited

ODD = ["=1+1", "+44 131", "@us", "-5", "say 'no'", "two\nlines", "🏴󠁧󠁢󠁳󠁣󠁴󠁿 Fàilte", " spaces kept "]


def rows_of(content: bytes, sheet: str = "") -> list[list[str]]:
    return [row.cells for row in spreadsheets.read(content, sheet).rows]


def workbook(fill: Any) -> bytes:
    book, written = openpyxl.Workbook(), io.BytesIO()
    fill(book)
    book.save(written)
    return written.getvalue()


def csv_of(*rows: list[str]) -> str:
    return "\r\n".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)


# -- CSV ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_table_is_read_in_every_encoding_and_with_every_separator(codec: str, separator: str) -> None:
    text = separator.join(["Name", "What helps?"]) + "\n" + separator.join(["Órla", "“Time” – and café"]) + "\n"
    assert rows_of(text.encode(codec)) == [["Name", "What helps?"], ["Órla", "“Time” – and café"]]


def test_texts_are_kept_exactly() -> None:
    assert rows_of(csv_of(["a"] * 8, ODD).encode())[1] == ODD


def test_what_reads_like_another_separator_within_words_does_not_count() -> None:
    assert rows_of(b"a;b\n1, 2, 3;x\n4, 5, 6;y\n") == [["a", "b"], ["1, 2, 3", "x"], ["4, 5, 6", "y"]]


def test_one_column_is_a_table_too() -> None:
    assert rows_of(b"What helps?\nTime\nPeople") == [["What helps?"], ["Time"], ["People"]]


def test_blank_rows_are_left_out_and_counted_on() -> None:
    assert [row.number for row in spreadsheets.read(b"a,b\n1,2\n,\n\n3,4\n").rows] == [1, 2, 5]


@pytest.mark.parametrize("broken", ['a,b\nx,"never closed\n1,2\n', 'a,b\nx,"closed" early\n'])
def test_a_broken_quotation_mark_is_told_with_its_row(broken: str) -> None:
    with pytest.raises(Unreadable, match=r"row 2 \(line 2\)"):
        rows_of(broken.encode())


def test_a_character_that_cannot_be_kept_is_a_fault_of_its_row_alone() -> None:
    good, bad = list(spreadsheets.read(b"a,b\nx,y\nx,no\x00no\n").rows)[1:]
    assert (good.cells, good.faults) == (["x", "y"], {})
    assert "NUL" in bad.faults["1"]


@pytest.mark.parametrize(
    "content",
    [
        b"x," * 600,
        b"a\n" * (spreadsheets.MOST_ROWS + 2),
        b'"' + b"x" * 3_000_000 + b'"',
    ],
    ids=["too wide", "too long", "one huge cell"],
)
def test_more_than_a_table_of_people_holds_is_refused(content: bytes) -> None:
    with pytest.raises(Unreadable):
        rows_of(content)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"%PDF-1.7 ...", "a PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old kind"),
        (b"PK\x03\x04 cut short", "damaged"),
        (b"x" * (file_kinds.LARGEST + 1), "15 MB"),
    ],
)
def test_what_is_no_spreadsheet_is_refused_before_it_is_kept(content: bytes, said: str) -> None:
    assert said in spreadsheets.fault_of(content)


# -- Excel ----------------------------------------------------------------------------------------------


def test_texts_of_a_workbook_are_kept_exactly() -> None:
    def fill(book: Any) -> None:
        book.active.append(["a"] * len(ODD))
        for at, text in enumerate(ODD, start=1):
            cell = book.active.cell(2, at, text)
            cell.data_type = "s"  # typed as text, also where it begins like a formula

    assert rows_of(workbook(fill))[1] == ODD


def test_a_control_character_of_a_workbook_is_the_character_and_a_nul_a_fault() -> None:
    content = workbook(lambda book: book.active.append(["a_x000B_b_x000D_\nc", "a_x0000_b", "_x0041_"]))
    (row,) = spreadsheets.read(content).rows
    assert (row.cells, list(row.faults)) == (["a\vb\r\nc", "", "_x0041_"], ["1"])


def test_numbers_days_and_yes_or_no_are_written_out() -> None:
    def fill(book: Any) -> None:
        book.active.append(["a", "b", "c", "d", "e"])
        book.active.append([3, 2.5, date(2022, 3, 31), datetime(2022, 3, 31, 9, 30), True])

    assert rows_of(workbook(fill))[1] == ["3", "2.5", "2022-03-31", "2022-03-31T09:30:00", "yes"]


def test_a_formula_is_what_it_came_to_or_a_fault() -> None:
    def fill(book: Any) -> None:
        book.active.append(["a", "b"])
        book.active.append(["x", "=1+1"])

    (row,) = list(spreadsheets.read(workbook(fill)).rows)[1:]
    assert "formula" in row.faults["1"]
    assert row.cells == ["x"]


@pytest.mark.parametrize("numbers", [(9, 2), (2, 2), (1, 1_048_577), (1, 999_999_999)])
def test_a_workbook_whose_rows_are_not_in_order_is_refused_and_none_is_left_out(numbers: tuple[int, ...]) -> None:
    with pytest.raises(Unreadable, match="broken"):
        spreadsheets.read(files.workbook_of_rows(*numbers))


def test_a_merged_cell_is_read_in_every_place_that_it_covers() -> None:
    def fill(book: Any) -> None:
        for row in (["Organisation", "What helps?"], ["Fife Council", "Time"], ["", "People"], ["Other", "Money"]):
            book.active.append(row)
        book.active.merge_cells("A2:A3")

    assert rows_of(workbook(fill))[1:] == [["Fife Council", "Time"], ["Fife Council", "People"], ["Other", "Money"]]


def test_a_hidden_sheet_is_not_the_first_and_can_be_chosen() -> None:
    def fill(book: Any) -> None:
        book.active.title, book.active.sheet_state = "Lists", "hidden"
        book.active.append(["hidden"])
        book.create_sheet("Answers").append(["shown"])

    content = workbook(fill)
    book = spreadsheets.read(content)
    assert (book.sheet, book.sheets) == ("Answers", [("Lists", True), ("Answers", False)])
    assert rows_of(content) == [["shown"]]
    assert rows_of(content, "Lists") == [["hidden"]]


def packed(members: dict[str, bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return written.getvalue()


def test_a_bomb_and_what_is_no_workbook_are_refused_before_they_are_unpacked() -> None:
    parts = {"[Content_Types].xml": b"<a/>", "xl/workbook.xml": b"<a/>"}
    bomb = packed({**parts, "xl/big.xml": b" " * (file_kinds.LARGEST_UNPACKED + 1)})
    assert len(bomb) < 300_000
    assert "more than its size says" in spreadsheets.fault_of(bomb)
    assert spreadsheets.fault_of(packed({f"xl/{n}.xml": b"" for n in range(file_kinds.MOST_MEMBERS + 1)}))
    assert "Word document" in spreadsheets.fault_of(packed({"[Content_Types].xml": b"", "word/document.xml": b"<a/>"}))
    assert spreadsheets.fault_of(packed(parts)) == ""


def test_a_workbook_that_declares_entities_is_not_parsed() -> None:
    content = workbook(lambda book: book.active.append(["a"]))
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        members = {name: file.read(name) for name in file.namelist()}
    members["xl/workbook.xml"] = b'<!DOCTYPE x [<!ENTITY a "b">]>' + members["xl/workbook.xml"]
    with pytest.raises(Unreadable, match="document type"):
        rows_of(packed(members))


def test_a_child_that_takes_too_much_memory_is_stopped_and_this_process_goes_on() -> None:
    with TemporaryFile() as given, TemporaryFile() as told:
        given.write(b"a,b\n" + b"x,y\n" * 3_000_000)
        given.seek(0)
        limits = limited.Limits(memory=60_000_000)
        code = limited.run("collector.intake.spreadsheets", [], given, told, limits)
    assert limited.reason(code) in (limited.TOO_HUNGRY, limited.STOPPED)


# -- What headings and values suggest ----------------------------------------------------------------


def column(heading: str, longest: int = 20, *, flags: bool = False) -> dict[str, Any]:
    return {"heading": heading, "filled": 3, "longest": longest, "samples": [], "flags": flags}


def test_an_export_of_citizen_space_is_known_and_mapped() -> None:
    columns = [
        column("Response ID"),
        column("Date submitted"),
        column("What is your name? - Name"),
        column("What is your organisation? - Organisation"),
        column("What is your email address? - Email"),
        column("What gets in the way? - Barriers", 900),
        column("May we publish your response? - RP consent"),
    ]
    layout = layout_of(one["heading"] for one in columns)
    found = suggested(columns, layout)
    assert layout == "Citizen Space"
    assert {at: one.role for at, one in found.items()} == {
        0: "reference",
        1: "date",
        2: "person",
        3: "organisation",
        5: "text",
        6: "permission",
    }
    assert (found[5].question, found[5].asks) == ("What gets in the way? - Barriers", "barriers")


def test_an_export_of_kobotoolbox_is_known_and_its_columns_of_choices_are_left_out() -> None:
    columns = [
        column("start"),
        column("end"),
        column("about/organisation"),
        column("about/area"),
        column("plan/what_you_plan", 400),
        column("plan/helped_by"),
        column("plan/helped_by/money", 1, flags=True),
        column("plan/helped_by/time", 1, flags=True),
        column("_id"),
        column("_uuid"),
        column("_submission_time"),
        column("_validation_status"),
        column("_index"),
    ]
    layout = layout_of(one["heading"] for one in columns)
    found = suggested(columns, layout)
    assert layout == "KoboToolbox"
    assert {at: one.role for at, one in found.items()} == {
        2: "organisation",
        3: "area",
        4: "text",
        9: "reference",
        10: "date",
    }
    assert (found[4].question, found[4].asks) == ("What you plan", "plans")


def test_an_export_of_odk_central_is_known() -> None:
    heads = ["SubmissionDate", "g-comment", "KEY", "SubmitterID", "SubmitterName", "ReviewState"]
    columns = [column(head, 200 if "comment" in head else 20) for head in heads]
    found = suggested(columns, layout_of(heads))
    assert {at: one.role for at, one in found.items()} == {0: "date", 1: "text", 2: "reference"}


def test_a_title_above_the_headings_is_not_taken_for_them() -> None:
    assert heading_row_of([(1, ["Listening event 2022"]), (3, ["Name", "Area", "What helps?"]), (4, ["x", "y"])]) == 3


@pytest.mark.parametrize(
    "written",
    ["2022-03-31", "31/03/2022", "31.3.22", "31 3 2022", "31 March 2022", "31-Mar-22", "Thursday 31st March 2022",
     "2022-03-31T09:12:44.000+01:00", "31/03/2022 09:12", "44651", "44651.38"],
)  # fmt: skip
def test_a_day_is_read_as_people_and_programs_write_it(written: str) -> None:
    assert day_of(written) == date(2022, 3, 31)


@pytest.mark.parametrize("written", ["03/31/2022", "31/02/2022", "soon", "123", "99999", "2022", "31 Foo 2022"])
def test_what_is_no_day_is_none(written: str) -> None:
    assert day_of(written) is None


def test_a_workbook_that_counts_from_1904_is_read_as_such() -> None:
    assert day_of("43189", from_1904=True) == date(2022, 3, 31)


@pytest.mark.parametrize(
    ("value", "id"),
    [
        ("Publish response with name", "with-name"),
        ("Publish response only (without name)", "without-name"),
        ("Do not publish response", "do-not-publish"),
        ("No", "do-not-publish"),
        ("Yes", ""),
        ("I don't know", ""),
    ],
)
def test_permission_is_taken_from_plain_words_alone(value: str, id: str) -> None:
    assert permission_of(value) == id


def test_several_areas_in_a_cell_are_told_apart() -> None:
    assert parts_of("area", "Fife; Moray") == ["Fife", "Moray"]
    assert parts_of("area", "fife highland") == ["fife", "highland"]
    assert parts_of("area", "Argyll and Bute") == ["Argyll and Bute"]
    assert parts_of("area", "Dumfries & Galloway, Fife") == ["Dumfries & Galloway", "Fife"]
