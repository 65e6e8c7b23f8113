"""Dates of documents: when one was brought in whose own date is known, and the date that a passage was read with"""

from alembic import op

from collector.migrations.columns import day, moment

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.add_column("source", moment("added_at"))
    op.add_column("passage", day("read_as_of", nullable=True))


def downgrade() -> None:
    op.drop_column("passage", "read_as_of")
    op.drop_column("source", "added_at")
