"""What the tests of the web service's rooms share."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from litestar import Litestar
from sqlmodel import Session, select

from collector.accounts import staff
from collector.accounts.models import StaffMember
from collector.database import Database
from collector.findings.models import BlindItem, Statement
from collector.findings.report_models import Report, ReportLetter, ReportRun
from collector.findings.summary_models import SummaryPoint
from collector.findings.theme_models import Theme
from collector.frameworks import coding_frames
from collector.intake import (
    documents,
    drafts,
    import_reading,
    import_steps,
    imports,
    invitations,
    keying,
    links,
    meetings,
    notes,
    own_links,
    references,
    rounds,
    submissions,
    uploads,
)
from collector.intake.models import Job, Passage, Round, Source, Submission
from collector.mail import outbox
from collector.mail.models import Mail
from collector.organisations import directory, leads
from collector.profiles import report_letters, report_replies, report_runs, reports
from collector.review import blind_coding, bulk, heard, outside, plan_sets, queue, views
from collector.review.outside import Found
from forms import coding_frame, questionnaire
from tests.collector import every_page
from tests.collector.profiles import statistics_told

A_RECEIPT = {
    "reference": "7F4K-2MXW",
    "questionnaire": "Keeping the promise",
    "received": "21 November 2026 at 14:05",
    "receipt_path": "/receipts/a-secret-key",
    "with_answers": False,
}


@pytest.fixture
def later_round(database: Database, open_round: Round) -> Round:
    """Open beside the first, and newer."""
    with database.writing() as session:
        found = rounds.open_round(session, questionnaire.load("keeping-the-promise"), slug="later", title="Later round")
        session.commit()
        session.refresh(found)
        session.expunge(found)
    return found


@dataclass(frozen=True)
class World:
    """Something at every address that takes an id, and addresses of the same shape with nothing there."""

    existing: dict[str, Any]
    missing: dict[str, Any]


@pytest.fixture
def world(
    analysed: Callable[..., Any], database: Database, open_round: Round, app: Litestar, meeting_facts: dict[str, Any]
) -> World:
    """One submission of everything, read, unused links, somebody invited, a letter half keyed, and a meeting."""
    kept = analysed(**every_page.LISTING)
    with database.writing() as session:
        someone = member(session)
        link = staff.link_for(session, someone)
        own_link = own_links.renew(session, session.get_one(Submission, kept.received.submission_id), someone.id)
        mail_id = outbox.put(session, kind="receipt", to="someone@example.org", words=A_RECEIPT)
        draft = drafts.save(session, "another's secret", open_round, asked=set(), answers={"respondent": "individual"})
        draft_link, _ = links.make(session, draft)
        invitations.add(session, open_round, [invitations.Guest("office@example.org", name="Invited Trust")])
        [invited] = invitations.listed(session, open_round.id)
        mail_links = invitations.Links("", app.state.form_key)
        stop_key, held_key = mail_links.stop_key(invited.invitation), mail_links.held_key(invited.invitation)
        upload_id = uploads.keep(session, "plan.txt", b"We plan.", submission_id=kept.received.submission_id).id
        import_id = an_import(session)
        letter = {"channel": "post", "received-on": rounds.local_date().isoformat()}
        keyed = keying.start(session, round_=open_round, staff_id=someone.id, facts=letter).id
        paragraphs = notes.split(meeting_facts["notes"])
        meeting, _ = meetings.keep(session, facts=meeting_facts, paragraphs=paragraphs, staff_id=someone.id)
        local_plans = coding_frame.load("local-plans")
        frame, walk = coding_frames.add(session, local_plans, file_name="a.yaml", staff_id=someone.id, passages=3)
        frame_id, walk_id = frame.id, walk.id
        view_id, list_id = of_a_reviewer(session)
        settled = coded_by_two(session, meeting)
        report_id = reports.ask(session, "organisation", str(kept.organisation_id), staff_id=someone.id, hold_days=14)
        theme_id = a_theme(session, someone.id, kept.statement_ids)
        leads.add(session, kept.organisation_id, "planning", why="A duty in law.", staff_id=someone.id)
        lead_id = leads.of(session, kept.organisation_id)[0].id
        statistic_id, edition_id = statistics_told.kept_and_read(session)
        review_id, plan_id = a_plan_review(session, frame_id, someone.id)
        point_id = a_point(session, someone.id, kept.statement_ids)
        session.commit()
        make_report(session, report_id)
        report_link, reply_id = replied(session, report_id, someone.id)
        report_schedule_id, report_run_id = planned(session, someone.id)
    existing = {
        "slug": "keeping-the-promise",
        "page_id": "respondent",
        "item_id": "one",
        "key": kept.received.receipt_key,
        "reference": kept.received.reference,
        "secret": link,
        "link": draft_link,
        "own_link": own_link,
        "source_id": kept.source_id,
        "upload_id": upload_id,
        "document_id": plan_id,
        "keying_id": keyed,
        "meeting_id": meeting,
        "statement_id": kept.statement_ids[0],
        "passage_id": kept.passage_ids[0],
        "settled_id": settled,
        "organisation_id": kept.organisation_id,
        "mail_id": mail_id,
        "import_id": import_id,
        "file_path": "css/site.css",
        "file_name": "codings.csv",
        "path": "nothing",
        "round_id": open_round.id,
        "stop_key": stop_key,
        "preview_key": "any",
        "invited": held_key,
        "family": "actions",
        "code": "support",
        "number": 1,
        "kind": "csv",
        "what": "settle",
        "frame_id": frame_id,
        "review_id": review_id,
        "plan_id": plan_id,
        "question": "governance",
        "table_file": "coverage.csv",
        "theme_id": theme_id,
        "lead_id": lead_id,
        "area_id": "fife",
        "statistic_id": statistic_id,
        "edition_id": edition_id,
        "point_id": point_id,
        "report_id": report_id,
        "report_format": "pdf",
        "report_link": report_link,
        "line": "all",
        "reply_id": reply_id,
        "report_schedule_id": report_schedule_id,
        "report_run_id": report_run_id,
        "walk_id": walk_id,
        "view_id": view_id,
        "list_id": list_id,
    }
    counted = {name for name in existing if name.endswith("_id")} - {"page_id", "area_id"} | {"number"}
    missing = {name: 999_999 if name in counted else "no-such" for name in existing}
    return World(existing, missing)


@pytest.fixture
def come_back(database: Database, open_round: Round, answers: dict[str, Any]) -> Callable[[Any], str]:
    """Lets a browser in to what it sent in a round before the one that is open; returns the reference."""

    def let_in(browser: Any) -> str:
        browser.get("/sign-in")  # any page gives it its visitor cookie
        form = questionnaire.load("keeping-the-promise")
        listed = [{"id": id, "commitment": f"We will do {id}.", "commitment-due": "2024"} for id in ("a1", "b2", "c3")]
        with database.writing() as session:
            day = open_round.opened_at - timedelta(days=400)
            before = rounds.open_round(session, form, slug="before", title="An earlier round", opened_at=day)
            before.closes_on = rounds.local_date() - timedelta(days=300)
            sent = submissions.receive(
                session,
                round_=before,
                questionnaire=form,
                questionnaire_id=before.questionnaire_id,
                answers={**answers, "commitments": listed},
                idempotency_key="sent before",
            )
            own_links.let_in(session, browser.cookies["visitor"], sent.submission_id)
            session.commit()
        return references.shown(sent.reference)

    return let_in


def of_a_reviewer(session: Session) -> tuple[int, int]:
    """A saved view of the reviewer that a browser is signed in as, and a list that they counted."""
    email = "reviewer@example.org"
    reviewer = staff.by_email(session, email) or staff.add(session, email=email, name="The reviewer", role="reviewer")
    wanted = queue.Wanted(area="fife")
    view = views.save(session, wanted, name="All of Fife", shared=True, staff_id=reviewer.id)
    return view.id, bulk.gather(session, wanted, "finish", staff_id=reviewer.id).id


def a_theme(session: Session, staff_id: int, statement_ids: list[int]) -> int:
    """One that was found in these statements."""
    claim = outside.leases.claim(session, outside.ask(session, None, staff_id=staff_id))
    found = Found(5, [(id, []) for id in statement_ids])
    assert outside.finish(session, claim, [found], statements=len(statement_ids), more=False)
    return session.exec(select(Theme.id)).one()


def a_plan_review(session: Session, frame_id: int, staff_id: int) -> tuple[int, int]:
    """A review of one plan, which nobody has read yet."""
    facts = {"title": "Plans of 2026", "frame_id": frame_id, "need_code": "assessment-of-need", "key": "a review"}
    review_id = plan_sets.make(session, **facts, staff_id=staff_id)
    source = Source(kind="document", title="A plan for children", content_hash="a plan")
    session.add(source)
    session.flush()
    documents.add_passages(session, source.id, ["The board meets in June."], places=["Page 1, paragraph 1"])
    session.add(Job(source_id=source.id, total=1))
    plan_sets.add(session, review_id, [source.id], staff_id=staff_id)
    return review_id, source.id


def a_point(session: Session, staff_id: int, statement_ids: list[int]) -> int:
    """One of a summary of what was heard, on these statements."""
    subject = heard.Subject("action", "support")
    claim = heard.leases.claim(session, heard.ask(session, subject, staff_id=staff_id))
    made = heard.Made("rest", True, [heard.Cited(id, id) for id in statement_ids])
    assert heard.finish(session, claim, [made], model="test-1", statements=len(statement_ids), more=False)
    return session.exec(select(SummaryPoint.id)).one()


def make_report(session: Session, report_id: int) -> None:
    """As the worker does."""
    claim = reports.leases.claim(session, report_id)
    report = reports.leases.row(session, claim)
    assert reports.finish(session, claim, reports.frozen(session, report, by="The Promise Scotland", base_url=""))
    session.commit()


def replied(session: Session, report_id: int, staff_id: int) -> tuple[str, int]:
    """A letter with a link to a report that is held, and a reply that came by it."""
    subject = session.get_one(Report, report_id).subject
    report_letters.add_contact(session, "organisation", subject, email="a@example.org", name="", staff_id=staff_id)
    [mail_id] = report_letters.send(session, session.get_one(Report, report_id))
    letter = session.exec(select(ReportLetter)).one()
    said = {"correction": True, "text": "We have five homes.", "name": "The council"}
    reply = report_replies.reply(session, letter, line="", **said)
    session.commit()
    return session.get_one(Mail, mail_id).words["path"].rsplit("/", 1)[1], reply.id


def planned(session: Session, staff_id: int) -> tuple[int, int]:
    """A schedule of reports, and the run that it began."""
    how = {"audience": "own", "hold_days": 14, "staff_id": staff_id}
    schedule_id = report_runs.plan(session, every="month", first_on=rounds.local_date(), **how)
    report_runs.begin_due(session)
    session.commit()
    return schedule_id, session.exec(select(ReportRun.id)).one()


def an_import(session: Session) -> int:
    """One whose file is read, so that its columns can be looked at."""
    someone = staff.by_email(session, "someone@example.org").id
    import_id = imports.begin(session, file_name="a.csv", content=b"What helps?\nTime", staff_id=someone)
    claim, gathered = import_steps.leases.claim(session, import_id), import_reading.Gathering(heading_row=1)
    gathered.first.append((1, ["What helps?"]))
    gathered.settle()
    gathered.take(2, ["Time"])
    import_reading.add_rows(session, import_id, [(2, ["Time"], {})])
    import_reading.finish_reading(session, claim, {"sheets": [], "sheet": "", "read_as": "CSV"}, gathered)
    return import_id


@pytest.fixture
def meeting_facts(database: Database) -> dict[str, Any]:
    """What is told of a meeting of two organisations, which the directory has."""
    with database.writing() as session:
        for name in ("Kinnaird Water Council", "Loch Ossian Advocacy"):
            directory.find_or_add(session, name=name, kind="other", areas=[])
        session.commit()
    return {
        "title": "Talk on family meetings",
        "held-on": "2026-03-03",
        "place": "Perth",
        "organisations": "Loch Ossian Advocacy\nKinnaird Water Council",
        "roles": "two foster carers",
        "round": "none",
        "permission": "without-name",
        "notes": (
            "What gets in the way?\n- Nobody funds the post after March.\n- Rooms are far away.\n\nWe will try again."
        ),
    }


def coded_by_two(session: Session, source_id: int) -> int:
    """A passage of this source that two people have coded blind, and differ."""
    passage = session.exec(select(Passage).where(Passage.source_id == source_id)).first()
    session.add(Statement(passage_id=passage.id, start=0, end=len(passage.text), model="test-1"))
    session.add(BlindItem(passage_id=passage.id, coders=2, chance=1.0))
    session.flush()
    [statement] = blind_coding.statements_of(session, passage.id)
    given = {"first": {("kinds", "barrier"), ("actions", "planning")}, "second": {("kinds", "barrier")}}
    for name, labels in given.items():
        coder = staff.add(session, email=f"{name}@example.org", name=f"The {name} coder", role="reviewer")
        blind_coding.send(session, passage.id, {statement: frozenset(labels)}, staff_id=coder.id)
    return passage.id


def member(session: Session) -> StaffMember:
    return staff.add(session, email="someone@example.org", name="Someone", role="auditor")
