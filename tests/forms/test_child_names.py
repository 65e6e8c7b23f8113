"""What looks like the name of a child in an answer, and what does not. All names are made up."""

import time

import pytest

from forms.child_names import found

NAMED = {
    "My son Liam has waited a year.": ["son Liam"],
    "our wee brother Jamie was moved": ["wee brother Jamie"],
    "We asked for help. baby Mia came home.": ["baby Mia"],
    "They took in my nieces Zosia and Ola.": ["nieces Zosia"],
    "a boy in my class called Mohammed": ["boy in my class called Mohammed"],
    "There is a wee girl called ava here": ["wee girl called ava"],
    "I spoke for a young person named Eilidh.": ["young person named Eilidh"],
    "Liam, aged 7, and Ava (9) live apart.": ["Liam, aged 7", "Ava (9)"],
    "Ruaridh MacLeod is 11 years old": ["Ruaridh MacLeod is 11 years old"],
    "Jamie is only 5 and has moved twice": ["Jamie is only 5"],
    "11-year-old Aisha told us": ["11-year-old Aisha"],
    "a 6 year old boy, Callum, said no": ["6 year old boy, Callum"],
    "Noor’s foster sister Sami-Jo": ["foster sister Sami-Jo"],
    "my son Liam. Liam, aged 7, waits": ["son Liam"],  # once for each name
}
OTHERS = [
    "My son has waited a year.",
    "The child Protection Committee met.",
    "We work with pupils in Fife and Highland.",
    "Children aged 7 to 12 in Fife (12) come to us.",
    "For pupils, May is when exams are.",
    "In the Child Poverty Action Report (5) we say so.",
    "Appendix (3), Table (4) and Action (7)",
    "A boy, I’ll not say who, told us.",
    "Aileen Shaw, aged 47, leads the team.",
    "Each young person Social Work knows, each child Mental Health sees, each pupil Equity reaches.",
    "Every child is named in a plan called for by law.",
    "Each child gets a named person.",
    "Two of our daughters and Our sons",
    "NHS (8) and SCRA (9) were asked",
    "Dundee is 7 miles away. Leith was only 4% of it.",
    "",
]


@pytest.mark.parametrize("text", NAMED)
def test_what_seems_to_name_a_child_is_found(text: str) -> None:
    assert found(text) == NAMED[text]


@pytest.mark.parametrize("text", OTHERS)
def test_other_words_are_not(text: str) -> None:
    assert found(text) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece", ["my son ", "Ab cd ", "A", "girl a b c d ", "wee foster step ", "called ", "Ava is 1"]
)
def test_a_text_twice_as_long_takes_no_more_than_its_share(piece: str) -> None:
    """No text that is made for it holds up the page: time grows with length alone."""

    def seconds(characters: int) -> float:
        text = (piece * characters)[:characters]
        started = time.process_time()
        found(text)
        return time.process_time() - started

    short, long = (min(seconds(length) for _ in range(3)) for length in (20_000, 160_000))
    assert long < 8 * short * 4 + 0.05
