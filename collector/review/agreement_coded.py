"""What is measured: statements of passages that all their coders have coded blind, with what each of them and the
models gave. What somebody settled between coders later has no part in it, and whether it is settled yet neither: to
leave out what still waits would be to measure where people agree."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, func, select

from collector.findings import overlap
from collector.findings.audit_models import Adjudication, BlindReading
from collector.findings.models import BlindCoding, BlindItem, Finding, ReviewItem, Statement
from collector.frameworks import plan
from collector.intake.models import Passage
from collector.review import blind_coding
from collector.review.agreement_runs import Coverage
from collector.review.blind_coding import Label, as_now

AT_ONCE = 200  # passages


@dataclass(frozen=True)
class Coded:
    """A statement: what each person gave it, and each model that has read it, of the labels that could be chosen."""

    statement_id: int
    passage_id: int
    offered: frozenset[Label]
    people: dict[int, frozenset[Label]]
    models: dict[str, frozenset[Label]]


def all_coded(session: Session) -> Iterator[Coded]:
    after = 0
    while passage_ids := list(session.exec(fully_coded(after))):
        yield from coded_in(session, passage_ids)
        after = passage_ids[-1]


def fully_coded(after: int = 0):
    return done().where(col(BlindItem.passage_id) > after).order_by(col(BlindItem.passage_id)).limit(AT_ONCE)


def done():
    """Passages that all who are to code them have coded: what both gave stands, or somebody is to settle it."""
    return drawn().where(col(BlindItem.closed_at).is_not(None) | is_to_settle())


def drawn():
    chosen = select(BlindItem.passage_id).join(Passage, col(Passage.id) == BlindItem.passage_id)
    return chosen.where(col(Passage.retired_at).is_(None))


def is_to_settle():
    return select(Adjudication.passage_id).where(Adjudication.passage_id == BlindItem.passage_id).exists()


def coded_in(session: Session, passage_ids: Sequence[int]) -> Iterator[Coded]:
    codings = blind_coding.of_passages(session, passage_ids)
    read = readings(session, passage_ids)
    statements = statements_of(session, passage_ids)
    found = findings_of(session, passage_ids)
    for passage_id, these in codings.items():
        offered = frozenset.intersection(*(of_the_plan(as_now(one.offered)) for one in these))
        for id in these[0].given:
            people = {one.staff_id: blind_coding.with_areas(as_now(one.given[id])) & offered for one in these}
            said = {model: given_by(model, id, statements, found[passage_id]) & offered for model in read[passage_id]}
            yield Coded(id, passage_id, offered, people, said)


def readings(session: Session, passage_ids: Sequence[int]) -> dict[int, list[str]]:
    read: dict[int, list[str]] = defaultdict(list)
    chosen = select(BlindReading).where(col(BlindReading.passage_id).in_(passage_ids))
    for one in session.exec(chosen.order_by(col(BlindReading.model))):
        read[one.passage_id].append(one.model)
    return read


def statements_of(session: Session, passage_ids: Sequence[int]) -> dict[int, Statement]:
    rows = session.exec(select(Statement).where(col(Statement.passage_id).in_(passage_ids)))
    return {one.id: one for one in rows}


def findings_of(session: Session, passage_ids: Sequence[int]) -> dict[int, list[Finding]]:
    found: dict[int, list[Finding]] = defaultdict(list)
    chosen = select(Finding, Statement.passage_id).join(Statement, col(Statement.id) == Finding.statement_id)
    for finding, passage_id in session.exec(chosen.where(col(Statement.passage_id).in_(passage_ids))):
        found[passage_id].append(finding)
    return found


def given_by(model: str, id: int, statements: dict[int, Statement], found: list[Finding]) -> frozenset[Label]:
    """What a model says of a statement; where it cut the passage otherwise, what its words there earned."""
    here = statements[id]
    labels = [
        (one.family, one.label)
        for one in found
        if one.model == model and (one.statement_id == id or meets(one, statements[one.statement_id], here))
    ]
    return blind_coding.with_areas(as_now(labels))


def of_the_plan(labels: Iterable[Label]) -> frozenset[Label]:
    """Codes of frames are suggested by readers of their own, which are judged where they are trained."""
    return frozenset(one for one in labels if one[0] in plan.OF_THE_PLAN)


def meets(finding: Finding, theirs: Statement, ours: Statement) -> bool:
    overlaps = theirs.start < ours.end and theirs.end > ours.start
    return overlaps and overlap.touches(finding, ours)


def coverage(session: Session) -> Coverage:
    """How far the coding is, with how many passages a model has read."""
    whole, by_two = (number(session, chosen) for chosen in (done(), done().where(BlindItem.coders > 1)))
    passages = session.exec(select(func.count()).select_from(ReviewItem)).one()
    newest = session.exec(select(func.max(BlindCoding.id))).one() or 0
    return Coverage(whole, by_two, passages, newest)


def number(session: Session, chosen: Any, *, at_most: int | None = None) -> int:
    return session.exec(select(func.count()).select_from(chosen.limit(at_most).subquery())).one()


def models_in_use(session: Session) -> list[str]:
    """The models that the passages coded blind were last read by."""
    chosen = (
        select(BlindReading.model)
        .join(Passage, col(Passage.id) == BlindReading.passage_id)
        .where(BlindReading.model == Passage.analysed_by, col(Passage.retired_at).is_(None))
    )
    return sorted(session.exec(chosen.distinct()))


def to_code():
    """Passages drawn that are still to be coded, by anybody."""
    return drawn().where(col(BlindItem.closed_at).is_(None), ~is_to_settle())


def to_settle():
    return (
        drawn()
        .join(Adjudication, col(Adjudication.passage_id) == BlindItem.passage_id)
        .where(col(Adjudication.settled_at).is_(None))
    )


def reads_now(session: Session) -> str | None:
    """The model that read a passage of those coded blind last."""
    latest = select(BlindReading.model).order_by(col(BlindReading.read_at).desc(), col(BlindReading.passage_id).desc())
    return session.exec(latest.limit(1)).first()
