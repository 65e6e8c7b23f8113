"""The texts of a questionnaire, each by its place, so that every one can stand in another language."""

import re
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

from forms import speech
from forms.definitions import FieldPath, Shape, items

# What questionnaires are translated into, as staff call it.
LANGUAGES = {speech.GAELIC: "Gaelic", speech.EASY_READ: "Easy Read"}
PLACEHOLDER = re.compile(r"\{(?:label|hint)\}")


class Fallback(str):
    """A text in English that another language was asked for. On a page it stands marked, and is noted.

    Templates put a text in by `__html__` where it has one, so that no page can forget the mark.
    """

    __slots__ = ()

    def __html__(self) -> str:
        speech.note_english()
        return f'<span lang="{speech.code_of(speech.ENGLISH)}">{escape(self)}</span>'


class Lines(str):
    """A text of several lines, each one idea; on a page each has a line of its own."""

    __slots__ = ()

    def __html__(self) -> str:
        return "\n".join(f'<span class="fl_easy__line">{escape(line)}</span>' for line in self.split("\n"))


class Placed(NamedTuple):
    """`place` says where it stands in words that last when questions are moved, `path` where in this definition."""

    place: str
    path: FieldPath
    text: str


def of(content: Mapping[str, Any]) -> Iterator[Placed]:
    """Every text that people read, of a definition that is sound; a section once for each of its pages.

    What is nothing but a placeholder is the same in every language, and is passed over.
    """
    found = (placed for placed in _all(content) if placed.text and not PLACEHOLDER.fullmatch(placed.text))
    return (Placed(place, path, str(text)) for place, path, text in found)


def is_translation(path: Path) -> bool:
    """Whether a file, by its name, holds a questionnaire in another language: `NAME.gd.yaml`."""
    return path.suffix == ".yaml" and path.stem.rpartition(".")[2] in LANGUAGES


def changed(shape: Shape, told: Mapping[FieldPath, str]) -> dict[str, Any]:
    """The fields of a shape that are other with the texts of `told`, each at its path in the definition."""
    names = {field.alias: name for name, field in type(shape).model_fields.items()}
    return {names[alias]: _with(getattr(shape, names[alias]), inner) for alias, inner in _by_first(told).items()}


def _with(thing: Any, told: Mapping[FieldPath, str]) -> Any:
    if () in told:
        return told[()]
    if isinstance(thing, tuple):
        inner = _by_first(told)
        return tuple(_with(one, inner[number]) if number in inner else one for number, one in enumerate(thing))
    return thing.model_copy(update=changed(thing, told))


def _by_first(told: Mapping[FieldPath, str]) -> dict[str | int, dict[FieldPath, str]]:
    within: dict[str | int, dict[FieldPath, str]] = {}
    for path, text in told.items():
        within.setdefault(path[0], {})[path[1:]] = text
    return within


def _all(content: Mapping[str, Any]) -> Iterator[Placed]:
    yield from _fields("", (), content, ("title", "summary", "audience"))
    for name in ("needed", "privacy"):
        for number, text in enumerate(content.get(name, ())):
            yield Placed(f"{name}.{number + 1}", (name, number), text)
    for path, block in items(content, "pages"):
        yield from _repeat(path, block) if "for-each" in block else _page(path, block)


def _repeat(path: FieldPath, block: dict) -> Iterator[Placed]:
    pages = list(items(block, "pages", path))
    yield _section(path, block)
    if pages:
        yield from _fields(f"pages.{pages[0][1]['id']}.", path, block, ("at-least-one",))
    for inner, page in pages:
        yield from _page(inner, page)


def _page(path: FieldPath, page: dict) -> Iterator[Placed]:
    yield _section(path, page)
    yield from _fields(f"pages.{page['id']}.", path, page, ("title", "intro"))
    for inner, question in items(page, "questions", path):
        yield from _question(inner, question)


def _section(path: FieldPath, block: dict) -> Placed:
    """Pages of one section are known by its words, so it has them once, whatever the language."""
    section = block.get("section", "")
    return Placed(f"sections.{section}", (*path, "section"), section)


def _question(path: FieldPath, question: dict) -> Iterator[Placed]:
    place = f"questions.{question['id']}."
    yield from _fields(place, path, question, ("label", "hint", "missing", "outside", "unit"))
    if item := question.get("item"):
        # No other language makes the word for many as English does.
        yield Placed(f"{place}item", (*path, "item"), item)
        yield Placed(f"{place}items", (*path, "items"), question.get("items") or f"{item}s")
    for inner, choice in items(question, "choices", path):
        yield from _fields(f"{place}choices.{choice['id']}.", inner, choice, ("label", "hint", "group"))
    for inner, asked in items(question, "questions", path):
        yield from _question(inner, asked)


def _fields(place: str, path: FieldPath, block: Mapping[str, Any], names: tuple[str, ...]) -> Iterator[Placed]:
    return (Placed(f"{place}{name}", (*path, name), block.get(name) or "") for name in names)
