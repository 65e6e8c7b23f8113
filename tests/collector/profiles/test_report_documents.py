"""A report is plain data, and becomes the same page, PDF and Word file on any day, with every word as written."""

import json
import os
import re
import subprocess
import sys
import unicodedata
from collections import Counter
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import docx
import pytest
import typst
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html
from pypdf import PdfReader

from collector.profiles import document, document_pdf, rendering
from collector.profiles.document import Document, Paragraph, Quote, Row, Section, Sentence, Table, Unsupported
from tests.collector.profiles.documents import A_DAY, whole
from tests.collector.profiles.tagged import Tagged

# Markup of every language that the words pass through, letters that turn round, and pictures.
MARKED = "#*_`$<>[]()\\@~\"'/=-+&;:{}%|^.,!? aBcé\u0301ßñ\n"
TURNED, PICTURES, FAR = "שלוםمرحبا", "🎉🏴💙✓●", "中文日本हिन्दी"
WRITTEN = [
    "#set text(red)",
    "*b*",
    "<script>alert(1)</script>",
    "]]>",
    "$x$",
    "// no",
    "/* no",
    "&amp;",
    "{{ 7 }}",
    "@ref",
]


def words_of(letters: str) -> st.SearchStrategy[str]:
    some = st.one_of(st.sampled_from(WRITTEN), st.text(alphabet=letters, max_size=12))
    return st.lists(some, min_size=1, max_size=5).map("".join).map(str.strip).filter(bool)


# -- The data -------------------------------------------------------------------------------------------


def test_a_document_is_the_same_after_its_json_and_that_is_written_in_one_way() -> None:
    made = whole()
    text = document.written(made)
    assert document.read(text) == made
    assert document.written(document.read(text)) == text
    assert list(json.loads(text)) == sorted(json.loads(text))
    assert " " not in re.sub(r'"(\\.|[^"\\])*"', "", text)
    with pytest.raises(ValueError, match="bars"):
        document.read(text.replace('"value":"3"', '"value":3.0'))


def test_a_report_of_before_references_told_who_becomes_the_files_that_it_was() -> None:
    told = json.loads(document.written(whole()))
    for one in told["references"]:
        assert one.pop("who") == ""
    before = document.read(json.dumps(told))
    assert before == whole()
    page = html.fromstring(rendering.rendered(before, "html"))
    assert page.xpath('string(//li[@id="stands-on-1"]/span[2])') == "Plan for brothers and sisters, 2 November 2026"


def test_a_reference_tells_who_said_it_on_the_page_in_print_and_in_word() -> None:
    named = replace(whole(), references=tuple(replace(one, who="Loch Trust") for one in whole().references))
    told = "Loch Trust, Plan for brothers and sisters, 2 November 2026"
    page = html.fromstring(rendering.rendered(named, "html"))
    assert page.xpath('string(//li[@id="stands-on-1"]/span[2])') == told
    pages = PdfReader(BytesIO(rendering.rendered(named, "pdf"))).pages
    assert told in " ".join(" ".join(one.extract_text() for one in pages).split())
    in_word = docx.Document(BytesIO(rendering.rendered(named, "docx"))).paragraphs
    assert sum(told in one.text for one in in_word) == 3


@pytest.mark.parametrize(
    "make",
    [
        lambda: Sentence("They need more homes."),
        lambda: Sentence("They need more homes.", fixed="because"),
        lambda: Sentence("Most shared first.", (1,), fixed="lead"),
        lambda: Quote("Homes.", "Somebody", A_DAY, "A plan", ()),
    ],
)
def test_a_sentence_without_support_cannot_be_made(make: Any) -> None:
    with pytest.raises(Unsupported):
        make()


def test_the_appendix_holds_what_is_cited_and_nothing_else() -> None:
    made = whole()
    with pytest.raises(Unsupported, match="appendix"):
        replace(made, references=made.references[:-1])
    with pytest.raises(Unsupported, match="appendix"):
        replace(made, sections=made.sections[1:])
    with pytest.raises(ValueError, match="cells"):
        Table("Homes", (document.Column("Place"),), (Row("Fife", ("3",)),))


def test_items_of_lists_and_rows_of_tables_are_lines_of_their_own() -> None:
    lines = dict(document.lines_of(whole("We open homes.").sections))
    assert {line: words for line, words in lines.items() if line.startswith("1.")} == {
        "1.1": "Most shared first. We open homes.",
        "1.2.1": "We open homes.",
        "1.2.2": "Homes for brothers and sisters.",
        "1.3": "We open homes.",
        "1.4": "In five figures",
        "1.5": "Homes",
        "1.5.1": "We open homes. (Homes: 1,204)",
    }


@pytest.mark.parametrize(("line", "to"), [("1.2.2", "Homes for brothers and sisters."), ("1.5.1", "1,204")])
def test_a_reply_to_a_part_of_a_block_says_to_which_in_every_file(line: str, to: str) -> None:
    reply = document.Reply("There are five homes.", "Ailsa Grant", A_DAY, correction=True)
    made = replace(whole(), sections=document.with_replies(whole().sections, {line: [reply]}))
    told = rendering.rendered(made, "pdf")
    assert Tagged(told).faults() == []
    pages = " ".join(" ".join(one.extract_text() for one in PdfReader(BytesIO(told)).pages).split())
    in_word = docx.Document(BytesIO(rendering.rendered(made, "docx"))).paragraphs
    page = html.fromstring(rendering.rendered(made, "html").decode())
    [shown] = page.xpath('//div[@class="fl_report__reply"]')
    for text in (pages, " ".join(one.text for one in in_word), " ".join(shown.text_content().split())):
        assert "Not right, says Ailsa Grant, 2 November 2026, to “" in text
        assert to in text.partition("says Ailsa Grant")[2].partition("There are five homes.")[0]


# -- The same bytes -------------------------------------------------------------------------------------

ANOTHER_DAY = """
import sys, time
real = time.localtime
time.localtime = lambda seconds=None: real((time.time() if seconds is None else seconds) + 400 * 86400)
from pathlib import Path
from collector.profiles import document, rendering
folder = Path(sys.argv[1])
made = document.read((folder / "snapshot.json").read_text("utf-8"))
for kind in rendering.FORMATS:
    (folder / kind).write_bytes(rendering.rendered(made, kind))
"""


def test_another_process_on_another_day_makes_the_same_bytes(tmp_path: Path) -> None:
    made = whole("A plan for brothers & sisters: שלום")
    (tmp_path / "snapshot.json").write_text(document.written(made), "utf-8")
    elsewhere = {**os.environ, "TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "7", "LC_ALL": "C"}
    subprocess.run([sys.executable, "-c", ANOTHER_DAY, str(tmp_path)], env=elsewhere, check=True)
    for kind in rendering.FORMATS:
        assert (tmp_path / kind).read_bytes() == rendering.rendered(made, kind), kind


def test_no_part_of_a_word_file_tells_when_it_was_written() -> None:
    content = rendering.rendered(whole(), "docx")
    assert {part.date_time for part in ZipFile(BytesIO(content)).infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert docx.Document(BytesIO(content)).core_properties.modified.date() == whole().made_on


# -- Every word as it was written -----------------------------------------------------------------------


@given(words_of(MARKED + TURNED + PICTURES + FAR))
@settings(max_examples=12, deadline=None)
def test_words_come_out_as_written_on_the_page_and_in_word(words: str) -> None:
    made = whole(words)
    page = html.fromstring(rendering.rendered(made, "html").decode())
    assert page.xpath("//h1")[0].text_content() == words
    assert page.xpath("//blockquote/p")[0].text_content() == words
    assert page.xpath('//*[@id="stands-on-1"]/span')[0].text_content() == f"{words} 1"
    assert [one.tag for one in page.iter("script", "img", "b") if not one.xpath("ancestor::ul")] == []
    file = docx.Document(BytesIO(rendering.rendered(made, "docx")))
    quoted = [one.text for one in file.paragraphs if one.style.name == "Quote"]
    assert quoted == [words]
    assert file.core_properties.title == words


@given(words_of(MARKED + TURNED))
@settings(max_examples=12, deadline=None)
def test_words_come_out_as_written_in_print(words: str) -> None:
    """A line may end anywhere, and letters that run to the left are told in the order in which they are drawn."""
    made = whole("x", sections=1)
    quoted = replace(made.sections[0], blocks=(*made.sections[0].blocks, quote_of(words)))
    before, after = (signs_in(one) for one in (made, replace(made, sections=(quoted, *made.sections[1:]))))
    assert signs(words) <= after - before


def quote_of(words: str) -> Quote:
    return Quote(words, "Somebody", A_DAY, "A plan", (1,))


def signs_in(made: Document) -> Counter[str]:
    pages = PdfReader(BytesIO(rendering.rendered(made, "pdf"))).pages
    return signs("".join(page.extract_text() for page in pages))


def signs(words: str) -> Counter[str]:
    """Brackets among letters that run to the left are drawn the other way round."""
    plain = unicodedata.normalize("NFKD", words).translate(str.maketrans(")]}>", "([{<"))
    return Counter(sign for sign in plain if not sign.isspace() and sign != "\u200b")


def test_what_the_fonts_of_a_pdf_lack_is_said_and_never_stops_a_report() -> None:
    text = "".join(
        page.extract_text() for page in PdfReader(BytesIO(rendering.rendered(whole("🎉 中文 a\x07b"), "pdf"))).pages
    )
    assert "[party popper]" in text
    said = " ".join(text.split())
    assert "[2 letters that this file has no shapes for" in said
    assert "ab" in text


# -- For everybody --------------------------------------------------------------------------------------


def test_a_pdf_has_a_tag_for_all_that_is_in_it() -> None:
    tagged = Tagged(rendering.rendered(whole("Homes for brothers and sisters", sections=2), "pdf"))
    assert tagged.faults() == []
    roles = Counter(tagged.role(one) for one, _ in tagged.elements())
    numbers = {name: roles[name] for name in ("Table", "Figure", "Quote", "H1", "H2")}
    assert numbers == {"Table": 5, "Figure": 2, "Quote": 2, "H1": 5, "H2": 4}
    figures = [one for one, _ in tagged.elements() if tagged.role(one) == "Figure"]
    assert {str(one["/Alt"]) for one in figures} == {"Homes by year, homes: 2024 3, 2025 12.5"}


def test_the_check_of_tags_finds_a_pdf_that_has_none() -> None:
    told = json.dumps(document_pdf.told(whole()))
    plain = typst.compile(document_pdf.LAYOUT, sys_inputs={"report": told}, ignore_system_fonts=True, pdf_tags=False)
    faults = Tagged(plain).faults()
    assert {"not marked as tagged", "no headings", "does not say that it is PDF/UA"} <= set(faults)
    assert any("without a tag" in fault for fault in faults)


def test_a_word_file_has_headings_heads_of_tables_and_words_for_pictures() -> None:
    file = docx.Document(BytesIO(rendering.rendered(whole(), "docx")))
    headings = [(one.style.name, one.text) for one in file.paragraphs if one.style.name.startswith("Heading")]
    assert headings[:2] == [("Heading 1", "Priority area 1"), ("Heading 2", "Homes by year")]
    assert ("Heading 1", "What it stands on") in headings
    heads = [table._tbl.xpath(".//w:tr[1]/w:trPr/w:tblHeader") for table in file.tables]
    assert all(heads)
    assert [one.get("descr") for one in file.element.body.iter("{*}docPr")] == [
        "Homes by year, homes: 2024 3, 2025 12.5"
    ]
    assert 'w:lang w:val="en-GB"' in file.styles["Normal"].element.xml
    anchors = {one.get(f"{{{one.nsmap['w']}}}anchor") for one in file.element.body.iter("{*}hyperlink")}
    assert anchors == {f"stands-on-{number}" for number in (1, 2, 3)}


def test_a_page_opens_what_each_line_stands_on_and_says_who_made_it() -> None:
    page = html.fromstring(rendering.rendered(whole(), "html").decode())
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert {link[1:] for link in page.xpath('//a[starts-with(@href, "#")]/@href')} <= set(ids)
    assert page.get("lang") == "en-GB"
    assert "Made on 23 November 2026 by The Promise Scotland." in page.text_content()
    assert page.xpath("//table[not(caption)]") == []
    assert page.xpath("//svg//text()") != []
    assert page.xpath("//script | //link | //img") == []


def test_twenty_pages_are_tagged_as_one_is() -> None:
    made = whole("Homes for brothers and sisters, so that they can spend time together. " * 3, sections=24)
    content = rendering.rendered(made, "pdf")
    assert len(PdfReader(BytesIO(content)).pages) >= 20
    assert Tagged(content).faults() == []


def test_a_name_may_be_as_long_as_names_are() -> None:
    made = whole("Partnership for brothers and sisters " * 8)
    for kind in rendering.FORMATS:
        assert rendering.rendered(made, kind)


def test_a_section_may_be_empty() -> None:
    made = replace(whole(), sections=(Section("Nothing"), *whole().sections))
    for kind in rendering.FORMATS:
        assert rendering.rendered(made, kind)


def test_sentences_that_are_cited_often_are_told_once_in_the_appendix() -> None:
    again = Section("Again", (Paragraph((Sentence("Homes again.", (1, 2)),)),))
    made = replace(whole(), sections=(*whole().sections, again))
    page = html.fromstring(rendering.rendered(made, "html").decode())
    assert len(page.xpath('//section[h2/@id="stands-on"]//li')) == 3
