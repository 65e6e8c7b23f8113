"""What a report says of what many organisations said: the sections that a round's and the Oversight Board's share.

Organisations are counted, never statements alone, and none is set before another: themes and points stand in the order
of how many share them, actions in the order of the plan, organisations by name.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from sqlmodel import col, select

from collector import dates
from collector.database import batches, now
from collector.findings import small_numbers
from collector.frameworks import plan
from collector.how_many import plural
from collector.organisations.models import Organisation
from collector.profiles import many, report_contents
from collector.profiles.document import Block, Column, Listing, Note, Paragraph, Quote, Row, Section, Sentence, Table
from collector.profiles.lines import Line
from collector.profiles.many import Promise, Told
from collector.profiles.many_report_counts import ACTIVITY, BARRIER, LEARNED, NEED, OFFER, PLANNED, SAYS
from collector.profiles.report_contents import ANYONE
from collector.profiles.report_material import NOTHING, Material
from collector.profiles.report_parts import fact, joined, method, nothing

COLUMNS = {ACTIVITY: "Do", PLANNED: "Plan", BARRIER: "In the way", NEED: "Need help", OFFER: "Offer help"}
MOST_NAMED = 3
SHARE_FROM = 10  # of fewer a share in a hundred says more than is known
LATE_LISTED = 25


class OfMany(Material):
    # -- In short ----

    def areas_in_short(self) -> Iterator[tuple[Sentence, ...]]:
        """A sentence on each priority area."""
        for area in plan.current().priority_areas:
            one = self.labels["priority_areas"].get(area.id, NOTHING)
            if not one:
                yield (Sentence(f"{area.title}: nothing was heard.", fixed="empty"),)
                continue
            parts = [
                (of_kind, SAYS[kind][self.counts.are_several_organisations(of_kind)])
                for kind in (ACTIVITY, PLANNED, BARRIER)
                if (of_kind := self.of_areas.get((area.id, kind), NOTHING)).said
            ]
            first = [f"{self.counts.organisations(of_kind)} {says}" for of_kind, says in parts[:1]]
            told = first + [f"{self.counts.number(of_kind)} {says}" for of_kind, says in parts[1:]]
            more = f"; {joined(told)}" if told else ""
            yield (self.sentence(f"{area.title}: heard from {self.counts.who(one)}{more}.", *one.surest),)

    def themes_in_short(self) -> Iterator[tuple[Sentence, ...]]:
        first = [(id, one) for id, one in self.themes() if self.counts.is_wide(one)][:MOST_NAMED]
        words, number = "What is named most widely as being in the way", self.counts.organisations
        if not first:
            first = [(id, one) for id, one in self.themes() if self.counts.is_suggested(one)][:MOST_NAMED]
            words = "What a machine suggests most widely as being in the way, and nobody has checked"
            number = self.counts.suggested if first else number
        if first:
            named = [f"{plan.title('barrier_themes', id).lower()} ({number(one)})" for id, one in first]
            yield (self.sentence(f"{words}: {joined(named)}.", *(id for _, one in first for id in one.surest[:1])),)

    def promises_in_short(self) -> Iterator[tuple[Sentence, ...]]:
        if self.promises:
            late, (number, past) = self.late(), self.numbers_promised()
            have, are = "has" if number == "1" else "have", "is" if past == "1" else "are"
            words = f"{commitments(number)} {have} a day by which to be done"
            more = f"; {past} of them {are} past it and not reported done" if late else ", none of them past"
            cited = [id for one in (late or self.promises)[: self.cites] for id in one.statements[:1]]
            yield (self.sentence(f"{words}{more}.", *cited),)
        if self.done:
            done = small_numbers.in_words(self.done) if self.audience == ANYONE else f"{self.done:,}"
            told = f"{upper(done)} listed {'commitment was' if done == '1' else 'commitments were'} reported done."
            yield (Sentence(told, fixed="method"),)

    def numbers_promised(self) -> tuple[str, str]:
        """How many commitments have a day, and how many of them are past it."""
        number, late = len(self.promises), len(self.late())
        if self.audience == ANYONE:
            return small_numbers.in_words(number), small_numbers.some_of(late, number)
        return f"{number:,}", f"{late:,}"

    def needs_in_short(self) -> Iterator[tuple[Sentence, ...]]:
        needs, offers = (self.labels["kinds"].get(kind, NOTHING) for kind in (NEED, OFFER))
        if needs:
            unmet = self.unmet()
            need, offer = (self.counts.are_several_organisations(one) for one in (needs, offers))
            asking = self.counts.organisations(needs) if needs.said else self.counts.who(needs)
            words = f"{asking} {('needs', 'need')[need]} help, and"
            words += f" {self.counts.organisations(offers)} {('offers', 'offer')[offer]} it"
            more = f". On {plural(len(unmet), 'action')} help is needed and nobody offers any" if unmet else ""
            yield (self.sentence(f"{words}{more}.", *needs.surest),)

    def silent_in_short(self) -> Iterator[tuple[Sentence, ...]]:
        if silent := self.silent_actions():
            words = f"Nothing was heard on {len(silent):,} of the {len(plan.current().actions):,} actions."
            yield (Sentence(words, fixed="empty"),)

    def notes(self) -> Note | None:
        """What a reader is to know first; nothing where there is nothing to read."""
        words = [*self.left_out_words(), *(self.counted_words() if self.lines or self.statements else ())]
        return Note(tuple(Sentence(one, fixed="method") for one in words)) if words else None

    def left_out_words(self) -> Iterator[str]:
        if self.left_out:
            yield report_contents.left_out_of_many(self.left_out, of=len(self.considered))

    def counted_words(self) -> Iterator[str]:
        if any(one for group in self.told_somewhere().values() for one in group.values()):
            yield from self.counts.method
        if self.harm and self.audience == ANYONE:
            yield "Words that may tell of harm are counted, and not quoted."
        elif self.harm:
            verb = "stands" if self.harm == 1 else "stand"
            yield (
                f"{self.harm:,} of {plural(self.statements, 'statement')} {verb} in words that may tell of harm:"
                " counted, and not quoted."
            )
        if self.unquoted:
            yield self.unquoted_words()
        if self.lines:
            most = f" A sentence cites up to {plural(self.cites, 'organisation')}, and counts all."
            yield f"Each number in brackets leads to a statement.{most if self.audience != ANYONE else ''}"

    def unquoted_words(self) -> str:
        if self.audience == ANYONE:
            return "Who asked not to be quoted, or not to be named, is not; nor is who did not say."
        asked = plural(len(self.unquoted), "source is", "sources are")
        return (
            f"{asked} counted and not quoted: who sent {'it' if len(self.unquoted) == 1 else 'them'} asked that, or did"
            " not say. Who asked not to be named is quoted without a name."
        )

    # -- By priority area and action ----

    def by_area(self) -> Iterator[Section]:
        for area in plan.current().priority_areas:
            actions = [one for one in plan.current().actions if one.priority_area == area.id]
            heard_of = [one for one in actions if self.is_heard(one.id)]
            silent = [one.title for one in actions if one not in heard_of]
            blocks: list[Block] = [fact(area.summary)]
            if heard_of and self.counts.tells_numbers:
                blocks.append(self.table_of(area.title, actions))
            if silent:
                blocks.append(nothing(f"Nothing was heard on: {joined(silent)}."))
            yield Section(area.title, tuple(blocks), tuple(map(self.action, heard_of)))

    def is_heard(self, action: str) -> bool:
        return bool(self.labels["actions"].get(action)) or any(bool(self.pair(action, kind)) for kind in SAYS)

    def silent_actions(self) -> list[str]:
        return [one.title for one in plan.current().actions if not self.is_heard(one.id)]

    def table_of(self, title: str, actions: Sequence[Any]) -> Table:
        columns = (Column("Action"), *(Column(words, number=True) for words in COLUMNS.values()))
        rows = tuple(Row(one.title, tuple(self.cell(one.id, kind) for kind in COLUMNS)) for one in actions)
        return Table(f"{title}: {self.counts.of_actions}", columns, rows)

    def cell(self, action: str, kind: str) -> str:
        return self.counts.cell(self.pair(action, kind))

    def action(self, action: Any) -> Section:
        told = [self.says(one, kind, self.end(action.id, kind)) for kind in SAYS if (one := self.pair(action.id, kind))]
        told += self.by_when([one for one in self.promises if action.id in one.actions])
        if not told:
            one = self.labels["actions"][action.id]
            told = [self.sentence(f"{self.counts.who(one)} spoke of it.", *one.surest)]
        blocks: list[Block] = [Paragraph(tuple(told)), *self.summed_up("action", action.id)]
        if len(blocks) == 1 and self.quotes:
            blocks += self.examples(action.id)
        return Section(action.title, tuple(blocks))

    def end(self, action: str, kind: str) -> str:
        if kind == BARRIER:
            told = self.themes_of(action)
            return f": {joined(told)}" if told else ""
        if kind == NEED and not self.pair(action, OFFER):
            return ", and nobody offers any here"
        return ""

    def themes_of(self, action: str) -> list[str]:
        """The first of them that are told with what gets in the way of an action, each with its number."""
        held = [(id, one) for (of, id), one in self.themes_of_actions.items() if of == action]
        held = [one for one in held if any(self.counts.rank(one[1]))]
        return [
            self.counts.beside(plan.title("barrier_themes", id).lower(), one)
            for id, one in self.widest_first(held)[:MOST_NAMED]
        ]

    def examples(self, action: str) -> list[Quote]:
        """Words of some, of what they do first."""
        found: dict[tuple[int, ...], Line] = {}  # one of each who said it
        for kind in ("activity", PLANNED, BARRIER, NEED, OFFER):
            for line in self.choice(self.pair(action, kind))[:1]:
                found.setdefault(tuple(one.id for one in line.who), line)
        return [self.quote(line) for line in list(found.values())[: self.quotes]]

    def by_when(self, promised: Sequence[Promise]) -> list[Sentence]:
        if not promised:
            return []
        late = [one for one in promised if one.due < today()]
        to_come = [one for one in promised if one.due >= today()]
        parts = [f"the next is for {dates.in_words(to_come[0].due)}"] if to_come else []
        if self.audience == ANYONE:
            words, past = "Commitments have dates", "some are past and not reported done"
        else:
            words = plural(len(promised), "commitment has a date", "commitments have dates")
            past = f"{len(late):,} {'is' if len(late) == 1 else 'are'} past and not reported done"
        parts += [past] if late else []
        cited = [id for one in (*late, *to_come)[: self.cites] for id in one.statements[:1]]
        return [self.sentence(f"{words}: {joined(parts)}.", *cited)]

    def late(self) -> list[Promise]:
        return [one for one in self.promises if one.due < today()]

    # -- What gets in the way ----

    def themes(self) -> list[tuple[str, Told]]:
        return self.widest_first(self.labels["barrier_themes"].items())

    def widest_first(self, themes: Iterable[tuple[str, Told]]) -> list[tuple[str, Told]]:
        """Most widely shared first; of the same number, in the order of their names."""
        by_name = sorted(themes, key=lambda one: plan.title("barrier_themes", one[0]))
        return sorted(by_name, key=lambda one: self.counts.rank(one[1]), reverse=True)

    def in_the_way(self) -> Section:
        title, themes = "What gets in the way", [(id, one) for id, one in self.themes() if one]
        if not themes:
            return Section(title, (nothing("Nothing was said to be in the way."),))
        tables = (self.table_of_themes(themes),) if self.counts.tells_numbers else ()
        return Section(title, tables, tuple(self.theme(id, one) for id, one in themes))

    def table_of_themes(self, themes: Sequence[tuple[str, Told]]) -> Table:
        if self.audience == ANYONE:
            rows = tuple(Row(plan.title("barrier_themes", id), (self.counts.cell(one),)) for id, one in themes)
            caption = f"Barrier themes: how many of the {self.number_answered()} that may be named name each"
            return Table(caption, (Column("Theme"), Column("As people decided", number=True)), rows)
        columns = ("Decided by people", "More, suggested by a machine", "Corrected count")
        corrected = [many.corrected_words(one.truly) for _, one in themes]
        columns = columns if any(corrected) else columns[:2]
        rows = tuple(
            Row(
                plan.title("barrier_themes", id),
                (f"{len(one.decided):,}", f"{len(one.said - one.decided):,}", told or "–")[: len(columns)],
            )
            for (id, one), told in zip(themes, corrected, strict=True)
        )
        caption = f"Barrier themes: how many of the {plural(self.answered, 'organisation')} that were heard name each"
        return Table(caption, (Column("Theme"), *(Column(one, number=True) for one in columns)), rows)

    def theme(self, id: str, one: Told) -> Section:
        words = f"{self.counts.who(one)} {'name' if self.counts.are_several(one) else 'names'} this"
        corrected = many.corrected_words(one.truly)
        told = [self.sentence(f"{words}.", *one.surest)]
        if corrected:
            of = plural(self.answered, "organisation")
            holds = f"Corrected by what people coded blind: {corrected} of {of}."
            told.append(Sentence(holds, fixed="method"))
        points = self.summed_up("barrier_theme", id)
        return Section(plan.title("barrier_themes", id), (Paragraph(tuple(told)), *(points or self.quoted(one))))

    # -- Needs and offers ----

    def unmet(self) -> list[Any]:
        """The actions on which help is needed and none offered."""
        return [one for one in plan.current().actions if self.pair(one.id, NEED) and not self.pair(one.id, OFFER)]

    def needs_and_offers(self) -> Section:
        title = "Help that is needed, and help that is offered"
        needs, offers = (self.labels["kinds"].get(kind, NOTHING) for kind in (NEED, OFFER))
        if not needs and not offers:
            return Section(title, (nothing("Nobody asked for help, and nobody offered any."),))
        told = [self.says(one, kind) for kind, one in ((NEED, needs), (OFFER, offers)) if one]
        blocks: list[Block] = [Paragraph(tuple(told))]
        rows = [
            Row(one.title, (self.cell(one.id, NEED), self.cell(one.id, OFFER)))
            for one in plan.current().actions
            if self.pair(one.id, NEED) or self.pair(one.id, OFFER)
        ]
        if rows and self.counts.tells_numbers:
            columns = (Column("Action"), Column("Need help", number=True), Column("Offer help", number=True))
            blocks.append(Table(f"By action: {self.counts.of_actions}", columns, tuple(rows)))
        unmet = [(self.unmet_one(one),) for one in self.unmet()]
        parts = [Section("Needed, and offered by nobody", (Listing(tuple(unmet)),))] if unmet else []
        for kind, heading in ((NEED, "What is needed"), (OFFER, "What is offered")):
            quotes = self.quoted(self.labels["kinds"].get(kind, NOTHING))
            parts += [Section(heading, tuple(quotes))] if quotes else []
        return Section(title, tuple(blocks), tuple(parts))

    def unmet_one(self, action: Any) -> Sentence:
        one = self.pair(action.id, NEED)
        return self.sentence(f"{action.title}: {self.counts.who(one)}.", *one.surest)

    # -- Commitments ----

    def commitments(self, promised: Sequence[Promise], caption: str, most: int) -> list[Block]:
        """A table of them, what falls due first at its top."""
        rows = [row for one in promised if (row := self.commitment(one))]
        if not rows:
            return []
        columns = (Column("Commitment"), Column("Who"), Column("By when"))
        left = len(promised) - len(rows[:most])
        number = "More are" if self.audience == ANYONE else plural(left, "more is", "more are")
        more = [method(f"{number} counted above and not shown here.")] if left else []
        return [Table(caption, columns, tuple(rows[:most])), *more]

    def commitment(self, one: Promise) -> Row | None:
        """Nothing where its words are not read yet or may not be quoted."""
        held = [self.lines[id] for id in one.statements if id in self.lines]
        if not held:
            return None
        who = self.said_by(held[0])
        late = " (past)" if one.due < today() else ""
        words = " ".join(line.text for line in held)
        return Row(words, (who, f"{dates.in_words(one.due)}{late}"), self.cited.cite(*held))

    # -- The Fundamentals, and what works ----

    def fundamentals(self) -> Section:
        parts = []
        for label in plan.current().fundamentals:
            one = self.labels["fundamentals"].get(label.id, NOTHING)
            blocks: list[Block] = [fact(label.summary)]
            if one:
                verb = "speak" if self.counts.are_several(one) else "speaks"
                blocks.append(Paragraph((self.sentence(f"{self.counts.who(one)} {verb} of it.", *one.surest),)))
                blocks += self.quoted(one)
            else:
                blocks.append(nothing("Nothing was heard on this yet."))
            parts.append(Section(label.title, tuple(blocks)))
        lead = fact("Five principles that are meant to run through everything.")
        return Section("The Fundamentals", (lead,), tuple(parts))

    def practice(self) -> Section:
        title, one = "What works, and what was learned", self.labels["kinds"].get(LEARNED, NOTHING)
        if not one:
            return Section(title, (nothing("Nothing was said of what worked or did not."),))
        return Section(title, (Paragraph((self.says(one, LEARNED),)), *self.quoted(one)))

    # -- By name ----

    def names_of(self, ids: Collection[int]) -> list[Organisation]:
        found: list[Organisation] = []
        for some in batches(sorted(ids)):
            found += self.session.exec(select(Organisation).where(col(Organisation.id).in_(some)))
        return sorted(found, key=lambda one: (one.name_key, one.id))


def today() -> date:
    return dates.local_day(now())


def commitments(number: str) -> str:
    return upper(f"{number} commitment" + ("" if number == "1" else "s"))


def upper(words: str) -> str:
    return words[:1].upper() + words[1:]


def share(part: int, of: int) -> str:
    return f"{part * 100 // of}%" if of >= SHARE_FROM else "–"
