"""How many organisations of an area say what, in the words of a report: for staff as a profile has it, for anybody only
what people decided, without numbers that are small enough to tell who it was."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from collector.findings import small_numbers
from collector.findings.small_numbers import SMALL, Told
from collector.frameworks import plan
from collector.how_many import plural
from collector.profiles import area_counts, shown
from collector.profiles.area_counts import AreaCounts
from collector.profiles.document import Column, Figure, Row, Table
from collector.profiles.statements import AREA_KIND, KIND

RANGE = (
    "“2 to 6”: between 2 and 6 organisations say it. The range holds the true number at least 95 times in 100. It is"
    " made of what people decided and, of the rest, of what a sample tells that people coded without seeing what the"
    " machine suggests: how often it is right, and how much it misses. At the least all that it suggests of an"
    " organisation is right together or wrong together; at the most each is right or wrong by itself.",
    "The method is a bound of what is not known (Manski 2003, “Partial identification of probability distributions”),"
    " with an interval over both of its ends (Horowitz and Manski 2000), from a sample in two phases (Särndal, Swensson"
    " and Wretman 1992, “Model assisted survey sampling”).",
)
SUGGESTED = "“2 (+4)”: people decided it of 2 organisations. The machine suggests 4 more, which are not counted."


@dataclass(frozen=True)
class ForStaff:
    counted: AreaCounts
    tells_numbers = True

    @property
    def of(self) -> str:
        silent = self.counted.organisations - self.counted.heard
        return f"of the {self.counted.heard:,} that were heard from" + (f"; {silent:,} were not" if silent else "")

    def method(self) -> tuple[str, ...]:
        return (*RANGE, SUGGESTED)

    def figure(self, kind: str, one: str, many: str) -> Figure:
        said = self.counted.said(KIND, kind)
        words = one if (said.low, said.high) == (1, 1) else many
        return Figure(area_counts.figure(said), words, area_counts.beside(said))

    def cell(self, what: str, where: str) -> int | str:
        said = self.counted.said(what, where)
        return area_counts.in_short(said) if area_counts.is_known(said) else 0

    def beneath(self, what: str, wheres: Sequence[str]) -> str:
        """What is to be known of the empty cells of a table."""
        most = area_counts.at_most(self.counted.said(what, where) for where in wheres)
        missed = f"; up to {most:,} may say it all the same, of whom the machine missed it" if most else ""
        return f"0: nothing is known of it{missed}."

    def in_words(self, what: str, where: str) -> str:
        said = self.counted.said(what, where)
        words = area_counts.in_words(said)
        return f"{words[0].upper()}{words[1:]}. {plural(said.statements, 'statement')}, decided or suggested"

    def themes(self, what: str) -> Table:
        columns = (
            Column("Theme"),
            Column("Say so, as people decided", number=True),
            Column("More, by the machine alone", number=True),
            Column("Truly", number=True),
        )
        return Table(f"What gets in the way, {self.of}", columns, tuple(self.rows(what)))

    def rows(self, what: str) -> Iterator[Row]:
        for one in plan.current().labels("barrier_themes"):
            said = self.counted.said(what, one.id)
            if area_counts.is_known(said):
                truly = area_counts.in_short(said) if said.corrected else "not told yet"
                yield Row(one.title, (f"{said.decided:,}", f"{said.suggested:,}", truly))


@dataclass(frozen=True)
class ForAnybody:
    """The counts are of what may be published with the name alone."""

    counted: AreaCounts

    @property
    def tells_numbers(self) -> bool:
        return self.counted.heard >= SMALL

    @property
    def of(self) -> str:
        return f"of the {self.counted.heard:,} that may be named"

    def method(self) -> tuple[str, ...]:
        return small_numbers.HOW_TOLD if self.tells_numbers else (small_numbers.TOO_FEW,)

    @cached_property
    def told(self) -> dict[tuple[str, str], Told]:
        numbers = {
            (what, where): decided
            for what, cells in self.counted.cells.items()
            for where, (_, decided, _, _) in cells.items()
        }
        kinds = self.counted.cells.get(KIND, {})
        wholes = {(KIND, kind): [(AREA_KIND, f"{area}|{kind}") for area in shown.area_titles()] for kind in kinds}
        return small_numbers.told(numbers, self.counted.heard, wholes)

    def number(self, what: str, where: str) -> str:
        return self.told.get((what, where), Told(0, 0)).words()

    def more(self, what: str, where: str) -> bool:
        return self.counted.said(what, where).suggested > 0

    def figure(self, kind: str, one: str, many: str) -> Figure:
        more = "; more suggested by the machine, not counted" if self.more(KIND, kind) else ""
        number = self.number(KIND, kind)
        return Figure(f"{number[0].upper()}{number[1:]}", many, f"{self.of}, as people decided{more}")

    def cell(self, what: str, where: str) -> int | str:
        number, more = self.number(what, where), self.more(what, where)
        return f"{number} (+)" if more else 0 if number == "0" else number

    def beneath(self, what: str, wheres: Sequence[str]) -> str:
        return "0: nothing is known of it."

    def in_words(self, what: str, where: str) -> str:
        if not self.tells_numbers:
            return "In their own words"
        number, more = self.number(what, where), self.more(what, where)
        if number == "0":
            return "None that people decided so far; the machine suggests some, not counted"
        counted = f"{number[0].upper()}{number[1:]} organisations, as people decided"
        return f"{counted}; the machine suggests more, not counted" if more else counted

    def themes(self, what: str) -> Table:
        known = [one for one in plan.current().labels("barrier_themes") if self.cell(what, one.id)]
        columns = (Column("Theme"), Column("Say so, as people decided", number=True))
        rows = tuple(Row(one.title, (str(self.cell(what, one.id)),)) for one in known)
        return Table(f"What gets in the way, {self.of}", columns, rows)
