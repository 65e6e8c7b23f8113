"""Answers on another device and in several hands: links, who may do what, and how one lets go."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import markup
import pytest
import sqlalchemy as sa
from sqlmodel import select

from collector.database import Database, now
from collector.intake import drafts, links, rounds
from collector.intake.models import Draft, DraftHolder, DraftLink, Round, Submission
from collector.mail.models import Mail
from collector.privacy import erasure
from forms import questionnaire
from tests.collector.web.test_plain_words import LONGEST_SENTENCE, OLDEST_READER, reading_age, sentences

START = "/questionnaires/keeping-the-promise"
TASKS, SHARE, LEAVE, FORGET, CHECK = (f"{START}/{page}" for page in ("tasks", "share", "leave", "forget", "check"))
DOING = f"{START}/pages/planning-doing"


def rows(database: Database, table: Any) -> list[Any]:
    with database.reading() as session:
        return list(session.exec(select(table).order_by(table.id)))


def set_all(database: Database, table: Any, **values: Any) -> None:
    with database.writing() as session:
        session.exec(sa.update(table).values(**values))
        session.commit()


def link_from(browser: Any, name: str = "") -> str:
    """Makes a link to copy; returns its path."""
    page = browser.submit(f"{SHARE}/link", {"name": name})
    assert page.status_code == 200
    return re.search(r"http://127\.0\.0\.1:8000(/drafts/[\w-]+)", markup.words(page))[1]


@pytest.fixture
def two(browser: Any, new_browser: Callable, fill_in: Callable) -> tuple[Any, Any]:
    """Aileen, who began a draft, and Morag, who opened her link."""
    fill_in(browser)
    other = new_browser()
    opened = other.submit(link_from(browser, "Aileen"), {"name": "Morag"})
    assert opened.headers["location"] == TASKS
    return browser, other


# -- A link, from the making to the opening ---------------------------------------------------------


def test_a_link_opens_the_answers_in_another_browser_once_and_in_no_third(
    browser: Any, new_browser: Callable, fill_in: Callable, answers: dict
) -> None:
    fill_in(browser)
    link = link_from(browser, "Aileen")
    other = new_browser()
    page = other.get(link)
    assert page.status_code == 200
    assert "Keeping the promise" in markup.words(page)
    assert "Kinnaird" not in page.text  # what is in it is for who presses the button
    assert page.headers["referrer-policy"] == "no-referrer"
    assert other.submit(link, {"name": "Morag"}).headers["location"] == TASKS
    assert answers["planning.doing"] in other.get(CHECK).text
    assert answers["planning.doing"] in browser.get(CHECK).text
    third = new_browser()
    for answer in (third.get(link), third.submit(link)):
        assert (answer.status_code, markup.title(answer)) == (410, "This link has been used")
    assert third.get(CHECK).headers["location"] == START


def test_looking_at_a_link_does_not_use_it_up(browser: Any, new_browser: Callable, fill_in: Callable) -> None:
    fill_in(browser)
    link, other = link_from(browser), new_browser()
    assert {new_browser().get(link).status_code for _ in range(3)} == {200}
    assert new_browser().head(link).status_code == 200
    assert other.submit(link).status_code == 303


def test_who_has_the_answers_and_follows_their_own_link_is_led_to_them_and_the_link_stays(
    browser: Any, new_browser: Callable, fill_in: Callable
) -> None:
    fill_in(browser)
    link = link_from(browser)
    assert browser.get(link).headers["location"] == TASKS
    assert browser.submit(link).headers["location"] == TASKS
    other = new_browser()
    assert other.submit(link).headers["location"] == TASKS
    assert other.get(link).headers["location"] == TASKS  # the same mail, opened again
    assert other.submit(link).headers["location"] == TASKS


def test_a_link_leads_to_its_own_answers_where_the_browser_holds_others_of_a_newer_round(
    browser: Any, open_round: Round, database: Database
) -> None:
    form = questionnaire.load("keeping-the-promise")
    with database.writing() as session:
        rounds.open_round(session, form, slug="later", title="Later round")
        session.commit()
        own = f"/questionnaires/{rounds.own_slug(session, open_round)}"
    for start in (own, START):
        assert browser.submit(f"{start}/pages/respondent", {"respondent": "organisation"}).status_code == 303
    page = browser.submit(f"{own}/share/link")
    link = re.search(r"http://127\.0\.0\.1:8000(/drafts/[\w-]+)", markup.words(page))[1]
    assert browser.get(link).headers["location"] == f"{own}/tasks"
    assert browser.submit(link).headers["location"] == f"{own}/tasks"


def test_two_browsers_that_press_at_once_do_not_both_get_in(
    browser: Any, new_browser: Callable, fill_in: Callable, database: Database
) -> None:
    fill_in(browser)
    for number in range(1, 4):
        link, pair = link_from(browser), [new_browser() for _ in range(4)]
        tokens = [one.form_token() for one in pair]
        with ThreadPoolExecutor(4) as pool:
            presses = [
                pool.submit(one.post, link, data={"_csrf": token}) for one, token in zip(pair, tokens, strict=True)
            ]
        assert sorted(press.result().status_code for press in presses) == [303, 410, 410, 410]
        assert len(rows(database, DraftHolder)) == 1 + number


def test_a_button_pressed_twice_at_once_makes_one_holder(
    browser: Any, new_browser: Callable, fill_in: Callable, database: Database
) -> None:
    fill_in(browser)
    link, other = link_from(browser), new_browser()
    token = other.form_token()
    with ThreadPoolExecutor(3) as pool:
        presses = [pool.submit(other.post, link, data={"_csrf": token}) for _ in range(3)]
    assert {press.result().headers.get("location") for press in presses} == {TASKS}
    assert len(rows(database, DraftHolder)) == 2


@pytest.mark.parametrize(
    ("state", "status", "title"),
    [
        ("expired", 410, "This link is too old"),
        ("stopped", 410, "This link is too old"),
        ("sent", 410, "These answers have been sent"),
        ("deleted", 410, "These answers are no longer here"),
        ("draft expired", 410, "These answers are no longer here"),
        ("draft swept", 410, "These answers are no longer here"),
        ("closed", 410, "This questionnaire has closed"),
        ("cut short", 404, "This link is not right"),
    ],
)
def test_a_link_that_opens_nothing_says_why(
    state: str, status: int, title: str, browser: Any, new_browser: Callable, fill_in: Callable, database: Database
) -> None:
    fill_in(browser)
    link = link_from(browser)
    if state == "expired":
        set_all(database, DraftLink, expires_at=now())
    elif state == "stopped":
        browser.submit(f"{SHARE}/stop")
    elif state == "sent":
        assert browser.submit(CHECK).status_code == 303
    elif state == "deleted":
        browser.submit(FORGET)
    elif state.startswith("draft"):
        set_all(database, Draft, expires_at=now())
    elif state == "closed":
        set_all(database, Round, closes_on=date(2026, 1, 31))
    if state == "draft swept":
        with database.writing() as session:
            drafts.forget_expired(session)
            session.commit()
    link = link[:-1] if state == "cut short" else link
    other = new_browser()
    for answer in (other.get(link), other.submit(link)):
        assert (answer.status_code, markup.title(answer)) == (status, title)
        assert answer.headers["referrer-policy"] == "no-referrer"
    assert other.cookies["visitor"]
    assert other.get(CHECK).headers.get("location") == START or state == "closed"
    assert "Parents chair it" not in other.get(CHECK).text


def test_a_link_never_outlives_the_answers(browser: Any, fill_in: Callable, database: Database) -> None:
    fill_in(browser)
    link_from(browser)
    set_all(database, Draft, expires_at=now() + timedelta(days=2))
    link_from(browser)
    long, short = (one.expires_at - now() for one in rows(database, DraftLink))
    assert timedelta(days=6) < long <= timedelta(days=7)
    assert timedelta(days=1) < short <= timedelta(days=2)


def test_the_secret_of_a_link_is_kept_as_a_hash_alone(browser: Any, fill_in: Callable, dump: Callable) -> None:
    fill_in(browser)
    secret = link_from(browser).rpartition("/")[2]
    assert secret not in repr(dump())


def test_a_name_that_is_none_comes_back_and_the_link_is_not_used_up(
    browser: Any, new_browser: Callable, fill_in: Callable
) -> None:
    fill_in(browser)
    link, other = link_from(browser), new_browser()
    answer = other.submit(link, {"name": "m" * 61})
    assert answer.status_code == 422
    assert "Shorten your answer by 1 character" in markup.problems(answer)["#name"]
    assert markup.typed(answer, "name") == "m" * 61
    assert other.submit(link, {"name": "M"}).headers["location"] == TASKS


# -- A browser that has answers of its own ----------------------------------------------------------


def test_who_has_answers_of_their_own_keeps_them_and_the_link_stays(
    browser: Any, new_browser: Callable, fill_in: Callable, answers: dict
) -> None:
    fill_in(browser)
    other = new_browser()
    fill_in(other, {**answers, "organisation-name": "Kintra Trust"})
    link = link_from(browser)
    assert markup.title(other.get(link)) == "You have your own answers here"
    pressed = other.submit(link)
    assert (pressed.status_code, markup.title(pressed)) == (409, "You have your own answers here")
    assert "Kintra Trust" in other.get(CHECK).text
    own_link = link_from(other)  # the way out that is told: make a link to them, take them off, open the other one
    assert other.submit(LEAVE).status_code == 200
    assert other.submit(link).headers["location"] == TASKS
    assert "Kinnaird Water Council" in other.get(CHECK).text
    third = new_browser()
    third.submit(own_link)
    assert "Kintra Trust" in third.get(CHECK).text


def test_who_has_sent_answers_can_open_a_link_and_keeps_the_receipt(
    browser: Any, new_browser: Callable, fill_in: Callable, answers: dict
) -> None:
    fill_in(browser)
    other = new_browser()
    fill_in(other, {**answers, "organisation-name": "Kintra Trust"})
    receipt = other.submit(CHECK).headers["location"]
    link = link_from(browser)
    assert markup.tree(other.get(link)).xpath(f'//a[@href="{receipt}"]')
    assert other.submit(link).headers["location"] == TASKS
    assert "Kinnaird Water Council" in other.get(CHECK).text
    assert other.get(receipt).status_code == 200


def test_own_answers_whose_day_has_come_are_not_in_the_way_of_a_link(
    browser: Any, new_browser: Callable, fill_in: Callable, database: Database
) -> None:
    fill_in(browser)
    other = new_browser()
    fill_in(other)
    with database.writing() as session:  # the sweep has not come by yet
        session.exec(sa.update(Draft).where(Draft.id == 2).values(expires_at=now()))
        session.commit()
    assert other.submit(link_from(browser)).headers["location"] == TASKS


# -- By e-mail --------------------------------------------------------------------------------------


def test_a_link_goes_out_by_mail_and_opens_the_answers(
    browser: Any, new_browser: Callable, fill_in: Callable, database: Database
) -> None:
    fill_in(browser)
    answer = browser.submit(f"{SHARE}/email", {"email": " Morag@kintra.example.org ", "name": "Aileen"})
    assert answer.headers["location"] == f"{SHARE}?sent=1"
    assert "The e-mail is written" in markup.words(browser.get(f"{SHARE}?sent=1"))
    [mail] = rows(database, Mail)
    assert (mail.kind, mail.to_address) == ("draft-link", "Morag@kintra.example.org")
    assert "Aileen" not in repr(mail.words)  # nothing that somebody typed goes out to an address that they typed
    other = new_browser()
    assert other.submit(mail.words["path"]).headers["location"] == TASKS


@pytest.mark.parametrize("email", ["", " ", "no address", "a@b", "a@example.org\nBcc: b@example.org", "é" * 300])
def test_an_address_that_is_none_comes_back_and_nothing_is_sent(
    email: str, browser: Any, fill_in: Callable, dump: Callable
) -> None:
    fill_in(browser)
    before = dump()
    answer = browser.submit(f"{SHARE}/email", {"email": email, "name": "Aileen"})
    assert answer.status_code == 422
    assert "#email" in markup.problems(answer)
    assert markup.typed(answer, "name") == "Aileen"
    assert dump() == before


def test_links_are_few_for_one_draft_a_day(browser: Any, fill_in: Callable, database: Database) -> None:
    fill_in(browser)
    for number in range(links.MOST_OF_A_DRAFT):
        assert browser.submit(f"{SHARE}/email", {"email": f"one{number}@example.org"}).status_code == 303
    for way in ("email", "link"):
        answer = browser.submit(f"{SHARE}/{way}", {"email": "more@example.org"})
        assert (answer.status_code, "tomorrow" in markup.problems(answer)["#email"]) == (422, True)
    assert len(rows(database, DraftLink)) == len(rows(database, Mail)) == links.MOST_OF_A_DRAFT
    set_all(database, DraftLink, made_at=now() - timedelta(days=1, minutes=1))
    assert browser.submit(f"{SHARE}/link").status_code == 200


def test_one_address_gets_few_links_a_day_from_whatever_drafts_also_deleted_ones(
    new_browser: Callable, fill_in: Callable, database: Database
) -> None:
    for number in range(links.MOST_TO_AN_ADDRESS + 1):
        browser = new_browser()
        fill_in(browser)
        answer = browser.submit(
            f"{SHARE}/email", {"email": "Somebody@example.org" if number % 2 else "somebody@Example.org"}
        )
        browser.submit(FORGET)
    assert answer.status_code == 422
    assert "Several links were sent to this address today" in markup.problems(answer)["#email"]
    assert len(rows(database, Mail)) == links.MOST_TO_AN_ADDRESS


def test_there_is_nothing_to_share_without_a_draft_or_after_sending(browser: Any, fill_in: Callable) -> None:
    for answer in (browser.get(SHARE), browser.submit(f"{SHARE}/email"), browser.submit(f"{SHARE}/link")):
        assert answer.headers["location"] == START
    fill_in(browser)
    browser.submit(CHECK)
    for answer in (browser.get(SHARE), browser.submit(f"{SHARE}/link"), browser.get(LEAVE), browser.submit(LEAVE)):
        assert markup.title(answer) == "These answers have already been sent"


# -- Several who hold it ----------------------------------------------------------------------------


def test_who_saved_last_is_named_to_everybody(two: tuple) -> None:
    aileen, morag = two
    morag.submit(f"{START}/pages/planning-needs", {"planning.needs": "A post."})
    for page in (TASKS, CHECK, DOING):
        assert "by Morag" in markup.words(aileen.get(page))
        assert "by you" in markup.words(morag.get(page))
    holders = markup.words(aileen.get(SHARE))
    assert "You, in this browser (Aileen)" in holders
    assert "Morag, since" in holders


def test_who_gave_no_name_is_a_colleague_and_who_is_alone_is_not_named(
    browser: Any, new_browser: Callable, fill_in: Callable
) -> None:
    fill_in(browser)
    assert " by " not in markup.words(browser.get(DOING), '//*[@class="fl_saved"]')
    other = new_browser()
    other.submit(link_from(browser))
    assert "by a colleague" in markup.words(other.get(DOING), '//*[@class="fl_saved"]')
    assert "by you" in markup.words(browser.get(DOING), '//*[@class="fl_saved"]')


def test_a_colleague_sends_once_for_all_and_all_find_the_receipt(two: tuple, database: Database) -> None:
    aileen, morag = two
    receipts = {one.submit(CHECK, shown_on(one)).headers["location"] for one in (morag, aileen)}
    assert len(receipts) == len(rows(database, Submission)) == 1
    [receipt] = receipts
    assert markup.tree(aileen.get(TASKS)).xpath(f'//a[@href="{receipt}"]')
    assert aileen.get(f"{receipt}/answers.docx").status_code == 200


def shown_on(browser: Any, url: str = CHECK) -> dict[str, list[str]]:
    """The hidden fields of a page's form, as a browser would post them."""
    fields = markup.tree(browser.get(url)).xpath('//main//form//input[@type="hidden"]')
    return {one.get("name"): [one.get("value")] for one in fields}


def test_who_begins_again_after_sending_leaves_the_receipt_to_colleagues(two: tuple, database: Database) -> None:
    aileen, morag = two
    morag.submit(CHECK, shown_on(morag))
    assert morag.submit(f"{START}/pages/respondent?again=1", {"respondent": "individual"}).status_code == 303
    assert "already been sent" in markup.words(aileen.get(TASKS))
    assert "2 of" not in markup.words(aileen.get(TASKS))
    assert markup.title(morag.get(TASKS)) == "Your answers so far"
    assert len(rows(database, Draft)) == 2


def test_deleting_says_that_it_is_for_all_and_is(two: tuple, database: Database) -> None:
    aileen, morag = two
    asked = morag.get(FORGET)
    assert markup.title(asked) == "Delete the answers for everyone?"
    assert "here and in 1 other browser" in markup.words(asked)
    assert "Nobody else who had the answers" in markup.words(morag.submit(FORGET))
    assert aileen.get(TASKS).headers["location"] == START
    assert rows(database, Draft) == rows(database, DraftHolder) == []


def test_leaving_takes_the_answers_off_one_device_and_leaves_them_on_the_others(
    two: tuple, answers: dict, database: Database
) -> None:
    aileen, morag = two
    assert markup.title(morag.get(LEAVE)) == "Take the answers off this device?"
    assert markup.title(morag.submit(LEAVE)) == "The answers are off this device"
    assert morag.get(TASKS).headers["location"] == START
    assert answers["planning.doing"] in aileen.get(CHECK).text
    for answer in (aileen.get(LEAVE), aileen.submit(LEAVE)):  # the last one is held back
        assert markup.title(answer) == "Make a link first"
    assert len(rows(database, DraftHolder)) == 1
    link = link_from(aileen)
    assert markup.title(aileen.submit(LEAVE)) == "The answers are off this device"
    assert morag.submit(link).headers["location"] == TASKS
    assert answers["planning.doing"] in morag.get(CHECK).text


def test_two_who_leave_at_once_do_not_lock_everybody_out(two: tuple, database: Database) -> None:
    tokens = [one.form_token() for one in two]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda one, token: one.post(LEAVE, data={"_csrf": token}), two, tokens))
    assert len(rows(database, DraftHolder)) == 1


def test_a_day_that_has_come_takes_the_draft_its_holders_and_its_old_links(two: tuple, database: Database) -> None:
    set_all(database, Draft, expires_at=now())
    set_all(database, DraftLink, expires_at=now() - timedelta(days=2))
    with database.writing() as session:
        drafts.forget_expired(session)
        links.forget_old(session)
        session.commit()
    assert rows(database, Draft) == rows(database, DraftHolder) == rows(database, DraftLink) == []


def test_erasing_a_round_takes_out_who_held_its_drafts(two: tuple, database: Database) -> None:
    set_all(database, Round, sample=True)
    with database.writing() as session:
        erasure.erase_sample(session)
    assert rows(database, Draft) == rows(database, DraftHolder) == rows(database, Round) == []


def test_a_browser_that_is_no_holder_reaches_nothing_of_a_shared_draft(
    two: tuple, new_browser: Callable, dump: Callable
) -> None:
    stranger = new_browser()
    stranger.get(START)
    before = dump()
    for url in (f"{SHARE}/email", f"{SHARE}/link", f"{SHARE}/stop", LEAVE, FORGET, DOING, CHECK):
        assert stranger.submit(url, {"email": "a@example.org"} if url.startswith(SHARE) else {}).status_code == 303
    assert dump() == before


def test_what_is_said_to_colleagues_can_be_read_at_11(two: tuple, new_browser: Callable, fill_in: Callable) -> None:
    aileen, morag = two
    link, other = link_from(aileen), new_browser()
    pages = [*(morag.get(url) for url in (TASKS, SHARE, LEAVE, FORGET)), other.get(link), other.get(link[:-1])]
    opened = shown_on(aileen, DOING)
    morag.submit(DOING, {**shown_on(morag, DOING), "planning.doing": "Hers."})
    fill_in(other)
    pages += [aileen.submit(DOING, {**opened, "planning.doing": "Mine."}), morag.submit(CHECK), other.get(link)]
    pages += [aileen.submit(f"{SHARE}/link"), morag.submit(LEAVE), aileen.submit(FORGET), new_browser().get(link)]
    told = [sentence for page in pages for sentence in sentences(page.text)]
    assert reading_age(told) <= OLDEST_READER
    assert [sentence for sentence in told if len(sentence) > LONGEST_SENTENCE] == []


# -- A mail that does not arrive --------------------------------------------------------------------


@pytest.mark.parametrize("state", ["bounced", "set-aside"])
def test_who_shared_by_mail_is_told_that_it_did_not_arrive_and_nobody_else_is(
    two: tuple[Any, Any], database: Database, state: str
) -> None:
    aileen, morag = two
    assert aileen.submit(f"{SHARE}/email", {"email": "gone@example.org"}).status_code == 303
    assert "did not arrive" not in markup.words(aileen.get(SHARE))
    set_all(database, Mail, state=state, finished_at=now())
    page = markup.words(aileen.get(f"{SHARE}?sent=1"))
    assert "An e-mail did not arrive" in page
    assert "gone@example.org" in page
    assert "on its way" not in page
    assert "gone@example.org" not in morag.get(SHARE).text
    assert "did not arrive" not in markup.words(morag.get(SHARE))
    aileen.submit(f"{SHARE}/stop")
    assert "did not arrive" not in markup.words(aileen.get(SHARE))


def test_who_leaves_is_not_told_of_a_way_back_by_a_mail_that_did_not_arrive(
    browser: Any, fill_in: Callable, database: Database
) -> None:
    fill_in(browser)
    browser.submit(f"{SHARE}/email", {"email": "gone@example.org"})
    set_all(database, Mail, state="bounced", finished_at=now())
    assert browser.submit(LEAVE).status_code == 409
    assert len(rows(database, DraftHolder)) == 1
    link_from(browser)
    assert browser.submit(LEAVE).status_code == 200
