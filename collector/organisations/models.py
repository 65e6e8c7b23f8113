from datetime import datetime

from sqlalchemy import Index
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
    kind: str
    sample: bool = False


class OrganisationArea(SQLModel, table=True):
    """A council area (or "scotland") that an organisation has said it works in."""

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
