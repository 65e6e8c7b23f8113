"""One row of the chart of agreement: two intervals on one axis, drawn as numbers for an inline SVG.

Every row is a picture of its own with the same axis, so that on a phone it stands beside its figures.
"""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 300, 44
LEFT, RIGHT = 56, 290  # of the axis
LOWEST, HIGHEST = -0.25, 1.0
PEOPLE, MODEL = 13, 31  # how far down
# Krippendorff's steps: from the one on conclusions are tentative, from the other on firm.
STEPS = (0.667, 0.8)

Values = Sequence[float | None]  # value, low, high


@dataclass(frozen=True)
class Bar:
    """A figure with its interval, or the figure alone; `cut` where the interval goes on beyond the axis."""

    y: int
    at: float
    low: float | None
    high: float | None
    cut: bool

    @property
    def diamond(self) -> str:
        return f"{self.at},{self.y - 6} {self.at + 6},{self.y} {self.at},{self.y + 6} {self.at - 6},{self.y}"


@dataclass(frozen=True)
class Strip:
    people: Values
    model: Values

    @property
    def bars(self) -> dict[str, Bar | None]:
        return {"people": bar_of(self.people, PEOPLE), "model": bar_of(self.model, MODEL)}

    @staticmethod
    def axis() -> dict[str, object]:
        marks = [(place(0.0), "0"), (place(STEPS[0]), "0.667"), (place(STEPS[1]), "0.8"), (place(1.0), "1")]
        return {
            "width": WIDTH,
            "height": HEIGHT,
            "marks": [{"x": x, "word": word, "step": word in ("0.667", "0.8")} for x, word in marks],
        }


def bar_of(values: Values, y: int) -> Bar | None:
    value, low, high = values
    if value is None:
        return None
    known = None not in (low, high)
    return Bar(y, place(value), place(low) if known else None, place(high) if known else None, known and low < LOWEST)


def place(value: float) -> float:
    within = min(max(value, LOWEST), HIGHEST)
    return round(LEFT + (within - LOWEST) / (HIGHEST - LOWEST) * (RIGHT - LEFT), 1)
