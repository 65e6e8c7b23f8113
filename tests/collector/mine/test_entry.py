"""An own link lets browsers in; nothing else does."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import markup
import pytest
import sqlalchemy as sa
from sqlmodel import select

from collector.database import Database, now
from collector.intake.models import Submission, SubmissionAccess
from collector.intake.receipts import COPIED_FOR
from collector.mail import letters
from collector.mail.models import Mail

PARTS = (
    "",
    "/history",
    "/answers",
    "/answers.docx",
    "/answers.pdf",
    "/answers/permission",
    "/understood",
    "/understood/1",
    "/reply",
)
FORMS = ("/close", "/answers/permission", "/understood/1", "/reply", "/withdraw")


def shows_link(answer: Any) -> bool:
    return "/my-submission/" in answer.text


def test_the_receipt_shows_the_link_to_the_browser_that_sent_and_to_no_other(
    mine: Any, browser: Any, new_browser: Callable, staff_browser: Any
) -> None:
    assert shows_link(browser.get(mine.receipt_url))
    assert not shows_link(new_browser().get(mine.receipt_url))
    assert not shows_link(staff_browser.get(mine.receipt_url))


def test_the_receipt_shows_the_link_for_an_hour(mine: Any, browser: Any, database: Database) -> None:
    with database.writing() as session:
        session.exec(sa.update(Submission).values(received_at=now() - COPIED_FOR - timedelta(seconds=1)))
        session.commit()
    assert not shows_link(browser.get(mine.receipt_url))


def test_the_link_opens_it_on_another_device_by_a_button(mine: Any, new_browser: Callable) -> None:
    other = new_browser()
    assert other.get(mine.url).status_code == 404
    assert "Open what you sent" in other.get(mine.link).text
    assert other.get(mine.url).status_code == 404  # looking at the link is not opening it
    assert other.submit(mine.link).headers["location"] == mine.url
    assert mine.reference in markup.words(other.get(mine.url))
    assert other.get(mine.link).headers["location"] == mine.url  # known now: no second button


def test_no_address_of_a_page_with_words_holds_the_secret(mine: Any, browser: Any) -> None:
    secret = mine.link.rsplit("/", 1)[1]
    for part in PARTS:
        assert secret not in browser.get(mine.url + part).text


def test_the_database_holds_no_secret_in_the_clear(mine: Any, browser: Any, dump: Callable) -> None:
    kept = repr(dump())
    assert mine.link.rsplit("/", 1)[1] not in kept
    assert browser.cookies["visitor"] not in kept


@pytest.mark.parametrize("secret", ["no-such", "x" * 64, "%F0%9F%92%99"])
def test_a_link_that_was_made_up_opens_nothing(secret: str, mine: Any, new_browser: Callable) -> None:
    other = new_browser()
    assert other.get(f"/my-submission/{secret}").status_code == 404
    assert other.submit(f"/my-submission/{secret}").status_code == 404


def test_the_receipt_key_is_no_such_link(mine: Any, new_browser: Callable) -> None:
    other = new_browser()
    assert other.submit(f"/my-submission/{mine.receipt_url.rsplit('/', 1)[1]}").status_code == 404
    assert other.get(mine.url).status_code == 404


def test_nobody_sees_or_changes_what_another_sent(send: Callable, new_browser: Callable, dump: Callable) -> None:
    own, stranger = send(), new_browser()
    send(stranger)
    before = dump()
    pages = [stranger.get(own.url + part) for part in PARTS]
    pages += [stranger.submit(own.url + part, {"agrees": "yes", "sure": "yes"}) for part in FORMS]
    assert {page.status_code for page in pages} == {404}
    assert all("Kinnaird" not in page.text for page in pages)
    assert dump() == before


def test_what_is_there_and_what_is_not_look_the_same_to_a_stranger(mine: Any, new_browser: Callable) -> None:
    other = new_browser()
    other.get("/")
    for part in PARTS:
        there, not_there = other.get(mine.url + part).text, other.get(f"/submissions/2222-2222{part}").text
        # The links to other languages lead to the page's own address, which a stranger has typed.
        assert there.replace(mine.url, "/submissions/2222-2222") == not_there


def test_it_closes_after_some_hours_and_what_was_typed_is_given_back(
    mine: Any, browser: Any, database: Database
) -> None:
    with database.writing() as session:
        session.exec(sa.update(SubmissionAccess).values(expires_at=now()))
        session.commit()
    answer = browser.submit(f"{mine.url}/reply", {"agrees": "no", "text": "You took <b>Anna</b> wrong"})
    assert answer.status_code == 404
    assert "Open this page with your own link" in answer.text
    assert "You took <b>Anna</b> wrong" in markup.words(answer)
    browser.submit(mine.link)
    assert browser.get(mine.url).status_code == 200


def test_it_can_be_closed_in_a_browser_and_opened_again(mine: Any, browser: Any) -> None:
    assert "Closed in this browser" in browser.submit(f"{mine.url}/close").text
    assert browser.get(mine.url).status_code == 404
    browser.submit(mine.link)
    assert browser.get(mine.url).status_code == 200


def test_the_link_is_opened_twice_and_by_many_without_trouble(mine: Any, browser: Any, new_browser: Callable) -> None:
    for other in (browser, browser, new_browser(), new_browser()):
        assert other.submit(mine.link).status_code == 303
        assert other.get(mine.url).status_code == 200


def test_a_browser_without_cookies_is_not_let_in(mine: Any, new_browser: Callable) -> None:
    other = new_browser()
    token = other.form_token()
    other.cookies.clear()
    assert other.post(mine.link, data={"_csrf": token}).status_code == 403


def test_staff_make_a_new_link_for_who_lost_theirs_and_it_is_kept_who_did(
    mine: Any, browser: Any, new_browser: Callable, staff_browser: Any
) -> None:
    answer = staff_browser.submit(f"/staff/sources/{mine.source_id}/own-link")
    link = "/my-submission/" + markup.words(answer, '//*[@class="fl_own-link"]').rsplit("/", 1)[1]
    assert browser.get(mine.url).status_code == 404  # whoever held the earlier link is out
    assert new_browser().submit(mine.link).status_code == 404
    assert browser.submit(link).status_code == 303
    for page in (browser.get(f"{mine.url}/history"), staff_browser.get(f"/staff/sources/{mine.source_id}")):
        assert "The reviewer made a new link" in markup.words(page)
    assert not shows_link(browser.get(mine.receipt_url))


def test_auditors_make_no_link(mine: Any, new_browser: Callable, sign_in: Callable) -> None:
    auditor = new_browser()
    sign_in(auditor, "auditor")
    assert auditor.submit(f"/staff/sources/{mine.source_id}/own-link").status_code == 403
    assert "Make a new link" not in auditor.get(f"/staff/sources/{mine.source_id}").text


def test_a_visitor_cookie_of_ones_own_choice_opens_nothing_of_another(mine: Any, new_browser: Callable) -> None:
    other = new_browser()
    other.cookies.set("visitor", "chosen", domain="127.0.0.1")
    assert not shows_link(other.get(mine.receipt_url))
    assert other.get(mine.url).status_code == 404


@pytest.mark.parametrize("asked", [True, False])
def test_the_link_goes_with_the_mail_of_the_receipt_where_it_is_asked_for(
    asked: bool, send: Callable, browser: Any, database: Database
) -> None:
    kept = send()
    fields = {"email": "someone@example.org"} | ({"with-link": "yes"} if asked else {})
    assert browser.submit(f"{kept.receipt_url}/mail", fields).status_code == 303
    with database.reading() as session:
        mail = session.exec(select(Mail)).one()
    assert mail.words["own_path"] == (kept.link if asked else "")
    site = letters.site_of(browser.app.state.settings)
    assert (kept.link in letters.written(mail.kind, mail.words, site).text) is asked
