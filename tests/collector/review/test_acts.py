"""Undo: exactly one step, of one's own, many at once too, and never what a colleague said."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import select

from collector.database import Database
from collector.findings.models import Decision
from collector.findings.record import record
from collector.intake.models import Submission
from collector.privacy import erasure
from collector.review import acts, bulk, cuts, queue, steps
from collector.review.acts import CannotDo
from tests.collector.review.conftest import SAME, Two, cut_of, decide
from tests.conftest import findings_of

ACTIVITY = tuple(SAME.values())


@pytest.fixture
def undo(database: Database) -> Callable[[int], None]:
    """Takes back what this person did last."""

    def last_step(staff_id: int) -> None:
        with database.writing() as session:
            acts.undo(session, acts.last(session, staff_id).id, staff_id=staff_id)
            session.commit()

    return last_step


def test_undo_brings_back_what_held_before_step_by_step(
    database: Database, analysed: Callable, two: Two, undo: Callable, standing_of: Callable
) -> None:
    id = analysed().statement_ids[0]
    seen = [standing_of(id)]
    for verdict in ("accept", "reject", "accept"):
        decide(database, id, two.moira, verdict)
        seen.append(standing_of(id))
    assert [one[ACTIVITY] for one in seen] == ["suggested", "accepted", "rejected", "accepted"]
    for before in seen[-2::-1]:
        undo(two.moira)
        assert standing_of(id) == before
    with database.reading() as session:
        assert acts.last(session, two.moira) is None


def test_undo_of_mine_leaves_what_a_colleague_decided_since(
    database: Database, analysed: Callable, two: Two, undo: Callable, standing_of: Callable
) -> None:
    id = analysed().statement_ids[0]
    decide(database, id, two.moira, "accept")
    decide(database, id, two.ewan, "reject")
    undo(two.moira)
    assert standing_of(id)[ACTIVITY] == "rejected"
    undo(two.ewan)
    assert standing_of(id)[ACTIVITY] == "suggested"


def test_nobody_undoes_what_another_did_or_an_earlier_step_first(
    database: Database, analysed: Callable, two: Two
) -> None:
    id = analysed().statement_ids[0]
    decide(database, id, two.moira, "accept")
    with database.writing() as session:
        first = acts.last(session, two.moira).id
        with pytest.raises(CannotDo, match="somebody else"):
            acts.undo(session, first, staff_id=two.ewan)
    decide(database, id, two.moira, "reject")
    with database.writing() as session, pytest.raises(CannotDo, match="done something since"):
        acts.undo(session, first, staff_id=two.moira)


def test_the_same_undo_sent_twice_undoes_once(database: Database, analysed: Callable, two: Two) -> None:
    id = analysed().statement_ids[0]
    decide(database, id, two.moira, "accept")
    decide(database, id, two.moira, "reject")
    with database.writing() as session:
        latest = acts.last(session, two.moira).id
        for _ in range(2):
            acts.undo(session, latest, staff_id=two.moira)
        session.commit()
        assert acts.last(session, two.moira).id != latest


def test_finishing_accepts_what_was_suggested_and_undo_takes_all_of_it_back(
    database: Database, analysed: Callable, two: Two, undo: Callable, standing_of: Callable, item_of: Callable
) -> None:
    kept = analysed()
    passage_id, id = kept.passage_ids[0], kept.statement_ids[0]
    before, item = standing_of(id), item_of(passage_id)
    decide(database, id, two.moira, "reject", family="actions", label="planning")
    with database.writing() as session:
        steps.finish(session, passage_id, staff_id=two.moira)
        session.commit()
    assert set(standing_of(id).values()) == {"accepted", "rejected"}
    assert (item_of(passage_id).state, item_of(passage_id).coder) == ("decided", two.moira)
    undo(two.moira)
    assert item_of(passage_id).state == "in-review"
    undo(two.moira)
    assert standing_of(id) == before
    told = {"revision"}
    assert item_of(passage_id).model_dump(exclude=told) == item.model_dump(exclude=told)


def test_a_decision_on_many_is_undone_as_one(
    database: Database, analysed: Callable, two: Two, undo: Callable, item_of: Callable
) -> None:
    kept = analysed()
    passages = kept.passage_ids[:2]
    decide(database, kept.statement_ids[2], two.ewan, "reject", label="barrier")
    before = [item_of(id).state for id in passages]
    with database.writing() as session:
        counted = {id: item_of(id).revision for id in passages} | {passages[1]: 1}
        done = bulk.apply(session, counted, "finish", staff_id=two.moira)
        session.commit()
    assert before == ["suggested", "in-review"]
    assert (done.done, dict(done.not_done)) == (1, {"changed": 1})
    assert [item_of(id).state for id in passages] == ["decided", "in-review"]
    undo(two.moira)
    assert [item_of(id).state for id in passages] == before


def test_a_split_gives_each_part_its_own_and_undo_makes_it_whole(
    database: Database, analysed: Callable, two: Two, undo: Callable, standing_of: Callable
) -> None:
    kept = analysed()
    passage_id, id = kept.passage_ids[0], kept.statement_ids[0]
    whole = standing_of(id)
    decide(database, id, two.ewan, "add", label="idea")
    with database.writing() as session:
        before = cut_of(session, passage_id)
        first, second = cuts.split(session, id, at=before[0][0] + 7, staff_id=two.moira)
        session.commit()
        assert len(cut_of(session, passage_id)) == len(before) + 1
    # The machine's evidence is the first word; a person's own label, of which no words were marked, holds of both.
    assert standing_of(first) == {**whole, ("kinds", "idea"): "added"}
    assert standing_of(second) == {("kinds", "idea"): "added"}
    undo(two.moira)
    with database.reading() as session:
        assert cut_of(session, passage_id) == before
    assert standing_of(id) == {**whole, ("kinds", "idea"): "added"}


def test_merging_keeps_what_was_decided_on_either(
    database: Database, analysed: Callable, two: Two, standing_of: Callable
) -> None:
    kept = analysed()
    decide(database, kept.statement_ids[0], two.moira, "reject", family="actions", label="planning")
    decide(database, kept.statement_ids[1], two.moira, "add", label="idea")
    with database.writing() as session:
        [one] = cuts.merge(session, kept.statement_ids[:2], staff_id=two.moira)
        session.commit()
        assert len(cut_of(session, kept.passage_ids[0])) == 1
    held = standing_of(one)
    assert (held["actions", "planning"], held["kinds", "idea"]) == ("rejected", "added")
    assert held["fundamentals", "what-matters"] == "suggested"


def test_what_was_cut_and_decided_on_since_is_not_cut_back(database: Database, analysed: Callable, two: Two) -> None:
    kept = analysed()
    with database.writing() as session:
        first, _ = cuts.split(session, kept.statement_ids[0], at=7, staff_id=two.moira)
        session.commit()
    decide(database, first, two.ewan)
    with database.writing() as session, pytest.raises(CannotDo, match="1 more was said"):
        acts.undo(session, acts.last(session, two.moira).id, staff_id=two.moira)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda session, kept, by: cuts.split(session, kept.statement_ids[0], at=0, staff_id=by), "both sides"),
        (lambda session, kept, by: cuts.merge(session, kept.statement_ids[:1], staff_id=by), "two statements"),
        (lambda session, kept, by: cuts.merge(session, kept.statement_ids[1:3], staff_id=by), "side by side"),
        (lambda session, kept, by: steps.move(session, kept.passage_ids[0], "set-aside", staff_id=by), "Say why"),
        (lambda session, kept, by: steps.move(session, kept.passage_ids[0], "decided", staff_id=by), "from the list"),
        (
            lambda session, kept, by: steps.note(
                session, kept.passage_ids[0], kind="comment", text="a" * 1001, staff_id=by
            ),
            "Shorten this by 1",
        ),
        (
            lambda session, kept, by: steps.note(session, kept.passage_ids[0], kind="question", text="?", staff_id=by),
            "colleague",
        ),
        (
            lambda session, kept, by: bulk.apply(session, {1: 1}, "accept", staff_id=by),
            "Choose the label",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_and_leaves_nothing(
    wrong: Any, said: str, database: Database, analysed: Callable, two: Two, dump: Callable
) -> None:
    kept = analysed()
    before = dump()
    with database.writing() as session:
        with pytest.raises(CannotDo, match=said):
            wrong(session, kept, two.moira)
        session.commit()  # as the pages do not: there is nothing that would be kept
    assert dump() == before


def test_a_passage_that_was_decided_on_keeps_its_statements_when_it_is_read_anew(
    database: Database, analysed: Callable, two: Two, standing_of: Callable
) -> None:
    kept = analysed()
    passage_id, id = kept.passage_ids[0], kept.statement_ids[0]
    decide(database, id, two.moira, "reject", family="actions", label="planning")
    with database.writing() as session:
        passage = session.get_one(acts.Passage, passage_id)
        anew = {"family meeting before every decision. Parents chair": {"kinds": ["learning"], "actions": ["support"]}}
        before = cut_of(session, passage_id)
        record(session, {passage_id: findings_of(passage, anew, "test-2")})
        session.commit()
        assert cut_of(session, passage_id) == before
    assert standing_of(id) == {
        ("actions", "planning"): "rejected",
        ("actions", "support"): "suggested",
        ("kinds", "learning"): "suggested",
    }


@pytest.mark.parametrize(
    ("said", "held"),
    [
        (("accept", "reject"), "accepted"),
        (("reject", "accept"), "accepted"),
        (("reject", "reject"), "rejected"),
        (("reject", None), "suggested"),
        ((None, "reject"), "suggested"),
    ],
)
def test_of_two_merged_statements_who_says_that_a_label_holds_outweighs_who_says_it_does_not(
    said: tuple[str | None, str | None],
    held: str,
    database: Database,
    analysed: Callable,
    two: Two,
    standing_of: Callable,
) -> None:
    kept = analysed()
    for id, verdict in zip(kept.statement_ids, said, strict=False):
        if verdict:
            decide(database, id, two.ewan, verdict)
    with database.writing() as session:
        [one] = cuts.merge(session, kept.statement_ids[:2], staff_id=two.moira)
        session.commit()
        by = {row.staff_id for row in session.exec(select(Decision).where(Decision.statement_id == one))}
    assert standing_of(one)[ACTIVITY] == held
    assert by <= {two.ewan}  # what went along is told as said by who said it


def test_what_a_colleague_cut_otherwise_since_is_not_said_to_be_undone(
    database: Database, analysed: Callable, two: Two, standing_of: Callable
) -> None:
    kept = analysed()
    decide(database, kept.statement_ids[0], two.moira)
    with database.writing() as session:
        [one] = cuts.merge(session, kept.statement_ids[:2], staff_id=two.ewan)
        session.commit()
    with database.writing() as session:
        with pytest.raises(CannotDo, match="A colleague has cut 1 of these"):
            acts.undo(session, acts.last(session, two.moira).id, staff_id=two.moira)
        session.commit()
    assert standing_of(one)[ACTIVITY] == "accepted"


def test_the_number_of_an_act_that_is_gone_is_never_another_act(
    database: Database, analysed: Callable, two: Two
) -> None:
    kept = analysed()
    decide(database, kept.statement_ids[0], two.moira)
    with database.writing() as session:
        before = acts.last(session, two.moira).id
        erasure.withdraw(session, session.get_one(Submission, kept.received.submission_id))
        session.commit()
    again = analysed("second")
    decide(database, again.statement_ids[0], two.moira)
    with database.writing() as session, pytest.raises(CannotDo):
        acts.undo(session, before, staff_id=two.moira)


def test_what_was_decided_on_many_can_still_be_withdrawn(
    database: Database, analysed: Callable, two: Two, dump: Callable
) -> None:
    kept = analysed()
    with database.writing() as session:
        counted = bulk.gather(session, queue.Wanted(), "finish", staff_id=two.moira)
        bulk.carry_out(session, counted)
        session.commit()
    assert dump()["decision"]
    with database.writing() as session:
        erasure.withdraw(session, session.get_one(Submission, kept.received.submission_id))
        session.commit()
    rows = dump()
    assert not any(rows[table] for table in ("act", "decision", "step", "review_item", "review_label", "statement"))
    assert len(rows["bulk_list"]) == 1
