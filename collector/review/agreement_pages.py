"""Staff: how people agree with one another and with the model, label by label, and which labels are on hold."""

import csv
import io
from collections.abc import Collection, Iterable, Sequence
from typing import Annotated, Any
from urllib.parse import urlencode

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import QueryParameter
from litestar.response import Redirect, Response, Template
from sqlmodel import Session

from collector import dates
from collector.accounts.access import Person
from collector.accounts.identity import who
from collector.database import Database
from collector.findings import holds
from collector.findings.audit_models import AgreementFigure, AgreementRun, LabelHold
from collector.findings.models import BlindItem
from collector.frameworks import plan
from collector.how_many import plural
from collector.intake import file_names
from collector.queue import Queue
from collector.review import agreement_coded, agreement_runs, blind_coding, blind_pages
from collector.review.strips import Strip
from collector.web.page import page as show
from forms.formulas import guarded

HOME = "/staff/agreement"
ALL = "All labels"
COUNTED = 1_000
MANY = {
    "kinds": "Kinds",
    "actions": "Actions",
    "fundamentals": "Fundamentals",
    "barrier_themes": "Barrier themes",
    "priority_areas": "Priority areas",
}
ORDER = ("", *blind_pages.FAMILIES)
MEASURES = ("people_alpha", "model_alpha", "difference", "people_f1", "model_f1", "model_precision", "model_recall")
# The verdicts of `analysis.agreement`, each with a mark, so that none is told by colour alone.
AS_GOOD, BELOW, TOO_FEW = "as good as people", holds.BELOW, "too few to tell"
MARKS = {AS_GOOD: "✓", BELOW: "✕", TOO_FEW: "–"}

Model = Annotated[str, QueryParameter(name="model", max_length=100)]


@get(HOME, sync_to_thread=True)
def agreement(request: Request, database: NamedDependency[Database], model: Model = "") -> Template:
    with database.reading() as session:
        models = agreement_runs.models(session)
        if model and model not in models:
            raise NotFoundException("This model was not measured")
        chosen = model or default_model(session, models)
        run = agreement_runs.latest(session, chosen)
        figures = agreement_runs.figures(session, run.id, chosen) if run and chosen else []
        person = who(request)
        return show(
            request,
            "review/agreement.html",
            run=run,
            model=chosen,
            models=[{"word": one, "url": address(one), "current": one == chosen} for one in models],
            overall=next((row_shown(one) for one in figures if not one.family), None),
            groups=groups_of(figures, holds.on_hold(session)),
            verdicts=verdicts(figures),
            unused=unused(figures),
            holds=[hold_shown(one) for one in holds.listed(session)],
            progress=progress(session),
            coded=coded_words(run) if run else "",
            minimum=holds.MINIMUM,
            axis=Strip.axis(),
            next_url=next_url(session, person.id) if person.role is Person.REVIEWER else "",
            may_ask=person.role is Person.REVIEWER,
            csv_url=f"{HOME}/figures.csv?{urlencode({'model': chosen})}" if figures else "",
        )


def default_model(session: Session, models: Sequence[str]) -> str:
    """The model that reads now, where it was measured; else the one that was measured last."""
    reading = agreement_coded.reads_now(session)
    return reading if reading in models else next(iter(models), "")


def address(model: str) -> str:
    return f"{HOME}?{urlencode({'model': model})}"


def coded_words(run: AgreementRun) -> str:
    """ "212 of 2,130 passages were coded blind, 104 of them by two people." """
    by_two = f", {run.coded_by_two:,} of them by two people" if run.coded_by_two else ""
    were = "was" if run.coded == 1 else "were"
    return f"{run.coded:,} of {run.passages:,} passages {were} coded blind{by_two}."


def progress(session: Session) -> dict[str, Any]:
    """How far the coding is today, which may be further than the last measuring."""
    under_way = agreement_runs.under_way(session)
    by_two = counted(session, agreement_coded.done().where(BlindItem.coders > 1))
    return {
        "coded": counted(session, agreement_coded.done()),
        "by_two": by_two,
        "missing": max(0, holds.MINIMUM - by_two),
        "to_code": passages(counted(session, agreement_coded.to_code())),
        "to_settle": passages(counted(session, agreement_coded.to_settle())),
        "asked_at": under_way.asked_at if under_way else None,
        "failed": agreement_runs.last_failed(session),
    }


def counted(session: Session, chosen: Any) -> int:
    """Counted no further than this page needs: there may be a hundred thousand."""
    return agreement_coded.number(session, chosen, at_most=COUNTED)


def passages(number: int) -> str:
    return f"{COUNTED:,} passages or more" if number == COUNTED else plural(number, "passage")


def next_url(session: Session, staff_id: int) -> str:
    found = blind_coding.next_for(session, staff_id)
    return blind_pages.url_of(found) if found else ""


def groups_of(figures: Sequence[AgreementFigure], held: set[tuple[str, str]]) -> list[dict[str, Any]]:
    """Each family with its labels, in the order of the form that they are chosen in."""
    found = []
    for family in blind_pages.FAMILIES:
        own = [one for one in figures if one.family == family]
        if own:
            whole = next((row_shown(one) for one in own if not one.label), None)
            labels = sorted((one for one in own if one.label), key=lambda one: plan.title(family, one.label))
            found.append(
                {"id": family, "title": MANY[family], "whole": whole, "rows": [row_shown(one, held) for one in labels]}
            )
    return found


def row_shown(figure: AgreementFigure, held: Collection[tuple[str, str]] = ()) -> dict[str, Any]:
    return {
        "title": title_of(figure.family, figure.label),
        "passages": figure.passages,
        "units": figure.units,
        "positives": figure.positives,
        "double_coded": figure.double_coded_positives,
        "strip": Strip(figure.figures["people_alpha"], figure.figures["model_alpha"]),
        "measures": {name: interval(values) for name, values in figure.figures.items()},
        "verdict": figure.verdict,
        "mark": MARKS.get(figure.verdict, "–"),
        "why": "on hold" if (figure.family, figure.label) in held else why(figure),
    }


def title_of(family: str, label: str) -> str:
    return plan.title(family, label) if label else f"{MANY[family]} together" if family else ALL


def why(figure: AgreementFigure) -> str:
    """What a verdict hangs on, where that is not told by the chart."""
    if figure.verdict != TOO_FEW:
        return ""
    if figure.passages < holds.MINIMUM:
        return f"{figure.passages} of {holds.MINIMUM} passages"
    return "the intervals are too wide"


def interval(values: Sequence[float | None]) -> dict[str, str]:
    """A figure and its interval as they are read."""
    value, low, high = values
    return {
        "value": two_places(value) if value is not None else "",
        "range": f"{two_places(low)} to {two_places(high)}" if None not in (low, high) else "",
    }


def two_places(value: float) -> str:
    return f"{round(value, 2) + 0.0:.2f}".replace("-", "−")  # nothing is below nothing


def verdicts(figures: Iterable[AgreementFigure]) -> list[dict[str, Any]]:
    """How many labels there are of each verdict."""
    told = [one.verdict for one in figures if one.label]
    return [{"word": word, "mark": mark, "number": told.count(word)} for word, mark in MARKS.items()]


def unused(figures: Sequence[AgreementFigure]) -> list[str]:
    """Labels of the codebook that nobody gave yet, neither people nor the model."""
    given = {(one.family, one.label) for one in figures}
    return [
        plan.title(family, label)
        for family in blind_pages.FAMILIES
        for label in plan.by_id(family)
        if figures and (family, label) not in given
    ]


def hold_shown(hold: LabelHold) -> dict[str, Any]:
    return {
        "family_word": plan.FAMILY_WORDS[hold.family],
        "title": plan.title(hold.family, hold.label),
        "model": hold.model,
        "since": hold.since,
        "ended_at": hold.ended_at,
        "people": interval(hold.figures["people_alpha"]),
        "machine": interval(hold.figures["model_alpha"]),
        "passages": hold.passages,
    }


@post(HOME, sync_to_thread=True)
def ask(request: Request, database: NamedDependency[Database], queue: NamedDependency[Queue]) -> Redirect:
    with database.writing() as session:
        run_id = agreement_runs.ask(session, staff_id=request.user.id)
        session.commit()
    queue.ask_for_agreement(run_id)
    return Redirect(HOME, status_code=303)


@get(f"{HOME}/figures.csv", sync_to_thread=True)
def figures_file(database: NamedDependency[Database], model: Model = "") -> Response[bytes]:
    """The figures of the last measuring as the page has them, not rounded."""
    with database.reading() as session:
        chosen = model or default_model(session, agreement_runs.models(session))
        run = agreement_runs.latest(session, chosen)
        rows = agreement_runs.figures(session, run.id, chosen) if run and chosen else []
    written = io.StringIO()
    lines = csv.writer(written)
    lines.writerow(columns())
    lines.writerows(line_of(run, one) for one in sorted(rows, key=lambda one: ORDER.index(one.family)))
    name = f"agreement-{run.id if run else 'none'}.csv"
    headers = {"Content-Disposition": file_names.attached(name)}
    return Response(written.getvalue().encode("utf-8-sig"), media_type="text/csv; charset=utf-8", headers=headers)


COUNTS = ("units", "positives", "double_coded", "double_coded_positives", "passages")


def columns() -> list[str]:
    ends = [f"{name}{end}" for name in MEASURES for end in ("", "_low", "_high")]
    return ["measured", "model", "family", "label", "title", *COUNTS, *ends, "verdict"]


def line_of(run: AgreementRun, figure: AgreementFigure) -> list[Any]:
    counts = [getattr(figure, name) for name in COUNTS]
    values = [value for name in MEASURES for value in figure.figures[name]]
    title = title_of(figure.family, figure.label)
    measured = dates.in_full(run.finished_at)
    return [
        measured,
        guarded(figure.model),
        figure.family,
        figure.label,
        guarded(title),
        *counts,
        *values,
        figure.verdict,
    ]


handlers = [agreement, ask, figures_file]
