"""Corrects counts of organisations by the blind sample, label by label, and keeps what comes of it for the pages."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from sqlmodel import Session

from analysis import prevalence
from analysis.prevalence import Blind, Estimate, Said, Statements
from collector.findings import estimates
from collector.findings.counts import AREA, KIND, Heard, Key
from collector.frameworks import plan
from collector.review import agreement_coded, estimating
from collector.review.blind_coding import Label
from collector.review.estimating import Counted, Population, Sampled

AREAS = "priority_areas"
NOTHING = Counted(0, 0, (0,) * len(prevalence.BANDS), 0)


def estimated(session: Session) -> list[dict[str, Any]]:
    """Rows of all estimates as things stand: of all that came, and of each round by itself."""
    model = agreement_coded.reads_now(session) or ""
    rows: list[dict[str, Any]] = []
    for within in estimating.within_all(session):
        population = estimating.population(session, within, prevalence.BANDS)
        if population.heard.kinds:
            rows += rows_of(population, estimating.sample(session, within, model), model)
    return rows


def rows_of(population: Population, sample: Sequence[Sampled], model: str) -> Iterator[dict[str, Any]]:
    """Of each label, and of all that came of each pair: a row for all, each kind of organisation and each area."""
    table = Table(population)
    for label in (*labels(), *(pairs() if population.within.round_id is None else ())):
        yield from table.rows(label, sample, model)


def labels() -> Iterator[Label]:
    return ((family, label) for family in plan.OF_THE_PLAN for label in plan.by_id(family))


def pairs() -> Iterator[Label]:
    for families in estimates.PAIRS:
        for both in product(*map(plan.by_id, families)):
            yield estimates.both(*families), estimates.both(*both)


@dataclass(frozen=True)
class Scope:
    by: str
    value: str


class Table:
    """The organisations heard from, their places, and which scopes they are in."""

    def __init__(self, population: Population):
        self.population, heard = population, population.heard
        self.ids = sorted(heard.kinds)
        self.place = {id: place for place, id in enumerate(self.ids)}
        self.keys = {key: places_of(key, heard, self.place) for key in keys_of(population)}
        self.scopes = scopes_of(heard)
        self.members = members(heard, self.ids, self.scopes)
        self.nowhere: dict[frozenset[int] | None, tuple[list[Estimate], list[Estimate]]] = {}
        self.open = self.spread({key: population.open.get(key, 0) for key in self.keys})
        # Statements are counted once in a scope, however many of its organisations they are of.
        self.order = [key for key, places in self.keys.items() if places]
        self.of_scope = np.array(
            [
                [self.members[scope, list(self.keys[key])].any() for key in self.order]
                for scope in range(len(self.scopes))
            ]
        ).reshape(len(self.scopes), len(self.order))

    def rows(self, label: Label, sample: Sequence[Sampled], model: str) -> Iterator[dict[str, Any]]:
        held = self.population.labels.get(label, {})
        rejected = self.population.rejected.get(label, {})
        blind = self.blind(label, sample)
        organisations, statements = self.counted(held, rejected, blind)
        answered = self.members.sum(1).tolist()
        for scope, number, one, words in zip(self.scopes, answered, organisations, statements, strict=True):
            yield {
                "round_id": self.population.within.round_id,
                "family": label[0],
                "label": label[1],
                "by": scope.by,
                "value": scope.value,
                "model": model,
                "answered": number,
                "decided": one.decided,
                "low": one.low,
                "high": one.high,
                "statements_decided": words.decided,
                "statements_low": None if words.basis == prevalence.TOO_FEW else words.low,
                "statements_high": None if words.basis == prevalence.TOO_FEW else words.high,
                "basis": one.basis,
                "blind": len(blind),
            }

    def counted(
        self, held: Mapping[Key, Counted], rejected: Mapping[Key, int], blind: Sequence[Blind]
    ) -> tuple[list[Estimate], list[Estimate]]:
        """Organisations and statements of each scope. Most pairs are nowhere: all those of one sample are alike."""
        nowhere = not held and not rejected and not any(one.yes or one.band >= 0 for one in blind)
        alike = frozenset(one.passage for one in blind) if nowhere else None
        if alike in self.nowhere:
            return self.nowhere[alike]
        organisations = prevalence.organisations(self.said(held, rejected), blind, self.members)
        found = organisations, prevalence.statements(self.statements(held, rejected), blind, self.members)
        if alike is not None:
            self.nowhere[alike] = found
        return found

    def said(self, held: Mapping[Key, Counted], rejected: Mapping[Key, int]) -> Said:
        yes = self.spread({key: one.passages for key, one in held.items()})
        labelled = self.spread({key: sum(one.labelled) for key, one in held.items()})
        return Said(yes, labelled, np.maximum(0, self.open - self.spread(decided_on(held, rejected))))

    def spread(self, numbers: Mapping[Key, int]) -> np.ndarray:
        """A number of each organisation: those of a joint return are each one's."""
        found = np.zeros(len(self.ids), np.int64)
        for key, number in numbers.items():
            found[list(self.keys[key])] += number
        return found

    def statements(self, held: Mapping[Key, Counted], rejected: Mapping[Key, int]) -> Statements:
        taken = decided_on(held, rejected)
        by_key = [held.get(key, NOTHING) for key in self.order]
        rest = [max(0, self.population.open.get(key, 0) - taken.get(key, 0)) for key in self.order]
        yes, labelled = [one.yes for one in by_key], [one.labelled for one in by_key]
        bands = np.array(labelled, np.int64).reshape(len(self.order), len(prevalence.BANDS))
        return Statements(*(self.of_scope @ np.array(one, np.int64) for one in (yes, bands, rest)))

    def blind(self, label: Label, sample: Sequence[Sampled]) -> list[Blind]:
        """The sample under a label that its coders could choose; of a pair, under both."""
        parts = estimates.parts(*label)
        return [
            Blind(
                passage=one.passage_id,
                organisations=tuple(self.keys.get(one.key, ())),
                band=prevalence.band_of(score_of(parts, one)),
                yes=sum(are_given(parts, given, one) for given in one.people) / len(one.people),
                chance=one.chance,
            )
            for one in sample
            if one.offered.issuperset(parts)
        ]


def score_of(parts: Sequence[Label], one: Sampled) -> float | None:
    """Of a pair that of the less sure; None where the machine did not give all."""
    if not are_given(parts, one.machine, one):
        return None
    return min(one.machine.get(part, 1.0) for part in parts)


def are_given(parts: Sequence[Label], given: Collection[Label], one: Sampled) -> bool:
    """All of these. In a pair a statement is on the area that it was asked under, as where labels stand; by itself that
    area is counted as decided."""
    if len(parts) > 1 and one.concern and not any(family == AREAS for family, _ in given):
        given = {*given, (AREAS, one.concern)}
    return all(part in given for part in parts)


def decided_on(held: Mapping[Key, Counted], rejected: Mapping[Key, int]) -> dict[Key, int]:
    """Of the statements in passages that are not decided: those with the label, and those that people said no of."""
    return {key: held.get(key, NOTHING).undecided + rejected.get(key, 0) for key in {*held, *rejected}}


def keys_of(population: Population) -> set[Key]:
    found = {*population.open}
    for by_label in (population.labels, population.rejected):
        for by_key in by_label.values():
            found |= by_key.keys()
    return found


def places_of(key: Key, heard: Heard, place: Mapping[int, int]) -> tuple[int, ...]:
    return tuple(sorted(place[id] for id in heard.of(key)))


def scopes_of(heard: Heard) -> list[Scope]:
    found = {(by, value) for id in heard.kinds for by in (KIND, AREA) for value in heard.values(id, by)}
    return [Scope("", ""), *(Scope(*one) for one in sorted(found))]


def members(heard: Heard, ids: Sequence[int], scopes: Sequence[Scope]) -> np.ndarray:
    return np.array(
        [[not scope.by or scope.value in heard.values(id, scope.by) for id in ids] for scope in scopes], bool
    )
