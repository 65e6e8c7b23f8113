"""Decisions: what a person says of a label. A new row each time, and it outranks the machine."""

from sqlmodel import Session, col, select

from collector.findings import standing
from collector.findings.models import Act, Decision, Statement
from collector.frameworks import plan
from collector.review import acts, steps
from collector.review.acts import CannotDo


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
    steps.to_decide(session, statement.passage_id)
    session.refresh(statement)  # while the passage was waited for it may have been cut otherwise
    plan.hold(session)
    standing.hold(session, [statement_id])
    check(session, statement, family, label, verdict)
    why = steps.checked(why, "", what="the reason")
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
            raise CannotDo("Mark words of this statement: these begin or end outside it")


def check(session: Session, statement: Statement, family: str, label: str, verdict: str) -> None:
    if not statement.stands:
        raise CannotDo("This passage is cut into statements otherwise since. Open it again")
    if verdict not in standing.VERDICTS:
        raise CannotDo("Choose whether to accept, reject or add the label")
    if not plan.known(family, label):
        raise CannotDo("Choose a label from the list")
    if verdict != "add" and not suggested_or_decided(session, statement.id, family, label):
        raise CannotDo("This label is not on the statement. Add it instead")


def suggested_or_decided(session: Session, statement_id: int, family: str, label: str) -> bool:
    held = standing.held_by(session, [statement_id])[statement_id]
    return any((one.family, one.label) == (family, label) for one in held)


def history(session: Session, statement_id: int) -> list[tuple[Decision, Act]]:
    """All decisions on a statement, newest first, each with its act: those that were undone too."""
    made = select(Decision, Act).join(Act, col(Act.id) == Decision.act_id).where(Decision.statement_id == statement_id)
    return list(session.exec(made.order_by(col(Decision.id).desc())).all())
