"""Two people code the same passage blind and differ, a third settles it, and a page tells how far all agree."""

from collections.abc import Callable, Iterator

import kept
import pytest
import told
from browsing import Window, tab_to
from playwright.sync_api import Locator, expect
from sqlmodel import col, select, update
from systems import System, last_address, wait_for

from collector.findings.audit_models import AgreementRun
from collector.findings.models import BlindItem
from collector.intake.models import Passage, Round

# What differs between the forms of the system is tried by others.
pytestmark = [pytest.mark.slow, pytest.mark.parametrize("system", ["services"], indirect=True)]

READ_WITHIN = 120  # 2 on a machine that has nothing else to do
MEASURED_WITHIN = 120
REASON = "It says what they will do, and not that it is under way."


@pytest.fixture
def all_blind(system: System) -> Iterator[None]:
    """Every passage of the open round is coded blind, by two people."""

    def share(value: float | None) -> None:
        with system.database.writing() as session:
            session.exec(update(Round).values(blind_share=value, blind_double=value))
            session.commit()

    share(1.0)
    yield
    share(None)


@pytest.fixture
def coders(system: System) -> list[str]:
    """The sign-in links of two more reviewers."""
    return [
        last_address(system.run("staff", "add", f"{name.lower()}@example.org", "--name", name))
        for name in ("Moira", "Ewan")
    ]


@pytest.mark.usefixtures("all_blind")
def test_two_code_blind_a_third_settles_what_differs_and_the_figures_are_on_a_page(
    new_window: Callable[..., Window], system: System, coders: list[str]
) -> None:
    answers = told.by_organisation("Blind Trust", planning={"plans": told.PLANS})
    reference = system.submit(answers)
    system.wait_until_read([reference], within=READ_WITHIN)
    passage_id, source_id = drawn_from(system, reference)
    moira, ewan, third = (signed_in(new_window(), link) for link in (*coders, system.new_link()))
    code_by_keyboard(moira, passage_id)
    see_nothing(ewan, source_id)
    code(ewan, passage_id, kind="Commitment")
    see_nothing(moira, source_id)
    settle(third)
    see_it_decided(third, source_id)
    measure(third, system)


def drawn_from(system: System, reference: str) -> tuple[int, int]:
    source_id = kept.job_of(system.database, reference).source_id
    with system.database.reading() as session:
        chosen = select(BlindItem.passage_id).join(Passage, col(Passage.id) == BlindItem.passage_id)
        [passage_id] = session.exec(chosen.where(Passage.source_id == source_id))
    return passage_id, source_id


def signed_in(window: Window, link: str) -> Window:
    window.open(link)
    window.press("Sign in")
    return window


def statements(window: Window) -> list[Locator]:
    return window.page.locator(".fl_blind__statement").all()


def code_by_keyboard(window: Window, passage_id: int) -> None:
    """From the agreement page to the form, and through it without a mouse."""
    page = window.page
    window.open("/staff/agreement")
    assert window.heading() == "How people and the machine compare"
    window.inspect("agreement without figures")
    window.follow("Code a passage blind")
    expect(page).to_have_url(f"{window.address}/staff/review/{passage_id}/blind")
    window.inspect("form to code blind")
    expect(page.get_by_text("Suggested")).to_have_count(0)
    page.reload()
    for statement in statements(window):
        for name in ("Activity", "Planning"):
            box = statement.get_by_role("checkbox", name=name, exact=True).first
            tab_to(page, box, at_most=200)
            page.keyboard.press("Space")
            expect(box).to_be_checked()
    tab_to(page, page.get_by_role("button", name="Send and stay here"), at_most=200)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Your labels are kept.")).to_be_visible()
    window.inspect("coded blind and waiting")


def see_nothing(window: Window, source_id: int) -> None:
    """The source has its words, and no label of anybody."""
    window.open(f"/staff/sources/{source_id}")
    expect(window.page.get_by_role("article").first).to_contain_text("trauma")
    expect(window.page.locator(".fl_label")).to_have_count(0)


def code(window: Window, passage_id: int, *, kind: str) -> None:
    """One statement is forgotten first; what was ticked is still there when the form comes back."""
    page = window.page
    window.open(f"/staff/review/{passage_id}/blind")
    first, *others = statements(window)
    assert others
    first.get_by_label(kind, exact=True).check()
    window.press("Send and stay here")
    expect(page.locator("#error-summary")).to_contain_text("Choose the labels of statement 2, or that none fits")
    window.inspect("form to code blind, sent half empty")
    first, *others = statements(window)
    expect(first.get_by_label(kind, exact=True)).to_be_checked()
    for statement in others:
        statement.get_by_text("No label fits").click()
    window.press("Send and stay here")
    expect(page.get_by_text("Both have coded this passage, and differ.")).to_be_visible()


def settle(window: Window) -> None:
    page = window.page
    window.open("/staff/adjudication")
    window.inspect("what is to be settled")
    page.get_by_role("link", name="Settle it").first.click()
    assert window.heading() == "Settle what differs"
    expect(page.get_by_text("Moira")).to_have_count(0)
    window.inspect("two codings side by side")
    for group in page.get_by_role("group", name="Does it hold?").all():
        is_commitment = "Commitment" in group.inner_text()
        group.get_by_label("It holds" if is_commitment else "It does not").check()
    page.get_by_label("One reason for all that have none of their own").fill(REASON)
    window.press("Settle")
    expect(page.get_by_text("Settled by First reviewer")).to_be_visible()
    expect(page.get_by_text("Moira gave it.").first).to_be_visible()
    expect(page.get_by_text(REASON).first).to_be_visible()
    window.inspect("what was settled")


def see_it_decided(window: Window, source_id: int) -> None:
    window.open(f"/staff/sources/{source_id}")
    first = window.page.get_by_role("article").first
    expect(first.locator(".fl_label--accepted, .fl_label--added").get_by_text("Commitment").first).to_be_visible()


def measure(window: Window, system: System) -> None:
    def done() -> bool:
        with system.database.reading() as session:
            states = set(session.exec(select(AgreementRun.state)))
        return states == {"done"}

    page = window.page
    window.open("/staff/agreement")
    if page.get_by_role("button", name="Measure now").count():  # else the schedule was first
        window.press("Measure now")
    wait_for(done, within=MEASURED_WITHIN, why="people and the model are compared")
    window.open("/staff/agreement")
    expect(page.get_by_text("passages was coded blind, 1 of them by two people.")).to_be_visible()
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="Commitment", exact=True))
    expect(row).to_contain_text("Too few to tell")
    expect(row.locator("svg.fl_strip")).to_be_visible()
    window.inspect("agreement with figures")
    with page.expect_download() as download:
        window.follow("Download the figures (CSV)")
    assert "kinds,commitment,Commitment" in download.value.path().read_text("utf-8-sig")
