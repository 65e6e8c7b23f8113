from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, LargeBinary
from sqlmodel import Field

from collector.database import Moment, now
from collector.leases import Leased


class Mail(Leased, table=True):
    """A mail to be sent."""

    __tablename__ = "mail"
    __table_args__ = (Index("mail_state", "state", "due_at"),)

    id: int | None = Field(default=None, primary_key=True)
    kind: str  # the name of its template
    to_address: str
    about: str = Field(default="", index=True)  # what it is sent for, like "submission/12"
    words: dict[str, Any] | None = Field(default=None, sa_type=JSON(none_as_null=True))  # gone once it is sent
    attachment: bytes | None = Field(default=None, sa_type=LargeBinary)
    attachment_name: str = ""
    state: str = "waiting"  # waiting, sending, sent, bounced, set-aside
    created_at: datetime = Field(default_factory=now, sa_type=Moment, index=True)
    due_at: datetime = Field(default_factory=now, sa_type=Moment)  # not to be sent before
    in_doubt: bool = False  # a try was cut off when the server may have taken it already
