"""Withdrawn: every word is gone, at once, and nothing brings it back."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import markup
import pytest
import sqlalchemy as sa
from sqlmodel import select

from analysis import findings as found
from collector.database import Database
from collector.findings.record import record
from collector.intake.models import Passage, Submission
from collector.privacy.erasure import erase_sample
from collector.queue import Queue
from worker import tasks

SECRET = "kanarienvogel"


@pytest.fixture
def full(send: Callable, browser: Any, record_findings: Callable, staff_browser: Any, answers: dict) -> Any:
    """A submission with all that can hang on it, its words in every place."""
    kept = send(**{"planning.doing": f"{SECRET} one. And two.", "organisation-name": f"{SECRET} Council"})
    record_findings(kept.source_id, {1: {f"{SECRET} one.": {"kinds": ["activity"]}}})
    staff_browser.submit("/staff/statements/1/decisions", {"add": "fundamentals:listening", "why": f"{SECRET} said"})
    browser.submit(f"{kept.receipt_url}/mail", {"email": f"{SECRET}@example.org", "with-answers": "yes"})
    browser.submit(f"{kept.url}/understood/1", {"agrees": "no", "text": f"{SECRET} replied"})
    browser.submit(f"{kept.url}/answers/planning-barriers", {"planning.barriers": f"{SECRET} bars", "_why": SECRET})
    return kept


def withdraw(browser: Any, mine: Any) -> Any:
    return browser.submit(f"{mine.url}/withdraw", {"sure": "yes"})


def test_no_word_of_it_is_left_anywhere(full: Any, browser: Any, staff_browser: Any, dump: Callable) -> None:
    assert SECRET in repr(dump())
    assert withdraw(browser, full).headers["location"] == full.url
    rows = dump()
    assert SECRET not in repr(rows)
    for table in (
        "answers",
        "source",
        "passage",
        "job",
        "statement",
        "finding",
        "decision",
        "reply",
        "organisation",
        "mail",
        "draft",
    ):
        assert rows[table] == [], table
    assert SECRET not in staff_browser.get("/staff/sources").text
    assert SECRET not in staff_browser.get("/staff/organisations").text


def test_what_stays_tells_nothing_even_to_who_guesses_the_answers(full: Any, browser: Any, database: Database) -> None:
    withdraw(browser, full)
    with database.reading() as session:
        stays = session.exec(select(Submission)).one()
    assert (stays.content_hash, stays.organisation_id, stays.permission) == ("", None, "do-not-publish")


def test_it_is_told_plainly_first_and_wants_a_tick(full: Any, browser: Any, dump: Callable) -> None:
    page = browser.get(f"{full.url}/withdraw")
    assert "All your words are deleted at once. Nobody can get them back" in markup.words(page)
    before = dump()
    refused = browser.submit(f"{full.url}/withdraw")
    assert refused.status_code == 422
    assert markup.words(refused, "//title").startswith("Error: ")
    assert markup.problems(refused) == {"#sure": "Tick the box if you want to withdraw what you sent"}
    assert dump() == before


def test_that_it_was_sent_and_withdrawn_is_all_that_stays(full: Any, browser: Any, staff_browser: Any) -> None:
    withdraw(browser, full)
    for page in (browser.get(full.url), browser.get(full.receipt_url)):
        assert page.status_code == 200
        assert "withdrawn" in markup.words(page)
        assert full.reference in markup.words(page)
    found_ = markup.words(staff_browser.get("/staff/sources", params={"search": full.reference}))
    assert f"{full.reference} was withdrawn" in found_
    assert "1 submission was withdrawn" in markup.words(staff_browser.get("/staff/sources"))
    assert staff_browser.get(f"/staff/sources/{full.source_id}").status_code == 404


def test_twice_pressed_and_the_link_opened_again_change_nothing(full: Any, browser: Any, new_browser: Callable) -> None:
    withdraw(browser, full)
    assert withdraw(browser, full).status_code == 303
    other = new_browser()
    other.submit(full.link)
    assert "Your words have been deleted" in markup.words(other.get(full.url))


@pytest.mark.parametrize(
    "part", ["/answers", "/answers/permission", "/understood", "/history", "/answers.docx", "/answers.pdf"]
)
def test_nothing_else_of_it_opens(part: str, full: Any, browser: Any) -> None:
    withdraw(browser, full)
    answer = browser.get(full.url + part)
    assert answer.status_code == 410
    assert "You have withdrawn what you sent" in markup.words(answer)


def test_a_correction_from_another_tab_comes_too_late_and_is_given_back(
    full: Any, browser: Any, dump: Callable
) -> None:
    withdraw(browser, full)
    before = dump()
    answer = browser.submit(f"{full.url}/answers/planning-doing", {"planning.doing": "My other words"})
    assert answer.status_code == 410
    assert "My other words" in markup.words(answer)
    assert dump() == before


def test_a_worker_that_is_reading_it_keeps_nothing(full: Any, browser: Any, database: Database, dump: Callable) -> None:
    with database.reading() as session:
        passage_id = session.exec(select(Passage.id)).first()
    withdraw(browser, full)
    before = dump()
    with database.writing() as session:
        record(session, {passage_id: found.Findings(id="", statements=(found.Statement(0, 3, ()),), model="m")})
        session.commit()
    assert dump() == before


def test_a_decision_made_on_an_open_page_comes_too_late(full: Any, browser: Any, staff_browser: Any) -> None:
    withdraw(browser, full)
    late = staff_browser.submit("/staff/statements/1/decisions", {"add": "kinds:idea"})
    assert late.status_code == 404


def test_what_others_sent_stays_as_it_is(
    full: Any, browser: Any, send: Callable, new_browser: Callable, dump: Callable
) -> None:
    other = new_browser()
    theirs = send(other, **{"organisation-name": f"{SECRET} Council"})  # the same organisation
    withdraw(browser, full)
    assert other.get(f"{theirs.url}/answers").status_code == 200
    rows = dump()
    assert len(rows["organisation"]) == 1
    assert {row[1] for row in rows["organisation_area"]} == {"fife", "highland"}
    assert {row[0] for row in rows["answers"]} == {theirs.submission_id}


def test_a_program_that_sends_it_again_does_not_bring_it_back(
    browser: Any, new_token: Callable, answers: dict, database: Database, staff_browser: Any, dump: Callable
) -> None:
    token = {**new_token("submitter"), "Idempotency-Key": "once"}
    content = {"questionnaire": "keeping-the-promise", "answers": answers}
    sent = browser.post("/api/submissions", json=content, headers=token).json()
    made = staff_browser.submit("/staff/sources/1/own-link")
    link = "/my-submission/" + markup.words(made, '//*[@class="fl_own-link"]').rsplit("/", 1)[1]
    url = browser.submit(link).headers["location"]
    browser.submit(f"{url}/withdraw", {"sure": "yes"})
    before = dump()
    again = browser.post("/api/submissions", json=content, headers=token)
    assert (again.status_code, "withdrawn" in again.json()["detail"]) == (409, True)
    kept = browser.get(f"/api/submissions/{sent['reference']}", headers=token)
    assert (kept.status_code, kept.json()["state"]) == (200, "withdrawn")
    assert dump() == before


def test_who_withdrew_can_answer_again(full: Any, browser: Any, send: Callable) -> None:
    withdraw(browser, full)
    again = send()
    assert again.url != full.url
    assert browser.get(f"{again.url}/answers").status_code == 200


def test_the_sample_round_is_taken_out_with_replies_and_changes(
    full: Any, browser: Any, database: Database, dump: Callable
) -> None:
    with database.writing() as session:
        for table in ("round", "source", "organisation"):
            session.connection().execute(sa.text(f"UPDATE {table} SET sample = true"))
        session.commit()
        assert erase_sample(session) == 1
    assert SECRET not in repr(dump())


def test_no_word_goes_to_the_logs(full: Any, browser: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    browser.submit(f"{full.url}/reply", {"agrees": "no", "text": f"{SECRET} \x07"})
    browser.submit(f"{full.url}/answers/planning-doing", {"planning.doing": f"{SECRET} \x07", "_why": SECRET})
    withdraw(browser, full)
    ours = [record for record in caplog.records if not record.name.startswith("http")]
    assert not any(SECRET in f"{record.getMessage()} {record.args}" for record in ours)


# PostgreSQL takes them off its disk when it vacuums.
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_its_words_are_off_the_disk_with_the_next_sweep(
    full: Any, browser: Any, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "database", lambda: database)
    monkeypatch.setattr(tasks, "queue", lambda: Queue("memory://"))
    path = Path(database.url.removeprefix("sqlite:///"))

    def on_disk() -> int:
        return sum(file.read_bytes().count(SECRET.encode()) for file in path.parent.glob(f"{path.name}*"))

    assert on_disk()
    withdraw(browser, full)
    tasks.sweep()
    assert not on_disk()
    browser.get("/")  # and all works as before
