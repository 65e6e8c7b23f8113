"""Where a reviewer is: which passage of which queue, which of its statements, and what has just been saved.

All of it stands in the address, so that a reload and a copied address show the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from collector.review import queue
from collector.web.posted import whole_number

LONGEST = 40
# What of the place belongs to one passage, and is left behind with it.
OF_PASSAGE = {"statement": None, "change": "", "whole": False, "at": "", "seen": None}


@dataclass(frozen=True)
class Place:
    wanted: queue.Wanted
    statement: int | None = None
    change: str = ""  # the words picked out whose form is open: kind.start.end
    whole: bool = False  # words of the whole passage can be marked
    at: str = ""  # what the passage was sorted by when it was opened: decisions on it move it on
    done: int | None = None  # the act that was saved just now
    undone: int | None = None
    seen: int | None = None  # what others decided after this act is told

    def query(self, **changes: Any) -> str:
        there = replace(self, **changes)
        told = {
            "statement": there.statement,
            "change": there.change,
            "whole": "1" if there.whole else "",
            "at": there.at,
            "done": there.done,
            "undone": there.undone,
            "seen": there.seen,
        }
        own = urlencode({name: value for name, value in told.items() if value not in (None, "")})
        return "&".join(part for part in (there.wanted.query(), own) if part)

    def url(self, passage_id: int, rest: str = "", **changes: Any) -> str:
        query = self.query(**changes)
        return f"/staff/review/{passage_id}{rest}" + (f"?{query}" if query else "")

    def elsewhere(self, passage_id: int, **changes: Any) -> str:
        """The address of another passage of the same queue."""
        return self.url(passage_id, **{**OF_PASSAGE, "done": None, "undone": None, **changes})

    def sorted_at(self, passage_id: int) -> queue.Place | None:
        """Where the passage stood when it was opened; None where the address does not say, or not in words we know."""
        return queue.place_read(self.wanted, f"{self.at}~{passage_id}") if self.at else None


def read(query: Mapping[str, str]) -> Place:
    """From an address; what makes no sense there is passed over."""
    return Place(
        wanted=queue.read(query),
        statement=whole_number(query.get("statement", "")),
        change=query.get("change", "")[:LONGEST],
        whole=query.get("whole", "") == "1",
        at=query.get("at", "")[:LONGEST],
        done=whole_number(query.get("done", "")),
        undone=whole_number(query.get("undone", "")),
        seen=whole_number(query.get("seen", "")),
    )


def at(place: queue.Place | None) -> str:
    """What a passage is sorted by besides its number, for an address."""
    return "" if place is None or len(place) == 1 else queue.in_address(place[0])
