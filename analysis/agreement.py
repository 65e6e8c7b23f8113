"""Measures people against people and people against the model, on statements that were coded blind.

Krippendorff's alpha is one less the disagreement seen over that expected by chance (Krippendorff 2011, "Computing
Krippendorff's alpha-reliability"). A label is a yes or no of each coder. A family, and all labels together, are sets of
labels; how far two sets differ is the number of labels that one has and the other lacks, so their alpha is one less the
sum of what was seen over the sum of what each label's own frequency leads to expect (alpha for sets: Artstein & Poesio
2008, "Inter-coder agreement for computational linguistics"). Where each has exactly one label, that is his nominal
alpha. To pool the yes and no of all labels instead would count it as agreement that some labels are rarer than others.

The model is measured by the same alpha, as one more coder beside each of the people who coded the statement; pairs of
people have no part in its figure, or it would be credited with how well they agree. What the people of a statement say
is averaged, so that one coded twice weighs as one coded once. F1 among people is that of all pairs of coders of a
statement, which is the share of their positive answers that agree (Hripcsak & Rothschild 2005).

Intervals are percentiles of a bootstrap over passages (Efron & Tibshirani 1993, "An introduction to the bootstrap"):
statements of one passage are not independent, and drawing them one by one would give intervals that are too narrow.
They tell how a figure would move with other passages, not with other coders.

Whether a label is below the human line is asked of the difference, model less people, on the statements that both
figures know and in the same draws. Two intervals may overlap where their difference is plain (Schenker & Gentleman
2001), and a label would be published long after it could be known to be worse. "As good as people" is never said for
want of evidence: the difference must be shown to be less than MARGIN (two one-sided tests: Schuirmann 1987).
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

SEED = 2026
DRAWS = 1000
# Draws made at a time: each is a row as long as there are passages.
TOGETHER = 50
WIDTH = 95
# Both of its ends leave out 5 %, as each of two one-sided tests at that level does.
WIDTH_OF_DIFFERENCE = 90
# Beyond this share of draws without a figure, what is left would tell of other draws than those that were made.
MOST_UNDEFINED = 0.05

# Passages that a verdict needs: with fewer, an interval holds the truth less often than it says. In 6,000 simulated
# labels with alphas of 0.3 to 0.9, those of 95 % held people's alpha in 94 of 100 from 20 passages on, in 92 (90 where
# alpha was low) from 12 to 19, in 93 (78 where it was low) from 6 to 11, and in 76 with fewer.
MINIMUM = 20
# Krippendorff's steps, 0.667 for tentative conclusions and 0.8 for firm ones, lie 0.13 apart: less moves nobody's use.
MARGIN = 0.1

TOO_FEW = "too few to tell"
AS_GOOD = "as good as people"
BELOW = "below people"

# Family and id.
Label = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Unit:
    """A statement that was coded blind. `group` is its passage; `people` is what each coder gave, by coder.

    An empty set says that the coder saw the statement and gave no label; `model` is None where no model read it.
    """

    id: str
    group: str
    people: Mapping[str, frozenset[Label]]
    model: frozenset[Label] | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """None where there is nothing to measure; the ends are None too where many draws had nothing to measure."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """People against people and against the model, on one label, on a family (`label` None) or on all (both None).

    Alphas run from below 0 (worse than chance) over 0 (chance) to 1. Alpha is None where all answers are the same:
    nobody can be seen to agree on what never varies, and 1 would be a claim. Precision, recall and F1 run from 0 to 1;
    of a family they are taken over all its labels together. Intervals hold 95 % of draws. `difference` is the model's
    alpha less the people's, on statements with both, and its interval holds 90 %.

    `units` counts statements that a person coded, `double_coded` those that two or more did; `positives` and
    `double_coded_positives` are those of them to which at least one person gave the label, or any of the family.
    `passages` counts those where the difference can be seen, by double-coded statements that the model read: passages
    where a person gave the label, or where one did not, whichever are fewer.
    """

    family: str | None
    label: str | None
    units: int
    positives: int
    double_coded: int
    double_coded_positives: int
    passages: int
    people_alpha: Figure
    people_f1: Figure
    model_alpha: Figure
    model_precision: Figure
    model_recall: Figure
    model_f1: Figure
    difference: Figure


@dataclass(frozen=True, slots=True)
class Agreement:
    """`families` and `labels` are those that anybody gave, people or model, in the order of their ids."""

    overall: Comparison
    families: tuple[Comparison, ...]
    labels: tuple[Comparison, ...]


def measure(units: Sequence[Unit], draws: int = DRAWS, seed: int = SEED) -> Agreement:
    """All figures with their intervals. The same units, in whatever order, give the same figures.

    Statements with one coder count in the model's figures and not in the people's. Raises ValueError where there are no
    units, one has no coder, an id comes twice, or no draws are asked for.

    On one core 3,000 statements in as many passages, with 60 labels, take half a second and 80 MB; 30,000 take 5
    seconds and 380 MB.
    """
    _check(units, draws)
    units = sorted(units, key=lambda unit: (unit.group, unit.id))
    labels = sorted({label for unit in units for given in (*unit.people.values(), unit.model or ()) for label in given})
    families = sorted({family for family, _ in labels})
    scopes = [*labels, *((family, None) for family in families), (None, None)]
    within = np.array([[_within(label, scope) for scope in scopes] for label in labels], float)
    within = within.reshape(len(labels), len(scopes))
    table = _Table(units, labels)
    figures, counts = _figures(table, within, draws, seed), table.counts(within)
    made = [Comparison(*scope, **_at(place, counts), **_at(place, figures)) for place, scope in enumerate(scopes)]
    return Agreement(made[-1], tuple(made[len(labels) : -1]), tuple(made[: len(labels)]))


def verdict(comparison: Comparison) -> str:
    """TOO_FEW, AS_GOOD or BELOW: whether the model codes a label as well as people do.

    Below people is a label whose interval lies wholly under theirs, or whose difference does under zero. As good is one
    whose difference lies wholly above -MARGIN. All else is too few to tell, and so is what fewer than MINIMUM passages
    tell of, or what no model read.

    In simulations from MINIMUM passages on, a model that codes just as people do was said to be below them for 3 to 4 %
    of labels; one whose alpha is lower by 0.18 was for 78 % with 24 passages and for 98 % with 70; one whose alpha is
    lower by MARGIN was said to be as good for 5 to 6 %.

    That a label is as good as people says nothing of how good they are: see `people_alpha`.
    """
    people, model, difference = comparison.people_alpha, comparison.model_alpha, comparison.difference
    known = None not in (people.low, model.high, difference.low, difference.high)
    if not known or comparison.passages < MINIMUM:
        return TOO_FEW
    if model.high < people.low or difference.high < 0:
        return BELOW
    return AS_GOOD if difference.low > -MARGIN else TOO_FEW


def _check(units: Sequence[Unit], draws: int) -> None:
    if not units:
        raise ValueError("There are no units to measure agreement on.")
    if draws < 1:
        raise ValueError("An interval needs one draw at least.")
    uncoded = next((unit.id for unit in units if not unit.people), None)
    if uncoded is not None:
        raise ValueError(f"Unit {uncoded} was coded by nobody.")
    id_, times = Counter(unit.id for unit in units).most_common(1)[0]
    if times > 1:
        raise ValueError(f"Unit {id_} is given {times} times: what its coders gave belongs into one unit.")


def _within(label: Label, scope: tuple[str | None, str | None]) -> bool:
    return all(part is None or part == own for part, own in zip(scope, label, strict=True))


def _at(place: int, columns: Mapping[str, Sequence]) -> dict:
    return {name: column[place] for name, column in columns.items()}


class _Table:
    """How many people gave each label and whether the model did (units x labels), and sums of both by passage."""

    def __init__(self, units: Sequence[Unit], labels: Sequence[Label]):
        places = {label: place for place, label in enumerate(labels)}
        self.coders = np.array([[len(unit.people)] for unit in units], float)
        self.gave = np.zeros((len(units), len(labels)))
        self.said = np.zeros((len(units), len(labels)))
        for row, unit in enumerate(units):
            for given in unit.people.values():
                self.gave[row, [places[label] for label in given]] += 1
            self.said[row, [places[label] for label in unit.model or ()]] = 1
        self.double = self.coders > 1
        self.read = np.array([[unit.model is not None] for unit in units])
        groups = [unit.group for unit in units]
        self.starts = np.array([row for row, group in enumerate(groups) if not row or group != groups[row - 1]])

    def counts(self, within: np.ndarray) -> dict[str, list[int]]:
        """Of each count a number for each scope, a column of `within` (labels x scopes)."""
        positive = self.gave @ within > 0
        compared = self.double & self.read
        lacking = (self.coders - self.gave) @ within > 0
        passages = [np.sum(self.by_passage(answers & compared) > 0, axis=0) for answers in (positive, lacking)]
        scopes = within.shape[1]
        return {
            "units": [len(positive)] * scopes,
            "positives": positive.sum(0).tolist(),
            "double_coded": [int(self.double.sum())] * scopes,
            "double_coded_positives": (positive & self.double).sum(0).tolist(),
            "passages": np.minimum(*passages).tolist(),
        }

    def people(self, where: np.ndarray) -> "_People":
        """Sums by passage (passages x labels, of answers x 1) over units with two coders or more."""
        gave = np.where(where, self.gave, 0)
        others = np.maximum(self.coders - 1, 1)
        columns = _People(
            answers=np.where(where, self.coders, 0),
            yes=gave,
            differ=gave * (self.coders - gave) / others,
            share=gave / self.coders,
            both=gave * (gave - 1) / (self.coders * others),
        )
        return _People(*map(self.by_passage, columns))

    def model(self, where: np.ndarray) -> "_Model":
        """Sums by passage, as above, over units that the model read."""
        said, share = (np.where(where, column, 0) for column in (self.said, self.gave / self.coders))
        return _Model(*map(self.by_passage, (2 * where, said, share, said * share)))

    def by_passage(self, columns: np.ndarray) -> np.ndarray:
        return np.add.reduceat(columns, self.starts, axis=0, dtype=float)


class _People(NamedTuple):
    """Answers, yeses and pairs that differ as Krippendorff counts them: by 1 / (m - 1) in a unit with m coders.

    Then the share of a unit's people that said yes, and of its pairs of people.
    """

    answers: np.ndarray
    yes: np.ndarray
    differ: np.ndarray
    share: np.ndarray
    both: np.ndarray

    def alpha(self, within: np.ndarray) -> np.ndarray:
        return _alpha(self.answers, self.yes, self.differ, within)

    def f1(self, within: np.ndarray) -> np.ndarray:
        return _over(self.both @ within, self.share @ within)


class _Model(NamedTuple):
    """Answers, two a unit; yeses of the model, yeses of a person (as a share of the unit's), and yeses of both."""

    answers: np.ndarray
    said: np.ndarray
    share: np.ndarray
    hits: np.ndarray

    def alpha(self, within: np.ndarray) -> np.ndarray:
        yes = self.said + self.share
        return _alpha(self.answers, yes, yes - 2 * self.hits, within)

    def precision(self, within: np.ndarray) -> np.ndarray:
        return _over(self.hits @ within, self.said @ within)

    def recall(self, within: np.ndarray) -> np.ndarray:
        return _over(self.hits @ within, self.share @ within)

    def f1(self, within: np.ndarray) -> np.ndarray:
        return _over(2 * self.hits @ within, (self.said + self.share) @ within)


class _Sums(NamedTuple):
    """What all figures are made of: each side where it can be measured, then both on the units that have both."""

    people: _People
    model: _Model
    compared_people: _People
    compared_model: _Model

    def measures(self, within: np.ndarray) -> dict[str, np.ndarray]:
        """Each measure (rows of the sums x scopes); not a number where there is nothing to measure."""
        return {
            "people_alpha": self.people.alpha(within),
            "people_f1": self.people.f1(within),
            "model_alpha": self.model.alpha(within),
            "model_precision": self.model.precision(within),
            "model_recall": self.model.recall(within),
            "model_f1": self.model.f1(within),
            "difference": self.compared_model.alpha(within) - self.compared_people.alpha(within),
        }

    def drawn(self, times: np.ndarray) -> "_Sums":
        """The sums over passages taken so many times (draws x passages)."""
        return _Sums(*(type(part)(*(times @ column for column in part)) for part in self))


def _figures(table: _Table, within: np.ndarray, draws: int, seed: int) -> dict[str, list[Figure]]:
    """Of each measure a figure for each scope."""
    compared = table.double & table.read
    sums = _Sums(table.people(table.double), table.model(table.read), table.people(compared), table.model(compared))
    passages = len(table.starts)
    whole = sums.drawn(np.ones((1, passages))).measures(within)
    # A second thread gains nothing on tables this small, and threads that wait for one another cost on a busy machine.
    with threadpool_limits(limits=1, user_api="blas"):
        samples = [sums.drawn(times).measures(within) for times in _draws(passages, draws, seed)]
    return {
        name: _intervals(
            value[0],
            np.concatenate([sample[name] for sample in samples]),
            WIDTH_OF_DIFFERENCE if name == "difference" else WIDTH,
        )
        for name, value in whole.items()
    }


def _draws(passages: int, draws: int, seed: int) -> Iterator[np.ndarray]:
    """How often each passage is drawn, one row for each draw, some rows at a time."""
    rng = np.random.default_rng(seed)
    for start in range(0, draws, TOGETHER):
        rows = min(TOGETHER, draws - start)
        yield rng.multinomial(passages, np.full(passages, 1 / passages), size=rows).astype(float)


def _alpha(answers: np.ndarray, yes: np.ndarray, differ: np.ndarray, within: np.ndarray) -> np.ndarray:
    """Krippendorff's formula for binary data, 1 - (n - 1) o01 / (n0 n1), both parts of it summed over labels."""
    expected = (yes * (answers - yes)) @ within
    return 1 - _over((answers - 1) * (differ @ within), expected)


def _over(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.full_like(whole, np.nan), where=whole > 0)


def _intervals(values: np.ndarray, samples: np.ndarray, width: float) -> list[Figure]:
    return [_figure(value, sample, width) for value, sample in zip(values, samples.T, strict=True)]


def _figure(value: float, sample: np.ndarray, width: float) -> Figure:
    if np.isnan(value):
        return Figure(None, None, None)
    defined = sample[~np.isnan(sample)]
    if len(defined) < (1 - MOST_UNDEFINED) * len(sample):
        return Figure(float(value), None, None)
    low, high = np.percentile(defined, [50 - width / 2, 50 + width / 2])
    return Figure(float(value), float(low), float(high))
