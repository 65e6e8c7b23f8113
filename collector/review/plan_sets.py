"""Reviews of local plans: which plans are in one, what each is called, whose it is, and for which areas and years.

A local plan is a document that an organisation or a partnership wrote; “the plan” of other modules is what statements
are read against. A joint plan is one row here, with several organisations and areas.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, or_, union, update
from sqlmodel import Session, col, func, select

from collector.database import insert_all, insert_once, now, one_at_a_time
from collector.findings.plan_models import LocalPlan, LocalPlanArea, LocalPlanOrganisation, PlanReview, ReviewedPlan
from collector.frameworks.models import Frame
from collector.intake import belonging, jobs, rounds
from collector.intake.models import Source, Submission, SubmissionPartner
from collector.organisations import directory
from collector.organisations.models import Organisation, OrganisationArea
from collector.review import steps
from collector.review.acts import CannotDo

# More rows than that no table on a page is read for; and the page is made within its time.
MOST_PLANS = 300
LONGEST_TITLE = 200


@dataclass(frozen=True)
class Plan:
    """A plan of a review, with what is known of it. `said_by` is who of the staff said so, where anybody did."""

    source_id: int
    title: str
    organisations: tuple[tuple[int, str], ...] = ()
    areas: tuple[str, ...] = ()
    starts_on: date | None = None
    ends_on: date | None = None
    said_by: int | None = None
    sample: bool = False
    permission: str = ""  # of who sent it; empty where staff brought it in

    @property
    def whose(self) -> str:
        return ", ".join(name for _, name in self.organisations)

    @property
    def joint(self) -> bool:
        return len(self.areas) > 1 or len(self.organisations) > 1


# -- Reviews ------------------------------------------------------------------------------------------


def make(session: Session, *, title: str, frame_id: int | None, need_code: str, staff_id: int, key: str) -> int:
    """Make a review; sent again, it is made once. The caller commits."""
    one_at_a_time(session, "plan reviews")
    if made := session.exec(select(PlanReview.id).where(PlanReview.key == key)).first():
        return made
    title = checked_title(title, "Say what the review is called")
    frame = session.get(Frame, frame_id) if frame_id else None
    if frame is None or frame.retired_at:
        raise CannotDo("Choose the questions: a framework that is in use")
    if need_code and need_code not in {code["id"] for code in frame.content["codes"]}:
        raise CannotDo("Choose the question about need from this framework’s own, or leave it open")
    row = PlanReview(title=title, frame_id=frame.id, need_code=need_code, made_by=staff_id, key=key)
    session.add(row)
    session.flush()
    return row.id


def checked_title(title: str, wanted: str) -> str:
    return steps.checked(" ".join(title.split()), wanted, what="the title", longest=LONGEST_TITLE)


def all_of(session: Session) -> list[tuple[PlanReview, str, int]]:
    """Every review, newest first, with what its questions are called and how many plans it has."""
    held = select(func.count()).select_from(ReviewedPlan).where(*in_review(PlanReview.id)).correlate(PlanReview)
    chosen = select(PlanReview, Frame.title, held.scalar_subquery()).join(Frame, col(Frame.id) == PlanReview.frame_id)
    return list(session.exec(chosen.order_by(col(PlanReview.id).desc())).all())


def in_review(review_id: Any) -> tuple[ColumnElement[bool], ...]:
    return (col(ReviewedPlan.review_id) == review_id, col(ReviewedPlan.taken_out_at).is_(None))


# -- The plans of a review ----------------------------------------------------------------------------


def may_be_plan() -> ColumnElement[bool]:
    """A document that staff brought in, or a file that came with a submission."""
    return Source.kind == "document"


def add(session: Session, review_id: int, source_ids: Collection[int], *, staff_id: int) -> int:
    """Put documents into the review; returns how many were not in it. The caller commits."""
    one_at_a_time(session, f"plans of review {review_id}")
    held = set(ids_in(session, review_id))
    chosen = select(Source.id).where(col(Source.id).in_(source_ids), may_be_plan())
    # Held until the commit, so that none is erased between here and there.
    wanted = set(session.exec(chosen.order_by(col(Source.id)).with_for_update(key_share=True))) - held
    if len(held) + len(wanted) > MOST_PLANS:
        raise CannotDo(f"Keep to {MOST_PLANS} plans: it has {len(held)}, and you chose {len(wanted)} more")
    same = {"review_id": review_id, "added_by": staff_id, "added_at": now()}
    insert_once(session, ReviewedPlan, [{**same, "source_id": id} for id in sorted(wanted)], ["review_id", "source_id"])
    again = update(ReviewedPlan).where(
        col(ReviewedPlan.review_id) == review_id, col(ReviewedPlan.source_id).in_(wanted)
    )
    session.exec(again.values(taken_out_by=None, taken_out_at=None))
    return len(wanted)


def take_out(session: Session, review_id: int, source_id: int, *, staff_id: int) -> None:
    """What was decided of it is kept. The caller commits."""
    this = (*in_review(review_id), col(ReviewedPlan.source_id) == source_id)
    session.exec(update(ReviewedPlan).where(*this).values(taken_out_by=staff_id, taken_out_at=now()))


def ids_in(session: Session, review_id: int) -> list[int]:
    return list(session.exec(select(ReviewedPlan.source_id).where(*in_review(review_id))))


def plans_in(session: Session, review_id: int) -> list[Plan]:
    """The plans of a review, by title."""
    return known(session, ids_in(session, review_id))


def known(session: Session, source_ids: Sequence[int]) -> list[Plan]:
    """What is known of these documents, by title: as staff said it, else as the document and its directory have it."""
    chosen = (
        select(Source.id, Source.title, Source.sample, Submission.permission, LocalPlan)
        .outerjoin(LocalPlan, col(LocalPlan.source_id) == Source.id)
        .outerjoin(Submission, col(Submission.id) == Source.submission_id)
    )
    rows = session.exec(chosen.where(col(Source.id).in_(source_ids))).all()
    said = [id for id, *_, plan in rows if plan]
    whose = organisations_of(session, source_ids, said)
    where = areas_of(session, said, {id: [one for one, _ in whose[id]] for id in source_ids if id not in set(said)})
    found = [
        Plan(
            source_id=id,
            title=plan.title if plan else title,
            organisations=tuple(whose[id]),
            areas=tuple(sorted(where[id], key=directory.area_name)),
            starts_on=plan.starts_on if plan else None,
            ends_on=plan.ends_on if plan else None,
            said_by=plan.changed_by if plan else None,
            sample=sample,
            permission=permission or "",
        )
        for id, title, sample, permission, plan in rows
    ]
    return sorted(found, key=lambda one: (one.title.casefold(), one.source_id))


def organisations_of(
    session: Session, source_ids: Sequence[int], said: Sequence[int]
) -> defaultdict[int, list[tuple[int, str]]]:
    """Whose each is: as staff said, else the organisation of the document and who sent it together with them."""
    own = select(col(Source.id).label("source_id"), col(Source.organisation_id).label("organisation_id"))
    joint = select(col(Source.id), col(SubmissionPartner.organisation_id)).join(
        SubmissionPartner, col(SubmissionPartner.submission_id) == Source.submission_id
    )
    by_staff = select(LocalPlanOrganisation.source_id, LocalPlanOrganisation.organisation_id)
    unsaid = [id for id in source_ids if id not in set(said)]
    either = union(
        own.where(col(Source.id).in_(unsaid)),
        joint.where(col(Source.id).in_(unsaid)),
        by_staff.where(col(LocalPlanOrganisation.source_id).in_(said)),
    ).subquery()
    named = select(either.c.source_id, Organisation.id, Organisation.name).join(
        Organisation, col(Organisation.id) == either.c.organisation_id
    )
    found: defaultdict[int, list[tuple[int, str]]] = defaultdict(list)
    for source_id, id, name in session.exec(named.order_by(col(Organisation.name_key))):
        found[source_id].append((id, name))
    return found


def areas_of(session: Session, said: Sequence[int], by_owner: dict[int, list[int]]) -> defaultdict[int, set[str]]:
    """For which areas each is: as staff said, else those that its organisations work in."""
    found: defaultdict[int, set[str]] = defaultdict(set)
    for source_id, area in session.exec(
        select(LocalPlanArea.source_id, LocalPlanArea.area).where(col(LocalPlanArea.source_id).in_(said))
    ):
        found[source_id].add(area)
    held = directory.areas_of(session, list({id for ids in by_owner.values() for id in ids}))
    for source_id, ids in by_owner.items():
        found[source_id].update(area for id in ids for area in held[id])
    return found


@dataclass(frozen=True)
class Facts:
    """What staff say of a plan."""

    title: str
    organisations: Sequence[str]  # names
    areas: Sequence[str]
    starts_on: date | None
    ends_on: date | None


def say(session: Session, source_id: int, facts: Facts, *, staff_id: int) -> None:
    """Keep what is said of a plan, in every review that it is in. The caller commits."""
    title = checked(facts)
    sample = session.exec(select(Source.sample).where(Source.id == source_id)).one()
    before = session.exec(
        select(LocalPlanOrganisation.organisation_id).where(LocalPlanOrganisation.source_id == source_id)
    ).all()
    held = directory.hold_named(session, facts.organisations, also=before, sample=sample)
    jobs.hold(session, select(Source.id).where(Source.id == source_id))  # who takes the source out holds it first
    if session.exec(select(Source.id).where(Source.id == source_id)).first() is None:
        raise CannotDo("The document of this plan was taken out since you opened this page")
    row = {"source_id": source_id, "title": title, "changed_by": staff_id, "changed_at": now()}
    insert_once(session, LocalPlan, [row], ["source_id"])
    values = {"title": title, "starts_on": facts.starts_on, "ends_on": facts.ends_on}
    this = update(LocalPlan).where(col(LocalPlan.source_id) == source_id)
    session.exec(this.values(**values, changed_by=staff_id, changed_at=now()))
    for table in (LocalPlanOrganisation, LocalPlanArea):
        session.exec(delete(table).where(col(table.source_id) == source_id))
    ids = sorted({held[directory.key_of(name)] for name in facts.organisations})
    insert_all(session, LocalPlanOrganisation, [{"source_id": source_id, "organisation_id": id} for id in ids])
    insert_all(session, LocalPlanArea, [{"source_id": source_id, "area": area} for area in sorted(set(facts.areas))])
    session.flush()
    for id in sorted(set(before) - set(ids)):
        belonging.forget(session, id)


class Fault(CannotDo):
    """Something is wrong with what is said of a plan: in which field, and what to do."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def checked(facts: Facts) -> str:
    """The title to keep; Fault for what cannot be kept."""
    try:
        title = checked_title(facts.title, "Say what the plan is called")
    except CannotDo as problem:
        raise Fault("title", str(problem)) from problem
    try:
        for name in facts.organisations:
            steps.checked(name, "", what="each name", longest=directory.LONGEST_NAME)
    except CannotDo as problem:
        raise Fault("organisations", str(problem)) from problem
    if facts.starts_on and facts.ends_on and facts.ends_on < facts.starts_on:
        raise Fault("ends", "Enter a last day that is not before the first")
    return title


# -- Documents to choose from -------------------------------------------------------------------------


@dataclass(frozen=True)
class Sought:
    """What a document must be that is looked for: words of its title or organisation, its area, when it came."""

    search: str = ""
    area: str = ""
    since: date | None = None
    until: date | None = None


def candidates(sought: Sought) -> Any:
    """Documents, those that came last first."""
    chosen = select(Source.id).where(may_be_plan(), *matching(sought))
    return chosen.order_by(col(Source.received_at).desc(), col(Source.id).desc())


def matching(sought: Sought) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if words := sought.search.strip():
        conditions.append(named(words))
    if sought.area:
        there = select(OrganisationArea.organisation_id).where(OrganisationArea.area == sought.area)
        said = select(LocalPlanArea.source_id).where(LocalPlanArea.area == sought.area)
        conditions.append(or_(belongs_to(there), col(Source.id).in_(said)))
    if sought.since:
        conditions.append(col(Source.received_at) >= rounds.opening_of(sought.since))
    if sought.until:
        conditions.append(col(Source.received_at) < rounds.opening_of(sought.until + timedelta(days=1)))
    return conditions


def named(words: str) -> ColumnElement[bool]:
    there = select(Organisation.id).where(col(Organisation.name).icontains(words, autoescape=True))
    said = select(LocalPlan.source_id).where(col(LocalPlan.title).icontains(words, autoescape=True))
    titled = col(Source.title).icontains(words, autoescape=True)
    return or_(titled, belongs_to(there), col(Source.id).in_(said))


def belongs_to(organisation_ids: Any) -> ColumnElement[bool]:
    joint = select(SubmissionPartner.submission_id).where(col(SubmissionPartner.organisation_id).in_(organisation_ids))
    said = select(LocalPlanOrganisation.source_id).where(
        col(LocalPlanOrganisation.organisation_id).in_(organisation_ids)
    )
    return or_(
        col(Source.organisation_id).in_(organisation_ids),
        col(Source.submission_id).in_(joint),
        col(Source.id).in_(said),
    )


def names_in(text: str) -> list[str]:
    """A name a line, each once."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    return list({directory.key_of(line): line for line in lines if line}.values())


def areas_known(ids: Iterable[str]) -> list[str]:
    names = directory.area_names()
    return [id for id in ids if id in names]
