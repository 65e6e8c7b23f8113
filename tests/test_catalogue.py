"""The catalogues of `forms/locale`: every message that people are told is in them, whole, and nothing that is not."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg

from forms import speech

ROOT = Path(__file__).parent.parent
KEYWORDS = {"gettext": None, "_": None, "ngettext": (1, 2), "message": None}
TRANSLATED = ["gd"]
TEMPLATES = [path for room in ("web", "intake", "mine") for path in sorted(ROOT.glob(f"collector/{room}/**/*.html"))]
# Included in the pages of staff alone, or in the parts of a page that staff alone see.
OF_STAFF = {"_keyed.html", "_twice.html", "_letter.html", "_local.html"}
# Told to staff alone: what is made of statements, which these macros show.
STAFF_MACROS = (
    *("search_form", "filters", "sample_tag", "state", "evidence_legend", "score", "label_state", "label_row"),
    *("margin_kinds", "statement_row", "lines_of", "grid_table", "listed_items", "within_review"),
    *("within_profiles", "code_meaning"),
    *("described_by", "count_words"),  # attributes, no words
)


def extracted() -> set[str | tuple[str, str]]:
    with (speech.CATALOGUES / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    found = set()
    for room in ("forms", "collector"):
        for _, _, message, _, _ in extract_from_dir(ROOT / room, methods, options, KEYWORDS):
            found.add(tuple(message) if isinstance(message, (list, tuple)) else message)
    return found


def messages(language: str) -> Iterator[Message]:
    return (message for message in speech.file_of(language) if message.id)


@pytest.fixture(scope="module")
def told() -> set[str | tuple[str, str]]:
    return extracted()


def test_what_is_told_is_found(told: set[Any]) -> None:
    assert len(told) > 500
    assert "There is a problem" in told  # in a template
    assert "Write your answer on one line" in told  # in code
    assert "The file is added." in told  # in code, ahead of time
    assert "We have received your answers." in told  # in a mail


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_message_is_in_the_catalogue_and_nothing_else_is(language: str, told: set[Any]) -> None:
    held = {message.id for message in messages(language)}
    assert told - held == set(), "run `make messages` and translate what is new"
    assert held - told == set(), "run `make messages`: these are told no more"


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_translation_is_whole_and_none_is_stale(language: str) -> None:
    assert [message.id for message in messages(language) if message.fuzzy or message.id not in shown(language)] == []
    assert speech.file_of(language).obsolete == {}


def shown(language: str) -> dict[Any, Any]:
    return speech.catalogue(language)


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_translation_has_the_gaps_and_the_markup_of_its_message(language: str) -> None:
    assert {message.id: faults for message in messages(language) if (faults := unlike(message))} == {}


def unlike(message: Message) -> list[str]:
    """What differs. A form of a plural has what both English forms have, and nothing that neither has."""
    of = message.id if isinstance(message.id, tuple) else (message.id,)
    said = message.string if isinstance(message.string, tuple) else (message.string,)
    gaps = [gaps_of(text) for text in of]
    wrong = [text for text in said if not set.intersection(*gaps) <= gaps_of(text) <= set.union(*gaps)]
    return wrong + [text for text in said if tags_of(text) != tags_of(of[-1])]


def gaps_of(text: str) -> set[str]:
    without = text.replace("%%", "")
    assert re.sub(r"%\(\w+\)s", "", without).count("%") == 0, text
    return set(re.findall(r"%\((\w+)\)s", without))


def tags_of(text: str) -> list[str]:
    return sorted(re.findall(r"<[^>]+>", text))


@pytest.mark.parametrize(("string", "faulty"), [("Tha %(nam)s", True), ("Tha %(name)s", False), ("Tha", True)])
def test_a_gap_that_differs_is_found(string: str, faulty: bool) -> None:
    assert bool(unlike(Message("It is %(name)s", string))) is faulty


def test_a_stale_or_missing_translation_is_said_in_english_and_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gd.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
        'msgid "Good"\nmsgstr "Math"\n\n#, fuzzy\nmsgid "Stale"\nmsgstr "Sean"\n\nmsgid "Blank"\nmsgstr ""\n',
        encoding="utf-8",
    )
    monkeypatch.setattr(speech, "CATALOGUES", tmp_path)
    speech.catalogue.cache_clear()
    try:
        with speech.speaking("gd"):
            assert speech.gettext("Good") == "Math"
            assert not speech.fell_back()
            assert [speech.gettext(words) for words in ("Stale", "Blank", "Unknown")] == ["Stale", "Blank", "Unknown"]
            assert speech.fell_back()
    finally:
        speech.catalogue.cache_clear()


def test_what_is_spoken_ends_with_its_block() -> None:
    with speech.speaking("gd"):
        with speech.speaking("en"):
            assert speech.gettext("Privacy") == "Privacy"
        assert speech.gettext("Privacy") == "Prìobhaideachd"
        assert speech.code() == "gd"
    assert speech.code() == "en-GB"


def test_gaelic_counts_in_four_ways_in_the_order_of_the_file() -> None:
    one, many = "It takes about %(minutes)s minute.", "It takes about %(minutes)s minutes."
    forms = speech.catalogue("gd")[one, many]
    with speech.speaking("gd"):
        for numbers, form in (([1, 11], 0), ([2, 12], 1), ([3, 10, 13, 19], 2), ([0, 20, 21, 22, 100], 3)):
            for number in numbers:
                assert speech.ngettext(one, many, number, minutes=number) == forms[form] % {"minutes": number}
    header = (speech.CATALOGUES / "gd.po").read_text(encoding="utf-8")
    assert "nplurals=4; plural=(n==1 || n==11 ? 0 : n==2 || n==12 ? 1 : n>2 && n<20 ? 2 : 3);" in header


def test_gaelic_has_grave_accents_alone() -> None:
    acute = re.compile("[áéíóúÁÉÍÓÚ]")
    assert [message.id for message in messages("gd") if acute.search("".join(message.string))] == []


# -- Templates: what stands in them outside messages ---------------------------------------------


def is_of_staff(template: Path, text: str) -> bool:
    return "{% block surface %}staff" in text or template.name in OF_STAFF or template.parent.name == "imports"


def bare_words(text: str) -> list[str]:
    """The words of a template that stand outside `trans`, expressions, markup, and what staff alone are told."""
    for macro in STAFF_MACROS:
        text = re.sub(r"{% macro " + macro + r"\(.*?{%-? endmacro %}", "", text, flags=re.DOTALL)
    text = re.sub(r"{#.*?#}|{%-? trans\b.*?{% endtrans -?%}|<!DOCTYPE html>", " ", text, flags=re.DOTALL)
    text = re.sub(r'<nav class="fl_nav".*?</nav>', " ", text, flags=re.DOTALL)
    text = re.sub(r"{% if (?:person\b|keyed\b|path.startswith).*?{% (?:else|endif) %}", " ", text, flags=re.DOTALL)
    attributes = re.findall(r'(?:aria-label|title|alt|placeholder)="([^"{]*)"', text)
    literals = re.findall(
        r'(?<!_\()"([A-Z][a-z]+(?: [^"]*)?)"(?! if keyed| if by_staff)',
        " ".join(re.findall(r"{[{%].*?[}%]}", text, re.DOTALL)),
    )
    text = re.sub(r"{%.*?%}|{{.*?}}", " ", text, flags=re.DOTALL)
    text = re.sub(r"<[^>]*>", " ", text, flags=re.DOTALL)
    return [*re.findall(r"[^\W\d_]{2,}", text), *filter(None, attributes), *literals]


def test_every_word_of_a_template_for_respondents_is_a_message() -> None:
    sources = {template: template.read_text(encoding="utf-8") for template in TEMPLATES}
    ours = {template: text for template, text in sources.items() if not is_of_staff(template, text)}
    assert len(ours) > 45
    bare = {template.name: words for template, text in ours.items() if (words := bare_words(text))}
    assert bare == {}


@pytest.mark.parametrize(
    "template",
    [
        "<p>Bare</p>",
        '<a aria-label="Bare">{{ words }}</a>',
        '{{ ui.button("Bare words") }}',
        "{% trans %}a{% endtrans %} bare",
    ],
)
def test_a_bare_word_is_found_out(template: str) -> None:
    assert bare_words(template)
