from datetime import datetime

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer
from sqlmodel import Field, SQLModel

from collector.database import Moment, now


class Organisation(SQLModel, table=True):
    """Invented organisations of a sample round never share a row with real ones, hence the two-part key."""

    __tablename__ = "organisation"
    # No number is given twice: what is kept under the number of one that is gone must not be another's.
    __table_args__ = (
        Index("organisation_name", "name_key", "sample", unique=True),
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, primary_key=True)
    name: str
    name_key: str  # the name without case and doubled spaces, so that one organisation is one row
    kind: str  # a key of directory.KIND_WORDS; empty: not known yet
    sample: bool = False


class OrganisationArea(SQLModel, table=True):
    """A council area (or "scotland") that an organisation works in, as it has said or as staff have put it right."""

    __tablename__ = "organisation_area"

    organisation_id: int = Field(foreign_key="organisation.id", primary_key=True)
    area: str = Field(primary_key=True, index=True)


class OrganisationAlias(SQLModel, table=True):
    """Another name that a person said an organisation goes by."""

    __tablename__ = "organisation_alias"

    name_key: str = Field(primary_key=True)
    organisation_id: int = Field(foreign_key="organisation.id", index=True)


class ActionLead(SQLModel, table=True):
    """That an organisation leads an action of the plan, and why. One that ended stays."""

    __tablename__ = "action_lead"

    id: int | None = Field(default=None, primary_key=True)
    organisation_id: int = Field(foreign_key="organisation.id", index=True)
    action: str
    why: str  # with where it is laid down
    said_by: int | None = Field(default=None, foreign_key="staff_member.id")
    said_at: datetime = Field(default_factory=now, sa_type=Moment)
    ended_by: int | None = Field(default=None, foreign_key="staff_member.id")
    ended_at: datetime | None = Field(default=None, sa_type=Moment)


class OrganisationChange(SQLModel, table=True):
    """That staff put right what an organisation is called, of which kind it is or where it works. With it this goes."""

    __tablename__ = "organisation_change"

    id: int | None = Field(default=None, primary_key=True)
    organisation_id: int = Field(
        sa_column=Column(Integer, ForeignKey("organisation.id", ondelete="CASCADE"), nullable=False, index=True)
    )
    name_before: str
    name_after: str
    # What is sent under the name that it had before is its own still. Empty where it kept its name.
    former_key: str = Field(default="", index=True)
    kind_before: str
    kind_after: str
    areas_before: list[str] = Field(sa_type=JSON)
    areas_after: list[str] = Field(sa_type=JSON)
    changed_by: int = Field(foreign_key="staff_member.id")
    changed_at: datetime = Field(default_factory=now, sa_type=Moment)
