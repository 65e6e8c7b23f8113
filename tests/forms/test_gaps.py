"""What is asked of somebody who has answered before: worked out from what is held, and gone once it is told."""

from datetime import date
from typing import Any

import pytest

from forms import gaps, questionnaire, speech, translations

MAIN = questionnaire.load("keeping-the-promise")
TODAY = date(2026, 11, 22)
FACTS = {"respondent": "organisation", "priority-areas": ["planning", "good-childhood"]}
PASSED = {"a": ("by spring 2026", date(2026, 5, 31))}
COMMITTED = {"id": "a", "commitment": "We will open on Saturdays.", "commitment-action": "support"}


def found(
    held: dict[str, Any],
    now: dict[str, Any] | None = None,
    ended: tuple[str, ...] = (),
    due: dict[str, gaps.Due] | None = None,
) -> list[tuple[str, str]]:
    """The kind of each gap, and the page where it is answered."""
    told = gaps.of(MAIN, {**FACTS, **held}, {**FACTS, **(now or {})}, ended, due or {}, TODAY)
    return [(gap.kind, gap.page.id) for gap in told]


def test_a_part_of_the_plan_without_a_commitment_is_asked_for() -> None:
    held = {"commitments": [COMMITTED]}
    assert found(held) == [("area-without-commitment", "commitments")]
    new = {"id": "b", "commitment": "We will plan.", "commitment-action": "planning"}
    assert found(held, {"commitments": [new]}) == []


def test_a_commitment_whose_day_has_passed_is_asked_about_until_it_has_ended_or_moved() -> None:
    late = {**COMMITTED, "commitment-due": "by spring 2026"}
    assert ("overdue", "commitments") in found({"commitments": [late]}, due=PASSED)
    [gap, *_] = gaps.of(MAIN, {**FACTS, "commitments": [late]}, FACTS, (), PASSED, TODAY)
    assert "31 May 2026" in gap.words
    assert "We will open on Saturdays" in gap.words
    assert gap.item_id == "a"
    moved = {"commitments": [{**late, "commitment-due": "2027"}]}
    assert ("overdue", "commitments") not in found({"commitments": [late]}, moved, due=PASSED)
    assert ("overdue", "commitments") not in found({"commitments": [late]}, ended=("a",), due=PASSED)
    reworded = {"commitments": [{**late, "commitment": "We will open on Sundays."}]}
    assert ("overdue", "commitments") in found({"commitments": [late]}, reworded, due=PASSED)


@pytest.mark.parametrize("day", [TODAY, date(2027, 12, 31)])
def test_a_day_that_may_lie_ahead_is_not_asked_about(day: date) -> None:
    dated = {**COMMITTED, "commitment-due": "some day"}
    assert ("overdue", "commitments") not in found({"commitments": [dated]}, due={"a": ("some day", day)})
    assert ("overdue", "commitments") not in found({"commitments": [dated]})


def test_a_barrier_without_what_help_is_needed_is_asked_about() -> None:
    held = {"planning.barriers": "Nobody funds the post."}
    assert ("barrier-without-need", "planning-needs") in found(held)
    assert ("barrier-without-need", "planning-needs") not in found(held, {"planning.needs": "A second post."})
    need = {"id": "n", "need": "A post.", "need-action": "planning"}
    assert ("barrier-without-need", "planning-needs") not in found(
        held, {"needs-list": [need], "more-lists": ["needs"]}
    )


def test_a_list_with_nothing_in_it_is_asked_for_once_and_only_where_it_is_asked() -> None:
    assert found({}) == [("empty-list", "commitments")]
    assert found({"commitments": [COMMITTED]}, ended=("a",)) == [("empty-list", "commitments")]
    assert ("empty-list", "offers-list") in found({}, {"more-lists": ["offers"]})


def test_who_answers_for_themselves_is_asked_for_no_list() -> None:
    himself = {"respondent": "individual", "priority-areas": ["planning"]}
    told = gaps.of(MAIN, himself | {"planning.barriers": "No bus."}, himself, (), {}, TODAY)
    assert [gap.kind for gap in told] == ["barrier-without-need"]


def test_no_gap_is_without_words_or_longer_than_can_be_read_at_once() -> None:
    long = {**COMMITTED, "commitment": "We will " * 200, "commitment-due": "by spring 2026"}
    for gap in gaps.of(MAIN, {**FACTS, "commitments": [long]}, FACTS, (), PASSED, TODAY):
        assert 20 < len(gap.words) < 250


def test_in_gaelic_a_gap_is_told_in_gaelic_with_the_plan_s_own_name_for_the_area() -> None:
    gaelic = translations.spoken(MAIN, speech.GAELIC)
    with speech.speaking(speech.GAELIC):
        [gap] = gaps.of(gaelic, {**FACTS, "commitments": [COMMITTED]}, FACTS, (), {}, TODAY)
    assert gap.kind == "area-without-commitment"
    assert gap.words.startswith("Planadh: a bheil rud ann a tha sibh a’ gealltainn")
