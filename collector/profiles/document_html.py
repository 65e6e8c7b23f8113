"""A document as a page of its own: one file without scripts, pictures or fonts from elsewhere, made for paper too."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from collector import dates
from collector.profiles.document import ADDRESS, Chart, Document, Quote, Reference, held_words
from forms import speech

OF_PROFILES = Path(__file__).parent / "templates"
STYLES = Path(__file__).parents[1] / "web" / "static" / "css"  # one of them stands within the page
# Of the picture of a chart, which is 600 wide: where bars begin, how long the longest is, and from one to the next.
BARS_AT, LONGEST, STEP = 220, 310, 26
LONGEST_LABEL = 30


def as_html(document: Document) -> bytes:
    """The same bytes each time."""
    with speech.speaking(speech.ENGLISH):
        return _page().render(document=document, drawn=drawn).encode()


@dataclass(frozen=True)
class DrawnBar:
    label: str
    value: str
    x: int
    y: int
    width: int


@dataclass(frozen=True)
class Drawn:
    height: int
    bars: tuple[DrawnBar, ...]


def drawn(chart: Chart) -> Drawn:
    """Where the bars of a chart stand, in whole numbers."""
    length = lengths(chart, LONGEST)
    bars = [
        DrawnBar(shortened(bar.label), bar.shown, BARS_AT, place * STEP, length(bar.value))
        for place, bar in enumerate(chart.bars)
    ]
    return Drawn(max(1, len(bars)) * STEP, tuple(bars))


def lengths(chart: Chart, longest: int) -> Callable[[str], int]:
    most = max([Decimal(bar.value) for bar in chart.bars] + [Decimal(1)])
    return lambda value: int(max(Decimal(0), Decimal(value)) * longest / most)


def shortened(label: str) -> str:
    """As much as has room beside a bar; the table under the chart has all of it."""
    return label if len(label) <= LONGEST_LABEL else label[: LONGEST_LABEL - 1].rstrip() + "…"


def origin(one: Quote | Reference) -> str:
    """Who said it, where and when, as far as that is told."""
    return ", ".join(filter(None, (one.who, one.source, dates.in_words(one.when) if one.when else "")))


@cache
def _page() -> Template:
    environment: Any = Environment(
        loader=FileSystemLoader([OF_PROFILES, STYLES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"date": dates.in_words, "held_words": held_words, "address_words": ADDRESS}
    return environment.get_template("profiles/report_file.html")
