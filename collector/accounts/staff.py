"""Staff: who they are, and the two ways to sign in (a link that works once, or a password)."""

import threading
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

import argon2
from sqlalchemy import delete, func, update
from sqlmodel import Session, col, select

from collector.accounts import secrets
from collector.accounts.access import STAFF_ROLES, Person
from collector.accounts.models import PasswordTry, SignInLink, StaffMember, StaffSession
from collector.database import now

LINK_LASTS = timedelta(minutes=60)
IDLE = timedelta(minutes=60)
LONGEST = timedelta(hours=12)
# A session's last use is written at most this often, so that reading pages rarely writes.
SEEN_EVERY = timedelta(minutes=5)
# From one browser, so that nobody else's guesses keep the owner out; from all, so that guessing is slow even so.
TRIES, TRIES_WITHIN = 10, timedelta(minutes=15)
TRIES_OF_ALL, TRIES_OF_ALL_WITHIN = 100, timedelta(hours=1)
SHORTEST_PASSWORD = 12

hasher = argon2.PasswordHasher()
# Verifying takes 64 MiB and a core: two at a time leave the service standing under a flood of guesses.
verifying = threading.BoundedSemaphore(2)


@cache
def nobodys_hash() -> str:
    """Stands in for the hash of an account that is not there, so that looking takes as long as for one that is."""
    return hasher.hash(secrets.fresh())


@dataclass(frozen=True)
class Visitor:
    """Who is asking: a role for the access rules, and what the page shows of them."""

    role: Person
    id: int | None = None
    name: str = ""
    email: str = ""


ANYONE = Visitor(Person.ANYONE)


def add(session: Session, *, email: str, name: str, role: str, password: str | None = None) -> StaffMember:
    if role not in STAFF_ROLES:
        raise ValueError(f"The role must be one of {', '.join(STAFF_ROLES)}")
    if "@" not in email:
        raise ValueError("Enter an e-mail address, such as name@example.org")
    if by_email(session, email):
        raise ValueError("There is an account with this e-mail address already")
    member = StaffMember(email=address(email), name=name, role=role, password_hash=password and hash_of(password))
    session.add(member)
    session.flush()
    return member


def by_email(session: Session, email: str) -> StaffMember | None:
    return session.exec(select(StaffMember).where(StaffMember.email == address(email))).first()


def name_of(session: Session, staff_id: int) -> str:
    return session.exec(select(StaffMember.name).where(StaffMember.id == staff_id)).one()


def names(session: Session) -> dict[int, str]:
    """Of all of them, also of those whose account is shut: they are some tens."""
    return dict(session.exec(select(StaffMember.id, StaffMember.name)).all())


def disable(session: Session, email: str) -> bool:
    """Shut an account out, its sessions and links with it, at once; False when there is none."""
    member = by_email(session, email)
    if member is None:
        return False
    member.disabled_at = member.disabled_at or now()
    session.add(member)
    return True


def enable(session: Session, email: str) -> bool:
    """Let an account in again; its sessions and links of before are gone for good. False when there is none."""
    member = by_email(session, email)
    if member is None:
        return False
    session.exec(delete(StaffSession).where(col(StaffSession.staff_id) == member.id))
    session.exec(delete(SignInLink).where(col(SignInLink.staff_id) == member.id))
    member.disabled_at = None
    session.add(member)
    return True


def address(email: str) -> str:
    return email.strip().casefold()


def hash_of(password: str) -> str:
    if len(password) < SHORTEST_PASSWORD:
        raise ValueError(f"A password needs at least {SHORTEST_PASSWORD} characters")
    return hasher.hash(password)


def link_for(session: Session, member: StaffMember) -> str:
    """A new sign-in link's secret. It is shown here once and cannot be read again."""
    secret = secrets.fresh()
    session.add(SignInLink(staff_id=member.id, secret_hash=secrets.hashed(secret), expires_at=now() + LINK_LASTS))
    return secret


def usable(session: Session, secret: str) -> bool:
    return session.exec(usable_link(secret)).first() is not None


def usable_link(secret: str):
    return (
        select(SignInLink)
        .join(StaffMember, col(StaffMember.id) == SignInLink.staff_id)
        .where(
            SignInLink.secret_hash == secrets.hashed(secret),
            col(SignInLink.used_at).is_(None),
            SignInLink.expires_at > now(),
            col(StaffMember.disabled_at).is_(None),
        )
    )


def sign_in_by_link(session: Session, secret: str) -> str | None:
    """Use the link up and start a session; returns the session's secret, or None for a link that is spent or old."""
    link = session.exec(usable_link(secret)).first()
    if link is None:
        return None
    spent = session.exec(
        update(SignInLink).where(col(SignInLink.id) == link.id, col(SignInLink.used_at).is_(None)).values(used_at=now())
    )
    return start_session(session, link.staff_id) if spent.rowcount == 1 else None


@dataclass(frozen=True)
class Credential:
    """What a password is checked against."""

    staff_id: int | None
    password_hash: str


def credential_of(session: Session, email: str) -> Credential:
    """Of an account with a password; of any other, one that no password fits and that takes as long to check."""
    member = by_email(session, email)
    if member and member.password_hash and not member.disabled_at:
        return Credential(member.id, member.password_hash)
    return Credential(None, nobodys_hash())


def fits(credential: Credential, password: str) -> bool:
    """Takes long by design. To be asked without a session, so that nobody who writes waits for it."""
    return verify(credential.password_hash, password) and credential.staff_id is not None


def sign_in_by_password(
    session: Session, email: str, credential: Credential, visitor: str, *, right: bool
) -> str | None:
    """Start a session, or count a failed try. Of many guesses at once no more count than of as many one by one."""
    if right and not too_many_tries(session, email, visitor):
        return start_session(session, credential.staff_id)
    session.exec(delete(PasswordTry).where(col(PasswordTry.tried_at) <= now() - TRIES_OF_ALL_WITHIN))
    session.add(PasswordTry(email_hash=secrets.hashed(address(email)), visitor_hash=secrets.hashed(visitor)))
    return None


def too_many_tries(session: Session, email: str, visitor: str) -> bool:
    """For this account: from the browser with this visitor cookie, or from all browsers together."""
    for_account = select(func.count()).where(PasswordTry.email_hash == secrets.hashed(address(email)))
    of_all = for_account.where(PasswordTry.tried_at > now() - TRIES_OF_ALL_WITHIN)
    own = for_account.where(
        PasswordTry.visitor_hash == secrets.hashed(visitor), PasswordTry.tried_at > now() - TRIES_WITHIN
    )
    return session.exec(own).one() >= TRIES or session.exec(of_all).one() >= TRIES_OF_ALL


def verify(known: str, password: str) -> bool:
    with verifying:
        try:
            return hasher.verify(known, password)
        except argon2.exceptions.VerificationError:
            return False


def start_session(session: Session, staff_id: int) -> str:
    """A new secret at every sign-in: a cookie planted before it is worth nothing after."""
    secret = secrets.fresh()
    session.add(StaffSession(staff_id=staff_id, secret_hash=secrets.hashed(secret)))
    return secret


def visitor_of(session: Session, secret: str) -> Visitor:
    """Who holds this session; anyone when it is unknown, ended, idle for an hour, 12 hours old or disabled."""
    return known(session, secret)[0]


def known(session: Session, secret: str) -> tuple[Visitor, bool]:
    """Who holds this session, as `visitor_of`, and whether it is time to note that they do (`seen`)."""
    row = session.exec(
        select(StaffSession.seen_at, StaffMember)
        .join(StaffMember, col(StaffMember.id) == StaffSession.staff_id)
        .where(
            StaffSession.secret_hash == secrets.hashed(secret),
            col(StaffSession.ended_at).is_(None),
            StaffSession.seen_at > now() - IDLE,
            StaffSession.started_at > now() - LONGEST,
            col(StaffMember.disabled_at).is_(None),
        )
    ).first()
    if row is None:
        return ANYONE, False
    seen_at, member = row
    return Visitor(Person(member.role), member.id, member.name, member.email), seen_at < now() - SEEN_EVERY


def seen(session: Session, secret: str) -> None:
    session.exec(update(StaffSession).where(StaffSession.secret_hash == secrets.hashed(secret)).values(seen_at=now()))


def sign_out(session: Session, secret: str) -> None:
    session.exec(update(StaffSession).where(StaffSession.secret_hash == secrets.hashed(secret)).values(ended_at=now()))
