"""Compares people with people and with the models on what was coded blind, and keeps the figures."""

import logging
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from analysis import agreement
from analysis.agreement import Comparison, Unit
from collector.database import Busy, is_away
from collector.queue import AGREEMENT_TASK
from collector.review import agreement_coded, agreement_runs
from collector.review.agreement_coded import Coded
from collector.review.agreement_runs import Claim
from worker import tasks
from worker.app import app

log = logging.getLogger(__name__)

TIME_LIMIT = 300  # seconds; 30,000 statements take a tenth of it
MEASURES = ("people_alpha", "people_f1", "model_alpha", "model_precision", "model_recall", "model_f1", "difference")
COUNTS = ("passages", "units", "positives", "double_coded", "double_coded_positives")


@app.task(name=AGREEMENT_TASK, time_limit=TIME_LIMIT)
def measure_agreement(run_ids: list[int]) -> None:
    """Do these measurings. An id more or less is no matter: each is claimed first."""
    for run_id in run_ids:
        work_on(run_id)


def work_on(run_id: int) -> None:
    with tasks.database().writing() as session:
        claim = agreement_runs.claim(session, run_id)
        session.commit()
    if claim is None:
        return
    try:
        with tasks.held(partial(agreement_runs.renew, claim=claim)):
            compare(claim)
    except Exception as problem:
        # The kind of trouble only: a message may carry words that somebody wrote.
        kind = type(problem).__name__
        log.error("measuring %s failed at attempt %s: %s", run_id, claim.attempt, kind)
        give_back(claim, agreement_runs.put_back if is_away(problem) else agreement_runs.fail)


def compare(claim: Claim) -> None:
    with tasks.database().reading() as session:
        coverage = agreement_coded.coverage(session)
        models = agreement_coded.models_in_use(session)
        coded = list(agreement_coded.all_coded(session))
    # With nothing coded, or nothing read, there is nothing to tell of a model.
    figures = [row for model in models for row in figures_of(coded, model)] if coded else []
    with tasks.database().writing() as session:
        agreement_runs.finish(session, claim, figures, coverage)
        session.commit()


def give_back(claim: Claim, way: Callable[[Session, Claim], None]) -> None:
    try:
        with tasks.database().writing() as session:
            way(session, claim)
            session.commit()
    except (SQLAlchemyError, Busy) as problem:
        log.error("measuring %s waits for its lease to run out: %s", claim.run_id, type(problem).__name__)


def figures_of(coded: Sequence[Coded], model: str) -> Iterator[dict[str, Any]]:
    """A row for all labels together, each family and each label, as people and this model compare on it.

    A label is compared on the statements whose coders could choose it. A family, and all together, are compared on all:
    what could not be chosen was given by nobody there, the model neither.
    """
    whole = agreement.measure([unit_of(one, model) for one in coded])
    everywhere = frozenset.intersection(*(one.offered for one in coded))
    yield row_of(whole.overall, model)
    for one in (*whole.families, *(one for one in whole.labels if (one.family, one.label) in everywhere)):
        yield row_of(one, model)
    for one in partly_offered(coded, model, everywhere):
        yield row_of(one, model)


def partly_offered(coded: Sequence[Coded], model: str, everywhere: frozenset) -> Iterator[Comparison]:
    """Labels that came to the codebook later, or went from it: those of the same statements are measured together."""
    sets = {one.offered for one in coded}
    together: dict[frozenset, list[agreement.Label]] = {}
    for label in sorted(frozenset.union(*sets) - everywhere):
        together.setdefault(frozenset(one for one in sets if label in one), []).append(label)
    for where, labels in together.items():
        measured = agreement.measure([unit_of(one, model) for one in coded if one.offered in where])
        yield from (one for one in measured.labels if (one.family, one.label) in labels)


def unit_of(coded: Coded, model: str) -> Unit:
    people = {str(staff_id): given for staff_id, given in coded.people.items()}
    return Unit(str(coded.statement_id), str(coded.passage_id), people, coded.models.get(model))


def row_of(comparison: Comparison, model: str) -> dict[str, Any]:
    figures = {name: getattr(comparison, name) for name in MEASURES}
    return {
        "model": model,
        "family": comparison.family or "",
        "label": comparison.label or "",
        **{name: getattr(comparison, name) for name in COUNTS},
        "figures": {name: [one.value, one.low, one.high] for name, one in figures.items()},
        "verdict": agreement.verdict(comparison),
    }
