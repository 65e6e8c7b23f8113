"""Work over many statements, in the worker: begun, gone on with, and looked up."""

from typing import Any

from sqlmodel import Session, col, select

from collector.frameworks.models import Walk
from collector.leases import Claim, Leases

# It takes hours where there is much, and machines are stopped at night: that is no fault of what it reads.
leases = Leases(Walk, "walk", most_attempts=10)


def begin(session: Session, **of_what: Any) -> Walk:
    """One that waits to be taken up. The caller commits, and has the worker woken then."""
    walk = Walk(**of_what)
    session.add(walk)
    session.flush()
    return walk


def advance(session: Session, claim: Claim, *, place: int, more: int) -> bool:
    """Note that `more` are done, up to `place`; False when the claim was lost, so that the caller keeps nothing."""
    return leases.renew(session, claim, place=place, done=Walk.done + more)


def finish(session: Session, claim: Claim) -> bool:
    return leases.finish(session, claim, total=Walk.done)


def latest(session: Session, **of_what: Any) -> Walk | None:
    """The last one for this."""
    mine = [getattr(Walk, name) == value for name, value in of_what.items()]
    return session.exec(select(Walk).where(*mine).order_by(col(Walk.id).desc()).limit(1)).first()
