"""Where statements begin and end, where a person sees it otherwise than the machine: split, and merged."""

from collections import defaultdict
from collections.abc import Sequence

from sqlmodel import Session, col, select

from collector.database import insert_once
from collector.findings import blind, overlap, standing
from collector.findings.models import Cut, Decision, Statement
from collector.findings.standing import Overlaid
from collector.intake.models import Passage
from collector.review import acts
from collector.review.acts import CannotDo
from collector.review.reading import evidence_of

Span = tuple[int, int]


def split(session: Session, statement_id: int, *, at: int, staff_id: int, key: str | None = None) -> list[int]:
    """Part a statement in two before the character `at` of its passage; returns the two. The caller commits."""
    statement = session.get_one(Statement, statement_id)
    text = session.get_one(Passage, statement.passage_id).text
    first, second = trimmed(text, statement.start, at), trimmed(text, at, statement.end)
    if not first or not second:
        raise CannotDo("Choose a place with words on both sides of it")
    return cut(session, statement.passage_id, [statement_id], [first, second], staff_id=staff_id, key=key)


def merge(session: Session, statement_ids: Sequence[int], *, staff_id: int, key: str | None = None) -> list[int]:
    """Make one statement of several that stand side by side; returns it. The caller commits."""
    chosen = session.exec(
        select(Statement).where(col(Statement.id).in_(statement_ids)).order_by(col(Statement.start))
    ).all()
    if len(chosen) < 2 or len({one.passage_id for one in chosen}) > 1:
        raise CannotDo("Choose two statements that stand side by side")
    whole = (chosen[0].start, chosen[-1].end)
    between = standing_in(session, chosen[0].passage_id)
    if len([one for one in between if whole[0] <= one.start < whole[1]]) != len(chosen):
        raise CannotDo("Another statement stands between them. Choose that one too")
    ids = [one.id for one in chosen]
    return cut(session, chosen[0].passage_id, ids, [whole], staff_id=staff_id, key=key)


def cut(
    session: Session, passage_id: int, old: Sequence[int], new: Sequence[Span], *, staff_id: int, key: str | None
) -> list[int]:
    """Let the `new` spans stand for the `old` statements; what was decided on these holds of those that it is about."""
    if not acts.hold(session, [passage_id]):
        raise CannotDo("Who sent this has changed or withdrawn it since")
    if passage_id in blind.open_among(session, [passage_id]):
        raise CannotDo("This is coded blind. It is cut as everybody who codes it sees it")
    before = standing_in(session, passage_id)
    if not set(old) <= {one.id for one in before}:
        raise CannotDo("This passage is cut into statements otherwise since. Open it again")
    after = sorted([*((one.start, one.end) for one in before if one.id not in old), *new])
    act = acts.begin(session, staff_id=staff_id, what="cut", key=key)
    spans = [[one.start, one.end] for one in before]
    session.add(Cut(act_id=act.id, passage_id=passage_id, before=spans, after=[list(span) for span in after]))
    rows = [{"passage_id": passage_id, "start": start, "end": end, "model": "", "stands": True} for start, end in new]
    insert_once(session, Statement, rows, ["passage_id", "start", "end"])
    acts.stand(session, passage_id, after)
    made = [one for one in standing_in(session, passage_id) if (one.start, one.end) in set(new)]
    carry(session, act.id, old, made)
    acts.settle(session, [passage_id])
    return [one.id for one in made]


def carry(session: Session, act_id: int, old: Sequence[int], made: Sequence[Statement]) -> None:
    """What was decided on the old statements holds of the new ones, as said by who decided it."""
    held = standing.held_by(session, old)
    for statement in made:
        by_label: dict[tuple[str, str], list[Overlaid]] = defaultdict(list)
        for one in (one for labels in held.values() for one in labels if is_about(one, statement)):
            by_label[one.family, one.label].append(one)
        for said in by_label.values():
            for decision in those_that_hold(said):
                session.add(again(decision, said, statement, act_id))
    session.flush()


def is_about(one: Overlaid, statement: Statement) -> bool:
    """Whether the words that a label stands on are in the statement; without any it is about all of them."""
    spans = evidence_of(one)
    return not spans or overlap.meets(spans, statement.start, statement.end)


def those_that_hold(said: Sequence[Overlaid]) -> list[Decision]:
    """Of what was said of a label on statements that became one: who says that it holds outweighs who says that it
    does not, as of one part; and where nobody has decided on a part, nobody has rejected the whole."""
    holding = [one.decision for one in said if one.decision and one.decision.verdict != "reject"]
    asked = [one.carried for one in said if one.carried]
    if holding or asked:
        return holding[-1:] or asked[-1:]
    decided = [one.decision for one in said if one.decision]
    return decided[-1:] if len(decided) == len(said) else []


def again(decision: Decision, said: Sequence[Overlaid], statement: Statement, act_id: int) -> Decision:
    """The same decision, by the same person at the same time, on what stands now."""
    spans = sorted({tuple(span) for one in said if one.decision for span in one.decision.evidence or []})
    inside = [[max(start, statement.start), min(end, statement.end)] for start, end in spans]
    return Decision(
        act_id=act_id,
        statement_id=statement.id,
        family=decision.family,
        label=decision.label,
        verdict=decision.verdict,
        evidence=[span for span in inside if span[0] < span[1]] or None,
        staff_id=decision.staff_id,
        decided_at=decision.decided_at,
        why=decision.why,
    )


def standing_in(session: Session, passage_id: int) -> list[Statement]:
    chosen = select(Statement).where(Statement.passage_id == passage_id, col(Statement.stands))
    return list(session.exec(chosen.order_by(col(Statement.start))))


def trimmed(text: str, start: int, end: int) -> Span | None:
    """Without the blanks at its ends; None where nothing is left."""
    words = text[start:end]
    start += len(words) - len(words.lstrip())
    end -= len(words) - len(words.rstrip())
    return (start, end) if start < end else None
