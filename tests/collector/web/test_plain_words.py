"""All that a respondent is shown can be read by a child of 11.

Measured as the Flesch–Kincaid grade (Kincaid and others, 1975: 0.39 words a sentence + 11.8 syllables a word − 15.59);
a child in grade g is g + 5 years old. Each block of a page ends a sentence. Names are left out: of council areas, of
the plan's parts and actions and of ourselves, which nobody can make shorter.
"""

import re
from collections.abc import Callable
from typing import Any

import pytest
from lxml import html

from collector.mail import letters
from forms import areas, framework
from tests.collector import every_page
from tests.collector.conftest import World

OLDEST_READER = 11
LONGEST_SENTENCE = 34  # words
FEWEST_WORDS = 100  # the measure was made for texts of at least so many
BLOCKS = "h1|h2|h3|h4|p|li|label|legend|dt|dd|summary|a|button|td|th|div"
NAMES = sorted(
    {
        *areas.area_names().values(),
        *(area.title for area in framework.load().priority_areas),
        *("The Promise Scotland", "Feedback Loop", "Childline", "Samaritans", "Information Commissioner’s Office"),
        *("Information Commissioner's Office", "feedback-loop@example.org"),
    },
    key=len,
    reverse=True,
)


def sentences(page: str) -> list[list[str]]:
    """The words of each sentence of a page's own part."""
    main = html.fromstring(page).xpath("//main")[0]
    for hidden in main.xpath('.//textarea | .//option | .//script | .//*[contains(@class, "visually-hidden")]'):
        hidden.drop_tree()
    for block in main.xpath(f".//*[{' or '.join(f'self::{name}' for name in BLOCKS.split('|'))}]"):
        block.tail = f"\n{block.tail or ''}"
    text = main.text_content()
    for name in NAMES:
        text = text.replace(name, "it")
    found = (re.findall(r"[^\W\d_]+(?:[’'-][^\W\d_]+)*", part) for part in re.split(r"[.!?:;\n]", text))
    return [words for words in found if words]


def syllables(word: str) -> int:
    """Groups of vowels, without the e that is not spoken at the end."""
    plain = re.sub(r"(?:[^laeiouy]es|[^l]e|ed)$", lambda end: end[0][0] if end[0][0] in "td" else "", word.lower())
    return max(1, len(re.findall(r"[aeiouy]+", plain)))


def reading_age(told: list[list[str]]) -> float:
    words = [word for sentence in told for word in sentence]
    grade = 0.39 * len(words) / len(told) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59
    return grade + 5


def texts_of_respondents(browser: Any, existing: dict[str, Any]) -> dict[str, list[list[str]]]:
    return {address: sentences(page) for address, page in every_page.of_respondents(browser, existing).items()}


def test_all_that_respondents_are_shown_can_be_read_at_11(
    browser: Any, fill_in: Callable, world: World, answers: dict
) -> None:
    fill_in(browser, answers | every_page.LISTING)
    browser.submit(f"/my-submission/{world.existing['own_link']}")
    told = texts_of_respondents(browser, world.existing)
    assert len(told) > 20
    short = {address: text for address, text in told.items() if sum(map(len, text)) < FEWEST_WORDS}
    long = {address: text for address, text in told.items() if address not in short}
    ages = {address: round(reading_age(text), 1) for address, text in long.items()}
    ages["the short pages together"] = round(reading_age([sentence for text in short.values() for sentence in text]), 1)
    assert {address: age for address, age in ages.items() if age > OLDEST_READER} == {}


def test_all_that_who_comes_back_is_shown_can_be_read_at_11(browser: Any, come_back: Callable) -> None:
    pages = every_page.of_who_comes_back(browser, come_back(browser))
    told = {address: sentences(page) for address, page in pages.items()}
    ages = {
        address: round(reading_age(text), 1) for address, text in told.items() if sum(map(len, text)) > FEWEST_WORDS
    }
    assert len(ages) > 8
    assert {address: age for address, age in ages.items() if age > OLDEST_READER} == {}
    long = {" ".join(words) for text in told.values() for words in text if len(words) > LONGEST_SENTENCE}
    assert long == set()


def test_no_sentence_that_respondents_are_shown_is_long(
    browser: Any, fill_in: Callable, world: World, answers: dict
) -> None:
    fill_in(browser, answers | every_page.LISTING)
    browser.submit(f"/my-submission/{world.existing['own_link']}")
    told = texts_of_respondents(browser, world.existing)
    long = {" ".join(words) for text in told.values() for words in text if len(words) > LONGEST_SENTENCE}
    assert long == set()


@pytest.mark.parametrize("kind", ["receipt", "draft-link"])
def test_mails_to_respondents_can_be_read_at_11(kind: str) -> None:
    words = {"reference": "7F4K-2MXW", "questionnaire": "Keeping the promise", "received": "21 November 2026 at 14:05"}
    words |= {"receipt_path": "/receipts/key", "with_answers": True}
    words |= {"path": "/drafts/key", "until": "28 November 2026", "closes_on": "31 January 2027"}
    site = {"name": "Feedback Loop", "organisation": "The Promise Scotland", "url": "http://localhost"}
    letter = letters.written(kind, words, {**site, "email": "feedback-loop@example.org"})
    told = sentences(f"<main>{''.join(letters.blocks_of(letter, site['url']))}</main>")
    assert sum(map(len, told)) > FEWEST_WORDS * 0.8
    assert reading_age(told) <= OLDEST_READER
    assert [sentence for sentence in told if len(sentence) > LONGEST_SENTENCE] == []


@pytest.mark.parametrize(
    ("text", "youngest", "oldest"),
    [
        ("The cat sat on the mat. It was a big cat. We fed it fish. Then it ran off to play.", 0, 6),
        (
            "Each council has to publish a report that says how the money for families was spent during the year"
            " and what has changed because of it.",
            *(12, 17),
        ),
        (
            "Statutory organisations demonstrating multidisciplinary collaboration necessitate proportionate governance"
            " arrangements alongside appropriately resourced implementation methodologies.",
            *(20, 60),
        ),
    ],
)
def test_the_measure_tells_plain_words_from_hard_ones(text: str, youngest: float, oldest: float) -> None:
    assert youngest <= reading_age(sentences(f"<html><body><main><p>{text}</p></main></body></html>")) <= oldest
