"""People are compared with people and with the model on what was coded blind, and a label that the model gives worse
goes on hold by itself: shown with simulated coders whose errors are known."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import Session, col, select

from analysis import agreement
from collector.accounts import staff
from collector.database import Database, insert_all, now
from collector.findings import holds, standing
from collector.findings.audit_models import (
    Adjudication,
    AgreementFigure,
    AgreementRun,
    BlindReading,
    LabelHold,
    OfferedLabels,
)
from collector.findings.models import BlindCode, BlindCoding, BlindItem, Finding, Statement
from collector.frameworks import plan
from collector.intake.models import Passage, Source
from collector.organisations import directory
from collector.queue import AGREEMENT_TASK
from collector.review import agreement_coded, agreement_pages, agreement_runs, blind_coding
from forms.codebook import CodeRef
from forms.codebook_changes import How
from worker import comparing
from worker.comparing import measure_agreement

pytestmark = pytest.mark.usefixtures("worker_here")

GOOD, BAD, RARE = ("kinds", "activity"), ("kinds", "barrier"), ("kinds", "offer")
ITEMS = 400
MODEL = "simulated-1"


@pytest.fixture
def coders(database: Database) -> list[int]:
    with database.writing() as session:
        people = [
            staff.add(session, email=f"{name}@example.org", name=name, role="reviewer") for name in ("Moira", "Ewan")
        ]
        session.commit()
        return [one.id for one in people]


class World:
    """So many passages of one statement, coded blind by two, with a model's findings: each label true of some of them,
    and each coder wrong about it at a rate of their own."""

    def __init__(self, session: Session, coders: list[int], seed: int = 1) -> None:
        self.session, self.coders, self.chance = session, coders, random.Random(seed)
        self.organisation_id = directory.find_or_add(session, name="Simulated Trust", kind="other", areas=[])
        source = Source(kind="document", title="Simulated", organisation_id=self.organisation_id)
        session.add(source)
        session.flush()
        self.source_id = source.id
        self.offered = blind_coding.offered_now(session).id

    def fill(self, items: int, rates: dict[tuple[str, str], tuple[float, float]], model: str = MODEL) -> None:
        """`rates`: of each label the error of people and that of the model; it is true of three in ten."""
        made = [self.statement(number, model) for number in range(items)]
        codings = [self.codings(passage_id, statement_id) for passage_id, statement_id in made]
        codes, findings = [], []
        for (_, statement_id), both in zip(made, codings, strict=True):
            for label, (people, machine) in rates.items():
                truth = self.chance.random() < 0.3
                codes += [code(id, statement_id, label) for id in both if truth is not (self.chance.random() < people)]
                if truth is not (self.chance.random() < machine):
                    findings.append(finding(statement_id, label, model))
        insert_all(self.session, BlindCode, codes)
        insert_all(self.session, Finding, findings)

    def statement(self, number: int, model: str) -> tuple[int, int]:
        words = f"Statement {number}."
        passage = Passage(source_id=self.source_id, position=number + 1, text=words, analysed_by=model)
        self.session.add(passage)
        self.session.flush()
        statement = Statement(passage_id=passage.id, start=0, end=len(words), model=model)
        self.session.add(statement)
        self.session.add(BlindItem(passage_id=passage.id, coders=2, chance=0.1, closed_at=now()))
        self.session.add(BlindReading(passage_id=passage.id, model=model))
        self.session.flush()
        return passage.id, statement.id

    def codings(self, passage_id: int, statement_id: int) -> list[int]:
        same = {"passage_id": passage_id, "offered_id": self.offered, "statement_ids": [statement_id]}
        rows = [BlindCoding(staff_id=id, **same) for id in self.coders]
        self.session.add_all(rows)
        self.session.flush()
        return [row.id for row in rows]


def code(coding_id: int, statement_id: int, label: tuple[str, str]) -> dict[str, Any]:
    family, id = label
    return {"coding_id": coding_id, "statement_id": statement_id, "family": family, "label": id}


def finding(statement_id: int, label: tuple[str, str], model: str) -> dict[str, Any]:
    family, id = label
    told = {"score": 0.8, "evidence": [], "found_at": now()}
    return {"statement_id": statement_id, "family": family, "label": id, "model": model, **told}


def alpha_of(one: float, other: float, share: float = 0.3) -> float:
    """What alpha two coders come to who err at these rates, on ever more statements."""
    yes = [share * (1 - error) + (1 - share) * error for error in (one, other)]
    differ = one * (1 - other) + other * (1 - one)
    mean = sum(yes) / 2
    return 1 - differ / (2 * mean * (1 - mean))


@pytest.fixture
def simulate(database: Database, coders: list[int]) -> Callable[..., int]:
    def make(items: int, rates: dict, **more: Any) -> int:
        with database.writing() as session:
            world = World(session, coders)
            world.fill(items, rates, **more)
            session.commit()
            return world.organisation_id

    return make


def measure(database: Database) -> int:
    with database.writing() as session:
        run_id = agreement_runs.ask(session, staff_id=None)
        session.commit()
    measure_agreement([run_id])
    return run_id


def figure(database: Database, run_id: int, label: tuple[str, str]) -> AgreementFigure:
    with database.reading() as session:
        wanted = (AgreementFigure.run_id == run_id, AgreementFigure.family == label[0])
        return session.exec(select(AgreementFigure).where(*wanted, AgreementFigure.label == label[1])).one()


def held(database: Database) -> set[tuple[str, str]]:
    with database.reading() as session:
        return holds.on_hold(session)


# Of each label the error of people and of the model.
RATES = {GOOD: (0.05, 0.04), BAD: (0.05, 0.25), ("fundamentals", "listening"): (0.1, 0.1)}


def test_the_figures_are_near_the_truth_and_the_bad_label_goes_on_hold(database: Database, simulate: Callable) -> None:
    simulate(ITEMS, RATES)
    run_id = measure(database)
    for label, (people, machine) in RATES.items():
        found = figure(database, run_id, label)
        for name, truth in (("people_alpha", alpha_of(people, people)), ("model_alpha", alpha_of(people, machine))):
            value, low, high = found.figures[name]
            assert value == pytest.approx(truth, abs=0.08), (label, name)
            assert low < value < high
        assert (found.units, found.double_coded) == (ITEMS, ITEMS)
    assert figure(database, run_id, GOOD).verdict == agreement.AS_GOOD
    assert figure(database, run_id, BAD).verdict == agreement.BELOW
    assert held(database) == {BAD}
    with database.reading() as session:
        run = session.get_one(AgreementRun, run_id)
        assert (run.state, run.coded, run.coded_by_two) == ("done", ITEMS, ITEMS)
        [hold] = session.exec(select(LabelHold)).all()
        assert (hold.model, hold.run_id, hold.ended_at) == (MODEL, run_id, None)
        assert hold.figures["model_alpha"][2] < hold.figures["people_alpha"][1]


def test_a_hold_ends_by_itself_when_a_later_model_is_as_good_and_both_dates_are_kept(
    database: Database, simulate: Callable
) -> None:
    simulate(ITEMS, {BAD: (0.05, 0.3)})
    measure(database)
    better = "simulated-2"
    with database.writing() as session:
        rows = session.exec(select(BlindCode).order_by(col(BlindCode.coding_id))).all()
        chosen = {one.statement_id: finding(one.statement_id, BAD, better) for one in rows}
        insert_all(session, Finding, list(chosen.values()))
        readings = [{"passage_id": id, "model": better, "read_at": now()} for id in session.exec(select(Passage.id))]
        insert_all(session, BlindReading, readings)
        session.exec(sa.update(Passage).values(analysed_by=better))
        session.commit()
    assert held(database) == {BAD}  # nothing is known of the new model yet
    run_id = measure(database)
    assert held(database) == set()
    with database.reading() as session:
        [hold] = session.exec(select(LabelHold)).all()
        assert hold.since < hold.ended_at
        assert hold.ended_by_run == run_id
        assert agreement_runs.models(session) == [better, MODEL]  # what was measured before stays


def test_a_label_with_too_few_passages_is_said_to_be_so_and_not_held(database: Database, simulate: Callable) -> None:
    simulate(30, {RARE: (0.02, 0.6)})
    found = figure(database, measure(database), RARE)
    assert (found.verdict, found.passages < agreement.MINIMUM) == (agreement.TOO_FEW, True)
    assert held(database) == set()


def test_a_hold_does_not_end_because_codings_went(database: Database, simulate: Callable) -> None:
    simulate(ITEMS, {BAD: (0.05, 0.3)})
    measure(database)
    with database.writing() as session:
        session.exec(sa.update(Passage).where(col(Passage.position) > 20).values(retired_at=now()))
        session.commit()
    assert figure(database, measure(database), BAD).verdict == agreement.TOO_FEW
    assert held(database) == {BAD}


def test_what_waits_to_be_settled_counts_and_what_was_settled_changes_nothing(
    database: Database, simulate: Callable
) -> None:
    simulate(60, {GOOD: (0.2, 0.2)})
    before = figure(database, measure(database), GOOD).figures
    with database.writing() as session:
        some = session.exec(select(BlindItem).limit(30)).all()
        for item in some:
            item.closed_at = None
            session.add_all([item, Adjudication(passage_id=item.passage_id, differences=1)])
        session.commit()
    assert figure(database, measure(database), GOOD).figures == before


def test_who_could_not_choose_a_label_did_not_leave_it_out(database: Database, simulate: Callable) -> None:
    simulate(60, {GOOD: (0.05, 0.05), RARE: (0.05, 0.05)})
    with database.writing() as session:
        now_ = session.exec(select(OfferedLabels)).one()
        fewer = [one for one in now_.labels if tuple(one) != RARE]
        earlier = OfferedLabels(digest="earlier", framework=now_.framework, labels=fewer)
        session.add(earlier)
        session.flush()
        ids = session.exec(select(Passage.id).order_by(col(Passage.id)).limit(25)).all()
        session.exec(sa.update(BlindCoding).where(col(BlindCoding.passage_id).in_(ids)).values(offered_id=earlier.id))
        session.commit()
    run_id = measure(database)
    assert (figure(database, run_id, RARE).units, figure(database, run_id, GOOD).units) == (35, 60)


def test_a_label_that_another_became_is_compared_as_that_one(
    database: Database, simulate: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The codebook of today is what both are read in."""
    simulate(60, {("kinds", "went-into-another"): (0.0, 0.0)})
    with database.writing() as session:
        offered = session.exec(select(OfferedLabels)).one()
        offered.labels = [*offered.labels, ["kinds", "went-into-another"]]
        session.add(offered)
        session.commit()
    became = {CodeRef("kinds", "went-into-another"): plan.Meant(How.MERGED, (CodeRef(*GOOD),))}
    monkeypatch.setattr(plan, "_held", replace(plan.held(), meant=became))
    found = figure(database, measure(database), GOOD)
    assert (found.units, found.figures["people_alpha"][0], found.figures["model_alpha"][0]) == (60, 1.0, 1.0)


def test_what_a_reader_of_a_frame_suggests_is_neither_compared_nor_rejected(
    database: Database, simulate: Callable
) -> None:
    simulate(30, {GOOD: (0.0, 0.0), ("frame-plans", "governance"): (0.0, 0.0)})
    run_id = measure(database)
    with database.reading() as session:
        families = set(session.exec(select(AgreementFigure.family).where(AgreementFigure.run_id == run_id)))
    assert families == {"", "kinds"}


def test_where_a_model_cut_otherwise_its_words_count_for_the_statement_that_people_saw(
    database: Database, simulate: Callable
) -> None:
    simulate(1, {})
    with database.writing() as session:
        [passage_id] = session.exec(select(Passage.id))
        piece = Statement(passage_id=passage_id, start=0, end=5, model="other", stands=False)
        session.add(piece)
        session.flush()
        insert_all(
            session, Finding, [finding(piece.id, GOOD, "other"), finding(piece.id, ("actions", "planning"), "other")]
        )
        insert_all(session, BlindReading, [{"passage_id": passage_id, "model": "other", "read_at": now()}])
        session.commit()
        [coded] = agreement_coded.all_coded(session)
    area = ("priority_areas", "planning")
    assert coded.models == {MODEL: frozenset(), "other": frozenset({GOOD, ("actions", "planning"), area})}


# -- The row of a measuring -------------------------------------------------------------------------


def test_a_measuring_is_asked_for_by_the_schedule_when_something_was_coded_since(
    database: Database, simulate: Callable
) -> None:
    def swept() -> list[int]:
        with database.writing() as session:
            ids = agreement_runs.sweep(session)
            session.commit()
        return ids

    assert swept() == []
    simulate(3, {GOOD: (0, 0)})
    [first] = swept()
    assert swept() == []
    measure_agreement([first])
    assert swept() == []  # nothing was coded since
    with database.writing() as session:
        session.exec(sa.update(AgreementRun).values(codings_until=0))
        session.commit()
    assert swept() == []  # not so soon
    with database.writing() as session:
        session.exec(sa.update(AgreementRun).values(asked_at=now() - timedelta(minutes=6)))
        session.commit()
    [second] = swept()
    measure_agreement([second])
    with database.writing() as session:
        session.exec(sa.update(AgreementRun).values(asked_at=now() - timedelta(hours=25)))
        session.commit()
    assert len(swept()) == 1  # for the counts, which more than codings change


def test_who_asks_twice_gets_the_same_measuring_and_it_is_done_once(database: Database, simulate: Callable) -> None:
    simulate(3, {GOOD: (0, 0)})
    with database.writing() as session:
        assert agreement_runs.ask(session, staff_id=None) == agreement_runs.ask(session, staff_id=None)
        session.rollback()
    run_id = measure(database)
    before = figure(database, run_id, GOOD)
    measure_agreement([run_id, run_id, 99])
    assert figure(database, run_id, GOOD).id == before.id


def test_one_that_keeps_failing_is_given_up_and_said_so(
    database: Database, simulate: Callable, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    simulate(3, {GOOD: (0, 0)})

    def fail(*_: Any) -> None:
        raise RuntimeError("Statement 1.")

    monkeypatch.setattr(comparing, "compare", fail)
    run_id = measure(database)
    measure_agreement([run_id, run_id])
    with database.reading() as session:
        assert session.get_one(AgreementRun, run_id).state == "set-aside"
        assert agreement_runs.last_failed(session)
    assert "Statement 1" not in caplog.text


def test_a_measuring_whose_worker_died_is_taken_up_again(database: Database, simulate: Callable) -> None:
    simulate(3, {GOOD: (0, 0)})
    with database.writing() as session:
        run_id = agreement_runs.ask(session, staff_id=None)
        dead = agreement_runs.leases.claim(session, run_id)
        session.exec(sa.update(AgreementRun).values(lease_until=now() - timedelta(seconds=1)))
        session.commit()
        assert agreement_runs.sweep(session) == [run_id]
        session.commit()
    measure_agreement([run_id])
    with database.writing() as session:
        assert agreement_runs.finish(session, dead, [], agreement_coded.coverage(session)) is False
        assert session.get_one(AgreementRun, run_id).state == "done"


def test_the_words_of_a_verdict_are_the_same_everywhere() -> None:
    assert (holds.BELOW, holds.MINIMUM) == (agreement.BELOW, agreement.MINIMUM)
    assert set(agreement_pages.MARKS) == {agreement.AS_GOOD, agreement.BELOW, agreement.TOO_FEW}
    assert set(agreement_pages.MEASURES) == set(comparing.MEASURES)
    assert measure_agreement.name == AGREEMENT_TASK


# -- The page ---------------------------------------------------------------------------------------


def test_before_anything_is_coded_the_page_says_what_will_be_there(staff_browser: Any) -> None:
    page = staff_browser.get("/staff/agreement").text
    assert "No figures yet" in page
    assert "20 more are needed at least" in page
    assert "Measure now" not in page


def test_the_page_and_the_file_tell_the_figures_and_what_is_on_hold(
    database: Database, simulate: Callable, staff_browser: Any
) -> None:
    simulate(ITEMS, RATES)
    asked = staff_browser.submit("/staff/agreement")
    assert asked.status_code == 303
    assert "is on its way" in staff_browser.get("/staff/agreement").text
    run_id = measure(database)
    page = staff_browser.get("/staff/agreement").text
    assert f"{ITEMS} of 0 passages" in page  # the simulated passages never came to the queue
    assert "Below people" in page
    assert "On hold" in page
    value = figure(database, run_id, BAD).figures["model_alpha"][0]
    assert f"<b>{value:.2f}</b>" in page
    told = staff_browser.get("/staff/agreement/figures.csv")
    lines = told.content.decode("utf-8-sig").splitlines()
    with database.reading() as session:
        assert len(lines) == 1 + len(session.exec(select(AgreementFigure)).all())
    assert any(line.split(",")[2:4] == ["kinds", "barrier"] and str(value) in line for line in lines)
    assert staff_browser.get("/staff/agreement?model=no-such").status_code == 404


def test_what_is_on_hold_is_shown_to_staff_marked_and_to_others_once_a_person_has_accepted_it(
    database: Database, analysed: Callable, staff_browser: Any, new_token: Callable, browser: Any
) -> None:
    kept = analysed()
    with database.writing() as session:
        run_id = agreement_runs.ask(session, staff_id=None)
        alphas = {"people_alpha": [0.8, 0.7, 0.9], "model_alpha": [0.2, 0.1, 0.3]}
        told = {"model": "test-1", "passages": 40, "figures": alphas, "verdict": agreement.BELOW}
        holds.follow(session, run_id, [{"family": family, "label": label, **told} for family, label in (GOOD, BAD)])
        session.commit()
    profile, token = f"/api/organisations/{kept.organisation_id}/profile", new_token("reader")

    def kinds() -> set[str]:
        groups = browser.get(profile, headers=token).json()["groups"]
        found = {group["kind"] for group in groups}
        inside = {label for group in groups for one in group["statements"] for label in one["labels"].get("kinds", [])}
        assert inside <= found
        return found

    assert kinds() == set()
    page = staff_browser.get(f"/staff/organisations/{kept.organisation_id}").text
    assert "On hold until a person has checked it: Activity" in page
    assert (
        "shown to staff alone until a person accepts it" in staff_browser.get(f"/staff/sources/{kept.source_id}").text
    )
    fields = {"family": "kinds", "label": "activity", "verdict": "accept"}
    staff_browser.submit(f"/staff/statements/{kept.statement_ids[0]}/decisions", fields)
    assert kinds() == {"activity"}
    with database.writing() as session:
        holds.end(session, *BAD, run_id)
        session.commit()
        assert standing.held_by(session, [kept.statement_ids[2]])
    assert kinds() == {"activity", "barrier"}
