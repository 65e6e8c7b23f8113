"""Reads a form from an XLSForm, as Kobo and ODK write it, into a questionnaire; all that is wrong at once, by its cell.

Nothing is left out silently: what is not taken over is a fault where it changes what is asked, else a note.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any, NamedTuple

from forms import consistency, definitions, framework
from forms import xlsform_terms as terms
from forms import xlsform_workbook as workbook
from forms.definitions import Definition, Fault, FieldPath, Place
from forms.questionnaire import Questionnaire
from forms.questions import SIZES
from forms.xlsform_out import write
from forms.xlsform_workbook import Row, Sheet

__all__ = ["Imported", "read", "write"]

TYPES = {"text": "text", "string": "text", "integer": "number", "int": "number", "decimal": "number", "date": "date"}
SELECTS = {"select_one": "one-of", "select_multiple": "any-of"}
# What a tool notes about the telephone and the moment: nobody is asked for it.
METADATA = (
    *("start", "end", "today", "deviceid", "subscriberid", "simserial", "phonenumber", "username", "email", "audit"),
    *("start-geopoint", "background-audio", "background-geopoint"),
)
TRANSLATED = ("label", "hint", "required_message", "constraint_message", "guidance_hint", "image", "audio", "video")
MOST_DECIMALS = 4

_QUESTION = {*terms.QUESTION.values(), terms.TYPE, "constraint_message", "appearance", "relevant", "choice_filter"}
# The columns that are read in a row of each kind. What stands in others is left out, and told.
READ = {
    "begin_group": {"type", terms.PAGE_ID, *terms.PAGE.values(), "appearance"},
    "begin_repeat": {"type", "name", *terms.REPEAT.values()},
    "end_group": {"type", "name"},
    "end_repeat": {"type", "name"},
    "note": {"type", "name", "label", "relevant"},
}
APPEARANCES = {"begin_group": ("field-list",), "text": ("multiline",)}
TRUTHS = dict.fromkeys(("yes", "true", "true()", "1"), True) | dict.fromkeys(("no", "false", "false()", "0"), False)


class Imported(NamedTuple):
    """A questionnaire; its `content` as a YAML file would hold it; and in plain words what was not taken over."""

    questionnaire: Questionnaire
    content: dict[str, Any]
    notes: tuple[str, ...]


def read(path: Path) -> Imported:
    """DefinitionError with all that is wrong with the form at `path`, by sheet, row and column."""
    sheets = workbook.sheets(path)
    if "survey" not in sheets:
        raise workbook.refused(path, "Add a sheet named survey: it says what is asked")
    form = _Form(sheets)
    content = form.content(path.stem)
    definition = Definition(str(path), content, form.places, tuple(form.faults))
    definitions.check(Questionnaire, definition, lambda content: form.untold(consistency.faults(content)))
    return Imported(Questionnaire.from_definition(content), content, tuple(form.notes()))


class _Form:
    """Turns sheets into the content of a definition, noting places, faults and what is left out on the way."""

    def __init__(self, sheets: dict[str, Sheet]) -> None:
        self.places: dict[FieldPath, Place] = {}
        self.faults: list[Fault] = []
        self.left: dict[tuple[str, str, str], list[int]] = {}
        for name in sorted(sheets.keys() - {"survey", "choices", "settings"}):
            self.leave(Place(None, name), "Left out: it is no sheet of a form that is read")
        known = [_sheet(sheets, name) for name in ("settings", "survey", "choices")]
        for place, fault in (fault for sheet in known for fault in sheet.faults):
            self.fault(place, fault)
        for place in (place for sheet in known for place in sheet.unnamed):
            self.leave(place, "Left out: the column has no name in row 1")
        self.settings = next(iter(known[0].rows), Row("settings", 2, {}))
        for row in known[0].rows[1:]:
            self.leave(row.place(), "Left out: the settings stand in row 2")
        language = self.settings.word("default_language")
        self.survey, self.choices = (self.in_language(sheet, language) for sheet in known[1:])
        self.lists: dict[str, list[Row]] = {}

    def content(self, stem: str) -> dict[str, Any]:
        self.lists = self.choice_lists()
        settings = self.settings_of(stem)
        blocks = self.blocks(self.rows(), (), repeated=False)
        used = {_type(row)[1] for row in self.survey.rows}
        for name in self.lists.keys() - used:
            self.leave(self.lists[name][0].place("list_name"), f"Left out: no question has the list “{name}”")
        return {**settings, "pages": blocks}

    # What is told

    def fault(self, place: Place, message: str) -> None:
        self.places[place] = place
        self.faults.append((place, message))

    def leave(self, place: Place, message: str) -> None:
        rows = self.left.setdefault((place.sheet, place.column, message), [])
        if place.line:
            rows.append(place.line)

    def notes(self) -> Iterator[str]:
        for (sheet, column, message), rows in self.left.items():
            yield f"{_where(sheet, column, rows)}: {message}"

    def untold(self, faults: Iterable[Fault]) -> Iterator[Fault]:
        """The faults at places of which nothing worse is said already."""
        told = {path for path, _ in self.faults}
        return (fault for fault in faults if self.places.get(fault[0]) not in told)

    def at(self, path: FieldPath, row: Row, columns: dict[str, str]) -> None:
        """Notes where the fields of the block at `path` stand."""
        self.places[path] = row.place("type" if row.sheet == "survey" else "")
        for name, column in columns.items():
            self.places[*path, name] = row.place(column)

    def leave_rest(self, row: Row, read: Iterable[str]) -> None:
        for column in row.cells.keys() - set(read):
            self.leave(row.place(column), "Left out: this column is not read here")

    # Sheets

    def in_language(self, sheet: Sheet, language: str) -> Sheet:
        """The sheet with the columns of one language under their plain names."""
        languages = list(dict.fromkeys(column.partition("::")[2] for column in sheet.columns if _translated(column)))
        plain = "label" in sheet.columns
        kept = language if language in languages else ("" if plain or not languages else languages[0])
        for other in languages:
            if other != kept:
                self.leave(
                    Place(None, sheet.name, f"label::{other}"), "Left out: one language is kept, the default one"
                )
        if kept and kept != language:
            self.leave(Place(2, "settings", "default_language"), f"It names no language of the form: {kept} was taken")
        rows = tuple(Row(row.sheet, row.number, _in_language(row.cells, kept)) for row in sheet.rows)
        return Sheet(sheet.name, sheet.columns, rows, (), ())

    def settings_of(self, stem: str) -> dict[str, Any]:
        row = self.settings
        self.at((), row, terms.SETTINGS)
        self.leave_rest(row, {*terms.SETTINGS.values(), "default_language"})
        given = {name: row[column] for name, column in terms.SETTINGS.items() if row[column]}
        title = given.get("title", stem)
        instead = {
            "slug": _slug(given.get("slug", title)),
            "version": "1",
            "title": title,
            "summary": title,
            "framework": framework.load().slug,
            "audience": "Anyone who wants to answer.",
            "minutes": str(max(1, sum(_kind(row) not in (*READ, *METADATA) for row in self.survey.rows))),
        }
        if not re.fullmatch(r"[0-9]{1,18}", given.get("version", "")):
            given.pop("version", None)
        for name, value in instead.items():
            if name not in given or (name == "slug" and given[name] != value):
                message = f"Written instead of what is missing or cannot be kept: “{value}”. Check it"
                self.leave(row.place(terms.SETTINGS[name]), message)
        settings = {name: given.get(name, instead.get(name, "")) for name in terms.SETTINGS} | {"slug": instead["slug"]}
        lists = {name: _items(settings.pop(name)) for name in ("needed", "privacy")}
        numbers = {name: _whole(settings[name]) for name in ("version", "minutes")}
        return {**settings, **numbers, **{name: items for name, items in lists.items() if items}}

    def choice_lists(self) -> dict[str, list[Row]]:
        lists: dict[str, list[Row]] = {}
        for row in self.choices.rows:
            name = row.word("list_name")
            self.leave_rest(row, {"list_name", *terms.CHOICE.values()})
            if not name:
                self.fault(row.place("list_name"), "Write the name of the list that this choice belongs to")
            lists.setdefault(name, []).append(row)
        return lists

    def rows(self) -> Iterator[Row]:
        """The rows that ask or tell something."""
        for row in self.survey.rows:
            kind = _kind(row)
            if kind in METADATA:
                self.leave(row.place("type"), f"Left out: nobody is asked for “{kind}”")
            elif TRUTHS.get(row.word("disabled").lower()):
                self.leave(row.place("disabled"), "Left out: the row is disabled")
            elif kind or row.word("name") or row.word("label"):
                yield row
            else:
                self.leave_rest(row, ())

    # Pages

    def blocks(self, rows: Iterator[Row], path: FieldPath, *, repeated: bool) -> list[dict]:
        blocks: list[dict] = []
        notes: list[Row] = []
        for row in rows:
            here = (*path, "pages", len(blocks))
            kind = _kind(row)
            if kind == "note":
                notes.append(row)
            elif kind == "begin_group":
                blocks.append(self.page(here, row, self.inside(row, rows)))
            elif kind == "begin_repeat" and not repeated:
                blocks.append(self.repeat(here, row, self.inside(row, rows)))
            elif kind == "begin_repeat":
                self.inside(row, rows)
                self.fault(row.place("type"), "Take this repeat out of the one around it: pages are repeated once")
            elif kind.startswith("end_"):
                self.fault(row.place("type"), f"Remove this row: there is no begin_{kind[4:]} that it ends")
            else:
                blocks.append(self.lone(here, row, notes))
                notes = []
        for note in notes:
            self.fault(note.place("type"), "Move this note into a group, before its questions: it is on no page")
        return blocks

    def inside(self, begin: Row, rows: Iterator[Row]) -> list[Row]:
        """The rows up to the end of what begins here."""
        found: list[Row] = []
        begun = [begin]
        for row in rows:
            kind = _kind(row)
            if kind.startswith("begin_"):
                begun.append(row)
            elif kind.startswith("end_"):
                wanted = _kind(begun.pop()).replace("begin", "end")
                if kind != wanted:
                    self.fault(row.place("type"), f"Write {wanted} here: that is what ends first")
                if not begun:
                    self.leave_rest(row, READ[kind])
                    return found
            found.append(row)
        wanted = _kind(begin).replace("begin", "end")
        self.fault(begin.place("type"), f"Add a row of type {wanted}: nothing ends what begins here")
        return found

    def repeat(self, path: FieldPath, row: Row, inside: list[Row]) -> dict:
        self.at(path, row, terms.REPEAT)
        self.leave_rest(row, READ["begin_repeat"])
        counted = terms.counted_in(row["repeat_count"])
        if counted is None:
            message = "Write count-selected(${QUESTION}) here: pages are repeated for each choice made in a question"
            self.fault(row.place("repeat_count"), message)
        return {
            "for-each": _id(counted or ""),
            **_given({"section": row["label"], "at-least-one": row["fl_at_least_one"]}),
            **self.when(path, row),
            "pages": self.blocks(iter(inside), path, repeated=True),
        }

    def page(self, path: FieldPath, row: Row, inside: list[Row]) -> dict:
        self.at(path, row, terms.PAGE)
        self.leave_rest(row, READ["begin_group"])
        self.leave_appearance(row, APPEARANCES["begin_group"])
        page = {"id": self.id(row, row[terms.PAGE_ID]), "section": row["fl_section"], "title": row["label"]}
        notes = list(takewhile(lambda inner: _kind(inner) == "note", inside))
        asked = list(self.askable(inside[len(notes) :]))
        questions = [self.question((*path, "questions", number), inner) for number, inner in enumerate(asked)]
        return {**_given(page), **self.intro(notes), **self.when(path, row), "questions": questions}

    def askable(self, rows: list[Row]) -> Iterator[Row]:
        """The questions of a group; whatever else stands between them is a fault."""
        for row in rows:
            kind = _kind(row)
            if kind == "note":
                self.fault(row.place("type"), "Move this note before the questions of its group, or make it a hint")
            elif kind.startswith("begin_"):
                self.fault(row.place("type"), "End the group before this row: a page holds no other page")
            elif not kind.startswith("end_"):
                if row.word("relevant"):
                    message = "Give this question a group of its own, with this relevant: whole pages are asked or not"
                    self.fault(row.place("relevant"), message)
                yield row

    def lone(self, path: FieldPath, row: Row, notes: list[Row]) -> dict:
        """A question outside any group: a page of its own."""
        self.at(path, row, {"id": "name", "title": "label", "when": "relevant"})
        question = self.question((*path, "questions", 0), row)
        page = {"id": question.get("id", ""), "title": question.get("label", "")}
        return {**_given(page), **self.intro(notes), **self.when(path, row), "questions": [question]}

    def intro(self, notes: list[Row]) -> dict:
        for note in notes:
            self.leave_rest(note, READ["note"])
            self.tell_references(note, ("label",))
            if note.word("relevant"):
                self.fault(note.place("relevant"), "Empty this cell: what stands before the questions is always shown")
        return _given({"intro": "\n\n".join(note["label"] for note in notes)})

    def when(self, path: FieldPath, row: Row) -> dict:
        if not row.word("relevant"):
            return {}
        found = terms.chosen_in(row["relevant"])
        if found is None:
            message = (
                "Write this as ${QUESTION} = 'CHOICE' or selected(${QUESTION}, 'CHOICE'), joined by “or”, about one "
            )
            self.fault(row.place("relevant"), f"{message}question: more is not read")
            return {}
        self.at((*path, "when"), row, {"question": "relevant", "is": "relevant"})
        self.places[*path, "when"] = row.place("relevant")
        return {"when": {"question": _id(found[0]), "is": [_choice_id(value) for value in found[1]]}}

    # Questions

    def question(self, path: FieldPath, row: Row) -> dict:
        self.at(path, row, terms.QUESTION)
        self.leave_rest(row, _QUESTION)
        self.tell_references(row, ("label", "hint"))
        type_ = self.type_of(row)
        if type_ is None:
            # It stands in for what cannot be read, so that nothing is said of the questions around it.
            return {"id": _id(row.word("name")), "type": "text", "label": row["label"] or "?", "optional": True}
        question = {
            "id": self.id(row),
            "type": type_,
            **_given({"label": row["label"], "hint": row["hint"]}),
            **self.needed(row),
            **self.limits(row, type_),
            **self.extras(row, type_),
        }
        self.leave_appearance(row, APPEARANCES.get(_kind(row), ()))
        if type_ in SELECTS.values():
            question["choices"] = self.choices_of((*path, "choices"), row, question.pop("exclusive", []))
        return {name: value for name, value in question.items() if SIZES.get(type_, {}).get(name) != value}

    def type_of(self, row: Row) -> str | None:
        kind, rest = _type(row)
        if kind in SELECTS:
            if row.word("choice_filter"):
                self.fault(row.place("choice_filter"), "Empty this cell: every choice of a list is shown")
            if len(rest.split()) > 1:
                self.fault(row.place("type"), f"Write no more than “{kind} LIST” here: “{rest}” is not read")
            elif rest not in self.lists:
                self.fault(row.place("type"), f"Add the choices of the list “{rest}” to the sheet choices: it has none")
            return SELECTS[kind]
        if kind not in TYPES or rest:
            known = (
                "text, integer, decimal, date, select_one LIST, select_multiple LIST, note, begin_group, begin_repeat"
            )
            self.fault(
                row.place("type"), f"Choose another type, or remove this row: “{row.word('type')}” is none of {known}"
            )
            return None
        if TYPES[kind] == "text" and row.word(terms.TYPE):
            return row.word(terms.TYPE)
        return "long-text" if kind in ("text", "string") and "multiline" in row["appearance"].split() else TYPES[kind]

    def needed(self, row: Row) -> dict:
        required = TRUTHS.get(row.word("required").lower() or "no")
        if required is None:
            self.fault(row.place("required"), "Write yes or no here: nothing else is read")
        if required:
            if not row.word("required_message"):
                self.leave(
                    row.place("required_message"), "It says nothing: “Answer this question” was written. Check it"
                )
            return {"missing": row["required_message"] or "Answer this question"}
        if row.word("required_message"):
            self.leave(row.place("required_message"), "Left out: the question need not be answered")
        return {"optional": True}

    def limits(self, row: Row, type_: str) -> dict:
        limits = terms.limits_in(row["constraint"], whole=_kind(row) != "decimal")
        if limits is None:
            self.leave(row.place("constraint"), f"Left out: “{row.word('constraint')}” is no limit that can be kept")
            limits = {}
        if row.word("constraint_message") not in ("", terms.constraint_message(limits)):
            self.leave(row.place("constraint_message"), "Left out: the service has words of its own for each limit")
        if type_ in ("text", "email") and "max-length" not in limits:
            message = f"No limit is written: an answer may have {SIZES[type_]['max-length']} characters. Check it"
            self.leave(row.place("constraint"), message)
        alone = [_choice_id(value) for value in limits.pop("exclusive", [])]
        if alone and type_ not in SELECTS.values():
            self.fault(row.place("constraint"), "Write no limit of choices here: there is nothing to choose")
        return {**limits, **({"exclusive": alone} if type_ in SELECTS.values() else {})}

    def extras(self, row: Row, type_: str) -> dict:
        given = _given({name: row[column] for name, column in terms.EXTRA.items()})
        numbers = {name: _whole(given[name]) for name in ("rows", "decimals") if name in given}
        truths = {name: TRUTHS.get(given[name].strip().lower(), given[name]) for name in ("source",) if name in given}
        if _kind(row) == "decimal" and "decimals" not in numbers:
            numbers["decimals"] = MOST_DECIMALS
            self.leave(row.place("type"), f"Answers may have up to {MOST_DECIMALS} decimals")
        return given | numbers | truths

    def choices_of(self, path: FieldPath, row: Row, alone: list[str]) -> list[dict]:
        choices = []
        for number, choice in enumerate(self.lists.get(_type(row)[1], ())):
            self.at((*path, number), choice, terms.CHOICE)
            choice_id = _choice_id(choice.word("name"))
            self.tell_renamed(choice, choice_id)
            exclusive = TRUTHS.get(choice.word("fl_exclusive").lower() or "no", choice["fl_exclusive"])
            written = {"id": choice_id, "label": choice["label"], "hint": choice["fl_hint"]}
            choices.append(
                {**_given(written), **({"exclusive": exclusive or True} if exclusive or choice_id in alone else {})}
            )
        return choices

    # Cells

    def id(self, row: Row, name: str = "") -> str:
        found = _id(name.strip() or row.word("name"))
        if not name:
            self.tell_renamed(row, found)
        return found

    def tell_renamed(self, row: Row, name: str) -> None:
        if row.word("name") != name:
            self.leave(row.place("name"), f"“{row.word('name')}” became “{name}”")

    def tell_references(self, row: Row, columns: Iterable[str]) -> None:
        for column in columns:
            if "${" in row[column]:
                self.leave(row.place(column), "Shown as it stands: an answer cannot be put in for ${…}")

    def leave_appearance(self, row: Row, read: Iterable[str]) -> None:
        for word in row["appearance"].split():
            if word not in read:
                self.leave(row.place("appearance"), f"Left out: “{word}” changes nothing here")


def _sheet(sheets: dict[str, Sheet], name: str) -> Sheet:
    return sheets.get(name, Sheet(name, (), (), (), ()))


def _translated(column: str) -> bool:
    name, colon, _ = column.partition("::")
    return bool(colon) and name in TRANSLATED


def _in_language(cells: dict[str, str], language: str) -> dict[str, str]:
    """The cells of this language under plain names; where it has none, the plain ones; those of others are gone."""
    own = {column: text for column, text in cells.items() if not _translated(column)}
    kept = {column.partition("::")[0]: text for column, text in cells.items() if column.partition("::")[2] == language}
    return own | kept if language else own


def _type(row: Row) -> tuple[str, str]:
    """The first word of a type, as the standard spells it, and the rest."""
    words = row.word("type").split()
    first = re.sub(r"^(begin|end|select)[ _](?=\w)", r"\1_", " ".join([*words[:1], *words[1:2]]).lower())
    if "_" in first and " " not in first and len(words) > 1 and not words[0].lower().startswith(first):
        return first, " ".join(words[2:])
    return "".join(words[:1]).lower(), " ".join(words[1:])


def _kind(row: Row) -> str:
    return _type(row)[0]


def _id(name: str) -> str:
    """A name of XLSForm as an id of ours: `Q1.Name` becomes `q1_name`. What cannot be one stays, and is refused."""
    return name if definitions.ID.fullmatch(name) else re.sub(r"[-_.]+", "_", name.lower()).strip("_")


def _choice_id(name: str) -> str:
    found = _id(name)
    return f"choice-{found}" if found[:1].isdigit() else found


def _slug(text: str) -> str:
    if definitions.ID.fullmatch(text.strip()):
        return text.strip()
    slug = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return slug if slug[:1].isalpha() else f"form-{slug}".rstrip("-")


def _whole(text: str) -> Any:
    return int(text) if re.fullmatch(r"-?[0-9]{1,18}", text.strip()) else text


def _items(text: str) -> list[str]:
    """One item a line; a line that is set in goes on with the one above."""
    items: list[str] = []
    for line in text.split("\n"):
        if items and line.startswith("  "):
            items[-1] += "\n" + line[2:]
        elif line.strip():
            items.append(line)
    return items


def _given(fields: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in fields.items() if text}


def _where(sheet: str, column: str, rows: list[int]) -> str:
    shown = [str(row) for row in sorted(set(rows))]
    if len(shown) > 5:
        shown = [*shown[:4], f"{len(shown) - 4} more"]
    listed = " and ".join(part for part in (", ".join(shown[:-1]), "".join(shown[-1:])) if part)
    row = f"{'rows' if len(shown) > 1 else 'row'} {listed}" if shown else ""
    return ", ".join(part for part in (sheet, row, f"column {column}" if column else "") if part)
