from datetime import date, datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from collector.database import Moment, now


class PlanReview(SQLModel, table=True):
    """A set of local plans that is read against the questions of a coding frame."""

    __tablename__ = "plan_review"
    # No number is given twice: an old page must not meet another review.
    __table_args__ = {"sqlite_autoincrement": True}

    id: int | None = Field(default=None, primary_key=True)
    title: str
    frame_id: int = Field(foreign_key="frame.id", index=True)
    need_code: str = ""  # the question under which a plan tells what is needed, where the frame has one
    made_by: int = Field(foreign_key="staff_member.id")
    made_at: datetime = Field(default_factory=now, sa_type=Moment)
    key: str | None = Field(default=None, unique=True)  # of the form: sent again, it is done once


class LocalPlan(SQLModel, table=True):
    """What staff say of a document that is a plan. Without a row it is as the document itself has it."""

    __tablename__ = "local_plan"

    source_id: int = Field(foreign_key="source.id", primary_key=True, ondelete="CASCADE")
    title: str
    starts_on: date | None = None
    ends_on: date | None = None
    changed_by: int = Field(foreign_key="staff_member.id")
    changed_at: datetime = Field(default_factory=now, sa_type=Moment)


class LocalPlanOrganisation(SQLModel, table=True):
    """An organisation whose plan it is; a joint plan has several."""

    __tablename__ = "local_plan_organisation"

    source_id: int = Field(foreign_key="local_plan.source_id", primary_key=True, ondelete="CASCADE")
    organisation_id: int = Field(foreign_key="organisation.id", primary_key=True, index=True)


class LocalPlanArea(SQLModel, table=True):
    """A council area (or "scotland") that the plan is for."""

    __tablename__ = "local_plan_area"

    source_id: int = Field(foreign_key="local_plan.source_id", primary_key=True, ondelete="CASCADE")
    area: str = Field(primary_key=True, index=True)


class ReviewedPlan(SQLModel, table=True):
    """That a plan is in a review. What was decided stays when it is taken out, and counts again when it comes back."""

    __tablename__ = "reviewed_plan"

    review_id: int = Field(foreign_key="plan_review.id", primary_key=True, ondelete="CASCADE")
    source_id: int = Field(foreign_key="source.id", primary_key=True, ondelete="CASCADE", index=True)
    added_by: int = Field(foreign_key="staff_member.id")
    added_at: datetime = Field(default_factory=now, sa_type=Moment)
    taken_out_by: int | None = Field(default=None, foreign_key="staff_member.id")
    taken_out_at: datetime | None = Field(default=None, sa_type=Moment)


class PlanDecision(SQLModel, table=True):
    """How far a plan answers a question, as a person says. A new row each time, never edited; the newest counts.

    One that says nothing takes the earlier ones back: what the machine proposes counts again.
    """

    __tablename__ = "plan_decision"
    __table_args__ = (
        Index("plan_decision_of_cell", "review_id", "source_id", "code", "id"),
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, primary_key=True)
    review_id: int = Field(foreign_key="plan_review.id", ondelete="CASCADE")
    source_id: int = Field(foreign_key="source.id", ondelete="CASCADE", index=True)
    code: str  # the question, by its id in the frame
    how_far: str  # none, mentioned, described, actions; empty: taken back
    proposed: str  # what the machine proposed then; empty: the plan was not read yet
    why: str = ""
    staff_id: int = Field(foreign_key="staff_member.id")
    decided_at: datetime = Field(default_factory=now, sa_type=Moment)
