"""Staff: what has come in, what the machine found in it, and what people decide."""

from typing import Annotated, Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect, Response, Template
from sqlalchemy import func
from sqlmodel import Session, select

from collector.accounts.models import StaffMember
from collector.database import Database
from collector.findings import standing
from collector.findings.models import Statement
from collector.frameworks import plan
from collector.intake import item_states, own_links, partners, references
from collector.intake.models import Job, Passage, Source, Submission
from collector.organisations import directory
from collector.review import decisions, item_fields, reading, replies
from collector.review import history as past
from collector.review.acts import CannotDo
from collector.web.page import page as show
from collector.web.posted import Posted, first
from collector.web.turns import AT_ONCE, PageNumber, filters, turn_of, turn_shown

Search = Annotated[str, QueryParameter(name="search", max_length=200)]


@get("/staff", sync_to_thread=False)
def staff_home() -> Redirect:
    return Redirect("/staff/sources", status_code=303)


@get("/staff/sources", sync_to_thread=True)
def sources(
    request: Request,
    database: NamedDependency[Database],
    search: Search = "",
    wanted_state: Annotated[str, QueryParameter(name="state")] = "",
    kind: Annotated[str, QueryParameter(name="kind")] = "",
    number: PageNumber = 1,
) -> Template:
    with database.reading() as session:
        by_state = reading.counts_by(session, Job.state, reading.matching(search, "", kind))
        withdrawn = reading.withdrawn(session, search)
        by_kind = reading.counts_by(session, Source.kind, reading.matching(search, wanted_state, ""))
        total = by_state.get(wanted_state, 0) if wanted_state in reading.STATES else sum(by_state.values())
        turn = turn_of(number, total)
        rows = reading.source_rows(session, reading.matching(search, wanted_state, kind), turn)
    asked = {"search": search, "state": wanted_state, "kind": kind}
    return show(
        request,
        "review/sources.html",
        sample=bool(rows) and all(row["sample"] for row in rows),
        rows=rows,
        filters=filters(request.url.path, "state", reading.STATES, by_state, asked),
        kinds=filters(request.url.path, "kind", reading.KINDS, by_kind, asked),
        pages=turn_shown(turn, request.url.path, asked),
        total=total,
        search=search,
        withdrawn=withdrawn,
    )


@get("/staff/sources/{source_id:int}", sync_to_thread=True)
def source(
    request: Request, database: NamedDependency[Database], source_id: FromPath[int], number: PageNumber = 1
) -> Template:
    with database.reading() as session:
        row = session.exec(reading.source_row_query().where(Source.id == source_id)).first()
        if row is None:
            raise NotFoundException("There is no source at this address")
        found, job, submission, organisation = row
        turn = turn_of(number, session.exec(select_passages(source_id)).one())
        passages = reading.passages_of(session, source_id, turn)
        harm = bool(reading.telling_of_harm(session, [source_id]))
        upload = reading.upload_shown(session, found)
        together = reading.sent_together(session, found)
        areas = areas_of(session, organisation.id) if organisation else []
        joint = partners.together(session, [found.submission_id]).get(found.submission_id, [])
        origin = reading.origin_shown(session, source_id, organisation) if found.kind == "import" else None
        keyed, meeting = reading.keyed_facts(session, submission), reading.meeting_facts(session, found)
        model = session.exec(select(func.max(Passage.analysed_by)).where(*reading.standing_passages(source_id))).one()
        # Once, with the answers: files that came with them have pages of their own.
        became = item_states.told(session, submission) if submission and found.upload_id is None else []
        happened = past.of(session, submission) if submission and found.upload_id is None else []
    return show(
        request,
        "review/source.html",
        sample=found.sample,
        source={
            **reading.source_shown(*row),
            "harm": harm,
            "organisation_url": f"/staff/organisations/{organisation.id}" if organisation else None,
            "partners": [{"name": one.name, "url": f"/staff/organisations/{one.id}"} for one in joint[1:]],
            "permission": submission and reading.permission_words(submission.permission, submission.permission_reason),
            **keyed,
            "meeting": meeting,
            "areas": areas,
            "model": model,
        },
        state=reading.state_shown(job),
        upload=upload,
        together=together,
        origin=origin,
        passages=passages,
        pages=turn_shown(turn, request.url.path, {}),
        history=happened,
        became=became,
        own_link_action=f"/staff/sources/{source_id}/own-link" if submission else "",
    )


def select_passages(source_id: int):
    return select(func.count()).select_from(Passage).where(*reading.standing_passages(source_id))


@post("/staff/sources/{source_id:int}/own-link", sync_to_thread=True)
def renew_own_link(request: Request, database: NamedDependency[Database], source_id: FromPath[int]) -> Template:
    """A link for a respondent who has lost theirs, shown this once; the earlier one ends."""
    with database.writing() as session:
        found = session.get(Source, source_id)
        if found is None or found.submission_id is None:
            raise NotFoundException("There is no submission at this address")
        submission = session.get_one(Submission, found.submission_id, with_for_update={"key_share": True})
        secret = own_links.renew(session, submission, request.user.id)
        session.commit()
        return show(
            request,
            "review/own_link.html",
            sample=found.sample,
            reference=references.shown(submission.reference),
            source_url=reading.source_url(found),
            link=request.app.state.settings.base_url + own_links.url(secret),
        )


def areas_of(session: Session, organisation_id: int) -> list[str]:
    return [directory.area_name(area) for area in directory.areas_of(session, [organisation_id])[organisation_id]]


@get("/staff/statements/{statement_id:int}", sync_to_thread=True)
def statement(
    request: Request,
    database: NamedDependency[Database],
    statement_id: FromPath[int],
    saved: Annotated[bool, QueryParameter(name="saved")] = False,
) -> Template:
    with database.reading() as session:
        return statement_page(request, session, statement_id, saved=saved)


def statement_page(
    request: Request,
    session: Session,
    statement_id: int,
    *,
    saved: bool = False,
    problem: str = "",
    why: str = "",
) -> Template:
    # Read anew: it may have been erased while somebody decided on it.
    row = session.get(Statement, statement_id, populate_existing=True)
    if row is None:
        raise NotFoundException("There is no statement at this address")
    passage = session.get_one(Passage, row.passage_id)
    found, job, submission, organisation = session.exec(
        reading.source_row_query().where(Source.id == passage.source_id)
    ).one()
    statements = reading.statements_of(session, [passage]).get(passage.id, [])
    shown = next((one for one in statements if one["id"] == statement_id), None)
    if shown is None:
        raise NotFoundException("The passage was read again since, and this statement is no longer cut this way")
    decided = history(session, statement_id)
    return show(
        request,
        "review/statement.html",
        status_code=422 if problem else 200,
        sample=found.sample,
        statement=shown,
        source={**reading.source_shown(found, job, submission, organisation), "url": reading.source_url(found)},
        before=passage.text[: row.start],
        after=passage.text[row.end :],
        question=passage.question or passage.place,
        labels=shown["labels"],
        replies=replies.on(session, statement_id),
        retired_at=passage.retired_at,
        history=decided,
        add_families=reading.label_choices(),
        action=f"/staff/statements/{statement_id}/decisions",
        saved=decided[0]["at"] if saved and decided else None,
        problem=problem,
        why=why,
    )


def history(session: Session, statement_id: int) -> list[dict[str, Any]]:
    made = decisions.history(session, statement_id)
    return [
        {
            "who": session.get_one(StaffMember, one.staff_id).name,
            "at": one.decided_at,
            "what": f"{standing.VERDICTS[one.verdict].capitalize()} {plan.title(one.family, one.label)}",
            "why": one.why,
            "undone_at": act.undone_at,
        }
        for one, act in made
    ]


@post("/staff/statements/{statement_id:int}/decisions", sync_to_thread=True)
def decide(
    request: Request,
    database: NamedDependency[Database],
    posted: NamedDependency[Posted],
    statement_id: FromPath[int],
) -> Response:
    family, label, verdict = item_fields.label(posted)
    why = first(posted, "why").strip()
    with database.writing() as session:
        if session.get(Statement, statement_id) is None:
            raise NotFoundException("There is no statement at this address")
        try:
            decisions.decide(
                session,
                statement_id=statement_id,
                family=family,
                label=label,
                verdict=verdict,
                why=why,
                staff_id=request.user.id,
            )
        except CannotDo as problem:
            return statement_page(request, session, statement_id, problem=str(problem), why=why)
        # Before the commit: looking after it would take the writer's turn again, and could fail with all saved.
        url = back_to(session, statement_id, first(posted, "next"))
        session.commit()
    return Redirect(url, status_code=303)


def back_to(session: Session, statement_id: int, asked: str) -> str:
    """The source page where the decision was made, at this statement; the statement's own page otherwise."""
    row = session.get_one(Statement, statement_id)
    passage = session.get_one(Passage, row.passage_id)
    if asked != "source":
        return f"{reading.statement_url(statement_id)}?saved=true"
    number = (passage.position - 1) // AT_ONCE + 1
    query = f"?page={number}" if number > 1 else ""
    return f"/staff/sources/{passage.source_id}{query}#statement-{statement_id}"


handlers = [staff_home, sources, source, renew_own_link, statement, decide]
