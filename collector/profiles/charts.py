"""Small charts as data: where lines, bars and words stand, for templates of pages and of reports.

Nothing here knows the web, a database or a colour. Bars begin at nought, for a bar is read by its length. A line is
read by where it stands: its scale may begin higher, says where, and never makes a mountain of a fold (`LEAST_SPAN`).
Where something was not published a line stops, and a bar is missing. Sizes are those of the chart's own coordinates, in
which letters are 12 high.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

WIDTH, HEIGHT = 320, 150
TOP, BOTTOM, SIDE = 24, 26, 8
LETTER = 7  # how wide one is, on the average, where letters are 12 high
APART = 15  # two words above one another
MOST_BARS = 6
# What a scale of lines covers at least, as a share of its greatest value.
LEAST_SPAN = 0.2
SPARK_WIDTH, SPARK_HEIGHT = 84, 22


@dataclass(frozen=True)
class Datum:
    """`at`: where it stands in time, in any unit. `words`: the value as it is told; `when`: the period, short."""

    at: float
    value: float | None
    words: str
    when: str


@dataclass(frozen=True)
class Series:
    name: str
    data: Sequence[Datum]  # in the order of time


@dataclass(frozen=True)
class Word:
    x: float
    y: float
    text: str
    anchor: str = "start"  # start, middle or end


@dataclass(frozen=True)
class Dot:
    x: float
    y: float


@dataclass(frozen=True)
class Line:
    """`runs`: each the points of a stretch without a gap, as SVG writes them."""

    name: str
    runs: tuple[str, ...]
    dots: tuple[Dot, ...]


@dataclass(frozen=True)
class Bar:
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Chart:
    """`base`: how high the line stands that the values are measured from; `begins` is what is measured there where that
    is not nought."""

    width: float
    height: float
    base: float
    begins: str = ""
    left: float = SIDE / 2  # where that line begins and ends
    right: float = WIDTH - SIDE / 2
    lines: tuple[Line, ...] = ()
    bars: tuple[Bar, ...] = ()
    words: tuple[Word, ...] = ()


@dataclass(frozen=True)
class Scale:
    """From values to places: `least` stands at `start`, `most` at `end`."""

    least: float
    most: float
    start: float
    end: float

    def place(self, value: float) -> float:
        share = (value - self.least) / (self.most - self.least) if self.most > self.least else 0.5
        return round(self.start + share * (self.end - self.start), 1)


# -- Lines ------------------------------------------------------------------------------------------


def lines(series: Sequence[Series], told: Callable[[float], str]) -> Chart | None:
    """One line for each series, with its name and last value at its end, and the ends of the scale at the side in the
    words that `told` has for a number. None where the first series has not two numbers to be joined."""
    drawing = [one for one in series if any(datum.value is not None for datum in one.data)]
    if not drawing or sum(datum.value is not None for datum in series[0].data) < 2:
        return None
    every = [datum for one in drawing for datum in one.data]
    up = scale_of_lines([datum.value for datum in every if datum.value is not None])
    least, most = told(up.least), told(up.most)
    ends = [end_words(one, named=len(drawing) > 1) for one in drawing]
    left = 2 * SIDE + max(wide(least), wide(most))
    right = WIDTH - SIDE - max(wide(part) for words in ends for part in words)
    across = Scale(min(one.at for one in every), max(one.at for one in every), left, right)
    drawn = tuple(line(one, across, up) for one in drawing)
    sides = (Word(left - 8, up.end + 4, most, "end"), Word(left - 8, up.start + 4, least, "end"))
    words = (*sides, *ending(drawn, ends), *feet(every, across))
    base = up.place(max(up.least, min(0, up.most)))
    begins = least if up.least > 0 else ""
    return Chart(WIDTH, HEIGHT, base, begins, left, right, lines=drawn, words=words)


def scale_of_lines(values: Sequence[float]) -> Scale:
    """Between round numbers; from nought, unless that would press all lines together at the top."""
    least, most = min(values), max(values)
    if least >= 0 and most - least > most / 2 or most <= 0 or least < 0:
        least, most = min(least, 0), max(most, 0)
    span = max(most - least, LEAST_SPAN * max(abs(least), abs(most))) or 1.0
    step = round_step(span / 4)
    low = math.floor(least / step + 1e-9) * step
    high = math.ceil(max(most, low + span) / step - 1e-9) * step
    return Scale(round(low, 9), round(high, 9), HEIGHT - BOTTOM, 12)


def round_step(about: float) -> float:
    """The next larger of 1, 2 and 5, ten times as much, and so on."""
    size = 10.0 ** math.floor(math.log10(about))
    return next(size * times for times in (1, 2, 5, 10) if size * times >= about * (1 - 1e-9))


def line(series: Series, across: Scale, up: Scale) -> Line:
    found = list(stretches(series.data, across, up))
    runs = tuple(" ".join(f"{dot.x:g},{dot.y:g}" for dot in run) for run in found)
    return Line(series.name, runs, tuple(dot for run in found for dot in run))


def stretches(data: Sequence[Datum], across: Scale, up: Scale) -> Iterator[list[Dot]]:
    for told, run in groupby(data, key=lambda datum: datum.value is not None):
        if told:
            yield [Dot(across.place(datum.at), up.place(datum.value)) for datum in run]


def end_words(series: Series, *, named: bool) -> list[str]:
    """The value alone where there is one line: whose it is stands above the chart."""
    last = [datum for datum in series.data if datum.value is not None][-1]
    return [series.name, last.words] if named else [last.words]


def ending(drawn: Sequence[Line], ends: Sequence[list[str]]) -> list[Word]:
    """What stands at the ends of lines, pushed apart where two would cover one another."""
    order = sorted(range(len(drawn)), key=lambda at: drawn[at].dots[-1].y)
    found, free = [], 0.0
    below = sum(len(words) for words in ends) * APART
    for at in order:
        below -= len(ends[at]) * APART
        dot = drawn[at].dots[-1]
        wanted = dot.y + 4 - (len(ends[at]) - 1) * APART / 2
        last = HEIGHT - 4 - below - (len(ends[at]) - 1) * APART
        y = max(min(wanted, last), free, 11)
        x = max(one.dots[-1].x for one in drawn) + 8
        found += [Word(x, y + place * APART, text) for place, text in enumerate(ends[at])]
        free = y + len(ends[at]) * APART
    return found


def feet(data: Sequence[Datum], across: Scale) -> list[Word]:
    """The first and the last period, under the chart."""
    first, last = min(data, key=lambda datum: datum.at), max(data, key=lambda datum: datum.at)
    end = max(across.end, across.start + wide(first.when) + wide(last.when) + 12)
    return [Word(across.start, HEIGHT - 6, first.when), Word(end, HEIGHT - 6, last.when, "end")]


def wide(text: str) -> float:
    return len(text) * LETTER


# -- Bars -------------------------------------------------------------------------------------------


def bars(series: Series) -> Chart | None:
    """The newest periods, each a bar with its value above and its period below; what was not published is said in place
    of a bar. None where there are not two numbers."""
    data = list(series.data)[-MOST_BARS:]
    if sum(datum.value is not None for datum in data) < 2:
        return None
    up, step = scale_of_bars(data), (WIDTH - 2 * SIDE) / len(data)
    drawn, words = [], []
    for at, datum in enumerate(data):
        middle = SIDE + (at + 0.5) * step
        if datum.value is not None:
            drawn.append(bar(datum.value, middle, step, up))
        words += bar_words(datum, middle, step, up, ends=at in (0, len(data) - 1))
    return Chart(WIDTH, HEIGHT, up.place(0), bars=tuple(drawn), words=tuple(words))


def scale_of_bars(data: Sequence[Datum]) -> Scale:
    values = [0.0, *(datum.value for datum in data if datum.value is not None)]
    return Scale(min(values), max(values) if any(values) else 1.0, HEIGHT - BOTTOM, TOP)


def bar(value: float, middle: float, step: float, up: Scale) -> Bar:
    wide_as = round(min(step * 0.68, 48), 1)
    top, foot = sorted((up.place(value), up.place(0)))
    return Bar(round(middle - wide_as / 2, 1), top, wide_as, max(round(foot - top, 1), 1))


def bar_words(datum: Datum, middle: float, step: float, up: Scale, *, ends: bool) -> list[Word]:
    """Of a period too long for its bar only the first and the last are told: the table has all."""
    told = datum.words if datum.value is not None else "–"
    above = min(up.place(datum.value or 0), up.place(0)) - 6
    words = [Word(middle, above, told, "middle")] if wide(told) <= step or ends else []
    if wide(datum.when) <= step:
        return [*words, Word(middle, HEIGHT - 6, datum.when, "middle")]
    if not ends:
        return words
    first = middle < WIDTH / 2
    return [*words, Word(SIDE if first else WIDTH - SIDE, HEIGHT - 6, datum.when, "start" if first else "end")]


# -- Beside a row of a table --------------------------------------------------------------------------


def spark(data: Sequence[Datum], among: Sequence[Datum]) -> Chart | None:
    """A line without words for one row, on the scale of all that is shown `among`. None where there is none to draw."""
    if sum(datum.value is not None for datum in data) < 2:
        return None
    told = [datum.value for datum in among if datum.value is not None]
    across = Scale(min(one.at for one in among), max(one.at for one in among), 3, SPARK_WIDTH - 3)
    up = Scale(min(told), max(told), SPARK_HEIGHT - 3, 3)
    drawn = line(Series("", data), across, up)
    last = Line(drawn.name, drawn.runs, drawn.dots[-1:])
    return Chart(SPARK_WIDTH, SPARK_HEIGHT, SPARK_HEIGHT, lines=(last,))
