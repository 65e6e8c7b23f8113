"""Keeps profiles up to date with what they are drawn from."""

import logging
import time
from datetime import timedelta

from collector.database import is_away, now
from collector.frameworks import plan
from collector.leases import Claim
from collector.profiles import kept
from collector.profiles.kept import Subject
from collector.queue import PROFILES_TASK
from worker import leased, tasks
from worker.app import app

log = logging.getLogger(__name__)

TURN = 20  # seconds, after which others have their turn
RESTS = 3  # times as long as it worked, while much comes in: what came in is to be read too
OF_ORGANISATIONS = 0.75  # of a turn; areas are made of them, and wait for no more


@app.task(name=PROFILES_TASK)
def rebuild_profiles(ids: list[int]) -> None:
    """Rebuild what changed, as far as a turn goes. An id more or less is no matter: there is one row, claimed first."""
    for id in ids:
        leased.work_on(tasks.database(), kept.leases, id, rebuild)


def rebuild(claim: Claim) -> None:
    plan.look(tasks.database())
    began = time.monotonic()
    until = began + TURN
    with tasks.database().writing() as session:
        kept.note_old(session)
        session.commit()
    for subject in noted():
        if time.monotonic() < (until if subject.area else until - (1 - OF_ORGANISATIONS) * TURN):
            rebuild_one(subject)
    for subject in noted():  # areas that were noted by organisations just now
        if subject.area and time.monotonic() < until:
            rebuild_one(subject)
    with tasks.database().writing() as session:
        kept.put_back(session, claim, rest=timedelta(seconds=RESTS * (time.monotonic() - began)))
        session.commit()


def noted() -> list[Subject]:
    with tasks.database().reading() as session:
        return kept.noted(session)


def rebuild_one(subject: Subject) -> None:
    """One that cannot be rebuilt stays as it was, and does not keep the others waiting."""
    began = now()
    try:
        kept.rebuild(tasks.database(), subject)
    except Exception as problem:
        if is_away(problem):
            raise
        log.error(
            "the profile of %s is not rebuilt: %s", subject.area or subject.organisation_id, type(problem).__name__
        )
        with tasks.database().writing() as session:
            kept.pass_over(session, subject, seen=began)
            session.commit()
