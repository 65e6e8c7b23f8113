from datetime import datetime

from sqlmodel import Field, SQLModel

from collector.database import Moment, now


class StaffMember(SQLModel, table=True):
    __tablename__ = "staff_member"

    id: int | None = Field(default=None, primary_key=True)
    email: str = Field(unique=True)
    name: str
    role: str  # a value of access.Person: reviewer or auditor
    password_hash: str | None = None
    created_at: datetime = Field(default_factory=now, sa_type=Moment)
    disabled_at: datetime | None = Field(default=None, sa_type=Moment)


class SignInLink(SQLModel, table=True):
    """A link that signs in once. Only the hash of its secret is kept."""

    __tablename__ = "sign_in_link"

    id: int | None = Field(default=None, primary_key=True)
    staff_id: int = Field(foreign_key="staff_member.id")
    secret_hash: str = Field(unique=True)
    expires_at: datetime = Field(sa_type=Moment)
    used_at: datetime | None = Field(default=None, sa_type=Moment)


class StaffSession(SQLModel, table=True):
    __tablename__ = "staff_session"

    id: int | None = Field(default=None, primary_key=True)
    staff_id: int = Field(foreign_key="staff_member.id", index=True)
    secret_hash: str = Field(unique=True)
    started_at: datetime = Field(default_factory=now, sa_type=Moment)
    seen_at: datetime = Field(default_factory=now, sa_type=Moment)
    ended_at: datetime | None = Field(default=None, sa_type=Moment)


class PasswordTry(SQLModel, table=True):
    """A failed sign-in by password, so that guessing is slow. Address and browser are kept as hashes."""

    __tablename__ = "password_try"

    id: int | None = Field(default=None, primary_key=True)
    email_hash: str = Field(index=True)
    visitor_hash: str
    tried_at: datetime = Field(default_factory=now, sa_type=Moment)


class ApiToken(SQLModel, table=True):
    __tablename__ = "api_token"

    id: int | None = Field(default=None, primary_key=True)
    name: str
    role: str  # a value of access.Person: submitter or reader
    secret_hash: str = Field(unique=True)
    created_at: datetime = Field(default_factory=now, sa_type=Moment)
    revoked_at: datetime | None = Field(default=None, sa_type=Moment)
