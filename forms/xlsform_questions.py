"""Reads one row of an XLSForm, and the choices that belong to it, as a question."""

import re
from typing import Any

from forms import definitions
from forms import xlsform_terms as terms
from forms.definitions import FieldPath
from forms.questions import CHOOSING, SIZES
from forms.xlsform_telling import Telling
from forms.xlsform_workbook import Row

TYPES = {
    "text": "text",
    "string": "text",
    "integer": "number",
    "int": "number",
    "decimal": "number",
    "date": "date",
    "file": "file",
}
SELECTS = {"select_one": "one-of", "select_multiple": "any-of"}
KNOWN = "text, integer, decimal, date, file, select_one LIST, select_multiple LIST, note, begin_group, begin_repeat"
TRUTHS = dict.fromkeys(("yes", "true", "true()", "1"), True) | dict.fromkeys(("no", "false", "false()", "0"), False)
MISSING = "Answer this question"
ITEM = "item"
MOST_DECIMALS = 4

_SPACED = re.compile(r"(begin|end|select) (group|repeat|one|multiple)\b", re.IGNORECASE)


def type_of(row: Row) -> tuple[str, str]:
    """The type as the standard spells it, and what follows it: `Begin group` is `begin_group`."""
    words = _SPACED.sub(r"\1_\2", " ".join(row["type"].split()))
    kind, _, rest = words.partition(" ")
    return kind.lower(), rest


def kind(row: Row) -> str:
    return type_of(row)[0]


def as_id(name: str) -> str:
    """A name as an id of ours: `Q1.Name` becomes `q1_name`. What cannot be one is left for a check to refuse."""
    return name if definitions.ID.fullmatch(name) else re.sub(r"[-_.]+", "_", name.lower()).strip("_")


def as_choice_id(name: str) -> str:
    found = as_id(name)
    return f"choice-{found}" if found[:1].isdigit() else found


def given(fields: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in fields.items() if text}


def whole(text: str) -> Any:
    """The number, or the text for a check to refuse."""
    return int(text) if re.fullmatch(r"-?[0-9]{1,18}", text.strip()) else text


def truth(text: str) -> Any:
    return TRUTHS.get(text.strip().lower() or "no", text)


def stand_in(question_id: str) -> dict[str, Any]:
    """Stands where a question cannot be read, so that no more is said of the page around it."""
    return {"id": question_id, "type": "text", "label": "?", "optional": True}


class Questions:
    """Reads questions with the choices of `lists`, and tells what is wrong or left out."""

    def __init__(self, lists: dict[str, list[Row]], telling: Telling) -> None:
        self.lists = lists
        self.telling = telling

    def read(self, path: FieldPath, row: Row) -> dict[str, Any]:
        self.telling.at(path, row, terms.QUESTION)
        self.telling.leave_rest(row, _columns_of(kind(row)))
        self.telling.references(row, "label", "hint")
        question_id = as_id(row.word("name"))
        self.telling.renamed(row, question_id)
        type_ = self.type(row)
        if type_ is None:
            return stand_in(question_id)
        fields = {**given({"label": row["label"], "hint": row["hint"]}), **self.needed(row)}
        limits = self.limits(row, type_)
        alone = [as_choice_id(name) for name in limits.pop("exclusive", ())]
        fields |= limits | self.extras(row)
        if type_ in CHOOSING:
            fields["choices"] = self.choices((*path, "choices"), row, alone)
        unusual = {name: value for name, value in fields.items() if SIZES.get(type_, {}).get(name) != value}
        return given({"id": question_id}) | {"type": type_} | unusual

    def listing(self, path: FieldPath, row: Row) -> dict[str, Any]:
        """A repeat as a question of type list; what is asked in it is read for itself."""
        self.telling.at(path, row, terms.LIST)
        self.telling.references(row, "label", "hint")
        question_id = as_id(row.word("name"))
        self.telling.renamed(row, question_id)
        item = row["fl_item"] or ITEM
        if not row["fl_item"]:
            self.telling.leave(row.place("fl_item"), f"It is empty: one thing of the list is called “{item}”. Check it")
        fields: dict[str, Any] = given({name: row[terms.LIST[name]] for name in ("label", "hint", "items", "most")})
        fields |= {"most": whole(fields["most"])} if "most" in fields else {}
        return given({"id": question_id}) | {"type": "list", "item": item} | fields | self.needed(row)

    def type(self, row: Row) -> str | None:
        name, rest = type_of(row)
        if name in SELECTS:
            self.check_list(row, rest)
            return SELECTS[name]
        if name not in TYPES or rest:
            message = f"Choose another type or remove this row: “{row.word('type')}” is none of {KNOWN}"
            self.telling.fault(row.place("type"), message)
            return None
        if TYPES[name] != "text":
            self.telling.leave_words(row, "appearance", ())
            return TYPES[name]
        self.telling.leave_words(row, "appearance", ("multiline",))
        return row.word(terms.TYPE) or ("long-text" if "multiline" in row["appearance"].split() else "text")

    def check_list(self, row: Row, name: str) -> None:
        self.telling.leave_words(row, "appearance", ())
        if row.word("choice_filter"):
            self.telling.fault(row.place("choice_filter"), "Empty this cell: all choices of a list are shown")
        if " " in name:
            message = f"Write one type and one list here, and what else can be chosen into the list: “{name}” is more"
            self.telling.fault(row.place("type"), message)
        elif name not in self.lists:
            message = f"Add the choices of the list “{name}” to the sheet choices: it has none"
            self.telling.fault(row.place("type"), message)

    def needed(self, row: Row) -> dict[str, Any]:
        required, message = truth(row["required"]), row["required_message"]
        if required not in (True, False):
            self.telling.fault(row.place("required"), "Write yes or no here: nothing else is read")
        if not required:
            if message:
                self.telling.leave(row.place("required_message"), "Left out: the question need not be answered")
            return {"optional": True}
        if not message:
            told = f"It is empty: “{MISSING}” is told to a person who leaves the question out. Check it"
            self.telling.leave(row.place("required_message"), told)
        return {"missing": message or MISSING}

    def limits(self, row: Row, type_: str) -> dict[str, Any]:
        limits = terms.limits_in(row["constraint"], whole=kind(row) != "decimal")
        if limits is None:
            self.telling.leave(
                row.place("constraint"), f"Left out: “{row.word('constraint')}” is no limit that is kept"
            )
            limits = {}
        if row["constraint_message"] not in ("", terms.constraint_message(limits)):
            if limits.keys() & {*terms.LIMITS}:
                limits["outside"] = row["constraint_message"]
            else:
                self.telling.leave(
                    row.place("constraint_message"), "Left out: there is no limit that it could be about"
                )
        if type_ in ("text", "email", "organisation") and "max-length" not in limits:
            most = SIZES[type_]["max-length"]
            self.telling.leave(row.place("constraint"), f"No length is written: an answer has up to {most} characters")
        if "exclusive" in limits and type_ not in CHOOSING:
            self.telling.fault(row.place("constraint"), "Remove the limit of choices: there is nothing to choose")
        return limits

    def extras(self, row: Row) -> dict[str, Any]:
        fields: dict[str, Any] = given({name: row[column] for name, column in terms.EXTRA.items()})
        fields |= {name: whole(fields[name]) for name in ("rows", "decimals", "most-files") if name in fields}
        fields |= {name: truth(fields[name]) for name in ("source",) if name in fields}
        if kind(row) == "decimal" and "decimals" not in fields:
            fields["decimals"] = MOST_DECIMALS
            self.telling.leave(row.place("fl_decimals"), f"It is empty: an answer has up to {MOST_DECIMALS} decimals")
        return fields

    def choices(self, path: FieldPath, row: Row, alone: list[str]) -> list[dict]:
        listed = self.lists.get(type_of(row)[1], ())
        known = {as_choice_id(choice.word("name")) for choice in listed}
        for name in (name for name in alone if name not in known):
            self.telling.fault(row.place("constraint"), f"Name a choice of this question: “{name}” is none")
        return [self.choice((*path, number), choice, alone) for number, choice in enumerate(listed)]

    def choice(self, path: FieldPath, row: Row, alone: list[str]) -> dict[str, Any]:
        self.telling.at(path, row, terms.CHOICE, column="name")
        choice_id = as_choice_id(row.word("name"))
        self.telling.renamed(row, choice_id)
        exclusive = choice_id in alone or truth(row["fl_exclusive"])
        written = given({"id": choice_id, "label": row["label"], "hint": row["fl_hint"], "group": row["fl_group"]})
        return written | ({"exclusive": exclusive} if exclusive else {})


def _columns_of(name: str) -> set[str]:
    columns = {*terms.QUESTION.values(), "appearance", "relevant"}
    return columns | _ONLY.get(name, set())


_ONLY = {
    **dict.fromkeys(("text", "string"), {terms.TYPE}),
    **dict.fromkeys(SELECTS, {"choice_filter"}),
}
