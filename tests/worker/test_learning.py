"""What people decide is learned, judged by what they decided blind, and serves where it is better."""

import logging
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlmodel import Session, col, func, insert, select, update

from analysis.simulated_review import Coded, read_coded
from collector.accounts import staff
from collector.database import Database, now
from collector.findings import readers as versions
from collector.findings import rereadings
from collector.findings.learning_models import ReaderVersion, ReaderWeights, Rereading, TaughtPassage, TrainingRun
from collector.findings.models import Act, BlindCode, BlindCoding, BlindItem, Decision, Finding, Statement
from collector.frameworks import coding_frames, plan, walks
from collector.frameworks.models import FrameReader
from collector.intake.models import Job, Passage, Source
from collector.review import acts, blind_coding, codebook_changing, decisions, steps, teaching, trainings
from collector.review.teaching import Told
from forms import coding_frame
from forms.codebook import CodeRef
from forms.codebook_changes import Merge
from worker import framing, learning, readers, tasks

FOLDER = Path(__file__).parents[1] / "analysis" / "local_plans"
FRAME = "local-plans"
FAMILY = "frame-local-plans"


@pytest.fixture
def moira(database: Database) -> int:
    with database.writing() as session:
        member = staff.add(session, email="moira@example.org", name="Moira", role="reviewer")
        session.commit()
        return member.id


@pytest.fixture
def worker(worker_here: None, database: Database, moira: int) -> Iterator[None]:
    """The worker is at this database, and the frame that the passages were coded by is in use."""
    plan._held = None
    with database.writing() as session:
        frame = coding_frame.read_path(FOLDER / "framework.yaml")
        coding_frames.add(session, frame, file_name="framework.yaml", staff_id=moira, passages=0)
        session.commit()
    plan.look(database)
    framing.learned.clear()  # as when the worker has just started
    readers.laid.clear()
    yield
    plan._held = None


@pytest.fixture(scope="module")
def coded() -> list[Coded]:
    every = [one for file in sorted(FOLDER.glob("*.jsonl")) for one in read_coded(file)]
    random.Random(7).shuffle(every)
    return every


@pytest.fixture(scope="module")
def codes() -> set[str]:
    return {code.id for code in coding_frame.read_path(FOLDER / "framework.yaml").codes}


def keep(session: Session, coded: Sequence[Coded]) -> list[tuple[int, int]]:
    """A source with a passage for each, which is one statement; returns the ids of both."""
    source = Source(kind="document", title="Plans")
    session.add(source)
    session.flush()
    rows = [{"source_id": source.id, "position": place, "text": one.text} for place, one in enumerate(coded)]
    session.exec(insert(Passage), params=rows)
    chosen = select(Passage.id, Passage.text).where(Passage.source_id == source.id)
    passages = session.exec(chosen.order_by(col(Passage.position))).all()
    cut = [{"passage_id": id, "start": 0, "end": len(text), "model": "test-1"} for id, text in passages]
    session.exec(insert(Statement), params=cut)
    ids = [id for id, _ in passages]
    found = select(Statement.passage_id, Statement.id).where(col(Statement.passage_id).in_(ids))
    return sorted(map(tuple, session.exec(found)))


def decide_all(
    session: Session, ids: Sequence[tuple[int, int]], coded: Sequence[Coded], codes: set[str], by: int
) -> None:
    """Every code of each statement is given or denied, as the coders did."""
    act = acts.begin(session, staff_id=by, what="decide")
    said = {"act_id": act.id, "family": FAMILY, "staff_id": by, "why": "", "decided_at": now()}
    rows = [
        {**said, "statement_id": id, "label": code, "verdict": "add" if code in one.codes else "reject"}
        for (_, id), one in zip(ids, coded, strict=True)
        for code in sorted(codes)
    ]
    session.exec(insert(Decision), params=rows)


def code_blind(session: Session, ids: Sequence[tuple[int, int]], coded: Sequence[Coded], by: int) -> None:
    plan.refresh(session)
    offered = blind_coding.offered_now(session)
    for (passage_id, id), one in zip(ids, coded, strict=True):
        session.add(BlindItem(passage_id=passage_id, coders=1, chance=0.1, closed_at=now()))
        session.flush()
        coding = BlindCoding(passage_id=passage_id, staff_id=by, offered_id=offered.id, statement_ids=[id])
        session.add(coding)
        session.flush()
        session.add_all(
            BlindCode(coding_id=coding.id, statement_id=id, family=FAMILY, label=code) for code in sorted(one.codes)
        )


@pytest.fixture
def reviewed(database: Database, worker: None, moira: int, coded: list[Coded], codes: set[str]) -> Callable[..., None]:
    """So many statements are decided, and so many others coded blind; those with codes first."""

    def fill(decided: int, blind: int) -> None:
        with database.writing() as session:
            taught, judged = coded[:decided], sorted(coded[decided : decided + blind], key=lambda one: not one.codes)
            ids = keep(session, [*taught, *judged])
            decide_all(session, ids[:decided], taught, codes, moira)
            code_blind(session, ids[decided:], judged, moira)
            session.commit()

    return fill


def trained(database: Database, reads: str = FRAME) -> TrainingRun:
    with database.writing() as session:
        run_id = trainings.ask(session, reads)
        session.commit()
    learning.learn([run_id])
    return the_run(database, run_id)


def in_use(database: Database) -> str:
    """What suggests the frame's codes in passages that come now."""
    plan.look(database)
    return framing.serving(database, FAMILY).model_version


def the_run(database: Database, run_id: int) -> TrainingRun:
    with database.reading() as session:
        return session.get_one(TrainingRun, run_id)


def the_version(database: Database, version: str) -> ReaderVersion:
    with database.reading() as session:
        return session.get_one(ReaderVersion, version)


# -- A simulated reviewer -----------------------------------------------------------------------------


@pytest.mark.slow
def test_300_decisions_lift_what_is_found_in_unseen_passages_by_3_points_and_it_serves(
    reviewed: Callable, database: Database
) -> None:
    reviewed(decided=300, blind=360)
    run = trained(database)
    assert (run.state, run.outcome, run.done, run.total) == ("done", "served", 660, 660)
    found = the_version(database, run.version)
    whole = found.compared["whole"]
    print(whole, found.compared["passages"])
    assert whole["difference"]["value"] >= 0.03
    assert whole["difference"]["low"] > 0
    assert (found.state, found.kind, found.statements, found.compared["passages"]) == ("champion", "light", 300, 360)
    with database.reading() as session:
        blind = set(session.exec(select(BlindItem.passage_id)))
        assert not blind & {int(id) for id in found.card["passages"]}
        assert session.exec(select(func.count()).select_from(TaughtPassage)).one() == 300
    with database.reading() as session:
        serves = session.exec(select(FrameReader).where(col(FrameReader.in_use))).one()
        assert (serves.model, serves.how) == (run.version, "learned")
    assert in_use(database) == run.version
    again = trained(database)
    assert (again.outcome, again.version) == ("nothing-new", run.version)


@pytest.mark.slow
def test_too_few_blind_passages_let_nothing_serve_and_the_challenger_waits(
    reviewed: Callable, database: Database
) -> None:
    reviewed(decided=60, blind=10)
    run = trained(database)
    assert (run.state, run.outcome) == ("done", "too-few-blind")
    assert run.reason == "10 passages are decided blind. 50 are needed to tell whether it is better"
    found = the_version(database, run.version)
    assert (found.state, found.compared["passages"], found.compared["better"]) == ("challenger", 10, False)
    assert in_use(database) == found.beneath
    with database.reading() as session:
        assert versions.champion(session, FRAME) == found.beneath


def test_from_nothing_nothing_is_learned(worker: None, database: Database) -> None:
    run = trained(database)
    assert (run.state, run.outcome, run.version) == ("done", "too-little", None)
    assert run.reason == "No label was accepted 3 times and rejected 3 times yet"


# -- What teaches, and what judges --------------------------------------------------------------------


def test_nothing_that_is_coded_blind_teaches_open_or_closed(
    reviewed: Callable, database: Database, moira: int, coded: list[Coded], codes: set[str]
) -> None:
    reviewed(decided=20, blind=0)
    with database.writing() as session:
        ids = keep(session, coded[20:30])
        decide_all(session, ids, coded[20:30], codes, moira)
        for number, (passage_id, _) in enumerate(ids):
            closed = now() if number % 2 else None
            session.add(BlindItem(passage_id=passage_id, coders=1, chance=0.1, closed_at=closed))
        session.commit()
        blind = {passage_id for passage_id, _ in ids}
        gathered = teaching.passages(session, FRAME, at_most=1000)
        assert len(gathered) == 20
        assert not blind & set(gathered)
        assert teaching.lessons(session, FRAME, sorted(blind)) == []
        assert teaching.blind_passages(session) == sorted(id for n, (id, _) in enumerate(ids) if n % 2)


def test_what_was_corrected_undone_or_done_on_a_list_teaches_nothing(
    reviewed: Callable, database: Database, moira: int
) -> None:
    reviewed(decided=6, blind=0)
    with database.writing() as session:
        first, second, *rest = sorted(teaching.passages(session, FRAME, at_most=10))
        session.exec(update(Passage).where(col(Passage.id) == first).values(retired_at=now()))
        session.commit()
        assert set(teaching.passages(session, FRAME, at_most=10)) == {second, *rest}
        session.exec(update(Act).values(what="bulk"))
        assert teaching.passages(session, FRAME, at_most=10) == []
        session.exec(update(Act).values(what="decide", undone_at=now()))
        assert teaching.passages(session, FRAME, at_most=10) == []
        session.exec(update(Act).values(undone_at=None))
        session.exec(update(Source).values(sample=True))
        assert teaching.passages(session, FRAME, at_most=10) == []


def test_yes_no_and_unknown_are_told_apart(worker: None, database: Database, analysed: Callable, moira: int) -> None:
    told = analysed()
    first, *_ = told.statement_ids
    with database.writing() as session:
        for verdict, family, label in (
            ("accept", "actions", "planning"),
            ("reject", "fundamentals", "what-matters"),
            ("add", "kinds", "idea"),
        ):
            decisions.decide(session, statement_id=first, family=family, label=label, verdict=verdict, staff_id=moira)
        [lesson] = teaching.lessons(session, plan.SLUG, told.passage_ids)
        [one] = lesson.told
        assert (one.yes, one.no, one.whole) == (
            {("actions", "planning"), ("kinds", "idea")},
            {("fundamentals", "what-matters")},
            False,
        )
        steps.finish(session, told.passage_ids[0], staff_id=moira)
        [lesson] = teaching.lessons(session, plan.SLUG, told.passage_ids)
        assert [(one.whole, one.yes) for one in lesson.told] == [
            (True, {("actions", "planning"), ("kinds", "idea"), ("kinds", "activity")}),
            (True, {("kinds", "activity")}),
        ]
        steps.move(session, told.passage_ids[0], "second-look", staff_id=moira, reason="Is it?")
        [lesson] = teaching.lessons(session, plan.SLUG, told.passage_ids)
        assert not any(one.whole for one in lesson.told)


def test_where_two_who_coded_blind_differ_it_is_unknown_until_somebody_settles_it(
    database: Database, analysed: Callable, moira: int
) -> None:
    told = analysed()
    passage_id, statement_id = told.passage_ids[0], told.statement_ids[0]
    with database.writing() as session:
        ewan = staff.add(session, email="ewan@example.org", name="Ewan", role="reviewer").id
        session.add(BlindItem(passage_id=passage_id, coders=2, chance=0.1, closed_at=now()))
        session.flush()
        offered, cut = blind_coding.offered_now(session), told.statement_ids[:2]
        for coder, labels in ((moira, ("activity", "idea")), (ewan, ("activity", "offer"))):
            coding = BlindCoding(passage_id=passage_id, staff_id=coder, offered_id=offered.id, statement_ids=cut)
            session.add(coding)
            session.flush()
            session.add_all(
                BlindCode(coding_id=coding.id, statement_id=statement_id, family="kinds", label=label)
                for label in labels
            )
        session.flush()
        act = acts.begin(session, staff_id=moira, what="adjudicate")
        said = {"act_id": act.id, "statement_id": statement_id, "family": "kinds", "staff_id": moira}
        session.add(Decision(**said, label="idea", verdict="add"))
        session.flush()
        [lesson] = teaching.blind_lessons(session, plan.SLUG, [passage_id])
        one = lesson.told[0]
        assert one.yes == {("kinds", "activity"), ("kinds", "idea")}
        assert one.unknown == {("kinds", "offer")}
        assert ("kinds", "barrier") in one.offered
        assert lesson.told[1].yes == frozenset()


def test_another_reader_of_a_frame_is_to_read_what_stands_and_nothing_else(
    worker: None, database: Database, analysed: Callable
) -> None:
    first, *others = analysed().passage_ids
    with database.writing() as session:
        session.exec(update(Passage).where(col(Passage.id) == first).values(retired_at=now()))
        versions.register(session, reads=FRAME, version="few-shot-1", kind="few-shot")
        assert walks.latest(session, what=coding_frames.READ).total == len(others)


# -- The run ------------------------------------------------------------------------------------------


def test_who_gave_a_code_that_was_merged_since_has_not_denied_what_it_became(database: Database, moira: int) -> None:
    funding, commissioning = CodeRef("barrier_themes", "funding"), CodeRef("barrier_themes", "commissioning")
    with database.writing() as session:
        change = Merge(codes=(funding, commissioning), into=commissioning)
        codebook_changing.apply(session, [change], on=1, staff_id=moira, why="Coders could not tell them apart")
        session.commit()
    plan.look(database)
    other = ("barrier_themes", "workforce-capacity")
    learner = SimpleNamespace(beneath=SimpleNamespace(labels=[tuple(funding), tuple(commissioning), other]))
    told = Told(1, 0, 9, frozenset({tuple(funding)}), whole=True)
    assert learning.denied(told, learner) == {other}


def test_two_runs_that_are_asked_for_at_once_are_one(worker: None, database: Database) -> None:
    def ask(_: int) -> int:
        with database.writing() as session:
            run_id = trainings.ask(session, FRAME)
            session.commit()
            return run_id

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(ask, range(8)))) == 1
    with database.reading() as session:
        assert len(session.exec(select(TrainingRun)).all()) == 1


def test_a_run_that_is_cancelled_keeps_nothing(
    reviewed: Callable, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    reviewed(decided=60, blind=0)
    with database.writing() as session:
        run_id = trainings.ask(session, FRAME)
        session.commit()
    before = learning.learned

    def cancelled_meanwhile(*given: Any) -> Any:
        with database.writing() as session:
            assert trainings.cancel(session, run_id)
            session.commit()
        return before(*given)

    monkeypatch.setattr(learning, "learned", cancelled_meanwhile)
    learning.learn([run_id])
    assert the_run(database, run_id).state == "cancelled"
    with database.reading() as session:
        assert session.exec(select(ReaderWeights)).all() == []


@pytest.mark.slow
def test_a_run_that_fails_three_times_is_set_aside_without_a_word_that_somebody_wrote(
    reviewed: Callable, database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    reviewed(decided=6, blind=0)

    def failing(learner: Any, taught: Any) -> None:
        raise RuntimeError("the words of a passage")

    monkeypatch.setattr(learning, "learned", failing)
    with database.writing() as session:
        run_id = trainings.ask(session, FRAME)
        session.commit()
    for _ in range(4):
        learning.learn([run_id])
    run = the_run(database, run_id)
    assert (run.state, run.reason, run.attempts) == ("set-aside", "The training failed (RuntimeError)", 3)
    assert "words of a passage" not in caplog.text


KILLED = """
import sys
from worker import learning
learning.learn([int(sys.argv[1])])
"""


@pytest.mark.slow
def test_a_worker_that_is_killed_in_the_middle_leaves_a_run_that_is_begun_again(
    reviewed: Callable, database: Database
) -> None:
    reviewed(decided=300, blind=0)
    with database.writing() as session:
        run_id = trainings.ask(session, FRAME)
        session.commit()
    command = [sys.executable, "-c", KILLED, str(run_id)]
    child = subprocess.Popen(command, env={**os.environ, "DATABASE_URL": database.url})
    while the_run(database, run_id).done < 32:
        assert child.poll() is None, "it ended before it could be killed"
        time.sleep(0.05)
    child.send_signal(signal.SIGKILL)
    child.wait()
    run = the_run(database, run_id)
    assert (run.state, run.done < run.total) == ("running", True)
    with database.writing() as session:
        assert trainings.leases.sweep(session) == []  # its lease has not run out
        session.exec(update(TrainingRun).values(lease_until=now() - timedelta(seconds=1)))
        assert trainings.leases.sweep(session) == [run_id]
        session.commit()
    learning.learn([run_id])
    run = the_run(database, run_id)
    assert (run.state, run.outcome, run.attempts) == ("done", "too-few-blind", 2)


def test_it_is_time_after_a_week_with_a_hundred_new_decisions_or_when_words_are_gone(
    reviewed: Callable, database: Database
) -> None:
    week = timedelta(days=7)
    reviewed(decided=9, blind=0)  # of ten codes each
    with database.writing() as session:
        versions.register(session, reads=FRAME, version="few-shot-1", kind="few-shot")
        session.commit()
        assert trainings.ask_where_due(session, every=week) == []
        session.commit()
    reviewed(decided=1, blind=0)
    for nothing_learned in ({"what": "bulk"}, {"undone_at": now()}):
        with database.writing() as session:
            session.exec(update(Act).values(**nothing_learned))
            assert trainings.ask_where_due(session, every=week) == []
            session.rollback()
    with database.writing() as session:
        assert trainings.ask_where_due(session, every=timedelta()) == []
        [run_id] = trainings.ask_where_due(session, every=week)
        ended = {"state": "done", "decisions_until": teaching.last_decision(session)}
        session.exec(update(TrainingRun).values(**ended, asked_at=now() - 2 * week))
        assert trainings.ask_where_due(session, every=week) == []  # nothing is new
        session.exec(update(ReaderVersion).values(words_gone_at=now() - week))
        assert trainings.ask_where_due(session, every=week) != [run_id]


def test_what_is_sent_while_a_reader_learns_is_read_first(
    reviewed: Callable, receive: Callable, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shipped model would take seconds to load: which one reads is not what this is about."""
    reviewed(decided=40, blind=0)
    received = receive()
    given: list[tuple[int, int]] = []

    def note(job_ids: list[int]) -> None:
        with database.writing() as session:
            given.append((job_ids[0], session.exec(select(TrainingRun.done)).one()))
            session.exec(update(Job).values(state="done"))
            session.commit()

    monkeypatch.setattr(tasks, "analyse", note)
    trained(database)
    assert given == [(received.job_id, 16)]


# -- Words that are gone ------------------------------------------------------------------------------


@pytest.mark.slow
def test_what_learned_from_words_that_are_gone_is_marked_and_stands_in_nobodys_way(
    reviewed: Callable, database: Database
) -> None:
    from collector.privacy import erasure

    reviewed(decided=60, blind=0)
    run = trained(database)
    with database.writing() as session:
        versions.change(session, run.version, why="better", staff_id=None)
        assert versions.rival(session, FRAME) == run.version
        erasure.erase_sources(session, select(Source.id))
        session.commit()
        found = session.get_one(ReaderVersion, run.version)
        assert found.words_gone_at is not None
        assert session.exec(select(TaughtPassage)).all() == []
        assert versions.rival(session, FRAME) == found.beneath
        assert not versions.may_return(found)
        beneath = found.beneath
        [again] = trainings.ask_where_due(session, every=timedelta())  # at once, and also where nothing is scheduled
        session.commit()
    learning.learn([again])
    assert the_run(database, again).outcome == "too-little"
    with database.reading() as session:
        assert versions.champion(session, FRAME) == beneath
        assert trainings.ask_where_due(session, every=timedelta()) == []
    assert in_use(database) == beneath


@pytest.mark.slow
def test_words_that_go_while_a_reader_learns_are_not_learned(
    reviewed: Callable, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    from collector.privacy import erasure

    reviewed(decided=60, blind=0)
    before = learning.learned

    def withdrawn_meanwhile(*given: Any) -> Any:
        with database.writing() as session:
            erasure.erase_sources(session, select(Source.id))
            session.commit()
        return before(*given)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(learning, "learned", withdrawn_meanwhile)
        run = trained(database)
    assert (run.state, run.attempts) == ("waiting", 0)
    learning.learn([run.id])
    assert the_run(database, run.id).outcome == "too-little"


# -- Serving ------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_layer_that_is_damaged_is_refused_and_what_is_beneath_serves(
    reviewed: Callable, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    reviewed(decided=60, blind=0)
    run = trained(database)
    with database.writing() as session:
        versions.change(session, run.version, why="better", staff_id=None)
        session.exec(update(ReaderWeights).values(content=b"PK damaged"))
        session.commit()
    with caplog.at_level(logging.INFO):
        assert in_use(database).startswith("few-shot-")
    assert run.version in caplog.text
    found = the_version(database, run.version)
    assert (found.state, found.reason) == ("refused", readers.DAMAGED)
    with database.reading() as session:
        assert versions.champion(session, FRAME) == found.beneath
    assert trained(database).version == run.version  # the same decisions: this time it can be read
    with database.writing() as session:
        versions.change(session, run.version, why="better", staff_id=None)
        session.commit()
    assert in_use(database) == run.version


@pytest.mark.slow
def test_a_newer_release_takes_the_place_of_what_was_learned_over_the_one_before(
    reviewed: Callable, database: Database
) -> None:
    reviewed(decided=60, blind=0)
    run = trained(database)
    with database.writing() as session:
        versions.change(session, run.version, why="better", staff_id=None)
        session.commit()
        versions.register(session, reads=FRAME, version="few-shot-newer", kind="few-shot")
        assert versions.champion(session, FRAME) == "few-shot-newer"
        with pytest.raises(versions.CannotServe):
            versions.serve(session, run.version, staff_id=1)


LINES = [
    "We hold a family meeting before every decision.",
    "A football team would help us to meet more often.",
    "Our office moved to a street beside the river.",
    "Perhaps parents could choose the room themselves.",
    "Every worker has a phone that families may ring.",
    "The kettle in the hall was mended in the spring.",
    "It may be worth trying evening visits in winter.",
    "The minibus goes to the village once every week.",
]


@pytest.mark.slow
def test_the_plan_is_learned_served_returned_from_and_read_again_with_every_decision_as_it_was(
    worker: None, receive: Callable, database: Database, moira: int
) -> None:
    job_ids = [receive(str(number), **{"planning.doing": line}).job_id for number, line in enumerate(LINES)]
    tasks.prepare()
    shipped = tasks.pipeline().model_version
    tasks.analyse(job_ids)
    with database.writing() as session:
        chosen = select(Statement.id, Passage.id, Passage.text).join(Passage, col(Passage.id) == Statement.passage_id)
        for id, passage_id, text in session.exec(chosen.where(col(Passage.text).in_(LINES))).all():
            if LINES.index(text) % 2:
                said = {"family": "fundamentals", "label": "what-matters", "verdict": "add"}
                decisions.decide(session, statement_id=id, staff_id=moira, **said)
            steps.finish(session, passage_id, staff_id=moira)
        session.commit()
        before = session.exec(select(Decision.id, Decision.verdict, Decision.label).order_by(col(Decision.id))).all()
    run = trained(database, plan.SLUG)
    assert (run.outcome, run.version.startswith(f"{shipped}+light-")) == ("too-few-blind", True)

    with database.writing() as session:
        versions.change(session, run.version, why="better", staff_id=None)
        session.commit()
    tasks.analyse([receive("new").job_id])
    assert read_by(database, "new") == {run.version}

    read_all_again(database)
    assert all_read_by(database) == {run.version}
    with database.reading() as session:
        row = session.exec(select(Rereading)).one()
        assert (row.state, row.done, row.total) == ("done", row.total, 16)
        models = set(session.exec(select(Finding.model)))
        assert models == {shipped, run.version}

    with database.writing() as session:
        assert versions.serve(session, shipped, staff_id=moira)
        assert not versions.serve(session, shipped, staff_id=moira)
        session.commit()
    tasks.analyse([receive("last").job_id])
    assert read_by(database, "last") == {shipped}
    with database.reading() as session:
        after = session.exec(select(Decision.id, Decision.verdict, Decision.label).order_by(col(Decision.id))).all()
        assert after == before
        assert session.exec(select(Rereading.version).where(Rereading.state == "running")).one() == shipped


def read_by(database: Database, key: str) -> set[str]:
    from collector.intake.models import Submission

    with database.reading() as session:
        chosen = (
            select(Passage.analysed_by)
            .join(Source, col(Source.id) == Passage.source_id)
            .join(Submission, col(Submission.id) == Source.submission_id)
        )
        return set(session.exec(chosen.where(Submission.idempotency_key == key)))


def all_read_by(database: Database) -> set[str]:
    with database.reading() as session:
        return set(session.exec(select(Passage.analysed_by)))


def read_all_again(database: Database) -> None:
    for _ in range(20):
        with database.writing() as session:
            job_ids = rereadings.sweep(session)
            session.commit()
        tasks.read_again(job_ids)
        if not job_ids:
            return
    raise AssertionError("there is no end to it")
