"""The archive of reports: how one is asked for, read, compared and withdrawn in a browser."""

from collections.abc import Callable
from typing import Any

import pytest
from lxml import html

from collector.database import Database
from collector.findings.report_models import Report
from tests.collector import markup
from tests.collector.conftest import make_report

URL = "/staff/reports"


@pytest.fixture
def ask(database: Database, staff_browser: Any) -> Callable[..., str]:
    """A reviewer asks for a report and the worker makes it; returns its address."""

    def asked(organisation_id: int, **fields: Any) -> str:
        told = {"kind": "organisation", "of": organisation_id, "audience": "own", "hold": "14", **fields}
        answer = staff_browser.submit(URL, told)
        assert answer.status_code == 303
        url = answer.headers["location"]
        with database.writing() as session:
            if session.get_one(Report, int(url.rsplit("/", 1)[1])).made_at is None:
                make_report(session, int(url.rsplit("/", 1)[1]))
        return url

    return asked


def test_an_archive_with_nothing_in_it_says_how_to_begin(staff_browser: Any, analysed: Callable) -> None:
    assert "No reports yet" in markup.words(staff_browser.get(URL))
    kept = analysed()
    profile = staff_browser.get(f"/staff/organisations/{kept.organisation_id}")
    [way] = markup.tree(profile).xpath('//main//a[starts-with(@href, "/staff/reports")]/@href')
    page = staff_browser.get(way)
    assert markup.title(page) == "Reports on Kinnaird Water Council"
    assert "Make the report" in markup.words(page)


def test_a_report_is_read_with_what_it_stands_on_and_downloaded_as_three_files(
    staff_browser: Any, analysed: Callable, ask: Callable
) -> None:
    kept = analysed()
    url = ask(kept.organisation_id)
    page = staff_browser.get(url)
    assert markup.title(page) == "Kinnaird Water Council"
    words = markup.words(page)
    assert "Held for a right of reply until" in " ".join(words.split())
    assert "How this was made" in words
    opened = markup.tree(page).xpath('//section[h2/@id="stands-on"]//a/@href')
    assert sorted(opened) == sorted(f"/staff/statements/{id}" for id in kept.statement_ids)
    links = markup.tree(page).xpath('//*[contains(@class, "fl_cites")]/a/@href')
    assert set(links) == {f"#stands-on-{number}" for number in (1, 2, 3)}
    for kind, begins in (("html", b"<!DOCTYPE html>"), ("pdf", b"%PDF-"), ("docx", b"PK")):
        file = staff_browser.get(f"{url}/{kind}")
        assert file.content.lstrip().startswith(begins)
        assert file.headers["content-disposition"].startswith('attachment; filename="report-1-')
        assert file.content == staff_browser.get(f"{url}/{kind}").content
    assert html.fromstring(staff_browser.get(f"{url}/html").text).xpath("//h1")[0].text == "Kinnaird Water Council"
    assert staff_browser.get(f"{url}/exe").status_code == 404


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"hold": "a week"}, {"#hold": "Enter a number of days from 0 to 365"}),
        ({"hold": "366"}, {"#hold": "Enter a number of days from 0 to 365"}),
        ({"audience": "me"}, {"#audience": "Choose who the report is for"}),
    ],
)
def test_what_is_wrong_with_the_form_is_told_and_kept(
    staff_browser: Any, analysed: Callable, fields: dict[str, str], problem: dict[str, str]
) -> None:
    told = {"kind": "organisation", "of": analysed().organisation_id, "audience": "own", "hold": "14", **fields}
    answer = staff_browser.submit(URL, told)
    assert answer.status_code == 422
    assert markup.problems(answer) == problem
    assert markup.typed(answer, "hold") == told["hold"]


def test_what_no_report_can_be_about_is_not_found(staff_browser: Any) -> None:
    told = {"audience": "own", "hold": "14"}
    for fields in (
        {"kind": "organisation", "of": "9999"},
        {"kind": "moon", "of": "1"},
        {"kind": "organisation", "of": "x"},
    ):
        assert staff_browser.submit(URL, told | fields).status_code == 404
    for query in ("?kind=moon", "?state=odd", "?kind=organisation&of=9999"):
        assert staff_browser.get(URL + query).status_code == 404


def test_the_archive_is_narrowed_by_state(
    staff_browser: Any, analysed: Callable, ask: Callable, database: Database
) -> None:
    kept = analysed()
    held, published = ask(kept.organisation_id), ask(kept.organisation_id, hold="0")
    for state, urls in (("", [published, held]), ("held", [held]), ("published", [published]), ("withdrawn", [])):
        page = staff_browser.get(f"{URL}?state={state}")
        assert markup.tree(page).xpath('//td[@data-heading="Report"]/a/@href') == urls, state
    assert "No report is in this state" in markup.words(staff_browser.get(f"{URL}?state=withdrawn"))
    staff_browser.submit(held, {"what": "publish", "unasked": "yes"})
    assert "Held" not in markup.words(staff_browser.get(held))


def test_with_nobody_asked_a_hold_is_ended_only_by_who_says_that_they_know(
    staff_browser: Any, analysed: Callable, ask: Callable
) -> None:
    url = ask(analysed().organisation_id)
    assert "Nobody was sent this report, so nobody could reply to it." in markup.words(staff_browser.get(url))
    answer = staff_browser.submit(url, {"what": "publish"})
    assert answer.status_code == 422
    assert markup.problems(answer) == {"#unasked": "Tick that it goes out with nobody asked"}
    assert "Held for a right of reply" in markup.words(staff_browser.get(url))
    assert staff_browser.submit(url, {"what": "publish", "unasked": "yes"}).status_code == 303
    words = markup.words(staff_browser.get(url))
    assert "Published" in words
    assert "Nobody was sent this report, so nobody could reply before it went out." in words
    assert "Nobody was sent it before it went out, so nobody could reply." in words  # for whoever reads it
    # It is out already: pressed again, nothing is asked.
    assert staff_browser.submit(url, {"what": "publish"}).status_code == 303


def test_where_there_are_contacts_a_report_is_sent_unless_somebody_says_not(
    staff_browser: Any, analysed: Callable
) -> None:
    about = {"kind": "organisation", "of": analysed().organisation_id}
    one, all_ = f"{URL}?kind=organisation&of={about['of']}", f"{URL}/runs"
    assert markup.chosen(staff_browser.get(one), "send") == []
    assert markup.chosen(staff_browser.get(all_), "send") == []
    staff_browser.submit(f"{URL}/contacts", about | {"email": "chief@kinnaird.example"})
    assert markup.chosen(staff_browser.get(one), "send") == ["yes"]
    assert markup.chosen(staff_browser.get(all_), "send") == ["yes"]
    # What somebody has unticked stays so.
    wrong = {"audience": "own", "hold": "a week"}
    assert markup.chosen(staff_browser.submit(URL, about | wrong), "send") == []
    assert markup.chosen(staff_browser.submit(all_, {"kind": "organisation", "every": "now", **wrong}), "send") == []


def test_one_that_was_withdrawn_says_so_is_listed_and_is_made_anew(
    staff_browser: Any, analysed: Callable, ask: Callable, database: Database
) -> None:
    kept = analysed()
    url = ask(kept.organisation_id)
    staff_browser.submit(url, {"what": "withdraw"})
    page = staff_browser.get(url)
    assert "It was withdrawn by a member of staff" in markup.words(page)
    assert "family meeting" not in page.text
    assert "To be made anew" in markup.words(staff_browser.get(URL))
    assert staff_browser.get(f"{url}/differences").status_code == 404
    fields = {one.get("name"): one.get("value") for one in markup.tree(page).xpath("//main//form//input")}
    answer = staff_browser.submit(URL, {name: fields[name] for name in ("kind", "of", "audience", "hold")})
    anew = answer.headers["location"]
    assert anew != url
    assert "which is being made" in markup.words(staff_browser.get(url))
    assert "To be made anew" not in markup.words(staff_browser.get(URL))
    assert "Waits for its turn" in markup.words(staff_browser.get(anew))
    with database.writing() as session:
        make_report(session, int(anew.rsplit("/", 1)[1]))
    assert "family meeting" in staff_browser.get(anew).text


def test_what_is_different_since_the_report_before_is_a_page(
    staff_browser: Any, analysed: Callable, ask: Callable
) -> None:
    kept = analysed()
    first = ask(kept.organisation_id)
    assert "There is no earlier report" in markup.words(staff_browser.get(f"{first}/differences"))
    url = f"/staff/statements/{kept.statement_ids[2]}/decisions"
    staff_browser.submit(url, {"family": "kinds", "label": "barrier", "verdict": "reject"})
    second = ask(kept.organisation_id)
    page = staff_browser.get(f"{second}/differences")
    assert "Nobody funds the post after March." in markup.words(page, '//section[h2/@id="gone"]')
    [row] = markup.tree(page).xpath('//section[h2/@id="numbers"]//tr[th="barriers"]')
    assert [cell.text for cell in row.xpath("td")] == ["In short", "1 of 3 statements", "0 of 3 statements"]
    third = ask(kept.organisation_id)
    assert "Nothing is different" in markup.words(staff_browser.get(f"{third}/differences"))


def test_an_auditor_reads_reports_and_changes_none(
    analysed: Callable, ask: Callable, new_browser: Callable, sign_in: Callable
) -> None:
    url = ask(analysed().organisation_id)
    with new_browser() as auditor:
        sign_in(auditor, "auditor")
        page = auditor.get(url)
        assert "Withdraw" not in markup.words(page)
        assert auditor.get(f"{url}/pdf").status_code == 403
        assert markup.tree(page).xpath(f'//a[starts-with(@href, "{url}/")]/@href') == []
        assert auditor.submit(url, {"what": "withdraw"}).status_code == 403


# -- On a round, and to the Oversight Board -----------------------------------------------------------------


def test_a_round_leads_to_its_reports_and_one_is_made_there(
    staff_browser: Any, analysed: Callable, ask: Callable, open_round: Any
) -> None:
    analysed()
    page = staff_browser.get(f"/staff/rounds/{open_round.id}")
    [way] = markup.tree(page).xpath('//main//a[starts-with(@href, "/staff/reports")]/@href')
    page = staff_browser.get(way)
    assert markup.title(page) == "Reports on First round"
    assert markup.back(page) == f"/staff/rounds/{open_round.id}"
    assert "Staff alone" in markup.words(page)
    page = staff_browser.get(ask(open_round.id, kind="round"))
    assert "Report on a round" in markup.words(page)
    assert markup.back(page) == way


def test_the_archive_leads_to_reports_to_the_oversight_board(
    staff_browser: Any, analysed: Callable, ask: Callable
) -> None:
    analysed()
    way = "/staff/reports?kind=board&of=scotland"
    assert way in markup.tree(staff_browser.get(URL)).xpath("//main//a/@href")
    page = staff_browser.get(way)
    assert markup.title(page) == "Reports to the Oversight Board"
    assert "The Oversight Board, and staff" in markup.words(page)
    page = staff_browser.get(ask("scotland", kind="board"))
    assert markup.title(page) == "Plan 21-24: what was heard across Scotland"
    assert "Reports to the Oversight Board" in page.text


@pytest.mark.parametrize(("kind", "of"), [("round", "999"), ("board", "fife"), ("board", "1")])
def test_a_round_that_is_not_there_and_a_part_of_the_board_are_not_found(
    staff_browser: Any, kind: str, of: str
) -> None:
    fields = {"kind": kind, "of": of, "audience": "own", "hold": "0"}
    assert staff_browser.submit(URL, fields).status_code == 404
    assert staff_browser.get(f"{URL}?kind={kind}&of={of}").status_code == 404
