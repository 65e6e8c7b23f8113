"""What the queue knows of each passage: where it stands, how certain it is, how much hangs on it. Derived.

Kept beside the passages so that the queue of a million statements is an indexed query.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, func, select

from collector.database import insert_all
from collector.findings import blind, profile_changes
from collector.findings.models import (
    Act,
    Assignment,
    Cut,
    Decision,
    ExtractDecision,
    ReviewItem,
    ReviewLabel,
    StandingLabel,
    Statement,
    Step,
)
from collector.frameworks import plan
from collector.intake import rounds
from collector.intake.models import Passage, Source
from forms.codebook_changes import How

# Languages that the models read: those of `analysis.languages.READ`, which this room may not import; a test compares.
READ_LANGUAGES = ("", "en", "sco")
# A label that stands on fewer statements than this is rare: what is said of it hangs on each of them.
RARE = 30
HARM, COMMITMENT, RARE_LABEL = 4, 2, 1
# A passage without any label: nothing is uncertain, and what was missed is found between the certain and the unsure.
NOTHING_FOUND = 0.6


# What a label of the queue has of its item.
SORTED_BY = ("state", "certainty", "consequence", "received_at")


@dataclass
class Known:
    """What is told of one passage."""

    scores: list[float] = field(default_factory=list)  # of what the plan's model suggests
    suggested: int = 0
    labels: set[tuple[str, str]] = field(default_factory=set)
    state: str = "suggested"
    touched: bool = False
    coder: int | None = None
    changed_at: Any = None
    assigned_to: int | None = None


def refresh(session: Session, passage_ids: Sequence[int]) -> None:
    """Rebuild the rows of these passages. To be called in the transaction that changed something, by who holds them."""
    facts = {row.id: row for row in session.exec(facts_of(passage_ids))}
    known, covered = known_of(session, list(facts)), blind.open_among(session, list(facts))
    rare = rare_among(session, {label for one in known.values() for label in one.labels})
    items = {id: item_row(row, known[id], is_blind=id in covered, rare=rare) for id, row in facts.items()}
    follow(items, before=rows_of(session, list(facts)), known=known, labels=labels_before(session, list(facts)))
    session.exec(delete(ReviewLabel).where(col(ReviewLabel.passage_id).in_(passage_ids)))
    session.exec(delete(ReviewItem).where(col(ReviewItem.passage_id).in_(passage_ids)))
    insert_all(session, ReviewItem, list(items.values()))
    insert_all(session, ReviewLabel, [row for id, item in items.items() for row in label_rows(item, known[id])])
    profile_changes.keep_named(session, passage_ids, seen=facts.keys() - covered)
    profile_changes.note(session, passage_ids)


def label_rows(item: dict[str, Any], known: Known) -> list[dict[str, Any]]:
    of_item = {"passage_id": item["passage_id"]} | {name: item[name] for name in SORTED_BY}
    return [of_item | {"family": family, "label": label} for family, label in sorted(known.labels)]


def follow(
    items: dict[int, dict[str, Any]],
    *,
    before: dict[int, dict[str, Any]],
    known: dict[int, Known],
    labels: dict[int, set[tuple[str, str]]],
) -> None:
    """Who has a passage before them goes over to its new row; where that says something else, it is a new revision."""
    for id in items.keys() & before.keys():
        items[id] |= {name: before[id][name] for name in ("taken_by", "taken_until", "revision")}
        if items[id] != before[id] or known[id].labels != labels[id]:
            items[id]["revision"] += 1


def rows_of(session: Session, passage_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    columns = ReviewItem.__table__.c
    rows = session.exec(sa_select(*columns).where(columns.passage_id.in_(passage_ids)))
    return {row.passage_id: dict(row._mapping) for row in rows}


def labels_before(session: Session, passage_ids: Sequence[int]) -> dict[int, set[tuple[str, str]]]:
    chosen = select(ReviewLabel.passage_id, ReviewLabel.family, ReviewLabel.label)
    found: dict[int, set[tuple[str, str]]] = defaultdict(set)
    for id, family, label in session.exec(chosen.where(col(ReviewLabel.passage_id).in_(passage_ids))):
        found[id].add((family, label))
    return found


def facts_of(passage_ids: Sequence[int]):
    """Passages that a model has read and that stand, with where they came from."""
    facts = select(
        Passage.id,
        Passage.source_id,
        Passage.language,
        Passage.harm,
        Passage.analysed_by,
        Source.received_at,
        col(Source.kind).label("source_kind"),
        rounds.of_source().label("round_id"),
    )
    return rounds.with_round(facts.join(Source, col(Source.id) == Passage.source_id)).where(
        col(Passage.id).in_(passage_ids), col(Passage.analysed_by).is_not(None), col(Passage.retired_at).is_(None)
    )


def known_of(session: Session, passage_ids: Sequence[int]) -> dict[int, Known]:
    known: dict[int, Known] = defaultdict(Known)
    for passage_id, family, label, state, score in session.exec(labels_of(passage_ids)):
        known[passage_id].labels.add((family, label))
        known[passage_id].suggested += state == "suggested"
        # A frame's reader was not trained, so its scores are lower: they would say nothing but that there is a frame.
        if state == "suggested" and score is not None and family in plan.OF_THE_PLAN:
            known[passage_id].scores.append(score)
    for passage_id, staff_id, at in sorted(touches(session, passage_ids), key=lambda one: one[2]):
        one = known[passage_id]
        one.touched, one.coder, one.changed_at = True, staff_id, at
    split = split_since(session, passage_ids) if plan.any_split() else {}
    for step in live(session, Step, passage_ids):
        one = known[step.passage_id]
        one.state, one.changed_at = step.state, max(step.taken_at, one.changed_at or step.taken_at)
        one.coder = step.staff_id if step.state == "decided" else one.coder
    for passage_id, at in split.items():
        if known[passage_id].changed_at is None or known[passage_id].changed_at < at:
            known[passage_id].state = "second-look"
    for passage_id, assigned_to in session.exec(assigned(passage_ids)):
        known[passage_id].assigned_to = assigned_to
    return known


def split_since(session: Session, passage_ids: Sequence[int]) -> dict[int, datetime]:
    """Passages with a label that a person gave and that was split since, and when: they are to be looked at again."""
    given = (
        select(Statement.passage_id, Decision.statement_id, Decision.family, Decision.label, Decision.verdict)
        .join(Statement, col(Statement.id) == Decision.statement_id)
        .join(Act, col(Act.id) == Decision.act_id)
        .where(col(Statement.passage_id).in_(passage_ids), col(Statement.stands), col(Act.undone_at).is_(None))
        .order_by(col(Decision.id))
    )
    latest = {tuple(row[:-1]): row.verdict for row in session.exec(given)}
    found: dict[int, datetime] = {}
    for (passage_id, _, family, label), verdict in latest.items():
        one = plan.meant(family, label)
        if one.how is How.SPLIT and verdict != "reject":
            found[passage_id] = max(one.since, found.get(passage_id, one.since))
    return found


def labels_of(passage_ids: Sequence[int]):
    return (
        select(
            Statement.passage_id, StandingLabel.family, StandingLabel.label, StandingLabel.state, StandingLabel.score
        )
        .join(Statement, col(Statement.id) == StandingLabel.statement_id)
        .where(col(Statement.passage_id).in_(passage_ids), col(Statement.stands), StandingLabel.state != "asked")
    )


def touches(session: Session, passage_ids: Sequence[int]) -> list[tuple[int, int, Any]]:
    """What people said of each passage and have not undone: passage, who, when."""
    decided = (
        select(Statement.passage_id, Decision.staff_id, Decision.decided_at)
        .join(Statement, col(Statement.id) == Decision.statement_id)
        .join(Act, col(Act.id) == Decision.act_id)
        .where(col(Statement.passage_id).in_(passage_ids), col(Act.undone_at).is_(None))
    )
    found = list(session.exec(decided))
    found += [(row.passage_id, row.staff_id, row.decided_at) for row in live(session, ExtractDecision, passage_ids)]
    cut = (
        select(Cut.passage_id, Act.staff_id, Act.done_at)
        .join(Act, col(Act.id) == Cut.act_id)
        .where(col(Cut.passage_id).in_(passage_ids), col(Act.undone_at).is_(None))
    )
    return found + list(session.exec(cut))


def live(session: Session, table: Any, passage_ids: Sequence[int]) -> list[Any]:
    """Rows on these passages whose act was not undone, in the order they were made."""
    chosen = select(table).join(Act, col(Act.id) == table.act_id)
    mine = (col(table.passage_id).in_(passage_ids), col(Act.undone_at).is_(None))
    return list(session.exec(chosen.where(*mine).order_by(col(table.id))))


def assigned(passage_ids: Sequence[int]):
    return (
        select(Assignment.passage_id, Assignment.assigned_to)
        .join(Act, col(Act.id) == Assignment.act_id)
        .where(col(Assignment.passage_id).in_(passage_ids), col(Act.undone_at).is_(None))
        .order_by(col(Assignment.id))
    )


def rare_among(session: Session, labels: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Of the plan's own; one of a frame that was added yesterday is rare for no other reason."""
    own = set(plan.OF_THE_PLAN) - {"priority_areas"}
    return {one for one in labels if one[0] in own and is_rare(session, *one)}


def is_rare(session: Session, family: str, label: str) -> bool:
    some = select(ReviewLabel.passage_id).where(ReviewLabel.family == family, ReviewLabel.label == label)
    return session.exec(select(func.count()).select_from(some.limit(RARE).subquery())).one() < RARE


def item_row(row: Any, known: Known, *, is_blind: bool, rare: set[tuple[str, str]]) -> dict[str, Any]:
    state = "in-review" if known.touched and known.state == "suggested" else known.state
    unread = row.language not in READ_LANGUAGES
    return {
        "passage_id": row.id,
        "source_id": row.source_id,
        "round_id": row.round_id,
        "source_kind": row.source_kind,
        "model": row.analysed_by,
        "language": row.language,
        "received_at": row.received_at,
        "state": state,
        "blind": is_blind,
        "certainty": 0.0 if unread else min(known.scores, default=NOTHING_FOUND),
        "consequence": consequence_of(row, known, rare),
        "suggested": known.suggested,
        "assigned_to": known.assigned_to,
        "coder": known.coder,
        "changed_at": known.changed_at,
        "revision": 1,
        "taken_by": None,
        "taken_until": None,
    }


def consequence_of(row: Any, known: Known, rare: set[tuple[str, str]]) -> int:
    """Less is more, so that the index runs one way: harm first, then promises, then what is rarely said."""
    told = HARM * bool(row.harm) + COMMITMENT * (("kinds", "commitment") in known.labels)
    return -(told + RARE_LABEL * bool(known.labels & rare))
