"""No word of a respondents' page stands outside the catalogue: every page is asked for in a language that puts
brackets round each message, and what stands without must be data, or the questionnaire's own.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from lxml import html

from forms import areas, framework, questionnaire, speech, translations
from forms.questions import Question
from tests.collector import every_page
from tests.collector.conftest import World

# What nobody translates: names, addresses, and what the fixtures let people say.
NAMES = {
    *speech.LANGUAGES.values(),
    *("Feedback Loop", "The Promise Scotland", "feedback-loop@example.org", "http://127.0.0.1:8000", "127.0.0.1:8000"),
    *("Fife Council", "Engagement round", "Aileen", "plan.txt", "We will do it."),
}
DATA = " | ".join(
    f"//*[contains(@class, '{name}')]" for name in ("fl_own-link", "fl_words", "__answer", "fl_reference")
)
SHOWN = ("aria-label", "title", "alt", "placeholder", "data-heading", "value")


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
        for name in SHOWN:
            if element.get(name) and (name != "value" or element.tag == "button" and not element.get("name")):
                yield element.get(name)
    for block in tree.xpath("//title | //body"):
        yield block.text_content()


def of_questionnaire() -> set[str]:
    form = translations.spoken(questionnaire.load("keeping-the-promise"), speech.GAELIC)
    plan = framework.load()
    found = {form.title, form.summary, *([form.audience] if isinstance(form.audience, str) else form.audience)}
    found |= {*form.needed, *form.privacy, *areas.area_names().values()}
    for step in form.steps:
        found |= {step.page.title, step.page.section, step.page.intro}
        for question in step.page.questions:
            found |= set(words_of(question))
    for labels in (plan.priority_areas, plan.actions, plan.fundamentals, plan.barrier_themes):
        found |= {words for label in labels for words in (label.title, label.summary)}
    return found


def words_of(question: Question) -> Iterator[str]:
    yield from (question.label, question.hint, question.missing, question.unit)
    if question.item:
        yield from (question.item, question.many)
        yield from (question.name_of(number) for number in range(1, 3))
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
    said = {words for answer in answers.values() for words in ([answer] if isinstance(answer, str) else answer)}
    known = sorted({*NAMES, *of_questionnaire(), *filter(lambda words: isinstance(words, str), said)} - {""}, key=len)[
        ::-1
    ]
    bare = {address: words for address, page in pages.items() if (words := bare_words(page, known))}
    assert bare == {}
