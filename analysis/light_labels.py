"""The labels of the plan with a light layer over them: the same reader, with other weights for what was decided on."""

from itertools import pairwise

import numpy as np

from analysis.labels import LabelReader
from analysis.light_layer import LightLayer, Pair, Seen
from analysis.meanings import Meanings
from analysis.reading import Reading, means_of


class OfPlan:
    """The shipped model as what a layer is laid over. Harm is left out: when a person must look is not to be unlearned
    by decisions on something else. Log odds are the calibrated ones."""

    def __init__(self, labels: LabelReader, version: str):
        weights = labels.weights
        self.version = version
        self.labels: tuple[Pair, ...] = weights.labels[:-1]
        self.slopes, self.constants = weights.calibration[:-1].astype(np.float64).T
        self.thresholds = weights.thresholds[:-1] * self.slopes + self.constants
        self._labels = labels

    def log_odds(self, reading: Reading) -> np.ndarray:
        """Of each label for each statement (statements x labels)."""
        return self._labels.score(reading)[:, :-1] * self.slopes + self.constants


class LightLabelReader(LabelReader):
    """A layer is linear in what each piece gives, so it comes to other weights: what each piece adds to a label, and
    the log odds of a label without any, are scaled and moved. Thresholds and calibration stay what they are."""

    def __init__(self, beneath: LabelReader, version: str, layer: LightLayer, meanings: Meanings):
        """ModelError where the layer was learned over another model, or by other encoders."""
        super().__init__(beneath.weights)
        of_plan = OfPlan(beneath, version)
        layer.check(of_plan, meanings.version)
        self._layer, self._meanings = layer, meanings
        self._slopes = of_plan.slopes[layer.columns]
        constants = of_plan.constants[layer.columns]
        moved = (layer.slopes - 1) * constants + layer.constants
        self.bias = self.bias.copy()
        self.bias[layer.columns] = self.bias[layer.columns] * layer.slopes + moved / self._slopes

    def adds(self, reading: Reading) -> np.ndarray:
        added = super().adds(reading).copy()
        by_meaning = by_piece(reading, self._meanings) @ self._layer.by_meaning.T / self._slopes
        added[:, self._layer.columns] = added[:, self._layer.columns] * self._layer.slopes + by_meaning
        return added


def seen(reading: Reading, beneath: OfPlan, meanings: Meanings) -> list[Seen]:
    """What there is to learn from each statement of a passage."""
    vectors = means_of(by_piece(reading, meanings), reading.bounds)
    found = zip(reading.stretches, beneath.log_odds(reading), vectors, strict=True)
    return [Seen(stretch.start, stretch.end, odds, vector) for stretch, odds, vector in found]


def by_piece(reading: Reading, meanings: Meanings) -> np.ndarray:
    """What each piece of a passage gives to the vector of its statement (pieces x width)."""
    none = np.zeros((0, meanings.width), np.float32)
    parts = (reading.pieces[first:last] for first, last in pairwise(reading.bounds.tolist()) if last > first)
    return np.concatenate([none, *map(meanings.of_pieces, parts)])
