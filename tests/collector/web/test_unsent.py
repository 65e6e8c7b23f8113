"""Words that came with a form which was refused: they go back to who typed them, and to nobody else."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import markup
import pytest
from argon2 import PasswordHasher
from litestar import Litestar
from sqlmodel import update

from collector.accounts import guard, staff
from collector.accounts.access import RULES, STAFF, Person
from collector.accounts.models import StaffMember, StaffSession
from collector.database import Busy, Database, now
from collector.intake import keying, meeting_pages, meetings
from collector.web import limits, posted
from collector.web.limits import Limit
from tests.conftest import HERE, QUESTIONNAIRE, hold, staff_member

DOING = f"{QUESTIONNAIRE}/pages/planning-doing?check=1"
MEETING = "/staff/meetings/check"
WORDS = 'They said: <b>nobody</b> rings back,\r\nand "waiting" is hard.'
PASSWORD = "a long and private password"
OURS = {"Origin": HERE}


@pytest.fixture
def session_ends(database: Database) -> Callable[[], None]:
    """Of everybody, as after an hour without use."""

    def end() -> None:
        with database.writing() as session:
            session.exec(update(StaffSession).values(seen_at=now() - timedelta(minutes=61)))
            session.commit()

    return end


@pytest.fixture
def with_passwords(database: Database) -> None:
    """Of a reviewer and of an auditor, hashed cheaply: what is checked here is not how long guessing takes."""
    cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    with database.writing() as session:
        for role in STAFF:
            staff_member(session, role).password_hash = cheap.hash(PASSWORD)
        session.commit()


def page_of(browser: Any) -> dict[str, str]:
    """What stands in each form of a page that this browser gets."""
    form = markup.tree(browser.get("/sign-in")).xpath("//main//form")[0]
    return {one.get("name"): one.get("value", "") for one in form.xpath(".//input[@type='hidden']")}


def post(browser: Any, url: str, fields: dict[str, Any], **more: Any) -> Any:
    return browser.post(url, data=fields, headers=OURS, **more)


def form_in(answer: Any, button: str) -> tuple[str, dict[str, str]]:
    """Where the form with this button leads, and what stands in it."""
    [form] = [one for one in markup.tree(answer).xpath("//main//form") if button in "".join(one.itertext())]
    fields = {one.get("name"): one.get("value", "") for one in form.xpath(".//input[@type='hidden']")}
    return form.get("action"), fields


def said(answer: Any) -> list[str]:
    """The words that anybody can read in the page."""
    return [" ".join("".join(one.itertext()).split()) for one in markup.tree(answer).xpath("//main//blockquote")]


def signed_in_again(browser: Any, answer: Any, email: str = "reviewer@example.org", password: str = PASSWORD) -> Any:
    url, fields = form_in(answer, "Password")
    return post(browser, url, {**fields, "email": email, "password": password})


@pytest.fixture
def signed_out(staff_browser: Any, session_ends: Callable, meeting_facts: dict[str, Any]) -> Any:
    """What the reviewer is answered with whose session ended while they typed the notes of a meeting."""
    fields = page_of(staff_browser)
    session_ends()
    return post(staff_browser, MEETING, {**fields, **meeting_facts, "notes": WORDS})


@pytest.mark.usefixtures("with_passwords")
def test_what_was_typed_while_a_session_ended_is_there_after_signing_in_and_is_sent_by_a_press_alone(
    staff_browser: Any, signed_out: Any, dump: Callable
) -> None:
    assert signed_out.status_code == 403
    assert signed_out.headers["cache-control"] == "no-store"
    assert "Sign in to send what you wrote" in markup.words(signed_out)
    assert said(signed_out) == [], "it is for who wrote it alone to see"
    wrong = signed_in_again(staff_browser, signed_out, password="not my password")
    assert "The e-mail address or the password is not right" in markup.words(wrong)
    assert "data-back-to-form" not in wrong.text, "a reload would show another page"
    back = signed_in_again(staff_browser, wrong)
    assert (back.status_code, back.headers["cache-control"]) == (200, "no-store")
    assert " ".join(WORDS.split()) in said(back)
    assert "rings back" not in repr(dump())
    url, fields = form_in(back, "Try again")
    assert url == MEETING
    assert post(staff_browser, url, fields).headers["location"].startswith("/staff/sources")


@pytest.mark.usefixtures("with_passwords")
def test_the_longest_notes_come_back_too(
    staff_browser: Any, session_ends: Callable, meeting_facts: dict[str, Any]
) -> None:
    paragraph = "So 💙💙💙 " * 100 + "\n\n"
    longest = paragraph * (meetings.LONGEST_NOTES // len(paragraph) - 1)
    assert meeting_pages.LARGEST_POST < posted.LARGEST_UNSENT
    fields = page_of(staff_browser)
    session_ends()
    signed_out = post(staff_browser, meeting_pages.NEW, {**fields, **meeting_facts, "notes": longest})
    back = signed_in_again(staff_browser, signed_out)
    sent = post(staff_browser, *form_in(back, "Try again"))
    assert sent.headers.get("location") == MEETING, markup.problems(sent)


@pytest.mark.usefixtures("with_passwords")
def test_somebody_else_who_signs_in_there_neither_sees_nor_sends_what_was_typed(
    staff_browser: Any, signed_out: Any, dump: Callable
) -> None:
    sessions = len(dump()["staff_session"])
    another = signed_in_again(staff_browser, signed_out, email="auditor@example.org")
    assert (another.status_code, said(another)) == (422, [])
    assert "Somebody else wrote what is kept on this page" in markup.words(another)
    assert "set-cookie" not in another.headers
    assert len(dump()["staff_session"]) == sessions
    assert " ".join(WORDS.split()) in said(signed_in_again(staff_browser, another)), "who wrote it still can"


def test_who_signs_in_with_a_link_in_another_tab_comes_back_to_what_was_typed(
    staff_browser: Any, signed_out: Any, sign_in: Callable
) -> None:
    sign_in(staff_browser, "reviewer")
    back = post(staff_browser, *form_in(signed_out, "I have signed in with a link"))
    assert " ".join(WORDS.split()) in said(back)
    assert post(staff_browser, *form_in(back, "Try again")).status_code == 303


def test_before_signing_in_the_press_that_says_so_only_brings_the_same_page_again(
    staff_browser: Any, signed_out: Any
) -> None:
    again = post(staff_browser, *form_in(signed_out, "I have signed in with a link"))
    assert (again.status_code, said(again)) == (403, [])
    assert form_in(again, "Password") == form_in(signed_out, "Password")


@pytest.mark.usefixtures("with_passwords")
def test_who_signed_in_elsewhere_and_gives_the_password_all_the_same_loses_nothing(
    staff_browser: Any, signed_out: Any, sign_in: Callable
) -> None:
    sign_in(staff_browser, "reviewer")  # in another tab: the token of the page is worth nothing now
    back = signed_in_again(staff_browser, signed_out)
    assert " ".join(WORDS.split()) in said(back)
    assert form_in(back, "Try again")[0] == MEETING


def test_staff_who_signed_in_anew_in_another_tab_send_what_they_typed_in_the_first(
    staff_browser: Any, sign_in: Callable, meeting_facts: dict[str, Any]
) -> None:
    fields = page_of(staff_browser)
    sign_in(staff_browser, "reviewer")
    refused = post(staff_browser, MEETING, {**fields, **meeting_facts, "notes": WORDS})
    assert refused.status_code == 403
    assert " ".join(WORDS.split()) in said(refused)
    assert post(staff_browser, *form_in(refused, "Try again")).status_code == 303


@pytest.mark.usefixtures("with_passwords")
def test_a_page_of_one_member_of_staff_in_the_session_of_another_shows_and_sends_nothing(
    staff_browser: Any, sign_in: Callable, meeting_facts: dict[str, Any]
) -> None:
    fields = page_of(staff_browser)
    sign_in(staff_browser, "auditor")
    refused = post(staff_browser, MEETING, {**fields, **meeting_facts, "notes": WORDS})
    assert (refused.status_code, said(refused)) == (403, [])
    sent = post(staff_browser, *form_in(refused, "I have signed in with a link"))
    assert (sent.status_code, said(sent)) == (403, [])
    assert " ".join(WORDS.split()) in said(signed_in_again(staff_browser, refused))


@pytest.mark.parametrize("origin", [None, "null", "https://elsewhere.example", f"{HERE}.elsewhere.example", "http://["])
@pytest.mark.usefixtures("with_passwords")
def test_what_another_site_posts_never_stands_under_a_button_of_ours(
    origin: str | None, staff_browser: Any, browser: Any, fill_in: Callable, session_ends: Callable
) -> None:
    headers = {"Origin": origin} if origin else {}
    fields = {"_writer": page_of(staff_browser)["_writer"], "notes": WORDS, "planning.doing": WORDS}
    fill_in(browser)
    answers = [
        browser.post(DOING, data=fields, headers=headers),
        staff_browser.post(MEETING, data=fields, headers=headers),
    ]
    unsent = {"_unsent_url": MEETING, "_unsent_writer": fields["_writer"], "unsent.notes": WORDS}
    answers.append(staff_browser.post("/sign-in", data={**unsent, "email": "", "password": ""}, headers=headers))
    session_ends()
    answers.append(staff_browser.post(MEETING, data=fields, headers=headers))
    assert [one.status_code for one in answers] == [403, 403, 403, 303]
    assert not any("rings back" in one.text for one in answers)


@pytest.mark.parametrize(("scheme", "ours"), [("https", True), ("http", False)])
def test_where_we_are_reached_by_https_a_page_by_http_is_none_of_ours(
    scheme: str, ours: bool, browser: Any, fill_in: Callable, app: Litestar
) -> None:
    fill_in(browser)
    app.state.settings = replace(app.state.settings, base_url=HERE.replace("http:", "https:"))
    refused = browser.post(DOING, data={"planning.doing": WORDS}, headers={"Origin": HERE.replace("http", scheme)})
    assert (refused.status_code, "rings back" in refused.text) == (403, ours)


@pytest.mark.usefixtures("with_passwords")
def test_what_stands_in_the_way_of_signing_in_is_told_and_what_was_typed_stays(
    staff_browser: Any, signed_out: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def is_busy(*_: Any, **__: Any) -> None:
        raise Busy

    monkeypatch.setattr(staff, "sign_in_by_password", is_busy)
    busy = signed_in_again(staff_browser, signed_out)
    assert (busy.status_code, busy.headers["retry-after"], said(busy)) == (503, "10", [])
    assert "The service is busy" in markup.words(busy)
    monkeypatch.undo()
    assert " ".join(WORDS.split()) in said(signed_in_again(staff_browser, busy))


@pytest.mark.usefixtures("with_passwords")
def test_who_was_signed_out_where_too_much_is_sent_loses_nothing(
    staff_browser: Any, signed_out: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, fields = form_in(signed_out, "I have signed in with a link")
    monkeypatch.setattr(limits, "POSTS", Limit(browser=0, address=0, seconds=60))
    too_much = post(staff_browser, url, fields)
    assert (too_much.status_code, "retry-after" in too_much.headers, said(too_much)) == (429, True, [])
    assert "You have sent a lot in a short time" in markup.words(too_much)
    monkeypatch.undo()
    assert " ".join(WORDS.split()) in said(signed_in_again(staff_browser, too_much))


def lose_the_cookie(browser: Any, app: Litestar) -> None:
    browser.cookies.delete("visitor")


def change_the_key(browser: Any, app: Litestar) -> None:
    app.state.form_key = b"another key than before"


def sign_in_as_staff(browser: Any, app: Litestar) -> None:
    with app.state.database.writing() as session:
        secret = staff.start_session(session, staff_member(session, "reviewer").id)
        session.commit()
    hold(browser, "staff", secret)


@pytest.mark.parametrize("meanwhile", [lose_the_cookie, change_the_key, sign_in_as_staff])
def test_a_respondent_whose_form_is_refused_has_everything_back(
    meanwhile: Callable, browser: Any, app: Litestar, fill_in: Callable, dump: Callable
) -> None:
    fill_in(browser)
    fields = {**page_of(browser), "_form": "one", "planning.doing": WORDS}
    meanwhile(browser, app)
    refused = post(browser, DOING, fields)
    assert (refused.status_code, refused.headers["cache-control"]) == (403, "no-store")
    assert "Please send the form once more" in markup.words(refused)
    assert said(refused) == [" ".join(WORDS.split())]
    assert "Hide this page" in refused.text
    url, again = form_in(refused, "Try again")
    assert url == DOING
    sent = post(browser, url, again)
    if meanwhile is lose_the_cookie:  # and with it the draft: then it is to be read, and copied
        assert sent.status_code == 410
        assert "nobody" in markup.words(sent)
    else:
        assert sent.status_code == 303
        assert "<b>nobody</b> rings back" in repr(dump()["draft"])


def test_staff_have_everything_back_after_the_key_changed(
    staff_browser: Any, app: Litestar, meeting_facts: dict[str, Any]
) -> None:
    fields = page_of(staff_browser)
    change_the_key(staff_browser, app)
    refused = post(staff_browser, MEETING, {**fields, **meeting_facts, "notes": WORDS})
    assert "Please send the form once more" in markup.words(refused)
    assert post(staff_browser, *form_in(refused, "Try again")).status_code == 303


def test_of_a_form_with_a_file_the_words_come_back_and_it_is_told_that_the_file_does_not(
    staff_browser: Any, browser: Any, fill_in: Callable, world: Any, session_ends: Callable
) -> None:
    fill_in(browser)
    plan = {"documents": ("plan.txt", b"We plan to open.")}
    refused = post(browser, f"{QUESTIONNAIRE}/pages/documents/files", {"_csrf": "stale"}, files=plan)
    assert "The file that you chose is not kept" in markup.words(refused)
    fields, url = page_of(staff_browser), f"/staff/keying/{world.existing['keying_id']}/originals"
    session_ends()
    signed_out = post(staff_browser, url, fields, files={"the-original": ("letter.txt", b"Dear all")})
    assert "The file that you chose is not kept" in markup.words(signed_out)
    without = post(staff_browser, url, fields, files={"the-original": ("", b"")})
    assert "The file that you chose" not in markup.words(without)


def test_whatever_staff_post_after_their_session_ended_is_kept_on_the_page_to_sign_in(
    staff_browser: Any, app: Litestar, world: Any, session_ends: Callable
) -> None:
    fields = page_of(staff_browser)
    session_ends()
    rules = {rule for rule, people in RULES.items() if rule.startswith("POST /staff/") and Person.ANYONE not in people}
    assert len(rules & guard.routes_of(app)) > 40
    for rule in rules:
        url = rule.removeprefix("POST ").format(**world.existing)
        answer = post(staff_browser, url, {**fields, "reason": WORDS, "twice": ["a", "b"]})
        kept = form_in(answer, "Password")[1]
        assert (kept["_unsent_url"], kept["unsent.reason"].split()) == (url, WORDS.split())
        assert "_csrf" not in form_in(answer, "I have signed in with a link")[1], "it would be of whoever is signed in"


def test_staff_who_may_not_do_it_any_more_can_copy_what_they_typed(
    staff_browser: Any, database: Database, meeting_facts: dict[str, Any]
) -> None:
    fields = page_of(staff_browser)
    with database.writing() as session:
        session.exec(update(StaffMember).values(role="auditor"))
        session.commit()
    refused = post(staff_browser, MEETING, {**fields, **meeting_facts, "notes": WORDS})
    assert (refused.status_code, "Try again" in refused.text) == (403, False)
    assert "Copy it from here if you want to keep it" in markup.words(refused)
    assert " ".join(WORDS.split()) in said(refused)


def test_what_was_typed_for_something_that_a_colleague_deleted_can_be_copied(
    staff_browser: Any, database: Database, world: Any
) -> None:
    url = f"/staff/keying/{world.existing['keying_id']}/pages/respondent"
    with database.writing() as session:
        keying.forget(session, keying.find(session, world.existing["keying_id"], to_change=True))
        session.commit()
    gone = staff_browser.submit(url, {"respondent": WORDS})
    assert gone.status_code == 404
    assert said(gone) == [" ".join(WORDS.split())]


def test_who_sent_too_much_at_once_or_has_a_program_filling_in_sends_it_later(
    browser: Any, fill_in: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_in(browser)
    fields = {**page_of(browser), "planning.doing": WORDS}
    filled_in = post(browser, DOING, {**fields, limits.TRAP: "a name"})
    assert (filled_in.status_code, said(filled_in)) == (422, [" ".join(WORDS.split())])
    assert form_in(filled_in, "Try again")[1]["planning.doing"].split() == WORDS.split()
    rule = "POST /questionnaires/{slug}/pages/{page_id}"
    monkeypatch.setitem(limits.LIMITS, rule, Limit(browser=0, address=0, seconds=60))
    too_much = post(browser, DOING, fields)
    assert (too_much.status_code, said(too_much)) == (429, [" ".join(WORDS.split())])
    monkeypatch.undo()
    assert post(browser, *form_in(too_much, "Try again")).status_code == 303


def test_nothing_of_it_is_kept_on_the_server_or_told_in_an_address_or_a_log(
    signed_out: Any, dump: Callable, caplog: pytest.LogCaptureFixture
) -> None:
    assert "location" not in signed_out.headers
    assert "set-cookie" not in signed_out.headers or "rings" not in signed_out.headers["set-cookie"]
    assert "rings back" not in repr(dump()) + caplog.text


def test_a_flood_of_forms_from_somebody_who_is_not_signed_in_has_an_end(
    browser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "POSTS", Limit(browser=2, address=2, seconds=60))
    fields = page_of(browser)
    assert [post(browser, MEETING, fields).status_code for _ in range(3)] == [303, 303, 429]
