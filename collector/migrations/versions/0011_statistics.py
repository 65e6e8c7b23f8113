"""Figures that others published, of areas and organisations"""

import sqlalchemy as sa
from alembic import op

from collector.migrations.columns import moment, number, words

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "statistic",
        number("id"),
        moment("added_at", nullable=False),
        moment("taken_out_at"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "statistic_edition",
        words("state"),
        number("attempts"),
        moment("woken_at", nullable=False),
        moment("lease_until"),
        moment("finished_at"),
        words("reason"),
        number("id"),
        number("statistic_id", nullable=True),
        number("number", nullable=True),
        sa.Column("in_use", sa.Boolean(), nullable=False),
        *(words(name) for name in ("title", "title_key", "what", "unit")),
        sa.Column("published_on", sa.Date(), nullable=False),
        number("decimals"),
        sa.Column("facts", sa.JSON(), nullable=False),
        *(words(name) for name in ("file_name", "file_hash", "sheet")),
        sa.Column("found", sa.JSON(), nullable=False),
        number("made_by", nullable=True),
        moment("made_at", nullable=False),
        moment("kept_at"),
        sa.ForeignKeyConstraint(["made_by"], ["staff_member.id"]),
        sa.ForeignKeyConstraint(["statistic_id"], ["statistic.id"]),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("statistic_edition_state", "statistic_edition", ["state", "woken_at"])
    op.create_index("statistic_edition_number", "statistic_edition", ["statistic_id", "number"], unique=True)
    op.create_index(op.f("ix_statistic_edition_statistic_id"), "statistic_edition", ["statistic_id"])
    op.create_index(op.f("ix_statistic_edition_title_key"), "statistic_edition", ["title_key"])
    op.create_table(
        "statistic_file",
        number("edition_id"),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["edition_id"], ["statistic_edition.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("edition_id"),
    )
    op.create_table(
        "statistic_figure",
        number("id"),
        number("edition_id"),
        number("row"),
        words("place"),
        words("area", nullable=True),
        number("organisation_id", nullable=True),
        words("named"),
        sa.Column("begins", sa.Date(), nullable=False),
        sa.Column("ends", sa.Date(), nullable=False),
        sa.Column("value", sa.Float(), nullable=True),
        words("missing"),
        words("marks"),
        sa.ForeignKeyConstraint(["edition_id"], ["statistic_edition.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("statistic_figure_area", "statistic_figure", ["area", "edition_id"])
    op.create_index("statistic_figure_organisation", "statistic_figure", ["organisation_id", "edition_id"])
    op.create_index("statistic_figure_place", "statistic_figure", ["edition_id", "place"])
    op.create_table(
        "statistic_change",
        number("id"),
        number("statistic_id"),
        words("what"),
        number("edition", nullable=True),
        words("why"),
        number("staff_id", nullable=True),
        moment("done_at", nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff_member.id"]),
        sa.ForeignKeyConstraint(["statistic_id"], ["statistic.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_statistic_change_statistic_id"), "statistic_change", ["statistic_id"])


def downgrade() -> None:
    for table in ("statistic_change", "statistic_figure", "statistic_file", "statistic_edition", "statistic"):
        op.drop_table(table)
