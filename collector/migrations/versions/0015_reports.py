"""Reports: their snapshots, and what they quote and name"""

import sqlalchemy as sa
from alembic import op

from collector.migrations.columns import day, moment, number, words

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_table(
        "report_schedule",
        number("id"),
        words("kind"),
        words("audience"),
        number("hold_days"),
        words("every"),
        day("first_on"),
        day("next_on"),
        number("made_by"),
        moment("made_at", nullable=False),
        moment("ended_at"),
        sa.ForeignKeyConstraint(["made_by"], ["staff_member.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "report_run",
        number("id"),
        words("kind"),
        words("audience"),
        number("hold_days"),
        number("schedule_id", nullable=True),
        day("due_on", nullable=True),
        number("asked_by", nullable=True),
        moment("asked_at", nullable=False),
        sa.ForeignKeyConstraint(["schedule_id"], ["report_schedule.id"]),
        sa.ForeignKeyConstraint(["asked_by"], ["staff_member.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("schedule_id", "due_on"),
    )
    op.create_table(
        "report",
        words("state"),
        number("attempts"),
        moment("woken_at", nullable=False),
        moment("lease_until"),
        moment("finished_at"),
        words("reason"),
        number("id"),
        words("kind"),
        words("subject"),
        words("audience"),
        number("hold_days"),
        number("run_id", nullable=True),
        number("asked_by", nullable=True),
        moment("asked_at", nullable=False),
        words("title"),
        sa.Column("sample", sa.Boolean(), nullable=False),
        moment("made_at"),
        moment("held_until"),
        moment("withdrawn_at"),
        words("withdrawn_why"),
        sa.Column("snapshot", sa.Text(), nullable=False),
        sa.Column("hashes", sa.JSON(), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["report_run.id"]),
        sa.ForeignKeyConstraint(["asked_by"], ["staff_member.id"]),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("report_state", "report", ["state", "woken_at"])
    op.create_index("report_of_subject", "report", ["kind", "subject", "id"])
    op.create_index("report_withdrawn", "report", ["withdrawn_at"])
    op.create_index(op.f("ix_report_run_id"), "report", ["run_id"])
    for table, other in (("report_statement", "statement"), ("report_source", "source")):
        op.create_table(
            table,
            number("report_id"),
            number(f"{other}_id"),
            sa.ForeignKeyConstraint(["report_id"], ["report.id"], ondelete="CASCADE"),
            sa.ForeignKeyConstraint([f"{other}_id"], [f"{other}.id"], ondelete="CASCADE"),
            sa.PrimaryKeyConstraint("report_id", f"{other}_id"),
        )
        op.create_index(op.f(f"ix_{table}_{other}_id"), table, [f"{other}_id"])


def downgrade() -> None:
    op.drop_table("report_source")
    op.drop_table("report_statement")
    op.drop_table("report")
    op.drop_table("report_run")
    op.drop_table("report_schedule")
