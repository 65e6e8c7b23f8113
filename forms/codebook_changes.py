"""Changes to a codebook: each gives a new version, and says what became of every code of the version before.

Nothing is renamed in place and no id is given to another meaning, so that what was coded under a version can be read
under any later one: `mapping_between` joins the steps.
"""

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from functools import reduce, singledispatch
from typing import Annotated, Literal, NamedTuple

from pydantic import Field, StrictInt, TypeAdapter

from forms.codebook import (
    MOST_CODES,
    Block,
    Code,
    Codebook,
    CodeRef,
    Examples,
    Family,
    Gone,
    HardCase,
    LeavesOut,
    Ref,
    Title,
    Words,
)
from forms.definitions import Id

AREAS = "priority_areas"
# What the service itself asks for by name: what kind of thing a statement is decides what can be noted of it.
PERMANENT = {"kinds": ("activity", "commitment", "barrier", "support-needed", "offer", "learning", "idea")}


class ChangeRefused(ValueError):
    """Why a change cannot be made and what to do, for the person who asked for it.

    `about` says which of the change's words is meant, like "title"; `title` of which code, where several come with it.
    """

    def __init__(self, told: str, *, about: str = "", title: str = "") -> None:
        super().__init__(told)
        self.about, self.title = about, title


# -- The changes ------------------------------------------------------------------------------------


class Add(Block):
    change: Literal["add"] = "add"
    family: Id
    code: Code


class Reword(Block):
    """New words for a code that stays the same; what is None stays as it is."""

    change: Literal["reword"] = "reword"
    code: Ref
    title: Title | None = None
    summary: str | None = None
    takes_in: Words | None = None
    leaves_out: tuple[LeavesOut, ...] | None = None
    examples: Examples | None = None


class Move(Block):
    """An action goes to another priority area."""

    change: Literal["move"] = "move"
    code: Ref
    priority_area: Id


class Merge(Block):
    """Codes of one family become one: a new code, or one that is there and stays, of the merged or another.

    `priority_area` names the one that stays where actions of several become one that is there.
    """

    change: Literal["merge"] = "merge"
    codes: Annotated[tuple[Ref, ...], Field(min_length=1)]
    into: Code | Ref
    priority_area: Id | None = None


class Split(Block):
    """A code becomes several, each new or there already. What stood under it is a suggestion under each."""

    change: Literal["split"] = "split"
    code: Ref
    into: Annotated[tuple[Code | Ref, ...], Field(min_length=2)]


class Retire(Block):
    change: Literal["retire"] = "retire"
    code: Ref
    why: Words


class Settle(Block):
    """A hard case is settled; one of the same id is settled anew."""

    change: Literal["settle"] = "settle"
    case: HardCase


class Unsettle(Block):
    """A hard case is taken out."""

    change: Literal["unsettle"] = "unsettle"
    case: Id


Change = Annotated[
    Add | Reword | Move | Merge | Split | Retire | Settle | Unsettle,
    Field(discriminator="change"),
]
CHANGES: TypeAdapter[Change] = TypeAdapter(Change)  # reads a change from plain content


# -- What became of each code ---------------------------------------------------------------------------


class How(StrEnum):
    SAME = "same"
    REWORDED = "reworded"
    MOVED = "moved"
    MERGED = "merged"
    SPLIT = "split"
    RETIRED = "retired"


_ORDER = list(How)


class Fate(Block):
    """What became of a code. One that was split is under each of `into`, to be looked at again."""

    code: Ref
    how: How
    into: tuple[Ref, ...]

    @property
    def needs_second_look(self) -> bool:
        return self.how is How.SPLIT


class Mapping(Block):
    """From every code of version `old` to those of `new`; `added` came of none of them."""

    old: StrictInt
    new: StrictInt
    fates: tuple[Fate, ...]
    added: tuple[Ref, ...] = ()

    def of(self, code: CodeRef) -> Fate:
        """KeyError for a code that version `old` did not have."""
        return self.by_code[code]

    @property
    def by_code(self) -> dict[CodeRef, Fate]:
        return {fate.code: fate for fate in self.fates}

    @property
    def changed(self) -> tuple[Fate, ...]:
        """What is not the same as before."""
        return tuple(fate for fate in self.fates if fate.how is not How.SAME)


class Changed(NamedTuple):
    codebook: Codebook
    mapping: Mapping


def changed(codebook: Codebook, *changes: Change) -> Changed:
    """The next version, with all of `changes` made in their order; ChangeRefused if one of them cannot be made."""
    if not changes:
        raise ChangeRefused("Make a change first: a version is not made of none")
    steps = reduce(_then, changes, [_unchanged(codebook)])
    mapping = reduce(composed, (step.mapping for step in steps))
    found = steps[-1].codebook.but(version=codebook.version + 1)
    if found.content_hash == codebook.content_hash:
        raise ChangeRefused("Change something first: this version would be the same as the one before")
    return Changed(found, mapping.but(old=codebook.version, new=found.version))


def composed(first: Mapping, second: Mapping) -> Mapping:
    """What became of the codes of `first.old` in `second.new`; ValueError where the two do not meet."""
    if first.new != second.old:
        raise ValueError(f"Version {first.new} and version {second.old} are not the same")
    later = second.by_code
    fates = tuple(_composed(fate, later) for fate in first.fates)
    reached = {ref for fate in fates for ref in fate.into}
    came = [ref for added in first.added for ref in later[added].into] + list(second.added)
    added = tuple(ref for ref in dict.fromkeys(came) if ref not in reached)
    return Mapping(old=first.old, new=second.new, fates=fates, added=added)


def mapping_between(steps: Iterable[Mapping], old: int, new: int) -> Mapping:
    """From version `old` to a later one, by the steps from one version to the next in any order.

    LookupError where a step is missing.
    """
    by_version = {step.old: step for step in steps}
    missing = [version for version in range(old, new) if version not in by_version]
    if old >= new or missing:
        raise LookupError(f"There is no way from version {old} to version {new} of this codebook")
    return reduce(composed, (by_version[version] for version in range(old, new)))


def _composed(fate: Fate, later: dict[CodeRef, Fate]) -> Fate:
    followed = [later[ref] for ref in fate.into]
    into = tuple(dict.fromkeys(ref for one in followed for ref in one.into))
    hows = [fate.how, *(one.how for one in followed if one.into)]
    return Fate(code=fate.code, how=max(hows, key=_ORDER.index) if into else How.RETIRED, into=into)


def _unchanged(codebook: Codebook) -> Changed:
    return _outcome(codebook, codebook, {})


def _outcome(before: Codebook, after: Codebook, fates: dict[CodeRef, Fate]) -> Changed:
    """Codes that `fates` does not name are the same. The number of the version is given when all changes are made."""
    told = tuple(fates.get(ref) or Fate(code=ref, how=How.SAME, into=(ref,)) for ref in before.codes)
    reached = {ref for fate in told for ref in fate.into}
    added = tuple(ref for ref in after.codes if ref not in reached)
    return Changed(after, Mapping(old=before.version, new=before.version, fates=told, added=added))


def _then(steps: list[Changed], change: Change) -> list[Changed]:
    return [*steps, _made(change, steps[-1].codebook)]


# -- Taking back --------------------------------------------------------------------------------------


def taken_back(before: Codebook, now: Codebook, step: Mapping) -> Changed:
    """The next version, with the content of `before`, where `step` says what became of its codes in `now`.

    What was coded under `before` means what it meant. Of codes that came with `now`: one that was made of a single code
    is that code again, one that several became is under each of them, to be looked at again, and one that was added is
    retired. What was coded since under a code that others joined stays there: nobody can tell which of them was meant.
    ValueError where the step does not lead from one to the other.
    """
    if (step.old, step.new) != (before.version, now.version):
        raise ValueError(f"This is no step from version {before.version} to version {now.version}")
    fates = tuple(_fate_back(ref, before, step) for ref in now.codes)
    reached = {ref for fate in fates for ref in fate.into}
    added = tuple(ref for ref in before.codes if ref not in reached)
    version = now.version + 1
    mapping = Mapping(old=now.version, new=version, fates=fates, added=added)
    gone = tuple(
        Gone(code=fate.code, title=now.code(fate.code).title, version=version, into=fate.into)
        for fate in fates
        if fate.code not in before.codes
    )
    return Changed(before.but(version=version, gone=(*before.gone, *gone)), mapping)


def _fate_back(ref: CodeRef, before: Codebook, step: Mapping) -> Fate:
    if ref in before.codes:
        how = How.SAME if step.of(ref).how is How.SAME else How.REWORDED
        return Fate(code=ref, how=step.of(ref).how if step.of(ref).how is How.MOVED else how, into=(ref,))
    came_of = tuple(fate.code for fate in step.fates if ref in fate.into)
    hows = {0: How.RETIRED, 1: How.MERGED}
    return Fate(code=ref, how=hows.get(len(came_of), How.SPLIT), into=came_of)


# -- How each is made --------------------------------------------------------------------------------


@singledispatch
def _made(change: object, book: Codebook) -> Changed:
    raise TypeError(f"{type(change).__name__} is no change to a codebook")


@_made.register
def _add(change: Add, book: Codebook) -> Changed:
    family = _family(book, change.family)
    _check_new(book, family, change.code, leaving=())
    return _outcome(book, _with_codes(book, family, (*family.codes, change.code)), {})


@_made.register
def _reword(change: Reword, book: Codebook) -> Changed:
    before = _code(book, change.code)
    told = {name: getattr(change, name) for name in ("title", "summary", "takes_in", "leaves_out", "examples")}
    after = before.but(**{name: value for name, value in told.items() if value is not None})
    if after == before:
        raise ChangeRefused(f"Change the words of “{before.title}” first: they are the same as before")
    _check_title(book, book.family(change.code.family), after.title, leaving=(change.code,))
    _check_named(book, (ref for one in after.leaves_out for ref in one.instead))
    fate = Fate(code=change.code, how=How.REWORDED, into=(change.code,))
    return _outcome(book, _with_code(book, change.code, after), {change.code: fate})


@_made.register
def _move(change: Move, book: Codebook) -> Changed:
    before = _code(book, change.code)
    if before.priority_area is None:
        raise ChangeRefused(f"Choose an action: “{before.title}” is in no priority area")
    _check_area(book, change.priority_area)
    if change.priority_area == before.priority_area:
        raise ChangeRefused(f"Choose another priority area: “{before.title}” is in this one already", about="area")
    after = before.but(priority_area=change.priority_area)
    fate = Fate(code=change.code, how=How.MOVED, into=(change.code,))
    return _outcome(book, _with_code(book, change.code, after), {change.code: fate})


@_made.register
def _merge(change: Merge, book: Codebook) -> Changed:
    leaving = tuple(dict.fromkeys(ref for ref in change.codes if ref != change.into))
    family = _family_of(book, [*change.codes, *([change.into] if isinstance(change.into, CodeRef) else [])])
    if not leaving or (isinstance(change.into, Code) and len(leaving) < 2):
        raise ChangeRefused("Choose at least two codes: a code cannot be merged with itself")
    _refuse_to_leave(book, leaving, how="merged into another")
    if isinstance(change.into, Code):
        _check_new(book, family, change.into, leaving=leaving)
        stays = CodeRef(family.id, change.into.id)
        after = change.into
        fates = {}
    else:
        stays = change.into
        after = _with_area(book, change, [*leaving, stays])
        fates = {stays: Fate(code=stays, how=How.MERGED, into=(stays,))}
    fates |= {ref: Fate(code=ref, how=How.MERGED, into=(stays,)) for ref in leaving}
    return _outcome(book, _replaced(book, family, fates, leaving, {stays: after}), fates)


@_made.register
def _split(change: Split, book: Codebook) -> Changed:
    family = _family_of(book, [change.code, *(one for one in change.into if isinstance(one, CodeRef))])
    into = tuple(one if isinstance(one, CodeRef) else CodeRef(family.id, one.id) for one in change.into)
    if len(set(into)) < len(into) or change.code in into:
        raise ChangeRefused("Choose two or more codes that are not each other nor the one that is split")
    refuse_to_split(book, change.code)
    new = {ref: one for ref, one in zip(into, change.into, strict=True) if isinstance(one, Code)}
    for one in new.values():
        _check_new(
            book, family, one, leaving=(change.code,), others=[other for other in new.values() if other is not one]
        )
    fates = {change.code: Fate(code=change.code, how=How.SPLIT, into=into)}
    return _outcome(book, _replaced(book, family, fates, (change.code,), new), fates)


@_made.register
def _retire(change: Retire, book: Codebook) -> Changed:
    family = _family_of(book, [change.code])
    _refuse_to_leave(book, (change.code,), how="retired")
    if len(family.codes) == 1:
        raise ChangeRefused(f"Add another code first: {family.title} would have none left")
    if family.id == AREAS and (actions := _actions_in(book, change.code.id)):
        raise ChangeRefused(f"Move these actions to another priority area first: {', '.join(actions)}")
    fates = {change.code: Fate(code=change.code, how=How.RETIRED, into=())}
    return _outcome(book, _replaced(book, family, fates, (change.code,), {}), fates)


@_made.register
def _settle(change: Settle, book: Codebook) -> Changed:
    _check_named(book, change.case.codes)
    ids = [case.id for case in book.hard_cases]
    cases = tuple(change.case if case.id == change.case.id else case for case in book.hard_cases)
    if change.case.id not in ids:
        cases = (*cases, change.case)
    return _outcome(book, book.but(hard_cases=cases), {})


@_made.register
def _unsettle(change: Unsettle, book: Codebook) -> Changed:
    left = tuple(case for case in book.hard_cases if case.id != change.case)
    if len(left) == len(book.hard_cases):
        raise ChangeRefused("Choose a hard case of this codebook: it has none of that name")
    return _outcome(book, book.but(hard_cases=left), {})


# -- A codebook with other codes ----------------------------------------------------------------------


def _with_codes(book: Codebook, family: Family, codes: tuple[Code, ...]) -> Codebook:
    if len(codes) > MOST_CODES:
        raise ChangeRefused(f"Retire or merge codes first: {family.title} can have {MOST_CODES} and no more")
    after = family.but(codes=codes)
    return book.but(families=tuple(after if one.id == family.id else one for one in book.families))


def _with_code(book: Codebook, ref: CodeRef, after: Code) -> Codebook:
    family = book.family(ref.family)
    return _with_codes(book, family, tuple(after if code.id == ref.id else code for code in family.codes))


def _replaced(
    book: Codebook,
    family: Family,
    fates: dict[CodeRef, Fate],
    leaving: Sequence[CodeRef],
    stays: dict[CodeRef, Code],
) -> Codebook:
    """Without the codes that leave; those of `stays` with these words, the new among them where the first one was."""
    gone = tuple(
        Gone(code=ref, title=book.code(ref).title, version=book.version + 1, into=fates[ref].into) for ref in leaving
    )
    new = [code for ref, code in stays.items() if ref not in book.codes]
    codes = []
    for code in family.codes:
        ref = CodeRef(family.id, code.id)
        if ref in leaving:
            codes += new if ref == min(leaving, key=list(book.codes).index) else []
        else:
            codes.append(stays.get(ref, code))
    after = _with_codes(book, family, tuple(codes)).but(gone=(*book.gone, *gone))
    return _pointing_on(after, fates)


def _pointing_on(book: Codebook, fates: dict[CodeRef, Fate]) -> Codebook:
    """What named a code that is gone names what became of it."""

    def on(refs: Iterable[CodeRef]) -> tuple[CodeRef, ...]:
        return tuple(dict.fromkeys(to for ref in refs for to in (fates[ref].into if ref in fates else (ref,))))

    families = tuple(
        family.but(codes=tuple(_code_pointing_on(family.id, code, fates, on) for code in family.codes))
        for family in book.families
    )
    cases = tuple(case.but(codes=on(case.codes)) for case in book.hard_cases)
    gone = tuple(one.but(into=on(one.into)) for one in book.gone)
    return book.but(families=families, hard_cases=cases, gone=gone)


def _code_pointing_on(
    family: str, code: Code, fates: dict[CodeRef, Fate], on: Callable[[Iterable[CodeRef]], tuple[CodeRef, ...]]
) -> Code:
    itself = CodeRef(family, code.id)
    left_out = []
    for one in code.leaves_out:
        instead = on(one.instead)
        if itself not in instead:
            left_out.append(one.but(instead=instead))
        elif others := tuple(ref for ref in instead if ref != itself):
            left_out.append(one.but(instead=others))
        # What belonged to a code that is now this one is left out no longer.
    area = fates.get(CodeRef(AREAS, code.priority_area or ""))
    moved = {"priority_area": area.into[0].id} if area else {}
    return code.but(leaves_out=tuple(left_out), **moved)


def _with_area(book: Codebook, change: Merge, merged: Sequence[CodeRef]) -> Code:
    """The code that stays, in the priority area that was named where the merged ones are in several."""
    after = _code(book, merged[-1])
    areas = list(dict.fromkeys(area for ref in merged if (area := book.code(ref).priority_area)))
    if len(areas) < 2 and change.priority_area in (None, *areas):
        return after
    if not areas:
        raise ChangeRefused("Leave out the priority area: these codes are in none")
    if change.priority_area not in areas:
        titles = " or ".join(book.code(CodeRef(AREAS, area)).title for area in areas)
        raise ChangeRefused(f"Name the priority area that stays: {titles}", about="area")
    return after.but(priority_area=change.priority_area)


# -- What is refused ----------------------------------------------------------------------------------


def _family(book: Codebook, family_id: str) -> Family:
    try:
        return book.family(family_id)
    except KeyError as error:
        raise ChangeRefused("Choose a family of this codebook: it has none of that name") from error


def _code(book: Codebook, ref: CodeRef) -> Code:
    try:
        return book.code(ref)
    except KeyError as error:
        gone = next((one for one in book.gone if one.code == ref), None)
        if gone is None:
            raise ChangeRefused(f"Choose a code of this codebook: it has no “{ref.id}”") from error
        told = f"Choose another code: “{gone.title}” is not in the codebook any more since version {gone.version}"
        raise ChangeRefused(told) from error


def _family_of(book: Codebook, refs: Sequence[CodeRef]) -> Family:
    for ref in refs:
        _code(book, ref)
    if len({ref.family for ref in refs}) > 1:
        raise ChangeRefused("Choose codes of one family: an action does not become a theme, nor a theme an action")
    return book.family(refs[0].family)


def refuse_to_split(book: Codebook, ref: CodeRef) -> None:
    """ChangeRefused for a code that cannot be split whatever into."""
    _refuse_to_leave(book, (ref,), how="split")
    if ref.family == AREAS and (actions := _actions_in(book, ref.id)):
        raise ChangeRefused(f"Move these actions to another priority area first: {', '.join(actions)}")


def _refuse_to_leave(book: Codebook, refs: Iterable[CodeRef], *, how: str) -> None:
    for ref in refs:
        if ref.id in PERMANENT.get(ref.family, ()):
            raise ChangeRefused(f"Keep “{_code(book, ref).title}”: the service needs this kind, so it cannot be {how}")


def _check_new(
    book: Codebook, family: Family, code: Code, *, leaving: Sequence[CodeRef], others: Sequence[Code] = ()
) -> None:
    """`others` come with it."""
    if there := book.codes.get(CodeRef(family.id, code.id)):
        raise ChangeRefused(f"Choose another id: “{code.id}” is that of “{there.title}”")
    for one in book.gone:
        if one.code == CodeRef(family.id, code.id):
            raise ChangeRefused(
                f"Choose another id: “{code.id}” meant “{one.title}” before version {one.version}, and still does there"
            )
    _check_title(book, family, code.title, leaving=leaving, others=others)
    beside = {CodeRef(family.id, other.id) for other in others}
    _check_named(book, (ref for one in code.leaves_out for ref in one.instead if ref not in beside))
    if code.priority_area is not None:
        _check_area(book, code.priority_area)
    elif any(one.priority_area for one in family.codes):
        told = f"Name the priority area that “{code.title}” belongs to"
        raise ChangeRefused(told, about="area", title=code.title)
    if code.priority_area is not None and not any(one.priority_area for one in family.codes):
        raise ChangeRefused(f"Leave out the priority area: {family.title} are in none")


def _check_title(
    book: Codebook, family: Family, title: str, *, leaving: Sequence[CodeRef], others: Sequence[Code] = ()
) -> None:
    staying = (code for code in family.codes if CodeRef(family.id, code.id) not in leaving)
    if any(code.title.casefold() == title.casefold() for code in (*staying, *others)):
        raise ChangeRefused(f"Choose another title: “{title}” is taken", about="title", title=title)


def _check_named(book: Codebook, refs: Iterable[CodeRef]) -> None:
    for ref in refs:
        _code(book, ref)


def _check_area(book: Codebook, area: str) -> None:
    if CodeRef(AREAS, area) not in book.codes:
        raise ChangeRefused(f"Choose a priority area of this codebook: it has no “{area}”")


def _actions_in(book: Codebook, area: str) -> list[str]:
    return [code.title for code in book.codes.values() if code.priority_area == area]
