"""The profile of an area: who was heard and who was not, counted in organisations, honestly."""

from collections.abc import Callable
from typing import Any

import markup
import pytest
import sqlalchemy as sa

from collector.database import Database
from collector.findings import counts, estimates, profile_changes
from collector.findings.estimate_models import Estimate
from collector.organisations import directory, leads
from collector.organisations.models import Organisation
from collector.profiles import kept
from collector.review import decisions

BARRIER = {"kinds": ["barrier"], "actions": ["planning"], "barrier_themes": ["funding"]}


def page(browser: Any, area: str, part: str = "//main") -> str:
    answer = browser.get(f"/staff/areas/{area}")
    assert answer.status_code == 200
    return " ".join(markup.words(answer, part).split())


def funding(browser: Any, area: str = "fife") -> list[str]:
    """The cells of its row: as people decided, more by the machine, truly, statements."""
    [row] = markup.tree(browser.get(f"/staff/areas/{area}")).xpath('//*[@id="in-the-way"]//tr[th="Funding"]')
    return [cell.text_content() for cell in row.xpath("td")]


def test_who_was_heard_and_who_was_not_stand_by_name_with_when_and_how(
    says: Callable, rebuilt: Callable, database: Database, staff_browser: Any
) -> None:
    says("Loch Trust", {"Nobody pays.": BARRIER})
    with database.writing() as session:
        directory.find_or_add(session, name="Abbey Trust", kind="third_sector", areas=["fife"])
        directory.find_or_add(session, name="Far Trust", kind="third_sector", areas=["moray"])
        session.commit()
    rebuilt()
    heard = page(staff_browser, "fife", '//*[@id="heard"]')
    assert "Third sector organisation: heard from 1 of 2" in heard
    assert "Loch Trust Document," in heard
    assert "Abbey Trust Never asked, and not heard yet" in heard
    assert "Far Trust" not in heard
    assert "Heard from 1 of 2 organisations that work here" in page(staff_browser, "fife")


def test_where_nobody_is_known_nothing_is_said_to_be_a_sample(
    says: Callable, rebuilt: Callable, database: Database, staff_browser: Any
) -> None:
    with database.writing() as session:
        profile_changes.note_areas(session, ["scotland"])
        session.commit()
    rebuilt()
    nobody = page(staff_browser, "scotland")
    assert "No organisation is known yet" in nobody
    assert "Sample" not in nobody
    says("Loch Trust", {"Nobody pays.": BARRIER})
    with database.writing() as session:
        session.exec(sa.update(Organisation).values(sample=True))
        session.commit()
    rebuilt()
    assert "Sample" in page(staff_browser, "scotland")


def test_what_people_decided_is_told_from_what_the_machine_alone_says(
    says: Callable, rebuilt: Callable, database: Database, staff_browser: Any, staff_id: int
) -> None:
    first = says("Loch Trust", {"Nobody pays.": BARRIER, "Nobody pays us.": BARRIER})
    says("Ben Trust", {"There is no money.": BARRIER})
    rebuilt()
    assert funding(staff_browser) == ["0", "2", "– not told yet", "3"]
    with database.writing() as session:
        label = {"family": "barrier_themes", "label": "funding", "verdict": "accept", "staff_id": staff_id}
        decisions.decide(session, statement_id=first["Nobody pays."], **label)
        session.commit()
    rebuilt()
    assert funding(staff_browser) == ["1", "1", "– not told yet", "3"]


@pytest.mark.parametrize(("area", "by"), [("fife", (counts.AREA, "fife")), ("scotland", ("", ""))])
def test_once_enough_was_coded_blind_the_true_number_is_a_range(
    area: str, by: tuple[str, str], says: Callable, rebuilt: Callable, database: Database, staff_browser: Any
) -> None:
    for name in ("Loch Trust", "Ben Trust", "Glen Trust"):
        says(name, {f"{name} has no money.": BARRIER})
    with database.writing() as session:
        told = {"family": "barrier_themes", "label": "funding", "by": by[0], "value": by[1]}
        known = {"answered": 3, "decided": 0, "low": 1, "high": 3, "basis": estimates.CORRECTED}
        rest = {name: 0 for name in Estimate.model_fields if name not in {*told, *known, "id", "round_id", "made_at"}}
        session.add(Estimate(**told, **known, **rest))
        session.commit()
    rebuilt()
    assert funding(staff_browser, area)[2] == "1 to 3"


def test_an_area_where_nobody_works_says_what_will_appear(staff_browser: Any, database: Database) -> None:
    assert "This profile is being put together" in page(staff_browser, "orkney-islands")
    kept.rebuild(database, kept.Subject(area="orkney-islands"))
    assert "Nobody is known here yet" in page(staff_browser, "orkney-islands")
    assert staff_browser.get("/staff/areas/atlantis").status_code == 404


def test_the_list_is_by_name_with_scotland_first_and_ranks_nobody(
    says: Callable, rebuilt: Callable, staff_browser: Any
) -> None:
    says("Loch Trust", {"Nobody pays.": BARRIER}, areas=("moray",))
    rebuilt()
    answer = staff_browser.get("/staff/areas")
    names = [one.text_content() for one in markup.tree(answer).xpath('//td[@data-heading="Area"]/a')]
    assert names[0] == "All of Scotland"
    assert names[1:] == sorted(names[1:])
    assert len(names) == 33
    assert "1 of 1" in markup.words(answer, '//tr[td/a="Moray"]')
    assert "It is here in some seconds" in markup.words(answer, '//tr[td/a="Fife"]')


def test_who_leads_an_action_stands_beside_it_where_they_work(
    says: Callable, rebuilt: Callable, database: Database, staff_browser: Any, id_of: Callable, staff_id: int
) -> None:
    says("Loch Trust", {"Nobody pays.": BARRIER})
    with database.writing() as session:
        leads.add(session, id_of("Loch Trust"), "advocacy", why="The Act says so.", staff_id=staff_id)
        session.commit()
    says("Other Trust", {"Nobody pays.": BARRIER}, areas=("moray",))
    rebuilt()
    assert "Loch Trust" in page(staff_browser, "fife", '//*[@id="actions"]//tr[th="Advocacy"]')
    assert "None that works here" in page(staff_browser, "moray", '//*[@id="actions"]//tr[th="Advocacy"]')


def test_all_statements_of_a_group_are_listed_page_by_page_with_who_said_them(
    says: Callable, staff_browser: Any
) -> None:
    said = {f"Barrier number {number}.": BARRIER for number in range(30)}
    says("Loch Trust", said)
    says("Ben Trust", {"One more.": BARRIER}, areas=("moray",))
    url = "/staff/areas/fife/statements?kind=barriers&area=planning"
    first, second = staff_browser.get(url), staff_browser.get(f"{url}&page=2")
    lines = [
        one.text_content().strip()
        for answer in (first, second)
        for one in markup.tree(answer).xpath('//*[contains(@class, "fl_line__words")]')
    ]
    assert sorted(lines) == sorted(said)
    assert "Loch Trust" in markup.words(first)
    assert "31 statements" in markup.words(staff_browser.get(url.replace("fife", "scotland")))
    for wrong in ("kind=barriers", "fundamental=no-such", "kind=barriers&area=planning&fundamental=listening"):
        assert staff_browser.get(f"/staff/areas/fife/statements?{wrong}").status_code == 404


# -- What is counted, and how -------------------------------------------------------------------------------

WORK = {"kinds": ["activity"], "actions": ["planning"], "fundamentals": ["what-matters"]}


@pytest.fixture
def estimated(database: Database) -> Callable[..., None]:
    def keep(family: str, label: str, low: int, high: int, *, answered: int = 3, area: str = "fife") -> None:
        told = {"family": family, "label": label, "by": "area", "value": area, "low": low, "high": high}
        told |= {"answered": answered, "decided": 0, "basis": estimates.CORRECTED}
        rest = {name: 0 for name in Estimate.model_fields if name not in {*told, "id", "round_id", "made_at"}}
        with database.writing() as session:
            session.add(Estimate(**told, **rest))
            session.commit()

    return keep


def cells(browser: Any, table: str, action: str = "Planning") -> list[str]:
    [row] = markup.tree(browser.get("/staff/areas/fife")).xpath(f'//*[@id="{table}"]//tr[th[@scope="row"]="{action}"]')
    return [" ".join(one.text_content().split()) for one in row.xpath("td[not(contains(@class, 'words'))]")]


def test_no_count_of_the_machine_alone_stands_bare_in_any_table(
    says: Callable, rebuilt: Callable, staff_browser: Any
) -> None:
    for name in ("Loch Trust", "Ben Trust", "Glen Trust"):
        says(name, {f"{name} plans.": WORK})
    rebuilt()
    none = "·none known"
    assert cells(staff_browser, "actions") == ["0 (+3)and 3 more suggested, not counted", *[none] * 4]
    assert sorted(cells(staff_browser, "grid")) == sorted(["0 (+3)and 3 more suggested, not counted", *[none] * 4])
    figures = page(staff_browser, "fife", '//ul[@class="fl_figures"]')
    assert figures.startswith(
        "0 say what they do of 3 heard from, as people decided; 3 more suggested by the machine, not counted"
    )
    heads = page(staff_browser, "fife", '//*[@id="planning"]//h3')
    assert "none that people decided, and 3 that the machine suggests, not counted 3 statements" in heads
    assert "People decided it of 2. The machine suggests 4 more" in page(
        staff_browser, "fife", '//*[@id="actions"]//dl'
    )


def test_a_cell_of_two_labels_is_decided_where_people_decided_both(
    says: Callable, rebuilt: Callable, database: Database, staff_browser: Any, staff_id: int
) -> None:
    [id] = says("Loch Trust", {"We plan.": WORK}).values()
    for family, label, number in (("kinds", "activity", "0"), ("actions", "planning", "1")):
        with database.writing() as session:
            one = {"statement_id": id, "family": family, "label": label}
            decisions.decide(session, **one, verdict="accept", staff_id=staff_id)
            session.commit()
        rebuilt()
        assert cells(staff_browser, "actions")[0].startswith(number)
    assert cells(staff_browser, "actions")[0] == "1"


def test_where_enough_was_coded_blind_every_table_and_figure_has_ranges_and_leads_to_the_method(
    says: Callable, rebuilt: Callable, staff_browser: Any, estimated: Callable
) -> None:
    for name in ("Loch Trust", "Ben Trust", "Glen Trust"):
        says(name, {f"{name} plans.": WORK})
    rebuilt()
    estimated("actions|kinds", "planning|activity", 1, 3)
    estimated("actions|kinds", "planning|offer", 0, 2)
    estimated("actions|fundamentals", "planning|what-matters", 2, 2)
    estimated("priority_areas|kinds", "planning|activity", 1, 3)
    estimated("kinds", "activity", 1, 3)
    estimated("fundamentals", "what-matters", 1, 3)
    estimated("actions|kinds", "planning|activity", 7, 9, area="moray")
    assert cells(staff_browser, "actions")[0] == "1 to 3"
    assert "2" in cells(staff_browser, "grid")
    key = '//*[@id="actions"]//dl'
    assert "Up to 2 may say it all the same, of whom the machine missed it" in page(staff_browser, "fife", key)
    [link] = markup.tree(staff_browser.get("/staff/areas/fife")).xpath(f"{key}//a/@href")
    assert markup.tree(staff_browser.get(link)).xpath('//*[@id="how"]')
    figures = page(staff_browser, "fife", '//ul[@class="fl_figures"]')
    assert figures.startswith("1 to 3 say what they do of 3 heard from; people decided it of 0")
    assert "between 1 and 3 organisations 3 statements" in page(staff_browser, "fife", '//*[@id="planning"]//h3')
    assert "between 1 and 3 organisations 3 statements" in page(staff_browser, "fife", '//*[@id="fundamentals"]')


def test_who_was_not_heard_stands_beside_what_is_counted(
    says: Callable, rebuilt: Callable, database: Database, staff_browser: Any
) -> None:
    says("Loch Trust", {"We plan.": WORK})
    with database.writing() as session:
        directory.find_or_add(session, name="Abbey Trust", kind="third_sector", areas=["fife"])
        session.commit()
    rebuilt()
    for part in ("actions", "in-the-way", "grid"):
        told = page(staff_browser, "fife", f'//*[@id="{part}"]/p[1]')
        assert "of the 1 organisation that we have heard from; 1 has not been heard" in told.replace("Of the", "of the")


def test_a_sample_is_not_corrected_by_what_was_really_said(
    says: Callable, rebuilt: Callable, database: Database, staff_browser: Any, estimated: Callable
) -> None:
    says("Loch Trust", {"We plan.": WORK})
    with database.writing() as session:
        session.exec(sa.update(Organisation).values(sample=True))
        session.commit()
    rebuilt()
    estimated("actions|kinds", "planning|activity", 1, 1, answered=1)
    assert cells(staff_browser, "actions")[0].startswith("0 (+1)")
