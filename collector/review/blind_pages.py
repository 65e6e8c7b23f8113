"""Staff: the form to code a passage blind, with nothing on it that a machine or a colleague gave."""

from collections.abc import Iterable, Mapping
from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from sqlmodel import Session, col, select

from collector.accounts import staff
from collector.accounts.access import Person
from collector.accounts.identity import who
from collector.accounts.staff import Visitor
from collector.database import Database
from collector.findings.models import BlindItem, Statement
from collector.frameworks import plan
from collector.intake.models import Passage, Source
from collector.review import blind_coding, reading
from collector.review.acts import CannotDo
from collector.review.blind_coding import NONE_FITS, Coding
from collector.web.page import page as show
from collector.web.posted import Posted, first
from forms.codebook import CodeRef

# In the order of the form: what the statement is doing first, the plan's many actions last.
FAMILIES = ("kinds", "fundamentals", "barrier_themes", "actions", "priority_areas")
ASKED = {
    "kinds": "What is it doing?",
    "fundamentals": "Which Fundamentals does it speak to?",
    "barrier_themes": "If something is in the way: what?",
    "actions": "Which actions is it about?",
    "priority_areas": "Only if it is about none of the actions: which priority area?",
}
NOT_CODED = "Choose the labels of statement {number}, or that none fits"
BOTH = "For statement {number}, choose labels or that none fits, not both"
Typed = Mapping[int, list[str]]  # by statement


def url_of(passage_id: int) -> str:
    return f"/staff/review/{passage_id}/blind"


@get("/staff/review/{passage_id:int}/blind", sync_to_thread=True)
def blind_page(request: Request, database: NamedDependency[Database], passage_id: FromPath[int]) -> Response:
    with database.reading() as session:
        if session.get(Passage, passage_id) is None:
            raise NotFoundException("There is no passage at this address")
        if session.get(BlindItem, passage_id) is None:
            return Redirect(f"/staff/review/{passage_id}", status_code=303)
        return page_of(request, session, passage_id)


@post("/staff/review/{passage_id:int}/blind", sync_to_thread=True)
def code_blind(
    request: Request, database: NamedDependency[Database], posted: NamedDependency[Posted], passage_id: FromPath[int]
) -> Response:
    with database.writing() as session:
        if session.get(BlindItem, passage_id) is None:
            raise NotFoundException("There is nothing to code blind at this address")
        typed = typed_of(posted, blind_coding.statements_of(session, passage_id))
        kept = blind_coding.own(session, passage_id, request.user.id)
        if not kept and (problems := faults(typed)):
            return page_of(request, session, passage_id, typed, problems)
        try:
            blind_coding.send(session, passage_id, given_of(typed), staff_id=request.user.id)
        except CannotDo as problem:
            session.rollback()
            return page_of(request, session, passage_id, typed, [{"url": "", "message": str(problem)}])
        following = blind_coding.next_for(session, request.user.id, after=passage_id)
        session.commit()
    wanted = following if first(posted, "then") == "next" and following else passage_id
    return Redirect(url_of(wanted), status_code=303)


def typed_of(posted: Posted, statement_ids: Iterable[int]) -> dict[int, list[str]]:
    return {id: posted.get(f"s{id}", []) for id in statement_ids}


def faults(typed: Typed) -> list[dict[str, str]]:
    """Statements that nothing was said of: forgotten, for all that can be told."""
    found = []
    for number, (id, values) in enumerate(typed.items(), start=1):
        if not values:
            found.append({"url": f"#s{id}", "message": NOT_CODED.format(number=number)})
        elif NONE_FITS in values and len(values) > 1:
            found.append({"url": f"#s{id}", "message": BOTH.format(number=number)})
    return found


def given_of(typed: Typed) -> dict[int, frozenset[tuple[str, str]]]:
    return {id: frozenset(label_of(value) for value in values if value != NONE_FITS) for id, values in typed.items()}


def label_of(value: str) -> tuple[str, str]:
    family, _, label = value.partition(":")
    return family, label


def page_of(
    request: Request,
    session: Session,
    passage_id: int,
    typed: Typed | None = None,
    problems: list[dict[str, str]] | None = None,
) -> Template:
    source = session.exec(
        select(Source).join(Passage, col(Passage.source_id) == Source.id).where(Passage.id == passage_id)
    ).one()
    return show(
        request,
        "review/blind.html",
        status_code=422 if problems else 200,
        sample=source.sample,
        blind=shown(session, passage_id, who(request), typed),
        problems=problems or [],
    )


def shown(session: Session, passage_id: int, person: Visitor, typed: Typed | None = None) -> dict[str, Any]:
    """All that a page says of a passage that is coded blind; what others gave only when it is closed."""
    item = session.get_one(BlindItem, passage_id)
    passage = session.get_one(Passage, passage_id)
    source = session.get_one(Source, passage.source_id)
    codings = blind_coding.of_passage(session, passage_id)
    mine = next((one for one in codings if one.staff_id == person.id), None)
    details = reading.extracts_of(session, {passage_id: passage}, ["personal-detail"])[passage_id]
    statements = statements_of(session, passage, mine)
    return {
        "passage_id": passage_id,
        "url": url_of(passage_id),
        "state": state_of(item, codings, mine, person, retired=passage.retired_at is not None),
        "kind": reading.KINDS[source.kind],
        "question": passage.question or passage.place,
        "section": plan.title("priority_areas", passage.concern) if passage.concern else "",
        "notices": reading.notices(passage, details),
        "parts": list(reading.between(passage.text, numbered(passage.text, statements))),
        "total": len(statements),
        "wanted": item.coders,
        "typed": typed or {},
        "mine": labels_shown(mine),
        "coders": names_of(session, codings) if item.closed_at else [],
        "closed_at": item.closed_at,
        "families": families(),
        "next_url": next_url(session, person, passage_id),
    }


def state_of(item: BlindItem, codings: list[Coding], mine: Coding | None, person: Visitor, *, retired: bool) -> str:
    """What this person can do here: code, or else why not."""
    if retired:
        return "gone"
    if item.closed_at:
        return "closed"
    if mine:
        return "sent" if len(codings) < item.coders else "settling"
    if len(codings) >= item.coders:
        return "full"
    return "to-code" if person.role is Person.REVIEWER else "looking"


def statements_of(session: Session, passage: Passage, mine: Coding | None) -> list[Statement]:
    """As they stand for who is to code; for who has, as they were."""
    ids = list(mine.given) if mine else blind_coding.statements_of(session, passage.id)
    rows = session.exec(select(Statement).where(col(Statement.id).in_(ids)).order_by(col(Statement.start)))
    return list(rows)


def numbered(text: str, statements: list[Statement]) -> list[dict[str, Any]]:
    return [
        {"id": one.id, "number": number, "start": one.start, "end": one.end, "text": text[one.start : one.end]}
        for number, one in enumerate(statements, start=1)
    ]


def labels_shown(mine: Coding | None) -> dict[int, list[dict[str, str]]]:
    given = mine.given if mine else {}
    return {id: [label_shown(*label) for label in in_order(labels)] for id, labels in given.items()}


def in_order(labels: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    order = all_families()
    return sorted(labels, key=lambda one: (order.index(one[0]) if one[0] in order else len(order), plan.title(*one)))


def all_families() -> list[str]:
    """Those of the plan, then the frames beside it."""
    return [*FAMILIES, *(family for family in plan.FAMILY_WORDS if family not in FAMILIES)]


def label_shown(family: str, label: str) -> dict[str, str]:
    return {"family": family, "family_word": plan.FAMILY_WORDS[family], "title": plan.title(family, label)}


def names_of(session: Session, codings: list[Coding]) -> list[str]:
    names = staff.names(session)
    return [names[one.staff_id] for one in codings]


def families() -> list[dict[str, Any]]:
    """Every label that can be chosen, with what it means; actions under their priority areas."""
    return [
        {
            "id": family,
            "asked": ASKED.get(family) or f"{plan.FAMILY_WORDS[family]}: which of its codes?",
            "word": plan.FAMILY_WORDS[family],
            "groups": list(groups(family)),
        }
        for family in all_families()
    ]


def groups(family: str) -> Iterable[dict[str, Any]]:
    labels = plan.current().labels(family)
    if family != "actions":
        yield {"title": "", "labels": [meaning(family, one.id) for one in labels]}
        return
    for area in plan.current().priority_areas:
        own = [one for one in labels if one.priority_area == area.id]
        yield {"title": area.title, "labels": [meaning(family, one.id) for one in own]}


def meaning(family: str, label: str) -> dict[str, Any]:
    """What a label means, as the codebook says; its name alone where it has gone from it."""
    code, known = plan.book().codes.get(CodeRef(family, label)), plan.by_id(family).get(label)
    return {
        "id": label,
        "title": plan.title(family, label),
        "summary": code.summary if code else known.summary if known else "",
        "takes_in": code.takes_in if code else "",
        "leaves_out": [one.what for one in code.leaves_out] if code else [],
        "hard_cases": plan.book().hard_cases_of(CodeRef(family, label)),
    }


def next_url(session: Session, person: Visitor, passage_id: int) -> str:
    if person.role is not Person.REVIEWER:
        return ""
    found = blind_coding.next_for(session, person.id, after=passage_id)
    return url_of(found) if found and found != passage_id else ""


handlers = [blind_page, code_blind]
