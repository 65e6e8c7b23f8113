"""What the worker does with a job, whatever becomes of the model, the text or the claim."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import files
import pytest
import sqlalchemy as sa
from sqlmodel import Session, select

from analysis.findings import Findings, Label, Statement
from analysis.passages import Passage as Text
from analysis.pipeline import ModelError
from collector.database import Database, now
from collector.findings.models import BlindItem, StandingLabel
from collector.intake import jobs, uploads
from collector.intake.models import Job, Passage, Upload
from collector.leases import Claim
from worker import coding, leased, limited, parsing, tasks
from worker.schedule import LEARN, PROFILES, REPORTS, SWEEP, Scheduler


class Lines:
    """Reads a text line by line. It stands in for the models, which take seconds to load and change as they learn."""

    model_version = "lines-1"

    def analyse(self, passages: Sequence[Text]) -> list[Findings]:
        return [self.read(passage) for passage in passages]

    def read(self, passage: Text) -> Findings:
        statements, start = [], 0
        for line in passage.text.splitlines():
            statements.append(Statement(start, start + len(line), (Label("kinds", "activity", 0.7),)))
            start += len(line) + 1
        return Findings(id=passage.id, statements=tuple(statements), model=self.model_version)


def claimed(job_id: int) -> Claim | None:
    return leased.claimed(tasks.database(), jobs.leases, job_id)


class Failing(Lines):
    """Fails on every text, and says the text as it does, as a library might. No real model fails to order."""

    def analyse(self, passages: Sequence[Text]) -> list[Findings]:
        raise RuntimeError(f"cannot read {passages[0].text!r}")


class Overtaken(Lines):
    """Takes so long that the job is given to somebody else meanwhile. No real model hangs to order."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def analyse(self, passages: Sequence[Text]) -> list[Findings]:
        with self.database.writing() as session:
            session.exec(sa.update(Job).values(attempts=Job.attempts + 1, lease_until=now() + timedelta(hours=1)))
            session.commit()
        return super().analyse(passages)


@pytest.fixture
def read_by(monkeypatch: pytest.MonkeyPatch, worker_here: None) -> Callable[[Any], None]:
    """Sets what the worker reads with; its database and queue are the test's."""
    return lambda model: monkeypatch.setattr(tasks, "pipeline", lambda: model)


@pytest.fixture
def job_id(receive: Callable, read_by: Callable) -> int:
    read_by(Lines())
    return receive(**{"planning.doing": "one\ntwo 💙\nthree"}).job_id


class Listening(Lines):
    """Remembers what it was given."""

    def __init__(self) -> None:
        self.given: list[Text] = []

    def analyse(self, passages: Sequence[Text]) -> list[Findings]:
        self.given += passages
        return super().analyse(passages)


def test_the_model_is_told_when_it_was_said_and_by_whom(
    receive: Callable, read_by: Callable, database: Database
) -> None:
    listening = Listening()
    read_by(listening)
    received = receive(**{"planning.doing": "We will, within a year"})
    tasks.analyse([received.job_id])
    said = {(one.said_on, one.said_by) for one in listening.given}
    assert said == {(now().date(), "respondent")}


def test_the_model_is_told_where_in_a_document_it_stands(read_by: Callable, database: Database, tmp_path: Path) -> None:
    listening = Listening()
    read_by(listening)
    path = tmp_path / "plan.md"
    path.write_text("# Youth Justice\n\nWe will visit every week.\n", encoding="utf-8")
    kept = coding.keep_document(database, path, title="A plan", organisation=None, kind="other")
    tasks.analyse([kept.job_id])
    assert [(one.text, one.place) for one in listening.given] == [
        ("Youth Justice", "Paragraph 1"),
        ("We will visit every week.", "Paragraph 2"),
    ]


def the_job(database: Database) -> Job:
    with database.reading() as session:
        return session.exec(select(Job)).one()


def test_a_job_is_read_and_done(job_id: int, database: Database, dump: Callable) -> None:
    tasks.analyse([job_id])
    job = the_job(database)
    assert (job.state, job.done, job.total, job.attempts, job.lease_until) == ("done", 2, 2, 1, None)
    rows = dump()
    assert len(rows["statement"]) == len(rows["finding"]) == 4
    assert {row[-4] for row in rows["passage"]} == {"lines-1"}
    assert ("kinds", "activity") in {row[1:3] for row in rows["standing_label"]}


def test_the_same_call_again_or_for_nothing_changes_nothing(job_id: int, dump: Callable) -> None:
    tasks.analyse([job_id])
    before = dump()
    tasks.analyse([job_id, job_id, 99])
    assert dump() == before


def test_the_share_of_the_service_is_drawn_to_be_coded_blind(
    job_id: int, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "settings", replace(tasks.settings, blind_share=1.0))
    tasks.analyse([job_id])
    with database.reading() as session:
        assert {item.chance for item in session.exec(select(BlindItem))} == {1.0}
        assert session.exec(select(StandingLabel).where(StandingLabel.state != "asked")).all() == []


def test_several_jobs_of_one_call_are_all_read(receive: Callable, read_by: Callable, database: Database) -> None:
    read_by(Lines())
    tasks.analyse([receive(str(number)).job_id for number in range(3)])
    with database.reading() as session:
        assert list(session.exec(select(Job.state))) == ["done"] * 3


def test_a_text_that_cannot_be_read_is_tried_three_times_and_set_aside_without_a_word_of_it(
    job_id: int, read_by: Callable, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    read_by(Failing())
    states = []
    with caplog.at_level(logging.INFO):
        for _ in range(5):
            tasks.analyse([job_id])
            states.append(the_job(database).state)
    assert states == ["waiting", "waiting", "set-aside", "set-aside", "set-aside"]
    assert the_job(database).reason == "The reading failed (RuntimeError)"
    assert f"job {job_id} failed at attempt 3: RuntimeError" in caplog.text
    assert "two 💙" not in caplog.text


def test_a_database_that_goes_away_is_no_fault_of_the_text_and_no_try_is_counted(
    job_id: int, database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*given: Any, **more: Any) -> None:
        raise sa.exc.OperationalError("INSERT", {}, RuntimeError("the connection is lost"))

    with monkeypatch.context() as broken:
        broken.setattr(tasks, "record", away)
        for _ in range(5):
            tasks.analyse([job_id])
    assert (the_job(database).state, the_job(database).attempts) == ("waiting", 0)
    assert f"job {job_id} waits for the database: OperationalError" in caplog.text
    tasks.analyse([job_id])
    assert the_job(database).state == "done"


def test_what_the_database_will_never_do_is_not_asked_of_it_for_ever(
    job_id: int, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_much(session: Session, *given: Any, **more: Any) -> None:
        columns = ", ".join(f"1 AS c{number}" for number in range(5000))  # more than any table may have
        session.exec(sa.text(f"SELECT {columns}"))

    monkeypatch.setattr(tasks, "record", too_much)
    for _ in range(3):
        tasks.analyse([job_id])
    assert the_job(database).state == "set-aside"


def test_a_text_that_cannot_be_read_does_not_stop_the_next(
    receive: Callable, read_by: Callable, database: Database
) -> None:
    class Picky(Lines):
        def read(self, passage: Text) -> Findings:
            if "poison" in passage.text:
                raise ValueError(passage.text)
            return super().read(passage)

    read_by(Picky())
    ids = [receive(words, **{"planning.doing": words}).job_id for words in ("poison", "water")]
    tasks.analyse(ids)
    with database.reading() as session:
        assert [session.get(Job, id).state for id in ids] == ["waiting", "done"]


def test_a_mended_model_reads_what_failed_before(job_id: int, read_by: Callable, database: Database) -> None:
    read_by(Failing())
    tasks.analyse([job_id])
    read_by(Lines())
    tasks.analyse([job_id])
    assert (the_job(database).state, the_job(database).reason, the_job(database).attempts) == ("done", "", 2)


def test_without_a_model_a_job_waits_and_no_try_is_counted(
    job_id: int, monkeypatch: pytest.MonkeyPatch, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    def absent() -> Any:
        raise ModelError("There are no models. Run: feedback-loop train")

    monkeypatch.setattr(tasks, "pipeline", absent)
    for _ in range(5):
        tasks.analyse([job_id])
    tasks.prepare()
    assert (the_job(database).state, the_job(database).attempts) == ("waiting", 0)
    assert "There are no models" in caplog.text


def test_who_lost_the_claim_keeps_nothing(job_id: int, read_by: Callable, database: Database, dump: Callable) -> None:
    read_by(Overtaken(database))
    tasks.analyse([job_id])
    assert the_job(database).state == "running"
    assert dump()["statement"] == dump()["finding"] == []


def test_a_job_cut_short_goes_on_where_it_was(
    receive: Callable, read_by: Callable, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    class CutShort(Lines):
        seen: list[str]

        def __init__(self, die_after: int) -> None:
            self.seen, self.die_after = [], die_after

        def analyse(self, passages: Sequence[Text]) -> list[Findings]:
            if len(self.seen) == self.die_after:
                raise MemoryError
            self.seen += [passage.text for passage in passages]
            return super().analyse(passages)

    monkeypatch.setattr(tasks, "BATCH", 1)
    first, second = CutShort(die_after=1), CutShort(die_after=9)
    job_id = receive().job_id
    read_by(first)
    tasks.analyse([job_id])
    assert (the_job(database).done, the_job(database).state) == (1, "waiting")
    read_by(second)
    tasks.analyse([job_id])
    assert the_job(database).state == "done"
    with database.reading() as session:
        texts = list(session.exec(select(Passage.text).order_by(Passage.position)))
    assert first.seen + second.seen == texts


def test_the_sweep_brings_back_a_job_whose_worker_was_killed_and_it_is_read_once(
    job_id: int, database: Database, dump: Callable
) -> None:
    claimed(job_id)  # and then the worker dies
    with database.writing() as session:
        session.exec(sa.update(Job).values(lease_until=now() - timedelta(seconds=1)))
        session.commit()
    tasks.sweep()
    tasks.analyse([job_id])
    assert (the_job(database).state, the_job(database).attempts) == ("done", 2)
    assert len(dump()["statement"]) == 4


def test_the_schedule_sweeps_by_itself_and_asks_no_worker_to(
    job_id: int, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that is busy for an hour must not keep the lease of a dead one from running out."""
    from worker.app import app

    claimed(job_id)
    with database.writing() as session:
        session.exec(sa.update(Job).values(lease_until=now() - timedelta(seconds=1)))
        session.commit()
    assert app.conf.beat_scheduler == "worker.schedule:Scheduler"
    scheduler = Scheduler(app, schedule_filename=str(tmp_path / "beat"), lazy=True)
    scheduler.setup_schedule()
    scheduler.apply_async(scheduler.schedule["sweep"])
    assert the_job(database).state == "waiting"


def test_the_schedule_holds_nothing_far_ahead() -> None:
    from worker.app import app

    assert {entry["task"] for entry in app.conf.beat_schedule.values()} == {SWEEP, LEARN, PROFILES, REPORTS}
    assert all(entry["schedule"] <= 300 for entry in app.conf.beat_schedule.values())
    assert app.conf.task_acks_late is False


class Slow(Lines):
    """Takes its time for each batch. How long a real model takes depends on the machine."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def analyse(self, passages: Sequence[Text]) -> list[Findings]:
        time.sleep(self.seconds)
        return super().analyse(passages)


def test_a_job_gives_others_their_turn_and_goes_on_where_it_was(
    job_id: int, database: Database, read_by: Callable, dump: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "BATCH", 1)
    monkeypatch.setattr(tasks, "TURN", 0.2)
    read_by(Slow(0.3))
    tasks.analyse([job_id])
    job = the_job(database)
    assert (job.state, job.done, job.total, job.attempts) == ("waiting", 1, 2, 0)
    tasks.analyse([job_id])
    assert (the_job(database).state, the_job(database).attempts) == ("done", 1)
    assert len(dump()["statement"]) == 4


def test_a_batch_that_outlasts_the_lease_keeps_its_job(
    job_id: int, database: Database, read_by: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs.leases, "lease", timedelta(seconds=0.6))
    monkeypatch.setattr(leased, "BEAT", 0.2)
    read_by(Slow(1.5))
    reading = threading.Thread(target=tasks.analyse, args=([job_id],))
    reading.start()
    time.sleep(1)
    with database.writing() as session:
        assert jobs.sweep(session) == []
        session.commit()
    assert the_job(database).state == "running"
    reading.join()
    assert (the_job(database).state, the_job(database).attempts) == ("done", 1)


@pytest.mark.parametrize("lengths", [[10] * 50, [5_000, 5_000, 100, 100], [30_000, 1, 1], []])
def test_batches_are_small_and_leave_nothing_out(lengths: list[int]) -> None:
    texts = [Text(str(number), "a" * length) for number, length in enumerate(lengths)]
    batches = list(tasks.batches(texts))
    assert [text for batch in batches for text in batch] == texts
    for batch in batches:
        assert len(batch) <= tasks.BATCH
        assert len(batch) == 1 or sum(len(text.text) for text in batch) <= tasks.BATCH_CHARACTERS


# -- Files that were sent with a submission ---------------------------------------------------------

PLAN = files.pdf(["We will open a house.", "- and another"], ["We need money."])


@pytest.fixture
def send_file(receive: Callable, read_by: Callable, database: Database) -> Callable[..., int]:
    """A submission with a file, as the pages send it; returns the id of the file's job."""
    read_by(Lines())

    def send(content: bytes = PLAN, name: str = "plan.pdf") -> int:
        submission_id = receive().submission_id
        with database.writing() as session:
            upload = uploads.keep(session, name, content, submission_id=submission_id)
            values = {"submission_id": submission_id, "organisation_id": 1, "received_at": now(), "sample": False}
            job_id = uploads.add_source(session, upload, values)
            session.commit()
        return job_id

    return send


def job_of(database: Database, job_id: int) -> Job:
    with database.reading() as session:
        return session.get_one(Job, job_id)


def told_in(database: Database, job_id: int) -> list[tuple[str, str]]:
    with database.reading() as session:
        chosen = select(Passage.place, Passage.text).where(Passage.source_id == session.get_one(Job, job_id).source_id)
        return list(session.exec(chosen.order_by(Passage.position)).all())


def upload_in(database: Database) -> Upload:
    with database.reading() as session:
        return session.exec(select(Upload)).one()


def test_a_file_is_taken_apart_into_passages_with_their_places_and_read_like_any_other(
    send_file: Callable, database: Database, dump: Callable
) -> None:
    job_id = send_file()
    tasks.analyse([job_id])
    job = job_of(database, job_id)
    assert (job.state, job.done, job.total) == ("done", 2, 2)
    assert told_in(database, job_id) == [
        ("Page 1, paragraph 1", "We will open a house.\n- and another"),
        ("Page 2, paragraph 1", "We need money."),
    ]
    assert (upload_in(database).state, upload_in(database).reason) == ("read", "")
    assert len(dump()["statement"]) == 3


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        (files.pdf([]), "scan.pdf", "no text"),
        (b"%PDF-1.4 and no more", "plan.pdf", "damaged"),
        (files.billion_laughs(), "plan.xlsx", "document type"),
    ],
)
def test_a_file_that_cannot_be_read_is_set_aside_at_once_with_the_reason_and_can_be_tried_again(
    content: bytes, name: str, reason: str, send_file: Callable, database: Database, dump: Callable
) -> None:
    job_id = send_file(content, name)
    before = dump()
    tasks.analyse([job_id])
    job = job_of(database, job_id)
    assert (job.state, job.attempts) == ("set-aside", 1)
    assert reason in job.reason
    assert (upload_in(database).state, upload_in(database).reason) == ("refused", job.reason)
    unharmed = ("submission", "answers", "passage", "source", "upload_part")
    assert {table: dump()[table] for table in unharmed} == {table: before[table] for table in unharmed}
    with database.writing() as session:
        assert jobs.try_again(session, job.source_id) == job_id
        session.commit()
    tasks.analyse([job_id])
    assert job_of(database, job_id).state == "set-aside"


def test_a_worker_that_is_killed_between_taking_apart_and_reading_makes_no_passage_twice(
    send_file: Callable, database: Database, dump: Callable, read_by: Callable
) -> None:
    job_id = send_file()
    claim = claimed(job_id)
    assert tasks.take_apart(claim, job_of(database, job_id).source_id)
    passages = dump()["passage"]
    for _ in range(2):  # as if killed there: the lease runs out, and another one takes the job up
        with database.writing() as session:
            session.exec(sa.update(Job).where(Job.id == job_id).values(state="waiting", lease_until=None))
            session.commit()
        tasks.analyse([job_id])
    assert job_of(database, job_id).state == "done"
    assert [row[0] for row in dump()["passage"]] == [row[0] for row in passages]


def test_who_lost_the_job_while_the_file_was_read_keeps_nothing(
    send_file: Callable, database: Database, monkeypatch: pytest.MonkeyPatch, dump: Callable
) -> None:
    job_id = send_file()
    read_apart = parsing.read_apart

    def slowly(*given: Any) -> parsing.Reading:
        found = read_apart(*given)
        assert claimed(job_id) is None
        with database.writing() as session:
            session.exec(sa.update(Job).where(Job.id == job_id).values(attempts=Job.attempts + 1))
            session.commit()
        return found

    monkeypatch.setattr(parsing, "read_apart", slowly)
    before = dump()["passage"]
    tasks.analyse([job_id])
    assert dump()["passage"] == before
    assert upload_in(database).state == "waiting"


def test_a_reading_that_is_stopped_leaves_the_worker_to_its_next_job(
    send_file: Callable, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = send_file()
    limits = parsing.Limits(processor_seconds=1, wall_seconds=3, memory=400_000_000)
    read_apart, hostile = parsing.read_apart, {"limits": limits, "readers": "hostile_readers"}
    with monkeypatch.context() as patched:
        patched.setattr(parsing, "read_apart", lambda content, kind: read_apart(content, "loop", **hostile))
        tasks.analyse([job_id])
    assert job_of(database, job_id).reason == limited.TOO_SLOW
    with database.writing() as session:
        jobs.try_again(session, job_of(database, job_id).source_id)
        session.commit()
    tasks.analyse([job_id, 1])
    assert job_of(database, job_id).state == job_of(database, 1).state == "done"


def test_no_word_of_a_file_or_its_name_is_logged(send_file: Callable, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    tasks.analyse([send_file(b"canary", "canary.txt"), send_file(b"%PDF-canary", "canary2.pdf")])
    assert "canary" not in caplog.text
