from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index
from sqlmodel import Field, SQLModel

from collector.database import Moment, now
from collector.leases import Leased


class ProfileChange(SQLModel, table=True):
    """That something changed which profiles are drawn from: of an organisation, of an area, or of both.

    Only ever added to by those who change things, so that nobody waits for anybody; the worker takes away those that it
    has seen. It leads to no row: what it is about may be gone by then.
    """

    __tablename__ = "profile_change"
    # A number is never given twice: what the worker has seen is taken away by its number.
    __table_args__ = {"sqlite_autoincrement": True}

    id: int | None = Field(default=None, primary_key=True)
    organisation_id: int | None = Field(default=None, index=True)
    area: str | None = Field(default=None, index=True)
    changed_at: datetime = Field(default_factory=now, sa_type=Moment)


class Profile(SQLModel, table=True):
    """What is known of an organisation or an area, in numbers and ids of statements: words stand where they were said.

    Derived, and rebuilt by the worker when something that it is drawn from has changed.
    """

    __tablename__ = "profile"
    __table_args__ = (Index("profile_built", "built_at"),)

    id: int | None = Field(default=None, primary_key=True)
    organisation_id: int | None = Field(default=None, foreign_key="organisation.id", unique=True, ondelete="CASCADE")
    area: str | None = Field(default=None, unique=True)  # or of this area
    content: dict[str, Any] = Field(sa_type=JSON)
    revision: int = 1  # counts the rebuildings: who began one before another was kept keeps nothing
    built_at: datetime = Field(default_factory=now, sa_type=Moment)


class ProfileWork(Leased, table=True):
    """The one row that whoever rebuilds profiles holds, so that no two do the same work."""

    __tablename__ = "profile_work"

    id: int = Field(primary_key=True)


class NamedIn(SQLModel, table=True):
    """An organisation that is named in a passage. Derived, and rebuilt with what the queue knows of the passage."""

    __tablename__ = "named_in"

    passage_id: int = Field(foreign_key="passage.id", primary_key=True, ondelete="CASCADE")
    start: int = Field(primary_key=True)
    end: int = Field(primary_key=True)
    # In the public list of names, or "organisation-" and its id where a person said which one it is.
    known_as: str = Field(primary_key=True, index=True)
