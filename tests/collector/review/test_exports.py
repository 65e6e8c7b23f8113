"""Codings and what reviewers said, as files: as many rows as the page says, and nothing that runs or leaks."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import markup
import openpyxl
import pytest

from collector.database import Database
from collector.findings.models import BlindItem
from collector.review import acts, cuts, exports, picked, steps
from tests.collector.review.conftest import Two, decide

HELD = "Held back"


@pytest.fixture
def got(staff_browser: Any) -> Callable[[str], Any]:
    def get(address: str) -> Any:
        answer = staff_browser.get(f"/staff/exports/{address}")
        assert answer.status_code == 200, answer.text
        return answer

    return get


def lines(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def reviewed(database: Database, kept: Any, two: Two) -> None:
    """Some of everything that people say."""
    decide(database, kept.statement_ids[0], two.moira, "reject")
    decide(database, kept.statement_ids[0], two.ewan, "add", label="idea", why="=HYPERLINK(1)")
    decide(database, kept.statement_ids[1], two.moira, "accept")
    with database.writing() as session:
        acts.undo(session, acts.last(session, two.moira).id, staff_id=two.moira)
        picked.decide(
            session,
            passage_id=kept.passage_ids[1],
            kind="commitment",
            first=(0, 6),
            place=(0, 6),
            verdict="add",
            details={"who": "the board"},
            staff_id=two.ewan,
        )
        cuts.split(session, kept.statement_ids[2], at=13, staff_id=two.ewan)
        steps.finish(session, kept.passage_ids[1], staff_id=two.ewan)
        session.commit()


def test_every_file_has_as_many_rows_as_the_page_says(
    database: Database, analysed: Callable, two: Two, got: Callable, staff_browser: Any
) -> None:
    reviewed(database, analysed(), two)
    for query in ("", "state=decided", "state=in-review", "label=kinds:idea", "state=second-look"):
        page = staff_browser.get(f"/staff/exports?{query}")
        with database.reading() as session:
            wanted = exports.asked(dict(pair.split("=") for pair in query.split("&") if pair))
            counts = exports.counts(session, wanted, 0)
        for table, number in (("codings", counts.codings), ("changes", counts.changes)):
            if counts.passages:
                assert f"{number:,} row" in markup.words(page)
                assert len(lines(got(f"{table}.csv?{query}"))) == number
                assert len(got(f"{table}.jsonl?{query}").text.splitlines()) == number + 1
                book = openpyxl.load_workbook(io.BytesIO(got(f"{table}.xlsx?{query}").content))
                assert book["Rows"].max_row == number + 1
    assert counts == exports.Counts(0, 0, 0)
    assert "Nothing to download" in staff_browser.get("/staff/exports?state=second-look").text


def test_what_reviewers_said_is_told_beside_what_the_machine_said(
    database: Database, analysed: Callable, two: Two, got: Callable
) -> None:
    reviewed(database, analysed(), two)
    rows = lines(got("changes.csv"))
    told = {
        (row["What was decided on"], row["Label"], row["Against the machine"], row["Undone at"] != "") for row in rows
    }
    assert ("kinds", "activity", "taken out", False) in told
    assert ("kinds", "idea", "put in", False) in told
    assert ("kinds", "activity", "confirmed", True) in told
    assert ("statements", "", "", False) in told
    [words] = [row for row in rows if row["What was decided on"] == "commitment"]
    assert (words["Words picked out"], words["Details"], words["By"]) == ("Nobody", "who: the board", "Ewan")


def test_no_cell_is_a_formula_and_no_cell_is_a_link(
    database: Database, receive: Callable, analysed: Callable, two: Two, got: Callable
) -> None:
    told = {1: {"=1+1 says it": {"kinds": ["idea"]}, "https://a.example.org/b is ours": {"kinds": ["idea"]}}}
    text = "=1+1 says it. https://a.example.org/b is ours."
    kept = analysed(told=told, **{"planning.doing": text, "organisation-name": "@SUM(1) Trust"})
    decide(database, kept.statement_ids[0], two.moira, "reject", label="idea", why="+cmd|' /C calc'!A0")
    for table in ("codings", "changes"):
        for row in lines(got(f"{table}.csv")):
            assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row.values())
        book = openpyxl.load_workbook(io.BytesIO(got(f"{table}.xlsx").content))
        cells = [cell for row in book["Rows"].iter_rows() for cell in row if cell.value is not None]
        assert {cell.data_type for cell in cells} <= {"s", "n", "inlineStr"}
        assert not any(cell.hyperlink for cell in cells)
        assert "=1+1 says it" in {cell.value for cell in cells}


def test_what_is_redacted_or_being_coded_blind_does_not_go_out(
    database: Database, analysed: Callable, two: Two, got: Callable, staff_browser: Any
) -> None:
    kept = analysed()
    with database.writing() as session:
        picked.decide(
            session,
            passage_id=kept.passage_ids[0],
            kind="redaction",
            first=(10, 24),
            place=(10, 24),
            verdict="add",
            details={"reason": "child"},
            staff_id=two.moira,
        )
        picked.decide(
            session,
            passage_id=kept.passage_ids[0],
            kind="commitment",
            first=(3, 30),
            place=(3, 30),
            verdict="add",
            details={"who": "the family meeting", "due": {"text": "every meeting", "from": None, "to": None}},
            staff_id=two.moira,
        )
        session.add(BlindItem(passage_id=kept.passage_ids[1], coders=1, chance=0.1))
        session.flush()
        acts.settle(session, kept.passage_ids)
        session.commit()
    for table in ("codings", "changes"):
        for kind in ("csv", "jsonl"):
            text = got(f"{table}.{kind}").content.decode()
            assert "Nobody funds" not in text
            assert "family meeting" not in text
            assert "every meeting" not in text
    first = lines(got("codings.csv"))[0]["What was said"]
    assert first == "We hold a [redacted: personal information] before every decision."


def test_the_same_rows_are_the_same_bytes_and_say_what_they_are(
    database: Database, analysed: Callable, two: Two, got: Callable
) -> None:
    reviewed(database, analysed(), two)
    assert got("codings.csv").content == got("codings.csv").content
    about = json.loads(got("codings.jsonl?state=decided&label=kinds:barrier").text.splitlines()[0])["about"]
    assert about["Filters"] == "state: Decided; label: kinds:barrier"


def test_a_file_that_would_be_too_large_is_refused_with_what_to_do(
    analysed: Callable, staff_browser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    analysed()
    monkeypatch.setattr("collector.review.export_pages.MOST_PASSAGES", 1)
    assert "Narrow the filters" in staff_browser.get("/staff/exports").text
    answer = staff_browser.get("/staff/exports/codings.csv")
    assert answer.status_code == 422
    assert "feedback-loop export codings" in answer.text
    assert staff_browser.get("/staff/exports/no-such.csv").status_code == 404
    assert staff_browser.get("/staff/exports/codings.pdf").status_code == 404
