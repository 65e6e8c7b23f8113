"""What other organisations say of the same actions: who offers what one needs, and who needs what one offers."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import desc, intersect, literal, select, union_all
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from collector.findings import standing
from collector.findings.models import StandingLabel, Statement
from collector.intake import partners
from collector.intake.models import Passage, Source
from collector.organisations.models import Organisation

NEWEST = 1_000  # statements of one kind on one action: more than any one organisation says

Wanted = Sequence[tuple[str, str]]  # kinds and actions


def said(session: Session, organisation_id: int, wanted: Wanted) -> dict[tuple[str, str], list[tuple[int, int]]]:
    """For each kind and action, nothing left out: the organisations that say it, each with its newest statement.

    What may tell of harm is told nobody, and a sample stands beside what is of the sample alone.
    """
    found: dict[tuple[str, str], dict[int, int]] = {one: {} for one in wanted}
    if wanted:
        rows = session.execute(union_all(*(newest(organisation_id, *one) for one in wanted)))
        for kind, action, other, id in sorted(rows, key=lambda row: -row[-1]):
            found[kind, action].setdefault(other, id)
    return {one: list(held.items()) for one, held in found.items()}


def newest(organisation_id: int, kind: str, action: str) -> Any:
    """Both labels are met in the index first: a database that looks one up for each of the other takes ten times as
    long."""
    both = intersect(labelled("kinds", kind), labelled("actions", action)).order_by(desc("id")).limit(NEWEST).subquery()
    sample = select(Organisation.sample).where(Organisation.id == organisation_id).scalar_subquery()
    return (
        select(literal(kind), literal(action), Source.organisation_id, both.c.id)
        .select_from(both)
        .join(Statement, col(Statement.id) == both.c.id)
        .join(Passage, col(Passage.id) == Statement.passage_id)
        .join(Source, col(Source.id) == Passage.source_id)
        .where(*standing.current(), col(Passage.harm).is_(False), Source.sample == sample)
        .where(col(Source.organisation_id).is_not(None), partners.is_of_others(organisation_id))
    )


def labelled(family: str, label: str) -> Any:
    held = aliased(StandingLabel)
    return select(held.statement_id.label("id")).where(held.family == family, held.label == label)
