"""By when: the last day that the words of a respondent can stand for, or none where that is not sure."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.due import last_day


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("31 March 2027", date(2027, 3, 31)),
        ("By the 1st of May, 2027", date(2027, 5, 1)),
        ("2027-03-31", date(2027, 3, 31)),
        ("31/03/2027", date(2027, 3, 31)),
        ("March 2027", date(2027, 3, 31)),
        ("end of feb 2028", date(2028, 2, 29)),
        ("by spring 2027", date(2027, 5, 31)),
        ("winter 2026", date(2027, 2, 28)),
        ("2027", date(2027, 12, 31)),
        ("2025/26", date(2026, 3, 31)),
        ("between 2026 and March 2027", date(2027, 3, 31)),
    ],
)
def test_the_last_day_that_is_named(words: str, day: date) -> None:
    assert last_day(words) == day


@pytest.mark.parametrize(
    "words", ["", "soon", "when the money comes", "31 February 2027", "from April 2026", "after 2027", "in 20 years"]
)
def test_what_names_no_sure_day_has_none(words: str) -> None:
    assert last_day(words) is None


@given(st.text(max_size=60))
def test_no_words_are_too_odd(words: str) -> None:
    assert last_day(words) is None or isinstance(last_day(words), date)
