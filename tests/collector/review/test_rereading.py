"""A new model reads everything anew: what people decided stays as it is, and what differs can be worked through."""

import random
from collections.abc import Callable
from typing import Any

import markup
import pytest
from sqlmodel import col, insert, select

from collector.database import Database, batches, now
from collector.findings import standing
from collector.findings.models import Act, Decision, Statement
from collector.findings.record import record
from collector.intake.models import Passage
from collector.review import acts, differences, steps
from tests.collector.review.conftest import Two, decide
from tests.conftest import findings_of

PASSAGES, STATEMENTS = 500, 5
LABELS = [("kinds", "activity"), ("kinds", "barrier"), ("actions", "planning"), ("fundamentals", "poverty")]
SENTENCES = [f"Sentence number {number} says something." for number in range(STATEMENTS)]


def told(families: dict[str, list[str]], sentences: list[str]) -> dict[str, dict[str, list[str]]]:
    return dict.fromkeys(sentences, families)


@pytest.fixture
def decided(database: Database, analysed: Callable, two: Two) -> list[int]:
    """10,000 decisions of two people, on 2,500 statements of 500 passages; returns the passages."""
    source_id, dice = analysed().source_id, random.Random(5)
    rows = [
        {"source_id": source_id, "position": 1000 + number, "text": " ".join(SENTENCES)} for number in range(PASSAGES)
    ]
    first = {"kinds": ["activity", "barrier"], "actions": ["planning"], "fundamentals": ["poverty"]}
    with database.writing() as session:
        session.exec(insert(Passage), params=rows)
        passages = session.exec(select(Passage).where(col(Passage.position) >= 1000)).all()
        for some in batches(passages, 100):
            record(session, {one.id: findings_of(one, told(first, SENTENCES), "test-1") for one in some})
        ids = [one.id for one in passages]
        statements = session.exec(select(Statement.id).where(col(Statement.passage_id).in_(ids))).all()
        act = acts.begin(session, staff_id=two.moira, what="bulk")
        said = [
            {
                "act_id": act.id,
                "statement_id": id,
                "family": family,
                "label": label,
                "verdict": dice.choice(["accept", "reject"]),
                "staff_id": dice.choice([two.moira, two.ewan]),
                "why": "",
                "decided_at": now(),
            }
            for id in statements
            for family, label in LABELS
        ]
        assert len(said) == 10_000
        session.exec(insert(Decision), params=said)
        acts.settle(session, ids)
        session.commit()
    return ids


def states(database: Database, passage_ids: list[int]) -> dict[Any, str]:
    with database.reading() as session:
        of_these = select(Statement.id).where(col(Statement.passage_id).in_(passage_ids), col(Statement.stands))
        held = standing.held_by(session, session.exec(of_these).all())
        return {(id, one.family, one.label): one.state for id, labels in held.items() for one in labels if one.decision}


@pytest.mark.slow
def test_ten_thousand_decisions_are_untouched_by_another_reading(
    database: Database, decided: list[int], dump: Callable
) -> None:
    before, held = dump()["decision"], states(database, decided)
    assert (len(before), len(held)) == (10_000, 10_000)
    # Another model cuts every second passage in other places, and has quite other labels.
    other = {"kinds": ["idea"], "actions": ["support"], "fundamentals": ["poverty"]}
    halves = [f"{SENTENCES[0]} {SENTENCES[1]}", SENTENCES[2][:10], SENTENCES[3]]
    with database.writing() as session:
        passages = session.exec(select(Passage).where(col(Passage.id).in_(decided))).all()
        for some in batches(passages, 100):
            found = {
                one.id: findings_of(one, told(other, halves if one.id % 2 else SENTENCES), "test-2") for one in some
            }
            record(session, found)
        session.commit()
    assert dump()["decision"] == before
    assert states(database, decided) == held


@pytest.fixture
def read_anew(database: Database, analysed: Callable, two: Two) -> int:
    """A passage that is decided, and that another model reads otherwise since; returns its number."""
    kept = analysed()
    passage_id, id = kept.passage_ids[0], kept.statement_ids[0]
    decide(database, id, two.moira, "add", label="idea")
    with database.writing() as session:
        steps.finish(session, passage_id, staff_id=two.moira)
        session.commit()
    with database.writing() as session:
        passage = session.get_one(Passage, passage_id)
        words = {"We hold a family meeting before every decision.": {"kinds": ["learning"], "actions": ["planning"]}}
        record(session, {passage_id: findings_of(passage, words, "test-2")})
        session.commit()
    return passage_id


def differing(database: Database, passage_id: int) -> list[list[tuple[str, str]]]:
    with database.reading() as session:
        return [[one[1:] for one in some] for some in differences.of_passage(session, passage_id)]


def test_what_a_new_model_says_no_more_and_what_it_says_anew_is_told_apart(database: Database, read_anew: int) -> None:
    taken_back, new = differing(database, read_anew)
    # What a person added was never the machine's to take back; the statement beside it is not found any more at all.
    assert sorted(taken_back) == [("fundamentals", "what-matters"), ("kinds", "activity"), ("kinds", "activity")]
    assert new == [("kinds", "learning")]


@pytest.mark.parametrize(("way", "held"), [("keep", ("accepted", "rejected")), ("follow", ("rejected", "accepted"))])
def test_differences_are_settled_in_one_act_and_undone_as_one(
    way: str, held: tuple[str, str], database: Database, read_anew: int, two: Two, staff_browser: Any
) -> None:
    before = differing(database, read_anew)
    page = staff_browser.get("/staff/differences")
    assert "Said no more:" in page.text
    form = {name: markup.tree(page).xpath(f'//input[@name="{name}"]/@value')[0] for name in ("key", "shown")}
    for _ in range(2):
        answer = staff_browser.submit(f"/staff/differences/{read_anew}", {"way": way, **form})
        assert answer.status_code == 303
    assert differing(database, read_anew) == [[], []]
    with database.reading() as session:
        labels = differences.labels_on(session, read_anew)
        states = {(one.family, one.label): one.state for one in next(iter(labels.values()))}
        assert (states["kinds", "activity"], states["kinds", "learning"]) == held
        assert states["kinds", "idea"] == "added"
        staff_id = session.exec(select(Act.staff_id).where(Act.what == "differences")).one()
    assert "Nothing differs" in staff_browser.get("/staff/differences").text
    with database.writing() as session:
        acts.undo(session, acts.last(session, staff_id).id, staff_id=staff_id)
        session.commit()
    assert differing(database, read_anew) == before


def test_differences_that_are_gone_or_make_no_sense_are_told(
    database: Database, read_anew: int, staff_browser: Any
) -> None:
    refused = staff_browser.submit(f"/staff/differences/{read_anew}", {"way": "no-such"})
    assert refused.status_code == 422
    assert "Choose whether to keep" in refused.text
    unseen = staff_browser.submit(f"/staff/differences/{read_anew}", {"way": "keep", "shown": "another reading"})
    assert unseen.status_code == 422
    assert "differs otherwise now" in unseen.text
    shown = markup.tree(unseen).xpath('//input[@name="shown"]/@value')[0]
    for _ in range(2):
        answer = staff_browser.submit(f"/staff/differences/{read_anew}", {"way": "keep", "shown": shown})
    assert answer.headers["location"] == "/staff/differences?done=none"
    assert "somebody has decided on it" in staff_browser.get(answer.headers["location"]).text
