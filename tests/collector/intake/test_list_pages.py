"""Lists in a browser: items are added, changed and taken out one by one, and nothing is ever written into another."""

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from io import BytesIO
from typing import Any

import docx
import markup
import pytest
from sqlmodel import select

from collector.database import Database
from collector.intake import items
from collector.intake.models import Draft, Passage, Round, Source, Submission

START = "/questionnaires/keeping-the-promise"
LIST = f"{START}/lists/commitments"
CHECK = f"{START}/check"
HOUSE = {
    "commitment": "We will open a second house.",
    "commitment-action": "brothers-and-sisters",
    "commitment-due": "by spring 2027",
    "commitment-partners": "Kinnaird Housing",
}
NEXT = {"commitment": "Each school will have a named teacher.", "commitment-action": "unknown"}


@pytest.fixture
def at_list(browser: Any, fill_in: Callable) -> Any:
    fill_in(browser)
    return browser


def kept(database: Database) -> list[dict[str, Any]]:
    with database.reading() as session:
        return session.exec(select(Draft.answers)).one().get("commitments", [])


def without_id(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in item.items() if name != "id"} for item in items]


def add(browser: Any, fields: dict[str, str]) -> str:
    """Adds an item as a person does; returns the address of its page."""
    url = browser.get(f"{LIST}/add").headers["location"]
    assert browser.submit(url, fields).headers["location"] == LIST
    return url.partition("?")[0]


def change(browser: Any, url: str, fields: dict[str, str]) -> Any:
    """Saves an item from its page, with what that page showed."""
    return browser.submit(url, {**fields, "_seen": markup.typed(browser.get(url), "_seen")})


# -- Adding, changing, removing ---------------------------------------------------------------------


def test_items_are_added_one_by_one_and_saved_at_once(at_list: Any, database: Database) -> None:
    page = at_list.get(LIST)
    assert "You have not added a commitment yet" in markup.words(page)
    first = at_list.get(f"{LIST}/add").headers["location"]
    assert markup.title(at_list.get(first)) == "Commitment 1"
    add(at_list, HOUSE)
    assert without_id(kept(database)) == [HOUSE]
    add(at_list, NEXT)
    page = at_list.get(LIST)
    assert "You have added 2 commitments" in markup.words(page)
    names = [one.text_content() for one in markup.tree(page).xpath('//li[@class="fl_item"]//h3')]
    assert names == ["Commitment 1", "Commitment 2"]
    assert "Brothers and Sisters" in markup.words(page)
    assert "Add another commitment" in markup.words(page)
    assert at_list.submit(LIST).headers["location"] == f"{START}/pages/more-lists"
    assert without_id(kept(database)) == [HOUSE, NEXT]


def test_an_item_is_changed_under_its_own_id_and_keeps_its_place(at_list: Any, database: Database) -> None:
    first, second = add(at_list, HOUSE), add(at_list, NEXT)
    page = at_list.get(first)
    assert markup.title(page) == "Commitment 1"
    assert markup.typed(page, "commitment-due") == "by spring 2027"
    assert markup.tree(page).xpath("//option[@selected]/@value") == ["brothers-and-sisters"]
    ids = [item["id"] for item in kept(database)]
    assert change(at_list, first, {**HOUSE, "commitment-due": ""}).headers["location"] == LIST
    assert [item["id"] for item in kept(database)] == ids
    assert "commitment-due" not in kept(database)[0]
    assert without_id(kept(database))[1] == NEXT
    assert second.endswith(ids[1])


def test_an_item_is_taken_out_only_after_a_question_and_the_others_stay(at_list: Any, database: Database) -> None:
    first = add(at_list, HOUSE)
    add(at_list, NEXT)
    asked = at_list.get(f"{first}/remove")
    assert markup.title(asked) == "Remove commitment 1?"
    assert HOUSE["commitment"] in markup.words(asked)
    assert len(kept(database)) == 2
    assert at_list.submit(f"{first}/remove").headers["location"] == LIST
    assert without_id(kept(database)) == [NEXT]
    assert at_list.submit(f"{first}/remove").headers["location"] == LIST  # pressed twice
    assert without_id(kept(database)) == [NEXT]


def test_a_list_that_is_emptied_is_no_answer_any_more(at_list: Any, database: Database) -> None:
    at_list.submit(f"{add(at_list, HOUSE)}/remove")
    with database.reading() as session:
        assert "commitments" not in session.exec(select(Draft.answers)).one()


def test_a_problem_brings_the_item_back_with_all_that_was_typed(at_list: Any, database: Database) -> None:
    url = at_list.get(f"{LIST}/add").headers["location"]
    answer = at_list.submit(url, {"commitment": "", "commitment-due": "x" * 201, "commitment-partners": "Us"})
    assert answer.status_code == 422
    assert markup.words(answer, "//title").startswith("Error: ")
    assert list(markup.problems(answer)) == ["#commitment", "#commitment-due"]
    assert markup.typed(answer, "commitment-partners") == "Us"
    assert kept(database) == []
    wrong = at_list.submit(url, {"commitment": "Work", "commitment-action": "fly"})
    assert markup.problems(wrong) == {"#commitment-action": "Choose from the answers shown"}


def test_many_choices_stand_in_one_field_under_their_headings(at_list: Any) -> None:
    page = markup.tree(at_list.get(at_list.get(f"{LIST}/add").headers["location"]))
    groups = page.xpath('//select[@id="commitment-action"]/optgroup')
    assert [group.get("label") for group in groups][:2] == ["A Good Childhood", "Whole Family Support"]
    assert sum(len(group.xpath("option")) for group in groups) == 25
    assert page.xpath('//select[@id="commitment-action"]/option/@value') == ["", "unknown"]


# -- Two windows, twice pressed, out of range -------------------------------------------------------


def test_saving_a_new_item_twice_makes_one(at_list: Any, database: Database) -> None:
    url = at_list.get(f"{LIST}/add").headers["location"]
    for _ in range(2):
        assert at_list.submit(url, HOUSE).headers["location"] == LIST
    assert without_id(kept(database)) == [HOUSE]


def test_items_added_at_once_in_several_windows_are_all_kept(at_list: Any, database: Database) -> None:
    token = at_list.form_token()
    urls = [at_list.get(f"{LIST}/add").headers["location"] for _ in range(4)]

    def save(number: int) -> int:
        fields = {"_csrf": token, "commitment": f"Number {number}"}
        return at_list.post(urls[number], data=fields).status_code

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(save, range(4))) == [303] * 4
    assert {item["commitment"] for item in kept(database)} == {f"Number {number}" for number in range(4)}


def test_what_was_taken_out_in_another_window_is_said_and_the_words_are_kept_to_be_added_again(
    at_list: Any, database: Database
) -> None:
    first = add(at_list, HOUSE)
    add(at_list, NEXT)
    at_list.submit(f"{first}/remove")
    answer = at_list.submit(first, {"commitment": "A house with a garden."})
    assert answer.status_code == 409
    assert "was taken out of your list" in markup.words(answer)
    assert markup.typed(answer, "commitment") == "A house with a garden."
    assert without_id(kept(database)) == [NEXT]
    [action] = markup.tree(answer).xpath('//form[@class="fl_form"]/@action')
    assert at_list.submit(action, {"commitment": "A house with a garden."}).status_code == 303
    assert without_id(kept(database)) == [NEXT, {"commitment": "A house with a garden."}]
    at_list.submit(f"{first}/remove")
    for gone in (first, f"{first}/remove"):
        answer = at_list.get(gone)
        assert answer.headers["location"] == f"{LIST}?gone=1"
    assert "is not in your list any more" in markup.words(at_list.get(f"{LIST}?gone=1"))


def test_a_change_made_meanwhile_in_another_window_is_shown_before_it_is_lost(at_list: Any, database: Database) -> None:
    url = add(at_list, HOUSE)
    seen = markup.typed(at_list.get(url), "_seen")
    change(at_list, url, {"commitment": "Theirs"})
    answer = at_list.submit(url, {"commitment": "Mine", "_seen": seen})
    assert answer.status_code == 409
    assert "was changed after you opened it" in markup.words(answer)
    assert "Theirs" in markup.words(answer)
    assert markup.typed(answer, "commitment") == "Mine"
    assert without_id(kept(database)) == [{"commitment": "Theirs"}]
    again = at_list.submit(url, {"commitment": "Mine", "_seen": markup.typed(answer, "_seen")})
    assert again.headers["location"] == LIST
    assert without_id(kept(database)) == [{"commitment": "Mine"}]


def test_there_are_no_more_items_than_the_list_takes(at_list: Any, fill_in: Callable, answers: dict) -> None:
    url = at_list.get(f"{LIST}/add").headers["location"]
    fill_in(at_list, answers | {"commitments": [{"id": f"i{n}", "commitment": f"Number {n}"} for n in range(20)]})
    page = at_list.get(LIST)
    assert "You have listed 20, which is the most" in markup.words(page)
    assert not markup.tree(page).xpath('//*[@id="add"]')
    assert at_list.get(at_list.get(f"{LIST}/add").headers["location"]).headers["location"] == LIST
    answer = at_list.submit(url, HOUSE)
    assert answer.status_code == 422
    assert "You have listed 20 commitments, which is the most" in markup.words(answer, '//*[@id="error-summary"]')
    assert markup.typed(answer, "commitment") == HOUSE["commitment"]
    assert change(at_list, f"{LIST}/items/i3", NEXT).headers["location"] == LIST


@pytest.mark.parametrize("item_id", ["3", "none", "NO", "a" * 33, "%F0%9F%98%80", "1'--"])
def test_an_item_that_is_not_there_leads_to_the_list_and_nothing_is_written(
    item_id: str, at_list: Any, dump: Callable
) -> None:
    add(at_list, HOUSE)
    before = dump()["draft"]
    for url in (f"{LIST}/items/{item_id}", f"{LIST}/items/{item_id}/remove"):
        assert at_list.get(url).headers["location"].startswith(LIST)
        assert at_list.submit(url, {"commitment": "x"}).status_code in (303, 409)
    assert dump()["draft"] == before


def test_a_list_is_out_of_reach_of_another_browser_and_without_a_draft(
    at_list: Any, new_browser: Callable, database: Database
) -> None:
    url = add(at_list, HOUSE)
    other = new_browser()
    for path in (LIST, f"{LIST}/add", url, f"{url}/remove", f"{START}/lists/areas"):
        assert other.get(path).headers["location"] == START
    assert NEXT["commitment"] in markup.words(other.submit(url, NEXT))  # not kept, and given back
    assert other.submit(f"{url}/remove").headers["location"] == START
    assert at_list.post(url, data=NEXT).status_code == 403  # no page of ours asked for it
    assert at_list.get(f"{START}/pages/commitments").headers["location"] == START
    assert at_list.submit(f"{START}/pages/commitments", {"commitments": "x"}).status_code == 409
    assert without_id(kept(database)) == [HOUSE]


def test_who_is_writing_an_item_when_the_round_closes_gets_the_words_back(
    at_list: Any, database: Database, open_round: Round
) -> None:
    add(at_list, NEXT)
    url = at_list.get(f"{LIST}/add").headers["location"]
    with database.writing() as session:
        session.get_one(Round, open_round.id).closes_on = date(2020, 1, 1)
        session.commit()
    answer = at_list.submit(url, {"commitment": "A last word."})
    assert answer.status_code == 410
    assert "A last word." in markup.words(answer)
    assert NEXT["commitment"] in markup.words(answer)


def test_a_list_that_is_not_asked_any_more_keeps_what_is_written_and_leads_to_the_sections(
    at_list: Any, fill_in: Callable, answers: dict, database: Database
) -> None:
    fill_in(at_list, answers | {"more-lists": ["needs"]})
    url = at_list.get(f"{START}/lists/needs-list/add").headers["location"]
    at_list.submit(f"{START}/pages/more-lists", {})
    assert at_list.submit(url, {"need": "Five-year money."}).headers["location"] == f"{START}/tasks"
    assert at_list.get(f"{START}/lists/needs-list").headers["location"] == f"{START}/tasks"
    with database.reading() as session:
        assert without_id(session.exec(select(Draft.answers)).one()["needs-list"]) == [{"need": "Five-year money."}]


def test_after_sending_every_page_of_a_list_says_that_it_was_sent(at_list: Any) -> None:
    url = add(at_list, HOUSE)
    at_list.submit(CHECK)
    for answer in (at_list.get(LIST), at_list.get(url), at_list.submit(LIST), at_list.submit(f"{url}/remove")):
        assert "already been sent" in markup.words(answer)
    late = markup.words(at_list.submit(url, NEXT))
    assert "already been sent" in late
    assert NEXT["commitment"] in late


# -- From the check to staff ------------------------------------------------------------------------


def test_the_check_shows_each_item_and_leads_back_to_itself(at_list: Any) -> None:
    add(at_list, HOUSE)
    page = at_list.get(CHECK)
    assert "Commitment 1" in markup.words(page)
    assert "by spring 2027" in markup.words(page)
    assert f"{LIST}?check=1" in markup.tree(page).xpath("//main//a/@href")
    listed = at_list.get(f"{LIST}?check=1")
    assert markup.back(listed) == CHECK
    [change_url, _, add_url] = markup.tree(listed).xpath('//*[@class="fl_items"]//a/@href | //a[@id="add"]/@href')
    assert change_url.endswith("?check=1")
    assert at_list.submit(at_list.get(add_url).headers["location"], NEXT).headers["location"] == f"{LIST}?check=1"
    assert at_list.submit(f"{LIST}?check=1").headers["location"] == CHECK


def test_a_child_named_in_an_item_is_advised_of(at_list: Any) -> None:
    add(at_list, {"commitment": "A house for my son Liam."})
    for url in (LIST, CHECK):
        assert "son Liam" in markup.words(at_list.get(url), '//*[@id="advice"]')


def test_what_is_listed_becomes_passages_that_know_their_item(at_list: Any, database: Database) -> None:
    add(at_list, HOUSE)
    add(at_list, NEXT)
    ids = [item["id"] for item in kept(database)]
    receipt = at_list.get(at_list.submit(CHECK).headers["location"])
    with database.reading() as session:
        passages = session.exec(select(Passage).where(Passage.list_id == "commitments")).all()
        [submission] = session.exec(select(Submission)).all()
        rows = items.of_submission(session, submission.id)
    assert [(one.item_id, one.item_number, one.question_id, one.concern, one.text) for one in passages] == [
        (ids[0], 1, "commitment", "good-childhood", HOUSE["commitment"]),
        (ids[1], 2, "commitment", None, NEXT["commitment"]),
    ]
    assert {one.question for one in passages} == {"What do you plan to do?"}
    assert [(row.listing.id, row.item_id, row.number, row.answers) for row in rows] == [
        ("commitments", ids[0], 1, HOUSE),
        ("commitments", ids[1], 2, NEXT),
    ]
    [_, copy] = markup.tree(receipt).xpath("//a[@download]/@href")
    lines = [line.text for line in docx.Document(BytesIO(at_list.get(copy).content)).paragraphs]
    at = lines.index("Commitment 1")
    assert lines[at : at + 7] == [
        "Commitment 1",
        *("What do you plan to do?", HOUSE["commitment"]),
        *("Which action of the plan is it part of?", "Brothers and Sisters"),
        *("By when?", "by spring 2027"),
    ]


def test_staff_see_beside_the_words_what_was_said_of_the_item(
    staff_browser: Any, receive: Callable, database: Database
) -> None:
    receive(commitments=[HOUSE, NEXT])
    with database.reading() as session:
        source_id = session.exec(select(Source.id)).one()
    page = staff_browser.get(f"/staff/sources/{source_id}")
    first, second = (
        re.sub(r"\s+", " ", one.text_content())
        for one in markup.tree(page).xpath('//section[@class="fl_passage"]')[-2:]
    )
    assert all(words in first for words in ("Commitment 1", "A Good Childhood", "by spring 2027"))
    assert "Commitment 2" in second
    assert "I do not know" in second
    assert "spring" not in second


def test_the_questions_are_told_beforehand_on_the_page_and_on_paper(browser: Any) -> None:
    page = markup.words(browser.get(f"{START}/questions"))
    assert "You can list up to 20 commitments" in page
    assert "Who will you do it with?" in page
    document = docx.Document(BytesIO(browser.get(f"{START}/questions.docx").content))
    asked = [line.text for line in document.paragraphs if line.style.name == "Heading 3"]
    first = asked.index("What do you plan to do?")
    assert asked[first + 1] == "Which action of the plan is it part of? (optional)"


def test_a_program_sends_items_as_objects(browser: Any, new_token: Callable, answers: dict, database: Database) -> None:
    headers = new_token("submitter") | {"Idempotency-Key": "one"}
    sent = {"questionnaire": "keeping-the-promise", "answers": {**answers, "commitments": [HOUSE, NEXT]}}
    first = browser.post("/api/submissions", json=sent, headers=headers)
    assert first.status_code == 201
    assert browser.post("/api/submissions", json=sent, headers=headers).json()["reference"] == first.json()["reference"]
    with database.reading() as session:
        [submission] = session.exec(select(Submission)).all()
        rows = items.of_submission(session, submission.id)
    assert [(row.item_id, row.answers) for row in rows] == [("1", HOUSE), ("2", NEXT)]


def test_a_program_is_told_which_item_and_question_is_wrong(browser: Any, new_token: Callable, answers: dict) -> None:
    headers = new_token("submitter") | {"Idempotency-Key": "one"}
    wrong = {**answers, "commitments": [HOUSE, {"commitment-due": "soon"}]}
    sent = {"questionnaire": "keeping-the-promise", "answers": wrong}
    answer = browser.post("/api/submissions", json=sent, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {
            "question": "commitments",
            "item": 2,
            "part": "commitment",
            "message": "Commitment 2: Say what you plan to do",
        }
    ]
    described = json.dumps(browser.get("/api/openapi.json").json()["components"]["schemas"]["NewSubmission"])
    assert '"type": "object"' in described.partition('"answers"')[2]
