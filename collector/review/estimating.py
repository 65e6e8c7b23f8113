"""What estimates are made of: whose statements say what and who decided it, and the blind sample beside it.

Of passages that people still code blind nothing is counted, here as everywhere.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from sqlalchemy import and_, case, distinct, func, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from collector.findings import counts, estimates, standing
from collector.findings.counts import Heard, Key, Within
from collector.findings.models import Act, BlindItem, Decision, ReviewItem, StandingLabel, Statement
from collector.frameworks import plan
from collector.intake.models import Passage, Round, Source
from collector.review import agreement_coded
from collector.review.agreement_coded import Coded
from collector.review.blind_coding import Label

# Of passages that are decided as a whole, what nobody gave was seen and left.
DECIDED = "decided"


@dataclass(frozen=True)
class Sampled:
    """A statement that was coded blind: whose it is, what its coders gave, and what the machine does, with scores.

    `concern`: the priority area that it was asked under, on which it is where nothing says of another.
    """

    statement_id: int
    passage_id: int
    key: Key
    chance: float
    offered: frozenset[Label]
    people: Sequence[frozenset[Label]]
    machine: dict[Label, float]
    concern: str | None = None


@dataclass(frozen=True)
class Counted:
    """Statements of one key under one label.

    `labelled` are those that nobody has decided on, by band of their score, `undecided` those of them in passages that
    are not decided as a whole. `passages` are those in which people decided that it is said.
    """

    passages: int
    yes: int
    labelled: tuple[int, ...]
    undecided: int


@dataclass(frozen=True)
class Population:
    """All that came in a round, or at all: who was heard, and what is known of their statements, by whose they are."""

    within: Within
    heard: Heard
    # Statements of passages that are not decided as a whole.
    open: dict[Key, int]
    # Of one label, or of a pair of them as `estimates.both` calls it.
    labels: dict[Label, dict[Key, Counted]]
    rejected: dict[Label, dict[Key, int]]


def within_all(session: Session) -> list[Within]:
    """All that came, and each round by itself."""
    chosen = select(Round.id, Round.sample).where(col(Round.preview).is_(False)).order_by(Round.id)
    return [Within(), *(Within(id, sample) for id, sample in session.execute(chosen))]


def population(session: Session, within: Within, bands: Sequence[float]) -> Population:
    """With pairs of labels, where it is all that came."""
    pairs = [] if within.round_id else [pair(session, within, bands, *families) for families in estimates.PAIRS]
    return Population(
        within,
        counts.heard(session, within),
        open=open_statements(session, within),
        labels=reduce(or_, pairs, labels(session, within, bands)),
        rejected=rejected(session, within),
    )


KEY = (col(Source.organisation_id), counts.joint_of())


def open_statements(session: Session, within: Within) -> dict[Key, int]:
    chosen = counts.of_statements(select(*KEY, func.count()).select_from(Statement), within)
    chosen = in_review(chosen).where(~is_decided(), ~is_covered())
    return {Key(*key): number for *key, number in session.execute(chosen.group_by(*KEY))}


def in_review(chosen: Any) -> Any:
    return chosen.outerjoin(ReviewItem, col(ReviewItem.passage_id) == Statement.passage_id)


def is_decided() -> Any:
    return func.coalesce(ReviewItem.state, "") == DECIDED


def is_covered() -> Any:
    open_ = (BlindItem.passage_id == Statement.passage_id, col(BlindItem.closed_at).is_(None))
    return select(BlindItem.passage_id).where(*open_).exists()


def labels(session: Session, within: Within, bands: Sequence[float]) -> dict[Label, dict[Key, Counted]]:
    """Of the plan; codes of frames are judged where their readers learn."""
    held = StandingLabel
    label, said = (col(held.family), col(held.label)), held.state != counts.SUGGESTED
    chosen = select(*KEY, *label, *numbers(said, held.score, bands)).select_from(held)
    chosen = chosen.join(Statement, col(Statement.id) == held.statement_id)
    chosen = in_review(counts.of_statements(chosen, within)).where(col(held.family).in_(plan.OF_THE_PLAN))
    found: dict[Label, dict[Key, Counted]] = defaultdict(dict)
    for organisation_id, joint, family, id, *rest in session.execute(chosen.group_by(*KEY, *label)):
        found[family, id][Key(organisation_id, joint)] = counted(*rest)
    return found


def pair(
    session: Session, within: Within, bands: Sequence[float], family: str, other: str
) -> dict[Label, dict[Key, Counted]]:
    """As `labels`, of two on one statement: decided where both are, and otherwise as sure as the less sure of them."""
    first, second = aliased(StandingLabel), aliased(StandingLabel)
    said = and_(first.state != counts.SUGGESTED, second.state != counts.SUGGESTED)
    one, two = surely(first), surely(second)
    told = numbers(said, case((one < two, one), else_=two), bands)
    label = (col(first.label), col(second.label))
    # Put together, the second family is in no index: see `counts.tallies`.
    beside = (second.statement_id == first.statement_id, (second.family + "") == other)
    chosen = select(*KEY, *label, *told).select_from(first).join(second, and_(*beside))
    chosen = counts.of_statements(chosen.join(Statement, col(Statement.id) == first.statement_id), within)
    chosen = in_review(chosen).where(first.family == family).group_by(*KEY, *label)
    found: dict[Label, dict[Key, Counted]] = defaultdict(dict)
    for organisation_id, joint, id, other_id, *rest in session.execute(chosen):
        place = (estimates.both(family, other), estimates.both(id, other_id))
        found[place][Key(organisation_id, joint)] = counted(*rest)
    return found


def surely(held: Any) -> Any:
    return case((held.state != counts.SUGGESTED, 1.0), else_=func.coalesce(held.score, 0.0))


def numbers(said: Any, score: Any, bands: Sequence[float]) -> list[Any]:
    of_band = [and_(~said, *ends(score, bands, place)) for place in range(len(bands))]
    passages = func.count(distinct(case((said, Statement.passage_id))))
    return [passages, *(number(one) for one in (said, *of_band, ~is_decided()))]


def counted(passages: int, yes: int, *rest: int) -> Counted:
    return Counted(passages, yes, rest[:-1], rest[-1])


def number(condition: Any) -> Any:
    return func.sum(case((condition, 1), else_=0))


def ends(score: Any, bands: Sequence[float], place: int) -> Iterator[Any]:
    """That a score is in a band; one that nobody knows is in the lowest."""
    known = func.coalesce(score, 0.0)
    if place:
        yield known >= bands[place]
    if place + 1 < len(bands):
        yield known < bands[place + 1]


def rejected(session: Session, within: Within) -> dict[Label, dict[Key, int]]:
    """Statements of which people said that a label does not hold, in passages that are not decided as a whole."""
    label = (col(Decision.family), col(Decision.label))
    holds = select(StandingLabel.label).where(
        StandingLabel.statement_id == Decision.statement_id,
        StandingLabel.family == Decision.family,
        StandingLabel.label == Decision.label,
    )
    chosen = select(*KEY, *label, func.count(distinct(Decision.statement_id))).select_from(Decision)
    chosen = chosen.join(Act, col(Act.id) == Decision.act_id)
    chosen = in_review(counts.of_statements(chosen.join(Statement, col(Statement.id) == Decision.statement_id), within))
    chosen = chosen.where(
        Decision.verdict == "reject", col(Act.undone_at).is_(None), ~is_decided(), ~is_covered(), ~holds.exists()
    )
    found: dict[Label, dict[Key, int]] = defaultdict(dict)
    for organisation_id, joint, family, id, some in session.execute(chosen.group_by(*KEY, *label)):
        found[family, id][Key(organisation_id, joint)] = some
    return found


# -- The blind sample ----------------------------------------------------------------------------------


def sample(session: Session, within: Within, model: str) -> list[Sampled]:
    """Statements that stand, of passages coded blind by all who are to, that this model read last."""
    found: list[Sampled] = []
    after = 0
    while passage_ids := list(session.exec(agreement_coded.fully_coded(after))):
        found += sampled(session, within, model, passage_ids)
        after = passage_ids[-1]
    return found


def sampled(session: Session, within: Within, model: str, passage_ids: Sequence[int]) -> Iterator[Sampled]:
    of = whose(session, within, model, passage_ids)
    coded = [one for one in agreement_coded.coded_in(session, passage_ids) if one.statement_id in of]
    ids = [one.statement_id for one in coded]
    said, concerns = machine(session, ids), standing.concerns_of(session, ids)
    for one in coded:
        id, (key, chance) = one.statement_id, of[one.statement_id]
        yield Sampled(id, one.passage_id, key, chance, one.offered, people(one), said[id], concerns[id])


def people(coded: Coded) -> list[frozenset[Label]]:
    return list(coded.people.values())


def whose(session: Session, within: Within, model: str, passage_ids: Iterable[int]) -> dict[int, tuple[Key, float]]:
    chosen = select(Statement.id, *KEY, BlindItem.chance).select_from(Statement)
    chosen = counts.of_statements(chosen.join(BlindItem, col(BlindItem.passage_id) == Statement.passage_id), within)
    chosen = chosen.where(col(Statement.passage_id).in_(list(passage_ids)), Passage.analysed_by == model)
    return {id: (Key(*key), chance) for id, *key, chance in session.execute(chosen)}


def machine(session: Session, statement_ids: Sequence[int]) -> dict[int, dict[Label, float]]:
    """What the model says of each, with the priority areas that follow from actions."""
    found: dict[int, dict[Label, float]] = {}
    for id, held in standing.held_unseen(session, statement_ids).items():
        scores = {(one.family, one.label): one.finding.score for one in held if one.finding}
        for (family, label), score in list(scores.items()):
            area = plan.area_of(label) if family == "actions" else None
            if area:
                scores["priority_areas", area] = max(score, scores.get(("priority_areas", area), 0.0))
        found[id] = scores
    return found
