"""How a round goes: who was invited, how many started and sent, and on which page people stop.

Nobody is followed. A draft knows the furthest page that was saved; when it ends unsent, what stays is a sum.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, case, func, or_
from sqlmodel import Session, col, exists, select

from collector.database import add_up, now
from collector.intake.models import Draft, Invitation, Round, RoundPageCount, Submission, SubmissionPartner
from forms.questionnaire import Page, Questionnaire

# Below this many, where people are in a questionnaire could tell who they are to somebody who knows whom we asked.
FEWEST_SHOWN = 5


@dataclass(frozen=True)
class Figures:
    """Of one round. `stopped` and `writing` are drafts that were not sent: those that ended, and those still kept."""

    invited: int = 0  # organisations
    answered: int = 0  # of the invited
    sent: int = 0
    writing: int = 0
    stopped: int = 0
    gone_on: int = 0  # of those sent and those still kept: begun from what was held

    @property
    def started(self) -> int:
        return self.sent + self.writing + self.stopped


def figures(session: Session, round_ids: list[int]) -> dict[int, Figures]:
    asked = _invited(session, round_ids)
    stands = col(Submission.withdrawn_at).is_(None)
    sent = dict(session.exec(_count(col(Submission.round_id), round_ids).where(stands)).all())
    writing = dict(session.exec(_count(col(Draft.round_id), round_ids).where(*unsent())).all())
    summed = select(RoundPageCount.round_id, func.sum(RoundPageCount.stopped)).group_by(RoundPageCount.round_id)
    stopped = dict(session.exec(summed.where(col(RoundPageCount.round_id).in_(round_ids))).all())
    gone_on = _gone_on(session, round_ids)
    return {
        id: Figures(*asked.get(id, (0, 0)), sent.get(id, 0), writing.get(id, 0), stopped.get(id, 0), gone_on.get(id, 0))
        for id in round_ids
    }


def _gone_on(session: Session, round_ids: list[int]) -> Counter[int]:
    """How many started from what was held of an earlier round."""
    stands = (col(Submission.withdrawn_at).is_(None), col(Submission.begun_from).is_not(None))
    sent = session.exec(_count(col(Submission.round_id), round_ids).where(*stands)).all()
    writing = _count(col(Draft.round_id), round_ids).where(*unsent(), col(Draft.begun_from).is_not(None))
    return Counter(dict(sent)) + Counter(dict(session.exec(writing).all()))


def _count(column, round_ids: list[int]):
    return select(column, func.count()).where(column.in_(round_ids)).group_by(column)


def unsent() -> tuple[ColumnElement[bool], ...]:
    return col(Draft.submission_id).is_(None), col(Draft.expires_at) > now()


def has_sent() -> ColumnElement[bool]:
    """That the organisation of an invitation has sent something in its round, alone or jointly."""
    theirs_too = SubmissionPartner.organisation_id == Invitation.organisation_id
    joint = select(SubmissionPartner.submission_id).where(theirs_too).correlate(Invitation)
    theirs = or_(Submission.organisation_id == Invitation.organisation_id, col(Submission.id).in_(joint))
    return exists().where(Submission.round_id == Invitation.round_id, theirs)


def _invited(session: Session, round_ids: list[int]) -> dict[int, tuple[int, int]]:
    """Organisations invited, and those of them that have sent something."""
    each = (
        select(Invitation.round_id, Invitation.organisation_id, case((has_sent(), 1), else_=0).label("answered"))
        .where(col(Invitation.round_id).in_(round_ids))
        .distinct()
        .subquery()
    )
    counted = select(each.c.round_id, func.count(), func.sum(each.c.answered)).group_by(each.c.round_id)
    return {id: (invited, answered) for id, invited, answered in session.exec(counted)}


@dataclass(frozen=True)
class PageFigures:
    """How many unsent drafts have this page as their furthest."""

    title: str
    stopped: int
    writing: int


def by_page(session: Session, round_id: int, questionnaire: Questionnaire, *, is_over: bool) -> list[PageFigures]:
    """In the order of the questionnaire; once a round is over, whoever was writing has stopped too."""
    stopped = Counter(dict(session.exec(_stopped(round_id)).all()))
    writing = Counter(dict(session.exec(_writing(round_id)).all()))
    if is_over:
        stopped, writing = stopped + writing, Counter()
    titles = titles_of(questionnaire)
    earlier = sorted({*stopped, *writing} - titles.keys())
    named = titles | dict.fromkeys(earlier, "A page of an earlier version")
    found = (PageFigures(title, stopped[id], writing[id]) for id, title in named.items())
    return [one for one in found if one.stopped or one.writing]


def _stopped(round_id: int):
    return select(RoundPageCount.page_id, RoundPageCount.stopped).where(RoundPageCount.round_id == round_id)


def _writing(round_id: int):
    counted = select(Draft.reached, func.count()).where(Draft.round_id == round_id, *unsent())
    return counted.group_by(col(Draft.reached))


def titles_of(questionnaire: Questionnaire) -> dict[str, str]:
    """The title of every page that can be asked, with its section where that says what it is about."""
    return {step.page.id: _named(step.page) for step in questionnaire.steps}


def _named(page: Page) -> str:
    said = not page.section or page.title.startswith(page.section)
    return page.title if said else f"{page.section}: {page.title}"


def further(questionnaire: Questionnaire, one: str, other: str) -> str:
    """The later of two pages of a questionnaire."""
    order = {step.page.id: number for number, step in enumerate(questionnaire.steps)}
    return max(one, other, key=lambda page_id: order.get(page_id, -1))


def count_stopped(session: Session, pages: Iterable[tuple[int, str]]) -> None:
    """Add drafts that ended unsent, each told by its round and its furthest page, to the sums."""
    counted = Counter(pages)
    tried_out = select(Round.id).where(col(Round.id).in_({id for id, _ in counted}), col(Round.preview).is_(True))
    previews = set(session.exec(tried_out)) if counted else set()
    rows = [
        {"round_id": round_id, "page_id": page_id, "stopped": number}
        # Sorted, so that two who do this at once take the rows in the same order.
        for (round_id, page_id), number in sorted(counted.items())
        if round_id not in previews
    ]
    add_up(session, RoundPageCount, rows, ["round_id", "page_id"], "stopped")
