"""Words that a person has redacted: in what goes out, something else stands in their place."""

from collections import defaultdict
from collections.abc import Sequence

from sqlmodel import Session, col, select

from collector.findings import extracts
from collector.findings.models import ExtractDecision
from collector.intake.models import Passage, Source

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


def without(text: str, words: Sequence[str]) -> str:
    """A text that stands elsewhere too, as of an item of a list, without these words of its passage."""
    for one in sorted(words, key=len, reverse=True):
        text = text.replace(one, IN_PLACE)
    return text


Item = tuple[int, str, str]  # submission, list, item


def words_of_items(session: Session, keys: Sequence[Item]) -> defaultdict[Item, list[str]]:
    """The words redacted in the passages of these items, which are what each says."""
    chosen = (
        select(Passage, Source.submission_id)
        .join(Source, col(Source.id) == Passage.source_id)
        .where(
            col(Source.submission_id).in_({submission_id for submission_id, _, _ in keys}),
            col(Passage.item_id).is_not(None),
            col(Passage.id).in_(select(ExtractDecision.passage_id).where(ExtractDecision.kind == "redaction")),
        )
    )
    passages = {passage.id: (passage, submission_id) for passage, submission_id in session.exec(chosen)}
    found: defaultdict[Item, list[str]] = defaultdict(list)
    for id, spans in of(session, list(passages)).items():
        passage, submission_id = passages[id]
        found[submission_id, passage.list_id, passage.item_id] += [passage.text[start:end] for start, end in spans]
    return found
