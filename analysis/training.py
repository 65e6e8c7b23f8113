"""Learns the reader from the project's own corpus, and sets thresholds and calibration on texts left out of learning.

Nothing here looks at any other text. Most files were written in a register of their own: a fold leaves a whole such
file out, with a share of the first six, so figures on the card are for registers not seen. What is scored is the reader
as it runs, with weights in eight bits.
"""

import datetime
import hashlib
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from analysis import encoder, encoder_building, lessons, reading, spans, statements, store, wordpiece
from analysis.encoder import Encoder
from analysis.errors import ModelError
from analysis.findings import SURE
from analysis.labels import READ_FAMILIES, SPANS, LabelReader, Weights
from analysis.lessons import CORPUS, Example
from forms import framework

SEED = 2026
FOLDS = 3
# Files of the first half were written by priority area, not by register: each is shared out among the folds.
SHARED_OUT = "a"
CHOICES = np.arange(-3.0, 2.0, 0.05)
SPAN_CHOICES = np.arange(-3.0, 2.0, 0.25)
# A label seen this often sets its own threshold by half; a rarer one leans more on its family.
ENOUGH = 40
# How often a text is learned without its question, since a report has none; and as somebody types it in a hurry.
UNASKED, HURRIED = 0.3, 0.15
# To miss harm is worse than to look once too often; the same goes for a name.
HARM_RECALL, NAME_RECALL = 0.97, 0.985

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class HeldOut:
    """What readers said of texts that they had not learned from: log odds at the statement where they are highest
    (texts x labels), and of each piece (pieces x SPANS) with the text it is of."""

    labels: np.ndarray
    spans: list[np.ndarray]
    readings: list[reading.Reading]


def train(corpus: Path = CORPUS, out_dir: Path = store.FOLDER, progress: Progress = print) -> dict:
    """Learn everything from the texts in `corpus`, keep it in `out_dir`, and return its card.

    ModelError when torch is not installed: it is needed here alone.
    """
    try:
        from analysis import fine_tuning
    except ImportError as error:
        raise ModelError("Training needs torch, which is not installed. Run: pip install torch==2.13.0") from error
    school = _School(corpus, fine_tuning.teach, progress)
    folds = _folds(school.examples)
    held_out = _held_out(school, folds, progress)
    weights, figures = _weighed(school, held_out)
    progress("Learning from the whole corpus.")
    learnt = school.learn(range(len(school.examples)), progress)
    layers, heads = encoder_building.rounded(learnt.layers), _heads(learnt, weights)
    card = _card(school, figures) | {"encoder_sha256": hashlib.sha256(school.encoder_of(layers)).hexdigest()}
    progress(f"Keeping the model in {out_dir}. To use it: make setup")
    return store.keep(out_dir, layers, heads, card)


class _School:
    """The corpus as lessons, and what every learning starts from."""

    def __init__(self, corpus: Path, teach: Callable, progress: Progress):
        from safetensors.numpy import load_file

        published = encoder_building.published_folder()
        self.corpus, self._teach = corpus, teach
        self._published_file = published / "model.safetensors"
        self._published = load_file(self._published_file)
        self.words = wordpiece.load(published / "vocab.txt")
        self.language = statements.load_language()
        self._names = lessons.Names(corpus)
        coded, harm = lessons.read_coded(corpus), lessons.read_harm(corpus)
        # Names are learned from other fillings than they are tried on.
        self.examples = [*coded, *harm, *self._names.filled(SEED)]
        progress(f"Read {len(coded)} coded passages, {len(harm)} texts on harm and {self.number_of_names} with names.")
        self._lessons = self._taught(self.examples)
        self._unasked = self._taught([replace(one, passage=replace(one.passage, question="")) for one in self.examples])
        dice = random.Random(SEED)
        self._hurried = self._taught([lessons.hurried(one, dice) for one in self.examples])

    @property
    def number_of_names(self) -> int:
        return len({example.passage.id for example in self.examples if example.register == "names"})

    def learn(self, rows: Sequence[int], progress: Progress):
        kinds = [self.columns.index(("kinds", kind)) if kind else -1 for kind in SPANS.values()]
        known = [row for row in rows if self.examples[row].register != "names"]
        harm = [row for row in known if self.examples[row].register == "harm"]
        named = {self.examples[row].passage.id for row in rows if self.examples[row].register == "names"}

        def of_epoch(epoch: int) -> list:
            filled = [one for one in self._names.filled(SEED + 1 + epoch) if one.passage.id in named]
            dice = random.Random(SEED + epoch)
            # Texts on harm are few, and what they teach matters most: they come twice.
            return [self._lesson(row, dice) for row in (*known, *harm)] + self._taught(filled)

        return self._teach(of_epoch, kinds, self._published, SEED, progress)

    def _taught(self, examples: Sequence[Example]) -> list[lessons.Lesson]:
        return lessons.lessons_of(examples, self.language, self.words, self._names.known)

    def _lesson(self, row: int, dice: random.Random) -> lessons.Lesson:
        thrown = dice.random()
        form = self._unasked if thrown < UNASKED else self._hurried if thrown < UNASKED + HURRIED else self._lessons
        return form[row]

    @property
    def columns(self) -> tuple[tuple[str, str], ...]:
        return lessons.label_columns()

    def encoder_of(self, layers: dict[str, np.ndarray]) -> bytes:
        return encoder_building.model_of(self._published_file, layers)

    def readings(self, rows: Sequence[int], learnt, reader: LabelReader) -> Iterator[reading.Reading]:
        """The texts as the reader sees them when it runs."""
        model = self.encoder_of(encoder_building.rounded(learnt.layers))
        seeing = Encoder(encoder.session(model, threads=2), self.words)
        passages = [self.examples[row].passage for row in rows]
        stretches = statements.read([passage.text for passage in passages], self.language)
        for passage, cut in zip(passages, stretches, strict=True):
            yield reading.read(passage, cut, seeing, reader.view)


def _folds(examples: Sequence[Example]) -> np.ndarray:
    """The fold each text is left out of. All fillings of one text with names are in the same."""
    shares = np.random.default_rng(SEED).integers(0, FOLDS, len(examples))
    whole = sorted({example.register for example in examples if not _is_shared_out(example)})
    by_text = {id: number % FOLDS for number, id in enumerate(sorted({one.passage.id for one in examples}))}
    return np.array(
        [
            (by_text[one.passage.id] if one.register == "names" else share)
            if _is_shared_out(one)
            else whole.index(one.register) % FOLDS
            for one, share in zip(examples, shares.tolist(), strict=True)
        ]
    )


def _is_shared_out(example: Example) -> bool:
    return example.register.startswith(SHARED_OUT) or example.register in ("harm", "names")


def _held_out(school: _School, folds: np.ndarray, progress: Progress) -> HeldOut:
    found: dict[int, tuple] = {}
    for fold in range(FOLDS):
        learnt = school.learn(np.flatnonzero(folds != fold).tolist(), progress)
        reader = LabelReader(_heads(learnt, None))
        rows = np.flatnonzero(folds == fold).tolist()
        for row, read in zip(rows, school.readings(rows, learnt, reader), strict=True):
            scores = reader.score(read)
            highest = scores.max(axis=0) if len(scores) else np.full(reader.width, -9.0)
            found[row] = highest, reader.spans(read), read
        progress(f"Left out and read fold {fold + 1} of {FOLDS}.")
    labels, span_odds, readings = zip(*(found[row] for row in range(len(folds))), strict=True)
    return HeldOut(np.array(labels), list(span_odds), list(readings))


def _heads(learnt, weights: Weights | None) -> Weights:
    """The heads as learned, with the thresholds and the calibration of `weights`, or none where there are none yet."""
    count = len(learnt.labels_bias)
    return Weights(
        labels=lessons.label_columns(),
        labels_by_state=learnt.labels_by_state,
        labels_bias=learnt.labels_bias,
        thresholds=weights.thresholds if weights else np.zeros(count, np.float32),
        calibration=weights.calibration if weights else np.tile(np.float32([1, 0]), (count, 1)),
        spans_by_state=learnt.spans_by_state,
        spans_bias=learnt.spans_bias,
        span_thresholds=weights.span_thresholds if weights else np.zeros(len(SPANS), np.float32),
    )


def _weighed(school: _School, held_out: HeldOut) -> tuple[Weights, dict]:
    """Thresholds and calibration, and what they come to on the texts left out."""
    columns, examples = school.columns, school.examples
    coded = np.array([example.labels is not None for example in examples])
    truth = np.array([[column in (example.labels or ()) for column in columns] for example in examples])[coded]
    odds = held_out.labels[coded]
    thresholds, calibration = np.zeros(len(columns), np.float32), np.tile(np.float32([1, 0]), (len(columns), 1))
    figures: dict[str, dict] = {"micro_f1": {}, "calibration_error": {}, "sure": {}}
    possible = np.ones(len(odds), bool)
    for family in READ_FAMILIES:
        places = np.array([place for place, (of, _) in enumerate(columns) if of == family])
        if family == "barrier_themes":
            barrier = columns.index(("kinds", "barrier"))
            possible = odds[:, barrier] >= thresholds[barrier]
        thresholds[places] = _thresholds(odds[:, places], truth[:, places], possible)
        calibration[places], chances = _calibrated(odds[:, places], truth[:, places])
        said = (odds[:, places] >= thresholds[places]) & possible[:, None]
        figures["micro_f1"][family] = round(_f1(said, truth[:, places]), 4)
        figures["calibration_error"][family] = round(_calibration_error(chances, truth[:, places]), 4)
        figures["sure"][family] = _sure(chances, truth[:, places])
    thresholds[-1], figures["harm"] = _harm(examples, held_out.labels[:, -1])
    span_thresholds, figures["spans"] = _span_thresholds(examples, held_out)
    weights = Weights(columns, *[np.zeros(0)] * 2, thresholds, calibration, *[np.zeros(0)] * 2, span_thresholds)
    return weights, figures


def _thresholds(odds: np.ndarray, truth: np.ndarray, possible: np.ndarray) -> np.ndarray:
    """For each label between its own best and the best of its family, by how often it was seen."""
    said = [(odds >= choice) & possible[:, None] for choice in CHOICES]
    of_family = CHOICES[int(np.argmax([_f1(one, truth) for one in said]))]
    own = [
        CHOICES[int(np.argmax([_f1(one[:, label], truth[:, label]) for one in said]))]
        for label in range(truth.shape[1])
    ]
    seen = truth.sum(axis=0)
    return ((seen * own + ENOUGH * of_family) / (seen + ENOUGH)).astype(np.float32)


def _calibrated(odds: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Slope and constant for a family (Platt 1999), and the chances they give: each half by the other half's fit."""
    from sklearn.linear_model import LogisticRegression

    def fit(rows: np.ndarray) -> tuple[float, float]:
        model = LogisticRegression(C=1e6).fit(odds[rows].reshape(-1, 1), truth[rows].reshape(-1))
        return float(model.coef_[0, 0]), float(model.intercept_[0])

    half = np.random.default_rng(SEED).random(len(odds)) < 0.5
    chances = np.zeros(odds.shape)
    for rows in (half, ~half):
        slope, constant = fit(~rows)
        chances[rows] = 1 / (1 + np.exp(-(odds[rows] * slope + constant)))
    return np.float32(fit(np.ones(len(odds), bool))), chances


def _calibration_error(chances: np.ndarray, truth: np.ndarray, bins: int = 15) -> float:
    """Expected calibration error in bins of equal width (Guo et al. 2017), over labels with a chance of 0.05 or more.

    The others, nearly all of them, are right by being nothing: with them the error would be small whatever is said.
    """
    likely = chances >= 0.05
    chances, truth = chances[likely], truth[likely]
    of = np.minimum((chances * bins).astype(int), bins - 1)
    gaps = [
        abs(chances[of == one].mean() - truth[of == one].mean()) * (of == one).sum()
        for one in range(bins)
        if (of == one).any()
    ]
    return float(sum(gaps) / max(len(chances), 1))


def _sure(chances: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """Of the labels that hold, the share that the machine is sure of; and how many of those it is sure of hold."""
    sure = chances >= SURE
    return {
        "recall": round(float((sure & truth).sum() / max(truth.sum(), 1)), 4),
        "precision": round(float((sure & truth).sum() / max(sure.sum(), 1)), 4),
    }


def _harm(examples: Sequence[Example], odds: np.ndarray) -> tuple[float, dict]:
    known = np.array([example.harm is not None for example in examples])
    truth = np.array([bool(example.harm) for example in examples])[known]
    threshold = _missing_few(odds[known][truth], HARM_RECALL)
    said = odds[known] >= threshold
    return threshold, {
        "recall": round(float(said[truth].mean()), 4),
        "precision": round(float(truth[said].mean()), 4),
        "marked_of_coded_passages": round(float((odds[~known] >= threshold).mean()), 4),
    }


def _missing_few(odds: np.ndarray, recall: float) -> float:
    """The highest threshold that keeps this share."""
    return float(np.sort(odds)[int((1 - recall) * len(odds))])


def _span_thresholds(examples: Sequence[Example], held_out: HeldOut) -> tuple[np.ndarray, dict]:
    thresholds, figures = np.zeros(len(SPANS), np.float32), {}
    for column, (name, kind) in enumerate(SPANS.items()):
        rows = [row for row, example in enumerate(examples) if example.spans.get(name)]
        if kind:
            scores = [_span_f1(examples, held_out, rows, name, column, choice) for choice in SPAN_CHOICES]
            thresholds[column], figures[name] = SPAN_CHOICES[int(np.argmax(scores))], round(max(scores), 4)
        else:
            strengths = [
                held_out.spans[row][_inside(held_out.readings[row], span), column].max(initial=-9.0)
                for row in rows
                if examples[row].register == "names"
                for span in examples[row].spans[name]
            ]
            thresholds[column], figures[name] = _missing_few(np.array(strengths), NAME_RECALL), NAME_RECALL
    return thresholds, figures


def _span_f1(examples, held_out: HeldOut, rows: Sequence[int], name: str, column: int, threshold: float) -> float:
    """Of texts known to hold such spans: a span that shares half of its words or more with a coded one counts."""
    hits = said = coded = 0
    shift = np.zeros(len(SPANS), np.float32)
    shift[column] = threshold
    for row in rows:
        read, wanted = held_out.readings[row], examples[row].spans[name]
        above = held_out.spans[row] - shift
        found = [
            span
            for number in range(len(read.stretches))
            if (above[read.bounds[number] : read.bounds[number + 1], column] >= 0).any()
            for span in spans.of_statement(read, number, name, above)
        ]
        hits += sum(any(spans.agree((one.start, one.end), other, read.text) for other in wanted) for one in found)
        said, coded = said + len(found), coded + len(wanted)
    return 2 * hits / max(said + coded, 1)


def _inside(read: reading.Reading, span: tuple[int, int]) -> np.ndarray:
    return np.flatnonzero((read.starts < span[1]) & (read.ends > span[0]))


def _f1(said: np.ndarray, truth: np.ndarray) -> float:
    return float(2 * (said & truth).sum() / max(said.sum() + truth.sum(), 1))


def _card(school: _School, figures: dict) -> dict:
    import onnx
    import torch

    examples = school.examples
    return {
        "what": "all-MiniLM-L6-v2 with its layers trained further on four families of labels, harm, spans and names,"
        " all at once; labels by the mean state of a statement, spans by the state of each word piece.",
        "date": datetime.date.today().isoformat(),
        "framework": store.framework_version(),
        "corpus_sha256": corpus_hash(school.corpus),
        "passages": sum(example.labels is not None for example in examples),
        "harm": sum(example.harm is not None for example in examples),
        "names": school.number_of_names,
        "examples_per_label": _counts(examples),
        "seed": SEED,
        "torch": torch.__version__,
        "onnx": onnx.__version__,
        "held_out": figures,
    }


def _counts(examples: Sequence[Example]) -> dict[str, dict[str, int]]:
    plan = framework.load()
    held = [example.labels for example in examples if example.labels is not None]
    return {
        family: {label.id: sum((family, label.id) in labels for labels in held) for label in plan.labels(family)}
        for family in READ_FAMILIES
    }


def corpus_hash(folder: Path) -> str:
    """Of every file that is learned from, by name and content."""
    found = hashlib.sha256()
    files = (file for pattern in ("*.jsonl", "harm/train.jsonl", "names/*") for file in folder.glob(pattern))
    for file in sorted(files):
        found.update(file.relative_to(folder).as_posix().encode() + b"\0" + file.read_bytes())
    return found.hexdigest()
