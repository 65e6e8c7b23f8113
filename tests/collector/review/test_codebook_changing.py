"""Changing the codebook: labels keep what they were given as, and are read by what they mean now."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from sqlmodel import Session, col, select

from collector.database import Database
from collector.findings import concerned, standing
from collector.findings.audit_models import Adjudication
from collector.findings.models import BlindItem, Decision, Finding, StandingLabel
from collector.frameworks import codebooks, plan
from collector.frameworks.models import CodebookVersion, PlanChange, Walk
from collector.review import acts, adjudication, blind_coding, bulk, codebook_changing, cuts, steps
from collector.review.adjudication import Ruling
from forms.codebook import Code, CodeRef
from forms.codebook_changes import Add, ChangeRefused, Merge, Move, Retire, Reword, Split
from tests.collector.review.conftest import Two, decide
from tests.conftest import Analysed

FUNDING, SKILLS = (CodeRef("barrier_themes", id) for id in ("funding", "skills-and-confidence"))
MEANS = Code(id="means", title="Money and people", takes_in="Money or people are short.")
PARTS = (
    Code(id="grants", title="Grants end", takes_in="A grant ends."),
    Code(id="costs", title="Costs rise", takes_in="Costs rise."),
)
ADVOCACY, BARRIER = CodeRef("actions", "advocacy"), CodeRef("kinds", "barrier")

# Two statements of which one is said to be about two barriers.
TOLD = {
    1: {
        "We hold a family meeting before every decision.": {
            "kinds": ["barrier"],
            "barrier_themes": ["funding", "skills-and-confidence"],
        },
        "Parents chair it.": {"actions": ["advocacy"]},
    },
    2: {"Nobody funds the post after March.": {"kinds": ["barrier"], "barrier_themes": ["funding"]}},
}


@pytest.fixture(autouse=True)
def plan_as_shipped() -> Iterator[None]:
    """What a process holds is of the database that it looked at last, and each test has its own."""
    plan._held = None
    yield
    plan._held = None


@pytest.fixture
def begin_change(database: Database, two: Two) -> Callable[..., tuple[CodebookVersion, int | None]]:
    """Changes the codebook; returns the version and the walk that is to settle what it concerns."""

    def make(*changes: Any, take_back: bool = False, on: int = 0, key: str | None = None) -> Any:
        with database.writing() as session:
            plan.refresh(session)
            row, walk = codebook_changing.apply(
                session,
                changes,
                on=on or plan.book().version,
                staff_id=two.moira,
                why="Coders asked for it",
                key=key,
                take_back=take_back,
            )
            session.commit()
            session.refresh(row)
            session.expunge(row)
            return row, walk and walk.id

    return make


@pytest.fixture
def change(database: Database, begin_change: Callable) -> Callable[..., CodebookVersion]:
    """Changes the codebook and settles what that concerns, as the worker would."""

    def make(*changes: Any, **how: Any) -> CodebookVersion:
        row, walk_id = begin_change(*changes, **how)
        if walk_id:
            settle(database, walk_id)
        return row

    return make


def settle(database: Database, walk_id: int) -> None:
    with database.writing() as session:
        labels = [tuple(one) for one in session.get_one(Walk, walk_id).labels]
        concerned.settle(session, concerned.after(session, labels, 0, at_most=1_000))
        session.get_one(Walk, walk_id).state = "done"
        session.commit()


@pytest.fixture
def read(analysed: Callable[..., Analysed]) -> Analysed:
    return analysed(told=TOLD)


@pytest.fixture
def blind(database: Database) -> Callable[[int], None]:
    """Has two people code a passage blind."""

    def draw(passage_id: int) -> None:
        with database.writing() as session:
            session.add(BlindItem(passage_id=passage_id, coders=2, chance=1.0))
            session.flush()
            acts.settle(session, [passage_id])
            session.commit()

    return draw


@pytest.fixture
def code_blind(database: Database, read: Analysed, blind: Callable[[int], None]) -> Callable[..., None]:
    """Codes the last statement, whose passage is coded blind."""
    blind(read.passage_ids[1])

    def send(staff_id: int, *labels: CodeRef) -> None:
        given = {read.statement_ids[2]: frozenset((one.family, one.id) for one in labels)}
        with database.writing() as session:
            blind_coding.send(session, read.passage_ids[1], given, staff_id=staff_id)
            session.commit()

    return send


@pytest.fixture
def asked(database: Database, read: Analysed) -> Callable[[], list[tuple[str, int | None, bool]]]:
    """What is to be settled between the two: label, who gave it, and whether it is a part of a code that was split."""

    def of() -> list[tuple[str, int | None, bool]]:
        with database.reading() as session:
            found = blind_coding.differences(blind_coding.of_passage(session, read.passage_ids[1]))
            return [(one.label, one.given_by, one.is_part) for one in found]

    return of


@pytest.fixture
def rule(database: Database, read: Analysed, two: Two) -> Callable[..., None]:
    """Settles what differs: these labels hold, and the others do not."""

    def settle_as(*holds: str) -> None:
        with database.writing() as session:
            found = blind_coding.differences(blind_coding.of_passage(session, read.passage_ids[1]))
            rulings = {one.name: Ruling(one.label in holds, "As it says") for one in found}
            adjudication.settle(session, read.passage_ids[1], rulings, staff_id=two.moira)
            session.commit()

    return settle_as


def themes(found: dict[tuple[str, str], str], family: str = "barrier_themes") -> dict[str, str]:
    return {label: state for (of, label), state in found.items() if of == family}


def rows_kept(database: Database) -> list[Any]:
    with database.reading() as session:
        kept = [session.exec(select(table).order_by(col(table.id))).all() for table in (Finding, Decision)]
        return [row.model_dump() for rows in kept for row in rows]


def standing_rows(database: Database, statement_id: int) -> set[str]:
    with database.reading() as session:
        chosen = select(StandingLabel.label).where(
            StandingLabel.statement_id == statement_id, StandingLabel.family == "barrier_themes"
        )
        return set(session.exec(chosen))


def test_what_was_coded_with_merged_codes_is_one_code_and_no_row_is_edited(
    database: Database, read: Analysed, two: Two, change: Callable, standing_of: Callable
) -> None:
    both, _, funding = read.statement_ids
    decide(database, both, two.moira, "reject", family="barrier_themes", label="skills-and-confidence")
    decide(database, funding, two.ewan, "accept", family="barrier_themes", label="funding")
    before = rows_kept(database)
    change(Merge(codes=(FUNDING, SKILLS), into=MEANS))
    # Funding was suggested beside what was rejected, and nobody has rejected that.
    assert themes(standing_of(both)) == {"means": "suggested"}
    assert themes(standing_of(funding)) == {"means": "accepted"}
    assert standing_rows(database, both) == standing_rows(database, funding) == {"means"}
    assert rows_kept(database) == before
    assert not plan.known("barrier_themes", "funding")


def test_a_decision_on_the_merged_code_outranks_what_was_said_before(
    database: Database, read: Analysed, two: Two, change: Callable, standing_of: Callable
) -> None:
    both = read.statement_ids[0]
    decide(database, both, two.moira, "accept", family="barrier_themes", label="skills-and-confidence")
    change(Merge(codes=(SKILLS,), into=FUNDING))
    assert themes(standing_of(both)) == {"funding": "accepted"}
    decide(database, both, two.ewan, "reject", family="barrier_themes", label="funding")
    assert themes(standing_of(both)) == {"funding": "rejected"}


def test_taking_a_merge_back_tells_them_apart_again(
    database: Database, read: Analysed, two: Two, change: Callable, standing_of: Callable
) -> None:
    both, _, funding = read.statement_ids
    decide(database, both, two.moira, "accept", family="barrier_themes", label="skills-and-confidence")
    before = {id: standing_of(id) for id in read.statement_ids}
    change(Merge(codes=(FUNDING, SKILLS), into=MEANS))
    decide(database, funding, two.ewan, "accept", family="barrier_themes", label="means")
    row = change(take_back=True)
    assert (row.number, row.takes_back) == (3, 2)
    assert standing_of(both) == before[both]
    # Which of the two was meant by the new code only a person can say.
    found = themes(standing_of(funding))
    assert found == {"funding": "suggested", "skills-and-confidence": "suggested"}
    assert standing_rows(database, funding) == {"funding", "skills-and-confidence"}


def test_what_a_person_coded_with_a_split_code_is_suggested_under_each_part_and_needs_a_second_look(
    database: Database, read: Analysed, two: Two, change: Callable, standing_of: Callable, item_of: Callable
) -> None:
    both, _, funding = read.statement_ids
    decide(database, funding, two.moira, "accept", family="barrier_themes", label="funding")
    with database.writing() as session:
        steps.finish(session, read.passage_ids[1], staff_id=two.moira)
        session.commit()
    change(Split(code=FUNDING, into=PARTS))
    assert themes(standing_of(funding)) == {"grants": "suggested", "costs": "suggested"}
    assert item_of(read.passage_ids[1]).state == "second-look"
    assert item_of(read.passage_ids[0]).state == "suggested"  # nobody had decided there
    assert themes(standing_of(both)) == {
        "grants": "suggested",
        "costs": "suggested",
        "skills-and-confidence": "suggested",
    }
    decide(database, funding, two.ewan, "accept", family="barrier_themes", label="grants")
    decide(database, funding, two.ewan, "reject", family="barrier_themes", label="costs")
    with database.writing() as session:
        steps.finish(session, read.passage_ids[1], staff_id=two.ewan)
        session.commit()
    assert item_of(read.passage_ids[1]).state == "decided"


def test_what_was_said_of_a_split_code_is_asked_again_of_a_statement_that_is_cut_otherwise_since(
    database: Database, read: Analysed, two: Two, change: Callable, standing_of: Callable
) -> None:
    both = list(read.statement_ids[:2])
    decide(database, both[1], two.moira, "add", family="barrier_themes", label="funding")
    change(Split(code=FUNDING, into=PARTS))
    with database.writing() as session:
        [whole] = cuts.merge(session, both, staff_id=two.ewan)
        session.commit()
        said = session.exec(select(Decision.label, Decision.verdict).where(Decision.statement_id == whole)).all()
        parts = [one for one in standing.held_by(session, [whole])[whole] if one.label in ("grants", "costs")]
    assert set(said) == {("funding", "add")}
    assert [(one.state, one.carried.label) for one in parts] == [("suggested", "funding")] * 2


def test_who_rejected_a_code_is_not_asked_about_its_parts(
    database: Database, read: Analysed, two: Two, change: Callable, standing_of: Callable
) -> None:
    funding = read.statement_ids[2]
    decide(database, funding, two.moira, "reject", family="barrier_themes", label="funding")
    change(Split(code=FUNDING, into=PARTS))
    assert themes(standing_of(funding)) == {}


def test_a_retired_code_stands_nowhere_and_comes_back_when_that_is_taken_back(
    database: Database, read: Analysed, two: Two, change: Callable, standing_of: Callable
) -> None:
    funding = read.statement_ids[2]
    decide(database, funding, two.moira, "accept", family="barrier_themes", label="funding")
    before = standing_of(funding)
    change(Retire(code=FUNDING, why="It said too little"))
    assert themes(standing_of(funding)) == {}
    assert standing_rows(database, funding) == set()
    change(take_back=True)
    assert standing_of(funding) == before
    assert standing_rows(database, funding) == {"funding"}


def test_an_action_that_moved_is_counted_under_its_new_priority_area(
    database: Database, read: Analysed, change: Callable
) -> None:
    area = plan.area_of("advocacy")
    other = next(code.id for code in plan.by_id("priority_areas").values() if code.id != area)
    change(Move(code=ADVOCACY, priority_area=other))
    with database.reading() as session:
        chosen = select(StandingLabel.label).where(
            StandingLabel.statement_id == read.statement_ids[1], StandingLabel.family == "priority_areas"
        )
        assert set(session.exec(chosen)) == {other}


def test_what_a_model_finds_under_a_code_that_is_gone_is_read_as_what_it_became(
    database: Database, analysed: Callable, change: Callable, standing_of: Callable
) -> None:
    change(Merge(codes=(FUNDING, SKILLS), into=MEANS))
    later = analysed(told=TOLD)
    assert themes(standing_of(later.statement_ids[2])) == {"means": "suggested"}


def test_what_two_coders_agreed_on_holds_when_it_is_another_code_since(
    code_blind: Callable, read: Analysed, two: Two, change: Callable, asked: Callable, rule: Callable, standing_of: Any
) -> None:
    code_blind(two.moira, FUNDING, BARRIER)
    code_blind(two.ewan, FUNDING)
    change(Merge(codes=(FUNDING, SKILLS), into=MEANS))
    assert asked() == [("barrier", 0, False)]
    rule("barrier")
    assert standing_of(read.statement_ids[2]) == {
        ("kinds", "barrier"): "accepted",
        ("barrier_themes", "means"): "accepted",
    }


def test_coders_who_gave_codes_that_are_one_since_differ_no_more(
    code_blind: Callable,
    read: Analysed,
    two: Two,
    change: Callable,
    rule: Callable,
    standing_of: Any,
    staff_browser: Any,
    database: Database,
) -> None:
    code_blind(two.moira, FUNDING, BARRIER)
    code_blind(two.ewan, SKILLS, BARRIER)
    change(Merge(codes=(FUNDING, SKILLS), into=MEANS))
    assert "No label differs since the codebook was changed" in staff_browser.get("/staff/adjudication").text
    url = f"/staff/adjudication/{read.passage_ids[1]}"
    assert "means the same now" in staff_browser.get(url).text
    assert staff_browser.submit(url, {"key": "once"}).status_code == 303
    assert themes(standing_of(read.statement_ids[2])) == {"means": "accepted"}
    with database.reading() as session:
        first, second = blind_coding.of_passage(session, read.passage_ids[1])
        assert session.get_one(Adjudication, read.passage_ids[1]).differences == 2
    # What was coded stays as it was given.
    assert ("barrier_themes", "funding") in first.given[read.statement_ids[2]]
    assert ("barrier_themes", "skills-and-confidence") in second.given[read.statement_ids[2]]


def test_of_a_code_that_was_split_since_somebody_settles_each_part(
    code_blind: Callable,
    read: Analysed,
    two: Two,
    change: Callable,
    asked: Callable,
    rule: Callable,
    standing_of: Any,
    staff_browser: Any,
) -> None:
    code_blind(two.moira, FUNDING, BARRIER)
    code_blind(two.ewan, FUNDING)
    change(Split(code=FUNDING, into=PARTS))
    assert asked() == [("barrier", 0, False), ("grants", None, True), ("costs", None, True)]
    page = staff_browser.get(f"/staff/adjudication/{read.passage_ids[1]}").text
    assert page.count("Both gave it, or a code that was split since, of which this is a part.") == 2
    rule("grants")
    assert themes(standing_of(read.statement_ids[2])) == {"grants": "accepted", "costs": "rejected"}


def test_what_was_settled_is_read_by_what_its_codes_are_now(
    code_blind: Callable, read: Analysed, two: Two, change: Callable, rule: Callable, staff_browser: Any
) -> None:
    code_blind(two.moira, FUNDING, BARRIER)
    code_blind(two.ewan, BARRIER)
    rule("funding")
    change(Merge(codes=(FUNDING, SKILLS), into=MEANS))
    page = staff_browser.get(f"/staff/adjudication/{read.passage_ids[1]}").text
    assert "Money and people" in page
    assert "<b>Holds</b><br>As it says" in page


def test_nothing_is_accepted_at_once_that_a_change_has_not_come_to_yet(
    read: Analysed, two: Two, begin_change: Callable, standing_of: Any, item_of: Callable, database: Database
) -> None:
    counted = {id: item_of(id).revision for id in read.passage_ids}
    _, walk_id = begin_change(Split(code=SKILLS, into=PARTS))

    def accept_all(seen: dict[int, int]) -> bulk.Done:
        with database.writing() as session:
            done = bulk.apply(session, seen, "finish", staff_id=two.ewan)
            session.commit()
            return done

    done = accept_all(counted)
    assert (done.done, done.not_done) == (1, {"codebook": 1})  # the second has nothing of the code that was split
    both = read.statement_ids[0]
    assert themes(standing_of(both)) == {"funding": "suggested", "grants": "suggested", "costs": "suggested"}
    settle(database, walk_id)
    assert accept_all({read.passage_ids[0]: counted[read.passage_ids[0]]}).not_done == {"changed": 1}
    assert accept_all({read.passage_ids[0]: item_of(read.passage_ids[0]).revision}).done == 1


def test_the_preview_counts_what_changes_and_changes_nothing(
    database: Database, read: Analysed, two: Two, dump: Callable
) -> None:
    decide(database, read.statement_ids[2], two.moira, "accept", family="barrier_themes", label="funding")
    before = dump()
    with database.reading() as session:
        merging = codebook_changing.preview_of(session, [Merge(codes=(FUNDING, SKILLS), into=MEANS)])
        splitting = codebook_changing.preview_of(session, [Split(code=FUNDING, into=PARTS)])
        rewording = codebook_changing.preview_of(session, [Reword(code=FUNDING, takes_in="Money alone.")])
    found = merging.counted
    assert (found.statements, found.decided, found.suggested, found.decisions, merging.findings) == (2, 1, 1, 1, 3)
    assert (merging.second_look, splitting.second_look) == (0, 1)
    assert {one.code for one in merging.effects} == {FUNDING, SKILLS}
    assert rewording.labels == []
    assert rewording.counted.statements == 0
    assert dump() == before


def test_the_preview_tells_nothing_of_passages_that_are_coded_blind(
    read: Analysed, two: Two, blind: Callable, database: Database, staff_browser: Any
) -> None:
    def preview(code: CodeRef) -> str:
        url = f"/staff/codebook/change/retire?family={code.family}&code={code.id}"
        return staff_browser.get(url).text

    decide(database, read.statement_ids[2], two.moira, "accept", family="barrier_themes", label="funding")
    for id in read.passage_ids:
        blind(id)
    unused = CodeRef("barrier_themes", "commissioning")
    for code in (FUNDING, SKILLS, unused):
        with database.reading() as session:
            found = codebook_changing.preview_of(session, [Retire(code=code, why="Unused")])
            split = codebook_changing.preview_of(session, [Split(code=code, into=PARTS)])
        assert (found.counted.statements, found.counted.decisions, found.findings, found.to_settle) == (0, 0, 0, 0)
        assert split.second_look == 0
        assert "2 passages are being coded blind now. Nothing of them is counted here" in preview(code)


def test_who_is_second_is_told_and_nothing_is_changed(database: Database, change: Callable, dump: Callable) -> None:
    change(Add(family="barrier_themes", code=MEANS))
    before = dump()
    with pytest.raises(codebooks.Overtaken):
        change(Retire(code=SKILLS, why="Unused"), on=1)
    assert dump() == before


def test_a_form_that_is_sent_twice_makes_one_version(database: Database, change: Callable) -> None:
    first = change(Add(family="barrier_themes", code=MEANS), on=1, key="one form")
    again = change(Add(family="barrier_themes", code=MEANS), on=1, key="one form")
    assert first.number == again.number == 2
    with database.reading() as session:
        assert [row.number for row in codebooks.rows(session)] == [2, 1]
        assert len(session.exec(select(PlanChange)).all()) == 1


def test_another_process_sees_the_change_at_its_next_page(database: Database, change: Callable) -> None:
    change(Add(family="barrier_themes", code=MEANS))
    plan._held = None  # as in a process that has looked at nothing yet
    assert not plan.known("barrier_themes", "means")
    plan.look(database)
    assert plan.known("barrier_themes", "means")


def test_nothing_can_be_taken_back_before_anything_was_changed(change: Callable) -> None:
    with pytest.raises(ChangeRefused):
        change(take_back=True)


def test_two_who_change_it_at_once_make_one_version_each_or_are_told(
    database: Database, two: Two, at_once: Callable[[Sequence[Callable[[], Any]]], list[Any]]
) -> None:
    def adding(title: str) -> Callable[[], str]:
        def add() -> str:
            code = Code(id=title.lower(), title=title, takes_in="Anything.")
            with database.writing() as session:
                try:
                    codebook_changing.apply(
                        session, [Add(family="barrier_themes", code=code)], on=1, staff_id=two.moira, why="Both"
                    )
                except codebooks.Overtaken:
                    return "told"
                session.commit()
                return "made"

        return add

    assert sorted(at_once([adding("One"), adding("Other")])) == ["made", "told"]


@pytest.fixture
def at_once() -> Callable[[Sequence[Callable[[], Any]]], list[Any]]:
    """Does several things in threads of their own, begun together."""
    from concurrent.futures import ThreadPoolExecutor
    from threading import Barrier

    def run(things: Sequence[Callable[[], Any]]) -> list[Any]:
        ready = Barrier(len(things))

        def begun(one: Callable[[], Any]) -> Any:
            ready.wait()
            return one()

        with ThreadPoolExecutor(len(things)) as pool:
            return list(pool.map(begun, things))

    return run


def counted(session: Session, label: CodeRef) -> int:
    return concerned.counted(session, [tuple(label)]).statements
