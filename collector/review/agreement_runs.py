"""Measurings of people against people and models: asked for, done by the worker, and kept as they were."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import insert
from sqlmodel import Session, col, func, select

from collector.database import now, one_at_a_time
from collector.findings import holds
from collector.findings.audit_models import AgreementFigure, AgreementRun
from collector.findings.models import BlindCoding
from collector.leases import UNDER_WAY, Claim, Leases

leases = Leases(AgreementRun, "measuring", work="The measuring", lease=timedelta(seconds=60))
# While people code, the figures follow no faster than this.
EVERY = timedelta(minutes=5)
# And where nobody does, what came in and was decided since changes the counts that are corrected with them.
AT_LEAST = timedelta(days=1)


@dataclass(frozen=True)
class Coverage:
    """How much was coded blind, of how many passages that a model has read, and up to which coding it was counted."""

    coded: int
    coded_by_two: int
    passages: int
    codings_until: int


def ask(session: Session, *, staff_id: int | None) -> int:
    """Have it measured anew; where that is asked for already, that one. To be called with nothing held; the caller
    commits."""
    one_at_a_time(session, "measuring")
    if asked := under_way(session):
        return asked.id
    run = AgreementRun(asked_by=staff_id)
    session.add(run)
    session.flush()
    return run.id


def finish(session: Session, claim: Claim, figures: Sequence[dict[str, Any]], coverage: Coverage) -> bool:
    """Keep the figures, and let labels go on hold or end their hold by them. False when the claim was lost."""
    if not leases.finish(session, claim, **vars(coverage)):
        return False
    if figures:
        session.exec(insert(AgreementFigure), params=[{"run_id": claim.id, **one} for one in figures])
    holds.follow(session, claim.id, figures)
    return True


def sweep(session: Session) -> list[int]:
    """Bring back what fell silent, and ask for a measuring where something was coded since; returns whom to wake."""
    asked = [ask(session, staff_id=None)] if is_due(session) else []
    return [*asked, *leases.sweep(session)]


def is_due(session: Session) -> bool:
    newest = session.exec(select(func.max(BlindCoding.id))).one()
    if newest is None:
        return False
    last = last_asked(session)
    if last is None:
        return True
    waited = now() - (EVERY if last.codings_until < newest else AT_LEAST)
    return last.state not in UNDER_WAY and last.asked_at < waited


# -- What was measured ------------------------------------------------------------------------------


def latest(session: Session, model: str = "") -> AgreementRun | None:
    """The last measuring that came to an end; with a model, the last that measured that one."""
    if model:
        run_id = session.exec(select(func.max(AgreementFigure.run_id)).where(*overall(model))).one()
        return session.get(AgreementRun, run_id) if run_id else None
    done = select(AgreementRun).where(AgreementRun.state == "done").order_by(col(AgreementRun.id).desc())
    return session.exec(done.limit(1)).first()


def overall(model: str) -> tuple[Any, ...]:
    """The one figure of each measuring that is of all labels together."""
    return (AgreementFigure.family == "", AgreementFigure.model == model)


def of(run_id: Any, model: str) -> tuple[Any, ...]:
    return (AgreementFigure.run_id == run_id, AgreementFigure.model == model)


def figures(session: Session, run_id: int, model: str) -> list[AgreementFigure]:
    return list(session.exec(select(AgreementFigure).where(*of(run_id, model)).order_by(col(AgreementFigure.id))))


def models(session: Session) -> list[str]:
    """The models that were measured at any time, the latest first."""
    last = func.max(AgreementFigure.run_id)
    of_all = select(AgreementFigure.model, last).where(AgreementFigure.family == "").group_by(AgreementFigure.model)
    return [model for model, _ in sorted(session.exec(of_all).all(), key=lambda row: (-row[1], row[0]))]


def under_way(session: Session) -> AgreementRun | None:
    asked = select(AgreementRun).where(col(AgreementRun.state).in_(UNDER_WAY))
    return session.exec(asked.order_by(col(AgreementRun.id)).limit(1)).first()


def last_asked(session: Session) -> AgreementRun | None:
    return session.exec(select(AgreementRun).order_by(col(AgreementRun.id).desc()).limit(1)).first()


def last_failed(session: Session) -> bool:
    last = last_asked(session)
    return last is not None and last.state == "set-aside"
