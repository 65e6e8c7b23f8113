"""`bench load`: a form of 250 questions, sent 50 times a second for half a minute: all kept, and how fast?

The load is open: submissions are due at fixed moments, whether or not the ones before were answered, and each is timed
from when it was due, so that waiting for a client that is still busy counts. The ceiling is closed: each client
sends the next as soon as the last is answered. Clients, service and database share the machine.
"""

import http.client
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from urllib.parse import urlencode
from uuid import uuid4

import sqlalchemy as sa
from sqlmodel import Session, select

from collector import schema
from collector.accounts import secrets, tokens
from collector.database import Database, now
from collector.intake import conflicts, drafts, rounds
from collector.intake.models import Answers, Draft, DraftHolder, Round, Submission
from forms import questionnaire
from forms.questionnaire import Questionnaire
from worker.intake_bench import CLIENTS, TEXT, serving, url_in

QUESTIONS = 250
A_SECOND = 50
SECONDS = 30
CEILING_SECONDS = 8
# More than the clients can send while the ceiling is looked for.
SPARE = 150 * CEILING_SECONDS
KEY = "a key for the forms of one benchmark and of nothing else"

# Sends one submission; gives the status of the answer.
Send = Callable[[http.client.HTTPConnection], int]


@dataclass(frozen=True)
class Sent:
    status: int
    waited: float  # seconds from when it was due
    took: float  # seconds from when it was sent


def run(server: str = "") -> dict[str, float | str]:
    """Figures on SQLite, and on the PostgreSQL server whose address is given."""
    figures = {"processors": os.cpu_count(), "load of the machine before, 1 minute": os.getloadavg()[0]}
    with tempfile.TemporaryDirectory() as folder:
        if server:
            with database_on(server) as url:
                figures |= measured("PostgreSQL", Path(folder) / "postgresql", url)
        return figures | measured("SQLite", Path(folder) / "sqlite", url_in(Path(folder)))


def measured(name: str, folder: Path, url: str) -> dict[str, float | str]:
    database = Database(url)
    schema.upgrade(database)
    form, answers = long_form(), long_answers()
    with database.writing() as session:
        round_ = rounds.open_round(session, form, slug="load", title="Load")
        token = tokens.add(session, name="load", role="submitter")
        visitors = [waiting_draft(session, round_, answers) for _ in range(A_SECOND * SECONDS + SPARE)]
        session.commit()
    ways = {"by programs": api_send(form, answers, token), "by the page": page_send(form, answers, visitors)}
    figures = {}
    with serving(folder, "collector.app:create", url=url, key=KEY, broker=True) as port:
        for way, send in ways.items():
            in_turn(port, send, seconds=1)  # everything is compiled and connected
            before = kept(database)
            sent = at_a_rate(port, send)
            figures |= told(f"{name}, {way}", sent, stored=kept(database) - before)
            whole = in_turn(port, send, seconds=CEILING_SECONDS)
            figures[f"{name}, {way}: ceiling a second, {CLIENTS} clients"] = len(whole) / CEILING_SECONDS
    assert_whole(database, answers)
    database.close()
    return figures


def told(name: str, sent: list[Sent], *, stored: int) -> dict[str, float | str]:
    accepted = sum(one.status in (201, 303) for one in sent)
    return {
        f"{name}: sent, accepted, stored": f"{len(sent)}, {accepted}, {stored}",
        f"{name}: median ms from when due": 1000 * statistics.median(one.waited for one in sent),
        f"{name}: 95 % within ms from when due": 1000 * ninety_fifth(one.waited for one in sent),
        f"{name}: 95 % within ms from when sent": 1000 * ninety_fifth(one.took for one in sent),
        f"{name}: longest ms from when due": 1000 * max(one.waited for one in sent),
    }


def ninety_fifth(seconds: Iterator[float]) -> float:
    return statistics.quantiles(seconds, n=20)[-1]


# -- Sending -----------------------------------------------------------------------------------------


def at_a_rate(port: int, send: Send) -> list[Sent]:
    """All that is due, by whichever client is free."""
    start, numbers = time.monotonic() + 0.2, count()

    def client(_: int) -> list[Sent]:
        connection, sent = http.client.HTTPConnection("127.0.0.1", port, timeout=60), []
        while (number := next(numbers)) < A_SECOND * SECONDS:
            due = start + number / A_SECOND
            time.sleep(max(0.0, due - time.monotonic()))
            sent.append(timed(connection, send, due))
        return sent

    return by_all(client)


def in_turn(port: int, send: Send, *, seconds: float) -> list[Sent]:
    until = time.monotonic() + seconds

    def client(_: int) -> list[Sent]:
        connection, sent = http.client.HTTPConnection("127.0.0.1", port, timeout=60), []
        while time.monotonic() < until:
            sent.append(timed(connection, send, time.monotonic()))
        return sent

    return by_all(client)


def by_all(client: Callable[[int], list[Sent]]) -> list[Sent]:
    with ThreadPoolExecutor(CLIENTS) as pool:
        return [one for sent in pool.map(client, range(CLIENTS)) for one in sent]


def timed(connection: http.client.HTTPConnection, send: Send, due: float) -> Sent:
    began = time.monotonic()
    status = send(connection)
    ended = time.monotonic()
    return Sent(status, ended - due, ended - began)


def api_send(form: Questionnaire, answers: dict, token: str) -> Send:
    body = json.dumps({"questionnaire": form.slug, "answers": answers})
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    return lambda connection: posted(connection, "/api/submissions", body, {**headers, "Idempotency-Key": uuid4().hex})


def page_send(form: Questionnaire, answers: dict, visitors: list[str]) -> Send:
    """“Submit your answers”, each time by somebody else whose draft is whole."""
    shown, waiting = conflicts.written(conflicts.digests_of_all(answers)), iter(visitors)

    def send(connection: http.client.HTTPConnection) -> int:
        visitor = next(waiting)
        fields = {"_csrf": secrets.signed(KEY.encode(), visitor), conflicts.SHOWN: shown}
        headers = {"Cookie": f"visitor={visitor}", "Content-Type": "application/x-www-form-urlencoded"}
        return posted(connection, f"/questionnaires/{form.slug}/check", urlencode(fields), headers)

    return send


def posted(connection: http.client.HTTPConnection, path: str, body: str, headers: dict[str, str]) -> int:
    connection.request("POST", path, body, headers)
    answer = connection.getresponse()
    answer.read()
    return answer.status


# -- What is sent, and what was kept ------------------------------------------------------------------


def long_form() -> Questionnaire:
    """The questions that every questionnaire has, and others of every common type, five to a page."""
    main = questionnaire.load("keeping-the-promise").definition
    needed = {"respondent", "organisation", "areas", "permission"}
    pages = [page for page in main["pages"] if page.get("id") in needed]
    there = sum(len(page["questions"]) for page in pages)
    more = [question(number) for number in range(1, QUESTIONS - there + 1)]
    several = [
        {"id": f"page-{at}", "title": f"Page {at}", "questions": more[at : at + 5]} for at in range(0, len(more), 5)
    ]
    definition = {**main, "slug": "long-form", "title": "A long form", "pages": [*pages[:-1], *several, pages[-1]]}
    form = Questionnaire.from_definition(definition)
    assert len(form.questions) == QUESTIONS
    return form


def question(number: int) -> dict:
    kinds = (
        {"type": "long-text", "source": True},
        {"type": "text"},
        {"type": "number"},
        {"type": "one-of", "choices": [{"id": id, "label": id.title()} for id in ("often", "rarely", "never")]},
        {"type": "any-of", "choices": [{"id": id, "label": id.title()} for id in ("alone", "with-others", "online")]},
    )
    return {"id": f"question-{number}", "label": f"Question {number}", "optional": True, **kinds[number % 5]}


def long_answers() -> dict[str, str | list[str]]:
    """An answer to every question: fifty of them in words that are read and coded later."""
    by_kind = (TEXT, "A few words on one line", "12", "often", ["alone", "online"])
    form = long_form()
    given = {id: by_kind[int(id.removeprefix("question-")) % 5] for id in form.questions if id.startswith("question-")}
    return {
        "respondent": "organisation",
        "organisation-name": "A bench of ours",
        "organisation-kind": "other",
        "areas": ["fife"],
        **given,
        "permission": "do-not-publish",
    }


def waiting_draft(session: Session, round_: Round, answers: dict) -> str:
    """A draft with every question answered; returns the secret of the browser that holds it."""
    visitor = secrets.fresh()
    draft = Draft(
        round_id=round_.id,
        questionnaire_id=round_.questionnaire_id,
        answers=answers,
        expires_at=now() + drafts.KEPT_FOR,
    )
    session.add(draft)
    session.flush()
    session.add(DraftHolder(draft_id=draft.id, round_id=round_.id, secret_hash=secrets.hashed(visitor)))
    return visitor


def kept(database: Database) -> int:
    with database.reading() as session:
        return session.exec(select(sa.func.count()).select_from(Submission)).one()


def assert_whole(database: Database, answers: dict) -> None:
    """Every submission has every answer."""
    with database.reading() as session:
        whole = sum(given == answers for given in session.exec(select(Answers.given)))
        if whole != kept(database):
            raise RuntimeError("A submission was kept without all its answers")


@contextmanager
def database_on(server: str) -> Iterator[str]:
    """The address of an empty database on this PostgreSQL server, for as long as it is measured."""
    name = f"feedback_loop_bench_{os.getpid()}"
    engine = sa.create_engine(Database(server).url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
        try:
            yield sa.make_url(server).set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()
