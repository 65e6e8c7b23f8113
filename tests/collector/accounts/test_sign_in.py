"""How staff get in, stay in and are let out again."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher, Type, extract_parameters
from sqlmodel import select, update

from collector.accounts import secrets, staff
from collector.accounts.models import PasswordTry, SignInLink, StaffMember, StaffSession
from collector.database import Busy, Database, now

PASSWORD = "a long and private password"
EMAIL = "morag@example.org"
RIGHT = {"email": EMAIL, "password": PASSWORD}


@pytest.fixture
def link(database: Database) -> str:
    """The address of a sign-in link that has not been used."""
    with database.writing() as session:
        member = staff.add(session, email=EMAIL, name="Morag", role="reviewer")
        secret = staff.link_for(session, member)
        session.commit()
    return f"/sign-in/{secret}"


@pytest.fixture
def with_password(database: Database) -> None:
    """An account whose password was hashed cheaply: what is checked here is not how long guessing takes."""
    with database.writing() as session:
        member = staff.add(session, email=EMAIL, name="Morag", role="reviewer")
        member.password_hash = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
        session.commit()


def age(database: Database, table: Any, **moments: timedelta) -> None:
    """Make the rows of a table older than they are."""
    with database.writing() as session:
        session.exec(update(table).values({name: now() - ago for name, ago in moments.items()}))
        session.commit()


def is_in(browser: Any) -> bool:
    return browser.get("/staff/sources").status_code == 200


# -- By link ------------------------------------------------------------------


def test_a_link_signs_in_once(link: str, browser: Any, new_browser: Callable) -> None:
    assert browser.submit(link).headers["location"] == "/staff/sources"
    assert is_in(browser)
    again = new_browser()
    answer = again.submit(link)
    assert answer.status_code == 422
    assert "can no longer be used" in answer.text
    assert not is_in(again)


def test_a_mail_scanner_that_looks_at_a_link_does_not_use_it_up(link: str, browser: Any, new_browser: Callable) -> None:
    scanner = new_browser()
    for method in ("HEAD", "GET", "GET", "OPTIONS", "GET"):
        scanner.request(method, link)
    assert "staff" not in scanner.cookies
    assert browser.submit(link).status_code == 303
    assert is_in(browser)


def test_a_link_pressed_twice_at_once_gives_one_session(link: str, app: Any, new_browser: Callable, dump: Any) -> None:
    browsers = [new_browser() for _ in range(4)]
    ready = [(browser, {"_csrf": browser.form_token()}) for browser in browsers]
    with ThreadPoolExecutor(len(ready)) as pool:
        answers = list(pool.map(lambda one: one[0].post(link, data=one[1]), ready))
    assert sorted(answer.status_code for answer in answers) == [303, 422, 422, 422]
    assert len(dump()["staff_session"]) == 1


def test_a_link_is_too_old_after_an_hour(link: str, browser: Any, database: Database) -> None:
    age(database, SignInLink, expires_at=timedelta(seconds=1))
    assert "can no longer be used" in browser.get(link).text
    assert browser.submit(link).status_code == 422


def test_the_link_of_a_disabled_account_does_not_work(link: str, browser: Any, database: Database) -> None:
    age(database, StaffMember, disabled_at=timedelta())
    assert browser.submit(link).status_code == 422


def test_secrets_are_kept_as_hashes_only(link: str, browser: Any, dump: Callable) -> None:
    browser.submit(link)
    kept = repr(dump())
    assert link.removeprefix("/sign-in/") not in kept
    assert browser.cookies["staff"] not in kept
    assert secrets.hashed(browser.cookies["staff"]) in kept


def test_a_session_id_from_before_the_sign_in_is_not_taken_over(link: str, browser: Any, new_browser: Callable) -> None:
    browser.cookies.set("staff", "chosen-by-somebody-else", domain="127.0.0.1")
    answer = browser.submit(link)
    assert "chosen-by-somebody-else" not in answer.headers["set-cookie"]
    attacker = new_browser()
    attacker.cookies.set("staff", "chosen-by-somebody-else", domain="127.0.0.1")
    assert not is_in(attacker)


def test_every_sign_in_has_a_session_of_its_own(link: str, browser: Any, database: Database) -> None:
    browser.submit(link)
    first = browser.cookies["staff"]
    with database.writing() as session:
        secret = staff.link_for(session, session.exec(select(StaffMember)).one())
        session.commit()
    browser.submit(f"/sign-in/{secret}")
    assert browser.cookies["staff"] != first


# -- How a session ends -------------------------------------------------------


def test_signing_out_ends_the_session_for_good(staff_browser: Any, new_browser: Callable) -> None:
    stolen = new_browser()
    stolen.cookies.set("staff", staff_browser.cookies["staff"], domain="127.0.0.1")
    assert is_in(stolen)
    answer = staff_browser.submit("/sign-out")
    assert answer.headers["location"] == "/"
    assert "staff" not in staff_browser.cookies
    assert not is_in(stolen)


@pytest.mark.parametrize(
    ("table", "moments"),
    [
        (StaffSession, {"seen_at": timedelta(minutes=61)}),
        (StaffSession, {"started_at": timedelta(hours=12, minutes=1)}),
        (StaffMember, {"disabled_at": timedelta()}),
    ],
    ids=["after an hour without use", "after twelve hours", "when the account is disabled"],
)
def test_a_session_ends(table: Any, moments: dict, staff_browser: Any, database: Database) -> None:
    assert is_in(staff_browser)
    age(database, table, **moments)
    assert not is_in(staff_browser)


def test_a_session_in_use_does_not_go_idle(staff_browser: Any, database: Database) -> None:
    age(database, StaffSession, seen_at=timedelta(minutes=50))
    assert is_in(staff_browser)
    with database.reading() as session:
        assert session.exec(select(StaffSession.seen_at)).one() > now() - timedelta(minutes=1)


def test_a_page_is_shown_although_it_cannot_be_noted_that_it_was_used(
    staff_browser: Any, app: Any, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    age(database, StaffSession, seen_at=timedelta(minutes=50))

    def others_write() -> None:
        raise Busy

    monkeypatch.setattr(database, "writing", others_write)
    assert is_in(staff_browser)


# -- By password --------------------------------------------------------------


def test_the_right_password_signs_in_and_the_address_may_be_typed_in_any_case(
    with_password: None, browser: Any
) -> None:
    assert browser.submit("/sign-in", {**RIGHT, "email": " Morag@Example.org "}).status_code == 303
    assert is_in(browser)


def test_a_wrong_password_and_an_unknown_account_are_answered_alike(with_password: None, browser: Any) -> None:
    wrong = browser.submit("/sign-in", {"email": EMAIL, "password": "a wrong password"})
    unknown = browser.submit("/sign-in", {"email": "nobody@example.org", "password": "a wrong password"})
    assert (wrong.status_code, unknown.status_code) == (422, 422)
    assert wrong.text.replace(EMAIL, "") == unknown.text.replace("nobody@example.org", "")
    assert "a wrong password" not in wrong.text


def test_guessing_is_stopped_after_ten_tries_and_a_link_still_signs_in(
    with_password: None, browser: Any, database: Database
) -> None:
    tries(database, EMAIL, 9, browser)
    assert browser.submit("/sign-in", {**RIGHT, "password": "the tenth guess"}).status_code == 422
    stopped = browser.submit("/sign-in", RIGHT)
    assert (stopped.status_code, is_in(browser)) == (429, False)
    assert "15 minutes" in stopped.text
    with database.writing() as session:
        secret = staff.link_for(session, staff.by_email(session, EMAIL))
        session.commit()
    browser.submit(f"/sign-in/{secret}")
    assert is_in(browser)


def tries(database: Database, email: str, number: int, browser: Any = None) -> None:
    """Wrong guesses from a browser, or else each from another one."""
    if browser:
        browser.get("/sign-in")
    with database.writing() as session:
        for guess in range(number):
            visitor = browser.cookies["visitor"] if browser else f"browser {guess}"
            session.add(PasswordTry(email_hash=secrets.hashed(email), visitor_hash=secrets.hashed(visitor)))
        session.commit()


def test_guesses_from_elsewhere_do_not_keep_the_owner_out(
    with_password: None, browser: Any, new_browser: Callable, database: Database
) -> None:
    elsewhere = new_browser()
    tries(database, EMAIL, 10, elsewhere)
    assert elsewhere.submit("/sign-in", RIGHT).status_code == 429
    assert browser.submit("/sign-in", RIGHT).status_code == 303


def test_guessing_with_ever_new_browsers_is_stopped_after_a_hundred_tries_in_an_hour(
    with_password: None, browser: Any, database: Database
) -> None:
    tries(database, EMAIL, 99)
    browser.submit("/sign-in", {**RIGHT, "password": "the hundredth guess"})
    assert browser.submit("/sign-in", RIGHT).status_code == 429
    age(database, PasswordTry, tried_at=timedelta(minutes=61))
    assert browser.submit("/sign-in", RIGHT).status_code == 303


def test_tries_are_forgotten_after_an_hour(with_password: None, browser: Any, database: Database, dump: Any) -> None:
    tries(database, EMAIL, 5)
    age(database, PasswordTry, tried_at=timedelta(minutes=61))
    browser.submit("/sign-in", {**RIGHT, "password": "a new guess"})
    assert len(dump()["password_try"]) == 1


def test_the_owner_can_use_the_password_again_after_a_quarter_of_an_hour(
    with_password: None, browser: Any, database: Database
) -> None:
    tries(database, EMAIL, 10, browser)
    age(database, PasswordTry, tried_at=timedelta(minutes=15, seconds=1))
    assert browser.submit("/sign-in", RIGHT).status_code == 303


def test_many_guesses_on_one_account_do_not_stop_another(with_password: None, browser: Any, database: Database) -> None:
    tries(database, "somebody.else@example.org", 50)
    assert browser.submit("/sign-in", RIGHT).status_code == 303


def test_an_account_without_a_password_takes_none(link: str, browser: Any) -> None:
    assert browser.submit("/sign-in", {"email": EMAIL, "password": "None"}).status_code == 422


@pytest.mark.parametrize("fields", [{}, {"email": EMAIL}, {"password": PASSWORD}, {"email": " ", "password": "x"}])
def test_an_empty_sign_in_says_what_to_enter(fields: dict[str, str], browser: Any) -> None:
    answer = browser.submit("/sign-in", fields)
    assert answer.status_code == 422
    assert "Enter your e-mail address and your password" in answer.text


def test_a_password_being_checked_keeps_nobody_from_writing(
    with_password: None, browser: Any, database: Database
) -> None:
    """Checking takes long by design, and a flood of guesses must not stand in the way of those who send a form."""
    token = browser.form_token()
    with ThreadPoolExecutor(1) as pool, staff.verifying, staff.verifying:  # as many checks as run at a time
        guess = pool.submit(browser.post, "/sign-in", data={"_csrf": token, **RIGHT})
        time.sleep(0.3)
        started = time.monotonic()
        with database.writing() as session:
            session.add(PasswordTry(email_hash="somebody sends a form meanwhile", visitor_hash=""))
            session.commit()
        waited = time.monotonic() - started
        assert not guess.done()
    assert waited < 1
    assert guess.result().status_code == 303


def test_a_password_is_kept_so_that_guessing_takes_long(database: Database) -> None:
    with database.writing() as session:
        member = staff.add(session, email=EMAIL, name="Morag", role="reviewer", password=PASSWORD)
        kept = extract_parameters(member.password_hash)
    assert kept.type is Type.ID
    assert (kept.memory_cost >= 19 * 1024, kept.time_cost >= 2) == (True, True)  # what OWASP asks for at least


def test_short_passwords_unknown_roles_and_second_accounts_are_refused(database: Database) -> None:
    with database.writing() as session:
        staff.add(session, email=EMAIL, name="Morag", role="auditor")
        for wrong in (
            {"email": "a@example.org", "password": "too short"},
            {"email": "a@example.org", "role": "submitter"},
            {"email": EMAIL.upper()},
            {"email": "no address"},
        ):
            with pytest.raises(ValueError, match=r"password needs|role must|already|Enter an e-mail"):
                staff.add(session, **{"name": "A", "role": "auditor", **wrong})
