"""What another respondent has is as if it were not there: at every address that names something, from the router."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import select

from collector.accounts.access import RULES, Person
from collector.database import Database
from collector.findings.models import Statement
from collector.intake import uploads

NOT_THERE = {
    "reference": "2222-2222",
    "statement_id": "999999",
    "item_id": "0000aaaa0000",
    "key": "no-such",
    "receipt": "no-such",
}
# The page of a receipt is for whoever was given its address.
NAMED = [
    rule.replace("/receipts/{key}", "/receipts/{receipt}")
    for rule, people in RULES.items()
    if Person.ANYONE in people and set(re.findall(r"{(\w+)}", rule)) & set(NOT_THERE) and rule != "GET /receipts/{key}"
]
WISHES = {"agrees": "no", "text": "It is ours", "sure": "yes", "commitment": "Ours", "email": "thief@example.org"}
LISTED = [{"id": "abcdefabcdef", "commitment": "We will open on Saturdays."}]


@pytest.fixture
def theirs(
    send: Callable, new_browser: Callable, record_findings: Callable, told: dict, database: Database
) -> dict[str, str]:
    """The names of what somebody else has sent, and of what is in it."""
    sent = send(new_browser(), commitments=LISTED)
    record_findings(sent.source_id, told)
    with database.writing() as session:
        statement_id = session.exec(select(Statement.id)).first()
        key = uploads.keep(session, "plan.txt", b"We plan.", submission_id=sent.submission_id).key
        session.commit()
    return {
        "reference": sent.reference,
        "statement_id": str(statement_id),
        "item_id": LISTED[0]["id"],
        "key": key,
        "receipt": sent.receipt_url.rpartition("/")[2],
    }


@pytest.fixture
def asked(browser: Any) -> Callable[..., tuple[int, str]]:
    """What is answered, but for the names in it."""
    token = browser.form_token()

    def ask(rule: str, names: dict[str, str]) -> tuple[int, str]:
        method, _, path = rule.partition(" ")
        page_id = "commitments" if "{item_id}" in path else "permission"
        url = path.format(slug="keeping-the-promise", page_id=page_id, **names)
        answer = browser.get(url) if method == "GET" else browser.post(url, data={"_csrf": token, **WISHES})
        told = f"{answer.headers.get('location')} {answer.text}"
        for name in names.values():
            told = told.replace(f"/{name}", "/…")
        return answer.status_code, told

    return ask


def test_it_is_neither_shown_nor_changed_nor_told_of(
    theirs: dict, send: Callable, browser: Any, asked: Callable, dump: Callable
) -> None:
    own = send().reference
    browser.submit("/questionnaires/keeping-the-promise/pages/respondent?again=1", {"respondent": "individual"})
    before = dump()
    assert len(NAMED) > 30
    for rule in NAMED:
        there, not_there = asked(rule, theirs), asked(rule, NOT_THERE)
        assert there == not_there, rule
        assert there[0] < 500, rule
        if "{reference}" in rule and len(set(NOT_THERE) & set(re.findall(r"{(\w+)}", rule))) > 1:
            mixed = [asked(rule, {**names, "reference": own}) for names in (theirs, NOT_THERE)]
            assert mixed[0] == mixed[1], f"{rule}, within what one has sent oneself"
    assert dump() == before
