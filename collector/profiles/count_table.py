"""The table of counts as it is asked for in an address, shown on a page and taken away in a file."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from sqlmodel import Session, col, select

from collector.findings import counts, estimates
from collector.findings.counts import AREA, KIND, NOWHERE, OF_ORGANISATIONS, TOTAL, Cell, Heard, Within
from collector.findings.estimate_models import Estimate
from collector.findings.estimates import Said
from collector.frameworks import plan
from collector.intake.models import Round, Source
from collector.organisations import directory
from collector.web.posted import whole_number

# What rows and columns may be. The families of the plan, then what organisations are told apart by.
DIMENSIONS = {
    "actions": "Action",
    "priority_areas": "Priority area",
    "fundamentals": "Fundamental",
    "kinds": "Kind of statement",
    "barrier_themes": "Barrier theme",
    KIND: "Kind of organisation",
    AREA: "Area",
}
FIRST, SECOND = "actions", KIND
NONE = "none"  # of columns: what each row has in all is shown alone


@dataclass(frozen=True)
class Asked:
    """`third`: a dimension and one of its values, which all that is counted has."""

    rows: str = FIRST
    columns: str = SECOND
    round: int | None = None
    third: tuple[str, str] = ("", "")

    def query(self, **more: str) -> str:
        told = {"rows": self.rows, "columns": self.columns or NONE, "round": self.round, "third": ":".join(self.third)}
        return urlencode({name: value for name, value in {**told, **more}.items() if value and value != ":"})


@dataclass(frozen=True)
class Head:
    """A row's or a column's. With organisations told apart: how many of them answered, did not, and were not asked."""

    id: str
    title: str
    group: str = ""
    answered: int | None = None
    did_not_answer: int = 0
    not_asked: int = 0


@dataclass(frozen=True)
class Shown:
    """A cell: what it says; statements with their interval too, where enough of its own were coded blind."""

    row: Head
    column: Head
    said: Said
    statements_low: int | None = None
    statements_high: int | None = None


@dataclass(frozen=True)
class Table:
    asked: Asked
    sample: bool
    heard: Heard
    rows: tuple[Head, ...]
    columns: tuple[Head, ...]
    cells: Mapping[tuple[str, str], Shown]
    others: Mapping[str, int]  # statements that are no organisation's, by the label of a row or a column
    made_at: datetime | None  # when the estimates were worked out
    since: int = 0  # organisations that answered after that

    @property
    def answered(self) -> int:
        return len(self.heard.kinds)

    @property
    def of_labels(self) -> bool:
        """Whether statements are counted, or organisations by what they are alone."""
        return any(one and one not in OF_ORGANISATIONS for one in (self.asked.rows, self.asked.columns))


# -- What is asked for ---------------------------------------------------------------------------------


def read(session: Session, query: Mapping[str, str]) -> Asked:
    """From an address; what makes no sense there is passed over, so that an old address still shows something."""
    rows = query.get("rows") if query.get("rows") in DIMENSIONS else FIRST
    columns = query.get("columns", SECOND)
    columns = columns if columns in DIMENSIONS and columns != rows else ""
    number = whole_number(query.get("round", ""))
    round_id = number if number and session.get(Round, number) else None
    dimension, _, value = query.get("third", "").partition(":")
    known = dimension in DIMENSIONS and value in values(dimension)
    return Asked(rows, columns, round_id, (dimension, value) if known else ("", ""))


def within(session: Session, asked: Asked) -> Within:
    """A sample is shown where its round is chosen, or where there is nothing else."""
    if asked.round is not None:
        return Within(asked.round, session.get_one(Round, asked.round).sample, asked.third)
    kinds = set(session.exec(select(Source.sample).distinct()))
    return Within(None, kinds == {True}, asked.third)


def values(dimension: str) -> dict[str, str]:
    """What each value of a dimension is called, in order."""
    if dimension == KIND:
        return dict(directory.KIND_WORDS)
    if dimension == AREA:
        return dict(directory.area_names())
    return {id: label.title for id, label in plan.by_id(dimension).items()}


# -- The table -----------------------------------------------------------------------------------------


def table(session: Session, asked: Asked) -> Table:
    chosen = within(session, asked)
    heard = counts.heard(session, chosen)
    found = counts.cells(session, chosen, heard, asked.rows, asked.columns)
    known = estimates.of(session, asked.round, families_of(asked))
    known = {} if chosen.sample and asked.round is None else known
    rows, columns = heads(heard, asked.rows, asked.columns), heads(heard, asked.columns, asked.rows)
    cells = {
        (row.id, column.id): shown(row, column, found.get((row.id, column.id)), asked, heard, known)
        for row in rows
        for column in columns
        if (row.id, column.id) != (TOTAL, TOTAL)
    }
    made = next(iter(known.values()), None)
    since = answered_since(known, asked, heard)
    return Table(asked, chosen.sample, heard, rows, columns, cells, others(found, asked), made and made.made_at, since)


def families_of(asked: Asked) -> list[str]:
    """Of single labels, and of the pair that may stand in the table."""
    named = [one for one in (asked.rows, asked.columns) if one and one not in OF_ORGANISATIONS]
    pairs = [estimates.both(*pair) for pair in estimates.PAIRS if set(pair) <= set(named)]
    return [*named, *pairs]


def answered_since(known: Mapping[estimates.Place, Estimate], asked: Asked, heard: Heard) -> int:
    scope = asked.third if asked.third[0] in OF_ORGANISATIONS else ("", "")
    before = next((one.answered for place, one in known.items() if place[2:] == scope), None)
    return 0 if before is None else max(0, len(heard.kinds) - before)


def heads(heard: Heard, dimension: str, other: str) -> tuple[Head, ...]:
    """All values of a dimension, empty ones too, and all of them together where that tells something of the other."""
    if not dimension:
        return (Head(TOTAL, "All organisations"),)
    named = {**values(dimension), **without_value(heard, dimension)}
    if dimension in OF_ORGANISATIONS:
        answered, silent, not_asked = (
            counts.number_under(heard, ids, dimension) for ids in (heard.kinds, heard.silent, heard.not_asked)
        )
        found = [
            Head(id, title, "", answered.get(id, 0), silent.get(id, 0), not_asked.get(id, 0))
            for id, title in named.items()
        ]
    else:
        found = [Head(id, title, group(dimension, id)) for id, title in named.items()]
    # All kinds of organisation together say a label; all labels together are nothing that an organisation says.
    together = other and (other not in OF_ORGANISATIONS or dimension in OF_ORGANISATIONS)
    return *found, *([total(heard)] if together else [])


# What stands for organisations that have no value of a dimension.
NOT_SAID = {KIND: directory.KIND_NOT_KNOWN, AREA: "Not said"}


def title_of(dimension: str, value: str) -> str:
    return NOT_SAID[dimension] if value == NOWHERE else values(dimension)[value]


def without_value(heard: Heard, dimension: str) -> dict[str, str]:
    """Organisations that have not said what they are, or where."""
    if dimension not in OF_ORGANISATIONS:
        return {}
    missing = any(NOWHERE in heard.values(id, dimension) for id in heard.all_kinds)
    return {NOWHERE: NOT_SAID[dimension]} if missing else {}


def group(dimension: str, id: str) -> str:
    area = plan.area_of(id) if dimension == "actions" else None
    return plan.title("priority_areas", area) if area else ""


def total(heard: Heard) -> Head:
    return Head(TOTAL, "All organisations", "", len(heard.kinds), len(heard.silent), len(heard.not_asked))


def shown(
    row: Head,
    column: Head,
    cell: Cell | None,
    asked: Asked,
    heard: Heard,
    known: Mapping[estimates.Place, Estimate],
) -> Shown:
    estimate = estimate_of(row.id, column.id, asked, known)
    said = estimates.said(cell or Cell(), answered(row, column, heard), estimate)
    if estimate is None or not said.corrected or estimate.statements_low is None:
        return Shown(row, column, said)
    decided = cell.statements_decided if cell else 0
    return Shown(row, column, said, max(decided, estimate.statements_low), max(decided, estimate.statements_high))


def answered(row: Head, column: Head, heard: Heard) -> int:
    """Of how many that answered: those of a kind or an area, or all."""
    told = [one.answered for one in (row, column) if one.answered is not None]
    return min(told, default=len(heard.kinds))


def estimate_of(row: str, column: str, asked: Asked, known: Mapping[estimates.Place, Estimate]) -> Estimate | None:
    """One label, or two that are estimated together, by one thing that organisations are told apart by."""
    at = [(asked.rows, row), (asked.columns, column), asked.third]
    at = [(dimension, value) for dimension, value in at if dimension and value != TOTAL]
    labels = sorted((one for one in at if one[0] not in OF_ORGANISATIONS), key=first_of_pair)
    apart = list(dict.fromkeys(one for one in at if one[0] in OF_ORGANISATIONS))
    narrowed = asked.third[0] and asked.third[0] not in OF_ORGANISATIONS
    if not labels or len(labels) > (1 if narrowed else 2) or len(apart) > 1:
        return None
    family, label = labels[0] if len(labels) == 1 else map(estimates.both, *labels)
    return known.get((family, label, *(apart[0] if apart else ("", ""))))


def can_be_corrected(asked: Asked) -> bool:
    """Whether there may be an estimate where a row and a column meet: one that the worker makes for `estimate_of`."""
    families = {one for one in (asked.rows, asked.columns) if one and one not in OF_ORGANISATIONS}
    told_apart = {one for one in (asked.rows, asked.columns, asked.third[0]) if one in OF_ORGANISATIONS}
    if len(told_apart) > 1 or (asked.third[0] and asked.third[0] not in OF_ORGANISATIONS):
        return False
    return len(families) < 2 or (asked.round is None and families in map(set, estimates.PAIRS))


def first_of_pair(label: tuple[str, str]) -> bool:
    """False, which sorts first, of what begins a pair."""
    return label[0] not in {family for family, _ in estimates.PAIRS}


def others(found: Mapping[tuple[str, str], Cell], asked: Asked) -> dict[str, int]:
    """Statements of nobody's organisation, by row, or by column where rows are of organisations."""
    by_rows = asked.rows not in OF_ORGANISATIONS
    return {
        row if by_rows else column: cell.others_statements
        for (row, column), cell in found.items()
        if (column if by_rows else row) == TOTAL
    }


# -- As lines ------------------------------------------------------------------------------------------

# How a number was counted, as the file says it: no number is taken for corrected that is not.
HOW = {
    estimates.CORRECTED: "corrected by the blind sample",
    estimates.PEOPLE_ONLY: "decided by people only",
    estimates.TOO_FEW: "decided by people only: too few blind items to correct it",
    estimates.NOT_CORRECTED: "decided by people only: not corrected",
}
COLUMNS = (
    ("row", "Row"),
    ("column", "Column"),
    ("answered", "Organisations that answered"),
    ("did_not_answer", "Did not answer"),
    ("not_asked", "Not asked"),
    ("low", "Organisations that say it, at least"),
    ("high", "Organisations that say it, at most"),
    ("basis", "How it was counted"),
    ("decided", "Decided by people"),
    ("suggested", "More that only the machine takes to say it"),
    ("statements", "Statements, with those that only the machine labelled"),
    ("statements_low", "Statements, corrected as last measured, at least"),
    ("statements_high", "Statements, corrected as last measured, at most"),
    ("others", "Statements of individuals and others"),
)


def lines(found: Table) -> Iterator[dict[str, Any]]:
    """A line for each cell of the screen, row by row."""
    for row in found.rows:
        for column in found.columns:
            if cell := found.cells.get((row.id, column.id)):
                yield line(found, cell)


def line(found: Table, cell: Shown) -> dict[str, Any]:
    said, about = cell.said, silent_of(cell, found.heard)
    label = cell.column.id == TOTAL and cell.row.id or cell.row.id == TOTAL and cell.column.id
    return {
        "row": cell.row.title,
        "column": cell.column.title,
        "answered": said.answered,
        "did_not_answer": about[0],
        "not_asked": about[1],
        "low": said.low,
        "high": said.high,
        "basis": HOW[said.basis] if found.of_labels else "all that were heard from",
        "decided": said.decided,
        "suggested": said.suggested,
        "statements": said.statements,
        "statements_low": cell.statements_low,
        "statements_high": cell.statements_high,
        "others": found.others.get(label) if label else None,
    }


def silent_of(cell: Shown, heard: Heard) -> tuple[int, int]:
    told = [one for one in (cell.row, cell.column) if one.answered is not None and one.id != TOTAL]
    if len(told) == 1:
        return told[0].did_not_answer, told[0].not_asked
    return len(heard.silent), len(heard.not_asked)


def title(found: Asked) -> str:
    """ "Organisations by action and kind of organisation" """
    by = [in_sentence(one) for one in (found.rows, found.columns) if one]
    return f"Organisations by {' and '.join(by)}"


def in_sentence(dimension: str) -> str:
    word = DIMENSIONS[dimension]
    return word if dimension == "fundamentals" else word[0].lower() + word[1:]


def filters(session: Session, asked: Asked, sample: bool) -> str:
    """What is left out of the table, in words."""
    round_ = session.get(Round, asked.round) if asked.round else None
    dimension, value = asked.third
    told = [f"what came in {round_.title}"] if round_ else []
    told += [f"{in_sentence(dimension)} “{values(dimension)[value]}”"] if dimension else []
    told += ["a sample that nobody said"] if sample else []
    return "; ".join(told)


def choices() -> Iterable[tuple[str, Sequence[tuple[str, str]]]]:
    """For the third: each dimension with its values."""
    return [(word, list(values(id).items())) for id, word in DIMENSIONS.items()]


def offered_rounds(session: Session) -> list[tuple[int, str]]:
    chosen = select(Round.id, Round.title).where(col(Round.preview).is_(False))
    return list(session.exec(chosen.order_by(col(Round.opened_at).desc(), col(Round.id).desc())).all())
