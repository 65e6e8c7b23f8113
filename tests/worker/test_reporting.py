"""A report is made by the worker, frozen, the same for ever, and gone with the words that it quotes."""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import Session, select

from collector.database import Database, now
from collector.findings.models import Statement
from collector.findings.report_models import Report, ReportSource, ReportStatement
from collector.intake.models import Passage, Submission
from collector.leases import LEASE
from collector.mine import corrections
from collector.privacy import erasure
from collector.profiles import document, rendering, report_differences, report_replies, reports
from collector.review import acts, decisions, picked
from tests.collector import markup
from tests.worker.conftest import kept_report
from worker import leased, reporting, tasks

pytestmark = pytest.mark.usefixtures("worker_here")

QUOTED = "Nobody funds the post after March."


@pytest.fixture
def make(report_made: Callable) -> Callable[..., int]:
    """Has a report on an organisation made; returns its number."""

    def asked(organisation_id: int, **how: Any) -> int:
        return report_made("organisation", organisation_id, **how).id

    return asked


def change(database: Database, do: Callable[[Session], Any]) -> Any:
    with database.writing() as session:
        done = do(session)
        session.commit()
    return done


def place_of(database: Database, words: str) -> tuple[int, int, int]:
    """Passage, start and end of the statement with these words."""
    with database.reading() as session:
        rows = session.exec(select(Statement, Passage.text).join(Passage, Passage.id == Statement.passage_id)).all()
    return next((one.passage_id, one.start, one.end) for one, text in rows if text[one.start : one.end] == words)


# -- What it says ---------------------------------------------------------------------------------------


def test_a_report_quotes_what_was_said_and_every_line_cites_its_statement(
    database: Database, analysed: Callable, make: Callable
) -> None:
    kept = analysed()
    made = reports.read(kept_report(database, make(kept.organisation_id)))
    assert made.title == "Kinnaird Water Council"
    assert made.subtitle == "Local authority, Fife, Highland"
    quotes = [one.words for section in document.walked(made.sections) for one in section.blocks if one.block == "quote"]
    assert {"We hold a family meeting before every decision.", "Parents chair it.", QUOTED} == set(quotes)
    assert {one.statement_id for one in made.references} == set(kept.statement_ids)
    assert set(made.hashes) == {"data", "model", "framework", "codebook", "template"}
    with database.reading() as session:
        assert set(session.exec(select(ReportStatement.statement_id))) == set(kept.statement_ids)
        assert list(session.exec(select(ReportSource.source_id))) == [kept.source_id]


def test_what_is_listed_one_by_one_is_quoted_whole_and_counted_once(
    database: Database, analysed: Callable, make: Callable
) -> None:
    words = "We will open two more homes."
    item = {"id": "a", "commitment": words, "commitment-due": "March 2027"}
    told = {3: {words: {"kinds": ["commitment"], "priority_areas": ["planning"]}}}
    kept = analysed(told=told, **{"more-lists": ["work"], "commitments": [item]})
    made = reports.read(kept_report(database, make(kept.organisation_id)))
    [quote] = [one for part in document.walked(made.sections) for one in part.blocks if one.block == "quote"]
    assert (quote.words, quote.beside) == (words, ("By when: March 2027",))
    [figures] = [one for one in made.sections[0].blocks if one.block == "figures"]
    assert [(one.number, one.words) for one in figures.figures][1] == ("1", "plan stated")


def test_for_anybody_only_what_may_be_published_with_the_name_is_told(
    database: Database, analysed: Callable, make: Callable
) -> None:
    kept = analysed()  # may be published without the name
    hidden = kept_report(database, make(kept.organisation_id, audience="anyone"))
    assert "funds" not in hidden.snapshot
    assert "1 source was analysed. It may not be published with the name" in hidden.snapshot
    assert reports.read(hidden).references == ()
    change(database, lambda session: session.exec(sa.update(Submission).values(permission="with-name")))
    shown = kept_report(database, make(kept.organisation_id, audience="anyone"))
    assert len(reports.read(shown).references) == 3


def test_what_tells_of_harm_is_counted_and_not_quoted(database: Database, analysed: Callable, make: Callable) -> None:
    kept = analysed()
    change(database, lambda session: session.exec(sa.update(Passage).where(Passage.position == 2).values(harm=True)))
    made = kept_report(database, make(kept.organisation_id))
    assert QUOTED not in made.snapshot
    assert (
        "1 statement stands in words that a machine marked for a person to look at first: counted, and not quoted."
        in made.snapshot
    )


def test_words_that_are_redacted_are_in_no_report(
    database: Database, analysed: Callable, make: Callable, staff_id: int
) -> None:
    kept = analysed()
    redact(database, staff_id, QUOTED)
    made = kept_report(database, make(kept.organisation_id))
    assert "funds" not in made.snapshot
    assert "[redacted: personal information]" in made.snapshot


def redact(database: Database, staff_id: int, words: str, verdict: str = "add") -> int:
    passage_id, start, end = place_of(database, words)
    place = {"first": (start, end), "place": (start, end)}
    why = {"details": {"reason": "personal"}} if verdict == "add" else {}
    told = {"passage_id": passage_id, "kind": "redaction", "verdict": verdict, "staff_id": staff_id, **place, **why}
    return change(database, lambda session: picked.decide(session, **told).act_id)


# -- The same for ever ----------------------------------------------------------------------------------

AGAIN = """
import sys, time
real = time.localtime
time.localtime = lambda seconds=None: real((time.time() if seconds is None else seconds) + 400 * 86400)
from worker.cli import main
id, folder = sys.argv[1:]
for kind in ("html", "pdf", "docx"):
    output = ["--format", kind, "--output", f"{folder}/again.{kind}", "--data-dir", folder]
    main(["report", "rebuild", id, *output], standalone_mode=False)
"""


def test_a_report_is_rebuilt_byte_for_byte_in_another_process_after_everything_has_changed(
    database: Database, analysed: Callable, make: Callable, staff_id: int, tmp_path: Path
) -> None:
    kept = analysed()
    id = make(kept.organisation_id)
    made = reports.read(kept_report(database, id))
    label = {"family": "kinds", "label": "offer", "verdict": "add", "staff_id": staff_id}
    change(database, lambda session: decisions.decide(session, statement_id=kept.statement_ids[0], **label))
    analysed("second", {1: {"We will do more.": {"kinds": ["commitment"]}}}, **{"planning.doing": "We will do more."})
    elsewhere = {**os.environ, "DATABASE_URL": database.url, "TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "3"}
    command = [sys.executable, "-c", AGAIN, str(id), str(tmp_path)]
    done = subprocess.run(command, env=elsewhere, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("byte for byte as on the day it was made") == 3
    for kind in rendering.FORMATS:
        assert (tmp_path / f"again.{kind}").read_bytes() == rendering.rendered(made, kind), kind


def test_what_is_set_out_by_another_version_says_so(
    database: Database, analysed: Callable, make: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = kept_report(database, make(analysed().organisation_id))
    assert reports.rebuilt(report, "html")[1]
    monkeypatch.setitem(report.files, "html", "of another version")
    assert not reports.rebuilt(report, "html")[1]


def test_the_hash_of_the_data_changes_with_what_a_person_decides_and_with_nothing_else(
    database: Database, analysed: Callable, make: Callable, staff_id: int
) -> None:
    kept = analysed()
    first, second = (kept_report(database, make(kept.organisation_id)).hashes for _ in range(2))
    assert first == second
    label = {"family": "kinds", "label": "barrier", "verdict": "reject", "staff_id": staff_id}
    change(database, lambda session: decisions.decide(session, statement_id=kept.statement_ids[2], **label))
    third = kept_report(database, make(kept.organisation_id)).hashes
    assert {name for name in first if third[name] != first[name]} == {"data"}


def test_what_is_different_since_the_last_is_told(
    database: Database, analysed: Callable, make: Callable, staff_id: int
) -> None:
    kept = analysed()
    first = make(kept.organisation_id)
    label = {"family": "kinds", "label": "barrier", "verdict": "reject", "staff_id": staff_id}
    change(database, lambda session: decisions.decide(session, statement_id=kept.statement_ids[2], **label))
    second = make(kept.organisation_id)
    then, last = (reports.read(kept_report(database, id)) for id in (first, second))
    found = report_differences.between(then, last)
    assert QUOTED in [line.words for line in found.gone]
    assert ("barriers", "1 of 3 statements", "0 of 3 statements") in [
        (one.what, one.before, one.after) for one in found.changed
    ]
    assert not report_differences.between(last, last)
    with database.reading() as session:
        assert reports.previous(session, session.get_one(Report, second)).id == first


# -- Gone with its words --------------------------------------------------------------------------------


def assert_gone(database: Database, id: int, why: str) -> None:
    report = kept_report(database, id)
    assert (report.withdrawn_why, report.title, report.snapshot) == (why, "", "")
    assert report.withdrawn_at
    assert report.files == {}
    with pytest.raises(reports.NotThere, match="withdrawn"):
        reports.rebuilt(report, "pdf")


def test_who_withdraws_what_they_said_takes_it_out_of_every_report(
    database: Database, analysed: Callable, make: Callable, staff_browser: Any, dump: Callable
) -> None:
    kept, other = analysed(), analysed("other", **{"organisation-name": "Otter Trust"})
    id, stays = make(kept.organisation_id), make(other.organisation_id)
    change(
        database,
        lambda session: erasure.withdraw(session, session.get_one(Submission, kept.received.submission_id)),
    )
    assert_gone(database, id, "erased")
    assert kept_report(database, stays).snapshot
    assert not any("Kinnaird" in repr(row) for row in dump()["report"])
    page = staff_browser.get(f"/staff/reports/{id}")
    assert page.status_code == 200
    assert "This report was withdrawn" in markup.words(page)
    assert "nothing to be made anew" in markup.words(page)
    assert staff_browser.get(f"/staff/reports/{id}/pdf").status_code == 404


def test_a_change_of_permission_withdraws_what_was_for_anybody(
    database: Database, analysed: Callable, make: Callable
) -> None:
    kept = analysed(permission="with-name")
    for_anybody, own = make(kept.organisation_id, audience="anyone"), make(kept.organisation_id)

    def forbid(session: Session) -> None:
        submission = session.get_one(Submission, kept.received.submission_id)
        corrections.change_permission(
            session, submission, {"permission": "with-name"}, {"permission": "do-not-publish"}
        )

    change(database, forbid)
    assert_gone(database, for_anybody, "permission")
    assert kept_report(database, own).snapshot


def test_a_redaction_withdraws_what_quotes_the_words_and_so_does_undoing_that_they_may_be_read(
    database: Database, analysed: Callable, make: Callable, staff_id: int
) -> None:
    kept = analysed()
    first = make(kept.organisation_id)
    redact(database, staff_id, QUOTED)
    assert_gone(database, first, "redacted")
    hidden = make(kept.organisation_id)
    allowed = redact(database, staff_id, QUOTED, verdict="reject")
    assert kept_report(database, hidden).snapshot
    open_ = make(kept.organisation_id)
    assert QUOTED in kept_report(database, open_).snapshot
    change(database, lambda session: acts.undo(session, allowed, staff_id=staff_id))
    assert_gone(database, open_, "redacted")


def test_words_that_go_while_a_report_is_written_are_not_in_it(
    database: Database, analysed: Callable, make: Callable, staff_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = analysed()
    written, times = reports.frozen, []

    def slowly(session: Session, *more: Any, **how: Any) -> reports.Frozen:
        made = written(session, *more, **how)
        if not times:
            session.close()
            redact(database, staff_id, QUOTED)
        times.append(1)
        return made

    monkeypatch.setattr(reports, "frozen", slowly)
    id = make(kept.organisation_id)
    assert kept_report(database, id).state == "waiting"
    assert kept_report(database, id).attempts == 0
    reporting.make_reports([id])
    assert "funds" not in kept_report(database, id).snapshot
    assert kept_report(database, id).made_at


def test_a_permission_that_changes_while_a_report_is_written_is_heeded(
    database: Database, analysed: Callable, make: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = analysed(permission="with-name")
    written = reports.frozen

    def slowly(session: Session, *more: Any, **how: Any) -> reports.Frozen:
        made = written(session, *more, **how)
        session.close()
        forbid = sa.update(Submission).values(permission="without-name")
        change(database, lambda session: session.exec(forbid))
        return made

    monkeypatch.setattr(reports, "frozen", slowly)
    id = make(kept.organisation_id, audience="anyone")
    assert kept_report(database, id).state == "waiting"
    reporting.make_reports([id])
    assert QUOTED not in kept_report(database, id).snapshot
    assert kept_report(database, id).made_at


def test_what_is_gone_before_it_is_written_is_told(database: Database, analysed: Callable, staff_id: int) -> None:
    kept = analysed()
    ask = {"kind": "organisation", "subject": str(kept.organisation_id), "staff_id": staff_id}
    id = change(database, lambda session: reports.ask(session, **ask))
    change(
        database, lambda session: erasure.withdraw(session, session.get_one(Submission, kept.received.submission_id))
    )
    reporting.make_reports([id])
    report = kept_report(database, id)
    assert (report.state, report.reason) == ("set-aside", "What it was to be about is no longer held here")


def test_reports_on_the_sample_round_go_with_it(database: Database, analysed: Callable, make: Callable) -> None:
    id = make(analysed().organisation_id)
    change(database, lambda session: session.exec(sa.update(Report).values(sample=True)))
    with database.writing() as session:
        erasure.erase_sample(session)
    with database.reading() as session:
        assert session.get(Report, id) is None


# -- The work -------------------------------------------------------------------------------------------


def test_who_asks_twice_while_it_is_made_has_one(database: Database, analysed: Callable, staff_id: int) -> None:
    kept = analysed()
    ask = {"kind": "organisation", "subject": str(kept.organisation_id), "staff_id": staff_id}
    first, second = (change(database, lambda session: reports.ask(session, **ask)) for _ in range(2))
    assert first == second
    reporting.make_reports([first, first, 999])
    assert change(database, lambda session: reports.ask(session, **ask)) != first


def test_a_report_whose_worker_died_is_made_by_another_and_one_that_fails_is_told(
    database: Database, analysed: Callable, make: Callable, monkeypatch: pytest.MonkeyPatch, staff_browser: Any
) -> None:
    kept = analysed()
    monkeypatch.setattr(reports, "frozen", lambda *_, **__: 1 / 0)
    id = make(kept.organisation_id)
    reporting.make_reports([id])
    reporting.make_reports([id])
    assert kept_report(database, id).state == "set-aside"
    page = staff_browser.get(f"/staff/reports/{id}")
    assert "The making failed (ZeroDivisionError)" in markup.words(page)
    monkeypatch.undo()
    monkeypatch.setattr(tasks, "database", lambda: database)
    staff_browser.submit(f"/staff/reports/{id}", {"what": "again"})
    with database.writing() as session:
        assert reports.leases.claim(session, id)
        session.exec(sa.update(Report).values(lease_until=now() - LEASE))
        session.commit()
    assert change(database, reports.leases.sweep) == [id]
    reporting.make_reports([id])
    assert kept_report(database, id).made_at


def test_a_hold_ends_by_its_day_or_by_a_person(database: Database, analysed: Callable, make: Callable) -> None:
    id = make(analysed().organisation_id, hold_days=14)
    report = kept_report(database, id)
    assert reports.state_of(report) == "held"
    assert report.held_until - report.made_at == timedelta(days=14)
    change(database, lambda session: reports.end_hold(session, id))
    assert reports.state_of(kept_report(database, id)) == "due"
    tasks.begin_due_reports()
    reporting.make_reports(change(database, report_replies.due))
    assert reports.state_of(kept_report(database, id)) == "published"
    change(database, lambda session: reports.withdraw(session, id))
    assert_gone(database, id, "staff")


def test_the_command_line_makes_a_report_by_name_and_says_what_is_wrong(
    database: Database, analysed: Callable, settings: Any
) -> None:
    analysed()
    how = {"audience": "own", "hold_days": 0}
    id = reporting.make_now(database, settings, "organisation", "kinnaird  water council", **how)
    assert kept_report(database, id).made_at
    with pytest.raises(ValueError, match="No organisation has the name “Nobody”"):
        reporting.make_now(database, settings, "organisation", "Nobody", **how)
    assert reports.leases.lease.total_seconds() > leased.BEAT
