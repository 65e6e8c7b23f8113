"""What staff put right of an organisation: its name, kind and areas"""

import sqlalchemy as sa
from alembic import op

from collector.migrations.columns import moment, number, words

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.create_table(
        "organisation_change",
        number("id"),
        number("organisation_id"),
        words("name_before"),
        words("name_after"),
        words("former_key"),
        words("kind_before"),
        words("kind_after"),
        sa.Column("areas_before", sa.JSON(), nullable=False),
        sa.Column("areas_after", sa.JSON(), nullable=False),
        number("changed_by"),
        moment("changed_at", nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["changed_by"], ["staff_member.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_organisation_change_organisation_id"), "organisation_change", ["organisation_id"])
    op.create_index(op.f("ix_organisation_change_former_key"), "organisation_change", ["former_key"])


def downgrade() -> None:
    op.drop_table("organisation_change")
