"""The project's own corpus as lessons for the reader: coded passages, texts with names, texts with and without harm.

A text with names holds slots: {F} a first name, {S} a surname, {FS} both, {TS} title and surname, {IS} initial and
surname, [[Will]] a name as it stands. Each epoch fills them anew from the lists beside them, so that it is the place
in a sentence that is learned and not the list.
"""

import itertools
import json
import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from analysis import encoder, reading, statements
from analysis.labels import HARM, READ_FAMILIES, SPANS
from analysis.passages import Passage
from analysis.statements import Stretch
from analysis.wordpiece import WordPiece
from forms import framework

CORPUS = Path(__file__).parent / "corpus"
WORD = re.compile(r"[A-Za-z]{4,}")
NAME_WORD = re.compile(r"[^\W\d_]+")
SLIPS = 0.06
SLOT = re.compile(r"\{(F|S|FS|TS|IS)\}|\[\[(.+?)\]\]")
TITLES = ("Mr", "Mrs", "Ms", "Miss", "Dr", "Mrs.", "Mr.")
# How often a name is written as people do in a hurry: in lower case, with two letters changed; and with two surnames.
IN_LOWER, SLIPPED, DOUBLE, ALL_LOWER = 0.08, 0.04, 0.04, 0.1
# Most passages were not looked through for harm, and names stand in some: what they teach of either counts less.
HARM_UNCHECKED, NAMES_UNCHECKED = 0.2, 0.4
# Names are few among pieces, and to miss one is worse than anything else here.
NAMES_COUNT = 3.0
# A statement holds a span when this many of its pieces, or half of them, lie in one.
FEWEST_PIECES = 3


@dataclass(frozen=True, slots=True)
class Example:
    """A text of the corpus with all that is known of it; what is None was not looked for.

    `spans` holds (start, end) in code points for each of SPANS that was looked for.
    """

    passage: Passage
    register: str
    labels: frozenset[tuple[str, str]] | None = None
    harm: bool | None = None
    spans: dict[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lesson:
    """What is taught by one text, or several that stand one after the other, in pieces.

    The first `before` pieces are the question's and the marks around it. `statements` are ranges of `pieces`, and
    `texts` says of each which text it is of. `labels` (texts x labels) is 0 or 1 and counts by `counts`; `spans`
    (pieces x spans) likewise by `span_counts`; `of_statements` (statements x spans) is 0, 1, or -1 where not known.
    """

    pieces: list[int]
    before: int
    statements: list[tuple[int, int]]
    texts: list[int]
    labels: np.ndarray
    counts: np.ndarray
    spans: np.ndarray
    span_counts: np.ndarray
    of_statements: np.ndarray


@dataclass(frozen=True, slots=True)
class Learnt:
    """Layers in 32 bits by their published names, and the two heads: states in, log odds out."""

    layers: dict[str, np.ndarray]
    labels_by_state: np.ndarray
    labels_bias: np.ndarray
    spans_by_state: np.ndarray
    spans_bias: np.ndarray


def label_columns() -> tuple[tuple[str, str], ...]:
    plan = framework.load()
    return (*((family, label.id) for family in READ_FAMILIES for label in plan.labels(family)), HARM)


def read_coded(folder: Path = CORPUS) -> list[Example]:
    """Passages by their files. Of those that somebody looked through for harm it is known whether they tell of any."""
    looked_through = folder / "harm" / "looked-through.jsonl"
    harm = {record["id"]: record["harm"] for record in _records(looked_through)}
    files = sorted(folder.glob("*.jsonl"))
    return [_coded(record, file.stem, harm.get(record["id"])) for file in files for record in _records(file)]


def read_harm(folder: Path = CORPUS) -> list[Example]:
    records = (record for name in ("train", "harder") for record in _records(folder / "harm" / f"{name}.jsonl"))
    return [Example(_passage(record), "harm", harm=record["harm"]) for record in records]


def hurried(example: Example, dice: random.Random) -> Example:
    """The same text as typed in a hurry: letters swapped or missed for the next, in the same number of them."""
    letters = list(example.passage.text)
    for word in WORD.finditer(example.passage.text):
        if dice.random() < SLIPS:
            place = dice.randrange(word.start() + 1, word.end() - 1)
            if dice.random() < 0.5:
                letters[place], letters[place + 1] = letters[place + 1], letters[place]
            else:
                letters[place] = dice.choice("aeiounrstl")
    return replace(example, passage=replace(example.passage, text="".join(letters)))


class Names:
    """Texts with slots, to be filled."""

    def __init__(self, folder: Path = CORPUS):
        self._texts = [(record["id"], record["text"]) for record in _records(folder / "names" / "train.jsonl")]
        lists = (folder / "names" / f"{name}.txt" for name in ("first", "last"))
        self._first, self._last = ((path.read_text(encoding="utf-8").split()) for path in lists)
        self.known = frozenset(name.lower() for name in (*self._first, *self._last))

    def filled(self, seed: int) -> list[Example]:
        """Every text once, and those with slots twice, with other names for each seed."""
        dice = random.Random(seed)
        with_slots = [one for one in self._texts if SLOT.search(one[1])]
        return [self._fill(id, text, dice) for id, text in [*self._texts, *with_slots]]

    def _fill(self, id: str, text: str, dice: random.Random) -> Example:
        plain = SLOT.sub("", text)
        filled, spans, done = "", [], 0
        for slot in SLOT.finditer(text):
            filled += text[done : slot.start()]
            name = slot[2] or _written(self._name(slot[1], dice), plain, dice)
            spans.append((len(filled), len(filled) + len(name)))
            filled, done = filled + name, slot.end()
        filled += text[done:]
        if dice.random() < ALL_LOWER and len(filled.lower()) == len(filled):
            filled = filled.lower()
        return Example(Passage(id, filled), "names", spans={"names": tuple(spans)})

    def _name(self, slot: str, dice: random.Random) -> str:
        first, last = dice.choice(self._first), dice.choice(self._last)
        if dice.random() < DOUBLE:
            last += f"-{dice.choice(self._last)}"
        initial = dice.choice((f"{first[0]}. ", f"{first[0]} ", f"{first[0]}."))
        return {"F": first, "S": last, "FS": f"{first} {last}", "TS": f"{dice.choice(TITLES)} {last}"}.get(
            slot, initial + last
        )


def lessons_of(examples: Sequence[Example], language, words: WordPiece, known_names: frozenset[str]) -> list[Lesson]:
    stretches = statements.read([example.passage.text for example in examples], language)
    return [_lesson(example, cut, words, known_names) for example, cut in zip(examples, stretches, strict=True)]


def run_together(lessons: Iterable[Lesson], share: float, dice: random.Random) -> list[Lesson]:
    """The same lessons, of which this share is read on from the one before, as further words of the same paragraph.

    So a reader learns whose words are whose: the labels of a text are those of its own statements and not of its
    neighbours'.
    """
    found: dict[tuple[int, ...], list[Lesson]] = {}
    for lesson in lessons:
        same = found.setdefault(tuple(lesson.pieces[: lesson.before]), [])
        fits = same and len(same[-1].pieces) + len(lesson.pieces) <= encoder.LONGEST_WINDOW
        if fits and dice.random() < share:
            same[-1] = _joined(same[-1], lesson)
        else:
            same.append(lesson)
    return [lesson for same in found.values() for lesson in same]


def _joined(one: Lesson, other: Lesson) -> Lesson:
    moved, texts = len(one.pieces) - 1 - other.before, len(one.labels)
    return Lesson(
        pieces=[*one.pieces[:-1], *other.pieces[other.before :]],
        before=one.before,
        statements=[*one.statements, *((first + moved, last + moved) for first, last in other.statements)],
        texts=[*one.texts, *(number + texts for number in other.texts)],
        labels=np.concatenate([one.labels, other.labels]),
        counts=np.concatenate([one.counts, other.counts]),
        spans=np.concatenate([one.spans[:-1], other.spans[other.before :]]),
        span_counts=np.concatenate([one.span_counts[:-1], other.span_counts[other.before :]]),
        of_statements=np.concatenate([one.of_statements, other.of_statements]),
    )


def _lesson(example: Example, stretches: Sequence[Stretch], words: WordPiece, known_names: frozenset[str]) -> Lesson:
    asked = words.cut(example.passage.question).ids[: encoder.LONGEST_QUESTION]
    before = [encoder.START, *asked, encoder.END] if asked else [encoder.START]
    ids, starts, ends, bounds = reading.pieces_of(example.passage.text, stretches, words)
    size = min(len(ids), encoder.LONGEST_WINDOW - len(asked))
    places = list(zip(starts[:size].tolist(), ends[:size].tolist(), strict=True))
    ranges = itertools.pairwise(np.minimum(bounds, size).tolist())
    statements_ = [(first, last) for first, last in ranges if first < last] or [(0, size)]
    inside, looked_for = _spans(example, places, known_names)
    labels, counts = _labels(example)
    around = np.zeros((len(before), len(SPANS)), np.float32), np.zeros((1, len(SPANS)), np.float32)
    return Lesson(
        pieces=[*before, *ids[:size], encoder.END],
        before=len(before),
        statements=[(first + len(before), last + len(before)) if size else (0, 1) for first, last in statements_],
        texts=[0] * len(statements_),
        labels=labels[None],
        counts=counts[None],
        spans=np.concatenate([around[0], inside, around[1]]),
        span_counts=np.concatenate([around[0], looked_for, around[1]]),
        of_statements=_of_statements(example, statements_, inside),
    )


def _labels(example: Example) -> tuple[np.ndarray, np.ndarray]:
    columns = label_columns()
    held = example.labels or frozenset()
    labels = np.array([column in held for column in columns], np.float32)
    counts = np.full(len(columns), float(example.labels is not None), np.float32)
    labels[-1] = bool(example.harm)
    counts[-1] = 1.0 if example.harm is not None else HARM_UNCHECKED if example.labels is not None else 0.0
    return labels, counts


def _spans(
    example: Example, places: Sequence[tuple[int, int]], known_names: frozenset[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Which pieces lie in a span (pieces x SPANS), and how much each of these counts."""
    inside, counts = np.zeros((2, len(places), len(SPANS)), np.float32)
    for column, name in enumerate(SPANS):
        if name in example.spans:
            counts[:, column] = NAMES_COUNT if name == "names" else 1
            for start, end in example.spans[name]:
                inside[:, column] += [begins < end and ends > start for begins, ends in places]
    if example.labels is not None:
        named = {
            letter
            for word in NAME_WORD.finditer(example.passage.text)
            if word[0].lower() in known_names
            for letter in range(*word.span())
        }
        unnamed = [begins not in named for begins, _ in places]
        counts[:, list(SPANS).index("names")] = NAMES_UNCHECKED * np.array(unnamed, np.float32)
    return np.minimum(inside, 1), counts


def _of_statements(example: Example, statements_: Sequence[tuple[int, int]], inside: np.ndarray) -> np.ndarray:
    known = np.full((len(statements_), len(SPANS)), -1.0, np.float32)
    for column, (name, kind) in enumerate(SPANS.items()):
        if kind and name in example.spans:
            for row, (first, last) in enumerate(statements_):
                known[row, column] = inside[first:last, column].sum() >= min(FEWEST_PIECES, (last - first) / 2)
    return known


def _coded(record: dict, register: str, harm: bool | None) -> Example:
    labels = frozenset((family, label) for family in READ_FAMILIES for label in record[family])
    # Files of the first half have no commitments, needs and offers: unknown where the kind says that there is one.
    spans = {
        name: _places(record["text"], record.get(name, ()))
        for name, kind in SPANS.items()
        if kind and (record.get(name) or ("kinds", kind) not in labels)
    }
    return Example(_passage(record), register, labels=labels, harm=harm, spans=spans)


def _places(text: str, parts: Iterable[str]) -> tuple[tuple[int, int], ...]:
    found = ((text.find(part), len(part)) for part in parts)
    return tuple((start, start + size) for start, size in found if start >= 0)


def _passage(record: dict) -> Passage:
    return Passage(record["id"], record["text"], record.get("question", ""))


def _records(file: Path) -> list[dict]:
    with file.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _written(name: str, text: str, dice: random.Random) -> str:
    """In the case of the text around it, and sometimes with a slip."""
    if text.islower() or dice.random() < IN_LOWER:
        name = name.lower()
    elif text.isupper():
        name = name.upper()
    if dice.random() < SLIPPED and len(name) > 5:
        place = dice.randrange(1, len(name) - 2)
        name = name[:place] + name[place + 1] + name[place] + name[place + 2 :]
    return name
