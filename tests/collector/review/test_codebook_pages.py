"""The pages of the codebook, and of other frameworks beside it."""

import csv
import io
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
import sqlalchemy as sa
from lxml import etree
from sqlmodel import select

from collector.accounts.access import Person
from collector.database import Database
from collector.frameworks import codebooks
from collector.frameworks.models import Frame, Walk
from forms import codebook as shipped
from tests.collector.review.conftest import words

pytestmark = pytest.mark.usefixtures("plan_as_shipped")

MERGE = "/staff/codebook/change/merge?family=barrier_themes"
MERGED = {
    "merged": ["funding", "commissioning"],
    "stays": "new",
    "new-title": "Means",
    "new-takes-in": "What it costs.",
}
TABLE = "title,definition,example 1\nBuses,How people get there,The bus is late\nMeals,What people eat,We cook\n"


def hidden(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(_on|_key|_frame|_file)" value="([^"]*)"', page))


def test_the_codebook_can_be_searched(staff_browser: Any) -> None:
    assert "Workforce capacity" in words(staff_browser.get("/staff/codebook").text)
    found = words(staff_browser.get("/staff/codebook?search=camhs").text)
    assert "Support" in found
    assert "Workforce capacity" not in found
    assert "Nothing found" in staff_browser.get("/staff/codebook?search=zebra").text


def test_a_code_tells_how_often_it_stands(staff_browser: Any, analysed: Callable) -> None:
    analysed()
    page = words(staff_browser.get("/staff/codebook/barrier_themes/funding").text)
    assert "Suggested, not decided 1 statement" in page
    assert "As it came with the service" in page


def test_the_page_of_a_code_goes_through_no_findings(
    staff_browser: Any, analysed: Callable, database: Database
) -> None:
    analysed()
    asked: list[str] = []
    sa.event.listen(database.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    staff_browser.get("/staff/codebook/barrier_themes/funding")
    assert any("FROM standing_label" in one for one in asked)
    assert not [one for one in asked if "FROM finding" in one or "JOIN finding" in one]


def test_a_change_is_shown_before_it_is_made_and_wants_a_reason(
    staff_browser: Any, analysed: Callable, database: Database
) -> None:
    analysed()
    preview = staff_browser.submit(MERGE, {**MERGED, "_step": "preview", "_on": "1"})
    assert preview.status_code == 200
    assert "1 statement would change" in words(preview.text)
    assert "“Funding” becomes “Means”" in words(preview.text)
    fields = {**MERGED, **hidden(preview.text), "_step": "apply"}
    unsaid = staff_browser.submit(MERGE, fields)
    assert unsaid.status_code == 422
    assert "Say why the codebook is changed" in unsaid.text
    made = staff_browser.submit(MERGE, {**fields, "_why": "Coders mix them up"})
    assert made.headers["location"] == "/staff/codebook/versions/2?done=true"
    again = staff_browser.submit(MERGE, {**fields, "_why": "Coders mix them up"})
    assert again.headers["location"] == made.headers["location"]
    with database.reading() as session:
        assert [row.number for row in codebooks.rows(session)] == [2, 1]
        assert session.exec(select(Walk)).one().total == 1
    version = words(staff_browser.get("/staff/codebook/versions/2").text)
    assert "Merged “Funding” and “Commissioning” into “Means”" in version
    assert "Coders mix them up" in version
    assert "0 of 1 statement done" in version
    gone = words(staff_browser.get("/staff/codebook/barrier_themes/funding").text)
    assert "It became Means" in gone


def test_who_is_second_sees_what_changed_and_finds_all_that_was_typed(
    staff_browser: Any, other_change: Callable[[], None], database: Database
) -> None:
    preview = staff_browser.submit(MERGE, {**MERGED, "_step": "preview", "_on": "1"})
    other_change()
    fields = {**MERGED, **hidden(preview.text), "_step": "apply", "_why": "They are one"}
    told = staff_browser.submit(MERGE, fields)
    assert told.status_code == 409
    assert "Version 2 by Ewan" in words(told.text)
    assert "Added “Rain”" in words(told.text)
    assert "It always rains" in words(told.text)
    assert "They are one" in told.text
    assert 'name="new-title" value="Means"' in told.text
    made = staff_browser.submit(MERGE, {**fields, **hidden(told.text)})
    assert made.headers["location"] == "/staff/codebook/versions/3?done=true"
    with database.reading() as session:
        titles = {code.title for code in codebooks.version(session, 3).codes.values()}
    assert {"Rain", "Means"} <= titles


def test_what_cannot_be_done_is_said_with_all_that_was_typed(staff_browser: Any) -> None:
    answer = staff_browser.submit(MERGE, {**MERGED, "merged": ["funding"], "_step": "preview", "_on": "1"})
    assert answer.status_code == 422
    assert "Choose at least two codes" in answer.text
    assert 'value="Means"' in answer.text


def test_what_a_code_leaves_out_is_typed_with_the_codes_that_it_belongs_to(staff_browser: Any) -> None:
    url = "/staff/codebook/change/reword?family=actions&code=support"
    form = staff_browser.get(url).text
    assert "Help to whole families. → Family Support" in form
    typed = {"title": "Support", "takes-in": "Help.", "leaves-out": "Lunch -> Nowhere", "_step": "preview", "_on": "1"}
    wrong = staff_browser.submit(url, typed)
    assert "“Nowhere” is no code of this codebook" in wrong.text
    right = staff_browser.submit(url, {**typed, "leaves-out": "Lunch -> family support or planning"})
    assert right.status_code == 200
    assert "Nothing that is coded changes" in words(right.text)


def test_a_kind_that_the_service_needs_cannot_be_retired(staff_browser: Any) -> None:
    answer = staff_browser.get("/staff/codebook/change/retire?family=kinds&code=commitment")
    assert answer.status_code == 422
    assert "the service needs this kind" in answer.text


def test_the_codebook_leaves_as_yaml_csv_and_refi_qda(staff_browser: Any) -> None:
    first = "/staff/codebook/download"
    rows = list(csv.DictReader(io.StringIO(staff_browser.get(f"{first}/csv").text.removeprefix("\ufeff"))))
    assert len(rows) == len(shipped.load().codes)
    tree = etree.fromstring(staff_browser.get(f"{first}/qdc?version=1").content)
    assert etree.QName(tree).localname == "CodeBook"
    assert staff_browser.get(f"{first}/yaml").text.startswith("slug: plan-21-24")
    assert staff_browser.get(f"{first}/exe").status_code == 404
    assert staff_browser.get(f"{first}/csv?version=9").status_code == 404


def test_an_auditor_looks_and_changes_nothing(as_person: Callable) -> None:
    auditor = as_person(Person.AUDITOR)
    assert "/staff/codebook/change/" not in auditor.get("/staff/codebook").text
    assert auditor.submit(MERGE, {**MERGED, "_step": "preview"}).status_code == 403


# -- Other frameworks -----------------------------------------------------------------------------------


def upload(browser: Any, name: str, content: bytes, title: str = "") -> Any:
    fields = {"title": (None, title), "file": (name, content)}
    return browser.post("/staff/frameworks/new", files={"_csrf": (None, browser.form_token()), **fields})


def test_a_frame_is_looked_at_before_it_is_added(staff_browser: Any, analysed: Callable, database: Database) -> None:
    analysed()
    look = upload(staff_browser, "town.csv", TABLE.encode(), "Town review")
    assert look.status_code == 200
    assert "2 codes with 2 examples from town.csv" in words(look.text)
    assert "on 2 passages that came before" in words(look.text)
    with database.reading() as session:
        assert session.exec(select(Frame)).all() == []
    fields = {name: unescape(value) for name, value in hidden(look.text).items()}
    added = staff_browser.submit("/staff/frameworks/add", fields)
    assert added.status_code == 303
    page = words(staff_browser.get(added.headers["location"]).text)
    assert "Town review" in page
    assert "0 of 2 passages done" in page
    again = staff_browser.submit("/staff/frameworks/add", fields)
    assert again.status_code == 422
    assert "there already" in again.text


def test_all_that_is_wrong_with_a_file_is_told_by_its_place(staff_browser: Any) -> None:
    answer = upload(staff_browser, "town.csv", b"title,definition\nBuses,\nBuses,How\n,What\n")
    told = words(answer.text)
    assert answer.status_code == 422
    assert "line 2, definition" in told
    assert "line 4, title" in told
    assert "Choose another title" in told


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("codes.pdf", b"%PDF-1.4", "ends in .yaml, .csv or .xlsx"),
        ("codes.xlsx", b"PK\x03\x04 broken", "was not added"),
        ("codes.yaml", b"codes: [", "Mend the YAML"),
        ("codes.csv", b"", "Add a first row"),
        ("codes.csv", b"title,definition\nBuses,How\n", "Add a second code"),
    ],
)
def test_a_wrong_file_is_refused_with_what_to_do(staff_browser: Any, name: str, content: bytes, told: str) -> None:
    answer = upload(staff_browser, name, content)
    assert answer.status_code == 422
    assert told in answer.text


def test_no_file_at_all_is_asked_for(staff_browser: Any) -> None:
    assert "Choose a file" in staff_browser.submit("/staff/frameworks/new", {"title": "Town"}).text


def test_what_is_posted_as_a_frame_is_read_anew(staff_browser: Any) -> None:
    answer = staff_browser.submit("/staff/frameworks/add", {"_frame": '{"codes": 3}'})
    assert answer.status_code == 422
    assert "Choose the file again" in answer.text
