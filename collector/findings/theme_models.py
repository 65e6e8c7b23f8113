from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index
from sqlmodel import Field, SQLModel

from collector.database import Moment, now
from collector.leases import Leased


class ThemeSearch(Leased, table=True):
    """One look for what several people say that no code of the framework holds. A later one of the same round replaces
    it."""

    __tablename__ = "theme_search"
    # No number is given twice: a page that is old must not meet what a later look has found.
    __table_args__ = (Index("theme_search_state", "state", "woken_at"), {"sqlite_autoincrement": True})

    id: int | None = Field(default=None, primary_key=True)
    round_id: int | None = Field(default=None, foreign_key="round.id", index=True)  # null: all that came in
    asked_by: int | None = Field(default=None, foreign_key="staff_member.id")
    asked_at: datetime = Field(default_factory=now, sa_type=Moment)
    statements: int = 0  # without a code, that were looked at
    more: bool = False  # there were more of them: the newest were looked at
    codebook: int | None = None  # the version whose codes they were without


class Theme(SQLModel, table=True):
    """What some statements have in common. Its words are theirs, and stand nowhere else."""

    __tablename__ = "theme"
    __table_args__ = {"sqlite_autoincrement": True}

    id: int | None = Field(default=None, primary_key=True)
    search_id: int = Field(foreign_key="theme_search.id", index=True)
    place: int  # the largest first
    wordings: int  # its statements, those that say the same in the same words counted once


class ThemeStatement(SQLModel, table=True):
    """A statement of a theme, and where it says the words that the theme is named by."""

    __tablename__ = "theme_statement"

    theme_id: int = Field(foreign_key="theme.id", primary_key=True)
    statement_id: int = Field(foreign_key="statement.id", primary_key=True, index=True)
    place: int  # nearest to what they have in common first
    named_by: list[Any] = Field(sa_type=JSON)  # [[which of the words, start, end], ...] in the passage
