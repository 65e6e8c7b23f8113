"""What every answer carries, whatever was asked, and names that the service does not answer to."""

from collections.abc import Callable
from typing import Any

import pytest
from litestar import Litestar

from collector.accounts import guard
from collector.database import Database

ANSWERS: dict[str, dict[str, Any]] = {}  # by the kind of database


@pytest.fixture
def seen(database: Database, request: pytest.FixtureRequest) -> dict[str, Any]:
    """An answer of every route, and one of every kind of problem; asked for once, and looked at by every test."""
    kind = database.engine.dialect.name
    if kind not in ANSWERS:
        ANSWERS[kind] = all_seen(*map(request.getfixturevalue, ("app", "world", "staff_browser", "browser")))
    return ANSWERS[kind]


def all_seen(app: Litestar, world: Any, staff_browser: Any, browser: Any) -> dict[str, Any]:
    paths = {rule.partition(" ")[2].format(**world.existing) for rule in guard.routes_of(app) if rule.startswith("GET")}
    shown = {path: (staff_browser if path.startswith("/staff") else browser).get(path) for path in paths}
    problems = {
        "not found": browser.get("/no-such-page"),
        "not found in the API": browser.get("/api/no-such-thing"),
        "not allowed": browser.post("/sign-in"),
        "not known": browser.get("/staff"),
        "wrong method": browser.request("PUT", "/"),
        "other host": browser.get("/", headers={"Host": "evil.example.org"}),
        "too much": browser.post("/sign-in", data={"email": "x" * 6_100_000}),
    }
    return shown | problems | broken(app, browser)


def broken(app: Litestar, browser: Any) -> dict[str, Any]:
    """What is answered when something in the service itself does not work."""
    database, app.state.database = app.state.database, None
    answers = {"broken": browser.get("/"), "broken API": browser.get("/api/health")}
    app.state.database = database
    return answers


def test_every_answer_forbids_what_a_page_does_not_need(seen: dict[str, Any]) -> None:
    for asked, answer in seen.items():
        policy = dict(part.strip().partition(" ")[::2] for part in answer.headers["content-security-policy"].split(";"))
        assert policy["default-src"] == "'none'", asked
        assert policy["script-src"] == policy["style-src"] == "'self'", asked
        assert policy["frame-ancestors"] == policy["base-uri"] == "'none'", asked
        assert answer.headers["x-content-type-options"] == "nosniff", asked
        # The address of a link opens something, so that no other address is told where somebody came from.
        told = "no-referrer" if asked.startswith(("/drafts/", "/my-report/")) else "same-origin"
        assert answer.headers["referrer-policy"] == told, asked


def test_nothing_but_static_files_is_kept_by_browsers_and_proxies(seen: dict[str, Any]) -> None:
    kept = {asked for asked, answer in seen.items() if answer.headers["cache-control"] != "no-store"}
    assert kept == {"/static/css/site.css", "/organisations.json"}


def test_each_problem_has_its_own_status_and_its_own_words(seen: dict[str, Any]) -> None:
    statuses = {asked: answer.status_code for asked, answer in seen.items() if "/" not in asked}
    assert statuses == {
        "not found": 404,
        "not found in the API": 404,
        "not allowed": 403,
        "not known": 303,
        "wrong method": 405,
        "other host": 400,
        "too much": 413,
        "broken": 500,
        "broken API": 500,
    }
    assert "Page not found" in seen["not found"].text
    assert "Shorten the text" in seen["too much"].text
    assert "Nothing that you saved is lost" in seen["broken"].text


def test_pages_hold_no_inline_script_or_style_that_the_policy_would_forbid(seen: dict[str, Any]) -> None:
    for asked, answer in seen.items():
        if answer.headers.get("content-type", "").startswith("text/html"):
            assert " style=" not in answer.text, asked
            assert "<style" not in answer.text, asked
            assert answer.text.count("<script") == answer.text.count('<script type="module" src="/static/'), asked
            assert not any(f" {handler}=" in answer.text for handler in ("onclick", "onload", "onerror")), asked


@pytest.mark.parametrize("host", ["evil.example.org", "127.0.0.1", "127.0.0.1:8001", "127.0.0.1:8000.evil.example.org"])
def test_a_name_that_is_not_its_own_is_refused(host: str, browser: Any) -> None:
    assert browser.get("/", headers={"Host": host}).status_code == 400


def test_forwarded_names_change_nothing(browser: Any, receive: Callable, new_token: Callable) -> None:
    reference = receive().reference
    headers = {"X-Forwarded-Host": "evil.example.org", "X-Forwarded-Proto": "https", "X-Forwarded-For": "10.0.0.1"}
    answer = browser.get(f"/api/submissions/{reference}", headers={**headers, **new_token("reader")})
    assert answer.json()["receipt"].startswith("http://127.0.0.1:8000/receipts/")
    assert "evil.example.org" not in browser.get("/", headers=headers).text


def test_only_served_files_are_reached(browser: Any) -> None:
    for path in ("../page.py", "..%2fpage.py", "%2e%2e/page.py", "css/../../page.py", "/etc/passwd", "vendor"):
        assert browser.get(f"/static/{path}").status_code == 404, path


ODD = ["%00", "%ED%A0%80", "%FF", "%25", "%5C'%20OR%201=1--"]


@pytest.mark.parametrize("odd", ODD)
def test_odd_characters_in_addresses_and_searches_are_no_failure(
    odd: str, app: Litestar, staff_browser: Any, new_token: Callable
) -> None:
    reader = new_token("reader")
    for address in (
        f"/receipts/{odd}",
        f"/sign-in/{odd}",
        f"/questionnaires/{odd}",
        f"/questionnaires/keeping-the-promise/pages/{odd}",
        f"/staff/sources?search={odd}&state={odd}&kind={odd}",
        f"/staff/organisations?search={odd}",
        f"/staff/sources?page={odd}",
        f"/api/questionnaires/{odd}",
        f"/api/submissions/{odd}",
    ):
        assert staff_browser.get(address, headers=reader).status_code < 500, address
    for fields in ({"email": f"a{bytes_of(odd)}@example.org", "password": ""}, {"email": "a", "password": ""}):
        assert staff_browser.submit("/sign-in", fields).status_code < 500


def bytes_of(odd: str) -> str:
    from urllib.parse import unquote

    return unquote(odd)
