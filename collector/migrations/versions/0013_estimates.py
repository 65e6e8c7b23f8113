"""Counts of organisations, corrected for what the machine gets wrong"""

import sqlalchemy as sa
from alembic import op

import collector.database
from collector.migrations.columns import number, words

revision = "0013"
down_revision = "0012"

COUNTS = ("answered", "decided", "low", "high", "statements_decided", "statements_low", "statements_high")


def upgrade() -> None:
    op.create_table(
        "estimate",
        number("id"),
        number("round_id", nullable=True),
        words("family"),
        words("label"),
        words("by"),
        words("value"),
        words("model"),
        *(number(name) for name in COUNTS),
        words("basis"),
        number("blind"),
        sa.Column("made_at", collector.database.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("round_id", "family", "label", "by", "value"),
    )


def downgrade() -> None:
    op.drop_table("estimate")
