"""A window of a real browser that watches every page it opens: errors, other hosts, and on request axe and width."""

import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    Response,
    expect,
    sync_playwright,
)
from playwright.sync_api import TimeoutError as Timeout

DESKTOP, PHONE, NARROWEST = 1280, 360, 320
HEIGHT = 900
# In milliseconds: a machine that runs two systems and two browsers may draw no frame for seconds.
FRAMES = 15_000
axe = Axe()
# Nothing of the browser's own business: a page that asks another host for something has to stand out.
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")


@contextmanager
def chromium_started() -> Iterator[Browser]:
    path = shutil.which("chromium")
    assert path, "Chromium is not installed"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*QUIET, "--no-first-run"])
        yield browser
        browser.close()


class Window:
    def __init__(self, context: BrowserContext, address: str) -> None:
        self.address = address
        self.page: Page = context.new_page()
        self.errors: list[str] = []
        self.asked: list[str] = []
        self.inspected: list[str] = []
        self.page.on("console", self.heard)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("response", self.received)
        # The browser is told of this at once and for good: told only when a key is about to be pressed, it may open a
        # window of the system's own before it has heard.
        self.page.on("filechooser", lambda _: None)
        context.on("request", self.sent)

    def heard(self, message: ConsoleMessage) -> None:
        # What could not be loaded is told by the responses, where a page can be told from what it needs.
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            self.errors.append(f"{message.text} ({message.location})")

    def received(self, response: Response) -> None:
        """A page may come back with a status of its own, such as 422 for a form with a mistake; nothing else may."""
        is_page = response.request.is_navigation_request() or response.request.method == "POST"
        if response.status >= (500 if is_page else 400):
            self.errors.append(f"{response.status} for {response.url}")

    def sent(self, request: Request) -> None:
        if not request.url.startswith((self.address, "data:", "about:", "blob:")):
            self.asked.append(request.url)

    def open(self, path: str) -> None:
        self.page.goto(self.address + path if path.startswith("/") else path)

    def press(self, words: str) -> None:
        """Press the button with these words."""
        self.page.get_by_role("button", name=words, exact=True).click()

    def follow(self, words: str) -> None:
        self.page.get_by_role("link", name=words, exact=True).first.click()

    def back(self) -> None:
        """From a page that has come whole: the browser refuses it while it changes from one page to the next."""
        self.page.wait_for_load_state()
        self.page.go_back()

    def forward(self) -> None:
        self.page.wait_for_load_state()
        self.page.go_forward()

    def choose(self, words: str) -> None:
        """Choose by the words beside a box, which is where people press."""
        self.page.locator("label").filter(has_text=re.compile(f"^{re.escape(words)}$")).click()
        expect(self.page.get_by_label(words, exact=True)).to_be_checked()

    def heading(self) -> str:
        return self.page.get_by_role("heading", level=1).inner_text()

    def inspect(self, kind: str) -> None:
        """What this kind of page is to be free of, once for each kind: faults that axe finds, sideways scroll, also
        with letters twice as large on a phone."""
        if kind in self.inspected:
            return
        self.inspected.append(kind)
        for width in (DESKTOP, PHONE):
            self.resize(width)
            found = axe.run(self.page).response["violations"]
            assert not found, f"{kind} at {width} px:\n" + "\n".join(lines_of(found))
        self.assert_fits(kind, PHONE, letters="200%")
        self.assert_fits(kind, NARROWEST)
        self.resize(DESKTOP)

    def assert_fits(self, kind: str, width: int, letters: str = "") -> None:
        self.resize(width)
        enlarge = "size => { document.documentElement.style.fontSize = size }"
        self.page.evaluate(enlarge, letters)
        wide = self.page.evaluate("document.scrollingElement.scrollWidth")
        self.page.evaluate(enlarge, "")
        assert wide <= width, f"{kind} is {wide} px wide in a window of {width} px, letters at {letters or '100%'}"

    def resize(self, width: int) -> None:
        self.page.set_viewport_size({"width": width, "height": HEIGHT})

    def assert_clean(self) -> None:
        assert not self.errors, self.errors
        assert self.asked == [], "a page asked another host for something"


def lines_of(violations: Iterable[dict]) -> list[str]:
    return [
        f"  {one['id']}: {one['help']}\n    " + "\n    ".join(str(node["html"])[:300] for node in one["nodes"])
        for one in violations
    ]


def tab_to(page: Page, target: Locator, *, at_most: int = 80) -> None:
    """Go on with the Tab key until the target has the focus; it has to show that it has."""
    for _ in range(at_most):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            assert_focus_shows(page)
            return
    raise AssertionError(f"{target} is not reached with {at_most} presses of Tab")


def assert_focus_shows(page: Page) -> None:
    """The browser brings what has the focus into view, and marks it; nothing lies over it (WCAG 2.4.11)."""
    shows = """() => {
        const at = document.activeElement, box = at.getClientRects()[0];
        const inside = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
        const middle = (from, to, end) => (Math.max(from, 0) + Math.min(to, end)) / 2;
        const [x, y] = [middle(box.left, box.right, innerWidth), middle(box.top, box.bottom, innerHeight)];
        const over = document.elementFromPoint(x, y);
        const own = over && [at, ...(at.labels ?? [])].some(one => one.contains(over) || over.contains(one));
        return inside && own && at.matches(":focus-visible");
    }"""
    try:
        page.wait_for_function(shows, timeout=FRAMES)
    except Timeout:
        how = """() => {
            const at = document.activeElement, box = at.getBoundingClientRect();
            const over = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
            return [at, over].map(one => one?.outerHTML.slice(0, 200)).concat(
                [JSON.stringify(box), innerWidth, innerHeight, scrollY, at.matches(":focus-visible")]);
        }"""
        raise AssertionError(
            f"The focus does not show: what has it, what lies there, where: {page.evaluate(how)}"
        ) from None


class Keys:
    """Somebody who goes through pages with the keyboard alone: Tab, Shift and Tab, Enter, Space, arrows and letters."""

    def __init__(self, window: Window) -> None:
        self.window, self.page, self.keyboard = window, window.page, window.page.keyboard

    def press(self, words: str) -> None:
        self.enter(self.page.get_by_role("button", name=words, exact=True).first)

    def follow(self, words: str) -> None:
        self.enter(self.page.get_by_role("link", name=words, exact=True).first)

    def enter(self, target: Locator) -> None:
        tab_to(self.page, target)
        with self.page.expect_navigation():
            self.keyboard.press("Enter")

    def write(self, words: str, text: str) -> None:
        tab_to(self.page, self.page.get_by_label(words).first)
        self.keyboard.press("Control+A")
        self.keyboard.type(text)

    def tick(self, words: str, key: str = "Space") -> None:
        tab_to(self.page, self.page.get_by_label(words, exact=True).first)
        self.keyboard.press(key)

    def choose(self, words: str, among: str = "") -> None:
        """Tick a box; or choose in a group, which is one stop of Tab: arrows go within."""
        asked = self.page.get_by_role("group", name=among, exact=True) if among else self.page.locator("main")
        wanted = asked.get_by_label(re.compile(f"^{re.escape(words)}")).first
        kind = wanted.get_attribute("type")
        if kind == "radio":
            group = self.page.locator(f'[name="{wanted.get_attribute("name")}"]')
            chosen = group.and_(self.page.locator(":checked"))
            tab_to(self.page, (chosen if chosen.count() else group).first)
        else:
            tab_to(self.page, wanted)
        if not wanted.is_checked():
            self.keyboard.press("Space")
        for _ in range(group.count() if kind == "radio" else 0):
            if wanted.is_checked():
                break
            self.keyboard.press("ArrowDown")
            assert_focus_shows(self.page)
        expect(wanted).to_be_checked()

    def attach(self, field: str, name: str, content: bytes) -> None:
        """What the system's own window asks for is not of the page, and is told in its stead."""
        tab_to(self.page, self.page.locator(field))
        with self.page.expect_file_chooser() as asked:
            self.keyboard.press("Space")
        asked.value.set_files({"name": name, "mimeType": "application/octet-stream", "buffer": content})

    def skip_to_main(self) -> None:
        """The first stop of a page, seen while it has the focus; it leads past the head of the page."""
        tab_to(self.page, self.page.get_by_role("link", name="Skip to main content"), at_most=1)
        self.keyboard.press("Enter")
        self.keyboard.press("Tab")
        assert self.page.evaluate("document.activeElement.closest('main') !== null")

    def back_and_forth(self) -> None:
        """Shift and Tab leads back to where Tab came from."""
        before = self.page.evaluate_handle("document.activeElement")
        self.keyboard.press("Tab")
        self.keyboard.press("Shift+Tab")
        assert before.evaluate("element => element === document.activeElement")
        assert_focus_shows(self.page)

    def mend(self, words: str) -> None:
        """The summary has the focus, and its first link leads to the field."""
        expect(self.page.locator("#error-summary")).to_be_focused()
        self.keyboard.press("Tab")
        assert words in self.page.evaluate("document.activeElement.textContent")
        assert_focus_shows(self.page)
        self.keyboard.press("Enter")
        self.page.wait_for_function("() => ['INPUT', 'TEXTAREA', 'SELECT'].includes(document.activeElement.tagName)")
