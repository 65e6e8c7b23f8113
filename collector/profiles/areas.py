"""What is known of an area, made of what is known of the organisations that work there: a joint return counts once."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, or_
from sqlmodel import Session, col, select

from collector import dates
from collector.database import now
from collector.findings.profile_models import Profile
from collector.intake.models import Source, SubmissionPartner
from collector.organisations.models import Organisation, OrganisationArea
from collector.profiles import changes
from collector.profiles.contents import LINES, Counted

SCOTLAND = "scotland"

Content = dict[str, Any]


def of_area(session: Session, area: str) -> Content:
    """`cells`: by what is counted and where, of how many organisations, of how many of them people decided it, how many
    statements, and of how many of those people did. `organisations`: id, and the kinds of source heard from with when
    the last came. `due`: commitments that have a day. `since`: how many speak of what in the last round that each was
    heard in, and in the one before.
    """
    held = contents_of(session, area)
    return {
        "organisations": [[id, one["heard"]] for id, one in held],
        "statements": sum(own_statements(held)),
        "cells": cells_of(held),
        "lines": lines_of(held),
        "due": due_in(held, dates.local_day(now()).isoformat()),
        "since": changes.in_numbers(one.get("since") for _, one in held),
    }


DUE = 10  # commitments past their day, and as many to come, that are shown


def due_in(held: Iterable[tuple[int, Content]], today: str, *, most: int = DUE) -> dict[str, Any]:
    """How many commitments are past their day and how many to come, with the statements of those longest past and of
    those next. What several promised together is one."""
    found = sorted({(day, key, tuple(ids)) for _, one in held for day, ids, key in one.get("due", ())})
    late, to_come = ([one for one in found if (one[0] < today) is past] for past in (True, False))
    shown = {"late": late, "to_come": to_come}
    return {
        "number_late": len(late),
        "number_to_come": len(to_come),
        **{name: [[day, list(ids)] for day, _, ids in ones if ids][:most] for name, ones in shown.items()},
    }


def contents_of(session: Session, area: str) -> list[tuple[int, Content]]:
    """The organisations that work in the area, by name."""
    chosen = (
        select(Organisation.id, Profile.content)
        .outerjoin(Profile, col(Profile.organisation_id) == Organisation.id)
        .where(col(Organisation.id).in_(working_in(area, sample=only_sample(session))))
    )
    rows = session.exec(chosen.order_by(col(Organisation.name_key), col(Organisation.id)))
    return [(id, content or NOTHING) for id, content in rows]


def only_sample(session: Session) -> bool:
    """Invented organisations are shown in areas as long as there are no others."""
    there = set(session.exec(select(Organisation.sample).distinct()))
    return there == {True}


def working_in(area: str, *, sample: bool):
    """The ids of the organisations that work in the area; in Scotland they all do."""
    chosen = select(Organisation.id).where(col(Organisation.sample) == sample)
    if area == SCOTLAND:
        return chosen
    there = select(OrganisationArea.organisation_id).where(OrganisationArea.area == area)
    return chosen.where(col(Organisation.id).in_(there))


def spoken_for(area: str, *, sample: bool) -> ColumnElement[bool]:
    """That a source speaks for an organisation of the area, alone or together with others."""
    ids = working_in(area, sample=sample)
    joint = select(SubmissionPartner.submission_id).where(col(SubmissionPartner.organisation_id).in_(ids))
    return or_(col(Source.organisation_id).in_(ids), col(Source.submission_id).in_(joint))


# Of an organisation that nothing was heard from.
NOTHING: Content = {"areas": [], "heard": {}, "statements": 0, "cells": {}, "joint": {}, "lines": {}, "due": []}


def own_statements(held: Iterable[tuple[int, Content]], which: str = "statements") -> Iterator[int]:
    """Of each organisation, without those of joint returns that stand with another already. `which`: all of them, or
    those `confirmed`."""
    seen: set[str] = set()
    for _, one in held:
        again = seen & one["joint"].keys()
        seen |= one["joint"].keys()
        yield one[which] - sum(one["joint"][id][which] for id in again)


def cells_of(held: Iterable[tuple[int, Content]]) -> dict[str, dict[str, list[int]]]:
    found: dict[str, dict[str, list[int]]] = defaultdict(dict)
    seen: set[str] = set()
    for _, one in held:
        again = [one["joint"][id]["cells"] for id in one["joint"] if id in seen]
        seen |= one["joint"].keys()
        for what, where, (number, confirmed) in each(one["cells"]):
            twice = [joint[what][where] for joint in again if where in joint.get(what, {})]
            cell = found[what].setdefault(where, [0, 0, 0, 0])
            cell[0] += 1
            cell[1] += confirmed > 0
            cell[2] += number - sum(joint[0] for joint in twice)
            cell[3] += confirmed - sum(joint[1] for joint in twice)
    return {what: dict(sorted(where.items())) for what, where in sorted(found.items())}


def each(cells: Counted) -> Iterator[tuple[str, str, list[int]]]:
    return ((what, where, counts) for what, held in cells.items() for where, counts in held.items())


def lines_of(held: Iterable[tuple[int, Content]]) -> dict[str, dict[str, list[int]]]:
    """Of each group the first statement of one organisation after the other, those heard from last first; then their
    second ones. One that several said together stands once."""
    groups: dict[tuple[str, str], list[list[int]]] = defaultdict(list)
    for _, one in sorted(held, key=lambda one: last_heard(one[1]), reverse=True):
        for what, where, ids in each(one["lines"]):
            groups[what, where].append(ids)
    found: dict[str, dict[str, list[int]]] = defaultdict(dict)
    for (what, where), lines in sorted(groups.items()):
        found[what][where] = in_turn(lines)
    return found


def in_turn(lines: list[list[int]]) -> list[int]:
    longest = max(len(ids) for ids in lines)
    turns = (ids[place] for place in range(longest) for ids in lines if place < len(ids))
    return list(dict.fromkeys(turns))[:LINES]


def last_heard(content: Content) -> str:
    """When its last source came, as it is written: the later is the greater."""
    return max((when for _, when in content["heard"].values()), default="")


def days_heard(heard: dict[str, list[Any]]) -> dict[str, date]:
    """By kind of source the day on which the last of it came."""
    return {kind: dates.local_day(datetime.fromisoformat(written)) for kind, (_, written) in heard.items()}


def when(heard: dict[str, list[Any]]) -> datetime | None:
    """When the last of these came."""
    return max((datetime.fromisoformat(written) for _, written in heard.values()), default=None)
