"""Counts of organisations are corrected with each measuring, from what was coded blind and what people decided."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import Session, select

from analysis import prevalence
from collector.accounts import staff
from collector.database import Database, now
from collector.findings import estimates, standing
from collector.findings.audit_models import AgreementRun, BlindReading
from collector.findings.counts import Within
from collector.findings.estimate_models import Estimate
from collector.findings.models import BlindCode, BlindCoding, BlindItem, Finding, StandingLabel, Statement
from collector.intake.models import Passage, Source
from collector.organisations import directory
from collector.review import acts, agreement_runs, blind_coding
from collector.review import estimating as review
from worker.comparing import measure_agreement
from worker.estimating import Table

pytestmark = pytest.mark.usefixtures("worker_here")
MODEL = "simulated-1"
LABEL = ("kinds", "barrier")
AREAS = ("fife", "moray")


@pytest.fixture
def heard(database: Database, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Organisations whose truth is known: every second says it, in one of ten statements; the machine finds most."""

    def make(organisations: int = 8, each: int = 15, blind: float = 0.6) -> int:
        chance = random.Random(7)
        with database.writing() as session:
            coder = staff.add(session, email="coder@example.org", name="The coder", role="reviewer").id
            offered = blind_coding.offered_now(session).id
            decided: list[int] = []
            with monkeypatch.context() as at_the_end:  # what holds is worked out once for all, and is the same
                at_the_end.setattr(acts, "settle", lambda _, passage_ids: decided.extend(passage_ids))
                for number in range(organisations):
                    fill(session, number, each, blind, coder, offered, chance)
            acts.settle(session, decided)
            session.commit()
        return organisations // 2

    return make


def fill(session: Session, number: int, each: int, blind: float, coder: int, offered: int, chance: Any) -> None:
    kind = ("local_authority", "health_board")[number % 2]
    id = directory.find_or_add(session, name=f"Number {number}", kind=kind, areas=[AREAS[number % 2]])
    source = Source(kind="document", title="Simulated", organisation_id=id)
    session.add(source)
    session.flush()
    drawn: list[tuple[int, int, bool]] = []
    ids = []
    for place in range(each):
        true = number % 2 == 0 and place % 10 == 0
        said = chance.random() < (0.8 if true else 0.01)
        passage_id, one = statement(session, source.id, place, said)
        ids.append(one)
        drawn += [(passage_id, one, true)] if chance.random() < blind else []
    standing.settle(session, ids)
    for passage_id, one, true in drawn:
        code(session, passage_id, one, true, coder, offered)


def statement(session: Session, source_id: int, place: int, said: bool) -> tuple[int, int]:
    words = f"Statement {place}."
    passage = Passage(source_id=source_id, position=place + 1, text=words, analysed_by=MODEL)
    session.add(passage)
    session.flush()
    one = Statement(passage_id=passage.id, start=0, end=len(words), model=MODEL)
    session.add(one)
    session.flush()
    if said:
        family, label = LABEL
        session.add(Finding(statement_id=one.id, family=family, label=label, model=MODEL, score=0.8, evidence=[]))
        session.flush()
    return passage.id, one.id


def code(session: Session, passage_id: int, statement_id: int, true: bool, coder: int, offered: int) -> None:
    item = BlindItem(passage_id=passage_id, coders=1, chance=0.5)
    session.add(item)
    session.add(BlindReading(passage_id=passage_id, model=MODEL))
    coding = BlindCoding(passage_id=passage_id, staff_id=coder, offered_id=offered, statement_ids=[statement_id])
    session.add(coding)
    session.flush()
    given = frozenset({LABEL} if true else ())
    for family, label in given:
        session.add(BlindCode(coding_id=coding.id, statement_id=statement_id, family=family, label=label))
    session.flush()
    blind_coding.close(session, item, {statement_id: given}, staff_id=coder, what="blind")


def beside(database: Database, *, on: tuple[str, str]) -> None:
    """Every statement speaks to this too, the machine gives it to all, and so do the coders."""
    family, label = on
    with database.writing() as session:
        ids = session.exec(select(Statement.id)).all()
        for id in ids:
            session.add(Finding(statement_id=id, family=family, label=label, model=MODEL, score=0.6, evidence=[]))
        drawn = session.exec(select(BlindCoding)).all()
        for coding in drawn:
            for id in coding.statement_ids:
                session.add(BlindCode(coding_id=coding.id, statement_id=id, family=family, label=label))
        session.flush()
        standing.settle(session, ids)
        session.commit()


def measure(database: Database) -> None:
    with database.writing() as session:
        run_id = agreement_runs.ask(session, staff_id=None)
        session.commit()
    measure_agreement([run_id])
    with database.reading() as session:
        assert session.get_one(AgreementRun, run_id).state == "done"


def estimate(database: Database, by: str = "", value: str = "", label: tuple[str, str] = LABEL) -> Estimate:
    with database.reading() as session:
        return estimates.of(session, None, [label[0]])[(*label, by, value)]


def test_a_measuring_corrects_the_counts_of_all_and_of_each_kind_and_area(database: Database, heard: Callable) -> None:
    truth = heard()
    measure(database)
    whole = estimate(database)
    assert (whole.basis, whole.model, whole.answered) == (estimates.CORRECTED, MODEL, 8)
    assert whole.decided <= whole.low <= truth <= whole.high <= 8
    assert whole.statements_low <= 2 * truth <= whole.statements_high
    for by, value, true in (("kind", "local_authority", truth), ("area", "moray", 0)):
        one = estimate(database, by, value)
        assert (one.answered, one.decided <= true, one.low <= true <= one.high) == (4, True, True)


def test_statements_of_an_area_are_corrected_by_its_own_blind_items_and_by_no_others(
    database: Database, heard: Callable
) -> None:
    """Of eight organisations each area has four, and too few items for an interval of its own."""
    heard()
    measure(database)
    few = estimate(database, "area", "fife")
    assert few.basis == estimates.CORRECTED
    assert (few.statements_low, few.statements_high) == (None, None)
    assert estimate(database).statements_high > 0


def test_statements_of_an_area_of_which_enough_were_coded_blind_have_an_interval(
    database: Database, heard: Callable
) -> None:
    truth = 2 * heard(organisations=14)
    measure(database)
    fife, moray = (estimate(database, "area", one) for one in AREAS)
    assert fife.statements_decided <= fife.statements_low <= truth <= fife.statements_high
    assert moray.statements_low == 0
    # Nobody in Moray says it, and nothing that was coded in Fife tells of Moray.
    assert moray.statements_high < truth


def test_with_few_blind_items_what_people_decided_alone_is_counted(database: Database, heard: Callable) -> None:
    heard(blind=0.1)
    measure(database)
    one = estimate(database)
    assert one.blind < estimates.MINIMUM
    assert (one.basis, one.low, one.high) == (estimates.TOO_FEW, one.decided, one.decided)


def test_what_people_decide_is_counted_as_it_is(database: Database, heard: Callable) -> None:
    """All coded blind: nothing is left to be estimated."""
    truth = heard(blind=2.0)
    measure(database)
    one = estimate(database)
    assert (one.decided, one.low, one.high) == (truth, truth, truth)
    assert (one.statements_decided, one.statements_low, one.statements_high) == (2 * truth,) * 3


def test_a_passage_that_is_still_coded_blind_counts_for_nothing(database: Database, heard: Callable) -> None:
    heard()
    began = now()
    measure(database)
    before = estimate(database)
    assert before.made_at >= began
    with database.writing() as session:
        for item in session.exec(select(BlindItem)).all():
            item.closed_at = None
            session.add(item)
        session.flush()
        standing.settle(session, session.exec(select(Statement.id)).all())
        session.commit()
    measure(database)  # takes the place of the one before
    assert estimate(database).blind == 0 < before.blind


def test_the_sample_is_what_people_gave_and_what_the_machine_did_with_its_score(
    database: Database, heard: Callable
) -> None:
    heard()
    with database.reading() as session:
        population = review.population(session, Within(), prevalence.BANDS)
        blind = Table(population).blind(LABEL, review.sample(session, Within(), MODEL))
        drawn = session.exec(select(Statement.id).join(BlindItem, BlindItem.passage_id == Statement.passage_id)).all()
        found = session.exec(select(Finding.id).where(Finding.statement_id.in_(drawn))).all()
        given = session.exec(select(BlindCode.statement_id)).all()
    assert (len(blind), sum(one.yes for one in blind)) == (len(drawn), len(given))
    assert [one.band for one in blind if one.band >= 0] == [prevalence.band_of(0.8)] * len(found)
    assert {(len(one.organisations), one.chance) for one in blind} == {(1, 0.5)}


def test_the_pages_call_it_as_the_estimates_do() -> None:
    theirs = (prevalence.CORRECTED, prevalence.PEOPLE_ONLY, prevalence.TOO_FEW, prevalence.MINIMUM)
    assert theirs == (estimates.CORRECTED, estimates.PEOPLE_ONLY, estimates.TOO_FEW, estimates.MINIMUM)


# -- Two labels on one statement -------------------------------------------------------------------------


def test_a_pair_of_labels_is_corrected_as_one_label_is(database: Database, heard: Callable) -> None:
    """All speak to the action and the machine sees that: the pair is said by whoever names what is in the way."""
    truth = heard()
    beside(database, on=("actions", "planning"))
    measure(database)
    pair = ("actions|kinds", "planning|barrier")
    whole, alone = estimate(database, label=pair), estimate(database)
    assert (whole.basis, whole.answered, whole.blind) == (estimates.CORRECTED, 8, alone.blind)
    assert whole.low <= truth <= whole.high <= 8
    assert (whole.low, whole.high) == (alone.low, alone.high) or whole.decided < alone.decided
    for value, true in (("fife", truth), ("moray", 0)):
        one = estimate(database, "area", value, label=pair)
        assert one.low <= true <= one.high
    assert estimate(database, label=("actions|kinds", "advocacy|barrier")).low == 0


def test_a_pair_is_as_sure_as_the_less_sure_of_both_and_decided_where_both_are(
    database: Database, heard: Callable
) -> None:
    heard(organisations=6, blind=0)
    beside(database, on=("actions", "planning"))
    with database.writing() as session:
        held = session.exec(select(StandingLabel).where(StandingLabel.family == "kinds")).all()
        one, other = held[:2]  # the machine labels statements of both organisations
        one.state = "accepted"
        of_the_other = (StandingLabel.statement_id == other.statement_id, StandingLabel.family == "actions")
        for label in (other, session.exec(select(StandingLabel).where(*of_the_other)).one()):
            label.state = "accepted"
            session.add(label)
        session.add(one)
        session.commit()
    with database.reading() as session:
        population = review.population(session, Within(), prevalence.BANDS)
    found = population.labels["actions|kinds", "planning|barrier"].values()
    assert sum(one.yes for one in found) == 1
    # Between 0.5 and 0.75, as the action is: the kind is at 0.8, or decided.
    assert [sum(one.labelled[band] for one in found) for band in range(3)] == [0, len(held) - 1, 0]


def test_a_statement_is_on_the_area_that_it_was_asked_under_where_nothing_says_otherwise(
    database: Database, heard: Callable
) -> None:
    truth = heard()
    with database.writing() as session:
        for one in session.exec(select(Passage)).all():
            one.concern = "planning"
            session.add(one)
        session.flush()
        standing.settle(session, session.exec(select(Statement.id)).all())
        session.commit()
    measure(database)
    one = estimate(database, label=("priority_areas|kinds", "planning|barrier"))
    assert one.basis == estimates.CORRECTED
    assert one.decided <= one.low <= truth <= one.high
    assert (one.low, one.high) == (estimate(database).low, estimate(database).high)


def test_of_one_round_pairs_are_not_estimated(database: Database, heard: Callable, open_round: Any) -> None:
    heard()
    measure(database)
    with database.reading() as session:
        within = [one.round_id for one in review.within_all(session)]
        of_round = session.exec(select(Estimate.family).where(Estimate.round_id.is_not(None))).all()
        of_all = session.exec(select(Estimate.family).where(Estimate.round_id.is_(None)).distinct()).all()
    assert open_round.id in within
    assert not any("|" in family for family in of_round)
    assert sum("|" in family for family in of_all) == len(estimates.PAIRS)
