"""One decision on many passages: counted first, done to what was counted, told, and undone as one."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import markup
import pytest
import sqlalchemy as sa

from collector.accounts import staff
from collector.database import Database, now
from collector.findings.models import BlindItem, BulkList, ReviewItem, StandingLabel
from collector.review import acts, bulk, decisions, steps
from collector.review.queue import Wanted

QUEUE = "/staff/review"
ALL = {"query": "", "which": "all"}


@pytest.fixture
def sent(analysed: Callable) -> list[int]:
    """Six passages, two of each submission."""
    return [id for key in "abc" for id in analysed(key).passage_ids]


@pytest.fixture
def count(staff_browser: Any) -> Callable[..., str]:
    """Chooses passages for one decision; returns the address of what was counted."""

    def choose(what: str, **fields: Any) -> str:
        answer = staff_browser.submit(f"{QUEUE}/bulk", {**ALL, "what": what, **fields})
        assert answer.status_code == 303, markup.problems(answer)
        return answer.headers["location"]

    return choose


@pytest.fixture
def states(database: Database) -> Callable[[], dict[int, str]]:
    def read() -> dict[int, str]:
        with database.reading() as session:
            return dict(session.exec(sa.select(ReviewItem.passage_id, ReviewItem.state)).all())

    return read


@pytest.fixture
def colleague(database: Database) -> int:
    with database.writing() as session:
        id = staff.add(session, email="colleague@example.org", name="Kirsty", role="reviewer").id
        session.commit()
    return id


def told(browser: Any, url: str) -> str:
    return " ".join(markup.words(browser.get(url)).split())


def test_what_will_happen_to_how_many_is_said_before_anything_is_done(
    sent: list, count: Callable, staff_browser: Any, states: Callable
) -> None:
    page = told(staff_browser, count("finish"))
    assert "6 passages: accept all suggestions and mark as decided" in page
    assert "Mark 6 passages as decided" in page
    assert set(states().values()) == {"suggested"}


def test_it_is_done_told_and_undone_as_one_step_also_after_a_reload(
    sent: list, count: Callable, staff_browser: Any, states: Callable, dump: Callable
) -> None:
    before = dump()["standing_label"]
    url = count("finish")
    assert staff_browser.submit(url).headers["location"] == url
    assert set(states().values()) == {"decided"}
    assert {row[3] for row in dump()["standing_label"]} == {"accepted", "asked"}
    assert "6 passages: all suggestions accepted, and marked as decided" in told(staff_browser, url)
    assert f"{QUEUE}/bulk" in str(markup.tree(staff_browser.get(QUEUE)).xpath('//*[@class="fl_last"]//a/@href'))
    staff_browser.submit(f"{url}/undo")
    assert "Undone" in told(staff_browser, url)
    assert dump()["standing_label"] == before
    assert set(states().values()) == {"suggested"}
    assert len(dump()["act"]) == 1


def test_what_a_colleague_changes_between_the_count_and_the_doing_stays_and_is_counted(
    sent: list,
    count: Callable,
    staff_browser: Any,
    states: Callable,
    database: Database,
    colleague: int,
    dump: Callable,
) -> None:
    url = count("finish")
    with database.writing() as session:
        steps.finish(session, sent[0], staff_id=colleague)  # has left the list
        steps.move(session, sent[1], "second-look", staff_id=colleague, reason="The date")
        statement = steps.standing_in(session, [sent[2]])[0]
        label = {"family": "kinds", "label": "activity", "verdict": "reject"}
        decisions.decide(session, statement_id=statement, why="", staff_id=colleague, **label)
        steps.assign(session, [sent[3]], to=colleague, staff_id=colleague)  # is still in the list, and not as it was
        acts.undo(session, acts.last(session, colleague).id, staff_id=colleague)  # and as it was again
        session.commit()
    assert "4 changed since they were counted" in told(staff_browser, url)
    staff_browser.submit(url)
    page = told(staff_browser, url)
    assert "2 passages: all suggestions accepted" in page
    assert "4 changed since they were counted" in page
    by = {row[6] for row in dump()["decision"] if row[1] == statement}
    assert by == {colleague}
    assert states()[sent[1]] == "second-look"


def test_what_comes_to_the_queue_after_the_count_is_not_done(
    sent: list, count: Callable, analysed: Callable, staff_browser: Any, states: Callable
) -> None:
    url = count("finish")
    later = analysed("later").passage_ids
    staff_browser.submit(url)
    assert {id for id, state in states().items() if state == "suggested"} == set(later)


def test_what_is_coded_blind_or_open_before_a_colleague_is_left_and_said(
    sent: list, count: Callable, staff_browser: Any, database: Database, colleague: int, states: Callable
) -> None:
    with database.writing() as session:
        session.add(BlindItem(passage_id=sent[0], coders=1, chance=0.1))
        session.flush()
        acts.settle(session, sent[:1])
        steps.take(session, sent[1], colleague)
        session.commit()
    url = count("set-aside")
    for page in (
        told(staff_browser, url),
        staff_browser.submit(url, {"reason": "Sent twice"}) and told(staff_browser, url),
    ):
        assert "1 to be coded blind" in page
        assert "1 open before a colleague" in page
    assert sorted(id for id, state in states().items() if state == "suggested") == sent[:2]


def test_a_label_is_accepted_or_rejected_where_it_is_suggested_and_the_others_are_counted(
    sent: list, count: Callable, staff_browser: Any, database: Database
) -> None:
    url = count("reject")
    assert "Choose a label and count" in told(staff_browser, url)
    page = told(staff_browser, f"{url}?label=kinds:barrier")
    assert "3 passages: reject “Barrier” wherever it is suggested" in page
    assert "3 without that label to decide on" in page
    assert list(markup.problems(staff_browser.submit(url)).values()) == ["Choose the label that this is about"]
    staff_browser.submit(url, {"label": "kinds:barrier"})
    with database.reading() as session:
        assert not session.exec(sa.select(StandingLabel).where(StandingLabel.label == "barrier")).all()
    assert "3 passages: rejected" in told(staff_browser, url)


def test_the_label_that_the_queue_is_narrowed_by_is_chosen_already(
    sent: list, count: Callable, staff_browser: Any
) -> None:
    assert "3 passages: accept “Barrier”" in told(staff_browser, count("accept", query="label=kinds%3Abarrier"))


def test_without_a_reason_or_a_person_nothing_is_done_and_what_was_typed_stays(
    sent: list, count: Callable, staff_browser: Any, states: Callable, dump: Callable
) -> None:
    url = count("set-aside")
    assert list(markup.problems(staff_browser.submit(url)).values()) == ["Say why it is set aside"]
    long = staff_browser.submit(url, {"reason": "x" * 1001})
    assert (long.status_code, markup.typed(long, "reason")) == (422, "x" * 1001)
    other = count("assign")
    for to in ("", "999", "me"):
        answer = staff_browser.submit(other, {"to": to})
        assert list(markup.problems(answer).values()) == ["Choose who they are given to"]
    assert dump()["act"] == []


def test_the_first_of_a_view_are_given_to_somebody(
    sent: list, count: Callable, staff_browser: Any, database: Database, colleague: int
) -> None:
    url = count("assign", query="order=age", which="first", number="4")
    staff_browser.submit(url, {"to": str(colleague)})
    with database.reading() as session:
        given = (
            session.exec(sa.select(ReviewItem.passage_id).where(ReviewItem.assigned_to == colleague)).scalars().all()
        )
    assert sorted(given) == sent[:4]
    assert "Given to Kirsty" in told(staff_browser, f"{QUEUE}?assigned={colleague}")


def test_those_that_were_ticked_are_done_as_the_page_showed_them(
    sent: list, staff_browser: Any, count: Callable, database: Database, colleague: int, states: Callable
) -> None:
    boxes = markup.tree(staff_browser.get(f"{QUEUE}?order=age")).xpath('//input[@name="tick"]/@value')
    with database.writing() as session:
        steps.move(session, sent[0], "second-look", staff_id=colleague, reason="The date")
        session.commit()
    url = count("finish", which="ticked", tick=boxes[:2])
    assert "1 changed since they were counted" in told(staff_browser, url)
    staff_browser.submit(url)
    assert [states()[id] for id in sent[:3]] == ["second-look", "decided", "suggested"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"what": "finish", "which": "ticked"}, "Tick the passages that this is about"),
        ({"what": "finish", "which": "ticked", "tick": "x.y"}, "Tick the passages that this is about"),
        ({"what": "", "which": "all"}, "Choose what to do with them"),
        (
            {"what": "finish", "which": "first", "number": "many"},
            "Enter how many of the first this is about, such as 50",
        ),
    ],
)
def test_a_choice_that_makes_no_sense_is_told_on_the_queue(
    fields: dict, said: str, sent: list, staff_browser: Any
) -> None:
    answer = staff_browser.submit(f"{QUEUE}/bulk", fields)
    assert answer.status_code == 422
    assert markup.problems(answer) == {"#what": said}


def test_pressed_many_times_at_once_it_is_done_once(
    sent: list, count: Callable, staff_browser: Any, dump: Callable
) -> None:
    url, token = count("finish"), staff_browser.form_token()
    with ThreadPoolExecutor(4) as pool:
        posts = list(pool.map(lambda _: staff_browser.post(url, data={"_csrf": token}), range(8)))
    assert {post.status_code for post in posts} == {303}
    assert len(dump()["act"]) == 1
    assert len(dump()["step"]) == 6


def test_more_than_are_done_at_once_are_done_in_turns(
    sent: list, count: Callable, staff_browser: Any, monkeypatch: pytest.MonkeyPatch, database: Database, colleague: int
) -> None:
    monkeypatch.setattr(bulk, "MOST", 4)
    url = count("assign", query="order=age")
    assert "There are more than 4" in told(staff_browser, url)
    staff_browser.submit(url, {"to": str(colleague)})
    form = markup.tree(staff_browser.get(url)).xpath('//form[.//input[@name="after"]]')[0]
    fields = {
        one.get("name"): one.get("value") for one in form.xpath(".//input") if not one.get("name").startswith("_")
    }
    rest = count(**fields)
    assert re.search(r"2 passages: give", told(staff_browser, rest))
    staff_browser.submit(rest, {"to": str(colleague)})
    with database.reading() as session:
        assert all(session.exec(sa.select(ReviewItem.assigned_to)).scalars().all())
    assert "more than" not in told(staff_browser, rest)


def test_after_something_else_it_is_not_undone_out_of_turn(
    sent: list, count: Callable, staff_browser: Any, states: Callable, analysed: Callable
) -> None:
    url = count("finish")
    staff_browser.submit(url)
    second = count("in-review", query="state=decided")
    staff_browser.submit(second)
    answer = staff_browser.submit(f"{url}/undo")
    assert list(markup.problems(answer).values()) == ["You have done something since. Undo that first"]
    assert set(states().values()) == {"in-review"}
    staff_browser.submit(f"{second}/undo")
    staff_browser.submit(f"{url}/undo")
    assert set(states().values()) == {"suggested"}


def test_a_list_is_its_counters_own_and_goes_after_a_day(
    sent: list, count: Callable, staff_browser: Any, sign_in: Callable, colleague: int, database: Database
) -> None:
    with database.writing() as session:
        theirs = bulk.gather(session, Wanted(), "finish", staff_id=colleague).id
        session.commit()
    assert staff_browser.get(f"{QUEUE}/bulk/{theirs}").status_code == 404
    assert staff_browser.submit(f"{QUEUE}/bulk/{theirs}").status_code == 404
    old = count("finish")
    with database.writing() as session:
        session.exec(sa.update(BulkList).values(counted_at=now() - timedelta(days=2)))
        session.commit()
    count("finish")
    assert staff_browser.get(old).status_code == 404
    with database.reading() as session:
        assert session.get(BulkList, theirs)


def test_where_nothing_is_left_to_do_nothing_is_offered(
    sent: list, count: Callable, staff_browser: Any, dump: Callable
) -> None:
    page = staff_browser.get(count("finish", query="state=decided"))
    assert "Nothing is left that this could be done to" in markup.words(page)
    assert not markup.tree(page).xpath("//main//button")
