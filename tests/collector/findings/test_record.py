"""What a model found is kept once, however often and by however many it is brought."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import select

from analysis.findings import (
    Barrier,
    Commitment,
    Due,
    Findings,
    Label,
    Link,
    Mention,
    PersonalDetail,
    Span,
    Statement,
    Topical,
)
from collector.database import Database
from collector.findings.record import record
from collector.intake.models import Passage

TEXT = "💙 We plan a house. Money is short."
PLAN, SHORT = (2, 18), (19, 34)


def found_by(model: str, *, plan: tuple[Label, ...] = (), score: float = 0.8) -> Findings:
    """Two statements, offsets in code points; the second is a barrier."""
    money = Label("barrier_themes", "funding", score, (Span(19, 24, "Money"),))
    barrier = Barrier(*SHORT, TEXT[slice(*SHORT)], themes=("funding",), actions=("planning",))
    return Findings(
        id="",
        statements=(Statement(*PLAN, plan), Statement(*SHORT, (Label("kinds", "barrier", score), money))),
        barriers=(barrier,),
        model=model,
    )


@pytest.fixture
def passage_id(receive: Callable, database: Database) -> int:
    receive(**{"planning.doing": TEXT})
    with database.reading() as session:
        return session.exec(select(Passage.id).where(Passage.text == TEXT)).one()


@pytest.fixture
def keep(database: Database, passage_id: int) -> Callable[[Findings], None]:
    def bring(found: Findings) -> None:
        with database.writing() as session:
            record(session, {passage_id: found})
            session.commit()

    return bring


def test_findings_are_kept_with_their_model_score_and_evidence(keep: Callable, dump: Callable) -> None:
    keep(found_by("m1"))
    rows = dump()
    assert [(start, end) for _, _, start, end, *_ in rows["statement"]] == [PLAN, SHORT]
    kept = {
        (family, label): (model, score, evidence) for _, _, family, label, model, score, evidence, _ in rows["finding"]
    }
    assert kept["barrier_themes", "funding"] == ("m1", 0.8, [[19, 24]])
    (extract,) = rows["extract"]
    assert extract[2:] == ("barrier", *SHORT, "m1", {"themes": ["funding"], "actions": ["planning"]})


def test_all_that_was_picked_out_is_kept_by_its_kind_and_no_word_twice(keep: Callable, dump: Callable) -> None:
    words = TEXT[slice(*PLAN)]
    keep(
        Findings(
            id="",
            commitments=(Commitment(*PLAN, words, "we", Due("by May", None, "2027-05-31")),),
            needs=(Topical(*PLAN, words, actions=("planning",)),),
            personal_details=(PersonalDetail(*SHORT, "name"),),
            organisations=(Mention(*SHORT, TEXT[slice(*SHORT)], (Link("fife-council", 0.9),)),),
            harm=True,
            language="sco",
            model="m1",
        )
    )
    rows = dump()
    assert {row[2]: row[-1] for row in rows["extract"]} == {
        "commitment": {"who": "we", "due": {"text": "by May", "from": None, "to": "2027-05-31"}},
        "need": {"actions": ["planning"], "themes": []},
        "personal-detail": {"kind": "name"},
        "organisation": {"links": [{"id": "fife-council", "score": 0.9}]},
    }
    assert ("m1", "sco", True) in {row[-4:-1] for row in rows["passage"]}


def held(dump: Callable) -> dict[str, list[Any]]:
    """All rows but those that say for whom profiles are to be rebuilt: a needless rebuilding does no harm."""
    return {table: rows for table, rows in dump().items() if table != "profile_change"}


@pytest.mark.parametrize("times", [2, 5])
def test_brought_again_nothing_changes(times: int, keep: Callable, dump: Callable) -> None:
    keep(found_by("m1"))
    once = held(dump)
    for _ in range(times - 1):
        keep(found_by("m1"))
    assert held(dump) == once


def test_brought_by_several_at_once_it_is_there_once(keep: Callable, dump: Callable) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(keep, [found_by("m1")] * 8))
    at_once = held(dump)
    keep(found_by("m1"))
    assert held(dump) == at_once
    assert (len(at_once["statement"]), len(at_once["finding"]), len(at_once["extract"])) == (2, 2, 1)


def test_a_finding_is_never_edited(keep: Callable, dump: Callable) -> None:
    keep(found_by("m1", score=0.8))
    keep(found_by("m1", score=0.1))
    assert {row[5] for row in dump()["finding"]} == {0.8}


def test_an_empty_passage_is_read_all_the_same(keep: Callable, dump: Callable) -> None:
    keep(Findings(id="", model="m1"))
    assert {row[-4] for row in dump()["passage"]} == {None, "m1"}
    assert dump()["statement"] == []


# -- Another model ----------------------------------------------------------------------------------


def test_another_model_adds_its_findings_and_the_earlier_ones_stay(keep: Callable, dump: Callable) -> None:
    keep(found_by("m1"))
    earlier = dump()["finding"]
    keep(found_by("m2", score=0.4))
    assert [row for row in dump()["finding"] if row[4] == "m1"] == earlier
    assert {row[-1] for row in dump()["standing_label"] if row[2] == "barrier"} == {0.4}


def test_what_the_newer_model_does_not_find_holds_no_longer(keep: Callable, dump: Callable) -> None:
    keep(found_by("m1", plan=(Label("kinds", "commitment", 0.9),)))
    keep(found_by("m2"))
    assert "commitment" not in {row[2] for row in dump()["standing_label"]}


def test_decisions_outlive_a_run_with_another_model(keep: Callable, dump: Callable, staff_browser: Any) -> None:
    plan = (Label("kinds", "commitment", 0.9), Label("kinds", "idea", 0.6))
    keep(found_by("m1", plan=plan))
    for label, verdict in (("commitment", "accept"), ("idea", "reject")):
        decide(staff_browser, family="kinds", label=label, verdict=verdict)
    decide(staff_browser, add="fundamentals:listening")
    decided = dump()["decision"]
    keep(found_by("m2", plan=(Label("kinds", "idea", 0.99),)))
    assert dump()["decision"] == decided
    first = {(row[2], row[3]) for row in dump()["standing_label"] if row[0] == 1 and row[1] != "priority_areas"}
    assert first == {("commitment", "accepted"), ("listening", "added")}


def decide(browser: Any, **fields: str) -> None:
    assert browser.submit("/staff/statements/1/decisions", fields).status_code == 303


def test_statements_that_a_newer_model_cuts_otherwise_are_history(
    keep: Callable, dump: Callable, staff_browser: Any
) -> None:
    keep(found_by("m1"))
    keep(Findings(id="", statements=(Statement(2, 34, (Label("kinds", "barrier", 0.5),)),), model="m2"))
    assert len(dump()["statement"]) == 3
    assert {row[0] for row in dump()["standing_label"]} == {3}
    page = staff_browser.get("/staff/sources/1").text
    assert page.count("<article") == 1
    assert staff_browser.get("/staff/statements/1").status_code == 404


def test_an_unfinished_transaction_leaves_nothing(keep: Callable, database: Database, passage_id: int, dump: Callable):
    before = dump()
    with database.writing() as session:
        record(session, {passage_id: found_by("m1")})
        assert session.exec(sa.text("SELECT count(*) FROM finding")).scalar() == 2
    assert dump() == before
