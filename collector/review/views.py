"""Saved views: a part of the queue under a name, for oneself or for all colleagues."""

from sqlmodel import Session, col, func, select

from collector.accounts.models import StaffMember
from collector.findings.models import SavedView
from collector.review import steps
from collector.review.acts import CannotDo
from collector.review.queue import Wanted

MOST = 50  # a person
LONGEST = 60


def of(session: Session, staff_id: int) -> list[SavedView]:
    """One's own, by name."""
    mine = select(SavedView).where(SavedView.staff_id == staff_id)
    return list(session.exec(mine.order_by(func.lower(SavedView.name), col(SavedView.id)).limit(MOST)))


def of_colleagues(session: Session, staff_id: int) -> list[tuple[SavedView, str]]:
    """What others share, with who they are; as many as anybody could look through."""
    shared = (
        select(SavedView, StaffMember.name)
        .join(StaffMember, col(StaffMember.id) == SavedView.staff_id)
        .where(col(SavedView.shared), SavedView.staff_id != staff_id, col(StaffMember.disabled_at).is_(None))
    )
    return list(session.exec(shared.order_by(func.lower(SavedView.name), col(SavedView.id)).limit(MOST)))


def save(session: Session, wanted: Wanted, *, name: str, shared: bool, staff_id: int) -> SavedView:
    """The caller commits."""
    made = SavedView(staff_id=staff_id, name=checked(session, name, staff_id), query=wanted.query(), shared=shared)
    if len(of(session, staff_id)) >= MOST:
        raise CannotDo(f"You have {MOST} saved views, which is the most. Delete one first")
    session.add(made)
    session.flush()
    return made


def change(session: Session, view: SavedView, *, name: str, shared: bool) -> None:
    view.name, view.shared = checked(session, name, view.staff_id, but=view.id), shared
    session.add(view)


def find(session: Session, view_id: int, staff_id: int) -> SavedView | None:
    """A view of one's own."""
    return session.exec(select(SavedView).where(SavedView.id == view_id, SavedView.staff_id == staff_id)).first()


def checked(session: Session, name: str, staff_id: int, *, but: int | None = None) -> str:
    name = steps.checked(" ".join(name.split()), "Give the view a name", what="the name", longest=LONGEST)
    same = select(SavedView.id).where(SavedView.staff_id == staff_id, SavedView.name == name)
    if (found := session.exec(same).first()) and found != but:
        raise CannotDo("You have a view of this name. Choose another name")
    return name
