"""A head of service comes back in the next round, starts from what is held, and says what has become of it."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
import told
from browsing import Window
from playwright.sync_api import expect
from systems import System

from collector.database import now
from collector.intake import rounds
from collector.intake.models import Round
from forms import questionnaire

pytestmark = pytest.mark.slow

CONTINUE = "Save and continue"
SUBMIT = "Submit your answers"
NAME = "Loch Arkaig Children's Trust"
LISTED = ("We will open on Saturdays.", "We will hire a worker.", "We will train all staff.", "We will share a van.")


def test_an_organisation_starts_from_what_is_held_and_says_what_has_become_of_it(
    new_window: Callable[..., Window], system: System
) -> None:
    window = new_window()
    own_link = send_in_the_first_round(window)
    open_the_next_round(system)
    try:
        # Without scripts, and in a browser that has nothing but the link.
        later = new_window(java_script_enabled=False)
        start_from_what_is_held(later, own_link)
        say_what_has_become_of_each(later)
        see_the_gaps_and_what_was_written(later)
        check_and_send(later)
        see_it_in_the_profile(new_window(), system)
    finally:
        end_the_next_round(system)


def send_in_the_first_round(window: Window) -> str:
    page = window.page
    window.open(f"/questionnaires/{told.QUESTIONNAIRE}")
    window.follow("Start now")
    window.choose("An organisation")
    window.press(CONTINUE)
    page.get_by_label("What is the name of your organisation?").fill(NAME)
    window.choose("Charity, community group or social enterprise")
    window.press(CONTINUE)
    window.press("Go on without adding one")
    window.choose("Fife")
    window.press(CONTINUE)
    window.choose("A Good Childhood")
    window.press(CONTINUE)
    window.press(CONTINUE)
    window.press(CONTINUE)
    page.get_by_label("What is getting in the way?").fill(told.BARRIERS)
    for _ in ("barriers", "needs", "offers", "voice"):
        window.press(CONTINUE)
    for words in LISTED:
        page.locator("#add").click()
        page.get_by_label("What do you plan to do?").fill(words)
        page.get_by_label("By when?").fill("spring 2024")
        window.press("Save this commitment")
    window.press("Continue")
    window.press(CONTINUE)
    window.press(CONTINUE)
    window.choose("No, do not publish them")
    window.press(CONTINUE)
    window.choose("No")
    window.press(CONTINUE)
    window.press(CONTINUE)
    window.press(SUBMIT)
    return page.locator(".fl_own-link a").get_attribute("href")


def open_the_next_round(system: System) -> None:
    form = questionnaire.load(told.QUESTIONNAIRE)
    with system.database.writing() as session:
        rounds.open_round(session, form, slug="the-next-round", title="The next round")
        session.commit()


def end_the_next_round(system: System) -> None:
    with system.database.writing() as session:
        session.exec(sa.update(Round).where(Round.slug == "the-next-round").values(closed_at=now()))
        session.commit()


def start_from_what_is_held(window: Window, own_link: str) -> None:
    page = window.page
    window.open(own_link)
    page.get_by_role("main").get_by_role("button").click()
    window.follow("Go on in The next round")
    assert window.heading() == "Where do you want to start?"
    page.locator("label").filter(has_text="Start from what you told us in").click()
    window.press("Continue")
    assert window.heading() == "What we hold from last time"


def say_what_has_become_of_each(window: Window) -> None:
    page = window.page
    window.follow("Continue")
    ways = ("Keep as it is", "Change it", "It is done", "Withdraw it")
    for number, way in enumerate(ways, start=1):
        page.get_by_role("group", name=f"What has become of commitment {number}?").get_by_text(way, exact=True).click()
    window.press(CONTINUE)
    page.get_by_label("What do you plan to do?").fill("We will hire two workers.")
    window.press("Save this commitment")
    assert window.heading() == "Commitment 3 is done"
    page.get_by_label("When was it done?").fill("May 2026")
    page.get_by_label("What came of it?").fill("All 40 of us now know how to listen.")
    window.press(CONTINUE)
    assert window.heading() == "Commitment 4 is withdrawn"
    page.get_by_label("Why do you withdraw it?").fill("The van was sold.")
    window.press(CONTINUE)


def see_the_gaps_and_what_was_written(window: Window) -> None:
    page = window.page
    window.open(f"/questionnaires/{told.QUESTIONNAIRE}/tasks")
    expect(page.get_by_text("You planned this by 31 May 2024")).to_have_count(2)
    page.get_by_role("listitem").filter(has_text="you told us what gets in the way").get_by_role("link").click()
    page.get_by_label("What support do you need?").fill(told.NEEDS)
    window.press(CONTINUE)
    window.open(f"/questionnaires/{told.QUESTIONNAIRE}/pages/good-childhood-barriers")
    expect(page.get_by_text(told.BARRIERS)).to_be_visible()
    expect(page.get_by_label("Anything new since then?")).to_have_value("")


def check_and_send(window: Window) -> None:
    page = window.page
    window.open(f"/questionnaires/{told.QUESTIONNAIRE}/pages/permission")
    window.choose("No, do not publish them")
    window.press(CONTINUE)
    window.choose("No")
    window.press(CONTINUE)
    window.press(CONTINUE)
    assert window.heading() == "Check your answers"
    for words in (LISTED[0], "We will hire two workers.", "May 2026", "The van was sold."):
        expect(page.get_by_text(words, exact=True).first).to_be_visible()
    window.press(SUBMIT)
    assert window.heading() == "Your answers have been sent"
    expect(page.get_by_text("1 kept as it is, 1 changed, 1 done, 1 withdrawn")).to_be_visible()


def see_it_in_the_profile(window: Window, system: System) -> None:
    window.open(system.new_link())
    window.press("Sign in")
    window.follow("Profiles")
    window.follow(NAME)
    ended = window.page.get_by_role("region", name="Done and withdrawn")
    for words in (LISTED[2], "May 2026", "All 40 of us now know how to listen.", LISTED[3], "The van was sold."):
        expect(ended.get_by_text(words, exact=True)).to_be_visible()
    window.inspect("profile with what has ended")
