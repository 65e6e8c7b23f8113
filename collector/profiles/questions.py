"""Three questions worth asking an organisation, each with its reason: what is late, fits ill together, or is missing.

`question_rules` finds what could be asked, and `question_words` says it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from sqlmodel import Session, col, select

from collector.organisations import leads
from collector.organisations.models import Organisation
from collector.profiles import elsewhere
from collector.profiles.question_rules import NEED, OFFER, RULES, Found, Held, in_plan
from collector.profiles.statements import Item, Told

ASKED = 3
# Rules that are asked only where others have nothing more to ask, and after how many that those found.
LAST = {"unsaid": 1, "fundamental-unheard": ASKED, "heard-last": ASKED}
# What no two questions are on, where there are others.
SUBJECTS = ("action", "fundamental", "last")
# Actions of which is looked up what others need and offer: those that most is said of.
LOOKED_UP = 3


def worth_asking(
    session: Session,
    organisation_id: int,
    told: Sequence[Told],
    items: Sequence[Item],
    *,
    since: Mapping[str, Any] | None = None,
    outside: bool = False,
    unquotable: Collection[Any] = (),
) -> list[Found]:
    """`rule`, `about` (labels, numbers, dates, ids), `statements` and `items` of each. `outside`: without what others
    need and offer. `unquotable`, ids and keys: nothing is asked that rests on these alone."""
    held = Held(
        told,
        items,
        leads=leads.actions_of(session, organisation_id),
        led_by=leads.by_others(session, organisation_id),
        since=since,
        unquotable=unquotable,
    )
    if not outside:
        held = replace(held, elsewhere=elsewhere.said(session, organisation_id, looked_up(held)))
    return chosen(held)


def looked_up(held: Held) -> list[tuple[str, str]]:
    """What others may say that answers this: of what is needed who offers it, of what is offered who needs it."""
    return [
        (theirs, action)
        for own, theirs in ((NEED, OFFER), (OFFER, NEED))
        for action in in_plan(held.by_kind[own])[:LOOKED_UP]
    ]


def chosen(held: Held) -> list[Found]:
    """The first that each rule finds, then the second ones; two on the same only where there are no others."""
    rules = list(RULES)
    every = [
        (turn + LAST.get(name, 0), at, {"rule": name, **one})
        for at, name in enumerate(rules)
        for turn, one in enumerate(islice(filter(held.may_be_asked, RULES[name](held)), ASKED))
    ]
    picked, again, subjects = [], [], set()
    for _, _, one in sorted(every, key=lambda one: one[:2]):
        subject = {one["about"].get(name) for name in SUBJECTS} - {None}
        (again if subject & subjects else picked).append(one)
        subjects |= subject
    return sorted([*picked, *again][:ASKED], key=lambda one: rules.index(one["rule"]))


def names_of(session: Session, asked: Iterable[Found]) -> dict[int, str]:
    """The other organisations that questions speak of. One that is gone since has no name."""
    ids = {id for one in asked for id in one["about"].get("organisations", ())}
    return dict(session.exec(select(Organisation.id, Organisation.name).where(col(Organisation.id).in_(ids))).all())


def can_be_asked(found: Found, names: Mapping[int, str]) -> bool:
    return names.keys() >= set(found["about"].get("organisations", ()))
