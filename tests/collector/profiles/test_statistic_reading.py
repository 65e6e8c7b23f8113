"""Rows of a spreadsheet as figures: what is understood, and what is told of the rest."""

from typing import Any

import pytest

from collector.organisations.names import Names
from collector.profiles import statistic_reading
from collector.profiles.statistic_reading import Read
from forms.areas import SCOTLAND, areas

KNOWN = Names([(7, "Loch Ossian Advocacy"), (8, "Kinnaird Water Council")], [("the ossian people", 7)])


def read(*rows: list[str], unit: str = "number", faults: dict[int, dict[str, str]] | None = None) -> Read:
    numbered = [(number, cells, (faults or {}).get(number, {})) for number, cells in enumerate(rows, start=1)]
    return statistic_reading.read(numbered, unit, KNOWN)


def told(found: Read) -> list[tuple[Any, ...]]:
    return [(one.place, one.period.words, one.value.number) for one in found.figures]


def problems(found: Read) -> list[tuple[int, str, str]]:
    return [(one.row, one.column, one.message) for one in found.problems]


HEADED = ["Area", "Period", "Value"]


def test_each_row_is_a_figure_of_a_place_and_a_period() -> None:
    found = read(["Table 1: invented"], [], HEADED, ["Fife", "2023-24", "12.5"], ["Scotland", "2023-24", "13"])
    assert told(found) == [("fife", "2023–24", 12.5), ("scotland", "2023–24", 13)]
    assert (found.problems, found.refused, found.decimals) == ([], "", 1)


def test_a_column_of_values_for_each_period_is_read_too() -> None:
    found = read(["Council", "2022-23", "2023-24"], ["Fife", "1", "2"], ["Moray", "[c]", "4"])
    assert told(found) == [
        ("fife", "2022–23", 1),
        ("fife", "2023–24", 2),
        ("moray", "2022–23", None),
        ("moray", "2023–24", 4),
    ]


@pytest.mark.parametrize("area", [*areas(), SCOTLAND], ids=lambda area: area.id)
def test_an_area_is_known_by_its_name_its_id_and_its_code(area: Any) -> None:
    names = [area.name, area.id, area.code, area.code.lower(), area.name.upper(), f"  {area.name} "]
    assert {statistic_reading.area_of(" ".join(name.split())) for name in names} == {area.id}


@pytest.mark.parametrize(
    ("written", "area"),
    [
        ("Edinburgh, City of", "city-of-edinburgh"),
        ("Argyll & Bute", "argyll-and-bute"),
        ("Western Isles", "na-h-eileanan-siar"),
        ("Comhairle nan Eilean Siar", "na-h-eileanan-siar"),
        ("Fife Council", "fife"),
        ("Glasgow", "glasgow-city"),
        ("S12000046", "glasgow-city"),  # before its border was changed
        ("SCOTLAND", "scotland"),
        ("NHS Fife", ""),
        ("England", ""),
        ("S08000029", ""),
    ],
)
def test_an_area_is_known_by_what_tables_call_it(written: str, area: str) -> None:
    assert statistic_reading.area_of(written) == area


def test_organisations_are_known_by_their_names_and_aliases() -> None:
    rows = [["Organisation", "Year", "Budget (£)"], ["Loch Ossian Advocacy", "2024", "£1.2m"]]
    found = read(*rows, ["The Ossian People", "2023", "£1,000"], ["Loch Osian Advocacy", "2022", "1"], unit="pounds")
    assert told(found) == [("organisation 7", "2024", 1_200_000), ("organisation 7", "2023", 1000)]
    [(row, column, message)] = problems(found)
    assert (row, column) == (4, "A")
    assert "If it is “Loch Ossian Advocacy”" in message


def test_a_code_counts_for_more_than_a_name_and_an_organisation_for_more_than_its_area() -> None:
    rows = [["Area", "Code", "Period", "Value"], ["The Kingdom", "S12000047", "2024", "1"]]
    assert told(read(*rows)) == [("fife", "2024", 1)]
    rows = [["Area", "Organisation", "Period", "Value"], ["Fife", "Kinnaird Water Council", "2024", "1"]]
    assert told(read(*rows, ["Fife", "", "2024", "2"])) == [("organisation 8", "2024", 1), ("fife", "2024", 2)]


def test_the_one_column_that_is_left_holds_the_values() -> None:
    assert told(read(["Area", "Year", "Children in kinship care"], ["Fife", "2024", "3"])) == [("fife", "2024", 3)]


def test_what_is_not_understood_is_told_by_its_place_and_the_rest_is_read() -> None:
    found = read(
        HEADED, ["Narnia", "2024", "1"], ["Fife", "soon", "1"], ["Fife", "2024", "12,5"], ["Moray", "2024", "9"]
    )
    assert told(found) == [("moray", "2024", 9)]
    assert [(row, column) for row, column, _ in problems(found)] == [(2, "A"), (3, "B"), (4, "C")]
    assert (found.problem_rows, found.rows) == (3, 4)


def test_a_cell_that_the_reader_could_not_take_is_told_as_it_says() -> None:
    found = read(HEADED, ["Fife", "2024", ""], faults={2: {"2": "is a formula that came to nothing"}})
    assert problems(found) == [(2, "C", "is a formula that came to nothing")]
    assert found.figures == []


def test_a_place_told_twice_is_kept_once_where_both_agree_and_not_at_all_where_they_differ() -> None:
    same = read(HEADED, ["Fife", "2023-24", "1"], ["S12000047", "2023/24", "1.0"])
    assert (told(same), same.problems) == ([("fife", "2023–24", 1)], [])
    twice = read(
        [*HEADED, "Sex"], ["Fife", "2024", "1", "girls"], ["Fife", "2024", "2", "boys"], ["Moray", "2024", "3"]
    )
    assert told(twice) == [("moray", "2024", 3)]
    [(row, _, message)] = problems(twice)
    assert row == 3
    assert "several values for 2024 (rows 2, 3)" in message
    assert "If column D “Sex” parts them" in message
    assert twice.problem_rows == 2


def test_lines_of_words_under_a_table_are_notes() -> None:
    found = read(HEADED, ["Fife", "2024", "1"], ["Source: an invented office"], ["Scotland"])
    assert "taken for notes and left out: 3" in found.notes[0]
    assert [row for row, _, _ in problems(found)] == [4]


def test_shares_are_not_taken_for_percentages_in_silence() -> None:
    assert "between 0 and 1" in read(HEADED, ["Fife", "2024", "0.45"], unit="percent").notes[0]
    assert read(HEADED, ["Fife", "2024", "45"], unit="percent").notes == []


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([["a", "b"], ["1", "2"]], "Missing: Area, Code or Organisation, Period, Value"),
        ([["Area", "Population"], ["Fife", "2"]], "Missing: Period, Value"),
        ([], "No row of headings"),
        ([HEADED], "no rows below the headings"),
        ([["Area", "2023-24", "2023-24"], ["Fife", "1", "2"]], "Columns B and C in row 1 are both headed “2023-24”"),
        ([["Area", "Period", "Number", "Percent"], ["Fife", "2024", "1", "2"]], "merged over several columns"),
        ([["Area", "Council", "Period", "Value"], ["Fife", "Fife", "2024", "2"]], "leave one column of areas"),
    ],
)
def test_a_file_of_no_use_is_refused_with_what_to_do(rows: list[list[str]], why: str) -> None:
    found = read(*rows)
    assert why in found.refused
    assert found.figures == []


def test_more_figures_than_anybody_publishes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistic_reading, "MOST_FIGURES", 2)
    assert "more than 2 figures" in read(HEADED, *(["Fife", str(2000 + year), "1"] for year in range(3))).refused


def test_of_many_problems_the_first_are_told_and_all_are_counted() -> None:
    found = read(HEADED, *(["Narnia", "2024", "1"] for _ in range(150))).told()
    assert (len(found["problems"]), found["problem_count"], found["problem_rows"]) == (100, 150, 150)
