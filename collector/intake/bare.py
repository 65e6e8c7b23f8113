"""The ceiling that `bench intake` measures against: a bare handler that inserts as many rows in one commit."""

from typing import Any

import sqlalchemy as sa
from litestar import Litestar, post
from litestar.params import JSONBody

from collector import settings as settings_
from collector.database import Database

ROW = sa.Table("bare_row", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("content", sa.Text))


def create() -> Litestar:
    database = Database(settings_.read().database_url)
    ROW.create(database.engine, checkfirst=True)

    @post("/", sync_to_thread=True)
    def keep(data: JSONBody[list[str]]) -> dict[str, Any]:
        """One row for each text."""
        with database.writing() as session:
            session.execute(sa.insert(ROW), [{"content": text} for text in data])
            session.commit()
        return {"kept": len(data)}

    return Litestar([keep], logging_config=None)
