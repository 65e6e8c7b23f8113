"""The one door of this room: passages in, findings out."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import threadpoolctl

from analysis import (
    commitments,
    encoder,
    headings,
    languages,
    light_labels,
    organisations,
    personal_details,
    reading,
    spans,
    statements,
    store,
)
from analysis.cutting import Cutter
from analysis.errors import ModelError
from analysis.findings import Barrier, Findings, Label, Span, Statement, Topical
from analysis.labels import KIND_OF, LabelReader, in_order, runs_of
from analysis.light_labels import LightLabelReader, OfPlan
from analysis.light_layer import LightLayer, Seen
from analysis.meanings import Meanings
from analysis.passages import Passage
from analysis.reading import Reading
from analysis.spelling import Spelling
from forms.organisations import gazetteer

__all__ = ["ModelError", "Pipeline", "load"]

# Passages cut into statements together: more would only take more memory.
TOGETHER = 128


class Pipeline:
    """Holds no state that a passage could change: the same text gives the same findings, whatever was read before.

    For one thread at a time: what looks up a mistyped word, and what cuts spans, has a place to work in that is not
    shared.
    """

    def __init__(self, language, encoder, labels: LabelReader, cutter: Cutter, model_version: str):
        self.model_version = model_version
        self._language = language
        self._encoder = encoder
        self._labels = labels
        self._cutter = cutter
        self._organisations = organisations.OrganisationReader(gazetteer())

    def analyse(self, passages: Sequence[Passage]) -> list[Findings]:
        """Findings in the order of the passages."""
        starts = range(0, len(passages), TOGETHER)
        return [found for start in starts for found in self._some(passages[start : start + TOGETHER])]

    @property
    def beneath(self) -> OfPlan:
        """What a light layer is laid over: this model's labels, as they are without any."""
        return OfPlan(self._labels, self.model_version)

    def seen(self, passages: Sequence[Passage], meanings: Meanings) -> list[list[Seen]]:
        """What a light layer learns from: the statements of each passage; none of one in a language not read."""
        starts = range(0, len(passages), TOGETHER)
        read = (one for start in starts for one in self._read(passages[start : start + TOGETHER]))
        return [
            light_labels.seen(reading, self.beneath, meanings) if language in languages.READ else []
            for _, reading, language in read
        ]

    def with_light(self, layer: LightLayer, meanings: Meanings) -> "Pipeline":
        """The same with a layer that was learned over it; what it finds is of the layer's version.

        ModelError where the layer was learned over another model or by other encoders. What `meanings` takes of time
        comes on top of what reading takes.
        """
        labels = LightLabelReader(self._labels, self.model_version, layer, meanings)
        return Pipeline(self._language, self._encoder, labels, self._cutter, layer.version)

    def _some(self, passages: Sequence[Passage]) -> Iterator[Findings]:
        for passage, read, language in self._read(passages):
            yield self._findings(passage, read, language)

    def _read(self, passages: Sequence[Passage]) -> Iterator[tuple[Passage, Reading, str]]:
        stretches = statements.read([passage.text for passage in passages], self._language)
        for passage, cut in zip(passages, stretches, strict=True):
            language = languages.language_of(passage.text)
            as_typed = language not in languages.READ
            read = reading.read(passage, cut, self._encoder, self._labels.view, as_typed=as_typed)
            yield passage, read, language

    def _findings(self, passage: Passage, read: Reading, language: str) -> Findings:
        above = self._labels.spans(read)
        names = spans.names(read, above)
        found = Findings(
            id=passage.id,
            organisations=tuple(self._organisations.read(passage.text, passage.said_by, _proper_names(read, names))),
            personal_details=tuple(personal_details.read(passage.text, names)),
            harm=self._labels.tells_of_harm(read),
            language=language,
            model=self.model_version,
        )
        known = [*names, *((one.start, one.end) for one in found.organisations if one.links)]
        # What the models cannot read is left to a person, not coded at random.
        told = language in languages.READ and not headings.says_nothing(passage, read, known)
        labels = self._labels.labels_of(read) if told else [()] * len(read.stretches)
        return self._with_labels(passage, read, above, found, labels)

    def _with_labels(self, passage: Passage, read: Reading, above, found: Findings, labels: Sequence) -> Findings:
        cut: dict[str, list] = {
            name: [] for name in ("barriers", "commitments", "needs", "offers", "practices", "ideas")
        }
        for number, (stretch, held) in enumerate(zip(read.stretches, labels, strict=True)):
            kinds = {label.id for label in held if label.family == "kinds"}
            told = {
                name: self._cutter.of_statement(read, number, name, above)
                for name, kind in KIND_OF.items()
                if kind in kinds
            }
            whole = Span(stretch.start, stretch.end, passage.text[stretch.start : stretch.end])
            cut["barriers"] += [_barrier(span, held) for span in told.get("barriers", ())]
            cut["commitments"] += [
                commitments.of_span(passage.text, stretch, span, passage.said_on)
                for span in told.get("commitments", ())
            ]
            cut["needs"] += [_topical(span, held) for span in told.get("needs", ())]
            cut["offers"] += [_topical(span, held) for span in told.get("offers", ())]
            cut["practices"] += [_topical(whole, held)] if "learning" in kinds else []
            cut["ideas"] += [_topical(whole, held)] if "idea" in kinds else []
        return replace(
            found,
            labels=union(labels),
            statements=tuple(
                Statement(stretch.start, stretch.end, held)
                for stretch, held in zip(read.stretches, labels, strict=True)
            ),
            **{name: tuple(some) for name, some in cut.items()},
        )


def load(models: Path | None = None) -> Pipeline:
    """Everything the analysis needs, loaded once. `models` holds the folders `encoder` and `reader`."""
    # Passages are small: threads that wait for one another would cost more than they bring, and workers are many.
    threadpoolctl.threadpool_limits(limits=1, user_api="blas")
    model = store.load(models / "reader" if models else store.FOLDER)
    folder = models / "encoder" if models else encoder.FOLDER
    meaning = encoder.load(model.card["encoder_sha256"], folder, Spelling(model.words).meant)
    labels, cutter = LabelReader(model.weights), Cutter(model.cutter)
    return Pipeline(statements.load_language(), meaning, labels, cutter, model.version)


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


def _proper_names(read: Reading, people: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Two words or more that spaCy takes for a proper name, and that are no person's."""
    ends = [last for _, last in people]
    for stretch in read.stretches:
        tokens = stretch.tokens
        proper = [place for place, tag in enumerate(tokens.tags) if tag in ("NNP", "NNPS")]
        for run in runs_of(proper):
            start, end = tokens.starts[run[0]], tokens.ends[run[-1]]
            person = bisect_right(ends, start)  # the first that ends after this begins
            if len(run) > 1 and not (person < len(people) and people[person][0] < end):
                yield start, end


def _barrier(span: Span, held: Iterable[Label]) -> Barrier:
    return Barrier(span.start, span.end, span.text, _ids(held, "barrier_themes"), _ids(held, "actions"))


def _topical(span: Span, held: Iterable[Label]) -> Topical:
    return Topical(span.start, span.end, span.text, _ids(held, "actions"), _ids(held, "barrier_themes"))


def _ids(held: Iterable[Label], family: str) -> tuple[str, ...]:
    return tuple(label.id for label in held if label.family == family)
