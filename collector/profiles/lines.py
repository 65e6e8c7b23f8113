"""The lines of a profile: statements in their own words, with who said them, where and when."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, case, func
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from collector.findings import holds, standing
from collector.findings.models import StandingLabel, Statement
from collector.intake import partners
from collector.intake.models import Passage, Source
from collector.organisations.models import Organisation
from collector.profiles import listed, promises
from collector.profiles.promises import COMMITMENT
from collector.profiles.statements import NO_AREA
from collector.review import redactions


@dataclass(frozen=True)
class Line:
    """A statement without what was redacted in it: profiles are shown and taken along."""

    id: int
    text: str
    source: Source
    who: tuple[Organisation, ...]  # several where they said it together, none of an individual
    place: str  # in a document
    harm: bool  # it may tell of harm: not to be quoted outside the house
    labels: tuple[StandingLabel, ...]
    promised: dict[str, Any] = field(default_factory=dict)  # who and by when, of a commitment
    on_hold: tuple[tuple[str, str], ...] = ()  # labels that only staff are shown until a person has accepted them

    @property
    def redacted(self) -> bool:
        return redactions.IN_PLACE in self.text

    def held(self, family: str, label: str) -> StandingLabel | None:
        return next((one for one in self.labels if (one.family, one.label) == (family, label)), None)


def by_id(session: Session, statement_ids: Iterable[int], *, outside: bool = False) -> dict[int, Line]:
    """Those of these statements that stand. `outside`: as others than staff are shown them, without what is on hold."""
    ids = sorted(set(statement_ids))
    rows = session.exec(
        select(Statement, Passage, Source, Organisation)
        .join(Passage, col(Passage.id) == Statement.passage_id)
        .join(Source, col(Source.id) == Passage.source_id)
        .outerjoin(Organisation, col(Organisation.id) == Source.organisation_id)
        .where(col(Statement.id).in_(ids), *standing.current())
    ).all()
    labels, held_back = labels_of(session, ids, outside=outside), holds.on_hold(session)
    hidden = redactions.of(session, list({statement.passage_id for statement, *_ in rows}))
    promised = promises.of(session, [id for id in ids if any(one.label == COMMITMENT for one in labels[id])])
    joint = partners.together(session, [source.submission_id for *_, source, _ in rows])
    return {
        statement.id: Line(
            statement.id,
            redactions.shown(passage.text, statement.start, statement.end, hidden[passage.id]),
            source,
            tuple(joint.get(source.submission_id, [organisation] if organisation else [])),
            passage.place,
            passage.harm,
            tuple(labels[statement.id]),
            promised.get(statement.id, {}),
            tuple(sorted(held_back & suggested(labels[statement.id]))),
        )
        for statement, passage, source, organisation in rows
    }


def suggested(labels: Iterable[StandingLabel]) -> set[tuple[str, str]]:
    return {(one.family, one.label) for one in labels if one.state == holds.SUGGESTED}


def labels_of(
    session: Session, statement_ids: Iterable[int], *, outside: bool = False
) -> dict[int, list[StandingLabel]]:
    held: dict[int, list[StandingLabel]] = defaultdict(list)
    shown = (holds.shown_outside(),) if outside else ()
    chosen = select(StandingLabel).where(col(StandingLabel.statement_id).in_(statement_ids), *shown)
    for row in session.exec(chosen.order_by(col(StandingLabel.family), col(StandingLabel.label))):
        held[row.statement_id].append(row)
    return held


def carrying(sources: ColumnElement[bool], *, area: str = "", kind: str = "", **labels: str):
    """Ids of the statements in these sources that carry all that is asked for, in order; blank asks for nothing.

    `labels`: by family, such as `actions`.
    """
    wanted = {"kinds": kind, "priority_areas": area if area != NO_AREA else "", **labels}
    first = aliased(StandingLabel)
    (family, label), *others = [(family, label) for family, label in wanted.items() if label]
    query = (
        select(first.statement_id)
        .join(Statement, Statement.id == first.statement_id)
        .join(Passage, col(Passage.id) == Statement.passage_id)
        .join(Source, col(Source.id) == Passage.source_id)
        .where(first.family == family, first.label == label, sources, *standing.current())
    )
    if kind:
        query = query.where(~listed.tells_of_itself(first.label))
    for family, label in others:
        query = query.where(carries(first, family, label))
    if area == NO_AREA:
        query = query.where(~carries(first, "priority_areas", None))
    return query.order_by(*order_of(first))


def carries(held: Any, family: str, label: str | None):
    other = aliased(StandingLabel)
    on = (other.statement_id == held.statement_id, other.family == family)
    return select(other.statement_id).where(*on, *([other.label == label] if label else [])).exists()


def order_of(held: Any) -> tuple[Any, ...]:
    """What people confirmed first, then the most certain."""
    confirmed = case((held.state.in_(("accepted", "added")), 0), else_=1)
    return confirmed, func.coalesce(held.score, 1.0).desc(), held.statement_id
