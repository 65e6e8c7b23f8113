"""Cuts out of a statement what gets in the way, what is promised, asked for or offered.

The encoder says of each word how far it belongs to such a span. It is surer of what matters than of what stands around
it ("members said that ...", "there is good will, but ..."), by less than one threshold could tell. So a linear-chain
conditional random field (Lafferty, McCallum & Pereira 2001) says where spans begin and end, from what the encoder says
of a word and of its clause beside the others, and from the words, tags and marks around it. A clause begins at a mark
or at a word that joins. What it learns from are readings of texts that the encoder had not learned from.
"""

import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analysis import statements
from analysis.errors import ModelError
from analysis.findings import Span
from analysis.labels import SPANS
from analysis.reading import Reading
from analysis.store import AGAIN

COLUMNS = {name: place for place, name in enumerate(SPANS)}
OUTSIDE, INSIDE, BEGIN = "O", "I", "B"
CONTRASTS = frozenset({"but", "however", "yet"})
JOINS = CONTRASTS | {"and", "which", "while", "because", "so", "although", "that"}
MARKS = frozenset(",;:()[]–—-.…!?/•|")
DASHES = frozenset(";–—")  # with or without a space
# What belongs to the words that it touches: money before them, shares and the end of a bracket or question after.
BEFORE, AFTER = frozenset("£€$#(\"“‘'"), frozenset("%)!?\"”’'")
COUNT_BEFORE, LONGEST_COUNT = re.compile(r"[£€$]?\d[\d,.]*[ \u00a0]\Z"), 20
FINITE_VERBS = frozenset({"VBZ", "VBP", "VBD", "MD"})
# Log odds are told apart to a whole number, within these.
LEAST, MOST = -6, 3
NEAR = (-1, 0, 1)
# What a feature has to be worth (first: to be kept at all), what its values must come to, and when learning ends.
LEARNING = {"c1": 3.0, "c2": 1.0, "feature.minfreq": 3, "max_iterations": 100, "feature.possible_transitions": True}
# Numbers, where everything else that is said of a word is yes or no; none is below zero, since the library drops a
# feature whose values come to less than nothing. Log odds are counted from the least.
SCALE, LEAST_ODDS = 3, -12.0

Features = dict[str, float]


@dataclass(frozen=True, slots=True)
class Sample:
    """A statement that holds one span of this name or more. `spans` are (start, end) in code points of its passage;
    `odds` (pieces of the passage x SPANS) is what a reader said that had not learned from the passage."""

    reading: Reading
    number: int
    name: str
    odds: np.ndarray
    spans: Sequence[tuple[int, int]]


class Cutter:
    """For one thread at a time: the library keeps the statement that it is at."""

    def __init__(self, model: bytes):
        import pycrfsuite

        self._tagger = pycrfsuite.Tagger()
        # The library reads from these bytes as long as it runs, and does not keep them.
        self._model = model
        try:
            self._tagger.open_inmemory(model)
        except ValueError as error:
            raise ModelError(f"What cuts spans out of statements cannot be read. {AGAIN}") from error

    def of_statement(self, reading: Reading, number: int, name: str, odds: np.ndarray) -> list[Span]:
        """The spans of this name in a statement that is known to hold one; all of it when none stands out.

        `odds` is what `LabelReader.spans` gives: pieces x SPANS.
        """
        stretch, cut = reading.stretches[number], []
        done = stretch.start
        for start, end in self._runs(reading, number, name, odds):
            if end > done:  # else the span before it has taken in the rest of a word, and this is that rest
                start, done = _whole(reading.text, max(start, done), end, done, stretch.end)
                cut.append((start, done))
        return [trimmed(reading.text, *one) for one in cut or [(stretch.start, stretch.end)]]

    def _runs(self, reading: Reading, number: int, name: str, odds: np.ndarray) -> list[tuple[int, int]]:
        """The spans as words, from the first letter to the last."""
        if not reading.words[number]:
            return []
        words = _Words.of(reading, number)
        tags = self._tagger.tag(_features(words, _strengths(reading, number, name, odds)))
        return [(words.starts[first], words.ends[last - 1]) for first, last in _runs(tags)]


def learn(samples: Iterable[Sample]) -> bytes:
    """What a `Cutter` works by."""
    import pycrfsuite

    trainer = pycrfsuite.Trainer(verbose=False, params=LEARNING)
    for sample in samples:
        words = _Words.of(sample.reading, sample.number)
        strengths = _strengths(sample.reading, sample.number, sample.name, sample.odds)
        trainer.append(_features(words, strengths), _tags(words, sample.spans))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model"
        trainer.train(str(path))
        return path.read_bytes()


def holds_any(reading: Reading, number: int, spans: Sequence[tuple[int, int]]) -> bool:
    """Whether a word of the statement lies in one of these."""
    return bool(reading.words[number]) and BEGIN in _tags(_Words.of(reading, number), spans)


@dataclass(frozen=True, slots=True)
class _Words:
    """The words of a statement: where they stand, in small letters, their tags, and the mark before each ("" none)."""

    starts: list[int]
    ends: list[int]
    forms: list[str]
    tags: list[str]
    marks: list[str]

    @classmethod
    def of(cls, reading: Reading, number: int) -> "_Words":
        starts = [int(reading.starts[first]) for first, _ in reading.words[number]]
        ends = [int(reading.ends[last - 1]) for _, last in reading.words[number]]
        tokens = reading.stretches[number].tokens
        tag_at = dict(zip(tokens.starts, tokens.tags, strict=True))
        # Without what no library reads: half of a surrogate pair, NUL, the tags of a pasted page.
        text = statements.readable(reading.text)
        forms = [text[start:end].lower() for start, end in zip(starts, ends, strict=True)]
        between = (text[end:start] for end, start in zip(ends, starts[1:], strict=False))
        return cls(
            starts, ends, forms, [tag_at.get(start, "") for start in starts], [".", *(_mark(gap) for gap in between)]
        )

    def clauses(self) -> list[tuple[int, int]]:
        """As ranges of words."""
        first = [
            place
            for place, (form, mark) in enumerate(zip(self.forms, self.marks, strict=True))
            if mark or form in JOINS or place == 0
        ]
        return list(zip(first, [*first[1:], len(self.forms)], strict=True))


def _mark(gap: str) -> str:
    """The mark between two words: not what stands inside one, as in "3.5" or "long-term"."""
    marks = MARKS if any(map(str.isspace, gap)) else DASHES
    return next((sign for sign in gap if sign in marks), "")


def _strengths(reading: Reading, number: int, name: str, odds: np.ndarray) -> np.ndarray:
    """Of each word of a statement, as its strongest piece."""
    column = odds[:, COLUMNS[name]]
    return np.array([column[first:last].max() for first, last in reading.words[number]], np.float64)


def _features(words: _Words, strengths: np.ndarray) -> list[Features]:
    """What is known of each word, by name. With a change of these, raise store.FORMAT and learn again."""
    clauses = words.clauses()
    means = [float(strengths[first:last].mean()) for first, last in clauses]
    finite = [any(tag in FINITE_VERBS for tag in words.tags[first:last]) for first, last in clauses]
    turns = [words.forms[first] in CONTRASTS for first, _ in clauses]
    found: list[Features] = []
    for number, (first, last) in enumerate(clauses):
        of_clause = [
            f"clause:{_binned(means[number] - max(means))}",
            f"finite:{finite[number]}",
            f"head:{words.marks[first]}{words.forms[first]}",
            f"before a turn:{any(turns[number + 1 :])}",
            f"after a turn:{any(turns[: number + 1])}",
            f"alone:{len(clauses) == 1}",
        ]
        for place in range(first, last):
            known = dict.fromkeys(of_clause, 1.0) | dict.fromkeys(_near(words, place), 1.0)
            known["strength"] = max(float(strengths[place]) - LEAST_ODDS, 0.0) / SCALE
            known["below"] = float(strengths.max() - strengths[place])
            found.append(known)
        opening, closing = found[first], found[last - 1]
        opens = f"opens:{words.marks[first]}{words.forms[first]}"
        opening |= {"opens": 1.0, opens: 1.0, f"opens:{finite[number]}": 1.0}
        if number:
            opening[f"opens:{words.marks[first]}{finite[number - 1]}{finite[number]}"] = 1.0
            opening[f"rises:{_binned(means[number] - means[number - 1])}"] = 1.0
        closing["closes"] = 1.0
        if number + 1 < len(clauses):
            closing[f"closes:{words.marks[last]}{words.forms[last]}"] = 1.0
            closing[f"falls:{_binned(means[number + 1] - means[number])}"] = 1.0
        else:
            closing["ends"] = 1.0
    return found


def _near(words: _Words, place: int) -> Iterator[str]:
    for away in NEAR:
        if 0 <= place + away < len(words.forms):
            yield f"word{away}:{words.forms[place + away]}"
            yield f"tag{away}:{words.tags[place + away]}"
    yield f"mark:{words.marks[place]}"
    yield f"next:{words.marks[place + 1] if place + 1 < len(words.marks) else '.'}"


def _binned(odds: float) -> str:
    return str(round(max(LEAST, min(MOST, odds))))


def _tags(words: _Words, spans: Sequence[tuple[int, int]]) -> list[str]:
    tags = [OUTSIDE] * len(words.starts)
    for start, end in spans:
        inside = [place for place, at in enumerate(words.starts) if at < end and words.ends[place] > start]
        for place in inside:
            tags[place] = BEGIN if place == inside[0] else INSIDE
    return tags


def _runs(tags: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Each span as a range of words; one that begins without its mark is one all the same."""
    first = None
    for place, tag in enumerate([*tags, OUTSIDE]):
        if first is not None and tag != INSIDE:
            yield first, place
            first = None
        if tag == BEGIN or (tag == INSIDE and first is None):
            first = place


def _whole(text: str, start: int, end: int, least: int, most: int) -> tuple[int, int]:
    """With the signs and the number that belong to its first and last word: "£2m", "£3 million", "40%", "(again)"."""
    while start > least and (text[start - 1] in BEFORE or _inside_a_word(text, start)):
        start -= 1
    if counted := COUNT_BEFORE.search(text, max(start - LONGEST_COUNT, least), start):
        start = counted.start()
    while end < most and (text[end] in AFTER or _inside_a_word(text, end)):
        end += 1
    return start, end


def _inside_a_word(text: str, place: int) -> bool:
    """Between letters and digits, with one sign between them at most: in "2m", "3.5", "long-term"."""
    before, after = text[place - 1], text[place]
    if before.isalnum() and after.isalnum():
        return True
    if before.isalnum():
        return not after.isspace() and text[place + 1 : place + 2].isalnum()
    return after.isalnum() and not before.isspace() and text[max(place - 2, 0) : place - 1].isalnum()


def trimmed(text: str, start: int, end: int) -> Span:
    """Without a full stop or another mark at its end."""
    while end - start > 1 and not (text[end - 1].isalnum() or text[end - 1] in AFTER):
        end -= 1
    return Span(start, end, text[start:end])
