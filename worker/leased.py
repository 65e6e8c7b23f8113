"""Doing what a row asks for: it is claimed, held while it is worked on, and given back where that fails."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from collector.database import Busy, Database, is_away
from collector.leases import Claim, Leases

log = logging.getLogger(__name__)

# Seconds between two renewals of a lease.
BEAT = 5


class Stopped(Exception):
    """It was cancelled, or somebody else has it: nothing more is to be done."""


class Again(Exception):
    """It is to be begun again. That is no failed attempt."""


def work_on(database: Database, leases: Leases, id: int, work: Callable[[Claim], None]) -> None:
    """Do the work that a row asks for, where it waits. Whatever goes wrong the row tells of, and nothing is raised."""
    claim = claimed(database, leases, id)
    if claim is None:
        return
    try:
        with held(database, leases, claim):
            work(claim)
    except Stopped:
        log.warning("%s %s is stopped", leases.noun, id)
    except Exception as problem:
        # The kind of trouble only: a message may carry words that somebody wrote.
        kind = type(problem).__name__
        if isinstance(problem, Again) or is_away(problem):  # no fault of what it works on: the sweep tries again
            what_for = "the database" if is_away(problem) else "a new beginning"
            log.error("%s %s waits for %s: %s", leases.noun, id, what_for, kind)
            give_back(database, leases, claim, leases.put_back)
            return
        log.error("%s %s failed at attempt %s: %s", leases.noun, id, claim.attempt, kind)
        give_back(database, leases, claim, partial(leases.fail, reason=f"{leases.work} failed ({kind})"))


def claimed(database: Database, leases: Leases, id: int) -> Claim | None:
    with database.writing() as session:
        claim = leases.claim(session, id)
        session.commit()
    return claim


@contextmanager
def held(database: Database, leases: Leases, claim: Claim) -> Iterator[None]:
    """Renew the lease now and then, however long something takes; what stops altogether is swept up."""
    done = threading.Event()
    thread = threading.Thread(target=renew_until, args=(database, leases, claim, done), daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def renew_until(database: Database, leases: Leases, claim: Claim, done: threading.Event) -> None:
    while not done.wait(BEAT):
        # Where the database is away the lease may run out; then somebody else takes it, and nothing is lost.
        with suppress(SQLAlchemyError, Busy), database.writing() as session:
            leases.renew(session, claim)
            session.commit()


def put_back(database: Database, leases: Leases, claim: Claim) -> None:
    """Let others have their turn."""
    with database.writing() as session:
        leases.put_back(session, claim)
        session.commit()


def give_back(database: Database, leases: Leases, claim: Claim, way: Callable[[Session, Claim], None]) -> None:
    try:
        with database.writing() as session:
            way(session, claim)
            session.commit()
    except (SQLAlchemyError, Busy) as problem:
        log.error("%s %s waits for its lease to run out: %s", leases.noun, claim.id, type(problem).__name__)
