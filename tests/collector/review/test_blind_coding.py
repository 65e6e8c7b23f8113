"""Coding blind: nobody learns what a machine or a colleague gave before, and what they gave is kept as they gave it."""

import re
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import markupsafe
import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from collector.accounts import staff
from collector.accounts.access import Person
from collector.database import Database
from collector.findings import blind, standing
from collector.findings.audit_models import Adjudication, BlindReading
from collector.findings.models import (
    Act,
    BlindCode,
    BlindCoding,
    BlindItem,
    Decision,
    Extract,
    Finding,
    StandingLabel,
)
from collector.findings.record import record
from collector.frameworks import coding_frames, plan
from collector.intake import own_links, references
from collector.intake.models import Passage, Round, Submission
from collector.privacy import erasure
from collector.review import acts, adjudication, blind_coding, cuts, decisions, steps
from collector.review.acts import CannotDo
from collector.review.adjudication import Ruling
from forms import coding_frame
from tests.collector import every_page
from tests.collector.conftest import World
from tests.collector.review.conftest import Two
from tests.conftest import Browser, findings_of

PLANNING, MATTERS, ACTIVITY = ("actions", "planning"), ("fundamentals", "what-matters"), ("kinds", "activity")
AREA = ("priority_areas", "planning")
IDEA = ("kinds", "idea")


@pytest.fixture
def set_share(database: Database, open_round: Round) -> Callable[..., None]:
    def to(share: float | None, double: float | None = None) -> None:
        with database.writing() as session:
            values = {"blind_share": share, "blind_double": double}
            session.exec(sa.update(Round).where(col(Round.id) == open_round.id).values(**values))
            session.commit()

    return to


@pytest.fixture
def third(database: Database) -> int:
    with database.writing() as session:
        id = staff.add(session, email="ailsa@example.org", name="Ailsa", role="reviewer").id
        session.commit()
    return id


@pytest.fixture
def drawn(analysed: Callable, two: Two, set_share: Callable) -> Callable[..., Any]:
    """A submission all of whose passages are coded blind, by so many people."""

    def make(coders: int = 1, **more: Any) -> Any:
        set_share(1.0, float(coders - 1))
        return analysed(**more)

    return make


@pytest.fixture
def send(database: Database) -> Callable[..., None]:
    def keep(passage_id: int, staff_id: int, *labels: Iterable[tuple[str, str]]) -> None:
        """Sends the labels of each statement, in the order of the text; none of those that are not told."""
        with database.writing() as session:
            ids = blind_coding.statements_of(session, passage_id)
            told = [frozenset(one) for one in labels] + [frozenset()] * (len(ids) - len(labels))
            blind_coding.send(session, passage_id, dict(zip(ids, told, strict=True)), staff_id=staff_id)
            session.commit()

    return keep


def item(database: Database, passage_id: int) -> BlindItem:
    with database.reading() as session:
        return session.get_one(BlindItem, passage_id)


def verdicts(database: Database, statement_id: int) -> dict[tuple[str, str], str]:
    with database.reading() as session:
        rows = session.exec(
            select(Decision)
            .join(Act, col(Act.id) == Decision.act_id)
            .where(Decision.statement_id == statement_id, col(Act.undone_at).is_(None))
        )
        return {(one.family, one.label): one.verdict for one in rows}


# -- The share ------------------------------------------------------------------------------------


def test_of_a_round_so_many_are_drawn_as_it_says_and_else_as_the_service_does(
    database: Database, receive: Callable, set_share: Callable, two: Two
) -> None:
    with database.reading() as session:
        shares = {}
        for told in (None, 0.0, 1.0):
            set_share(told)
            receive(str(told))
            [share] = {row[1] for row in session.exec(blind.shares_of([1]))}
            shares[told] = share
            session.rollback()
    assert shares == {None: None, 0.0: 0.0, 1.0: 1.0}


@pytest.mark.parametrize(
    ("of_round", "of_service", "drawn"), [(None, 1.0, 2), (None, 0.0, 0), (0.0, 1.0, 0), (1.0, 0.0, 2)]
)
def test_the_share_of_the_round_outranks_that_of_the_service(
    of_round: float | None,
    of_service: float,
    drawn: int,
    database: Database,
    receive: Callable,
    set_share: Callable,
) -> None:
    set_share(of_round)
    receive()
    with database.writing() as session:
        passages = session.exec(select(Passage)).all()
        told = {1: {"We hold a family meeting": {}}, 2: {"Nobody funds": {}}}
        record(session, {one.id: findings_of(one, told[one.position]) for one in passages}, blind_share=of_service)
        session.commit()
        assert len(session.exec(select(BlindItem)).all()) == drawn
        assert len(session.exec(select(BlindReading)).all()) == drawn


def test_without_a_second_reviewer_nothing_waits_for_one(
    analysed: Callable, set_share: Callable, database: Database
) -> None:
    with database.writing() as session:
        staff.add(session, email="alone@example.org", name="Alone", role="reviewer")
        staff.add(session, email="looks@example.org", name="Looks", role="auditor")
        session.commit()
    set_share(1.0, 1.0)
    kept = analysed()
    assert [item(database, id).coders for id in kept.passage_ids] == [1, 1]


def test_what_has_no_statement_is_not_drawn(analysed: Callable, set_share: Callable, database: Database) -> None:
    set_share(1.0)
    analysed(told={1: {"Parents chair it.": {}}})
    with database.reading() as session:
        assert len(session.exec(select(BlindItem)).all()) == 1


def test_another_reading_draws_no_more_and_is_noted(
    drawn: Callable, record_findings: Callable, database: Database, set_share: Callable
) -> None:
    kept = drawn()
    with database.writing() as session:
        session.exec(sa.delete(BlindReading).where(col(BlindReading.passage_id) == kept.passage_ids[1]))
        session.exec(sa.delete(BlindItem).where(col(BlindItem.passage_id) == kept.passage_ids[1]))
        session.commit()
    record_findings(kept.source_id, {1: {"Parents chair it.": {"kinds": ["activity"]}}}, "test-2")
    with database.reading() as session:
        assert list(session.exec(select(BlindItem.passage_id))) == kept.passage_ids[:1]
        assert set(session.exec(select(BlindReading.model))) == {"test-1", "test-2"}


# -- One coder ------------------------------------------------------------------------------------


def test_what_one_person_gave_stands_and_what_the_machine_alone_gave_does_not(
    drawn: Callable, send: Callable, two: Two, standing_of: Callable, item_of: Callable, database: Database
) -> None:
    kept = drawn()
    first = kept.statement_ids[0]
    assert standing_of(first) == {}
    send(kept.passage_ids[0], two.moira, {PLANNING, AREA, IDEA}, {ACTIVITY})
    assert verdicts(database, first) == {
        PLANNING: "accept",
        IDEA: "add",
        MATTERS: "reject",
        ACTIVITY: "reject",
    }
    assert standing_of(first)[PLANNING] == "accepted"
    assert (item_of(kept.passage_ids[0]).state, item_of(kept.passage_ids[0]).blind) == ("decided", False)
    assert item(database, kept.passage_ids[0]).closed_at is not None


def test_a_coding_sent_twice_is_kept_once_as_it_was_first(
    drawn: Callable, send: Callable, two: Two, database: Database
) -> None:
    kept = drawn(2)
    send(kept.passage_ids[0], two.moira, {ACTIVITY})
    send(kept.passage_ids[0], two.moira, {IDEA})
    with database.reading() as session:
        assert len(session.exec(select(BlindCoding)).all()) == 1
        assert [one.label for one in session.exec(select(BlindCode))] == ["activity"]
    assert item(database, kept.passage_ids[0]).closed_at is None


def test_undo_takes_back_the_decisions_and_not_the_coding(
    drawn: Callable, send: Callable, two: Two, database: Database, standing_of: Callable
) -> None:
    kept = drawn()
    send(kept.passage_ids[0], two.moira, {IDEA})
    with database.writing() as session:
        acts.undo(session, acts.last(session, two.moira).id, staff_id=two.moira)
        session.commit()
    assert standing_of(kept.statement_ids[0])[ACTIVITY] == "suggested"
    assert item(database, kept.passage_ids[0]).closed_at is not None
    with database.reading() as session:
        assert [one.label for one in session.exec(select(BlindCode))] == ["idea"]


def test_nothing_else_can_be_done_to_a_passage_until_it_is_coded(drawn: Callable, two: Two, database: Database) -> None:
    kept = drawn()
    id, passage_id = kept.statement_ids[0], kept.passage_ids[0]
    label = {"family": "kinds", "label": "activity", "verdict": "accept"}
    with database.writing() as session:
        for attempt in (
            lambda: decisions.decide(session, statement_id=id, staff_id=two.moira, **label),
            lambda: steps.finish(session, passage_id, staff_id=two.moira),
            lambda: cuts.split(session, id, at=7, staff_id=two.moira),
        ):
            with pytest.raises(CannotDo, match="coded blind"):
                attempt()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (lambda ids: {ids[0]: frozenset()}, "cut into statements otherwise"),
        (lambda ids: {id: frozenset({("kinds", "no-such")}) for id in ids}, "from the lists"),
    ],
)
def test_what_makes_no_sense_is_not_kept(
    given: Callable, told: str, drawn: Callable, two: Two, database: Database
) -> None:
    passage_id = drawn().passage_ids[0]
    with database.writing() as session:
        wrong = given(blind_coding.statements_of(session, passage_id))
        with pytest.raises(CannotDo, match=told):
            blind_coding.send(session, passage_id, wrong, staff_id=two.moira)
        session.commit()
        assert session.exec(select(BlindCoding)).all() == []


# -- Two coders -----------------------------------------------------------------------------------


def test_where_two_agree_it_is_decided_so_by_the_second(
    drawn: Callable, send: Callable, two: Two, database: Database
) -> None:
    kept = drawn(2)
    passage_id = kept.passage_ids[0]
    send(passage_id, two.moira, {PLANNING}, {ACTIVITY})
    assert item(database, passage_id).closed_at is None
    send(passage_id, two.ewan, {PLANNING, AREA}, {ACTIVITY})
    assert verdicts(database, kept.statement_ids[0])[PLANNING] == "accept"
    with database.reading() as session:
        assert session.exec(select(Adjudication)).all() == []
        assert acts.last(session, two.ewan).what == "blind"


def test_the_statements_stay_as_the_first_coder_saw_them(
    drawn: Callable, send: Callable, two: Two, record_findings: Callable, database: Database
) -> None:
    kept = drawn(2)
    passage_id = kept.passage_ids[0]
    send(passage_id, two.moira, {ACTIVITY})
    with database.reading() as session:
        seen = blind_coding.statements_of(session, passage_id)
    record_findings(kept.source_id, {1: {"We hold a family meeting": {"kinds": ["idea"]}}}, "test-2")
    with database.reading() as session:
        assert blind_coding.statements_of(session, passage_id) == seen


def test_a_third_cannot_code_what_two_have(drawn: Callable, send: Callable, two: Two, third: int) -> None:
    passage_id = drawn(2).passage_ids[0]
    send(passage_id, two.moira, {ACTIVITY})
    send(passage_id, two.ewan, {IDEA})
    with pytest.raises(CannotDo, match="coded while you did"):
        send(passage_id, third, {IDEA})


def test_next_is_what_this_person_has_not_coded_and_still_needs_a_coder(
    drawn: Callable, send: Callable, two: Two, third: int, database: Database
) -> None:
    first, second = drawn(2).passage_ids
    send(first, two.moira, {ACTIVITY})
    send(first, two.ewan, {IDEA})

    def next_of(staff_id: int, after: int = 0) -> int | None:
        with database.reading() as session:
            return blind_coding.next_for(session, staff_id, after=after)

    assert [next_of(id) for id in (two.moira, two.ewan, third)] == [second] * 3
    send(second, two.moira, {IDEA})
    assert next_of(two.moira) is None
    assert next_of(two.ewan, after=second) == second


@pytest.mark.slow
def test_of_two_who_send_at_the_same_moment_each_is_kept_and_it_is_concluded_once(
    drawn: Callable, send: Callable, two: Two, database: Database
) -> None:
    kept = [drawn(2, key=f"at once {number}").passage_ids[0] for number in range(5)]
    for number, passage_id in enumerate(kept):
        labels = ({ACTIVITY}, {ACTIVITY} if number % 2 else {IDEA})
        with ThreadPoolExecutor(2) as both:
            list(both.map(send, [passage_id] * 2, (two.moira, two.ewan), labels))
    with database.reading() as session:
        assert len(session.exec(select(BlindCoding)).all()) == 10
        assert len(session.exec(select(Adjudication)).all()) == 3
        assert len(session.exec(select(Act).where(Act.what == "blind")).all()) == 2


# -- Settling -------------------------------------------------------------------------------------


@pytest.fixture
def differing(drawn: Callable, send: Callable, two: Two) -> Any:
    """One coder gave an action and an activity, the other an activity and an idea."""
    kept = drawn(2)
    send(kept.passage_ids[0], two.moira, {PLANNING, ACTIVITY})
    send(kept.passage_ids[0], two.ewan, {ACTIVITY, IDEA})
    return kept


def differences_of(database: Database, passage_id: int) -> list[blind_coding.Difference]:
    with database.reading() as session:
        return blind_coding.differences(blind_coding.of_passage(session, passage_id))


@pytest.fixture
def settle(database: Database) -> Callable[..., None]:
    def decide(passage_id: int, staff_id: int, *holds: tuple[str, str], key: str | None = None) -> None:
        found = differences_of(database, passage_id)
        told = {one.name: Ruling((one.family, one.label) in holds, f"Why {one.label}") for one in found}
        with database.writing() as session:
            adjudication.settle(session, passage_id, told, staff_id=staff_id, key=key)
            session.commit()

    return decide


def test_what_differs_waits_and_an_area_goes_with_its_action(differing: Any, database: Database) -> None:
    found = differences_of(database, differing.passage_ids[0])
    assert [(one.family, one.label, one.given_by) for one in found] == [
        ("actions", "planning", 0),
        ("kinds", "idea", 1),
    ]
    with database.reading() as session:
        [(waiting, passage, _)] = adjudication.listed(session, "waiting")
        assert (waiting.passage_id, waiting.differences, passage.id) == (passage.id, 2, differing.passage_ids[0])
        assert adjudication.listed(session, "settled") == []


def test_what_is_settled_stands_with_its_reasons_and_both_codings_stay(
    differing: Any, settle: Callable, third: int, database: Database, standing_of: Callable
) -> None:
    passage_id, first = differing.passage_ids[0], differing.statement_ids[0]
    with database.reading() as session:
        before = [one.given for one in blind_coding.of_passage(session, passage_id)]
    settle(passage_id, third, PLANNING, key="a form")
    settle_again = verdicts(database, first)
    assert settle_again == {PLANNING: "accept", ACTIVITY: "accept", IDEA: "reject", MATTERS: "reject"}
    with database.reading() as session:
        assert [one.given for one in blind_coding.of_passage(session, passage_id)] == before
        why = {one.label: one.why for one in session.exec(select(Decision).where(Decision.statement_id == first))}
        [(settled, _, _)] = adjudication.listed(session, "settled")
        assert settled.act_id == acts.last(session, third).id
    assert (why["planning"], why["idea"], why["what-matters"]) == ("Why planning", "Why idea", "")
    assert standing_of(first)[PLANNING] == "accepted"
    with database.writing() as session:  # the answer was lost on the way, and the form is sent again
        assert adjudication.settle(session, passage_id, {}, staff_id=third, key="a form").what == "adjudicate"


def test_undo_opens_it_to_be_settled_again_and_nothing_stands_until_then(
    differing: Any, settle: Callable, third: int, database: Database, standing_of: Callable
) -> None:
    passage_id = differing.passage_ids[0]
    settle(passage_id, third, PLANNING)
    with database.writing() as session:
        acts.undo(session, acts.last(session, third).id, staff_id=third)
        session.commit()
        assert len(adjudication.listed(session, "waiting")) == 1
    assert standing_of(differing.statement_ids[0]) == {}
    settle(passage_id, third, IDEA)
    assert standing_of(differing.statement_ids[0])[IDEA] == "added"


def test_what_was_settled_is_not_opened_when_somebody_has_said_more_since(
    differing: Any, settle: Callable, third: int, two: Two, database: Database
) -> None:
    settle(differing.passage_ids[0], third, PLANNING)
    label = {"family": "kinds", "label": "offer", "verdict": "add"}
    with database.writing() as session:
        decisions.decide(session, statement_id=differing.statement_ids[0], staff_id=two.moira, **label)
        session.commit()
        with pytest.raises(CannotDo, match="1 more was said"):
            acts.undo(session, acts.last(session, third).id, staff_id=third)


def test_each_difference_is_decided_once_and_with_a_reason(
    differing: Any, settle: Callable, third: int, two: Two, database: Database
) -> None:
    passage_id = differing.passage_ids[0]
    found = differences_of(database, passage_id)
    with database.writing() as session:
        for told, words in (
            ({found[0].name: Ruling(True, "Yes")}, "each of the labels"),
            ({one.name: Ruling(True, " ") for one in found}, "Give a reason"),
        ):
            with pytest.raises(CannotDo, match=words):
                adjudication.settle(session, passage_id, told, staff_id=third)
            session.rollback()
    settle(passage_id, third)
    with pytest.raises(CannotDo, match="settled this already"):
        settle(passage_id, two.moira)


def test_a_list_goes_on_where_it_ended_also_among_those_of_one_moment(
    drawn: Callable, send: Callable, two: Two, database: Database
) -> None:
    for key in ("one", "two"):
        for passage_id in drawn(2, key=key).passage_ids:
            send(passage_id, two.moira, {ACTIVITY})
            send(passage_id, two.ewan, {IDEA})
    with database.writing() as session:
        same = session.exec(select(Adjudication.opened_at)).first()
        session.exec(sa.update(Adjudication).values(opened_at=same))
        session.commit()
        whole = [one.passage_id for one, _, _ in adjudication.listed(session, "waiting")]
        met, after = [], None
        while rows := adjudication.listed(session, "waiting", after=after, at_most=1):
            met.append(rows[0][0].passage_id)
            after = (rows[0][0].opened_at, met[-1])
    assert met == whole
    assert len(met) == 4


# -- Nobody learns anything ---------------------------------------------------------------------------


PLANTED = {"kinds": ["idea"], "actions": ["youth-justice"], "barrier_themes": ["external-shock"]}
TEXT = "We hold a family meeting before every decision."
# What is made anew for each page: tokens and keys of forms.
MADE_ANEW = re.compile(r'value="[\w.:-]{20,}"')


@pytest.fixture
def pages_with(
    world: World, as_person: Callable, new_token: Callable, browser: Browser, database: Database, two: Two
) -> Callable[..., dict[str, str]]:
    """Every page and answer about a submission: of staff, of its respondent, of programs."""

    def look(kept: Any, person: Person) -> dict[str, str]:
        ids = world.existing | {
            "source_id": kept.source_id,
            "statement_id": kept.statement_ids[0],
            "passage_id": kept.passage_ids[0],
            "organisation_id": kept.organisation_id,
        }
        program, reference = new_token("reader"), references.shown(kept.received.reference)
        wanted = every_page.addresses(person, ids, under="/staff") + ["/staff/agreement/figures.csv"]
        wanted += [f"/staff/sources?search={reference}", "/staff/adjudication?state=settled"]
        pages = {address: one.get(address).text for one in [as_person(person)] for address in wanted}
        let_in(database, browser, kept, two.moira)
        own = [f"/submissions/{reference}{rest}" for rest in ("", "/understood", "/history", "/answers")]
        own += [f"/submissions/{reference}/understood/{id}" for id in kept.statement_ids]
        profile = f"/api/organisations/{kept.organisation_id}/profile"
        pages |= {address: browser.get(address).text for address in own}
        pages[profile] = browser.get(profile, headers=program).text
        return {address: MADE_ANEW.sub("", page) for address, page in pages.items()}

    return look


def let_in(database: Database, browser: Browser, kept: Any, staff_id: int) -> None:
    with database.writing() as session:
        browser.get("/sign-in")
        own_links.let_in(session, browser.cookies["visitor"], kept.received.submission_id)
        session.commit()


def take_out_what_was_given(database: Database, kept: Any) -> None:
    with database.writing() as session:
        for table in (Finding, BlindCode, StandingLabel):
            session.exec(sa.delete(table).where(col(table.statement_id).in_(kept.statement_ids)))
        session.exec(sa.delete(Extract).where(col(Extract.passage_id).in_(kept.passage_ids)))
        standing.settle(session, kept.statement_ids)
        session.commit()


@pytest.mark.parametrize("person", [Person.REVIEWER, Person.AUDITOR])
def test_no_page_or_answer_is_other_than_if_neither_machine_nor_colleague_had_given_anything(
    person: Person, drawn: Callable, send: Callable, two: Two, database: Database, pages_with: Callable
) -> None:
    """No title, no count, no order: every page is the same to the last character."""
    kept = drawn(2, key="blind", told={1: {TEXT: PLANTED}, 2: {"Nobody funds the post after March.": PLANTED}})
    with database.writing() as session:
        session.add(Extract(passage_id=kept.passage_ids[0], kind="idea", start=0, end=10, model="test-1", details={}))
        session.commit()
    send(kept.passage_ids[0], two.moira, {("kinds", "learning"), ("fundamentals", "what-matters")})
    before = pages_with(kept, person)
    take_out_what_was_given(database, kept)
    after = pages_with(kept, person)
    about_it = {address for address, page in before.items() if TEXT in page}
    assert {f"/staff/sources/{kept.source_id}", f"/staff/review/{kept.passage_ids[0]}/blind"} <= about_it
    assert {address for address, page in before.items() if page != after[address]} == set()


def test_such_a_difference_would_be_seen(
    analysed: Callable, pages_with: Callable, set_share: Callable, database: Database, two: Two
) -> None:
    set_share(0.0)
    kept = analysed("seen", told={1: {TEXT: PLANTED}})
    before = pages_with(kept, Person.REVIEWER)
    take_out_what_was_given(database, kept)
    after = pages_with(kept, Person.REVIEWER)
    differing = {address for address, page in before.items() if page != after[address]}
    reference = references.shown(kept.received.reference)
    for address in (
        f"/staff/sources/{kept.source_id}",
        f"/staff/statements/{kept.statement_ids[0]}",
        f"/staff/organisations/{kept.organisation_id}",
        f"/api/organisations/{kept.organisation_id}/profile",
        f"/submissions/{reference}/understood",
    ):
        assert address in differing


# -- The form -------------------------------------------------------------------------------------


def form_of(database: Database, passage_id: int, *labels: list[str]) -> dict[str, list[str]]:
    with database.reading() as session:
        ids = blind_coding.statements_of(session, passage_id)
    return {f"s{id}": list(values) for id, values in zip(ids, labels, strict=True)}


def test_a_coding_is_sent_with_the_form_and_shown_to_who_sent_it_alone(
    drawn: Callable, staff_browser: Browser, new_browser: Callable, sign_in: Callable, database: Database
) -> None:
    kept = drawn(2)
    passage_id = kept.passage_ids[0]
    url = f"/staff/review/{passage_id}/blind"
    form = staff_browser.get(url).text
    assert TEXT in form
    assert "Suggested" not in form
    sent = staff_browser.submit(url, form_of(database, passage_id, ["kinds:idea", "actions:planning"], ["none"]))
    assert (sent.status_code, sent.headers["location"]) == (303, url)
    own = staff_browser.get(url).text
    assert "Your labels are kept" in own
    assert "<b>Idea</b>" in own
    assert "<b>no label</b>" in own
    with new_browser() as auditor:
        sign_in(auditor, "auditor")
        assert "<b>Idea</b>" not in auditor.get(url).text


def test_a_statement_that_nothing_is_said_of_comes_back_with_all_that_was_ticked(
    drawn: Callable, staff_browser: Browser, database: Database
) -> None:
    passage_id = drawn().passage_ids[0]
    url = f"/staff/review/{passage_id}/blind"
    forgotten = staff_browser.submit(url, form_of(database, passage_id, ["kinds:idea"], []))
    assert forgotten.status_code == 422
    assert "Choose the labels of statement 2, or that none fits" in forgotten.text
    assert re.search(r'value="kinds:idea" checked', forgotten.text)
    both = staff_browser.submit(url, form_of(database, passage_id, ["kinds:idea", "none"], ["none"]))
    assert "For statement 1, choose labels or that none fits, not both" in both.text
    with database.reading() as session:
        assert session.exec(select(BlindCoding)).all() == []


def test_who_sends_and_goes_on_gets_the_next(drawn: Callable, staff_browser: Browser, database: Database) -> None:
    first, second = drawn().passage_ids
    fields = {**form_of(database, first, ["none"], ["none"]), "then": "next"}
    sent = staff_browser.submit(f"/staff/review/{first}/blind", fields)
    assert sent.headers["location"] == f"/staff/review/{second}/blind"


def test_a_passage_with_hundreds_of_labels_can_be_sent(
    drawn: Callable, staff_browser: Browser, database: Database
) -> None:
    passage_id = drawn().passage_ids[0]
    every = [f"{family}:{id}" for family in plan.FAMILY_WORDS for id in plan.by_id(family)]
    sent = staff_browser.submit(f"/staff/review/{passage_id}/blind", form_of(database, passage_id, every * 3, every))
    assert sent.status_code == 303


def test_what_is_not_drawn_leads_to_the_passage_itself(analysed: Callable, staff_browser: Browser) -> None:
    passage_id = analysed().passage_ids[0]
    answer = staff_browser.get(f"/staff/review/{passage_id}/blind")
    assert answer.headers["location"] == f"/staff/review/{passage_id}"
    assert staff_browser.submit(f"/staff/review/{passage_id}/blind").status_code == 404


def test_two_are_settled_on_the_page_without_their_names_until_then(
    differing: Any, staff_browser: Browser, database: Database
) -> None:
    url = f"/staff/adjudication/{differing.passage_ids[0]}"
    assert "2 labels differ" in staff_browser.get("/staff/adjudication").text
    page = staff_browser.get(url).text
    assert "<b>A</b> gave it. <b>B</b> did not." in page
    assert "Moira" not in page
    assert plan.by_id("kinds")["idea"].summary in page
    assert "<b>Takes in:</b>" in page
    of = re.findall(r'name="of" value="([^"]+)"', page)
    refused = staff_browser.submit(url, {"of": of, "d1": "given", "w1": "It says who plans", "d2": "not-given"})
    assert refused.status_code == 422
    assert "Give a reason for Idea, or one for all" in refused.text
    sent = {"of": of, "d1": "given", "w1": "It says who plans", "d2": "not-given", "why": "It is done already"}
    other = staff_browser.submit(url, {**sent, "of": of[::-1]})  # of a page from before a change of the codebook
    assert other.status_code == 422
    assert "The codebook was changed while you had this page open" in other.text
    sent |= {"key": "once"}
    assert staff_browser.submit(url, sent).status_code == 303
    page = staff_browser.get(url).text
    assert "<b>Moira</b> gave it. <b>Ewan</b> did not." in page
    assert "It says who plans" in page
    assert "It is done already" in page
    undo = re.search(r'name="undo" value="(\d+)"', page)[1]
    assert staff_browser.submit(url, {"undo": undo}).status_code == 303
    assert "Settle what differs" in staff_browser.get(url).text


def test_who_coded_it_is_told_that_somebody_else_should_settle_it(
    drawn: Callable, send: Callable, sign_in: Callable, staff_browser: Browser, two: Two, database: Database
) -> None:
    passage_id = drawn(2).passage_ids[0]
    with database.reading() as session:
        me = staff.by_email(session, "reviewer@example.org").id
    send(passage_id, me, {ACTIVITY})
    send(passage_id, two.moira, {IDEA})
    page = staff_browser.get(f"/staff/adjudication/{passage_id}").text
    assert "You coded this passage yourself" in page
    assert "1 colleague can" in page
    assert 'value="given"' in page


def test_what_is_withdrawn_takes_all_that_was_coded_with_it(
    differing: Any, database: Database, dump: Callable, settle: Callable, third: int
) -> None:
    settle(differing.passage_ids[0], third, PLANNING)
    with database.writing() as session:
        erasure.withdraw(session, session.get_one(Submission, differing.received.submission_id))
        session.commit()
    rows = dump()
    gone = ("blind_item", "blind_coding", "blind_code", "blind_reading", "adjudication", "statement", "act")
    assert {name: rows[name] for name in gone} == {name: [] for name in gone}


def test_codes_of_a_frame_beside_the_plan_are_offered_and_decided_too(
    drawn: Callable, staff_browser: Browser, two: Two, database: Database, standing_of: Callable
) -> None:
    frame = coding_frame.load("local-plans")
    with database.writing() as session:
        coding_frames.add(session, frame, file_name="a.yaml", staff_id=two.moira, passages=0)
        session.commit()
    kept = drawn()
    code = (f"frame-{frame.slug}", frame.codes[0].id)
    url = f"/staff/review/{kept.passage_ids[0]}/blind"
    page = staff_browser.get(url).text
    assert frame.codes[0].title in page
    assert frame.codes[0].definition.split(".")[0] in markupsafe.Markup(page).striptags()
    sent = staff_browser.submit(url, form_of(database, kept.passage_ids[0], [":".join(code), "kinds:idea"], ["none"]))
    assert sent.status_code == 303
    assert standing_of(kept.statement_ids[0])[code] == "added"
    assert f"<b>{frame.codes[0].title}</b>" in staff_browser.get(url).text
