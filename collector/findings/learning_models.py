"""Tables of learning: what reads statements and since when, runs of training, and the reading anew that follows."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, LargeBinary, text
from sqlmodel import Field, SQLModel

from collector.database import Moment, now
from collector.leases import Leased

CHAMPION = "state = 'champion'"
UNDER_WAY = "state IN ('waiting', 'running')"


class ReaderVersion(SQLModel, table=True):
    """What suggests labels of the plan, or codes of a frame: as it was shipped, or with what was learned laid over it.

    Never edited but for where it stands; what it found stays under its version.
    """

    __tablename__ = "reader_version"
    __table_args__ = (
        Index("one_champion", "reads", unique=True, sqlite_where=text(CHAMPION), postgresql_where=text(CHAMPION)),
        Index("reader_version_of", "reads", "made_at"),
    )

    version: str = Field(primary_key=True)
    reads: str  # the plan's slug, or a frame's
    kind: str  # shipped, zero-shot, few-shot, light
    beneath: str | None = None  # what a light one was learned over
    state: str  # champion, challenger, retired, refused
    reason: str = ""  # why it is refused or waits
    usable: bool = True  # what it lies on is the one that came with the service
    card: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    decisions: int = 0  # that it learned from
    statements: int = 0  # that they were made on
    passages: int = 0  # and that those stand in
    labels: int = 0  # that were learned
    compared: dict[str, Any] | None = Field(default=None, sa_type=JSON)  # as of analysis.comparison, with `against`
    made_at: datetime = Field(default_factory=now, sa_type=Moment)
    made_by: int | None = Field(default=None, foreign_key="staff_member.id")  # who asked for it; null: the schedule
    words_gone_at: datetime | None = Field(default=None, sa_type=Moment)  # it learned from words that are gone
    served_from: datetime | None = Field(default=None, sa_type=Moment)
    served_to: datetime | None = Field(default=None, sa_type=Moment)


class ReaderWeights(SQLModel, table=True):
    """The numbers that were learned, apart so that lists do not read them. The card has their hash."""

    __tablename__ = "reader_weights"

    version: str = Field(foreign_key="reader_version.version", primary_key=True)
    content: bytes = Field(sa_type=LargeBinary)


class TaughtPassage(SQLModel, table=True):
    """That a version learned from a passage: goes with the passage, and then the version is marked."""

    __tablename__ = "taught_passage"

    version: str = Field(foreign_key="reader_version.version", primary_key=True)
    passage_id: int = Field(foreign_key="passage.id", primary_key=True, index=True)


class ReaderChange(SQLModel, table=True):
    """That another version came to serve, when, and who or what had it so. Never edited."""

    __tablename__ = "reader_change"
    __table_args__ = (Index("reader_change_of", "reads", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    reads: str
    version: str = Field(foreign_key="reader_version.version")
    why: str  # shipped, better, returned, damaged, words-gone
    staff_id: int | None = Field(default=None, foreign_key="staff_member.id")
    at: datetime = Field(default_factory=now, sa_type=Moment)


class TrainingRun(Leased, table=True):
    """One learning from what people decided."""

    __tablename__ = "training_run"
    __table_args__ = (
        # However often it is asked for, one is under way.
        Index("one_training", "reads", unique=True, sqlite_where=text(UNDER_WAY), postgresql_where=text(UNDER_WAY)),
        Index("training_run_state", "state", "woken_at"),
        Index("training_run_of", "reads", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    reads: str
    asked_by: int | None = Field(default=None, foreign_key="staff_member.id")  # null: the schedule
    asked_at: datetime = Field(default_factory=now, sa_type=Moment)
    state: str = "waiting"  # waiting, running, done, set-aside, cancelled
    stage: str = ""  # reading, learning, comparing
    done: int = 0  # passages read
    total: int = 0
    decisions_until: int = 0  # the last decision that there was when it began
    outcome: str = ""  # served, refused, too-few-blind, nothing-new, too-little
    version: str | None = Field(default=None, foreign_key="reader_version.version")  # what it made


class Rereading(SQLModel, table=True):
    """That passages which another version read last are read anew, newest first, a few sources at a time.

    Sources up to the place have been asked for; `done` counts passages that were read.
    """

    __tablename__ = "rereading"
    __table_args__ = (
        Index(
            "one_rereading",
            "state",
            unique=True,
            sqlite_where=text("state = 'running'"),
            postgresql_where=text("state = 'running'"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    version: str = Field(foreign_key="reader_version.version")
    round_id: int | None = Field(default=None, foreign_key="round.id")  # null: all rounds
    asked_by: int | None = Field(default=None, foreign_key="staff_member.id")  # null: followed from a change
    asked_at: datetime = Field(default_factory=now, sa_type=Moment)
    state: str = "running"  # running, done, stopped, replaced
    total: int | None = None  # passages; null until they were counted
    done: int = 0
    place_at: datetime | None = Field(default=None, sa_type=Moment)
    place: int | None = None  # the source that was asked for last
    finished_at: datetime | None = Field(default=None, sa_type=Moment)
