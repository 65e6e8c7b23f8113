"""Coding blind: what people say of a passage before anybody learns what the machine or a colleague gave.

What each gave is kept for ever as they gave it, and is what people and models are compared on. What stands in the end
follows from it: where coders agree at once, and where they differ when a person has settled it.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from sqlmodel import Session, col, func, select

from collector.database import insert_once, now
from collector.findings import standing
from collector.findings.audit_models import Adjudication, OfferedLabels
from collector.findings.models import Act, BlindCode, BlindCoding, BlindItem, Decision, Statement
from collector.frameworks import plan
from collector.intake.models import Passage
from collector.review import acts, steps
from collector.review.acts import CannotDo

Label = tuple[str, str]  # family and id
Given = Mapping[int, frozenset[Label]]  # by statement; an empty set says that no label fits

NONE_FITS = "none"


@dataclass(frozen=True)
class Coding:
    """What one person gave, and under which labels that could be chosen."""

    id: int
    staff_id: int
    given: Given
    offered: frozenset[Label] = field(default_factory=frozenset)


@dataclass(frozen=True)
class Difference:
    """A label, as the codebook has it today, that one of two coders gave to a statement and the other did not.

    Or a part of a code that was split since it was given: which part was meant, nobody has said.
    """

    statement_id: int
    family: str
    label: str
    given_by: int | None  # 0 for who coded first, 1 for the second; of a part none where both gave it or its whole
    is_part: bool = False

    @property
    def name(self) -> str:
        """What it is called in a form."""
        return f"{self.statement_id}:{self.family}:{self.label}"


# -- Send -----------------------------------------------------------------------------------------


def send(session: Session, passage_id: int, given: Given, *, staff_id: int) -> BlindCoding:
    """Keep what a person gives to a passage, and close the passage once all have coded it. The caller commits.

    Sent again it is kept once, as it was first.
    """
    item = to_code(session, passage_id)
    plan.hold(session)
    if kept := own(session, passage_id, staff_id):
        return kept
    check(session, item, given)
    offered = offered_now(session)
    statements = statements_of(session, passage_id)
    coding = BlindCoding(passage_id=passage_id, staff_id=staff_id, offered_id=offered.id, statement_ids=statements)
    session.add(coding)
    session.flush()
    rows = [
        {"coding_id": coding.id, "statement_id": id, "family": family, "label": label}
        for id, labels in given.items()
        for family, label in labels
    ]
    insert_once(session, BlindCode, rows, ["coding_id", "statement_id", "family", "label"])
    codings = of_passage(session, passage_id)
    if len(codings) >= item.coders:
        conclude(session, item, codings, staff_id=staff_id)
    return coding


def to_code(session: Session, passage_id: int) -> BlindItem:
    """The item, held with its passage; CannotDo where there is none."""
    if not acts.hold(session, [passage_id]):
        raise CannotDo("Who sent this has changed or withdrawn it since. There is nothing to code any more")
    item = session.get(BlindItem, passage_id, populate_existing=True)
    if item is None:
        raise CannotDo("This passage was not drawn to be coded blind")
    return item


def own(session: Session, passage_id: int, staff_id: int) -> BlindCoding | None:
    mine = select(BlindCoding).where(BlindCoding.passage_id == passage_id, BlindCoding.staff_id == staff_id)
    return session.exec(mine).first()


def check(session: Session, item: BlindItem, given: Given) -> None:
    if is_full(session, item):
        raise CannotDo("This was coded while you did. Your labels are not needed any more and are not kept")
    if set(given) != set(statements_of(session, item.passage_id)):
        raise CannotDo("This passage is cut into statements otherwise since. Open it again")
    if not all(plan.known(*label) for labels in given.values() for label in labels):
        raise CannotDo("Choose labels from the lists")


def is_full(session: Session, item: BlindItem) -> bool:
    return item.closed_at is not None or number_of(session, item.passage_id) >= item.coders


def number_of(session: Session, passage_id: int) -> int:
    return session.exec(select(func.count()).where(BlindCoding.passage_id == passage_id)).one()


def statements_of(session: Session, passage_id: int) -> list[int]:
    standing_here = select(Statement.id).where(Statement.passage_id == passage_id, col(Statement.stands))
    return list(session.exec(standing_here.order_by(col(Statement.start))))


def offered_now(session: Session) -> OfferedLabels:
    """The labels that a form offers today, of the plan and of the frames beside it, as a row that is there once."""
    labels = sorted([family, label] for family in plan.FAMILY_WORDS for label in plan.by_id(family))
    digest = sha256(json.dumps(labels).encode()).hexdigest()
    framework = f"{plan.current().slug} {plan.current().version}"
    row = {"digest": digest, "framework": framework, "labels": labels, "first_at": now()}
    insert_once(session, OfferedLabels, [row], ["digest"])
    return session.exec(select(OfferedLabels).where(OfferedLabels.digest == digest)).one()


# -- What was sent --------------------------------------------------------------------------------


def of_passage(session: Session, passage_id: int) -> list[Coding]:
    """What was given to a passage, by each who coded it, in the order that they sent it."""
    return of_passages(session, [passage_id]).get(passage_id, [])


def of_passages(session: Session, passage_ids: Sequence[int]) -> dict[int, list[Coding]]:
    """As `of_passage`. Every statement that they saw is there, also one that no label fits."""
    rows = session.exec(
        select(BlindCoding).where(col(BlindCoding.passage_id).in_(passage_ids)).order_by(col(BlindCoding.id))
    ).all()
    offered = labels_offered(session, {row.offered_id for row in rows})
    codes = codes_of(session, [row.id for row in rows])
    found: dict[int, list[Coding]] = {}
    for row in rows:
        given = {id: frozenset(codes.get((row.id, id), ())) for id in row.statement_ids}
        found.setdefault(row.passage_id, []).append(Coding(row.id, row.staff_id, given, offered[row.offered_id]))
    return found


def labels_offered(session: Session, ids: Iterable[int]) -> dict[int, frozenset[Label]]:
    rows = session.exec(select(OfferedLabels).where(col(OfferedLabels.id).in_(list(ids))))
    return {row.id: frozenset((family, label) for family, label in row.labels) for row in rows}


def codes_of(session: Session, coding_ids: Sequence[int]) -> dict[tuple[int, int], list[Label]]:
    found: dict[tuple[int, int], list[Label]] = {}
    for code in session.exec(select(BlindCode).where(col(BlindCode.coding_id).in_(coding_ids))):
        found.setdefault((code.coding_id, code.statement_id), []).append((code.family, code.label))
    return found


def as_now(labels: Iterable[Label]) -> frozenset[Label]:
    """What labels mean in the codebook of today: of one that was split, or is gone, nothing that can be compared."""
    meant = [plan.meant(*label).into for label in labels]
    return frozenset((into[0].family, into[0].id) for into in meant if len(into) == 1)


def parts(labels: Iterable[Label]) -> frozenset[Label]:
    """What labels may mean in the codebook of today: each part of those that were split since."""
    meant = [plan.meant(*label).into for label in labels]
    return frozenset((ref.family, ref.id) for into in meant if len(into) > 1 for ref in into) - as_now(labels)


def with_areas(labels: Iterable[Label]) -> frozenset[Label]:
    """The labels with the priority areas that follow from their actions."""
    labels = frozenset(labels)
    return labels | implied(labels)


def implied(labels: Iterable[Label]) -> frozenset[Label]:
    return frozenset(
        ("priority_areas", plan.current().priority_area_of(label))
        for family, label in labels
        if family == "actions" and plan.known(family, label)
    )


# -- What follows ---------------------------------------------------------------------------------


def conclude(session: Session, item: BlindItem, codings: list[Coding], *, staff_id: int) -> None:
    """Once all have coded it: it is decided as they gave it, or somebody has to settle where they differ."""
    differing = differences(codings) if len(codings) > 1 else []
    if differing:
        session.add(Adjudication(passage_id=item.passage_id, differences=len(differing), opened_at=now()))
        session.flush()
        return
    close(session, item, agreed(codings), staff_id=staff_id, what="blind")


def agreed(codings: Sequence[Coding]) -> dict[int, frozenset[Label]]:
    """What all of them gave, as the codebook has it today."""
    first = codings[0]
    return {id: frozenset.intersection(*(with_areas(as_now(one.given[id])) for one in codings)) for id in first.given}


def differences(codings: Sequence[Coding]) -> list[Difference]:
    """What one of two gave and the other did not, in the order of the text and of the codebook as it is today.

    Of a code that was split since each part is among them, whoever gave it. A priority area that follows from an
    action is left out: it goes with what is said of the action.
    """
    one, other = codings[:2]
    found = [each for id in one.given for each in differing(id, one.given[id], other.given[id])]
    places = list(one.given)
    return sorted(found, key=lambda one: (places.index(one.statement_id), place_of(one.family, one.label)))


def differing(statement_id: int, *given: frozenset[Label]) -> Iterator[Difference]:
    """Of one statement, in no order."""
    said, may_be = [as_now(labels) for labels in given], [parts(labels) for labels in given]
    unsure = frozenset().union(*may_be)
    for family, label in unsure.union(*said):
        by = [which for which in (0, 1) if (family, label) in said[which] | may_be[which]]
        given_by = by[0] if len(by) == 1 else None
        if (family, label) in unsure:
            yield Difference(statement_id, family, label, given_by, is_part=True)
        elif given_by is not None and (family, label) not in with_areas(said[1 - given_by]) | implied(said[given_by]):
            yield Difference(statement_id, family, label, given_by)


def place_of(family: str, label: str) -> tuple[int, int]:
    """Where a label stands in the codebook; one that has gone from it since comes last in its family."""
    known = list(plan.by_id(family))
    return plan.place_of(family), known.index(label) if label in known else len(known)


def close(
    session: Session,
    item: BlindItem,
    given: Given,
    *,
    staff_id: int,
    what: str,
    why: Mapping[tuple[int, str, str], str] | None = None,
    key: str | None = None,
) -> Act:
    """Decide a passage as it was coded: what the machine suggested and nobody gave is rejected. One act.

    What was given is told in labels of today, as what the machine suggested is.
    `why` has reasons by (statement, family, label); what a reason is given for is said, also that it is not there.
    """
    why = why or {}
    act = acts.begin(session, staff_id=staff_id, what=what, key=key)
    held = standing.held_unseen(session, list(given))
    for id, labels in given.items():
        suggested = {(one.family, one.label) for one in held[id] if one.finding}
        chosen = frozenset(labels) - implied(labels)
        refused = (suggested | {(family, label) for at, family, label in why if at == id}) - frozenset(labels)
        for verdict, these in (("accept", chosen & suggested), ("add", chosen - suggested), ("reject", refused)):
            session.add_all(
                Decision(
                    act_id=act.id,
                    statement_id=id,
                    family=family,
                    label=label,
                    verdict=verdict,
                    why=why.get((id, family, label), ""),
                    staff_id=staff_id,
                )
                for family, label in sorted(these)
            )
    steps.add_step(session, act, item.passage_id, "decided")
    item.closed_at = now()
    session.add(item)
    session.flush()
    acts.settle(session, [item.passage_id])
    return act


# -- Which is next --------------------------------------------------------------------------------


def next_for(session: Session, staff_id: int, *, after: int = 0) -> int | None:
    """The next passage that this person can code blind; the first of all where it was the last."""
    codings = select(func.count(BlindCoding.id)).where(BlindCoding.passage_id == BlindItem.passage_id)
    by_me = select(BlindCoding.id).where(
        BlindCoding.passage_id == BlindItem.passage_id, BlindCoding.staff_id == staff_id
    )
    free = (
        select(BlindItem.passage_id)
        .join(Passage, col(Passage.id) == BlindItem.passage_id)
        .where(
            col(BlindItem.closed_at).is_(None),
            col(Passage.retired_at).is_(None),
            codings.correlate(BlindItem).scalar_subquery() < BlindItem.coders,
            ~by_me.correlate(BlindItem).exists(),
        )
        .order_by(col(BlindItem.passage_id))
        .limit(1)
    )
    for chosen in (free.where(col(BlindItem.passage_id) > after), free):
        if found := session.exec(chosen).first():
            return found
    return None
