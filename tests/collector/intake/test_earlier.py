"""Answers that a round closed upon, while the next one is open: not sent, and not out of reach."""

from collections.abc import Callable
from datetime import date
from typing import Any

import markup
import pytest
import sqlalchemy as sa
from sqlmodel import select

from collector.database import Database
from collector.intake import rounds
from collector.intake.models import Draft, Round
from forms import questionnaire

START = "/questionnaires/keeping-the-promise"
EARLIER = f"{START}/earlier"


@pytest.fixture
def next_round(browser: Any, fill_in: Callable, database: Database) -> None:
    """The browser has written answers in the first round; that has closed, and another is open."""
    fill_in(browser)
    with database.writing() as session:
        session.exec(sa.update(Round).values(closes_on=date(2026, 1, 31)))
        rounds.open_round(session, questionnaire.load("keeping-the-promise"), slug="second", title="Second round")
        session.commit()


def test_answers_of_a_round_that_has_closed_are_shown_whole_beside_the_next(next_round: None, browser: Any) -> None:
    page = browser.get(START)
    assert "Start now" in markup.words(page)
    [link] = markup.tree(page).xpath("//main//a[text()='Read or delete them']/@href")
    assert "We hold a family meeting before every decision." in markup.words(browser.get(link))


def test_they_are_deleted_by_who_wrote_them_and_the_start_page_tells_of_none(
    next_round: None, browser: Any, database: Database
) -> None:
    assert browser.submit(EARLIER).headers["location"] == START
    assert "Read or delete them" not in browser.get(START).text
    assert browser.get(EARLIER).headers["location"] == START
    with database.reading() as session:
        assert session.exec(select(Draft)).all() == []


def test_nobody_else_sees_or_deletes_them(next_round: None, new_browser: Callable, database: Database) -> None:
    stranger = new_browser()
    assert "Read or delete them" not in stranger.get(START).text
    assert stranger.get(EARLIER).status_code == 303
    stranger.submit(EARLIER)
    with database.reading() as session:
        assert len(session.exec(select(Draft)).all()) == 1


def test_answers_to_the_open_round_are_not_taken_for_earlier_ones(browser: Any, fill_in: Callable) -> None:
    fill_in(browser)
    assert browser.get(EARLIER).headers["location"] == START
    browser.submit(EARLIER)
    assert "Carry on with your answers" in browser.get(START).text
