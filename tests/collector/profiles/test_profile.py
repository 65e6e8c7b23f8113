"""The profile of an organisation: its statements and nobody else's, each under what it speaks to."""

from collections.abc import Callable
from typing import Any

import markup
import pytest

LINES = [f"We do thing number {number}." for number in range(30)]
TEXT = "\n".join(LINES)


@pytest.fixture
def many(analysed: Callable) -> Any:
    """Thirty statements of one kind under one priority area, seven of them about an action and a Fundamental."""
    told = {line: {"kinds": ["activity"]} for line in LINES}
    for line in LINES[:7]:
        told[line] |= {"actions": ["investment"], "fundamentals": ["listening"]}
    return analysed(told={1: told}, **{"planning.doing": TEXT, "planning.barriers": ""})


def profile(browser: Any, kept: Any, query: str = "") -> Any:
    answer = browser.get(f"/staff/organisations/{kept.organisation_id}{query}")
    assert answer.status_code == 200
    return answer


def section(answer: Any, id: str) -> str:
    return " ".join(markup.words(answer, f'//section[@id="{id}"]').split())


def lines(answer: Any, within: str = "//main") -> list[str]:
    found = markup.tree(answer).xpath(f'{within}//*[contains(@class, "fl_line__words")]')
    return [one.text_content().strip() for one in found]


def test_statements_stand_under_their_priority_area_and_kind(analysed: Callable, staff_browser: Any) -> None:
    answer = profile(staff_browser, analysed())
    words = section(answer, "planning")
    assert words.index("What they do") < words.index("We hold a family meeting") < words.index("What gets in the way")
    assert words.index("What gets in the way") < words.index("Nobody funds the post after March.")
    assert "Nothing heard yet" in section(answer, "good-childhood")
    assert "We hold a family meeting" in section(answer, "fundamentals")


def test_each_line_opens_its_statement(analysed: Callable, staff_browser: Any) -> None:
    kept = analysed()
    links = markup.tree(profile(staff_browser, kept)).xpath('//a[starts-with(@href, "/staff/statements/")]/@href')
    assert {int(link.rsplit("/", 1)[1]) for link in links} == set(kept.statement_ids)
    assert all(staff_browser.get(link).status_code == 200 for link in set(links))


def test_a_group_shows_its_first_lines_its_total_and_the_way_to_all_of_them(many: Any, staff_browser: Any) -> None:
    answer = profile(staff_browser, many)
    shown = lines(answer, '//section[h3/@id="planning-doing"]')
    assert len(shown) == 5
    assert "30 statements" in section(answer, "planning")
    [more] = markup.tree(answer).xpath('//section[h3/@id="planning-doing"]//p[@class="fl_more"]/a/@href')
    first, second = staff_browser.get(more), staff_browser.get(f"{more}&page=2")
    assert sorted(lines(first) + lines(second)) == sorted(LINES)
    assert lines(first)[:5] == shown


def test_what_people_confirmed_comes_first_and_then_the_most_certain_here_and_on_the_page_of_all(
    many: Any, staff_browser: Any, database: Any
) -> None:
    import sqlalchemy as sa

    with database.writing() as session:
        session.connection().execute(sa.text("UPDATE finding SET score = statement_id / 100.0 WHERE family = 'kinds'"))
        session.commit()
    for number in (3, 20):
        url = f"/staff/statements/{many.statement_ids[number]}/decisions"
        staff_browser.submit(url, {"family": "kinds", "label": "activity", "verdict": "accept"})
    settle_all(database, many.statement_ids)
    expected = [LINES[number] for number in (20, 3, 29, 28, 27)]
    assert lines(profile(staff_browser, many), '//section[h3/@id="planning-doing"]') == expected
    every = profile(staff_browser, many, "/statements?area=planning&kind=doing")
    assert lines(every)[:5] == expected


def settle_all(database: Any, statement_ids: list[int]) -> None:
    from collector.findings import standing

    with database.writing() as session:
        standing.settle(session, statement_ids)
        session.commit()


def test_the_figures_at_the_top_count_each_statement_once(many: Any, staff_browser: Any) -> None:
    staff_browser.submit(f"/staff/statements/{many.statement_ids[0]}/decisions", {"add": "actions:support"})
    figures = " ".join(markup.words(profile(staff_browser, many), '//*[@class="fl_figures"]').split())
    assert "30 things they do" in figures
    assert "0 barriers" in figures


def test_the_grid_counts_statements_that_speak_to_an_action_and_a_fundamental(many: Any, staff_browser: Any) -> None:
    table = markup.tree(profile(staff_browser, many)).xpath('//table[@class="fl_grid"]')[0]
    columns = [cell.text_content() for cell in table.xpath(".//thead//th")][1:]
    cells = {
        (row.xpath("./th")[0].text_content(), column): cell.text_content().strip("·●◐○ ")
        for row in table.xpath('.//tbody/tr[th[@scope="row"]]')
        for column, cell in zip(columns, row.xpath("./td"), strict=True)
    }
    assert len(cells) == 25 * 5
    assert {key: value for key, value in cells.items() if value != "none"} == {("Investment", "Listening"): "7"}


def test_statements_of_another_organisation_never_show(
    analysed: Callable, staff_browser: Any, browser: Any, new_token: Callable
) -> None:
    own = analysed("own")
    other = {"We keep otters.": {"kinds": ["activity"], "fundamentals": ["poverty"], "actions": ["investment"]}}
    strange = analysed("other", {1: other}, **{"organisation-name": "Otter Trust", "planning.doing": "We keep otters."})
    token = new_token("reader")
    pages = [
        profile(staff_browser, own),
        profile(staff_browser, own, "/statements?area=planning&kind=doing"),
        profile(staff_browser, own, "/statements?fundamental=poverty"),
        browser.get(f"/api/organisations/{own.organisation_id}/profile", headers=token),
    ]
    assert [page.status_code for page in pages] == [200] * 4
    assert not any("otters" in page.text or "Otter" in page.text for page in pages)
    assert "We keep otters." in profile(staff_browser, strange).text


def test_what_was_not_read_yet_is_said(receive: Callable, staff_browser: Any) -> None:
    kept = receive()
    answer = profile(staff_browser, kept)
    assert "1 source of this organisation is not analysed yet" in markup.words(answer)
    assert "Nothing heard yet" in section(answer, "planning")


def test_rejected_labels_leave_the_profile_and_come_back_when_accepted(analysed: Callable, staff_browser: Any) -> None:
    kept = analysed()
    url = f"/staff/statements/{kept.statement_ids[2]}/decisions"
    staff_browser.submit(url, {"family": "kinds", "label": "barrier", "verdict": "reject"})
    assert "Nobody funds" not in profile(staff_browser, kept).text
    staff_browser.submit(url, {"family": "kinds", "label": "barrier", "verdict": "accept"})
    assert "Nobody funds" in section(profile(staff_browser, kept), "planning")


def test_groups_that_a_profile_does_not_have_are_not_found(analysed: Callable, staff_browser: Any) -> None:
    kept = analysed()
    for query in (
        "",
        "?kind=doing",
        "?area=planning",
        "?kind=no&area=planning",
        "?fundamental=no",
        "?area=no&kind=doing",
    ):
        answer = staff_browser.get(f"/staff/organisations/{kept.organisation_id}/statements{query}")
        assert answer.status_code == 404, query
    both = f"/staff/organisations/{kept.organisation_id}/statements?fundamental=poverty&kind=doing&area=planning"
    assert staff_browser.get(both).status_code == 404


def test_organisations_are_listed_by_name_with_what_they_sent(analysed: Callable, staff_browser: Any) -> None:
    analysed("one", **{"organisation-name": "Zeta Trust"})
    analysed("two", **{"organisation-name": "alpha 50% Council"})
    rows = [" ".join(row.text_content().split()) for row in rows_of(staff_browser.get("/staff/organisations"))]
    assert [row.split()[0] for row in rows] == ["alpha", "Zeta"]
    assert rows[0].endswith("1 3")
    assert len(rows_of(staff_browser.get("/staff/organisations?search=50%25"))) == 1
    assert len(rows_of(staff_browser.get("/staff/organisations?search=%25%25"))) == 0


def rows_of(answer: Any) -> list[Any]:
    return markup.tree(answer).xpath("//tbody//tr")


# -- For programs -----------------------------------------------------------------------------------


def test_programs_read_the_same_profile(many: Any, browser: Any, new_token: Callable) -> None:
    told = browser.get(f"/api/organisations/{many.organisation_id}/profile", headers=new_token("reader")).json()
    assert (told["name"], told["kind"], told["areas"]) == (
        "Kinnaird Water Council",
        "local_authority",
        ["fife", "highland"],
    )
    [group] = told["groups"]
    assert (group["priority_area"], group["kind"], group["total"], len(group["statements"])) == (
        "planning",
        "activity",
        30,
        5,
    )
    assert told["fundamentals"] == {"listening": 7}
    first = group["statements"][0]
    assert (first["text"], first["state"]) == (LINES[0], "suggested")
    assert first["labels"]["actions"] == ["investment"]


def test_statements_on_no_priority_area_are_shown_as_such(
    database: Any, staff_browser: Any, browser: Any, new_token: Callable, record_findings: Callable
) -> None:
    from collector.intake import documents
    from collector.organisations import directory

    with database.writing() as session:
        owner = directory.find_or_add(session, name="Otter Trust", kind="other", areas=[])
        documents.keep(session, title="Plan", content_hash="h", paragraphs=["We keep otters."], organisation_id=owner)
    record_findings(1, {1: {"We keep otters.": {"kinds": ["activity"]}}})
    page = staff_browser.get("/staff/organisations/1")
    assert "We keep otters." in section(page, "other")
    assert lines(staff_browser.get("/staff/organisations/1/statements?area=other&kind=doing")) == ["We keep otters."]
    told = browser.get("/api/organisations/1/profile", headers=new_token("reader")).json()
    assert told["groups"][0]["priority_area"] is None
