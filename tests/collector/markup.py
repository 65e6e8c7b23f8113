"""Pages as a reader meets them: what is said, what is typed, what is linked."""

from html.parser import HTMLParser
from typing import Any

from lxml import html


def tree(answer: Any) -> html.HtmlElement:
    return html.fromstring(answer.text)


def words(answer: Any, selector: str = "//main") -> str:
    """The text of a part of the page, as it stands there."""
    return "\n".join(part.text_content() for part in tree(answer).xpath(selector))


def title(answer: Any) -> str:
    return words(answer, "//h1").strip()


def problems(answer: Any) -> dict[str, str]:
    """Where each line of the error summary leads, and what it says."""
    return {link.get("href"): link.text_content() for link in tree(answer).xpath('//*[@id="error-summary"]//a')}


def back(answer: Any) -> str:
    return tree(answer).xpath('//a[@class="ds_back-link"]')[0].get("href")


def typed(answer: Any, field: str) -> str:
    """What stands in a field of text."""
    found = tree(answer).xpath(f'//*[@name="{field}"]')[0]
    # A browser drops the line end that follows the opening tag.
    return found.text.removeprefix("\n") if found.tag == "textarea" else found.get("value")


def chosen(answer: Any, field: str) -> list[str]:
    return [one.get("value") for one in tree(answer).xpath(f'//input[@name="{field}"][@checked]')]


class Structure(HTMLParser):
    """Every element with the names of its attributes, and every address: what no typed text may add to."""

    def __init__(self, answer: Any) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.addresses: list[str] = []
        self.said = ""
        self.feed(answer.text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(name for name, _ in attrs)))
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src", "action", "formaction")]

    def handle_comment(self, data: str) -> None:
        self.elements.append(("comment", ()))

    def handle_data(self, data: str) -> None:
        self.said += data
