from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from collector.database import Moment, now
from collector.leases import Leased


class Report(Leased, table=True):
    """A profile frozen on a day. Its words stand in the snapshot alone, from which every file of it is made again.

    Its number is its address for good, and is never given twice. A report that was withdrawn keeps that, and no word.
    """

    __tablename__ = "report"
    __table_args__ = (
        Index("report_state", "state", "woken_at"),
        Index("report_of_subject", "kind", "subject", "id"),
        Index("report_withdrawn", "withdrawn_at"),
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, primary_key=True)
    kind: str  # a key of profiles.reports.KINDS
    subject: str = ""  # whose: the number of an organisation or a round, the code of an area
    audience: str = "own"  # own: who it is about, and staff; anyone: only what may be published with its name is quoted
    hold_days: int = 0  # for a right of reply
    to_contacts: bool = False  # whether its contacts get a link: to reply while it is held, and when it is published
    run_id: int | None = Field(default=None, foreign_key="report_run.id", index=True)
    asked_by: int | None = Field(default=None, foreign_key="staff_member.id")  # null: on the command line
    asked_at: datetime = Field(default_factory=now, sa_type=Moment)
    title: str = ""  # empty until it is made, and again when it is withdrawn
    sample: bool = False
    made_at: datetime | None = Field(default=None, sa_type=Moment)
    held_until: datetime | None = Field(default=None, sa_type=Moment)  # from then on it may go out
    published_at: datetime | None = Field(default=None, sa_type=Moment)  # from then on nothing in it changes
    withdrawn_at: datetime | None = Field(default=None, sa_type=Moment)
    withdrawn_why: str = ""  # a key of findings.reported.WHY
    snapshot: str = Field(
        default="", sa_column=Column(Text, nullable=False, default="")
    )  # of profiles.document, canonical
    hashes: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)  # data, model, framework, template
    files: dict[str, str] = Field(default_factory=dict, sa_type=JSON)  # the hash of each file on the day it was made


class ReportStatement(SQLModel, table=True):
    """That a report quotes a statement, or has a sentence made of it: what takes the statement's words out reaches the
    report by it."""

    __tablename__ = "report_statement"

    report_id: int = Field(
        sa_column=Column(Integer, ForeignKey("report.id", ondelete="CASCADE"), primary_key=True, nullable=False)
    )
    statement_id: int = Field(
        sa_column=Column(
            Integer, ForeignKey("statement.id", ondelete="CASCADE"), primary_key=True, nullable=False, index=True
        )
    )


class ReportSource(SQLModel, table=True):
    """That a report names a source, in its list of sources or beside what it quotes."""

    __tablename__ = "report_source"

    report_id: int = Field(
        sa_column=Column(Integer, ForeignKey("report.id", ondelete="CASCADE"), primary_key=True, nullable=False)
    )
    source_id: int = Field(
        sa_column=Column(
            Integer, ForeignKey("source.id", ondelete="CASCADE"), primary_key=True, nullable=False, index=True
        )
    )


class ReportContact(SQLModel, table=True):
    """An address that the reports on somebody are sent to. With its organisation it goes."""

    __tablename__ = "report_contact"
    __table_args__ = (UniqueConstraint("kind", "subject", "email"),)

    id: int | None = Field(default=None, primary_key=True)
    kind: str
    subject: str
    organisation_id: int | None = Field(
        default=None,
        sa_column=Column(Integer, ForeignKey("organisation.id", ondelete="CASCADE"), nullable=True, index=True),
    )
    email: str  # in small letters
    name: str = ""
    added_by: int | None = Field(default=None, foreign_key="staff_member.id")
    added_at: datetime = Field(default_factory=now, sa_type=Moment)


class ReportLetter(SQLModel, table=True):
    """That a report was sent to an address: a link that opens it. Its secret stands in the mail alone."""

    __tablename__ = "report_letter"

    id: int | None = Field(default=None, primary_key=True)
    report_id: int = Field(
        sa_column=Column(Integer, ForeignKey("report.id", ondelete="CASCADE"), nullable=False, index=True)
    )
    email: str
    name: str = ""
    kind: str  # reply: while it is held; published
    secret_hash: str = Field(index=True)
    made_at: datetime = Field(default_factory=now, sa_type=Moment)
    expires_at: datetime = Field(sa_type=Moment)
    opened_at: datetime | None = Field(default=None, sa_type=Moment)  # the first time


class ReportAccess(SQLModel, table=True):
    """A browser that a letter let in, for some hours."""

    __tablename__ = "report_access"

    letter_id: int = Field(
        sa_column=Column(Integer, ForeignKey("report_letter.id", ondelete="CASCADE"), primary_key=True, nullable=False)
    )
    visitor_hash: str = Field(primary_key=True)
    expires_at: datetime = Field(sa_type=Moment, index=True)


class ReportReply(SQLModel, table=True):
    """What somebody to whom a report was sent says to a line of it, or to all of it. What was changed stays until the
    words of the report go, and goes with them; what is taken back is deleted."""

    __tablename__ = "report_reply"

    id: int | None = Field(default=None, primary_key=True)
    report_id: int = Field(
        sa_column=Column(Integer, ForeignKey("report.id", ondelete="CASCADE"), nullable=False, index=True)
    )
    letter_id: int = Field(
        sa_column=Column(Integer, ForeignKey("report_letter.id", ondelete="CASCADE"), nullable=False, index=True)
    )
    line: str = ""  # where it stands, as profiles.document.lines_of tells; empty for all of it
    correction: bool  # that something is wrong, not only more to be said
    text: str  # empty: it was taken back
    name: str = ""  # who says it, as they want to be called
    replied_at: datetime = Field(default_factory=now, sa_type=Moment)
    state: str = "new"  # new, shown, not-shown
    looked_by: int | None = Field(default=None, foreign_key="staff_member.id")
    looked_at: datetime | None = Field(default=None, sa_type=Moment)
    done: str = ""  # what staff did, or why it is not shown


class ReportSchedule(SQLModel, table=True):
    """That reports on all of a kind are made again and again, or once on a day to come."""

    __tablename__ = "report_schedule"

    id: int | None = Field(default=None, primary_key=True)
    kind: str
    audience: str
    hold_days: int
    to_contacts: bool = False
    every: str  # a key of profiles.report_runs.EVERY
    first_on: date  # all later days are counted from it: the 31st is the last of a shorter month, and the 31st again
    next_on: date
    made_by: int = Field(foreign_key="staff_member.id")
    made_at: datetime = Field(default_factory=now, sa_type=Moment)
    ended_at: datetime | None = Field(default=None, sa_type=Moment)


class ReportRun(SQLModel, table=True):
    """One making of the reports on all of a kind. How far it is, its reports tell: each is its own row in the queue."""

    __tablename__ = "report_run"
    __table_args__ = (UniqueConstraint("schedule_id", "due_on"),)  # a day is never made twice

    id: int | None = Field(default=None, primary_key=True)
    kind: str
    audience: str
    hold_days: int
    to_contacts: bool = False
    schedule_id: int | None = Field(default=None, foreign_key="report_schedule.id")
    due_on: date | None = None
    asked_by: int | None = Field(default=None, foreign_key="staff_member.id")
    asked_at: datetime = Field(default_factory=now, sa_type=Moment)
