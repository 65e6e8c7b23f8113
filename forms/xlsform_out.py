"""Writes a questionnaire as an XLSForm, and says what the format cannot hold."""

import io
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from forms import translations
from forms import xlsform_terms as terms
from forms.questionnaire import Questionnaire
from forms.questions import Condition, Page, Question, Repeat
from forms.texts import LANGUAGES, PLACEHOLDER, Fallback
from forms.translations import State, Translation

SURVEY = (
    *("type", "name", "label", "hint", "required", "required_message", "relevant"),
    *("constraint", "constraint_message", "appearance", "repeat_count"),
    *(terms.PAGE_ID, "fl_section", "fl_at_least_one", "fl_sensitive", terms.TYPE, *terms.EXTRA.values()),
    *("fl_item", "fl_items", "fl_most"),
)
CHOICES = ("list_name", *terms.CHOICE.values())
SETTINGS = (*terms.SETTINGS.values(), "default_language")
LONGEST_CELL = 32_767
# The same questionnaire makes the same bytes, whenever it is written.
CREATED = datetime(2026, 1, 1)
# No cell holds control characters, nor halves of surrogate pairs. XlsxWriter takes what is in <r> for XML of its own,
# and openpyxl x005F_ for a mark.
_UNKEEPABLE = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|x005F_|\\A<r>")
_TYPES = {"text": "text", "long-text": "text", "email": "text", "organisation": "text", "date": "date", "file": "file"}

Cells = dict[str, str]
Sheets = dict[str, tuple[tuple[str, ...], list[Cells]]]


def write(questionnaire: Questionnaire, said: Mapping[str, Translation] | None = None) -> tuple[bytes, list[str]]:
    """The workbook, and in plain sentences what XLSForm has no place for and where it stands instead.

    From the workbook `xlsform.read` builds the same questionnaire again, with its translations: what is `said` by
    language, or else what its files say. ValueError where a text is longer than a cell.
    """
    if said is None:
        said = {language: translations.of(questionnaire, language) for language in LANGUAGES}
    states = [translations.state(questionnaire, *one) for one in said.items()]
    sheets = _sheets(questionnaire)
    for state in states:
        if state.begun:
            spoken = translations.spoken(questionnaire, state.language, said[state.language])
            sheets = _beside(sheets, _sheets(spoken), state.language)
    texts = [text for _, rows in sheets.values() for row in rows for text in row.values()]
    if too_long := [text for text in texts if len(text) > LONGEST_CELL]:
        raise ValueError(f"Shorten the text that begins “{too_long[0][:40]}”: a cell holds {LONGEST_CELL:,} characters")
    return _workbook(sheets), [*_left(questionnaire, texts), *_unsaid(states)]


def _sheets(questionnaire: Questionnaire) -> Sheets:
    return {
        "survey": (SURVEY, list(_Survey(questionnaire).rows())),
        "choices": (CHOICES, [row for question in _questions(questionnaire) for row in _choices(question)]),
        "settings": (SETTINGS, [_settings(questionnaire)]),
    }


def _beside(sheets: Sheets, spoken: Sheets, language: str) -> Sheets:
    """The sheets with what another language has of their texts, row by row, in columns of its own."""
    return {name: _with_columns(*sheet, spoken[name][1], language) for name, sheet in sheets.items()}


def _with_columns(
    columns: tuple[str, ...], rows: list[Cells], spoken: list[Cells], language: str
) -> tuple[tuple[str, ...], list[Cells]]:
    said = [
        {terms.in_language(name, language): text for name, text in row.items() if _is_said(name, text)}
        for row in spoken
    ]
    added = dict.fromkeys(name for row in said for name in row)
    return (*columns, *added), [row | more for row, more in zip(rows, said, strict=True)]


def _is_said(column: str, text: str) -> bool:
    translated = column in (*terms.OWN_TEXTS, "label", "hint", "required_message", "constraint_message")
    return translated and bool(text) and not isinstance(text, Fallback) and not PLACEHOLDER.fullmatch(text)


def _unsaid(states: list[State]) -> Iterator[str]:
    for state in states:
        name = LANGUAGES[state.language]
        if state.stale:
            texts = "1 text is" if len(state.stale) == 1 else f"{len(state.stale)} texts are"
            yield f"{name}: {texts} left out, because the English has changed since"
        lists = {place.partition(".")[0] for place in (*state.missing, *state.stale)} & {"needed", "privacy"}
        for listed in sorted(lists) if state.begun else ():
            yield f"{name}: all of “{listed}” is left out, because a part of it has no translation"


class _Survey:
    """The rows of the sheet `survey`. Their names must differ in the whole form; those of our questions do."""

    def __init__(self, questionnaire: Questionnaire) -> None:
        self.blocks = questionnaire.blocks
        self.types = {question.id: question.type for question in _questions(questionnaire)}
        self.names = set(self.types)

    def rows(self) -> Iterator[Cells]:
        for block in self.blocks:
            yield from self.repeat(block) if isinstance(block, Repeat) else self.page(block)

    def repeat(self, repeat: Repeat) -> Iterator[Cells]:
        yield {
            "type": "begin_repeat",
            "name": self.free(f"each-{repeat.for_each}"),
            "label": repeat.section,
            "relevant": self.relevant(repeat.when),
            "repeat_count": terms.count(repeat.for_each),
            "fl_at_least_one": repeat.at_least_one,
        }
        for page in repeat.pages:
            yield from self.page(page)
        yield {"type": "end_repeat"}

    def page(self, page: Page) -> Iterator[Cells]:
        name = self.free(page.id)
        yield {
            "type": "begin_group",
            "name": name,
            "label": page.title,
            "relevant": self.relevant(page.when),
            "appearance": "field-list",
            terms.PAGE_ID: page.id if page.id != name else "",
            "fl_section": page.section,
            "fl_sensitive": self.relevant(page.sensitive),
        }
        if page.intro:
            yield {"type": "note", "name": self.free(f"{page.id}-intro"), "label": page.intro}
        for question in page.questions:
            yield from _list(question) if question.type == "list" else [_question(question)]
        yield {"type": "end_group"}

    def relevant(self, when: Condition | None) -> str:
        return terms.chosen(when.question, when.is_, several=self.types[when.question] == "any-of") if when else ""

    def free(self, wanted: str) -> str:
        name, number = wanted, 1
        while name in self.names:
            name, number = f"{wanted}-page" + (f"-{number}" if number > 1 else ""), number + 1
        self.names.add(name)
        return name


def _questions(questionnaire: Questionnaire) -> Iterator[Question]:
    """Each question once, however often it is asked."""
    for block in questionnaire.blocks:
        for page in block.pages if isinstance(block, Repeat) else (block,):
            for question in page.questions:
                yield from (question, *question.questions)


def _list(question: Question) -> Iterator[Cells]:
    most = "" if question.most == terms.usual("list", "most") else _cell(question.most)
    yield {
        "type": "begin_repeat",
        "name": question.id,
        "label": question.label,
        **_asked(question),
        "fl_item": question.item,
        "fl_items": question.items,
        "fl_most": most,
    }
    yield from map(_question, question.questions)
    yield {"type": "end_repeat"}


def _asked(question: Question) -> Cells:
    required = "no" if question.optional else "yes"
    return {"hint": question.hint, "required": required, "required_message": question.missing}


def _question(question: Question) -> Cells:
    limits = _limits(question)
    return {
        "type": _type(question),
        "name": question.id,
        "label": question.label,
        **_asked(question),
        "constraint": terms.constraint(limits),
        "constraint_message": question.outside or Fallback(terms.constraint_message(limits)),
        "appearance": "multiline" if question.type == "long-text" else "",
        terms.TYPE: question.type if question.type in ("email", "organisation") else "",
        **{column: _extra(question, name) for name, column in terms.EXTRA.items()},
    }


def _type(question: Question) -> str:
    if question.type in ("one-of", "any-of"):
        return f"{'select_one' if question.type == 'one-of' else 'select_multiple'} {question.id}"
    if question.type == "number":
        return "decimal" if question.decimals else "integer"
    return _TYPES[question.type]


def _limits(question: Question) -> dict[str, Any]:
    limits = {name: getattr(question, name.replace("-", "_")) for name in terms.LIMITS}
    alone = [choice.id for choice in question.choices if choice.exclusive and question.type == "any-of"]
    return {name: value for name, value in (limits | {"exclusive": alone or None}).items() if value is not None}


def _extra(question: Question, name: str) -> str:
    value = getattr(question, name.replace("-", "_"))
    return "" if value == terms.usual(question.type, name) else _cell(value)


def _choices(question: Question) -> Iterator[Cells]:
    for choice in question.choices:
        yield {"list_name": question.id, **{column: _cell(getattr(choice, name)) for name, column in _CHOICE}}


_CHOICE = tuple(terms.CHOICE.items())


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    return value if isinstance(value, str) else "" if value is None else str(value)


def _settings(questionnaire: Questionnaire) -> Cells:
    values = {column: getattr(questionnaire, name) for name, column in terms.SETTINGS.items()}
    cells = {column: _listed(value) if isinstance(value, tuple) else _cell(value) for column, value in values.items()}
    return cells | {"default_language": "English (en)"}


def _listed(items: Iterable[str]) -> str:
    """One item a line; what goes on in another line is set in. In another language all of them or none."""
    items = tuple(items)
    if any(isinstance(item, Fallback) for item in items):
        return ""
    return "\n".join(item.replace("\n", "\n  ") for item in items)


def _workbook(sheets: Sheets) -> bytes:
    import xlsxwriter

    content = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(content, options) as book:
        book.set_properties({"created": CREATED})
        heading, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
        for name, (columns, rows) in sheets.items():
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            sheet.set_column(0, len(columns) - 1, 24)
            sheet.write_row(0, 0, columns, heading)
            for number, row in enumerate(rows, start=1):
                for at, column in enumerate(columns):
                    if text := _UNKEEPABLE.sub("", row.get(column, "")):
                        sheet.write_string(number, at, text, wrapped)
    return content.getvalue()


def _left(questionnaire: Questionnaire, texts: list[str]) -> Iterator[str]:
    questions = list(_questions(questionnaire))
    repeats = [block for block in questionnaire.blocks if isinstance(block, Repeat)]
    yield "What XLSForm has no column for, like sections and privacy, is in columns fl_…: other tools pass them over"
    if any(choice.hint for question in questions for choice in question.choices):
        yield "Hints of choices are in the column fl_hint: other tools do not show them"
    if any(choice.group for question in questions for choice in question.choices):
        yield "Headings of choices are in the column fl_group: other tools do not show them"
    if any(question.type == "list" for question in questions):
        yield "The word for an item of a list and how many there may be are in fl_item, fl_items and fl_most"
    if any(question.type == "email" for question in questions):
        yield "Questions for an e-mail address are of type text: other tools do not check that it is one"
    if any(question.type == "organisation" for question in questions):
        yield "Questions for the name of an organisation are of type text: other tools offer no names to choose from"
    if any(question.decimals for question in questions):
        yield "The number of decimals is in the column fl_decimals: other tools do not check it"
    if any(question.type == "file" for question in questions):
        yield "How many files an answer may have is in the column fl_most_files: other tools take one"
    if repeats:
        yield "Other tools repeat pages as often as choices are made, but show {label} and {hint} as they stand"
    if any(repeat.at_least_one for repeat in repeats):
        yield "That one of the repeated questions needs an answer is in fl_at_least_one: other tools do not check it"
    for text in texts:
        if _UNKEEPABLE.search(text):
            yield f"Left out of “{_UNKEEPABLE.sub('', text)[:40]}”: characters that no cell holds"
