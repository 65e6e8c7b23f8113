"""What holds of a statement: what the model suggests, overlaid by what people say."""

from collections.abc import Callable
from typing import Any

import pytest

from collector.database import Database
from collector.review import decisions

# "planning" and "investment" are actions of the priority area "planning", "support" is one of "good-childhood".
WORDS = "We hold a family meeting before every decision."


@pytest.fixture
def statement_of(analysed: Callable, staff_browser: Any) -> Callable[..., int]:
    """A statement with these labels, in an answer about the priority area "planning"."""

    def keep(**labels: list[str]) -> int:
        return analysed(told={1: {WORDS: labels}}).statement_ids[0]

    return keep


@pytest.fixture
def decide(database: Database) -> Callable[..., None]:
    def say(statement_id: int, verdict: str, family: str, label: str, **more: Any) -> None:
        with database.writing() as session:
            decisions.decide(
                session,
                statement_id=statement_id,
                verdict=verdict,
                family=family,
                label=label,
                **({"staff_id": 1} | more),
            )
            session.commit()

    return say


@pytest.fixture
def standing(dump: Callable) -> Callable[[], dict[str, str]]:
    return lambda: {f"{family}:{label}": state for _, family, label, state, _ in dump()["standing_label"]}


def test_a_suggested_action_carries_its_priority_area(statement_of: Callable, standing: Callable) -> None:
    statement_of(actions=["support"])
    assert standing() == {"actions:support": "suggested", "priority_areas:good-childhood": "suggested"}


def test_where_nothing_tells_the_priority_area_the_question_does(statement_of: Callable, standing: Callable) -> None:
    statement_of(kinds=["activity"])
    assert standing() == {"kinds:activity": "suggested", "priority_areas:planning": "asked"}


def test_an_accepted_label_is_accepted_and_so_is_its_priority_area(
    statement_of: Callable, decide: Callable, standing: Callable
) -> None:
    decide(statement_of(actions=["support"]), "accept", "actions", "support")
    assert standing() == {"actions:support": "accepted", "priority_areas:good-childhood": "accepted"}


def test_a_rejected_action_takes_its_priority_area_along(
    statement_of: Callable, decide: Callable, standing: Callable
) -> None:
    decide(statement_of(actions=["support"], kinds=["activity"]), "reject", "actions", "support")
    assert standing() == {"kinds:activity": "suggested", "priority_areas:planning": "asked"}


def test_of_two_actions_in_one_priority_area_the_other_still_carries_it(
    statement_of: Callable, decide: Callable, standing: Callable
) -> None:
    decide(statement_of(actions=["planning", "investment"]), "reject", "actions", "planning")
    assert standing() == {"actions:investment": "suggested", "priority_areas:planning": "suggested"}


def test_an_added_label_stands_beside_the_suggested_ones(
    statement_of: Callable, decide: Callable, standing: Callable
) -> None:
    decide(statement_of(kinds=["activity"]), "add", "fundamentals", "listening")
    assert standing()["fundamentals:listening"] == "added"
    assert standing()["kinds:activity"] == "suggested"


def test_a_priority_area_that_a_person_rejects_is_not_carried_back_by_an_action_or_the_question(
    statement_of: Callable, decide: Callable, standing: Callable
) -> None:
    statement = statement_of(actions=["planning"])
    decide(statement, "add", "priority_areas", "planning")
    assert standing()["priority_areas:planning"] == "added"
    decide(statement, "reject", "priority_areas", "planning")
    assert standing() == {"actions:planning": "suggested"}


def test_a_person_who_thinks_again_is_followed(statement_of: Callable, decide: Callable, standing: Callable) -> None:
    statement, states = statement_of(kinds=["activity"]), []
    for verdict in ("reject", "accept", "reject", "add"):
        decide(statement, verdict, "kinds", "activity")
        states.append(standing().get("kinds:activity"))
    assert states == [None, "accepted", None, "added"]
