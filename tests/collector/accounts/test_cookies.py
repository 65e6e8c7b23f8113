"""Cookies that scripts cannot read, other sites cannot send, and neighbours cannot plant."""

from collections.abc import Callable
from dataclasses import replace
from http.cookies import SimpleCookie
from typing import Any

import pytest

import collector.app
from collector.accounts import staff
from collector.database import Database

SAFE_ADDRESS = "https://feedback.example.org"


@pytest.fixture
def sign_in_address(database: Database) -> str:
    with database.writing() as session:
        secret = staff.link_for(session, staff.add(session, email="a@example.org", name="A", role="auditor"))
        session.commit()
    return f"/sign-in/{secret}"


@pytest.fixture
def safe_browser(settings: Any, new_browser: Callable) -> Any:
    """Somebody who opens the service by https."""
    app = collector.app.create(replace(settings, base_url=SAFE_ADDRESS))
    yield new_browser(app, SAFE_ADDRESS)
    app.state.database.close()
    app.state.queue.close()


def set_by(answer: Any) -> dict[str, Any]:
    cookies = SimpleCookie()
    for header in answer.headers.get_list("set-cookie"):
        cookies.load(header)
    return dict(cookies)


def test_both_cookies_are_for_this_site_and_out_of_reach_of_scripts(browser: Any, sign_in_address: str) -> None:
    set_ = set_by(browser.get("/")) | set_by(browser.submit(sign_in_address))
    assert set(set_) == {"visitor", "staff"}
    for cookie in set_.values():
        assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "lax", "/")
        assert len(cookie.value) >= 32
    assert set_["staff"]["max-age"] == ""  # gone when the browser is closed


def test_over_https_they_are_secure_and_cannot_be_planted_by_a_neighbour(
    safe_browser: Any, sign_in_address: str
) -> None:
    set_ = set_by(safe_browser.get("/")) | set_by(safe_browser.submit(sign_in_address))
    assert set(set_) == {"__Host-visitor", "__Host-staff"}
    for cookie in set_.values():
        assert (cookie["secure"], cookie["httponly"], cookie["path"], cookie["domain"]) == (True, True, "/", "")
    assert safe_browser.get("/staff/sources").status_code == 200


def test_over_https_a_cookie_without_the_prefix_opens_nothing(safe_browser: Any, sign_in_address: str) -> None:
    safe_browser.submit(sign_in_address)
    secret = safe_browser.cookies["__Host-staff"]
    safe_browser.cookies.clear()
    safe_browser.cookies.set("staff", secret, domain="feedback.example.org")
    assert safe_browser.get("/staff/sources").headers["location"] == "/sign-in"


def test_over_https_browsers_are_told_to_stay_with_it(safe_browser: Any, browser: Any) -> None:
    seconds = int(safe_browser.get("/").headers["strict-transport-security"].removeprefix("max-age=").split(";")[0])
    assert seconds >= 365 * 24 * 3600
    assert "strict-transport-security" not in browser.get("/").headers


def test_signing_out_takes_the_cookie_away(staff_browser: Any) -> None:
    cookie = set_by(staff_browser.submit("/sign-out"))["staff"]
    assert (cookie.value, cookie["max-age"]) == ("", "0")
