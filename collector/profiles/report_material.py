"""What a report on many organisations is drawn from: all that was counted, and the statements that it may cite."""

from dataclasses import replace
from datetime import date
from typing import Any

from sqlmodel import Session

from collector import dates
from collector.findings import counts
from collector.findings.counts import Within
from collector.findings.small_numbers import SMALL
from collector.frameworks import plan
from collector.how_many import plural
from collector.profiles import lines, many, others, report_contents
from collector.profiles.document import Block, Listing, Paragraph, Quote, Reference, Sentence, canonical, hash_of
from collector.profiles.lines import Line
from collector.profiles.many import Told
from collector.profiles.report_contents import ANYONE, WITH_NAME, WITHOUT_NAME, Cited
from collector.profiles.report_coverage import Coverage
from collector.profiles.report_parts import joined
from collector.profiles.report_points import Points
from collector.review import reading

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
CHOICE = 4  # statements more than are cited, to quote the most telling of
WHOLE = (40, 300)  # letters


class Material:
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
        quotable = {id for id, *_ in self.sources} - self.unquoted
        self.points = Points(session, audience, round_id, sample, cites, quotable, self.unnamed)
        self.summaries = self.points.of_all()
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
        return report_contents.words_of(self.session, sorted(self.points.made_of))

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
        return line.source.title if answers or line.source.id not in self.unnamed else reading.KINDS[line.source.kind]

    def day_of(self, line: Line) -> date | None:
        """Of what is to be without a name none: it tells who sent something then."""
        return None if line.source.id in self.unnamed else dates.local_day(line.source.received_at)

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
