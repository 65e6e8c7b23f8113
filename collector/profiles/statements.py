"""What an organisation has said, as profiles count it: its statements that stand with their labels, and its items."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import product
from typing import Any

from sqlmodel import Session, col, select

from collector.database import batches
from collector.findings import holds, standing
from collector.findings.models import StandingLabel, Statement
from collector.intake import partners, rounds
from collector.intake.models import ListedItem, Passage, Source
from collector.profiles import listed, promises
from collector.profiles.promises import COMMITMENT

# Statements on no single priority area, from documents above all.
NO_AREA = "other"
PEOPLE = ("accepted", "added")  # states of a label that a person has said
ASKED = "asked"  # of a priority area that the question was on

# Counted by: the labels of two families on one statement, or of one.
AREA_KIND, ACTION_KIND, GRID = "area-kind", "action-kind", "grid"
FUNDAMENTAL, THEME, ACTION, KIND = "fundamentals", "barrier_themes", "actions", "kinds"


@dataclass
class Told:
    """A statement with the labels that stand on it: family, label, state and score."""

    id: int
    source_id: int
    submission_id: int | None
    received_at: datetime
    round_id: int | None
    listed_as: str | None  # the kind of the item whose words it is from: the item is shown and counted for both
    item: tuple[str, str] | None = None  # list and item, of what was listed one by one
    labels: dict[str, dict[str, tuple[str, float | None]]] = field(default_factory=lambda: defaultdict(dict))
    due_to: date | None = None  # the last of the days that a commitment in it stands for
    dated: bool = False  # its words say when, be it no day

    def kinds(self) -> dict[str, tuple[str, float | None]]:
        return {label: held for label, held in self.labels["kinds"].items() if label != self.listed_as}

    def every_label(self) -> Iterator[tuple[str, float | None]]:
        return (held for labels in self.labels.values() for held in labels.values())

    def areas(self) -> Iterable[str]:
        return self.labels["priority_areas"] or [NO_AREA]

    def cells(self) -> Iterator[tuple[str, str, tuple[str, float | None], bool]]:
        """Where it counts, the label that puts it there, and whether people decided that it does: of both, where two
        labels meet. What was listed as of a kind is of it, and what was answered under a priority area is on it."""
        for kind, held in self.kinds().items():
            yield KIND, kind, held, self.decided("kinds", kind)
            for area in self.areas():
                yield AREA_KIND, f"{area}|{kind}", held, self.decided("kinds", kind) and self.is_on(area)
        for family in (FUNDAMENTAL, THEME, ACTION):
            for label, held in self.labels[family].items():
                yield family, label, held, self.decided(family, label)
        for what, family in ((ACTION_KIND, "kinds"), (GRID, "fundamentals")):
            for action, (label, held) in product(self.labels["actions"], self.labels[family].items()):
                both = self.decided(ACTION, action) and self.decided(family, label)
                yield what, f"{action}|{label}", held, both

    def decided(self, family: str, label: str) -> bool:
        return self.labels[family][label][0] in PEOPLE or (family == "kinds" and label == self.listed_as)

    def is_on(self, area: str) -> bool:
        return area == NO_AREA or self.labels["priority_areas"][area][0] in (*PEOPLE, ASKED)


def told_by(session: Session, organisation_id: int, *, outside: bool = False) -> list[Told]:
    """In the order of their ids. By ids of sources: of one query for all PostgreSQL thought that every label has to be
    looked at."""
    sources = session.exec(select(Source.id).where(partners.speaks_for(organisation_id))).all()
    told = [one for some in batches(sources) for one in in_sources(session, some, outside=outside)]
    return with_days(session, sorted(told, key=lambda one: one.id))


def in_sources(session: Session, source_ids: Sequence[int], *, outside: bool) -> list[Told]:
    chosen = (
        rounds.with_round(
            select(
                Statement.id,
                Passage.source_id,
                Source.submission_id,
                Source.received_at,
                rounds.of_source(),
                ListedItem.kind,
                Passage.list_id,
                Passage.item_id,
                StandingLabel.family,
                StandingLabel.label,
                StandingLabel.state,
                StandingLabel.score,
            )
            .join(Passage, col(Passage.id) == Statement.passage_id)
            .join(Source, col(Source.id) == Passage.source_id)
            .outerjoin(StandingLabel, col(StandingLabel.statement_id) == Statement.id)
            .outerjoin(
                ListedItem,
                (col(ListedItem.submission_id) == Source.submission_id)
                & (col(ListedItem.list_id) == Passage.list_id)
                & (col(ListedItem.item_id) == Passage.item_id),
            )
        )
        .where(col(Passage.source_id).in_(source_ids), *standing.current())
        .order_by(col(Statement.id))
    )
    if outside:
        chosen = chosen.where(col(StandingLabel.family).is_(None) | holds.shown_outside())
    return list(gathered(session.exec(chosen)))


def with_days(session: Session, told: list[Told]) -> list[Told]:
    promised = promises.of(session, [one.id for one in told if COMMITMENT in one.kinds()])
    return [with_day(one, promised[one.id]) if one.id in promised else one for one in told]


def with_day(one: Told, promised: dict[str, Any]) -> Told:
    due_to = promises.last_day(promised, one.received_at.date())
    return replace(one, due_to=due_to, dated=bool(promised.get("due")))


def gathered(rows: Iterable[Any]) -> Iterator[Told]:
    """Statements of rows that hold a label each, in the order of the statements."""
    one: Told | None = None
    for id, *facts, list_id, item_id, family, label, state, score in rows:
        if one is None or one.id != id:
            if one:
                yield one
            one = Told(id, *facts, item=(list_id, item_id) if item_id else None)
        if family:
            one.labels[family][label] = (state, score)
    if one:
        yield one


@dataclass(frozen=True)
class Item:
    """What was listed one by one, each priority area that it stands under, those of them that only the machine gave,
    and the action that was chosen for it."""

    key: listed.Key
    kind: str
    areas: tuple[str, ...]
    due_to: date | None
    due_from: date | None = None
    suggested_areas: tuple[str, ...] = ()
    action: str = ""

    @property
    def submission_id(self) -> int:
        return self.key[0]


def items_of(session: Session, organisation_id: int, *, outside: bool = False) -> list[Item]:
    found: dict[listed.Key, Item] = {}
    held = listed.by_kind_and_area(session, organisation_id, no_area=NO_AREA, outside=outside)
    for (area, kind), lines in held.items():
        for one in lines:
            before = found.get(one.key)
            areas, guessed = (before.areas, before.suggested_areas) if before else ((), ())
            guessed = (*guessed, area) if one.area_suggested else guessed
            found[one.key] = Item(one.key, kind, (*areas, area), one.due_to, one.due_from, guessed, one.action_id)
    return list(found.values())
