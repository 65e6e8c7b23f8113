"""What staff see of sources, statements and their labels: read from the tables, shaped for a page."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import func, or_
from sqlmodel import Session, col, select

from collector import dates
from collector.accounts import staff
from collector.accounts.models import StaffMember
from collector.findings import extracts, holds, standing
from collector.findings.models import Extract, Statement
from collector.findings.review_items import READ_LANGUAGES
from collector.findings.standing import Overlaid
from collector.frameworks import plan
from collector.intake import (
    documents,
    file_names,
    imports,
    item_rows,
    items,
    keying,
    meetings,
    references,
    submissions,
    uploads,
)
from collector.intake.file_kinds import NAMES
from collector.intake.import_mapping import PERMISSIONS
from collector.intake.items import Listed
from collector.intake.models import Job, Passage, Round, Source, SourceOrganisation, Submission, Upload
from collector.organisations import directory
from collector.organisations.models import Organisation
from collector.review import replies
from collector.web.turns import Turn

STATES = {"waiting": "Waiting", "running": "Being read", "done": "Read", "set-aside": "Set aside"}
# What the page quotes beside a statement. What worked and ideas are whole statements, and their kind says it already.
TOLD = {"barrier": "In the way", "commitment": "Promised", "need": "Asked for", "offer": "Offered"}
# The names of those that come in besides; the list of `analysis.languages` is longer.
LANGUAGES = {"gd": "Gaelic", "pl": "Polish", "uk": "Ukrainian", "ur": "Urdu", "ar": "Arabic", "zh": "Chinese"}
KINDS = {"submission": "Submission", "document": "Document", "import": "Import", "meeting": "Meeting notes"}


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
        named = col(Organisation.name).ilike(like, escape="\\")
        found = [named, col(Source.title).ilike(like, escape="\\"), col(Source.id).in_(met_with(named))]
        if reference := escaped(references.read(search)):
            found.append(col(Submission.reference).like(f"{reference}%", escape="\\"))
        conditions.append(or_(*found))
    if state in STATES:
        conditions.append(Job.state == state)
    if kind in KINDS:
        conditions.append(Source.kind == kind)
    return conditions


def met_with(named: Any):
    """The meetings where an organisation so named was."""
    return select(SourceOrganisation.source_id).join(Organisation).where(named)


def escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def counts_by(session: Session, column: Any, conditions: Sequence[Any]) -> dict[str, int]:
    rows = source_row_query().where(*conditions).with_only_columns(column, func.count()).group_by(column)
    return dict(session.exec(rows).all())


def source_rows(session: Session, conditions: Sequence[Any], turn: Turn) -> list[dict[str, Any]]:
    newest = source_row_query().where(*conditions).order_by(col(Source.received_at).desc(), col(Source.id).desc())
    found = session.exec(newest.offset(turn.offset).limit(turn.at_once)).all()
    ids = [source.id for source, *_ in found]
    statements, harm, said = statement_counts(session, ids), telling_of_harm(session, ids), replies.counts(session, ids)
    there = meetings.present(session, ids)
    return [
        {
            **source_row(*row, statements.get(row[0].id, 0)),
            "harm": row[0].id in harm,
            "replies": said.get(row[0].id, 0),
            **({"respondent": in_short(there[row[0].id])} if row[0].id in there else {}),
        }
        for row in found
    ]


def withdrawn(session: Session, search: str) -> dict[str, Any]:
    """How many submissions were withdrawn, and the one of the reference searched for, where it is among them."""
    number = select(func.count()).select_from(Submission).where(col(Submission.withdrawn_at).is_not(None))
    found = submissions.by_reference(session, search) if search.strip() else None
    named = found if found and found.withdrawn_at else None
    return {
        "number": session.exec(number).one(),
        "reference": references.shown(named.reference) if named else "",
        "at": named and named.withdrawn_at,
    }


def in_short(there: Sequence[Organisation]) -> str:
    """ "Kinnaird Water Council and 2 others": all of them are on the source's own page."""
    first, *others = [one.name for one in there]
    return f"{first} and {len(others)} others" if len(others) > 1 else " and ".join([first, *others])


def telling_of_harm(session: Session, source_ids: list[int]) -> set[int]:
    told = (col(Passage.source_id).in_(source_ids), col(Passage.harm), col(Passage.retired_at).is_(None))
    chosen = select(Passage.source_id).where(*told).distinct()
    return set(session.exec(chosen).all())


def statement_counts(session: Session, source_ids: list[int]) -> dict[int, int]:
    counted = (
        select(Passage.source_id, func.count(Statement.id))
        .join(Statement, col(Statement.passage_id) == Passage.id)
        .where(col(Passage.source_id).in_(source_ids), *standing.current())
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
        "channel": channel_word(submission),
        "sample": source.sample,
        "document": document_shown(source) if documents.is_one(source) else None,
    }


def document_shown(source: Source) -> dict[str, Any]:
    return {
        "published_on": documents.date_of(source),
        "added_at": source.added_at or source.received_at,
        "date_url": f"/staff/documents/{source.id}/date",
    }


def channel_word(submission: Submission | None) -> str:
    """How it came, where that was not through the questionnaire's own pages."""
    return keying.CHANNELS[submission.channel][0] if submission and submission.channel != "web" else ""


def permission_words(permission: str, reason: str) -> str:
    said = " (nothing was said about it)" if reason and permission == keying.DO_NOT_PUBLISH else ""
    return PERMISSIONS[permission] + said


def keyed_facts(session: Session, submission: Submission | None) -> dict[str, Any]:
    """Who keyed it and what they noted; nothing of what came in by itself."""
    if submission is None or submission.keyed_by is None:
        return {"keyed_by": "", "note": "", "originals": []}
    keyed = keying.of_submission(session, submission.id)
    originals = [upload_facts(one) for one in uploads.originals(session, keyed)]
    names = select(StaffMember.name).where(StaffMember.id == submission.keyed_by)
    return {"keyed_by": session.exec(names).one(), "note": keyed.note, "originals": originals}


def meeting_facts(session: Session, source: Source) -> dict[str, Any] | None:
    row = meetings.find(session, source.id) if source.kind == "meeting" else None
    if row is None:
        return None
    _, meeting = row
    round_ = session.get(Round, meeting.round_id) if meeting.round_id else None
    there = meetings.present(session, [source.id]).get(source.id, [])
    return {
        "held_on": meeting.held_on,
        "place": meeting.place,
        "roles": meeting.roles,
        "round": round_.title if round_ else "",
        "there": [{"name": one.name, "url": f"/staff/organisations/{one.id}"} for one in there],
        "permission": permission_words(meeting.permission, meeting.permission_reason),
        "by": session.exec(select(StaffMember.name).where(StaffMember.id == meeting.staff_id)).one(),
        "added_at": meeting.added_at,
        "change_url": f"/staff/meetings/{source.id}",
        "remove_url": f"/staff/meetings/{source.id}/remove",
    }


def respondent(source: Source, organisation: Organisation | None) -> str:
    if organisation:
        return organisation.name
    return "An individual" if source.kind == "submission" or source.upload_id else "No organisation named"


def upload_shown(session: Session, source: Source) -> dict[str, Any] | None:
    """The file that a source was made from."""
    upload = session.get(Upload, source.upload_id) if source.upload_id else None
    return upload_facts(upload) if upload else None


def upload_facts(upload: Upload) -> dict[str, Any]:
    return {
        "name": upload.name,
        "kind": NAMES[upload.kind],
        "size": file_names.size_shown(upload.size),
        "url": f"/staff/uploads/{upload.id}",
        "unread": upload.reason if upload.state == "read" else "",
    }


def sent_together(session: Session, source: Source) -> list[dict[str, Any]]:
    """The other sources of the same submission: its answers, and the files that came with them."""
    if source.submission_id is None:
        return []
    others = source_row_query().where(Source.submission_id == source.submission_id, Source.id != source.id)
    return [
        {"title": one.title, "kind": KINDS[one.kind], "url": source_url(one), "state": state_shown(job)}
        for one, job, *_ in session.exec(others.order_by(col(Source.id)))
    ]


def origin_shown(session: Session, source_id: int, organisation: Organisation | None) -> dict[str, Any] | None:
    """Where a source that was imported came from, and what its row said besides the answers."""
    found = imports.origin_of(session, source_id)
    if found is None:
        return None
    row, import_ = found
    written = row.details.get("organisation", "")
    areas = ", ".join(directory.area_name(area) for area in row.details.get("areas", []))
    facts = {
        "Reference": row.details.get("reference"),
        "Person": row.details.get("person"),
        "Written as": written if organisation and written != organisation.name else "",
        "Areas": areas,
    }
    return {
        "url": f"/staff/imports/{import_.id}",
        "file_name": import_.file_name,
        "sheet": import_.sheet,
        "row": row.number,
        "at": import_.imported_at,
        "permission": PERMISSIONS[row.permission],
        "facts": [{"key": key, "value": value} for key, value in facts.items()],
    }


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
    chosen = select(Passage).where(*standing_passages(source_id)).order_by(col(Passage.position))
    passages = session.exec(chosen.offset(turn.offset).limit(turn.at_once)).all()
    statements = statements_of(session, passages)
    details = extracts_of(session, {passage.id: passage for passage in passages}, ["personal-detail"])
    listed = items_of(session, source_id) if any(passage.item_id for passage in passages) else {}
    due = due_of(session, source_id) if listed else {}
    return [
        {
            **passage_shown(passage, statements.get(passage.id, [])),
            "notices": notices(passage, details[passage.id]),
            "item": item_shown(passage, listed, due),
        }
        for passage in passages
    ]


def items_of(session: Session, source_id: int) -> dict[tuple[str, str], Listed]:
    """What the submission of this source lists one by one, by list and item."""
    submission_id = session.get_one(Source, source_id).submission_id
    found = items.of_submission(session, submission_id) if submission_id else []
    return {(item.listing.id, item.item_id): item for item in found}


def due_of(session: Session, source_id: int) -> dict[tuple[str, str], str]:
    """What the “by when” of each item was read as."""
    rows = item_rows.of_submission(session, session.get_one(Source, source_id).submission_id)
    return {key: item_rows.read_as(row) for key, row in rows.items()}


def item_shown(
    passage: Passage, listed: dict[tuple[str, str], Listed], due: dict[tuple[str, str], str]
) -> dict[str, Any] | None:
    """The item that the words are about, with what was said of it beside them."""
    key = (passage.list_id, passage.item_id)
    item = listed.get(key)
    if item is None:
        return None
    read = due.get(key, "")
    beside = [
        {**line, "read_as": read if line["question_id"] in item_rows.DUE else ""}
        for line in items.told(item, but=passage.question_id)
    ]
    return {"name": item.name, "beside": beside}


def standing_passages(source_id: int) -> tuple[Any, ...]:
    return (Passage.source_id == source_id, col(Passage.retired_at).is_(None))


def notices(passage: Passage, details: Sequence[Extract]) -> list[str]:
    """What a person should know before reading on."""
    said = []
    if passage.superseded_by:
        said.append("What was sent later says something else of this, or that it has ended. It is not counted.")
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
        "place": passage.place,
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
    """The statements of each passage as it is cut now, in the order of the text."""
    by_id = {passage.id: passage for passage in passages}
    chosen = select(Statement).where(col(Statement.passage_id).in_(list(by_id)), col(Statement.stands))
    rows = session.exec(chosen.order_by(col(Statement.start))).all()
    held = standing.held_by(session, [row.id for row in rows])
    picked = extracts.held_by(session, list(by_id), list(TOLD))
    names, held_back = staff.names(session), holds.on_hold(session)
    shown: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        passage = by_id[row.passage_id]
        within = [one for one in picked[passage.id] if row.start <= one.start and one.end <= row.end]
        shown.setdefault(passage.id, []).append(statement_shown(row, passage, held[row.id], within, names, held_back))
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


def statement_shown(
    statement: Statement,
    passage: Passage,
    held: list[Overlaid],
    picked: list[extracts.Held],
    names: dict[int, str],
    held_back: set[tuple[str, str]],
) -> dict[str, Any]:
    return {
        "id": statement.id,
        "start": statement.start,
        "end": statement.end,
        "url": statement_url(statement.id),
        "parts": parts(passage.text, statement, held),
        "labels": [
            {**label_shown(one, passage.text, names), "on_hold": (one.family, one.label) in held_back} for one in held
        ],
        "extracts": [extract_shown(one, passage.text) for one in picked if one.state != "rejected"],
    }


def extract_shown(extract: extracts.Held, text: str) -> dict[str, str]:
    said = ", ".join(promised(extract.details))
    return {"kind": extract.kind, "word": TOLD[extract.kind], "text": text[extract.start : extract.end], "said": said}


def promised(details: dict[str, Any]) -> list[str]:
    """By whom, and by when, as far as it is told."""
    who = details.get("who", "")
    by_whom = {"": "", "we": "by the respondent"}.get(who, f"by {who}")
    return [part for part in (by_whom, due_words(details.get("due"))) if part]


def due_words(due: dict[str, Any] | None) -> str:
    if not due:
        return ""
    days, said = days_of(due), due.get("text", "")
    return f"{said} ({days})" if said and days else said or days


def days_of(due: dict[str, Any] | None) -> str:
    """Without the words that they were read from."""
    return date_range(due) if due and (due.get("from") or due.get("to")) else ""


def date_range(due: dict[str, str | None]) -> str:
    """The days a due date stands for, as people write them."""
    first, last = (day and dates.in_words(date.fromisoformat(day)) for day in (due["from"], due["to"]))
    if first == last:
        return first
    return f"{first} to {last}" if first and last else f"from {first}" if first else f"until {last}"


def parts(text: str, statement: Statement, held: list[Overlaid]) -> list[dict[str, Any]]:
    """The statement cut wherever the evidence of a label begins or ends, each piece with the labels it speaks for."""
    marks = [(start, end, one) for one in held if one.state != "rejected" for start, end in evidence_of(one)]
    cuts = sorted({statement.start, statement.end, *(edge for start, end, _ in marks for edge in (start, end))})
    return [
        part(text[start:end], [one for from_, to, one in marks if from_ <= start and end <= to])
        for start, end in zip(cuts, cuts[1:], strict=False)
    ]


def evidence_of(held: Overlaid) -> list[Any]:
    """Where a label stands: as a person moved it, or else where the machine found it."""
    if held.decision and held.decision.evidence is not None:
        return held.decision.evidence
    return held.finding.evidence if held.finding else []


def part(text: str, held: list[Overlaid]) -> dict[str, Any]:
    return {
        "text": text,
        "families": sorted({one.family for one in held}),
        "labels": [plan.title(one.family, one.label) for one in held],
    }


def label_shown(held: Overlaid, text: str, names: dict[int, str]) -> dict[str, Any]:
    decision = held.decision
    return {
        "id": held.label,
        "family": held.family,
        "family_word": plan.FAMILY_WORDS[held.family],
        "title": plan.title(held.family, held.label),
        "score": held.score,
        # A model is never certain, whatever rounding says.
        "percent": None if held.score is None else min(99, round(100 * held.score)),
        "state": held.state,
        "note": note_of(held),
        "by": names.get(decision.staff_id) if decision else None,
        "at": decision.decided_at if decision else None,
        "evidence": [text[start:end] for start, end in evidence_of(held)],
    }


def note_of(held: Overlaid) -> str:
    """What has to be known of a suggestion: that it was made from a few examples, or came of a code that was split."""
    if held.state != "suggested":
        return ""
    if held.carried:
        return f"A person had given “{plan.title(held.carried.family, held.carried.label)}”, which was split since"
    return plan.how_suggested(held.family, held.label)


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
