"""The page of models: what serves, why, what is under way, and the way back."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import select

from collector.accounts.access import Person
from collector.database import Database, now
from collector.findings import readers
from collector.findings.learning_models import ReaderChange, ReaderVersion, Rereading, TrainingRun
from collector.frameworks import plan
from collector.review import trainings

URL = "/staff/models"
LIGHT = "shipped-1+light-0123456789"
FIGURES = {
    "champion": {"value": 0.571, "low": 0.527, "high": 0.612},
    "challenger": {"value": 0.645, "low": 0.602, "high": 0.686},
    "difference": {"value": 0.074, "low": -0.01, "high": 0.107},
}
COMPARED = {"statements": 412, "passages": 360, "better": True, "whole": FIGURES, "families": {"kinds": FIGURES}}


@pytest.fixture
def shipped(database: Database) -> str:
    with database.writing() as session:
        readers.register(session, reads=plan.SLUG, version="shipped-1", kind="shipped")
        session.commit()
    return "shipped-1"


@pytest.fixture
def learned(database: Database, shipped: str, analysed: Callable) -> str:
    """One that learned from a passage, was found better, and serves."""
    card = {"passages": [str(analysed().passage_ids[0])], "learned": [{"family": "kinds", "id": "idea"}]}
    with database.writing() as session:
        row = ReaderVersion(
            version=LIGHT, reads=plan.SLUG, kind="light", beneath=shipped, state="challenger", card=card
        )
        row.decisions, row.statements, row.passages, row.labels = 1234, 300, 1, 1
        readers.keep(session, row, b"numbers")
        readers.judge(session, LIGHT, COMPARED, outcome="served", reason="")
        session.commit()
    return LIGHT


def serving(database: Database) -> str | None:
    with database.reading() as session:
        return readers.champion(session, plan.SLUG)


def runs(database: Database) -> list[TrainingRun]:
    with database.reading() as session:
        return list(session.exec(select(TrainingRun)))


def test_before_a_worker_has_started_the_page_says_so(staff_browser: Any) -> None:
    page = staff_browser.get(URL).text
    assert "No model has told its name yet" in page
    assert "Train now" not in page


def test_it_says_what_serves_what_that_learned_from_and_how_it_was_judged(staff_browser: Any, learned: str) -> None:
    page = staff_browser.get(URL).text
    for words in (
        "Learned from decisions",
        learned,
        "300 statements of 1 passage that people decided on: 1 label, each told yes or no, 1,234 times in all",
        "0.65",
        "(0.60 to 0.69)",
        "+0.07",
        "(−0.01 to +0.11)",
        "412 statements of 360 passages that people coded blind",
    ):
        assert words in page, words


def test_training_is_asked_for_once_however_often_it_is_pressed_and_can_be_stopped(
    staff_browser: Any, database: Database, shipped: str
) -> None:
    for _ in range(2):
        sent = staff_browser.submit(f"{URL}/train", {"reads": plan.SLUG})
        assert (sent.status_code, sent.headers["location"]) == (303, f"{URL}?done=asked")
    [run] = runs(database)
    with database.writing() as session:
        claim = trainings.leases.claim(session, run.id)
        assert trainings.leases.renew(session, claim, stage="reading", done=1200, total=3400)
        session.commit()
    page = staff_browser.get(URL).text
    assert "1,200 of 3,400 passages read" in page
    assert "Train now" not in page
    assert staff_browser.submit(f"{URL}/cancel", {"run": str(run.id)}).headers["location"] == f"{URL}?done=cancelled"
    assert staff_browser.submit(f"{URL}/cancel", {"run": str(run.id)}).headers["location"] == f"{URL}?done=ended"
    assert staff_browser.submit(f"{URL}/cancel", {"run": "x"}).headers["location"] == f"{URL}?done=ended"
    assert "Stopped by a person" in staff_browser.get(URL).text
    with database.writing() as session:
        assert not trainings.leases.renew(session, claim, done=1300)


def test_it_says_whether_all_trainings_are_listed(staff_browser: Any, database: Database, shipped: str) -> None:
    def ended(number: int) -> str:
        with database.writing() as session:
            told = {"reads": plan.SLUG, "state": "done", "outcome": "nothing-new", "finished_at": now()}
            session.add_all(TrainingRun(**told) for _ in range(number))
            session.commit()
        return staff_browser.get("/staff/models").text

    assert "All of them are listed." in ended(20)
    assert "The last 20 are listed." in ended(1)


def test_what_is_not_there_cannot_be_trained(staff_browser: Any, shipped: str) -> None:
    assert staff_browser.submit(f"{URL}/train", {"reads": "no-such"}).status_code == 404


def test_returning_to_an_earlier_one_says_first_what_happens_and_is_written_down(
    staff_browser: Any, database: Database, learned: str, shipped: str
) -> None:
    asked = staff_browser.get(f"{URL}/return", params={"to": shipped})
    assert "What people decided stands" in asked.text
    assert serving(database) == learned
    done = staff_browser.submit(f"{URL}/return", {"to": shipped})
    assert done.headers["location"] == f"{URL}?done=returned"
    assert serving(database) == shipped
    with database.reading() as session:
        changes = session.exec(select(ReaderChange).order_by(ReaderChange.id)).all()
        assert [(one.version, one.why) for one in changes] == [
            (shipped, "shipped"),
            (learned, "better"),
            (shipped, "returned"),
        ]
        assert changes[-1].staff_id is not None
        assert session.get_one(ReaderVersion, learned).state == "retired"
    assert "Returned to by The reviewer" in staff_browser.get(URL).text
    assert staff_browser.submit(f"{URL}/return", {"to": shipped}).headers["location"] == f"{URL}?done=serves"


def test_one_that_was_never_found_better_cannot_be_returned_to(
    staff_browser: Any, database: Database, learned: str, shipped: str
) -> None:
    with database.writing() as session:
        session.add(ReaderVersion(version="refused-1", reads=plan.SLUG, kind="light", beneath=shipped, state="refused"))
        session.commit()
    refused = staff_browser.submit(f"{URL}/return", {"to": "refused-1"})
    assert (refused.status_code, serving(database)) == (422, learned)
    assert "Choose one that has served before" in refused.text
    assert staff_browser.submit(f"{URL}/return", {"to": "no-such"}).status_code == 404


def test_reading_again_is_asked_for_shown_and_stopped(staff_browser: Any, database: Database, learned: str) -> None:
    assert "Being counted" in staff_browser.get(URL).text  # what followed from the change
    assert staff_browser.submit(f"{URL}/stop").headers["location"] == f"{URL}?done=stopped"
    assert "Read anew what another model read" in staff_browser.get(URL).text
    assert staff_browser.submit(f"{URL}/read-again").headers["location"] == f"{URL}?done=again"
    with database.writing() as session:
        row = session.exec(select(Rereading).where(Rereading.state == "running")).one()
        row.total, row.done = 88_000, 12_400
        session.add(row)
        session.commit()
    assert f"12,400 of 88,000 passages read by {learned}" in staff_browser.get(URL).text


def test_an_auditor_sees_all_of_it_and_can_change_nothing(as_person: Callable, learned: str, shipped: str) -> None:
    auditor = as_person(Person.AUDITOR)
    page = auditor.get(URL).text
    assert learned in page
    for words in ("Train now", "Return to it", "Read anew what", "Stop reading anew"):
        assert words not in page
    for verb in ("train", "cancel", "return", "read-again", "stop"):
        assert auditor.submit(f"{URL}/{verb}", {"to": shipped}).status_code == 403
