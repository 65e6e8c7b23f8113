"""Submissions by programs: a key for each, a receipt for each key, and problems in a form that programs read."""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import select

from collector.database import Database
from collector.intake import references, sample
from collector.intake.models import Job, Round, Submission
from collector.queue import Queue

URL = "/api/submissions"


@pytest.fixture
def send(browser: Any, new_token: Callable, answers: dict) -> Callable[..., Any]:
    """Sends a submission as a program with a token of its own would."""
    token = new_token("submitter")

    def post(key: str = "key", headers: dict | None = None, **changes: Any) -> Any:
        content = {"questionnaire": "keeping-the-promise", "answers": {**answers, **changes}}
        return browser.post(URL, json=content, headers={"Idempotency-Key": key, **(headers or token)})

    post.token = token
    return post


def assert_is_problem(answer: Any, status: int) -> None:
    assert answer.headers["content-type"].startswith("application/problem+json")
    problem = answer.json()
    assert (problem["status"], answer.status_code) == (status, status)
    assert problem["title"]


# -- Sending ----------------------------------------------------------------------------------------


def test_a_submission_is_kept_and_its_receipt_can_be_opened(send: Callable, browser: Any, dump: Callable) -> None:
    answer = send()
    assert answer.status_code == 201
    receipt = answer.json()
    assert receipt["state"] == "received"
    assert browser.get(receipt["receipt"]).status_code == 200
    assert [row[1] for row in dump()["submission"]] == [references.read(receipt["reference"])]
    assert len(dump()["job"]) == 1


def test_the_same_key_and_content_give_the_same_receipt(send: Callable, dump: Callable) -> None:
    first, before = send(), dump()
    again = send()
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert dump() == before


def test_a_retry_after_the_round_has_closed_gets_its_receipt(
    send: Callable, database: Database, dump: Callable
) -> None:
    first = send()
    with database.writing() as session:
        session.exec(sa.update(Round).values(closes_on=date(2020, 1, 1)))
        session.commit()
    before = dump()
    again = send()
    assert (again.status_code, again.json()["reference"]) == (200, first.json()["reference"])
    assert_is_problem(send(**{"planning.doing": "Something else."}), 409)
    assert_is_problem(send(key="another"), 422)
    assert dump() == before


def test_the_same_key_with_other_content_is_a_conflict_and_the_first_is_intact(send: Callable, dump: Callable) -> None:
    first, before = send(), dump()
    other = send(**{"planning.doing": "Something else."})
    assert_is_problem(other, 409)
    assert first.json()["reference"] in other.json()["detail"]
    assert dump() == before
    assert send().json() == first.json()


def test_twenty_at_once_with_one_key_are_one_submission(send: Callable, dump: Callable) -> None:
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: send(), range(20)))
    assert sorted(answer.status_code for answer in answers) == [200] * 19 + [201]
    assert len({answer.json()["reference"] for answer in answers}) == 1
    assert len(dump()["submission"]) == len(dump()["job"]) == len(dump()["source"]) == 1


def test_many_at_once_of_one_new_organisation_are_all_kept_and_it_is_one(send: Callable, dump: Callable) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: send(f"key {number}"), range(16)))
    assert {answer.status_code for answer in answers} == {201}
    assert (len(dump()["submission"]), len(dump()["organisation"])) == (16, 1)


def test_the_same_key_of_another_token_is_another_submission(send: Callable, new_token: Callable) -> None:
    other = send(headers=new_token("submitter"))
    assert other.status_code == 201
    assert send().json()["reference"] != other.json()["reference"]


def test_a_key_of_a_program_never_meets_one_of_a_browser(send: Callable, browser: Any, fill_in: Callable) -> None:
    fill_in(browser)
    browser.submit("/questionnaires/keeping-the-promise/check")
    assert {send(key).status_code for key in ("draft 1", "1", "token 1 key", "1 key", "sample 1")} == {201}


def test_a_broker_that_is_away_delays_nobody(send: Callable, app: Any, dump: Callable) -> None:
    app.state.queue = Queue("redis://127.0.0.1:1/0")
    started = time.monotonic()
    assert send().status_code == 201
    assert time.monotonic() - started < 1
    assert len(dump()["job"]) == 1


# -- What is refused --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "question"),
    [
        ({"status": "published"}, "status"),
        ({"organisation_id": "1"}, "organisation_id"),
        ({"permission": "publish-all"}, "permission"),
        ({"permission": ["with-name"]}, "permission"),
        ({"areas": "fife"}, "areas"),
        ({"areas": ["fife", "atlantis"]}, "areas"),
        ({"organisation-name": ""}, "organisation-name"),
        ({"planning.doing": "a\x00b"}, "planning.doing"),
        ({"planning.doing": "x" * 20_001}, "planning.doing"),
        ({"good-childhood.doing": "Not among the areas chosen."}, "good-childhood.doing"),
    ],
)
def test_wrong_answers_are_refused_by_question(changes: dict, question: str, send: Callable, dump: Callable) -> None:
    before = dump()
    answer = send(**changes)
    assert_is_problem(answer, 422)
    assert question in [error["question"] for error in answer.json()["errors"]]
    assert dump() == before


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"{}",
        b'{"questionnaire": "keeping-the-promise"}',
        b'{"questionnaire": 1, "answers": {}}',
        b'{"questionnaire": "keeping-the-promise", "answers": []}',
        b'{"questionnaire": "keeping-the-promise", "answers": {"respondent": 1}}',
        b'{"questionnaire": "keeping-the-promise", "answers": {"respondent": {"a": 1}}}',
        b'{"questionnaire": "keeping-the-promise", "answers": {}, "sample": true}',
        b'{"questionnaire": "no-such", "answers": {}}',
        b'{"questionnaire": "\\u0000", "answers": {"\\u0000": "\\u0000"}}',
        b'{"questionnaire": "keeping-the-promise", "answers": {"planning.doing": "\\ud800"}}',
        b'{"questionnaire": "keeping-the-promise", "answers": {"\\ud800": "x"}}',
        b'\xff\xfe{"questionnaire"',
        b"[" * 100_000,
        b'{"a":' * 20_000,
    ],
    ids=range(19),
)
def test_what_is_no_submission_is_a_problem_and_never_a_failure(
    content: bytes, browser: Any, send: Callable, dump: Callable
) -> None:
    before = dump()
    headers = {"Idempotency-Key": "key", "Content-Type": "application/json", **send.token}
    answer = browser.post(URL, content=content, headers=headers)
    assert answer.status_code in (400, 422)
    assert_is_problem(answer, answer.status_code)
    assert dump() == before


@pytest.mark.parametrize("key", [None, "", "x" * 201])
def test_a_key_must_be_given_and_short(key: str | None, browser: Any, send: Callable) -> None:
    headers = {**send.token, **({} if key is None else {"Idempotency-Key": key})}
    assert_is_problem(browser.post(URL, json={}, headers=headers), 400)


def test_too_much_is_refused(browser: Any, send: Callable) -> None:
    content = json.dumps({"questionnaire": "keeping-the-promise", "answers": {"planning.doing": "x" * 6_100_000}})
    headers = {"Idempotency-Key": "key", "Content-Type": "application/json", **send.token}
    assert_is_problem(browser.post(URL, content=content, headers=headers), 413)


# -- Tokens -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer ", "\tBearer"])
def test_the_scheme_is_read_in_any_case(scheme: str, send: Callable) -> None:
    secret = send.token["Authorization"].split()[1]
    assert send(headers={"Authorization": f"{scheme} {secret}".strip()}).status_code == 201


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic {}", "Token {}", "{}", "Bearer {}x", "Bearer x{}"])
def test_anything_but_a_known_token_is_refused(header: str, send: Callable, dump: Callable) -> None:
    before = dump()
    secret = send.token["Authorization"].split()[1]
    answer = send(headers={"Authorization": header.format(secret)})
    assert_is_problem(answer, 401)
    assert answer.headers["www-authenticate"] == "Bearer"
    assert dump() == before


def test_a_token_that_was_taken_back_is_refused(send: Callable, database: Any) -> None:
    import sqlalchemy as sa

    from collector.accounts.models import ApiToken
    from collector.database import now

    with database.writing() as session:
        session.exec(sa.update(ApiToken).values(revoked_at=now()))
        session.commit()
    assert_is_problem(send(), 401)


def test_only_the_hash_of_a_token_is_kept(send: Callable, dump: Callable) -> None:
    assert send.token["Authorization"].split()[1] not in repr(dump())


# -- Reading back -----------------------------------------------------------------------------------


def test_a_program_finds_its_own_submission_however_the_reference_is_written(send: Callable, browser: Any) -> None:
    receipt = send().json()
    for reference in (receipt["reference"], receipt["reference"].lower(), receipt["reference"].replace("-", "")):
        assert browser.get(f"{URL}/{reference}", headers=send.token).json() == receipt


def test_a_submission_of_another_is_answered_exactly_as_one_that_is_not_there(
    send: Callable, browser: Any, new_token: Callable, receive: Callable
) -> None:
    others = {send().json()["reference"], references.shown(receive().reference)}
    stranger = new_token("submitter")
    missing = browser.get(f"{URL}/AAAA-AAAA", headers=stranger)
    assert_is_problem(missing, 404)
    for reference in others:
        answer = browser.get(f"{URL}/{reference}", headers=stranger)
        assert (answer.status_code, answer.content) == (404, missing.content)


def test_a_reader_sees_the_state_of_any_submission(analysed: Callable, browser: Any, new_token: Callable) -> None:
    reference = analysed().received.reference
    assert browser.get(f"{URL}/{reference}", headers=new_token("reader")).json()["state"] == "analysed"


def test_a_retry_is_told_how_far_the_submission_is_by_now(send: Callable, database: Database) -> None:
    assert send().json()["state"] == "received"
    with database.writing() as session:
        session.exec(sa.update(Job).values(state="done"))
        session.commit()
    assert send().json()["state"] == "analysed"


def test_a_receipt_says_whether_the_submission_is_a_sample(
    send: Callable, browser: Any, new_token: Callable, database: Database
) -> None:
    assert send().json()["sample"] is False
    with database.writing() as session:
        sample.load(session)
        reference = session.exec(select(Submission.reference).join(Round).where(Round.sample)).first()
    assert browser.get(f"{URL}/{reference}", headers=new_token("reader")).json()["sample"] is True


# -- The rest of the interface ----------------------------------------------------------------------


def test_health_tells_that_the_database_answers_and_how_many_jobs_wait(browser: Any, receive: Callable) -> None:
    receive()
    assert browser.get("/api/health").json() == {"status": "ok", "jobs": {"waiting": 1}}


def test_the_open_questionnaire_is_given_whole(browser: Any) -> None:
    from forms import questionnaire

    given = browser.get("/api/questionnaires/keeping-the-promise").json()
    assert given == questionnaire.load("keeping-the-promise").definition
    assert_is_problem(browser.get("/api/questionnaires/no-such"), 404)


def test_every_kind_of_refusal_is_a_problem_in_json(browser: Any) -> None:
    for method, path, status in (
        ("GET", "/api/no-such", 404),
        ("GET", "/api/submissions/AAAA", 401),
        ("PUT", "/api/submissions", 405),
        ("GET", "/api/organisations/x/profile", 404),
        ("POST", "/api/submissions", 401),
    ):
        assert_is_problem(browser.request(method, path), status)


def test_the_description_names_every_route_of_the_api_and_who_needs_a_token(browser: Any) -> None:
    described = browser.get("/api/openapi.json").json()
    assert set(described["paths"]) == {
        "/api/health",
        "/api/questionnaires/{slug}",
        "/api/submissions",
        "/api/submissions/{reference}",
        "/api/organisations/{organisation_id}/profile",
    } | {path for path in described["paths"] if not path.startswith("/api/")}
    assert described["paths"]["/api/submissions"]["post"]["security"] == [{"token": []}]
    assert "security" not in described["paths"]["/api/health"]["get"]
