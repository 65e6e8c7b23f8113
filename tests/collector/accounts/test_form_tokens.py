"""A page may only change something with the token of its own session, so that no other site can make it."""

from collections.abc import Callable
from typing import Any

import pytest
from litestar import Litestar

from collector.accounts import guard


@pytest.fixture
def changing(app: Litestar, world: Any) -> list[str]:
    """The address of everything on pages that changes something, from the router."""
    rules = sorted(rule for rule in guard.routes_of(app) if rule.startswith("POST ") and " /api/" not in rule)
    return [rule.removeprefix("POST ").format(**world.existing) for rule in rules]


def refused_by_all(browser: Any, changing: list[str], token: str | None) -> bool:
    fields = {} if token is None else {"_csrf": token}
    return all(browser.post(url, data=fields).status_code == 403 for url in changing)


@pytest.mark.parametrize("token", [None, "", "0" * 64, "é"])
def test_no_form_is_taken_without_its_token(
    token: str | None, changing: list[str], staff_browser: Any, browser: Any, dump: Callable
) -> None:
    for one in (browser, staff_browser):
        one.get("/sign-in")  # it has its visitor cookie
    before = dump()
    assert refused_by_all(staff_browser, changing, token)
    assert refused_by_all(browser, [url for url in changing if not is_for_staff(url)], token)
    assert dump() == before


def is_for_staff(url: str) -> bool:
    return url.startswith("/staff/") or url == "/sign-out"


def test_no_form_is_taken_with_the_token_of_somebody_else(
    changing: list[str], staff_browser: Any, browser: Any, as_person: Callable, dump: Callable
) -> None:
    others = browser.form_token(), as_person("reviewer").form_token()
    before = dump()
    assert all(refused_by_all(staff_browser, changing, token) for token in others)
    assert dump() == before


def test_a_planted_visitor_cookie_and_the_token_that_goes_with_it_are_refused_for_staff(
    changing: list[str], staff_browser: Any, browser: Any, dump: Callable
) -> None:
    token = browser.form_token()
    staff_browser.cookies.set("visitor", browser.cookies["visitor"], domain="127.0.0.1")
    before = dump()
    assert refused_by_all(staff_browser, changing, token)
    assert dump() == before


def test_a_token_of_before_the_sign_in_is_worth_nothing_after(
    changing: list[str], browser: Any, sign_in: Callable, dump: Callable
) -> None:
    token = browser.form_token()
    sign_in(browser, "reviewer")
    before = dump()
    assert refused_by_all(browser, changing, token)
    assert dump() == before


def test_a_form_without_any_cookie_is_refused(changing: list[str], browser: Any, new_browser: Callable) -> None:
    token, cookieless = browser.form_token(), new_browser()
    assert refused_by_all(cookieless, [url for url in changing if not is_for_staff(url)], token)


def test_a_planted_cookie_of_markup_stays_out_of_the_page(browser: Any) -> None:
    browser.cookies.set("visitor", '"><script>alert(1)</script>', domain="127.0.0.1")
    page = browser.get("/sign-in")
    assert page.status_code == 200
    assert "alert(1)" not in page.text


def test_the_refusal_says_what_to_do(browser: Any) -> None:
    answer = browser.post("/sign-in", data={})
    assert "load the form again" in answer.text


def test_a_path_that_only_looks_like_the_api_does_not_get_round_the_check(staff_browser: Any, world: Any) -> None:
    decisions = f"/staff/statements/{world.existing['statement_id']}/decisions"
    for path in (f"/api/..{decisions}", f"//api/..{decisions}", f"/api//..{decisions}", f"/api/%2e%2e{decisions}"):
        assert staff_browser.post(path, data={"add": "kinds:idea"}).status_code in (400, 403, 404, 405)
