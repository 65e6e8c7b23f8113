"""Rows of the queue as a page shows them: whose words, how certain the machine is, what hangs on them, who has them."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, col, select

from collector.accounts import staff
from collector.findings import review_items
from collector.findings.models import ReviewItem, Step
from collector.findings.review_items import COMMITMENT, HARM, RARE_LABEL, READ_LANGUAGES
from collector.intake import meetings, partners
from collector.intake.models import Passage, Source
from collector.review import queue, reading, steps

EXCERPT = 140  # characters
# How sure the machine is of its least certain suggestion, in words.
SURE = ((0.5, "Unsure"), (0.75, "Leaning"), (0.9, "Fairly sure"), (1.1, "Sure"))


def shown(session: Session, passage_ids: Sequence[int], wanted: queue.Wanted, staff_id: int) -> list[dict[str, Any]]:
    """One of each passage, in the order given. Of one that is to be coded blind no label and no score is told."""
    chosen = select(Passage).where(col(Passage.id).in_(passage_ids))
    passages = {one.id: one for one in session.exec(chosen)}
    items = queue.items(session, passage_ids)
    sources = sources_of(session, [one.source_id for one in passages.values()])
    names = staff.names(session)
    reasons = reasons_of(session, passage_ids, names) if wanted.state in ("second-look", "set-aside") else {}
    return [
        {
            **words(passages[id]),
            **sources[passages[id].source_id],
            **(of_item(items[id], names, staff_id) if id in items else {"read": False}),
            "url": f"/staff/review/{id}?{wanted.query()}".rstrip("?"),
            "reason": reasons.get(id),
        }
        for id in passage_ids
        if id in passages
    ]


def words(passage: Passage) -> dict[str, Any]:
    return {"id": passage.id, "excerpt": excerpt(passage.text), "question": passage.question or passage.place}


def excerpt(text: str) -> str:
    """Its beginning, cut between words where it is long."""
    text = " ".join(text.split())
    if len(text) <= EXCERPT:
        return text
    whole, space, _ = text[:EXCERPT].rpartition(" ")
    return f"{(whole if space else text[:EXCERPT]).rstrip(',;:–- ')}…"


def sources_of(session: Session, source_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Who it is from, when it came, and how far its reading is where that matters."""
    found = session.exec(reading.source_row_query().where(col(Source.id).in_(source_ids))).all()
    there = meetings.present(session, [source.id for source, *_ in found if source.kind == "meeting"])
    joint = partners.together(session, [source.submission_id for source, *_ in found])
    return {
        source.id: {
            "who": whose(source, organisation, there, joint),
            "received_at": source.received_at,
            "kind": reading.KINDS[source.kind],
            "source_url": reading.source_url(source),
            "sample": source.sample,
            "reading": reading.state_shown(job),
        }
        for source, job, _, organisation in found
    }


def whose(source: Source, organisation: Any, there: dict[int, list[Any]], joint: dict[int, list[Any]]) -> str:
    together = there.get(source.id) or joint.get(source.submission_id)
    return reading.in_short(together) if together else reading.respondent(source, organisation)


def reasons_of(session: Session, passage_ids: Sequence[int], names: dict[int, str]) -> dict[int, dict[str, Any]]:
    """Why each was set aside or needs a second look, and who says so."""
    latest = {step.passage_id: step for step in review_items.live(session, Step, passage_ids)}
    return {id: {"text": step.reason, "by": names[step.staff_id], "at": step.taken_at} for id, step in latest.items()}


def of_item(item: ReviewItem, names: dict[int, str], staff_id: int) -> dict[str, Any]:
    return {
        "read": True,
        "ticked": f"{item.passage_id}.{item.revision}",
        "blind": item.blind,
        "certainty": {} if item.blind else certainty(item),
        "weighs": list(weighs(item)),
        "assigned": "you" if item.assigned_to == staff_id else names.get(item.assigned_to, ""),
        "coder": "you" if item.coder == staff_id else names.get(item.coder, ""),
        "changed_at": item.changed_at,
        "open_before": names.get(steps.taken_by_another(item, staff_id), ""),
    }


def certainty(item: ReviewItem) -> dict[str, Any]:
    if item.language not in READ_LANGUAGES:
        return {"words": f"In {reading.LANGUAGES.get(item.language, 'another language')}: not read by the machine"}
    if not item.suggested:
        return {"words": "Nothing left to decide" if item.coder else "No label found"}
    sure = next(words for under, words in SURE if item.certainty < under)
    return {"words": sure, "percent": int(item.certainty * 100), "suggested": item.suggested}


def weighs(item: ReviewItem) -> Any:
    """What hangs on it, the heaviest first: a word and the colour of its tag."""
    told = -item.consequence
    if told & HARM:
        yield "May tell of harm", "red"
    if item.blind:
        return
    if told & COMMITMENT:
        yield "Commitment", "blue"
    if told & RARE_LABEL:
        yield "Rare label", "purple"
