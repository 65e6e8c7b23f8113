"""What was picked out of passages as it stands now: what the machine found, overlaid by people's decisions."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from collector.findings import blind, review_items, standing
from collector.findings.models import Extract, ExtractDecision
from collector.intake.models import Passage

# What a person may pick out; a redaction is theirs alone, and harm nobody reads what it covers but staff.
KINDS = ("barrier", "commitment", "need", "offer", "practice", "idea", "organisation", "redaction")


@dataclass(frozen=True)
class Held:
    """An extract with where it stands: suggested, accepted, added or rejected. `first` is where it stood at first."""

    kind: str
    first: tuple[int, int]
    start: int
    end: int
    state: str
    details: dict[str, Any]
    score: float | None = None
    decision: ExtractDecision | None = None


def held_by(session: Session, passage_ids: Sequence[int], kinds: Sequence[str] = KINDS) -> dict[int, list[Held]]:
    """The extracts of each passage in the order of the text, rejected ones among them; of a blind one redactions alone.

    Where a person decided on words, what a model picks out there of the same kind later is no suggestion any more.
    """
    covered = blind.open_among(session, passage_ids)
    seen = sorted(set(passage_ids) - covered)
    held: dict[int, list[Held]] = defaultdict(list)
    for decision in latest(session, passage_ids, kinds).values():
        # What must not be published leads nobody who codes, and cannot wait until they have.
        if decision.passage_id not in covered or decision.kind == "redaction":
            held[decision.passage_id].append(decided(decision))
    for extract in session.exec(found(seen, kinds)):
        if not any(
            one.kind == extract.kind and meets(one, extract) for one in held[extract.passage_id] if one.decision
        ):
            held[extract.passage_id].append(suggested(extract))
    return {id: sorted(held[id], key=lambda one: (one.start, one.end, one.kind)) for id in passage_ids}


def redacted_in(session: Session, passage_ids: Sequence[int]) -> dict[int, list[tuple[int, int]]]:
    """Where people redacted, also in passages that are still coded blind."""
    spans: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for one in latest(session, passage_ids, ["redaction"]).values():
        if one.verdict != "reject":
            spans[one.passage_id].append((one.start, one.end))
    return spans


def latest(
    session: Session, passage_ids: Sequence[int], kinds: Sequence[str]
) -> dict[tuple[Any, ...], ExtractDecision]:
    rows = review_items.live(session, ExtractDecision, passage_ids)
    return {(one.passage_id, one.kind, one.first_start, one.first_end): one for one in rows if one.kind in kinds}


def found(passage_ids: Sequence[int], kinds: Sequence[str]):
    """What the model that last read each passage picked out of it."""
    return (
        select(Extract)
        .join(Passage, col(Passage.id) == Extract.passage_id)
        .where(
            col(Extract.passage_id).in_(passage_ids), col(Extract.kind).in_(kinds), Extract.model == Passage.analysed_by
        )
        .order_by(col(Extract.start), col(Extract.id))
    )


def meets(one: Held, extract: Extract) -> bool:
    first_start, first_end = one.first
    return (one.start < extract.end and extract.start < one.end) or (
        first_start < extract.end and extract.start < first_end
    )


def decided(one: ExtractDecision) -> Held:
    first = (one.first_start, one.first_end)
    return Held(one.kind, first, one.start, one.end, standing.VERDICTS[one.verdict], one.details, decision=one)


def suggested(one: Extract) -> Held:
    return Held(one.kind, (one.start, one.end), one.start, one.end, "suggested", one.details)
