"""Learns from what people decided, in seconds, on top of a model that stays as it is.

For each label a logistic regression of what was decided on the log odds of the model beneath and on what the statement
means, with Gaussian priors that are centred on the model beneath: log odds taken once, nothing added for meaning
(Chelba and Acero 2006, "Adaptation of maximum entropy capitalizer: little data can help a lot"). So few decisions move
it little, many move it far, and a label with fewer than FEWEST decisions either way stays exactly what it was. A label
that was not looked at on a statement teaches nothing there: unknown is not no.

It is fitted by Newton's method, label by label, in the directions in which the statements reach furthest. The same
decisions in any order give the same bytes.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import threadpoolctl

from analysis.errors import ModelError

Pair = tuple[str, str]

# Yes and no each: from one side alone nothing can be told apart, and reviewers add labels more often than they deny
# those that nobody suggested.
FEWEST = 3
# How far each may go from the model beneath, as the inverse of a variance. For meaning 0.03 to 0.3 are all as good.
OF_MEANING, OF_SLOPE, OF_CONSTANT = 0.1, 4.0, 1.0
MOST_DIRECTIONS = 400
ROUNDS, CLOSE = 30, 1e-9
FORMAT = 1
PARTS = ("columns", "slopes", "constants", "by_meaning")
AGAIN = "Learn it anew from the decisions."


class Beneath(Protocol):
    """What a layer is laid over. `labels` are in the order of the columns of log odds; a label holds from its
    threshold, which is in log odds too."""

    @property
    def version(self) -> str: ...

    @property
    def labels(self) -> tuple[Pair, ...]: ...

    @property
    def thresholds(self) -> np.ndarray: ...


@dataclass(frozen=True, slots=True)
class Seen:
    """Of a statement, by its place in its passage, what there is to learn from: see `Decided`."""

    start: int
    end: int
    log_odds: np.ndarray
    vector: np.ndarray


@dataclass(frozen=True, slots=True)
class Decided:
    """A statement that a person has decided on: its passage, its vector (`Meanings`), the log odds of the model beneath
    (labels), and the labels that were decided to hold and not to hold. All others are unknown.

    Where somebody could see all labels and decided on the statement as a whole, what they did not choose is a no.
    """

    passage: str
    vector: np.ndarray
    log_odds: np.ndarray
    yes: frozenset[Pair] = frozenset()
    no: frozenset[Pair] = frozenset()


@dataclass(frozen=True, slots=True)
class LightLayer:
    """`columns` (taught) are the places of the labels that were learned, `slopes` and `constants` (taught) what the log
    odds beneath are multiplied by and what is added, `by_meaning` (taught x width) what the vector adds.

    `card` says what it was learned from and over, by hashes; `passages` are those that it has seen.
    """

    columns: np.ndarray
    slopes: np.ndarray
    constants: np.ndarray
    by_meaning: np.ndarray
    card: dict[str, Any] = field(repr=False)

    @property
    def version(self) -> str:
        return self.card["version"]

    @property
    def passages(self) -> frozenset[str]:
        return frozenset(self.card["passages"])

    def score(self, log_odds: np.ndarray, vectors: np.ndarray) -> np.ndarray:
        """Log odds (statements x labels), of those of the model beneath and the vectors (statements x width).

        Columns of labels that were not learned are given back as they came.
        """
        moved = np.array(log_odds, np.float64)
        moved[:, self.columns] = (
            moved[:, self.columns] * self.slopes + self.constants + vectors.astype(np.float64) @ self.by_meaning.T
        )
        return moved

    def adds(self, beneath: np.ndarray, by_piece: np.ndarray) -> np.ndarray:
        """What each piece adds to the log odds of each label (pieces x labels), of what it adds in the model beneath
        (pieces x labels) and to the vector (pieces x width)."""
        added = np.array(beneath, np.float64)
        added[:, self.columns] = added[:, self.columns] * self.slopes + by_piece @ self.by_meaning.T
        return added

    def check(self, beneath: Beneath, meanings_version: str) -> None:
        """ModelError where the layer was learned over another model, or by other encoders."""
        lies_on = (self.card["beneath"], self.card["meanings"], [tuple(pair) for pair in self.card["labels"]])
        if lies_on != (beneath.version, meanings_version, list(beneath.labels)):
            raise ModelError(f"The light layer was learned over {lies_on[0]}, which is not in use. {AGAIN}")

    def kept(self) -> tuple[bytes, str]:
        """The arrays as a .npz file and the card as JSON, to be kept side by side and read by `read`."""
        return _weights(self), json.dumps(self.card, indent=2, ensure_ascii=False) + "\n"


def fit(beneath: Beneath, meanings_version: str, decided: Sequence[Decided]) -> LightLayer:
    """A layer over `beneath` from what people decided, in any order.

    5,000 statements and 60 labels take under a minute on one core (`docs/quality.md`). ValueError where no label has
    FEWEST decisions each way, or where a statement's log odds are not one for each label.

    Where a label was denied on fewer than FEWEST of the statements that the model beneath did not give it to, those are
    passed over: people who look at suggestions alone add what is missing and never deny what is not there, and a label
    would seem to hold wherever it was not suggested.
    """
    decided = sorted(decided, key=_digest)
    answers = _answers(beneath.labels, decided)
    odds = np.array([one.log_odds for one in decided], np.float64)
    if len(decided) and odds.shape != answers.shape:
        raise ValueError(f"{len(beneath.labels)} log odds are needed for each statement: their shape is {odds.shape}")
    answers = _without_lone_additions(answers, odds.reshape(answers.shape) < beneath.thresholds)
    taught = np.flatnonzero(((answers == 1).sum(axis=0) >= FEWEST) & ((answers == 0).sum(axis=0) >= FEWEST))
    if not len(taught):
        raise ValueError(f"No label was decided to hold {FEWEST} times and not to hold {FEWEST} times")
    vectors = np.array([one.vector for one in decided], np.float64)
    # Sums come out the same only when as many threads share them.
    with threadpoolctl.threadpool_limits(limits=1, user_api="blas"):
        directions = _directions(vectors)
        seen = vectors @ directions
        weights = np.array([_fitted(*_known(odds[:, label], seen, answers[:, label])) for label in taught])
    # As fine as is needed; what is below differs between machines.
    layer = LightLayer(
        columns=taught.astype(np.int64),
        slopes=weights[:, 0].astype(np.float32),
        constants=weights[:, 1].astype(np.float32),
        by_meaning=(weights[:, 2:] @ directions.T).astype(np.float32),
        card={},
    )
    return _with_card(layer, beneath, meanings_version, decided, answers)


def read(weights: bytes, card: str, beneath: Beneath, meanings_version: str) -> LightLayer:
    """What `kept` wrote; ModelError when it is damaged, or was learned over another model or by other encoders."""
    try:
        told = json.loads(card)
        intact = told["format"] == FORMAT and hashlib.sha256(weights).hexdigest() == told["weights_sha256"]
        whole = isinstance(told["version"], str) and told["version"] == _version(told) and bool(told["passages"])
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(f"The card of the light layer is damaged. {AGAIN}") from error
    if not (intact and whole):
        raise ModelError(f"The light layer is damaged or of another format. {AGAIN}")
    try:
        with np.load(io.BytesIO(weights), allow_pickle=False) as arrays:
            layer = LightLayer(**{name: arrays[name] for name in PARTS}, card=told)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise ModelError(f"The light layer cannot be read. {AGAIN}") from error
    layer.check(beneath, meanings_version)
    return layer


def _answers(labels: Sequence[Pair], decided: Sequence[Decided]) -> np.ndarray:
    """1 for yes, 0 for no, -1 for unknown (statements x labels). What was said both ways is unknown."""
    answers = np.full((len(decided), len(labels)), -1, np.int8)
    places = {label: place for place, label in enumerate(labels)}
    for row, one in enumerate(decided):
        for said, pairs in ((1, one.yes - one.no), (0, one.no - one.yes)):
            answers[row, [places[pair] for pair in pairs if pair in places]] = said
    return answers


def _without_lone_additions(answers: np.ndarray, not_given: np.ndarray) -> np.ndarray:
    lone = ((answers == 0) & not_given).sum(axis=0) < FEWEST
    return np.where(not_given & lone, np.int8(-1), answers)


def _directions(vectors: np.ndarray) -> np.ndarray:
    """The directions in which the vectors reach furthest (width x at most MOST_DIRECTIONS). What lies in no direction
    of any vector would get no weight in any case."""
    if len(vectors) < vectors.shape[1]:
        return np.linalg.svd(vectors, full_matrices=False)[2][:MOST_DIRECTIONS].T
    return np.linalg.eigh(vectors.T @ vectors)[1][:, ::-1][:, :MOST_DIRECTIONS]


def _known(odds: np.ndarray, seen: np.ndarray, answers: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    known = answers >= 0
    return odds[known], seen[known], answers[known].astype(np.float64)


def _fitted(odds: np.ndarray, seen: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Slope, constant and weights with the highest posterior. It has one maximum, and each step goes towards it."""
    features = np.column_stack([odds, np.ones(len(odds)), seen])
    prior = np.zeros(features.shape[1])
    prior[0] = 1
    precision = np.full(features.shape[1], OF_MEANING)
    precision[:2] = OF_SLOPE, OF_CONSTANT
    weights, loss = prior.copy(), _loss(prior, prior, precision, features, truth)
    for _ in range(ROUNDS):
        step = _newton(weights, prior, precision, features, truth)
        while (better := _loss(weights - step, prior, precision, features, truth)) > loss and np.abs(
            step
        ).max() > CLOSE:
            step /= 2
        weights, gained, loss = weights - step, loss - better, better
        if gained < CLOSE:
            break
    return weights


def _loss(
    weights: np.ndarray, prior: np.ndarray, precision: np.ndarray, features: np.ndarray, truth: np.ndarray
) -> float:
    odds = features @ weights
    return float((np.logaddexp(0, odds) - truth * odds).sum() + (precision * (weights - prior) ** 2).sum() / 2)


def _newton(
    weights: np.ndarray, prior: np.ndarray, precision: np.ndarray, features: np.ndarray, truth: np.ndarray
) -> np.ndarray:
    chances = 1 / (1 + np.exp(-np.clip(features @ weights, -500, 500)))
    gradient = features.T @ (chances - truth) + precision * (weights - prior)
    hessian = (features.T * (chances * (1 - chances))) @ features
    hessian[np.diag_indices_from(hessian)] += precision
    return np.linalg.solve(hessian, gradient)


def _with_card(
    layer: LightLayer, beneath: Beneath, meanings_version: str, decided: Sequence[Decided], answers: np.ndarray
) -> LightLayer:
    told = [beneath.labels[column] for column in layer.columns.tolist()]
    counts = [
        {"family": family, "id": id, "yes": int((said == 1).sum()), "no": int((said == 0).sum())}
        for (family, id), said in zip(told, answers.T[layer.columns], strict=True)
    ]
    card: dict[str, Any] = {
        "format": FORMAT,
        "beneath": beneath.version,
        "meanings": meanings_version,
        "labels": [list(pair) for pair in beneath.labels],
        "statements": len(decided),
        "learned": counts,
        "passages": sorted({one.passage for one in decided}),
        "decisions_sha256": hashlib.sha256(b"".join(map(_digest, decided))).hexdigest(),
        "weights_sha256": hashlib.sha256(_weights(layer)).hexdigest(),
    }
    return LightLayer(*(getattr(layer, name) for name in PARTS), card=card | {"version": _version(card)})


def _version(card: dict[str, Any]) -> str:
    """Of everything that the card says but for the version itself."""
    said = json.dumps({name: value for name, value in card.items() if name != "version"}, sort_keys=True)
    return f"{card['beneath']}+light-{hashlib.sha256(said.encode()).hexdigest()[:10]}"


def _weights(layer: LightLayer) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **{name: getattr(layer, name) for name in PARTS})
    return file.getvalue()


def _digest(one: Decided) -> bytes:
    said = json.dumps([one.passage, sorted(one.yes), sorted(one.no)])
    numbers = (np.asarray(array, np.float32).tobytes() for array in (one.vector, one.log_odds))
    return hashlib.sha256(b"\0".join([said.encode(), *numbers])).digest()
