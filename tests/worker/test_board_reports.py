"""Reports on a round and to the Oversight Board count organisations, cite what they say, and tell what may be told."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pytest
import sqlalchemy as sa
from pypdf import PdfReader
from sqlmodel import Session, select

from collector import dates
from collector.database import Database, now
from collector.findings import readers
from collector.findings.audit_models import AgreementFigure, LabelHold
from collector.findings.estimate_models import Estimate
from collector.findings.models import Statement
from collector.findings.report_models import Report
from collector.intake import rounds
from collector.intake.models import Invitation, ItemState, ListedItem, Meeting, Passage, Round, Source, Submission
from collector.mine import corrections
from collector.organisations import directory
from collector.privacy import erasure
from collector.profiles import document, rendering, report_of_round, reports
from collector.profiles.report_contents import NoSubject
from collector.review import agreement_runs, decisions, heard, heard_changes, heard_shown
from forms import questionnaire
from tests.collector.profiles.tagged import Tagged
from worker import reporting

pytestmark = pytest.mark.usefixtures("worker_here")

FUNDS = "Nobody funds the post after March."
MEETING = "We hold a family meeting before every decision."
QUESTIONS = "How many answered each question"
LABELS = {"actions": ["planning"], "kinds": ["activity"]}


@pytest.fixture
def make(report_made: Callable, open_round: Round) -> Callable[..., Any]:
    """Has a report made; returns its row and what it says."""

    def asked(kind: str, subject: Any = "", **how: Any) -> tuple[Report, document.Document]:
        subject = {"round": str(subject or open_round.id), "board": "scotland"}[kind]
        report = report_made(kind, subject, **how)
        return report, reports.read(report)

    return asked


def change(database: Database, do: Callable[[Session], Any]) -> Any:
    with database.writing() as session:
        done = do(session)
        session.commit()
    return done


def section(made: document.Document, title: str) -> document.Section:
    return next(one for one in document.walked(made.sections) if one.title == title)


def told(one: document.Section) -> str:
    """All sentences and rows of a section, and of those in it."""
    found = []
    for part in document.walked((one,)):
        for block in part.blocks:
            found += [sentence.text for sentence in document.sentences_of(block)]
            found += [" ".join((row.heading, *row.cells)) for row in getattr(block, "rows", ())]
            found += [f"{one.number} {one.words} {one.of}" for one in getattr(block, "figures", ())]
    return "\n".join(found)


def whole(made: document.Document) -> str:
    return "\n".join(map(told, made.sections))


def decide(database: Database, staff_id: int, statement_id: int, family: str, label: str) -> None:
    one = {"statement_id": statement_id, "family": family, "label": label, "verdict": "accept", "staff_id": staff_id}
    change(database, lambda session: decisions.decide(session, **one))


def invite(database: Database, round_id: int, *names: str) -> None:
    def add(session: Session) -> None:
        for name in names:
            id = directory.find_or_add(session, name=name, kind="third_sector", areas=["fife"])
            email = f"{name.replace(' ', '-').lower()}@example.org"
            session.add(Invitation(round_id=round_id, organisation_id=id, email=email, invited_at=now()))

    change(database, add)


def hold_label(database: Database, staff_id: int, family: str, label: str) -> None:
    def hold(session: Session) -> None:
        run_id = agreement_runs.ask(session, staff_id=staff_id)
        session.add(LabelHold(family=family, label=label, model="test-1", run_id=run_id, figures={}, passages=20))

    change(database, hold)


# -- A round ----------------------------------------------------------------------------------------------


def test_a_round_says_what_was_asked_who_answered_and_who_has_not(
    analysed: Callable, database: Database, make: Callable, open_round: Round
) -> None:
    analysed()
    invite(database, open_round.id, "Abbey Trust", "Kinnaird Water Council")
    _, made = make("round")
    assert (made.kind, made.title) == ("Report on a round", "First round")
    assert "Keeping the promise" in told(section(made, "What was asked, and when"))
    answered = told(section(made, "Who answered, and who has not"))
    assert "1 of 2 invited organisations answered. A joint return" in answered
    assert "Local authority 1 1 1" in answered
    assert told(section(made, "Answered")) == "Kinnaird Water Council Local authority Submission"
    assert told(section(made, "Not answered yet")).endswith("Abbey Trust")


def test_a_round_says_of_each_question_how_many_answered_and_who_left_it_empty(
    analysed: Callable, make: Callable
) -> None:
    analysed()
    partner = {"id": "a", "partner-name": "Zeta Trust", "partner-kind": "third_sector"}
    analysed("second", told={}, partners=[partner], **{"planning.doing": "", "organisation-name": "Abbey Trust"})
    alone = {"respondent": "individual", "your-name": "Ann Other", "organisation-name": "", "organisation-kind": ""}
    analysed("third", told={}, **alone)
    _, made = make("round")
    [table] = [
        one
        for one in section(made, QUESTIONS).blocks
        if getattr(one, "caption", "") == "Planning: answers to each question"
    ]
    assert [one.heading for one in table.columns[1:]] == [
        "Organisations that answered",
        "Organisations that left it empty",
        "Individuals that answered",
        "Individuals that left it empty",
    ]
    rows = {row.heading: row.cells for row in table.rows}
    assert rows["What are you doing now to keep the promise?"] == ("1", "2", "1", "0")
    assert "A Good Childhood" not in told(section(made, QUESTIONS))  # nobody was asked


def test_for_anybody_no_question_tells_that_fewer_than_five_answered(analysed: Callable, make: Callable) -> None:
    for number in range(6):
        analysed(f"number-{number}", **{"organisation-name": f"Trust {number}"})
    for number in range(3):
        empty = {"planning.doing": "", "organisation-name": f"Quiet Trust {number}"}
        analysed(f"quiet-{number}", told={}, **empty)
    _, staffs = make("round")
    assert "What are you doing now to keep the promise? 6 3" in told(section(staffs, QUESTIONS))
    _, made = make("round", audience="anyone")
    words = told(section(made, QUESTIONS))
    assert "What are you doing now to keep the promise? 5 or more" in words
    assert "What is getting in the way? 5 or more" in words
    assert "What do you plan to do, and by when? 0" in words
    assert not re.search(r"[1-46-9]", words)


def test_it_counts_organisations_and_says_of_how_many_people_decided(
    analysed: Callable, database: Database, make: Callable, staff_id: int
) -> None:
    first = analysed()
    analysed("second", **{"organisation-name": "Zeta Trust", "organisation-kind": "third_sector"})
    _, made = make("round")
    assert "0 organisations (+2 suggested) say what they do." in told(section(made, "Planning").sections[0])
    for family, label in (("actions", "planning"), ("kinds", "activity")):
        decide(database, staff_id, first.statement_ids[0], family, label)
    _, made = make("round")
    action = section(made, "Planning").sections[0]
    assert "1 organisation (+1 suggested) says what it does." in told(action)
    assert "Planning 1 (+1)" in told(section(made, "Planning"))
    [sentence] = [one for one in action.blocks[0].sentences if "says what it does" in one.text]
    cited = {made.references[number - 1].statement_id for number in sentence.cites}
    assert len(cited) == 2
    assert first.statement_ids[0] in cited


def test_on_what_nothing_was_heard_that_is_said(analysed: Callable, make: Callable) -> None:
    analysed()
    for kind in ("round", "board"):
        _, made = make(kind)
        assert "Nothing was heard on 24 of the 25 actions." in told(section(made, "In short"))
        assert "Nothing was heard on: Support, Right to Education" in told(section(made, "A Good Childhood"))


def test_a_joint_return_counts_for_each_that_sent_it(analysed: Callable, make: Callable) -> None:
    partner = {"id": "a", "partner-name": "Zeta Trust", "partner-kind": "third_sector"}
    analysed(partners=[partner])
    _, made = make("round")
    assert "0 organisations (+2 suggested) say what they do." in told(section(made, "Planning"))
    assert "Zeta Trust Third sector organisation Submission, jointly" in told(section(made, "Answered"))


def test_what_another_round_heard_is_not_in_it(analysed: Callable, database: Database, make: Callable) -> None:
    analysed()
    later = change(
        database,
        lambda session: (
            rounds.open_round(session, questionnaire.load("keeping-the-promise"), slug="later", title="Later round").id
        ),
    )
    _, made = make("round", later)
    assert made.references == ()
    assert "Kinnaird" not in whole(made)


# -- The Board --------------------------------------------------------------------------------------------


def test_the_first_page_of_the_board_stands_alone_and_cites_what_it_says(analysed: Callable, make: Callable) -> None:
    analysed()
    invited = told(section(make("board")[1], "In short"))
    assert "Heard from 1 of 1 local authority. From 30 council areas no organisation was heard." in invited
    assert "Planning: heard from 1 organisation; 0 organisations (+1 suggested) say what they do" in invited
    assert "most widely as being in the way, and nobody has checked: funding (1 organisation)." in invited
    first = make("board")[1].sections[0]
    assert first.alone
    assert all(one.cites or one.fixed for block in first.blocks for one in document.sentences_of(block))


def test_a_range_that_holds_the_truth_stands_beside_what_people_decided(
    analysed: Callable, database: Database, make: Callable
) -> None:
    analysed()
    counted = {"decided": 0, "low": 0, "high": 1, "statements_decided": 0, "statements_low": 0, "statements_high": 1}
    of = {"family": "barrier_themes", "label": "funding", "model": "test-1", "answered": 1, "blind": 60}
    change(database, lambda session: session.add(Estimate(**of, **counted, basis="corrected")))
    _, made = make("board")
    assert "Funding 0 1 0 to 1" in told(section(made, "What gets in the way"))
    assert "Corrected by what people coded blind: 0 to 1 of 1 organisation." in told(section(made, "Funding"))
    assert "0 to 1" not in whole(make("board", audience="anyone")[1])


def commitment(database: Database, analysed: Callable, due: date, **more: Any) -> Any:
    words = "We will open two more homes."
    item = {"id": "a", "commitment": words, "commitment-due": "then", "commitment-action": "planning"}
    said = {3: {words: {"kinds": ["commitment"], "actions": ["planning"]}}}
    kept = analysed(told=said, **{"more-lists": ["work"], "commitments": [item], **more})
    change(
        database, lambda session: session.exec(sa.update(ListedItem).values(due_to=due, due_from=due, due_read=True))
    )
    return kept


def test_a_commitment_past_its_day_is_told_until_it_is_reported_done(
    analysed: Callable, database: Database, make: Callable
) -> None:
    yesterday = dates.local_day(now()) - timedelta(days=1)
    kept = commitment(database, analysed, yesterday)
    _, made = make("board")
    assert "1 commitment has a day by which to be done; 1 of them is past it" in told(section(made, "In short"))
    late = told(section(made, "Commitments past their day"))
    assert f"We will open two more homes. An organisation {dates.in_words(yesterday)} (past)" in late
    assert "1 commitment has a date: 1 is past and not reported done." in told(section(made, "Planning").sections[0])

    def done(session: Session) -> None:
        keys = dict.fromkeys(("reference", "receipt_key", "idempotency_key", "content_hash"), "later")
        of = {"round_id": 1, "questionnaire_id": 1, "organisation_id": kept.organisation_id}
        later = Submission(**keys, **of, permission="with-name", begun_from=kept.received.submission_id)
        session.add(later)
        session.flush()
        source = {"kind": "submission", "title": "Later", "organisation_id": kept.organisation_id}
        session.add(Source(submission_id=later.id, **source))
        first = {"words_in": kept.received.submission_id, "first_in": kept.received.submission_id}
        session.add(ItemState(submission_id=later.id, list_id="commitments", item_id="a", state="done", **first))
        session.exec(sa.update(Passage).where(Passage.item_id == "a").values(superseded_by=later.id))

    change(database, done)
    _, made = make("board")
    assert "No commitment is past its day." in told(section(made, "Commitments past their day"))
    assert "1 listed commitment was reported done." in told(section(made, "In short"))


def test_help_that_nobody_offers_is_told(analysed: Callable, database: Database, make: Callable) -> None:
    needs = {1: {MEETING: {"actions": ["planning"], "kinds": ["support-needed"]}}}
    analysed(told=needs)
    assert "Planning: 0 organisations (+1 suggested)." in told(
        section(make("board")[1], "Needed, and offered by nobody")
    )
    offers = {1: {MEETING: {"actions": ["planning"], "kinds": ["offer"]}}}
    analysed("second", offers, **{"organisation-name": "Zeta Trust"})
    made = make("board")[1]
    assert "Needed, and offered by nobody" not in [one.title for one in document.walked(made.sections)]


def test_what_changed_is_told_of_those_that_answered_both_rounds(
    analysed: Callable, database: Database, make: Callable, receive: Callable, record_findings: Callable
) -> None:
    first, second = analysed(), analysed("second", told={}, **{"organisation-name": "Zeta Trust"})
    later = change(
        database,
        lambda session: (
            rounds.open_round(session, questionnaire.load("keeping-the-promise"), slug="later", title="Later round").id
        ),
    )
    again = analysed("third", told={1: {MEETING: {"actions": ["planning", "support"]}}})
    move = sa.update(Submission).where(Submission.id == again.received.submission_id).values(round_id=later)
    change(database, lambda session: session.exec(move))
    changed = told(section(make("board")[1], "What changed since the round before"))
    assert "only the 1 that answered both are counted" in changed
    assert "Support 0 0 (+1)" in changed
    assert "Funding 0 (+1) 0" in changed
    assert "Planning" not in changed
    assert first.organisation_id == again.organisation_id != second.organisation_id


def test_points_that_a_person_signed_are_theirs_by_name_and_others_the_machines(
    analysed: Callable, database: Database, make: Callable, staff_id: int
) -> None:
    kept = [analysed(), analysed("second", **{"organisation-name": "Zeta Trust"})]

    def sum_up(session: Session) -> None:
        asked = heard.ask(session, heard.Subject("barrier_theme", "funding"), staff_id=staff_id)
        cited = [heard.Cited(one.statement_ids[-1], at, (12, 20)) for at, one in enumerate(kept, start=1)]
        made = heard.Made("named", False, cited)
        heard.finish(session, heard.leases.claim(session, asked), [made], model="m", statements=2, more=False)

    change(database, sum_up)
    point = told(section(make("board")[1], "Funding"))
    assert "These points were put together by a machine, and nobody has signed them off." in point
    assert "Two organisations" in point or "2 organisations in 2 areas spoke of" in point

    def sign(session: Session) -> None:
        summary = heard.find(session, heard.Subject("barrier_theme", "funding"))
        heard_changes.sign(session, summary, revision=summary.revision, staff_id=staff_id)

    change(database, sign)
    assert "Moira signed off these points on " in told(section(make("board")[1], "Funding"))


def test_what_one_alone_said_is_told_beside_what_most_share(
    analysed: Callable, database: Database, make: Callable, staff_id: int
) -> None:
    kept = [analysed(name, **{"organisation-name": name}, permission="with-name") for name in ("Abbey", "Brae", "Glen")]

    def sum_up(session: Session) -> None:
        asked = heard.ask(session, heard.Subject("barrier_theme", "funding"), staff_id=staff_id)
        cited = [heard.Cited(one.statement_ids[-1], at, (12, 20)) for at, one in enumerate(kept, start=1)]
        shared = [heard.Made("named", False, cited[:2])] * 4
        heard.finish(
            session,
            heard.leases.claim(session, asked),
            [*shared, heard.Made("named", True, cited[2:])],
            model="m",
            statements=3,
            more=False,
        )

    change(database, sum_up)
    point = told(section(make("board")[1], "Funding"))
    assert "The summary has 5 points in all, 1 of them said by one alone." in point
    assert point.count("2 organisations") == 3
    assert "Glen" in point
    assert "in all" not in told(section(make("board", audience="anyone")[1], "Funding"))


def test_for_anybody_a_point_is_told_by_its_name_or_in_the_words_of_a_person_who_wrote_no_number(
    analysed: Callable, database: Database, make: Callable, staff_id: int
) -> None:
    names = ("Kinnaird Water Council", "Zeta Trust")
    kept = [analysed(name, permission="with-name", **{"organisation-name": name}) for name in names]
    subject = heard.Subject("barrier_theme", "funding")

    def sum_up(session: Session) -> None:
        asked = heard.ask(session, subject, staff_id=staff_id)
        cited = [heard.Cited(one.statement_ids[-1], at, (12, 20)) for at, one in enumerate(kept, start=1)]
        made = heard.Made("named", False, cited)
        heard.finish(session, heard.leases.claim(session, asked), [made], model="m", statements=2, more=False)

    change(database, sum_up)
    assert "organisations in 2 areas spoke of" in told(section(make("board")[1], "Funding"))
    assert "spoke of" not in told(section(make("board", audience="anyone")[1], "Funding"))

    def word(words: str) -> Callable[[Session], Any]:
        def write(session: Session) -> None:
            summary = heard.find(session, subject)
            point = session.exec(heard_shown.points(session, summary)).one()
            how = {"revision": summary.revision, "staff_id": staff_id}
            heard_changes.change(session, point, heard_changes.WORDED, **how, text=words)

        return write

    change(database, word("Both of them find no money for posts."))
    assert "Both of them" not in make("board", audience="anyone")[0].snapshot
    change(database, word("There is no money for posts."))
    assert "There is no money for posts." in told(section(make("board", audience="anyone")[1], "Funding"))


def test_how_well_people_and_the_machine_agree_is_told_where_it_was_measured(
    analysed: Callable, database: Database, make: Callable, staff_id: int
) -> None:
    analysed()
    assert "agree with one another" not in whole(make("board")[1])

    def measure(session: Session) -> None:
        readers.register(session, reads="plan-21-24", version="test-1", kind="encoder")
        run_id = agreement_runs.ask(session, staff_id=staff_id)
        counted = dict.fromkeys(("passages", "units", "positives", "double_coded", "double_coded_positives"), 40)
        figures = {"people_alpha": [0.81, 0.7, 0.9], "model_alpha": [0.62, 0.5, 0.7]}
        one = AgreementFigure(run_id=run_id, model="test-1", **counted, figures=figures, verdict="below people")
        session.add(one)

    change(database, measure)
    told_now = told(section(make("board")[1], "How this was counted"))
    assert "On 40 passages coded blind" in told_now
    assert "agree with one another to 0.81 and the machine with people to 0.62" in told_now


# -- What may be told -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["round", "board"])
def test_for_anybody_nothing_is_told_of_what_may_not_be_published_with_the_name(
    kind: str, analysed: Callable, database: Database, make: Callable
) -> None:
    kept = analysed(permission="without-name")
    for audience in ("anyone",):
        report, made = make(kind, audience=audience)
        assert made.references == ()
        assert "Kinnaird" not in report.snapshot
        assert MEETING not in report.snapshot
        assert "1 organisation (" not in whole(made)
    change(database, lambda session: session.exec(sa.update(Submission).values(permission="with-name")))
    report, made = make(kind, audience="anyone")
    assert {one.statement_id for one in made.references} <= set(kept.statement_ids)
    assert "Kinnaird" in report.snapshot
    assert "Not answered yet" not in [one.title for one in document.walked(made.sections)]


def test_the_board_is_not_shown_words_that_staff_alone_may_read_and_no_name_that_is_to_be_left_off(
    analysed: Callable, database: Database, make: Callable
) -> None:
    analysed(permission="do-not-publish")
    report, made = make("board")
    assert MEETING not in report.snapshot
    assert "Kinnaird" not in report.snapshot
    assert "0 organisations (+1 suggested) say what they do. (Counted, and not quoted.)" in whole(made)
    assert "1 source is counted and not quoted: who sent it asked that" in report.snapshot
    change(database, lambda session: session.exec(sa.update(Submission).values(permission="without-name")))
    report, _ = make("board")
    assert MEETING in report.snapshot
    assert "Kinnaird" not in report.snapshot
    assert "An organisation" in report.snapshot
    change(database, lambda session: session.exec(sa.update(Source).values(title="Kinnaird.xlsx", kind="import")))
    report, made = make("board")
    assert "Kinnaird" not in report.snapshot
    assert {one.source for one in made.references} == {"Import"}
    # Staff read all of it in a report on the round.
    assert "Kinnaird" in make("round")[0].snapshot


def test_what_says_the_name_that_is_to_be_left_off_is_counted_and_not_quoted_to_the_board(
    analysed: Callable, database: Database, make: Callable
) -> None:
    analysed(permission="without-name")
    named = sa.func.replace(Passage.text, "Nobody funds the post", "No Kinnaird post gets")
    change(database, lambda session: session.exec(sa.update(Passage).values(text=named)))
    report, made = make("board")
    assert "Kinnaird" not in report.snapshot
    assert "0 organisations (+1 suggested) name this. (Counted, and not quoted.)" in whole(made)
    # Nor is the day told, by which it could be known who sent it.
    assert MEETING in report.snapshot
    assert {one.when for one in made.references} == {None}
    assert {one.when for one in quotes_in(made)} == {None}
    for kind in rendering.FORMATS:
        assert rendering.rendered(made, kind)
    assert "Kinnaird post gets" in make("round")[0].snapshot


def quotes_in(made: document.Document) -> list[document.Quote]:
    blocks = [block for part in document.walked(made.sections) for block in part.blocks]
    return [block for block in blocks if isinstance(block, document.Quote)]


def test_what_nobody_said_may_be_read_is_not_shown_to_the_board_but_a_document_is(
    analysed: Callable, database: Database, make: Callable
) -> None:
    analysed()
    alone = {"submission_id": None, "title": "Our plan"}
    change(database, lambda session: session.exec(sa.update(Source).values(kind="import", **alone)))
    assert MEETING not in make("board")[0].snapshot
    change(database, lambda session: session.exec(sa.update(Source).values(kind="document", **alone)))
    assert {one.source for one in make("board")[1].references} == {"Our plan, date of the document not known"}


def test_who_takes_back_that_words_may_be_read_takes_the_boards_report_along(
    analysed: Callable, database: Database, make: Callable
) -> None:
    kept = analysed(permission="with-name")
    board, staffs = make("board")[0], make("round")[0]

    def forbid(session: Session) -> None:
        submission = session.get_one(Submission, kept.received.submission_id)
        corrections.change_permission(
            session, submission, {"permission": "with-name"}, {"permission": "do-not-publish"}
        )

    change(database, forbid)
    with database.reading() as session:
        assert reports.state_of(session.get_one(Report, board.id)) == "withdrawn"
        assert reports.state_of(session.get_one(Report, staffs.id)) == "published"


def test_a_permission_that_changes_while_the_boards_report_is_written_is_heeded(
    analysed: Callable, database: Database, make: Callable, staff_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    analysed(permission="with-name")
    written = reports.frozen

    def slowly(session: Session, *more: Any, **how: Any) -> reports.Frozen:
        made = written(session, *more, **how)
        session.close()
        forbid = sa.update(Submission).values(permission="do-not-publish")
        change(database, lambda session: session.exec(forbid))
        return made

    monkeypatch.setattr(reports, "frozen", slowly)
    with database.writing() as session:
        id = reports.ask(session, "board", "scotland", staff_id=staff_id)
        session.commit()
    reporting.make_reports([id])
    with database.reading() as session:
        assert session.get_one(Report, id).state == "waiting"
    reporting.make_reports([id])
    with database.reading() as session:
        assert MEETING not in session.get_one(Report, id).snapshot


@pytest.fixture
def meeting(analysed: Callable, database: Database, staff_id: int) -> str:
    """Notes that may be published with the names; gives the address of their facts."""
    kept = analysed()

    def as_notes(session: Session) -> None:
        notes = {"kind": "meeting", "submission_id": None, "title": "With Kinnaird"}
        session.exec(sa.update(Source).values(**notes))
        facts = {"held_on": date(2026, 5, 4), "place": "Cupar", "permission": "with-name", "staff_id": staff_id}
        session.add(Meeting(source_id=kept.source_id, **facts))

    change(database, as_notes)
    return f"/staff/meetings/{kept.source_id}"


OF_THE_MEETING = {
    "title": "With Kinnaird",
    "held-on": ["4", "5", "2026"],
    "place": "Cupar",
    "organisations": "",
    "roles": "",
    "round": "none",
    "permission": "with-name",
}


@pytest.mark.parametrize(
    "other",
    [{"permission": "do-not-publish"}, {"title": "A meeting"}, {"organisations": "Kinnaird Water Council"}],
    ids=["permission", "title", "organisations"],
)
def test_what_staff_change_of_a_meeting_takes_the_reports_along_that_name_it(
    meeting: str, database: Database, make: Callable, staff_browser: Any, other: dict[str, str]
) -> None:
    board = make("board")[0]
    assert MEETING in board.snapshot
    staff_browser.submit(meeting, OF_THE_MEETING | {"place": "Oban"})
    with database.reading() as session:
        assert session.exec(select(Meeting.place)).one() == "Oban"
        assert reports.state_of(session.get_one(Report, board.id)) == "published"
    assert staff_browser.submit(meeting, OF_THE_MEETING | other).status_code == 303
    with database.reading() as session:
        assert reports.state_of(session.get_one(Report, board.id)) == "withdrawn"


def test_a_meetings_permission_that_changes_while_the_boards_report_is_written_is_heeded(
    meeting: str, database: Database, staff_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = reports.frozen

    def slowly(session: Session, *more: Any, **how: Any) -> reports.Frozen:
        made = written(session, *more, **how)
        session.close()
        change(database, lambda session: session.exec(sa.update(Meeting).values(permission="do-not-publish")))
        return made

    monkeypatch.setattr(reports, "frozen", slowly)
    id = change(database, lambda session: reports.ask(session, "board", "scotland", staff_id=staff_id))
    reporting.make_reports([id])
    reporting.make_reports([id])
    with database.reading() as session:
        assert session.get_one(Report, id).made_at
        assert MEETING not in session.get_one(Report, id).snapshot


@pytest.mark.parametrize("kind", ["round", "board"])
def test_what_may_tell_of_harm_is_counted_and_never_quoted(
    kind: str, analysed: Callable, database: Database, make: Callable
) -> None:
    analysed(permission="with-name")
    change(database, lambda session: session.exec(sa.update(Passage).where(Passage.position == 2).values(harm=True)))
    report, made = make(kind)
    assert FUNDS not in report.snapshot
    assert "0 organisations (+1 suggested) name this. (Counted, and not quoted.)" in told(
        section(made, "What gets in the way")
    )


@pytest.mark.parametrize("kind", ["round", "board"])
def test_a_label_on_hold_counts_only_where_a_person_accepted_it(
    kind: str, analysed: Callable, database: Database, make: Callable, staff_id: int
) -> None:
    kept = analysed()
    hold_label(database, staff_id, "barrier_themes", "funding")
    assert "Nothing was said to be in the way." in whole(make(kind)[1])
    decide(database, staff_id, kept.statement_ids[-1], "barrier_themes", "funding")
    assert "1 organisation names this." in whole(make(kind)[1])


def test_for_anybody_no_number_is_told_that_could_tell_who(
    analysed: Callable, database: Database, make: Callable, open_round: Round
) -> None:
    analysed(permission="with-name")
    invite(database, open_round.id, "Abbey Trust", "Kinnaird Water Council")
    report, made = make("round", audience="anyone")
    answered = told(section(made, "Who answered"))
    assert "How many of the invited answered is not told" in answered
    assert "Fife" not in answered
    assert "Local authority" not in answered
    assert "Abbey" not in report.snapshot


@pytest.mark.parametrize("kind", ["round", "board"])
def test_for_anybody_it_cannot_be_worked_out_how_few_may_not_be_named(
    kind: str, analysed: Callable, make: Callable
) -> None:
    for letter in "ABCDEFGHIJK":
        analysed(letter, permission="with-name", **{"organisation-name": f"{letter} Trust"})
    report, made = make(kind, audience="anyone")
    assert "11 organisations" in report.snapshot
    assert "Local authority" in report.snapshot
    analysed("L", permission="without-name", **{"organisation-name": "L Trust"})
    report, made = make(kind, audience="anyone")
    assert "11 organisations" in report.snapshot
    assert not re.search(r"\b12\b", whole(made))
    assert "1 may not" not in report.snapshot
    assert "Fewer than 5 sources were analysed besides" in report.snapshot
    assert "Local authority" not in told(section(made, made.sections[1].title))
    for letter in "MNOP":
        analysed(letter, permission="without-name", **{"organisation-name": f"{letter} Trust"})
    report, made = make(kind, audience="anyone")
    assert "16 sources were analysed: 5 may not be published with the name" in report.snapshot


@pytest.fixture
def many(analysed: Callable, database: Database, staff_id: int) -> Callable[[int, int], None]:
    """So many organisations that may be named send the same; of the first of them people decide that they do something
    on an action, and that money is in the way."""

    def send(number: int, decided: int) -> None:
        for place in range(number):
            kept = analysed(f"key-{place}", permission="with-name", **{"organisation-name": f"Trust {place}"})
            if place < decided:
                decide(database, staff_id, kept.statement_ids[0], "actions", "planning")
                decide(database, staff_id, kept.statement_ids[0], "kinds", "activity")
                decide(database, staff_id, kept.statement_ids[-1], "barrier_themes", "funding")

    return send


@pytest.mark.parametrize("kind", ["round", "board"])
def test_for_anybody_only_what_people_decided_is_counted_and_few_are_fewer_than_five(
    kind: str, many: Callable, make: Callable
) -> None:
    many(7, 2)
    report, made = make(kind, audience="anyone")
    planning = told(section(made, "Planning"))
    assert "Planning fewer than 5 (+) 0 0 0 0" in planning
    who = "Fewer than 5 organisations (decided by people; a machine suggests more)"
    assert f"{who} say what they do." in planning
    assert "Funding fewer than 5 (+)" in told(section(made, "What gets in the way"))
    assert f"{who} name this." in told(section(made, "Funding"))
    assert "What is named most widely" not in whole(made)
    assert not re.search(r"(?<!1 to )\b[1-4] (organisation|individual|source)", whole(made))
    assert "“(+)”: the machine suggests more" in told(section(made, "In short"))
    assert "Decided by people” counts" not in report.snapshot
    # Of those who say it one is cited, and one quoted: two would tell that there are two.
    blocks = [block for part in document.walked(made.sections) for block in part.blocks]
    assert max(len(one.cites) for block in blocks for one in document.sentences_of(block)) == 1
    for part in document.walked(made.sections):
        assert sum(isinstance(block, document.Quote) for block in part.blocks) <= 1
    # Staff read how many.
    assert "2 organisations (+5 suggested) say" in told(section(make(kind)[1], "Planning"))


@pytest.mark.parametrize("kind", ["round", "board"])
def test_for_anybody_enough_are_told_and_where_few_may_be_named_no_numbers_are(
    kind: str, many: Callable, make: Callable
) -> None:
    many(4, 4)
    _, made = make(kind, audience="anyone")
    assert "Fewer than 5 organisations that may be named were heard from. So no numbers are told" in whole(made)
    assert "Some organisations (decided by people) say what they do." in told(section(made, "Planning"))
    blocks = [block for part in document.walked(made.sections) for block in part.blocks]
    assert not [one.caption for one in blocks if isinstance(one, document.Table) and "organisations" in one.caption]
    many(10, 5)
    _, made = make(kind, audience="anyone")
    assert "5 organisations (decided by people; a machine suggests more) say what they do." in whole(made)
    assert "What is named most widely as being in the way: funding (5 organisations)." in whole(made)


def test_for_anybody_how_many_commitments_are_past_their_day_is_told_as_any_number(
    analysed: Callable, database: Database, make: Callable
) -> None:
    yesterday = dates.local_day(now()) - timedelta(days=1)
    commitment(database, analysed, yesterday, permission="with-name")
    for kind in ("round", "board"):
        _, made = make(kind, audience="anyone")
        short = told(section(made, "In short"))
        assert "Fewer than 5 commitments have a day by which to be done; some of them are past it" in short
        assert "Commitments have dates: some are past and not reported done." in told(section(made, "Planning"))
        # It stands under the name of who made it, in its own words.
        assert f"We will open two more homes. Kinnaird Water Council {dates.in_words(yesterday)} (past)" in whole(made)


def test_for_anybody_what_changed_between_two_rounds_is_not_told(analysed: Callable, make: Callable) -> None:
    analysed(permission="with-name")
    title = "What changed since the round before"
    assert title in [one.title for one in make("board")[1].sections]
    assert title not in [one.title for one in make("board", audience="anyone")[1].sections]


def test_for_anybody_few_that_came_without_being_invited_are_not_told_by_subtraction(
    many: Callable, database: Database, make: Callable, open_round: Round
) -> None:
    many(12, 0)
    invite(database, open_round.id, *(f"Trust {place}" for place in range(10)), *(f"Other {n}" for n in range(8)))
    _, made = make("round", audience="anyone")
    assert "How many of the invited answered is not told" in told(section(made, "Who answered"))
    assert "10 of 18" not in whole(made)
    invite(database, open_round.id, "Trust 10", "Trust 11")
    _, made = make("round", audience="anyone")
    assert "12 of 20 invited organisations answered" in told(section(made, "Who answered"))


def test_a_round_that_nobody_answered_explains_no_brackets(make: Callable) -> None:
    for audience in ("own", "anyone"):
        _, made = make("round", audience=audience)
        assert [block.block for block in section(made, "In short").blocks] == ["figures", "list"]


@pytest.mark.parametrize("kind", ["round", "board"])
def test_who_withdraws_takes_the_report_along(
    kind: str, analysed: Callable, database: Database, make: Callable
) -> None:
    kept = analysed()
    report, _ = make(kind)
    with database.writing() as session:
        erasure.withdraw(session, session.get_one(Submission, kept.received.submission_id))
        session.commit()
    with database.reading() as session:
        gone = session.get_one(Report, report.id)
        assert (reports.state_of(gone), gone.snapshot) == ("withdrawn", "")
        assert session.exec(select(Statement)).all() == []


# -- On paper, and by command -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["round", "board"])
def test_it_becomes_a_tagged_pdf_that_says_until_when_it_is_held(
    kind: str, analysed: Callable, database: Database, make: Callable
) -> None:
    commitment(database, analysed, date(2027, 3, 31))
    report, made = make(kind, hold_days=14)
    assert made.held_until == dates.local_day(report.held_until)
    assert Tagged(rendering.rendered(made, "pdf")).faults() == []
    pages = PdfReader(BytesIO(rendering.rendered(made, "pdf"))).pages
    assert "Who was heard" not in pages[0].extract_text()
    assert "In short" in pages[0].extract_text()
    held = f"Held until {dates.in_words(made.held_until)} for a right of reply"
    page = rendering.rendered(made, "html").decode()
    assert held in page
    assert "for staff and those to whom it was sent" in page
    assert all(reports.rebuilt(report, one)[1] for one in rendering.FORMATS)
    assert make(kind)[1].held_until is None


def test_the_hash_of_the_data_changes_with_what_a_person_decides_and_with_nothing_else(
    analysed: Callable, database: Database, make: Callable, staff_id: int
) -> None:
    kept = analysed()
    for kind in ("round", "board"):
        first, second = (make(kind)[0].hashes for _ in range(2))
        assert first == second
        family, label = {"round": ("kinds", "barrier"), "board": ("kinds", "activity")}[kind]
        decide(database, staff_id, kept.statement_ids[-1 if kind == "round" else 0], family, label)
        third = make(kind)[0].hashes
        assert {name for name in first if third[name] != first[name]} == {"data"}


def test_the_command_line_takes_a_round_by_title_short_name_or_number_and_the_board_without_a_name(
    analysed: Callable, database: Database, open_round: Round, settings: Any
) -> None:
    analysed()
    with database.reading() as session:
        for named in ("first round", "first-round", str(open_round.id)):
            assert reports.subject_of(session, "round", named) == str(open_round.id)
        with pytest.raises(NoSubject, match="No round has the title “Autumn”"):
            reports.subject_of(session, "round", "Autumn")
        with pytest.raises(NoSubject):
            report_of_round.of_round(session, 999)
        with pytest.raises(NoSubject):
            reports.subject_of(session, "board", "fife")
    how = {"audience": "own", "hold_days": 0}
    id = reporting.make_now(database, settings, "board", "scotland", **how)
    with database.reading() as session:
        assert session.get_one(Report, id).title == "Plan 21-24: what was heard across Scotland"
