"""One decision on many passages: counted first, done and undone as one act, and what was not done is said."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import delete
from sqlmodel import Session, col, select

from collector.database import batches, insert_all, now
from collector.findings import blind, concerned, review_items, standing
from collector.findings.models import Act, BulkList, Decision, Statement
from collector.frameworks import plan
from collector.review import acts, queue, steps
from collector.review.acts import CannotDo

MOST = 1_000  # passages at once: in one transaction, within the time that others wait
KEPT = timedelta(days=1)  # a list that was counted
WHAT = {
    "finish": "Accept all suggestions and mark as decided",
    "accept": "Accept one label wherever it is suggested",
    "reject": "Reject one label wherever it is suggested",
    "second-look": "Ask for a second look",
    "set-aside": "Set aside",
    "in-review": "Take up again",
    "assign": "Give to somebody",
}
ON_LABEL = ("accept", "reject")
# What a person says of labels; the others move passages on or give them out.
DECIDING = ("finish", *ON_LABEL)
NOT_DONE = {
    "blind": "to be coded blind",
    "taken": "open before a colleague",
    "changed": "changed since they were counted",
    "codebook": "waiting for a change of the codebook to reach them",
    "without": "without that label to decide on",
}

Revisions = Mapping[int, int]  # of each passage, as it was counted


@dataclass(frozen=True)
class Done:
    """How many passages it was done for, and of the others how many for which reason."""

    act: Act | None = None
    done: int = 0
    not_done: Counter[str] = field(default_factory=Counter)


# -- The list, as it was counted ------------------------------------------------------------------


def gather(
    session: Session,
    wanted: queue.Wanted,
    what: str,
    *,
    staff_id: int,
    ticked: Revisions | None = None,
    at_most: int = MOST,
    after: str = "",
) -> BulkList:
    """Count the passages that a decision would be about, and keep which they are. The caller commits.

    The first of those asked for, in their order, or of those after a place in it; or those that were ticked, as they
    were when the page showed them.
    """
    if what not in WHAT:
        raise CannotDo("Choose what to do with them")
    if ticked is not None and not ticked:
        raise CannotDo("Tick the passages that this is about")
    if ticked is None and wanted.state == "waiting":
        raise CannotDo("No machine has read these yet. They come to the queue when one has")
    session.exec(delete(BulkList).where(BulkList.staff_id == staff_id, BulkList.counted_at < now() - KEPT))
    counted, end = (ticked, "") if ticked else count_out(session, wanted, staff_id, after, min(at_most, MOST))
    kept = BulkList(
        staff_id=staff_id,
        what=what,
        query=wanted.query(),
        whole=ticked is None and at_most >= MOST,
        counted=[list(one) for one in counted.items()],
        end=end,
    )
    session.add(kept)
    session.flush()
    return kept


def count_out(
    session: Session, wanted: queue.Wanted, staff_id: int, after: str, at_most: int
) -> tuple[dict[int, int], str]:
    """The passages with their revisions, in order, and the place of the last."""
    ids = queue.turned(session, wanted, staff_id, after=after, at_most=at_most)
    found = queue.items(session, ids)
    return {id: found[id].revision for id in ids}, queue.place_told(wanted, found[ids[-1]]) if ids else ""


def more(session: Session, kept: BulkList, wanted: queue.Wanted) -> bool:
    """Whether others follow in the order, which were too many to do at once."""
    full = kept.whole and len(kept.counted) == MOST
    return full and bool(queue.turned(session, wanted, kept.staff_id, after=kept.end, at_most=1))


def find(session: Session, list_id: int, staff_id: int, *, to_change: bool = False) -> BulkList | None:
    """A list of one's own."""
    chosen = select(BulkList).where(BulkList.id == list_id, BulkList.staff_id == staff_id)
    return session.exec(chosen.with_for_update() if to_change else chosen).first()


def outlook(session: Session, kept: BulkList, label: tuple[str, str] | None) -> Done:
    """What it would come to now. Nothing is held, and nothing is written."""
    fit, not_done = fitting(session, dict(kept.counted), kept.what, staff_id=kept.staff_id, label=label)
    return Done(done=len(fit), not_done=not_done)


def carry_out(
    session: Session,
    kept: BulkList,
    *,
    label: tuple[str, str] | None = None,
    reason: str = "",
    to: int | None = None,
) -> None:
    """Do it to the list that was counted, once however often it is asked. The caller holds the list and commits."""
    if kept.done_at:
        return
    result = apply(session, dict(kept.counted), kept.what, staff_id=kept.staff_id, label=label, reason=reason, to=to)
    kept.act_id, kept.done = result.act and result.act.id, result.done
    kept.not_done, kept.done_at = dict(result.not_done), now()
    session.add(kept)


# -- Doing it -------------------------------------------------------------------------------------


def apply(
    session: Session,
    counted: Revisions,
    what: str,
    *,
    staff_id: int,
    label: tuple[str, str] | None = None,
    reason: str = "",
    to: int | None = None,
) -> Done:
    """Do one thing to these passages, but for those that are not as they were counted. One act. The caller commits."""
    if what in ON_LABEL and label is None:
        raise CannotDo("Choose the label that this is about")
    if len(counted) > MOST:
        raise CannotDo(f"Up to {MOST:,} passages at once. Narrow the filters, or do it in turns")
    reason = steps.checked(reason, steps.WITH_REASON.get(what, ""))
    acts.hold(session, counted)
    plan.hold(session)
    fit, not_done = fitting(session, counted, what, staff_id=staff_id, label=label)
    act = acts.begin(session, staff_id=staff_id, what="bulk", passages=len(fit)) if fit else None
    if act:
        do(session, act, fit, what, label=label, reason=reason, to=to)
    return Done(act, len(fit), not_done)


def fitting(
    session: Session,
    counted: Revisions,
    what: str,
    *,
    staff_id: int,
    label: tuple[str, str] | None,
) -> tuple[list[int], Counter[str]]:
    """Those that it can be done for; and how many others, by the reason why not."""
    fit, not_done = [], Counter()
    carrying = suggested_on(session, list(counted), label) if label else {}
    for some in batches(counted):
        covered, items = blind.open_among(session, some), queue.items(session, some)
        # Their labels would be accepted by what they mean now, which nobody has seen on them yet.
        behind = concerned.not_reached(session, some) if what in DECIDING else set()
        for id in some:
            item = items.get(id)
            if item is None or item.revision != counted[id]:
                not_done["changed"] += 1
            elif id in behind:
                not_done["codebook"] += 1
            elif what != "assign" and id in covered:
                not_done["blind"] += 1
            elif what != "assign" and steps.taken_by_another(item, staff_id):
                not_done["taken"] += 1
            elif label and id not in carrying:
                not_done["without"] += 1
            else:
                fit.append(id)
    return fit, not_done


def suggested_on(session: Session, passage_ids: Sequence[int], label: tuple[str, str]) -> dict[int, list[int]]:
    """By passage the statements that this label is suggested on and nobody has decided on."""
    found: dict[int, list[int]] = {}
    for some in batches(passage_ids):
        of_these = select(Statement.id, Statement.passage_id)
        statements = dict(
            session.exec(of_these.where(col(Statement.passage_id).in_(some), col(Statement.stands))).all()
        )
        for id, held in standing.held_in_short(session, list(statements)).items():
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
        steps.accept_suggested(session, act, passage_ids)
        steps.add_steps(session, act, passage_ids, "decided")
    elif what in steps.STATES:
        steps.add_steps(session, act, passage_ids, what, reason=reason)
    else:
        of_label(session, act, passage_ids, label, what)
    if what in DECIDING:
        acts.settle(session, passage_ids)
    else:
        for some in batches(passage_ids):
            review_items.refresh(session, some)


def of_label(session: Session, act: Act, passage_ids: Sequence[int], label: tuple[str, str], verdict: str) -> None:
    same = {"act_id": act.id, "family": label[0], "label": label[1], "verdict": verdict}
    same |= {"staff_id": act.staff_id, "decided_at": act.done_at}
    on = suggested_on(session, passage_ids, label)
    insert_all(session, Decision, [{"statement_id": id, **same} for ids in on.values() for id in ids])
