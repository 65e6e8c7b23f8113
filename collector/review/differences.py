"""Working through what a model that read anew says otherwise: people keep what they decided, or follow it."""

from hashlib import sha256

from sqlmodel import Session, col, select

from collector.findings import differences, standing
from collector.findings.models import Act, Decision, Statement
from collector.findings.standing import Overlaid
from collector.review import acts, steps
from collector.review.acts import CannotDo

WAYS = {"keep": "Keep what was decided", "follow": "Follow the new reading"}


def settle(
    session: Session, passage_id: int, way: str, *, staff_id: int, shown: str = "", key: str | None = None
) -> Act | None:
    """Decide on all differences of a passage in one way. One act, or none where nothing differs any more.

    `shown` tells which differences the person had before them (`digest`): others are not decided on unseen. Kept: what
    was accepted is accepted again, and what is new is rejected. Followed: the other way round. The caller
    commits.
    """
    if way not in WAYS:
        raise CannotDo("Choose whether to keep what was decided or to follow the new reading")
    steps.to_decide(session, passage_id)
    if before := acts.done_before(session, key):
        return before
    taken_back, new = of_passage(session, passage_id)
    if not taken_back and not new:
        return None
    if shown != digest(taken_back, new):
        raise CannotDo("This was read again since you opened the page, and differs otherwise now. Look at it again")
    act = acts.begin(session, staff_id=staff_id, what="differences", key=key)
    verdicts = {"keep": ("accept", "reject"), "follow": ("reject", "accept")}[way]
    for verdict, some in zip(verdicts, (taken_back, new), strict=True):
        session.add_all(
            Decision(act_id=act.id, statement_id=id, family=family, label=label, verdict=verdict, staff_id=staff_id)
            for id, family, label in some
        )
    session.flush()
    acts.settle(session, [passage_id])
    return act


Said = list[tuple[int, str, str]]  # statement, family, label


def of_passage(session: Session, passage_id: int) -> tuple[Said, Said]:
    """What is said no more, and what is new, on the statements that stand."""
    taken_back = [(one.statement_id, one.family, one.label) for one in differences.on(session, passage_id)]
    new = [
        (id, one.family, one.label)
        for id, labels in labels_on(session, passage_id).items()
        for one in labels
        if one.state == "suggested"
    ]
    return taken_back, new


def digest(taken_back: Said, new: Said) -> str:
    """What a form says of the differences that it shows."""
    return sha256(repr((sorted(taken_back), sorted(new))).encode()).hexdigest()[:20]


def labels_on(session: Session, passage_id: int) -> dict[int, list[Overlaid]]:
    of_these = select(Statement.id).where(Statement.passage_id == passage_id, col(Statement.stands))
    return standing.held_by(session, session.exec(of_these.order_by(col(Statement.start))).all())
