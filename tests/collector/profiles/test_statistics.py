"""Statistics and budgets: what is kept of a file, what takes its place, and what a profile shows."""

from datetime import timedelta
from typing import Any

import pytest
from lxml import html
from sqlmodel import Session, select

from collector.accounts import staff
from collector.database import Database, now
from collector.organisations import directory
from collector.organisations.models import Organisation
from collector.profiles import statistic_editions, statistics
from collector.profiles.statistic_editions import CannotKeep, SameTitle
from collector.profiles.statistic_models import StatisticEdition, StatisticFigure, StatisticFile
from collector.web.page import template_engine
from tests.collector.profiles import statistics_told
from tests.collector.profiles.statistics_told import LEAVERS, SAID, begin, keep, read

NEWER = LEAVERS.replace("78.5", "78.6").replace("Moray,2023-24,82.5\n", "Fife,2024-25,81.0\n")


@pytest.fixture
def session(database: Database) -> Any:
    with database.writing() as session:
        yield session


def stamp(session: Session, edition: StatisticEdition) -> str:
    return statistic_editions.stamp_of(session, edition)


def kept(session: Session, edition: StatisticEdition, **more: Any) -> int:
    return statistic_editions.keep(session, edition.id, staff_id=None, seen=stamp(session, edition), **more)


# -- Keeping ------------------------------------------------------------------------------------------


def test_nothing_of_a_file_is_shown_before_somebody_keeps_it(session: Session) -> None:
    edition = read(session, begin(session))
    assert edition.found["figures"] == 6
    assert statistics.of_area(session, "fife") == []
    kept(session, edition)
    assert [one.facts.title for one in statistics.of_area(session, "fife")] == [SAID["title"]]
    assert session.get(StatisticFile, edition.id) is None  # its figures are all that is needed of it


def test_keeping_twice_keeps_once(session: Session) -> None:
    edition = read(session, begin(session))
    seen = stamp(session, edition)
    ids = {statistic_editions.keep(session, edition.id, staff_id=None, seen=seen) for _ in range(2)}
    assert len(ids) == 1
    assert len(statistics.history(session, ids.pop())) == 1


def test_what_was_not_understood_is_left_out_only_where_that_is_said(session: Session) -> None:
    edition = read(session, begin(session, LEAVERS + "Narnia,2023-24,1\n"))
    with pytest.raises(CannotKeep, match="what was not understood is left out"):
        kept(session, edition)
    kept(session, edition, leave_out=True)


def test_a_file_without_a_figure_cannot_be_kept(session: Session) -> None:
    edition = read(session, begin(session, "Area,Period,Value\nNarnia,2023-24,1\n"))
    with pytest.raises(CannotKeep, match="no figure to keep"):
        kept(session, edition, leave_out=True)


def test_a_newer_edition_takes_the_place_of_the_older_one_which_stays_in_the_history(session: Session) -> None:
    statistic_id = keep(session)
    newer = read(session, begin(session, NEWER, statistic_id=statistic_id, published_on="2026-06-30"))
    assert newer.found["against"] == {"number": 1, "same": 4, "changed": 1, "new": 1, "gone": 1}
    assert kept(session, newer) == statistic_id
    [fife] = statistics.of_area(session, "fife")
    assert [(one.period.words, one.value) for one in fife.points] == [
        ("2022–23", 78.6),
        ("2023–24", 80),
        ("2024–25", 81),
    ]
    assert fife.published_on.isoformat() == "2026-06-30"
    older = statistics.edition_numbered(session, statistic_id, 1)
    assert not older.in_use
    assert len(statistics.figures_of(session, older.id)["moray"]) == 2
    assert [(one.what, one.edition) for one in statistics.history(session, statistic_id)] == [("kept", 2), ("kept", 1)]


def test_what_was_read_or_kept_since_somebody_looked_is_not_kept_unseen(session: Session) -> None:
    statistic_id = keep(session)
    mine, theirs = (read(session, begin(session, NEWER, statistic_id=statistic_id)) for _ in range(2))
    seen = stamp(session, mine)
    kept(session, theirs)
    with pytest.raises(CannotKeep, match="since you looked"):
        statistic_editions.keep(session, mine.id, staff_id=None, seen=seen)


def test_a_title_is_that_of_one_statistic(session: Session) -> None:
    statistic_id = keep(session)
    with pytest.raises(SameTitle) as problem:
        begin(session, title="  school LEAVERS with a place to go")
    assert problem.value.statistic_id == statistic_id
    waiting = [read(session, begin(session, title="Another title")) for _ in range(2)]
    kept(session, waiting[0])
    with pytest.raises(SameTitle):
        kept(session, waiting[1])


def test_facts_that_change_have_the_file_read_again(session: Session) -> None:
    edition = read(session, begin(session, LEAVERS.replace("80.0 [p]", "80%")))
    assert edition.found["problem_count"] == 0
    facts, _ = statistic_editions.facts_of({**SAID, "unit": "number"})
    statistic_editions.change(session, edition.id, facts)
    assert edition.state == "waiting"
    assert read(session, edition.id).found["problem_count"] == 1


def test_what_a_reader_does_of_a_file_that_changed_meanwhile_is_worth_nothing(session: Session) -> None:
    edition_id = begin(session)
    claim = statistic_editions.leases.claim(session, edition_id)
    facts, _ = statistic_editions.facts_of(SAID)
    statistic_editions.change(
        session, edition_id, facts, file_name="b.csv", content=b"Area,Period,Value\nFife,2024,1\n"
    )
    statistic_editions.refuse(session, claim, "Too late")
    assert session.get_one(StatisticEdition, edition_id, populate_existing=True).state == "waiting"


def test_a_file_that_nobody_keeps_goes_with_its_figures_and_what_is_kept_stays(session: Session) -> None:
    keep(session)
    edition = read(session, begin(session, title="Another"))
    for one in session.exec(select(StatisticEdition)):
        one.woken_at = now() - statistic_editions.KEPT_FOR - timedelta(days=1)
    session.flush()
    statistic_editions.forget_abandoned(session)
    session.expunge_all()
    assert session.get(StatisticEdition, edition.id) is None
    assert len(session.exec(select(StatisticFigure.id)).all()) == 6


def test_a_statistic_is_taken_out_with_a_reason_and_put_back(session: Session) -> None:
    statistic_id = keep(session)
    someone = staff.add(session, email="one@example.org", name="One", role="reviewer").id
    assert statistic_editions.take_out(session, statistic_id, staff_id=someone, why="It was withdrawn")
    assert not statistic_editions.take_out(session, statistic_id, staff_id=someone, why="Twice")
    assert statistics.of_area(session, "fife") == []
    assert session.exec(statistics.in_use()).all() == []
    assert statistics.history(session, statistic_id)[0].why == "It was withdrawn"
    assert statistic_editions.put_back(session, statistic_id, staff_id=someone)
    assert len(statistics.of_area(session, "fife")) == 1


def test_one_is_not_put_back_beside_another_of_its_title(session: Session) -> None:
    statistic_id = keep(session)
    someone = staff.add(session, email="one@example.org", name="One", role="reviewer").id
    statistic_editions.take_out(session, statistic_id, staff_id=someone, why="Old")
    keep(session)
    with pytest.raises(CannotKeep):
        statistic_editions.put_back(session, statistic_id, staff_id=someone)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "a" * 201}, "title"),
        ({"unit": "miles"}, "unit"),
        ({"unit": "rate", "of": ""}, "of"),
        ({"what": ""}, "what"),
        ({"publisher": ""}, "publisher"),
        ({"source": ""}, "source"),
        ({"address": "javascript:alert(1)"}, "address"),
        ({"address": "https://[broken"}, "address"),
        ({"published_on": ""}, "published_on"),
        ({"published_on": "2999-01-01"}, "published_on"),
        ({"note": "a" * 2001}, "note"),
    ],
)
def test_what_is_wrong_with_the_facts_is_told_by_its_field(said: dict[str, str], field: str) -> None:
    facts, problems = statistic_editions.facts_of({**SAID, **said})
    assert list(problems) == [field]
    assert facts.publisher == {**SAID, **said}["publisher"]


# -- What a profile shows -----------------------------------------------------------------------------


def test_an_area_is_shown_beside_scotland_with_what_changed(session: Session) -> None:
    keep(session)
    [fife] = statistics.of_area(session, "fife")
    assert fife.words(fife.latest) == "80.0%"
    assert fife.latest.marks == "provisional"
    assert fife.change == "up 1.5 percentage points"
    assert fife.words(fife.beside(fife.latest)) == "81.5%"
    assert (fife.facts.source, fife.published_on.isoformat()) == ("Leavers in figures", "2026-03-31")
    assert len(fife.chart.lines) == 2


def test_what_was_suppressed_is_no_number_and_no_change_is_told_of_it(session: Session) -> None:
    keep(session)
    [moray] = statistics.of_area(session, "moray")
    assert moray.words(moray.points[0]) == "not published"
    assert moray.change == ""
    assert moray.chart is None  # one number is no line


def test_a_break_in_the_series_is_not_told_as_a_change(session: Session) -> None:
    keep(session, LEAVERS.replace("[p]", "[b]"))
    assert statistics.of_area(session, "fife")[0].change == ""


def test_shares_are_kept_and_shown_as_percentages(session: Session) -> None:
    keep(session, "Area,Year,Value\nFife,2023,0.45\nFife,2024,0.465\n", unit="share")
    [fife] = statistics.of_area(session, "fife")
    assert (fife.words(fife.latest), fife.change) == ("46.5%", "up 1.5 percentage points")


def test_scotland_is_not_shown_beside_itself(session: Session) -> None:
    keep(session)
    [scotland] = statistics.of_area(session, "scotland")
    assert scotland.scotland == ()
    assert scotland.words(scotland.latest) == "81.5%"


def test_a_place_without_figures_shows_nothing(session: Session) -> None:
    keep(session)
    assert statistics.of_area(session, "angus") == []
    assert statistics.of_organisation(session, 1) == []


def test_a_budget_of_an_organisation_is_bars(session: Session) -> None:
    id = directory.find_or_add(session, name="Kinnaird Water Council", kind="other")
    text = "Organisation,2022-23,2023-24\nKinnaird water council,£1.2m,£1.5m\n"
    keep(session, text, title="Budget for families", what="budget", unit="pounds", of="")
    [budget] = statistics.of_organisation(session, id)
    assert (budget.words(budget.latest), budget.change) == ("£1,500,000", "up £300,000")
    assert len(budget.chart.bars) == 2


def test_an_organisation_that_leaves_the_directory_takes_no_figure_along(session: Session) -> None:
    id = directory.find_or_add(session, name="Kinnaird Water Council", kind="other")
    statistic_id = keep(session, "Organisation,Year,Value\nKinnaird Water Council,2024,1\n", unit="number")
    session.delete(session.get_one(Organisation, id))
    session.flush()
    session.expire_all()
    edition = statistics.edition_in_use(session, statistic_id)
    assert [one.name for one in statistics.places_of(session, edition.id)] == ["Kinnaird Water Council"]


def test_places_stand_in_the_order_of_the_alphabet_whatever_their_figures(session: Session) -> None:
    statistic_id = keep(session, "Area,Year,Value\nMoray,2024,90\nFife,2024,1\nScotland,2024,50\nAngus,2024,70\n")
    edition = statistics.edition_in_use(session, statistic_id)
    assert [one.name for one in statistics.places_of(session, edition.id)] == ["Scotland", "Angus", "Fife", "Moray"]


def shown(session: Session, area: str) -> Any:
    template = template_engine().engine.from_string(
        '{% from "profiles/_statistics.html" import statistics_shown %}<p>{{ statistics_shown(shown, "Here") }}</p>'
    )
    return html.fromstring(template.render(shown=statistics.of_area(session, area)))


def test_a_chart_has_a_name_a_description_and_the_same_numbers_in_a_table(session: Session) -> None:
    keep(session)
    part = shown(session, "fife")
    [chart] = part.xpath("//svg[@role='img']")
    named = [part.get_element_by_id(id).text_content() for id in chart.get("aria-labelledby").split()]
    assert named[0] == "School leavers with a place to go, Here"
    assert "The scale begins at" in named[1]
    rows = [[cell.text_content() for cell in row] for row in part.xpath("//table/tbody/tr")]
    assert rows == [["2023–24", "80.0%provisional", "81.5%"], ["2022–23", "78.5%", "80.0%"]]
    assert part.xpath("//table/caption")


def test_each_line_of_a_chart_is_named_and_told_apart_without_colour(session: Session) -> None:
    keep(session)
    [chart] = shown(session, "fife").xpath("//svg[@role='img']")
    assert {"This area", "Scotland"} <= {word.text for word in chart.xpath(".//text")}
    dashes = {bool(line.get("stroke-dasharray")) for line in chart.xpath(".//polyline")}
    assert dashes == {True, False}


def test_a_profile_says_where_each_figure_is_from_and_what_was_not_published(session: Session) -> None:
    keep(
        session,
        LEAVERS.replace("Moray,2023-24,82.5", "Moray,2024-25,[c]").replace("Moray,2022-23,[c]", "Moray,2022-23,7"),
    )
    text = " ".join(shown(session, "moray").text_content().split())
    assert "Not published in 2024–25: suppressed, as few people are counted. Last published: 7.0% in 2022–23." in text
    assert "Source: Leavers in figures, An Office of Figures, published 31 March 2026." in text
    assert "None" not in text
    assert " 0%" not in text


def test_readers_of_a_report_are_not_led_to_pages_of_staff(session: Session) -> None:
    keep(session)
    asked = (
        '{% from "profiles/_statistics.html" import statistics_shown as told %}{{ told(shown, "", for_staff=false) }}'
    )
    text = template_engine().engine.from_string(asked).render(shown=statistics.of_area(session, "fife"))
    assert "/staff" not in text
    assert SAID["address"] in text


def test_words_of_a_file_are_never_markup(session: Session) -> None:
    keep(session, title="<b>Bold</b> leavers", note="<script>alert(1)</script>")
    part = shown(session, "fife")
    assert part.xpath("//b[text()='Bold']") == part.xpath("//script") == []
    assert statistics_told.SAID["source"] in part.text_content()
