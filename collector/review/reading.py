"""What staff see of sources, statements and their labels: read from the tables, shaped for a page."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil
from typing import Any

from sqlalchemy import func, or_
from sqlmodel import Session, col, select

from collector import dates
from collector.accounts.models import StaffMember
from collector.findings import standing
from collector.findings.models import Extract, Statement
from collector.findings.standing import Held
from collector.frameworks import plan
from collector.intake import references
from collector.intake.models import Job, Passage, Source, Submission
from collector.organisations.models import Organisation

AT_ONCE = 25  # rows or passages a page

STATES = {"waiting": "Waiting", "running": "Being read", "done": "Read", "set-aside": "Set aside"}
# What the page quotes beside a statement. What worked and ideas are whole statements, and their kind says it already.
TOLD = {"barrier": "In the way", "commitment": "Promised", "need": "Asked for", "offer": "Offered"}
# Languages that the models read: those of `analysis.languages.READ`, which this room may not import; a test compares.
READ_LANGUAGES = ("", "en", "sco")
# The names of those that come in besides; the list of `analysis.languages` is longer.
LANGUAGES = {"gd": "Gaelic", "pl": "Polish", "uk": "Ukrainian", "ur": "Urdu", "ar": "Arabic", "zh": "Chinese"}
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
    ids = [source.id for source, *_ in found]
    statements, harm = statement_counts(session, ids), telling_of_harm(session, ids)
    return [{**source_row(*row, statements.get(row[0].id, 0)), "harm": row[0].id in harm} for row in found]


def telling_of_harm(session: Session, source_ids: list[int]) -> set[int]:
    chosen = select(Passage.source_id).where(col(Passage.source_id).in_(source_ids), col(Passage.harm)).distinct()
    return set(session.exec(chosen).all())


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
    details = extracts_of(session, {passage.id: passage for passage in passages}, ["personal-detail"])
    return [
        {**passage_shown(passage, statements.get(passage.id, [])), "notices": notices(passage, details[passage.id])}
        for passage in passages
    ]


def notices(passage: Passage, details: Sequence[Extract]) -> list[str]:
    """What a person should know before reading on."""
    said = []
    if passage.harm:
        said.append("Somebody may be at risk or tell of harm here. Read this first.")
    if passage.language not in READ_LANGUAGES:
        language = LANGUAGES.get(passage.language, "another language")
        said.append(f"This is in {language}. The machine cannot read it, so it gave no labels: a person has to.")
    if details:
        kinds = sorted({one.details["kind"].replace("-", " ") for one in details})
        said.append(f"It may name a private person ({', '.join(kinds)}).")
    return said


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
    extracts = extracts_of(session, by_id, list(TOLD))
    names = staff_names(session, held.values())
    shown: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        passage = by_id[row.passage_id]
        within = [one for one in extracts[passage.id] if row.start <= one.start and one.end <= row.end]
        shown.setdefault(passage.id, []).append(statement_shown(row, passage, held[row.id], within, names))
    return shown


def extracts_of(
    session: Session, passages: dict[int, Passage], kinds: Sequence[str]
) -> defaultdict[int, list[Extract]]:
    """What the model that last read each passage picked out of it, in the order of the text."""
    chosen = select(Extract).where(col(Extract.passage_id).in_(list(passages)), col(Extract.kind).in_(kinds))
    found: defaultdict[int, list[Extract]] = defaultdict(list)
    for extract in session.exec(chosen.order_by(col(Extract.start), col(Extract.id))):
        if extract.model == passages[extract.passage_id].analysed_by:
            found[extract.passage_id].append(extract)
    return found


def staff_names(session: Session, held: Iterable[list[Held]]) -> dict[int, str]:
    ids = {one.decision.staff_id for labels in held for one in labels if one.decision}
    chosen = select(StaffMember.id, StaffMember.name).where(col(StaffMember.id).in_(ids))
    return dict(session.exec(chosen).all())


def statement_shown(
    statement: Statement, passage: Passage, held: list[Held], extracts: list[Extract], names: dict[int, str]
) -> dict[str, Any]:
    return {
        "id": statement.id,
        "start": statement.start,
        "end": statement.end,
        "url": statement_url(statement.id),
        "parts": parts(passage.text, statement, held),
        "labels": [label_shown(one, passage.text, names) for one in held],
        "extracts": [extract_shown(one, passage.text) for one in extracts],
    }


def extract_shown(extract: Extract, text: str) -> dict[str, str]:
    due, who = extract.details.get("due"), extract.details.get("who", "")
    by_whom = {"": "", "we": "by the respondent"}.get(who, f"by {who}")
    by_when = due["text"] + (f" ({date_range(due)})" if due["from"] or due["to"] else "") if due else ""
    said = ", ".join(part for part in (by_whom, by_when) if part)
    return {"kind": extract.kind, "word": TOLD[extract.kind], "text": text[extract.start : extract.end], "said": said}


def date_range(due: dict[str, str | None]) -> str:
    """The days a due date stands for, as people write them."""
    first, last = (day and dates.in_words(date.fromisoformat(day)) for day in (due["from"], due["to"]))
    if first == last:
        return first
    return f"{first} to {last}" if first and last else f"from {first}" if first else f"until {last}"


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
