from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from collector.database import Moment, now


class Statement(SQLModel, table=True):
    """A sentence or bullet of a passage, by character offsets (code points)."""

    __tablename__ = "statement"
    __table_args__ = (UniqueConstraint("passage_id", "start", "end"),)

    id: int | None = Field(default=None, primary_key=True)
    passage_id: int = Field(foreign_key="passage.id")
    start: int
    end: int
    model: str  # the model version that last cut the passage here; statements of older cuts are history


class Finding(SQLModel, table=True):
    """What a model says of a statement. Never edited, and there once however often a job runs."""

    __tablename__ = "finding"
    __table_args__ = (UniqueConstraint("statement_id", "family", "label", "model"),)

    id: int | None = Field(default=None, primary_key=True)
    statement_id: int = Field(foreign_key="statement.id")
    family: str
    label: str
    model: str
    score: float
    evidence: list[Any] = Field(sa_type=JSON)  # [[start, end], ...] into the passage
    found_at: datetime = Field(default_factory=now, sa_type=Moment)


class Extract(SQLModel, table=True):
    """Words of a passage that a model picked out, and what it says of them. Never edited."""

    __tablename__ = "extract"
    __table_args__ = (UniqueConstraint("passage_id", "kind", "start", "end", "model"),)

    id: int | None = Field(default=None, primary_key=True)
    passage_id: int = Field(foreign_key="passage.id")
    kind: str  # barrier, commitment, need, offer, practice, idea, personal-detail, organisation
    start: int
    end: int
    model: str
    details: dict[str, Any] = Field(sa_type=JSON)  # themes and actions, who and by when, links, by kind


class StandingLabel(SQLModel, table=True):
    """What holds of a statement now: findings of the model that last read it, overlaid by people's decisions.

    Derived, and rebuilt by `standing.settle` whenever either changes, so that a profile of thousands of
    statements is an indexed query.
    """

    __tablename__ = "standing_label"

    statement_id: int = Field(foreign_key="statement.id", primary_key=True)
    family: str = Field(primary_key=True)
    label: str = Field(primary_key=True)
    state: str  # suggested, accepted, added, asked (the question was asked under this priority area)
    score: float | None = None


class Decision(SQLModel, table=True):
    """What a person says of a label on a statement. A new row each time; the latest counts."""

    __tablename__ = "decision"
    __table_args__ = (Index("decision_label", "statement_id", "family", "label"),)

    id: int | None = Field(default=None, primary_key=True)
    statement_id: int = Field(foreign_key="statement.id")
    family: str
    label: str
    verdict: str  # accept, reject, add
    why: str = ""
    staff_id: int = Field(foreign_key="staff_member.id")
    decided_at: datetime = Field(default_factory=now, sa_type=Moment)


class Reply(SQLModel, table=True):
    """What a respondent says of what was taken from their words. A new row each time; the latest counts."""

    __tablename__ = "reply"

    id: int | None = Field(default=None, primary_key=True)
    submission_id: int = Field(foreign_key="submission.id", index=True)
    statement_id: int | None = Field(default=None, foreign_key="statement.id")  # null: of all of it
    agrees: bool
    text: str = ""
    replied_at: datetime = Field(default_factory=now, sa_type=Moment)
