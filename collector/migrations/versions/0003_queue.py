"""The queue: what it is narrowed by stands in its indexes, and lists counted for one decision on many"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import collector.database

revision = "0003"
down_revision = "0002"

SORTED_BY = {"certainty": "certainty", "consequence": "consequence", "age": "received_at"}
FILTERED_BY = ("round_id", "source_kind", "language", "assigned_to", "coder", "blind", "source_id")
UNSURE = {"certainty": (), "consequence": ("certainty",), "age": ("certainty",)}
SUPERSEDED = sa.text("superseded_by IS NOT NULL")
WAITING = sa.text("analysed_by IS NULL AND retired_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "bulk_list",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("what", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("query", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("counted", sa.JSON(), nullable=False),
        sa.Column("end", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("counted_at", collector.database.Moment(timezone=True), nullable=False),
        sa.Column("act_id", sa.Integer(), nullable=True),
        sa.Column("done", sa.Integer(), nullable=True),
        sa.Column("not_done", sa.JSON(), nullable=False),
        sa.Column("done_at", collector.database.Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff_member.id"]),
        sa.ForeignKeyConstraint(["act_id"], ["act.id"]),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("bulk_list", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bulk_list_staff_id"), ["staff_id"], unique=False)
    # As it stands: SQLite would make the table anew for less, and take the labels of each row along.
    op.add_column("review_item", sa.Column("revision", sa.Integer(), nullable=False, server_default="1"))
    with op.batch_alter_table("review_item", schema=None) as batch_op:
        batch_op.drop_index("review_item_round")
        batch_op.drop_index("review_item_assigned")
        batch_op.drop_index(batch_op.f("ix_review_item_coder"))
        for name in SORTED_BY:
            batch_op.drop_index(f"review_item_{name}")
    with op.batch_alter_table("review_item", schema=None) as batch_op:
        batch_op.create_index("review_item_assigned", ["assigned_to", "state"], unique=False)
        for name, by in SORTED_BY.items():
            columns = ["state", by, "passage_id", *FILTERED_BY, *UNSURE[name]]
            batch_op.create_index(f"review_item_{name}", columns, unique=False)
    op.create_index("passage_waiting", "passage", ["id"], unique=False, sqlite_where=WAITING, postgresql_where=WAITING)
    op.create_index(
        "passage_superseded", "passage", ["id"], unique=False, sqlite_where=SUPERSEDED, postgresql_where=SUPERSEDED
    )
    with op.batch_alter_table("step", schema=None) as batch_op:
        batch_op.create_index("step_of_staff", ["staff_id", "state", "taken_at"], unique=False)
    with op.batch_alter_table("note", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_note_answers"), ["answers"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("note", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_note_answers"))
    with op.batch_alter_table("step", schema=None) as batch_op:
        batch_op.drop_index("step_of_staff")
    op.drop_index("passage_superseded", table_name="passage")
    op.drop_index("passage_waiting", table_name="passage")
    with op.batch_alter_table("review_item", schema=None) as batch_op:
        batch_op.drop_index("review_item_assigned")
        for name in SORTED_BY:
            batch_op.drop_index(f"review_item_{name}")
    op.drop_column("review_item", "revision")
    with op.batch_alter_table("review_item", schema=None) as batch_op:
        for name, by in SORTED_BY.items():
            batch_op.create_index(f"review_item_{name}", ["state", by, "passage_id"], unique=False)
        batch_op.create_index("review_item_round", ["round_id", "state", "certainty"], unique=False)
        batch_op.create_index("review_item_assigned", ["assigned_to", "state", "certainty"], unique=False)
        batch_op.create_index(batch_op.f("ix_review_item_coder"), ["coder"], unique=False)
    with op.batch_alter_table("bulk_list", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_bulk_list_staff_id"))
    op.drop_table("bulk_list")
