"""Which organisation a name in a spreadsheet means: sure only where it is the same name, shown to people otherwise."""

import pytest

from collector.organisations.names import Names

DIRECTORY = (
    "Fife Council",
    "Moray Council",
    "The Highland Council",
    "City of Edinburgh Council",
    "Care and Learning Alliance (CALA)",
    "Fife Health and Social Care Partnership",
    "Social Work Scotland",
    "Children 1st (Scotland)",
)
NAMES = Names(list(enumerate(DIRECTORY, start=1)), [("the wee trust", 7)])


def best(name: str) -> str:
    candidates = NAMES.match(name).candidates
    return candidates[0].name if candidates else ""


@pytest.mark.parametrize(
    ("written", "is_"),
    [
        ("fife  COUNCIL", "Fife Council"),
        ("Highland Council", "The Highland Council"),
        ("Fife HSCP", "Fife Health and Social Care Partnership"),
        ("Fife Council Ltd.", "Fife Council"),
        ("The Wee Trust", "Social Work Scotland"),
    ],
)
def test_the_same_name_written_otherwise_or_another_name_of_it_is_sure(written: str, is_: str) -> None:
    match = NAMES.match(written)
    assert DIRECTORY[match.organisation_id - 1] == is_
    assert match.candidates == ()


@pytest.mark.parametrize(
    ("written", "like"),
    [
        ("Edinburgh Council", "City of Edinburgh Council"),
        ("Highlands Council", "The Highland Council"),
        ("Fife Counicl", "Fife Council"),
        ("CALA", "Care and Learning Alliance (CALA)"),
        ("SWS", "Social Work Scotland"),
    ],
)
def test_a_name_that_is_only_like_one_is_for_a_person_to_say(written: str, like: str) -> None:
    assert NAMES.match(written).organisation_id is None
    assert best(written) == like


def test_two_that_are_written_the_same_are_for_a_person_to_say() -> None:
    names = Names([(1, "Who Cares? Fife"), (2, "Who Cares Fife")])
    match = names.match("Who cares, Fife")
    assert match.organisation_id is None
    assert {one.organisation_id for one in match.candidates} == {1, 2}


@pytest.mark.parametrize("written", ["Dundee Cat Home", "Council", "Scotland", "", "?!", "&"])
def test_what_is_like_none_is_sure_to_be_none_of_them(written: str) -> None:
    assert NAMES.match(written).organisation_id is None


def test_an_empty_directory_matches_nothing() -> None:
    assert Names([]).match("Fife Council").candidates == ()
