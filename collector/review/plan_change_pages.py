"""Staff: reviews of local plans, to be made and worked on: questions, plans, what is known of each, decisions."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from sqlmodel import Session, col, func, select

from collector.accounts import secrets
from collector.database import Database
from collector.findings.plan_models import LocalPlan
from collector.frameworks import coding_frames
from collector.frameworks.models import Frame
from collector.intake.models import Source
from collector.organisations import directory
from collector.review import plan_decisions, plan_sets, plan_shown, reading
from collector.review.acts import CannotDo
from collector.review.plan_decisions import Meant
from collector.review.plan_pages import cell_page, of_plan_or_404, plan_or_404, question_or_404, review_or_404
from collector.review.plan_sets import Facts, Sought
from collector.review.plan_shown import ROOT, url_of
from collector.web.page import page
from collector.web.posted import Posted, first, whole_number
from collector.web.turns import AT_ONCE, PageNumber, address, turn_of, turn_shown
from forms import dates as forms_dates
from forms.questions import Question

# A question of this title asks what is needed, unless staff say otherwise.
NEED = "assessment of need"


# -- A new review ---------------------------------------------------------------------------------------------


@get(ROOT + "/new", sync_to_thread=True)
def new_page(request: Request, database: NamedDependency[Database]) -> Template:
    with database.reading() as session:
        return form_page(request, session, {"key": secrets.fresh()})


def form_page(request: Request, session: Session, typed: Mapping[str, str], *, problem: str = "") -> Template:
    frames = coding_frames.in_use(session)
    return page(
        request,
        "review/plans/new.html",
        status_code=422 if problem else 200,
        problem=problem,
        shipped=plan_shown.shipped_questions(session),
        typed={"title": "", "questions": "", **typed},
        frames=[
            {
                "id": str(id),
                "label": frame.title,
                "group": "",
                "hint": "",
                "codes": [one.title for one in frame.codes],
            }
            for id, frame in frames
        ],
    )


@post(ROOT + "/new", sync_to_thread=True)
def make(request: Request, database: NamedDependency[Database], posted: NamedDependency[Posted]) -> Redirect | Template:
    typed = {name: first(posted, name) for name in ("title", "questions", "key")}
    with database.writing() as session:
        try:
            frame_id = whole_number(typed["questions"])
            review_id = plan_sets.make(
                session,
                title=typed["title"],
                frame_id=frame_id,
                need_code=need_of(session, frame_id),
                staff_id=request.user.id,
                key=typed["key"][:100] or secrets.fresh(),
            )
        except CannotDo as problem:
            return form_page(request, session, typed, problem=str(problem))
        session.commit()
    return Redirect(url_of(review_id, "choose"), status_code=303)


def need_of(session: Session, frame_id: int | None) -> str:
    """The question of the frame that asks what is needed, told by its title."""
    frame = session.get(Frame, frame_id) if frame_id else None
    codes = frame.content["codes"] if frame else []
    return next((one["id"] for one in codes if one["title"].casefold() == NEED), "")


# -- Its plans ------------------------------------------------------------------------------------------------


@get(ROOT + "/{review_id:int}/choose", sync_to_thread=True)
def choose_page(
    request: Request, database: NamedDependency[Database], review_id: FromPath[int], number: PageNumber = 1
) -> Template:
    with database.reading() as session:
        return chooser(request, session, review_id, dict(request.query_params), number=number)


def chooser(
    request: Request,
    session: Session,
    review_id: int,
    query: Mapping[str, str],
    *,
    number: int = 1,
    problem: str = "",
    ticked: frozenset[int] = frozenset(),
) -> Template:
    review = review_or_404(session, review_id)
    sought = sought_in(query)
    total = session.exec(select(func.count()).select_from(plan_sets.candidates(sought).subquery())).one()
    turn = turn_of(number, total, AT_ONCE)
    ids = session.exec(plan_sets.candidates(sought).offset(turn.offset).limit(turn.at_once)).all()
    held = set(plan_sets.ids_in(session, review_id))
    asked = {name: query.get(name, "") for name in ("search", "area", "since", "until")}
    return page(
        request,
        "review/plans/choose.html",
        status_code=422 if problem else 200,
        review={"title": review.title, "url": url_of(review.id)},
        rows=rows_of(session, ids, held, ticked),
        total=total,
        held=len(held),
        added=whole_number(query.get("added", "")),
        sought=asked,
        narrows=any(asked.values()),
        areas=sorted(directory.area_names().items(), key=lambda one: one[1]),
        action=address(url_of(review_id, "choose"), {**asked, "page": turn.number if turn.number > 1 else ""}),
        path=url_of(review_id, "choose"),
        pages=turn_shown(turn, url_of(review_id, "choose"), asked),
        problem=problem,
    )


def sought_in(query: Mapping[str, str]) -> Sought:
    area = query.get("area", "")
    return Sought(
        search=query.get("search", "")[:200],
        area=area if area in directory.area_names() else "",
        since=day_of(query.get("since", "")),
        until=day_of(query.get("until", "")),
    )


def day_of(text: str) -> date | None:
    """A day as an address has it; nothing where there is none, or none that ever was."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 1900 < found.year < 2200 else None


def rows_of(session: Session, ids: Any, held: set[int], ticked: frozenset[int]) -> list[dict[str, Any]]:
    known = {one.source_id: one for one in plan_sets.known(session, ids)}
    came = {
        source.id: {"received_at": source.received_at, "state": reading.state_shown(job)}
        for source, job, *_ in session.exec(reading.source_row_query().where(col(Source.id).in_(ids)))
    }
    return [
        {
            "id": id,
            "title": known[id].title,
            "url": f"/staff/sources/{id}",
            "whose": known[id].whose or "No organisation named",
            "areas": [directory.area_name(area) for area in known[id].areas],
            "sample": known[id].sample,
            "held": id in held,
            "ticked": id in ticked,
            **came[id],
        }
        for id in ids
        if id in came
    ]


@post(ROOT + "/{review_id:int}/choose", sync_to_thread=True)
def choose(
    request: Request,
    database: NamedDependency[Database],
    posted: NamedDependency[Posted],
    review_id: FromPath[int],
) -> Redirect | Template:
    ids = frozenset(id for one in posted.get("plan", []) if (id := whole_number(one)) is not None)
    query = dict(request.query_params)
    with database.writing() as session:
        review_or_404(session, review_id)
        session.rollback()  # with nothing held, as the verb wants it
        try:
            if not ids:
                raise CannotDo("Tick the plans that are to be in the review")
            number = plan_sets.add(session, review_id, ids, staff_id=request.user.id)
        except CannotDo as problem:
            at = whole_number(query.get("page", "")) or 1
            return chooser(request, session, review_id, query, number=at, problem=str(problem), ticked=ids)
        session.commit()
    return Redirect(address(url_of(review_id, "choose"), {**query, "added": number or "0"}), status_code=303)


@post(ROOT + "/{review_id:int}/take-out/{plan_id:int}", sync_to_thread=True)
def take_out(
    request: Request, database: NamedDependency[Database], review_id: FromPath[int], plan_id: FromPath[int]
) -> Redirect:
    with database.writing() as session:
        of_plan_or_404(session, review_id, plan_id)
        plan_sets.take_out(session, review_id, plan_id, staff_id=request.user.id)
        session.commit()
    return Redirect(url_of(review_id), status_code=303)


# -- What is known of a plan ----------------------------------------------------------------------------------


@get(ROOT + "/{review_id:int}/facts/{plan_id:int}", sync_to_thread=True)
def facts_page(
    request: Request, database: NamedDependency[Database], review_id: FromPath[int], plan_id: FromPath[int]
) -> Template:
    with database.reading() as session:
        one = plan_or_404(of_plan_or_404(session, review_id, plan_id), plan_id)
        typed = {
            "title": [one.title],
            "organisations": ["\n".join(name for _, name in one.organisations)],
            "areas": list(one.areas),
            "starts": [one.starts_on.isoformat()] if one.starts_on else [],
            "ends": [one.ends_on.isoformat()] if one.ends_on else [],
        }
        return facts_form(request, session, review_id, plan_id, typed, {})


def facts_form(
    request: Request,
    session: Session,
    review_id: int,
    plan_id: int,
    typed: Mapping[str, list[str]],
    problems: Mapping[str, str],
) -> Template:
    review = review_or_404(session, review_id)
    said = session.get(LocalPlan, plan_id)
    return page(
        request,
        "review/plans/facts.html",
        status_code=422 if problems else 200,
        review={"title": review.title, "url": url_of(review_id)},
        plan_url=url_of(review_id, "plans", plan_id),
        take_out_url=url_of(review_id, "take-out", plan_id),
        action=url_of(review_id, "facts", plan_id),
        typed=typed,
        problems=problems,
        lines=[{"url": f"#{field}", "message": message} for field, message in problems.items()],
        said_at=said.changed_at if said else None,
        areas=[
            {"id": id, "label": name, "hint": "", "exclusive": False}
            for id, name in sorted(directory.area_names().items(), key=lambda one: one[1])
        ],
        parts={name: forms_dates.parts(typed.get(name, [])) for name in ("starts", "ends")},
    )


@post(ROOT + "/{review_id:int}/facts/{plan_id:int}", sync_to_thread=True)
def say_facts(
    request: Request,
    database: NamedDependency[Database],
    posted: NamedDependency[Posted],
    review_id: FromPath[int],
    plan_id: FromPath[int],
) -> Redirect | Template:
    days, problems = days_in(posted)
    facts = Facts(
        title=first(posted, "title"),
        organisations=plan_sets.names_in(first(posted, "organisations")),
        areas=plan_sets.areas_known(posted.get("areas", [])),
        starts_on=days["starts"],
        ends_on=days["ends"],
    )
    with database.writing() as session:
        of_plan_or_404(session, review_id, plan_id)
        session.rollback()
        try:
            if not problems:
                plan_sets.say(session, plan_id, facts, staff_id=request.user.id)
        except plan_sets.Fault as fault:
            problems = {fault.field: str(fault)}
        if problems:
            session.rollback()
            return facts_form(request, session, review_id, plan_id, posted, problems)
        session.commit()
    return Redirect(url_of(review_id, "plans", plan_id), status_code=303)


def days_in(posted: Posted) -> tuple[dict[str, date | None], dict[str, str]]:
    """The days of the form, and by field what to do about those that are none."""
    days: dict[str, date | None] = {}
    problems: dict[str, str] = {}
    for name in ("starts", "ends"):
        sent, days[name] = posted.get(name, []), None
        if any(text.strip() for text in sent):
            found, problem = forms_dates.judge(DAY, sent)
            days[name] = date.fromisoformat(found) if found else None
            problems |= {name: problem} if problem else {}
    return days, problems


DAY = Question(id="day", type="date", label="Day", optional=True, earliest=date(1990, 1, 1), latest=date(2100, 1, 1))


# -- How far a plan answers a question ------------------------------------------------------------------------


@post(ROOT + "/{review_id:int}/plans/{plan_id:int}/{question:str}", sync_to_thread=True)
def decide(
    request: Request,
    database: NamedDependency[Database],
    posted: NamedDependency[Posted],
    review_id: FromPath[int],
    plan_id: FromPath[int],
    question: FromPath[str],
) -> Response | Redirect:
    typed = {"how_far": first(posted, "how_far"), "why": first(posted, "why")}
    taken_back = first(posted, "then") == "take-back"
    with database.writing() as session:
        question_or_404(of_plan_or_404(session, review_id, plan_id), question)
        session.rollback()  # with nothing held, as the verb wants it
        try:
            if not taken_back and typed["how_far"] not in plan_shown.WORDS:
                raise CannotDo("Choose how far the plan answers the question")
            meant = Meant(
                source_id=plan_id,
                code=question,
                how_far=plan_decisions.TAKEN_BACK if taken_back else typed["how_far"],
                why=typed["why"],
                seen=whole_number(first(posted, "seen")) or 0,
            )
            review = review_or_404(session, review_id)
            plan_decisions.decide(session, review, meant, staff_id=request.user.id)
        except CannotDo as problem:
            session.rollback()
            return cell_page(request, session, review_id, plan_id, question, problem=str(problem), typed=typed)
        session.commit()
    return Redirect(url_of(review_id, "plans", plan_id, question), status_code=303)


handlers = [new_page, make, choose_page, choose, take_out, facts_page, say_facts, decide]
