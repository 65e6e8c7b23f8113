"""The sample round: loads once, whole, marked wherever it shows, and goes without a trace."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlmodel import select

from collector.database import Database
from collector.intake import sample
from collector.intake.models import Passage, Round, Source
from collector.organisations.models import Organisation
from collector.privacy import erasure
from collector.review import decisions


def load(database: Database) -> list[int]:
    with database.writing() as session:
        return sample.load(session)


def remove(database: Database) -> int:
    with database.writing() as session:
        return erasure.erase_sample(session)


def test_loading_twice_loads_once(database: Database, dump: Callable) -> None:
    number, before = len(load(database)), dump()
    assert number >= 17
    assert load(database) == []
    assert dump() == before


def test_loading_after_half_a_load_completes_it(
    database: Database, dump: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = yaml.safe_load(sample.FILE.read_text("utf-8"))
    half = tmp_path / "half.yaml"
    half.write_text(yaml.safe_dump({**whole, "submissions": whole["submissions"][:5]}, allow_unicode=True), "utf-8")
    with monkeypatch.context() as patch:
        patch.setattr(sample, "FILE", half)
        assert len(load(database)) == 5
    assert len(load(database)) == len(whole["submissions"]) - 5
    assert len(dump()["submission"]) == len(dump()["job"]) == len(whole["submissions"])
    assert len(dump()["round"]) == 1


def test_what_is_loaded_stays_when_the_file_changes(
    database: Database, dump: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(database)
    before = dump()
    whole = yaml.safe_load(sample.FILE.read_text("utf-8"))
    for one in whole["submissions"]:
        one["answers"]["permission"] = "do-not-publish"
    other = tmp_path / "other.yaml"
    other.write_text(yaml.safe_dump(whole, allow_unicode=True), "utf-8")
    monkeypatch.setattr(sample, "FILE", other)
    assert load(database) == []
    assert dump() == before


def test_the_sample_is_as_varied_as_a_newcomer_should_see() -> None:
    told = yaml.safe_load(sample.FILE.read_text("utf-8"))["submissions"]
    organisations = {one["answers"].get("organisation-name") for one in told} - {None}
    assert len(organisations) >= 14
    assert sum(one["answers"]["respondent"] == "individual" for one in told) >= 3
    assert sum("." in key for one in told for key in one["answers"]) >= 80


def test_removing_leaves_no_row_of_the_sample_and_every_row_that_is_real(
    database: Database, dump: Callable, analysed: Callable, record_findings: Callable, staff_browser: Any
) -> None:
    analysed()
    staff_browser.submit("/staff/statements/1/decisions", {"family": "kinds", "label": "activity", "verdict": "accept"})
    before = held(dump)
    load(database)
    worked_on_sample(database, record_findings)
    assert all(len(rows) >= len(before[table]) for table, rows in held(dump).items())
    assert remove(database) >= 17
    assert held(dump) == before
    assert remove(database) == 0


def held(dump: Callable) -> dict[str, list[Any]]:
    """All rows but those that say for whom profiles are to be rebuilt, by numbers alone."""
    return {table: rows for table, rows in dump().items() if table != "profile_change"}


def worked_on_sample(database: Database, record_findings: Callable) -> None:
    """Everything that can be made of a sample submission."""
    with database.reading() as session:
        source_id = session.exec(select(Source.id).where(Source.sample)).first()
        text = session.exec(select(Passage.text).where(Passage.source_id == source_id, Passage.position == 1)).one()
    record_findings(source_id, {1: {text: {"kinds": ["activity"], "actions": ["planning"]}}})
    with database.writing() as session:
        statement_id = max(session.exec(select(decisions.Statement.id)))
        label = {"family": "kinds", "label": "idea"}
        decisions.decide(session, statement_id=statement_id, verdict="add", staff_id=1, **label)
        session.commit()


def test_a_real_organisation_of_the_same_name_is_another(database: Database, receive: Callable, dump: Callable) -> None:
    load(database)
    with database.reading() as session:
        name = session.exec(select(Organisation.name)).first()
    receive(**{"organisation-name": name})
    remove(database)
    assert [(row[1], row[4]) for row in dump()["organisation"]] == [(name, False)]


def test_what_is_of_the_sample_is_marked_on_every_page_that_shows_it(staff_browser: Any, database: Database) -> None:
    job_ids = load(database)
    assert job_ids
    with database.reading() as session:
        source_id, organisation_id = session.exec(
            select(Source.id, Source.organisation_id).where(Source.organisation_id.is_not(None))
        ).first()
        assert session.exec(select(Round.sample).where(Round.sample)).first()
    for path in (
        "/staff/sources",
        f"/staff/sources/{source_id}",
        "/staff/organisations",
        f"/staff/organisations/{organisation_id}",
    ):
        assert "Nothing here was said by anyone" in staff_browser.get(path).text, path


def test_real_pages_carry_no_mark_of_the_sample(staff_browser: Any, analysed: Callable) -> None:
    kept = analysed()
    for path in ("/staff/sources", f"/staff/sources/{kept.source_id}", f"/staff/organisations/{kept.organisation_id}"):
        assert "Nothing here was said by anyone" not in staff_browser.get(path).text, path
