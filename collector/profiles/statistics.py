"""Figures that others published, of areas and organisations, as pages show them: of one place (`of_area` and
`of_organisation`, for profiles), or of all places of one statistic.

`statistic_editions` has how they come in.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, or_
from sqlmodel import Session, col, select

from collector.organisations import directory
from collector.organisations.models import Organisation
from collector.organisations.names import key_of
from collector.profiles import charts, periods, values
from collector.profiles.charts import Chart, Datum, Series
from collector.profiles.periods import Period
from collector.profiles.statistic_models import Statistic, StatisticChange, StatisticEdition, StatisticFigure

WHAT = {"statistic": "A statistic", "budget": "A line of budgets"}
# A profile shows the latest so many: the page of the statistic has all.
MOST_PERIODS = 12
NOT_PUBLISHED = "not published"


@dataclass(frozen=True)
class Facts:
    """What people say of a file. `of`: what is counted, or out of what. `published_on` as 2026-03-31."""

    title: str
    what: str
    unit: str
    of: str
    publisher: str
    source: str
    address: str
    published_on: str
    note: str

    @property
    def title_key(self) -> str:
        return key_of(self.title)

    @property
    def shown_as(self) -> str:
        """The unit that pages show; the file may have another."""
        return values.SHOWN_AS[self.unit]


@dataclass(frozen=True)
class Point:
    """One figure. Where `missing` says why, there is no value."""

    period: Period
    value: float | None
    missing: str
    marks: str


@dataclass(frozen=True)
class Shown:
    """A statistic of one place: its figures in the order of time, beside those of Scotland where there are any."""

    statistic_id: int
    facts: Facts
    published_on: date
    decimals: int
    called: str  # what its line is called beside Scotland's
    points: tuple[Point, ...]
    scotland: tuple[Point, ...]

    @property
    def latest(self) -> Point:
        return self.points[-1]

    @property
    def told(self) -> tuple[Point, ...]:
        """The latest figures, which the chart and the table beside it show both."""
        return self.points[-MOST_PERIODS:]

    @property
    def chart(self) -> Chart | None:
        """Bars for a line of budgets, a line beside Scotland's for a statistic; None where there is too little."""
        if self.facts.what == "budget":
            return charts.bars(Series("", self.data(self.told)))
        first = self.told[0].period
        beside = [one for one in self.scotland if first.begins <= one.period.begins]
        series = [Series(self.called, self.data(self.told)), Series("Scotland", self.data(beside))]
        return charts.lines(series, lambda number: values.on_a_scale(number, self.facts.shown_as))

    def data(self, points: Iterable[Point]) -> list[Datum]:
        return data_of(points, self.decimals, self.facts.shown_as)

    @property
    def last_published(self) -> Point | None:
        """The latest number, where the latest period has none."""
        told = [one for one in self.points if one.value is not None]
        return told[-1] if told and self.latest.value is None else None

    @property
    def before(self) -> Point | None:
        """The one before the latest, where both are numbers that may be compared."""
        if len(self.points) < 2 or self.latest.value is None or values.BROKEN_SERIES in self.latest.marks:
            return None
        return self.points[-2] if self.points[-2].value is not None else None

    @property
    def change(self) -> str:
        """ "up 1.2 percentage points"; empty where nothing can be said"""
        if self.before is None:
            return ""
        return values.change(self.latest.value, self.before.value, self.decimals, self.facts.shown_as)

    def beside(self, point: Point) -> Point | None:
        """Scotland's figure of the same period."""
        return next((one for one in self.scotland if one.period == point.period), None)

    def words(self, point: Point) -> str:
        """ "45.2%", or "not published" """
        return words_of(point, self.decimals, self.facts.shown_as)


def words_of(point: Point, decimals: int, unit: str) -> str:
    return NOT_PUBLISHED if point.value is None else values.shown(point.value, decimals, unit)


def data_of(points: Iterable[Point], decimals: int, unit: str) -> list[Datum]:
    """For a chart, in the order of time."""
    return [datum_of(one, decimals, unit) for one in in_order(points)]


def datum_of(point: Point, decimals: int, unit: str) -> Datum:
    words = values.short(point.value, decimals, unit) if point.value is not None else ""
    return Datum(point.period.at, point.value, words, periods.short_words_of(point.period))


def of_area(session: Session, area_id: str) -> list[Shown]:
    """Every statistic that has figures of a council area, or of Scotland ("scotland"), by title."""
    return shown_of(session, area_id, col(StatisticFigure.area) == area_id)


def of_organisation(session: Session, organisation_id: int) -> list[Shown]:
    """Every statistic, and every line of budgets, that has figures of an organisation, by title."""
    return shown_of(session, f"organisation {organisation_id}", col(StatisticFigure.organisation_id) == organisation_id)


def shown_of(session: Session, place: str, is_there: ColumnElement[bool]) -> list[Shown]:
    editions = session.exec(editions_of(is_there)).all()
    figures: dict[tuple[int, str], list[Point]] = defaultdict(list)
    for edition_id, key, begins, ends, *told in session.exec(figures_beside([one.id for one in editions], is_there)):
        figures[edition_id, key].append(Point(Period(ends, begins), *told))
    return [
        Shown(
            statistic_id=one.statistic_id,
            facts=Facts(**one.facts),
            published_on=one.published_on,
            decimals=one.decimals,
            called="Own figure" if place.startswith("organisation") else "This area",
            points=in_order(figures[one.id, place]),
            scotland=() if place == "scotland" else in_order(figures[one.id, "scotland"]),
        )
        for one in editions
    ]


def editions_of(is_there: ColumnElement[bool]):
    """Those that pages show and that have figures of a place, by title; without what their reading came upon."""
    columns = ("id", "statistic_id", "facts", "published_on", "decimals")
    chosen = select(*(getattr(StatisticEdition, name) for name in columns))
    concerned = select(StatisticFigure.edition_id).where(is_there)
    joined = chosen.join(Statistic, col(Statistic.id) == StatisticEdition.statistic_id)
    ordered = joined.order_by(col(StatisticEdition.title_key), col(StatisticEdition.id))
    return ordered.where(*shown(), col(StatisticEdition.id).in_(concerned))


def figures_beside(edition_ids: Sequence[int], is_there: ColumnElement[bool]):
    """The figures of a place and those of Scotland, as plain rows: a profile has some thousands."""
    columns = ("edition_id", "place", "begins", "ends", "value", "missing", "marks")
    chosen = select(*(getattr(StatisticFigure, name) for name in columns))
    here = or_(is_there, col(StatisticFigure.area) == "scotland")
    return chosen.where(col(StatisticFigure.edition_id).in_(edition_ids), here)


def in_order(points: Iterable[Point]) -> tuple[Point, ...]:
    return tuple(sorted(points, key=lambda point: (point.period.ends, point.period.begins)))


def point_of(figure: StatisticFigure) -> Point:
    return Point(Period(figure.ends, figure.begins), figure.value, figure.missing, figure.marks)


def facts_held(edition: StatisticEdition) -> Facts:
    return Facts(**edition.facts)


def shown() -> tuple[ColumnElement[bool], ...]:
    """That an edition, joined with its statistic, is the one that pages show."""
    return (col(StatisticEdition.in_use).is_(True), col(Statistic.taken_out_at).is_(None))


# -- Statistics and their editions ----------------------------------------------------------------------


def titled(session: Session, title: str) -> int | None:
    """The statistic of this title that is in use."""
    chosen = select(StatisticEdition.statistic_id).where(
        *shown(), StatisticEdition.title_key == directory.key_of(title)
    )
    return session.exec(chosen.join(Statistic, col(Statistic.id) == StatisticEdition.statistic_id)).first()


def edition_in_use(session: Session, statistic_id: int) -> StatisticEdition | None:
    chosen = select(StatisticEdition).where(StatisticEdition.statistic_id == statistic_id)
    return session.exec(chosen.where(col(StatisticEdition.in_use).is_(True))).first()


def edition_numbered(session: Session, statistic_id: int, number: int) -> StatisticEdition | None:
    chosen = select(StatisticEdition).where(StatisticEdition.statistic_id == statistic_id)
    return session.exec(chosen.where(StatisticEdition.number == number)).first()


def in_use(*, taken_out: bool = False):
    """The editions that pages show, by title; or those of statistics that were taken out."""
    is_out = col(Statistic.taken_out_at).is_not(None) if taken_out else col(Statistic.taken_out_at).is_(None)
    chosen = select(StatisticEdition).join(Statistic, col(Statistic.id) == StatisticEdition.statistic_id)
    return chosen.where(col(StatisticEdition.in_use).is_(True), is_out).order_by(
        col(StatisticEdition.title_key), col(StatisticEdition.id)
    )


def history(session: Session, statistic_id: int) -> list[StatisticChange]:
    chosen = select(StatisticChange).where(StatisticChange.statistic_id == statistic_id)
    return list(session.exec(chosen.order_by(col(StatisticChange.id).desc())))


# -- One statistic, place by place --------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    key: str
    name: str
    organisation_id: int | None = None


def places_of(session: Session, edition_id: int) -> list[Place]:
    """The places of an edition: Scotland first, then areas and organisations by name. Never by their figures."""
    chosen = select(StatisticFigure.place, StatisticFigure.area, StatisticFigure.organisation_id, StatisticFigure.named)
    rows = session.exec(chosen.where(StatisticFigure.edition_id == edition_id).distinct()).all()
    names = directory_names(session, {row.organisation_id for row in rows if row.organisation_id})
    found = {}
    for key, area, organisation_id, named in rows:
        found[key] = Place(key, name_of(area, names.get(organisation_id, named)), organisation_id)
    return sorted(found.values(), key=lambda one: (one.key != "scotland", one.name.casefold(), one.key))


def name_of(area: str | None, otherwise: str) -> str:
    if area == "scotland":
        return "Scotland"
    return directory.area_name(area) if area else otherwise


def directory_names(session: Session, ids: set[int]) -> dict[int, str]:
    rows = session.exec(select(Organisation.id, Organisation.name).where(col(Organisation.id).in_(ids)))
    return dict(rows.all())


def periods_of(session: Session, edition_id: int) -> list[Period]:
    """The periods of an edition, latest first."""
    chosen = select(StatisticFigure.ends, StatisticFigure.begins).where(StatisticFigure.edition_id == edition_id)
    return sorted((Period(*row) for row in session.exec(chosen.distinct())), reverse=True)


def figures_of(
    session: Session, edition_id: int, places: Sequence[Place] | None = None
) -> dict[str, dict[Period, Point]]:
    """By place and period; of these places alone, where some are named."""
    chosen = select(StatisticFigure).where(StatisticFigure.edition_id == edition_id)
    if places is not None:
        chosen = chosen.where(col(StatisticFigure.place).in_([one.key for one in places]))
    found: dict[str, dict[Period, Point]] = defaultdict(dict)
    for one in session.exec(chosen):
        point = point_of(one)
        found[one.place][point.period] = point
    return found
