"""A reviewer has a model trained on what was decided, sees what came of it, and returns to the one before."""

import pytest
from browsing import Window
from kept import job_of_document
from playwright.sync_api import expect
from sqlmodel import Session, col, select
from systems import System, wait_for

from collector.accounts import staff
from collector.database import Database, now
from collector.findings.models import BlindCode, BlindCoding, BlindItem, Decision, Statement
from collector.intake import documents
from collector.intake.models import Passage, Source
from collector.review import acts, blind_coding, steps

# What differs between the forms of the system is tried by others.
pytestmark = [pytest.mark.slow, pytest.mark.parametrize("system", ["services"], indirect=True)]

TITLE = "Notes of a year of visits"
# What this team calls “What matters to children and families”, and the shipped model does not.
PLACES = ("the hall", "the garden", "the boat shed", "the bus shelter", "the old school", "the ferry queue", "the shop")
ASKED = ("Ailsa drew a map of", "The twins took a photograph of", "Rory made a model of", "A girl told a story about")
NOT_ASKED = ("Somebody painted", "The rain got into", "A joiner measured", "The council insured")
WEEKS = ("in March", "last week", "before the fair", "at Hogmanay")
TAUGHT, BLIND = 100, 60
LABEL = {"family": "fundamentals", "label": "what-matters"}


def notes() -> list[tuple[str, bool]]:
    """Sentences, each with whether the label holds."""
    made = [
        (f"{who} {place} {week}.", who in ASKED)
        for week in WEEKS
        for place in PLACES
        for pair in zip(ASKED, NOT_ASKED, strict=True)
        for who in pair
    ]
    return made[: TAUGHT + BLIND]


def test_a_model_is_trained_serves_and_is_returned_from(window: Window, system: System) -> None:
    bring_in(system)
    decide(system.database)
    sign_in(window, system)
    see_training_run(window, system)
    see_what_came_of_it(window)
    return_to_the_one_before(window)


def bring_in(system: System) -> None:
    with system.database.writing() as session:
        documents.keep(session, title=TITLE, content_hash="visits", paragraphs=[text for text, _ in notes()])
    wait_for(lambda: job_of_document(system.database, TITLE).state == "done", within=120, why="the notes are read")


def decide(database: Database) -> None:
    """A hundred are decided one by one, as pages would have it; the rest was coded blind."""
    with database.writing() as session:
        member = staff.by_email(session, "coder@example.org") or staff.add(
            session, email="coder@example.org", name="The coder", role="reviewer"
        )
        statements, offered = statements_of_notes(session), blind_coding.offered_now(session).id
        for text, holds in notes()[:TAUGHT]:
            passage_id, statement_id = statements[text]
            if holds:
                act = acts.begin(session, staff_id=member.id, what="decide")
                said = {"act_id": act.id, "statement_id": statement_id, "staff_id": member.id}
                session.add(Decision(**said, **LABEL, verdict="add"))
                session.flush()
            steps.finish(session, passage_id, staff_id=member.id)
        for text, holds in notes()[TAUGHT:]:
            code_blind(session, *statements[text], holds=holds, staff_id=member.id, offered_id=offered)
        session.commit()


def statements_of_notes(session: Session) -> dict[str, tuple[int, int]]:
    chosen = (
        select(Passage.text, Passage.id, Statement.id)
        .join(Source, col(Source.id) == Passage.source_id)
        .join(Statement, col(Statement.passage_id) == Passage.id)
        .where(Source.title == TITLE, col(Statement.stands))
    )
    return {text: (passage_id, id) for text, passage_id, id in session.exec(chosen)}


def code_blind(
    session: Session, passage_id: int, statement_id: int, *, holds: bool, staff_id: int, offered_id: int
) -> None:
    session.add(BlindItem(passage_id=passage_id, coders=1, chance=0.1, closed_at=now()))
    session.flush()
    coding = BlindCoding(passage_id=passage_id, staff_id=staff_id, offered_id=offered_id, statement_ids=[statement_id])
    session.add(coding)
    session.flush()
    if holds:
        session.add(BlindCode(coding_id=coding.id, statement_id=statement_id, **LABEL))


def sign_in(window: Window, system: System) -> None:
    window.open(system.new_link())
    window.press("Sign in")
    window.open("/staff/models")
    assert window.heading() == "Models"
    expect(window.page.get_by_text("As it came with the service").first).to_be_visible()
    window.inspect("models before any training")


def see_training_run(window: Window, system: System) -> None:
    """How far it is changes within seconds: what the page says of that is tried where nothing moves."""
    page = window.page
    with system.worker_away():
        page.get_by_role("button", name="Train now").click()
        expect(page.locator(".fl_saved")).to_have_text("Training is asked for. It begins within seconds.")
        expect(page.get_by_label("Training", exact=True)).to_contain_text("Waits for its turn")
        window.inspect("models while one is trained")
    page.get_by_role("link", name="New: reload this page").first.click(timeout=180_000)


def see_what_came_of_it(window: Window) -> None:
    page = window.page
    expect(page.get_by_text("Better, and serves")).to_be_visible()
    expect(page.get_by_text("Learned from decisions", exact=True).first).to_be_visible()
    expect(page.get_by_role("table", name="Why it serves")).to_contain_text("All together")
    how_far = page.get_by_label("How far it is")
    for _ in range(60):  # the passages are counted by the schedule, in its turn
        if "+light-" in how_far.inner_text():
            break
        page.wait_for_timeout(1000)
        page.reload()
    expect(how_far).to_contain_text("+light-")
    window.inspect("models with one that learned")


def return_to_the_one_before(window: Window) -> None:
    page = window.page
    page.get_by_role("link", name="Return to it").click()
    assert window.heading() == "Return to this model?"
    window.inspect("return to a model")
    window.press("Return to it")
    expect(page.locator(".fl_saved")).to_have_text("Saved. New passages are read by it from now on.")
    expect(page.get_by_text("Returned to by First reviewer")).to_be_visible()
    row = page.get_by_role("row").filter(has_text="As it came with the service")
    expect(row).to_contain_text("Serves")
