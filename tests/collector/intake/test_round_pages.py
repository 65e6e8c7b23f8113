"""Rounds set up, changed and closed by staff, and what respondents see of it from one midnight to another."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import markup
import pytest
from sqlmodel import select

from collector import dates
from collector.database import Database
from collector.intake import invitations, progress, round_changes, rounds, versions
from collector.intake.models import Invitation, PublishedQuestionnaire, Round, RoundChange
from forms import definitions, questionnaire
from tests.collector.web.test_plain_words import LONGEST_SENTENCE, OLDEST_READER, reading_age, sentences

ROUNDS, NEW = "/staff/rounds", "/staff/rounds/new"
START = "/questionnaires/keeping-the-promise"
SHIPPED = f"keeping-the-promise_v{questionnaire.load('keeping-the-promise').version}"
SUMMER, WINTER = date(2027, 7, 15), date(2027, 1, 15)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Sets the clock of rounds."""

    def set_to(moment: datetime) -> None:
        for module in (rounds, round_changes, invitations, progress):
            monkeypatch.setattr(module, "now", lambda: moment)

    return set_to


def fields(**changes: Any) -> dict[str, Any]:
    return {"title": "Spring", "questionnaire": SHIPPED, "slug": "round-of-a-test", **changes}


def typed(day: date) -> list[str]:
    return [str(day.day), f"{day:%B}", str(day.year)]


def only_new(database: Database) -> Round:
    with database.reading() as session:
        return session.exec(select(Round).where(Round.slug != "first-round")).one()


def take_out(database: Database, open_round: Round) -> None:
    with database.writing() as session:
        session.delete(session.get_one(Round, open_round.id))
        session.commit()


def changes_of(database: Database) -> list[tuple[str, str, str]]:
    with database.reading() as session:
        return [(one.what, one.before, one.after) for one in session.exec(select(RoundChange).order_by(RoundChange.id))]


# -- Set up ---------------------------------------------------------------------------------------


def test_a_round_set_up_for_today_is_open_at_once_and_listed(staff_browser: Any, database: Database) -> None:
    today, last = rounds.local_date(), rounds.local_date() + timedelta(days=40)
    sent = staff_browser.submit(NEW, fields(opens=typed(today), closes=typed(last)))
    round_ = only_new(database)
    assert sent.headers["location"] == f"{ROUNDS}/{round_.id}"
    assert rounds.is_open(round_)
    page = staff_browser.get(sent.headers["location"])
    assert "Open" in markup.title(page)
    assert f"midnight at the end of {dates.in_words(last)}, UK time" in markup.words(page)
    assert "Spring" in markup.words(staff_browser.get(ROUNDS), "//table[1]")


def test_pressing_save_twice_sets_up_one_round(staff_browser: Any, database: Database) -> None:
    today = typed(rounds.local_date())
    first, second = (staff_browser.submit(NEW, fields(opens=today)) for _ in range(2))
    assert first.headers["location"] == second.headers["location"]
    assert only_new(database).title == "Spring"


@pytest.mark.parametrize(
    ("changes", "at_field", "told"),
    [
        ({"title": " "}, "#title", "Enter a title"),
        ({"questionnaire": "none_v1"}, "#questionnaire", "Choose from the answers shown"),
        ({"opens": ["", "", ""]}, "#opens", "Enter the day it opens"),
        ({"opens": ["31", "2", "2090"]}, "#opens", "this month has no such day"),
        ({"opens": ["1", "1", "2020"]}, "#opens", "or later"),
        ({"closes": ["1", "", "2090"]}, "#closes", "Add the month to the date"),
        ({"closes": ["31", "12", "2089"]}, "#closes", "not before the opening date"),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_nothing_typed_is_lost(
    changes: dict, at_field: str, told: str, staff_browser: Any, database: Database
) -> None:
    sent = fields(title="Kept as typed", opens=["1", "1", "2090"]) | changes
    page = staff_browser.submit(NEW, sent)
    assert page.status_code == 422
    assert told in markup.problems(page)[at_field]
    assert markup.words(page, "//title").startswith("Error: ")
    assert markup.typed(page, "title") == sent["title"]
    inputs = [one.get("value") for one in markup.tree(page).xpath('//input[@name="opens"]')]
    assert inputs == sent["opens"]
    assert markup.typed(page, "slug") == "round-of-a-test"
    with database.reading() as session:
        assert [one.slug for one in session.exec(select(Round))] == ["first-round"]


def test_a_file_with_mistakes_or_changed_after_it_was_published_cannot_be_chosen(
    staff_browser: Any, database: Database, open_round: Round, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = questionnaire.FOLDER / "keeping-the-promise.yaml"
    changed = shipped.read_text("utf-8").replace("title: Keeping the promise", "title: Keeping it", 1)
    (tmp_path / "keeping-the-promise.yaml").write_text(changed, "utf-8")
    (tmp_path / "broken.yaml").write_text("slug: broken", "utf-8")
    other = definitions.read(shipped).content | {"slug": "other", "title": "Another questionnaire"}
    (tmp_path / "other.yaml").write_text(definitions.written(other), "utf-8")
    monkeypatch.setattr(versions.questionnaires, "FOLDER", tmp_path)
    page = staff_browser.get(NEW)
    choices = [one.get("value") for one in markup.tree(page).xpath('//input[@name="questionnaire"]')]
    assert choices == ["other_v1", SHIPPED]
    assert "broken.yaml has mistakes" in markup.words(page)
    assert "keeping-the-promise.yaml was changed after its version was published" in markup.words(page)
    staff_browser.submit(NEW, fields(questionnaire="other_v1", opens=typed(rounds.local_date())))
    with database.reading() as session:
        assert set(session.exec(select(PublishedQuestionnaire.slug))) == {"keeping-the-promise", "other"}


def test_an_auditor_sees_rounds_and_no_way_to_change_them(as_person: Callable, open_round: Round) -> None:
    browser = as_person("auditor")
    for url in (ROUNDS, f"{ROUNDS}/{open_round.id}"):
        page = browser.get(url)
        assert page.status_code == 200
        assert not markup.tree(page).xpath('//main//form[@method="post"] | //main//a[contains(@href, "/change")]')
        assert not markup.tree(page).xpath(f'//main//a[@href="{NEW}"]')


# -- From one midnight to another -----------------------------------------------------------------


@pytest.mark.parametrize(("day", "offset"), [(SUMMER, 1), (WINTER, 0)])
def test_a_round_is_open_from_midnight_to_midnight_in_london(
    day: date, offset: int, at: Callable, staff_browser: Any, browser: Any, database: Database, open_round: Round
) -> None:
    take_out(database, open_round)
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=offset)
    at(midnight - timedelta(days=3))
    staff_browser.submit(NEW, fields(opens=typed(day), closes=typed(day)))

    at(midnight - timedelta(seconds=1))
    page = browser.get(START)
    assert (page.status_code, "You can answer from" in page.text) == (200, True)
    assert dates.in_words(day) in markup.words(page)
    for url in ("/pages/respondent", "/questions", "/questions.pdf", "/tasks", "/check"):
        assert browser.get(START + url).headers["location"] == START
    early = browser.submit(f"{START}/pages/respondent", {"respondent": "individual"})
    assert early.headers["location"] == START
    assert "Opens on" in markup.words(browser.get("/"))
    assert browser.get("/api/questionnaires/keeping-the-promise").status_code == 404

    at(midnight)
    sent = browser.submit(f"{START}/pages/respondent", {"respondent": "individual"})
    assert "/pages/" in sent.headers["location"]
    at(midnight + timedelta(days=1, seconds=-1))
    assert browser.get(START).status_code == 200
    at(midnight + timedelta(days=1))
    page = browser.get(START)
    assert page.status_code == 410
    assert f"until the end of {dates.in_words(day)}" in markup.words(page)


def test_what_is_said_before_a_round_opens_and_in_its_mails_can_be_read_at_11(
    staff_browser: Any, browser: Any, open_round: Round, database: Database
) -> None:
    with database.writing() as session:
        invitations.add(session, open_round, [invitations.Guest("office@example.org", name="Fife Council")])
        session.commit()
    url = f"{ROUNDS}/{open_round.id}"
    mails = [markup.words(staff_browser.get(f"{url}/invitations"), '//*[@class="fl_words fl_letter__text"]')]
    with database.writing() as session:
        [invitation] = session.exec(select(Invitation))
        invitation.invited_at = datetime(2020, 1, 1, tzinfo=UTC)
        session.commit()
    mails.append(markup.words(staff_browser.get(f"{url}/reminders"), '//*[@class="fl_words fl_letter__text"]'))
    staff_browser.submit(f"{url}/close")
    staff_browser.submit(NEW, fields(opens=["1", "1", "2090"], closes=["1", "2", "2090"]))
    told = sentences(browser.get(START).text)
    for mail in mails:
        assert "Fife Council" in mail
        told += sentences(f"<html><body><main>{re.sub(r'https?://[^ ]+', '', mail)}</main></body></html>")
    assert reading_age(told) <= OLDEST_READER
    assert [sentence for sentence in told if len(sentence) > LONGEST_SENTENCE] == []


def test_a_program_cannot_send_to_a_round_to_come(
    at: Callable,
    staff_browser: Any,
    browser: Any,
    new_token: Callable,
    answers: dict,
    database: Database,
    open_round: Any,
) -> None:
    take_out(database, open_round)
    staff_browser.submit(NEW, fields(opens=["1", "1", "2090"]))
    headers = {**new_token("submitter"), "Idempotency-Key": "early"}
    body = {"questionnaire": "keeping-the-promise", "answers": answers}
    assert browser.post("/api/submissions", json=body, headers=headers).status_code == 422


def test_who_has_a_draft_in_a_closed_round_still_reads_it_while_the_next_is_to_come(
    browser: Any, new_browser: Callable, fill_in: Callable, staff_browser: Any, open_round: Round
) -> None:
    fill_in(browser)
    staff_browser.submit(f"{ROUNDS}/{open_round.id}/close")
    staff_browser.submit(NEW, fields(opens=["1", "1", "2090"]))
    assert "Nobody funds the post after March." in browser.get(START).text
    assert "You can answer from 1 January 2090" in new_browser().get(START).text


# -- Change and close -----------------------------------------------------------------------------


def change_url(round_: Round) -> str:
    return f"{ROUNDS}/{round_.id}/change"


def test_a_change_is_kept_with_who_made_it(staff_browser: Any, open_round: Round, database: Database) -> None:
    page = staff_browser.get(change_url(open_round))
    assert markup.typed(page, "title") == "First round"
    assert not markup.tree(page).xpath('//input[@name="opens"]')
    sent = fields(title="First round", revision=markup.typed(page, "revision"), closes=["31", "March", "2090"])
    assert staff_browser.submit(change_url(open_round), sent).status_code == 303
    assert changes_of(database) == [("Closing date", "no closing date", "31 March 2090")]
    history = markup.words(staff_browser.get(f"{ROUNDS}/{open_round.id}"), '//*[@class="fl_history"]')
    assert "no closing date → 31 March 2090" in history
    assert "The reviewer" in history


def test_of_two_who_change_a_round_at_once_the_second_is_told_and_loses_nothing(
    staff_browser: Any, open_round: Round, database: Database
) -> None:
    seen = markup.typed(staff_browser.get(change_url(open_round)), "revision")
    staff_browser.submit(change_url(open_round), fields(title="Theirs", revision=seen))
    page = staff_browser.submit(change_url(open_round), fields(title="Mine", revision=seen, closes=["1", "2", "2090"]))
    assert page.status_code == 422
    assert "Somebody else changed this round" in markup.words(page)
    assert "First round → Theirs" in markup.words(page)
    assert markup.typed(page, "title") == "Mine"
    with database.reading() as session:
        assert session.get_one(Round, open_round.id).title == "Theirs"
    again = fields(title="Mine", revision=markup.typed(page, "revision"), closes=["1", "2", "2090"])
    assert staff_browser.submit(change_url(open_round), again).status_code == 303
    with database.reading() as session:
        assert session.get_one(Round, open_round.id).title == "Mine"


@pytest.mark.parametrize("revision", ["", "x", "-1", "9" * 30])
def test_a_form_without_its_revision_changes_nothing(
    revision: str, staff_browser: Any, open_round: Round, database: Database
) -> None:
    page = staff_browser.submit(change_url(open_round), fields(title="Other", revision=revision))
    assert page.status_code == 422
    assert changes_of(database) == []


def test_a_round_closed_now_takes_nothing_more_and_can_be_opened_again(
    staff_browser: Any, browser: Any, open_round: Round, database: Database
) -> None:
    url = f"{ROUNDS}/{open_round.id}/close"
    assert "Close “First round”" in markup.title(staff_browser.get(url))
    assert browser.get(START).status_code == 200
    for _ in range(2):
        assert staff_browser.submit(url).status_code == 303
    assert [what for what, _, _ in changes_of(database)] == ["Closed"]
    page = browser.get(START)
    assert page.status_code == 410
    assert f"It took answers until {dates.in_words(rounds.local_date())} at" in markup.words(page)
    form = staff_browser.get(change_url(open_round))
    assert markup.title(form) == "Open this round again"
    staff_browser.submit(change_url(open_round), fields(title="First round", revision=markup.typed(form, "revision")))
    assert browser.get(START).status_code == 200
    assert changes_of(database)[-1] == ("Open", "closed early", "open again")


def test_a_round_called_off_before_it_opened_never_was(
    staff_browser: Any, browser: Any, database: Database, open_round: Round
) -> None:
    take_out(database, open_round)
    staff_browser.submit(NEW, fields(opens=["1", "1", "2090"]))
    url = f"{ROUNDS}/{only_new(database).id}"
    assert "Call off" in markup.title(staff_browser.get(f"{url}/close"))
    staff_browser.submit(f"{url}/close")
    assert browser.get(START).status_code == 404
    assert "Called off" in markup.words(staff_browser.get(ROUNDS))
    form = staff_browser.get(f"{url}/change")
    again = fields(revision=markup.typed(form, "revision"), opens=typed(rounds.local_date()))
    assert staff_browser.submit(f"{url}/change", again).status_code == 303
    assert browser.get(START).status_code == 200


def test_an_open_round_keeps_its_questionnaire_and_may_get_a_new_version_of_it(
    staff_browser: Any, open_round: Round, database: Database, browser: Any, fill_in: Callable
) -> None:
    fill_in(browser)
    form = questionnaire.load("keeping-the-promise")
    with database.writing() as session:
        newer = questionnaire.Questionnaire.from_definition(form.definition | {"version": form.version + 1})
        rounds.publish(session, newer)
        other = questionnaire.Questionnaire.from_definition(form.definition | {"slug": "other"})
        rounds.publish(session, other)
        session.commit()
    page = staff_browser.get(change_url(open_round))
    choices = [one.get("value") for one in markup.tree(page).xpath('//input[@name="questionnaire"]')]
    assert choices == [f"keeping-the-promise_v{form.version + 1}", SHIPPED]
    sent = fields(title="First round", revision=markup.typed(page, "revision"), questionnaire=choices[0])
    assert staff_browser.submit(change_url(open_round), sent).status_code == 303
    # Whoever began with the earlier version goes on with it, and sends it.
    assert browser.submit(f"{START}/check").headers["location"].startswith("/receipts/")


def test_nobody_changes_a_sample_round(staff_browser: Any, database: Database, open_round: Round) -> None:
    with database.writing() as session:
        session.get_one(Round, open_round.id).sample = True
        session.commit()
    url = f"{ROUNDS}/{open_round.id}"
    assert staff_browser.get(url).status_code == 200
    for way in ("change", "close", "invite", "paste", "invitations", "reminders"):
        assert staff_browser.get(f"{url}/{way}").status_code == 404
        assert staff_browser.submit(f"{url}/{way}").status_code == 404


# -- The share coded blind ----------------------------------------------------------------------------


def test_the_share_coded_blind_is_set_for_a_round_and_told_in_its_history(
    staff_browser: Any, open_round: Round, database: Database
) -> None:
    url = f"{ROUNDS}/{open_round.id}/change"
    form = staff_browser.get(url)
    assert [markup.typed(form, name) for name in ("blind-share", "blind-double")] == ["", ""]
    sent = {"title": "First round", "questionnaire": SHIPPED, "revision": "1", "blind-share": "12.5"}
    assert staff_browser.submit(url, {**sent, "blind-double": "0"}).status_code == 303
    with database.reading() as session:
        round_ = session.get_one(Round, open_round.id)
        assert (round_.blind_share, round_.blind_double) == (0.125, 0.0)
    assert ("Share coded blind", "the usual share", "12.5 %") in changes_of(database)
    form = staff_browser.get(url)
    assert [markup.typed(form, name) for name in ("blind-share", "blind-double")] == ["12.5", "0"]
    staff_browser.submit(url, {**sent, "revision": "2", "blind-share": "", "blind-double": "0"})
    with database.reading() as session:
        assert session.get_one(Round, open_round.id).blind_share is None


def test_the_share_coded_blind_can_be_set_with_the_round(staff_browser: Any, database: Database) -> None:
    shares = {"blind-share": "40", "blind-double": "25"}
    assert staff_browser.submit(NEW, fields(opens=typed(rounds.local_date())) | shares).status_code == 303
    round_ = only_new(database)
    assert (round_.blind_share, round_.blind_double) == (0.4, 0.25)
    with database.reading() as session:
        told = {one["what"]: (one["before"], one["after"]) for one in round_changes.history(session, round_.id)}
    assert told["Share coded blind"] == ("the usual share", "40 %")
    assert told["Share of those coded by two"] == ("the usual share", "25 %")


@pytest.mark.parametrize("typed_share", ["101", "-1", "ten"])
def test_a_share_is_between_nothing_and_all(typed_share: str, staff_browser: Any, open_round: Round) -> None:
    sent = {"title": "First round", "questionnaire": SHIPPED, "revision": "1", "blind-share": typed_share}
    page = staff_browser.submit(f"{ROUNDS}/{open_round.id}/change", sent)
    assert page.status_code == 422
    assert "#blind-share" in markup.problems(page)
    assert markup.typed(page, "blind-share") == typed_share
