from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from collector.database import Moment, now


class PublishedQuestionnaire(SQLModel, table=True):
    """A questionnaire as it was when it was first used. It never changes: answers keep the version they answered."""

    __tablename__ = "published_questionnaire"
    __table_args__ = (UniqueConstraint("slug", "version"),)

    id: int | None = Field(default=None, primary_key=True)
    slug: str
    version: int
    content_hash: str
    definition: dict[str, Any] = Field(sa_type=JSON)
    published_at: datetime = Field(default_factory=now, sa_type=Moment)


class Round(SQLModel, table=True):
    __tablename__ = "round"

    id: int | None = Field(default=None, primary_key=True)
    slug: str = Field(unique=True)
    title: str
    questionnaire_id: int = Field(foreign_key="published_questionnaire.id")
    opened_at: datetime = Field(default_factory=now, sa_type=Moment)
    closes_on: date | None = None
    sample: bool = False


class Draft(SQLModel, table=True):
    """Answers not sent yet, kept under the hash of a secret that only the respondent's browser holds."""

    __tablename__ = "draft"
    __table_args__ = (UniqueConstraint("secret_hash", "round_id"),)

    id: int | None = Field(default=None, primary_key=True)
    secret_hash: str
    round_id: int = Field(foreign_key="round.id")
    questionnaire_id: int = Field(foreign_key="published_questionnaire.id")
    answers: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    started_at: datetime = Field(default_factory=now, sa_type=Moment)
    saved_at: datetime = Field(default_factory=now, sa_type=Moment)
    expires_at: datetime = Field(sa_type=Moment, index=True)
    submission_id: int | None = Field(default=None, foreign_key="submission.id")


class Submission(SQLModel, table=True):
    __tablename__ = "submission"

    id: int | None = Field(default=None, primary_key=True)
    reference: str = Field(unique=True)
    receipt_key: str = Field(unique=True)
    idempotency_key: str = Field(unique=True)
    content_hash: str
    round_id: int = Field(foreign_key="round.id", index=True)
    questionnaire_id: int = Field(foreign_key="published_questionnaire.id")
    organisation_id: int | None = Field(default=None, foreign_key="organisation.id", index=True)
    token_id: int | None = Field(default=None, foreign_key="api_token.id")
    permission: str
    received_at: datetime = Field(default_factory=now, sa_type=Moment, index=True)


class Answer(SQLModel, table=True):
    """Every answer as it was given, also those that are not analysed."""

    __tablename__ = "answer"

    submission_id: int = Field(foreign_key="submission.id", primary_key=True)
    question_id: str = Field(primary_key=True)
    value: Any = Field(sa_type=JSON)


class Source(SQLModel, table=True):
    """Where text came from: a submission or a document, with what is needed to find the original again."""

    __tablename__ = "source"

    id: int | None = Field(default=None, primary_key=True)
    kind: str  # submission or document
    title: str
    submission_id: int | None = Field(default=None, unique=True, foreign_key="submission.id")
    organisation_id: int | None = Field(default=None, index=True, foreign_key="organisation.id")
    content_hash: str | None = Field(default=None, unique=True)  # a document is kept once
    received_at: datetime = Field(default_factory=now, sa_type=Moment, index=True)
    sample: bool = False


class Passage(SQLModel, table=True):
    __tablename__ = "passage"
    __table_args__ = (UniqueConstraint("source_id", "position"),)

    id: int | None = Field(default=None, primary_key=True)
    source_id: int = Field(foreign_key="source.id")
    position: int
    question_id: str | None = None
    question: str = ""
    concern: str | None = None  # the priority area that the question was asked under
    text: str
    analysed_by: str | None = None  # the model version that last read it
    language: str = ""  # as that model told it; empty where there was too little to tell
    harm: bool = False  # that model takes somebody in it to be at risk: for a person to look at first


class Job(SQLModel, table=True):
    """Work to do on a source. This row is the queue; the broker only says that it is worth a look."""

    __tablename__ = "job"
    __table_args__ = (Index("job_state", "state", "woken_at"),)

    id: int | None = Field(default=None, primary_key=True)
    source_id: int = Field(foreign_key="source.id", index=True)
    state: str = "waiting"  # waiting, running, done, set-aside
    attempts: int = 0
    done: int = 0  # passages read
    total: int = 0
    created_at: datetime = Field(default_factory=now, sa_type=Moment)
    woken_at: datetime = Field(default_factory=now, sa_type=Moment)
    lease_until: datetime | None = Field(default=None, sa_type=Moment)
    finished_at: datetime | None = Field(default=None, sa_type=Moment)
    reason: str = ""  # why it was set aside or tried again; never the words of a text
