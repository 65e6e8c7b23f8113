"""Rounds and published questionnaires: a published version never changes, and nobody is left with another's."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import markup
import pytest
from sqlmodel import select

from collector.database import Database
from collector.dates import LONDON
from collector.intake import rounds
from collector.intake.models import Answers, PublishedQuestionnaire, Submission
from forms import questionnaire
from forms.questionnaire import Questionnaire

START = "/questionnaires/keeping-the-promise"
CHECK = f"{START}/check"


def changed(version: int) -> Questionnaire:
    """The questionnaire with another first question, of a version."""
    definition = questionnaire.load("keeping-the-promise").definition
    first = definition["pages"][0]["questions"][0] | {"label": "Who speaks here?"}
    pages = [definition["pages"][0] | {"title": "Who speaks here?", "questions": [first]}, *definition["pages"][1:]]
    return Questionnaire.from_definition(definition | {"version": version, "pages": pages})


def open_(database: Database, form: Questionnaire, slug: str, **more: Any) -> None:
    with database.writing() as session:
        rounds.open_round(session, form, slug=slug, title=slug, **more)
        session.commit()


def test_other_content_under_a_published_version_is_refused(open_round: Any, database: Database) -> None:
    with pytest.raises(rounds.Changed, match="give the changed questionnaire a new version"):
        open_(database, changed(version=1), "second")


def test_the_same_version_is_published_once_for_all_its_rounds(open_round: Any, database: Database) -> None:
    open_(database, questionnaire.load("keeping-the-promise"), "second")
    with database.reading() as session:
        assert len(session.exec(select(PublishedQuestionnaire)).all()) == 1


def test_a_version_frozen_before_questions_could_have_all_that_they_can_have_now_is_the_same(
    open_round: Any, database: Database
) -> None:
    shipped = questionnaire.load("keeping-the-promise")
    newer = ("decimals", "unit", "unknown")
    with database.writing() as session:
        [frozen] = session.exec(select(PublishedQuestionnaire)).all()
        frozen.definition = _without(frozen.definition, newer)
        frozen.content_hash = rounds.hash_of(frozen.definition)
        session.add(frozen)
        session.commit()
    open_(database, shipped, "second")
    with database.reading() as session:
        assert len(session.exec(select(PublishedQuestionnaire)).all()) == 1


def _without(definition: Any, names: tuple[str, ...]) -> Any:
    if isinstance(definition, dict):
        return {name: _without(value, names) for name, value in definition.items() if name not in names}
    return [_without(value, names) for value in definition] if isinstance(definition, list) else definition


def test_what_was_published_is_read_back_whole(open_round: Any, database: Database) -> None:
    rounds.remembered.clear()  # as in a process that has just started
    with database.reading() as session:
        read = rounds.questionnaire_of(session, open_round.questionnaire_id)
    assert read.definition == questionnaire.load("keeping-the-promise").definition


def test_a_new_round_asks_its_own_version(browser: Any, database: Database) -> None:
    open_(database, changed(version=2), "second")
    assert "Who speaks here?" in browser.get(f"{START}/pages/respondent").text


def test_who_has_begun_goes_on_with_the_version_they_began_and_sends_it(
    browser: Any, fill_in: Callable, answers: dict, database: Database
) -> None:
    fill_in(browser)
    open_(database, changed(version=2), "second")
    page = browser.get(f"{START}/pages/respondent")
    assert "Who speaks here?" not in page.text
    assert markup.chosen(page, "respondent") == ["organisation"]
    assert browser.submit(f"{START}/pages/email", {"email": "late@example.org"}).headers["location"] == CHECK
    assert browser.submit(CHECK).headers["location"].startswith("/receipts/")
    with database.reading() as session:
        version = session.exec(select(PublishedQuestionnaire.version).join(Submission)).one()
        sent = session.exec(select(Answers.given)).one()
    assert (version, sent) == (1, answers | {"email": "late@example.org"})


def test_after_sending_in_an_earlier_round_the_new_one_begins(
    browser: Any, fill_in: Callable, database: Database
) -> None:
    fill_in(browser)
    open_(database, changed(version=2), "second")
    browser.submit(CHECK)
    assert "Who speaks here?" in browser.get(f"{START}/pages/respondent").text


def test_a_sample_round_takes_no_answers(browser: Any, database: Database) -> None:
    open_(database, changed(version=2), "sample", sample=True)
    assert "Who speaks here?" not in browser.get(f"{START}/pages/respondent").text


@pytest.mark.parametrize(("days", "open_today"), [(-1, False), (0, True), (1, True)])
def test_a_round_is_open_to_the_end_of_its_last_day_in_scotland(days: int, open_today: bool, open_round: Any) -> None:
    open_round.closes_on = rounds.now().astimezone(LONDON).date() + timedelta(days=days)
    assert rounds.is_open(open_round) is open_today


def test_the_last_day_ends_at_midnight_in_scotland_also_in_summer(monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import UTC, datetime

    monkeypatch.setattr(rounds, "now", lambda: datetime(2026, 7, 1, 23, 30, tzinfo=UTC))
    assert rounds.local_date() == date(2026, 7, 2)
