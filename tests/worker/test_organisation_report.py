"""A report on an organisation says all that its profile says, and to nobody what was not said for them to read."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import select

from collector.database import Database, now
from collector.findings.models import Extract, ReviewItem
from collector.findings.profile_models import NamedIn
from collector.findings.report_models import Report, ReportSource
from collector.intake import rounds, sample
from collector.intake.models import (
    Invitation,
    Job,
    Passage,
    Round,
    Source,
    SourceOrganisation,
    Submission,
    SubmissionPartner,
)
from collector.mine import corrections
from collector.organisations import directory, leads
from collector.organisations.models import Organisation, OrganisationAlias
from collector.privacy import erasure
from collector.profiles import document, rendering, report_contents, reports
from collector.review import heard, picked
from tests.collector.profiles import statistics_told
from tests.worker.conftest import kept_report
from worker import reporting, tasks

pytestmark = pytest.mark.usefixtures("worker_here")

OWN, ANYONE = "own", "anyone"
COUNCIL = "Kinnaird Water Council"
PRAISE = f"{COUNCIL} shares its plan with us."
WITH_PLAN = {"kinds": ["activity"], "actions": ["planning"]}


@pytest.fixture
def make(report_made: Callable) -> Callable[..., Report]:
    """Has a report on an organisation made, for itself unless for anybody."""

    def asked(organisation_id: int, audience: str = OWN) -> Report:
        return report_made("organisation", organisation_id, audience=audience)

    return asked


def section(report: Report, title: str) -> document.Section | None:
    return next((one for one in document.walked(reports.read(report).sections) if one.title == title), None)


def told(report: Report, title: str) -> str:
    """All its words, and those of its parts."""
    found = section(report, title)
    assert found is not None, title
    texts = [one.title for one in document.walked((found,))]
    for block in (block for one in document.walked((found,)) for block in one.blocks):
        texts += [one.text for one in document.sentences_of(block)]
        if block.block == "quote":
            texts += [block.words, block.who, block.source, str(block.when), *block.beside]
        if block.block == "table":
            texts += [words for row in block.rows for words in (row.heading, *row.cells)]
    return "\n".join(texts)


def rows(report: Report, title: str) -> list[tuple[str, ...]]:
    [table] = [one for one in section(report, title).blocks if one.block == "table"]
    return [(row.heading, *row.cells) for row in table.rows]


# -- Who they are -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("audience", [OWN, ANYONE])
def test_it_tells_who_they_are_and_what_they_lead_and_why(
    audience: str, analysed: Callable, database: Database, make: Callable, staff_id: int
) -> None:
    id = analysed().organisation_id
    assert "No action that they lead has been entered." in told(make(id, audience), "Who they are")
    with database.writing() as session:
        leads.add(session, id, "planning", why="A duty in the Act of 2014.", staff_id=staff_id)
        session.commit()
    made = make(id, audience)
    assert "Local authority, working in Fife and Highland." in told(made, "Who they are")
    assert rows(made, "Who they are")[0][:2] == ("Planning", "A duty in the Act of 2014.")


# -- Questions --------------------------------------------------------------------------------------------


def test_questions_worth_asking_are_for_themselves_and_rest_on_what_is_cited(
    analysed: Callable, make: Callable
) -> None:
    in_the_way = {"kinds": ["barrier"], "actions": ["planning"]}
    kept = analysed(told={2: {"Nobody funds the post after March.": in_the_way}}, permission="with-name")
    made = make(kept.organisation_id)
    asked = section(made, "Questions worth asking").sections[0]
    assert asked.title == "What would help with “Planning”?"
    [sentence] = asked.blocks[0].sentences
    numbers = {one.number: one.statement_id for one in reports.read(made).references}
    assert [numbers[number] for number in sentence.cites] == kept.statement_ids
    open_ = make(kept.organisation_id, ANYONE)
    assert section(open_, "Questions worth asking") is None
    assert "What would help" not in open_.snapshot


def test_a_question_that_rests_on_words_that_may_tell_of_harm_is_not_asked(
    analysed: Callable, database: Database, make: Callable
) -> None:
    in_the_way = {"kinds": ["barrier"], "actions": ["planning"]}
    kept = analysed(told={2: {"Nobody funds the post after March.": in_the_way}})
    with database.writing() as session:
        session.exec(sa.update(Passage).values(harm=True))
        session.commit()
    made = make(kept.organisation_id)
    assert "What would help" not in made.snapshot
    assert "funds the post" not in made.snapshot
    assert len(titles(made)) == 3


def test_a_question_that_may_not_be_shown_gives_way_to_one_that_may(
    analysed: Callable, database: Database, make: Callable
) -> None:
    in_the_way = {action: {"kinds": ["barrier"], "actions": [action]} for action in ("planning", "advocacy")}
    told = {1: {"Parents chair it.": in_the_way["planning"]}}
    told |= {2: {"Nobody funds the post after March.": in_the_way["advocacy"]}}
    kept = analysed(told=told)
    both = {f"What would help with “{title}”?" for title in ("Planning", "Advocacy")}
    assert both <= titles(make(kept.organisation_id))
    with database.writing() as session:
        session.get_one(Passage, kept.passage_ids[1]).harm = True
        session.commit()
    made = make(kept.organisation_id)
    assert both & titles(made) == {"What would help with “Planning”?"}
    assert len(titles(made)) == 3
    assert "What would help with “Advocacy”?" not in made.snapshot


def titles(report: Report) -> set[str]:
    return {one.title for one in section(report, "Questions worth asking").sections}


def test_of_what_a_question_stands_on_it_shows_what_may_be_shown(
    analysed: Callable, database: Database, make: Callable
) -> None:
    in_the_way = {"kinds": ["barrier"], "actions": ["planning"]}
    kept = analysed(told={1: {"Parents chair it.": in_the_way}, 2: {"Nobody funds the post after March.": in_the_way}})
    with database.writing() as session:
        session.get_one(Passage, kept.passage_ids[0]).harm = True
        session.commit()
    made = make(kept.organisation_id)
    asked = section(made, "Questions worth asking").sections[0]
    assert asked.title == "What would help with “Planning”?"
    [sentence] = asked.blocks[0].sentences
    assert sentence.text.startswith("2 things are said to be in the way there")
    [reference] = [one for one in reports.read(made).references if one.number in sentence.cites]
    assert reference.words == "Nobody funds the post after March."
    assert "Parents chair it" not in made.snapshot


def test_a_gap_that_a_question_names_can_be_replied_to(
    analysed: Callable, database: Database, make: Callable, staff_id: int
) -> None:
    id = analysed().organisation_id
    with database.writing() as session:
        leads.add(session, id, "advocacy", why="A duty in the Act of 2014.", staff_id=staff_id)
        session.commit()
    lines = dict(document.lines_of(reports.read(make(id)).sections)).values()
    assert "They lead this action, and nothing that we hold from them speaks to it." in lines
    assert "As far as we have read, nothing that they sent tells of a plan." in lines


@pytest.mark.slow
def test_every_organisation_of_the_sample_round_is_asked_three_questions(database: Database) -> None:
    with database.writing() as session:
        sample.load(session)
        session.commit()
    tasks.prepare()
    with database.reading() as session:
        job_ids = list(session.exec(select(Job.id)))
    tasks.analyse(job_ids)
    with database.reading() as session:
        who = dict(session.exec(select(Organisation.name, Organisation.id)).all())
        found = {name: report_contents.of_organisation(session, id, audience=OWN) for name, id in who.items()}
    parts = {
        name: [part for one in told.sections if one.title == "Questions worth asking" for part in one.sections]
        for name, told in found.items()
    }
    assert len(parts) == 20
    assert {name: [one.title for one in asked] for name, asked in parts.items() if len(asked) != 3} == {}


# -- In points --------------------------------------------------------------------------------------------

IN_POINTS = "What they said, in points"


def summed_up(database: Database, staff_id: int, organisation_id: int, *points: tuple[str, list[int]]) -> None:
    with database.writing() as session:
        subject = heard.Subject("organisation", str(organisation_id))
        claim = heard.leases.claim(session, heard.ask(session, subject, staff_id=staff_id))
        made = [heard.Made(way, True, [heard.Cited(id, id, (0, 2)) for id in ids]) for way, ids in points]
        number = sum(len(ids) for _, ids in points)
        assert heard.finish(session, claim, made, model="test-1", statements=number, more=False)
        session.commit()


def test_points_of_their_summary_stand_in_it_where_all_that_they_stand_on_may_be_quoted(
    analysed: Callable, database: Database, make: Callable, staff_id: int
) -> None:
    kept = analysed(permission="with-name")
    id, (first, second, third) = kept.organisation_id, kept.statement_ids
    assert section(make(id), IN_POINTS) is None
    summed_up(database, staff_id, id, ("named", [first, second]), ("quoted", [third]), ("rest", [third]))
    for audience in (OWN, ANYONE):
        words = told(make(id, audience), IN_POINTS)
        assert "put together by a machine, and nobody has signed them off" in words
        assert f"{COUNCIL} spoke of We, in 2 statements." in words
        assert "Nobody funds the post after March." in words
        assert "do not stand" not in words
    with database.writing() as session:
        session.get_one(Passage, kept.passage_ids[0]).harm = True
        session.commit()
    assert "spoke of We" not in make(id).snapshot


def test_points_on_what_may_not_be_published_are_in_no_report_for_anybody(
    analysed: Callable, database: Database, make: Callable, staff_id: int
) -> None:
    kept = analysed(permission="do-not-publish")
    summed_up(database, staff_id, kept.organisation_id, ("named", kept.statement_ids[:2]))
    assert "spoke of We" in make(kept.organisation_id).snapshot
    assert "spoke of We" not in make(kept.organisation_id, ANYONE).snapshot


def test_what_is_redacted_in_words_that_a_point_was_made_of_takes_the_report_along(
    analysed: Callable, database: Database, make: Callable, staff_id: int
) -> None:
    kept = analysed()
    summed_up(database, staff_id, kept.organisation_id, ("named", kept.statement_ids[:2]))
    made = make(kept.organisation_id)
    redact(database, staff_id, "Parents")
    assert reports.state_of(kept_report(database, made.id)) == "withdrawn"


# -- What changed -----------------------------------------------------------------------------------------


def test_it_tells_what_changed_since_the_round_before(
    analysed: Callable, database: Database, open_round: Round, make: Callable
) -> None:
    first = analysed("first", {1: {"Parents chair it.": {"kinds": ["activity"], "actions": ["advocacy"]}}})
    before(database, open_round, first.received.submission_id)
    analysed("second", {1: {"Parents chair it.": {"kinds": ["barrier"], "barrier_themes": ["funding"]}}})
    made = make(first.organisation_id)
    assert "First round, beside The round before." in told(made, "What changed since the round before")
    assert rows(made, "What changed since the round before") == [
        ("Advocacy", "Action", "Not said again"),
        ("Funding", "In the way", "Said for the first time"),
    ]
    # For anybody no round is told of in which nothing may be published with the name.
    assert section(make(first.organisation_id, ANYONE), "What changed since the round before") is None


def before(database: Database, open_round: Round, submission_id: int) -> None:
    """Moves a submission to a round before."""
    with database.writing() as session:
        row = session.get_one(Round, open_round.id)
        earlier = Round(
            slug="before",
            title="The round before",
            questionnaire_id=row.questionnaire_id,
            opened_at=row.opened_at - timedelta(days=400),
            closes_on=(row.opened_at - timedelta(days=300)).date(),
        )
        session.add(earlier)
        session.flush()
        session.exec(sa.update(Submission).where(Submission.id == submission_id).values(round_id=earlier.id))
        session.commit()


# -- Commitments ------------------------------------------------------------------------------------------


def listing(*texts: str, due: str = "") -> dict[str, Any]:
    items = [{"id": f"i{place}", "commitment": text, "commitment-due": due} for place, text in enumerate(texts)]
    return {"more-lists": ["work"], "commitments": items}


def test_commitments_stand_by_the_day_they_are_due_with_their_state(
    analysed: Callable, database: Database, make: Callable
) -> None:
    words = "We will open two more homes."
    said = {3: {words: {"kinds": ["commitment"]}}}
    kept = analysed(told=said, permission="with-name", **listing(words, due="March"))
    assert rows(make(kept.organisation_id), "What they have committed to, and by when")[0][2] == "Without a day"
    late = rounds.local_date() - timedelta(days=3)
    for day, state in ((late, "Past its day"), (late + timedelta(days=6), "To come")):
        due(database, day)
        for audience in (OWN, ANYONE):
            [row] = rows(make(kept.organisation_id, audience), "What they have committed to, and by when")
            assert (row[0], row[2]) == (words, state)


def due(database: Database, day: Any) -> None:
    with database.writing() as session:
        session.exec(sa.text("UPDATE listed_item SET due_to = :day, due_read = true").bindparams(day=day))
        session.commit()


def test_a_commitment_of_what_may_not_be_published_is_in_no_report_for_anybody(
    analysed: Callable, make: Callable
) -> None:
    words = "We will open two more homes."
    kept = analysed(told={3: {words: {"kinds": ["commitment"]}}}, permission="do-not-publish", **listing(words))
    assert words in make(kept.organisation_id).snapshot
    assert words not in make(kept.organisation_id, ANYONE).snapshot


def test_days_that_documents_promise_are_told_but_where_words_of_the_promise_are_redacted(
    analysed: Callable, database: Database, make: Callable, staff_id: int
) -> None:
    words = "Parents chair it."
    kept = analysed(told={1: {words: {"kinds": ["commitment"]}}})
    with database.writing() as session:
        passage = session.get_one(Passage, kept.passage_ids[0])
        start = passage.text.index(words)
        days = {"text": "on 3 March 2031", "from": "2031-03-03", "to": "2031-03-03"}
        details = {"who": "", "due": days}
        place = {"passage_id": passage.id, "start": start, "end": start + len(words)}
        session.add(Extract(**place, kind="commitment", details=details, model=passage.analysed_by))
        session.commit()
    made = make(kept.organisation_id)
    assert rows(made, "What they have committed to, and by when") == [(words, "3 March 2031", "To come")]
    redact(database, staff_id, "Parents")
    hidden = make(kept.organisation_id)
    assert "2031" not in hidden.snapshot
    assert "Parents" not in hidden.snapshot


def redact(database: Database, staff_id: int, words: str) -> None:
    with database.writing() as session:
        passage = next(one for one in session.exec(select(Passage)) if words in one.text)
        place = (passage.text.index(words), passage.text.index(words) + len(words))
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
        session.commit()


# -- What others say --------------------------------------------------------------------------------------


@pytest.fixture
def says_of(analysed: Callable, database: Database) -> Callable[..., Any]:
    """Has somebody say something that names an organisation, as staff would see it."""

    def say(of: int, text: str = PRAISE, name: str = "Loch Trust", **how: Any) -> Any:
        who = {"organisation-name": name or "Somebody"}
        said = {"planning.doing": text, "planning.barriers": ""}
        kept = analysed(f"{name} {text} {how}", {1: {text: WITH_PLAN}}, **who, **said, **how)
        with database.writing() as session:
            named = {"start": text.index(COUNCIL), "end": text.index(COUNCIL) + len(COUNCIL)}
            passage_id = kept.passage_ids[0]
            session.add(NamedIn(passage_id=passage_id, known_as=f"organisation-{of}", **named))
            read = {"kind": "organisation", "details": {"organisation_id": of}, "model": "test-1"}
            session.add(Extract(passage_id=passage_id, **named, **read))
            if not name:
                session.get_one(Source, kept.source_id).organisation_id = None
                session.get_one(Submission, kept.received.submission_id).organisation_id = None
            session.commit()
        return kept

    return say


def leaks(report: Report, *words: str) -> bool:
    """Whether any of these words stands in the report or in a file of it."""
    files = [rendering.rendered(reports.read(report), kind) for kind in ("html", "docx")]
    texts = [report.snapshot, files[0].decode(), document_words(files[1])]
    return any(one.casefold() in text.casefold() for one in words for text in texts)


def document_words(word_file: bytes) -> str:
    from io import BytesIO
    from zipfile import ZipFile

    with ZipFile(BytesIO(word_file)) as parts:
        return parts.read("word/document.xml").decode()


def test_others_are_quoted_by_what_they_allow(analysed: Callable, says_of: Callable, make: Callable) -> None:
    council = analysed().organisation_id
    says_of(council, f"{PRAISE} One.", permission="with-name")
    says_of(council, f"{PRAISE} Two.", name="Isla Fund", permission="without-name")
    says_of(council, f"{PRAISE} Three.", name="Tay Board", permission="do-not-publish")
    own, open_ = make(council), make(council, ANYONE)
    quotes = [one for one in section(own, "What others say of them").blocks if one.block == "quote"]
    assert [(one.words[-4:], one.who, one.source, one.when) for one in quotes] == [
        ("Two.", "An organisation that is not named", "", None),
        ("One.", "Loch Trust", quotes[1].source, rounds.local_date()),
    ]
    assert not leaks(own, "Isla Fund", "Tay Board", "Three.")
    [quote] = [one for one in section(open_, "What others say of them").blocks if one.block == "quote"]
    assert quote.who == "Loch Trust"
    assert not leaks(open_, "Isla Fund", "Tay Board", "Two.", "Three.", "not named")


def test_what_is_quoted_without_the_name_has_neither_day_nor_source_in_the_appendix(
    analysed: Callable, says_of: Callable, make: Callable
) -> None:
    council = analysed().organisation_id
    sent = says_of(council, permission="without-name")
    [one] = [one for one in reports.read(make(council)).references if one.statement_id == sent.statement_ids[0]]
    assert (one.who, one.source, one.when) == ("An organisation that is not named", "", None)


@pytest.mark.parametrize(
    "text",
    [
        f"Loch Trust and {COUNCIL} meet each month.",
        f"{COUNCIL} funds the house at the loch.",
        f"{COUNCIL} asks LFT each month.",
        f"{COUNCIL} rang Lochside for us.",
    ],
)
def test_who_may_not_be_named_is_not_quoted_in_words_that_name_them(
    text: str, analysed: Callable, says_of: Callable, make: Callable, database: Database
) -> None:
    council = analysed().organisation_id
    sent = says_of(council, text, name="Loch Family Trust", permission="without-name")
    with database.writing() as session:
        session.add(OrganisationAlias(organisation_id=sent.organisation_id, name="Lochside", name_key="lochside"))
        session.commit()
    made = make(council)
    assert "Nothing that may be quoted here names them." in told(made, "What others say of them")
    assert not leaks(made, text.split(COUNCIL)[1])


def test_individuals_are_never_quoted_to_those_of_whom_they_tell(
    analysed: Callable, says_of: Callable, make: Callable
) -> None:
    council = analysed().organisation_id
    says_of(council, name="", permission="with-name")
    says_of(council, f"{PRAISE} Two.", name="", permission="without-name")
    for audience in (OWN, ANYONE):
        assert not leaks(make(council, audience), PRAISE)


def test_what_others_say_that_may_tell_of_harm_is_neither_quoted_nor_counted(
    analysed: Callable, says_of: Callable, make: Callable, database: Database
) -> None:
    council = analysed().organisation_id
    sent = says_of(council, permission="with-name")
    with database.writing() as session:
        session.get_one(Passage, sent.passage_ids[0]).harm = True
        session.commit()
    for audience in (OWN, ANYONE):
        made = make(council, audience)
        assert not leaks(made, PRAISE, "Loch Trust")
        assert "may tell of harm" not in made.snapshot


def test_what_others_say_with_a_persons_details_in_it_is_not_quoted(
    analysed: Callable, says_of: Callable, make: Callable, database: Database
) -> None:
    council = analysed().organisation_id
    sent = says_of(council, f"{COUNCIL} sent Jane Doe to us.", permission="with-name")
    with database.writing() as session:
        place = {"passage_id": sent.passage_ids[0], "start": 28, "end": 36}
        session.add(Extract(**place, kind="personal-detail", details={}, model="test-1"))
        session.commit()
    assert not leaks(make(council), "Jane Doe")


def test_of_a_document_nobody_has_said_that_it_may_be_published(
    analysed: Callable, says_of: Callable, make: Callable, database: Database
) -> None:
    council = analysed().organisation_id
    sent = says_of(council, permission="with-name")
    with database.writing() as session:
        source = session.get_one(Source, sent.source_id)
        source.kind, source.submission_id = "document", None
        session.commit()
    for audience in (OWN, ANYONE):
        assert not leaks(make(council, audience), PRAISE, "Loch Trust")


def test_what_staff_have_set_aside_is_not_quoted(
    analysed: Callable, says_of: Callable, make: Callable, database: Database
) -> None:
    council = analysed().organisation_id
    sent = says_of(council, permission="with-name")
    with database.writing() as session:
        aside = sa.update(ReviewItem).where(ReviewItem.passage_id == sent.passage_ids[0]).values(state="set-aside")
        assert session.exec(aside).rowcount == 1
        session.commit()
    assert not leaks(make(council), PRAISE)


def test_what_others_redacted_is_redacted(
    analysed: Callable, says_of: Callable, make: Callable, database: Database, staff_id: int
) -> None:
    council = analysed().organisation_id
    says_of(council, f"{COUNCIL} sent Jane Doe to us.", permission="with-name")
    first = make(council)
    assert "Jane Doe" in first.snapshot
    redact(database, staff_id, "Jane Doe")
    assert reports.state_of(kept_report(database, first.id)) == "withdrawn"
    made = make(council)
    assert f"{COUNCIL} sent [redacted: personal information] to us." in told(made, "What others say of them")
    assert not leaks(made, "Jane Doe")


@pytest.mark.parametrize("permission", ["with-name", "without-name"])
def test_who_withdraws_takes_the_reports_on_others_along_that_quote_them(
    permission: str, analysed: Callable, says_of: Callable, make: Callable, database: Database
) -> None:
    council = analysed().organisation_id
    sent = says_of(council, permission=permission)
    made = make(council)
    with database.writing() as session:
        erasure.withdraw(session, session.get_one(Submission, sent.received.submission_id))
        session.commit()
    gone = kept_report(database, made.id)
    assert (reports.state_of(gone), gone.title, gone.snapshot) == ("withdrawn", "", "")


def test_who_turns_out_to_speak_for_others_takes_reports_along_that_quote_them(
    analysed: Callable, says_of: Callable, make: Callable, database: Database, answers: dict[str, Any]
) -> None:
    council = analysed().organisation_id
    sent = says_of(council, permission="with-name")
    made = make(council)
    with database.writing() as session:
        submission = session.get_one(Submission, sent.received.submission_id)
        other = {**answers, "organisation-name": "Zeta Trust"}
        corrections.follow_who_answers(session, submission, answers, other, {"organisation-name"})
        session.commit()
    assert reports.state_of(kept_report(database, made.id)) == "withdrawn"


def forbid(database: Database, submission_id: int, permission: str = "do-not-publish") -> None:
    with database.writing() as session:
        submission = session.get_one(Submission, submission_id)
        corrections.change_permission(
            session, submission, {"permission": submission.permission}, {"permission": permission}
        )
        session.commit()


def test_who_allows_it_no_more_takes_the_reports_on_others_along_and_leaves_their_own(
    analysed: Callable, says_of: Callable, make: Callable, database: Database
) -> None:
    council = analysed().organisation_id
    sent = says_of(council, permission="with-name")
    with database.writing() as session:
        partner = directory.find_or_add(session, name="Abbey Trust", kind="third_sector", areas=["fife"])
        session.add(SubmissionPartner(submission_id=sent.received.submission_id, organisation_id=partner))
        session.commit()
    others, theirs, partners_ = make(council), make(sent.organisation_id), make(partner)
    forbid(database, sent.received.submission_id, "without-name")
    gone = kept_report(database, others.id)
    assert (reports.state_of(gone), gone.withdrawn_why, gone.snapshot) == ("withdrawn", "permission", "")
    assert all(kept_report(database, one.id).snapshot for one in (theirs, partners_))


def test_all_that_was_weighed_of_others_leads_to_the_report(
    analysed: Callable, says_of: Callable, make: Callable, database: Database
) -> None:
    kept = analysed()
    quoted = says_of(kept.organisation_id, permission="with-name")
    named = says_of(kept.organisation_id, f"Loch Trust and {COUNCIL} meet.", permission="without-name")
    says_of(kept.organisation_id, f"{PRAISE} Three.", name="Tay Board", permission="do-not-publish")
    made = make(kept.organisation_id)
    with database.reading() as session:
        held = set(session.exec(select(ReportSource.source_id).where(ReportSource.report_id == made.id)))
    assert held == {kept.source_id, quoted.source_id, named.source_id}


@pytest.mark.parametrize("change", ["permission", "harm", "withdrawn"])
def test_what_may_be_told_no_more_while_a_report_is_written_is_not_in_it(
    change: str,
    analysed: Callable,
    says_of: Callable,
    make: Callable,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    council = analysed().organisation_id
    sent = says_of(council, permission="with-name")
    written, times = reports.frozen, []

    def slowly(session: Any, *more: Any, **how: Any) -> reports.Frozen:
        made = written(session, *more, **how)
        if not times:
            times.append(1)
            session.close()
            with database.writing() as other:
                if change == "withdrawn":
                    erasure.withdraw(other, other.get_one(Submission, sent.received.submission_id))
                elif change == "harm":
                    other.get_one(Passage, sent.passage_ids[0]).harm = True
                else:
                    other.get_one(Submission, sent.received.submission_id).permission = "without-name"
                other.commit()
        return made

    monkeypatch.setattr(reports, "frozen", slowly)
    made = make(council)
    assert (made.state, made.snapshot) == ("waiting", "")
    reporting.make_reports([made.id])
    assert not leaks(kept_report(database, made.id), "Loch Trust")


# -- Statistics, rounds and sources -----------------------------------------------------------------------

BUDGET = """Organisation,Period,Value
Kinnaird Water Council,2022-23,1200
Kinnaird Water Council,2023-24,1500
"""


@pytest.mark.parametrize("audience", [OWN, ANYONE])
def test_published_figures_stand_in_a_table_and_a_chart_with_their_source(
    audience: str, analysed: Callable, database: Database, make: Callable
) -> None:
    id = analysed().organisation_id
    first = make(id, audience)
    assert section(first, "Statistics and budgets") is None
    with database.writing() as session:
        said = {"title": "Spent on family support", "what": "budget", "unit": "pounds", "of": ""}
        statistics_told.keep(session, BUDGET, **said)
        session.commit()
    made = make(id, audience)
    [row] = rows(made, "Statistics and budgets")
    assert row[:2] == ("Spent on family support", "£1,500")
    assert row[-1] == "Leavers in figures, An Office of Figures, published 31 March 2026"
    [chart] = [one for one in section(made, "Statistics and budgets").blocks if one.block == "chart"]
    assert (chart.unit, [bar.value for bar in chart.bars]) == ("pounds", ["1200", "1500"])
    assert first.hashes["data"] != made.hashes["data"]


def test_where_they_were_asked_and_did_not_answer_is_told_to_themselves(
    analysed: Callable, database: Database, open_round: Round, make: Callable
) -> None:
    id = analysed(permission="with-name").organisation_id
    with database.writing() as session:
        silent = directory.find_or_add(session, name="Asked Trust", kind="other")
        row = Invitation(round_id=open_round.id, organisation_id=silent, email="a@example.org", invited_at=now())
        session.add(row)
        session.commit()
    assert rows(make(id), "Asked and answered")[0][1].startswith("Answered on ")
    assert rows(make(silent), "Asked and answered")[0][1].endswith("No answer yet")
    assert section(make(silent, ANYONE), "Asked and answered") is None


def test_sources_say_how_old_they_are_and_with_whom_they_were_sent(
    analysed: Callable, database: Database, make: Callable
) -> None:
    kept = analysed()
    with database.writing() as session:
        partner = directory.find_or_add(session, name="Abbey Trust", kind="third_sector", areas=["fife"])
        session.add(SubmissionPartner(submission_id=kept.received.submission_id, organisation_id=partner))
        session.get_one(Source, kept.source_id).received_at = now() - timedelta(days=800)
        session.commit()
    made = make(kept.organisation_id)
    [row] = rows(made, "Sources")
    assert (row[1], row[3], row[4]) == ("Submission, sent jointly with Abbey Trust", "Over 2 years", "3")
    assert "it is more than a year old" in told(made, "Sources")
    for report in (made, make(partner)):
        assert {one.who for one in reports.read(report).references} == {f"{COUNCIL}, Abbey Trust"}


def test_a_meeting_where_they_were_is_told_without_its_title(
    analysed: Callable, database: Database, make: Callable
) -> None:
    id = analysed().organisation_id
    with database.writing() as session:
        meeting = Source(kind="meeting", title="What Loch Trust says of them", content_hash="a meeting")
        session.add(meeting)
        session.flush()
        session.add(SourceOrganisation(source_id=meeting.id, organisation_id=id))
        session.commit()
    made = make(id)
    assert "They were also at a meeting on" in told(made, "Sources")
    assert not leaks(made, "Loch Trust")
    assert "at a meeting" not in make(id, ANYONE).snapshot


# -- Frozen -----------------------------------------------------------------------------------------------


def test_all_that_a_report_is_drawn_from_is_in_its_fingerprint(
    analysed: Callable, says_of: Callable, database: Database, make: Callable, staff_id: int
) -> None:
    id = analysed().organisation_id
    seen = [make(id).hashes["data"], make(id).hashes["data"]]
    assert seen[0] == seen[1]
    sent = says_of(id, permission="with-name")
    seen.append(make(id).hashes["data"])
    forbid(database, sent.received.submission_id, "without-name")
    seen.append(make(id).hashes["data"])
    with database.writing() as session:
        leads.add(session, id, "planning", why="A duty in law.", staff_id=staff_id)
        session.commit()
    seen.append(make(id).hashes["data"])
    redact(database, staff_id, "Nobody")
    seen.append(make(id).hashes["data"])
    assert len(set(seen)) == len(seen) - 1


@pytest.mark.parametrize("audience", [OWN, ANYONE])
def test_with_all_that_it_says_it_is_rebuilt_byte_for_byte(
    audience: str, analysed: Callable, says_of: Callable, database: Database, make: Callable, staff_id: int
) -> None:
    words = "We will open two more homes."
    said = {1: {"Parents chair it.": WITH_PLAN}, 3: {words: {"kinds": ["commitment"]}}}
    kept = analysed(told=said, permission="with-name", **listing(words))
    says_of(kept.organisation_id, permission="without-name")
    says_of(kept.organisation_id, f"{PRAISE} Two.", name="Tay Board", permission="with-name")
    with database.writing() as session:
        leads.add(session, kept.organisation_id, "planning", why="A duty in law.", staff_id=staff_id)
        statistics_told.keep(session, BUDGET)
        session.commit()
    made = make(kept.organisation_id, audience)
    with database.writing() as session:
        session.exec(sa.update(Round).values(title="Another name"))
        directory.find_or_add(session, name="Zeta Trust", kind="other", areas=["fife"])
        session.commit()
    for kind in rendering.FORMATS:
        assert reports.rebuilt(kept_report(database, made.id), kind)[1], kind


def test_permission_is_asked_for_again_of_the_sources_that_are_quoted_alone(
    analysed: Callable, says_of: Callable, database: Database
) -> None:
    kept = analysed()
    sent = says_of(kept.organisation_id, permission="without-name")
    with database.reading() as session:
        contents = report_contents.of_organisation(session, kept.organisation_id)
        assert contents.permitted == {(sent.source_id, "without-name")}
        assert report_contents.still_permitted(session, contents.permitted)
        assert not report_contents.still_permitted(session, {(sent.source_id, "with-name")})
        assert report_contents.of_organisation(session, kept.organisation_id, audience=ANYONE).permitted == frozenset()
