"""The name of an organisation, looked up in a list without a script; what the list holds, and what it never holds."""

from collections.abc import Callable
from typing import Any

import markup
from sqlmodel import select

from collector.database import Database
from collector.intake.models import Draft, Submission
from collector.organisations.models import Organisation

PAGE = "/questionnaires/keeping-the-promise/pages/organisation"
REPORTER = "Scottish Children's Reporter Administration"


def fields(typed: str, **more: str) -> dict[str, str]:
    return {"organisation-name": typed, "organisation-kind": "national_body", **more}


def offered(answer: Any) -> list[str]:
    return markup.tree(answer).xpath('//input[@name="organisation-name--chosen"]/@value')


def name_kept(database: Database) -> str | None:
    with database.reading() as session:
        return session.exec(select(Draft.answers)).one().get("organisation-name")


def begin(browser: Any) -> None:
    browser.submit(PAGE.replace("/organisation", "/respondent"), {"respondent": "organisation"})


def test_a_name_is_looked_up_chosen_and_kept(browser: Any, database: Database) -> None:
    begin(browser)
    answer = browser.submit(PAGE, {"organisation-name": "SCRA", "_find": "organisation-name"})
    assert answer.status_code == 200
    assert markup.title(answer) == "Your organisation"
    assert "Error" not in answer.text
    assert offered(answer) == [REPORTER, ""]
    assert markup.chosen(answer, "organisation-name--chosen") == []
    assert "None of these: use the name as I typed it" in markup.words(answer)
    assert markup.typed(answer, "organisation-name") == "SCRA"
    assert name_kept(database) is None
    chosen = {"organisation-name--sought": "SCRA", "organisation-name--chosen": REPORTER}
    assert browser.submit(PAGE, fields("SCRA", **chosen)).status_code == 303
    assert name_kept(database) == REPORTER
    assert markup.typed(browser.get(PAGE), "organisation-name") == REPORTER


def test_what_was_filled_in_beside_it_stays_while_a_name_is_looked_up(browser: Any) -> None:
    begin(browser)
    answer = browser.submit(PAGE, fields("SCRA", _find="organisation-name"))
    assert markup.chosen(answer, "organisation-kind") == ["national_body"]


def test_a_name_that_was_chosen_stands_in_the_field_when_something_else_is_wrong(browser: Any) -> None:
    begin(browser)
    chosen = {"organisation-name--sought": "SCRA", "organisation-name--chosen": REPORTER}
    answer = browser.submit(PAGE, {"organisation-name": "SCRA", **chosen})
    assert answer.status_code == 422
    assert markup.typed(answer, "organisation-name") == REPORTER


def test_where_the_list_has_none_the_page_says_so_and_the_name_is_kept_as_typed(
    browser: Any, database: Database
) -> None:
    begin(browser)
    answer = browser.submit(PAGE, {"organisation-name": "Kintra Family Centre", "_find": "organisation-name"})
    assert offered(answer) == []
    assert "No name in our list is like this" in markup.words(answer)
    browser.submit(PAGE, fields("Kintra Family Centre"))
    assert name_kept(database) == "Kintra Family Centre"


def test_markup_in_a_name_is_shown_as_it_was_typed(browser: Any) -> None:
    begin(browser)
    odd = '"><script>alert(1)</script> Fife'
    answer = browser.submit(PAGE, {"organisation-name": odd, "_find": "organisation-name"})
    assert markup.typed(answer, "organisation-name") == odd
    assert "<script>alert" not in answer.text


def test_the_enter_key_saves_and_does_not_look_up(browser: Any) -> None:
    begin(browser)
    first = markup.tree(browser.get(PAGE)).xpath('//form[@method="post"]//button')[0]
    assert first.get("name") is None


def test_the_list_never_tells_who_answered(browser: Any, new_browser: Callable, receive: Callable) -> None:
    """Kinnaird Water Council is in the directory because it answered, and in nothing that a stranger can look up."""
    receive()
    assert "Kinnaird" not in browser.get("/organisations.json").text
    begin(browser)
    answer = browser.submit(PAGE, {"organisation-name": "Kinnaird Water", "_find": "organisation-name"})
    assert offered(answer) == []


def test_the_list_is_public_and_may_be_kept_by_browsers(browser: Any) -> None:
    answer = browser.get("/organisations.json")
    assert answer.headers["cache-control"] == "public, max-age=86400"
    names = {spellings[0]: spellings[1:] for spellings in answer.json()}
    assert "SCRA" in names[REPORTER]
    assert "Fife Council" in names


def test_a_name_from_the_list_joins_what_the_same_organisation_sent_before(
    receive: Callable, database: Database
) -> None:
    receive("a", **{"organisation-name": REPORTER})
    receive("b", **{"organisation-name": REPORTER.upper()})
    with database.reading() as session:
        assert session.exec(select(Organisation.name)).all() == [REPORTER]
        assert len(set(session.exec(select(Submission.organisation_id)).all())) == 1


def test_a_partner_is_looked_up_too(browser: Any, fill_in: Callable, database: Database) -> None:
    fill_in(browser)
    url = browser.get("/questionnaires/keeping-the-promise/lists/partners/add").headers["location"]
    answer = browser.submit(url, {"partner-name": "CHS", "_find": "partner-name"})
    assert answer.status_code == 200
    assert (
        markup.tree(answer).xpath('//input[@name="partner-name--chosen"]/@value')[0] == "Children's Hearings Scotland"
    )
    chosen = {"partner-name--sought": "CHS", "partner-name--chosen": "Children's Hearings Scotland"}
    assert browser.submit(url, {"partner-name": "CHS", **chosen}).status_code == 303
    with database.reading() as session:
        [partner] = session.exec(select(Draft.answers)).one()["partners"]
    assert partner["partner-name"] == "Children's Hearings Scotland"
