"""What the worker does. A task is a sentence; knowledge lives in the rooms."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import cache, partial
from tempfile import TemporaryFile
from typing import IO, Any

from sqlalchemy import ColumnElement
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col, select

from analysis import commitments
from analysis.errors import ModelError
from analysis.passages import Passage as Text
from analysis.pipeline import Pipeline, load
from collector import tables  # noqa: F401  every table must be known before the first query
from collector.database import Busy, Database
from collector.findings import rereadings
from collector.findings.record import record
from collector.frameworks import plan, walks
from collector.intake import (
    documents,
    drafts,
    import_steps,
    imports,
    item_rows,
    jobs,
    links,
    own_links,
    previews,
    uploads,
)
from collector.intake.models import Passage, Source
from collector.leases import Claim
from collector.mail import delivery, outbox
from collector.profiles import kept, report_letters, report_replies, report_runs, reports, statistic_editions
from collector.queue import (
    AGAIN_TASK,
    AGREEMENT_TASK,
    FIGURES_TASK,
    IMPORT_TASK,
    LEARN_TASK,
    MAIL_TASK,
    MOST_AT_ONCE,
    PROFILES_TASK,
    REPORT_TASK,
    SUMMARY_TASK,
    TASK,
    THEMES_TASK,
    WALK_TASK,
    Queue,
)
from collector.review import agreement_runs, heard, outside, trainings
from worker import framing, leased, parsing, readers
from worker.app import app, settings

log = logging.getLogger(__name__)

# A batch is kept in one transaction: so many passages, or characters where passages are long, about a second's work.
BATCH = 16
BATCH_CHARACTERS = 6_000
# Seconds after which a task puts back what is left, so that others have their turn.
TURN = 20
# And where all that is left was read before.
TURN_AGAIN = 2


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
        shipped = pipeline()
    except ModelError as problem:
        log.error("no text is read: %s", problem)
        return
    try:
        readers.register(database(), reads=plan.SLUG, version=shipped.model_version, kind=readers.OfPlan.kind)
    except (SQLAlchemyError, Busy) as problem:
        log.error("which reader came with the service is told later: %s", type(problem).__name__)


@app.task(name=TASK)
def analyse(job_ids: list[int]) -> None:
    """Read what these jobs are about. An id more or less is no matter: each job is claimed before it is worked on."""
    model = reader(job_ids)
    if model is None:
        return
    until = time.monotonic() + TURN
    for number, job_id in enumerate(job_ids):
        if time.monotonic() > until:
            queue().send(job_ids[number:])
            return
        leased.work_on(database(), jobs.leases, job_id, partial(read, model=model, until=until))


@app.task(name=AGAIN_TASK)
def read_again(job_ids: list[int]) -> None:
    """Read anew what another model has read, as long as nothing else waits; what is left is called again."""
    model = reader(job_ids)
    for job_id in job_ids if model else ():
        if somebody_waits():
            return
        until = time.monotonic() + TURN_AGAIN
        leased.work_on(database(), jobs.leases, job_id, partial(read, model=model, until=until))


def reader(job_ids: list[int]) -> Pipeline | None:
    """What serves now; none where it cannot be loaded or looked up, and the jobs wait."""
    try:
        return readers.in_use(database(), pipeline())
    except ModelError as problem:
        log.error("jobs %s wait: %s", job_ids, problem)
    except (SQLAlchemyError, Busy) as problem:
        log.error("jobs %s wait for the database: %s", job_ids, type(problem).__name__)
    return None


def somebody_waits() -> bool:
    with database().reading() as session:
        return session.exec(jobs.unread().limit(1)).first() is not None


def read(claim: Claim, model: Pipeline, until: float) -> None:
    """Read a source's passages, batch by batch, keep what is found, and mark the job done or put back what is left."""
    with database().reading() as session:
        job = jobs.leases.row(session, claim)
        source_id, again = job.source_id, job.again
    if not take_apart(claim, source_id):
        return
    read_dates(source_id)
    dated, texts = texts_of(source_id, model.model_version)
    done = total_of(source_id) - len(texts)
    for number, batch in enumerate(batches(texts)):
        # Each turn reads something, however late it began, or a slow machine would hand one job round for ever.
        if number and time.monotonic() > until:
            leased.put_back(database(), jobs.leases, claim)
            queue().send([claim.id], AGAIN_TASK if again else TASK)
            return
        findings = {int(found.id): found for found in model.analyse(batch)}
        beside = framing.suggest(database(), findings, {int(one.id): one.text for one in batch})
        done += len(batch)
        with database().writing() as session:
            if not jobs.leases.renew(session, claim, done=done):
                return  # the lease ran out and somebody else has the job
            if not documents.holds_still(session, source_id, dated):
                raise leased.Again  # the document was given another date meanwhile
            record(session, findings, blind_share=settings.blind_share, read_as_of=dated)
            framing.keep(session, beside, list(findings))
            if again:
                rereadings.count(session, len(batch))
            session.commit()
    with database().writing() as session:
        jobs.finish(session, claim)
        session.commit()


def read_dates(source_id: int) -> None:
    """The days that “by when” stands for, of all that was listed one by one."""
    with database().reading() as session:
        undated = item_rows.undated(session, source_id)
    for item in undated:
        first, last = commitments.days_of(item.due, item.said_on)
        # One at a time: a correction takes all rows of a submission, in an order of its own.
        with database().writing() as session:
            item_rows.date_item(session, item, first, last)
            session.commit()


def take_apart(claim: Claim, source_id: int) -> bool:
    """Make the passages of a file that was sent, where they are not made yet; False where it comes to nothing."""
    with TemporaryFile() as content:
        kind = fetched(source_id, content)
        if not kind:
            return True
        try:
            found = parsing.read_apart(content, kind)
        except parsing.Unreadable as problem:
            set_aside(claim, source_id, str(problem))
            return False
    return keep_passages(claim, source_id, found)


def fetched(source_id: int, into: IO[bytes]) -> str:
    """The kind of the file that is to be taken apart, and the file; nothing where there is none."""
    with database().reading() as session:
        upload = uploads.to_take_apart(session, source_id)
        if upload is None:
            return ""
        into.writelines(uploads.content_of(session, upload.id))
        into.flush()
        return upload.kind


def keep_passages(claim: Claim, source_id: int, found: parsing.Reading) -> bool:
    with database().writing() as session:
        if not jobs.leases.renew(session, claim, done=0):
            return False  # the lease ran out and somebody else has the job
        texts, places = [one.text for one in found.passages], [one.place for one in found.passages]
        uploads.keep_passages(session, source_id, texts, places, unread=unread_words(found))
        session.commit()
    return True


def unread_words(found: parsing.Reading) -> str:
    pages = [str(one.number) for one in found.bad]
    return f"Not read, because damaged: page {', '.join(pages)}" if pages else ""


def set_aside(claim: Claim, source_id: int, reason: str) -> None:
    with database().writing() as session:
        if jobs.leases.set_aside(session, claim, reason=reason):
            uploads.refuse(session, source_id, reason=reason)
            session.commit()


def texts_of(source_id: int, model_version: str) -> tuple[date | None, list[Text]]:
    """The own date of a document, and the passages that this model has not read yet, or with another date; a job that
    was cut short goes on where it was."""
    chosen = select(Passage).where(*standing_in(source_id)).order_by(col(Passage.position))
    with database().reading() as session:
        source = session.get_one(Source, source_id)
        # "Within 18 months" counts from the day it was said; "we" is the organisation that says it.
        said_on, said_by = documents.said_on(source), "respondent" if source.organisation_id else ""
        dated = documents.date_of(source)
        return dated, [
            Text(str(passage.id), passage.text, passage.question, said_on, said_by, passage.place)
            for passage in session.exec(chosen)
            if (passage.analysed_by, passage.read_as_of) != (model_version, dated)
        ]


def total_of(source_id: int) -> int:
    with database().reading() as session:
        return len(session.exec(select(Passage.id).where(*standing_in(source_id))).all())


def standing_in(source_id: int) -> tuple[ColumnElement[bool], ...]:
    """The passages of a source, without those whose answer was changed since."""
    return (col(Passage.source_id) == source_id, col(Passage.retired_at).is_(None))


def batches(texts: Sequence[Text]) -> Iterator[list[Text]]:
    batch: list[Text] = []
    for text in texts:
        if batch and (len(batch) == BATCH or sum(len(one.text) for one in [*batch, text]) > BATCH_CHARACTERS):
            yield batch
            batch = []
        batch.append(text)
    if batch:
        yield batch


def sweep() -> None:
    """Bring back what fell silent, wake again what waits, and let go of what has had its day: each by itself.

    In one transaction it would hold rows of one kind while it waits for those of another.
    """
    for task, look in SWEPT:
        ids = swept(look)
        for start in range(0, len(ids), MOST_AT_ONCE):
            queue().send(ids[start : start + MOST_AT_ONCE], task)
    for forget in FORGETTING:
        swept(forget)
    forget_mail_files()
    database().empty_log()


SWEPT = (
    (TASK, jobs.sweep),
    (MAIL_TASK, outbox.sweep),
    (IMPORT_TASK, import_steps.leases.sweep),
    (AGREEMENT_TASK, agreement_runs.sweep),
    (WALK_TASK, walks.leases.sweep),
    (AGAIN_TASK, rereadings.sweep),
    (LEARN_TASK, trainings.leases.sweep),
    (THEMES_TASK, outside.leases.sweep),
    (FIGURES_TASK, statistic_editions.leases.sweep),
    (SUMMARY_TASK, heard.leases.sweep),
    (REPORT_TASK, reports.leases.sweep),
)
FORGETTING = (
    drafts.forget_expired,
    links.forget_old,
    own_links.forget_expired,
    report_letters.forget_expired,
    previews.forget_expired,
    imports.forget_abandoned,
    statistic_editions.forget_abandoned,
)


def forget_mail_files() -> None:
    """Words that are gone from a mail's row, after some days or because they were withdrawn, go from its file too."""

    def worded(mail_ids: list[int]) -> set[int]:
        with database().reading() as session:
            return outbox.worded(session, mail_ids)

    delivery.let_go(settings.outbox, worded)


def ask_where_due() -> None:
    """Have readers learn for which it is time."""
    ids = swept(partial(trainings.ask_where_due, every=settings.learn_every))
    if ids:
        queue().send(ids, LEARN_TASK)


def wake_for_profiles() -> None:
    """Have profiles rebuilt where something changed. Where nothing did, nothing is written."""
    with database().reading() as session:
        due = kept.anything_to_do(session)
    if due and (ids := swept(kept.sweep)):
        queue().send(ids, PROFILES_TASK)


def begin_due_reports() -> None:
    """Begin the runs of reports whose day has come, and have those go out whose hold is over."""
    ids = swept(report_runs.begin_due) + swept(report_replies.due)
    for start in range(0, len(ids), MOST_AT_ONCE):
        queue().send(ids[start : start + MOST_AT_ONCE], REPORT_TASK)


def swept(look: Callable[[Session], Any]) -> Any:
    with database().writing() as session:
        found = look(session)
        session.commit()
    return found
