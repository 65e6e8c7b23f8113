"""An officer makes a report on an organisation, has it replied to, reads what it stands on, and withdraws it."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import told
from browsing import Window
from playwright.sync_api import expect
from systems import System

# What differs between the forms of the system is tried by others.
pytestmark = [pytest.mark.slow, pytest.mark.parametrize("system", ["embedded"], indirect=True)]

READ_WITHIN = 120  # 5 on a machine that has nothing else to do
MADE_WITHIN = 60


def test_an_officer_makes_a_report_and_withdraws_it(window: Window, system: System, tmp_path: Path) -> None:
    name = "Report Trust"
    sent = system.submit(told.by_organisation(name, good_childhood={"barriers": "Nobody funds the post after March."}))
    system.wait_until_read([sent], within=READ_WITHIN)
    window.open(system.new_link())
    window.press("Sign in")
    page = window.page
    window.open("/staff/reports")
    window.inspect("an archive with nothing in it")
    window.open("/staff/organisations")
    window.follow(name)
    window.follow(f"Reports on {name}")
    window.inspect("reports on one")
    window.press("Make the report")
    window.inspect("a report that is being made")
    expect(page.locator("[data-offer]")).to_contain_text("New", timeout=1000 * MADE_WITHIN)
    window.follow("New: reload this page to see what was found")
    assert window.heading() == name
    window.inspect("a report")
    page.get_by_role("link", name="Stands on 1", exact=True).first.click()
    expect(page.locator("#stands-on-1")).to_be_in_viewport()
    with page.expect_download() as asked:
        window.follow("Web page of this report")
    file = tmp_path / "report.html"
    asked.value.save_as(file)
    url = page.url.partition("#")[0]
    window.asked.clear()
    page.goto(file.as_uri())
    window.inspect("the file of a report")
    window.asked.clear()  # the file itself
    window.open("/staff/reports/runs")
    window.inspect("runs and schedules")
    window.open("/staff/reports")
    window.inspect("the archive")
    page.goto(url)
    page.get_by_text("Withdraw this report").click()
    window.inspect("before it is withdrawn")
    window.press("Withdraw it for good")
    expect(page.locator("main")).to_contain_text(re.compile("withdrawn on"))
    window.inspect("a report that was withdrawn")


def test_an_organisation_replies_to_a_line_before_its_report_goes_out(
    window: Window, new_window: Callable[..., Window], system: System
) -> None:
    name, wrong = "Reply Trust", "Nobody funds the post after March."
    sent = system.submit(told.by_organisation(name, good_childhood={"barriers": wrong}))
    system.wait_until_read([sent], within=READ_WITHIN)
    window.open(system.new_link())
    window.press("Sign in")
    page = window.page
    window.open("/staff/organisations")
    window.follow(name)
    window.follow(f"Reports on {name}")
    reports_url = page.url
    window.follow("Contacts")
    window.inspect("no contacts")
    page.get_by_label("E-mail address").fill("chief@reply.example")
    window.press("Add the contact")
    window.inspect("contacts")
    page.goto(reports_url)
    expect(page.get_by_label("Send a link to 1 contact")).to_be_checked()
    window.press("Make the report")
    expect(page.locator("[data-offer]")).to_contain_text("New", timeout=1000 * MADE_WITHIN)
    window.follow("New: reload this page to see what was found")
    window.inspect("a report that was sent")
    report_url = page.url

    link = re.search(r"https?://\S+/my-report/\S+", system.mail_to("chief@reply.example"))[0]
    reader = new_window()
    reader.page.goto(link)
    reader.inspect("the way in to a report")
    reader.press("Open the report")
    reader.inspect("a report to be replied to")
    reader.page.get_by_role("link", name=re.compile(f"Reply to this ?: {wrong}")).first.click()
    reader.press("Save your reply")
    reader.inspect("a reply with faults")
    reader.choose("Something here is wrong")
    reader.page.get_by_label("Your reply", exact=True).fill("It is funded until June.")
    reader.page.get_by_label("Who replies?").fill("The chief executive")
    reader.press("Save your reply")
    expect(reader.page.locator(".fl_report__reply")).to_contain_text("It is funded until June.")
    reader.inspect("a report with a reply")

    page.goto(report_url)
    window.follow("All replies")
    window.inspect("replies to a report")
    window.follow(f"Change name, kind and areas of {name}")
    window.inspect("the facts of an organisation")
    page.get_by_label("Name", exact=True).fill("")
    window.press("Save")
    window.inspect("the facts of an organisation, with a fault")
    page.get_by_label("Name", exact=True).fill(f"The {name}")
    window.press("Save")
    expect(page.locator("#facts")).to_contain_text(f"{name} → The {name}")
    window.inspect("a profile with what was put right")
    page.goto(f"{report_url}/replies")
    window.press("Show it with the report")
    window.inspect("a reply that was looked at")
    page.goto(report_url)
    window.press("End the hold now")
    expect(page.locator(".fl_report__reply")).to_contain_text("It is funded until June.")
    window.inspect("a report with a reply that went out")
    reader.page.reload()
    assert "This report is finished" in reader.page.locator("main").inner_text()
    reader.press("Close it in this browser")
    reader.inspect("closed")


def test_the_board_is_reported_to_and_a_round_leads_to_its_own(window: Window, system: System, tmp_path: Path) -> None:
    sent = system.submit(told.by_organisation("Board Trust", planning={"doing": "We hold a meeting every week."}))
    system.wait_until_read([sent], within=READ_WITHIN)
    window.open(system.new_link())
    window.press("Sign in")
    page = window.page
    window.open("/staff/reports")
    window.follow("Reports to the Oversight Board")
    window.inspect("reports to the Board, before there is one")
    window.press("Make the report")
    expect(page.locator("[data-offer]")).to_contain_text("New", timeout=1000 * MADE_WITHIN)
    window.follow("New: reload this page to see what was found")
    assert window.heading() == "Plan 21-24: what was heard across Scotland"
    expect(page.locator("main")).to_contain_text("Nothing was heard on")
    window.inspect("a report to the Board")
    page.get_by_text("End the hold now").click()
    window.press("End the hold and let it go out")
    window.inspect("a hold with nobody asked")
    more = system.submit(
        told.by_organisation("Second Board Trust", planning={"doing": "We hold a meeting each month."})
    )
    system.wait_until_read([more], within=READ_WITHIN)
    first = page.url
    window.open("/staff/reports?kind=board&of=scotland")
    page.get_by_text("Make a report", exact=True).click()
    window.press("Make the report")
    expect(page.locator("[data-offer]")).to_contain_text("New", timeout=1000 * MADE_WITHIN)
    window.follow("New: reload this page to see what was found")
    page.get_by_role("link", name=re.compile("^What is different since")).click()
    expect(page.get_by_role("row", name=re.compile(r"^organisations heard In short \d+ \d+$"))).to_be_visible()
    window.inspect("what is different in a report")
    page.goto(first)
    with page.expect_download() as asked:
        window.follow("Web page of this report")
    file = tmp_path / "board.html"
    asked.value.save_as(file)
    page.goto(file.as_uri())
    expect(page.locator("body")).to_contain_text("Held until")
    window.inspect("the file of a report to the Board")
    window.asked.clear()  # the file itself
    window.open("/staff/rounds")
    window.follow("First round")
    window.follow("Reports on this round")
    window.press("Make the report")
    expect(page.locator("[data-offer]")).to_contain_text("New", timeout=1000 * MADE_WITHIN)
    window.follow("New: reload this page to see what was found")
    window.inspect("a report on a round")
    assert not window.errors
