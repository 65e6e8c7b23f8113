"""Staff: one decision on many passages. What will happen to how many is said first, then it is done, then told."""

from typing import Annotated, Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect, Response, Template
from sqlmodel import Session

from collector.database import Database
from collector.findings.models import Act, BulkList
from collector.frameworks import plan
from collector.review import acts, bulk, queue, queue_pages, reading, steps, work
from collector.review.acts import CannotDo
from collector.review.queue_pages import URL
from collector.web.page import page as show
from collector.web.posted import Posted, first, whole_number

# What was done, after "312 passages".
DONE = {
    "finish": "All suggestions accepted, and marked as decided",
    "accept": "Accepted",
    "reject": "Rejected",
    "second-look": "Marked for a second look",
    "set-aside": "Set aside",
    "in-review": "Taken up again",
    "assign": "Given out",
}

Label = Annotated[str, QueryParameter(max_length=100)]


@post(f"{URL}/bulk", sync_to_thread=True)
def gather(request: Request, database: NamedDependency[Database], posted: NamedDependency[Posted]) -> Response:
    """Count them, and keep which they are."""
    wanted = queue_pages.read_query(first(posted, "query"))
    which = first(posted, "which")
    with database.writing() as session:
        try:
            kept = bulk.gather(
                session,
                wanted,
                first(posted, "what"),
                staff_id=request.user.id,
                ticked=ticked(posted) if which == "ticked" else None,
                at_most=how_many(posted) if which == "first" else bulk.MOST,
                after=first(posted, "after")[:80],
            )
        except CannotDo as problem:
            return queue_pages.page(request, session, wanted, problem={"field": "what", "message": str(problem)})
        url = f"{URL}/bulk/{kept.id}"
        session.commit()
    return Redirect(url, status_code=303)


def ticked(posted: Posted) -> dict[int, int]:
    """The passages that were ticked, each with its revision as the page showed it."""
    pairs = [value.partition(".") for value in posted.get("tick", [])]
    numbers = [(whole_number(id), whole_number(revision)) for id, _, revision in pairs]
    return {id: revision for id, revision in numbers if id is not None and revision is not None}


def how_many(posted: Posted) -> int:
    found = whole_number(first(posted, "number").strip().replace(",", ""))
    if not found:
        raise CannotDo("Enter how many of the first this is about, such as 50")
    return found


@get(f"{URL}/bulk/{{list_id:int}}", sync_to_thread=True)
def bulk_page(
    request: Request, database: NamedDependency[Database], list_id: FromPath[int], label: Label = ""
) -> Template:
    with database.reading() as session:
        return page(request, session, own_list(session, list_id, request.user.id), label=label)


def own_list(session: Session, list_id: int, staff_id: int, *, to_change: bool = False) -> BulkList:
    kept = bulk.find(session, list_id, staff_id, to_change=to_change)
    if kept is None:
        raise NotFoundException("There is no list of yours at this address. Lists are kept for a day")
    return kept


def page(
    request: Request, session: Session, kept: BulkList, *, label: str = "", typed: str = "", problem: str = ""
) -> Template:
    wanted = queue_pages.read_query(kept.query)
    context = {
        "kept": kept,
        "what": bulk.WHAT[kept.what],
        "counted": len(kept.counted),
        "more": bulk.more(session, kept, wanted),
        "most": bulk.MOST,
        "url": URL,
        "back_url": queue_pages.address(wanted),
        "query": kept.query,
        "state": queue.STATES[wanted.state],
        "order": queue.ORDERS[wanted.order],
        "tags": queue_pages.tags(wanted, queue_pages.names_chosen(session, wanted)),
        "problem": problem,
    }
    if kept.done_at:
        told = {"done": DONE[kept.what], "not_done": reasons(kept.not_done), "act": act_shown(session, kept)}
        return show(request, "review/bulk_done.html", status_code=422 if problem else 200, **context, **told)
    chosen = chosen_label(kept, wanted, label)
    outlook = bulk.outlook(session, kept, chosen) if chosen or kept.what not in bulk.ON_LABEL else None
    return show(
        request,
        "review/bulk.html",
        status_code=422 if problem else 200,
        **context,
        outlook=outlook,
        not_done=reasons(outlook.not_done) if outlook else [],
        label=":".join(chosen) if chosen else "",
        label_title=plan.title(*chosen) if chosen else "",
        families=reading.label_choices() if kept.what in bulk.ON_LABEL else [],
        reason_wanted=steps.WITH_REASON.get(kept.what, ""),
        people=work.reviewers(session) if kept.what == "assign" else [],
        typed=typed,
        longest=steps.LONGEST,
    )


def chosen_label(kept: BulkList, wanted: queue.Wanted, label: str) -> tuple[str, str] | None:
    """The label that it is about: the one chosen here, else the one that the queue was narrowed by."""
    family, _, id = (label or wanted.label).partition(":")
    return (family, id) if kept.what in bulk.ON_LABEL and plan.known(family, id) else None


def reasons(not_done: dict[str, int]) -> list[tuple[int, str]]:
    return [(not_done[one], words) for one, words in bulk.NOT_DONE.items() if not_done.get(one)]


def act_shown(session: Session, kept: BulkList) -> dict[str, Any] | None:
    act = session.get(Act, kept.act_id) if kept.act_id else None
    if act is None:
        return None
    latest = acts.last(session, kept.staff_id)
    return {"undone_at": act.undone_at, "is_last": latest is not None and latest.id == act.id}


@post(f"{URL}/bulk/{{list_id:int}}", sync_to_thread=True)
def carry_out(
    request: Request, database: NamedDependency[Database], posted: NamedDependency[Posted], list_id: FromPath[int]
) -> Response:
    label, reason = first(posted, "label"), first(posted, "reason")
    with database.writing() as session:
        kept = own_list(session, list_id, request.user.id, to_change=True)
        try:
            to = given_to(session, posted) if kept.what == "assign" else None
            chosen = chosen_label(kept, queue_pages.read_query(kept.query), label)
            bulk.carry_out(session, kept, label=chosen, reason=reason, to=to)
        except CannotDo as problem:
            return page(request, session, kept, label=label, typed=reason, problem=str(problem))
        session.commit()
    return Redirect(f"{URL}/bulk/{list_id}", status_code=303)


def given_to(session: Session, posted: Posted) -> int | None:
    """One of the staff who review, or nobody."""
    to = first(posted, "to")
    if to == queue.NOBODY:
        return None
    if whole_number(to) not in {one.id for one in work.reviewers(session)}:
        raise CannotDo("Choose who they are given to")
    return whole_number(to)


@post(f"{URL}/bulk/{{list_id:int}}/undo", sync_to_thread=True)
def undo(request: Request, database: NamedDependency[Database], list_id: FromPath[int]) -> Response:
    with database.writing() as session:
        kept = own_list(session, list_id, request.user.id)
        if kept.act_id is None:
            raise NotFoundException("Nothing was done to this list")
        try:
            acts.undo(session, kept.act_id, staff_id=request.user.id)
        except CannotDo as problem:
            return page(request, session, kept, problem=str(problem))
        session.commit()
    return Redirect(f"{URL}/bulk/{list_id}", status_code=303)


handlers = [gather, bulk_page, carry_out, undo]
