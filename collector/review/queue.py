"""The queue: which passages, in which order, and which comes next. An indexed query, however many there are."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, false, func, or_, tuple_
from sqlmodel import Session, col, select

from collector.database import now
from collector.findings.models import ReviewItem, ReviewLabel
from collector.findings.review_items import HARM
from collector.frameworks import plan
from collector.intake import partners, rounds
from collector.intake.models import Passage, Source
from collector.organisations import directory
from collector.organisations.models import OrganisationArea
from collector.web.posted import whole_number

# A passage is in one of these, and a suggestion never counts as reviewed.
STATES = {
    "waiting": "Waiting to be read",
    "suggested": "Suggested",
    "in-review": "In review",
    "second-look": "Needs a second look",
    "set-aside": "Set aside",
    "decided": "Decided",
}
ANY = "any"  # of an export: whatever the state
ORDERS = {"certainty": "Least certain first", "consequence": "Most consequential first", "age": "Oldest first"}
RAIL = 20  # passages listed at once
# Counted no further: a queue of a million is as long as one of thousands to who works through it.
COUNTED = 1_000
ME, NOBODY = "me", "nobody"
UNSURE = {"0.5": "under 50 %", "0.75": "under 75 %", "0.9": "under 90 %"}
SOURCES = ("submission", "document", "import", "meeting")
# What only a passage has that was read.
OF_READ = ("label", "below", "coder", "language", "blind")
LONGEST_LANGUAGE = 8


@dataclass(frozen=True)
class Wanted:
    """What of the queue is asked for, as it stands in the address."""

    state: str = "suggested"
    order: str = "certainty"
    round: int | None = None
    organisation: int | None = None
    area: str = ""
    label: str = ""  # family:label
    source: str = ""  # kind of source
    below: str = ""  # the least certain label has a score under this
    coder: int | None = None
    language: str = ""
    assigned: str = ""  # me, nobody or a number of the staff
    blind: str = ""  # only: those to be coded blind

    def query(self, **changes: Any) -> str:
        """As it stands in an address; what is as usual is left out."""
        wanted = replace(self, **changes)
        usual = Wanted()
        told = {one.name: getattr(wanted, one.name) for one in fields(wanted)}
        return urlencode({name: value for name, value in told.items() if value != getattr(usual, name)})

    def chosen(self) -> list[str]:
        """The filters that are set, besides the state."""
        usual = Wanted(state=self.state, order=self.order)
        return [one.name for one in fields(self) if getattr(self, one.name) != getattr(usual, one.name)]

    @property
    def family_and_label(self) -> tuple[str, str]:
        family, _, label = self.label.partition(":")
        return family, label


def read(query: Mapping[str, str]) -> Wanted:
    """From an address; what makes no sense there is passed over, so that an old address still shows something."""
    told = {one.name: query.get(one.name, "").strip() for one in fields(Wanted)}
    numbers = {name: whole_number(told[name]) for name in ("round", "organisation", "coder")}
    family, _, label = told["label"].partition(":")
    mine = told["assigned"] in (ME, NOBODY) or whole_number(told["assigned"]) is not None
    known = {
        "state": told["state"] if told["state"] in STATES else "suggested",
        "order": told["order"] if told["order"] in ORDERS else "certainty",
        "area": told["area"] if told["area"] in directory.area_names() else "",
        "label": told["label"] if plan.known(family, label) else "",
        "source": told["source"] if told["source"] in SOURCES else "",
        "below": told["below"] if told["below"] in UNSURE else "",
        "language": told["language"] if is_language(told["language"]) else "",
        "assigned": told["assigned"] if mine else "",
        "blind": "only" if told["blind"] == "only" else "",
    }
    return Wanted(**{**told, **numbers, **known})


def is_language(code: str) -> bool:
    return code.isascii() and code.isalpha() and len(code) <= LONGEST_LANGUAGE


def matching(wanted: Wanted, staff_id: int) -> Any:
    """The passages asked for (ids), in no order."""
    if wanted.state == "waiting":
        return waiting(wanted)
    chosen = select(ReviewItem.passage_id)
    if wanted.label:
        chosen = chosen.join(ReviewLabel, col(ReviewLabel.passage_id) == ReviewItem.passage_id)
    return chosen.where(*conditions(wanted, staff_id))


def conditions(wanted: Wanted, staff_id: int) -> Iterator[ColumnElement[bool]]:
    # What the queue is sorted by stands beside labels too: with a label, its index runs in the order asked for.
    sorted_in = ReviewLabel if wanted.label else ReviewItem
    if wanted.state != ANY:
        state = col(sorted_in.state)
        # Put together it is in no index: what one organisation said is soon gathered from its sources, and sorted.
        yield (state if wanted.organisation is None else state + "") == wanted.state
    # These are few, and found once: joined with passages, a database that sorts by cost would read all of them.
    yield col(ReviewItem.passage_id).not_in(select(Passage.id).where(col(Passage.superseded_by).is_not(None)))
    if wanted.label:
        family, label = wanted.family_and_label
        yield col(ReviewLabel.family) == family
        yield col(ReviewLabel.label) == label
    if wanted.round is not None:
        yield col(ReviewItem.round_id) == wanted.round
    if wanted.organisation is not None:
        yield col(ReviewItem.source_id).in_(select(partners.spoken_for([wanted.organisation]).c.source_id))
    if wanted.area:
        # A sum is in no index: of an area there are too many to gather and sort, and the order finds some at once.
        yield (col(ReviewItem.source_id) + 0).in_(select(Source.id).where(works_in(wanted.area)))
    if wanted.source:
        yield col(ReviewItem.source_kind) == wanted.source
    if wanted.below:
        # In another order, as a sum again: what is unsure is half of all, too many to gather and sort.
        certainty = col(sorted_in.certainty)
        yield (certainty if wanted.order == "certainty" else certainty + 0) < float(wanted.below)
    if wanted.coder is not None:
        yield col(ReviewItem.coder) == wanted.coder
    if wanted.language:
        yield col(ReviewItem.language) == wanted.language
    if wanted.blind:
        yield col(ReviewItem.blind)
    if wanted.assigned:
        yield assigned_to(wanted.assigned, staff_id)


def works_in(area: str) -> ColumnElement[bool]:
    there = select(OrganisationArea.organisation_id).where(OrganisationArea.area == area)
    return col(Source.organisation_id).in_(there)


def assigned_to(asked: str, staff_id: int) -> ColumnElement[bool]:
    if asked == NOBODY:  # most of all are, and the order finds some sooner than an index of nobody's
        return func.coalesce(ReviewItem.assigned_to, 0) == 0
    return col(ReviewItem.assigned_to) == (staff_id if asked == ME else int(asked))


def waiting(wanted: Wanted) -> Any:
    """Passages that no model has read, which have no row of their own in the queue."""
    chosen = select(Passage.id).join(Source, col(Source.id) == Passage.source_id)
    chosen = chosen.where(col(Passage.analysed_by).is_(None), col(Passage.retired_at).is_(None))
    if any(getattr(wanted, name) for name in OF_READ) or wanted.assigned not in ("", NOBODY):
        chosen = chosen.where(false())
    if wanted.source:
        chosen = chosen.where(Source.kind == wanted.source)
    if wanted.organisation is not None:
        chosen = chosen.where(partners.speaks_for(wanted.organisation))
    if wanted.area:
        chosen = chosen.where(works_in(wanted.area))
    return chosen if wanted.round is None else rounds.with_round(chosen).where(rounds.of_source() == wanted.round)


def sorting(wanted: Wanted) -> tuple[Any, ...]:
    """What the passages are sorted by: the order asked for, then their numbers, so that no two are alike.

    Those that wait stand in the order that they came.
    """
    if wanted.state == "waiting":
        return (col(Passage.id),)
    table = ReviewLabel if wanted.label else ReviewItem
    return col(getattr(table, BY[wanted.order])), col(table.passage_id)


Place = tuple[Any, ...]  # what a passage is sorted by, its number last


def place_told(wanted: Wanted, item: ReviewItem | int) -> str:
    """Where something stands in the order, for an address: it stays the place when the passage has moved on."""
    if isinstance(item, int):
        return str(item)
    return f"{in_address(getattr(item, BY[wanted.order]))}~{item.passage_id}"


def in_address(by: Any) -> str:
    return by.isoformat() if isinstance(by, datetime) else str(by)


def place_read(wanted: Wanted, told: str) -> Place | None:
    by, _, id = told.rpartition("~")
    if whole_number(id) is None:
        return None
    if wanted.state == "waiting":
        return (whole_number(id),)
    with suppress(ValueError, OverflowError):
        return READ_PLACE[wanted.order](by), whole_number(id)
    return None


def score(text: str) -> float:
    if not 0 <= (found := float(text)) <= 1:
        raise ValueError("Not a score")
    return found


def weight(text: str) -> int:
    return -(whole_number(text.removeprefix("-")) or 0)


def moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("A moment without its zone")
    return found.astimezone(UTC)


BY = {"certainty": "certainty", "consequence": "consequence", "age": "received_at"}
READ_PLACE = {"certainty": score, "consequence": weight, "age": moment}


def turned(
    session: Session, wanted: Wanted, staff_id: int, *, after: str = "", before: str = "", at_most: int
) -> list[int]:
    """A page of the passages asked for: the first, or those that stand just after or before a place."""
    order = sorting(wanted)
    chosen = matching(wanted, staff_id)
    if place := place_read(wanted, before):
        chosen = chosen.where(tuple_(*order) < tuple_(*place)).order_by(*(one.desc() for one in order))
        return list(session.exec(chosen.limit(at_most)))[::-1]
    if place := place_read(wanted, after):
        chosen = chosen.where(tuple_(*order) > tuple_(*place))
    return list(session.exec(chosen.order_by(*order).limit(at_most)))


def first_free(session: Session, wanted: Wanted, staff_id: int) -> int | None:
    """Where to begin: the first passage that nobody else has before them."""
    if wanted.state == "waiting":
        return None
    free = matching(wanted, staff_id).where(is_free(staff_id))
    return session.exec(free.order_by(*sorting(wanted)).limit(1)).first()


def is_free(staff_id: int) -> ColumnElement[bool]:
    return or_(
        col(ReviewItem.taken_by).is_(None), col(ReviewItem.taken_by) == staff_id, col(ReviewItem.taken_until) < now()
    )


def listed(
    session: Session,
    wanted: Wanted,
    staff_id: int,
    *,
    place: Place | None = None,
    at_most: int = RAIL,
) -> list[int]:
    """The first passages asked for, or those from a place on."""
    chosen = matching(wanted, staff_id)
    if place:
        chosen = chosen.where(tuple_(*sorting(wanted)) >= tuple_(*place))
    return list(session.exec(chosen.order_by(*sorting(wanted)).limit(at_most)))


def before(
    session: Session,
    wanted: Wanted,
    staff_id: int,
    passage_id: int,
    at_most: int = RAIL,
    *,
    place: Place | None = None,
) -> list[int]:
    """The passages asked for that stand just before this one, or where it stood (`place`), nearest last."""
    place = place or place_of(session, wanted, passage_id)
    if place is None:
        return []
    order = sorting(wanted)
    chosen = matching(wanted, staff_id).where(tuple_(*order) < tuple_(*place))
    return list(session.exec(chosen.order_by(*(one.desc() for one in order)).limit(at_most)))[::-1]


def following(
    session: Session, wanted: Wanted, staff_id: int, passage_id: int, *, place: Place | None = None
) -> int | None:
    """The next passage after this one that nobody else has before them; the first of all where it was the last.

    `place` is where it stood when it was opened: each decision on it makes it more certain, and moves it on.
    """
    if wanted.state == "waiting":
        return None
    place = place or place_of(session, wanted, passage_id)
    free = matching(wanted, staff_id).where(col(ReviewItem.passage_id) != passage_id, is_free(staff_id))
    after = [free.where(tuple_(*sorting(wanted)) > tuple_(*place))] if place else []
    for chosen in (*after, free):
        if found := session.exec(chosen.order_by(*sorting(wanted)).limit(1)).first():
            return found
    return None


def place_of(session: Session, wanted: Wanted, passage_id: int) -> Place | None:
    """Where a passage stands in the order, also once it has left the list by being decided."""
    if wanted.state == "waiting":
        return (passage_id,)
    item = session.get(ReviewItem, passage_id)
    return (getattr(item, BY[wanted.order]), passage_id) if item else None


def count(session: Session, wanted: Wanted, staff_id: int, at_most: int = COUNTED) -> int:
    """How many there are, counted up to one more than `at_most`."""
    some = matching(wanted, staff_id).limit(at_most + 1).subquery()
    return session.exec(select(func.count()).select_from(some)).one()


def telling_of_harm(session: Session, wanted: Wanted, staff_id: int) -> int:
    """How many of those asked for may tell of harm."""
    if wanted.state == "waiting":
        return 0
    sorted_in = ReviewLabel if wanted.label else ReviewItem
    some = matching(wanted, staff_id).where(col(sorted_in.consequence) <= -HARM).limit(COUNTED + 1).subquery()
    return session.exec(select(func.count()).select_from(some)).one()


def counts(session: Session, wanted: Wanted, staff_id: int) -> dict[str, int]:
    """How many there are in each state, with all else as it is asked for."""
    return {state: count(session, replace(wanted, state=state), staff_id) for state in STATES}


def items(session: Session, passage_ids: Sequence[int]) -> dict[int, ReviewItem]:
    chosen = select(ReviewItem).where(col(ReviewItem.passage_id).in_(passage_ids))
    return {item.passage_id: item for item in session.exec(chosen)}
