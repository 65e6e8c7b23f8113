"""Staff: reviews of local plans, to be read: plans by questions, one plan, one question, a cell, needs, files."""

from collections import defaultdict
from typing import Any

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Response, Stream, Template
from sqlmodel import Session

from collector import dates
from collector.accounts import staff
from collector.accounts.access import REVIEWERS
from collector.database import Database, now
from collector.findings.plan_models import PlanReview
from collector.intake import file_names
from collector.organisations import directory
from collector.review import (
    export_files,
    plan_coverage,
    plan_decisions,
    plan_exports,
    plan_sets,
    plan_shown,
)
from collector.review.plan_coverage import LEVELS, OPEN, WORDS, Coverage
from collector.review.plan_shown import ROOT, url_of
from collector.web.page import page
from collector.web.turns import PageNumber, turn_of, turn_shown

# Of each plan on the page of a question; all of them stand on the page of the plan and the question.
QUOTES = 3
QUOTES_OF_PLAN = 2
PLANS_WITH_NEEDS = 10  # a page


@get(ROOT, sync_to_thread=True)
def reviews(request: Request, database: NamedDependency[Database]) -> Template:
    with database.reading() as session:
        names = staff.names(session)
        rows = [
            {
                "title": one.title,
                "url": url_of(one.id),
                "frame": frame,
                "plans": plans,
                "by": names[one.made_by],
                "at": one.made_at,
            }
            for one, frame, plans in plan_sets.all_of(session)
        ]
        shipped = plan_shown.shipped_questions(session) if may_change(request) else None
    return page(request, "review/plans/all.html", rows=rows, may_change=may_change(request), shipped=shipped)


def may_change(request: Request) -> bool:
    return request.user.role in REVIEWERS


def review_or_404(session: Session, review_id: int) -> PlanReview:
    found = session.get(PlanReview, review_id)
    if found is None:
        raise NotFoundException("There is no review of plans at this address")
    return found


def plan_or_404(whole: Coverage, plan_id: int) -> plan_sets.Plan:
    found = next((one for one in whole.plans if one.source_id == plan_id), None)
    if found is None:
        raise NotFoundException("This plan is not in the review")
    return found


def question_or_404(whole: Coverage, question: str) -> str:
    if question not in {one.id for one in whole.questions}:
        raise NotFoundException("The review has no such question")
    return question


def of_plan_or_404(session: Session, review_id: int, plan_id: int) -> Coverage:
    """The review with this plan alone."""
    review = review_or_404(session, review_id)
    if plan_id not in plan_sets.ids_in(session, review_id):
        raise NotFoundException("This plan is not in the review")
    return plan_coverage.coverage(session, review, [plan_id])


# -- Plans by questions ---------------------------------------------------------------------------------------


@get(ROOT + "/{review_id:int}", sync_to_thread=True)
def one_review(request: Request, database: NamedDependency[Database], review_id: FromPath[int]) -> Template:
    with database.reading() as session:
        whole = plan_coverage.coverage(session, review_or_404(session, review_id))
        held = plan_shown.on_hold(session)
    wanted = plan_shown.read(dict(request.query_params), whole)
    some = plan_shown.narrowed(whole, wanted)
    return page(
        request,
        "review/plans/one.html",
        sample=bool(whole.plans) and all(one.sample for one in whole.plans),
        review=plan_shown.review_shown(whole),
        progress=plan_shown.progress_words(whole),
        questions=[plan_shown.question_shown(some, code.id, held) for code in whole.questions],
        groups=groups(some, wanted),
        decided=plan_shown.decided_words(some),
        shown=len(some.plans),
        wanted=wanted,
        chosen=plan_shown.chosen(whole, wanted),
        filters=filters_of(whole),
        by_area_url=f"{url_of(review_id)}?{wanted.query(by='' if wanted.by else 'area')}".rstrip("?"),
        levels=[{"far": level, "word": word} for level, word in (WORDS | OPEN).items()],
        files=plan_exports.offered(review_id, wanted) if may_change(request) else [],
        may_change=may_change(request),
    )


def groups(some: Coverage, wanted: plan_shown.Wanted) -> list[dict[str, Any]]:
    """The rows of the table; by area a joint plan stands under each of its areas."""
    shown = {one.source_id: plan_shown.plan_shown(some, one) for one in some.plans}
    if not wanted.by:
        return [{"title": "", "plans": list(shown.values())}] if shown else []
    found: defaultdict[str, list[Any]] = defaultdict(list)
    for one in some.plans:
        for area in one.areas or [""]:
            if not wanted.area or area == wanted.area:
                found[directory.area_name(area) if area else "No area named"].append(shown[one.source_id])
    return [{"title": title, "plans": found[title]} for title in sorted(found)]


def filters_of(whole: Coverage) -> dict[str, Any]:
    areas = {area for one in whole.plans for area in one.areas}
    return {
        "areas": sorted(((area, directory.area_name(area)) for area in areas), key=lambda one: one[1]),
        "questions": [(one.id, one.title) for one in whole.questions],
        "far": list(plan_shown.PICKED.items()),
    }


# -- One question over all plans --------------------------------------------------------------------------------


@get(ROOT + "/{review_id:int}/questions/{question:str}", sync_to_thread=True)
def one_question(
    request: Request, database: NamedDependency[Database], review_id: FromPath[int], question: FromPath[str]
) -> Template:
    query = dict(request.query_params)
    with database.reading() as session:
        review = review_or_404(session, review_id)
        whole, found = plan_coverage.of_one_question(session, review, question)
        code = question_or_404(whole, question)
        wanted = plan_shown.read(query, whole)
        if wanted.far and wanted.question != code:  # plans are picked by how far they answer another one
            whole = plan_coverage.coverage(session, review)
        some = plan_shown.narrowed(whole, wanted)
        quoted = first_quotes(session, some, code, found)
        held = plan_shown.on_hold(session)
    shown = [plan_shown.plan_shown(some, one) | {"cell": None} for one in some.plans]
    for one in shown:
        one["cell"] = next(cell for cell in one["cells"] if cell["code"] == code)
        one["quotes"] = quoted.get(one["id"], [])
    return page(
        request,
        "review/plans/question.html",
        review=plan_shown.review_shown(whole),
        question=plan_shown.question_shown(some, code, held),
        neighbours=neighbours(whole, code, wanted),
        groups=[
            {"far": far, "word": word, "plans": [one for one in shown if one["cell"]["far"] == far]}
            for far, word in (*reversed(WORDS.items()), *OPEN.items())
        ],
        chosen=plan_shown.chosen(whole, wanted),
        back_url=f"{url_of(review_id)}?{wanted.query()}".rstrip("?"),
    )


def first_quotes(
    session: Session, some: Coverage, code: str, found: list[plan_coverage.Quote]
) -> dict[int, list[dict[str, Any]]]:
    """Some of each plan: those that count and say the most, in the order of the text."""
    shown_of = {one.source_id for one in some.plans}
    unsure = {cell.source_id for cell in some.of_question(code) if stands_on_unsure(cell)}
    by_plan: defaultdict[int, list[plan_coverage.Quote]] = defaultdict(list)
    for one in found:
        if one.source_id in shown_of and (one.counts or one.source_id in unsure):
            by_plan[one.source_id].append(one)
    few = [
        quote
        for said in by_plan.values()
        for quote in sorted(sorted(said, key=lambda one: one.weight)[:QUOTES], key=lambda one: one.place)
    ]
    shown: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    for one in plan_shown.quotes_shown(session, few):
        shown[one["source_id"]].append(one)
    return shown


def stands_on_unsure(cell: plan_coverage.Cell) -> bool:
    """That a person said that there is something where the machine was sure of nothing: what it found is quoted."""
    return cell.by_person and cell.how_far != "none" and not cell.found.statements


def neighbours(whole: Coverage, code: str, wanted: plan_shown.Wanted) -> dict[str, Any]:
    """The questions before and after, as in a document that is leafed through."""
    ids = [one.id for one in whole.questions]
    at = ids.index(code)

    def link(place: int) -> dict[str, str] | None:
        if not 0 <= place < len(ids):
            return None
        url = url_of(whole.review.id, "questions", ids[place])
        return {"url": f"{url}?{wanted.query()}".rstrip("?"), "title": plan_shown.title_of(whole, ids[place])}

    return {"before": link(at - 1), "after": link(at + 1)}


# -- One plan -------------------------------------------------------------------------------------------------


@get(ROOT + "/{review_id:int}/plans/{plan_id:int}", sync_to_thread=True)
def one_plan(
    request: Request, database: NamedDependency[Database], review_id: FromPath[int], plan_id: FromPath[int]
) -> Template:
    with database.reading() as session:
        whole = of_plan_or_404(session, review_id, plan_id)
        one = plan_or_404(whole, plan_id)
        shown = plan_shown.plan_shown(whole, one)
        for cell in shown["cells"]:
            cell["quotes"] = some_quotes(session, whole, plan_id, cell["code"])
        needs = plan_shown.needs_shown(session, whole, needs_of(session, whole, plan_id))
    return page(
        request,
        "review/plans/plan.html",
        sample=one.sample,
        review=plan_shown.review_shown(whole),
        plan=shown,
        needs=needs,
        change_url=url_of(review_id, "facts", plan_id) if may_change(request) else "",
    )


def some_quotes(session: Session, whole: Coverage, plan_id: int, code: str) -> list[dict[str, Any]]:
    found = [one for one in plan_coverage.quotes(session, [plan_id], whole.family, code) if one.counts]
    few = sorted(sorted(found, key=lambda one: one.weight)[:QUOTES_OF_PLAN], key=lambda one: one.place)
    return plan_shown.quotes_shown(session, few)


def needs_of(session: Session, whole: Coverage, plan_id: int) -> list[plan_coverage.Need]:
    return plan_coverage.needs(session, plan_id, whole.family, whole.review.need_code)


@get(ROOT + "/{review_id:int}/needs", sync_to_thread=True)
def needs_page(
    request: Request, database: NamedDependency[Database], review_id: FromPath[int], number: PageNumber = 1
) -> Template:
    """Needs that are stated without an action to meet them, plan by plan."""
    with database.reading() as session:
        review = review_or_404(session, review_id)
        plans = plan_sets.plans_in(session, review_id)
        turn = turn_of(number, len(plans), PLANS_WITH_NEEDS)
        few = plans[turn.offset : turn.offset + turn.at_once]
        whole = plan_coverage.coverage(session, review, [one.source_id for one in few])
        rows = [
            plan_shown.plan_shown(whole, one)
            | {"needs": plan_shown.needs_shown(session, whole, needs_of(session, whole, one.source_id))}
            for one in whole.plans
        ]
    return page(
        request,
        "review/plans/needs.html",
        review=plan_shown.review_shown(whole),
        plans_shown=rows,
        pages=turn_shown(turn, url_of(review_id, "needs"), {}),
    )


@get(ROOT + "/{review_id:int}/plans/{plan_id:int}/{question:str}", sync_to_thread=True)
def one_cell(
    request: Request,
    database: NamedDependency[Database],
    review_id: FromPath[int],
    plan_id: FromPath[int],
    question: FromPath[str],
    number: PageNumber = 1,
) -> Template:
    with database.reading() as session:
        return cell_page(request, session, review_id, plan_id, question, number=number)


def cell_page(
    request: Request,
    session: Session,
    review_id: int,
    plan_id: int,
    question: str,
    *,
    number: int = 1,
    problem: str = "",
    typed: dict[str, str] | None = None,
) -> Template:
    """A plan and a question: all that is quoted, what is proposed and why, what was decided, and the form to decide."""
    whole = of_plan_or_404(session, review_id, plan_id)
    code = question_or_404(whole, question)
    one, cell = plan_or_404(whole, plan_id), whole.cells[plan_id, code]
    found = plan_coverage.quotes(session, [plan_id], whole.family, code)
    sure, unsure = ([quote for quote in found if quote.counts is wanted] for wanted in (True, False))
    turn = turn_of(number, len(sure))
    history = plan_decisions.history(session, review_id, plan_id, code)
    return page(
        request,
        "review/plans/cell.html",
        status_code=422 if problem else 200,
        sample=one.sample,
        review=plan_shown.review_shown(whole),
        plan=plan_shown.plan_shown(whole, one),
        question=plan_shown.question_shown(whole, code, plan_shown.on_hold(session)),
        cell=plan_shown.cell_shown(whole, cell),
        quotes=plan_shown.quotes_shown(session, sure[turn.offset : turn.offset + turn.at_once]),
        unsure=plan_shown.quotes_shown(session, unsure) if turn.number == 1 else [],
        total=len(sure),
        pages=turn_shown(turn, url_of(review_id, "plans", plan_id, code), {}),
        history=plan_shown.history_shown(session, history),
        seen=history[0].id if history else 0,
        levels=[{"id": level, "label": WORDS[level], "hint": HINTS[level], "exclusive": False} for level in LEVELS],
        one_in=plan_coverage.ONE_IN,
        passages=whole.readings[plan_id].passages,
        problem=problem,
        typed=typed or {"how_far": cell.how_far if cell.by_person else "", "why": ""},
        may_change=may_change(request),
    )


HINTS = {
    "none": "The plan says nothing of it.",
    "mentioned": "It is named or touched on, and no more.",
    "described": "It says what is the case, or what is done.",
    "actions": "It says what will be done, and who does it or by when.",
}


# -- Files --------------------------------------------------------------------------------------------------


@get(ROOT + "/{review_id:int}/files/{table_file:str}", sync_to_thread=True)
def download(
    request: Request, database: NamedDependency[Database], review_id: FromPath[int], table_file: FromPath[str]
) -> Response:
    table, _, kind = table_file.partition(".")
    if table not in plan_exports.TABLES or kind not in plan_exports.FORMATS:
        raise NotFoundException("There is no file at this address")
    with database.reading() as session:
        whole = plan_coverage.coverage(session, review_or_404(session, review_id))
        wanted = plan_shown.read(dict(request.query_params), whole)
        file = plan_exports.made(session, whole, wanted, table, kind, at=dates.in_full(now()))
    name = f"plans-{table}-{now():%Y-%m-%d-%H%M}.{kind}"
    headers = {"Content-Disposition": file_names.attached(name)}
    return Stream(export_files.parts_of(file), media_type=export_files.MEDIA_TYPES[kind], headers=headers)


handlers = [reviews, one_review, one_question, one_plan, needs_page, one_cell, download]
