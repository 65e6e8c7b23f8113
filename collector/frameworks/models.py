from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from collector.database import Moment, now
from collector.leases import Leased


class CodebookVersion(SQLModel, table=True):
    """The codebook as it was from one day on; the highest number is in use. Never edited.

    The first is the file that is shipped, kept here when the second is made.
    """

    __tablename__ = "codebook_version"

    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    content: dict[str, Any] = Field(sa_type=JSON)  # as of forms.codebook.Codebook.content
    changes: list[Any] = Field(sa_type=JSON)  # as of forms.codebook_changes.CHANGES
    mapping: dict[str, Any] | None = Field(default=None, sa_type=JSON)  # what became of the codes of the one before
    takes_back: int | None = None  # the version whose changes this one undoes
    why: str = ""
    made_by: int | None = Field(default=None, foreign_key="staff_member.id")
    made_at: datetime = Field(default_factory=now, sa_type=Moment)
    key: str | None = Field(default=None, unique=True)  # of the form: sent again, it is done once


class Frame(SQLModel, table=True):
    """Another framework that statements are read against, from a file: its codes are the family `frame-SLUG`."""

    __tablename__ = "frame"

    id: int | None = Field(default=None, primary_key=True)
    slug: str = Field(unique=True)
    title: str
    file_name: str
    content: dict[str, Any] = Field(sa_type=JSON)  # as of forms.coding_frame.CodingFrame.content
    added_by: int = Field(foreign_key="staff_member.id")
    added_at: datetime = Field(default_factory=now, sa_type=Moment)
    retired_at: datetime | None = Field(default=None, sa_type=Moment)


class FrameReader(SQLModel, table=True):
    """A model that suggests the codes of a frame. What it says counts while it is in use; at most one of a frame is."""

    __tablename__ = "frame_reader"
    __table_args__ = (UniqueConstraint("frame_id", "model"),)

    id: int | None = Field(default=None, primary_key=True)
    frame_id: int = Field(foreign_key="frame.id")
    model: str  # the version that its findings have
    how: str  # zero-shot, few-shot, learned
    examples: int  # that it goes by: of all codes together, or decisions that it learned from
    in_use: bool = False
    made_at: datetime = Field(default_factory=now, sa_type=Moment)


class PlanChange(SQLModel, table=True):
    """That something changed in what statements are read against. The newest tells whether what is held is current."""

    __tablename__ = "plan_change"

    id: int | None = Field(default=None, primary_key=True)
    what: str  # codebook, frame-added, frame-retired, frame-back, frame-reader
    number: int | None = None  # of the codebook's version
    frame_id: int | None = Field(default=None, foreign_key="frame.id", index=True)
    why: str = ""
    staff_id: int | None = Field(default=None, foreign_key="staff_member.id")  # null: the worker
    done_at: datetime = Field(default_factory=now, sa_type=Moment)


class Walk(Leased, table=True):
    """Work over many statements that takes minutes, batch by batch: how far it is, and who is at it.

    It may be left, cut short and gone on with: what is at or before `place` is done.
    """

    __tablename__ = "walk"
    __table_args__ = (Index("walk_state", "state", "woken_at"),)

    id: int | None = Field(default=None, primary_key=True)
    what: str  # codebook: settle anew what a version concerns; frame: have passages read by a frame's reader
    number: int | None = None  # of the codebook's version
    frame_id: int | None = Field(default=None, foreign_key="frame.id", index=True)
    labels: list[Any] = Field(default_factory=list, sa_type=JSON)  # [[family, label], ...] that it is about
    place: int = 0  # id of the last statement or passage that is done
    done: int = 0
    total: int = 0
    asked_at: datetime = Field(default_factory=now, sa_type=Moment)
