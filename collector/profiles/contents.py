"""What is known of one organisation, in numbers and ids: its statements counted by what they are on, and the first few.

One look at the labels that stand gives all of it, so that a profile costs as much as the organisation has said. Areas
are made of the contents of their organisations (`areas`).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from heapq import nsmallest
from typing import Any

from sqlmodel import Session, func, select

from collector.intake import partners
from collector.intake.models import Source
from collector.organisations import directory
from collector.profiles import changes, questions, statements
from collector.profiles.promises import COMMITMENT
from collector.profiles.statements import ACTION_KIND, AREA_KIND, FUNDAMENTAL, KIND, PEOPLE, Item, Told

LINES = 5  # statements of a group that are shown before "all of them"

Counted = dict[str, dict[str, list[int]]]


def of_organisation(session: Session, organisation_id: int, *, outside: bool = False) -> dict[str, Any]:
    """`cells`: how many statements and listed items, and of them those that a person has said or confirmed; `joint`: of
    those that several organisations said together, by submission; `lines`: the ids of the first of each.

    `outside`: as others than staff are shown it, without what is on hold.
    """
    told = statements.told_by(session, organisation_id, outside=outside)
    items = statements.items_of(session, organisation_id, outside=outside)
    since = changes.since_the_round_before(session, told, items)
    return {
        "areas": directory.areas_of(session, [organisation_id])[organisation_id],
        "heard": heard(session, organisation_id),
        **of_what_is_said(session, told, items),
        "questions": questions.worth_asking(session, organisation_id, told, items, since=since, outside=outside),
        "since": since,
        "committed": committed(told),
    }


def committed(told: Sequence[Told]) -> dict[str, list[Any]]:
    """Statements that promise something with a day; and those that are the words of what was listed as a commitment,
    by list and item."""
    of_items: dict[tuple[str, str], list[int]] = defaultdict(list)
    for one in told:
        if one.item and one.listed_as == COMMITMENT:
            of_items[one.item].append(one.id)
    return {
        "promised": [[one.id, one.due_to.isoformat()] for one in told if one.due_to],
        "items": [[*item, ids] for item, ids in of_items.items()],
    }


def of_what_is_said(session: Session, told: Sequence[Told], items: Sequence[Item]) -> dict[str, Any]:
    together = partners.together(session, {one.submission_id for one in (*told, *items)})
    return {
        "statements": len(told),
        "confirmed": confirmed(told),
        "cells": counted(told, items),
        "joint": {str(id): of_joint(told, items, id) for id in sorted(together)},
        "lines": lines_of(told),
        "due": due_of(told, items),
    }


def due_of(told: Sequence[Told], items: Sequence[Item]) -> list[list[Any]]:
    """Commitments that have a day: the day, the statements that its words are, and what tells it from others. What was
    listed one by one has a day of its own, and was not reported done since."""
    words: dict[tuple[str, str], list[int]] = defaultdict(list)
    for one in told:
        if one.item:
            words[one.item].append(one.id)
    dated = [(one, "/".join(map(str, one.key))) for one in items if is_due(one)]
    listed = ([one.due_to.isoformat(), words.get(one.key[1:], []), key] for one, key in dated)
    written = ([one.due_to.isoformat(), [one.id], str(one.id)] for one in told if one.due_to and not one.item)
    return sorted([*listed, *written])


def is_due(item: Item) -> bool:
    return item.kind == COMMITMENT and item.due_to is not None


def of_joint(told: Iterable[Told], items: Iterable[Item], submission_id: int) -> dict[str, Any]:
    said = [one for one in told if one.submission_id == submission_id]
    return {
        "statements": len(said),
        "confirmed": confirmed(said),
        "cells": counted(said, [one for one in items if one.submission_id == submission_id]),
    }


def confirmed(told: Iterable[Told]) -> int:
    """How many have a label that a person has said or confirmed."""
    return sum(any(state in PEOPLE for state, _ in one.every_label()) for one in told)


def counted(told: Iterable[Told], items: Iterable[Item]) -> Counted:
    """By what is counted and where: how many, and of them those that people have said or confirmed to stand there."""
    found: Counted = defaultdict(dict)

    def add(what: str, where: str, *, confirmed: bool) -> None:
        one = found[what].setdefault(where, [0, 0])
        one[0] += 1
        one[1] += confirmed

    for statement in told:
        for what, where, _, decided in statement.cells():
            add(what, where, confirmed=decided)
    for item in items:
        add(KIND, item.kind, confirmed=True)
        for area in item.areas:
            add(AREA_KIND, f"{area}|{item.kind}", confirmed=area not in item.suggested_areas)
        if item.action:
            add(ACTION_KIND, f"{item.action}|{item.kind}", confirmed=True)
    return {what: dict(sorted(where.items())) for what, where in sorted(found.items())}


def lines_of(told: Iterable[Told]) -> dict[str, dict[str, list[int]]]:
    """The first statements of each group: what people confirmed, then the most certain."""
    places: dict[tuple[str, str], list[tuple[bool, float, int]]] = defaultdict(list)
    for statement in told:
        for what, where, (state, score), _ in statement.cells():
            if what in (AREA_KIND, FUNDAMENTAL):
                places[what, where].append((state not in PEOPLE, -(1.0 if score is None else score), statement.id))
    found: dict[str, dict[str, list[int]]] = defaultdict(dict)
    for (what, where), held in sorted(places.items()):
        found[what][where] = [id for _, _, id in nsmallest(LINES, held)]
    return found


def heard(session: Session, organisation_id: int) -> dict[str, list[Any]]:
    """How many sources of each kind speak for it, and when the last of them came."""
    chosen = (
        select(Source.kind, func.count(), func.max(Source.received_at))
        .where(partners.speaks_for(organisation_id))
        .group_by(Source.kind)
    )
    return {kind: [number, latest.isoformat()] for kind, number, latest in session.exec(chosen.order_by(Source.kind))}
