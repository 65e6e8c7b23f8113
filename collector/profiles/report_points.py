"""The points of summaries of what was heard, as a report tells them: whose words they are, and what they stand on."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import case, func
from sqlmodel import Session, col, select

from collector import dates
from collector.database import batches
from collector.findings import standing
from collector.findings.models import Statement
from collector.findings.summary_models import Summary, SummaryPoint
from collector.how_many import plural
from collector.intake.models import Passage
from collector.profiles.report_contents import ANYONE
from collector.review import heard, heard_changes, heard_shown
from collector.review.heard_shown import Shown
from forms.heard import NAMED_BY, Way

POINTS = 3  # of a summary
# Words that tell how many say it: a digit, or what stands for one.
NUMBER = re.compile(
    r"\d|\b(?:alone|both|couple|dozens?|few|half|majority|most|none|once|only|pair|single|twice|nobody|everybody|all"
    r"|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen|twenty)\b",
    re.IGNORECASE,
)


@dataclass
class Points:
    """Of a round, or of everything: `quotable` and `unnamed` are sources, those that may be quoted and those of which
    nothing may tell who. `made_of` are the statements that the points were made of, quoted or not."""

    session: Session
    audience: str
    round_id: int | None
    sample: bool
    cites: int  # statements of each point at most
    quotable: Collection[int]
    unnamed: Collection[int]
    made_of: set[int] = field(default_factory=set)

    def of_all(self) -> dict[tuple[str, str], tuple[str, list[tuple[str, list[int]]]]]:
        """Of each action and theme that has a summary: where it stands, and its first points with what they cite."""
        of_round = col(Summary.round_id).is_(None) if self.round_id is None else Summary.round_id == self.round_id
        if self.sample and self.round_id is None:  # a summary of everything is of nothing that is invented
            return {}
        made = (of_round, col(Summary.subject_kind).in_(heard.FAMILIES), col(Summary.made_at).is_not(None))
        rows = self.session.exec(select(Summary).where(*made).order_by(col(Summary.id))).all()
        signed = heard_changes.signed(self.session, [one.id for one in rows])
        numbers = self.numbers([one.id for one in rows])
        found = {}
        for one in rows:
            points = [*self.points_of(one, heard_shown.points(self.session, one))][:POINTS]
            if points and self.audience != ANYONE:  # what one alone says is not told to be that of anybody
                alone = heard_shown.points(self.session, one).where(col(SummaryPoint.alone).is_(True))
                points += [point for point in self.points_of(one, alone) if point not in points][:1]
            if points:
                mark = self.mark(one, signed.get(one.id)) + (
                    in_all(*numbers[one.id], told=len(points)) if self.audience != ANYONE else ""
                )
                found[one.subject_kind, one.subject_id] = (mark, points)
        return found

    def numbers(self, summary_ids: list[int]) -> dict[int, tuple[int, int]]:
        """Of each summary its points, and those of them that one organisation or person alone said."""
        alone = func.sum(case((col(SummaryPoint.alone).is_(True), 1), else_=0))
        chosen = select(SummaryPoint.summary_id, func.count(), alone).group_by(col(SummaryPoint.summary_id))
        chosen = chosen.where(col(SummaryPoint.dropped).is_(False), col(SummaryPoint.parted).is_(False))
        found: dict[int, tuple[int, int]] = defaultdict(lambda: (0, 0))
        for some in batches(summary_ids):
            for id, number, of_one in self.session.exec(chosen.where(col(SummaryPoint.summary_id).in_(some))):
                found[id] = (number, of_one)
        return found

    def mark(self, summary: Summary, signing: heard_changes.Done | None) -> str:
        """Who answers for it."""
        newer = heard_changes.since(self.session, summary).number
        since = " More has been heard since, or something was taken back." if newer else ""
        if signing is None:
            return f"These points were put together by a machine, and nobody has signed them off.{since}"
        changed = " They were changed since." if signing.revision != summary.revision else ""
        return f"{signing.who} signed off these points on {dates.in_words(signing.at)}.{changed}{since}"

    def points_of(self, summary: Summary, chosen: Any) -> Iterator[tuple[str, list[int]]]:
        """Those of the chosen that may be told, each in one sentence. Left out: what tells of harm, and for anybody
        what stands on more than may be told."""
        first = self.session.exec(chosen.limit(3 * POINTS)).all()
        for point in heard_shown.shown(self.session, first, lines=0):
            if not point.words and point.sentence.way is not Way.NAMED:
                continue
            cites = list(point.sentence.citations)
            may, named, never = self.may_cite(cites)
            counts_alone = point.sentence.voices > 1 and not point.words and self.audience != ANYONE
            words = self.words_of(point)
            if words and may and not never & set(cites[:NAMED_BY]) and (counts_alone or named == len(cites)):
                self.made_of |= set(cites if point.words else cites[:NAMED_BY])
                yield words, may[: self.cites]

    def words_of(self, point: Shown) -> str:
        """For anybody without a number: its name alone, or what a person wrote of it that has none. Nothing where there
        is neither."""
        if self.audience != ANYONE or (point.words and not NUMBER.search(point.text)):
            return point.text
        return f"{point.heading}." if point.sentence.way is Way.NAMED else ""

    def may_cite(self, ids: list[int]) -> tuple[list[int], int, set[int]]:
        """Those of them that stand and may be quoted, how many of them with the name, and those that may not."""
        found = {}
        for some in batches(ids):
            chosen = select(Statement.id, Passage.source_id, Passage.harm)
            chosen = chosen.join(Passage, col(Passage.id) == Statement.passage_id).where(*standing.current())
            for id, source_id, harm in self.session.exec(chosen.where(col(Statement.id).in_(some))):
                found[id] = (source_id in self.quotable and not harm, source_id not in self.unnamed)
        may = [id for id in ids if id in found and found[id][0]]
        return may, sum(found[id][1] for id in may), found.keys() - set(may)


def in_all(number: int, alone: int, *, told: int) -> str:
    """What is said besides what is told here: views of few are kept, where there is no room for them."""
    if number <= told:
        return ""
    voices = f", {alone:,} of them said by one alone" if alone else ""
    return f" The summary has {plural(number, 'point')} in all{voices}."
