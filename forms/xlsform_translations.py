"""Reads what an XLSForm says in other languages: a column beside each column of texts."""

from typing import Any

from forms import texts, translations
from forms import xlsform_terms as terms
from forms.definitions import FieldPath, Place
from forms.questionnaire import Questionnaire
from forms.texts import LANGUAGES, Placed
from forms.translations import Entry, Translation
from forms.xlsform_telling import Telling
from forms.xlsform_workbook import Row, Sheet

LISTED = ("needed", "privacy")


def items_in(text: str) -> list[str]:
    """One item a line; a line that is set in goes on with the one above."""
    items: list[str] = []
    for line in text.split("\n"):
        if items and line.startswith("  "):
            items[-1] += "\n" + line[2:]
        elif line.strip():
            items.append(line)
    return items


class Translations:
    """Finds each text of `content` in the columns of other languages, and tells what is wrong or left out."""

    def __init__(self, sheets: dict[str, Sheet], content: dict[str, Any], telling: Telling) -> None:
        self.rows = {(name, row.number): row for name, sheet in sheets.items() for row in sheet.rows}
        self.columns = {
            at: {terms.language_of(column): column for column in row.cells} for at, row in self.rows.items()
        }
        self.content = content
        self.telling = telling
        self.read_cells: set[Place] = set()

    def read(self, questionnaire: Questionnaire) -> dict[str, Translation]:
        found = {language: self.language(questionnaire, language) for language in LANGUAGES}
        for row in self.rows.values():
            self.leave_rest(row)
        return {language: Translation(texts=entries) for language, entries in found.items() if entries}

    def language(self, questionnaire: Questionnaire, language: str) -> dict[str, Entry]:
        entries: dict[str, Entry] = {}
        for placed in texts.of(self.content):
            at, text = self.text(placed, language)
            if not text.strip():
                continue
            for message in translations.placeholder_faults(placed.text, text):
                self.telling.fault(at, message)
            entry = Entry(english=placed.text, text=text)
            if entries.setdefault(placed.place, entry) != entry:
                self.telling.fault(at, f"Write “{entries[placed.place].text}” here too: it is the same section")
        # What any questionnaire says of a choice is no part of this one.
        return {
            place: entry
            for place, entry in entries.items()
            if entry.text != translations.shared_text(questionnaire, place, language)
        }

    def text(self, placed: Placed, language: str) -> tuple[Place, str]:
        """What this language has of a text, and where; nothing where it has not."""
        if placed.path in self.telling.joined:
            return self.joined(self.telling.joined[placed.path], language)
        listed = placed.path[0] in LISTED
        at = self.telling.places.get(placed.path[:1] if listed else placed.path)
        if at is None:
            return Place(None), ""
        at, text = self.cell(at, language)
        return (at, self.item(at, text, placed.path)) if listed and text else (at, text)

    def joined(self, places: list[Place], language: str) -> tuple[Place, str]:
        cells = [self.cell(place, language) for place in places]
        untold = [at for at, text in cells if not text.strip()]
        if len(untold) == len(cells):
            return Place(None), ""
        for at in untold:
            self.telling.leave(at, "It is empty, so the other notes of its page are left out too: they are one text")
        return cells[0][0], "" if untold else "\n\n".join(text for _, text in cells)

    def item(self, at: Place, text: str, path: FieldPath) -> str:
        items = items_in(text)
        if len(items) != len(self.content[path[0]]):
            self.telling.fault(at, "Write as many lines as in English, one for each of them")
            return ""
        return items[path[1]]

    def cell(self, place: Place, language: str) -> tuple[Place, str]:
        columns = self.columns.get((place.sheet, place.line), {})
        column = columns.get((place.column, language), "")
        if not column:
            return place._replace(column=terms.in_language(place.column, language)), ""
        at = place._replace(column=column)
        self.read_cells.add(at)
        return at, self.rows[place.sheet, place.line][column]

    def leave_rest(self, row: Row) -> None:
        for column in row.cells:
            _, language = terms.language_of(column)
            if language in LANGUAGES and row.place(column) not in self.read_cells:
                told = "Left out: there is nothing in English that it is the translation of"
                self.telling.leave(row.place(column), told)
