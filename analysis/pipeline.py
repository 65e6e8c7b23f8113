"""The one door of this room: passages in, findings out."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import threadpoolctl

from analysis import encoder, reading, statements, store
from analysis.barriers import BarrierReader
from analysis.errors import ModelError
from analysis.findings import Barrier, Findings, Label, Statement
from analysis.labels import LabelReader, in_order
from analysis.passages import Passage
from analysis.statements import Stretch
from forms import framework

__all__ = ["ModelError", "Pipeline", "load"]

# Passages read together: more would only take more memory.
TOGETHER = 128


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

    def _some(self, passages: Sequence[Passage]) -> Iterator[Findings]:
        stretches = statements.read([passage.text for passage in passages], self._language)
        labels = iter(self._labels.labels_of(reading.read(passages, stretches, self._encoder, self._labels.view)))
        for passage, cut in zip(passages, stretches, strict=True):
            yield self._findings(passage, [(stretch, self._with_areas(next(labels))) for stretch in cut])

    def _findings(self, passage: Passage, pairs: Sequence[tuple[Stretch, tuple[Label, ...]]]) -> Findings:
        return Findings(
            id=passage.id,
            labels=union(found for _, found in pairs),
            statements=tuple(Statement(stretch.start, stretch.end, found) for stretch, found in pairs),
            barriers=tuple(self._barriers_of(passage.text, pairs)),
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
    # Passages are small: threads that wait for one another would cost more than they bring, and workers are many.
    threadpoolctl.threadpool_limits(limits=1, user_api="blas")
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
