from collections.abc import Callable
from datetime import date
from typing import Any

import markup
from sqlmodel import select

from collector.database import Database
from collector.intake.models import Draft, Round

START = "/questionnaires/keeping-the-promise"
TASKS, FORGET, CHECK = f"{START}/tasks", f"{START}/forget", f"{START}/check"


def listed(answer: Any) -> dict[str, tuple[str, str, str]]:
    """Of each section on the page: its state, how much of it is answered, and where its link leads."""
    items = markup.tree(answer).xpath('//li[@class="ds_task-list__task"]')
    found = {}
    for item in items:
        [link] = item.xpath(".//a")
        tags = item.xpath('.//*[contains(@class, "ds_tag")]')
        summary = " ".join(item.xpath('.//*[contains(@class, "summary")]')[0].text_content().split())
        found[link.text_content().strip()] = (tags[0].text_content() if tags else "", summary, link.get("href"))
    return found


def drafts_in(database: Database) -> list[Draft]:
    with database.reading() as session:
        return list(session.exec(select(Draft)))


def button_on(answer: Any) -> tuple[str, str]:
    [link] = markup.tree(answer).xpath('//*[contains(@class, "fl_start")]//a')
    return link.text_content().split(":")[0], link.get("href")


def test_who_comes_back_sees_how_far_each_section_is_and_goes_on_after_the_last_answer(browser: Any) -> None:
    browser.submit(f"{START}/pages/respondent", {"respondent": "individual"})
    assert markup.tree(browser.get(START)).xpath(f'//a[@href="{TASKS}"]')
    page = browser.get(TASKS)
    assert listed(page) == {
        "About you": ("In progress", "1 of 4 questions answered", f"{START}/pages/areas"),
        "Plans and reports": ("Optional", "0 of 1 question answered", f"{START}/pages/documents"),
        "Before you send": ("Not started", "0 of 3 questions answered", f"{START}/pages/permission"),
    }
    assert button_on(page) == ("Carry on", f"{START}/pages/you")
    assert "4 answers are still needed" in markup.words(page)


def test_a_section_says_whether_it_is_done_enough_or_optional_and_the_button_leads_to_what_is_left(
    browser: Any, new_browser: Callable, fill_in: Callable, answers: dict
) -> None:
    whole = {**answers, "priority-areas": ["good-childhood", "planning"]}
    fill_in(browser, whole)
    page = browser.get(TASKS)
    assert {title: state for title, (state, _, _) in listed(page).items()} == {
        "About you": "Enough to send",
        "A Good Childhood": "Optional",
        "Planning": "Enough to send",
        "Commitments": "Optional",
        "More to list": "Optional",
        "Plans and reports": "Optional",
        "Before you send": "Done",
    }
    assert "You have answered all that is needed" in markup.words(page)
    assert button_on(page) == ("Check and send your answers", CHECK)
    other = new_browser()
    fill_in(other, {key: value for key, value in whole.items() if key != "permission"})
    page = other.get(TASKS)
    assert "1 answer is still needed" in markup.words(page)
    assert button_on(page) == ("Carry on", f"{START}/pages/permission")
    assert listed(page)["Before you send"][0] == "In progress"


def test_answers_can_be_deleted_after_the_round_has_closed(
    browser: Any, fill_in: Callable, database: Database, open_round: Round
) -> None:
    fill_in(browser)
    with database.writing() as session:
        session.get_one(Round, open_round.id).closes_on = date(2020, 1, 1)
        session.commit()
    closed = browser.get(TASKS)
    assert closed.status_code == 410
    assert markup.tree(closed).xpath(f'//a[@href="{FORGET}"]')
    assert browser.get(FORGET).status_code == 200
    assert "have been deleted" in markup.words(browser.submit(FORGET))
    assert drafts_in(database) == []


def test_without_a_draft_there_is_no_task_list_and_nothing_to_delete(browser: Any, open_round: Any) -> None:
    assert browser.get(TASKS).headers["location"] == START
    assert browser.get(FORGET).headers["location"] == START
    assert browser.submit(FORGET).headers["location"] == START


def test_answers_that_were_sent_are_not_listed_or_deleted_any_more(
    browser: Any, fill_in: Callable, database: Database
) -> None:
    fill_in(browser)
    browser.submit(CHECK)
    for answer in (browser.get(TASKS), browser.get(FORGET), browser.submit(FORGET)):
        assert "already been sent" in markup.words(answer)
    assert len(drafts_in(database)) == 1


def test_answers_are_deleted_only_after_a_question_and_only_by_who_wrote_them(
    browser: Any, new_browser: Callable, fill_in: Callable, database: Database
) -> None:
    fill_in(browser)
    assert "You cannot get it back" in markup.words(browser.get(FORGET))
    assert new_browser().submit(FORGET).headers["location"] == START
    assert browser.post(FORGET).status_code == 403  # no page of ours asked for it
    assert len(drafts_in(database)) == 1
    assert "have been deleted" in markup.words(browser.submit(FORGET))
    assert drafts_in(database) == []
    assert "answers that are not sent yet" not in markup.words(browser.get(START))
