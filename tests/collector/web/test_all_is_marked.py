"""No word of a respondents' page stands outside the catalogue: every page is asked for in a language that puts
brackets round each message, and what stands without must be data, or the questionnaire's own.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from lxml import html

from forms import areas, framework, questionnaire, speech, translations
from forms.questionnaire import Questionnaire
from forms.questions import Question
from tests.collector import every_page
from tests.collector.conftest import World

# What nobody translates: names, addresses, and what the fixtures let people say.
NAMES = {
    *speech.LANGUAGES.values(),
    *("Feedback Loop", "The Promise Scotland", "feedback-loop@example.org", "http://127.0.0.1:8000", "127.0.0.1:8000"),
    *(
        "Fife Council",
        "Engagement round",
        "An earlier round",
        "First round",
        "Aileen",
        "plan.txt",
        "1 KB",
        "We will do it.",
    ),
    *(f"We will do {id}." for id in ("a1", "b2", "c3")),
}
DATA = " | ".join(
    f"//*[contains(@class, '{name}')]" for name in ("fl_own-link", "fl_words", "__answer", "fl_reference")
)
SHOWN = ("aria-label", "title", "alt", "placeholder", "data-heading", "value")
SPOKEN_BY_SCRIPTS = ("data-label", "data-found", "data-none", "data-chosen")


class Bracketed:
    """A catalogue in which every message is found, in brackets."""

    def get(self, message: str | tuple[str, str]) -> str | list[str]:
        return f"⟦{message}⟧" if isinstance(message, str) else [f"⟦{message[1]}⟧"] * 4


@pytest.fixture
def bracketed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech, "catalogue", lambda language: Bracketed())
    monkeypatch.setattr(speech, "date_in_words", lambda day: day.isoformat())


def without_messages(text: str) -> str:
    """Messages may stand within messages, as what fills a gap in one."""
    while (shorter := re.sub(r"⟦[^⟦⟧]*⟧", " ", text)) != text:
        text = shorter
    return text


def texts_of(page: str) -> Iterator[str]:
    tree = html.fromstring(page)
    for hidden in tree.xpath("//script | //style | //textarea | //code | //q | //blockquote | " + DATA):
        hidden.drop_tree()
    for element in tree.iter():
        for name in (*SHOWN, *SPOKEN_BY_SCRIPTS):
            if element.get(name) and (name != "value" or element.tag == "button" and not element.get("name")):
                yield element.get(name)
    for block in tree.xpath("//title | //body"):
        yield block.text_content()


def of_questionnaire() -> set[str]:
    """What the questionnaire says in the language of the page."""
    form = translations.spoken(questionnaire.load("keeping-the-promise"), speech.GAELIC)
    return of_form(form) | of_plan(form.framework)


def of_form(form: Questionnaire) -> set[str]:
    found = {form.title, form.summary, *([form.audience] if isinstance(form.audience, str) else form.audience)}
    found |= {*form.needed, *form.privacy}
    for step in form.steps:
        found |= {step.page.title, step.page.section, step.page.intro}
        for question in step.page.questions:
            found |= set(words_of(question))
    return found


def of_plan(slug: str) -> set[str]:
    plan, found = framework.load(slug), set(areas.area_names().values())
    for labels in (plan.priority_areas, plan.actions, plan.fundamentals, plan.barrier_themes):
        for label in labels:
            found |= {translations.called(slug, words, speech.GAELIC) for words in (label.title, label.summary)}
    return found


def words_of(question: Question) -> Iterator[str]:
    yield from (question.label, question.hint, question.missing, question.unit)
    if question.item:
        yield from (question.item, question.many)
        yield from (question.name_of(number) for number in range(1, 4))
    for choice in question.choices:
        yield from (choice.label, choice.hint, choice.group)
    for one in question.questions:
        yield from words_of(one)


def bare_words(page: str, known: list[str]) -> set[str]:
    found = set()
    for text in texts_of(page):
        left = without_messages(text)
        for words in known:
            left = left.replace(words, " ")
        left = re.sub("“[^”]*”", " ", left)  # what is still quoted is what somebody wrote
        found |= {line.strip() for line in left.splitlines() if re.search(r"[^\W\d_]{2}", line)}
    return found


def test_every_word_of_a_respondents_page_is_a_message_or_data(
    bracketed: None, browser: Any, fill_in: Callable, world: World, answers: dict
) -> None:
    fill_in(browser, answers | every_page.LISTING)
    browser.submit(f"/my-submission/{world.existing['own_link']}")
    browser.get("/?language=gd")
    pages = {
        address: page
        for address, page in every_page.of_respondents(browser, world.existing).items()
        if not address.startswith("/sign-in")  # for staff
    }
    assert len(pages) > 55
    assert not_marked(pages, answers) == {}


def test_every_word_of_a_page_for_who_comes_back_is_a_message_or_data(
    bracketed: None, browser: Any, come_back: Callable, answers: dict
) -> None:
    reference = come_back(browser)
    browser.get("/?language=gd")
    pages = every_page.of_who_comes_back(browser, reference)
    assert len(pages) > 12
    assert not_marked(pages, answers) == {}


def not_marked(pages: dict[str, str], answers: dict) -> dict[str, set[str]]:
    """By the address of the page, its words that are neither."""
    said = {words for answer in answers.values() for words in ([answer] if isinstance(answer, str) else answer)}
    data = {*NAMES, *of_questionnaire(), *(words for words in said if isinstance(words, str))} - {""}
    known = sorted(data, key=len, reverse=True)
    return {address: words for address, page in pages.items() if (words := bare_words(page, known))}
