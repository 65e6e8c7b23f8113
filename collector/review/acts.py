"""What one of the staff does at once, and how all of it is undone: exactly one step, and again one."""

from collections.abc import Iterable, Sequence
from typing import Any
from unicodedata import category

from sqlmodel import Session, col, func, select

from collector.database import batches, now
from collector.findings import blind, reported, review_items, standing
from collector.findings.models import Act, Assignment, Cut, Decision, ExtractDecision, Note, Statement, Step
from collector.intake.models import Passage

# What an act is, as the line that offers to undo it says.
WORDS = {
    "decide": "a decision on a label",
    "finish-all": "accepting all suggestions",
    "step": "a change of state",
    "cut": "a change of where statements begin and end",
    "extract": "a decision on words picked out",
    "note": "a note",
    "assign": "giving out work",
    "adjudicate": "settling what two people coded otherwise",
    "differences": "a decision on what a new reading says otherwise",
    "bulk": "a decision on many at once",
    "blind": "closing what was coded blind",
}
# Rows that belong to acts, with the passage each is about.
OF_PASSAGES = (Cut, ExtractDecision, Note, Step, Assignment)


UNKEEPABLE = {"Cc", "Cs"}  # control characters and halves of surrogate pairs, which not every database holds


class CannotDo(ValueError):
    """What was asked makes no sense; the message says why in words for the person who asked."""


def unkeepable(character: str) -> bool:
    return category(character) in UNKEEPABLE


def hold(session: Session, passage_ids: Iterable[int]) -> list[int]:
    """Those of the passages that stand; until the commit nobody else decides on them, reads them anew or retires them.

    To be called before anything else is held: passages first, then statements, everywhere.
    """
    chosen = select(Passage.id).where(col(Passage.id).in_(list(passage_ids)), col(Passage.retired_at).is_(None))
    return list(session.exec(chosen.order_by(col(Passage.id)).with_for_update(key_share=True)))


def done_before(session: Session, key: str | None) -> Act | None:
    """The act that this form led to already, where it was sent before and the answer was lost on the way."""
    return session.exec(select(Act).where(Act.key == key)).first() if key else None


def begin(session: Session, *, staff_id: int, what: str, passages: int = 1, key: str | None = None) -> Act:
    act = Act(staff_id=staff_id, what=what, passages=passages, key=key or None)
    session.add(act)
    session.flush()
    return act


def last(session: Session, staff_id: int) -> Act | None:
    """What this person did last and has not undone: what undo would take back."""
    mine = select(Act).where(Act.staff_id == staff_id, col(Act.undone_at).is_(None))
    return session.exec(mine.order_by(col(Act.id).desc()).limit(1)).first()


def undo(session: Session, act_id: int, *, staff_id: int) -> list[int]:
    """Take back the last thing this person did, all of it and nothing else; returns the passages. The caller commits.

    What others decided since stands. Asked again for the same act, it changes nothing.
    """
    act = session.get(Act, act_id)
    if act is None or act.staff_id != staff_id:
        raise CannotDo("This was done by somebody else. Only who did it can undo it")
    passage_ids = passages_of(session, act_id)
    hold(session, passage_ids)
    session.refresh(act)
    if act.undone_at:
        return passage_ids
    if (latest := last(session, staff_id)) and latest.id != act_id:
        raise CannotDo("You have done something since. Undo that first")
    check_nothing_went_along(session, act)
    cut_back(session, act)
    if act.what == "adjudicate":
        settle_again(session, act, passage_ids)
    act.undone_at = now()
    session.add(act)
    session.flush()
    settle_what_changed(session, act_id, passage_ids)
    of_act = select(ExtractDecision.passage_id).where(
        ExtractDecision.act_id == act_id, ExtractDecision.kind == "redaction"
    )
    reported.redacted(session, session.exec(of_act).all())
    return passage_ids


def settle_what_changed(session: Session, act_id: int, passage_ids: list[int]) -> None:
    """Of passages that were only moved on or given out no label holds otherwise than before."""
    labelled = set(session.exec(of_decisions(act_id)))
    labelled |= set(session.exec(select(Cut.passage_id).where(Cut.act_id == act_id)))
    settle(session, sorted(labelled))
    for some in batches(id for id in passage_ids if id not in labelled):
        review_items.refresh(session, some)


def passages_of(session: Session, act_id: int) -> list[int]:
    found = set(session.exec(of_decisions(act_id)))
    for table in OF_PASSAGES:
        found |= set(session.exec(select(table.passage_id).where(table.act_id == act_id)))
    return sorted(found)


def of_decisions(act_id: int):
    on = select(Statement.passage_id).join(Decision, col(Decision.statement_id) == Statement.id)
    return on.where(Decision.act_id == act_id).distinct()


def check_nothing_went_along(session: Session, act: Act) -> None:
    """What a colleague has cut otherwise since has taken decisions along: to undo them here would undo nothing."""
    of_act = select(Cut.passage_id).where(Cut.act_id == act.id)
    cut_since = (
        select(Cut.passage_id)
        .join(Act, col(Act.id) == Cut.act_id)
        .where(
            col(Cut.passage_id).in_(of_decisions(act.id)),
            col(Cut.passage_id).not_in(of_act),
            Act.id > act.id,
            col(Act.undone_at).is_(None),
        )
    )
    if number := len(set(session.exec(cut_since))):
        raise CannotDo(
            f"A colleague has cut {number} of these passages into statements otherwise since, and what you decided "
            "went along. Decide again on the statements as they are now"
        )


def cut_back(session: Session, act: Act) -> None:
    for cut in session.exec(select(Cut).where(Cut.act_id == act.id)):
        if later := later_than(session, act.id, cut.passage_id):
            raise CannotDo(f"{later} more was said of these statements since. They stay as they are cut now")
        stand(session, cut.passage_id, cut.before)


def settle_again(session: Session, act: Act, passage_ids: Sequence[int]) -> None:
    for id in passage_ids:
        if later := later_than(session, act.id, id):
            raise CannotDo(f"{later} more was said of these statements since. What was settled stays")
    blind.open_again(session, passage_ids)


def later_than(session: Session, act_id: int, passage_id: int) -> int:
    """How many acts that still count came after this one: on statements of the passage, on its cut or its state."""
    decided = (
        select(Act.id)
        .join(Decision, col(Decision.act_id) == Act.id)
        .join(Statement, col(Statement.id) == Decision.statement_id)
        .where(Statement.passage_id == passage_id, Act.id > act_id, col(Act.undone_at).is_(None))
    )
    cut = (
        select(Act.id)
        .join(Cut, col(Cut.act_id) == Act.id)
        .where(Cut.passage_id == passage_id, Act.id > act_id, col(Act.undone_at).is_(None))
    )
    moved = (
        select(Act.id)
        .join(Step, col(Step.act_id) == Act.id)
        .where(Step.passage_id == passage_id, Act.id > act_id, col(Act.undone_at).is_(None))
    )
    return len({*session.exec(decided), *session.exec(cut), *session.exec(moved)})


def stand(session: Session, passage_id: int, spans: Sequence[Sequence[int]]) -> None:
    """Let these statements of the passage stand, and no others."""
    wanted = {tuple(span) for span in spans}
    for statement in session.exec(select(Statement).where(Statement.passage_id == passage_id)):
        statement.stands = (statement.start, statement.end) in wanted
        session.add(statement)
    session.flush()


def settle(session: Session, passage_ids: Sequence[int]) -> None:
    """What holds of these passages is worked out anew."""
    for some in batches(passage_ids):
        of_these = select(Statement.id, Statement.passage_id).where(col(Statement.passage_id).in_(some))
        passages = dict(session.exec(of_these).all())
        standing.settle(session, list(passages))
        review_items.refresh(session, sorted(set(some) - set(passages.values())))


def by_others(session: Session, passage_id: int, *, staff_id: int, after: int) -> list[Any]:
    """Decisions of others on this passage since the act `after`, which a page did not show yet: newest first.

    What went along with a cut was said before that.
    """
    decided = (
        select(Decision)
        .join(Act, col(Act.id) == Decision.act_id)
        .join(Statement, col(Statement.id) == Decision.statement_id)
        .where(
            Statement.passage_id == passage_id,
            Act.id > after,
            Act.staff_id != staff_id,
            Act.what != "cut",
            col(Act.undone_at).is_(None),
        )
        .order_by(col(Decision.id).desc())
    )
    return list(session.exec(decided))


def newest(session: Session, passage_id: int) -> int:
    """The last act with a decision on this passage: what a page shows is as it was after this one.

    Acts begin with the passage held, so that on one passage their numbers follow one another as they were done.
    """
    of_passage = (
        select(func.max(Decision.act_id))
        .join(Statement, col(Statement.id) == Decision.statement_id)
        .where(Statement.passage_id == passage_id)
    )
    return session.exec(of_passage).one() or 0
