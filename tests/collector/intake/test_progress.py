"""How far people come, counted truly: on pages, in lists, with files, and across versions; nobody is followed."""

import io
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlmodel import select

from collector.database import Database
from collector.intake import progress, rounds
from collector.intake.models import Draft, Round, RoundPageCount
from forms import questionnaire
from forms.questionnaire import Questionnaire
from tests.conftest import QUESTIONNAIRE


def reached(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.exec(select(Draft.reached)))


def test_an_item_of_a_list_and_a_file_count_as_the_page_that_they_stand_on(
    browser: Any, fill_in: Callable, database: Database
) -> None:
    fill_in(browser)
    browser.submit(f"{QUESTIONNAIRE}/lists/commitments/items/one?new=1", {"commitment": "We will."})
    assert reached(database) == ["commitments"]
    sent = {"documents": ("a.txt", io.BytesIO(b"We plan."))}
    browser.submit(f"{QUESTIONNAIRE}/pages/documents/files", {"_add": "documents"}, files=sent)
    assert reached(database) == ["documents"]
    browser.submit(f"{QUESTIONNAIRE}/lists/commitments/items/two?new=1", {"commitment": "We will too."})
    assert reached(database) == ["documents"]


def test_who_stopped_in_an_earlier_version_is_counted_on_its_own_page_or_told_as_of_that_version(
    new_browser: Callable, database: Database, open_round: Round
) -> None:
    for pages in (["respondent"], ["respondent", "you"]):
        browser = new_browser()
        for page in pages:
            browser.submit(f"{QUESTIONNAIRE}/pages/{page}", {"respondent": "individual", "your-name": "A"})
    with database.writing() as session:
        form = without("you")
        newer = rounds.publish(session, form).id
        session.exec(sa.update(Round).where(Round.id == open_round.id).values(questionnaire_id=newer))
        session.commit()
        writing = progress.by_page(session, open_round.id, form, is_over=False)
    for_newer = [("About you: Who is answering?", 1), ("A page of an earlier version", 1)]
    assert [(one.title, one.writing) for one in writing] == for_newer
    browser.submit(f"{QUESTIONNAIRE}/forget")
    with database.reading() as session:
        stopped = progress.by_page(session, open_round.id, form, is_over=False)
        assert session.exec(select(RoundPageCount.page_id)).all() == ["you"]
    assert [(one.title, one.stopped, one.writing) for one in stopped] == [
        ("About you: Who is answering?", 0, 1),
        ("A page of an earlier version", 1, 0),
    ]


def without(page_id: str) -> Questionnaire:
    definition = questionnaire.load("keeping-the-promise").definition
    pages = [page for page in definition["pages"] if page.get("id") != page_id]
    return Questionnaire.from_definition(definition | {"version": 2, "pages": pages})
