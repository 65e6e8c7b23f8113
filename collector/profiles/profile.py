"""The profile of an organisation: what is known of it, by priority area and Fundamental, every line a statement."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, case, func
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from collector.findings import holds, standing
from collector.findings.models import StandingLabel, Statement
from collector.frameworks import plan
from collector.intake import partners
from collector.intake.models import Passage, Source
from collector.profiles import listed
from collector.review import redactions

LINES = 5  # statements shown in a group before "all of them"

# What a reader looks for in a profile, and the kind of statement that tells it.
GROUPS = {
    "doing": ("activity", "What they do", "No work was described here."),
    "plans": ("commitment", "What they plan", "No plan was stated here."),
    "barriers": ("barrier", "What gets in the way", "Nothing was said to be in the way."),
    "needs": ("support-needed", "What they need", "No help was asked for."),
    "offers": ("offer", "What they can offer", "No help was offered."),
    "learning": ("learning", "What they learned", "Nothing was said of what worked or did not."),
    "ideas": ("idea", "What they propose", "No idea was put forward."),
}
# Statements on no single priority area, from documents above all.
NO_AREA = "other"


@dataclass(frozen=True)
class Line:
    """A statement in a profile, without what was redacted in it: profiles are shown and taken along."""

    id: int
    text: str
    source: Source
    state: str
    score: float | None
    labels: tuple[tuple[str, str], ...]  # (family, label)
    joint: bool = False  # several organisations said it together
    on_hold: tuple[tuple[str, str], ...] = ()  # labels that only staff are shown until a person has accepted them


@dataclass(frozen=True)
class Group:
    lines: tuple[Line, ...]
    total: int


NOTHING = Group((), 0)


def current_statements(organisation_id: int):
    """Conditions that pick an organisation's statements that stand."""
    return (
        col(Passage.id) == Statement.passage_id,
        col(Source.id) == Passage.source_id,
        partners.speaks_for(organisation_id),
        *standing.current(),
    )


def by_kind_and_area(session: Session, organisation_id: int, *, outside: bool = False) -> dict[tuple[str, str], Group]:
    """The first lines of every (priority area, kind), with how many there are, besides what was listed one by one.

    `outside`: as others than staff are shown it, without what is on hold.
    """
    kind, area = aliased(StandingLabel), aliased(StandingLabel)
    key = func.coalesce(area.label, NO_AREA)
    ranked = (
        ranking(kind, key, kind.label)
        .join(Statement, Statement.id == kind.statement_id)
        .join(Passage, current_statements(organisation_id)[0])
        .join(Source, current_statements(organisation_id)[1])
        .outerjoin(
            area,
            and_(area.statement_id == Statement.id, area.family == "priority_areas", *shown_to(area, outside=outside)),
        )
        .where(
            kind.family == "kinds",
            ~listed.tells_of_itself(kind.label),
            *shown_to(kind, outside=outside),
            *current_statements(organisation_id)[2:],
        )
    )
    return groups_of(session, ranked, outside=outside)


def shown_to(held: Any, *, outside: bool) -> tuple[Any, ...]:
    """That these labels are shown: to staff all, to others but those on hold."""
    return (holds.shown_outside(held),) if outside else ()


def by_fundamental(session: Session, organisation_id: int, *, outside: bool = False) -> dict[tuple[str, str], Group]:
    """The first lines of every ("fundamentals", Fundamental)."""
    held = aliased(StandingLabel)
    ranked = (
        ranking(held, held.family, held.label)
        .join(Statement, Statement.id == held.statement_id)
        .join(Passage, current_statements(organisation_id)[0])
        .join(Source, current_statements(organisation_id)[1])
        .where(
            held.family == "fundamentals",
            *shown_to(held, outside=outside),
            *current_statements(organisation_id)[2:],
        )
    )
    return groups_of(session, ranked, outside=outside)


def ranking(held: Any, one: Any, other: Any):
    """Statements numbered within (one, other)."""
    within = {"partition_by": (one, other)}
    return select(
        one.label("one"),
        other.label("other"),
        held.statement_id.label("statement_id"),
        held.state.label("state"),
        held.score.label("score"),
        func.row_number().over(**within, order_by=order_of(held)).label("place"),
        func.count().over(**within).label("total"),
    ).select_from(held)


def order_of(held: Any) -> tuple[Any, ...]:
    """What people confirmed first, then the most certain."""
    confirmed = case((held.state.in_(("accepted", "added")), 0), else_=1)
    return confirmed, func.coalesce(held.score, 1.0).desc(), held.statement_id


def groups_of(session: Session, ranked: Any, *, outside: bool = False) -> dict[tuple[str, str], Group]:
    inner = ranked.subquery()
    rows = session.exec(select(*inner.c).where(inner.c.place <= LINES).order_by(inner.c.place)).all()
    lines = lines_of(session, [(row.statement_id, row.state, row.score) for row in rows], outside=outside)
    found: dict[tuple[str, str], list[Line]] = defaultdict(list)
    totals = {}
    for row, line in zip(rows, lines, strict=True):
        found[row.one, row.other].append(line)
        totals[row.one, row.other] = row.total
    return {key: Group(tuple(group), totals[key]) for key, group in found.items()}


def lines_of(session: Session, chosen: Iterable[tuple[int, str, float | None]], *, outside: bool = False) -> list[Line]:
    """The lines of these statements (id, state, score), in the order given."""
    chosen = list(chosen)
    ids = {id for id, _, _ in chosen}
    rows = session.exec(
        select(Statement, Passage.text, Source)
        .join(Passage, col(Passage.id) == Statement.passage_id)
        .join(Source, col(Source.id) == Passage.source_id)
        .where(col(Statement.id).in_(ids))
    ).all()
    told = {row[0].id: row for row in rows}
    labels, held_back = labels_of(session, ids, outside=outside), holds.on_hold(session)
    hidden = redactions.of(session, list({statement.passage_id for statement, _, _ in rows}))
    joint = partners.together(session, [source.submission_id for _, _, source in rows])
    return [
        Line(
            statement.id,
            redactions.shown(text, statement.start, statement.end, hidden[statement.passage_id]),
            source,
            state,
            score,
            tuple((one.family, one.label) for one in labels[id]),
            source.submission_id in joint,
            tuple(sorted(held_back & {(one.family, one.label) for one in labels[id] if one.state == holds.SUGGESTED})),
        )
        for id, state, score in chosen
        for statement, text, source in [told[id]]
    ]


def labels_of(
    session: Session, statement_ids: Iterable[int], *, outside: bool = False
) -> dict[int, list[StandingLabel]]:
    held: dict[int, list[StandingLabel]] = defaultdict(list)
    chosen = select(StandingLabel).where(
        col(StandingLabel.statement_id).in_(statement_ids), *shown_to(StandingLabel, outside=outside)
    )
    for row in session.exec(chosen.order_by(col(StandingLabel.family), col(StandingLabel.label))):
        held[row.statement_id].append(row)
    return held


def grid(session: Session, organisation_id: int) -> dict[tuple[str, str], int]:
    """How many statements speak to an action and to a Fundamental at once."""
    action, fundamental = aliased(StandingLabel), aliased(StandingLabel)
    counted = (
        select(action.label, fundamental.label, func.count())
        .join(fundamental, fundamental.statement_id == action.statement_id)
        .join(Statement, Statement.id == action.statement_id)
        .join(Passage, current_statements(organisation_id)[0])
        .join(Source, current_statements(organisation_id)[1])
        .where(
            action.family == "actions",
            fundamental.family == "fundamentals",
            *current_statements(organisation_id)[2:],
        )
        .group_by(action.label, fundamental.label)
    )
    return {(one, other): number for one, other, number in session.exec(counted)}


def kind_counts(session: Session, organisation_id: int) -> dict[str, int]:
    """Statements and listed items of each kind, each counted once however many priority areas it speaks to."""
    counted = (
        select(StandingLabel.label, func.count())
        .join(Statement, col(Statement.id) == StandingLabel.statement_id)
        .join(Passage, current_statements(organisation_id)[0])
        .join(Source, current_statements(organisation_id)[1])
        .where(
            StandingLabel.family == "kinds",
            ~listed.tells_of_itself(col(StandingLabel.label)),
            *current_statements(organisation_id)[2:],
        )
        .group_by(StandingLabel.label)
    )
    return dict(Counter(dict(session.exec(counted).all())) + Counter(listed.counts(session, organisation_id)))


def chosen_statements(organisation_id: int, *, area: str, kind: str, fundamental: str):
    """Ids, state and score of the statements that carry all that is asked for, in order; blank asks for nothing."""
    wanted = {"kinds": kind, "fundamentals": fundamental, "priority_areas": area if area != NO_AREA else ""}
    first = aliased(StandingLabel)
    query = (
        select(first.statement_id, first.state, first.score)
        .join(Statement, Statement.id == first.statement_id)
        .join(Passage, current_statements(organisation_id)[0])
        .join(Source, current_statements(organisation_id)[1])
        .where(*current_statements(organisation_id)[2:])
    )
    asked = [(family, label) for family, label in wanted.items() if label]
    query = query.where(first.family == asked[0][0], first.label == asked[0][1])
    if kind:
        query = query.where(~listed.tells_of_itself(first.label))
    for family, label in asked[1:]:
        query = query.where(carries(first, family, label))
    if area == NO_AREA:
        query = query.where(~carries(first, "priority_areas", None))
    return query.order_by(*order_of(first))


def carries(held: Any, family: str, label: str | None):
    other = aliased(StandingLabel)
    on = (other.statement_id == held.statement_id, other.family == family)
    return select(other.statement_id).where(*on, *([other.label == label] if label else [])).exists()


def area_titles() -> dict[str, str]:
    titles = {area.id: area.title for area in plan.current().priority_areas}
    return {**titles, NO_AREA: "Not on a single priority area"}
