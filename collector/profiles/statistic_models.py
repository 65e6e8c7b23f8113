from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Index
from sqlmodel import Field, SQLModel

from collector.database import Moment, now
from collector.leases import Leased


class Statistic(SQLModel, table=True):
    """Figures that others published of areas or organisations: a statistic, or a line of budgets."""

    __tablename__ = "statistic"

    id: int | None = Field(default=None, primary_key=True)
    added_at: datetime = Field(default_factory=now, sa_type=Moment)
    taken_out_at: datetime | None = Field(default=None, sa_type=Moment)  # shown nowhere but on its own page


class StatisticEdition(Leased, table=True):
    """One file of figures, with what was said of it. Read by the worker, looked at, and then kept or forgotten.

    `found` tells what the reading came upon, `facts` what people said of the file that no list is sorted by.
    """

    __tablename__ = "statistic_edition"
    # No number is given twice: a page that is old must not meet another file.
    __table_args__ = (
        Index("statistic_edition_state", "state", "woken_at"),
        Index("statistic_edition_number", "statistic_id", "number", unique=True),
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, primary_key=True)
    statistic_id: int | None = Field(default=None, foreign_key="statistic.id", index=True)  # null: to be a new one
    number: int | None = None  # from 1, given when it is kept
    in_use: bool = False  # the one that pages show
    title: str
    title_key: str = Field(index=True)
    what: str  # statistic, budget
    unit: str  # number, percent, pounds, rate: as pages show them
    published_on: date
    decimals: int = 0  # of all its figures, as they were written
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    file_name: str
    file_hash: str
    sheet: str = ""
    found: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    made_by: int | None = Field(default=None, foreign_key="staff_member.id")  # null: from the command line
    made_at: datetime = Field(default_factory=now, sa_type=Moment)
    kept_at: datetime | None = Field(default=None, sa_type=Moment)


class StatisticFile(SQLModel, table=True):
    """The bytes of a file, until its figures are kept or forgotten."""

    __tablename__ = "statistic_file"

    edition_id: int = Field(foreign_key="statistic_edition.id", ondelete="CASCADE", primary_key=True)
    content: bytes


class StatisticFigure(SQLModel, table=True):
    """What an edition says of one place and one period. `missing` says why there is no value."""

    __tablename__ = "statistic_figure"
    __table_args__ = (
        Index("statistic_figure_area", "area", "edition_id"),
        Index("statistic_figure_organisation", "organisation_id", "edition_id"),
        Index("statistic_figure_place", "edition_id", "place"),
    )

    id: int | None = Field(default=None, primary_key=True)
    edition_id: int = Field(foreign_key="statistic_edition.id", ondelete="CASCADE")
    row: int  # in the file
    place: str  # an area's id, or "organisation" and its number: one for each line of a table
    area: str | None = None
    organisation_id: int | None = Field(default=None, foreign_key="organisation.id", ondelete="SET NULL")
    named: str  # the place in the file's own words
    begins: date
    ends: date
    value: float | None = None
    missing: str = ""
    marks: str = ""  # what was written beside the value: estimated, revised, …


class StatisticChange(SQLModel, table=True):
    """What was done with a statistic, by whom and why."""

    __tablename__ = "statistic_change"

    id: int | None = Field(default=None, primary_key=True)
    statistic_id: int = Field(foreign_key="statistic.id", index=True)
    what: str  # kept, taken-out, put-back
    edition: int | None = None  # its number
    why: str = ""
    staff_id: int | None = Field(default=None, foreign_key="staff_member.id")
    done_at: datetime = Field(default_factory=now, sa_type=Moment)
