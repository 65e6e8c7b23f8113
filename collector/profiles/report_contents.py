"""What a report says of its subject, gathered from what stands on the day: one function a kind.

A report goes out of the house. So labels on hold count only where a person has accepted them, what tells of harm is not
quoted, and for anybody to read nothing is quoted, counted or named but what may be published with the name.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlmodel import Session, col, func, select

from collector import dates
from collector.database import batches
from collector.findings import holds, small_numbers, standing
from collector.findings.models import StandingLabel, Statement
from collector.frameworks import plan
from collector.how_many import plural
from collector.intake import documents, item_states, partners, rounds
from collector.intake.models import Job, Meeting, Passage, Round, Source, SourceOrganisation, Submission
from collector.organisations import directory, leads
from collector.organisations.models import Organisation
from collector.profiles import (
    asked,
    changes,
    committed,
    lines,
    listed,
    organisation_sections,
    others,
    questions,
    report_parts,
    report_statistics,
    shown,
    statements,
    statistics,
    summed_up,
)
from collector.profiles.document import (
    Block,
    Figure,
    Figures,
    Note,
    Paragraph,
    Quote,
    Reference,
    Section,
    Sentence,
    canonical,
    hash_of,
)
from collector.profiles.lines import Line
from collector.profiles.others import WITH_NAME, WITHOUT_NAME
from collector.profiles.promises import COMMITMENT
from collector.profiles.statements import NO_AREA, PEOPLE
from collector.review.heard_shown import Shown

QUOTED = 5  # statements of a group; the others are counted
OTHERS = 10  # statements of others
OWN, ANYONE = "own", "anyone"
# What of others' words the readers of a report may be told, by what is allowed to be published of them.
TOLD_OF_OTHERS = {OWN: (WITH_NAME, WITHOUT_NAME), ANYONE: (WITH_NAME,)}
NOT_NAMED = "An organisation that is not named"


class NoSubject(ValueError):
    """What the report was to be about is not there."""


@dataclass(frozen=True)
class Contents:
    """What stands in a report, before it is dated. `sources` are all that it names, `data` is a hash of what it was
    drawn from, `drawn_from` the same in words."""

    title: str
    subtitle: str
    sections: tuple[Section, ...]
    references: tuple[Reference, ...]
    sources: frozenset[int]
    data: str
    drawn_from: str
    # All that it would have been drawn from, those left out too: who takes one of them back, or changes what may be
    # published of it, changes what the report may say.
    considered: frozenset[int] = frozenset()
    # Sources that others than staff and those they are of are shown words of, each with what may be published of it.
    permitted: frozenset[tuple[int, str]] = frozenset()
    # The words of statements that sentences were made of, quoted or not.
    made_of: dict[int, str] = field(default_factory=dict)
    sample: bool = False


@dataclass
class Cited:
    """Statements in the order in which they are first cited.

    `named`: references name who said it; with an `owner`, whose report it is, where others than they alone did. Of
    those in `unnamed` nothing tells who.
    """

    lines: dict[int, Line] = field(default_factory=dict)
    named: bool = False
    owner: int | None = None
    unnamed: frozenset[int] = frozenset()

    def cite(self, *lines: Line) -> tuple[int, ...]:
        for line in lines:
            self.lines.setdefault(line.id, line)
        order = list(self.lines)
        return tuple(sorted({order.index(line.id) + 1 for line in lines}))

    def references(self) -> tuple[Reference, ...]:
        return tuple(self.reference(number, line) for number, line in enumerate(self.lines.values(), start=1))

    def reference(self, number: int, line: Line) -> Reference:
        if line.id in self.unnamed:
            return Reference(number, line.id, line.text, "", None, NOT_NAMED)
        told = self.named or (self.owner is not None and [one.id for one in line.who] != [self.owner])
        who = ", ".join(one.name for one in line.who) if told else ""
        source, day = documents.title_told(line.source), documents.day_told(line.source)
        return Reference(number, line.id, line.text, source, day, who)


@dataclass(frozen=True)
class Said:
    """A statement that may be counted, and the labels that stand on it as (family, label) with state and score.

    `item`: it is the words of something that was listed one by one. `told` are the kinds under which that is shown,
    so that the statement says no more.
    """

    id: int
    passage_id: int
    source_id: int
    harm: bool
    labels: dict[tuple[str, str], tuple[str, float | None]]
    item: tuple[str, str] | None  # the list and the item whose words it is
    told: set[str] = field(default_factory=set)


# -- An organisation ------------------------------------------------------------------------------------


def of_organisation(session: Session, organisation_id: int, *, audience: str = "own") -> Contents:
    """Raises NoSubject where there is no such organisation."""
    found = session.get(Organisation, organisation_id)
    if found is None:
        raise NoSubject("There is no organisation of this number")
    return _Organisation(session, found, audience).contents()


class _Organisation:
    def __init__(self, session: Session, organisation: Organisation, audience: str) -> None:
        self.session, self.organisation, self.audience = session, organisation, audience
        self.today = rounds.local_date()
        everything = sources_of(session, organisation.id)
        self.sources = {one.id: one for one in everything if audience != ANYONE or may_be_named(session, one)}
        self.left_out = len(everything) - len(self.sources)
        self.said = [one for one in statements_of(session, organisation.id) if one.source_id in self.sources]
        self.items = {
            key: [item for item in items if item.source.id in self.sources]
            for key, items in listed.by_kind_and_area(session, organisation.id, no_area=NO_AREA, outside=True).items()
        }
        submissions = {one.submission_id for one in self.sources.values()}
        told = statements.told_by(session, organisation.id, outside=True)
        items = statements.items_of(session, organisation.id, outside=True)
        self.told = [one for one in told if one.source_id in self.sources]
        self.planned = [one for one in items if one.submission_id in submissions]
        self.since = changes.since_the_round_before(session, self.told, self.planned)
        self.leads = leads.of(session, organisation.id)
        self.statistics = statistics.of_organisation(session, organisation.id)
        self.asked = asked.in_rounds(session, organisation.id, sample=organisation.sample) if audience == OWN else []
        self.ended = self.what_ended(submissions)
        self.others = others.that_may_be_told(
            session, organisation, permissions=TOLD_OF_OTHERS[audience], at_most=OTHERS
        )
        self.met = meetings_with(session, organisation.id) if audience == OWN else []
        self.considered = frozenset({one.id for one in (*everything, *self.met)} | self.others.weighed.keys())
        unnamed = frozenset(one.line.id for one in self.others.voices if not one.named)
        self.cited = Cited(owner=organisation.id, unnamed=unnamed)
        self.lines = lines.by_id(session, self.chosen(), outside=True)
        self.questions = self.worth_asking() if audience == OWN else []
        self.summed_up = summed_up.of_organisation(session, organisation.id, at_most=3 * summed_up.POINTS)
        self.points = self.points_told()
        cited = {id for one in self.questions for id in one["statements"]} - self.harmful
        cited |= self.statements_of_points()
        self.lines |= lines.by_id(session, cited - self.lines.keys(), outside=True)

    def statements_of_points(self) -> set[int]:
        return {id for one in self.points for id in one.sentence.citations}

    def worth_asking(self) -> list[dict[str, Any]]:
        """Only of what may be quoted, so that each can be shown with its reason."""
        shown = {item.key for items in self.items.values() for item in items if self.stands_in(item)}
        unquotable = self.harmful | ({one.key for one in self.planned} - shown)
        held = (self.session, self.organisation.id, self.told, self.planned)
        return questions.worth_asking(*held, since=self.since, outside=True, unquotable=unquotable)

    @cached_property
    def harmful(self) -> set[int]:
        return {one.id for one in self.said if one.harm}

    def what_ended(self, submission_ids: set[int | None]) -> Counter[str]:
        ended = item_states.ended_of(self.session, partners.speaks_for(self.organisation.id))
        return Counter(one.state.state for one in ended if one.submission.id in submission_ids)

    def contents(self) -> Contents:
        areas = directory.areas_of(self.session, [self.organisation.id])[self.organisation.id]
        where = ", ".join(directory.area_name(area) for area in areas)
        kind = directory.kind_name(self.organisation.kind)
        sections = (
            self.in_short(),
            organisation_sections.who_they_are(kind, [directory.area_name(area) for area in areas], self.leads),
            *organisation_sections.worth_asking(
                self.questions, questions.names_of(self.session, self.questions), self.cited_by_question
            ),
            *self.in_points(),
            *organisation_sections.since(self.since, self.round_titles(), self.cite),
            self.commitments(),
            *self.areas(),
            self.fundamentals(),
            self.grid(),
            *([report_statistics.section(self.statistics)] if self.statistics else []),
            organisation_sections.of_others([*map(self.voice, self.others.voices)], unnamed=self.audience == OWN),
            *([organisation_sections.asked(self.asked)] if self.audience == OWN else []),
            self.heard_from(),
        )
        return Contents(
            title=self.organisation.name,
            subtitle=f"{kind}, {where}" if where else kind,
            sections=sections,
            references=self.cited.references(),
            sources=frozenset(self.sources.keys() | self.others.quoted.keys()),
            considered=self.considered,
            permitted=frozenset(self.others.quoted.items()),
            made_of={id: self.lines[id].text for id in self.statements_of_points()},
            data=self.data(areas),
            drawn_from=self.drawn_from(),
            sample=self.organisation.sample,
        )

    def drawn_from(self) -> str:
        own = f"{plural(len(self.said), 'statement')} in {plural(len(self.sources), 'source')}"
        return own + (f", and {plural(len(self.others.voices), 'statement')} of others" if self.others.voices else "")

    def in_short(self) -> Section:
        blocks: list[Block] = [Figures("In five figures", tuple(self.figure(*one) for one in shown.FIGURES))]
        notes = [*self.limits()]
        if notes:
            blocks.append(Note(tuple(Sentence(words, fixed="method") for words in notes)))
        if not self.said and not any(self.items.values()):
            words = "Nothing was heard yet. What they do, plan, need and offer appears here when they have said it."
            blocks.append(Paragraph((Sentence(words, fixed="empty"),)))
        return Section("In short", tuple(blocks))

    def limits(self) -> Iterable[str]:
        if self.left_out:
            yield left_out(self.left_out, of=len(self.sources) + self.left_out)
        if unread := not_analysed(self.session, self.sources):
            told = "was not read yet: what it says" if unread == 1 else "were not read yet: what they say"
            yield f"{plural(unread, 'source')} {told} is not told here."
        if harm := sum(one.harm for one in self.said):
            stands = "1 statement stands" if harm == 1 else f"{harm:,} statements stand"
            yield f"{stands} in words that a machine marked for a person to look at first: counted, and not quoted."
        confirmed = sum(any(state in PEOPLE for state, _ in one.labels.values()) for one in self.said)
        yield how_read(confirmed, len(self.said))

    def figure(self, kind: str, one: str, many: str) -> Figure:
        number = len({id for group in self.groups_of(kind).values() for id in group})
        number += len({item_key(item) for (_, of), items in self.items.items() if of == kind for item in items})
        return Figure(f"{number:,}", one if number == 1 else many, f"of {len(self.said):,} statements")

    # -- What stands where ----

    def groups_of(self, kind: str) -> dict[str, list[int]]:
        """Statements of a kind by priority area, what people confirmed first, then the most certain."""
        found: dict[str, list[Said]] = defaultdict(list)
        for one in self.said:
            if ("kinds", kind) in one.labels and kind not in one.told:
                for area in self.areas_of(one):
                    found[area].append(one)
        return {area: [one.id for one in sorted(group, key=order_by(("kinds", kind)))] for area, group in found.items()}

    def areas_of(self, one: Said) -> list[str]:
        return [label for family, label in one.labels if family == "priority_areas"] or [NO_AREA]

    def of_fundamental(self, label: str) -> list[int]:
        key = ("fundamentals", label)
        return [one.id for one in sorted((one for one in self.said if key in one.labels), key=order_by(key))]

    def quotable(self, ids: Iterable[int]) -> list[int]:
        return [id for id in ids if id not in self.harmful][:QUOTED]

    def chosen(self) -> set[int]:
        """The statements that are quoted, and those that the words of items are."""
        groups = [group for kind, _, _ in shown.GROUPS.values() for group in self.groups_of(kind).values()]
        groups += [self.of_fundamental(one.id) for one in plan.current().fundamentals]
        quoted = {id for group in groups for id in self.quotable(group)}
        beside = {one.id for one in self.told if one.due_to} | {one.id for one in self.said if one.item}
        return quoted | ((beside | set(changes.cited_in(self.since))) - self.harmful)

    # -- Sections ----

    def areas(self) -> Iterable[Section]:
        groups = {id: self.groups_of(kind) for id, (kind, _, _) in shown.GROUPS.items()}
        for area, title in shown.area_titles().items():
            parts = [self.group(area, id, groups[id].get(area, [])) for id in shown.GROUPS]
            heard = [part for part in parts if part]
            if heard or area != NO_AREA:
                silent = [shown.GROUPS[id][2] for id, part in zip(shown.GROUPS, parts, strict=True) if not part]
                yield self.area(title, heard, silent)

    def area(self, title: str, heard: list[Section], silent: list[str]) -> Section:
        if not heard:
            return Section(title, (Paragraph((Sentence("Nothing was heard on this yet.", fixed="empty"),)),))
        told = Paragraph(tuple(Sentence(words, fixed="empty") for words in silent))
        return Section(title, (), (*heard, *([Section("Not heard yet", (told,))] if silent else [])))

    def group(self, area: str, id: str, statements: list[int]) -> Section | None:
        kind, title, _ = shown.GROUPS[id]
        items = [quote for item in self.items.get((area, kind), []) if (quote := self.item(item))]
        if not items and not statements:
            return None
        return Section(title, (*items, *self.quoted(statements)))

    def quoted(self, statements: list[int]) -> list[Block]:
        """The first of them that may be quoted, and how many there are where that is not all."""
        lines = [self.lines[one] for one in self.quotable(statements) if one in self.lines]
        blocks: list[Block] = [self.quote(line) for line in lines]
        if len(lines) < len(statements):
            all_of_them = plural(len(statements), "statement")
            words = f"{len(lines):,} of {all_of_them} {'is' if len(lines) == 1 else 'are'} quoted here."
            words = words if lines else f"{all_of_them}, not quoted here."
            blocks.append(Paragraph((Sentence(words, fixed="method"),)))
        return blocks

    def quote(self, line: Line) -> Quote:
        return report_parts.quote(line, self.organisation.name, self.cited.cite(line))

    def item(self, item: listed.Line) -> Quote | None:
        """What was listed one by one, where it may be quoted."""
        stands_in = self.stands_in(item)
        if not stands_in:
            return None
        due = f"By when: {item.due}" if item.due else ""
        beside = (item.action, due, f"With {item.with_whom}" if item.with_whom else "", "Sent jointly" * item.joint)
        return Quote(
            words=item.text,
            who=self.organisation.name,
            when=dates.local_day(item.source.received_at),
            source=item.source.title,
            cites=self.cited.cite(*stands_in),
            beside=tuple(words for words in beside if words),
        )

    def stands_in(self, item: listed.Line) -> list[Line]:
        """The statements that its words are; none where they were not read yet, and so stand nowhere to be cited, or
        where any of them may tell of harm."""
        its = [one for one in self.said if one.item == item.key[1:]]
        if any(one.harm for one in its):
            return []
        return [self.lines[one.id] for one in its if one.id in self.lines and self.lines[one.id].text in item.text]

    def fundamentals(self) -> Section:
        return report_parts.fundamentals(lambda id: self.quoted(self.of_fundamental(id)))

    def grid(self) -> Section:
        return report_parts.grid("How many statements speak to an action and to a Fundamental at once", self.both)

    def both(self, action: str, fundamental: str) -> int:
        wanted = {("actions", action), ("fundamentals", fundamental)}
        return sum(wanted <= one.labels.keys() for one in self.said)

    # -- Besides what stands under the priority areas ----

    def cite(self, statement_ids: Iterable[int]) -> tuple[int, ...]:
        """Those of them that may be quoted."""
        return self.cited.cite(*(self.lines[id] for id in statement_ids if id in self.lines))

    def cited_by_question(self, question: dict[str, Any]) -> tuple[int, ...]:
        by_key = {item.key: item for items in self.items.values() for item in items}
        listed_ = [by_key[tuple(key)] for key in question["items"] if tuple(key) in by_key]
        of_items = [number for item in listed_ if (quote := self.item(item)) for number in quote.cites]
        return tuple(sorted({*self.cite(question["statements"]), *of_items}))

    def round_titles(self) -> dict[int, str]:
        both = {self.since["round"], self.since["before"]} if self.since else set()
        return dict(self.session.exec(select(Round.id, Round.title).where(col(Round.id).in_(both))).all())

    def commitments(self) -> Section:
        """Cited in the order in which they are due."""
        items = {item.key: item for (_, kind), held in self.items.items() if kind == COMMITMENT for item in held}
        listed_ = [(item, its) for item in items.values() if (its := self.stands_in(item))]
        lines = [(self.lines[one.id], one.due_to) for one in self.told if one.due_to and one.id in self.lines]
        promised = [(one, self.cited.cite(*one.lines)) for one in committed.in_order(listed_, lines)]
        return organisation_sections.commitments(promised, self.ended, self.today)

    def points_told(self) -> list[Shown]:
        """The first points of their summary that stand on nothing but what may be quoted here."""
        may = {one.id for one in self.said} - self.harmful
        points = self.summed_up.points if self.summed_up else ()
        return [one for one in points if may.issuperset(one.sentence.citations)][: summed_up.POINTS]

    def in_points(self) -> list[Section]:
        return organisation_sections.in_points(
            self.summed_up.mark if self.summed_up else "", [*map(self.point, self.points)]
        )

    def point(self, one: Shown) -> Block:
        if summed_up.is_quoted(one):
            return self.quote(self.lines[one.sentence.citations[0]])
        return Paragraph((Sentence(one.text, self.cite(one.sentence.citations[:QUOTED])),))

    def voice(self, one: others.Voice) -> Quote:
        cites = self.cited.cite(one.line)
        if one.named:
            return report_parts.quote(one.line, ", ".join(who.name for who in one.line.who), cites)
        return Quote(one.line.text, NOT_NAMED, None, "", cites)

    def heard_from(self) -> Section:
        together = partners.together(self.session, [one.submission_id for one in self.sources.values()])
        joint = {
            id: ", ".join(one.name for one in who if one.id != self.organisation.id) for id, who in together.items()
        }
        said = Counter(one.source_id for one in self.said)
        return organisation_sections.sources(list(self.sources.values()), self.met, said, joint, self.today)

    def data(self, areas: Sequence[str]) -> str:
        """Of all that the report was drawn from: another statement, label or source, another day that something is due,
        another word of others, of the directory or of who published figures is another hash."""
        told = [
            [one.id, one.source_id, sorted([*key, value[0]] for key, value in one.labels.items())] for one in self.said
        ]
        due = sorted([one.id, one.due_to.isoformat()] for one in self.told if one.due_to)
        held = {
            "who": [self.organisation.name, self.organisation.kind, *areas],
            "leads": [[one.action, one.why, one.said_at.isoformat()] for one in self.leads],
            "statements": sorted(told),
            "due": due,
            "items": sorted({item_key(item) for items in self.items.values() for item in items}),
            "ended": sorted(self.ended.items()),
            "since": self.since,
            "questions": self.questions,
            "points": [self.summed_up.mark if self.points else "", *(one.text for one in self.points)],
            "statistics": report_statistics.drawn_from(self.statistics),
            "others": [[one.line.id, one.line.text, one.named] for one in self.others.voices],
            "asked": [[one.round_title, one.state, str(one.at), one.open] for one in self.asked],
            "sources": sorted(self.sources),
            "published": sorted([one.id, one.received_at.isoformat()] for one in self.sources.values() if one.added_at),
            "met": [one.id for one in self.met],
            "words": [[one.statement_id, one.words, one.who] for one in self.cited.references()],
        }
        return hash_of(canonical(held))


# -- What there is --------------------------------------------------------------------------------------


def how_read(confirmed: int, number: int, *, told: str = "") -> str:
    """Of so many statements, how many have a label that a person has said or confirmed; in the words that are `told` of
    them, where there are some."""
    checked = f"people checked {told or f'{confirmed:,}'} of {number:,} statements"
    checked = checked if confirmed else "no person has checked it yet"
    return (
        f"What a statement is about was suggested by a machine; {checked}. Each number in brackets leads to the"
        " statement that a line stands on."
    )


def left_out(number: int, *, of: int) -> str:
    """Both counts, as they are owed to whoever reads what is left."""
    if of == 1:
        return "1 source was analysed. It may not be published with the name, and nothing here is drawn from it."
    all_of_them = number == of
    those = "none of them may" if all_of_them else "1 may not" if number == 1 else f"{number:,} may not"
    drawn = "and nothing here is drawn from " + ("it" if number == 1 else "those")
    return f"{of:,} sources were analysed: {those} be published with the name, {drawn}."


def left_out_of_many(number: int, *, of: int) -> str:
    """As of every report; but where few may not be named, or few are left, not how many all are."""
    few = {small_numbers.in_words(one) != f"{one:,}" for one in (number, of - number)}
    if few == {False}:
        return left_out(number, of=of)
    besides = small_numbers.in_words(number)
    return (
        f"{besides[:1].upper()}{besides[1:]} sources were analysed besides. They may not be published with the name,"
        " and nothing here is drawn from them."
    )


def order_by(key: tuple[str, str]) -> Any:
    """What people confirmed first, then the most certain."""

    def place(one: Said) -> tuple[int, float, int]:
        state, score = one.labels[key]
        return (0 if state in ("accepted", "added") else 1, -(1.0 if score is None else score), one.id)

    return place


def item_key(item: listed.Line) -> tuple[Any, ...]:
    """An item stands under each area that it is of, and is one all the same."""
    return item.source.id, item.name, item.text, item.action, item.due, item.with_whom


def sources_of(session: Session, organisation_id: int) -> list[Source]:
    """Its own, alone or together with others, newest first."""
    chosen = select(Source).where(partners.speaks_for(organisation_id))
    return list(session.exec(chosen.order_by(col(Source.received_at).desc(), col(Source.id).desc())))


def meetings_with(session: Session, organisation_id: int) -> list[Source]:
    """Notes of meetings where it was, which are not its own."""
    met = select(SourceOrganisation.source_id).where(SourceOrganisation.organisation_id == organisation_id)
    chosen = select(Source).where(col(Source.id).in_(met), partners.speaks_for(organisation_id).is_not(True))
    return list(session.exec(chosen.order_by(col(Source.received_at).desc(), col(Source.id).desc())))


def may_be_named(session: Session, source: Source) -> bool:
    """Whether it may be published with the name. Of a document nobody has said that it may."""
    submission = session.get(Submission, source.submission_id) if source.submission_id else None
    return submission is not None and submission.permission == WITH_NAME


def may_be_told(session: Session, source_ids: Iterable[int]) -> bool:
    """Whether all of these may be published with the name, and will until the commit."""
    of_sources = select(Source.submission_id).where(col(Source.id).in_(list(source_ids)))
    chosen = select(Submission.permission).where(col(Submission.id).in_(of_sources)).order_by(col(Submission.id))
    return all(one == WITH_NAME for one in session.exec(chosen.with_for_update(read=True)))


def still_permitted(session: Session, permitted: Iterable[tuple[int, str]]) -> bool:
    """Whether what may be published of these sources is what it was, and will be until the commit."""
    expected = dict(permitted)
    of_meetings = select(Meeting.source_id, Meeting.permission).where(col(Meeting.source_id).in_(expected))
    found = list(session.exec(of_meetings.order_by(col(Meeting.source_id)).with_for_update(read=True)))
    chosen = select(Source.id, Submission.permission).join(Submission, col(Submission.id) == Source.submission_id)
    chosen = chosen.where(col(Source.id).in_(expected)).order_by(col(Submission.id))
    found += session.exec(chosen.with_for_update(read=True, of=Submission))
    return all(expected[id] == permission for id, permission in found)


def still_there(session: Session, source_ids: Collection[int]) -> bool:
    """Whether none of these has gone, and none will until the commit."""
    held: set[int] = set()
    for some in batches(sorted(source_ids)):
        chosen = select(Source.id).where(col(Source.id).in_(some)).order_by(col(Source.id))
        held |= set(session.exec(chosen.with_for_update(read=True, key_share=True)))
    return held == set(source_ids)


def not_analysed(session: Session, source_ids: Iterable[int]) -> int:
    """How many of these nobody has read yet."""
    read = select(Job.source_id).where(Job.state == "done").union(select(Job.source_id).where(col(Job.again)))
    chosen = select(func.count()).select_from(Source).where(col(Source.id).in_(list(source_ids)))
    return session.exec(chosen.where(col(Source.id).not_in(read))).one()


def statements_of(session: Session, organisation_id: int) -> list[Said]:
    """All of its statements that stand, with the labels that others than staff are shown."""
    rows = session.exec(
        select(
            Statement.id,
            Passage.id.label("passage_id"),
            Source.id.label("source_id"),
            Passage.harm,
            Passage.list_id,
            Passage.item_id,
            StandingLabel.family,
            StandingLabel.label,
            StandingLabel.state,
            StandingLabel.score,
            listed.tells_of_itself(col(StandingLabel.label)).label("told_by_item"),
        )
        .select_from(Statement)
        .join(Passage, col(Passage.id) == Statement.passage_id)
        .join(Source, col(Source.id) == Passage.source_id)
        .outerjoin(StandingLabel, col(StandingLabel.statement_id) == Statement.id)
        .where(partners.speaks_for(organisation_id), *standing.current())
        .order_by(col(Statement.id))
    ).all()
    held_back = holds.on_hold(session)
    found: dict[int, Said] = {}
    for row in rows:
        item = (row.list_id, row.item_id) if row.item_id is not None else None
        one = found.setdefault(row.id, Said(row.id, row.passage_id, row.source_id, bool(row.harm), {}, item))
        key = (row.family, row.label)
        if row.family is None or (row.state == holds.SUGGESTED and key in held_back):
            continue
        one.labels[key] = (row.state, row.score)
        if row.family == "kinds" and row.told_by_item:
            one.told.add(row.label)
    return list(found.values())


def words_of(session: Session, statement_ids: Sequence[int]) -> dict[int, str]:
    """The words of these statements as they are shown now, of those that stand and may be quoted."""
    held = lines.by_id(session, statement_ids, outside=True)
    return {id: line.text for id, line in held.items() if not line.harm}
