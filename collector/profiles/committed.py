"""What an organisation has committed to, and by when: what it listed, and what its statements promise with a day.

The page of its profile and its report tell it alike.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from collector import dates
from collector.intake.models import Source
from collector.profiles import listed, promises
from collector.profiles.lines import Line
from collector.review import redactions

LONGEST = 200  # letters of what is promised, in a table; the statement has all of it
TITLE = "What they have committed to, and by when"
NOTHING = "Nothing with a day was promised, and nothing was listed as a commitment."


@dataclass(frozen=True)
class Commitment:
    """`due_to` is the last of the days that `by_when` stands for, if it has one. `lines` are the statements that it
    stands in: none where what was listed was not read yet."""

    words: str
    by_when: str
    due_to: date | None
    source: Source
    lines: tuple[Line, ...]

    @property
    def short(self) -> str:
        words = " ".join(self.words.split())
        return words if len(words) <= LONGEST else words[: LONGEST - 1].rsplit(" ", 1)[0] + "…"

    def state(self, today: date) -> str:
        if self.due_to is None:
            return "Without a day"
        return "Past its day" if self.due_to < today else "To come"


def in_order(
    items: Iterable[tuple[listed.Line, Sequence[Line]]], promised: Iterable[tuple[Line, date]]
) -> list[Commitment]:
    """In the order in which they are due, what has no day last. A statement with words redacted, which may be those of
    the day, is left out."""
    found = [of_item(item, lines) for item, lines in items]
    found += [of_line(line, due_to) for line, due_to in promised if not line.redacted]
    return sorted(found, key=lambda one: (one.due_to is None, one.due_to or date.max))


def of_item(item: listed.Line, lines: Sequence[Line]) -> Commitment:
    """Without its day where a word of that is redacted."""
    hidden = redactions.IN_PLACE in item.due
    read_as = f" (read as {item.read_as})" if item.read_as and not hidden else ""
    return Commitment(item.text, f"{item.due}{read_as}", None if hidden else item.due_to, item.source, tuple(lines))


def of_line(line: Line, due_to: date) -> Commitment:
    days = promises.by_when(line.promised, dates.local_day(line.source.received_at))
    return Commitment(line.text, days, due_to, line.source, (line,))


def lead(today: date) -> str:
    day = dates.in_words(today)
    return f"What they listed as commitments, and what else they promise with a day, as it stands on {day}."


def what_ended(ended: Mapping[str, int]) -> str:
    """Of what they listed before: its words count no more. `ended`: how many were done, and how many withdrawn."""
    told = [f"{ended[state]:,} {state}" for state in ("done", "withdrawn") if ended.get(state)]
    return f"Of what they listed in earlier rounds, they say since: {' and '.join(told)}." if told else ""
