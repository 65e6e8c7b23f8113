"""Settling what two people coded otherwise: label by label, with a reason. Both codings stay as they were."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select, tuple_

from collector.database import now
from collector.findings.audit_models import Adjudication
from collector.findings.models import Act, BlindItem
from collector.frameworks import plan
from collector.intake.models import Passage, Source
from collector.review import acts, blind_coding, steps
from collector.review.acts import CannotDo
from collector.review.blind_coding import Coding, Difference

AT_ONCE = 25
GIVEN, NOT_GIVEN = "given", "not-given"
STATES = {"waiting": "To be settled", "settled": "Settled"}


@dataclass(frozen=True)
class Ruling:
    """What somebody says of one difference: whether the label holds, and why."""

    holds: bool
    why: str


Place = tuple[datetime, int]  # when, and which passage


def listed(session: Session, state: str, *, after: Place | None = None, at_most: int = AT_ONCE) -> list[Any]:
    """Adjudications with their passages and sources: what waits longest first, or what was settled last."""
    waiting = state == "waiting"
    moment = col(Adjudication.opened_at if waiting else Adjudication.settled_at)
    chosen = (
        select(Adjudication, Passage, Source)
        .join(Passage, col(Passage.id) == Adjudication.passage_id)
        .join(Source, col(Source.id) == Passage.source_id)
        .where(settled().is_(None) if waiting else settled().is_not(None), col(Passage.retired_at).is_(None))
    )
    place = (moment, col(Adjudication.passage_id))
    if after:
        beyond = tuple_(*place) > tuple_(*after) if waiting else tuple_(*place) < tuple_(*after)
        chosen = chosen.where(beyond)
    in_order = place if waiting else tuple(one.desc() for one in place)
    return list(session.exec(chosen.order_by(*in_order).limit(at_most)).all())


def differing_today(session: Session, passage_ids: Sequence[int]) -> dict[int, int]:
    """In how many labels each of these passages differs, as the codebook is today."""
    codings = blind_coding.of_passages(session, passage_ids)
    return {id: len(blind_coding.differences(codings[id])) for id in passage_ids}


def settled():
    return col(Adjudication.settled_at)


def settle(
    session: Session,
    passage_id: int,
    rulings: Mapping[str, Ruling],
    *,
    staff_id: int,
    key: str | None = None,
) -> Act:
    """Decide where two coders differ, by the names of the differences. One act. The caller commits.

    What both gave holds; the machine has no say.
    """
    acts.hold(session, [passage_id])  # first: who sends the same again waits here, and then finds it done
    if before := acts.done_before(session, key):
        return before
    item, found = to_settle(session, passage_id)
    plan.hold(session)
    codings = blind_coding.of_passage(session, passage_id)
    differing = blind_coding.differences(codings)
    if {one.name for one in differing} != set(rulings):
        raise CannotDo("Decide on each of the labels that differ")
    why = {
        (one.statement_id, one.family, one.label): steps.checked(rulings[one.name].why, "Give a reason for each label")
        for one in differing
    }
    given = given_by(codings, differing, rulings)
    act = blind_coding.close(session, item, given, staff_id=staff_id, what="adjudicate", why=why, key=key)
    found.settled_at, found.act_id = now(), act.id
    session.add(found)
    session.flush()
    return act


def to_settle(session: Session, passage_id: int) -> tuple[BlindItem, Adjudication]:
    item = blind_coding.to_code(session, passage_id)
    found = session.get(Adjudication, passage_id, populate_existing=True)
    if found is None or found.settled_at:
        raise CannotDo("Somebody has settled this already. What they decided stands")
    return item, found


def given_by(
    codings: Sequence[Coding], differing: Sequence[Difference], rulings: Mapping[str, Ruling]
) -> dict[int, frozenset[blind_coding.Label]]:
    given = dict(blind_coding.agreed(codings))
    for one in differing:
        if rulings[one.name].holds:
            given[one.statement_id] |= {(one.family, one.label)}
    return given


def coded_by(codings: Sequence[Coding], staff_id: int) -> bool:
    return any(one.staff_id == staff_id for one in codings)
