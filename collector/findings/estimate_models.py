from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from collector.database import Moment, now


class Estimate(SQLModel, table=True):
    """How many organisations, and statements of theirs, say what a label tells: as the last measuring works it out.

    Derived from what was coded blind and from what people decided, and replaced as a whole. Where `basis` is not
    "corrected", both ends are what people decided. Statements have none where too few of what they are of were coded
    blind.
    """

    __tablename__ = "estimate"
    __table_args__ = (UniqueConstraint("round_id", "family", "label", "by", "value"),)

    id: int | None = Field(default=None, primary_key=True)
    round_id: int | None = Field(default=None, foreign_key="round.id", ondelete="CASCADE")  # null: all that came
    family: str
    label: str
    by: str = ""  # "kind" or "area" of the organisations; nothing: all of them
    value: str = ""
    model: str  # whose labels are corrected
    answered: int  # organisations that said anything
    decided: int  # of them, those that say it by what people decided
    low: int
    high: int
    statements_decided: int
    statements_low: int | None = None
    statements_high: int | None = None
    basis: str  # corrected, decided by people only, too few blind items
    blind: int  # statements coded blind that it rests on
    made_at: datetime = Field(default_factory=now, sa_type=Moment)
