"""No interval of statements where the blind sample of an area or a kind is too small for one"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

ENDS = ("statements_low", "statements_high")


def upgrade() -> None:
    nullable(True)
    estimate = sa.table("estimate", sa.column("by"), *map(sa.column, ENDS))
    # Those were of the rates of all. The next measuring works out anew what can be told.
    op.execute(estimate.update().where(estimate.c.by != "").values(dict.fromkeys(ENDS)))


def downgrade() -> None:
    op.execute(sa.table("estimate").delete())  # made anew with the next measuring
    nullable(False)


def nullable(may: bool) -> None:
    with op.batch_alter_table("estimate") as batch:
        for name in ENDS:
            batch.alter_column(name, existing_type=sa.Integer(), nullable=may)
