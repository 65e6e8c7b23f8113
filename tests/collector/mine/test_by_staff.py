"""Answers corrected by staff for their respondent: with a reason, told by name, and never over a change unseen."""

from collections.abc import Callable
from typing import Any

import markup
import pytest
from sqlmodel import col, select

from collector.database import Database
from collector.intake import given
from collector.intake.models import Job, ListedItem, Passage, SubmissionChange

WHY = "They rang on 3 March and asked for it"


@pytest.fixture
def url(mine: Any) -> str:
    return f"/staff/sources/{mine.source_id}/answers"


def fields(staff_browser: Any, url: str, **typed: str) -> dict[str, str]:
    """What the form knew, and what is typed into it."""
    tree = markup.tree(staff_browser.get(url))
    hidden = {one.get("name"): one.get("value") for one in tree.xpath('//main//input[@type="hidden"]')}
    return {name: value for name, value in hidden.items() if name != "_csrf"} | typed


def answer_of(database: Database, question_id: str) -> Any:
    with database.reading() as session:
        return session.exec(select(given.to(question_id))).first()


def test_a_reviewer_comes_from_the_source_to_a_form_that_holds_the_answer(
    mine: Any, url: str, staff_browser: Any, answers: dict
) -> None:
    source = staff_browser.get(f"/staff/sources/{mine.source_id}")
    assert url in markup.tree(source).xpath("//a/@href")
    page = staff_browser.get(url)
    assert f"{url}/planning-doing" in markup.tree(page).xpath("//a/@href")
    form = staff_browser.get(f"{url}/planning-doing")
    assert answers["planning.doing"] in markup.typed(form, "planning.doing")


def test_it_is_kept_read_again_and_told_with_name_and_reason_to_both(
    mine: Any, url: str, staff_browser: Any, browser: Any, database: Database
) -> None:
    page = f"{url}/planning-barriers"
    typed = {"planning.barriers": "Nobody funds the post after May.", "_why": WHY}
    saved = staff_browser.submit(page, fields(staff_browser, page, **typed))
    assert (saved.status_code, saved.headers["location"]) == (303, f"{url}?saved=yes")
    assert answer_of(database, "planning.barriers") == "Nobody funds the post after May."
    with database.reading() as session:
        change = session.exec(select(SubmissionChange).where(SubmissionChange.question_id != "")).one()
        assert (change.reason, change.staff_id is not None) == (WHY, True)
        assert "waiting" in session.exec(select(Job.state).where(Job.source_id == mine.source_id)).all()
    for history in (browser.get(f"{mine.url}/history"), staff_browser.get(f"/staff/sources/{mine.source_id}")):
        words = " ".join(markup.words(history).split())
        assert WHY in words
        assert "changed the answer to “What is getting in the way?”" in words
        assert "You changed" not in words


def test_without_a_reason_nothing_is_changed(mine: Any, url: str, staff_browser: Any, dump: Callable) -> None:
    page = f"{url}/planning-barriers"
    before = dump()
    for why in ("", "  "):
        answer = staff_browser.submit(page, fields(staff_browser, page, **{"planning.barriers": "Other.", "_why": why}))
        assert answer.status_code == 422
        assert markup.problems(answer) == {"#_why": "Say why you change it, such as who asked for it and when"}
        assert markup.typed(answer, "planning.barriers").strip() == "Other."
    assert dump() == before


@pytest.mark.parametrize("permission", ["do-not-publish", "with-name"])
def test_permission_is_made_stricter_or_looser_with_a_reason_alone(
    permission: str, mine: Any, url: str, staff_browser: Any, browser: Any, database: Database
) -> None:
    page = f"{url}/permission"
    assert staff_browser.submit(page, fields(staff_browser, page, permission=permission)).status_code == 422
    assert staff_browser.submit(page, fields(staff_browser, page, permission=permission, _why=WHY)).status_code == 303
    assert answer_of(database, "permission") == permission
    assert WHY in markup.words(browser.get(f"{mine.url}/history"))


def test_what_its_respondent_changed_meanwhile_is_shown_and_not_written_over(
    mine: Any, url: str, staff_browser: Any, browser: Any, database: Database
) -> None:
    page = f"{url}/planning-barriers"
    opened = fields(staff_browser, page, **{"planning.barriers": "From the letter.", "_why": WHY})
    own = f"{mine.url}/answers/planning-barriers"
    typed = {"planning.barriers": "My own words.", "_seen": markup.typed(browser.get(own), "_seen")}
    assert browser.submit(own, typed).status_code == 303
    answer = staff_browser.submit(page, opened)
    assert answer.status_code == 409
    assert "My own words." in markup.words(answer)
    assert markup.typed(answer, "planning.barriers").strip() == "From the letter."
    assert answer_of(database, "planning.barriers") == "My own words."


def test_nothing_is_there_to_correct_of_a_file_a_document_or_what_was_withdrawn(
    mine: Any, url: str, staff_browser: Any, browser: Any
) -> None:
    assert staff_browser.get("/staff/sources/999999/answers").status_code == 404
    assert staff_browser.get(f"{url}/no-such-page").status_code == 404
    browser.submit(f"{mine.url}/withdraw", {"sure": "yes"})
    assert staff_browser.get(url).status_code == 404
    assert staff_browser.submit(f"{url}/permission", {"permission": "with-name", "_why": WHY}).status_code == 404


@pytest.fixture
def listing(send: Callable) -> Any:
    """A submission with two commitments."""
    return send(commitments=[{"id": id, "commitment": f"We will open {id}."} for id in ("a1", "b2")])


def commitments(database: Database) -> list[str]:
    return [one["commitment"] for one in answer_of(database, "commitments") or []]


def test_an_item_of_a_list_is_corrected_added_and_taken_out_with_a_reason_that_both_can_read(
    listing: Any, staff_browser: Any, browser: Any, database: Database
) -> None:
    url = f"/staff/sources/{listing.source_id}/answers"
    assert f"{url}/commitments" in markup.tree(staff_browser.get(url)).xpath("//a/@href")
    page = staff_browser.get(f"{url}/commitments")
    assert "We will open a1." in markup.words(page)
    assert "You have added" not in markup.words(page)
    item = f"{url}/commitments/items/a1"
    assert item in markup.tree(page).xpath("//a/@href")
    assert markup.typed(staff_browser.get(item), "commitment").strip() == "We will open a1."
    added = staff_browser.get(f"{url}/commitments/add").headers["location"]
    removal = f"{url}/commitments/items/b2/remove"
    for at, typed in (
        (item, {"commitment": "We will open on Sundays.", "_why": "Keyed wrong"}),
        (added, {"commitment": "We will hire a worker.", "_why": "They rang"}),
        (removal, {"_why": "Said twice"}),
    ):
        kept = staff_browser.submit(at, fields(staff_browser, at, **typed))
        assert (kept.status_code, kept.headers["location"]) == (303, f"{url}/commitments")
    assert commitments(database) == ["We will open on Sundays.", "We will hire a worker."]
    with database.reading() as session:
        told = select(SubmissionChange).where(SubmissionChange.question_id == "commitments")
        changes = session.exec(told.order_by(SubmissionChange.id)).all()
        assert [one.reason for one in changes] == ["Keyed wrong", "They rang", "Said twice"]
        assert all(one.staff_id for one in changes)
        assert [len(one.after) for one in changes] == [2, 3, 2]
        rows = session.exec(select(ListedItem.item_id).where(ListedItem.submission_id == listing.submission_id)).all()
        assert len(rows) == 2
        assert "b2" not in rows
        stands = select(Passage.text).where(Passage.list_id == "commitments", col(Passage.retired_at).is_(None))
        assert session.exec(stands.order_by(Passage.position)).all() == commitments_of(changes[-1])
        assert "waiting" in session.exec(select(Job.state).where(Job.source_id == listing.source_id)).all()
    for history in (browser.get(f"{listing.url}/history"), staff_browser.get(f"/staff/sources/{listing.source_id}")):
        words = markup.words(history)
        assert all(why in words for why in ("Keyed wrong", "They rang", "Said twice"))


def commitments_of(change: SubmissionChange) -> list[str]:
    return [one["commitment"] for one in change.after]


@pytest.mark.parametrize("at", ["items/a1", "items/a1/remove", "items/fresh?new=1"])
def test_without_a_reason_no_item_is_changed(at: str, listing: Any, staff_browser: Any, dump: Callable) -> None:
    page = f"/staff/sources/{listing.source_id}/answers/commitments/{at}"
    before = dump()
    answer = staff_browser.submit(page, fields(staff_browser, page, commitment="Other.", _why=" "))
    assert answer.status_code == 422
    assert markup.problems(answer) == {"#_why": "Say why you change it, such as who asked for it and when"}
    assert dump() == before


def test_an_item_that_its_respondent_changed_or_took_out_meanwhile_is_not_written_over(
    listing: Any, staff_browser: Any, browser: Any, database: Database
) -> None:
    page = f"/staff/sources/{listing.source_id}/answers/commitments/items/a1"
    opened = fields(staff_browser, page, commitment="We will open late.", _why=WHY)
    theirs = f"{listing.url}/answers/commitments/items/a1"
    browser.submit(theirs, fields(browser, theirs, commitment="We will open early."))
    met = staff_browser.submit(page, opened)
    assert met.status_code == 409
    for words in ("We will open early.", "We will open late."):
        assert words in met.text
    assert markup.typed(met, "_why") == WHY
    assert commitments(database) == ["We will open early.", "We will open b2."]
    browser.submit(f"{theirs}/remove")
    assert staff_browser.submit(page, opened).status_code == 409
    assert commitments(database) == ["We will open b2."]


def test_an_item_that_its_respondent_changed_meanwhile_is_shown_before_it_is_taken_out(
    listing: Any, staff_browser: Any, browser: Any, database: Database
) -> None:
    page = f"/staff/sources/{listing.source_id}/answers/commitments/items/a1/remove"
    opened = fields(staff_browser, page, _why=WHY)
    theirs = f"{listing.url}/answers/commitments/items/a1"
    browser.submit(theirs, fields(browser, theirs, commitment="We will open early."))
    met = staff_browser.submit(page, opened)
    assert met.status_code == 409
    assert "We will open early." in markup.words(met)
    assert markup.typed(met, "_why") == WHY
    assert commitments(database) == ["We will open early.", "We will open b2."]
    again = {one.get("name"): one.get("value") for one in markup.tree(met).xpath("//main//form//input")}
    assert staff_browser.submit(page, again).status_code == 303
    assert staff_browser.submit(page, again).headers["location"] == page.rsplit("/items", 1)[0]  # pressed twice
    assert commitments(database) == ["We will open b2."]


def test_no_list_is_opened_of_a_page_that_has_none_or_of_a_source_without_answers(
    listing: Any, staff_browser: Any
) -> None:
    for url in (f"/staff/sources/{listing.source_id}/answers/permission", "/staff/sources/999/answers/commitments"):
        for path in ("add", "items/a1", "items/a1/remove"):
            assert staff_browser.get(f"{url}/{path}").status_code == 404


def test_an_answer_to_what_is_asked_no_more_is_given_back(
    mine: Any, url: str, staff_browser: Any, browser: Any, database: Database
) -> None:
    page = f"{url}/planning-barriers"
    opened = fields(staff_browser, page, **{"planning.barriers": "Late words.", "_why": WHY})
    areas = f"{url}/priority-areas"
    moved = fields(staff_browser, areas, **{"priority-areas": "good-childhood", "_why": WHY})
    asked = staff_browser.submit(areas, moved | {"good-childhood.doing": "We play."})
    [gone] = markup.tree(asked).xpath('//input[@name="_taken_out"]/@value')
    again = {"good-childhood.doing": "We play.", "_taken_out": gone}
    assert staff_browser.submit(areas, moved | again).status_code == 303
    answer = staff_browser.submit(page, opened)
    assert answer.status_code == 410
    assert "Late words." in markup.words(answer)
    assert url in markup.tree(answer).xpath("//a/@href")
    assert answer_of(database, "planning.barriers") is None
