"""Respondents go through the pages while what is behind them dies: what they sent is there, whole and once."""

import os
import re
import secrets
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

import httpx
import kept
import psycopg
import pytest
import systems
import told
from lxml import html
from measuring import Measured
from sqlmodel import col, select
from systems import OnServices, System

from collector.intake import references
from collector.intake.models import Draft, Submission, Upload
from forms import questionnaire

pytestmark = pytest.mark.slow

RESPONDENTS = 8
FORM = questionnaire.load(told.QUESTIONNAIRE)
START = f"/questionnaires/{told.QUESTIONNAIRE}"
DEATHS = (20, 60, 100)  # of the web service: when so many pages have been taken
BETWEEN_CUTS = 0.3  # seconds
PATIENCE = 120  # seconds until a page has to be taken; a web service that was killed is back within fifteen


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


class Respondent:
    """Walks the pages as a browser does, and presses again whatever was not taken."""

    def __init__(self, system: System, name: str) -> None:
        self.browser = systems.client(system.address)
        self.name, self.taken, self.met = name, 0, 0
        self.answers = told.by_organisation(name)

    def go_through(self) -> str:
        """Answer, add a file, send; returns the reference."""
        url = f"{START}/pages/respondent"
        while found := re.search(r"/(?:pages|lists)/([a-z-]+)", url):
            if found[1] == "documents":
                self.press(url, {"_add": "documents"}, files={"documents": (f"{self.name}.txt", told.OFFERS.encode())})
            url = self.press(url, self.fields_of(found[1]))
        assert url == f"{START}/check", url
        receipt = self.press(url, {})
        return re.search(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}\b", self.got(receipt).text)[0]

    def fields_of(self, page_id: str) -> dict[str, Any]:
        page = FORM.page(page_id, self.answers)
        return {one.id: self.answers[one.id] for one in page.questions if one.id in self.answers}

    def press(self, url: str, fields: dict[str, Any], **more: Any) -> str:
        """Fill in the form of this page and post it until it is taken; returns where it leads."""
        [form] = html.fromstring(self.got(url).text).xpath("//main//form[@method='post']")
        hidden = {field.get("name"): field.get("value") for field in form.xpath(".//input[@type='hidden']")}
        answer = self.tried("POST", form.get("action"), data={**hidden, **fields}, **more)
        assert answer.status_code == 303, (url, answer.status_code, answer.text)
        self.taken += 1
        return answer.headers["location"]

    def got(self, url: str) -> httpx.Response:
        answer = self.tried("GET", url)
        assert answer.status_code == 200, (url, answer.status_code)
        return answer

    def tried(self, method: str, url: str, **sent: Any) -> httpx.Response:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            with suppress(httpx.TransportError):
                answer = self.browser.request(method, url, **sent)
                if answer.status_code != 503:
                    return answer
            self.met += 1
            time.sleep(0.2)
        raise AssertionError(f"{method} {url} was not answered")


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
