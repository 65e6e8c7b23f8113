"""How far a plan answers a question, as people say: a new row each time, the newest counts, none is ever edited."""

from dataclasses import dataclass

from sqlmodel import Session, col, select

from collector.accounts import staff
from collector.database import one_at_a_time
from collector.findings.plan_models import PlanDecision, PlanReview
from collector.review import plan_coverage, plan_sets, steps
from collector.review.acts import CannotDo
from collector.review.plan_coverage import LEVELS

TAKEN_BACK = ""  # what the machine proposes counts again


@dataclass(frozen=True)
class Meant:
    """What somebody says of a plan and a question. `seen` is the newest decision that their page showed; 0: none."""

    source_id: int
    code: str
    how_far: str
    why: str
    seen: int


class DecidedMeanwhile(CannotDo):
    """A colleague decided after the page was made. Nothing is kept; who has read what they said may send it again."""


def decide(session: Session, review: PlanReview, meant: Meant, *, staff_id: int) -> PlanDecision | None:
    """Keep a decision; None where there is nothing to take back. The caller commits.

    Saying again what the newest says already, by the same person, adds no row.
    """
    one_at_a_time(session, f"plan {meant.source_id} of review {review.id}")
    whole = plan_coverage.coverage(session, review, [meant.source_id])
    check(session, whole, meant)
    why = steps.checked(meant.why, "", what="the reason")
    newest = next(iter(history(session, review.id, meant.source_id, meant.code)), None)
    if newest and (newest.how_far, newest.why, newest.staff_id) == (meant.how_far, why, staff_id):
        return newest
    if newest and newest.id != meant.seen:
        raise DecidedMeanwhile(told(session, newest))
    if meant.how_far == TAKEN_BACK and (newest is None or newest.how_far == TAKEN_BACK):
        return None
    row = PlanDecision(
        review_id=review.id,
        source_id=meant.source_id,
        code=meant.code,
        how_far=meant.how_far,
        proposed=whole.cells[meant.source_id, meant.code].proposed,
        why=why,
        staff_id=staff_id,
    )
    session.add(row)
    session.flush()
    return row


def check(session: Session, whole: plan_coverage.Coverage, meant: Meant) -> None:
    if (meant.source_id, meant.code) not in whole.cells or meant.source_id not in plan_sets.ids_in(
        session, whole.review.id
    ):
        raise CannotDo("This plan is not in the review any more. Put it back first")
    if meant.how_far not in (*LEVELS, TAKEN_BACK):
        raise CannotDo("Choose how far the plan answers the question")


def told(session: Session, newest: PlanDecision) -> str:
    said = plan_coverage.WORDS.get(newest.how_far, "took back what was decided")
    who = staff.name_of(session, newest.staff_id)
    return (
        f"{who} decided while you had this page open: {said}. Read it below, and send yours again if you still mean it"
    )


def history(session: Session, review_id: int, source_id: int, code: str) -> list[PlanDecision]:
    """Newest first."""
    this = (PlanDecision.review_id == review_id, PlanDecision.source_id == source_id, PlanDecision.code == code)
    return list(session.exec(select(PlanDecision).where(*this).order_by(col(PlanDecision.id).desc())))
