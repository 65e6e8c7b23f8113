"""Tables of summaries: which statements each sentence stands on, and what people made of it. What a machine writes is
put together when it is shown, so nothing here is words but those of staff."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from collector.database import Moment, now
from collector.leases import Leased


class Summary(Leased, table=True):
    """What was heard of one subject, in all that came in or in one round. Made anew it stays the same row."""

    __tablename__ = "summary"
    __table_args__ = (
        Index("summary_of", "subject_kind", "subject_id", "round_id"),
        Index("summary_state", "state", "woken_at"),
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, primary_key=True)
    subject_kind: str  # action, barrier_theme, organisation, area
    subject_id: str
    round_id: int | None = Field(default=None, foreign_key="round.id", index=True)  # null: all that came in
    asked_by: int | None = Field(default=None, foreign_key="staff_member.id")
    asked_at: datetime = Field(default_factory=now, sa_type=Moment)
    made_at: datetime | None = Field(default=None, sa_type=Moment)  # when what it holds was read
    framework: str = ""  # and codebook: the version whose labels chose the statements
    codebook: int | None = None
    model: str = ""  # the version that made the points
    statements: int = 0  # that it was made of
    more: bool = False  # there were more of them: the newest were read
    revision: int = 1  # counts what was changed of it, so that two people at once do not undo each other's


class SummaryPoint(SQLModel, table=True):
    """A sentence of a summary."""

    __tablename__ = "summary_point"
    __table_args__ = (Index("summary_point_of", "summary_id", "place"), {"sqlite_autoincrement": True})

    id: int | None = Field(default=None, primary_key=True)
    summary_id: int = Field(foreign_key="summary.id", ondelete="CASCADE")
    place: int  # most shared first
    way: str  # named, quoted or rest: see forms.heard
    alone: bool = False  # one organisation or person alone said it
    dropped: bool = False
    # A person had a hand in it, and what was read since holds no such point: kept for its history.
    parted: bool = False


class SummaryCitation(SQLModel, table=True):
    """A statement that a sentence stands on, and where it says what the point is named by."""

    __tablename__ = "summary_citation"

    point_id: int = Field(foreign_key="summary_point.id", primary_key=True, ondelete="CASCADE")
    statement_id: int = Field(foreign_key="statement.id", primary_key=True, ondelete="CASCADE", index=True)
    place: int  # nearest to what they have in common first
    wording: int  # the same for those that say the same in the same words
    start: int | None = None  # in the passage
    end: int | None = None


class SummaryEdit(SQLModel, table=True):
    """What a person did with a summary or a point of it. Never edited; the words are theirs."""

    __tablename__ = "summary_edit"

    id: int | None = Field(default=None, primary_key=True)
    summary_id: int = Field(foreign_key="summary.id", ondelete="CASCADE", index=True)
    point_id: int | None = Field(default=None, foreign_key="summary_point.id", ondelete="CASCADE", index=True)
    kind: str  # worded, unworded (the machine's sentence again), dropped, put-back, signed, made
    text: str = ""  # the sentence, or why it was dropped
    revision: int  # of the summary, after it
    staff_id: int | None = Field(default=None, foreign_key="staff_member.id")
    done_at: datetime = Field(default_factory=now, sa_type=Moment)
