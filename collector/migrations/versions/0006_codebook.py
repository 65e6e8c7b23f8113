"""The codebook and its versions, frames with their readers, and work over many statements"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import collector.database

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "codebook_version",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("mapping", sa.JSON(), nullable=True),
        sa.Column("takes_back", sa.Integer(), nullable=True),
        sa.Column("why", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=True),
        sa.Column("made_at", collector.database.Moment(timezone=True), nullable=False),
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.ForeignKeyConstraint(
            ["made_by"],
            ["staff_member.id"],
        ),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("key"),
    )
    op.create_table(
        "frame",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("title", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("file_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("added_by", sa.Integer(), nullable=False),
        sa.Column("added_at", collector.database.Moment(timezone=True), nullable=False),
        sa.Column("retired_at", collector.database.Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["added_by"],
            ["staff_member.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("slug"),
    )
    op.create_table(
        "frame_reader",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("frame_id", sa.Integer(), nullable=False),
        sa.Column("model", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("how", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("examples", sa.Integer(), nullable=False),
        sa.Column("in_use", sa.Boolean(), nullable=False),
        sa.Column("made_at", collector.database.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["frame_id"],
            ["frame.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("frame_id", "model"),
    )
    op.create_table(
        "plan_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("what", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("frame_id", sa.Integer(), nullable=True),
        sa.Column("why", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.Column("done_at", collector.database.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["frame_id"],
            ["frame.id"],
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["staff_member.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("plan_change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_plan_change_frame_id"), ["frame_id"], unique=False)

    op.create_table(
        "walk",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("what", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("frame_id", sa.Integer(), nullable=True),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("lease_until", collector.database.Moment(timezone=True), nullable=True),
        sa.Column("woken_at", collector.database.Moment(timezone=True), nullable=False),
        sa.Column("asked_at", collector.database.Moment(timezone=True), nullable=False),
        sa.Column("finished_at", collector.database.Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["frame_id"],
            ["frame.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("walk", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_walk_frame_id"), ["frame_id"], unique=False)
        batch_op.create_index("walk_state", ["state", "woken_at"], unique=False)

    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.create_index("decision_of_label", ["family", "label", "statement_id"], unique=False)

    with op.batch_alter_table("finding", schema=None) as batch_op:
        batch_op.create_index("finding_of_label", ["family", "label", "statement_id"], unique=False)

    with op.batch_alter_table("standing_label", schema=None) as batch_op:
        batch_op.create_index("standing_label_of_label", ["family", "label", "statement_id", "state"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("standing_label", schema=None) as batch_op:
        batch_op.drop_index("standing_label_of_label")

    with op.batch_alter_table("finding", schema=None) as batch_op:
        batch_op.drop_index("finding_of_label")

    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.drop_index("decision_of_label")

    with op.batch_alter_table("walk", schema=None) as batch_op:
        batch_op.drop_index("walk_state")
        batch_op.drop_index(batch_op.f("ix_walk_frame_id"))

    op.drop_table("walk")
    with op.batch_alter_table("plan_change", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_plan_change_frame_id"))

    op.drop_table("plan_change")
    op.drop_table("frame_reader")
    op.drop_table("frame")
    op.drop_table("codebook_version")
