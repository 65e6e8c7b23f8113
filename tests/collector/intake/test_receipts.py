from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import docx
import markup
from sqlmodel import select

from collector.database import Database, now
from collector.intake.models import Submission
from collector.intake.receipts import COPIED_FOR

CHECK = "/questionnaires/keeping-the-promise/check"


def sent(browser: Any) -> str:
    """Sends what stands in the draft; the address of its receipt."""
    return browser.submit(CHECK).headers["location"]


def copy_link(answer: Any) -> list[str]:
    return markup.tree(answer).xpath("//a[@download]/@href")


def lines_of(answer: Any) -> list[str]:
    return [paragraph.text for paragraph in docx.Document(BytesIO(answer.content)).paragraphs]


def test_who_sent_answers_can_take_a_copy_of_every_word_of_them(browser: Any, fill_in: Callable, answers: dict) -> None:
    odd = "Two lines.\nAnd a code point that no file holds: \ufffe."
    fill_in(browser, {**answers, "planning.plans": odd})
    [url] = copy_link(browser.get(sent(browser)))
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
    [url] = copy_link(browser.get(receipt))
    for other in (new_browser(), staff_browser):
        assert copy_link(other.get(receipt)) == []
        assert other.get(url).status_code == 404
    second = new_browser()
    fill_in(second)
    sent(second)  # a sender of other answers
    assert second.get(url).status_code == 404
    assert browser.get("/receipts/none/answers.docx").status_code == 404


def test_after_an_hour_there_is_no_copy_any_more(browser: Any, fill_in: Callable, database: Database) -> None:
    fill_in(browser)
    receipt = sent(browser)
    [url] = copy_link(browser.get(receipt))
    with database.writing() as session:
        submission = session.exec(select(Submission)).one()
        submission.received_at = now() - COPIED_FOR - timedelta(seconds=1)
        session.commit()
    assert copy_link(browser.get(receipt)) == []
    assert browser.get(url).status_code == 404
