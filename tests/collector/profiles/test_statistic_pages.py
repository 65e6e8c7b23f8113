"""The pages of statistics, as reviewers go through them."""

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from lxml import html

from collector.database import Database
from collector.profiles import statistic_editions, statistics
from collector.profiles.statistic_models import StatisticEdition
from tests.collector.profiles import statistics_told
from tests.collector.profiles.statistics_told import LEAVERS, SAID

ROOT = "/staff/statistics"
TYPED = {
    **{name: text for name, text in SAID.items() if name != "published_on"},
    "published_on": ["31", "March", "2026"],
}


def send(browser: Any, content: bytes | None, url: str = f"{ROOT}/new", **typed: Any) -> Any:
    files = {"file": ("figures.csv", content, "text/csv")} if content is not None else None
    return browser.submit(url, {**TYPED, **typed}, files=files)


def read(database: Database, url: str) -> str:
    """As the worker would; returns the address."""
    with database.writing() as session:
        statistics_told.read(session, int(url.rpartition("/")[2]))
        session.commit()
    return url


def uploaded(browser: Any, database: Database, content: str = LEAVERS, **more: Any) -> str:
    return read(database, send(browser, content.encode(), **more).headers["location"])


def hidden(page: Any, name: str) -> str:
    return html.fromstring(page.text).xpath(f"//input[@name='{name}']/@value")[0]


def keep(browser: Any, url: str, **more: str) -> Any:
    return browser.submit(url, {"seen": hidden(browser.get(url), "seen"), **more})


def text_of(page: Any) -> str:
    return " ".join(" ".join(html.fromstring(page.text).xpath("//main")[0].itertext()).split())


def test_a_file_is_looked_at_before_its_figures_are_kept(staff_browser: Any, database: Database) -> None:
    url = send(staff_browser, LEAVERS.encode()).headers["location"]
    assert "Being read" in text_of(staff_browser.get(url))
    shown = text_of(staff_browser.get(read(database, url)))
    assert "6 figures in 6 rows" in shown
    assert "2 areas and Scotland" in shown
    assert "1 suppressed, as few people are counted. They are kept and shown as not published, never as 0." in shown
    assert SAID["title"] not in text_of(staff_browser.get(ROOT)).partition("In use")[2]
    kept = keep(staff_browser, url)
    assert kept.status_code == 303
    page = text_of(staff_browser.get(kept.headers["location"]))
    assert "80.0% [p]" in page
    assert "not published [c]" in page
    assert "Edition 1 kept by The reviewer" in page
    assert SAID["title"] in text_of(staff_browser.get(ROOT))


def test_the_latest_period_stands_first(staff_browser: Any, database: Database) -> None:
    url = keep(staff_browser, uploaded(staff_browser, database)).headers["location"]
    headings = html.fromstring(staff_browser.get(url).text).xpath("//thead//th")
    assert [one.text_content() for one in headings] == ["Place", "Over time", "2023–24", "2022–23"]


def test_what_was_typed_stays_where_something_is_wrong(staff_browser: Any) -> None:
    answer = send(staff_browser, LEAVERS.encode(), title="", note="Read\nthis", published_on=["31", "2", "2026"])
    assert answer.status_code == 422
    page = html.fromstring(answer.text)
    assert [one.text for one in page.xpath("//*[@id='error-summary']//a")][0].startswith("Say what the figures are")
    assert [one.get("value") for one in page.xpath("//input[@name='published_on']")] == ["31", "2", "2026"]
    assert page.xpath("//textarea[@id='note']")[0].text.strip() == "Read\nthis"
    assert page.xpath("//input[@name='publisher']/@value") == [SAID["publisher"]]
    assert page.xpath("//input[@name='unit'][@checked]/@value") == ["percent"]
    assert "Choose the file again" in answer.text


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "Choose a file"),
        (b"", "The file is empty"),
        (b"%PDF-1.7", "This is a PDF"),
        (b"PK\x03\x04broken", "damaged"),
        (b"Area,Year,Value\n" + b"Fife,2024,1\n" * 1_400_000, "larger than 15 MB"),
    ],
)
def test_what_is_no_spreadsheet_is_told_at_once(staff_browser: Any, content: bytes | None, why: str) -> None:
    answer = send(staff_browser, content)
    assert answer.status_code == 422
    assert why in answer.text
    assert html.fromstring(answer.text).xpath("//input[@name='title']/@value") == [SAID["title"]]


def test_what_was_not_understood_is_told_by_row_and_column_and_left_out_when_said(
    staff_browser: Any, database: Database
) -> None:
    url = uploaded(staff_browser, database, LEAVERS + "Narnia,2023-24,1\nFife,2024-25,12%5\n")
    shown = text_of(staff_browser.get(url))
    assert "2 cells in 2 rows" in shown
    assert "Row 8, column A “Narnia” It is not one of the 32 council areas" in shown
    assert "Row 9, column C “12%5” It is no number" in shown
    refused = keep(staff_browser, url)
    assert refused.status_code == 422
    assert "Say that what was not understood is left out" in refused.text
    assert keep(staff_browser, url, **{"leave-out": "yes"}).status_code == 303


def test_a_file_of_no_use_says_why_and_another_one_can_be_chosen_with_all_that_was_said(
    staff_browser: Any, database: Database
) -> None:
    url = uploaded(staff_browser, database, "Name,Age\nAnn,3\n")
    assert "No row of headings was found" in text_of(staff_browser.get(url))
    form = html.fromstring(staff_browser.get(f"{url}/change").text)
    assert form.xpath("//input[@name='title']/@value") == [SAID["title"]]
    assert send(staff_browser, LEAVERS.encode(), f"{url}/change").headers["location"] == url
    assert "6 figures" in text_of(staff_browser.get(read(database, url)))


def test_another_statistic_of_the_title_is_pointed_out(staff_browser: Any, database: Database) -> None:
    keep(staff_browser, uploaded(staff_browser, database))
    answer = send(staff_browser, LEAVERS.encode())
    assert answer.status_code == 422
    assert "There is a statistic of this title" in answer.text


def test_a_newer_edition_begins_with_what_was_said_and_the_older_one_can_be_looked_at(
    staff_browser: Any, database: Database
) -> None:
    url = keep(staff_browser, uploaded(staff_browser, database)).headers["location"]
    form = html.fromstring(staff_browser.get(f"{url}/new").text)
    assert form.xpath("//input[@name='source']/@value") == [SAID["source"]]
    assert form.xpath("//input[@name='published_on']/@value") == ["", "", ""]
    newer = uploaded(staff_browser, database, LEAVERS.replace("78.5", "70.1"), url=f"{url}/new")
    assert "Beside edition 1, which is in use: 0 figures are new, 1 changed, 5 are the same" in text_of(
        staff_browser.get(newer)
    )
    assert keep(staff_browser, newer).headers["location"] == url
    assert "70.1%" in text_of(staff_browser.get(url))
    older = text_of(staff_browser.get(f"{url}?edition=1"))
    assert "78.5%" in older
    assert "in use no more" in older


def test_who_looked_before_another_edition_was_kept_looks_again(staff_browser: Any, database: Database) -> None:
    url = keep(staff_browser, uploaded(staff_browser, database)).headers["location"]
    mine, theirs = (uploaded(staff_browser, database, url=f"{url}/new") for _ in range(2))
    seen = hidden(staff_browser.get(mine), "seen")
    keep(staff_browser, theirs)
    answer = staff_browser.submit(mine, {"seen": seen})
    assert answer.status_code == 422
    assert "since you looked at it" in answer.text
    assert keep(staff_browser, mine).status_code == 303


def test_the_file_of_figures_runs_nothing_and_can_be_imported_again(staff_browser: Any, database: Database) -> None:
    url = keep(staff_browser, uploaded(staff_browser, database, title="=1+1", source="@SUM(A1)")).headers["location"]
    sent = staff_browser.get(f"{url}/figures.csv")
    rows = list(csv.DictReader(io.StringIO(sent.content.decode("utf-8-sig"))))
    assert [rows[0][name] for name in ("Code", "Area", "Period", "Value")] == [
        "S92000003",
        "Scotland",
        "2023–24",
        "81.5",
    ]
    assert {row["Title"] for row in rows} == {"'=1+1"}
    assert {row["Publication"] for row in rows} == {"'@SUM(A1)"}
    assert [row["Value"] for row in rows if row["Area"] == "Moray"] == ["82.5", "[c]"]
    again = uploaded(staff_browser, database, sent.content.decode("utf-8-sig"), url=f"{url}/new", title="=1+1")
    assert "0 figures are new, 0 changed, 6 are the same, 0 are no longer" in text_of(staff_browser.get(again))


def test_a_statistic_is_taken_out_with_a_reason_and_put_back(staff_browser: Any, database: Database) -> None:
    url = keep(staff_browser, uploaded(staff_browser, database)).headers["location"]
    assert "Say why it is taken out" in staff_browser.submit(f"{url}/take-out", {"_why": " "}).text
    staff_browser.submit(f"{url}/take-out", {"_why": "The source was withdrawn"})
    assert "took this statistic out" in text_of(staff_browser.get(url))
    assert "“The source was withdrawn”" in text_of(staff_browser.get(url))
    assert "Taken out" in text_of(staff_browser.get(ROOT))
    staff_browser.submit(f"{url}/put-back")
    assert "took this statistic out" not in text_of(staff_browser.get(url))


def test_a_file_that_is_not_wanted_is_deleted(staff_browser: Any, database: Database) -> None:
    url = uploaded(staff_browser, database)
    assert staff_browser.submit(f"{url}/forget").headers["location"] == ROOT
    assert staff_browser.get(url).status_code == 404


def test_what_is_kept_cannot_be_changed_or_deleted_from_an_old_page(staff_browser: Any, database: Database) -> None:
    url = uploaded(staff_browser, database)
    statistic = keep(staff_browser, url).headers["location"]
    assert staff_browser.get(url).headers["location"] == statistic
    assert staff_browser.submit(f"{url}/forget").status_code == 409
    assert send(staff_browser, LEAVERS.encode(), f"{url}/change").status_code == 409
    assert staff_browser.submit(f"{url}/again").status_code == 409
    assert "80.0%" in text_of(staff_browser.get(statistic))


def test_long_tables_are_cut_into_pages_of_periods(staff_browser: Any, database: Database) -> None:
    years = "".join(f"Fife,{year},{year / 100}\n" for year in range(2010, 2024))
    url = keep(staff_browser, uploaded(staff_browser, database, "Area,Year,Value\n" + years)).headers["location"]
    first, last = text_of(staff_browser.get(url)), text_of(staff_browser.get(f"{url}?periods=3"))
    assert "Periods 1 to 6 of 14" in first
    assert "20.23%" in first
    assert "Periods 13 to 14 of 14" in last


def test_an_auditor_looks_and_is_offered_nothing_to_do(as_person: Callable[..., Any], database: Database) -> None:
    with database.writing() as session:
        statistic_id, edition_id = statistics_told.kept_and_read(session)
        session.commit()
    auditor = as_person("auditor")
    page = auditor.get(f"{ROOT}/{statistic_id}")
    assert "80.0%" in page.text
    assert "take-out" not in page.text
    assert f"/files/{edition_id}" not in auditor.get(ROOT).text


def test_another_sheet_is_read_when_it_is_chosen(staff_browser: Any, database: Database) -> None:
    with database.writing() as session:
        edition_id = statistics_told.begin(session)
        edition = session.get_one(StatisticEdition, edition_id)
        statistic_editions.change(
            session, edition_id, statistics.facts_held(edition), content=workbook(), file_name="a.xlsx"
        )
        statistics_told.read(session, edition_id)
        session.commit()
    url = f"{ROOT}/files/{edition_id}"
    assert "No row of headings" in text_of(staff_browser.get(url))
    staff_browser.submit(f"{url}/again", {"sheet": "Figures"})
    assert "1 figure in 1 row" in text_of(staff_browser.get(read(database, url)))


def workbook() -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["About these figures"])
    sheet = book.create_sheet("Figures")
    for row in (["Area", "Year", "Value"], ["Fife", 2024, 45.5]):
        sheet.append(row)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()
