"""Suggests the codes of frames, in passages as they come and in those that were there before."""

import logging
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Protocol

from sqlmodel import Session, col, select

from analysis.errors import ModelError
from analysis.findings import Findings, Label, Span
from analysis.frame_reader import FrameReader
from collector.database import Database
from collector.findings import record
from collector.findings.models import Statement
from collector.findings.review_items import READ_LANGUAGES
from collector.frameworks import coding_frames, plan, walks
from collector.frameworks.models import Frame, Walk
from collector.intake.models import Passage
from collector.leases import Claim
from forms.coding_frame import CodingFrame
from worker import readers

log = logging.getLogger(__name__)

# Passages read in one transaction of a walk.
BATCH = 16

Place = tuple[int, int, int]  # passage, start, end


class Reads(Protocol):
    model_version: str

    def labels_of(self, statements: Sequence[Span]) -> list[tuple[Label, ...]]: ...


@cache
def reader_for(frame: CodingFrame) -> Reads:
    """Loaded at the first need: who has no frame does not wait for it."""
    return FrameReader(frame.codes, readers.both_meanings(), plan.family_of(frame.slug))


def serving(database: Database, family: str) -> Reads:
    """The reader in use, with what was learned for the frame where that serves."""
    row = plan.held().readers.get(family)
    if row is None or row.how != "learned":
        return reader_for(plan.held().frames[family])
    if row.model not in learned:
        reader = readers.frame_in_use(database, family.removeprefix(plan.OF_FRAMES))
        if reader.model_version != row.model:
            return reader  # it could not be read, and another serves since
        learned[row.model] = reader
    return learned[row.model]


learned: dict[str, Reads] = {}  # by their versions


Suggested = dict[str, dict[Place, tuple[Label, ...]]]  # of a batch, by the model of each frame that read it


# -- Passages as they come ----------------------------------------------------------------------------


def suggest(database: Database, found: dict[int, Findings], texts: dict[int, str]) -> Suggested:
    """What the frames in use say of statements that were just read. Where there is no frame this costs one query."""
    plan.look(database)
    suggested: Suggested = {}
    for family, row in plan.held().readers.items():
        reader = loaded(database, row.frame_id, family)
        if reader and reader.model_version == row.model:
            places = list(statements_in(found))
            spans = [Span(start, end, texts[id][start:end]) for id, start, end in places]
            suggested[row.model] = dict(zip(places, reader.labels_of(spans), strict=True))
    if suggested:
        readers.both_meanings().forget()
    return suggested


def loaded(database: Database, frame_id: int, family: str) -> Reads | None:
    """None where it cannot be loaded: the plan's model reads on, and the walk of the frame tells staff."""
    try:
        return serving(database, family)
    except ModelError as problem:
        log.error("frame %s is not read: %s", frame_id, problem)
        return None


def statements_in(found: dict[int, Findings]) -> Iterator[Place]:
    for id, one in found.items():
        if one.language in READ_LANGUAGES:
            yield from ((id, statement.start, statement.end) for statement in one.statements)


def keep(session: Session, suggested: Suggested, passage_ids: Sequence[int]) -> None:
    """Keep it, with the passages held. What the reader in use of a frame has not read is left to a walk."""
    for model, labels in suggested.items():
        record.record_beside(session, labels, model=model)
    for row in plan.held().readers.values():
        if row.model not in suggested:
            coding_frames.read_again(session, row.frame_id, since=min(passage_ids))


# -- Those that were there before ---------------------------------------------------------------------


def read_some(database: Database, claim: Claim) -> bool:
    """Read the next passages of a walk; False when there were none, or the walk is somebody else's now."""
    with database.reading() as session:
        walk = session.get_one(Walk, claim.id)
        frame = session.get_one(Frame, walk.frame_id)
        texts = next_texts(session, walk.place)
        places = list(cuts_of(session, list(texts)))
    if frame.retired_at is not None or not texts:
        with database.writing() as session:
            walks.finish(session, claim)
            session.commit()
        return False
    reader, afresh = in_use(database, frame)
    if afresh and walk.place:  # what another version has found counts no longer: all is read again
        return begun_again(database, claim)
    spans = [Span(start, end, texts[id][start:end]) for id, start, end in places]
    labels = dict(zip(places, reader.labels_of(spans), strict=True))
    readers.both_meanings().forget()
    with database.writing() as session:
        if not walks.advance(session, claim, place=max(texts), more=len(texts)):
            return False
        record.record_beside(session, labels, model=reader.model_version)
        session.commit()
    return True


def in_use(database: Database, frame: Frame) -> tuple[Reads, bool]:
    """The reader of the frame, put to use where it is not yet; and whether it takes the place of another version."""
    plan.look(database)
    family = plan.family_of(frame.slug)
    reader, held = serving(database, family), plan.held().readers.get(family)
    # Where one that was learned could not be read, what came before is in use again already.
    if held and (held.how == "learned" or held.model == reader.model_version):
        return reader, False
    examples = CodingFrame.model_validate(frame.content).examples
    how = "few-shot" if examples else "zero-shot"
    with database.writing() as session:
        coding_frames.use(session, frame.id, model=reader.model_version, how=how, examples=examples)
        session.commit()
    return reader, held is not None


def begun_again(database: Database, claim: Claim) -> bool:
    with database.writing() as session:
        ours = walks.leases.change(session, claim, place=0, done=0, total=record.number_readable(session))
        session.commit()
    return ours


def next_texts(session: Session, place: int) -> dict[int, str]:
    chosen = select(Passage.id, Passage.text).where(col(Passage.id) > place, *record.readable())
    return dict(session.exec(chosen.order_by(col(Passage.id)).limit(BATCH)).all())


def cuts_of(session: Session, passage_ids: Sequence[int]) -> Iterator[Place]:
    """The statements of these passages as the model that last read them has cut them."""
    chosen = (
        select(Statement.passage_id, Statement.start, Statement.end)
        .join(Passage, col(Passage.id) == Statement.passage_id)
        .where(col(Statement.passage_id).in_(passage_ids), Statement.model == Passage.analysed_by)
        .order_by(col(Statement.passage_id), col(Statement.start))
    )
    return (tuple(row) for row in session.exec(chosen))
