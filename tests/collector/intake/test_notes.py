"""How the notes of a meeting are cut into passages."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.intake.notes import Paragraph, split


def test_blank_lines_part_paragraphs_and_line_ends_within_one_stay() -> None:
    assert split("One line.\r\nAnd its next.\r\n\r\n\r\nAnother.") == [
        Paragraph("One line.\nAnd its next."),
        Paragraph("Another."),
    ]


@pytest.mark.parametrize("mark", ["-", "*", "•", "–", "◦", "  -", "o\t"])
def test_each_bullet_is_a_passage_with_the_lines_that_go_on_below_it(mark: str) -> None:
    assert [one.text for one in split(f"{mark} first\n  goes on\n{mark} second")] == ["first goes on", "second"]


def test_numbers_of_a_list_stay_because_they_may_be_a_date() -> None:
    assert [one.text for one in split("12. March was too late\n2) so was May\n(a) and June")] == [
        "12. March was too late",
        "2) so was May",
        "(a) and June",
    ]


def test_a_dash_within_a_line_and_a_number_within_one_begin_nothing() -> None:
    text = "Staff leave - all of them\n3.5 posts are vacant, e.g. in Fife"
    assert split(text) == [Paragraph(text)]


@pytest.mark.parametrize("line", ["What gets in the way?", "Barriers:", "# Barriers"])
def test_a_line_right_above_heads_those_lines_alone(line: str) -> None:
    heading = line.strip("#: ")
    assert split(f"{line}\n- money\n- time\n\nThen we had tea.") == [
        Paragraph("money", heading),
        Paragraph("time", heading),
        Paragraph("Then we had tea."),
    ]


def test_a_heading_that_stands_alone_heads_all_up_to_the_next_that_does() -> None:
    assert split("# Barriers\n\nMoney.\n\nTime.\n\n# Offers\n\nA room.") == [
        Paragraph("Money.", "Barriers"),
        Paragraph("Time.", "Barriers"),
        Paragraph("A room.", "Offers"),
    ]


def test_a_heading_under_a_heading_is_kept_with_it() -> None:
    assert split("# Barriers\n\nMoney:\n- March\n\nTime:\n- none") == [
        Paragraph("March", "Barriers – Money"),
        Paragraph("none", "Barriers – Time"),
    ]
    assert split("# Second half\n\nWhat helps?\n\nA room.") == [Paragraph("A room.", "Second half – What helps?")]


def test_a_heading_with_nothing_below_it_is_a_passage() -> None:
    assert split("Money is short.\n\nWho pays?") == [Paragraph("Money is short."), Paragraph("Who pays?")]


def test_a_bullet_that_asks_is_no_heading_and_a_line_of_dashes_is_nothing() -> None:
    assert split("- Who pays?\n- We do\n-----\nAfter that.") == [
        Paragraph("Who pays?"),
        Paragraph("We do"),
        Paragraph("After that."),
    ]


@pytest.mark.parametrize("text", ["", "\n\n", " - \n***\n"])
def test_where_nothing_is_said_there_is_no_passage(text: str) -> None:
    assert split(text) == []


LINES = st.lists(
    st.tuples(st.sampled_from(["", "", "- ", "• ", "1. ", "# ", "   ", "–"]), st.text("aé?:#- .7ㄅo", max_size=9)),
    max_size=12,
)


@settings(max_examples=300)
@given(LINES)
def test_no_word_is_lost(lines: list[tuple[str, str]]) -> None:
    text = "\n".join(mark + words for mark, words in lines)
    said, before = [], ""
    for one in split(text):
        assert one.text.strip()
        said.append(one.text)
        if one.heading != before:
            said.append(one.heading)
        before = one.heading
    assert set(words(text)) == set(words("\n".join(said)))


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text)
