"""The one door of this room: passages in, findings out."""

from collections.abc import Sequence
from pathlib import Path

from analysis.findings import Findings
from analysis.passages import Passage


class ModelError(Exception):
    """The models cannot be used; the message says in plain words why and what to do."""


class Pipeline:
    model_version: str

    def analyse(self, passages: Sequence[Passage]) -> list[Findings]:
        raise NotImplementedError


def load(models: Path | None = None) -> Pipeline:
    raise NotImplementedError
