"""How far each plan of a review answers each question: what a rule proposes from the statements that stand, and what
people decided. docs/decisions/0020-how-far-a-plan-answers.md has the reasons of the rule, and how often it was right.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, and_, case, distinct, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select

from collector.database import batches
from collector.findings import extracts, standing
from collector.findings.models import (
    Act,
    BlindItem,
    Extract,
    ExtractDecision,
    StandingLabel,
    Statement,
)
from collector.findings.plan_models import PlanDecision, PlanReview
from collector.findings.review_items import READ_LANGUAGES
from collector.frameworks import coding_frames, plan
from collector.frameworks.coding_frames import READ
from collector.frameworks.models import Frame, Walk
from collector.intake.models import Job, Passage, Source, Upload
from collector.review import plan_sets
from collector.review.plan_sets import Plan
from forms.coding_frame import CodingFrame, FrameCode

# How far, the least first: what the rule gives and what a person may say.
LEVELS = ("none", "mentioned", "described", "actions")
WORDS = {"none": "Not at all", "mentioned": "Mentioned", "described": "Described", "actions": "With actions"}
# What a plan is to a question of which nobody can say how far.
NOT_READ, UNREADABLE = "not-read", "unreadable"
OPEN = {NOT_READ: "Not read yet", UNREADABLE: "Could not be read"}

# A suggestion counts from here on. Of those under it two in five are right: see the decision.
SURE = 0.5
FEWEST_STATEMENTS = 2
# Described is what stands in at least one of so many passages: a machine that errs once in a hundred statements finds
# something of everything in a long plan.
ONE_IN = 25
DOING = ("commitment", "activity")
NEEDING = ("barrier", "support-needed")
KINDS, ACTIONS = "kinds", "actions"


@dataclass(frozen=True)
class Found:
    """What stands of a question in a plan. `unsure` suggestions are shown and count for nothing."""

    statements: int = 0
    passages: int = 0
    decided: int = 0  # of the statements, those that a person coded
    actions: int = 0  # that say what is or will be done, and who does it or by when
    unsure: int = 0


def proposed(found: Found, passages: int) -> str:
    """One of LEVELS, of a plan of so many passages."""
    if not found.statements:
        return "none"
    if found.passages * ONE_IN < passages:
        return "mentioned"
    if found.actions:
        return "actions"
    return "described" if found.statements >= FEWEST_STATEMENTS else "mentioned"


@dataclass(frozen=True)
class Reading:
    """How far a plan is read against the questions: passages, and those that nobody will ever have read by machine."""

    passages: int = 0
    waiting: int = 0
    foreign: int = 0  # in a language that the machine does not read
    blind: int = 0  # being coded blind: what is in them is told when they are done
    refused: str = ""  # why there is no text, or why its reading stopped

    @property
    def state(self) -> str:
        """Empty where it is read."""
        if self.refused or (self.passages and self.foreign == self.passages):
            return UNREADABLE
        return NOT_READ if self.waiting or not self.passages else ""


@dataclass(frozen=True)
class Cell:
    """A plan and a question. `how_far` is one of LEVELS, or of OPEN."""

    source_id: int
    code: str
    found: Found
    proposed: str  # empty where the plan is not read
    decision: PlanDecision | None
    how_far: str

    @property
    def by_person(self) -> bool:
        return self.decision is not None

    @property
    def known(self) -> bool:
        return self.how_far in LEVELS


@dataclass(frozen=True)
class Coverage:
    """The plans of a review with all their cells."""

    review: PlanReview
    frame: CodingFrame
    family: str
    retired: bool
    plans: list[Plan]
    readings: dict[int, Reading]
    cells: dict[tuple[int, str], Cell]
    progress: "Progress" = field(default_factory=lambda: Progress())

    @property
    def questions(self) -> Sequence[FrameCode]:
        return self.frame.codes

    @cached_property
    def read(self) -> int:
        return sum(not self.readings[one.source_id].state for one in self.plans)

    def of_question(self, code: str) -> list[Cell]:
        return [self.cells[one.source_id, code] for one in self.plans]

    def of_plan(self, source_id: int) -> list[Cell]:
        return [self.cells[source_id, one.id] for one in self.questions if (source_id, one.id) in self.cells]

    def only(self, plans: Sequence[Plan]) -> "Coverage":
        return Coverage(
            self.review, self.frame, self.family, self.retired, list(plans), self.readings, self.cells, self.progress
        )


@dataclass(frozen=True)
class Progress:
    """How far the reading of all that there is against the frame has come. `up_to` is the last passage that is read
    for certain; null: all are."""

    state: str = "done"  # none, where no reader is in use yet; as of a walk
    up_to: int | None = None
    reason: str = ""


def coverage(session: Session, review: PlanReview, source_ids: Sequence[int] | None = None) -> Coverage:
    """Of all plans of the review, or of these of them."""
    row = session.get_one(Frame, review.frame_id)
    ids = plan_sets.ids_in(session, review.id) if source_ids is None else source_ids
    found = found_in(session, ids, plan.family_of(row.slug)) if row.retired_at is None else {}
    return of_found(session, review, row, ids, found)


def of_one_question(session: Session, review: PlanReview, code: str) -> tuple[Coverage, list["Quote"]]:
    """Of all plans, with the cells of this question alone, and its quotes, from which they are counted."""
    row = session.get_one(Frame, review.frame_id)
    ids = plan_sets.ids_in(session, review.id)
    quoted = quotes(session, ids, plan.family_of(row.slug), code) if row.retired_at is None else []
    by_plan: defaultdict[int, list[Quote]] = defaultdict(list)
    for one in quoted:
        by_plan[one.source_id].append(one)
    found = {(id, code): found_of(some) for id, some in by_plan.items()}
    return of_found(session, review, row, ids, found, codes=[code]), quoted


def found_of(some: Sequence["Quote"]) -> Found:
    sure = [one for one in some if one.counts]
    return Found(
        statements=len(sure),
        passages=len({one.passage_id for one in sure}),
        decided=sum(one.state != "suggested" for one in some),
        actions=sum(one.doing for one in sure),
        unsure=len(some) - len(sure),
    )


def of_found(
    session: Session,
    review: PlanReview,
    row: Frame,
    ids: Sequence[int],
    found: Mapping[tuple[int, str], Found],
    codes: Sequence[str] | None = None,
) -> Coverage:
    frame, progress = CodingFrame.model_validate(row.content), progress_of(session, row)
    readings = readings_of(session, ids, progress)
    decisions = latest_decisions(session, review.id, ids)
    cells = {
        (id, code): cell(id, code, found.get((id, code), Found()), readings[id], decisions.get((id, code)))
        for id in ids
        for code in codes or [one.id for one in frame.codes]
    }
    plans = plan_sets.known(session, ids)
    family = plan.family_of(row.slug)
    return Coverage(review, frame, family, row.retired_at is not None, plans, readings, cells, progress)


def cell(source_id: int, code: str, found: Found, reading: Reading, decision: PlanDecision | None) -> Cell:
    state = reading.state
    proposal = "" if state else proposed(found, reading.passages)
    how_far = decision.how_far if decision else proposal or state
    return Cell(source_id, code, found, proposal, decision, how_far)


# -- What stands ----------------------------------------------------------------------------------------


def counts() -> ColumnElement[bool]:
    """Of a standing label: that a person gave it, or that the machine is sure enough."""
    return or_(StandingLabel.state != "suggested", col(StandingLabel.score) >= SURE)


def coded(session: Session, chosen: Any, source_ids: Sequence[int], family: str) -> Any:
    """Statements that stand in these sources with their labels of this family."""
    return (
        chosen.select_from(Passage)
        .join(Statement, col(Statement.passage_id) == Passage.id)
        .join(StandingLabel, col(StandingLabel.statement_id) == Statement.id)
        .where(col(Passage.source_id).in_(source_ids), of_family(session, family), *standing.current())
    )


def of_family(session: Session, *families: str) -> ColumnElement[bool]:
    """For SQLite told so that no index begins with it: it would go through all that was ever coded to the family, and
    these are the labels of statements that are at hand."""
    family = col(StandingLabel.family)
    return (family.concat("") if session.get_bind().dialect.name == "sqlite" else family).in_(families)


def found_in(session: Session, source_ids: Sequence[int], family: str) -> dict[tuple[int, str], Found]:
    """What stands of each question in each source, where anything does."""
    by = (Passage.source_id, StandingLabel.label)
    told = func.sum(case((counts(), 1), else_=0))
    passages = func.count(distinct(case((counts(), Passage.id))))
    decided = func.sum(case((StandingLabel.state != "suggested", 1), else_=0))
    chosen = select(*by, func.count(), told, passages, decided)
    rows = session.exec(coded(session, chosen, source_ids, family).group_by(*by)).all()
    doing = doing_in(session, source_ids, family)
    return {
        (source_id, label): Found(number, spread, by_people, doing.get((source_id, label), 0), every - number)
        for source_id, label, every, number, spread, by_people in rows
    }


def doing_in(session: Session, source_ids: Sequence[int], family: str) -> dict[tuple[int, str], int]:
    """How many statements of each question say what is or will be done, and who does it or by when."""
    by = (Passage.source_id, StandingLabel.label)
    number = func.count(distinct(Statement.id))
    by_machine = promised(session, select(*by, number), source_ids, family).where(counts()).group_by(*by)
    found = {(id, label): number for id, label, number in session.exec(by_machine)}
    for id, label, _ in doing_by_people(session, source_ids, family):
        found[id, label] = found.get((id, label), 0) + 1
    return found


def is_doing() -> ColumnElement[bool]:
    kind = aliased(StandingLabel)
    of_it = (kind.statement_id == Statement.id, kind.family == KINDS, col(kind.label).in_(DOING))
    return select(kind.statement_id).where(*of_it).correlate(Statement).exists()


def promised(session: Session, chosen: Any, source_ids: Sequence[int], family: str) -> Any:
    """Statements, coded to this family, that the model picked a promise out of, with who keeps it or by when. “We”
    tells neither. A statement may come more than once."""
    who, due = Extract.details["who"].as_string(), Extract.details[("due", "text")].as_string()
    return (
        coded(session, chosen, source_ids, family)
        .join(Extract, col(Extract.passage_id) == Passage.id)
        .where(
            Extract.kind == "commitment",
            Extract.model == Passage.analysed_by,
            col(Extract.start) < Statement.end,
            col(Extract.end) > Statement.start,
            or_(who.not_in(("", "we")), due != ""),
            is_doing(),
            ~col(Passage.id).in_(decided_on(source_ids)),
        )
    )


def decided_on(source_ids: Sequence[int]) -> Any:
    """Passages where a person said something of a promise: there it is told by what holds, not by the model alone."""
    return (
        select(ExtractDecision.passage_id)
        .join(Passage, col(Passage.id) == ExtractDecision.passage_id)
        .join(Act, col(Act.id) == ExtractDecision.act_id)
        .where(
            col(Passage.source_id).in_(source_ids),
            ExtractDecision.kind == "commitment",
            col(Act.undone_at).is_(None),
        )
    )


def passages_decided_on(session: Session, source_ids: Sequence[int]) -> list[int]:
    return list(session.exec(decided_on(source_ids).distinct()))


def doing_by_people(session: Session, source_ids: Sequence[int], family: str) -> Iterator[tuple[int, str, int]]:
    """Source, question and statement, in passages where a person said something of a promise."""
    for some in batches(passages_decided_on(session, source_ids)):
        held = extracts.held_by(session, some, ["commitment"])
        wanted = select(
            Passage.source_id, StandingLabel.label, Statement.id, Passage.id, Statement.start, Statement.end
        )
        chosen = coded(session, wanted, source_ids, family).where(counts(), is_doing(), col(Passage.id).in_(some))
        for source_id, label, statement_id, passage_id, start, end in session.exec(chosen):
            if any(one.start < end and one.end > start and promises(one) for one in held[passage_id]):
                yield source_id, label, statement_id


def promises(held: extracts.Held) -> bool:
    details = held.details
    return held.state != "rejected" and bool(
        details.get("who", "") not in ("", "we") or (details.get("due") or {}).get("text")
    )


# -- How far the reading is -----------------------------------------------------------------------------


def progress_of(session: Session, frame: Frame) -> Progress:
    """A walk reads in the order of the passages; what is behind the place of one that is not done may be unread.

    One that was set aside is made good by a later one that read as much as it was to read.
    """
    if frame.retired_at or coding_frames.reader_of(session, frame.id) is None:
        return Progress(state="none", up_to=0)
    rows = session.exec(select(Walk).where(Walk.what == READ, Walk.frame_id == frame.id).order_by(col(Walk.id))).all()
    done = [one for one in rows if one.state == "done"]
    left = [
        one
        for one in rows
        if one.state != "done"
        and not (one.state == "set-aside" and any(other.id > one.id and other.done >= one.total for other in done))
    ]
    if not left:
        return Progress()
    last = left[-1]
    return Progress(last.state, min(one.place for one in left), last.reason)


def readings_of(session: Session, source_ids: Sequence[int], progress: Progress) -> dict[int, Reading]:
    unread = col(Passage.analysed_by).is_(None)
    foreign = and_(~unread, col(Passage.language).not_in(READ_LANGUAGES))
    behind = and_(~unread, ~foreign, col(Passage.id) > progress.up_to) if progress.up_to is not None else None
    waits = or_(unread, behind) if behind is not None else unread
    counted = (
        select(
            Passage.source_id,
            func.count(),
            func.sum(case((waits, 1), else_=0)),
            func.sum(case((foreign, 1), else_=0)),
        )
        .where(col(Passage.source_id).in_(source_ids), *standing.current()[1:])
        .group_by(Passage.source_id)
    )
    passages = {id: numbers for id, *numbers in session.exec(counted)}
    blind, refused = blind_in(session, source_ids), refused_among(session, source_ids)
    return {
        id: Reading(*passages.get(id, (0, 0, 0)), blind=blind.get(id, 0), refused=refused.get(id, ""))
        for id in source_ids
    }


def blind_in(session: Session, source_ids: Sequence[int]) -> dict[int, int]:
    chosen = (
        select(Passage.source_id, func.count())
        .join(BlindItem, col(BlindItem.passage_id) == Passage.id)
        .where(col(Passage.source_id).in_(source_ids), col(BlindItem.closed_at).is_(None))
    )
    return dict(session.exec(chosen.group_by(Passage.source_id)).all())


def refused_among(session: Session, source_ids: Sequence[int]) -> dict[int, str]:
    """Why nothing could be made of a file, or why its reading was set aside."""
    latest = select(func.max(Job.id)).where(Job.source_id == Source.id).correlate(Source).scalar_subquery()
    stopped = select(Job.source_id, Job.reason).join(Source, col(Source.id) == Job.source_id)
    stopped = stopped.where(col(Source.id).in_(source_ids), Job.id == latest, Job.state == "set-aside")
    files = select(Source.id, Upload.reason).join(Upload, col(Upload.id) == Source.upload_id)
    files = files.where(col(Source.id).in_(source_ids), Upload.state == "refused")
    told = [*session.exec(stopped), *session.exec(files)]
    return {id: reason or "The reading stopped" for id, reason in told}


# -- What people decided ----------------------------------------------------------------------------------


def latest_decisions(
    session: Session, review_id: int, source_ids: Sequence[int]
) -> dict[tuple[int, str], PlanDecision]:
    """The newest of each cell, without those that took back what was decided."""
    newest = (
        select(func.max(PlanDecision.id))
        .where(PlanDecision.review_id == review_id, col(PlanDecision.source_id).in_(source_ids))
        .group_by(PlanDecision.source_id, PlanDecision.code)
    )
    rows = session.exec(select(PlanDecision).where(col(PlanDecision.id).in_(newest), PlanDecision.how_far != ""))
    return {(row.source_id, row.code): row for row in rows}


# -- Counting -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Counted:
    """A question over plans, a joint plan once: how many of those that can be told answer it how far."""

    levels: Mapping[str, int]
    of: int  # plans of which it can be told
    not_read: int
    unreadable: int
    by_people: int
    organisations: int  # whose plans say anything of it
    of_organisations: int

    @property
    def any(self) -> int:
        return self.of - self.levels["none"]


def counted(whole: Coverage, code: str) -> Counted:
    cells = whole.of_question(code)
    levels = {level: sum(one.how_far == level for one in cells) for level in LEVELS}
    known = {one.source_id: one for one in cells if one.known}
    whose = [(one, known[one.source_id]) for one in whole.plans if one.source_id in known]
    told = {id for one, cell in whose if cell.how_far != "none" for id, _ in one.organisations}
    return Counted(
        levels=levels,
        of=len(known),
        not_read=sum(one.how_far == NOT_READ for one in cells),
        unreadable=sum(one.how_far == UNREADABLE for one in cells),
        by_people=sum(one.by_person for one in cells),
        organisations=len(told),
        of_organisations=len({id for one, _ in whose for id, _ in one.organisations}),
    )


# -- Quotes -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Quote:
    """A statement that stands coded to a question: by whom, how sure, and whether it says who does what or by when."""

    statement_id: int
    source_id: int
    passage_id: int
    position: int
    start: int
    state: str
    score: float | None
    doing: bool

    @property
    def counts(self) -> bool:
        return self.state != "suggested" or (self.score or 0) >= SURE

    @property
    def place(self) -> tuple[int, int]:
        return self.position, self.start

    @property
    def weight(self) -> tuple[Any, ...]:
        """What is quoted first: what counts, actions, what people said, what the machine is surest of."""
        return (not self.counts, not self.doing, self.state == "suggested", -(self.score or 0), self.position)


def quotes(session: Session, source_ids: Sequence[int], family: str, code: str) -> list[Quote]:
    """Of one question in these sources, in the order of the text."""
    wanted = select(
        Statement.id,
        Passage.source_id,
        Passage.id,
        Passage.position,
        Statement.start,
        StandingLabel.state,
        StandingLabel.score,
    )
    chosen = coded(session, wanted, source_ids, family).where(StandingLabel.label == code)
    rows = session.exec(chosen.order_by(col(Passage.source_id), col(Passage.position), col(Statement.start))).all()
    doing = doing_of(session, source_ids, family, code)
    return [Quote(*row, doing=row[0] in doing) for row in rows]


def doing_of(session: Session, source_ids: Sequence[int], family: str, code: str) -> set[int]:
    """The statements of a question that say what is or will be done, and who does it or by when."""
    by_machine = promised(session, select(Statement.id), source_ids, family).where(
        StandingLabel.label == code, counts()
    )
    people = doing_by_people(session, source_ids, family)
    return set(session.exec(by_machine)) | {id for _, label, id in people if label == code}


# -- Needs without an action ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Need:
    """A statement that tells of something that is missing, and what it is about that the plan says nothing of doing."""

    statement_id: int
    kinds: tuple[str, ...]
    about: tuple[tuple[str, str], ...]  # family and label


def needs(session: Session, source_id: int, family: str, need_code: str) -> list[Need]:
    """Statements of a plan that tell of a barrier, or of support that is needed, where no statement of the same plan on
    the same questions is a commitment or an activity; of one that stands on no question, on the same actions. One that
    stands on neither is met by nothing that could be found.

    What the machine is unsure of is here too: it is a list to be read, and no count.
    """
    labels = labels_in(session, source_id, (family, KINDS, ACTIONS))
    done = {
        about
        for held in labels.values()
        if held & {(KINDS, kind) for kind in DOING}
        for about in held
        if about[0] != KINDS
    }
    need = (family, need_code)
    found = []
    for statement_id, held in labels.items():
        kinds = sorted(label for of, label in held if of == KINDS and label in NEEDING)
        about = subjects(held - {need}, family)
        if (kinds or (need in held and about)) and not about & done:
            found.append(Need(statement_id, tuple(kinds), tuple(sorted(about))))
    return found


def subjects(held: set[tuple[str, str]], family: str) -> set[tuple[str, str]]:
    """What a statement is about: the questions that it stands on, or where it stands on none, the actions."""
    questions = {one for one in held if one[0] == family}
    return questions or {one for one in held if one[0] == ACTIONS}


def labels_in(session: Session, source_id: int, families: Sequence[str]) -> dict[int, set[tuple[str, str]]]:
    """The labels of each statement of a source, in the order of the text."""
    chosen = (
        select(Statement.id, StandingLabel.family, StandingLabel.label)
        .join(Passage, col(Passage.id) == Statement.passage_id)
        .join(StandingLabel, col(StandingLabel.statement_id) == Statement.id)
        .where(Passage.source_id == source_id, of_family(session, *families), *standing.current())
        .order_by(col(Passage.position), col(Statement.start))
    )
    found: defaultdict[int, set[tuple[str, str]]] = defaultdict(set)
    for statement_id, family, label in session.exec(chosen):
        found[statement_id].add((family, label))
    return dict(found)
