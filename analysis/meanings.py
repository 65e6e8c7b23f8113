"""What a statement means, as one vector, for what the readers were not trained on: another framework's codes, and what
people decide.

Two encoders read it, each by itself: the published one as it is, and our own, trained further on the labels of the
plan. The published one was trained to put sentences of one meaning side by side (Reimers and Gurevych 2019,
"Sentence-BERT"); ours knows the field. Either alone is worse: see "Learning from decisions" in `docs/quality.md`.
A statement is read without its neighbours, so the same words have the same vector wherever they stand.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analysis import encoder, encoder_building, store
from analysis.encoder import Encoder
from analysis.reading import means_of, windows_of
from analysis.spelling import Spelling
from analysis.statements import readable


@dataclass(frozen=True, slots=True)
class Meaning:
    """`by_piece` (pieces x width) are what each word piece gives to `vector` (width): their mean is the vector, so what
    is linear in it is a sum over words. Piece i stands for characters `starts[i]` to `ends[i]` of the text."""

    vector: np.ndarray
    by_piece: np.ndarray
    starts: Sequence[int]
    ends: Sequence[int]


class Meanings:
    """`version` tells the encoders by a hash: vectors of different versions have nothing to do with one another."""

    def __init__(self, encoders: Sequence[Encoder], version: str):
        self.version = version
        self.words = encoders[0].words
        self.width = sum(one.width for one in encoders)
        self._encoders = encoders

    def of(self, text: str) -> Meaning:
        """The same text has the same meaning every time; one without a letter or digit has the vector zero.

        Takes about 10 ms for a sentence on one core.
        """
        pieces = self.words.cut(readable(text))
        by_piece = self.of_pieces(pieces.ids)
        return Meaning(_mean(by_piece), by_piece, pieces.starts, pieces.ends)

    def of_pieces(self, pieces: Sequence[int]) -> np.ndarray:
        """What each piece gives to the vector of the statement that they make up (pieces x width)."""
        share = np.float32(1 / np.sqrt(len(self._encoders)))
        return np.hstack([share * _scaled(_states(pieces, one)) for one in self._encoders])

    def vectors(self, texts: Iterable[str]) -> np.ndarray:
        """texts x width; rows have length one, or zero."""
        rows = [self.of(text).vector for text in texts]
        return np.array(rows, np.float32).reshape(-1, self.width)


def load(models: Path | None = None, *, published_alone: bool = False) -> Meanings:
    """Both encoders, ready to use; ModelError when one is absent or damaged. `models` as for `pipeline.load`.

    The published one is put together in memory, in about a second. Alone it takes a quarter of the time to read, for
    where our own has its say already: in a layer over the labels of the plan.
    """
    model = store.load(models / "reader" if models else store.FOLDER)
    ours = encoder.load(
        model.card["encoder_sha256"], models / "encoder" if models else encoder.FOLDER, Spelling(model.words).meant
    )
    built = published_model()
    published = Encoder(encoder.session(built), ours.words)
    built_hash = hashlib.sha256(built).hexdigest()
    if published_alone:
        return Meanings([published], built_hash[:10])
    version = hashlib.sha256((built_hash + model.card["encoder_sha256"]).encode()).hexdigest()[:10]
    return Meanings([published, ours], version)


def published_model() -> bytes:
    """The encoder with its layers as they were published, in eight bits, as `encoder_building` makes our own."""
    from safetensors.numpy import load_file

    folder = encoder_building.published_folder()
    weights = load_file(folder / "model.safetensors")
    layers = encoder_building.rounded({name: array for name, array in weights.items() if name.startswith(store.LAYER)})
    return encoder_building.model_of(folder / "model.safetensors", encoder_building.together([layers]))


def _states(pieces: Sequence[int], reader: Encoder) -> np.ndarray:
    windows = windows_of([0, len(pieces)], encoder.LONGEST_WINDOW)
    none = np.zeros((0, reader.width), np.float32)
    return np.concatenate([none, *(reader.states(pieces[start:end]) for start, end in windows)])


def _scaled(states: np.ndarray) -> np.ndarray:
    """So that their mean has length one."""
    length = np.linalg.norm(_mean(states))
    return states / length if length > 0 else states


def _mean(rows: np.ndarray) -> np.ndarray:
    return means_of(rows, np.array([0, len(rows)]))[0]
