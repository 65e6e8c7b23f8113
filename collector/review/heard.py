"""Summaries of what was heard: which statements a subject has and who said them, and what the worker makes of them.

What is kept is ids and places: the sentences are made when they are shown, of the statements that are left.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, true, update
from sqlmodel import Session, col, delete, select

from collector.database import batches, insert_all, insert_one, now, one_at_a_time
from collector.findings import holds, standing
from collector.findings.models import ReviewItem, StandingLabel, Statement
from collector.findings.summary_models import Summary, SummaryCitation, SummaryEdit, SummaryPoint
from collector.frameworks import plan
from collector.intake import partners
from collector.intake.models import Passage, Source, SourceOrganisation, SubmissionPartner
from collector.leases import UNDER_WAY, Claim, Leases
from collector.organisations import directory
from collector.organisations.models import Organisation, OrganisationArea
from collector.review import outside, redactions
from forms.heard import Organisation as Heard
from forms.heard import Said

# The newest, where there are more. So many take a worker 15 seconds.
MOST_STATEMENTS = 20_000
# Of the statements of an earlier point, and of one that was made since: more in both than in either alone is the same.
SAME = 0.5
FAMILIES = {"action": "actions", "barrier_theme": "barrier_themes"}

# What became of a sentence that somebody wrote, when words that it stood on were taken out or redacted.
TAKEN_OUT = "taken-out"

leases = Leases(Summary, "summary", work="The summary")


@dataclass(frozen=True)
class Subject:
    """An action, a barrier theme, an organisation (by its number) or a council area; of one round or of all."""

    kind: str
    id: str
    round_id: int | None = None

    @property
    def title(self) -> str:
        """Of a label of the plan; its words name no point."""
        return plan.title(FAMILIES[self.kind], self.id) if self.kind in FAMILIES else ""


@dataclass(frozen=True)
class Cited:
    """A statement of a point: its wording, and where the passage says the point's name."""

    statement_id: int
    wording: int
    place: tuple[int, int] | None = None


@dataclass(frozen=True)
class Made:
    """A point to be kept."""

    way: str
    alone: bool
    cited: Sequence[Cited]


# -- Its statements -----------------------------------------------------------------------------------


def statements_of(subject: Subject) -> tuple[ColumnElement[bool], ...]:
    """Conditions on statements joined with their passages, sources and review items (`of_sources`).

    What a model suggests and is on hold counts once a person has said so: summaries leave the house. Nothing that
    people are coding blind has labels.
    """
    return *standing.current(), ReviewItem.state != "set-aside", of_round(subject), of_subject(subject)


def of_round(subject: Subject) -> ColumnElement[bool]:
    """Of all rounds together without the sample; what an invented organisation says is all of the sample."""
    if subject.round_id is not None:
        return ReviewItem.round_id == subject.round_id
    return true() if subject.kind == "organisation" else col(Source.sample).is_(False)


def of_subject(subject: Subject) -> ColumnElement[bool]:
    if subject.kind in FAMILIES:
        carries = (StandingLabel.family == FAMILIES[subject.kind], StandingLabel.label == subject.id)
        held = select(StandingLabel.statement_id).where(*carries, holds.shown_outside())
        return col(Statement.id).in_(held)
    if subject.kind == "organisation":
        return partners.speaks_for(int(subject.id))
    if subject.id in directory.EVERYWHERE:
        return col(Source.organisation_id).is_not(None)
    works_there = select(OrganisationArea.organisation_id).where(OrganisationArea.area == subject.id)
    joint = select(SubmissionPartner.submission_id).where(col(SubmissionPartner.organisation_id).in_(works_there))
    return col(Source.organisation_id).in_(works_there) | col(Source.submission_id).in_(joint)


def of_sources(chosen: Any) -> Any:
    return outside.of_passages(chosen).join(Source, col(Source.id) == Passage.source_id)


def given(session: Session, subject: Subject) -> tuple[list[Said], dict[int, int], bool]:
    """The statements of a subject with who said them, where each begins in its passage, and whether there are more.

    What a person redacted is blank: it names nothing.
    """
    chosen = select(Statement.id, Statement.passage_id, Statement.start, Statement.end, Passage.text, *WHOSE)
    chosen = of_sources(chosen.select_from(Statement)).where(*statements_of(subject))
    rows = session.exec(chosen.order_by(col(Statement.id).desc()).limit(MOST_STATEMENTS + 1)).all()
    some = rows[:MOST_STATEMENTS]
    hidden = redacted_in(session, {one.passage_id for one in some})
    voices = voices_of(session, some)
    said = [
        Said(one.id, blanked(one.text, one.start, one.end, hidden[one.passage_id]), **voices[one.source_id])
        for one in some
    ]
    return said, {one.id: one.start for one in some}, len(rows) > MOST_STATEMENTS


def redacted_in(session: Session, passage_ids: Iterable[int]) -> defaultdict[int, list[redactions.Span]]:
    found: defaultdict[int, list[redactions.Span]] = defaultdict(list)
    for batch in batches(sorted(passage_ids)):
        found |= redactions.of(session, batch)
    return found


def blanked(text: str, start: int, end: int, hidden: Sequence[redactions.Span]) -> str:
    """`text[start:end]` with as many spaces for what is hidden."""
    for first, last in hidden:
        text = text[:first] + " " * (last - first) + text[last:]
    return text[start:end]


def voices_of(session: Session, rows: Iterable[Any]) -> dict[int, dict[str, Any]]:
    """Who said what stands in each source, as `Said` has it, of rows with the columns of WHOSE. Of a joint return all
    that it speaks for, and of a meeting all that were there. Who sends files with their answers is one."""
    sources = {one.source_id: (one.submission_id, one.organisation_id) for one in rows}
    whose = {id: {organisation_id} - {None} for id, (_, organisation_id) in sources.items()}
    by_submission = defaultdict(list)
    for id, (submission_id, _) in sources.items():
        by_submission[submission_id].append(id)
    for batch in batches(sorted(set(by_submission) - {None})):
        joint = select(SubmissionPartner.submission_id, SubmissionPartner.organisation_id)
        for submission_id, partner in session.exec(joint.where(col(SubmissionPartner.submission_id).in_(batch))):
            for id in by_submission[submission_id]:
                whose[id].add(partner)
    for batch in batches(sorted(whose)):
        met = select(SourceOrganisation.source_id, SourceOrganisation.organisation_id)
        for id, present in session.exec(met.where(col(SourceOrganisation.source_id).in_(batch))):
            whose[id].add(present)
    known = organisations_of(session, {id for ids in whose.values() for id in ids})
    return {
        id: voice_of(id, submission_id, [known[one] for one in sorted(whose[id]) if one in known])
        for id, (submission_id, _) in sources.items()
    }


# As plain columns: as objects, thousands of sources would cost most of the time that a page takes.
WHOSE = (col(Source.id).label("source_id"), Source.submission_id, Source.organisation_id)


def voice_of(source_id: int, submission_id: int | None, organisations: list[Heard]) -> dict[str, Any]:
    if organisations:
        return {"organisations": tuple(organisations)}
    if submission_id:
        return {"individual": f"submission {submission_id}"}
    return {"unnamed": f"source {source_id}"}


def organisations_of(session: Session, ids: Iterable[int]) -> dict[int, Heard]:
    found: dict[int, Heard] = {}
    for batch in batches(sorted(ids)):
        areas = directory.areas_of(session, batch)
        chosen = select(Organisation.id, Organisation.name, Organisation.kind)
        for id, name, kind in session.exec(chosen.where(col(Organisation.id).in_(batch))):
            found[id] = Heard(id, name, kind, frozenset(areas[id]))
    return found


# -- Making -------------------------------------------------------------------------------------------


def find(session: Session, subject: Subject) -> Summary | None:
    return session.exec(select(Summary).where(*is_of(subject)).order_by(col(Summary.id))).first()


def is_of(subject: Subject) -> tuple[ColumnElement[bool], ...]:
    of_round = col(Summary.round_id).is_(None) if subject.round_id is None else Summary.round_id == subject.round_id
    return Summary.subject_kind == subject.kind, Summary.subject_id == subject.id, of_round


def subject_of(summary: Summary) -> Subject:
    return Subject(summary.subject_kind, summary.subject_id, summary.round_id)


def ask(session: Session, subject: Subject, *, staff_id: int) -> int:
    """Have the summary made, or made anew; returns which. One that is under way is left to it. The caller commits."""
    one_at_a_time(session, f"summary {subject.kind} {subject.id} {subject.round_id}")
    held = find(session, subject)
    if held is None:
        of_it = {"subject_kind": subject.kind, "subject_id": subject.id, "round_id": subject.round_id}
        return insert_one(session, Summary, **of_it, asked_by=staff_id)
    fresh = {"state": "waiting", "attempts": 0, "reason": "", "woken_at": now(), "finished_at": None}
    again = update(Summary).where(Summary.id == held.id, col(Summary.state).not_in(UNDER_WAY))
    session.exec(again.values(**fresh, lease_until=None, asked_by=staff_id, asked_at=now()))
    return held.id


def finish(session: Session, claim: Claim, points: Sequence[Made], *, model: str, statements: int, more: bool) -> bool:
    """Keep these points in place of those before. False for a lost claim.

    One that a person had a hand in goes on where a new one stands on mostly the same statements, with what they did to
    it; else it is parted from the summary and kept for its history. What was withdrawn meanwhile is cited by none.
    """
    there = outside.held(session, {one.statement_id for point in points for one in point.cited})
    last = leases.row(session, claim)
    about = {"framework": plan.SLUG, "codebook": plan.book().version, "model": model, "made_at": now()}
    kept = {"statements": statements, "more": more, "revision": last.revision + 1, **about}
    if not leases.finish(session, claim, **kept):
        return False
    earlier = handled(session, claim.id)
    part(session, claim.id, earlier)
    taken: set[int] = set()
    for place, point in enumerate(points):
        cited = [one for one in point.cited if one.statement_id in there]
        if cited:
            id = same_as({one.statement_id for one in cited}, earlier, taken)
            taken.add(keep(session, claim.id, id, place, point, cited))
    asked = {"staff_id": last.asked_by, "done_at": last.asked_at}
    insert_one(session, SummaryEdit, summary_id=claim.id, kind="made", revision=last.revision + 1, **asked)
    return True


def handled(session: Session, summary_id: int) -> dict[int, set[int]]:
    """The points that people had a hand in, with what each cites."""
    chosen = select(SummaryEdit.point_id).where(SummaryEdit.summary_id == summary_id).distinct()
    ids = [id for id in session.exec(chosen) if id]
    found: dict[int, set[int]] = {id: set() for id in ids}
    for batch in batches(ids):
        for one in session.exec(select(SummaryCitation).where(col(SummaryCitation.point_id).in_(batch))):
            found[one.point_id].add(one.statement_id)
    return found


def same_as(cited: set[int], earlier: dict[int, set[int]], taken: set[int]) -> int | None:
    """The earlier point that shares most with these statements, where that is more than half of both together."""
    shares = {id: len(cited & of_it) / len(cited | of_it) for id, of_it in earlier.items() if id not in taken}
    best = max(shares, key=lambda id: (shares[id], -id), default=None)
    return best if best is not None and shares[best] > SAME else None


def keep(session: Session, summary_id: int, id: int | None, place: int, point: Made, cited: Sequence[Cited]) -> int:
    values = {"place": place, "way": point.way, "alone": point.alone, "parted": False}
    if id is None:
        id = insert_one(session, SummaryPoint, summary_id=summary_id, **values)
    else:
        session.exec(update(SummaryPoint).where(col(SummaryPoint.id) == id).values(**values))
        session.exec(delete(SummaryCitation).where(col(SummaryCitation.point_id) == id))
    insert_all(session, SummaryCitation, [row_of(id, at, one) for at, one in enumerate(cited)])
    return id


def row_of(point_id: int, at: int, one: Cited) -> dict[str, Any]:
    start, end = one.place or (None, None)
    named = {"wording": one.wording, "start": start, "end": end}
    return {"point_id": point_id, "statement_id": one.statement_id, "place": at, **named}


def part(session: Session, summary_id: int, handled: Iterable[int]) -> None:
    """From a summary the points that people had a hand in; the others are forgotten."""
    of_it, handled = SummaryPoint.summary_id == summary_id, list(handled)
    session.exec(update(SummaryPoint).where(of_it, col(SummaryPoint.id).in_(handled)).values(parted=True))
    gone = select(SummaryPoint.id).where(of_it, col(SummaryPoint.id).not_in(handled))
    session.exec(delete(SummaryCitation).where(col(SummaryCitation.point_id).in_(gone)))
    session.exec(delete(SummaryPoint).where(of_it, col(SummaryPoint.id).not_in(handled)))


# -- Taking out ---------------------------------------------------------------------------------------


def let_go(session: Session, statement_ids: Any) -> None:
    """Take these statements, a query of their ids, out of all that cites them; a point that nothing is left of goes,
    with what people wrote of it."""
    cited = col(SummaryCitation.statement_id).in_(statement_ids)
    touched = sorted(session.exec(select(SummaryCitation.point_id).where(cited).distinct()))
    # One after the other: of two who each take out half of a point, one finds that nothing is left of it.
    for batch in batches(touched):
        of_batch = select(SummaryPoint.id).where(col(SummaryPoint.id).in_(batch)).order_by(col(SummaryPoint.id))
        session.exec(of_batch.with_for_update()).all()
    session.exec(delete(SummaryCitation).where(cited))
    forget_wordings(session, touched)
    for batch in batches(touched):
        left = select(SummaryCitation.point_id).where(col(SummaryCitation.point_id).in_(batch))
        empty = sorted(set(batch) - set(session.exec(left)))
        session.exec(delete(SummaryEdit).where(col(SummaryEdit.point_id).in_(empty)))
        session.exec(delete(SummaryPoint).where(col(SummaryPoint.id).in_(empty)))


def forget_wordings(session: Session, point_ids: Iterable[int]) -> None:
    """What people wrote of these points may say what was taken out: the machine's sentence stands again."""
    for batch in batches(point_ids):
        worded = (col(SummaryEdit.point_id).in_(batch), SummaryEdit.kind == "worded")
        session.exec(update(SummaryEdit).where(*worded).values(text="", kind=TAKEN_OUT))


def of_redacted(session: Session, passage_ids: Iterable[int]) -> None:
    """Of points that cite these passages, in which something was redacted, nothing that people wrote stands."""
    citing = (
        select(SummaryCitation.point_id)
        .join(Statement, col(Statement.id) == SummaryCitation.statement_id)
        .where(col(Statement.passage_id).in_(list(passage_ids)))
    )
    forget_wordings(session, session.exec(citing.distinct()))


def forget(session: Session, summary_ids: Any) -> None:
    """Take out these summaries, by ids or by a query of them, with all that hangs on them."""
    of_these = select(SummaryPoint.id).where(col(SummaryPoint.summary_id).in_(summary_ids))
    session.exec(delete(SummaryCitation).where(col(SummaryCitation.point_id).in_(of_these)))
    session.exec(delete(SummaryEdit).where(col(SummaryEdit.summary_id).in_(summary_ids)))
    session.exec(delete(SummaryPoint).where(col(SummaryPoint.summary_id).in_(summary_ids)))
    session.exec(delete(Summary).where(col(Summary.id).in_(summary_ids)))
