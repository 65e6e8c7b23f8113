"""The queue: which passages, in which order, and which comes next. An indexed query, however many there are."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, func, or_, tuple_
from sqlmodel import Session, col, select

from collector.database import now
from collector.findings.models import ReviewItem, ReviewLabel
from collector.frameworks import plan
from collector.intake import partners
from collector.intake.models import Passage, Source
from collector.organisations.models import OrganisationArea

# A passage is in one of these, and a suggestion never counts as reviewed.
STATES = {
    "waiting": "Waiting to be read",
    "suggested": "Suggested",
    "in-review": "In review",
    "second-look": "Needs a second look",
    "set-aside": "Set aside",
    "decided": "Decided",
}
ORDERS = {"certainty": "Least certain first", "consequence": "Most consequential first", "age": "Oldest first"}
RAIL = 20  # passages listed at once
# Counted no further: a queue of a million is as long as one of thousands to who works through it.
COUNTED = 1_000
ME, NOBODY = "me", "nobody"
Place = tuple[Any, int]  # what a passage is sorted by, and its number
UNSURE = {"0.5": "under 50 %", "0.75": "under 75 %", "0.9": "under 90 %"}


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
    numbers = {
        name: int(told[name]) if told[name].isascii() and told[name].isdigit() and len(told[name]) < 10 else None
        for name in ("round", "organisation", "coder")
    }
    family, _, label = told["label"].partition(":")
    known = {
        "state": told["state"] if told["state"] in STATES else "suggested",
        "order": told["order"] if told["order"] in ORDERS else "certainty",
        "label": told["label"] if plan.known(family, label) else "",
        "below": told["below"] if told["below"] in UNSURE else "",
        "blind": "only" if told["blind"] == "only" else "",
    }
    return Wanted(**{**told, **numbers, **known})


def matching(wanted: Wanted, staff_id: int) -> Any:
    """The passages asked for (ids), in no order."""
    if wanted.state == "waiting":
        return waiting(wanted)
    chosen = select(ReviewItem.passage_id).join(Passage, col(Passage.id) == ReviewItem.passage_id)
    if wanted.organisation is not None or wanted.area:
        chosen = chosen.join(Source, col(Source.id) == ReviewItem.source_id)
    if wanted.label:
        chosen = chosen.join(ReviewLabel, col(ReviewLabel.passage_id) == ReviewItem.passage_id)
    return chosen.where(*conditions(wanted, staff_id))


def conditions(wanted: Wanted, staff_id: int) -> Iterator[ColumnElement[bool]]:
    # What the queue is sorted by stands beside labels too: with a label, its index runs in the order asked for.
    sorted_in = ReviewLabel if wanted.label else ReviewItem
    yield col(sorted_in.state) == wanted.state
    yield col(Passage.superseded_by).is_(None)
    if wanted.label:
        family, label = wanted.family_and_label
        yield col(ReviewLabel.family) == family
        yield col(ReviewLabel.label) == label
    if wanted.round is not None:
        yield col(ReviewItem.round_id) == wanted.round
    if wanted.organisation is not None:
        yield partners.speaks_for(wanted.organisation)
    if wanted.area:
        there = select(OrganisationArea.organisation_id).where(OrganisationArea.area == wanted.area)
        yield col(Source.organisation_id).in_(there)
    if wanted.source:
        yield col(ReviewItem.source_kind) == wanted.source
    if wanted.below:
        yield col(sorted_in.certainty) < float(wanted.below)
    if wanted.coder is not None:
        yield col(ReviewItem.coder) == wanted.coder
    if wanted.language:
        yield col(ReviewItem.language) == wanted.language
    if wanted.blind:
        yield col(ReviewItem.blind)
    if wanted.assigned:
        yield assigned_to(wanted.assigned, staff_id)


def assigned_to(asked: str, staff_id: int) -> ColumnElement[bool]:
    if asked == NOBODY:
        return col(ReviewItem.assigned_to).is_(None)
    return col(ReviewItem.assigned_to) == (staff_id if asked == ME else int(asked) if asked.isdigit() else -1)


def waiting(wanted: Wanted) -> Any:
    """Passages that no model has read, which have no row of their own in the queue."""
    chosen = select(Passage.id).join(Source, col(Source.id) == Passage.source_id)
    chosen = chosen.where(col(Passage.analysed_by).is_(None), col(Passage.retired_at).is_(None))
    if wanted.source:
        chosen = chosen.where(Source.kind == wanted.source)
    if wanted.organisation is not None:
        chosen = chosen.where(partners.speaks_for(wanted.organisation))
    return chosen


def sorting(wanted: Wanted) -> tuple[Any, Any]:
    """What the passages are sorted by: the order asked for, then their numbers, so that no two are alike."""
    if wanted.state == "waiting":
        return col(Source.received_at), col(Passage.id)
    table = ReviewLabel if wanted.label else ReviewItem
    by = {"certainty": table.certainty, "consequence": table.consequence, "age": table.received_at}[wanted.order]
    return col(by), col(table.passage_id)


def listed(
    session: Session,
    wanted: Wanted,
    staff_id: int,
    *,
    from_: int | None = None,
    place: Place | None = None,
    at_most: int = RAIL,
) -> list[int]:
    """The first passages asked for, from this one on, or from a place on."""
    chosen = matching(wanted, staff_id)
    if place is None and from_ is not None:
        place = place_of(session, wanted, from_)
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
    first, second = sorting(wanted)
    chosen = matching(wanted, staff_id).where(tuple_(first, second) < tuple_(*place))
    return list(session.exec(chosen.order_by(first.desc(), second.desc()).limit(at_most)))[::-1]


def following(
    session: Session, wanted: Wanted, staff_id: int, passage_id: int, *, place: Place | None = None
) -> int | None:
    """The next passage after this one that nobody else has before them; the first of all where it was the last.

    `place` is where it stood when it was opened: each decision on it makes it more certain, and moves it on.
    """
    place = place or place_of(session, wanted, passage_id)
    free = matching(wanted, staff_id).where(
        col(ReviewItem.passage_id) != passage_id,
        or_(
            col(ReviewItem.taken_by).is_(None),
            col(ReviewItem.taken_by) == staff_id,
            col(ReviewItem.taken_until) < now(),
        ),
    )
    after = [free.where(tuple_(*sorting(wanted)) > tuple_(*place))] if place else []
    for chosen in (*after, free):
        if found := session.exec(chosen.order_by(*sorting(wanted)).limit(1)).first():
            return found
    return None


def place_of(session: Session, wanted: Wanted, passage_id: int) -> Place | None:
    """Where a passage stands in the order, also once it has left the list by being decided."""
    if wanted.state == "waiting":
        source = select(Source.received_at).join(Passage, col(Passage.source_id) == Source.id)
        at = session.exec(source.where(Passage.id == passage_id)).first()
        return (at, passage_id) if at else None
    item = session.get(ReviewItem, passage_id)
    if item is None:
        return None
    by = {"certainty": item.certainty, "consequence": item.consequence, "age": item.received_at}
    return by[wanted.order], passage_id


def count(session: Session, wanted: Wanted, staff_id: int, at_most: int = COUNTED) -> int:
    """How many there are, counted up to one more than `at_most`."""
    some = matching(wanted, staff_id).limit(at_most + 1).subquery()
    return session.exec(select(func.count()).select_from(some)).one()


def counts(session: Session, wanted: Wanted, staff_id: int) -> dict[str, int]:
    """How many there are in each state, with all else as it is asked for."""
    return {state: count(session, replace(wanted, state=state), staff_id) for state in STATES}


def items(session: Session, passage_ids: Sequence[int]) -> dict[int, ReviewItem]:
    chosen = select(ReviewItem).where(col(ReviewItem.passage_id).in_(passage_ids))
    return {item.passage_id: item for item in session.exec(chosen)}
