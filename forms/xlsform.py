"""Reads a form from an XLSForm, as Kobo and ODK write it, into a questionnaire; all that is wrong at once, by its cell.

Nothing is left out silently: what is not taken over is a fault where it changes what is asked, else a note.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from typing import Any, NamedTuple

from forms import consistency, definitions, framework, speech
from forms import xlsform_terms as terms
from forms import xlsform_workbook as workbook
from forms.definitions import Definition, DefinitionError, FieldPath, Place
from forms.questionnaire import Questionnaire
from forms.texts import LANGUAGES
from forms.translations import Translation
from forms.xlsform_out import write
from forms.xlsform_questions import Questions, as_choice_id, as_id, given, kind, stand_in, truth, type_of, whole
from forms.xlsform_telling import Telling
from forms.xlsform_translations import Translations, items_in
from forms.xlsform_workbook import Row, Sheet

__all__ = ["Imported", "read", "write"]

# What a tool notes about the telephone and the moment: nobody is asked for it.
METADATA = (
    *("start", "end", "today", "deviceid", "subscriberid", "simserial", "phonenumber", "username", "email", "audit"),
    *("start-geopoint", "background-audio", "background-geopoint"),
)
# The columns that are read in a row of each kind. What stands in others is left out, and told.
READ = {
    "begin_group": ("type", terms.PAGE_ID, *terms.PAGE.values(), "appearance"),
    "begin_repeat": ("type", "name", *terms.REPEAT.values()),
    "list": ("type", *terms.LIST.values()),
    "end_group": ("type", "name"),
    "end_repeat": ("type", "name"),
    "note": ("type", "name", "label", "relevant", "required"),
}
BESIDE = " and ".join(f"{name} ({code})" for code, name in LANGUAGES.items())
AUDIENCE = "Anyone who wants to answer."


class Imported(NamedTuple):
    """A questionnaire; its `content` as a YAML file would hold it; and in plain words what was not taken over."""

    questionnaire: Questionnaire
    content: dict[str, Any]
    notes: tuple[str, ...]
    translations: dict[str, Translation]


def read(path: Path) -> Imported:
    """DefinitionError with all that is wrong with the form at `path`, by sheet, row and column."""
    sheets = workbook.sheets(path)
    if "survey" not in sheets or not sheets["survey"].rows:
        raise workbook.refused(path, "Add a sheet named survey, with a row for each question: it says what is asked")
    telling = Telling()
    content = _content(sheets, path.stem, telling)
    definition = Definition(str(path), content, telling.places, tuple(telling.faults))
    definitions.check(Questionnaire, definition, lambda content: telling.untold(consistency.faults(content)))
    questionnaire = Questionnaire.from_definition(content)
    said = Translations(sheets, content, telling).read(questionnaire)
    if telling.faults:
        problems = {definition.problem(*fault): None for fault in telling.faults}
        raise DefinitionError(sorted(problems, key=lambda problem: (problem.sheet, problem.line or 0)))
    return Imported(questionnaire, content, tuple(telling.notes()), said)


def _content(sheets: dict[str, Sheet], stem: str, telling: Telling) -> dict[str, Any]:
    for name in sorted(sheets.keys() - set(workbook.SHEETS)):
        telling.leave(Place(None, name), "Left out: forms have no sheet of this name")
    settings = _settings_row(_plain(_told(sheets, "settings", telling)), telling)
    language = settings.word("default_language")
    survey, choices = (_in_language(_told(sheets, name, telling), language, telling) for name in ("survey", "choices"))
    lists = _lists(choices, telling)
    rows = list(_asking(survey, telling))
    for name in sorted(lists.keys() - {type_of(row)[1] for row in rows}):
        telling.leave(lists[name][0].place("list_name"), f"Left out: no question has the list “{name}”")
    blocks = _Blocks(Questions(lists, telling), telling).read(iter(rows), ())
    asked = sum(kind(row) not in READ for row in rows)
    return _settings(settings, stem, asked, telling) | {"pages": blocks}


def _told(sheets: dict[str, Sheet], name: str, telling: Telling) -> Sheet:
    """The sheet, empty where there is none, with its faults told."""
    sheet = sheets.get(name, Sheet(name, (), (), (), ()))
    for place, message in sheet.faults:
        telling.fault(place, message)
    for place in sheet.unnamed:
        telling.leave(place, "Left out: row 1 names no column here")
    return sheet


def _settings_row(sheet: Sheet, telling: Telling) -> Row:
    for row in sheet.rows[1:]:
        telling.leave(row.place(), "Left out: settings stand in one row")
    return next(iter(sheet.rows), Row("settings", 2, {}))


def _plain(sheet: Sheet) -> Sheet:
    rows = tuple(Row(row.sheet, row.number, _translation(row.cells, "")) for row in sheet.rows)
    return replace(sheet, rows=rows)


def _in_language(sheet: Sheet, language: str, telling: Telling) -> Sheet:
    """The sheet with the columns of the default language under their plain names."""
    languages = list(dict.fromkeys(column.partition("::")[2] for column in sheet.columns if _translated(column)))
    plain = "label" in sheet.columns
    # What is translated is the English, whatever the language that a form begins in.
    english = next((one for one in languages if terms.code_of(one) == speech.ENGLISH), "")
    if terms.code_of(language) in LANGUAGES and (english or plain):
        language = english
    kept = language if language in languages else ("" if plain or not languages else languages[0])
    if kept and kept != language:
        message = f"It names no language that the form has: {kept} was taken"
        telling.leave(Place(None, "settings", "default_language"), message)
    for other in (*languages, *([""] if plain else [])):
        if other != kept and terms.code_of(other) not in LANGUAGES:
            column = f"label::{other}" if other else "label"
            telling.leave(
                Place(None, sheet.name, column), f"Left out: beside {kept or 'the first'} only {BESIDE} are kept"
            )
    rows = tuple(Row(row.sheet, row.number, _translation(row.cells, kept)) for row in sheet.rows)
    return Sheet(sheet.name, sheet.columns, rows, (), ())


def _translated(column: str) -> bool:
    name, colon, _ = column.partition("::")
    return bool(colon) and name in terms.TRANSLATED


def _translation(cells: dict[str, str], language: str) -> dict[str, str]:
    plain = {column: text for column, text in cells.items() if terms.language_of(column) == ("", "")}
    own = [(column.partition("::"), text) for column, text in cells.items() if _translated(column)]
    return plain | {name: text for (name, _, spoken), text in own if spoken == language}


def _lists(sheet: Sheet, telling: Telling) -> dict[str, list[Row]]:
    lists: dict[str, list[Row]] = {}
    for row in sheet.rows:
        telling.leave_rest(row, ("list_name", *terms.CHOICE.values()))
        if row.word("list_name"):
            lists.setdefault(row.word("list_name"), []).append(row)
        else:
            telling.fault(row.place("list_name"), "Write the name of the list that this choice belongs to")
    return lists


def _asking(sheet: Sheet, telling: Telling) -> Iterator[Row]:
    """The rows that ask or tell something."""
    for row in sheet.rows:
        if kind(row) in METADATA:
            telling.leave(row.place("type"), f"Left out: nobody is asked for “{kind(row)}”")
        elif truth(row["disabled"]) is True:
            telling.leave(row.place("disabled"), "Left out: the row is disabled")
        elif kind(row) or row.word("name") or row.word("label"):
            yield row
        else:
            telling.leave_rest(row, ())


class _Blocks:
    """Reads rows into pages, and pages that are asked again and again."""

    def __init__(self, questions: Questions, telling: Telling) -> None:
        self.questions = questions
        self.telling = telling

    def read(self, rows: Iterator[Row], path: FieldPath, *, repeated: bool = False) -> list[dict]:
        blocks: list[dict] = []
        notes: list[Row] = []
        for row in rows:
            here = (*path, "pages", len(blocks))
            if kind(row) == "note":
                notes.append(row)
            elif kind(row) == "begin_group":
                blocks.append(self.page(here, row, self.inside(row, rows)))
            elif is_list(row):
                blocks.append(self.lone_list(here, row, self.inside(row, rows), notes))
                notes = []
            elif kind(row) == "begin_repeat":
                self.refuse_nested(row, repeated)
                blocks.append(self.repeat(here, row, self.inside(row, rows)))
            elif kind(row).startswith("end_"):
                self.telling.fault(row.place("type"), "Remove this row: nothing that begins above it is still open")
            else:
                blocks.append(self.lone(here, row, notes))
                notes = []
        for note in notes:
            self.telling.fault(
                note.place("type"), "Move this note into a group, before its questions: it is on no page"
            )
        return blocks

    def inside(self, begin: Row, rows: Iterator[Row]) -> list[Row]:
        """The rows up to the end of what begins here."""
        found: list[Row] = []
        begun = [begin]
        for row in rows:
            if kind(row).startswith("begin_"):
                begun.append(row)
            elif kind(row).startswith("end_"):
                self.end(begun.pop(), row)
                if not begun:
                    return found
            found.append(row)
        for row in begun:
            self.telling.fault(row.place("type"), f"Add a row of type {_end_of(row)}: nothing ends what begins here")
        return found

    def end(self, begin: Row, row: Row) -> None:
        self.telling.leave_rest(row, READ["end_group"])
        if kind(row) != _end_of(begin):
            self.telling.fault(
                row.place("type"), f"Write {_end_of(begin)} here: it ends what begins in row {begin.number}"
            )

    def refuse_nested(self, row: Row, repeated: bool) -> None:
        if repeated:
            self.telling.fault(
                row.place("type"), "Take this repeat out of the repeat around it: pages are repeated once"
            )

    def repeat(self, path: FieldPath, row: Row, inside: list[Row]) -> dict:
        self.telling.at(path, row, terms.REPEAT)
        self.telling.leave_rest(row, READ["begin_repeat"])
        counted = terms.counted_in(row["repeat_count"])
        if counted is None:
            message = "Write count-selected(${QUESTION}) here: pages are repeated for each choice made in a question"
            self.telling.fault(row.place("repeat_count"), message)
        words = given({"section": row["label"], "at-least-one": row["fl_at_least_one"]})
        pages = self.read(iter(inside), path, repeated=True)
        return {
            "for-each": as_id(counted or ""),
            **words,
            **self.condition(path, row, "when", "relevant"),
            "pages": pages,
        }

    def page(self, path: FieldPath, row: Row, inside: list[Row]) -> dict:
        self.telling.at(path, row, terms.PAGE)
        self.telling.leave_rest(row, READ["begin_group"])
        self.telling.leave_words(row, "appearance", ("field-list",))
        notes = list(takewhile(lambda inner: kind(inner) == "note", inside))
        questions = list(self.asked((*path, "questions"), inside[len(notes) :]))
        if not questions:
            self.telling.fault(row.place("type"), "Put a question on this page: it asks nothing")
            questions = [stand_in(f"row-{row.number}")]
        return {**self.heading(row), **self.intro(path, notes), **self.conditions(path, row), "questions": questions}

    def heading(self, row: Row) -> dict[str, str]:
        page_id = row.word(terms.PAGE_ID)
        if not page_id:
            page_id = as_id(row.word("name"))
            self.telling.renamed(row, page_id)
        return given({"id": page_id, "section": row["fl_section"], "title": row["label"]})

    def asked(self, path: FieldPath, inside: list[Row]) -> Iterator[dict]:
        """The questions of a page, or those about an item of a list."""
        rows = iter(inside)
        number = 0
        for row in rows:
            if kind(row) == "note":
                message = "Move this note before the questions of its group, or make it the hint of one"
                self.telling.fault(row.place("type"), message)
            elif is_list(row):
                self.refuse_condition(row)
                yield self.listing((*path, number), row, self.inside(row, rows))
                number += 1
            elif kind(row).startswith("begin_"):
                self.telling.fault(
                    row.place("type"), "End the group around this row before it: a page holds no other page"
                )
            elif not kind(row).startswith("end_"):
                self.refuse_condition(row)
                yield self.questions.read((*path, number), row)
                number += 1

    def refuse_condition(self, row: Row) -> None:
        if row.word("relevant"):
            message = "Give this question a group of its own, and write this there: whole pages are asked or not"
            self.telling.fault(row.place("relevant"), message)

    def listing(self, path: FieldPath, row: Row, inside: list[Row]) -> dict[str, Any]:
        self.telling.leave_rest(row, (*READ["list"], "relevant"))
        fields = self.questions.listing(path, row)
        asked = list(self.asked((*path, "questions"), inside))
        if not asked:
            self.telling.fault(row.place("type"), "Put a question into this repeat: it asks nothing")
            asked = [stand_in(f"row-{row.number}")]
        return fields | {"questions": asked}

    def lone_list(self, path: FieldPath, row: Row, inside: list[Row], notes: list[Row]) -> dict:
        """A list outside any group is a page of its own."""
        self.telling.at(path, row, {"id": "name", "title": "label", "when": "relevant"})
        question = self.listing((*path, "questions", 0), row, inside)
        return self.around(path, row, question, notes)

    def lone(self, path: FieldPath, row: Row, notes: list[Row]) -> dict:
        """A question outside any group is a page of its own."""
        self.telling.at(path, row, {"id": "name", "title": "label", "when": "relevant"})
        return self.around(path, row, self.questions.read((*path, "questions", 0), row), notes)

    def around(self, path: FieldPath, row: Row, question: dict, notes: list[Row]) -> dict:
        heading = given({"id": question.get("id", ""), "title": question.get("label", "")})
        return {
            **heading,
            **self.intro(path, notes),
            **self.condition(path, row, "when", "relevant"),
            "questions": [question],
        }

    def intro(self, path: FieldPath, notes: list[Row]) -> dict[str, str]:
        self.telling.joined[*path, "intro"] = [note.place("label") for note in notes]
        for note in notes:
            self.telling.leave_rest(note, READ["note"])
            self.telling.references(note, "label")
            if note.word("relevant"):
                self.telling.fault(note.place("relevant"), "Empty this cell: a note is shown whenever its page is")
        return given({"intro": "\n\n".join(note["label"] for note in notes)})

    def conditions(self, path: FieldPath, row: Row) -> dict[str, Any]:
        return self.condition(path, row, "when", "relevant") | self.condition(path, row, "sensitive", "fl_sensitive")

    def condition(self, path: FieldPath, row: Row, name: str, column: str) -> dict[str, Any]:
        if not row.word(column):
            return {}
        self.telling.at((*path, name), row, {}, column=column)
        chosen = terms.chosen_in(row[column])
        if chosen is None:
            message = (
                "Write ${QUESTION} = 'CHOICE' or selected(${QUESTION}, 'CHOICE') here, several about one question "
            )
            self.telling.fault(row.place(column), f"{message}joined by “or”: nothing else is read")
            return {}
        return {name: {"question": as_id(chosen[0]), "is": [as_choice_id(value) for value in chosen[1]]}}


def is_list(row: Row) -> bool:
    """A repeat that no count is written for is filled in as often as a person has something to list."""
    return kind(row) == "begin_repeat" and not row.word("repeat_count")


def _end_of(begin: Row) -> str:
    return kind(begin).replace("begin", "end")


def _settings(row: Row, stem: str, asked: int, telling: Telling) -> dict[str, Any]:
    """What is said of the whole form; what a form from elsewhere does not say is made up, and told."""
    telling.at((), row, terms.SETTINGS, column="")
    telling.leave_rest(row, (*terms.SETTINGS.values(), "default_language"))
    written: dict[str, Any] = given({name: row[column] for name, column in terms.SETTINGS.items()})
    title = written.get("title", stem)
    made_up = {
        "slug": _slug(written.get("slug", title)),
        "version": 1,
        "title": title,
        "summary": title,
        "framework": framework.load().slug,
        "audience": AUDIENCE,
        "minutes": max(1, asked),
    }
    written |= {name: whole(written[name]) for name in ("version", "minutes") if name in written}
    kept = {name: value for name, value in written.items() if _can_be_kept(name, value)}
    for name, value in made_up.items():
        if name not in kept:
            telling.leave(row.place(terms.SETTINGS[name]), f"“{value}” was written for what is not there. Check it")
    lists = {name: items_in(kept[name]) for name in ("needed", "privacy") if name in kept}
    return {name: (made_up | kept | lists)[name] for name in terms.SETTINGS if name in made_up | kept}


def _can_be_kept(name: str, value: Any) -> bool:
    """Tools name and number the forms that they make by rules of their own."""
    if name == "slug":
        return bool(definitions.ID.fullmatch(value))
    return name != "version" or isinstance(value, int)


def _slug(text: str) -> str:
    slug = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return slug if slug[:1].isalpha() else f"form-{slug}".rstrip("-")
