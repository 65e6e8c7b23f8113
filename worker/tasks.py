"""What the worker does. A task is a sentence; knowledge lives in the rooms."""

import logging
from collections.abc import Iterator, Sequence
from functools import cache

from sqlmodel import col, select

from analysis.errors import ModelError
from analysis.passages import Passage as Text
from analysis.pipeline import Pipeline, load
from collector import tables  # noqa: F401  every table must be known before the first query
from collector.database import Database
from collector.findings.record import record
from collector.intake import jobs
from collector.intake.jobs import Claim
from collector.intake.models import Passage
from collector.queue import MOST_AT_ONCE, TASK, Queue
from worker.app import app, settings
from worker.schedule import SWEEP

log = logging.getLogger(__name__)

# Passages between two renewals of the lease; at the slowest a few seconds' work.
BATCH = 16


@cache
def database() -> Database:
    return Database(settings.database_url)


@cache
def queue() -> Queue:
    return Queue(settings.redis_url)


@cache
def pipeline() -> Pipeline:
    return load()


def prepare() -> None:
    """Load the models ahead of the first task. Where that fails, jobs wait until it is mended."""
    try:
        pipeline()
    except ModelError as problem:
        log.error("no text is read: %s", problem)


@app.task(name=TASK)
def analyse(job_ids: list[int]) -> None:
    """Read what these jobs are about. An id more or less is no matter: each job is claimed before it is worked on."""
    try:
        model = pipeline()
    except ModelError as problem:
        log.error("jobs %s wait: %s", job_ids, problem)
        return
    for job_id in job_ids:
        work_on(job_id, model)


def work_on(job_id: int, model: Pipeline) -> None:
    """Read a source's passages, batch by batch, keep what is found, and mark the job done."""
    claim = claimed(job_id)
    if claim is None:
        return
    try:
        read(claim, model)
    except Exception as problem:
        # The kind of trouble only: a message may carry words that somebody wrote.
        log.error("job %s failed at attempt %s: %s", job_id, claim.attempt, type(problem).__name__)
        give_back(claim, f"The reading failed ({type(problem).__name__})")


def claimed(job_id: int) -> Claim | None:
    with database().writing() as session:
        claim = jobs.claim(session, job_id)
        session.commit()
    return claim


def read(claim: Claim, model: Pipeline) -> None:
    texts = texts_of(claim.source_id, model.model_version)
    done = total_of(claim.source_id) - len(texts)
    for batch in batches(texts):
        findings = {int(found.id): found for found in model.analyse(batch)}
        done += len(batch)
        with database().writing() as session:
            if not jobs.advance(session, claim, done=done):
                return  # the lease ran out and somebody else has the job
            record(session, findings)
            session.commit()
    with database().writing() as session:
        jobs.finish(session, claim)
        session.commit()


def texts_of(source_id: int, model_version: str) -> list[Text]:
    """The passages that this model has not read yet; a job that was cut short goes on where it was."""
    chosen = select(Passage).where(Passage.source_id == source_id).order_by(col(Passage.position))
    with database().reading() as session:
        return [
            Text(id=str(passage.id), text=passage.text, question=passage.question)
            for passage in session.exec(chosen)
            if passage.analysed_by != model_version
        ]


def total_of(source_id: int) -> int:
    with database().reading() as session:
        return len(session.exec(select(Passage.id).where(Passage.source_id == source_id)).all())


def batches(texts: Sequence[Text]) -> Iterator[Sequence[Text]]:
    return (texts[start : start + BATCH] for start in range(0, len(texts), BATCH))


def give_back(claim: Claim, reason: str) -> None:
    with database().writing() as session:
        jobs.fail(session, claim, reason=reason)
        session.commit()


@app.task(name=SWEEP)
def sweep() -> None:
    """Bring back what fell silent, and wake again what waits."""
    with database().writing() as session:
        ids = jobs.sweep(session)
        session.commit()
    for start in range(0, len(ids), MOST_AT_ONCE):
        queue().send(ids[start : start + MOST_AT_ONCE])
