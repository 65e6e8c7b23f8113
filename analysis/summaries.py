"""Summaries of what was heard: statements in, points out, each told in a sentence that stands on what it cites.

A point is what several statements name with the same words: a noun phrase, in the singular or the plural. All that a
point cites says its name, so that "4 organisations spoke of legal aid" can be read off the statements. A grouping by
likeness alone is no point: nothing would tell the reader what it is. What nobody else names stands by itself, in its
own words, where it is a whole sentence; half sentences and headings are kept together at the end.

Phrases are chosen greedily, as a set is covered (Chvátal 1979): the one that most organisations say, longer phrases
before shorter ones, until none is said twice; a statement belongs to the first that takes it. Words that say nothing in
this field, or nothing within the subject, name no point.
"""

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from analysis import clusters, duplicates
from analysis import outside as meanings
from analysis.statements import readable
from forms.heard import Said, Sentence, Way, name_of, voices_of, whoever

# What a summary tells it was made by; another one where the same statements would give other points.
VERSION = "points-1"
# Words of a phrase. Longer ones tell more, and the more is said the more of it: of 5,000 statements two words count for
# nearly three times one, of 50 for half more.
LONGEST = 4
TELLS_MORE = 0.12
# Statements of which one word alone names a point: below, the company is by chance.
FEWEST_OF_ONE_WORD = 3
# A single word that more than this share of all say names the subject, and not a point of it.
MOST_OF_ONE_WORD = 1 / 3
ENOUGH_TO_TELL = 12
FEWEST_WORDS = 5  # of a sentence that stands by itself
STEM = 6  # letters: "advocates" says no more in what was heard on advocacy than "advocacy"

NOUNS = frozenset({"NN", "NNS", "NNP", "NNPS"})
BEFORE = frozenset({"JJ", "VBG", "HYPH"})
ARTICLES = ("a", "an", "the")
VERBS = frozenset({"VB", "VBD", "VBP", "VBZ", "MD"})
# What begins a sentence that is understood with the one before it alone.
LEANS = frozenset(
    {
        "and",
        "but",
        "or",
        "so",
        "also",
        "then",
        "it",
        "its",
        "they",
        "them",
        "their",
        "he",
        "she",
        "his",
        "her",
        "this",
        "that",
        "these",
        "those",
        "here",
        "there",
        "both",
        "such",
        "one",
        "two",
        "three",
        "either",
        "neither",
        "another",
        "because",
        "which",
        "who",
        "whose",
        "yes",
        "no",
    }
)
# Said of everything in this field: no name by themselves, and none together.
VAGUE_FILE = Path(__file__).parent / "vague.txt"

Key = tuple[str, ...]
Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Point:
    """A point with its sentence. `places` are where each statement that it cites says its name, in characters of the
    text; empty where it has none."""

    sentence: Sentence
    places: Mapping[int, Place]

    @property
    def order(self) -> tuple:
        """Most shared first, what one says beside what else they say, and what no point holds at the end."""
        told = self.sentence
        alone = f"{whoever(told)} {sorted(voices_of(told.cited[0]))}" if told.voices == 1 else ""
        more = (told.way is not Way.NAMED, -told.wordings, told.name, told.citations)
        return (told.way is Way.REST, -told.organisations, -told.voices, alone, *more)


def summarise(
    statements: Iterable[Said],
    *,
    language: Callable,
    vectors: Mapping[int, np.ndarray] | None = None,
    subject: str = "",
) -> list[Point]:
    """Points of these statements, most shared first. Each statement is in one point.

    `language` is spaCy as `statements.load_language` has it. `vectors` say what a text means by the id of its
    statement, all of one width and for all; without them, texts are read by the words that they share
    (`outside.meanings`): they order what a point cites, nearest to what it has in common first. The words of `subject`
    name no point. The order of statements changes nothing. ValueError where two statements have one id or vectors are
    absent for some.

    On one core 5,000 statements take seconds: docs/quality.md.
    """
    ordered = sorted(statements, key=lambda one: one.id)
    among = {one.id: one for one in ordered}
    if len(among) != len(ordered):
        raise ValueError("Each statement has an id of its own")
    if not ordered:
        return []
    among = _in_wordings(among)
    texts = _Texts(among, language, subject)
    directions = _directions(among, vectors)
    points = [_named(key, ids, texts, directions) for key, ids in _chosen(texts)]
    taken = {id for point in points for id in point.sentence.citations}
    return sorted([*points, *_by_themselves(texts, taken)], key=lambda point: point.order)


def _in_wordings(among: Mapping[int, Said]) -> dict[int, Said]:
    """Near-duplicates have one wording: the least of their ids."""
    ids = list(among)
    groups = duplicates.groups([one.text for one in among.values()])
    wording = {ids[place]: ids[group[0]] for group in groups for place in group}
    return {id: replace(one, wording=wording.get(id, id)) for id, one in among.items()}


class _Texts:
    """Statements as they are read: which phrases each says and where, and which of them stand by themselves."""

    def __init__(self, among: Mapping[int, Said], language: Callable, subject: str) -> None:
        self.among = among
        self.says: dict[int, dict[Key, Place]] = {}
        self.alone: dict[int, bool] = {}
        stems = frozenset(clusters.WORD.findall(subject.lower()))
        tells = _tells({word[:STEM] for word in stems if len(word) > 3})
        texts = (readable(one.text) for one in among.values())
        with language.select_pipes(enable=[name for name in ("tok2vec", "tagger") if name in language.pipe_names]):
            for id, doc in zip(among, language.pipe(texts), strict=True):
                words = [(token.idx, token.text, token.tag_) for token in doc if not token.is_space]
                self.says[id] = {} if _is_heading(words) else dict(reversed(list(_phrases(words, tells))))
                self.alone[id] = _stands_alone(words)


def _tells(stems: set[str]) -> Callable[[str], bool]:
    @cache
    def tells(root: str) -> bool:
        return len(root) > 2 and root not in _vague() and root not in _stop_words() and root[:STEM] not in stems

    return tells


@cache
def _vague() -> frozenset[str]:
    lines = VAGUE_FILE.read_text("utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


@cache
def _stop_words() -> frozenset[str]:
    from spacy.lang.en.stop_words import STOP_WORDS

    return frozenset(STOP_WORDS)


Word = tuple[int, str, str]  # where it begins, as it is written, its tag (Penn Treebank)


def _phrases(words: Sequence[Word], tells: Callable[[str], bool]) -> Iterator[tuple[Key, Place]]:
    """The noun phrases that are said, by what singular and plural have in common, and where each is."""
    for start, end in _runs(words):
        for first in range(start, end):
            for last in range(first, min(end, first + 2 * LONGEST)):
                if first < last and words[last + 1 : last + 2] and words[last + 1][2] in NOUNS:
                    continue  # "intensive family" of "intensive family support"; "kinship" of it tells something
                key = _key(words[first : last + 1])
                if 0 < len(key) <= LONGEST and _is_name(words[first : last + 1], key, tells):
                    yield key, (_from(words, first, last), words[last][0] + len(words[last][1]))


def _from(words: Sequence[Word], first: int, last: int) -> int:
    """Where a phrase begins, with its article: "the price agreement", and "kinship" of "a kinship carer"."""
    whole = last + 1 == len(words) or words[last + 1][2] not in NOUNS
    article = whole and first > 0 and words[first - 1][1].lower() in ARTICLES
    return words[first - 1 if article else first][0]


def _runs(words: Sequence[Word]) -> Iterator[tuple[int, int]]:
    """From where to where there are nouns and what belongs to them, with "of" and "and" between two of them."""
    start = None
    for at, (_, _, tag) in enumerate([*words, (0, "", "")]):
        inside = tag in NOUNS or tag in BEFORE or _is_made(words, at) or (start is not None and _joins(words, at))
        if inside and start is None:
            start = at
        elif not inside and start is not None:
            yield start, at
            start = None


def _is_made(words: Sequence[Word], at: int) -> bool:
    """The participle of "a capped-price agreement", and not that of "we have trained staff"."""
    if at >= len(words) or words[at][2] != "VBN" or at + 1 == len(words):
        return False
    return words[at + 1][2] == "HYPH" or (words[at - 1][2] in ("DT", "JJ", "IN") if at else False)


def _joins(words: Sequence[Word], at: int) -> bool:
    """An "of", "for" or "and" between nouns, with an article behind it or without."""
    _, form, tag = words[at] if at < len(words) else (0, "", "")
    if tag == "DT" and form.lower() == "the":
        return words[at - 1][1].lower() in ("of", "for")
    following = words[at + 1][2] if at + 1 < len(words) else ""
    return form.lower() in ("of", "for", "and") and words[at - 1][2] in NOUNS and following in NOUNS | BEFORE | {"DT"}


def _key(words: Sequence[Word]) -> Key:
    return tuple(
        clusters._root(form.lower()) for _, form, tag in words if tag != "HYPH" and form.lower() not in ("the", "-")
    )


def _is_name(words: Sequence[Word], key: Key, tells: Callable[[str], bool]) -> bool:
    first, last = words[0], words[-1]
    if last[2] not in NOUNS or first[2] not in NOUNS | {"JJ", "VBG", "VBN"} or not tells(key[0]) and first[2] == "JJ":
        return False
    if not all(form.isalpha() for _, form, tag in words if tag != "HYPH"):
        return False
    telling = [root for root in key if tells(root)]
    if "and" in key:  # "brothers and sisters": both sides tell, or it is a list that happens to be one
        return len(key) == 3 and len(telling) == 2
    if "of" in key or "for" in key:
        return tells(key[0]) and tells(key[-1])
    return len(telling) >= 1 and (len(key) == 1 or tells(key[-1]) or len(telling) >= len(key) / 2)


def _is_heading(words: Sequence[Word]) -> bool:
    """A few words without a verb: they name a subject, and say nothing of it."""
    said = [form for _, form, _ in words if form[:1].isalpha()]
    return len(said) < FEWEST_WORDS and not any(tag in VERBS for _, _, tag in words)


def _stands_alone(words: Sequence[Word]) -> bool:
    """Whether it is a whole sentence that is understood by itself."""
    said = [form for _, form, _ in words if form[:1].isalnum()]
    if len(said) < FEWEST_WORDS or said[0].lower() in LEANS or words[-1][1] in (":", ";", ",", "-"):
        return False
    if words[1][1] == ":":
        return False
    return (said[0][0].isupper() or said[0][0].isdigit()) and any(tag in VERBS for _, _, tag in words)


# -- Choosing what is a point ---------------------------------------------------------------------------


def _chosen(texts: _Texts) -> Iterator[tuple[Key, list[int]]]:
    """Phrases with the statements that each takes, the one that tells most of most voices first."""
    saying: defaultdict[Key, list[int]] = defaultdict(list)
    for id, said in texts.says.items():
        for key in said:
            saying[key].append(id)
    wordings = len({one.wording for one in texts.among.values()})
    left = {key: ids for key, ids in saying.items() if _is_shared(key, ids, texts.among, wordings)}
    queue = [(_rank(key, ids, texts.among, wordings), key) for key, ids in left.items()]
    heapq.heapify(queue)
    taken: set[int] = set()
    while queue:
        rank, key = heapq.heappop(queue)
        ids = [id for id in left[key] if id not in taken]
        if not _is_shared(key, ids, texts.among, wordings):
            continue
        if (now := _rank(key, ids, texts.among, wordings)) != rank:
            heapq.heappush(queue, (now, key))  # others have taken some of it meanwhile
            continue
        taken |= set(ids)
        yield key, ids


def _is_shared(key: Key, ids: Sequence[int], among: Mapping[int, Said], wordings: int) -> bool:
    """Whether it is said in two wordings or more; one word alone in more, and not in all that is said."""
    found = len({among[id].wording for id in ids})
    if len(key) > 1:
        return found > 1
    voices = {voice for id in ids for voice in voices_of(among[id])}
    return (
        found >= FEWEST_OF_ONE_WORD
        and len(voices) > 1
        and (wordings < ENOUGH_TO_TELL or found <= MOST_OF_ONE_WORD * wordings)
    )


def _rank(key: Key, ids: Sequence[int], among: Mapping[int, Said], wordings: int) -> tuple:
    weight = wordings ** (TELLS_MORE * (min(len(key), 3) - 1))
    voices = {voice for id in ids for voice in voices_of(among[id])}
    return -len(voices) * weight, -len({among[id].wording for id in ids}) * weight, -len(key)


# -- Points ---------------------------------------------------------------------------------------------


def _named(key: Key, ids: Sequence[int], texts: _Texts, directions: Mapping[int, np.ndarray]) -> Point:
    places = {id: texts.says[id][key] for id in ids}
    nearest = _nearest_first(ids, texts, directions)
    forms = [(texts.among[id].text[slice(*places[id])], places[id][0] == 0) for id in nearest]
    return Point(Sentence(name_of(forms), tuple(nearest), texts.among), {id: places[id] for id in nearest})


def _nearest_first(ids: Sequence[int], texts: _Texts, directions: Mapping[int, np.ndarray]) -> list[int]:
    """Whole sentences first, then those nearest to what all of them have in common."""
    centre = np.mean([directions[id] for id in ids], axis=0)
    return sorted(ids, key=lambda id: (not texts.alone[id], -round(float(directions[id] @ centre), 5), id))


def _by_themselves(texts: _Texts, taken: set[int]) -> Iterator[Point]:
    """What no phrase has taken: each wording by itself, and what does not stand by itself together."""
    left: defaultdict[int, list[int]] = defaultdict(list)
    for id, one in texts.among.items():
        if id not in taken:
            left[one.wording].append(id)
    rest: list[int] = []
    for ids in left.values():
        whole = sorted(ids, key=lambda id: (not texts.alone[id], id))
        if texts.alone[whole[0]]:
            yield Point(Sentence("", tuple(whole), texts.among, Way.QUOTED), {})
        else:
            rest += ids
    if rest:
        yield Point(Sentence("", tuple(sorted(rest)), texts.among, Way.REST), {})


def _directions(among: Mapping[int, Said], vectors: Mapping[int, np.ndarray] | None) -> dict[int, np.ndarray]:
    if vectors is None:
        rows = meanings.meanings([one.text for one in among.values()])
    elif missing := [id for id in among if id not in vectors]:
        raise ValueError(f"Vectors are for all statements or for none: {missing[0]} has none")
    else:
        rows = np.array([vectors[id] for id in among], np.float32)
    lengths = np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-30)
    return dict(zip(among, rows / lengths, strict=True))
