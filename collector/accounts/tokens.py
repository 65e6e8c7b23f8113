"""Bearer tokens of programs that use the JSON API."""

from sqlalchemy import bindparam, update
from sqlmodel import Session, col, select

from collector.accounts import secrets
from collector.accounts.access import TOKEN_ROLES, Person
from collector.accounts.models import ApiToken
from collector.accounts.staff import ANYONE, Visitor
from collector.database import now


def add(session: Session, *, name: str, role: str) -> str:
    """A new token's secret. It is shown here once and cannot be read again."""
    if role not in TOKEN_ROLES:
        raise ValueError(f"The role must be one of {', '.join(TOKEN_ROLES)}")
    secret = secrets.fresh()
    session.add(ApiToken(name=name, role=role, secret_hash=secrets.hashed(secret)))
    return secret


def revoke(session: Session, name: str) -> int:
    """Take back every token of this name; returns how many there were."""
    valid = update(ApiToken).where(col(ApiToken.name) == name, col(ApiToken.revoked_at).is_(None))
    return session.exec(valid.values(revoked_at=now())).rowcount


def visitor_of(session: Session, secret: str) -> Visitor:
    token = session.connection().execute(VALID, {"secret_hash": secrets.hashed(secret)}).first()
    return Visitor(Person(token.role), token.id, token.name) if token else ANYONE


# Built once: every call of the API asks it.
VALID = select(ApiToken.id, ApiToken.role, ApiToken.name).where(
    ApiToken.secret_hash == bindparam("secret_hash"), col(ApiToken.revoked_at).is_(None)
)
