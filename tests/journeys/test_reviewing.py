"""Two policy officers review what came in: by keyboard alone, at once, without a connection, and without scripts."""

import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest
import systems
import told
from browsing import Window, assert_focus_shows
from measuring import Measured
from playwright.sync_api import Locator, Page, expect
from sqlmodel import col, select, update
from systems import System

from collector.findings.models import ReviewItem
from collector.intake import references
from collector.intake.models import Passage, Round, Source, Submission
from collector.organisations.models import Organisation
from collector.review import queue

pytestmark = pytest.mark.slow
# What the browser does alone is tried on one form of the system.
ON_ONE = pytest.mark.parametrize("system", ["embedded"], indirect=True)

READING, PRESSING = 3.0, 0.15  # seconds: to read a passage, and to press a key
PACE = 10  # passages a minute
READ_WITHIN = 240
IN_A_ROW = 6  # submissions of one organisation, with four passages each


@dataclass
class Came:
    """What was sent and read for these journeys: of each submission its passages, in their order."""

    passages: list[list[int]]
    of_one: int  # an organisation that sent many, for who goes through them in a row

    def take(self) -> list[int]:
        """The passages of a submission that no other journey has touched."""
        return self.passages.pop()


@pytest.fixture(scope="module")
def came(system: System) -> Came:
    with system.database.writing() as session:
        session.exec(update(Round).values(blind_share=0.0))
        session.commit()
    said = {"doing": told.DOING, "plans": told.PLANS, "barriers": told.BARRIERS, "offers": told.OFFERS}
    several = [f"Review Trust {secrets.token_hex(3)}" for _ in range(13)]
    one = f"Busy Trust {secrets.token_hex(3)}"
    sent = [system.submit(told.by_organisation(name, good_childhood=said)) for name in [*several, *[one] * IN_A_ROW]]
    system.wait_until_read(sent, within=READ_WITHIN)
    with system.database.reading() as session:
        of_one = session.exec(select(Organisation.id).where(Organisation.name == one)).one()
        return Came([passages_of(session, reference) for reference in sent[: len(several)]], of_one)


def passages_of(session: object, reference: str) -> list[int]:
    chosen = (
        select(Passage.id)
        .join(Source, col(Source.id) == Passage.source_id)
        .join(Submission, col(Submission.id) == Source.submission_id)
        .where(Submission.reference == references.read(reference))
    )
    return list(session.exec(chosen.order_by(col(Passage.position))))


@pytest.fixture
def reviewer(window: Window, system: System) -> Window:
    return signed_in(window, system.new_link())


@pytest.fixture
def colleague(new_window: Callable[..., Window], system: System) -> Window:
    """Another reviewer, in a browser of their own."""
    email = f"{secrets.token_hex(4)}@example.org"
    link = systems.last_address(system.run("staff", "add", email, "--name", "Ewan", "--role", "reviewer"))
    return signed_in(new_window(), link)


def signed_in(window: Window, link: str) -> Window:
    window.open(link)
    window.press("Sign in")
    return window


def screen(window: Window, passage_id: int) -> Page:
    window.open(f"/staff/review/{passage_id}")
    return window.page


def saved(page: Page, words: str | re.Pattern[str]) -> None:
    expect(page.locator("[data-saved]")).to_contain_text(words)


def labels(page: Page) -> Locator:
    return page.locator("section[aria-labelledby=labels] .fl_label")


def state_of(system: System, passage_id: int) -> str:
    with system.database.reading() as session:
        return session.get_one(ReviewItem, passage_id).state


# -- By keyboard alone --------------------------------------------------------------------------------------


def test_by_keyboard_alone_a_reviewer_decides_ten_passages_a_minute(
    reviewer: Window, system: System, came: Came, measured: Measured
) -> None:
    """Each passage is read for three seconds, one label of it is looked at by itself, and the rest are accepted."""
    page, done = reviewer.page, []
    reviewer.open(f"/staff/review/{first_of(system, came.of_one)}?organisation={came.of_one}")
    began = time.monotonic()
    with measured("twenty passages decided by keyboard"):
        for number in range(20):
            done.append(int(page.locator("[data-review]").get_attribute("data-review")))
            time.sleep(READING)
            if labels(page).count():
                press(page, "1" if number % 2 else "r1")
            press(page, "d")
            expect(page.locator(f'[data-review="{done[-1]}"]')).to_have_count(0)
    took = time.monotonic() - began
    assert len(set(done)) == 20, "a passage came twice"
    assert {state_of(system, id) for id in done} == {"decided"}
    assert 20 / took * 60 >= PACE, f"{20 / took * 60:.1f} passages a minute"
    assert page.evaluate("document.activeElement.id") == "question"
    reviewer.inspect("review, after many")


def first_of(system: System, organisation_id: int) -> int:
    """Where the queue of this organisation begins."""
    with system.database.reading() as session:
        return queue.listed(session, queue.Wanted(organisation=organisation_id), staff_id=0, at_most=1)[0]


def press(page: Page, keys: str) -> None:
    for key in keys:
        time.sleep(PRESSING)
        page.keyboard.press(key)


@ON_ONE
def test_digits_accept_and_reject_and_undo_takes_back_one_step_after_a_reload_too(reviewer: Window, came: Came) -> None:
    page = screen(reviewer, came.take()[0])
    reviewer.inspect("review")
    expect(labels(page).first).to_have_class(re.compile("suggested"))
    name = labels(page).first.locator(".fl_label__name").inner_text()
    for keys, state in (("1", "accepted"), ("1", "rejected"), ("1", "accepted"), ("r1", "rejected")):
        press(page, keys)
        expect(labels(page).first).to_have_class(re.compile(state))
    saved(page, f"rejected {name}")
    page.reload()
    for state in ("accepted", "rejected", "accepted", "suggested"):
        press(page, "u")
        expect(labels(page).first).to_have_class(re.compile(state))
    saved(page, "Undone")
    assert re.search("[?&]undone=", page.url)


@ON_ONE
def test_the_focus_stays_where_it_is_used(reviewer: Window, came: Came) -> None:
    page = screen(reviewer, came.take()[0])
    first = labels(page).first
    first.get_by_role("button").first.focus()
    page.keyboard.press("Enter")
    expect(first).to_have_class(re.compile("accepted"))
    page.wait_for_function("() => document.activeElement.closest('.fl_label') !== null")
    press(page, "c")
    page.keyboard.type("To be talked about on Monday")
    page.keyboard.press("Tab")
    assert_focus_shows(page)
    page.keyboard.press("Enter")
    saved(page, "commented")
    expect(page.locator("#fold-comment > summary")).to_be_focused()
    expect(page.locator("section[aria-labelledby=notes]")).to_contain_text("To be talked about on Monday")


@ON_ONE
def test_statements_are_gone_through_split_and_merged_with_undo(reviewer: Window, came: Came) -> None:
    page = screen(reviewer, came.take()[0])
    rows = page.locator(".fl_said-row:not(.fl_said-row--between)")
    number = rows.count()
    assert number > 1
    press(page, "j")
    expect(page.locator(".fl_said-row--current")).to_be_focused()
    expect(rows.nth(1)).to_have_class(re.compile("current"))
    press(page, "kx")
    expect(page.locator("#cut-at")).to_be_focused()
    page.locator("#cut-at").select_option(index=5)
    page.get_by_role("button", name="Split here").click()
    expect(rows).to_have_count(number + 1)
    saved(page, "split a statement")
    page.locator("h1").focus()
    press(page, "u")
    expect(rows).to_have_count(number)
    page.locator("#fold-cut > summary").click()
    page.get_by_role("button", name="Merge with the next statement").click()
    expect(rows).to_have_count(number - 1)


@ON_ONE
def test_words_are_marked_as_a_commitment_and_as_not_to_be_published(reviewer: Window, came: Came) -> None:
    page = screen(reviewer, came.take()[1])
    press(page, "m")
    expect(page.locator("#mark-what")).to_be_focused()
    page.locator("#mark-what").select_option("commitment")
    expect(page.locator("#mark-reason")).to_be_hidden()
    page.locator("#mark-from").select_option(index=1)
    page.locator("#mark-to").select_option(index=0)
    assert page.locator("#mark-from").evaluate("one => one.selectedIndex") == 0, "the first is never after the last"
    page.locator("#mark-to").select_option(index=4)
    page.get_by_label("Who promises it").fill("head of service")
    page.get_by_label("Last day").fill("2027-03-31")
    reviewer.inspect("review, words marked")
    page.get_by_role("button", name="Mark these words").click()
    picked = page.locator("section[aria-labelledby=picked]")
    expect(picked).to_contain_text("by head of service, until 31 March 2027")
    page.locator("[data-words]").evaluate(SELECT_SOME)
    expect(page.locator("#mark-what")).to_be_visible()
    page.locator("#mark-what").select_option("redaction")
    page.get_by_role("button", name="Mark these words").click()
    expect(page.locator("#error-summary")).to_be_focused()
    expect(page.locator("#error-summary")).to_contain_text("Choose why")
    reviewer.inspect("review with a problem")
    page.get_by_label("Why they are not to be published").select_option("child")
    page.get_by_role("button", name="Mark these words").click()
    expect(picked).to_contain_text("Would let somebody recognise a child")
    page.get_by_role("link", name="Change Not to be published").click()
    expect(page.locator("#fold-change")).to_be_visible()
    page.locator("#change-reason").select_option("personal")
    page.locator("#form-change").get_by_role("button", name="Save").click()
    expect(picked).to_contain_text("Names or describes a private person")


# Some words of the statement, as a mouse would.
SELECT_SOME = """words => {
    const nodes = document.createTreeWalker(words, NodeFilter.SHOW_TEXT), all = [];
    while (nodes.nextNode()) all.push(nodes.currentNode);
    const longest = all.sort((one, other) => other.data.length - one.data.length)[0];
    getSelection().setBaseAndExtent(longest, 2, longest, longest.data.length - 2);
    words.dispatchEvent(new MouseEvent("mouseup", {bubbles: true}));
}"""


@ON_ONE
def test_a_label_is_found_by_typing_and_added(reviewer: Window, came: Came) -> None:
    page = screen(reviewer, came.take()[3])
    press(page, "a")
    page.keyboard.type("brothers")
    page.keyboard.press("Enter")
    saved(page, "added Brothers and Sisters")
    expect(labels(page).last).to_have_class(re.compile("added"))


@ON_ONE
def test_a_colleague_is_asked_and_answers(reviewer: Window, colleague: Window, came: Came) -> None:
    passage_id = came.take()[0]
    page = screen(reviewer, passage_id)
    press(page, "q")
    page.locator("#question-to").select_option(label="Ewan")
    page.get_by_label("Your question").fill("Is this the council’s own money?")
    page.get_by_role("button", name="Ask a colleague").click()
    expect(page.locator("section[aria-labelledby=notes]")).to_contain_text("Question for Ewan")
    theirs = screen(colleague, passage_id)
    theirs.get_by_label("Your answer").fill("No, it is the fund’s.")
    theirs.get_by_role("button", name="Answer").click()
    expect(theirs.locator("section[aria-labelledby=notes]")).to_contain_text("No, it is the fund’s.")


# -- When something gets in the way ---------------------------------------------------------------------------


def test_without_a_connection_what_was_done_stays_and_is_sent_again_once(
    reviewer: Window, system: System, came: Came
) -> None:
    passage_id = came.take()[0]
    page = screen(reviewer, passage_id)
    press(page, "c")
    page.keyboard.type("Half a thought")
    page.context.set_offline(True)
    page.locator("#form-comment button").click()
    saved(page, "Not saved: no connection. Your input stays here; trying again")
    expect(page.locator("#comment-text")).to_have_value("Half a thought")
    page.locator("h1").focus()
    press(page, "1")
    time.sleep(1)
    page.context.set_offline(False)
    expect(labels(page).first).to_have_class(re.compile("accepted"), timeout=10_000)
    notes = page.locator("section[aria-labelledby=notes] li")
    expect(notes).to_have_count(1)
    expect(notes).to_contain_text("Half a thought")
    reviewer.errors[:] = [one for one in reviewer.errors if "ERR_INTERNET_DISCONNECTED" not in one]


def test_two_reviewers_on_one_statement_are_told_of_each_other_and_nothing_is_lost(
    reviewer: Window, colleague: Window, system: System, came: Came
) -> None:
    passage_id = came.take()[0]
    mine, theirs = screen(reviewer, passage_id), screen(colleague, passage_id)
    name = labels(mine).first.locator(".fl_label__name").inner_text()
    press(theirs, "1")
    saved(theirs, f"accepted {name}")
    mine.locator("#comment-text").evaluate("one => { one.closest('details').open = true }")
    mine.locator("#comment-text").fill("Mine, not sent yet")
    mine.locator("h1").focus()
    press(mine, "r1")
    expect(mine.get_by_text(re.compile(r"Changed by Ewan at \d\d:\d\d: accepted"))).to_be_visible()
    expect(mine.locator(".fl_review__state")).to_contain_text("Needs a second look")
    expect(mine.locator("#comment-text")).to_have_value("Mine, not sent yet")
    mine.locator("#fold-timeline > summary").click()
    for line in (f"accepted {name}", f"rejected {name}", "Two people decided otherwise"):
        expect(mine.locator("#fold-timeline")).to_contain_text(line)
    assert state_of(system, passage_id) == "second-look"


@ON_ONE
def test_who_leaves_a_passage_with_something_typed_is_asked_first(reviewer: Window, came: Came) -> None:
    page = screen(reviewer, came.take()[0])
    here = page.locator("[data-review]").get_attribute("data-review")
    press(page, "c")
    page.keyboard.type("Not to be lost")
    page.locator("h1").focus()
    page.once("dialog", lambda dialog: dialog.dismiss())
    press(page, "n")
    expect(page.locator("#comment-text")).to_have_value("Not to be lost")
    page.once("dialog", lambda dialog: dialog.accept())
    press(page, "n")
    expect(page.locator(f'[data-review="{here}"]')).to_have_count(0)
    page.go_back()
    expect(page.locator(f'[data-review="{here}"]')).to_have_count(1)


def test_without_scripts_all_of_it_works(new_window: Callable[..., Window], system: System, came: Came) -> None:
    window = signed_in(new_window(java_script_enabled=False), system.new_link())
    passage_id = came.take()[0]
    page = screen(window, passage_id)
    labels(page).first.get_by_role("button", name=re.compile("^Accept")).click()
    saved(page, "Saved")
    page.get_by_role("button", name=re.compile("^Undo: accepted")).click()
    saved(page, "Undone")
    page.locator("#fold-mark > summary").click()
    page.locator("#mark-what").select_option("need")
    page.get_by_role("button", name="Mark these words").click()
    expect(page.locator("section[aria-labelledby=picked]")).to_contain_text("Asked for")
    page.locator("#fold-set-aside > summary").click()
    page.get_by_role("button", name="Set aside and go on").click()
    expect(page.locator("#error-summary")).to_contain_text("Say why it is set aside")
    page.get_by_label("Why is it set aside?").fill("Not about the promise")
    page.get_by_role("button", name="Set aside and go on").click()
    expect(page.locator(f'[data-review="{passage_id}"]')).to_have_count(0)
    saved(page, "set aside")
    assert state_of(system, passage_id) == "set-aside"


# -- The keys themselves ----------------------------------------------------------------------------------------


@ON_ONE
def test_the_keys_are_listed_changed_and_turned_off(colleague: Window, came: Came) -> None:
    page = screen(colleague, came.take()[0])
    link = page.get_by_role("link", name="Keys", exact=True)
    link.focus()
    press(page, "?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_contain_text("Undo what you did last")
    colleague.inspect("review, list of keys")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(link).to_be_focused()
    change_keys(colleague, {"comment": "c", "add": "c"})
    expect(page.locator("#error-summary")).to_contain_text("“c” is the key for")
    change_keys(colleague, {"comment": "ab"})
    expect(page.locator("#error-summary")).to_contain_text("Type one letter, digit or sign")
    change_keys(colleague, {"comment": "w"})
    expect(page.get_by_text("Your keys are saved.")).to_be_visible()
    colleague.inspect("keys")
    came_back = screen(colleague, came.passages[0][0])
    press(came_back, "c")
    expect(came_back.locator("#comment-text")).to_be_hidden()
    press(came_back, "w")
    expect(came_back.locator("#comment-text")).to_be_focused()
    press(came_back, "w")
    expect(came_back.locator("#comment-text")).to_have_value("w")
    colleague.open("/staff/review/keys")
    page.get_by_label(re.compile("^Turn all keys off")).check()
    colleague.press("Save keys")
    off = screen(colleague, came.passages[0][0])
    press(off, "wcd1")
    expect(off.locator("#comment-text")).to_be_hidden()
    expect(off.locator("kbd")).to_have_count(0)
    expect(off.locator(f'[data-review="{came.passages[0][0]}"]')).to_have_count(1)


def change_keys(window: Window, wanted: dict[str, str]) -> None:
    window.open("/staff/review/keys")
    for action, key in wanted.items():
        window.page.locator(f"[id='{action}']").fill(key)
    window.press("Save keys")
