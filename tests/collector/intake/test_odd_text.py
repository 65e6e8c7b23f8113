"""Whatever people type is kept exactly as they typed it, and shown as text wherever it shows."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import markup
import pytest
from sqlmodel import select

from collector.database import Database
from collector.intake import given
from collector.intake.models import Passage

START = "/questionnaires/keeping-the-promise"
CHECK = f"{START}/check"
PLANS = f"{START}/pages/planning-plans"

ODD = {
    "Gaelic": "Tha sinn ag èisteachd ri clann. Àite sàbhailte, fìor ùidh.",
    "right to left": "قبل \u202eמילה\u202c after",
    "emoji": "👩‍👩‍👧 💙 🏴󠁧󠁢󠁳󠁣󠁴󠁿",
    "zero width": "zero\u200bwidth\u2060join\ufeffer",
    "combining": "e\u0301 is not é",
    "spaces": "  kept  before\tand after  ",
    "many lines": "\n".join(["- one more line"] * 1000),
    "as long as may be": "💙" * 20_000,
    "formula": '=HYPERLINK("http://example.org")',
    "template": "{{ 7 * 7 }} {% raw %} ${7*7} %(name)s",
    "sql": "'); DROP TABLE submission; --",
    "path": "../../etc/passwd\\..\\x",
}

# Each tries to leave a different place: an element, an attribute, a comment, a script, a text area.
PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    '"><script>alert(1)</script>',
    "'><img src=x onerror=alert(1)>",
    '" autofocus onfocus=alert(1) x="',
    "</textarea><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</style><svg onload=alert(1)>",
    "--><script>alert(1)</script>",
    '<!--<img src="--><img src=x onerror=alert(1)>">',
    '<a href="javascript:alert(1)">x</a>',
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<details open ontoggle=alert(1)>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;img src=x onerror=alert(1)&#62;",
    "\\u003cscript\\u003ealert(1)\\u003c/script\\u003e",
    "<scr\u200bipt>alert(1)</scr\u200bipt>",
    "javascript:alert(2)",
    "<base href=//evil.example.org>",
    "<meta http-equiv=refresh content=0;url=//evil.example.org>",
    "<form action=//evil.example.org><button>Send</button></form>",
    "`${alert(1)}` {{constructor.constructor('alert(1)')()}}",
    "<x:script xmlns:x='http://www.w3.org/1999/xhtml'>alert(1)</x:script>",
]


@pytest.fixture
def at_plans(browser: Any, fill_in: Callable, answers: dict) -> Any:
    """A browser with a whole draft, to which one text is added."""
    fill_in(browser)
    return browser


def kept_text(database: Database, question: str = "planning.plans") -> list[str]:
    with database.reading() as session:
        kept = session.exec(select(given.to(question))).one()
        passage = session.exec(select(Passage.text).where(Passage.question_id == question)).one()
    return [kept, passage]


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_odd_text_is_kept_exactly_and_comes_back_exactly(text: str, at_plans: Any, database: Database) -> None:
    assert at_plans.submit(PLANS, {"planning.plans": text}).status_code == 303
    assert markup.typed(at_plans.get(PLANS), "planning.plans") == text
    assert at_plans.submit(CHECK).status_code == 303
    assert kept_text(database) == [text, text]


def test_line_ends_of_any_kind_become_plain_ones(at_plans: Any, database: Database) -> None:
    at_plans.submit(PLANS, {"planning.plans": "one\r\ntwo\rthree\nfour"})
    at_plans.submit(CHECK)
    assert kept_text(database) == ["one\ntwo\nthree\nfour"] * 2


@pytest.mark.parametrize("raw", ["a%00b", "a%0Bb", "a%1Bb"])
def test_characters_that_cannot_be_kept_are_refused_and_said_where(raw: str, at_plans: Any, dump: Callable) -> None:
    before = dump()
    answer = post_raw(at_plans, raw)
    assert answer.status_code == 422
    assert "Line 1 has a character that cannot be kept" in markup.problems(answer)["#planning.plans"]
    assert markup.typed(answer, "planning.plans") == "a�b"
    assert dump() == before


@pytest.mark.parametrize("raw", ["a%ED%A0%80b", "a%FFb", "a%C3", "%F4%90%80%80"])
def test_bytes_that_are_no_text_are_no_failure(raw: str, at_plans: Any) -> None:
    assert post_raw(at_plans, raw).status_code in (303, 400, 422)
    assert at_plans.submit(CHECK).status_code == 303


def post_raw(browser: Any, raw: str) -> Any:
    """Post bytes that no browser would make of text."""
    body = f"_csrf={browser.form_token()}&{quote('planning.plans')}={raw}"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return browser.post(PLANS, content=body.encode(), headers=headers)


# -- Markup in what is typed ------------------------------------------------------------------------


HARMLESS = [f"harmless words, number {number}" for number in range(len(PAYLOADS))]
NAME = "\"><script>alert(1)</script><img src=x onerror=alert(1)>'--></title></textarea>"


@pytest.fixture
def pages_showing(
    new_browser: Callable, staff_browser: Any, fill_in: Callable, answers: dict, analysed: Callable
) -> Callable[[str, list[str]], dict[str, Any]]:
    """Every page that shows what somebody typed, when they typed this."""

    def show(name: str, lines: list[str]) -> dict[str, Any]:
        text = "\n".join(lines)
        given = answers | {"organisation-name": name, "planning.doing": text, "planning.plans": text}
        browser = new_browser()
        fill_in(browser, given)
        told = {line: {"kinds": ["activity"], "actions": ["planning"]} for line in lines}
        kept = analysed(name, {1: told}, **given)
        organisation = f"/staff/organisations/{kept.organisation_id}"
        return {
            "check": browser.get(CHECK),
            "question": browser.get(PLANS),
            "name": browser.get(f"{START}/pages/organisation"),
            "refused": browser.submit(PLANS, {"planning.plans": [text, text]}),
            "receipt": browser.get(f"/receipts/{kept.received.receipt_key}"),
            "source": staff_browser.get(f"/staff/sources/{kept.source_id}"),
            "statement": staff_browser.get(f"/staff/statements/{kept.statement_ids[0]}"),
            "sources": staff_browser.get("/staff/sources", params={"search": name}),
            "organisations": staff_browser.get("/staff/organisations", params={"search": name}),
            "profile": staff_browser.get(organisation),
            "statements": staff_browser.get(f"{organisation}/statements?area=planning&kind=doing"),
            "decision": staff_browser.submit(
                f"/staff/statements/{kept.statement_ids[0]}/decisions", {"add": "no:label", "why": name}
            ),
            "sign-in": browser.submit("/sign-in", {"email": name}),
        }

    return show


def test_markup_in_what_is_typed_makes_no_element_attribute_or_address(pages_showing: Callable) -> None:
    attacked, plain = pages_showing(NAME, PAYLOADS), pages_showing("A harmless name", HARMLESS)
    for page, answer in attacked.items():
        found = markup.Structure(answer)
        assert found.elements == markup.Structure(plain[page]).elements, page
        for address in found.addresses:
            assert address.startswith(("/", "#", "mailto:", "https://", "tel:", "?language=")), (page, address)
            assert "//evil" not in address, page


def test_markup_in_what_is_typed_is_shown_as_it_was_typed(pages_showing: Callable) -> None:
    pages = {page: markup.Structure(answer).said for page, answer in pages_showing(NAME, PAYLOADS).items()}
    for page in ("check", "question", "refused", "source", "statement"):
        assert [one for one in PAYLOADS if one not in pages[page]] == [], page
    for page in ("check", "receipt", "source", "sources", "organisations", "profile", "statements"):
        assert NAME in pages[page], page
