"""Summaries of what was heard: points, the statements that each stands on, and what people made of them"""

import sqlalchemy as sa
from alembic import op

from collector.migrations.columns import moment, number, words, yes_or_no

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "summary",
        words("state"),
        number("attempts"),
        moment("woken_at", nullable=False),
        moment("lease_until"),
        moment("finished_at"),
        words("reason"),
        number("id"),
        words("subject_kind"),
        words("subject_id"),
        number("round_id", nullable=True),
        number("asked_by", nullable=True),
        moment("asked_at", nullable=False),
        moment("made_at"),
        words("framework"),
        number("codebook", nullable=True),
        words("model"),
        number("statements"),
        yes_or_no("more"),
        number("revision"),
        sa.ForeignKeyConstraint(["asked_by"], ["staff_member.id"]),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"]),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("summary_of", "summary", ["subject_kind", "subject_id", "round_id"])
    op.create_index("summary_state", "summary", ["state", "woken_at"])
    op.create_index(op.f("ix_summary_round_id"), "summary", ["round_id"])
    op.create_table(
        "summary_point",
        number("id"),
        number("summary_id"),
        number("place"),
        words("way"),
        yes_or_no("alone"),
        yes_or_no("dropped"),
        yes_or_no("parted"),
        sa.ForeignKeyConstraint(["summary_id"], ["summary.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("summary_point_of", "summary_point", ["summary_id", "place"])
    op.create_table(
        "summary_citation",
        number("point_id"),
        number("statement_id"),
        number("place"),
        number("wording"),
        number("start", nullable=True),
        number("end", nullable=True),
        sa.ForeignKeyConstraint(["point_id"], ["summary_point.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["statement_id"], ["statement.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("point_id", "statement_id"),
    )
    op.create_index(op.f("ix_summary_citation_statement_id"), "summary_citation", ["statement_id"])
    op.create_table(
        "summary_edit",
        number("id"),
        number("summary_id"),
        number("point_id", nullable=True),
        words("kind"),
        words("text"),
        number("revision"),
        number("staff_id", nullable=True),
        moment("done_at", nullable=False),
        sa.ForeignKeyConstraint(["point_id"], ["summary_point.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff_member.id"]),
        sa.ForeignKeyConstraint(["summary_id"], ["summary.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_summary_edit_point_id"), "summary_edit", ["point_id"])
    op.create_index(op.f("ix_summary_edit_summary_id"), "summary_edit", ["summary_id"])


def downgrade() -> None:
    op.drop_table("summary_edit")
    op.drop_table("summary_citation")
    op.drop_table("summary_point")
    op.drop_table("summary")
