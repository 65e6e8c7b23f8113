"""What a report says of one round: what was asked, who answered and who did not, and what was heard."""

from collections.abc import Iterator

from sqlmodel import Session

from collector import dates
from collector.findings import small_numbers
from collector.findings.counts import AREA, KIND, Within
from collector.intake import rounds
from collector.intake.models import Round
from collector.organisations import directory
from collector.profiles import report_questions
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
from collector.profiles.report_contents import ANYONE, Contents, NoSubject
from collector.profiles.report_coverage import LEFT_OUT
from collector.profiles.report_of_many import OfMany, share, upper
from collector.profiles.report_parts import fact, method, nothing
from collector.review import reading

CITES, QUOTES = 3, 2
COMMITMENTS = 100


def of_round(session: Session, round_id: int, *, audience: str = "own") -> Contents:
    """Raises NoSubject where there is no such round."""
    round_ = session.get(Round, round_id)
    if round_ is None or round_.preview:
        raise NoSubject("There is no such round")
    return _Round(session, round_, audience).contents()


class _Round(OfMany):
    def __init__(self, session: Session, round_: Round, audience: str) -> None:
        super().__init__(session, audience, round_id=round_.id, sample=round_.sample, cites=CITES, quotes=QUOTES)
        self.round = round_
        self.questionnaire = rounds.questionnaire_of(session, round_.questionnaire_id)
        self.of_invited = self.invited & self.everybody.kinds.keys()

    def contents(self) -> Contents:
        sections = (
            self.in_short(),
            self.asked(),
            self.who_answered(),
            self.answered_questions(),
            *self.by_area(),
            self.in_the_way(),
            self.all_commitments(),
            self.needs_and_offers(),
            self.practice(),
            self.fundamentals(),
        )
        return Contents(
            title=self.round.title,
            subtitle=f"{self.questionnaire.title}, {self.open_words()}",
            sections=sections,
            references=self.references(),
            sources=self.named_sources(),
            considered=self.considered,
            made_of=self.made_of(),
            data=self.data(self.open_words()),
            drawn_from=self.drawn_from(),
            sample=self.sample,
        )

    # -- Sections ----

    def in_short(self) -> Section:
        figures = [self.answered_figure()]
        if others := self.coverage.others_words():
            figures.append(Figure(others.split(" ")[0], others.split(" ", 1)[1]))
        figures.append(self.statements_figure())
        items = [
            *self.areas_in_short(),
            *self.themes_in_short(),
            *self.promises_in_short(),
            *self.needs_in_short(),
            *self.silent_in_short(),
        ]
        if not self.sources:
            items = [(Sentence("Nothing was heard that this report could be drawn from.", fixed="empty"),)]
        notes = [note] if (note := self.notes()) else []
        return Section("In short", (Figures("In figures", tuple(figures)), Listing(tuple(items)), *notes))

    def statements_figure(self) -> Figure:
        number = small_numbers.in_words(self.statements) if self.audience == ANYONE else f"{self.statements:,}"
        return Figure(upper(number), "statement" if number == "1" else "statements")

    def answered_figure(self) -> Figure:
        if self.coverage.few_unnamed:
            return Figure(self.coverage.told_number(self.answered), "organisations answered that may be named")
        number = len(self.everybody.kinds)
        part = self.part_of_invited() if self.invited else ""
        of = f"{part} invited" if part else ""
        return Figure(
            self.coverage.told_number(number), "organisation answered" if number == 1 else "organisations answered", of
        )

    def part_of_invited(self) -> str:
        return self.coverage.part(self.of_invited, self.invited, self.everybody.kinds)

    def asked(self) -> Section:
        form = self.questionnaire
        parts = list(dict.fromkeys(step.page.section for step in form.steps if step.page.section))
        about = f" Its parts: {'; '.join(parts)}." if parts else ""
        words = f"The questionnaire “{form.title}”, version {form.version}: {form.summary}{about}"
        return Section("What was asked, and when", (fact(words), fact(f"The round: {self.open_words()}.")))

    def open_words(self) -> str:
        opened, last = dates.local_day(self.round.opened_at), self.round.closes_on
        if self.round.closed_at:
            last = dates.local_day(self.round.closed_at)
        if rounds.is_over(self.round):
            return f"open from {dates.in_words(opened)} to {dates.in_words(last)}"
        if rounds.is_to_come(self.round):
            return f"to open on {dates.in_words(opened)}"
        return f"open since {dates.in_words(opened)}" + (f", until {dates.in_words(last)}" if last else "")

    # -- Who answered ----

    def who_answered(self) -> Section:
        anyone, answered = self.audience == ANYONE, self.everybody.kinds.keys()
        asked = {"Invited": self.invited, "Of them answered": self.of_invited} if self.invited else {}
        columns = {**asked, "Answered in all" if asked else "Answered": answered}
        lead = list(self.response())
        if others := self.coverage.others_words():
            lead.append(Sentence(f"Heard besides: {others}.", fixed="method"))
        shown = bool(self.invited or answered) and not self.coverage.few_unnamed
        if anyone and shown:
            lead.append(Sentence(LEFT_OUT, fixed="method"))
        blocks: list[Block] = [Paragraph(tuple(lead))]
        if shown:
            tables = (self.by_kind(columns), self.coverage.by_what_they_are(AREA, "By council area", columns))
            blocks += [one for one in tables if one.rows]
        parts = [self.by_name()] if answered and not anyone else []
        if self.everybody.silent and not anyone:
            parts.append(self.not_yet())
        return Section("Who answered" if anyone else "Who answered, and who has not", tuple(blocks), tuple(parts))

    def answered_questions(self) -> Section:
        title, anyone = "How many answered each question", self.audience == ANYONE
        lead = [
            method("Of those who were asked it. Who chose no part of the questionnaire was not asked what is in it.")
        ]
        if anyone:
            lead = [method("Organisations that answered, in numbers from which nobody can be known.")]
        found = report_questions.reached(
            self.session, Within(self.round_id, self.sample), self.everybody, self.questionnaire
        )
        tables = tuple(report_questions.tables(found, self.questionnaire, anyone=anyone))
        if not tables or (anyone and self.coverage.few_unnamed):
            nobody = "Nobody has answered yet." if not found else "The numbers are too small to be told."
            return Section(title, (nothing(nobody),))
        return Section(title, (*lead, *tables))

    def response(self) -> Iterator[Sentence]:
        invited, came = len(self.invited), len(self.of_invited)
        if not invited:
            yield Sentence("Nobody was invited by name: the questionnaire was open to all.", fixed="method")
            return
        if not (part := self.part_of_invited()):
            yield Sentence("How many of the invited answered is not told: too few to hide who.", fixed="method")
            return
        rate = share(came, invited)
        words = f"{part} invited {'organisation' if invited == 1 else 'organisations'} answered"
        told = f" ({rate})" if rate != "–" else ""
        yield Sentence(f"{words}{told}. A joint return counts for each that sent it.", fixed="method")

    def by_kind(self, columns: dict) -> Table:
        table = self.coverage.by_what_they_are(KIND, "By kind of organisation", columns)
        if self.audience == ANYONE or not self.invited:
            return table
        rows = tuple(
            Row(
                row.heading, (*row.cells, share(*(int(cell.replace(",", "")) for cell in (row.cells[1], row.cells[0]))))
            )
            for row in table.rows
        )
        caption = "By kind of organisation; a share of the invited is given where there are 10 or more"
        return Table(caption, (*table.columns, Column("Response", number=True)), rows)

    def by_name(self) -> Section:
        kinds = self.ways()
        rows = tuple(
            Row(one.name, (directory.kind_name(one.kind), kinds.get(one.id, "–")))
            for one in self.names_of(self.everybody.kinds.keys())
        )
        columns = (Column("Organisation"), Column("Kind"), Column("How it answered"))
        return Section("Answered", (Table("By name", columns, rows),))

    def ways(self) -> dict[int, str]:
        """By organisation, the kinds of source that it was heard from."""
        found: dict[int, dict[str, None]] = {}
        for one in self.sources:
            whose = one.of(self.everybody)
            for id in whose:
                found.setdefault(id, {})[reading.KINDS[one.kind] + (", jointly" if len(whose) > 1 else "")] = None
        return {id: "; ".join(words) for id, words in found.items()}

    def not_yet(self) -> Section:
        names = [(Sentence(one.name, fixed="fact"),) for one in self.names_of(self.everybody.silent)]
        lead = "Invited, and not heard from. That is silence, and says nothing of what they do."
        return Section("Not answered yet", (method(lead), Listing(tuple(names))))

    # -- Commitments ----

    def all_commitments(self) -> Section:
        title = "Commitments with a date"
        lead = [one for (one,) in self.promises_in_short()]
        caption = "What was promised, by when; what falls due first is at the top"
        rows = self.commitments(self.promises, caption, COMMITMENTS)
        return Section(title, (Paragraph(tuple(lead)), *rows) if lead else (nothing("No commitment has a date."),))
