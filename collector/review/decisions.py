"""Decisions: what a person says of a label. A new row each time, and it outranks the machine."""

from unicodedata import category

from sqlmodel import Session, col, select

from collector.findings import standing
from collector.findings.models import Decision, Statement
from collector.frameworks import plan
from collector.intake.models import Passage

LONGEST_WHY = 1000
UNKEEPABLE = {"Cc", "Cs"}  # control characters and halves of surrogate pairs, which not every database holds


class CannotDecide(ValueError):
    """What was asked makes no sense; the message says why in words for the person who asked."""


def decide(
    session: Session, *, statement_id: int, family: str, label: str, verdict: str, staff_id: int, why: str = ""
) -> Decision:
    """Keep a decision and settle what holds of the statement. The caller commits.

    Deciding again what the latest decision says already, by the same person, adds no row.
    """
    standing.hold(session, [statement_id])
    check(session, statement_id, family, label, verdict, why)
    latest = standing.latest_decisions(session, [statement_id])[statement_id].get((family, label))
    if latest and (latest.verdict, latest.staff_id, latest.why) == (verdict, staff_id, why):
        return latest
    decision = Decision(
        statement_id=statement_id, family=family, label=label, verdict=verdict, staff_id=staff_id, why=why
    )
    session.add(decision)
    session.flush()
    standing.settle(session, [statement_id])
    return decision


def check(session: Session, statement_id: int, family: str, label: str, verdict: str, why: str) -> None:
    if not still_said(session, statement_id):
        raise CannotDecide("Who sent this has changed or withdrawn it since. What was said before is kept as it was")
    if verdict not in standing.VERDICTS:
        raise CannotDecide("Choose whether to accept, reject or add the label")
    if not plan.known(family, label):
        raise CannotDecide("Choose a label from the list")
    if len(why) > LONGEST_WHY:
        raise CannotDecide(f"Shorten the reason by {len(why) - LONGEST_WHY} characters")
    if any(category(character) in UNKEEPABLE for character in why):
        raise CannotDecide("The reason has a character that cannot be kept. Type it again")
    if verdict != "add" and not suggested_or_decided(session, statement_id, family, label):
        raise CannotDecide("This label is not on the statement. Add it instead")


def still_said(session: Session, statement_id: int) -> bool:
    said = select(Passage.id).join(Statement, col(Statement.passage_id) == Passage.id)
    return session.exec(said.where(Statement.id == statement_id, col(Passage.retired_at).is_(None))).first() is not None


def suggested_or_decided(session: Session, statement_id: int, family: str, label: str) -> bool:
    held = standing.held_by(session, [statement_id])[statement_id]
    return any((one.family, one.label) == (family, label) for one in held)


def history(session: Session, statement_id: int) -> list[Decision]:
    """All decisions on a statement, newest first."""
    made = select(Decision).where(Decision.statement_id == statement_id).order_by(Decision.id.desc())
    return list(session.exec(made))


def statement_exists(session: Session, statement_id: int) -> bool:
    return session.get(Statement, statement_id) is not None
