"""The sentence encoder: what each word piece means where it stands. `python -m analysis.encoder build` makes it."""

import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from analysis import wordpiece
from analysis.errors import ModelError
from analysis.wordpiece import Meant, WordPiece, as_it_stands

FOLDER = Path(__file__).parent / "models" / "encoder"
MODEL_FILE = "encoder.onnx"
VOCABULARY_FILE = "vocab.txt"
# Of the state that one reader has of a piece.
WIDTH = 384
# Word pieces that are read together, the question's with them; its published layers were trained on so many.
LONGEST_WINDOW = 250
LONGEST_QUESTION = 30
START, END = 101, 102


class Encoder:
    def __init__(self, session, words: WordPiece):
        self.words = words
        self.width = session.get_outputs()[0].shape[-1]
        self._session = session

    def states(self, pieces: Sequence[int], asked: Sequence[int] = ()) -> np.ndarray:
        """One row of `width` for each of `pieces`, read in the light of the pieces of the question.

        A row has WIDTH numbers from each of the readers that `encoder_building` put together. At most LONGEST_WINDOW
        pieces with the question's. Windows are never run together: activations are rounded with one scale for the whole
        tensor, so a neighbour in a batch would change the result in the third digit. Alone, the same pieces give the
        same states every time. Running them together would not be faster either, as one window already fills the matrix
        unit of one core.
        """
        before = [START, *asked, END] if asked else [START]
        window = np.array([[*before, *pieces, END]], np.int64)
        return self._session.run(None, {"pieces": window})[0][0, len(before) : -1]

    def asked(self, question: str) -> list[int]:
        """The pieces of a question, as many of them as are read."""
        return self.words.cut(question).ids[:LONGEST_QUESTION]


def load(expected: str, folder: Path = FOLDER, meant: Meant = as_it_stands) -> Encoder:
    """Ready to use, or ModelError when it is absent or its SHA-256 is not the expected one. `meant`: see WordPiece."""
    if not (folder / MODEL_FILE).is_file():
        raise ModelError(f"The sentence encoder is not in {folder}. Build it with: make setup")
    check_file(folder / MODEL_FILE, expected)
    return Encoder(session(folder / MODEL_FILE), wordpiece.load(folder / VOCABULARY_FILE, meant))


def check_file(path: Path, expected: str) -> None:
    if not path.is_file():
        raise ModelError(f"The file {path} is missing. Run: make setup")
    if sha256_of(path) != expected:
        raise ModelError(f"{path} is damaged or of another version: its SHA-256 is not {expected}. Run: make setup")


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def session(model: Path | bytes, threads: int = 1):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Threads that wait busily would take the core from whoever shares it.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        model if isinstance(model, bytes) else str(model), options, providers=["CPUExecutionProvider"]
    )


def main(arguments: Sequence[str]) -> int:
    if list(arguments) != ["build"]:
        print("Usage: python -m analysis.encoder build", file=sys.stderr)
        return 2
    from analysis import encoder_building

    try:
        encoder_building.build(FOLDER)
    except ModelError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
