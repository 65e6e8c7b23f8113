"""The blind-first audit: labels offered, readings, adjudication, agreement of people and models, labels on hold"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import collector.database

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "offered_labels",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("framework", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("first_at", collector.database.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("digest"),
    )
    op.create_table(
        "agreement_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=True),
        sa.Column("asked_at", collector.database.Moment(timezone=True), nullable=False),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_until", collector.database.Moment(timezone=True), nullable=True),
        sa.Column("woken_at", collector.database.Moment(timezone=True), nullable=False),
        sa.Column("measured_at", collector.database.Moment(timezone=True), nullable=True),
        sa.Column("coded", sa.Integer(), nullable=False),
        sa.Column("coded_by_two", sa.Integer(), nullable=False),
        sa.Column("passages", sa.Integer(), nullable=False),
        sa.Column("codings_until", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["asked_by"], ["staff_member.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("agreement_run", schema=None) as batch_op:
        batch_op.create_index("agreement_run_state", ["state", "id"], unique=False)

    op.create_table(
        "agreement_figure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("model", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("family", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("label", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("passages", sa.Integer(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("positives", sa.Integer(), nullable=False),
        sa.Column("double_coded", sa.Integer(), nullable=False),
        sa.Column("double_coded_positives", sa.Integer(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("verdict", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["agreement_run.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("run_id", "model", "family", "label"),
    )
    with op.batch_alter_table("agreement_figure", schema=None) as batch_op:
        batch_op.create_index("agreement_figure_model", ["family", "model", "run_id"], unique=False)

    op.create_table(
        "label_hold",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("family", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("label", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("model", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("since", collector.database.Moment(timezone=True), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("passages", sa.Integer(), nullable=False),
        sa.Column("ended_at", collector.database.Moment(timezone=True), nullable=True),
        sa.Column("ended_by_run", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["ended_by_run"], ["agreement_run.id"]),
        sa.ForeignKeyConstraint(["run_id"], ["agreement_run.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("label_hold", schema=None) as batch_op:
        batch_op.create_index("label_hold_open", ["ended_at", "family", "label"], unique=False)

    op.create_table(
        "adjudication",
        sa.Column("passage_id", sa.Integer(), nullable=False),
        sa.Column("differences", sa.Integer(), nullable=False),
        sa.Column("opened_at", collector.database.Moment(timezone=True), nullable=False),
        sa.Column("settled_at", collector.database.Moment(timezone=True), nullable=True),
        sa.Column("act_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["act_id"], ["act.id"]),
        sa.ForeignKeyConstraint(["passage_id"], ["passage.id"]),
        sa.PrimaryKeyConstraint("passage_id"),
    )
    with op.batch_alter_table("adjudication", schema=None) as batch_op:
        batch_op.create_index("adjudication_waiting", ["settled_at", "opened_at", "passage_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_adjudication_act_id"), ["act_id"], unique=False)

    op.create_table(
        "blind_reading",
        sa.Column("passage_id", sa.Integer(), nullable=False),
        sa.Column("model", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("read_at", collector.database.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["passage_id"], ["passage.id"]),
        sa.PrimaryKeyConstraint("passage_id", "model"),
    )
    with op.batch_alter_table("blind_reading", schema=None) as batch_op:
        batch_op.create_index("blind_reading_latest", ["read_at", "passage_id"], unique=False)

    # Nobody can have coded anything yet: there was no form for it.
    with op.batch_alter_table("blind_coding", schema=None) as batch_op:
        batch_op.add_column(sa.Column("offered_id", sa.Integer(), nullable=False))
        batch_op.add_column(sa.Column("statement_ids", sa.JSON(), nullable=False))
        batch_op.create_foreign_key("blind_coding_offered", "offered_labels", ["offered_id"], ["id"])

    with op.batch_alter_table("blind_item", schema=None) as batch_op:
        batch_op.create_index("blind_item_open", ["closed_at", "passage_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("blind_item", schema=None) as batch_op:
        batch_op.drop_index("blind_item_open")

    with op.batch_alter_table("blind_coding", schema=None) as batch_op:
        batch_op.drop_constraint("blind_coding_offered", type_="foreignkey")
        batch_op.drop_column("statement_ids")
        batch_op.drop_column("offered_id")

    with op.batch_alter_table("blind_reading", schema=None) as batch_op:
        batch_op.drop_index("blind_reading_latest")

    op.drop_table("blind_reading")
    with op.batch_alter_table("adjudication", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_adjudication_act_id"))
        batch_op.drop_index("adjudication_waiting")

    op.drop_table("adjudication")
    with op.batch_alter_table("label_hold", schema=None) as batch_op:
        batch_op.drop_index("label_hold_open")

    op.drop_table("label_hold")
    with op.batch_alter_table("agreement_figure", schema=None) as batch_op:
        batch_op.drop_index("agreement_figure_model")

    op.drop_table("agreement_figure")
    with op.batch_alter_table("agreement_run", schema=None) as batch_op:
        batch_op.drop_index("agreement_run_state")

    op.drop_table("agreement_run")
    op.drop_table("offered_labels")
