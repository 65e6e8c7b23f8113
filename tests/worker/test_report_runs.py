"""Reports on all organisations at once: a run goes on wherever it was left, and a schedule begins each day once."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import Session, select

from collector.database import Database
from collector.findings.report_models import Report, ReportRun, ReportSchedule
from collector.intake.models import Round
from collector.profiles import report_runs, reports
from collector.queue import REPORT_TASK
from tests.collector import markup
from worker import reporting, tasks

pytestmark = pytest.mark.usefixtures("worker_here")

URL = "/staff/reports/runs"
FIRST = date(2027, 1, 31)


@pytest.fixture
def three(analysed: Callable) -> list[int]:
    """Organisations that have said something."""
    names = ("Alba Trust", "Brae Council", "Clyde Partnership")
    return [analysed(name, **{"organisation-name": name}).organisation_id for name in names]


def change(database: Database, do: Callable[[Session], Any]) -> Any:
    with database.writing() as session:
        done = do(session)
        session.commit()
    return done


def begin(database: Database, staff_id: int) -> tuple[int, list[int]]:
    how = {"audience": "own", "hold_days": 0, "staff_id": staff_id}
    run_id = change(database, lambda session: report_runs.begin(session, **how))
    with database.reading() as session:
        return run_id, report_runs.waiting(session, run_id)


def counts(database: Database, run_id: int) -> dict[str, int]:
    with database.reading() as session:
        return report_runs.progress(session, [run_id])[run_id]


def test_a_run_makes_a_report_on_each_that_has_said_something(
    database: Database, three: list[int], staff_id: int
) -> None:
    run_id, ids = begin(database, staff_id)
    assert counts(database, run_id) == {"waiting": 3}
    reporting.make_reports(ids)
    assert counts(database, run_id) == {"made": 3}
    with database.reading() as session:
        made = session.exec(select(Report).where(Report.run_id == run_id).order_by(Report.id)).all()
        assert [one.title for one in made] == ["Alba Trust", "Brae Council", "Clyde Partnership"]
        assert all(reports.rebuilt(one, "pdf")[1] for one in made)


def test_what_is_cancelled_is_not_made_until_the_run_is_taken_up_again(
    database: Database, three: list[int], staff_id: int
) -> None:
    run_id, ids = begin(database, staff_id)
    reporting.make_reports(ids[:1])
    change(database, lambda session: report_runs.cancel(session, run_id))
    reporting.make_reports(ids)
    assert counts(database, run_id) == {"made": 1, "cancelled": 2}
    assert change(database, reports.leases.sweep) == []
    change(database, lambda session: report_runs.resume(session, run_id))
    reporting.make_reports(ids)
    assert counts(database, run_id) == {"made": 3}


def test_one_that_fails_stops_no_other_and_is_made_again_alone(
    database: Database, three: list[int], staff_id: int, staff_browser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id, ids = begin(database, staff_id)
    written = reports.CONTENTS["organisation"]

    def fails_once(session: Session, subject: str, audience: str) -> Any:
        return 1 / 0 if subject == str(three[1]) else written(session, subject, audience)

    monkeypatch.setitem(reports.CONTENTS, "organisation", fails_once)
    for _ in range(3):
        reporting.make_reports(ids)
    assert counts(database, run_id) == {"made": 2, "set-aside": 1}
    page = staff_browser.get(f"{URL}/{run_id}")
    assert "2 of 3 reports made, 1 failed" in markup.words(page)
    [again] = markup.tree(page).xpath('//form[.//button[contains(., "Try again")]]/@action')
    monkeypatch.setitem(reports.CONTENTS, "organisation", written)
    staff_browser.submit(again, {"what": "again"})
    reporting.make_reports(ids)
    assert counts(database, run_id) == {"made": 3}
    assert "Done" in markup.words(staff_browser.get(f"{URL}/{run_id}"))


def test_a_run_is_asked_for_followed_and_cancelled_in_a_browser(
    database: Database, three: list[int], staff_browser: Any
) -> None:
    assert "No run yet" in markup.words(staff_browser.get(URL))
    answer = staff_browser.submit(URL, {"every": "now", "audience": "own", "hold": "14"})
    url = answer.headers["location"]
    assert "0 of 3 reports made" in markup.words(staff_browser.get(url))
    staff_browser.submit(url, {"what": "cancel"})
    assert "3 cancelled" in markup.words(staff_browser.get(url))
    with database.reading() as session:
        id = session.exec(select(Report.id).order_by(Report.id)).first()
    assert "cancelled with its run" in markup.words(staff_browser.get(f"/staff/reports/{id}"))
    staff_browser.submit(url, {"what": "resume"})
    assert "Under way" in markup.words(staff_browser.get(url))
    assert staff_browser.submit(url, {"what": "dance"}).status_code == 404


def test_where_nobody_has_said_anything_that_is_told(staff_browser: Any, database: Database) -> None:
    answer = staff_browser.submit(URL, {"every": "now", "audience": "own", "hold": "0"})
    assert markup.problems(answer) == {
        "#every": "No organisation has said anything yet. Reports can be made when one has"
    }


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"every": "month", "first-on": ["", "", ""]}, "#first-on"),
        ({"every": "month", "first-on": ["31", "2", "2099"]}, "#first-on"),
        ({"every": "once", "first-on": ["1", "1", "2020"]}, "#first-on"),
        ({"every": "never"}, "#every"),
        ({"kind": "moon"}, "#kind"),
        ({"hold": "-1"}, "#hold"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused_where_it_is_wrong(
    staff_browser: Any, fields: dict[str, Any], where: str
) -> None:
    answer = staff_browser.submit(URL, {"every": "now", "audience": "own", "hold": "0", **fields})
    assert answer.status_code == 422
    assert list(markup.problems(answer)) == [where]


@pytest.mark.parametrize(
    ("kind", "subjects"),
    [("area", ["scotland", "fife", "highland"]), ("round", ["1"]), ("board", ["scotland"])],
)
def test_a_run_is_of_any_kind(
    database: Database, three: list[int], staff_browser: Any, kind: str, subjects: list[str]
) -> None:
    answer = staff_browser.submit(URL, {"kind": kind, "every": "now", "audience": "own", "hold": "0"})
    assert answer.status_code == 303
    with database.reading() as session:
        rows = session.exec(select(Report).order_by(Report.id)).all()
    assert sorted(one.subject for one in rows) == sorted(subjects)
    reporting.make_reports([one.id for one in rows])
    assert "Done" in markup.words(staff_browser.get(answer.headers["location"]))


def test_a_schedule_is_of_the_kind_that_was_chosen(
    database: Database, three: list[int], staff_browser: Any, staff_id: int
) -> None:
    how = {"audience": "own", "hold_days": 0, "staff_id": staff_id, "every": "quarter", "first_on": FIRST}
    change(database, lambda session: report_runs.plan(session, kind="board", **how))
    assert "The Oversight Board Every three months" in " ".join(markup.words(staff_browser.get(URL)).split())
    assert due(database, FIRST) == 1
    with database.reading() as session:
        [made] = session.exec(select(Report)).all()
    assert (made.kind, made.subject) == ("board", "scotland")


def test_where_no_round_is_open_a_run_of_rounds_says_so(
    database: Database, three: list[int], staff_browser: Any
) -> None:
    long_ago = date(2020, 1, 1)
    change(database, lambda session: session.exec(sa.update(Round).values(closes_on=long_ago)))
    answer = staff_browser.submit(URL, {"kind": "round", "every": "now", "audience": "own", "hold": "0"})
    assert markup.problems(answer) == {"#every": "No round is open, or has closed within the last eight weeks"}


# -- By a schedule ----------------------------------------------------------------------------------------


def planned(database: Database, staff_id: int, every: str) -> int:
    how = {"audience": "own", "hold_days": 14, "staff_id": staff_id, "every": every, "first_on": FIRST}
    return change(database, lambda session: report_runs.plan(session, **how))


def due(database: Database, today: date) -> int:
    """How many reports are asked for on this day."""
    return len(change(database, lambda session: report_runs.begin_due(session, today)))


def test_a_schedule_begins_each_of_its_days_once_and_makes_up_for_one_that_were_missed(
    database: Database, three: list[int], staff_id: int
) -> None:
    id = planned(database, staff_id, "month")
    assert due(database, date(2027, 1, 30)) == 0
    assert [due(database, FIRST), due(database, FIRST)] == [3, 0]
    with database.reading() as session:
        assert session.get_one(ReportSchedule, id).next_on == date(2027, 2, 28)
    assert due(database, date(2027, 2, 28)) == 3
    assert due(database, date(2027, 6, 15)) == 3  # the service was away from March to June
    with database.reading() as session:
        assert session.get_one(ReportSchedule, id).next_on == date(2027, 6, 30)
        days = session.exec(select(ReportRun.due_on).order_by(ReportRun.id)).all()
    assert days == [FIRST, date(2027, 2, 28), date(2027, 3, 31)]
    change(database, lambda session: report_runs.end(session, id))
    assert due(database, date(2028, 1, 1)) == 0


@pytest.mark.parametrize(("every", "following"), [("quarter", date(2027, 4, 30)), ("once", None)])
def test_three_months_and_one_day(
    database: Database, three: list[int], staff_id: int, every: str, following: date | None
) -> None:
    id = planned(database, staff_id, every)
    assert due(database, FIRST) == 3
    with database.reading() as session:
        schedule = session.get_one(ReportSchedule, id)
    assert (schedule.ended_at is None, schedule.next_on) == ((True, following) if following else (False, FIRST))


def test_a_day_on_which_nobody_has_said_anything_passes(database: Database, staff_id: int) -> None:
    id = planned(database, staff_id, "month")
    assert due(database, FIRST) == 0
    with database.reading() as session:
        assert session.get_one(ReportSchedule, id).next_on == date(2027, 2, 28)
        assert session.exec(select(ReportRun.id)).all() == []


def test_the_beat_wakes_the_worker_and_a_schedule_is_ended_in_a_browser(
    database: Database, three: list[int], staff_browser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = staff_browser.submit(
        URL, {"every": "quarter", "audience": "own", "hold": "0", "first-on": ["31", "March", "2099"]}
    )
    assert answer.headers["location"] == URL
    page = staff_browser.get(URL)
    assert "31 March 2099" in markup.words(page)
    sent: list[tuple[list[int], str]] = []
    monkeypatch.setattr(tasks.queue(), "send", lambda ids, task: sent.append((ids, task)))
    tasks.begin_due_reports()
    assert sent == []
    change(database, lambda session: session.exec(select(ReportSchedule)).one().sqlmodel_update({"next_on": FIRST}))
    monkeypatch.setattr(report_runs.dates, "local_day", lambda _: FIRST)
    tasks.begin_due_reports()
    [(ids, task)] = sent
    assert (len(ids), task) == (3, REPORT_TASK)
    [end] = markup.tree(page).xpath('//form[.//button[contains(., "End it")]]/@action')
    staff_browser.submit(end)
    assert "No schedule" in markup.words(staff_browser.get(URL))
