"""What may not be told is in no report, or takes the report with it; nor does it stand on in what people wrote."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlmodel import Session, select

from collector.database import Database
from collector.findings.models import Statement
from collector.findings.profile_models import ProfileChange
from collector.findings.record import record
from collector.findings.report_models import Report
from collector.findings.summary_models import Summary, SummaryEdit, SummaryPoint
from collector.intake.models import Passage, Round, Submission
from collector.mine import corrections
from collector.organisations import directory
from collector.privacy import erasure
from collector.profiles import reports
from collector.profiles.report_contents import NoSubject
from collector.review import acts, heard, heard_changes, heard_shown, picked
from tests.conftest import TOLD, findings_of
from tests.worker.conftest import kept_report

pytestmark = pytest.mark.usefixtures("worker_here")

FUNDS = "Nobody funds the post after March."


@pytest.fixture
def make(report_made: Callable) -> Callable[..., Report]:
    return report_made


@pytest.fixture
def redact(database: Database, staff_id: int) -> Callable[..., int]:
    """Redacts these words wherever they stand first, or moves what is redacted to them; gives the act."""

    def hide(words: str, *, first: str = "", verdict: str = "add") -> int:
        with database.writing() as session:
            passage = next(one for one in session.exec(select(Passage)) if words in one.text)
            places = [(passage.text.index(one), passage.text.index(one) + len(one)) for one in (words, first or words)]
            made = picked.decide(
                session,
                passage_id=passage.id,
                kind="redaction",
                verdict=verdict,
                staff_id=staff_id,
                first=places[1],
                place=places[0],
                details={"reason": "personal"},
            )
            act_id = made.act_id
            session.commit()
        return act_id

    return hide


def commitment(id: str, text: str, **more: str) -> dict[str, str]:
    return {"id": id, "commitment": text, **more}


# -- Names ------------------------------------------------------------------------------------------------


def test_an_area_report_for_anybody_names_nobody_who_does_not_want_to_be_named(
    analysed: Callable, make: Callable
) -> None:
    analysed(permission="do-not-publish")
    made = make("area", "fife", audience="anyone")
    assert "Kinnaird" not in made.snapshot
    assert "Not yet" not in made.snapshot


@pytest.mark.parametrize("kind", ["organisation", "area"])
def test_who_withdraws_takes_a_report_along_that_left_them_out(
    kind: str, analysed: Callable, make: Callable, database: Database
) -> None:
    sent = analysed(permission="do-not-publish")
    made = make(kind, sent.organisation_id if kind == "organisation" else "fife", audience="anyone")
    with database.writing() as session:
        erasure.withdraw(session, session.get_one(Submission, sent.received.submission_id))
        session.commit()
    gone = kept_report(database, made.id)
    assert (reports.state_of(gone), gone.title, gone.snapshot) == ("withdrawn", "", "")


def test_who_turns_out_to_answer_for_others_takes_reports_along(
    analysed: Callable, make: Callable, database: Database, answers: dict[str, Any]
) -> None:
    sent = analysed(permission="with-name")
    made = make("organisation", sent.organisation_id, audience="anyone")
    with database.writing() as session:
        submission = session.get_one(Submission, sent.received.submission_id)
        other = {**answers, "organisation-name": "Zeta Trust"}
        corrections.follow_who_answers(session, submission, answers, other, {"organisation-name"})
        session.commit()
        noted = set(session.exec(select(ProfileChange.organisation_id)))
        assert {sent.organisation_id, directory.named(session, "Zeta Trust")} <= noted
    assert reports.state_of(kept_report(database, made.id)) == "withdrawn"


def test_an_organisation_is_named_by_its_number_as_it_is_written_alone(
    analysed: Callable, database: Database, staff_id: int
) -> None:
    id = analysed().organisation_id
    with database.writing() as session:
        for other in (f"000{id}", chr(0x660 + id), "999999999999"):
            with pytest.raises(NoSubject):
                reports.ask(session, "organisation", other, staff_id=staff_id)


def test_the_number_of_an_organisation_that_is_gone_is_never_anothers(analysed: Callable, database: Database) -> None:
    sent = analysed()
    with database.writing() as session:
        erasure.withdraw(session, session.get_one(Submission, sent.received.submission_id))
        session.commit()
        assert directory.find_or_add(session, name="Zeta Trust", kind="other") != sent.organisation_id


# -- Words ------------------------------------------------------------------------------------------------


def test_what_is_redacted_of_an_item_beside_its_statements_takes_the_report_along(
    analysed: Callable, make: Callable, database: Database, redact: Callable
) -> None:
    told = {3: {"We will open two more homes.": {"kinds": ["commitment"]}}}
    sent = analysed(told=told, commitments=[commitment("a", "Jane Doe.\nWe will open two more homes.")])
    made = make("organisation", sent.organisation_id)
    assert "Jane Doe" in made.snapshot
    redact("Jane Doe")
    assert reports.state_of(kept_report(database, made.id)) == "withdrawn"


def test_undoing_that_a_redaction_was_made_smaller_takes_the_report_along(
    analysed: Callable, make: Callable, database: Database, redact: Callable, staff_id: int
) -> None:
    sent = analysed()
    redact(FUNDS)
    act_id = redact("Nobody", first=FUNDS, verdict="accept")
    made = make("organisation", sent.organisation_id)
    assert "funds the post" in made.snapshot
    with database.writing() as session:
        acts.undo(session, act_id, staff_id=staff_id)
        session.commit()
    assert reports.state_of(kept_report(database, made.id)) == "withdrawn"


def test_an_item_that_may_tell_of_harm_is_not_quoted_for_words_that_another_shares(
    analysed: Callable, make: Callable, database: Database
) -> None:
    both, words = "We will help. Jane was beaten by her uncle.", "We will help."
    of_item = {"kinds": ["commitment"]}
    told = {3: {words: of_item, "Jane was beaten by her uncle.": of_item}, 4: {words: of_item}}
    sent = analysed(told=told, commitments=[commitment("a", both), commitment("b", words)])
    with database.writing() as session:
        for passage in session.exec(select(Passage)):
            passage.harm = "beaten" in passage.text
        session.commit()
    made = make("organisation", sent.organisation_id)
    assert "beaten" not in made.snapshot
    assert words in made.snapshot


def test_what_is_redacted_is_taken_out_of_the_words_for_when_it_is_due(
    analysed: Callable, make: Callable, redact: Callable, staff_browser: Any
) -> None:
    words = "We will open a home with Jane Doe."
    told = {3: {words: {"kinds": ["commitment"]}}}
    due = {"commitment-due": "when Jane Doe is back"}
    sent = analysed(told=told, commitments=[commitment("a", words, **due)])
    redact("Jane Doe")
    assert "Jane Doe" not in make("organisation", sent.organisation_id).snapshot
    assert "Jane Doe" not in staff_browser.get(f"/staff/organisations/{sent.organisation_id}").text


@pytest.mark.parametrize("kind", ["organisation", "round", "area"])
def test_words_that_a_later_reading_takes_to_tell_of_harm_take_the_report_along(
    kind: str, analysed: Callable, make: Callable, database: Database, open_round: Round
) -> None:
    sent = analysed()
    made = make(kind, {"organisation": sent.organisation_id, "round": open_round.id, "area": "fife"}[kind])
    assert FUNDS in made.snapshot

    def read_again(*, harm: bool) -> None:
        with database.writing() as session:
            passage = next(one for one in session.exec(select(Passage)) if FUNDS in one.text)
            found = replace(findings_of(passage, TOLD[2], "test-2"), harm=harm)
            record(session, {passage.id: found})
            session.commit()

    read_again(harm=False)
    assert reports.state_of(kept_report(database, made.id)) == "published"
    read_again(harm=True)
    gone = kept_report(database, made.id)
    assert (reports.state_of(gone), gone.snapshot) == ("withdrawn", "")
    anew = make(kind, made.subject)
    read_again(harm=True)
    assert reports.state_of(kept_report(database, anew.id)) == "published"


# -- What people wrote of it ------------------------------------------------------------------------------


@pytest.fixture
def worded(analysed: Callable, database: Database, staff_id: int) -> Any:
    """A point on what two say, in a sentence of staff; gives what was sent first."""
    first, second = analysed(), analysed("second", **{"organisation-name": "Zeta Trust"})
    with database.writing() as session:
        asked = heard.ask(session, heard.Subject("barrier_theme", "funding"), staff_id=staff_id)
        cited = [heard.Cited(one.statement_ids[-1], number) for number, one in enumerate((first, second), start=1)]
        point = heard.Made("rest", False, cited)
        heard.finish(session, heard.leases.claim(session, asked), [point], model="m", statements=2, more=False)
        summary, point = session.exec(select(Summary)).one(), session.exec(select(SummaryPoint)).one()
        text = "Kinnaird Water Council says that nobody funds the post."
        heard_changes.change(session, point, "worded", revision=summary.revision, staff_id=staff_id, text=text)
        session.commit()
    return first


def said_now(database: Database) -> str:
    with database.reading() as session:
        assert not any("Kinnaird" in one.text for one in session.exec(select(SummaryEdit)))
        [shown] = heard_shown.shown(session, [session.exec(select(SummaryPoint)).one()])
        return shown.text


def test_a_sentence_that_staff_wrote_goes_with_words_that_it_stood_on(worded: Any, database: Database) -> None:
    with database.writing() as session:
        erasure.withdraw(session, session.get_one(Submission, worded.received.submission_id))
        session.commit()
    assert "Kinnaird" not in said_now(database)


def test_a_sentence_that_staff_wrote_goes_when_words_that_it_stood_on_are_redacted(
    worded: Any, database: Database, redact: Callable
) -> None:
    redact(FUNDS)
    assert "Kinnaird" not in said_now(database)


def test_a_report_goes_with_words_that_a_sentence_of_staff_stood_on_and_that_it_does_not_quote(
    analysed: Callable,
    make: Callable,
    database: Database,
    staff_id: int,
    open_round: Round,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent = [analysed(name, **{"organisation-name": f"{name} Trust"}) for name in "ABCDEFGH"]
    with database.writing() as session:
        asked = heard.ask(session, heard.Subject("barrier_theme", "funding", open_round.id), staff_id=staff_id)
        cited = [heard.Cited(one.statement_ids[-1], number) for number, one in enumerate(sent, start=1)]
        heard.finish(
            session,
            heard.leases.claim(session, asked),
            [heard.Made("rest", False, cited)],
            model="m",
            statements=8,
            more=False,
        )
        summary, point = session.exec(select(Summary)).one(), session.exec(select(SummaryPoint)).one()
        text = "Jane Doe of a Trust says that nobody funds the post."
        heard_changes.change(session, point, "worded", revision=summary.revision, staff_id=staff_id, text=text)
        session.commit()

    made = make("round", open_round.id)
    assert "Jane Doe" in made.snapshot
    quoted = {one.statement_id for one in reports.read(made).references}
    unquoted = next(one.statement_ids[-1] for one in sent if one.statement_ids[-1] not in quoted)

    def redact(session: Session) -> None:
        passage = session.get_one(Passage, session.get_one(Statement, unquoted).passage_id)
        place = (passage.text.index(FUNDS), passage.text.index(FUNDS) + len(FUNDS))
        picked.decide(
            session,
            passage_id=passage.id,
            kind="redaction",
            verdict="add",
            staff_id=staff_id,
            first=place,
            place=place,
            details={"reason": "personal"},
        )

    frozen, redacted = reports.frozen, []

    def redacted_meanwhile(*given: Any, **how: Any) -> Any:
        found = frozen(*given, **how)
        if not redacted:
            redacted.append(True)
            with database.writing() as session:
                redact(session)
                session.commit()
        return found

    monkeypatch.setattr(reports, "frozen", redacted_meanwhile)
    late = make("round", open_round.id)
    assert reports.state_of(kept_report(database, made.id)) == "withdrawn"
    assert "Jane Doe" not in late.snapshot


def test_who_changes_a_point_that_is_gone_meanwhile_is_told(worded: Any, database: Database, staff_id: int) -> None:
    with database.reading() as session:
        point, summary = session.exec(select(SummaryPoint)).one(), session.exec(select(Summary)).one()
        passages = select(Passage.source_id).join(Statement, Statement.passage_id == Passage.id)
    with database.writing() as session:
        erasure.erase_sources(session, passages)
        session.commit()
    with database.writing() as session, pytest.raises(heard_changes.ChangedMeanwhile):
        heard_changes.change(session, point, "dropped", revision=summary.revision, staff_id=staff_id, text="Thin")
