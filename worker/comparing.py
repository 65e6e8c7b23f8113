"""Compares people with people and with the models on what was coded blind, and keeps the figures."""

from collections.abc import Iterator, Sequence
from typing import Any

from analysis import agreement
from analysis.agreement import Comparison, Unit
from collector.findings import estimates
from collector.leases import Claim
from collector.queue import AGREEMENT_TASK
from collector.review import agreement_coded, agreement_runs
from collector.review.agreement_coded import Coded
from worker import estimating, leased, tasks
from worker.app import app

TIME_LIMIT = 300  # seconds; 30,000 statements take a tenth of it
MEASURES = ("people_alpha", "people_f1", "model_alpha", "model_precision", "model_recall", "model_f1", "difference")
COUNTS = ("passages", "units", "positives", "double_coded", "double_coded_positives")


@app.task(name=AGREEMENT_TASK, time_limit=TIME_LIMIT)
def measure_agreement(run_ids: list[int]) -> None:
    """Do these measurings. An id more or less is no matter: each is claimed first."""
    for run_id in run_ids:
        leased.work_on(tasks.database(), agreement_runs.leases, run_id, compare)


def compare(claim: Claim) -> None:
    with tasks.database().reading() as session:
        coverage = agreement_coded.coverage(session)
        models = agreement_coded.models_in_use(session)
        coded = list(agreement_coded.all_coded(session))
        counted = estimating.estimated(session)
    # With nothing coded, or nothing read, there is nothing to tell of a model.
    figures = [row for model in models for row in figures_of(coded, model)] if coded else []
    with tasks.database().writing() as session:
        if agreement_runs.finish(session, claim, figures, coverage):
            estimates.replace(session, counted)
        session.commit()


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
