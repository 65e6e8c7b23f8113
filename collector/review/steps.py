"""Moving passages on: decided, a second look, set aside, taken up again; whose work they are; and what staff note."""

from collections.abc import Sequence
from datetime import timedelta

from sqlmodel import Session, col, select, update

from collector.database import batches, insert_all, now
from collector.findings import blind, review_items, standing
from collector.findings.models import Act, Assignment, Decision, Note, ReviewItem, Statement, Step
from collector.frameworks import plan
from collector.intake.models import Passage
from collector.review import acts
from collector.review.acts import CannotDo

STATES = {
    "second-look": "Needs a second look",
    "set-aside": "Set aside",
    "in-review": "In review",
}
# What has to be said why.
WITH_REASON = {"second-look": "Say what is to be looked at again", "set-aside": "Say why it is set aside"}
NOTES = {"comment": "Comment", "flag": "Flag", "question": "Question", "answer": "Answer"}
LONGEST = 1000
TAKEN_FOR = 600  # seconds


def move(
    session: Session, passage_id: int, state: str, *, staff_id: int, reason: str = "", key: str | None = None
) -> Step:
    """Move a passage to a state other than decided, which `finish` is for. The caller commits."""
    if state not in STATES:
        raise CannotDo("Choose a state from the list")
    reason = checked(reason, WITH_REASON.get(state, ""))
    to_decide(session, passage_id)
    act = acts.begin(session, staff_id=staff_id, what="step", key=key)
    step = add_step(session, act, passage_id, state, reason=reason)
    review_items.refresh(session, [passage_id])
    return step


def send_back(session: Session, passage_id: int, *, staff_id: int, reason: str, key: str | None = None) -> Act:
    """Ask who coded a passage last to look at it again. One act. The caller commits."""
    reason = checked(reason, WITH_REASON["second-look"])
    to_decide(session, passage_id)
    item = session.get(ReviewItem, passage_id)
    if item is None or item.coder is None:
        raise CannotDo("Nobody has coded this yet. Ask for a second look instead")
    act = acts.begin(session, staff_id=staff_id, what="step", key=key)
    add_step(session, act, passage_id, "second-look", reason=reason)
    give(session, act, [passage_id], to=item.coder)
    review_items.refresh(session, [passage_id])
    return act


def differ(session: Session, decision: Decision, *, after: int) -> Decision | None:
    """What somebody else decided of the same label since the act `after`, where it is the opposite of this decision.

    Then a third look is needed: the passage is moved to that, as part of the act of the decision. The caller commits.
    """
    passage_id = session.get_one(Statement, decision.statement_id).passage_id
    label = (decision.statement_id, decision.family, decision.label)
    for other in acts.by_others(session, passage_id, staff_id=decision.staff_id, after=after):
        same = (other.statement_id, other.family, other.label) == label and other.id < decision.id
        if same and (other.verdict == "reject") != (decision.verdict == "reject"):
            name = plan.title(decision.family, decision.label)
            act = session.get_one(Act, decision.act_id)
            add_step(session, act, passage_id, "second-look", reason=f"Two people decided otherwise on {name}")
            review_items.refresh(session, [passage_id])
            return other
    return None


Suggestion = tuple[int, str, str]  # statement, family, label


def finish(
    session: Session, passage_id: int, *, staff_id: int, shown: set[Suggestion] | None = None, key: str | None = None
) -> Act:
    """Say of a whole passage that it is coded right: suggestions that nobody decided on are accepted. One act.

    `shown` are those that the person had before them: nobody accepts what came in since, unseen, and nothing that has
    gone is taken for decided. What a colleague decided on meanwhile may be gone from them.
    """
    to_decide(session, passage_id)
    if shown is not None:
        suggested, decided = labels_on(session, passage_id)
        if not suggested <= shown <= suggested | decided:
            raise CannotDo("Other labels are suggested here since you opened it. Look at them before you accept them")
    act = acts.begin(session, staff_id=staff_id, what="finish-all", key=key)
    accept_suggested(session, act, [passage_id])
    add_step(session, act, passage_id, "decided")
    acts.settle(session, [passage_id])
    return act


def to_decide(session: Session, passage_id: int) -> None:
    """Hold a passage that can be decided on; CannotDo for another."""
    if not acts.hold(session, [passage_id]):
        raise CannotDo("Who sent this has changed or withdrawn it since. What was said before is kept as it was")
    if session.get_one(Passage, passage_id).analysed_by is None:
        raise CannotDo("No machine has read this yet. It comes to the queue when one has")
    if blind.open_among(session, [passage_id]):
        raise CannotDo("This is coded blind. Give all its labels at once on its own page")


def accept_suggested(session: Session, act: Act, passage_ids: Sequence[int]) -> int:
    """Accept every suggestion on the statements of these passages that stand; returns how many."""
    same = {"act_id": act.id, "verdict": "accept", "staff_id": act.staff_id, "decided_at": act.done_at}
    accepted = [
        {"statement_id": id, "family": one.family, "label": one.label, **same}
        for some in batches(passage_ids)
        for id, labels in standing.held_in_short(session, standing_in(session, some)).items()
        for one in labels
        if one.state == "suggested"
    ]
    insert_all(session, Decision, accepted)
    return len(accepted)


def labels_on(session: Session, passage_id: int) -> tuple[set[Suggestion], set[Suggestion]]:
    """What is suggested on the statements of a passage, and what somebody decided on."""
    suggested, decided = set(), set()
    for id, labels in standing.held_in_short(session, standing_in(session, [passage_id])).items():
        for one in labels:
            (decided if one.decision else suggested).add((id, one.family, one.label))
    return suggested, decided


def standing_in(session: Session, passage_ids: Sequence[int]) -> list[int]:
    """The statements of these passages that stand."""
    of_these = select(Statement.id).where(col(Statement.passage_id).in_(passage_ids), col(Statement.stands))
    return list(session.exec(of_these))


def add_step(session: Session, act: Act, passage_id: int, state: str, *, reason: str = "") -> Step:
    step = Step(act_id=act.id, passage_id=passage_id, state=state, reason=reason, staff_id=act.staff_id)
    session.add(step)
    session.flush()
    return step


def add_steps(session: Session, act: Act, passage_ids: Sequence[int], state: str, *, reason: str = "") -> None:
    same = {"act_id": act.id, "state": state, "reason": reason, "staff_id": act.staff_id, "taken_at": act.done_at}
    insert_all(session, Step, [{"passage_id": id, **same} for id in passage_ids])


def assign(
    session: Session, passage_ids: Sequence[int], *, to: int | None, staff_id: int, key: str | None = None
) -> list[int]:
    """Make these passages somebody's work, or nobody's; returns those that it was done for. The caller commits."""
    here = acts.hold(session, passage_ids)
    act = acts.begin(session, staff_id=staff_id, what="assign", passages=len(here), key=key)
    give(session, act, here, to=to)
    review_items.refresh(session, here)
    return here


def give(session: Session, act: Act, passage_ids: Sequence[int], *, to: int | None) -> None:
    insert_all(session, Assignment, [{"act_id": act.id, "passage_id": id, "assigned_to": to} for id in passage_ids])


def note(
    session: Session,
    passage_id: int,
    *,
    kind: str,
    text: str,
    staff_id: int,
    statement_id: int | None = None,
    to: int | None = None,
    answers: int | None = None,
    key: str | None = None,
) -> Note:
    """Keep a comment, a flag, a question to a colleague or its answer. The caller commits."""
    if kind not in NOTES:
        raise CannotDo("Choose what kind of note this is")
    text = checked(text, "" if kind == "flag" else "Write what you want to say")
    if kind == "question" and to is None:
        raise CannotDo("Choose the colleague whom you ask")
    if not acts.hold(session, [passage_id]):
        raise CannotDo("Who sent this has changed or withdrawn it since")
    act = acts.begin(session, staff_id=staff_id, what="note", key=key)
    made = Note(
        act_id=act.id,
        passage_id=passage_id,
        statement_id=statement_id,
        kind=kind,
        text=text,
        to_staff_id=to,
        answers=answers,
        staff_id=staff_id,
    )
    session.add(made)
    session.flush()
    return made


def notes(session: Session, passage_id: int) -> list[Note]:
    """All that was noted and not undone, oldest first."""
    return review_items.live(session, Note, [passage_id])


def checked(text: str, wanted: str, *, what: str = "this", longest: int = LONGEST) -> str:
    """The text without blanks at its ends; CannotDo with `wanted` where there has to be one and is none."""
    text = text.strip()
    if wanted and not text:
        raise CannotDo(wanted)
    if len(text) > longest:
        over = len(text) - longest
        raise CannotDo(f"Shorten {what} by {over} character{'' if over == 1 else 's'}")
    if any(acts.unkeepable(character) for character in text if character not in "\n\r\t"):
        raise CannotDo(f"{what[0].upper()}{what[1:]} has a character that cannot be kept. Type it again")
    return text


def take(session: Session, passage_id: int, staff_id: int) -> None:
    """Tell the queue that this person has the passage before them, so that others are given another. No lock."""
    # Whoever holds the row is at work on it, and nobody waits for a hint while they hold others.
    held = select(ReviewItem.passage_id).where(ReviewItem.passage_id == passage_id)
    if session.exec(held.with_for_update(skip_locked=True)).first() is None:
        return
    free = (col(ReviewItem.taken_by).is_(None)) | (ReviewItem.taken_by == staff_id) | (ReviewItem.taken_until < now())
    these = update(ReviewItem).where(col(ReviewItem.passage_id) == passage_id, free)
    session.exec(these.values(taken_by=staff_id, taken_until=now() + timedelta(seconds=TAKEN_FOR)))


def taken_by_another(item: ReviewItem, staff_id: int) -> int | None:
    """The colleague who has the passage before them."""
    taken = item.taken_by not in (None, staff_id) and item.taken_until > now()
    return item.taken_by if taken else None


def leave(session: Session, passage_id: int, staff_id: int) -> None:
    """This person is done with the passage: it is open before nobody."""
    mine = update(ReviewItem).where(col(ReviewItem.passage_id) == passage_id, ReviewItem.taken_by == staff_id)
    session.exec(mine.values(taken_by=None, taken_until=None))
