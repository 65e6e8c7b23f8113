"""What logs keep is safe: ids and stages, never a word that somebody wrote."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from collector.database import Database
from collector.queue import Queue

START = "/questionnaires/keeping-the-promise"
CANARY = "kanarienvogel"
# The tests' own browser, which is no part of the service.
NOT_OURS = ("httpx", "httpcore")


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Callable[[], str]:
    """Everything that was logged, with what hangs on it."""
    caplog.set_level(logging.INFO)  # as the service logs

    def everything() -> str:
        ours = [record for record in caplog.records if not record.name.startswith(NOT_OURS)]
        assert ours, "nothing was logged, so that nothing is shown"
        return "\n".join(f"{record.getMessage()} {record.args} {record.exc_text} {record.exc_info}" for record in ours)

    return everything


def with_canaries(answers: dict[str, Any]) -> dict[str, Any]:
    words = {key: f"{CANARY} {value}" for key, value in answers.items() if "." in key or key == "organisation-name"}
    return answers | words | {"email": f"{CANARY}@example.org"}


def test_words_that_were_typed_stay_out_of_the_logs_whatever_fails(
    logged: Callable,
    browser: Any,
    staff_browser: Any,
    fill_in: Callable,
    answers: dict,
    app: Any,
    new_token: Callable,
    database: Database,
) -> None:
    typed, token = with_canaries(answers), {**new_token("submitter"), "Idempotency-Key": CANARY}
    content = {"questionnaire": "keeping-the-promise", "answers": typed}
    app.state.queue = Queue("redis://127.0.0.1:1/0")
    fill_in(browser, typed)
    refusals(browser, staff_browser)
    browser.submit(f"{START}/check")
    assert browser.post("/api/submissions", json=content, headers=token).status_code == 201
    typed["planning.doing"] += "!"
    assert browser.post("/api/submissions", json=content, headers=token).status_code == 409
    failures(browser, staff_browser, content, token, database)
    app.state.queue.close()
    seen = logged()
    assert "failed: " in seen
    assert "wait for the sweep" in seen
    assert CANARY not in seen.casefold()
    assert browser.cookies["visitor"] not in seen


def refusals(browser: Any, staff_browser: Any) -> None:
    """All that is answered with a problem."""
    browser.submit(f"{START}/pages/email", {"email": f"{CANARY} is no address"})
    browser.submit(f"{START}/pages/planning-plans", {"planning.plans": f"{CANARY}\x00"})
    browser.post(f"{START}/pages/email", data={"email": f"{CANARY}@example.org"})
    browser.submit("/sign-in", {"email": f"{CANARY}@example.org", "password": CANARY})
    browser.get(f"/sign-in/{CANARY}")
    browser.get(f"/{CANARY}")
    browser.get(f"/receipts/{CANARY}")
    browser.get(f"/drafts/{CANARY}")
    browser.submit(f"/drafts/{CANARY}", {"name": CANARY})
    browser.submit(f"{START}/share/email", {"email": f"{CANARY} is no address", "name": CANARY})
    browser.submit(f"{START}/share/email", {"email": f"{CANARY}@example.org", "name": CANARY})
    browser.get(f"/api/submissions/{CANARY}", headers={"Authorization": f"Bearer {CANARY}"})
    browser.post("/api/submissions", content=CANARY)
    staff_browser.get("/staff/sources", params={"search": CANARY})
    staff_browser.submit("/staff/statements/1/decisions", {"add": CANARY, "why": CANARY})


def failures(browser: Any, staff_browser: Any, content: dict, token: dict, database: Database) -> None:
    """All that can be sent, while tables are gone."""
    form = browser.form_token()
    rename(database, "draft", "draft_away")
    rename(database, "organisation", "organisation_away")
    try:
        answers = [
            browser.post(f"{START}/pages/planning-plans", data={"_csrf": form, "planning.plans": CANARY}),
            browser.post("/api/submissions", json=content, headers={**token, "Idempotency-Key": f"{CANARY} 2"}),
            staff_browser.get("/staff/organisations", params={"search": CANARY}),
        ]
    finally:
        rename(database, "draft_away", "draft")
        rename(database, "organisation_away", "organisation")
    assert {answer.status_code for answer in answers} <= {500, 503}
    # What was typed goes back to who typed it, to be sent again.
    assert [CANARY in answer.text for answer in answers] == [True, False, False]


def rename(database: Database, table: str, to: str) -> None:
    with database.writing() as session:
        session.connection().execute(sa.text(f"ALTER TABLE {table} RENAME TO {to}"))
        session.commit()


def test_a_failure_is_logged_with_its_kind_and_place(logged: Callable, browser: Any, app: Any) -> None:
    database, app.state.database = app.state.database, None
    browser.get("/")
    app.state.database = database
    assert "GET / failed: " in logged()


def test_a_page_of_a_failure_tells_nothing_of_the_inside(browser: Any, app: Any) -> None:
    database, app.state.database = app.state.database, None
    page, told = browser.get("/").text, browser.get("/api/health").json()
    app.state.database = database
    for inside in ("Traceback", "Exception", ".py", "sqlalchemy", "litestar"):
        assert inside not in page
        assert inside not in str(told)
    assert told == {"type": "about:blank", "title": "Internal Server Error", "status": 500}
