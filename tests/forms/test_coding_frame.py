"""Another framework comes from a file that somebody made in the morning; what is wrong with it is told by its cell."""

import csv
import io
from zipfile import ZIP_DEFLATED, ZipFile

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forms import codebook, coding_frame, workbooks
from forms.coding_frame import CodingFrame, FrameCode
from forms.definitions import DefinitionError
from tests.files import workbook, workbook_of_rows

# -- The review of local plans -------------------------------------------------------------------


def test_the_review_of_local_plans_asks_ten_questions() -> None:
    frame = coding_frame.load("local-plans")
    assert [code.id for code in frame.codes] == [
        "views-of-children-and-families",
        "governance",
        "assessment-of-need",
        "matching-needs-and-resources",
        "cared-for-away-from-home",
        "third-sector",
        "adult-services-and-parenting-support",
        "drugs-and-alcohol",
        "disability",
        "mental-health",
    ]
    assert frame.code("cared-for-away-from-home").title == "Children who are cared for away from home"
    assert all(len(code.examples) == 3 for code in frame.codes)


@pytest.mark.parametrize("ending", [".yaml", ".csv", ".xlsx"])
def test_it_comes_back_the_same_from_each_kind_of_file(ending: str) -> None:
    frame = coding_frame.load("local-plans")
    contents = {
        ".yaml": coding_frame.as_yaml(frame).encode(),
        ".csv": coding_frame.as_csv(frame).encode(),
        ".xlsx": workbook(Codes=list(csv.reader(io.StringIO(coding_frame.as_csv(frame), newline="")))),
    }
    assert coding_frame.read(f"local-plans{ending}", contents[ending], slug=frame.slug, title=frame.title) == frame


def test_it_is_a_codebook_with_one_family() -> None:
    frame = coding_frame.load("local-plans")
    book = coding_frame.codebook_of(frame)
    assert [str(ref) for ref in book.codes] == [f"codes.{code.id}" for code in frame.codes]
    assert book.code(codebook.CodeRef("codes", "disability")).takes_in == frame.code("disability").definition
    assert codebook.of(book.content()) == book


def test_there_is_no_other_frame() -> None:
    for slug in ("plan-21-24", "../local-plans"):
        with pytest.raises(LookupError):
            coding_frame.load(slug)


# -- Tables as people make them ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "title,definition,examples\nHomes,Where they live.,A house.\n",
        "Code;Description;Example 1\nHomes;Where they live.;A house.\n",
        "THEME\tMeaning\tquote_1\r\nHomes\tWhere they live.\tA house.\r\n",
        "\n\n Name , Takes in ,EXAMPLE1,Example-2\n,,,\n Homes ,Where they live.,,A house.\n\n",
        'title,definition,examples\nHomes,Where they live.,"\n - A house.\n\n"\n',
        "code,title,definition,example\nHOMES,Homes,Where they live.,• A house.\n",
    ],
)
def test_headings_may_be_called_as_people_call_them(text: str) -> None:
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        frame = coding_frame.read("Our homes.csv", text.encode(encoding))
        assert (frame.slug, frame.title, frame.version) == ("our-homes", "Our homes", 1)
        assert frame.codes == (
            FrameCode(id="homes", title="Homes", definition="Where they live.", examples=("A house.",)),
        )


def test_a_table_that_a_spreadsheet_program_wrote_for_windows_is_read() -> None:
    frame = coding_frame.read("a.csv", "title;definition\nCafé – naïve;Ein Stück\n".encode("cp1252"))
    assert (frame.codes[0].id, frame.codes[0].title) == ("cafe-naive", "Café – naïve")


def test_an_examples_cell_holds_an_example_a_line_and_a_numbered_one_holds_one() -> None:
    text = 'title,definition,examples,example 1\nHomes,Where.,"- One.\n- Two.","Three\nlines."\n'
    assert coding_frame.read("a.csv", text.encode()).codes[0].examples == ("One.", "Two.", "Three\nlines.")


def test_ids_that_are_made_of_titles_are_told_apart() -> None:
    text = "title,definition\nNeeds & means,A.\nNeeds / means,B.\n9 o'clock,C.\n日本,D.\n"
    ids = [code.id for code in coding_frame.read("a.csv", text.encode()).codes]
    assert ids == ["needs-means", "needs-means-2", "code-9-oclock", "code"]


def test_the_sheet_of_codes_is_found_among_others() -> None:
    rows = [["title", "definition"], ["Homes", "Where."]]
    for sheets in ({"Read me": [["Hello"]], "codes": rows}, {"Whatever": rows, "Notes": [["Hello"]]}):
        assert coding_frame.read("a.xlsx", workbook(**sheets)).codes[0].title == "Homes"
    book = openpyxl.load_workbook(io.BytesIO(workbook(Old=[["x"]], Ours=rows)))
    book["Old"].sheet_state = "hidden"
    content = io.BytesIO()
    book.save(content)
    assert coding_frame.read("a.xlsx", content.getvalue()).codes[0].title == "Homes"


# -- What is wrong ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (["name,text", "a,b"], ["a.csv:1: text: Rename this column", "a.csv:1: Add a column called definition"]),
        (["title,definition,title", "a,b,c"], ["a.csv:1: title: Keep one of the columns that hold the title"]),
        (["title,definition", ",b"], ["a.csv:2: title: Write something here: it is empty"]),
        (["title,definition", "a,"], ["a.csv:2: definition: Write something here: it is empty"]),
        (["title,definition", "a,b", "A ,c"], ["a.csv:3: title: Choose another title: “A” is used already"]),
        (["title,definition", "a,b,c"], ["a.csv:2: C: Delete what stands here"]),
        (["id,title,definition", "x,a,b", "X,c,d"], ["a.csv:3: id: Choose another id: “x” is used already"]),
        (["title,definition", f"{'a' * 121},b"], ["a.csv:2: title: Shorten this to 120 characters"]),
        (["title,definition", f"a,{'b' * 2001}"], ["a.csv:2: definition: Shorten this to 2000 characters"]),
        (
            ["title,definition,example 3", f"a,b,{'b' * 1001}"],
            ["a.csv:2: example 3: Shorten this to 1000 characters"],
        ),
        (['title,"definition', "a,b"], ["a.csv:1: Mend the quotation marks"]),
        (['title,definition', 'a,"b" c'], ["a.csv:2: Mend the quotation marks"]),
        (["title,definition", '"a', 'b",c', ",d"], ["a.csv:4: title: Write something here"]),
        (["title,definition"], ["a.csv:1: Add a row for each code"]),
        ([""], ["a.csv: Add a first row with the names of the columns"]),
        (["title,definition", *(f"t{n},d" for n in range(201))], ["a.csv:1: Keep to 200 codes: there are 201 rows"]),
    ],
)  # fmt: skip
def test_a_fault_in_a_table_is_told_by_its_line_and_column(rows: list[str], told: list[str]) -> None:
    found = faults("a.csv", "\n".join(rows).encode())
    assert len(found) == len(told), found
    assert all(problem.startswith(start) for problem, start in zip(found, told, strict=True)), found


def test_a_fault_in_a_workbook_is_told_by_its_sheet_row_and_column() -> None:
    rows = [["Title", "Definition", "Example 1"], [], ["Homes", "=A1", "ok"], ["", "Where.", "#N/A"]]
    assert faults("a.xlsx", workbook(Themes=rows)) == [
        "a.xlsx: Themes, row 3, column definition: Write the text itself here: this is a formula",
        "a.xlsx: Themes, row 4, column example 1: Write the text itself here: the spreadsheet shows an error",
        "a.xlsx: Themes, row 4, column title: Write something here: it is empty",
    ]


def test_a_fault_in_yaml_is_told_by_its_line() -> None:
    text = "slug: a\ntitle: A\ncodes:\n  - title: Homes\n  - title: homes\n    definition: Where.\n    exmples: []\n"
    assert faults("a.yaml", text.encode()) == [
        "a.yaml:4: codes[1].definition: Add this field: it is missing",
        "a.yaml:5: codes[2].title: Choose another title: “homes” is used already",
        "a.yaml:7: codes[2].exmples: Remove this field, or spell it as the schema does: it is unknown",
    ]


@pytest.mark.parametrize(
    ("file", "content", "told"),
    [
        ("a.docx", b"PK", "Choose a file that ends in .yaml, .csv or .xlsx"),
        ("a", b"", "Choose a file that ends in .yaml, .csv or .xlsx"),
        ("a.csv", b"a" * 2_000_001, "larger than 2 MB"),
        ("a.csv", b"", "Add a first row"),
        ("a.csv", b"\x00\xff\x00\x81", "Rename this column"),
        ("a.yaml", b"- &a [*a]", "aliases are not read"),
        ("a.yaml", b"\xff", "Save the file as UTF-8"),
        ("a.yaml", b"", "Write a block of fields here"),
        ("a.xlsx", b"title,definition", "Save this file as an Excel workbook"),
        ("a.xlsx", b"PK\x03\x04", "Save this file as an Excel workbook"),
    ],
)
def test_a_file_that_holds_no_codes_is_refused_with_what_to_do(file: str, content: bytes, told: str) -> None:
    assert told in faults(file, content)[0]


def test_a_workbook_that_means_harm_is_refused_unread() -> None:
    good = workbook(Codes=[["title", "definition"], ["Homes", "Where."]])
    for member, data, told in [
        ("bomb.xml", bytes(workbooks.LARGEST_UNPACKED + 1), "unpacks to more"),
        ("xl/more.xml", b'<!DOCTYPE x [<!ENTITY a "ha">]><x>&a;</x>', "Remove the document type"),
    ]:
        content = io.BytesIO(good)
        with ZipFile(content, "a", ZIP_DEFLATED) as file:
            file.writestr(member, data)
        assert told in faults("a.xlsx", content.getvalue())[0]
    many = [["title", "definition"], *([f"t{n}", "d"] for n in range(5_000))]
    assert "below row 5,000" in faults("a.xlsx", workbook(Codes=many))[0]


def test_a_workbook_whose_rows_are_numbered_wrongly_is_not_read_in_part() -> None:
    for numbers in [(2, 1), (1, 1), (1, 2_000_000)]:
        assert "a part is broken" in faults("a.xlsx", workbook_of_rows(*numbers))[0]


# -- What goes out comes back ------------------------------------------------------------------------

TEXT = st.text(
    st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff", include_characters="\n"),
    min_size=1,
    max_size=12,
).map(str.strip)
WORDS = st.one_of(
    TEXT, st.sampled_from(["=1+1", "'=1", "-5", "+a", "@b", "'quoted'", "''=", "no", "1.10", "~", "- a: b"])
)


@st.composite
def frames(draw: st.DrawFn) -> CodingFrame:
    words = WORDS.filter(bool)
    titles = draw(st.lists(words, min_size=1, max_size=4, unique_by=str.casefold))
    codes = [
        FrameCode(
            id=f"code-{number}",
            title=title,
            definition=draw(words),
            examples=tuple(draw(st.lists(words, max_size=3))),
        )
        for number, title in enumerate(titles)
    ]
    return CodingFrame(slug="a", title=draw(words), version=draw(st.integers(1, 99)), codes=codes)


@given(frames())
@settings(max_examples=150, deadline=None)
def test_any_frame_that_is_written_is_read_as_it_was(frame: CodingFrame) -> None:
    known = {"slug": frame.slug, "title": frame.title, "version": frame.version}
    assert coding_frame.read("a.yaml", coding_frame.as_yaml(frame).encode()) == frame
    assert coding_frame.read("a.csv", coding_frame.as_csv(frame).encode(), **known) == frame


@given(frames())
@settings(max_examples=100, deadline=None)
def test_no_cell_that_is_written_is_taken_for_a_formula(frame: CodingFrame) -> None:
    for row in csv.reader(io.StringIO(coding_frame.as_csv(frame), newline="")):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)


@given(st.binary(max_size=300), st.sampled_from(["a.csv", "a.yaml", "a.xlsx"]))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_read_or_refused_with_a_reason(content: bytes, file: str) -> None:
    try:
        found = len(coding_frame.read(file, content).codes)
    except DefinitionError as error:
        found = len([problem for problem in error.problems if problem.message])
    assert found


def faults(file: str, content: bytes) -> list[str]:
    with pytest.raises(DefinitionError) as caught:
        coding_frame.read(file, content)
    return [str(problem) for problem in caught.value.problems]
