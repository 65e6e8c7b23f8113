"""The receipt by e-mail: for who sent the answers, thrice at most, and with the answers only when asked for."""

import threading
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import markup
import pypdf
import pytest
import sqlalchemy as sa
from sqlmodel import select

from collector.database import Database, now
from collector.intake import copies, receipt_mails
from collector.intake.models import Submission
from collector.intake.receipt_mails import TooMany
from collector.intake.receipts import COPIED_FOR
from collector.mail.models import Mail
from collector.privacy import erasure

CHECK = "/questionnaires/keeping-the-promise/check"


@pytest.fixture
def receipt(browser: Any, fill_in: Callable) -> str:
    """The address of the receipt of what this browser has sent."""
    fill_in(browser)
    return browser.submit(CHECK).headers["location"]


def mails(database: Database) -> list[Mail]:
    with database.reading() as session:
        return list(session.exec(select(Mail).order_by(Mail.id)))


def test_who_sent_answers_gets_the_receipt_by_mail_without_them(
    browser: Any, receipt: str, database: Database, answers: dict
) -> None:
    page = browser.get(receipt)
    assert markup.typed(page, "email") == ""
    assert markup.chosen(page, "with-answers") == []
    assert "some minutes" in markup.words(page)
    answer = browser.submit(f"{receipt}/mail", {"email": " kirsty@example.org "})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{receipt}#mail")
    [mail] = mails(database)
    assert (mail.kind, mail.to_address, mail.attachment, mail.state) == (
        "receipt",
        "kirsty@example.org",
        None,
        "waiting",
    )
    assert mail.words["receipt_path"] == receipt
    assert mail.words["reference"] in markup.words(page)
    assert not {value for value in answers.values() if isinstance(value, str)} & set(map(str, mail.words.values()))
    assert "on its way to kirsty@example.org" in markup.words(browser.get(receipt))


def test_the_answers_go_with_it_when_asked_for(browser: Any, receipt: str, database: Database, answers: dict) -> None:
    browser.submit(f"{receipt}/mail", {"email": "kirsty@example.org", "with-answers": "yes"})
    [mail] = mails(database)
    assert mail.attachment_name == f"answers-{mail.words['reference']}.pdf"
    assert mail.words["with_answers"]
    printed = "".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(mail.attachment)).pages)
    assert "".join(answers["planning.doing"].split()) in "".join(printed.split())


@pytest.mark.parametrize("written", ["", "kirsty", "kirsty@example.org\r\nBcc: all@example.org", "a@b.org, c@d.org"])
def test_what_is_no_address_comes_back_with_what_was_typed(
    written: str, browser: Any, receipt: str, database: Database
) -> None:
    answer = browser.submit(f"{receipt}/mail", {"email": written, "with-answers": "yes"})
    assert answer.status_code == 422
    assert "<title>Error: " in answer.text
    assert markup.problems(answer) == {"#email": "Enter an e-mail address in full, like name@example.org"}
    assert markup.chosen(answer, "with-answers") == ["yes"]
    assert mails(database) == []


def test_the_address_typed_stands_there_again(browser: Any, receipt: str) -> None:
    assert markup.typed(browser.submit(f"{receipt}/mail", {"email": "kirsty@example"}), "email") == "kirsty@example"


def test_nobody_else_can_have_it_sent_though_they_have_the_receipt(
    new_browser: Callable, staff_browser: Any, receipt: str, database: Database
) -> None:
    for other in (new_browser(), staff_browser):
        assert markup.tree(other.get(receipt)).xpath('//input[@name="email"]') == []
        assert other.submit(f"{receipt}/mail", {"email": "kirsty@example.org"}).status_code == 404
    assert mails(database) == []


def test_nobody_else_sees_where_it_was_sent(browser: Any, new_browser: Callable, receipt: str) -> None:
    browser.submit(f"{receipt}/mail", {"email": "kirsty@example.org"})
    assert "kirsty@" in browser.get(receipt).text
    assert "kirsty@" not in new_browser().get(receipt).text


def test_after_an_hour_it_is_not_sent_any_more(browser: Any, receipt: str, database: Database) -> None:
    with database.writing() as session:
        session.exec(sa.update(Submission).values(received_at=now() - COPIED_FOR - timedelta(seconds=1)))
        session.commit()
    assert markup.tree(browser.get(receipt)).xpath('//input[@name="email"]') == []
    assert browser.submit(f"{receipt}/mail", {"email": "kirsty@example.org"}).status_code == 404
    assert mails(database) == []


def test_a_button_pressed_twice_sends_one(browser: Any, receipt: str, database: Database) -> None:
    for _ in range(2):
        assert browser.submit(f"{receipt}/mail", {"email": "kirsty@example.org"}).status_code == 303
    assert len(mails(database)) == 1


def test_it_is_sent_three_times_at_most(browser: Any, receipt: str, database: Database) -> None:
    for number in range(3):
        browser.submit(f"{receipt}/mail", {"email": f"person-{number}@example.org"})
    assert markup.tree(browser.get(receipt)).xpath('//input[@name="email"]') == []
    answer = browser.submit(f"{receipt}/mail", {"email": "person-4@example.org"})
    assert answer.status_code == 422
    assert "3 times" in markup.problems(answer)["#mail"]
    assert len(mails(database)) == 3


def test_one_address_gets_few_receipts_a_day_of_whichever_answers(
    browser: Any, receipt: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receipt_mails, "MOST_TO_AN_ADDRESS", 2)
    with database.writing() as session:
        for number in range(2):
            session.add(Mail(kind="receipt", to_address="Kirsty@example.org", about=f"submission/{number + 100}"))
            session.add(Mail(kind="draft-link", to_address="other@example.org"))  # counted by itself
        session.commit()
    answer = browser.submit(f"{receipt}/mail", {"email": "kirsty@Example.org", "with-answers": "yes"})
    assert answer.status_code == 422
    assert "to this address today" in markup.problems(answer)["#email"]
    assert (markup.typed(answer, "email"), markup.chosen(answer, "with-answers")) == ("kirsty@Example.org", ["yes"])
    assert browser.submit(f"{receipt}/mail", {"email": "other@example.org"}).status_code == 303
    with database.writing() as session:
        session.exec(sa.update(Mail).values(created_at=now() - receipt_mails.WITHIN))
        session.commit()
    assert browser.submit(f"{receipt}/mail", {"email": "kirsty@example.org"}).status_code == 303


def test_many_at_once_are_no_more_than_three(browser: Any, receipt: str, database: Database) -> None:
    start, refused = threading.Barrier(6), []

    def press(number: int) -> None:
        start.wait()
        with database.writing() as session:
            submission = session.exec(select(Submission)).one()
            try:
                receipt_mails.put(session, submission, title="", to=f"person-{number}@example.org", answers=None)
                session.commit()
            except TooMany:
                refused.append(number)

    pressing = [threading.Thread(target=press, args=(number,)) for number in range(6)]
    for thread in pressing:
        thread.start()
    for thread in pressing:
        thread.join()
    assert (len(mails(database)), len(refused)) == (3, 3)


def test_no_copy_goes_out_of_what_was_withdrawn_while_it_was_written(
    browser: Any, receipt: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = copies.as_attachment

    def withdrawn_meanwhile(*given: Any) -> Any:
        with database.writing() as session:
            erasure.withdraw(session, session.exec(select(Submission)).one())
            session.commit()
        return written(*given)

    monkeypatch.setattr(copies, "as_attachment", withdrawn_meanwhile)
    answer = browser.submit(f"{receipt}/mail", {"email": "kirsty@example.org", "with-answers": "yes"})
    assert (answer.status_code, answer.headers["location"]) == (303, receipt)
    assert mails(database) == []
    page = browser.get(receipt)
    assert "withdrawn" in markup.words(page)
    assert "/my-submission/" not in page.text


def test_who_sent_it_is_told_when_it_could_not_be_sent(browser: Any, receipt: str, database: Database) -> None:
    browser.submit(f"{receipt}/mail", {"email": "kirsty@example.org"})
    with database.writing() as session:
        session.exec(sa.update(Mail).values(state="bounced"))
        session.commit()
    assert "could not be sent to kirsty@example.org. Check the address." in markup.words(browser.get(receipt))


def test_the_worker_is_woken_for_it(browser: Any, receipt: str, app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(app.state.queue, "ask_for_mail", asked.extend)
    browser.submit(f"{receipt}/mail", {"email": "kirsty@example.org"})
    assert asked == [1]
