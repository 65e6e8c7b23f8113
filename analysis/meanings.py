"""What a statement means, as one vector, for what the readers were not trained on: another framework's codes, and what
people decide.

Two encoders read it, each by itself: the published one as it is, and our own, trained further on the labels of the
plan. The published one was trained to put sentences of one meaning side by side (Reimers and Gurevych 2019,
"Sentence-BERT"); ours knows the field. Beside them stand the bare words. Any of the three alone is worse, and so are
the encoders without the words: see "Learning from decisions" in `docs/quality.md`. A statement is read without its
neighbours, so the same words have the same vector wherever they stand.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from analysis import encoder, encoder_building, store
from analysis.encoder import Encoder
from analysis.labels import Weights
from analysis.ngrams import PIECES
from analysis.reading import means_of, windows_of
from analysis.spelling import Spelling
from analysis.statements import readable
from analysis.wordpiece import WordPiece

# Of the state of a bare word. Two words share a place now and then; four times as many places gained nothing.
WORDS_WIDTH = 1024
# A piece that stands in one text of seven or more tells nothing: its inverse document frequency is no more than this.
COMMON = 3.0


class Reader(Protocol):
    """What gives each piece of a statement a state of `width` numbers."""

    width: int

    def states(self, pieces: Sequence[int]) -> np.ndarray: ...


@dataclass(frozen=True, slots=True)
class Meaning:
    """`by_piece` (pieces x width) are what each word piece gives to `vector` (width): their mean is the vector, so what
    is linear in it is a sum over words. Piece i stands for characters `starts[i]` to `ends[i]` of the text."""

    vector: np.ndarray
    by_piece: np.ndarray
    starts: Sequence[int]
    ends: Sequence[int]


class Meanings:
    """`version` tells the readers by a hash: vectors of different versions have nothing to do with one another."""

    def __init__(self, words: WordPiece, readers: Sequence[Reader], version: str):
        self.version = version
        self.words = words
        self.width = sum(one.width for one in readers)
        self._readers = readers

    def of(self, text: str) -> Meaning:
        """The same text has the same meaning every time; one with nothing to be read in it has the vector zero.

        Takes about 10 ms for a sentence on one core.
        """
        pieces = self.words.cut(readable(text))
        by_piece = self.of_pieces(pieces.ids)
        return Meaning(_mean(by_piece), by_piece, pieces.starts, pieces.ends)

    def of_pieces(self, pieces: Sequence[int]) -> np.ndarray:
        """What each piece gives to the vector of the statement that they make up (pieces x width)."""
        share = np.float32(1 / np.sqrt(len(self._readers)))
        return np.hstack([share * _scaled(_states(pieces, one)) for one in self._readers])

    def vectors(self, texts: Iterable[str]) -> np.ndarray:
        """texts x width; rows have length one, less where a statement has none but common words, or zero."""
        rows = [self.of(text).vector for text in texts]
        return np.array(rows, np.float32).reshape(-1, self.width)


class Words:
    """Words as they are, each at a place of its own: a vector is what a statement says in which words (feature hashing:
    Weinberger et al. 2009), and a rare one counts for more."""

    width = WORDS_WIDTH

    def __init__(self, weights: Weights):
        """How rare a piece is, the shipped reader learned; one that it never met is as rare as the rarest."""
        alone = weights.grams % PIECES == 0
        rarity = np.full(PIECES, weights.rarity[alone].max(initial=COMMON + 1), np.float32)
        rarity[weights.grams[alone] // PIECES] = weights.rarity[alone]
        self._weights = np.maximum(rarity - np.float32(COMMON), 0)

    def states(self, pieces: Sequence[int]) -> np.ndarray:
        ids = np.asarray(pieces, np.uint64)
        # Multiplicative hashing (Knuth 1973): the upper bits of the product are the place, one below them the sign.
        hashed = (ids * np.uint64(2654435761)) & np.uint64(0xFFFFFFFF)
        states = np.zeros((len(ids), self.width), np.float32)
        signs = np.where(hashed & np.uint64(1 << 20), np.float32(1), np.float32(-1))
        states[np.arange(len(ids)), (hashed >> np.uint64(22)).astype(np.int64)] = (
            signs * self._weights[ids.astype(np.int64)]
        )
        return states


def load(models: Path | None = None, *, published_alone: bool = False) -> Meanings:
    """Both encoders and the words, ready to use; ModelError when one is absent or damaged. `models` as for
    `pipeline.load`.

    The published one is put together in memory, in about a second. Alone it takes a quarter of the time to read, for
    where the others have their say already: in a layer over the labels of the plan.
    """
    model = store.load(models / "reader" if models else store.FOLDER)
    ours = encoder.load(
        model.card["encoder_sha256"], models / "encoder" if models else encoder.FOLDER, Spelling(model.words).meant
    )
    built = published_model()
    published = Encoder(encoder.session(built), ours.words)
    built_hash = hashlib.sha256(built).hexdigest()
    if published_alone:
        return Meanings(ours.words, [published], built_hash[:10])
    version = hashlib.sha256((built_hash + model.version).encode()).hexdigest()[:10]
    return Meanings(ours.words, [published, ours, Words(model.weights)], version)


def published_model() -> bytes:
    """The encoder with its layers as they were published, in eight bits, as `encoder_building` makes our own."""
    from safetensors.numpy import load_file

    folder = encoder_building.published_folder()
    weights = load_file(folder / "model.safetensors")
    layers = encoder_building.rounded({name: array for name, array in weights.items() if name.startswith(store.LAYER)})
    return encoder_building.model_of(folder / "model.safetensors", encoder_building.together([layers]))


def _states(pieces: Sequence[int], reader: Reader) -> np.ndarray:
    windows = windows_of([0, len(pieces)], encoder.LONGEST_WINDOW)
    none = np.zeros((0, reader.width), np.float32)
    return np.concatenate([none, *(reader.states(pieces[start:end]) for start, end in windows)])


def _scaled(states: np.ndarray) -> np.ndarray:
    """So that their mean has length one."""
    length = np.linalg.norm(_mean(states))
    return states / length if length > 0 else states


def _mean(rows: np.ndarray) -> np.ndarray:
    return means_of(rows, np.array([0, len(rows)]))[0]
