"""How many of how many: the same word for the same share everywhere."""

import pytest

from collector import how_many


@pytest.mark.parametrize(
    ("number", "of", "word"),
    [
        (0, 30, "none"),
        (3, 30, "very few"),
        (4, 30, "few"),
        (1, 4, "few"),
        (1, 3, "some"),
        (9, 20, "some"),
        (1, 2, "about half"),
        (11, 20, "about half"),
        (2, 3, "most"),
        (26, 30, "most"),
        (27, 30, "nearly all"),
        (29, 30, "nearly all"),
        (30, 30, "all"),
        (1, 1, "all"),
    ],
)
def test_a_share_has_one_word_at_its_bounds_too(number: int, of: int, word: str) -> None:
    assert how_many.words(number, of) == word


def test_the_number_stands_beside_the_word() -> None:
    assert how_many.told(3, 30) == "very few: 3 of 30"
    assert how_many.told(0, 0) == "none to count"


@pytest.mark.parametrize(("number", "of"), [(1, 0), (0, 0), (4, 3), (-1, 3)])
def test_what_is_no_share_has_no_word(number: int, of: int) -> None:
    with pytest.raises(ValueError, match="no share"):
        how_many.words(number, of)


def test_the_words_go_up_with_the_share() -> None:
    in_order = list(dict.fromkeys(how_many.words(number, 1000) for number in range(1001)))
    assert in_order == ["none", "very few", "few", "some", "about half", "most", "nearly all", "all"]
