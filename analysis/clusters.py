"""Themes outside the framework: what people say together that no label holds, named by their own words.

Statements are joined into a tree by average linkage of cosine distances, which draws nothing by lot. Where to cut such
a tree is the weak point of the method, and one height for all would have to be set anew for each encoder. So every
branch of a fitting size is a candidate, and those are kept that come back when a fifth of the statements is left out
(clusterwise stability by the Jaccard coefficient: Hennig 2007, "Cluster-wise assessment of cluster stability"; from
0.6 he sees a pattern in the data, from 0.75 a stable cluster). Of branches within one another the best by size and
stability together is taken, bottom up, as HDBSCAN does (Campello et al. 2013). What is on none of them is in no theme.

A branch without three telling words that most of its wordings say is no theme either: what lies far from all that is
spoken of often comes together by that alone.

Near-duplicates count once, as one wording: a campaign letter sent a thousand times is found by `duplicates`, and is no
theme by itself.

Measured on invented statements in five runs, each with another nine tenths, order and seed; the figure is the least
adjusted Rand index of two runs over the statements they share, those in no theme being one class. In 92 plain
statements, six subjects of 12 and 20 on none, it was 0.87 with means over all pieces from the encoder before it was
fine-tuned, and 1.00 with means over pieces of words that are no stop words. In 120 harder ones, where each subject is
told in ever other words, it was 0.43: the same themes came again (0.86 over statements that both runs placed), but 8 to
27 % of the statements were placed in one run and not in the other. A theme that is absent is not shown to be absent.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from analysis import duplicates

# Wordings that make a theme.
FEWEST = 5
# A branch that holds more than a third of all is the tree's trunk; it comes back whatever it says.
LARGEST_SHARE = 1 / 3
# Mean cosine at which a branch was joined, where 0 is any two statements: below, the company is by chance.
LEAST_LIKENESS = 0.1
STABLE = 0.65
ROUNDS, KEPT = 20, 0.8
# Wordings in the tree; it takes time and memory by their square. The others join the nearest theme afterwards.
MOST = 2_000
# Of a theme's wordings in the tree the nearest nine tenths show how far it reaches.
REACH = 0.1

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
PLURAL = re.compile(r"(?<=[^s])s$|(?<=ch|sh|ss)es$|(?<=x)es$")
FEWEST_WORDS, MOST_WORDS = 3, 4
# Shares of a theme's wordings that say one word of its name, and two of them: of short sentences without a subject of
# their own ("It went well"), gathered because they are like nothing else, fewer do.
SAY_ONE, SAY_TWO = 2 / 3, 0.4

# The places of texts that say the same in the same words.
Wording = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Theme:
    """What some statements have in common. `members` are places in the texts, nearest to the centre first.

    `name` is three or four words that tell it from the rest, the most telling first, each said in two wordings or more.
    `size` counts wordings: near-duplicates, all of them members, are one. `cohesion` is the mean cosine between a
    wording and the centre, from 0 (as near as any statement) to 1.
    """

    name: tuple[str, ...]
    members: tuple[int, ...]
    size: int
    cohesion: float


def themes(texts: Sequence[str], vectors: np.ndarray, seed: int = 0) -> list[Theme]:
    """Themes of statements, largest first; a statement is in one at most, and many are in none.

    `vectors` (texts x width) say what each text means, in any unit; the same width for all. A text without a letter or
    digit, or whose vector says nothing, is left out. The order of texts changes no theme. `seed` draws which statements
    are left out when stability is tried, and which stand in the tree where there are more than MOST wordings.
    Raises ValueError where vectors are not one finite row for each text.

    On one core 2,000 wordings take 2 seconds and 100 MB, 20,000 take 4 and 180: the tree is bounded by MOST, and each
    statement more adds its vector three times over and what `duplicates.groups` takes.
    """
    vectors = _checked(texts, vectors)
    wordings = _wordings(texts, vectors, seed)
    if len(wordings) < FEWEST:
        return []
    centred = _centred(np.array([vectors[list(wording)].mean(axis=0) for wording in wordings]))
    found = list(_grown(_stable_branches(centred[:MOST], seed), centred))
    said = [texts[wording[0]] for wording in wordings]
    named = zip(_names(said, [places for places, _ in found]), found, strict=True)
    made = [_theme(name, one, wordings) for name, one in named if _is_told(name, [said[place] for place in one[0]])]
    return sorted(made, key=lambda theme: (-theme.size, -theme.cohesion, theme.name))


def where_said(name: Sequence[str], text: str) -> list[tuple[int, int, int]]:
    """Where a text says the words that a theme is named by: which of them (from 0), start and end in characters.

    Each word once, where it comes first, in the singular or the plural; in the order of the text.
    """
    numbers = {_root(word): number for number, word in enumerate(name)}
    found: dict[int, tuple[int, int, int]] = {}
    for word in WORD.finditer(text):
        form = word.group().lower().replace("’", "'").removesuffix("'s")
        if (number := numbers.get(_root(form))) is not None:
            found.setdefault(number, (number, word.start(), word.start() + len(form)))
    return sorted(found.values(), key=lambda place: place[1])


def _is_told(name: Sequence[str], texts: Sequence[str]) -> bool:
    """Whether the words of a name are what its wordings talk about, and not what a few of them happen to share."""
    told = np.array([len(where_said(name, text)) for text in texts])
    return len(name) >= FEWEST_WORDS and (told > 0).mean() >= SAY_ONE and (told > 1).mean() >= SAY_TWO


def _checked(texts: Sequence[str], vectors: np.ndarray) -> np.ndarray:
    vectors = np.asarray(vectors, np.float32)
    if vectors.ndim != 2 or len(vectors) != len(texts):
        raise ValueError(f"One row is needed for each of {len(texts)} texts: vectors have shape {vectors.shape}")
    if not np.isfinite(vectors).all():
        raise ValueError("Vectors must be finite")
    return vectors


def _wordings(texts: Sequence[str], vectors: np.ndarray, seed: int) -> list[Wording]:
    """In an order by lot that the order of texts does not change. The first place of each stands for the others."""
    said = vectors.any(axis=1)
    plain = [duplicates.normalised(text) if said[place] else "" for place, text in enumerate(texts)]
    groups = duplicates.groups([text if plain[place] else "" for place, text in enumerate(texts)])
    grouped = {place for group in groups for place in group}
    groups += [(place,) for place, text in enumerate(plain) if text and place not in grouped]
    ordered = [tuple(sorted(group, key=lambda place: (plain[place], texts[place], place))) for group in groups]
    return sorted(ordered, key=lambda group: _lot(plain[group[0]], seed))


def _lot(text: str, seed: int) -> bytes:
    return hashlib.blake2b(f"{seed} {text}".encode(), digest_size=16).digest()


def _centred(vectors: np.ndarray) -> np.ndarray:
    """Directions from the mean of all: what every statement has in common says nothing of any. Zero at the mean."""
    moved = vectors - vectors.mean(axis=0)
    lengths = np.linalg.norm(moved, axis=1, keepdims=True)
    tiny = 1e-5 * np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.where(lengths > tiny, moved / np.maximum(lengths, 1e-30), 0).astype(np.float32)


def _stable_branches(vectors: np.ndarray, seed: int) -> list[np.ndarray]:
    """Which vectors are on each of the branches that come back; no vector is on two."""
    branches, likeness = _branches(vectors, FEWEST)
    branches = branches[likeness >= LEAST_LIKENESS]
    gains = branches.sum(axis=1) * (_stability(branches, vectors, seed) - STABLE)
    chosen: list[int] = []
    # Branches come before those they are part of, and each holds another wholly or not at all.
    for branch, gain in enumerate(gains):
        inside = [other for other in chosen if branches[branch][branches[other].argmax()]]
        if gain > max(0, gains[inside].sum()):
            chosen = [other for other in chosen if other not in inside] + [branch]
    return [np.flatnonzero(branches[branch]) for branch in chosen]


def _branches(vectors: np.ndarray, fewest: int) -> tuple[np.ndarray, np.ndarray]:
    """Branches of a fitting size (branches x vectors, 0 or 1) and the mean cosine at which each was joined."""
    from sklearn.cluster import AgglomerativeClustering

    count = len(vectors)
    distances = np.clip(1 - vectors @ vectors.T, 0, 2)
    tree = AgglomerativeClustering(None, metric="precomputed", linkage="average", distance_threshold=0).fit(distances)
    branches, likeness = [], []
    members: list[list[int] | None] = [[place] for place in range(count)]
    for (one, other), distance in zip(tree.children_.tolist(), tree.distances_.tolist(), strict=True):
        joined = _within(members[one], members[other], LARGEST_SHARE * count)
        members.append(joined)
        if joined and len(joined) >= fewest:
            branches.append(np.bincount(joined, minlength=count))
            likeness.append(1 - distance)
    return np.array(branches, np.float32).reshape(-1, count), np.array(likeness)


def _within(one: list[int] | None, other: list[int] | None, most: float) -> list[int] | None:
    return one + other if one and other and len(one) + len(other) <= most else None


def _stability(branches: np.ndarray, vectors: np.ndarray, seed: int) -> np.ndarray:
    """How much of each branch comes back without a fifth of the vectors: mean Jaccard with the best branch there."""
    lots = np.random.default_rng(seed)
    total = np.zeros(len(branches))
    for _ in range(ROUNDS):
        kept = np.sort(lots.permutation(len(vectors))[: round(KEPT * len(vectors))])
        others, _ = _branches(vectors[kept], round(KEPT * FEWEST))
        left = branches[:, kept]
        shared = left @ others.T
        either = left.sum(axis=1)[:, None] + others.sum(axis=1) - shared
        total += (shared / np.maximum(either, 1)).max(axis=1, initial=0)
    return total / ROUNDS


def _grown(branches: Sequence[np.ndarray], vectors: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The places of each theme and their cosines with its centre, with those joined that were not in the tree."""
    if not branches:
        return
    centres = [vectors[branch].mean(axis=0) for branch in branches]
    likeness = vectors @ np.array([centre / np.linalg.norm(centre) for centre in centres]).T
    nearest = likeness[MOST:].argmax(axis=1)
    for number, branch in enumerate(branches):
        reach = np.quantile(likeness[branch, number], REACH)
        joining = MOST + np.flatnonzero((nearest == number) & (likeness[MOST:, number] >= reach))
        places = np.concatenate([branch, joining])
        yield places, likeness[places, number]


def _theme(name: tuple[str, ...], found: tuple[np.ndarray, np.ndarray], wordings: Sequence[Wording]) -> Theme:
    places, likeness = found
    nearest_first = places[np.lexsort((places, -likeness))].tolist()
    members = tuple(member for place in nearest_first for member in wordings[place])
    return Theme(name, members, len(places), round(float(likeness.mean()), 4))


def _names(texts: Sequence[str], themes: Sequence[np.ndarray]) -> Iterator[tuple[str, ...]]:
    """A name for each theme, of the words that several say in it and few elsewhere; fewer words where few are shared.

    By weighted log odds with an informative prior (Monroe, Colaresi & Quinn 2008, "Fightin' Words"): a word counts once
    a wording, and the prior is what all wordings say, with the weight of the theme's own words. Unlike TF-IDF by class
    it knows that two of two says less than twenty of twenty-one.
    """
    forms = [_telling_words(text) for text in texts]
    everywhere = Counter(root for written in forms for root in written)
    for places in themes:
        here = Counter(root for place in places for root in forms[place])
        odds = _log_odds(here, everywhere)
        shared = [root for root in here if here[root] > 1 and odds[root] > 0]
        best = sorted(shared, key=lambda root: (-odds[root], root))[:MOST_WORDS]
        # The last word is left out where it says much less than the first.
        clear = [root for root in best if odds[root] >= odds[best[0]] / 2]
        chosen = best[: max(FEWEST_WORDS, len(clear))]
        yield tuple(_as_written(root, [forms[place] for place in places]) for root in chosen)


def _telling_words(text: str) -> dict[str, str]:
    """Words that are no stop words, as written, by what a singular and a plural have in common."""
    from spacy.lang.en.stop_words import STOP_WORDS

    written = (word.lower().replace("’", "'").removesuffix("'s") for word in WORD.findall(text))
    telling = (form for form in written if form.isalpha() and len(form) > 2 and form not in STOP_WORDS)
    return {_root(form): form for form in telling}


def _root(form: str) -> str:
    return form[:-3] + "y" if form.endswith("ies") and len(form) > 4 else PLURAL.sub("", form)


def _log_odds(here: Counter, everywhere: Counter) -> dict[str, float]:
    inside, everything = here.total(), everywhere.total()
    odds = {}
    for root, count in here.items():
        prior = everywhere[root] * inside / everything
        one, other = count + prior, everywhere[root] - count + prior
        # One word more on either side keeps a text of a single word from dividing by nothing.
        difference = np.log(one / (2 * inside - one + 1)) - np.log(other / (everything - other + 1))
        odds[root] = float(difference / np.sqrt(1 / one + 1 / other))
    return odds


def _as_written(root: str, forms: Sequence[dict[str, str]]) -> str:
    written = Counter(one[root] for one in forms if root in one)
    return min(written, key=lambda form: (-written[form], form))
