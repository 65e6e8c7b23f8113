"""Two reviewers on the same statements: in whatever order they come, no decision is lost."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Barrier
from typing import Any

import pytest
from sqlmodel import Session, col, func, select

from collector.database import Database
from collector.findings import standing
from collector.findings.models import Decision, Finding
from collector.findings.record import record
from collector.findings.standing import VERDICTS
from collector.intake.models import Passage
from collector.review import acts, decisions, steps
from collector.review.acts import CannotDo
from tests.collector.review.conftest import Two
from tests.conftest import findings_of

LABELS = [("kinds", "activity"), ("actions", "planning"), ("kinds", "idea"), ("fundamentals", "poverty")]
Said = tuple[int, tuple[str, str], str]  # statement, label, verdict


@dataclass
class Told:
    """What two people did, told apart from the service: a list of what each step said, and which were undone."""

    suggested: dict[int, set[tuple[str, str]]]
    steps: list[tuple[int, list[Said]]] = field(default_factory=list)

    def now(self) -> dict[int, dict[tuple[str, str], str]]:
        held = {id: dict.fromkeys(labels, "suggested") for id, labels in self.suggested.items()}
        for _, said in self.steps:
            for id, label, verdict in said:
                held[id][label] = VERDICTS[verdict]
        return held

    def decide(self, who: int, id: int, label: tuple[str, str], verdict: str) -> None:
        said = [(by, verdict) for by, said in self.steps for one, about, verdict in said if (one, about) == (id, label)]
        if said[-1:] != [(who, verdict)]:  # the same again by the same person says nothing new
            self.steps.append((who, [(id, label, verdict)]))

    def finish(self, who: int, ids: list[int]) -> None:
        held = self.now()
        rest = [(id, label, "accept") for id in ids for label, state in held[id].items() if state == "suggested"]
        self.steps.append((who, rest))

    def undo(self, who: int) -> None:
        mine = [place for place, (by, _) in enumerate(self.steps) if by == who]
        if mine:
            del self.steps[mine[-1]]


class Play:
    """Both on one passage, step by step in an order that is drawn."""

    def __init__(self, database: Database, kept: Any, two: Two, seed: int) -> None:
        self.database, self.passage_id = database, kept.passage_ids[0]
        self.ids, self.people, self.dice = kept.statement_ids[:2], [two.moira, two.ewan], random.Random(seed)
        with database.reading() as session:
            found = session.exec(select(Finding).where(col(Finding.statement_id).in_(self.ids)))
            self.told = Told({id: set() for id in self.ids})
            for one in found:
                self.told.suggested[one.statement_id].add((one.family, one.label))

    def run(self, session: Session, length: int) -> dict[int, dict[tuple[str, str], str]]:
        """What holds in the end. Nothing is remembered from step to step but what is in the tables."""
        for _ in range(length):
            who, what = self.dice.choice(self.people), self.dice.random()
            if what < 0.7:
                self.decide(session, who)
            elif what < 0.85:
                if latest := acts.last(session, who):
                    acts.undo(session, latest.id, staff_id=who)
                self.told.undo(who)
            else:
                steps.finish(session, self.passage_id, staff_id=who)
                self.told.finish(who, self.ids)
            session.flush()
            session.expire_all()
        held = standing.held_by(session, self.ids)
        return {id: {(one.family, one.label): one.state for one in labels} for id, labels in held.items()}

    def decide(self, session: Session, who: int) -> None:
        id, label = self.dice.choice(self.ids), self.dice.choice(LABELS)
        known = label in self.told.now()[id]
        verdict = self.dice.choice(["accept", "reject"]) if known else "add"
        family, name = label
        decisions.decide(session, statement_id=id, family=family, label=name, verdict=verdict, staff_id=who)
        self.told.decide(who, id, label, verdict)


def played(database: Database, kept: Any, two: Two, seeds: range) -> None:
    for seed in seeds:
        play = Play(database, kept, two, seed)
        with database.writing() as session:
            held = play.run(session, random.Random(seed).randint(3, 9))
            said = session.exec(select(func.count()).select_from(Decision)).one()
            session.rollback()  # the next order begins where this one began
        assert held == play.told.now(), seed
        assert said >= sum(len(one) for _, one in play.told.steps), seed  # what was undone is there too


def test_in_whatever_order_two_decide_finish_and_undo_what_holds_is_what_they_said(
    database: Database, analysed: Callable, two: Two
) -> None:
    played(database, analysed(), two, range(40))


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_thousand_orders_lose_no_decision(database: Database, analysed: Callable, two: Two) -> None:
    played(database, analysed(), two, range(100, 1100))


def test_two_at_the_same_moment_are_both_kept_and_the_later_one_holds(
    database: Database, analysed: Callable, two: Two, standing_of: Callable
) -> None:
    kept = analysed()
    id, barrier = kept.statement_ids[0], Barrier(2)

    def say(who: int, verdict: str) -> None:
        barrier.wait()
        with database.writing() as session:
            decisions.decide(session, statement_id=id, family="kinds", label="activity", verdict=verdict, staff_id=who)
            session.commit()

    for _ in range(20):
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(say, (two.moira, two.ewan), ("accept", "reject")))
        with database.reading() as session:
            latest = session.exec(select(Decision).order_by(col(Decision.id).desc())).first()
        assert standing_of(id)["kinds", "activity"] == VERDICTS[latest.verdict]
    with database.reading() as session:
        made = session.exec(select(Decision).order_by(col(Decision.id))).all()
    # Each of the forty was kept, but for those of who had just said the same.
    said = [(one.staff_id, one.verdict) for one in made]
    assert {(two.moira, "accept"), (two.ewan, "reject")} == set(said)
    assert all(one != other for one, other in zip(said, said[1:], strict=False))
    assert len(said) >= 20


def test_one_finishes_while_a_machine_reads_anew(
    database: Database, analysed: Callable, two: Two, standing_of: Callable
) -> None:
    kept = analysed()
    passage_id, barrier = kept.passage_ids[0], Barrier(2)
    with database.reading() as session:
        passage = session.get_one(Passage, passage_id)
    words = {"We hold a family meeting before every decision.": {"kinds": ["idea"]}}
    accepted: list[set[steps.Suggestion]] = []

    def finish(number: int) -> None:
        with database.reading() as session:
            shown, _ = steps.labels_on(session, passage_id)
        barrier.wait()
        with database.writing() as session, suppress(CannotDo):
            steps.finish(session, passage_id, shown=shown, staff_id=two.moira)
            session.commit()
            accepted.append(shown)

    def read(number: int) -> None:
        barrier.wait()
        with database.writing() as session:
            record(session, {passage_id: findings_of(passage, words, f"test-{number}")})
            session.commit()

    for number in range(10):
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda verb, number=number: verb(number), (finish, read)))
        # Whoever came first: only what somebody had before them was accepted.
        seen = {(family, label) for shown in accepted for id, family, label in shown if id == kept.statement_ids[0]}
        held = standing_of(kept.statement_ids[0])
        assert {label for label, state in held.items() if state == "accepted"} == seen & held.keys()
