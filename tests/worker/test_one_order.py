"""Whoever changes several rows takes them in one order (docs/operating.md), so that no two wait for each other.

On PostgreSQL alone: SQLite has one writer. Every statement is held up a little here, so that two who take rows in
different orders meet within a few turns.
"""

import random
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from hashlib import sha256
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from sqlmodel import Session, select

from analysis.findings import Findings, Label, Statement
from analysis.passages import Passage as Text
from collector.accounts import staff
from collector.database import Database, now
from collector.findings.models import Statement as Kept
from collector.findings.record import record
from collector.findings.theme_models import Theme, ThemeSearch
from collector.intake import imports, invitations, jobs, meetings, notes, own_links, references, submissions
from collector.intake.invitations import Guest
from collector.intake.item_states import Said
from collector.intake.models import Import, Job, Passage, Round, Source, Submission
from collector.intake.submissions import Received
from collector.leases import Claim
from collector.mine import corrections
from collector.organisations import directory
from collector.organisations.models import Organisation
from collector.privacy import erasure
from collector.review import acts, decisions, outside
from collector.review.outside import Found
from forms import questionnaire
from forms.questions import ITEM_ID
from worker import importing, tasks

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("worker_here")]

TURNS = 25
FORM = questionnaire.load("keeping-the-promise")


@pytest.fixture
def database(fresh_postgresql: str) -> Iterator[Database]:
    with psycopg.connect(fresh_postgresql, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f"ALTER DATABASE \"{name}\" SET deadlock_timeout = '30ms'")
    database = Database(fresh_postgresql)
    sa.event.listen(database.engine, "before_cursor_execute", lambda *_: time.sleep(random.uniform(0, 0.003)))
    yield database
    database.close()


@pytest.fixture
def at_once(database: Database) -> Callable[..., None]:
    """Has several do their work at the same moment, each in a transaction; nobody may be turned away."""

    def do(*verbs: Callable[[Session], Any]) -> None:
        start, trouble = threading.Barrier(len(verbs)), []

        def one(verb: Callable[[Session], Any]) -> None:
            start.wait()
            try:
                with database.writing() as session:
                    verb(session)
                    session.commit()
            except Exception as problem:
                trouble.append(problem)

        threads = [threading.Thread(target=one, args=(verb,)) for verb in verbs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not trouble

    return do


def joint(names: list[str], areas: list[str] = ("fife", "highland")) -> dict[str, Any]:
    """The first leads, the others are its partners."""
    lead, *others = names
    partners = [{"partner-name": name, "partner-kind": "other"} for name in others]
    return {"organisation-name": lead, "areas": list(areas), "partners": partners}


@pytest.fixture
def send(open_round: Round, answers: dict[str, Any]) -> Callable[..., Callable[[Session], Received]]:
    def sending(
        key: str, begun_from: int | None = None, said: Sequence[Said] = (), **changes: Any
    ) -> Callable[[Session], Received]:
        return lambda session: submissions.receive(
            session,
            round_=open_round,
            questionnaire=FORM,
            questionnaire_id=open_round.questionnaire_id,
            answers=complete({**answers, **changes}),
            idempotency_key=key,
            begun_from=begun_from,
            said=said,
        )

    return sending


def complete(given: dict[str, Any]) -> dict[str, Any]:
    return {
        id: [{ITEM_ID: f"{number:016x}", **item} for number, item in enumerate(value)] if id == "partners" else value
        for id, value in given.items()
    }


def names(turn: int) -> list[str]:
    return [f"{name} {turn}" for name in ("Ash Trust", "Birch Council", "Cedar Board")]


def test_joint_returns_that_name_each_other(at_once: Callable, send: Callable) -> None:
    for turn in range(TURNS):
        three = names(turn)
        at_once(
            send(f"{turn}.1", **joint(three)),
            send(f"{turn}.2", **joint(three[::-1], ["highland", "fife"])),
            send(f"{turn}.3", **joint([three[1], three[0], three[2]])),
        )


def withdrawing(id: int) -> Callable[[Session], None]:
    def withdraw(session: Session) -> None:
        erasure.withdraw(session, session.get_one(Submission, id, with_for_update={"key_share": True}))

    return withdraw


def test_joint_returns_that_are_withdrawn(at_once: Callable, send: Callable, database: Database) -> None:
    for turn in range(TURNS):
        three = names(turn)
        with database.writing() as session:
            first = send(f"{turn}.1", **joint(three))(session).submission_id
            second = send(f"{turn}.2", **joint(three[::-1]))(session).submission_id
        at_once(withdrawing(first), withdrawing(second), send(f"{turn}.3", **joint([three[2], three[0], three[1]])))


def test_an_organisation_that_would_be_forgotten_stays_for_who_has_just_named_it(
    at_once: Callable, send: Callable, database: Database
) -> None:
    with database.writing() as session:
        first = send("first", **{"organisation-name": "Ash Trust"})(session).submission_id
    with database.writing() as session:
        id = directory.find_or_add(session, name="Ash Trust")
        other = threading.Thread(target=at_once, args=(withdrawing(first),))
        other.start()
        other.join(3)
        directory.add_areas(session, {id: {"moray"}})
        send("second", **{"organisation-name": "Ash Trust"})(session)
    other.join()
    with database.reading() as session:
        assert directory.named(session, "Ash Trust") == id


def correcting(id: int, given: dict[str, Any]) -> Callable[[Session], None]:
    def correct(session: Session) -> None:
        submission = session.get_one(Submission, id, with_for_update={"key_share": True})
        corrections.correct(session, submission, FORM, complete(given))

    return correct


def test_answers_that_change_places(at_once: Callable, send: Callable, database: Database, answers: dict) -> None:
    for turn in range(TURNS):
        three = names(turn)
        with database.writing() as session:
            first = send(f"{turn}.1", **joint(three))(session).submission_id
            second = send(f"{turn}.2", **joint(three[::-1]))(session).submission_id
        at_once(
            correcting(first, answers | joint([three[2], three[1], "Dogwood"])),
            correcting(second, answers | joint([three[0], "Dogwood"])),
            send(f"{turn}.3", **joint([three[1], three[0]])),
        )


def test_rounds_of_one_respondent_that_go_on_from_each_other(
    at_once: Callable, send: Callable, database: Database, answers: dict
) -> None:
    listed = [{ITEM_ID: f"c{number}", "commitment": f"We will hire worker {number}."} for number in range(6)]
    kept = [Said("commitments", one[ITEM_ID], "kept") for one in listed]
    changed = [{**one, "commitment": one["commitment"][:-1] + " soon."} for one in listed]
    for turn in range(TURNS // 2):
        ids: list[int | None] = [None]
        for number in range(4):
            sending = send(f"{turn}.{number}", ids[-1], kept if ids[-1] else (), commitments=listed)
            with database.writing() as session:
                ids.append(sending(session).submission_id)
                session.commit()
        _, first, second, third, fourth = ids
        at_once(
            correcting(first, answers | {"commitments": changed[::2] + listed[1::2]}),
            correcting(second, answers | {"commitments": changed[:3]}),
            withdrawing(third),
            correcting(fourth, answers | {"commitments": changed}),
            send(f"{turn}.more", fourth, kept, commitments=listed),
            send(f"{turn}.one", first, kept, commitments=listed),
            send(f"{turn}.other", first, [Said(one.list_id, one.item_id, "done") for one in kept]),
        )
        with database.reading() as session:
            assert session.get_one(Submission, fourth).begun_from == second
        at_once(withdrawing(first), withdrawing(second), withdrawing(fourth))


def test_lists_of_guests_pasted_in_two_orders(at_once: Callable, open_round: Round) -> None:
    for turn in range(TURNS):
        guests = [Guest(f"{number}.{turn}@example.org", name=f"Guest {number} {turn}") for number in range(8)]
        other = guests[::-1]
        at_once(
            lambda session, these=guests: invitations.add(session, open_round, these),
            lambda session, these=other: invitations.add(session, open_round, these),
        )


def test_meetings_of_the_same_organisations(at_once: Callable, sign_in: Callable, browser: Any) -> None:
    staff_id = sign_in(browser, "reviewer")
    for turn in range(TURNS):
        for_one = "\n".join(names(turn))
        for_other = "\n".join(names(turn)[::-1])

        def keeping(there: str, turn: int = turn) -> Callable[[Session], Any]:
            facts = {
                "title": "A meeting",
                "held-on": "2026-11-02",
                "place": "Perth",
                "organisations": there,
                "round": meetings.NO_ROUND,
                "permission": "do-not-publish",
                "notes": f"{turn} {there}",
            }
            paragraphs = notes.split(facts["notes"])
            return lambda session: meetings.keep(session, facts=facts, paragraphs=paragraphs, staff_id=staff_id)

        at_once(keeping(for_one), keeping(for_other))


def test_the_sweep_and_what_takes_out_the_jobs_it_finds(at_once: Callable, send: Callable, database: Database) -> None:
    for turn in range(TURNS):
        with database.writing() as session:
            ids = [send(f"{turn}.{number}")(session).submission_id for number in range(6)]
        sources = select(Source.id).where(Source.submission_id.in_(ids))
        with database.writing() as session:
            # The sweep comes to those that fell silent first, and they were made last.
            found = list(session.exec(select(Job.id).where(Job.source_id.in_(sources)).order_by(Job.id)))
            silent = {"state": "running", "lease_until": now() - timedelta(hours=1)}
            session.exec(sa.update(Job).where(Job.id.in_(found)).values(woken_at=now() - timedelta(hours=1)))
            session.exec(sa.update(Job).where(Job.id.in_(found[3:])).values(**silent))
            session.commit()
        at_once(jobs.sweep, jobs.sweep, lambda session, these=sources: erasure.erase_sources(session, these))


ROWS = 40


@pytest.fixture
def imported(database: Database, sign_in: Callable, browser: Any) -> Callable[..., int]:
    """An import that is checked, and asked to be imported; returns its id."""
    staff_id = sign_in(browser, "reviewer")

    def ready(rows: list[str], title: str = "Listening 2022") -> int:
        content = "\n".join(["Response ID,Organisation,Council area,What gets in the way?", *rows])
        with database.writing() as session:
            id = imports.begin(session, file_name="answers.csv", content=content.encode(), staff_id=staff_id)
            session.commit()
        importing.import_rows([id])
        with database.writing() as session:
            imports.say(session, id, title=title, permission="do-not-publish")
            session.commit()
        with database.writing() as session:
            imports.ask_for_check(session, id)
            session.commit()
        importing.import_rows([id])
        with database.writing() as session:
            seen = imports.stamp_of(session.get_one(Import, id))
            assert imports.ask_for_import(session, id, staff_id=staff_id, seen=seen)
            session.commit()
        return id

    return ready


ANIMALS = ("Otter", "Heron", "Salmon", "Badger", "Wren", "Adder", "Lynx", "Curlew")


def rows_of(turn: int) -> list[str]:
    names = [sha256(f"{animal} {turn}".encode()).hexdigest()[:12] for animal in ANIMALS]  # none is like another
    areas = ("Fife", "Moray")
    return [
        f"R{turn}-{row},{names[row % len(names)]},{areas[row % 2]},What is said in row {row} {turn}"
        for row in range(ROWS)
    ]


def in_threads(*works: Callable[[], Any]) -> None:
    """Each in a thread of its own; whatever one raises is raised here."""
    with ThreadPoolExecutor(len(works)) as pool:
        for done in [pool.submit(work) for work in works]:
            done.result()


def test_an_organisation_is_forgotten_while_somebody_goes_on_from_its_answers(
    at_once: Callable, send: Callable, database: Database
) -> None:
    """Who sends leads to the organisation, then needs the jobs; who withdraws has the jobs, then forgets it."""
    listed = [{ITEM_ID: f"c{number}", "commitment": f"We will hire worker {number}."} for number in range(3)]
    kept = [Said("commitments", one[ITEM_ID], "kept") for one in listed]
    same = {"organisation-name": "Ash Trust", "commitments": listed}
    with database.writing() as session:
        first = send("first", **same)(session).submission_id
    with database.writing() as session:
        second = send("second", first, kept, **same)(session).submission_id
    with database.writing() as session:
        directory.find_or_add(session, name="Ash Trust")
        other = threading.Thread(target=at_once, args=(withdrawing(second),))
        other.start()
        other.join(2)
        send("third", first, kept, **same)(session)
    other.join()
    assert no_deadlock(database)


def test_imports_of_the_same_rows_in_two_orders(imported: Callable, database: Database) -> None:
    for turn in range(4):
        rows = rows_of(turn)
        ids = [imported(rows), imported(rows[::-1])]
        in_threads(*(partial(importing.import_rows, [id]) for id in ids))
        with database.reading() as session:
            found = [session.get_one(Import, id) for id in ids]
            assert [(one.state, one.attempts) for one in found] == [("imported", 1)] * 2  # at the first go
            assert sorted(one.counts["add"] for one in found) == [0, ROWS]
    assert no_deadlock(database)


def test_themes_that_take_the_place_of_earlier_ones_while_what_they_are_of_is_erased(
    at_once: Callable, database: Database
) -> None:
    text = "We wait for a year.\nWe wait for two.\nWe wait for three."
    for _ in range(TURNS):
        with database.writing() as session:
            said = [say(session, text) for _ in range(3)]
            found = [Found(5, [(id, []) for _, passage_id in said for id in read(session, passage_id, text)])]
            for _ in range(2):  # of the first the second is to take the place
                claim = outside.leases.claim(session, outside.ask(session, None, staff_id=None))
                if not session.exec(select(Theme.id)).all():
                    outside.finish(session, claim, found, statements=9, more=False)
            session.commit()
        at_once(
            lambda session, claim=claim, found=found: outside.finish(session, claim, found, statements=9, more=False),
            *(erasing(source_id) for source_id, _ in said),
        )
        with database.writing() as session:
            outside.forget(session, select(ThemeSearch.id))
            session.commit()


def test_themes_that_are_kept_while_somebody_decides_on_what_they_are_of(at_once: Callable, database: Database) -> None:
    text = "We wait for a year."
    with database.writing() as session:
        someone = staff.add(session, email="moira@example.org", name="Moira", role="reviewer").id
        passage_ids = [say(session, text)[1] for _ in range(2)]
        # What came first was read last, so that its statement has the higher number.
        said = [read(session, id, text)[0] for id in reversed(passage_ids)][::-1]
        session.commit()

    def decide(session: Session) -> None:
        acts.hold(session, passage_ids)
        label = {"family": "kinds", "label": "activity", "verdict": "accept", "staff_id": someone}
        for id in said:
            decisions.decide(session, statement_id=id, **label)

    found = [Found(5, [(id, []) for id in said])]

    def keep(session: Session) -> None:
        time.sleep(random.uniform(0, 0.1))  # until the other is in the midst of it
        search_id = session.exec(select(ThemeSearch.id).order_by(ThemeSearch.id.desc()).limit(1)).one()
        assert outside.finish(session, Claim(search_id, "running", 1), found, statements=2, more=False)

    for _ in range(TURNS):
        with database.writing() as session:
            outside.leases.claim(session, outside.ask(session, None, staff_id=None))
            session.commit()
        at_once(decide, keep)
    assert no_deadlock(database)


def say(session: Session, text: str) -> tuple[int, int]:
    """A source that says this, and its passage."""
    source = Source(kind="document", title="Said")
    session.add(source)
    session.flush()
    passage = Passage(source_id=source.id, position=1, text=text)
    session.add(passage)
    session.flush()
    return source.id, passage.id


def read(session: Session, passage_id: int, text: str) -> list[int]:
    """Its statements, as a model has read them."""
    record(session, {passage_id: Lines().analyse([Text(str(passage_id), text)])[0]})
    return list(session.exec(select(Kept.id).where(Kept.passage_id == passage_id)))


def erasing(source_id: int) -> Callable[[Session], None]:
    return lambda session: erasure.erase_sources(session, select(Source.id).where(Source.id == source_id))


def no_deadlock(database: Database) -> bool:
    """What the database itself counted: one that we tried again after would not show elsewhere."""
    with database.reading() as session:
        session.exec(sa.text("SELECT pg_stat_force_next_flush()"))
        counted = sa.text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return session.exec(counted).one()[0] == 0


class Lines:
    """Reads a text line by line. It stands in for the models, which take seconds to load."""

    model_version = "lines-1"

    def analyse(self, passages: Sequence[Text]) -> list[Findings]:
        return [self.read(passage) for passage in passages]

    def read(self, passage: Text) -> Findings:
        statements, start = [], 0
        for line in passage.text.splitlines():
            statements.append(Statement(start, start + len(line), (Label("kinds", "activity", 0.7),)))
            start += len(line) + 1
        return Findings(id=passage.id, statements=tuple(statements), model=self.model_version)


@dataclass
class Respondent:
    """Somebody at their own submission, who corrects it again and again and withdraws it in the end."""

    browser: Any
    url: str
    number: int
    told: list[int]

    def work(self) -> None:
        page = f"{self.url}/answers/planning-doing"
        for turn in range(TURNS):
            seen = SEEN.findall(self.browser.get(page).text)
            fields = {"planning.doing": f"We said {turn}.\nThen {self.number}.\nAnd so on.", "_seen": "".join(seen)}
            self.told.append(self.browser.submit(page, fields).status_code)
        self.told.append(self.browser.submit(f"{self.url}/withdraw", {"sure": "yes"}).status_code)


SEEN = re.compile(r'name="_seen" value="([^"]*)"')


@pytest.fixture
def respondent(send: Callable, database: Database, new_browser: Callable) -> Callable[[int, list[int]], Respondent]:
    def begin(number: int, told: list[int]) -> Respondent:
        browser = new_browser()
        browser.get("/sign-in")
        with database.writing() as session:
            received = send(f"mine {number}", **joint([f"Own {number}", f"Other {number % 2}"]))(session)
            own_links.let_in(session, browser.cookies["visitor"], received.submission_id)
            session.commit()
        return Respondent(browser, f"/submissions/{references.shown(received.reference)}", number, told)

    return begin


def test_everybody_at_once(
    respondent: Callable,
    imported: Callable,
    database: Database,
    new_browser: Callable,
    sign_in: Callable,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tasks, "pipeline", Lines)
    monkeypatch.setattr(jobs.leases, "patience", timedelta(0))
    told: list[int] = []
    respondents = [respondent(number, told) for number in range(4)]
    import_id = imported(rows_of(0))
    importing.import_rows([import_id])
    over = threading.Event()

    def until_over(work: Callable[[], Any]) -> Callable[[], None]:
        def again() -> None:
            while not over.is_set():
                work()

        return again

    def read() -> None:
        with database.reading() as session:
            ids = list(session.exec(select(Job.id).where(Job.state == "waiting")))
        tasks.analyse(random.sample(ids, min(len(ids), 5)))

    reviewer = new_browser()
    sign_in(reviewer, "reviewer")

    def decide() -> None:
        with database.reading() as session:
            ids = list(session.exec(select(Kept.id).join(Passage).where(Passage.retired_at.is_(None)).limit(50)))
        for id in random.sample(ids, min(len(ids), 3)):
            verdict = {"family": "kinds", "label": "activity", "verdict": random.choice(["accept", "reject"])}
            told.append(reviewer.submit(f"/staff/statements/{id}/decisions", verdict).status_code)

    def take_back() -> None:
        time.sleep(1)
        fields = {"reason": "It was another year", "with-decisions": "yes"}
        told.append(reviewer_too.submit(f"/staff/imports/{import_id}/take-back", fields).status_code)

    reviewer_too = new_browser()
    sign_in(reviewer_too, "reviewer")
    busy = [threading.Thread(target=until_over(work)) for work in (read, read, tasks.sweep, decide)]
    for thread in busy:
        thread.start()
    try:
        in_threads(take_back, *(one.work for one in respondents))
    finally:
        over.set()
        for thread in busy:
            thread.join()
    assert set(told) <= {303, 404, 409, 422}, told
    assert no_deadlock(database)
    with database.reading() as session:
        assert not session.exec(select(Source.id)).all()  # all was withdrawn or taken back
        assert not session.exec(select(Organisation.name)).all()
