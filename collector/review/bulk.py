"""One decision on many passages: counted first, done and undone as one act, and what was not done is said."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlmodel import Session, col, select

from collector.database import batches, now
from collector.findings import blind, standing
from collector.findings.models import Act, Decision, ReviewItem, Statement
from collector.review import acts, queue, steps
from collector.review.acts import CannotDo

MOST = 1_000  # passages at once: in one transaction, within the time that others wait
WHAT = {
    "finish": "Accept all suggestions and mark as decided",
    "accept": "Accept one label wherever it is suggested",
    "reject": "Reject one label wherever it is suggested",
    "second-look": "Ask for a second look",
    "set-aside": "Set aside",
    "in-review": "Take up again",
    "assign": "Give to somebody",
}
NOT_DONE = {
    "blind": "to be coded blind",
    "taken": "open before a colleague",
    "changed": "changed since they were counted",
    "without": "without that label to decide on",
}


@dataclass
class Done:
    """How many passages it was done for, and of the others how many for which reason."""

    act: Act | None = None
    done: int = 0
    not_done: Counter[str] = field(default_factory=Counter)


def chosen(session: Session, wanted: queue.Wanted, staff_id: int) -> list[int]:
    """The passages that a decision would be about: the first of those asked for, in their order."""
    return queue.listed(session, wanted, staff_id, at_most=MOST)


def apply(
    session: Session,
    passage_ids: Sequence[int],
    what: str,
    *,
    staff_id: int,
    state: str,
    label: tuple[str, str] | None = None,
    reason: str = "",
    to: int | None = None,
    key: str | None = None,
) -> Done:
    """Do one thing to these passages, which were in `state` when they were counted. One act. The caller commits."""
    if what not in WHAT:
        raise CannotDo("Choose what to do with them")
    if what in ("accept", "reject") and label is None:
        raise CannotDo("Choose the label that this is about")
    if len(passage_ids) > MOST:
        raise CannotDo(f"Up to {MOST:,} passages at once. Narrow the filters, or do it in turns")
    reason = steps.checked(reason, steps.WITH_REASON.get(what, ""))
    here = acts.hold(session, passage_ids)
    if before := acts.done_before(session, key):
        return Done(act=before, done=before.passages)
    result = Done(not_done=Counter({"changed": len(passage_ids) - len(here)}))
    fit = fitting(session, here, what, staff_id=staff_id, state=state, label=label, result=result)
    if fit:
        result.act = acts.begin(session, staff_id=staff_id, what="bulk", passages=len(fit), key=key)
        do(session, result.act, fit, what, label=label, reason=reason, to=to)
        acts.settle(session, fit)
    result.done = len(fit)
    result.not_done += Counter()  # without the reasons that nothing was left out for
    return result


def fitting(
    session: Session,
    passage_ids: Sequence[int],
    what: str,
    *,
    staff_id: int,
    state: str,
    label: tuple[str, str] | None,
    result: Done,
) -> list[int]:
    """Those that it can be done for; the others are counted by the reason why not."""
    fit = []
    carrying = set(suggested_on(session, passage_ids, label)) if label else set()
    for some in batches(passage_ids):
        covered, items = blind.open_among(session, some), queue.items(session, some)
        for id in some:
            item = items.get(id)
            if item is None or item.state != state:
                result.not_done["changed"] += 1
            elif what != "assign" and id in covered:
                result.not_done["blind"] += 1
            elif what != "assign" and is_open_elsewhere(item, staff_id):
                result.not_done["taken"] += 1
            elif label and id not in carrying:
                result.not_done["without"] += 1
            else:
                fit.append(id)
    return fit


def is_open_elsewhere(item: ReviewItem, staff_id: int) -> bool:
    return item.taken_by not in (None, staff_id) and item.taken_until is not None and item.taken_until > now()


def suggested_on(session: Session, passage_ids: Sequence[int], label: tuple[str, str]) -> dict[int, list[int]]:
    """By passage the statements that this label is suggested on and nobody has decided on."""
    found: dict[int, list[int]] = {}
    for some in batches(passage_ids):
        of_these = select(Statement).where(col(Statement.passage_id).in_(some), col(Statement.stands))
        statements = {one.id: one.passage_id for one in session.exec(of_these)}
        for id, held in standing.held_by(session, list(statements)).items():
            if any((one.family, one.label, one.state) == (*label, "suggested") for one in held):
                found.setdefault(statements[id], []).append(id)
    return found


def do(
    session: Session,
    act: Act,
    passage_ids: Sequence[int],
    what: str,
    *,
    label: tuple[str, str] | None,
    reason: str,
    to: int | None,
) -> None:
    if what == "assign":
        steps.give(session, act, passage_ids, to=to)
    elif what == "finish":
        for id in passage_ids:
            steps.accept_suggested(session, act, id)
            steps.add_step(session, act, id, "decided")
    elif what in steps.STATES:
        for id in passage_ids:
            steps.add_step(session, act, id, what, reason=reason)
    else:
        of_label(session, act, passage_ids, label, what)


def of_label(session: Session, act: Act, passage_ids: Sequence[int], label: tuple[str, str], verdict: str) -> None:
    same = {"act_id": act.id, "family": label[0], "label": label[1], "verdict": verdict, "staff_id": act.staff_id}
    for statement_ids in suggested_on(session, passage_ids, label).values():
        session.add_all(Decision(statement_id=id, **same) for id in statement_ids)
    session.flush()
