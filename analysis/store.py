"""Keeps what was learned beside its card, without pickle: reading a model file can run no code.

`weights.npz` holds plain arrays: the encoder's layers in eight bits, from which `encoder_building` makes the encoder,
what turns its states into labels and spans, what bare words tell of labels, and the words that a mistyped one can have
meant. `cutter.crfsuite` is what
cuts spans, as its library writes it. `card.json` says what they are, and by hashes what they belong to. Whatever does
not fit together is refused in words that say what to do.
"""

import hashlib
import json
import zipfile
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from analysis import encoder
from analysis.errors import ModelError
from analysis.labels import SPANS, Weights
from forms import framework

FOLDER = Path(__file__).parent / "models" / "reader"
CARD_FILE, WEIGHTS_FILE, CUTTER_FILE = "card.json", "weights.npz", "cutter.crfsuite"
# The card names the hash of each.
FILES = {WEIGHTS_FILE: "weights_sha256", CUTTER_FILE: "cutter_sha256"}
FORMAT = 6
AGAIN = "Take the models from the repository again, or train them: feedback-loop train"
LAYER = "encoder.layer."
WORDS = ("words", "word_counts")


@dataclass(frozen=True, slots=True)
class Model:
    """`cutter` is what `cutting.Cutter` works by. `words` are those that a mistyped one can have meant, each with how
    often it is used."""

    weights: Weights
    cutter: bytes
    words: dict[str, int]
    card: dict

    @property
    def version(self) -> str:
        return self.card["version"]


def keep(folder: Path, layers: dict[str, np.ndarray], model: Model) -> dict:
    """Write the model and its card; the card that is returned also names the files' hash and the version."""
    folder.mkdir(parents=True, exist_ok=True)
    arrays = {field.name: getattr(model.weights, field.name) for field in fields(Weights) if field.name != "labels"}
    words = np.array(list(model.words)), np.array(list(model.words.values()), np.int64)
    arrays |= dict(zip(WORDS, words, strict=True))
    fresh = {name: folder / f"unfinished-{name}" for name in (*FILES, CARD_FILE)}
    with fresh[WEIGHTS_FILE].open("wb") as file:
        np.savez_compressed(file, **layers, **arrays)
    fresh[CUTTER_FILE].write_bytes(model.cutter)
    hashes = {hash_: encoder.sha256_of(fresh[name]) for name, hash_ in FILES.items()}
    version = hashlib.sha256("".join(hashes.values()).encode()).hexdigest()[:10]
    whole = {**model.card, "format": FORMAT, "version": f"minilm-{version}", **hashes}
    whole |= {"labels": [list(pair) for pair in model.weights.labels], "spans": list(SPANS)}
    fresh[CARD_FILE].write_text(json.dumps(whole, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    # All of it is written before any of it takes the place of a model that works.
    for name, path in fresh.items():
        path.replace(folder / name)
    return whole


def load(folder: Path = FOLDER) -> Model:
    """ModelError when the model is absent, damaged, or made for another framework."""
    card = read_card(folder)
    _check(card, folder)
    plain = [field.name for field in fields(Weights) if field.name != "labels"]
    labels = tuple((family, label) for family, label in card["labels"])
    words, counts = _arrays(folder, list(WORDS)).values()
    return Model(
        Weights(labels, **_arrays(folder, plain)),
        (folder / CUTTER_FILE).read_bytes(),
        dict(zip(words.tolist(), counts.tolist(), strict=True)),
        card,
    )


def layers(folder: Path = FOLDER) -> dict[str, np.ndarray]:
    """The layers of our own, by their reader's number and the names that the published model gives them."""
    _check(read_card(folder), folder)
    return _arrays(folder, None)


def _arrays(folder: Path, names: list[str] | None) -> dict[str, np.ndarray]:
    try:
        with np.load(folder / WEIGHTS_FILE, allow_pickle=False) as kept:
            wanted = names or [name for name in kept.files if LAYER in name]
            return {name: kept[name] for name in wanted}
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise ModelError(f"The model in {folder} cannot be read. {AGAIN}") from error


def read_card(folder: Path = FOLDER) -> dict:
    path = folder / CARD_FILE
    if not path.is_file():
        raise ModelError(f"There is no model in {folder}: {path.name} is missing. {AGAIN}")
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
        wanted = {name: card[name] for name in ("version", "labels", "encoder_sha256")}
        return {**card, **wanted, "version": str(card["version"])}
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(f"The card of the model, {path}, is damaged. {AGAIN}") from error


def _check(card: dict, folder: Path) -> None:
    if card.get("format") != FORMAT or card.get("spans") != list(SPANS):
        raise ModelError(f"The model is of format {card.get('format')}, and not what this version reads. {AGAIN}")
    for file, hash_ in FILES.items():
        path = folder / file
        if not path.is_file() or encoder.sha256_of(path) != card.get(hash_):
            raise ModelError(f"{path}, a part of the model, is missing or damaged. {AGAIN}")
    if card.get("framework") != framework_version():
        raise ModelError(f"The model was trained for another version of the framework. {AGAIN}")


def framework_version() -> str:
    plan = framework.load()
    return f"{plan.slug}/{plan.version}"
