"""Right of reply: who gets reports, by which link, and what they say to them"""

import sqlalchemy as sa
from alembic import op

from collector.database import now
from collector.migrations.columns import moment, number, words, yes_or_no

revision = "0016"
down_revision = "0015"


def gone_with(column: str, table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{table}.id"], ondelete="CASCADE")


def upgrade() -> None:
    for table in ("report", "report_run", "report_schedule"):
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column("to_contacts", sa.Boolean(), nullable=False, server_default=sa.false()))
        with op.batch_alter_table(table) as batch:
            batch.alter_column("to_contacts", server_default=None)
    op.add_column("report", moment("published_at"))
    report = sa.table("report", moment("held_until"), moment("published_at"))
    over = report.c.held_until <= now()
    op.execute(report.update().where(over).values(published_at=report.c.held_until))
    op.create_table(
        "report_contact",
        number("id"),
        words("kind"),
        words("subject"),
        number("organisation_id", nullable=True),
        words("email"),
        words("name"),
        number("added_by", nullable=True),
        moment("added_at", nullable=False),
        gone_with("organisation_id", "organisation"),
        sa.ForeignKeyConstraint(["added_by"], ["staff_member.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("kind", "subject", "email"),
    )
    op.create_index(op.f("ix_report_contact_organisation_id"), "report_contact", ["organisation_id"])
    op.create_table(
        "report_letter",
        number("id"),
        number("report_id"),
        words("email"),
        words("name"),
        words("kind"),
        words("secret_hash"),
        moment("made_at", nullable=False),
        moment("expires_at", nullable=False),
        moment("opened_at"),
        gone_with("report_id", "report"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_report_letter_report_id"), "report_letter", ["report_id"])
    op.create_index(op.f("ix_report_letter_secret_hash"), "report_letter", ["secret_hash"])
    op.create_table(
        "report_access",
        number("letter_id"),
        words("visitor_hash"),
        moment("expires_at", nullable=False),
        gone_with("letter_id", "report_letter"),
        sa.PrimaryKeyConstraint("letter_id", "visitor_hash"),
    )
    op.create_index(op.f("ix_report_access_expires_at"), "report_access", ["expires_at"])
    op.create_table(
        "report_reply",
        number("id"),
        number("report_id"),
        number("letter_id"),
        words("line"),
        yes_or_no("correction"),
        words("text"),
        words("name"),
        moment("replied_at", nullable=False),
        words("state"),
        number("looked_by", nullable=True),
        moment("looked_at"),
        words("done"),
        gone_with("report_id", "report"),
        gone_with("letter_id", "report_letter"),
        sa.ForeignKeyConstraint(["looked_by"], ["staff_member.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_report_reply_report_id"), "report_reply", ["report_id"])
    op.create_index(op.f("ix_report_reply_letter_id"), "report_reply", ["letter_id"])


def downgrade() -> None:
    for table in ("report_reply", "report_access", "report_letter", "report_contact"):
        op.drop_table(table)
    for table in ("report", "report_run", "report_schedule"):
        op.drop_column(table, "to_contacts")
    op.drop_column("report", "published_at")
