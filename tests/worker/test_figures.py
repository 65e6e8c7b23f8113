"""A file of figures from its bytes to what is shown, read by the worker in a child process, and on the command line."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner, Result
from sqlmodel import select

from collector.database import Database
from collector.profiles import statistic_editions, statistics
from collector.profiles.statistic_models import StatisticEdition, StatisticFigure
from tests.collector.profiles import statistics_told
from worker import figures
from worker.cli import main


def read(database: Database, content: bytes | str) -> StatisticEdition:
    with database.writing() as session:
        edition_id = statistics_told.begin(session, content, unit="number")
        session.commit()
    figures.read_one(database, edition_id)
    with database.reading() as session:
        return session.get_one(StatisticEdition, edition_id)


def workbook(rows: list[list[Any]], merged: str = "") -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if merged:
        book.active.merge_cells(merged)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def test_a_workbook_is_read_in_a_child_process(database: Database) -> None:
    rows = [["Invented figures"], ["Council area", "2022-23", "2023-24"], ["Fife", 12.5, "[c]"], ["Scotland", 1250, 0]]
    edition = read(database, workbook(rows, merged="A1:C1"))
    assert (edition.state, edition.found["figures"], edition.decimals) == ("done", 4, 1)
    assert edition.found["missing"] == [["suppressed, as few people are counted", 1]]
    with database.reading() as session:
        values = session.exec(select(StatisticFigure.value).order_by(StatisticFigure.id)).all()
    assert values == [12.5, None, 1250, 0]


def test_headings_that_are_merged_over_several_columns_are_told(database: Database) -> None:
    rows = [["Council area", "2023-24", None], ["Fife", 1, 2]]
    edition = read(database, workbook(rows, merged="B1:C1"))
    assert edition.state == "refused"
    assert "Columns B and C in row 1 are both headed “2023-24”" in edition.reason


def test_a_formula_that_came_to_nothing_is_told_by_its_place(database: Database) -> None:
    edition = read(database, workbook([["Area", "Year", "Value"], ["Fife", 2024, "=1+1"], ["Moray", 2024, 3]]))
    [problem] = edition.found["problems"]
    assert (problem["row"], problem["column"]) == (2, "C")
    assert "formula" in problem["message"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_file_is_read_however_its_letters_are_written(database: Database, encoding: str) -> None:
    edition = read(database, "Area;Year;Value (£)\nNa h-Eileanan Siar;2024;1,250\n".encode(encoding))
    assert (edition.state, edition.found["areas"]) == ("done", ["na-h-eileanan-siar"])


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"Area,Year,Value\n" + b"Fife,2024,1\n" * 20_100, "more than 20,000 rows"),
        (b'Area,Year,Value\nFife,2024,"1\n', "quotation mark"),
        (b"\x81\x8d\x8f,\x90\n" * 9, "The letters in this file"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(database: Database, content: bytes, why: str) -> None:
    edition = read(database, content)
    assert edition.state == "refused"
    assert why in edition.reason


# -- On the command line ------------------------------------------------------------------------------

WORDS = {
    "--title": "School leavers",
    "--unit": "percent",
    "--of": "of school leavers",
    "--source": "Leavers in figures",
    "--publisher": "An Office of Figures",
    "--published": "2026-03-31",
}


@pytest.fixture
def imported(tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("DATABASE_URL", database.url)
    file = tmp_path / "leavers.csv"

    def run(text: str, *more: str, **words: str) -> Result:
        file.write_text(text)
        said = WORDS | {f"--{name}": word for name, word in words.items()}
        options = [part for pair in said.items() for part in pair]
        return CliRunner().invoke(
            main, ["statistics", "import", str(file), *options, *more, "--data-dir", str(tmp_path / "data")]
        )

    return run


def of_fife(database: Database) -> list[statistics.Shown]:
    with database.reading() as session:
        return statistics.of_area(session, "fife")


def test_the_command_tells_what_it_read_and_keeps_nothing_unasked(
    imported: Callable[..., Result], database: Database
) -> None:
    told = imported(statistics_told.LEAVERS)
    assert told.exit_code == 0, told.output
    assert "6 figures in 6 rows" in told.output
    assert "Nothing is kept" in told.output
    with database.reading() as session:
        assert statistic_editions.open_files(session) == []
    assert of_fife(database) == []


def test_the_command_keeps_a_file_and_then_its_newer_edition(
    imported: Callable[..., Result], database: Database
) -> None:
    assert "Kept as edition 1" in imported(statistics_told.LEAVERS, "--keep").output
    newer = imported(statistics_told.LEAVERS.replace("80.0 [p]", "80.2"), "--keep")
    assert "Beside edition 1: 0 new, 1 changed, 5 same, 0 gone" in newer.output
    assert "Kept as edition 2" in newer.output
    [fife] = of_fife(database)
    assert fife.words(fife.latest) == "80.2%"


def test_the_command_keeps_nothing_where_something_was_not_understood_unless_told(
    imported: Callable[..., Result], database: Database
) -> None:
    text = statistics_told.LEAVERS + "Narnia,2024-25,1\n"
    refused = imported(text, "--keep")
    assert refused.exit_code == 1
    assert "Row 8, column A: “Narnia”" in refused.output
    assert of_fife(database) == []
    assert "Kept as edition 1" in imported(text, "--keep", "--leave-out").output


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ({"unit": "miles"}, "Choose the unit"),
        ({"published": "soon"}, "Enter the day"),
        ({"title": ""}, "Say what the figures are"),
    ],
)
def test_the_command_says_what_is_wrong_with_its_options(
    imported: Callable[..., Result], words: dict[str, str], why: str
) -> None:
    told = imported(statistics_told.LEAVERS, **words)
    assert told.exit_code == 1
    assert why in told.output
