"""What profiles are to be rebuilt for, noted in the transaction that changed something; and who is named where."""

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, delete, literal
from sqlmodel import Session, col, select

from collector.database import insert_all, insert_once, now
from collector.findings.models import Act, Extract, ExtractDecision
from collector.findings.profile_models import NamedIn, ProfileChange
from collector.intake.models import Passage, Source, SubmissionPartner

ORGANISATION = "organisation"
# How sure a name has to mean one body alone; "Fife" may be its council.
SURE = 0.9


def note(session: Session, passage_ids: Sequence[int]) -> None:
    """Something changed in these passages, for all that they speak for. The caller commits."""
    of_these = select(Passage.source_id).where(col(Passage.id).in_(passage_ids))
    note_sources(session, col(Source.id).in_(of_these))


def note_sources(session: Session, chosen: ColumnElement[bool]) -> None:
    """Something changed in these sources, or they are about to go."""
    joint = (
        select(col(SubmissionPartner.organisation_id))
        .join(Source, col(Source.submission_id) == SubmissionPartner.submission_id)
        .where(chosen)
    )
    own = select(col(Source.organisation_id)).where(chosen, col(Source.organisation_id).is_not(None))
    ids = sa.union(own, joint).subquery()
    rows = select(ids.c[0], literal(now(), ProfileChange.__table__.c.changed_at.type))
    columns = [ProfileChange.organisation_id, ProfileChange.changed_at]
    session.exec(sa.insert(ProfileChange).from_select(columns, rows, include_defaults=False))


def note_organisations(session: Session, organisation_ids: Iterable[int]) -> None:
    """Something changed in what these are, or they are about to go."""
    insert_all(session, ProfileChange, [{"organisation_id": id} for id in sorted(set(organisation_ids))])


def note_areas(session: Session, areas: Iterable[str]) -> None:
    insert_all(session, ProfileChange, [{"area": area} for area in sorted(set(areas))])


# -- Who is named where -----------------------------------------------------------------------------------


def keep_named(session: Session, passage_ids: Sequence[int], *, seen: Iterable[int]) -> None:
    """Rebuild which organisations are named in these passages. `seen`: those that are not being coded blind."""
    session.exec(delete(NamedIn).where(col(NamedIn.passage_id).in_(passage_ids)))
    seen = list(seen)
    decided = {(row.passage_id, row.first_start, row.first_end): row for row in session.exec(decisions(seen))}
    rows = [
        named_row(row.passage_id, row.start, row.end, known_as(row.details))
        for key, row in decided.items()
        if row.verdict != "reject"
    ]
    rows += [
        named_row(row.passage_id, row.start, row.end, known_as(row.details))
        for row in session.exec(found(seen))
        if (row.passage_id, row.start, row.end) not in decided
    ]
    insert_once(session, NamedIn, [row for row in rows if row["known_as"]], ["passage_id", "start", "end", "known_as"])


def named_row(passage_id: int, start: int, end: int, name: str) -> dict[str, Any]:
    return {"passage_id": passage_id, "start": start, "end": end, "known_as": name}


def known_as(details: dict[str, Any]) -> str:
    """The one body that a name stands for, where that is sure; whoever says "we" is none."""
    if organisation_id := details.get("organisation_id"):
        return f"organisation-{organisation_id}"
    sure = [link["id"] for link in details.get("links", []) if link["score"] >= SURE]
    return sure[0] if len(sure) == 1 and sure[0] not in ("we", "respondent") else ""


def found(passage_ids: Sequence[int]):
    """What the model that last read each passage takes for an organisation."""
    return (
        select(Extract)
        .join(Passage, col(Passage.id) == Extract.passage_id)
        .where(
            col(Extract.passage_id).in_(passage_ids),
            Extract.kind == ORGANISATION,
            Extract.model == Passage.analysed_by,
        )
    )


def decisions(passage_ids: Sequence[int]):
    """What people said of such names and did not take back, oldest first."""
    return (
        select(ExtractDecision)
        .join(Act, col(Act.id) == ExtractDecision.act_id)
        .where(
            col(ExtractDecision.passage_id).in_(passage_ids),
            ExtractDecision.kind == ORGANISATION,
            col(Act.undone_at).is_(None),
        )
        .order_by(col(ExtractDecision.id))
    )
