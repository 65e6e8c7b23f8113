"""What goes out of review as a table: all codings as they stand, and all that reviewers said and changed.

Words that are redacted stay here: in their place is said that something was taken out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import IO, Any
from urllib.parse import parse_qsl, urlencode

from sqlalchemy import func
from sqlmodel import Session, col, select

from collector import dates
from collector.accounts import staff
from collector.database import ROWS_AT_ONCE, now
from collector.findings import standing
from collector.findings.models import (
    Act,
    BlindItem,
    Cut,
    Decision,
    ExtractDecision,
    Finding,
    ReviewItem,
    StandingLabel,
    Statement,
)
from collector.findings.standing import Overlaid
from collector.frameworks import plan
from collector.intake import references
from collector.intake.models import Meeting, Passage, Round, Source, Submission
from collector.organisations.models import Organisation
from collector.review import export_files, queue, redactions
from collector.review.reading import evidence_of

CODINGS, CHANGES = "codings", "changes"
WHERE = (
    ("passage", "Passage"),
    ("statement", "Statement"),
    ("reference", "Reference"),
    ("organisation", "Organisation"),
    ("source", "Source"),
    ("round", "Round"),
    ("received", "Received"),
    ("permission", "May be published"),
    ("state", "State of review"),
    ("question", "Question"),
    ("text", "What was said"),
)
COLUMNS = {
    CODINGS: (
        *WHERE,
        ("family", "Family"),
        ("label", "Label"),
        ("title", "Name of the label"),
        ("holds", "Holds as"),
        ("score", "Score of the machine"),
        ("model", "Model"),
        ("evidence", "Words that it stands on"),
        ("by", "Decided by"),
        ("at", "Decided at"),
        ("why", "Why"),
    ),
    CHANGES: (
        *WHERE,
        ("what", "What was decided on"),
        ("label", "Label"),
        ("title", "Name of the label"),
        ("verdict", "Verdict"),
        ("against", "Against the machine"),
        ("score", "Score of the machine"),
        ("model", "Model"),
        ("words", "Words picked out"),
        ("details", "Details"),
        ("by", "By"),
        ("at", "At"),
        ("undone", "Undone at"),
        ("why", "Why"),
    ),
}
TABLES = {
    CODINGS: ("Codings", "Every label that holds of every statement, with who or what says so, and why."),
    CHANGES: (
        "What reviewers said",
        "Every decision on a label, on words picked out and on where statements begin and end, beside what the machine "
        "says; those that were undone are marked.",
    ),
}
Row = dict[str, Any]


@dataclass(frozen=True)
class Told:
    """What all rows of a passage have alike."""

    passage: Passage
    row: Row
    hidden: list[tuple[int, int]]

    def words(self, start: int, end: int) -> str:
        return redactions.shown(self.passage.text, start, end, self.hidden)


def rows(session: Session, table: str, wanted: queue.Wanted, staff_id: int) -> Iterator[Row]:
    """Every row of the passages asked for, by passage. Nothing of one that is still being coded blind."""
    of_batch = {CODINGS: codings, CHANGES: changes}[table]
    for batch in passages(session, wanted, staff_id):
        told = told_of(session, batch)
        yield from of_batch(session, told)
        session.expunge_all()  # what was read is of no more use, and a million of them would be held


def passages(session: Session, wanted: queue.Wanted, staff_id: int) -> Iterator[Sequence[int]]:
    """The numbers of the passages asked for, some at a time, in their own order, so that it costs the same anywhere."""
    after = 0
    while True:
        chosen = queue.matching(wanted, staff_id).where(col(ReviewItem.passage_id) > after, ~is_covered())
        batch = session.exec(chosen.order_by(col(ReviewItem.passage_id)).limit(ROWS_AT_ONCE)).all()
        if not batch:
            return
        yield batch
        after = batch[-1]


def told_of(session: Session, passage_ids: Sequence[int]) -> dict[int, Told]:
    chosen = (
        select(Passage, ReviewItem.state, Source, Submission, Organisation.name, Round.title, Meeting.permission)
        .join(ReviewItem, col(ReviewItem.passage_id) == Passage.id)
        .join(Source, col(Source.id) == Passage.source_id)
        .outerjoin(Submission, col(Submission.id) == Source.submission_id)
        .outerjoin(Organisation, col(Organisation.id) == Source.organisation_id)
        .outerjoin(Round, col(Round.id) == ReviewItem.round_id)
        .outerjoin(Meeting, col(Meeting.source_id) == Source.id)
        .where(col(Passage.id).in_(passage_ids))
        .order_by(col(Passage.id))
    )
    hidden = redactions.of(session, passage_ids)
    return {
        passage.id: Told(passage, where(passage, *rest), hidden[passage.id]) for passage, *rest in session.exec(chosen)
    }


def where(
    passage: Passage,
    state: str,
    source: Source,
    submission: Submission | None,
    organisation: str | None,
    round_: str | None,
    permission: str | None,
) -> Row:
    return {
        "passage": passage.id,
        "reference": references.shown(submission.reference) if submission else "",
        "organisation": organisation or "",
        "source": source.kind,
        "round": round_ or "",
        "received": source.received_at,
        "permission": submission.permission if submission else permission or "",
        "state": queue.STATES[state],
        "question": passage.question,
    }


def codings(session: Session, told: dict[int, Told]) -> Iterator[Row]:
    """A row for each label that holds of each statement that stands."""
    statements = {one.id: one for one in standing_statements(session, list(told))}
    held = standing.held_by(session, list(statements))
    known = {(id, one.family, one.label): one for id, labels in held.items() for one in labels}
    names = staff.names(session)
    for label in standing_labels(session, list(statements)):
        statement = statements[label.statement_id]
        about = told[statement.passage_id]
        yield {
            **about.row,
            "statement": statement.id,
            "text": about.words(statement.start, statement.end),
            **coding(label, known.get((statement.id, label.family, label.label)), about, names),
        }


def standing_statements(session: Session, passage_ids: Sequence[int]) -> list[Statement]:
    chosen = select(Statement).where(col(Statement.passage_id).in_(passage_ids), col(Statement.stands))
    return list(session.exec(chosen.order_by(col(Statement.passage_id), col(Statement.start))))


def standing_labels(session: Session, statement_ids: Sequence[int]) -> list[StandingLabel]:
    """In the order of the statements, then of the families."""
    chosen = select(StandingLabel).where(col(StandingLabel.statement_id).in_(statement_ids))
    place = {id: number for number, id in enumerate(statement_ids)}
    return sorted(session.exec(chosen), key=lambda one: (place[one.statement_id], plan.place_of(one.family), one.label))


def coding(label: StandingLabel, one: Overlaid | None, about: Told, names: dict[int, str]) -> Row:
    """`one` is what was found and decided; a priority area that follows from an action has none of its own."""
    decision, finding = (one.decision, one.finding) if one else (None, None)
    return {
        "family": label.family,
        "label": label.label,
        "title": plan.title(label.family, label.label),
        "holds": label.state,
        "score": label.score,
        "model": finding.model if finding else "",
        "evidence": " … ".join(about.words(start, end) for start, end in evidence_of(one)) if one else "",
        "by": names.get(decision.staff_id, "") if decision else "",
        "at": decision.decided_at if decision else None,
        "why": decision.why if decision else "",
    }


def changes(session: Session, told: dict[int, Told]) -> Iterator[Row]:
    """A row for each thing that a person said of these passages, in the order it was said; what was undone too."""
    names = staff.names(session)
    said = [*on_labels(session, told, names), *on_words(session, told, names), *on_cuts(session, told, names)]
    for _, _, row in sorted(said, key=lambda one: one[:2]):
        yield row


Said = Iterator[tuple[int, int, Row]]  # passage, act, row


def on_labels(session: Session, told: dict[int, Told], names: dict[int, str]) -> Said:
    chosen = (
        select(Decision, Act, Statement)
        .join(Act, col(Act.id) == Decision.act_id)
        .join(Statement, col(Statement.id) == Decision.statement_id)
        .where(col(Statement.passage_id).in_(list(told)))
        .order_by(col(Decision.id))
    )
    found = session.exec(chosen).all()
    machine = suggested(session, [statement.id for _, _, statement in found])
    for decision, act, statement in found:
        about = told[statement.passage_id]
        finding = machine.get((statement.id, decision.family, decision.label))
        yield (
            statement.passage_id,
            act.id,
            {
                **about.row,
                "statement": statement.id,
                "text": about.words(statement.start, statement.end),
                "what": decision.family,
                "label": decision.label,
                "title": plan.title(decision.family, decision.label),
                "verdict": decision.verdict,
                "against": against(decision, finding),
                "score": finding.score if finding else None,
                "model": finding.model if finding else "",
                **by(decision, act, names),
            },
        )


def suggested(session: Session, statement_ids: Sequence[int]) -> dict[Any, Finding]:
    """What the model that last read each passage says of these statements."""
    found = standing.findings_of(session, list(dict.fromkeys(statement_ids)))
    return {(id, one.family, one.label): one for id, findings in found.items() for one in findings}


def against(decision: Decision, finding: Finding | None) -> str:
    """Whether a person says the same as the machine: confirmed, taken out, or put in."""
    if decision.verdict == "reject":
        return "taken out" if finding else "not said by either"
    return "confirmed" if finding else "put in"


def on_words(session: Session, told: dict[int, Told], names: dict[int, str]) -> Said:
    chosen = (
        select(ExtractDecision, Act)
        .join(Act, col(Act.id) == ExtractDecision.act_id)
        .where(col(ExtractDecision.passage_id).in_(list(told)))
        .order_by(col(ExtractDecision.id))
    )
    for one, act in session.exec(chosen):
        about = told[one.passage_id]
        # Who and by when are words of the passage too.
        hidden = any(start < one.end and one.start < end for start, end in about.hidden)
        details = [] if hidden else [f"{name}: {value}" for name, value in sorted(one.details.items()) if value]
        yield (
            one.passage_id,
            act.id,
            {
                **about.row,
                "what": one.kind,
                "verdict": one.verdict,
                "words": about.words(one.start, one.end),
                "details": redactions.IN_PLACE if hidden else "; ".join(details),
                **by(one, act, names),
            },
        )


def on_cuts(session: Session, told: dict[int, Told], names: dict[int, str]) -> Said:
    chosen = select(Cut, Act).join(Act, col(Act.id) == Cut.act_id).where(col(Cut.passage_id).in_(list(told)))
    for cut, act in session.exec(chosen.order_by(col(Cut.id))):
        row = {
            "what": "statements",
            "verdict": "split" if len(cut.after) > len(cut.before) else "merge",
            "by": names.get(act.staff_id, ""),
            "at": act.done_at,
            "undone": act.undone_at,
        }
        yield cut.passage_id, act.id, {**told[cut.passage_id].row, **row}


def by(one: Decision | ExtractDecision, act: Act, names: dict[int, str]) -> Row:
    return {"by": names.get(one.staff_id, ""), "at": one.decided_at, "undone": act.undone_at, "why": one.why}


@dataclass(frozen=True)
class Counts:
    """How much there is of what is asked for: as many rows as the files have."""

    passages: int
    codings: int
    changes: int


def counts(session: Session, wanted: queue.Wanted, staff_id: int) -> Counts:
    """Counted in the tables: as many as the files would have rows, without making them."""
    chosen = queue.matching(wanted, staff_id).where(~is_covered())
    ids = chosen.with_only_columns(ReviewItem.passage_id)
    of_statements = (col(Statement.passage_id).in_(ids), col(Statement.stands))
    labels = select(func.count()).select_from(StandingLabel).join(Statement).where(*of_statements)
    decided = select(func.count()).select_from(Decision).join(Statement).where(col(Statement.passage_id).in_(ids))
    others = [
        select(func.count()).select_from(table).where(col(table.passage_id).in_(ids))
        for table in (ExtractDecision, Cut)
    ]
    number = session.exec(select(func.count()).select_from(ids.subquery())).one()
    return Counts(number, session.exec(labels).one(), sum(session.exec(one).one() for one in (decided, *others)))


def is_covered() -> Any:
    """That people still code a passage of the queue blind: nothing of it goes out."""
    return (
        select(BlindItem.passage_id)
        .where(BlindItem.passage_id == ReviewItem.passage_id, col(BlindItem.closed_at).is_(None))
        .exists()
    )


def everything() -> queue.Wanted:
    return replace(queue.Wanted(), state=queue.ANY)


def made(session: Session, table: str, kind: str, wanted: queue.Wanted, staff_id: int) -> IO[bytes]:
    """A file with all rows, to be read from its start; it goes when it is closed."""
    found = rows(session, table, wanted, staff_id)
    return export_files.written(kind, COLUMNS[table], found, about(table, wanted))


def about(table: str, wanted: queue.Wanted) -> dict[str, str]:
    title, words = TABLES[table]
    return {
        "What": f"{title}. {words}",
        "Filters": told(wanted) or "none: everything that has been read",
        "Made": dates.in_full(now()),
        "For": "staff alone. It holds words whose respondents have not allowed that they are published: see the column",
        "Left out": "passages that are still being coded blind; words that were redacted",
    }


def told(wanted: queue.Wanted) -> str:
    """The filters, as they stand in the address: with them the same can be asked for again."""
    chosen = {name: getattr(wanted, name) for name in wanted.chosen()}
    said = [f"{name}: {value}" for name, value in chosen.items()]
    return "; ".join([*([f"state: {queue.STATES[wanted.state]}"] if wanted.state != queue.ANY else []), *said])


def asked(query: dict[str, str]) -> queue.Wanted:
    """As in the queue; without a state it is all of them."""
    wanted = queue.read(query)
    return wanted if query.get("state") in queue.STATES else replace(wanted, state=queue.ANY)


def query(wanted: queue.Wanted) -> str:
    """As it stands in the address of an export, where the state is always told."""
    return urlencode({"state": wanted.state, **dict(parse_qsl(wanted.query()))})
