"""How many organisations, and how many statements of theirs, say what: counted as it stands, across two things at once.

A joint return counts for each organisation that it speaks for, and its statements once. What was said at a meeting is
nobody's own; it stands with what individuals said, apart from organisations.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, case, distinct, false, func, or_, select, true
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from collector.findings import standing
from collector.findings.models import StandingLabel, Statement
from collector.intake import rounds
from collector.intake.models import Invitation, Passage, Source, Submission, SubmissionPartner
from collector.organisations.models import Organisation, OrganisationArea

SUGGESTED = "suggested"
KIND, AREA = "kind", "area"  # what organisations are told apart by
OF_ORGANISATIONS = (KIND, AREA)
WITH_NAME = "with-name"  # a permission
NOWHERE = ""  # an organisation that has not said its kind, or its areas


@dataclass(frozen=True)
class Within:
    """What is counted at all: a round or everything, real or of a sample, and what a third thing leaves of it.

    `third` is a family and a label, or `kind` or `area` and which; nothing where all is counted. `named`: only what may
    be published with the name; of a document nobody has said that it may.
    """

    round_id: int | None = None
    sample: bool = False
    third: tuple[str, str] = ("", "")
    named: bool = False


class Key(NamedTuple):
    """Whose statements are counted together: an organisation's alone, or those of one joint return. None: nobody's."""

    organisation_id: int | None
    joint: int | None


@dataclass(frozen=True)
class Heard:
    """The organisations that were heard from, with kind and areas, and who else was or was not."""

    kinds: dict[int, str]
    areas: dict[int, frozenset[str]]
    partners: dict[int, frozenset[int]]  # of each joint submission
    silent: frozenset[int]  # were asked and have not answered
    not_asked: frozenset[int]
    all_kinds: dict[int, str] = field(default_factory=dict)
    all_areas: dict[int, frozenset[str]] = field(default_factory=dict)
    others: int = 0  # individuals, meetings and what belongs to no organisation

    def of(self, key: Key) -> frozenset[int]:
        """The organisations that a key speaks for."""
        own = frozenset({key.organisation_id} - {None})
        return (own | self.partners.get(key.joint, frozenset()) if key.joint else own) & self.kinds.keys()

    def values(self, organisation_id: int, by: str) -> Iterable[str]:
        """Under which values of a thing an organisation stands: one kind, or all its areas."""
        if by == KIND:
            return (self.all_kinds[organisation_id],)
        return self.all_areas.get(organisation_id) or (NOWHERE,)


@dataclass
class Cell:
    """What is counted under one row and one column.

    `decided`: organisations that say it by what people decided; `suggested`: those that only the machine takes to say
    it. `statements` and `statements_decided` are each counted once; `others` are people and groups that are no
    organisation, with `others_statements`.
    """

    decided: set[int] = field(default_factory=set)
    said: set[int] = field(default_factory=set)
    statements: int = 0
    statements_decided: int = 0
    others_statements: int = 0

    @property
    def suggested(self) -> int:
        return len(self.said - self.decided)


class Tally(NamedTuple):
    """Statements of one key under one label."""

    key: Key
    label: str
    statements: int
    decided: int


class Combination(NamedTuple):
    """Statements of one key that hold the very same labels of two families: each with whether it is decided."""

    key: Key
    first: list[tuple[str, bool]]
    second: list[tuple[str, bool]]
    statements: int
    third_decided: int  # of them, those of which a third label that they are told by is decided


# -- Who was heard -------------------------------------------------------------------------------------


def heard(session: Session, within: Within) -> Heard:
    """Who was, of the organisations that the third thing leaves."""
    kinds = dict(session.execute(select(Organisation.id, Organisation.kind).where(of_sample(within))).all())
    areas: dict[int, set[str]] = defaultdict(set)
    for id, area in session.execute(select(OrganisationArea.organisation_id, OrganisationArea.area)):
        areas[id].add(area)
    by, value = within.third
    left = {
        id: kind
        for id, kind in kinds.items()
        if by not in OF_ORGANISATIONS or value in ((kind,) if by == KIND else areas.get(id, {NOWHERE}))
    }
    joint = partners(session)
    answered = speaking(session, within, joint) & left.keys()
    asked = invited(session, within) & left.keys()
    return Heard(
        kinds={id: left[id] for id in answered},
        areas={id: frozenset(areas[id]) for id in answered if id in areas},
        partners=joint,
        silent=frozenset(asked - answered),
        not_asked=frozenset(left.keys() - asked - answered),
        all_kinds=left,
        all_areas={id: frozenset(found) for id, found in areas.items() if id in left},
        others=number_of_others(session, within),
    )


def of_sample(within: Within) -> ColumnElement[bool]:
    return col(Organisation.sample).is_(within.sample)


def partners(session: Session) -> dict[int, frozenset[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    for submission_id, id in session.execute(
        select(SubmissionPartner.submission_id, SubmissionPartner.organisation_id)
    ):
        found[submission_id].add(id)
    return {submission_id: frozenset(ids) for submission_id, ids in found.items()}


def speaking(session: Session, within: Within, joint: Mapping[int, frozenset[int]]) -> set[int]:
    """Organisations that a source of this is of, alone or with others."""
    chosen = select(Source.organisation_id, Source.submission_id).where(*sources_within(within))
    found: set[int] = set()
    for organisation_id, submission_id in session.execute(chosen.distinct()):
        found |= ({organisation_id} - {None}) | joint.get(submission_id, frozenset())
    return found


def number_of_others(session: Session, within: Within) -> int:
    """Each with what they sent once, files too."""
    if within.third[0] in OF_ORGANISATIONS:
        return 0
    each = func.count(distinct(func.coalesce(Source.submission_id, -Source.id)))
    chosen = select(each).where(col(Source.organisation_id).is_(None), *sources_within(within))
    return session.execute(chosen).scalar_one()


def sources_within(within: Within) -> Iterator[ColumnElement[bool]]:
    yield col(Source.sample).is_(within.sample)
    if within.round_id is not None:
        of_round = rounds.with_round(select(Source.id)).where(rounds.of_source() == within.round_id)
        yield col(Source.id).in_(of_round)
    if within.named:
        yield col(Source.submission_id).in_(select(Submission.id).where(Submission.permission == WITH_NAME))


def invited(session: Session, within: Within) -> set[int]:
    chosen = select(Invitation.organisation_id).where(col(Invitation.invited_at).is_not(None)).distinct()
    if within.round_id is not None:
        chosen = chosen.where(Invitation.round_id == within.round_id)
    return set(session.execute(chosen).scalars())


# -- What they say -------------------------------------------------------------------------------------


def tallies(session: Session, within: Within, family: str) -> list[Tally]:
    """Statements by whose they are and by their label."""
    key, held = (col(Source.organisation_id), joint_of()), aliased(StandingLabel)
    decided = func.sum(case((and_(held.state != SUGGESTED, *third_decided(within)), 1), else_=0))
    chosen = select(*key, held.label, func.count(), decided).select_from(held)
    chosen = of_statements(chosen.join(Statement, col(Statement.id) == held.statement_id), within)
    rows = session.execute(chosen.where(held.family == family).group_by(*key, held.label))
    return [Tally(Key(organisation_id, joint), *rest) for organisation_id, joint, *rest in rows]


# A label as it is put together with the others of its statement.
FIRST_FAMILY, SECOND_FAMILY, SURE, UNSURE, NEXT = "1", "2", "!", "?", "\n"


def combinations(session: Session, within: Within, first: str, second: str) -> list[Combination]:
    """Statements by whose they are and by all their labels of two families.

    One look at the labels of each statement: to look the second label up beside each first takes twice as long, and
    each family by itself has to be counted besides.
    """
    held = aliased(StandingLabel)
    which = case((held.family == first, FIRST_FAMILY), else_=SECOND_FAMILY)
    label = which + case((held.state == SUGGESTED, UNSURE), else_=SURE) + held.label
    together = select(held.statement_id, func.aggregate_strings(label, NEXT).label("labels"))
    together = together.where(held.family.in_((first, second))).group_by(held.statement_id).subquery()
    key = (col(Source.organisation_id), joint_of(), together.c.labels)
    decided = func.sum(case((and_(true(), *third_decided(within)), 1), else_=0))
    chosen = select(*key, func.count(), decided).select_from(together)
    chosen = of_statements(chosen.join(Statement, col(Statement.id) == together.c.statement_id), within)
    return [
        Combination(Key(organisation_id, joint), *apart(labels), *numbers)
        for organisation_id, joint, labels, *numbers in session.execute(chosen.group_by(*key))
    ]


def apart(labels: str) -> tuple[list[tuple[str, bool]], list[tuple[str, bool]]]:
    found: dict[str, list[tuple[str, bool]]] = {FIRST_FAMILY: [], SECOND_FAMILY: []}
    for one in labels.split(NEXT):
        found[one[0]].append((one[2:], one[1] == SURE))
    return found[FIRST_FAMILY], found[SECOND_FAMILY]


def joint_of() -> Any:
    """The submission of a source where it is joint, so that its statements are not those of who leads alone."""
    joint = select(SubmissionPartner.submission_id)
    return case((col(Source.submission_id).in_(joint), Source.submission_id), else_=None)


def of_statements(chosen: Any, within: Within) -> Any:
    """Of statements that stand, joined with their sources, those that are counted at all."""
    chosen = chosen.join(Passage, col(Passage.id) == Statement.passage_id)
    chosen = chosen.join(Source, col(Source.id) == Passage.source_id)
    chosen = chosen.where(*standing.current(), *sources_within(within))
    family, label = within.third
    return chosen.where(carries(family, label)) if family and family not in OF_ORGANISATIONS else chosen


def third_decided(within: Within) -> Iterator[ColumnElement[bool]]:
    family, label = within.third
    if family and family not in OF_ORGANISATIONS:
        yield carries(family, label, decided=True)


def carries(family: str, label: str, *, decided: bool = False) -> ColumnElement[bool]:
    also = aliased(StandingLabel)
    on = (also.statement_id == Statement.id, also.family == family, also.label == label)
    return select(also.label).where(*on, *([also.state != SUGGESTED] if decided else [])).exists()


Cells = dict[tuple[str, str], Cell]
TOTAL = "*"  # in place of a row or a column: all of them together


def cells(session: Session, within: Within, heard: Heard, rows: str, columns: str) -> Cells:
    """A cell for each row and column under which something stands, and for each label alone, beside TOTAL.

    `rows` and `columns` are families of labels, or `kind` and `area` of organisations; `columns` may be nothing.
    """
    families = [one for one in (rows, columns) if one and one not in OF_ORGANISATIONS]
    if not families:
        return crossed(heard, rows, columns)
    if len(families) == 2:
        return of_two_labels(heard, combinations(session, within, rows, columns))
    by = next((one for one in (rows, columns) if one in OF_ORGANISATIONS), "")
    found: Cells = defaultdict(Cell)
    for tally in tallies(session, within, families[0]):
        for value, ids in shares(heard, tally.key, by):
            place = (tally.label, value) if families[0] == rows else (value, tally.label)
            add(found[place], tally, ids)
    return found


def of_two_labels(heard: Heard, held: Iterable[Combination]) -> Cells:
    found: Cells = defaultdict(Cell)
    for key, first, second, number, third_decided in held:
        ids = heard.of(key)
        for row, row_sure in (*first, (TOTAL, True)):
            for column, column_sure in (*second, (TOTAL, True)):
                if (row, column) != (TOTAL, TOTAL):
                    decided = third_decided if row_sure and column_sure else 0
                    add(found[row, column], Tally(key, row, number, decided), ids)
    return found


def shares(heard: Heard, key: Key, by: str) -> Iterator[tuple[str, frozenset[int]]]:
    """All that a key speaks for, then those of them under each value that they are told apart by."""
    ids = heard.of(key)
    yield TOTAL, ids
    if by:
        for value in {value for id in ids for value in heard.values(id, by)}:
            yield value, frozenset(id for id in ids if value in heard.values(id, by))


def add(cell: Cell, tally: Tally, ids: frozenset[int]) -> None:
    if ids:
        cell.said |= ids
        cell.decided |= ids if tally.decided else frozenset()
        cell.statements += tally.statements
        cell.statements_decided += tally.decided
    elif tally.key.organisation_id is None:
        cell.others_statements += tally.statements


def crossed(heard: Heard, rows: str, columns: str) -> Cells:
    """Organisations by what they are, whatever they said."""
    found: Cells = defaultdict(Cell)
    for id in heard.kinds:
        for row in (TOTAL, *heard.values(id, rows)):
            for column in (TOTAL, *(heard.values(id, columns) if columns else ())):
                found[row, column].said.add(id)
                found[row, column].decided.add(id)
    return found


def number_under(heard: Heard, ids: Iterable[int], by: str) -> dict[str, int]:
    """How many of these organisations stand under each value."""
    found: dict[str, int] = defaultdict(int)
    for id in ids:
        for value in heard.values(id, by):
            found[value] += 1
    return dict(found)


# -- The statements of a cell --------------------------------------------------------------------------


Chosen = Sequence[tuple[str, str]]  # a family and a label, or `kind` or `area` and which


def of_all(heard: Heard, chosen: Chosen) -> set[int]:
    """The organisations that stand under all of these, as far as they are of organisations."""
    apart = [one for one in chosen if one[0] in OF_ORGANISATIONS]
    return {id for id in heard.kinds if all(value in heard.values(id, by) for by, value in apart)}


def statements(session: Session, within: Within, heard: Heard, chosen: Chosen) -> Any:
    """Ids of the statements of organisations that stand under all of these, the sure ones first."""
    held = aliased(StandingLabel)
    first, *more = [one for one in chosen if one[0] not in OF_ORGANISATIONS]
    found = select(held.statement_id)
    found = of_statements(found.join(Statement, col(Statement.id) == held.statement_id), within)
    found = found.where(held.family == first[0], held.label == first[1], said_by(session, of_all(heard, chosen)))
    found = found.where(*(carries(*one) for one in more))
    confirmed = case((held.state == SUGGESTED, 1), else_=0)
    return found.order_by(confirmed, func.coalesce(held.score, 1.0).desc(), held.statement_id)


def said_by(session: Session, ids: set[int]) -> ColumnElement[bool]:
    """That a source is one of these organisations' own, alone or with others."""
    joint = [submission_id for submission_id, all_ in partners(session).items() if all_ & ids]
    return or_(false(), col(Source.organisation_id).in_(ids), col(Source.submission_id).in_(joint))
