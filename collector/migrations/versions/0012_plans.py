"""Reviews of local plans: the set, what is known of each plan, and how far people say that it answers a question"""

import sqlalchemy as sa
from alembic import op

from collector.migrations.columns import moment, number, words

revision = "0012"
down_revision = "0011"


def to(column: str, target: str, *, goes_with_it: bool = False) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], ondelete="CASCADE" if goes_with_it else None)


def upgrade() -> None:
    op.create_table(
        "plan_review",
        number("id"),
        words("title"),
        number("frame_id"),
        words("need_code"),
        number("made_by"),
        moment("made_at", nullable=False),
        words("key", nullable=True),
        to("frame_id", "frame.id"),
        to("made_by", "staff_member.id"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_plan_review_frame_id"), "plan_review", ["frame_id"])
    op.create_table(
        "local_plan",
        number("source_id"),
        words("title"),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        number("changed_by"),
        moment("changed_at", nullable=False),
        to("source_id", "source.id", goes_with_it=True),
        to("changed_by", "staff_member.id"),
        sa.PrimaryKeyConstraint("source_id"),
    )
    op.create_table(
        "local_plan_organisation",
        number("source_id"),
        number("organisation_id"),
        to("source_id", "local_plan.source_id", goes_with_it=True),
        to("organisation_id", "organisation.id"),
        sa.PrimaryKeyConstraint("source_id", "organisation_id"),
    )
    op.create_index(op.f("ix_local_plan_organisation_organisation_id"), "local_plan_organisation", ["organisation_id"])
    op.create_table(
        "local_plan_area",
        number("source_id"),
        words("area"),
        to("source_id", "local_plan.source_id", goes_with_it=True),
        sa.PrimaryKeyConstraint("source_id", "area"),
    )
    op.create_index(op.f("ix_local_plan_area_area"), "local_plan_area", ["area"])
    op.create_table(
        "reviewed_plan",
        number("review_id"),
        number("source_id"),
        number("added_by"),
        moment("added_at", nullable=False),
        number("taken_out_by", nullable=True),
        moment("taken_out_at"),
        to("review_id", "plan_review.id", goes_with_it=True),
        to("source_id", "source.id", goes_with_it=True),
        to("added_by", "staff_member.id"),
        to("taken_out_by", "staff_member.id"),
        sa.PrimaryKeyConstraint("review_id", "source_id"),
    )
    op.create_index(op.f("ix_reviewed_plan_source_id"), "reviewed_plan", ["source_id"])
    op.create_table(
        "plan_decision",
        number("id"),
        number("review_id"),
        number("source_id"),
        words("code"),
        words("how_far"),
        words("proposed"),
        words("why"),
        number("staff_id"),
        moment("decided_at", nullable=False),
        to("review_id", "plan_review.id", goes_with_it=True),
        to("source_id", "source.id", goes_with_it=True),
        to("staff_id", "staff_member.id"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("plan_decision_of_cell", "plan_decision", ["review_id", "source_id", "code", "id"])
    op.create_index(op.f("ix_plan_decision_source_id"), "plan_decision", ["source_id"])


def downgrade() -> None:
    for table in (
        "plan_decision",
        "reviewed_plan",
        "local_plan_area",
        "local_plan_organisation",
        "local_plan",
        "plan_review",
    ):
        op.drop_table(table)
