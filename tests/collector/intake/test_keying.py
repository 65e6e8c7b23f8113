"""Staff key in answers that came by post, by e-mail or in a conversation."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from collector.accounts import staff
from collector.accounts.access import Person
from collector.database import Database
from collector.intake import drafts, given, item_rows, item_states, keying, references, rounds
from collector.intake.models import (
    Draft,
    Job,
    Keying,
    ListedItem,
    Passage,
    Round,
    Source,
    Submission,
    Upload,
)
from collector.mine import corrections
from collector.privacy import erasure
from forms import questionnaire
from tests.collector import markup
from tests.kept import number_of as count

FORM = questionnaire.load("keeping-the-promise")


def of(day: Any) -> list[str]:
    return [str(day.day), str(day.month), str(day.year)]


@pytest.fixture
def letter(open_round: Round) -> dict[str, Any]:
    yesterday = rounds.local_date() - timedelta(days=1)
    return {"round": f"round-{open_round.id}", "channel": "post", "received-on": of(yesterday), "note": "Blue ink."}


@pytest.fixture
def begin(staff_browser: Any, letter: dict[str, Any]) -> Callable[..., str]:
    """Begins to key a letter; returns the address of what is keyed."""

    def start(browser: Any = staff_browser, **changes: Any) -> str:
        sent = browser.submit("/staff/keying", {**letter, **changes})
        assert sent.status_code == 303, markup.problems(sent)
        return sent.headers["location"]

    return start


@pytest.fixture
def key_all(answers: dict[str, Any]) -> Callable[..., None]:
    """Keys every page, as far as the check."""

    def walk(browser: Any, url: str, **changes: Any) -> None:
        token, at, given = browser.form_token(), f"{url}/pages/respondent", {**answers, **changes}
        while not at.endswith("/check"):
            page_id = at.rpartition("/")[2]
            asked = {one.id for step in FORM.steps if step.page.id == page_id for one in step.page.questions}
            fields = {key: value for key, value in given.items() if key in asked}
            sent = browser.post(at, data={"_csrf": token, **fields})
            assert sent.status_code == 303, f"{page_id}: {sent.status_code}"
            at = sent.headers["location"]
        assert at == f"{url}/check"

    return walk


def test_items_of_a_list_are_keyed_as_respondents_write_them(
    staff_browser: Any, begin: Callable, key_all: Callable, database: Database
) -> None:
    url = begin()
    key_all(staff_browser, url)
    added = staff_browser.get(f"{url}/lists/commitments/add").headers["location"]
    assert added.startswith(f"{url}/lists/commitments/items/")
    assert "You are keying in answers" in staff_browser.get(added).text
    sent = staff_browser.submit(added, {"commitment": "Every family has a meeting before a decision."})
    assert sent.headers["location"] == f"{url}/lists/commitments", markup.problems(sent)
    assert "Every family has a meeting" in staff_browser.get(f"{url}/lists/commitments").text
    staff_browser.submit(f"{url}/check")
    with database.reading() as session:
        assert session.exec(select(Passage).where(Passage.list_id == "commitments")).first() is not None
    assert count(database, Draft) == 0


def test_a_letter_is_keyed_on_the_pages_of_the_questionnaire_and_kept_as_a_submission(
    staff_browser: Any, begin: Callable, key_all: Callable, database: Database, open_round: Round
) -> None:
    url = begin()
    key_all(staff_browser, url)
    check = staff_browser.get(f"{url}/check")
    assert "Compare it with the original" in markup.words(check)
    assert staff_browser.submit(f"{url}/check").headers["location"] == url
    with database.reading() as session:
        sent, source = session.exec(select(Submission)).one(), session.exec(select(Source)).one()
        keyed, passages = session.exec(select(Keying)).one(), session.exec(select(Passage)).all()
        assert (sent.channel, sent.permission, sent.permission_reason) == ("post", "without-name", "")
        assert sent.keyed_by == keyed.staff_id
        assert sent.received_at.date() == keyed.received_on == source.received_at.date()
        assert (keyed.submission_id, keyed.answers, keyed.note) == (sent.id, {}, "Blue ink.")
        assert len(passages) == session.exec(select(Job)).one().total > 0
    receipt = markup.words(staff_browser.get(url))
    assert re.search(r"[2-9A-Y]{4}-[2-9A-Y]{4}", receipt)
    assert "Kinnaird Water Council" in receipt
    shown = markup.words(staff_browser.get(f"/staff/sources/{source.id}"))
    assert "Post" in shown
    assert "The reviewer" in shown
    assert "Blue ink." in shown
    assert (
        markup.tree(staff_browser.get("/staff/sources")).xpath('//td//*[contains(@class, "ds_tag")]')[0].text == "Post"
    )


def test_what_staff_key_has_nothing_to_do_with_the_draft_in_their_browser(
    staff_browser: Any, begin: Callable, database: Database
) -> None:
    url = begin()
    staff_browser.submit(f"{url}/pages/respondent", {"respondent": "individual"})
    assert count(database, Draft) == 0
    start = staff_browser.get("/questionnaires/keeping-the-promise")
    assert "answers that are not sent yet" not in start.text


def test_several_are_keyed_at_once_and_each_goes_on_where_it_was(
    staff_browser: Any, begin: Callable, key_all: Callable
) -> None:
    first, second = begin(), begin(channel="telephone")
    key_all(staff_browser, first)
    staff_browser.submit(f"{second}/pages/respondent", {"respondent": "individual"})
    listed = staff_browser.get("/staff/keying")
    assert "Kinnaird Water Council" in markup.words(listed, "//table")
    assert "Telephone" in markup.words(listed, "//table")
    assert "1 of" in markup.words(staff_browser.get(second))
    staff_browser.submit(f"{first}/check")
    assert "Kinnaird Water Council" not in markup.words(staff_browser.get("/staff/keying"), "//table")


def test_another_reviewer_can_carry_on_and_whoever_sends_it_is_named(
    staff_browser: Any, new_browser: Callable, database: Database, begin: Callable, key_all: Callable
) -> None:
    url = begin()
    key_all(staff_browser, url)
    with new_browser() as other:
        colleague = signed_in(other, database, "colleague@example.org")
        assert other.submit(f"{url}/check").status_code == 303
    with database.reading() as session:
        assert session.exec(select(Submission.keyed_by)).one() == colleague
        assert session.exec(select(Keying.staff_id)).one() != colleague


def test_two_reviewers_at_one_answer_are_shown_both_and_lose_none(
    staff_browser: Any, new_browser: Callable, database: Database, begin: Callable
) -> None:
    url = begin()
    staff_browser.submit(f"{url}/pages/respondent", {"respondent": "organisation"})
    page = f"{url}/pages/organisation"
    fields = markup.tree(staff_browser.get(page)).xpath('//main//input[@type="hidden"]')
    seen = {field.get("name"): field.get("value") for field in fields}
    named = {"organisation-kind": "other"}
    with new_browser() as other:
        signed_in(other, database, "colleague@example.org")
        other.submit(page, {**named, "organisation-name": "Kinnaird Water Council"})
    mine = {**seen, **named, "organisation-name": "Kinnaird Water Counsil"}
    both = staff_browser.post(page, data=mine)
    assert both.status_code == 409
    assert "A colleague changed this answer too" in markup.title(both)
    assert {"Kinnaird Water Council", "Kinnaird Water Counsil"} <= set(re.findall(r"Kinnaird Water \w+", both.text))
    with database.reading() as session:
        assert session.exec(select(Keying)).one().answers["organisation-name"] == "Kinnaird Water Council"


def signed_in(browser: Any, database: Database, email: str) -> int:
    with database.writing() as session:
        member = staff.add(session, email=email, name="A colleague", role="reviewer")
        secret, id = staff.start_session(session, member.id), member.id
        session.commit()
    browser.cookies.set("staff", secret, domain="127.0.0.1")
    return id


def test_sent_twice_it_is_kept_once_and_its_pages_lead_to_the_receipt(
    staff_browser: Any, begin: Callable, key_all: Callable, database: Database
) -> None:
    url = begin()
    key_all(staff_browser, url)
    assert {staff_browser.submit(f"{url}/check").headers["location"] for _ in range(2)} == {url}
    assert count(database, Submission) == 1
    for path in ("/pages/respondent", "/pages/respondent?again=1", "/check", "/facts", "/forget"):
        assert staff_browser.get(url + path).headers["location"] == url
    for path in ("/facts", "/forget"):
        assert staff_browser.submit(url + path, {"channel": "event"}).headers["location"] == url
    late = staff_browser.submit(f"{url}/pages/respondent?again=1", {"respondent": "individual"})
    assert "It came too late to be sent with them" in markup.words(late)
    assert f'href="{url}"' in late.text
    assert (count(database, Keying), count(database, Submission)) == (1, 1)


def test_where_nothing_was_said_it_is_not_published_and_the_reason_is_kept(
    staff_browser: Any, begin: Callable, key_all: Callable, database: Database
) -> None:
    url = begin()
    key_all(staff_browser, url, permission=keying.NOT_SAID)
    assert "Nothing was said about this" in markup.words(staff_browser.get(f"{url}/check"))
    staff_browser.submit(f"{url}/check")
    with database.reading() as session:
        sent = session.exec(select(Submission)).one()
        assert (sent.permission, sent.permission_reason) == ("do-not-publish", "not-said")
        assert session.exec(select(given.to("permission"))).one() == "do-not-publish"
        source_id = session.exec(select(Source.id)).one()
    assert "Do not publish (nothing was said about it)" in markup.words(
        staff_browser.get(f"/staff/sources/{source_id}")
    )


def test_only_staff_are_offered_that_nothing_was_said(browser: Any, fill_in: Callable, answers: dict) -> None:
    fill_in(browser)
    url = "/questionnaires/keeping-the-promise/pages/permission"
    assert keying.NOT_SAID not in browser.get(url).text
    assert browser.submit(url, {"permission": keying.NOT_SAID}).status_code == 422


def test_the_same_checks_hold_as_for_respondents(staff_browser: Any, begin: Callable, database: Database) -> None:
    url = begin()
    assert staff_browser.submit(f"{url}/pages/respondent").status_code == 422
    staff_browser.submit(f"{url}/pages/respondent", {"respondent": "organisation"})
    refused = staff_browser.submit(f"{url}/check")
    assert refused.status_code == 422
    assert all(link.startswith(f"{url}/pages/") for link in markup.problems(refused))
    assert count(database, Submission) == 0


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"channel": ""}, "#channel"),
        ({"channel": "web"}, "#channel"),
        ({"round": "round-999"}, "#round"),
        ({"received-on": ["", "", ""]}, "#received-on"),
        ({"received-on": ["31", "2", "2026"]}, "#received-on"),
        ({"received-on": ["3", "3", "1926"]}, "#received-on"),
        ({"note": "x" * 1001}, "#note"),
    ],
)
def test_what_is_wrong_about_the_letter_is_told_and_nothing_typed_is_lost(
    changes: dict, field: str, staff_browser: Any, letter: dict, database: Database
) -> None:
    answer = staff_browser.submit("/staff/keying", {**letter, **changes})
    assert answer.status_code == 422
    assert list(markup.problems(answer)) == [field]
    assert answer.text.count("<title>Error: ") == 1
    assert markup.typed(answer, "note") == {**letter, **changes}["note"]
    assert count(database, Keying) == 0


def test_nothing_was_received_tomorrow(staff_browser: Any, letter: dict) -> None:
    tomorrow = rounds.local_date() + timedelta(days=1)
    answer = staff_browser.submit("/staff/keying", {**letter, "received-on": of(tomorrow)})
    assert "or earlier" in markup.problems(answer)["#received-on"]


@pytest.mark.parametrize(("days", "taken"), [(0, True), (1, True), (56, True), (57, False)])
def test_post_for_a_round_is_taken_for_eight_weeks_after_it_has_closed(
    days: int, taken: bool, staff_browser: Any, letter: dict, database: Database, open_round: Round
) -> None:
    with database.writing() as session:
        session.get_one(Round, open_round.id).closes_on = rounds.local_date() - timedelta(days=days)
        session.commit()
    answer = staff_browser.submit("/staff/keying", letter)
    assert (answer.status_code == 303) is taken
    assert ("No round takes answers" in answer.text) is not taken


def test_what_was_begun_in_time_can_be_sent_after_that(
    staff_browser: Any, begin: Callable, key_all: Callable, database: Database, open_round: Round
) -> None:
    url = begin()
    with database.writing() as session:
        session.get_one(Round, open_round.id).closes_on = rounds.local_date() - timedelta(days=99)
        session.commit()
    key_all(staff_browser, url)
    assert staff_browser.submit(f"{url}/check").headers["location"] == url
    assert count(database, Submission) == 1


def test_how_it_came_can_be_put_right_until_it_is_sent(staff_browser: Any, begin: Callable, letter: dict) -> None:
    url = begin()
    assert markup.chosen(staff_browser.get(f"{url}/facts"), "channel") == ["post"]
    assert staff_browser.submit(f"{url}/facts", {**letter, "channel": ""}).status_code == 422
    staff_browser.submit(f"{url}/facts", {**letter, "channel": "event", "note": ""})
    shown = markup.words(staff_browser.get(url))
    assert "at an event" in shown
    assert "Blue ink." not in shown


# -- The original -----------------------------------------------------------------------------------

SCAN = b"\xff\xd8\xff\xe0 a scan"
MAIL = b"From: someone@example.org\r\nSubject: Our answers\r\n\r\nWe meet."


def attach(browser: Any, url: str, name: str, content: bytes) -> Any:
    fields = {"_csrf": browser.form_token(), "_add": "the-original"}
    return browser.post(f"{url}/originals", data=fields, files={"the-original": (name, content)})


def test_the_original_is_attached_and_stays_with_the_source_and_is_never_taken_apart(
    staff_browser: Any, as_person: Callable, begin: Callable, key_all: Callable, database: Database
) -> None:
    url = begin()
    for name, content in (("letter.jpg", SCAN), ("answers.eml", MAIL), ("letter.jpg", SCAN)):
        assert attach(staff_browser, url, name, content).status_code == 303
    shown = staff_browser.get(url)
    names = [link.text_content() for link in markup.tree(shown).xpath('//a[@class="fl_file__name"]')]
    assert names == ["letter.jpg", "answers.eml"]
    own = markup.tree(shown).xpath('//a[@class="fl_file__name"]/@href')[0]
    assert staff_browser.get(own).content == SCAN
    key_all(staff_browser, url)
    staff_browser.submit(f"{url}/check")
    with database.reading() as session:
        source_id = session.exec(select(Source.id)).one()  # the answers; an original is no source
        assert {one.submission_id for one in session.exec(select(Upload))} != {None}
    links = markup.tree(staff_browser.get(f"/staff/sources/{source_id}")).xpath(
        '//a[contains(@href, "/staff/uploads/")]'
    )
    assert staff_browser.get(links[1].get("href")).content == MAIL
    assert "attachment" in staff_browser.get(links[1].get("href")).headers["content-disposition"]
    assert "letter.jpg" in as_person(Person.AUDITOR).get(f"/staff/sources/{source_id}").text
    assert attach(staff_browser, url, "late.jpg", SCAN + b"2").headers["location"] == url
    assert count(database, Upload) == 2


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("letter.exe", b"MZ\x90"),
        ("letter.png", SCAN),
        ("answers.eml", b"\x00\x01 no mail"),
        ("answers.eml", b"no header at all"),
        ("empty.pdf", b""),
    ],
)
def test_what_is_no_original_is_refused_in_plain_words(
    name: str, content: bytes, staff_browser: Any, begin: Callable, database: Database
) -> None:
    url = begin()
    told = attach(staff_browser, url, name, content)
    assert told.status_code == 422
    assert "#the-original" in markup.problems(told)
    assert count(database, Upload) == 0


def test_respondents_attach_no_scans(browser: Any, fill_in: Callable, database: Database) -> None:
    fill_in(browser)
    [page] = (step.page for step in FORM.steps if any(one.type == "file" for one in step.page.questions))
    asked = next(one.id for one in page.questions if one.type == "file")
    fields = {"_csrf": browser.form_token(), "_add": asked}
    url = f"/questionnaires/keeping-the-promise/pages/{page.id}/files"
    assert browser.post(url, data=fields, files={asked: ("letter.jpg", SCAN)}).status_code == 422
    assert count(database, Upload) == 0


def test_files_of_a_letter_and_of_a_draft_with_the_same_number_are_apart(
    browser: Any, staff_browser: Any, fill_in: Callable, begin: Callable, key_all: Callable, database: Database
) -> None:
    fill_in(browser)
    url = begin()
    key_all(staff_browser, url)
    [page] = (step.page for step in FORM.steps if any(one.type == "file" for one in step.page.questions))
    asked = next(one.id for one in page.questions if one.type == "file")
    for one, base in ((browser, "/questionnaires/keeping-the-promise"), (staff_browser, url)):
        fields = {"_csrf": one.form_token(), "_add": asked}
        one.post(f"{base}/pages/{page.id}/files", data=fields, files={asked: (f"{base[1:6]}.txt", base.encode())})
    with database.reading() as session:
        [drafted], [keyed] = session.exec(select(Draft.id)).all(), session.exec(select(Keying.id)).all()
        assert drafted == keyed
    shown = staff_browser.get(f"{url}/pages/{page.id}").text
    assert ("staff.txt" in shown, "quest.txt" in shown) == (True, False)
    staff_browser.submit(f"{url}/check")
    with database.reading() as session:
        sent = session.exec(select(Upload).where(Upload.name == "staff.txt")).one()
        left = session.exec(select(Upload).where(Upload.name == "quest.txt")).one()
        assert (sent.submission_id, left.draft_id) == (session.exec(select(Submission.id)).one(), drafted)


def test_the_original_and_the_note_go_with_what_is_withdrawn(
    staff_browser: Any, begin: Callable, key_all: Callable, database: Database
) -> None:
    url = begin()
    attach(staff_browser, url, "letter.jpg", SCAN)
    key_all(staff_browser, url)
    staff_browser.submit(f"{url}/check")
    with database.writing() as session:
        erasure.withdraw(session, session.exec(select(Submission)).one())
        session.commit()
    assert count(database, Upload) == count(database, Keying) == 0
    with database.reading() as session:
        assert session.exec(select(Submission)).one().channel == "post"


def test_a_permission_that_is_said_later_has_no_reason_any_more(
    staff_browser: Any, begin: Callable, key_all: Callable, database: Database
) -> None:
    url = begin()
    key_all(staff_browser, url, permission=keying.NOT_SAID)
    staff_browser.submit(f"{url}/check")
    with database.writing() as session:
        sent = session.exec(select(Submission)).one()
        answers = given.answers_of(session, sent.id)
        corrections.correct(session, sent, FORM, {**answers, "contact-permission": "no"})
        assert sent.permission_reason == "not-said"
        corrections.correct(session, sent, FORM, {**answers, "permission": "with-name"})
        assert (sent.permission, sent.permission_reason) == ("with-name", "")


def test_the_original_goes_with_what_is_deleted(staff_browser: Any, begin: Callable, database: Database) -> None:
    url = begin()
    attach(staff_browser, url, "letter.jpg", SCAN)
    staff_browser.submit(f"{url}/forget")
    assert count(database, Upload) == 0


def test_what_is_keyed_can_be_deleted_after_asking(staff_browser: Any, begin: Callable, database: Database) -> None:
    url, other = begin(), begin()
    assert "cannot get them back" in markup.words(staff_browser.get(f"{url}/forget"))
    assert count(database, Keying) == 2
    assert staff_browser.submit(f"{url}/forget").headers["location"] == "/staff/keying"
    assert staff_browser.get(url).status_code == 404
    assert staff_browser.submit(f"{url}/pages/respondent", {"respondent": "individual"}).status_code == 404
    assert staff_browser.get(other).status_code == 200


def test_no_day_deletes_what_is_keyed(begin: Callable, staff_browser: Any, database: Database) -> None:
    url = begin()
    with database.writing() as session:
        keyed = session.exec(select(Keying)).one()
        keyed.saved_at -= timedelta(days=400)
        drafts.forget_expired(session)
        session.commit()
    assert staff_browser.get(url).status_code == 200
    assert "kept until it is sent or deleted" in staff_browser.get(f"{url}/pages/respondent").text


def test_who_sent_answers_already_is_told_of_before_they_are_sent_again(
    staff_browser: Any, begin: Callable, key_all: Callable, receive: Callable
) -> None:
    kept = receive()
    url = begin()
    key_all(staff_browser, url)
    check = markup.words(staff_browser.get(f"{url}/check"))
    assert "has sent answers in this round already" in check
    assert kept.reference[:4] in check
    key_all(staff_browser, url, **{"organisation-name": "Another Council"})
    assert "already" not in markup.words(staff_browser.get(f"{url}/check"))


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ({"partners": [{"id": "a", "partner-name": "Dunlaw Trust"}]}, {"organisation-name": "Dunlaw Trust"}),
        ({"organisation-name": "Dunlaw Trust"}, {"partners": [{"id": "a", "partner-name": "Dunlaw Trust"}]}),
    ],
)
def test_who_sent_answers_jointly_is_told_of_too(
    staff_browser: Any, begin: Callable, receive: Callable, database: Database, answers: dict, before: Any, now: Any
) -> None:
    kept, url = receive(**{"organisation-name": "Kinnaird", **before}), begin()
    with database.writing() as session:
        keyed = session.exec(select(Keying)).one()
        keyed.answers = {**answers, "organisation-name": "Another Council", **now}
        session.add(keyed)
        session.commit()
    check = markup.words(staff_browser.get(f"{url}/check"))
    assert "has sent answers in this round already" in check
    assert check.count(kept.reference[:4]) == 1


def test_no_browser_fills_in_the_address_of_whoever_keys(
    staff_browser: Any, begin: Callable, key_all: Callable
) -> None:
    url = begin()
    key_all(staff_browser, url)
    assert 'autocomplete="email"' not in staff_browser.get(f"{url}/pages/email").text
    assert 'autocomplete="off"' in staff_browser.get(f"{url}/pages/email").text


def test_auditors_and_respondents_key_nothing(
    begin: Callable, as_person: Callable, letter: dict, database: Database
) -> None:
    url = begin()
    for person in (Person.AUDITOR, Person.ANYONE):
        browser = as_person(person)
        for path in ("", "/check", "/pages/respondent"):
            assert browser.get(url + path).status_code in (303, 403)
        browser.submit(f"{url}/forget")
        browser.submit("/staff/keying", letter)
    assert count(database, Keying) == 1


def test_what_comes_by_itself_says_so(browser: Any, fill_in: Callable, database: Database) -> None:
    fill_in(browser)
    browser.submit("/questionnaires/keeping-the-promise/check")
    with database.reading() as session:
        sent = session.exec(select(Submission)).one()
        assert (sent.channel, sent.keyed_by) == ("web", None)


def test_a_note_that_a_colleague_changed_meanwhile_is_not_written_over_unseen(
    staff_browser: Any, begin: Callable, letter: dict, database: Database
) -> None:
    url = begin()
    seen = markup.typed(staff_browser.get(f"{url}/facts"), "_seen")
    staff_browser.submit(f"{url}/facts", {**letter, "note": "Page two is missing.", "_seen": seen})
    mine = {**letter, "note": "They want a copy.", "_seen": seen}
    met = staff_browser.submit(f"{url}/facts", mine)
    assert met.status_code == 422
    assert "“Page two is missing.”" in markup.problems(met)["#note"]
    assert markup.typed(met, "note").strip() == "They want a copy."
    both = {**mine, "note": "Page two is missing. They want a copy.", "_seen": markup.typed(met, "_seen")}
    assert staff_browser.submit(f"{url}/facts", both).status_code == 303
    with database.reading() as session:
        assert session.exec(select(Keying.note)).one() == "Page two is missing. They want a copy."


def test_what_a_colleague_changed_of_a_letter_stays_where_i_left_it_and_is_told_where_i_did_not(
    staff_browser: Any, begin: Callable, letter: dict, database: Database
) -> None:
    url = begin()
    seen = markup.typed(staff_browser.get(f"{url}/facts"), "_seen")
    staff_browser.submit(f"{url}/facts", {**letter, "channel": "telephone", "_seen": seen})
    assert staff_browser.submit(f"{url}/facts", {**letter, "note": "Red ink.", "_seen": seen}).status_code == 303
    with database.reading() as session:
        assert session.exec(select(Keying.channel, Keying.note)).one() == ("telephone", "Red ink.")
    met = staff_browser.submit(f"{url}/facts", {**letter, "channel": "event", "note": "Red ink.", "_seen": seen})
    assert met.status_code == 422
    assert list(markup.problems(met)) == ["#channel"]
    assert "“Telephone”" in markup.problems(met)["#channel"]
    assert (markup.chosen(met, "channel"), markup.typed(met, "note").strip()) == (["event"], "Red ink.")
    back = staff_browser.submit(f"{url}/facts", {**letter, "_seen": seen})  # as the page was shown, to put it back
    assert list(markup.problems(back)) == ["#channel", "#note"]
    empty = staff_browser.submit(f"{url}/facts", {**letter, "received-on": ["", "", ""], "_seen": seen})
    assert empty.status_code == 422
    assert (markup.chosen(empty, "channel"), markup.typed(empty, "note").strip()) == (["telephone"], "Red ink.")


@pytest.mark.parametrize(("before", "theirs"), [("", "Page two is missing."), ("Blue ink.", ""), ("Blue ink.", "Red.")])
def test_what_a_colleague_changed_is_told_before_what_is_wrong_with_mine(
    before: str, theirs: str, staff_browser: Any, begin: Callable, letter: dict, database: Database
) -> None:
    url, mine = begin(), "x" * 1001
    staff_browser.submit(f"{url}/facts", {**letter, "note": before})
    seen = markup.typed(staff_browser.get(f"{url}/facts"), "_seen")
    staff_browser.submit(f"{url}/facts", {**letter, "note": theirs, "_seen": seen})
    met = staff_browser.submit(f"{url}/facts", {**letter, "note": mine, "_seen": seen})
    assert ("changed to “" + theirs if theirs else "emptied") in markup.problems(met)["#note"]
    assert markup.typed(met, "note").strip() == mine
    again = staff_browser.submit(f"{url}/facts", {**letter, "note": mine, "_seen": markup.typed(met, "_seen")})
    assert "Shorten" in markup.problems(again)["#note"]
    with database.reading() as session:
        assert session.exec(select(Keying.note)).one() == theirs


def test_a_note_on_a_letter_that_a_colleague_has_just_sent_can_be_copied(
    staff_browser: Any, begin: Callable, key_all: Callable, letter: dict
) -> None:
    url = begin()
    key_all(staff_browser, url)
    staff_browser.submit(f"{url}/check")
    late = staff_browser.submit(f"{url}/facts", {**letter, "note": "They want a copy."})
    assert late.status_code == 409
    assert "A colleague has sent these answers" in markup.words(late)
    assert "They want a copy." in markup.words(late, "//blockquote")


# -- Going on from an earlier round ---------------------------------------------------------------------

LISTED = [
    {"id": id, "commitment": f"We will open on {day}."}
    for id, day in (("a1", "Mondays"), ("b2", "Tuesdays"), ("c3", "Sundays"), ("d4", "Fridays"))
]


@pytest.fixture
def goes_on(staff_browser: Any, begin: Callable, receive: Callable, later_round: Round) -> tuple[str, Any]:
    """A letter in a later round that is begun from what its organisation sent in the first."""
    kept = receive(commitments=LISTED)
    url = begin(round=f"round-{later_round.id}")
    name_them(staff_browser, url)
    assert "Start from" in markup.words(staff_browser.get(url))
    began = staff_browser.submit(f"{url}/begin", {"from": references.shown(kept.reference)})
    assert began.headers["location"] == f"{url}/held"
    return url, kept


def name_them(browser: Any, url: str, name: str = "Kinnaird Water Council") -> None:
    browser.submit(f"{url}/pages/respondent", {"respondent": "organisation"})
    page_id = next(step.page.id for step in FORM.steps for one in step.page.questions if one.id == "organisation-name")
    browser.submit(f"{url}/pages/{page_id}", {"organisation-name": name, "organisation-kind": "local_authority"})


def test_a_letter_goes_on_from_what_its_organisation_sent_before_item_by_item(
    goes_on: tuple[str, Any], staff_browser: Any, database: Database
) -> None:
    url, kept = goes_on
    assert "We will open on Mondays." in markup.words(staff_browser.get(f"{url}/held/commitments"))
    early = staff_browser.submit(f"{url}/check")
    assert "Commitment 1: choose what has become of it" in markup.words(early)
    ways = {"a1": "kept", "b2": "change", "c3": "done", "d4": "withdrawn"}
    chosen = {f"_state-{id}": way for id, way in ways.items()} | {f"_seen-{id}": "" for id in ways}
    assert staff_browser.submit(f"{url}/held/commitments", chosen).headers["location"].startswith(url)
    for path, words in (
        ("held/commitments/items/c3", {"ended": "2026", "text": "Forty families came."}),
        ("held/commitments/items/d4", {"text": "The money ran out."}),
        ("lists/commitments/items/b2", {"commitment": "We will open on Wednesdays."}),
        ("pages/permission", {"permission": "not-said"}),
        ("pages/follow-up", {"contact-permission": "no"}),
    ):
        assert "You are keying in answers" in staff_browser.get(f"{url}/{path}").text
        assert staff_browser.submit(f"{url}/{path}", words).status_code == 303, path
    check = staff_browser.get(f"{url}/check")
    hidden = {one.get("name"): one.get("value") for one in markup.tree(check).xpath("//main//form//input")}
    sent = staff_browser.submit(f"{url}/check", {name: value for name, value in hidden.items() if name != "_csrf"})
    assert sent.headers["location"] == url, markup.problems(sent)
    with database.reading() as session:
        submission = session.exec(select(Submission).order_by(Submission.id.desc())).first()
        assert (submission.begun_from, submission.channel) == (kept.submission_id, "post")
        assert submission.keyed_by is not None
        states = {one.item_id: (one.state, one.text) for one in item_states.of_submission(session, submission.id)}
        listed = session.exec(select(ListedItem.submission_id, ListedItem.item_id).where(item_rows.latest())).all()
        assert session.exec(select(Keying)).one().became == {}
    assert states == {
        "a1": ("kept", ""),
        "b2": ("changed", ""),
        "c3": ("done", "Forty families came."),
        "d4": ("withdrawn", "The money ran out."),
    }
    assert sorted(listed) == [(submission.id, "a1"), (submission.id, "b2")]


def test_only_what_the_named_organisation_sent_is_started_from_and_nothing_that_was_keyed_is_lost(
    staff_browser: Any, begin: Callable, receive: Callable, later_round: Round, database: Database
) -> None:
    others = receive("others", **{"organisation-name": "Dunlaw Trust"})
    kept, url = receive(areas=["moray"]), begin(round=f"round-{later_round.id}")
    assert "Start from" not in markup.words(staff_browser.get(url))
    name_them(staff_browser, url)
    page_id = next(step.page.id for step in FORM.steps for one in step.page.questions if one.id == "areas")
    staff_browser.submit(f"{url}/pages/{page_id}", {"areas": ["fife"]})
    other = staff_browser.submit(f"{url}/begin", {"from": references.shown(others.reference)})
    assert other.headers["location"] == url
    staff_browser.submit(f"{url}/begin", {"from": references.shown(kept.reference)})
    with database.reading() as session:
        keyed = session.exec(select(Keying)).one()
        assert keyed.begun_from == kept.submission_id
        assert keyed.answers["areas"] == ["fife"]
        assert "permission" not in keyed.answers
        assert keyed.answers["email"] == "plans@kinnaird.example.org"


def test_withdrawing_what_a_letter_goes_on_from_takes_its_copies_out(
    goes_on: tuple[str, Any], staff_browser: Any, database: Database
) -> None:
    url, kept = goes_on
    staff_browser.submit(f"{url}/held/commitments", {"_state-a1": "kept", "_seen-a1": ""})
    with database.writing() as session:
        assert session.exec(select(Keying)).one().answers["commitments"] == LISTED[:1]
        erasure.withdraw(session, session.get_one(Submission, kept.submission_id))
        session.commit()
    with database.reading() as session:
        keyed = session.exec(select(Keying)).one()
    assert (keyed.begun_from, keyed.became) == (None, {})
    assert "commitments" not in keyed.answers
    assert "email" not in keyed.answers
    assert staff_browser.get(f"{url}/held").headers["location"] == url


def test_withdrawing_what_a_letter_goes_on_from_leaves_what_staff_typed_although_it_is_the_same(
    goes_on: tuple[str, Any], staff_browser: Any, database: Database
) -> None:
    url, kept = goes_on
    typed_before = {"respondent": "organisation", "organisation-name": "Kinnaird Water Council"}
    page_id = next(step.page.id for step in FORM.steps for one in step.page.questions if one.id == "areas")
    for areas in (["moray"], ["fife", "highland"]):  # changed, and then given as it was carried over
        staff_browser.submit(f"{url}/pages/{page_id}", {"areas": areas})
    with database.writing() as session:
        carried = session.exec(select(Keying)).one().carried
        assert "email" in carried
        assert not carried.keys() & {*typed_before, "areas"}
        erasure.withdraw(session, session.get_one(Submission, kept.submission_id))
        session.commit()
    with database.reading() as session:
        keyed = session.exec(select(Keying)).one()
    assert keyed.answers == {**typed_before, "organisation-kind": "local_authority", "areas": ["fife", "highland"]}
    assert keyed.carried == {}
