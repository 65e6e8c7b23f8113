"""What was taken from somebody's words, said to them; and what they say to it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import markup
import pytest
import sqlalchemy as sa

from collector.database import Database
from collector.findings.models import Reply, Statement
from collector.frameworks import plan
from collector.intake.models import Job, Passage
from collector.mine.understood import ABOUT, READ_AS


def words(answer: Any, selector: str = "//main") -> str:
    return " ".join(markup.words(answer, selector).split())


def statement_ids(database: Database) -> list[int]:
    with database.reading() as session:
        return list(session.exec(sa.select(Statement.id).order_by(Statement.id)).scalars())


def point(answer: Any, statement_id: int) -> str:
    return words(answer, f'//article[@id="statement-{statement_id}"]')


def test_each_statement_stands_under_its_question_with_its_labels_in_words(
    mine: Any, browser: Any, database: Database
) -> None:
    page = browser.get(f"{mine.url}/understood")
    first, second, third = statement_ids(database)
    assert "We read this as work that is going on, or has been done." in point(page, first)
    assert "Action in the plan: Planning." in point(page, first)
    assert "Principle it speaks to: What Matters" in point(page, first)
    assert "We read this as something that gets in the way." in point(page, third)
    assert "What is in the way: Funding." in point(page, third)
    assert "Part of the plan: Planning, because you wrote it there." in point(page, third)
    assert "What is getting in the way?" in words(page, "//h2")
    for raw in ("support-needed", "barrier_themes", "suggested", "what-matters"):
        assert raw not in words(page)


def test_in_gaelic_the_question_the_plan_and_the_words_between_are_gaelic(
    mine: Any, browser: Any, database: Database
) -> None:
    browser.get("/?language=gd")
    page = browser.get(f"{mine.url}/understood")
    first, _, third = statement_ids(database)
    assert "Planadh" in point(page, first)
    assert "Planning" not in words(page, "//main")
    assert "What is getting in the way?" not in words(page, "//h2")
    assert "Maoineachadh" in point(page, third)
    assert "Funding" not in words(page, "//main")


def test_a_statement_that_nobody_labelled_is_shown_all_the_same(
    send: Callable, browser: Any, database: Database, record_findings: Callable
) -> None:
    text = "Something else altogether."
    kept = send(**{"planning.doing": f"Before it. {text} After it."})
    record_findings(kept.source_id, {1: {text: {}}})
    with database.writing() as session:
        session.exec(sa.update(Passage).values(concern=None))
        session.commit()
    page = browser.get(f"{kept.url}/understood")
    assert words(page, '//section[contains(@class, "fl_took")][1]').startswith(
        "What are you doing now to keep the promise? Before it. Something else altogether."
    )
    assert "After it." in words(page)


def test_what_a_person_confirmed_says_so_and_what_they_rejected_is_gone(
    mine: Any, browser: Any, staff_browser: Any, database: Database
) -> None:
    first = statement_ids(database)[0]
    assert "Checked by a person" not in words(browser.get(f"{mine.url}/understood"))
    for label, family, verdict in (("activity", "kinds", "accept"), ("what-matters", "fundamentals", "reject")):
        staff_browser.submit(
            f"/staff/statements/{first}/decisions", {"family": family, "label": label, "verdict": verdict}
        )
    page = browser.get(f"{mine.url}/understood")
    assert "has been done. ✓ Checked by a person" in point(page, first)
    assert "What Matters" not in point(page, first)


@pytest.mark.parametrize("state", ["waiting", "running", "set-aside"])
def test_before_it_is_read_the_page_says_what_will_stand_there(
    state: str, send: Callable, browser: Any, database: Database
) -> None:
    kept = send()
    with database.writing() as session:
        session.exec(sa.update(Job).values(state=state))
        session.commit()
    page = words(browser.get(f"{kept.url}/understood"))
    assert "What we take from it will stand here." in page
    assert ("could not read all" if state == "set-aside" else "still reading") in page


def test_answers_without_words_of_ones_own_say_so(
    send: Callable, browser: Any, record_findings: Callable, database: Database
) -> None:
    kept = send()
    with database.writing() as session:
        session.exec(sa.delete(Passage))
        session.commit()
    assert "Nothing to show here" in words(browser.get(f"{kept.url}/understood"))


def test_every_kind_and_family_of_the_plan_has_words() -> None:
    assert set(READ_AS) == set(plan.by_id("kinds"))
    assert {"kinds", *ABOUT} == set(plan.FAMILY_WORDS)


# -- Replies ----------------------------------------------------------------------------------------


def test_a_reply_reaches_staff_on_the_source_the_statement_and_the_list(
    mine: Any, browser: Any, staff_browser: Any, database: Database
) -> None:
    first = statement_ids(database)[0]
    said = "Not a meeting <i>we</i> hold:\nthe parents do."
    answer = browser.submit(f"{mine.url}/understood/{first}", {"agrees": "no", "text": said})
    assert answer.headers["location"] == f"{mine.url}/understood#statement-{first}"
    assert "You told us on" in point(browser.get(f"{mine.url}/understood"), first)
    assert "1 reply" in words(staff_browser.get("/staff/sources"))
    for url in (f"/staff/sources/{mine.source_id}", f"/staff/statements/{first}"):
        page = words(staff_browser.get(url))
        assert "Not a meeting <i>we</i> hold: the parents do." in page
        assert "not quite" in page.casefold()


def test_yes_is_one_press_and_a_second_press_adds_nothing(mine: Any, browser: Any, dump: Callable, database: Database):
    first = statement_ids(database)[0]
    for _ in range(2):
        assert browser.submit(f"{mine.url}/understood/{first}", {"agrees": "yes"}).status_code == 303
    assert len(dump()["reply"]) == 1
    assert "yes, this is right." in point(browser.get(f"{mine.url}/understood"), first)


def test_the_same_reply_pressed_at_once_is_kept_once(mine: Any, browser: Any, dump: Callable) -> None:
    token = browser.form_token()
    with ThreadPoolExecutor(4) as pool:
        sent = [pool.submit(browser.post, f"{mine.url}/reply", data={"_csrf": token, "agrees": "yes"}) for _ in "1234"]
    assert {one.result().status_code for one in sent} == {303}
    assert len(dump()["reply"]) == 1


def test_who_thinks_again_replies_again_and_both_are_kept(mine: Any, browser: Any, dump: Callable) -> None:
    browser.submit(f"{mine.url}/reply", {"agrees": "yes"})
    browser.submit(f"{mine.url}/reply", {"agrees": "no", "text": "The money is missing."})
    assert len(dump()["reply"]) == 2
    form = browser.get(f"{mine.url}/reply")
    assert markup.typed(form, "text") == "The money is missing."
    assert markup.chosen(form, "agrees") == ["no"]
    assert words(browser.get(f"{mine.url}/history")).count("replied about all of it") == 2


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"text": "words without a choice"}, "Choose “Yes” or “Not quite”"),
        ({"agrees": "maybe", "text": "words"}, "Choose “Yes” or “Not quite”"),
        ({"agrees": "no", "text": "x" * 5001}, "Shorten this by 1 character: it"),
        ({"agrees": "no", "text": "bell \x07"}, "a character that cannot be kept"),
    ],
)
def test_a_reply_with_a_problem_comes_back_with_what_was_typed(
    fields: dict, problem: str, mine: Any, browser: Any, dump: Callable
) -> None:
    answer = browser.submit(f"{mine.url}/reply", fields)
    assert answer.status_code == 422
    assert markup.words(answer, "//title").startswith("Error: ")
    assert any(problem in line for line in markup.problems(answer).values())
    assert "words" in fields["text"] or fields["text"][:4] in markup.typed(answer, "text")
    assert dump()["reply"] == []


def test_a_statement_of_another_submission_is_not_replied_to(
    mine: Any, send: Callable, new_browser: Callable, browser: Any, dump: Callable, database: Database
) -> None:
    other = new_browser()
    theirs = send(other)
    first = statement_ids(database)[0]
    assert other.get(f"{theirs.url}/understood/{first}").status_code == 404
    answer = other.submit(f"{theirs.url}/understood/{first}", {"agrees": "no", "text": "mine"})
    assert answer.status_code == 409
    assert "family meeting" not in answer.text
    assert dump()["reply"] == []


def test_a_reply_to_words_that_were_changed_since_is_not_lost(
    mine: Any, browser: Any, database: Database, dump: Callable
) -> None:
    first = statement_ids(database)[0]
    browser.submit(f"{mine.url}/answers/planning-doing", {"planning.doing": "We do other things."})
    answer = browser.submit(f"{mine.url}/understood/{first}", {"agrees": "no", "text": "That is not it."})
    assert answer.status_code == 409
    assert markup.typed(answer, "text") == "That is not it."
    [action] = markup.tree(answer).xpath("//form[.//textarea]/@action")
    assert browser.submit(action, {"agrees": "no", "text": "That is not it."}).status_code == 303
    with database.reading() as session:
        assert session.exec(sa.select(Reply.statement_id, Reply.text)).all() == [(None, "That is not it.")]
