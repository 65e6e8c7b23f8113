"""Finds the organisations and areas that a text names, and says which of those that are known each may be.

Every way of writing a name, from `forms/gazetteer.yaml`, is laid out word by word in one tree; the words of the text
are walked along it once, and the longest name from a place wins. Where a name can mean several, all of them are given:
"Fife" is the area first, and perhaps its council or its health board. What spaCy takes for a name and the tree does
not know may be a misspelling: it is linked to names that differ from it in one word of nearly the same letters.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import NamedTuple

from analysis.findings import Link, Mention
from forms import organisations
from forms.organisations import Gazetteer, Organisation, Spellings

# How sure it is that a name means what it is linked to: by the way it is written, and by the part it plays.
NAMED, WRITTEN, DOUBTFUL = 1.0, 0.9, 0.5
AREA_OF_PLACE, BODY_OF_PLACE = 0.8, 0.3
MISSPELLED, NEAREST_SPELLING = 0.9, 0.85

# A mark is a word of its own, so that no name reaches over it ("in Fife. Council tax"); an address is one word.
WORD = re.compile(r"[^\W_]+(?:(?:['’@]|\.(?=[a-z]))[^\W_]+)*|\n\s*\n|(?<=\s)[–—/-](?=\s)|[^\w\s'’–—/-]")
OWNING = ("s", "re", "ve", "ll", "d", "m")  # after an apostrophe: "Fife's", "we've"
# Names differ in case here ("Save The Children"), and none is told from another by these.
LINKING = {"a", "across", "and", "for", "in", "of", "on", "the", "to", "up"}
ENDS_OF_SENTENCE = set(".!?…•")
# Longer spans are no names, and would cost more than they tell.
LONGEST_NAME = 12
# What "we" means is told when a text is read; a name like "Highland dress" means nothing here.
RESPONDENT, NOTHING = "we", ""


class OrganisationReader:
    """`known` holds every organisation that a link can name, by id; other links name an area of `forms.areas`."""

    def __init__(self, gazetteer: Gazetteer):
        self.known = organisations.known(gazetteer)
        self._tree = _Branch()
        self._nearness = _Nearness()
        for way in _ways(gazetteer, self.known.values()):
            self._tree.grow(way)
            if way.id not in (RESPONDENT, NOTHING) and not way.shown:
                self._nearness.add(way)

    def read(self, text: str, said_by: str = "", entities: Iterable[tuple[int, int]] = ()) -> list[Mention]:
        """The mentions of `text`, in order; they do not overlap. Offsets count code points.

        With `said_by`, the id of whoever answers, the first "we" of each sentence is a mention of them. `entities` are
        spans of `text` that may be names, such as spaCy's ORG and GPE; one that overlaps with a mention is dropped.
        """
        found = list(self._named(text, said_by))
        return sorted((*found, *self._others(text, found, entities)), key=lambda mention: mention.start)

    def _named(self, text: str, said_by: str) -> Iterator[Mention]:
        words, place, spoke = _words(text), 0, False
        while place < len(words):
            spoke = spoke and not _begins_sentence(text, words, place)
            match = self._tree.longest(text, words, place)
            if match and RESPONDENT in match.scores:
                if said_by and not spoke:
                    yield Mention(match.start, match.end, text[match.start : match.end], (Link(said_by, 1.0),))
                spoke = True
            elif match and NOTHING not in match.scores:
                yield Mention(match.start, match.end, text[match.start : match.end], _links(match.scores))
            place = match.next_place if match else place + 1

    def _others(self, text: str, found: Sequence[Mention], entities: Iterable[tuple[int, int]]) -> Iterator[Mention]:
        taken, links = bytearray(len(text)), {}
        for mention in found:
            taken[mention.start : mention.end] = b"x" * (mention.end - mention.start)
        for start, end in sorted(entities, key=lambda span: (span[0], -span[1])):
            if start < end and not any(taken[start:end]):
                taken[start:end] = b"x" * (end - start)
                name = text[start:end]
                links[name] = links[name] if name in links else _links(self._nearness.near(name))
                yield Mention(start, end, name, links[name])


# -- what the gazetteer says ------------------------------------------------------------------------


class _Way(NamedTuple):
    """One way to write what `id` is called; when `shown` is given, only in one of those cases."""

    words: tuple[str, ...]
    shown: frozenset[tuple[str, ...]]
    id: str
    score: float


def _ways(gazetteer: Gazetteer, organisations: Iterable[Organisation]) -> Iterator[_Way]:
    yield from _ways_to_name(list(organisations))
    for place in gazetteer.places:
        for area in place.areas:
            yield from _ways_to_write(place, area, AREA_OF_PLACE / len(place.areas))
        for body in place.bodies:
            yield from _ways_to_write(place, body, BODY_OF_PLACE)
    yield from _ways_to_write(gazetteer.respondent, RESPONDENT)
    yield from _ways_to_write(Spellings(names=gazetteer.not_names), NOTHING)


def _ways_to_name(organisations: Sequence[Organisation]) -> Iterator[_Way]:
    """An abbreviation of several organisations counts for less with each of them."""
    sharers = Counter(_forms(name) for one in organisations for name in (*one.written, *one.doubtful))
    for one in organisations:
        cased = {_forms(name) for name in (*one.written, *one.doubtful)}
        names = tuple(name for name in (one.name, *one.names) if _forms(name) not in cased)
        for way in _ways_to_write(one.model_copy(update={"names": names}), one.id):
            yield way._replace(score=way.score / max(1, sharers[way.words]))


def _ways_to_write(spellings: Spellings, id: str, score: float = 1.0) -> Iterator[_Way]:
    yield from (_Way(_forms(name), frozenset(), id, score * NAMED) for name in spellings.names)
    yield from (_Way(_forms(name), _cases(name), id, score * WRITTEN) for name in spellings.written)
    yield from (_Way(_forms(name), _cases(name), id, score * DOUBTFUL) for name in spellings.doubtful)


def _cases(name: str) -> frozenset[tuple[str, ...]]:
    """As written; a name of one word also all in capitals, unless it is written without any."""
    loud = name.upper() if len(_words(name)) == 1 and not name.islower() else name
    return frozenset({_shown(name), _shown(loud)})


# -- words and names --------------------------------------------------------------------------------


class _Word(NamedTuple):
    """`form` has neither case, accents nor apostrophes; `stem` is it without "'s" and the like, or empty."""

    start: int
    end: int
    form: str
    stem_end: int
    stem: str


class _Match(NamedTuple):
    start: int
    end: int
    next_place: int
    scores: dict[str, float]


@dataclass(slots=True)
class _Branch:
    """Where a name has come to after some words: how it can go on, and what it means if it ends here."""

    onward: "dict[str, _Branch]" = field(default_factory=dict)
    ends: list[_Way] = field(default_factory=list)

    def grow(self, way: _Way) -> None:
        branch = self
        for word in way.words:
            branch = branch.onward.setdefault(word, _Branch())
        branch.ends.append(way)

    def longest(self, text: str, words: Sequence[_Word], first: int) -> _Match | None:
        branch, best, start = self, None, words[first].start
        for place in range(first, len(words)):
            word = words[place]
            for form, end in ((word.form, word.end), (word.stem, word.stem_end)):
                if (ending := branch.onward.get(form)) and (scores := ending.meanings(text[start:end])):
                    best = _Match(start, end, place + 1, scores)
            if (branch := branch.onward.get(word.form)) is None:
                break
        return best

    def meanings(self, written: str) -> dict[str, float]:
        """What the name means when it is written like this, with the best score of each."""
        scores: dict[str, float] = {}
        shown = _shown(written) if any(way.shown for way in self.ends) else ()
        for way in self.ends:
            if not way.shown or shown in way.shown:
                scores[way.id] = max(scores.get(way.id, 0.0), way.score)
        return scores


class _Nearness:
    """Finds names that differ in one word, by the words that they share: as long as it takes to look up a few."""

    def __init__(self) -> None:
        self._lacking: dict[frozenset[str], dict[tuple[str, str], float]] = defaultdict(dict)

    def add(self, way: _Way) -> None:
        for word, others in _each_and_others(way.words):
            known = self._lacking[others]
            known[word, way.id] = max(known.get((word, way.id), 0.0), way.score)

    def near(self, name: str) -> dict[str, float]:
        scores: dict[str, float] = {}
        for word, others in _each_and_others(_forms(name)):
            matcher = SequenceMatcher(b=word, autojunk=False)
            for (known, id), score in self._lacking.get(others, {}).items():
                if (likeness := _likeness(matcher, known)) >= NEAREST_SPELLING:
                    scores[id] = max(scores.get(id, 0.0), MISSPELLED * likeness * score)
        return scores


def _each_and_others(forms: Sequence[str]) -> Iterator[tuple[str, frozenset[str]]]:
    telling = frozenset(forms) - LINKING
    if 1 < len(telling) <= LONGEST_NAME:
        yield from ((word, telling - {word}) for word in sorted(telling))


def _likeness(matcher: SequenceMatcher, word: str) -> float:
    """0 to 1. The two bounds above it cost little and spare most of the comparing."""
    matcher.set_seq1(word)
    if min(matcher.real_quick_ratio(), matcher.quick_ratio()) < NEAREST_SPELLING:
        return 0.0
    return matcher.ratio()


def _links(scores: dict[str, float]) -> tuple[Link, ...]:
    links = (Link(id, round(score, 3)) for id, score in scores.items())
    return tuple(sorted(links, key=lambda link: (-link.score, link.id)))


def _begins_sentence(text: str, words: Sequence[_Word], place: int) -> bool:
    before = words[place - 1] if place else None
    return not before or before.form in ENDS_OF_SENTENCE or "\n" in text[before.start : words[place].start]


def _words(text: str) -> list[_Word]:
    return [_word(match) for match in WORD.finditer(text)]


def _word(match: re.Match) -> _Word:
    written = match[0]
    stem, _, ending = written.replace("’", "'").rpartition("'")
    stem = stem if ending.lower() in OWNING else ""
    return _Word(match.start(), match.end(), _form(written), match.start() + len(stem), _form(stem))


def _form(written: str) -> str:
    if written.isascii() and written.isalnum():
        return written.lower()
    if written in ("&", "+"):
        return "and"
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", written.casefold()) if letter.isalnum())
    return plain or written


def _forms(name: str) -> tuple[str, ...]:
    """The words of a name; "the" before it is left to the text around it."""
    forms = tuple(word.form for word in _words(name))
    return forms[1:] if forms[:1] == ("the",) and len(forms) > 1 else forms


def _shown(name: str) -> tuple[str, ...]:
    """The words in the case in which they stand; small words between the others may have any."""
    shown = [match[0].replace("’", "'") for match in WORD.finditer(name)]
    return tuple(_form(word) if _form(word) in LINKING else word for word in shown)
