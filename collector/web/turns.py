"""Long lists, a page at a time: which page is asked for, and the addresses of its neighbours and filters."""

from dataclasses import dataclass
from math import ceil
from typing import Annotated, Any
from urllib.parse import urlencode

from litestar.params import QueryParameter

AT_ONCE = 25  # rows a page, where a list says no other

PageNumber = Annotated[int, QueryParameter(name="page", ge=1, le=1_000_000)]


@dataclass(frozen=True)
class Turn:
    """One page of a long list."""

    number: int
    total: int
    at_once: int = AT_ONCE

    @property
    def of(self) -> int:
        return max(1, ceil(self.total / self.at_once))

    @property
    def offset(self) -> int:
        return (self.number - 1) * self.at_once


def turn_of(asked: int, total: int, at_once: int = AT_ONCE) -> Turn:
    """The page asked for, or the nearest there is."""
    last = Turn(1, total, at_once).of
    return Turn(min(max(asked, 1), last), total, at_once)


def turn_shown(turn: Turn, path: str, asked: dict[str, Any], *, name: str = "page") -> dict[str, Any]:
    """`name`: what the address calls the number of the page."""

    def url(number: int) -> str | None:
        return address(path, {**asked, name: number}) if 1 <= number <= turn.of else None

    return {
        "number": turn.number,
        "of": turn.of,
        "previous_url": url(turn.number - 1),
        "next_url": url(turn.number + 1),
    }


def filters(
    path: str, name: str, words: dict[str, str], counts: dict[str, int], asked: dict[str, str]
) -> list[dict[str, Any]]:
    """One link a choice, "All" first, each with how many there are."""
    choices = {"": "All", **words}
    return [
        {
            "id": id or "all",
            "word": word,
            "count": counts.get(id, 0) if id else sum(counts.values()),
            "url": address(path, {**asked, name: id}),
            "current": asked[name] == id,
        }
        for id, word in choices.items()
    ]


def address(path: str, asked: dict[str, Any]) -> str:
    query = urlencode({key: value for key, value in asked.items() if value})
    return f"{path}?{query}" if query else path
