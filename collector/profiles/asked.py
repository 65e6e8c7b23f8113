"""In which rounds an organisation was asked, and what it answered: silence is told from never having been asked."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select

from collector.database import now
from collector.intake import partners, rounds
from collector.intake.models import Invitation, Round, Source, Submission


@dataclass(frozen=True)
class Asked:
    round_title: str
    state: str  # answered, silent, not-asked
    at: datetime | None  # when it answered, or when it was asked last
    open: bool  # it can still answer


def in_rounds(session: Session, organisation_id: int, *, sample: bool) -> list[Asked]:
    """The rounds that have begun, the newest first."""
    begun = (Round.opened_at <= now(), col(Round.preview).is_(False), col(Round.sample) == sample)
    held = session.exec(select(Round).where(*begun).order_by(col(Round.opened_at).desc(), col(Round.id).desc())).all()
    answered, invited = answered_in(session, organisation_id), invited_to(session, organisation_id)
    return [one(round_, answered.get(round_.id), invited.get(round_.id)) for round_ in held]


def one(round_: Round, answered: datetime | None, invited: datetime | None) -> Asked:
    state = "answered" if answered else "silent" if invited else "not-asked"
    return Asked(round_.title, state, answered or invited, open=not rounds.is_over(round_))


def answered_in(session: Session, organisation_id: int) -> dict[int, datetime]:
    chosen = (
        select(Submission.round_id, func.max(Submission.received_at))
        .join(Source, col(Source.submission_id) == Submission.id)
        .where(partners.speaks_for(organisation_id))
        .group_by(col(Submission.round_id))
    )
    return dict(session.exec(chosen).all())


def invited_to(session: Session, organisation_id: int) -> dict[int, datetime]:
    last = func.max(func.coalesce(Invitation.reminded_at, Invitation.invited_at))
    chosen = (
        select(Invitation.round_id, last)
        .where(Invitation.organisation_id == organisation_id, col(Invitation.invited_at).is_not(None))
        .group_by(col(Invitation.round_id))
    )
    return dict(session.exec(chosen).all())
