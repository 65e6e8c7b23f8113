"""What was listed one by one stands in the profile, whole, once, with its date; its statements are not told again."""

from collections.abc import Callable
from datetime import date
from typing import Any

import markup
import pytest
import sqlalchemy as sa
from sqlmodel import select

from collector.database import Database
from collector.intake.models import ListedItem, Submission
from collector.privacy import erasure
from collector.profiles import contents

HUB = {
    "id": "hub",
    "commitment": "We will open a hub. Rent is what stops us.",
    "commitment-action": "planning",
    "commitment-due": "by autumn 2027",
    "commitment-partners": "Kinnaird Housing",
}
LOOSE = {"id": "loose", "commitment": "We will train carers."}
# Passages 1 and 2 are the answers about an area, 3 and 4 the items.
TOLD = {
    1: {"We hold a family meeting before every decision.": {"kinds": ["commitment"], "actions": ["planning"]}},
    3: {
        "We will open a hub.": {"kinds": ["commitment"], "actions": ["planning"]},
        "Rent is what stops us.": {"kinds": ["barrier"], "actions": ["planning"]},
    },
    4: {"We will train carers.": {"kinds": ["commitment"], "actions": ["workforce-support"]}},
}


@pytest.fixture
def kept(analysed: Callable, database: Database) -> Any:
    found = analysed(told=TOLD, commitments=[HUB, LOOSE])
    with database.writing() as session:
        dated = {"due_from": date(2026, 11, 22), "due_to": date(2027, 11, 30), "due_read": True}
        of_hub = sa.update(ListedItem).where(ListedItem.item_id == "hub")
        session.exec(of_hub.values(said_on=date(2026, 11, 22), **dated))
        session.commit()
    return found


def page(browser: Any, kept: Any, rest: str = "") -> Any:
    return browser.get(f"/staff/organisations/{kept.organisation_id}{rest}")


def words_in(answer: Any, area: str, group: str) -> list[str]:
    found = markup.tree(answer).xpath(f'//section[h3/@id="{area}-{group}"]//*[contains(@class, "fl_line__words")]')
    return [one.text_content().strip() for one in found]


def test_an_item_stands_whole_under_its_action_with_its_date_partners_and_source(kept: Any, staff_browser: Any) -> None:
    answer = page(staff_browser, kept)
    assert words_in(answer, "planning", "plans") == [
        HUB["commitment"],
        "We hold a family meeting before every decision.",
    ]
    told = " ".join(markup.words(answer, '//section[h3/@id="planning-plans"]').split())
    assert "by autumn 2027 (read as by 30 November 2027)" in told
    assert "Kinnaird Housing" in told
    assert "Commitment 1 of their list" in told
    links = markup.tree(answer).xpath('//section[h3/@id="planning-plans"]//a[@class="fl_chip"]/@href')
    assert links[0] == f"/staff/sources/{kept.source_id}"


def test_an_item_without_an_action_stands_where_its_words_were_coded_to(kept: Any, staff_browser: Any) -> None:
    assert words_in(page(staff_browser, kept), "supporting-workforce", "plans") == [LOOSE["commitment"]]


def test_an_item_that_was_not_read_yet_and_names_no_action_is_shown_all_the_same(
    receive: Callable, staff_browser: Any
) -> None:
    received = receive(commitments=[LOOSE])
    assert words_in(page(staff_browser, received), "other", "plans") == [LOOSE["commitment"]]


def test_an_item_and_the_statement_of_its_words_count_once(kept: Any, staff_browser: Any) -> None:
    figures = markup.words(page(staff_browser, kept), '//ul[@class="fl_figures"]')
    assert "3 plans stated" in " ".join(figures.split())
    all_of_them = page(staff_browser, kept, "/statements?kind=plans&area=planning")
    assert "We will open a hub." not in markup.words(all_of_them)


def test_what_was_listed_counts_as_decided_under_the_action_that_was_chosen_for_it(
    kept: Any, database: Database
) -> None:
    """Where the machine alone says of what it is, it is not."""
    with database.reading() as session:
        cells = contents.of_organisation(session, kept.organisation_id)["cells"]
    assert cells["kinds"]["commitment"] == [3, 2]
    assert cells["action-kind"]["planning|commitment"][1] == 1
    assert cells["area-kind"]["planning|commitment"] == [2, 1]
    assert cells["action-kind"]["workforce-support|commitment"] == [1, 0]
    assert cells["area-kind"]["supporting-workforce|commitment"] == [1, 0]


def test_what_else_is_said_in_an_item_stands_where_it_belongs(kept: Any, staff_browser: Any) -> None:
    assert words_in(page(staff_browser, kept), "planning", "barriers") == ["Rent is what stops us."]


def test_a_program_gets_the_items_beside_the_statements(kept: Any, browser: Any, new_token: Callable) -> None:
    answer = browser.get(f"/api/organisations/{kept.organisation_id}/profile", headers=new_token("reader"))
    [group] = [
        one for one in answer.json()["groups"] if (one["priority_area"], one["kind"]) == ("planning", "commitment")
    ]
    assert group["total"] == 1
    assert group["listed"] == [
        {
            "text": HUB["commitment"],
            "action": "Planning",
            "due": "by autumn 2027",
            "due_as_read": "by 30 November 2027",
            "with_whom": "Kinnaird Housing",
            "source_id": kept.source_id,
        }
    ]


def test_the_source_tells_beside_the_words_what_the_date_was_read_as(kept: Any, staff_browser: Any) -> None:
    answer = " ".join(markup.words(staff_browser.get(f"/staff/sources/{kept.source_id}")).split())
    assert "by autumn 2027 read as by 30 November 2027" in answer


def test_a_partner_has_the_item_too_marked_as_sent_jointly(
    receive: Callable, staff_browser: Any, database: Database
) -> None:
    receive(commitments=[HUB], partners=[{"id": "p", "partner-name": "Kintra Family Centre"}])
    listing = staff_browser.get("/staff/organisations")
    [url] = markup.tree(listing).xpath('//a[normalize-space()="Kintra Family Centre"]/@href')
    answer = staff_browser.get(url)
    assert words_in(answer, "planning", "plans") == [HUB["commitment"]]
    assert "Sent jointly" in markup.words(answer, '//section[h3/@id="planning-plans"]')


def test_nothing_of_it_is_left_when_it_is_withdrawn(kept: Any, staff_browser: Any, database: Database) -> None:
    with database.writing() as session:
        erasure.withdraw(session, session.exec(select(Submission)).one())
        session.commit()
    assert page(staff_browser, kept).status_code == 404
