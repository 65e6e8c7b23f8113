import numpy as np
import pytest

from analysis import outside
from analysis.passages import Passage

SAID_TWICE = "The car park is full by nine and visitors leave again before they find the door"
ON_PARKING = [
    "The car park is full by nine every morning",
    "Visitors cannot find a parking space near the office",
    "There are four parking spaces and sixty staff",
    "Parking permits for the car park ran out in May",
    "Nobody can park the minibus, the spaces are taken",
    "We circle the car park for twenty minutes",
    "The barrier of the car park has been broken since spring",
    "Parking on the street costs eight pounds a day",
]
ON_LOGINS = [
    "The login page times out after two minutes",
    "Passwords have to be changed every fortnight",
    "My laptop forgets the password each Monday",
    "The system logs us out while we type",
    "Two laptops in five cannot open the login page",
    "The helpdesk takes a week to reset a password",
    "New starters wait a month for a login",
    "The printer asks for a password that nobody knows",
]


def passages(texts):
    return [Passage(str(number), text) for number, text in enumerate(texts)]


def test_themes_are_of_statements_that_no_label_holds_and_say_where_they_stand(ours):
    said = passages([*ON_PARKING, *ON_LOGINS, "We will open two more houses for brothers and sisters."])
    found = ours.analyse(said)
    read = outside.read(said, found)
    labelled = {one.id for one in found if one.labels}
    assert "16" in labelled
    for name, quoted in read.themes:
        assert len(name) >= 3
        assert not {one.passage for one in quoted} & labelled
        for one in quoted:
            assert said[int(one.passage)].text[one.span.start : one.span.end] == one.span.text


def test_near_duplicates_are_told_by_the_ids_of_their_passages(ours):
    said = passages([SAID_TWICE, "Nothing to add.", SAID_TWICE.upper() + "!"])
    read = outside.read(said, ours.analyse(said))
    assert read.duplicates == (("0", "2"),)
    assert read.as_record() == {"themes": [], "duplicates": [["0", "2"]]}


def test_what_a_text_is_about_brings_it_nearer():
    texts = [*ON_PARKING, *ON_LOGINS]
    vectors = outside.meanings(texts)
    likeness = vectors @ vectors.T / np.outer(*[np.linalg.norm(vectors, axis=1)] * 2)
    same = likeness[:8, :8].sum() + likeness[8:, 8:].sum() - 16
    assert same / (2 * 8 * 7) > 2 * likeness[:8, 8:].mean()


@pytest.mark.parametrize("texts", [[], [""], ["the of and"], ["parking"], ["the", "?"], ["parking", "parking"]])
def test_where_hardly_anything_is_said_there_is_a_row_for_each_text_all_the_same(texts):
    vectors = outside.meanings(texts)
    assert len(vectors) == len(texts)
    assert np.isfinite(vectors).all()
