"""Respondents go through the pages while what is behind them dies: what they sent is there, whole and once."""

import os
import secrets
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import kept
import psycopg
import pytest
import systems
from measuring import Measured
from respondents import Respondent
from sqlmodel import col, select
from systems import OnServices, System

from collector.intake import references
from collector.intake.models import Draft, Submission, Upload

pytestmark = pytest.mark.slow

RESPONDENTS = 8
DEATHS = (20, 60, 100)  # of the web service: when so many pages have been taken
BETWEEN_CUTS = 0.3  # seconds


def test_respondents_lose_nothing_while_the_web_service_dies_and_the_database_cuts_everybody_off(
    system: System, measured: Measured
) -> None:
    respondents = [Respondent(system, f"Steadfast {secrets.token_hex(4)}") for _ in range(RESPONDENTS)]
    before = kept.number_of(system.database, Submission)
    with (
        measured(f"{RESPONDENTS} respondents through every page and {len(DEATHS)} deaths"),
        troubled(system, respondents),
        ThreadPoolExecutor(RESPONDENTS) as going,
    ):
        sent = list(going.map(Respondent.go_through, respondents))
    assert sum(one.met for one in respondents) > 0, "nobody met a fault"
    assert kept.number_of(system.database, Submission) == before + RESPONDENTS
    for one, reference in zip(respondents, sent, strict=True):
        answers = kept.whole(system.database, reference)["answers"]
        assert {id: answers[id] for id in one.answers} == one.answers
        assert files_of(system, reference) == [f"{one.name}.txt"]
        assert drafts_of(system, reference) == 1
    # The answers and the file of each.
    done = Counter(done=2 * RESPONDENTS)
    with measured("from the last receipt to all of it read"):
        systems.wait_for(lambda: kept.states_of(system.database, sent) == done, within=180, why="all is read")
    assert not any(kept.orphans(system.database).values()), kept.orphans(system.database)


@contextmanager
def troubled(system: System, respondents: list[Respondent]) -> Iterator[None]:
    """The web service dies on the way; PostgreSQL cuts off everybody who uses this database, again and again."""
    over = threading.Event()

    def kill() -> None:
        for number in DEATHS:
            while sum(one.taken for one in respondents) < number:
                if over.wait(0.02):
                    return
            os.kill(system.web_pid(), signal.SIGKILL)

    def cut() -> None:
        with psycopg.connect(systems.DATABASE_SERVER, autocommit=True) as connection:
            while not over.wait(BETWEEN_CUTS):
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [system.database_name]
                )

    with ThreadPoolExecutor(2) as troubles:
        running = [troubles.submit(kill), *([troubles.submit(cut)] if isinstance(system, OnServices) else [])]
        try:
            yield
        finally:
            over.set()
            for one in running:
                one.result()


def files_of(system: System, reference: str) -> list[str]:
    sent = select(Upload.name).join(Submission, col(Submission.id) == Upload.submission_id)
    with system.database.reading() as session:
        return list(session.exec(sent.where(Submission.reference == references.read(reference))))


def drafts_of(system: System, reference: str) -> int:
    sent = select(Draft.id).join(Submission, col(Submission.id) == Draft.submission_id)
    with system.database.reading() as session:
        return len(session.exec(sent.where(Submission.reference == references.read(reference))).all())
