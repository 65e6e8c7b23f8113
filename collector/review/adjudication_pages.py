"""Staff: what two people coded otherwise, side by side, and what holds."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect, Response, Template
from sqlmodel import Session, col, func, select

from collector.accounts import secrets, staff
from collector.accounts.access import Person
from collector.accounts.identity import who
from collector.accounts.models import StaffMember
from collector.database import Database
from collector.findings import standing
from collector.findings.audit_models import Adjudication
from collector.findings.models import Act, Decision, Statement
from collector.frameworks import plan
from collector.intake.models import Passage, Source
from collector.review import acts, adjudication, blind_coding, blind_pages, reading
from collector.review.acts import CannotDo
from collector.review.adjudication import GIVEN, NOT_GIVEN, Ruling
from collector.review.blind_coding import Coding, Difference
from collector.web.page import page as show
from collector.web.posted import Posted, first, whole_number

HOME = "/staff/adjudication"
NAMES = ("A", "B")  # of the coders, until it is settled
CHANGED = "The codebook was changed while you had this page open. Decide on the labels that differ now"
After = Annotated[str, QueryParameter(name="after", max_length=80)]
State = Annotated[str, QueryParameter(name="state", max_length=20)]


# -- The list -------------------------------------------------------------------------------------


@get(HOME, sync_to_thread=True)
def to_settle(
    request: Request, database: NamedDependency[Database], wanted: State = "waiting", after: After = ""
) -> Template:
    state = wanted if wanted in adjudication.STATES else "waiting"
    with database.reading() as session:
        rows = adjudication.listed(session, state, after=place_of(after), at_most=adjudication.AT_ONCE + 1)
        today = adjudication.differing_today(
            session, [found.passage_id for found, _, _ in rows if found.settled_at is None]
        )
    more, rows = rows[adjudication.AT_ONCE :], rows[: adjudication.AT_ONCE]
    return show(
        request,
        "review/adjudications.html",
        sample=bool(rows) and all(source.sample for _, _, source in rows),
        rows=[row_shown(*row, differ=row[0].differences if row[0].settled_at else today[row[1].id]) for row in rows],
        state=state,
        states=[
            {"word": word, "url": HOME if id == "waiting" else f"{HOME}?state={id}", "current": id == state}
            for id, word in adjudication.STATES.items()
        ],
        more_url=more_url(state, rows[-1][0]) if more else "",
        first_url=f"{HOME}?state={state}" if after else "",
    )


def row_shown(found: Adjudication, passage: Passage, source: Source, *, differ: int) -> dict[str, Any]:
    return {
        "url": f"{HOME}/{passage.id}",
        "title": source.title,
        "question": passage.question or passage.place,
        "words": passage.text,
        "differences": differ,
        "at": found.settled_at or found.opened_at,
        "sample": source.sample,
    }


def more_url(state: str, last: Adjudication) -> str:
    at = last.opened_at if state == "waiting" else last.settled_at
    return f"{HOME}?{urlencode({'state': state, 'after': f'{at.isoformat()} {last.passage_id}'})}"


def place_of(after: str) -> adjudication.Place | None:
    """Where a list goes on, from its address; what makes no sense there is the beginning."""
    at, _, passage_id = after.rpartition(" ")
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return None
    place = whole_number(passage_id)
    return (moment, place) if place is not None and moment.tzinfo else None


# -- One passage ----------------------------------------------------------------------------------


@get(f"{HOME}/{{settled_id:int}}", sync_to_thread=True)
def one_to_settle(request: Request, database: NamedDependency[Database], settled_id: FromPath[int]) -> Template:
    with database.reading() as session:
        return page_of(request, session, find(session, settled_id))


@post(f"{HOME}/{{settled_id:int}}", sync_to_thread=True)
def settle(
    request: Request, database: NamedDependency[Database], posted: NamedDependency[Posted], settled_id: FromPath[int]
) -> Response:
    with database.writing() as session:
        found = find(session, settled_id)
        if "undo" in posted:
            return undo(request, session, found, posted)
        codings = blind_coding.of_passage(session, settled_id)
        differing = blind_coding.differences(codings)
        problems = faults(posted, differing) if found.settled_at is None else []
        if found.settled_at is None and posted.get("of", []) != [one.name for one in differing]:
            # What was ticked is told by numbers, which are of other labels now.
            return page_of(request, session, found, None, [{"url": "", "message": CHANGED}])
        if problems:
            return page_of(request, session, found, posted, problems)
        try:
            rulings = rulings_of(posted, differing)
            adjudication.settle(session, settled_id, rulings, staff_id=request.user.id, key=first(posted, "key"))
        except CannotDo as problem:
            session.rollback()
            return page_of(request, session, found, posted, [{"url": "", "message": str(problem)}])
        session.commit()
    return Redirect(f"{HOME}/{settled_id}", status_code=303)


def undo(request: Request, session: Session, found: Adjudication, posted: Posted) -> Response:
    try:
        acts.undo(session, whole_number(first(posted, "undo")) or 0, staff_id=request.user.id)
    except CannotDo as problem:
        session.rollback()
        return page_of(request, session, found, posted, [{"url": "", "message": str(problem)}])
    session.commit()
    return Redirect(f"{HOME}/{found.passage_id}", status_code=303)


def find(session: Session, passage_id: int) -> Adjudication:
    found = session.get(Adjudication, passage_id)
    if found is None:
        raise NotFoundException("There is nothing to settle at this address")
    return found


def faults(posted: Posted, differing: Sequence[Difference]) -> list[dict[str, str]]:
    found = []
    for number, one in enumerate(differing, start=1):
        title = plan.title(one.family, one.label)
        if first(posted, f"d{number}") not in (GIVEN, NOT_GIVEN):
            found.append({"url": f"#d{number}", "message": f"Choose whether {title} holds"})
        elif not reason_of(posted, number):
            found.append({"url": f"#w{number}", "message": f"Give a reason for {title}, or one for all"})
    return found


def reason_of(posted: Posted, number: int) -> str:
    return first(posted, f"w{number}").strip() or first(posted, "why").strip()


def rulings_of(posted: Posted, differing: Sequence[Difference]) -> dict[str, Ruling]:
    return {
        one.name: Ruling(first(posted, f"d{number}") == GIVEN, reason_of(posted, number))
        for number, one in enumerate(differing, start=1)
    }


def page_of(
    request: Request,
    session: Session,
    found: Adjudication,
    typed: Posted | None = None,
    problems: list[dict[str, str]] | None = None,
) -> Template:
    passage = session.get_one(Passage, found.passage_id)
    source = session.get_one(Source, passage.source_id)
    codings = blind_coding.of_passage(session, passage.id)
    differing = blind_coding.differences(codings)
    person, is_settled = who(request), found.settled_at is not None
    coders = dict(enumerate(blind_pages.names_of(session, codings) if is_settled else NAMES))
    details = reading.extracts_of(session, {passage.id: passage}, ["personal-detail"])[passage.id]
    act = acts.last(session, person.id) if is_settled else None
    return show(
        request,
        "review/adjudication.html",
        status_code=422 if problems else 200,
        sample=source.sample,
        problems=problems or [],
        typed=typed or {},
        passage={
            "id": passage.id,
            "kind": reading.KINDS[source.kind],
            "question": passage.question or passage.place,
            "section": plan.title("priority_areas", passage.concern) if passage.concern else "",
            "notices": reading.notices(passage, details),
        },
        statements=statements_shown(session, passage, codings, differing, coders),
        decided=decided_of(session, found) if is_settled else {},
        settled=settled_shown(session, found) if is_settled else None,
        undo=act.id if act and act.id == found.act_id else None,
        may_settle=not is_settled and person.role is Person.REVIEWER and passage.retired_at is None,
        is_coder=adjudication.coded_by(codings, person.id),
        others=others_able(session, codings),
        gone=passage.retired_at is not None,
        key=secrets.fresh(),
        url=f"{HOME}/{passage.id}",
    )


def statements_shown(
    session: Session,
    passage: Passage,
    codings: Sequence[Coding],
    differing: Sequence[Difference],
    coders: Mapping[int, str],
) -> list[dict[str, Any]]:
    numbers = {one.name: number for number, one in enumerate(differing, start=1)}
    same = blind_coding.agreed(codings)
    rows = session.exec(select(Statement).where(col(Statement.id).in_(list(same))).order_by(col(Statement.start)))
    return [
        {
            "id": row.id,
            "number": place,
            "text": passage.text[row.start : row.end],
            "same": [blind_pages.label_shown(*one) for one in blind_pages.in_order(same[row.id])],
            "differing": [
                difference_shown(one, numbers[one.name], coders) for one in differing if one.statement_id == row.id
            ],
        }
        for place, row in enumerate(rows, start=1)
    ]


def difference_shown(one: Difference, number: int, coders: Mapping[int, str]) -> dict[str, Any]:
    return {
        **blind_pages.label_shown(one.family, one.label),
        "name": one.name,
        "number": number,
        "meaning": blind_pages.meaning(one.family, one.label),
        "is_part": one.is_part,
        "given_by": "" if one.given_by is None else coders[one.given_by],
        "not_given_by": "" if one.given_by is None else coders[1 - one.given_by],
    }


def decided_of(session: Session, found: Adjudication) -> dict[str, dict[str, str]]:
    """By difference, as the codebook has it today: whether it was decided that the label holds, and why.

    Of codes that are one since, it holds where any of them was said to.
    """
    ids = [id for coding in blind_coding.of_passage(session, found.passage_id)[:1] for id in coding.given]
    rows = session.exec(standing.live_decisions(ids).where(Decision.act_id == found.act_id))
    return {
        f"{one.statement_id}:{family}:{label}": {
            "word": "Does not hold" if one.verdict == "reject" else "Holds",
            "why": one.why,
        }
        for one in sorted(rows, key=lambda one: one.verdict != "reject")
        for family, label in blind_coding.as_now([(one.family, one.label)])
    }


def settled_shown(session: Session, found: Adjudication) -> dict[str, Any]:
    act = session.get_one(Act, found.act_id)
    return {"by": staff.name_of(session, act.staff_id), "at": found.settled_at}


def others_able(session: Session, codings: Sequence[Coding]) -> int:
    """Reviewers who coded neither: one of them should settle it."""
    able = select(func.count()).where(
        StaffMember.role == Person.REVIEWER,
        col(StaffMember.disabled_at).is_(None),
        col(StaffMember.id).not_in([one.staff_id for one in codings]),
    )
    return session.exec(able).one()


handlers = [to_settle, one_to_settle, settle]
