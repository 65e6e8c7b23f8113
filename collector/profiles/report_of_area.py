"""What a report says of a council area, or of Scotland: who was heard and who was not, and what organisations say.

As of every report (`report_contents`): labels on hold count only where a person has accepted them, and what tells of
harm is not quoted.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlmodel import Session, col, select

from collector import dates
from collector.database import now
from collector.findings import counts, holds, small_numbers
from collector.findings.counts import Within
from collector.frameworks import plan
from collector.how_many import plural
from collector.intake import partners
from collector.intake.models import Source, Submission
from collector.organisations import directory
from collector.organisations.models import Organisation
from collector.profiles import (
    area_counts,
    areas,
    changes,
    contents,
    lines,
    report_contents,
    report_parts,
    report_statistics,
    shown,
    statements,
    statistics,
)
from collector.profiles.area_counts import AreaCounts
from collector.profiles.area_report_counts import ForAnybody, ForStaff
from collector.profiles.document import (
    Block,
    Column,
    Figures,
    Grid,
    Note,
    Quote,
    Row,
    Section,
    Sentence,
    Table,
    canonical,
    hash_of,
)
from collector.profiles.lines import Line
from collector.profiles.report_contents import ANYONE, Cited, Contents, NoSubject
from collector.profiles.report_parts import by_priority_area, method, nothing
from collector.profiles.statements import ACTION_KIND, AREA_KIND, FUNDAMENTAL, GRID, NO_AREA, THEME
from collector.review import reading

COUNTED = "How organisations were counted"
DUE, SOURCES = 25, 100  # commitments past their day, and as many to come; sources


def of_area(session: Session, area: str, *, audience: str = "own") -> Contents:
    """Raises NoSubject where there is no such area."""
    if area not in directory.area_names():
        raise NoSubject("There is no area of this name")
    return _Area(session, area, audience).contents()


class _Area:
    def __init__(self, session: Session, area: str, audience: str) -> None:
        self.session, self.area, self.audience, self.cited = session, area, audience, Cited(named=True)
        self.sample = areas.only_sample(session)
        everything = sources_in(session, area, sample=self.sample)
        told = with_name(session, everything) if audience == ANYONE else everything
        self.sources, self.left_out = {one.id: one for one in told}, len(everything) - len(told)
        self.considered = frozenset(one.id for one in everything)
        chosen = select(Organisation).where(col(Organisation.id).in_(areas.working_in(area, sample=self.sample)))
        self.organisations = list(session.exec(chosen.order_by(col(Organisation.name_key), col(Organisation.id))))
        self.held = [(one.id, self.content_of(one.id)) for one in self.organisations]
        if audience == ANYONE:  # who said nothing that may be published with the name is not named
            self.held = [(id, one) for id, one in self.held if one["heard"]]
        self.cells, self.groups = areas.cells_of(self.held), areas.lines_of(self.held)
        self.due = areas.due_in(self.held, dates.local_day(now()).isoformat(), most=DUE)
        self.since = changes.in_numbers(one["since"] for _, one in self.held)
        self.asked = counts.invited(session, Within())
        self.lines = lines.by_id(session, self.ids(), outside=True)
        # Of all that came, and so of nobody's in a sample, nor in what may be told to anybody.
        estimated = audience != ANYONE and not self.sample
        self.known = area_counts.estimates_of(session, area, without=holds.on_hold(session)) if estimated else {}
        counted = AreaCounts(self.cells, self.number_heard(), len(self.held), self.known)
        self.counts = ForAnybody(counted) if audience == ANYONE else ForStaff(counted)

    def content_of(self, organisation_id: int) -> dict[str, Any]:
        """As a profile has it, of what may be told alone."""
        submissions = {one.submission_id for one in self.sources.values()}
        told = statements.told_by(self.session, organisation_id, outside=True)
        items = statements.items_of(self.session, organisation_id, outside=True)
        told = [one for one in told if one.source_id in self.sources]
        items = [one for one in items if one.submission_id in submissions]
        return {
            "heard": self.heard_from(organisation_id),
            **contents.of_what_is_said(self.session, told, items),
            "since": changes.since_the_round_before(self.session, told, items),
        }

    def heard_from(self, organisation_id: int) -> dict[str, list[Any]]:
        found = self.session.exec(select(Source.id).where(partners.speaks_for(organisation_id)))
        own = [self.sources[id] for id in found if id in self.sources]
        return {
            kind: [len(of_kind), max(one.received_at for one in of_kind).isoformat()]
            for kind in sorted({one.kind for one in own})
            for of_kind in [[one for one in own if one.kind == kind]]
        }

    def ids(self) -> set[int]:
        due = {id for which in ("late", "to_come") for _, ids in self.due[which] for id in ids}
        return due | {id for groups in self.groups.values() for ids in groups.values() for id in ids}

    def contents(self) -> Contents:
        heard = self.number_heard()
        number = sum(areas.own_statements(self.held))
        sections = (
            self.in_short(heard, number),
            self.who_was_heard(),
            *self.actions(),
            self.in_the_way(),
            *self.commitments(),
            *self.changed(),
            *self.by_area(),
            self.fundamentals(),
            *self.grid(),
            *self.statistics(),
            *self.all_sources(),
            self.how_counted(),
        )
        return Contents(
            title="Scotland" if self.area == areas.SCOTLAND else directory.area_name(self.area),
            subtitle=self.heard_of(heard),
            sections=sections,
            references=self.cited.references(),
            sources=frozenset(self.sources),
            considered=self.considered,
            data=self.data(),
            drawn_from=f"{plural(number, 'statement')} of {plural(heard, 'organisation')}",
            sample=self.sample,
        )

    def heard_of(self, heard: int) -> str:
        if self.audience == ANYONE:
            return f"Drawn from {plural(heard, 'organisation')} that may be named"
        return f"Heard from {heard:,} of {plural(len(self.held), 'organisation')}"

    def number_heard(self) -> int:
        return sum(bool(one["heard"]) for _, one in self.held)

    # -- Sections ----

    def in_short(self, heard: int, number: int) -> Section:
        notes = [
            f"Drawn from {plural(number, 'statement')} of {plural(heard, 'organisation')}. A joint return"
            " speaks for each that sent it, and its statements are counted once.",
            self.how_read(number),
        ]
        if self.left_out:
            notes.insert(0, report_contents.left_out_of_many(self.left_out, of=len(self.sources) + self.left_out))
        notes.append(f"How numbers of organisations came about stands under “{COUNTED}”, at the end.")
        told = Note(tuple(Sentence(words, fixed="method") for words in notes))
        figures = tuple(self.counts.figure(*one) for one in area_counts.FIGURES) if self.counts.tells_numbers else ()
        return Section("In short", (Figures("In five figures", figures), told) if figures else (told,))

    def how_read(self, number: int) -> str:
        """For anybody not how few statements people checked: no more organisations can be counted."""
        checked = sum(areas.own_statements(self.held, "confirmed"))
        told = small_numbers.some_of(checked, number) if self.audience == ANYONE else ""
        return report_contents.how_read(checked, number, told=told)

    def who_was_heard(self) -> Section:
        title = "Who has been heard" if self.audience == ANYONE else "Who has been heard, and who has not"
        names = {one.id: one for one in self.organisations}
        rows = tuple(
            Row(
                names[id].name, (directory.kind_name(names[id].kind), *last_heard(one["heard"], asked=id in self.asked))
            )
            for id, one in self.held
        )
        if not rows:
            return Section(title, (nothing("No organisation is known yet that works here."),))
        columns = (Column("Organisation"), Column("Kind"), Column("Last heard"), Column("How"))
        return Section(title, (*self.silence(), Table("By name", columns, rows)))

    def silence(self) -> Iterable[Block]:
        """Nothing for anybody: who was not heard is not told them, and so not how many."""
        silent = [id for id, one in self.held if not one["heard"]]
        if silent and self.audience != ANYONE:
            asked = len(self.asked & set(silent))
            words = (
                f"{asked:,} {'was' if asked == 1 else 'were'} asked and not heard; {len(silent) - asked:,} never asked."
            )
            yield method(f"{words} Silence says nothing of what somebody does.")

    def actions(self) -> Iterable[Section]:
        caption = f"How many organisations say something on each action, {self.counts.of}"
        kinds = [kind for kind, _, _ in area_counts.FIGURES]
        return self.table("The 25 actions", caption, ACTION_KIND, area_counts.COLUMNS, kinds)

    def table(
        self, title: str, caption: str, what: str, columns: tuple[str, ...], labels: list[str]
    ) -> Iterable[Section]:
        """Of each action by the labels of the columns; nothing where no numbers are told."""
        if self.counts.tells_numbers:
            groups = by_priority_area(
                lambda action: tuple(self.counts.cell(what, f"{action}|{label}") for label in labels)
            )
            wheres = [f"{action.id}|{label}" for action in plan.current().actions for label in labels]
            yield Section(title, (Grid(caption, "Action", columns, groups), method(self.counts.beneath(what, wheres))))

    def in_the_way(self) -> Section:
        title = "What gets in the way"
        if THEME not in self.cells:
            return Section(title, (nothing("Nothing was said to be in the way."),))
        if not self.counts.tells_numbers:
            return Section(title, (method("What was said of it stands under each priority area."),))
        return Section(title, (self.counts.themes(THEME),))

    def commitments(self) -> Iterable[Section]:
        """For anybody without their number: of few it tells how few may have made them."""
        title, tables = "Commitments with a day", []
        for which, caption in (
            ("late", "Past their day, the longest past first"),
            ("to_come", "To come, the next first"),
        ):
            if rows := [row for day, ids in self.due[which] if (row := self.commitment(day, ids))]:
                columns = (Column("Commitment"), Column("Who"), Column("By when"))
                tables.append(Table(caption, columns, tuple(rows)))
        late, to_come = self.due["number_late"], self.due["number_to_come"]
        if not late and not to_come:
            yield Section(title, (nothing("No commitment has a day by which it is to be done."),))
        elif self.audience != ANYONE:
            past = f"{plural(late, 'commitment is', 'commitments are')} past {'its' if late == 1 else 'their'} day"
            words = f"{past} and not reported done; {to_come:,} {'is' if to_come == 1 else 'are'} to come."
            left = late + to_come - sum(len(one.rows) for one in tables)
            more = (
                [method(f"{left:,} of them {'is' if left == 1 else 'are'} counted and not shown here.")] if left else []
            )
            lead = "What was written in a document, and not listed one by one, cannot be reported done: ask."
            yield Section(title, (method(f"{words} {lead}"), *tables, *more))
        elif tables:
            yield Section(title, tuple(tables))

    def commitment(self, day: str, ids: Iterable[int]) -> Row | None:
        """Nothing where its words may not be quoted, or some are redacted, which may be those of the day."""
        held = [self.lines[id] for id in ids if id in self.lines]
        if not held or any(one.harm or one.redacted for one in held):
            return None
        who = ", ".join(one.name for one in held[0].who)
        words = " ".join(one.text for one in held)
        return Row(words, (who, dates.in_words(date.fromisoformat(day))), self.cited.cite(*held))

    def changed(self) -> Iterable[Section]:
        """Not for anybody: from one number to the next it can be seen who came to speak of something."""
        if self.audience == ANYONE:
            return
        title, number = "What changed since the round before", self.since["organisations"]
        if not number:
            yield Section(title, (nothing("Nobody here was heard in two rounds yet."),))
            return
        lead = (
            f"Of the {plural(number, 'organisation')} heard in two rounds or more: what each said in the last that it"
            " was heard in, beside the one before."
        )
        if became := changes.became(self.since["items"]):
            lead += f" Of what was listed one by one: {', '.join(became)}."
        rows = tuple(
            Row(name, (f"{then:,}", f"{since:,}")) for name, then, since in changes.in_order(self.since["labels"])
        )
        columns = (Column("Action or barrier theme"), Column("Before", number=True), Column("Since", number=True))
        table = Table("How many organisations speak of it, where that changed", columns, rows)
        as_before = nothing("As many as before speak of each action and each barrier theme.")
        yield Section(title, (method(lead), table if rows else as_before))

    def all_sources(self) -> Iterable[Section]:
        """With their days, the newest first."""
        found = list(self.sources.values())
        rows = tuple(
            Row(self.title_of(one), (reading.KINDS[one.kind], dates.in_words(dates.local_day(one.received_at))))
            for one in found[:SOURCES]
        )
        if rows:
            left = len(found) - len(rows)
            more = [method(f"{plural(left, 'older one is', 'older ones are')} not listed.")] if left else []
            columns = (Column("Source"), Column("Kind"), Column("Received"))
            yield Section("Sources", (Table("What this report is drawn from, newest first", columns, rows), *more))

    def title_of(self, source: Source) -> str:
        """For anybody a file that somebody sent along is not called by its name: nobody has looked what that tells."""
        hidden = self.audience == ANYONE and source.upload_id is not None
        return reading.KINDS[source.kind] if hidden else source.title

    def by_area(self) -> Iterable[Section]:
        for area, title in shown.area_titles().items():
            parts = [part for id in shown.GROUPS if (part := self.group(area, id))]
            if parts:
                yield Section(title, (), tuple(parts))
            elif area != NO_AREA:
                yield Section(title, (nothing("Nothing was heard on this yet."),))

    def group(self, area: str, id: str) -> Section | None:
        kind, title, _ = shown.GROUPS[id]
        where = f"{area}|{kind}"
        if where not in self.cells.get(AREA_KIND, {}):
            return None
        return Section(title, self.told(AREA_KIND, where))

    def told(self, what: str, where: str) -> tuple[Block, ...]:
        """How many organisations say so, and some of their words."""
        ids = self.groups.get(what, {}).get(where, ())
        quotable = [self.lines[id] for id in ids if id in self.lines and not self.lines[id].harm]
        words = self.counts.in_words(what, where)
        _, _, number, _ = self.cells[what][where]
        # How many statements there are tells anybody how few organisations may have said them.
        some = self.audience != ANYONE and len(quotable) < number
        left = f"; {len(quotable):,} of them quoted here." if some else "."
        return (method(words + left), *(self.quote(line) for line in quotable))

    def quote(self, line: Line) -> Quote:
        return report_parts.quote(line, ", ".join(one.name for one in line.who), self.cited.cite(line))

    def fundamentals(self) -> Section:
        held = self.cells.get(FUNDAMENTAL, {})
        return report_parts.fundamentals(lambda id: self.told(FUNDAMENTAL, id) if id in held else ())

    def grid(self) -> Iterable[Section]:
        fundamentals = plan.current().fundamentals
        caption = f"How many organisations speak to an action and to a Fundamental at once, {self.counts.of}"
        titles, labels = tuple(one.title for one in fundamentals), [one.id for one in fundamentals]
        return self.table("Actions and Fundamentals", caption, GRID, titles, labels)

    def how_counted(self) -> Section:
        return Section(COUNTED, tuple(map(method, self.counts.method())))

    def statistics(self) -> Iterable[Section]:
        if found := statistics.of_area(self.session, self.area):
            yield report_statistics.section(found)

    def data(self) -> str:
        """Of every count of each organisation, line and source that the report was drawn from, of what was corrected
        and of each statistic: another one is another hash."""
        figures = report_statistics.drawn_from(statistics.of_area(self.session, self.area))
        known = [[*label, one.answered, one.low, one.high, one.basis] for label, one in sorted(self.known.items())]
        told = {"held": self.held, "known": known, "statistics": figures, "sources": sorted(self.sources)}
        return hash_of(canonical(told))


def last_heard(heard: dict[str, list[Any]], *, asked: bool) -> tuple[str, str]:
    """When, and in which ways: of several each with its own day."""
    days = areas.days_heard(heard)
    if not days:
        return "Not yet", "Asked, and silent" if asked else "Never asked"
    ways = (f"{reading.KINDS[kind]}{f', {dates.in_words(day)}' if len(days) > 1 else ''}" for kind, day in days.items())
    return dates.in_words(max(days.values())), "; ".join(ways)


def sources_in(session: Session, area: str, *, sample: bool) -> list[Source]:
    chosen = select(Source).where(areas.spoken_for(area, sample=sample))
    return list(session.exec(chosen.order_by(col(Source.received_at).desc(), col(Source.id).desc())))


def with_name(session: Session, sources: list[Source]) -> list[Source]:
    """Those that may be published with the name. Of a document nobody has said that it may."""
    named = select(Submission.id).where(Submission.permission == report_contents.WITH_NAME)
    may = set(session.exec(named.where(col(Submission.id).in_({one.submission_id for one in sources}))))
    return [one for one in sources if one.submission_id in may]
