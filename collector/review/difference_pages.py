"""Staff: where a model that read anew says otherwise than people had decided, to be worked through."""

from typing import Annotated, Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect, Response, Template
from sqlmodel import Session, col, select

from collector.accounts import secrets, staff
from collector.database import Database
from collector.findings import differences as found
from collector.findings.models import Statement
from collector.frameworks import plan
from collector.intake.models import Passage
from collector.review import differences
from collector.review.acts import CannotDo
from collector.web.page import page as show
from collector.web.posted import Posted, first, whole_number

AT_ONCE = 25
TOLD = {
    "keep": "Saved. What was decided is kept, and what was new is rejected.",
    "follow": "Saved. The new reading is followed.",
    "none": "Nothing differs there any more: somebody has decided on it in the meantime.",
}


@get("/staff/differences", sync_to_thread=True)
def listed(
    request: Request,
    database: NamedDependency[Database],
    after: Annotated[int, QueryParameter(name="after", ge=0, le=2**31 - 1)] = 0,
    done: Annotated[str, QueryParameter(name="done")] = "",
) -> Template:
    with database.reading() as session:
        return list_page(request, session, after=after, told=TOLD.get(done, ""))


def list_page(request: Request, session: Session, *, after: int, told: str = "", problem: str = "") -> Template:
    ids = found.passages(session, after=after, at_most=AT_ONCE + 1)
    return show(
        request,
        "review/differences.html",
        status_code=422 if problem else 200,
        rows=[row for id in ids[:AT_ONCE] if (row := passage_shown(session, id))],
        next_url=f"/staff/differences?after={ids[AT_ONCE - 1]}" if len(ids) > AT_ONCE else "",
        first_url="/staff/differences" if after else "",
        ways=differences.WAYS,
        told=told,
        problem=problem,
        after=after,
    )


def passage_shown(session: Session, passage_id: int) -> dict[str, Any]:
    passage = session.get_one(Passage, passage_id)
    taken_back, new = differences.of_passage(session, passage_id)
    ids = {id for id, _, _ in [*taken_back, *new]}
    statements = session.exec(select(Statement).where(col(Statement.id).in_(ids)).order_by(col(Statement.start)))
    labels, names = differences.labels_on(session, passage_id), staff.names(session)
    by = {(id, one.family, one.label): one for id, held in labels.items() for one in held}
    return {
        "id": passage_id,
        "url": f"/staff/review/{passage_id}?state=decided",
        "question": passage.question or passage.place,
        "model": passage.analysed_by,
        "read_at": passage.analysed_at,
        "key": secrets.fresh(),
        "shown": differences.digest(taken_back, new),
        "statements": [
            {
                "text": passage.text[one.start : one.end],
                "taken_back": [label_shown(by.get(key), key, names) for key in taken_back if key[0] == one.id],
                "new": [label_shown(by.get(key), key, names) for key in new if key[0] == one.id],
            }
            for one in statements
        ],
    }


def label_shown(one: Any, key: tuple[int, str, str], names: dict[int, str]) -> dict[str, Any]:
    _, family, label = key
    decision = one.decision if one else None
    return {
        "family": plan.FAMILY_WORDS.get(family, family),
        "title": plan.title(family, label),
        "by": names.get(decision.staff_id, "") if decision else "",
        "at": decision.decided_at if decision else None,
        "percent": min(99, round(100 * one.score)) if one and one.score is not None else None,
    }


@post("/staff/differences/{passage_id:int}", sync_to_thread=True)
def decide(
    request: Request, database: NamedDependency[Database], posted: NamedDependency[Posted], passage_id: FromPath[int]
) -> Response:
    way, after = first(posted, "way"), first(posted, "after")
    with database.writing() as session:
        if session.get(Passage, passage_id) is None:
            raise NotFoundException("There is no passage at this address")
        try:
            asked = {"shown": first(posted, "shown"), "key": first(posted, "key")[:100] or None}
            act = differences.settle(session, passage_id, way, staff_id=request.user.id, **asked)
        except CannotDo as problem:
            session.rollback()
            return list_page(request, session, after=0, problem=str(problem))
        session.commit()
    start = f"after={after}&" if whole_number(after) is not None else ""
    return Redirect(f"/staff/differences?{start}done={way if act else 'none'}", status_code=303)


handlers = [listed, decide]
