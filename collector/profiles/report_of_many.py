"""What a report says of what many organisations said: the sections that a round's and the Oversight Board's share.

Organisations are counted, never statements alone, and none is set before another: themes and points stand in the order
of how many share them, actions in the order of the plan, organisations by name.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from sqlmodel import Session, col, select

from collector import dates
from collector.database import batches, now
from collector.findings import counts, estimates, standing
from collector.findings.counts import KIND, Cell, Within
from collector.findings.models import Statement
from collector.findings.small_numbers import SMALL
from collector.findings.summary_models import Summary
from collector.frameworks import plan
from collector.how_many import plural
from collector.intake import documents
from collector.intake.models import Passage
from collector.organisations import directory
from collector.organisations.models import Organisation
from collector.profiles import lines, many, others, report_contents
from collector.profiles.document import (
    Block,
    Column,
    Listing,
    Note,
    Paragraph,
    Quote,
    Reference,
    Row,
    Section,
    Sentence,
    Table,
    canonical,
    hash_of,
)
from collector.profiles.lines import Line
from collector.profiles.many import Promise, Told
from collector.profiles.report_contents import ANYONE, WITH_NAME, Cited
from collector.review import heard, heard_changes, heard_shown, reading
from forms.heard import NAMED_BY, Way

# What one organisation and what several do that say something of a kind.
SAYS = {
    "activity": ("says what it does", "say what they do"),
    "commitment": ("states a plan or commitment", "state plans or commitments"),
    "barrier": ("says what gets in the way", "say what gets in the way"),
    "support-needed": ("needs help", "need help"),
    "offer": ("offers help", "offer help"),
    "learning": ("tells what it learned", "tell what they learned"),
    "idea": ("puts forward an idea", "put forward ideas"),
}
COLUMNS = {
    "activity": "Do",
    "commitment": "Plan",
    "barrier": "In the way",
    "support-needed": "Need help",
    "offer": "Offer help",
}
NEED, OFFER, PLANNED, BARRIER, LEARNED = "support-needed", "offer", "commitment", "barrier", "learning"
POINTS = 3  # of a summary
MOST_NAMED = 3
SHARE_FROM = 10  # of fewer a share in a hundred says more than is known
LATE_LISTED = 25
CHOICE = 4  # statements more than are cited, to quote the most telling of
WHOLE = (40, 300)  # letters
WITHOUT_NAME = "without-name"  # a permission


class OfMany:
    """`cites`: of how many organisations a sentence cites a statement; `quotes`: how many are quoted of a group.

    `beyond_staff`: others read it. Who said that nobody may publish their words was told that only staff read them, and
    that they are counted; who said that it is to be without the name is not named.
    """

    def __init__(
        self,
        session: Session,
        audience: str,
        *,
        round_id: int | None,
        sample: bool,
        cites: int,
        quotes: int,
        beyond_staff: bool = False,
    ) -> None:
        self.session, self.audience, self.cited = session, audience, Cited()
        self.round_id, self.sample, self.cites, self.quotes = round_id, sample, cites, quotes
        everything = Within(round_id, sample)
        self.within = Within(round_id, sample, named=audience == ANYONE)
        # Who answered and who did not is told of all; what they say, of those whose words may be told.
        self.everybody = counts.heard(session, everything)
        self.invited = counts.invited(session, everything) & self.everybody.all_kinds.keys()
        self.heard = counts.heard(session, self.within)
        self.sources = many.sources(session, self.within)
        all_sources = many.sources(session, everything) if audience == ANYONE else self.sources
        self.considered = frozenset(id for id, *_ in all_sources)
        self.left_out = len(all_sources) - len(self.sources)
        self.permissions = many.permissions(session, everything) if beyond_staff else {}
        self.unquoted = {id for id, said in self.permissions.items() if said not in (WITH_NAME, WITHOUT_NAME)}
        self.unnamed = {id for id, said in self.permissions.items() if said != WITH_NAME}
        self.statements, self.checked, self.harm = many.number_of(session, self.within)
        self.labels = {family: self.told(family) for family in plan.OF_THE_PLAN}
        self.of_actions, self.of_areas = self.told("actions", "kinds"), self.told("priority_areas", "kinds")
        self.themes_of_actions = self.told("actions", "barrier_themes")
        self.items = many.listed(session, self.within, self.heard)
        many.with_listed(self.of_actions, self.items)
        self.promises = many.dated(session, self.within, self.heard, self.items)
        self.done = many.reported_done(session, self.within)
        self.points_made_of: set[int] = set()
        self.summaries = self.all_points()
        held = lines.by_id(session, self.ids(), outside=True)
        self.lines = {id: one for id, one in held.items() if self.may_be_quoted(one)}

    def may_be_quoted(self, line: Line) -> bool:
        if line.harm or line.source.id in self.unquoted:
            return False
        return line.source.id not in self.unnamed or not others.tells_who(self.session, line, but=set())

    def told(self, *families: str) -> dict[Any, Told]:
        found = many.told(self.session, self.within, self.heard, self.sources, families)
        return dict(found) if len(families) > 1 else {label: one for (label,), one in found.items()}

    def pair(self, action: str, kind: str) -> Told:
        return self.of_actions.get((action, kind), NOTHING)

    def ids(self) -> set[int]:
        """The statements that may come to be cited."""
        groups = [*self.labels.values(), self.of_actions, self.of_areas, self.themes_of_actions]
        found = {id for group in groups for one in group.values() for id in one.surest[: self.cites + CHOICE]}
        found |= {id for one in self.promises for id in one.statements}
        return found | {id for _, points in self.summaries.values() for _, ids in points for id in ids}

    @property
    def answered(self) -> int:
        return len(self.heard.kinds)

    @property
    def few_unnamed(self) -> bool:
        """That for anybody so few of those that answered may not be named that no number may tell how many."""
        return self.audience == ANYONE and 0 < len(self.everybody.kinds.keys() - self.heard.kinds.keys()) < SMALL

    def named_sources(self) -> frozenset[int]:
        """All that it is drawn from; of an item that was kept, where its words stand too."""
        return frozenset(id for id, *_ in self.sources) | {one.source.id for one in self.cited.lines.values()}

    def drawn_from(self) -> str:
        return f"{plural(self.statements, 'statement')} in {plural(len(self.sources), 'source')}"

    def data(self, *more: Any) -> str:
        """Of every count, line and source that the report was drawn from: another one is another hash."""
        groups = [*self.labels.items(), ("of actions", self.of_actions), ("of areas", self.of_areas)]
        groups.append(("themes of actions", self.themes_of_actions))
        counted = {
            name: sorted(
                [str(key), sorted(one.said), sorted(one.decided), sorted(one.others), one.statements, sorted(one.ranks)]
                for key, one in group.items()
            )
            for name, group in groups
        }
        promised = [[str(one.due), list(one.actions), list(one.statements)] for one in self.promises]
        who = [sorted(self.everybody.kinds), sorted(self.everybody.silent), sorted(self.invited)]
        points = sorted([*key, mark, points] for key, (mark, points) in self.summaries.items())
        parts = {"counted": counted, "promised": promised, "who": who, "points": points, "more": more}
        return hash_of(canonical({**parts, "sources": sorted(id for id, *_ in self.sources)}))

    def made_of(self) -> dict[int, str]:
        return report_contents.words_of(self.session, sorted(self.points_made_of))

    # -- Sentences ----

    def cite(self, *ids: int) -> tuple[int, ...]:
        found = [self.lines[id] for id in ids if id in self.lines]
        return self.cited.cite(*found[: self.cites])

    def sentence(self, words: str, *ids: int) -> Sentence:
        """What stands on nothing that may be quoted is counted and not cited."""
        words, cites = f"{words[:1].upper()}{words[1:]}", self.cite(*ids)
        return Sentence(words, cites) if cites else Sentence(f"{words} (Counted, and not quoted.)", fixed="method")

    def who(self, one: Told) -> str:
        """ "14 organisations (9 decided by people, 5 suggested by a machine) and 2 individuals" """
        parts = [f"{plural(len(one.said), 'organisation')} ({many.standing_of(one)})"] if one.said else []
        individuals, others = sum(key > 0 for key in one.others), sum(key < 0 for key in one.others)
        if self.audience == ANYONE and 0 < individuals + others < SMALL:
            parts.append(f"fewer than {SMALL} individuals or meetings")
        else:
            parts += [plural(individuals, "individual")] if individuals else []
            parts += [plural(others, "meeting or other source", "meetings or other sources")] if others else []
        return joined(parts)

    def says(self, one: Told, kind: str, end: str = "") -> Sentence:
        verb = SAYS[kind][self.are_several(one)]
        return self.sentence(f"{self.who(one)} {verb}{end}.", *one.surest)

    def are_several(self, one: Told) -> bool:
        """Also where it is not told how few others there are."""
        return len(one.said) + len(one.others) > 1 or (self.audience == ANYONE and bool(one.others))

    def quoted(self, one: Told) -> list[Quote]:
        return [self.quote(line) for line in self.choice(one)[: self.quotes]]

    def choice(self, one: Told) -> list[Line]:
        """What may be quoted: whole sentences before notes and half sentences, then the surest."""
        found = [self.lines[id] for id in one.surest if id in self.lines]
        return sorted(found, key=lambda line: not is_whole(line.text))

    def quote(self, line: Line) -> Quote:
        actions = [plan.title(one.family, one.label) for one in line.labels if one.family == "actions"]
        return Quote(
            words=line.text,
            who=self.said_by(line),
            when=self.day_of(line),
            source=self.title_of(line),
            cites=self.cited.cite(line),
            beside=(*(["Sent jointly"] if len(line.who) > 1 else []), *([", ".join(actions)] if actions else [])),
        )

    def said_by(self, line: Line) -> str:
        if line.who and line.source.id in self.unnamed:
            return "An organisation" if len(line.who) == 1 else "Several organisations together"
        nobody = "From a meeting" if line.source.kind == "meeting" else "An individual"
        return ", ".join(one.name for one in line.who) or nobody

    def title_of(self, line: Line) -> str:
        """Of what is to be without a name its kind: the title of a file or a meeting may have the name in it."""
        answers = line.source.kind == "submission" and line.source.upload_id is None
        named = answers or line.source.id not in self.unnamed
        return documents.title_told(line.source) if named else reading.KINDS[line.source.kind]

    def day_of(self, line: Line) -> date | None:
        """Of what is to be without a name none: it tells who sent something then."""
        return None if line.source.id in self.unnamed else documents.day_told(line.source)

    def references(self) -> tuple[Reference, ...]:
        cited = zip(self.cited.references(), self.cited.lines.values(), strict=True)
        return tuple(replace(one, source=self.title_of(line), when=self.day_of(line)) for one, line in cited)

    # -- What was heard, as it was summed up ----

    def all_points(self) -> dict[tuple[str, str], tuple[str, list[tuple[str, list[int]]]]]:
        """Of each action and theme that has a summary: where it stands, and its first points with what they cite."""
        of_round = col(Summary.round_id).is_(None) if self.round_id is None else Summary.round_id == self.round_id
        if self.sample and self.round_id is None:  # a summary of everything is of nothing that is invented
            return {}
        made = (of_round, col(Summary.subject_kind).in_(heard.FAMILIES), col(Summary.made_at).is_not(None))
        rows = self.session.exec(select(Summary).where(*made).order_by(col(Summary.id))).all()
        signed = heard_changes.signed(self.session, [one.id for one in rows])
        found = {}
        for one in rows:
            points = [point for point in self.points_of(one) if point]
            if points:
                found[one.subject_kind, one.subject_id] = (self.mark(one, signed.get(one.id)), points[:POINTS])
        return found

    def mark(self, summary: Summary, signing: heard_changes.Done | None) -> str:
        """Who answers for it."""
        newer = heard_changes.since(self.session, summary).number
        since = " More has been heard since, or something was taken back." if newer else ""
        if signing is None:
            return f"These points were put together by a machine, and nobody has signed them off.{since}"
        changed = " They were changed since." if signing.revision != summary.revision else ""
        return f"{signing.who} signed off these points on {dates.in_words(signing.at)}.{changed}{since}"

    def points_of(self, summary: Summary) -> Iterator[tuple[str, list[int]] | None]:
        """Each in one sentence. Left out: what tells of harm, and for anybody what stands on more than may be told."""
        first = self.session.exec(heard_shown.points(self.session, summary).limit(3 * POINTS)).all()
        for point in heard_shown.shown(self.session, first, lines=0):
            if not point.words and point.sentence.way is not Way.NAMED:
                continue
            cites = list(point.sentence.citations)
            may, named, never = self.may_cite(cites)
            counts_alone = point.sentence.voices > 1 and not point.words and self.audience != ANYONE
            if may and not never & set(cites[:NAMED_BY]) and (counts_alone or named == len(cites)):
                self.points_made_of |= set(cites if point.words else cites[:NAMED_BY])
                yield point.text, may[: self.cites]

    def may_cite(self, ids: list[int]) -> tuple[list[int], int, set[int]]:
        """Those of them that stand and may be quoted, how many of them with the name, and those that may not."""
        sources, found = {id for id, *_ in self.sources} - self.unquoted, {}
        for some in batches(ids):
            chosen = select(Statement.id, Passage.source_id, Passage.harm)
            chosen = chosen.join(Passage, col(Passage.id) == Statement.passage_id).where(*standing.current())
            for id, source_id, harm in self.session.exec(chosen.where(col(Statement.id).in_(some))):
                found[id] = (source_id in sources and not harm, source_id not in self.unnamed)
        may = [id for id in ids if id in found and found[id][0]]
        return may, sum(found[id][1] for id in may), found.keys() - set(may)

    def summed_up(self, kind: str, id: str) -> list[Block]:
        """The points of a summary, and whose they are; nothing where there is none."""
        mark, points = self.summaries.get((kind, id), ("", []))
        items = [(Sentence(words, cites),) for words, ids in points if (cites := self.cite(*ids))]
        return [Paragraph((Sentence(mark, fixed="method"),)), Listing(tuple(items))] if items else []

    # -- In short ----

    def areas_in_short(self) -> Iterator[tuple[Sentence, ...]]:
        """A sentence on each priority area."""
        for area in plan.current().priority_areas:
            one = self.labels["priority_areas"].get(area.id, NOTHING)
            if not one:
                yield (Sentence(f"{area.title}: nothing was heard.", fixed="empty"),)
                continue
            parts = [
                (len(of_kind.said), SAYS[kind][len(of_kind.said) > 1])
                for kind in ("activity", PLANNED, BARRIER)
                if (of_kind := self.of_areas.get((area.id, kind), NOTHING)).said
            ]
            told = [f"{number:,} {says}" for number, says in parts]
            if told:
                told[0] = f"{plural(parts[0][0], 'organisation')} {parts[0][1]}"
            more = f"; {joined(told)}" if told else ""
            yield (self.sentence(f"{area.title}: heard from {self.who(one)}{more}.", *one.surest),)

    def themes_in_short(self) -> Iterator[tuple[Sentence, ...]]:
        first = [(id, one) for id, one in self.themes() if one.said][:MOST_NAMED]
        if first:
            named = [f"{plan.title('barrier_themes', id).lower()} ({self.number(id, one)})" for id, one in first]
            words = f"What is named most widely as being in the way: {joined(named)}."
            yield (self.sentence(words, *(id for _, one in first for id in one.surest[:1])),)

    def number(self, theme: str, one: Told) -> str:
        """Of organisations: the range that holds the truth where there is one."""
        told = many.corrected_words(self.estimated("barrier_themes", theme, one))
        return f"between {told.replace(' to ', ' and ')} organisations" if " to " in told else told_of(one, told)

    def promises_in_short(self) -> Iterator[tuple[Sentence, ...]]:
        if self.promises:
            late = self.late()
            words = f"{plural(len(self.promises), 'commitment has', 'commitments have')} a day by which to be done"
            past = f"; {len(late):,} of them {'is' if len(late) == 1 else 'are'} past it and not reported done"
            cited = [id for one in (late or self.promises)[: self.cites] for id in one.statements[:1]]
            yield (self.sentence(f"{words}{past if late else ', none of them past'}.", *cited),)
        if self.done:
            told = f"{plural(self.done, 'listed commitment was', 'listed commitments were')} reported done."
            yield (Sentence(told, fixed="method"),)

    def needs_in_short(self) -> Iterator[tuple[Sentence, ...]]:
        needs, offers = (self.labels["kinds"].get(kind, NOTHING) for kind in (NEED, OFFER))
        if needs:
            unmet = self.unmet()
            words = f"{plural(len(needs.said), 'organisation needs', 'organisations need')} help, and"
            words += f" {plural(len(offers.said), 'organisation offers', 'organisations offer')} it"
            more = f". On {plural(len(unmet), 'action')} help is needed and nobody offers any" if unmet else ""
            yield (self.sentence(f"{words}{more}.", *needs.surest),)

    def silent_in_short(self) -> Iterator[tuple[Sentence, ...]]:
        if silent := self.silent_actions():
            words = f"Nothing was heard on {len(silent):,} of the {len(plan.current().actions):,} actions."
            yield (Sentence(words, fixed="empty"),)

    def notes(self) -> Note:
        words = [
            "“Decided by people” counts organisations of which a person has read and confirmed what a statement is"
            " about, or which said so themselves by where they wrote it. Of the others a machine suggests it, and may"
            " be wrong.",
        ]
        if self.left_out:
            words.insert(0, report_contents.left_out_of_many(self.left_out, of=len(self.considered)))
        if self.harm:
            verb = "stands" if self.harm == 1 else "stand"
            words.append(
                f"{self.harm:,} of {plural(self.statements, 'statement')} {verb} in words that may tell of harm:"
                " counted, and not quoted."
            )
        if self.unquoted:
            asked = plural(len(self.unquoted), "source is", "sources are")
            words.append(
                f"{asked} counted and not quoted: who sent {'it' if len(self.unquoted) == 1 else 'them'} asked that, or"
                " did not say. Who asked not to be named is quoted without a name."
            )
        words.append(
            "Each number in brackets leads to a statement. A sentence cites up to"
            f" {plural(self.cites, 'organisation')}, and counts all."
        )
        return Note(tuple(Sentence(one, fixed="method") for one in words))

    # -- By priority area and action ----

    def by_area(self) -> Iterator[Section]:
        for area in plan.current().priority_areas:
            actions = [one for one in plan.current().actions if one.priority_area == area.id]
            heard_of = [one for one in actions if self.is_heard(one.id)]
            silent = [one.title for one in actions if one not in heard_of]
            blocks: list[Block] = [fact(area.summary)]
            if heard_of:
                blocks.append(self.table_of(area.title, actions))
            if silent:
                blocks.append(nothing(f"Nothing was heard on: {joined(silent)}."))
            yield Section(area.title, tuple(blocks), tuple(map(self.action, heard_of)))

    def is_heard(self, action: str) -> bool:
        return bool(self.labels["actions"].get(action)) or any(bool(self.pair(action, kind)) for kind in SAYS)

    def silent_actions(self) -> list[str]:
        return [one.title for one in plan.current().actions if not self.is_heard(one.id)]

    def table_of(self, title: str, actions: Sequence[Any]) -> Table:
        """Organisations alone; in brackets those of which people decided it."""
        columns = (Column("Action"), *(Column(words, number=True) for words in COLUMNS.values()))
        rows = tuple(Row(one.title, tuple(in_brackets(self.pair(one.id, kind)) for kind in COLUMNS)) for one in actions)
        caption = f"{title}: organisations, and in brackets those of them by what people decided"
        return Table(caption, columns, rows)

    def action(self, action: Any) -> Section:
        told = [self.says(one, kind, self.end(action.id, kind)) for kind in SAYS if (one := self.pair(action.id, kind))]
        told += self.by_when([one for one in self.promises if action.id in one.actions])
        if not told:
            one = self.labels["actions"][action.id]
            told = [self.sentence(f"{self.who(one)} spoke of it.", *one.surest)]
        blocks: list[Block] = [Paragraph(tuple(told)), *self.summed_up("action", action.id)]
        if len(blocks) == 1 and self.quotes:
            blocks += self.examples(action.id)
        return Section(action.title, tuple(blocks))

    def end(self, action: str, kind: str) -> str:
        if kind == BARRIER:
            named = sorted(
                ((len(one.said), id) for (of, id), one in self.themes_of_actions.items() if of == action and one.said),
                key=lambda one: (-one[0], plan.title("barrier_themes", one[1])),
            )[:MOST_NAMED]
            told = [f"{plan.title('barrier_themes', id).lower()} ({number:,})" for number, id in named]
            return f": {joined(told)}" if told else ""
        if kind == NEED and not self.pair(action, OFFER):
            return ", and nobody offers any here"
        return ""

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
        words = plural(len(promised), "commitment has a date", "commitments have dates")
        parts = [f"the next is for {dates.in_words(to_come[0].due)}"] if to_come else []
        parts += [f"{len(late):,} {'is' if len(late) == 1 else 'are'} past and not reported done"] if late else []
        cited = [id for one in (*late, *to_come)[: self.cites] for id in one.statements[:1]]
        return [self.sentence(f"{words}: {joined(parts)}.", *cited)]

    def late(self) -> list[Promise]:
        return [one for one in self.promises if one.due < today()]

    # -- What gets in the way ----

    def themes(self) -> list[tuple[str, Told]]:
        """Most widely shared first; of the same number, in the order of their names."""
        held = self.labels["barrier_themes"].items()
        return sorted(held, key=lambda one: (-len(one[1].said), plan.title("barrier_themes", one[0])))

    def estimated(self, family: str, label: str, one: Told) -> estimates.Said:
        """For anybody there is none: it is of all that was said."""
        known = self.known(family).get((family, label, "", ""))
        cell = Cell(one.decided, one.said, one.statements, one.checked)
        return estimates.said(cell, self.answered, known)

    def known(self, family: str) -> Mapping[Any, Any]:
        if self.audience == ANYONE or (self.sample and self.round_id is None):
            return {}
        if family not in self.__dict__.setdefault("_known", {}):
            self._known[family] = estimates.of(self.session, self.round_id, [family])
        return self._known[family]

    def in_the_way(self) -> Section:
        title, themes = "What gets in the way", [(id, one) for id, one in self.themes() if one]
        if not themes:
            return Section(title, (nothing("Nothing was said to be in the way."),))
        return Section(title, (self.table_of_themes(themes),), tuple(self.theme(id, one) for id, one in themes))

    def table_of_themes(self, themes: Sequence[tuple[str, Told]]) -> Table:
        columns = ("Decided by people", "More, suggested by a machine", "Corrected count")
        corrected = [many.corrected_words(self.estimated("barrier_themes", id, one)) for id, one in themes]
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
        words = f"{self.who(one)} {'name' if self.are_several(one) else 'names'} this"
        corrected = many.corrected_words(self.estimated("barrier_themes", id, one))
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
            Row(one.title, (in_brackets(self.pair(one.id, NEED)), in_brackets(self.pair(one.id, OFFER))))
            for one in plan.current().actions
            if self.pair(one.id, NEED) or self.pair(one.id, OFFER)
        ]
        if rows:
            columns = (Column("Action"), Column("Need help", number=True), Column("Offer help", number=True))
            caption = "By action: organisations, and in brackets those of them by what people decided"
            blocks.append(Table(caption, columns, tuple(rows)))
        unmet = [(self.unmet_one(one),) for one in self.unmet()]
        parts = [Section("Needed, and offered by nobody", (Listing(tuple(unmet)),))] if unmet else []
        for kind, heading in ((NEED, "What is needed"), (OFFER, "What is offered")):
            quotes = self.quoted(self.labels["kinds"].get(kind, NOTHING))
            parts += [Section(heading, tuple(quotes))] if quotes else []
        return Section(title, tuple(blocks), tuple(parts))

    def unmet_one(self, action: Any) -> Sentence:
        one = self.pair(action.id, NEED)
        return self.sentence(f"{action.title}: {self.who(one)}.", *one.surest)

    # -- Commitments ----

    def commitments(self, promised: Sequence[Promise], caption: str, most: int) -> list[Block]:
        """A table of them, what falls due first at its top."""
        rows = [row for one in promised if (row := self.commitment(one))]
        if not rows:
            return []
        columns = (Column("Commitment"), Column("Who"), Column("By when"))
        left = len(promised) - len(rows[:most])
        more = [method(f"{plural(left, 'more is', 'more are')} counted above and not shown here.")] if left else []
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
                verb = "speak" if self.are_several(one) else "speaks"
                blocks.append(Paragraph((self.sentence(f"{self.who(one)} {verb} of it.", *one.surest),)))
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

    # -- Who was heard ----

    def by_what_they_are(self, by: str, caption: str, columns: Mapping[str, Collection[int]]) -> Table:
        """Organisations of each kind, or of each area that any of them works in: how many in each of the columns.

        For anybody without the lines from which it could be known who they are.
        """
        names = directory.KIND_WORDS if by == KIND else directory.area_names()
        numbers = {word: counts.number_under(self.everybody, ids, by) for word, ids in columns.items()}
        shown_ones = [id for id in names if any(one.get(id) for one in numbers.values())]
        shown_ones += [counts.NOWHERE] if any(one.get(counts.NOWHERE) for one in numbers.values()) else []
        cells = [[one.get(id, 0) for one in numbers.values()] for id in shown_ones]
        told = without_small(cells, whole=by == KIND) if self.audience == ANYONE else cells
        rows = [
            Row(names.get(id, "Not said"), tuple(f"{number:,}" for number in of))
            for id, of in zip(shown_ones, told, strict=True)
            if of
        ]
        if left := len(cells) - len(rows):
            caption += f" ({plural(left, 'line', 'lines')} with numbers too small to be told left out)"
        head = "Kind of organisation" if by == KIND else "Council area"
        return Table(caption, (Column(head), *(Column(word, number=True) for word in columns)), tuple(rows))

    def areas_not_heard(self) -> list[str]:
        there = {area for id in self.everybody.kinds for area in self.everybody.all_areas.get(id, ())}
        return [name for id, name in directory.area_names().items() if id not in {*there, *directory.EVERYWHERE}]

    def names_of(self, ids: Collection[int]) -> list[Organisation]:
        found: list[Organisation] = []
        for some in batches(sorted(ids)):
            found += self.session.exec(select(Organisation).where(col(Organisation.id).in_(some)))
        return sorted(found, key=lambda one: (one.name_key, one.id))

    def told_number(self, number: int) -> str:
        """For anybody not a number so small that it could tell who."""
        small = self.audience == ANYONE and 0 < number < SMALL
        return f"fewer than {SMALL}" if small else f"{number:,}"

    def part(self, number: int, of: int) -> str:
        """ "12 of 40"; for anybody nothing where few of them are in it, or are not, so that they could be known."""
        few = 0 < number < SMALL or 0 < of - number < SMALL or of < SMALL or self.few_unnamed
        return "" if few and self.audience == ANYONE else f"{number:,} of {of:,}"

    def others_words(self) -> str:
        """Who else was heard, that is no organisation."""
        individuals = len({sent for _, _, whose, sent in self.sources if whose is None and sent})
        rest = sum(whose is None and sent is None for _, _, whose, sent in self.sources)
        parts = [plural(individuals, "individual")] if individuals else []
        parts += [plural(rest, "meeting or other source", "meetings or other sources")] if rest else []
        if self.audience == ANYONE and 0 < individuals + rest < SMALL:
            return ""
        return joined(parts)


NOTHING = Told()


def today() -> date:
    return dates.local_day(now())


def joined(parts: Sequence[str]) -> str:
    """ "one, two and three" """
    *first, end = parts or [""]
    return f"{', '.join(first)} and {end}" if first else end


def is_whole(words: str) -> bool:
    """That they can be read by themselves: a sentence of some length."""
    return words[:1].isupper() and words[-1:] in ".!?" and WHOLE[0] <= len(words) <= WHOLE[1]


def in_brackets(one: Told) -> str:
    return f"{len(one.said):,} ({len(one.decided):,})" if one.said else "0"


def told_of(one: Told, corrected: str) -> str:
    return plural(int(corrected.replace(",", "")) if corrected else len(one.said), "organisation")


def fact(words: str) -> Paragraph:
    return Paragraph((Sentence(words, fixed="fact"),))


def nothing(words: str) -> Paragraph:
    return Paragraph((Sentence(words, fixed="empty"),))


def method(words: str) -> Paragraph:
    return Paragraph((Sentence(words, fixed="method"),))


def share(part: int, of: int) -> str:
    return f"{part * 100 // of}%" if of >= SHARE_FROM else "–"


# -- Small numbers ----------------------------------------------------------------------------------------


def without_small(rows: list[list[int]], *, whole: bool) -> list[list[int]]:
    """For anybody: a row is empty where it has numbers below the least that is told, or some that they could be worked
    out from. Of a `whole` that is told, one row alone is never left out: it would be what is left."""
    hidden = [any(0 < number < SMALL for number in row) or is_nearly_all(row) for row in rows]
    if whole and sum(hidden) == 1 and len(rows) > 1:
        others = [place for place, one in enumerate(hidden) if not one and any(rows[place])]
        if others:
            hidden[min(others, key=lambda place: (sum(rows[place]), place))] = True
    return [[] if one else list(row) for row, one in zip(rows, hidden, strict=True)]


def is_nearly_all(row: Sequence[int]) -> bool:
    """That so few of those in the first column are not in the second that they could be known."""
    return len(row) > 1 and 0 < row[0] - row[1] < SMALL
