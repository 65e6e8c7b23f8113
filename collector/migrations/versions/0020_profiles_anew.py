"""Profiles say what is due and what changed: those that are kept are made anew"""

from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.execute("DELETE FROM profile")


def downgrade() -> None:
    """What is kept says more than it did: it stays."""
