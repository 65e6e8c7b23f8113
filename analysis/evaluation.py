"""Scores the pipeline against passages that people have coded.

A label that coders could not agree on (`contested_<family>`) counts neither for nor against: it is taken out of that
passage on both sides. A span counts as found when it shares half or more of the words of the longer of the two with a
coded one; where two coders cut differently (`<spans>_other`), either's cut will do. Intervals are 95 % percentile
bootstrap intervals over passages (Efron 1979): they tell how the figure would move with other passages of the same
kind, not with another kind of text.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analysis import spans
from analysis.findings import FAMILIES, Findings
from analysis.passages import Passage
from forms import framework

CODED_FAMILIES = tuple(family for family in FAMILIES if family != "priority_areas")
CODED_SPANS = ("barriers", "commitments", "needs", "offers")
SEED = 2026
BINS = 5


class GoldError(ValueError):
    """The file of coded passages cannot be used; the message names the line."""


@dataclass(frozen=True, slots=True)
class Figure:
    value: float
    low: float
    high: float

    def as_record(self) -> dict:
        return {"value": _digits(self.value), "low": _digits(self.low), "high": _digits(self.high)}


@dataclass(frozen=True, slots=True)
class LabelFigures:
    """`n` is how many passages carry the label according to the coders."""

    id: str
    precision: float
    recall: float
    f1: float
    n: int

    def as_record(self) -> dict:
        figures = {"precision": self.precision, "recall": self.recall, "f1": self.f1}
        return {"id": self.id, **{name: _digits(value) for name, value in figures.items()}, "n": self.n}


@dataclass(frozen=True, slots=True)
class Bin:
    """Of the `n` labels said with about this score: how sure the model was of them, and how many were right."""

    n: int
    score: float
    right: float

    def as_record(self) -> dict:
        return {"n": self.n, "score": _digits(self.score), "right": _digits(self.right)}


@dataclass(frozen=True, slots=True)
class FamilyFigures:
    """Macro-F1 is the mean over the labels that occur in the coded passages."""

    family: str
    micro: Figure
    macro: Figure
    labels: tuple[LabelFigures, ...]
    bins: tuple[Bin, ...]

    @property
    def calibration_error(self) -> float:
        """Expected calibration error over the labels that were said (Guo et al. 2017)."""
        said = sum(one.n for one in self.bins)
        return sum(one.n * abs(one.score - one.right) for one in self.bins) / said if said else float("nan")

    def as_record(self) -> dict:
        return {
            "micro_f1": self.micro.as_record(),
            "macro_f1": self.macro.as_record(),
            "calibration_error": _digits(self.calibration_error),
            "calibration": [one.as_record() for one in self.bins],
            "labels": [label.as_record() for label in self.labels],
        }


@dataclass(frozen=True, slots=True)
class SpanFigures:
    """Of one sort of span; `n` is how many were coded."""

    name: str
    precision: float
    recall: float
    f1: Figure
    n: int

    def as_record(self) -> dict:
        shares = {"precision": _digits(self.precision), "recall": _digits(self.recall)}
        return {**shares, "f1": self.f1.as_record(), "n": self.n}


@dataclass(frozen=True, slots=True)
class Evaluation:
    gold: str
    passages: int
    model: str
    families: tuple[FamilyFigures, ...]
    spans: tuple[SpanFigures, ...]

    def as_record(self) -> dict:
        families = {family.family: family.as_record() for family in self.families}
        spans_ = {figures.name: figures.as_record() for figures in self.spans}
        about = {"gold": self.gold, "passages": self.passages, "model": self.model}
        return {**about, "families": families, "spans": spans_}


def evaluate(gold_path: str | Path, pipeline, n_bootstrap: int = 1000, seed: int = SEED) -> Evaluation:
    """Precision, recall and F1 on the coded passages of a JSON Lines file; GoldError when it cannot be read."""
    gold = read_gold(Path(gold_path))
    found = pipeline.analyse([_passage(record) for record in gold])
    draws = _draws(len(gold), n_bootstrap, seed)
    families = tuple(_family(family, gold, found, draws) for family in CODED_FAMILIES)
    coded = [name for name in CODED_SPANS if any(record[name] is not None for record in gold)]
    cut = tuple(_spans(name, gold, found, draws) for name in coded)
    return Evaluation(Path(gold_path).name, len(gold), pipeline.model_version, families, cut)


def render(evaluation: Evaluation) -> str:
    """The figures as a table to read."""
    lines = [f"{evaluation.gold}: {evaluation.passages} passages, model {evaluation.model}"]
    for family in evaluation.families:
        f1s = f"micro-F1 {_interval(family.micro)}, macro-F1 {_interval(family.macro)}"
        lines += ["", f"{family.family}: {f1s}, calibration error {_shown(family.calibration_error)}"]
        lines.append(f"  {'label':32}{'precision':>10}{'recall':>8}{'F1':>7}{'n':>6}")
        lines += [_row(label) for label in family.labels if label.n or label.precision == label.precision]
    if evaluation.spans:
        lines += ["", f"{'spans':34}{'precision':>10}{'recall':>8}{'n':>6}  F1"]
        lines += [_span_row(figures) for figures in evaluation.spans]
    return "\n".join(lines)


def read_gold(path: Path) -> list[dict]:
    with path.open(encoding="utf-8") as file:
        gold = [_record(number, line) for number, line in enumerate(file, start=1) if line.strip()]
    if not gold:
        raise GoldError(f"{path.name} holds no passage.")
    return gold


def _record(number: int, line: str) -> dict:
    try:
        record = json.loads(line)
        if not isinstance(record["text"], str):
            raise TypeError
        for family in CODED_FAMILIES:
            record[family] = set(record[family])
            record[f"contested_{family}"] = set(record.get(f"contested_{family}", ()))
        for name in CODED_SPANS:
            record[name] = [words_of(one) for one in record[name]] if name in record else None
            record[f"{name}_other"] = [words_of(one) for one in record.get(f"{name}_other", ())]
    except (ValueError, KeyError, TypeError) as error:
        raise GoldError(
            f"Line {number} is no coded passage: it needs text and lists of {', '.join(CODED_FAMILIES)}."
        ) from error
    return record


def words_of(span: str | dict) -> str:
    """A span is coded by its words, or as an object that holds them and more."""
    return span["text"] if isinstance(span, dict) else str(span)


def _passage(record: dict) -> Passage:
    return Passage(str(record.get("id", "")), record["text"], record.get("question") or "")


def _draws(count: int, n_bootstrap: int, seed: int) -> np.ndarray:
    """How often each passage is drawn, one row for each bootstrap sample."""
    return np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=n_bootstrap)


def _family(family: str, gold: Sequence[dict], found: Sequence[Findings], draws: np.ndarray) -> FamilyFigures:
    ids = [label.id for label in framework.load().labels(family)]
    coded = np.array([[label in record[family] for label in ids] for record in gold])
    said_ids = [{label.id for label in findings.of_family(family)} for findings in found]
    said = np.array([[label in said for label in ids] for said in said_ids])
    counts = np.array([[label not in record[f"contested_{family}"] for label in ids] for record in gold])
    hits, extra, missed = (coded & said & counts), (said & ~coded & counts), (coded & ~said & counts)
    whole = np.ones((1, len(gold)), int)
    micro, macro = _f1s(hits, extra, missed, whole)
    micros, macros = _f1s(hits, extra, missed, draws)
    labels = tuple(_label(*figures) for figures in zip(ids, hits.sum(0), extra.sum(0), missed.sum(0), strict=True))
    return FamilyFigures(family, _figure(micro, micros), _figure(macro, macros), labels, _bins(family, gold, found))


def _bins(family: str, gold: Sequence[dict], found: Sequence[Findings]) -> tuple[Bin, ...]:
    """Labels that were said, by score in steps of a fifth; contested ones are left out."""
    said = [
        (label.score, label.id in record[family])
        for record, findings in zip(gold, found, strict=True)
        for label in findings.of_family(family)
        if label.id not in record[f"contested_{family}"]
    ]
    parts = [[one for one in said if min(int(one[0] * BINS), BINS - 1) == number] for number in range(BINS)]
    return tuple(
        Bin(len(part), *(sum(column) / len(part) for column in zip(*part, strict=True))) for part in parts if part
    )


def _f1s(hits: np.ndarray, extra: np.ndarray, missed: np.ndarray, draws: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Micro- and macro-F1 for each row of draws."""
    hit, over, short = (draws @ table.astype(int) for table in (hits, extra, missed))
    micro = _f1(hit.sum(1), over.sum(1), short.sum(1))
    occurs = hit + short > 0
    macro = np.where(occurs, np.nan_to_num(_f1(hit, over, short)), 0).sum(1) / np.maximum(occurs.sum(1), 1)
    return micro, np.where(occurs.any(1), macro, np.nan)


def _f1(hits: np.ndarray, extra: np.ndarray, missed: np.ndarray) -> np.ndarray:
    """Not a number where there is nothing to find and nothing was said."""
    size = 2 * hits + extra + missed
    return np.where(size > 0, 2 * hits / np.maximum(size, 1), np.nan)


def _figure(value: np.ndarray, samples: np.ndarray) -> Figure:
    samples = samples[~np.isnan(samples)]
    low, high = np.percentile(samples, [2.5, 97.5]) if len(samples) else (np.nan, np.nan)
    return Figure(float(value[0]), float(low), float(high))


def _spans(name: str, gold: Sequence[dict], found: Sequence[Findings], draws: np.ndarray) -> SpanFigures:
    counts = np.array([_span_counts(name, record, findings) for record, findings in zip(gold, found, strict=True)])
    right, said, met, coded = counts.sum(axis=0).tolist()
    samples = draws @ counts
    f1 = _figure(*(_span_f1(table) for table in (counts.sum(axis=0, keepdims=True), samples)))
    return SpanFigures(name, _share(right, said), _share(met, coded), f1, coded)


def _span_counts(name: str, record: dict, findings: Findings) -> tuple[int, int, int, int]:
    """Spans found that a coder cut too, spans found, coded spans that were found, coded spans."""
    if record[name] is None:  # nobody looked for them here
        return 0, 0, 0, 0
    text = record["text"]
    coded, other = (_places(text, record[key]) for key in (name, f"{name}_other"))
    said = [(one.start, one.end) for one in getattr(findings, name)]
    right = [one for one in said if any(spans.agree(one, wanted, text) for wanted in (*coded, *other))]
    met = [
        wanted for wanted in coded if any(spans.agree(one, same, text) for one in said for same in _same(wanted, other))
    ]
    return len(right), len(said), len(met), len(coded)


def _same(wanted: tuple[int, int], other: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """A coded span, and how the other coder cut it."""
    return [wanted, *(one for one in other if one[0] < wanted[1] and wanted[0] < one[1])]


def _places(text: str, coded: Sequence[str]) -> list[tuple[int, int]]:
    return [(text.find(part), text.find(part) + len(part)) for part in coded if part in text]


def _span_f1(counts: np.ndarray) -> np.ndarray:
    """The harmonic mean of precision and recall, for each row of what `_span_counts` gives."""
    right, said, met, coded = counts.T
    precision, recall = (
        np.where(of > 0, part / np.maximum(of, 1), np.nan) for part, of in ((right, said), (met, coded))
    )
    return np.where(
        coded > 0, 2 * np.nan_to_num(precision) * recall / np.maximum(np.nan_to_num(precision) + recall, 1e-9), np.nan
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")


def _label(label: str, hits: int, extra: int, missed: int) -> LabelFigures:
    precision = float(hits / (hits + extra)) if hits + extra else float("nan")
    recall = float(hits / (hits + missed)) if hits + missed else float("nan")
    f1 = float(_f1(np.array(hits), np.array(extra), np.array(missed)))
    return LabelFigures(label, precision, recall, f1, int(hits + missed))


def _digits(value: float) -> float | None:
    return None if value != value else round(value, 4)


def _interval(figure: Figure) -> str:
    return f"{_shown(figure.value)} ({_shown(figure.low)} to {_shown(figure.high)})"


def _span_row(figures: SpanFigures) -> str:
    shares = f"{_shown(figures.precision):>10}{_shown(figures.recall):>8}{figures.n:>6}"
    return f"  {figures.name:32}{shares}  {_interval(figures.f1)}"


def _row(label: LabelFigures) -> str:
    figures = f"{_shown(label.precision):>10}{_shown(label.recall):>8}{_shown(label.f1):>7}"
    return f"  {label.id:32}{figures}{label.n:>6}"


def _shown(value: float) -> str:
    return "–" if value != value else f"{value:.2f}"
