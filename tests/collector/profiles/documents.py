"""A document with everything in it that a report can say, written by hand."""

from datetime import date

from collector.profiles.document import (
    Bar,
    Chart,
    Column,
    Document,
    Fact,
    Figure,
    Figures,
    Grid,
    GridGroup,
    GridRow,
    Listing,
    Note,
    Paragraph,
    Quote,
    Reference,
    Row,
    Section,
    Sentence,
    Table,
)

A_DAY = date(2026, 11, 2)
ON_PAPER = "Plan for brothers and sisters"


def whole(words: str = "We will open more homes.", *, sections: int = 1) -> Document:
    """`words` stand in every place that words of people can stand in."""
    return Document(
        kind="Report on an organisation",
        title=words,
        subtitle="Local authority, Fife",
        language="en-GB",
        made_on=date(2026, 11, 23),
        made_by="The Promise Scotland",
        sections=tuple(section(words, number) for number in range(1, sections + 1)) + (last(),),
        references=tuple(
            Reference(number, 100 + number, f"{words} {number}", ON_PAPER, A_DAY)
            for number in range(1, 3 * sections + 1)
        ),
        made=(Fact("Drawn from", "3 statements in 1 source."),),
        hashes={"data": "d" * 64},
        address="https://loop.example.org/staff/reports/7",
    )


def section(words: str, number: int) -> Section:
    first = 3 * number - 2
    cites = (first, first + 1, first + 2)
    return Section(
        f"Priority area {number}",
        (
            Paragraph((Sentence("Most shared first.", fixed="lead"), Sentence(words, cites))),
            Listing(((Sentence(words, (first,)),), (Sentence("Homes for brothers and sisters.", (first + 1,)),))),
            Quote(words, words, A_DAY, ON_PAPER, (first,), ("By when: March 2027",)),
            Figures("In five figures", (Figure("5", "barriers", "of 34 statements", (first,)),)),
            Table("Homes", (Column("Place"), Column("Homes", number=True)), (Row(words, ("1,204",), (first,)),)),
            Note((Sentence("Two sources are not read yet.", fixed="method"),)),
        ),
        (
            Section(
                "Homes by year", (Chart("Homes by year", "Year", "homes", (Bar("2024", "3"), Bar("2025", "12.5"))),)
            ),
            Section("What they offer", (Paragraph((Sentence("No help was offered.", fixed="empty"),)),)),
        ),
    )


def last() -> Section:
    rows = (GridRow("Support", (0, 3)), GridRow("Planning", (1, 0)))
    return Section("Both", (Grid("How many speak to both", "Action", ("Voice", "Care"), (GridGroup("Family", rows),)),))
