"""What people decided, for a reader to learn from; and what they decided blind, for readers to be judged by.

The two never meet: a passage that was drawn to be coded blind teaches nothing, before it is closed and after.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, select

from collector.database import now
from collector.findings import review_items, standing
from collector.findings.models import Act, BlindItem, Decision, Statement, Step
from collector.frameworks import plan
from collector.intake.models import Passage, Source
from collector.review import blind_coding

Pair = tuple[str, str]  # family and id

# What is decided on a list, or without a model to agree with, is not taken for a look at each statement.
NOT_LOOKED_AT = ("bulk", "blind", "adjudicate")
# What follows from the actions is worked out, and not learned.
IMPLIED = "priority_areas"
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Told:
    """A statement, and the labels that people said it has and has not.

    `whole`: all labels could be seen, and the passage was called decided: what was not given is a no. Else it is
    unknown.
    """

    passage_id: int
    start: int
    end: int
    yes: frozenset[Pair]
    no: frozenset[Pair] = frozenset()
    whole: bool = False
    unknown: frozenset[Pair] = frozenset()  # though all else is decided
    offered: frozenset[Pair] | None = None  # what could be chosen; null: what the codebook has now


@dataclass(frozen=True)
class Lesson:
    """A passage with its statements that people decided on."""

    passage_id: int
    text: str
    question: str
    told: list[Told]


def families_of(reads: str) -> list[str]:
    if reads != plan.SLUG:
        return [plan.family_of(reads)]
    return [family for family in plan.OF_THE_PLAN if family != IMPLIED]


# -- What teaches -------------------------------------------------------------------------------------


def may_teach() -> tuple[ColumnElement[bool], ...]:
    """Whose words a reader may learn from, of passages joined with their sources: the one place that says so.

    - Everything that is held, whatever may be published of it: what is learned stays within the service, holds numbers
      and no words, and serves the staff who read those words anyway. What a permission says is about publishing.
    - Not what was withdrawn or taken out: it is not there any more, and what learned from it is marked
      (`readers.forget`).
    - Not an answer that was corrected or an item that a later round put otherwise: what people decided there was about
      words that no longer stand.
    - Not what was drawn to be coded blind, open or closed: it is for judging.
    - Not the sample round, which nobody said.
    """
    blind = select(BlindItem.passage_id).where(BlindItem.passage_id == Passage.id).exists()
    return (
        col(Passage.retired_at).is_(None),
        col(Passage.superseded_by).is_(None),
        col(Source.sample).is_(False),
        ~blind,
    )


def passages(session: Session, reads: str, *, at_most: int) -> list[int]:
    """The passages that there is something to learn from, newest first."""
    found: list[int] = []
    before = None
    while some := candidates(session, reads, before, at_most):
        found += allowed(session, some)
        before = some[-1]
        if len(found) >= at_most:
            break
    return found[:at_most]


def candidates(session: Session, reads: str, before: int | None, at_most: int) -> list[int]:
    decided = (
        select(Statement.passage_id)
        .join(Decision, col(Decision.statement_id) == Statement.id)
        .join(Act, col(Act.id) == Decision.act_id)
        .where(col(Statement.stands), col(Decision.family).in_(families_of(reads)), *looked_at())
    )
    finished = (
        select(Step.passage_id)
        .join(Act, col(Act.id) == Step.act_id)
        .where(Step.state == "decided", Step.taken_at >= begun_at(session, reads), *looked_at())
    )
    found: set[int] = set()
    for chosen, passage_id in ((decided, Statement.passage_id), (finished, Step.passage_id)):
        below = chosen if before is None else chosen.where(col(passage_id) < before)
        found |= set(session.exec(below.distinct().order_by(col(passage_id).desc()).limit(at_most)))
    return sorted(found, reverse=True)[:at_most]


def looked_at() -> tuple[ColumnElement[bool], ...]:
    return col(Act.undone_at).is_(None), col(Act.what).not_in(NOT_LOOKED_AT)


def allowed(session: Session, passage_ids: Sequence[int]) -> list[int]:
    of_these = select(Passage.id).join(Source, col(Source.id) == Passage.source_id)
    kept = set(session.exec(of_these.where(col(Passage.id).in_(passage_ids), *may_teach())))
    return [id for id in passage_ids if id in kept]


def lessons(session: Session, reads: str, passage_ids: Sequence[int]) -> list[Lesson]:
    """What was decided on the statements of these passages that stand, of those that may still teach."""
    passages = texts(session, allowed(session, passage_ids))
    statements = statements_of(session, list(passages))
    decided = decisions_on(session, families_of(reads), list(statements))
    finished = finished_at(session, list(passages))
    begun = begun_at(session, reads)
    told: dict[int, list[Told]] = defaultdict(list)
    for id, statement in statements.items():
        at = finished.get(statement.passage_id)
        whole = at is not None and at >= begun
        said = decided.get(id, {})
        if said or whole:
            told[statement.passage_id].append(one_told(statement, said, whole=whole))
    return [Lesson(id, row.text, row.question, told[id]) for id, row in passages.items() if told[id]]


def one_told(statement: Statement, said: dict[Pair, str], *, whole: bool) -> Told:
    yes = frozenset(pair for pair, verdict in said.items() if verdict != "reject")
    return Told(statement.passage_id, statement.start, statement.end, yes, frozenset(said) - yes, whole)


def texts(session: Session, passage_ids: Sequence[int]) -> dict[int, Any]:
    chosen = select(Passage.id, Passage.text, Passage.question).where(col(Passage.id).in_(passage_ids))
    return {row.id: row for row in session.exec(chosen.order_by(col(Passage.id)))}


def statements_of(session: Session, passage_ids: Sequence[int]) -> dict[int, Statement]:
    chosen = select(Statement).where(col(Statement.passage_id).in_(passage_ids), col(Statement.stands))
    return {one.id: one for one in session.exec(chosen.order_by(col(Statement.passage_id), col(Statement.start)))}


def decisions_on(session: Session, families: Sequence[str], statement_ids: Sequence[int]) -> dict[int, dict[Pair, str]]:
    """The latest verdict on each label; one that was given on a list says nothing, nor does what it took the place
    of."""
    latest: dict[int, dict[Pair, str]] = defaultdict(dict)
    wanted = (Decision.statement_id, Decision.family, Decision.label, Decision.verdict, Act.what)
    chosen = standing.live_decisions(statement_ids, wanted).where(col(Decision.family).in_(families))
    for id, family, label, verdict, what in session.exec(chosen.order_by(col(Decision.id))):
        if what in NOT_LOOKED_AT:
            latest[id].pop((family, label), None)
        else:
            latest[id][family, label] = verdict
    return latest


def finished_at(session: Session, passage_ids: Sequence[int]) -> dict[int, datetime]:
    """When somebody called these passages decided who had them open; not those that were moved on since."""
    last = {step.passage_id: step for step in review_items.live(session, Step, passage_ids)}
    acts = {step.act_id for step in last.values()}
    opened = set(session.exec(select(Act.id).where(col(Act.id).in_(acts), *looked_at())))
    return {id: step.taken_at for id, step in last.items() if step.state == "decided" and step.act_id in opened}


def begun_at(session: Session, reads: str) -> datetime:
    """Since when labels of this framework could be given: those of the plan always, of a frame since somebody did."""
    if reads == plan.SLUG:
        return EARLIEST
    chosen = select(func.min(Decision.decided_at)).where(col(Decision.family).in_(families_of(reads)))
    return session.exec(chosen).one() or now()


# -- How much there is --------------------------------------------------------------------------------


def last_decision(session: Session) -> int:
    return session.exec(select(func.max(Decision.id))).one() or 0


def new_decisions(session: Session, reads: str, *, after: int, at_most: int) -> int:
    """Decisions since that one that teach or judge, counted up to so many: none that was undone, none on a list."""
    stand = (col(Act.undone_at).is_(None), Act.what != "bulk")
    some = select(Decision.id).join(Act, col(Act.id) == Decision.act_id).where(col(Decision.id) > after, *stand)
    some = some.where(col(Decision.family).in_(families_of(reads)))
    return session.exec(select(func.count()).select_from(some.limit(at_most).subquery())).one()


# -- What judges --------------------------------------------------------------------------------------


def blind_passages(session: Session) -> list[int]:
    """Passages that were coded blind and are closed."""
    chosen = (
        select(BlindItem.passage_id)
        .join(Passage, col(Passage.id) == BlindItem.passage_id)
        .join(Source, col(Source.id) == Passage.source_id)
        .where(col(BlindItem.closed_at).is_not(None), col(Passage.retired_at).is_(None), col(Source.sample).is_(False))
    )
    return list(session.exec(chosen.order_by(col(BlindItem.passage_id))))


def blind_lessons(session: Session, reads: str, passage_ids: Sequence[int]) -> list[Lesson]:
    """What people gave to these passages before they saw what any model says.

    What all who coded a statement gave is a yes, what none gave a no, and what they differed on is what was settled
    between them; unknown where it was not. A label that the form did not offer was not left out by anybody. Decisions
    made later, with the suggestions in view, have no part in it.
    """
    families, passages = families_of(reads), texts(session, passage_ids)
    codings = blind_coding.of_passages(session, list(passages))
    statements = by_id(session, [id for some in codings.values() for id in some[0].given])
    settled = settled_on(session, families, list(statements))
    told: dict[int, list[Told]] = defaultdict(list)
    for id, statement in statements.items():
        these = codings[statement.passage_id]
        offered = of_families(families, frozenset.intersection(*(one.offered for one in these)))
        if offered:
            given = [of_families(families, one.given.get(id, frozenset())) for one in these]
            told[statement.passage_id].append(blindly_told(statement, given, settled.get(id, {}), offered))
    return [Lesson(id, row.text, row.question, told[id]) for id, row in passages.items() if told[id]]


def of_families(families: Sequence[str], labels: frozenset[Pair]) -> frozenset[Pair]:
    return frozenset(pair for pair in labels if pair[0] in families)


def by_id(session: Session, statement_ids: Sequence[int]) -> dict[int, Statement]:
    chosen = select(Statement).where(col(Statement.id).in_(statement_ids))
    return {one.id: one for one in session.exec(chosen.order_by(col(Statement.passage_id), col(Statement.start)))}


def blindly_told(
    statement: Statement, given: Sequence[frozenset[Pair]], settled: dict[Pair, str], offered: frozenset[Pair]
) -> Told:
    every, some = frozenset.intersection(*given), frozenset.union(*given)
    ruled = {pair: settled[pair] for pair in some - every if pair in settled}
    yes = every | {pair for pair, verdict in ruled.items() if verdict != "reject"}
    unknown = some - every - frozenset(ruled)
    place = (statement.passage_id, statement.start, statement.end)
    return Told(*place, yes & offered, whole=True, unknown=unknown, offered=offered)


def settled_on(session: Session, families: Sequence[str], statement_ids: Sequence[int]) -> dict[int, dict[Pair, str]]:
    """What was said of labels that two coders differed on, by who settled it."""
    settled: dict[int, dict[Pair, str]] = defaultdict(dict)
    wanted = (Decision.statement_id, Decision.family, Decision.label, Decision.verdict)
    chosen = standing.live_decisions(statement_ids, wanted).where(
        Act.what == "adjudicate", col(Decision.family).in_(families)
    )
    for id, family, label, verdict in session.exec(chosen.order_by(col(Decision.id))):
        settled[id][family, label] = verdict
    return settled
