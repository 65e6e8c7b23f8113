"""What is different between two reports, by where a number stands and not by the words over it."""

from datetime import date

from collector.profiles.document import (
    Bar,
    Block,
    Chart,
    Column,
    Document,
    Figure,
    Figures,
    Grid,
    GridGroup,
    GridRow,
    Row,
    Section,
    Table,
)
from collector.profiles.report_differences import between

HEADS = ("Decided by people", "Suggested")


def of(*blocks: Block, title: str = "In the way") -> Document:
    sections = (Section("All", (), (Section(title, blocks),)),)
    return Document("Report", "Fife", "", "en-GB", date(2026, 3, 1), "a person", sections, ())


def themes(number: int, *rows: tuple[str, ...], heads: tuple[str, ...] = HEADS) -> Table:
    columns = (Column("Theme"), *(Column(one, number=True) for one in heads))
    caption = f"How many of the {number} organisations name each"
    return Table(caption, columns, tuple(Row(heading, tuple(cells)) for heading, *cells in rows))


def changed(before: Document, after: Document) -> list[tuple[str, str, str]]:
    return [(one.what, one.before, one.after) for one in between(before, after).changed]


def test_a_number_under_a_caption_with_another_count_changed() -> None:
    before, after = of(themes(1, ("Funding", "0", "1"))), of(themes(2, ("Funding", "0", "2")))
    [one] = between(before, after).changed
    assert (one.place, one.what, one.before, one.after) == (("All", "In the way"), "Funding, Suggested", "1", "2")
    assert one.caption == "How many of the 2 organisations name each"
    assert [line.words for line in between(before, after).gone] == ["How many of the 1 organisations name each"]


def test_a_number_that_came_or_went_is_told_and_nothing_that_came_is_not() -> None:
    one, two = themes(1, ("Funding", "3", "0")), themes(1, ("Funding", "3", "0"), ("Homes", "4", "0"))
    assert changed(of(one), of(two)) == [("Homes, Decided by people", "", "4")]
    assert changed(of(two), of(one)) == [("Homes, Decided by people", "4", "")]
    corrected = themes(1, ("Funding", "3", "0", "3 to 5"), heads=(*HEADS, "Corrected count"))
    assert changed(of(one), of(corrected)) == [("Funding, Corrected count", "", "3 to 5")]


def test_words_in_a_row_that_came_are_told_with_the_row_alone() -> None:
    columns = (Column("Commitment"), Column("By when"))
    empty, full = (Table("Due", columns, rows) for rows in ((), (Row("To hire", ("1 March 2026",)),)))
    late = Table("Due", columns, (Row("To hire", ("1 March 2026 (past)",)),))
    assert changed(of(empty), of(full)) == []
    assert [one.words for one in between(of(empty), of(full)).added] == ["To hire"]
    assert changed(of(full), of(late)) == [("To hire, By when", "1 March 2026", "1 March 2026 (past)")]


def test_a_table_is_known_again_beside_another_that_came_before_it() -> None:
    kinds = Table("By kind (2 lines left out)", (Column("Kind"), Column("Known", number=True)), (Row("NHS", ("7",)),))
    areas, more = (
        Table(f"By area ({left} left out)", (Column("Area"), Column("Known", number=True)), (Row("Fife", (number,)),))
        for left, number in (("1 line", "5"), ("3 lines", "6"))
    )
    assert changed(of(areas), of(kinds, more)) == [("NHS, Known", "", "7"), ("Fife, Known", "5", "6")]


def test_cells_of_a_grid_are_known_by_action_and_column() -> None:
    def grid(number: int, *cells: int | str) -> Grid:
        groups = (GridGroup("A good childhood", (GridRow("Planning", cells),)),)
        return Grid(f"How many say so, of {number}", "Action", ("Do", "Plan"), groups)

    assert changed(of(grid(1, 1, 0)), of(grid(2, 1, "0 (+1)"))) == [("Planning and Plan", "0", "0 (+1)")]
    assert changed(of(), of(grid(5, 0, 5))) == [("Planning and Plan", "", "5")]


def test_a_figure_is_known_whatever_its_number_makes_of_its_words() -> None:
    one = Figures("In figures", (Figure("1", "organisation heard"), Figure("4", "statements")))
    two = Figures("In figures", (Figure("2", "organisations heard"), Figure("4", "statements")))
    more = Figures("In figures", (*two.figures[:1], Figure("3", "individuals"), *two.figures[1:]))
    assert changed(of(one), of(two)) == [("organisations heard", "1", "2")]
    assert changed(of(one), of(more)) == [("organisations heard", "1", "2"), ("individuals", "", "3")]
    assert changed(of(more), of(one)) == [("organisation heard", "2", "1"), ("individuals", "3", "")]


def test_a_chart_is_not_taken_for_another() -> None:
    homes, schools = (
        Chart(name, "Year", "children", (Bar("2024", n),)) for name, n in (("Homes", "5"), ("Schools", "9"))
    )
    [went, came] = sorted(between(of(homes), of(schools)).changed, key=lambda one: one.after)
    assert (went.caption, went.before, went.after) == ("Homes", "5", "")
    assert (came.caption, came.before, came.after) == ("Schools", "", "9")


def test_numbers_of_a_section_that_went_are_told() -> None:
    table = themes(3, ("Funding", "3", "0"))
    assert changed(of(table), of(title="Other")) == [("Funding, Decided by people", "3", "")]
