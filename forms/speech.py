"""The language that a page or a mail speaks, and its messages in that language.

Messages are written in English where they are used. Other languages stand in `locale`, one catalogue each, in the
format of gettext. What a catalogue does not hold, or marks as out of date ("fuzzy"), is said in English, and noted.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from babel import Locale
from babel.dates import format_date
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from babel.plural import to_python

ENGLISH, GAELIC, EASY_READ = "en", "gd", "easy"
# Each is called what its own readers call it. Easy Read is English: the questions are other ones, the pages are not.
LANGUAGES = {ENGLISH: "English", GAELIC: "Gàidhlig", EASY_READ: "Easy Read"}
CATALOGUES = Path(__file__).parent / "locale"


@dataclass
class Speech:
    """What is spoken while one page is made; several threads may work on it."""

    language: str = ENGLISH
    fell_back: bool = False


_speech: ContextVar[Speech | None] = ContextVar("speech", default=None)


@contextmanager
def speaking(language: str) -> Iterator[Speech]:
    speech = Speech(language)
    token = _speech.set(speech)
    try:
        yield speech
    finally:
        _speech.reset(token)


def now_spoken() -> str:
    """en, gd or easy"""
    speech = _speech.get()
    return speech.language if speech else ENGLISH


def is_english() -> bool:
    return now_spoken() in (ENGLISH, EASY_READ)


def code() -> str:
    """For `lang`, as browsers and screen readers know languages."""
    return code_of(now_spoken())


def code_of(language: str) -> str:
    return "en-GB" if language in (ENGLISH, EASY_READ) else language


def fell_back() -> bool:
    """Whether anything so far was said in English for want of a translation."""
    speech = _speech.get()
    return bool(speech and speech.fell_back)


def note_english() -> None:
    """Something is said in English for want of a translation."""
    if speech := _speech.get():
        speech.fell_back = True


def gettext(message: str, **values: object) -> str:
    """The message in the language that is spoken, its %(placeholders)s filled."""
    return found(message) % values


def ngettext(one: str, many: str, number: int, **values: object) -> str:
    """The message for so many; the number itself is its placeholder `num`."""
    return found_for(one, many, number) % {"num": number, **values}


def message(text: str) -> str:
    """Marks a text that stands ready before anybody knows who will read it, so that it is found for the catalogue."""
    return text


def found(message: str) -> str:
    if is_english():
        return message
    return catalogue(now_spoken()).get(message) or _in_english(message)


def found_for(one: str, many: str, number: int) -> str:
    english = one if number == 1 else many
    if is_english():
        return english
    forms = catalogue(now_spoken()).get((one, many))
    return forms[_form_of(now_spoken())(number)] if forms else _in_english(english)


def date_in_words(day: date) -> str:
    """21 November 2026; 21mh dhen t-Samhain 2026"""
    if now_spoken() == GAELIC:
        return format_date(day, "long", locale=GAELIC)
    return f"{day.day} {day:%B %Y}"


@cache
def catalogue(language: str) -> dict[str | tuple[str, str], str | list[str]]:
    """What has a translation: a message by itself, one with plurals by both of its English forms."""
    return {
        message.id: message.string if isinstance(message.string, str) else list(message.string)
        for message in file_of(language)
        if message.id and not message.fuzzy and _is_whole(message.string)
    }


def file_of(language: str) -> Catalog:
    with (CATALOGUES / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)


def _is_whole(translation: str | tuple[str, ...]) -> bool:
    return bool(translation) and (isinstance(translation, str) or all(translation))


@cache
def _form_of(language: str):
    rule = Locale(language).plural_form
    order = [*(tag for tag in ("zero", "one", "two", "few", "many") if tag in rule.tags), "other"]
    name_of = to_python(rule)
    return lambda number: order.index(name_of(number))


def _in_english(message: str) -> str:
    note_english()
    return message
