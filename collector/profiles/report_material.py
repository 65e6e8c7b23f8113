"""What a report on many organisations is drawn from: all that was counted, and the statements that it may cite."""

from dataclasses import replace
from datetime import date
from typing import Any

from sqlmodel import Session

from collector.findings import counts, estimates, small_numbers
from collector.findings.counts import Within
from collector.frameworks import plan
from collector.how_many import plural
from collector.intake import documents
from collector.profiles import lines, many, many_report_counts, others, report_contents
from collector.profiles.document import Block, Listing, Paragraph, Quote, Reference, Sentence, canonical, hash_of
from collector.profiles.lines import Line
from collector.profiles.many import Told
from collector.profiles.many_report_counts import (
    ACTION_KIND,
    ACTION_THEME,
    ACTIONS,
    ACTIVITY,
    AREA_KIND,
    AREAS,
    BARRIER,
    FUNDAMENTALS,
    KINDS,
    LEARNED,
    NEED,
    OFFER,
    PLANNED,
    SAYS,
    THEMES,
    ForAnybody,
    ForStaff,
)
from collector.profiles.report_contents import ANYONE, WITH_NAME, WITHOUT_NAME, Cited
from collector.profiles.report_coverage import Coverage
from collector.profiles.report_points import Points
from collector.review import reading

CHOICE = 4  # statements more than are cited, to quote the most telling of
WHOLE = (40, 300)  # letters


class Material:
    """`cites`: of how many organisations a sentence cites a statement; `quotes`: how many are quoted of a group. For
    anybody it is one of each, wherever there is any: two would tell that there are two.

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
        self.round_id, self.sample = round_id, sample
        self.cites, self.quotes = (1, 1) if audience == ANYONE else (cites, quotes)
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
        self.coverage = Coverage(self.everybody, self.heard, self.sources, audience)
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
        self.count()
        quotable = {id for id, *_ in self.sources} - self.unquoted
        self.points = Points(session, audience, round_id, sample, self.cites, quotable, self.unnamed)
        self.summaries = self.points.of_all()
        held = lines.by_id(session, self.ids(), outside=True)
        self.lines = {id: one for id, one in held.items() if self.may_be_quoted(one)}
        # Words that are redacted may be those of the day.
        hidden = {id for id, one in held.items() if one.redacted}
        self.promises = [one for one in self.promises if hidden.isdisjoint(one.statements)]

    def may_be_quoted(self, line: Line) -> bool:
        if line.harm or line.source.id in self.unquoted:
            return False
        return line.source.id not in self.unnamed or not others.tells_who(self.session, line, but=set())

    def count(self) -> None:
        """Settle how numbers of organisations are told."""
        if self.audience == ANYONE:
            self.counts = ForAnybody(self.answered)
            groups = self.told_somewhere()
            for (what, label), number in many_report_counts.for_anybody(groups, self.answered).items():
                groups[what][label].number = number
            return
        self.counts = ForStaff(self.answered)
        pairs = {ACTION_KIND: self.of_actions, AREA_KIND: self.of_areas}
        for what, group in ((self.labels | pairs) if not (self.sample and self.round_id is None) else {}).items():
            known = estimates.of(self.session, self.round_id, [what])
            for label, one in group.items():
                key = estimates.BOTH.join(label) if what in pairs else label
                one.truly = estimates.said(one.cell, self.answered, known.get((what, key, "", "")))

    def told_somewhere(self) -> dict[str, dict[Any, Told]]:
        """All of which the report says how many organisations say it."""
        spoken_of = {action for action, _ in self.of_actions}
        return {
            ACTIONS: {id: one for id, one in self.labels[ACTIONS].items() if id not in spoken_of},
            AREAS: self.labels[AREAS],
            KINDS: {id: one for id, one in self.labels[KINDS].items() if id in (NEED, OFFER, LEARNED)},
            THEMES: self.labels[THEMES],
            FUNDAMENTALS: self.labels[FUNDAMENTALS],
            ACTION_KIND: self.of_actions,
            AREA_KIND: {pair: one for pair, one in self.of_areas.items() if pair[1] in (ACTIVITY, PLANNED, BARRIER)},
            ACTION_THEME: self.themes_of_actions,
        }

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

    def named_sources(self) -> frozenset[int]:
        """All that it is drawn from; of an item that was kept, where its words stand too."""
        return frozenset(id for id, *_ in self.sources) | {one.source.id for one in self.cited.lines.values()}

    def drawn_from(self) -> str:
        if self.audience != ANYONE:
            return f"{plural(self.statements, 'statement')} in {plural(len(self.sources), 'source')}"
        statements, sources = map(small_numbers.in_words, (self.statements, len(self.sources)))
        return f"{statements} statements in {sources} sources"

    def number_answered(self) -> str:
        """ "12 organisations", of those whose words may be told."""
        if self.audience != ANYONE:
            return plural(self.answered, "organisation")
        return f"{small_numbers.in_words(self.answered)} organisations"

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
        return report_contents.words_of(self.session, sorted(self.points.made_of))

    # -- Sentences ----

    def cite(self, *ids: int) -> tuple[int, ...]:
        found = [self.lines[id] for id in ids if id in self.lines]
        return self.cited.cite(*found[: self.cites])

    def sentence(self, words: str, *ids: int) -> Sentence:
        """What stands on nothing that may be quoted is counted and not cited."""
        words, cites = f"{words[:1].upper()}{words[1:]}", self.cite(*ids)
        return Sentence(words, cites) if cites else Sentence(f"{words} (Counted, and not quoted.)", fixed="method")

    def says(self, one: Told, kind: str, end: str = "") -> Sentence:
        verb = SAYS[kind][self.counts.are_several(one)]
        return self.sentence(f"{self.counts.who(one)} {verb}{end}.", *one.surest)

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

    def summed_up(self, kind: str, id: str) -> list[Block]:
        """The points of a summary, and whose they are; nothing where there is none."""
        mark, points = self.summaries.get((kind, id), ("", []))
        items = [(Sentence(words, cites),) for words, ids in points if (cites := self.cite(*ids))]
        return [Paragraph((Sentence(mark, fixed="method"),)), Listing(tuple(items))] if items else []


NOTHING = Told()


def is_whole(words: str) -> bool:
    """That they can be read by themselves: a sentence of some length."""
    return words[:1].isupper() and words[-1:] in ".!?" and WHOLE[0] <= len(words) <= WHOLE[1]
