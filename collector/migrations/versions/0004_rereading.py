"""Reading anew: when a model read a passage, and where it says otherwise than people had decided"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import collector.database

revision = "0004"
down_revision = "0003"

NEW = sa.text("state = 'decided' AND suggested > 0")


def upgrade() -> None:
    op.create_table(
        "difference",
        sa.Column("statement_id", sa.Integer(), nullable=False),
        sa.Column("family", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("label", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("passage_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["passage_id"], ["passage.id"]),
        sa.ForeignKeyConstraint(["statement_id"], ["statement.id"]),
        sa.PrimaryKeyConstraint("statement_id", "family", "label"),
    )
    op.create_index("ix_difference_passage_id", "difference", ["passage_id"])
    op.add_column("passage", sa.Column("analysed_at", collector.database.Moment(timezone=True), nullable=True))
    op.create_index("review_item_new", "review_item", ["passage_id"], sqlite_where=NEW, postgresql_where=NEW)


def downgrade() -> None:
    op.drop_index("review_item_new", "review_item")
    op.drop_column("passage", "analysed_at")
    op.drop_table("difference")
