"""A report on an area says who was heard and who was not, counts organisations, and goes with the words it quotes."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import select

from collector.database import Database
from collector.findings import estimates
from collector.findings.audit_models import LabelHold
from collector.findings.estimate_models import Estimate
from collector.findings.report_models import Report, ReportSource
from collector.intake.models import Passage, Source, Submission, SubmissionPartner
from collector.organisations import directory
from collector.privacy import erasure
from collector.profiles import document, report_of_area, reports
from collector.profiles.report_contents import NoSubject
from collector.review import agreement_runs, decisions

pytestmark = pytest.mark.usefixtures("worker_here")


@pytest.fixture
def make(report_made: Callable) -> Callable[..., Any]:
    """Has a report on an area made; returns its number and what it says."""

    def asked(area: str, **how: Any) -> tuple[int, document.Document]:
        report = report_made("area", area, **how)
        return report.id, reports.read(report)

    return asked


def section(made: document.Document, title: str) -> document.Section:
    return next(one for one in document.walked(made.sections) if one.title == title)


def test_it_tells_who_was_heard_and_who_was_not_by_name(analysed: Callable, database: Database, make: Callable) -> None:
    analysed()
    with database.writing() as session:
        directory.find_or_add(session, name="Abbey Trust", kind="third_sector", areas=["fife"])
        session.commit()
    _, made = make("fife")
    silence, table = section(made, "Who has been heard, and who has not").blocks
    assert silence.sentences[0].text.startswith("0 were asked and not heard; 1 never asked.")
    assert [row.heading for row in table.rows] == ["Abbey Trust", "Kinnaird Water Council"]
    assert table.rows[0].cells == ("Third sector organisation", "Not yet", "Never asked")
    assert table.rows[1].cells[2] == "Submission"
    assert made.subtitle == "Heard from 1 of 2 organisations"


def figures_of(made: document.Document) -> list[tuple[str, str, str]]:
    return [(one.number, one.words, one.of) for one in section(made, "In short").blocks[0].figures]


def some_cells(made: document.Document, title: str) -> list[tuple[str, str, Any]]:
    """Of a grid all that are not nothing: action, column, what stands there."""
    [grid] = [one for one in section(made, title).blocks if one.block == "grid"]
    rows = [row for group in grid.groups for row in group.rows]
    told = [(row.heading, column, cell) for row in rows for column, cell in zip(grid.columns, row.cells, strict=True)]
    return [one for one in told if one[2]]


def accept(database: Database, staff_id: int, statement_id: int, *labels: tuple[str, str]) -> None:
    with database.writing() as session:
        for family, label in labels:
            one = {"statement_id": statement_id, "family": family, "label": label}
            decisions.decide(session, **one, verdict="accept", staff_id=staff_id)
        session.commit()


def test_it_counts_organisations_beside_statements_and_quotes_what_they_say(analysed: Callable, make: Callable) -> None:
    kept = analysed()
    _, made = make("fife")
    more = "of 1 heard from, as people decided; 1 more suggested by the machine, not counted"
    assert figures_of(made)[:3] == [
        ("0", "say what they do", more),
        ("0", "state plans", "of 1 heard from"),
        ("0", "say what is in the way", more),
    ]
    [table] = section(made, "What gets in the way").blocks
    assert [(row.heading, *row.cells) for row in table.rows] == [("Funding", "0", "1", "not told yet")]
    assert {one.statement_id for one in made.references} == set(kept.statement_ids)
    assert {one.who for one in made.references} == {"Kinnaird Water Council"}
    assert some_cells(made, "The 25 actions") == [("Planning", "Do", "0 (+1)")]
    assert some_cells(made, "Actions and Fundamentals")[0][2] == "0 (+1)"


def test_what_several_said_together_is_checked_once(
    analysed: Callable, database: Database, make: Callable, staff_id: int
) -> None:
    kept = analysed()
    with database.writing() as session:
        other = directory.find_or_add(session, name="Abbey Trust", kind="third_sector", areas=["fife"])
        session.add(SubmissionPartner(submission_id=kept.received.submission_id, organisation_id=other))
        for id in kept.statement_ids[:2]:
            label = {"statement_id": id, "family": "kinds", "label": "activity"}
            decisions.decide(session, **label, verdict="accept", staff_id=staff_id)
        session.commit()
    _, made = make("fife")
    assert "people checked 2 of 3 statements" in str(section(made, "In short").blocks)


def test_an_area_where_nobody_works_is_told_as_such(make: Callable, open_round: Any) -> None:
    _, made = make("orkney-islands")
    assert made.subtitle == "Heard from 0 of 0 organisations"
    assert made.references == ()


def test_a_label_on_hold_counts_only_where_a_person_accepted_it(
    analysed: Callable, database: Database, make: Callable, staff_id: int
) -> None:
    kept = analysed()
    with database.writing() as session:
        run_id = agreement_runs.ask(session, staff_id=staff_id)
        session.add(LabelHold(family="kinds", label="barrier", model="test-1", run_id=run_id, figures={}, passages=20))
        session.commit()
    _, made = make("fife")
    assert figures_of(made)[2] == ("0", "say what is in the way", "of 1 heard from")
    with database.writing() as session:
        label = {"statement_id": kept.statement_ids[-1], "family": "kinds", "label": "barrier"}
        decisions.decide(session, **label, verdict="accept", staff_id=staff_id)
        session.commit()
    _, made = make("fife")
    assert section(made, "In short").blocks[0].figures[2].number == "1"


def test_what_may_tell_of_harm_is_counted_and_not_quoted(
    analysed: Callable, database: Database, make: Callable
) -> None:
    kept = analysed()
    with database.writing() as session:
        session.get_one(Passage, kept.passage_ids[1]).harm = True
        session.commit()
    _, made = make("fife")
    assert "1 more suggested" in figures_of(made)[2][2]
    assert kept.statement_ids[-1] not in {one.statement_id for one in made.references}
    told = str(section(made, "Planning").sections)
    assert "1 statement, decided or suggested; 0 of them quoted here." in told


def test_for_anybody_it_is_drawn_from_what_may_be_published_with_the_name_alone(
    analysed: Callable, make: Callable, database: Database
) -> None:
    kept = analysed(permission="do-not-publish")
    _, made = make("fife", audience="anyone")
    assert made.references == ()
    assert "may not be published with the name" in str(section(made, "In short").blocks)
    with database.writing() as session:
        session.get_one(Submission, kept.received.submission_id).permission = "with-name"
        session.commit()
    _, made = make("fife", audience="anyone")
    assert len(made.references) == 3
    assert {one.who for one in made.references} == {"Kinnaird Water Council"}


# -- What is corrected, and what is small ------------------------------------------------------------------


@pytest.fixture
def known(database: Database) -> Callable[..., None]:
    def keep(family: str, label: str, low: int, high: int, **more: Any) -> None:
        told = {"family": family, "label": label, "by": "area", "value": "fife", "low": low, "high": high}
        told |= {"answered": 1, "decided": 0, "basis": estimates.CORRECTED, "model": "test-1", **more}
        rest = {name: 0 for name in Estimate.model_fields if name not in {*told, "id", "round_id", "made_at"}}
        with database.writing() as session:
            session.add(Estimate(**told, **rest))
            session.commit()

    return keep


def test_where_the_blind_sample_tells_it_a_range_stands_in_its_place(
    analysed: Callable, make: Callable, known: Callable, database: Database
) -> None:
    analysed()
    known("kinds", "activity", 0, 1)
    known("actions|kinds", "planning|activity", 0, 1)
    known("actions|kinds", "advocacy|offer", 0, 1)
    known("barrier_themes", "funding", 0, 1)
    known("priority_areas|kinds", "planning|activity", 0, 1)
    first, made = make("fife")
    assert figures_of(made)[0] == ("0 to 1", "say what they do", "of 1 heard from; people decided it of 0")
    assert some_cells(made, "The 25 actions") == [("Planning", "Do", "0 to 1")]
    assert "0: nothing is known of it; up to 1 may say it all the same" in str(section(made, "The 25 actions"))
    assert section(made, "What gets in the way").blocks[0].rows[0].cells == ("0", "1", "0 to 1")
    assert "Between 0 and 1 organisations. 2 statements" in str(section(made, "Planning").sections)
    assert "Manski 2003" in str(section(made, "How organisations were counted"))
    known("kinds", "offer", 0, 1)  # another estimate is another report
    second, _ = make("fife")
    with database.reading() as session:
        assert session.get_one(Report, first).hashes["data"] != session.get_one(Report, second).hashes["data"]


def test_a_label_on_hold_is_not_corrected_for_it_would_tell_what_is_held_back(
    analysed: Callable, database: Database, make: Callable, staff_id: int, known: Callable
) -> None:
    analysed()
    known("actions|kinds", "planning|activity", 0, 1)
    with database.writing() as session:
        run_id = agreement_runs.ask(session, staff_id=staff_id)
        session.add(
            LabelHold(family="actions", label="planning", model="test-1", run_id=run_id, figures={}, passages=20)
        )
        session.commit()
    _, made = make("fife")
    assert some_cells(made, "The 25 actions") == []


@pytest.fixture
def many(analysed: Callable, database: Database, staff_id: int) -> Callable[[int, int], None]:
    """So many organisations of Fife send the same; of the first of them people decide what they do, and on what."""

    def send(number: int, decided: int) -> None:
        for place in range(number):
            sent = analysed(f"key-{place}", **{"organisation-name": f"Trust {place}"}, permission="with-name")
            if place < decided:
                first = sent.statement_ids[0]
                accept(database, staff_id, first, ("kinds", "activity"), ("actions", "planning"))

    return send


def test_for_anybody_only_what_people_decided_is_counted_and_few_are_fewer_than_five(
    many: Callable, make: Callable, known: Callable
) -> None:
    many(6, 2)
    known("kinds", "activity", 3, 5)
    _, made = make("fife", audience="anyone")
    of = "of the 6 that may be named, as people decided; more suggested by the machine, not counted"
    assert figures_of(made)[0] == ("Fewer than 5", "say what they do", of)
    # Of two statements that were checked no three organisations could be counted.
    assert "people checked fewer than 5 of 18 statements" in str(section(made, "In short").blocks)
    assert some_cells(made, "The 25 actions") == [("Planning", "Do", "fewer than 5 (+)")]
    told = str(section(made, "Planning").sections)
    assert "Fewer than 5 organisations, as people decided; the machine suggests more, not counted." in told
    assert "quoted here" not in told
    assert "None that people decided so far; the machine suggests some, not counted." in told
    [table] = section(made, "What gets in the way").blocks
    assert [row.cells for row in table.rows] == [("0 (+)",)]


def test_for_anybody_where_fewer_than_five_may_be_named_no_number_of_them_is_told(
    many: Callable, make: Callable
) -> None:
    many(4, 2)
    _, made = make("fife", audience="anyone")
    assert {one.title for one in made.sections}.isdisjoint({"The 25 actions", "Actions and Fundamentals"})
    assert [one.block for one in section(made, "In short").blocks] == ["note"]
    assert "Fewer than 5 organisations that may be named were heard from." in str(made.sections[-1])
    assert len(made.references) > 4  # their words stand all the same


def test_for_anybody_how_few_may_not_be_named_is_not_told(many: Callable, analysed: Callable, make: Callable) -> None:
    many(5, 5)
    analysed("silent", **{"organisation-name": "Quiet Trust"}, permission="do-not-publish")
    _, made = make("fife", audience="anyone")
    assert "Fewer than 5 sources were analysed besides." in str(section(made, "In short"))
    assert figures_of(made)[0][0] == "5"


def test_who_withdraws_takes_their_words_out_of_it(analysed: Callable, database: Database, make: Callable) -> None:
    kept = analysed()
    id, _ = make("scotland")
    with database.writing() as session:
        assert session.exec(select(ReportSource.source_id).where(ReportSource.report_id == id)).all() == [
            kept.source_id
        ]
        erasure.withdraw(session, session.get_one(Submission, kept.received.submission_id))
        session.commit()
    with database.reading() as session:
        report = session.get_one(Report, id)
        assert reports.state_of(report) == "withdrawn"
        assert report.snapshot in ("", None)
        assert session.exec(select(Source)).all() == []


def test_the_command_line_takes_the_name_of_an_area_or_its_id(
    analysed: Callable, database: Database, open_round: Any
) -> None:
    with database.reading() as session:
        assert reports.subject_of(session, "area", "na h-eileanan siar") == "na-h-eileanan-siar"
        assert reports.subject_of(session, "area", "scotland") == "scotland"
        with pytest.raises(NoSubject, match="No council area has the name “Atlantis”"):
            reports.subject_of(session, "area", "Atlantis")
        with pytest.raises(NoSubject):
            report_of_area.of_area(session, "atlantis")
