"""Counts by two things at once: who says what, of how many that answered, on the screen and in the file alike."""

import csv
import io
from collections.abc import Callable
from typing import Any

import markup
import openpyxl
import pytest
import sqlalchemy as sa
from sqlmodel import select

from collector.database import Database, now
from collector.findings import counts, estimates, standing
from collector.findings.counts import TOTAL, Within
from collector.findings.estimate_models import Estimate
from collector.findings.models import BlindItem, StandingLabel, Statement
from collector.intake import invitations
from collector.intake.models import Invitation, Passage, Round, Source
from collector.organisations import directory

URL = "/staff/counts"
HOW, SUGGESTED_MORE = "How it was counted", "More that only the machine takes to say it"
PARTNERS = [{"id": "a", "partner-name": "Dunlaw Health Trust", "partner-kind": "health_board"}]


@pytest.fixture
def two(analysed: Callable) -> Any:
    """A council by itself, then the council and a health board together."""
    analysed("alone")
    return analysed("joint", partners=PARTNERS)


def accept(database: Database, family: str, label: str, *, only: int | None = None) -> None:
    with database.writing() as session:
        chosen = select(StandingLabel).where(StandingLabel.family == family, StandingLabel.label == label)
        for one in session.exec(chosen.order_by(StandingLabel.statement_id).limit(only)).all():
            one.state = "accepted"
            session.add(one)
        session.commit()


def cell(database: Database, row: str, column: str, *, rows: str = "kinds", columns: str = "kind", **more: Any) -> Any:
    with database.reading() as session:
        within = Within(**more)
        return counts.cells(session, within, counts.heard(session, within), rows, columns).get((row, column))


def words(answer: Any) -> str:
    return " ".join(markup.words(answer).split())


def kept(database: Database, **changes: Any) -> None:
    row = {
        "family": "kinds",
        "label": "activity",
        "by": "",
        "value": "",
        "model": "test-1",
        "round_id": None,
        "answered": 2,
        "decided": 0,
        "low": 1,
        "high": 2,
        "basis": estimates.CORRECTED,
        "blind": 60,
        "statements_decided": 0,
        "statements_low": 3,
        "statements_high": 6,
    }
    with database.writing() as session:
        session.add(Estimate(**{**row, **changes}))
        session.commit()


# -- What is counted ---------------------------------------------------------------------------------


def test_a_joint_return_counts_for_each_organisation_and_its_statements_once(two: Any, database: Database) -> None:
    whole = cell(database, "activity", TOTAL)
    assert (len(whole.said), whole.statements) == (2, 4)
    board = cell(database, "activity", "health_board")
    assert (len(board.said), board.statements) == (1, 2)


def test_what_only_the_machine_says_is_not_taken_for_decided(two: Any, database: Database) -> None:
    before = cell(database, "activity", TOTAL)
    assert (len(before.decided), before.suggested) == (0, 2)
    accept(database, "kinds", "activity", only=1)  # of what the council says alone
    after = cell(database, "activity", TOTAL)
    assert (len(after.decided), after.suggested, after.statements_decided) == (1, 1, 1)


def test_individuals_stand_apart_from_organisations(analysed: Callable, database: Database) -> None:
    analysed("organisation")
    person = analysed("person")
    with database.writing() as session:
        source = session.get_one(Source, person.source_id)
        source.organisation_id = None
        session.add(source)
        session.commit()
    found = cell(database, "activity", TOTAL)
    assert (len(found.said), found.statements, found.others_statements) == (1, 2, 2)
    with database.reading() as session:
        assert counts.heard(session, Within()).others == 1


def test_two_labels_meet_in_one_statement(two: Any, database: Database) -> None:
    both = cell(database, "activity", "what-matters", columns="fundamentals")
    assert (len(both.said), both.statements) == (2, 2)
    assert cell(database, "barrier", "what-matters", columns="fundamentals") is None
    # In all, each label has what it has alone.
    assert cell(database, "activity", TOTAL, columns="fundamentals").statements == 4
    assert cell(database, TOTAL, "what-matters", columns="fundamentals").statements == 2


def test_a_third_thing_narrows_what_is_counted(two: Any, database: Database) -> None:
    of_label = cell(database, "activity", TOTAL, third=("fundamentals", "what-matters"))
    assert of_label.statements == 2
    of_kind = cell(database, "activity", TOTAL, third=("kind", "health_board"))
    assert (len(of_kind.said), of_kind.statements) == (1, 2)


def test_an_answer_that_was_taken_back_or_is_coded_blind_counts_for_nothing(two: Any, database: Database) -> None:
    with database.writing() as session:
        first = session.exec(select(Passage).order_by(Passage.id)).first()
        first.retired_at = first.analysed_at
        session.add(first)
        session.commit()
    assert cell(database, "activity", TOTAL).statements == 2


def test_who_was_invited_and_is_silent_is_told_apart_from_who_was_not_asked(
    two: Any, database: Database, open_round: Round
) -> None:
    with database.writing() as session:
        invitations.add(session, open_round, [invitations.Guest("office@example.org", name="Silent Trust")])
        session.exec(sa.update(Invitation).values(invited_at=now()))
        invitations.add(session, open_round, [invitations.Guest("a@example.org", name="Only Listed")])
        directory.find_or_add(session, name="Nobody Asked", kind="other", areas=["fife"])
        session.commit()
    with database.reading() as session:
        heard = counts.heard(session, Within())
        told = len(heard.kinds), len(heard.silent), len(heard.not_asked)
        fife = counts.heard(session, Within(third=("area", "fife")))
    assert told == (2, 1, 2)
    assert len(fife.not_asked) == 1
    assert len(fife.silent) == 0


# -- What is corrected -------------------------------------------------------------------------------


def test_without_an_estimate_only_what_people_decided_is_counted_and_it_says_so(two: Any, database: Database) -> None:
    with database.reading() as session:
        found = estimates.of_area(session, "kinds").labels["activity"]
    assert (found.low, found.high, found.suggested, found.basis) == (0, 0, 2, estimates.NOT_CORRECTED)


def test_what_people_decided_since_is_in_both_ends_and_nothing_exceeds_who_answered(
    two: Any, database: Database
) -> None:
    kept(database, low=0, high=9)
    accept(database, "kinds", "activity")
    with database.reading() as session:
        found = estimates.of_area(session, "kinds")
    assert (found.answered, found.labels["activity"].low, found.labels["activity"].high) == (2, 2, 2)


def test_who_answered_after_the_measuring_may_say_it_too(two: Any, database: Database, staff_browser: Any) -> None:
    kept(database, answered=1, low=0, high=1)
    with database.reading() as session:
        found = estimates.of_area(session, "kinds").labels["activity"]
    assert (found.low, found.high) == (0, 2)
    assert "Since then 1 more organisation has answered" in words(staff_browser.get(f"{URL}?rows=kinds"))


def test_who_withdrew_after_the_measuring_may_have_said_it(two: Any, database: Database) -> None:
    kept(database, answered=3, decided=1, low=2, high=3)
    with database.reading() as session:
        found = estimates.of_area(session, "kinds").labels["activity"]
    assert (found.low, found.high) == (0, 2)


def test_a_sample_is_never_counted_with_what_was_said(two: Any, database: Database) -> None:
    kept(database)
    with database.reading() as session:
        found = estimates.of_area(session, "kinds", sample=True)
    assert (found.answered, found.labels["activity"].corrected) == (0, False)


def test_a_kind_that_is_chosen_twice_is_corrected_as_once(two: Any, database: Database, staff_browser: Any) -> None:
    kept(database, by="kind", value="health_board", answered=1, low=0, high=1)
    shown = words(staff_browser.get(f"{URL}?rows=kinds&columns=kind&third=kind:health_board"))
    assert "0 to 1 of 1 organisation: Activity, Health board" in shown


def test_an_area_is_told_by_its_own_estimate(analysed: Callable, database: Database) -> None:
    analysed("fife", areas=["fife"])
    kept(database, by="area", value="fife", answered=1, low=1, high=1)
    kept(database, low=0, high=1)
    with database.reading() as session:
        fife, moray = (estimates.of_area(session, "kinds", area=one) for one in ("fife", "moray"))
    assert (fife.labels["activity"].low, fife.labels["activity"].corrected) == (1, True)
    assert (moray.answered, moray.labels["activity"].corrected) == (0, False)


def test_a_pair_of_labels_is_corrected_where_both_are_of_the_table(
    two: Any, database: Database, staff_browser: Any
) -> None:
    kept(database, family="actions|kinds", label="planning|activity", low=1, high=2)
    for query in ("rows=kinds&columns=actions", "rows=actions&columns=kinds"):
        found = lines(staff_browser.get(f"{URL}/download/csv?{query}"))
        [one] = [one for one in found if {one["Row"], one["Column"]} == {"Planning", "Activity"}]
        assert (one["Organisations that say it, at least"], one[HOW]) == ("1", "corrected by the blind sample")
    narrowed = lines(staff_browser.get(f"{URL}/download/csv?rows=kinds&columns=none&third=actions:planning"))
    assert {one[HOW] for one in narrowed} <= {"decided by people only: not corrected", "decided by people only"}


def test_in_one_round_two_labels_are_not_corrected_and_page_and_file_say_so(
    two: Any, database: Database, open_round: Round, staff_browser: Any
) -> None:
    kept(database, family="actions|kinds", label="planning|activity", low=1, high=2)
    query = f"rows=actions&columns=kinds&round={open_round.id}"
    answer = staff_browser.get(f"{URL}?{query}")
    assert "Where a row and a column meet here, nothing is corrected." in words(answer)
    [of_all] = markup.tree(answer).xpath('//a[text()="The same table of all that came in"]/@href')
    corrected = staff_browser.get(of_all)
    assert "nothing is corrected" not in words(corrected)
    assert "1 to 2 of 2 organisations: Planning, Activity" in words(corrected)
    found = lines(staff_browser.get(f"{URL}/download/csv?{query}"))
    pair = [one for one in found if {one["Row"], one["Column"]} == {"Planning", "Activity"}]
    assert [(one["Decided by people"], one[SUGGESTED_MORE], one[HOW]) for one in pair] == [
        ("0", "2", "decided by people only: not corrected")
    ]
    assert [one["Organisations that say it, at most"] for one in pair] == ["0"]
    about = openpyxl.load_workbook(io.BytesIO(staff_browser.get(f"{URL}/download/xlsx?{query}").content))["About"]
    assert any("meet nothing is" in str(row[1]) for row in about.iter_rows(values_only=True))


@pytest.mark.parametrize(
    ("asked", "corrected"),
    [
        ("rows=kinds&columns=kind", True),
        ("rows=kinds&columns=none&third=area:fife", True),
        ("rows=kinds&columns=area&third=area:fife", True),
        ("rows=kinds&columns=kind&third=area:fife", False),
        ("rows=kinds&columns=kind&third=fundamentals:what-matters", False),
        ("rows=fundamentals&columns=actions", True),
        ("rows=fundamentals&columns=actions&third=area:fife", True),
        ("rows=fundamentals&columns=kinds", False),
    ],
)
def test_a_table_says_whether_it_is_corrected_where_its_rows_and_columns_meet(
    two: Any, staff_browser: Any, asked: str, corrected: bool
) -> None:
    assert ("nothing is corrected" not in words(staff_browser.get(f"{URL}?{asked}"))) is corrected


def test_what_a_third_thing_leaves_is_decided_where_people_decided_that_too(two: Any, database: Database) -> None:
    accept(database, "kinds", "activity")
    narrow = {"third": ("fundamentals", "what-matters")}
    assert len(cell(database, "activity", TOTAL, **narrow).decided) == 0
    accept(database, "fundamentals", "what-matters")
    assert len(cell(database, "activity", TOTAL, **narrow).decided) == 2


# -- On the screen -----------------------------------------------------------------------------------


def test_the_table_tells_how_many_of_how_many_and_opens_its_statements(
    two: Any, database: Database, staff_browser: Any
) -> None:
    kept(database)
    answer = staff_browser.get(f"{URL}?rows=kinds&columns=kind")
    shown = words(answer)
    assert "2 organisations answered, 0 did not answer, 0 were not asked" in shown
    [link] = markup.tree(answer).xpath('//td/a[starts-with(., "1 to 2")]')
    assert "of 2 organisations: Activity, All organisations" in " ".join(link.text_content().split())
    listed = words(staff_browser.get(link.get("href")))
    assert "4 statements of organisations" in listed
    assert "Kinnaird Water Council, Dunlaw Health Trust, jointly" in listed
    assert "Parents chair it." in listed


def test_empty_cells_are_shown_and_headers_say_what_they_are_of(two: Any, staff_browser: Any) -> None:
    tree = markup.tree(staff_browser.get(f"{URL}?rows=barrier_themes&columns=area"))
    assert {one.get("scope") for one in tree.xpath("//table//th")} <= {"row", "col", "colgroup"}
    assert len(tree.xpath("//table/caption")) == 1
    assert len(tree.xpath("//thead//th")) == len(tree.xpath("//tbody/tr")[0].xpath("./th|./td"))
    assert len(tree.xpath('//td/span[text()="none"]')) > 100


def test_an_address_that_makes_no_sense_shows_the_usual_table(two: Any, staff_browser: Any) -> None:
    odd = staff_browser.get(f"{URL}?rows=nothing&columns=nothing&round=x&third=area:atlantis&page=x")
    assert odd.status_code == 200
    assert "Organisations by action" in words(odd)
    assert staff_browser.get(f"{URL}?rows=kinds&columns=kinds").status_code == 200


def test_a_cell_of_nothing_is_not_found(two: Any, staff_browser: Any) -> None:
    for rest in ("rows=kinds&row=nonsense", "rows=kinds", "rows=kind&columns=area&row=health_board&column=atlantis"):
        assert staff_browser.get(f"{URL}/statements?{rest}").status_code == 404


def test_where_organisations_alone_are_counted_a_cell_opens_them(two: Any, staff_browser: Any) -> None:
    shown = words(staff_browser.get(f"{URL}/statements?rows=kind&columns=area&row=health_board&column=*"))
    assert "1 organisation" in shown
    assert "Dunlaw Health Trust" in shown


def test_before_anybody_answered_the_page_says_what_will_be_there(staff_browser: Any) -> None:
    assert "No organisation was heard here yet" in words(staff_browser.get(URL))


# -- In the file -------------------------------------------------------------------------------------


def lines(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_the_file_has_a_line_for_each_cell_of_the_screen_with_filters_and_day(
    two: Any, database: Database, staff_browser: Any
) -> None:
    kept(database)
    query = "rows=kinds&columns=kind&third=fundamentals:what-matters"
    tree = markup.tree(staff_browser.get(f"{URL}?{query}"))
    found = lines(staff_browser.get(f"{URL}/download/csv?{query}"))
    others = len(tree.xpath("//tbody/tr"))  # statements of individuals, a column of the screen and of each line
    assert len(found) == len(tree.xpath("//tbody/tr/td")) - others
    assert {one["Filters"] for one in found} == {"Fundamental “What Matters to Children and Families”"}
    assert all(one["Made"] and one["For"].startswith("Staff alone") for one in found)


def test_statements_have_an_interval_where_enough_of_their_own_were_coded_blind(
    two: Any, database: Database, staff_browser: Any
) -> None:
    kept(database)
    kept(database, by="kind", value="health_board", answered=1, high=1, statements_low=None, statements_high=None)
    found = {
        one["Column"]: one
        for one in lines(staff_browser.get(f"{URL}/download/csv?rows=kinds&columns=kind"))
        if one["Row"] == "Activity"
    }
    ends = [f"Statements, corrected as last measured, at {end}" for end in ("least", "most")]
    assert [found["All organisations"][end] for end in ends] == ["3", "6"]
    assert [found["Health board"][end] for end in ends] == ["", ""]
    assert found["Health board"][HOW] == "corrected by the blind sample"  # its organisations are


def test_the_sheet_says_the_same_as_the_text(two: Any, database: Database, staff_browser: Any) -> None:
    kept(database)
    query = "rows=kinds&columns=kind"
    texts = lines(staff_browser.get(f"{URL}/download/csv?{query}"))
    book = openpyxl.load_workbook(io.BytesIO(staff_browser.get(f"{URL}/download/xlsx?{query}").content))
    heading, *rows = book["Rows"].iter_rows(values_only=True)
    assert len(rows) == len(texts)
    place = heading.index("Organisations that say it, at least")
    assert [str(row[place]) for row in rows] == [one["Organisations that say it, at least"] for one in texts]
    assert "Filters" in [row[0] for row in book["About"].iter_rows(values_only=True)]


def test_a_round_that_is_named_like_a_formula_is_text_in_the_file(
    two: Any, database: Database, open_round: Round, staff_browser: Any
) -> None:
    with database.writing() as session:
        session.get_one(Round, open_round.id).title = "=1+1"
        session.commit()
    [told] = {one["Filters"] for one in lines(staff_browser.get(f"{URL}/download/csv?round={open_round.id}"))}
    assert not told.startswith("=")


def test_an_open_blind_passage_tells_nothing(two: Any, database: Database) -> None:
    with database.writing() as session:
        passage = session.exec(select(Passage).order_by(Passage.id)).first()
        session.add(BlindItem(passage_id=passage.id, coders=1, chance=0.1))
        session.flush()
        standing.settle(session, session.exec(select(Statement.id).where(Statement.passage_id == passage.id)).all())
        session.commit()
    assert cell(database, "activity", TOTAL).statements == 2
