"""A new model reads everything anew: what people decided stays as it is, and what differs can be worked through."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import col, insert, select

from collector.database import Database, batches, now
from collector.findings import standing
from collector.findings.models import Decision, Statement
from collector.findings.record import record
from collector.intake.models import Passage
from collector.review import acts
from tests.collector.review.conftest import Two
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
