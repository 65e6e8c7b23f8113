"""Invented plans, read by the real readers before their questions came: what a review then proposes, and lists."""

from collections import Counter
from pathlib import Path

import pytest
import yaml
from sqlmodel import select

from collector.database import Database
from collector.findings import record
from collector.findings.plan_models import PlanReview
from collector.frameworks import coding_frames, plan, walks
from collector.intake.models import Job, Source
from collector.review import plan_coverage, plan_sets
from collector.review.plan_coverage import LEVELS
from forms import coding_frame
from worker import coding, framing, tasks

PLANS = yaml.safe_load((Path(__file__).parents[1] / "plans" / "plans.yaml").read_text(encoding="utf-8"))["plans"]
FAMILY = "frame-local-plans"

pytestmark = pytest.mark.slow


@pytest.fixture
def reviewed(database: Database, worker_here: None, staff_id: int, tmp_path: Path) -> plan_coverage.Coverage:
    """A review of them, each read twice: by the plan's model as it came, then against the questions by a walk."""
    plan._held = None
    for number, one in enumerate(PLANS):
        path = tmp_path / f"{number}.md"
        path.write_text(one["text"], encoding="utf-8")
        kept = coding.keep_document(database, path, title=one["title"], organisation=one["organisation"], kind="other")
        tasks.analyse([kept.job_id])
    with database.writing() as session:
        frame = coding_frame.load("local-plans")
        readable = record.number_readable(session)
        row, walk = coding_frames.add(session, frame, file_name="f.yaml", staff_id=staff_id, passages=readable)
        frame_id, walk_id = row.id, walk.id
        session.commit()
    with database.writing() as session:
        review_id = plan_sets.make(
            session, title="Plans", frame_id=frame_id, need_code="assessment-of-need", staff_id=staff_id, key="one"
        )
        ids = session.exec(select(Source.id)).all()
        plan_sets.add(session, review_id, ids, staff_id=staff_id)
        session.commit()
    before = whole(database, review_id)
    assert before.read == 0  # read, but not against these questions
    with database.writing() as session:
        claim = walks.leases.claim(session, walk_id)
        session.commit()
    while framing.read_some(database, claim):
        pass
    plan.look(database)
    yield whole(database, review_id)
    plan._held = None


def whole(database: Database, review_id: int) -> plan_coverage.Coverage:
    with database.reading() as session:
        assert {job.state for job in session.exec(select(Job))} == {"done"}
        return plan_coverage.coverage(session, session.get_one(PlanReview, review_id))


def test_proposals_are_mostly_what_a_person_reads_and_seldom_two_steps_off(reviewed: plan_coverage.Coverage) -> None:
    assert reviewed.read == len(PLANS) == 11
    for unseen, cells, right, far_off in ((False, 80, 50, 4), (True, 30, 15, 7)):
        steps = steps_off(reviewed, unseen=unseen)
        print("unseen" if unseen else "seen", sorted(steps.items()))
        assert steps.total() == cells
        assert steps[0] >= right
        assert sum(number for step, number in steps.items() if abs(step) > 1) <= far_off


def steps_off(reviewed: plan_coverage.Coverage, *, unseen: bool) -> Counter[int]:
    """How many steps each proposal is too high, over all plans that the rule was chosen with, or over the others."""
    steps: Counter[int] = Counter()
    for one in reviewed.plans:
        held = next(known for known in PLANS if known["title"] == one.title)
        if held.get("unseen", False) is unseen:
            for cell in reviewed.of_plan(one.source_id):
                read = held["reading"].get(cell.code, "none")
                steps[LEVELS.index(cell.proposed) - LEVELS.index(read)] += 1
    return steps


def test_needs_without_an_action_are_among_what_is_listed(reviewed: plan_coverage.Coverage, database: Database) -> None:
    listed = {}
    with database.reading() as session:
        for one in reviewed.plans:
            found = plan_coverage.needs(session, one.source_id, FAMILY, "assessment-of-need")
            listed[one.title] = [need.statement_id for need in found]
    assert listed["Glenfarrow children's services plan"] == []
    assert listed["Growing up in Strathlinn, our plan for children"]
    assert sum(map(len, listed.values())) <= 35
