"""Learning: versions of readers with what they learned, runs of training, and reading anew behind what is new"""

import sqlalchemy as sa
from alembic import op

from collector.migrations.columns import moment, number, words

revision = "0007"
down_revision = "0006"

CHAMPION = sa.text("state = 'champion'")
UNDER_WAY = sa.text("state IN ('waiting', 'running')")
RUNNING = sa.text("state = 'running'")


def upgrade() -> None:
    op.create_table(
        "reader_version",
        words("version"),
        words("reads"),
        words("kind"),
        words("beneath", nullable=True),
        words("state"),
        words("reason"),
        sa.Column("usable", sa.Boolean(), nullable=False),
        sa.Column("card", sa.JSON(), nullable=False),
        number("decisions"),
        number("statements"),
        number("passages"),
        number("labels"),
        sa.Column("compared", sa.JSON(), nullable=True),
        moment("made_at", nullable=False),
        number("made_by", nullable=True),
        moment("words_gone_at"),
        moment("served_from"),
        moment("served_to"),
        sa.ForeignKeyConstraint(["made_by"], ["staff_member.id"]),
        sa.PrimaryKeyConstraint("version"),
    )
    op.create_index(
        "one_champion", "reader_version", ["reads"], unique=True, sqlite_where=CHAMPION, postgresql_where=CHAMPION
    )
    op.create_index("reader_version_of", "reader_version", ["reads", "made_at"])
    op.create_table(
        "reader_weights",
        words("version"),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["version"], ["reader_version.version"]),
        sa.PrimaryKeyConstraint("version"),
    )
    op.create_table(
        "taught_passage",
        words("version"),
        number("passage_id"),
        sa.ForeignKeyConstraint(["passage_id"], ["passage.id"]),
        sa.ForeignKeyConstraint(["version"], ["reader_version.version"]),
        sa.PrimaryKeyConstraint("version", "passage_id"),
    )
    op.create_index("ix_taught_passage_passage_id", "taught_passage", ["passage_id"])
    op.create_table(
        "reader_change",
        number("id"),
        words("reads"),
        words("version"),
        words("why"),
        number("staff_id", nullable=True),
        moment("at", nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff_member.id"]),
        sa.ForeignKeyConstraint(["version"], ["reader_version.version"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("reader_change_of", "reader_change", ["reads", "id"])
    op.create_table(
        "training_run",
        number("id"),
        words("reads"),
        number("asked_by", nullable=True),
        moment("asked_at", nullable=False),
        words("state"),
        words("stage"),
        number("attempts"),
        number("done"),
        number("total"),
        moment("lease_until"),
        moment("woken_at", nullable=False),
        moment("finished_at"),
        number("decisions_until"),
        words("outcome"),
        words("version", nullable=True),
        words("reason"),
        sa.ForeignKeyConstraint(["asked_by"], ["staff_member.id"]),
        sa.ForeignKeyConstraint(["version"], ["reader_version.version"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "one_training", "training_run", ["reads"], unique=True, sqlite_where=UNDER_WAY, postgresql_where=UNDER_WAY
    )
    op.create_index("training_run_of", "training_run", ["reads", "id"])
    op.create_index("training_run_state", "training_run", ["state", "woken_at"])
    op.create_table(
        "rereading",
        number("id"),
        words("version"),
        number("round_id", nullable=True),
        number("asked_by", nullable=True),
        moment("asked_at", nullable=False),
        words("state"),
        number("total", nullable=True),
        number("done"),
        moment("place_at"),
        number("place", nullable=True),
        moment("finished_at"),
        sa.ForeignKeyConstraint(["asked_by"], ["staff_member.id"]),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"]),
        sa.ForeignKeyConstraint(["version"], ["reader_version.version"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "one_rereading", "rereading", ["state"], unique=True, sqlite_where=RUNNING, postgresql_where=RUNNING
    )
    # As it stands: SQLite would make the table anew for less.
    op.add_column("job", sa.Column("again", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("job", "again")
    for table in ("rereading", "training_run", "reader_change", "taught_passage", "reader_weights", "reader_version"):
        op.drop_table(table)
