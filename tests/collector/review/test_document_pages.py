"""The page on which staff give a document its date."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import markup
import pytest
from sqlmodel import select

from collector import dates
from collector.database import Database
from collector.findings.profile_models import ProfileChange
from collector.intake import documents, rounds
from collector.intake.models import Job, Source
from collector.organisations import directory

PUBLISHED = {"published-on": ["25", "June", "2021"]}


@pytest.fixture
def plan_id(database: Database) -> int:
    with database.writing() as session:
        who = directory.find_or_add(session, name="Loch Trust", kind="third_sector", areas=["fife"])
        documents.keep(session, title="A plan", content_hash="h", paragraphs=["We plan."], organisation_id=who)
    with database.reading() as session:
        return session.exec(select(Source.id)).one()


def words(browser: Any, address: str) -> str:
    return " ".join(markup.words(browser.get(address)).split())


def test_staff_give_a_document_its_date_and_correct_it(plan_id: int, database: Database, staff_browser: Any) -> None:
    page, today = f"/staff/sources/{plan_id}", dates.in_words(rounds.local_date())
    assert "Date of the document not known" in words(staff_browser, page)
    assert f"added {today}, date of the document not known" in words(staff_browser, "/staff/organisations/1")
    [url] = markup.tree(staff_browser.get(page)).xpath('//a[contains(., "the date of the document")]/@href')
    with database.writing() as session:
        for one in session.exec(select(ProfileChange)).all():
            session.delete(one)
        session.exec(select(Job)).one().state = "done"
        session.commit()
    assert staff_browser.submit(url, PUBLISHED).headers["location"] == page
    with database.reading() as session:
        source = session.get_one(Source, plan_id)
        waiting = session.exec(select(Job.source_id).where(Job.state == "waiting")).all()
        noted = session.exec(select(ProfileChange.organisation_id)).all()
    assert documents.date_of(source) == date(2021, 6, 25)
    assert (waiting, set(noted)) == ([plan_id], {source.organisation_id})
    assert "Published25 June 2021" in words(staff_browser, page)
    assert f"published 25 June 2021, added {today}" in words(staff_browser, "/staff/organisations/1")
    assert f"published; added {today}" in words(staff_browser, "/staff/sources")
    form = markup.tree(staff_browser.get(url))
    assert form.xpath('//input[@name="published-on"]/@value') == ["25", "6", "2021"]
    staff_browser.submit(url, {"published-on": ["", "", ""]})
    assert "Date of the document not known" in words(staff_browser, page)


def test_a_date_in_the_future_comes_back_with_what_to_do(plan_id: int, dump: Callable, staff_browser: Any) -> None:
    tomorrow = rounds.local_date() + timedelta(days=1)
    typed = [str(tomorrow.day), str(tomorrow.month), str(tomorrow.year)]
    url, before = f"/staff/documents/{plan_id}/date", dump()["source"]
    answer = staff_browser.submit(url, {"published-on": typed})
    assert answer.status_code == 422
    assert f"Enter a date that is {dates.in_words(rounds.local_date())} or earlier" in markup.words(answer)
    assert markup.tree(answer).xpath('//input[@name="published-on"]/@value') == typed
    assert dump()["source"] == before


def test_answers_have_no_date_to_be_given(analysed: Callable, database: Database, staff_browser: Any) -> None:
    source_id = analysed().source_id
    url = f"/staff/documents/{source_id}/date"
    assert staff_browser.get(url).status_code == staff_browser.submit(url, PUBLISHED).status_code == 404
    page = staff_browser.get(f"/staff/sources/{source_id}").text
    assert "Received" in page
    assert "/staff/documents/" not in page


def test_who_only_looks_is_offered_no_form(plan_id: int, browser: Any, sign_in: Callable) -> None:
    sign_in(browser, "auditor")
    page = browser.get(f"/staff/sources/{plan_id}").text
    assert "Date of the document not known" in page
    assert "/staff/documents/" not in page
