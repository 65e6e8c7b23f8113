"""Learns the reader from the project's own corpus, and sets thresholds and calibration on texts left out of learning.

Nothing here looks at any other text. Most files were written in a register of their own: a fold leaves a whole such
file out, with a share of the first six, so figures on the card are for registers not seen. What is scored is a single
reader, with weights in eight bits as it runs, beside a reader of bare words that has learned from the same texts. What
is kept is the mean of all encoders, which errs less, beside a reader of words that has learned from all texts: every
text has been learned from by some of them, so what that gains can be measured on other texts only.
"""

import datetime
import hashlib
import random
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from analysis import (
    cutting,
    encoder,
    encoder_building,
    lessons,
    ngrams,
    reading,
    spans,
    spelling,
    statements,
    store,
    wordpiece,
)
from analysis.encoder import Encoder
from analysis.errors import ModelError
from analysis.findings import SURE
from analysis.labels import BARRIER, KIND_OF, READ_FAMILIES, SPANS, LabelReader, Weights
from analysis.lessons import CORPUS, Example, Learnt
from analysis.ngrams import Ngrams
from analysis.spelling import Spelling
from forms import framework

SEED = 2026
FOLDS = 3
# Files of the first half were written by priority area, not by register: each is shared out among the folds.
SHARED_OUT = "a"
CHOICES = np.arange(-3.0, 2.0, 0.05)
# Log odds of what was never looked at: a theme where no statement tells of a barrier.
NEVER = -9.0
# A label seen this often sets its own threshold by half; a rarer one leans more on its family.
ENOUGH = 40
# How often a text is learned without its question, since a report has none; and as somebody types it in a hurry.
UNASKED, HURRIED = 0.3, 0.15
# How often a text is read on from another.
RUN_ON = 0.3
# How much bare words count beside the encoder. By the texts left out anything from a half to three quarters is as good.
WEIGHT_OF_WORDS = np.float32(0.6)
# To miss harm is worse than to look once too often; the same goes for a name.
HARM_RECALL, NAME_RECALL = 0.97, 0.985

NAMES = list(SPANS).index("names")

WHAT = (
    "The mean of several readers, each all-MiniLM-L6-v2 with its layers trained further on four families of labels,"
    " harm, spans and names, all at once, without another share of the corpus; labels by the mean state of a statement"
    " and, beside it, by its word pieces and pairs of them (logistic regression on tf-idf, learned from all of the"
    " corpus); spans by the state of each word piece. Figures are of single readers on the share left out."
)

Progress = Callable[[str], None]
# From log odds and what is true: what is fitted to them, and what tells of others by it.
Fit = Callable[[np.ndarray, np.ndarray], tuple[Any, Callable[[np.ndarray], np.ndarray]]]


@dataclass(frozen=True, slots=True)
class HeldOut:
    """What readers said of texts that they had not learned from: log odds of each statement (statements x labels) and
    of each piece (pieces x SPANS), with the reading these are of."""

    labels: list[np.ndarray]
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
    school = _School(corpus, progress)
    folds = _folds(school.examples)
    readers: list[Learnt] = []
    for fold in range(FOLDS):
        readers.append(school.learn(np.flatnonzero(folds != fold).tolist(), fine_tuning.teach, progress))
        progress(f"Learned all but fold {fold + 1} of {FOLDS}.")
    held_out = _held_out(school, folds, readers, progress)
    heads, cutter, figures = _weighed(school.examples, folds, held_out, _heads(readers))
    heads, looking = _looking(school.examples, held_out, heads)
    figures["spans"]["names"] = looking.pop("names")
    layers = _layers(readers)
    card = _card(school, figures | looking) | {"encoder_sha256": hashlib.sha256(school.encoder_of(layers)).hexdigest()}
    progress(f"Keeping the model in {out_dir}. To use it: make setup")
    return store.keep(out_dir, layers, store.Model(heads, cutter, school.to_mean, card))


def train_words(
    corpus: Path = CORPUS, model_dir: Path = store.FOLDER, out_dir: Path | None = None, progress: Progress = print
) -> dict:
    """Learn anew what bare words tell, when labels hold and where spans are cut, beside the encoder of the model in
    `model_dir` as it is; keep it in `out_dir` (None: the same place) and return its card. Needs no torch.

    Thresholds of harm and of names hang on the encoder alone and stay. ModelError when the encoder has learned from
    other texts than those of `corpus`: then nobody can say which it has not seen.
    """
    model, layers = store.load(model_dir), store.layers(model_dir)
    if corpus_hash(corpus, model.card.get("not_yet_learned_from", ())) != model.card["corpus_sha256"]:
        raise ModelError("The encoder has learned from other texts than these. Train the whole: feedback-loop train")
    school = _School(corpus, progress)
    folds = _folds(school.examples)
    # Others are not asked about, and new ones among them have no reader that is known not to have seen them.
    school.examples = [example for example in school.examples if example.labels is not None]
    folds = folds[: len(school.examples)]
    readers = _kept(model, layers)
    held_out = _held_out(school, folds, readers, progress)
    heads, cutter, figures = _weighed(school.examples, folds, held_out, _heads(readers))
    thresholds = np.append(heads.thresholds[:-1], model.weights.thresholds[-1:])
    heads = replace(heads, thresholds=thresholds, span_thresholds=model.weights.span_thresholds)
    known = model.card["held_out"]
    figures["spans"]["names"] = known["spans"]["names"]
    card = {**model.card, "what": WHAT, "date": datetime.date.today().isoformat(), "held_out": known | figures}
    progress(f"Keeping the model in {out_dir or model_dir}.")
    return store.keep(out_dir or model_dir, layers, replace(model, weights=heads, cutter=cutter, card=card))


class _School:
    """The corpus as lessons, and what every learning starts from."""

    def __init__(self, corpus: Path, progress: Progress):
        published = encoder_building.published_folder()
        self.corpus = corpus
        self._published_file = published / "model.safetensors"
        self.to_mean = spelling.words_to_mean(corpus)
        self.words = wordpiece.load(published / "vocab.txt", Spelling(self.to_mean).meant)
        self.language = statements.load_language()
        self._names = lessons.Names(corpus)
        coded, harm = lessons.read_coded(corpus), lessons.read_harm(corpus)
        # Names are learned from other fillings than they are tried on.
        self.examples = [*coded, *harm, *self._names.filled(SEED)]
        progress(f"Read {len(coded)} coded passages, {len(harm)} texts on harm and {self.number_of_names} with names.")

    @cached_property
    def _lessons(self) -> list[lessons.Lesson]:
        return self._taught(self.examples)

    @cached_property
    def _unasked(self) -> list[lessons.Lesson]:
        return self._taught([replace(one, passage=replace(one.passage, question="")) for one in self.examples])

    @cached_property
    def _hurried(self) -> list[lessons.Lesson]:
        dice = random.Random(SEED)
        return self._taught([lessons.hurried(one, dice) for one in self.examples])

    @property
    def number_of_names(self) -> int:
        return len({example.passage.id for example in self.examples if example.register == "names"})

    def learn(self, rows: Sequence[int], teach: Callable, progress: Progress) -> Learnt:
        """What is learned from these texts, its layers in eight bits as they run."""
        from safetensors.numpy import load_file

        kinds = [self.columns.index(("kinds", kind)) if kind else -1 for kind in SPANS.values()]
        known = [row for row in rows if self.examples[row].register != "names"]
        harm = [row for row in known if self.examples[row].register == "harm"]
        named = {self.examples[row].passage.id for row in rows if self.examples[row].register == "names"}

        def of_epoch(epoch: int) -> list:
            filled = [one for one in self._names.filled(SEED + 1 + epoch) if one.passage.id in named]
            dice = random.Random(SEED + epoch)
            # Texts on harm are few, and what they teach matters most: they come twice.
            taught = [self._lesson(row, dice) for row in (*known, *harm)] + self._taught(filled)
            dice.shuffle(taught)
            return lessons.run_together(taught, RUN_ON, dice)

        learnt = teach(of_epoch, kinds, load_file(self._published_file), SEED, progress)
        return replace(learnt, layers=encoder_building.rounded(learnt.layers))

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

    def readings(self, rows: Sequence[int], learnt: Learnt, reader: LabelReader) -> Iterator[reading.Reading]:
        """The texts as the reader sees them when it runs."""
        model = self.encoder_of(_layers([learnt]))
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


def _held_out(school: _School, folds: np.ndarray, readers: Sequence[Learnt], progress: Progress) -> HeldOut:
    """What the reader of each fold, which has learned from all the others, says of its texts."""
    found: dict[int, tuple] = {}
    for fold, learnt in enumerate(readers):
        reader = LabelReader(_heads([learnt]))
        rows = np.flatnonzero(folds == fold).tolist()
        for row, read in zip(rows, school.readings(rows, learnt, reader), strict=True):
            found[row] = reader.score(read), reader.spans(read), replace(read, seen=np.zeros(0, np.float32))
        progress(f"Read fold {fold + 1} of {FOLDS}, which was left out.")
    labels, span_odds, readings = zip(*(found[row] for row in range(len(folds))), strict=True)
    return HeldOut(list(labels), list(span_odds), list(readings))


def _with_words(examples: Sequence[Example], folds: np.ndarray, held_out: HeldOut) -> list[np.ndarray]:
    """Log odds of labels as in `HeldOut`, with what readers of bare words add, each to texts that it did not learn
    from."""
    labels = list(held_out.labels)
    for fold in range(FOLDS):
        words, bias = _words_of(examples, held_out, folds != fold)
        for row in np.flatnonzero(folds == fold).tolist():
            read = held_out.readings[row]
            added = reading.means_of(words.adds(read.pieces, read.bounds.tolist()), read.bounds)
            labels[row] = labels[row] + added + bias
    return labels


def _words_of(examples: Sequence[Example], held_out: HeldOut, taught: np.ndarray) -> tuple[Ngrams, np.ndarray]:
    """What the words of the coded ones of these texts teach, as much as it is to weigh beside the encoder.

    People coded whole texts, and what reads them reads statements: a label is taught to the statement where the encoder
    finds it likeliest, and to others where it is likelier than not.
    """
    columns = lessons.label_columns()
    pieces: list[Sequence[int]] = []
    truth: list[np.ndarray] = []
    for row in np.flatnonzero(taught).tolist():
        carried, read, odds = examples[row].labels, held_out.readings[row], held_out.labels[row]
        if carried is not None and len(odds):
            pieces += (read.pieces[first:last] for first, last in pairwise(read.bounds.tolist()))
            truth.append(((odds == odds.max(axis=0)) | (odds >= 0)) & [column in carried for column in columns])
    words, bias = ngrams.learn(pieces, np.concatenate(truth))
    return replace(words, by_gram=words.by_gram * WEIGHT_OF_WORDS), bias * WEIGHT_OF_WORDS


def _layers(readers: Sequence[Learnt]) -> dict[str, np.ndarray]:
    return encoder_building.together(one.layers for one in readers)


def _heads(readers: Sequence[Learnt]) -> Weights:
    """The heads as learned, without thresholds and calibration.

    Log odds of several readers are their mean: each has learned from other texts and errs in its own way, so together
    they err less than any (bagging, Breiman 1996).
    """
    count = len(readers[0].labels_bias)
    by_state = {
        head: np.vstack([getattr(one, f"{head}_by_state") for one in readers]) / np.float32(len(readers))
        for head in ("labels", "spans")
    }
    bias = {head: np.mean([getattr(one, f"{head}_bias") for one in readers], axis=0) for head in by_state}
    return Weights(
        labels=lessons.label_columns(),
        labels_by_state=by_state["labels"],
        labels_bias=bias["labels"],
        thresholds=np.zeros(count, np.float32),
        calibration=np.tile(np.float32([1, 0]), (count, 1)),
        spans_by_state=by_state["spans"],
        spans_bias=bias["spans"],
        span_thresholds=np.zeros(len(SPANS), np.float32),
    )


def _kept(model: store.Model, layers: dict[str, np.ndarray]) -> list[Learnt]:
    """The readers of a model one by one. Of what they add to every text alike their mean alone was kept, so all have
    that."""
    weights, count = model.weights, model.card["readers"]
    biases = {f"{head}_bias": getattr(weights, f"{head}_bias") for head in ("labels", "spans")}
    return [
        Learnt(
            layers={
                name.removeprefix(f"{number}."): array
                for name, array in layers.items()
                if name.startswith(f"{number}.")
            },
            **{
                f"{head}_by_state": np.split(getattr(weights, f"{head}_by_state"), count)[number] * count
                for head in ("labels", "spans")
            },
            **biases,
        )
        for number in range(count)
    ]


def _weighed(
    examples: Sequence[Example], folds: np.ndarray, held_out: HeldOut, heads: Weights
) -> tuple[Weights, bytes, dict]:
    """The heads with what words tell, thresholds and calibration of labels; what cuts spans; and what they come to on
    the texts left out."""
    labels = _with_words(examples, folds, held_out)
    thresholds, calibration, figures = _holding(examples, labels)
    words, bias = _words_of(examples, held_out, np.ones(len(examples), bool))
    weighed = replace(
        heads,
        thresholds=thresholds,
        calibration=calibration,
        grams_bias=bias,
        grams=words.grams,
        rarity=words.rarity,
        # As fine as is needed, in half the space.
        labels_by_gram=words.by_gram.astype(np.float16),
    )
    cutter, figures["spans"] = learnt_cutter(examples, folds, replace(held_out, labels=labels), weighed)
    return weighed, cutter, figures


def _holding(examples: Sequence[Example], scores: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray, dict]:
    """Thresholds and calibration of the labels that people coded, and what they come to."""
    columns = lessons.label_columns()
    coded = [
        (example.labels, odds) for example, odds in zip(examples, scores, strict=True) if example.labels is not None
    ]
    truth = np.array([[column in labels for column in columns] for labels, _ in coded])
    barrier = columns.index(BARRIER)
    thresholds, calibration = np.zeros(len(columns), np.float32), np.tile(np.float32([1, 0]), (len(columns), 1))
    figures: dict[str, dict] = {"micro_f1": {}, "calibration_error": {}, "sure": {}}
    for family in READ_FAMILIES:
        places = np.array([place for place, (of, _) in enumerate(columns) if of == family])
        # Themes are said of statements alone that tell of a barrier: kinds come before them in READ_FAMILIES.
        least = thresholds[barrier] if family == "barrier_themes" else -np.inf
        odds = np.array([_highest(some[some[:, barrier] >= least][:, places]) for _, some in coded])
        held = truth[:, places]
        thresholds[places], said = _by_halves(_thresholds, odds, held)
        calibration[places], chances = _by_halves(_calibrated, odds, held)
        figures["micro_f1"][family] = round(_f1(said, held), 4)
        figures["calibration_error"][family] = round(_calibration_error(chances, held), 4)
        figures["sure"][family] = _sure(chances, held)
    return thresholds, calibration, figures


def _looking(examples: Sequence[Example], held_out: HeldOut, heads: Weights) -> tuple[Weights, dict]:
    """The heads with the thresholds from which a person looks, for harm and for names, and what they come to."""
    thresholds, span_thresholds = heads.thresholds.copy(), heads.span_thresholds.copy()
    figures = {}
    thresholds[-1], figures["harm"] = _harm(examples, np.array([_highest(some[:, -1:])[0] for some in held_out.labels]))
    span_thresholds[NAMES], figures["names"] = _names(examples, held_out)
    return replace(heads, thresholds=thresholds, span_thresholds=span_thresholds), figures


def _highest(scores: np.ndarray) -> np.ndarray:
    """Of a text, at the statement where they are highest."""
    return scores.max(axis=0, initial=NEVER)


def _by_halves(fit: Fit, odds: np.ndarray, truth: np.ndarray) -> tuple[Any, np.ndarray]:
    """What is fitted to all texts, and what is said of each half by what is fitted to the other: a fair trial."""
    half = np.random.default_rng(SEED).random(len(odds)) < 0.5
    parts = [(rows, fit(odds[~rows], truth[~rows])[1](odds[rows])) for rows in (half, ~half)]
    said = np.zeros(odds.shape, parts[0][1].dtype)
    for rows, part in parts:
        said[rows] = part
    return fit(odds, truth)[0], said


def _thresholds(odds: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, Callable]:
    """For each label between its own best and the best of its family, by how often it was seen; and what tells which
    labels hold."""
    said = [odds >= choice for choice in CHOICES]
    of_family = _best([_f1(one, truth) for one in said])
    own = np.array([_best([_f1(one[:, label], held) for one in said]) for label, held in enumerate(truth.T)])
    seen = truth.sum(axis=0)
    chosen = ((seen * own + ENOUGH * of_family) / (seen + ENOUGH)).astype(np.float32)
    return chosen, lambda others: others >= chosen


def _best(scores: Sequence[float]) -> float:
    """The choice with the best score; of several, the one in their middle."""
    best = CHOICES[np.array(scores) >= max(scores)]
    return float(best[len(best) // 2])


def _calibrated(odds: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, Callable]:
    """Slope and constant for a family (Platt 1999), and what turns log odds into chances by them.

    Log odds of what was never looked at tell nothing of those that are shown.
    """
    from sklearn.linear_model import LogisticRegression

    looked_at = odds > NEVER
    model = LogisticRegression(C=1e6).fit(odds[looked_at].reshape(-1, 1), truth[looked_at])
    slope, constant = float(model.coef_[0, 0]), float(model.intercept_[0])
    return np.float32([slope, constant]), lambda others: 1 / (1 + np.exp(-(others * slope + constant)))


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
    """The threshold, and what it comes to on texts on harm and passages that were looked through for it."""
    known = np.array([example.harm is not None for example in examples])
    coded = np.array([example.labels is not None for example in examples])
    truth = np.array([bool(example.harm) for example in examples])[known]
    threshold, said = _by_halves(_missing_little(HARM_RECALL), odds[known], truth)
    return float(threshold), {
        "recall": round(float(said[truth].mean()), 4),
        "precision": round(float(truth[said].mean()), 4),
        "marked_of_coded_passages": round(float((odds[coded] >= threshold).mean()), 4),
    }


def _missing_little(recall: float) -> Fit:
    """Fits the highest threshold that keeps this share of what is true."""

    def fit(odds: np.ndarray, truth: np.ndarray) -> tuple[float, Callable]:
        threshold = _missing_few(odds[truth], recall)
        return threshold, lambda others: others >= threshold

    return fit


def _missing_few(odds: np.ndarray, recall: float) -> float:
    """The highest threshold that keeps this share."""
    return float(np.sort(odds)[int((1 - recall) * len(odds))])


def _names(examples: Sequence[Example], held_out: HeldOut) -> tuple[float, float]:
    """The threshold of a word that is a name, and the share of names found by it."""
    strengths = np.array(
        [
            held_out.spans[row][_inside(held_out.readings[row], span), NAMES].max(initial=NEVER)
            for row, example in enumerate(examples)
            if example.register == "names"
            for span in example.spans["names"]
        ]
    )
    threshold, found = _by_halves(_missing_little(NAME_RECALL), strengths, np.ones(len(strengths), bool))
    return float(threshold), round(float(found.mean()), 4)


def learnt_cutter(
    examples: Sequence[Example], folds: np.ndarray, held_out: HeldOut, weights: Weights
) -> tuple[bytes, dict[str, float]]:
    """What cuts spans, learned from what readers said of texts left out; and for each sort of span the F1 that it comes
    to on each fold when it has learned from the others. The span's statement has to be found, too."""
    samples: dict[int, list[cutting.Sample]] = {fold: [] for fold in range(FOLDS)}
    for row, fold in enumerate(folds.tolist()):
        samples[fold] += _samples(examples[row], held_out.readings[row], held_out.spans[row])
    counts = {name: np.zeros(3, int) for name in KIND_OF}
    for fold in range(FOLDS):
        cutter = cutting.Cutter(cutting.learn(one for other in range(FOLDS) if other != fold for one in samples[other]))
        for row in np.flatnonzero(folds == fold).tolist():
            for name in KIND_OF.keys() & examples[row].spans.keys():
                counts[name] += _span_counts(cutter, examples[row], held_out, row, name, weights)
    figures = {name: round(float(2 * hits / max(said + coded, 1)), 4) for name, (hits, said, coded) in counts.items()}
    return cutting.learn(one for fold in range(FOLDS) for one in samples[fold]), figures


def _samples(example: Example, read: reading.Reading, odds: np.ndarray) -> Iterator[cutting.Sample]:
    for name in KIND_OF:
        coded = example.spans.get(name, ())
        for number in range(len(read.stretches)):
            if coded and cutting.holds_any(read, number, coded):
                yield cutting.Sample(read, number, name, odds, coded)


def _span_counts(
    cutter: cutting.Cutter, example: Example, held_out: HeldOut, row: int, name: str, weights: Weights
) -> list[int]:
    """Spans of a text that agree with a coded one, spans found, spans coded."""
    read, wanted = held_out.readings[row], example.spans[name]
    kind = weights.labels.index(("kinds", KIND_OF[name]))
    holding = np.flatnonzero(held_out.labels[row][:, kind] >= weights.thresholds[kind]).tolist()
    found = [one for number in holding for one in cutter.of_statement(read, number, name, held_out.spans[row])]
    hits = sum(any(spans.agree((one.start, one.end), other, read.text) for other in wanted) for one in found)
    return [hits, len(found), len(wanted)]


def _inside(read: reading.Reading, span: tuple[int, int]) -> np.ndarray:
    return np.flatnonzero((read.starts < span[1]) & (read.ends > span[0]))


def _f1(said: np.ndarray, truth: np.ndarray) -> float:
    return float(2 * (said & truth).sum() / max(said.sum() + truth.sum(), 1))


def _card(school: _School, figures: dict) -> dict:
    import onnx
    import torch

    examples = school.examples
    return {
        "what": WHAT,
        "readers": FOLDS,
        "date": datetime.date.today().isoformat(),
        "framework": store.framework_version(),
        "corpus_sha256": corpus_hash(school.corpus),
        "passages": sum(example.labels is not None for example in examples),
        "harm": sum(example.register == "harm" for example in examples),
        "looked_through_for_harm": sum(example.labels is not None and example.harm is not None for example in examples),
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


def corpus_hash(folder: Path, without: Collection[str] = ()) -> str:
    """Of every file that is learned from, by name and content; `without` those that a model has not learned from yet,
    which its card names."""
    found = hashlib.sha256()
    files = {
        file.relative_to(folder).as_posix(): file
        for pattern in ("*.jsonl", "harm/*.jsonl", "names/*")
        for file in sorted(folder.glob(pattern))
    }
    for name in sorted(files.keys() - set(without)):
        found.update(name.encode() + b"\0" + files[name].read_bytes())
    return found.hexdigest()
