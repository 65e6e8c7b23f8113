"""What reads: as it came with the service, or with the light layer that serves laid over it.

Which one serves stands in the database, and is looked up at the start of each task: workers that run follow a change
without being started again.
"""

import json
import logging
from collections.abc import Sequence
from functools import cache
from typing import Any, Protocol

import numpy as np
from sqlmodel import Session

from analysis import light_layer, meanings
from analysis.errors import ModelError
from analysis.findings import Span
from analysis.frame_reader import FrameReader
from analysis.labels import BARRIER
from analysis.light_layer import Beneath, LightLayer, Pair, Seen
from analysis.meanings import Meaning, Meanings
from analysis.passages import Passage as Text
from analysis.pipeline import Pipeline
from collector.database import Database
from collector.findings import readers
from collector.frameworks import plan
from collector.review.teaching import Lesson

log = logging.getLogger(__name__)

DAMAGED = "It is damaged, or was learned over another model, and cannot be read"


class Learner(Protocol):
    """What a layer is laid over, and how it sees statements."""

    reads: str
    kind: str
    beneath: Beneath
    meanings_version: str

    def seen(self, lessons: Sequence[Lesson]) -> list[dict[tuple[int, int], Seen]]: ...

    def said(self, odds: np.ndarray) -> list[set[Pair]]: ...


class OfPlan:
    """The shipped pipeline, with the published encoder for what statements mean: its own has its say already."""

    reads, kind = plan.SLUG, "shipped"

    def __init__(self, shipped: Pipeline) -> None:
        self.shipped = shipped
        self.beneath = shipped.beneath
        self.meanings = published_meanings()
        self.meanings_version = self.meanings.version
        self._themes = np.array([family == "barrier_themes" for family, _ in self.beneath.labels])
        self._barrier = self.beneath.labels.index(BARRIER)

    def seen(self, lessons: Sequence[Lesson]) -> list[dict[tuple[int, int], Seen]]:
        """Of each passage, what is seen of its statements by their places, as the model cuts them."""
        passages = [Text(str(one.passage_id), one.text, one.question) for one in lessons]
        return [{(one.start, one.end): one for one in some} for some in self.shipped.seen(passages, self.meanings)]

    def said(self, odds: np.ndarray) -> list[set[Pair]]:
        """The labels that hold; barrier themes only where a barrier is told of, as `LabelReader.holding` has it."""
        holds = odds >= self.beneath.thresholds
        holds &= ~self._themes | holds[:, [self._barrier]]
        return named(self.beneath.labels, holds)


class OfFrame:
    """The reader of a frame in use, which sees the statements as people cut them."""

    def __init__(self, slug: str) -> None:
        self.reads, family = slug, plan.family_of(slug)
        self.beneath = self.reader = FrameReader(plan.held().frames[family].codes, both_meanings(), family)
        self.kind = self.reader.version.rpartition("-")[0]
        self.meanings_version = self.reader.meanings.version

    def seen(self, lessons: Sequence[Lesson]) -> list[dict[tuple[int, int], Seen]]:
        return [{(one.start, one.end): one for one in self.reader.seen(spans_of(lesson))} for lesson in lessons]

    def said(self, odds: np.ndarray) -> list[set[Pair]]:
        return named(self.beneath.labels, odds >= self.beneath.thresholds)


def named(labels: Sequence[Pair], holds: np.ndarray) -> list[set[Pair]]:
    return [{labels[column] for column in np.flatnonzero(row).tolist()} for row in holds]


def spans_of(lesson: Lesson) -> list[Span]:
    return [Span(one.start, one.end, lesson.text[one.start : one.end]) for one in lesson.told]


@cache
def published_meanings() -> Meanings:
    return meanings.load(published_alone=True)


@cache
def both_meanings() -> "Remembering":
    return Remembering(meanings.load())


class Remembering:
    """The meanings of a batch, worked out once for all frames that read it."""

    def __init__(self, meanings: Meanings) -> None:
        self._meanings = meanings
        self._known: dict[str, Meaning] = {}

    def of(self, text: str) -> Meaning:
        if text not in self._known:
            self._known[text] = self._meanings.of(text)
        return self._known[text]

    def forget(self) -> None:
        self._known.clear()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._meanings, name)


# -- Which serves -------------------------------------------------------------------------------------


def register(database: Database, *, reads: str, version: str, kind: str) -> None:
    """Make known what came with the service, where that is not known yet."""
    with database.reading() as session:
        known = readers.is_registered(session, reads=reads, version=version)
    if not known:
        with database.writing() as session:
            readers.register(session, reads=reads, version=version, kind=kind)
            session.commit()


def in_use(database: Database, shipped: Pipeline) -> Pipeline:
    """The pipeline that serves: the shipped one, with what was learned laid over it where that serves."""
    with database.reading() as session:
        version = readers.champion(session, plan.SLUG)
    if version is None or version == shipped.model_version:
        return shipped
    if version not in laid:
        learner = OfPlan(shipped)
        layer = layer_of(database, version, learner)
        if layer is None:
            return shipped
        laid.clear()  # one at a time: the one before is not needed any more
        laid[version] = shipped.with_light(layer, learner.meanings)
    return laid[version]


laid: dict[str, Pipeline] = {}


def frame_in_use(database: Database, slug: str) -> FrameReader:
    """The reader of a frame that serves. To be called where no session is open."""
    learner = OfFrame(slug)
    with database.reading() as session:
        version = readers.champion(session, slug)
    if version in (None, learner.beneath.version):
        return learner.reader
    layer = layer_of(database, version, learner)
    return learner.reader.with_light(layer) if layer else learner.reader


def layer_of(database: Database, version: str, learner: Learner) -> LightLayer | None:
    """The layer that serves. One that cannot be read is refused, so that the page says so, and what is beneath serves
    in its place."""
    with database.reading() as session:
        layer = read_layer(session, version, learner)
    if layer is None:
        log.error("reader %s is refused: it is damaged or lies over another model", version)
        make_known(database, learner)
        with database.writing() as session:
            readers.refuse(session, version, beneath=learner.beneath.version, reason=DAMAGED)
            session.commit()
    return layer


def make_known(database: Database, learner: Learner) -> None:
    register(database, reads=learner.reads, version=learner.beneath.version, kind=learner.kind)


def read_layer(session: Session, version: str, learner: Learner) -> LightLayer | None:
    """None where there is none, or it is damaged, or was learned over anything else."""
    kept = readers.weights(session, version)
    if kept is None:
        return None
    card, weights = kept
    try:
        layer = light_layer.read(weights, json.dumps(card), learner.beneath, learner.meanings_version)
    except ModelError:
        return None
    return layer if layer.version == version else None
