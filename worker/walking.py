"""Goes over many statements, batch by batch: each is kept with how far it is, so that it may be cut short anywhere."""

import logging
import time
from collections.abc import Callable
from functools import partial

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from collector.database import Busy, Database, is_away
from collector.findings import blind, concerned
from collector.frameworks import walks
from collector.frameworks.models import Walk
from collector.frameworks.walks import Claim
from collector.queue import WALK_TASK
from worker import framing, tasks
from worker.app import app

log = logging.getLogger(__name__)

# Statements settled in one transaction, which is a fifth of a second's work.
BATCH = 100


@app.task(name=WALK_TASK)
def walk(walk_ids: list[int]) -> None:
    """Go on with these. An id more or less is no matter: each is claimed first."""
    until = time.monotonic() + tasks.TURN
    for walk_id in walk_ids:
        work_on(walk_id, until)


def work_on(walk_id: int, until: float) -> None:
    with tasks.database().writing() as session:
        claim = walks.claim(session, walk_id)
        session.commit()
    if claim is None:
        return
    try:
        with tasks.held(partial(walks.renew, claim=claim)):
            go_on(claim, until)
    except Exception as problem:
        # The kind of trouble only: a message may carry words that somebody wrote.
        kind = type(problem).__name__
        if is_away(problem):
            log.error("walk %s waits for the database: %s", walk_id, kind)
            give_back(claim, walks.put_back)
            return
        log.error("walk %s failed at attempt %s: %s", walk_id, claim.attempt, kind)
        give_back(claim, partial(walks.fail, reason=f"It failed ({kind})"))


def give_back(claim: Claim, way: Callable[[Session, Claim], None]) -> None:
    try:
        with tasks.database().writing() as session:
            way(session, claim)
            session.commit()
    except (SQLAlchemyError, Busy) as problem:
        log.error("walk %s waits for its lease to run out: %s", claim.walk_id, type(problem).__name__)


def go_on(claim: Claim, until: float) -> None:
    with tasks.database().reading() as session:
        what = session.get_one(Walk, claim.walk_id).what
    step = {"codebook": settle_some, "frame": framing.read_some}[what]
    while step(tasks.database(), claim):
        if time.monotonic() > until:
            with tasks.database().writing() as session:
                walks.put_back(session, claim)
                session.commit()
            tasks.queue().send([claim.walk_id], WALK_TASK)
            return


def settle_some(database: Database, claim: Claim) -> bool:
    """Settle the next statements; False when there were none, or the walk is somebody else's now."""
    with database.writing() as session:
        found = session.get_one(Walk, claim.walk_id)
        labels = [tuple(one) for one in found.labels]
        ids = concerned.after(session, labels, found.place, at_most=BATCH)
        # Those of passages that are coded blind are gone through and told to nobody, as in the total.
        told = len(ids) - len(blind.covered(session, ids))
        if not ids:
            walks.finish(session, claim)
        elif walks.advance(session, claim, place=ids[-1], more=told):
            concerned.settle(session, ids)
        else:
            return False
        session.commit()
        return bool(ids)
