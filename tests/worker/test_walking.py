"""Work over many statements: cut short anywhere it goes on, and twice is as once."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from analysis.findings import Label, Span
from collector.database import Database, now
from collector.findings.models import BlindItem, Finding, StandingLabel, Statement
from collector.frameworks import coding_frames, plan, walks
from collector.frameworks.models import FrameReader, PlanChange, Walk
from collector.queue import Queue
from collector.review import codebook_changing
from forms import coding_frame
from forms.codebook import CodeRef
from forms.codebook_changes import Retire
from worker import framing, readers, tasks, walking

FUNDING = CodeRef("barrier_themes", "funding")
FRAME = coding_frame.load("local-plans")
FAMILY = "frame-local-plans"


class Killed(BaseException):
    """As the worker's process ends: nothing catches it."""


class Spotting:
    """Finds a code wherever the word “money” stands. It stands in for the encoders, which take seconds to load."""

    model_version = "few-shot-test"

    def __init__(self) -> None:
        self.read: list[str] = []

    def labels_of(self, statements: Sequence[Span]) -> list[tuple[Label, ...]]:
        self.read += [one.text for one in statements]
        return [self.of(one) for one in statements]

    def of(self, one: Span) -> tuple[Label, ...]:
        at = one.start + one.text.find("funds")
        return (Label(FAMILY, "governance", 0.6, (Span(at, at + 5, "funds"),)),) if "funds" in one.text else ()


@pytest.fixture(autouse=True)
def worker(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Queue]:
    plan._held = None
    queue = Queue("memory://")
    monkeypatch.setattr(tasks, "database", lambda: database)
    monkeypatch.setattr(tasks, "queue", lambda: queue)
    yield queue
    plan._held = None


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Spotting:
    reader = Spotting()
    monkeypatch.setattr(framing, "reader_for", lambda frame: reader)
    monkeypatch.setattr(readers, "both_meanings", lambda: readers.Remembering(None))
    return reader


@pytest.fixture
def retiring(database: Database, analysed: Callable, staff_id: int) -> int:
    """The walk of a codebook that has lost a code which stands on five statements."""
    for number in range(5):
        analysed(f"number {number}")
    with database.writing() as session:
        change = Retire(code=FUNDING, why="Unused")
        _, walk = codebook_changing.apply(session, [change], on=1, staff_id=staff_id, why="It says too little")
        session.commit()
        assert walk.total == 5
        return walk.id


@pytest.fixture
def adding(database: Database, staff_id: int) -> Callable[[int], tuple[int, int]]:
    """Adds the frame; returns its number and that of its walk."""

    def add(passages: int) -> tuple[int, int]:
        with database.writing() as session:
            frame, walk = coding_frames.add(session, FRAME, file_name="a.csv", staff_id=staff_id, passages=passages)
            ids = frame.id, walk.id
            session.commit()
            return ids

    return add


def walk_of(database: Database, walk_id: int) -> Walk:
    with database.reading() as session:
        return session.get_one(Walk, walk_id)


def standing_on(database: Database, family: str, label: str) -> int:
    with database.reading() as session:
        chosen = select(StandingLabel).where(StandingLabel.family == family, StandingLabel.label == label)
        return len(session.exec(chosen).all())


def test_a_walk_settles_all_that_a_version_concerns(database: Database, retiring: int) -> None:
    assert standing_on(database, *FUNDING) == 5
    walking.walk([retiring])
    assert standing_on(database, *FUNDING) == 0
    walk = walk_of(database, retiring)
    assert (walk.state, walk.done, walk.total, walk.lease_until) == ("done", 5, 5, None)


def test_a_walk_tells_nothing_of_what_is_coded_blind(database: Database, retiring: int) -> None:
    with database.writing() as session:
        for statement in session.exec(select(Statement)):
            session.merge(BlindItem(passage_id=statement.passage_id, coders=2, chance=1.0))
        session.commit()
    walking.walk([retiring])
    walk = walk_of(database, retiring)
    assert (walk.state, walk.done) == ("done", 0)
    assert walk.place > 0


def test_a_walk_whose_worker_is_killed_goes_on_where_it_was(
    database: Database, retiring: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walking, "BATCH", 2)
    settle, settled = walking.concerned.settle, []

    def dying(session: Any, ids: Sequence[int]) -> None:
        settle(session, ids)
        settled.append(list(ids))
        if len(settled) == 2:
            raise Killed

    monkeypatch.setattr(walking.concerned, "settle", dying)
    with pytest.raises(Killed):
        walking.walk([retiring])
    walk = walk_of(database, retiring)
    assert (walk.state, walk.done) == ("running", 2)  # the second batch was never kept
    assert standing_on(database, *FUNDING) == 3
    with database.writing() as session:
        session.exec(sa.update(Walk).values(lease_until=now() - timedelta(seconds=1)))
        assert walks.leases.sweep(session) == [retiring]
        session.commit()
    walking.walk([retiring])
    assert settled[2] == settled[1]
    assert standing_on(database, *FUNDING) == 0
    assert (walk_of(database, retiring).state, walk_of(database, retiring).done) == ("done", 5)


def test_a_walk_that_is_done_is_not_done_again(database: Database, retiring: int, dump: Callable) -> None:
    walking.walk([retiring])
    before = dump()
    walking.walk([retiring, retiring, 99])
    assert dump() == before


def test_a_walk_that_keeps_failing_is_set_aside_and_can_be_gone_on_with(
    database: Database, retiring: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: Any) -> None:
        raise RuntimeError("Nobody funds the post after March.")

    with monkeypatch.context() as broken:
        broken.setattr(walking.concerned, "settle", failing)
        for _ in range(walks.leases.most_attempts):
            walking.walk([retiring])
    walk = walk_of(database, retiring)
    assert (walk.state, walk.reason) == ("set-aside", "It failed (RuntimeError)")
    with database.writing() as session:
        assert walks.leases.try_again(session, retiring)
        session.commit()
    walking.walk([retiring])
    assert walk_of(database, retiring).state == "done"


def test_a_walk_gives_others_their_turn(database: Database, retiring: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walking, "BATCH", 1)
    monkeypatch.setattr(tasks, "TURN", -1)
    walking.walk([retiring])
    walk = walk_of(database, retiring)
    assert (walk.state, walk.done, walk.attempts) == ("waiting", 1, 0)


# -- Frames ---------------------------------------------------------------------------------------------


def test_a_frame_is_suggested_on_what_was_read_before(
    database: Database, analysed: Callable, reader: Spotting, adding: Callable
) -> None:
    analysed()
    _, walk_id = adding(2)
    walking.walk([walk_id])
    assert standing_on(database, FAMILY, "governance") == 1
    assert len(reader.read) == 3  # every statement, once
    with database.reading() as session:
        held = session.exec(select(FrameReader)).one()
        assert (held.model, held.how, held.examples, held.in_use) == (Spotting.model_version, "few-shot", 30, True)
    plan.look(database)
    assert plan.how_suggested(FAMILY, "governance") == "Suggested from 3 examples"
    walk = walk_of(database, walk_id)
    assert (walk.state, walk.done, walk.total) == ("done", 2, 2)


def test_people_decide_on_a_frame_as_on_the_plan_and_it_outlasts_retiring(
    database: Database, analysed: Callable, reader: Spotting, adding: Callable, staff_id: int
) -> None:
    from collector.review import decisions

    statement_id = analysed().statement_ids[2]
    frame_id, walk_id = adding(2)
    walking.walk([walk_id])
    with database.writing() as session:
        label = {"family": FAMILY, "label": "governance", "verdict": "accept"}
        decisions.decide(session, statement_id=statement_id, staff_id=staff_id, **label)
        session.commit()
    with database.writing() as session:
        row = coding_frames.retire(session, frame_id, staff_id=staff_id, why="The review is over")
        labels = [(FAMILY, code.id) for code in FRAME.codes]
        settling = codebook_changing.settle_anew(session, labels, frame_id=row.id).id
        session.commit()
    walking.walk([settling])
    assert standing_on(database, FAMILY, "governance") == 0
    with database.writing() as session:
        coding_frames.bring_back(session, frame_id, staff_id=staff_id, passages=2)
        again = codebook_changing.settle_anew(session, labels, frame_id=frame_id).id
        session.commit()
    walking.walk([again])
    with database.reading() as session:
        row = session.exec(select(StandingLabel).where(StandingLabel.family == FAMILY)).one()
        assert (row.statement_id, row.state) == (statement_id, "accepted")


def test_passages_that_come_while_a_frame_is_put_to_use_are_read_by_a_walk(
    database: Database, analysed: Callable, reader: Spotting, adding: Callable
) -> None:
    analysed("first")
    _, walk_id = adding(2)
    walking.walk([walk_id])
    late = analysed("late")
    for _ in range(2):
        with database.writing() as session:
            plan.refresh(session)
            framing.keep(session, {}, late.passage_ids)  # they were read before the frame was known
            session.commit()
    with database.reading() as session:
        (again,) = session.exec(select(Walk.id).where(Walk.state == "waiting")).all()
    walking.walk([again])
    assert standing_on(database, FAMILY, "governance") == 2
    assert len(reader.read) == 6  # none of the first again


def test_a_newer_version_of_a_reader_reads_everything_again(
    database: Database, analysed: Callable, reader: Spotting, adding: Callable
) -> None:
    analysed("first")
    frame_id, walk_id = adding(2)
    walking.walk([walk_id])
    reader.model_version, reader.read = "few-shot-newer", []
    late = analysed("late")
    with database.writing() as session:
        coding_frames.read_again(session, frame_id, since=late.passage_ids[0])
        session.commit()
    with database.reading() as session:
        (again,) = session.exec(select(Walk.id).where(Walk.state == "waiting")).all()
    walking.walk([again])
    assert len(reader.read) == 6
    assert standing_on(database, FAMILY, "governance") == 2


def test_another_reader_of_a_frame_takes_the_place_of_the_one_before(
    database: Database, analysed: Callable, reader: Spotting, adding: Callable
) -> None:
    analysed()
    frame_id, walk_id = adding(2)
    walking.walk([walk_id])
    with database.writing() as session:
        assert coding_frames.use(session, frame_id, model="learned-1", how="learned", examples=300)
        session.commit()
    with database.writing() as session:
        assert not coding_frames.use(session, frame_id, model="learned-1", how="learned", examples=300)
        plan.refresh(session)
        assert plan.frame_models() == ["learned-1"]
        assert len(session.exec(select(FrameReader)).all()) == 2
        assert session.exec(select(PlanChange.what).order_by(col(PlanChange.id).desc())).first() == "frame-reader"
        assert session.exec(select(Finding).where(Finding.model == Spotting.model_version)).all() != []
