"""Takes an import back whole: its sources, what was found in them, and the organisations that are known by it alone."""

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from sqlmodel import Session, col, func, select, update

from collector.database import Database, batches, now
from collector.findings.models import Decision, Statement
from collector.intake import belonging
from collector.intake.import_pages import to_import, url_of
from collector.intake.import_setup import clean
from collector.intake.imports import CannotImport
from collector.intake.models import Import, ImportRow, Passage, Source
from collector.organisations import directory
from collector.privacy import erasure
from collector.web.page import page
from collector.web.posted import Posted, first

LONGEST_REASON = 1_000


class DecisionsMade(ValueError):
    """People have decided on what was found in the sources, and it was not said that their decisions may go."""


def take_back(session: Session, import_id: int, *, staff_id: int, reason: str, with_decisions: bool) -> None:
    """Delete all that came by an import. The caller commits; until then nothing is gone."""
    found = session.exec(select(Import).where(Import.id == import_id).with_for_update()).one()
    if found.state != "imported":
        raise CannotImport("There is nothing of this import to take back")
    if decision_count(session, import_id) and not with_decisions:
        raise DecisionsMade
    made = found.found.get("made", [])
    directory.hold(session, made, to_forget=True)
    source_ids = select(ImportRow.source_id).where(
        ImportRow.import_id == import_id, col(ImportRow.source_id).is_not(None)
    )
    ids = list(session.exec(source_ids))
    # Its notes quote cells.
    gone = {"source_id": None, "reference_key": None, "details": {}, "permission": "", "notes": []}
    session.exec(update(ImportRow).where(col(ImportRow.import_id) == import_id).values(**gone))
    for batch in batches(ids):
        erasure.erase_sources(session, select(Source.id).where(col(Source.id).in_(batch)))
    for organisation_id in made:
        belonging.forget(session, organisation_id)
    found.state, found.reason, found.found = "taken-back", reason, {}
    found.taken_back_by, found.taken_back_at = staff_id, now()


def decision_count(session: Session, import_id: int) -> int:
    counted = (
        select(func.count())
        .select_from(Decision)
        .join(Statement, col(Statement.id) == Decision.statement_id)
        .join(Passage, col(Passage.id) == Statement.passage_id)
        .join(ImportRow, col(ImportRow.source_id) == Passage.source_id)
    )
    return session.exec(counted.where(ImportRow.import_id == import_id)).one()


@get("/staff/imports/{import_id:int}/take-back", sync_to_thread=True)
def take_back_page(request: Request, database: NamedDependency[Database], import_id: FromPath[int]) -> Response:
    with database.reading() as session:
        found = imported_or_404(session, import_id)
        return shown(request, session, found) if found.state == "imported" else to_import(import_id)


def imported_or_404(session: Session, import_id: int) -> Import:
    found = session.get(Import, import_id)
    if found is None:
        raise NotFoundException("There is no import at this address")
    return found


def shown(
    request: Request, session: Session, found: Import, problems: dict[str, str] | None = None, reason: str = ""
) -> Template:
    return page(
        request,
        "privacy/take_back.html",
        status_code=422 if problems else 200,
        problems=problems or {},
        url=url_of(found.id),
        title=found.mapping["title"],
        sources=found.counts["add"],
        decisions=decision_count(session, found.id),
        reason=reason,
    )


@post("/staff/imports/{import_id:int}/take-back", sync_to_thread=True)
def take_it_back(
    request: Request, database: NamedDependency[Database], posted: NamedDependency[Posted], import_id: FromPath[int]
) -> Redirect | Response:
    reason, problems = clean(first(posted, "reason")), {}
    with database.writing() as session:
        found = imported_or_404(session, import_id)
        if found.state != "imported":
            return to_import(import_id)
        if not reason:
            problems["reason"] = "Say why it is taken back"
        elif len(reason) > LONGEST_REASON:
            problems["reason"] = f"Shorten the reason by {len(reason) - LONGEST_REASON} characters"
        with_decisions = "yes" in posted.get("with-decisions", [])
        try:
            if not problems:
                take_back(session, import_id, staff_id=request.user.id, reason=reason, with_decisions=with_decisions)
        except DecisionsMade:
            problems["with-decisions"] = "Say that the decisions may go, or leave the import as it is"
        if problems:
            return shown(request, session, found, problems, first(posted, "reason"))
        session.commit()
    return to_import(import_id)


handlers = [take_back_page, take_it_back]
