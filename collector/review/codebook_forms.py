"""The forms that a change of the codebook is typed on: what each asks, and the change that was typed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from forms.codebook import Code, Codebook, CodeRef, Family, HardCase, LeavesOut
from forms.codebook_changes import (
    Add,
    Change,
    ChangeRefused,
    Merge,
    Move,
    Retire,
    Reword,
    Settle,
    Split,
    Unsettle,
)
from forms.coding_frame import id_of

# What can be done, as the heading of its form says it.
TITLES = {
    "add": "Add a code",
    "reword": "Reword a code",
    "move": "Move an action to another priority area",
    "merge": "Merge codes",
    "split": "Split a code",
    "retire": "Retire a code",
    "settle": "Settle a hard case",
    "unsettle": "Take out a hard case",
    "take-back": "Take back the last change",
}
TOLD = {
    "add": "A new code begins empty: nothing that is coded changes.",
    "reword": "The code stays the same one, so nothing that is coded changes. If it is to mean something else, add"
    " another code, or split this one.",
    "move": "What is coded with the action is counted under the other priority area from then on.",
    "merge": "What was coded with any of them is counted as the one that stays. What people decided stays as they"
    " decided it, and can be told apart again when the change is taken back.",
    "split": "What was coded with it is suggested under each part. Where a person had decided, the passage needs a"
    " second look: only a person can say which part was meant.",
    "retire": "What was coded with it stands no more. Nothing is deleted: the history of each statement tells of it.",
    "settle": "How coders are to decide a question that they come back to. Nothing that is coded changes.",
    "unsettle": "It stays in the versions before this one.",
    "take-back": "The codebook gets the words and codes that it had before the last version, as a new version.",
}
PARTS = 4  # that a code can be split into at once
NEW = "new"
ARROW = "→"


@dataclass(frozen=True)
class Asked:
    """A field of a form."""

    id: str
    label: str
    type: str = "text"  # text, long, select, checkboxes, heading
    hint: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    optional: bool = False
    rows: int = 3


Values = Mapping[str, Sequence[str]]


def given(values: Values, name: str) -> str:
    found = values.get(name) or ("",)
    return found[0].replace("\r\n", "\n").strip()


# -- What each form asks ------------------------------------------------------------------------------


def asked(what: str, book: Codebook, ref: CodeRef) -> list[Asked]:
    """The fields; `ref` names what the change is about: a code, a family with any code, or a hard case."""
    family = family_of(book, ref)
    forms: dict[str, Callable[[], list[Asked]]] = {
        "add": lambda: code_fields(book, family, ""),
        "reword": lambda: code_fields(book, family, "", area=False),
        "move": lambda: [area_field(book, "")],
        "merge": lambda: merge_fields(book, family),
        "split": lambda: split_fields(book, family),
        "settle": settle_fields,
    }
    return forms[what]() if what in forms else []


def family_of(book: Codebook, ref: CodeRef) -> Family:
    try:
        return book.family(ref.family)
    except KeyError:
        return book.families[0]


def code_fields(
    book: Codebook, family: Family, prefix: str, *, area: bool = True, optional: bool = False
) -> list[Asked]:
    fields = [
        Asked(f"{prefix}title", "Title", optional=optional, hint="A few words, as it stands on pages"),
        Asked(
            f"{prefix}summary",
            "In one sentence for the public",
            "long",
            rows=2,
            optional=True,
            hint="Left empty, the public reads what it takes in",
        ),
        Asked(f"{prefix}takes-in", "What it takes in", "long", rows=4, optional=optional),
        Asked(
            f"{prefix}leaves-out",
            "What it leaves out",
            "long",
            optional=True,
            hint=f"A line for each. After an arrow ({ARROW} or ->) name the code that it belongs to",
        ),
        Asked(
            f"{prefix}examples",
            "Examples",
            "long",
            rows=4,
            optional=True,
            hint="A line for each. Make them up: what a respondent wrote may be used only with their permission",
        ),
    ]
    if area and family.id == "actions":
        fields.insert(1, area_field(book, prefix))
    return fields


def area_field(book: Codebook, prefix: str) -> Asked:
    areas = tuple((code.id, code.title) for code in book.family("priority_areas").codes)
    return Asked(f"{prefix}area", "Priority area", "select", choices=areas)


def merge_fields(book: Codebook, family: Family) -> list[Asked]:
    codes = tuple((code.id, code.title) for code in family.codes)
    stays = (*codes, (NEW, "A new code, with the words below"))
    fields = [
        Asked("merged", "Codes that become one", "checkboxes", choices=codes),
        Asked("stays", "What they become", "select", choices=stays, hint="One of them, another code, or a new one"),
    ]
    if family.id == "actions":
        fields.append(area_field(book, ""))
    new = [one for one in code_fields(book, family, "new-", area=False, optional=True) if one.id != "new-leaves-out"]
    return [*fields, Asked("heading-new", "Where it is a new code", "heading"), *new]


def split_fields(book: Codebook, family: Family) -> list[Asked]:
    codes = tuple((code.id, code.title) for code in family.codes)
    fields: list[Asked] = []
    for number in range(1, PARTS + 1):
        prefix = f"part-{number}-"
        first = Asked(
            f"{prefix}code",
            f"Part {number}: a code that is there",
            "select",
            choices=codes,
            optional=True,
            hint="Or leave this and write a new one",
        )
        heading = Asked(f"heading-{number}", f"Part {number}" + (", if there is one" if number > 2 else ""), "heading")
        new = [
            replace(one, label=f"Part {number}: {one.label[0].lower()}{one.label[1:]}")
            for one in code_fields(book, family, prefix, optional=True)
        ]
        fields += [heading, first, *(one for one in new if not one.id.endswith(("leaves-out", "summary")))]
    return fields


def settle_fields() -> list[Asked]:
    return [
        Asked("title", "The question", hint="For example: is a budget an activity?"),
        Asked("settled", "How it is settled", "long", rows=4),
        Asked("codes", "Codes that it concerns", "long", optional=True, hint="The title of one on each line"),
    ]


def before_typing(what: str, book: Codebook, ref: CodeRef) -> dict[str, list[str]]:
    """What stands in the fields when a form is opened."""
    if what == "settle" and (case := case_of(book, ref)):
        return {"title": [case.title], "settled": [case.settled], "codes": [titles(book, case.codes, "\n")]}
    if what in ("reword", "move") and ref in book.codes:
        return words_of(book, ref)
    return {"merged": [ref.id]} if what == "merge" else {}


def words_of(book: Codebook, ref: CodeRef) -> dict[str, list[str]]:
    code = book.code(ref)
    left_out = [
        one.what + (f" {ARROW} {titles(book, one.instead, ' or ')}" if one.instead else "") for one in code.leaves_out
    ]
    return {
        "title": [code.title],
        "summary": [code.summary],
        "takes-in": [code.takes_in],
        "leaves-out": ["\n".join(left_out)],
        "examples": ["\n".join(code.examples)],
        "area": [code.priority_area or ""],
    }


def titles(book: Codebook, refs: Sequence[CodeRef], between: str) -> str:
    """By title; by family and id where two codes share one."""
    found = [code.title.casefold() for code in book.codes.values()]
    return between.join(
        str(ref) if found.count(book.code(ref).title.casefold()) > 1 else book.code(ref).title for ref in refs
    )


def case_of(book: Codebook, ref: CodeRef) -> HardCase | None:
    return next((case for case in book.hard_cases if ref.family == "hard-case" and case.id == ref.id), None)


# -- The change that was typed --------------------------------------------------------------------------


def read(what: str, book: Codebook, ref: CodeRef, values: Values) -> Change:
    """ChangeRefused with what to do where it makes no sense."""
    changes: dict[str, Callable[[], Change]] = {
        "add": lambda: Add(family=ref.family, code=new_code(book, ref.family, values, "")),
        "reword": lambda: reword(book, ref, values),
        "move": lambda: Move(code=ref, priority_area=chosen(values, "area", "Choose the priority area")),
        "merge": lambda: merge(book, ref.family, values),
        "split": lambda: Split(code=ref, into=parts(book, ref.family, values)),
        "retire": lambda: Retire(code=ref, why="Retired"),
        "settle": lambda: Settle(case=hard_case(book, ref, values)),
        "unsettle": lambda: Unsettle(case=ref.id),
    }
    try:
        return changes[what]()
    except ValidationError as error:
        raise ChangeRefused(in_words(error)) from error


WORDS = {
    "title": "the title",
    "takes-in": "what it takes in",
    "examples": "the examples",
    "settled": "how it is settled",
    "what": "what it leaves out",
    "leaves-out": "what it leaves out",
}


def in_words(error: ValidationError) -> str:
    """The first problem, for the person who typed it."""
    first = error.errors()[0]
    place = next((WORDS[part] for part in reversed(first["loc"]) if part in WORDS), "this")
    limit = first.get("ctx", {}).get("max_length")
    if limit:
        return f"Shorten {place}: it can have {limit:,} {'examples' if first['type'] == 'too_long' else 'characters'}"
    return f"Write {place}: it is missing or cannot be used"


def chosen(values: Values, name: str, told: str) -> str:
    if not given(values, name):
        raise ChangeRefused(told)
    return given(values, name)


def new_code(book: Codebook, family: str, values: Values, prefix: str) -> Code:
    title = chosen(values, f"{prefix}title", "Write a title for the new code")
    takes_in = chosen(values, f"{prefix}takes-in", f"Write what “{title}” takes in")
    return Code(
        id=unused_id(book, family, title),
        title=title,
        summary=given(values, f"{prefix}summary"),
        priority_area=given(values, f"{prefix}area") or None,
        takes_in=takes_in,
        leaves_out=left_out(book, family, given(values, f"{prefix}leaves-out")),
        examples=lines(given(values, f"{prefix}examples")),
    )


def unused_id(book: Codebook, family: str, title: str) -> str:
    """Made from the title; told apart by a number from what is, or was, called the same."""
    used = {ref.id for ref in book.codes if ref.family == family}
    used |= {one.code.id for one in book.gone if one.code.family == family}
    wanted, number = id_of(title), 1
    found = wanted
    while found in used or found == NEW:
        number += 1
        found = f"{wanted}-{number}"
    return found


def lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def left_out(book: Codebook, family: str, text: str) -> tuple[LeavesOut, ...]:
    found = []
    for line in lines(text.replace("->", ARROW)):
        what, _, instead = line.partition(ARROW)
        named = [one.strip() for one in instead.split(" or ") if one.strip()]
        found.append(LeavesOut(what=what.strip(), instead=tuple(code_called(book, one, family) for one in named)))
    return tuple(found)


def code_called(book: Codebook, words: str, family: str) -> CodeRef:
    """By its title, or by its family and id; one of the same family first."""
    wanted = words.strip(" .“”\"'").casefold()
    called = [ref for ref, code in book.codes.items() if wanted in (code.title.casefold(), str(ref))]
    if not called:
        raise ChangeRefused(f"“{words}” is no code of this codebook. Write the title of a code as it stands there")
    return next((ref for ref in called if ref.family == family), called[0])


def reword(book: Codebook, ref: CodeRef, values: Values) -> Reword:
    return Reword(
        code=ref,
        title=chosen(values, "title", "Write a title"),
        summary=given(values, "summary"),
        takes_in=chosen(values, "takes-in", "Write what the code takes in"),
        leaves_out=left_out(book, ref.family, given(values, "leaves-out")),
        examples=lines(given(values, "examples")),
    )


def merge(book: Codebook, family: str, values: Values) -> Merge:
    stays = chosen(values, "stays", "Choose what they become")
    merged = tuple(CodeRef(family, id) for id in values.get("merged", ()))
    area = given(values, "area") or None
    if not merged:
        raise ChangeRefused("Choose the codes that become one")
    if stays == NEW:
        told = dict(values) | ({"new-area": [area]} if area else {})
        return Merge(codes=merged, into=new_code(book, family, told, "new-"))
    areas = {book.codes[ref].priority_area for ref in (*merged, CodeRef(family, stays)) if ref in book.codes}
    # The form asks for the priority area of every merging; it matters where they are in several.
    return Merge(codes=merged, into=CodeRef(family, stays), priority_area=area if len(areas) > 1 else None)


def parts(book: Codebook, family: str, values: Values) -> tuple[Code | CodeRef, ...]:
    found: list[Code | CodeRef] = []
    for number in range(1, PARTS + 1):
        prefix = f"part-{number}-"
        if there := given(values, f"{prefix}code"):
            found.append(CodeRef(family, there))
        elif given(values, f"{prefix}title") or given(values, f"{prefix}takes-in"):
            found.append(new_code(book, family, values, prefix))
    if len(found) < 2:
        raise ChangeRefused("Write at least two parts")
    return tuple(found)


def hard_case(book: Codebook, ref: CodeRef, values: Values) -> HardCase:
    title = chosen(values, "title", "Write the question")
    there = case_of(book, ref)
    used = {case.id for case in book.hard_cases}
    id = there.id if there else next(one for one in numbered(id_of(title)) if one not in used)
    codes = tuple(code_called(book, line, "") for line in lines(given(values, "codes")))
    settled = chosen(values, "settled", "Write how it is settled")
    return HardCase(id=id, title=title, settled=settled, codes=tuple(dict.fromkeys(codes)))


def numbered(wanted: str) -> Any:
    yield wanted
    yield from (f"{wanted}-{number}" for number in range(2, 1_000))
