"""Whose work passages are, how far each has come, and what colleagues ask of one."""

from collections.abc import Callable
from typing import Any

import markup
import pytest

from collector.accounts import staff
from collector.database import Database
from collector.review import acts, steps

WORK = "/staff/review/work"


@pytest.fixture
def kirsty(database: Database) -> int:
    with database.writing() as session:
        id = staff.add(session, email="kirsty@example.org", name="Kirsty", role="reviewer").id
        session.commit()
    return id


def table(browser: Any) -> list[list[str]]:
    rows = markup.tree(browser.get(WORK)).xpath("//tbody/tr")
    return [[" ".join(cell.text_content().split()).split(" decided,")[0] for cell in row.xpath("td")] for row in rows]


def test_each_has_what_was_given_decided_and_is_left_and_oneself_comes_first(
    analysed: Callable, staff_browser: Any, sign_in: Callable, database: Database, kirsty: int
) -> None:
    passages = [id for key in "abc" for id in analysed(key).passage_ids]
    me = sign_in(staff_browser, "reviewer")
    with database.writing() as session:
        steps.assign(session, passages[:3], to=me, staff_id=kirsty)
        steps.assign(session, passages[3:5], to=kirsty, staff_id=me)
        steps.finish(session, passages[0], staff_id=me)
        steps.finish(session, passages[5], staff_id=me)
        steps.move(session, passages[1], "set-aside", staff_id=me, reason="Sent twice")
        session.commit()
    mine, hers = table(staff_browser)
    assert mine[0] == "The reviewer (you)"
    assert mine[1:7] == ["3", "1", "1 set aside, The reviewer", "1", "2", "2"]
    assert mine[8].startswith("23 ") or mine[8] != "Not yet"
    assert hers == ["Kirsty", "2", "0", "0", "2", "0", "0", "0", "Not yet"]
    days = markup.words(staff_browser.get(WORK), '//*[@class="fl_days"]//div')
    assert days.split()[:2] == ["Today", "2"] or "Today2" in days


def test_what_was_undone_was_not_decided(
    analysed: Callable, staff_browser: Any, sign_in: Callable, database: Database
) -> None:
    me = sign_in(staff_browser, "reviewer")
    one = analysed().passage_ids[0]
    with database.writing() as session:
        acts.undo(session, steps.finish(session, one, staff_id=me).id, staff_id=me)
        session.commit()
    assert table(staff_browser)[0][5:] == ["0", "0", "0", "Not yet"]


def test_a_question_is_listed_for_who_is_asked_until_it_is_answered(
    analysed: Callable, staff_browser: Any, sign_in: Callable, database: Database, kirsty: int
) -> None:
    me, passage = sign_in(staff_browser, "reviewer"), analysed().passage_ids[0]
    with database.writing() as session:
        asked = steps.note(session, passage, kind="question", text="Is this a need?", staff_id=kirsty, to=me)
        steps.note(session, passage, kind="question", text="Of another", staff_id=me, to=kirsty)
        session.commit()
        question = asked.id
    page = markup.tree(staff_browser.get(WORK))
    assert page.xpath('//*[@class="fl_asked-of"]//a/text()') == ["Is this a need?"]
    assert page.xpath('//*[@class="fl_asked-of"]//a/@href') == [f"/staff/review/{passage}"]
    assert "1 question without an answer" in markup.words(staff_browser.get("/staff/review"))
    with database.writing() as session:
        answer = steps.note(session, passage, kind="answer", text="Yes", staff_id=me, answers=question)
        session.commit()
        act = answer.act_id
    assert "No question waits for you" in markup.words(staff_browser.get(WORK))
    with database.writing() as session:
        acts.undo(session, act, staff_id=me)
        session.commit()
    assert "Is this a need?" in markup.words(staff_browser.get(WORK))


def test_an_auditor_sees_how_far_work_is_and_gives_none_out(as_person: Callable, kirsty: int) -> None:
    page = as_person("auditor").get(WORK)
    assert page.status_code == 200
    assert "Kirsty" in markup.words(page)
    assert "Give out work" not in markup.words(page)
