"""Who may do what: every route of the running service, tried as each kind of person, against the rules."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from httpx import Response
from litestar import Litestar, get

from collector import app as service
from collector.accounts import guard
from collector.accounts.access import RULES, STAFF, TOKEN_ROLES, Person
from tests.collector.every_page import QUERIES

# What a program sends where the route wants something; wrong on purpose, so that nothing is kept.
API_REQUEST = {"json": {}, "headers": {"Idempotency-Key": "any"}}
# The framework's own "not found" under the description's address: nothing is ever there.
NOTHING_THERE = {"GET /api", "GET /api/{path}"}
# Who uses them is somebody else afterwards.
SIGNING = {"POST /sign-in", "POST /sign-in/{secret}", "POST /sign-out"}


@pytest.mark.parametrize("person", list(Person))
@pytest.mark.parametrize("ids", ["existing", pytest.param("missing", marks=pytest.mark.slow)])
def test_every_route_lets_in_exactly_those_whom_its_rule_names(
    person: Person, ids: str, app: Litestar, world: Any, as_person: Callable
) -> None:
    browser, wrong = as_person(person), []
    for rule in sorted(guard.routes_of(app)):
        answer = use(as_person(person) if rule in SIGNING else browser, rule, getattr(world, ids))
        if is_refused(answer) is (person in RULES[rule]) or answer.status_code >= 500:
            wrong.append((rule, answer.status_code))
    assert wrong == []
    # None of them signed anybody out: who was refused was refused for who they are.
    assert is_refused(browser.get("/staff/sources")) is (person not in RULES["GET /staff/sources"])


def use(browser: Any, rule: str, ids: dict[str, Any]) -> Response:
    method, _, path = rule.partition(" ")
    url = (path + QUERIES.get(path, "")).format(**ids)
    if method != "POST":
        return browser.request(method, url)
    return browser.post(url, **API_REQUEST) if url.startswith("/api/") else browser.submit(url)


def is_refused(answer: Response) -> bool:
    return answer.status_code in (401, 403) or answer.headers.get("location") == "/sign-in"


@pytest.mark.parametrize(
    "person",
    [Person.REVIEWER, *(pytest.param(one, marks=pytest.mark.slow) for one in Person if one is not Person.REVIEWER)],
)
def test_what_is_there_is_shown_to_those_who_may_see_it_and_what_is_missing_is_not_found(
    person: Person, app: Litestar, world: Any, as_person: Callable
) -> None:
    browser = as_person(person)
    reading = {rule for rule in guard.routes_of(app) if rule.startswith("GET ") and person in RULES[rule]}
    there = {rule: use(browser, rule, world.existing).status_code for rule in reading - NOTHING_THERE}
    # What another one sent: no token opens it but the sender's, and no browser.
    own = {f"GET /receipts/{{key}}/answers.{kind}" for kind in ("docx", "pdf")} | {
        "GET /questionnaires/{slug}/files/{key}"
    }
    own |= {rule for rule in reading if rule.startswith("GET /submissions/{reference}")}
    own |= {"GET /staff/keying/{keying_id}/files/{key}"}
    # What was sent to somebody else; staff are led to their own page of it.
    own |= {rule for rule in reading if rule.startswith("GET /reports/")}
    own -= {"GET /reports/{report_id}"} if person in STAFF else set()
    # Of lists, and the page that is there is none.
    own |= {rule for rule in reading if rule.startswith("GET /staff/sources/{source_id}/answers/{page_id}/")}
    own |= {"GET /api/submissions/{reference}"} if person is Person.SUBMITTER else set()
    assert {rule for rule, status in there.items() if status >= 400} == own & reading
    numbered = {rule for rule in reading if "_id}" in rule or "{reference}" in rule or "{key}" in rule}
    assert {use(browser, rule, world.missing).status_code for rule in numbered} <= {404}


@pytest.mark.slow
@pytest.mark.parametrize("person", [Person.ANYONE, Person.REVIEWER, Person.READER])
def test_head_answers_as_get_does_and_without_a_body(
    person: Person, app: Litestar, world: Any, as_person: Callable
) -> None:
    browser, differing = as_person(person), []
    ours = guard.routes_of(app) - NOTHING_THERE - {"GET /api/openapi.json"}
    for rule in sorted(rule for rule in ours if rule.startswith("GET ")):
        got = use(browser, rule, world.existing)
        asked = use(browser, rule.replace("GET", "HEAD", 1), world.existing)
        if (asked.status_code, asked.content) != (got.status_code, b""):
            differing.append((rule, got.status_code, asked.status_code, len(asked.content)))
    assert differing == []


def test_what_people_wrote_is_for_staff_and_for_programs_with_a_token() -> None:
    """The rules themselves: a slip in one of them would pass every test that goes by them."""
    for rule, people in RULES.items():
        method, _, path = rule.partition(" ")
        if path.startswith("/staff"):
            assert people <= ({Person.REVIEWER} if method == "POST" else STAFF), rule
        if path.startswith(("/api/submissions", "/api/organisations")):
            assert people <= set(TOKEN_ROLES), rule


@pytest.mark.parametrize("ids", [0, -1, 2**31, 2**63, 10**30])
def test_numbers_that_no_row_can_have_are_not_found(ids: int, app: Litestar, as_person: Callable) -> None:
    reviewer, reader = as_person(Person.REVIEWER), as_person(Person.READER)
    for rule in (rule for rule in guard.routes_of(app) if "_id}" in rule and "page_id" not in rule):
        named = {name: ids if name.endswith("_id") else "no-such" for name in re.findall(r"{(\w+)}", rule)}
        answer = use(reader if "/api/" in rule else reviewer, rule, named)
        assert answer.status_code in (400, 404), rule


def test_a_staff_session_opens_nothing_of_the_api_and_a_token_nothing_of_the_pages(
    staff_browser: Any, browser: Any, new_token: Callable, world: Any
) -> None:
    assert use(staff_browser, "GET /api/organisations/{organisation_id}/profile", world.existing).status_code == 401
    answer = browser.get("/staff/sources", headers=new_token("reader"))
    assert answer.headers["location"] == "/sign-in"


def test_a_route_without_a_rule_keeps_the_service_from_starting(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    @get("/new-and-forgotten", sync_to_thread=False)
    def forgotten() -> str:
        return ""

    monkeypatch.setattr(service.web, "handlers", [*service.web.handlers, forgotten])
    with pytest.raises(RuntimeError, match="GET /new-and-forgotten"):
        service.create(settings)


def test_a_rule_for_no_route_keeps_the_service_from_starting(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RULES, "GET /was-taken-out", frozenset())
    with pytest.raises(RuntimeError, match="GET /was-taken-out"):
        service.create(settings)


def test_options_says_which_methods_there_are_and_nothing_else(browser: Any, app: Litestar, world: Any) -> None:
    for rule in guard.routes_of(app) - NOTHING_THERE:
        answer = browser.options(rule.partition(" ")[2].format(**world.existing))
        assert (answer.status_code, answer.content) == (204, b""), rule


@pytest.mark.slow
def test_reading_changes_nothing(app: Litestar, world: Any, as_person: Callable, dump: Callable) -> None:
    people = [as_person(person) for person in (Person.REVIEWER, Person.SUBMITTER, Person.READER)]
    before = dump()
    for rule in (rule for rule in guard.routes_of(app) if not rule.startswith("POST ")):
        for browser in people:
            for ids in (world.existing, world.missing):
                use(browser, rule, ids)
    assert dump() == before
