"""Dates of documents: when one was brought in whose own date is known, and the date that a passage was read with"""

from alembic import op

from collector.migrations.columns import day, moment

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.add_column("source", moment("added_at"))
    op.add_column("passage", day("read_as_of", nullable=True))
    read_again()


def read_again() -> None:
    """Documents were read as if they had been written on the day on which they were brought in: nobody had said so."""
    op.execute(
        """UPDATE passage SET read_as_of = (SELECT DATE(received_at) FROM source WHERE source.id = passage.source_id)
        WHERE analysed_by IS NOT NULL AND source_id IN
            (SELECT id FROM source WHERE kind = 'document' AND submission_id IS NULL)"""
    )
    op.execute(
        """INSERT INTO job (source_id, state, attempts, done, total, created_at, woken_at, reason, again)
        SELECT source_id, 'waiting', 0, 0, COUNT(*), CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, '', false FROM passage
        WHERE read_as_of IS NOT NULL AND retired_at IS NULL
            AND source_id NOT IN (SELECT source_id FROM job WHERE state IN ('waiting', 'running'))
        GROUP BY source_id"""
    )


def downgrade() -> None:
    op.execute("UPDATE source SET received_at = added_at WHERE added_at IS NOT NULL")
    op.drop_column("passage", "read_as_of")
    op.drop_column("source", "added_at")
