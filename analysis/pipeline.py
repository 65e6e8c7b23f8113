"""The one door of this room: passages in, findings out."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from analysis import encoder, reading, statements, store
from analysis.barriers import BarrierReader
from analysis.errors import ModelError
from analysis.findings import Barrier, Findings, Label, Statement
from analysis.labels import LabelReader, in_order
from analysis.passages import Passage
from analysis.reading import Reading
from forms import framework

__all__ = ["ModelError", "Pipeline", "load"]

# Passages whose statements are found together; it bounds the memory that parse trees take.
TOGETHER = 64


class Pipeline:
    """Holds no state that a passage could change: the same text gives the same findings, whatever was read before."""

    def __init__(self, language, encoder, labels, barriers, model_version: str):
        self.model_version = model_version
        self._language = language
        self._encoder = encoder
        self._labels = labels
        self._barriers = barriers
        self._plan = framework.load()

    def analyse(self, passages: Sequence[Passage]) -> list[Findings]:
        """Findings in the order of the passages."""
        starts = range(0, len(passages), TOGETHER)
        return [found for start in starts for found in self._some(passages[start : start + TOGETHER])]

    def _some(self, passages: Sequence[Passage]) -> list[Findings]:
        """One step after the other for all of them: each step then finds its tables still in the processor's cache."""
        stretches = statements.read([passage.text for passage in passages], self._language)
        pairs = zip(passages, stretches, strict=True)
        readings = [reading.read(passage, cut, self._encoder, self._labels.view) for passage, cut in pairs]
        labels = [self._labels.labels_of(read) for read in readings]
        return [self._findings(read, found) for read, found in zip(readings, labels, strict=True)]

    def _findings(self, read: Reading, labels: Sequence[tuple[Label, ...]]) -> Findings:
        pairs = [(stretch, self._with_areas(found)) for stretch, found in zip(read.stretches, labels, strict=True)]
        return Findings(
            id=read.passage.id,
            labels=union(found for _, found in pairs),
            statements=tuple(Statement(stretch.start, stretch.end, found) for stretch, found in pairs),
            barriers=tuple(self._barriers_of(read.passage.text, pairs)),
            model=self.model_version,
        )

    def _barriers_of(self, text: str, pairs: Iterable) -> Iterator[Barrier]:
        for stretch, found in pairs:
            yield from self._barriers.barriers_of(text, stretch, found)

    def _with_areas(self, found: tuple[Label, ...]) -> tuple[Label, ...]:
        """A priority area holds where one of its actions does, with the best one's score and evidence."""
        actions = [label for label in found if label.family == "actions"]
        if not actions:
            return found
        areas = (Label("priority_areas", self._area(label), label.score, label.evidence) for label in actions)
        return in_order([*found, *best_of(areas)])

    def _area(self, action: Label) -> str:
        return self._plan.priority_area_of(action.id)


def load(models: Path | None = None) -> Pipeline:
    """Everything the analysis needs, loaded once. `models` holds the folders `encoder` and `labels`."""
    model = store.load(models / "labels" if models else store.FOLDER)
    meaning = encoder.load(models / "encoder" if models else encoder.FOLDER)
    readers = LabelReader(model.labels), BarrierReader(model.barriers)
    return Pipeline(statements.load_language(), meaning, *readers, model.version)


def union(statements: Iterable[Iterable[Label]]) -> tuple[Label, ...]:
    """The labels of a passage: each label of its statements once, as it stands where its score is highest."""
    return in_order(best_of(label for found in statements for label in found))


def best_of(labels: Iterable[Label]) -> list[Label]:
    best: dict[tuple[str, str], Label] = {}
    for label in labels:
        known = best.get((label.family, label.id))
        if known is None or label.score > known.score:
            best[label.family, label.id] = label
    return list(best.values())
