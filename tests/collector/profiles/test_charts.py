"""Small charts as data: nothing stands outside, over something else, or where no number is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.profiles import charts
from collector.profiles.charts import Chart, Datum, Series

NUMBERS = st.floats(-1e9, 1e9, allow_nan=False).map(lambda number: round(number, 2))
SERIES = st.lists(st.none() | NUMBERS, min_size=1, max_size=14)


def series(name: str, values: list[float | None]) -> Series:
    data = [Datum(at, one, "" if one is None else f"{one:g}", str(2000 + at)) for at, one in enumerate(values)]
    return Series(name, data)


def told(number: float) -> str:
    return f"{number:g}"


def words_of(chart: Chart) -> list[str]:
    return [word.text for word in chart.words]


def test_a_line_stops_where_nothing_was_published() -> None:
    chart = charts.lines([series("Here", [80, 81, None, None, 84, 85])], told)
    [line] = chart.lines
    assert [len(run.split()) for run in line.runs] == [2, 2]
    assert len(line.dots) == 4


def test_each_line_is_named_at_its_end_and_one_alone_is_not() -> None:
    both = charts.lines([series("This area", [80, 85]), series("Scotland", [79, 81])], told)
    assert {"This area", "85", "Scotland", "81"} <= set(words_of(both))
    assert "This area" not in words_of(charts.lines([series("This area", [80, 85])], told))


def test_a_scale_that_does_not_begin_at_nought_says_where_it_begins() -> None:
    assert charts.lines([series("Here", [80, 85])], told).begins == "80"
    assert charts.lines([series("Here", [10, 85])], told).begins == ""


def test_a_small_difference_is_no_mountain() -> None:
    [line] = charts.lines([series("Here", [95.1, 95.6])], told).lines
    assert abs(line.dots[0].y - line.dots[1].y) < charts.HEIGHT / 20


def test_bars_begin_at_nought() -> None:
    chart = charts.bars(series("", [10, 20, 40]))
    heights = [bar.height for bar in chart.bars]
    assert heights[2] == pytest.approx(2 * heights[1], rel=0.02) == pytest.approx(4 * heights[0], rel=0.02)
    assert all(bar.y + bar.height == pytest.approx(chart.base) for bar in chart.bars)


def test_what_was_not_published_is_no_bar_and_stands_as_a_dash() -> None:
    chart = charts.bars(series("", [10, None, 40]))
    assert len(chart.bars) == 2
    assert "–" in words_of(chart)


@pytest.mark.parametrize("values", [[], [None], [5], [None, 5, None]])
def test_less_than_two_numbers_are_no_chart(values: list[float | None]) -> None:
    assert charts.lines([series("Here", values), series("Scotland", [1, 2, 3])], told) is None
    assert charts.bars(series("", values)) is None
    assert charts.spark(series("", values).data, series("", [1, 2]).data) is None


@given(SERIES, SERIES)
def test_everything_stands_within_the_chart(here: list[float | None], scotland: list[float | None]) -> None:
    found = [
        charts.lines([series("This area", here), series("Scotland", scotland)], told),
        charts.bars(series("", here)),
    ]
    for chart in filter(None, found):
        for place in (*(dot for line in chart.lines for dot in line.dots), *chart.words):
            assert 0 <= place.y <= chart.height
            assert 0 <= place.x <= chart.width
        assert all(bar.height > 0 and 0 <= bar.y <= bar.y + bar.height <= chart.height for bar in chart.bars)


@given(st.lists(NUMBERS, min_size=2, max_size=6), st.lists(NUMBERS, min_size=2, max_size=6))
def test_the_words_at_the_ends_of_two_lines_never_cover_one_another(here: list[float], scotland: list[float]) -> None:
    chart = charts.lines([series("This area", here), series("Scotland", scotland)], told)
    ends = sorted(word.y for word in chart.words if word.anchor == "start" and word.y < charts.HEIGHT - 6)
    assert all(other - one >= charts.APART - 0.01 for one, other in zip(ends, ends[1:], strict=False))
