"""Two people at one answer: nothing is written over unread, nothing typed is lost."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date
from typing import Any

import markup
import pytest
import sqlalchemy as sa
from sqlmodel import select
from test_sharing import CHECK, DOING, FORGET, START, TASKS, link_from, shown_on

from collector.database import Database
from collector.intake import conflicts, drafts, rounds
from collector.intake.models import Draft, Round, Submission
from forms import questionnaire
from forms.questionnaire import Questionnaire
from forms.questions import Choice, Page, Question

ORGANISATION = f"{START}/pages/organisation"
PRIORITIES = f"{START}/pages/priority-areas"


@pytest.fixture
def two(browser: Any, new_browser: Callable, fill_in: Callable) -> tuple[Any, Any]:
    fill_in(browser)
    other = new_browser()
    other.submit(link_from(browser, "Aileen"), {"name": "Morag"})
    return browser, other


def kept(database: Database) -> dict[str, Any]:
    with database.reading() as session:
        return session.exec(select(Draft)).one().answers


def post_all(browser: Any, page: Any, **more: Any) -> Any:
    """Send the form of a page as it stands there, with what is chosen on it."""
    [form] = markup.tree(page).xpath("//main//form")
    hidden: dict[str, Any] = {}
    for field in form.xpath('.//input[@type="hidden"]'):
        hidden.setdefault(field.get("name"), []).append(field.get("value"))
    return browser.submit(form.get("action"), {**hidden, **more})


def test_an_answer_that_a_colleague_changed_meanwhile_is_not_written_over(two: tuple, database: Database) -> None:
    aileen, morag = two
    opened = shown_on(aileen, DOING)
    morag.submit(DOING, {**shown_on(morag, DOING), "planning.doing": "Morag’s <b>words</b>.\nAnd a line."})
    page = aileen.submit(DOING, {**opened, "planning.doing": "Aileen’s “words” & more.\n\nAnd a line."})
    assert page.status_code == 409
    assert markup.title(page) == "Morag changed this answer too"
    for words in ("Morag’s <b>words</b>.\nAnd a line.", "Aileen’s “words” & more.\n\nAnd a line."):
        assert words in markup.words(page)
    assert kept(database)["planning.doing"] == "Morag’s <b>words</b>.\nAnd a line."


def test_a_colleague_who_is_called_you_is_not_taken_for_the_reader(
    browser: Any, new_browser: Callable, fill_in: Callable
) -> None:
    fill_in(browser)
    other, opened = new_browser(), shown_on(browser, DOING)
    other.submit(link_from(browser), {"name": "you"})
    other.submit(DOING, {**shown_on(other, DOING), "planning.doing": "Theirs."})
    assert "by a colleague" in markup.words(browser.get(TASKS))
    page = browser.submit(DOING, {**opened, "planning.doing": "Mine."})
    assert markup.title(page) == "A colleague changed this answer too"


@pytest.mark.parametrize(
    ("way", "result"),
    [
        ("mine", "Aileen’s words.\nTwo lines."),
        ("theirs", "Morag’s words."),
        ("both", "Morag’s words.\n\nAileen’s words.\nTwo lines."),
    ],
)
def test_what_is_chosen_is_kept_and_the_way_goes_on(way: str, result: str, two: tuple, database: Database) -> None:
    aileen, morag = two
    opened = shown_on(aileen, f"{DOING}?check=1")
    morag.submit(DOING, {**shown_on(morag, DOING), "planning.doing": "Morag’s words."})
    page = aileen.submit(f"{DOING}?check=1", {**opened, "planning.doing": "Aileen’s words.\r\nTwo lines."})
    answer = post_all(aileen, page, **{"_keep.planning.doing": way})
    assert (answer.status_code, answer.headers["location"]) == (303, CHECK)
    assert kept(database)["planning.doing"] == result
    assert not any(key.startswith("_") for key in kept(database))


def test_who_chooses_nothing_is_asked_again_and_has_all_still(two: tuple, database: Database) -> None:
    aileen, morag = two
    opened = shown_on(aileen, DOING)
    morag.submit(DOING, {**shown_on(morag, DOING), "planning.doing": "Morag’s words."})
    page = aileen.submit(DOING, {**opened, "planning.doing": "Aileen’s words."})
    for _ in range(2):
        page = post_all(aileen, page)
        assert page.status_code == 422
        assert markup.problems(page) == {"#_keep.planning.doing": "Choose which answer to keep"}
        assert markup.tree(page).xpath('//input[@id="_keep.planning.doing"]')
        assert "Aileen’s words." in markup.words(page)
    assert post_all(aileen, page, **{"_keep.planning.doing": "nonsense"}).status_code == 422
    assert kept(database)["planning.doing"] == "Morag’s words."
    assert post_all(aileen, page, **{"_keep.planning.doing": "mine"}).status_code == 303
    assert kept(database)["planning.doing"] == "Aileen’s words."


def test_a_second_change_while_choosing_is_noticed_too(two: tuple, database: Database) -> None:
    aileen, morag = two
    opened = shown_on(aileen, DOING)
    morag.submit(DOING, {**shown_on(morag, DOING), "planning.doing": "Morag’s words."})
    page = aileen.submit(DOING, {**opened, "planning.doing": "Aileen’s words."})
    morag.submit(DOING, {**shown_on(morag, DOING), "planning.doing": "Morag’s second thoughts."})
    page = post_all(aileen, page, **{"_keep.planning.doing": "mine"})
    assert page.status_code == 409
    assert "Morag’s second thoughts." in markup.words(page)
    assert kept(database)["planning.doing"] == "Morag’s second thoughts."
    post_all(aileen, page, **{"_keep.planning.doing": "both"})
    assert kept(database)["planning.doing"] == "Morag’s second thoughts.\n\nAileen’s words."


def test_what_only_one_of_two_has_changed_on_a_page_is_taken_without_asking(two: tuple, database: Database) -> None:
    aileen, morag = two
    opened = shown_on(aileen, ORGANISATION)
    before = {name: kept(database)[name] for name in ("organisation-name", "organisation-kind")}
    morag.submit(ORGANISATION, {**shown_on(morag, ORGANISATION), **before, "organisation-kind": "health_board"})
    answer = aileen.submit(ORGANISATION, {**opened, **before, "organisation-name": "Kinnaird Water"})
    assert answer.status_code == 303
    assert kept(database)["organisation-name"] == "Kinnaird Water"
    assert kept(database)["organisation-kind"] == "health_board"


def test_of_two_questions_on_a_page_each_is_chosen_for_itself(two: tuple, database: Database) -> None:
    aileen, morag = two
    opened = shown_on(aileen, ORGANISATION)
    morag.submit(
        ORGANISATION,
        {**shown_on(morag, ORGANISATION), "organisation-name": "Morag’s", "organisation-kind": "health_board"},
    )
    page = aileen.submit(ORGANISATION, {**opened, "organisation-name": "Aileen’s", "organisation-kind": "third_sector"})
    assert page.status_code == 409
    assert "both" not in [one.get("value") for one in markup.tree(page).xpath("//input[@type='radio']")]
    half = post_all(aileen, page, **{"_keep.organisation-name": "mine"})
    assert list(markup.problems(half)) == ["#_keep.organisation-kind"]
    assert markup.chosen(half, "_keep.organisation-name") == ["mine"]
    chosen = {"_keep.organisation-name": "mine", "_keep.organisation-kind": "theirs"}
    assert post_all(aileen, half, **chosen).status_code == 303
    assert (kept(database)["organisation-name"], kept(database)["organisation-kind"]) == ("Aileen’s", "health_board")


def test_choices_of_both_are_kept_together_in_the_order_of_the_questionnaire(two: tuple, database: Database) -> None:
    aileen, morag = two
    opened = shown_on(aileen, PRIORITIES)
    morag.submit(PRIORITIES, {**shown_on(morag, PRIORITIES), "priority-areas": ["planning", "whole-family-support"]})
    page = aileen.submit(PRIORITIES, {**opened, "priority-areas": ["good-childhood", "planning"]})
    post_all(aileen, page, **{"_keep.priority-areas": "both"})
    assert kept(database)["priority-areas"] == ["good-childhood", "whole-family-support", "planning"]


def test_the_same_words_from_two_people_are_no_conflict(two: tuple) -> None:
    aileen, morag = two
    pages = [(one, shown_on(one, DOING)) for one in (morag, aileen)]
    for one, opened in pages:
        assert one.submit(DOING, {**opened, "planning.doing": "The same."}).status_code == 303


def test_an_answer_that_was_taken_out_meanwhile_is_asked_about(two: tuple, database: Database) -> None:
    aileen, morag = two
    opened = shown_on(aileen, DOING)
    morag.submit(DOING, {**shown_on(morag, DOING), "planning.doing": ""})
    page = aileen.submit(DOING, {**opened, "planning.doing": "Aileen’s words."})
    assert page.status_code == 409
    assert "Left blank" in markup.words(page)
    post_all(aileen, page, **{"_keep.planning.doing": "theirs"})
    assert "planning.doing" not in kept(database)


def test_a_problem_in_between_does_not_hide_the_conflict(two: tuple, database: Database) -> None:
    aileen, morag = two
    opened = shown_on(aileen, DOING)
    morag.submit(DOING, {**shown_on(morag, DOING), "planning.doing": "Morag’s words."})
    page = aileen.submit(DOING, {**opened, "planning.doing": "x" * 20_001})
    assert page.status_code == 422
    assert post_all(aileen, page, **{"planning.doing": "Shorter."}).status_code == 409
    assert kept(database)["planning.doing"] == "Morag’s words."


def test_a_page_that_does_not_say_what_it_showed_writes_over_nothing_of_a_colleague(
    two: tuple, database: Database
) -> None:
    aileen, morag = two
    morag.submit(DOING, {**shown_on(morag, DOING), "planning.doing": "Morag’s words."})
    assert aileen.submit(DOING, {"planning.doing": "Aileen’s words."}).status_code == 409
    assert aileen.submit(DOING, {"planning.doing": "Morag’s words."}).status_code == 303
    assert aileen.submit(f"{START}/pages/planning-needs", {"planning.needs": "New here."}).status_code == 303


# -- One person ---------------------------------------------------------------------------------------


def test_two_windows_of_one_person_do_not_write_over_each_other(browser: Any, fill_in: Callable) -> None:
    fill_in(browser)
    one, other = shown_on(browser, DOING), shown_on(browser, DOING)
    assert browser.submit(DOING, {**one, "planning.doing": "In one window."}).status_code == 303
    page = browser.submit(DOING, {**other, "planning.doing": "In the other."})
    assert (page.status_code, markup.title(page)) == (409, "You changed this answer in another window too")


def test_two_windows_that_begin_at_once_do_not_write_over_each_other(
    browser: Any, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, both_there, start = f"{START}/pages/respondent", threading.Barrier(2), drafts.start

    def together(*given: Any) -> Any:
        with suppress(threading.BrokenBarrierError):  # on SQLite the second waits before it has looked
            both_there.wait(timeout=1)
        return start(*given)

    monkeypatch.setattr(drafts, "start", together)
    windows = [{**shown_on(browser, first), "respondent": answer} for answer in ("individual", "organisation")]
    with ThreadPoolExecutor(2) as pool:
        pages = list(pool.map(lambda fields: browser.post(first, data=fields), windows))
    assert sorted(page.status_code for page in pages) == [303, 409]
    assert len(kept(database)) == 1


def test_back_and_save_again_from_the_same_page_is_no_conflict(browser: Any, fill_in: Callable, database: Any) -> None:
    """A browser may bring the page back as it was, without asking for it."""
    fill_in(browser)
    opened = shown_on(browser, DOING)
    for words in ("First.", "Second.", "Third."):
        assert browser.submit(DOING, {**opened, "planning.doing": words}).status_code == 303
        assert kept(database)["planning.doing"] == words


def test_back_and_save_again_undoes_nothing_that_a_colleague_wrote_on_the_same_page(
    two: tuple, database: Database
) -> None:
    aileen, morag = two
    opened = shown_on(aileen, ORGANISATION)
    before = {name: kept(database)[name] for name in ("organisation-name", "organisation-kind")}
    morag.submit(ORGANISATION, {**shown_on(morag, ORGANISATION), **before, "organisation-kind": "health_board"})
    for name in ("First", "Second", "Second", before["organisation-name"]):  # twice pressed, and taken back
        answer = aileen.submit(ORGANISATION, {**opened, **before, "organisation-name": name})
        assert answer.status_code == 303
        assert (kept(database)["organisation-name"], kept(database)["organisation-kind"]) == (name, "health_board")


@pytest.mark.parametrize("way", ["mine", "theirs", "both"])
def test_a_choice_pressed_twice_is_made_once(way: str, two: tuple, database: Database) -> None:
    aileen, morag = two
    opened = shown_on(aileen, DOING)
    morag.submit(DOING, {**shown_on(morag, DOING), "planning.doing": "Morag’s words."})
    page = aileen.submit(DOING, {**opened, "planning.doing": "Aileen’s words."})
    for _ in range(3):
        assert post_all(aileen, page, **{"_keep.planning.doing": way}).status_code == 303
    wanted = {"mine": "Aileen’s words.", "theirs": "Morag’s words.", "both": "Morag’s words.\n\nAileen’s words."}
    assert kept(database)["planning.doing"] == wanted[way]
    post_all(aileen, page, **{"_keep.planning.doing": "mine"})  # Back, and another choice
    assert kept(database)["planning.doing"] == "Aileen’s words."


# -- Sent, deleted or not asked any more while somebody writes ----------------------------------------


def test_words_that_come_after_a_colleague_has_sent_are_shown_and_not_lost(two: tuple) -> None:
    aileen, morag = two
    opened = shown_on(aileen, DOING)
    morag.submit(CHECK, shown_on(morag))
    answer = aileen.submit(DOING, {**opened, "planning.doing": "Half an hour’s work."})
    assert markup.title(answer) == "These answers have already been sent"
    assert "Half an hour’s work." in markup.words(answer)


def test_words_that_come_after_a_colleague_has_deleted_all_are_shown_and_not_lost(two: tuple) -> None:
    aileen, morag = two
    opened = shown_on(aileen, DOING)
    morag.submit(FORGET)
    answer = aileen.submit(DOING, {**opened, "planning.doing": "Half an hour’s work."})
    assert (answer.status_code, markup.title(answer)) == (410, "What you wrote could not be saved")
    assert "Half an hour’s work." in markup.words(answer)


def test_the_first_page_of_answers_that_a_colleague_deleted_begins_no_others_by_itself(
    two: tuple, database: Database
) -> None:
    aileen, morag = two
    first = f"{START}/pages/respondent"
    opened = shown_on(aileen, first)
    morag.submit(FORGET)
    answer = aileen.submit(first, {**opened, "respondent": "individual"})
    assert (answer.status_code, markup.title(answer)) == (410, "What you wrote could not be saved")
    assert aileen.submit(first, {**shown_on(aileen, first), "respondent": "individual"}).status_code == 303
    assert kept(database) == {"respondent": "individual"}


def test_words_for_a_question_that_the_newest_version_has_no_more_are_shown_and_not_lost(
    two: tuple, database: Database
) -> None:
    aileen, morag = two
    opened = shown_on(aileen, DOING)
    shipped = questionnaire.load("keeping-the-promise").definition
    newest = Questionnaire.from_definition(
        {**shipped, "version": 99, "pages": [shipped["pages"][0], shipped["pages"][-1]]}
    )
    with database.writing() as session:
        session.exec(sa.update(Round).values(questionnaire_id=rounds.publish(session, newest).id))
        session.commit()
    morag.submit(FORGET)
    answer = aileen.submit(DOING, {**opened, "planning.doing": "Half an hour’s work."})
    assert (answer.status_code, markup.title(answer)) == (410, "What you wrote could not be saved")
    assert "Half an hour’s work." in markup.words(answer)
    assert opened["_form"][0] not in answer.text


def test_words_that_come_after_all_were_deleted_and_the_round_has_closed_are_shown_and_not_lost(
    two: tuple, database: Database
) -> None:
    aileen, morag = two
    opened = shown_on(aileen, DOING)
    morag.submit(FORGET)
    with database.writing() as session:
        session.exec(sa.update(Round).values(closes_on=date(2026, 1, 31)))
        session.commit()
    answer = aileen.submit(DOING, {**opened, "planning.doing": "Half an hour’s work."})
    assert (answer.status_code, markup.title(answer)) == (410, "This questionnaire has closed")
    assert "Half an hour’s work." in markup.words(answer)


def test_words_on_a_page_that_a_colleague_took_out_are_shown_and_not_lost(two: tuple, database: Database) -> None:
    aileen, morag = two
    opened, before = shown_on(aileen, DOING), kept(database)
    morag.submit(PRIORITIES, {**shown_on(morag, PRIORITIES), "priority-areas": ["good-childhood"]})
    answer = aileen.submit(DOING, {**opened, "planning.doing": "Half an hour’s work."})
    assert (answer.status_code, markup.title(answer)) == (409, "What you wrote could not be saved")
    assert "Half an hour’s work." in markup.words(answer)
    assert markup.tree(answer).xpath(f'//a[@href="{TASKS}"]')
    assert kept(database)["planning.doing"] == before["planning.doing"]


# -- Check your answers -------------------------------------------------------------------------------


def test_what_a_colleague_changed_since_it_was_read_is_not_sent_unread(two: tuple, database: Database) -> None:
    aileen, morag = two
    read = shown_on(aileen)
    morag.submit(DOING, {**shown_on(morag, DOING), "planning.doing": "Changed by Morag."})
    page = aileen.submit(CHECK, read)
    assert page.status_code == 409
    assert "Nothing has been sent yet" in markup.words(page)
    changed = markup.tree(page).xpath('//dt[.//*[contains(@class, "ds_tag")]]')
    assert ["What are you doing now" in one.text_content() for one in changed] == [True]
    assert "Changed by Morag." in markup.words(page)
    assert submissions(database) == []
    assert post_all(aileen, page).status_code == 303
    assert len(submissions(database)) == 1


def test_what_was_taken_out_since_it_was_read_is_noticed_too(two: tuple, database: Database) -> None:
    aileen, morag = two
    read = shown_on(aileen)
    morag.submit(DOING, {**shown_on(morag, DOING), "planning.doing": ""})
    assert aileen.submit(CHECK, read).status_code == 409
    assert submissions(database) == []


def test_a_check_page_that_does_not_say_what_it_showed_sends_nothing_that_is_shared(
    two: tuple, database: Database
) -> None:
    assert two[0].submit(CHECK).status_code == 409
    assert submissions(database) == []


def submissions(database: Database) -> list[Submission]:
    with database.reading() as session:
        return list(session.exec(select(Submission)))


# -- What two answers make together -------------------------------------------------------------------


def question(type_: str, **more: Any) -> Question:
    return Question.model_validate({"id": "q", "type": type_, "label": "Q", "missing": "Answer", **more})


ALONE = [Choice(id="a", label="A"), Choice(id="b", label="B"), Choice(id="none", label="None", exclusive=True)]


@pytest.mark.parametrize(
    ("asked", "mine", "theirs", "both"),
    [
        (question("long-text"), "one", "two", "two\n\none"),
        (question("long-text", **{"max-length": 7}), "one", "two", None),  # together they are too long
        (question("long-text"), "one and more", "one", None),  # the longer has it all
        (question("long-text"), None, "two", None),
        (question("text"), "one", "two", None),
        (question("any-of", choices=ALONE), ["b"], ["a"], ["a", "b"]),
        (question("any-of", choices=ALONE), ["none"], ["a"], None),
        (question("any-of", choices=ALONE), ["a", "b"], ["a"], None),
        (question("number"), "1", "2", None),
    ],
)
def test_both_are_offered_where_both_can_be_kept(asked: Question, mine: Any, theirs: Any, both: Any) -> None:
    assert conflicts.together(asked, mine, theirs) == both


def test_answers_of_any_shape_are_told_apart() -> None:
    """A block that repeats has a list of objects as its answer."""
    page = Page.model_validate({"id": "p", "title": "P", "questions": [question("text", optional=True)]})
    shown = {conflicts.SHOWN: [conflicts.written(conflicts.digests({"q": [{"what": "a"}]}, ["q"]))]}
    for kept_, news in (([{"what": "a"}], 0), ([{"what": "b"}], 1)):
        meeting = conflicts.meet(page, shown, {"q": [{"what": "c"}]}, {"q": kept_})
        assert len(meeting.news) == news
