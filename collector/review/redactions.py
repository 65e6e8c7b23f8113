"""Words that a person has redacted: in what goes out, something else stands in their place."""

from collections import defaultdict
from collections.abc import Sequence

from sqlmodel import Session

from collector.findings import extracts

IN_PLACE = "[redacted: personal information]"
Span = tuple[int, int]


def of(session: Session, passage_ids: Sequence[int]) -> defaultdict[int, list[Span]]:
    """The stretches of each passage that are redacted, in order, those that meet joined."""
    held = extracts.redacted_in(session, passage_ids)
    return defaultdict(list, {id: joined(spans) for id, spans in held.items()})


def joined(spans: Sequence[Span]) -> list[Span]:
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def shown(text: str, start: int, end: int, hidden: Sequence[Span]) -> str:
    """`text[start:end]`, with nothing of the hidden stretches in it, not their length either."""
    at, parts = start, []
    for first, last in hidden:
        if last <= start or first >= end:
            continue
        parts += [text[at : max(at, first)], IN_PLACE]
        at = min(last, end)
    return "".join([*parts, text[at:end]])
