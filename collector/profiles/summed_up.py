"""The first points of the summary of what an organisation said, and who answers for them, where one was made."""

from dataclasses import dataclass

from sqlmodel import Session, col

from collector import dates
from collector.findings.summary_models import Summary, SummaryPoint
from collector.review import heard, heard_changes, heard_shown
from collector.review.heard import Subject
from collector.review.heard_changes import Done, Since
from collector.review.heard_shown import Shown
from forms.heard import Way

POINTS = 3


@dataclass(frozen=True)
class SummedUp:
    summary: Summary
    points: tuple[Shown, ...]
    signing: Done | None
    newer: Since

    @property
    def mark(self) -> str:
        """Who answers for it, as a report says it."""
        since = " More has been heard since, or something was taken back." if self.newer.number else ""
        if self.signing is None:
            return f"These points were put together by a machine, and nobody has signed them off.{since}"
        changed = " They were changed since." if self.signing.revision != self.summary.revision else ""
        return f"{self.signing.who} signed off these points on {dates.in_words(self.signing.at)}.{changed}{since}"


def of_organisation(session: Session, organisation_id: int, *, at_most: int = POINTS) -> SummedUp | None:
    """None where none was made, or no point is left of it. What stands in no point is not told."""
    summary = heard.find(session, Subject("organisation", str(organisation_id)))
    if summary is None or summary.made_at is None:
        return None
    first = heard_shown.points(session, summary).where(col(SummaryPoint.way) != Way.REST.value).limit(at_most)
    shown = heard_shown.shown(session, session.exec(first).all(), lines=1)
    points = tuple(one for one in shown if one.words or one.sentence.way is not Way.REST)
    if not points:
        return None
    signing = heard_changes.signed(session, [summary.id]).get(summary.id)
    return SummedUp(summary, points, signing, heard_changes.since(session, summary))


def is_quoted(point: Shown) -> bool:
    """Its statement says more than a sentence on it."""
    return point.sentence.way is Way.QUOTED and not point.words
