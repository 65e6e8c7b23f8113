"""Near-duplicates and campaign text, grouped: texts that are the same but for small edits, or that share a letter.

Two texts belong together in one of two ways.
- Resemblance: most groups of five letters in either are in both (Jaccard). Letters, because one typing error spoils
  every word shingle it is in, and a statement has few; they are for texts short enough to be told apart by them.
- Containment: most shingles of four words in the shorter are in the longer (Broder 1997, "On the resemblance and
  containment of documents"). This finds a campaign letter under what people wrote before and after it.

Comparing all with all would be quadratic. Texts are compared where MinHash with banded locality-sensitive hashing
(Broder 1997; Indyk & Motwani 1998) puts them side by side, or where they share one of a fixed sample of word shingles
(Broder's "mod m"); each is compared with the first and the next of its company, so that pairs grow with the texts.
Every pair is then judged exactly, and pairs that hold are joined by union-find.

Thresholds were set on 125 statements invented for it and edited copies of each (not kept). A typing error or another
name leaves a copy of 9 to 12 words in the group in 1.0 and 0.95 of cases, one of 6 to 8 in 1.0 and 0.6; two different
statements resembled one another by 0.20 at most. What shingles cannot do is to know a name from any other word: where
the longest word was exchanged for one of another meaning, 0.9 of the copies of 9 to 12 words still grouped, and 0.3 of
those of 6 to 8. A sentence of 7 words added to 9 to 12 left 0.4 in the group, to 6 to 8 none: it is half of the text.
In 7,854 training passages of the project's own, none a copy of another, the one group found was "N/A" said twice.
"""

import re
import unicodedata
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

import numpy as np

WORD = re.compile(r"[^\W_]+")
NUMBER = re.compile(r"\d+")
APOSTROPHE = re.compile("['’]")

# Letters count the spaces between words. With fewer, about six words, one changed word is another answer.
FEWEST_LETTERS = 30
# In longer texts groups of letters begin to repeat, and any two would resemble one another.
MOST_LETTERS = 400
LETTERS = 5
RESEMBLANCE = 0.6

WORDS = 4
CONTAINMENT = 0.5
# Shingles that a shared text has at least: some 23 words. Set phrases of the field run to about ten.
FEWEST_SHARED = 20
# Of word shingles one in SAMPLED is looked up; the chance that none of FEWEST_SHARED is among them is 0.003.
SAMPLED = 4

# Texts that resemble one another by 0.6 share a band with a chance of 0.997, by 0.2 with one of 0.17.
BANDS, ROWS = 24, 3
SEED = 1997
TOGETHER = 2_000
MOST_REMEMBERED = 4_096


def groups(texts: Sequence[str]) -> list[tuple[int, ...]]:
    """Groups of two or more texts by their indexes, each in order, and groups by their first.

    A text is in one group at most; one without a letter or digit is in none. Texts of fewer than FEWEST_LETTERS group
    only where they are equal but for case, accents, punctuation and spaces; longer ones where they resemble one
    another by RESEMBLANCE, or where CONTAINMENT of the shorter is in the longer. Numbers then count as equal. Groups
    are joined by any pair, so a text that holds two campaign letters joins the senders of both.

    The order of texts changes no group, nor does the seed of Python's hashes. Raises nothing. On one core, 100,000
    statements of 5 to 40 words, a tenth of them campaign letters, take 23 seconds and 250 MB; both grow with the words
    there are.
    """
    members: defaultdict[str, list[int]] = defaultdict(list)
    for number, text in enumerate(texts):
        members[normalised(text)].append(number)
    members.pop("", None)
    # Sorted, so that who stands beside whom does not depend on the order in which texts came.
    distinct = sorted(members)
    roots = _joined(distinct, candidates(distinct))
    found: defaultdict[int, list[int]] = defaultdict(list)
    for text, root in zip(distinct, roots, strict=True):
        found[root] += members[text]
    return sorted(tuple(sorted(group)) for group in found.values() if len(group) > 1)


def normalised(text: str) -> str:
    """Words in lower case without accents, a space between them; no spaces in a very short text, no numbers in others.

    "N/A" and "n.a." are one answer, "10 beds" and "45 beds" are two.
    """
    letters = unicodedata.normalize("NFKD", text).casefold()
    letters = "".join(letter for letter in letters if not unicodedata.combining(letter))
    found = WORD.findall(APOSTROPHE.sub("", letters))
    if len(" ".join(found)) < FEWEST_LETTERS:
        return "".join(found)
    return " ".join(NUMBER.sub("0", word) for word in found)


def candidates(distinct: Sequence[str]) -> np.ndarray:
    """Pairs of places in `distinct`, normalised and sorted, that are worth comparing (pairs x 2), each pair once.

    There are at most twice BANDS pairs for a text, and two for each of its sampled word shingles.
    """
    pairs = np.concatenate([*_by_letters(distinct), _by_words(distinct)])
    return np.unique(pairs, axis=0)


def _by_letters(distinct: Sequence[str]) -> Iterator[np.ndarray]:
    owners = np.array([n for n, text in enumerate(distinct) if FEWEST_LETTERS <= len(text) <= MOST_LETTERS], np.int64)
    if len(owners):
        bands = _bands([distinct[owner] for owner in owners])
        for band in range(BANDS):
            # Those who share the next band too stand beside each other.
            yield _company(bands[:, band], bands[:, (band + 1) % BANDS], owners)


def _by_words(distinct: Sequence[str]) -> np.ndarray:
    owners, keys, firsts = [], [], []
    for owner, text in enumerate(distinct):
        sampled = [shingle for shingle in _word_shingles(text) if shingle % SAMPLED == 0]
        if sampled:
            keys += sampled
            owners += [owner] * len(sampled)
            firsts += [min(sampled)] * len(sampled)
    return _company(*(np.array(column, np.int64) for column in (keys, firsts, owners)))


def _company(keys: np.ndarray, beside: np.ndarray, owners: np.ndarray) -> np.ndarray:
    """Pairs of owners with one key: each with the next in the order of `beside`, and with the first."""
    order = np.lexsort((owners, beside, keys))
    keys, owners = keys[order], owners[order]
    starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])) if len(keys) else keys
    firsts = np.repeat(owners[starts], np.diff([*starts, len(keys)]))
    following = np.flatnonzero(keys[1:] == keys[:-1])
    nexts = np.column_stack([owners[following], owners[following + 1]])
    pairs = np.sort(np.concatenate([nexts, np.column_stack([firsts, owners])]), axis=1)
    return pairs[pairs[:, 0] != pairs[:, 1]]


def _bands(texts: Sequence[str]) -> np.ndarray:
    """One key for each band of each text (texts x BANDS): equal where ROWS minima of its letter groups are equal."""
    draws = np.random.default_rng(SEED).integers(1 << 63, size=(2, BANDS * ROWS), dtype=np.uint64)
    factors, shifts = draws[0] | np.uint64(1), draws[1]
    bands = np.zeros((len(texts), BANDS), np.uint64)
    for start in range(0, len(texts), TOGETHER):
        some = texts[start : start + TOGETHER]
        hashes, bounds = _letter_hashes(some)
        for number, (factor, shift) in enumerate(zip(factors, shifts, strict=True)):
            # Multiply and shift (Dietzfelbinger 1997): the upper half of a product is well mixed, the lower is not.
            minima = np.minimum.reduceat((hashes * factor + shift) >> np.uint64(32), bounds)[::2]
            band = bands[start : start + len(some), number // ROWS]
            band[:] = _mixed(band ^ minima)
    return bands


def _letter_hashes(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """A hash for each group of letters of all texts, and where those of each text begin and end, by turns."""
    codes = np.frombuffer("".join(texts).encode("utf-32-le"), np.uint32).astype(np.uint64)
    hashes = np.zeros(len(codes) - LETTERS + 1, np.uint64)
    for place in range(LETTERS):
        hashes = _mixed(hashes ^ codes[place : place + len(hashes)])
    ends = np.cumsum([len(text) for text in texts])
    starts = ends - [len(text) for text in texts]
    # The last end lies behind the last group, where nothing need be said.
    return hashes, np.column_stack([starts, ends - LETTERS + 1]).ravel()[:-1]


def _mixed(values: np.ndarray) -> np.ndarray:
    # The finaliser of SplitMix64 (Steele, Lea & Flood 2014), cut short; products wrap around.
    values = (values + np.uint64(0x9E3779B97F4A7C15)) * np.uint64(0xBF58476D1CE4E5B9)
    return values ^ (values >> np.uint64(29))


def _joined(distinct: Sequence[str], pairs: np.ndarray) -> list[int]:
    """The root of each text's group. A pair that is together already is not compared again."""
    roots = list(range(len(distinct)))
    belong = _judge()
    for one, other in pairs.tolist():
        root, other_root = _root(roots, one), _root(roots, other)
        if root != other_root and belong(distinct[one], distinct[other]):
            roots[max(root, other_root)] = min(root, other_root)
    return [_root(roots, place) for place in range(len(distinct))]


def _root(roots: list[int], place: int) -> int:
    while roots[place] != place:
        roots[place] = place = roots[roots[place]]
    return place


def _judge() -> Callable[[str, str], bool]:
    """Whether two texts belong together. Shingles are remembered as long as the judge is."""
    of_letters, of_words = (lru_cache(MOST_REMEMBERED)(cut) for cut in (_letter_groups, _word_shingles))

    def belong(one: str, other: str) -> bool:
        if max(len(one), len(other)) <= MOST_LETTERS and _jaccard(of_letters(one), of_letters(other)) >= RESEMBLANCE:
            return True
        fewer, more = sorted((of_words(one), of_words(other)), key=len)
        return len(fewer & more) >= max(FEWEST_SHARED, CONTAINMENT * len(fewer))

    return belong


def _jaccard(one: frozenset, other: frozenset) -> float:
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared)


def _letter_groups(text: str) -> frozenset[str]:
    return frozenset(text[place : place + LETTERS] for place in range(len(text) - LETTERS + 1))


def _word_shingles(text: str) -> frozenset[int]:
    words = text.split(" ")
    if len(words) < FEWEST_SHARED + WORDS - 1:
        return frozenset()
    return frozenset(zlib.crc32(" ".join(words[n : n + WORDS]).encode()) for n in range(len(words) - WORDS + 1))
