"""Who leads which action of the plan, and why they lead: as staff have entered it."""

from collections import defaultdict
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, select

from collector.database import now
from collector.organisations.models import ActionLead, Organisation


def of(session: Session, organisation_id: int) -> list[ActionLead]:
    """What it leads now."""
    chosen = select(ActionLead).where(ActionLead.organisation_id == organisation_id, col(ActionLead.ended_at).is_(None))
    return list(session.exec(chosen.order_by(col(ActionLead.id))))


def actions_of(session: Session, organisation_id: int) -> list[str]:
    return list(dict.fromkeys(one.action for one in of(session, organisation_id)))


def by_others(session: Session, organisation_id: int) -> dict[str, list[int]]:
    """By action, the other organisations that lead it. A sample's are beside others of the sample only."""
    own = select(Organisation.sample).where(Organisation.id == organisation_id).scalar_subquery()
    chosen = (
        select(ActionLead.action, ActionLead.organisation_id)
        .join(Organisation, col(Organisation.id) == ActionLead.organisation_id)
        .where(col(ActionLead.ended_at).is_(None), Organisation.id != organisation_id, Organisation.sample == own)
        .order_by(col(ActionLead.id))
    )
    found: dict[str, list[int]] = defaultdict(list)
    for action, id in session.exec(chosen):
        if id not in found[action]:
            found[action].append(id)
    return dict(found)


def by_action(session: Session, organisation_ids: Any) -> dict[str, list[Organisation]]:
    """Of these organisations, a query of their ids, those that lead each action, by name."""
    chosen = (
        select(ActionLead.action, Organisation)
        .join(Organisation, col(Organisation.id) == ActionLead.organisation_id)
        .where(col(ActionLead.ended_at).is_(None), col(Organisation.id).in_(organisation_ids))
        .order_by(col(Organisation.name_key))
    )
    found: dict[str, list[Organisation]] = defaultdict(list)
    for action, organisation in session.exec(chosen):
        if organisation not in found[action]:
            found[action].append(organisation)
    return found


def add(session: Session, organisation_id: int, action: str, *, why: str, staff_id: int) -> None:
    """Said twice, it is kept once, with the newer reason. The caller commits."""
    same = (ActionLead.organisation_id == organisation_id, ActionLead.action == action)
    session.exec(update(ActionLead).where(*same, col(ActionLead.ended_at).is_(None)).values(**ended_by(staff_id)))
    session.add(ActionLead(organisation_id=organisation_id, action=action, why=why, said_by=staff_id))


def end(session: Session, organisation_id: int, lead_id: int, *, staff_id: int) -> bool:
    """False where there is no such lead of this organisation. Ended twice, it ended the first time."""
    of_it = (ActionLead.id == lead_id, ActionLead.organisation_id == organisation_id)
    if session.exec(select(ActionLead.id).where(*of_it)).first() is None:
        return False
    session.exec(update(ActionLead).where(*of_it, col(ActionLead.ended_at).is_(None)).values(**ended_by(staff_id)))
    return True


def ended_by(staff_id: int) -> dict[str, object]:
    return {"ended_by": staff_id, "ended_at": now()}
