"""What staff see of sources, statements and their labels: read from the tables, shaped for a page."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from sqlalchemy import func, or_
from sqlmodel import Session, col, select

from collector.accounts.models import StaffMember
from collector.findings import standing
from collector.findings.models import Barrier, Statement
from collector.findings.standing import Held
from collector.frameworks import plan
from collector.intake import references
from collector.intake.models import Job, Passage, Source, Submission
from collector.organisations.models import Organisation

AT_ONCE = 25  # rows or passages a page

STATES = {"waiting": "Waiting", "running": "Being read", "done": "Read", "set-aside": "Set aside"}
KINDS = {"submission": "Submission", "document": "Document"}
PERMISSIONS = {
    "with-name": "Publish with name",
    "without-name": "Publish without name",
    "do-not-publish": "Do not publish",
}


@dataclass(frozen=True)
class Turn:
    """One page of a long list."""

    number: int
    total: int

    @property
    def of(self) -> int:
        return max(1, ceil(self.total / AT_ONCE))

    @property
    def offset(self) -> int:
        return (self.number - 1) * AT_ONCE


def turn_of(asked: int, total: int) -> Turn:
    """The page asked for, or the nearest there is."""
    last = max(1, ceil(total / AT_ONCE))
    return Turn(min(max(asked, 1), last), total)


def source_row_query():
    """A source with all that names it and with its latest job."""
    latest = select(func.max(Job.id)).where(Job.source_id == Source.id).correlate(Source).scalar_subquery()
    return (
        select(Source, Job, Submission, Organisation)
        .join(Job, col(Job.id) == latest)
        .outerjoin(Submission, col(Submission.id) == Source.submission_id)
        .outerjoin(Organisation, col(Organisation.id) == Source.organisation_id)
    )


def matching(search: str, state: str, kind: str):
    """The conditions of the filters; the search looks in names, titles and references, never in what was said."""
    conditions = []
    if search.strip():
        like = f"%{escaped(search.strip())}%"
        found = [col(Organisation.name).ilike(like, escape="\\"), col(Source.title).ilike(like, escape="\\")]
        if reference := escaped(references.read(search)):
            found.append(col(Submission.reference).like(f"{reference}%", escape="\\"))
        conditions.append(or_(*found))
    if state in STATES:
        conditions.append(Job.state == state)
    if kind in KINDS:
        conditions.append(Source.kind == kind)
    return conditions


def escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def counts_by(session: Session, column: Any, conditions: Sequence[Any]) -> dict[str, int]:
    rows = source_row_query().where(*conditions).with_only_columns(column, func.count()).group_by(column)
    return dict(session.exec(rows).all())


def source_rows(session: Session, conditions: Sequence[Any], turn: Turn) -> list[dict[str, Any]]:
    newest = source_row_query().where(*conditions).order_by(col(Source.received_at).desc(), col(Source.id).desc())
    found = session.exec(newest.offset(turn.offset).limit(AT_ONCE)).all()
    statements = statement_counts(session, [source.id for source, *_ in found])
    return [source_row(*row, statements.get(row[0].id, 0)) for row in found]


def statement_counts(session: Session, source_ids: list[int]) -> dict[int, int]:
    counted = (
        select(Passage.source_id, func.count(Statement.id))
        .join(Statement, (col(Statement.passage_id) == Passage.id) & (Statement.model == Passage.analysed_by))
        .where(col(Passage.source_id).in_(source_ids))
        .group_by(Passage.source_id)
    )
    return dict(session.exec(counted).all())


def source_row(
    source: Source, job: Job, submission: Submission | None, organisation: Organisation | None, statements: int
) -> dict[str, Any]:
    return {
        **source_shown(source, job, submission, organisation),
        "url": source_url(source),
        "state": state_shown(job),
        "statements": statements,
    }


def source_shown(
    source: Source, job: Job, submission: Submission | None, organisation: Organisation | None
) -> dict[str, Any]:
    return {
        "title": source.title,
        "kind": KINDS[source.kind],
        "reference": references.shown(submission.reference) if submission else "",
        "respondent": respondent(source, organisation),
        "received_at": source.received_at,
        "sample": source.sample,
    }


def respondent(source: Source, organisation: Organisation | None) -> str:
    if organisation:
        return organisation.name
    return "An individual" if source.kind == "submission" else "No organisation named"


def source_url(source: Source) -> str:
    return f"/staff/sources/{source.id}"


def statement_url(statement_id: int) -> str:
    return f"/staff/statements/{statement_id}"


def state_shown(job: Job) -> dict[str, Any]:
    return {
        "id": "analysed" if job.state == "done" else job.state,
        "word": STATES[job.state],
        "done": job.done,
        "total": job.total,
        "reason": job.reason,
    }


def passages_of(session: Session, source_id: int, turn: Turn) -> list[dict[str, Any]]:
    chosen = select(Passage).where(Passage.source_id == source_id).order_by(col(Passage.position))
    passages = session.exec(chosen.offset(turn.offset).limit(AT_ONCE)).all()
    statements = statements_of(session, passages)
    return [passage_shown(passage, statements.get(passage.id, [])) for passage in passages]


def passage_shown(passage: Passage, statements: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": passage.id,
        "question": passage.question,
        "section": plan.title("priority_areas", passage.concern) if passage.concern else "",
        "statements": statements,
        "text_parts": list(between(passage.text, statements)),
    }


def between(text: str, statements: list[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    """The passage as statements and the stretches between them, so that not a character is left out."""
    at = 0
    for statement in statements:
        if statement["start"] > at:
            yield {"text": text[at : statement["start"]]}
        yield {"statement": statement}
        at = statement["end"]
    if at < len(text):
        yield {"text": text[at:]}


def statements_of(session: Session, passages: Sequence[Passage]) -> dict[int, list[dict[str, Any]]]:
    """The statements of each passage as its latest model cut it, in the order of the text."""
    by_id = {passage.id: passage for passage in passages}
    chosen = select(Statement).where(col(Statement.passage_id).in_(list(by_id))).order_by(col(Statement.start))
    rows = [row for row in session.exec(chosen) if row.model == by_id[row.passage_id].analysed_by]
    held = standing.held_by(session, [row.id for row in rows])
    barriers = barriers_of(session, by_id)
    names = staff_names(session, held.values())
    shown: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        passage = by_id[row.passage_id]
        within = [one for one in barriers.get(passage.id, []) if row.start <= one.start and one.end <= row.end]
        shown.setdefault(passage.id, []).append(statement_shown(row, passage, held[row.id], within, names))
    return shown


def barriers_of(session: Session, passages: dict[int, Passage]) -> dict[int, list[Barrier]]:
    found: dict[int, list[Barrier]] = {}
    for barrier in session.exec(select(Barrier).where(col(Barrier.passage_id).in_(list(passages)))):
        if barrier.model == passages[barrier.passage_id].analysed_by:
            found.setdefault(barrier.passage_id, []).append(barrier)
    return found


def staff_names(session: Session, held: Iterable[list[Held]]) -> dict[int, str]:
    ids = {one.decision.staff_id for labels in held for one in labels if one.decision}
    chosen = select(StaffMember.id, StaffMember.name).where(col(StaffMember.id).in_(ids))
    return dict(session.exec(chosen).all())


def statement_shown(
    statement: Statement, passage: Passage, held: list[Held], barriers: list[Barrier], names: dict[int, str]
) -> dict[str, Any]:
    return {
        "id": statement.id,
        "start": statement.start,
        "end": statement.end,
        "url": statement_url(statement.id),
        "parts": parts(passage.text, statement, held),
        "labels": [label_shown(one, passage.text, names) for one in held],
        "barriers": [passage.text[one.start : one.end] for one in barriers],
    }


def parts(text: str, statement: Statement, held: list[Held]) -> list[dict[str, Any]]:
    """The statement cut wherever the evidence of a label begins or ends, each piece with the labels it speaks for."""
    marks = [
        (start, end, one)
        for one in held
        if one.finding and one.state != "rejected"
        for start, end in one.finding.evidence
    ]
    cuts = sorted({statement.start, statement.end, *(edge for start, end, _ in marks for edge in (start, end))})
    return [
        part(text[start:end], [one for from_, to, one in marks if from_ <= start and end <= to])
        for start, end in zip(cuts, cuts[1:], strict=False)
    ]


def part(text: str, held: list[Held]) -> dict[str, Any]:
    return {
        "text": text,
        "families": sorted({one.family for one in held}),
        "labels": [plan.title(one.family, one.label) for one in held],
    }


def label_shown(held: Held, text: str, names: dict[int, str]) -> dict[str, Any]:
    decision, finding = held.decision, held.finding
    return {
        "id": held.label,
        "family": held.family,
        "family_word": plan.FAMILY_WORDS[held.family],
        "title": plan.title(held.family, held.label),
        "score": held.score,
        # A model is never certain, whatever rounding says.
        "percent": None if held.score is None else min(99, round(100 * held.score)),
        "state": held.state,
        "by": names.get(decision.staff_id) if decision else None,
        "at": decision.decided_at if decision else None,
        "evidence": [text[start:end] for start, end in finding.evidence] if finding else [],
    }


def label_choices() -> list[dict[str, Any]]:
    """Every label that a person may add, by family."""
    return [
        {
            "family": family,
            "word": word,
            "options": [{"id": label.id, "title": label.title} for label in plan.current().labels(family)],
        }
        for family, word in plan.FAMILY_WORDS.items()
    ]
