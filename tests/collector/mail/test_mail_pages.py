"""The staff pages of mail: all of it is seen, little of it is said."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import markup
import pytest
import sqlalchemy as sa

from collector.accounts.access import Person
from collector.database import Database, now
from collector.mail import outbox
from collector.mail.models import Mail

WORDS = {
    "reference": "7F4K-2MXW",
    "questionnaire": "Keeping the promise",
    "received": "21 November 2026 at 14:05",
    "receipt_path": "/receipts/a-secret-key",
    "with_answers": False,
}


@pytest.fixture
def put(database: Database) -> Callable[..., int]:
    """Keeps a mail, in the state asked for."""

    def keep(to: str = "kirsty@example.org", **values: Any) -> int:
        with database.writing() as session:
            mail_id = outbox.put(session, kind="receipt", to=to, words=WORDS)
            if values:
                session.exec(sa.update(Mail).where(Mail.id == mail_id).values(**values))
            session.commit()
        return mail_id

    return keep


@pytest.fixture
def with_server(app: Any, settings: Any) -> None:
    app.state.settings = replace(settings, mail_url="smtp://mail.example.org")


def test_without_any_mail_the_page_says_what_will_come(staff_browser: Any) -> None:
    assert "No mail yet" in markup.words(staff_browser.get("/staff/mail"))


def test_the_list_shows_recipient_kind_state_and_why_newest_first(staff_browser: Any, put: Callable) -> None:
    put("first@example.org", state="bounced", reason="The mail server said: 550 No such user")
    put("second@example.org", state="waiting", attempts=1, reason="Away", due_at=now() + timedelta(hours=1))
    rows = [row.text_content() for row in markup.tree(staff_browser.get("/staff/mail")).xpath("//tbody/tr")]
    assert "second@example.org" in rows[0]
    assert "Receipt" in rows[0]
    assert "Next try" in rows[0]
    assert "Bounced" in rows[1]
    assert "550 No such user" in rows[1]


def test_the_state_is_chosen_in_the_address_and_long_lists_come_by_the_page(staff_browser: Any, put: Callable) -> None:
    for number in range(51):
        put(f"person-{number}@example.org")
    put("bounced@example.org", state="bounced")
    first, second = (staff_browser.get(f"/staff/mail?state=waiting&page={page}") for page in (1, 2))
    assert [len(markup.tree(answer).xpath("//tbody/tr")) for answer in (first, second)] == [50, 1]
    assert markup.tree(second).xpath('//a[@rel="prev"]/@href') == ["/staff/mail?state=waiting&page=1"]
    bounced = markup.words(staff_browser.get("/staff/mail?state=bounced"), "//tbody")
    assert "bounced@example.org" in bounced
    assert "person-" not in bounced
    assert "No mail is in this state" in markup.words(staff_browser.get("/staff/mail?state=set-aside"))
    assert "52 mails" in markup.words(staff_browser.get("/staff/mail?state=no-such-state"))


def test_in_the_local_form_staff_read_what_it_says_and_are_told_that_nothing_left(
    staff_browser: Any, put: Callable
) -> None:
    mail_id = put(state="sent", finished_at=now())
    answer = staff_browser.get(f"/staff/mail/{mail_id}")
    said = markup.words(answer)
    assert "local trial form" in said
    assert "Written to a file" in said
    assert "Your answers have been received: 7F4K-2MXW" in said
    assert markup.tree(answer).xpath('//section[@aria-labelledby="letter"]//a/@href') == [
        "http://127.0.0.1:8000/receipts/a-secret-key"
    ]


@pytest.mark.usefixtures("with_server")
@pytest.mark.parametrize("state", ["waiting", "sending", "bounced", "set-aside", "sent"])
def test_with_a_server_what_a_mail_says_is_for_its_recipient_alone(
    state: str, staff_browser: Any, put: Callable
) -> None:
    mail_id = put(state=state, finished_at=now(), reason="" if state == "sent" else "Away")
    for url in ("/staff/mail", f"/staff/mail/{mail_id}"):
        answer = staff_browser.get(url)
        assert "kirsty@example.org" in answer.text
        assert "a-secret-key" not in answer.text
        assert "7F4K" not in answer.text
        assert "local trial form" not in answer.text


@pytest.mark.usefixtures("with_server")
@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("sent", "May have arrived twice"),
        ("set-aside", "May have arrived all the same"),
        ("waiting", "May have arrived already"),
    ],
)
def test_of_a_mail_that_was_cut_off_it_is_told_that_it_may_have_arrived(
    state: str, told: str, staff_browser: Any, put: Callable
) -> None:
    in_doubt, sure = put(state=state, in_doubt=True, finished_at=now()), put(state=state, finished_at=now())
    rows = markup.tree(staff_browser.get("/staff/mail")).xpath("//tbody/tr")
    assert [told in row.text_content() for row in rows] == [False, True]
    pages = [markup.words(staff_browser.get(f"/staff/mail/{id}")) for id in (in_doubt, sure)]
    assert [told in page for page in pages] == [True, False]
    assert ("It is sent once more" in pages[0]) == (state == "waiting")


@pytest.mark.parametrize("state", ["bounced", "set-aside"])
def test_a_reviewer_sends_again_what_failed(state: str, staff_browser: Any, put: Callable, database: Database) -> None:
    mail_id = put(state=state, reason="Away", attempts=8, finished_at=now())
    page = f"/staff/mail/{mail_id}"
    assert markup.tree(staff_browser.get(page)).xpath("//main//form/@action") == [f"{page}/again"]
    answer = staff_browser.submit(f"{page}/again")
    assert (answer.status_code, answer.headers["location"]) == (303, page)
    assert markup.tree(staff_browser.get(page)).xpath("//main//form") == []
    with database.reading() as session:
        mail = session.get_one(Mail, mail_id)
        assert (mail.state, mail.attempts, mail.reason, mail.finished_at) == ("waiting", 0, "", None)


@pytest.mark.parametrize(
    "values", [{"state": "sent"}, {"state": "sending"}, {"state": "waiting"}, {"state": "bounced", "words": None}]
)
def test_what_did_not_fail_or_has_no_words_left_is_not_sent_again(
    values: dict, staff_browser: Any, put: Callable, database: Database, dump: Callable
) -> None:
    mail_id = put(**values, finished_at=now(), reason="Away")
    assert markup.tree(staff_browser.get(f"/staff/mail/{mail_id}")).xpath("//main//form") == []
    before = dump()["mail"]
    assert staff_browser.submit(f"/staff/mail/{mail_id}/again").status_code == 303
    assert dump()["mail"] == before


def test_an_auditor_looks_and_sends_nothing(as_person: Callable, put: Callable) -> None:
    auditor = as_person(Person.AUDITOR)
    mail_id = put(state="bounced", reason="Away", finished_at=now())
    assert markup.tree(auditor.get(f"/staff/mail/{mail_id}")).xpath("//main//form") == []
    assert auditor.submit(f"/staff/mail/{mail_id}/again").status_code == 403


def test_the_navigation_leads_to_it(staff_browser: Any) -> None:
    assert markup.tree(staff_browser.get("/staff/mail")).xpath('//nav//a[@aria-current="page"]/text()') == ["Mail"]
