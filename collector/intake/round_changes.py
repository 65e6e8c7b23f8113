"""Setting up a round, and changing it later: each thing done is kept with who did it and when."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from collector import dates
from collector.accounts.models import StaffMember
from collector.database import now
from collector.intake import rounds
from collector.intake.models import Round, RoundChange
from forms.questionnaire import Questionnaire

NO_CLOSING_DATE = "no closing date"
USUAL_SHARE = "the usual share"
BLIND, DOUBLE = "Share coded blind", "Share of those coded by two"


class ChangedMeanwhile(Exception):
    """Somebody else changed the round after its form was opened."""


@dataclass(frozen=True)
class Plan:
    """What a policy officer wants a round to be. Without `opens_on` it opens, or stays open, at once."""

    title: str
    questionnaire: Questionnaire
    opens_on: date | None
    closes_on: date | None
    # The share of passages coded blind, and of those the share coded by two people; null: the usual.
    blind_share: float | None = None
    blind_double: float | None = None

    def opening(self, held: datetime | None = None) -> datetime:
        """When it opens; as `held` where that is the same day, because a round keeps the minute it opened at."""
        if held and self.opens_on in (None, dates.local_day(held)):
            return held
        return rounds.opening_of(self.opens_on) if self.opens_on and self.opens_on > rounds.local_date() else now()


def set_up(session: Session, plan: Plan, *, slug: str, staff_id: int) -> int:
    """A new round's id. The same slug again, as a second press sends it, gives the round of the first. Commits."""
    for _ in range(2):
        if (known := with_slug(session, slug)) is not None:
            return known
        try:
            round_ = rounds.open_round(
                session,
                plan.questionnaire,
                slug=slug,
                title=plan.title,
                closes_on=plan.closes_on,
                opened_at=plan.opening(),
            )
            round_.blind_share, round_.blind_double = plan.blind_share, plan.blind_double
            note(session, round_.id, staff_id, "Set up", after=f"{plan.title}, {name_of(plan.questionnaire)}")
            for what, share in ((BLIND, plan.blind_share), (DOUBLE, plan.blind_double)):
                if share is not None:
                    note(session, round_.id, staff_id, what, USUAL_SHARE, share_words(share))
            session.commit()
            return round_.id
        except IntegrityError:  # a moment ago somebody set up this round, or another that published this version
            session.rollback()
    raise ChangedMeanwhile


def with_slug(session: Session, slug: str) -> int | None:
    return session.exec(select(Round.id).where(Round.slug == slug)).first()


def change(session: Session, round_: Round, plan: Plan, *, revision: int, staff_id: int) -> None:
    """Make the round as planned, unless it is no longer as it was at this revision. A closed round opens again."""
    opened_at = plan.opening(round_.opened_at)
    held = rounds.questionnaire_of(session, round_.questionnaire_id)
    lines = [
        ("Title", round_.title, plan.title),
        ("Questionnaire", name_of(held), name_of(plan.questionnaire)),
        ("Opening date", dates.in_words(round_.opened_at), dates.in_words(opened_at)),
        ("Closing date", closing_words(round_.closes_on), closing_words(plan.closes_on)),
        (BLIND, share_words(round_.blind_share), share_words(plan.blind_share)),
        (DOUBLE, share_words(round_.blind_double), share_words(plan.blind_double)),
        ("Open", "closed early" if round_.closed_at else "", "open again" if round_.closed_at else ""),
    ]
    values = {
        "title": plan.title,
        "questionnaire_id": rounds.publish(session, plan.questionnaire).id,
        "opened_at": opened_at,
        "closes_on": plan.closes_on,
        "closed_at": None,
        "blind_share": plan.blind_share,
        "blind_double": plan.blind_double,
        "revision": revision + 1,
    }
    wanted = update(Round).where(col(Round.id) == round_.id, col(Round.revision) == revision)
    if not session.exec(wanted.values(**values)).rowcount:
        raise ChangedMeanwhile
    for what, before, after in lines:
        if before != after:
            note(session, round_.id, staff_id, what, before, after)


def close(session: Session, round_: Round, *, staff_id: int) -> None:
    """Close now; one that is not open yet is called off. Closing twice is nothing new."""
    if rounds.is_over(round_):
        return
    what = "Called off" if rounds.is_to_come(round_) else "Closed"
    still = update(Round).where(col(Round.id) == round_.id, col(Round.closed_at).is_(None))
    if session.exec(still.values(closed_at=now(), revision=col(Round.revision) + 1)).rowcount:
        note(session, round_.id, staff_id, what)


def note(session: Session, round_id: int, staff_id: int, what: str, before: str = "", after: str = "") -> None:
    session.add(RoundChange(round_id=round_id, staff_id=staff_id, what=what, before=before, after=after))


def history(session: Session, round_id: int) -> list[dict[str, Any]]:
    """What was done to a round, the latest first."""
    rows = session.exec(
        select(RoundChange, StaffMember.name)
        .join(StaffMember, col(StaffMember.id) == RoundChange.staff_id)
        .where(RoundChange.round_id == round_id)
        .order_by(col(RoundChange.id).desc())
    )
    return [
        {"what": one.what, "before": one.before, "after": one.after, "who": name, "at": one.changed_at}
        for one, name in rows
    ]


def name_of(questionnaire: Questionnaire) -> str:
    return f"{questionnaire.title}, version {questionnaire.version}"


def closing_words(day: date | None) -> str:
    return dates.in_words(day) if day else NO_CLOSING_DATE


def share_words(share: float | None) -> str:
    return USUAL_SHARE if share is None else f"{100 * share:g} %"
