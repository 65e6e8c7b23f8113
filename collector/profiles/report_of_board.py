"""What the Oversight Board is told, on paper: all rounds and documents of the whole country, its first page by itself.

Actions stand in the order of the plan, and on which nothing was heard is said as plainly as the rest: silence is not
inaction.
"""

from collections.abc import Iterator

from sqlmodel import Session, col, select

from collector import dates
from collector.findings import readers, small_numbers
from collector.findings.counts import AREA, KIND, Within
from collector.frameworks import plan
from collector.how_many import plural
from collector.intake import item_states
from collector.intake.models import Round, Submission
from collector.organisations import directory
from collector.profiles import areas, many
from collector.profiles.document import (
    Block,
    Column,
    Figure,
    Figures,
    Listing,
    Paragraph,
    Row,
    Section,
    Sentence,
    Table,
)
from collector.profiles.many import Told
from collector.profiles.report_contents import ANYONE, Contents
from collector.profiles.report_coverage import LEFT_OUT
from collector.profiles.report_material import NOTHING
from collector.profiles.report_of_many import LATE_LISTED, OfMany, upper
from collector.profiles.report_parts import joined, method, nothing
from collector.review import agreement_runs

CITES, QUOTES = 2, 1
CORRECTED = (
    "Where enough statements were coded by people who did not see the machine’s suggestions, a corrected count is"
    " given: a range that holds the truth at least 95 times in 100. Where there is none, only what people decided is"
    " certain.",
)
# Organisations of each kind, of one and of several.
ONE = {kind: words.lower() for kind, words in directory.KIND_WORDS.items()} | {
    "": "organisation of a kind not known yet"
}
MANY = {
    "local_authority": "local authorities",
    "health_board": "health boards",
    "third_sector": "third sector organisations",
    "national_body": "national bodies",
    "partnership": "partnerships",
    "other": "other organisations",
    "": "organisations of a kind not known yet",
}


def of_board(session: Session, *, audience: str = "own") -> Contents:
    return _Board(session, audience).contents()


class _Board(OfMany):
    def __init__(self, session: Session, audience: str) -> None:
        sample = areas.only_sample(session)
        how = {"cites": CITES, "quotes": QUOTES, "beyond_staff": True}
        super().__init__(session, audience, round_id=None, sample=sample, **how)
        self.rounds = self.last_rounds()

    def contents(self) -> Contents:
        sections = (
            self.in_short(),
            self.who_was_heard(),
            *self.by_area(),
            self.in_the_way(),
            self.needs_and_offers(),
            self.past_their_day(),
            self.practice(),
            self.fundamentals(),
            *([self.changes()] if self.audience != ANYONE else []),
            self.how_counted(),
        )
        return Contents(
            title=f"{plan.current().title}: what was heard across Scotland",
            subtitle=self.drawn_of(),
            sections=sections,
            references=self.references(),
            sources=self.named_sources(),
            considered=self.considered,
            made_of=self.made_of(),
            data=self.data([one.id for one in self.rounds], sorted(self.permissions.items())),
            drawn_from=self.drawn_from(),
            sample=self.sample,
            permitted=frozenset((id, said) for id, said in self.permissions.items() if id in self.quoted_sources()),
        )

    def quoted_sources(self) -> set[int]:
        return {one.source.id for one in self.cited.lines.values()}

    def drawn_of(self) -> str:
        if self.audience == ANYONE:
            return f"Drawn from {self.number_answered()} that may be named"
        known = plural(len(self.heard.all_kinds), "organisation that is known", "organisations that are known")
        return f"Heard from {self.answered:,} of {known}"

    # -- In short ----

    def in_short(self) -> Section:
        items = [
            (self.who_in_short(),),
            *self.areas_in_short(),
            *self.themes_in_short(),
            *self.promises_in_short(),
            *self.needs_in_short(),
            *self.silent_in_short(),
        ]
        figures = Figures("In figures", tuple(self.figures()))
        notes = [note] if (note := self.notes()) else []
        return Section("In short", (figures, Listing(tuple(items)), *notes), alone=True)

    def figures(self) -> Iterator[Figure]:
        actions, heard = len(plan.current().actions), len(plan.current().actions) - len(self.silent_actions())
        number, *words = self.number_answered().rsplit(" ", 1)
        yield Figure(upper(number), f"{words[0]} heard")
        yield Figure(f"{heard:,}", "action spoken of" if heard == 1 else "actions spoken of", f"of {actions:,}")
        number, late = self.numbers_promised()
        dated = "commitment with a date" if number == "1" else "commitments with a date"
        yield Figure(upper(number), dated, f"{late} past it and not reported done")

    def who_in_short(self) -> Sentence:
        if self.audience == ANYONE:
            part = self.coverage.part(self.everybody.kinds, self.everybody.all_kinds)
            told = f"{part} organisations that are known were heard." if part else "Few were heard, or few were not."
            if self.coverage.few_unnamed:
                told = "How many were heard in all is not told: few of them may not be named."
            return Sentence(told, fixed="method")
        kinds = [
            f"{len(ids):,} of {plural(len(known), ONE[kind], MANY[kind])}"
            for kind in MANY
            if (known := [id for id, its in self.everybody.all_kinds.items() if its == kind])
            for ids in [[id for id in known if id in self.everybody.kinds]]
        ]
        silent = len(self.everybody.silent)
        words = f"Heard from {joined(kinds)}" if kinds else "No organisation was heard yet"
        verbs = ("was asked and has", "were asked and have")[silent != 1]
        asked = f"; {silent:,} {verbs} not answered" if silent else ""
        nowhere = self.coverage.areas_not_heard()
        where = f". From {plural(len(nowhere), 'council area')} no organisation was heard" if nowhere else ""
        return Sentence(f"{words}{asked}{where}.", fixed="method")

    # -- Who was heard ----

    def who_was_heard(self) -> Section:
        columns = {
            "Known": self.everybody.all_kinds.keys(),
            "Heard": self.everybody.kinds.keys(),
            "Asked, and silent": self.everybody.silent,
            "Never asked": self.everybody.not_asked,
        }
        lead = [Sentence("An organisation that works in several areas stands in each of them.", fixed="method")]
        if others := self.coverage.others_words():
            lead.insert(0, Sentence(f"Heard besides organisations: {others}.", fixed="method"))
        if self.audience == ANYONE and not self.coverage.few_unnamed:
            lead.append(Sentence(LEFT_OUT, fixed="method"))
        blocks: list[Block] = [Paragraph(tuple(lead))]
        tables = (
            self.coverage.by_what_they_are(KIND, "By kind of organisation", columns),
            self.coverage.by_what_they_are(AREA, "By council area", columns),
        )
        blocks += [one for one in tables if one.rows and not self.coverage.few_unnamed]
        if nowhere := self.coverage.areas_not_heard():
            blocks.append(nothing(f"No organisation was heard that works in {joined(nowhere)}."))
        return Section("Who was heard, and who was not", tuple(blocks))

    # -- Commitments ----

    def past_their_day(self) -> Section:
        title, late = "Commitments past their day", self.late()
        if not late:
            return Section(title, (nothing("No commitment is past its day."),))
        lead = "A commitment that was written in a document, and not listed one by one, cannot be reported done: ask."
        caption = "Past their day and not reported done, the longest past first"
        return Section(title, (method(lead), *self.commitments(late, caption, LATE_LISTED)))

    # -- What changed ----

    def last_rounds(self) -> list[Round]:
        """The last two in which something was sent: the earlier first."""
        there = select(Submission.id).where(Submission.round_id == Round.id).exists()
        chosen = select(Round).where(there, col(Round.preview).is_(False), col(Round.sample).is_(self.sample))
        found = self.session.exec(chosen.order_by(col(Round.opened_at).desc(), col(Round.id).desc()).limit(2)).all()
        return list(found)[::-1]

    def changes(self) -> Section:
        """For staff and the Board alone: between two rounds few change, and anybody could see who."""
        title = "What changed since the round before"
        if len(self.rounds) < 2:
            return Section(title, (nothing("There has been one round at most: there is nothing to compare with."),))
        before, latest = self.rounds
        said = [self.said_in(one) for one in self.rounds]
        both = said[0][0] & said[1][0]
        lead = (
            f"“{before.title}” ({len(said[0][0]):,} organisations) and “{latest.title}” ({len(said[1][0]):,}). Below,"
            f" only the {len(both):,} that answered both are counted, so that it is not another choice of organisations"
            " that looks like a change."
        )
        blocks: list[Block] = [method(lead), *self.became(latest)]
        rows = tuple(self.changed(both, said[0][1], said[1][1])) if both else ()
        if rows:
            columns = (Column("Action or barrier theme"), Column("Before", number=True), Column("Since", number=True))
            blocks.append(Table("How many organisations speak of it, where that changed", columns, rows))
        elif both:
            blocks.append(nothing("As many organisations as before speak of each action and each barrier theme."))
        return Section(title, tuple(blocks))

    def said_in(self, round_: Round) -> tuple[set[int], dict[tuple[str, str], Told]]:
        """Who answered in it, and who spoke of what."""
        within = Within(round_.id, self.sample)
        there = many.sources(self.session, within)
        found = {
            (family, label): one
            for family in ("actions", "barrier_themes")
            for (label,), one in many.told(self.session, within, self.heard, there, [family]).items()
        }
        return {id for one in there for id in one.of(self.heard)}, found

    def changed(self, both: set[int], before: dict, since: dict) -> Iterator[Row]:
        for family in ("actions", "barrier_themes"):
            for label in plan.current().labels(family):
                key = (family, label.id)
                then, now = (counted(one.get(key, NOTHING), both) for one in (before, since))
                if then != now:
                    yield Row(label.title, (then, now))

    def became(self, latest: Round) -> Iterator[Block]:
        """Of items that were held from earlier rounds."""
        if told := item_states.counts(self.session, latest.id):
            states = [(state, str(word).lower()) for state, word in item_states.WORDS.items() if state in told]
            words = [f"{told[state]:,} {word}" for state, word in states]
            yield method(f"Of what was listed before, in “{latest.title}”: {joined(words)}.")

    # -- How it was made ----

    def how_counted(self) -> Section:
        anyone = self.audience == ANYONE
        checked = small_numbers.some_of(self.checked, self.statements) if anyone else f"{self.checked:,}"
        parts = [
            f"{upper(self.drawn_from())} of {self.number_answered()} and of individuals were read by a machine, which"
            f" suggests what each statement is about. People have checked {checked if self.checked else 'none'} of"
            " them.",
            "Counts are of organisations. A joint return counts for each that sent it, and is quoted once. What was"
            " said by several in the same words is one point.",
            *(self.counts.method if anyone else CORRECTED),
            "What was listed under an action counts as decided: who sent it chose the action.",
            "Nothing was heard does not say that nothing is done.",
        ]
        items = [(Sentence(words, fixed="method"),) for words in parts]
        if agreed := self.agreement():
            items.append((Sentence(agreed, fixed="method"),))
        return Section("How this was counted", (Listing(tuple(items)),))

    def agreement(self) -> str:
        """How well people agree with one another and the machine with them, where it was measured."""
        model = readers.champion(self.session, plan.SLUG) or ""
        run = agreement_runs.latest(self.session, model) if model else None
        if run is None:
            return ""
        whole = next(
            (one for one in agreement_runs.figures(self.session, run.id, model) if not one.family and not one.label),
            None,
        )
        people, machine = (
            (whole.figures[name][0] for name in ("people_alpha", "model_alpha")) if whole else (None, None)
        )
        if people is None or machine is None:
            return ""
        return (
            f"On {plural(whole.passages, 'passage')} coded blind, measured on {dates.in_words(run.asked_at)}, two"
            f" people agree with one another to {people:.2f} and the machine with people to {machine:.2f}"
            " (Krippendorff’s alpha; 1 is always, 0 is as often as by chance)."
        )


def counted(one: Told, among: set[int]) -> str:
    """ "6 (+2)": by what people decided, and how many more a machine suggests."""
    decided, suggested = len(one.decided & among), len((one.said - one.decided) & among)
    return f"{decided:,} (+{suggested:,})" if suggested else f"{decided:,}"
