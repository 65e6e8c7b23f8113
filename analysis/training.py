"""Learns the linear readers from the project's own passages, and chooses thresholds by cross-validation on them.

Nothing here looks at any other text. Each file of the second half of the corpus was written in a register of its own,
so a fold leaves a whole such file out, with a share of the rest: figures on the card are for registers not seen.
"""

import datetime
import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from analysis import barriers, encoder, grammar, labels, questions, reading, statements, store, words
from analysis.barriers import BarrierWeights
from analysis.labels import READ_FAMILIES, Features, LabelReader, Weights
from analysis.passages import Passage
from analysis.reading import Reading
from forms import framework

CORPUS = Path(__file__).parent / "corpus"
SEED = 2026
FOLDS = 6
# Files of one register each; they are left out whole.
REGISTERS = ("b1", "b2", "b3", "b4", "b5", "b6")
RAREST_WORD, RAREST_GROUP, RAREST_RUN = 2, 3, 3
# Strengths of regularisation, chosen by the same cross-validation.
WORDS_C = 5.0
MEANING_ALPHA = 1e-4
BARRIERS_C = 0.3
WHITENING = 0.1
ASKED_WEIGHT = 0.3
# Log odds of a label that was never seen.
NEVER = -6.0

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Example:
    """A coded passage of the corpus."""

    passage: Passage
    register: str
    labels: frozenset[tuple[str, str]]
    barriers: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Parts:
    """The two readers before they are weighed against each other."""

    by_words: Weights
    by_meaning: Weights


def train(corpus_dir: Path = CORPUS, out_dir: Path = store.FOLDER, progress: Progress = print) -> dict:
    """Learn everything from the coded passages in `corpus_dir`, keep it in `out_dir`, and return its card."""
    examples = read_corpus(corpus_dir)
    progress(f"Read {len(examples)} coded passages.")
    readings = read_examples(examples, progress)
    table = _Table(examples, readings)
    held_out = _held_out_scores(table, progress)
    blend = _blended(table, held_out)
    progress("Learning from the whole corpus.")
    learnt = _joined(table, table.fit(range(len(examples))), blend)
    spans = fit_barriers(examples, readings)
    card = _card(corpus_dir, examples, blend)
    progress(f"Keeping the model in {out_dir}.")
    return store.keep(out_dir, learnt, spans, card)


def read_corpus(folder: Path) -> list[Example]:
    files = sorted(folder.glob("*.jsonl"))
    return [_example(json.loads(line), file.stem) for file in files for line in file.open(encoding="utf-8")]


def read_examples(examples: Sequence[Example], progress: Progress) -> list[Reading]:
    language, meaning = statements.load_language(), encoder.load(threads=2)
    stretches = statements.read([example.passage.text for example in examples], language)
    progress(f"Found {sum(map(len, stretches))} statements.")
    found = []
    for number, (example, cut) in enumerate(zip(examples, stretches, strict=True), start=1):
        found.append(_read(example, cut, meaning))
        if number % 1000 == 0 or number == len(examples):
            progress(f"Encoded {number} of {len(examples)} passages.")
    return found


def _read(example: Example, cut: Sequence[statements.Stretch], meaning: encoder.Encoder) -> Reading:
    """A reading that keeps the mean state of each statement, not the states of its pieces: those would be 400 MB."""
    found = reading.read([example.passage], [cut], meaning, view=lambda states: states)
    sizes = np.maximum(np.diff(found.pieces.bounds), 1)
    return replace(found, seen=reading.sums_of(found.seen, found.pieces.bounds) / sizes[:, None])


def _seen_by(reader: LabelReader, read: Reading) -> Reading:
    """The same reading through the reader's view: each piece counts as the mean of its statement, so sums are right."""
    return replace(read, seen=np.repeat(reader.view(read.seen), np.diff(read.pieces.bounds), axis=0))


def fit_barriers(examples: Sequence[Example], readings: Sequence[Reading]) -> BarrierWeights:
    """Learn which clauses of a statement tell its barrier, from the spans coded in the corpus."""
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression

    clauses = [clause for pair in zip(examples, readings, strict=True) for clause in _coded_clauses(*pair)]
    vectoriser = CountVectorizer(analyzer=list, binary=True, min_df=2)
    features = vectoriser.fit_transform([features for features, _ in clauses])
    model = LogisticRegression(C=BARRIERS_C, solver="liblinear", random_state=SEED)
    model.fit(features, [tells for _, tells in clauses])
    names = tuple(vectoriser.get_feature_names_out())
    weights = model.coef_[0].copy()
    weights[names.index(barriers.ALWAYS)] += model.intercept_[0]
    return BarrierWeights(names, weights)


def _example(record: dict, register: str) -> Example:
    passage = Passage(record["id"], record["text"], record.get("question", ""))
    found = frozenset((family, label) for family in READ_FAMILIES for label in record[family])
    places = ((record["text"].find(span), len(span)) for span in record["barriers"])
    return Example(passage, register, found, tuple((start, start + size) for start, size in places if start >= 0))


def _coded_clauses(example: Example, read: Reading) -> Iterable[tuple[list[str], bool]]:
    for stretch in read.stretches:
        spans = [span for span in example.barriers if _overlap(span, stretch) > 0.5 * (span[1] - span[0])]
        clauses = barriers.clauses_of(stretch.tokens) if spans else []
        if len(clauses) < 2:
            continue
        for place, clause in enumerate(clauses):
            yield barriers.features_of(stretch.tokens, clauses, place), _tells(stretch.tokens, clause, spans)


def _tells(tokens: statements.Tokens, clause: barriers.Clause, spans: Sequence[tuple[int, int]]) -> bool:
    """At least half of the clause's tokens lie in a coded span."""
    places = range(clause.first, clause.last)
    inside = sum(any(start <= tokens.starts[at] and tokens.ends[at] <= end for start, end in spans) for at in places)
    return inside >= len(places) / 2


def _overlap(span: tuple[int, int], stretch: statements.Stretch) -> int:
    return min(span[1], stretch.end) - max(span[0], stretch.start)


class _Table:
    """The corpus as matrices: a row for each passage, a column for each feature or label."""

    def __init__(self, examples: Sequence[Example], readings: Sequence[Reading]):
        plan = framework.load()
        self.labels = tuple((family, label.id) for family in READ_FAMILIES for label in plan.labels(family))
        self.truth = np.array([[label in example.labels for label in self.labels] for example in examples])
        self.readings = readings
        self.folds = _folds(examples)
        self._words = _Block(readings, _word_names, RAREST_WORD)
        self._groups = _Block(readings, _group_names, RAREST_GROUP)
        self._grammar = _Block(readings, _grammar_names, RAREST_RUN)
        self._asked = _asked(readings)
        self._centre, self._whitener, self._meaning = _whitened(readings)

    def fit(self, rows: Sequence[int]) -> Parts:
        rows = np.asarray(rows)
        return Parts(self._fit_words(rows), self._fit_meaning(rows))

    def family(self, family: str) -> slice:
        places = [place for place, (of, _) in enumerate(self.labels) if of == family]
        return slice(places[0], places[-1] + 1)

    def _fit_words(self, rows: np.ndarray) -> Weights:
        """One logistic regression for each label on words, groups of letters and grammar (TF-IDF)."""
        import scipy.sparse
        from joblib import Parallel, delayed

        blocks = [self._words, self._groups, self._grammar]
        asked = scipy.sparse.csr_matrix(self._asked)
        features = scipy.sparse.hstack([*(block.scaled for block in blocks), asked]).tocsr()[rows]
        truth = self.truth[rows]
        fits = Parallel(2, prefer="threads")(delayed(_fit_label)(features, column) for column in truth.T)
        weights = np.array([coefficients for coefficients, _ in fits], np.float32).T
        bias = np.array([intercept for _, intercept in fits], np.float32)
        parts = np.split(weights, np.cumsum([len(block.names) for block in blocks]))
        return self._weights(*parts, None, bias)

    def _fit_meaning(self, rows: np.ndarray) -> Weights:
        """One logistic regression for each label on the mean state, all solved together."""
        from sklearn.neural_network import MLPClassifier

        features = np.hstack([self._meaning, ASKED_WEIGHT * self._asked])[rows]
        # Without a hidden layer this is one-vs-rest logistic regression in one run of L-BFGS: ten times faster than
        # as many single ones.
        model = MLPClassifier((), alpha=MEANING_ALPHA * len(rows), solver="lbfgs", max_iter=80, random_state=SEED)
        _quietly(model.fit, features, self.truth[rows])
        weights, bias = model.coefs_[0].astype(np.float32), model.intercepts_[0].astype(np.float32)
        width = self._whitener.shape[1]
        return self._weights(None, None, None, ASKED_WEIGHT * weights[width:], self._whitener @ weights[:width], bias)

    def _weights(self, words_, groups, grammar_, asked, meaning, bias) -> Weights:
        count = len(self.labels)
        return Weights(
            labels=self.labels,
            words=self._words.features(words_, count),
            groups=self._groups.features(groups, count),
            grammar=self._grammar.features(grammar_, count),
            asked=asked,
            centre=self._centre,
            meaning=np.zeros((encoder.WIDTH, count), np.float32) if meaning is None else meaning,
            bias=bias,
            thresholds=np.zeros(count, np.float32),
        )


def _folds(examples: Sequence[Example]) -> np.ndarray:
    shares = np.random.default_rng(SEED).integers(0, FOLDS, len(examples))
    left_out = {register: number for number, register in enumerate(REGISTERS)}
    return np.array([left_out.get(example.register, share) for example, share in zip(examples, shares, strict=True)])


class _Block:
    """Counts times idf, each row divided by the root of its summed squares: the same sum that `LabelReader` takes."""

    def __init__(self, readings: Sequence[Reading], names_of: Callable[[Reading], list], rarest: int):
        import scipy.sparse
        from sklearn.feature_extraction.text import CountVectorizer

        vectoriser = CountVectorizer(analyzer=names_of, min_df=rarest, dtype=np.float32)
        counts = vectoriser.fit_transform(readings).tocsr()
        self.names = tuple(vectoriser.get_feature_names_out())
        present = np.asarray((counts > 0).sum(axis=0)).ravel()
        self.idf = (np.log((1 + len(readings)) / (1 + present)) + 1).astype(np.float32)
        sizes = np.sqrt(counts @ self.idf**2)
        scaled = scipy.sparse.diags(1 / np.maximum(sizes, 1e-9)) @ counts @ scipy.sparse.diags(self.idf)
        self.scaled = scaled.tocsr().astype(np.float32)

    def features(self, weights: np.ndarray | None, labels: int) -> Features:
        weights = np.zeros((len(self.names), labels), np.float32) if weights is None else weights
        return Features(tuple(tuple(name.split(store.PART)) for name in self.names), self.idf, weights)


def _word_names(read: Reading) -> list[str]:
    pairs = zip(read.befores, read.forms, strict=True)
    return [*read.forms, *(store.PART.join(pair) for pair in pairs if pair[0])]


def _group_names(read: Reading) -> list[str]:
    return [group for form in read.forms for group in words.letter_groups(form)]


def _grammar_names(read: Reading) -> list[str]:
    features = (feature for stretch in read.stretches for feature in grammar.features_of(stretch.tokens))
    return [store.PART.join(feature) for feature in features]


def _asked(readings: Sequence[Reading]) -> np.ndarray:
    asked = np.zeros((len(readings), len(questions.ASKED)), np.float32)
    for row, read in enumerate(readings):
        for question in filter(lambda one: one is not None, read.asked):
            asked[row, question] = 1
    return asked


def _whitened(readings: Sequence[Reading]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean states turned so that no direction outweighs the others; without this a solver needs hundreds of steps."""
    means = np.array([_mean_state(read) for read in readings])
    centre = means.mean(axis=0)
    variances, directions = np.linalg.eigh(np.cov((means - centre).T))
    whitener = directions / np.sqrt(variances + WHITENING * variances.mean()) / np.sqrt(encoder.WIDTH)
    whitener = whitener.astype(np.float32)
    return centre.astype(np.float32), whitener, ((means - centre) @ whitener).astype(np.float32)


def _mean_state(read: Reading) -> np.ndarray:
    sizes = np.diff(read.pieces.bounds)
    return sizes @ read.seen / max(sizes.sum(), 1)


def _fit_label(features, truth: np.ndarray) -> tuple[np.ndarray, float]:
    from sklearn.linear_model import LogisticRegression

    if truth.all() or not truth.any():
        # A label that the passages at hand never (or always) carry; only a small corpus has one.
        return np.zeros(features.shape[1]), NEVER if not truth.any() else -NEVER
    model = LogisticRegression(C=WORDS_C, solver="liblinear", dual=True, tol=1e-2, max_iter=200, random_state=SEED)
    _quietly(model.fit, features, truth)
    return model.coef_[0], model.intercept_[0]


def _quietly(fit: Callable, *data) -> None:
    """Fit, without the notice that the last digits were still moving: they do not matter here."""
    import warnings

    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", FutureWarning)
        fit(*data)


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Log odds of each passage (passages x labels) by each reader, at the statement where their sum is highest."""

    by_words: np.ndarray
    by_meaning: np.ndarray


@dataclass(frozen=True, slots=True)
class Blend:
    """What each reader weighs (one row a reader, then the constant; one column a label), and what came of it."""

    weights: np.ndarray
    thresholds: np.ndarray
    figures: dict[str, float]


def _held_out_scores(table: _Table, progress: Progress) -> HeldOut:
    scores = HeldOut(np.zeros(table.truth.shape, np.float32), np.zeros(table.truth.shape, np.float32))
    for fold in range(FOLDS):
        parts = table.fit(np.flatnonzero(table.folds != fold))
        readers = LabelReader(parts.by_words), LabelReader(parts.by_meaning)
        for row in np.flatnonzero(table.folds == fold):
            found = [reader.score(_seen_by(reader, table.readings[row])) for reader in readers]
            if len(found[0]):
                best = (found[0] + found[1]).argmax(axis=0)
                scores.by_words[row], scores.by_meaning[row] = (
                    np.take_along_axis(each, best[None], 0) for each in found
                )
        progress(f"Cross-validated {fold + 1} of {FOLDS} folds.")
    return scores


def _blended(table: _Table, held_out: HeldOut) -> Blend:
    """Weigh the readers so that scores are chances (Platt 1999), then choose thresholds, for each family."""
    weights = np.zeros((3, len(table.labels)), np.float32)
    for family in READ_FAMILIES:
        columns = table.family(family)
        weights[:, columns] = _platt(held_out, table.truth, columns)[:, None]
    odds = weights[0] * held_out.by_words + weights[1] * held_out.by_meaning + weights[2]
    return Blend(weights, *_chosen_thresholds(table, odds))


def _platt(held_out: HeldOut, truth: np.ndarray, columns: slice) -> np.ndarray:
    from sklearn.linear_model import LogisticRegression

    both = np.c_[held_out.by_words[:, columns].ravel(), held_out.by_meaning[:, columns].ravel()]
    model = LogisticRegression(C=100.0, random_state=SEED).fit(both, truth[:, columns].ravel())
    return np.array([*model.coef_[0], model.intercept_[0]], np.float32)


def _chosen_thresholds(table: _Table, odds: np.ndarray) -> tuple[np.ndarray, dict[str, float]]:
    """For each family the threshold with the best micro-F1; themes are judged where a barrier holds already."""
    thresholds, figures = np.zeros(len(table.labels), np.float32), {}
    barrier = table.labels.index(labels.BARRIER)
    for family in READ_FAMILIES:
        columns = table.family(family)
        possible = odds[:, [barrier]] >= thresholds[barrier] if family == "barrier_themes" else True
        choices = np.arange(-3.0, 1.5, 0.05)
        found = [_micro_f1((odds[:, columns] >= choice) & possible, table.truth[:, columns]) for choice in choices]
        thresholds[columns] = choices[int(np.argmax(found))]
        figures[family] = round(max(found), 4)
    return thresholds, figures


def _micro_f1(said: np.ndarray, truth: np.ndarray) -> float:
    return float(2 * (said & truth).sum() / max(said.sum() + truth.sum(), 1))


def _joined(table: _Table, parts: Parts, blend: Blend) -> Weights:
    """Both readers in one set of weights: a weighted sum of linear readers is a linear reader."""
    by_words, by_meaning, constant = blend.weights
    one, two = parts.by_words, parts.by_meaning
    return Weights(
        labels=table.labels,
        words=replace(one.words, weights=one.words.weights * by_words),
        groups=replace(one.groups, weights=one.groups.weights * by_words),
        grammar=replace(one.grammar, weights=one.grammar.weights * by_words),
        asked=one.asked * by_words + two.asked * by_meaning,
        centre=two.centre,
        meaning=two.meaning * by_meaning,
        bias=one.bias * by_words + two.bias * by_meaning + constant,
        thresholds=blend.thresholds,
    )


def _card(corpus: Path, examples: Sequence[Example], blend: Blend) -> dict:
    import sklearn

    return {
        "what": "Two linear readers (TF-IDF words and groups of letters; mean MiniLM states) for four families of "
        "labels, one-vs-rest logistic regression, and a linear reader of clauses for barrier spans.",
        "date": datetime.date.today().isoformat(),
        "framework": store.framework_version(),
        "encoder_sha256": encoder.MODEL_SHA256,
        "corpus_sha256": corpus_hash(corpus),
        "passages": len(examples),
        "examples_per_label": _counts(examples),
        "seed": SEED,
        "scikit_learn": sklearn.__version__,
        "context": labels.CONTEXT,
        "threshold_log_odds": _per_family(blend.thresholds),
        "held_out_micro_f1": blend.figures,
    }


def _counts(examples: Sequence[Example]) -> dict[str, dict[str, int]]:
    plan = framework.load()
    return {
        family: {
            label.id: sum((family, label.id) in example.labels for example in examples) for label in plan.labels(family)
        }
        for family in READ_FAMILIES
    }


def _count(examples: Sequence[Example], label: tuple[str, str]) -> int:
    return sum(label in example.labels for example in examples)


def _per_family(thresholds: np.ndarray) -> dict[str, float]:
    plan, first, found = framework.load(), 0, {}
    for family in READ_FAMILIES:
        found[family] = round(float(thresholds[first]), 2)
        first += len(plan.labels(family))
    return found


def corpus_hash(folder: Path) -> str:
    found = hashlib.sha256()
    for file in sorted(folder.glob("*.jsonl")):
        found.update(file.name.encode() + b"\0" + file.read_bytes())
    return found.hexdigest()
