"""No puzzle keeps programs out: what anybody may post is limited, and a field that people do not see tells them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from litestar import Litestar
from sqlmodel import select

from collector.accounts import guard
from collector.accounts.access import RULES, Person
from collector.database import Database
from collector.intake.models import Draft
from collector.mail import outbox
from collector.mail.models import Mail
from collector.web import limits, posted
from collector.web.limits import Limit
from tests.collector import every_page
from tests.conftest import QUESTIONNAIRE

STRANGER, ANOTHER = "8.8.8.8", "1.1.1.1"  # a reserved address would be nobody's, and is not counted
FIRST = f"{QUESTIONNAIRE}/pages/respondent"


@pytest.fixture
def public(app: Litestar) -> list[str]:
    """Every route that anybody may post to, from the router."""
    posts = sorted(rule for rule in guard.routes_of(app) if rule.startswith("POST "))
    return [rule for rule in posts if Person.ANYONE in RULES[rule]]


@pytest.fixture
def from_address(app: Litestar, new_browser: Callable) -> Callable[..., Any]:
    """Browsers that ask from an address of the network."""

    def make(address: str | None) -> Any:
        async def there(scope: Any, receive: Any, send: Any) -> None:
            asked = {"client": address and (address, 50_000)} if scope["type"] == "http" else {}
            await app({**scope, **asked}, receive, send)

        return new_browser(there)

    return make


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same limits, and fewer."""
    fewer = {limits.POSTS: Limit(3, 5, 60), limits.MAILS: Limit(2, 4, 3600)}
    monkeypatch.setattr(limits, "MAILS", fewer[limits.MAILS])
    monkeypatch.setattr(limits, "LIMITS", {rule: fewer[limit] for rule, limit in limits.LIMITS.items()})


@pytest.mark.usefixtures("few")
def test_every_route_that_anybody_may_post_to_has_a_limit(
    public: list[str], world: Any, app: Litestar, from_address: Callable
) -> None:
    unlimited = []
    for rule in public:
        app.state.counts = limits.Counts()
        browser, url = from_address(STRANGER), rule.removeprefix("POST ").format(**world.existing)
        answers = [browser.submit(url).status_code for _ in range(4)]
        if 429 in answers[:2] or answers[3] != 429:
            unlimited.append((rule, answers))
    assert len(public) > 20
    assert unlimited == []


@pytest.mark.usefixtures("few")
def test_other_browsers_at_the_same_address_have_their_own_count_until_all_together_are_too_many(
    from_address: Callable,
) -> None:
    one, other, third, elsewhere = [from_address(at) for at in (STRANGER, STRANGER, STRANGER, ANOTHER)]
    assert [one.submit(FIRST).status_code for _ in range(4)] == [422, 422, 422, 429]
    assert other.submit(FIRST).status_code == 422
    assert [third.submit(FIRST).status_code for _ in range(2)] == [422, 429]
    assert elsewhere.submit(FIRST).status_code == 422


@pytest.mark.usefixtures("few")
def test_an_address_that_is_refused_takes_no_memory_however_often_it_begins_as_a_new_browser(
    from_address: Callable, app: Litestar
) -> None:
    answers = [from_address(STRANGER).submit(FIRST).status_code for _ in range(12)]
    assert answers == [422] * 5 + [429] * 7
    [counted] = app.state.counts.counted.values()
    assert len(counted) == 5 + 1  # the browsers that were let in, and the address


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("address", ["172.18.0.2", "10.0.0.1", "127.0.0.1", "::1", "unknown", "_hidden", None])
def test_a_proxy_that_does_not_tell_whom_it_speaks_for_leaves_each_browser_its_own_limit_and_shuts_nobody_else_out(
    address: str | None, from_address: Callable
) -> None:
    for browser in [from_address(address) for _ in range(4)]:
        assert [browser.submit(FIRST).status_code for _ in range(4)] == [422, 422, 422, 429]


@pytest.mark.parametrize(("address", "warnings"), [(STRANGER, 0), ("127.0.0.1", 1), ("unknown", 1), (None, 1)])
def test_where_people_come_by_way_of_a_proxy_one_that_does_not_tell_is_logged_once(
    address: str | None, warnings: int, app: Litestar, from_address: Callable, caplog: pytest.LogCaptureFixture
) -> None:
    app.state.settings = replace(app.state.settings, base_url="https://feedback.example.org")
    browser = from_address(address)
    assert [browser.submit(FIRST).status_code for _ in range(3)] == [422] * 3
    assert sum("X-Forwarded-For" in told.message for told in caplog.records) == warnings


@pytest.mark.usefixtures("few")
def test_addresses_of_version_6_count_by_household(from_address: Callable) -> None:
    answers = [from_address(f"2a00:23c4:0:1::{number}").submit(FIRST).status_code for number in range(6)]
    assert answers == [422] * 5 + [429]


@pytest.mark.usefixtures("few")
def test_a_refusal_says_what_to_do_and_when_and_loses_nothing(
    from_address: Callable, app: Litestar, database: Database
) -> None:
    browser, now = from_address(STRANGER), [100.0]
    app.state.counts = limits.Counts(clock=lambda: now[0])
    for answer in ("individual", "organisation", "individual"):
        assert browser.submit(FIRST, {"respondent": answer}).status_code == 303
    refused = browser.submit(FIRST, {"respondent": "organisation"})
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "61")
    assert "Nothing that you saved is lost" in refused.text
    assert respondents(database) == ["individual"]
    now[0] += 61
    assert browser.submit(FIRST, {"respondent": "organisation"}).status_code == 303


def respondents(database: Database) -> list[str]:
    with database.reading() as session:
        return [draft.answers["respondent"] for draft in session.exec(select(Draft))]


# -- Mails that strangers could be sent ---------------------------------------------------------------


@pytest.mark.usefixtures("few")
def test_one_browser_cannot_have_many_mailed_however_often_it_begins_again(
    from_address: Callable, fill_in: Callable, database: Database
) -> None:
    browser = from_address(STRANGER)
    for number in range(4):
        fill_in(browser)
        browser.submit(f"{QUESTIONNAIRE}/share/email", {"email": f"somebody-{number}@example.org"})
        browser.submit(f"{QUESTIONNAIRE}/forget")
    assert mailed(database) == ["somebody-0@example.org", "somebody-1@example.org"]


def test_all_browsers_together_cannot_have_more_mailed_in_an_hour_than_anybody_needs(
    new_browser: Callable, fill_in: Callable, database: Database, analysed: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "MOST_ON_REQUEST", 3)
    answers = []
    for number in range(4):
        fill_in(browser := new_browser())
        answers.append(browser.submit(f"{QUESTIONNAIRE}/share/email", {"email": f"a-{number}@example.org"}))
    assert [answer.status_code for answer in answers] == [303, 303, 303, 422]
    assert "Try again in an hour" in answers[3].text
    sent = browser.submit(f"{QUESTIONNAIRE}/check").headers["location"]
    refused = browser.submit(f"{sent}/mail", {"email": "b@example.org"})
    assert (refused.status_code, "Try again in an hour" in refused.text) == (422, True)
    assert len(mailed(database)) == 3


def mailed(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.exec(select(Mail.to_address).order_by(Mail.id)))


# -- The field that only programs fill in -------------------------------------------------------------


def test_every_form_that_anybody_may_post_has_the_field_and_no_form_of_staff(
    browser: Any, fill_in: Callable, world: Any, answers: dict, as_person: Callable
) -> None:
    fill_in(browser, answers | every_page.LISTING)
    browser.submit(f"/my-submission/{world.existing['own_link']}")
    pages = every_page.of_respondents(browser, world.existing)
    for address, page in pages.items():
        assert page.count('method="post"') == page.count(f'name="{limits.TRAP}"'), address
    assert sum(f'name="{limits.TRAP}"' in page for page in pages.values()) > 40
    for address, page in every_page.of_staff(as_person(Person.REVIEWER), world.existing).items():
        assert f'name="{limits.TRAP}"' not in page, address


def test_what_a_program_filled_in_is_kept_nowhere_and_told(
    public: list[str], world: Any, new_browser: Callable, dump: Callable
) -> None:
    before = dump()
    for rule in public:
        browser, url = new_browser(), rule.removeprefix("POST ").format(**world.existing)
        answer = browser.submit(url, {limits.TRAP: "https://example.org", "respondent": "individual", "name": "x"})
        assert (answer.status_code, "Your form was not taken" in answer.text) == (422, True), rule
    assert dump() == before


def test_left_empty_as_browsers_send_it_the_field_changes_nothing(browser: Any) -> None:
    assert browser.submit(FIRST, {"respondent": "individual", limits.TRAP: ""}).status_code == 303


# -- The size of what is sent -------------------------------------------------------------------------


def test_no_route_takes_more_at_once_than_its_page_can_hold(
    public: list[str], world: Any, from_address: Callable, dump: Callable
) -> None:
    before = dump()
    for rule in public:
        browser, url = from_address("127.0.0.1"), rule.removeprefix("POST ").format(**world.existing)
        most = posted.LARGEST_UNSENT if rule == "POST /sign-in" else posted.LARGEST_PAGE
        answer = browser.submit(url, {"respondent": "x" * (most + 1)})
        assert answer.status_code == 413, (rule, answer.status_code)
    assert dump() == before
