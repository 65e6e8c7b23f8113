"""How statements are coded: what each code takes in and leaves out, examples of it, and the hard cases as settled.

A codebook stands on its own: it holds the titles too, so that a version of it can be read when the plan has moved on.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any, NamedTuple, Self

from pydantic import ConfigDict, Field, PlainSerializer, PlainValidator, StrictInt, StringConstraints

from forms import definitions, framework
from forms.definitions import Definition, DefinitionError, Fault, FieldPath, Id, Shape
from forms.framework import FAMILIES, Framework

__all__ = ["Code", "CodeRef", "Codebook", "DefinitionError", "Family", "HardCase", "LeavesOut", "load", "load_path"]

FOLDER = Path(__file__).parent / "codebooks"
MOST_CODES = 200  # of one family: more than a person can keep apart, and a guard against a file that is none

Title = Annotated[str, StringConstraints(min_length=1, max_length=120, strip_whitespace=True)]
Words = Annotated[str, StringConstraints(min_length=1, max_length=2_000, strip_whitespace=True)]
Example = Annotated[str, StringConstraints(min_length=1, max_length=1_000, strip_whitespace=True)]
Examples = Annotated[tuple[Example, ...], Field(max_length=20)]


class CodeRef(NamedTuple):
    """Names a code; written `actions.support`."""

    family: str
    id: str

    def __str__(self) -> str:
        return f"{self.family}.{self.id}"


def ref_of(written: Any) -> CodeRef:
    """ValueError for what names no code."""
    if isinstance(written, CodeRef):
        return written
    family, dot, code_id = written.partition(".") if isinstance(written, str) else ("", "", "")
    if not dot or not all(definitions.ID.fullmatch(part) for part in (family, code_id)):
        raise ValueError("Name a code by its family and its id, like actions.support")
    return CodeRef(family, code_id)


Ref = Annotated[CodeRef, PlainValidator(ref_of), PlainSerializer(str, return_type=str)]


class Block(Shape):
    model_config = ConfigDict(populate_by_name=True)

    def but(self, **changes: Any) -> Self:
        """A copy with these fields; unlike `model_copy` it is checked, and keeps nothing that was worked out before."""
        return type(self)(**{name: getattr(self, name) for name in type(self).model_fields} | changes)


class LeavesOut(Block):
    """What is not taken in, and the codes that it belongs to `instead`, if any."""

    what: Words
    instead: tuple[Ref, ...] = ()


class Code(Block):
    """`summary` is what the public reads, `takes_in` what a coder does."""

    id: Id
    title: Title
    summary: str = ""
    priority_area: Id | None = None
    takes_in: Words
    leaves_out: tuple[LeavesOut, ...] = ()
    examples: Examples = ()


class Family(Block):
    id: Id
    title: Title
    rules: tuple[Words, ...] = ()
    codes: Annotated[tuple[Code, ...], Field(min_length=1, max_length=MOST_CODES)]


class HardCase(Block):
    """A question that coders come back to, as it was settled, and the codes that it concerns."""

    id: Id
    title: Title
    settled: Words
    codes: tuple[Ref, ...] = ()


class Gone(Block):
    """A code that was there before `version`; its id is never given to another meaning."""

    code: Ref
    title: Title
    version: StrictInt
    into: tuple[Ref, ...] = ()


class Codebook(Block):
    """`rules` hold for all families. `gone` are the codes that earlier versions had."""

    slug: Id
    title: Title
    version: StrictInt
    framework: Id | None = None
    rules: tuple[Words, ...] = ()
    families: Annotated[tuple[Family, ...], Field(min_length=1)]
    hard_cases: tuple[HardCase, ...] = ()
    gone: tuple[Gone, ...] = ()

    def family(self, family_id: str) -> Family:
        """KeyError for a family that it does not have."""
        return self._families[family_id]

    def code(self, ref: CodeRef) -> Code:
        """KeyError for a code that it does not have, or has no longer."""
        return self.codes[ref]

    @cached_property
    def codes(self) -> dict[CodeRef, Code]:
        return {CodeRef(family.id, code.id): code for family in self.families for code in family.codes}

    def hard_cases_of(self, ref: CodeRef) -> tuple[HardCase, ...]:
        return tuple(case for case in self.hard_cases if ref in case.codes)

    def content(self) -> dict[str, Any]:
        """Plain content, for JSON or YAML, of which `of` makes the same codebook."""
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=True)

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 of all but the number of the version, in hexadecimal: the same content has the same hash."""
        held = {name: value for name, value in self.content().items() if name != "version"}
        return hashlib.sha256(json.dumps(held, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    @cached_property
    def _families(self) -> dict[str, Family]:
        return {family.id: family for family in self.families}


@cache
def load(slug: str = "plan-21-24") -> Codebook:
    """LookupError where no such codebook is shipped."""
    path = FOLDER / f"{slug}.yaml"
    if not definitions.ID.fullmatch(slug) or not path.is_file():
        raise LookupError(f"There is no codebook “{slug}”")
    return load_path(path)


def load_path(path: Path) -> Codebook:
    """What a file leaves out of titles, summaries and priority areas is taken from the plan that it names."""
    return _checked(_with_the_plan(definitions.read(path)))


def of(content: Any) -> Codebook:
    """DefinitionError for content that is no codebook."""
    return _checked(Definition("codebook", content))


def framework_of(codebook: Codebook) -> Framework:
    """The plan with the codes of this codebook; KeyError for one that lacks a family of plans."""
    families = {family: codebook.family(family).codes for family in FAMILIES}
    labels = {
        family.replace("_", "-"): [_label(code, area=family == "actions") for code in codes]
        for family, codes in families.items()
    }
    slug = codebook.framework or codebook.slug
    return Framework.model_validate({"slug": slug, "title": codebook.title, "version": codebook.version, **labels})


def _label(code: Code, *, area: bool) -> dict[str, str | None]:
    label = {"id": code.id, "title": code.title, "summary": code.summary or code.takes_in}
    return label | {"priority-area": code.priority_area} if area else label


def _with_the_plan(definition: Definition) -> Definition:
    content = definition.content
    try:
        plan = framework.load(content["framework"])
    except (KeyError, TypeError, LookupError):
        return definition
    for _, family in definitions.items(content, "families"):
        labels = {label.id: label for label in plan.labels(family["id"])} if family.get("id") in FAMILIES else {}
        for _, code in definitions.items(family, "codes"):
            if label := labels.get(code.get("id")):
                told = label.model_dump(by_alias=True)
                code.update({name: value for name, value in told.items() if name not in code})
    return replace(definition, content=content)


def _checked(definition: Definition) -> Codebook:
    return definitions.check(Codebook, definition, _faults)


def _faults(content: Any) -> Iterator[Fault]:
    yield from definitions.repeated_ids(definitions.items(content, "families"))
    yield from definitions.repeated_ids(definitions.items(content, "hard-cases"))
    known = {}
    for path, family in definitions.items(content, "families"):
        codes = list(definitions.items(family, "codes", path))
        known[family.get("id")] = {code.get("id") for _, code in codes}
        yield from definitions.repeated_ids(codes)
        yield from repeated_titles(codes)
    yield from _unknown_areas(content, known)
    yield from _unknown_codes(content, known)


def repeated_titles(codes: list[tuple[FieldPath, dict]]) -> Iterator[Fault]:
    seen = set()
    for path, code in codes:
        if isinstance(title := code.get("title"), str):
            if title.strip().casefold() in seen:
                yield (*path, "title"), f"Choose another title: “{title.strip()}” is used already"
            seen.add(title.strip().casefold())


def _unknown_areas(content: Any, known: dict[Any, set]) -> Iterator[Fault]:
    areas = known.get("priority_areas")
    for path, family in definitions.items(content, "families"):
        for place, code in definitions.items(family, "codes", path):
            area = code.get("priority-area")
            if area is not None and area not in (areas or ()):
                yield (*place, "priority-area"), f"Name a priority area of this codebook: “{area}” is none"
            if area is None and areas and family.get("id") == "actions":
                yield (*place, "priority-area"), "Name the priority area that this action belongs to"


def _unknown_codes(content: Any, known: dict[Any, set]) -> Iterator[Fault]:
    for path, ref in _named(content):
        family, _, code_id = str(ref).partition(".")
        if code_id not in known.get(family, ()):
            yield path, f"Name a code of this codebook: “{ref}” is none"


def _named(content: Any) -> Iterator[tuple[FieldPath, Any]]:
    for path, family in definitions.items(content, "families"):
        for place, code in definitions.items(family, "codes", path):
            for at, left_out in definitions.items(code, "leaves-out", place):
                yield from _listed(left_out, "instead", at)
    for path, case in definitions.items(content, "hard-cases"):
        yield from _listed(case, "codes", path)


def _listed(block: dict, key: str, path: FieldPath) -> Iterator[tuple[FieldPath, Any]]:
    listed = block.get(key)
    for number, ref in enumerate(listed if isinstance(listed, list) else ()):
        yield (*path, key, number), ref
