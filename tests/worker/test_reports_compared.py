"""A report of each kind tells what is different since the one before it, and its hash tells that something is."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import Session, select

from collector.database import Database
from collector.findings.estimate_models import Estimate
from collector.findings.report_models import Report
from collector.intake.models import Source
from collector.organisations.models import Organisation
from collector.profiles import rendering, report_differences, reports
from collector.profiles.report_differences import Changed
from tests.collector import markup
from worker import reporting

pytestmark = pytest.mark.usefixtures("worker_here")

CHAIRED = "Parents chair it."
MORE = {1: {CHAIRED: {"actions": ["planning"], "kinds": ["barrier"], "barrier_themes": ["funding"]}}}


@pytest.fixture
def make(database: Database, staff_id: int) -> Callable[..., Report]:
    def asked(kind: str, subject: str, **how: Any) -> Report:
        with database.writing() as session:
            id = reports.ask(session, kind, subject, staff_id=staff_id, **how)
            session.commit()
        reporting.make_reports([id])
        with database.reading() as session:
            return session.get_one(Report, id)

    return asked


def change(database: Database, do: Callable[[Session], Any]) -> None:
    with database.writing() as session:
        do(session)
        session.commit()


def changed(before: Report, after: Report) -> list[tuple[str, str, str, str]]:
    found = report_differences.between(reports.read(before), reports.read(after)).changed
    return [told(one) for one in found]


def told(one: Changed) -> tuple[str, str, str, str]:
    return one.place[-1], one.what, one.before, one.after


@pytest.mark.parametrize(
    ("kind", "numbers"),
    [
        ("area", [("What gets in the way", "Funding, More, by the machine alone", "1", "2")]),
        ("area", [("The 25 actions", "Planning and Say what is in the way", "0", "0 (+1)")]),
        ("round", [("What gets in the way", "Funding, More, suggested by a machine", "1", "2")]),
        ("round", [("Who answered, and who has not", "Fife, Answered", "1", "2")]),
        ("board", [("What gets in the way", "Funding, More, suggested by a machine", "1", "2")]),
        ("board", [("Who was heard, and who was not", "Fife, Heard", "1", "2")]),
        ("board", [("In short", "organisations heard", "1", "2")]),
    ],
)
def test_one_more_that_was_heard_shows_in_every_number_that_it_changed(
    analysed: Callable, make: Callable, open_round: Any, kind: str, numbers: list
) -> None:
    subject = {"area": "fife", "round": str(open_round.id), "board": "scotland"}[kind]
    analysed()
    before = make(kind, subject)
    analysed("second", MORE, **{"organisation-name": "Zeta Trust"})
    found = changed(before, make(kind, subject))
    assert [one for one in numbers if one not in found] == []


def test_another_statement_of_an_organisation_shows_in_its_numbers(analysed: Callable, make: Callable) -> None:
    subject = str(analysed().organisation_id)
    before = make("organisation", subject)
    analysed("second", MORE)
    found = changed(before, make("organisation", subject))
    assert ("In short", "barriers", "1 of 3 statements", "2 of 4 statements") in found


def test_what_is_invented_is_not_compared_with_what_was_heard(
    analysed: Callable, database: Database, make: Callable, staff_browser: Any
) -> None:
    analysed()

    def invent(session: Session, sample: bool) -> None:
        for one in (*session.exec(select(Organisation)), *session.exec(select(Source))):
            one.sample = sample
            session.add(one)

    change(database, lambda session: invent(session, True))
    invented = make("board", "scotland")
    change(database, lambda session: invent(session, False))
    real = make("board", "scotland")
    assert (invented.sample, real.sample) == (True, False)
    with database.reading() as session:
        assert reports.previous(session, real) is None
    assert "There is no earlier report" in markup.words(staff_browser.get(f"/staff/reports/{real.id}/differences"))


# -- Hashes ---------------------------------------------------------------------------------------------


def hash_of(made: Report) -> str:
    return made.hashes["data"]


def test_another_estimate_is_another_hash_of_the_boards_data(
    analysed: Callable, database: Database, make: Callable
) -> None:
    analysed()
    before = make("board", "scotland")

    counted = {"decided": 0, "low": 0, "high": 1, "statements_decided": 0, "statements_low": 0, "statements_high": 1}
    of = {"family": "barrier_themes", "label": "funding", "model": "test-1", "answered": 1, "blind": 60}
    change(database, lambda session: session.add(Estimate(**of, **counted, basis="corrected")))
    after = make("board", "scotland")
    assert "Funding, Corrected count" in [what for _, what, *_ in changed(before, after)]
    assert hash_of(after) != hash_of(before)


def test_another_name_or_kind_of_an_organisation_is_another_hash_of_the_areas_data(
    analysed: Callable, database: Database, make: Callable
) -> None:
    analysed()
    seen = [hash_of(make("area", "fife"))]
    for field, value in (("name", "Renamed Trust"), ("kind", "health_board")):
        change(database, lambda session, f=field, v=value: setattr(session.exec(select(Organisation)).one(), f, v))
        seen.append(hash_of(make("area", "fife")))
    assert len(set(seen)) == 3
    assert hash_of(make("area", "fife")) == seen[-1]


def test_a_report_that_was_frozen_under_another_hash_is_rebuilt_as_it_was(
    analysed: Callable, database: Database, make: Callable
) -> None:
    """Its hash stands in what was frozen: nothing is worked out anew."""
    analysed()
    made = make("board", "scotland")
    with database.reading() as session:
        report = session.get_one(Report, made.id)
        assert reports.read(report).hashes == made.hashes
    made.snapshot = made.snapshot.replace(hash_of(made), "0" * 64)
    made.files = {kind: reports.hash_of(rendering.rendered(reports.read(made), kind)) for kind in rendering.FORMATS}
    assert all(reports.rebuilt(made, kind)[1] for kind in rendering.FORMATS)
    assert reports.read(made).hashes["data"] == "0" * 64
