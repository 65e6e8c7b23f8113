"""Numbers as published files have them, and what stands where there is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.profiles import values
from collector.profiles.values import NotUnderstood, Value


@pytest.mark.parametrize(
    ("written", "unit", "number", "decimals"),
    [
        ("1,234.5", "number", 1234.5, 1),
        ("12 345", "number", 12345, 0),
        ("45.0%", "percent", 45, 1),
        ("0.456", "share", 45.6, 1),
        ("1", "share", 100, 0),
        ("£1.2m", "pounds", 1_200_000, 0),
        ("-£300", "pounds", -300, 0),
        ("£3 million", "pounds", 3_000_000, 0),
        ("(1,250)", "number", -1250, 0),
        ("−3", "number", -3, 0),
        ("0", "number", 0, 0),
        ("0.30000000000000004", "number", 0.30000000000000004, 1),  # as a workbook works it out
        ("1e-05", "rate", 1e-05, 6),
        (" 7 ", "number", 7, 0),
    ],
)
def test_a_number_is_read_with_the_decimals_it_was_written_with(
    written: str, unit: str, number: float, decimals: int
) -> None:
    assert values.read(written, unit) == Value(number, decimals)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("[c]", "suppressed, as few people are counted"),
        ("*", "suppressed, as few people are counted"),
        ("n/a", "not available"),
        ("[x]", "not available"),
        ("..", "not available"),
        ("[low]", "too low to be told"),
        ("[z]", "not applicable"),
        ("-", "a dash, which the source explains"),
        ("", "left empty"),
        ("  ", "left empty"),
    ],
)
def test_what_was_not_published_is_kept_as_such_and_never_as_nought(written: str, reason: str) -> None:
    assert values.read(written, "number") == Value(None, missing=reason)


def test_what_stands_beside_a_number_stays_beside_it() -> None:
    assert values.read("12.5 [p] [r]", "percent") == Value(12.5, 1, marks="provisional, revised")


@pytest.mark.parametrize(
    ("written", "unit", "why"),
    [
        ("12,5", "number", "a comma where British numbers have a point"),
        ("1.234,5", "number", "a comma where British numbers have a point"),
        ("£12", "number", "has a £"),
        ("12%", "number", "has a %"),
        ("12%", "share", "said to be shares"),
        ("<5", "number", "no exact number"),
        ("12 [q]", "number", "“[q]” beside a number is not known"),
        ("12 5", "number", "is no number"),
        ("twelve", "number", "is no number"),
        ("nan", "number", "is no number"),
        ("1e400", "number", "larger than any figure"),
        ("٣", "number", "is no number"),
    ],
)
def test_what_is_no_number_is_refused_with_what_to_do(written: str, unit: str, why: str) -> None:
    with pytest.raises(NotUnderstood, match=why.replace("[", r"\[")):
        values.read(written, unit)


@given(st.text(max_size=30), st.sampled_from(sorted(values.UNITS)))
def test_any_text_is_a_value_or_refused(text: str, unit: str) -> None:
    try:
        found = values.read(text, unit)
    except NotUnderstood:
        return
    assert (found.number is None) is bool(found.missing)


@pytest.mark.parametrize(
    ("number", "decimals", "unit", "words"),
    [
        (1234.5, 1, "number", "1,234.5"),
        (45, 1, "percent", "45.0%"),
        (-1200, 0, "pounds", "−£1,200"),
        (12.25, 2, "rate", "12.25"),
    ],
)
def test_a_number_is_shown_with_its_unit(number: float, decimals: int, unit: str, words: str) -> None:
    assert values.shown(number, decimals, unit) == words


def test_on_a_chart_large_numbers_are_short() -> None:
    numbers = (28_190_000, 1_234_000, 45_600, 999.5)
    assert [values.short(number, 1, "pounds") for number in numbers] == ["£28.2m", "£1.23m", "£45,600", "£999.5"]


@pytest.mark.parametrize(
    ("now", "before", "unit", "words"),
    [
        (46.4, 45.2, "percent", "up 1.2 percentage points"),
        (45.2, 46.2, "percent", "down 1.0 percentage point"),
        (45.2, 45.2, "percent", "no change"),
        (1200, 1500, "pounds", "down £300.0"),
        (0.3, 0.1, "number", "up 0.2"),
    ],
)
def test_a_change_is_told_in_words_with_its_unit(now: float, before: float, unit: str, words: str) -> None:
    assert values.change(now, before, 1, unit) == words
