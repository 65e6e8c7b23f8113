from datetime import datetime

from sqlmodel import Field, SQLModel

from collector.database import Moment, now


class Removal(SQLModel, table=True):
    """That a source was taken out, by whom and why. Of the source itself nothing is left, so this points at nothing."""

    __tablename__ = "removal"

    id: int | None = Field(default=None, primary_key=True)
    source_id: int  # the number it had
    kind: str
    passages: int
    why: str
    staff_id: int = Field(foreign_key="staff_member.id")
    removed_at: datetime = Field(default_factory=now, sa_type=Moment)
