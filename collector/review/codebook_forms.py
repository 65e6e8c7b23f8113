"""The forms that a change of the codebook is typed on: what each asks, and the change that was typed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count

from pydantic import ValidationError

from collector.review import acts
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
TWICE = "Choose another code: this one is a part already"
OF_A_PART = ("title", "area", "takes-in", "examples")  # what is written of a new one


@dataclass(frozen=True)
class Asked:
    """A field of a form."""

    id: str
    label: str
    type: str = "text"  # text, long, lines, select, checkboxes; heading of those after it; fold, for all after it
    hint: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    optional: bool = False
    rows: int = 3
    most: int = 0  # characters: of the whole, or of each line
    most_lines: int = 0


class Mistyped(ChangeRefused):
    """What is wrong with a field, by its id on the form."""

    def __init__(self, told: str, field: str) -> None:
        super().__init__(told)
        self.field = field


Values = Mapping[str, Sequence[str]]


def given(values: Values, name: str) -> str:
    found = values.get(name) or ("",)
    return found[0].replace("\r\n", "\n").replace("\r", "\n").strip()


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
        Asked(f"{prefix}title", "Title", optional=optional, hint="A few words, as it stands on pages", most=120),
        Asked(
            f"{prefix}for-the-public",
            "In one sentence for the public",
            "long",
            rows=2,
            optional=True,
            hint="Left empty, the public reads what it takes in",
            most=500,
        ),
        Asked(f"{prefix}takes-in", "What it takes in", "long", rows=4, optional=optional, most=2_000),
        Asked(
            f"{prefix}leaves-out",
            "What it leaves out",
            "lines",
            optional=True,
            most=2_000,
            most_lines=20,
            hint=f"A line for each. After an arrow ({ARROW} or ->) name the code that it belongs to",
        ),
        Asked(
            f"{prefix}examples",
            "Examples",
            "lines",
            rows=4,
            optional=True,
            most=1_000,
            most_lines=20,
            hint="A line for each. Make them up: what a respondent wrote may be used only with their permission",
        ),
    ]
    if area and family.id == "actions":
        hint = "Left empty, that of the action that is split" if optional else ""
        fields.insert(1, area_field(book, prefix, hint))
    return fields


def area_field(book: Codebook, prefix: str, hint: str = "") -> Asked:
    """With a hint it may be left empty, which the hint tells of."""
    areas = tuple((code.id, code.title) for code in book.family("priority_areas").codes)
    return Asked(f"{prefix}area", "Priority area", "select", choices=areas, hint=hint, optional=bool(hint))


def merge_fields(book: Codebook, family: Family) -> list[Asked]:
    codes = tuple((code.id, code.title) for code in family.codes)
    stays = (*codes, (NEW, "A new code, with the words below"))
    fields = [
        Asked("merged", "Codes that become one", "checkboxes", choices=codes),
        Asked("stays", "What they become", "select", choices=stays, hint="One of them, another code, or a new one"),
    ]
    if family.id == "actions":
        fields.append(area_field(book, "", "Needed where they are in several, and for a new code"))
    new = [one for one in code_fields(book, family, "new-", area=False) if one.id != "new-leaves-out"]
    return [*fields, Asked("heading-new", "If it is a new code", "heading"), *new]


def split_fields(book: Codebook, family: Family) -> list[Asked]:
    codes = tuple((code.id, code.title) for code in family.codes)
    fields: list[Asked] = []
    for number in range(1, PARTS + 1):
        prefix = f"part-{number}-"
        new = {one.id: one for one in code_fields(book, family, prefix, optional=True)}
        wanted = [new[f"{prefix}{name}"] for name in OF_A_PART if f"{prefix}{name}" in new]
        told = "Choose a code that is there, or write a new one" if number == 1 else ""
        fields += [
            *([Asked("fold", "A third and a fourth part", "fold")] if number == 3 else []),
            Asked(f"heading-{number}", f"Part {number}", "heading", hint=told),
            Asked(f"{prefix}code", "A code that is there", "select", choices=codes),
            # Of a part nothing is asked for by itself: either this or that is wanted.
            *(replace(one, optional=False, hint=one.hint if number == 1 else "") for one in wanted),
        ]
    return fields


def unfolded(fields: Sequence[Asked], values: Values, field: str) -> bool:
    """Whether something stands in what is folded away, or has a problem."""
    ids = [one.id for one in fields]
    later = ids[ids.index("fold") + 1 :] if "fold" in ids else []
    return field in later or any(given(values, id) for id in later)


def settle_fields() -> list[Asked]:
    return [
        Asked("title", "The question", hint="For example: is a budget an activity?", most=120),
        Asked("settled", "How it is settled", "long", rows=4, most=2_000),
        Asked(
            "codes",
            "Codes that it concerns",
            "lines",
            optional=True,
            hint="The title of one on each line. It stands beside them for coders",
            most=200,
            most_lines=50,
        ),
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
        "for-the-public": [code.summary],
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
        "split": lambda: Split(code=ref, into=parts(book, ref, values)),
        "retire": lambda: Retire(code=ref, why="Retired"),
        "settle": lambda: Settle(case=hard_case(book, ref, values)),
        "unsettle": lambda: Unsettle(case=ref.id),
    }
    for field in asked(what, book, ref):
        check(field, values)
    try:
        return changes[what]()
    except ValidationError as error:
        raise ChangeRefused("Check what you typed: something of it cannot be used") from error


def field_of(what: str, book: Codebook, ref: CodeRef, values: Values, refused: ChangeRefused) -> str:
    """The field that a refusal is about; the first of the form where it is about all of it."""
    ids = [field.id for field in asked(what, book, ref) if field.type not in ("heading", "fold")]
    if isinstance(refused, Mistyped):
        return refused.field
    prefixes = ["", "new-", *(f"part-{number}-" for number in range(PARTS, 0, -1))]
    called = [prefix for prefix in prefixes if bare(given(values, f"{prefix}title")) == bare(refused.title)]
    wanted = [f"{prefix}{refused.about}" for prefix in called if refused.about]
    return next((id for id in (*wanted, refused.about) if id in ids), ids[0])


def check(field: Asked, values: Values) -> None:
    """Mistyped where a field holds what cannot be kept, is too much, or is not among its choices."""
    text = given(values, field.id)
    if any(acts.unkeepable(character) for character in text if character not in "\n\t"):
        raise Mistyped("This has a character that cannot be kept. Type it again", field.id)
    if field.choices and not {one for one in values.get(field.id, ()) if one} <= {id for id, _ in field.choices}:
        raise Mistyped("Choose again: what was chosen is not in the list any more", field.id)
    if field.type == "lines":
        check_lines(field, lines(text))
    elif field.most and len(text) > field.most:
        raise Mistyped(f"Shorten this to {field.most:,} characters: it has {len(text):,}", field.id)


def check_lines(field: Asked, found: Sequence[str]) -> None:
    if len(found) > field.most_lines:
        raise Mistyped(f"Write {field.most_lines} lines or fewer: there are {len(found):,}", field.id)
    for number, line in enumerate(found, start=1):
        if len(line) > field.most:
            told = f"Shorten line {number} to {field.most:,} characters: it has {len(line):,}"
            raise Mistyped(told, field.id)


def chosen(values: Values, name: str, told: str) -> str:
    if not given(values, name):
        raise Mistyped(told, name)
    return given(values, name)


def one_line(values: Values, name: str) -> str:
    return " ".join(given(values, name).split())


def title_in(values: Values, name: str, told: str) -> str:
    """A title has letters: one of spaces that take no room, or of signs alone, could be told from no other."""
    title = one_line(values, name)
    if not any(character.isalnum() for character in title):
        raise Mistyped(told, name)
    return title


def new_code(book: Codebook, family: str, values: Values, prefix: str, *, used: Sequence[str] = ()) -> Code:
    title = title_in(values, f"{prefix}title", "Write a title for the new code")
    takes_in = chosen(values, f"{prefix}takes-in", f"Write what “{title}” takes in")
    return Code(
        id=unused_id(book, family, title, used),
        title=title,
        summary=given(values, f"{prefix}for-the-public"),
        priority_area=given(values, f"{prefix}area") or None,
        takes_in=takes_in,
        leaves_out=left_out(book, CodeRef(family, ""), values, f"{prefix}leaves-out"),
        examples=lines(given(values, f"{prefix}examples")),
    )


def unused_id(book: Codebook, family: str, title: str, others: Sequence[str]) -> str:
    """Made from the title; told apart by a number from what is, or was, called the same, and from `others`."""
    used = {ref.id for ref in book.codes if ref.family == family} | {NEW, *others}
    used |= {one.code.id for one in book.gone if one.code.family == family}
    return next(id for id in numbered(id_of(title)) if id not in used)


def numbered(wanted: str) -> Iterator[str]:
    yield wanted
    yield from (f"{wanted}-{number}" for number in count(2))


def lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.split("\n") if line.strip())


def left_out(book: Codebook, ref: CodeRef, values: Values, name: str) -> tuple[LeavesOut, ...]:
    found = []
    for line in lines(given(values, name)):
        what, arrow, named = line.replace("->", ARROW).partition(ARROW)
        if not what.strip():
            raise Mistyped(f"Write before the arrow what is left out: “{line}”", name)
        if arrow and not named.strip():
            raise Mistyped(f"Write after the arrow which code it belongs to, or leave out the arrow: “{line}”", name)
        instead = codes_called(book, named, ref.family, name) if arrow else ()
        if ref in instead:
            raise Mistyped(f"Name another code after the arrow: “{line}” names this one", name)
        found.append(LeavesOut(what=what.strip(), instead=instead))
    return tuple(found)


def codes_called(book: Codebook, words: str, family: str, name: str) -> tuple[CodeRef, ...]:
    """Codes with “or” between them. A title may have an “or” of its own, so the longest that is one is taken."""
    pieces, found = words.split(" or "), []
    while pieces:
        tries = ((end, code_called(book, " or ".join(pieces[:end]), family)) for end in range(len(pieces), 0, -1))
        end, ref = next(((end, ref) for end, ref in tries if ref), (0, None))
        if ref is None:
            raise Mistyped(no_code(pieces[0]), name)
        found.append(ref)
        pieces = pieces[end:]
    return tuple(dict.fromkeys(found))


def no_code(words: str) -> str:
    return f"“{words.strip()}” is no code of this codebook. Write the title of a code as it stands there"


def code_called(book: Codebook, words: str, family: str) -> CodeRef | None:
    """By its title, or by its family and id; one of the same family first."""
    wanted = bare(words)
    called = [ref for ref, code in book.codes.items() if wanted in (bare(code.title), str(ref))]
    return next((ref for ref in called if ref.family == family), called[0] if called else None)


def bare(words: str) -> str:
    """As people write a title in passing."""
    return " ".join(words.replace("->", ARROW).split()).strip(" .“”\"'").casefold()


def reword(book: Codebook, ref: CodeRef, values: Values) -> Reword:
    return Reword(
        code=ref,
        title=title_in(values, "title", "Write a title"),
        summary=given(values, "for-the-public"),
        takes_in=chosen(values, "takes-in", "Write what the code takes in"),
        leaves_out=left_out(book, ref, values, "leaves-out"),
        examples=lines(given(values, "examples")),
    )


def merge(book: Codebook, family: str, values: Values) -> Merge:
    merged = tuple(CodeRef(family, id) for id in values.get("merged", ()) if id)
    area = given(values, "area") or None
    if not merged:
        raise Mistyped("Choose the codes that become one", "merged")
    stays = chosen(values, "stays", "Choose what they become")
    if stays == NEW:
        told = dict(values) | ({"new-area": [area]} if area else {})
        return Merge(codes=merged, into=new_code(book, family, told, "new-"))
    areas = {book.codes[ref].priority_area for ref in (*merged, CodeRef(family, stays)) if ref in book.codes}
    # The form asks for the priority area of every merging; it matters where they are in several.
    return Merge(codes=merged, into=CodeRef(family, stays), priority_area=area if len(areas) > 1 else None)


def parts(book: Codebook, ref: CodeRef, values: Values) -> tuple[Code | CodeRef, ...]:
    """Each is a code that is there, or a new one. A new action is in the priority area of the one that is split."""
    found: list[Code | CodeRef] = []
    left: list[str] = []
    area = [book.codes[ref].priority_area or ""] if ref in book.codes else []
    for number in range(1, PARTS + 1):
        prefix = f"part-{number}-"
        there = given(values, f"{prefix}code")
        written = any(given(values, f"{prefix}{name}") for name in OF_A_PART)
        if there and written:
            told = "Choose a code that is there or write a new one, not both: empty what you do not want"
            raise Mistyped(told, f"{prefix}code")
        if there and (CodeRef(ref.family, there) in (ref, *found)):
            told = "Choose another code: this is the one that is split" if there == ref.id else TWICE
            raise Mistyped(told, f"{prefix}code")
        if there:
            found.append(CodeRef(ref.family, there))
        elif written:
            told = values if given(values, f"{prefix}area") else {**values, f"{prefix}area": area}
            used = [one.id for one in found]
            found.append(new_code(book, ref.family, told, prefix, used=used))
        else:
            left.append(prefix)
    if len(found) < 2:
        raise Mistyped("Write at least two parts", f"{left[0]}title")
    return tuple(found)


def hard_case(book: Codebook, ref: CodeRef, values: Values) -> HardCase:
    title = title_in(values, "title", "Write the question")
    settled = chosen(values, "settled", "Write how it is settled")
    there = case_of(book, ref)
    others = [case for case in book.hard_cases if case != there]
    if any(bare(case.title) == bare(title) for case in others):
        raise Mistyped(f"“{title}” is settled already. Settle that one anew, or write another question", "title")
    used = {case.id for case in others}
    id = there.id if there else next(one for one in numbered(id_of(title)) if one not in used)
    codes = []
    for line in lines(given(values, "codes")):
        called = code_called(book, line, "")
        if called is None:
            raise Mistyped(no_code(line), "codes")
        codes.append(called)
    return HardCase(id=id, title=title, settled=settled, codes=tuple(dict.fromkeys(codes)))
