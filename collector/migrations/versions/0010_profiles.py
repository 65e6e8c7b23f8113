"""Profiles that are kept, what they are to be rebuilt for, who is named where, and who leads which action"""

import sqlalchemy as sa
from alembic import op

from collector.migrations.columns import moment, number, words

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "profile_change",
        number("id"),
        number("organisation_id", nullable=True),
        words("area", nullable=True),
        moment("changed_at", nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_profile_change_organisation_id", "profile_change", ["organisation_id"])
    op.create_index("ix_profile_change_area", "profile_change", ["area"])
    op.create_table(
        "profile",
        number("id"),
        number("organisation_id", nullable=True),
        words("area", nullable=True),
        sa.Column("content", sa.JSON(), nullable=False),
        number("revision"),
        moment("built_at", nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("organisation_id"),
        sa.UniqueConstraint("area"),
    )
    op.create_index("profile_built", "profile", ["built_at"])
    op.create_table(
        "profile_work",
        words("state"),
        number("attempts"),
        moment("woken_at", nullable=False),
        moment("lease_until"),
        moment("finished_at"),
        words("reason"),
        number("id"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "named_in",
        number("passage_id"),
        number("start"),
        number("end"),
        words("known_as"),
        sa.ForeignKeyConstraint(["passage_id"], ["passage.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("passage_id", "start", "end", "known_as"),
    )
    op.create_index("ix_named_in_known_as", "named_in", ["known_as"])
    op.create_table(
        "action_lead",
        number("id"),
        number("organisation_id"),
        words("action"),
        words("why"),
        number("said_by", nullable=True),
        moment("said_at", nullable=False),
        number("ended_by", nullable=True),
        moment("ended_at"),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"]),
        sa.ForeignKeyConstraint(["said_by"], ["staff_member.id"]),
        sa.ForeignKeyConstraint(["ended_by"], ["staff_member.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_action_lead_organisation_id", "action_lead", ["organisation_id"])


def downgrade() -> None:
    for table in ("action_lead", "named_in", "profile_work", "profile", "profile_change"):
        op.drop_table(table)
