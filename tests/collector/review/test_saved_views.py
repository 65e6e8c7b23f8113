"""Saved views: a part of the queue under a name, for oneself or for all."""

from collections.abc import Callable
from typing import Any

import markup
import pytest

from collector.database import Database
from collector.review import views
from collector.review.queue import Wanted

QUEUE = "/staff/review"
FIFE = {"query": "area=fife&assigned=me", "name": "  My   Fife "}


def names(browser: Any) -> list[str]:
    return [one.text_content() for one in markup.tree(browser.get(QUEUE)).xpath('//*[@class="fl_views"]//a')]


@pytest.fixture
def auditor(new_browser: Callable, sign_in: Callable) -> Any:
    browser = new_browser()
    sign_in(browser, "auditor")
    return browser


def test_a_view_is_kept_and_leads_to_its_part_of_the_queue(staff_browser: Any, auditor: Any) -> None:
    answer = staff_browser.submit(f"{QUEUE}/views", FIFE)
    assert answer.headers["location"] == f"{QUEUE}?area=fife&assigned=me"
    assert names(staff_browser) == ["My Fife"]
    [url] = markup.tree(staff_browser.get(QUEUE)).xpath('//*[@class="fl_views"]//a/@href')
    assert url == f"{QUEUE}?area=fife&assigned=me"
    assert names(auditor) == []


def test_a_shared_view_is_there_for_colleagues_too(staff_browser: Any, auditor: Any) -> None:
    staff_browser.submit(f"{QUEUE}/views", {**FIFE, "shared": "yes"})
    assert names(auditor) == ["My Fife"]
    assert "The reviewer" in markup.words(auditor.get(QUEUE))


def test_a_view_is_renamed_shared_and_deleted_by_who_saved_it_alone(
    staff_browser: Any, auditor: Any, database: Database, sign_in: Callable, new_browser: Callable
) -> None:
    staff_browser.submit(f"{QUEUE}/views", FIFE)
    staff_browser.submit(f"{QUEUE}/views/1", {"name": "Fife", "shared": "yes"})
    assert names(auditor) == ["Fife"]
    theirs = sign_in(new_browser(), "auditor")
    with database.writing() as session:
        other = views.save(session, Wanted(), name="Another’s", shared=True, staff_id=theirs).id
        session.commit()
    for url in (f"{QUEUE}/views/{other}", f"{QUEUE}/views/{other}/delete"):
        assert staff_browser.submit(url, {"name": "Mine now"}).status_code == 404
    staff_browser.submit(f"{QUEUE}/views/1/delete")
    assert names(staff_browser) == ["Another’s"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (" ", "Give the view a name"),
        ("x" * 65, "Shorten the name by 5 characters"),
        ("My Fife", "You have a view of this name. Choose another name"),
        ("a\x00b", "The name has a character that cannot be kept. Type it again"),
    ],
)
def test_a_name_that_will_not_do_is_told_at_its_field(name: str, said: str, staff_browser: Any) -> None:
    staff_browser.submit(f"{QUEUE}/views", FIFE)
    answer = staff_browser.submit(f"{QUEUE}/views", {"query": "area=moray", "name": name})
    assert markup.problems(answer) == {"#view-name": said}
    staff_browser.submit(f"{QUEUE}/views", {"query": "", "name": "Second"})
    assert list(markup.problems(staff_browser.submit(f"{QUEUE}/views/2", {"name": name})).values()) == [said]


def test_nobody_saves_more_views_than_can_be_looked_through(
    staff_browser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "MOST", 2)
    for name in ("One", "Two"):
        staff_browser.submit(f"{QUEUE}/views", {**FIFE, "name": name})
    answer = staff_browser.submit(f"{QUEUE}/views", {**FIFE, "name": "Three"})
    assert "which is the most" in next(iter(markup.problems(answer).values()))
    assert names(staff_browser) == ["One", "Two"]


def test_what_is_saved_is_what_can_be_read_of_an_address(staff_browser: Any, dump: Callable) -> None:
    staff_browser.submit(f"{QUEUE}/views", {"query": "area=atlantis&state=decided&x=words", "name": "Odd"})
    assert dump()["saved_view"][0][3] == "state=decided"
