"""Staff work through the queue in a browser: filters, a copied address, one decision on many, saved views, work."""

from collections.abc import Callable

import pytest
import told
from browsing import Window
from playwright.sync_api import expect
from systems import System

# What differs between the forms of the system is tried by others.
pytestmark = [pytest.mark.slow, pytest.mark.parametrize("system", ["embedded"], indirect=True)]

QUEUE = "/staff/review"
READ_WITHIN = 120
OF_QUEUE = "Queue Trust"


@pytest.fixture
def submitted(system: System) -> None:
    """Three submissions of one organisation, which the machine has read. Once is enough for all that follows."""
    sent = [system.submit(told.by_organisation(OF_QUEUE)) for _ in range(3)]
    system.wait_until_read(sent, within=READ_WITHIN)


@pytest.fixture
def staff_window(window: Window, system: System) -> Window:
    window.open(system.new_link())
    window.press("Sign in")
    return window


def rows(window: Window) -> list[str]:
    return window.page.locator("tbody tr").evaluate_all("rows => rows.map(row => row.id)")


def total(window: Window) -> str:
    return window.page.locator("#passages b").inner_text()


def narrow(window: Window) -> None:
    window.page.get_by_label("Organisation", exact=True).fill(OF_QUEUE.lower())
    window.press("Apply filters")


@pytest.mark.usefixtures("submitted")
def test_staff_narrow_the_queue_decide_on_many_and_undo_it(
    staff_window: Window, new_window: Callable[..., Window], system: System
) -> None:
    window, page = staff_window, staff_window.page
    page.get_by_role("navigation", name="Staff").get_by_role("link", name="Review").click()
    assert window.heading() == "Review"
    window.inspect("queue")
    narrow_and_take_off(window)
    copy_to_a_colleague(window, new_window, system)
    decide_on_many(window)
    give_out(window)
    save_a_view(window)


def narrow_and_take_off(window: Window) -> None:
    page = window.page
    page.get_by_label("Organisation", exact=True).fill("queue")
    window.press("Apply filters")
    expect(page.locator("#error-summary")).to_be_focused()
    window.inspect("queue with a name that is not whole")
    page.get_by_role("link", name=OF_QUEUE, exact=True).click()
    assert "organisation=" in page.url
    page.get_by_label("Label", exact=True).select_option("kinds:barrier")
    window.press("Apply filters")
    some = total(window)
    window.inspect("queue narrowed")
    page.get_by_role("link", name="Remove: Label").click()
    assert "label=" not in page.url
    assert int(total(window)) >= int(some)
    window.follow("Oldest first")
    before = rows(window)
    page.reload()
    assert rows(window) == before


def copy_to_a_colleague(window: Window, new_window: Callable[..., Window], system: System) -> None:
    other = new_window(java_script_enabled=False)
    other.open(system.new_link())
    other.press("Sign in")
    other.open(window.page.url)
    assert rows(other) == rows(window)


def decide_on_many(window: Window) -> None:
    page, number = window.page, int(total(window))
    view = page.url
    page.get_by_label("What to do").select_option("finish")
    window.press(f"Select all {number} matching")
    expect(page.locator(".fl_outlook__done")).to_contain_text("accept all suggestions and mark as decided")
    doing = int(page.locator(".fl_outlook__number").inner_text())
    left = page.locator(".fl_outlook__not li b").all_inner_texts()
    assert doing + sum(map(int, left)) == number
    window.inspect("what one decision would do")
    window.press(f"Mark {passages(doing)} as decided")
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"{doing} passages: all suggestions accepted")
    window.inspect("what one decision did")
    window.open(view)
    assert int(page.locator("#passages b").inner_text() if page.locator("#passages b").count() else 0) == number - doing
    window.open(f"{view}&state=decided")
    assert int(total(window)) >= doing
    window.follow("See it or undo it")
    page.reload()
    window.press("Undo")
    assert window.heading() == "Undone"
    window.inspect("one decision undone")
    window.open(view)
    assert int(total(window)) == number


def passages(number: int) -> str:
    return f"{number} passage" if number == 1 else f"{number} passages"


def give_out(window: Window) -> None:
    page = window.page
    view = page.url
    page.locator(".fl_tick__box").first.check()
    page.get_by_label("What to do").select_option("assign")
    window.press("Those ticked")
    window.press("Give out 1 passage")
    expect(page.locator("#error-summary")).to_be_focused()
    window.inspect("one decision that lacks a person")
    page.get_by_label("Give to").select_option(f"{page.locator('.fl_nav__name').inner_text()} (you)")
    window.press("Give out 1 passage")
    page.get_by_role("navigation", name="Staff").get_by_role("link", name="Review").click()
    window.follow("Work")
    expect(page.locator("tbody tr").first).to_contain_text("(you)")
    assert page.locator('tbody tr td[data-heading="Given"]').first.inner_text() == "1"
    window.inspect("work")
    window.open(view)


def save_a_view(window: Window) -> None:
    page = window.page
    view = page.url
    page.get_by_label("Save this view as").fill("Queue Trust, oldest")
    window.press("Save view")
    assert page.url == view
    window.open(QUEUE)
    window.follow("Queue Trust, oldest")
    assert page.url == view
    window.follow("Saved views")
    window.inspect("saved views")
    window.press("Delete Queue Trust, oldest")
    expect(page.get_by_text("You have saved no view yet")).to_be_visible()
    for state in ("waiting", "set-aside"):
        window.open(f"{QUEUE}?state={state}&area=moray")
        window.inspect(f"nothing that is {state}")
