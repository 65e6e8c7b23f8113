"""What holds of a statement now: the findings of the model that last read it, overlaid by people's decisions."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, delete
from sqlmodel import Session, col, select

from collector.database import insert_all
from collector.findings import blind, differences, overlap, review_items
from collector.findings.models import Act, Decision, Finding, StandingLabel, Statement
from collector.frameworks import plan
from collector.intake.models import Passage
from forms.codebook import CodeRef
from forms.codebook_changes import How

# Of what a person said of a code that was split since, nobody knows which part they meant.
UNKNOWN_HALF = 0.5
# What a label, or words that were picked out, are after a person said so of them.
VERDICTS = {"accept": "accepted", "reject": "rejected", "add": "added"}


@dataclass(frozen=True)
class Overlaid:
    """A label on a statement with where it stands: suggested, accepted, added or rejected."""

    family: str
    label: str
    state: str
    finding: Finding | None = None
    decision: Decision | None = None
    # What a person said of the code that this one came of, when it was split: they are asked which of them they meant.
    carried: Decision | None = None

    @property
    def score(self) -> float | None:
        return self.finding.score if self.finding else UNKNOWN_HALF if self.carried else None


def current() -> tuple[ColumnElement[bool], ...]:
    """Conditions that pick the statements that stand, of those joined with their passages.

    A passage that another model or a person has cut otherwise since has others; one whose answer was changed since is
    history, and so is one about an item that a later round says was changed or has ended.
    """
    return (
        col(Statement.stands),
        col(Passage.retired_at).is_(None),
        col(Passage.superseded_by).is_(None),
    )


def settle(session: Session, statement_ids: Sequence[int]) -> None:
    """Rebuild the standing labels of these statements, and what the queue knows of their passages.

    To be called in the transaction that changed something, by who holds the passages.
    """
    plan.hold(session)
    hold(session, statement_ids)
    concerns = concerns_of(session, statement_ids)
    held = held_in_short(session, list(concerns))
    session.exec(delete(StandingLabel).where(col(StandingLabel.statement_id).in_(statement_ids)))
    insert_all(session, StandingLabel, [row for id in held for row in rows_of(id, held[id], concerns[id])])
    differences.keep(session, statement_ids, said_no_more(held))
    of_these = select(Statement.passage_id).where(col(Statement.id).in_(statement_ids)).distinct()
    review_items.refresh(session, session.exec(of_these).all())


def said_no_more(held: dict[int, list[Overlaid]]) -> list[tuple[Any, ...]]:
    """Labels that people hold to and the model that last read them does not: statement, family, label, decided when."""
    return [
        (id, one.family, one.label, one.decision.decided_at)
        for id, labels in held.items()
        for one in labels
        if one.finding is None and one.decision and one.decision.verdict != "reject"
    ]


def hold(session: Session, statement_ids: Sequence[int]) -> None:
    """One at a time on a statement until the commit: whoever waits here then sees the other's decision too."""
    chosen = select(Statement.id).where(col(Statement.id).in_(statement_ids)).order_by(col(Statement.id))
    session.exec(chosen.with_for_update(key_share=True)).all()


def lift(session: Session, passage_ids: Sequence[int]) -> None:
    """Nothing holds any more of what was found in these passages, which were retired in this transaction."""
    settle(session, session.exec(select(Statement.id).where(col(Statement.passage_id).in_(passage_ids))).all())


def held_by(session: Session, statement_ids: Sequence[int]) -> dict[int, list[Overlaid]]:
    """The labels of each statement, rejected ones among them, most certain first within a family.

    Of a passage that people are still coding blind nobody learns any, by whatever page or list: none is held.
    """
    covered = blind.covered(session, statement_ids)
    seen = [id for id in statement_ids if id not in covered]
    return held_unseen(session, seen) | {id: [] for id in covered}


def held_in_short(session: Session, statement_ids: Sequence[int]) -> dict[int, list[Overlaid]]:
    """As `held_by`, without the evidence, and without who decided when and why: for many at once.

    Made into objects of their own, rows of a thousand passages would cost a second.
    """
    covered = blind.covered(session, statement_ids)
    seen = [id for id in statement_ids if id not in covered]
    findings = findings_of(session, seen, of=SHORT_FINDING)
    decisions = latest_decisions(session, seen, of=SHORT_DECISION)
    return {id: overlay(findings[id], decisions[id]) for id in seen} | {id: [] for id in covered}


SHORT_FINDING = (Finding.id, Finding.statement_id, Finding.family, Finding.label, Finding.score)
SHORT_DECISION = (
    Decision.id,
    Decision.statement_id,
    Decision.family,
    Decision.label,
    Decision.verdict,
    Decision.decided_at,
)


def held_unseen(session: Session, statement_ids: Sequence[int]) -> dict[int, list[Overlaid]]:
    """As `held_by`, of blind passages too: for who opens them at their end."""
    findings = findings_of(session, statement_ids)
    decisions = latest_decisions(session, statement_ids)
    return {id: overlay(findings[id], decisions[id]) for id in statement_ids}


def findings_of(session: Session, statement_ids: Sequence[int], of: Sequence[Any] = (Finding,)) -> dict[int, list[Any]]:
    """What the model that last read its passage says of each statement, and what the readers of frames say of it.

    Also where people cut it otherwise.
    """
    found: dict[int, list[Any]] = defaultdict(list)
    chosen = (
        select(*of)
        .select_from(Finding)
        .join(Statement, col(Statement.id) == Finding.statement_id)
        .join(Passage, col(Passage.id) == Statement.passage_id)
        .where(col(Finding.statement_id).in_(statement_ids), overlap.counts())
    )
    for finding in session.exec(chosen):
        found[finding.statement_id].append(finding)
    found |= overlap.inherited(session, statement_ids)
    return found


def latest_decisions(
    session: Session, statement_ids: Sequence[int], of: Sequence[Any] = (Decision,)
) -> dict[int, dict[tuple[str, str], Any]]:
    latest: dict[int, dict[tuple[str, str], Any]] = defaultdict(dict)
    for decision in session.exec(live_decisions(statement_ids, of).order_by(col(Decision.id))):
        latest[decision.statement_id][decision.family, decision.label] = decision
    return latest


def live_decisions(statement_ids: Sequence[int], of: Sequence[Any] = (Decision,)):
    """Those that were not undone."""
    not_undone = (col(Decision.statement_id).in_(statement_ids), col(Act.undone_at).is_(None))
    return select(*of).select_from(Decision).join(Act, col(Act.id) == Decision.act_id).where(*not_undone)


def overlay(findings: Iterable[Finding], decisions: dict[tuple[str, str], Decision]) -> list[Overlaid]:
    """Labels as the codebook has them now, of findings and decisions that keep the labels they were made with."""
    found: dict[CodeRef, list[Finding]] = defaultdict(list)
    said: dict[CodeRef, list[Decision]] = defaultdict(list)
    carried: dict[CodeRef, Decision] = {}
    for finding in findings:
        one, decision = plan.meant(finding.family, finding.label), decisions.get((finding.family, finding.label))
        # Who rejected a code said nothing for any of what it was split into.
        if one.how is not How.SPLIT or decision is None or decision.verdict != "reject":
            for ref in one.into:
                found[ref].append(finding)
    for (family, label), decision in decisions.items():
        one = plan.meant(family, label)
        for ref in one.into:
            if one.how is not How.SPLIT:
                said[ref].append(decision)
            elif decision.verdict != "reject":
                carried[ref] = decision
    held = [one_overlaid(ref, found[ref], said[ref], carried.get(ref)) for ref in {**found, **said, **carried}]
    return sorted(held, key=lambda one: (plan.place_of(one.family), -(one.score or 1), one.label))


def one_overlaid(
    ref: CodeRef, findings: list[Finding], said: list[Decision], carried: Decision | None = None
) -> Overlaid:
    decision = weightiest(ref, said, findings)
    finding = max(findings, key=lambda one: (one.score, -one.id), default=None)
    state = VERDICTS[decision.verdict] if decision else "suggested"
    return Overlaid(*ref, state, finding, decision, None if decision else carried)


def weightiest(ref: CodeRef, said: list[Decision], findings: list[Finding]) -> Decision | None:
    """Of decisions that were made under several labels, which are one code now, the one that counts.

    One on the code itself, made since they are one. Else who said yes to any of them said it of the code. Who said no
    to one of them said it of nothing that another one was suggested for.
    """
    since = plan.joined_at(*ref)
    in_order = sorted(said, key=lambda one: one.id)
    own = [one for one in in_order if CodeRef(one.family, one.label) == ref]
    if own and (since is None or own[-1].decided_at >= since):
        return own[-1]
    if accepted := [one for one in in_order if one.verdict != "reject"]:
        return accepted[-1]
    rejected = {(one.family, one.label) for one in said}
    return in_order[-1] if said and all((one.family, one.label) in rejected for one in findings) else None


def rows_of(statement_id: int, held: list[Overlaid], concern: str | None) -> list[dict[str, Any]]:
    return [
        {"statement_id": statement_id, "family": family, "label": label, "state": state, "score": score}
        for (family, label), (state, score) in states_of(held, concern).items()
        if state != "rejected"
    ]


def states_of(held: list[Overlaid], concern: str | None) -> dict[tuple[str, str], tuple[str, float | None]]:
    """State and score of every label, with the priority areas that follow from the actions or from the question.

    What a person decided on a priority area itself, a rejection too, outranks what would follow.
    """
    states = {(one.family, one.label): (one.state, one.score) for one in held}
    for one in held:
        if one.family == "actions" and one.state != "rejected":
            area = plan.area_of(one.label)
            if area:
                states.setdefault(("priority_areas", area), (one.state, one.score))
    areas = [state for (family, _), (state, _) in states.items() if family == "priority_areas"]
    if concern and set(areas) <= {"rejected"}:
        states.setdefault(("priority_areas", concern), ("asked", None))
    return states


def concerns_of(session: Session, statement_ids: Sequence[int]) -> dict[int, str | None]:
    """The priority area that each was asked under, of those that stand and whose passage is not retired."""
    chosen = (
        select(Statement.id, Passage.concern)
        .join(Passage, col(Passage.id) == Statement.passage_id)
        .where(col(Statement.id).in_(statement_ids), col(Statement.stands), col(Passage.retired_at).is_(None))
    )
    return {id: plan.now_called("priority_areas", concern) if concern else None for id, concern in session.exec(chosen)}
