"""The pages of a review of plans: from an empty list to a decision, what they count, and what goes out as files."""

import csv
import io
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any

import markup
import openpyxl
import pytest
from sqlmodel import select

from collector.accounts.models import StaffMember
from collector.database import Database
from collector.findings.models import ExtractDecision
from collector.findings.plan_models import LocalPlan, PlanReview
from collector.frameworks import coding_frames, plan
from collector.frameworks.models import Frame
from collector.intake.models import Passage
from collector.review import acts, plan_sets, redactions
from tests.collector.review.test_plan_reviews import GOVERNANCE, PROMISE, SILENCE, UNSURE, WAIT, Desk, Said

ROOT = "/staff/plans"


@pytest.fixture(autouse=True)
def nothing_held() -> Iterator[None]:
    plan._held = None
    yield
    plan._held = None


@pytest.fixture
def desk(staff_browser: Any, database: Database) -> Desk:
    return Desk(database)


def text_of(answer: Any) -> str:
    return " ".join(unescape(answer.text).replace("\u00a0", " ").split())


def test_a_review_is_made_from_an_empty_list_and_its_plans_are_chosen(staff_browser: Any, desk: Desk) -> None:
    with desk.database.writing() as session:
        session.delete(session.get_one(PlanReview, desk.review_id))
        session.commit()
    assert "No review yet" in staff_browser.get(ROOT).text
    refused = staff_browser.submit(f"{ROOT}/new", {"title": "Kept", "questions": "", "key": "k"})
    assert (refused.status_code, "Choose the questions" in refused.text) == (422, True)
    assert 'value="Kept"' in refused.text
    fields = {"title": "Plans of 2026", "questions": str(desk.frame_id), "key": "k"}
    made, again = (staff_browser.submit(f"{ROOT}/new", fields) for _ in range(2))
    assert made.headers["location"] == again.headers["location"]
    desk.review_id = int(made.headers["location"].split("/")[3])
    with desk.database.reading() as session:
        assert session.get_one(PlanReview, desk.review_id).need_code == "assessment-of-need"
    id = desk.plan("A plan", GOVERNANCE)
    with desk.database.writing() as session:
        plan_sets.take_out(session, desk.review_id, id, staff_id=desk.me)
        session.commit()
    choose = made.headers["location"]
    assert "Tick the plans" in staff_browser.submit(choose).text
    added = staff_browser.submit(f"{choose}?search=plan", {"plan": [str(id)]})
    assert added.headers["location"] == f"{choose}?search=plan&added=1"
    assert "1 plan was added." in text_of(staff_browser.get(added.headers["location"]))
    assert "In the review" in staff_browser.get(choose).text
    assert "A plan" in staff_browser.get(f"{ROOT}/{desk.review_id}").text


def test_the_page_counts_in_words_and_numbers_and_tells_how_far_the_reading_is(staff_browser: Any, desk: Desk) -> None:
    desk.plan("One", GOVERNANCE)
    desk.plan("Two", PROMISE)
    desk.plan("Three", SILENCE)
    desk.plan("Four", GOVERNANCE, read=False)
    page = text_of(staff_browser.get(f"{ROOT}/{desk.review_id}"))
    assert "3 of 4 plans read against these questions." in page
    assert "Most plans say something of it: 2 of 3" in page
    assert "With actions, some: 1 of 3; mentioned, some: 1 of 3; not at all, some: 1 of 3." in page
    assert "Nobody has decided on any of these 30 answers yet" in page
    assert "Not read yet: 0 of 1 passages" in page


def test_filters_stand_in_the_address_and_the_counts_are_of_what_they_leave(staff_browser: Any, desk: Desk) -> None:
    one, two = desk.plan("One", GOVERNANCE), desk.plan("Two", SILENCE)
    desk.say(one, "The first", ["North Council"], ["angus", "fife"])
    desk.say(two, "The second", ["South Council"], ["fife"])
    url = f"{ROOT}/{desk.review_id}"

    def titles(query: str) -> list[str]:
        page = text_of(staff_browser.get(f"{url}?{query}"))
        return [title for title in ("The first", "The second") if f">{title}</a>" in page]

    assert titles("") == titles("area=fife") == ["The first", "The second"]
    assert (
        titles("area=angus") == titles("search=north") == titles("question=governance&far=mentioned") == ["The first"]
    )
    assert titles("question=governance&far=none") == ["The second"]
    assert titles("area=nowhere&far=mentioned&question=no") == ["The first", "The second"]  # what makes no sense
    assert "All plans say something of it: 1 of 1" in text_of(staff_browser.get(f"{url}?area=angus"))
    by_area = text_of(staff_browser.get(f"{url}?by=area"))
    assert by_area.count(">The first</a>") == 2
    assert by_area.count("Joint plan, counted once") == 2
    assert "No plan fits" in staff_browser.get(f"{url}?search=nothing-like-it").text


def test_a_cell_quotes_with_the_page_and_is_decided_and_taken_back(staff_browser: Any, desk: Desk) -> None:
    id = desk.plan("One", GOVERNANCE, UNSURE)
    url = f"{ROOT}/{desk.review_id}/plans/{id}/governance"
    page = text_of(staff_browser.get(url))
    assert "The board meets four times a year." in page
    assert "Page 1" in page
    assert "proposed by the machine; nobody has decided yet" in page
    assert "1 statement that the machine is unsure of" in page
    assert "/staff/review/" in page
    refused = staff_browser.submit(url, {"why": "I forgot to choose", "seen": "0"})
    assert (refused.status_code, "I forgot to choose" in refused.text) == (422, True)
    done = staff_browser.submit(url, {"how_far": "described", "why": "See the annex", "seen": "0"})
    assert done.status_code == 303
    page = text_of(staff_browser.get(url))
    assert "decided by The reviewer" in page
    assert "See the annex" in page
    assert "The machine would propose: mentioned." in page
    stale = staff_browser.submit(url, {"how_far": "none", "why": "I think not", "seen": "0"})
    assert stale.status_code == 422
    assert "The reviewer decided while you had this page open: Described" in text_of(stale)
    assert "I think not" in stale.text
    seen = stale.text.split('name="seen" value="')[1].split('"')[0]
    assert staff_browser.submit(url, {"then": "take-back", "seen": seen}).status_code == 303
    assert "Taken back: the proposal counts again" in staff_browser.get(url).text
    assert desk.far(id) == "mentioned"


def test_one_question_groups_what_the_plans_say_by_how_far(staff_browser: Any, desk: Desk) -> None:
    desk.plan("One", *[Said(f"The board meets in week {number}.", {"governance": 0.9}) for number in range(5)])
    desk.plan("Two", PROMISE)
    desk.plan("Three", SILENCE)
    page = text_of(staff_browser.get(f"{ROOT}/{desk.review_id}/questions/governance"))
    order = [page.index(f'id="far-{far}"') for far in ("actions", "described", "none")]
    assert order == sorted(order)
    assert page.count("The board meets in week") // 2 == 3  # each stands beside its link too
    assert staff_browser.get(f"{ROOT}/{desk.review_id}/questions/weather").status_code == 404


def test_a_plan_shows_its_answers_its_needs_and_lets_its_facts_be_changed(staff_browser: Any, desk: Desk) -> None:
    id = desk.plan("plan.pdf", GOVERNANCE, WAIT)
    url, facts = f"{ROOT}/{desk.review_id}/plans/{id}", f"{ROOT}/{desk.review_id}/facts/{id}"
    page = text_of(staff_browser.get(url))
    assert "Needs without an action to meet them" in page
    assert page.count(WAIT.text) >= 2  # under its question, and as a need
    day = {"starts": ["1", "4", "2024"], "ends": ["31", "February", "2027"]}
    fields = {"title": "Our plan", "organisations": "North Council\nEast Council", "areas": ["fife", "angus"], **day}
    refused = staff_browser.submit(facts, fields)
    assert (refused.status_code, "this month has no such day" in refused.text) == (422, True)
    assert "East Council" in refused.text
    assert staff_browser.submit(facts, fields | {"ends": ["31", "3", "2027"]}).status_code == 303
    page = text_of(staff_browser.get(url))
    assert "1 April 2024 to 31 March 2027" in page
    assert "Angus, Fife" in page
    assert "East Council, North Council" in page
    assert WAIT.text in text_of(staff_browser.get(f"{ROOT}/{desk.review_id}/needs"))
    assert staff_browser.submit(f"{ROOT}/{desk.review_id}/take-out/{id}").status_code == 303
    assert staff_browser.get(url).status_code == 404


def test_words_that_were_redacted_stand_on_no_page_and_in_no_file(staff_browser: Any, desk: Desk) -> None:
    id = desk.plan("One", Said("The board is led by Morag Baird.", {"governance": 0.9}))
    with desk.database.writing() as session:
        passage = session.exec(select(Passage).where(Passage.source_id == id)).one()
        act, start = acts.begin(session, staff_id=desk.me, what="decide"), passage.text.index("Morag")
        span = {"start": start, "end": start + 11, "first_start": start, "first_end": start + 11}
        row = {"act_id": act.id, "passage_id": passage.id, "kind": "redaction", "verdict": "add", "staff_id": desk.me}
        session.add(ExtractDecision(**row, **span))
        session.commit()
    root = f"{ROOT}/{desk.review_id}"
    for address in ("questions/governance", f"plans/{id}", f"plans/{id}/governance", "files/quotes.csv", "needs"):
        answer = staff_browser.get(f"{root}/{address}")
        assert "Morag" not in answer.text
        assert redactions.IN_PLACE in answer.text or address == "needs"


# -- Files ------------------------------------------------------------------------------------------------------


def rows_of(browser: Any, address: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(browser.get(address).content.decode("utf-8-sig"))))


def test_files_say_what_the_screen_says_and_hold_no_formula(staff_browser: Any, desk: Desk) -> None:
    one, two = desk.plan("One", GOVERNANCE, UNSURE), desk.plan("Two", PROMISE)
    desk.say(one, '=HYPERLINK("http://evil")', ["@North Council"], ["fife"])
    desk.say(two, "The second", ["South Council"], ["angus"])
    desk.decide(two, "described", why="+1 for the annex")
    root = f"{ROOT}/{desk.review_id}"
    rows = rows_of(staff_browser, f"{root}/files/coverage.csv")
    assert len(rows) == 2 * 10
    assert all(not cell.startswith(tuple("=+-@")) for row in rows for cell in row.values())
    page = text_of(staff_browser.get(root))
    for far, number in (("Mentioned", 1), ("Described", 1), ("With actions", 0)):
        assert sum(row["How far"] == far and row["Question"] == "Governance" for row in rows) == number
    assert "mentioned, about half: 1 of 2" in page
    [second] = [row for row in rows if row["Plan"] == "The second" and row["Question"] == "Governance"]
    assert (second["Says who"], second["Proposed by the machine"]) == ("Aileen Reid", "With actions")
    assert {row["Areas"] for row in rows_of(staff_browser, f"{root}/files/coverage.csv?area=fife")} == {"Fife"}
    quoted = rows_of(staff_browser, f"{root}/files/quotes.csv")
    assert [(row["What the plan says"], row["Counts"], row["Where"]) for row in quoted] == [
        (GOVERNANCE.text, "yes", "Page 1"), (UNSURE.text, "no", "Page 2"), (PROMISE.text, "yes", "Page 1"),
    ]  # fmt: skip
    book = openpyxl.load_workbook(io.BytesIO(staff_browser.get(f"{root}/files/coverage.xlsx").content))
    assert book["Rows"].max_row == 21
    assert all(cell.data_type in "sn" for line in book["Rows"].iter_rows() for cell in line)
    assert "none: every plan of the review" in {row[1].value for row in book["About"].iter_rows()}


def test_needs_go_out_as_they_are_listed(staff_browser: Any, desk: Desk) -> None:
    desk.plan("One", WAIT)
    [row] = rows_of(staff_browser, f"{ROOT}/{desk.review_id}/files/needs.csv")
    assert (row["What the plan says"], row["Told as"], row["On"]) == (WAIT.text, "Barrier", "Mental health")
    assert staff_browser.get(f"{ROOT}/{desk.review_id}/files/needs.exe").status_code == 404


def test_an_auditor_sees_and_changes_nothing(as_person: Callable[..., Any], desk: Desk) -> None:
    id = desk.plan("One", GOVERNANCE)
    auditor = as_person("auditor")
    page = auditor.get(f"{ROOT}/{desk.review_id}")
    assert page.status_code == 200
    assert "Add plans" not in page.text
    assert "Download" not in page.text
    assert "How far does it go?" not in auditor.get(f"{ROOT}/{desk.review_id}/plans/{id}/governance").text
    with desk.database.reading() as session:
        assert session.exec(select(LocalPlan)).all() == []


def test_the_questions_that_come_with_the_service_are_added_by_one_button(
    staff_browser: Any, database: Database
) -> None:
    for path in ("/staff/plans", "/staff/plans/new"):
        answer = staff_browser.get(path)
        assert "Use these questions" in markup.words(answer)
        fields = {
            one.name: one.value for one in markup.tree(answer).xpath('//form[@action="/staff/frameworks/add"]//input')
        }
    del fields["_csrf"]
    done = staff_browser.submit("/staff/frameworks/add", fields)
    assert (done.status_code, done.headers["location"]) == (303, "/staff/plans/new")
    words = markup.words(staff_browser.get("/staff/plans/new"))
    assert "Choose the plans" in words
    assert "Use these questions" not in words
    with database.writing() as session:
        frame_id = session.exec(select(Frame.id)).one()
        coding_frames.retire(session, frame_id, staff_id=session.exec(select(StaffMember.id)).first(), why="Enough.")
        session.commit()
    assert "Use these questions" not in markup.words(staff_browser.get("/staff/plans"))
