"""Labels on hold: the machine gives them worse than people do, so that only what a person has checked leaves the house.

`shown_outside` is the one place that says which standing labels organisations, respondents and the public are shown.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, or_
from sqlalchemy import update as update_
from sqlmodel import Session, col, select

from collector.database import now
from collector.findings.audit_models import LabelHold
from collector.findings.models import StandingLabel

# The verdicts of `analysis.agreement`, which this room may not import; a test compares.
BELOW = "below people"
# Passages that a verdict needs, as there.
MINIMUM = 20
SUGGESTED = "suggested"


def shown_outside(held: Any = StandingLabel) -> ColumnElement[bool]:
    """That a standing label is shown to others than staff: what a person has checked, and what is not on hold."""
    on_hold = (
        select(LabelHold.id)
        .where(LabelHold.family == held.family, LabelHold.label == held.label, col(LabelHold.ended_at).is_(None))
        .correlate(held)
        .exists()
    )
    return or_(col(held.state) != SUGGESTED, ~on_hold)


def on_hold(session: Session) -> set[tuple[str, str]]:
    """Family and id of the labels that are on hold now; staff are told so where they see one."""
    rows = session.exec(select(LabelHold.family, LabelHold.label).where(col(LabelHold.ended_at).is_(None)))
    return set(rows.all())


def listed(session: Session, *, at_most: int = 100) -> list[LabelHold]:
    """Holds with their dates: those of now first, then those that ended, the latest first."""
    in_order = (col(LabelHold.ended_at).is_not(None), col(LabelHold.ended_at).desc(), col(LabelHold.since).desc())
    return list(session.exec(select(LabelHold).order_by(*in_order, col(LabelHold.id)).limit(at_most)))


def follow(session: Session, run_id: int, figures: Sequence[dict[str, Any]]) -> None:
    """Let labels go on hold, or end their hold, by what a measuring says of them. The caller commits.

    A hold ends when no model in use is below people any more and there is enough to tell: that codings went, or that a
    new model is not measured yet, ends none.
    """
    by_label: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for one in figures:
        if one["label"]:
            by_label[one["family"], one["label"]].append(one)
    held = on_hold(session)
    for (family, label), told in by_label.items():
        below = next((one for one in told if one["verdict"] == BELOW), None)
        if below and (family, label) not in held:
            session.add(hold_of(run_id, below))
        elif not below and (family, label) in held and all(one["passages"] >= MINIMUM for one in told):
            end(session, family, label, run_id)
    session.flush()


def hold_of(run_id: int, figure: dict[str, Any]) -> LabelHold:
    alphas = {name: figure["figures"][name] for name in ("people_alpha", "model_alpha")}
    return LabelHold(
        family=figure["family"],
        label=figure["label"],
        model=figure["model"],
        run_id=run_id,
        figures=alphas,
        passages=figure["passages"],
    )


def end(session: Session, family: str, label: str, run_id: int) -> None:
    open_ones = (col(LabelHold.family) == family, col(LabelHold.label) == label, col(LabelHold.ended_at).is_(None))
    session.exec(update_(LabelHold).where(*open_ones).values(ended_at=now(), ended_by_run=run_id))
