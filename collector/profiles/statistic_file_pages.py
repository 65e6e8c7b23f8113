"""Staff: a file of figures, from what is said of it to the look at what was read; only then it is kept."""

from datetime import date
from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from sqlmodel import Session, col, select

from collector.database import Database
from collector.intake import file_kinds
from collector.intake.import_mapping import letters
from collector.intake.import_rows import day_of
from collector.leases import UNDER_WAY
from collector.profiles import statistic_editions, statistics, values
from collector.profiles.periods import Period
from collector.profiles.statistic_editions import CannotKeep, SameTitle
from collector.profiles.statistic_models import StatisticEdition, StatisticFigure
from collector.profiles.statistic_pages import (
    ROOT,
    edition_or_404,
    file_url,
    name_of,
    of_words,
    state_shown,
    unit_words,
    url_of,
)
from collector.profiles.statistics import Facts
from collector.queue import Queue
from collector.web.files import LARGEST_BODY, LARGEST_FILE, SentFile
from collector.web.page import page
from collector.web.posted import Posted, first
from collector.web.problems import Overtaken
from forms.areas import areas

FIRST_FIGURES = 6
TAKES_A_FILE = {"request_max_body_size": LARGEST_BODY, "opt": {LARGEST_FILE: file_kinds.LARGEST}}


@get("/staff/statistics/new", sync_to_thread=False)
def new_page(request: Request) -> Template:
    return form_page(request, said={}, action=f"{ROOT}/new")


@post("/staff/statistics/new", sync_to_thread=True, **TAKES_A_FILE)
def new(
    request: Request,
    database: NamedDependency[Database],
    queue: NamedDependency[Queue],
    posted: NamedDependency[Posted],
    sent_files: NamedDependency[dict[str, list[SentFile]]],
) -> Response:
    return begun(request, database, queue, posted, sent_files, statistic_id=None)


@get("/staff/statistics/{statistic_id:int}/new", sync_to_thread=True)
def newer_page(request: Request, database: NamedDependency[Database], statistic_id: FromPath[int]) -> Template:
    """What was said of the edition in use is filled in; only the day and the note are to be said anew."""
    with database.reading() as session:
        edition = edition_or_404(session, statistic_id)
        said = typed_of(statistics.facts_held(edition)) | {"published_on": ["", "", ""], "note": ""}
        return form_page(request, said=said, action=request.url.path, edition=edition)


@post("/staff/statistics/{statistic_id:int}/new", sync_to_thread=True, **TAKES_A_FILE)
def newer(
    request: Request,
    database: NamedDependency[Database],
    queue: NamedDependency[Queue],
    posted: NamedDependency[Posted],
    sent_files: NamedDependency[dict[str, list[SentFile]]],
    statistic_id: FromPath[int],
) -> Response:
    return begun(request, database, queue, posted, sent_files, statistic_id=statistic_id)


def begun(
    request: Request,
    database: Database,
    queue: Queue,
    posted: Posted,
    sent_files: dict[str, list[SentFile]],
    *,
    statistic_id: int | None,
) -> Response:
    facts, problems = said_in(posted)
    sent = next(iter(sent_files.get("file", [])), None)
    content = sent.whole() if sent else b""
    problems |= file_problem(content, chosen=sent is not None)
    with database.writing() as session:
        edition = edition_or_404(session, statistic_id) if statistic_id is not None else None
        try:
            if problems:
                raise Refused
            edition_id = statistic_editions.begin(
                session,
                facts,
                file_name=sent.name,
                content=content,
                staff_id=request.user.id,
                statistic_id=statistic_id,
            )
        except (Refused, CannotKeep) as problem:
            return form_again(request, posted, problems | problem_shown(problem), edition, sent=sent)
        session.commit()
    queue.ask_for_figures(edition_id)
    return Redirect(file_url(edition_id), status_code=303)


def form_again(
    request: Request,
    posted: Posted,
    problems: dict[str, str],
    edition: StatisticEdition | None,
    *,
    sent: SentFile | None,
) -> Template:
    """With all that was typed. A file that was chosen is for the browser to choose again."""
    return form_page(
        request,
        said=typed_again(posted),
        action=request.url.path,
        edition=edition,
        problems=problems,
        again=sent is not None and "file" not in problems,
    )


class Refused(Exception):
    """Something that was typed is wrong; it is told by its field."""


def problem_shown(problem: Exception) -> dict[str, str]:
    if isinstance(problem, CannotKeep):
        return {"title" if isinstance(problem, SameTitle) else "file": str(problem)}
    return {}


def file_problem(content: bytes, *, chosen: bool, needed: bool = True) -> dict[str, str]:
    if not chosen:
        return {"file": "Choose a file"} if needed else {}
    try:
        statistic_editions.check_file(content)
    except CannotKeep as problem:
        return {"file": str(problem)}
    return {}


def said_in(posted: Posted) -> tuple[Facts, dict[str, str]]:
    said = {name: first(posted, name) for name in Facts.__dataclass_fields__}
    day = day_of(" ".join(part.strip() for part in day_parts(posted)).strip())
    return statistic_editions.facts_of(said | {"published_on": day.isoformat() if day else ""})


def day_parts(posted: Posted) -> list[str]:
    return (posted.get("published_on", []) + ["", "", ""])[:3]


def typed_again(posted: Posted) -> dict[str, Any]:
    return {name: first(posted, name) for name in Facts.__dataclass_fields__} | {"published_on": day_parts(posted)}


def typed_of(facts: Facts) -> dict[str, Any]:
    day = date.fromisoformat(facts.published_on)
    said = {name: getattr(facts, name) for name in Facts.__dataclass_fields__}
    return said | {"published_on": [str(day.day), str(day.month), str(day.year)]}


NOTHING_SAID = dict.fromkeys(Facts.__dataclass_fields__, "") | {"published_on": ["", "", ""], "what": "statistic"}


def form_page(
    request: Request,
    *,
    said: dict[str, Any],
    action: str,
    edition: StatisticEdition | None = None,
    problems: dict[str, str] | None = None,
    again: bool = False,
) -> Template:
    """`edition`: the one that the file is newer than, or whose file it is."""
    return page(
        request,
        "profiles/statistics/form.html",
        status_code=422 if problems else 200,
        typed=NOTHING_SAID | said,
        action=action,
        problems=problems or {},
        again=again,
        title=edition.title if edition else "",
        changing=bool(edition and not edition.kept_at),
        back_url=back_of(edition),
        whats=[choice(id, words) for id, words in statistics.WHAT.items()],
        units=[choice(id, words) for id, words in values.UNITS.items()],
    )


def back_of(edition: StatisticEdition | None) -> str:
    if edition is None:
        return ROOT
    return url_of(edition.statistic_id) if edition.kept_at else file_url(edition.id)


def choice(id: str, label: str) -> dict[str, Any]:
    return {"id": id, "label": label, "hint": "", "exclusive": False}


# -- What was read, before it is kept -------------------------------------------------------------------


def file_or_404(session: Session, edition_id: int) -> StatisticEdition:
    found = session.get(StatisticEdition, edition_id)
    if found is None:
        raise NotFoundException("There is no file at this address. It was deleted, or its address is mistyped")
    return found


@get("/staff/statistics/files/{edition_id:int}", sync_to_thread=True)
def file_page(request: Request, database: NamedDependency[Database], edition_id: FromPath[int]) -> Response:
    with database.reading() as session:
        return shown_file(request, session, edition_id)


def shown_file(request: Request, session: Session, edition_id: int, problem: str = "") -> Response:
    edition = file_or_404(session, edition_id)
    if edition.kept_at:
        return Redirect(url_of(edition.statistic_id), status_code=303)
    facts, found = statistics.facts_held(edition), edition.found
    return page(
        request,
        "profiles/statistics/check.html",
        status_code=422 if problem else 200,
        problem=problem,
        url=file_url(edition_id),
        facts=facts,
        unit=unit_words(facts),
        what=statistics.WHAT[edition.what],
        edition=edition,
        by=name_of(session, edition.made_by),
        state=state_shown(edition),
        under_way=edition.state in UNDER_WAY,
        found=found if edition.state == "done" else None,
        sheets=found.get("sheets", []),
        of_words=of_words(found) if edition.state == "done" else "",
        without=without(found) if edition.state == "done" else [],
        letters=[letters(at) for at in range(max((len(row) for _, row in found.get("first", [])), default=0))],
        understood=first_figures(session, edition) if edition.state == "done" else [],
        stamp=statistic_editions.stamp_of(session, edition),
        kept_days=statistic_editions.KEPT_FOR.days,
    )


def without(found: dict[str, Any]) -> list[str]:
    """The council areas that a file has nothing of, where it has figures of most."""
    missing = [area.name for area in areas() if area.id not in found["areas"]]
    return missing if len(missing) < len(areas()) / 2 else []


def first_figures(session: Session, edition: StatisticEdition) -> list[dict[str, Any]]:
    chosen = select(StatisticFigure).where(StatisticFigure.edition_id == edition.id)
    rows = session.exec(chosen.order_by(col(StatisticFigure.id)).limit(FIRST_FIGURES)).all()
    names = statistics.directory_names(session, {one.organisation_id for one in rows if one.organisation_id})
    return [
        {
            "row": one.row,
            "place": statistics.name_of(one.area, names.get(one.organisation_id, one.named)),
            "period": Period(one.ends, one.begins).words,
            "words": statistics.words_of(statistics.point_of(one), edition.decimals, edition.unit),
            "under": one.missing or one.marks,
        }
        for one in rows
    ]


@post("/staff/statistics/files/{edition_id:int}", sync_to_thread=True)
def keep(
    request: Request, database: NamedDependency[Database], posted: NamedDependency[Posted], edition_id: FromPath[int]
) -> Response:
    with database.writing() as session:
        try:
            statistic_id = statistic_editions.keep(
                session,
                edition_id,
                staff_id=request.user.id,
                seen=first(posted, "seen"),
                leave_out=first(posted, "leave-out") == "yes",
            )
        except CannotKeep as problem:
            session.rollback()
            return shown_file(request, session, edition_id, str(problem))
        session.commit()
    return Redirect(url_of(statistic_id), status_code=303)


@get("/staff/statistics/files/{edition_id:int}/change", sync_to_thread=True)
def change_page(request: Request, database: NamedDependency[Database], edition_id: FromPath[int]) -> Response:
    with database.reading() as session:
        edition = file_or_404(session, edition_id)
        if edition.kept_at:
            return Redirect(url_of(edition.statistic_id), status_code=303)
        said = typed_of(statistics.facts_held(edition))
        return form_page(request, said=said, action=request.url.path, edition=edition)


@post("/staff/statistics/files/{edition_id:int}/change", sync_to_thread=True, **TAKES_A_FILE)
def change(
    request: Request,
    database: NamedDependency[Database],
    queue: NamedDependency[Queue],
    posted: NamedDependency[Posted],
    sent_files: NamedDependency[dict[str, list[SentFile]]],
    edition_id: FromPath[int],
) -> Response:
    facts, problems = said_in(posted)
    sent = next(iter(sent_files.get("file", [])), None)
    content = sent.whole() if sent else b""
    problems |= file_problem(content, chosen=sent is not None, needed=False)
    with database.writing() as session:
        edition = file_or_404(session, edition_id)
        try:
            if problems:
                raise Refused
            name = sent.name if sent else ""
            statistic_editions.change(session, edition_id, facts, file_name=name, content=content)
        except (Refused, CannotKeep) as problem:
            if isinstance(problem, CannotKeep) and not isinstance(problem, SameTitle):
                raise Overtaken(str(problem)) from None
            return form_again(request, posted, problems | problem_shown(problem), edition, sent=sent)
        session.commit()
    queue.ask_for_figures(edition_id)
    return Redirect(file_url(edition_id), status_code=303)


@post("/staff/statistics/files/{edition_id:int}/again", sync_to_thread=True)
def again(
    request: Request,
    database: NamedDependency[Database],
    queue: NamedDependency[Queue],
    posted: NamedDependency[Posted],
    edition_id: FromPath[int],
) -> Response:
    """Read it once more: by another sheet, or with organisations that were added to the directory meanwhile."""
    with database.writing() as session:
        file_or_404(session, edition_id)
        try:
            statistic_editions.choose_sheet(session, edition_id, first(posted, "sheet"))
        except CannotKeep as problem:
            raise Overtaken(str(problem)) from None
        session.commit()
    queue.ask_for_figures(edition_id)
    return Redirect(file_url(edition_id), status_code=303)


@post("/staff/statistics/files/{edition_id:int}/forget", sync_to_thread=True)
def forget(database: NamedDependency[Database], edition_id: FromPath[int]) -> Redirect:
    with database.writing() as session:
        edition = file_or_404(session, edition_id)
        back = url_of(edition.statistic_id) if edition.statistic_id else ROOT
        try:
            statistic_editions.forget(session, edition_id)
        except CannotKeep as problem:
            raise Overtaken(str(problem)) from None
        session.commit()
    return Redirect(back, status_code=303)


handlers = [new_page, new, newer_page, newer, file_page, keep, change_page, change, again, forget]
