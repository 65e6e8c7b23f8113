"""An officer reads a council's profile before a meeting, decides on something in it, and finds it in the area's too."""

import re

import pytest
import told
from browsing import Window
from measuring import Measured
from playwright.sync_api import expect
from systems import System, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("system", ["embedded"], indirect=True)]

READ_WITHIN = 120  # 5 on a machine that has nothing else to do
IN_PROFILE_WITHIN = 30  # asked: 5, on such a machine


def test_an_officer_prepares_a_meeting(window: Window, system: System, measured: Measured) -> None:
    system.wait_until_read([system.submit(told.by_organisation("Before the Meeting Trust"))], within=READ_WITHIN)
    page = window.page
    window.open(system.new_link())
    window.press("Sign in")
    window.follow("Profiles")
    window.inspect("organisations")
    window.follow("Before the Meeting Trust")
    expect(page.get_by_role("heading", name=re.compile("worth asking$"))).to_be_visible()
    window.inspect("profile of an organisation")
    say_what_they_lead(window)
    statement = page.locator(".fl_group").get_by_role("link", name=re.compile("^Open statement")).first
    statement.click()
    page.get_by_role("button", name=re.compile("^Accept.*Barrier")).first.click()
    with measured("from a decision to the profile of Scotland"):
        wait_until_checked(window)
    window.inspect("profile of Scotland")
    window.follow("Areas")
    window.inspect("areas")
    window.follow("Fife")
    expect(page.locator("#heard")).to_contain_text("Before the Meeting Trust")


def say_what_they_lead(window: Window) -> None:
    page = window.page
    page.get_by_text("Add an action that they lead").click()
    window.press("Save")
    expect(page.get_by_role("alert")).to_contain_text("Choose the action that they lead")
    window.inspect("profile with a problem")
    page.get_by_label("Which action do they lead?").select_option("Advocacy")
    page.get_by_label("Why do they lead it?").fill("The council must offer it by law.")
    window.press("Save")
    expect(page.locator("#leads")).to_contain_text("The council must offer it by law.")


def wait_until_checked(window: Window) -> None:
    figure = window.page.locator(".fl_figure").filter(has_text=re.compile("is in the way"))

    def in_the_profile() -> bool:
        window.open("/staff/areas/scotland")
        return figure.locator(".fl_figure__number").inner_text() != "0"

    wait_for(in_the_profile, within=IN_PROFILE_WITHIN, why="the decision is in the profile", every=0.2)
