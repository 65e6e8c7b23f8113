"""Pages that take care of who writes and of whom they write about: a quick way out, and advice on names of children."""

import time
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import select

from collector.database import Database
from collector.intake import named_children, rounds
from collector.intake.models import Draft
from forms import child_names, questionnaire
from forms.questionnaire import Questionnaire
from tests.collector import markup

PAGES = "/questionnaires/keeping-the-promise/pages"
CHECK = "/questionnaires/keeping-the-promise/check"
NAMED = "Our son Liam waited a year."


def individual(answers: dict[str, Any]) -> dict[str, Any]:
    left_out = ("organisation-name", "organisation-kind")
    return {key: value for key, value in answers.items() if key not in left_out} | {"respondent": "individual"}


def answers_of(database: Database) -> dict[str, Any]:
    with database.reading() as session:
        return session.exec(select(Draft)).one().answers


def quick_exits(answer: Any) -> list[str]:
    return markup.tree(answer).xpath('//a[contains(@class, "js-hide-page")]/@href')


def advice(answer: Any) -> str:
    return " ".join(markup.tree(answer).xpath('string(//*[@id="advice"])').split())


def test_who_writes_of_their_own_life_has_a_quick_way_out_and_somebody_to_talk_to(
    browser: Any, fill_in: Callable, answers: dict[str, Any]
) -> None:
    fill_in(browser, individual(answers))
    for page in (f"{PAGES}/planning-barriers", CHECK):
        assert len(quick_exits(browser.get(page))) == 1
    assert "Samaritans" in browser.get(f"{PAGES}/planning-barriers").text
    assert not quick_exits(browser.get(f"{PAGES}/areas"))


def test_the_way_out_is_there_too_where_two_answers_are_chosen_from(
    browser: Any, fill_in: Callable, answers: dict[str, Any]
) -> None:
    fill_in(browser, individual(answers))
    page = f"{PAGES}/planning-barriers"
    shown = markup.tree(browser.get(page)).xpath('//input[@name="_shown"]/@value')
    browser.submit(page, {"planning.barriers": "In one window.", "_shown": shown})
    choice = browser.submit(page, {"planning.barriers": "In the other.", "_shown": shown})
    assert (choice.status_code, len(quick_exits(choice))) == (409, 1)


def test_who_speaks_for_an_organisation_is_not_shown_it(browser: Any, fill_in: Callable) -> None:
    fill_in(browser)
    for page in (f"{PAGES}/planning-barriers", CHECK):
        assert not quick_exits(browser.get(page))


def test_an_answer_that_seems_to_name_a_child_is_saved_and_told_of_once(
    browser: Any, fill_in: Callable, database: Database
) -> None:
    fill_in(browser)
    page = f"{PAGES}/planning-doing"
    sent = browser.submit(page, {"planning.doing": NAMED})
    assert answers_of(database)["planning.doing"] == NAMED
    told = browser.get(sent.headers["location"])
    assert told.status_code == 200
    assert "son Liam" in advice(told)
    assert "Liam" not in sent.headers["location"]
    mark = markup.tree(told).xpath('//input[@name="_names"]/@value')
    again = browser.submit(sent.headers["location"], {"planning.doing": f"{NAMED} Still.", "_names": mark})
    assert again.headers["location"] == f"{PAGES}/planning-plans"
    assert answers_of(database)["planning.doing"] == f"{NAMED} Still."


def test_another_name_is_told_of_too_and_a_mark_made_up_keeps_nothing_quiet(browser: Any, fill_in: Callable) -> None:
    fill_in(browser)
    page = f"{PAGES}/planning-doing"
    mark = markup.tree(browser.get(browser.submit(page, {"planning.doing": NAMED}).headers["location"])).xpath(
        '//input[@name="_names"]/@value'
    )
    for fields in (
        {"planning.doing": "Our girl Ava waited.", "_names": mark},
        {"planning.doing": NAMED, "_names": "x"},
    ):
        assert "names=1" in browser.submit(page, fields).headers["location"]


def test_a_question_may_be_called_names_too(browser: Any, database: Database) -> None:
    asked = {"id": "names", "type": "long-text", "label": "Whom shall we thank?", "optional": True}
    page = {"id": "names", "title": "Thanks", "questions": [asked]}
    shipped = questionnaire.load("keeping-the-promise").definition
    changed = {**shipped, "slug": "with-names", "pages": [page, *shipped["pages"]]}
    with database.writing() as session:
        rounds.open_round(session, Questionnaire.from_definition(changed), slug="names", title="Names")
        session.commit()
    url = "/questionnaires/with-names/pages/names"
    told = browser.submit(url, {"names": NAMED}).headers["location"]
    hidden = markup.tree(browser.get(told)).xpath('//main//input[@type="hidden"]')
    fields = {"names": f"{NAMED} Still."}
    for one in hidden:
        fields[one.name] = [*([fields[one.name]] if one.name in fields else []), one.value]
    assert browser.submit(told, fields).status_code == 303
    assert answers_of(database) == {"names": f"{NAMED} Still."}


def test_who_was_told_of_a_name_is_not_told_again_after_a_choice(
    browser: Any, fill_in: Callable, database: Database
) -> None:
    fill_in(browser)
    page = f"{PAGES}/planning-doing"
    told = browser.get(browser.submit(page, {"planning.doing": NAMED}).headers["location"])
    mark, shown = (markup.tree(told).xpath(f'//input[@name="{name}"]/@value') for name in ("_names", "_shown"))
    browser.submit(page, {"planning.doing": "In another window."})
    choice = browser.submit(page, {"planning.doing": f"{NAMED} Still.", "_names": mark, "_shown": shown})
    assert choice.status_code == 409
    assert markup.tree(choice).xpath('//input[@name="_names"]/@value') == mark


def test_who_came_from_the_check_goes_back_there_after_the_advice(browser: Any, fill_in: Callable) -> None:
    fill_in(browser)
    sent = browser.submit(f"{PAGES}/planning-doing?check=1", {"planning.doing": NAMED})
    told = browser.get(sent.headers["location"])
    mark = markup.tree(told).xpath('//input[@name="_names"]/@value')
    changed = browser.submit(sent.headers["location"], {"planning.doing": "Our son waited.", "_names": mark})
    assert changed.headers["location"] == CHECK
    assert not advice(browser.get(CHECK))


def test_the_check_tells_of_every_name_that_was_left_and_blocks_nothing(browser: Any, fill_in: Callable) -> None:
    fill_in(browser)
    browser.submit(f"{PAGES}/planning-doing", {"planning.doing": NAMED})
    assert "son Liam" in advice(browser.get(CHECK))
    assert "/receipts/" in browser.submit(CHECK).headers["location"]


def test_an_answer_that_names_nobody_goes_straight_on(browser: Any, fill_in: Callable) -> None:
    fill_in(browser)
    sent = browser.submit(f"{PAGES}/planning-doing", {"planning.doing": "We meet families in Fife."})
    assert sent.headers["location"] == f"{PAGES}/planning-plans"


def test_names_are_looked_for_when_others_have_their_turn_at_the_database(
    browser: Any, fill_in: Callable, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A text that is made to be slow holds up who wrote it, and nobody else."""
    turns = []

    def found(text: str) -> list[str]:
        with database.writing() as session:
            session.exec(sa.update(Draft).values(reached=""))
            turns.append(text)
        return []

    monkeypatch.setattr(child_names, "found", found)
    fill_in(browser)
    assert browser.submit(f"{PAGES}/planning-barriers", {"planning.barriers": "One."}).status_code == 303
    assert turns == ["One."]


def test_of_very_long_pages_the_beginning_is_looked_at() -> None:
    form = questionnaire.load("keeping-the-promise")
    page = next(step.page for step in form.steps if step.page.listing and step.page.listing.id == "commitments")
    long = next(one.id for one in page.listing.questions if one.type == "long-text")
    listed = {"commitments": [{"id": str(number), long: "A’" * 10_000} for number in range(20)]}
    started = time.process_time()
    assert named_children.named(page, listed) == []
    assert time.process_time() - started < 1
    first = {"commitments": [{"id": "a", long: NAMED}, *listed["commitments"]]}
    assert named_children.named(page, first) == ["son Liam"]
