"""Tables of the blind-first audit: what people were offered, where they differ, how they and models compare."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from collector.database import Moment, now
from collector.leases import Leased


class OfferedLabels(SQLModel, table=True):
    """The labels that a form for blind coding offered: what was not there to be chosen was not left out by anybody."""

    __tablename__ = "offered_labels"

    id: int | None = Field(default=None, primary_key=True)
    digest: str = Field(unique=True)
    framework: str  # slug and version
    labels: list[Any] = Field(sa_type=JSON)  # [[family, label], ...]
    first_at: datetime = Field(default_factory=now, sa_type=Moment)


class BlindReading(SQLModel, table=True):
    """That a model has read a passage which people code blind: known also where it found nothing there."""

    __tablename__ = "blind_reading"
    __table_args__ = (Index("blind_reading_latest", "read_at", "passage_id"),)

    passage_id: int = Field(foreign_key="passage.id", primary_key=True)
    model: str = Field(primary_key=True)
    read_at: datetime = Field(default_factory=now, sa_type=Moment)


class Adjudication(SQLModel, table=True):
    """That two people coded a passage otherwise, and that a person settled it. Both codings stay as they are."""

    __tablename__ = "adjudication"
    __table_args__ = (Index("adjudication_waiting", "settled_at", "opened_at", "passage_id"),)

    passage_id: int = Field(foreign_key="passage.id", primary_key=True)
    differences: int  # labels on statements that one gave and the other did not
    opened_at: datetime = Field(default_factory=now, sa_type=Moment)
    settled_at: datetime | None = Field(default=None, sa_type=Moment)
    act_id: int | None = Field(default=None, foreign_key="act.id", index=True)


class AgreementRun(Leased, table=True):
    """One measuring of people against people and against the models in use; kept as it was."""

    __tablename__ = "agreement_run"
    __table_args__ = (Index("agreement_run_state", "state", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    asked_by: int | None = Field(default=None, foreign_key="staff_member.id")  # null: the schedule
    asked_at: datetime = Field(default_factory=now, sa_type=Moment)
    # Passages coded blind, those of them that two people coded, and all that a model has read.
    coded: int = 0
    coded_by_two: int = 0
    passages: int = 0
    codings_until: int = 0  # the last coding that it knew of


class AgreementFigure(SQLModel, table=True):
    """Of one run and model: how a label, a family (no label) or all of them (neither) compare."""

    __tablename__ = "agreement_figure"
    __table_args__ = (
        UniqueConstraint("run_id", "model", "family", "label"),
        Index("agreement_figure_model", "family", "model", "run_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    run_id: int = Field(foreign_key="agreement_run.id")
    model: str
    family: str = ""
    label: str = ""
    passages: int  # where the difference can be seen
    units: int
    positives: int
    double_coded: int
    double_coded_positives: int
    figures: dict[str, Any] = Field(sa_type=JSON)  # by measure: [value, low, high], each of them or null
    verdict: str


class LabelHold(SQLModel, table=True):
    """That a label of the machine is shown to nobody but staff until a person has accepted it, and since when."""

    __tablename__ = "label_hold"
    __table_args__ = (Index("label_hold_open", "ended_at", "family", "label"),)

    id: int | None = Field(default=None, primary_key=True)
    family: str
    label: str
    model: str
    since: datetime = Field(default_factory=now, sa_type=Moment)
    run_id: int = Field(foreign_key="agreement_run.id")
    figures: dict[str, Any] = Field(sa_type=JSON)  # people_alpha and model_alpha as they were
    passages: int
    ended_at: datetime | None = Field(default=None, sa_type=Moment)
    ended_by_run: int | None = Field(default=None, foreign_key="agreement_run.id")
