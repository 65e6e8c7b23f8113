"""Counts corrected for what the machine gets wrong, as the last measuring worked them out; and what is told of an area.

How they are made: `analysis.prevalence` and docs/decisions/0018-honest-numbers.md.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, delete, select

from collector.database import insert_all
from collector.findings import counts
from collector.findings.counts import Cell, Within
from collector.findings.estimate_models import Estimate
from collector.frameworks import plan

# The words of `analysis.prevalence`, which this room may not import; a test compares.
CORRECTED, PEOPLE_ONLY, TOO_FEW = "corrected", "decided by people only", "too few blind items"
# There is an estimate of none: of two things at once, or before the first measuring.
NOT_CORRECTED = "not corrected"
MINIMUM = 50  # statements coded blind under a label, as there
# Families of which two labels on one statement are estimated as one label is: of all that came, not of each round.
PAIRS = (("actions", "kinds"), ("priority_areas", "kinds"), ("actions", "fundamentals"))
BOTH = "|"  # between two families, and between two labels


@dataclass(frozen=True)
class Said:
    """How many organisations say something, of those that answered.

    `low` and `high` may both be; where nothing is corrected, both are those of which people decided it, and `suggested`
    more are said to by the machine alone.
    """

    answered: int
    decided: int
    suggested: int
    low: int
    high: int
    basis: str
    statements: int

    @property
    def corrected(self) -> bool:
        return self.basis == CORRECTED


def replace(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Keep these in place of all there were. The caller commits."""
    session.exec(delete(Estimate))
    insert_all(session, Estimate, rows)


Place = tuple[str, str, str, str]  # family, label, by, value


def of(session: Session, round_id: int | None, families: Iterable[str]) -> dict[Place, Estimate]:
    """The estimates of a round, or of all that came."""
    same = col(Estimate.round_id).is_(None) if round_id is None else Estimate.round_id == round_id
    chosen = select(Estimate).where(same, col(Estimate.family).in_(list(families)))
    return {(one.family, one.label, one.by, one.value): one for one in session.exec(chosen)}


def of_place(session: Session, by: str, value: str) -> dict[tuple[str, str], Estimate]:
    """Of one area or kind of organisation, or of all: every label, and every pair of them, of all that came."""
    there = (col(Estimate.round_id).is_(None), Estimate.by == by, Estimate.value == value)
    return {(one.family, one.label): one for one in session.exec(select(Estimate).where(*there))}


def both(first: str, second: str) -> str:
    """What a pair of families, or of labels, is called."""
    return f"{first}{BOTH}{second}"


def parts(family: str, label: str) -> list[tuple[str, str]]:
    """The labels that a statement has to have for one label, or for a pair of them."""
    return list(zip(family.split(BOTH), label.split(BOTH), strict=True))


@dataclass(frozen=True)
class Counted:
    """How many organisations say something by what people decided, how many more by the machine alone, in how many
    statements, and of how many of those people decided it."""

    decided: int = 0
    suggested: int = 0
    statements: int = 0
    statements_decided: int = 0


def said(cell: Cell, answered: int, estimate: Estimate | None) -> Said:
    """What a cell says."""
    counted = Counted(len(cell.decided), cell.suggested, cell.statements, cell.statements_decided)
    return corrected(counted, answered, estimate)


def corrected(counted: Counted, answered: int, estimate: Estimate | None) -> Said:
    """Since the estimate was made people have decided more, and who answered since may say it."""
    decided = counted.decided
    low, high, basis = decided, decided, basis_of(counted, estimate)
    if estimate and basis == CORRECTED:
        # Who withdrew since, and what was decided otherwise, may have been among those that say it.
        gone = max(0, estimate.answered - answered) + max(0, estimate.decided - decided)
        low = min(answered, max(decided, estimate.low - gone))
        since = max(0, answered - estimate.answered)
        high = min(answered, max(decided, estimate.high + since))
    return Said(answered, decided, counted.suggested, low, high, basis, counted.statements)


def basis_of(counted: Counted, estimate: Estimate | None) -> str:
    if estimate:
        return estimate.basis
    return NOT_CORRECTED if counted.statements > counted.statements_decided else PEOPLE_ONLY


@dataclass(frozen=True)
class OfArea:
    """Of one area, or of all: how many organisations were heard from and were not, and what they say by label."""

    answered: int
    did_not_answer: int
    not_asked: int
    labels: dict[str, Said]


def of_area(
    session: Session,
    family: str,
    *,
    area: str = "",
    round_id: int | None = None,
    sample: bool = False,
) -> OfArea:
    """Each label of a family, by the organisations that work in an area, or by all.

    `sample`: of invented organisations, never counted with others.
    """
    within = Within(round_id, sample, third=(counts.AREA, area) if area else ("", ""))
    heard = counts.heard(session, within)
    found = counts.cells(session, within, heard, family, "")
    place = (counts.AREA, area) if area else ("", "")
    known = of(session, round_id, [family]) if round_id or not sample else {}
    labels = {
        label: said(found.get((label, counts.TOTAL), Cell()), len(heard.kinds), known.get((family, label, *place)))
        for label in plan.by_id(family)
    }
    return OfArea(len(heard.kinds), len(heard.silent), len(heard.not_asked), labels)
