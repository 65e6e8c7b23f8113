from sqlalchemy import Index
from sqlmodel import Field, SQLModel


class Organisation(SQLModel, table=True):
    """Invented organisations of a sample round never share a row with real ones, hence the two-part key."""

    __tablename__ = "organisation"
    __table_args__ = (Index("organisation_name", "name_key", "sample", unique=True),)

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
