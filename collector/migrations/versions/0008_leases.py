"""One set of columns for all rows that are taken up by the worker: when each ended, and why it came to nothing"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import collector.database

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.execute("ALTER TABLE agreement_run RENAME COLUMN measured_at TO finished_at")
    op.execute("UPDATE agreement_run SET state = 'set-aside' WHERE state = 'failed'")
    op.add_column(
        "agreement_run", sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(), nullable=False, server_default="")
    )
    op.add_column("import_", sa.Column("finished_at", collector.database.Moment(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("import_", "finished_at")
    op.drop_column("agreement_run", "reason")
    op.execute("UPDATE agreement_run SET state = 'failed' WHERE state = 'set-aside'")
    op.execute("ALTER TABLE agreement_run RENAME COLUMN finished_at TO measured_at")
