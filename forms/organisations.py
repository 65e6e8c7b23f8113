"""The organisations that everybody knows of, and the ways in which their names are written: a public list.

Whoever answers may find their own in it. Nothing that anybody has sent is ever added to it.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal

from forms import definitions
from forms.areas import area_names
from forms.definitions import Fault, Id, Shape, Text

FILE = Path(__file__).parent / "gazetteer.yaml"
MOST_MATCHES = 10
LONGEST_NAME = 200
# How like a name must be that is not written as any we know.
LIKE_ENOUGH = 0.75
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_LINKING = {"a", "and", "for", "in", "of", "on", "the", "to"}

Kind = Literal["local_authority", "health_board", "third_sector", "national_body", "partnership", "other"]


class Spellings(Shape):
    """The ways in which a name is written; the head of the file says how they differ."""

    names: tuple[Text, ...] = ()
    written: tuple[Text, ...] = ()
    doubtful: tuple[Text, ...] = ()

    def every(self) -> tuple[str, ...]:
        return (*self.names, *self.written, *self.doubtful)


class Organisation(Spellings):
    """`kind` is as in the questionnaire; `code` is that of its area in official statistics, where it has one alone."""

    id: Id
    name: Text
    kind: Kind
    areas: tuple[Id, ...] = ()
    code: Text | None = None


class Place(Spellings):
    areas: tuple[Id, ...]
    bodies: tuple[Id, ...] = ()


class Pattern(Shape):
    """What every council area has one of, save those of `not_in`; in those of `instead` it has another id."""

    id: Text
    kind: Kind
    forms: tuple[Text, ...]
    instead: dict[Id, Id] = {}
    not_in: tuple[Id, ...] = ()


class Gazetteer(Shape):
    organisations: tuple[Organisation, ...]
    places: tuple[Place, ...]
    patterns: tuple[Pattern, ...]
    not_names: tuple[Text, ...]
    respondent: Spellings


@cache
def gazetteer(file: Path = FILE) -> Gazetteer:
    """What is known of names; DefinitionError with every fault and its line when the file is not as it should be."""
    return definitions.check(Gazetteer, definitions.read(file), _faults)


# -- finding one by what is typed --------------------------------------------------------------------


@dataclass(frozen=True)
class Listed:
    """An organisation as a person finds it: its name, and other ways to write it that have other words."""

    name: str
    others: tuple[str, ...]
    kind: Kind

    @cached_property
    def spellings(self) -> tuple[tuple[str, ...], ...]:
        return tuple(map(words_of, (self.name, *self.others)))


# Of several that a name may mean, most people mean the council, then the health board.
_FIRST = ("local_authority", "health_board", "national_body", "third_sector", "other", "partnership")


@cache
def listed() -> tuple[Listed, ...]:
    """All of them, those that most people mean first."""
    found = [Listed(one.name, tuple(_other_spellings(one)), one.kind) for one in _known()]
    return tuple(sorted(found, key=lambda one: (_FIRST.index(one.kind), words_of(one.name))))


def _other_spellings(organisation: Organisation) -> Iterator[str]:
    """Those that are not found by the words of earlier ones anyway."""
    told = set(words_of(organisation.name))
    for spelling in dict.fromkeys(organisation.every()):
        if not told.issuperset(words_of(spelling)):
            told.update(words_of(spelling))
            yield spelling


def like(typed: str) -> list[str]:
    """The names of organisations that what was typed may mean, the best first.

    Each word of it begins a word of one way to write the name; or else nearly all letters are the same.
    """
    asked = words_of(typed)
    if not asked:
        return []
    same = spelled(typed)
    begun = [one.name for one in listed() if any(_begins(asked, words) for words in one.spellings)]
    return list(dict.fromkeys(same + begun))[:MOST_MATCHES] or _nearly(" ".join(asked)[:LONGEST_NAME])


def spelled(typed: str) -> list[str]:
    """The names of all organisations that one of their spellings is this very one."""
    asked = words_of(typed)
    names = _by_spelling().get(asked, ())
    return sorted(names, key=lambda name: words_of(name) != asked)


def id_spelled(typed: str) -> str | None:
    """The id of the organisation that has this name, or of the only one that is ever spelled so."""
    names, asked = spelled(typed), words_of(typed)
    ids = {one.name: one.id for one in _known()}
    exact = [name for name in names if words_of(name) == asked]
    found = exact or names
    return ids[found[0]] if len(found) == 1 else None


@cache
def _by_spelling() -> dict[tuple[str, ...], tuple[str, ...]]:
    """The names that each spelling may mean, those first that most people mean."""
    spelled_as = {one.name: {words_of(spelling) for spelling in (one.name, *one.every())} for one in _known()}
    found: dict[tuple[str, ...], tuple[str, ...]] = {}
    for one in listed():
        for words in spelled_as[one.name]:
            found[words] = (*found.get(words, ()), one.name)
    return found


@cache
def _known() -> tuple[Organisation, ...]:
    return tuple(known(gazetteer()).values())


def _begins(asked: tuple[str, ...], words: tuple[str, ...]) -> bool:
    return all(any(word.startswith(part) for word in words) for part in asked)


def _nearly(asked: str) -> list[str]:
    by_key = {" ".join(words): one.name for one in listed() for words in one.spellings}
    close = get_close_matches(asked, by_key, n=MOST_MATCHES, cutoff=LIKE_ENOUGH)
    return list(dict.fromkeys(by_key[key] for key in close))


def words_of(name: str) -> tuple[str, ...]:
    """Its words without case, accents, apostrophes and small words between them."""
    plain = unicodedata.normalize("NFKD", name.casefold().replace("&", " and "))
    letters = "".join(sign for sign in plain if not unicodedata.combining(sign))
    words = tuple(re.sub("['’]", "", match[0]) for match in _WORD.finditer(letters))
    return tuple(word for word in words if word not in _LINKING) or words


# -- what the gazetteer says ------------------------------------------------------------------------


def known(gazetteer: Gazetteer) -> dict[str, Organisation]:
    """Those of the gazetteer, with what each council area has one of."""
    found = {organisation.id: organisation for organisation in gazetteer.organisations}
    for pattern in gazetteer.patterns:
        for place in gazetteer.places:
            if len(place.areas) == 1 and place.areas[0] not in pattern.not_in:
                made = _made(pattern, place, place.areas[0])
                held = found.get(made.id, made)
                found[made.id] = held.model_copy(update={"names": (*held.names, *made.names)})
    return found


def _made(pattern: Pattern, place: Place, area: str) -> Organisation:
    id = pattern.instead.get(area) or pattern.id.format(area=area)
    name = pattern.forms[0].format(place=area_names()[area])
    names = tuple(form.format(place=spelling) for form in pattern.forms for spelling in place.every())
    return Organisation(id=id, name=name, kind=pattern.kind, areas=(area,), names=names)


def _faults(content: Any) -> Iterator[Fault]:
    organisations = list(definitions.items(content, "organisations"))
    yield from definitions.repeated_ids(organisations)
    ids_of = {"areas": list(area_names()), "bodies": [entry.get("id") for _, entry in organisations]}
    for path, entry in (*organisations, *definitions.items(content, "places")):
        for key, ids in ids_of.items():
            listed = entry.get(key)
            unknown = [id for id in listed if id not in ids] if isinstance(listed, list) else []
            yield from (((*path, key), f"Choose an id that there is: “{id}” is none") for id in unknown)
