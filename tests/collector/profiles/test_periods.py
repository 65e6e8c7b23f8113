"""Periods as published figures name them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.profiles import periods
from collector.profiles.periods import Period


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("2023", "2023"),
        ("2023.0", "2023"),  # as a workbook keeps a year
        ("2023-24", "2023–24"),
        ("2023/24", "2023–24"),
        ("2023 to 2024", "2023–24"),
        ("FY 2023–2024", "2023–24"),
        ("1999-00", "1999–00"),
        ("2011-12", "2011–12"),  # a year of two numbers, never December
        ("2023-03", "March 2023"),
        ("2019-21", "2019 to 2021"),
        ("Q1 2024", "January to March 2024"),
        ("2024 Quarter 4", "October to December 2024"),
        ("January to March 2024", "January to March 2024"),
        ("Sept 2024", "September 2024"),
        ("March 2024", "March 2024"),
        ("31/03/2024", "31 March 2024"),
        ("2024-03-31", "31 March 2024"),
        ("31st July 2024", "31 July 2024"),
        ("45382", "31 March 2024"),  # a day as an old workbook counts it
    ],
)
def test_a_period_is_read_and_told_in_words(written: str, words: str) -> None:
    assert periods.words_of(periods.read(written)) == words


@pytest.mark.parametrize(
    "written", ["", "soon", "23-24", "2024-50", "Q5 2024", "Smarch 2024", "31/31/2024", "12", "year"]
)
def test_what_is_no_period_is_not_guessed(written: str) -> None:
    assert periods.read(written) is None


def test_a_year_of_two_numbers_begins_in_april() -> None:
    assert periods.read("2023-24") == Period(date(2024, 3, 31), date(2023, 4, 1))


def test_periods_stand_in_the_order_of_their_ends() -> None:
    written = ["2023-24", "2023", "Q1 2023", "2022"]
    assert sorted(written, key=periods.read) == ["2022", "Q1 2023", "2023", "2023-24"]


@given(st.dates(date(1951, 1, 1), date(2080, 1, 1)), st.sampled_from(["year", "span", "quarter", "month", "day"]))
def test_what_a_period_is_called_is_read_as_the_same_period(day: date, kind: str) -> None:
    """So that a file of ours can be imported again."""
    made = {
        "year": lambda: periods.year(day.year),
        "span": lambda: periods.span(day.year, str(day.year + 1)),
        "quarter": lambda: periods.quarter(day.year, (day.month + 2) // 3),
        "month": lambda: periods.month(day.year, day.month),
        "day": lambda: Period(day, day),
    }[kind]()
    assert periods.read(periods.words_of(made)) == made


@given(st.text(max_size=20))
def test_any_text_is_a_period_or_none(text: str) -> None:
    found = periods.read(text)
    assert found is None or found.begins <= found.ends
