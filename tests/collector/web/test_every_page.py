"""Every page in a real browser: nothing that axe finds, wide and narrow, and no sideways scroll at 320 px.

The pages come from the service in this process; the browser is given them, and their style and scripts, as they are.
"""

import mimetypes
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Route

from collector.accounts.access import Person
from collector.mail import letters
from collector.web.page import STATIC
from tests.collector import every_page
from tests.collector.conftest import World
from tests.journeys.browsing import DESKTOP, HEIGHT, NARROWEST, axe, chromium_started, lines_of

# What a page says does not hang on the database.
pytestmark = [pytest.mark.slow, pytest.mark.parametrize("database", ["sqlite"], indirect=True)]
SITE = "http://pages.test"
TABLET = 768
# WCAG 1.4.12: what a reader may set, and still lose nothing.
SPACED = """* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; }
p { margin-bottom: 2em !important; }"""
# What looks the same with the focus and without, in colours that the reader's system has chosen. A box that is drawn
# by its label shows it there.
WITHOUT_FOCUS = """() => {
    const drawn = element => [element, ...(element.labels ?? [])];
    const looks = element => drawn(element).flatMap(one => ["", "::before", "::after"].map(part => {
        const style = getComputedStyle(one, part || null);
        const outline = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0 ? style.outline : "";
        return [outline, style.borderTopWidth, style.borderTopColor, style.borderBottomWidth];
    })).join();
    const stops = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";
    const all = [...document.querySelectorAll(stops)].slice(0, 80);
    return all.filter(one => one.checkVisibility() && !one.disabled && one.tabIndex >= 0).filter(one => {
        document.activeElement.blur();
        const before = looks(one);
        one.focus();
        return document.activeElement !== one || looks(one) === before;
    }).map(one => one.outerHTML.slice(0, 120));
}"""

# Links within the page that lead to nothing: a line of the error summary has to lead to a field, or what stands for it.
LEADING_NOWHERE = """() => {
    const field = "input:not([type=hidden]), textarea, select, button, a[href], [tabindex]";
    const fits = (link, target) => target && (!link.closest("#error-summary") || target.matches(field));
    return [...document.querySelectorAll('a[href^="#"]')].filter(link =>
        !fits(link, document.getElementById(decodeURIComponent(link.hash.slice(1))))).map(link => link.outerHTML);
}"""


class Shelf:
    """Gives the browser one page at a time, and the static files that it asks for."""

    def __init__(self, page: Page) -> None:
        self.page, self.html = page, ""
        page.route("**/*", self.give)

    def give(self, route: Route) -> None:
        path = urlsplit(route.request.url).path
        if not path.startswith("/static/"):
            route.fulfill(body=self.html, content_type="text/html; charset=utf-8")
            return
        file = STATIC / path.removeprefix("/static/")
        route.fulfill(body=file.read_bytes(), content_type=mimetypes.guess_type(file.name)[0])

    def faults(self, html: str, widths: tuple[int, ...] = (DESKTOP, NARROWEST)) -> list[str]:
        self.html, found = html, []
        self.page.set_viewport_size({"width": widths[0], "height": HEIGHT})
        self.page.goto(SITE)
        for width in widths:
            self.page.set_viewport_size({"width": width, "height": HEIGHT})
            found += lines_of(axe.run(self.page).response["violations"])
        found += [f"leads nowhere: {one}" for one in self.page.evaluate(LEADING_NOWHERE)]
        for window in (NARROWEST, TABLET):
            found += self.too_wide("", window)
        spaced = self.page.add_style_tag(content=SPACED)
        found += self.too_wide(" with text spaced out")
        spaced.evaluate("element => element.remove()")
        self.page.emulate_media(forced_colors="active")
        self.page.keyboard.press("Tab")
        found += [f"no focus to be seen in forced colours: {one}" for one in self.page.evaluate(WITHOUT_FOCUS)]
        self.page.emulate_media(forced_colors="none")
        return found

    def too_wide(self, when: str, window: int = NARROWEST) -> list[str]:
        self.page.set_viewport_size({"width": window, "height": HEIGHT})
        wide = self.page.evaluate("document.scrollingElement.scrollWidth")
        return [f"{wide} px wide in a window of {window} px{when}"] if wide > window else []


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    with chromium_started() as browser:
        yield Shelf(browser.new_page())


def faulty(shelf: Shelf, pages: dict[str, str], *widths: int) -> dict[str, list[str]]:
    found = {address: shelf.faults(html, widths or (DESKTOP, NARROWEST)) for address, html in pages.items()}
    return {address: faults for address, faults in found.items() if faults}


def test_no_page_of_respondents_has_a_fault_that_can_be_found(
    shelf: Shelf, browser: Any, fill_in: Callable, world: World, answers: dict
) -> None:
    fill_in(browser, answers | every_page.LISTING)
    browser.submit(f"/my-submission/{world.existing['own_link']}")
    pages = every_page.of_respondents(browser, world.existing)
    assert len(pages) > 60
    assert faulty(shelf, pages) == {}


def test_no_page_about_what_is_held_has_a_fault_that_can_be_found(
    shelf: Shelf, browser: Any, come_back: Callable
) -> None:
    pages = every_page.of_who_comes_back(browser, come_back(browser))
    assert len(pages) == 15
    assert faulty(shelf, pages) == {}


def test_no_page_of_respondents_has_a_fault_in_gaelic_whose_words_are_longer(
    shelf: Shelf, browser: Any, fill_in: Callable, world: World, answers: dict
) -> None:
    fill_in(browser, answers | every_page.LISTING)
    browser.submit(f"/my-submission/{world.existing['own_link']}")
    browser.get("/?language=gd")
    pages = every_page.of_respondents(browser, world.existing)
    spoken = {
        html.partition('lang="')[2].partition('"')[0] for address, html in pages.items() if "sign-in" not in address
    }
    assert spoken == {"gd"}
    assert faulty(shelf, pages, NARROWEST) == {}


def test_no_kind_of_page_has_a_fault_in_easy_read_whose_letters_are_larger(
    shelf: Shelf, browser: Any, fill_in: Callable, world: World, answers: dict
) -> None:
    fill_in(browser, answers | every_page.LISTING)
    browser.get("/?language=easy")
    paths = ["", "/questions", "/tasks", "/check", "/lists/commitments", "/lists/commitments/items/a"]
    asked = ("respondent", "organisation", "areas", "priority-areas", "planning-doing", "documents", "permission")
    paths += [f"/pages/{page}" for page in asked]
    wanted = ["/", f"/receipts/{world.existing['key']}", *(every_page.START + path for path in paths)]
    pages = every_page.got(browser, wanted)
    assert len(pages) == len(wanted)
    pages["left blank"] = browser.submit(f"{every_page.START}/pages/permission", {}).text
    assert all("fl_easy" in page for page in pages.values())
    assert faulty(shelf, pages) == {}


def test_questions_are_of_one_size_whether_a_label_or_a_legend_asks_them(
    shelf: Shelf, browser: Any, fill_in: Callable, answers: dict
) -> None:
    fill_in(browser, answers)
    size = "one => getComputedStyle(one.querySelector('label') ?? one).fontSize"
    for language in ("en", "easy"):
        browser.get(f"/?language={language}")
        for width in (NARROWEST, DESKTOP):
            shelf.page.set_viewport_size({"width": width, "height": HEIGHT})
            sizes = set()
            for page in ("respondent", "planning-doing"):
                shelf.html = browser.get(f"{every_page.START}/pages/{page}").text
                shelf.page.goto(SITE)
                sizes |= set(shelf.page.locator("h1").evaluate_all(f"all => all.map({size})"))
            assert len(sizes) == 1, (language, width)
            shelf.html = browser.get(f"{every_page.START}/pages/organisation").text
            shelf.page.goto(SITE)
            asked = shelf.page.locator(".ds_question > label, fieldset > legend")
            assert asked.count() == 2
            assert len(set(asked.evaluate_all(f"all => all.map({size})"))) == 1, (language, width)


def test_no_page_of_staff_has_a_fault_that_can_be_found(shelf: Shelf, world: World, as_person: Callable) -> None:
    pages = every_page.of_staff(as_person(Person.REVIEWER), world.existing)
    assert len(pages) > 25
    assert faulty(shelf, pages) == {}


def test_words_for_listeners_alone_do_not_run_into_those_beside_them(
    shelf: Shelf, browser: Any, fill_in: Callable, answers: dict
) -> None:
    fill_in(browser, answers)
    shelf.html = browser.get(f"{every_page.START}/check").text
    shelf.page.goto(SITE)
    nodes = shelf.page.context.new_cdp_session(shelf.page).send("Accessibility.getFullAXTree")["nodes"]
    heard = "".join(node["name"]["value"] for node in nodes if node["role"]["value"] == "StaticText")
    assert "Change\xa0your answer: Who is answering?" in heard.replace("\xa0 ", "\xa0")
    assert "Feedback Loop\xa0,\xa0The Promise" in heard


def test_a_receipt_on_paper_has_what_is_to_be_kept_and_nothing_to_press(
    shelf: Shelf, browser: Any, fill_in: Callable, answers: dict
) -> None:
    fill_in(browser, answers)
    shelf.html = browser.get(browser.submit(f"{every_page.START}/check").headers["location"]).text
    shelf.page.emulate_media(media="print")
    shelf.page.goto(SITE)
    assert [kept.is_visible() for kept in shelf.page.locator(".fl_reference, .fl_own-link").all()] == [True, True]
    assert [button.inner_text() for button in shelf.page.get_by_role("button").all() if button.is_visible()] == []


@pytest.mark.usefixtures("database")
def test_no_mail_is_wider_than_the_phone_it_is_read_on(shelf: Shelf) -> None:
    own = "https://feedback.example.org"
    letter = letters.Letter("Your answers have been received", f"Your own link:\n{own}/my-submission/{'c3b433' * 10}\n")
    shelf.html = letters.as_html(letter, own, "en")
    shelf.page.goto(SITE)
    assert shelf.page.locator("a").is_visible()
    assert shelf.too_wide("") == []


def test_nothing_moves_for_who_asked_for_that(shelf: Shelf, browser: Any) -> None:
    shelf.html = browser.get(every_page.START).text
    shelf.page.goto(SITE)
    moving = """() => [...document.querySelectorAll("*")].map(one => getComputedStyle(one)).filter(style =>
        parseFloat(style.transitionDuration) > 0 || style.animationName !== "none").length"""
    assert shelf.page.evaluate(moving) > 0
    shelf.page.emulate_media(reduced_motion="reduce")
    assert shelf.page.evaluate(moving) == 0


def test_a_page_with_faults_is_found_out(shelf: Shelf, browser: Any) -> None:
    page = browser.get("/privacy").text
    assert shelf.faults(page) == []
    broken = page.replace("</main>", '<img src="/static/icon.svg"><p style="width: 600px">Wide</p></main>')
    assert any("image-alt" in fault for fault in shelf.faults(broken))
    assert any("px wide" in fault for fault in shelf.faults(broken))
    lost = page.replace("</main>", '<div id="error-summary"><a href="#main-content">Mend it</a></div></main>')
    assert any("leads nowhere" in fault for fault in shelf.faults(lost))
    unfocused = page.replace("<a ", '<a style="outline: 0 !important; border: 0 !important" ')
    assert any("no focus to be seen" in fault for fault in shelf.faults(unfocused))
