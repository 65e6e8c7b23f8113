"""Keeps what a model found. Running it twice changes nothing."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Protocol

from sqlalchemy import case, delete, literal, update
from sqlmodel import Session, col, func, select

from collector.database import Moment, insert_once, now
from collector.findings import blind, reported, review_items, standing
from collector.findings.models import Extract, Finding, Statement
from collector.intake.models import Passage

# The kinds of extract, and where an analysis has them.
EXTRACTS = {
    "barrier": "barriers",
    "commitment": "commitments",
    "need": "needs",
    "offer": "offers",
    "practice": "practices",
    "idea": "ideas",
    "personal-detail": "personal_details",
    "organisation": "organisations",
}
COMMITMENT = "commitment"
# The row has the place of the words, and the passage the words.
OF_THE_ROW = {"start", "end", "text"}


class Findings(Protocol):
    """The part of an analysis that is kept; `analysis.findings.Findings` is one."""

    statements: Sequence[Any]
    barriers: Sequence[Any]
    commitments: Sequence[Any]
    needs: Sequence[Any]
    offers: Sequence[Any]
    practices: Sequence[Any]
    ideas: Sequence[Any]
    personal_details: Sequence[Any]
    organisations: Sequence[Any]
    harm: bool
    language: str
    model: str


def record(
    session: Session, findings: dict[int, Findings], *, blind_share: float = 0.0, read_as_of: date | None = None
) -> None:
    """Keep the findings of each passage (by its id) and settle what holds. The caller commits.

    A passage that was retired or erased while it was read is passed over. One that people have decided on keeps the
    statements that they saw, however this model cuts it. Of passages that no model has read before, `blind_share` are
    drawn to be coded blind, where their round does not say how many. `read_as_of` is the own date of the document that
    they are of: where this model read one with another date, the days of what is promised in it are counted anew.
    """
    findings = {id: findings[id] for id in hold(session, list(findings))}
    with_statements = [id for id, found in findings.items() if found.statements]
    blind.draw(session, unread(session, with_statements), share=blind_share)
    blind.keep_readings(session, {id: found.model for id, found in findings.items()})
    decided = {id for id, _, _ in review_items.touches(session, list(findings))}
    decided |= blind.coded_among(session, list(findings))
    harmful = newly_harmful(session, findings)
    let_go_of_days(session, findings, read_as_of)
    for passage_id, found in findings.items():
        rows = statement_rows(passage_id, found, stands=passage_id not in decided)
        insert_once(session, Statement, rows, ["passage_id", "start", "end"])
        again = case((col(Passage.analysed_by) == found.model, col(Passage.analysed_at)), else_=literal(now(), Moment))
        read = {"analysed_by": found.model, "language": found.language, "harm": found.harm, "analysed_at": again}
        read["read_as_of"] = read_as_of
        session.exec(update(Passage).where(col(Passage.id) == passage_id).values(**read))
    ids = statement_ids(session, findings)
    cut_anew(session, [id for id in findings if id not in decided], list(ids.values()))
    keep_labels(session, findings, ids)
    keep_extracts(session, findings)
    # Those that stand no longer too: nothing holds of them any more.
    of_these = select(Statement.id).where(col(Statement.passage_id).in_(list(findings)))
    standing.settle(session, session.exec(of_these).all())
    review_items.refresh(session, [id for id, found in findings.items() if not found.statements])
    reported.may_tell_of_harm(session, harmful)


def newly_harmful(session: Session, findings: dict[int, Findings]) -> list[int]:
    """Those of the passages that no reading before took to tell of harm."""
    now_said = [id for id, found in findings.items() if found.harm]
    return list(session.exec(select(Passage.id).where(col(Passage.id).in_(now_said), col(Passage.harm).is_(False))))


def let_go_of_days(session: Session, findings: dict[int, Findings], read_as_of: date | None) -> None:
    """What this model took to be promised in them when their document had another date. What people decided stays."""
    for model in {found.model for found in findings.values()}:
        otherwise = select(Passage.id).where(
            col(Passage.id).in_(list(findings)),
            Passage.analysed_by == model,
            col(Passage.read_as_of).is_distinct_from(read_as_of),
        )
        counted = (Extract.kind == COMMITMENT, Extract.model == model, col(Extract.passage_id).in_(otherwise))
        session.exec(delete(Extract).where(*counted), execution_options={"synchronize_session": False})


def unread(session: Session, passage_ids: Iterable[int]) -> list[int]:
    chosen = select(Passage.id).where(col(Passage.id).in_(list(passage_ids)), col(Passage.analysed_by).is_(None))
    return list(session.exec(chosen))


def cut_anew(session: Session, passage_ids: list[int], statement_ids: list[int]) -> None:
    """In these passages the statements that this model cut stand, and no others."""
    for stands, chosen in (
        (True, col(Statement.id).in_(statement_ids)),
        (False, col(Statement.id).not_in(statement_ids)),
    ):
        here = (col(Statement.passage_id).in_(passage_ids), col(Statement.stands) != stands, chosen)
        session.exec(update(Statement).where(*here).values(stands=stands))


def hold(session: Session, passage_ids: list[int]) -> list[int]:
    """Those of the passages that stand still; until the commit nobody retires one of them."""
    chosen = select(Passage.id).where(col(Passage.id).in_(passage_ids), col(Passage.retired_at).is_(None))
    return list(session.exec(chosen.order_by(col(Passage.id)).with_for_update(key_share=True)))


def statement_rows(passage_id: int, found: Findings, *, stands: bool) -> list[dict[str, Any]]:
    same = {"passage_id": passage_id, "model": found.model, "stands": stands}
    return [{**same, "start": statement.start, "end": statement.end} for statement in found.statements]


def statement_ids(session: Session, findings: dict[int, Findings]) -> dict[tuple[int, int, int], int]:
    """Ids of the statements found now, by passage and offsets; they are marked as this model's cut."""
    wanted = {
        (passage, one.start, one.end): found.model for passage, found in findings.items() for one in found.statements
    }
    rows = session.exec(select(Statement).where(col(Statement.passage_id).in_(list(findings)))).all()
    ids = {key: row.id for row in rows if (key := (row.passage_id, row.start, row.end)) in wanted}
    standing.hold(session, list(ids.values()))
    for model in {found.model for found in findings.values()}:
        these = [id for key, id in ids.items() if wanted[key] == model]
        session.exec(update(Statement).where(col(Statement.id).in_(these)).values(model=model))
    return ids


def keep_labels(session: Session, findings: dict[int, Findings], ids: dict[tuple[int, int, int], int]) -> None:
    rows = [
        label_row(ids[passage_id, statement.start, statement.end], label, found.model)
        for passage_id, found in findings.items()
        for statement in found.statements
        for label in statement.labels
        # What follows from the actions is worked out when it is settled, so that rejecting an action takes it along.
        if label.family != "priority_areas"
    ]
    insert_once(session, Finding, rows, ["statement_id", "family", "label", "model"])


def label_row(statement_id: int, label: Any, model: str) -> dict[str, Any]:
    return {
        "statement_id": statement_id,
        "family": label.family,
        "label": label.id,
        "model": model,
        "score": label.score,
        "evidence": [[span.start, span.end] for span in label.evidence],
    }


def record_beside(session: Session, labels: dict[tuple[int, int, int], Sequence[Any]], *, model: str) -> None:
    """Keep what the reader of a frame says of statements that there are, by passage and offsets, and settle what holds.

    A passage that was retired or erased while it was read is passed over. The caller commits.
    """
    passage_ids = hold(session, sorted({passage_id for passage_id, _, _ in labels}))
    rows = session.exec(select(Statement).where(col(Statement.passage_id).in_(passage_ids))).all()
    ids = {(row.passage_id, row.start, row.end): row.id for row in rows}
    found = [label_row(ids[place], label, model) for place, held in labels.items() if place in ids for label in held]
    standing.hold(session, list(ids.values()))
    insert_once(session, Finding, found, ["statement_id", "family", "label", "model"])
    standing.settle(session, [row.id for row in rows])


def readable() -> tuple[Any, ...]:
    """Conditions that pick the passages that a reader of a frame can read: a model has cut them into statements."""
    return (
        col(Passage.analysed_by).is_not(None),
        col(Passage.retired_at).is_(None),
        col(Passage.language).in_(review_items.READ_LANGUAGES),
    )


def number_readable(session: Session) -> int:
    return session.exec(select(func.count()).select_from(Passage).where(*readable())).one()


def keep_extracts(session: Session, findings: dict[int, Findings]) -> None:
    rows = [
        extract_row(passage_id, kind, one, found.model)
        for passage_id, found in findings.items()
        for kind, name in EXTRACTS.items()
        for one in getattr(found, name)
    ]
    insert_once(session, Extract, rows, ["passage_id", "kind", "start", "end", "model"])


def extract_row(passage_id: int, kind: str, extract: Any, model: str) -> dict[str, Any]:
    details = {name: value for name, value in extract.as_record().items() if name not in OF_THE_ROW}
    place = {"passage_id": passage_id, "kind": kind, "start": extract.start, "end": extract.end}
    return {**place, "model": model, "details": details}
