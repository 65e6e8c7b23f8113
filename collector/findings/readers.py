"""What reads statements: as it was shipped, or with what was learned laid over it. One version at a time serves."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import func, update
from sqlalchemy.orm import defer
from sqlmodel import Session, col, delete, select

from collector.database import batches, insert_all, insert_once, now, one_at_a_time
from collector.findings import record, rereadings
from collector.findings.learning_models import ReaderChange, ReaderVersion, ReaderWeights, TaughtPassage
from collector.frameworks import coding_frames, plan, walks
from collector.frameworks.models import Frame
from collector.intake.models import Passage
from forms.coding_frame import CodingFrame

LOCK = "readers"
LEARNED = "light"
MOST_LISTED = 100


class CannotServe(ValueError):
    """Why a version cannot serve, in words for the person who asked."""


class WordsGone(Exception):
    """Words that were learned from were taken out meanwhile."""


def champion(session: Session, reads: str) -> str | None:
    """The version that serves; none before a worker has ever told which came with the service."""
    serving = select(ReaderVersion.version).where(ReaderVersion.reads == reads, ReaderVersion.state == "champion")
    return session.exec(serving).first()


def register(session: Session, *, reads: str, version: str, kind: str) -> None:
    """Make known what came with the service. It serves where nothing does, or where what does lies on another.

    To be called with nothing held; the caller commits.
    """
    if is_registered(session, reads=reads, version=version):
        return
    begin(session, reads)
    row = {"version": version, "reads": reads, "kind": kind, "state": "retired"}
    insert_once(session, ReaderVersion, [{**EMPTY, **row, "made_at": now()}], ["version"])
    lies_on = func.coalesce(ReaderVersion.beneath, ReaderVersion.version) == version
    session.exec(update(ReaderVersion).where(col(ReaderVersion.reads) == reads).values(usable=lies_on))
    serving = champion(session, reads)
    if serving is None or not session.get_one(ReaderVersion, serving, populate_existing=True).usable:
        change(session, version, why="shipped", staff_id=None)


EMPTY = {"reason": "", "usable": True, "card": {}, "decisions": 0, "statements": 0, "passages": 0, "labels": 0}


def begin(session: Session, reads: str) -> None:
    """One at a time. What a frame is read by is part of what statements are settled by, whose lock comes first."""
    if reads != plan.SLUG:
        one_at_a_time(session, plan.LOCK)
    one_at_a_time(session, LOCK)


def is_registered(session: Session, *, reads: str, version: str) -> bool:
    row = session.get(ReaderVersion, version)
    serving = champion(session, reads)
    return bool(row and row.usable and serving and session.get_one(ReaderVersion, serving).usable)


def shipped(session: Session, reads: str) -> str | None:
    """The version without anything learned."""
    plain = (ReaderVersion.reads == reads, ReaderVersion.kind != LEARNED, col(ReaderVersion.usable))
    return session.exec(select(ReaderVersion.version).where(*plain)).first()


def rival(session: Session, reads: str) -> str | None:
    """What a candidate has to be better than: what serves. Where that learned from words that are gone, it has no say
    any more, and the rival is what it was laid over."""
    serving = champion(session, reads)
    row = session.get(ReaderVersion, serving) if serving else None
    return row.beneath if row and row.words_gone_at else serving


# -- What was learned ---------------------------------------------------------------------------------


def keep(session: Session, row: ReaderVersion, weights: bytes) -> ReaderVersion:
    """Keep what was learned, as challenger. WordsGone where a passage that it learned from is there no more.

    The same decisions give the same version: it is kept once, and its numbers anew where they could not be read. The
    caller commits.
    """
    begin(session, row.reads)
    passage_ids = [int(id) for id in row.card["passages"]]
    hold(session, passage_ids)
    if known := session.get(ReaderVersion, row.version, populate_existing=True):
        session.merge(ReaderWeights(version=row.version, content=weights))
        return known
    replaced = update(ReaderVersion).where(
        col(ReaderVersion.reads) == row.reads, col(ReaderVersion.state) == "challenger"
    )
    session.exec(replaced.values(state="refused", reason="Another one was trained before this one could be judged"))
    row.state = "challenger"
    session.add(row)
    session.flush()
    session.add(ReaderWeights(version=row.version, content=weights))
    for some in batches(passage_ids):
        insert_all(session, TaughtPassage, [{"version": row.version, "passage_id": id} for id in some])
    return row


def hold(session: Session, passage_ids: Sequence[int]) -> None:
    """Nobody takes out one of these passages before the commit."""
    for some in batches(sorted(passage_ids)):
        chosen = select(Passage.id).where(col(Passage.id).in_(some)).order_by(col(Passage.id))
        if len(session.exec(chosen.with_for_update(key_share=True)).all()) < len(some):
            raise WordsGone


def judge(session: Session, version: str, compared: dict[str, Any] | None, *, outcome: str, reason: str) -> None:
    """Note how a challenger compares with what serves: it serves, is refused, or waits. The caller commits."""
    row = session.get_one(ReaderVersion, version)
    row.compared, row.reason = compared, reason
    row.state = "refused" if outcome == "refused" else "challenger"
    session.add(row)
    session.flush()
    if outcome == "served":
        change(session, version, why="better", staff_id=None)


def let_go(session: Session, reads: str) -> None:
    """Where what serves has learned from words that are gone, and nothing that was learned without them took its place,
    what it was laid over serves. To be called at the end of a training; the caller commits."""
    begin(session, reads)
    serving = champion(session, reads)
    row = session.get_one(ReaderVersion, serving, populate_existing=True) if serving else None
    if row and row.words_gone_at and row.beneath:
        change(session, row.beneath, why="words-gone", staff_id=None)


def weights(session: Session, version: str) -> tuple[dict[str, Any], bytes] | None:
    """The card and the numbers of what was learned."""
    row, kept = session.get(ReaderVersion, version), session.get(ReaderWeights, version)
    return (row.card, kept.content) if row and kept else None


def forget(session: Session, passage_ids: Iterable[int] | Any) -> None:
    """Mark what learned from these passages, whose words go in this transaction: it is to be trained again."""
    taught = select(TaughtPassage.version).where(col(TaughtPassage.passage_id).in_(passage_ids))
    marked = col(ReaderVersion.version).in_(taught), col(ReaderVersion.words_gone_at).is_(None)
    session.exec(update(ReaderVersion).where(*marked).values(words_gone_at=now()))
    session.exec(delete(TaughtPassage).where(col(TaughtPassage.passage_id).in_(passage_ids)))


# -- Which serves -------------------------------------------------------------------------------------


def serve(session: Session, version: str, *, staff_id: int) -> bool:
    """Let an earlier version serve again; False where it does already. The caller commits."""
    row = session.get(ReaderVersion, version)
    begin(session, row.reads if row else plan.SLUG)
    row = session.get(ReaderVersion, version, populate_existing=True)
    if row is None or not may_return(row):
        raise CannotServe("Choose one that has served before and that fits this release of the service")
    if row.state == "champion":
        return False
    change(session, version, why="returned", staff_id=staff_id)
    return True


def may_return(row: ReaderVersion) -> bool:
    """Whether a person may have it serve (again): what never was found better, may not."""
    return row.usable and row.state in ("champion", "retired") and row.words_gone_at is None


def refuse(session: Session, version: str, *, beneath: str, reason: str) -> None:
    """It cannot be read: what it was laid over serves in its place. Said twice, it is done once. The caller commits."""
    row = session.get(ReaderVersion, version)
    begin(session, row.reads if row else plan.SLUG)
    row = session.get(ReaderVersion, version, populate_existing=True)
    if row is None or row.state != "champion":
        return
    change(session, beneath, why="damaged", staff_id=None)
    session.refresh(row)
    row.state, row.reason = "refused", reason
    session.add(row)


def change(session: Session, version: str, *, why: str, staff_id: int | None) -> None:
    """Take the one that serves out and put this one in its place, to be read by from now on."""
    row = session.get_one(ReaderVersion, version)
    reads = row.reads
    serving = update(ReaderVersion).where(col(ReaderVersion.reads) == reads, col(ReaderVersion.state) == "champion")
    session.exec(serving.values(state="retired", served_to=now()))
    here = update(ReaderVersion).where(col(ReaderVersion.version) == version)
    session.exec(here.values(state="champion", reason="", served_from=now(), served_to=None))
    session.add(ReaderChange(reads=reads, version=version, why=why, staff_id=staff_id))
    session.flush()
    if reads == plan.SLUG:
        rereadings.begin(session, version)
    else:
        use_for_frame(session, row)


def use_for_frame(session: Session, row: ReaderVersion) -> None:
    """What it finds counts for the frame from now on, and a walk has passages read by it."""
    frame = session.exec(select(Frame).where(Frame.slug == row.reads)).one()
    examples = CodingFrame.model_validate(frame.content).examples
    how, number = ("learned", row.decisions) if row.kind == LEARNED else (row.kind, examples)
    if coding_frames.use(session, frame.id, model=row.version, how=how, examples=number):
        walks.begin(session, what=coding_frames.READ, frame_id=frame.id, total=record.number_readable(session))


# -- To be shown --------------------------------------------------------------------------------------


def frameworks(session: Session) -> list[str]:
    """What is read against: the plan, and the frames in use."""
    in_use = select(Frame.slug).where(col(Frame.retired_at).is_(None)).order_by(col(Frame.id))
    return [plan.SLUG, *session.exec(in_use)]


def versions(session: Session, reads: str) -> list[ReaderVersion]:
    """Newest first, without their cards: those name every passage that was learned from."""
    of_these = select(ReaderVersion).where(ReaderVersion.reads == reads).options(defer(ReaderVersion.card))
    return list(session.exec(of_these.order_by(col(ReaderVersion.made_at).desc()).limit(MOST_LISTED)))


def changes(session: Session, reads: str) -> list[ReaderChange]:
    of_these = select(ReaderChange).where(ReaderChange.reads == reads)
    return list(session.exec(of_these.order_by(col(ReaderChange.id).desc()).limit(MOST_LISTED)))
