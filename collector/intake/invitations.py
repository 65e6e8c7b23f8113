"""Whom a round is brought to: organisations with an address each, the mails to them, and who wants no more of those."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, or_, update
from sqlmodel import Session, col, select

from collector import dates
from collector.accounts import secrets
from collector.database import insert_once, now
from collector.intake import held, progress, rounds
from collector.intake.models import Invitation, Round
from collector.mail import outbox
from collector.mail.models import Mail
from collector.organisations import directory
from collector.organisations.models import Organisation
from forms.answers import judge
from forms.questions import Question

# Nobody gets two mails of ours within a day, however often a button is pressed and by how many.
REST = timedelta(hours=20)
REST_WORDS = "20 hours"
MOST_LINES = 2000
NAME = Question(id="name", type="text", label="Name", missing="Add the name of the organisation")
EMAIL = Question(id="email", type="email", label="E-mail", missing="Enter an e-mail address")
KEY_LENGTH = 32


@dataclass(frozen=True)
class Guest:
    """An organisation to invite, and where."""

    email: str
    organisation_id: int | None = None
    name: str = ""


@dataclass(frozen=True)
class Added:
    new: int
    known: int


# -- A list as it was pasted ----------------------------------------------------------------------


def read_pasted(text: str) -> tuple[list[Guest], list[str]]:
    """The organisations on the lines, and what to mend, line by line. The e-mail address comes last on its line."""
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if not lines:
        return [], ["Paste at least one line: a name, a comma, an e-mail address"]
    if len(lines) > MOST_LINES:
        return [], [f"Paste up to {MOST_LINES:,} lines at a time: these are {len(lines):,}"]
    guests, problems, seen = [], [], {}
    for number, line in lines:
        guest, message = _read_line(line)
        if not message and guest.email in seen:
            message = f"Keep this address once: it is on line {seen[guest.email]} too"
        if message:
            problems.append(f"Line {number}: {message}")
        else:
            guests.append(guest)
            seen[guest.email] = number
    return guests, problems


def _read_line(line: str) -> tuple[Guest, str]:
    """A spreadsheet parts its cells with tabs and may put quotes around a name."""
    before, mark, after = line.rpartition(next((mark for mark in "\t;," if mark in line), ","))
    name, email = (before, after) if mark else (line, "")
    name, name_message = judge(NAME, [" ".join(name.strip(' ,;\t"').split())])
    typed = email.strip(' "<>')
    email, email_message = judge_email(typed) if typed else ("", "Add an e-mail address after the name and a comma")
    return Guest(email or "", name=name or ""), name_message or email_message


def judge_email(typed: str) -> tuple[str, str]:
    """The address in small letters, and what is wrong with it."""
    email, message = judge(EMAIL, [typed])
    try:
        return (outbox.address_of(str(email)).lower() if email else ""), message
    except outbox.NotAnAddress as problem:
        return "", str(problem)


# -- Who is invited -------------------------------------------------------------------------------


def add(session: Session, round_: Round, guests: list[Guest]) -> Added:
    """Put them on the list of the round; an address that is there already stays as it is."""
    known = set(session.exec(select(Invitation.email).where(Invitation.round_id == round_.id)))
    # In one order: two lists that are pasted at once may tell of the same guests.
    new = sorted((guest for guest in guests if guest.email not in known), key=lambda guest: guest.email)
    by_id = (guest.organisation_id for guest in new if guest.organisation_id)
    ids = directory.hold_named(session, (guest.name for guest in new if not guest.organisation_id), also=by_id)
    rows = [
        {
            "round_id": round_.id,
            "organisation_id": guest.organisation_id or ids[directory.key_of(guest.name)],
            "email": guest.email,
            "added_at": now(),
            "reminders": 0,
        }
        for guest in new
    ]
    insert_once(session, Invitation, rows, ["round_id", "email"])
    return Added(new=len(new), known=len(guests) - len(new))


def take_off(session: Session, round_: Round, invitation_id: int) -> bool:
    """Only who was sent nothing yet: what was sent stays on record."""
    chosen = delete(Invitation).where(
        col(Invitation.id) == invitation_id, col(Invitation.round_id) == round_.id, col(Invitation.invited_at).is_(None)
    )
    return session.exec(chosen).rowcount > 0


STATES: dict[str, str] = {
    "sent": "Sent",
    "waiting": "Not yet",
    "new": "No mail yet",
    "stopped": "No reminders wanted",
}


def in_state(state: str) -> tuple[ColumnElement[bool], ...]:
    return {
        "sent": (progress.has_sent(),),
        "waiting": (~progress.has_sent(),),
        "new": (col(Invitation.invited_at).is_(None),),
        "stopped": (col(Invitation.stopped_at).is_not(None),),
    }.get(state, ())


@dataclass(frozen=True)
class Invited:
    invitation: Invitation
    name: str
    sent: bool


def listed(
    session: Session, round_id: int, *conditions: Any, offset: int = 0, limit: int | None = None
) -> list[Invited]:
    """By name of organisation."""
    rows = session.exec(
        select(Invitation, Organisation.name, progress.has_sent())
        .join(Organisation, col(Organisation.id) == Invitation.organisation_id)
        .where(Invitation.round_id == round_id, *conditions)
        .order_by(col(Organisation.name_key), col(Invitation.id))
        .offset(offset)
        .limit(limit)
    )
    return [Invited(*row) for row in rows]


def number(session: Session, round_id: int, *conditions: Any) -> int:
    chosen = select(func.count()).select_from(Invitation).join(Organisation).where(Invitation.round_id == round_id)
    return session.exec(chosen.where(*conditions)).one()


def addresses_of(session: Session, organisation_ids: list[int]) -> dict[int, str]:
    """The address that each of these was last invited at, in any round."""
    chosen = select(Invitation.organisation_id, Invitation.email).where(
        col(Invitation.organisation_id).in_(organisation_ids)
    )
    return dict(session.exec(chosen.order_by(col(Invitation.id))).all())


# -- The mails ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Links:
    """What is in the mails beside words: addresses of ours, some made with a key of ours."""

    base_url: str
    key: bytes

    def to_start(self, slug: str) -> str:
        return f"{self.base_url}/questionnaires/{slug}"

    def to_stop(self, invitation: Invitation) -> str:
        return f"{self.base_url}/no-reminders/{self.stop_key(invitation)}"

    def to_held(self, slug: str, invitation: Invitation) -> str:
        return f"{self.to_start(slug)}/begin/{self.held_key(invitation)}"

    def held_key(self, invitation: Invitation) -> str:
        """Opens what this address has sent before, in this round alone; kept nowhere either."""
        told = f"what is held {invitation.id} {invitation.round_id} {invitation.email}"
        return f"{invitation.id}-{secrets.signed(self.key, told)[:KEY_LENGTH]}"

    def stop_key(self, invitation: Invitation) -> str:
        """Made from our own key whenever it is wanted, so that none is kept; every mail carries the same."""
        told = f"no reminders {invitation.id} {invitation.round_id} {invitation.email}"
        return f"{invitation.id}-{secrets.signed(self.key, told)[:KEY_LENGTH]}"


def words(session: Session, round_: Round, links: Links, to: Invited) -> dict[str, Any]:
    """What the mail to one of them says."""
    back = held.invited_back(session, round_)
    return _same_for_all(session, round_, links) | _own(to, links, rounds.own_slug(session, round_), back)


def _own(to: Invited, links: Links, slug: str, back: set[int]) -> dict[str, Any]:
    held_url = links.to_held(slug, to.invitation) if to.invitation.id in back else ""
    return {"organisation": to.name, "stop_url": links.to_stop(to.invitation), "held_url": held_url}


def _same_for_all(session: Session, round_: Round, links: Links) -> dict[str, Any]:
    questionnaire = rounds.questionnaire_of(session, round_.questionnaire_id)
    return {
        "round": round_.title,
        "questionnaire": questionnaire.title,
        "summary": questionnaire.summary,
        "minutes": questionnaire.minutes,
        "opens_on": dates.in_words(round_.opened_at) if rounds.is_to_come(round_) else "",
        "closes_on": dates.in_words(round_.closes_on) if round_.closes_on else "",
        "start_url": links.to_start(rounds.own_slug(session, round_)),
    }


def due(kind: str) -> tuple[ColumnElement[bool], ...]:
    """Who is to get a mail of this kind now: never who has sent answers, or who asked for no more."""
    rested = now() - REST
    open_ = (~progress.has_sent(), col(Invitation.stopped_at).is_(None))
    if kind == "invitation":
        return *open_, col(Invitation.invited_at).is_(None)
    last = or_(col(Invitation.reminded_at).is_(None), col(Invitation.reminded_at) < rested)
    return *open_, col(Invitation.invited_at) < rested, last


def send(session: Session, round_: Round, links: Links, *, kind: str) -> list[int]:
    """Hand over a mail of this kind for everybody who is due one; returns the ids of the mails.

    Who is due is held until it is marked: of two who press at once, the second finds nobody left.
    """
    once_more = {"reminded_at": now(), "reminders": col(Invitation.reminders) + 1}
    marked = {"invited_at": now()} if kind == "invitation" else once_more
    asked = select(Invitation.id).where(Invitation.round_id == round_.id, *due(kind)).order_by(col(Invitation.id))
    ids = list(session.exec(asked.with_for_update()))
    claimed = update(Invitation).where(col(Invitation.id).in_(ids)).values(**marked)
    session.exec(claimed, execution_options={"synchronize_session": False})
    same, slug = _same_for_all(session, round_, links), rounds.own_slug(session, round_)
    back = held.invited_back(session, round_)
    return [
        outbox.put(
            session,
            kind=kind,
            to=one.invitation.email,
            words=same | _own(one, links, slug, back),
            about=about(one.invitation),
        )
        for one in listed(session, round_.id, col(Invitation.id).in_(ids))
    ]


def about(invitation: Invitation) -> str:
    return f"invitation/{invitation.id}"


def failed(session: Session, invited: list[Invitation]) -> set[int]:
    """Those of them whose latest mail did not get through."""
    subjects = {about(one): one.id for one in invited}
    mails = select(Mail.about, Mail.state).where(col(Mail.about).in_(subjects)).order_by(col(Mail.id))
    return {subjects[subject] for subject, state in dict(session.exec(mails).all()).items() if state in outbox.FAILED}


def by_stop_key(session: Session, links: Links, key: str) -> Invitation | None:
    found = _numbered(session, key)
    return found if found and secrets.same(key, links.stop_key(found)) else None


def by_held_key(session: Session, links: Links, key: str) -> Invitation | None:
    found = _numbered(session, key)
    return found if found and secrets.same(key, links.held_key(found)) else None


def _numbered(session: Session, key: str) -> Invitation | None:
    id, _, _ = key.partition("-")
    return session.get(Invitation, int(id)) if id.isdecimal() and len(id) < 10 else None


def stop(session: Session, invitation: Invitation) -> None:
    still = update(Invitation).where(col(Invitation.id) == invitation.id, col(Invitation.stopped_at).is_(None))
    session.exec(still.values(stopped_at=now()))
