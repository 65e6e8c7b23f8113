"""Goes over many statements, batch by batch: each is kept with how far it is, so that it may be cut short anywhere."""

import time
from functools import partial

from collector.database import Database
from collector.findings import blind, concerned
from collector.frameworks import walks
from collector.frameworks.models import Walk
from collector.leases import Claim
from collector.queue import WALK_TASK
from worker import framing, leased, tasks
from worker.app import app

# Statements settled in one transaction, which is a fifth of a second's work.
BATCH = 100


@app.task(name=WALK_TASK)
def walk(walk_ids: list[int]) -> None:
    """Go on with these. An id more or less is no matter: each is claimed first."""
    until = time.monotonic() + tasks.TURN
    for walk_id in walk_ids:
        leased.work_on(tasks.database(), walks.leases, walk_id, partial(go_on, until=until))


def go_on(claim: Claim, until: float) -> None:
    with tasks.database().reading() as session:
        what = session.get_one(Walk, claim.id).what
    step = {"codebook": settle_some, "frame": framing.read_some}[what]
    while step(tasks.database(), claim):
        if time.monotonic() > until:
            leased.put_back(tasks.database(), walks.leases, claim)
            tasks.queue().send([claim.id], WALK_TASK)
            return


def settle_some(database: Database, claim: Claim) -> bool:
    """Settle the next statements; False when there were none, or the walk is somebody else's now."""
    with database.writing() as session:
        found = session.get_one(Walk, claim.id)
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
