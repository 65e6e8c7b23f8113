"""Organisations whose truth is known: what they say, what a machine makes of it, what people have decided so far, and
which passages were drawn to be coded blind."""

from dataclasses import dataclass

import numpy as np

from analysis import prevalence
from analysis.prevalence import Blind, Estimate, Said, Statements


@dataclass(frozen=True)
class Regime:
    """`say`: the share of organisations that say it at all; `often`: of their statements, how many do, on average.

    `found` and `wrong` are the machine's share of true statements labelled and of others. `alike`: how far both differ
    between organisations (standard deviation in log odds). `reviewed`: the share of passages that people decided, those
    that the machine was least sure of first.
    """

    name: str
    organisations: int = 100
    each: float = 30  # statements, on average
    say: float = 0.5
    often: float = 0.08
    found: float = 0.75
    wrong: float = 0.015
    alike: float = 0.0
    blind: int = 300  # passages
    reviewed: float = 0.0
    # Of a second label that statements may have besides: how many do, of those with the first and of all others. What
    # is counted then are those that have both, as the machine gives both.
    second: tuple[float, float] | None = None
    area: int = 0  # so many of the organisations are counted alone, and drawn from like all others
    # Of that area, where it is unlike the others: `say`, `found` and `wrong`.
    there: tuple[float, float, float] | None = None


def spoken(regime: Regime, seed: int) -> tuple[Estimate, int, Estimate, int]:
    """The estimate of organisations and the truth, then those of statements."""
    chance = np.random.default_rng(seed)
    number = regime.organisations
    passages = np.maximum(1, chance.lognormal(np.log(regime.each / 2) - 0.32, 0.8, number)).astype(int)
    owner = np.repeat(np.arange(number), passages)
    sizes = chance.integers(1, 4, len(owner))
    passage = np.repeat(np.arange(len(owner)), sizes)
    of = owner[passage]
    here = np.arange(number) < (regime.area or number)
    say, finds, errs = (
        np.where(here, one, other)
        for one, other in zip(
            regime.there or (regime.say, regime.found, regime.wrong),
            (regime.say, regime.found, regime.wrong),
            strict=True,
        )
    )
    says = chance.random(number) < say
    often = says * chance.beta(1, 1 / regime.often - 1, number)
    # Statements of a passage speak of the same: half of them do what the passage does.
    whole = chance.random(len(owner)) < often[owner]
    true = np.where(chance.random(len(of)) < 0.5, whole[passage], chance.random(len(of)) < often[of])
    found, wrong = (shifted(one, regime.alike, number, chance)[of] for one in (finds, errs))
    labelled = chance.random(len(of)) < np.where(true, found, wrong)
    score = np.where(true, chance.beta(5, 2, len(of)), chance.beta(3, 3, len(of))) * 0.7 + 0.3
    if regime.second:
        true, labelled, score = both(regime, true, labelled, score, chance)
    band = np.where(labelled, np.array([prevalence.band_of(one) for one in score]), -1)
    drawn = np.zeros(len(owner), bool)
    drawn[chance.permutation(len(owner))[: regime.blind]] = True
    sure = np.full(len(owner), 2.0)
    np.minimum.at(sure, passage, np.where(labelled, score, 2.0))
    order = np.lexsort((chance.random(len(owner)), np.where(sure < 2, sure, chance.random(len(owner)) + 0.2)))
    order = order[~drawn[order]]
    seen = drawn.copy()
    seen[order[: int(regime.reviewed * len(order))]] = True
    return estimated(of, passage, true, band, drawn, seen, here)


def both(
    regime: Regime, true: np.ndarray, labelled: np.ndarray, score: np.ndarray, chance: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of statements that have both labels. Where the machine is wrong about one it is more often so about the other."""
    other = chance.random(len(true)) < np.where(true, *regime.second)
    hard = labelled != true
    found = np.where(other, regime.found - 0.2 * hard, regime.wrong + 0.1 * hard)
    given = chance.random(len(true)) < found
    sure = np.where(other, chance.beta(5, 2, len(true)), chance.beta(3, 3, len(true))) * 0.7 + 0.3
    return true & other, labelled & given, np.minimum(score, sure)


def shifted(share: np.ndarray, by: float, number: int, chance: np.random.Generator) -> np.ndarray:
    return 1 / (1 + np.exp(-(np.log(share / (1 - share)) + by * chance.standard_normal(number))))


def estimated(of, passage, true, band, drawn, seen, here) -> tuple[Estimate, int, Estimate, int]:
    decided, number, counted = seen[passage], len(here), here[of]
    said_in = np.unique(passage[decided & true])
    owner = {int(p): int(o) for p, o in zip(passage, of, strict=True)}
    yes = np.bincount([owner[int(one)] for one in said_in], minlength=number) if len(said_in) else np.zeros(number, int)
    open_labelled, open_rest = (~decided & (band >= 0)), (~decided & (band < 0))
    said = Said(yes, np.bincount(of[open_labelled], minlength=number), np.bincount(of[open_rest], minlength=number))
    share = float(drawn.mean())
    blind = [
        Blind(int(passage[i]), (int(of[i]),), int(band[i]), float(true[i]), share)
        for i in np.flatnonzero(drawn[passage])
    ]
    in_band = [(counted & open_labelled & (band == one)).sum() for one in range(len(prevalence.BANDS))]
    yes, rest = (counted & decided & true).sum(), (counted & open_rest).sum()
    [count] = prevalence.organisations(said, blind, here[None, :])
    whole = Statements(np.array([yes]), np.array([in_band]), np.array([rest]))
    [statements] = prevalence.statements(whole, blind, here[None, :])
    return count, len(np.unique(of[counted & true])), statements, int((counted & true).sum())


# Rare and common labels, good and bad machines, errors that differ between organisations, small and large samples.
REGIMES = (
    Regime("as it may be"),
    Regime("rare", say=0.15, often=0.04, wrong=0.005),
    Regime("said by nearly nobody", say=0.02),
    Regime("common", say=0.9, often=0.2),
    Regime("said by all, seldom", say=1.0, often=0.02),
    Regime("said by few, often", say=0.1, often=0.6, found=0.95, wrong=0.03),
    Regime("a good machine", found=0.95, wrong=0.002),
    Regime("a bad machine", found=0.5, wrong=0.05),
    Regime("errors differ", alike=1.0),
    Regime("errors differ much", say=0.2, often=0.3, wrong=0.02, alike=2.0),
    Regime("50 blind passages", blind=50),
    Regime("2,000 blind passages", blind=2000, each=60),
    Regime("20 organisations", organisations=20, blind=100),
    Regime("500 organisations", organisations=500, blind=1000),
    Regime("500 who say much", organisations=500, each=120, blind=2000),
    Regime("the unsure were reviewed", reviewed=0.4),
    Regime("the same, errors differ", reviewed=0.4, alike=1.0),
)


# Two labels on one statement, as tables of areas count them: all organisations, and the few of one area.
PAIRS = (
    Regime("both, as it may be", second=(0.4, 0.1)),
    Regime("nearly always both", second=(0.9, 0.05)),
    Regime("hardly ever both", second=(0.05, 0.2)),
    Regime("both, of a bad machine", found=0.5, wrong=0.05, second=(0.4, 0.1)),
    Regime("both, errors differ", alike=1.0, second=(0.4, 0.1)),
    Regime("both, 12 organisations", organisations=12, each=60, blind=60, second=(0.4, 0.1)),
    Regime("both, in an area of 12", area=12, second=(0.4, 0.1)),
    Regime("both, in an area of 12 that say much", each=120, blind=600, area=12, second=(0.4, 0.1)),
    Regime("one, in an area of 12", area=12),
    Regime("both, of those that say much", each=120, blind=600, second=(0.4, 0.1)),
    Regime("both, the unsure were reviewed", reviewed=0.4, second=(0.4, 0.1)),
)

# Areas and kinds of organisation that are unlike the others, and areas in which few organisations speak for most.
PARTS = (
    Regime("an area of 12 that say much", each=120, blind=600, area=12),
    Regime("an area of 12, said by few, often", say=0.1, often=0.6, found=0.95, wrong=0.03, area=12),
    Regime(
        "an area of 12, errors differ much", say=0.2, often=0.3, wrong=0.02, alike=2.0, each=60, blind=1000, area=12
    ),
    Regime("an area of 12 where it is said more", area=12, there=(0.95, 0.75, 0.015)),
    Regime("an area of 12 where the machine errs more", each=120, blind=1000, area=12, there=(0.9, 0.45, 0.04)),
    Regime("a kind of 40 of which the machine errs more", each=60, blind=1000, area=40, there=(0.9, 0.45, 0.04)),
    Regime("a kind of 40 of which the machine errs less", each=60, blind=1000, area=40, there=(0.2, 0.9, 0.002)),
)


@dataclass(frozen=True)
class Held:
    """How often intervals hold the truth, and how wide they are: organisations (median), statements (of the truth).

    `told`: in how many runs there is one of statements at all; what is said of statements is of those.
    """

    organisations: float
    statements: float
    width: float
    width_of_statements: float
    told: float


def held(regime: Regime, runs: int) -> Held:
    told = [spoken(regime, seed) for seed in range(runs)]
    counts = [(one, true) for one, true, _, _ in told]
    words = [(one, true) for _, _, one, true in told if one.basis == prevalence.CORRECTED]
    return Held(
        organisations=float(np.mean([one.low <= true <= one.high for one, true in counts])),
        statements=float(np.mean([one.low <= true <= one.high for one, true in words])) if words else np.nan,
        width=float(np.median([one.high - one.low for one, _ in counts])),
        width_of_statements=float(np.median([(one.high - one.low) / max(true, 1) for one, true in words]))
        if words
        else np.nan,
        told=len(words) / len(told),
    )
