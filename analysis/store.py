"""Keeps what was learned beside its card, without pickle: reading a model file can run no code.

`weights.npz` holds plain arrays, `card.json` says what they are, and by hashes which encoder and framework they belong
to. Whatever does not fit together is refused in words that say what to do.
"""

import json
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analysis import encoder
from analysis.barriers import BarrierWeights
from analysis.errors import ModelError
from analysis.labels import Features, Weights
from forms import framework

FOLDER = Path(__file__).parent / "models" / "labels"
CARD_FILE, WEIGHTS_FILE = "card.json", "weights.npz"
FORMAT = 1
# Between the parts of a feature's name; no word or tag holds it.
PART = "\t"
AGAIN = "Take the models from the repository again, or train them: feedback-loop train"


@dataclass(frozen=True, slots=True)
class Model:
    labels: Weights
    barriers: BarrierWeights
    card: dict

    @property
    def version(self) -> str:
        return self.card["version"]


def keep(folder: Path, labels: Weights, barriers: BarrierWeights, card: dict) -> dict:
    """Write the model and its card; the card that is returned also names the files' hash and the version."""
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / "unfinished.npz"
    np.savez_compressed(unfinished, **_arrays(labels), **_barrier_arrays(barriers))
    unfinished.replace(folder / WEIGHTS_FILE)
    weights_hash = encoder.sha256_of(folder / WEIGHTS_FILE)
    whole = {**card, "format": FORMAT, "version": f"linear-{weights_hash[:10]}", "weights_sha256": weights_hash}
    whole["labels"] = [list(pair) for pair in labels.labels]
    (folder / CARD_FILE).write_text(json.dumps(whole, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return whole


def load(folder: Path = FOLDER) -> Model:
    """ModelError when the model is absent, damaged, or made for another encoder or framework."""
    card = _card(folder / CARD_FILE)
    _check(card, folder / WEIGHTS_FILE)
    try:
        with np.load(folder / WEIGHTS_FILE, allow_pickle=False) as arrays:
            return Model(_labels(arrays, card), _barriers(arrays), card)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise ModelError(f"The label model in {folder} cannot be read. {AGAIN}") from error


def _card(path: Path) -> dict:
    if not path.is_file():
        raise ModelError(f"There is no label model in {path.parent}: {path.name} is missing. {AGAIN}")
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
        return {**card, "version": str(card["version"])}
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(f"The card of the label model, {path}, is damaged. {AGAIN}") from error


def _check(card: dict, weights: Path) -> None:
    if card.get("format") != FORMAT:
        raise ModelError(f"The label model is of format {card.get('format')}, not {FORMAT}. {AGAIN}")
    if not weights.is_file() or encoder.sha256_of(weights) != card.get("weights_sha256"):
        raise ModelError(f"The label model's weights, {weights}, are missing or damaged. {AGAIN}")
    if card.get("encoder_sha256") != encoder.MODEL_SHA256:
        raise ModelError(f"The label model was trained with another sentence encoder. {AGAIN}")
    if card.get("framework") != framework_version():
        raise ModelError(f"The label model was trained for another version of the framework. {AGAIN}")


def framework_version() -> str:
    plan = framework.load()
    return f"{plan.slug}/{plan.version}"


def _arrays(weights: Weights) -> dict[str, np.ndarray]:
    return {
        **_feature_arrays("words", weights.words),
        **_feature_arrays("groups", weights.groups),
        **_feature_arrays("grammar", weights.grammar),
        "asked": weights.asked.astype(np.float32),
        "centre": weights.centre.astype(np.float32),
        "meaning": weights.meaning.astype(np.float32),
        "bias": weights.bias.astype(np.float32),
        "thresholds": weights.thresholds.astype(np.float32),
    }


def _feature_arrays(name: str, features: Features) -> dict[str, np.ndarray]:
    # Half precision: 0.1 % of a weight is far below what its own training error is, and halves the file.
    return {
        f"{name}_names": _stored(PART.join(parts) for parts in features.names),
        f"{name}_idf": features.idf.astype(np.float32),
        f"{name}_weights": features.weights.astype(np.float16),
    }


def _barrier_arrays(weights: BarrierWeights) -> dict[str, np.ndarray]:
    return {"barrier_names": _stored(weights.names), "barrier_weights": weights.weights.astype(np.float32)}


def _labels(arrays, card: dict) -> Weights:
    plain = {name: arrays[name] for name in ("asked", "centre", "meaning", "bias", "thresholds")}
    labels = tuple((family, label) for family, label in card["labels"])
    features = {name: _features(arrays, name) for name in ("words", "groups", "grammar")}
    return Weights(labels, **features, **plain)


def _features(arrays, name: str) -> Features:
    names = tuple(tuple(joined.split(PART)) for joined in _names(arrays[f"{name}_names"]))
    return Features(names, arrays[f"{name}_idf"], arrays[f"{name}_weights"])


def _barriers(arrays) -> BarrierWeights:
    return BarrierWeights(_names(arrays["barrier_names"]), arrays["barrier_weights"])


def _stored(names: Iterable[str]) -> np.ndarray:
    return np.frombuffer("\n".join(names).encode(), np.uint8)


def _names(stored: np.ndarray) -> tuple[str, ...]:
    return tuple(stored.tobytes().decode().split("\n"))
