"""Learns from what people decided, and lets what was learned serve where it is shown to be better.

A run gathers, reads, learns and compares from its beginning: the same decisions come to the same bytes, so one that was
cut short is begun again and nothing is lost. No connection is held while anything is read or learned. What others send
meanwhile goes before: between two batches it is read, and mails leave.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlmodel import Session, select

from analysis import comparison, light_layer
from analysis.comparison import Blind, Comparison
from analysis.light_layer import Decided, LightLayer, Pair, Seen
from collector.database import batches
from collector.findings import readers as versions
from collector.findings.learning_models import ReaderVersion
from collector.findings.readers import WordsGone
from collector.frameworks import plan
from collector.intake import import_steps, jobs
from collector.intake.models import Import
from collector.leases import Claim
from collector.mail import outbox
from collector.queue import LEARN_TASK, MOST_AT_ONCE
from collector.review import teaching, trainings
from collector.review.teaching import Lesson, Told
from worker import importing, leased, mailing, readers, tasks
from worker.app import app
from worker.leased import Again, Stopped
from worker.readers import Learner

log = logging.getLogger(__name__)

TIME_LIMIT = 3600  # seconds; what is learned from at most takes a few minutes
MOST_PASSAGES = 5_000  # the newest: with two statements each, two minutes of reading and half of one to learn
BATCH = 16

NOT_BETTER = "Whether it is better cannot be told from {passages} blind passages: the difference may be nothing"
TOO_FEW = "{passages} passages are decided blind. {fewest} are needed to tell whether it is better"
NOTHING_NEW = "Nothing was decided since that this one does not know"
TOO_LITTLE = "No label was accepted {fewest} times and rejected {fewest} times yet"


@app.task(name=LEARN_TASK, time_limit=TIME_LIMIT)
def learn(run_ids: list[int]) -> None:
    """Do these runs. An id more or less is no matter: each is claimed first."""
    for run_id in run_ids:
        leased.work_on(tasks.database(), trainings.leases, run_id, train)


def train(claim: Claim) -> None:
    plan.look(tasks.database())
    with tasks.database().reading() as session:
        run = trainings.leases.row(session, claim)
        reads, asked_by = run.reads, run.asked_by
    learner = learner_for(reads)
    if learner is None:
        end(claim, reads, outcome="too-little", reason="This framework is not in use")
        return
    readers.make_known(tasks.database(), learner)
    with tasks.database().reading() as session:
        until = teaching.last_decision(session)
        teach = teaching.passages(session, reads, at_most=MOST_PASSAGES)
        blind = teaching.blind_passages(session)
    progress = Progress(claim)
    progress.tell(stage="reading", done=0, total=len(teach) + len(blind), decisions_until=until)
    taught = list(seen_in(learner, teach, teaching.lessons, progress))
    progress.tell(stage="learning")
    layer = learned(learner, taught)
    if layer is None:
        end(claim, reads, outcome="too-little", reason=TOO_LITTLE.format(fewest=light_layer.FEWEST))
        return
    progress.tell(stage="comparing")
    judged = list(seen_in(learner, blind, teaching.blind_lessons, progress))
    made = row_of(learner, layer, statements=len(taught), made_by=asked_by)
    keep(claim, made, layer, against(learner, layer, judged))


def learner_for(reads: str) -> Learner | None:
    if reads == plan.SLUG:
        return readers.OfPlan(tasks.pipeline())
    return readers.OfFrame(reads) if plan.family_of(reads) in plan.held().frames else None


def end(claim: Claim, reads: str, **values: Any) -> None:
    with tasks.database().writing() as session:
        versions.let_go(session, reads)
        if not trainings.leases.finish(session, claim, **values):
            raise Stopped
        session.commit()


# -- Reading ------------------------------------------------------------------------------------------


@dataclass
class Progress:
    """How far a run is, told after each batch; Stopped where it is not to go on."""

    claim: Claim
    done: int = 0

    def tell(self, **progress: Any) -> None:
        with tasks.database().writing() as session:
            if not trainings.leases.renew(session, self.claim, **progress):
                raise Stopped
            session.commit()

    def add(self, passages: int) -> None:
        self.done += passages
        self.tell(done=self.done)


Lessons = Callable[[Session, str, Sequence[int]], list[Lesson]]


def seen_in(
    learner: Learner, passage_ids: Sequence[int], lessons: Lessons, progress: Progress
) -> Iterator[tuple[Told, Seen]]:
    """What people said of each statement, with what the reader sees in it.

    A statement that people cut otherwise than the reader would is passed over where the reader sees its own cuts alone.
    """
    for some in batches(passage_ids, BATCH):
        with tasks.database().reading() as session:
            found = lessons(session, learner.reads, some)
        for lesson, seen in zip(found, learner.seen(found), strict=True):
            pairs = ((told, seen.get((told.start, told.end))) for told in lesson.told)
            yield from ((told, one) for told, one in pairs if one is not None)
        progress.add(len(some))
        let_others_pass()


def let_others_pass() -> None:
    """Where there is one worker, it would keep everybody waiting for minutes."""
    waiting = (
        (tasks.analyse, jobs.unread()),
        (mailing.send_mail, outbox.ready()),
        (importing.import_rows, select(Import.id).where(*import_steps.leases.is_waiting())),
    )
    for work, chosen in waiting:
        with tasks.database().reading() as session:
            ids = list(session.exec(chosen.limit(MOST_AT_ONCE)))
        if ids:
            work(ids)


# -- Learning -----------------------------------------------------------------------------------------


def learned(learner: Learner, taught: Sequence[tuple[Told, Seen]]) -> LightLayer | None:
    """The layer; none where too little was decided to learn anything from."""
    decided = [
        Decided(str(told.passage_id), seen.vector, seen.log_odds, told.yes, denied(told, learner))
        for told, seen in taught
    ]
    try:
        return light_layer.fit(learner.beneath, learner.meanings_version, decided)
    except ValueError:
        return None


def denied(told: Told, learner: Learner) -> frozenset[Pair]:
    """The labels that a statement has not, as far as people told: nobody leaves out what cannot be chosen."""
    if not told.whole:
        return told.no
    offered = (
        told.offered if told.offered is not None else {pair for pair in learner.beneath.labels if plan.known(*pair)}
    )
    return frozenset(learner.beneath.labels) & offered - told.yes - told.unknown - alike(told.yes | told.unknown)


def alike(labels: frozenset[Pair]) -> frozenset[Pair]:
    """All labels that mean now what one of these does: who gave one of several that were merged denied none of them."""
    return frozenset(pair for label in labels for code in plan.meant(*label).into for pair in plan.meaning(*code))


# -- Comparing ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Result:
    """How a candidate compares with what serves: nothing where nobody decided blind."""

    against: str
    comparison: Comparison | None = None

    @property
    def outcome(self) -> str:
        if self.comparison is None or self.comparison.passages < comparison.FEWEST_PASSAGES:
            return "too-few-blind"
        return "served" if self.comparison.better else "refused"

    @property
    def reason(self) -> str:
        passages = self.comparison.passages if self.comparison else 0
        why = {"too-few-blind": TOO_FEW, "refused": NOT_BETTER}.get(self.outcome, "")
        return why.format(passages=passages, fewest=comparison.FEWEST_PASSAGES)

    def as_record(self) -> dict[str, Any] | None:
        return {**self.comparison.as_record(), "against": self.against} if self.comparison else None


def against(learner: Learner, layer: LightLayer, judged: Sequence[tuple[Told, Seen]]) -> Result:
    """Both judged by what people said blind of passages that neither has learned from."""
    with tasks.database().reading() as session:
        rival = versions.rival(session, learner.reads) or learner.beneath.version
        champion = readers.read_layer(session, rival, learner)
    known = layer.passages | (champion.passages if champion else frozenset())
    unseen = [(told, seen) for told, seen in judged if str(told.passage_id) not in known]
    if not unseen:
        return Result(rival)
    blind = [Blind(str(told.passage_id), told.yes, denied(told, learner)) for told, _ in unseen]
    seen = [one for _, one in unseen]
    said = (said_by(learner, one, seen) for one in (champion, layer))
    return Result(rival, comparison.compare(*said, blind, known))


def said_by(learner: Learner, layer: LightLayer | None, seen: Sequence[Seen]) -> list[set[Pair]]:
    odds, vectors = (np.array([getattr(one, name) for one in seen]) for name in ("log_odds", "vector"))
    return learner.said(layer.score(odds, vectors) if layer else odds)


def row_of(learner: Learner, layer: LightLayer, *, statements: int, made_by: int | None) -> ReaderVersion:
    return ReaderVersion(
        version=layer.version,
        reads=learner.reads,
        kind=versions.LEARNED,
        beneath=learner.beneath.version,
        state="challenger",
        card=layer.card,
        decisions=sum(one["yes"] + one["no"] for one in layer.card["learned"]),
        statements=statements,
        passages=len(layer.passages),
        labels=len(layer.columns),
        made_by=made_by,
    )


def keep(claim: Claim, row: ReaderVersion, layer: LightLayer, result: Result) -> None:
    """Keep what was learned and what came of the comparison, together with the end of the run."""
    weights, _ = layer.kept()
    with tasks.database().writing() as session:
        try:
            kept = versions.keep(session, row, weights)
        except WordsGone as problem:  # meanwhile: it is begun again without them
            raise Again from problem
        known = kept.state in ("champion", "retired")
        if not known:
            versions.judge(session, kept.version, result.as_record(), outcome=result.outcome, reason=result.reason)
        versions.let_go(session, kept.reads)
        outcome, reason = ("nothing-new", NOTHING_NEW) if known else (result.outcome, result.reason)
        if not trainings.leases.finish(session, claim, outcome=outcome, reason=reason, version=layer.version):
            raise Stopped
        session.commit()
