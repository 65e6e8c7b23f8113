from collections.abc import Callable
from typing import Any

import markup
from sqlmodel import select

from collector.database import Database
from collector.intake.models import Draft

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


def test_who_comes_back_sees_how_far_each_section_is_and_goes_on_where_something_is_needed(browser: Any) -> None:
    browser.submit(f"{START}/pages/respondent", {"respondent": "individual"})
    assert markup.tree(browser.get(START)).xpath(f'//a[@href="{TASKS}"]')
    page = browser.get(TASKS)
    sections = listed(page)
    assert list(sections)[0] == "About you"
    assert sections["About you"] == ("In progress", "1 of 4 questions answered", f"{START}/pages/areas")
    assert list(sections)[-1] == "Check and send your answers"
    assert markup.tree(page).xpath(f'//a[starts-with(text(), "Carry on: ")][@href="{START}/pages/you"]')


def test_a_section_that_lacks_nothing_is_done_and_one_that_may_be_left_out_says_so(
    browser: Any, new_browser: Callable, fill_in: Callable, answers: dict
) -> None:
    fill_in(browser)
    assert {state for state, _, _ in listed(browser.get(TASKS)).values()} <= {"Done", "Optional", ""}
    assert "Nothing more is needed" in markup.words(browser.get(TASKS))
    other = new_browser()
    fill_in(other, {key: value for key, value in answers.items() if key != "permission"})
    page = other.get(TASKS)
    assert "1 answer is still needed" in markup.words(page)
    [(title, (state, _, url))] = [one for one in listed(page).items() if one[1][2].endswith("/permission")]
    assert state in ("In progress", "Not started"), title
    assert other.get(url).status_code == 200


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
    assert "deleted for good" in markup.words(browser.get(FORGET))
    new_browser().submit(FORGET)
    assert len(drafts_in(database)) == 1
    assert browser.submit(FORGET).headers["location"] == START
    assert drafts_in(database) == []
    assert "answers that are not sent yet" not in markup.words(browser.get(START))
