import re
import unicodedata
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import docx
import markup
import pypdf
import pytest
from sqlmodel import select

from collector.database import Database, now
from collector.intake import copies, paper
from collector.intake.models import Submission
from collector.intake.paper import Block, Paper
from collector.intake.receipts import COPIED_FOR

CHECK = "/questionnaires/keeping-the-promise/check"


def sent(browser: Any) -> str:
    """Sends what stands in the draft; the address of its receipt."""
    return browser.submit(CHECK).headers["location"]


def copy_link(answer: Any) -> list[str]:
    return markup.tree(answer).xpath("//a[@download]/@href")


def lines_of(answer: Any) -> list[str]:
    return [paragraph.text for paragraph in docx.Document(BytesIO(answer.content)).paragraphs]


def printed(answer: Any) -> str:
    """The words of a PDF without the ends of its lines."""
    assert answer.headers["content-type"] == "application/pdf"
    return words_of(answer.content)


def words_of(content: bytes) -> str:
    pages = pypdf.PdfReader(BytesIO(content)).pages
    return "".join("".join(page.extract_text() for page in pages).replace("\u200b", "").split())


def joined(words: str) -> str:
    return "".join(words.split())


def test_who_sent_answers_can_keep_them_as_a_pdf_that_names_its_reference_on_each_page(
    browser: Any, fill_in: Callable, answers: dict
) -> None:
    fill_in(browser, {**answers, "planning.plans": "We plan. " * 1000})
    receipt = browser.get(sent(browser))
    [url, _] = copy_link(receipt)
    answer = browser.get(url)
    assert answer.headers["cache-control"] == "no-store"
    reference = markup.tree(receipt).xpath('//*[contains(@class, "fl_reference")]/text()')[0]
    assert answer.headers["content-disposition"] == f'attachment; filename="answers-{reference}.pdf"'
    document = pypdf.PdfReader(BytesIO(answer.content))
    assert (document.metadata.title, document.root_object["/Lang"]) == ("Keeping the promise", "en-GB")
    assert document.root_object["/MarkInfo"]["/Marked"]
    pages = [joined(page.extract_text()) for page in document.pages]
    assert len(pages) > 2
    for number, page in enumerate(pages, start=1):
        assert page.endswith(joined(f"Reference: {reference} {number} / {len(pages)}"))
    text = printed(answer)
    for words in (answers["planning.doing"], "Kinnaird Water Council", "Received:", "Not answered", "Fife", "Highland"):
        assert joined(words) in text
    assert joined("May we publish your answers? Yes, but without the name") in text
    assert text.count("Weplan.") == 1000


HOSTILE = {
    "markup": '#let x = 1 #panic("no") $ x^2 $ \\ \\u{41} *b* _i_ `c` <a> @b [c] // d /* e */ = f',
    "right to left": "before \u202eafter\u202c \u2067isolated\u2069",
    "one long word": "W" * 20_000,
    "many lines": "line\n" * 4_000,
    "long": "We plan to do it. " * 1_100,
    "marks": "Cafe\u0301 \u200b \ufeff",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_whatever_is_written_stands_in_the_pdf_as_it_was_typed(kind: str) -> None:
    content = paper.as_pdf(paper.copy_of_answers("T", ["Reference: X"], [section(HOSTILE[kind])]))
    shown = re.sub("[\u202a-\u202e\u2066-\u2069\u200b\u00ad\ufeff]", "", HOSTILE[kind])
    assert one_form(shown) in one_form(between(content))


def one_form(words: str) -> str:
    return re.sub("[\u0300-\u036f]", "", unicodedata.normalize("NFD", joined(words)))


def between(content: bytes) -> str:
    """The words of a copy without what stands at the foot of each page."""
    return re.sub(r"Reference:X\d+/\d+", "", words_of(content))


def section(words: str) -> dict[str, Any]:
    return {"title": "S", "rows": [{"question": "Q", "answer": [words], "listed": []}]}


def test_no_word_of_a_long_answer_is_printed_outside_the_page() -> None:
    content = paper.as_pdf(paper.copy_of_answers("T", ["Reference: X"], [section("W" * 500 + " " + "we say " * 6_000)]))
    for page in pypdf.PdfReader(BytesIO(content)).pages:
        lines = page.extract_text().split("\n")
        assert len(lines) < 60
        assert all(line.count("W") <= paper.LONGEST_WORD for line in lines)


def test_a_picture_in_an_answer_is_printed_as_its_name() -> None:
    copy = paper.copy_of_answers(
        "T", ["Reference: X"], [section("Well done \U0001f389\U0001f44d \ue000 \ufffe \x9f, ✓")]
    )
    assert joined("Well done [party popper][thumbs up sign] [U+E000] [U+FFFE] [U+009F],") in words_of(
        paper.as_pdf(copy)
    )


@pytest.mark.parametrize("words", ["\u4f60\u597d", "a" * (copies.MOST_LETTERS + 1)])
def test_what_cannot_be_printed_at_once_comes_as_a_word_document(
    words: str, browser: Any, fill_in: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_in(browser)
    [pdf, word] = copy_link(browser.get(sent(browser)))
    copy = Paper("T", (Block("section", "S"), Block("words", words)), footer="X")
    monkeypatch.setattr(copies, "of", lambda *_: copy)
    answer = browser.get(pdf)
    assert (answer.status_code, answer.headers["location"]) == (303, word)
    assert lines_of(browser.get(word))[-1] == words
    assert copies.as_attachment(copy, "R").name == "answers-R.docx"


def test_what_somebody_sent_is_kept_by_no_memory_of_papers(browser: Any, fill_in: Callable) -> None:
    fill_in(browser)
    [url, _] = copy_link(browser.get(sent(browser)))
    before = paper.as_pdf_again.cache_info().currsize
    assert browser.get(url).status_code == 200
    assert paper.as_pdf_again.cache_info().currsize == before


def test_who_sent_answers_can_take_a_copy_of_every_word_of_them(browser: Any, fill_in: Callable, answers: dict) -> None:
    odd = "Two lines.\nAnd a code point that no file holds: \ufffe."
    fill_in(browser, {**answers, "planning.plans": odd})
    [_, url] = copy_link(browser.get(sent(browser)))
    answer = browser.get(url)
    lines = lines_of(answer)
    assert answer.headers["cache-control"] == "no-store"
    assert answers["planning.doing"] in lines
    assert odd.replace("\ufffe", "�") in lines
    assert "Kinnaird Water Council" in lines
    assert {"Fife", "Highland"} <= set(lines)
    assert "Not answered" in lines
    assert "planning.doing" not in answer.headers["content-disposition"]


def test_nobody_else_gets_a_copy_though_they_have_the_receipt(
    browser: Any, new_browser: Callable, staff_browser: Any, fill_in: Callable
) -> None:
    fill_in(browser)
    receipt = sent(browser)
    urls = copy_link(browser.get(receipt))
    assert len(urls) == 2
    for other in (new_browser(), staff_browser):
        assert copy_link(other.get(receipt)) == []
        assert {other.get(url).status_code for url in urls} == {404}
    second = new_browser()
    fill_in(second)
    sent(second)  # a sender of other answers
    assert {second.get(url).status_code for url in urls} == {404}
    assert browser.get("/receipts/none/answers.docx").status_code == 404


def test_after_an_hour_there_is_no_copy_any_more(browser: Any, fill_in: Callable, database: Database) -> None:
    fill_in(browser)
    receipt = sent(browser)
    urls = copy_link(browser.get(receipt))
    assert len(urls) == 2
    with database.writing() as session:
        submission = session.exec(select(Submission)).one()
        submission.received_at = now() - COPIED_FOR - timedelta(seconds=1)
        session.commit()
    assert copy_link(browser.get(receipt)) == []
    assert {browser.get(url).status_code for url in urls} == {404}
