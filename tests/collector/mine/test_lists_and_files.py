"""Items of a list and files, changed and taken out after they were sent."""

from collections.abc import Callable
from typing import Any

import markup
import pytest
from sqlmodel import col, select

from collector.database import Database
from collector.intake import drafts, uploads
from collector.intake.models import Passage, Round, Source, SubmissionPartner
from collector.organisations import directory
from collector.organisations.models import Organisation
from forms import answers as forms_answers


@pytest.fixture
def list_page() -> Any:
    from forms import questionnaire

    form = questionnaire.load("keeping-the-promise")
    lists = (step.page for step in form.steps if step.page.listing)
    return next(page for page in lists if any(one.source for one in page.listing.questions))


@pytest.fixture
def listed(send: Callable, list_page: Any, record_findings: Callable) -> Any:
    """A submission that lists two things, read."""
    words = next(one.id for one in list_page.listing.questions if one.source)
    items = [{"id": "one", words: "We will open a hub."}, {"id": "two", words: "We will train carers."}]
    kept = send(**{list_page.listing.id: items})
    record_findings(kept.source_id, {})
    return kept


@pytest.fixture
def words_of(list_page: Any) -> str:
    return next(one.id for one in list_page.listing.questions if one.source)


def standing(database: Database) -> list[tuple[Any, ...]]:
    with database.reading() as session:
        rows = session.exec(
            select(Passage).where(col(Passage.retired_at).is_(None), col(Passage.item_id).is_not(None))
        ).all()
        return sorted((one.item_id, one.item_number, one.text, one.analysed_by) for one in rows)


def test_an_item_is_changed_and_the_others_are_not_read_again(
    listed: Any, browser: Any, database: Database, list_page: Any, words_of: str
) -> None:
    url = f"{listed.url}/answers/{list_page.id}"
    assert "We will train carers." in markup.words(browser.get(url))
    form = browser.get(f"{url}/items/one")
    fields = {words_of: "We will open two hubs.", "_seen": markup.typed(form, "_seen")}
    assert browser.submit(f"{url}/items/one", fields).headers["location"] == url
    assert standing(database) == [
        ("one", 1, "We will open two hubs.", None),
        ("two", 2, "We will train carers.", "test-1"),
    ]
    assert "We will open two hubs." in markup.words(browser.get(f"{listed.url}/answers"))
    assert "We will open a hub." in markup.words(browser.get(f"{listed.url}/history"))


def test_an_item_is_added_once_however_often_it_is_pressed(
    listed: Any, browser: Any, database: Database, list_page: Any, words_of: str
) -> None:
    url = f"{listed.url}/answers/{list_page.id}"
    new = browser.get(f"{url}/add").headers["location"]
    for _ in range(2):
        assert browser.submit(new, {words_of: "We will write it down."}).status_code == 303
    assert sorted(row[2] for row in standing(database)) == [
        "We will open a hub.",
        "We will train carers.",
        "We will write it down.",
    ]


def test_an_item_is_taken_out_and_those_after_it_move_up(
    listed: Any, browser: Any, database: Database, list_page: Any
) -> None:
    url = f"{listed.url}/answers/{list_page.id}"
    assert "It does not count from then on" in browser.get(f"{url}/items/one/remove").text
    assert browser.submit(f"{url}/items/one/remove").status_code == 303
    assert standing(database) == [("two", 1, "We will train carers.", "test-1")]
    assert browser.submit(f"{url}/items/one/remove").status_code == 303  # again


def test_an_item_changed_in_another_window_shows_both(listed: Any, browser: Any, list_page: Any, words_of: str) -> None:
    url = f"{listed.url}/answers/{list_page.id}/items/one"
    seen = markup.typed(browser.get(url), "_seen")
    browser.submit(url, {words_of: "From one window.", "_seen": seen})
    conflict = browser.submit(url, {words_of: "From the other.", "_seen": seen})
    assert conflict.status_code == 409
    assert "From one window." in markup.words(conflict)
    assert markup.typed(conflict, words_of) == "From the other."


def test_an_item_with_nothing_in_it_is_not_kept(listed: Any, browser: Any, list_page: Any, words_of: str) -> None:
    answer = browser.submit(f"{listed.url}/answers/{list_page.id}/items/one", {words_of: " "})
    assert answer.status_code == 422


def test_items_of_another_are_out_of_reach(listed: Any, new_browser: Callable, list_page: Any, dump: Callable) -> None:
    other, before = new_browser(), dump()
    other.get("/")
    url = f"{listed.url}/answers/{list_page.id}/items/one"
    assert [other.get(url).status_code, other.submit(url).status_code] == [404, 404]
    assert other.submit(f"{url}/remove").status_code == 404
    assert dump() == before


@pytest.fixture
def with_file(
    browser: Any, fill_in: Callable, send: Callable, database: Database, open_round: Round, answers: dict
) -> Any:
    """A submission that a file came with, taken apart already."""
    fill_in(browser)
    with database.writing() as session:
        draft = drafts.find(session, browser.cookies["visitor"], open_round)
        kept = uploads.keep(session, "plan.txt", b"kanarienvogel plans.", draft=draft, question_id="documents")
        value = forms_answers.file_value(kept.key, kept.name)
        session.commit()
    mine = send(documents=[value])
    with database.writing() as session:
        source_id = session.exec(select(Source.id).where(col(Source.upload_id).is_not(None))).one()
        uploads.keep_passages(session, source_id, ["kanarienvogel plans."], ["Paragraph 1"], unread="")
        session.commit()
    return mine


def test_what_was_read_in_a_file_stands_under_its_name(with_file: Any, browser: Any) -> None:
    page = markup.words(browser.get(f"{with_file.url}/understood"))
    assert "plan.txt" in page
    assert "kanarienvogel plans." in page


def test_a_file_stays_where_its_box_is_ticked_and_goes_with_all_that_was_read_where_it_is_not(
    with_file: Any, browser: Any, dump: Callable
) -> None:
    url = f"{with_file.url}/answers/documents"
    [ticked] = markup.chosen(browser.get(url), "documents")
    assert browser.submit(url, {"documents": ticked}).headers["location"] == f"{with_file.url}/answers"
    assert len(dump()["upload"]) == 1
    assert browser.submit(url, {"documents": "another report.pdf"}).status_code == 303  # none of theirs: none is kept
    rows = dump()
    assert (rows["upload"], rows["upload_part"]) == ([], [])
    assert "kanarienvogel" not in repr({name: rows[name] for name in rows if name != "submission_change"})


def test_a_file_is_withdrawn_with_the_rest(with_file: Any, browser: Any, dump: Callable) -> None:
    browser.submit(f"{with_file.url}/withdraw", {"sure": "yes"})
    assert "kanarienvogel" not in repr(dump())
    assert "plan.txt" not in repr(dump())


def test_a_partner_that_is_taken_out_has_said_nothing_any_more(
    send: Callable, browser: Any, database: Database
) -> None:
    mine = send(partners=[{"id": "one", "partner-name": "Dunlaw Health Trust"}])
    assert partners(database) == ["Dunlaw Health Trust"]
    url = f"{mine.url}/answers/partners/items/one"
    form = browser.get(url)
    fields = {"partner-name": "Ardnish Carers", "_seen": markup.typed(form, "_seen")}
    assert browser.submit(url, fields).status_code == 303
    assert partners(database) == ["Ardnish Carers"]
    with database.reading() as session:
        assert directory.named(session, "Dunlaw Health Trust") is None


def partners(database: Database) -> list[str]:
    with database.reading() as session:
        ids = session.exec(select(SubmissionPartner.organisation_id)).all()
        return [session.get_one(Organisation, id).name for id in ids]


def test_the_file_that_was_sent_is_given_back_as_it_was_and_only_to_be_kept(with_file: Any, browser: Any) -> None:
    [path] = markup.tree(browser.get(with_file.url)).xpath('//a[contains(@href, "/files/")]/@href')
    file = browser.get(path)
    assert (file.status_code, file.content) == (200, b"kanarienvogel plans.")
    assert file.headers["content-disposition"].startswith("attachment;")
    assert file.headers["x-content-type-options"] == "nosniff"
    assert "no-store" in file.headers["cache-control"]


def test_the_file_of_another_submission_is_out_of_reach(
    with_file: Any, browser: Any, new_browser: Callable, send: Callable
) -> None:
    [path] = markup.tree(browser.get(with_file.url)).xpath('//a[contains(@href, "/files/")]/@href')
    key = path.rpartition("/")[2]
    stranger = new_browser()
    own = send(stranger)
    assert stranger.get(own.url).status_code == 200
    assert {stranger.get(path).status_code, stranger.get(f"{own.url}/files/{key}").status_code} == {404}
    browser.submit(f"{with_file.url}/close")
    assert browser.get(path).status_code == 404
