"""Decisions: what a person says of a label. A new row each time, and it outranks the machine."""

from sqlmodel import Session, col, select

from collector.findings import blind, standing
from collector.findings.models import Act, Decision, Statement
from collector.frameworks import plan
from collector.review import acts

LONGEST_WHY = 1000


class CannotDecide(acts.CannotDo):
    """What was asked makes no sense; the message says why in words for the person who asked."""


def decide(
    session: Session,
    *,
    statement_id: int,
    family: str,
    label: str,
    verdict: str,
    staff_id: int,
    why: str = "",
    evidence: list[list[int]] | None = None,
    key: str | None = None,
) -> Decision:
    """Keep a decision and settle what holds of the statement. The caller commits.

    `evidence` is where a person says that the label stands, as [start, end] in the passage; null leaves it where it
    was. Deciding again what the latest decision says already, by the same person, adds no row.
    """
    statement = session.get_one(Statement, statement_id)
    if not acts.hold(session, [statement.passage_id]):
        raise CannotDecide("Who sent this has changed or withdrawn it since. What was said before is kept as it was")
    session.refresh(statement)  # while the passage was waited for it may have been cut otherwise
    plan.hold(session)
    standing.hold(session, [statement_id])
    check(session, statement_id, family, label, verdict, why)
    check_evidence(statement, evidence)
    latest = standing.latest_decisions(session, [statement_id])[statement_id].get((family, label))
    if evidence is None and latest:
        evidence = latest.evidence
    said = (verdict, staff_id, why, evidence)
    if latest and (latest.verdict, latest.staff_id, latest.why, latest.evidence) == said:
        return latest
    act = acts.begin(session, staff_id=staff_id, what="decide", key=key)
    decision = Decision(
        act_id=act.id,
        statement_id=statement_id,
        family=family,
        label=label,
        verdict=verdict,
        evidence=evidence,
        staff_id=staff_id,
        why=why,
    )
    session.add(decision)
    session.flush()
    standing.settle(session, [statement_id])
    return decision


def check_evidence(statement: Statement, evidence: list[list[int]] | None) -> None:
    for start, end in evidence or []:
        if not statement.start <= start < end <= statement.end:
            raise CannotDecide("Mark words of this statement: these begin or end outside it")


def check(session: Session, statement_id: int, family: str, label: str, verdict: str, why: str) -> None:
    if blind.covered(session, [statement_id]):
        raise CannotDecide("This is coded blind. Give all its labels at once on its own page")
    if not session.get_one(Statement, statement_id).stands:
        raise CannotDecide("This passage is cut into statements otherwise since. Open it again")
    if verdict not in standing.VERDICTS:
        raise CannotDecide("Choose whether to accept, reject or add the label")
    if not plan.known(family, label):
        raise CannotDecide("Choose a label from the list")
    if len(why) > LONGEST_WHY:
        raise CannotDecide(f"Shorten the reason by {len(why) - LONGEST_WHY} characters")
    if any(acts.unkeepable(character) for character in why):
        raise CannotDecide("The reason has a character that cannot be kept. Type it again")
    if verdict != "add" and not suggested_or_decided(session, statement_id, family, label):
        raise CannotDecide("This label is not on the statement. Add it instead")


def suggested_or_decided(session: Session, statement_id: int, family: str, label: str) -> bool:
    held = standing.held_by(session, [statement_id])[statement_id]
    return any((one.family, one.label) == (family, label) for one in held)


def history(session: Session, statement_id: int) -> list[tuple[Decision, Act]]:
    """All decisions on a statement, newest first, each with its act: those that were undone too."""
    made = select(Decision, Act).join(Act, col(Act.id) == Decision.act_id).where(Decision.statement_id == statement_id)
    return list(session.exec(made.order_by(col(Decision.id).desc())).all())


def statement_exists(session: Session, statement_id: int) -> bool:
    return session.get(Statement, statement_id) is not None
