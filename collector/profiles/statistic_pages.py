"""Staff: outside statistics and budgets, the list of them and the figures of every area."""

import csv
import io
from typing import Annotated, Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect, Response, Template
from sqlmodel import Session, func, select

from collector.accounts import staff
from collector.accounts.access import REVIEWERS
from collector.database import Database
from collector.how_many import plural
from collector.intake import file_names
from collector.profiles import charts, statistic_editions, statistics, values
from collector.profiles.periods import Period
from collector.profiles.statistic_editions import CannotKeep
from collector.profiles.statistic_models import Statistic, StatisticEdition
from collector.profiles.statistics import Facts, Place, Point
from collector.review import steps
from collector.review.acts import CannotDo
from collector.web.page import page
from collector.web.posted import Posted, first
from collector.web.problems import Overtaken
from collector.web.turns import PageNumber, address, turn_of, turn_shown
from forms.areas import SCOTLAND, areas
from forms.formulas import guarded

ROOT = "/staff/statistics"
PLACES_AT_ONCE, PERIODS_AT_ONCE = 50, 6
LONGEST_WHY = 1_000

PeriodsPage = Annotated[int, QueryParameter(name="periods", ge=1, le=1_000_000)]
EditionNumber = Annotated[int, QueryParameter(name="edition", ge=0, le=1_000_000)]


def url_of(statistic_id: int, rest: str = "") -> str:
    return f"{ROOT}/{statistic_id}{'/' + rest if rest else ''}"


def file_url(edition_id: int, rest: str = "") -> str:
    return f"{ROOT}/files/{edition_id}{'/' + rest if rest else ''}"


def may_change(request: Request) -> bool:
    return request.user.role in REVIEWERS


# -- The list -----------------------------------------------------------------------------------------


@get(ROOT, sync_to_thread=True)
def all_statistics(request: Request, database: NamedDependency[Database], number: PageNumber = 1) -> Template:
    with database.reading() as session:
        chosen = statistics.in_use()
        turn = turn_of(number, session.exec(select(func.count()).select_from(chosen.subquery())).one())
        rows = session.exec(chosen.offset(turn.offset).limit(turn.at_once)).all()
        return page(
            request,
            "profiles/statistics/all.html",
            rows=[row_shown(one) for one in rows],
            out=[row_shown(one) for one in session.exec(statistics.in_use(taken_out=True).limit(50))],
            begun=[begun_shown(session, one) for one in statistic_editions.open_files(session)]
            if may_change(request)
            else [],
            may_change=may_change(request),
            pages=turn_shown(turn, ROOT, {}),
        )


def row_shown(edition: StatisticEdition) -> dict[str, Any]:
    facts, found = statistics.facts_held(edition), edition.found
    return {
        "url": url_of(edition.statistic_id),
        "title": edition.title,
        "unit": unit_words(facts),
        "publisher": facts.publisher,
        "published_on": edition.published_on,
        "latest": found["periods"][-1],
        "of": of_words(found),
    }


def of_words(found: dict[str, Any]) -> str:
    """ "32 areas and Scotland, 4 organisations" """
    number = len(set(found["areas"]) - {SCOTLAND.id})
    named = [plural(number, "area")] if number else []
    told = [" and ".join([*named, *(["Scotland"] if SCOTLAND.id in found["areas"] else [])])]
    told += [plural(found["organisations"], "organisation")] if found["organisations"] else []
    return ", ".join(filter(None, told))


def unit_words(facts: Facts) -> str:
    """ "percent, of school leavers" """
    unit = {"number": "number", "percent": "percent", "pounds": "pounds", "rate": ""}[facts.shown_as]
    return ", ".join(filter(None, (unit, facts.of)))


def begun_shown(session: Session, edition: StatisticEdition) -> dict[str, Any]:
    return {
        "url": file_url(edition.id),
        "title": edition.title,
        "by": name_of(session, edition.made_by),
        "at": edition.made_at,
        "state": state_shown(edition),
    }


def name_of(session: Session, staff_id: int | None) -> str:
    return staff.name_of(session, staff_id) if staff_id else "the command line"


def state_shown(edition: StatisticEdition) -> dict[str, str]:
    words = {
        "waiting": "Being read",
        "running": "Being read",
        "refused": "Could not be read",
        "done": "To be looked at",
    }
    shapes = {"waiting": "running", "running": "running", "done": "waiting"}
    state = edition.state
    return {"id": shapes.get(state, "set-aside"), "word": words.get(state, "Reading stopped")}


# -- One statistic --------------------------------------------------------------------------------------


def edition_or_404(session: Session, statistic_id: int, number: int = 0) -> StatisticEdition:
    """The edition of this number; the one in use where none is asked for."""
    if number:
        found = statistics.edition_numbered(session, statistic_id, number)
    else:
        found = statistics.edition_in_use(session, statistic_id)
    if found is None:
        raise NotFoundException("There is no statistic at this address")
    return found


@get("/staff/statistics/{statistic_id:int}", sync_to_thread=True)
def one_statistic(
    request: Request,
    database: NamedDependency[Database],
    statistic_id: FromPath[int],
    edition_number: EditionNumber = 0,
    number: PageNumber = 1,
    periods_page: PeriodsPage = 1,
) -> Template:
    with database.reading() as session:
        edition = edition_or_404(session, statistic_id, edition_number)
        places, periods = statistics.places_of(session, edition.id), statistics.periods_of(session, edition.id)
        turn = turn_of(number, len(places), PLACES_AT_ONCE)
        across = turn_of(periods_page, len(periods), PERIODS_AT_ONCE)
        told = places[turn.offset : turn.offset + turn.at_once]
        columns = periods[across.offset : across.offset + across.at_once]
        figures = statistics.figures_of(session, edition.id, told)
        asked = {"edition": edition_number, "page": turn.number, "periods": across.number}
        facts = statistics.facts_held(edition)
        return page(
            request,
            "profiles/statistics/one.html",
            url=url_of(statistic_id),
            facts=facts,
            unit=unit_words(facts),
            what=statistics.WHAT[edition.what],
            edition=edition,
            taken_out=taken_out_shown(session, statistic_id),
            history=history_shown(session, statistic_id, edition.number),
            columns=[one.words for one in columns],
            rows=[place_shown(one, figures[one.key], columns, edition) for one in told],
            shorthand=shorthand(figures, columns),
            sparks=sparks_of(told, figures, edition),
            periods=turn_shown(across, request.url.path, asked, name="periods"),
            numbers=(across.offset + 1, across.offset + len(columns), len(periods)),
            pages=turn_shown(turn, request.url.path, asked),
            may_change=may_change(request),
        )


def place_shown(
    place: Place, figures: dict[Period, Point], columns: list[Period], edition: StatisticEdition
) -> dict[str, Any]:
    return {
        "name": place.name,
        "key": place.key,
        "url": f"/staff/organisations/{place.organisation_id}" if place.organisation_id else "",
        "cells": [cell_shown(figures.get(period), edition) for period in columns],
    }


def cell_shown(point: Point | None, edition: StatisticEdition) -> dict[str, Any]:
    """A figure with the shorthand for what is told of it; `words` are empty where the file has none."""
    if point is None:
        return {"words": "", "codes": []}
    return {"words": statistics.words_of(point, edition.decimals, edition.unit), "codes": codes_of(point)}


def codes_of(point: Point) -> list[str]:
    told = [point.missing] if point.missing else point.marks.split(", ")
    return [f"[{values.CODES[one]}]" for one in told if one]


def shorthand(figures: dict[str, dict[Period, Point]], columns: list[Period]) -> list[tuple[str, str]]:
    """What each sign in the table means."""
    told = {}
    for by_period in figures.values():
        for point in (by_period[period] for period in columns if period in by_period):
            words = [point.missing] if point.missing else point.marks.split(", ")
            told |= {f"[{values.CODES[one]}]": one for one in words if one}
    return sorted(told.items())


def sparks_of(
    places: list[Place], figures: dict[str, dict[Period, Point]], edition: StatisticEdition
) -> dict[str, charts.Chart | None]:
    """A small line for each place, all on one scale; but for numbers, where a large council would flatten the rest."""
    data = {
        one.key: [
            statistics.datum_of(point, edition.decimals, edition.unit) for _, point in sorted(figures[one.key].items())
        ]
        for one in places
    }
    every = [datum for one in data.values() for datum in one]
    comparable = edition.unit in ("percent", "rate")
    return {key: charts.spark(one, every if comparable else one) for key, one in data.items()}


def taken_out_shown(session: Session, statistic_id: int) -> dict[str, Any] | None:
    if session.get_one(Statistic, statistic_id).taken_out_at is None:
        return None
    last = next(one for one in statistics.history(session, statistic_id) if one.what == "taken-out")
    return {"by": name_of(session, last.staff_id), "at": last.done_at, "why": last.why}


CHANGES = {"taken-out": "Taken out", "put-back": "Put back"}


def history_shown(session: Session, statistic_id: int, shown: int) -> list[dict[str, Any]]:
    return [
        {
            "what": CHANGES.get(one.what) or f"Edition {one.edition} kept",
            "url": address(url_of(statistic_id), {"edition": one.edition}) if one.edition else "",
            "here": one.edition == shown,
            "by": name_of(session, one.staff_id),
            "at": one.done_at,
            "why": one.why,
        }
        for one in statistics.history(session, statistic_id)
    ]


@get("/staff/statistics/{statistic_id:int}/figures.csv", sync_to_thread=True)
def figures_file(
    database: NamedDependency[Database], statistic_id: FromPath[int], edition_number: EditionNumber = 0
) -> Response[bytes]:
    """Every figure of an edition; the file can be imported again."""
    with database.reading() as session:
        edition = edition_or_404(session, statistic_id, edition_number)
        places, periods = statistics.places_of(session, edition.id), statistics.periods_of(session, edition.id)
        figures = statistics.figures_of(session, edition.id)
    written = io.StringIO()
    lines = csv.writer(written)
    lines.writerow(HEADINGS)
    facts = statistics.facts_held(edition)
    about = [guarded(one) for one in (unit_words(facts), facts.title, facts.publisher, facts.source)]
    for place in places:
        for period in periods:
            if point := figures[place.key].get(period):
                lines.writerow([*place_cells(place), period.words, *value_cells(point), *about, facts.published_on])
    name = file_names.plain(f"{facts.title}, edition {edition.number}.csv")
    headers = {"Content-Disposition": file_names.attached(name)}
    return Response(written.getvalue().encode("utf-8-sig"), media_type="text/csv; charset=utf-8", headers=headers)


HEADINGS = ("Code", "Area", "Organisation", "Period", "Value", "Remark", "Unit", "Title", "Publisher", "Publication")
HEADINGS += ("Published on",)
CODES = {area.id: area.code for area in (*areas(), SCOTLAND)}


def place_cells(place: Place) -> list[str]:
    if place.key in CODES:
        return [CODES[place.key], guarded(place.name), ""]
    return ["", "", guarded(place.name)]


def value_cells(point: Point) -> list[str]:
    """A number as such, or the shorthand for why there is none; and that in words."""
    if point.value is None:
        return [" ".join(codes_of(point)), point.missing]
    return [values.plain(point.value), point.marks]


# -- Taken out --------------------------------------------------------------------------------------------


@get("/staff/statistics/{statistic_id:int}/take-out", sync_to_thread=True)
def take_out_page(request: Request, database: NamedDependency[Database], statistic_id: FromPath[int]) -> Template:
    with database.reading() as session:
        return asked_to_take_out(request, session, statistic_id)


def asked_to_take_out(
    request: Request, session: Session, statistic_id: int, *, problem: str = "", why: str = ""
) -> Template:
    return page(
        request,
        "profiles/statistics/take_out.html",
        status_code=422 if problem else 200,
        title=edition_or_404(session, statistic_id).title,
        url=url_of(statistic_id),
        problem=problem,
        why=why,
        longest=LONGEST_WHY,
    )


@post("/staff/statistics/{statistic_id:int}/take-out", sync_to_thread=True)
def take_out(
    request: Request, database: NamedDependency[Database], posted: NamedDependency[Posted], statistic_id: FromPath[int]
) -> Response:
    typed = first(posted, "_why")
    with database.writing() as session:
        edition_or_404(session, statistic_id)
        try:
            why = steps.checked(typed, "Say why it is taken out", what="the reason", longest=LONGEST_WHY)
        except CannotDo as problem:
            return asked_to_take_out(request, session, statistic_id, problem=str(problem), why=typed)
        statistic_editions.take_out(session, statistic_id, staff_id=request.user.id, why=why)
        session.commit()
    return Redirect(url_of(statistic_id), status_code=303)


@post("/staff/statistics/{statistic_id:int}/put-back", sync_to_thread=True)
def put_back(request: Request, database: NamedDependency[Database], statistic_id: FromPath[int]) -> Redirect:
    with database.writing() as session:
        edition_or_404(session, statistic_id)
        session.rollback()  # with nothing held, as the verb wants it
        try:
            statistic_editions.put_back(session, statistic_id, staff_id=request.user.id)
        except CannotKeep:
            raise Overtaken("Another statistic has this title by now. Take that one out first") from None
        session.commit()
    return Redirect(url_of(statistic_id), status_code=303)


handlers = [all_statistics, one_statistic, figures_file, take_out_page, take_out, put_back]
