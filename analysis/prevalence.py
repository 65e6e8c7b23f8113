"""How many organisations, and how many statements, truly say something: what people decided, and of the rest what a
blind sample tells of the machine's error.

What people decided is counted as it is. What nobody has decided is counted by how often people gave the label in the
blind sample, whose items were drawn by lot with a known chance and coded without a suggestion: a two-phase sample
(Neyman 1938; Särndal, Swensson & Wretman 1992, "Model assisted survey sampling", ch. 9), post-stratified by what the
machine says. To correct by one sensitivity and one specificity (Rogan & Gladen 1978) would need both to be alike
everywhere; prediction-powered inference (Angelopoulos et al. 2023) has the same estimator of a total, with intervals
that need many blind items. Each rate is a Beta posterior of Jeffreys (Brown, Cai & DasGupta 2001, "Interval estimation
for a binomial proportion"), so that no error among few is not no error, and counts are drawn from it many times, as
multiple imputation does (Rubin 1987).

An organisation says something when one of its statements does. That is no sum of statements, and two things are not
known of it. Which organisations' rates: of those that are not known to say it yet, never of all, or the misses of those
that say it often would be laid on those that are silent. Rates are taken from blind items of organisations of which no
other passage is known to say it (the reasoning of Good 1953, "The population frequencies of species", left out one by
one), apart by how many statements of theirs the machine gave the label, each organisation weighing alike. And how
statements of one organisation hang together: no blind sample of a few items an organisation can tell, so nothing is
assumed but that they are not more apart than by chance. The count is bounded (Manski 2003, "Partial identification of
probability distributions"). At least, all that the machine labelled in an organisation is right together or wrong
together, and it missed nothing: an organisation says it as often as one of its labelled statements does. At most, each
is right or wrong by itself and misses are spread as widely as they can be. The interval runs from the lower end of the
one to the upper end of the other (Horowitz & Manski 2000), so it holds the truth more often than it says, and is wide
where nothing better is known. There is no single best number in it.

Statements of one organisation are alike, so that a blind sample tells less than it has items: each rate counts for as
many as its variance between organisations leaves (Kish 1965, "Survey sampling"), by an intra-class correlation of
LEAST_ALIKE or more.

Of an area or a kind of organisation, statements are counted by its own blind items alone, as a domain of the sample
(Särndal, Swensson & Wretman 1992, ch. 10), and where those are too few not at all: in a few organisations the rates are
not those of all, and no sample of the others tells how far off they are. Organisations of a part are counted by the
rates of all: their bounds leave room for that.

What is not known: whether those rates are far off in a part. And of what people have looked at and left, it is believed
that they saw it.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

SEED = 2026
DRAWS = 1000
WIDTH = 95
# Statements coded blind, under the label, and passages that they stand in, below which nothing is corrected.
MINIMUM = 50
MINIMUM_PASSAGES = 20
# Scores from which a band begins; what is below the first is in it.
BANDS = (0.0, 0.5, 0.75)
# Labelled statements of an organisation, from which a class begins.
CLASSES = (0, 1, 2, 4)
# The share of the variance that lies between organisations is taken for this at least: too few items cannot tell less.
LEAST_ALIKE = 0.05

# Of a rate, yes and no added to what was seen: Jeffreys'; and that whose lower end is Clopper and Pearson's. Several
# rates near nothing would otherwise add up to something.
JEFFREYS, LEAST = (0.5, 0.5), (0.0, 1.0)

PEOPLE_ONLY = "decided by people only"
CORRECTED = "corrected"
TOO_FEW = "too few blind items"


@dataclass(frozen=True, slots=True)
class Blind:
    """A statement of the blind sample, under one label.

    `band` is that of the machine's score, or -1 where it did not give the label; `yes` the share of its coders who did
    (0 to 1); `chance` how likely its passage was to be drawn. `organisations` are places in `Said`, none of a person's.
    """

    passage: int
    organisations: tuple[int, ...]
    band: int
    yes: float
    chance: float


@dataclass(frozen=True, slots=True)
class Said:
    """What is known of each organisation under one label, by its place; arrays of the same length.

    `yes`: passages in which people decided that it says so. `labelled` and `rest`: statements that nobody has decided
    on, with the machine's label and without it.
    """

    yes: np.ndarray
    labelled: np.ndarray
    rest: np.ndarray


@dataclass(frozen=True, slots=True)
class Statements:
    """As `Said`, of each scope: statements decided to say it, labelled ones (scopes x bands), and those without."""

    yes: np.ndarray
    labelled: np.ndarray
    rest: np.ndarray


@dataclass(frozen=True, slots=True)
class Estimate:
    """Both ends are counts that may be; where nothing is corrected, both are what people decided."""

    decided: int
    low: int
    high: int
    basis: str


def band_of(score: float | None) -> int:
    """The band of a score, the last that it reaches; -1 without one."""
    return -1 if score is None else max(0, int(np.searchsorted(BANDS, score, side="right")) - 1)


def is_enough(blind: Sequence[Blind]) -> bool:
    return len(blind) >= MINIMUM and len({one.passage for one in blind}) >= MINIMUM_PASSAGES


def organisations(
    said: Said, blind: Sequence[Blind], scopes: np.ndarray, draws: int = DRAWS, seed: int = SEED
) -> list[Estimate]:
    """How many organisations of each scope say it. `scopes`: scopes x organisations, true where one belongs.

    Raises ValueError where the shapes differ or a blind item has no chance to have been drawn.
    """
    check(said, blind, scopes)
    known = said.yes > 0
    decided = (scopes @ known.astype(np.int64)).tolist()
    if not is_enough(blind):
        return [Estimate(one, one, one, without(said.labelled.sum() + said.rest.sum())) for one in decided]
    random = np.random.default_rng(seed)
    low, high = bounds(said, blind, draws, random)
    chance = random.random((len(known), draws))
    least, most = (scopes.astype(float) @ (known[:, None] | (chance < one)).astype(float) for one in (low, high))
    tail = (100 - WIDTH) / 2
    lows = np.percentile(least, tail, axis=1, method="lower").astype(int).tolist()
    highs = np.percentile(most, 100 - tail, axis=1, method="higher").astype(int).tolist()
    return [Estimate(*one, CORRECTED) for one in zip(decided, lows, highs, strict=True)]


def statements(
    said: Statements, blind: Sequence[Blind], scopes: np.ndarray, draws: int = DRAWS, seed: int = SEED
) -> list[Estimate]:
    """How many statements of each scope say it, by the blind items of its own organisations alone.

    `scopes` as in `organisations`; raises ValueError where the shapes differ.
    """
    if not len(said.yes) == len(said.labelled) == len(said.rest) == len(scopes):
        raise ValueError("Each scope needs its counts and its organisations.")
    return [
        of_scope(int(yes), [*map(int, (rest, *labelled))], own, draws, seed)
        for yes, labelled, rest, own in zip(said.yes, said.labelled, said.rest, items_of(blind, scopes), strict=True)
    ]


def items_of(blind: Sequence[Blind], scopes: np.ndarray) -> Iterator[list[Blind]]:
    """The items of each scope: those of an organisation that belongs to it."""
    own = np.array([scopes[:, list(one.organisations)].any(axis=1) for one in blind], bool).reshape(-1, len(scopes))
    return ([blind[place] for place in np.flatnonzero(column)] for column in own.T)


def of_scope(yes: int, undecided: Sequence[int], own: Sequence[Blind], draws: int, seed: int) -> Estimate:
    """`undecided`: statements without the label, then those with it by band."""
    if not is_enough(own):
        return Estimate(yes, yes, yes, without(sum(undecided)))
    random = np.random.default_rng(seed)
    low, high = np.full(draws, yes), np.full(draws, yes)
    for band, number in enumerate(undecided, start=-1):
        cell = [one for one in own if one.band == band]
        for total, prior in ((low, LEAST), (high, JEFFREYS)):
            total += random.binomial(
                number, posterior(cell, [1 / one.chance for one in cell], draws, random, prior=prior)
            )
    tail = (100 - WIDTH) / 2
    ends = np.percentile(low, tail, method="lower"), np.percentile(high, 100 - tail, method="higher")
    return Estimate(yes, *map(int, ends), CORRECTED)


def without(undecided: float) -> str:
    return TOO_FEW if undecided else PEOPLE_ONLY


def check(said: Said, blind: Sequence[Blind], scopes: np.ndarray) -> None:
    if not len(said.yes) == len(said.labelled) == len(said.rest) == scopes.shape[1]:
        raise ValueError("Each organisation needs its counts and its place in every scope.")
    if any(not 0 < one.chance <= 1 for one in blind):
        raise ValueError("A blind item was drawn with a chance above 0, and at most 1.")


# -- Organisations ---------------------------------------------------------------------------------------


def bounds(
    said: Said, blind: Sequence[Blind], draws: int, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """The least and the greatest chance that each organisation says it (organisations x draws)."""
    silent = silent_items(said, blind)
    open_ = said.yes == 0
    low, high = (np.zeros((len(open_), draws)) for _ in range(2))
    for class_ in range(len(CLASSES)):
        here = np.flatnonzero(open_ & (classes_of(said.labelled) == class_))
        if not len(here):
            continue
        labelled, rest = said.labelled[here, None], said.rest[here]
        right = rate(silent, class_, True, draws, random)[None, :]
        missed = rate(silent, class_, False, draws, random)
        low[here] = right * (labelled > 0)
        high[here] = 1 - (1 - right) ** labelled * spread(missed, rest)
    return low, high


def classes_of(labelled: np.ndarray) -> np.ndarray:
    return np.searchsorted(CLASSES, labelled, side="right") - 1


def spread(missed: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """The chance that an organisation has no miss (organisations x draws), where they are spread as widely as may be.

    Of so many misses in all, most organisations have one where each expects as many as another, whatever its size. None
    expects more than it has statements.
    """
    each = np.minimum(missed[None, :] * rest.mean(), rest[:, None])
    return np.exp(-each) * (rest[:, None] > 0) + (rest[:, None] == 0)


@dataclass(frozen=True, slots=True)
class Silent:
    """A blind item of an organisation that is not known to say it by any other passage."""

    organisation: int
    class_: int
    labelled: int  # as many statements as its class was taken from
    item: Blind


def silent_items(said: Said, blind: Sequence[Blind]) -> list[Silent]:
    """The items as if their own passage had not been coded: as those are that nobody has looked at."""
    labelled_here: dict[int, int] = {}
    yes_here: dict[int, bool] = {}
    for one in blind:
        labelled_here[one.passage] = labelled_here.get(one.passage, 0) + (one.band >= 0)
        yes_here[one.passage] = yes_here.get(one.passage, False) or one.yes >= 0.5
    found = []
    for one in blind:
        for place in one.organisations:
            if said.yes[place] - yes_here[one.passage] <= 0:
                labelled = int(said.labelled[place]) + labelled_here[one.passage]
                found.append(Silent(place, bisect_right(CLASSES, labelled) - 1, labelled, one))
    return found


def rate(silent: Sequence[Silent], class_: int, labelled: bool, draws: int, random: np.random.Generator) -> np.ndarray:
    """Draws of how often people gave the label, to statements with the machine's or without, of this class."""
    cell = [one for one in silent if one.class_ == class_ and (one.item.band >= 0) is labelled]
    # So that each organisation weighs alike: of one with ten labelled statements ten times as many are drawn.
    weights = [1 / one.item.chance / (one.labelled if labelled else 1) for one in cell]
    return posterior([one.item for one in cell], weights, draws, random, [one.organisation for one in cell])


# -- Rates -----------------------------------------------------------------------------------------------


def posterior(
    items: Sequence[Blind],
    weights: Sequence[float],
    draws: int,
    random: np.random.Generator,
    groups: Sequence[int] | None = None,
    prior: tuple[float, float] = JEFFREYS,
) -> np.ndarray:
    """Draws of the share of yes, by a prior and as many items as their likeness and weights leave."""
    if not items:
        return beta(*prior, draws, random)
    yes, weight = np.array([one.yes for one in items]), np.array(weights)
    if groups is None:
        groups = [one.organisations[0] if one.organisations else -1 - one.passage for one in items]
    share = float(np.average(yes, weights=weight))
    size = effective_size(yes, weight, np.array(groups), share)
    return beta(prior[0] + share * size, prior[1] + (1 - share) * size, draws, random)


def beta(yes: float, no: float, draws: int, random: np.random.Generator) -> np.ndarray:
    return random.beta(yes, no, draws) if yes > 0 else np.zeros(draws)


def effective_size(yes: np.ndarray, weight: np.ndarray, groups: np.ndarray, share: float) -> float:
    """Items drawn one by one that would tell as much."""
    _, place = np.unique(groups, return_inverse=True)
    by_group = np.bincount(place, weight)
    alone = weight.sum() ** 2 / (weight**2).sum()
    clusters = weight.sum() ** 2 / (by_group**2).sum()
    between = np.bincount(place, weight * (yes - share)) / weight.sum()
    number = len(by_group)
    variance = (between**2).sum() * number / max(number - 1, 1)
    seen = share * (1 - share) / variance if variance > 0 else alone
    expected = alone / (1 + LEAST_ALIKE * max(alone / clusters - 1, 0))
    return float(max(1.0, min(alone, expected, seen)))
