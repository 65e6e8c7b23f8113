"""What a model says of statements that it did not cut: people did, or an earlier model did and people decided then."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from collector.findings.models import Finding, Statement
from collector.frameworks import plan
from collector.intake.models import Passage


def inherited(session: Session, statement_ids: Sequence[int]) -> dict[int, list[Finding]]:
    """Findings of the model that last read the passage, on those of its statements that these overlap.

    A label goes to the statements that its evidence touches; one without evidence to all that overlap. Where several
    have it, the most certain is told. The rows stand on the statement that the model cut, and are not changed.
    """
    if not (statement_ids := cut_otherwise(session, statement_ids)):
        return {}
    ours, theirs = aliased(Statement), aliased(Statement)
    chosen = (
        select(ours, Finding)
        .join(Passage, Passage.id == ours.passage_id)
        .join(theirs, theirs.passage_id == ours.passage_id)
        .join(Finding, col(Finding.statement_id) == theirs.id)
        .where(
            col(ours.id).in_(statement_ids),
            theirs.model == Passage.analysed_by,
            theirs.start < ours.end,
            theirs.end > ours.start,
            counts(),
        )
        .order_by(col(Finding.score).desc(), col(Finding.id))
    )
    best: dict[int, dict[tuple[str, str], Finding]] = defaultdict(dict)
    for statement, finding in session.exec(chosen):
        if touches(finding, statement):
            best[statement.id].setdefault((finding.family, finding.label), finding)
    return {id: list(found.values()) for id, found in best.items()}


def cut_otherwise(session: Session, statement_ids: Sequence[int]) -> list[int]:
    """Those of the statements that the model did not cut: most often none, which is soon told."""
    on = select(Statement.id).join(Passage, col(Passage.id) == Statement.passage_id)
    return list(session.exec(on.where(col(Statement.id).in_(statement_ids), Statement.model != Passage.analysed_by)))


def counts() -> ColumnElement[bool]:
    """Of findings joined with their passages: those of the model that last read it, and of the frames' readers."""
    return or_(Finding.model == Passage.analysed_by, col(Finding.model).in_(plan.frame_models()))


def touches(finding: Finding, statement: Statement) -> bool:
    return not finding.evidence or meets(finding.evidence, statement.start, statement.end)


def meets(spans: Iterable[Sequence[int]], start: int, end: int) -> bool:
    return any(from_ < end and to > start for from_, to in spans)
