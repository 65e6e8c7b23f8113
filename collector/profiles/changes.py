"""What an organisation says otherwise than in the round before: what became of what it listed, and what is new."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlmodel import Session, col, select

from collector.frameworks import plan
from collector.intake import item_states
from collector.intake.models import ItemState, Round, Submission
from collector.profiles.statements import ACTION, THEME, Item, Told

# What became of items, in the order it is told.
BECAME = ("new", "kept", "changed", "done", "withdrawn")
CITED = 3  # statements that show what is new, or was not said again


def since_the_round_before(session: Session, told: Sequence[Told], items: Sequence[Item]) -> dict[str, Any] | None:
    """None where it was heard in one round at most. Labels by family: said for the first time, again, not again."""
    submission_ids = {one.submission_id for one in (*told, *items) if one.submission_id}
    heard = rounds_of(session, submission_ids | {one.submission_id for one in told if one.submission_id})
    if len(heard) < 2:
        return None
    before, latest = heard[-2], heard[-1]
    kept = kept_in(session, latest, submission_ids)
    return {
        "round": latest,
        "before": before,
        "items": items_since(session, latest, submission_ids, items),
        **{family: labels_since(told, family, before, latest, kept) for family in (ACTION, THEME)},
    }


def rounds_of(session: Session, submission_ids: set[int]) -> list[int]:
    """The rounds that these were sent in, in the order they opened."""
    chosen = (
        select(Round.id)
        .join(Submission, col(Submission.round_id) == Round.id)
        .where(col(Submission.id).in_(submission_ids))
        .group_by(col(Round.id), col(Round.opened_at))
        .order_by(col(Round.opened_at), col(Round.id))
    )
    return list(session.exec(chosen))


def items_since(session: Session, round_id: int, submission_ids: set[int], items: Sequence[Item]) -> dict[str, int]:
    """How many of the listed items were kept, changed, done or withdrawn in this round, and how many are new."""
    sent = list(
        session.exec(
            select(Submission.id).where(Submission.round_id == round_id, col(Submission.id).in_(submission_ids))
        )
    )
    states = session.exec(
        select(ItemState.state, ItemState.list_id, ItemState.item_id).where(
            col(ItemState.submission_id).in_(sent), item_states.is_last_word()
        )
    ).all()
    held = {(list_id, item_id) for _, list_id, item_id in states}
    found = Counter(state for state, _, _ in states)
    found["new"] = sum(one.submission_id in sent and one.key[1:] not in held for one in items)
    return {state: number for state, number in sorted(found.items()) if number}


def kept_in(session: Session, round_id: int, submission_ids: set[int]) -> set[tuple[str, str]]:
    """The listed items that were kept as they are in this round: their words stand in the round that said them."""
    chosen = (
        select(ItemState.list_id, ItemState.item_id)
        .join(Submission, col(Submission.id) == ItemState.submission_id)
        .where(Submission.round_id == round_id, col(Submission.id).in_(submission_ids))
        .where(ItemState.state == item_states.KEPT, item_states.is_last_word())
    )
    return set(session.exec(chosen).all())


def labels_since(
    told: Sequence[Told], family: str, before: int, latest: int, kept: set[tuple[str, str]]
) -> dict[str, dict[str, list[int]]]:
    """By label some statements: of those named in the latest round alone, in both, and in the one before alone."""
    then = said_in(told, family, lambda one: one.round_id == before)
    now_ = said_in(told, family, lambda one: one.round_id == latest or one.item in kept)
    return {
        "new": {label: now_[label][:CITED] for label in sorted(now_.keys() - then.keys())},
        "again": {label: now_[label][:CITED] for label in sorted(now_.keys() & then.keys())},
        "not-again": {label: then[label][:CITED] for label in sorted(then.keys() - now_.keys())},
    }


def said_in(told: Sequence[Told], family: str, chosen: Callable[[Told], bool]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for one in told:
        for label in one.labels[family] if chosen(one) else ():
            found.setdefault(label, []).append(one.id)
    return found


def in_numbers(held: Iterable[dict[str, Any] | None]) -> dict[str, Any]:
    """Of many organisations, those that were heard in two rounds: by label how many speak of it in the last that each
    was heard in, and in the one before, where that is another number."""
    both = [one for one in held if one]
    then, now_ = (
        Counter(
            (family, label)
            for one in both
            for family in (ACTION, THEME)
            for which in ones
            for label in one[family][which]
        )
        for ones in (("again", "not-again"), ("again", "new"))
    )
    items = sum((Counter(one["items"]) for one in both), Counter())
    changed = sorted(key for key in then.keys() | now_.keys() if then[key] != now_[key])
    return {
        "organisations": len(both),
        "items": dict(sorted(items.items())),
        "labels": [[*key, then[key], now_[key]] for key in changed],
    }


def became(items: Mapping[str, int]) -> list[str]:
    """What became of listed items: "3 kept"."""
    return [f"{items[state]:,} {state}" for state in BECAME if state in items]


def in_order(labels: Iterable[Sequence[Any]]) -> list[tuple[str, int, int]]:
    """What is spoken of by another number, by its title in the order of the plan, with both numbers."""
    held = {(family, label): (then, now_) for family, label, then, now_ in labels}
    return [
        (one.title, *held[family, one.id])
        for family in (ACTION, THEME)
        for one in plan.current().labels(family)
        if (family, one.id) in held
    ]


def cited_in(since: dict[str, Any] | None) -> list[int]:
    """The statements that changes are shown with."""
    labels = (held for family in (ACTION, THEME) for held in (since or {}).get(family, {}).values())
    return [id for held in labels for ids in held.values() for id in ids]
