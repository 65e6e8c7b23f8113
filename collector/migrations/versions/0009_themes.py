"""Themes outside the framework: when they were looked for, and where statements say them"""

import sqlalchemy as sa
from alembic import op

from collector.migrations.columns import moment, number, words

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "theme_search",
        words("state"),
        number("attempts"),
        moment("woken_at", nullable=False),
        moment("lease_until"),
        moment("finished_at"),
        words("reason"),
        number("id"),
        number("round_id", nullable=True),
        number("asked_by", nullable=True),
        moment("asked_at", nullable=False),
        number("statements"),
        sa.Column("more", sa.Boolean(), nullable=False),
        number("codebook", nullable=True),
        sa.ForeignKeyConstraint(["asked_by"], ["staff_member.id"]),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"]),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("theme_search_state", "theme_search", ["state", "woken_at"])
    op.create_index(op.f("ix_theme_search_round_id"), "theme_search", ["round_id"])
    op.create_table(
        "theme",
        number("id"),
        number("search_id"),
        number("place"),
        number("wordings"),
        sa.ForeignKeyConstraint(["search_id"], ["theme_search.id"]),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_theme_search_id"), "theme", ["search_id"])
    op.create_table(
        "theme_statement",
        number("theme_id"),
        number("statement_id"),
        number("place"),
        sa.Column("named_by", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["statement_id"], ["statement.id"]),
        sa.ForeignKeyConstraint(["theme_id"], ["theme.id"]),
        sa.PrimaryKeyConstraint("theme_id", "statement_id"),
    )
    op.create_index(op.f("ix_theme_statement_statement_id"), "theme_statement", ["statement_id"])


def downgrade() -> None:
    op.drop_table("theme_statement")
    op.drop_table("theme")
    op.drop_table("theme_search")
